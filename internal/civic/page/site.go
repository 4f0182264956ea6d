package page

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/manifest"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/blob"
	"github.com/ashar-kg/ashar/internal/platform/clock"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/fresh"
	"github.com/ashar-kg/ashar/internal/platform/i18n"
	"github.com/ashar-kg/ashar/internal/platform/once"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// SessionCookie holds the secret of a signed-in session.
const SessionCookie = "session"

// Sessions finds the person of a session cookie's value. An unknown or revoked
// session is the zero Actor and no error.
type Sessions interface {
	Actor(ctx context.Context, cityID int64, secret string) (permission.Actor, error)
}

// Assets are the built files of the face.
type Assets interface {
	URL(name string) string
	File(name string) (data []byte, ok bool)
}

// Parts are what a Site is made of.
type Parts struct {
	DB        *db.DB
	Cities    *city.Registry
	Matrix    *permission.Book
	Catalogue *i18n.Catalogue
	Sessions  Sessions
	Versions  *fresh.Versions
	Clock     clock.Clock
	Assets    Assets
	Log       *slog.Logger
	Remote    web.Remote
	PublicURL string // base address of the installation; empty: taken from the city's first host
	Writes    int    // writes a minute that one caller may make; 0 is no limit
	AtOnce    int    // requests worked on at once; 0 is no limit
	Nav       []manifest.Link
	Counts    func(ctx context.Context, v *Visit) (unread int) // inbox badge of a signed-in person
}

// Site is all that the pages of an installation share.
type Site struct {
	Parts
	cache  *web.Cache
	writes *web.Limiter
	gate   web.Gate
	cross  *http.CrossOriginProtection
}

// cacheSize is the memory for rendered public pages, in bytes.
const cacheSize = 48 << 20

// New returns a site.
func New(p Parts) *Site {
	return &Site{
		Parts:  p,
		cache:  web.NewCache(cacheSize, p.Versions.Of),
		writes: web.NewLimiter(p.Writes, max(20, p.Writes/2)),
		gate:   web.NewGate(p.AtOnce),
		cross:  http.NewCrossOriginProtection(),
	}
}

// Routes are the few addresses of the frame itself.
func (s *Site) Routes() []manifest.Route {
	return []manifest.Route{
		{Pattern: "GET /language/{lang}", Handle: s.setLanguage},
		{Pattern: "/", Handle: func(http.ResponseWriter, *http.Request) error { return web.NotFound() }},
	}
}

// Handler mounts the routes.
func (s *Site) Handler(routes []manifest.Route) http.Handler {
	mux := http.NewServeMux()
	for _, rt := range routes {
		mux.Handle(rt.Pattern, s.enter(rt))
	}
	return mux
}

// enter is the way of every request: city, language, person, limits, handler.
func (s *Site) enter(rt manifest.Route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		web.NotePattern(r, rt.Pattern)
		c, ok := s.Cities.Of(r.Host)
		if !ok {
			http.Error(w, "no city answers under this host name", http.StatusNotFound)
			return
		}
		lang := chooseLang(r, c)
		v := &Visit{City: c, P: s.Catalogue.Printer(lang), Now: s.Clock.Now(), Address: s.Remote.Address(r), site: s}
		v.Actor = permission.Actor{City: c.ID, Lang: lang}
		ctx := context.WithValue(r.Context(), visitKey{}, v)
		h := w.Header()
		if rt.Open {
			h.Set("Access-Control-Allow-Origin", "*")
		} else {
			h["Vary"] = varyBy
		}
		cookie, _ := r.Cookie(SessionCookie)
		v.session = cookie != nil
		if rt.Cached && !v.session {
			r = r.WithContext(ctx)
			s.cache.Serve(w, r, c.ID, lang, func(w http.ResponseWriter, r *http.Request) {
				if err := s.anonymous(r.Context(), v); err != nil {
					s.fail(w, r, rt, err)
					return
				}
				s.run(w, r, rt)
			})
			return
		}
		r = r.WithContext(ctx)
		if !s.gate.Enter() {
			s.fail(w, r, rt, web.Busy())
			return
		}
		defer s.gate.Leave()
		if err := s.admit(w, r, rt, v, cookie); err != nil {
			s.fail(w, r, rt, err)
			return
		}
		s.run(w, r, rt)
	})
}

var varyBy = []string{"Cookie, Accept-Language"}

func (s *Site) anonymous(ctx context.Context, v *Visit) error {
	m, err := s.Matrix.Of(ctx, v.City.ID)
	v.Actor = v.Actor.WithMatrix(m)
	return err
}

// admit finds out who calls and whether this call may be made now.
func (s *Site) admit(w http.ResponseWriter, r *http.Request, rt manifest.Route, v *Visit, cookie *http.Cookie) error {
	if cookie != nil {
		a, err := s.Sessions.Actor(r.Context(), v.City.ID, cookie.Value)
		if err != nil {
			return err
		}
		if a.SignedIn() {
			a.Lang = v.Lang()
			v.Actor = a
		}
	}
	if err := s.anonymous(r.Context(), v); err != nil {
		return err
	}
	if r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions {
		return nil
	}
	if !rt.Open {
		if err := s.cross.Check(r); err != nil {
			return &web.Problem{Status: http.StatusForbidden, Key: "error.cross_origin", Cause: err}
		}
	}
	who := v.Address
	if v.Actor.Staff() {
		who = fmt.Sprintf("staff %d", v.Actor.Person) // an office shares one address
	}
	if !local(v.Address) && !s.writes.Allow(who) {
		w.Header().Set("Retry-After", "60")
		return web.TooMany()
	}
	return nil
}

// local tells of a caller on this machine. It is not limited by address: when
// a proxy here does not say whom it speaks for, all of the city shares it.
func local(address string) bool { return strings.HasPrefix(address, "127.") || address == "::/64" }

func (s *Site) run(w http.ResponseWriter, r *http.Request, rt manifest.Route) {
	if key := r.Header.Get("Idempotency-Key"); key != "" {
		r = r.WithContext(onceKey(r.Context(), rt.Pattern, key))
	}
	if err := rt.Handle(w, r); err != nil {
		s.fail(w, r, rt, once.Resolve(r.Context(), s.DB, err))
	}
}

// Absolute makes a path of a city an address that works from outside.
func (s *Site) Absolute(c *city.City, path string) string {
	if s.PublicURL != "" {
		base, err := url.Parse(s.PublicURL)
		if err == nil {
			if len(s.Cities.List()) > 1 && len(c.Hosts) > 0 {
				host := c.Hosts[0]
				if port := base.Port(); port != "" {
					host += ":" + port
				}
				base.Host = host
			}
			return strings.TrimSuffix(base.String(), "/") + path
		}
	}
	if len(c.Hosts) > 0 {
		return "https://" + c.Hosts[0] + path
	}
	return path
}

func (s *Site) secure() bool { return strings.HasPrefix(s.PublicURL, "https://") }

// SetSession gives the visitor's browser a session.
func (v *Visit) SetSession(w http.ResponseWriter, secret string, until time.Time) {
	http.SetCookie(w, &http.Cookie{
		Name: SessionCookie, Value: secret, Path: "/", Expires: until,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: v.site.secure(),
	})
}

// SetCookie gives the visitor's browser a value for the pages under a path, for
// some seconds; -1 takes it away.
func (v *Visit) SetCookie(w http.ResponseWriter, name, value, path string, seconds int) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: path, MaxAge: seconds,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: v.site.secure(),
	})
}

// ClearSession takes the session from the visitor's browser.
func (v *Visit) ClearSession(w http.ResponseWriter) {
	http.SetCookie(w, &http.Cookie{Name: SessionCookie, Path: "/", MaxAge: -1, HttpOnly: true, Secure: v.site.secure()})
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// Problem names the failure of a call in the words of the web.
func Problem(ctx context.Context, err error) *web.Problem { return problemOf(In(ctx), err) }

// problemOf names failures of the floors below in the words of the web.
func problemOf(v *Visit, err error) *web.Problem {
	switch {
	case errors.Is(err, permission.ErrDenied) && !v.Actor.SignedIn():
		return web.ProblemOf(web.SignIn())
	case errors.Is(err, permission.ErrDenied):
		return web.ProblemOf(web.Forbidden())
	case errors.Is(err, db.ErrNotFound):
		return web.ProblemOf(web.NotFound())
	case errors.Is(err, db.ErrUnavailable), errors.Is(err, blob.ErrFull), errors.Is(err, blob.ErrReadOnly):
		return web.ProblemOf(web.Unavailable(err))
	case errors.Is(err, db.ErrConflict):
		return web.ProblemOf(web.Conflict())
	}
	return web.ProblemOf(err)
}
