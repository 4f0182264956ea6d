package vote

import (
	"cmp"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/ashar-kg/ashar/internal/civic/place"
	"github.com/ashar-kg/ashar/internal/platform/ui"
)

// portion is what one district or one topic got and gave. Shares are parts of
// one; -1 is not known or not told.
type portion struct {
	code               string
	won, of            int   // projects
	money              int64 // of those that won, in minor units
	votes              int64 // for any of its projects
	byMoney, byVotes   float64
	byVoters           float64 // of who voted, by their own district
	byPeople           float64 // of who lives in the districts
	asMoney, asVotes   string  // the same in words
	asVoters, asPeople string
	spentText          string
}

// portions sums the projects of a result up by a trait; those without it are
// left out and their money is told beside.
func portions(s *result, of func(*Project) string) (list []*portion, rest int64) {
	at := map[string]*portion{}
	var money, votes int64
	for _, t := range s.tallies {
		for _, v := range t.Outcome.Projects {
			q := s.byCode(v.Project)
			code := of(q)
			if code == "" {
				if v.Won {
					rest += q.Cost
				}
				continue
			}
			p := at[code]
			if p == nil {
				p = &portion{code: code, byVoters: -1, byPeople: -1}
				at[code], list = p, append(list, p)
			}
			p.of++
			p.votes += int64(v.Supporters)
			votes += int64(v.Supporters)
			if v.Won {
				p.won++
				p.money += q.Cost
				money += q.Cost
			}
		}
	}
	for _, p := range list {
		p.byMoney, p.byVotes = shareOf(p.money, money), shareOf(p.votes, votes)
		p.asMoney, p.asVotes, p.spentText = s.P.Percent(p.byMoney), s.P.Percent(p.byVotes), s.money(p.money)
	}
	slices.SortFunc(list, func(a, b *portion) int { return cmp.Or(cmp.Compare(b.money, a.money), cmp.Compare(a.code, b.code)) })
	return list, rest
}

func shareOf(n, all int64) float64 {
	if all == 0 {
		return 0
	}
	f, _ := big.NewRat(n, all).Float64()
	return f
}

// fairDistricts compares the districts. A share of voters is told only where
// the turnout is.
func fairDistricts(s *result) ([]*portion, int64) {
	list, rest := portions(s, func(q *Project) string { return q.District })
	_, counts := cells(s.turnout, func(t Turnout) string { return t.District })
	var all int64
	for _, t := range s.turnout {
		all += t.Voters
	}
	people := s.residents()
	for _, p := range list {
		p.asVoters = s.T("vote.turnout.few", "few", few)
		if n, ok := counts[p.code]; ok && n >= 0 {
			p.byVoters = shareOf(n, all)
			p.asVoters = s.P.Percent(p.byVoters)
		}
		if i := slices.IndexFunc(people, func(d place.Area) bool { return d.Code == p.code }); i >= 0 {
			p.byPeople = shareOf(people[i].Residents, residents(people))
			p.asPeople = s.P.Percent(p.byPeople)
		}
	}
	return list, rest
}

// compares tells whether there is more than one district or topic to compare.
func (s *result) compares() bool {
	districts, _ := fairDistricts(s)
	topics, _ := fairTopics(s)
	return len(districts) > 1 || len(topics) > 1
}

// residents are the districts, if it is known of each how many live there.
func (s *scene) residents() []place.Area {
	if slices.ContainsFunc(s.districts, func(d place.Area) bool { return d.Residents == 0 }) {
		return nil
	}
	return s.districts
}

func residents(list []place.Area) (n int64) {
	for _, d := range list {
		n += d.Residents
	}
	return n
}

// countedBy names who counted the residents of the districts.
func (s *scene) countedBy() string {
	var out []string
	for _, d := range s.residents() {
		if by := d.Counted.In(s.Lang()); !slices.Contains(out, by) {
			out = append(out, by)
		}
	}
	return strings.Join(out, "; ")
}

// fairTopics compares what the projects are about.
func fairTopics(s *result) ([]*portion, int64) {
	return portions(s, func(q *Project) string { return q.Category })
}

// The picture of shares, in units of its own: as wide as a phone.
const (
	shareWidth = 400
	shareBar   = 14
	shareHead  = 22
	shareGap   = 10
)

// shareBars is one row of the picture: a name and a bar for each share.
type shareBars struct {
	name, ty string
	bars     []shareRow
}

type shareRow struct{ kind, y, w, text, tx, ty string }

// shares draws portions as bars of a common scale, and says how high it is.
func shares(list []*portion, name func(string) string) (out []shareBars, height string) {
	top := 0.01
	for _, p := range list {
		top = max(top, p.byMoney, p.byVotes, p.byVoters, p.byPeople)
	}
	y := 0.0
	for _, p := range list {
		row := shareBars{name: name(p.code), ty: ui.Unit(y + 15)}
		y += shareHead
		for _, b := range []struct {
			kind, text string
			share      float64
		}{{"money", p.asMoney, p.byMoney}, {"votes", p.asVotes, p.byVotes}, {"voters", p.asVoters, p.byVoters}, {"people", p.asPeople, p.byPeople}} {
			if b.share < 0 {
				continue
			}
			w := b.share / top * (shareWidth - 60)
			row.bars = append(row.bars, shareRow{b.kind, ui.Unit(y), ui.Unit(max(w, 1)), b.text, ui.Unit(max(w, 1) + 6), ui.Unit(y + 11)})
			y += shareBar + 2
		}
		y += shareGap
		out = append(out, row)
	}
	return out, strconv.Itoa(int(y))
}

// somePeople tells whether it is known how many live in the places of the portions.
func somePeople(list []*portion) bool {
	return slices.ContainsFunc(list, func(p *portion) bool { return p.byPeople >= 0 })
}

// someVoters tells whether the share of voters of any portion is told.
func someVoters(list []*portion) bool {
	return slices.ContainsFunc(list, func(p *portion) bool { return p.byVoters >= 0 })
}
