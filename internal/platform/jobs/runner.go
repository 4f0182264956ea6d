package jobs

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ashar-kg/ashar/internal/platform/clock"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
)

// Runner works on the jobs of a database. Several runners, on one node or
// many, share the work.
type Runner struct {
	db       *db.DB
	clock    clock.Clock
	log      *slog.Logger
	owner    string
	handlers map[string]Handler
	periodic []periodic
	slots    chan struct{}
	busy     sync.WaitGroup
	done     atomic.Int64
	failed   atomic.Int64
}

type periodic struct {
	name  string
	every time.Duration
	run   func(context.Context) error
}

const (
	lease    = 2 * time.Minute        // how long a job may take before another worker tries
	poll     = 500 * time.Millisecond // how often work of other nodes is looked for
	workers  = 16
	maxClaim = 32
)

// New returns a runner without handlers.
func New(d *db.DB, c clock.Clock, log *slog.Logger) *Runner {
	return &Runner{db: d, clock: c, log: log, owner: ids.Secret(8), handlers: map[string]Handler{}, slots: make(chan struct{}, workers)}
}

// Handle sets who does the jobs of a kind; before Run.
func (r *Runner) Handle(kind string, h Handler) { r.handlers[kind] = h }

// Every runs fn again and again, on one node at a time; before Run.
func (r *Runner) Every(name string, every time.Duration, fn func(context.Context) error) {
	r.periodic = append(r.periodic, periodic{name, every, fn})
}

// Counts returns how many jobs this runner finished and how many runs failed.
func (r *Runner) Counts() (done, failed int64) { return r.done.Load(), r.failed.Load() }

// Run works until ctx ends, then waits for the jobs it has begun.
func (r *Runner) Run(ctx context.Context) {
	var all sync.WaitGroup
	for _, p := range r.periodic {
		all.Go(func() { r.repeat(ctx, p) })
	}
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for ctx.Err() == nil {
		n, err := r.Turn(ctx)
		if err != nil && ctx.Err() == nil {
			r.log.Warn("jobs cannot be claimed", "cause", err)
		}
		if n > 0 && err == nil {
			continue
		}
		select {
		case <-ctx.Done():
		case <-wakeUp:
		case <-tick.C:
		}
	}
	r.busy.Wait()
	all.Wait()
}

// Turn claims what is due, up to the free workers, and starts it.
func (r *Runner) Turn(ctx context.Context) (int, error) {
	free := min(maxClaim, cap(r.slots)-len(r.slots))
	if free == 0 {
		return 0, nil
	}
	list, err := r.claim(ctx, free)
	if err != nil {
		return 0, err
	}
	for _, j := range list {
		r.slots <- struct{}{}
		r.busy.Go(func() {
			defer func() { <-r.slots; wake() }()
			r.do(context.WithoutCancel(ctx), j)
		})
	}
	return len(list), nil
}

// Drain runs until no job is due; tests use it instead of waiting.
func (r *Runner) Drain(ctx context.Context) error {
	for {
		n, err := r.Turn(ctx)
		if err != nil {
			return err
		}
		r.busy.Wait()
		if n == 0 {
			return nil
		}
	}
}

// claim leases due jobs. It looks across cities by nature: workers serve all.
func (r *Runner) claim(ctx context.Context, limit int) ([]Job, error) {
	now := r.clock.Now()
	var list []Job
	// A read first: idle polling must not take the writer's turn.
	err := r.db.View(ctx, func(tx *db.Tx) error {
		n, err := db.All(tx, "job.due", `SELECT id FROM job WHERE NOT dead AND run_at <= $1 LIMIT 1`, db.Int64, now.UnixMilli())
		if err == nil && len(n) == 0 {
			limit = 0
		}
		return err
	})
	if err != nil || limit == 0 {
		return nil, err
	}
	err = r.db.Update(ctx, func(tx *db.Tx) (err error) {
		list, err = db.All(tx, "job.claim", `SELECT city_id, id, kind, args, attempt, error, run_at FROM job
			WHERE NOT dead AND run_at <= $1 ORDER BY run_at, id LIMIT $2`+tx.SkipLocked(), scanJob, now.UnixMilli(), limit)
		if err != nil {
			return err
		}
		for i := range list {
			list[i].Attempt++
			// The end of the lease is the next time it is due: a worker that
			// dies loses its jobs without anybody cleaning up.
			if _, err := tx.Exec("job.lease", `UPDATE job SET attempt = $3, owner = $4, leased_until = $5, run_at = $5
				WHERE city_id = $1 AND id = $2`, list[i].City, list[i].ID, list[i].Attempt, r.owner, now.Add(lease).UnixMilli()); err != nil {
				return err
			}
		}
		return nil
	})
	return list, err
}

func (r *Runner) do(ctx context.Context, j Job) {
	err := r.safely(ctx, j)
	if err == nil {
		r.done.Add(1)
		err = r.db.Update(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec("job.done", `DELETE FROM job WHERE city_id = $1 AND id = $2 AND owner = $3`, j.City, j.ID, r.owner)
			return err
		})
		if err != nil {
			r.log.Warn("finished job cannot be removed", "kind", j.Kind, "cause", err)
		}
		return
	}
	r.failed.Add(1)
	r.put(ctx, j, err)
}

func (r *Runner) safely(ctx context.Context, j Job) (err error) {
	h, ok := r.handlers[j.Kind]
	if !ok {
		return errors.New("no handler for " + j.Kind)
	}
	defer func() {
		if p := recover(); p != nil {
			r.log.Error("job panicked", "kind", j.Kind, "panic", p, "stack", string(debug.Stack()))
			err = errors.New("panic")
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, lease-10*time.Second)
	defer cancel()
	return h(ctx, j)
}

// put stores a failed job for its next attempt or as dead.
func (r *Runner) put(ctx context.Context, j Job, cause error) {
	wait := pause(j.Attempt)
	wait += rand.N(wait/4 + 1)
	var l later
	if errors.As(cause, &l) {
		wait = l.wait
	}
	var p permanent
	dead := errors.As(cause, &p) || j.Attempt >= MaxAttempts
	level := slog.LevelInfo
	if dead {
		level = slog.LevelWarn
	}
	r.log.Log(ctx, level, "job failed", "kind", j.Kind, "attempt", j.Attempt, "dead", dead, "cause", cause)
	err := r.db.Update(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec("job.failed", `UPDATE job SET run_at = $4, leased_until = 0, owner = '', dead = $5, error = $6
			WHERE city_id = $1 AND id = $2 AND owner = $3`, j.City, j.ID, r.owner, r.clock.Now().Add(wait).UnixMilli(), dead, short(cause.Error()))
		if err == nil && n == 0 {
			return errLost
		}
		return err
	})
	if err != nil && !errors.Is(err, errLost) {
		r.log.Warn("failed job cannot be stored", "kind", j.Kind, "cause", err)
	}
}

func short(s string) string {
	if len(s) > 500 {
		return s[:500]
	}
	return s
}

// repeat runs a periodic task whenever its lease row says it is due and free.
func (r *Runner) repeat(ctx context.Context, p periodic) {
	tick := time.NewTicker(min(p.every, 5*time.Second))
	defer tick.Stop()
	for {
		if r.mayRun(ctx, p) {
			if err := p.run(ctx); err != nil && ctx.Err() == nil {
				r.log.Warn("periodic task failed", "task", p.name, "cause", err)
			}
			r.release(context.WithoutCancel(ctx), p)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (r *Runner) mayRun(ctx context.Context, p periodic) bool {
	now := r.clock.Now().UnixMilli()
	var mine bool
	err := r.db.View(ctx, func(tx *db.Tx) error {
		n, err := db.All(tx, "job.lease.look", `SELECT next_run FROM job_lease WHERE city_id = 0 AND name = $1 AND (next_run > $2 OR until > $2)`, db.Int64, p.name, now)
		mine = len(n) == 0
		return err
	})
	if err != nil || !mine {
		return false
	}
	err = r.db.Update(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec("job.lease.take", `INSERT INTO job_lease (city_id, name, owner, until, next_run) VALUES (0, $1, $2, $3, 0)
			ON CONFLICT (city_id, name) DO UPDATE SET owner = excluded.owner, until = excluded.until
			WHERE job_lease.until <= $4 AND job_lease.next_run <= $4`, p.name, r.owner, now+(10*time.Minute).Milliseconds(), now)
		mine = n == 1
		return err
	})
	return err == nil && mine
}

func (r *Runner) release(ctx context.Context, p periodic) {
	next := r.clock.Now().Add(p.every).UnixMilli()
	err := r.db.Update(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec("job.lease.free", `UPDATE job_lease SET until = 0, next_run = $3 WHERE city_id = 0 AND name = $1 AND owner = $2`, p.name, r.owner, next)
		return err
	})
	if err != nil {
		r.log.Warn("lease cannot be released", "task", p.name, "cause", err)
	}
}
