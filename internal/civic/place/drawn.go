package place

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geo"
	"github.com/paulmach/orb/planar"
)

// Limits of what a person draws. They keep out what was mistyped: a line has to
// be seen on a map, and an area has to be less than a city.
const (
	MaxDrawn   = 500 // corners
	maxDrawing = 64 << 10
	minLength  = 5.0        // metres
	maxLength  = 60_000.0   // metres
	minArea    = 10.0       // square metres
	maxArea    = 50_000_000 // square metres
)

// The kinds of what is drawn as a list of corners.
const (
	DrawnLine = "line"
	DrawnArea = "area"
)

// Fault is why what was drawn is no place: "place.drawn."+Fault is its text,
// "" is no fault.
type Fault string

// The faults.
const (
	FaultRead    Fault = "read"    // neither corners nor GeoJSON
	FaultShort   Fault = "short"   // too few corners
	FaultMany    Fault = "many"    // more than MaxDrawn corners
	FaultOpen    Fault = "open"    // a ring that does not end where it began
	FaultCrosses Fault = "crosses" // the edge of an area crosses or touches itself
	FaultHole    Fault = "hole"    // a hole beside its area
	FaultSmall   Fault = "small"
	FaultLarge   Fault = "large"
	FaultOutside Fault = "outside" // not all of it lies in the city
)

// Drawn is a place as a person drew it.
type Drawn struct {
	Text     string // GeoJSON; "" for a point, of which Lat and Lon say all
	Lat, Lon float64
	Shape    orb.Geometry
}

// ReadDrawn reads what a person drew: GeoJSON, alone or as the only feature of a
// file, or a list of corners as "latitude, longitude", one a line. kind says what
// the corners are; without it they are an area if the last is the first. It is
// strict where ReadShape is not: what it returns can be drawn and measured.
func ReadDrawn(text, kind string) (Drawn, Fault) {
	if text = strings.TrimSpace(text); len(text) > maxDrawing {
		return Drawn{}, FaultMany
	}
	var shape orb.Geometry
	if strings.HasPrefix(text, "{") {
		var ok bool
		if shape, ok = ReadShape(bare(text)); !ok {
			return Drawn{}, FaultRead
		}
	} else {
		corners, ok := readCorners(text)
		if !ok {
			return Drawn{}, FaultRead
		}
		shape = fromCorners(corners, kind)
	}
	shape, fault := checkDrawn(shape)
	if fault != "" {
		return Drawn{}, fault
	}
	at := Middle(shape)
	d := Drawn{Lat: at.Lat(), Lon: at.Lon(), Shape: shape}
	if _, point := shape.(orb.Point); !point {
		d.Text = geoJSON(shape)
	}
	return d, ""
}

// bare takes the geometry out of a feature, or out of a file of one feature.
func bare(text string) string {
	var file struct {
		Type     string            `json:"type"`
		Features []json.RawMessage `json:"features"`
	}
	if json.Unmarshal([]byte(text), &file) == nil && file.Type == "FeatureCollection" && len(file.Features) == 1 {
		text = string(file.Features[0])
	}
	var feature struct {
		Type     string          `json:"type"`
		Geometry json.RawMessage `json:"geometry"`
	}
	if json.Unmarshal([]byte(text), &feature) == nil && feature.Type == "Feature" {
		return string(feature.Geometry)
	}
	return text
}

func readCorners(text string) (out []orb.Point, ok bool) {
	for line := range strings.Lines(text) {
		parts := pair(line)
		if len(parts) == 0 {
			continue
		}
		if len(parts) != 2 {
			return nil, false
		}
		lat, err1 := strconv.ParseFloat(parts[0], 64)
		lon, err2 := strconv.ParseFloat(parts[1], 64)
		if err1 != nil || err2 != nil || !(math.Abs(lat) <= 90 && math.Abs(lon) <= 180) {
			return nil, false
		}
		out = append(out, orb.Point{lon, lat})
	}
	return out, len(out) > 0
}

// pair parts the two numbers of a corner. Where both have a comma within, as in
// "42,8757; 74,6036", it is that of the decimals and does not part them.
func pair(line string) []string {
	parts := strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(" \t\r\n;", r) })
	for i, part := range parts {
		parts[i] = strings.Trim(part, ",")
	}
	if len(parts) == 2 && strings.Count(parts[0], ",") == 1 && strings.Count(parts[1], ",") == 1 {
		return []string{strings.Replace(parts[0], ",", ".", 1), strings.Replace(parts[1], ",", ".", 1)}
	}
	return strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(" \t\r\n;,", r) })
}

func fromCorners(corners []orb.Point, kind string) orb.Geometry {
	closed := len(corners) > 3 && corners[0] == corners[len(corners)-1]
	if kind == DrawnLine || kind != DrawnArea && !closed {
		return orb.LineString(corners)
	}
	if !closed {
		corners = append(corners, corners[0])
	}
	return orb.Polygon{orb.Ring(corners)}
}

// geoJSON writes a shape with six digits, which is a tenth of a metre.
func geoJSON(shape orb.Geometry) string {
	text, err := json.Marshal(struct {
		Type        string       `json:"type"`
		Coordinates orb.Geometry `json:"coordinates"`
	}{shape.GeoJSONType(), shape})
	if err != nil {
		return ""
	}
	return string(text)
}

// checkDrawn puts a shape right, corners that repeat the one before left out,
// and says what is wrong with it.
func checkDrawn(shape orb.Geometry) (orb.Geometry, Fault) {
	corners, ok := rounded(shape)
	if !ok {
		return nil, FaultRead
	}
	if corners > MaxDrawn {
		return nil, FaultMany
	}
	switch g := shape.(type) {
	case orb.Point:
		return g, ""
	case orb.LineString:
		lines, fault := checkLines(orb.MultiLineString{g})
		if fault != "" {
			return nil, fault
		}
		return lines[0], ""
	case orb.MultiLineString:
		lines, fault := checkLines(g)
		return lines, fault
	case orb.Polygon:
		areas, fault := checkAreas(orb.MultiPolygon{g})
		if fault != "" {
			return nil, fault
		}
		return areas[0], ""
	case orb.MultiPolygon:
		areas, fault := checkAreas(g)
		return areas, fault
	}
	return nil, FaultRead
}

// rounded cuts all corners to six digits in place and counts them; ok is false
// for one that is nowhere on earth.
func rounded(shape orb.Geometry) (n int, ok bool) {
	cut := func(line []orb.Point) {
		for i, p := range line {
			line[i] = orb.Point{math.Round(p[0]*1e6) / 1e6, math.Round(p[1]*1e6) / 1e6}
		}
		n += len(line)
	}
	switch g := shape.(type) {
	case orb.Point:
		n = 1
	case orb.LineString:
		cut(g)
	case orb.MultiLineString:
		for _, l := range g {
			cut(l)
		}
	case orb.Polygon:
		for _, r := range g {
			cut(r)
		}
	case orb.MultiPolygon:
		for _, p := range g {
			for _, r := range p {
				cut(r)
			}
		}
	}
	b := shape.Bound()
	return n, n > 0 && !b.IsEmpty() && OnEarth(b)
}

func checkLines(lines orb.MultiLineString) (orb.MultiLineString, Fault) {
	total := 0.0
	for i, l := range lines {
		if lines[i] = slices.Compact(l); len(lines[i]) < 2 {
			return nil, FaultShort
		}
		total += geo.Length(lines[i])
	}
	switch {
	case len(lines) == 0:
		return nil, FaultShort
	case total < minLength:
		return nil, FaultSmall
	case total > maxLength:
		return nil, FaultLarge
	}
	return lines, ""
}

func checkAreas(areas orb.MultiPolygon) (orb.MultiPolygon, Fault) {
	total := 0.0
	var edges []edgeOf
	for i, p := range areas {
		if len(p) == 0 {
			return nil, FaultShort
		}
		for j, r := range p {
			if p[j] = slices.Compact(r); len(p[j]) < 4 {
				return nil, FaultShort
			}
			if p[j][0] != p[j][len(p[j])-1] {
				return nil, FaultOpen
			}
			edges = append(edges, edgesOf(p[j], i*MaxDrawn+j)...)
			if j > 0 && !planar.RingContains(p[0], p[j][0]) {
				return nil, FaultHole
			}
		}
		total += math.Abs(geo.Area(p))
	}
	switch {
	case len(areas) == 0:
		return nil, FaultShort
	case crossing(edges):
		return nil, FaultCrosses
	case total < minArea:
		return nil, FaultSmall
	case total > maxArea:
		return nil, FaultLarge
	}
	return areas, ""
}

// edgeOf is one edge of a ring.
type edgeOf struct {
	a, b        orb.Point
	ring, n, of int
}

func edgesOf(ring orb.Ring, id int) (out []edgeOf) {
	for i := 1; i < len(ring); i++ {
		out = append(out, edgeOf{ring[i-1], ring[i], id, i - 1, len(ring) - 1})
	}
	return out
}

// crossing tells whether two edges meet where they must not. With MaxDrawn
// corners that is at most 125 000 pairs.
func crossing(edges []edgeOf) bool {
	for i, e := range edges {
		for _, f := range edges[i+1:] {
			if e.meets(f) {
				return true
			}
		}
	}
	return false
}

// meets tells whether two edges have a point in common that they must not have:
// neighbours have their corner, edges of different rings may touch in one.
func (e edgeOf) meets(f edgeOf) bool {
	a, b, c, d := side(e.a, e.b, f.a), side(e.a, e.b, f.b), side(f.a, f.b, e.a), side(f.a, f.b, e.b)
	flat := a == 0 && b == 0
	switch {
	case e.ring != f.ring:
		return a*b < 0 && c*d < 0
	case f.n == e.n+1 || e.n == 0 && f.n == e.of-1:
		// Neighbours: one may not lie upon the other.
		p, q, corner := e.a, f.b, e.b
		if f.n != e.n+1 {
			p, q, corner = e.b, f.a, e.a
		}
		return flat && (p[0]-corner[0])*(q[0]-corner[0])+(p[1]-corner[1])*(q[1]-corner[1]) > 0
	case flat:
		return lies(f.a, e.a, e.b) || lies(f.b, e.a, e.b) || lies(e.a, f.a, f.b)
	}
	return a*b <= 0 && c*d <= 0
}

// side is on which side of the way from a to b a point lies: 1, -1, or 0 on it.
// Corners have six digits, so that the sum of whole numbers is exact.
func side(a, b, p orb.Point) int {
	x := func(v float64) int64 { return int64(math.Round(v * 1e6)) }
	n := (x(b[0])-x(a[0]))*(x(p[1])-x(a[1])) - (x(b[1])-x(a[1]))*(x(p[0])-x(a[0]))
	switch {
	case n > 0:
		return 1
	case n < 0:
		return -1
	}
	return 0
}

// lies tells whether a point of the line through a and b lies between them.
func lies(p, a, b orb.Point) bool {
	return min(a[0], b[0]) <= p[0] && p[0] <= max(a[0], b[0]) && min(a[1], b[1]) <= p[1] && p[1] <= max(a[1], b[1])
}

// Corners writes a shape of one line or one ring for ReadDrawn, so that it can be
// corrected corner by corner, and its kind; what has more parts stays GeoJSON
// without a kind.
func Corners(text string) (corners, kind string) {
	shape, _ := ReadShape(text)
	var line orb.LineString
	switch g := shape.(type) {
	case orb.LineString:
		line, kind = g, DrawnLine
	case orb.Polygon:
		if len(g) == 1 && len(g[0]) > 3 {
			line, kind = orb.LineString(g[0][:len(g[0])-1]), DrawnArea
		}
	}
	if kind == "" {
		return text, ""
	}
	var out strings.Builder
	for _, p := range line {
		out.WriteString(strconv.FormatFloat(p.Lat(), 'f', -1, 64) + ", " + strconv.FormatFloat(p.Lon(), 'f', -1, 64) + "\n")
	}
	return out.String(), kind
}
