package app_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/ashar-kg/ashar/internal/app"
)

// planned is the form of a reception of two slots in so many days, with more fields.
func planned(body string, days int, more ...string) url.Values {
	day := cityDay(0, 0, days)
	f := url.Values{
		"body": {body}, "official_ky": {"Жетекчи"}, "official_en": {"The head"}, "place": {"Chuy 166, room 5"},
		"begins": {day + "T10:00"}, "ends": {day + "T10:30"}, "minutes": {"15"},
	}
	for i := 0; i+1 < len(more); i += 2 {
		f.Set(more[i], more[i+1])
	}
	return f
}

func TestAReceptionIsPlannedWithItsTerms(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		admin, head, clerk, one := demoPerson(t, s, "1000"), demoPerson(t, s, "1004"), demoPerson(t, s, "1003"), demoPerson(t, s, "2000")
		gorsvet := bodyNamed(t, a, "gorsvet")
		refused := func(says string, more ...string) {
			t.Helper()
			if page, _ := head.do(422, http.MethodPost, "/staff/reception", planned(gorsvet, 5, more...)); !strings.Contains(page, says) || !strings.Contains(page, "Chuy 166, room 5") {
				t.Errorf("%v: the page does not say %q and keep what was typed", more, says)
			}
		}
		refused("does not work for that body", "staff", "1006")
		refused("does not work for that body", "staff", "2000")
		refused("must close after it opens", "closes", cityDay(0, 0, -1)+"T10:00")
		refused("Shorten by 1 characters", "note", strings.Repeat("ө", 1001))
		refused("Give a time to come", "begins", "")
		refused("for 60 people at most", "ends", "9999-01-01T10:00")

		// Who administers the city plans for every body, and reads nobody's name.
		opens := cityDay(0, 0, 2)
		_, at := admin.do(200, http.MethodPost, "/staff/reception", planned(gorsvet, 5, "staff", "1004", "note", "Bring your passport", "opens", opens+"T09:00"))
		at = strings.TrimPrefix(at, "/staff")
		page, _ := one.do(200, http.MethodGet, at, nil)
		if !strings.Contains(page, "Bring your passport") || !strings.Contains(page, "Booking opens on") || len(slotsOn(page)) != 0 {
			t.Error("the page should say what to bring, and offer nothing until booking opens")
		}
		one.do(422, http.MethodPost, at, url.Values{"slot": {"0"}, "subject": {"The lamps of our yard"}})

		_, open := admin.do(200, http.MethodPost, "/staff/reception", planned(gorsvet, 6))
		open = strings.TrimPrefix(open, "/staff")
		page, _ = one.do(200, http.MethodGet, open, nil)
		one.do(200, http.MethodPost, open, url.Values{"slot": {slotsOn(page)[0]}, "subject": {"Secret " + secret + " lamps"}})
		if page, _ := admin.do(200, http.MethodGet, "/staff"+open, nil); strings.Contains(page, secret) || strings.Contains(page, `name="booking"`) {
			t.Error("who only plans receptions reads who comes")
		}
		if page, _ := clerk.do(200, http.MethodGet, "/staff"+open, nil); !strings.Contains(page, secret) {
			t.Error("the clerk of the body does not read who comes")
		}

		// One official hears one person once at a time.
		_, again := head.do(200, http.MethodPost, "/staff/reception", planned(gorsvet, 7))
		again = strings.TrimPrefix(again, "/staff")
		page, _ = one.do(200, http.MethodGet, again, nil)
		f := url.Values{"slot": {slotsOn(page)[0]}, "subject": {"The lamps of our yard"}}
		if page, _ := one.do(422, http.MethodPost, again, f); !strings.Contains(page, "bookings with one official") {
			t.Error("the person is not told of the limit")
		}
		_, other := head.do(200, http.MethodPost, "/staff/reception", planned(gorsvet, 7, "official_ky", "Орун басар", "official_en", "The deputy"))
		one.do(200, http.MethodPost, strings.TrimPrefix(other, "/staff"), f)
	})
}

func TestATimeIsTakenOutAndItsPersonIsTold(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		head, one, two, three := demoPerson(t, s, "1004"), demoPerson(t, s, "2000"), demoPerson(t, s, "2001"), demoPerson(t, s, "2002")
		at := hours(t, head, bodyNamed(t, a, "gorsvet"), 5)
		page, _ := one.do(200, http.MethodGet, at, nil)
		slots := slotsOn(page)
		subject := []string{"The lamps of our yard"}
		_, mine := one.do(200, http.MethodPost, at, url.Values{"slot": {slots[0]}, "subject": subject})
		_, other := two.do(200, http.MethodPost, at, url.Values{"slot": {slots[1]}, "subject": subject})
		_, waits := three.do(200, http.MethodPost, at, url.Values{"slot": {"0"}, "subject": subject})

		out := func(want int, b *browser, slot string) string {
			t.Helper()
			page, _ := b.do(want, http.MethodPost, "/staff"+at, url.Values{"do": {"out"}, "out": {slot}})
			return page
		}
		out(403, demoPerson(t, s, "1006"), slots[0])
		out(403, one, slots[0])
		out(422, head, "12345")
		out(200, head, slots[0])
		out(422, head, slots[0])
		if page := out(422, head, slots[1]); !strings.Contains(page, "the only time left") {
			t.Error("the last time is taken out without a word to call the reception off")
		}
		deliver(t, a)
		if page, _ := one.do(200, http.MethodGet, "/account/notices", nil); strings.Count(page, "Your time at the reception is taken out") != 1 {
			t.Error("who had the time is not told once")
		}
		if page, _ := one.do(200, http.MethodGet, mine, nil); !strings.Contains(page, "Cancelled") || strings.Contains(page, "You are expected") {
			t.Error("who had the time is still expected")
		}
		if page, _ := two.do(200, http.MethodGet, other, nil); !strings.Contains(page, "You are expected") {
			t.Error("the other time is lost too")
		}
		if page, _ := three.do(200, http.MethodGet, waits, nil); !strings.Contains(page, "Place 1 on the waiting list") {
			t.Error("who waits has got a time that is taken out")
		}
	})
}

func TestABookingIsInTheAccountWithWhoHasReadIt(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		clerk, one := demoPerson(t, s, "1003"), demoPerson(t, s, "2000")
		gorsvet := bodyNamed(t, a, "gorsvet")
		_, letter := one.do(200, http.MethodPost, "/appeals/new", appealForm(gorsvet))
		earlier := appealNumber.FindString(letter)
		_, staffed := clerk.do(200, http.MethodPost, "/staff/reception", planned(gorsvet, 5, "official_en", strings.Repeat("Башкы инженер ", 9)))
		at := strings.TrimPrefix(staffed, "/staff")
		page, _ := one.do(200, http.MethodGet, at, nil)
		ask := url.Values{"slot": {slotsOn(page)[1]}, "subject": {"The lamps once more"}, "earlier": {earlier}}
		demoPerson(t, s, "2001").do(422, http.MethodPost, at, ask)
		_, mine := one.do(200, http.MethodPost, at, ask)
		if page, _ := one.do(200, http.MethodGet, mine, nil); !strings.Contains(page, `href="/appeals/`+earlier+`"`) || !strings.Contains(page, "Nobody yet.") {
			t.Error("the booking does not lead to the earlier appeal, or somebody has read it")
		}
		page, _ = clerk.do(200, http.MethodGet, "/staff"+at, nil)
		if !strings.Contains(page, `href="/staff/appeals/`+earlier+`"`) {
			t.Error("the clerk is not led to the earlier appeal")
		}
		clerk.do(200, http.MethodGet, "/staff/appeals/"+earlier, nil)
		page, _ = one.do(200, http.MethodGet, mine, nil)
		_, looks, _ := strings.Cut(page, `id="looks"`)
		if looks, _, _ = strings.Cut(looks, "</ul>"); strings.Count(looks, "<li>") != 1 || !strings.Contains(looks, "Bishkeksvet") {
			t.Errorf("the person is not shown who has read the booking: %s", looks)
		}

		page, _ = one.do(200, http.MethodGet, "/account", nil)
		ahead, own, found := strings.Cut(page, "My reports")
		if !found || !strings.Contains(ahead, "Coming up") || !strings.Contains(ahead, mine) || !strings.Contains(ahead, "Chuy 166, room 5") || !strings.Contains(own, mine) {
			t.Error("the account does not say what stands ahead")
		}

		// The calendar file keeps to its form, whatever the language.
		text, _ := one.do(200, http.MethodGet, mine+"/visit.ics", nil)
		if !strings.HasPrefix(text, "BEGIN:VCALENDAR\r\n") || !strings.HasSuffix(text, "END:VCALENDAR\r\n") || strings.Contains(strings.ReplaceAll(text, "\r\n", ""), "\n") {
			t.Errorf("the lines of the calendar file end otherwise than they must: %q", text)
		}
		for line := range strings.SplitSeq(text, "\r\n") {
			if len(line) > 75 || !utf8.ValidString(line) {
				t.Errorf("a line of the calendar file has %d bytes: %q", len(line), line)
			}
		}
		for _, name := range []string{"UID:", "DTSTAMP:", "DTSTART:", "DTEND:", "SUMMARY:", "LOCATION:", "PRODID:", "VERSION:2.0"} {
			if !strings.Contains(text, "\r\n"+name) {
				t.Errorf("the calendar file has no %s", name)
			}
		}

		one.do(200, http.MethodPost, mine, nil)
		if page, _ := one.do(200, http.MethodGet, "/account", nil); strings.Contains(page, "Coming up") {
			t.Error("what is cancelled still stands ahead")
		}
		one.do(404, http.MethodGet, mine+"/visit.ics", nil)
	})
}
