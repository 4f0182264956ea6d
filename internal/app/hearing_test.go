package app_test

import (
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ashar-kg/ashar/internal/app"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/features/hearing"
	"github.com/ashar-kg/ashar/internal/platform/clock"
)

var (
	hearingSession = regexp.MustCompile(`/hearings/sessions/(\d+)`)
	hearingCode    = regexp.MustCompile(`govuk-heading-xl">([A-Z0-9]{6})<`)
	hearingNumber  = regexp.MustCompile(`H-\d{4}-\d{6}`)
)

// announced is the form of a hearing with one session in so many days.
func announced(body string, days, places int) url.Values {
	day := cityDay(0, 0, days)
	return url.Values{
		"body": {body}, "kind": {"budget_draft"}, "title_ky": {"Бюджет"}, "title_en": {"The draft budget"}, "materials": {"Draft | https://example.org/draft.pdf"},
		"place_0": {"Chuy 166"}, "begins_0": {day + "T15:00"}, "ends_0": {day + "T17:00"}, "capacity_0": {strconv.Itoa(places)},
	}
}

func TestAHearingIsAnnouncedHeldAndAnswered(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		clerk, foreign, dispatcher, moderator := demoPerson(t, s, "1003"), demoPerson(t, s, "1006"), demoPerson(t, s, "1001"), demoPerson(t, s, "1002")
		one, two := demoPerson(t, s, "2000"), demoPerson(t, s, "2001")
		gorsvet := bodyNamed(t, a, "gorsvet")

		// Too late is refused, and marked when it has to be.
		one.do(403, http.MethodGet, "/staff/hearings", nil)
		foreign.do(403, http.MethodPost, "/staff/hearings", announced(gorsvet, 30, 2))
		late := announced(gorsvet, 5, 2)
		if page, _ := clerk.do(422, http.MethodPost, "/staff/hearings", late); !strings.Contains(page, "The term is 14 days and 5 are left") || !strings.Contains(page, "The draft budget") {
			t.Error("a late notice is not refused with its reason")
		}
		late.Set("late", "1")
		_, marked := clerk.do(200, http.MethodPost, "/staff/hearings", late)
		if page, _ := visit(t, s).do(200, http.MethodGet, strings.TrimPrefix(marked, "/staff"), nil); !strings.Contains(page, "Announced late") {
			t.Error("a late notice is not marked for everybody")
		}
		// Its files are checked before anything is announced, and kept when something else is wrong.
		form := announced(gorsvet, 20, 2)
		if page, _ := clerk.upload(422, "/staff/hearings", "files", form, map[string]string{"draft.pdf": "no PDF"}); !strings.Contains(page, "draft.pdf") {
			t.Error("a file that is none is not told")
		}
		form.Del("title_ky")
		form.Del("title_en")
		again, _ := clerk.upload(422, "/staff/hearings", "files", form, map[string]string{"draft.pdf": "%PDF-1.4 the draft"})
		form = announced(gorsvet, 20, 2)
		form.Set("kept_file", html.UnescapeString(regexp.MustCompile(`name="kept_file" value="([^"]+)"`).FindStringSubmatch(again)[1]))
		_, desk := clerk.upload(200, "/staff/hearings", "files", form, nil)
		at := strings.TrimPrefix(desk, "/staff")
		clerk.upload(422, desk, "files", url.Values{"do": {"files"}}, nil)
		foreign.upload(403, desk, "files", url.Values{"do": {"files"}}, map[string]string{"agenda.txt": "1. Lamps"})
		clerk.upload(200, desk, "files", url.Values{"do": {"files"}}, map[string]string{"agenda.txt": "1. Lamps"})
		shown, _ := visit(t, s).do(200, http.MethodGet, at, nil)
		papers := regexp.MustCompile(`/hearings/papers/\d+/\d+`).FindAllString(shown, -1)
		if len(papers) != 2 {
			t.Fatalf("the page of the hearing has the files %v", papers)
		}
		for i, want := range []string{"%PDF-1.4 the draft", "1. Lamps"} {
			if text, _ := visit(t, s).do(200, http.MethodGet, papers[i], nil); text != want {
				t.Errorf("%s reads %q", papers[i], text)
			}
		}
		visit(t, s).do(404, http.MethodGet, "/hearings/papers"+strings.TrimPrefix(at, "/hearings")+"/1", nil)
		page, _ := one.do(200, http.MethodGet, at, nil)
		if strings.Contains(page, "Announced late") || !strings.Contains(page, "https://example.org/draft.pdf") {
			t.Error("the page of the hearing lacks its materials, or calls it late")
		}
		door := hearingSession.FindString(page)
		session := strings.TrimPrefix(door, "/hearings/sessions/")

		// Sign-up, by web and by telephone, until it is full.
		visit(t, s).do(401, http.MethodPost, at, url.Values{"do": {"sign"}, "session": {session}})
		_, mine := one.do(200, http.MethodPost, at, url.Values{"do": {"sign"}, "session": {session}, "sex": {"women"}})
		one.do(422, http.MethodPost, at, url.Values{"do": {"sign"}, "session": {session}})
		caller := url.Values{"do": {"sign"}, "session": {session}, "phone": {"0555 77 88 99"}, "name": {"Асан " + secret}}
		clerk.do(403, http.MethodPost, desk, caller)
		dispatcher.do(200, http.MethodPost, desk, caller)
		if page, _ := two.do(422, http.MethodPost, at, url.Values{"do": {"sign"}, "session": {session}}); !strings.Contains(page, "The last place was taken") {
			t.Error("a full session is not refused")
		}
		for _, b := range []*browser{two, foreign, visit(t, s)} {
			b.do(404, http.MethodGet, mine, nil)
		}
		foreign.do(404, http.MethodGet, "/staff"+door, nil)
		if page, _ := one.do(200, http.MethodGet, "/account", nil); !strings.Contains(page, mine) {
			t.Error("the account does not show the hearing")
		}
		if text, _ := visit(t, s).do(200, http.MethodGet, door+"/session.ics", nil); !strings.Contains(text, "BEGIN:VEVENT") {
			t.Error("there is no calendar file")
		}
		ticket, _ := one.do(200, http.MethodGet, mine, nil)
		code := hearingCode.FindStringSubmatch(ticket)
		if code == nil {
			t.Fatal("the visit shows no code")
		}

		// Questions wait for a moderator.
		ask := func(b *browser, text string) {
			t.Helper()
			b.do(200, http.MethodPost, at, url.Values{"do": {"ask"}, "question": {text}})
		}
		if page, _ := one.do(422, http.MethodPost, at, url.Values{"do": {"ask"}, "question": {"Why"}}); !strings.Contains(page, ">Why<") {
			t.Error("what was typed is lost")
		}
		ask(one, "How much goes to the lamps of our yard?")
		ask(two, "What is spent on lamps in our yard?")
		if page, _ := visit(t, s).do(200, http.MethodGet, at, nil); strings.Contains(page, "lamps") {
			t.Error("a question is public before a moderator has let it through")
		}
		held, _ := moderator.do(200, http.MethodGet, desk, nil)
		first, second := numberBefore(t, held, "How much goes"), numberBefore(t, held, "What is spent")
		clerk.do(403, http.MethodPost, desk, url.Values{"do": {"show"}, "number": {first}})
		moderator.do(200, http.MethodPost, desk, url.Values{"do": {"show"}, "number": {first}})
		moderator.do(200, http.MethodPost, desk, url.Values{"do": {"show"}, "number": {second}})
		if page, _ := clerk.do(200, http.MethodGet, "/staff", nil); !strings.Contains(page, first) {
			t.Error("the question does not stand in the inbox")
		}
		if _, where := clerk.do(200, http.MethodGet, "/staff/hearings/questions/"+first, nil); !strings.HasPrefix(where, desk) {
			t.Errorf("the inbox leads to %s", where)
		}
		one.do(403, http.MethodGet, "/staff/hearings/questions/"+first, nil)
		clerk.do(422, http.MethodPost, desk, url.Values{"do": {"join"}, "number": {second}, "into": {"H-2001-000001"}})
		clerk.do(200, http.MethodPost, desk, url.Values{"do": {"join"}, "number": {second}, "into": {first}})
		if page, _ := visit(t, s).do(200, http.MethodGet, at, nil); !strings.Contains(page, "How much goes") || strings.Contains(page, "What is spent") || !strings.Contains(page, "supported by 1") {
			t.Error("joined questions do not count as one with support")
		}

		// A session is moved, and who signed up is told; another is called off.
		moved := func(days int) url.Values {
			day := a.Clock.Now().In(mustCity(t, a).Zone).AddDate(0, 0, days).Format("2006-01-02")
			return url.Values{"do": {"move"}, "place_0": {"Chuy 207"}, "begins_0": {day + "T16:00"}, "ends_0": {day + "T18:00"}}
		}
		foreign.do(403, http.MethodPost, "/staff"+door, moved(20))
		if page, _ := clerk.do(422, http.MethodPost, "/staff"+door, moved(-1)); !strings.Contains(page, "Chuy 207") {
			t.Error("a move into the past loses what was typed")
		}
		if page, _ := clerk.do(422, http.MethodPost, "/staff"+door, moved(3)); !strings.Contains(page, "the rule asks for 14") {
			t.Error("a session may be moved to before its notice was long enough")
		}
		clerk.do(200, http.MethodPost, "/staff"+door, moved(20))
		clerk.do(422, http.MethodPost, "/staff"+door, url.Values{"do": {"off"}})
		deliver(t, a)
		if page, _ := one.do(200, http.MethodGet, "/account/notices", nil); strings.Count(page, "Chuy 207") != 1 {
			t.Error("who signed up is not told once of the new place")
		}
		_, extra := clerk.do(200, http.MethodPost, "/staff/hearings", announced(bodyNamed(t, a, "gorsvet"), 20, 5))
		page, _ = clerk.do(200, http.MethodGet, strings.TrimPrefix(extra, "/staff"), nil)
		off := hearingSession.FindString(page)
		sign := url.Values{"do": {"sign"}, "session": {strings.TrimPrefix(off, "/hearings/sessions/")}}
		one.do(200, http.MethodPost, strings.TrimPrefix(extra, "/staff"), sign)
		clerk.do(200, http.MethodPost, "/staff"+off, url.Values{"do": {"off"}, "reason": {"No heating in the hall"}})
		clerk.do(409, http.MethodPost, "/staff"+off, url.Values{"do": {"off"}, "reason": {"No heating in the hall"}})
		two.do(422, http.MethodPost, strings.TrimPrefix(extra, "/staff"), sign)
		if page, _ := visit(t, s).do(200, http.MethodGet, off, nil); !strings.Contains(page, "No heating in the hall") {
			t.Error("nobody sees why the session is called off")
		}

		// Nobody is checked in before the day.
		clerk.do(422, http.MethodPost, "/staff"+door, url.Values{"do": {"came"}, "code": {code[1]}})
		clerk.do(422, http.MethodPost, desk, url.Values{"do": {"minutes"}, "minutes": {"All was said and heard."}})
		a.Hearings.Clock = after{a.Hearings.Clock, 21 * 24 * time.Hour}
		clerk.do(422, http.MethodPost, "/staff"+door, url.Values{"do": {"came"}, "code": {"ZZZZZZ"}})
		clerk.do(200, http.MethodPost, "/staff"+door, url.Values{"do": {"came"}, "code": {strings.ToLower(code[1])}})
		clerk.do(422, http.MethodPost, "/staff"+door, url.Values{"do": {"came"}, "code": {code[1]}})
		clerk.do(200, http.MethodPost, "/staff"+door, url.Values{"do": {"walk"}, "women": {"3"}, "men": {"4"}, "unsaid": {"1"}})
		visit(t, s).do(422, http.MethodPost, at, url.Values{"do": {"ask"}, "question": {"Who mends the bench?"}, "code": {"ZZZZZZ"}})
		visit(t, s).do(200, http.MethodPost, at, url.Values{"do": {"ask"}, "question": {"Who mends the bench?"}, "code": {code[1]}})
		data, _ := visit(t, s).do(200, http.MethodGet, "/data/hearings.csv", nil)
		if !strings.Contains(data, ",9,4,4,1,") || strings.Contains(data, secret) {
			t.Errorf("the open data do not count 9 people, 4 of them women, without names:\n%s", data)
		}

		// An answer that is owed is shown to everybody; then it is given.
		if n, err := overdueOn(visit(t, s), "/hearings"); err != nil || n {
			t.Error("an answer is overdue before its term")
		}
		a.Hearings.Clock = after{a.Hearings.Clock, 40 * 24 * time.Hour}
		foreign.do(404, http.MethodGet, desk, nil)
		clerk.do(422, http.MethodPost, desk, url.Values{"do": {"answer"}, "number": {first}, "note": {"Two million"}, "line_link": {"https://example.org"}})
		list, err := a.Hearings.List(t.Context(), mustCity(t, a))
		if err != nil {
			t.Fatal(err)
		}
		owed := false
		for _, w := range list {
			owed = owed || strings.HasSuffix(at, strconv.FormatInt(w.ID, 10)) && w.Overdue == 1
		}
		if !owed {
			t.Error("the overdue answer is not counted")
		}
		clerk.do(200, http.MethodPost, desk, url.Values{"do": {"answer"}, "number": {first}, "note": {"Two million som"}, "change": {"Raised"}, "line": {"Street lamps"}, "line_link": {"/budget"}})
		clerk.do(200, http.MethodPost, desk, url.Values{"do": {"room"}, "what": {"proposal"}, "question": {"More benches, please"}})
		listed, _ := clerk.do(200, http.MethodGet, desk, nil)
		proposal := numberBefore(t, listed, "More benches")
		clerk.do(422, http.MethodPost, desk, url.Values{"do": {"answer"}, "number": {proposal}, "note": {"Ten of them"}})
		clerk.do(422, http.MethodPost, desk, url.Values{"do": {"answer"}, "number": {proposal}, "note": {""}, "decision": {"partly"}})
		clerk.do(200, http.MethodPost, desk, url.Values{"do": {"answer"}, "number": {proposal}, "note": {"Ten of them"}, "decision": {"partly"}})
		foreign.do(403, http.MethodPost, desk, url.Values{"do": {"minutes"}, "minutes": {"All was said and heard."}})
		clerk.do(200, http.MethodPost, desk, url.Values{"do": {"minutes"}, "minutes": {"All was said and heard."}})
		clerk.do(409, http.MethodPost, desk, url.Values{"do": {"minutes"}, "minutes": {"All was said otherwise."}})
		page, _ = visit(t, s).do(200, http.MethodGet, at, nil)
		for _, want := range []string{"Two million som", "Street lamps", "Raised", "More benches", "Ten of them", "Partly accepted", "All was said and heard."} {
			if !strings.Contains(page, want) {
				t.Errorf("the hearing does not say %q", want)
			}
		}
		deliver(t, a)
		for name, b := range map[string]*browser{"who signed up and asked": one, "who asked what was joined": two} {
			page, _ := b.do(200, http.MethodGet, "/account/notices", nil)
			if strings.Count(page, "The minutes of the hearing are out") != 1 || strings.Count(page, "A question for a hearing is answered") != 1 {
				t.Errorf("%s is not told exactly once", name)
			}
		}
	})
}

// numberBefore is the number of the question that is nearest behind a text.
func numberBefore(t *testing.T, page, text string) string {
	t.Helper()
	i := strings.Index(page, text)
	if i < 0 {
		t.Fatalf("the desk does not show %q", text)
	}
	return hearingNumber.FindString(page[i:])
}

func overdueOn(b *browser, path string) (bool, error) {
	page, _ := b.do(200, http.MethodGet, path, nil)
	return regexp.MatchString(`The draft budget</strong></a>[^<]*<strong[^>]*>[^<]*overdue`, page)
}

func TestTheLastPlaceOfAHearingIsOnePersons(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		clerk := demoPerson(t, s, "1003")
		_, desk := clerk.do(200, http.MethodPost, "/staff/hearings", announced(bodyNamed(t, a, "gorsvet"), 20, 3))
		page, _ := clerk.do(200, http.MethodGet, strings.TrimPrefix(desk, "/staff"), nil)
		session, _ := strconv.ParseInt(hearingSession.FindStringSubmatch(page)[1], 10, 64)
		id, _ := strconv.ParseInt(strings.TrimPrefix(desk, "/staff/hearings/"), 10, 64)
		c := mustCity(t, a)
		var all sync.WaitGroup
		var mu sync.Mutex
		won, winner := 0, 0
		for i := range 16 {
			all.Go(func() {
				me := permission.Actor{City: c.ID, Person: int64(2000 + i)}
				if _, err := a.Hearings.SignUp(t.Context(), c, me, id, hearing.Wish{Sessions: []int64{session}, Lang: "ky"}); err == nil {
					mu.Lock()
					won, winner = won+1, 2000+i
					mu.Unlock()
				}
			})
		}
		all.Wait()
		if won != 3 {
			t.Errorf("%d persons have 3 places", won)
		}

		// Everybody is reminded once of the day ahead, and again when it is another one.
		one := demoPerson(t, s, strconv.Itoa(winner))
		later := clock.At(time.Now())
		a.Hearings.Clock = later
		reminded := func(want int) {
			t.Helper()
			for range 2 {
				if err := a.Hearings.Remind(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			deliver(t, a)
			if page, _ := one.do(200, http.MethodGet, "/account/notices", nil); strings.Count(page, "A reminder of your hearing") != want {
				t.Errorf("on %s the person was reminded %d times, want %d", later.Now(), strings.Count(page, "A reminder of your hearing"), want)
			}
		}
		eve := func(days int) time.Time {
			at, _ := time.ParseInLocation("2006-01-02T15", cityDay(0, 0, days-1)+"T18", bishkek)
			return at
		}
		reminded(0)
		later.Set(eve(20))
		reminded(1)
		day := cityDay(0, 0, 40)
		clerk.do(200, http.MethodPost, "/staff/hearings/sessions/"+strconv.FormatInt(session, 10), url.Values{"do": {"move"}, "place_0": {"Chuy 207"}, "begins_0": {day + "T16:00"}, "ends_0": {day + "T18:00"}})
		reminded(1)
		later.Set(eve(40))
		reminded(2)
	})
}

func mustCity(t *testing.T, a *app.App) *city.City {
	t.Helper()
	c, err := a.CityNamed("")
	if err != nil {
		t.Fatal(err)
	}
	return c
}
