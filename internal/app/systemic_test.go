package app_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ashar-kg/ashar/internal/app"
	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/features/report"
	"github.com/ashar-kg/ashar/internal/features/systemic"
	"github.com/ashar-kg/ashar/internal/platform/clock"
	"github.com/ashar-kg/ashar/internal/platform/db"
)

// later is the clock of somebody who comes some minutes after.
type later struct{ clock.Clock }

func (l later) Now() time.Time { return l.Clock.Now().Add(5 * time.Minute) }

var (
	issueNumber  = regexp.MustCompile(`S-\d{4}-\d{6}`)
	proposalLink = regexp.MustCompile(`/staff/systemic/proposals/(\d+)`)
	caseBox      = regexp.MustCompile(`name="cases" type="checkbox" value="(\d+)"`)
)

// floods are reports of one burst pipe in words of their own, in both languages.
var floods = []string{
	"Түтүк жарылып, көчөгө суу агып жатат", "Прорвало трубу, вода течёт по улице", "Суу түтүгү жарылды, жол суу болду",
	"Вода из лопнувшей трубы залила дорогу",
}

// cluster is the demo with reports and one private appeal about one thing, looked
// through once. The appeal has the secret in it.
type cluster struct {
	*team
	a        *app.App
	head     *browser
	reports  []string
	appeal   string
	proposal string
}

func gatherCluster(t *testing.T, a *app.App, s *httptest.Server) *cluster {
	t.Helper()
	c := &cluster{team: gather(t, s), a: a, head: visit(t, s)}
	c.head.do(200, http.MethodPost, "/demo", url.Values{"person": {"1004"}, "back": {"/account"}})
	for i, words := range floods {
		var made struct{ Number string }
		c.residents[i%2].ask(201, http.MethodPost, "/api/v1/reports", "", object{
			"category": "water", "lat": 42.8710, "lon": 74.5970 + float64(i)*0.0003, "text": words, "answers": object{"problem": []string{"burst"}},
		}, &made)
		c.reports = append(c.reports, made.Number)
	}
	form := appealForm("0")
	form.Set("text", secret+": түтүк жарылып, жол суу болду, вода течёт по улице из трубы, суу агып жатат.")
	_, at := c.residents[2].do(200, http.MethodPost, "/appeals/new", form)
	c.appeal = appealNumber.FindString(at)
	// An appeal has no place of its own; its author's address is one that the city knows.
	a.Systemic.Clock = later{a.Clock}
	c.find()
	return c
}

// declareIssue makes an issue of some reports of the demo and returns its number.
func declareIssue(t *testing.T, a *app.App) string {
	t.Helper()
	return declareIssueOf(t, a, 0)
}

// declareIssueOf declares one of three reports, after the newest ones that are skipped.
func declareIssueOf(t *testing.T, a *app.App, skip int) string {
	t.Helper()
	city, err := a.CityNamed("")
	if err != nil {
		t.Fatal(err)
	}
	d := systemic.Declaration{
		Lang: "ky", Lat: 42.87, Lon: 74.6, Words: systemic.Words{Titles: systemic.Texts{"ky": "Чуңкурлар"}, Texts: systemic.Texts{"ky": "Жол оңдолот."}},
	}
	if err := a.DB.View(t.Context(), func(tx *db.Tx) error {
		list, err := casework.Listed(tx, city.ID, casework.Filter{Kind: report.KindName, Limit: skip + 3})
		for _, f := range list.Files[skip:] {
			d.Body, d.Cases = f.Body, append(d.Cases, f.ID)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	actor := permission.Actor{City: city.ID, System: true}
	f, err := a.Systemic.Declare(t.Context(), city, actor, d)
	if err != nil {
		t.Fatal(err)
	}
	step := systemic.Step{Day: "2027-01-10", State: systemic.ToDo, Words: systemic.Texts{"ky": "Асфальт төшөө"}}
	if err := a.Systemic.Plan(t.Context(), city, actor, f.Number, []systemic.Step{step}); err != nil {
		t.Fatal(err)
	}
	return f.Number
}

func (c *cluster) find() {
	c.Helper()
	if err := c.a.Systemic.Find(c.Context()); err != nil {
		c.Fatal(err)
	}
}

// propose finds the proposal that holds a report, as the dispatcher sees it.
func (c *cluster) propose(number string) (page string, found bool) {
	c.Helper()
	list, _ := c.dispatcher.do(200, http.MethodGet, "/staff/systemic", nil)
	for _, m := range proposalLink.FindAllString(list, -1) {
		if page, _ = c.dispatcher.do(200, http.MethodGet, m, nil); strings.Contains(page, number) {
			c.proposal = m
			return page, true
		}
	}
	return "", false
}

func (c *cluster) boxes(page string) (out []string) {
	for _, m := range caseBox.FindAllStringSubmatch(page, -1) {
		out = append(out, m[1])
	}
	return out
}

func (c *cluster) declare(page string) string {
	c.Helper()
	form := url.Values{
		"do": {"declare"}, "cases": c.boxes(page), "body": {bodyNamed(c.T, c.a, "vodokanal")}, "idempotency_key": {"declared-once"},
		"title_ky": {"Түтүктөр жарылып жатат"}, "text_ky": {"Эски түтүктөр кышка чейин алмаштырылат."},
		"title_en": {"Pipes keep bursting"}, "text_en": {"Old pipes are replaced before winter."},
	}
	_, at := c.dispatcher.do(200, http.MethodPost, c.proposal, form)
	number := issueNumber.FindString(at)
	if number == "" {
		c.Fatalf("declaring led to %s", at)
	}
	if _, again := c.dispatcher.do(200, http.MethodPost, c.proposal, form); !strings.Contains(again, number) {
		c.Errorf("declaring twice led to %s", again)
	}
	return number
}

func (c *cluster) act(want int, by *browser, number, what string, more ...string) string {
	c.Helper()
	form := url.Values{"do": {what}}
	for i := 0; i+1 < len(more); i += 2 {
		form.Add(more[i], more[i+1])
	}
	page, _ := by.do(want, http.MethodPost, "/staff/systemic/"+number, form)
	return page
}

func TestManyCasesBecomeOneIssue(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		c := gatherCluster(t, a, s)
		page, ok := c.propose(c.reports[0])
		if !ok {
			t.Fatal("nothing is proposed")
		}
		for _, want := range append(c.reports, c.appeal, "pipe") {
			if !strings.Contains(page, want) {
				t.Errorf("the proposal does not show %s", want)
			}
		}
		if strings.Contains(page, secret) {
			t.Error("the proposal shows words of the appeal")
		}
		// A clerk of another body sees none of it; a resident has no such page.
		for _, b := range []*browser{c.clerk, c.head, c.residents[0]} {
			b.do(403, http.MethodGet, c.proposal, nil)
		}
		c.dispatcher.do(422, http.MethodPost, c.proposal, url.Values{"do": {"declare"}, "cases": c.boxes(page), "title_ky": {"Түтүк"}, "body": {bodyNamed(t, a, "vodokanal")}})
		c.dispatcher.do(422, http.MethodPost, c.proposal, url.Values{"do": {"dismiss"}})
		number := c.declare(page)

		page, _ = c.stranger.do(200, http.MethodGet, "/systemic/"+number, nil)
		for _, want := range append(c.reports, "Pipes keep bursting", "60 working days", "1 of them private", "not law") {
			if !strings.Contains(page, want) {
				t.Errorf("the page of the issue does not show %q", want)
			}
		}
		if page, _ := c.stranger.do(200, http.MethodGet, "/systemic", nil); !strings.Contains(page, number) || !strings.Contains(page, "5 cases") {
			t.Error("the list does not show the issue with its cases")
		}
		if page, _ := c.stranger.do(200, http.MethodGet, "/reports/"+c.reports[0], nil); !strings.Contains(page, "/systemic/"+number) {
			t.Error("a report does not lead to the issue")
		}
		if page, _ := c.residents[2].do(200, http.MethodGet, "/appeals/"+c.appeal, nil); !strings.Contains(page, "/systemic/"+number) {
			t.Error("the appeal does not lead its author to the issue")
		}
		c.plan(number)
		c.speaks(number)
		c.told(number)
		c.secretStays(number)
		c.ends(number)
	})
}

// plan writes the plan of an issue and changes it.
func (c *cluster) plan(number string) {
	c.Helper()
	c.act(403, c.clerk, number, "plan", "day_0", "2027-01-10", "step_0_en", "Replace", "state_0", "todo")
	c.act(422, c.dispatcher, number, "plan", "day_0", "soon", "step_0_en", "Replace", "state_0", "todo")
	c.act(422, c.dispatcher, number, "plan")
	c.act(200, c.dispatcher, number, "plan", "day_1", "2027-02-01", "step_1_en", "Test the new pipe", "state_1", "todo", "day_0", "2027-01-10", "step_0_en", "Replace the pipe", "step_0_ky", "Түтүктү алмаштыруу", "state_0", "doing")
	page, _ := c.stranger.do(200, http.MethodGet, "/systemic/"+number, nil)
	if first, second := strings.Index(page, "Replace the pipe"), strings.Index(page, "Test the new pipe"); first < 0 || second < first {
		c.Error("the page does not show the steps in their order")
	}
	c.act(422, c.dispatcher, number, "become", "became", "project", "address", "javascript:alert(1)")
	c.act(200, c.dispatcher, number, "become", "became", "commitment", "address", "/data/")
	var issue struct {
		State        string
		PrivateCases int `json:"private_cases"`
		Cases        []string
		Plan         []struct{ Day string }
		Became       struct{ Kind string }
	}
	c.stranger.ask(200, http.MethodGet, "/api/v1/systemic/"+number, "", nil, &issue)
	if issue.State != "planned" || issue.PrivateCases != 1 || len(issue.Cases) != len(c.reports) || len(issue.Plan) != 2 || issue.Became.Kind != "commitment" {
		c.Errorf("the API tells %+v", issue)
	}
}

// speaks looks for missing texts on the pages of the staff.
func (c *cluster) speaks(number string) {
	c.Helper()
	for _, path := range []string{"/staff/systemic", c.proposal, "/staff/systemic/" + number, "/systemic/" + number} {
		for _, lang := range []string{"ky", "ru", "en"} {
			page, _ := c.dispatcher.do(200, http.MethodGet, path+"?lang="+lang, nil)
			if i := strings.Index(page, "⟦"); i >= 0 {
				c.Errorf("%s in %s lacks a text: %.60s", path, lang, page[i:])
			}
		}
	}
}

// told checks that everybody heard of each step once, with two cases too.
func (c *cluster) told(number string) {
	c.Helper()
	deliver(c.T, c.a)
	for _, b := range c.residents {
		page, _ := b.do(200, http.MethodGet, "/account/notices", nil)
		for what, n := range map[string]int{"is part of shared problem № " + number: 1, "№ " + number + " has a plan": 1} {
			if got := strings.Count(page, what); got != n {
				c.Errorf("%q was told %d times, want %d", what, got, n)
			}
		}
	}
}

// secretStays checks that nothing of the appeal stands in public, nor where
// staff of another body reads.
func (c *cluster) secretStays(number string) {
	c.Helper()
	for _, path := range []string{
		"/", "/systemic", "/systemic/" + number, "/systemic?lang=ky", "/systemic/" + number + "?lang=ru", "/api/v1/systemic", "/api/v1/systemic/" + number,
		"/reports/" + c.reports[0], "/reports?q=түтүк+жарылып", "/data/reports.csv", "/reports.atom", "/tiles/reports/12/2897/1509.mvt", "/bodies/vodokanal",
	} {
		if page, _ := c.stranger.do(200, http.MethodGet, path, nil); strings.Contains(page, secret) || strings.Contains(page, c.appeal) {
			c.Errorf("%s tells of the appeal", path)
		}
	}
	for _, b := range []*browser{c.clerk, c.head, c.residents[0]} {
		if page, _ := b.do(200, http.MethodGet, "/systemic/"+number, nil); strings.Contains(page, secret) || strings.Contains(page, c.appeal) {
			c.Error("somebody who does not work on it reads of the appeal")
		}
		b.do(403, http.MethodGet, "/staff/systemic/"+number, nil)
	}
	if page, _ := c.clerk.do(200, http.MethodGet, "/staff/systemic", nil); strings.Contains(page, c.proposal) {
		c.Error("a clerk of another body has the proposal")
	}
	c.residents[0].do(403, http.MethodGet, "/staff/systemic", nil)
	if page, _ := c.dispatcher.do(200, http.MethodGet, "/staff/systemic/"+number, nil); strings.Contains(page, secret) || !strings.Contains(page, c.appeal) {
		c.Error("the dispatcher reads words of the appeal without a look, or does not find it")
	}
	if page, _ := c.dispatcher.do(200, http.MethodGet, "/demo/outbox", nil); strings.Contains(page, secret) {
		c.Error("a mail tells what the appeal says")
	}
}

// ends closes the issue and answers some of its cases.
func (c *cluster) ends(number string) {
	c.Helper()
	// A new report about the same waits for a word of the staff, and its author
	// is told when it is added.
	var made struct{ Number string }
	c.residents[2].ask(201, http.MethodPost, "/api/v1/reports", "", object{
		"category": "water", "lat": 42.8711, "lon": 74.5972, "text": "Дагы түтүк жарылып, суу агып жатат", "answers": object{"problem": []string{"burst"}},
	}, &made)
	c.find()
	page, _ := c.dispatcher.do(200, http.MethodGet, "/staff/systemic/"+number, nil)
	waiting := c.boxes(page)
	if len(waiting) != 1 || !strings.Contains(page, made.Number) {
		c.Fatalf("%d cases wait to be added", len(waiting))
	}
	c.act(200, c.dispatcher, number, "link", "cases", waiting[0])
	deliver(c.T, c.a)
	if page, _ := c.residents[2].do(200, http.MethodGet, "/account/notices", nil); strings.Count(page, "was added to shared problem № "+number) != 1 {
		c.Error("the author is not told once that the report was added")
	}
	c.act(403, c.clerk, number, "close", "to", "resolved", "note", "Done")
	c.act(422, c.dispatcher, number, "close", "to", "resolved")
	c.act(200, c.dispatcher, number, "close", "to", "resolved", "note", "The pipe is new.", "lang", "en")
	for _, n := range c.reports {
		if page, _ := c.stranger.do(200, http.MethodGet, "/reports/"+n, nil); strings.Contains(page, "The pipe is new.") {
			c.Errorf("closing the issue changed report %s", n)
		}
	}
	page, _ = c.dispatcher.do(200, http.MethodGet, "/staff/systemic/"+number, nil)
	options := regexp.MustCompile(`name="answered" type="checkbox" value="(\d+)"`).FindAllStringSubmatch(page, -1)
	if len(options) != len(c.reports)+2 {
		c.Fatalf("%d cases can be answered, want the reports and the appeal", len(options))
	}
	form := url.Values{"do": {"answer"}, "answer": {"The pipe was replaced."}, "lang": {"en"}, "idempotency_key": {"answered-once"}}
	for _, m := range options[1:] { // the newest is left open
		form.Add("answered", m[1])
	}
	for range 2 { // sent twice, done once
		if page, _ := c.dispatcher.do(200, http.MethodPost, "/staff/systemic/"+number, form); strings.Count(page, ": answered") != len(options)-1 {
			c.Errorf("the answers are told as %.1500s", page)
		}
	}
	for _, n := range c.reports {
		if page, _ := c.stranger.do(200, http.MethodGet, "/reports/"+n, nil); strings.Count(page, "The pipe was replaced.") != 1 {
			c.Errorf("report %s is not answered once", n)
		}
	}
	if page, _ := c.stranger.do(200, http.MethodGet, "/reports/"+made.Number, nil); strings.Contains(page, "The pipe was replaced.") {
		c.Error("a case that was not chosen is answered")
	}
	if page, _ := c.residents[2].do(200, http.MethodGet, "/appeals/"+c.appeal, nil); strings.Contains(page, "The pipe was replaced.") {
		c.Error("the draft of a letter that nobody has signed is shown to its author")
	}
}

func TestADismissedProposalComesBackWhenItHasGrown(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		c := gatherCluster(t, a, s)
		if _, ok := c.propose(c.reports[0]); !ok {
			t.Fatal("nothing is proposed")
		}
		c.dispatcher.do(200, http.MethodPost, c.proposal, url.Values{"do": {"dismiss"}, "reason": {"One pipe, mended today"}})
		c.dispatcher.do(409, http.MethodPost, c.proposal, url.Values{"do": {"dismiss"}, "reason": {"Once more"}})
		before := 0
		for i := range 4 {
			if _, ok := c.propose(c.reports[0]); ok {
				break
			}
			before = i + 1
			c.residents[i%3].ask(201, http.MethodPost, "/api/v1/reports", "", object{
				"category": "water", "lat": 42.8712, "lon": 74.5971, "text": "Суу түтүгү жарылып, суу агып жатат", "answers": object{"problem": []string{"burst"}},
			}, nil)
			c.find()
		}
		page, ok := c.propose(c.reports[0])
		if !ok || before != 3 { // five grow by half with the third
			t.Fatalf("it came back: %v, after %d more cases", ok, before)
		}
		if !strings.Contains(page, "One pipe, mended today") {
			t.Error("it does not say why it was put aside")
		}
	})
}

func TestACaseThatIsConfirmedLateIsFoundToo(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		c := gatherCluster(t, a, s)
		form := lamp()
		form.Set("category", "water")
		form.Set("lat", "42.8711")
		form.Set("lon", "74.5971")
		form.Set("text", "Суу түтүгү жарылып, көчөгө суу агып жатат")
		form.Del("q_fault")
		form.Set("q_problem", "burst")
		_, at := c.stranger.do(200, http.MethodPost, "/reports/new", form)
		if !strings.Contains(at, "/confirm/") {
			t.Fatalf("the report led to %s", at)
		}
		c.find()
		if page, ok := c.propose(c.reports[0]); !ok || len(c.boxes(page)) != 5 {
			t.Fatal("a report that nobody has confirmed is proposed")
		}
		deliver(t, a)
		outbox, _ := c.dispatcher.do(200, http.MethodGet, "/demo/outbox", nil)
		code := codePattern.FindStringSubmatch(outbox)
		if code == nil {
			t.Fatal("no code was sent")
		}
		c.stranger.do(200, http.MethodPost, at, url.Values{"code": {code[1]}})
		c.find()
		if page, _ := c.propose(c.reports[0]); len(c.boxes(page)) != 6 {
			t.Errorf("the proposal has %d cases after the report was confirmed, want 6", len(c.boxes(page)))
		}
	})
}

func TestAnIssueIsPutOffTakenUpAgainAndMerged(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		m := gather(t, s)
		number, other := declareIssue(t, a), declareIssueOf(t, a, 3)
		act := func(want int, by *browser, number, what string, more ...string) {
			t.Helper()
			form := url.Values{"do": {what}, "lang": {"en"}}
			for i := 0; i+1 < len(more); i += 2 {
				form.Add(more[i], more[i+1])
			}
			by.do(want, http.MethodPost, "/staff/systemic/"+number, form)
		}
		shows := func(number string, want ...string) {
			t.Helper()
			page, _ := m.stranger.do(200, http.MethodGet, "/systemic/"+number, nil)
			for _, w := range want {
				if !strings.Contains(page, w) {
					t.Errorf("%s does not show %q", number, w)
				}
			}
			if strings.Contains(page, "⟦") {
				t.Errorf("%s lacks a text", number)
			}
		}
		m.residents[0].do(200, http.MethodPost, "/systemic/"+number+"/follow", nil)

		act(403, m.clerk, number, "extend", "until", "2030-01-10", "reason", "The pipes are late")
		act(422, m.dispatcher, number, "extend", "until", "2030-01-10")
		act(422, m.dispatcher, number, "extend", "until", "2020-01-10", "reason", "The pipes are late")
		act(200, m.dispatcher, number, "extend", "until", "2030-01-10", "reason", "The pipes are late")
		shows(number, "The term was put off", "The pipes are late", "10 January 2030")

		act(422, m.dispatcher, number, "reopen", "reason", "It is open")
		act(200, m.dispatcher, number, "close", "to", "resolved", "note", "All pipes are new")
		act(403, m.clerk, number, "reopen", "reason", "It leaks again")
		act(422, m.dispatcher, number, "reopen")
		act(200, m.dispatcher, number, "reopen", "reason", "It leaks again")
		shows(number, "Taken up again", "It leaks again")

		act(422, m.dispatcher, number, "merge", "into", number)
		act(422, m.dispatcher, number, "merge", "into", "S-2001-000001")
		act(403, m.clerk, number, "merge", "into", other)
		act(200, m.dispatcher, number, "merge", "into", other)
		act(422, m.dispatcher, number, "reopen", "reason", "Apart again")
		shows(number, "This problem was merged with", "/systemic/"+other)
		var issue struct{ Cases []string }
		m.stranger.ask(200, http.MethodGet, "/api/v1/systemic/"+other, "", nil, &issue)
		if len(issue.Cases) != 6 {
			t.Errorf("%d cases after the merge, want 6", len(issue.Cases))
		}
		deliver(t, a)
		page, _ := m.residents[0].do(200, http.MethodGet, "/account/notices", nil)
		for _, want := range []string{"was put off", "was taken up again", "was merged with another"} {
			if strings.Count(page, want) != 1 {
				t.Errorf("the follower is not told once that it %s", want)
			}
		}
		act(200, m.dispatcher, other, "close", "to", "resolved", "note", "Both are mended")
		deliver(t, a)
		if page, _ := m.residents[0].do(200, http.MethodGet, "/account/notices", nil); !strings.Contains(page, other) {
			t.Error("the follower of the merged issue does not hear of the other one")
		}
	})
}

func TestWhoAnswersIsWarnedOfTheTermOnce(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		m := gather(t, s)
		number := declareIssue(t, a)
		m.dispatcher.do(200, http.MethodPost, "/staff/systemic/"+number, url.Values{"do": {"transfer"}, "to_body": {bodyNamed(t, a, "gorsvet")}, "why": {"It is about lamps"}})
		warned := func() int {
			t.Helper()
			if err := a.Systemic.Escalate(t.Context()); err != nil {
				t.Fatal(err)
			}
			deliver(t, a)
			head := visit(t, s)
			head.do(200, http.MethodPost, "/demo", url.Values{"person": {"1004"}, "back": {"/account"}})
			page, _ := head.do(200, http.MethodGet, "/account/notices", nil)
			return strings.Count(page, "The term of shared problem № "+number)
		}
		if n := warned(); n != 0 {
			t.Errorf("warned %d times on the first day", n)
		}
		a.Systemic.Clock = months{a.Clock}
		for range 2 {
			if n := warned(); n != 1 {
				t.Errorf("warned %d times near the end, want once", n)
			}
		}
	})
}

func TestThePlaceOfACaseIsForgottenInTime(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		c := gatherCluster(t, a, s)
		count := func() (n int64) {
			if err := a.DB.View(t.Context(), func(tx *db.Tx) (err error) {
				n, err = db.One(tx, "test.traces", `SELECT COUNT(*) FROM systemic_trace`, db.Int64)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return n
		}
		kept := count()
		if kept < 5 {
			t.Fatal("no places are kept")
		}
		// Who goes takes the places of the own cases along: two reports here.
		city, err := a.CityNamed("")
		if err != nil {
			t.Fatal(err)
		}
		if page, _ := c.residents[0].do(200, http.MethodGet, "/account/data", nil); !strings.Contains(page, "find many cases about one thing") {
			t.Error("the register does not name the places that are kept")
		}
		if err := a.Accounts.Erase(t.Context(), city, permission.Actor{City: city.ID, Person: 2000}); err != nil {
			t.Fatal(err)
		}
		if n := count(); n > kept-2 {
			t.Errorf("%d places are kept of %d after the author of two has gone", n, kept)
		}
		a.Systemic.Clock = months{a.Clock}
		c.find()
		if n := count(); n != 0 {
			t.Errorf("%d places are kept after the time that the city set", n)
		}
	})
}

type months struct{ clock.Clock }

func (m months) Now() time.Time { return m.Clock.Now().AddDate(0, 3, 0) }
