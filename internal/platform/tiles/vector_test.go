package tiles_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"

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

func TestServe(t *testing.T) {
	layer := tiles.NewLayer("points")
	for i := range int32(100) {
		layer.Point(uint64(i+1), i*7, i*13)
		layer.Text("state", "open")
	}
	large := tiles.Encode(layer)
	tests := []struct {
		name, accept string
		tile         []byte
		status       int
		zipped       bool
	}{
		{"a large tile is compressed for who takes it", "br;q=1, gzip", large, 200, true},
		{"a client may refuse compression", "gzip;q=0", large, 200, false},
		{"a client may say nothing", "", large, 200, false},
		{"a small tile stays as it is", "gzip", large[:40], 200, false},
		{"an empty tile has no content", "gzip", nil, 204, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.Header.Set("Accept-Encoding", tt.accept)
			w := httptest.NewRecorder()
			if err := tiles.Serve(w, r, tt.tile); err != nil {
				t.Fatal(err)
			}
			if w.Code != tt.status {
				t.Errorf("status %d, want %d", w.Code, tt.status)
			}
			if got := w.Header().Get("Content-Encoding") == "gzip"; got != tt.zipped {
				t.Errorf("compressed: %v, want %v", got, tt.zipped)
			}
			var body io.Reader = w.Body
			if tt.zipped {
				zip, err := gzip.NewReader(w.Body)
				if err != nil {
					t.Fatal(err)
				}
				body = zip
			}
			got, err := io.ReadAll(body)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != string(tt.tile) {
				t.Error("the answer is not the tile")
			}
		})
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
