// Package once makes a repeated command harmless. A command carries an
// idempotency key; the key is stored in the transaction that does the work, so
// a repeat after a lost answer finds it and is told the first answer.
package once

import (
	"context"
	"crypto/sha256"
	"embed"
	"errors"
	"time"

	"github.com/ashar-kg/ashar/internal/platform/db"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations are the tables of this package.
var Migrations = db.Migrations{Name: "once", FS: files}

// Keep is how long a key is remembered.
const Keep = 7 * 24 * time.Hour

// Key is the idempotency key of one command of one city.
type Key struct {
	City int64
	Hash []byte
}

// NewKey makes a key of what the caller sent. who separates callers, so that
// nobody reads another's answer by guessing a key.
func NewKey(city int64, who, what, key string) Key {
	sum := sha256.Sum256([]byte(who + "\x00" + what + "\x00" + key))
	return Key{City: city, Hash: sum[:]}
}

type ctxKey struct{}

// With returns a context whose writes belong to the command k.
func With(ctx context.Context, k Key) context.Context { return context.WithValue(ctx, ctxKey{}, k) }

// Part returns a context for one part of a command of many transactions: each
// part has a key of its own, made from that of the whole.
func Part(ctx context.Context, name string) context.Context {
	k, ok := ctx.Value(ctxKey{}).(Key)
	if !ok {
		return ctx
	}
	sum := sha256.Sum256(append(append([]byte{}, k.Hash...), name...))
	return With(ctx, Key{City: k.City, Hash: sum[:]})
}

// Repeated is returned by Claim when the command was done before.
type Repeated struct{ Answer string }

// Error implements error.
func (r *Repeated) Error() string { return "command was done before" }

// errTaken makes the transaction end before its answer is read: PostgreSQL
// refuses statements after a conflict.
var errTaken = errors.New("key is taken")

// Claim stores the key of the running command with its answer. Without a key
// in the context it does nothing. It must be called inside the transaction
// that does the work; a repeat fails with errors that Resolve understands.
func Claim(tx *db.Tx, answer string) error {
	k, ok := tx.Context().Value(ctxKey{}).(Key)
	if !ok {
		return nil
	}
	_, err := tx.Exec("once.claim", `INSERT INTO once_key (city_id, key, answer, at) VALUES ($1, $2, $3, $4)`,
		k.City, k.Hash, answer, time.Now().UnixMilli())
	if errors.Is(err, db.ErrConflict) {
		return errTaken
	}
	return err
}

// Resolve turns the failure of a repeated command into *Repeated with the
// first answer. What was done before may fail in any way the second time: a
// report that was closed cannot be closed again. Other errors, and nil, pass
// through.
func Resolve(ctx context.Context, d *db.DB, err error) error {
	k, ok := ctx.Value(ctxKey{}).(Key)
	var done *Repeated
	if err == nil || !ok || errors.As(err, &done) {
		return err
	}
	var answer string
	if d.View(ctx, func(tx *db.Tx) (e error) {
		answer, e = db.One(tx, "once.answer", `SELECT answer FROM once_key WHERE city_id = $1 AND key = $2`, db.Text, k.City, k.Hash)
		return e
	}) != nil {
		return err // not done before, or nobody can say
	}
	return &Repeated{Answer: answer}
}

// Forget removes keys older than Keep from one city.
func Forget(tx *db.Tx, city int64, now time.Time) error {
	_, err := tx.Exec("once.forget", `DELETE FROM once_key WHERE city_id = $1 AND at < $2`, city, now.Add(-Keep).UnixMilli())
	return err
}
