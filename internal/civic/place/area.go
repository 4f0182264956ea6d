package place

import (
	"encoding/json"
	"fmt"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/clip"
	"github.com/paulmach/orb/simplify"

	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/tiles"
)

// The kinds of areas that the platform itself asks for. An operator may upload others.
const (
	AreaBoundary = "boundary"
	AreaDistrict = "district"
)

// Area is an uploaded polygon with its time of validity. Approximate areas are shown as such: they
// were drawn by hand and decide nothing in law.
type Area struct {
	Kind        string
	Code        string
	Names       Texts
	Shape       orb.MultiPolygon
	Approximate bool
	Residents   int64 // 0 for not known
	Counted     Texts // who counted the residents, and when
	ValidFrom   int64 // Unix milliseconds
	ValidUntil  int64 // Unix milliseconds, 0 for still valid

	bound orb.Bound
}

// maxCorners bounds an uploaded polygon, so that no upload makes every lookup slow.
const maxCorners = 50000

// ParseAreas reads the polygons of a GeoJSON FeatureCollection, Feature or bare geometry. A feature
// says its name by the properties name_ky, name_ru, name_en or name, its code by code, and its
// people by residents and residents_source_ky, _ru and _en.
func ParseAreas(data []byte, kind string) ([]Area, error) {
	var doc struct {
		Type     string    `json:"type"`
		Features []feature `json:"features"`
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		return nil, fmt.Errorf("parse areas: %w: %w", db.ErrInvalid, err)
	}
	features := doc.Features
	switch doc.Type {
	case "FeatureCollection":
	case "Feature":
		features = make([]feature, 1)
		if err := json.Unmarshal(data, &features[0]); err != nil {
			return nil, fmt.Errorf("parse areas: %w: %w", db.ErrInvalid, err)
		}
	default:
		features = []feature{{Geometry: data}}
	}
	var out []Area
	for i, f := range features {
		a, err := f.area(kind, i)
		if err != nil {
			return nil, fmt.Errorf("parse area %d: %w", i+1, err)
		}
		out = append(out, a)
	}
	return out, nil
}

type feature struct {
	Geometry   json.RawMessage `json:"geometry"`
	Properties struct {
		Code string `json:"code"`
		Name string `json:"name"`
		Ky   string `json:"name_ky"`
		Ru   string `json:"name_ru"`
		En   string `json:"name_en"`

		Approximate bool   `json:"approximate"`
		Residents   int64  `json:"residents"`
		CountedKy   string `json:"residents_source_ky"`
		CountedRu   string `json:"residents_source_ru"`
		CountedEn   string `json:"residents_source_en"`
	} `json:"properties"`
}

func (f feature) area(kind string, i int) (Area, error) {
	shape, err := parseShape(f.Geometry)
	if err != nil {
		return Area{}, err
	}
	p := f.Properties
	counted := Texts{Ky: p.CountedKy, Ru: p.CountedRu, En: p.CountedEn}
	if p.Residents < 0 || p.Residents > 0 && counted == (Texts{}) {
		return Area{}, fmt.Errorf("residents are a number with its source: %w", db.ErrInvalid)
	}
	a := Area{
		Kind: kind, Code: p.Code, Names: Texts{Ky: p.Ky, Ru: p.Ru, En: p.En},
		Shape: shape, Approximate: p.Approximate, Residents: p.Residents, Counted: counted, bound: shape.Bound(),
	}
	if a.Names == (Texts{}) {
		a.Names.Ky = p.Name
	}
	if a.Code == "" {
		a.Code = fmt.Sprintf("%s-%d", kind, i+1)
	}
	return a, nil
}

// parseShape reads a GeoJSON Polygon or MultiPolygon and checks that it can be looked up.
func parseShape(data []byte) (orb.MultiPolygon, error) {
	var g struct {
		Type        string          `json:"type"`
		Coordinates json.RawMessage `json:"coordinates"`
	}
	if err := json.Unmarshal(data, &g); err != nil {
		return nil, fmt.Errorf("%w: %w", db.ErrInvalid, err)
	}
	var parts [][][][]float64
	var err error
	switch g.Type {
	case "Polygon":
		parts = make([][][][]float64, 1)
		err = json.Unmarshal(g.Coordinates, &parts[0])
	case "MultiPolygon":
		err = json.Unmarshal(g.Coordinates, &parts)
	default:
		return nil, fmt.Errorf("geometry %q is no polygon: %w", g.Type, db.ErrInvalid)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", db.ErrInvalid, err)
	}
	return shapeOf(parts)
}

func shapeOf(parts [][][][]float64) (orb.MultiPolygon, error) {
	corners := 0
	var shape orb.MultiPolygon
	for _, rings := range parts {
		var polygon orb.Polygon
		for _, line := range rings {
			ring := make(orb.Ring, 0, len(line))
			for _, c := range line {
				if len(c) < 2 {
					return nil, fmt.Errorf("a corner needs longitude and latitude: %w", db.ErrInvalid)
				}
				if err := checkPosition(c[1], c[0]); err != nil {
					return nil, err
				}
				ring = append(ring, orb.Point{c[0], c[1]})
			}
			if len(ring) < 4 || ring[0] != ring[len(ring)-1] {
				return nil, fmt.Errorf("a ring must have 4 corners and end where it began: %w", db.ErrInvalid)
			}
			corners += len(ring)
			polygon = append(polygon, ring)
		}
		if len(polygon) == 0 {
			return nil, fmt.Errorf("a polygon has no ring: %w", db.ErrInvalid)
		}
		shape = append(shape, polygon)
	}
	if len(shape) == 0 || corners > maxCorners {
		return nil, fmt.Errorf("%d corners, 4 to %d are taken: %w", corners, maxCorners, db.ErrInvalid)
	}
	return shape, nil
}

// GeoJSON returns the area's geometry as GeoJSON text.
func (a Area) GeoJSON() (string, error) {
	text, err := json.Marshal(struct {
		Type        string           `json:"type"`
		Coordinates orb.MultiPolygon `json:"coordinates"`
	}{"MultiPolygon", a.Shape})
	return string(text), err
}

// Collection is a list of areas as the GeoJSON that ParseAreas reads.
func Collection(list []Area) ([]byte, error) {
	features := []any{}
	for _, a := range list {
		properties := map[string]any{
			"code": a.Code, "name_ky": a.Names.Ky, "name_ru": a.Names.Ru, "name_en": a.Names.En, "approximate": a.Approximate,
		}
		if a.Residents > 0 {
			properties["residents"] = a.Residents
			properties["residents_source_ky"], properties["residents_source_ru"], properties["residents_source_en"] = a.Counted.Ky, a.Counted.Ru, a.Counted.En
		}
		features = append(features, map[string]any{
			"type":       "Feature",
			"geometry":   map[string]any{"type": "MultiPolygon", "coordinates": a.Shape},
			"properties": properties,
		})
	}
	return json.Marshal(map[string]any{"type": "FeatureCollection", "features": features})
}

// Contains reports whether a place lies in the area.
func (a *Area) Contains(lat, lon float64) bool {
	if !a.bound.Contains(orb.Point{lon, lat}) {
		return false
	}
	// A ray to the east crosses the rings of parts and holes an odd number of times from inside.
	inside := false
	for _, polygon := range a.Shape {
		for _, ring := range polygon {
			for i := 1; i < len(ring); i++ {
				p, q := ring[i-1], ring[i]
				if (p[1] > lat) != (q[1] > lat) && lon < p[0]+(lat-p[1])*(q[0]-p[0])/(q[1]-p[1]) {
					inside = !inside
				}
			}
		}
	}
	return inside
}

// Bound returns the area's box.
func (a *Area) Bound() tiles.Box {
	return tiles.Box{West: a.bound.Min[0], South: a.bound.Min[1], East: a.bound.Max[0], North: a.bound.Max[1]}
}

func (a *Area) validAt(at int64) bool {
	return a.ValidFrom <= at && (a.ValidUntil == 0 || at < a.ValidUntil)
}

// Areas are the polygons of one city. They are read-only and safe for concurrent use.
type Areas struct {
	list []Area
}

// NewAreas gathers polygons for lookup.
func NewAreas(list []Area) *Areas {
	for i := range list {
		list[i].bound = list[i].Shape.Bound()
	}
	return &Areas{list: list}
}

// Of returns the areas of a kind that are valid at an instant.
func (s *Areas) Of(kind string, at int64) []Area {
	var out []Area
	for _, a := range s.list {
		if a.Kind == kind && a.validAt(at) {
			out = append(out, a)
		}
	}
	return out
}

// Find returns the area of a kind that holds a place at an instant.
func (s *Areas) Find(kind string, lat, lon float64, at int64) (Area, bool) {
	for i := range s.list {
		if a := &s.list[i]; a.Kind == kind && a.validAt(at) && a.Contains(lat, lon) {
			return *a, true
		}
	}
	return Area{}, false
}

// DistrictOf returns the district that holds a place at an instant.
func (s *Areas) DistrictOf(lat, lon float64, at int64) (Area, bool) {
	return s.Find(AreaDistrict, lat, lon, at)
}

// Contains reports whether a place lies in the city. A city that uploaded no boundary holds all.
func (s *Areas) Contains(lat, lon float64, at int64) bool {
	drawn := false
	for i := range s.list {
		if a := &s.list[i]; a.Kind == AreaBoundary && a.validAt(at) {
			if a.Contains(lat, lon) {
				return true
			}
			drawn = true
		}
	}
	return !drawn
}

// Tile returns the areas of a kind as a vector tile with the source layer "areas" (kind, code,
// name_ky, name_ru, name_en, approximate). Corners closer than a pixel are left out.
func (s *Areas) Tile(kind string, t tiles.Tile, at int64) []byte {
	out := tiles.NewLayer(LayerAreas)
	box := t.Box()
	for _, a := range s.Of(kind, at) {
		b := a.Bound()
		if b.East < box.West || b.West > box.East || b.North < box.South || b.South > box.North {
			continue
		}
		out.Polygon(0, tileRings(a.Shape, t)...)
		out.Text("kind", a.Kind)
		out.Text("code", a.Code)
		out.Text("name_ky", a.Names.In("ky"))
		out.Text("name_ru", a.Names.In("ru"))
		out.Text("name_en", a.Names.In("en"))
		out.Flag("approximate", a.Approximate)
	}
	return tiles.Encode(out)
}

// edge is the tile with a margin, so that the cut through an area is not seen as its border.
var edge = orb.Bound{Min: orb.Point{-128, -128}, Max: orb.Point{tiles.Extent + 128, tiles.Extent + 128}}

// tileRings draws a shape in tile units: outer rings clockwise on the screen, holes the other way.
func tileRings(shape orb.MultiPolygon, t tiles.Tile) [][]tiles.XY {
	var out [][]tiles.XY
	for _, polygon := range shape {
		for i, ring := range polygon {
			drawn := make(orb.Ring, len(ring))
			for j, c := range ring {
				drawn[j][0], drawn[j][1] = t.PixelAt(c[0], c[1])
			}
			drawn = clip.Ring(edge, drawn)
			if len(drawn) >= 4 {
				drawn = simplify.DouglasPeucker(tiles.Extent / 512).Ring(drawn)
			}
			if len(drawn) < 4 {
				if i == 0 {
					break // the polygon is too small or outside: so are its holes
				}
				continue
			}
			out = append(out, turned(drawn, i == 0))
		}
	}
	return out
}

// turned returns the ring without its repeated last corner, in the direction asked for.
func turned(ring orb.Ring, clockwise bool) []tiles.XY {
	// The tile's y grows downwards, so what orb calls counter-clockwise is clockwise on the screen.
	if (ring.Orientation() == orb.CCW) != clockwise {
		ring.Reverse()
	}
	out := make([]tiles.XY, len(ring)-1)
	for i, c := range ring[:len(ring)-1] {
		out[i] = tiles.XY{X: int32(c[0]), Y: int32(c[1])}
	}
	return out
}
