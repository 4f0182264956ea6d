package db

import (
	"context"
	"database/sql"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// Readers have connections of their own: a write may read settings on the side
// while others wait for a row that it holds, and must not wait behind them.
const postgresConns = 16

func openPostgres(ctx context.Context, address string) (*DB, error) {
	writer, err := postgresPool(ctx, address)
	if err != nil {
		return nil, err
	}
	reader, err := postgresPool(ctx, address)
	if err != nil {
		writer.Close()
		return nil, err
	}
	return &DB{engine: Postgres, reader: reader, writer: writer}, nil
}

func postgresPool(ctx context.Context, address string) (*sql.DB, error) {
	pool, err := sql.Open("pgx", address)
	if err != nil {
		return nil, translate("open database", err)
	}
	pool.SetMaxOpenConns(postgresConns)
	pool.SetMaxIdleConns(postgresConns)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	if err := pool.PingContext(ctx); err != nil {
		pool.Close()
		return nil, translate("open database", err)
	}
	return pool, nil
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
