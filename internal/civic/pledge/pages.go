package pledge

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/account"
	"github.com/ashar-kg/ashar/internal/civic/manifest"
	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Pages are the pages about pledges.
type Pages struct{ Service *Service }

// Manifest declares pledges.
func (p *Pages) Manifest() manifest.Feature {
	return manifest.Feature{
		Name:        "pledge",
		Permissions: Permissions(),
		Nav:         []manifest.Link{{Path: "/staff/pledges", Title: "pledge.nav", Audience: manifest.Staff, Action: Keep}},
		Routes: []manifest.Route{
			{Pattern: "POST /pledges", Handle: p.promise},
			{Pattern: "GET /pledges/{id}", Handle: p.show},
			{Pattern: "POST /pledges/{id}", Handle: p.act},
			{Pattern: "GET /pledges/of/{kind}/{id}", Handle: p.ledger, Cached: true},
			{Pattern: "GET /staff/pledges", Handle: p.desk},
			{Pattern: "POST /staff/pledges/{id}", Handle: p.act},
		},
		PersonalData: []manifest.PersonalData{{
			Name: "pledges", Purpose: "pledge.register.purpose", Term: "pledge.register.term", Export: export, Tell: tell, Erase: forget,
		}},
	}
}

// Own implements account.Cases: what a person has pledged, and what comes next.
func (p *Pages) Own(ctx context.Context, v *page.Visit, limit int) (out []account.Own, err error) {
	list, err := p.Service.Own(ctx, v.City, v.Actor.Person, limit)
	for _, w := range list {
		tag, text := status(v, &w.Pledge)
		out = append(out, account.Own{
			Href: at(w.ID), Title: v.T("pledge.own", "title", w.About.Title), State: tag, StateText: text,
			Note: amount(v, w.What, w.Tyiyn, w.Hours) + " · " + next(v, &w.Pledge), Created: ids.Time(w.ID).UnixMilli(),
		})
	}
	return out, err
}

// Followed implements account.Cases: nobody follows a pledge.
func (p *Pages) Followed(context.Context, *page.Visit, int) ([]account.Own, error) { return nil, nil }

// status is the tag of a pledge.
func status(v *page.Visit, p *Pledge) (tag, text string) {
	tags := map[string]string{Promised: "waiting", Confirmed: "fixed", Returned: "duplicate", Withdrawn: "not_fixed"}
	return tags[p.State], v.T("pledge.state." + p.State)
}

// next says what comes next for the pledger, or when it ended.
func next(v *page.Visit, p *Pledge) string {
	switch p.State {
	case Promised:
		return v.T("pledge.next.promised")
	case Confirmed:
		return v.T("pledge.next.confirmed", "day", day(v, p.Confirmed))
	}
	return v.T("pledge.next.ended", "day", day(v, p.Ended))
}

func day(v *page.Visit, ms int64) string { return v.P.Date(time.UnixMilli(ms).In(v.City.Zone)) }

// amount says how much of a sort.
func amount(v *page.Visit, what string, tyiyn, hours int64) string {
	switch what {
	case Work:
		return v.T("pledge.hours", "n", hours)
	case Materials:
		return v.T("pledge.worth", "sum", v.P.Money(tyiyn, "KGS"))
	}
	return v.P.Money(tyiyn, "KGS")
}

func meta(v *page.Visit, f *web.Form) page.Meta {
	m := page.Meta{Title: v.T("pledge.nav"), Private: true, NoIndex: true}
	if len(f.Errors()) > 0 {
		m.Status = http.StatusUnprocessableEntity
	}
	return m
}

// promise takes the form of a panel.
func (p *Pages) promise(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	x := Subject{Kind: f.Text("kind"), ID: f.ID("subject")}
	back := page.Back(f.Text("back"), "/")
	if !v.Actor.SignedIn() {
		return web.Redirect(w, r, "/account/sign-in?back="+url.QueryEscape(back))
	}
	made := Pledge{Subject: x, What: f.Text("what"), Tyiyn: f.Money("amount"), Hours: int64(f.Int("hours", 0, maxHours, 0)), Words: f.Text("words"), Named: f.Checked("named")}
	var done *Pledge
	ctx := page.Once(r, f)
	if err = f.Err(); err == nil {
		done, err = p.Service.Promise(ctx, v.City, v.Actor, made)
	}
	if err = page.Resolve(ctx, err); f.Take(err) {
		l, err := p.Service.Ledger(r.Context(), v.City, v.Actor, x)
		if err != nil {
			return err
		}
		return page.Render(w, r, meta(v, f), formView(v, l, f))
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, at(done.ID)+"?done=promised")
}

func (p *Pages) show(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	id, ok := ids.Parse(r.PathValue("id"))
	if !ok {
		return web.NotFound()
	}
	one, err := p.Service.Show(r.Context(), v.City, v.Actor, id)
	if err != nil {
		return err
	}
	return page.Render(w, r, meta(v, page.Blank()), ownView(v, one, r.URL.Query().Get("done") != ""))
}

// ledger is the whole public ledger of a subject.
func (p *Pages) ledger(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	id, ok := ids.Parse(r.PathValue("id"))
	if !ok {
		return web.NotFound()
	}
	before, _ := ids.Parse(r.URL.Query().Get("before"))
	l, err := p.Service.LedgerBefore(r.Context(), v.City, v.Actor, Subject{Kind: r.PathValue("kind"), ID: id}, before)
	if err != nil {
		return err
	}
	return page.Render(w, r, page.Meta{Title: v.T("pledge.title"), Description: l.About.Title, NoIndex: before != 0}, ledgerView(v, l, before, page.Blank()))
}

// act is a step on one pledge: of its person, or of who keeps it.
func (p *Pages) act(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	id, ok := ids.Parse(r.PathValue("id"))
	if !ok {
		return web.NotFound()
	}
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	back := page.Back(f.Text("back"), at(id))
	ctx := page.Once(r, f)
	switch f.Text("do") {
	case "withdraw":
		err = p.Service.Withdraw(ctx, v.City, v.Actor, id)
	case "confirm":
		err = p.Service.Confirm(ctx, v.City, v.Actor, id)
	case "return":
		err = p.Service.Return(ctx, v.City, v.Actor, id, f.Text("reason"))
	default:
		return web.Bad(nil)
	}
	if err = page.Resolve(ctx, err); f.Take(err) {
		return page.Render(w, r, meta(v, f), returnView(v, id, back, f))
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, back)
}

func (p *Pages) desk(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	state := r.URL.Query().Get("state")
	if !slices.Contains(States, state) {
		state = Promised
	}
	before, _ := ids.Parse(r.URL.Query().Get("before"))
	list, more, err := p.Service.Desk(r.Context(), v.City, v.Actor, state, before)
	if err != nil {
		return err
	}
	m := meta(v, page.Blank())
	m.Staff = true
	return page.Render(w, r, m, deskView(v, list, state, before, more))
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
