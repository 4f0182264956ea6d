package place

import (
	"slices"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"
)

// Reach is how much of a shape lies in a district.
type Reach struct {
	Area  Area
	Share float64 // of its length or area, 0 to 1
}

// Districts are those that a shape reaches, most of it first. A shape is measured
// on about a thousand points spread evenly along its lines or over its areas, so
// a share is right to about a percent and a tip of less than that may be missed.
func (s *Areas) Districts(shape orb.Geometry, at int64) (out []Reach) {
	points := spread(shape)
	counts := map[string]int{}
	for _, p := range points {
		if a, ok := s.DistrictOf(p.Lat(), p.Lon(), at); ok {
			if counts[a.Code]++; counts[a.Code] == 1 {
				out = append(out, Reach{Area: a})
			}
		}
	}
	for i := range out {
		out[i].Share = float64(counts[out[i].Area.Code]) / float64(len(points))
	}
	slices.SortStableFunc(out, func(a, b Reach) int { return counts[b.Area.Code] - counts[a.Area.Code] })
	return out
}

// Holds reports whether all of a shape lies in the city: its corners, and its
// edges at about a thousand places.
func (s *Areas) Holds(shape orb.Geometry, at int64) bool {
	for _, l := range outline(shape) {
		for _, p := range append(along(orb.MultiLineString{l}, samples), l...) {
			if !s.Contains(p.Lat(), p.Lon(), at) {
				return false
			}
		}
	}
	return true
}

// samples is on how many points a shape is measured.
const samples = 1000

// spread are points evenly in a shape; always one at least.
func spread(shape orb.Geometry) (out []orb.Point) {
	switch g := shape.(type) {
	case orb.LineString:
		out = along(orb.MultiLineString{g}, samples)
	case orb.MultiLineString:
		out = along(g, samples)
	case orb.Polygon:
		out = over(orb.MultiPolygon{g})
	case orb.MultiPolygon:
		out = over(g)
	}
	if len(out) == 0 {
		out = append(out, Middle(shape))
	}
	return out
}

// along are about n points at equal steps along lines, in degrees.
func along(lines orb.MultiLineString, n int) (out []orb.Point) {
	step := planar.Length(lines) / float64(n)
	if step == 0 {
		return nil
	}
	next := step / 2
	for _, l := range lines {
		for i := 1; i < len(l); i++ {
			a, b := l[i-1], l[i]
			length := planar.Distance(a, b)
			for ; next < length; next += step {
				k := next / length
				out = append(out, orb.Point{a[0] + k*(b[0]-a[0]), a[1] + k*(b[1]-a[1])})
			}
			next -= length
		}
	}
	return out
}

// over are the points of a grid that lie in areas: 32 steps each way, more for
// what fills little of its box, unless it has so many corners that it would take
// long.
func over(areas orb.MultiPolygon) (out []orb.Point) {
	b, corners := areas.Bound(), 0
	for _, l := range outline(areas) {
		corners += len(l)
	}
	for steps := 32; steps <= 128; steps *= 2 {
		out = out[:0]
		dx, dy := (b.Max[0]-b.Min[0])/float64(steps), (b.Max[1]-b.Min[1])/float64(steps)
		for i := range steps {
			for j := range steps {
				if p := (orb.Point{b.Min[0] + (float64(i)+0.5)*dx, b.Min[1] + (float64(j)+0.5)*dy}); planar.MultiPolygonContains(areas, p) {
					out = append(out, p)
				}
			}
		}
		if len(out) >= samples/4 || 4*steps*steps*corners > 10_000_000 {
			break
		}
	}
	return out
}

// outline are the lines of a shape: itself, or the edges of its areas.
func outline(shape orb.Geometry) (out orb.MultiLineString) {
	switch g := shape.(type) {
	case orb.Point:
		out = append(out, orb.LineString{g})
	case orb.LineString:
		out = append(out, g)
	case orb.MultiLineString:
		out = g
	case orb.Polygon:
		for _, r := range g {
			out = append(out, orb.LineString(r))
		}
	case orb.MultiPolygon:
		for _, p := range g {
			out = append(out, outline(p)...)
		}
	}
	return out
}
