package notify_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/notify"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/db/dbtest"
	"github.com/ashar-kg/ashar/internal/platform/jobs"
	"github.com/ashar-kg/ashar/internal/platform/mail"
	"github.com/ashar-kg/ashar/internal/platform/sms"
)

// dying is the mail of a process that is killed while a message is on its way:
// before it, or after the server has taken it. It never comes back.
type dying struct {
	next  mail.Sender
	after bool
	dead  chan struct{} // closed once the process is as good as dead
	end   chan struct{} // closed when the test ends
}

func (m *dying) Send(ctx context.Context, message mail.Message) error {
	if m.after {
		if err := m.next.Send(ctx, message); err != nil {
			return err
		}
	}
	close(m.dead)
	<-m.end
	return errors.New("killed")
}

func TestKilledNodeLosesNothingAndRepeatsOnlyWhatWasInFlight(t *testing.T) {
	for _, c := range []struct {
		name  string
		after bool
		times int
	}{{"before the server took it", false, 1}, {"after the server took it", true, 2}} {
		t.Run(c.name, func(t *testing.T) {
			dbtest.Each(t, tables, func(t *testing.T, d *db.DB) {
				w := newTown(t, d)
				w.follow(1)
				killed := &dying{next: w.courier.Mail, after: c.after, dead: make(chan struct{}), end: make(chan struct{})}
				alive := w.courier.Mail
				w.courier.Mail = killed
				victimCourier := w.courier
				victim := jobs.New(w.db, w.clock, discard())
				victimCourier.Handle(victim)
				w.courier.Mail = alive
				w.emit(event())
				var gone sync.WaitGroup
				gone.Go(func() { w.drainOn(context.WithoutCancel(t.Context()), victim) })
				<-killed.dead

				w.runner = w.node()
				w.emit(event()) // life goes on
				w.drain()
				if n := len(w.mails.Messages()); n != 1+c.times-1 {
					t.Errorf("%d mails while the lease of the dead node holds", n)
				}
				w.clock.Advance(2 * time.Minute)
				w.drain()
				times := map[string]int{}
				for _, m := range w.mails.Messages() {
					times[m.ID]++
				}
				var counts []int
				for _, n := range times {
					counts = append(counts, n)
				}
				slices.Sort(counts)
				if !slices.Equal(counts, []int{1, c.times}) {
					t.Errorf("taken by Message-ID: %v, want two messages, %d times at most", times, c.times)
				}
				close(killed.end)
				gone.Wait()
				w.clock.Advance(24 * time.Hour)
				w.drain()
				if n := len(w.mails.Messages()); n != 1+c.times {
					t.Errorf("the woken node sent again: %d mails", n)
				}
			})
		})
	}
}

func TestTwoNodesSendEachMessageOnce(t *testing.T) {
	dbtest.Each(t, tables, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		var people []int64
		for p := range int64(30) {
			people = append(people, p+1)
		}
		w.follow(people...)
		ctx, stop := context.WithCancel(t.Context())
		var nodes sync.WaitGroup
		for range 2 {
			r := w.node()
			nodes.Go(func() { r.Run(ctx) })
		}
		for range 10 {
			w.emit(event())
		}
		w.mails.Wait(t, 300)
		stop()
		nodes.Wait()
		w.drain()
		times := map[string]int{}
		for _, m := range w.mails.Messages() {
			times[m.To[0]]++
			if n := w.mails.Count(m.ID); n != 1 {
				t.Errorf("%s was sent %d times", m.ID, n)
			}
		}
		for _, p := range people {
			if times[address(p)] != 10 {
				t.Errorf("person %d got %d of 10", p, times[address(p)])
			}
		}
	})
}

func TestFanOutThatRunsTwiceTellsOnce(t *testing.T) {
	dbtest.Each(t, tables, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		w.follow(1, 2)
		phone := w.subscribe(1)
		e := event()
		e.ID = 99
		w.emit(e)
		w.drain()
		w.emit(e) // what a worker that died before it could remove its job leaves behind
		w.drain()
		if n, shown := len(w.mails.Messages()), len(w.pushes.Notifications(phone)); n != 2 || shown != 1 || len(w.inbox(1)) != 1 {
			t.Errorf("%d mails, %d on the phone, inbox %+v", n, shown, w.inbox(1))
		}
	})
}

func TestRefusedMailIsRepeatedUnderItsIDOrShownToTheOperator(t *testing.T) {
	dbtest.Each(t, tables, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		w.follow(1)
		w.mails.Fail(1, "451 4.3.0 try later")
		w.mails.LoseAnswers(1)
		w.emit(event())
		w.drain()
		for range 2 {
			w.clock.Advance(time.Minute)
			w.drain()
		}
		got := w.mails.Messages()
		if len(got) != 2 || got[0].ID != got[1].ID {
			t.Fatalf("got %d mails, want the one whose answer was lost twice under one id", len(got))
		}
		w.mails.Fail(1, "550 5.1.1 unknown")
		w.emit(event())
		w.drain()
		var dead []jobs.Job
		w.update(func(tx *db.Tx) (err error) { dead, err = jobs.Dead(tx, cityID, 0, 10); return err })
		if len(dead) != 1 || dead[0].Kind != "notify.send.email" || strings.Contains(dead[0].Error+string(dead[0].Args), "example.kg") {
			t.Fatalf("dead are %+v", dead)
		}
		w.update(func(tx *db.Tx) error { return jobs.Retry(tx, cityID, dead[0].ID) })
		w.drain()
		if n := len(w.mails.Messages()); n != 3 {
			t.Errorf("%d mails after the operator's retry", n)
		}
	})
}

func TestBrowserThatIsGoneIsForgotten(t *testing.T) {
	dbtest.Each(t, tables, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		w.follow(1)
		old, phone := w.subscribe(1), w.subscribe(1)
		w.pushes.Expire(old)
		w.pushes.Fail(1, http.StatusServiceUnavailable, "3600")
		w.emit(event())
		w.drain()
		w.clock.Advance(time.Hour)
		w.drain()
		if n := len(w.pushes.Notifications(phone)); n != 1 {
			t.Errorf("the phone shows %d notices", n)
		}
		var left int64
		w.update(func(tx *db.Tx) (err error) {
			left, err = db.One(tx, "test.push", `SELECT COUNT(*) FROM notify_push WHERE city_id = $1`, db.Int64, cityID)
			return err
		})
		if left != 1 || len(w.pushes.Refused()) != 0 {
			t.Errorf("%d browsers are left, refused %v", left, w.pushes.Refused())
		}
	})
}

// deaf is a gateway that takes nothing.
type deaf struct{ err error }

func (g deaf) Send(context.Context, sms.Message) (sms.Status, error) { return sms.Status{}, g.err }

func TestSecretsAreWipedWhetherSentOrGivenUp(t *testing.T) {
	cases := []struct {
		name    string
		gateway sms.Sender
		sent    int
		wait    time.Duration
	}{
		{"sent", nil, 1, 0},
		{"refused for good", deaf{&sms.Error{Status: 400}}, 0, 0},
		{"too late", deaf{&sms.Error{Status: 503}}, 0, 2 * time.Hour},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			dbtest.Each(t, tables, func(t *testing.T, d *db.DB) {
				w := newTown(t, d)
				w.clock.Set(time.Now().Add(time.Second)) // a code is young or old by the clock that made its id
				if c.gateway != nil {
					w.courier.SMS = c.gateway
					w.runner = w.node()
				}
				w.update(func(tx *db.Tx) error {
					return notify.Send(tx, cityID, notify.Direct{Channel: "sms", To: "+996700123456", Lang: "ky", Key: "test.code", Args: map[string]string{"code": "271828"}, Link: "/s/abc", Secret: true})
				})
				w.drain()
				w.clock.Advance(c.wait)
				w.drain()
				if got := w.texts.Messages(); len(got) != c.sent || (c.sent == 1 && got[0].Text != "271828") {
					t.Errorf("sent %+v", got)
				}
				var left []string
				w.update(func(tx *db.Tx) (err error) {
					left, err = db.All(tx, "test.secret", `SELECT args || link FROM notify_message WHERE city_id = $1`, db.Text, cityID)
					return err
				})
				if !slices.Equal(left, []string{"{}"}) {
					t.Errorf("kept %q", left)
				}
			})
		})
	}
}

func TestDirectMessageOfOneCauseIsWrittenOnce(t *testing.T) {
	dbtest.Each(t, tables, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		for _, once := range []int64{5, 5, 6} {
			w.update(func(tx *db.Tx) error {
				return notify.Send(tx, cityID, notify.Direct{Channel: "email", To: "light@example.kg", Lang: "ky", Key: "test.code", Args: map[string]string{"code": "x"}, Once: once})
			})
		}
		w.drain()
		got := w.mails.Messages()
		if len(got) != 2 || got[0].Header.Get("List-Unsubscribe") != "" {
			t.Errorf("got %d mails of two causes", len(got))
		}
	})
}

func TestOneClickEndsTheMailsOfOnePersonAlone(t *testing.T) {
	dbtest.Each(t, tables, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		w.follow(1, 3)
		w.emit(event())
		w.drain()
		header := w.mails.Messages()[0].Header
		path := strings.Trim(strings.TrimPrefix(header.Get("List-Unsubscribe"), "<https://bishkek.example"), ">")
		parts := strings.Split(path, "/") // "", stop, person, code
		if len(parts) != 4 || header.Get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" {
			t.Fatalf("headers are %v", header)
		}
		stop := func(c *city.City, person, code string) error {
			return d.Update(t.Context(), func(tx *db.Tx) error { return notify.Stop(tx, c, person, code) })
		}
		other := map[string]string{"1": "3", "3": "1"}[parts[2]]
		if err := stop(w.city, other, parts[3]); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("the code of one person stops another: %v", err)
		}
		if err := stop(w.city, parts[2], parts[3]); err != nil {
			t.Fatal(err)
		}
		before := len(w.mails.Messages())
		w.emit(event())
		w.drain()
		if got := w.mails.Messages()[before:]; len(got) != 1 || got[0].To[0] != "p"+other+"@example.kg" {
			t.Errorf("after the stop mails went to %+v", got)
		}
		if len(w.inbox(1)) != 2 || len(w.inbox(3)) != 2 {
			t.Error("the inbox stops too")
		}
	})
}
