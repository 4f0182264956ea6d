package tiles

import (
	"encoding/binary"
	"math"
)

// The wire tags of the Mapbox vector tile format, version 2.
// ContentType is the media type of a vector tile.
const ContentType = "application/vnd.mapbox-vector-tile"

const (
	tagLayer        = 3<<3 | 2
	tagVersion      = 15 << 3
	tagName         = 1<<3 | 2
	tagFeature      = 2<<3 | 2
	tagKey          = 3<<3 | 2
	tagValue        = 4<<3 | 2
	tagExtent       = 5 << 3
	tagFeatureID    = 1 << 3
	tagFeatureTags  = 2<<3 | 2
	tagFeatureType  = 3 << 3
	tagFeatureShape = 4<<3 | 2
	tagString       = 1<<3 | 2
	tagDouble       = 3<<3 | 1
	tagInt          = 4 << 3
	tagBool         = 7 << 3

	typePoint   = 1
	typeLine    = 2
	typePolygon = 3

	commandMove  = 1
	commandLine  = 2
	commandClose = 7
)

// XY is a corner of a line or polygon in units of the tile.
type XY struct {
	X, Y int32
}

// Layer gathers the features of one layer of a vector tile. Start a feature with Point, Lines or
// Polygon; Int, Text, Number and Flag then add to it. The zero Layer is not ready for use.
type Layer struct {
	name     string
	features []byte
	keys     []byte
	values   []byte
	keyOf    map[string]uint32
	valueOf  map[value]uint32
	count    int

	kind  byte
	id    uint64
	open  bool
	tags  []byte
	shape []byte
}

type value struct {
	text string
	bits uint64
	kind byte
}

// NewLayer returns an empty layer.
func NewLayer(name string) *Layer {
	return &Layer{name: name, keyOf: map[string]uint32{}, valueOf: map[value]uint32{}}
}

// Len returns the number of features begun so far.
func (l *Layer) Len() int { return l.count }

// Point begins a feature at one place. An id of 0 leaves the feature without id.
func (l *Layer) Point(id uint64, x, y int32) {
	l.begin(id, typePoint)
	l.shape = append(l.shape, commandMove|1<<3)
	l.shape = append2(l.shape, x, y)
}

// Lines begins a feature of one or more lines. Lines shorter than two corners are left out.
func (l *Layer) Lines(id uint64, lines ...[]XY) {
	l.begin(id, typeLine)
	var at XY
	for _, line := range lines {
		if len(line) >= 2 {
			at = l.path(line, at)
		}
	}
}

// Polygon begins a feature of rings, each without a repeated last corner: outer rings clockwise as
// seen on the screen, holes the other way and right after their outer ring.
func (l *Layer) Polygon(id uint64, rings ...[]XY) {
	l.begin(id, typePolygon)
	var at XY
	for _, ring := range rings {
		if len(ring) >= 3 {
			at = l.path(ring, at)
			l.shape = append(l.shape, commandClose|1<<3)
		}
	}
}

// Text adds a text to the feature begun last. Empty texts are left out.
func (l *Layer) Text(key, text string) {
	if text != "" {
		l.tag(key, value{kind: tagString, text: text})
	}
}

// Int adds a whole number to the feature begun last.
func (l *Layer) Int(key string, n int64) {
	l.tag(key, value{kind: tagInt, bits: uint64(n)})
}

// Number adds a fraction to the feature begun last.
func (l *Layer) Number(key string, f float64) {
	l.tag(key, value{kind: tagDouble, bits: math.Float64bits(f)})
}

// Flag adds true or false to the feature begun last.
func (l *Layer) Flag(key string, on bool) {
	v := value{kind: tagBool}
	if on {
		v.bits = 1
	}
	l.tag(key, v)
}

// Encode returns the bytes of a tile with the given layers. Layers without features are left out,
// so a tile of nothing is empty.
func Encode(layers ...*Layer) []byte {
	var tile []byte
	for _, l := range layers {
		l.flush()
		if l.count == 0 {
			continue
		}
		size := 2 + 3 + 1 + binary.MaxVarintLen32 + len(l.name) + len(l.features) + len(l.keys) + len(l.values)
		body := make([]byte, 0, size)
		body = append(body, tagVersion, 2)
		body = appendText(body, tagName, l.name)
		body = append(body, l.features...)
		body = append(body, l.keys...)
		body = append(body, l.values...)
		body = append(body, tagExtent)
		body = binary.AppendUvarint(body, Extent)
		tile = append(tile, tagLayer)
		tile = binary.AppendUvarint(tile, uint64(len(body)))
		tile = append(tile, body...)
	}
	return tile
}

func (l *Layer) begin(id uint64, kind byte) {
	l.flush()
	l.id, l.kind, l.open = id, kind, true
	l.tags, l.shape = l.tags[:0], l.shape[:0]
	l.count++
}

// path writes a line from the place where the last one ended, and returns where it ends itself.
func (l *Layer) path(line []XY, at XY) XY {
	l.shape = append(l.shape, commandMove|1<<3)
	l.shape = append2(l.shape, line[0].X-at.X, line[0].Y-at.Y)
	l.shape = binary.AppendUvarint(l.shape, uint64(commandLine|(len(line)-1)<<3))
	for i := 1; i < len(line); i++ {
		l.shape = append2(l.shape, line[i].X-line[i-1].X, line[i].Y-line[i-1].Y)
	}
	return line[len(line)-1]
}

func (l *Layer) tag(key string, v value) {
	k, ok := l.keyOf[key]
	if !ok {
		k = uint32(len(l.keyOf))
		l.keyOf[key] = k
		l.keys = appendText(l.keys, tagKey, key)
	}
	n, ok := l.valueOf[v]
	if !ok {
		n = uint32(len(l.valueOf))
		l.valueOf[v] = n
		l.values = v.append(l.values)
	}
	l.tags = binary.AppendUvarint(l.tags, uint64(k))
	l.tags = binary.AppendUvarint(l.tags, uint64(n))
}

func (v value) append(b []byte) []byte {
	var room [16]byte
	body := append(room[:0], v.kind)
	switch v.kind {
	case tagString:
		b = append(b, tagValue)
		b = binary.AppendUvarint(b, uint64(1+uvarintLen(uint64(len(v.text)))+len(v.text)))
		return appendText(b, tagString, v.text)
	case tagDouble:
		body = binary.LittleEndian.AppendUint64(body, v.bits)
	default:
		body = binary.AppendUvarint(body, v.bits)
	}
	b = append(b, tagValue, byte(len(body)))
	return append(b, body...)
}

// flush writes the feature in hand; one whose shape came to nothing is dropped.
func (l *Layer) flush() {
	if !l.open {
		return
	}
	l.open = false
	if len(l.shape) == 0 {
		l.count--
		return
	}
	size := 2 + 1 + uvarintLen(uint64(len(l.shape))) + len(l.shape)
	if l.id != 0 {
		size += 1 + uvarintLen(l.id)
	}
	if len(l.tags) > 0 {
		size += 1 + uvarintLen(uint64(len(l.tags))) + len(l.tags)
	}
	l.features = append(l.features, tagFeature)
	l.features = binary.AppendUvarint(l.features, uint64(size))
	if l.id != 0 {
		l.features = append(l.features, tagFeatureID)
		l.features = binary.AppendUvarint(l.features, l.id)
	}
	if len(l.tags) > 0 {
		l.features = appendBytes(l.features, tagFeatureTags, l.tags)
	}
	l.features = append(l.features, tagFeatureType, l.kind)
	l.features = appendBytes(l.features, tagFeatureShape, l.shape)
}

func append2(b []byte, x, y int32) []byte {
	b = binary.AppendUvarint(b, uint64(zigzag(x)))
	return binary.AppendUvarint(b, uint64(zigzag(y)))
}

func zigzag(v int32) uint32 {
	return uint32(v<<1) ^ uint32(v>>31)
}

func uvarintLen(v uint64) int {
	n := 1
	for ; v >= 0x80; v >>= 7 {
		n++
	}
	return n
}

func appendText(b []byte, tag byte, s string) []byte {
	b = append(b, tag)
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

func appendBytes(b []byte, tag byte, s []byte) []byte {
	b = append(b, tag)
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}
