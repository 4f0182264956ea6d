package app_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ashar-kg/ashar/internal/app"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/civic/record"
	"github.com/ashar-kg/ashar/internal/demo"
	"github.com/ashar-kg/ashar/internal/features/vote"
	"github.com/ashar-kg/ashar/internal/platform/clock"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

var protestNumber = regexp.MustCompile(`V-\d{4}-\d{6}`)

// voted sets up a vote of six people that is over, and counts it.
func voted(t *testing.T, a *app.App, s *httptest.Server, slug string, change ...func(*vote.Campaign)) *clock.Manual {
	t.Helper()
	campaign(t, a, slug, change...)
	code := openVote(t, s, slug)
	c, _ := a.Cities.ByID(demo.CityID)
	for i, picks := range [][]string{{"C01", "C03"}, {"C01"}, {"C02"}, {"C03", "C01"}, {"C02", "C03"}, {"C01"}} {
		v := vote.Vote{
			Secret: slug + strings.Repeat("0", 31-len(slug)) + string(rune('a'+i)), Class: vote.Living, District: "leninsky", Born: "1980-01-01",
			Choices: map[string][]vote.Choice{"lenin": {{Code: "L01"}}},
		}
		for _, code := range picks {
			v.Choices["city"] = append(v.Choices["city"], vote.Choice{Code: code})
		}
		me := permission.Actor{City: c.ID, Person: int64(6000 + i), Level: permission.Phone}
		if _, err := a.Votes.Cast(t.Context(), c, me, slug, v, ""); err != nil {
			t.Fatal(err)
		}
	}
	later := clock.At(time.Now().Add(2 * time.Hour))
	a.Votes.Clock = later
	demoPerson(t, s, "1000").do(200, http.MethodPost, "/staff/vote/"+slug, url.Values{"do": {"count"}, "code": {code}})
	return later
}

// against is the form of a protest.
func against(key string) url.Values {
	return url.Values{"ground": {"conduct"}, "pot": {"city"}, "text": {"At the desk of our district the clerk chose for my mother."}, "idempotency_key": {key}}
}

// protest sends a protest and returns its number.
func protest(t *testing.T, b *browser, slug string, f url.Values) string {
	t.Helper()
	_, at := b.do(200, http.MethodPost, "/vote/"+slug+"/protests/new", f)
	n := protestNumber.FindString(at)
	if n == "" {
		t.Fatalf("no protest was made: %s", at)
	}
	return n
}

func TestAResultIsProtestedDecidedAndOnlyThenFinal(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		author, other, clerk, admin := demoPerson(t, s, "2000"), demoPerson(t, s, "2001"), demoPerson(t, s, "1003"), demoPerson(t, s, "1000")
		campaign(t, a, "early")
		if page, _ := author.do(409, http.MethodPost, "/vote/early/protests/new", against("k0")); !strings.Contains(page, "too early to protest") {
			t.Error("before the count there is nothing to protest against")
		}
		later := voted(t, a, s, "yards")
		confirm := func(status int, says string) {
			t.Helper()
			if page, _ := admin.do(status, http.MethodPost, "/staff/vote/yards?lang=en", url.Values{"do": {"confirm"}}); !strings.Contains(page, says) {
				t.Errorf("confirming should say %q: %.600s", says, page)
			}
		}
		const form, results = "/vote/yards/protests/new", "/vote/yards/results"

		// Mistakes are told, what was typed is kept, a lost answer makes no second one.
		visit(t, s).do(401, http.MethodPost, form, against("k1"))
		page, _ := author.do(422, http.MethodPost, form, changed(against("k1"), "ground", "", "text", "Unfair."))
		if !strings.Contains(page, "Choose what it is about") || !strings.Contains(page, "at least 20 characters") || !strings.Contains(page, "Unfair.") {
			t.Error("what is missing should be told and what was typed kept")
		}
		number := protest(t, author, "yards", against("k1"))
		if again := protest(t, author, "yards", against("k1")); again != number {
			t.Errorf("the same form sent twice makes %s and %s", number, again)
		}

		// Everybody reads the grounds; who, and in which words, only the commission.
		page, _ = visit(t, s).do(200, http.MethodGet, results, nil)
		if !strings.Contains(page, number) || !strings.Contains(page, "The order of voting was broken") || !strings.Contains(page, "Waits for a decision") {
			t.Error("the protest should stand on the page of the result")
		}
		if strings.Contains(page, "my mother") || strings.Contains(page, "resident1@demo.example") {
			t.Error("the page of the result tells the words of a protest, or whose it is")
		}
		for _, b := range []*browser{other, admin} {
			b.do(404, http.MethodGet, "/vote/yards/protests/"+number, nil)
		}
		if page, _ := author.do(200, http.MethodGet, "/account", nil); !strings.Contains(page, number) || !strings.Contains(page, "Decision by") {
			t.Error("the account should show the protest and what comes next")
		}
		desk := "/staff/protests/" + number
		other.do(403, http.MethodGet, desk, nil)
		clerk.do(404, http.MethodGet, desk, nil)
		if page, _ := admin.do(200, http.MethodGet, "/staff?kind=protest", nil); !strings.Contains(page, number) {
			t.Error("the protest should stand in the inbox")
		}
		if page, _ := admin.do(200, http.MethodGet, desk, nil); !strings.Contains(page, "my mother") {
			t.Error("the commission should read the words")
		}

		// The result waits for the decision, and for what follows from it.
		later.Advance(4 * 24 * time.Hour)
		late := protest(t, other, "yards", changed(against("k2"), "ground", "count"))
		later.Advance(2 * 24 * time.Hour)
		if page, _ := other.do(409, http.MethodPost, form, against("k3")); !strings.Contains(page, "The protest period is over") {
			t.Error("after its days no protest is taken")
		}
		confirm(409, "Undecided protests: 2")
		admin.do(422, http.MethodPost, desk, url.Values{"do": {"reject"}})
		admin.do(200, http.MethodPost, desk, url.Values{"do": {"reject"}, "reasons_en": {"The film of the desk shows otherwise."}})
		admin.do(409, http.MethodPost, desk, url.Values{"do": {"uphold"}, "reasons_en": {"Or not."}})
		if page, _ := visit(t, s).do(200, http.MethodGet, results, nil); !strings.Contains(page, "The film of the desk shows otherwise.") {
			t.Error("everybody should read the decision")
		}
		confirm(409, "Undecided protests: 1")
		admin.do(200, http.MethodPost, "/staff/protests/"+late, url.Values{"do": {"uphold"}, "reasons_en": {"It has to be counted again."}})
		if page, _ := visit(t, s).do(200, http.MethodGet, results, nil); !strings.Contains(page, "under correction") {
			t.Error("a result of which a protest was upheld should be marked")
		}
		confirm(409, "nothing was done yet: 1")

		// Counted anew from the published files, which gives the same files again,
		// and may be protested again.
		before, _ := visit(t, s).do(200, http.MethodGet, "/vote/yards/ballots/city.pb", nil)
		admin.do(422, http.MethodPost, "/staff/protests/"+late, url.Values{"do": {"settle"}, "remedy": {"recount"}})
		admin.do(422, http.MethodPost, "/staff/protests/"+late, url.Values{"do": {"settle"}, "remedy": {"burn"}, "remedy_en": {"No."}})
		admin.do(200, http.MethodPost, "/staff/protests/"+late, url.Values{"do": {"settle"}, "remedy": {"recount"}, "remedy_en": {"Counted again, nothing changed."}})
		after, _ := visit(t, s).do(200, http.MethodGet, "/vote/yards/ballots/city.pb", nil)
		if before != after || before == "" {
			t.Error("the recount should publish the same ballots")
		}
		if page, _ := visit(t, s).do(200, http.MethodGet, results, nil); !strings.Contains(page, "Counted again, nothing changed.") || strings.Contains(page, "under correction") {
			t.Error("what was done should stand there, and the mark be gone")
		}
		confirm(409, "protest period is not over")
		last := protest(t, author, "yards", changed(against("k4"), "ground", "other"))
		author.do(200, http.MethodPost, "/vote/yards/protests/"+last, url.Values{"do": {"withdraw"}})
		later.Advance(6 * 24 * time.Hour)
		confirm(200, "Result is final")
		carried(t, a, demo.CityID, "yards/C01", "yards/C03", "yards/L01")
		author.do(409, http.MethodPost, form, against("k5"))
		if err := a.DB.View(t.Context(), func(tx *db.Tx) error {
			acts, err := record.Of(tx, demo.CityID, vote.Subject("yards"))
			var kinds []string
			for _, e := range acts {
				kinds = append(kinds, e.Kind)
			}
			if got := strings.Join(kinds, " "); !strings.Contains(got, "vote.recount") {
				t.Errorf("the public record has %s", got)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		annulled(t, a, s)
	})
}

// annulled upholds a protest so that the result never becomes final, and has
// its author leave.
func annulled(t *testing.T, a *app.App, s *httptest.Server) {
	t.Helper()
	a.Votes.Clock = a.Clock
	later := voted(t, a, s, "shores")
	author, admin := demoPerson(t, s, "2003"), demoPerson(t, s, "1000")
	n := protest(t, author, "shores", against("k1"))
	decide := func(status int, f url.Values) { admin.do(status, http.MethodPost, "/staff/protests/"+n, f) }
	decide(200, url.Values{"do": {"uphold"}, "reasons_ky": {"Чын экен."}})
	decide(200, url.Values{"do": {"settle"}, "remedy": {"annul"}, "remedy_ky": {"Добуш берүү кайра өтөт."}})
	later.Advance(6 * 24 * time.Hour)
	for lang, says := range map[string]string{"ky": "жокко чыгарылган", "ru": "Итог отменён", "en": "The result was annulled"} {
		if page, _ := admin.do(409, http.MethodPost, "/staff/vote/shores?lang="+lang, url.Values{"do": {"confirm"}}); !strings.Contains(page, says) {
			t.Errorf("%s: confirming an annulled result should say %q", lang, says)
		}
	}
	author.do(409, http.MethodPost, "/vote/shores/protests/new", against("k2"))
	for _, path := range []string{"/account/data/all", "/account/data.json"} {
		if page, _ := author.do(200, http.MethodGet, path, nil); !strings.Contains(page, n) || !strings.Contains(page, "my mother") {
			t.Errorf("%s should tell the protest", path)
		}
	}
	author.do(200, http.MethodPost, "/account/erase", url.Values{"sure": {"1"}, "confirm": {"1"}})
	if page, _ := admin.do(200, http.MethodGet, "/staff/protests/"+n, nil); strings.Contains(page, "my mother") || !strings.Contains(page, "Чын экен.") {
		t.Error("who leaves takes the words of a decided protest away, never the decision")
	}
}

// TestEachRoleDoesWithAProtestWhatTheMatrixSays takes every role at the body of
// a campaign, at another body and in the whole city, a resident and a visitor.
func TestEachRoleDoesWithAProtestWhatTheMatrixSays(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		ctx := t.Context()
		here, there := idOf(t, bodyNamed(t, a, "gorsvet")), idOf(t, bodyNamed(t, a, "tazalyk"))
		voted(t, a, s, "yards", func(x *vote.Campaign) { x.Body = here })
		c, _ := a.Cities.ByID(demo.CityID)
		matrix, err := a.Matrix.Of(ctx, c.ID)
		if err != nil {
			t.Fatal(err)
		}
		who := []permission.Actor{{City: c.ID}, {City: c.ID, Person: 2001, Level: permission.Phone}}
		for _, role := range permission.Roles {
			for _, at := range []int64{here, there, 0} {
				who = append(who, permission.Actor{City: c.ID, Person: 1003, Level: permission.Phone, Strong: true, Grants: []permission.Grant{{Role: role, Body: at}}})
			}
		}
		words := vote.Texts{"en": "Because."}
		sender := int64(7000)
		for _, d := range []struct {
			name  string
			needs []string
			do    func(p permission.Actor, n string) error
		}{
			{"take", []string{"protest.internal", "protest.work"}, func(p permission.Actor, n string) error { return a.Votes.TakeProtest(ctx, c, p, n) }},
			{"note", []string{"protest.internal", "protest.work"}, func(p permission.Actor, n string) error { return a.Votes.NoteProtest(ctx, c, p, n, "note") }},
			{"reject", []string{"protest.internal", vote.DecideProtest}, func(p permission.Actor, n string) error { return a.Votes.DecideProtest(ctx, c, p, n, false, words) }},
			{"uphold and count anew", []string{"protest.internal", vote.DecideProtest}, func(p permission.Actor, n string) error {
				if err := a.Votes.DecideProtest(ctx, c, p, n, true, words); err != nil {
					return err
				}
				return a.Votes.Settle(ctx, c, p, n, vote.Recount, words)
			}},
		} {
			for _, p := range who {
				p = p.WithMatrix(matrix)
				sender++
				me := permission.Actor{City: c.ID, Person: sender, Level: permission.Known}.WithMatrix(matrix)
				f, err := a.Votes.SendProtest(ctx, c, me, "yards", vote.Objection{Ground: "count", Text: "My own recount gave another result.", Lang: "en"})
				if err != nil {
					t.Fatal(err)
				}
				may := true
				for _, need := range d.needs {
					may = may && p.Can(need, here)
				}
				if err := d.do(p, f.Number); may && err != nil || !may && !refused(err) {
					t.Errorf("%s by %v: may %t, got %v", d.name, p.Grants, may, err)
				}
			}
		}
		for _, p := range who {
			_, err := a.Votes.SendProtest(ctx, c, p.WithMatrix(matrix), "yards", vote.Objection{})
			var wrong *web.Problem
			if !errors.As(err, &wrong) || (wrong.Status == http.StatusUnprocessableEntity) != p.SignedIn() {
				t.Errorf("everybody signed in may protest, nobody else: %v by %v", err, p.Grants)
			}
		}
	})
}
