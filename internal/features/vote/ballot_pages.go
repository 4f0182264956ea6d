package vote

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/ashar-kg/ashar/internal/civic/account"
	"github.com/ashar-kg/ashar/internal/civic/manifest"
	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/ui"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

func (p *Pages) ballotRoutes() []manifest.Route {
	return []manifest.Route{
		{Pattern: "GET /vote/{slug}/ballot", Handle: p.ballot},
		{Pattern: "POST /vote/{slug}/ballot", Handle: p.cast},
	}
}

// secretField holds the secret of a form, of which receipt and mark are made.
const secretField = "secret"

// newSecret draws the secret of a form: 160 bits.
func newSecret() string { return ids.Secret(20) }

// ballotForm is a ballot being filled in.
type ballotForm struct {
	*scene
	form *web.Form
	vote Vote
	desk bool // at a desk, filled in with a clerk
	errs map[string]string
}

// action is the address that takes the form.
func (b *ballotForm) action() string {
	if b.desk {
		return deskPath(b.Slug)
	}
	return at(b.Slug) + "/ballot"
}

// numbered tells whether the number of a document is asked for.
func (b *ballotForm) numbered() bool { return b.Rules.Document || b.desk }

func (b *ballotForm) meta() page.Meta {
	m := ballotMeta(b.scene, b.form)
	if b.desk {
		m.Title, m.Staff = b.T("votedesk.title")+" · "+b.title(), true
	}
	return m
}

func (p *Pages) ballot(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	f := &web.Form{Values: url.Values{secretField: {newSecret()}}}
	if s.Actor.SignedIn() {
		err := p.Service.DB.View(r.Context(), func(tx *db.Tx) error {
			home, err := account.HomeOf(tx, s.City.ID, s.Actor.Person)
			f.Values.Set("district", home.District)
			return err
		})
		if err != nil {
			return err
		}
		voted, err := p.Service.votedHere(r.Context(), s)
		if err != nil {
			return err
		}
		if voted != nil {
			return page.Render(w, r, ballotMeta(s, f), votedView(&ballotForm{scene: s, form: f}, voted))
		}
	}
	return page.Render(w, r, ballotMeta(s, f), whoView(&ballotForm{scene: s, form: f}))
}

// votedHere is how the visitor has voted in a campaign, nil for not.
func (s *Service) votedHere(ctx context.Context, v *scene) (out *Voted, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		e, err := rollOf(tx, v.City.ID, v.Campaign.ID, rollKey(v.City, v.Campaign.ID, personKey(v.Actor.Person)))
		if errors.Is(err, db.ErrNotFound) {
			return nil
		}
		if err == nil {
			out = e.told(v.City)
		}
		return err
	})
	return out, err
}

func ballotMeta(s *scene, f *web.Form) page.Meta {
	m := page.Meta{Title: s.T("vote.ballot.title") + " · " + s.title(), Private: true, NoIndex: true}
	if len(f.Errors()) > 0 {
		m.Status = http.StatusUnprocessableEntity
	}
	return m
}

// cast is every step of the ballot: who votes, what, once more to look at, and
// into the box.
func (p *Pages) cast(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	if !s.Actor.SignedIn() {
		return web.SignIn()
	}
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	return p.step(w, r, &ballotForm{scene: s, form: f, vote: readVote(f)})
}

// step is what a ballot and one at a desk have in common.
func (p *Pages) step(w http.ResponseWriter, r *http.Request, b *ballotForm) error {
	step := b.form.Text("do")
	if step == "who" {
		return page.Render(w, r, b.meta(), whoView(b))
	}
	if !b.Votes(b.Now) {
		return errClosed()
	}
	who := &web.Form{}
	b.voter(who, &b.vote, districtCodes(b.scene), b.local(b.Now.UnixMilli()))
	if b.numbered() {
		documentOf(who, b.City, &b.vote)
	}
	if b.desk {
		b.phoneOf(who, b.City, &b.vote)
	}
	if b.form.Take(who.Err()) {
		return page.Render(w, r, b.meta(), whoView(b))
	}
	switch {
	case step == "choose" && b.desk:
		if err := p.Service.Met(r.Context(), b.City, b.Actor, b.Slug, b.vote); err != nil {
			return p.refused(w, r, b, err)
		}
		return p.choose(w, r, b)
	case step == "choose":
		return p.choose(w, r, b)
	case step == "paper" && b.desk:
		return p.hand(w, r, b)
	}
	return p.send(w, r, b, step == "cast")
}

// choose shows the projects to choose among, with their photos.
func (p *Pages) choose(w http.ResponseWriter, r *http.Request, b *ballotForm) (err error) {
	if b.pictures, err = p.Service.Pictures(r.Context(), b.City, b.list); err != nil {
		return err
	}
	return page.Render(w, r, b.meta(), chooseView(b))
}

// send checks what was chosen, shows it once more, or takes it.
func (p *Pages) send(w http.ResponseWriter, r *http.Request, b *ballotForm, cast bool) error {
	book, err := p.Service.bookOf(r.Context(), b.City, b.Campaign)
	if err != nil {
		return err
	}
	b.vote.Choices = b.chosen(b.form, b.vote.District, b.list)
	checked := &web.Form{}
	b.choices(checked, &b.vote, book)
	if b.form.Take(checked.Err()) || len(b.form.Errors()) > 0 {
		return p.choose(w, r, b)
	}
	if !cast {
		return page.Render(w, r, b.meta(), reviewView(b))
	}
	var receipt string
	if b.desk {
		receipt, err = p.Service.CastAt(r.Context(), b.City, b.Actor, b.Slug, b.vote)
	} else {
		receipt, err = p.Service.Cast(r.Context(), b.City, b.Actor, b.Slug, b.vote, b.Address)
	}
	if err != nil {
		return p.refused(w, r, b, err)
	}
	// Not a redirect: the receipt must not stand in an address.
	return page.Render(w, r, b.meta(), receiptView(b, receipt))
}

// refused says why a voter is not taken.
func (p *Pages) refused(w http.ResponseWriter, r *http.Request, b *ballotForm, err error) error {
	var voted *Voted
	if errors.As(err, &voted) {
		m := b.meta()
		m.Status = http.StatusConflict
		return page.Render(w, r, m, votedView(b, voted))
	}
	if b.form.Take(err) {
		return page.Render(w, r, b.meta(), whoView(b))
	}
	return err
}

func districtCodes(s *scene) (out []string) {
	for _, d := range s.districts {
		out = append(out, d.Code)
	}
	return out
}

func readVote(f *web.Form) Vote {
	return Vote{
		Secret: f.Text(secretField), Class: Class(f.Text("class")), District: f.Text("district"), Born: f.Text("born"),
		Number: f.Text("number"), Phone: f.Text("phone"), NoPhone: f.Checked("no_phone"),
	}
}

// pots are those in which the voter of the form votes.
func (b *ballotForm) pots() []Pot { return b.PotsOf(b.vote.District) }

// text is the error of a field in words.
func (b *ballotForm) text(field string) string {
	if b.errs == nil {
		b.errs = b.Visit.Texts(b.form)
	}
	return b.errs[field]
}

func (b *ballotForm) problems() []ui.Problem {
	var out []ui.Problem
	for _, e := range b.form.Errors() {
		out = append(out, ui.Problem{Field: e.Field, Text: b.text(e.Field)})
	}
	return out
}

// kept are the fields of earlier steps that a later one carries on.
func (b *ballotForm) kept(choices bool) (out [][2]string) {
	for _, name := range []string{secretField, "class", "district", "born", "number", "phone", "no_phone"} {
		if v := b.form.Text(name); v != "" {
			out = append(out, [2]string{name, v})
		}
	}
	if !choices {
		return out
	}
	for pot, list := range b.vote.Choices {
		for i, c := range list {
			switch b.Rules.Ballot {
			case Points:
				out = append(out, [2]string{"points_" + c.Code, itoa(int64(c.Points))})
			case Ranking:
				out = append(out, [2]string{rankField(pot, i), c.Code})
			default:
				out = append(out, [2]string{"pick_" + c.Code, "1"})
			}
		}
	}
	slices.SortFunc(out, func(x, y [2]string) int { return strings.Compare(x[0], y[0]) })
	return out
}

// marked are the choices as they were sent, which the first step carries on so
// that going back loses none.
func (b *ballotForm) marked() (out [][2]string) {
	for name, values := range b.form.Values {
		kind, _, _ := strings.Cut(name, "_")
		if slices.Contains([]string{"pick", "points", "rank"}, kind) && values[0] != "" {
			out = append(out, [2]string{name, values[0]})
		}
	}
	slices.SortFunc(out, func(x, y [2]string) int { return strings.Compare(x[0], y[0]) })
	return out
}

// byCode finds a project on the list.
func (s *scene) byCode(code string) *Project {
	for _, q := range s.list {
		if q.Code == code {
			return q
		}
	}
	return &Project{Code: code}
}

func classOptions(b *ballotForm) (out []ui.Option) {
	for _, k := range b.Rules.Classes {
		out = append(out, ui.Option{Value: string(k), Text: b.T("vote.class." + string(k)), Checked: b.form.Text("class") == string(k)})
	}
	return out
}

func districtOptions(b *ballotForm) []ui.Option {
	out := []ui.Option{{Value: "", Text: b.T("vote.ballot.district_choose")}}
	for _, d := range b.districts {
		out = append(out, ui.Option{Value: d.Code, Text: d.Names.In(b.Lang()), Checked: b.form.Text("district") == d.Code})
	}
	return out
}

// rankOptions are the projects for one place of a ranking.
func rankOptions(b *ballotForm, list []*Project, field string) []ui.Option {
	out := []ui.Option{{Value: "", Text: b.T("vote.ballot.nothing")}}
	for _, q := range list {
		title, _ := q.Titles.In(b.Lang())
		out = append(out, ui.Option{Value: q.Code, Text: q.Code + ". " + title + " (" + b.money(q.Cost) + ")", Checked: b.form.Text(field) == q.Code})
	}
	return out
}
