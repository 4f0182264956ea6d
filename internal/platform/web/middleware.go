package web

import (
	"context"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/ashar-kg/ashar/internal/platform/ids"
)

// Middleware wraps a handler.
type Middleware func(http.Handler) http.Handler

// Chain puts the middlewares around h, the first one outermost.
func Chain(h http.Handler, ms ...Middleware) http.Handler {
	for i := len(ms) - 1; i >= 0; i-- {
		h = ms[i](h)
	}
	return h
}

type requestKey struct{}

// RequestID names the request in the log and in error pages.
func RequestID(ctx context.Context) string {
	if t, ok := ctx.Value(requestKey{}).(*trace); ok {
		return t.id
	}
	return ""
}

// trace is what a request collects on its way, for the log.
type trace struct {
	id      string
	cause   error
	pattern string
}

// Note keeps the cause of a failed request for the log line.
func Note(r *http.Request, err error) {
	if t, ok := r.Context().Value(requestKey{}).(*trace); ok {
		t.cause = err
	}
}

// NotePattern keeps the route that answered, for metrics: the mux sets it on
// its own copy of the request.
func NotePattern(r *http.Request, pattern string) {
	if t, ok := r.Context().Value(requestKey{}).(*trace); ok {
		t.pattern = pattern
	}
}

// statusWriter remembers the status and size of an answer.
type statusWriter struct {
	http.ResponseWriter
	status int
	size   int
}

func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(p)
	w.size += n
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Measure is told about every finished request.
type Measure func(method, pattern string, status int, took time.Duration)

// Watch logs and measures every request and turns a panic into a 500. The log
// has the route, never the address, which may hold a person's secret.
func Watch(log *slog.Logger, measure Measure) Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			start := time.Now()
			t := &trace{id: ids.Secret(10)}
			sw := &statusWriter{ResponseWriter: w}
			r = r.WithContext(context.WithValue(r.Context(), requestKey{}, t))
			defer func() {
				if p := recover(); p != nil {
					if p == http.ErrAbortHandler {
						panic(p)
					}
					log.Error("panic", "request", t.id, "route", t.pattern, "panic", p, "stack", string(debug.Stack()))
					if sw.status == 0 {
						http.Error(sw, "internal error "+t.id, http.StatusInternalServerError)
					}
				}
				took := time.Since(start)
				if measure != nil {
					measure(r.Method, t.pattern, sw.status, took)
				}
				logRequest(log, r, t, sw, took)
			}()
			next.ServeHTTP(sw, r)
		})
	}
}

func logRequest(log *slog.Logger, r *http.Request, t *trace, w *statusWriter, took time.Duration) {
	level := slog.LevelDebug
	if w.status >= 500 {
		level = slog.LevelError
	}
	if !log.Enabled(r.Context(), level) {
		return
	}
	attrs := []any{"request", t.id, "method", r.Method, "route", t.pattern, "status", w.status, "bytes", w.size, "took", took}
	if t.cause != nil {
		attrs = append(attrs, "cause", t.cause.Error())
	}
	log.Log(r.Context(), level, "request", attrs...)
}

// Secure sets the headers that keep a page from doing what we did not write.
func Secure(https bool) Middleware {
	const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; " +
		"connect-src 'self'; worker-src 'self'; manifest-src 'self'; form-action 'self'; " +
		"base-uri 'none'; frame-ancestors 'none'"
	set := http.Header{
		"Content-Security-Policy":    {policy},
		"X-Content-Type-Options":     {"nosniff"},
		"Referrer-Policy":            {"same-origin"},
		"X-Frame-Options":            {"DENY"},
		"Cross-Origin-Opener-Policy": {"same-origin"},
		"Permissions-Policy":         {"geolocation=(self), camera=(self), microphone=(), payment=()"},
	}
	if https {
		set["Strict-Transport-Security"] = []string{"max-age=31536000"}
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			copyHeader(w.Header(), set)
			next.ServeHTTP(w, r)
		})
	}
}
