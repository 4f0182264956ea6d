package page

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/ashar-kg/ashar/internal/civic/manifest"
	"github.com/ashar-kg/ashar/internal/platform/once"
	"github.com/ashar-kg/ashar/internal/platform/table"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// fail tells a failure in the visitor's language: as a page, or as
// application/problem+json (RFC 9457) to programs.
func (s *Site) fail(w http.ResponseWriter, r *http.Request, rt manifest.Route, err error) {
	v := Of(r)
	var done *once.Repeated
	if errors.As(err, &done) {
		http.Redirect(w, r, Back(done.Answer, "/"), http.StatusSeeOther)
		return
	}
	p := problemOf(v, err)
	if p.Status >= http.StatusInternalServerError {
		web.Note(r, err)
	}
	if p.Status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "10")
	}
	w.Header().Set("Cache-Control", "no-store")
	if rt.API || strings.HasPrefix(r.Header.Get("Accept"), "application/json") {
		v.writeProblem(w, r, p)
		return
	}
	if p.Status == http.StatusUnauthorized && r.Method == http.MethodGet {
		http.Redirect(w, r, "/account/sign-in?back="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
		return
	}
	fields := make([]string, len(p.Fields))
	for i, f := range p.Fields {
		fields[i] = v.T(f.Key, f.Args...)
	}
	meta := Meta{Title: v.T(p.Key + ".title"), Status: p.Status, Private: true}
	if err := Render(w, r, meta, failure(v, p, fields, web.RequestID(r.Context()), s.again(w, r, p))); err != nil {
		http.Error(w, v.T(p.Key+".title"), p.Status)
	}
}

// again are the fields of a form that was not taken because the site could not
// take it now, so that nothing that was typed is lost. A form of another site is
// not offered: with it somebody could be led to send what they never wrote.
func (s *Site) again(w http.ResponseWriter, r *http.Request, p *web.Problem) url.Values {
	if p.Status != http.StatusServiceUnavailable || s.cross.Check(r) != nil {
		return nil
	}
	return web.Typed(w, r)
}

// Resolve turns the failure of a command that was done before into
// *once.Repeated with the first answer; any other error passes through.
func Resolve(ctx context.Context, err error) error { return once.Resolve(ctx, In(ctx).site.DB, err) }

// problemJSON is RFC 9457.
type problemJSON struct {
	Type     string         `json:"type"`
	Title    string         `json:"title"`
	Status   int            `json:"status"`
	Detail   string         `json:"detail,omitempty"`
	Instance string         `json:"instance,omitempty"`
	Errors   []problemField `json:"errors,omitempty"`
}

type problemField struct {
	Location string `json:"location"`
	Message  string `json:"message"`
}

func (v *Visit) writeProblem(w http.ResponseWriter, r *http.Request, p *web.Problem) {
	doc := problemJSON{
		Type: "about:blank", Title: v.T(p.Key + ".title"), Status: p.Status,
		Detail: v.T(p.Key+".text", p.Args...), Instance: web.RequestID(r.Context()),
	}
	for _, f := range p.Fields {
		doc.Errors = append(doc.Errors, problemField{Location: f.Field, Message: v.T(f.Key, f.Args...)})
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	json.NewEncoder(w).Encode(doc)
}

// Table answers with a table as a file of one of its kinds.
func Table(w http.ResponseWriter, r *http.Request, name, kind string, t *table.Table, rows table.Rows) error {
	buf := web.TakeBuffer()
	defer buf.Free()
	if err := t.Write(buf, kind, rows); err != nil {
		return err
	}
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+"."+kind+`"`)
	web.NewBody(http.StatusOK, table.Types[kind], slices.Clone(buf.Bytes())).Send(w, r)
	return nil
}

// JSON answers with a document.
func JSON(w http.ResponseWriter, r *http.Request, status int, doc any) error {
	text, err := json.Marshal(doc)
	if err != nil {
		return err
	}
	web.NewBody(status, "application/json", append(text, '\n')).Send(w, r)
	return nil
}
