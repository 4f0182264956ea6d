// Package api puts the JSON operations that features declare under /api/v1
// and describes them in OpenAPI 3.1. An operation meets the same city,
// language, person, limits and cache as a page, and fails in the same words.
package api

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/ashar-kg/ashar/internal/civic/manifest"
	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/platform/once"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Prefix is where the operations are served.
const Prefix = "/api/v1"

// Document is the address of the OpenAPI description.
const Document = "/api/openapi.json"

// SignedIn names the security scheme of operations of a known person.
const SignedIn = "session"

// Routes returns the routes of the operations and of their description.
func Routes(features ...func(huma.API)) []manifest.Route {
	// Huma's errors are made by package variables only; ours go the way of
	// every failure, in the caller's language.
	huma.NewErrorWithContext = refuse
	huma.DefaultArrayNullable = false // our lists are empty, never null
	c := huma.DefaultConfig("Ashar", "1.0.0")
	c.OpenAPIPath, c.DocsPath, c.SchemasPath = "", "", ""
	c.CreateHooks = nil // no $schema member in answers
	c.Info.Description = "What a city and its residents do with Ashar, for programs. Texts come in the language of Accept-Language or ?lang=. " +
		"Every write takes an Idempotency-Key: sent again, the command is done once. Failures are RFC 9457 problems. " +
		"For the exchange of reports between systems there is Open311 GeoReport v2 at /open311/v2/."
	c.Info.License = &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"}
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		SignedIn: {Type: "apiKey", In: "cookie", Name: page.SessionCookie, Description: "The session of a person who has signed in at /account/sign-in."},
	}
	a := &adapter{}
	doc := huma.NewAPI(c, a)
	for _, f := range features {
		f(doc)
	}
	describe(doc.OpenAPI())
	nothing := manifest.Route{Pattern: Prefix + "/", API: true, Handle: func(http.ResponseWriter, *http.Request) error { return web.NotFound() }}
	return append(a.routes, nothing, manifest.Route{Pattern: "GET " + Document, Cached: true, API: true, Open: true, Handle: func(w http.ResponseWriter, r *http.Request) error {
		return page.JSON(w, r, http.StatusOK, doc.OpenAPI())
	}})
}

// describe says of every write that it may be repeated.
func describe(d *huma.OpenAPI) {
	for _, item := range d.Paths {
		for _, op := range []*huma.Operation{item.Post, item.Put, item.Delete} {
			if op != nil {
				op.Parameters = append(op.Parameters, &huma.Param{
					Name: "Idempotency-Key", In: "header", Description: "The same key again does nothing and leads to the first answer. Kept for 7 days.",
					Schema: &huma.Schema{Type: huma.TypeString},
				})
			}
		}
	}
}

// Get adds a read. Anonymous answers are cached and open to pages of other
// origins.
func Get[I, O any](a huma.API, path, id, summary string, h func(context.Context, *I) (*O, error)) {
	add(a, http.MethodGet, path, id, summary, false, h)
}

// Own adds a read of what concerns the person who is signed in.
func Own[I, O any](a huma.API, path, id, summary string, h func(context.Context, *I) (*O, error)) {
	add(a, http.MethodGet, path, id, summary, true, h)
}

// Write adds a command: POST, PUT or DELETE. signed tells that only a person
// who is signed in may give it; the service decides, this describes.
func Write[I, O any](a huma.API, method, path, id, summary string, signed bool, h func(context.Context, *I) (*O, error)) {
	add(a, method, path, id, summary, signed, h)
}

// open marks operations that anybody's page may call.
const open = "open"

func add[I, O any](a huma.API, method, path, id, summary string, signed bool, h func(context.Context, *I) (*O, error)) {
	op := huma.Operation{
		OperationID: id, Method: method, Path: Prefix + path, Summary: summary, MaxBodyBytes: maxBody, BodyReadTimeout: -1,
		Tags: []string{strings.SplitN(strings.TrimPrefix(path, "/"), "/", 2)[0]}, Metadata: map[string]any{open: method == http.MethodGet && !signed},
	}
	if signed {
		op.Security = []map[string][]string{{SignedIn: {}}}
	}
	huma.Register(a, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := h(ctx, in)
		if err != nil {
			ctx.Value(failedKey{}).(*failed).err = err
			return nil, &silent{}
		}
		return out, nil
	})
}

// maxBody is the largest body of an operation, photos included, in bytes.
const maxBody = 64 << 20

// adapter makes routes of a site out of operations.
type adapter struct{ routes []manifest.Route }

func (a *adapter) Handle(op *huma.Operation, h func(huma.Context)) {
	public := op.Metadata[open] == true
	a.routes = append(a.routes, manifest.Route{
		Pattern: op.Method + " " + op.Path, API: true, Open: public, Cached: public,
		Handle: func(w http.ResponseWriter, r *http.Request) error { return serve(op, h, w, r) },
	})
}

// ServeHTTP is asked for by huma.Adapter; the site serves the routes.
func (a *adapter) ServeHTTP(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) }

func serve(op *huma.Operation, h func(huma.Context), w http.ResponseWriter, r *http.Request) error {
	f := &failed{ResponseWriter: w}
	h(humago.NewContext(op, r.WithContext(context.WithValue(r.Context(), failedKey{}, f)), f))
	if f.err == nil {
		return nil
	}
	for _, name := range []string{"Content-Type", "Link"} {
		w.Header().Del(name)
	}
	err := page.Resolve(r.Context(), f.err)
	var done *once.Repeated
	if errors.As(err, &done) {
		http.Redirect(w, r, Prefix+done.Answer, http.StatusSeeOther)
		return nil
	}
	return err
}

type failedKey struct{}

// failed holds back what Huma writes about a failure, so that the site tells it.
type failed struct {
	http.ResponseWriter
	err error
}

func (f *failed) WriteHeader(status int) {
	if f.err == nil {
		f.ResponseWriter.WriteHeader(status)
	}
}

func (f *failed) Write(b []byte) (int, error) {
	if f.err != nil {
		return len(b), nil
	}
	return f.ResponseWriter.Write(b)
}

// silent is the answer that failed keeps from being written.
type silent struct{}

func (*silent) Error() string  { return "told by the site" }
func (*silent) GetStatus() int { return http.StatusInternalServerError }

// refuse takes what Huma finds wrong with a request.
func refuse(ctx huma.Context, status int, msg string, errs ...error) huma.StatusError {
	if ctx == nil {
		return huma.NewError(status, msg, errs...)
	}
	p := &web.Problem{Status: status, Key: "error.bad_request", Cause: errors.New(msg)}
	if status == http.StatusRequestEntityTooLarge {
		p.Key = "error.too_large"
	}
	for _, e := range errs {
		d := &huma.ErrorDetail{}
		if !errors.As(e, &d) {
			d = &huma.ErrorDetail{Message: e.Error()}
		}
		p.Fields = append(p.Fields, web.FieldError{Field: d.Location, Key: "error.field.api", Args: []any{"message", d.Message}})
		if d.Location != "body" { // one value is wrong, not the whole document
			p.Status, p.Key = http.StatusUnprocessableEntity, "error.invalid"
		}
	}
	ctx.Context().Value(failedKey{}).(*failed).err = p
	return &silent{}
}
