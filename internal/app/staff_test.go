package app_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/ashar-kg/ashar/internal/app"
	"github.com/ashar-kg/ashar/internal/platform/db"
)

// team are the people of a test of the desk: residents, a clerk of the street
// lighting, the dispatcher and the moderator.
type team struct {
	*testing.T
	residents  [3]*browser
	clerk      *browser
	dispatcher *browser
	moderator  *browser
	stranger   *browser
}

func gather(t *testing.T, s *httptest.Server) *team {
	t.Helper()
	be := func(person string) *browser {
		b := visit(t, s)
		b.do(200, http.MethodPost, "/demo", url.Values{"person": {person}, "back": {"/account"}})
		return b
	}
	return &team{
		T: t, residents: [3]*browser{be("2000"), be("2001"), be("2002")}, clerk: be("1003"), dispatcher: be("1001"), moderator: be("1002"), stranger: visit(t, s),
	}
}

// dark reports a dark lamp and returns its number.
func (m *team) dark(by *browser, words string, photos ...string) string {
	m.Helper()
	var made struct{ Number string }
	by.ask(201, http.MethodPost, "/api/v1/reports", "", object{
		"category": "street-light", "lat": 42.8746, "lon": 74.6036, "text": words, "answers": object{"fault": []string{"out"}}, "photos": photos,
	}, &made)
	return made.Number
}

// do is one step at the desk through its page.
func (m *team) do(want int, by *browser, number, what string, more ...string) string {
	m.Helper()
	form := url.Values{"do": {what}}
	for i := 0; i+1 < len(more); i += 2 {
		form.Add(more[i], more[i+1])
	}
	page, _ := by.do(want, http.MethodPost, "/staff/reports/"+number, form)
	return page
}

type seenReport struct {
	State, Body, Category, Author string
	Merged                        string `json:"merged_into"`
	Timeline                      []struct{ Kind, Title, Note, Actor string }
	Photos                        []struct{ Full string }
}

func (m *team) see(by *browser, number string) (r seenReport) {
	m.Helper()
	by.ask(200, http.MethodGet, "/api/v1/reports/"+number, "", nil, &r)
	return r
}

func TestTheDeskRoutesMergesAndCorrects(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		m := gather(t, s)
		first, second, third := m.dark(m.residents[0], "The lamp at the stop is dark"), m.dark(m.residents[1], "Same lamp, dark again"), m.dark(m.residents[2], "A hole beside the lamp")

		// A duplicate goes into the other, and its author hears of that one's end.
		m.do(422, m.clerk, second, "merge", "into", "2001-000001")
		m.do(422, m.clerk, second, "merge", "into", second)
		m.do(200, m.clerk, second, "merge", "into", first)
		if got := m.see(m.stranger, second); got.Merged != first || got.State != "duplicate" {
			t.Errorf("the merged report is %+v", got)
		}
		m.do(200, m.clerk, first, "answer", "to", "in_work")
		m.do(200, m.clerk, first, "answer", "to", "fixed", "note", "A new lamp is in.")
		deliver(t, a)
		if inbox, _ := m.residents[1].do(200, http.MethodGet, "/account/notices", nil); !strings.Contains(inbox, "A new lamp is in.") {
			t.Error("who reported the same was not told that it is mended")
		}

		// The category is corrected with a trace, and the body follows.
		m.do(422, m.clerk, third, "category", "category", "no-such")
		m.do(200, m.dispatcher, third, "category", "category", "pothole", "route", "1", "note", "It is the road")
		got := m.see(m.stranger, third)
		if got.Category != "pothole" || got.Body == "gorsvet" {
			t.Errorf("the corrected report is %+v", got)
		}
		trace := got.Timeline[len(got.Timeline)-1]
		if trace.Kind != "category" || trace.Title == "" {
			t.Errorf("the trace is %+v", trace)
		}
		m.clerk.do(403, http.MethodGet, "/staff/reports/"+third, nil)

		// A body hands over to another; a note stays inside.
		fourth := m.dark(m.residents[0], "Dark near the canal")
		m.do(200, m.clerk, fourth, "note", "note", "The pole belongs to the water works")
		m.clerk.ask(204, http.MethodPost, "/api/v1/staff/reports/"+fourth+"/transfers", "", object{"body": "vodokanal", "note": "Their pole"}, nil)
		if got := m.see(m.stranger, fourth); got.Body != "vodokanal" || strings.Contains(text(t, got.Timeline), "water works") {
			t.Errorf("the transferred report is %+v", got)
		}
		m.clerk.do(403, http.MethodGet, "/staff/reports/"+fourth, nil)
		m.dispatcher.do(200, http.MethodGet, "/staff/reports/"+fourth, nil)

		// Many at once; what cannot be done is counted.
		fifth, sixth := m.dark(m.residents[0], "Dark one"), m.dark(m.residents[0], "Dark two")
		_, at := m.clerk.do(200, http.MethodPost, "/staff/bulk", url.Values{"do": {"in_work"}, "number": {"report:" + fifth, "report:" + sixth, "report:" + fourth}, "back": {"/staff"}})
		if at != "/staff" || m.see(m.stranger, fifth).State != "in_work" || m.see(m.stranger, sixth).State != "in_work" || m.see(m.stranger, fourth).State != "waiting" {
			t.Error("two of three should be in work")
		}

		// On the street the nearest of one's own body come first, whoever else has nearer ones.
		for range 35 {
			m.residents[0].ask(201, http.MethodPost, "/api/v1/reports", "", object{
				"category": "pothole", "lat": 42.8746, "lon": 74.6036, "text": "A hole right here", "answers": object{"size": []string{"small"}, "place": []string{"road"}},
			}, nil)
		}
		street, _ := m.clerk.do(200, http.MethodGet, "/staff/near?lat=42.8746&lon=74.6036", nil)
		if !strings.Contains(street, fifth) || strings.Contains(street, "A hole right here") {
			t.Error("the inspector of the lamps is not shown the lamps")
		}

		// The shift hands over, a view is kept.
		m.clerk.do(200, http.MethodPost, "/staff/handover", url.Values{"note": {"The ladder is at the workshop"}})
		m.clerk.do(200, http.MethodPost, "/staff/views", url.Values{"name": {"Late lamps"}, "query": {"view=late&category=street-light"}})
		desk, _ := m.clerk.do(200, http.MethodGet, "/staff", nil)
		if !strings.Contains(desk, "The ladder is at the workshop") || !strings.Contains(desk, "Late lamps") {
			t.Error("the desk shows neither the note of the shift nor the view")
		}
		m.clerk.do(422, http.MethodPost, "/staff/views", url.Values{"name": {""}, "query": {"view=late"}})
		m.residents[0].do(403, http.MethodPost, "/staff/handover", url.Values{"note": {"Hello"}})
		m.residents[0].do(403, http.MethodPost, "/staff/reports/"+fifth, url.Values{"do": {"answer"}, "to": {"fixed"}, "note": {"x"}})
	})
}

func TestModeratorsKeepThePublicPagesClean(t *testing.T) {
	both(t, func(t *testing.T, _ *app.App, s *httptest.Server) {
		m := gather(t, s)
		var photo struct{ Token string }
		m.residents[0].ask(200, http.MethodPost, "/api/v1/photos", "", drawn(t), &photo)
		number := m.dark(m.residents[0], "A dark lamp and a face", photo.Token)
		at := "/api/v1/reports/" + number

		// Private, hidden with a reason, public again.
		m.do(422, m.moderator, number, "visibility", "visibility", "hidden")
		m.do(200, m.moderator, number, "visibility", "visibility", "private")
		m.stranger.ask(404, http.MethodGet, at, "", nil, nil)
		m.residents[0].ask(200, http.MethodGet, at, "", nil, nil)
		if _, found := m.clerk.do(200, http.MethodGet, "/staff?q="+number, nil); found != "/staff/reports/"+number {
			t.Errorf("the number of a private report leads the clerk to %s", found)
		}
		m.do(200, m.moderator, number, "visibility", "visibility", "hidden", "reason", "faces")
		m.stranger.ask(410, http.MethodGet, at, "", nil, nil)
		m.do(200, m.moderator, number, "visibility", "visibility", "public")
		m.do(403, m.residents[1], number, "visibility", "visibility", "private")

		// A face is blurred: the old picture is gone for everybody.
		before := m.see(m.stranger, number).Photos[0].Full
		page, _ := m.moderator.do(200, http.MethodGet, "/staff/reports/"+number, nil)
		link := "/staff/reports/" + number + "/photos/"
		_, rest, ok := strings.Cut(page, link)
		if !ok {
			t.Fatal("the desk leads to no photo")
		}
		id := rest[:strings.IndexAny(rest, `"'?`)]
		m.clerk.do(403, http.MethodPost, link+id, url.Values{"rect": {"10,10,50,50"}})
		m.moderator.do(200, http.MethodPost, link+id, url.Values{"rect": {"10,10,200,120"}})
		after := m.see(m.stranger, number).Photos[0].Full
		key := func(address string) string { return address[strings.LastIndex(address, "/"):] }
		if after == before {
			t.Error("the photo is as it was")
		}
		m.stranger.do(200, http.MethodGet, "/photos"+key(after), nil)
		m.stranger.do(404, http.MethodGet, "/photos"+key(before), nil)

		// Words with many links wait; the moderator shows them.
		var held struct{ Held bool }
		m.residents[1].ask(200, http.MethodPost, at+"/comments", "", object{"text": "Buy http://a.example http://b.example http://c.example http://d.example"}, &held)
		if !held.Held || strings.Contains(text(t, m.see(m.stranger, number).Timeline), "Buy") {
			t.Error("spam is seen at once")
		}
		todo, _ := m.moderator.do(200, http.MethodGet, "/staff/moderation", nil)
		_, rest, ok = strings.Cut(todo, `name="event" value="`)
		if !ok {
			t.Fatal("nothing waits for the moderator")
		}
		event := rest[:strings.IndexByte(rest, '"')]
		m.residents[1].do(403, http.MethodPost, "/staff/moderation", url.Values{"number": {number}, "event": {event}, "do": {"show"}})
		m.moderator.do(200, http.MethodPost, "/staff/moderation", url.Values{"number": {number}, "event": {event}, "do": {"show"}})
		if !strings.Contains(text(t, m.see(m.stranger, number).Timeline), "Buy") {
			t.Error("what the moderator showed is not seen")
		}

		// Three people flag the report: it waits until somebody has looked.
		for _, r := range m.residents {
			r.ask(204, http.MethodPost, at+"/flags", "", object{"reason": "insult"}, nil)
		}
		m.stranger.ask(404, http.MethodGet, at, "", nil, nil)
		m.do(200, m.moderator, number, "visibility", "visibility", "public")
		m.stranger.ask(200, http.MethodGet, at, "", nil, nil)

		// Who was banned cannot write; others can.
		m.do(422, m.moderator, number, "ban")
		m.do(200, m.moderator, number, "ban", "reason", "ban-spam", "days", "7")
		m.residents[0].ask(403, http.MethodPost, at+"/comments", "", object{"text": "But why"}, nil)
		m.residents[1].ask(200, http.MethodPost, at+"/comments", "", object{"text": "Still dark"}, nil)
	})
}

func TestTheAuthorIsAskedSomeDaysAfterTheRepair(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		m := gather(t, s)
		quiet, judged := m.dark(m.residents[0], "Dark and mended"), m.dark(m.residents[1], "Dark, mended and judged")
		for _, number := range []string{quiet, judged} {
			m.do(200, m.clerk, number, "answer", "to", "in_work")
			m.do(200, m.clerk, number, "answer", "to", "fixed", "note", "A new lamp is in.")
		}
		m.residents[1].ask(204, http.MethodPut, "/api/v1/reports/"+judged+"/judgement", "", object{"verdict": "fixed", "stars": 4}, nil)
		deliver(t, a)
		asked := func(by *browser) int {
			page, _ := by.do(200, http.MethodGet, "/account/notices", nil)
			return strings.Count(page, "is it really fixed?")
		}
		if asked(m.residents[0]) != 0 {
			t.Error("the author is asked at once")
		}
		for range 2 { // the days pass; a job that runs again asks no more
			if err := a.DB.Update(t.Context(), func(tx *db.Tx) error {
				_, err := tx.Exec("test.days", `UPDATE job SET run_at = 0 WHERE kind = 'report.ask'`)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			deliver(t, a)
		}
		if asked(m.residents[0]) != 1 || asked(m.residents[1]) != 0 {
			t.Errorf("who has not judged was asked %d times, who has %d", asked(m.residents[0]), asked(m.residents[1]))
		}
	})
}

func TestWhatIsNotReallyFixedIsOpenAgain(t *testing.T) {
	both(t, func(t *testing.T, _ *app.App, s *httptest.Server) {
		m := gather(t, s)
		number := m.dark(m.residents[0], "Dark, they say it is mended")
		m.do(200, m.clerk, number, "answer", "to", "in_work")
		// The button pressed twice closes once and says nothing is wrong.
		for range 2 {
			m.do(200, m.clerk, number, "answer", "to", "fixed", "note", "A new lamp is in.", "idempotency_key", "pressed-twice")
		}
		m.do(422, m.clerk, number, "answer", "to", "fixed", "note", "A new lamp is in.", "idempotency_key", "another")
		at := "/api/v1/reports/" + number + "/judgement"
		verdict := object{"verdict": "not_fixed", "stars": 1, "text": "It went out again at night"}
		m.residents[1].ask(403, http.MethodPut, at, "", verdict, nil)
		m.residents[0].ask(422, http.MethodPut, at, "", object{"verdict": "not_fixed", "stars": 0}, nil)
		m.residents[0].ask(204, http.MethodPut, at, "judged", verdict, nil)
		m.residents[0].ask(200, http.MethodPut, at, "judged", verdict, nil) // led to the report, nothing is added
		got := m.see(m.stranger, number)
		kinds := map[string]int{}
		for _, e := range got.Timeline {
			kinds[e.Kind]++
		}
		if got.State != "waiting" || kinds["rated"] != 1 || kinds["reopened"] != 1 || strings.Count(text(t, got.Timeline), "It went out again at night") != 1 {
			t.Errorf("the report is %s with %v", got.State, kinds)
		}
	})
}

// answerBy is what the prepared answer "received" says in English.
var answerBy = regexp.MustCompile(`You will have an answer by \d{1,2} (January|February|March|April|May|June|July|August|September|October|November|December) 20\d\d\.`)

func TestAPreparedAnswerSpeaksTheLanguageOfTheReport(t *testing.T) {
	both(t, func(t *testing.T, _ *app.App, s *httptest.Server) {
		m := gather(t, s)
		number := m.dark(m.residents[0], "The lamp at the school is dark")
		m.clerk.do(200, http.MethodGet, "/language/ky?back=/staff", nil)
		desk, _ := m.clerk.do(200, http.MethodGet, "/staff/reports/"+number, nil)
		if !strings.Contains(desk, `<html lang="ky"`) || !answerBy.MatchString(desk) {
			t.Error("the Kyrgyz clerk of an English report is not offered an answer with an English date")
		}
		text := func(page string) string {
			_, after, _ := strings.Cut(page, `<textarea class="govuk-textarea" id="note"`)
			before, _, _ := strings.Cut(after, "</textarea>")
			return before
		}
		if answerBy.MatchString(text(desk)) {
			t.Error("an answer is written before it was chosen")
		}
		// Without a script the server puts it into the text, and keeps what was chosen.
		desk = m.do(200, m.clerk, number, "fill", "template", "received", "to", "in_work", "reason", "no-funds")
		if !answerBy.MatchString(text(desk)) || !strings.Contains(desk, `<option value="no-funds" selected>`) {
			t.Error("the chosen answer is not in the text, or the reason is lost")
		}
		m.do(403, m.residents[0], number, "fill", "template", "received")
	})
}

func TestTheDeskSaysWhatIsMissing(t *testing.T) {
	both(t, func(t *testing.T, _ *app.App, s *httptest.Server) {
		m := gather(t, s)
		number := m.dark(m.residents[0], "The lamp at the market is dark")
		for what, want := range map[string]string{
			"answer": `<a href="#to">Choose the new state</a>`,
			"note":   `<a href="#note">Internal note: `,
			"assign": `<a href="#person">To whom: `,
		} {
			if page := m.do(422, m.clerk, number, what, "person", "999"); !strings.Contains(page, want) {
				t.Errorf("%s without what it needs does not say %s", what, want)
			}
		}
	})
}

func TestAReportDoesNotRepeatItself(t *testing.T) {
	both(t, func(t *testing.T, _ *app.App, s *httptest.Server) {
		m := gather(t, s)
		short, long := m.dark(m.residents[0], "Dark at the bridge"), m.dark(m.residents[1], "Dark at the bridge, second pole\nChildren walk here at night")
		m.do(200, m.clerk, short, "answer", "to", "not_fixed", "reason", "no-funds", "note", "There is no money for it this year.")
		body := func(number string) string {
			page, _ := m.stranger.do(200, http.MethodGet, "/reports/"+number, nil)
			_, article, _ := strings.Cut(page, "<article")
			return article
		}
		if page := body(short); strings.Count(page, ">Dark at the bridge<") != 1 || strings.Count(page, "There is no money for it this year") != 2 {
			t.Error("the title or the reason stands twice") // the reason once among the facts, once in the timeline
		}
		if page := body(long); !strings.Contains(page, "Children walk here at night") {
			t.Error("a text that says more than the title is not shown")
		}
	})
}

func TestTheModeratorSeesWhatWasFlagged(t *testing.T) {
	both(t, func(t *testing.T, _ *app.App, s *httptest.Server) {
		m := gather(t, s)
		var photo struct{ Token string }
		m.residents[0].ask(200, http.MethodPost, "/api/v1/photos", "", drawn(t), &photo)
		number := m.dark(m.residents[0], "A lamp to be flagged", photo.Token)
		at := "/api/v1/reports/" + number
		m.residents[1].ask(200, http.MethodPost, at+"/comments", "", object{"text": "Words that somebody flags"}, nil)
		public, _ := m.stranger.do(200, http.MethodGet, "/reports/"+number, nil)
		entry := regexp.MustCompile(`name="event" value="([1-9]\d*)"`).FindStringSubmatch(public)
		if entry == nil {
			t.Fatal("the entry cannot be flagged")
		}
		m.residents[2].do(200, http.MethodPost, "/reports/"+number+"/flag", url.Values{"event": {entry[1]}, "reason": {"insult"}})
		todo, _ := m.moderator.do(200, http.MethodGet, "/staff/moderation", nil)
		if !strings.Contains(todo, "Words that somebody flags") || strings.Contains(todo, "/photos/") || !strings.Contains(todo, ">Keep</button>") {
			t.Error("the flagged words are not shown, or more than them")
		}
		m.residents[2].do(200, http.MethodPost, "/reports/"+number+"/flag", url.Values{"event": {"0"}, "reason": {"faces"}})
		todo, _ = m.moderator.do(200, http.MethodGet, "/staff/moderation", nil)
		if strings.Count(todo, "A lamp to be flagged") < 2 || !strings.Contains(todo, `src="/photos/`) {
			t.Error("neither text nor photo of the flagged report is shown")
		}
	})
}

func TestTheStaffFindsPrivateReportsByTheirWords(t *testing.T) {
	both(t, func(t *testing.T, _ *app.App, s *httptest.Server) {
		m := gather(t, s)
		number := m.dark(m.residents[0], "The Zebrafinch lamp is dark")
		m.do(200, m.moderator, number, "visibility", "visibility", "private")
		find := func(by *browser, path, words string) bool {
			page, _ := by.do(200, http.MethodGet, path+"?q="+url.QueryEscape(words), nil)
			return strings.Contains(page, "/reports/"+number)
		}
		for _, words := range []string{"zebrafinch", "Zebraf", "dark zebrafinch"} {
			if !find(m.clerk, "/staff", words) {
				t.Errorf("the clerk does not find a private report by %q", words)
			}
		}
		if find(m.clerk, "/staff", "zebrafinch sewer") {
			t.Error("a report is found by a word that it has not")
		}
		if find(m.stranger, "/reports", "zebrafinch") {
			t.Error("a private report is found by everybody")
		}
		m.clerk.ask(204, http.MethodPost, "/api/v1/staff/reports/"+number+"/transfers", "", object{"body": "vodokanal", "note": "Their pole"}, nil)
		if find(m.clerk, "/staff", "zebrafinch") {
			t.Error("a private report of another body is found")
		}
		said, _ := m.clerk.do(200, http.MethodGet, "/staff?q=zebrafinch", nil)
		if !strings.Contains(said, "Searched: the first 1,000 reports of this list") {
			t.Error("the page does not say what was searched")
		}
		mine, _ := m.clerk.do(200, http.MethodGet, "/staff?view=mine", nil)
		if !strings.Contains(mine, `href="/staff?view=unassigned"`) || !strings.Contains(mine, "See what nobody has taken") {
			t.Error("an empty list leads nowhere")
		}
	})
}

func TestWordsThatNobodyWroteFindNothing(t *testing.T) {
	both(t, func(t *testing.T, _ *app.App, s *httptest.Server) {
		for _, words := range []string{"qqqqqq", "zzzz", "жокжок"} {
			if page, _ := visit(t, s).do(200, http.MethodGet, "/reports?q="+url.QueryEscape(words), nil); strings.Contains(page, `class="card"`) {
				t.Errorf("%q finds reports", words)
			}
		}
	})
}
