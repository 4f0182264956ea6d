package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"strings"
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
	busy     sync.WaitGroup
	mu       sync.Mutex
	running  map[string]int // by kind
	total    int
	done     atomic.Int64
	failed   atomic.Int64
}

type periodic struct {
	name  string
	every time.Duration
	run   func(context.Context) error
}

const (
	lease     = time.Minute            // how long a job may take before another worker tries
	taskLease = 10 * time.Minute       // the same for a periodic task
	margin    = 10 * time.Second       // how long before its lease ends a run is stopped
	poll      = 500 * time.Millisecond // how often work of other nodes is looked for
	workers   = 48
	perKind   = 16 // so that a mail server that hangs does not hold up the rest
	maxClaim  = 32
)

// New returns a runner without handlers.
func New(d *db.DB, c clock.Clock, log *slog.Logger) *Runner {
	return &Runner{db: d, clock: c, log: log, owner: ids.Secret(8), handlers: map[string]Handler{}, running: map[string]int{}}
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

// Turn claims what is due, up to the free workers, and starts it. Only one
// goroutine calls it.
func (r *Runner) Turn(ctx context.Context) (int, error) {
	list, err := r.claim(ctx)
	if err != nil {
		return 0, err
	}
	for _, j := range list {
		r.count(j.Kind, 1)
		r.busy.Go(func() {
			defer func() { r.count(j.Kind, -1); wake() }()
			r.do(context.WithoutCancel(ctx), j)
		})
	}
	return len(list), nil
}

func (r *Runner) count(kind string, n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.running[kind] += n
	r.total += n
}

// room tells how many jobs may be claimed now, and how many are running of
// each kind.
func (r *Runner) room() (free int, running map[string]int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return min(maxClaim, workers-r.total), maps.Clone(r.running)
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
// The end of the lease is the next time a job is due, so a worker that dies
// loses its jobs without anybody cleaning up.
func (r *Runner) claim(ctx context.Context) ([]Job, error) {
	free, running := r.room()
	if free == 0 {
		return nil, nil
	}
	now := r.clock.Now()
	due := db.Where{}
	due.Add("NOT dead AND run_at <= ?", now.UnixMilli())
	for kind, n := range running {
		if n >= perKind {
			due.Add("kind <> ?", kind)
		}
	}
	// A read first: idle polling must not take the writer's turn.
	idle := false
	err := r.db.View(ctx, func(tx *db.Tx) error {
		n, err := db.All(tx, "job.due", `SELECT id FROM job WHERE `+due.String()+` LIMIT 1`, db.Int64, due.Args...)
		idle = len(n) == 0
		return err
	})
	if err != nil || idle {
		return nil, err
	}
	var mine []Job
	err = r.db.Update(ctx, func(tx *db.Tx) error {
		query := due
		query.Args = slices.Clone(due.Args)
		list, err := db.All(tx, "job.claim", `SELECT city_id, id, kind, args, attempt, error, run_at FROM job
			WHERE `+query.String()+` ORDER BY run_at, id LIMIT `+query.Next(free)+tx.SkipLocked(), scanJob, query.Args...)
		if err != nil {
			return err
		}
		mine, err = r.lease(tx, list, maps.Clone(running), now.Add(lease))
		return err
	})
	return mine, err
}

// lease takes those of the locked jobs for which there are workers of their
// kind; the others stay due. A job whose workers died at every attempt is
// dead: it may be what kills them.
func (r *Runner) lease(tx *db.Tx, list []Job, running map[string]int, until time.Time) ([]Job, error) {
	var mine []Job
	var those []string
	args := []any{r.owner, until.UnixMilli()}
	for _, j := range list {
		switch {
		case j.Attempt >= MaxAttempts:
			if _, err := tx.Exec("job.abandon", `UPDATE job SET dead = TRUE, error = $3 WHERE city_id = $1 AND id = $2`, j.City, j.ID, "its workers died"); err != nil {
				return nil, err
			}
		case running[j.Kind] < perKind:
			running[j.Kind]++
			j.Attempt++
			mine = append(mine, j)
			those = append(those, fmt.Sprintf("(city_id = $%d AND id = $%d)", len(args)+1, len(args)+2))
			args = append(args, j.City, j.ID)
		}
	}
	if len(mine) == 0 {
		return nil, nil
	}
	_, err := tx.Exec("job.lease", `UPDATE job SET attempt = attempt + 1, owner = $1, leased_until = $2, run_at = $2, unique_key = ''
		WHERE `+strings.Join(those, " OR "), args...)
	return mine, err
}

func (r *Runner) do(ctx context.Context, j Job) {
	err := r.safely(ctx, j)
	if err != nil {
		r.failed.Add(1)
		r.put(ctx, j, err)
		return
	}
	r.done.Add(1)
	err = r.db.Update(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec("job.done", `DELETE FROM job WHERE city_id = $1 AND id = $2 AND owner = $3 AND attempt = $4`, j.City, j.ID, r.owner, j.Attempt)
		return err
	})
	if err != nil {
		r.log.Warn("finished job cannot be removed", "kind", j.Kind, "cause", err)
	}
}

func (r *Runner) safely(ctx context.Context, j Job) error {
	h, ok := r.handlers[j.Kind]
	if !ok {
		return errors.New("no handler for " + j.Kind)
	}
	ctx, cancel := context.WithTimeout(ctx, lease-margin)
	defer cancel()
	return r.guard(j.Kind, func() error { return h(ctx, j) })
}

// guard turns a panic into an error: one bad job must not end the node.
func (r *Runner) guard(name string, fn func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			r.log.Error("job panicked", "kind", name, "panic", p, "stack", string(debug.Stack()))
			err = errors.New("panic")
		}
	}()
	return fn()
}

// put stores a failed job for its next attempt or as dead.
func (r *Runner) put(ctx context.Context, j Job, cause error) {
	wait := pause(j.Attempt)
	wait += rand.N(wait/4 + 1)
	var l later
	if errors.As(cause, &l) {
		wait = l.wait
	}
	dead := IsPermanent(cause) || j.Attempt >= MaxAttempts
	level := slog.LevelInfo
	if dead {
		level = slog.LevelWarn
	}
	r.log.Log(ctx, level, "job failed", "kind", j.Kind, "attempt", j.Attempt, "dead", dead, "cause", cause)
	err := r.db.Update(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec("job.failed", `UPDATE job SET run_at = $4, leased_until = 0, owner = '', dead = $5, error = $6
			WHERE city_id = $1 AND id = $2 AND owner = $3 AND attempt = $7`, j.City, j.ID, r.owner, r.clock.Now().Add(wait).UnixMilli(), dead, short(cause.Error()), j.Attempt)
		if err == nil && n == 0 {
			return errLost
		}
		return err
	})
	if err != nil && !errors.Is(err, errLost) {
		r.log.Warn("failed job cannot be stored", "kind", j.Kind, "cause", err)
	}
}

// short cuts an error to what fits a line, and to what PostgreSQL takes as text.
func short(s string) string {
	s = strings.ReplaceAll(s, "\x00", "")
	return strings.ToValidUTF8(s[:min(len(s), 500)], "")
}

// repeat runs a periodic task whenever its lease row says it is due and free.
func (r *Runner) repeat(ctx context.Context, p periodic) {
	tick := time.NewTicker(min(p.every, 5*time.Second))
	defer tick.Stop()
	for {
		if r.mayRun(ctx, p) {
			if err := r.task(ctx, p); err != nil && ctx.Err() == nil {
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

func (r *Runner) task(ctx context.Context, p periodic) error {
	ctx, cancel := context.WithTimeout(ctx, taskLease-margin)
	defer cancel()
	return r.guard(p.name, func() error { return p.run(ctx) })
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
			WHERE job_lease.until <= $4 AND job_lease.next_run <= $4`, p.name, r.owner, now+taskLease.Milliseconds(), now)
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
