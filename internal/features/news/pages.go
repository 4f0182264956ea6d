package news

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/manifest"
	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/civic/place"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/feed"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/ui"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Pages are the pages about news.
type Pages struct{ Service *Service }

// Manifest declares the feature.
func (p *Pages) Manifest() manifest.Feature {
	return manifest.Feature{
		Name:        "news",
		Permissions: Permissions(),
		Nav: []manifest.Link{
			{Path: "/news", Title: "news.title", Audience: manifest.Footer},
			{Path: "/staff/news", Title: "news.title", Audience: manifest.Staff, Action: Write},
		},
		Routes: []manifest.Route{
			{Pattern: "GET /news", Handle: p.list, Cached: true},
			{Pattern: "GET /news/{id}", Handle: p.show, Cached: true},
			{Pattern: "GET /news.atom", Handle: page.Atom(p.feed), Cached: true},
			{Pattern: "GET /news.rss", Handle: page.RSS(p.feed), Cached: true},
			{Pattern: "POST /news/follow", Handle: p.follow},
			{Pattern: "GET /staff/news", Handle: p.desk},
			{Pattern: "GET /staff/news/new", Handle: p.form},
			{Pattern: "GET /staff/news/{id}", Handle: p.form},
			{Pattern: "POST /staff/news/{id}", Handle: p.save},
		},
		PersonalData: []manifest.PersonalData{{Name: "news", Purpose: "news.register.purpose", Term: "news.register.term", Export: export, Tell: tell, Erase: erase}},
	}
}

// listed is how many items stand on one page.
const listed = 20

func (p *Pages) list(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	category := r.URL.Query().Get("category")
	before, err := strconv.ParseInt(r.URL.Query().Get("before"), 10, 64)
	if err != nil {
		before = 0
	}
	list, err := p.Service.Listed(r.Context(), v.City, category, before, listed+1)
	if err != nil {
		return err
	}
	follows, err := p.Service.Follows(r.Context(), v.City, v.Actor)
	if err != nil {
		return err
	}
	older := ""
	if len(list) > listed {
		list = list[:listed]
		older = "/news?" + url.Values{"category": {category}, "before": {strconv.FormatInt(list[listed-1].Published, 10)}}.Encode()
	}
	meta := page.Meta{
		Title: v.T("news.title"), Description: v.T("news.text"),
		Feeds: []ui.Link{{Href: "/news.atom", Text: v.T("news.title")}},
	}
	return page.Render(w, r, meta, listView(v, list, category, older, follows))
}

func (p *Pages) show(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	id, ok := ids.Parse(r.PathValue("id"))
	if !ok {
		return web.NotFound()
	}
	i, err := p.Service.Get(r.Context(), v.City, v.Actor, id)
	if err != nil {
		return err
	}
	if i.State != Published {
		return web.NotFound()
	}
	title, _, _ := i.In(v.Lang())
	return page.Render(w, r, page.Meta{Title: title, Description: title}, showView(v, i))
}

func (p *Pages) feed(r *http.Request) (out feed.Feed, err error) {
	v := page.Of(r)
	list, err := p.Service.Listed(r.Context(), v.City, r.URL.Query().Get("category"), 0, listed)
	out = feed.Feed{
		Title: v.T("news.title") + " · " + v.City.Name(v.Lang()), Self: v.Absolute(r.URL.RequestURI()), Page: v.Absolute("/news"), Lang: v.Lang(),
		Author: v.City.Name(v.Lang()),
	}
	for _, i := range list {
		title, text, _ := i.In(v.Lang())
		at := time.UnixMilli(i.Published)
		out.Entries = append(out.Entries, feed.Entry{Title: title, Link: v.Absolute(fmt.Sprintf("/news/%d", i.ID)), Text: text, Created: at, Updated: at})
	}
	return out, err
}

func (p *Pages) follow(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	if err := p.Service.Follow(r.Context(), v.City, v.Actor, f.Checked("on")); err != nil {
		return err
	}
	return web.Redirect(w, r, "/news")
}

func (p *Pages) desk(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	open, err := p.Service.Desk(r.Context(), v.City, v.Actor)
	if err != nil {
		return err
	}
	published, err := p.Service.Listed(r.Context(), v.City, "", 0, listed)
	if err != nil {
		return err
	}
	return page.Render(w, r, page.Meta{Title: v.T("news.title"), Private: true, NoIndex: true, Staff: true}, deskView(v, open, published))
}

func (p *Pages) form(w http.ResponseWriter, r *http.Request) error {
	return p.formPage(w, r, nil)
}

// editing is what the page of one item shows.
type editing struct {
	*page.Visit
	item                *Item
	form                *web.Form // nil shows what is kept
	districts           []place.Area
	followers, watchers int64
}

// value is what stands in a field: what was typed, else what is kept.
func (e *editing) value(field, kept string) string {
	if e.form != nil {
		return e.form.Values.Get(field)
	}
	return kept
}

func (e *editing) errors() map[string]string {
	if e.form == nil {
		return nil
	}
	return e.Texts(e.form)
}

func (p *Pages) formPage(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	v := page.Of(r)
	e := &editing{Visit: v, form: f, item: &Item{Titles: map[string]string{}, Texts: map[string]string{}, Category: Categories[0], Tell: true}}
	if id, ok := ids.Parse(r.PathValue("id")); ok {
		i, err := p.Service.Get(r.Context(), v.City, v.Actor, id)
		if err != nil {
			return err
		}
		e.item = i
	}
	var err error
	if e.followers, e.watchers, err = p.Service.Audience(r.Context(), v.City, v.Actor, e.item.District); err != nil {
		return err
	}
	areas, err := p.Service.Places.Areas(r.Context(), v.City.ID)
	if err != nil {
		return err
	}
	e.districts = areas.Of(place.AreaDistrict, v.Now.UnixMilli())
	meta := page.Meta{Title: v.T("news.title"), Private: true, NoIndex: true, Staff: true}
	if f != nil {
		meta.Status = http.StatusUnprocessableEntity
	}
	return page.Render(w, r, meta, formView(e, ids.Secret(12)))
}

func (p *Pages) save(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	ctx := page.Once(r, f)
	id, _ := ids.Parse(r.PathValue("id"))
	switch f.Text("do") {
	case "release":
		err = p.Service.Release(ctx, v.City, v.Actor, id)
	case "return":
		err = p.Service.Return(ctx, v.City, v.Actor, id)
	case "withdraw":
		err = p.Service.Withdraw(ctx, v.City, v.Actor, id)
	default:
		i := Item{ID: id, Category: f.Text("category"), District: f.Text("district"), Tell: f.Checked("tell"), Titles: map[string]string{}, Texts: map[string]string{}}
		for _, l := range v.City.Languages {
			i.Titles[l], i.Texts[l] = f.Text("title_"+l), f.Values.Get("text_"+l)
		}
		id, err = p.Service.Save(ctx, v.City, v.Actor, i, f.Text("do") == "review")
	}
	if err = page.Resolve(ctx, err); f.Take(err) {
		return p.formPage(w, r, f)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, path(id))
}

func day(v *page.Visit, ms int64) string { return v.P.Date(time.UnixMilli(ms).In(v.City.Zone)) }

// export gives out the news that somebody of the staff has written.
func export(tx *db.Tx, cityID, person int64) (any, error) {
	return db.All(tx, "news.export", `SELECT `+columns+` FROM news_item WHERE city_id = $1 AND author_id = $2 AND author_id <> 0 ORDER BY id`, scan, cityID, person)
}
