package vote

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/ashar-kg/ashar/internal/civic/account"
	"github.com/ashar-kg/ashar/internal/civic/document"
	"github.com/ashar-kg/ashar/internal/civic/manifest"
	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ui"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// deskRoutes are the desk for people without a telephone, the paper ballots and
// what the commission watches.
func (p *Pages) deskRoutes() []manifest.Route {
	return []manifest.Route{
		{Pattern: "GET /staff/vote/{slug}/desk", Handle: p.desk},
		{Pattern: "POST /staff/vote/{slug}/desk", Handle: p.deskCast},
		{Pattern: "GET /staff/vote/{slug}/paper", Handle: p.paper},
		{Pattern: "POST /staff/vote/{slug}/paper", Handle: p.beginBatch},
		{Pattern: "GET /staff/vote/{slug}/paper/{batch}", Handle: p.batch},
		{Pattern: "POST /staff/vote/{slug}/paper/{batch}", Handle: p.batchAct},
		{Pattern: "POST /staff/vote/{slug}/paper/{batch}/scans", Handle: p.addScans},
		{Pattern: "GET /staff/vote/{slug}/paper/{batch}/scans/{scan}", Handle: p.scan},
		{Pattern: "GET /staff/vote/{slug}/unusual", Handle: p.unusual},
	}
}

func deskPath(slug string) string { return "/staff" + at(slug) + "/desk" }

func paperPath(slug string) string { return "/staff" + at(slug) + "/paper" }

func unusualPath(slug string) string { return "/staff" + at(slug) + "/unusual" }

func (p *Pages) desk(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	if !s.Actor.Some(Enrol) {
		return permission.ErrDenied
	}
	b := &ballotForm{scene: s, form: &web.Form{Values: url.Values{secretField: {newSecret()}}}, desk: true}
	return page.Render(w, r, b.meta(), whoView(b))
}

// deskCast is every step of a ballot at a desk.
func (p *Pages) deskCast(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	if !s.Actor.Some(Enrol) {
		return permission.ErrDenied
	}
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	return p.step(w, r, &ballotForm{scene: s, form: f, vote: readVote(f), desk: true})
}

// hand notes that the voter of the form gets a paper ballot.
func (p *Pages) hand(w http.ResponseWriter, r *http.Request, b *ballotForm) error {
	if err := p.Service.Hand(r.Context(), b.City, b.Actor, b.Slug, b.vote); err != nil {
		return p.refused(w, r, b, err)
	}
	return page.Render(w, r, b.meta(), handedView(b))
}

func (p *Pages) paper(w http.ResponseWriter, r *http.Request) error {
	return p.paperPage(w, r, page.Blank())
}

func (p *Pages) paperPage(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	work, err := p.Service.Paperwork(r.Context(), s.City, s.Actor, s.Campaign)
	if err != nil {
		return err
	}
	m := staffMeta(s, f)
	m.Title = s.T("votedesk.paper.title") + " · " + s.title()
	return page.Render(w, r, m, paperView(s, work, f))
}

func (p *Pages) beginBatch(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	ctx := page.Once(r, f)
	n, _ := strconv.Atoi(f.Text("sheets"))
	id, err := p.Service.NewBatch(ctx, v.City, v.Actor, r.PathValue("slug"), f.Text("name"), n)
	if err = page.Resolve(ctx, err); f.Take(err) {
		return p.paperPage(w, r, f)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, batchPath(r.PathValue("slug"), id))
}

// batchScene is the page of a batch.
type batchScene struct {
	*scene
	*Sheaf
	names    map[int64]string
	form     *web.Form
	n, round int // of the sheet that the visitor types next, 0 for none
}

func (b *batchScene) path() string { return batchPath(b.Slug, b.Sheaf.ID) }

func (p *Pages) batch(w http.ResponseWriter, r *http.Request) error {
	return p.batchPage(w, r, &web.Form{Values: url.Values{}})
}

func (p *Pages) batchPage(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	b := &batchScene{scene: s, form: f}
	if b.Sheaf, err = p.Service.Sheaf(r.Context(), s.City, s.Actor, s.Campaign, pathID(r, "batch")); err != nil {
		return err
	}
	if b.Accepted == 0 && s.Actor.Some(Type) {
		b.n, b.round = b.next(s.Actor.Person)
	}
	var people []int64
	for _, t := range b.Typed {
		people = append(people, t.Typist)
	}
	err = p.Service.DB.View(r.Context(), func(tx *db.Tx) error {
		b.names, err = account.Names(tx, s.City.ID, people)
		return err
	})
	if err != nil {
		return err
	}
	m := staffMeta(s, f)
	m.Title = b.Name + " · " + s.title()
	return page.Render(w, r, m, batchView(b))
}

func pathID(r *http.Request, name string) int64 {
	id, _ := strconv.ParseInt(r.PathValue(name), 10, 64)
	return id
}

// batchAct is every step of work on a batch.
func (p *Pages) batchAct(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	slug, id, to := r.PathValue("slug"), pathID(r, "batch"), batchPath(r.PathValue("slug"), pathID(r, "batch"))
	switch f.Text("do") {
	case "type":
		err = p.Service.TypeSheet(r.Context(), v.City, v.Actor, slug, id, readTyping(f))
		to += "#picks"
	case "decide":
		err = p.Service.Decide(r.Context(), v.City, v.Actor, slug, id, readTyping(f))
		to += "#differences"
	case "accept":
		err = p.Service.AcceptBatch(r.Context(), v.City, v.Actor, slug, id)
	case "discard":
		err = p.Service.DiscardBatch(r.Context(), v.City, v.Actor, slug, id)
		to = paperPath(slug)
	default:
		return web.Bad(nil)
	}
	if f.Take(err) {
		return p.batchPage(w, r, f)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, to)
}

func readTyping(f *web.Form) typing {
	n, _ := strconv.Atoi(f.Text("n"))
	round, _ := strconv.Atoi(f.Text("round"))
	return typing{N: n, Round: round, Picks: f.Text("picks"), Spoilt: f.Checked("spoilt")}
}

func (p *Pages) addScans(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	if !typist(v.Actor) {
		return permission.ErrDenied
	}
	f, err := web.ReadUpload(w, r, document.MaxForm)
	if err != nil {
		return err
	}
	files, err := document.Store{Blobs: p.Service.Blobs}.Take(r, v.City, f)
	if err != nil {
		return err
	}
	if len(f.Errors()) > 0 {
		return p.batchPage(w, r, f)
	}
	if err := p.Service.AddScans(r.Context(), v.City, v.Actor, r.PathValue("slug"), pathID(r, "batch"), files); err != nil {
		return err
	}
	return web.Redirect(w, r, batchPath(r.PathValue("slug"), pathID(r, "batch")))
}

func (p *Pages) scan(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	f, err := p.Service.Scan(r.Context(), s.City, s.Actor, s.Campaign, pathID(r, "batch"), pathID(r, "scan"))
	if err != nil {
		return err
	}
	return document.Store{Blobs: p.Service.Blobs}.Send(w, r, f)
}

func (p *Pages) unusual(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	u, err := p.Service.Unusual(r.Context(), s.City, s.Actor, s.Campaign)
	if err != nil {
		return err
	}
	m := staffMeta(s, nil)
	m.Title = s.T("votedesk.unusual.title") + " · " + s.title()
	return page.Render(w, r, m, unusualView(s, u))
}

// deskLinks are the pages of the staff about a campaign that the visitor may see.
func deskLinks(s *scene) (out []ui.Link) {
	if s.Opened == 0 {
		return nil
	}
	if s.Actor.Some(Enrol) && s.Votes(s.Now) {
		out = append(out, ui.Link{Href: deskPath(s.Slug), Text: s.T("votedesk.title")})
	}
	if typist(s.Actor) {
		out = append(out, ui.Link{Href: paperPath(s.Slug), Text: s.T("votedesk.paper.title")})
	}
	if s.Actor.Can(Observe, s.Body) {
		out = append(out, ui.Link{Href: unusualPath(s.Slug), Text: s.T("votedesk.unusual.title")})
	}
	return out
}
