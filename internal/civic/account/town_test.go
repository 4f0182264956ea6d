package account_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/account"
	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/manifest"
	"github.com/ashar-kg/ashar/internal/civic/notify"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/civic/place"
	"github.com/ashar-kg/ashar/internal/platform/clock"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/db/dbtest"
	"github.com/ashar-kg/ashar/internal/platform/fresh"
	"github.com/ashar-kg/ashar/internal/platform/jobs"
	"github.com/ashar-kg/ashar/internal/platform/once"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

var tables = []db.Migrations{
	once.Migrations, fresh.Migrations, jobs.Migrations, city.Migrations, permission.Migrations, account.Migrations, body.Migrations, notify.Migrations, place.Migrations,
}

// letters is the post of the tests: it keeps what has left.
type letters struct {
	mu   sync.Mutex
	sent []account.Message
}

func (l *letters) Secret(tx *db.Tx, c *city.City, m account.Message) error {
	if err := notify.Send(tx, c.ID, notify.Direct{Channel: m.Kind, To: m.Address, Lang: m.Lang, Key: m.Key, Secret: true}); err != nil {
		return err
	}
	tx.AfterCommit(func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.sent = append(l.sent, m)
	})
	return nil
}

func (l *letters) all() []account.Message {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]account.Message(nil), l.sent...)
}

func (l *letters) last(t *testing.T) account.Message {
	t.Helper()
	sent := l.all()
	if len(sent) == 0 {
		t.Fatal("nothing was sent")
	}
	return sent[len(sent)-1]
}

// town is two cities in one installation; the second one is a demo.
type town struct {
	t        *testing.T
	db       *db.DB
	clock    *clock.Manual
	post     *letters
	city     *city.City
	demo     *city.City
	service  *account.Service
	matrix   *permission.Matrix
	register []manifest.PersonalData
}

func newTown(t *testing.T, d *db.DB) *town {
	t.Helper()
	w := &town{t: t, db: d, clock: clock.At(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)), post: &letters{}}
	w.city = &city.City{ID: 1, Slug: "bishkek", Names: map[string]string{"ky": "Бишкек", "en": "Bishkek"}, Hosts: []string{"bishkek.example"}}
	w.demo = &city.City{ID: 2, Slug: "osh", Names: map[string]string{"ky": "Ош", "en": "Osh"}, Hosts: []string{"osh.example"}, Demo: true}
	for _, c := range []*city.City{w.city, w.demo} {
		c.Zone, c.Languages, c.Country, c.Currency, c.PhonePrefix = time.UTC, []string{"ky", "ru", "en"}, "KG", "KGS", "996"
		w.update(func(tx *db.Tx) error { return city.Put(tx, c) })
	}
	cities, err := city.NewRegistry(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	w.service = account.NewService(d, w.clock, w.post, cities, true)
	feature := account.Manifest(&account.Pages{Service: w.service, Bodies: body.NewStore(d)})
	w.matrix = permission.NewMatrix(feature.Permissions...)
	w.register = feature.PersonalData
	w.service.PersonalData(w.register)
	return w
}

// each runs a test in a fresh town on both engines.
func each(t *testing.T, run func(t *testing.T, w *town)) {
	t.Helper()
	dbtest.Each(t, tables, func(t *testing.T, d *db.DB) { run(t, newTown(t, d)) })
}

func (w *town) update(fn func(tx *db.Tx) error) {
	w.t.Helper()
	if err := w.db.Update(w.t.Context(), fn); err != nil {
		w.t.Fatal(err)
	}
}

func (w *town) number(query string, args ...any) (n int64) {
	w.t.Helper()
	w.update(func(tx *db.Tx) (err error) {
		n, err = db.One(tx, "test.number", query, db.Int64, args...)
		return err
	})
	return n
}

// ask sends a code and returns its ticket and the code that came by post.
func (w *town) ask(c *city.City, address string) (ticket, code string) {
	w.t.Helper()
	ticket, err := w.service.Begin(w.t.Context(), c, address, "ky", "/reports")
	if err != nil {
		w.t.Fatal(err)
	}
	return ticket, w.post.last(w.t).Code
}

func (w *town) prove(c *city.City, ticket, code string) (account.Proof, error) {
	return w.service.Prove(w.t.Context(), c, permission.Actor{City: c.ID}, ticket, code, "Mozilla/5.0 (Android 14) Chrome/120", "ky")
}

// signIn signs somebody in by code and returns the session's secret.
func (w *town) signIn(c *city.City, address string) account.Proof {
	w.t.Helper()
	ticket, code := w.ask(c, address)
	proof, err := w.prove(c, ticket, code)
	if err != nil {
		w.t.Fatal(err)
	}
	return proof
}

// who reads the actor of a session as a page would.
func (w *town) who(c *city.City, session string) permission.Actor {
	w.t.Helper()
	a, err := w.service.Actor(w.t.Context(), c.ID, session)
	if err != nil {
		w.t.Fatal(err)
	}
	return a.WithMatrix(w.matrix)
}

// admin appoints somebody who administers a city and proves a second factor.
func (w *town) admin(c *city.City, address string) permission.Actor {
	w.t.Helper()
	w.appoint(c, address, permission.Grant{Role: permission.Admin})
	proof := w.signIn(c, address)
	w.enrol(c, proof.Session)
	return w.who(c, proof.Session)
}

func (w *town) appoint(c *city.City, address string, grants ...permission.Grant) int64 {
	w.t.Helper()
	id, err := w.service.CreateStaff(w.t.Context(), c, permission.Actor{City: c.ID, System: true}, account.StaffSpec{Name: "Нурбек", Address: address, Lang: "ky", Grants: grants})
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

// field tells on which field and with which message an error was about a form.
func field(err error) string {
	for _, f := range web.Fields(err) {
		return f.Field + " " + strings.TrimPrefix(f.Key, "account.error.")
	}
	return ""
}

func wantField(t *testing.T, err error, want string) {
	t.Helper()
	if got := field(err); got != want {
		t.Errorf("refused with %q (%v), want %q", got, err, want)
	}
}

// together runs fn n times at once.
func together(n int, fn func(i int)) {
	var all sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		all.Go(func() {
			<-start
			fn(i)
		})
	}
	close(start)
	all.Wait()
}
