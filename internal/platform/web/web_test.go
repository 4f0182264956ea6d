package web_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/ashar-kg/ashar/internal/platform/web"
)

func get(header ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/page", nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return r
}

func TestAnAnswerIsCompressedForWhomItHelps(t *testing.T) {
	large := strings.Repeat("Бишкек ", 500)
	for _, x := range []struct {
		name, kind, text, accept string
		zipped                   bool
	}{
		{"a large text for who reads gzip", "text/html; charset=utf-8", large, "br;q=1, gzip", true},
		{"a large tile too", "application/vnd.mapbox-vector-tile", large, "gzip", true},
		{"a caller may refuse", "text/html", large, "gzip;q=0", false},
		{"and refuse in more digits", "text/html", large, "gzip; q=0.000", false},
		{"a caller may say nothing", "text/html", large, "", false},
		{"a small text is not worth it", "text/html", "Бишкек", "gzip", false},
		{"a picture is small already", "image/png", large, "gzip", false},
	} {
		t.Run(x.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			web.NewBody(200, x.kind, []byte(x.text)).Send(w, get("Accept-Encoding", x.accept))
			var body io.Reader = w.Body
			if got := w.Header().Get("Content-Encoding") == "gzip"; got != x.zipped {
				t.Fatalf("compressed %v, want %v", got, x.zipped)
			}
			if x.zipped {
				zip, err := gzip.NewReader(w.Body)
				if err != nil {
					t.Fatal(err)
				}
				body = zip
			}
			if text, err := io.ReadAll(body); err != nil || string(text) != x.text {
				t.Errorf("%d bytes came back of %d, %v", len(text), len(x.text), err)
			}
		})
	}
}

func TestWhoHasThePageAlreadyIsToldSo(t *testing.T) {
	b := web.NewBody(200, "text/plain", []byte("page"))
	for tag, want := range map[string]int{b.ETag: 304, `"x", W/` + b.ETag: 304, "*": 304, `"other"`: 200, "": 200} {
		w := httptest.NewRecorder()
		b.Send(w, get("If-None-Match", tag))
		if w.Code != want || (want == 304 && w.Body.Len() > 0) {
			t.Errorf("If-None-Match %s: %d with %d bytes, want %d", tag, w.Code, w.Body.Len(), want)
		}
	}
	head := httptest.NewRecorder()
	r := get()
	r.Method = http.MethodHead
	b.Send(head, r)
	if head.Body.Len() != 0 || head.Header().Get("Content-Length") != "4" {
		t.Errorf("HEAD: %d bytes, Content-Length %s", head.Body.Len(), head.Header().Get("Content-Length"))
	}
}

// counted is a page that says how often it was rendered.
type counted struct {
	n      atomic.Int64
	status int
	header http.Header
}

func (c *counted) serve(w http.ResponseWriter, _ *http.Request) {
	c.n.Add(1)
	for k, v := range c.header {
		w.Header()[k] = v
	}
	w.WriteHeader(c.status)
	io.WriteString(w, "page")
}

func TestAPageIsRenderedOnceForAVersionOfTheCity(t *testing.T) {
	var version atomic.Int64
	cache := web.NewCache(1<<20, func(int64) int64 { return version.Load() })
	page := &counted{status: 200}
	ask := func(city int64, lang, path string) {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		w := httptest.NewRecorder()
		cache.Serve(w, r, city, lang, page.serve)
		if w.Body.String() != "page" {
			t.Errorf("got %q", w.Body)
		}
	}
	for _, x := range []struct {
		city       int64
		lang, path string
		rendered   int64
	}{
		{1, "ky", "/a", 1}, {1, "ky", "/a", 1}, {1, "ru", "/a", 2}, {2, "ky", "/a", 3}, {1, "ky", "/a?q=1", 4}, {1, "ky", "/a", 4},
	} {
		ask(x.city, x.lang, x.path)
		if page.n.Load() != x.rendered {
			t.Errorf("%+v: rendered %d times", x, page.n.Load())
		}
	}
	version.Add(1)
	ask(1, "ky", "/a")
	if page.n.Load() != 5 {
		t.Error("an old page was served after the city had changed")
	}
}

func TestWhatIsNotForEverybodyIsNotKept(t *testing.T) {
	for name, page := range map[string]*counted{
		"an error":          {status: 404},
		"a cookie":          {status: 200, header: http.Header{"Set-Cookie": {"a=b"}}},
		"a private page":    {status: 200, header: http.Header{"Cache-Control": {"private, no-store"}}},
		"an unfinished one": {status: 503},
	} {
		cache := web.NewCache(1<<20, func(int64) int64 { return 1 })
		for range 2 {
			cache.Serve(httptest.NewRecorder(), get(), 1, "ky", page.serve)
		}
		if page.n.Load() != 2 {
			t.Errorf("%s was kept", name)
		}
	}
}

func TestAPanicLeavesNobodyWaiting(t *testing.T) {
	cache := web.NewCache(1<<20, func(int64) int64 { return 1 })
	func() {
		defer func() { _ = recover() }()
		cache.Serve(httptest.NewRecorder(), get(), 1, "ky", func(http.ResponseWriter, *http.Request) { panic("x") })
	}()
	page := &counted{status: 200}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() { cache.Serve(httptest.NewRecorder(), get(), 1, "ky", page.serve) })
	}
	all.Wait()
	if page.n.Load() != 1 {
		t.Errorf("eight callers at once rendered %d times", page.n.Load())
	}
}

func TestTheCallersAddressIsThatBeforeTheTrustedProxies(t *testing.T) {
	remote := web.Remote{Trusted: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("10.0.0.0/8")}}
	for _, x := range []struct{ peer, forwarded, want string }{
		{"203.0.113.7:1", "", "203.0.113.7"},
		{"203.0.113.7:1", "198.51.100.1", "203.0.113.7"},
		{"127.0.0.1:1", "198.51.100.1", "198.51.100.1"},
		{"127.0.0.1:1", "6.6.6.6, 198.51.100.1, 10.1.2.3", "198.51.100.1"},
		{"[2001:db8:1:2:3::4]:1", "", "2001:db8:1:2::/64"},
	} {
		r := get("X-Forwarded-For", x.forwarded)
		r.RemoteAddr = x.peer
		if got := remote.Address(r); got != x.want {
			t.Errorf("%s for %s: %s, want %s", x.peer, x.forwarded, got, x.want)
		}
	}
}

func TestALimitIsOfOneCaller(t *testing.T) {
	l := web.NewLimiter(60, 2)
	for i, c := range []struct {
		caller string
		want   bool
	}{{"a", true}, {"a", true}, {"a", false}, {"b", true}} {
		if got := l.Allow(c.caller); got != c.want {
			t.Errorf("call %d by %s: allowed %v; two at once each, and no more", i+1, c.caller, got)
		}
	}
	free := web.NewLimiter(0, 0)
	for range 3 {
		if !free.Allow("a") {
			t.Error("no limit limits")
		}
	}
}

func TestAFormKeepsWhatWasTypedAndSaysWhatIsWrong(t *testing.T) {
	body := url.Values{"name": {"  Айгүл  "}, "n": {"700"}, "state": {"odd"}, "lat": {"42,87"}}
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	f, err := web.ReadForm(httptest.NewRecorder(), r)
	if err != nil {
		t.Fatal(err)
	}
	lat, ok := f.Float("lat")
	if f.Required("name", 10) != "Айгүл" || lat != 42.87 || !ok || len(f.Errors()) != 0 {
		t.Errorf("good fields: %v", f.Errors())
	}
	f.Required("none", 10)
	f.Int("n", 1, 365, 30)
	f.Choice("state", "open", "closed")
	f.Optional("name", 3)
	wrong := map[string]bool{}
	for _, e := range web.Fields(f.Err()) {
		wrong[e.Field] = true
	}
	if len(wrong) != 4 || f.Text("n") != "700" {
		t.Errorf("wrong are %v, typed %q", wrong, f.Text("n"))
	}
	r = httptest.NewRequest(http.MethodPost, "/", strings.NewReader("a=%ff"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if _, err := web.ReadForm(httptest.NewRecorder(), r); web.ProblemOf(err).Status != http.StatusBadRequest {
		t.Errorf("text that is not UTF-8: %v", err)
	}
}
