package app_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
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
)

var ideaNumber = regexp.MustCompile(`I-\d{4}-\d{6}`)

// phases is the form of a plan in which all that is before the vote is on.
func phases(now time.Time, f url.Values) {
	for _, p := range []vote.Phase{vote.Collecting, vote.Checking, vote.Evaluating, vote.Correcting, vote.Appealing, vote.Listing} {
		f.Set(string(p)+"_begins", now.Add(-time.Hour).Format("2006-01-02T15:04"))
		f.Set(string(p)+"_ends", now.AddDate(0, 0, 20).Format("2006-01-02T15:04"))
	}
	f.Set("voting_begins", now.AddDate(0, 0, 21).Format("2006-01-02T15:04"))
	f.Set("voting_ends", now.AddDate(0, 0, 30).Format("2006-01-02T15:04"))
}

// setUp has the head of a body set up a campaign, with the mistakes of a first try.
func setUp(t *testing.T, a *app.App, head *browser, slug string) url.Values {
	t.Helper()
	c, _ := a.Cities.ByID(demo.CityID)
	f := url.Values{
		"slug": {slug}, "body": {bodyNamed(t, a, "gorsvet")}, "title_ky": {"Короолор 2027"}, "title_en": {"Yards 2027"}, "text_en": {"Ideas of residents."},
		"ballot": {"approval"}, "min_age": {"16"}, "classes": {"registered", "living"}, "level": {"2"}, "rule": {"greedy_threshold"},
		"shadow": {"mes_cost_add1_greedy_comparison"}, "ties": {"cost,score,draw"}, "protest": {"5"},
		"pot_0_code": {"city"}, "pot_0_title_en": {"City"}, "pot_0_amount": {"10 000 000"}, "pot_0_cap": {"3 000 000"}, "pot_0_min_votes": {"10"}, "pot_0_max_picks": {"5"},
		"pot_1_code": {"leninsky"}, "pot_1_district": {"leninsky"}, "pot_1_title_en": {"Leninsky"}, "pot_1_amount": {"4 000 000"},
	}
	phases(time.Now().In(c.Zone), f)
	for _, wrong := range []struct{ field, value, says string }{
		{"pot_0_amount", "many", "amount"},
		{"pot_0_cap", "11 000 000", "must not exceed"},
		{"rule", "phragmen2", "counting rule"},
		{"voting_ends", "2020-01-01T10:00", "must end after"},
		{"slug", "Ö", "Latin letters"},
	} {
		page, _ := head.do(422, http.MethodPost, "/staff/vote/new", changed(f, wrong.field, wrong.value))
		if !strings.Contains(page, wrong.says) || !strings.Contains(page, "Короолор 2027") || !strings.Contains(page, `value="`+wrong.value+`"`) && wrong.field != "rule" {
			t.Errorf("%s=%s should be told, and all that was typed kept", wrong.field, wrong.value)
		}
	}
	head.do(200, http.MethodPost, "/staff/vote/new", f)
	if page, _ := head.do(422, http.MethodPost, "/staff/vote/new", f); !strings.Contains(page, "This address is taken") {
		t.Error("a taken address should be told")
	}
	return f
}

// bright is the form of an idea.
func bright(title string) url.Values {
	return url.Values{
		"title": {title}, "text": {"The street is dark in the evening and children walk home along it. Lamps would help."}, "category": {"light"},
		"lat": {"42.8746"}, "lon": {"74.6036"}, "address": {"Chuy 120"}, "asked": {"900 000"}, "show_name": {"1"}, "pot": {"city"}, "different": {"1"},
	}
}

// propose sends an idea and returns its number.
func propose(t *testing.T, b *browser, slug string, f url.Values) string {
	t.Helper()
	_, at := b.do(200, http.MethodPost, "/vote/"+slug+"/ideas/new", f)
	n := ideaNumber.FindString(at)
	if n == "" {
		t.Fatalf("no idea was made: %s", at)
	}
	return n
}

// judged is the form of an evaluation.
func judged(do, cost string) url.Values {
	return url.Values{
		"do": {do}, "reasons_en": {"Lamps fit on the poles that stand there."}, "title_en": {"Lamps"}, "title_ky": {"Чырактар"}, "text_en": {"Ten lamps."},
		"pot": {"city"}, "cost": {cost}, "why_en": {"Ten lamps at 80 000 and the cable."}, "upkeep": {"12 000"},
	}
}

func TestAnIdeaTravelsFromAResidentToTheList(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		head, clerk, author, friend := demoPerson(t, s, "1004"), demoPerson(t, s, "1003"), demoPerson(t, s, "2000"), demoPerson(t, s, "2001")
		form := setUp(t, a, head, "2031")
		author.do(403, http.MethodGet, "/staff/vote/new", nil)
		const ideas = "/vote/2031/ideas"

		// Mistakes are told by the field, and nothing is lost, neither words nor photos.
		wrong := changed(bright("Lamps on Chuy"), "text", "Dark.", "asked", "900 000", "category", "")
		page, _ := author.upload(422, ideas+"/new?lang=en", "photos", wrong, map[string]string{"street.jpg": string(drawn(t))})
		kept := regexp.MustCompile(`name="kept_photo" value="([^"]+)"`).FindStringSubmatch(page)
		if kept == nil || !strings.Contains(page, "at least 30 characters") || !strings.Contains(page, "Choose a topic") || !strings.Contains(page, `value="Lamps on Chuy"`) {
			t.Fatalf("the errors should be told and the form kept: %.300s", page)
		}
		right := bright("Lamps on Chuy")
		right.Set("kept_photo", kept[1])
		number := propose(t, author, "2031", right)
		at := ideas + "/" + number
		public, _ := visit(t, s).do(200, http.MethodGet, at, nil)
		if !strings.Contains(public, "/photos/") || strings.Contains(public, "resident1@demo.example") {
			t.Error("everybody should see the photo, nobody the author's contact")
		}
		visit(t, s).do(401, http.MethodPost, ideas+"/new", bright("Nobody"))

		// Without a script the place is looked up, and who is meant is asked.
		typed := bright("Lamps on Manas avenue")
		typed.Del("lat")
		typed.Del("lon")
		typed.Set("address", "Манас")
		page, _ = friend.do(422, http.MethodPost, ideas+"/new", typed)
		found := regexp.MustCompile(`name="found"[^>]*value="([^"]+)"`).FindStringSubmatch(page)
		if found == nil || !strings.Contains(page, "Which place is it?") {
			t.Fatal("places of that name should be offered")
		}

		// What is like it is shown before one more is sent.
		similar := bright("Lamps on Chuy street")
		similar.Del("different")
		if page, _ = friend.do(422, http.MethodPost, ideas+"/new", similar); !strings.Contains(page, number) || !strings.Contains(page, "Mine is different") {
			t.Error("a similar idea should be shown")
		}
		supported(t, s, at, author, friend)

		// Returned with what to correct, corrected, and its first version is kept.
		staff := "/staff/ideas/" + number
		author.do(403, http.MethodGet, staff, nil)
		demoPerson(t, s, "1006").do(404, http.MethodGet, staff, nil)
		if page, _ := clerk.do(200, http.MethodGet, "/staff?kind=idea", nil); !strings.Contains(page, number) {
			t.Error("the idea should stand in the inbox")
		}
		clerk.do(422, http.MethodPost, staff, url.Values{"do": {"return"}, "note": {""}, "until": {"2020-01-01"}})
		until := cityDay(0, 0, 5)
		clerk.do(200, http.MethodPost, staff, url.Values{"do": {"return"}, "note": {"Which side of the street?"}, "until": {until}})
		page, _ = author.do(200, http.MethodGet, at+"/correct", nil)
		if !strings.Contains(page, "Which side of the street?") || !strings.Contains(page, `value="Lamps on Chuy"`) {
			t.Error("the author should read what to correct, in the form of the idea")
		}
		friend.do(403, http.MethodPost, at+"/correct", bright("Stolen"))
		author.do(200, http.MethodPost, at+"/correct", changed(right, "title", "Lamps on the south side of Chuy"))
		if page, _ := visit(t, s).do(200, http.MethodGet, at, nil); !strings.Contains(page, "Lamps on the south side") || !strings.Contains(page, "Version 1") {
			t.Error("the correction and the version before should be public")
		}

		// Checked, and found feasible at a cost that is explained.
		clerk.do(422, http.MethodPost, staff, judged("feasible", "850 000"))
		clerk.do(200, http.MethodPost, staff, url.Values{"do": {"check"}})
		if page, _ := clerk.do(422, http.MethodPost, staff, judged("feasible", "3 100 000")); !strings.Contains(page, "at most") || !strings.Contains(page, "Ten lamps at 80 000") {
			t.Error("a cost above the limit of the pot should be told, and the form kept")
		}
		clerk.do(200, http.MethodPost, staff, judged("feasible", "850 000"))
		if page, _ := visit(t, s).do(200, http.MethodGet, at, nil); !strings.Contains(page, "850,000") || !strings.Contains(page, "Ten lamps at 80 000") {
			t.Error("everybody should read the cost and why")
		}
		if page, _ := author.do(200, http.MethodGet, "/account", nil); !strings.Contains(page, number) || !strings.Contains(page, "Voting begins") {
			t.Error("the account should show the idea and what comes next")
		}
		listed(t, a, s, head, number, form)
	})
}

// supported has people support, sign, ask and print.
func supported(t *testing.T, s *httptest.Server, at string, author, friend *browser) {
	t.Helper()
	for range 2 {
		friend.do(200, http.MethodPost, at, url.Values{"do": {"support"}})
	}
	author.do(409, http.MethodPost, at, url.Values{"do": {"support"}})
	friend.do(422, http.MethodPost, at, url.Values{"do": {"sign"}, "name": {" "}})
	friend.do(200, http.MethodPost, at, url.Values{"do": {"sign"}, "name": {"Gulnara from house 12"}})
	friend.do(422, http.MethodPost, at, url.Values{"do": {"comment"}, "comment": {""}})
	friend.do(200, http.MethodPost, at, url.Values{"do": {"comment"}, "comment": {"Who pays for the power?"}, "ask": {"1"}})
	author.do(200, http.MethodPost, at, url.Values{"do": {"comment"}, "comment": {"The city does."}})
	page, _ := visit(t, s).do(200, http.MethodGet, at, nil)
	for _, text := range []string{"1 person supports it", "Gulnara from house 12", "Question to the author", "Who pays for the power?", "The city does."} {
		if !strings.Contains(page, text) {
			t.Errorf("the page of the idea lacks %q", text)
		}
	}
	friend.do(200, http.MethodPost, at, url.Values{"do": {"unsign"}})
	if page, _ := visit(t, s).do(200, http.MethodGet, at, nil); strings.Contains(page, "Gulnara") {
		t.Error("who takes the signature back is named no more")
	}
	for path, has := range map[string]string{"/poster": "qr.svg", "/qr.svg": "<svg", "/place.geojson": "74.6036"} {
		if page, _ := visit(t, s).do(200, http.MethodGet, at+path, nil); !strings.Contains(page, has) {
			t.Errorf("%s lacks %q", path, has)
		}
	}
}

// listed publishes the list and opens the vote, after which nothing changes.
func listed(t *testing.T, a *app.App, s *httptest.Server, head *browser, number string, form url.Values) {
	t.Helper()
	const staff = "/staff/vote/2031"
	yard := bright("Swings in the yard")
	for _, name := range []string{"lat", "lon", "address"} {
		yard.Del(name)
	}
	two := propose(t, demoPerson(t, s, "2003"), "2031", changed(yard, "pot", "leninsky", "category", "playground"))
	head.do(200, http.MethodPost, "/staff/ideas/"+two, url.Values{"do": {"check"}})
	head.do(200, http.MethodPost, "/staff/ideas/"+two, changed(judged("feasible", "300 000"), "pot", "leninsky", "against", number))
	head.do(422, http.MethodPost, staff+"/list", url.Values{"do": {"publish"}, "seed": {" "}})
	demoPerson(t, s, "1003").do(403, http.MethodPost, staff+"/list", url.Values{"do": {"publish"}, "seed": {"4711"}})
	head.do(200, http.MethodPost, staff+"/list", url.Values{"do": {"publish"}, "seed": {"4711"}})
	head.do(409, http.MethodPost, staff+"/list", url.Values{"do": {"publish"}, "seed": {"1"}})
	if page, _ := visit(t, s).do(200, http.MethodGet, "/vote/2031/projects/C01", nil); !strings.Contains(page, "850,000") || !strings.Contains(page, number) || !strings.Contains(page, "L01") {
		t.Error("the idea should be a project with its cost, and with what it cannot be carried out together with")
	}
	if page, _ := visit(t, s).do(200, http.MethodGet, "/vote/2031/rules.json", nil); !strings.Contains(page, `"seed": "4711"`) {
		t.Error("the rule book should hold the seed")
	}
	if err := a.DB.View(t.Context(), func(tx *db.Tx) error {
		acts, err := record.Of(tx, demo.CityID, vote.Subject("2031"))
		if len(acts) != 1 || acts[0].Kind != "vote.list" || acts[0].Hash == "" {
			t.Errorf("the public record has %v of the list", acts)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}

	// The plan, the rules and the pots change until the vote is opened.
	head.do(200, http.MethodPost, staff+"/setup", changed(form, "pot_0_amount", "12 000 000"))
	if page, _ := head.do(422, http.MethodPost, staff+"/setup", changed(form, "pot_0_code", "town")); !strings.Contains(page, "cannot be removed") {
		t.Error("a pot with a project should stay")
	}
	form.Set("voting_begins", time.Now().Add(-time.Minute).In(bishkek).Format("2006-01-02T15:04"))
	head.do(200, http.MethodPost, staff+"/setup", form)
	openVote(t, s, "2031")
	for what, f := range map[string]url.Values{
		"rules": changed(form, "rule", "mes_cost"), "pots": changed(form, "pot_0_amount", "1"), "plan": changed(form, "voting_ends", "2040-01-01T10:00"), "nonsense": {},
	} {
		if page, _ := head.do(409, http.MethodPost, staff+"/setup", f); !strings.Contains(page, "no longer change") {
			t.Errorf("a change of the %s after the opening should be refused in words", what)
		}
	}
	head.do(409, http.MethodPost, staff+"/list", url.Values{"do": {"drop"}, "code": {"C01"}, "reason": {"Late"}})
	head.do(409, http.MethodPost, staff+"/list", url.Values{"do": {"publish"}, "seed": {"1"}})
	head.do(409, http.MethodPost, "/staff/ideas/"+number, url.Values{"do": {"take"}})
}

func TestARefusedIdeaIsObjectedToOnce(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		head, clerk, author, friend := demoPerson(t, s, "1004"), demoPerson(t, s, "1003"), demoPerson(t, s, "2000"), demoPerson(t, s, "2001")
		setUp(t, a, head, "2032")
		refuse := func(title string) string {
			n := propose(t, author, "2032", bright(title))
			clerk.do(200, http.MethodPost, "/staff/ideas/"+n, url.Values{"do": {"check"}})
			clerk.do(422, http.MethodPost, "/staff/ideas/"+n, url.Values{"do": {"refuse"}})
			clerk.do(200, http.MethodPost, "/staff/ideas/"+n, judged("refuse", ""))
			return n
		}
		object := url.Values{"do": {"object"}, "words": {"The poles are the city's."}}
		n := refuse("Lamps at the school")
		at := "/vote/2032/ideas/" + n
		friend.do(403, http.MethodPost, at, object)
		author.do(422, http.MethodPost, at, url.Values{"do": {"object"}})
		author.do(200, http.MethodPost, at, object)
		author.do(409, http.MethodPost, at, object)
		clerk.do(403, http.MethodPost, "/staff/ideas/"+n, judged("feasible", "500 000"))
		head.do(200, http.MethodPost, "/staff/ideas/"+n, judged("feasible", "500 000"))
		if page, _ := visit(t, s).do(200, http.MethodGet, at, nil); !strings.Contains(page, "The author objected") || !strings.Contains(page, "500,000") {
			t.Error("the objection and what came of it should be public")
		}
		n = refuse("Lamps at the market")
		at = "/vote/2032/ideas/" + n
		author.do(200, http.MethodPost, at, object)
		head.do(200, http.MethodPost, "/staff/ideas/"+n, judged("refuse", ""))
		author.do(409, http.MethodPost, at, object)

		merged(t, s, clerk, author, friend)

		// Outside of its phase nothing is taken, and it is said when it was.
		last := propose(t, author, "2032", bright("Lamps at the park"))
		late := refuse("Lamps at the bridge")
		later := clock.At(time.Now().AddDate(0, 0, 22))
		a.Votes.Clock = later
		if page, _ := author.do(409, http.MethodPost, "/vote/2032/ideas/new", bright("Too late")); !strings.Contains(page, "The time is over") && !strings.Contains(page, "ended on") {
			t.Error("it should be said that ideas are taken no more")
		}
		clerk.do(409, http.MethodPost, "/staff/ideas/"+last, url.Values{"do": {"check"}})
		author.do(409, http.MethodPost, "/vote/2032/ideas/"+late, object)
		head.do(409, http.MethodPost, "/staff/vote/2032/list", url.Values{"do": {"publish"}, "seed": {"1"}})
	})
}

// merged has two ideas become one, once both authors have agreed.
func merged(t *testing.T, s *httptest.Server, clerk, author, friend *browser) {
	t.Helper()
	one, two := propose(t, author, "2032", bright("Lamps along the canal")), propose(t, friend, "2032", bright("Light on the canal"))
	friend.do(200, http.MethodPost, "/vote/2032/ideas/"+one, url.Values{"do": {"support"}})
	demoPerson(t, s, "2002").do(200, http.MethodPost, "/vote/2032/ideas/"+one, url.Values{"do": {"support"}})
	merge := url.Values{"do": {"merge"}, "into": {two}, "merge_note": {"Both are about the canal."}}
	clerk.do(422, http.MethodPost, "/staff/ideas/"+one, changed(merge, "into", one))
	clerk.do(200, http.MethodPost, "/staff/ideas/"+one, merge)
	demoPerson(t, s, "2003").do(403, http.MethodPost, "/vote/2032/ideas/"+one, url.Values{"do": {"accept"}})
	author.do(200, http.MethodPost, "/vote/2032/ideas/"+one, url.Values{"do": {"accept"}})
	if page, _ := visit(t, s).do(200, http.MethodGet, "/vote/2032/ideas/"+one, nil); strings.Contains(page, "goes on as part of") {
		t.Error("one author alone merges nothing")
	}
	friend.do(200, http.MethodPost, "/vote/2032/ideas/"+two, url.Values{"do": {"decline"}})
	clerk.do(200, http.MethodPost, "/staff/ideas/"+one, merge)
	author.do(200, http.MethodPost, "/vote/2032/ideas/"+one, url.Values{"do": {"accept"}})
	friend.do(200, http.MethodPost, "/vote/2032/ideas/"+two, url.Values{"do": {"accept"}})
	if page, _ := visit(t, s).do(200, http.MethodGet, "/vote/2032/ideas/"+one, nil); !strings.Contains(page, "goes on as part of") {
		t.Error("both have agreed, and nothing was merged")
	}
	if page, _ := visit(t, s).do(200, http.MethodGet, "/vote/2032/ideas/"+two, nil); !strings.Contains(page, "people support it") {
		t.Error("the support of both should be added up")
	}
}

// TestEachRoleDoesWithAnIdeaWhatTheMatrixSays takes every role at the body of an
// idea, at another body and in the whole city, a resident and a visitor.
func TestEachRoleDoesWithAnIdeaWhatTheMatrixSays(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		ctx := t.Context()
		setUp(t, a, demoPerson(t, s, "1004"), "2033")
		c, _ := a.Cities.ByID(demo.CityID)
		matrix, err := a.Matrix.Of(ctx, c.ID)
		if err != nil {
			t.Fatal(err)
		}
		here, there := idOf(t, bodyNamed(t, a, "gorsvet")), idOf(t, bodyNamed(t, a, "tazalyk"))
		author := permission.Actor{City: c.ID, Person: 2000, Level: permission.Phone}.WithMatrix(matrix)
		who := []permission.Actor{{City: c.ID}, {City: c.ID, Person: 2001, Level: permission.Phone}}
		for _, role := range permission.Roles {
			for _, at := range []int64{here, there, 0} {
				who = append(who, permission.Actor{City: c.ID, Person: 1003, Level: permission.Phone, Strong: true, Grants: []permission.Grant{{Role: role, Body: at}}})
			}
		}
		words := vote.Texts{"en": "Because."}
		for _, d := range []struct {
			name   string
			needs  []string
			do     func(p permission.Actor, n string) error
			before func(n string) error
		}{
			{"check", []string{"idea.internal", vote.Evaluate}, func(p permission.Actor, n string) error { return a.Votes.Accept(ctx, c, p, n, 0) }, nil},
			{"return", []string{"idea.internal", vote.Evaluate}, func(p permission.Actor, n string) error {
				return a.Votes.Return(ctx, c, p, n, "More, please.", cityDay(0, 0, 3), "en")
			}, nil},
			{"refuse", []string{"idea.internal", vote.Evaluate}, func(p permission.Actor, n string) error {
				return a.Votes.Judge(ctx, c, p, n, vote.Evaluation{Reasons: words})
			}, nil},
			{"take", []string{"idea.internal", "idea.work"}, func(p permission.Actor, n string) error { return a.Votes.TakeIdea(ctx, c, p, n) }, nil},
			{"note", []string{"idea.internal", "idea.work"}, func(p permission.Actor, n string) error { return a.Votes.NoteIdea(ctx, c, p, n, "note") }, nil},
			{"transfer", []string{"idea.internal", "idea.transfer"}, func(p permission.Actor, n string) error { return a.Votes.TransferIdea(ctx, c, p, n, there, "why") }, nil},
			{"hide", []string{"idea.moderate"}, func(p permission.Actor, n string) error { return a.Votes.Moderate(ctx, c, p, n, 0, false) }, nil},
			{"decide an objection", []string{"idea.internal", vote.Manage}, func(p permission.Actor, n string) error {
				return a.Votes.Judge(ctx, c, p, n, vote.Evaluation{Reasons: words})
			}, func(n string) error {
				system := permission.Actor{City: c.ID, System: true}
				if err := a.Votes.Judge(ctx, c, system, n, vote.Evaluation{Reasons: words}); err != nil {
					return err
				}
				return a.Votes.Object(ctx, c, author, "2033", n, "No.", "en")
			}},
		} {
			for _, p := range who {
				p = p.WithMatrix(matrix)
				f, err := a.Votes.Propose(ctx, c, author, "2033", vote.Proposal{
					Title: "Lamps", Text: "The street is dark in the evening, and children walk home along it.", Lang: "en", Category: "light", Pot: "city", Placed: true, Lat: 42.8746, Lon: 74.6036,
				})
				if err != nil {
					t.Fatal(err)
				}
				if d.before != nil {
					if err := d.before(f.Number); err != nil {
						t.Fatal(err)
					}
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
	})
}

func idOf(t *testing.T, text string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
