package db

import (
	"context"
	"fmt"
	"io/fs"
	"sort"
	"strings"
	"time"
)

// Migrations is the ordered set of migration files of one package. A file is
// plain SQL, statements ended by ";" at a line's end. Lines between
// "-- +sqlite" or "-- +postgres" and "-- +end" run on that engine only.
// Files are applied in name order, once, and never edited after a release.
type Migrations struct {
	Name string // the package, such as "casework"
	FS   fs.FS  // holds migrations/*.sql
}

// Migrate applies what is missing, in the order given, under a lock that keeps
// a second node waiting. It returns the names of the files applied now.
func (d *DB) Migrate(ctx context.Context, sets []Migrations) ([]string, error) {
	var applied []string
	err := d.Update(ctx, func(tx *Tx) error {
		applied = nil
		if tx.engine == Postgres {
			// The one advisory lock of the product: it guards the making of the
			// very tables that every other lock is a row of.
			if _, err := tx.Exec("migrate.lock", `SELECT pg_advisory_xact_lock(20260501)`); err != nil {
				return err
			}
		}
		if _, err := tx.Exec("migrate.table", `CREATE TABLE IF NOT EXISTS schema_migration (
			name TEXT PRIMARY KEY, applied_at BIGINT NOT NULL)`); err != nil {
			return err
		}
		done, err := All(tx, "migrate.done", `SELECT name FROM schema_migration`, Text)
		if err != nil {
			return err
		}
		seen := make(map[string]bool, len(done))
		for _, n := range done {
			seen[n] = true
		}
		for _, set := range sets {
			names, err := fs.Glob(set.FS, "migrations/*.sql")
			if err != nil {
				return fmt.Errorf("migrate %s: %w", set.Name, err)
			}
			sort.Strings(names)
			for _, file := range names {
				name := set.Name + "/" + strings.TrimPrefix(file, "migrations/")
				if seen[name] {
					continue
				}
				text, err := fs.ReadFile(set.FS, file)
				if err != nil {
					return fmt.Errorf("migrate %s: %w", name, err)
				}
				for _, stmt := range statements(string(text), tx.engine) {
					if _, err := tx.Exec("migrate "+name, stmt); err != nil {
						return err
					}
				}
				if _, err := tx.Exec("migrate.note", `INSERT INTO schema_migration (name, applied_at) VALUES ($1, $2)`,
					name, time.Now().UnixMilli()); err != nil {
					return err
				}
				applied = append(applied, name)
			}
		}
		return nil
	})
	return applied, err
}

// statements splits a migration file into the statements for one engine.
func statements(text string, engine Engine) []string {
	var out []string
	var cur strings.Builder
	only := Engine("")
	for line := range strings.Lines(text) {
		trimmed := strings.TrimSpace(line)
		switch trimmed {
		case "-- +sqlite":
			only = SQLite
			continue
		case "-- +postgres":
			only = Postgres
			continue
		case "-- +end":
			only = ""
			continue
		}
		if (only != "" && only != engine) || strings.HasPrefix(trimmed, "--") || trimmed == "" {
			continue
		}
		cur.WriteString(line)
		if strings.HasSuffix(trimmed, ";") {
			out = append(out, strings.TrimSuffix(strings.TrimSpace(cur.String()), ";"))
			cur.Reset()
		}
	}
	if rest := strings.TrimSpace(cur.String()); rest != "" {
		out = append(out, rest)
	}
	return out
}
