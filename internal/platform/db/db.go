// Package db runs one SQL text on SQLite and on PostgreSQL. It is the only
// place that knows which engine is behind it: pools, group commit, retries,
// error kinds and migrations live here and nowhere else.
//
// Callers use View for reads and Update for writes. The function given to
// Update may run more than once (a busy database, a serialisation failure, a
// lost connection), so it must not have effects outside its transaction.
package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Engine names the database behind a DB.
type Engine string

// The two engines.
const (
	SQLite   Engine = "sqlite"
	Postgres Engine = "postgres"
)

// DB is an open database. It is safe for concurrent use.
type DB struct {
	engine Engine
	path   string // file of a SQLite database
	reader *sql.DB
	writer *sql.DB
	apart  *sql.DB // for Tx.Apart; nil on SQLite
	group  *group  // group commit of SQLite; nil on PostgreSQL
	parsed *kept   // statements of the readers of SQLite; nil on PostgreSQL
	writes atomic.Int64
	reads  atomic.Int64
	retry  atomic.Int64
}

// Open opens the database at the given URL: "postgres://…", or "sqlite:FILE"
// (a bare path is a SQLite file too). It does not migrate.
func Open(ctx context.Context, address string) (*DB, error) {
	if strings.HasPrefix(address, "postgres://") || strings.HasPrefix(address, "postgresql://") {
		return openPostgres(ctx, address)
	}
	return openSQLite(ctx, strings.TrimPrefix(address, "sqlite:"))
}

// Engine tells which engine is behind d.
func (d *DB) Engine() Engine { return d.engine }

// Path returns the file of a SQLite database, "" on PostgreSQL.
func (d *DB) Path() string { return d.path }

// Counts are totals since Open, for metrics.
type Counts struct{ Reads, Writes, Retries int64 }

// Counts returns how many transactions ran and how many had to be repeated.
func (d *DB) Counts() Counts {
	return Counts{d.reads.Load(), d.writes.Load(), d.retry.Load()}
}

// Ping reports whether the database answers and, for SQLite, can be written.
func (d *DB) Ping(ctx context.Context) error {
	if d.engine == SQLite {
		return d.Update(ctx, func(tx *Tx) error {
			_, err := tx.Exec("db.ping", `INSERT INTO db_ping (city_id, id, at) VALUES (0, 1, $1)
				ON CONFLICT (city_id, id) DO UPDATE SET at = excluded.at`, time.Now().UnixMilli())
			return err
		})
	}
	return d.reader.PingContext(ctx)
}

// Close waits for the running writes and closes the database.
func (d *DB) Close() error {
	if d.group != nil {
		d.group.close()
	}
	if d.parsed != nil {
		d.parsed.close()
	}
	err := d.writer.Close()
	if d.reader != d.writer {
		err = errors.Join(d.reader.Close(), err)
	}
	if d.apart != nil {
		err = errors.Join(d.apart.Close(), err)
	}
	return err
}

// Tx is a running transaction. It is bound to the context of View or Update.
type Tx struct {
	ctx    context.Context
	tx     *sql.Tx
	pool   *sql.DB // instead of tx where there is no transaction
	engine Engine
	apart  *sql.DB
	after  []func()
	parsed *kept // nil on PostgreSQL
	mu     sync.Mutex
	busy   map[string]bool // texts whose rows are being read
}

// Context returns the context the transaction runs under.
func (t *Tx) Context() context.Context { return t.ctx }

// Engine tells which engine the transaction runs on; only packages of platform
// that hide a difference between engines may ask.
func (t *Tx) Engine() Engine { return t.engine }

// ForUpdate is the locking clause that a SELECT needs when its rows are about
// to be changed: empty on SQLite, where a writer is alone anyway.
func (t *Tx) ForUpdate() string {
	if t.engine == Postgres {
		return " FOR UPDATE"
	}
	return ""
}

// SkipLocked is the clause with which several workers claim rows side by side.
func (t *Tx) SkipLocked() string {
	if t.engine == Postgres {
		return " FOR UPDATE SKIP LOCKED"
	}
	return ""
}

// AfterCommit runs fn once the transaction is durable; never when it fails.
// It is for wake-ups and cache hints, not for work that must not be lost.
func (t *Tx) AfterCommit(fn func()) { t.after = append(t.after, fn) }

type txKey struct{}

// errGlance is a programming error: a write, or work over many statements,
// where there is no transaction.
var errGlance = errors.New("db: statement needs a transaction")

// errNested is a programming error: a write inside a write would wait for itself.
var errNested = errors.New("db: Update called inside Update")

// viewKey finds the View of a database that a context belongs to.
type viewKey struct{ d *DB }

// View runs fn in a read-only transaction with one consistent snapshot. Inside
// another View it reads in that one: two connections for one reader would let
// readers wait for each other.
func (d *DB) View(ctx context.Context, fn func(*Tx) error) error {
	return d.read(ctx, fn, d.view)
}

// Glance runs fn without a transaction: each of its statements sees the newest
// that is stored. It spares the beginning and the end of a snapshot, which cost
// more than a statement that finds a row by its key, and is for reads of one
// statement, or of several that need not agree with each other. Inside a View
// it reads in that one.
func (d *DB) Glance(ctx context.Context, fn func(*Tx) error) error {
	return d.read(ctx, fn, d.glance)
}

func (d *DB) read(ctx context.Context, fn func(*Tx) error, once func(context.Context, func(*Tx) error) error) error {
	if t, ok := ctx.Value(viewKey{d}).(*Tx); ok {
		return fn(t)
	}
	d.reads.Add(1)
	var err error
	for try := 0; ; try++ {
		err = once(ctx, fn)
		if err == nil || try == maxTries-1 || !retryable(err) {
			return err
		}
		if !d.pause(ctx, try) {
			return err
		}
	}
}

func (d *DB) view(ctx context.Context, fn func(*Tx) error) error {
	opts := &sql.TxOptions{ReadOnly: true}
	if d.engine == Postgres {
		opts.Isolation = sql.LevelRepeatableRead
	}
	if d.parsed != nil {
		d.parsed.fill(ctx)
	}
	tx, err := d.reader.BeginTx(ctx, opts)
	if err != nil {
		return translate("begin", err)
	}
	defer tx.Rollback()
	t := &Tx{tx: tx, engine: d.engine, parsed: d.parsed}
	t.ctx = context.WithValue(ctx, viewKey{d}, t)
	if err := fn(t); err != nil {
		return err
	}
	return translate("commit", tx.Commit())
}

func (d *DB) glance(ctx context.Context, fn func(*Tx) error) error {
	if d.parsed != nil {
		d.parsed.fill(ctx)
	}
	return fn(&Tx{ctx: ctx, pool: d.reader, engine: d.engine, parsed: d.parsed})
}

const maxTries = 5

// Update runs fn in a transaction and returns when it is durable. fn is
// repeated when the engine asks for it, so it must be repeatable.
func (d *DB) Update(ctx context.Context, fn func(*Tx) error) error {
	if ctx.Value(txKey{}) != nil {
		return errNested
	}
	d.writes.Add(1)
	ctx = context.WithValue(ctx, txKey{}, true)
	for try := 0; ; try++ {
		var err error
		if d.group != nil {
			err = d.group.do(ctx, fn)
		} else {
			err = d.updatePostgres(ctx, fn)
		}
		if err == nil || try == maxTries-1 || !retryable(err) {
			return err
		}
		if !d.pause(ctx, try) {
			return err
		}
	}
}

func (d *DB) pause(ctx context.Context, try int) bool {
	d.retry.Add(1)
	wait := time.Duration(5<<try)*time.Millisecond + rand.N(10*time.Millisecond)
	select {
	case <-ctx.Done():
		return false
	case <-time.After(wait):
		return true
	}
}

// Exec runs a statement and returns the number of rows it changed. name says
// which query it is in errors and logs.
func (t *Tx) Exec(name, query string, args ...any) (int64, error) {
	if t.tx == nil {
		return 0, operation(name, errGlance)
	}
	s := t.statement(query)
	defer s.free()
	var r sql.Result
	var err error
	if s.parsed != nil {
		r, err = s.parsed.ExecContext(t.ctx, args...)
	} else {
		r, err = t.tx.ExecContext(t.ctx, query, args...)
	}
	if err != nil {
		return 0, translate(name, err)
	}
	n, err := r.RowsAffected()
	return n, translate(name, err)
}

// plain is where a text runs that is not kept parsed.
func (t *Tx) plain() interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
} {
	if t.tx == nil {
		return t.pool
	}
	return t.tx
}

// Row is what a scan function reads one result row from.
type Row interface{ Scan(dest ...any) error }

// One returns the single row of a query; no row is ErrNotFound.
func One[T any](t *Tx, name, query string, scan func(Row) (T, error), args ...any) (T, error) {
	s := t.statement(query)
	defer s.free()
	var row *sql.Row
	if s.parsed != nil {
		row = s.parsed.QueryRowContext(t.ctx, args...)
	} else {
		row = t.plain().QueryRowContext(t.ctx, query, args...)
	}
	v, err := scan(row)
	if err != nil {
		var zero T
		return zero, translate(name, err)
	}
	return v, nil
}

// All returns every row of a query; none is an empty slice, not an error.
func All[T any](t *Tx, name, query string, scan func(Row) (T, error), args ...any) ([]T, error) {
	var out []T
	err := t.Each(name, query, func(r Row) error {
		v, err := scan(r)
		if err != nil {
			return err
		}
		out = append(out, v)
		return nil
	}, args...)
	return out, err
}

// Each calls fn for every row of a query without holding them all.
func (t *Tx) Each(name, query string, fn func(Row) error, args ...any) error {
	s := t.statement(query)
	defer s.free()
	var rows *sql.Rows
	var err error
	if s.parsed != nil {
		rows, err = s.parsed.QueryContext(t.ctx, args...)
	} else {
		rows, err = t.plain().QueryContext(t.ctx, query, args...)
	}
	if err != nil {
		return translate(name, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows); err != nil {
			return translate(name, err)
		}
	}
	return translate(name, rows.Err())
}

// Prepared is a statement used many times inside one transaction: imports and
// the demo loader, where parsing the text again would be most of the cost.
type Prepared struct {
	name string
	stmt *sql.Stmt
	ctx  context.Context
}

// Prepare prepares a statement for the rest of the transaction.
func (t *Tx) Prepare(name, query string) (*Prepared, error) {
	if t.tx == nil {
		return nil, operation(name, errGlance)
	}
	s, err := t.tx.PrepareContext(t.ctx, query)
	if err != nil {
		return nil, translate(name, err)
	}
	return &Prepared{name: name, stmt: s, ctx: t.ctx}, nil
}

// Exec runs the prepared statement.
func (p *Prepared) Exec(args ...any) error {
	_, err := p.stmt.ExecContext(p.ctx, args...)
	return translate(p.name, err)
}

// Close frees the statement.
func (p *Prepared) Close() error { return p.stmt.Close() }

// Int64 scans one BIGINT column.
func Int64(r Row) (v int64, err error) { err = r.Scan(&v); return v, err }

// Text scans one TEXT column.
func Text(r Row) (v string, err error) { err = r.Scan(&v); return v, err }

// In returns "($start, $start+1, …)" for n values, the list of an IN clause.
// n must be at least 1.
func In(start, n int) string {
	var b strings.Builder
	b.WriteByte('(')
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(start + i))
	}
	b.WriteByte(')')
	return b.String()
}

// Where collects the conditions of a filtered list and their arguments.
type Where struct {
	parts []string
	Args  []any
}

// Add adds a condition; every "?" in it becomes the next numbered placeholder.
func (w *Where) Add(cond string, args ...any) {
	var b strings.Builder
	next := 0
	for _, r := range cond {
		if r != '?' {
			b.WriteRune(r)
			continue
		}
		w.Args = append(w.Args, args[next])
		next++
		b.WriteString("$" + strconv.Itoa(len(w.Args)))
	}
	w.parts = append(w.parts, b.String())
}

// AnyOf adds that a column has one of the values, of which there must be some.
func AnyOf[T any](w *Where, column string, values []T) {
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = v
	}
	w.Add(column+" IN (?"+strings.Repeat(", ?", len(values)-1)+")", args...)
}

// Of is the conditions of one city, the beginning of nearly every WHERE.
func Of(city int64) *Where {
	w := &Where{}
	w.Add("city_id = ?", city)
	return w
}

// Append adds the conditions of another Where, its placeholders renumbered.
func (w *Where) Append(o *Where) {
	shift := len(w.Args)
	for _, part := range o.parts {
		w.parts = append(w.parts, renumber(part, shift))
	}
	w.Args = append(w.Args, o.Args...)
}

func renumber(cond string, shift int) string {
	var b strings.Builder
	for i := 0; i < len(cond); i++ {
		b.WriteByte(cond[i])
		if cond[i] != '$' {
			continue
		}
		n := 0
		for ; i+1 < len(cond) && cond[i+1] >= '0' && cond[i+1] <= '9'; i++ {
			n = n*10 + int(cond[i+1]-'0')
		}
		b.WriteString(strconv.Itoa(n + shift))
	}
	return b.String()
}

// String is the conditions joined by AND.
func (w *Where) String() string { return strings.Join(w.parts, " AND ") }

// Next returns the placeholder of a further argument, for a LIMIT.
func (w *Where) Next(arg any) string {
	w.Args = append(w.Args, arg)
	return "$" + strconv.Itoa(len(w.Args))
}

// sqliteAddress builds the driver's address of a file. Order of pragmas matters:
// busy_timeout first, because switching to WAL may itself meet a lock.
func sqliteAddress(path, mode string) string {
	q := url.Values{}
	for _, p := range []string{
		"busy_timeout(10000)",
		"journal_mode(WAL)",
		"synchronous(FULL)", // what is acknowledged is on the disk
		"foreign_keys(ON)",
		"temp_store(MEMORY)",
		"journal_size_limit(67108864)",
	} {
		q.Add("_pragma", p)
	}
	switch mode {
	case "write":
		q.Set("_txlock", "immediate")
		q.Add("_pragma", "cache_size(-32000)")
	case "read":
		q.Add("_pragma", "cache_size(-8000)")
		q.Add("_pragma", "query_only(ON)")
	}
	return "file:" + filepath.ToSlash(path) + "?" + q.Encode()
}

func operation(name string, err error) error { return fmt.Errorf("%s: %w", name, err) }
