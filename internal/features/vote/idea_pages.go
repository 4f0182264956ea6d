package vote

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/ashar-kg/ashar/internal/civic/account"
	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/inbox"
	"github.com/ashar-kg/ashar/internal/civic/manifest"
	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/civic/pledge"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/qr"
	"github.com/ashar-kg/ashar/internal/platform/ui"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

func (p *Pages) ideaRoutes() []manifest.Route {
	return []manifest.Route{
		{Pattern: "GET /vote/{slug}/ideas", Handle: p.ideas, Cached: true},
		{Pattern: "GET /vote/{slug}/ideas.geojson", Handle: p.ideasMap, Cached: true},
		{Pattern: "GET /vote/{slug}/ideas/new", Handle: p.newIdea},
		{Pattern: "POST /vote/{slug}/ideas/new", Handle: p.sendIdea},
		{Pattern: "GET /vote/{slug}/ideas/{number}", Handle: p.idea, Cached: true},
		{Pattern: "POST /vote/{slug}/ideas/{number}", Handle: p.ideaStep},
		{Pattern: "GET /vote/{slug}/ideas/{number}/correct", Handle: p.editIdea},
		{Pattern: "POST /vote/{slug}/ideas/{number}/correct", Handle: p.sendIdea},
		{Pattern: "GET /vote/{slug}/ideas/{number}/poster", Handle: p.poster, Cached: true},
		{Pattern: "GET /vote/{slug}/ideas/{number}/qr.svg", Handle: p.ideaCode, Cached: true},
		{Pattern: "GET /vote/{slug}/ideas/{number}/place.geojson", Handle: p.ideaPlace, Cached: true},
		{Pattern: "GET /staff/ideas/{number}", Handle: p.judge},
		{Pattern: "POST /staff/ideas/{number}", Handle: p.judgeStep},
	}
}

// ideaStatus is the tag of an idea.
func ideaStatus(v *page.Visit, f *casework.File) (tag, text string) {
	if f.Visibility != casework.Public {
		return "held", v.T("vote.idea.hidden")
	}
	return IdeaTags[f.State], v.T("vote.idea.state." + f.State)
}

// IdeaRow shows an idea in the inbox.
func (p *Pages) IdeaRow(v *page.Visit, f *casework.File) inbox.Row {
	tag, text := ideaStatus(v, f)
	if f.Overdue(v.Now) {
		tag = "late"
	}
	return inbox.Row{Href: staffIdeaAt(f.Number), Status: tag, Text: text, About: v.T("vote.idea.one") + " · " + f.Title}
}

// IdeaSteps are what can be done with many ideas of the inbox at once.
func (p *Pages) IdeaSteps() inbox.Steps {
	take := func(ctx context.Context, v *page.Visit, number string) error {
		return p.Service.TakeIdea(ctx, v.City, v.Actor, number)
	}
	return inbox.Steps{
		Take: take, Begin: take,
		Transfer: func(ctx context.Context, v *page.Visit, number string, body int64, note string) error {
			return p.Service.TransferIdea(ctx, v.City, v.Actor, number, body, note)
		},
	}
}

// ideaList is the page of the ideas of a campaign.
type ideaList struct {
	*scene
	ideas  []Sent
	more   int64
	filter ideaFilter
	words  string
}

func (p *Pages) ideas(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	q := web.QueryForm(r)
	before, _ := ids.Parse(q.Text("before"))
	l := &ideaList{scene: s, words: q.Text("q"), filter: ideaFilter{
		Pot: q.Text("pot"), State: q.Text("state"), Category: q.Text("category"), District: q.Text("district"), Before: before,
	}}
	if l.ideas, l.more, err = p.Service.Ideas(r.Context(), s.City, s.Campaign, l.filter, l.words); err != nil {
		return err
	}
	meta := page.Meta{Title: s.T("vote.idea.list") + " · " + s.title(), Description: s.T("vote.idea.list_text"), NoIndex: r.URL.RawQuery != ""}
	return page.Render(w, r, meta, ideasView(l))
}

// older is the address of what comes after this piece of a list.
func (l *ideaList) older() string {
	if l.more == 0 {
		return ""
	}
	q := url.Values{}
	for name, value := range map[string]string{
		"pot": l.filter.Pot, "state": l.filter.State, "category": l.filter.Category, "district": l.filter.District, "q": l.words, "before": itoa(l.more),
	} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return at(l.Slug) + "/ideas?" + q.Encode()
}

// shapeOf is a feature of a GeoJSON: a line or an area with the point on it where
// its number may stand, or the point.
func shapeOf(geometry string, lat, lon float64, properties map[string]any) map[string]any {
	at := []float64{lon, lat}
	var shape any = map[string]any{"type": "Point", "coordinates": at}
	if geometry != "" {
		shape = json.RawMessage(geometry)
		properties["at"] = at
	}
	return map[string]any{"type": "Feature", "geometry": shape, "properties": properties}
}

func geoJSON(w http.ResponseWriter, r *http.Request, list []Sent) error {
	shapes := []any{}
	for _, x := range list {
		if x.File.Placed {
			shapes = append(shapes, shapeOf(x.Detail.Geometry, x.File.Lat, x.File.Lon, map[string]any{"number": x.File.Number, "title": x.File.Title}))
		}
	}
	return sendShapes(w, r, shapes)
}

// sendShapes answers with a collection of GeoJSON.
func sendShapes(w http.ResponseWriter, r *http.Request, shapes []any) error {
	text, err := json.Marshal(map[string]any{"type": "FeatureCollection", "features": shapes})
	if err != nil {
		return err
	}
	web.NewBody(http.StatusOK, "application/geo+json", text).Send(w, r)
	return nil
}

func (p *Pages) ideasMap(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	var list []Sent
	if err := p.Service.DB.View(r.Context(), func(tx *db.Tx) error {
		all, err := ideasOf(tx, s.City.ID, s.Campaign.ID, ideaFilter{Limit: maxList})
		if err == nil {
			list, err = sent(tx, s.City.ID, all)
		}
		return err
	}); err != nil {
		return err
	}
	return geoJSON(w, r, list)
}

// told is the page of one idea.
type told struct {
	*scene
	*Told
	form *web.Form
	done string
}

// toldOf reads the idea of the address, which must be of its campaign.
func (p *Pages) toldOf(r *http.Request, f *web.Form) (*told, error) {
	v := page.Of(r)
	t, err := p.Service.IdeaOf(r.Context(), v.City, v.Actor, strings.ToUpper(r.PathValue("number")))
	if err != nil {
		return nil, err
	}
	if slug := r.PathValue("slug"); slug != "" && t.Campaign.Slug != slug {
		return nil, web.NotFound()
	}
	s := &scene{Visit: v, Campaign: t.Campaign}
	if _, s.list, err = p.Service.Campaign(r.Context(), v.City, t.Campaign.Slug); err != nil {
		return nil, err
	}
	if err := p.fill(r.Context(), s); err != nil {
		return nil, err
	}
	if f == nil {
		f = &web.Form{Values: url.Values{}}
	}
	return &told{scene: s, Told: t, form: f, done: r.URL.Query().Get("done")}, nil
}

func (p *Pages) idea(w http.ResponseWriter, r *http.Request) error { return p.ideaPage(w, r, nil) }

func (p *Pages) ideaPage(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	t, err := p.toldOf(r, f)
	if err != nil {
		return err
	}
	if p.Pledges != nil && (t.File.State == IdeaFeasible || t.File.State == IdeaListed) {
		l, err := p.Pledges.Ledger(r.Context(), t.City, t.Actor, pledge.Subject{Kind: IdeaKind, ID: t.File.ID})
		if err != nil {
			return err
		}
		t.Pledges = &l
	}
	meta := page.Meta{Title: t.File.Title, Description: t.File.Text, NoIndex: !t.File.Listed()}
	if len(t.form.Errors()) > 0 {
		meta.Status, meta.Private = http.StatusUnprocessableEntity, true
	}
	return page.Render(w, r, meta, ideaView(t))
}

// ideaStep is everything that residents do on the page of an idea.
func (p *Pages) ideaStep(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	slug, number := r.PathValue("slug"), strings.ToUpper(r.PathValue("number"))
	if !v.Actor.SignedIn() {
		return web.Redirect(w, r, "/account/sign-in?back="+url.QueryEscape(ideaAt(slug, number)))
	}
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	s, do := p.Service, f.Text("do")
	step, ok := map[string]func(ctx context.Context) error{
		"support":   func(ctx context.Context) error { return s.Support(ctx, v.City, v.Actor, slug, number, true) },
		"unsupport": func(ctx context.Context) error { return s.Support(ctx, v.City, v.Actor, slug, number, false) },
		"follow":    func(ctx context.Context) error { return s.Follow(ctx, v.City, v.Actor, slug, number, true) },
		"unfollow":  func(ctx context.Context) error { return s.Follow(ctx, v.City, v.Actor, slug, number, false) },
		"sign": func(ctx context.Context) error {
			return s.Sign(ctx, v.City, v.Actor, slug, number, f.Text("name"), true)
		},
		"unsign": func(ctx context.Context) error { return s.Sign(ctx, v.City, v.Actor, slug, number, "", false) },
		"comment": func(ctx context.Context) error {
			return s.Comment(ctx, v.City, v.Actor, slug, number, f.Text("comment"), v.Lang(), shownName(v, f), f.Checked("ask"))
		},
		"withdraw": func(ctx context.Context) error { return s.Withdraw(ctx, v.City, v.Actor, slug, number) },
		"object": func(ctx context.Context) error {
			return s.Object(ctx, v.City, v.Actor, slug, number, f.Optional("words", MaxIdeaText), v.Lang())
		},
		"accept":  func(ctx context.Context) error { return s.Consent(ctx, v.City, v.Actor, slug, number, true) },
		"decline": func(ctx context.Context) error { return s.Consent(ctx, v.City, v.Actor, slug, number, false) },
		"flag":    func(ctx context.Context) error { return s.Flag(ctx, v.City, v.Actor, slug, number, f.ID("event")) },
	}[do]
	if !ok {
		return web.Bad(nil)
	}
	ctx := page.Once(r, f)
	err = page.Resolve(ctx, step(ctx))
	if f.Take(err) || len(f.Errors()) > 0 {
		return p.ideaPage(w, r, f)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, ideaAt(slug, number)+"?done="+do)
}

// shownName is the name of the visitor if they want it read.
func shownName(v *page.Visit, f *web.Form) string {
	if f.Checked("show_name") {
		return v.Actor.Name
	}
	return ""
}

func (p *Pages) poster(w http.ResponseWriter, r *http.Request) error {
	t, err := p.toldOf(r, nil)
	if err != nil {
		return err
	}
	return page.Render(w, r, page.Meta{Title: t.File.Title, NoIndex: true}, posterView(t))
}

func (p *Pages) ideaCode(w http.ResponseWriter, r *http.Request) error {
	t, err := p.toldOf(r, nil)
	if err != nil {
		return err
	}
	web.NewBody(http.StatusOK, "image/svg+xml", qr.SVG(t.Absolute(ideaAt(t.Slug(), t.File.Number)))).Send(w, r)
	return nil
}

// Slug is that of the campaign of an idea.
func (t *told) Slug() string { return t.Told.Campaign.Slug }

func (p *Pages) ideaPlace(w http.ResponseWriter, r *http.Request) error {
	t, err := p.toldOf(r, nil)
	if err != nil {
		return err
	}
	return geoJSON(w, r, []Sent{t.Sent})
}

// IdeaCases shows people's ideas in the single account.
type IdeaCases struct{ *Pages }

// Own implements account.Cases: the ideas of a person and those that they have
// signed.
func (p IdeaCases) Own(ctx context.Context, v *page.Visit, limit int) (out []account.Own, err error) {
	err = p.Service.DB.View(ctx, func(tx *db.Tx) error {
		files, err := casework.ByAuthor(tx, v.City.ID, IdeaKind, v.Actor.Person, 0, limit)
		if err != nil {
			return err
		}
		parts, how, err := ownParts(tx, v.City.ID, v.Actor.Person, limit)
		if err != nil {
			return err
		}
		var signed []int64
		for _, id := range parts {
			if how[id] == signs {
				signed = append(signed, id)
			}
		}
		more, err := casework.Several(tx, v.City.ID, signed)
		if err != nil {
			return err
		}
		out, err = ownIdeas(tx, v, append(files, more...))
		return err
	})
	return out, err
}

// Followed implements account.Cases: the ideas that a person supports.
func (p IdeaCases) Followed(ctx context.Context, v *page.Visit, limit int) (out []account.Own, err error) {
	err = p.Service.DB.View(ctx, func(tx *db.Tx) error {
		parts, how, err := ownParts(tx, v.City.ID, v.Actor.Person, limit)
		if err != nil {
			return err
		}
		var list []int64
		for _, id := range parts {
			if how[id] == supports {
				list = append(list, id)
			}
		}
		files, err := casework.Several(tx, v.City.ID, list)
		if err != nil {
			return err
		}
		out, err = ownIdeas(tx, v, files)
		return err
	})
	return out, err
}

func ownIdeas(tx *db.Tx, v *page.Visit, files []*casework.File) (out []account.Own, err error) {
	list := make([]int64, len(files))
	for i, f := range files {
		list[i] = f.ID
	}
	details, err := ideasBy(tx, v.City.ID, list)
	if err != nil {
		return nil, err
	}
	of := map[int64]*Campaign{}
	for _, f := range files {
		d := details[f.ID]
		if d == nil {
			continue
		}
		x := of[d.Campaign]
		if x == nil {
			if x, err = campaignByID(tx, v.City.ID, d.Campaign); err != nil {
				return nil, err
			}
			of[d.Campaign] = x
		}
		tag, text := ideaStatus(v, f)
		out = append(out, account.Own{
			Href: ideaAt(x.Slug, f.Number), Number: f.Number, Title: f.Title, State: tag, StateText: text, Note: ideaNext(v, x, f), Created: f.Created,
		})
	}
	return out, nil
}

// ideaNext says what comes next for an idea, and until when.
func ideaNext(v *page.Visit, x *Campaign, f *casework.File) string {
	day := func(ms int64) string { return v.P.Date(timeIn(v, ms)) }
	switch f.State {
	case IdeaNew, IdeaChecked, IdeaObjected:
		return v.T("vote.idea.next.answer", "day", day(f.Due))
	case IdeaReturned:
		return v.T("vote.idea.next.correct", "day", day(f.Due))
	case IdeaRefused:
		if span, ok := x.Plan.Span(Appealing); ok && span.Ends > v.Now.UnixMilli() {
			return v.T("vote.idea.next.object", "from", day(span.Begins), "day", day(span.Ends-1))
		}
	case IdeaFeasible, IdeaListed:
		if span, ok := x.Plan.Span(Voting); ok && span.Ends > v.Now.UnixMilli() {
			return v.T("vote.idea.next.vote", "day", day(span.Begins))
		}
	}
	return v.P.Date(timeIn(v, f.Updated))
}

// ideaOption is a select of codes whose texts are messages.
func ideaOptions(v *page.Visit, codes []string, prefix, chosen, none string) []ui.Option {
	out := []ui.Option{{Text: none}}
	for _, code := range codes {
		out = append(out, ui.Option{Value: code, Text: v.T(prefix + code), Checked: code == chosen})
	}
	return out
}

// potOptions are the pots of a campaign.
func (s *scene) potOptions(chosen, none string) []ui.Option {
	out := []ui.Option{{Text: none}}
	for _, p := range s.Pots {
		name, _ := p.Titles.In(s.Lang())
		out = append(out, ui.Option{Value: p.Code, Text: name, Checked: p.Code == chosen})
	}
	return out
}
