package budget

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

func bookletAt(year int64) string { return "/budget/booklets/" + strconv.FormatInt(year, 10) }

func (p *Pages) booklets(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	list, err := p.Service.Booklets(r.Context(), s.City)
	if err != nil {
		return err
	}
	return page.Render(w, r, page.Meta{Title: s.T("budget.booklet")}, bookletsView(s, list))
}

func (p *Pages) oneBooklet(r *http.Request) (*scene, *Booklet, error) {
	s, err := p.scene(r)
	if err != nil {
		return nil, nil, err
	}
	year, err := strconv.ParseInt(r.PathValue("year"), 10, 64)
	if err != nil {
		return nil, nil, web.NotFound()
	}
	b, err := p.Service.Booklet(r.Context(), s.City, s.Actor, year)
	return s, b, err
}

func (p *Pages) booklet(w http.ResponseWriter, r *http.Request) error {
	s, b, err := p.oneBooklet(r)
	if err != nil {
		return err
	}
	if b.Published == 0 {
		return web.NotFound()
	}
	o, err := p.Service.Year(r.Context(), s.City, s.Actor, b.Version)
	if err != nil {
		return err
	}
	return page.Render(w, r, page.Meta{Title: s.T("budget.booklet") + ", " + strconv.FormatInt(b.Year, 10)}, bookletView(s, b, o))
}

// bookletFile sends the PDF as it was published.
func (p *Pages) bookletFile(w http.ResponseWriter, r *http.Request) error {
	_, b, err := p.oneBooklet(r)
	if err != nil {
		return err
	}
	lang, ok := strings.CutSuffix(r.PathValue("file"), ".pdf")
	if !ok || b.Files[lang] == "" {
		return web.NotFound()
	}
	f, info, err := p.Service.Blobs.Open(r.Context(), b.Files[lang])
	if err != nil {
		return err
	}
	defer f.Close()
	attach(w, fmt.Sprintf("budget-%d-%s.pdf", b.Year, lang), "application/pdf")
	http.ServeContent(w, r, "", info.Modified, f)
	return nil
}

// write shows what was written so far; a new booklet begins with some chapters.
func (p *Pages) write(w http.ResponseWriter, r *http.Request) error {
	s, b, err := p.oneBooklet(r)
	if err != nil {
		return err
	}
	f := &web.Form{Values: url.Values{"version": {number(b.Version)}}}
	if len(b.Chapters) == 0 {
		b.Chapters = FirstChapters(s.City.Languages, s.Printer)
	}
	for i, ch := range b.Chapters {
		for _, lang := range s.City.Languages {
			f.Values.Set(fmt.Sprintf("title_%d_%s", i, lang), ch.Titles[lang])
			f.Values.Set(fmt.Sprintf("text_%d_%s", i, lang), ch.Texts[lang])
		}
	}
	return p.writePage(w, r, f)
}

func (p *Pages) writePage(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	s, b, err := p.oneBooklet(r)
	if err != nil {
		return err
	}
	if !s.Actor.Some(Publish) {
		return web.Forbidden()
	}
	list, err := p.Service.Public(r.Context(), s.City)
	if err != nil {
		return err
	}
	meta := page.Meta{Title: s.T("budget.booklet"), Private: true, Staff: true}
	if len(f.Errors()) > 0 {
		meta.Status = http.StatusUnprocessableEntity
	}
	return page.Render(w, r, meta, writeView(s, b, list, f))
}

func (p *Pages) saveBooklet(w http.ResponseWriter, r *http.Request) error {
	s, b, err := p.oneBooklet(r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	b.Version, b.Chapters = f.ID("version"), nil
	for i := range maxChapters {
		ch := Chapter{Titles: Texts{}, Texts: Texts{}}
		for _, lang := range s.City.Languages {
			if text := f.Text(fmt.Sprintf("title_%d_%s", i, lang)); text != "" {
				ch.Titles[lang] = clip(text, maxName)
			}
			if text := f.Text(fmt.Sprintf("text_%d_%s", i, lang)); text != "" {
				ch.Texts[lang] = text
			}
		}
		if len(ch.Titles)+len(ch.Texts) > 0 {
			b.Chapters = append(b.Chapters, ch)
		}
	}
	publish := f.Text("do") == "publish"
	if err := p.Service.SaveBooklet(r.Context(), s.City, s.Actor, b, publish, s.Printer); f.Take(err) {
		return p.writePage(w, r, f)
	} else if err != nil {
		return err
	}
	if publish {
		return web.Redirect(w, r, bookletAt(b.Year))
	}
	return web.Redirect(w, r, "/staff"+bookletAt(b.Year))
}
