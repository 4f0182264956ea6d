package budget

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/features/budget/fdp"
	"github.com/ashar-kg/ashar/internal/features/budget/ledger"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// taxes shares what somebody paid out as the city spends. The sum is in the
// address, so the page is not kept anywhere.
func (p *Pages) taxes(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	o, err := p.Service.Year(r.Context(), s.City, s.Actor, 0)
	if err != nil {
		return err
	}
	f := web.QueryForm(r)
	var paid ledger.Amount
	if text := f.Text("sum"); text != "" {
		d, ok := fdp.ParseDecimal(text)
		minor, fits := d.Minor()
		if !ok || !fits || minor <= 0 || minor > maxPaid {
			f.Fail("sum", "budget.error.paid")
		} else {
			paid = ledger.Of(minor)
		}
	}
	meta := page.Meta{Title: s.T("budget.taxes"), Description: s.T("budget.taxes_text"), NoIndex: len(r.URL.RawQuery) > 0}
	if len(f.Errors()) > 0 {
		meta.Status = http.StatusUnprocessableEntity
	}
	return page.Render(w, r, meta, taxesView(s, o, paid, f))
}

// maxPaid bounds what somebody may have paid, in tyiyn.
const maxPaid = 100_000_000_000

func (p *Pages) simulator(w http.ResponseWriter, r *http.Request) error {
	f := blankForm()
	if r.URL.Query().Get("sent") != "" {
		f.Values.Set("sent", "1")
	}
	return p.simulatorPage(w, r, f)
}

func (p *Pages) simulatorPage(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	o, err := p.Service.Year(r.Context(), s.City, s.Actor, 0)
	if err != nil {
		return err
	}
	x := &playing{Overview: o}
	if o.Version != nil {
		if x.average, x.people, err = p.Service.Played(r.Context(), s.City, o.Version.ID); err != nil {
			return err
		}
	}
	meta := page.Meta{Title: s.T("budget.simulator"), Description: s.T("budget.simulator_text")}
	if len(f.Errors()) > 0 {
		meta.Status = http.StatusUnprocessableEntity
	}
	return page.Render(w, r, meta, simulatorView(s, x, f))
}

// playing is the simulator: the spending of a version and what others moved.
type playing struct {
	*Overview
	average Moves
	people  int64
}

// maxMove bounds by how many million som one step may change.
const maxMove = 1_000_000

// play takes a balanced budget, or only counts what does not balance yet.
func (p *Pages) play(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	o, err := p.Service.Year(r.Context(), v.City, v.Actor, f.ID("version"))
	if err != nil {
		return err
	}
	if o.Version == nil || o.Spending == nil {
		return web.NotFound()
	}
	moves := Moves{}
	for _, x := range o.Spending.Items {
		if f.Text(fieldOf(x.Code)) != "" {
			moves[x.Code] = int64(f.Int(fieldOf(x.Code), -maxMove, maxMove, 0)) * millionSom
		}
	}
	if f.Text("do") == "count" {
		return p.simulatorPage(w, r, f)
	}
	ctx := page.Once(r, f)
	if err = f.Err(); err == nil {
		err = p.Service.Play(ctx, v.City, o.Version.ID, moves)
		if err = page.Resolve(ctx, err); !f.Take(err) && err == nil {
			return web.Redirect(w, r, "/budget/simulator?sent=1")
		}
	}
	if len(f.Errors()) > 0 {
		return p.simulatorPage(w, r, f)
	}
	return err
}

func (p *Pages) shelf(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	list, err := p.Service.Shelf(r.Context(), s.City)
	if err != nil {
		return err
	}
	return page.Render(w, r, page.Meta{Title: s.T("budget.documents"), Description: s.T("budget.documents_text")}, shelfView(s, list, nil))
}

func (p *Pages) keepShelf(w http.ResponseWriter, r *http.Request) error {
	return p.keepShelfPage(w, r, &web.Form{Values: url.Values{"year": {strconv.Itoa(page.Of(r).Now.Year())}}})
}

func (p *Pages) keepShelfPage(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	if !s.Actor.Some(Publish) {
		return web.Forbidden()
	}
	list, err := p.Service.Shelf(r.Context(), s.City)
	if err != nil {
		return err
	}
	meta := page.Meta{Title: s.T("budget.documents"), Private: true, Staff: true}
	if len(f.Errors()) > 0 {
		meta.Status = http.StatusUnprocessableEntity
	}
	return page.Render(w, r, meta, shelfView(s, list, f))
}

func (p *Pages) putDocument(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	year, _ := strconv.ParseInt(f.Text("year"), 10, 64) // 0 is refused
	err = p.Service.PutDocument(r.Context(), v.City, v.Actor, Document{Year: year, Kind: f.Text("kind"), Due: f.Text("due"), Published: f.Text("published"), Link: f.Text("link")})
	if f.Take(err) {
		return p.keepShelfPage(w, r, f)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/staff/budget/documents")
}
