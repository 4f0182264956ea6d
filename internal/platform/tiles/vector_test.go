package tiles

import (
	"encoding/binary"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"
)

// feature is what a map client would see; the small reader below follows the format's
// specification and shares nothing with the writer.
type feature struct {
	ID    uint64
	Type  uint64
	Tags  map[string]any
	Shape [][]XY
}

func fields(t *testing.T, b []byte, each func(field int, number uint64, body []byte)) {
	t.Helper()
	for len(b) > 0 {
		tag, n := binary.Uvarint(b)
		b = b[n:]
		switch tag & 7 {
		case 0:
			v, n := binary.Uvarint(b)
			b = b[n:]
			each(int(tag>>3), v, nil)
		case 1:
			each(int(tag>>3), binary.LittleEndian.Uint64(b), nil)
			b = b[8:]
		case 2:
			size, n := binary.Uvarint(b)
			each(int(tag>>3), 0, b[n:n+int(size)])
			b = b[n+int(size):]
		default:
			t.Fatalf("wire type %d", tag&7)
		}
	}
}

func numbers(b []byte) (out []uint64) {
	for len(b) > 0 {
		v, n := binary.Uvarint(b)
		out = append(out, v)
		b = b[n:]
	}
	return out
}

func decode(t *testing.T, tile []byte) map[string][]feature {
	t.Helper()
	layers := map[string][]feature{}
	fields(t, tile, func(_ int, _ uint64, layer []byte) {
		var name string
		var keys []string
		var values []any
		var raw [][]byte
		fields(t, layer, func(field int, number uint64, body []byte) {
			switch field {
			case 1:
				name = string(body)
			case 2:
				raw = append(raw, body)
			case 3:
				keys = append(keys, string(body))
			case 4:
				fields(t, body, func(kind int, n uint64, s []byte) {
					values = append(values, map[int]any{
						1: string(s), 3: math.Float64frombits(n), 4: int64(n), 7: n == 1,
					}[kind])
				})
			case 5:
				if number != Extent {
					t.Errorf("extent %d", number)
				}
			case 15:
				if number != 2 {
					t.Errorf("version %d", number)
				}
			}
		})
		for _, r := range raw {
			f := feature{Tags: map[string]any{}}
			fields(t, r, func(field int, number uint64, body []byte) {
				switch field {
				case 1:
					f.ID = number
				case 2:
					tags := numbers(body)
					for i := 0; i < len(tags); i += 2 {
						f.Tags[keys[tags[i]]] = values[tags[i+1]]
					}
				case 3:
					f.Type = number
				case 4:
					f.Shape = shape(numbers(body))
				}
			})
			layers[name] = append(layers[name], f)
		}
	})
	return layers
}

func shape(commands []uint64) (parts [][]XY) {
	var at XY
	unzig := func(v uint64) int32 { return int32(v>>1) ^ -int32(v&1) }
	for i := 0; i < len(commands); {
		op, count := commands[i]&7, commands[i]>>3
		i++
		if op == 7 {
			continue
		}
		for range count {
			at.X += unzig(commands[i])
			at.Y += unzig(commands[i+1])
			i += 2
			if op == 1 {
				parts = append(parts, nil)
			}
			parts[len(parts)-1] = append(parts[len(parts)-1], at)
		}
	}
	return parts
}

func TestEncodedTileReadsBack(t *testing.T) {
	points := NewLayer("points")
	points.Point(71234567890123, 17, -3)
	points.Text("state", "open")
	points.Text("note", "")
	points.Int("n", 3)
	points.Point(0, 4095, 200)
	points.Text("state", "open")
	points.Number("share", 0.25)
	points.Flag("late", true)

	lines := NewLayer("lines")
	lines.Lines(5, []XY{{0, 0}, {10, 10}, {10, -10}}, []XY{{1, 1}}, []XY{{4, 4}, {5, 6}})
	lines.Lines(6, []XY{{1, 1}})

	areas := NewLayer("areas")
	areas.Polygon(9, []XY{{0, 0}, {100, 0}, {100, 100}, {0, 100}}, []XY{{20, 20}, {20, 40}, {40, 40}})
	areas.Text("name", "Жеңиш аянты")

	got := decode(t, Encode(points, lines, areas, NewLayer("nothing")))
	want := map[string][]feature{
		"points": {
			{ID: 71234567890123, Type: 1, Tags: map[string]any{"state": "open", "n": int64(3)}, Shape: [][]XY{{{17, -3}}}},
			{Type: 1, Tags: map[string]any{"state": "open", "share": 0.25, "late": true}, Shape: [][]XY{{{4095, 200}}}},
		},
		"lines": {
			{ID: 5, Type: 2, Tags: map[string]any{}, Shape: [][]XY{{{0, 0}, {10, 10}, {10, -10}}, {{4, 4}, {5, 6}}}},
		},
		"areas": {
			{
				ID: 9, Type: 3, Tags: map[string]any{"name": "Жеңиш аянты"},
				Shape: [][]XY{{{0, 0}, {100, 0}, {100, 100}, {0, 100}}, {{20, 20}, {20, 40}, {40, 40}}},
			},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tile differs (-want +got):\n%s", diff)
	}
	if empty := Encode(NewLayer("nothing")); len(empty) != 0 {
		t.Errorf("a tile of nothing has %d bytes", len(empty))
	}
}

func TestServe(t *testing.T) {
	layer := NewLayer("points")
	for i := range int32(100) {
		layer.Point(uint64(i+1), i*7, i*13)
		layer.Text("state", "open")
	}
	large := Encode(layer)
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
			if err := Serve(w, r, tt.tile); err != nil {
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
		layer := NewLayer("points")
		for i := range int32(256) {
			layer.Point(uint64(i+1)<<40, i*15, i*11)
			layer.Text("state", states[i%4])
			layer.Text("category", "lighting")
		}
		Encode(layer)
	}
}
