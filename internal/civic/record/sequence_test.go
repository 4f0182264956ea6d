package record_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/record"
	"github.com/ashar-kg/ashar/internal/civic/record/wire"
	"github.com/ashar-kg/ashar/internal/platform/clock"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/db/dbtest"
	"github.com/ashar-kg/ashar/internal/platform/fresh"
)

var tables = []db.Migrations{fresh.Migrations, city.Migrations, record.Migrations}

// nodes are several programs on one database with two cities.
func nodes(t testing.TB, d *db.DB, n int) []*record.Service {
	t.Helper()
	if err := d.Update(t.Context(), func(tx *db.Tx) error {
		for id := range int64(2) {
			c := &city.City{
				ID: id + 1, Slug: fmt.Sprintf("city%d", id+1), Jurisdiction: fmt.Sprintf("city%d.example", id+1), Names: map[string]string{"ky": "Шаар"}, Zone: time.UTC,
				Languages: []string{"ky"}, Hosts: []string{fmt.Sprintf("city%d.example", id+1)},
			}
			if err := city.Put(tx, c); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	var out []*record.Service
	for range n {
		cities, err := city.NewRegistry(t.Context(), d)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, &record.Service{DB: d, Clock: clock.System{}, Cities: cities, Versions: fresh.New(d)})
	}
	return out
}

// append1 announces an act of a city in a transaction of its own.
func append1(t testing.TB, d *db.DB, city int64, e record.Entry) {
	t.Helper()
	if err := d.Update(t.Context(), func(tx *db.Tx) error { return record.Append(tx, city, e) }); err != nil {
		t.Fatal(err)
	}
}

// stored is a record as it stands in the database.
type stored struct {
	bodies     []string
	checkpoint string
	verifier   string
	tiles      map[tlog.Tile][]byte
}

func read(t testing.TB, d *db.DB, city int64) (s stored) {
	t.Helper()
	s.tiles = map[tlog.Tile][]byte{}
	if err := d.View(t.Context(), func(tx *db.Tx) (err error) {
		if err := tx.Each("test.bodies", `SELECT idx, body FROM record_entry WHERE city_id = $1 ORDER BY idx`, func(r db.Row) error {
			var index int64
			var body string
			err := r.Scan(&index, &body)
			if index != int64(len(s.bodies)) {
				t.Errorf("index %d follows %d", index, len(s.bodies)-1)
			}
			s.bodies = append(s.bodies, body)
			return err
		}, city); err != nil {
			return err
		}
		if s.checkpoint, err = db.One(tx, "test.head", `SELECT checkpoint FROM record_log WHERE city_id = $1`, db.Text, city); err != nil {
			return err
		}
		if s.verifier, err = db.One(tx, "test.key", `SELECT verifier FROM record_key WHERE city_id = $1`, db.Text, city); err != nil {
			return err
		}
		return tx.Each("test.tiles", `SELECT level, n, width, hashes FROM record_tile WHERE city_id = $1`, func(r db.Row) error {
			tile := tlog.Tile{H: wire.Height}
			var data []byte
			err := r.Scan(&tile.L, &tile.N, &tile.W, &data)
			s.tiles[tile] = data
			return err
		}, city)
	}); err != nil {
		t.Fatal(err)
	}
	return s
}

// whole checks a record against a tree made afresh of its entries.
func whole(t testing.TB, s stored) wire.Checkpoint {
	t.Helper()
	key, err := note.NewVerifier(s.verifier)
	if err != nil {
		t.Fatal(err)
	}
	head, err := wire.Open(s.checkpoint, key)
	if err != nil {
		t.Fatal(err)
	}
	var hashes []tlog.Hash
	at := tlog.HashReaderFunc(func(indexes []int64) (out []tlog.Hash, err error) {
		for _, x := range indexes {
			out = append(out, hashes[x])
		}
		return out, nil
	})
	for n, body := range s.bodies {
		more, err := tlog.StoredHashes(int64(n), []byte(body), at)
		if err != nil {
			t.Fatal(err)
		}
		hashes = append(hashes, more...)
	}
	root, err := tlog.TreeHash(int64(len(s.bodies)), at)
	if err != nil {
		t.Fatal(err)
	}
	if head.N != int64(len(s.bodies)) || head.Hash != root {
		t.Errorf("signed are %d entries with root %v, there are %d with %v", head.N, head.Hash, len(s.bodies), root)
	}
	want := tlog.NewTiles(wire.Height, 0, head.N)
	if len(want) != len(s.tiles) {
		t.Errorf("%d tiles are stored, want %d", len(s.tiles), len(want))
	}
	for _, tile := range want {
		data, err := tlog.ReadTileData(tile, at)
		if err != nil || string(data) != string(s.tiles[tile]) {
			t.Errorf("tile %s is not what the entries make it, %v", wire.Path(tile), err)
		}
	}
	return head
}

func TestEntriesOfManyWritersEachGetOneIndexWhileSequencersDieAndCollide(t *testing.T) {
	dbtest.Each(t, tables, func(t *testing.T, d *db.DB) {
		all := nodes(t, d, 3)
		const writers, deeds = 8, 40
		ctx, stop := context.WithCancel(t.Context())
		var writing, sequencing sync.WaitGroup
		for _, s := range all {
			sequencing.Go(func() {
				for ctx.Err() == nil {
					// Half of the runs are killed somewhere on their way.
					run, kill := context.WithTimeout(ctx, time.Duration(rand.IntN(8)+1)*time.Millisecond)
					if rand.IntN(2) == 0 {
						run = ctx
					}
					if err := s.Sequence(run); err != nil && run.Err() == nil {
						t.Error(err)
					}
					kill()
				}
			})
		}
		for w := range writers {
			writing.Go(func() {
				for n := range deeds {
					// Two entries in each deed, and a deed of five fails.
					err := d.Update(ctx, func(tx *db.Tx) error {
						for k := range 2 {
							e := act(0)
							e.Subject = fmt.Sprintf("deed:%d-%d-%d", w, n, k)
							if err := record.Append(tx, 1, e); err != nil {
								return err
							}
						}
						if n%5 == 0 {
							return db.ErrConflict
						}
						return nil
					})
					if (err != nil) != (n%5 == 0) {
						t.Errorf("deed %d of %d: %v", n, w, err)
					}
				}
			})
		}
		writing.Wait()
		stop()
		sequencing.Wait()
		if err := all[0].Sequence(t.Context()); err != nil {
			t.Fatal(err)
		}
		s := read(t, d, 1)
		whole(t, s)
		place := map[string]int{}
		for i, body := range s.bodies {
			_, subject, _ := strings.Cut(body, `"subject":"`)
			subject, _, _ = strings.Cut(subject, `"`)
			if at, twice := place[subject]; twice {
				t.Errorf("%s stands at %d and at %d", subject, at, i)
			}
			place[subject] = i
		}
		for w := range writers {
			for n := range deeds {
				first, there := place[fmt.Sprintf("deed:%d-%d-0", w, n)]
				second := place[fmt.Sprintf("deed:%d-%d-1", w, n)]
				if there != (n%5 != 0) || (there && first >= second) {
					t.Errorf("deed %d of %d stands at %d and %d, is it there: %v", n, w, first, second, there)
				}
			}
		}
		if len(s.bodies) != writers*deeds*4/5*2 {
			t.Errorf("%d entries, want %d", len(s.bodies), writers*deeds*4/5*2)
		}
	})
}

func TestAGrowingRecordStaysTheSameRecord(t *testing.T) {
	dbtest.Each(t, tables, func(t *testing.T, d *db.DB) {
		service := nodes(t, d, 1)[0]
		var before []wire.Checkpoint
		for _, more := range []int{1, 1, 253, 1, 1, 300, 1100} { // over the borders of tiles and of a batch
			if err := d.Update(t.Context(), func(tx *db.Tx) error {
				for n := range more {
					if err := record.Append(tx, 1, act(int64(n))); err != nil {
						return err
					}
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			if err := service.Sequence(t.Context()); err != nil {
				t.Fatal(err)
			}
			s := read(t, d, 1)
			head := whole(t, s)
			tiles := &wire.Tiles{Read: func(tile tlog.Tile) ([]byte, error) {
				for w := tile; w.W <= wire.Width; w.W++ {
					if data, ok := s.tiles[w]; ok {
						return data[:tile.W*tlog.HashSize], nil
					}
				}
				return nil, db.ErrNotFound
			}}
			for _, old := range before {
				proof, err := tlog.ProveTree(head.N, old.N, tiles.Hashes(head.Tree))
				if err != nil {
					t.Fatal(err)
				}
				if err := tlog.CheckTree(proof, head.N, head.Hash, old.N, old.Hash); err != nil {
					t.Errorf("%d does not continue %d: %v", head.N, old.N, err)
				}
			}
			before = append(before, head)
		}
	})
}

func TestADamagedRecordIsNotExtendedAndHoldsUpNoOtherCity(t *testing.T) {
	for name, damage := range map[string]string{
		"tile":       `UPDATE record_tile SET hashes = zeroblob(length(hashes)) WHERE city_id = 1`,
		"checkpoint": `UPDATE record_log SET checkpoint = replace(checkpoint, 'city1', 'city2') WHERE city_id = 1`,
		"size":       `UPDATE record_log SET size = size - 1 WHERE city_id = 1`,
	} {
		t.Run(name, func(t *testing.T) {
			d := dbtest.OpenSQLite(t, tables)
			service := nodes(t, d, 1)[0]
			for range 3 {
				append1(t, d, 1, act(0))
			}
			if err := service.Sequence(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := d.Update(t.Context(), func(tx *db.Tx) error { _, err := tx.Exec("test.damage", damage); return err }); err != nil {
				t.Fatal(err)
			}
			append1(t, d, 1, act(1))
			append1(t, d, 2, act(1))
			if err := service.Sequence(t.Context()); err == nil || !strings.Contains(err.Error(), "record of city1") {
				t.Errorf("the damage is told as %v", err)
			}
			if got := read(t, d, 2); len(got.bodies) != 1 {
				t.Error("the other city's record does not grow")
			}
			if got := read(t, d, 1); len(got.bodies) != 3 {
				t.Error("the damaged record grows")
			}
		})
	}
}

func BenchmarkAppendAndSequence(b *testing.B) {
	for _, engine := range []struct {
		name string
		open func(testing.TB, []db.Migrations) *db.DB
	}{{"sqlite", dbtest.OpenSQLite}, {"postgres", dbtest.OpenPostgres}} {
		b.Run(engine.name, func(b *testing.B) {
			d := engine.open(b, tables)
			service := nodes(b, d, 1)[0]
			for b.Loop() {
				if err := d.Update(context.Background(), func(tx *db.Tx) error {
					for n := range 1000 {
						if err := record.Append(tx, 1, act(int64(n))); err != nil {
							return err
						}
					}
					return nil
				}); err != nil {
					b.Fatal(err)
				}
				if err := service.Sequence(context.Background()); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)*1000/b.Elapsed().Seconds(), "entries/s")
		})
	}
}
