package report

import (
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/civic/place"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/photo"
	"github.com/ashar-kg/ashar/internal/platform/ui"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// The steps of a new report. Each is a page that carries what was answered
// before in hidden fields, so that it works without a script and nothing of it
// stands in an address.
const (
	stepWhere   = "where"
	stepWhat    = "what"
	stepDetails = "details"
)

// form is the state of a new report between its steps.
type form struct {
	*web.Form
	step     string
	found    []place.Found // answers to the street that was typed
	category *Category
	similar  []Similar
	known    []ui.Link // what is off at the place
	photos   []string  // kept photos
	once     string
}

func (p *Pages) newReport(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	f := &form{Form: &web.Form{Values: url.Values{}}, step: stepWhere}
	if c := r.URL.Query().Get("category"); c != "" {
		f.Values.Set("category", c)
	}
	return p.formPage(w, r, s, f)
}

func (p *Pages) formPage(w http.ResponseWriter, r *http.Request, s *scene, f *form) error {
	if f.once = f.Text(page.OnceField); f.once == "" {
		f.once = ids.Secret(16)
	}
	if c, ok := s.book.Category(f.Text("category")); ok {
		f.category = c
	}
	if f.step == stepDetails {
		lat, ok1 := f.Float("lat")
		lon, ok2 := f.Float("lon")
		if ok1 && ok2 && f.category != nil {
			var err error
			if f.similar, err = p.Service.Nearby(r.Context(), s.City, f.category.Code, lat, lon, f.Text("text")); err != nil {
				return err
			}
		}
		if ok1 && ok2 {
			var err error
			if f.known, err = p.Known(r.Context(), lat, lon); err != nil {
				return err
			}
		}
	}
	meta := page.Meta{Title: s.T("report.new.title"), Description: s.T("report.new.description")}
	if len(f.Errors()) > 0 {
		meta.Status = http.StatusUnprocessableEntity
	}
	return page.Render(w, r, meta, newView(s, f))
}

// step takes the answer of one step and shows the next, or the same with what
// is wrong.
func (p *Pages) step(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	values, files, err := p.upload(w, r, s)
	if err != nil {
		return err
	}
	f := &form{Form: values, step: values.Text("step")}
	switch {
	case f.Text("go") == stepWhere || f.Text("go") == stepWhat:
		f.step = f.Text("go")
	case f.step == stepWhere:
		if err := p.where(r, s, f); err != nil {
			return err
		}
	case f.step == stepWhat:
		c, ok := s.book.Category(f.Text("category"))
		switch {
		case !ok:
			f.Fail("category", "report.error.category")
		case c.Emergency != nil && c.Emergency.Instead:
			f.Fail("category", "report.error.emergency", "phone", c.Emergency.Phone)
		default:
			f.step = stepDetails
		}
	default:
		return p.submit(w, r, s, f, files)
	}
	return p.formPage(w, r, s, f)
}

// where finds the place: a position from the map or the telephone, a found
// place that was chosen, or words to look up.
func (p *Pages) where(r *http.Request, s *scene, f *form) error {
	if chosen := f.Text("found"); chosen != "" {
		parts := strings.SplitN(chosen, ",", 3)
		if len(parts) == 3 {
			f.Values.Set("lat", parts[0])
			f.Values.Set("lon", parts[1])
			f.Values.Set("address", parts[2])
			f.Values.Del("found")
		}
	}
	lat, ok1 := f.Float("lat")
	lon, ok2 := f.Float("lon")
	if ok1 && ok2 {
		if !s.areas.Contains(lat, lon, s.Now.UnixMilli()) {
			f.Fail("address", "report.error.outside")
			f.Values.Del("lat")
			f.Values.Del("lon")
			return nil
		}
		if f.Text("address") == "" {
			f.Values.Set("address", p.Service.address(r.Context(), s.City, lat, lon))
		}
		f.step = stepWhat
		if f.Text("category") != "" {
			f.step = stepDetails
		}
		return nil
	}
	address := f.Optional("address", MaxAddress)
	if address == "" {
		f.Fail("address", "report.error.place")
		return nil
	}
	if f.Text("as_typed") != "" {
		f.step = stepWhat
		return nil
	}
	g, err := p.Service.Places.Gazetteer(r.Context(), s.City.ID)
	if err != nil {
		return err
	}
	f.found = slices.DeleteFunc(g.Search(address, 8), func(x place.Found) bool { return !x.Placed })
	if len(f.found) == 0 {
		f.Fail("address", "report.error.not_found")
	}
	return nil
}

// submit takes the whole report.
func (p *Pages) submit(w http.ResponseWriter, r *http.Request, s *scene, f *form, files []*multipart.FileHeader) error {
	ctx := page.Once(r, f.Form)
	photos, at, err := p.photos(ctx, s.City, f.Form, files, s.settings.MaxPhotos)
	if err != nil {
		return err
	}
	for _, ph := range photos {
		f.photos = append(f.photos, keptPhoto(s.City, ph))
	}
	d := Draft{
		Category: f.Text("category"), Address: f.Text("address"), Text: f.Text("text"), Photos: photos, Name: f.Text("name"),
		ShowName: f.Checked("show_name"), Private: f.Checked("private"), Contact: f.Text("contact"), Channel: "web", Lang: s.Lang(),
		Answers: answersOf(f.Form, s.book, f.Text("category")),
	}
	if s.Actor.SignedIn() && d.Name == "" {
		d.Name = s.Actor.Name
	}
	d.Lat, d.Placed = f.Float("lat")
	var ok bool
	d.Lon, ok = f.Float("lon")
	d.Placed = d.Placed && ok
	if !d.Placed {
		usePhotoPlace(&d, at, f)
	}
	if len(f.Errors()) == 0 {
		rec, err := p.Service.Submit(ctx, s.City, s.Actor, d)
		if err == nil {
			if rec.Ticket != "" {
				return web.Redirect(w, r, "/confirm/"+rec.Ticket)
			}
			return web.Redirect(w, r, "/reports/"+rec.File.Number+"?done=created")
		}
		if !f.Take(err) {
			return err
		}
	}
	f.step = f.lacking()
	return p.formPage(w, r, s, f)
}

// lacking is the step where what is wrong can be put right.
func (f *form) lacking() string {
	for _, e := range f.Errors() {
		switch e.Field {
		case "place":
			return stepWhere
		case "category":
			return stepWhat
		}
	}
	return stepDetails
}

// offline is the page that the telephone keeps for when there is no line.
func (p *Pages) offline(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	return page.Render(w, r, page.Meta{Title: s.T("report.offline.title"), NoIndex: true}, offlineView(s))
}

// reportable are the categories that can be reported, for a list without icons.
func reportable(s *scene) []ui.Option {
	out := []ui.Option{{Text: s.T("report.offline.choose")}}
	for _, c := range s.book.Active() {
		if c.Emergency == nil || !c.Emergency.Instead {
			out = append(out, ui.Option{Value: c.Code, Text: c.Names.In(s.Lang())})
		}
	}
	return out
}

// usePhotoPlace takes the place where a photo was made when the author asked
// for it and gave none.
func usePhotoPlace(d *Draft, at *photo.Place, f *form) {
	if at != nil && f.Checked("photo_place") {
		d.Lat, d.Lon, d.Placed = at.Lat, at.Lon, true
	}
}

func answersOf(f *web.Form, book *Book, code string) map[string][]string {
	out := map[string][]string{}
	c, ok := book.Category(code)
	if !ok {
		return out
	}
	for _, q := range c.Questions {
		for _, v := range f.Values["q_"+q.Code] {
			if v = strings.TrimSpace(v); v != "" {
				out[q.Code] = append(out[q.Code], v)
			}
		}
	}
	return out
}

func coordinate(v float64) string { return strconv.FormatFloat(v, 'f', 6, 64) }
