// Package body knows the organisations that answer for something in a city:
// departments, municipal enterprises, utility providers, territorial units,
// NGOs. They are renamed and merged, so each has a time of validity, former
// names and a successor, and whatever was routed to one that is gone reaches
// the one that took over its work.
package body

import (
	"context"
	"embed"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/i18n"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations are the tables of this package.
var Migrations = db.Migrations{Name: "body", FS: files}

// Delivery is the way in which a body gets its cases.
type Delivery string

// The ways of delivery.
const (
	ByAccount  Delivery = "account" // its people work in the inbox
	ByEmail    Delivery = "email"   // it answers by signed links in e-mails
	ByOpen311  Delivery = "open311" // it has a system of its own
	ByNobody   Delivery = "nobody"  // known, but gets nothing
	forwardMax          = 10        // successors followed before data is called a circle
)

// Body is one organisation. ValidUntil is 0 while it exists; instants are Unix
// milliseconds.
type Body struct {
	ID           int64
	Code         string
	Kind         string
	Names        map[string]string
	Short        map[string]string
	Parent       int64
	Successor    int64
	ValidFrom    int64
	ValidUntil   int64
	Delivery     Delivery
	Email        string
	Endpoint     string // base address of its Open311 server
	EndpointKey  string
	Jurisdiction string
	Contacts     string // public, one a line
	Note         string
	Aliases      []string
}

// Name returns the full name in a language.
func (b *Body) Name(lang string) string {
	if name, _ := i18n.Pick(b.Names, lang); name != "" {
		return name
	}
	return b.Code
}

// ShortName returns what people call it.
func (b *Body) ShortName(lang string) string {
	if name, _ := i18n.Pick(b.Short, lang); name != "" {
		return name
	}
	return b.Name(lang)
}

// ValidAt tells whether the body exists at an instant.
func (b *Body) ValidAt(t time.Time) bool {
	ms := t.UnixMilli()
	return b.ValidFrom <= ms && (b.ValidUntil == 0 || ms < b.ValidUntil)
}

// Directory is all bodies of one city at one moment; read-only.
type Directory struct {
	list   []*Body
	byID   map[int64]*Body
	byCode map[string]*Body
}

// NewDirectory returns a directory of the list.
func NewDirectory(list []*Body) *Directory {
	d := &Directory{list: list, byID: map[int64]*Body{}, byCode: map[string]*Body{}}
	for _, b := range list {
		d.byID[b.ID], d.byCode[b.Code] = b, b
	}
	return d
}

// Get returns a body by id, whether or not it still exists.
func (d *Directory) Get(id int64) (*Body, bool) { b, ok := d.byID[id]; return b, ok }

// ByCode returns a body by its code.
func (d *Directory) ByCode(code string) (*Body, bool) { b, ok := d.byCode[code]; return b, ok }

// Current returns the body that does the work of id at t: itself or whoever
// took over.
func (d *Directory) Current(id int64, t time.Time) (*Body, bool) {
	for range forwardMax {
		b, ok := d.byID[id]
		if !ok {
			return nil, false
		}
		if b.ValidAt(t) || b.Successor == 0 {
			return b, b.ValidAt(t)
		}
		id = b.Successor
	}
	return nil, false
}

// Named finds a body by any of its names, former ones too.
func (d *Directory) Named(name string) (*Body, bool) {
	same := func(s string) bool { return strings.EqualFold(s, name) }
	for _, b := range d.list {
		if same(b.Code) || slices.ContainsFunc(b.Aliases, same) || same(b.Names["ky"]) || same(b.Names["ru"]) || same(b.Names["en"]) ||
			same(b.Short["ky"]) || same(b.Short["ru"]) || same(b.Short["en"]) {
			return b, true
		}
	}
	return nil, false
}

// Name returns the short name of a body, "" when it is unknown.
func (d *Directory) Name(id int64, lang string) string {
	if b, ok := d.byID[id]; ok {
		return b.ShortName(lang)
	}
	return ""
}

// All returns the bodies that exist at t, by name in a language.
func (d *Directory) All(t time.Time, lang string) []*Body {
	var out []*Body
	for _, b := range d.list {
		if b.ValidAt(t) {
			out = append(out, b)
		}
	}
	slices.SortFunc(out, func(a, b *Body) int { return strings.Compare(a.ShortName(lang), b.ShortName(lang)) })
	return out
}

// Store keeps the directories of all cities in memory for a few seconds.
type Store struct {
	db   *db.DB
	mu   sync.Mutex
	held map[int64]heldDirectory
}

type heldDirectory struct {
	*Directory
	at time.Time
}

// keep is how long a change made on another node may go unseen.
const keep = 5 * time.Second

// NewStore returns the directories of d.
func NewStore(d *db.DB) *Store { return &Store{db: d, held: map[int64]heldDirectory{}} }

// Of returns the directory of a city.
func (s *Store) Of(ctx context.Context, city int64) (*Directory, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if h, ok := s.held[city]; ok && time.Since(h.at) < keep {
		return h.Directory, nil
	}
	var list []*Body
	err := s.db.View(ctx, func(tx *db.Tx) (err error) {
		list, err = All(tx, city)
		return err
	})
	if err != nil {
		return nil, err
	}
	d := NewDirectory(list)
	s.held[city] = heldDirectory{d, time.Now()}
	return d, nil
}

// Forget makes the next Of read again.
func (s *Store) Forget(city int64) {
	s.mu.Lock()
	delete(s.held, city)
	s.mu.Unlock()
}
