package vote

import (
	"cmp"
	"encoding/json"
	"math/big"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/ashar-kg/ashar/internal/civic/manifest"
	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/civic/record"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/sharecard"
	"github.com/ashar-kg/ashar/internal/platform/table"
	"github.com/ashar-kg/ashar/internal/platform/web"
	"github.com/ashar-kg/ashar/pb"
)

func (p *Pages) resultRoutes() []manifest.Route {
	return []manifest.Route{
		{Pattern: "GET /vote/{slug}/results", Handle: p.results, Cached: true},
		{Pattern: "GET /vote/{slug}/results/{pot}", Handle: p.replay, Cached: true},
		{Pattern: "GET /vote/{slug}/card.jpg", Handle: p.card, Cached: true},
		{Pattern: "GET /vote/{slug}/winners.geojson", Handle: p.winnersMap, Cached: true},
		{Pattern: "GET /vote/{slug}/projects.geojson", Handle: p.projectsMap, Cached: true},
		{Pattern: "GET /vote/{slug}/results/{pot}/tally.json", Handle: p.tallyFile, Open: true},
		{Pattern: "GET /vote/{slug}/results/{pot}/projects.csv", Handle: p.projectsFile, Open: true},
		{Pattern: "GET /vote/{slug}/winners.json", Handle: p.winnersFile, Open: true},
		{Pattern: "GET /vote/{slug}/ballots/{file}", Handle: p.ballotsFile, Open: true},
	}
}

// result is all that is published of a campaign that was counted.
type result struct {
	*scene
	tallies  []*Tally
	tallied  Tallied
	turnout  []Turnout
	record   []record.Logged
	protests []*Objected
}

// chapter is a section of the page of results below those of the pots.
type chapter struct{ id, name string }

// chapters are the sections that this result has, in their order.
func (s *result) chapters() (out []chapter) {
	for _, p := range []struct {
		id, key string
		has     bool
	}{
		{"places", "vote.places.title", len(s.placed()) > 0},
		{"mine", "vote.mine.title", !s.Example()},
		{"fair", "vote.fair.title", s.compares()},
		{"turnout", "vote.turnout.title", len(s.turnout) > 0},
		{"recount", "vote.recount.title", true},
		{"protests", "vote.protest.title", len(s.protests) > 0 || s.Protests(s.Now)},
		{"record", "vote.record.title", len(s.record) > 0},
	} {
		if p.has {
			out = append(out, chapter{p.id, s.T(p.key)})
		}
	}
	return out
}

// Result reads the published result; before the count there is none.
func (p *Pages) result(r *http.Request) (*result, error) {
	s, err := p.scene(r)
	if err != nil {
		return nil, err
	}
	if s.Counted == 0 {
		return nil, web.NotFound()
	}
	out := &result{scene: s}
	err = p.Service.DB.View(r.Context(), func(tx *db.Tx) error {
		if out.tallies, err = tallies(tx, s.City.ID, s.Campaign.ID); err != nil {
			return err
		}
		if out.tallied, err = counted(tx, s.City.ID, s.Campaign.ID); err != nil {
			return err
		}
		if out.turnout, err = turnout(tx, s.City.ID, s.Campaign.ID); err != nil {
			return err
		}
		if out.protests, err = protests(tx, s.City.ID, s.Campaign.ID); err != nil {
			return err
		}
		out.record, err = record.Of(tx, s.City.ID, Subject(s.Slug))
		return err
	})
	// Pots are shown in the order of the campaign.
	slices.SortStableFunc(out.tallies, func(a, b *Tally) int { return cmp.Compare(s.position(a.Pot), s.position(b.Pot)) })
	return out, err
}

func (c *Campaign) position(pot string) int {
	return slices.IndexFunc(c.Pots, func(p Pot) bool { return p.Code == pot })
}

func (p *Pages) results(w http.ResponseWriter, r *http.Request) error {
	s, err := p.result(r)
	if err != nil {
		return err
	}
	return page.Render(w, r, s.shared(s.T("vote.result.title")+" · "+s.title()), resultsView(s))
}

// one is the tally of the pot in the address.
func (p *Pages) one(r *http.Request) (*result, *Tally, error) {
	s, err := p.result(r)
	if err != nil {
		return nil, nil, err
	}
	i := slices.IndexFunc(s.tallies, func(t *Tally) bool { return t.Pot == r.PathValue("pot") })
	if i < 0 {
		return nil, nil, web.NotFound()
	}
	return s, s.tallies[i], nil
}

// shared is the head of a page of the result, with what messengers show of it.
func (s *result) shared(title string) page.Meta {
	won, of, spent := s.sums()
	return page.Meta{
		Title: title, Description: s.T("vote.result.shared", "won", won, "of", of, "spent", spent, "voters", int(s.tallied.Ballots)),
		Image: at(s.Slug) + "/card.jpg?lang=" + s.Lang(),
	}
}

// sums are how many projects of all pots won, of how many, and for how much.
func (s *result) sums() (won, of int, spent string) {
	sum := new(big.Rat)
	for _, t := range s.tallies {
		won, of = won+len(t.Outcome.Winners), of+len(t.Outcome.Projects)
		sum.Add(sum, t.Outcome.Cost.Rat)
	}
	return won, of, s.sum(pb.Number{Rat: sum})
}

// card is the picture that messengers show beside a link to the result.
func (p *Pages) card(w http.ResponseWriter, r *http.Request) error {
	s, err := p.result(r)
	if err != nil {
		return err
	}
	won, of, spent := s.sums()
	c := sharecard.Card{
		City: s.City.Name(s.Lang()), Kind: s.T("vote.result.title"), Title: s.title(), Place: s.T("vote.result.card", "won", won, "of", of, "spent", spent),
		State: "in_work", Status: s.T("vote.stage.counted"), Number: s.Slug,
	}
	switch {
	case s.Example():
		c.State, c.Status = "not_fixed", s.T("vote.stage.example")
	case s.Annulled != 0:
		c.State, c.Status = "not_fixed", s.T("vote.stage.annulled")
	case s.Confirmed != 0:
		c.State, c.Status = "fixed", s.T("vote.stage.confirmed")
	}
	data, err := sharecard.JPEG(c, s.AssetFile)
	if err != nil {
		return err
	}
	web.NewBody(http.StatusOK, "image/jpeg", data).Send(w, r)
	return nil
}

// placed are the winners that have a place, by pot and number.
func (s *result) placed() (out []*Project) {
	for _, t := range s.tallies {
		for _, v := range t.winners() {
			if q := s.byCode(v.Project); q.Placed {
				out = append(out, q)
			}
		}
	}
	return out
}

// winnersMap are the places of the winners as GeoJSON.
func (p *Pages) winnersMap(w http.ResponseWriter, r *http.Request) error {
	s, err := p.result(r)
	if err != nil {
		return err
	}
	return s.sendPlaces(w, r, s.placed())
}

// projectsMap are the places of all that is voted on as GeoJSON.
func (p *Pages) projectsMap(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	return s.sendPlaces(w, r, s.onMap())
}

// onMap are the projects that are voted on and have a place.
func (s *scene) onMap() (out []*Project) {
	for _, q := range s.list {
		if q.Placed && q.Dropped == "" {
			out = append(out, q)
		}
	}
	return out
}

func (s *scene) sendPlaces(w http.ResponseWriter, r *http.Request, list []*Project) error {
	shapes := []any{}
	for _, q := range list {
		title, _ := q.Titles.In(s.Lang())
		shapes = append(shapes, shapeOf(q.Geometry, q.Lat, q.Lon, map[string]any{"code": q.Code, "title": title}))
	}
	return sendShapes(w, r, shapes)
}

// replay tells the count round by round: all rounds, or with ?round=N one of
// them and how it stood then.
func (p *Pages) replay(w http.ResponseWriter, r *http.Request) error {
	s, t, err := p.one(r)
	if err != nil {
		return err
	}
	meta := s.shared(s.T("vote.replay.title") + " · " + s.title())
	if !r.URL.Query().Has("round") {
		return page.Render(w, r, meta, replayView(s, t))
	}
	n, err := strconv.Atoi(r.URL.Query().Get("round"))
	if err != nil || n < 1 || n > len(t.Outcome.Rounds) {
		return web.NotFound()
	}
	meta.NoIndex = true
	return page.Render(w, r, meta, stepView(s, t, n))
}

// upTo are the projects that were funded in the first n rounds.
func upTo(o *pb.Outcome, n int) (out []pb.Verdict) {
	for _, r := range o.Rounds[:n] {
		for _, v := range o.Projects {
			if r.Selected && v.Project == r.Project {
				out = append(out, v)
			}
		}
	}
	return out
}

// tallyFile is the outcome with its whole history, as "ashar tally --json".
func (p *Pages) tallyFile(w http.ResponseWriter, r *http.Request) error {
	_, t, err := p.one(r)
	if err != nil {
		return err
	}
	text, err := json.Marshal(struct {
		*pb.Outcome
		Compared *pb.Outcome `json:"compared,omitempty"`
		Ballots  string      `json:"ballots_sha256"`
	}{t.Outcome, t.Shadow, t.Hash})
	if err != nil {
		return err
	}
	web.NewBody(http.StatusOK, "application/json; charset=utf-8", text).Send(w, r)
	return nil
}

// winnersFile are the winners by pot, of which the public record has the hash.
func (p *Pages) winnersFile(w http.ResponseWriter, r *http.Request) error {
	s, err := p.result(r)
	if err != nil {
		return err
	}
	text, err := winnersOf(s.tallies)
	if err != nil {
		return err
	}
	web.NewBody(http.StatusOK, "application/json; charset=utf-8", text).Send(w, r)
	return nil
}

// projectsFile is what became of each project as CSV.
func (p *Pages) projectsFile(w http.ResponseWriter, r *http.Request) error {
	s, t, err := p.one(r)
	if err != nil {
		return err
	}
	var rows [][]string
	for _, v := range t.Outcome.Projects {
		more := ""
		if v.More != nil {
			more = v.More.String()
		}
		rows = append(rows, []string{
			v.Project, v.Name, v.Cost.String(), v.Score.String(), strconv.Itoa(v.Supporters), strconv.FormatBool(v.Won), string(v.Reason), more, string(v.MoreOf),
			strconv.FormatBool(t.Shadow != nil && t.Shadow.Won(v.Project)),
		})
	}
	columns := table.Columns([]string{"code", "name", "cost", "score", "supporters", "won", "reason", "more", "more_of", "other_rule"}, nil)
	return page.Table(w, r, s.Slug+"-"+t.Pot, table.CSV, &table.Table{Columns: columns, Marked: true}, table.All(rows))
}

// ballotsFile is the published ballots of a pot, byte for byte.
func (p *Pages) ballotsFile(w http.ResponseWriter, r *http.Request) error {
	pot, ok := strings.CutSuffix(r.PathValue("file"), ".pb")
	if !ok {
		return web.NotFound()
	}
	r.SetPathValue("pot", pot)
	s, t, err := p.one(r)
	if err != nil {
		return err
	}
	in, info, err := p.Service.Blobs.Open(r.Context(), t.File)
	if err != nil {
		return err
	}
	defer in.Close()
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="`+s.Slug+"-"+t.Pot+`.pb"`)
	w.Header().Set("ETag", `"`+t.Hash+`"`)
	http.ServeContent(w, r, "", s.local(info.Modified.UnixMilli()), in)
	return nil
}

// winners are the projects of a tally that won, the strongest first.
func (t *Tally) winners() []pb.Verdict {
	return slices.SortedStableFunc(slices.Values(slices.DeleteFunc(slices.Clone(t.Outcome.Projects), func(v pb.Verdict) bool { return !v.Won })), stronger)
}

// losers are the others, the strongest first.
func (t *Tally) losers() []pb.Verdict {
	return slices.SortedStableFunc(slices.Values(slices.DeleteFunc(slices.Clone(t.Outcome.Projects), func(v pb.Verdict) bool { return v.Won })), stronger)
}

func stronger(a, b pb.Verdict) int { return b.Score.Cmp(a.Score.Rat) }

// standsAt is how far the result is: "annulled", "correction", "open" to protest
// or "waiting" to be made final, "final".
func (s *result) standsAt() string {
	switch {
	case s.Annulled != 0:
		return "annulled"
	case s.Confirmed != 0:
		return "final"
	case slices.ContainsFunc(s.protests, func(p *Objected) bool { return p.File.State == ProtestUpheld }):
		return "correction"
	case s.Protests(s.Now):
		return "open"
	}
	return "waiting"
}

// sum is an exact amount of money in words.
func (s *scene) sum(n pb.Number) string {
	minor := new(big.Rat).Mul(n.Rat, big.NewRat(100, 1))
	whole := new(big.Int).Quo(minor.Num(), minor.Denom())
	return s.money(whole.Int64())
}

// count is a number of votes or points in words.
func (s *scene) count(n pb.Number) string {
	if n.IsInt() && n.Num().IsInt64() {
		return s.P.Number(int(n.Num().Int64()))
	}
	f, _ := n.Float64()
	return s.P.Decimal(f, 1)
}

// because says in one sentence why a project won or lost.
func (s *result) because(t *Tally, v pb.Verdict) string {
	args := []any{"cost", s.sum(v.Cost), "score", s.count(v.Score), "supporters", v.Supporters, "round", v.Round}
	if v.Left != nil {
		args = append(args, "left", s.sum(*v.Left))
	}
	if v.Available != nil {
		args = append(args, "available", s.sum(*v.Available))
	}
	reason := string(v.Reason)
	if q := s.byCode(v.Project); v.Reason == pb.LostOverBudget && v.Cost.Cmp(big.NewRat(999999999, 1)) == 0 && q.Cost != 99999999900 {
		return s.withdrawnWhy(t, q, v)
	}
	if v.Reason == pb.Won && v.Effective != nil {
		reason = "won_shares"
		args = append(args, "effective", s.count(*v.Effective))
	}
	text := s.T("vote.reason."+reason, args...)
	if v.More != nil && v.More.Sign() > 0 {
		text += " " + s.T("vote.reason.more."+string(v.MoreOf), "n", s.more(*v.More))
	}
	return text
}

// more rounds what lacked up to whole votes.
func (s *scene) more(n pb.Number) int {
	up := new(big.Int).Add(n.Num(), new(big.Int).Sub(n.Denom(), big.NewInt(1)))
	return int(up.Quo(up, n.Denom()).Int64())
}

// withdrawnWhy says why a project was withdrawn at the count.
func (s *result) withdrawnWhy(t *Tally, q *Project, v pb.Verdict) string {
	p, _ := s.Pot(t.Pot)
	if v.Score.Cmp(big.NewRat(p.MinVotes, 1)) < 0 {
		return s.T("vote.reason.lost_threshold", "score", s.count(v.Score), "cost", s.money(q.Cost))
	}
	return s.T("vote.reason.pair", "other", s.partner(q))
}

// partner is the project with which another cannot be carried out.
func (s *scene) partner(q *Project) string {
	if q.Against != "" {
		return q.Against
	}
	for _, o := range s.list {
		if o.Against == q.Code {
			return o.Code
		}
	}
	return ""
}

// spent is the money that won, and what part of the pot it is.
func (s *result) spent(t *Tally) (text string, share float64) {
	part, _ := new(big.Rat).Quo(t.Outcome.Cost.Rat, t.Outcome.Budget.Rat).Float64()
	return s.sum(t.Outcome.Cost), part
}

// differ are the projects that only one of two outcomes funds.
func differ(t *Tally) (onlyBinding, onlyShadow []string) {
	if t.Shadow == nil {
		return nil, nil
	}
	for _, code := range t.Outcome.Winners {
		if !t.Shadow.Won(code) {
			onlyBinding = append(onlyBinding, code)
		}
	}
	for _, code := range t.Shadow.Winners {
		if !t.Outcome.Won(code) {
			onlyShadow = append(onlyShadow, code)
		}
	}
	return onlyBinding, onlyShadow
}

// few is the number of voters below which a count of them is not told.
const few = 5

// cells are how many voted by one trait. Counts below few are hidden, and with
// them the next smallest ones until those hidden are several and not few
// together: the total is published, and would tell the rest.
func cells(list []Turnout, of func(Turnout) string) (names []string, counts map[string]int64) {
	counts = map[string]int64{}
	for _, t := range list {
		counts[of(t)] += t.Voters
	}
	for name := range counts {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(counts[b], counts[a]), strings.Compare(a, b)) })
	hidden, sum := 0, int64(0)
	for i := len(names) - 1; i >= 0; i-- {
		if n := counts[names[i]]; n < few || hidden > 0 && (hidden < 2 || sum < few) {
			counts[names[i]] = -1
			hidden, sum = hidden+1, sum+n
		}
	}
	return names, counts
}

// decimal writes a share as markup takes it.
func decimal(share float64) string { return strconv.FormatFloat(share, 'f', 3, 64) }
