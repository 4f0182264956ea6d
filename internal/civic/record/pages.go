package record

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/ashar-kg/ashar/internal/civic/manifest"
	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/civic/record/wire"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/i18n"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Pages are the record as people read it, and as programs check it.
type Pages struct{ Service *Service }

// Manifest declares the record. All of it is public.
func (p *Pages) Manifest() manifest.Feature {
	return manifest.Feature{
		Name: "record",
		Nav:  []manifest.Link{{Path: "/record", Title: "record.title", Audience: manifest.Footer}},
		Data: []manifest.Dataset{{Title: "record.title", Text: "record.data", Page: "/record", Files: []string{"/record/checkpoint", "/record/key"}}},
		Routes: []manifest.Route{
			{Pattern: "GET /record", Handle: p.list, Cached: true},
			{Pattern: "GET /record/{index}", Handle: p.show, Cached: true},
			{Pattern: "GET /record/checkpoint", Handle: p.checkpoint, API: true, Open: true},
			{Pattern: "GET /record/key", Handle: p.key, API: true, Open: true},
			{Pattern: "GET /record/tile/{path...}", Handle: p.tile, API: true, Open: true},
		},
	}
}

// listed is how many entries one page of the list shows.
const listed = 15

// overview is what the page of the record shows.
type overview struct {
	*head
	keys  []pair
	list  []Logged
	older string
	first bool // the newest entries, not older ones
}

func (p *Pages) list(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	before, err := strconv.ParseInt(r.URL.Query().Get("before"), 10, 64)
	o := overview{first: err != nil || before < 0}
	if o.first {
		before = 1<<63 - 1
	}
	if err := p.Service.DB.View(r.Context(), func(tx *db.Tx) (err error) {
		if o.head, o.keys, err = headOf(tx, v.City.ID); err != nil {
			return err
		}
		o.list, err = newest(tx, v.City.ID, before, listed+1)
		return err
	}); err != nil && !errors.Is(err, db.ErrNotFound) { // a record without entries has a page too
		return err
	}
	if len(o.list) > listed {
		o.list = o.list[:listed]
		o.older = "/record?before=" + number(o.list[listed-1].Index)
	}
	meta := page.Meta{Title: v.T("record.title"), Description: v.T("record.lead"), NoIndex: !o.first}
	return page.Render(w, r, meta, listView(v, o))
}

// proven is one entry with its proof.
type proven struct {
	Logged
	*head
	body  string
	proof tlog.RecordProof
}

func (p *Pages) show(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	index, err := strconv.ParseInt(r.PathValue("index"), 10, 64)
	if err != nil || index < 0 || strconv.FormatInt(index, 10) != r.PathValue("index") {
		return web.NotFound()
	}
	x := proven{Logged: Logged{Index: index}}
	if err := p.Service.DB.View(r.Context(), func(tx *db.Tx) (err error) {
		if x.body, err = entry(tx, v.City.ID, index); err != nil {
			return err
		}
		if x.Entry, err = parse([]byte(x.body)); err != nil {
			return err
		}
		if x.head, _, err = headOf(tx, v.City.ID); err != nil {
			return err
		}
		x.proof, err = tlog.ProveRecord(x.N, index, reader(tx, v.City.ID).Hashes(x.Tree))
		return err
	}); err != nil {
		return err
	}
	title, _ := i18n.Pick(x.Title, v.Lang())
	return page.Render(w, r, page.Meta{Title: title, Description: v.T("record.entry.number", "n", number(index))}, entryView(v, x))
}

// checkpoint answers with the note as it is stored: whether it is right is for
// those to find out who ask.
func (p *Pages) checkpoint(w http.ResponseWriter, r *http.Request) error {
	var l *head
	if err := p.Service.DB.View(r.Context(), func(tx *db.Tx) (err error) {
		l, _, err = readLog(tx, logColumns+` AND size > 0`, page.Of(r).City.ID)
		return err
	}); err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-cache")
	web.NewBody(http.StatusOK, "text/plain; charset=utf-8", []byte(l.signed)).Send(w, r)
	return nil
}

// key tells the keys that sign, one a line.
func (p *Pages) key(w http.ResponseWriter, r *http.Request) error {
	var text strings.Builder
	if err := p.Service.DB.View(r.Context(), func(tx *db.Tx) error {
		keys, err := keysOf(tx, page.Of(r).City.ID)
		for _, k := range keys {
			text.WriteString(k.verifier + "\n")
		}
		return err
	}); err != nil {
		return err
	}
	if text.Len() == 0 {
		return web.NotFound()
	}
	w.Header().Set("Cache-Control", "no-cache")
	web.NewBody(http.StatusOK, "text/plain; charset=utf-8", []byte(text.String())).Send(w, r)
	return nil
}

// tile answers with hashes or with entries. What is at such an address never
// changes: a tile that is not full has its width in its name.
func (p *Pages) tile(w http.ResponseWriter, r *http.Request) error {
	t, err := wire.ParsePath("tile/" + r.PathValue("path"))
	if err != nil {
		return web.NotFound()
	}
	var data []byte
	if err := p.Service.DB.View(r.Context(), func(tx *db.Tx) (err error) {
		if t.L >= 0 {
			data, err = tile(tx, page.Of(r).City.ID, t)
			return err
		}
		list, err := bodies(tx, page.Of(r).City.ID, t.N<<wire.Height, t.W)
		if err != nil {
			return err
		}
		if len(list) != t.W {
			return fmt.Errorf("%s: %w", wire.Path(t), db.ErrNotFound)
		}
		data, err = wire.Bundle(list)
		return err
	}); err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	body := web.NewBody
	if t.L < 0 { // hashes are random, entries are words
		body = web.Compressed
	}
	body(http.StatusOK, "application/octet-stream", data).Send(w, r)
	return nil
}
