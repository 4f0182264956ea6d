package notify_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/notify"
	"github.com/ashar-kg/ashar/internal/platform/clock"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/db/dbtest"
	"github.com/ashar-kg/ashar/internal/platform/i18n"
	"github.com/ashar-kg/ashar/internal/platform/jobs"
	"github.com/ashar-kg/ashar/internal/platform/mail"
	"github.com/ashar-kg/ashar/internal/platform/mail/mailtest"
	"github.com/ashar-kg/ashar/internal/platform/push"
	"github.com/ashar-kg/ashar/internal/platform/push/pushtest"
	"github.com/ashar-kg/ashar/internal/platform/sms"
	"github.com/ashar-kg/ashar/locales"
)

const cityID = 1

var (
	tables = []db.Migrations{jobs.Migrations, city.Migrations, notify.Migrations}
	lamp   = notify.Subject{Kind: "report", ID: 42}
)

// directory is the people of the tests: even ids read Russian, odd ones Kyrgyz.
type directory struct{}

func address(person int64) string { return fmt.Sprintf("p%d@example.kg", person) }

func (directory) Addressees(_ *db.Tx, _ int64, people []int64) (list []notify.Addressee, err error) {
	for _, p := range people {
		lang := "ky"
		if p%2 == 0 {
			lang = "ru"
		}
		list = append(list, notify.Addressee{Person: p, Lang: lang, Email: address(p)})
	}
	return list, nil
}

// town is a city with real peers for its messages.
type town struct {
	t       *testing.T
	db      *db.DB
	clock   *clock.Manual
	city    *city.City
	mails   *mailtest.Server
	pushes  *pushtest.Service
	texts   *sms.Outbox
	courier notify.Courier
	runner  *jobs.Runner
}

func newTown(t *testing.T, d *db.DB) *town {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Bishkek")
	if err != nil {
		t.Fatal(err)
	}
	c := &city.City{ID: cityID, Slug: "bishkek", Names: map[string]string{"ky": "Бишкек", "ru": "Бишкек", "en": "Bishkek"}, Zone: zone, Languages: []string{"ky", "ru", "en"}, Currency: "KGS", Secret: "key"}
	if err := d.Update(t.Context(), func(tx *db.Tx) error { return city.Put(tx, c) }); err != nil {
		t.Fatal(err)
	}
	cities, err := city.NewRegistry(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	w := &town{t: t, db: d, city: c, mails: mailtest.Start(t), pushes: pushtest.Start(t), texts: sms.NewOutbox(10)}
	tomorrow := time.Now().In(zone).AddDate(0, 0, 1) // jobs are due at once by any clock
	w.clock = clock.At(time.Date(tomorrow.Year(), tomorrow.Month(), tomorrow.Day(), 12, 0, 0, 0, zone))
	w.courier = notify.Courier{
		DB: d, Clock: w.clock, Cities: cities, Catalogue: texts(t), People: directory{}, Mail: sender(t, w.mails), SMS: w.texts, Push: pusher(t),
		From: "Ashar <no-reply@bishkek.example>", Host: "bishkek.example",
		Absolute: func(_ *city.City, path string) string { return "https://bishkek.example" + path },
	}
	w.runner = w.node()
	return w
}

// node is a new process: a runner with the jobs of the town.
func (w *town) node() *jobs.Runner {
	r := jobs.New(w.db, w.clock, slog.New(slog.DiscardHandler))
	w.courier.Handle(r)
	return r
}

func (w *town) update(fn func(tx *db.Tx) error) {
	w.t.Helper()
	if err := w.db.Update(w.t.Context(), fn); err != nil {
		w.t.Fatal(err)
	}
}

func (w *town) drain() {
	w.t.Helper()
	if err := w.runner.Drain(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

func (w *town) follow(people ...int64) {
	w.t.Helper()
	w.update(func(tx *db.Tx) error {
		for _, p := range people {
			if err := notify.Follow(tx, cityID, p, lamp, w.clock.Now()); err != nil {
				return err
			}
		}
		return nil
	})
}

func event() notify.Event {
	return notify.Event{City: cityID, Subject: lamp, Key: "test.fixed", Args: map[string]string{"number": "2026-000042", "note": "Рахмат"}, Link: "/reports/2026-000042"}
}

func (w *town) emit(e notify.Event) {
	w.t.Helper()
	w.update(func(tx *db.Tx) error { return notify.Emit(tx, e) })
}

func (w *town) subscribe(person int64) push.Subscription {
	w.t.Helper()
	s, err := w.pushes.Subscribe()
	if err != nil {
		w.t.Fatal(err)
	}
	w.update(func(tx *db.Tx) error { return notify.Subscribe(tx, cityID, person, s, w.clock.Now()) })
	return s
}

func (w *town) inbox(person int64) (list []notify.Item) {
	w.t.Helper()
	err := w.db.View(w.t.Context(), func(tx *db.Tx) (err error) {
		list, err = notify.Inbox(tx, cityID, person, 0, 100)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return list
}

// got are the addresses that e-mails were sent to, sorted.
func (w *town) got() (to []string) {
	for _, m := range w.mails.Messages() {
		to = append(to, m.To...)
	}
	slices.Sort(to)
	return to
}

func texts(t *testing.T) *i18n.Catalogue {
	t.Helper()
	files := fstest.MapFS{}
	for lang, done := range map[string]string{"ky": "Оңдолду", "ru": "Исправлено", "en": "Fixed"} {
		for _, area := range []string{"notify", "i18n"} {
			data, err := locales.FS.ReadFile(lang + "/" + area + ".json")
			if err != nil {
				t.Fatal(err)
			}
			files[lang+"/"+area+".json"] = &fstest.MapFile{Data: data}
		}
		files[lang+"/test.json"] = &fstest.MapFile{Data: fmt.Appendf(nil,
			`{"test.fixed.title": "%s: {number}", "test.fixed.text": "{note}", "test.code.title": "Code", "test.code.text": "{code}"}`, done)}
	}
	c, err := i18n.Load(files)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func sender(t *testing.T, s *mailtest.Server) *mail.SMTP {
	t.Helper()
	config, err := mail.ParseURL(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	config.Roots = s.Roots()
	m, err := mail.NewSMTP(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return m
}

func pusher(t *testing.T) *push.Sender {
	t.Helper()
	keys, err := push.GenerateKeys()
	if err != nil {
		t.Fatal(err)
	}
	p, err := push.New(push.Config{Keys: keys, Contact: "mailto:it@bishkek.example", AllowLoopback: true})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestFollowersHearInTheirLanguageOnEachChannel(t *testing.T) {
	dbtest.Each(t, tables, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		w.follow(1, 2, 3)
		phone := w.subscribe(2)
		e := event()
		e.Except = 3
		e.To = []int64{2, 4} // 2 follows as well and is told once
		e.Args["number"] = "2026-000042\r\nBcc: all@example.kg"
		w.emit(e)
		w.drain()
		if want := []string{address(1), address(2), address(4)}; !slices.Equal(w.got(), want) {
			t.Fatalf("mails went to %v, want %v", w.got(), want)
		}
		for _, m := range w.mails.Messages() {
			if m.To[0] != address(2) {
				continue
			}
			if !strings.HasPrefix(m.Subject, "Исправлено: 2026-000042") || !strings.HasPrefix(m.Text, "Рахмат\n\nhttps://bishkek.example/reports/2026-000042\n") {
				t.Errorf("the mail says %q, %q", m.Subject, m.Text)
			}
			if !strings.Contains(m.HTML, `href="https://bishkek.example/reports/2026-000042"`) || m.Header.Get("Bcc") != "" {
				t.Errorf("the mail is %s", m.Raw)
			}
			if !strings.HasPrefix(m.Header.Get("List-Unsubscribe"), "<https://bishkek.example/stop/") {
				t.Errorf("List-Unsubscribe is %q", m.Header.Get("List-Unsubscribe"))
			}
		}
		shown := w.pushes.Notifications(phone)
		if len(shown) != 1 {
			t.Fatalf("the phone shows %d notices", len(shown))
		}
		var body struct{ Title, URL, Lang string }
		if err := json.Unmarshal(shown[0].Payload, &body); err != nil || !strings.HasPrefix(body.Title, "Исправлено") || body.URL != e.Link || body.Lang != "ru" {
			t.Errorf("the phone shows %+v, %v", body, err)
		}
		if len(w.inbox(1)) != 1 || len(w.inbox(2)) != 1 || len(w.inbox(3)) != 0 {
			t.Error("the inboxes do not hold the event once for each but its author")
		}
	})
}

func TestInboxCountsAndForgetsWhatWasRead(t *testing.T) {
	dbtest.Each(t, tables, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		w.follow(1)
		w.emit(event())
		w.emit(event())
		w.drain()
		unread := func() (n int) {
			t.Helper()
			w.update(func(tx *db.Tx) (err error) { n, err = notify.Unread(tx, cityID, 1); return err })
			return n
		}
		list := w.inbox(1)
		if len(list) != 2 || unread() != 2 || list[0].ID < list[1].ID || list[0].Args["note"] != "Рахмат" {
			t.Fatalf("inbox is %+v", list)
		}
		w.update(func(tx *db.Tx) error { return notify.MarkRead(tx, cityID, 1, list[1].ID) })
		if n := unread(); n != 1 {
			t.Errorf("%d unread after the older one was read", n)
		}
		w.update(func(tx *db.Tx) error { return notify.Erase(tx, cityID, 1) })
		w.emit(event())
		w.drain()
		if n := len(w.inbox(1)); n != 0 {
			t.Errorf("%d notices of an erased person", n)
		}
	})
}

func TestEventOfManyFollowersReachesEachOnce(t *testing.T) {
	dbtest.Each(t, tables, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		w.courier.Mail = mail.Discard{}
		w.runner = w.node()
		var people []int64
		for p := range int64(450) {
			people = append(people, p+1)
		}
		w.follow(people...)
		e := event()
		for p := range int64(300) { // overlaps the followers by 50
			e.To = append(e.To, 401+p)
		}
		w.emit(e)
		w.drain()
		rows := map[int64]int64{}
		w.update(func(tx *db.Tx) error {
			return tx.Each("test.messages", `SELECT person_id, COUNT(*) FROM notify_message WHERE city_id = $1 AND sent_at > 0 GROUP BY person_id`, func(r db.Row) error {
				var p, n int64
				err := r.Scan(&p, &n)
				rows[p] = n
				return err
			}, cityID)
		})
		if len(rows) != 700 {
			t.Errorf("%d people were told, want 700", len(rows))
		}
		for p, n := range rows {
			if n != 1 {
				t.Errorf("person %d was told %d times", p, n)
			}
		}
	})
}

func TestFollowingTwiceIsOnceAndEnds(t *testing.T) {
	dbtest.Each(t, tables, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		w.follow(1, 2)
		w.follow(2)
		w.update(func(tx *db.Tx) error { return notify.Unfollow(tx, cityID, 2, lamp) })
		for person, want := range map[int64]bool{1: true, 2: false} {
			var follows bool
			w.update(func(tx *db.Tx) (err error) { follows, err = notify.Follows(tx, cityID, person, lamp); return err })
			if follows != want {
				t.Errorf("person %d follows: %v", person, follows)
			}
		}
		w.emit(event())
		w.drain()
		if !slices.Equal(w.got(), []string{address(1)}) {
			t.Errorf("mails to %v", w.got())
		}
	})
}

func (w *town) drainOn(ctx context.Context, r *jobs.Runner) {
	w.t.Helper()
	if err := r.Drain(ctx); err != nil {
		w.t.Error(err)
	}
}
