package tiles

import (
	"math"
	"slices"
)

const earthRadius = 6371008.8

// Contains reports whether a place lies in the box or on its edge.
func (b Box) Contains(lon, lat float64) bool {
	return lon >= b.West && lon <= b.East && lat >= b.South && lat <= b.North
}

// Around returns the box that reaches the given number of metres to each side of a place.
func Around(lon, lat, metres float64) Box {
	dLat := metres / earthRadius * 180 / math.Pi
	dLon := dLat / math.Max(0.01, math.Cos(lat*math.Pi/180))
	return Box{West: lon - dLon, South: lat - dLat, East: lon + dLon, North: lat + dLat}
}

// Distance returns the metres between two places along the globe.
func Distance(lon1, lat1, lon2, lat2 float64) float64 {
	const rad = math.Pi / 180
	sLat := math.Sin((lat2 - lat1) * rad / 2)
	sLon := math.Sin((lon2 - lon1) * rad / 2)
	h := sLat*sLat + math.Cos(lat1*rad)*math.Cos(lat2*rad)*sLon*sLon
	return 2 * earthRadius * math.Asin(math.Min(1, math.Sqrt(h)))
}

// square is a node of the quadtree that Cover walks, with its overlap with the box in map units.
type square struct {
	x, y  uint32
	level int
	waste float64
}

// Cover returns at most limit ranges, in order and apart from each other, which together hold every
// quadkey of the box. They may hold more: the caller checks each place against the box itself.
func Cover(b Box, limit int) []Range {
	minX, minY := project(b.West, b.North)
	maxX, maxY := project(b.East, b.South)
	open := []square{{}}
	var done []square
	// The square that covers most ground outside the box is split first, until the pieces run out.
	for len(open) > 0 && len(open)+len(done) < max(limit, 1)*2 {
		worst := 0
		for i := range open {
			if open[i].waste > open[worst].waste {
				worst = i
			}
		}
		s := open[worst]
		open[worst] = open[len(open)-1]
		open = open[:len(open)-1]
		for i := range uint32(4) {
			child := square{x: s.x<<1 | i&1, y: s.y<<1 | i>>1, level: s.level + 1}
			overlap, whole := child.overlap(minX, minY, maxX, maxY)
			switch {
			case !overlap:
			case whole || child.level == MaxZoom:
				done = append(done, child)
			default:
				child.waste = child.outside(minX, minY, maxX, maxY)
				open = append(open, child)
			}
		}
	}
	return merge(append(done, open...), limit)
}

// span returns the first and last map unit of the square on each axis.
func (s square) span() (x0, y0, x1, y1 uint32) {
	side := uint32(1) << (MaxZoom - s.level)
	x0, y0 = s.x*side, s.y*side
	return x0, y0, x0 + side - 1, y0 + side - 1
}

func (s square) overlap(minX, minY, maxX, maxY uint32) (some, whole bool) {
	x0, y0, x1, y1 := s.span()
	some = x0 <= maxX && x1 >= minX && y0 <= maxY && y1 >= minY
	whole = x0 >= minX && x1 <= maxX && y0 >= minY && y1 <= maxY
	return some, whole
}

func (s square) outside(minX, minY, maxX, maxY uint32) float64 {
	x0, y0, x1, y1 := s.span()
	side := float64(x1-x0) + 1
	w := float64(min(x1, maxX)-max(x0, minX)) + 1
	h := float64(min(y1, maxY)-max(y0, minY)) + 1
	return side*side - w*h
}

// merge turns squares into ordered ranges and closes the narrowest gaps until limit is kept.
func merge(squares []square, limit int) []Range {
	ranges := make([]Range, 0, len(squares))
	for _, s := range squares {
		ranges = append(ranges, Tile{Z: s.level, X: s.x, Y: s.y}.Range())
	}
	slices.SortFunc(ranges, func(a, b Range) int {
		if a.Lo < b.Lo {
			return -1
		}
		return 1
	})
	for i := 0; i+1 < len(ranges); {
		if ranges[i].Hi == ranges[i+1].Lo {
			ranges[i].Hi = ranges[i+1].Hi
			ranges = slices.Delete(ranges, i+1, i+2)
			continue
		}
		i++
	}
	for len(ranges) > max(limit, 1) {
		best := 0
		for i := range len(ranges) - 1 {
			if ranges[i+1].Lo-ranges[i].Hi < ranges[best+1].Lo-ranges[best].Hi {
				best = i
			}
		}
		ranges[best].Hi = ranges[best+1].Hi
		ranges = slices.Delete(ranges, best+1, best+2)
	}
	return ranges
}
