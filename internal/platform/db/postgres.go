package db

import (
	"context"
	"database/sql"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

func openPostgres(ctx context.Context, address string) (*DB, error) {
	pool, err := sql.Open("pgx", address)
	if err != nil {
		return nil, translate("open database", err)
	}
	pool.SetMaxOpenConns(24)
	pool.SetMaxIdleConns(24)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	if err := pool.PingContext(ctx); err != nil {
		pool.Close()
		return nil, translate("open database", err)
	}
	return &DB{engine: Postgres, reader: pool, writer: pool}, nil
}

// updatePostgres runs one write at read committed: collisions are excluded by
// unique keys, ForUpdate and compare-and-set, which cost less than
// serialisable and also hold on a sharded database.
func (d *DB) updatePostgres(ctx context.Context, fn func(*Tx) error) error {
	tx, err := d.writer.BeginTx(ctx, nil)
	if err != nil {
		return translate("begin", err)
	}
	defer tx.Rollback()
	t := &Tx{ctx: ctx, tx: tx, engine: Postgres}
	if err := fn(t); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return translate("commit", err)
	}
	for _, fn := range t.after {
		fn()
	}
	return nil
}

// Admin runs a statement outside any transaction, as CREATE DATABASE and VACUUM need.
func (d *DB) Admin(ctx context.Context, stmt string) error {
	_, err := d.writer.ExecContext(ctx, stmt)
	return translate("admin", err)
}
