package place

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ashar-kg/ashar/internal/platform/clock"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/db/dbtest"
	"github.com/ashar-kg/ashar/internal/platform/tiles"
	"github.com/ashar-kg/ashar/internal/platform/tiles/tiletest"
)

func TestNamesAreKeptAndReadAgainWhenChanged(t *testing.T) {
	dbtest.Each(t, []db.Migrations{Migrations}, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		now := clock.At(time.UnixMilli(1000))
		s := NewStore(d, now)
		search := func(city int64, query string) int {
			g, err := s.Gazetteer(ctx, city)
			if err != nil {
				t.Fatal(err)
			}
			return len(g.Search(query, 5))
		}
		names := bishkekNames(t)
		if n := search(bishkek, "чуй"); n != 0 {
			t.Errorf("an empty gazetteer finds %d", n)
		}
		update(t, d, func(tx *db.Tx) error { return PutNames(tx, bishkek, names) })
		if n := search(bishkek, "чуй"); n != 0 {
			t.Errorf("within the same second %d are found, want what was held", n)
		}
		now.Advance(checkAfter)
		if n := search(bishkek, "чуй"); n == 0 {
			t.Error("a second later the new names are not found")
		}
		if n := search(osh, "чуй"); n != 0 {
			t.Errorf("another city finds %d", n)
		}
		view(t, d, func(tx *db.Tx) error {
			got, err := Names(tx, bishkek)
			if diff := cmp.Diff(names, got); diff != "" {
				t.Errorf("names read back differ (-want +got):\n%s", diff)
			}
			return err
		})
		update(t, d, func(tx *db.Tx) error { return RemoveName(tx, bishkek, names[4].ID) })
		now.Advance(checkAfter)
		if n := search(bishkek, "асанбай"); n != 0 {
			t.Errorf("a removed name is still found %d times", n)
		}
		now.Advance(dropAfter + time.Second)
		search(3, "чуй")
		if len(s.names) != 1 {
			t.Errorf("%d cities are held, want the one asked for lately", len(s.names))
		}
		for _, e := range []Entry{{ID: 1, Kind: "ocean", Names: Texts{Ky: "а"}}, {Kind: KindStreet, Names: Texts{Ky: "а"}}, {ID: 1, Kind: KindStreet}} {
			err := d.Update(ctx, func(tx *db.Tx) error { return PutNames(tx, bishkek, []Entry{e}) })
			if !errors.Is(err, db.ErrInvalid) {
				t.Errorf("%+v: %v, want ErrInvalid", e, err)
			}
		}
	})
}

const twoDistricts = `{"type":"FeatureCollection","features":[
 {"type":"Feature","properties":{"code":"west","name_ky":"Батыш","name_ru":"Запад","approximate":true,"residents":1200,"residents_source_en":"census"},
  "geometry":{"type":"Polygon","coordinates":[[[74.5,42.8],[74.6,42.8],[74.6,42.9],[74.5,42.9],[74.5,42.8]],
   [[74.54,42.84],[74.54,42.86],[74.56,42.86],[74.56,42.84],[74.54,42.84]]]}},
 {"type":"Feature","properties":{"code":"east","name":"Чыгыш"},
  "geometry":{"type":"MultiPolygon","coordinates":[[[[74.6,42.8],[74.7,42.8],[74.7,42.9],[74.6,42.9],[74.6,42.8]]]]}}]}`

func TestDistrictsAreFoundAndSucceedEachOther(t *testing.T) {
	dbtest.Each(t, []db.Migrations{Migrations}, func(t *testing.T, d *db.DB) {
		list, err := ParseAreas([]byte(twoDistricts), AreaDistrict)
		if err != nil {
			t.Fatal(err)
		}
		one, err := ParseAreas([]byte(`{"type":"Polygon","coordinates":[[[74,42],[75,42],[75,43],[74,43],[74,42]]]}`), AreaDistrict)
		if err != nil {
			t.Fatal(err)
		}
		update(t, d, func(tx *db.Tx) error { return ReplaceAreas(tx, bishkek, AreaDistrict, 1000, list) })
		update(t, d, func(tx *db.Tx) error { return ReplaceAreas(tx, bishkek, AreaDistrict, 2000, one) })
		s, err := NewStore(d, clock.System{}).Areas(context.Background(), bishkek)
		if err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct {
			name     string
			lat, lon float64
			at       int64
			want     string
		}{
			{"in the west", 42.81, 74.51, 1500, "west"},
			{"in the hole of the west", 42.85, 74.55, 1500, ""},
			{"in the east", 42.85, 74.65, 1500, "east"},
			{"outside", 42.95, 74.65, 1500, ""},
			{"before there were districts", 42.81, 74.51, 999, ""},
			{"on the day of the change", 42.81, 74.51, 2000, "district-1"},
		} {
			got, ok := s.DistrictOf(tt.lat, tt.lon, tt.at)
			if got.Code != tt.want || ok != (tt.want != "") {
				t.Errorf("%s: %q, want %q", tt.name, got.Code, tt.want)
			}
		}
		west, _ := s.DistrictOf(42.81, 74.51, 1500)
		if west.Names.In("ru") != "Запад" || west.Names.In("en") != "Батыш" || !west.Approximate || west.ValidUntil != 2000 || west.Residents != 1200 || west.Counted.In("ky") != "census" {
			t.Errorf("the west reads back as %+v", west)
		}
		if !s.Contains(0, 0, 1500) {
			t.Error("a city without boundary must hold every place")
		}
	})
}

func TestWrongPolygonsAreRefused(t *testing.T) {
	for name, text := range map[string]string{
		"no JSON":          `polygon`,
		"people of nobody": `{"type":"Feature","properties":{"residents":5},"geometry":{"type":"Polygon","coordinates":[[[74,42],[75,42],[75,43],[74,42]]]}}`,
		"a point":          `{"type":"Point","coordinates":[74,42]}`,
		"an open ring":     `{"type":"Polygon","coordinates":[[[74,42],[75,42],[75,43],[74,43]]]}`,
		"too few corners":  `{"type":"Polygon","coordinates":[[[74,42],[75,42],[74,42]]]}`,
		"swapped degrees":  `{"type":"Polygon","coordinates":[[[42,174],[43,174],[43,175],[42,174]]]}`,
		"nothing":          `{"type":"MultiPolygon","coordinates":[]}`,
		"half a corner":    `{"type":"Polygon","coordinates":[[[74],[75,42],[75,43],[74]]]}`,
		"a part of no use": `{"type":"FeatureCollection","features":[{"type":"Feature","geometry":null}]}`,
	} {
		if _, err := ParseAreas([]byte(text), AreaDistrict); !errors.Is(err, db.ErrInvalid) {
			t.Errorf("%s: %v, want ErrInvalid", name, err)
		}
	}
}

func boundary(t testing.TB) *Areas {
	t.Helper()
	data, err := os.ReadFile("testdata/boundary.geojson")
	if err != nil {
		t.Fatal(err)
	}
	list, err := ParseAreas(data, AreaBoundary)
	if err != nil {
		t.Fatal(err)
	}
	return NewAreas(list)
}

func TestBoundaryOfBishkek(t *testing.T) {
	s := boundary(t)
	for name, tt := range map[string]struct {
		lat, lon float64
		want     bool
	}{
		"Ala-Too square": {42.8760, 74.6036, true},
		"Asanbay":        {42.8180, 74.6180, true},
		"Kant":           {42.8910, 74.8508, false},
		"Ala-Archa park": {42.5600, 74.4830, false},
	} {
		if got := s.Contains(tt.lat, tt.lon, 0); got != tt.want {
			t.Errorf("%s inside: %v, want %v", name, got, tt.want)
		}
	}
}

func TestBoundaryTilesStayInTheTile(t *testing.T) {
	s := boundary(t)
	for _, zoom := range []int{0, 8, 10, 12, 14} {
		at := tiles.At(74.7, 42.8665, zoom)
		got := tiletest.Decode(t, s.Tile(AreaBoundary, at, 0))[LayerAreas]
		if zoom >= 8 && len(got) != 1 {
			t.Errorf("zoom %d shows %d areas, want 1", zoom, len(got))
		}
		for _, f := range got {
			for _, ring := range f.Shape {
				for _, c := range ring {
					if c.X < -128 || c.Y < -128 || c.X > tiles.Extent+128 || c.Y > tiles.Extent+128 {
						t.Fatalf("zoom %d: corner %v lies outside", zoom, c)
					}
				}
				if f.Type != 3 || len(ring) < 3 {
					t.Fatalf("zoom %d: a ring of %d corners", zoom, len(ring))
				}
			}
		}
	}
	if got := s.Tile(AreaBoundary, tiles.At(10, 50, 10), 0); len(got) != 0 {
		t.Errorf("a tile elsewhere has %d bytes", len(got))
	}
}

func BenchmarkContains(b *testing.B) {
	s := boundary(b)
	for b.Loop() {
		s.Contains(42.8760, 74.6036, 0)
	}
}
