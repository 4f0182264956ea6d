package account

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

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
		lines, err := readable(v, doc[d.Name])
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

// shown are the fields that a person is shown, by the name of their JSON in
// lower case, and how their values are written. Numbers and marks of the
// database are left to the file that can be downloaded.
var shown = map[string]func(v *page.Visit, value string) string{
	"name": asText, "address": asText, "number": asText, "title": asText, "text": asText, "note": asText, "contact": asText, "email": asText,
	"phone": asText, "district": asText, "purpose": asText, "device": asText, "signers": asText, "rating": asText, "metres": asText,
	"quietfrom": asText, "quietto": asText, "created": asMoment, "updated": asMoment, "due": asMoment, "lang": asLanguage,
}

func asText(_ *page.Visit, value string) string { return value }

func asLanguage(_ *page.Visit, value string) string {
	if name := page.LanguageName(value); name != "" {
		return name
	}
	return value
}

func asMoment(v *page.Visit, value string) string {
	ms, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return value
	}
	return v.P.DateTime(time.UnixMilli(ms).In(v.City.Zone))
}

// readable writes what is shown of a document as lines, in the order of its JSON.
func readable(v *page.Visit, doc any) ([]line, error) {
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
	return walk(v, nil, "", tree), nil
}

func walk(v *page.Visit, out []line, name string, value any) []line {
	switch value := value.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(value)) {
			out = walk(v, out, strings.ToLower(k), value[k])
		}
	case []any:
		for _, one := range value {
			out = walk(v, out, name, one)
		}
	case string:
		out = say(v, out, name, value)
	case json.Number:
		if value != "0" {
			out = say(v, out, name, value.String())
		}
	}
	return out
}

func say(v *page.Visit, out []line, name, value string) []line {
	write := shown[name]
	if write == nil || value == "" {
		return out
	}
	return append(out, line{v.T("account.field." + name), write(v, value)})
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
