// Package jobs does later, and again if need be, what a transaction decided:
// sending, fanning out, folding. A job is a row written in the transaction
// that wants it, so it exists exactly when its cause does. Workers of every
// node take rows under a lease; a job whose worker died is taken again when
// the lease ends, so handlers must bear being run twice.
package jobs

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations are the tables of this package.
var Migrations = db.Migrations{Name: "jobs", FS: files}

// Job is one piece of work.
type Job struct {
	City    int64
	ID      int64
	Kind    string
	Args    []byte // JSON
	Attempt int    // 1 at the first run
	Error   string // of the last failed run
	RunAt   time.Time
}

// Decode reads the arguments into v.
func (j Job) Decode(v any) error {
	if err := json.Unmarshal(j.Args, v); err != nil {
		return Permanent(fmt.Errorf("job %s: %w", j.Kind, err))
	}
	return nil
}

// MaxAttempts is how often a failing job is tried before it is called dead:
// with the pauses below, over about two days, so that a mail server may be
// away for a weekend's night without a message being given up.
const MaxAttempts = 22

// Option changes how a job is enqueued.
type Option func(*options)

type options struct {
	at  time.Time
	key string
}

// At lets the job run no earlier than t.
func At(t time.Time) Option { return func(o *options) { o.at = t } }

// Key makes a second job of the same kind and key vanish while the first waits
// for its first run. One that has begun may have read its facts already, so it
// holds nobody back.
func Key(k string) Option { return func(o *options) { o.key = k } }

// Enqueue writes a job in the transaction that wants it.
func Enqueue(tx *db.Tx, city int64, kind string, args any, opts ...Option) error {
	o := options{at: time.Now()}
	for _, set := range opts {
		set(&o)
	}
	text, err := json.Marshal(args)
	if err != nil {
		return fmt.Errorf("job %s: %w", kind, err)
	}
	_, err = tx.Exec("job.enqueue", `INSERT INTO job (city_id, id, kind, args, unique_key, run_at, attempt, leased_until, owner, dead, error)
		VALUES ($1, $2, $3, $4, $5, $6, 0, 0, '', FALSE, '') ON CONFLICT DO NOTHING`,
		city, ids.New(), kind, string(text), o.key, o.at.UnixMilli())
	if err == nil {
		tx.AfterCommit(wake)
	}
	return err
}

// wakeUp tells the runners of this process that there may be work.
var wakeUp = make(chan struct{}, 1)

func wake() {
	select {
	case wakeUp <- struct{}{}:
	default:
	}
}

type permanent struct{ error }

func (p permanent) Unwrap() error { return p.error }

// Permanent marks a failure that no repetition will mend: the job is dead at once.
func Permanent(err error) error { return permanent{err} }

// IsPermanent tells whether an error was marked by Permanent.
func IsPermanent(err error) bool {
	var p permanent
	return errors.As(err, &p)
}

type later struct {
	error
	wait time.Duration
}

func (l later) Unwrap() error { return l.error }

// After marks a failure and says when it is worth trying again, as a server
// did with Retry-After.
func After(wait time.Duration, err error) error { return later{err, wait} }

// pause is the wait before attempt n+1: half a second doubling up to six hours.
func pause(n int) time.Duration {
	d := 500 * time.Millisecond << min(n, 20)
	return min(d, 6*time.Hour)
}

// Dead reads the jobs that failed for good, newest first.
func Dead(tx *db.Tx, city, before int64, limit int) ([]Job, error) {
	if before == 0 {
		before = 1<<63 - 1
	}
	return db.All(tx, "job.dead", `SELECT city_id, id, kind, args, attempt, error, run_at FROM job
		WHERE city_id = $1 AND dead AND id < $2 ORDER BY id DESC LIMIT $3`, scanJob, city, before, limit)
}

// Retry puts a dead job to work again.
func Retry(tx *db.Tx, city, id int64) error {
	n, err := tx.Exec("job.retry", `UPDATE job SET dead = FALSE, attempt = 0, run_at = $3, leased_until = 0 WHERE city_id = $1 AND id = $2 AND dead`,
		city, id, time.Now().UnixMilli())
	if err != nil {
		return err
	}
	if n == 0 {
		return fmt.Errorf("job.retry: %w", db.ErrNotFound)
	}
	tx.AfterCommit(wake)
	return nil
}

// Drop removes a dead job.
func Drop(tx *db.Tx, city, id int64) error {
	_, err := tx.Exec("job.drop", `DELETE FROM job WHERE city_id = $1 AND id = $2 AND dead`, city, id)
	return err
}

func scanJob(r db.Row) (j Job, err error) {
	var args string
	var at int64
	err = r.Scan(&j.City, &j.ID, &j.Kind, &args, &j.Attempt, &j.Error, &at)
	j.Args, j.RunAt = []byte(args), time.UnixMilli(at)
	return j, err
}

// errLost tells that the lease ended before the job did: another worker has it.
var errLost = errors.New("lease is lost")

// Handler does one job.
type Handler func(context.Context, Job) error
