// Package page is where a request meets a city: it finds the city of the host,
// the language and the person, lays every page out in the one frame, and tells
// every failure in the visitor's language.
package page

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/i18n"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/once"
	"github.com/ashar-kg/ashar/internal/platform/ui"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Visit is one request inside a city.
type Visit struct {
	City    *city.City
	Actor   permission.Actor
	P       *i18n.Printer
	Now     time.Time
	Address string // of the caller, for limits only
	session bool   // the request carries a session cookie
	site    *Site
}

type visitKey struct{}

// Of returns the visit that r belongs to. Calling it for a request that did
// not pass Site.Enter is a programming error.
func Of(r *http.Request) *Visit { return In(r.Context()) }

// In returns the visit of a context.
func In(ctx context.Context) *Visit { return ctx.Value(visitKey{}).(*Visit) }

// T returns a text of the catalogue in the visitor's language.
func (v *Visit) T(key string, args ...any) string { return v.P.T(key, args...) }

// Lang returns the visitor's language.
func (v *Visit) Lang() string { return v.P.Lang() }

// Printer writes in another language than the visitor's, for somebody else.
func (v *Visit) Printer(lang string) *i18n.Printer { return v.site.Catalogue.Printer(lang) }

// Absolute makes a path of this city an address that works from outside.
func (v *Visit) Absolute(path string) string { return v.site.Absolute(v.City, path) }

// Asset returns the hashed address of a built file, such as "main.css".
func (v *Visit) Asset(name string) string { return v.site.Assets.URL(name) }

// AssetFile returns a built file by its plain name.
func (v *Visit) AssetFile(name string) (data []byte, ok bool) { return v.site.Assets.File(name) }

// Texts returns the texts of field errors by field, for a form.
func (v *Visit) Texts(f *web.Form) map[string]string {
	out := map[string]string{}
	for _, e := range f.Errors() {
		if _, ok := out[e.Field]; !ok {
			out[e.Field] = v.T(e.Key, e.Args...)
		}
	}
	return out
}

// Problems are the errors of a form for its summary. An error that fits any
// field ("fill this in") says nothing away from its field: there it begins with
// the label, which is found in pairs of field and label.
func (v *Visit) Problems(f *web.Form, labels ...string) []ui.Problem {
	out := make([]ui.Problem, len(f.Errors()))
	for i, e := range f.Errors() {
		text := v.T(e.Key, e.Args...)
		for k := 0; k+1 < len(labels) && strings.HasPrefix(e.Key, anyField); k += 2 {
			if labels[k] == e.Field {
				text = v.T("error.labelled", "label", labels[k+1], "error", text)
				break
			}
		}
		out[i] = ui.Problem{Field: e.Field, Text: text}
	}
	return out
}

// anyField begins the keys of errors that do not name their field.
const anyField = "error.field."

// OnceField is the hidden field with which a form sent twice is recognised.
const OnceField = "idempotency_key"

// Blank is a form that nobody has typed into, with a key of its own.
func Blank() *web.Form { return &web.Form{Values: url.Values{OnceField: {ids.Secret(12)}}} }

// Once returns the request's context with the idempotency key of the form, so
// that the service's transaction can claim it. A key in the header wins: it is
// in the context from the start.
func Once(r *http.Request, f *web.Form) context.Context {
	if r.Header.Get("Idempotency-Key") != "" {
		return r.Context()
	}
	return onceKey(r.Context(), r.Pattern, f.Text(OnceField))
}

// onceKey puts the key of a command into the context.
func onceKey(ctx context.Context, what, key string) context.Context {
	if key == "" || len(key) > 200 {
		return ctx
	}
	v := In(ctx)
	who := "anyone"
	if v.Actor.SignedIn() {
		who = itoa(v.Actor.Person)
	}
	return once.With(ctx, once.NewKey(v.City.ID, who, what, key))
}

// chooseLang finds the language of a request: asked for in the address, chosen
// before, the browser's wish, the city's first.
func chooseLang(r *http.Request, c *city.City) string {
	if q := r.URL.RawQuery; strings.Contains(q, "lang=") {
		if l := r.URL.Query().Get("lang"); c.Speaks(l) {
			return l
		}
	}
	if k, err := r.Cookie(langCookie); err == nil && c.Speaks(k.Value) {
		return k.Value
	}
	return i18n.Choose(r.Header.Get("Accept-Language"), c.Languages)
}

const langCookie = "lang"

// setLanguage remembers the language a visitor chose and returns to the page.
func (s *Site) setLanguage(w http.ResponseWriter, r *http.Request) error {
	lang := r.PathValue("lang")
	if !Of(r).City.Speaks(lang) {
		return web.NotFound()
	}
	http.SetCookie(w, &http.Cookie{
		Name: langCookie, Value: lang, Path: "/", MaxAge: 365 * 24 * 3600,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.secure(),
	})
	return web.Redirect(w, r, Back(r.URL.Query().Get("back"), "/"))
}

// Back returns a path of this site given by the visitor, or def when it points
// anywhere else.
func Back(path, def string) string {
	u, err := url.Parse(path)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(path, "//") || strings.Contains(path, "\\") {
		return def
	}
	return u.RequestURI()
}
