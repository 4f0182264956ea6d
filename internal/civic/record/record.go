// Package record is the public record of a city: an append-only log of
// official acts in which nothing can be changed, dropped or reordered later
// without everybody who looks being able to prove it.
//
// A feature announces an act with Append in the transaction of the act. About
// a second later the sequencer gives it its place in a Merkle tree (RFC 6962)
// and signs the new root. The tree is served in the static form of C2SP
// tlog-tiles, and "ashar verify" checks it from outside.
package record

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"

	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations are the tables of this package.
var Migrations = db.Migrations{Name: "record", FS: files}

// Entry is one act in the record. It is public for ever, so it holds no
// personal data: what could have to be erased stays behind Link. When Link is a
// page, its link to the document that has the Hash is marked with the kind,
// <a href="…" data-record="vote.ballots">, so that programs find it.
type Entry struct {
	Kind    string            `json:"kind"`    // short code of what happened, such as "vote.rules"
	Subject string            `json:"subject"` // stable public id of what it is about, such as "campaign:12"
	Title   map[string]string `json:"title"`   // short text by language
	Link    string            `json:"link"`    // path on this site, or ""
	Hash    string            `json:"hash"`    // SHA-256 of the published document in lower-case hex, or ""
	At      int64             `json:"at"`      // Unix milliseconds
}

// Logged is an entry with its place in the record.
type Logged struct {
	Entry
	Index int64 // -1 while it waits for its place
}

// A new key of the record is announced by an entry of this kind, under the old
// key: its subject is KeySubject and the key. Who trusts the old key may trust
// the new one.
const (
	KeyKind    = "record.key"
	KeySubject = "key:"
)

// maxBody bounds the bytes of an entry; a bundle of the log takes 65 535.
const maxBody = 16 << 10

var (
	kindForm = regexp.MustCompile(`^[a-z0-9_-]+(\.[a-z0-9_-]+)*$`)
	hashForm = regexp.MustCompile(`^([0-9a-f]{64})?$`)
)

// bytes are the canonical bytes of an entry, of which the leaf is the hash:
// JSON with the fields in the order of Entry and the languages sorted. Once
// stored they are only copied, never made again.
func (e Entry) bytes() ([]byte, error) {
	switch {
	case !kindForm.MatchString(e.Kind):
		return nil, fmt.Errorf("record: kind %q is not a code", e.Kind)
	case e.Subject == "" || len(e.Title) == 0 || e.At <= 0:
		return nil, fmt.Errorf("record: entry %s lacks its subject, title or time", e.Kind)
	case e.Link != "" && (!strings.HasPrefix(e.Link, "/") || strings.HasPrefix(e.Link, "//")):
		return nil, fmt.Errorf("record: link %q is not a path on this site", e.Link)
	case !hashForm.MatchString(e.Hash):
		return nil, fmt.Errorf("record: hash %q is not SHA-256 in lower-case hex", e.Hash)
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(e); err != nil {
		return nil, err
	}
	body := bytes.TrimSuffix(out.Bytes(), []byte("\n"))
	if len(body) > maxBody {
		return nil, fmt.Errorf("record: entry %s has %d bytes, at most %d fit", e.Kind, len(body), maxBody)
	}
	return body, nil
}

// parse reads the bytes of an entry.
func parse(body []byte) (e Entry, err error) {
	if err := json.Unmarshal(body, &e); err != nil {
		return e, fmt.Errorf("record: entry is damaged: %w", err)
	}
	return e, nil
}

// Append announces an act in the transaction of the act: the entry is in the
// record exactly when the transaction is durable. It gets its index about a
// second later; entries of one transaction keep their order.
func Append(tx *db.Tx, city int64, e Entry) error {
	body, err := e.bytes()
	if err != nil {
		return err
	}
	last, err := lastQueued(tx, city)
	if err != nil {
		return err
	}
	// The step is random, so that writers who do not see each other's rows
	// hardly ever draw the same id; who does draws again.
	for range 3 {
		id := max(ids.New(), last+1+rand.Int64N(1<<16))
		if done, err := enqueue(tx, city, id, e, body); done || err != nil {
			return err
		}
	}
	return fmt.Errorf("record: no free place in the queue: %w", db.ErrConflict)
}

// Of reads the entries of a subject in the order of the record, those that
// still wait for their index last.
func Of(tx *db.Tx, city int64, subject string) ([]Logged, error) {
	if subject == "" {
		return nil, errors.New("record: entries of no subject")
	}
	done, err := entriesOf(tx, city, subject)
	if err != nil {
		return nil, err
	}
	waiting, err := queuedOf(tx, city, subject)
	return append(done, waiting...), err
}
