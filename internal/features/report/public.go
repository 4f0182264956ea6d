package report

import (
	"image/jpeg"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/notify"
	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/civic/place"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/qr"
	"github.com/ashar-kg/ashar/internal/platform/search"
	"github.com/ashar-kg/ashar/internal/platform/sharecard"
	"github.com/ashar-kg/ashar/internal/platform/ui"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// home is the first page of the city.
func (p *Pages) home(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	var latest casework.Page
	var sums map[string]casework.Summary
	err = p.Service.DB.View(r.Context(), func(tx *db.Tx) (err error) {
		if sums, err = casework.Summaries(tx, s.City, KindName, []string{casework.ScopeCity}, s.Now); err != nil {
			return err
		}
		latest, err = casework.Listed(tx, s.City.ID, casework.Filter{Kind: KindName, States: []string{Fixed}, Limit: 6})
		return err
	})
	if err != nil {
		return err
	}
	off, err := p.Now(r.Context())
	if err != nil {
		return err
	}
	return page.Render(w, r, page.Meta{Title: s.T("report.home.title"), Description: s.T("report.home.description")}, homeView(s, sums[casework.ScopeCity].Week, latest.Files, off))
}

// filterOf reads the filters of a list. Unknown values are ignored: an old
// link still shows a list.
func (s *scene) filterOf(q url.Values) (casework.Filter, string) {
	f := casework.Filter{Kind: KindName, Limit: 20}
	if c := q.Get("category"); c != "" {
		if _, ok := s.book.Category(c); ok {
			f.Categories = []string{c}
		}
	}
	switch st := q.Get("state"); st {
	case Waiting, InWork, Fixed, NotFixed:
		f.States = []string{st}
	case "open":
		f.States = []string{Waiting, InWork}
	}
	if b, ok := s.bodies.ByCode(q.Get("body")); ok {
		f.Body = b.ID
	}
	for _, d := range s.districts() {
		if d.Code == q.Get("district") {
			f.District = d.Code
		}
	}
	f.From, f.To = s.dayOf(q.Get("from"), 0), s.dayOf(q.Get("to"), 1)
	f.Before, _ = ids.Parse(q.Get("before"))
	return f, strings.TrimSpace(q.Get("q"))
}

func (s *scene) dayOf(text string, plus int) int64 {
	t, err := time.ParseInLocation(time.DateOnly, text, s.City.Zone)
	if err != nil {
		return 0
	}
	return t.AddDate(0, 0, plus).UnixMilli()
}

// searchWords bounds how many hits of a search are narrowed by the other
// filters on one page.
const searchHits = 300

// List reads public reports by filter and words.
func (s *Service) List(tx *db.Tx, cityID int64, f casework.Filter, words string) (casework.Page, error) {
	if words == "" {
		return casework.Listed(tx, cityID, f)
	}
	hits, err := search.Find(tx, cityID, KindName, place.Words(words), f.Before, searchHits)
	if err != nil || len(hits) == 0 {
		return casework.Page{}, err
	}
	f.IDs = hits
	out, err := casework.Listed(tx, cityID, f)
	if out.More == 0 && len(hits) == searchHits {
		out.More, out.Partial = hits[searchHits-1], true
	}
	return out, err
}

func (p *Pages) list(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	f, words := s.filterOf(q)
	var found casework.Page
	if err := p.Service.DB.View(r.Context(), func(tx *db.Tx) (err error) {
		found, err = p.Service.List(tx, s.City.ID, f, words)
		return err
	}); err != nil {
		return err
	}
	feed := query("/reports.atom", q, "before", "")
	meta := page.Meta{
		Title: s.T("report.list.title"), Description: s.T("report.list.description"), Wide: true, NoIndex: f.Before != 0 || words != "",
		Feeds: []ui.Link{{Href: feed, Text: s.T("report.list.feed")}},
	}
	return page.Render(w, r, meta, listView(s, q, found, feed))
}

func (p *Pages) show(w http.ResponseWriter, r *http.Request) error {
	return p.showPage(w, r, &web.Form{Values: url.Values{}}, r.URL.Query().Get("done"))
}

func (p *Pages) showPage(w http.ResponseWriter, r *http.Request, f *web.Form, done string) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	d, err := p.Service.Show(r.Context(), s.City, s.Actor, r.PathValue("number"))
	if err != nil {
		return err
	}
	if d.Part, err = p.PartOf(r.Context(), s.Visit, d.File.ID); err != nil {
		return err
	}
	follows := false
	if s.Actor.SignedIn() {
		if err := p.Service.DB.View(r.Context(), func(tx *db.Tx) (err error) {
			follows, err = notify.Follows(tx, s.City.ID, s.Actor.Person, subject(d.File.ID))
			return err
		}); err != nil {
			return err
		}
	}
	meta := page.Meta{
		Title: d.File.Title, Description: s.category(d.File.Category) + ". " + d.File.Address, Image: "/reports/" + d.File.Number + "/card.jpg?lang=" + s.Lang(),
		Private: d.File.Visibility != casework.Public,
	}
	if len(f.Errors()) > 0 {
		meta.Status = http.StatusUnprocessableEntity
	}
	return page.Render(w, r, meta, reportView(s, d, f, follows, done, ids.Secret(12)))
}

// upload reads a form that may carry photos.
func (p *Pages) upload(w http.ResponseWriter, r *http.Request, s *scene) (*web.Form, []*multipart.FileHeader, error) {
	f, err := web.ReadUpload(w, r, int64(s.settings.MaxUploadMB)<<20)
	if err != nil {
		return nil, nil, err
	}
	if r.MultipartForm == nil {
		return f, nil, nil
	}
	return f, r.MultipartForm.File["photos"], nil
}

// act is every small thing that a resident does on the page of a report.
func (p *Pages) act(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	f, files, err := p.upload(w, r, s)
	if err != nil {
		return err
	}
	number, ctx := r.PathValue("number"), page.Once(r, f)
	var photos []casework.Photo
	if len(files) > 0 || len(f.Values["kept_photo"]) > 0 {
		if photos, _, err = p.photos(ctx, s.City, f, files, s.settings.MaxPhotos); err != nil {
			return err
		}
		if len(f.Errors()) > 0 {
			return p.showPage(w, r, f, "")
		}
	}
	words := Words{Text: f.Text("text"), Photos: photos, ShowName: f.Checked("show_name"), Lang: s.Lang()}
	done := r.PathValue("action")
	switch done {
	case "comment":
		var held bool
		held, err = p.Service.Comment(ctx, s.City, s.Actor, number, words)
		if held {
			done = "held"
		}
	case "see":
		err = p.Service.See(ctx, s.City, s.Actor, number, who(s.Visit))
	case "follow", "unfollow":
		err = p.Service.Follow(ctx, s.City, s.Actor, number, done == "follow")
	case "reopen":
		err = p.Service.Reopen(ctx, s.City, s.Actor, number, words)
	case "judge":
		stars, _ := strconv.ParseInt(f.Text("rating"), 10, 64)
		verdict := f.Choice("verdict", OutcomeFixed, OutcomeNotFixed)
		err = p.Service.Judge(ctx, s.City, s.Actor, number, stars, verdict, words)
	case "flag":
		err = p.Service.Flag(ctx, s.City, s.Actor, number, f.ID("event"), who(s.Visit), f.Text("reason"), f.Optional("note", 500))
	default:
		return web.NotFound()
	}
	if err = page.Resolve(ctx, err); f.Take(err) {
		return p.showPage(w, r, f, "")
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/reports/"+number+"?done="+done+"#done")
}

// similar is the fragment that the form shows before sending.
func (p *Pages) similar(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	q, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	lat, ok1 := q.Float("lat")
	lon, ok2 := q.Float("lon")
	if !ok1 || !ok2 {
		return web.Bad(nil)
	}
	list, err := p.Service.Nearby(r.Context(), s.City, q.Text("category"), lat, lon, q.Optional("text", MaxText))
	if err != nil {
		return err
	}
	return page.Fragment(w, r, similarView(s, list))
}

func (p *Pages) qr(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	if err := p.Service.DB.View(r.Context(), func(tx *db.Tx) error {
		_, err := visible(tx, v.City, v.Actor, r.PathValue("number"))
		return err
	}); err != nil {
		return err
	}
	web.NewBody(http.StatusOK, "image/svg+xml", qr.SVG(v.Absolute("/reports/"+r.PathValue("number")))).Send(w, r)
	return nil
}

// card is the picture that messengers show beside a link to a report.
func (p *Pages) card(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	var f *casework.File
	var photos []casework.Photo
	if err := p.Service.DB.View(r.Context(), func(tx *db.Tx) (err error) {
		if f, err = visible(tx, s.City, s.Actor, r.PathValue("number")); err == nil {
			photos, err = casework.Photos(tx, s.City.ID, f.ID, false)
		}
		return err
	}); err != nil {
		return err
	}
	c := sharecard.Card{City: s.City.Name(s.Lang()), Kind: s.category(f.Category), Title: f.Title, Place: f.Address, Number: f.Number}
	c.State, c.Status = s.status(f)
	// The newest photo shows how it is now, and after a repair what was done.
	if len(photos) > 0 {
		file, _, err := p.Service.Blobs.Open(r.Context(), photos[len(photos)-1].Full)
		if err != nil {
			return err
		}
		defer file.Close()
		if c.Photo, err = jpeg.Decode(file); err != nil {
			return err
		}
	}
	data, err := sharecard.JPEG(c, s.AssetFile)
	if err != nil {
		return err
	}
	web.NewBody(http.StatusOK, "image/jpeg", data).Send(w, r)
	return nil
}

// bodyPage is the honest page of a body.
func (p *Pages) bodyPage(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	b, ok := s.bodies.ByCode(r.PathValue("code"))
	if !ok {
		return web.NotFound()
	}
	return p.figuresPage(w, r, s, b.Name(s.Lang()), b.Contacts, casework.ScopeBody(b.ID), casework.Filter{Kind: KindName, Body: b.ID, Limit: 10}, "body", b.Code)
}

func (p *Pages) districtPage(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	code := r.PathValue("code")
	name := s.district(code)
	if name == "" {
		return web.NotFound()
	}
	return p.figuresPage(w, r, s, name, "", casework.ScopeDistrict(code), casework.Filter{Kind: KindName, District: code, Limit: 10}, "district", code)
}

func (p *Pages) figuresPage(w http.ResponseWriter, r *http.Request, s *scene, name, contacts, scope string, f casework.Filter, key, code string) error {
	var latest casework.Page
	var sums map[string]casework.Summary
	err := p.Service.DB.View(r.Context(), func(tx *db.Tx) (err error) {
		if sums, err = casework.Summaries(tx, s.City, KindName, []string{scope}, s.Now); err != nil {
			return err
		}
		latest, err = casework.Listed(tx, s.City.ID, f)
		return err
	})
	if err != nil {
		return err
	}
	return page.Render(w, r, page.Meta{Title: name, Description: s.T("report.figures.description", "name", name)},
		figuresView(s, name, contacts, sums[scope], latest.Files, key, code))
}

func (p *Pages) bodiesPage(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	scopes := []string{casework.ScopeCity}
	for _, b := range s.bodies.All(s.Now, s.Lang()) {
		scopes = append(scopes, casework.ScopeBody(b.ID))
	}
	for _, d := range s.districts() {
		scopes = append(scopes, casework.ScopeDistrict(d.Code))
	}
	var all map[string]casework.Summary
	err = p.Service.DB.View(r.Context(), func(tx *db.Tx) (err error) {
		all, err = casework.Summaries(tx, s.City, KindName, scopes, s.Now)
		return err
	})
	if err != nil {
		return err
	}
	return page.Render(w, r, page.Meta{Title: s.T("report.bodies.title"), Description: s.T("report.bodies.description"), Wide: true}, bodiesView(s, all))
}

// watch stores the wish to hear of new reports around a place or in a district.
func (p *Pages) watch(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	wt := notify.Watch{Layer: Layer, Category: f.Text("category")}
	if d := f.Text("district"); d != "" && s.district(d) != "" {
		wt.District = d
	} else {
		var okLat, okLon bool
		wt.Lat, okLat = f.Float("lat")
		wt.Lon, okLon = f.Float("lon")
		wt.Metres = int64(f.Int("metres", 100, 3000, 500))
		if !okLat || !okLon {
			return web.Bad(nil)
		}
	}
	if err := f.Err(); err != nil {
		return err
	}
	if err := p.Service.Watch(r.Context(), s.City, s.Actor, wt); err != nil {
		return err
	}
	return web.Redirect(w, r, "/account/preferences")
}
