package account

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

func (p *Pages) data(w http.ResponseWriter, r *http.Request) error {
	return p.dataPage(w, r, emptyForm())
}

func (p *Pages) dataPage(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	v := page.Of(r)
	if err := signedInOnly(v); err != nil {
		return err
	}
	var consents []Consent
	err := p.Service.db.View(r.Context(), func(tx *db.Tx) (err error) {
		consents, err = Consents(tx, v.City.ID, v.Actor.Person)
		return err
	})
	if err != nil {
		return err
	}
	return page.Render(w, r, metaOf(v.T("account.data.title"), f), dataView(v, f, p.Service.data, consents))
}

func (p *Pages) export(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	doc, err := p.Service.Export(r.Context(), v.City, v.Actor)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Disposition", `attachment; filename="ashar-data.json"`)
	w.Header().Set("Cache-Control", "private, no-store")
	return page.JSON(w, r, http.StatusOK, doc)
}

// allData is the same as export, to be read.
func (p *Pages) allData(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	doc, err := p.Service.Export(r.Context(), v.City, v.Actor)
	if err != nil {
		return err
	}
	var parts []part
	for _, d := range p.Service.data {
		lines, err := readable(doc[d.Name])
		if err != nil {
			return err
		}
		parts = append(parts, part{v.T(d.Purpose), lines})
	}
	return page.Render(w, r, page.Meta{Title: v.T("account.data.all"), Private: true}, allDataView(v, parts))
}

// part is one entry of the register with all that is held in it.
type part struct {
	title string
	lines []line
}

// line is one value, or the heading of those that follow.
type line struct {
	name  string
	value string
}

// readable writes a document as lines, in the order of its JSON.
func readable(doc any) ([]line, error) {
	text, err := json.Marshal(doc)
	if err != nil {
		return nil, err
	}
	read := json.NewDecoder(bytes.NewReader(text))
	read.UseNumber() // an id is longer than a float holds
	var tree any
	if err := read.Decode(&tree); err != nil {
		return nil, err
	}
	return walk(nil, "", tree), nil
}

func walk(out []line, name string, v any) []line {
	switch v := v.(type) {
	case nil:
	case map[string]any:
		if name != "" {
			out = append(out, line{name: name})
		}
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for _, k := range keys {
			out = walk(out, k, v[k])
		}
	case []any:
		for _, one := range v {
			out = walk(out, name, one)
		}
	case string:
		if v != "" {
			out = append(out, line{name, v})
		}
	default:
		text, _ := json.Marshal(v) // numbers and booleans always marshal
		out = append(out, line{name, string(text)})
	}
	return out
}

func (p *Pages) withdraw(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	if err := p.Service.Withdraw(r.Context(), v.City, v.Actor, f.Text("purpose")); err != nil {
		return err
	}
	return web.Redirect(w, r, "/account/data")
}

func (p *Pages) erase(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	if !f.Checked("sure") {
		f.Fail("sure", "account.error.sure")
		return p.dataPage(w, r, f)
	}
	err = p.Service.Erase(r.Context(), v.City, v.Actor)
	if f.Take(err) {
		return p.dataPage(w, r, f)
	}
	if err != nil {
		return err
	}
	v.ClearSession(w)
	return web.Redirect(w, r, "/")
}
