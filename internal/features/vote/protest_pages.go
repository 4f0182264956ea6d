package vote

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/account"
	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/inbox"
	"github.com/ashar-kg/ashar/internal/civic/manifest"
	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/ui"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

func (p *Pages) protestRoutes() []manifest.Route {
	return []manifest.Route{
		{Pattern: "GET /vote/{slug}/protests/new", Handle: p.newProtest},
		{Pattern: "POST /vote/{slug}/protests/new", Handle: p.sendProtest},
		{Pattern: "GET /vote/{slug}/protests/{number}", Handle: p.ownProtest},
		{Pattern: "POST /vote/{slug}/protests/{number}", Handle: p.withdrawProtest},
		{Pattern: "GET /staff/protests/{number}", Handle: p.decide},
		{Pattern: "POST /staff/protests/{number}", Handle: p.decideStep},
	}
}

// ProtestRow shows a protest in the inbox.
func (p *Pages) ProtestRow(v *page.Visit, f *casework.File) inbox.Row {
	tag := ProtestTags[f.State]
	if f.Overdue(v.Now) {
		tag = "late"
	}
	return inbox.Row{Href: staffProtestAt(f.Number), Status: tag, Text: v.T("vote.protest.state." + f.State), About: v.T("vote.protest.ground."+f.Category) + " · " + f.Title}
}

// protestForm is a protest as it is filled in.
type protestForm struct {
	*scene
	form *web.Form
	errs map[string]string
}

func (p *Pages) newProtest(w http.ResponseWriter, r *http.Request) error {
	return p.protestPage(w, r, &web.Form{Values: url.Values{}})
}

func (p *Pages) protestPage(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	if !page.Of(r).Actor.SignedIn() {
		return web.SignIn()
	}
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	if !s.Protests(s.Now) {
		return errProtestTime(s.City, s.Campaign)
	}
	if f.Text(page.OnceField) == "" {
		f.Values.Set(page.OnceField, ids.Secret(16))
	}
	meta := page.Meta{Title: s.T("vote.protest.new") + " · " + s.title(), Private: true, NoIndex: true}
	if len(f.Errors()) > 0 {
		meta.Status = http.StatusUnprocessableEntity
	}
	return page.Render(w, r, meta, protestFormView(&protestForm{scene: s, form: f, errs: s.Visit.Texts(f)}))
}

func (p *Pages) sendProtest(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	slug := r.PathValue("slug")
	ctx, where := page.Once(r, f), ""
	file, err := p.Service.SendProtest(ctx, v.City, v.Actor, slug, Objection{Ground: f.Text("ground"), Pot: f.Text("pot"), Text: f.Text("text"), Lang: v.Lang()})
	if err == nil {
		where = protestAt(slug, file.Number) + "?done=sent"
	}
	err = page.Resolve(ctx, err)
	if f.Take(err) {
		return p.protestPage(w, r, f)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, where)
}

// objected is the page of one protest.
type objected struct {
	*scene
	*Objected
	timeline []casework.Event
	form     *web.Form
	done     bool
}

// objectedOf reads the protest of the address for who sent it or, inside, for
// the staff.
func (p *Pages) objectedOf(r *http.Request, f *web.Form, inside bool) (*objected, error) {
	v := page.Of(r)
	o := &objected{scene: &scene{Visit: v}, form: f, done: r.URL.Query().Has("done")}
	err := p.Service.DB.View(r.Context(), func(tx *db.Tx) (err error) {
		if o.Objected, err = protestFile(tx, v.City.ID, strings.ToUpper(r.PathValue("number"))); err != nil {
			return err
		}
		if inside && !v.Actor.Can(seeProtest, o.File.Body) || !inside && !v.Actor.Owns(o.File.Author) {
			return web.NotFound()
		}
		if o.scene.Campaign, err = campaignByID(tx, v.City.ID, o.Objected.Campaign); err != nil {
			return err
		}
		o.timeline, err = casework.Timeline(tx, v.City.ID, o.File.ID, true)
		return err
	})
	if err != nil {
		return nil, err
	}
	if slug := r.PathValue("slug"); slug != "" && slug != o.Slug {
		return nil, web.NotFound()
	}
	return o, p.fill(r.Context(), o.scene)
}

func (p *Pages) ownProtest(w http.ResponseWriter, r *http.Request) error {
	if !page.Of(r).Actor.SignedIn() {
		return web.SignIn()
	}
	o, err := p.objectedOf(r, &web.Form{Values: url.Values{}}, false)
	if err != nil {
		return err
	}
	return page.Render(w, r, page.Meta{Title: o.T("vote.protest.one") + " № " + o.File.Number, Private: true, NoIndex: true}, protestView(o))
}

func (p *Pages) withdrawProtest(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	if !v.Actor.SignedIn() {
		return web.SignIn()
	}
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	if f.Text("do") != "withdraw" {
		return web.Bad(nil)
	}
	number := strings.ToUpper(r.PathValue("number"))
	ctx := page.Once(r, f)
	if err := page.Resolve(ctx, p.Service.WithdrawProtest(ctx, v.City, v.Actor, number)); err != nil {
		return err
	}
	return web.Redirect(w, r, protestAt(r.PathValue("slug"), number))
}

func (p *Pages) decide(w http.ResponseWriter, r *http.Request) error {
	return p.decidePage(w, r, &web.Form{Values: url.Values{}})
}

// decidePage is the page of the commission on a protest.
func (p *Pages) decidePage(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	if !page.Of(r).Actor.Some(seeProtest) {
		return permission.ErrDenied
	}
	o, err := p.objectedOf(r, f, true)
	if err != nil {
		return err
	}
	if f.Text(page.OnceField) == "" {
		f.Values.Set(page.OnceField, ids.Secret(16))
	}
	meta := page.Meta{Title: o.T("vote.protest.one") + " № " + o.File.Number, Staff: true, Private: true, NoIndex: true}
	if len(f.Errors()) > 0 {
		meta.Status = http.StatusUnprocessableEntity
	}
	return page.Render(w, r, meta, decideView(o))
}

// decideStep is every step of the commission on a protest.
func (p *Pages) decideStep(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	number := strings.ToUpper(r.PathValue("number"))
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	s := p.Service
	decide := func(upheld bool) func(ctx context.Context) error {
		return func(ctx context.Context) error {
			reasons := readTexts(v, f, "reasons", MaxProtest)
			if f.Err() != nil {
				return nil
			}
			return s.DecideProtest(ctx, v.City, v.Actor, number, upheld, reasons)
		}
	}
	step, ok := map[string]func(ctx context.Context) error{
		"take": func(ctx context.Context) error { return s.TakeProtest(ctx, v.City, v.Actor, number) },
		"note": func(ctx context.Context) error {
			return s.NoteProtest(ctx, v.City, v.Actor, number, f.Optional("note", MaxProtest))
		},
		"uphold": decide(true),
		"reject": decide(false),
		"settle": func(ctx context.Context) error {
			words := readTexts(v, f, "remedy", MaxProtest)
			if f.Err() != nil {
				return nil
			}
			return s.Settle(ctx, v.City, v.Actor, number, f.Text("remedy"), words)
		},
	}[f.Text("do")]
	if !ok {
		return web.Bad(nil)
	}
	ctx := page.Once(r, f)
	err = page.Resolve(ctx, step(ctx))
	if f.Take(err) || len(f.Errors()) > 0 {
		return p.decidePage(w, r, f)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, staffProtestAt(number)+"?done=1")
}

// groundOptions are the grounds to choose from.
func groundOptions(s *scene, chosen string) (out []ui.Option) {
	for _, g := range Grounds {
		out = append(out, ui.Option{Value: g, Text: s.T("vote.protest.ground." + g), Hint: s.T("vote.protest.ground_hint." + g), Checked: g == chosen})
	}
	return out
}

// about says what a protest is about: all of the vote, or one of its pots.
func (s *scene) about(pot string) string {
	p, ok := s.Pot(pot)
	if !ok {
		return s.T("vote.protest.whole")
	}
	name, _ := p.Titles.In(s.Lang())
	return name
}

// protestNext says what comes next for a protest, and until when.
func protestNext(v *page.Visit, f *casework.File) string {
	if f.State == ProtestNew {
		return v.T("vote.protest.next", "day", v.P.Date(timeIn(v, f.Due)))
	}
	return v.P.Date(timeIn(v, f.Updated))
}

// ProtestCases shows people's protests in the single account.
type ProtestCases struct{ *Pages }

// Own implements account.Cases.
func (p ProtestCases) Own(ctx context.Context, v *page.Visit, limit int) (out []account.Own, err error) {
	err = p.Service.DB.View(ctx, func(tx *db.Tx) error {
		list, err := ownProtests(tx, v.City.ID, v.Actor.Person, limit)
		for _, x := range list {
			f := x.File
			out = append(out, account.Own{
				Href: protestAt(x.slug, f.Number), Number: f.Number, Title: v.T("vote.protest.against", "title", f.Title), State: ProtestTags[f.State],
				StateText: v.T("vote.protest.state." + f.State), Note: protestNext(v, f), Created: f.Created,
			})
		}
		return err
	})
	return out, err
}

// Followed implements account.Cases: nobody follows a protest.
func (p ProtestCases) Followed(context.Context, *page.Visit, int) ([]account.Own, error) {
	return nil, nil
}

// sentProtest is a protest with the slug of its campaign.
type sentProtest struct {
	*Objected
	slug string
}

// ownProtests are the protests of a person, the newest first.
func ownProtests(tx *db.Tx, cityID, person int64, limit int) (out []sentProtest, err error) {
	files, err := casework.ByAuthor(tx, cityID, ProtestKind, person, 0, limit)
	if err != nil {
		return nil, err
	}
	list := make([]int64, len(files))
	for i, f := range files {
		list[i] = f.ID
	}
	held, err := protestsBy(tx, cityID, list)
	if err != nil {
		return nil, err
	}
	for _, h := range held {
		x, err := campaignByID(tx, cityID, h.Campaign)
		if err != nil {
			return nil, err
		}
		out = append(out, sentProtest{h, x.Slug})
	}
	return out, nil
}

// protestPart is what is held about a person's protest.
type protestPart struct {
	Number   string
	Campaign string // slug
	Title    string
	Ground   string
	Text     string
	State    string
}

// maxProtestParts bounds what one file of a person tells.
const maxProtestParts = 1000

func exportProtests(tx *db.Tx, cityID, person int64) (any, error) {
	list, err := ownProtests(tx, cityID, person, maxProtestParts)
	out := []protestPart{}
	for _, x := range list {
		out = append(out, protestPart{x.File.Number, x.slug, x.File.Title, x.File.Category, x.File.Text, x.File.State})
	}
	return out, err
}

func tellProtests(ctx context.Context, doc any) ([]manifest.Told, error) {
	v := page.In(ctx)
	var out []manifest.Told
	for _, p := range doc.([]protestPart) {
		out = append(out, manifest.Told{Title: "№ " + p.Number, Rows: []ui.Row{
			{Name: v.T("vote.protest.against", "title", p.Title), Value: v.T("vote.protest.ground." + p.Ground), Href: protestAt(p.Campaign, p.Number)},
			{Name: v.T("vote.protest.text"), Value: p.Text},
			{Name: v.T("vote.idea.state"), Value: v.T("vote.protest.state." + p.State)},
		}})
	}
	return out, nil
}

// eraseProtests takes a person out of protests. What was decided keeps its
// grounds and reasons only; words on which nothing was decided yet stay, as
// those of a resident, until then.
func eraseProtests(tx *db.Tx, cityID, person int64, _ time.Time) error {
	for _, q := range []string{
		`UPDATE case_event SET person_id = 0, actor = '' WHERE city_id = $1 AND person_id = $2 AND person_id <> 0
			AND case_id IN (SELECT case_id FROM vote_protest WHERE city_id = $1)`,
		`UPDATE case_file SET author_id = 0, body_text = CASE WHEN is_open THEN body_text ELSE '' END, version = version + 1 WHERE city_id = $1
			AND id IN (SELECT case_id FROM vote_protest WHERE city_id = $1 AND person_id = $2 AND person_id <> 0)`,
		`UPDATE vote_protest SET person_id = 0 WHERE city_id = $1 AND person_id = $2`,
	} {
		if _, err := tx.Exec("vote.protests.erase", q, cityID, person); err != nil {
			return err
		}
	}
	return nil
}
