package wire_test

import (
	"bytes"
	"crypto/rand"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"github.com/ashar-kg/ashar/internal/civic/record/wire"
)

func key(t testing.TB, name string) (note.Signer, note.Verifier) {
	t.Helper()
	private, public, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(private)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := note.NewVerifier(public)
	if err != nil {
		t.Fatal(err)
	}
	return signer, verifier
}

func TestACheckpointIsReadOnlyUnderItsOwnKey(t *testing.T) {
	signer, mine := key(t, "city.example/record")
	_, others := key(t, "city.example/record")
	c := wire.Checkpoint{Origin: "city.example/record", Tree: tlog.Tree{N: 7, Hash: tlog.RecordHash([]byte("x"))}}
	signed, err := c.Sign(signer)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := wire.Open(signed, mine, others); err != nil || got != c {
		t.Errorf("read back: %+v, %v", got, err)
	}
	if _, err := wire.Open(signed, others); err == nil {
		t.Error("another key opens it")
	}
	if _, err := wire.Open(strings.Replace(signed, "\n7\n", "\n8\n", 1), mine); err == nil {
		t.Error("the number of entries can be changed")
	}
	for _, text := range []string{"a\n07\n" + c.Hash.String() + "\n", "a\n-1\n" + c.Hash.String() + "\n", "a\n7\nxx\n", "a\n7\n", "\n7\n" + c.Hash.String() + "\n"} {
		bad, err := note.Sign(&note.Note{Text: text}, signer)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := wire.Open(string(bad), mine); err == nil {
			t.Errorf("a checkpoint may read %q", text)
		}
	}
}

func TestPathsAreThoseOfTheStandard(t *testing.T) {
	for path, tile := range map[string]tlog.Tile{
		"tile/0/000":                  {H: 8, L: 0, N: 0, W: 256},
		"tile/3/x001/x234/067.p/8":    {H: 8, L: 3, N: 1234067, W: 8},
		"tile/entries/x001/234.p/255": {H: 8, L: -1, N: 1234, W: 255},
		"tile/entries/000":            {H: 8, L: -1, N: 0, W: 256},
	} {
		if got, err := wire.ParsePath(path); err != nil || got != tile || wire.Path(tile) != path {
			t.Errorf("%s is %+v (%v) and back %s", path, got, err, wire.Path(tile))
		}
	}
	for _, path := range []string{"", "tile", "tile/", "tile/0", "tile/0/0", "tile/0/000.p/0", "tile/0/000.p/256", "tile/8/0/000", "tile/data/000", "tile/-1/000", "tile/64/000", "tile/0/x000/001", "tile/entries/../000"} {
		if got, err := wire.ParsePath(path); err == nil {
			t.Errorf("%q is read as %+v", path, got)
		}
	}
}

func FuzzPathsAndBundles(f *testing.F) {
	f.Add("tile/0/000", []byte{0, 1, 'x'})
	f.Add("tile/entries/x001/234.p/9", []byte{0, 0, 255})
	f.Fuzz(func(t *testing.T, path string, data []byte) {
		if tile, err := wire.ParsePath(path); err == nil && wire.Path(tile) != path {
			t.Errorf("%q is written back as %q", path, wire.Path(tile))
		}
		if entries, err := wire.Unbundle(data); err == nil {
			if again, err := wire.Bundle(entries); err != nil || !bytes.Equal(again, data) {
				t.Errorf("%x is bundled as %x, %v", data, again, err)
			}
		}
	})
}

// forest is a tree in memory, published as tiles.
type forest []tlog.Hash

func (f forest) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var out []tlog.Hash
	for _, i := range indexes {
		out = append(out, f[i])
	}
	return out, nil
}

func TestProofsFromTilesHoldBetweenAnyTwoSizes(t *testing.T) {
	var all forest
	const most = 70_000 // three levels of tiles
	roots := make([]tlog.Hash, most+1)
	for n := range int64(most) {
		hashes, err := tlog.StoredHashes(n, []byte{byte(n), byte(n >> 8), byte(n >> 16)}, all)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, hashes...)
	}
	root := func(n int64) tlog.Hash {
		if roots[n] == (tlog.Hash{}) {
			roots[n], _ = tlog.TreeHash(n, all)
		}
		return roots[n]
	}
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.Int64Range(1, most).Draw(t, "size")
		before := rapid.Int64Range(1, size).Draw(t, "before")
		at := rapid.Int64Range(0, size-1).Draw(t, "at")
		tiles := &wire.Tiles{Read: func(tile tlog.Tile) ([]byte, error) { return tlog.ReadTileData(tile, all) }}
		hashes := tiles.Hashes(tlog.Tree{N: size, Hash: root(size)})
		grown, err := tlog.ProveTree(size, before, hashes)
		if err != nil {
			t.Fatal(err)
		}
		if err := tlog.CheckTree(grown, size, root(size), before, root(before)); err != nil {
			t.Errorf("%d grew from %d: %v", size, before, err)
		}
		if before != size && tlog.CheckTree(grown, size, root(size), before, root(size)) == nil {
			t.Errorf("%d grew from another tree of %d", size, before)
		}
		in, err := tlog.ProveRecord(size, at, hashes)
		if err != nil {
			t.Fatal(err)
		}
		leaf := []byte{byte(at), byte(at >> 8), byte(at >> 16)}
		if err := tlog.CheckRecord(in, size, root(size), at, tlog.RecordHash(leaf)); err != nil {
			t.Errorf("%d in %d: %v", at, size, err)
		}
		// A tile with one bit changed is never believed.
		flip := rapid.IntRange(0, 31).Draw(t, "flip")
		bad := &wire.Tiles{Read: func(tile tlog.Tile) ([]byte, error) {
			data, err := tlog.ReadTileData(tile, all)
			data = slices.Clone(data)
			if tile.L == 0 && tile.N == at>>wire.Height {
				data[int(at&(wire.Width-1))*tlog.HashSize+flip] ^= 1
			}
			return data, err
		}}
		if _, err := tlog.ProveRecord(size, at, bad.Hashes(tlog.Tree{N: size, Hash: root(size)})); err == nil && size > 1 {
			t.Errorf("the leaf %d of %d is believed with a bit changed", at, size)
		}
	})
}
