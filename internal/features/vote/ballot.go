package vote

import (
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Vote is what a voter sends.
type Vote struct {
	Secret   string // of the form, at least 128 random bits; it makes the receipt
	Class    Class
	District string
	Born     string              // 2006-01-02
	Number   string              // personal number or number of a document, where the rules or a clerk ask for it
	Phone    string              // of who votes at a desk
	NoPhone  bool                // who votes at a desk says to have none
	Choices  map[string][]Choice // by pot
}

// voter says what is wrong with who votes. Fields: class, district, born.
func (x *Campaign) voter(f *web.Form, v *Vote, districts []string, now time.Time) {
	if !slices.Contains(x.Rules.Classes, v.Class) {
		f.Fail("class", "vote.ballot.error.class")
	}
	if x.Districted() && !slices.Contains(districts, v.District) {
		f.Fail("district", "vote.ballot.error.district")
	}
	if x.Rules.MinAge == 0 {
		return
	}
	born, err := time.ParseInLocation(time.DateOnly, v.Born, now.Location())
	switch {
	case err != nil || born.After(now) || born.Year() < 1900:
		f.Fail("born", "vote.ballot.error.born")
	case born.AddDate(x.Rules.MinAge, 0, 0).After(now):
		f.Fail("born", "vote.ballot.error.young", "age", x.Rules.MinAge)
	}
}

// choices says what is wrong with what was chosen. Fields: pot_<code> of each
// pot, and ballot when all is empty.
func (x *Campaign) choices(f *web.Form, v *Vote, b *Book) {
	pots, total := x.PotsOf(v.District), 0
	for code, list := range v.Choices {
		if len(list) == 0 {
			continue
		}
		i := slices.IndexFunc(pots, func(p Pot) bool { return p.Code == code })
		if i < 0 {
			f.Fail("ballot", "vote.ballot.error.pot")
			continue
		}
		total += len(list)
		x.pot(f, &pots[i], list, b)
	}
	if total == 0 && len(f.Errors()) == 0 {
		f.Fail("ballot", "vote.ballot.error.empty")
	}
}

// pot checks the choices in one pot.
func (x *Campaign) pot(f *web.Form, p *Pot, list []Choice, b *Book) {
	field := "pot_" + p.Code
	seen := map[string]bool{}
	points, cost := 0, int64(0)
	for _, c := range list {
		i := slices.IndexFunc(b.Projects, func(q BookProject) bool { return q.Code == c.Code && q.Pot == p.Code })
		if i < 0 || seen[c.Code] {
			f.Fail(field, "vote.ballot.error.project")
			return
		}
		seen[c.Code] = true
		points += c.Points
		cost += b.Projects[i].Cost
		if x.Rules.Ballot == Points && c.Points < 1 || x.Rules.Ballot != Points && c.Points != 0 {
			f.Fail(field, "vote.ballot.error.project")
			return
		}
		if x.Rules.Ballot == Points && c.Points > x.Rules.Points { // before numbers that are too large are added up
			f.Fail(field, "vote.ballot.error.points", "max", x.Rules.Points, "n", c.Points)
			return
		}
	}
	n := len(list)
	switch {
	case p.MaxPicks > 0 && n > p.MaxPicks:
		f.Fail(field, "vote.ballot.error.many", "max", p.MaxPicks, "n", n)
	case n < p.MinPicks:
		f.Fail(field, "vote.ballot.error.few", "min", p.MinPicks, "n", n)
	case x.Rules.Ballot == Points && points > x.Rules.Points:
		f.Fail(field, "vote.ballot.error.points", "max", x.Rules.Points, "n", points)
	case x.Rules.Ballot == Knapsack && cost > p.Amount:
		f.Fail(field, "vote.ballot.error.cost", "max", som(p.Amount), "sum", som(cost))
	}
}

// shuffled puts the projects of a pot into the order in which one voter sees
// them: at random, but always the same for the secret of a form.
func shuffled(list []*Project, secret string) []*Project {
	sum := sha256.Sum256([]byte("order\x00" + secret))
	out := slices.Clone(list)
	r := rand.New(rand.NewPCG(binary.BigEndian.Uint64(sum[:]), binary.BigEndian.Uint64(sum[8:])))
	r.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// chosen reads the choices of a form in the pots in which somebody of a
// district votes. Fields: pick_<code> for approvals and a knapsack,
// points_<code> for points, rank_<pot>_<place> with a code for a ranking.
func (x *Campaign) chosen(f *web.Form, district string, list []*Project) map[string][]Choice {
	out := map[string][]Choice{}
	for _, p := range x.PotsOf(district) {
		if x.Rules.Ballot == Ranking {
			for i := range x.places(&p, list) {
				if code := f.Text(rankField(p.Code, i)); code != "" {
					out[p.Code] = append(out[p.Code], Choice{Code: code})
				}
			}
			continue
		}
		for _, q := range list {
			if q.Pot != p.Code {
				continue
			}
			if x.Rules.Ballot == Points {
				if n, err := strconv.Atoi(f.Text("points_" + q.Code)); err == nil && n > 0 {
					out[p.Code] = append(out[p.Code], Choice{Code: q.Code, Points: n})
				} else if f.Text("points_"+q.Code) != "" && (err != nil || n < 0) {
					f.Fail("pot_"+p.Code, "vote.ballot.error.number")
				}
			} else if f.Checked("pick_" + q.Code) {
				out[p.Code] = append(out[p.Code], Choice{Code: q.Code})
			}
		}
	}
	return out
}

func rankField(pot string, place int) string { return "rank_" + pot + "_" + strconv.Itoa(place+1) }

// places are how many projects of a pot may be ranked.
func (x *Campaign) places(p *Pot, list []*Project) int {
	n := 0
	for _, q := range list {
		if q.Pot == p.Code && q.Dropped == "" {
			n++
		}
	}
	if p.MaxPicks > 0 {
		return min(n, p.MaxPicks)
	}
	return n
}

// fewest tells whether a ballot can have as many projects of a pot as the rules
// want at least.
func (x *Campaign) fewest(p *Pot, list []*Project) bool {
	var costs []int64
	for _, q := range list {
		if q.Pot == p.Code && q.Dropped == "" {
			costs = append(costs, q.Cost)
		}
	}
	n, sum := max(1, p.MinPicks), int64(0)
	if n > len(costs) {
		return false
	}
	slices.Sort(costs)
	for _, cost := range costs[:n] {
		sum += cost
	}
	return x.Rules.Ballot != Knapsack || sum <= p.Amount
}

// som is an amount in whole units for a sentence, rounded up.
func som(tyiyn int64) int { return int((tyiyn + 99) / 100) }
