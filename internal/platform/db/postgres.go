package db

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// Readers have connections of their own: a write may read settings on the side
// while others wait for a row that it holds, and must not wait behind them.
const postgresConns = 16

// apartConns is enough for transactions that last for one statement.
const apartConns = 4

func openPostgres(ctx context.Context, address string) (*DB, error) {
	cfg, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, translate("open database", err)
	}
	quick := cfg.Copy()
	quick.RuntimeParams["synchronous_commit"] = "off"
	d := &DB{
		engine: Postgres,
		reader: postgresPool(cfg, postgresConns),
		writer: postgresPool(cfg, postgresConns),
		apart:  postgresPool(quick, apartConns),
	}
	if err := d.reader.PingContext(ctx); err != nil {
		return nil, errors.Join(translate("open database", err), d.Close())
	}
	return d, nil
}

func postgresPool(cfg *pgx.ConnConfig, size int) *sql.DB {
	pool := stdlib.OpenDB(*cfg)
	pool.SetMaxOpenConns(size)
	pool.SetMaxIdleConns(size)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	return pool
}

// Apart runs fn beside the transaction and commits it at once, so that a row
// that every writer needs, such as a counter, is not held until the commit.
// What fn did stays when the transaction fails afterwards. On PostgreSQL the
// commit of fn does not wait for the disk: the log is written in order, so it
// is there whenever the transaction that used its result is. On SQLite, where
// a writer is alone, fn runs in the transaction itself.
func (t *Tx) Apart(fn func(*Tx) error) error {
	if t.apart == nil {
		return fn(t)
	}
	tx, err := t.apart.BeginTx(t.ctx, nil)
	if err != nil {
		return translate("begin apart", err)
	}
	defer tx.Rollback()
	if err := fn(&Tx{ctx: t.ctx, tx: tx, engine: t.engine}); err != nil {
		return err
	}
	return translate("commit apart", tx.Commit())
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
	t := &Tx{ctx: ctx, tx: tx, engine: Postgres, apart: d.apart}
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
