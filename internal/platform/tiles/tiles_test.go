package tiles

import (
	"errors"
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestParse(t *testing.T) {
	tests := []struct {
		path string
		want Tile
		ok   bool
	}{
		{"0/0/0", Tile{}, true},
		{"12/2897/1503.mvt", Tile{12, 2897, 1503}, true},
		{"31/2147483647/0", Tile{31, 2147483647, 0}, true},
		{"12/4096/0", Tile{}, false},
		{"32/0/0", Tile{}, false},
		{"-1/0/0", Tile{}, false},
		{"1/0", Tile{}, false},
		{"a/b/c", Tile{}, false},
		{"", Tile{}, false},
	}
	for _, tt := range tests {
		got, err := Parse(tt.path)
		if tt.ok != (err == nil) || got != tt.want {
			t.Errorf("Parse(%q) = %v, %v; want %v, ok %v", tt.path, got, err, tt.want, tt.ok)
		}
		if err != nil && !errors.Is(err, ErrTile) {
			t.Errorf("Parse(%q) fails with %v, want ErrTile", tt.path, err)
		}
	}
}

func TestKnownTile(t *testing.T) {
	// Ala-Too square of Bishkek, worked out with the formula of the OpenStreetMap wiki.
	got := At(74.6036, 42.8760, 14)
	if want := (Tile{14, 11587, 6027}); got != want {
		t.Errorf("At = %v, want %v", got, want)
	}
}

func place(t *rapid.T) (lon, lat float64) {
	return rapid.Float64Range(-180, 179.9999).Draw(t, "lon"), rapid.Float64Range(-85, 85).Draw(t, "lat")
}

func TestQuadkeyComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lon, lat := place(t)
		gotLon, gotLat := Place(Quadkey(lon, lat))
		if d := Distance(lon, lat, gotLon, gotLat); d > 0.05 {
			t.Fatalf("the place came back %.3f m away", d)
		}
	})
}

func TestTileRangeHoldsExactlyItsPlaces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lon, lat := place(t)
		qk := Quadkey(lon, lat)
		zoom := rapid.IntRange(0, MaxZoom).Draw(t, "zoom")
		tile := At(lon, lat, zoom)
		if r := tile.Range(); qk < r.Lo || qk >= r.Hi {
			t.Fatalf("%v lacks %d in %v", tile, qk, r)
		}
		if back, err := Parse(tile.String()); err != nil || back != tile {
			t.Fatalf("Parse(%q) = %v, %v", tile.String(), back, err)
		}
		if zoom > 0 {
			next := tile
			next.X ^= 1
			if r := next.Range(); qk >= r.Lo && qk < r.Hi {
				t.Fatalf("the neighbour %v holds %d too", next, qk)
			}
		}
	})
}

func TestPixelAgreesWithDegrees(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lon, lat := place(t)
		tile := At(lon, lat, rapid.IntRange(0, 18).Draw(t, "zoom"))
		x, y := tile.Pixel(Quadkey(lon, lat))
		fx, fy := tile.PixelAt(lon, lat)
		if math.Abs(fx-float64(x)) > 1.01 || math.Abs(fy-float64(y)) > 1.01 {
			t.Fatalf("Pixel = %d, %d; PixelAt = %f, %f", x, y, fx, fy)
		}
		if x < 0 || y < 0 || x >= Extent || y >= Extent {
			t.Fatalf("%d, %d lies outside the tile", x, y)
		}
	})
}

func TestCellAndOffsetRebuildThePlace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lon, lat := place(t)
		zoom := rapid.IntRange(0, 15).Draw(t, "zoom")
		level := zoom + 3
		qk := Quadkey(lon, lat)
		tile := At(lon, lat, zoom)
		cell := Cell(qk, level)
		if r := tile.Cells(level); cell < r.Lo || cell >= r.Hi || r.Hi-r.Lo != 64 {
			t.Fatalf("cell %d is not among %v", cell, r)
		}
		cx, cy := tile.CellAt(cell, level)
		dx, dy := Offset(qk, level)
		x, y := tile.Pixel(qk)
		if int64(cx)*512+dx/8 != int64(x) || int64(cy)*512+dy/8 != int64(y) {
			t.Fatalf("cell %d,%d offset %d,%d do not make pixel %d,%d", cx, cy, dx, dy, x, y)
		}
	})
}

func TestCoverHoldsTheWholeBoxInFewRanges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lon, lat := place(t)
		metres := rapid.Float64Range(1, 20000).Draw(t, "metres")
		limit := rapid.IntRange(1, 16).Draw(t, "limit")
		box := Around(lon, lat, metres)
		ranges := Cover(box, limit)
		if len(ranges) == 0 || len(ranges) > limit {
			t.Fatalf("%d ranges, want 1 to %d", len(ranges), limit)
		}
		for i := 1; i < len(ranges); i++ {
			if ranges[i].Lo <= ranges[i-1].Hi {
				t.Fatalf("%v and %v touch or overlap", ranges[i-1], ranges[i])
			}
		}
		fx, fy := rapid.Float64Range(0, 1).Draw(t, "fx"), rapid.Float64Range(0, 1).Draw(t, "fy")
		qk := Quadkey(box.West+fx*(box.East-box.West), box.South+fy*(box.North-box.South))
		for _, r := range ranges {
			if qk >= r.Lo && qk < r.Hi {
				return
			}
		}
		t.Fatalf("no range holds a place of the box")
	})
}

func TestCoverWastesLittle(t *testing.T) {
	box := Around(74.6036, 42.8760, 500)
	var area float64
	for _, r := range Cover(box, 8) {
		area += float64(r.Hi - r.Lo)
	}
	minX, minY := project(box.West, box.North)
	maxX, maxY := project(box.East, box.South)
	if ratio := area / (float64(maxX-minX) * float64(maxY-minY)); ratio > 4 {
		t.Errorf("the ranges hold %.1f times the ground of the box, want at most 4", ratio)
	}
}

func BenchmarkQuadkey(b *testing.B) {
	for b.Loop() {
		Quadkey(74.6036, 42.8760)
	}
}

func BenchmarkCover(b *testing.B) {
	box := Around(74.6036, 42.8760, 500)
	for b.Loop() {
		Cover(box, 8)
	}
}
