package report

import (
	"net/http"
	"strconv"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/table"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// dataLimit is how many rows one answer of the open data holds; the next ones
// follow by "before".
const dataLimit = 1000

// data answers with public reports as CSV or GeoJSON. It has no column that
// could hold personal data: the author's words are not in it.
func (p *Pages) data(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	f, _ := s.filterOf(r.URL.Query())
	f.Limit = dataLimit
	var found casework.Page
	if err := p.Service.DB.View(r.Context(), func(tx *db.Tx) (err error) {
		found, err = casework.Listed(tx, s.City.ID, f)
		return err
	}); err != nil {
		return err
	}
	if found.More != 0 {
		next := query(r.URL.Path, r.URL.Query(), "before", strconv.FormatInt(found.More, 10))
		w.Header().Set("Link", "<"+s.Absolute(next)+`>; rel="next"`)
	}
	switch r.PathValue("file") {
	case "reports.csv":
		return p.csv(w, r, s, found)
	case "reports.geojson":
		return page.JSON(w, r, http.StatusOK, s.geojson(found))
	case "reports.json":
		return page.JSON(w, r, http.StatusOK, s.rows(found))
	}
	return web.NotFound()
}

// Row is a public report as open data: nothing in it can hold personal data.
type Row struct {
	Number   string     `json:"number"`
	Category string     `json:"category"`
	State    string     `json:"state" enum:"waiting,in_work,fixed,not_fixed,duplicate"`
	Body     string     `json:"body" doc:"Code of the body that answers"`
	District string     `json:"district"`
	Address  string     `json:"address"`
	Lat      *float64   `json:"lat" doc:"WGS 84"`
	Lon      *float64   `json:"lon" doc:"WGS 84"`
	Created  time.Time  `json:"created"`
	Updated  time.Time  `json:"updated"`
	Due      *time.Time `json:"due"`
	Closed   *time.Time `json:"closed"`
	Channel  string     `json:"channel"`
	Seen     int64      `json:"seen" doc:"People who see it too"`
	URL      string     `json:"url" format:"uri"`
}

// dataColumns are the columns of Row as CSV, in order.
var dataColumns = []string{"number", "category", "state", "body", "district", "address", "lat", "lon", "created", "updated", "due", "closed", "channel", "seen", "url"}

func (r Row) record() []string {
	return []string{
		r.Number, r.Category, r.State, r.Body, r.District, r.Address, degrees(r.Lat), degrees(r.Lon), iso(&r.Created), iso(&r.Updated),
		iso(r.Due), iso(r.Closed), r.Channel, strconv.FormatInt(r.Seen, 10), r.URL,
	}
}

func degrees(v *float64) string {
	if v == nil {
		return ""
	}
	return strconv.FormatFloat(*v, 'f', -1, 64)
}

func iso(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.Format(time.RFC3339)
}

func (s *scene) row(f *casework.File) Row {
	row := Row{
		Number: f.Number, Category: f.Category, State: f.State, District: f.District, Address: f.Address, Created: second(f.Created), Updated: second(f.Updated),
		Due: instant(f.Due), Closed: instant(f.Closed), Channel: f.Channel, Seen: f.Seen, URL: s.Absolute("/reports/" + f.Number),
	}
	if b, ok := s.bodies.Get(f.Body); ok {
		row.Body = b.Code
	}
	if f.Placed {
		row.Lat, row.Lon = &f.Lat, &f.Lon
	}
	return row
}

func second(ms int64) time.Time { return time.UnixMilli(ms).UTC().Truncate(time.Second) }

func instant(ms int64) *time.Time {
	if ms == 0 {
		return nil
	}
	t := second(ms)
	return &t
}

func (s *scene) rows(found casework.Page) []Row {
	out := make([]Row, len(found.Files))
	for i, f := range found.Files {
		out[i] = s.row(f)
	}
	return out
}

func (s *scene) geojson(found casework.Page) map[string]any {
	features := []map[string]any{}
	for _, f := range found.Files {
		if f.Placed {
			features = append(features, map[string]any{
				"type": "Feature", "properties": s.row(f),
				"geometry": map[string]any{"type": "Point", "coordinates": []float64{f.Lon, f.Lat}},
			})
		}
	}
	return map[string]any{"type": "FeatureCollection", "features": features}
}

func (p *Pages) csv(w http.ResponseWriter, r *http.Request, s *scene, found casework.Page) error {
	return page.Table(w, r, "reports", table.CSV, &table.Table{Columns: table.Columns(dataColumns, nil)}, table.Of(s.rows(found), Row.record))
}

// dataIndex is the page about the open data.
func (p *Pages) dataIndex(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	return page.Render(w, r, page.Meta{Title: s.T("report.data.title"), Description: s.T("report.data.text")}, dataView(s, p.Datasets))
}
