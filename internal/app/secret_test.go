package app_test

import (
	"bytes"
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ashar-kg/ashar/internal/app"
	"github.com/ashar-kg/ashar/internal/platform/config"
	"github.com/ashar-kg/ashar/internal/platform/db/dbtest"
	"github.com/ashar-kg/ashar/internal/platform/mail/mailtest"
)

// logBook keeps what is logged.
type logBook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logBook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// The seeds are words of private cases: none of them may be met by anybody but
// the author and the body that answers.
const (
	seedText, seedName, seedHome, seedSigner    = "zqtext", "Zqname", "Zqhome", "Zqsigner"
	seedFile, seedBytes, seedNote, seedDraft    = "zqfile", "zqbytes", "zqnote", "zqdraft"
	seedBack, seedAnswer, seedWhy, seedAdded    = "zqreturned", "zqanswer", "zqwhy", "zqadded"
	seedCaller, seedCalled, seedPhone           = "Zqcaller", "zqcalled", "555918273"
	seedMail, seedWaiting                       = "zqmail@secret.example", "zqunconfirmed"
	seedHidden, seedVisit, seedChild, seedPaper = "zqhidden", "zqvisit", "Zqchild", "zqpaper"
)

var seeds = []string{
	seedText, seedName, seedHome, seedSigner, seedFile, seedBytes, seedNote, seedDraft, seedBack, seedAnswer, seedWhy, seedAdded, seedCaller, seedCalled, seedPhone,
	seedMail, seedWaiting, seedHidden, seedVisit, seedChild, seedPaper,
}

// sown are the numbers of the private cases that hold the seeds.
type sown struct{ appeal, called, hidden string }

func (x sown) numbers() []string { return []string{x.appeal, x.called, x.hidden} }

// sow fills a city with private cases, by every way in.
func sow(t *testing.T, a *app.App, s *httptest.Server) (x sown) {
	t.Helper()
	author, clerk, head, dispatcher := demoPerson(t, s, "2000"), demoPerson(t, s, "1003"), demoPerson(t, s, "1004"), demoPerson(t, s, "1001")
	gorsvet := bodyNamed(t, a, "gorsvet")
	form := url.Values{
		"form": {"complaint"}, "body": {gorsvet}, "text": {"The lamps are dark, " + seedText + " of our street for a month."}, "name": {seedName}, "address": {seedHome + " 12"},
		"answer_lang": {"en"}, "signers": {seedSigner},
	}
	_, at := author.attach(200, "/appeals/new", form, map[string]string{seedFile + ".txt": seedBytes})
	x.appeal = appealNumber.FindString(at)
	work := func(b *browser, do string, more ...string) {
		f := url.Values{"do": {do}}
		for i := 0; i+1 < len(more); i += 2 {
			f.Set(more[i], more[i+1])
		}
		b.do(200, http.MethodPost, "/staff/appeals/"+x.appeal, f)
	}
	work(clerk, "note", "note", "Mind "+seedNote)
	author.do(200, http.MethodPost, "/appeals/"+x.appeal+"/say", url.Values{"text": {"And " + seedAdded}})
	work(clerk, "review", "text", "First "+seedDraft)
	work(head, "return", "note", "No, "+seedBack)
	work(clerk, "review", "text", "We mend "+seedAnswer)
	work(head, "sign")
	author.do(200, http.MethodPost, "/appeals/"+x.appeal+"/rate", url.Values{"stars": {"2"}, "note": {"Since " + seedWhy}})
	author.do(200, http.MethodPost, "/appeals/"+x.appeal+"/publish", nil) // waits for a clerk

	form.Set("text", "Nobody has confirmed "+seedWaiting+" of this appeal.")
	form.Set("contact", seedMail)
	visit(t, s).do(200, http.MethodPost, "/appeals/new", form)

	page, _ := dispatcher.do(200, http.MethodPost, "/staff/desk", url.Values{
		"do": {"take"}, "phone": {"0" + seedPhone}, "name": {seedCaller}, "lang": {"ky"}, "what": {"appeal:complaint"}, "home": {"Чүй 1"},
		"text": {"Somebody says on the telephone " + seedCalled + " about the lamps."},
	})
	x.called = appealNumber.FindString(page)

	hidden := lamp()
	hidden.Set("text", "A lamp that nobody else hears of: "+seedHidden)
	hidden.Set("private", "1")
	hidden.Del("contact")
	hidden.Set("idempotency_key", "hidden")
	_, at = author.do(200, http.MethodPost, "/reports/new", hidden)
	x.hidden = at[strings.LastIndex(at, "/")+1:]

	hall := hours(t, clerk, gorsvet, 5)
	page, _ = author.do(200, http.MethodGet, hall, nil)
	author.do(200, http.MethodPost, hall, url.Values{"slot": {slotsOn(page)[0]}, "subject": {"I come about " + seedVisit}})
	author.attach(200, "/account/mandates", url.Values{"do": {"ask"}, "kind": {"family"}, "name": {seedChild}, "until": {cityDay(0, 1, 0)}}, map[string]string{"birth.txt": seedPaper})
	return x
}

// settle does what the platform does by itself in the course of a day.
func settle(t *testing.T, a *app.App) {
	t.Helper()
	for range 2 {
		deliver(t, a)
		for _, do := range []func() error{
			func() error { return a.Fold(t.Context()) }, func() error { return a.Systemic.Find(t.Context()) }, func() error { return a.Appeals.Escalate(t.Context()) },
			func() error { return a.Figures.Publish(t.Context()) }, func() error { return a.Figures.MakeBulletins(t.Context()) }, func() error { return a.Reception.Remind(t.Context()) },
		} {
			if err := do(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

var (
	address = regexp.MustCompile(`(?:href|src|action|data-[a-z-]+)="(/[^"{}]*)"`)
	within  = regexp.MustCompile(`https?://[^\s"'<>\\]+`)
)

// reader walks through a city by its links and looks for seeds.
type reader struct {
	*browser
	who   string
	seen  map[string]bool
	queue []string
	found int
}

// most bounds the pages that one reader opens.
const most = 500

// kindOf is an address without what tells one page of a sort from another: of
// each sort only some are opened.
func kindOf(path string) string {
	u, err := url.Parse(path)
	if err != nil {
		return path
	}
	names := make([]string, 0, len(u.Query()))
	for name := range u.Query() {
		names = append(names, name)
	}
	slices.Sort(names)
	return regexp.MustCompile(`[A-Z]-\d{4}-\d+|\d{4}-W?\d+|\d+`).ReplaceAllString(u.Path, "N") + "?" + strings.Join(names, "&")
}

// add remembers an address of this city. The outbox of a demo shows all that an
// invented city sends, to everybody.
func (r *reader) add(path string) {
	path = html.UnescapeString(path)
	path, _, _ = strings.Cut(path, "#")
	path = strings.TrimPrefix(path, r.base)
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.HasPrefix(path, "/language/") || strings.HasPrefix(path, "/demo") || r.seen[path] {
		return
	}
	r.seen[path] = true
	r.queue = append(r.queue, path)
}

func (r *reader) walk(x sown, own bool) (kinds map[string]int) {
	r.t.Helper()
	kinds = map[string]int{}
	for len(r.queue) > 0 && r.found < most {
		path := r.queue[0]
		r.queue = r.queue[1:]
		if kinds[kindOf(path)]++; kinds[kindOf(path)] > 6 {
			continue
		}
		r.found++
		answer, err := r.http.Get(r.base + path)
		if err != nil {
			r.t.Fatal(err)
		}
		data, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if err != nil {
			r.t.Fatal(err)
		}
		text := string(data)
		var head strings.Builder
		if own {
			answer.Header.Del("Content-Disposition") // the name of a paper, told to who may read it
		}
		_ = answer.Header.Write(&head)
		for _, seed := range seeds {
			if own {
				if strings.Contains(path+head.String(), seed) {
					r.t.Errorf("%s: the address or head of %s has %s", r.who, path, seed)
				}
				continue
			}
			if strings.Contains(strings.ToLower(path+head.String()+text), strings.ToLower(seed)) {
				r.t.Errorf("%s reads %s at %s", r.who, seed, path)
			}
		}
		if !own {
			for _, number := range x.numbers() {
				if strings.Contains(text, number) {
					r.t.Errorf("%s learns of %s at %s", r.who, number, path)
				}
			}
		}
		for _, m := range address.FindAllStringSubmatch(text, -1) {
			r.add(m[1])
		}
		for _, at := range within.FindAllString(text, -1) {
			if strings.HasPrefix(at, r.base) {
				r.add(at)
			}
		}
	}
	return kinds
}

func (s *reader) operations() {
	s.t.Helper()
	text, _ := s.do(200, http.MethodGet, "/api/openapi.json", nil)
	var doc struct {
		Paths map[string]map[string]any
	}
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		s.t.Fatal(err)
	}
	for path, ways := range doc.Paths {
		if _, ok := ways["get"]; ok && !strings.Contains(path, "{") {
			if !strings.HasPrefix(path, "/api/v1") {
				path = "/api/v1" + path
			}
			s.add(path)
		}
	}
}

// TestNothingOfAPrivateCaseIsEmitted seeds private cases with words, lets the
// platform do its work, and looks for the words in everything that it emits.
func TestNothingOfAPrivateCaseIsEmitted(t *testing.T) {
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			database := ""
			if engine == "postgres" {
				database = dbtest.PostgresURL(t)
			}
			log, out := &logBook{}, mailtest.Start(t)
			a, s := serveLogged(t, database, log, func(c *config.Config) { c.SMTP = out.URL() })
			x := sow(t, a, s)
			settle(t, a)

			// The seeds are where they belong, so that what follows can fail.
			author, clerk := demoPerson(t, s, "2000"), demoPerson(t, s, "1003")
			page, _ := author.do(200, http.MethodGet, "/appeals/"+x.appeal, nil)
			work, _ := clerk.do(200, http.MethodGet, "/staff/appeals/"+x.appeal, nil)
			for _, seed := range []string{seedText, seedName, seedHome, seedSigner, seedFile, seedAdded, seedAnswer} {
				if !strings.Contains(page, seed) || !strings.Contains(work, seed) {
					t.Errorf("%s is not where it belongs", seed)
				}
			}
			if hidden, _ := author.do(200, http.MethodGet, "/reports/"+x.hidden, nil); !strings.Contains(hidden, seedHidden) || !strings.Contains(work, seedNote) || x.called == "" {
				t.Error("the private report or the note is not where it belongs")
			}

			starts := []string{
				"/", "/healthz", "/readyz", "/metrics", "/sitemap.xml", "/robots.txt", "/manifest.webmanifest", "/sw.js", "/open311/v2/discovery.json", "/open311/v2/requests.json",
				"/open311/v2/requests.xml", "/reports.atom", "/reports.rss", "/news.atom", "/bulletins.atom", "/outages.geojson", "/data/", "/published", "/reception", "/systemic",
				"/reports?state=open", "/answers?kind=appeal", "/developers", "/tiles/reports/12/2896/1504.mvt", "/tiles/reports/10/724/376.mvt", "/tiles/reports/0/0/0.mvt",
			}
			for who, b := range map[string]*browser{"a visitor": visit(t, s), "another resident": demoPerson(t, s, "2001"), "a clerk of another body": demoPerson(t, s, "1006")} {
				r := &reader{browser: b, who: who, seen: map[string]bool{}}
				for _, path := range starts {
					r.add(path)
				}
				if who != "a visitor" {
					for _, path := range []string{"/account", "/account/data.json", "/account/data/all", "/account/notices", "/staff", "/staff?kind=appeal", "/staff/systemic", "/staff/figures"} {
						r.add(path)
					}
				}
				r.operations()
				kinds := r.walk(x, false)
				if r.found < 120 || len(kinds) < 60 {
					t.Errorf("%s has opened %d pages of %d sorts only", who, r.found, len(kinds))
				}
				for _, seed := range seeds {
					found, _ := b.do(200, http.MethodGet, "/reports?q="+url.QueryEscape(seed), nil)
					for _, number := range x.numbers() {
						if strings.Contains(found, number) {
							t.Errorf("%s finds %s by %s", who, number, seed)
						}
					}
				}
			}
			// Addresses and heads are kept by machines between: not even the author's have a seed.
			for who, b := range map[string]*browser{"the author": author, "the clerk": clerk} {
				r := &reader{browser: b, who: who, seen: map[string]bool{}}
				r.add("/account")
				r.add("/staff?kind=appeal")
				r.add("/staff/appeals/" + x.appeal)
				r.add("/appeals/" + x.appeal)
				r.walk(x, true)
			}
			for _, b := range []*browser{author, clerk} {
				answer, err := b.http.Get(b.base + "/staff/appeals/" + x.appeal)
				if err != nil {
					t.Fatal(err)
				}
				_ = answer.Body.Close()
				if !strings.Contains(answer.Header.Get("Cache-Control"), "no-store") {
					t.Errorf("a private page may be kept: %q", answer.Header.Get("Cache-Control"))
				}
			}
			if text := log.String(); len(text) < 1000 {
				t.Errorf("only %d bytes are logged", len(text))
			} else {
				noSeeds(t, "the log", text, "")
			}
			mails := out.Messages()
			if len(mails) == 0 {
				t.Error("no mail was sent")
			}
			for _, m := range mails {
				noSeeds(t, "a mail", string(m.Raw), seedMail)
				noSeeds(t, "a mail", m.Subject+m.Text+m.HTML, seedMail) // it is the address of one of them
			}
		})
	}
}

func noSeeds(t *testing.T, where, text, but string) {
	t.Helper()
	for _, seed := range seeds {
		if seed == but {
			continue
		}
		if i := strings.Index(strings.ToLower(text), strings.ToLower(seed)); i >= 0 {
			t.Errorf("%s has %s: …%s…", where, seed, text[max(0, i-120):min(len(text), i+60)])
		}
	}
}
