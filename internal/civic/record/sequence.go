package record

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/record/wire"
	"github.com/ashar-kg/ashar/internal/platform/clock"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/fresh"
	"github.com/ashar-kg/ashar/internal/platform/ids"
)

// Service keeps the records of all cities.
type Service struct {
	DB       *db.DB
	Clock    clock.Clock
	Cities   *city.Registry
	Versions *fresh.Versions
	// NewKeyTitle is the title of the entry that announces a new key.
	NewKeyTitle func(lang string) string
}

// batch is how many entries one transaction takes at most.
const batch = 1024

// Sequence gives the entries that wait their places, in all cities. Every node
// may call it at any time: who holds the row of a log is the only one to extend
// it, and a call that dies leaves all as it was. A record that is damaged is
// not extended, and keeps no other city's from growing.
func (s *Service) Sequence(ctx context.Context) error {
	var waiting []int64
	if err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		waiting, err = waitingCities(tx)
		return err
	}); err != nil {
		return err
	}
	var failed error
	for _, id := range waiting {
		c, ok := s.Cities.ByID(id)
		if !ok {
			continue // another node has founded it this second
		}
		for n := batch; n == batch; {
			if err := s.DB.Update(ctx, func(tx *db.Tx) (err error) {
				n, err = s.take(tx, c)
				return err
			}); err != nil {
				failed = errors.Join(failed, fmt.Errorf("record of %s: %w", c.Slug, err))
				break
			}
		}
	}
	return failed
}

// take moves a batch from the queue into the record and signs the new head.
func (s *Service) take(tx *db.Tx, c *city.City) (int, error) {
	l, err := s.hold(tx, c)
	if err != nil {
		return 0, err
	}
	list, err := queue(tx, c.ID, batch)
	if err != nil || len(list) == 0 {
		return 0, err
	}
	g := &growth{old: l.Tree, hashes: reader(tx, c.ID).Hashes(l.Tree)}
	for _, w := range list {
		if err := g.add([]byte(w.body)); err != nil {
			return 0, err
		}
	}
	if err := l.extend(tx, c.ID, g, s.Clock.Now().UnixMilli()); err != nil {
		return 0, err
	}
	if err := move(tx, c.ID, g.old.N, list); err != nil {
		return 0, err
	}
	s.Versions.Touch(tx, c.ID)
	return len(list), nil
}

// head is the row of a log: its signed checkpoint and what that says.
type head struct {
	wire.Checkpoint
	signed  string
	at      int64 // Unix milliseconds
	signers []note.Signer
}

// hold locks the log of a city until the transaction ends, and begins it when
// there is none. The key is made then, in the database: it has to be the same
// on every node and in every backup.
func (s *Service) hold(tx *db.Tx, c *city.City) (*head, error) {
	if err := begin(tx, c.ID, originOf(c)); err != nil {
		return nil, err
	}
	l, size, err := lockLog(tx, c.ID)
	if err != nil {
		return nil, err
	}
	keys, err := keysOf(tx, c.ID)
	if err != nil {
		return nil, err
	}
	if len(keys) == 0 {
		k, err := newKey(l.Origin)
		if err == nil {
			err = insertKey(tx, c.ID, ids.At(s.Clock.Now()), k)
		}
		if err != nil {
			return nil, err
		}
		keys = []pair{k}
	}
	for _, k := range keys {
		signer, err := note.NewSigner(k.signer)
		if err != nil {
			return nil, fmt.Errorf("key of the record: %w", err)
		}
		l.signers = append(l.signers, signer)
	}
	if l.signed == "" {
		l.Hash, err = tlog.TreeHash(0, nil)
		return l, err
	}
	if err := l.open(keys); err != nil {
		return nil, err
	}
	if l.N != size {
		return nil, fmt.Errorf("the record says it has %d entries, its checkpoint %d", size, l.N)
	}
	return l, nil
}

// open reads the signed checkpoint of a log.
func (l *head) open(keys []pair) (err error) {
	var verifiers []note.Verifier
	for _, k := range keys {
		v, err := note.NewVerifier(k.verifier)
		if err != nil {
			return fmt.Errorf("key of the record: %w", err)
		}
		verifiers = append(verifiers, v)
	}
	origin := l.Origin
	if l.Checkpoint, err = wire.Open(l.signed, verifiers...); err == nil && l.Origin != origin {
		err = fmt.Errorf("the checkpoint is of %s, not of %s", l.Origin, origin)
	}
	return err
}

// originOf is how the record of a city is called for ever, whatever addresses
// the city has later. Names of keys have no spaces and no plus signs.
func originOf(c *city.City) string {
	name := cmp.Or(c.Jurisdiction, c.Slug)
	if c.Demo {
		name += "/demo"
	}
	return strings.NewReplacer(" ", "-", "+", "-").Replace(name) + "/record"
}

// pair is a key of a record: what signs, and what everybody checks with.
type pair struct{ verifier, signer string }

func newKey(origin string) (k pair, err error) {
	k.signer, k.verifier, err = note.GenerateKey(rand.Reader, origin)
	return k, err
}

// growth is a tree while entries are added to it.
type growth struct {
	old    tlog.Tree
	hashes tlog.HashReader // of the old tree
	added  []tlog.Hash     // in the order of tlog's storage, which is append-only
	n      int64           // entries added
}

// add adds the hash of an entry, and those of the subtrees it completes.
func (g *growth) add(body []byte) error {
	more, err := tlog.StoredHashes(g.old.N+g.n, body, g)
	g.added = append(g.added, more...)
	g.n++
	return err
}

// ReadHashes reads hashes of the grown tree: those of the old one from its
// tiles, which are proven to belong to the signed root.
func (g *growth) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	border := tlog.StoredHashIndex(0, g.old.N)
	out := make([]tlog.Hash, len(indexes))
	var old []int64
	for i, x := range indexes {
		if x < border {
			old = append(old, x)
		} else {
			out[i] = g.added[x-border]
		}
	}
	if len(old) == 0 {
		return out, nil
	}
	found, err := g.hashes.ReadHashes(old)
	if err != nil {
		return nil, err
	}
	for i, x := range indexes {
		if x < border {
			out[i], found = found[0], found[1:]
		}
	}
	return out, nil
}

// extend stores the new tiles and the new head, signed.
func (l *head) extend(tx *db.Tx, city int64, g *growth, at int64) (err error) {
	l.N = g.old.N + g.n
	if l.Hash, err = tlog.TreeHash(l.N, g); err != nil {
		return err
	}
	for _, t := range tlog.NewTiles(wire.Height, g.old.N, l.N) {
		data, err := tlog.ReadTileData(t, g)
		if err != nil {
			return err
		}
		if err := putTile(tx, city, t, data); err != nil {
			return err
		}
	}
	if l.signed, err = l.Sign(l.signers...); err != nil {
		return err
	}
	return putHead(tx, city, l.N, l.signed, at)
}
