package app_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	ics "github.com/arran4/golang-ical"

	"github.com/ashar-kg/ashar/internal/app"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/features/reception"
)

var (
	slotBox     = regexp.MustCompile(`name="slot"[^>]*value="(\d+)"|value="(\d+)"[^>]*name="slot"`)
	bookingPage = regexp.MustCompile(`/reception/bookings/\d+`)
	bookingID   = regexp.MustCompile(`name="booking" value="(\d+)"`)
)

// hours publishes a reception of two slots at a body, in so many days, and
// returns its address.
func hours(t *testing.T, by *browser, body string, days int) string {
	t.Helper()
	day := cityDay(0, 0, days)
	_, at := by.do(200, http.MethodPost, "/staff/reception", url.Values{
		"body": {body}, "official_ky": {"Жетекчи"}, "official_en": {"The head"}, "place": {"Chuy 166, room 5"},
		"begins": {day + "T10:00"}, "ends": {day + "T10:30"}, "minutes": {"15"},
	})
	return strings.TrimPrefix(at, "/staff")
}

func slotsOn(page string) (out []string) {
	for _, m := range slotBox.FindAllStringSubmatch(page, -1) {
		out = append(out, m[1]+m[2])
	}
	return out
}

func TestAReceptionIsBookedWaitedForAndBecomesAnAppeal(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		clerk, foreign, dispatcher := demoPerson(t, s, "1003"), demoPerson(t, s, "1006"), demoPerson(t, s, "1001")
		one, two, three := demoPerson(t, s, "2000"), demoPerson(t, s, "2001"), demoPerson(t, s, "2002")
		gorsvet := bodyNamed(t, a, "gorsvet")

		clerk.do(422, http.MethodPost, "/staff/reception", url.Values{"body": {gorsvet}, "place": {"Room 7"}, "minutes": {"15"}})
		foreign.do(403, http.MethodPost, "/staff/reception", url.Values{"body": {gorsvet}})
		one.do(403, http.MethodGet, "/staff/reception", nil)
		at := hours(t, clerk, gorsvet, 5)
		if page, _ := visit(t, s).do(200, http.MethodGet, "/reception", nil); !strings.Contains(page, at) || !strings.Contains(page, "2 times free") {
			t.Error("everybody should see the reception and its free times")
		}
		if page, _ := visit(t, s).do(200, http.MethodGet, at, nil); len(slotsOn(page)) != 0 || !strings.Contains(page, "/account/sign-in?back="+at) {
			t.Error("a visitor should be asked to sign in")
		}
		page, _ := one.do(200, http.MethodGet, at, nil)
		slots := slotsOn(page)
		if len(slots) != 2 {
			t.Fatalf("%d times are offered, want 2", len(slots))
		}

		// What is wrong is said, what was typed stays, and a slot is one person's.
		book := func(want int, b *browser, slot, subject string, more ...string) (page, where string) {
			t.Helper()
			f := url.Values{"slot": {slot}, "subject": {subject}}
			for i := 0; i+1 < len(more); i += 2 {
				f.Add(more[i], more[i+1])
			}
			return b.do(want, http.MethodPost, at, f)
		}
		if page, _ := book(422, one, slots[0], "Lamps"); !strings.Contains(page, ">Lamps<") || !strings.Contains(page, `value="`+slots[0]+`" checked`) && !strings.Contains(page, "checked") {
			t.Error("what was typed is lost")
		}
		book(422, one, "12345", "The lamps of our yard")
		book(422, one, "0", "The lamps of our yard")
		book(422, one, slots[0], "The lamps of our yard", "earlier", "A-2001-000001")
		const about = "Secret " + secret + " lamps"
		_, mine := book(200, one, slots[0], about)
		book(422, one, slots[1], "Once more about lamps")
		if page, _ := book(422, two, slots[0], "Our playground is dark"); !strings.Contains(page, "taken a moment ago") || !strings.Contains(page, "Our playground is dark") {
			t.Error("the second person is not told that the time is taken")
		}
		book(200, two, slots[1], "Our playground is dark")
		_, third := book(200, three, "0", "A lamp at the school gate")
		if page, _ := three.do(200, http.MethodGet, third, nil); !strings.Contains(page, "Place 1 on the waiting list") {
			t.Error("the third person does not wait")
		}

		// Nobody else reads it.
		for _, b := range []*browser{two, visit(t, s), foreign} {
			b.do(404, http.MethodGet, mine, nil)
			b.do(404, http.MethodPost, mine, nil)
			b.do(404, http.MethodGet, mine+"/visit.ics", nil)
		}
		foreign.do(404, http.MethodGet, "/staff"+at, nil)
		if page, _ := dispatcher.do(200, http.MethodGet, "/staff"+at, nil); strings.Contains(page, secret) {
			t.Error("the telephone desk reads what a reception is about")
		}
		if page, _ := clerk.do(200, http.MethodGet, "/staff"+at, nil); !strings.Contains(page, secret) {
			t.Error("who receives does not read what it is about")
		}
		for _, path := range []string{"/reception", at} {
			if page, _ := visit(t, s).do(200, http.MethodGet, path, nil); strings.Contains(page, secret) {
				t.Errorf("%s tells what a reception is about", path)
			}
		}
		text, _ := one.do(200, http.MethodGet, mine+"/visit.ics", nil)
		cal, err := ics.ParseCalendar(strings.NewReader(text))
		if err != nil || len(cal.Events()) != 1 || strings.Contains(text, secret) {
			t.Fatalf("the calendar file is %q (%v)", text, err)
		}
		if begins, err := cal.Events()[0].GetStartAt(); err != nil || strconv.FormatInt(begins.UnixMilli(), 10) != slots[0] {
			t.Errorf("it begins at %v (%v), want %s", begins, err, slots[0])
		}
		if page, _ := one.do(200, http.MethodGet, "/account", nil); !strings.Contains(page, mine) {
			t.Error("the account does not show the booking")
		}

		// Who gives up makes room for who waits, who is told once.
		two.do(200, http.MethodPost, bookingPage.FindString(mustFind(t, two, at)), nil)
		deliver(t, a)
		if page, _ := three.do(200, http.MethodGet, "/account/notices", nil); strings.Count(page, "A place is free for you") != 1 {
			t.Error("who waits is not told once")
		}
		if page, _ := three.do(200, http.MethodGet, third, nil); !strings.Contains(page, "You are expected on") {
			t.Error("who waited has no time")
		}
	})
}

// mustFind opens a session for somebody who has a place in it.
func mustFind(t *testing.T, b *browser, at string) string {
	t.Helper()
	page, _ := b.do(200, http.MethodGet, at, nil)
	if !bookingPage.MatchString(page) {
		t.Fatalf("%s does not lead to the own booking", at)
	}
	return page
}

func TestASlotIsOnePersonsWhenManyWantIt(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		at := hours(t, demoPerson(t, s, "1003"), bodyNamed(t, a, "gorsvet"), 5)
		id, _ := strconv.ParseInt(strings.TrimPrefix(at, "/reception/"), 10, 64)
		c, err := a.CityNamed("")
		if err != nil {
			t.Fatal(err)
		}
		page, _ := demoPerson(t, s, "2000").do(200, http.MethodGet, at, nil)
		slot, _ := strconv.ParseInt(slotsOn(page)[0], 10, 64)
		var all sync.WaitGroup
		var mu sync.Mutex
		won := 0
		for i := range 12 {
			all.Go(func() {
				me := permission.Actor{City: c.ID, Person: int64(2000 + i)}
				if _, err := a.Reception.Book(t.Context(), c, me, reception.Asked{Session: id, Slot: slot, Subject: "The lamps of our yard", Lang: "ky"}); err == nil {
					mu.Lock()
					won++
					mu.Unlock()
				}
			})
		}
		all.Wait()
		if won != 1 {
			t.Errorf("%d persons have one slot", won)
		}
	})
}

// after is a clock that stands so much later.
type after struct {
	clock interface{ Now() time.Time }
	by    time.Duration
}

func (l after) Now() time.Time { return l.clock.Now().Add(l.by) }

func TestWhoIsReceivedIsRemindedAndGetsAnAnswer(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		clerk, dispatcher, one := demoPerson(t, s, "1003"), demoPerson(t, s, "1001"), demoPerson(t, s, "2000")
		at := hours(t, clerk, bodyNamed(t, a, "gorsvet"), 5)
		page, _ := one.do(200, http.MethodGet, at, nil)
		slots := slotsOn(page)
		_, mine := one.do(200, http.MethodPost, at, url.Values{"slot": {slots[0]}, "subject": {"The lamps of our yard"}})
		dispatcher.do(422, http.MethodPost, "/staff"+at, url.Values{"do": {"book"}, "slot": {slots[1]}, "phone": {"12"}, "name": {"Асан"}, "subject": {"A lamp at the school"}})
		clerk.do(403, http.MethodPost, "/staff"+at, url.Values{"do": {"book"}, "slot": {slots[1]}, "phone": {"0555 77 88 99"}, "name": {"Асан"}, "subject": {"A lamp at the school"}})
		dispatcher.do(200, http.MethodPost, "/staff"+at, url.Values{"do": {"book"}, "slot": {slots[1]}, "phone": {"0555 77 88 99"}, "name": {"Асан"}, "subject": {"A lamp at the school"}})
		list, _ := clerk.do(200, http.MethodGet, "/staff"+at, nil)
		ids := bookingID.FindAllStringSubmatch(list, -1)
		if len(ids) < 2 || !strings.Contains(list, "Асан") {
			t.Fatalf("the list has %d people", len(ids))
		}
		first := ids[0][1]

		// Nothing can come of it before its day.
		clerk.do(409, http.MethodPost, "/staff"+at, url.Values{"do": {"came"}, "booking": {first}})
		real := a.Reception.Clock
		begins, err := strconv.ParseInt(slots[0], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		a.Reception.Clock = after{real, time.Until(time.UnixMilli(begins)) - 12*time.Hour}
		for range 2 {
			if err := a.Reception.Remind(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		deliver(t, a)
		if page, _ := one.do(200, http.MethodGet, "/account/notices", nil); strings.Count(page, "A reminder of your reception") != 1 {
			t.Error("the person is not reminded once")
		}

		a.Reception.Clock = after{real, 6 * 24 * time.Hour}
		act := func(want int, b *browser, more ...string) {
			t.Helper()
			f := url.Values{"booking": {first}}
			for i := 0; i+1 < len(more); i += 2 {
				f.Add(more[i], more[i+1])
			}
			b.do(want, http.MethodPost, "/staff"+at, f)
		}
		act(404, demoPerson(t, s, "1006"), "do", "came")
		act(422, clerk, "do", "answer", "outcome", "")
		act(200, clerk, "do", "answer", "outcome", "The lamps are replaced on Friday")
		if page, _ := one.do(200, http.MethodGet, mine, nil); !strings.Contains(page, "replaced on Friday") {
			t.Error("the person does not read what was answered")
		}
		act(422, clerk, "do", "register", "what", "complaint", "text", "short")
		act(200, clerk, "do", "register", "what", "complaint", "text", "The lamps of the yard have been dark for a month, and nobody comes.")
		act(409, clerk, "do", "register", "what", "complaint", "text", "The lamps of the yard have been dark for a month, and nobody comes.")
		page, _ = one.do(200, http.MethodGet, mine, nil)
		number := appealNumber.FindString(page)
		if number == "" {
			t.Fatal("no appeal came of the reception")
		}
		if page, _ := one.do(200, http.MethodGet, "/appeals/"+number, nil); !strings.Contains(page, "dark for a month") {
			t.Error("the person does not have the appeal")
		}
		if page, _ := clerk.do(200, http.MethodGet, "/staff/appeals/"+number, nil); !strings.Contains(page, "dark for a month") {
			t.Error("the appeal is not at the body that has received")
		}

		// Hours that are called off are told to all who have a place.
		a.Reception.Clock = real
		other := hours(t, clerk, bodyNamed(t, a, "gorsvet"), 8)
		page, _ = one.do(200, http.MethodGet, other, nil)
		one.do(200, http.MethodPost, other, url.Values{"slot": {slotsOn(page)[0]}, "subject": {"The lamps once more"}})
		clerk.do(422, http.MethodPost, "/staff"+other, url.Values{"do": {"cancel"}})
		clerk.do(200, http.MethodPost, "/staff"+other, url.Values{"do": {"cancel"}, "reason": {"The head is ill"}})
		deliver(t, a)
		if page, _ := one.do(200, http.MethodGet, "/account/notices", nil); !strings.Contains(page, "The reception is called off") {
			t.Error("the person is not told that it is called off")
		}
		if page, _ := visit(t, s).do(200, http.MethodGet, other, nil); !strings.Contains(page, "The head is ill") {
			t.Error("the reason is not public")
		}

		// Who leaves gives the place back and is forgotten.
		third := hours(t, clerk, bodyNamed(t, a, "gorsvet"), 9)
		page, _ = one.do(200, http.MethodGet, third, nil)
		slots = slotsOn(page)
		one.do(200, http.MethodPost, third, url.Values{"slot": {slots[0]}, "subject": {"The lamps once more"}})
		one.do(200, http.MethodPost, "/account/erase", url.Values{"sure": {"1"}, "confirm": {"1"}})
		list, _ = clerk.do(200, http.MethodGet, "/staff"+third, nil)
		if strings.Contains(list, "The lamps once more") {
			t.Error("the list still has who left")
		}
		if page, _ := demoPerson(t, s, "2001").do(200, http.MethodGet, third, nil); len(slotsOn(page)) != 2 {
			t.Error("the place of who left is not free")
		}
	})
}
