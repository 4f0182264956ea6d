package db

import (
	"context"
	"database/sql"
	"sync"
)

// kept holds the statements of a SQLite pool that are used again and again,
// parsed: parsing costs SQLite more than most of our statements cost to run.
// (pgx does the same for PostgreSQL by itself.) A text is parsed for keeping
// when it has come twice, between transactions, because a pool whose only
// connection is in a transaction has none left to parse with.
type kept struct {
	pool   *sql.DB
	mu     sync.RWMutex
	stmts  map[string]*sql.Stmt
	seen   map[string]bool // texts that came once
	wanted []string        // texts that came again
}

// maxKept bounds the statements of one pool. Lists with filters have many
// texts; what is beyond the bound is parsed each time, as before.
const maxKept = 300

func keep(pool *sql.DB) *kept {
	return &kept{pool: pool, stmts: map[string]*sql.Stmt{}, seen: map[string]bool{}}
}

// of returns the parsed statement of a text, nil when there is none yet.
func (k *kept) of(query string) *sql.Stmt {
	k.mu.RLock()
	s, known := k.stmts[query]
	k.mu.RUnlock()
	if !known {
		k.note(query)
	}
	return s
}

func (k *kept) note(query string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, known := k.stmts[query]; known || len(k.stmts) >= maxKept {
		return
	}
	if !k.seen[query] {
		if len(k.seen) >= 4*maxKept {
			clear(k.seen)
		}
		k.seen[query] = true
		return
	}
	k.wanted = append(k.wanted, query)
	k.stmts[query] = nil
	delete(k.seen, query)
}

// fill parses what is wanted. It is called while the caller holds no
// connection of the pool.
func (k *kept) fill(ctx context.Context) {
	k.mu.RLock()
	idle := len(k.wanted) == 0
	k.mu.RUnlock()
	if idle {
		return
	}
	k.mu.Lock()
	texts := k.wanted
	k.wanted = nil
	k.mu.Unlock()
	for _, query := range texts {
		// What cannot be parsed now, such as a table that a migration makes
		// later, goes on being parsed each time and says its error there.
		s, err := k.pool.PrepareContext(ctx, query)
		if err != nil {
			continue
		}
		k.mu.Lock()
		k.stmts[query] = s
		k.mu.Unlock()
	}
}

// close frees the statements.
func (k *kept) close() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, s := range k.stmts {
		if s != nil {
			s.Close()
		}
	}
	k.stmts = map[string]*sql.Stmt{}
}

// statement is one use of a text in a transaction.
type statement struct {
	tx     *Tx // nil where another use does no harm
	query  string
	parsed *sql.Stmt // nil: the text is to be parsed anew
}

// statement takes the parsed statement of a text, unless it is not kept or its
// rows are being read: a parsed statement can run only once at a time.
func (t *Tx) statement(query string) statement {
	s := statement{tx: t, query: query}
	if t.parsed == nil {
		return s
	}
	kept := t.parsed.of(query)
	if kept == nil {
		return s
	}
	if t.tx == nil {
		return statement{parsed: kept}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.busy[query] {
		return s
	}
	if t.busy == nil {
		t.busy = map[string]bool{}
	}
	t.busy[query] = true
	s.parsed = t.tx.StmtContext(t.ctx, kept)
	return s
}

// free lets the statement be used again.
func (s statement) free() {
	if s.tx == nil || s.parsed == nil {
		return
	}
	s.tx.mu.Lock()
	defer s.tx.mu.Unlock()
	delete(s.tx.busy, s.query)
}
