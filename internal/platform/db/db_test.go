package db_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/db/dbtest"
)

var tables = []db.Migrations{{Name: "test", FS: fstest.MapFS{"migrations/0001_test.sql": {Data: []byte(`
CREATE TABLE item (
	city_id BIGINT NOT NULL,
	id BIGINT NOT NULL,
	name TEXT NOT NULL CHECK (name <> ''),
	PRIMARY KEY (city_id, id)
);
-- +sqlite
CREATE TABLE only_here (engine TEXT);
-- +end
-- +postgres
CREATE TABLE only_here (engine TEXT);
-- +end
`)}}}}

func insert(tx *db.Tx, id int64, name string) error {
	_, err := tx.Exec("item.insert", `INSERT INTO item (city_id, id, name) VALUES (1, $1, $2)`, id, name)
	return err
}

func count(t *testing.T, d *db.DB) (n int64) {
	t.Helper()
	err := d.View(t.Context(), func(tx *db.Tx) (err error) {
		n, err = db.One(tx, "item.count", `SELECT count(*) FROM item WHERE city_id = 1`, db.Int64)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestErrorsHaveOneKindOnBothEngines(t *testing.T) {
	dbtest.Each(t, tables, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		for _, c := range []struct {
			name string
			do   func(*db.Tx) error
			want error
		}{
			{"a stored row", func(tx *db.Tx) error { return insert(tx, 1, "лампа") }, nil},
			{"the same key again", func(tx *db.Tx) error { return insert(tx, 1, "лампа") }, db.ErrConflict},
			{"a check that fails", func(tx *db.Tx) error { return insert(tx, 2, "") }, db.ErrInvalid},
			{"a row that is not there", func(tx *db.Tx) error {
				_, err := db.One(tx, "item.get", `SELECT name FROM item WHERE city_id = 1 AND id = $1`, db.Text, 99)
				return err
			}, db.ErrNotFound},
		} {
			if err := d.Update(ctx, c.do); !errors.Is(err, c.want) || (c.want == nil && err != nil) {
				t.Errorf("%s: got %v, want %v", c.name, err, c.want)
			}
		}
		if n := count(t, d); n != 1 {
			t.Errorf("%d rows stored, want 1", n)
		}
	})
}

// Another process may have drawn the same identifier; which is drawn next is another.
func TestAnIdentifierThatIsTakenIsDrawnAgain(t *testing.T) {
	dbtest.Each(t, tables, func(t *testing.T, d *db.DB) {
		drawn := []int64{1, 1, 2}
		for range 2 {
			if err := d.Update(t.Context(), func(tx *db.Tx) error {
				id := drawn[0]
				drawn = drawn[1:]
				return insert(tx, id, "лампа")
			}); err != nil {
				t.Fatal(err)
			}
		}
		if n := count(t, d); n != 2 || len(drawn) != 0 {
			t.Errorf("%d rows stored and %v not drawn, want 2 and all", n, drawn)
		}
	})
}

func TestOneFailedWriteOfAGroupTakesNobodyWithIt(t *testing.T) {
	dbtest.Each(t, tables, func(t *testing.T, d *db.DB) {
		boom := errors.New("boom")
		var wg sync.WaitGroup
		errs := make([]error, 200)
		for i := range errs {
			wg.Go(func() {
				errs[i] = d.Update(context.Background(), func(tx *db.Tx) error {
					if err := insert(tx, int64(i+1), fmt.Sprint("row ", i)); err != nil {
						return err
					}
					if i%10 == 3 {
						return boom
					}
					if i%10 == 7 {
						return insert(tx, int64(i+1), "twice")
					}
					return nil
				})
			})
		}
		wg.Wait()
		for i, err := range errs {
			switch {
			case i%10 == 3 && !errors.Is(err, boom), i%10 == 7 && !errors.Is(err, db.ErrConflict),
				i%10 != 3 && i%10 != 7 && err != nil:
				t.Errorf("write %d: %v", i, err)
			}
		}
		if n := count(t, d); n != 160 {
			t.Errorf("%d rows stored, want the 160 that were acknowledged", n)
		}
	})
}

func TestAfterCommitRunsOnlyForWhatWasStored(t *testing.T) {
	dbtest.Each(t, tables, func(t *testing.T, d *db.DB) {
		ran := 0
		_ = d.Update(t.Context(), func(tx *db.Tx) error {
			tx.AfterCommit(func() { ran++ })
			return errors.New("no")
		})
		if ran != 0 {
			t.Fatal("ran for a write that failed")
		}
		if err := d.Update(t.Context(), func(tx *db.Tx) error {
			tx.AfterCommit(func() { ran++ })
			return insert(tx, 1, "x")
		}); err != nil || ran != 1 {
			t.Fatalf("ran %d times, error %v", ran, err)
		}
	})
}

func TestMigratingTwiceChangesNothing(t *testing.T) {
	dbtest.Each(t, tables, func(t *testing.T, d *db.DB) {
		again, err := d.Migrate(t.Context(), tables)
		if err != nil || len(again) != 0 {
			t.Fatalf("applied %v again, error %v", again, err)
		}
	})
}

func TestAWriteInsideAWriteIsRefused(t *testing.T) {
	dbtest.Each(t, tables, func(t *testing.T, d *db.DB) {
		err := d.Update(t.Context(), func(tx *db.Tx) error {
			return d.Update(tx.Context(), func(*db.Tx) error { return nil })
		})
		if err == nil {
			t.Fatal("no error")
		}
	})
}

func TestAPanicInATransactionStoresNothing(t *testing.T) {
	d := dbtest.OpenSQLite(t, tables)
	err := d.Update(t.Context(), func(tx *db.Tx) error {
		if err := insert(tx, 1, "x"); err != nil {
			return err
		}
		panic("oops")
	})
	if err == nil || count(t, d) != 0 {
		t.Fatalf("error %v, %d rows", err, count(t, d))
	}
}

func BenchmarkDurableInsert(b *testing.B) {
	run := func(b *testing.B, d *db.DB) {
		b.SetParallelism(32)
		var mu sync.Mutex
		next := int64(0)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				mu.Lock()
				next++
				id := next
				mu.Unlock()
				if err := d.Update(context.Background(), func(tx *db.Tx) error { return insert(tx, id, "row") }); err != nil {
					b.Error(err)
				}
			}
		})
	}
	b.Run("sqlite", func(b *testing.B) { run(b, dbtest.OpenSQLite(b, tables)) })
	b.Run("postgres", func(b *testing.B) { run(b, dbtest.OpenPostgres(b, tables)) })
}

func TestReadersInsideWritersDoNotWaitForEachOther(t *testing.T) {
	dbtest.Each(t, tables, func(t *testing.T, d *db.DB) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		// More writers of one row than there are connections, each of which reads
		// on the side while it holds the row, some inside a read of their own.
		errs := make(chan error)
		const writers = 60
		for range writers {
			go func() {
				errs <- d.Update(ctx, func(tx *db.Tx) error {
					if _, err := tx.Exec("test.count", `INSERT INTO item (city_id, id, name) VALUES (1, 1, 'a') ON CONFLICT (city_id, id) DO UPDATE SET name = 'b'`); err != nil {
						return err
					}
					return d.View(tx.Context(), func(tx *db.Tx) error {
						return d.View(tx.Context(), func(tx *db.Tx) error {
							_, err := db.One(tx, "test.read", `SELECT COUNT(*) FROM item WHERE city_id = 1`, db.Int64)
							return err
						})
					})
				})
			}()
		}
		for range writers {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
	})
}

func TestWhatIsDoneApartDoesNotWaitForTheTransaction(t *testing.T) {
	dbtest.Each(t, tables, func(t *testing.T, d *db.DB) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		draw := func(tx *db.Tx) (n int64, err error) {
			err = tx.Apart(func(tx *db.Tx) error {
				n, err = db.One(tx, "test.draw", `INSERT INTO item (city_id, id, name) VALUES (1, 1, 'x')
					ON CONFLICT (city_id, id) DO UPDATE SET name = item.name || 'x' RETURNING LENGTH(name)`, db.Int64)
				return err
			})
			return n, err
		}
		// Every one of more writers than there are connections holds its value
		// until the last has drawn; on SQLite, where a writer is alone, they follow
		// each other.
		const writers = 12
		var drawn sync.WaitGroup
		drawn.Add(writers)
		values, errs := make(chan int64, writers), make(chan error, writers)
		for range writers {
			go func() {
				errs <- d.Update(ctx, func(tx *db.Tx) error {
					n, err := draw(tx)
					drawn.Done()
					if d.Engine() == db.Postgres {
						drawn.Wait()
					}
					values <- n
					return errors.Join(err, insert(tx, 100+n, "owner"))
				})
			}()
		}
		seen := map[int64]bool{}
		for range writers {
			if err := <-errs; err != nil {
				t.Fatal(err)
			}
			seen[<-values] = true
		}
		if len(seen) != writers || !seen[1] || !seen[writers] {
			t.Errorf("%d writers drew %v", writers, seen)
		}
		failed := errors.New("failed")
		if err := d.Update(ctx, func(tx *db.Tx) error {
			_, err := draw(tx)
			return errors.Join(err, failed)
		}); !errors.Is(err, failed) {
			t.Fatal(err)
		}
		if got := count(t, d); got != writers+1 {
			t.Errorf("there are %d rows", got)
		}
	})
}

// A parsed statement of SQLite runs once at a time: the same text inside its own
// rows must see its own rows. (A connection of PostgreSQL runs no query at all
// while it gives the rows of another.)
func TestTheSameTextRunsInsideItself(t *testing.T) {
	dbtest.Each(t, nil, func(t *testing.T, d *db.DB) {
		if d.Engine() == db.Postgres {
			return
		}
		const text = `WITH RECURSIVE n(v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM n WHERE v < $1) SELECT v FROM n`
		for range 4 { // it is kept parsed from the third time on
			err := d.View(t.Context(), func(tx *db.Tx) error {
				outer, inner := 0, 0
				err := tx.Each("outer", text, func(r db.Row) error {
					outer++
					v, err := db.Int64(r)
					if err != nil {
						return err
					}
					list, err := db.All(tx, "inner", text, db.Int64, v)
					inner += len(list)
					return err
				}, 5)
				if outer != 5 || inner != 1+2+3+4+5 {
					t.Errorf("outer %d, inner %d rows", outer, inner)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	})
}
