package db

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// A dump is lines of JSON: ["table", name, columns…] opens a table, and each
// array after it is a row. Bytes are {"b": base64}. It holds no word of the
// engine, so a city may move from SQLite to PostgreSQL and back.

// derived tables hold nothing to keep, or are filled again from the others: the
// search index.
func derived(table string) bool {
	return table == "schema_migration" || table == "db_ping" || strings.HasPrefix(table, "sqlite_") || strings.HasPrefix(table, "search_text")
}

// bytesValue is how a dump writes bytes.
type bytesValue struct {
	B string `json:"b"`
}

// Dump writes all tables as one snapshot.
func (d *DB) Dump(ctx context.Context, w io.Writer) error {
	out := bufio.NewWriterSize(w, 1<<20)
	err := d.View(ctx, func(tx *Tx) error {
		tables, err := tx.tables()
		if err != nil {
			return err
		}
		enc := json.NewEncoder(out)
		enc.SetEscapeHTML(false)
		for _, t := range tables {
			if derived(t) {
				continue
			}
			if err := tx.dumpTable(enc, t); err != nil {
				return fmt.Errorf("dump %s: %w", t, err)
			}
		}
		return nil
	})
	return errors.Join(err, out.Flush())
}

func (t *Tx) tables() ([]string, error) {
	if t.engine == SQLite {
		return All(t, "db.tables", `SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name`, Text)
	}
	return All(t, "db.tables", `SELECT table_name::text FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY 1`, Text)
}

// order sorts a table by its primary key. PostgreSQL would give the rows as they
// lie, which tells in what order they came.
func (t *Tx) order(table string) (string, error) {
	if t.engine == SQLite {
		return "", nil
	}
	columns, err := All(t, "db.key", `SELECT a.attname::text FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)
		WHERE i.indrelid = $1::text::regclass AND i.indisprimary ORDER BY array_position(i.indkey::int2[], a.attnum)`, Text, table)
	if err != nil || len(columns) == 0 {
		return "", err
	}
	return " ORDER BY " + strings.Join(columns, ", "), nil
}

func (t *Tx) dumpTable(enc *json.Encoder, table string) error {
	order, err := t.order(table)
	if err != nil {
		return err
	}
	rows, err := t.tx.QueryContext(t.ctx, `SELECT * FROM `+table+order)
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	types, err := rows.ColumnTypes()
	if err != nil {
		return err
	}
	head := []any{"table", table}
	for _, c := range columns {
		head = append(head, c)
	}
	if err := enc.Encode(head); err != nil {
		return err
	}
	values, dest := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		dest[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		for i, v := range values {
			if b, ok := v.([]byte); ok {
				values[i] = bytesValue{base64.StdEncoding.EncodeToString(b)}
			}
			if n, ok := v.(int64); ok && types[i].DatabaseTypeName() == "BOOLEAN" {
				values[i] = n != 0
			}
		}
		if err := enc.Encode(values); err != nil {
			return err
		}
	}
	return rows.Err()
}

// ErrNotEmpty tells that a dump is to be loaded over data that is there.
var ErrNotEmpty = errors.New("the database holds data already")

// Load reads a dump into the empty tables of a migrated database, all or
// nothing.
func (d *DB) Load(ctx context.Context, r io.Reader) error {
	dec := json.NewDecoder(bufio.NewReaderSize(r, 1<<20))
	dec.UseNumber()
	begun := false
	return d.Update(ctx, func(tx *Tx) error {
		if begun { // the reader cannot be read twice
			return errors.New("the database broke off while loading; try again")
		}
		begun = true
		tables, err := tx.tables()
		if err != nil {
			return err
		}
		var insert *Prepared
		for {
			var row []any
			if err := dec.Decode(&row); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return fmt.Errorf("dump is damaged: %w", err)
			}
			if len(row) > 2 && row[0] == "table" {
				if insert, err = tx.beginTable(tables, row[1:], insert); err != nil {
					return err
				}
				continue
			}
			if insert == nil {
				return errors.New("dump is damaged: row without a table")
			}
			for i := range row {
				row[i] = loaded(row[i])
			}
			if err := insert.Exec(row...); err != nil {
				return err
			}
		}
		if insert != nil {
			return insert.Close()
		}
		return nil
	})
}

func (t *Tx) beginTable(known []string, head []any, last *Prepared) (*Prepared, error) {
	if last != nil {
		last.Close()
	}
	names := make([]string, len(head))
	for i, h := range head {
		s, ok := h.(string)
		if !ok || strings.ContainsFunc(s, func(r rune) bool { return r != '_' && (r < 'a' || r > 'z') && (r < '0' || r > '9') }) {
			return nil, errors.New("dump is damaged: bad name")
		}
		names[i] = s
	}
	table, columns := names[0], names[1:]
	if !slices.Contains(known, table) {
		return nil, fmt.Errorf("the dump has a table %q that this version does not know", table)
	}
	n, err := One(t, "db.load.empty", `SELECT COUNT(*) FROM (SELECT 1 FROM `+table+` LIMIT 1) AS x`, Int64)
	if err != nil {
		return nil, err
	}
	if n > 0 {
		return nil, fmt.Errorf("%w: table %s", ErrNotEmpty, table)
	}
	return t.Prepare("db.load "+table, `INSERT INTO `+table+` (`+strings.Join(columns, ", ")+`) VALUES `+In(1, len(columns)))
}

func loaded(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		f, _ := v.Float64()
		return f
	case map[string]any:
		if s, ok := v["b"].(string); ok {
			b, _ := base64.StdEncoding.DecodeString(s)
			return b
		}
	}
	return v
}
