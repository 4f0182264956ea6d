package place

import (
	"encoding/json"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"

	"github.com/ashar-kg/ashar/internal/platform/tiles"
)

// ReadShape reads the coordinates of a GeoJSON geometry that has one of the six
// plain types; heights are left out. It takes what is odd but can be read, as
// files of others are; ReadDrawn is stricter.
func ReadShape(text string) (shape orb.Geometry, ok bool) {
	var g struct {
		Type        string          `json:"type"`
		Coordinates json.RawMessage `json:"coordinates"`
	}
	if json.Unmarshal([]byte(text), &g) != nil {
		return nil, false
	}
	switch g.Type {
	case "Point":
		var p position
		ok = json.Unmarshal(g.Coordinates, &p) == nil && len(p) > 1
		return p.point(), ok
	case "MultiPoint", "LineString":
		var l []position
		ok = json.Unmarshal(g.Coordinates, &l) == nil
		if g.Type == "MultiPoint" {
			return orb.MultiPoint(line(l)), ok
		}
		return line(l), ok
	case "MultiLineString", "Polygon":
		var m [][]position
		ok = json.Unmarshal(g.Coordinates, &m) == nil
		if g.Type == "Polygon" {
			return polygon(m), ok
		}
		var out orb.MultiLineString
		for _, l := range m {
			out = append(out, line(l))
		}
		return out, ok
	case "MultiPolygon":
		var m [][][]position
		ok = json.Unmarshal(g.Coordinates, &m) == nil
		var out orb.MultiPolygon
		for _, p := range m {
			out = append(out, polygon(p))
		}
		return out, ok
	}
	return nil, false
}

// position is a place of GeoJSON: longitude, latitude, and perhaps a height.
type position []float64

func (p position) point() orb.Point {
	if len(p) < 2 {
		return orb.Point{}
	}
	return orb.Point{p[0], p[1]}
}

func line(l []position) (out orb.LineString) {
	for _, p := range l {
		out = append(out, p.point())
	}
	return out
}

func polygon(rings [][]position) (out orb.Polygon) {
	for _, r := range rings {
		out = append(out, orb.Ring(line(r)))
	}
	return out
}

// OnEarth tells whether a box lies where a map can show it.
func OnEarth(b orb.Bound) bool {
	return b.Min.Lon() >= -180 && b.Max.Lon() <= 180 && b.Min.Lat() >= -tiles.MaxLat && b.Max.Lat() <= tiles.MaxLat
}

// Middle is a point on or in a shape: of a line halfway along it, of an area
// its centroid where that lies inside.
func Middle(shape orb.Geometry) orb.Point {
	switch g := shape.(type) {
	case orb.Point:
		return g
	case orb.LineString:
		return halfway(g)
	case orb.MultiLineString:
		best := g[0]
		for _, l := range g[1:] {
			if len(best) == 0 || planar.Length(l) > planar.Length(best) {
				best = l
			}
		}
		return halfway(best)
	case orb.MultiPoint:
		return g[0]
	case orb.Polygon:
		return inside(g)
	case orb.MultiPolygon:
		best := g[0]
		for _, p := range g[1:] {
			if len(best) == 0 || len(best[0]) == 0 || planar.Area(p) > planar.Area(best) {
				best = p
			}
		}
		return inside(best)
	}
	return shape.Bound().Center()
}

func halfway(l orb.LineString) orb.Point {
	left := planar.Length(l) / 2
	for i := 1; i < len(l); i++ {
		step := planar.Distance(l[i-1], l[i])
		if step >= left && step > 0 {
			k := left / step
			return orb.Point{l[i-1][0] + k*(l[i][0]-l[i-1][0]), l[i-1][1] + k*(l[i][1]-l[i-1][1])}
		}
		left -= step
	}
	return l[0]
}

func inside(p orb.Polygon) orb.Point {
	if len(p) == 0 || len(p[0]) == 0 {
		return p.Bound().Center()
	}
	c, _ := planar.CentroidArea(p)
	if planar.PolygonContains(p, c) {
		return c
	}
	return p[0][0]
}

// ShapeKind is the type of a GeoJSON geometry, "" of what is none.
func ShapeKind(text string) string {
	var g struct {
		Type string `json:"type"`
	}
	if text == "" || json.Unmarshal([]byte(text), &g) != nil {
		return ""
	}
	return g.Type
}
