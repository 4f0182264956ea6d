// Package wire is the form in which a public record is published: checkpoints
// as signed notes (C2SP tlog-checkpoint), hashes of an RFC 6962 tree and
// entries in tiles (C2SP tlog-tiles). The city that serves a record and the
// program that checks it from outside share these lines and nothing else.
package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Height is that of a tile, and Width how many hashes or entries a full one
// holds.
const (
	Height = 8
	Width  = 1 << Height
)

// Checkpoint is the head of a record: so many entries, and the root over them.
type Checkpoint struct {
	Origin string // name of the record, and of its key
	tlog.Tree
}

// Sign writes a checkpoint as a note signed by each of the signers.
func (c Checkpoint) Sign(signers ...note.Signer) (string, error) {
	text := fmt.Sprintf("%s\n%d\n%s\n", c.Origin, c.N, c.Hash)
	signed, err := note.Sign(&note.Note{Text: text}, signers...)
	return string(signed), err
}

// Open reads a checkpoint that at least one of the keys has signed.
func Open(signed string, keys ...note.Verifier) (c Checkpoint, err error) {
	n, err := note.Open([]byte(signed), note.VerifierList(keys...))
	if err != nil {
		return c, err
	}
	return parse(n.Text)
}

// parse reads the text of a checkpoint. Lines behind the third are for
// extensions, of which there are none yet.
func parse(text string) (c Checkpoint, err error) {
	lines := strings.SplitN(text, "\n", 4)
	if len(lines) < 4 || lines[0] == "" {
		return c, errors.New("checkpoint has too few lines")
	}
	c.Origin = lines[0]
	if c.N, err = strconv.ParseInt(lines[1], 10, 64); err != nil || c.N < 0 || strconv.FormatInt(c.N, 10) != lines[1] {
		return c, fmt.Errorf("checkpoint has %q for the number of entries", lines[1])
	}
	if c.Hash, err = tlog.ParseHash(lines[2]); err != nil {
		return c, fmt.Errorf("checkpoint has %q for the root", lines[2])
	}
	return c, nil
}

// Entries is the tile of the entries n·256 and following, so many of them.
func Entries(n int64, width int) tlog.Tile { return tlog.Tile{H: Height, L: -1, N: n, W: width} }

// tlog's own paths name the height, and the entries "data".
var (
	hashPath  = fmt.Sprintf("tile/%d/", Height)
	entryPath = hashPath + "data/"
)

// Path is where a tile is published, below the address of the record.
func Path(t tlog.Tile) string {
	if rest, ok := strings.CutPrefix(t.Path(), entryPath); ok {
		return "tile/entries/" + rest
	}
	return "tile/" + strings.TrimPrefix(t.Path(), hashPath)
}

// ParsePath reads what Path writes.
func ParsePath(path string) (tlog.Tile, error) {
	rest, ok := strings.CutPrefix(path, "tile/")
	if !ok {
		return tlog.Tile{}, fmt.Errorf("%q is no path of a tile", path)
	}
	inner := hashPath + rest
	if rest, ok := strings.CutPrefix(rest, "entries/"); ok {
		inner = entryPath + rest
	}
	t, err := tlog.ParseTilePath(inner)
	if err == nil && (Path(t) != path || t.L > 63 || t.N < 0) {
		err = fmt.Errorf("%q is no path of a tile", path)
	}
	return t, err
}

// Bundle joins entries as they are published, each behind its length.
func Bundle(entries [][]byte) ([]byte, error) {
	var out bytes.Buffer
	for _, e := range entries {
		if len(e) > 1<<16-1 {
			return nil, fmt.Errorf("entry of %d bytes does not fit a bundle", len(e))
		}
		out.Write(binary.BigEndian.AppendUint16(nil, uint16(len(e))))
		out.Write(e)
	}
	return out.Bytes(), nil
}

// Unbundle takes apart what Bundle joined.
func Unbundle(data []byte) (entries [][]byte, err error) {
	for len(data) > 0 {
		if len(data) < 2 || len(data)-2 < int(binary.BigEndian.Uint16(data)) {
			return nil, errors.New("bundle of entries is cut off")
		}
		n := int(binary.BigEndian.Uint16(data))
		entries = append(entries, data[2:2+n])
		data = data[2+n:]
	}
	return entries, nil
}

// Tiles reads tiles for tlog from wherever they are, and keeps those that
// tlog found right.
type Tiles struct {
	Read func(t tlog.Tile) ([]byte, error)
	kept map[tlog.Tile][]byte
	last tlog.Tile // of level 0: only the newest is kept, there are too many
}

// Height is that of all tiles.
func (r *Tiles) Height() int { return Height }

// ReadTiles reads tiles of exactly the wanted widths.
func (r *Tiles) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	out := make([][]byte, len(tiles))
	for i, t := range tiles {
		data, ok := r.kept[t]
		if !ok {
			var err error
			if data, err = r.Read(t); err != nil {
				return nil, err
			}
			if len(data) != t.W*tlog.HashSize {
				return nil, fmt.Errorf("tile %s has %d bytes, want %d", Path(t), len(data), t.W*tlog.HashSize)
			}
		}
		out[i] = data
	}
	return out, nil
}

// SaveTiles is called by tlog with what it has checked against the root.
func (r *Tiles) SaveTiles(tiles []tlog.Tile, data [][]byte) {
	if r.kept == nil {
		r.kept = map[tlog.Tile][]byte{}
	}
	for i, t := range tiles {
		if t.L == 0 && t.W == Width {
			delete(r.kept, r.last)
			r.last = t
		}
		r.kept[t] = data[i]
	}
}

// Hashes reads the hashes of a tree through its tiles; each that it returns is
// proven to belong to the tree.
func (r *Tiles) Hashes(tree tlog.Tree) tlog.HashReader { return tlog.TileHashReader(tree, r) }
