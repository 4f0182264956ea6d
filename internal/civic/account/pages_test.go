package account_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/account"
	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/civic/place"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/db/dbtest"
	"github.com/ashar-kg/ashar/internal/platform/fresh"
	"github.com/ashar-kg/ashar/internal/platform/i18n"
	"github.com/ashar-kg/ashar/locales"
)

// nothing stands for the features that accounts know only as interfaces.
type nothing struct{}

func (nothing) Own(context.Context, *page.Visit, int) ([]account.Own, error) {
	return []account.Own{{Href: "/reports/2026-000001", Number: "2026-000001", Title: "Lamp", State: "fixed", StateText: "Fixed"}}, nil
}

func (nothing) Followed(context.Context, *page.Visit, int) ([]account.Own, error) { return nil, nil }
func (nothing) Sent() []account.Sent                                              { return nil }
func (nothing) URL(string) string                                                 { return "" }

func (nothing) File(string) ([]byte, bool) { return nil, false }

// serve puts the pages of accounts into the frame of a site.
func (w *town) serve() *httptest.Server {
	w.t.Helper()
	cities, err := city.NewRegistry(w.t.Context(), w.db)
	if err != nil {
		w.t.Fatal(err)
	}
	catalogue, err := i18n.Load(locales.FS)
	if err != nil {
		w.t.Fatal(err)
	}
	feature := account.Manifest(&account.Pages{Service: w.service, Bodies: body.NewStore(w.db), Outbox: nothing{}, Demo: true, Cases: nothing{}, Places: place.NewStore(w.db, w.clock)})
	site := page.New(page.Parts{
		DB: w.db, Cities: cities, Matrix: permission.NewBook(w.db, feature.Permissions), Catalogue: catalogue, Sessions: w.service,
		Versions: fresh.New(w.db), Clock: w.clock, Assets: nothing{}, Log: slog.New(slog.DiscardHandler), Nav: feature.Nav,
	})
	s := httptest.NewServer(site.Handler(append(feature.Routes, site.Routes()...)))
	w.t.Cleanup(s.Close)
	return s
}

// visitor is a browser at one city's address.
type visitor struct {
	t    *testing.T
	base string
	host string
	http *http.Client
}

func visit(t *testing.T, s *httptest.Server, host string) *visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	stop := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &visitor{t, s.URL, host, &http.Client{Jar: jar, CheckRedirect: stop}}
}

func (b *visitor) send(method, path, kind, content string) (status int, text, to string) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.base+path, strings.NewReader(content))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Host = b.host
	r.Header.Set("Accept-Language", "en")
	r.Header.Set("Content-Type", kind)
	answer, err := b.http.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer.StatusCode, string(data), answer.Header.Get("Location")
}

func (b *visitor) get(want int, path string) string {
	b.t.Helper()
	status, text, to := b.send(http.MethodGet, path, "", "")
	if status != want {
		b.t.Fatalf("GET %s: %d to %q, want %d\n%.800s", path, status, to, want, text)
	}
	return text
}

// post sends a form and returns where it leads and what it says.
func (b *visitor) post(want int, path string, form url.Values) (to, text string) {
	b.t.Helper()
	status, text, to := b.send(http.MethodPost, path, "application/x-www-form-urlencoded", form.Encode())
	if status != want {
		b.t.Fatalf("POST %s: %d to %q, want %d\n%.800s", path, status, to, want, text)
	}
	return to, text
}

// call sends JSON as an island does.
func (b *visitor) call(want int, path string, in any) map[string]json.RawMessage {
	b.t.Helper()
	content, err := json.Marshal(in)
	if err != nil {
		b.t.Fatal(err)
	}
	status, text, _ := b.send(http.MethodPost, path, "application/json", string(content))
	if status != want {
		b.t.Fatalf("POST %s: %d, want %d\n%.800s", path, status, want, text)
	}
	var out map[string]json.RawMessage
	if err := json.NewDecoder(bytes.NewBufferString(text)).Decode(&out); err != nil {
		b.t.Fatalf("POST %s answers %q: %v", path, text, err)
	}
	return out
}

// signIn walks the pages from the address to the session.
func (b *visitor) signIn(w *town, address string) (to string) {
	b.t.Helper()
	confirm, _ := b.post(303, "/account/sign-in", url.Values{"address": {address}, "back": {"/account/data"}})
	to, _ = b.post(303, confirm, url.Values{"code": {w.post.last(b.t).Code}})
	return to
}

// pages runs a test with a served town on both engines.
func pages(t *testing.T, run func(t *testing.T, w *town, s *httptest.Server)) {
	t.Helper()
	dbtest.Each(t, tables, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		run(t, w, w.serve())
	})
}

func TestTheLinkInAMailSignsInOnlyWhenTheButtonIsPressed(t *testing.T) {
	pages(t, func(t *testing.T, w *town, s *httptest.Server) {
		b := visit(t, s, "bishkek.example")
		if to := func() string { _, _, to := b.send("GET", "/account", "", ""); return to }(); to != "/account/sign-in?back=%2Faccount" {
			t.Errorf("a stranger is led to %q", to)
		}
		_, text := b.post(422, "/account/sign-in", url.Values{"address": {"aidai@"}, "back": {"/account/data"}})
		if !strings.Contains(text, `href="#address"`) || !strings.Contains(text, `value="aidai@"`) {
			t.Error("the error does not lead to the field, or what was typed is lost")
		}
		confirm, _ := b.post(303, "/account/sign-in", url.Values{"address": {"aidai@mail.kg"}, "back": {"/account/data"}})
		link := w.post.last(t).Link
		for range 3 { // a mail scanner, a preview, the person
			text = b.get(200, link)
		}
		if !strings.Contains(text, "a•••@mail.kg") || strings.Contains(text, "aidai@mail.kg") {
			t.Error("the page does not say to which address the code went, or says all of it")
		}
		if n := w.number(`SELECT COUNT(*) FROM account_session`); n != 0 {
			t.Error("reading a link signed somebody in")
		}
		to, _ := b.post(303, confirm, url.Values{"code": {w.post.last(t).Code}})
		if to != "/account/data" {
			t.Errorf("led to %q", to)
		}
		if !strings.Contains(b.get(200, "/account"), "Lamp") {
			t.Error("one's own reports are not there")
		}
		b.signIn(w, "aidai@mail.kg")
		if n := w.number(`SELECT COUNT(*) FROM account_session`); n != 1 {
			t.Errorf("%d sessions of one browser", n)
		}
		if to, _ := b.post(303, "/account/sign-out", nil); to != "/" {
			t.Errorf("led to %q", to)
		}
		b.send("GET", "/account", "", "")
		if n := w.number(`SELECT COUNT(*) FROM account_session`); n != 0 {
			t.Error("signed out, and the session is still there")
		}
	})
}

func TestNobodyLearnsWhoHasAnAccount(t *testing.T) {
	pages(t, func(t *testing.T, w *town, s *httptest.Server) {
		w.signIn(w.city, "known@mail.kg")
		ticket := regexp.MustCompile(`/confirm/[a-z0-9]+`)
		seen := func(address string) string {
			b := visit(t, s, "bishkek.example")
			status, text, to := b.send("POST", "/account/sign-in", "application/x-www-form-urlencoded", url.Values{"address": {address}}.Encode())
			if status != 303 || !ticket.MatchString(to) {
				t.Fatalf("%d to %q", status, to)
			}
			form := b.get(200, to)
			_, wrong := b.post(422, to, url.Values{"code": {"no"}})
			return strings.ReplaceAll(text+form+wrong, strings.TrimPrefix(to, "/confirm/"), "…")
		}
		if known, unknown := seen("known@mail.kg"), seen("knows@mail.kg"); known != unknown {
			t.Error("the answers differ")
		}
	})
}

func TestBackLeadsNowhereElse(t *testing.T) {
	pages(t, func(t *testing.T, w *town, s *httptest.Server) {
		for _, evil := range []string{"https://evil.example/", "//evil.example", `/\evil.example`, "javascript:alert(1)"} {
			b := visit(t, s, "bishkek.example")
			confirm, _ := b.post(303, "/account/sign-in", url.Values{"address": {"aidai@mail.kg"}, "back": {evil}})
			if to, _ := b.post(303, confirm, url.Values{"code": {w.post.last(t).Code}}); to != "/account" {
				t.Errorf("back to %q leads to %q", evil, to)
			}
			w.clock.Advance(20 * time.Minute)
		}
	})
}

func TestStaffAreLedToTheirSecondFactorAndOn(t *testing.T) {
	pages(t, func(t *testing.T, w *town, s *httptest.Server) {
		w.appoint(w.city, "admin@mail.kg", permission.Grant{Role: permission.Admin})
		b := visit(t, s, "bishkek.example")
		if to := b.signIn(w, "admin@mail.kg"); to != "/account/security?back=%2Faccount%2Fdata" {
			t.Fatalf("led to %q", to)
		}
		b.get(403, "/admin/people")
		if !strings.Contains(b.get(200, "/account"), "Your staff rights are waiting") {
			t.Error("the account says nothing of the second factor")
		}
		text := b.get(200, "/account/security?back=/admin/people")
		secret := regexp.MustCompile(`<code>([A-Z2-7]{16,})</code>`).FindStringSubmatch(text)
		if secret == nil {
			t.Fatalf("no key on the page:\n%.2000s", text)
		}
		_, text = b.post(422, "/account/security/totp", url.Values{"code": {"000"}, "back": {"/admin/people"}})
		if !strings.Contains(text, secret[1]) {
			t.Error("a mistyped code changes the key that the phone has scanned")
		}
		_, text = b.post(200, "/account/security/totp", url.Values{"code": {w.app(secret[1])}, "back": {"/admin/people"}})
		if strings.Count(text, "<li><code>") != 8 || !strings.Contains(text, `href="/admin/people"`) {
			t.Errorf("no recovery codes, or no way on:\n%.2000s", text)
		}
		b.get(200, "/admin/people")

		to, _ := b.post(303, "/admin/people", url.Values{"name": {"Бакыт"}, "address": {"clerk@mail.kg"}, "role": {"dispatcher"}, "body": {"0"}})
		if text := b.get(200, to); !strings.Contains(text, "Бакыт") {
			t.Error("the new colleague is not on the list")
		}
		b.post(422, "/admin/people", url.Values{"name": {"Бакыт"}, "address": {"clerk@mail.kg"}, "role": {"emperor"}})
		person := w.number(`SELECT person_id FROM account_contact WHERE city_id = 1 AND address = 'clerk@mail.kg'`)
		own := w.number(`SELECT person_id FROM account_contact WHERE city_id = 1 AND address = 'admin@mail.kg'`)
		one := func(id int64) string { return "/admin/people/" + strconv.FormatInt(id, 10) }
		b.post(303, one(person), url.Values{"do": {"reset"}})
		b.post(303, one(person), url.Values{"do": {"revoke"}, "role": {"dispatcher"}, "body": {"0"}})
		b.post(404, one(person), url.Values{"do": {"something else"}})
		if _, text := b.post(422, one(own), url.Values{"do": {"revoke"}, "role": {"admin"}, "body": {"0"}}); !strings.Contains(text, "last administrator") {
			t.Error("the last administrator is not told why")
		}

		b.post(422, "/staff/residents", url.Values{"address": {"clerk@mail.kg"}, "document": {"1"}})
		to, _ = b.post(303, "/staff/residents", url.Values{"address": {"clerk@mail.kg"}, "document": {"ID1234567"}})
		if !strings.Contains(b.get(200, to), "The resident is verified.") {
			t.Error("nothing says that it was done")
		}
	})
}

func TestPasskeysThroughThePages(t *testing.T) {
	pages(t, func(t *testing.T, w *town, s *httptest.Server) {
		b := visit(t, s, "bishkek.example")
		b.signIn(w, "aidai@mail.kg")
		phone := newDevice(t, here)
		c := b.call(200, "/account/passkeys/begin", nil)
		in := map[string]any{"ceremony": c["ceremony"], "credential": json.RawMessage(phone.create(t, c["publicKey"]))}
		b.call(201, "/account/passkeys", in)
		if !strings.Contains(b.get(200, "/account/security"), `data-make="1"`) {
			t.Error("the security page offers no further passkey")
		}
		other := visit(t, s, "bishkek.example")
		c = other.call(200, "/account/passkeys/sign-in/begin", nil)
		answer := map[string]any{"ceremony": c["ceremony"], "back": "//evil.example", "credential": json.RawMessage(phone.get(t, c["publicKey"]))}
		if got := string(other.call(200, "/account/passkeys/sign-in", answer)["to"]); got != `"/account"` {
			t.Errorf("led to %s", got)
		}
		other.get(200, "/account")
		problem := visit(t, s, "bishkek.example").call(422, "/account/passkeys/sign-in", answer)
		if !strings.Contains(string(problem["errors"]), "Try again or ask for a code") {
			t.Errorf("the refusal is %s", problem["errors"])
		}
		visit(t, s, "bishkek.example").call(401, "/account/passkeys/begin", nil)
	})
}

func TestOneClickSignInIsOnlyForInventedPeopleOfADemo(t *testing.T) {
	pages(t, func(t *testing.T, w *town, s *httptest.Server) {
		w.update(func(tx *db.Tx) error {
			return account.PutDemo(tx, w.demo.ID, account.Person{ID: 2000, Name: "Айгүл", Lang: "ky"}, "resident@demo.example")
		})
		real := w.signIn(w.demo, "aidai@mail.kg")
		osh, bishkek := visit(t, s, "osh.example"), visit(t, s, "bishkek.example")
		if !strings.Contains(osh.get(200, "/demo"), "Айгүл") {
			t.Error("the invented person is not offered")
		}
		osh.post(303, "/demo", url.Values{"person": {"2000"}})
		osh.get(200, "/account")
		visit(t, s, "osh.example").post(404, "/demo", url.Values{"person": {strconv.FormatInt(real.Person, 10)}})
		bishkek.get(404, "/demo")
		bishkek.get(404, "/demo/outbox")
		bishkek.post(404, "/demo", url.Values{"person": {"2000"}})
	})
}

func TestAWrongHourIsSaidWhereItStandsAndNothingTypedIsLost(t *testing.T) {
	pages(t, func(t *testing.T, w *town, s *httptest.Server) {
		b := visit(t, s, "bishkek.example")
		b.signIn(w, "aidai@mail.kg")
		b.get(303, "/language/en")
		_, text := b.post(422, "/account/preferences", url.Values{"often": {"daily"}, "quiet_from": {"77"}, "quiet_to": {"9"}})
		for _, want := range []string{`<a href="#quiet_from">Quiet hours begin at: `, `id="quiet_from-error"`, `name="often" type="radio" value="daily" checked`, `<option value="9" selected>`} {
			if !strings.Contains(text, want) {
				t.Errorf("the page lacks %s", want)
			}
		}
		if now := b.get(200, "/account/preferences"); !strings.Contains(now, `<option value="7" selected>`) || strings.Contains(now, `value="1" checked`) == false {
			t.Error("what held before was changed")
		}
		b.post(303, "/account/preferences", url.Values{"quiet_from": {"23"}, "quiet_to": {"6"}})
		if now := b.get(200, "/account/preferences"); !strings.Contains(now, `<option value="23" selected>`) || !strings.Contains(now, `<option value="6" selected>`) {
			t.Error("the hours chosen are not kept")
		}
	})
}

func TestOnesOwnDataIsReadTakenAndErased(t *testing.T) {
	pages(t, func(t *testing.T, w *town, s *httptest.Server) {
		b := visit(t, s, "bishkek.example")
		b.signIn(w, "aidai@mail.kg")
		if to, _ := b.post(303, "/account/profile", url.Values{"name": {"Айдай"}, "lang": {"ru"}}); to != "/account" {
			t.Errorf("led to %q", to)
		}
		if _, text := b.post(422, "/account/profile", url.Values{"name": {strings.Repeat("ы", 130)}}); !strings.Contains(text, strings.Repeat("ы", 130)) {
			t.Error("a long name is lost instead of shown with its error")
		}
		for _, path := range []string{"/account/data/all", "/account/data.json"} {
			if text := b.get(200, path); !strings.Contains(text, "Айдай") || !strings.Contains(text, "aidai@mail.kg") {
				t.Errorf("%s lacks the name or the address", path)
			}
		}
		words := b.get(200, "/account/data/all?lang=en")
		for _, want := range []string{"Account since", "Русский", "Quiet hours", "22:00–07:00", "aidai@mail.kg"} {
			if !strings.Contains(words, want) {
				t.Errorf("one's own data does not say %q", want)
			}
		}
		for _, raw := range []string{"authenticator_app", ">false", "null", "Version", "0001-01-01"} {
			if strings.Contains(words, raw) {
				t.Errorf("one's own data says %q to a person", raw)
			}
		}
		to, _ := b.post(303, "/account/contacts", url.Values{"address": {"0555123456"}})
		b.post(303, to, url.Values{"code": {w.post.last(t).Code}})
		if !strings.Contains(b.get(200, "/account/contacts"), "+996555123456") {
			t.Error("the second address is not there")
		}
		if _, text := b.post(422, "/account/erase", nil); !strings.Contains(text, `href="#sure"`) {
			t.Error("nothing says that the box was not ticked")
		}
		if to, _ := b.post(303, "/account/erase", url.Values{"sure": {"1"}}); to != "/" {
			t.Errorf("led to %q", to)
		}
		if where := w.find("aidai@mail.kg"); where != nil {
			t.Errorf("the address is left in %v", where)
		}
		for _, path := range []string{"/account/data.json", "/account/data/all", "/account/devices", "/account/contacts", "/account/notices", "/account/preferences", "/account/security"} {
			b.get(303, path)
		}
	})
}

func TestEveryPageOfAccountsSpeaksThreeLanguages(t *testing.T) {
	w := newTown(t, dbtest.OpenSQLite(t, tables))
	s := w.serve()
	w.appoint(w.city, "admin@mail.kg", permission.Grant{Role: permission.Admin})
	b := visit(t, s, "bishkek.example")
	b.signIn(w, "admin@mail.kg")
	paths := []string{
		"/account", "/account/contacts", "/account/devices", "/account/security", "/account/notices", "/account/preferences", "/account/data", "/account/data/all",
	}
	look := func(b *visitor, paths ...string) {
		t.Helper()
		for _, path := range paths {
			for _, lang := range []string{"ky", "ru", "en"} {
				text := b.get(200, path+"?lang="+lang)
				if i := strings.Index(text, "⟦"); i >= 0 {
					t.Errorf("%s in %s lacks a text: %.60s", path, lang, text[i:])
				}
				if bad := regexp.MustCompile(`(?i)<[^>]*\s(style|on[a-z]+)\s*=|<script(?:\s[^>]*)?>[^<]`).FindString(text); bad != "" {
					t.Errorf("%s has inline code or style: %s", path, bad)
				}
			}
		}
	}
	look(b, paths...)
	look(visit(t, s, "bishkek.example"), "/account/sign-in")
	for _, c := range b.http.Jar.Cookies(&url.URL{Scheme: "http", Host: b.host}) {
		if c.Name == page.SessionCookie {
			w.enrol(w.city, c.Value)
		}
	}
	look(b, append(paths, "/admin/people", "/staff/residents")...)
}
