package appeal

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// listed is how many published appeals stand on one page.
const listed = 20

// month says in words when a published appeal came.
func (s *scene) month(text string) string {
	at, err := time.ParseInLocation("2006-01", text, s.City.Zone)
	if err != nil {
		return text
	}
	return s.P.Month(at.Year(), at.Month())
}

// readable lists the appeals that everybody may read.
func (p *Pages) readable(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	body, _ := ids.Parse(r.URL.Query().Get("body"))
	before, _ := ids.Parse(r.URL.Query().Get("before"))
	list, err := p.Service.Readable(r.Context(), s.City, body, before, listed+1)
	if err != nil {
		return err
	}
	older := ""
	if len(list) > listed {
		list = list[:listed]
		older = "/published?" + url.Values{"body": {strconv.FormatInt(body, 10)}, "before": {strconv.FormatInt(list[listed-1].ID, 10)}}.Encode()
	}
	return page.Render(w, r, page.Meta{Title: s.T("appeal.public.title"), Description: s.T("appeal.public.text")}, readableView(s, list, body, older))
}

func (p *Pages) read(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	id, ok := ids.Parse(r.PathValue("id"))
	if !ok {
		return web.NotFound()
	}
	one, err := p.Service.Read(r.Context(), s.City, id)
	if err != nil {
		return err
	}
	return page.Render(w, r, page.Meta{Title: one.Title, Description: one.Title}, readView(s, one))
}

// toPublish lists what waits for the body's reading.
func (p *Pages) toPublish(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	list, err := p.Service.ToPublish(r.Context(), s.City, s.Actor, 100)
	if err != nil {
		return err
	}
	return page.Render(w, r, page.Meta{Title: s.T("appeal.publish.nav"), Private: true, NoIndex: true, Staff: true}, toPublishView(s, list))
}

func (p *Pages) publishForm(w http.ResponseWriter, r *http.Request) error {
	return p.publishPage(w, r, &web.Form{Values: url.Values{}})
}

func (p *Pages) publishPage(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	number := r.PathValue("number")
	proposed, err := p.Service.Proposed(r.Context(), s.City, s.Actor, number)
	if err != nil {
		return err
	}
	d, err := p.Service.Show(r.Context(), s.City, s.Actor, number)
	if err != nil {
		return err
	}
	for _, one := range proposed.parts() {
		if !f.Values.Has(one.field) {
			f.Values.Set(one.field, one.text)
		}
	}
	meta := page.Meta{Title: s.T("appeal.publish.title"), Private: true, NoIndex: true, Staff: true}
	if len(f.Errors()) > 0 {
		meta.Status = http.StatusUnprocessableEntity
	}
	return page.Render(w, r, meta, publishView(s, d, f))
}

func (p *Pages) publish(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	number := r.PathValue("number")
	if f.Text("do") == "refuse" {
		err = p.Service.Unpublish(r.Context(), v.City, v.Actor, number, f.Text("refused"))
	} else {
		err = p.Service.Publish(r.Context(), v.City, v.Actor, number,
			Publication{Title: f.Text("title"), Text: f.Text("public_text"), Answer: f.Text("public_answer")}, accepted(f), f.Checked("sure"))
	}
	if f.Take(err) {
		return p.publishPage(w, r, f)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/staff/published?done=1")
}

// wordBreak stands between the words that a clerk accepts at once.
const wordBreak = ", "

func accepted(f *web.Form) []string { return strings.Split(f.Text("accepted"), wordBreak) }

// doubtful are the words that a clerk is asked about, "" when there are none.
func doubtful(f *web.Form) string {
	e, ok := f.FirstError("accepted")
	if !ok {
		return f.Text("accepted")
	}
	words, _ := e.Args[1].(string)
	return words
}
