package notify_test

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/notify"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/db/dbtest"
)

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

func (w *town) wish(person int64, p notify.Preference) {
	w.t.Helper()
	w.update(func(tx *db.Tx) error { return notify.SetPreferences(tx, cityID, person, p) })
}

func (w *town) hour(h, m int) {
	now := w.clock.Now().In(w.city.Zone)
	t := time.Date(now.Year(), now.Month(), now.Day(), h, m, 0, 0, w.city.Zone)
	if t.Before(now) {
		t = t.AddDate(0, 0, 1)
	}
	w.clock.Set(t)
}

func TestQuietHoursHoldMessagesBackUnlessUrgent(t *testing.T) {
	cases := []struct {
		name     string
		from, to int
		at       int
		urgent   bool
		now      bool
	}{
		{"in the evening", 22, 7, 23, false, false},
		{"at night", 22, 7, 3, false, false},
		{"when they end", 22, 7, 7, false, true},
		{"by day", 22, 7, 21, false, true},
		{"urgent at night", 22, 7, 3, true, true},
		{"within one day", 12, 14, 13, false, false},
		{"none", 0, 0, 0, false, true},
	}
	dbtest.Each(t, tables, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		w.follow(1)
		for _, c := range cases {
			w.wish(1, notify.Preference{Email: true, QuietFrom: c.from, QuietTo: c.to})
			w.hour(c.at, 0)
			before := len(w.mails.Messages())
			e := event()
			e.Urgent = c.urgent
			w.emit(e)
			w.drain()
			if now := len(w.mails.Messages()) > before; now != c.now {
				t.Errorf("%s: sent at once is %v", c.name, now)
			}
			w.hour(c.to, 1)
			w.drain()
			if n := len(w.mails.Messages()) - before; n != 1 {
				t.Errorf("%s: %d mails after the quiet hours", c.name, n)
			}
		}
	})
}

func TestDigestIsOneMessageInTheMorning(t *testing.T) {
	dbtest.Each(t, tables, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		w.follow(2)
		phone := w.subscribe(2)
		w.wish(2, notify.Preference{Email: true, Push: true, Often: notify.Daily})
		w.emit(event())
		e := event()
		e.Link = "/reports/2026-000043"
		w.emit(e)
		w.drain()
		if n := len(w.inbox(2)); n != 2 || len(w.mails.Messages()) != 0 {
			t.Fatalf("%d in the inbox, %d mails before the morning", n, len(w.mails.Messages()))
		}
		w.hour(7, 55)
		w.emit(event()) // the last one before it is made
		w.drain()
		w.hour(8, 0)
		w.drain()
		got := w.mails.Messages()
		if len(got) != 1 || got[0].Subject != "3 новости" {
			t.Fatalf("in the morning came %d mails: %+v", len(got), got)
		}
		for _, want := range []string{"Исправлено: 2026-000042", "https://bishkek.example/reports/2026-000042", "https://bishkek.example/reports/2026-000043", "https://bishkek.example/account/notices"} {
			if !strings.Contains(got[0].Text, want) || !strings.Contains(got[0].HTML, want) {
				t.Errorf("the digest lacks %q: %s", want, got[0].Text)
			}
		}
		if n := len(w.pushes.Notifications(phone)); n != 1 {
			t.Errorf("the phone shows %d notices", n)
		}
		w.clock.Advance(48 * time.Hour)
		w.drain()
		if n := len(w.mails.Messages()); n != 1 {
			t.Errorf("%d mails on the days after, when nothing happened", n)
		}
		w.update(func(tx *db.Tx) error { return notify.Forget(tx, cityID, time.Now().Add(time.Hour)) })
		w.update(func(tx *db.Tx) error {
			n, err := db.One(tx, "test.left", `SELECT (SELECT COUNT(*) FROM notify_message) + (SELECT COUNT(*) FROM notify_digest)`, db.Int64)
			if n != 0 {
				t.Errorf("%d rows outlive their time", n)
			}
			return err
		})
	})
}

func TestPeopleHearOfThePlacesTheyWatch(t *testing.T) {
	const lat, lon = 42.8746, 74.6122
	circle := func(person, metres int64, north float64, category string) notify.Watch {
		return notify.Watch{Person: person, Layer: "report", Lat: lat + north, Lon: lon, Metres: metres, Category: category}
	}
	dbtest.Each(t, tables, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		w.update(func(tx *db.Tx) error {
			for _, x := range []notify.Watch{
				circle(1, 500, 0.004, ""),   // 445 m away
				circle(2, 400, 0.004, ""),   // too far
				circle(3, 5000, 0.0445, ""), // 4950 m, many cells away
				circle(4, 500, 0, "light"),  // wanted category
				circle(5, 500, 0, "water"),  // another category
				circle(6, 500, 0, ""),       // twice:
				{Person: 6, Layer: "report", District: "lenin"},
				{Person: 7, Layer: "report", District: "oktyabr"},
				{Person: 8, Layer: "tree", District: "lenin"},
				circle(9, 500, 0, ""), // the author
			} {
				if err := notify.AddWatch(tx, cityID, x); err != nil {
					return err
				}
			}
			return nil
		})
		e := event()
		e.Subject, e.Except = notify.Subject{}, 9
		e.Near = &notify.Near{Layer: "report", Lat: lat, Lon: lon, District: "lenin", Category: "light"}
		w.emit(e)
		w.drain()
		if want := []string{address(1), address(3), address(4), address(6)}; !slices.Equal(w.got(), want) {
			t.Errorf("told are %v, want %v", w.got(), want)
		}
		for _, bad := range []notify.Watch{circle(1, notify.MaxRadius+1, 0, ""), circle(1, 0, 0, ""), circle(1, -5, 0, "")} {
			err := d.Update(t.Context(), func(tx *db.Tx) error { return notify.AddWatch(tx, cityID, bad) })
			if !errors.Is(err, db.ErrInvalid) {
				t.Errorf("%+v: %v", bad, err)
			}
		}
	})
}

func TestDistrictWithManyWatchersIsToldInBatches(t *testing.T) {
	dbtest.Each(t, tables, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		w.update(func(tx *db.Tx) error {
			for p := range int64(450) {
				category := ""
				if p%3 == 0 {
					category = "water"
				}
				if err := notify.AddWatch(tx, cityID, notify.Watch{Person: p + 1, Layer: "report", District: "lenin", Category: category}); err != nil {
					return fmt.Errorf("watch %d: %w", p, err)
				}
				if err := notify.SetPreferences(tx, cityID, p+1, notify.Preference{}); err != nil {
					return err
				}
			}
			return nil
		})
		e := event()
		e.Near = &notify.Near{Layer: "report", Lat: 42.87, Lon: 74.6, District: "lenin", Category: "light"}
		w.emit(e)
		w.drain()
		told := 0
		for p := range int64(450) {
			told += len(w.inbox(p + 1))
		}
		if told != 300 || len(w.mails.Messages()) != 0 {
			t.Errorf("%d inboxes were told of 300, %d mails to people who want none", told, len(w.mails.Messages()))
		}
	})
}
