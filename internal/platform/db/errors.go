package db

import (
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
)

// The few kinds of failure that callers tell apart. Everything else is internal.
var (
	// ErrNotFound: the row asked for does not exist.
	ErrNotFound = errors.New("not found")
	// ErrConflict: a unique key is taken.
	ErrConflict = errors.New("conflict")
	// ErrInvalid: a check or a foreign key refused the row.
	ErrInvalid = errors.New("invalid")
	// ErrUnavailable: the database cannot be written now (disk full, read-only,
	// gone); nothing was stored and the same call may work later.
	ErrUnavailable = errors.New("database unavailable")
)

// SQLite's extended result codes, and PostgreSQL's classes, that mean one of ours.
const (
	sqliteBusy       = 5
	sqliteLocked     = 6
	sqliteReadOnly   = 8
	sqliteIOErr      = 10
	sqliteFull       = 13
	sqliteCantOpen   = 14
	sqliteCheck      = 275
	sqliteForeign    = 787
	sqlitePrimaryKey = 1555
	sqliteUnique     = 2067
)

// translate names the query and maps the engine's error to one of ours. It is
// the only place where sql.ErrNoRows becomes ErrNotFound.
func translate(name string, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, sql.ErrNoRows) {
		return operation(name, ErrNotFound)
	}
	if kind := kindOf(err); kind != nil {
		return fmt.Errorf("%s: %w: %w", name, kind, err)
	}
	return operation(name, err)
}

func kindOf(err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		switch pg.Code {
		case "23505":
			return ErrConflict
		case "23503", "23514", "23502":
			return ErrInvalid
		case "53100", "25006", "57P03", "53300", "57P01":
			return ErrUnavailable
		}
		return nil
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		switch code := lite.Code(); {
		case code == sqlitePrimaryKey, code == sqliteUnique:
			return ErrConflict
		case code == sqliteForeign, code == sqliteCheck, code == 1299:
			return ErrInvalid
		case code&0xff == sqliteFull, code&0xff == sqliteReadOnly, code&0xff == sqliteIOErr, code&0xff == sqliteCantOpen:
			return ErrUnavailable
		}
	}
	return nil
}

// retryable tells whether the same transaction may succeed when run again. A key
// that ends with an id may have been drawn by another process in the same
// millisecond: run again, the transaction draws another.
func retryable(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		switch pg.Code {
		case "40001", "40P01", "57P01", "57P02", "57P03", "55P03":
			return true
		case "23505": // "Key (city_id, id)=(1, 2) already exists."
			return strings.Contains(pg.Detail, " id)=(") || strings.Contains(pg.Detail, "(id)=(")
		}
		return strings.HasPrefix(pg.Code, "08")
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		if lite.Code() == sqlitePrimaryKey { // "UNIQUE constraint failed: t.city_id, t.id (1555)"
			return strings.Contains(lite.Error(), ".id (")
		}
		code := lite.Code() & 0xff
		return code == sqliteBusy || code == sqliteLocked
	}
	// A connection that broke before COMMIT was sent stored nothing; one that
	// broke after it is caught by the idempotency key of the command.
	var netErr *net.OpError
	return errors.As(err, &netErr) || errors.Is(err, io.ErrUnexpectedEOF) || pgconn.SafeToRetry(err)
}
