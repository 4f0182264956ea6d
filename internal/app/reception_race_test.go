package app_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ashar-kg/ashar/internal/app"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/features/reception"
)

// crowd is a reception that people of the demo book without pages between.
type crowd struct {
	t  *testing.T
	a  *app.App
	c  *city.City
	at time.Time
}

func crowdOf(t *testing.T, a *app.App) *crowd {
	t.Helper()
	c, err := a.CityNamed("")
	if err != nil {
		t.Fatal(err)
	}
	return &crowd{t, a, c, time.Now().AddDate(0, 0, 5).Truncate(time.Hour)}
}

// session publishes so many slots of an official.
func (w *crowd) session(official string, slots int64) *reception.Session {
	w.t.Helper()
	id, err := strconv.ParseInt(bodyNamed(w.t, w.a, "gorsvet"), 10, 64)
	if err != nil {
		w.t.Fatal(err)
	}
	staff := permission.Actor{City: w.c.ID, System: true, Person: 1004}
	x, err := w.a.Reception.PublishSession(w.t.Context(), w.c, staff, reception.Session{
		Body: id, Officials: map[string]string{"ky": official}, Place: "Chuy 166", Minutes: 10,
		Begins: w.at.UnixMilli(), Ends: w.at.Add(time.Duration(slots) * 10 * time.Minute).UnixMilli(),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return x
}

func (w *crowd) person(i int) permission.Actor {
	return permission.Actor{City: w.c.ID, Person: int64(2000 + i)}
}

func (w *crowd) book(i int, x *reception.Session, slot int64) (*reception.Booking, error) {
	return w.a.Reception.Book(w.t.Context(), w.c, w.person(i), reception.Asked{Session: x.ID, Slot: slot, Subject: "The lamps of our yard", Lang: "en"})
}

// must books where nothing stands against it.
func (w *crowd) must(i int, x *reception.Session, slot int64) *reception.Booking {
	w.t.Helper()
	b, err := w.book(i, x, slot)
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}

func (w *crowd) now(i int, b *reception.Booking) *reception.Visit {
	w.t.Helper()
	v, err := w.a.Reception.Visit(w.t.Context(), w.c, w.person(i), b.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return v
}

// told counts the notices of a person that begin with such a title.
func told(t *testing.T, s *httptest.Server, person int, title string) int {
	t.Helper()
	page, _ := demoPerson(t, s, strconv.Itoa(person)).do(200, http.MethodGet, "/account/notices", nil)
	return strings.Count(page, title)
}

func TestManyWhoCancelAtOnceMakeRoomOnce(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		w := crowdOf(t, a)
		const places, waiting = 6, 9
		x := w.session("The head", places)
		var list []*reception.Booking
		for i := range places + waiting {
			slot := int64(0)
			if i < places {
				slot = x.Slots()[i]
			}
			list = append(list, w.must(i, x, slot))
		}
		// Everybody with a place gives it up, each from three windows.
		var all sync.WaitGroup
		for i := range places {
			for range 3 {
				all.Go(func() { _ = a.Reception.CancelBooking(t.Context(), w.c, w.person(i), list[i].ID) })
			}
		}
		all.Wait()
		deliver(t, a)
		slots := map[int64]bool{}
		for i, b := range list {
			v := w.now(i, b)
			want := reception.Waiting
			switch {
			case i < places:
				want = reception.Cancelled
			case i < 2*places:
				want = reception.Booked
			}
			if v.State != want {
				t.Errorf("person %d is %s, want %s", i, v.State, want)
			}
			if v.Slot != 0 && slots[v.Slot] {
				t.Errorf("person %d has the slot of another", i)
			}
			slots[v.Slot] = true
			once := 0
			if want == reception.Booked {
				once = 1
			}
			if n := told(t, s, 2000+i, "A place is free for you"); n != once {
				t.Errorf("person %d is told %d times of a place, want %d", i, n, once)
			}
			if want == reception.Waiting && v.Position != i-2*places+1 {
				t.Errorf("person %d stands at place %d", i, v.Position)
			}
		}
	})
}

func TestARemindedBookingStaysCancelled(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		w := crowdOf(t, a)
		const places = 30
		x := w.session("The head", places)
		var list []*reception.Booking
		for i := range places {
			list = append(list, w.must(i, x, x.Slots()[i]))
		}
		a.Reception.Clock = after{a.Reception.Clock, time.Until(w.at) - 12*time.Hour}
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				if err := a.Reception.Remind(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		for i := range places {
			if i%2 == 0 {
				all.Go(func() {
					if err := a.Reception.CancelBooking(t.Context(), w.c, w.person(i), list[i].ID); err != nil {
						t.Errorf("person %d: %v", i, err)
					}
				})
			}
		}
		all.Wait()
		deliver(t, a)
		for i, b := range list {
			v := w.now(i, b)
			if i%2 == 0 && (v.State != reception.Cancelled || v.Slot != 0) {
				t.Errorf("person %d cancelled, but is %s at %d", i, v.State, v.Slot)
			}
			if n := told(t, s, 2000+i, "A reminder of your reception"); i%2 == 1 && n != 1 || n > 1 {
				t.Errorf("person %d is reminded %d times", i, n)
			}
		}
	})
}

func TestNobodyBooksMoreThanTheCityAllowsByBookingAtOnce(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		w := crowdOf(t, a)
		try := func(person int, official func(i int) string) (won int) {
			var list []*reception.Session
			for i := range 8 {
				list = append(list, w.session(official(i), 2))
			}
			var all sync.WaitGroup
			var mu sync.Mutex
			for _, x := range list {
				all.Go(func() {
					if _, err := w.book(person, x, x.Slots()[0]); err == nil {
						mu.Lock()
						won++
						mu.Unlock()
					}
				})
			}
			all.Wait()
			return won
		}
		if n := try(0, func(int) string { return "The head" }); n != reception.DefaultSettings.Official {
			t.Errorf("one person has %d bookings with one official, want %d", n, reception.DefaultSettings.Official)
		}
		if n := try(1, func(i int) string { return "Official " + strconv.Itoa(i) }); n != reception.DefaultSettings.Ahead {
			t.Errorf("one person has %d bookings, want %d", n, reception.DefaultSettings.Ahead)
		}
	})
}

func TestWhoLeavesMakesRoomForWhoWaits(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		w := crowdOf(t, a)
		x := w.session("The head", 1)
		w.must(0, x, x.Slots()[0])
		second, third := w.must(1, x, 0), w.must(2, x, 0)
		leave := url.Values{"sure": {"1"}, "confirm": {"1"}}
		demoPerson(t, s, "2000").do(200, http.MethodPost, "/account/erase", leave)
		if v := w.now(1, second); v.State != reception.Booked || v.Slot != x.Slots()[0] {
			t.Errorf("the first who waits is %s after somebody has left", v.State)
		}
		if v := w.now(2, third); v.State != reception.Waiting || v.Position != 1 {
			t.Errorf("the second who waits is %s at place %d", v.State, v.Position)
		}
		demoPerson(t, s, "2001").do(200, http.MethodPost, "/account/erase", leave)
		if v := w.now(2, third); v.State != reception.Booked {
			t.Errorf("the last who waits is %s after two have left", v.State)
		}
		_, list, err := a.Reception.List(t.Context(), w.c, permission.Actor{City: w.c.ID, System: true, Person: 1003}, x.ID)
		if err != nil || len(list) != 1 || list[0].Person != 2002 {
			t.Errorf("the list has %d people (%v), want the one who stays", len(list), err)
		}
	})
}

// TestEveryRoleDoesAtReceptionsWhatTheMatrixSays takes every role at the body
// that receives, at another and in the whole city, residents and a visitor.
func TestEveryRoleDoesAtReceptionsWhatTheMatrixSays(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		w := crowdOf(t, a)
		matrix, err := a.Matrix.Of(t.Context(), w.c.ID)
		if err != nil {
			t.Fatal(err)
		}
		x := w.session("The head", 60)
		b := w.must(0, x, x.Slots()[0])
		there, err := strconv.ParseInt(bodyNamed(t, a, "tazalyk"), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		called := 0
		deeds := map[string]func(who permission.Actor) error{
			reception.Publish: func(who permission.Actor) error {
				_, err := a.Reception.PublishSession(t.Context(), w.c, who, reception.Session{
					Body: x.Body, Officials: x.Officials, Place: x.Place, Begins: x.Begins, Ends: x.Ends, Minutes: 10,
				})
				return err
			},
			reception.Publish + " and take out": func(who permission.Actor) error {
				return a.Reception.TakeOut(t.Context(), w.c, who, x.ID, 1)
			},
			reception.Publish + " and call off": func(who permission.Actor) error {
				return a.Reception.CancelSession(t.Context(), w.c, who, w.session("The head", 1).ID, "why")
			},
			reception.Receive: func(who permission.Actor) error {
				_, list, err := a.Reception.List(t.Context(), w.c, who, x.ID)
				if err == nil && len(list) == 0 {
					return permission.ErrDenied // the page without its people
				}
				return err
			},
			reception.Receive + " and answer": func(who permission.Actor) error {
				return a.Reception.Answer(t.Context(), w.c, who, b.ID, "An answer")
			},
			reception.Receive + " and register": func(who permission.Actor) error {
				_, err := a.Reception.Register(t.Context(), w.c, who, b.ID, "complaint", "The lamps of the yard have been dark for a month.")
				return err
			},
			reception.BookFor: func(who permission.Actor) error {
				called++
				_, err := a.Reception.Book(t.Context(), w.c, who, reception.Asked{
					Session: x.ID, Slot: x.Slots()[called], Subject: "The lamps of our yard", Phone: "0555 00 00 " + strconv.Itoa(10+called), Name: "Асан", Lang: "ky",
				})
				if err != nil {
					called--
				}
				return err
			},
		}
		staff := []permission.Actor{{City: w.c.ID}, {City: w.c.ID, Person: 2001, Level: permission.Phone}}
		for _, role := range permission.Roles {
			for _, at := range []int64{x.Body, there, 0} {
				staff = append(staff, permission.Actor{City: w.c.ID, Person: 1003, Level: permission.Phone, Strong: true, Grants: []permission.Grant{{Role: role, Body: at}}})
			}
		}
		roles := map[string][]permission.Role{}
		for _, r := range matrix.Rules() {
			roles[r.Action] = r.Roles
		}
		allowed := 0
		for name, do := range deeds {
			action, _, _ := strings.Cut(name, " ")
			for _, who := range staff {
				may := false
				for _, g := range who.Grants {
					near := g.Body == 0 || g.Body == x.Body && action != reception.BookFor // who books for callers does so for the whole city
					may = may || near && slices.Contains(roles[action], g.Role)
				}
				if may {
					allowed++
				}
				if err := do(who.WithMatrix(matrix)); refused(err) == may {
					t.Errorf("%s by person %d with %v: %v, the matrix says %v", name, who.Person, who.Grants, err, may)
				}
			}
		}
		if allowed < 30 {
			t.Errorf("only %d deeds were allowed", allowed)
		}
	})
}
