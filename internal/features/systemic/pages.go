package systemic

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/account"
	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/inbox"
	"github.com/ashar-kg/ashar/internal/civic/notify"
	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/civic/place"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/ui"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Pages are the pages about systemic issues.
type Pages struct{ Service *Service }

// scene is what every page about issues needs.
type scene struct {
	*page.Visit
	sources  map[string]Source
	bodies   *body.Directory
	names    *place.Gazetteer
	settings Settings
}

func (p *Pages) scene(r *http.Request) (*scene, error) { return p.at(r.Context()) }

func (p *Pages) at(ctx context.Context) (*scene, error) {
	s := &scene{Visit: page.In(ctx), sources: p.Service.Sources}
	var err error
	if s.bodies, err = p.Service.Bodies.Of(ctx, s.City.ID); err != nil {
		return nil, err
	}
	if s.names, err = p.Service.Places.Gazetteer(ctx, s.City.ID); err != nil {
		return nil, err
	}
	s.settings, err = settingsOf(s.City)
	return s, err
}

func (s *scene) day(ms int64) string { return s.P.Date(time.UnixMilli(ms).In(s.City.Zone)) }

func (s *scene) moment(ms int64) string { return s.P.DateTime(time.UnixMilli(ms).In(s.City.Zone)) }

// where says a place in words.
func (s *scene) where(lat, lon float64) string {
	return s.names.Where(lat, lon).Text(s.Lang(), func(name string) string { return s.T("place.near", "name", name) })
}

// status is the tag of an issue: late is shown before its state.
func status(v *page.Visit, f *casework.File) (code, text string) {
	if f.Overdue(v.Now) {
		return "late", v.T("systemic.state.late")
	}
	return Tags[f.State], v.T("systemic.state." + f.State)
}

// clock says in words how much time an issue has.
func (s *scene) clock(f *casework.File) string {
	if !f.Open {
		return ""
	}
	n := s.City.Calendar.Between(s.Now, f.DueAt())
	switch {
	case f.Overdue(s.Now):
		return s.T("report.clock.late", "n", max(1, -n))
	case n == 0:
		return s.T("report.clock.today")
	}
	return s.T("report.clock.left", "n", n)
}

// rule is the term under which an issue runs.
func (s *scene) rule(code string) (city.Rule, bool) {
	i := slices.IndexFunc(s.City.Rules, func(r city.Rule) bool { return r.Code == code })
	if i < 0 {
		return city.Rule{}, false
	}
	return s.City.Rules[i], true
}

// Row shows an issue in the inbox.
func (p *Pages) Row(v *page.Visit, f *casework.File) inbox.Row {
	code, text := status(v, f)
	return inbox.Row{Href: "/staff/systemic/" + f.Number, Status: code, Text: text, About: v.T("systemic.one") + " · № " + f.Number}
}

// Link is the line on the page of a case that leads to its issue; the zero Link
// when it is part of none.
func (p *Pages) Link(ctx context.Context, v *page.Visit, id int64) (ui.Link, error) {
	var f *casework.File
	var d Detail
	err := p.Service.DB.View(ctx, func(tx *db.Tx) (err error) {
		if f, err = p.Service.Of(tx, v.City.ID, id); err != nil || f == nil {
			return err
		}
		d, err = detail(tx, v.City.ID, f.ID)
		return err
	})
	if err != nil || f == nil {
		return ui.Link{}, err
	}
	title, lang := d.Titles.In(v.Lang())
	return ui.Link{Href: "/systemic/" + f.Number, Text: title, Lang: lang}, nil
}

// Own implements account.Cases: an issue is the city's, not a person's.
func (p *Pages) Own(context.Context, *page.Visit, int) ([]account.Own, error) { return nil, nil }

// Followed implements account.Cases.
func (p *Pages) Followed(ctx context.Context, v *page.Visit, limit int) (out []account.Own, err error) {
	err = p.Service.DB.View(ctx, func(tx *db.Tx) error {
		list, err := notify.Following(tx, v.City.ID, v.Actor.Person, KindName, limit)
		if err != nil {
			return err
		}
		files, err := casework.Several(tx, v.City.ID, list)
		if err != nil {
			return err
		}
		shown, err := p.Service.shown(tx, v.City, files)
		for _, x := range shown {
			code, text := status(v, x.File)
			title, _ := x.Detail.Titles.In(v.Lang())
			out = append(out, account.Own{
				Href: "/systemic/" + x.File.Number, Number: x.File.Number, Title: title, State: code, StateText: text,
				Note: v.P.Date(x.File.CreatedAt().In(v.City.Zone)), Created: x.File.Created,
			})
		}
		return err
	})
	return out, err
}

func (p *Pages) list(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	before, _ := ids.Parse(r.URL.Query().Get("before"))
	list, more, err := p.Service.List(r.Context(), s.City, nil, before, 20)
	if err != nil {
		return err
	}
	return page.Render(w, r, page.Meta{Title: s.T("systemic.list.title"), Description: s.T("systemic.list.text"), NoIndex: before != 0}, listView(s, list, more, before))
}

func (p *Pages) show(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	before, _ := ids.Parse(r.URL.Query().Get("before"))
	x, err := p.Service.Show(r.Context(), s.City, s.Actor, r.PathValue("number"), before)
	if err != nil {
		return err
	}
	title, _ := x.Detail.Titles.In(s.Lang())
	text, _ := x.Detail.Texts.In(s.Lang())
	return page.Render(w, r, page.Meta{Title: title, Description: text, NoIndex: before != 0}, showView(s, x, r.URL.Query().Get("done")))
}

// follow begins or ends following.
func (p *Pages) follow(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	number, action := r.PathValue("number"), r.PathValue("action")
	if action != "follow" && action != "unfollow" {
		return web.NotFound()
	}
	if !v.Actor.SignedIn() {
		return web.Redirect(w, r, "/account/sign-in?back="+url.QueryEscape("/systemic/"+number))
	}
	if err := p.Service.Follow(r.Context(), v.City, v.Actor, number, action == "follow"); err != nil {
		return err
	}
	return web.Redirect(w, r, "/systemic/"+number+"?done="+action)
}

// desk lists what waits for the staff.
func (p *Pages) desk(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	state := Proposed
	if r.URL.Query().Get("state") == Dismissed {
		state = Dismissed
	}
	d, err := p.Service.Proposals(r.Context(), s.City, s.Actor, state)
	if err != nil {
		return err
	}
	return page.Render(w, r, page.Meta{Title: s.T("systemic.desk.title"), Staff: true, Private: true}, deskView(s, d, state, r.URL.Query().Get("done")))
}

func (p *Pages) proposal(w http.ResponseWriter, r *http.Request) error {
	return p.proposalPage(w, r, &web.Form{Values: url.Values{}})
}

func (p *Pages) proposalPage(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	id, ok := ids.Parse(r.PathValue("id"))
	if !ok {
		return web.NotFound()
	}
	x, err := p.Service.Propose(r.Context(), s.City, s.Actor, id)
	if err != nil {
		return err
	}
	open, _, err := p.Service.List(r.Context(), s.City, []string{Declared, Planned}, 0, 100)
	if err != nil {
		return err
	}
	open = slices.DeleteFunc(open, func(o Shown) bool { return !s.Actor.Can("systemic.work", o.File.Body) })
	names := make([]string, len(x.Categories))
	for i, code := range x.Categories {
		names[i] = s.category(r.Context(), code)
	}
	meta := page.Meta{Title: s.T("systemic.proposal.title"), Staff: true, Private: true, Status: statusOf(f)}
	return page.Render(w, r, meta, proposalView(s, x, open, names, f, ids.Secret(16)))
}

// category is what a category is called by the kind that has it.
func (s *scene) category(ctx context.Context, code string) string {
	for _, src := range s.sources {
		if src.Category != nil {
			return src.Category(ctx, s.City, code, s.Lang())
		}
	}
	return code
}

func statusOf(f *web.Form) int {
	if len(f.Errors()) > 0 {
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}

// decide does what a clerk decided about a proposal.
func (p *Pages) decide(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	id, ok := ids.Parse(r.PathValue("id"))
	if !ok {
		return web.NotFound()
	}
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	ctx, where := page.Once(r, f), "/staff/systemic?done=dismissed"
	cases := chosen(f, "cases")
	switch f.Text("do") {
	case "declare":
		var file *casework.File
		if file, err = p.declare(ctx, v, f, id, cases); err == nil {
			where = "/staff/systemic/" + file.Number + "?done=declared"
		}
	case "join":
		err = p.Service.Add(ctx, v.City, v.Actor, f.Text("issue"), cases, nil, id)
		where = "/staff/systemic/" + f.Text("issue") + "?done=linked"
	case "dismiss":
		err = p.Service.Dismiss(ctx, v.City, v.Actor, id, f.Optional("reason", MaxText))
	default:
		return web.NotFound()
	}
	err = page.Resolve(ctx, err)
	if err == nil && len(f.Errors()) == 0 {
		return web.Redirect(w, r, where)
	}
	if err != nil && !f.Take(err) {
		return err
	}
	return p.proposalPage(w, r, f)
}

func (p *Pages) declare(ctx context.Context, v *page.Visit, f *web.Form, id int64, cases []int64) (*casework.File, error) {
	x, err := p.Service.Propose(ctx, v.City, v.Actor, id)
	if err != nil {
		return nil, err
	}
	d := Declaration{Words: readWords(f, v.City), Lang: v.Lang(), Body: f.ID("body"), Lat: x.Lat, Lon: x.Lon, Cases: cases, Proposal: id}
	if err := f.Err(); err != nil {
		return nil, err
	}
	return p.Service.Declare(ctx, v.City, v.Actor, d)
}

// chosen are the ids of the boxes that were ticked.
func chosen(f *web.Form, name string) (out []int64) {
	for _, text := range f.Values[name] {
		if id, ok := ids.Parse(text); ok {
			out = append(out, id)
		}
	}
	return out
}

// readTexts reads a field in every language of the city.
func readTexts(f *web.Form, c *city.City, name string, most int) Texts {
	out := Texts{}
	for _, lang := range c.Languages {
		if text := f.Optional(name+"_"+lang, most); text != "" {
			out[lang] = text
		}
	}
	return out
}

func readWords(f *web.Form, c *city.City) Words {
	return Words{Titles: readTexts(f, c, "title", MaxTitle), Texts: readTexts(f, c, "text", MaxText)}
}

// readPlan reads the steps that say something.
func readPlan(f *web.Form, c *city.City) (out []Step) {
	for i := range MaxSteps {
		n := strconv.Itoa(i)
		step := Step{Day: f.Text("day_" + n), State: f.Text("state_" + n), Words: readTexts(f, c, "step_"+n, MaxStep)}
		if step.Day != "" || len(step.Words) > 0 {
			out = append(out, step)
		}
	}
	return out
}

func (p *Pages) work(w http.ResponseWriter, r *http.Request) error {
	return p.workPage(w, r, &web.Form{Values: url.Values{}}, nil)
}

func (p *Pages) workPage(w http.ResponseWriter, r *http.Request, f *web.Form, answered []Answered) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	x, err := p.Service.Work(r.Context(), s.City, s.Actor, r.PathValue("number"))
	if err != nil {
		return err
	}
	meta := page.Meta{Title: s.T("systemic.work.title", "number", x.File.Number), Staff: true, Private: true, Status: statusOf(f)}
	return page.Render(w, r, meta, workView(s, x, f, answered, r.URL.Query().Get("done"), ids.Secret(16)))
}

// act does one step of the staff on an issue.
func (p *Pages) act(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	number := r.PathValue("number")
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	ctx, do := page.Once(r, f), f.Text("do")
	if do == "answer" {
		answered, err := p.Service.AnswerMany(ctx, v.City, v.Actor, number, chosen(f, "answered"), f.Optional("answer", MaxText), lang(v, f))
		if err != nil && !f.Take(err) {
			return err
		}
		return p.workPage(w, r, f, answered)
	}
	step, ok := p.steps(v, f, number)[do]
	if !ok {
		return web.NotFound()
	}
	err = page.Resolve(ctx, step(ctx))
	if err == nil && len(f.Errors()) == 0 {
		return web.Redirect(w, r, "/staff/systemic/"+number+"?done="+do)
	}
	if err != nil && !f.Take(err) {
		return err
	}
	return p.workPage(w, r, f, nil)
}

// steps are what the forms of an issue's page do, by the name of their button.
func (p *Pages) steps(v *page.Visit, f *web.Form, number string) map[string]func(context.Context) error {
	s := p.Service
	return map[string]func(context.Context) error{
		"plan": func(ctx context.Context) error { return s.Plan(ctx, v.City, v.Actor, number, readPlan(f, v.City)) },
		"link": func(ctx context.Context) error {
			return s.Add(ctx, v.City, v.Actor, number, chosen(f, "cases"), strings.Fields(f.Text("numbers")), 0)
		},
		"refuse": func(ctx context.Context) error { return s.Refuse(ctx, v.City, v.Actor, number, chosen(f, "cases")) },
		"remove": func(ctx context.Context) error { return s.Remove(ctx, v.City, v.Actor, number, f.Text("which")) },
		"reword": func(ctx context.Context) error { return s.Reword(ctx, v.City, v.Actor, number, readWords(f, v.City)) },
		"become": func(ctx context.Context) error {
			return s.Become(ctx, v.City, v.Actor, number, Became{Kind: f.Text("became"), Address: f.Text("address")})
		},
		"close": func(ctx context.Context) error {
			return s.Close(ctx, v.City, v.Actor, number, f.Text("to"), f.Optional("note", MaxText), lang(v, f))
		},
		"extend": func(ctx context.Context) error {
			return s.Extend(ctx, v.City, v.Actor, number, f.Text("until"), f.Optional("reason", MaxText), lang(v, f))
		},
		"reopen": func(ctx context.Context) error {
			return s.Reopen(ctx, v.City, v.Actor, number, f.Optional("reason", MaxText), lang(v, f))
		},
		"merge": func(ctx context.Context) error { return s.Merge(ctx, v.City, v.Actor, number, f.Text("into")) },
		"transfer": func(ctx context.Context) error {
			return s.Transfer(ctx, v.City, v.Actor, number, f.ID("to_body"), f.Optional("why", MaxText))
		},
	}
}

// lang is the language in which the staff writes.
func lang(v *page.Visit, f *web.Form) string {
	if l := f.Text("lang"); v.City.Speaks(l) {
		return l
	}
	return v.Lang()
}
