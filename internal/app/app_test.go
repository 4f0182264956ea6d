package app_test

import (
	"bytes"
	"context"
	"image/jpeg"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ashar-kg/ashar/internal/app"
	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/demo"
	"github.com/ashar-kg/ashar/internal/features/report"
	"github.com/ashar-kg/ashar/internal/platform/clock"
	"github.com/ashar-kg/ashar/internal/platform/config"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/db/dbtest"
	"github.com/ashar-kg/ashar/internal/platform/web"
	"github.com/ashar-kg/ashar/seed/draw"
)

// serve starts a demo city of a few reports on SQLite or PostgreSQL.
func serve(t *testing.T, database string, change ...func(*config.Config)) (*app.App, *httptest.Server) {
	t.Helper()
	return serveLogged(t, database, io.Discard, change...)
}

// bishkek is the clock on the wall of the demo city. The machine's is another
// day for six hours of every night.
var bishkek, _ = time.LoadLocation("Asia/Bishkek")

// cityDay is the day in the city, so many years, months and days from now, as a form has it.
func cityDay(years, months, days int) string {
	return time.Now().In(bishkek).AddDate(years, months, days).Format(time.DateOnly)
}

// serveLogged is serve with all that is logged, however little it matters.
func serveLogged(t *testing.T, database string, log io.Writer, change ...func(*config.Config)) (*app.App, *httptest.Server) {
	t.Helper()
	cfg := &config.Config{
		Data: t.TempDir(), Database: database, Demo: true, MailFrom: "Ashar <ashar@city.example>", LogLevel: "error", LogFormat: "text",
		Contact: "mailto:operator@city.example", Trusted: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, Grace: time.Second,
	}
	cfg.Blobs = cfg.Data + "/blobs"
	if cfg.Database == "" {
		cfg.Database = cfg.Data + "/ashar.db"
	}
	copySample(t, cfg.Data, database)
	for _, fn := range change {
		fn(cfg)
	}
	a, err := app.New(t.Context(), cfg, slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})), clock.System{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	s := httptest.NewServer(a.Handler())
	t.Cleanup(s.Close)
	return a, s
}

// browser is a visitor with cookies who follows redirects.
type browser struct {
	t    *testing.T
	base string
	http *http.Client
}

func visit(t *testing.T, s *httptest.Server) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t, s.URL, &http.Client{Jar: jar}}
}

func (b *browser) do(want int, method, path string, form url.Values) (body, at string) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Accept-Language", "en")
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	answer, err := b.http.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	if answer.StatusCode != want {
		b.t.Fatalf("%s %s: status %d, want %d\n%.600s", method, path, answer.StatusCode, want, data)
	}
	return string(data), answer.Request.URL.Path
}

// both runs a test against a city on each engine.
func both(t *testing.T, run func(t *testing.T, a *app.App, s *httptest.Server)) {
	t.Run("sqlite", func(t *testing.T) {
		a, s := serve(t, "")
		run(t, a, s)
	})
	t.Run("postgres", func(t *testing.T) {
		a, s := serve(t, dbtest.PostgresURL(t))
		run(t, a, s)
	})
}

func lamp() url.Values {
	return url.Values{
		"step": {"details"}, "category": {"street-light"}, "lat": {"42.8746"}, "lon": {"74.6036"}, "address": {"Chuy 120"},
		"text": {"The lamp by the bus stop is dark."}, "q_fault": {"out"}, "contact": {"aidai@city.example"}, "idempotency_key": {"key-of-this-form"},
	}
}

var codePattern = regexp.MustCompile(`sent to the city is (\d{6})`)

func TestAReportTravelsFromAVisitorToAMendedStreet(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		resident, clerk := visit(t, s), visit(t, s)

		_, at := resident.do(200, http.MethodPost, "/reports/new", lamp())
		if !strings.HasPrefix(at, "/confirm/") {
			t.Fatalf("an unknown author is asked for a code, not led to %s", at)
		}
		if _, again := resident.do(200, http.MethodPost, "/reports/new", lamp()); again != at {
			t.Errorf("the form sent twice leads to %s, first to %s", again, at)
		}
		deliver(t, a)
		outbox, _ := resident.do(200, http.MethodGet, "/demo/outbox", nil)
		code := codePattern.FindStringSubmatch(outbox)
		if code == nil {
			t.Fatalf("no code in the outbox:\n%.800s", outbox)
		}
		resident.do(422, http.MethodPost, at, url.Values{"code": {"not it"}})
		page, report := resident.do(200, http.MethodPost, at, url.Values{"code": {code[1]}})
		if !strings.HasPrefix(report, "/reports/20") || !strings.Contains(page, "The lamp by the bus stop is dark.") {
			t.Fatalf("the code leads to %s", report)
		}
		number := strings.TrimPrefix(report, "/reports/")

		clerk.do(200, http.MethodPost, "/demo", url.Values{"person": {"1003"}, "back": {"/staff"}})
		clerk.do(200, http.MethodGet, "/staff/reports/"+number, nil)
		clerk.do(422, http.MethodPost, "/staff/reports/"+number, url.Values{"do": {"answer"}, "to": {"not_fixed"}})
		clerk.do(200, http.MethodPost, "/staff/reports/"+number, url.Values{"do": {"answer"}, "to": {"in_work"}})
		clerk.do(200, http.MethodPost, "/staff/reports/"+number, url.Values{"do": {"answer"}, "to": {"fixed"}, "note": {"A new lamp is in."}})

		page, _ = visit(t, s).do(200, http.MethodGet, report, nil)
		for _, want := range []string{"A new lamp is in.", "Fixed"} {
			if !strings.Contains(page, want) {
				t.Errorf("everybody should read %q", want)
			}
		}
		if strings.Contains(page, "aidai@") {
			t.Error("the author's address is on a public page")
		}
		deliver(t, a)
		notices, _ := resident.do(200, http.MethodGet, "/account/notices", nil)
		if !strings.Contains(notices, "is fixed") {
			t.Errorf("the author was not told:\n%.1500s", notices)
		}
		json, _ := visit(t, s).do(200, http.MethodGet, "/open311/v2/requests/"+number+".json", nil)
		if !strings.Contains(json, `"status":"closed"`) || !strings.Contains(json, `"status_notes":"Fixed"`) {
			t.Errorf("open311: %s", json)
		}
	})
}

// deliver does the jobs that wait, as the runner would.
func deliver(t *testing.T, a *app.App) {
	t.Helper()
	if err := a.Runner.Drain(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
}

func TestEveryPageAnswersInThreeLanguagesWithNoMissingText(t *testing.T) {
	_, s := serve(t, "")
	admin := visit(t, s)
	admin.do(200, http.MethodPost, "/demo", url.Values{"person": {"1000"}, "back": {"/staff"}})
	for _, path := range []string{
		"/", "/reports", "/reports/new", "/bodies", "/bodies/gorsvet", "/districts/leninsky", "/data/", "/developers", "/offline", "/demo",
		"/account", "/account/notices", "/account/preferences", "/account/devices", "/account/security", "/account/data", "/admin/people",
		"/systemic", "/staff", "/staff?view=closed", "/staff/near?lat=42.87&lon=74.6", "/staff/moderation", "/staff/jobs", "/demo/outbox",
		"/answers", "/answers?kind=appeal&period=4w", "/data/figures", "/bulletins", "/staff/figures", "/staff/figures/gorsvet",
		"/reception", "/staff/reception",
	} {
		for _, lang := range []string{"ky", "ru", "en"} {
			sep := "?"
			if strings.Contains(path, "?") {
				sep = "&"
			}
			page, _ := admin.do(200, http.MethodGet, path+sep+"lang="+lang, nil)
			if i := strings.Index(page, "⟦"); i >= 0 {
				t.Errorf("%s in %s lacks a text: %.60s", path, lang, page[i:])
			}
			if !strings.Contains(page, `<html lang="`+lang+`"`) {
				t.Errorf("%s is not in %s", path, lang)
			}
		}
	}
}

func TestPrivateReportsAreSeenByNobodyElse(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		resident := visit(t, s)
		resident.do(200, http.MethodPost, "/demo", url.Values{"person": {"2000"}, "back": {"/account"}})
		form := lamp()
		form.Set("private", "1")
		_, report := resident.do(200, http.MethodPost, "/reports/new", form)
		stranger := visit(t, s)
		stranger.do(404, http.MethodGet, report, nil)
		stranger.do(404, http.MethodGet, "/open311/v2/requests/"+strings.TrimPrefix(report, "/reports/")+".xml", nil)
		list, _ := stranger.do(200, http.MethodGet, "/data/reports.csv", nil)
		if strings.Contains(list, strings.TrimPrefix(report, "/reports/")) {
			t.Error("a private report is in the open data")
		}
	})
}

func TestBackupPutBackIntoTheOtherEngineIsTheSameCity(t *testing.T) {
	a, s := serve(t, "")
	file := t.TempDir() + "/backup"
	if _, err := app.Backup(t.Context(), a.Config, file); err != nil {
		t.Fatal(err)
	}
	before, _ := visit(t, s).do(200, http.MethodGet, "/data/reports.csv", nil)
	cfg := *a.Config
	cfg.Data, cfg.Database = t.TempDir(), dbtest.PostgresURL(t)
	cfg.Blobs = cfg.Data + "/blobs"
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	if _, err := app.Restore(t.Context(), &cfg, log, file); err != nil {
		t.Fatal(err)
	}
	restored, err := app.New(t.Context(), &cfg, log, clock.System{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { restored.Close() })
	if restored.DB.Engine() != db.Postgres {
		t.Fatal("not on PostgreSQL")
	}
	second := httptest.NewServer(restored.Handler())
	t.Cleanup(second.Close)
	after, _ := visit(t, second).do(200, http.MethodGet, "/data/reports.csv", nil)
	port := regexp.MustCompile(`https?://[^,\n]*`)
	if x, y := port.ReplaceAllString(before, ""), port.ReplaceAllString(after, ""); x != y || len(x) < 1000 {
		t.Errorf("the restored city differs: %d and %d bytes", len(x), len(y))
	}
}

func TestAPhotoInAPublicReportIsSeenThoughAPrivateOneHasItToo(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		c, _ := a.Cities.ByID(demo.CityID)
		picture, _, err := a.Reports.StorePhoto(t.Context(), bytes.NewReader(drawn(t)))
		if err != nil {
			t.Fatal(err)
		}
		resident := permission.Actor{City: c.ID, Person: 2000}.WithMatrix(permission.NewMatrix(report.Permissions()...))
		send := func(private bool) {
			t.Helper()
			draft := report.Draft{
				Category: "pothole", Placed: true, Lat: 42.8746, Lon: 74.6036, Text: "A hole", Private: private, Lang: "en", Channel: "web",
				Photos: []casework.Photo{picture}, Answers: map[string][]string{"size": {"small"}, "place": {"road"}},
			}
			if _, err := a.Reports.Submit(t.Context(), c, resident, draft); err != nil {
				t.Fatalf("%v %+v", err, web.Fields(err))
			}
		}
		stranger, owner := visit(t, s), visit(t, s)
		owner.do(200, http.MethodPost, "/demo", url.Values{"person": {"2000"}, "back": {"/account"}})
		send(true)
		for _, key := range []string{picture.Full, picture.Thumb} {
			stranger.do(404, http.MethodGet, "/photos/"+key, nil)
			owner.do(200, http.MethodGet, "/photos/"+key, nil)
		}
		send(false)
		send(true)
		for _, key := range []string{picture.Full, picture.Thumb} {
			stranger.do(200, http.MethodGet, "/photos/"+key, nil)
		}
	})
}

func drawn(t *testing.T) []byte {
	t.Helper()
	var file bytes.Buffer
	if err := jpeg.Encode(&file, draw.Scene("pothole", 7, false), nil); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}
