package figures

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/civic/place"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/feed"
	"github.com/ashar-kg/ashar/internal/platform/paper"
	"github.com/ashar-kg/ashar/internal/platform/ui"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Pages are the pages about figures.
type Pages struct {
	Service *Service
}

// scene is what the pages with names need.
type scene struct {
	*page.Visit
	kinds      []Kind
	bodies     *body.Directory
	districts  []place.Area
	categories map[string]func(code, lang string) string // by kind
}

func (p *Pages) scene(ctx context.Context) (*scene, error) {
	s := &scene{Visit: page.In(ctx), kinds: p.Service.Kinds, categories: map[string]func(code, lang string) string{}}
	var err error
	if s.bodies, err = p.Service.Bodies.Of(ctx, s.City.ID); err != nil {
		return nil, err
	}
	areas, err := p.Service.Places.Areas(ctx, s.City.ID)
	if err != nil {
		return nil, err
	}
	s.districts = areas.Of(place.AreaDistrict, s.Now.UnixMilli())
	for _, k := range s.kinds {
		if s.categories[k.Name], err = k.Categories(ctx, s.City); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// name is how a code of a dimension is called, and where more is told about it.
func (s *scene) name(t Told) (name, href string) {
	if t.Code == None {
		return s.T("figures.none." + t.Scope), ""
	}
	switch t.Scope {
	case Body:
		if b, ok := s.bodies.ByCode(t.Code); ok {
			return b.ShortName(s.Lang()), "/bodies/" + b.Code
		}
	case District:
		for _, d := range s.districts {
			if d.Code == t.Code {
				return d.Names.In(s.Lang()), "/districts/" + d.Code
			}
		}
	case Category:
		return s.categories[t.Kind](t.Code, s.Lang()), ""
	case Channel:
		return channelName(s.P, t.Code), ""
	}
	return t.Code, ""
}

// choice is what a visitor asked the page for.
type choice struct {
	kind   string // "" is all of them
	period string
	sort   string
}

// choiceOf reads the wishes of an address; unknown ones are ignored, so that
// an old link still shows figures.
func (s *scene) choiceOf(q url.Values) choice {
	c := choice{period: Months12, sort: "share"}
	if slices.ContainsFunc(s.kinds, func(k Kind) bool { return k.Name == q.Get("kind") }) {
		c.kind = q.Get("kind")
	}
	if slices.Contains(Periods, q.Get("period")) {
		c.period = q.Get("period")
	}
	if slices.Contains(Sorts, q.Get("sort")) {
		c.sort = q.Get("sort")
	}
	return c
}

func (c choice) holds(kind string) bool { return c.kind == "" || c.kind == kind }

// link is the address of the page with another choice.
func (c choice) link() string {
	q := url.Values{}
	if c.kind != "" {
		q.Set("kind", c.kind)
	}
	if c.period != Months12 {
		q.Set("period", c.period)
	}
	if c.sort != "share" {
		q.Set("sort", c.sort)
	}
	if len(q) == 0 {
		return "/answers"
	}
	return "/answers?" + q.Encode()
}

// answers is everything that the page of figures shows.
type answers struct {
	choice
	at            time.Time
	city          Told
	league, small []Told
	others        map[string][]Told // by dimension
	weeks         []Told
}

func (p *Pages) answers(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r.Context())
	if err != nil {
		return err
	}
	all, err := p.Service.Published(r.Context(), s.City)
	if err != nil {
		return err
	}
	a := answers{choice: s.choiceOf(r.URL.Query()), at: all.At}
	sums := all.Sums(a.period, a.holds)
	if len(sums[City]) > 0 {
		a.city = sums[City][0]
	}
	order(sums[Body], a.sort, func(code string) string { n, _ := s.name(Told{Scope: Body, Code: code}); return n })
	for _, t := range sums[Body] {
		if t.Due() < SmallBody || t.Code == None {
			a.small = append(a.small, t)
		} else {
			a.league = append(a.league, t)
		}
	}
	a.others = map[string][]Told{}
	for _, dim := range []string{District, Category, Channel} {
		a.others[dim] = sums[dim]
		slices.SortStableFunc(sums[dim], func(x, y Told) int { return int(y.Counts[Received].N - x.Counts[Received].N) })
	}
	a.weeks = all.Weeks(a.holds)
	meta := page.Meta{Title: s.T("figures.title"), Description: s.T("figures.description"), Wide: true, NoIndex: r.URL.RawQuery != ""}
	return page.Render(w, r, meta, answersView(s, a))
}

// dictionary is the page that says what the files hold.
func (p *Pages) dictionary(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r.Context())
	if err != nil {
		return err
	}
	return page.Render(w, r, page.Meta{Title: s.T("figures.data.title"), Description: s.T("figures.data.text")}, dictionaryView(s))
}

// listed is how many bulletins one page of the list shows.
const listed = 26

func (p *Pages) bulletins(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	upTo, _ := ParseWeek(r.URL.Query().Get("from"))
	var list []Facts
	if err := p.Service.DB.View(r.Context(), func(tx *db.Tx) (err error) {
		list, err = bulletins(tx, v.City.ID, upTo, listed+1)
		return err
	}); err != nil {
		return err
	}
	older := ""
	if len(list) > listed {
		older, list = "/bulletins?from="+list[listed].Week.String(), list[:listed]
	}
	meta := page.Meta{
		Title: v.T("figures.bulletin.list"), Description: v.T("figures.bulletin.description"), NoIndex: upTo != 0,
		Feeds: []ui.Link{{Href: "/bulletins.atom", Text: v.T("figures.bulletin.list")}},
	}
	return page.Render(w, r, meta, bulletinsView(v, list, older))
}

// bulletin shows one week: as a page, with ".txt" as plain text, with ".pdf" on
// the city's paper, with ".json" the stored facts.
func (p *Pages) bulletin(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	name, form, _ := strings.Cut(r.PathValue("week"), ".")
	week, ok := ParseWeek(name)
	if !ok {
		return web.NotFound()
	}
	var text string
	if err := p.Service.DB.View(r.Context(), func(tx *db.Tx) (err error) {
		text, err = bulletin(tx, v.City.ID, week)
		return err
	}); err != nil {
		return err
	}
	f, err := readFacts(text)
	if err != nil {
		return err
	}
	sheet := f.Say(v.P)
	here := "/bulletins/" + week.String()
	switch form {
	case "":
		return page.Render(w, r, page.Meta{Title: sheet.Title, Description: sheet.Lines[0]}, bulletinView(v, f, sheet, here))
	case "txt":
		web.NewBody(http.StatusOK, "text/plain; charset=utf-8", []byte(v.City.Name(v.Lang())+"\n"+sheet.Text()+"\n"+v.Absolute(here)+"\n")).Send(w, r)
		return nil
	case "json": // what the public record holds the hash of
		web.NewBody(http.StatusOK, "application/json", []byte(text)).Send(w, r)
		return nil
	case "pdf":
		data, err := onPaper(v.City, sheet, time.UnixMilli(f.Made), v.Absolute(here)).PDF(v.AssetFile)
		if err != nil {
			return err
		}
		w.Header().Set("Content-Disposition", `inline; filename="bulletin-`+week.String()+"-"+v.Lang()+`.pdf"`)
		web.NewBody(http.StatusOK, "application/pdf", data).Send(w, r)
		return nil
	}
	return web.NotFound()
}

func onPaper(c *city.City, s Sheet, at time.Time, source string) paper.Sheet {
	out := paper.Sheet{Lang: s.Lang, City: c.Name(s.Lang), Title: s.Title, Span: s.Span, Lines: s.Lines, Note: s.Note, Source: source, At: at}
	for _, t := range s.Tables {
		out.Tables = append(out.Tables, paper.Table(t))
	}
	return out
}

// atom is the list of bulletins as a feed, each with its whole text.
func (p *Pages) feed(r *http.Request) (feed.Feed, error) {
	v := page.Of(r)
	var list []Facts
	if err := p.Service.DB.View(r.Context(), func(tx *db.Tx) (err error) {
		list, err = bulletins(tx, v.City.ID, 0, listed)
		return err
	}); err != nil {
		return feed.Feed{}, err
	}
	out := feed.Feed{
		Title: v.T("figures.bulletin.list") + " · " + v.City.Name(v.Lang()), ID: v.Absolute("/bulletins.atom"), Self: v.Absolute(r.URL.RequestURI()),
		Page: v.Absolute("/bulletins"), Lang: v.Lang(), Author: v.City.Name(v.Lang()),
	}
	for _, f := range list {
		sheet, made := f.Say(v.P), time.UnixMilli(f.Made)
		out.Entries = append(out.Entries, feed.Entry{
			Title: sheet.Title, Link: v.Absolute("/bulletins/" + f.Week.String()), Text: sheet.Text(), Created: made, Updated: made,
		})
	}
	return out, nil
}

// dashboard is the page of the staff, or with a body in the address that of one
// body.
func (p *Pages) dashboard(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r.Context())
	if err != nil {
		return err
	}
	meta := page.Meta{Title: s.T("figures.desk.title"), Private: true, Staff: true}
	if code := r.PathValue("code"); code != "" {
		t, err := p.Service.Team(r.Context(), s.City, s.Actor, code)
		if err != nil {
			return err
		}
		return page.Render(w, r, meta, teamPage(s, *t))
	}
	d, err := p.Service.Dashboard(r.Context(), s.City, s.Actor)
	if err != nil {
		return err
	}
	return page.Render(w, r, meta, dashboardView(s, d))
}
