package tiles_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ashar-kg/ashar/internal/platform/tiles"
	"github.com/ashar-kg/ashar/internal/platform/tiles/tiletest"
)

func TestEncodedTileReadsBack(t *testing.T) {
	points := tiles.NewLayer("points")
	points.Point(71234567890123, 17, -3)
	points.Text("state", "open")
	points.Text("note", "")
	points.Int("n", 3)
	points.Point(0, 4095, 200)
	points.Text("state", "open")
	points.Number("share", 0.25)
	points.Flag("late", true)

	lines := tiles.NewLayer("lines")
	lines.Lines(5, []tiles.XY{{0, 0}, {10, 10}, {10, -10}}, []tiles.XY{{1, 1}}, []tiles.XY{{4, 4}, {5, 6}})
	lines.Lines(6, []tiles.XY{{1, 1}})

	areas := tiles.NewLayer("areas")
	areas.Polygon(9, []tiles.XY{{0, 0}, {100, 0}, {100, 100}, {0, 100}}, []tiles.XY{{20, 20}, {20, 40}, {40, 40}})
	areas.Text("name", "Жеңиш аянты")

	got := tiletest.Decode(t, tiles.Encode(points, lines, areas, tiles.NewLayer("nothing")))
	want := map[string][]tiletest.Feature{
		"points": {
			{ID: 71234567890123, Type: 1, Tags: map[string]any{"state": "open", "n": int64(3)}, Shape: [][]tiles.XY{{{17, -3}}}},
			{Type: 1, Tags: map[string]any{"state": "open", "share": 0.25, "late": true}, Shape: [][]tiles.XY{{{4095, 200}}}},
		},
		"lines": {
			{ID: 5, Type: 2, Tags: map[string]any{}, Shape: [][]tiles.XY{{{0, 0}, {10, 10}, {10, -10}}, {{4, 4}, {5, 6}}}},
		},
		"areas": {
			{
				ID: 9, Type: 3, Tags: map[string]any{"name": "Жеңиш аянты"},
				Shape: [][]tiles.XY{{{0, 0}, {100, 0}, {100, 100}, {0, 100}}, {{20, 20}, {20, 40}, {40, 40}}},
			},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tile differs (-want +got):\n%s", diff)
	}
	if empty := tiles.Encode(tiles.NewLayer("nothing")); len(empty) != 0 {
		t.Errorf("a tile of nothing has %d bytes", len(empty))
	}
}

func BenchmarkEncode(b *testing.B) {
	states := []string{"open", "work", "fixed", "closed"}
	b.ReportAllocs()
	for b.Loop() {
		layer := tiles.NewLayer("points")
		for i := range int32(256) {
			layer.Point(uint64(i+1)<<40, i*15, i*11)
			layer.Text("state", states[i%4])
			layer.Text("category", "lighting")
		}
		tiles.Encode(layer)
	}
}
