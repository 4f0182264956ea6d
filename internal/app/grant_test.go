package app_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"image/jpeg"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ashar-kg/ashar/internal/app"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/civic/record"
	"github.com/ashar-kg/ashar/internal/demo"
	"github.com/ashar-kg/ashar/internal/features/grant"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/web"
	"github.com/ashar-kg/ashar/seed/draw"
)

var (
	grantCall    = regexp.MustCompile(`/grants/calls/(\d+)`)
	grantSession = regexp.MustCompile(`/grants/sessions/(\d+)`)
	grantNumber  = regexp.MustCompile(`G-\d{4}-\d{6}`)
)

// TestTheRealSessionsOfGrantsReplayToTheirOwnShares loads the two sessions of
// which the sums are known, and recomputes their shares from what is published.
func TestTheRealSessionsOfGrantsReplayToTheirOwnShares(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		c, _ := a.Cities.ByID(demo.CityID)
		if err := a.DemoGrants(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		anyone := visit(t, s)
		list, _ := anyone.do(200, http.MethodGet, "/grants", nil)
		real := map[string]struct{ share, granted, own, decided string }{
			"meria.kg/ky/post/24665": {"43.4%", "4,145,566 som", "3,179,847 som", "14 of 14"},
			"news312.kg/news/1570":   {"30.2%", "5,000,000 som", "2,161,000 som", "7 of 21"},
		}
		seen := 0
		for _, call := range grantCall.FindAllString(list, -1) {
			page, _ := anyone.do(200, http.MethodGet, call, nil)
			for source, want := range real {
				if !strings.Contains(page, source) {
					continue
				}
				seen++
				at := grantSession.FindString(page)
				minutes, _ := anyone.do(200, http.MethodGet, at, nil)
				for _, text := range []string{want.share, want.granted, want.own, want.decided, source, "invented"} {
					if !strings.Contains(plain(minutes), text) {
						t.Errorf("the session of %s does not say %q", source, text)
					}
				}
				checkRecorded(t, a, s, at)
			}
		}
		if seen != len(real) {
			t.Errorf("%d of the real sessions are shown", seen)
		}
		recompute(t, anyone)
		lapsed(t, a)
		sharedOut(t, a)
	})
}

// lapsed tells whether what was returned is closed when its time is over, and
// not before.
func lapsed(t *testing.T, a *app.App) {
	t.Helper()
	returned := func() (n int64) {
		if err := a.DB.View(t.Context(), func(tx *db.Tx) (err error) {
			n, err = db.One(tx, "test", `SELECT COUNT(*) FROM case_file WHERE kind = 'grant' AND state = 'rework'`, db.Int64)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := returned(); n != 1 {
		t.Fatalf("%d applications wait for their applicants, want that of the open call", n)
	}
	real := a.Grants.Clock
	for _, x := range []struct {
		days time.Duration
		want int64
	}{{20, 1}, {40, 0}} {
		a.Grants.Clock = after{real, x.days * 24 * time.Hour}
		if err := a.Grants.Lapse(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := returned(); n != x.want {
			t.Errorf("after %d days %d wait, want %d", x.days, n, x.want)
		}
	}
	a.Grants.Clock = real
}

// sharedOut decides about two applications at once of which the pot pays one.
func sharedOut(t *testing.T, a *app.App) {
	t.Helper()
	ctx := t.Context()
	c, _ := a.Cities.ByID(demo.CityID)
	staff := permission.Actor{City: c.ID, System: true, Person: 1}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%v %+v", err, web.Fields(err))
		}
	}
	body, _ := strconv.ParseInt(bodyNamed(t, a, "district-lenin"), 10, 64)
	x, err := a.Grants.NewCall(ctx, c, staff, grant.Call{
		District: "leninsky", Body: body, Titles: grant.Texts{"en": "Small"}, Pot: 60_000_00, Cap: 50_000_00, Quorum: 1, Who: grant.Who, Opens: 1, Closes: 1 << 50,
	})
	must(err)
	must(a.Grants.Publish(ctx, c, staff, x.ID))
	must(a.Grants.AddMember(ctx, c, staff, x.ID, grant.Member{Name: "On paper"}, ""))
	y, err := a.Grants.Convene(ctx, c, staff, grant.Session{Call: x.ID, Begins: 1, Place: "Hall", Quorum: 1})
	must(err)
	for i := range 2 {
		f, err := a.Grants.Submit(ctx, c, permission.Actor{City: c.ID, System: true, Person: int64(2020 + i)}, grant.Sending{
			Call: x.ID, Who: "ngo", Name: "Yards", Contact: "Somebody", Phone: "0555 11 22 33", Content: grant.Content{
				Title: "A small yard", What: "Two benches and a tree for the yard", Why: "There is nowhere to sit down", Address: "Manas 1", Lang: "en",
				Lines: []grant.Line{{What: "Benches", Quantity: 1000, Price: 40_000_00, Payer: grant.PayGrant}},
			},
		})
		must(err)
		must(a.Grants.Admit(ctx, c, staff, f.Number))
		must(a.Grants.Enlist(ctx, c, staff, y.ID, f.Number))
	}
	sitting, err := a.Grants.Sitting(ctx, c, staff, y.ID)
	must(err)
	var all sync.WaitGroup
	results := make(chan error, 2)
	for _, sh := range sitting.Sheets {
		must(a.Grants.WriteDown(ctx, c, staff, y.ID, []grant.Ballot{{Case: sh.Case, Member: sitting.Members[0].ID, Vote: grant.For}}))
		all.Go(func() {
			results <- a.Grants.Resolve(ctx, c, staff, grant.Item{Session: y.ID, Case: sh.Case, Outcome: grant.Approve, Amount: 40_000_00})
		})
	}
	all.Wait()
	won, left := <-results, <-results
	if won != nil {
		won, left = left, won
	}
	if won != nil || len(web.Fields(left)) != 1 || web.Fields(left)[0].Key != "grant.error.pot_left" {
		t.Errorf("the pot pays for one: %v, %v", won, left)
	}
}

// plain takes the spaces that do not break out of a page.
func plain(page string) string {
	return strings.NewReplacer("\u00a0", " ", "\u202f", ",", "\u2009", " ").Replace(page)
}

// checkRecorded tells whether the public record has the hash of the minutes.
func checkRecorded(t *testing.T, a *app.App, s *httptest.Server, session string) {
	t.Helper()
	doc, _ := visit(t, s).do(200, http.MethodGet, session+"/minutes.json", nil)
	sum := sha256.Sum256([]byte(doc))
	number := grantNumber.FindString(doc)
	var list []record.Logged
	if err := a.DB.View(t.Context(), func(tx *db.Tx) (err error) {
		list, err = record.Of(tx, demo.CityID, "grant:"+number)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if len(list) != 1 || list[0].Kind != "grant.decision" || list[0].Hash != hex.EncodeToString(sum[:]) {
		t.Errorf("the record of %s is %+v", number, list)
	}
}

// recompute adds the open data up again, as anybody could.
func recompute(t *testing.T, anyone *browser) {
	t.Helper()
	file, _ := anyone.do(200, http.MethodGet, "/data/grants.csv", nil)
	rows, err := csv.NewReader(strings.NewReader(file)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var list []struct {
		Session  string  `json:"session"`
		Total    int64   `json:"total_tyiyn"`
		Approved int64   `json:"approved_tyiyn"`
		Share    float64 `json:"own_share_percent"`
	}
	text, _ := anyone.do(200, http.MethodGet, "/data/grants.json", nil)
	if err := json.Unmarshal([]byte(text), &list); err != nil || len(list) != len(rows)-1 {
		t.Fatalf("%d rows, %d lines (%v)", len(list), len(rows), err)
	}
	total, granted := map[string]int64{}, map[string]int64{}
	for _, r := range list {
		if r.Approved != 0 {
			total[r.Session] += r.Total
			granted[r.Session] += r.Approved
		}
	}
	found := map[[2]int64]bool{}
	for id := range total {
		found[[2]int64{total[id], granted[id]}] = true
	}
	if !found[[2]int64{732541300, 414556600}] || !found[[2]int64{716100000, 500000000}] {
		t.Errorf("the open data add up to %v", found)
	}
	for _, secret := range []string{"Демо киши", "+996555"} {
		if strings.Contains(file+text, secret) {
			t.Errorf("the open data tell %q", secret)
		}
	}
}

// commissioned is a city with a published call of the Leninsky district, a
// commission of one member with an account and two on paper, and its people.
type commissioned struct {
	*testing.T
	a                                *app.App
	s                                *httptest.Server
	head, foreign, applicant, member *browser
	call                             string // path
	body                             string
}

func commission(t *testing.T, a *app.App, s *httptest.Server) *commissioned {
	t.Helper()
	k := &commissioned{
		T: t, a: a, s: s, head: demoPerson(t, s, "1900"), foreign: demoPerson(t, s, "1901"), applicant: demoPerson(t, s, "2000"),
		member: demoPerson(t, s, "2001"), body: bodyNamed(t, a, "district-lenin"),
	}
	form := url.Values{
		"body": {k.body}, "district": {"leninsky"}, "title_en": {"Yards"}, "text_en": {"For yards"}, "pot": {"600 000"}, "cap": {"500 000"}, "share": {"20"},
		"quorum": {"2"}, "who": {"residents", "house_association"}, "opens": {"2020-01-01"}, "closes": {"2099-01-01"},
	}
	wrong := maps.Clone(form)
	wrong.Set("cap", "700 000")
	if page, _ := k.head.do(422, http.MethodPost, "/staff/grants", wrong); !strings.Contains(page, "Yards") {
		t.Error("the form loses what was typed")
	}
	k.foreign.do(403, http.MethodPost, "/staff/grants", form)
	k.applicant.do(403, http.MethodGet, "/staff/grants", nil)
	_, at := k.head.do(200, http.MethodPost, "/staff/grants", form)
	k.call = strings.TrimPrefix(at, "/staff")
	k.applicant.do(404, http.MethodGet, k.call, nil)
	k.head.do(422, http.MethodPost, at, url.Values{"do": {"member"}, "name": {"Somebody"}, "address": {"nobody@demo.example"}})
	for _, m := range []url.Values{
		{"name": {"Resident"}, "address": {"resident2@demo.example"}}, {"name": {"First on paper"}}, {"name": {"Second on paper"}},
	} {
		m.Set("do", "member")
		k.head.do(200, http.MethodPost, at, m)
	}
	k.head.do(422, http.MethodPost, at, url.Values{"do": {"member"}, "name": {"Again"}, "address": {"resident2@demo.example"}})
	k.head.do(200, http.MethodPost, at, url.Values{"do": {"publish"}})
	return k
}

const grantPhone = "+996555909090"

// yard is an application of 480 000 som of grant in 600 000.
func yard() url.Values {
	return url.Values{
		"who": {"residents"}, "name": {"Yard 5"}, "contact": {"Secret " + secret}, "phone": {"0555 90 90 90"}, "title": {"A yard for children"},
		"what": {"We lay paving and set up swings in the yard."}, "why": {"Children of ninety families have nowhere to play."}, "address": {"Manas 40"},
		"l0_what": {"Paving"}, "l0_quantity": {"320"}, "l0_unit": {"m2"}, "l0_price": {"1 500"}, "l0_payer": {"grant"},
		"l1_what": {""}, "l1_quantity": {""}, "l1_unit": {""}, "l1_price": {""}, "l1_payer": {"grant"},
		"l2_what": {"Work of residents"}, "l2_quantity": {"400,5"}, "l2_unit": {"h"}, "l2_price": {"200"}, "l2_payer": {"work"},
		"l3_what": {"Swings"}, "l3_quantity": {"1"}, "l3_unit": {""}, "l3_price": {"39 900"}, "l3_payer": {"money"},
	}
}

func changed(f url.Values, pairs ...string) url.Values {
	out := maps.Clone(f)
	for i := 0; i+1 < len(pairs); i += 2 {
		out.Set(pairs[i], pairs[i+1])
	}
	return out
}

// apply sends an application, with the mistakes that people make before.
func (k *commissioned) apply() (number string) {
	k.Helper()
	apply := k.call + "/apply"
	if page, _ := visit(k.T, k.s).do(200, http.MethodGet, apply, nil); strings.Contains(page, "l0_what") {
		k.Error("a visitor who is not signed in gets the form")
	}
	for _, x := range []struct{ name, field, value, says string }{
		{"asks for too much", "l0_price", "1 700", "544"},
		{"bears too little", "l3_price", "100", "14.3"},
		{"has a price that is none", "l2_price", "many", "Enter the price in som"},
		{"may not apply", "who", "ngo", "Choose for whom you apply"},
	} {
		page, _ := k.applicant.do(422, http.MethodPost, apply, changed(yard(), x.field, x.value))
		if !strings.Contains(plain(page), x.says) || !strings.Contains(page, "A yard for children") || !strings.Contains(page, `value="400,5"`) {
			k.Errorf("who %s is not told so, or what was typed is lost", x.name)
		}
	}
	page, _ := k.applicant.do(200, http.MethodPost, apply, changed(yard(), "do", "count"))
	if !strings.Contains(plain(page), "20%") || !strings.Contains(plain(page), "600,000 som") {
		k.Error("the sums are not shown before sending")
	}
	k.applicant.do(200, http.MethodPost, apply, changed(yard(), "do", "draft", "why", "Half a thought"))
	if page, _ := k.applicant.do(200, http.MethodGet, apply, nil); !strings.Contains(page, "Half a thought") || !strings.Contains(page, "320") {
		k.Error("the draft is lost")
	}
	if page, _ := k.applicant.do(200, http.MethodGet, "/account", nil); !strings.Contains(page, apply) {
		k.Error("the draft is not in the account")
	}
	_, at := k.applicant.do(200, http.MethodPost, apply, yard())
	return strings.TrimPrefix(at, "/grants/applications/")
}

// correct has an application returned, corrected and let through.
func (k *commissioned) correct(number string) {
	k.Helper()
	own, work := "/grants/applications/"+number, "/staff/grants/applications/"+number
	for _, b := range []*browser{k.member, visit(k.T, k.s), k.foreign} {
		b.do(404, http.MethodGet, own, nil)
	}
	k.foreign.do(404, http.MethodGet, work, nil)
	k.foreign.do(404, http.MethodPost, work, url.Values{"do": {"admit"}})
	k.applicant.do(404, http.MethodPost, work, url.Values{"do": {"admit"}})
	if page, _ := k.head.do(200, http.MethodGet, work, nil); !strings.Contains(page, secret) || !strings.Contains(page, grantPhone) {
		k.Error("the staff does not read the contact")
	}
	k.head.do(422, http.MethodPost, work, url.Values{"do": {"return"}})
	k.head.do(200, http.MethodPost, work, url.Values{"do": {"return"}, "note": {"Say how many swings there are"}})
	if page, _ := k.applicant.do(200, http.MethodGet, own, nil); !strings.Contains(page, "how many swings") || !strings.Contains(page, "Who opened it") {
		k.Error("the applicant does not read what to correct, or who has opened it")
	}
	k.member.do(404, http.MethodPost, own+"/correct", yard())
	if page, _ := k.applicant.do(200, http.MethodGet, own+"/correct", nil); !strings.Contains(page, "400,5") {
		k.Error("the form of the correction is not filled in")
	}
	k.applicant.do(200, http.MethodPost, own+"/correct", changed(yard(), "l3_what", "Four swings"))
	k.applicant.do(409, http.MethodPost, own+"/correct", yard())
	if page, _ := k.applicant.do(200, http.MethodGet, own+"/versions/1", nil); strings.Contains(page, "Four swings") || !strings.Contains(page, "Swings") {
		k.Error("the first version is not kept")
	}
	k.head.do(200, http.MethodPost, work, url.Values{"do": {"admit"}})
	anyone := visit(k.T, k.s)
	page, _ := anyone.do(200, http.MethodGet, own, nil)
	for _, text := range []string{secret, grantPhone, "how many swings"} {
		if strings.Contains(page, text) {
			k.Errorf("everybody reads %q", text)
		}
	}
	if !strings.Contains(page, "Four swings") || !strings.Contains(plain(page), "20%") || !strings.Contains(page, "Sign in and pledge") {
		k.Error("everybody should read the corrected application, its share and pledge for it")
	}
	anyone.do(404, http.MethodGet, own+"/versions/1", nil)
}

// decide holds a session in which the application is approved.
func (k *commissioned) decide(number string) {
	k.Helper()
	place := url.Values{"do": {"session"}, "place": {"Hall 4"}, "quorum": {"2"}, "begins": {"2021-05-04T10:00"}}
	k.foreign.do(403, http.MethodPost, "/staff"+k.call, place)
	_, desk := k.head.do(200, http.MethodPost, "/staff"+k.call, place)
	at := strings.TrimPrefix(desk, "/staff")
	k.head.do(422, http.MethodPost, desk, url.Values{"do": {"add"}, "number": {"G-2000-000001"}})
	k.head.do(200, http.MethodPost, desk, url.Values{"do": {"add"}, "number": {number}})
	k.head.do(422, http.MethodPost, desk, url.Values{"do": {"add"}, "number": {number}})
	k.applicant.do(403, http.MethodGet, at+"/vote", nil)
	page, _ := k.member.do(200, http.MethodGet, at+"/vote", nil)
	which := hiddenCase.FindStringSubmatch(page)[1]

	vote := func(want int, b *browser, more ...string) string {
		k.Helper()
		page, _ := b.do(want, http.MethodPost, at+"/vote", changed(url.Values{"do": {"vote"}, "case": {which}}, more...))
		return page
	}
	vote(403, k.head, "vote", "for")
	vote(422, k.member, "vote", "against")
	vote(200, k.member, "vote", "for")
	resolve := func(want int, more ...string) string {
		k.Helper()
		page, _ := k.head.do(want, http.MethodPost, desk, changed(url.Values{"do": {"resolve"}, "case": {which}, "outcome": {"approve"}, "amount": {"450 000"}}, more...))
		return page
	}
	if page := resolve(422); !strings.Contains(page, "No quorum") {
		k.Error("one vote is no quorum of two")
	}
	vote(422, k.member, "do", "conflict")
	vote(200, k.member, "do", "conflict", "reason", "My brother lives there")
	if page := vote(422, k.member, "vote", "for"); !strings.Contains(page, "there is an interest") {
		k.Error("who has a conflict is not told that they cannot vote")
	}
	paper := url.Values{"do": {"paper"}, "case": {which}}
	form, _ := k.head.do(200, http.MethodGet, desk, nil)
	for _, m := range paperVote.FindAllStringSubmatch(form, -1) {
		paper.Set("vote_"+m[1], "for")
	}
	k.head.do(200, http.MethodPost, desk, paper)
	for _, x := range []struct{ name, field, value string }{
		{"more than asked for", "amount", "480 001"}, {"nothing", "amount", "0"}, {"against the votes", "outcome", "refuse"}, {"an outcome that is none", "outcome", "maybe"},
	} {
		if page := resolve(422, x.field, x.value, "reasons", "Why"); !strings.Contains(page, "Why") {
			k.Errorf("%s: what was typed is lost", x.name)
		}
	}
	if page, _ := visit(k.T, k.s).do(200, http.MethodGet, at, nil); strings.Contains(page, "My brother") || strings.Contains(page, "who_voted") {
		k.Error("everybody reads of votes before the minutes are published")
	}
	resolve(200)
	k.head.do(422, http.MethodPost, desk, url.Values{"do": {"close"}})
	k.head.do(200, http.MethodPost, desk, url.Values{"do": {"close"}, "minutes": {"One application was decided on."}})
	k.head.do(409, http.MethodPost, desk, url.Values{"do": {"close"}, "minutes": {"One application was decided on."}})
	vote(409, k.member, "vote", "for")
	minutes, _ := visit(k.T, k.s).do(200, http.MethodGet, at, nil)
	for _, text := range []string{"One application was decided on.", "450,000 som", "25%", "My brother lives there", "For: 2"} {
		if !strings.Contains(plain(minutes), text) {
			k.Errorf("the minutes do not say %q", text)
		}
	}
	checkRecorded(k.T, k.a, k.s, at)
	if page, _ := k.head.do(422, http.MethodPost, "/staff/grants/applications/"+number, url.Values{
		"do": {"conclude"}, "number": {"1"}, "day": {"2026-01-01"}, "ends": {"2026-12-01"}, "sum": {"450 001"}, "parties": {"The city, Yard 5"}, "t0_sum": {"450 001"}, "t0_terms": {"At once"},
	}); !strings.Contains(page, "At once") {
		k.Error("a contract of more than the grant is taken, or lost")
	}
}

var (
	hiddenCase = regexp.MustCompile(`name="case" value="(\d+)"`)
	paperVote  = regexp.MustCompile(`name="vote_(\d+)"`)
)

// TestAGrantTravelsFromAnApplicationToItsLastTranche follows one application:
// returned, corrected, voted on, under contract, paid out in parts, failed.
func TestAGrantTravelsFromAnApplicationToItsLastTranche(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		k := commission(t, a, s)
		number := k.apply()
		k.correct(number)
		own, work := "/grants/applications/"+number, "/staff/grants/applications/"+number

		// Residents pledge; who carries the project out confirms.
		page, _ := k.member.do(200, http.MethodGet, own, nil)
		offer := url.Values{"kind": {"grant"}, "subject": {hiddenSubject.FindStringSubmatch(page)[1]}, "back": {own}, "what": {"money"}, "amount": {"5 000"}}
		if page, _ := k.member.do(422, http.MethodPost, "/pledges", changed(offer, "amount", "much")); !strings.Contains(page, "much") {
			t.Error("the form of a pledge loses what was typed")
		}
		_, pledged := k.member.do(200, http.MethodPost, "/pledges", offer)
		k.foreign.do(404, http.MethodPost, pledged, url.Values{"do": {"confirm"}})
		k.applicant.do(200, http.MethodPost, pledged, url.Values{"do": {"confirm"}, "back": {own}})
		deliver(t, a)
		if page, _ := k.member.do(200, http.MethodGet, "/account/notices", nil); !strings.Contains(page, "Your pledge was received") {
			t.Error("the pledger is not told")
		}

		k.decide(number)
		k.head.do(200, http.MethodPost, work, url.Values{
			"do": {"conclude"}, "number": {"1"}, "day": {"2026-01-01"}, "ends": {"2026-12-01"}, "sum": {"450 000"}, "parties": {"The city, Yard 5"},
			"t0_sum": {"200 000"}, "t0_terms": {"When it is signed"}, "t1_sum": {"250 000"}, "t1_terms": {"After the paving"},
		})
		release := func(want int, n string) {
			t.Helper()
			k.head.do(want, http.MethodPost, work, url.Values{"do": {"release"}, "tranche": {n}})
		}
		release(422, "2")
		release(200, "1")
		release(409, "1")
		release(422, "2")
		k.applicant.do(422, http.MethodPost, own+"/report", url.Values{"tranche": {"1"}})
		k.member.do(404, http.MethodPost, own+"/report", url.Values{"tranche": {"1"}})
		k.head.do(409, http.MethodPost, work, url.Values{"do": {"accept"}, "tranche": {"1"}})
		k.applicant.upload(200, own+"/report", "files", url.Values{"tranche": {"1"}}, map[string]string{"act.pdf": "%PDF-1.4 act"})
		k.head.do(422, http.MethodPost, work, url.Values{"do": {"accept"}, "tranche": {"1"}})
		photos := k.show(number)
		for _, key := range photos {
			visit(t, s).do(404, http.MethodGet, "/photos/"+key, nil)
		}
		k.head.do(422, http.MethodPost, work, url.Values{"do": {"refuse"}, "tranche": {"1"}})
		release(422, "2")
		k.head.do(200, http.MethodPost, work, url.Values{"do": {"accept"}, "tranche": {"1"}})
		for _, key := range photos {
			visit(t, s).do(200, http.MethodGet, "/photos/"+key, nil)
		}
		release(200, "2")

		// It fails: what was released and not accepted is due, and so is the pledge.
		k.head.do(422, http.MethodPost, work, url.Values{"do": {"fail"}})
		k.head.do(200, http.MethodPost, work, url.Values{"do": {"fail"}, "note": {"The builder has gone"}})
		release(409, "2")
		page, _ = visit(t, s).do(200, http.MethodGet, own, nil)
		for _, text := range []string{"To be returned", "What was received is given back", "250,000 som"} {
			if !strings.Contains(plain(page), text) {
				t.Errorf("the public ledger does not say %q", text)
			}
		}
		k.head.do(409, http.MethodPost, work, url.Values{"do": {"given_back"}, "tranche": {"1"}})
		k.head.do(200, http.MethodPost, work, url.Values{"do": {"given_back"}, "tranche": {"2"}})
		staff := "/staff" + pledged
		k.head.do(200, http.MethodPost, staff, url.Values{"do": {"return"}, "reason": {"The project has failed"}, "back": {"/staff/pledges"}})
		deliver(t, a)
		for b, text := range map[*browser]string{k.applicant: "The project has failed", k.member: "Your pledge was returned"} {
			if page, _ := b.do(200, http.MethodGet, "/account/notices", nil); !strings.Contains(page, text) {
				t.Errorf("nobody is told %q", text)
			}
		}
		if page, _ := k.member.do(200, http.MethodGet, "/account", nil); !strings.Contains(page, pledged) {
			t.Error("the pledge is not in the account")
		}

		for _, b := range []*browser{k.applicant, k.member} {
			if page, _ := b.do(200, http.MethodGet, "/account/data/all", nil); b == k.applicant && !strings.Contains(page, grantPhone) || strings.Contains(page, "⟦") {
				t.Error("what is held about an applicant is not told")
			}
		}

		// Who leaves takes the contact along; the decision stays.
		k.applicant.do(200, http.MethodPost, "/account/erase", url.Values{"sure": {"1"}, "confirm": {"1"}})
		if page, _ := k.head.do(200, http.MethodGet, work, nil); strings.Contains(page, secret) || strings.Contains(page, grantPhone) || strings.Contains(page, "Yard 5 (") {
			t.Error("the contact of who left is still there")
		}
	})
}

var hiddenSubject = regexp.MustCompile(`name="subject" value="(\d+)"`)

// show sends the photos of the first tranche and returns their keys.
func (k *commissioned) show(number string) (keys []string) {
	k.Helper()
	c, _ := k.a.Cities.ByID(demo.CityID)
	r := grant.Report{N: 1, Words: "The paving is laid", Lang: "en"}
	for i, stage := range []string{"before", "after"} {
		var file bytes.Buffer
		if err := jpeg.Encode(&file, draw.Scene("pothole", int64(40+i), i == 1), nil); err != nil {
			k.Fatal(err)
		}
		p, _, err := k.a.Reports.StorePhoto(k.Context(), &file)
		if err != nil {
			k.Fatal(err)
		}
		p.Stage = stage
		r.Photos = append(r.Photos, p)
		keys = append(keys, p.Full)
	}
	me := permission.Actor{City: c.ID, System: true, Person: 2000}
	if err := k.a.Grants.Send(k.Context(), c, me, number, r); err != nil {
		k.Fatal(err)
	}
	return keys
}

// TestEachRoleDoesItsPartOfAGrant takes every role at the body of a call, at
// another body, a resident and a visitor, and what is done with grants.
func TestEachRoleDoesItsPartOfAGrant(t *testing.T) {
	a, s := serve(t, "")
	ctx := t.Context()
	c, _ := a.Cities.ByID(demo.CityID)
	k := commission(t, a, s)
	body, _ := strconv.ParseInt(k.body, 10, 64)
	call, _ := strconv.ParseInt(grantCall.FindStringSubmatch(k.call)[1], 10, 64)
	system := permission.Actor{City: c.ID, System: true, Person: 1}
	sitting, err := a.Grants.Convene(ctx, c, system, grant.Session{Call: call, Begins: 1, Place: "Hall", Quorum: 1})
	if err != nil {
		t.Fatal(err)
	}
	_, at := k.applicant.do(200, http.MethodPost, k.call+"/apply", yard())
	number := strings.TrimPrefix(at, "/grants/applications/")
	matrix, err := a.Matrix.Of(ctx, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	staff, heads := []permission.Role{permission.Clerk, permission.Head}, []permission.Role{permission.Head}
	// What is done is wrong in itself, so that nobody changes anything: whoever
	// may do it is told what is wrong with it.
	for _, d := range []struct {
		name string
		may  []permission.Role
		do   func(p permission.Actor) error
	}{
		{"announce", heads, func(p permission.Actor) error {
			_, err := a.Grants.NewCall(ctx, c, p, grant.Call{Body: body})
			return err
		}},
		{"name members", heads, func(p permission.Actor) error { return a.Grants.AddMember(ctx, c, p, call, grant.Member{}, "") }},
		{"convene", staff, func(p permission.Actor) error {
			_, err := a.Grants.Convene(ctx, c, p, grant.Session{Call: call})
			return err
		}},
		{"enlist", staff, func(p permission.Actor) error { return a.Grants.Enlist(ctx, c, p, sitting.ID, number) }},
		{"write down", staff, func(p permission.Actor) error {
			return a.Grants.WriteDown(ctx, c, p, sitting.ID, nil)
		}},
		{"close", heads, func(p permission.Actor) error { return a.Grants.CloseSession(ctx, c, p, sitting.ID, "") }},
		{"vote", nil, func(p permission.Actor) error {
			return a.Grants.Cast(ctx, c, p, sitting.ID, grant.Ballot{Vote: grant.For})
		}},
		{"check", staff, func(p permission.Actor) error { return a.Grants.SendBack(ctx, c, p, number, "") }},
		{"read", staff, func(p permission.Actor) error { _, _, err := a.Grants.DeskShow(ctx, c, p, number); return err }},
		{"contract", heads, func(p permission.Actor) error { return a.Grants.Conclude(ctx, c, p, number, grant.Deal{}, nil) }},
		{"release", heads, func(p permission.Actor) error { return a.Grants.Release(ctx, c, p, number, 1) }},
		{"judge", heads, func(p permission.Actor) error { return a.Grants.Judge(ctx, c, p, number, 1, false, "") }},
		{"fail", heads, func(p permission.Actor) error { return a.Grants.Fail(ctx, c, p, number, "") }},
		{"withdraw", nil, func(p permission.Actor) error { return a.Grants.Withdraw(ctx, c, p, number) }},
	} {
		for _, role := range append([]permission.Role{permission.Citizen, ""}, permission.Roles...) {
			for _, where := range []int64{body, body + 1} {
				p := permission.Actor{City: c.ID, Level: permission.Phone, Person: 2015}
				if role == "" {
					p.Person, p.Level = 0, permission.Anonymous
				} else if role != permission.Citizen {
					p.Grants = []permission.Grant{{Role: role, Body: where}}
				}
				err := d.do(p.WithMatrix(matrix))
				if may := slices.Contains(d.may, role) && where == body; may == refused(err) {
					t.Errorf("%s: %q at body %d: %v", d.name, role, where-body, err)
				}
			}
		}
	}
	if err := a.Grants.SaveDraft(ctx, c, permission.Actor{City: c.ID, Person: 2015, Level: permission.Known}.WithMatrix(matrix), call, nil); !errors.Is(err, permission.ErrDenied) {
		t.Errorf("who has proved no telephone applies: %v", err)
	}
}
