package open311

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Server answers GeoReport calls from a Backend. Mount it with
// http.StripPrefix; its own paths start at /discovery, /services, …
type Server struct {
	Backend Backend
	Now     func() time.Time // time.Now when nil
	MaxBody int64            // of a POST; 32 MiB when zero
	Log     *slog.Logger     // slog.Default when nil
	// Explain finds words for an error of the Backend that is neither ErrNotFound
	// nor *Error; nil for one that nobody expected. It may be nil.
	Explain func(context.Context, error) *Error
}

var buffers = sync.Pool{New: func() any { b := make([]byte, 0, 64<<10); return &b }}

// ServeHTTP answers one call, errors included, in the format of the path.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path, f := strings.Trim(r.URL.Path, "/"), XML
	known := true
	if p, ok := strings.CutSuffix(path, ".xml"); ok {
		path = p
	} else if p, ok := strings.CutSuffix(path, ".json"); ok {
		path, f = p, JSON
	} else {
		known = false
	}
	p := buffers.Get().(*[]byte)
	defer buffers.Put(p)
	status := http.StatusOK
	out, err := (*p)[:0], error(refuse(http.StatusNotFound, "There is nothing at this address."))
	if known {
		out, err = s.answer(out, f, path, w, r)
	}
	if err != nil {
		var e *Error
		if !errors.As(err, &e) {
			e = s.plain(err, r)
		}
		status, out = e.Status, AppendFaults((*p)[:0], f, e.Faults)
	}
	h := w.Header()
	h.Set("Content-Type", f.ContentType())
	h.Set("Content-Length", strconv.Itoa(len(out)))
	h.Set("X-Content-Type-Options", "nosniff")
	if status == http.StatusServiceUnavailable {
		h.Set("Retry-After", "10")
	}
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(out)
	}
	// A rare huge answer must not stay in memory for good.
	if cap(out) <= 4<<20 {
		*p = out[:0]
	}
}

// plain turns an error without words for the caller into one; its detail goes
// to the log.
func (s *Server) plain(err error, r *http.Request) *Error {
	if errors.Is(err, ErrNotFound) {
		return refuse(http.StatusNotFound, "This was not found.")
	}
	if s.Explain != nil {
		if e := s.Explain(r.Context(), err); e != nil {
			return e
		}
	}
	log := s.Log
	if log == nil {
		log = slog.Default()
	}
	log.ErrorContext(r.Context(), "open311 answer", "method", r.Method, "error", err)
	return refuse(http.StatusInternalServerError, "Something went wrong on our side. Please try again later.")
}

func (s *Server) answer(b []byte, f Format, path string, w http.ResponseWriter, r *http.Request) ([]byte, error) {
	c := Call{Jurisdiction: r.URL.Query().Get("jurisdiction_id"), Host: r.Host, Language: r.Header.Get("Accept-Language")}
	name, id, _ := strings.Cut(path, "/")
	if r.Method == http.MethodPost {
		return s.post(b, f, path, c, w, r)
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD, POST")
		return b, refuse(http.StatusMethodNotAllowed, "This address takes GET and POST only.")
	}
	ctx, q := r.Context(), r.URL.Query()
	if path == "discovery" {
		d, err := s.Backend.Discovery(ctx, c)
		return AppendDiscovery(b, f, d), err
	}
	if err := s.city(r, c); err != nil {
		return b, err
	}
	switch {
	case path == "services":
		v, err := s.Backend.Services(ctx, c)
		return AppendServices(b, f, v), err
	case name == "services" && id == "":
		return b, bad("service_code was not given.")
	case name == "services":
		v, err := s.Backend.Definition(ctx, c, id)
		return AppendDefinition(b, f, v), missing(err, "service_code was not found.")
	case path == "requests":
		now := time.Now
		if s.Now != nil {
			now = s.Now
		}
		filter, err := ParseFilter(q, now())
		if err != nil {
			return b, err
		}
		v, err := s.Backend.Requests(ctx, c, filter)
		return AppendRequests(b, f, v), err
	case name == "requests" && id != "":
		v, err := s.Backend.Request(ctx, c, id, q.Get("extensions") == "true")
		return AppendRequests(b, f, []Request{v}), missing(err, "service_request_id was not found.")
	case name == "tokens" && id != "":
		v, err := s.Backend.Token(ctx, c, id)
		return AppendToken(b, f, v), missing(err, "token was not found.")
	case name == "requests" || name == "tokens":
		return b, bad("The id is missing in the address.")
	case path == "servicerequestupdates":
		from, to, err := span(q, "start_date", "end_date")
		if err != nil {
			return b, err
		}
		v, err := s.Backend.Updates(ctx, c, from, to)
		return AppendUpdates(b, f, v), err
	}
	return b, refuse(http.StatusNotFound, "There is nothing at this address.")
}

func (s *Server) city(r *http.Request, c Call) error {
	return missing(s.Backend.Jurisdiction(r.Context(), c), "jurisdiction_id was not found.")
}

func missing(err error, text string) error {
	if errors.Is(err, ErrNotFound) {
		return refuse(http.StatusNotFound, "%s", text)
	}
	return err
}

// limit reads at most n bytes of a part and refuses more.
func limit(r io.Reader, n int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, n+1))
	if err == nil && int64(len(b)) > n {
		return nil, bad("The answer or file is larger than %d bytes.", n)
	}
	return b, err
}
