package app

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/ashar-kg/ashar/internal/civic/manifest"
	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/platform/web"
	assets "github.com/ashar-kg/ashar/web"
)

// mount puts the pages, the assets and the operator's addresses together
// under the middleware.
func (a *App) mount(routes []manifest.Route) http.Handler {
	a.metrics = newMetrics(a)
	routes = append(routes, a.frame()...)
	mux := http.NewServeMux()
	mux.Handle("/", a.Site.Handler(routes))
	mux.Handle("GET "+assets.Prefix, assets.Dist)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET /readyz", a.ready)
	mux.Handle("GET /metrics", promhttp.HandlerFor(a.metrics.registry, promhttp.HandlerOpts{}))
	https := strings.HasPrefix(a.Config.PublicURL, "https://")
	return web.Chain(mux, web.Watch(a.Log, a.metrics.measure), web.Secure(https))
}

// ready tells whether the database and the blob store can take writes now.
func (a *App) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
	defer cancel()
	state := map[string]string{"database": "ok", "blobs": "ok"}
	status := http.StatusOK
	if err := a.DB.Ping(ctx); err != nil {
		state["database"], status = "cannot be written", http.StatusServiceUnavailable
		a.Log.Warn("not ready", "part", "database", "cause", err)
	}
	if err := a.Blobs.Check(ctx); err != nil {
		state["blobs"], status = "cannot be written", http.StatusServiceUnavailable
		a.Log.Warn("not ready", "part", "blobs", "cause", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(state)
}

// frame are the addresses of the installed app: manifest, service worker,
// offline page, robots.
func (a *App) frame() []manifest.Route {
	return []manifest.Route{
		{Pattern: "GET /manifest.webmanifest", Handle: a.webManifest, Cached: true},
		{Pattern: "GET /sw.js", Handle: a.serviceWorker, Cached: true},
		{Pattern: "GET /offline", Handle: a.offline, Cached: true},
		{Pattern: "GET /robots.txt", Handle: a.robots, Cached: true},
		{Pattern: "GET /favicon.ico", Handle: a.favicon, Cached: true},
	}
}

type manifestIcon struct {
	Src     string `json:"src"`
	Sizes   string `json:"sizes"`
	Type    string `json:"type"`
	Purpose string `json:"purpose,omitempty"`
}

func (a *App) webManifest(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	type shortcut struct {
		Name string `json:"name"`
		URL  string `json:"url"`
	}
	doc := struct {
		ID         string         `json:"id"`
		Name       string         `json:"name"`
		ShortName  string         `json:"short_name"`
		Lang       string         `json:"lang"`
		StartURL   string         `json:"start_url"`
		Scope      string         `json:"scope"`
		Display    string         `json:"display"`
		Background string         `json:"background_color"`
		Theme      string         `json:"theme_color"`
		Icons      []manifestIcon `json:"icons"`
		Shortcuts  []shortcut     `json:"shortcuts"`
	}{
		ID: "/", Name: v.T("page.app_name", "city", v.City.Name(v.Lang())), ShortName: v.City.Name(v.Lang()), Lang: v.Lang(), StartURL: "/", Scope: "/",
		Display: "standalone", Background: "#fbfaf7", Theme: "#0b5d66",
		Shortcuts: []shortcut{{v.T("report.nav.report_long"), "/reports/new"}, {v.T("report.nav.map_long"), "/reports"}},
	}
	for _, i := range []struct{ name, sizes, kind, purpose string }{
		{"icon-192.png", "192x192", "image/png", ""},
		{"icon-512.png", "512x512", "image/png", ""},
		{"icon-maskable.png", "512x512", "image/png", "maskable"},
		{"icon.svg", "any", "image/svg+xml", ""},
	} {
		if src := v.Asset(i.name); src != "" {
			doc.Icons = append(doc.Icons, manifestIcon{src, i.sizes, i.kind, i.purpose})
		}
	}
	text, err := json.Marshal(doc)
	if err != nil {
		return err
	}
	web.NewBody(http.StatusOK, "application/manifest+json", text).Send(w, r)
	return nil
}

// serviceWorker serves the worker from the root, so that it may serve all
// pages; its version is the set of built files.
func (a *App) serviceWorker(w http.ResponseWriter, r *http.Request) error {
	text, ok := assets.Dist.File("sw.js")
	if !ok {
		return web.NotFound()
	}
	v := page.Of(r)
	keep := []string{"/offline", "/reports/offline"}
	for _, name := range []string{"main.css", "main.js", "golos-latin.woff2", "golos-cyrillic.woff2", "golos-cyrillic-ext.woff2", "icon.svg"} {
		keep = append(keep, v.Asset(name))
	}
	head := "self.PRECACHE = " + jsonOf(keep) + ";\nself.SENT = " + jsonOf(v.T("report.offline.gone")) + ";\n"
	web.NewBody(http.StatusOK, "text/javascript; charset=utf-8", append([]byte(head), text...)).Send(w, r)
	return nil
}

func jsonOf(v any) string {
	text, _ := json.Marshal(v) // strings always marshal
	return string(text)
}

func (a *App) offline(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	return page.Render(w, r, page.Meta{Title: v.T("page.offline.title"), NoIndex: true}, page.Plain(v.T("page.offline.title"), v.T("page.offline.text")))
}

func (a *App) robots(w http.ResponseWriter, r *http.Request) error {
	web.NewBody(http.StatusOK, "text/plain; charset=utf-8", []byte("User-agent: *\nDisallow: /account\nDisallow: /staff\nDisallow: /admin\nDisallow: /confirm\nDisallow: /reply\n")).Send(w, r)
	return nil
}

func (a *App) favicon(w http.ResponseWriter, r *http.Request) error {
	if icon := page.Of(r).Asset("icon.svg"); icon != "" {
		http.Redirect(w, r, icon, http.StatusFound)
		return nil
	}
	return web.NotFound()
}

// metrics are what the operator's monitoring reads.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

func newMetrics(a *App) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "ashar_http_requests_total", Help: "Answered requests by route and status."}, []string{"method", "route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "ashar_http_request_seconds", Help: "Time to answer by route.",
			Buckets: []float64{.001, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"route"}),
	}
	count := func(name, help string, fn func() int64) prometheus.Collector {
		return prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, func() float64 { return float64(fn()) })
	}
	m.registry.MustRegister(m.requests, m.seconds, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		count("ashar_db_reads_total", "Read transactions.", func() int64 { return a.DB.Counts().Reads }),
		count("ashar_db_writes_total", "Write transactions.", func() int64 { return a.DB.Counts().Writes }),
		count("ashar_db_retries_total", "Transactions that had to be repeated.", func() int64 { return a.DB.Counts().Retries }),
		count("ashar_jobs_done_total", "Finished jobs.", func() int64 { done, _ := a.Runner.Counts(); return done }),
		count("ashar_jobs_failed_total", "Failed runs of jobs.", func() int64 { _, failed := a.Runner.Counts(); return failed }),
	)
	return m
}

func (m *metrics) measure(method, pattern string, status int, took time.Duration) {
	if pattern == "" {
		pattern = "other"
	}
	m.requests.WithLabelValues(method, pattern, strconv.Itoa(status)).Inc()
	m.seconds.WithLabelValues(pattern).Observe(took.Seconds())
}
