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
	"github.com/ashar-kg/ashar/internal/civic/account"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/platform/db"
)

var (
	mandateID  = regexp.MustCompile(`name="id" value="(\d+)"`)
	behalfID   = regexp.MustCompile(`name="behalf" type="radio" value="([1-9]\d*)"`)
	linkCode   = regexp.MustCompile(`[ACDEFHJKMNPRTUVWXY34679]{10}`)
	paperOnDsk = regexp.MustCompile(`/staff/mandates/\d+/files/\d+`)
)

// addressOf is a proved address of a person of the demo.
func addressOf(t *testing.T, a *app.App, person int64) (address string) {
	t.Helper()
	if err := a.DB.View(t.Context(), func(tx *db.Tx) error {
		list, err := account.Contacts(tx, 1, person)
		for _, c := range list {
			if c.Verified != 0 {
				address = c.Address
			}
		}
		return err
	}); err != nil || address == "" {
		t.Fatalf("person %d has no address: %v", person, err)
	}
	return address
}

func actedFor(t *testing.T, b *browser) string {
	t.Helper()
	page, _ := b.do(200, http.MethodGet, "/appeals/new", nil)
	m := behalfID.FindStringSubmatch(page)
	if m == nil {
		return ""
	}
	return m[1]
}

func TestSomebodyActsForAnotherUntilADay(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		one, agent, third, clerk, head := demoPerson(t, s, "2000"), demoPerson(t, s, "2001"), demoPerson(t, s, "2002"), demoPerson(t, s, "1003"), demoPerson(t, s, "1004")
		soon := cityDay(0, 0, 20)
		offer := func(want int, address, until string) string {
			t.Helper()
			page, _ := one.do(want, http.MethodPost, "/account/mandates", url.Values{"do": {"offer"}, "kind": {"family"}, "address": {address}, "until": {until}})
			return page
		}
		offer(422, "nonsense", soon)
		offer(422, addressOf(t, a, 2000), soon)
		offer(422, addressOf(t, a, 2001), "2020-01-01")
		offer(422, addressOf(t, a, 2001), cityDay(3, 0, 0))
		offer(200, "nobody@city.example", soon) // whether anybody has the address is not told
		offer(200, addressOf(t, a, 2001), soon)
		if actedFor(t, agent) != "" {
			t.Fatal("an offer is in force before it was accepted")
		}
		page, _ := agent.do(200, http.MethodGet, "/account/mandates", nil)
		id := mandateID.FindStringSubmatch(page)
		if id == nil {
			t.Fatal("the offer is not shown to whom it was made")
		}
		third.do(404, http.MethodPost, "/account/mandates", url.Values{"do": {"accept"}, "id": {id[1]}})
		third.do(404, http.MethodPost, "/account/mandates", url.Values{"do": {"end"}, "id": {id[1]}})
		agent.do(200, http.MethodPost, "/account/mandates", url.Values{"do": {"accept"}, "id": {id[1]}})
		if actedFor(t, agent) != "2000" {
			t.Fatalf("the agent acts for %q", actedFor(t, agent))
		}

		// The agent appeals in the other's name, and both have it.
		form := appealForm(bodyNamed(t, a, "gorsvet"))
		form.Set("behalf", "2002")
		agent.do(422, http.MethodPost, "/appeals/new", form)
		form.Set("behalf", "2000")
		_, at := agent.do(200, http.MethodPost, "/appeals/new", form)
		number := appealNumber.FindString(at)
		for who, b := range map[string]*browser{"the author": one, "the agent": agent} {
			if page, _ := b.do(200, http.MethodGet, "/appeals/"+number, nil); !strings.Contains(page, secret) {
				t.Errorf("%s does not read it", who)
			}
			if page, _ := b.do(200, http.MethodGet, "/account", nil); !strings.Contains(page, number) {
				t.Errorf("%s does not have it in the account", who)
			}
		}
		third.do(404, http.MethodGet, "/appeals/"+number, nil)
		page, _ = one.do(200, http.MethodGet, "/appeals/"+number, nil)
		name := nameOf(t, a, 2001)
		if strings.Count(page, name) < 2 { // who filed it, and who looked
			t.Errorf("the author does not see what %s did", name)
		}
		if page, _ := clerk.do(200, http.MethodGet, "/staff/appeals/"+number, nil); !strings.Contains(page, name) {
			t.Error("the clerk does not see who has filed it")
		}
		clerk.do(200, http.MethodPost, "/staff/appeals/"+number, url.Values{"do": {"review"}, "text": {"Чырактар алмаштырылды."}})
		head.do(200, http.MethodPost, "/staff/appeals/"+number, url.Values{"do": {"sign"}})
		deliver(t, a)
		if page, _ := agent.do(200, http.MethodGet, "/account/notices", nil); !strings.Contains(page, number) {
			t.Error("the agent does not hear of it")
		}
		agent.do(200, http.MethodPost, "/appeals/"+number+"/rate", url.Values{"stars": {"5"}})

		// Once it is ended nothing is the agent's any more.
		one.do(200, http.MethodPost, "/account/mandates", url.Values{"do": {"end"}, "id": {id[1]}})
		agent.do(404, http.MethodGet, "/appeals/"+number, nil)
		agent.do(404, http.MethodGet, "/appeals/"+number+"/answer.pdf", nil)
		if page, _ := agent.do(200, http.MethodGet, "/account", nil); strings.Contains(page, number) {
			t.Error("the agent still has it in the account")
		}
		one.do(200, http.MethodGet, "/appeals/"+number, nil)
	})
}

func nameOf(t *testing.T, a *app.App, person int64) (name string) {
	t.Helper()
	if err := a.DB.View(t.Context(), func(tx *db.Tx) error {
		names, err := account.Names(tx, 1, []int64{person})
		name = names[person]
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestAPaperProvesThatSomebodyActsForAChild(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		parent, clerk, dispatcher := demoPerson(t, s, "2000"), demoPerson(t, s, "1003"), demoPerson(t, s, "1001")
		day := time.Now().In(bishkek).AddDate(0, 0, 100)
		ask := url.Values{"do": {"ask"}, "kind": {"family"}, "name": {"Нурай " + secret}, "until": {day.Format(time.DateOnly)}}
		page, _ := parent.attach(422, "/account/mandates", ask, nil)
		if !strings.Contains(page, "Нурай "+secret) {
			t.Error("what was typed is lost")
		}
		parent.attach(200, "/account/mandates", ask, map[string]string{"birth.pdf": "%PDF-1.4 birth of " + secret})
		if actedFor(t, parent) != "" {
			t.Fatal("a paper counts before it was checked")
		}
		clerk.do(403, http.MethodGet, "/staff/mandates", nil)
		page, _ = dispatcher.do(200, http.MethodGet, "/staff/mandates", nil)
		file, id := paperOnDsk.FindString(page), mandateID.FindStringSubmatch(page)
		if file == "" || id == nil {
			t.Fatal("the paper does not wait to be checked")
		}
		for _, b := range []*browser{clerk, parent, visit(t, s)} {
			if text, _ := b.do(wanted(b, clerk, parent), http.MethodGet, file, nil); strings.Contains(text, secret) {
				t.Error("the paper is read by who does not check it")
			}
		}
		if text, _ := dispatcher.do(200, http.MethodGet, file, nil); !strings.Contains(text, secret) {
			t.Error("who checks the paper cannot read it")
		}
		dispatcher.do(422, http.MethodPost, "/staff/mandates", url.Values{"do": {"refuse"}, "id": {id[1]}})
		dispatcher.do(200, http.MethodPost, "/staff/mandates", url.Values{"do": {"approve"}, "id": {id[1]}})
		dispatcher.do(409, http.MethodPost, "/staff/mandates", url.Values{"do": {"approve"}, "id": {id[1]}})
		child := actedFor(t, parent)
		if child == "" {
			t.Fatal("the parent does not act for the child")
		}
		form := appealForm(bodyNamed(t, a, "gorsvet"))
		form.Set("behalf", child)
		_, at := parent.do(200, http.MethodPost, "/appeals/new", form)
		number := appealNumber.FindString(at)
		parent.do(200, http.MethodGet, "/appeals/"+number, nil)

		// It ends with its day, and the paper goes when it was kept long enough.
		c, err := a.CityNamed("")
		if err != nil {
			t.Fatal(err)
		}
		real := a.Mandates.Clock
		expire := func(days int) {
			t.Helper()
			a.Mandates.Clock = after{real, time.Duration(days) * 24 * time.Hour}
			if err := a.Mandates.Expire(t.Context(), []*city.City{c}); err != nil {
				t.Fatal(err)
			}
		}
		expire(99)
		parent.do(200, http.MethodGet, "/appeals/"+number, nil)
		dispatcher.do(404, http.MethodGet, file, nil)
		expire(102)
		parent.do(404, http.MethodGet, "/appeals/"+number, nil)
	})
}

// wanted is what somebody who may not read a paper is told.
func wanted(b, clerk, parent *browser) int {
	if b == clerk || b == parent {
		return 403
	}
	return 200 // the page to sign in
}

func TestACodeLinksWhatWasSaidOnTheTelephone(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		dispatcher, clerk, caller, thief := demoPerson(t, s, "1001"), demoPerson(t, s, "1003"), demoPerson(t, s, "2000"), demoPerson(t, s, "2001")
		number := called(t, dispatcher)
		clerk.do(403, http.MethodPost, "/staff/link", url.Values{"number": {number}})
		dispatcher.do(404, http.MethodPost, "/staff/link", url.Values{"number": {"A-2001-000001"}})
		give := func() string {
			t.Helper()
			page, at := dispatcher.do(200, http.MethodPost, "/staff/link", url.Values{"number": {number}})
			code := linkCode.FindString(page[strings.Index(page, "<main"):])
			if code == "" || strings.Contains(at, code) {
				t.Fatalf("the slip at %s has the code %q", at, code)
			}
			return code
		}
		first := give()
		code := give() // the first one is void now
		use := func(want int, b *browser, number, code string) {
			t.Helper()
			b.do(want, http.MethodPost, "/account/link", url.Values{"number": {number}, "code": {code}})
		}
		use(422, caller, number, first)
		use(422, caller, "A-2001-000001", code)
		use(401, visit(t, s), number, code)
		use(200, caller, strings.ToLower(number), strings.ToLower(code[:5])+" "+code[5:])
		use(422, thief, number, code)
		if page, _ := caller.do(200, http.MethodGet, "/account", nil); !strings.Contains(page, number) {
			t.Error("the account does not have what was said before")
		}

		// Who guesses is stopped before the right one.
		other := called(t, dispatcher)
		page, _ := dispatcher.do(200, http.MethodPost, "/staff/link", url.Values{"number": {other}})
		right := linkCode.FindString(page[strings.Index(page, "<main"):])
		for range 5 {
			use(422, thief, other, "ACDEFHJKMN")
		}
		use(422, thief, other, right)

		// Who can sign in needs no code.
		form := appealForm(bodyNamed(t, a, "gorsvet"))
		_, at := caller.do(200, http.MethodPost, "/appeals/new", form)
		dispatcher.do(422, http.MethodPost, "/staff/link", url.Values{"number": {appealNumber.FindString(at)}})
	})
}

var calls = 0

// called registers what somebody says on the telephone, each time somebody else.
func called(t *testing.T, dispatcher *browser) string {
	t.Helper()
	calls++
	page, _ := dispatcher.do(200, http.MethodPost, "/staff/desk", url.Values{
		"do": {"take"}, "channel": {"phone"}, "phone": {"0555 90 80 " + string(rune('0'+calls/10%10)) + string(rune('0'+calls%10))}, "name": {"Асан"}, "lang": {"ky"},
		"what": {"appeal:complaint"}, "text": {"The lamps of the yard have been dark for a month, and nobody comes."}, "home": {"Токтогул 12"},
	})
	return appealNumber.FindString(page)
}

func TestWhereSomebodyLivesIsTheirs(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		one := demoPerson(t, s, "2000")
		page, _ := one.do(422, http.MethodPost, "/account/home", url.Values{"address": {"Чүй 120"}, "district": {"nowhere"}})
		if !strings.Contains(page, "Чүй 120") {
			t.Error("what was typed is lost")
		}
		one.do(422, http.MethodPost, "/account/home", url.Values{"address": {strings.Repeat("x", 301)}})
		page, _ = one.do(200, http.MethodPost, "/account/home", url.Values{"address": {"Чүй проспектиси 120"}})
		if chosen := regexp.MustCompile(`<option value="([a-z]+)" selected`).FindAllStringSubmatch(page[strings.Index(page, `name="district"`):], -1); len(chosen) != 1 {
			t.Errorf("the district is not found by the street: %v", chosen)
		}
		if form, _ := one.do(200, http.MethodGet, "/appeals/new", nil); !strings.Contains(form, "Чүй проспектиси 120") {
			t.Error("the form of an appeal does not begin with the address")
		}
		if data, _ := one.do(200, http.MethodGet, "/account/data.json", nil); !strings.Contains(data, "Чүй проспектиси 120") {
			t.Error("the address is not exported")
		}
		if page, _ := demoPerson(t, s, "2001").do(200, http.MethodGet, "/account", nil); strings.Contains(page, "Чүй проспектиси 120") {
			t.Error("somebody else reads the address")
		}
		one.do(200, http.MethodPost, "/account/home", url.Values{"address": {""}})
		if page, _ := one.do(200, http.MethodGet, "/account", nil); strings.Contains(page, "Чүй проспектиси 120") {
			t.Error("the address cannot be taken away")
		}
	})
}
