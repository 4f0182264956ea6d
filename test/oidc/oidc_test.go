// Package oidc signs residents in at an OpenID provider written elsewhere, with
// the real binary.
package oidc

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ashar-kg/ashar/test/harness"
)

// start runs a provider that sends people back to an address.
func start(t *testing.T, back string, args ...string) (issuer string, stop func()) {
	t.Helper()
	cmd := exec.Command("node", append([]string{"provider.mjs", back}, args...)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop = sync.OnceFunc(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	t.Cleanup(stop)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "http://") {
			return lines.Text(), stop
		}
	}
	t.Fatalf("the provider has not started: %s", said.String())
	return "", nil
}

// browser is somebody's browser.
type browser struct {
	t    *testing.T
	base string
	http http.Client
}

func newBrowser(t *testing.T, base string) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t: t, base: base, http: http.Client{Jar: jar}}
}

// page is where a browser stands.
type page struct {
	status int
	url    *url.URL
	text   string
}

func (b *browser) open(to string) page {
	b.t.Helper()
	if strings.HasPrefix(to, "/") {
		to = b.base + to
	}
	return b.answer(b.http.Get(to))
}

func (b *browser) send(to string, form url.Values) page {
	b.t.Helper()
	return b.answer(b.http.PostForm(to, form))
}

func (b *browser) answer(r *http.Response, err error) page {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return page{r.StatusCode, r.Request.URL, string(text)}
}

var (
	link   = regexp.MustCompile(`id="identity"[^>]*href="([^"]+)"`)
	action = regexp.MustCompile(`<form[^>]*action="([^"]+)"`)
	abort  = regexp.MustCompile(`href="([^"]+/abort)"`)
)

func (b *browser) find(p page, what *regexp.Regexp) string {
	b.t.Helper()
	m := what.FindStringSubmatch(p.text)
	if m == nil {
		b.t.Fatalf("%s (%d) has no %s:\n%s", p.url, p.status, what, p.text)
	}
	to, err := p.url.Parse(html.UnescapeString(m[1]))
	if err != nil {
		b.t.Fatal(err)
	}
	return to.String()
}

// away follows the link on our page to the provider.
func (b *browser) away(from string) page {
	b.t.Helper()
	return b.open(b.find(b.open(from), link))
}

// confirm goes to the provider, says who one is, agrees, and comes back.
func (b *browser) confirm(from, login string) page {
	b.t.Helper()
	p := b.away(from)
	p = b.send(b.find(p, action), url.Values{"prompt": {"login"}, "login": {login}, "password": {"any"}})
	return b.send(b.find(p, action), url.Values{"prompt": {"consent"}})
}

type me struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Level int    `json:"level"`
}

func (b *browser) me() (m me) {
	b.t.Helper()
	p := b.open("/api/v1/me")
	if p.status == http.StatusOK {
		if err := json.Unmarshal([]byte(p.text), &m); err != nil {
			b.t.Fatal(err)
		}
	}
	return m
}

const national = 4

func TestAResidentIsConfirmedByAnIdentityProvider(t *testing.T) {
	dir := t.TempDir()
	bin, err := harness.Build(dir)
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(bin, "demo", "--data", dir+"/city", "--scale", "300").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, told := range []string{"at-userinfo", "in-token"} {
		t.Run(told, func(t *testing.T) { journey(t, bin, dir+"/city", told) })
	}
}

func journey(t *testing.T, bin, data, told string) {
	port, err := harness.Port()
	if err != nil {
		t.Fatal(err)
	}
	base := fmt.Sprintf("http://localhost:%d", port)
	issuer, stop := start(t, base+"/account/identity/done", told)
	var log bytes.Buffer
	setting := strings.Replace(issuer, "http://", "http://ashar:a-secret-of-the-city@", 1) + "?claim=personal_number&scope=profile&scope=pin"
	s, err := harness.Serve(bin, port, &log, "--demo", "--data", data, "--log-level", "debug", "--identity", setting)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Kill)

	aidai := newBrowser(t, base)
	if p := aidai.confirm("/account/sign-in?back=%2Freports", "aidai"+told); p.url.Path != "/reports" {
		t.Fatalf("came to %s (%d)\n%s", p.url, p.status, p.text)
	}
	first := aidai.me()
	if first.Level != national || first.Name != "Осмонова Айдай aidai"+told {
		t.Errorf("is %+v", first)
	}
	if p := aidai.open("/account/security"); !strings.Contains(p.text, "127.0.0.1") || strings.Contains(p.text, "href=\"/account/identity?") {
		t.Error("the page of security does not tell who has confirmed the person")
	}
	if again := newBrowser(t, base); again.confirm("/account/sign-in", "aidai"+told).url.Path != "/account" || again.me() != first {
		t.Errorf("is %+v on another device, %+v on the first", again.me(), first)
	}

	// A resident with an account is raised, and keeps account and name.
	resident := signedIn(t, base, "2003")
	before := resident.me()
	if told == "at-userinfo" && before.Level >= national {
		t.Fatalf("is %+v before", before)
	}
	login := "resident" + told
	if told == "in-token" {
		resident = signedIn(t, base, "2004")
		before = resident.me()
	}
	if p := resident.confirm("/account/security", login); p.url.Path != "/account/security" || p.status != http.StatusOK {
		t.Fatalf("came to %s (%d)", p.url, p.status)
	}
	if after := resident.me(); after.ID != before.ID || after.Name != before.Name || after.Level != national {
		t.Errorf("was %+v, is %+v", before, after)
	}

	// One identity is one account's.
	other := signedIn(t, base, "2005")
	was := other.me()
	if p := other.confirm("/account/security", login); p.status != http.StatusUnprocessableEntity || other.me() != was {
		t.Errorf("another's identity gave %d and %+v", p.status, other.me())
	}

	refused(t, base, told)
	stop()
	if p := newBrowser(t, base).open("/account/identity/done?state=a&code=b"); p.status != http.StatusUnprocessableEntity {
		t.Errorf("a stranger's answer gave %d", p.status)
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	secrets(t, data, log.String(), told)
	down(t, bin, data, issuer)
}

// signedIn is the browser of an invented resident of the demo.
func signedIn(t *testing.T, base, person string) *browser {
	t.Helper()
	b := newBrowser(t, base)
	if p := b.send(base+"/demo", url.Values{"person": {person}, "back": {"/account"}}); p.status != http.StatusOK {
		t.Fatalf("sign-in of %s gave %d", person, p.status)
	}
	return b
}

// refused tries what must not sign anybody in.
func refused(t *testing.T, base, told string) {
	b := newBrowser(t, base)
	if p := b.open(b.find(b.away("/account/sign-in"), abort)); p.status != http.StatusUnprocessableEntity || !strings.Contains(p.text, `id="identity-error"`) {
		t.Errorf("who goes back from the provider gets %d at %s", p.status, p.url)
	}
	// Somebody else's answer, in a browser that began another sign-in.
	thief, victim := newBrowser(t, base), newBrowser(t, base)
	var stolen string
	thief.http.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if r.URL.Path == "/account/identity/done" {
			stolen = r.URL.String()
			return http.ErrUseLastResponse
		}
		return nil
	}
	thief.confirm("/account/sign-in", "thief"+told)
	if stolen == "" {
		t.Fatal("the provider has sent nobody back")
	}
	victim.away("/account/sign-in")
	if p := victim.open(stolen); p.status != http.StatusUnprocessableEntity || victim.me().ID != "" {
		t.Errorf("a planted answer gave %d and %+v", p.status, victim.me())
	}
	// Its own browser may use it, once.
	if p := thief.open(stolen); p.status != http.StatusOK || thief.me().Level != national {
		t.Errorf("the own answer gave %d at %s", p.status, p.url)
	}
	if p := newBrowser(t, base).open(stolen); p.status != http.StatusUnprocessableEntity {
		t.Errorf("an answer was good twice: %d", p.status)
	}
}

// secrets looks for what must not be kept: numbers of documents, what the
// provider calls people, our secret.
func secrets(t *testing.T, data, log, told string) {
	t.Helper()
	texts := map[string][]byte{"the log": []byte(log)}
	files, err := filepath.Glob(data + "/ashar.db*")
	if err != nil || len(files) == 0 {
		t.Fatalf("%v: %v", files, err)
	}
	for _, f := range files {
		if texts[f], err = os.ReadFile(f); err != nil {
			t.Fatal(err)
		}
	}
	words := []string{"2150619990", "a-secret-of-the-city", "code="}
	for name, text := range texts {
		for _, word := range words {
			if bytes.Contains(text, []byte(word)) {
				t.Errorf("%s holds %q", name, word)
			}
		}
		if name == "the log" && slices.ContainsFunc([]string{"aidai" + told, "Осмонова"}, func(w string) bool { return bytes.Contains(text, []byte(w)) }) {
			t.Error("the log names a person")
		}
	}
}

// down serves the city while its provider is not there.
func down(t *testing.T, bin, data, issuer string) {
	t.Helper()
	port, err := harness.Port()
	if err != nil {
		t.Fatal(err)
	}
	s, err := harness.Serve(bin, port, io.Discard, "--demo", "--data", data, "--identity", strings.Replace(issuer, "http://", "http://ashar:x@", 1))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Kill()
	b := newBrowser(t, fmt.Sprintf("http://localhost:%d", port))
	if p := b.away("/account/sign-in"); p.status != http.StatusUnprocessableEntity || !strings.Contains(p.text, `id="identity-error"`) || !strings.Contains(p.text, `name="address"`) {
		t.Errorf("without its provider the city answers %d\n%s", p.status, p.text)
	}
}
