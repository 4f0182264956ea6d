// Package atlas serves the map of a city: the tiles of every layer that a
// feature declares, the ground under them, and the search for a place.
package atlas

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ashar-kg/ashar/internal/civic/api"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/manifest"
	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/civic/place"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/tiles"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Atlas answers everything that a map asks for.
type Atlas struct {
	DB      *db.DB
	Places  *place.Store
	Layers  []manifest.Layer
	Grounds func(c *city.City) []byte // GeoJSON drawn for a city; nil when there is none
}

// Routes are the addresses of the map.
func (a *Atlas) Routes() []manifest.Route {
	return []manifest.Route{
		{Pattern: "GET /tiles/{layer}/{z}/{x}/{y}", Handle: a.tile, Cached: true, API: true, Open: true},
		{Pattern: "GET /map/base.geojson", Handle: a.base, Cached: true, API: true, Open: true},
	}
}

// tile answers with one vector tile of a layer of points or of areas.
func (a *Atlas) tile(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	name, mvt := strings.CutSuffix(r.PathValue("y"), ".mvt")
	t, err := tiles.ParseParts(r.PathValue("z"), r.PathValue("x"), name)
	if err != nil || !mvt {
		return web.NotFound()
	}
	data, err := a.draw(r, v, r.PathValue("layer"), t)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "public, max-age=5")
	web.NewBody(http.StatusOK, tiles.ContentType, data).Send(w, r)
	return nil
}

func (a *Atlas) draw(r *http.Request, v *page.Visit, layer string, t tiles.Tile) (data []byte, err error) {
	if layer == place.AreaDistrict || layer == place.AreaBoundary {
		areas, err := a.Places.Areas(r.Context(), v.City.ID)
		if err != nil {
			return nil, err
		}
		return areas.Tile(layer, t, v.Now.UnixMilli()), nil
	}
	for _, l := range a.Layers {
		if l.Name == layer {
			err = a.DB.View(r.Context(), func(tx *db.Tx) (err error) {
				data, err = place.Tile(tx, v.City.ID, layer, t, r.URL.Query().Get("category"))
				return err
			})
			return data, err
		}
	}
	return nil, web.NotFound()
}

// base is the quiet ground of the map as GeoJSON: what was drawn for the city,
// or the outlines of its boundary and districts.
func (a *Atlas) base(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	doc := a.Grounds(v.City)
	if doc == nil {
		areas, err := a.Places.Areas(r.Context(), v.City.ID)
		if err != nil {
			return err
		}
		if doc, err = outlines(areas, v.Now.UnixMilli()); err != nil {
			return err
		}
	}
	web.NewBody(http.StatusOK, "application/geo+json", doc).Send(w, r)
	return nil
}

func outlines(areas *place.Areas, at int64) ([]byte, error) {
	features := []map[string]any{}
	for _, kind := range []string{place.AreaBoundary, place.AreaDistrict} {
		for _, area := range areas.Of(kind, at) {
			shape, err := area.GeoJSON()
			if err != nil {
				return nil, err
			}
			features = append(features, map[string]any{"type": "Feature", "properties": map[string]string{"kind": kind}, "geometry": json.RawMessage(shape)})
		}
	}
	return json.Marshal(map[string]any{"type": "FeatureCollection", "features": features})
}

// Found is one found place.
type Found struct {
	Name string  `json:"name"`
	Kind string  `json:"kind"`
	Lat  float64 `json:"lat" doc:"WGS 84"`
	Lon  float64 `json:"lon" doc:"WGS 84"`
}

// API declares the search for places.
func (a *Atlas) API(doc huma.API) {
	api.Get(doc, "/places", "findPlaces", "Streets, districts and landmarks by name; Kyrgyz, Russian and old names find the same place", a.find)
	api.Get(doc, "/places/near", "namePlace", "Name a position in words", a.name)
}

type findQuery struct {
	Words string `query:"q" required:"true" maxLength:"200"`
}

func (a *Atlas) find(ctx context.Context, in *findQuery) (*struct{ Body []Found }, error) {
	v := page.In(ctx)
	g, err := a.Places.Gazetteer(ctx, v.City.ID)
	if err != nil {
		return nil, err
	}
	out := []Found{}
	for _, f := range g.Search(in.Words, 8) {
		if f.Placed {
			out = append(out, Found{Name: f.Text(v.Lang()), Kind: f.Kind, Lat: f.Lat, Lon: f.Lon})
		}
	}
	return &struct{ Body []Found }{out}, nil
}

type nameQuery struct {
	Lat float64 `query:"lat" required:"true" minimum:"-90" maximum:"90"`
	Lon float64 `query:"lon" required:"true" minimum:"-180" maximum:"180"`
}

// Address is a position in words.
type Address struct {
	Address string `json:"address"`
}

func (a *Atlas) name(ctx context.Context, in *nameQuery) (*struct{ Body Address }, error) {
	v := page.In(ctx)
	g, err := a.Places.Gazetteer(ctx, v.City.ID)
	if err != nil {
		return nil, err
	}
	text := g.Where(in.Lat, in.Lon).Text(v.Lang(), func(name string) string { return v.T("place.near", "name", name) })
	return &struct{ Body Address }{Address{text}}, nil
}
