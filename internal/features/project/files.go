package project

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ashar-kg/ashar/internal/civic/api"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/blob"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Package is the projects of a filter as a package of OC4IDS. uri is the
// address at which it stands; the date of a package is that of its newest change.
func (s *Service) Package(ctx context.Context, c *city.City, uri string, q Filter) ([]byte, error) {
	dir, err := s.Bodies.Of(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	doc := struct {
		URI       string            `json:"uri"`
		Published string            `json:"publishedDate"`
		Version   string            `json:"version"`
		Publisher object            `json:"publisher"`
		License   string            `json:"license"`
		Projects  []json.RawMessage `json:"projects"`
	}{URI: uri, Version: "0.9", Publisher: object{"name": c.Name(c.Languages[0])}, License: "https://creativecommons.org/licenses/by/4.0/", Projects: []json.RawMessage{}}
	newest := s.Clock.Now().UnixMilli()
	add := func(p *Project) error {
		var told []*Update
		if err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
			told, err = updates(tx, c.ID, p.ID, most)
			return err
		}); err != nil {
			return err
		}
		x, err := WriteProject(p, told, c, dir)
		if len(doc.Projects) == 0 {
			newest = p.Updated
		}
		newest = max(newest, p.Updated)
		doc.Projects = append(doc.Projects, x)
		return err
	}
	if err := s.Each(ctx, c, q, add); err != nil {
		return nil, err
	}
	doc.Published = stamp(newest)
	return json.MarshalIndent(doc, "", " ")
}

func (p *Pages) oc4idsFile(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r.Context())
	if err != nil {
		return err
	}
	data, err := p.Service.Package(r.Context(), s.City, s.Absolute(r.URL.RequestURI()), filterOf(r.URL.Query(), s.bodies))
	if err != nil {
		return err
	}
	return sendFile(w, r, "application/json", "projects.oc4ids.json", data)
}

func sendFile(w http.ResponseWriter, r *http.Request, kind, name string, data []byte) error {
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	web.NewBody(http.StatusOK, kind, data).Send(w, r)
	return nil
}

// feature is a project as a feature of GeoJSON; one without a place has none.
func (s *scene) feature(x *Project) object {
	title, _ := x.Titles.In(s.Lang())
	m := x.Sums()
	props := object{"id": x.Public, "title": title, "status": x.Status, "url": s.Absolute(at(x.ID))}
	props.put("district", x.District)
	props.put("type", x.Type)
	props.put("sector", strings.Join(x.Sectors, "|"))
	if b, ok := s.bodies.Get(x.Body); ok {
		props.put("body", b.Code)
	}
	if m.Currency != "" {
		props["currency"], props["budget"], props["contracted"], props["paid"] = m.Currency, float64(m.Planned)/100, float64(m.Contracted)/100, float64(m.Paid)/100
	}
	props["overdue"], props["over_budget"], props["no_update_60_days"] = x.Overdue(s.Now), x.OverBudget(), x.Silent(s.Now)
	out := object{"type": "Feature", "id": x.ID, "properties": props, "geometry": nil}
	switch {
	case x.Geometry != "":
		if g, err := decode([]byte(x.Geometry)); err == nil {
			out["geometry"] = g
		}
	case x.Placed:
		out["geometry"] = object{"type": "Point", "coordinates": []float64{x.Lon, x.Lat}}
	}
	return out
}

func (p *Pages) geoFile(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r.Context())
	if err != nil {
		return err
	}
	list := []object{}
	if err := p.Service.Each(r.Context(), s.City, filterOf(r.URL.Query(), s.bodies), func(x *Project) error {
		list = append(list, s.feature(x))
		return nil
	}); err != nil {
		return err
	}
	data, err := json.Marshal(object{"type": "FeatureCollection", "features": list})
	if err != nil {
		return err
	}
	return sendFile(w, r, "application/geo+json", "projects.geojson", data)
}

func (p *Pages) placeFile(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r.Context())
	if err != nil {
		return err
	}
	id, ok := ids.Parse(r.PathValue("id"))
	if !ok {
		return web.NotFound()
	}
	x, err := p.Service.Show(r.Context(), s.City, permission.Actor{City: s.City.ID}, id)
	if err != nil {
		return err
	}
	data, err := json.Marshal(object{"type": "FeatureCollection", "features": []object{s.feature(x.Project)}})
	if err != nil {
		return err
	}
	web.NewBody(http.StatusOK, "application/geo+json", data).Send(w, r)
	return nil
}

// upload is the page where a file is chosen, and seen before it is stored.
func (p *Pages) upload(w http.ResponseWriter, r *http.Request) error {
	return p.uploadPage(w, r, newForm(), nil)
}

func (p *Pages) uploadPage(w http.ResponseWriter, r *http.Request, f *web.Form, plan *Plan) error {
	s, err := p.scene(r.Context())
	if err != nil {
		return err
	}
	if err := s.Actor.Check(Load, 0); err != nil {
		return err
	}
	meta := page.Meta{Title: s.T("project.import.title"), Staff: true, Private: true, NoIndex: true, Status: statusOf(f)}
	return page.Render(w, r, meta, importView(s, f, plan))
}

// load shows what a file would do, and stores it when that is confirmed. The
// file waits for it in the blob store.
func (p *Pages) load(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	if err := v.Actor.Check(Load, 0); err != nil {
		return err
	}
	f, err := web.ReadUpload(w, r, maxFile+64<<10)
	if err != nil {
		return err
	}
	ctx := page.Once(r, f)
	if f.Text("do") == "store" {
		data, err := p.kept(ctx, v, f.Text("kept"), f.Text("sign"))
		if err != nil {
			return err
		}
		_, err = p.Service.Import(ctx, v.City, v.Actor, data)
		if err = page.Resolve(ctx, err); err != nil {
			return err
		}
		return web.Redirect(w, r, "/staff/projects?done=imported")
	}
	file, _, err := r.FormFile("file")
	if err != nil {
		f.Fail("file", "project.error.choose")
		return p.uploadPage(w, r, f, nil)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err != nil {
		return err
	}
	if len(data) > maxFile {
		return web.TooLarge()
	}
	plan, err := p.Service.Preview(ctx, v.City, v.Actor, data)
	if err != nil {
		return err
	}
	if len(plan.Items) == 0 {
		f.Take(nothingTaken(plan.Refused))
		return p.uploadPage(w, r, f, plan)
	}
	key, _, err := p.Service.Blobs.Put(ctx, bytes.NewReader(data), maxFile)
	if err != nil {
		return err
	}
	f.Values.Set("kept", key)
	f.Values.Set("sign", v.City.Sign("project-import", key))
	return p.uploadPage(w, r, f, plan)
}

// kept reads a file that was seen before.
func (p *Pages) kept(ctx context.Context, v *page.Visit, key, sign string) ([]byte, error) {
	if !blob.Valid(key) || sign != v.City.Sign("project-import", key) {
		return nil, web.NotFound()
	}
	in, _, err := p.Service.Blobs.Open(ctx, key)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	return io.ReadAll(io.LimitReader(in, maxFile))
}

// api declares the JSON operations of projects.
func (p *Pages) api(a huma.API) {
	api.Get(a, "/projects", "listProjects", "Investment projects of the city, newest first", p.apiList)
}

type apiProject struct {
	ID         string            `json:"id" doc:"Stable public id"`
	URL        string            `json:"url"`
	Titles     map[string]string `json:"titles" doc:"By language"`
	Status     string            `json:"status" doc:"By OC4IDS 0.9"`
	Type       string            `json:"type,omitempty"`
	Sectors    []string          `json:"sectors,omitempty"`
	Body       string            `json:"body,omitempty" doc:"Code of the body that answers"`
	District   string            `json:"district,omitempty"`
	Lat        float64           `json:"lat,omitempty"`
	Lon        float64           `json:"lon,omitempty"`
	Currency   string            `json:"currency,omitempty"`
	Budget     int64             `json:"budget_minor" doc:"Hundredths of the currency"`
	Contracted int64             `json:"contracted_minor"`
	Paid       int64             `json:"paid_minor"`
	Progress   int64             `json:"progress" doc:"Per cent as last told, -1 for not told"`
	PlannedEnd *time.Time        `json:"planned_end,omitempty"`
	Overdue    bool              `json:"overdue"`
	OverBudget bool              `json:"over_budget"`
	Silent     bool              `json:"no_update_60_days"`
	Updated    time.Time         `json:"updated"`
}

type apiQuery struct {
	Status   string `query:"status"`
	District string `query:"district"`
	Sector   string `query:"sector"`
	Owner    string `query:"body" doc:"Code of the body"`
	Year     int64  `query:"year"`
	Alarm    string `query:"alarm" enum:"late,over,silent"`
	Before   string `query:"before" doc:"Goes on after a page"`
	Limit    int    `query:"limit" minimum:"1" maximum:"100" default:"20"`
}

type apiAnswer struct {
	Body struct {
		Projects []apiProject `json:"projects"`
		More     string       `json:"more,omitempty" doc:"Value of before for the next page"`
	}
}

func (p *Pages) apiList(ctx context.Context, in *apiQuery) (*apiAnswer, error) {
	s, err := p.scene(ctx)
	if err != nil {
		return nil, err
	}
	q := Filter{Status: in.Status, District: in.District, Sector: in.Sector, Year: in.Year, Alarm: in.Alarm, Limit: in.Limit}
	if b, ok := s.bodies.ByCode(in.Owner); ok {
		q.Body = b.ID
	}
	q.Before, _ = ids.Parse(in.Before)
	found, err := p.Service.List(ctx, s.City, q)
	if err != nil {
		return nil, err
	}
	out := &apiAnswer{}
	out.Body.Projects = []apiProject{}
	for _, x := range found.Projects {
		m := x.Sums()
		one := apiProject{
			ID: x.Public, URL: s.Absolute(at(x.ID)), Titles: x.Titles, Status: x.Status, Type: x.Type, Sectors: x.Sectors, District: x.District, Lat: x.Lat, Lon: x.Lon,
			Currency: m.Currency, Budget: m.Planned, Contracted: m.Contracted, Paid: m.Paid, Progress: x.Progress, Overdue: x.Overdue(s.Now), OverBudget: x.OverBudget(),
			Silent: x.Silent(s.Now), Updated: time.UnixMilli(x.Updated).UTC(),
		}
		if b, ok := s.bodies.Get(x.Body); ok {
			one.Body = b.Code
		}
		if x.Planned.End != 0 {
			end := time.UnixMilli(x.Planned.End).UTC()
			one.PlannedEnd = &end
		}
		out.Body.Projects = append(out.Body.Projects, one)
	}
	if found.More != 0 {
		out.Body.More = number(found.More)
	}
	return out, nil
}
