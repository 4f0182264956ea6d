package place

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/db/dbtest"
	"github.com/ashar-kg/ashar/internal/platform/tiles"
	"github.com/ashar-kg/ashar/internal/platform/tiles/tiletest"
)

const (
	bishkek = int64(1)
	osh     = int64(2)
)

var states = []string{StateOpen, StateWork, StateFixed, StateClosed}

func update(t testing.TB, d *db.DB, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Update(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

func view(t testing.TB, d *db.DB, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := d.View(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

func fold(t testing.TB, d *db.DB) {
	t.Helper()
	if _, err := FoldDeltas(context.Background(), d); err != nil {
		t.Fatal(err)
	}
}

func count(t testing.TB, d *db.DB, city int64, category string) (c Counts) {
	t.Helper()
	view(t, d, func(tx *db.Tx) (err error) {
		c, err = CountPoints(tx, city, "report", category)
		return err
	})
	return c
}

func tile(t testing.TB, d *db.DB, city int64, at tiles.Tile, category string) map[string][]tiletest.Feature {
	t.Helper()
	var out []byte
	view(t, d, func(tx *db.Tx) (err error) {
		out, err = Tile(tx, city, "report", at, category)
		return err
	})
	return tiletest.Decode(t, out)
}

func TestCountsFollowEveryWrite(t *testing.T) {
	dbtest.Each(t, []db.Migrations{Migrations}, func(t *testing.T, d *db.DB) {
		lamp := Point{Layer: "report", ID: 7, Lat: 42.876, Lon: 74.6036, State: StateOpen, Category: "lighting", Created: 5}
		steps := []struct {
			name     string
			do       func(tx *db.Tx) error
			all, lit Counts
		}{
			{
				"a new point counts as open",
				func(tx *db.Tx) error { return Put(tx, bishkek, lamp) },
				Counts{All: 1, Open: 1},
				Counts{All: 1, Open: 1},
			},
			{
				"the same again counts once",
				func(tx *db.Tx) error { return Put(tx, bishkek, lamp) },
				Counts{All: 1, Open: 1},
				Counts{All: 1, Open: 1},
			},
			{
				"a second without category counts among all only",
				func(tx *db.Tx) error {
					return Put(tx, bishkek, Point{Layer: "report", ID: 8, Lat: 42.87, Lon: 74.6, State: "odd"})
				},
				Counts{All: 2, Open: 1},
				Counts{All: 1, Open: 1},
			},
			{
				"a mended one changes its state",
				func(tx *db.Tx) error {
					p := lamp
					p.State = StateFixed
					return Put(tx, bishkek, p)
				},
				Counts{All: 2, Fixed: 1},
				Counts{All: 1, Fixed: 1},
			},
			{
				"a moved one keeps it",
				func(tx *db.Tx) error { return Move(tx, bishkek, "report", 7, 42.9, 74.5) },
				Counts{All: 2, Fixed: 1},
				Counts{All: 1, Fixed: 1},
			},
			{
				"a removed one is gone",
				func(tx *db.Tx) error { return Remove(tx, bishkek, "report", 7) },
				Counts{All: 1},
				Counts{},
			},
			{
				"removing twice changes nothing",
				func(tx *db.Tx) error { return Remove(tx, bishkek, "report", 7) },
				Counts{All: 1},
				Counts{},
			},
			{
				"another city has its own",
				func(tx *db.Tx) error { return Put(tx, osh, lamp) },
				Counts{All: 1},
				Counts{},
			},
		}
		for _, s := range steps {
			update(t, d, s.do)
			fold(t, d)
			if got := count(t, d, bishkek, ""); got != s.all {
				t.Errorf("%s: all are %+v, want %+v", s.name, got, s.all)
			}
			if got := count(t, d, bishkek, "lighting"); got != s.lit {
				t.Errorf("%s: lights are %+v, want %+v", s.name, got, s.lit)
			}
		}
		if n, err := FoldDeltas(context.Background(), d); n != 0 || err != nil {
			t.Errorf("nothing is left to fold, yet FoldDeltas = %d, %v", n, err)
		}
	})
}

func TestWrongPointsAreRefused(t *testing.T) {
	dbtest.Each(t, []db.Migrations{Migrations}, func(t *testing.T, d *db.DB) {
		for name, p := range map[string]Point{
			"no layer":           {ID: 1, Lat: 42, Lon: 74},
			"no id":              {Layer: "report", Lat: 42, Lon: 74},
			"beyond the pole":    {Layer: "report", ID: 1, Lat: 91, Lon: 74},
			"beyond the world":   {Layer: "report", ID: 1, Lat: 42, Lon: 190},
			"not even a number":  {Layer: "report", ID: 1, Lat: nan(), Lon: 74},
			"longitude no value": {Layer: "report", ID: 1, Lat: 42, Lon: nan()},
		} {
			err := d.Update(context.Background(), func(tx *db.Tx) error { return Put(tx, bishkek, p) })
			if !errors.Is(err, db.ErrInvalid) {
				t.Errorf("%s: %v, want ErrInvalid", name, err)
			}
		}
		err := d.Update(context.Background(), func(tx *db.Tx) error { return Move(tx, bishkek, "report", 99, 42, 74) })
		if !errors.Is(err, db.ErrNotFound) {
			t.Errorf("moving a point that is not there: %v, want ErrNotFound", err)
		}
	})
}

func nan() float64 {
	var zero float64
	return zero / zero
}

// Whatever is written in whatever order, the clusters of every zoom add up to the points, by
// category and by state, and a recount from the points finds the same cells.
func TestClustersAddUpToThePoints(t *testing.T) {
	dbtest.Each(t, []db.Migrations{Migrations}, func(t *testing.T, d *db.DB) {
		city := int64(10)
		rapid.Check(t, func(r *rapid.T) {
			city++
			alive := map[int64]Point{}
			for range rapid.IntRange(1, 12).Draw(r, "writes") {
				update(t, d, func(tx *db.Tx) error {
					id := rapid.Int64Range(1, 6).Draw(r, "id")
					if rapid.IntRange(0, 4).Draw(r, "remove") == 0 {
						delete(alive, id)
						return Remove(tx, city, "report", id)
					}
					p := Point{
						Layer: "report", ID: id,
						Lat:      rapid.Float64Range(42.80, 42.95).Draw(r, "lat"),
						Lon:      rapid.Float64Range(74.50, 74.70).Draw(r, "lon"),
						State:    rapid.SampledFrom(states).Draw(r, "state"),
						Category: rapid.SampledFrom([]string{"", "lighting", "road"}).Draw(r, "category"),
					}
					alive[id] = p
					return Put(tx, city, p)
				})
				if rapid.Bool().Draw(r, "fold") {
					fold(t, d)
				}
			}
			fold(t, d)
			for _, category := range []string{"", "lighting", "road"} {
				want := map[string]int64{}
				for _, p := range alive {
					if category == "" || category == p.Category {
						want["n"]++
						want[p.State]++
					}
				}
				zoom := rapid.IntRange(0, 15).Draw(r, "zoom")
				if got := sumTiles(t, d, city, zoom, category, alive); !cmp.Equal(want, got) {
					r.Fatalf("zoom %d category %q: tiles show %v, want %v", zoom, category, got, want)
				}
			}
			before := cells(t, d, city)
			update(t, d, func(tx *db.Tx) error { return Recount(tx, city, "report") })
			if diff := cmp.Diff(before, cells(t, d, city)); diff != "" {
				r.Fatalf("a recount differs (-folded +recounted):\n%s", diff)
			}
		})
	})
}

// sumTiles adds up the clusters of every tile of a zoom that may hold a point.
func sumTiles(t *testing.T, d *db.DB, city int64, zoom int, category string, alive map[int64]Point) map[string]int64 {
	sum := map[string]int64{}
	seen := map[tiles.Tile]bool{}
	for _, p := range alive {
		at := tiles.At(p.Lon, p.Lat, zoom)
		if seen[at] {
			continue
		}
		seen[at] = true
		for _, f := range tile(t, d, city, at, category)[LayerClusters] {
			for key, n := range f.Tags {
				if n.(int64) != 0 {
					sum[key] += n.(int64)
				}
			}
		}
	}
	return sum
}

func cells(t *testing.T, d *db.DB, city int64) (out [][9]int64) {
	view(t, d, func(tx *db.Tx) (err error) {
		out, err = db.All(tx, "test.cells", `SELECT level, cell, n, n_open, n_work, n_fixed, n_closed, sum_x, sum_y FROM place_cell
			WHERE city_id = $1 AND n > 0 ORDER BY level, cell, facet, n`, func(r db.Row) (v [9]int64, err error) {
			err = r.Scan(&v[0], &v[1], &v[2], &v[3], &v[4], &v[5], &v[6], &v[7], &v[8])
			return v, err
		}, city)
		return err
	})
	slices.SortFunc(out, func(a, b [9]int64) int { return slices.Compare(a[:], b[:]) })
	return out
}

// someCity returns n points around the middle of Bishkek, always the same ones.
func someCity(n int, seed uint64) []Point {
	r := rand.New(rand.NewPCG(seed, 42))
	categories := []string{"lighting", "road", "water", "trees", "waste", "transport", "aryk", "heating", "noise", "other"}
	out := make([]Point, n)
	for i := range out {
		out[i] = Point{
			Layer: "report", ID: int64(seed)<<32 | int64(i+1),
			Lat:   42.87 + r.Float64()*0.14 - 0.07,
			Lon:   74.60 + r.Float64()*0.2 - 0.1,
			State: states[r.IntN(4)], Category: categories[r.IntN(len(categories))], Created: int64(i),
		}
	}
	return out
}

func TestLoadAndRecountAgree(t *testing.T) {
	dbtest.Each(t, []db.Migrations{Migrations}, func(t *testing.T, d *db.DB) {
		points := someCity(3000, 1)
		update(t, d, func(tx *db.Tx) error { return Load(tx, bishkek, points) })
		update(t, d, func(tx *db.Tx) error {
			if err := Append(tx, osh, points); err != nil {
				return err
			}
			return Recount(tx, osh, "report")
		})
		if got := count(t, d, bishkek, "").All; got != 3000 {
			t.Errorf("%d points are counted, want 3000", got)
		}
		if diff := cmp.Diff(cells(t, d, bishkek), cells(t, d, osh)); diff != "" {
			t.Error("loading and recounting made different cells")
		}
	})
}

func TestCloseTilesShowPoints(t *testing.T) {
	dbtest.Each(t, []db.Migrations{Migrations}, func(t *testing.T, d *db.DB) {
		lamp := Point{Layer: "report", ID: 70, Lat: 42.876, Lon: 74.6036, State: StateOpen, Category: "lighting"}
		road := Point{Layer: "report", ID: 71, Lat: 42.8761, Lon: 74.6037, State: StateWork, Category: "road"}
		update(t, d, func(tx *db.Tx) error { return Load(tx, bishkek, []Point{lamp, road}) })
		for _, zoom := range []int{16, 17, 18, 19, 22} {
			at := tiles.At(lamp.Lon, lamp.Lat, zoom)
			got := tile(t, d, bishkek, at, "lighting")[LayerPoints]
			x, y := at.Pixel(tiles.Quadkey(lamp.Lon, lamp.Lat))
			want := []tiletest.Feature{{
				ID: 70, Type: 1, Shape: [][]tiles.XY{{{X: x, Y: y}}},
				Tags: map[string]any{"state": "open", "category": "lighting"},
			}}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("zoom %d (-want +got):\n%s", zoom, diff)
			}
		}
		if got := tile(t, d, bishkek, tiles.At(lamp.Lon, lamp.Lat, 16), "")[LayerPoints]; len(got) != 2 {
			t.Errorf("without a filter there are %d points, want 2", len(got))
		}
		if got := tile(t, d, osh, tiles.At(lamp.Lon, lamp.Lat, 16), ""); len(got) != 0 {
			t.Errorf("another city shows %v", got)
		}
	})
}

func TestACrowdedCloseTileStaysExact(t *testing.T) {
	dbtest.Each(t, []db.Migrations{Migrations}, func(t *testing.T, d *db.DB) {
		crowd := make([]Point, pointLimit+50)
		for i := range crowd {
			crowd[i] = Point{Layer: "report", ID: int64(i + 1), Lat: 42.8760 + float64(i)*1e-7, Lon: 74.6036, State: StateOpen}
		}
		update(t, d, func(tx *db.Tx) error { return Load(tx, bishkek, crowd) })
		got := tile(t, d, bishkek, tiles.At(74.6036, 42.8760, 16), "")
		var sum int64
		for _, f := range got[LayerClusters] {
			sum += f.Tags["n"].(int64)
		}
		if len(got[LayerPoints]) != 0 || sum != int64(len(crowd)) {
			t.Errorf("%d points and clusters of %d, want clusters of %d", len(got[LayerPoints]), sum, len(crowd))
		}
	})
}

func TestNearbyFindsTheNearestInOrder(t *testing.T) {
	dbtest.Each(t, []db.Migrations{Migrations}, func(t *testing.T, d *db.DB) {
		points := someCity(2000, 3)
		update(t, d, func(tx *db.Tx) error { return Load(tx, bishkek, points) })
		lat, lon := 42.87, 74.60
		open := func(p Point) bool { return p.State == StateOpen }
		for _, tt := range []struct {
			metres float64
			limit  int
			keep   func(Point) bool
		}{{100, 5, nil}, {1000, 5, nil}, {1000, 5, open}, {3000, 1000, nil}, {50000, 10, open}, {10, 3, nil}} {
			var want []int64
			byDistance := slices.DeleteFunc(slices.Clone(points), func(p Point) bool { return p.State != StateOpen && p.State != StateWork })
			slices.SortFunc(byDistance, func(a, b Point) int {
				if tiles.Distance(lon, lat, a.Lon, a.Lat) < tiles.Distance(lon, lat, b.Lon, b.Lat) {
					return -1
				}
				return 1
			})
			for _, p := range byDistance {
				if tiles.Distance(lon, lat, p.Lon, p.Lat) <= tt.metres && (tt.keep == nil || tt.keep(p)) && len(want) < tt.limit {
					want = append(want, p.ID)
				}
			}
			var got []int64
			view(t, d, func(tx *db.Tx) error {
				found, err := Nearby(tx, bishkek, "report", lat, lon, tt.metres, tt.limit, tt.keep)
				for _, n := range found {
					got = append(got, n.ID)
				}
				return err
			})
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%v m, %d points (-want +got):\n%s", tt.metres, tt.limit, diff)
			}
		}
	})
}

func TestTwoFoldersCountEachChangeOnce(t *testing.T) {
	dbtest.Each(t, []db.Migrations{Migrations}, func(t *testing.T, d *db.DB) {
		for i, p := range someCity(60, 4) {
			update(t, d, func(tx *db.Tx) error { return Put(tx, bishkek, p) })
			if i%20 != 19 {
				continue
			}
			done := make(chan error)
			for range 2 {
				go func() {
					_, err := FoldDeltas(context.Background(), d)
					done <- err
				}()
			}
			for range 2 {
				if err := <-done; err != nil {
					t.Fatal(err)
				}
			}
		}
		if got := count(t, d, bishkek, "").All; got != 60 {
			t.Errorf("%d points are counted, want 60", got)
		}
	})
}
