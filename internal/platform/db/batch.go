package db

import (
	"fmt"
	"strings"
)

// Batch writes many rows of one table with few statements, for imports and
// whatever else writes by the thousand.
type Batch struct {
	tx         *Tx
	name       string
	head, tail string
	columns    int
	most       int // rows of one statement
	args       []any
	full       *Prepared // of the usual number of rows; parsed once
}

// batchParams bounds the parameters of one statement: more would save
// PostgreSQL little and cost SQLite much, whose driver looks up the name of
// each placeholder by walking over all of them.
const batchParams = 160

// NewBatch returns a batch for the INSERT of one row, "INSERT INTO t (a, b)
// VALUES ($1, $2)", with or without ON CONFLICT behind.
func (t *Tx) NewBatch(name, insert string) *Batch {
	head, rest, _ := strings.Cut(insert, "VALUES")
	row, tail, _ := strings.Cut(rest, ")")
	b := &Batch{tx: t, name: name, head: head + "VALUES ", tail: tail, columns: strings.Count(row, "$")}
	b.most = max(1, batchParams/max(1, b.columns))
	return b
}

func (b *Batch) text(rows int) string {
	var s strings.Builder
	s.WriteString(b.head)
	for i := range rows {
		if i > 0 {
			s.WriteString(", ")
		}
		s.WriteString(In(i*b.columns+1, b.columns))
	}
	s.WriteString(b.tail)
	return s.String()
}

// Add adds a row, which is written now or by a later Add or Close.
func (b *Batch) Add(row ...any) error {
	if len(row) != b.columns {
		return fmt.Errorf("%s: %d values for %d columns", b.name, len(row), b.columns)
	}
	b.args = append(b.args, row...)
	if len(b.args) < b.most*b.columns {
		return nil
	}
	if b.full == nil {
		var err error
		if b.full, err = b.tx.Prepare(b.name, b.text(b.most)); err != nil {
			return err
		}
	}
	err := b.full.Exec(b.args...)
	b.args = b.args[:0]
	return err
}

// Close writes the rows still held.
func (b *Batch) Close() error {
	if b.full != nil {
		defer b.full.Close()
	}
	if len(b.args) == 0 {
		return nil
	}
	_, err := b.tx.Exec(b.name, b.text(len(b.args)/b.columns), b.args...)
	b.args = b.args[:0]
	return err
}
