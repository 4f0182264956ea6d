// Package tiletest reads vector tiles in tests. It follows the format's specification and shares
// nothing with the writer, so that one checks the other.
package tiletest

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/ashar-kg/ashar/internal/platform/tiles"
)

// Feature is what a map client would see. Shape has one part for each point, line or ring.
type Feature struct {
	ID    uint64
	Type  uint64
	Tags  map[string]any
	Shape [][]tiles.XY
}

func fields(t testing.TB, b []byte, each func(field int, number uint64, body []byte)) {
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

// Decode reads the features of each layer of a tile.
func Decode(t testing.TB, tile []byte) map[string][]Feature {
	t.Helper()
	layers := map[string][]Feature{}
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
				if number != tiles.Extent {
					t.Errorf("extent %d", number)
				}
			case 15:
				if number != 2 {
					t.Errorf("version %d", number)
				}
			}
		})
		for _, r := range raw {
			f := Feature{Tags: map[string]any{}}
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

func shape(commands []uint64) (parts [][]tiles.XY) {
	var at tiles.XY
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
