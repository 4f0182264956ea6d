// Package verify checks the public record of a city from outside: over HTTP
// only, believing nothing that is not proven by the signature, by hashes, or by
// what an earlier check has remembered.
package verify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/ashar-kg/ashar/internal/civic/record"
	"github.com/ashar-kg/ashar/internal/civic/record/wire"
)

// Wish is what is to be checked.
type Wish struct {
	Site     *url.URL     // scheme and host of the city
	Entry    int64        // index of an entry to tell about, -1 for none
	New      bool         // read only the entries that came since the state
	Key      string       // the city's key as known from elsewhere, or ""
	State    *State       // what an earlier check remembered, nil for none
	Client   *http.Client // how to ask; never nil
	Now      time.Time
	Progress func(done, all int64) // after each bundle of entries; may be nil
}

// State is what a check remembers for the next one.
type State struct {
	Site       string    `json:"site"`
	Keys       []string  `json:"keys"`       // that this check trusted
	Checkpoint string    `json:"checkpoint"` // as it was signed
	At         time.Time `json:"at"`
}

// Finding is one thing that was checked, in plain words.
type Finding struct {
	Check string `json:"check"` // reach, key, signature, growth, entries, entry or document
	Text  string `json:"text"`
}

// Report tells what a check has come to.
type Report struct {
	Site     string        `json:"site"`
	Origin   string        `json:"origin,omitempty"`
	Size     int64         `json:"size"`
	Root     string        `json:"root,omitempty"`
	At       time.Time     `json:"at"`
	Proved   []Finding     `json:"proved"`
	Failed   []Finding     `json:"failed"`
	Unproved []Finding     `json:"unproved"`
	Entry    *record.Entry `json:"entry,omitempty"`
	State    *State        `json:"-"` // to remember; nil when anything failed
}

func (r *Report) prove(check, text string, args ...any) {
	r.Proved = append(r.Proved, Finding{check, fmt.Sprintf(text, args...)})
}

func (r *Report) fail(check, text string, args ...any) {
	r.Failed = append(r.Failed, Finding{check, fmt.Sprintf(text, args...)})
}

func (r *Report) leave(check, text string, args ...any) {
	r.Unproved = append(r.Unproved, Finding{check, fmt.Sprintf(text, args...)})
}

// checker is one check while it goes on.
type checker struct {
	*Report
	w        Wish
	ctx      context.Context
	trusted  []string // keys by which the checkpoint was opened
	head     wire.Checkpoint
	signed   string
	hashes   tlog.HashReader // each that it gives is proven to belong to the root
	replaced []string        // keys that entries of the record announce
}

// ErrKey tells that a key cannot be read.
var ErrKey = errors.New("this is no key of a record; it looks like city.example/record+1a2b3c4d+AbCd…")

// Check checks a record. What it finds is in the report, what kept it from
// looking too; an error means that the wish makes no sense.
func Check(ctx context.Context, w Wish) (*Report, error) {
	c := &checker{w: w, ctx: ctx, Report: &Report{Site: w.Site.String(), At: w.Now, Proved: []Finding{}, Failed: []Finding{}, Unproved: []Finding{}}}
	if w.State != nil && w.State.Site != c.Site {
		return nil, fmt.Errorf("the state is of %s, not of %s", w.State.Site, c.Site)
	}
	if w.Key != "" {
		if _, err := note.NewVerifier(w.Key); err != nil {
			return nil, ErrKey
		}
	}
	c.run()
	c.limits()
	if len(c.Failed) == 0 {
		c.State = &State{Site: c.Site, Keys: append(c.trusted, c.replaced...), Checkpoint: c.signed, At: w.Now}
	}
	return c.Report, nil
}

// run checks step by step; a step that fails ends what builds on it.
func (c *checker) run() {
	if !c.open() {
		return
	}
	tiles := &wire.Tiles{Read: func(t tlog.Tile) ([]byte, error) {
		return c.get("/record/"+wire.Path(t), wire.Width*tlog.HashSize)
	}}
	c.hashes = tiles.Hashes(c.head.Tree)
	from := c.grown()
	if !c.w.New {
		from = 0
	}
	if c.entries(from) {
		c.chosen()
	}
}

// open reads the checkpoint under the keys that are trusted.
func (c *checker) open() bool {
	published, err := c.get("/record/key", 1<<16)
	if err != nil {
		c.unreachable("the key of the record", err)
		return false
	}
	keys, from := strings.Fields(string(published)), "the site itself publishes"
	if c.w.State != nil {
		keys, from = c.w.State.Keys, "the last check trusted"
	}
	if c.w.Key != "" {
		keys, from = []string{c.w.Key}, "you gave"
	}
	signed, err := c.get("/record/checkpoint", 1<<20)
	if err != nil {
		c.unreachable("the checkpoint", err)
		return false
	}
	for _, k := range keys {
		v, err := note.NewVerifier(k)
		if err != nil {
			c.fail("key", "The site publishes %q as a key, which it is not.", k)
			return false
		}
		if head, err := wire.Open(string(signed), v); err == nil {
			c.head, c.trusted = head, append(c.trusted, k)
		}
	}
	c.signed = string(signed)
	switch {
	case len(c.trusted) == 0:
		c.fail("signature", "The checkpoint is not signed by a key that %s. Either the city exchanged its key, with no check in between, or without announcing it; or this is not its record. Ask the city for its key and give it with --key.", from)
		return false
	case c.head.Origin != nameOf(c.trusted[0]):
		c.fail("signature", "The checkpoint is of the record %s, but its key of %s.", c.head.Origin, nameOf(c.trusted[0]))
		return false
	}
	c.Origin, c.Size, c.Root = c.head.Origin, c.head.N, c.head.Hash.String()
	c.prove("signature", "The checkpoint of %s is signed by the key that %s: %s", entries(c.head.N), from, c.trusted[0])
	if c.w.State == nil && c.w.Key == "" {
		c.leave("key", "That this is the city's own key: the site published it itself. Compare it with the key the city prints elsewhere, or give that with --key.")
	}
	return true
}

// nameOf is the record that a key belongs to.
func nameOf(key string) string {
	name, _, _ := strings.Cut(key, "+")
	return name
}

// grown checks that the record holds all that the last check saw, unchanged,
// and returns how many entries that is proven of.
func (c *checker) grown() int64 {
	if c.w.State == nil {
		c.leave("growth", "That nothing was rewritten before this check: nothing was remembered from an earlier one. Keep a state with --state, and the next check proves it.")
		return 0
	}
	old, err := c.remembered()
	if err != nil {
		c.fail("growth", "The remembered checkpoint cannot be read: %v.", err)
		return 0
	}
	when := c.w.State.At.UTC().Format("2 January 2006, 15:04 UTC")
	switch {
	case old.Origin != c.head.Origin:
		c.fail("growth", "The record is called %s, at the last check it was %s.", c.head.Origin, old.Origin)
	case old.N > c.head.N:
		c.fail("growth", "THE RECORD WAS CUT: at the last check (%s) it had %s, now it has %d.", when, entries(old.N), c.head.N)
	case c.extends(old):
		c.prove("growth", "Nothing that was there at the last check (%s, %s) was changed, dropped or moved; %s came since.", when, entries(old.N), entries(c.head.N-old.N))
		return old.N
	}
	return 0
}

// remembered reads the checkpoint of the last check, signed as it was.
func (c *checker) remembered() (wire.Checkpoint, error) {
	var keys []note.Verifier
	for _, k := range c.w.State.Keys {
		v, err := note.NewVerifier(k)
		if err != nil {
			return wire.Checkpoint{}, err
		}
		keys = append(keys, v)
	}
	return wire.Open(c.w.State.Checkpoint, keys...)
}

// extends proves that the tree of an earlier checkpoint is the beginning of
// this one.
func (c *checker) extends(old wire.Checkpoint) bool {
	if old.N == 0 {
		return true
	}
	proof, err := tlog.ProveTree(c.head.N, old.N, c.hashes)
	if err != nil {
		c.broken("growth", "hashes of the tree", err)
		return false
	}
	if err := tlog.CheckTree(proof, c.head.N, c.head.Hash, old.N, old.Hash); err != nil {
		c.fail("growth", "THE RECORD WAS REWRITTEN: its first %s are not those that the city signed at the last check. Keep both checkpoints: together they prove it.", entries(old.N))
		return false
	}
	return true
}

// entries reads the entries from one on, in whole bundles, and the one that was
// asked for, and checks each against the signed root.
func (c *checker) entries(since int64) bool {
	since -= since % wire.Width
	if one := c.w.Entry - c.w.Entry%wire.Width; c.w.Entry >= 0 && one < since && !c.read(one) {
		return false
	}
	for from := since; from < c.head.N; from += wire.Width {
		if !c.read(from) {
			return false
		}
	}
	switch {
	case since > 0:
		c.prove("entries", "The entries from %d on are there, in order, and hash up to the signed root %s", since, c.Root)
		c.leave("entries", "That the site still gives the text of the %s before them: it was checked earlier, and not read again. Leave --new away to read all.", entries(since))
	case c.head.N > 0:
		c.prove("entries", "%s of the record %s there, in order, and hash up to the signed root %s", all(c.head.N), is(c.head.N), c.Root)
	}
	return true
}

// read reads the bundle that begins with an entry.
func (c *checker) read(from int64) bool {
	width := int(min(wire.Width, c.head.N-from))
	list, ok := c.bundle(from, width)
	for i, body := range list {
		c.announced(body)
		if from+int64(i) == c.w.Entry {
			c.Entry = &record.Entry{}
			if json.Unmarshal(body, c.Entry) != nil {
				c.fail("entry", "Entry %d is in the record, but is no entry that this program can read.", c.w.Entry)
			}
		}
	}
	if c.w.Progress != nil {
		c.w.Progress(from+int64(width), c.head.N)
	}
	return ok
}

// bundle reads entries and compares them with the leaves of the tree.
func (c *checker) bundle(from int64, width int) ([][]byte, bool) {
	indexes := make([]int64, width)
	for i := range indexes {
		indexes[i] = tlog.StoredHashIndex(0, from+int64(i))
	}
	leaves, err := c.hashes.ReadHashes(indexes)
	if err != nil {
		c.broken("entries", "hashes of the tree", err)
		return nil, false
	}
	data, err := c.get("/record/"+wire.Path(wire.Entries(from>>wire.Height, width)), wire.Width<<16)
	if err != nil {
		c.broken("entries", fmt.Sprintf("entries %d to %d", from, from+int64(width)-1), err)
		return nil, false
	}
	list, err := wire.Unbundle(data)
	if err != nil || len(list) != width {
		c.fail("entries", "ENTRIES ARE MISSING: of those from %d to %d the site gives %d, the tree has %d.", from, from+int64(width)-1, len(list), width)
		return nil, false
	}
	var wrong []string
	for i, body := range list {
		if tlog.RecordHash(body) != leaves[i] {
			wrong = append(wrong, strconv.FormatInt(from+int64(i), 10))
		}
	}
	if len(wrong) > 0 {
		more := ""
		if len(wrong) > 10 {
			more = fmt.Sprintf(" and %d more", len(wrong)-10)
		}
		c.fail("entries", "ENTRIES WERE CHANGED: what the site gives is not what the city signed, at place %s%s.", strings.Join(wrong[:min(10, len(wrong))], ", "), more)
		return nil, false
	}
	return list, true
}

// announced takes note of a key that the record itself announces. It is as
// trustworthy as the entries, which the trusted key has signed.
func (c *checker) announced(body []byte) {
	var e record.Entry
	if json.Unmarshal(body, &e) != nil || e.Kind != record.KeyKind {
		return
	}
	if key, ok := strings.CutPrefix(e.Subject, record.KeySubject); ok && !slices.Contains(c.trusted, key) && !slices.Contains(c.replaced, key) {
		if _, err := note.NewVerifier(key); err == nil {
			c.replaced = append(c.replaced, key)
		}
	}
}

// chosen tells about the entry that was asked for.
func (c *checker) chosen() {
	switch {
	case c.w.Entry < 0:
		return
	case c.w.Entry >= c.head.N:
		c.fail("entry", "There is no entry %d: the record has %s, counted from 0.", c.w.Entry, entries(c.head.N))
		return
	case c.Entry == nil || c.Entry.Kind == "":
		return
	}
	proof, err := tlog.ProveRecord(c.head.N, c.w.Entry, c.hashes)
	if err != nil {
		c.broken("entry", "hashes of the tree", err)
		return
	}
	e := c.Entry
	c.prove("entry", "Entry %d is in the record, by a proof of %d hashes: %s “%s” of %s, about %s.", c.w.Entry, len(proof), e.Kind, title(e), time.UnixMilli(e.At).UTC().Format("2 January 2006, 15:04 UTC"), e.Subject)
	c.document(e)
}

// limits says what no such check can prove.
func (c *checker) limits() {
	c.leave("truth", "That what the entries say is true, or that everything that should be recorded was.")
	if c.Root != "" {
		c.leave("views", "That everybody is shown the same record. Compare the checkpoint with what others see, or publish it elsewhere: %d %s", c.Size, c.Root)
	}
}

// broken tells of something that did not come or does not fit.
func (c *checker) broken(check, what string, err error) {
	var gone *statusError
	switch {
	case errors.As(err, &gone) && gone.status == http.StatusNotFound:
		c.fail(check, "PARTS ARE MISSING: the site does not give the %s that the city signed (%v).", what, err)
	case errors.As(err, &gone), errors.Is(err, errReach):
		c.unreachable(what, err)
	default:
		c.fail(check, "THE TREE DOES NOT FIT: the %s do not lead to the signed root (%v).", what, err)
	}
}

func (c *checker) unreachable(what string, err error) {
	c.fail("reach", "Could not be checked: %s did not come (%v).", what, err)
}

func title(e *record.Entry) string {
	for _, lang := range []string{"en", "ky", "ru"} {
		if t := e.Title[lang]; t != "" {
			return t
		}
	}
	return e.Kind
}

func entries(n int64) string {
	if n == 1 {
		return "1 entry"
	}
	return fmt.Sprintf("%d entries", n)
}

func all(n int64) string {
	if n == 1 {
		return "The 1 entry"
	}
	return fmt.Sprintf("All %d entries", n)
}

func is(n int64) string {
	if n == 1 {
		return "is"
	}
	return "are"
}
