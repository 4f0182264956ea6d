package place

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/paulmach/orb"
)

// round is a ring of n corners about a place of Bishkek, a corner a line.
func round(n int) string {
	var out strings.Builder
	for i := range n {
		turn := 2 * math.Pi * float64(i) / float64(n)
		fmt.Fprintf(&out, "%.6f, %.6f\n", 42.87+0.005*math.Sin(turn), 74.6+0.005*math.Cos(turn))
	}
	return out.String()
}

func TestADrawnPlaceIsReadOrItsFaultIsTold(t *testing.T) {
	area := func(rings string) string { return `{"type":"Polygon","coordinates":[` + rings + `]}` }
	for name, c := range map[string]struct {
		text, kind string
		fault      Fault
		want       string
	}{
		"a line": {text: "42.87, 74.59\n42.87;74.60\n\n 42.88 74.61 ", want: `{"type":"LineString","coordinates":[[74.59,42.87],[74.6,42.87],[74.61,42.88]]}`},
		"corners that are an area are closed": {
			text: "42.87, 74.59\n42.87, 74.60\n42.88, 74.60", kind: DrawnArea, want: area(`[[74.59,42.87],[74.6,42.87],[74.6,42.88],[74.59,42.87]]`),
		},
		"decimal commas":                     {text: "42,87; 74,59\n42,87 74,60\n42,88, 74,61", want: `{"type":"LineString","coordinates":[[74.59,42.87],[74.6,42.87],[74.61,42.88]]}`},
		"two corners on a line":              {text: "42.87,74.59 42.87,74.60\n42.88,74.60", fault: FaultRead},
		"a closed list is an area":           {text: "42.87,74.59\n42.87,74.60\n42.88,74.60\n42.87,74.59", want: area(`[[74.59,42.87],[74.6,42.87],[74.6,42.88],[74.59,42.87]]`)},
		"a closed list that is to be a line": {text: "42.87,74.59\n42.87,74.60\n42.88,74.60\n42.87,74.59", kind: DrawnLine, want: `{"type":"LineString","coordinates":[[74.59,42.87],[74.6,42.87],[74.6,42.88],[74.59,42.87]]}`},
		"a point is no text":                 {text: `{"type":"Point","coordinates":[74.6,42.87]}`},
		"a file of one feature": {
			text: `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":{"type":"LineString","coordinates":[[74.5900001,42.87,700],[74.59,42.87],[74.6,42.87]]}}]}`,
			want: `{"type":"LineString","coordinates":[[74.59,42.87],[74.6,42.87]]}`,
		},
		"two areas": {
			text: `{"type":"MultiPolygon","coordinates":[[[[74.59,42.87],[74.6,42.87],[74.6,42.88],[74.59,42.87]]],[[[74.61,42.87],[74.62,42.87],[74.62,42.88],[74.61,42.87]]]]}`,
			want: `{"type":"MultiPolygon","coordinates":[[[[74.59,42.87],[74.6,42.87],[74.6,42.88],[74.59,42.87]]],[[[74.61,42.87],[74.62,42.87],[74.62,42.88],[74.61,42.87]]]]}`,
		},
		"many corners":             {text: round(MaxDrawn - 1), kind: DrawnArea, want: "*"},
		"words":                    {text: "from here to there", fault: FaultRead},
		"nothing":                  {text: " ", fault: FaultRead},
		"one number":               {text: "42.87\n74.6", fault: FaultRead},
		"no number":                {text: "NaN, 74.6\n42.87, 74.6", fault: FaultRead},
		"off the earth":            {text: "142.87, 74.6\n42.87, 74.6", fault: FaultRead},
		"GeoJSON cut short":        {text: `{"type":"LineString","coordinates":[[74.59,42.87`, fault: FaultRead},
		"a circle":                 {text: `{"type":"Circle","coordinates":[74.59,42.87]}`, fault: FaultRead},
		"points":                   {text: `{"type":"MultiPoint","coordinates":[[74.59,42.87],[74.6,42.87]]}`, fault: FaultRead},
		"no lines":                 {text: `{"type":"MultiLineString","coordinates":[]}`, fault: FaultRead},
		"one corner":               {text: "42.87, 74.6", fault: FaultShort},
		"the same corner twice":    {text: "42.87, 74.6\n42.87, 74.6", fault: FaultShort},
		"an area of two corners":   {text: "42.87, 74.6\n42.88, 74.6", kind: DrawnArea, fault: FaultShort},
		"too many corners":         {text: round(MaxDrawn + 1), kind: DrawnArea, fault: FaultMany},
		"an open ring":             {text: area(`[[74.59,42.87],[74.6,42.87],[74.6,42.88],[74.59,42.88]]`), fault: FaultOpen},
		"a bow tie":                {text: "42.87,74.59\n42.88,74.60\n42.87,74.60\n42.88,74.59", kind: DrawnArea, fault: FaultCrosses},
		"a spike":                  {text: "42.87,74.59\n42.87,74.60\n42.87,74.595\n42.88,74.595", kind: DrawnArea, fault: FaultCrosses},
		"there and back":           {text: "42.87,74.59\n42.87,74.60\n42.88,74.60\n42.87,74.60", kind: DrawnArea, fault: FaultCrosses},
		"a corner on an edge":      {text: "42.87,74.59\n42.87,74.61\n42.88,74.61\n42.87,74.60\n42.88,74.59", kind: DrawnArea, fault: FaultCrosses},
		"a hole that crosses":      {text: area(`[[74.59,42.87],[74.61,42.87],[74.61,42.89],[74.59,42.87]],[[74.605,42.875],[74.62,42.875],[74.605,42.88],[74.605,42.875]]`), fault: FaultCrosses},
		"a hole beside":            {text: area(`[[74.59,42.87],[74.6,42.87],[74.6,42.88],[74.59,42.87]],[[74.5,42.8],[74.51,42.8],[74.51,42.81],[74.5,42.8]]`), fault: FaultHole},
		"a line of a step":         {text: "42.87, 74.6\n42.87001, 74.6", fault: FaultSmall},
		"an area of a doormat":     {text: "42.87,74.6\n42.87,74.60001\n42.87001,74.60001", kind: DrawnArea, fault: FaultSmall},
		"a line to another city":   {text: "42.87, 74.6\n40.51, 72.81", fault: FaultLarge},
		"an area of a district":    {text: "42.8,74.5\n42.8,74.7\n42.9,74.7\n42.9,74.5", kind: DrawnArea, fault: FaultLarge},
		"more than can be a place": {text: strings.Repeat("42.87, 74.6\n", 10000), fault: FaultMany},
	} {
		d, fault := ReadDrawn(c.text, c.kind)
		if fault != c.fault || c.want != "*" && d.Text != c.want {
			t.Errorf("%s: %q, fault %q, want %q, fault %q", name, d.Text, fault, c.want, c.fault)
		}
		if fault == "" {
			if again, fault := ReadDrawn(d.Text, ""); d.Text != "" && (fault != "" || again.Text != d.Text) {
				t.Errorf("%s: read again it is %q, fault %q", name, again.Text, fault)
			}
			if corners, kind := Corners(d.Text); kind != "" {
				if again, fault := ReadDrawn(corners, kind); fault != "" || again.Text != d.Text {
					t.Errorf("%s: its corners are %q, fault %q", name, again.Text, fault)
				}
			}
		}
	}
}

// FuzzADrawnPlace looks for text that makes the reader fall, and for what it
// takes and would not take again.
func FuzzADrawnPlace(f *testing.F) {
	f.Add("42.87, 74.59\n42.87, 74.60\n42.88, 74.60", DrawnArea)
	f.Add(`{"type":"MultiPolygon","coordinates":[[[[74.59,42.87],[74.6,42.87],[74.6,42.88],[74.59,42.87]],[]]]}`, "")
	f.Add(`{"type":"Feature","geometry":{"type":"Feature"}}`, "")
	f.Fuzz(func(t *testing.T, text, kind string) {
		d, fault := ReadDrawn(text, kind)
		if fault == "" && d.Text != "" {
			if _, fault := ReadDrawn(d.Text, ""); fault != "" {
				t.Errorf("%q becomes %q, which is %s", text, d.Text, fault)
			}
		}
		NewAreas(nil).Districts(orb.Point{d.Lon, d.Lat}, 0)
	})
}

func TestAShapeIsInTheDistrictsThatItReaches(t *testing.T) {
	square := func(code string, west, east float64) Area {
		ring := orb.Ring{{west, 42.8}, {east, 42.8}, {east, 42.9}, {west, 42.9}, {west, 42.8}}
		return Area{Kind: AreaDistrict, Code: code, Shape: orb.MultiPolygon{{ring}}}
	}
	city := square("", 74.5, 74.7)
	city.Kind = AreaBoundary
	areas := NewAreas([]Area{city, square("west", 74.5, 74.6), square("east", 74.6, 74.7)})
	for name, c := range map[string]struct {
		text, kind string
		want       string
		holds      bool
	}{
		"a line in one":       {"42.85, 74.51\n42.86, 74.55", DrawnLine, "west 100", true},
		"three parts of four": {"42.85, 74.57\n42.85, 74.61", DrawnLine, "west 75, east 25", true},
		"an area across":      {"42.85,74.59\n42.85,74.63\n42.86,74.63\n42.86,74.59", DrawnArea, "east 75, west 25", true},
		"a thin area":         {"42.85,74.57\n42.88,74.61\n42.8801,74.61\n42.8501,74.57", DrawnArea, "west 75, east 25", true},
		"a line that leaves":  {"42.85, 74.69\n42.85, 74.73", DrawnLine, "east 25", false},
		"a way round outside": {"42.89, 74.55\n42.91, 74.56\n42.89, 74.57", DrawnLine, "west 50", false},
		"up to the edge":      {"42.85, 74.55\n42.8999, 74.55\n42.85, 74.56", DrawnLine, "west 100", true},
	} {
		d, fault := ReadDrawn(c.text, c.kind)
		if fault != "" {
			t.Fatalf("%s: %s", name, fault)
		}
		var got []string
		for _, r := range areas.Districts(d.Shape, 1) {
			got = append(got, fmt.Sprintf("%s %.0f", r.Area.Code, r.Share*100))
		}
		if text := strings.Join(got, ", "); text != c.want || areas.Holds(d.Shape, 1) != c.holds {
			t.Errorf("%s: in %s, want %s; all in the city: %v", name, text, c.want, !c.holds)
		}
	}
}
