package db

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// openSQLite opens two pools on one file: readers that never wait for a
// writer, and one connection that writes, fed by the group commit.
func openSQLite(ctx context.Context, path string) (*DB, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	writer, err := sql.Open("sqlite", sqliteAddress(path, "write"))
	if err != nil {
		return nil, translate("open database", err)
	}
	writer.SetMaxOpenConns(1)
	if err := writer.PingContext(ctx); err != nil {
		writer.Close()
		return nil, openFailed(path, err)
	}
	if _, err := writer.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS db_ping (
		city_id BIGINT NOT NULL, id BIGINT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (city_id, id))`); err != nil {
		writer.Close()
		return nil, translate("open database "+path, err)
	}
	reader, err := sql.Open("sqlite", sqliteAddress(path, "read"))
	if err != nil {
		writer.Close()
		return nil, translate("open database", err)
	}
	conns := max(4, 2*runtime.GOMAXPROCS(0))
	reader.SetMaxOpenConns(conns)
	reader.SetMaxIdleConns(conns)
	return &DB{engine: SQLite, path: path, reader: reader, writer: writer, group: newGroup(writer), parsed: keep(reader)}, nil
}

// openFailed says why a database cannot be opened. SQLite itself tells a
// read-only disk from a missing file by nothing.
func openFailed(path string, err error) error {
	probe, cause := os.CreateTemp(filepath.Dir(path), ".ashar-*")
	if cause != nil {
		return fmt.Errorf("open database %s: %w: %w", path, ErrUnavailable, cause)
	}
	probe.Close()
	os.Remove(probe.Name())
	return translate("open database "+path, err)
}

// group is group commit for SQLite: writes that arrive while one is being made
// durable share the next commit, each inside its own savepoint, so the cost of
// the fsync is divided among them and a failed one takes nobody with it.
type group struct {
	db     *sql.DB
	parsed *kept
	queue  chan *write
	done   chan struct{}
	mu     sync.RWMutex // guards shut against a send on a closed queue
	shut   bool
}

type write struct {
	ctx    context.Context
	fn     func(*Tx) error
	after  []func()
	err    error
	finish chan struct{}
}

// maxGroup bounds how many writes share one commit, and so how long the first waits.
const maxGroup = 128

func newGroup(db *sql.DB) *group {
	g := &group{db: db, parsed: keep(db), queue: make(chan *write, 1024), done: make(chan struct{})}
	go g.run()
	return g
}

func (g *group) do(ctx context.Context, fn func(*Tx) error) error {
	w := &write{ctx: ctx, fn: fn, finish: make(chan struct{})}
	g.mu.RLock()
	if g.shut {
		g.mu.RUnlock()
		return operation("begin", sql.ErrConnDone)
	}
	select {
	case g.queue <- w:
		g.mu.RUnlock()
	case <-ctx.Done():
		g.mu.RUnlock()
		return ctx.Err()
	}
	// Once queued the write is waited for even if the caller's context ends:
	// otherwise nobody could say whether it was stored.
	<-w.finish
	if w.err == nil {
		for _, fn := range w.after {
			fn()
		}
	}
	return w.err
}

func (g *group) close() {
	g.mu.Lock()
	if !g.shut {
		g.shut = true
		close(g.queue)
	}
	g.mu.Unlock()
	<-g.done
	g.parsed.close()
}

func (g *group) run() {
	defer close(g.done)
	for w := range g.queue {
		batch := []*write{w}
		batch = g.commit(batch)
		for _, w := range batch {
			close(w.finish)
		}
	}
}

// commit runs the first write and all that wait behind it, then commits once.
func (g *group) commit(batch []*write) []*write {
	g.parsed.fill(context.Background())
	tx, err := g.db.BeginTx(context.Background(), nil)
	if err != nil {
		batch[0].err = translate("begin", err)
		return batch
	}
	for i := 0; i < len(batch); i++ {
		g.runOne(tx, batch[i])
		if len(batch) < maxGroup {
			select {
			case w, open := <-g.queue:
				if open {
					batch = append(batch, w)
				}
			default:
			}
		}
	}
	if err := tx.Commit(); err != nil {
		tx.Rollback()
		err = translate("commit", err)
		for _, w := range batch {
			if w.err == nil {
				w.err = err
			}
		}
	}
	return batch
}

func (g *group) runOne(tx *sql.Tx, w *write) {
	defer func() {
		if p := recover(); p != nil {
			tx.Exec("ROLLBACK TO one")
			tx.Exec("RELEASE one")
			w.err = fmt.Errorf("panic in transaction: %v", p)
		}
	}()
	if err := w.ctx.Err(); err != nil {
		w.err = err
		return
	}
	if _, err := tx.Exec("SAVEPOINT one"); err != nil {
		w.err = translate("savepoint", err)
		return
	}
	// The statements run without the caller's cancellation: modernc would
	// interrupt the connection that all writes of the group share.
	t := &Tx{ctx: context.WithoutCancel(w.ctx), tx: tx, engine: SQLite, parsed: g.parsed}
	w.err = w.fn(t)
	w.after = t.after
	if w.err != nil {
		tx.Exec("ROLLBACK TO one")
	}
	if _, err := tx.Exec("RELEASE one"); err != nil && w.err == nil {
		w.err = translate("release", err)
	}
}
