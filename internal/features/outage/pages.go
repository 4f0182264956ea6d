package outage

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/civic/manifest"
	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/civic/place"
	"github.com/ashar-kg/ashar/internal/platform/i18n"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/ui"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Pages are the pages about outages.
type Pages struct{ Service *Service }

// Manifest declares the feature.
func (p *Pages) Manifest() manifest.Feature {
	return manifest.Feature{
		Name:        "outage",
		Permissions: Permissions(),
		Nav: []manifest.Link{
			{Path: "/outages", Title: "outage.nav", Audience: manifest.Header},
			{Path: "/outages", Title: "outage.nav", Audience: manifest.Footer},
			{Path: "/staff/outages", Title: "outage.nav", Audience: manifest.Staff, Action: Publish},
		},
		Routes: []manifest.Route{
			{Pattern: "GET /outages", Handle: p.list, Cached: true},
			{Pattern: "GET /outages/{id}", Handle: p.show, Cached: true},
			{Pattern: "GET /outages.geojson", Handle: p.geojson, Cached: true, API: true, Open: true},
			{Pattern: "GET /staff/outages", Handle: p.work},
			{Pattern: "POST /staff/outages", Handle: p.doWork},
		},
	}
}

// recent is for how many days what ended is still shown.
const recent = 7

// scene is what every page about outages needs.
type scene struct {
	*page.Visit
	bodies *body.Directory
	areas  *place.Areas
}

func (p *Pages) scene(r *http.Request) (s *scene, err error) {
	s = &scene{Visit: page.Of(r)}
	if s.bodies, err = p.Service.Bodies.Of(r.Context(), s.City.ID); err != nil {
		return nil, err
	}
	s.areas, err = p.Service.Places.Areas(r.Context(), s.City.ID)
	return s, err
}

func (s *scene) districts() []place.Area { return s.areas.Of(place.AreaDistrict, s.Now.UnixMilli()) }

func (s *scene) where(n *Notice) string {
	return n.Where(s.Lang(), func(code string) string {
		for _, d := range s.districts() {
			if d.Code == code {
				return d.Names.In(s.Lang())
			}
		}
		return code
	})
}

func (s *scene) moment(ms int64) string { return s.P.DateTime(time.UnixMilli(ms).In(s.City.Zone)) }

// title is a notice in one line, as an operator reads it out.
func (s *scene) title(n *Notice) string {
	return s.T("outage.line", "service", s.T("outage.service."+n.Service), "place", s.where(n), "until", s.moment(n.Until))
}

// words is what else is to be known, and the language it is in.
func (s *scene) words(n *Notice) (text, lang string) { return i18n.Pick(n.Words, s.Lang()) }

// status is the tag of a notice.
func (s *scene) status(n *Notice) (tag, text string) {
	switch {
	case n.Over():
		return "fixed", s.T("outage.state.over")
	case n.Planned(s.Now):
		return "waiting", s.T("outage.state.planned")
	case n.Late(s.Now):
		return "late", s.T("outage.state.late")
	}
	return "in_work", s.T("outage.state.lasts")
}

func (p *Pages) list(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	open, over, err := p.Service.Current(r.Context(), s.City, recent)
	if err != nil {
		return err
	}
	return page.Render(w, r, page.Meta{Title: s.T("outage.title"), Description: s.T("outage.text")}, listView(s, open, over))
}

func (p *Pages) show(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	id, ok := ids.Parse(r.PathValue("id"))
	if !ok {
		return web.NotFound()
	}
	n, err := p.Service.Get(r.Context(), s.City, id)
	if err != nil {
		return err
	}
	return page.Render(w, r, page.Meta{Title: s.title(n), Description: s.title(n)}, showView(s, n))
}

// Known names what is off at a place, for the forms of others: who is about to
// report it learns that it is known, and until when.
func (p *Pages) Known(ctx context.Context, lat, lon float64) ([]ui.Link, error) {
	s, err := p.scene((&http.Request{}).WithContext(ctx))
	if err != nil {
		return nil, err
	}
	list, err := p.Service.Here(ctx, s.City, lat, lon)
	var out []ui.Link
	for _, n := range list {
		if !n.Planned(s.Now) {
			out = append(out, ui.Link{Href: fmt.Sprintf("/outages/%d", n.ID), Text: s.title(n)})
		}
	}
	return out, err
}

// geojson is the open data of what lasts and what is planned.
func (p *Pages) geojson(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	open, _, err := p.Service.Current(r.Context(), s.City, 0)
	if err != nil {
		return err
	}
	features := []map[string]any{}
	for _, n := range open {
		_, status := s.status(n)
		properties := map[string]any{
			"id": n.ID, "service": n.Service, "title": s.title(n), "status": status, "body": s.bodies.Name(n.Body, s.Lang()),
			"begins": time.UnixMilli(n.Begins).In(s.City.Zone).Format(time.RFC3339), "until": time.UnixMilli(n.Until).In(s.City.Zone).Format(time.RFC3339),
			"districts": n.Districts,
		}
		for _, street := range n.Streets {
			shape := map[string]any{"type": "Point", "coordinates": []float64{street.Lon, street.Lat}}
			if len(street.Line) > 1 {
				shape = map[string]any{"type": "LineString", "coordinates": street.Line}
			}
			features = append(features, map[string]any{"type": "Feature", "properties": properties, "geometry": shape})
		}
		for _, code := range n.Districts {
			for _, d := range s.districts() {
				if d.Code != code {
					continue
				}
				shape, err := d.GeoJSON()
				if err != nil {
					return err
				}
				features = append(features, map[string]any{"type": "Feature", "properties": properties, "geometry": json.RawMessage(shape)})
			}
		}
	}
	text, err := json.Marshal(map[string]any{"type": "FeatureCollection", "features": features})
	if err != nil {
		return err
	}
	web.NewBody(http.StatusOK, "application/geo+json", text).Send(w, r)
	return nil
}

func (p *Pages) work(w http.ResponseWriter, r *http.Request) error {
	f := &web.Form{Values: url.Values{}}
	v := page.Of(r)
	now := p.Service.Clock.Now().In(v.City.Zone)
	f.Values.Set("begins", now.Format(fieldTime))
	f.Values.Set(page.OnceField, ids.Secret(12))
	return p.workPage(w, r, f, nil)
}

// fieldTime is how a browser writes a day and an hour.
const fieldTime = "2006-01-02T15:04"

func (p *Pages) workPage(w http.ResponseWriter, r *http.Request, f *web.Form, preview *Notice) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	if !s.Actor.Some(Publish) {
		return s.Actor.Check(Publish, 0)
	}
	open, _, err := p.Service.Current(r.Context(), s.City, 0)
	if err != nil {
		return err
	}
	meta := page.Meta{Title: s.T("outage.nav"), Private: true, NoIndex: true, Staff: true}
	if len(f.Errors()) > 0 {
		meta.Status = http.StatusUnprocessableEntity
	}
	return page.Render(w, r, meta, workView(s, f, open, preview, r.URL.Query().Get("done")))
}

func (p *Pages) doWork(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	ctx := page.Once(r, f)
	until := s.time(f, "until")
	var preview *Notice
	switch do := f.Text("do"); {
	case len(f.Errors()) > 0:
	case do == "extend":
		err = p.Service.Extend(ctx, s.City, s.Actor, f.ID("id"), until)
	case do == "end":
		err = p.Service.End(ctx, s.City, s.Actor, f.ID("id"))
	default:
		d := s.draft(f, until)
		if len(f.Errors()) > 0 {
			break
		}
		if do == "tell" {
			_, err = p.Service.Tell(ctx, s.City, s.Actor, d)
		} else {
			preview, err = p.Service.Check(ctx, s.City, s.Actor, d)
		}
	}
	if err = page.Resolve(ctx, err); f.Take(err) || len(f.Errors()) > 0 || (err == nil && preview != nil) {
		if len(f.Errors()) > 0 {
			preview = nil
		}
		return p.workPage(w, r, f, preview)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/staff/outages?done=1")
}

func (s *scene) draft(f *web.Form, until time.Time) Draft {
	d := Draft{
		Service: f.Text("service"), Body: f.ID("body"), Begins: s.time(f, "begins"), Until: until, Streets: f.Optional("streets", 8000),
		Districts: f.Values["district"], Words: map[string]string{},
	}
	for _, l := range s.City.Languages {
		if text := f.Text("words_" + l); text != "" {
			d.Words[l] = text
		}
	}
	return d
}

// time reads a day and an hour of the city's clock; none is an error of the
// field unless nothing but the end of a notice is asked for.
func (s *scene) time(f *web.Form, name string) time.Time {
	text := f.Text(name)
	if text == "" && f.Text("do") == "end" {
		return time.Time{}
	}
	t, err := time.ParseInLocation(fieldTime, text, s.City.Zone)
	if err != nil {
		f.Fail(name, "outage.error.time")
	}
	return t
}
