// Package fresh tells every node when what it has rendered of a city is out of
// date. A writing transaction touches its city; once a second a node that has
// seen touches raises the city's version row, and every node reads the rows.
// So a cached page is at most about a second old on any other node, never on
// the node that wrote, and a busy city costs one row update a second, not one
// per write.
package fresh

import (
	"context"
	"embed"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ashar-kg/ashar/internal/platform/db"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations are the tables of this package.
var Migrations = db.Migrations{Name: "fresh", FS: files}

// Period is the time between two looks at the version rows.
const Period = time.Second

// Versions holds the versions of all cities. Safe for concurrent use.
type Versions struct {
	db    *db.DB
	now   atomic.Pointer[map[int64]int64]
	mu    sync.Mutex
	dirty map[int64]bool
	local sync.Map // city → *atomic.Int64: marks of this node, which see their own writes at once
}

// New returns versions kept in d. Run must be running for them to move.
func New(d *db.DB) *Versions {
	v := &Versions{db: d, dirty: map[int64]bool{}}
	v.now.Store(&map[int64]int64{})
	return v
}

// Of returns the version of what the public sees of a city.
func (v *Versions) Of(city int64) int64 {
	version := (*v.now.Load())[city] << 32
	if n, ok := v.local.Load(city); ok {
		version += n.(*atomic.Int64).Load()
	}
	return version
}

// Touch notes, once tx is durable, that the public data of a city changed.
func (v *Versions) Touch(tx *db.Tx, city int64) {
	tx.AfterCommit(func() { v.Mark(city) })
}

// Mark notes that what is stored for the public of a city has changed.
func (v *Versions) Mark(city int64) {
	n, _ := v.local.LoadOrStore(city, new(atomic.Int64))
	n.(*atomic.Int64).Add(1)
	v.mu.Lock()
	v.dirty[city] = true
	v.mu.Unlock()
}

// Run raises and reads versions until ctx ends.
func (v *Versions) Run(ctx context.Context) {
	tick := time.NewTicker(Period)
	defer tick.Stop()
	for {
		// A failed look is made good by the next one.
		_ = v.Turn(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Turn raises the versions of touched cities and reads all. Tests call it
// instead of waiting for Run.
func (v *Versions) Turn(ctx context.Context) error {
	v.mu.Lock()
	dirty := v.dirty
	v.dirty = map[int64]bool{}
	v.mu.Unlock()
	if len(dirty) > 0 {
		if err := v.db.Update(ctx, func(tx *db.Tx) error { return raise(tx, dirty) }); err != nil {
			v.mu.Lock()
			for c := range dirty {
				v.dirty[c] = true
			}
			v.mu.Unlock()
			return err
		}
	}
	next := map[int64]int64{}
	err := v.db.View(ctx, func(tx *db.Tx) error {
		// Across cities by nature: one small row per tenant.
		return tx.Each("fresh.read", `SELECT city_id, version FROM fresh_version`, func(r db.Row) error {
			var city, version int64
			if err := r.Scan(&city, &version); err != nil {
				return err
			}
			next[city] = version
			return nil
		})
	})
	if err == nil {
		v.now.Store(&next)
	}
	return err
}

func raise(tx *db.Tx, cities map[int64]bool) error {
	for city := range cities {
		if _, err := tx.Exec("fresh.raise", `INSERT INTO fresh_version (city_id, version) VALUES ($1, 1)
			ON CONFLICT (city_id) DO UPDATE SET version = fresh_version.version + 1`, city); err != nil {
			return err
		}
	}
	return nil
}
