package seed

import (
	"encoding/json"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"
)

func load(t *testing.T) *Data {
	t.Helper()
	d, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// feature is a GeoJSON feature as far as the tests look into it.
type feature struct {
	Properties struct {
		Code        string `json:"code"`
		Body        string `json:"body"`
		Source      string `json:"source"`
		Approximate bool   `json:"approximate"`
		LabelKy     string `json:"label_ky"`
	} `json:"properties"`
	Geometry struct {
		Type        string          `json:"type"`
		Coordinates json.RawMessage `json:"coordinates"`
	} `json:"geometry"`
}

func features(t *testing.T, data []byte) []feature {
	t.Helper()
	var fc struct {
		Features []feature `json:"features"`
	}
	if err := json.Unmarshal(data, &fc); err != nil {
		t.Fatal(err)
	}
	return fc.Features
}

func shapes(t *testing.T, data []byte) map[string]orb.MultiPolygon {
	t.Helper()
	out := map[string]orb.MultiPolygon{}
	for _, f := range features(t, data) {
		var shape orb.MultiPolygon
		if err := json.Unmarshal(f.Geometry.Coordinates, &shape); err != nil {
			t.Fatalf("%s: %v", f.Properties.Code, err)
		}
		out[f.Properties.Code] = shape
	}
	return out
}

func TestDemoCityFitsTogether(t *testing.T) {
	d := load(t)
	if len(d.Categories) < 16 || len(d.Places) < 150 || len(d.Bodies) < 42 || len(d.Templates) < 15 {
		t.Errorf("%d categories, %d places, %d bodies, %d templates", len(d.Categories), len(d.Places), len(d.Bodies), len(d.Templates))
	}
}

func TestCheckFindsMistakes(t *testing.T) {
	for _, tc := range []struct {
		name, complains string
		spoil           func(*Data)
	}{
		{"a name without Kyrgyz", "a language is missing", func(d *Data) { d.Categories[0].Names.Ky = "" }},
		{"a route to nobody", "unknown body", func(d *Data) { d.Routes[0].Body = "nobody" }},
		{"a category without a route", "goes to nobody", func(d *Data) {
			code := d.Categories[0].Code
			d.Routes = slices.DeleteFunc(d.Routes, func(r Route) bool { return r.Category == code })
		}},
		{"a closing template without a reason", "names reason", func(d *Data) {
			i := slices.IndexFunc(d.Templates, func(x Template) bool { return x.Kind == "closed" })
			d.Templates[i].Reason = ""
		}},
		{"the same body twice", "twice", func(d *Data) { d.Bodies = append(d.Bodies, d.Bodies[0]) }},
		{"a fallback that does not exist", "is no body", func(d *Data) { d.Fallback = "x" }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := load(t)
			tc.spoil(d)
			err := d.check()
			if err == nil || !strings.Contains(err.Error(), tc.complains) {
				t.Errorf("got %v, want a complaint with %q", err, tc.complains)
			}
		})
	}
}

func TestEveryFileSaysItsSource(t *testing.T) {
	entries, err := files.ReadDir("bishkek")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), "json") {
			continue
		}
		var head struct {
			Source   string    `json:"source"`
			Note     string    `json:"note"`
			Features []feature `json:"features"`
		}
		if err := json.Unmarshal(read(e.Name()), &head); err != nil {
			t.Errorf("%s: %v", e.Name(), err)
		}
		if head.Source == "" && (len(head.Features) == 0 || head.Features[0].Properties.Source == "") {
			t.Errorf("%s names no source", e.Name())
		}
	}
}

func TestPlacesLieInTheirDistrict(t *testing.T) {
	boundary := shapes(t, load(t).Boundary)["bishkek"]
	districts := shapes(t, load(t).Districts)
	for _, p := range load(t).Places {
		at := orb.Point{p.Lon, p.Lat}
		if !planar.MultiPolygonContains(boundary, at) {
			t.Errorf("%s lies outside the city", p.Ru)
		}
		if !planar.MultiPolygonContains(districts[p.District], at) {
			t.Errorf("%s does not lie in %q", p.Ru, p.District)
		}
	}
}

func TestDistrictsCoverTheCity(t *testing.T) {
	d := load(t)
	districts := shapes(t, load(t).Districts)
	if len(districts) != 4 {
		t.Fatalf("%d districts", len(districts))
	}
	sum := 0.0
	for _, shape := range districts {
		sum += planar.Area(shape)
	}
	if whole := planar.Area(shapes(t, load(t).Boundary)["bishkek"]); math.Abs(sum-whole) > whole/1e4 {
		t.Errorf("districts cover %g of %g", sum, whole)
	}
	for _, f := range features(t, load(t).Districts) {
		if _, ok := d.Body(f.Properties.Body); !ok {
			t.Errorf("%s belongs to nobody", f.Properties.Code)
		}
		if !f.Properties.Approximate || f.Properties.LabelKy == "" {
			t.Errorf("%s is not marked as approximate", f.Properties.Code)
		}
	}
}

func TestBasemapStaysSmall(t *testing.T) {
	if n := len(Basemap()); n > 60_000 {
		t.Errorf("%d bytes", n)
	}
	kinds := map[string]bool{}
	for _, f := range features(t, Basemap()) {
		kinds[f.Geometry.Type] = true
	}
	if !kinds["LineString"] || !kinds["MultiPolygon"] {
		t.Errorf("holds only %v", kinds)
	}
}

func TestBodyFor(t *testing.T) {
	d := load(t)
	for _, tc := range []struct{ category, district, day, want string }{
		{"street-light", "leninsky", "2026-11-23", "gorsvet"},
		{"aryk", "oktyabrsky", "2026-11-23", "district-oktyabr"},
		{"aryk", "", "2026-11-23", "callcentre"},
		{"pothole", "leninsky", "2024-12-31", "district-lenin"},
		{"pothole", "leninsky", "2025-01-01", "basvs"},
		{"bus-stop", "leninsky", "2025-07-31", "stops-former"},
		{"bus-stop", "leninsky", "2025-08-01", "gdti"},
		{"volcano", "leninsky", "2026-11-23", "callcentre"},
	} {
		day, err := time.Parse(time.DateOnly, tc.day)
		if err != nil {
			t.Fatal(err)
		}
		if got := d.BodyFor(tc.category, tc.district, day); got != tc.want {
			t.Errorf("%s in %q on %s goes to %s, want %s", tc.category, tc.district, tc.day, got, tc.want)
		}
	}
}

func TestTemplatesUseKnownPlaceholders(t *testing.T) {
	known := []string{"{number}", "{category}", "{place}", "{date}", "{body}"}
	placeholder := regexp.MustCompile(`\{[^}]*\}`)
	for _, x := range load(t).Templates {
		want := placeholder.FindAllString(x.Texts.Ky, -1)
		slices.Sort(want)
		for _, text := range []string{x.Texts.Ky, x.Texts.Ru, x.Texts.En} {
			got := placeholder.FindAllString(text, -1)
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("%s: %v in one language, %v in another", x.Code, want, got)
			}
			for _, p := range got {
				if !slices.Contains(known, p) {
					t.Errorf("%s: nobody fills in %s", x.Code, p)
				}
			}
		}
	}
}

func TestPeopleWriteEnough(t *testing.T) {
	for _, p := range load(t).Phrases.Categories {
		if len(p.Reports.Ky) < 12 || len(p.Reports.Ru) < 12 {
			t.Errorf("%s: %d Kyrgyz and %d Russian texts", p.Code, len(p.Reports.Ky), len(p.Reports.Ru))
		}
		if len(p.Reports.In("xx")) == 0 {
			t.Errorf("%s: an unknown language gets nothing", p.Code)
		}
	}
}
