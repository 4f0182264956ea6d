package crash

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/ashar-kg/ashar/internal/platform/db/dbtest"
	"github.com/ashar-kg/ashar/internal/platform/mail/mailtest"
	"github.com/ashar-kg/ashar/test/harness"
)

var bin string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "ashar-crash-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	if bin, err = harness.Build(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// place is a demo city of a few reports and the way to serve it.
type place struct {
	port  int
	flags []string
}

func settle(t *testing.T, flags ...string) *place { return settleWith(t, "30", flags...) }

// settleWith loads so many reports: the demo's votes come with a larger city only.
func settleWith(t *testing.T, reports string, flags ...string) *place {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), bin, append([]string{"demo", "--scale", reports}, flags...)...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	port, err := harness.Port()
	if err != nil {
		t.Fatal(err)
	}
	return &place{port, append(flags, "--demo", "--log-level", "error", "--writes-per-minute", "0")}
}

func (p *place) base() string { return fmt.Sprintf("http://127.0.0.1:%d", p.port) }

func (p *place) serve(t *testing.T) *harness.Process {
	t.Helper()
	s, err := harness.Serve(bin, p.port, io.Discard, p.flags...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Kill)
	return s
}

// engines runs a test on SQLite and on a durable PostgreSQL of its own.
func engines(t *testing.T, test func(t *testing.T, flags []string)) {
	t.Run("sqlite", func(t *testing.T) { test(t, []string{"--data", t.TempDir()}) })
	t.Run("postgres", func(t *testing.T) { test(t, []string{"--data", t.TempDir(), "--database", postgres(t)}) })
}

func postgres(t *testing.T) string {
	t.Helper()
	address, _ := postgresIn(t)
	return address
}

// postgresIn starts a PostgreSQL that syncs to the disk, and tells its folder.
func postgresIn(t *testing.T) (address, dir string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "ashar-crash-pg-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if address, err = dbtest.StartPostgres(dir, true); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dbtest.StopPostgres(dir) })
	return address, dir
}

func TestNothingAcknowledgedIsLostWhenTheServerIsKilled(t *testing.T) {
	engines(t, func(t *testing.T, flags []string) {
		post := mailtest.Start(t)
		post.Delay(5 * time.Millisecond) // a kill finds mails on their way
		p := settle(t, append(flags, "--smtp", post.URL())...)
		s := p.serve(t)
		l := newLoad(p.base())
		ctx, stop := context.WithCancel(t.Context())
		finish, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
		defer cancel()
		written := make(chan struct{})
		go func() {
			l.run(ctx, finish, 8)
			close(written)
		}()
		const kills = 8
		for range kills {
			time.Sleep(400*time.Millisecond + rand.N(600*time.Millisecond))
			s.Kill()
			s = p.serve(t)
		}
		stop()
		<-written
		l.verify(t, p.base())
		l.letters(t, post, kills)
	})
}

func TestNothingAcknowledgedIsLostWhenPostgreSQLRestarts(t *testing.T) {
	address, dir := postgresIn(t)
	post := mailtest.Start(t)
	p := settle(t, "--data", t.TempDir(), "--database", address, "--smtp", post.URL())
	p.serve(t)
	l := newLoad(p.base())
	ctx, stop := context.WithCancel(t.Context())
	finish, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	written := make(chan struct{})
	go func() {
		l.run(ctx, finish, 8)
		close(written)
	}()
	for range 4 {
		time.Sleep(time.Second)
		if err := dbtest.StopPostgres(dir); err != nil {
			t.Fatal(err)
		}
		if answer, err := http.Get(p.base() + "/readyz"); err != nil || answer.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("without its database the server is ready: %v %v", answer, err)
		}
		if _, err := dbtest.StartPostgres(dir, true); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	<-written
	l.verify(t, p.base())
	l.letters(t, post, 4) // a mail that went out while its row could not be marked goes again
}

func TestTwoNodesAreOneCity(t *testing.T) {
	address := postgres(t)
	post := mailtest.Start(t)
	blobs := t.TempDir()
	a := settle(t, "--data", t.TempDir(), "--database", address, "--blobs", blobs, "--smtp", post.URL())
	port, err := harness.Port()
	if err != nil {
		t.Fatal(err)
	}
	b := &place{port, a.flags}
	one := a.serve(t)
	b.serve(t)

	// Who signs in at one node is known at the other.
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	person := http.Client{Jar: jar}
	if _, err := person.PostForm(a.base()+"/demo", url.Values{"person": {"2000"}, "back": {"/account"}}); err != nil {
		t.Fatal(err)
	}
	if text := fetch(t, &person, b.base()+"/api/v1/me"); !strings.Contains(text, `"id":"2000"`) {
		t.Errorf("the other node knows %s", text)
	}

	// A page in the cache of one is fresh soon after a write at the other.
	l := newLoad(a.base())
	before := fetch(t, http.DefaultClient, b.base()+"/open311/v2/requests.json?page_size=1")
	l.write(t.Context(), 99, 0)
	var after string
	for range 100 {
		if after = fetch(t, http.DefaultClient, b.base()+"/open311/v2/requests.json?page_size=1"); after != before {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if !strings.Contains(after, "lamp 0 of worker 99") {
		t.Errorf("five seconds later the other node shows %.300s", after)
	}

	// Both take writes; one dies; every mail goes out once.
	both := newLoad(a.base(), b.base())
	ctx, stop := context.WithTimeout(t.Context(), 4*time.Second)
	defer stop()
	finish, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	go func() {
		time.Sleep(2 * time.Second)
		one.Kill()
	}()
	both.run(ctx, finish, 8)
	both.verify(t, b.base())
	both.letters(t, post, 1)
}

// verify looks at a server for everything that was acknowledged.
func (l *load) verify(t *testing.T, base string) {
	t.Helper()
	for _, text := range l.refused {
		t.Errorf("refused: %s", text)
	}
	if len(l.requests) < 20 || len(l.updates) < 20 || len(l.contacts) < 20 {
		t.Errorf("the load was too light: %d requests, %d updates, %d contacts", len(l.requests), len(l.updates), len(l.contacts))
	}
	t.Logf("acknowledged: %d requests with photos, %d updates, %d reports by code", len(l.requests), len(l.updates), len(l.contacts))
	type request struct {
		ID          string `json:"service_request_id"`
		Description string `json:"description"`
		Media       string `json:"media_url"`
	}
	times := map[string]int{}
	found := map[string]request{}
	for page := 1; ; page++ {
		var list []request
		read(t, fmt.Sprintf("%s/open311/v2/requests.json?page_size=1000&page=%d", base, page), &list)
		for _, r := range list {
			times[r.Description]++
			found[r.ID] = r
		}
		if len(list) < 1000 {
			break
		}
	}
	for number, name := range l.requests {
		r, ok := found[number]
		switch {
		case !ok || r.Description != name:
			t.Errorf("%s (%s) is gone", number, name)
		case times[name] != 1:
			t.Errorf("%s was stored %d times", name, times[name])
		case r.Media == "":
			t.Errorf("%s is without its photo", number)
		default:
			u, err := url.Parse(r.Media)
			if err != nil {
				t.Fatal(err)
			}
			if photo := fetch(t, http.DefaultClient, base+u.Path); !strings.HasPrefix(photo, "\xff\xd8") {
				t.Errorf("the photo of %s is %.100q", number, photo)
			}
		}
	}
	stored := map[string]string{}
	// The list is bounded and knows no pages: it is read second by second.
	for at := time.Now().Add(-5 * time.Minute); at.Before(time.Now().Add(time.Second)); at = at.Add(time.Second) {
		var list []struct {
			ID     string `json:"update_id"`
			Number string `json:"service_request_id"`
		}
		read(t, base+"/open311/v2/servicerequestupdates.json?start_date="+url.QueryEscape(at.Format(time.RFC3339))+"&end_date="+url.QueryEscape(at.Add(2*time.Second).Format(time.RFC3339)), &list)
		for _, u := range list {
			stored[u.ID] = u.Number
		}
	}
	for id, number := range l.updates {
		if stored[id] != number {
			t.Errorf("update %s of %s is gone, found %q", id, number, stored[id])
		}
	}
}

// letters looks at the mail server: one letter to each address; one may be
// there again for each time a server died while it was on its way.
func (l *load) letters(t *testing.T, post *mailtest.Server, deaths int) {
	t.Helper()
	deadline := time.Now().Add(2 * time.Minute)
	for {
		ids := map[string]map[string]int{}
		again := 0
		for _, m := range post.Messages() {
			for _, to := range m.To {
				if ids[to] == nil {
					ids[to] = map[string]int{}
				}
				if ids[to][m.ID]++; ids[to][m.ID] > 1 {
					again++
				}
			}
		}
		missing := 0
		for address := range l.contacts {
			if len(ids[address]) == 0 {
				missing++
			}
		}
		if missing > 0 && time.Now().Before(deadline) {
			time.Sleep(200 * time.Millisecond)
			continue
		}
		if missing > 0 {
			t.Errorf("%d of %d letters never came", missing, len(l.contacts))
		}
		for address, list := range ids {
			if strings.HasSuffix(address, "@crash.example") && len(list) != 1 {
				t.Errorf("%s got %d letters", address, len(list))
			}
		}
		// Each death may catch as many letters as there are workers of the queue.
		if most := deaths * inFlight; again > most {
			t.Errorf("%d letters came again, at most %d were on their way", again, most)
		}
		t.Logf("%d letters, %d came again with the same Message-ID", len(ids), again)
		return
	}
}

// inFlight is how many mails one server sends at a time.
const inFlight = 8

func read(t *testing.T, address string, out any) {
	t.Helper()
	if err := json.Unmarshal([]byte(fetch(t, http.DefaultClient, address)), out); err != nil {
		t.Fatalf("%s: %v", address, err)
	}
}

func fetch(t *testing.T, c *http.Client, address string) string {
	t.Helper()
	answer, err := c.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s\n%.300s", address, answer.Status, text)
	}
	return string(text)
}
