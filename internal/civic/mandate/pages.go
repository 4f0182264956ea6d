package mandate

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/account"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/document"
	"github.com/ashar-kg/ashar/internal/civic/manifest"
	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/qr"
	"github.com/ashar-kg/ashar/internal/platform/ui"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Pages are the pages about mandates.
type Pages struct {
	Service *Service
	Papers  document.Store
	Cities  *city.Registry
}

// Manifest declares mandates.
func (p *Pages) Manifest() manifest.Feature {
	return manifest.Feature{
		Name:        "mandate",
		Permissions: Permissions(),
		Settings:    []city.Section{Section},
		Nav: []manifest.Link{
			{Path: "/staff/mandates", Title: "mandate.staff.nav", Audience: manifest.Staff, Action: Check},
		},
		Routes: []manifest.Route{
			{Pattern: "GET /account/mandates", Handle: p.own},
			{Pattern: "POST /account/mandates", Handle: p.act},
			{Pattern: "GET /account/link", Handle: p.link},
			{Pattern: "POST /account/link", Handle: p.useCode},
			{Pattern: "GET /staff/mandates", Handle: p.queue},
			{Pattern: "POST /staff/mandates", Handle: p.decide},
			{Pattern: "GET /staff/mandates/{id}/files/{file}", Handle: p.paper},
			{Pattern: "GET /staff/link", Handle: p.codeForm},
			{Pattern: "POST /staff/link", Handle: p.giveCode},
		},
		Periodic: []manifest.Periodic{{Name: "mandate.expire", Every: time.Hour, Run: func(ctx context.Context) error { return p.Service.Expire(ctx, p.Cities.List()) }}},
		PersonalData: []manifest.PersonalData{{
			Name: "mandates", Purpose: "mandate.register.purpose", Term: "mandate.register.term", Export: export, Tell: tell, Erase: erase,
		}},
	}
}

// held is what the page of one's mandates shows.
type held struct {
	offers []*Mandate
	list   []*Mandate
	names  map[int64]string
}

func (p *Pages) own(w http.ResponseWriter, r *http.Request) error {
	return p.ownPage(w, r, &web.Form{Values: url.Values{page.OnceField: {ids.Secret(12)}}})
}

func (p *Pages) ownPage(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	v := page.Of(r)
	if !v.Actor.SignedIn() {
		return permission.ErrDenied
	}
	var h held
	if err := p.Service.DB.View(r.Context(), func(tx *db.Tx) (err error) {
		if h.offers, err = p.Service.offers(tx, v.City, v.Actor); err != nil {
			return err
		}
		if h.list, err = of(tx, v.City.ID, v.Actor.Person); err != nil {
			return err
		}
		var people []int64
		for _, m := range h.list {
			people = append(people, m.Principal, m.Agent)
		}
		h.names, err = account.Names(tx, v.City.ID, people)
		return err
	}); err != nil {
		return err
	}
	meta := page.Meta{Title: v.T("mandate.title"), Private: true, NoIndex: true}
	if len(f.Errors()) > 0 {
		meta.Status = http.StatusUnprocessableEntity
	}
	return page.Render(w, r, meta, ownView(v, f, h))
}

func (p *Pages) act(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	f, err := web.ReadUpload(w, r, document.MaxForm)
	if err != nil {
		return err
	}
	papers, err := p.Papers.Take(r, v.City, f)
	if err != nil {
		return err
	}
	ctx := page.Once(r, f)
	if len(f.Errors()) == 0 {
		switch f.Text("do") {
		case "offer":
			err = p.Service.Offer(ctx, v.City, v.Actor, f.Text("address"), f.Text("kind"), f.Text("until"))
		case "ask":
			err = p.Service.Ask(ctx, v.City, v.Actor, f.Text("name"), f.Text("kind"), f.Text("until"), papers)
		case "accept":
			err = p.Service.Accept(ctx, v.City, v.Actor, f.ID("id"))
		case "end":
			err = p.Service.End(ctx, v.City, v.Actor, f.ID("id"))
		default:
			return web.Bad(nil)
		}
	}
	if err = page.Resolve(ctx, err); f.Take(err) || len(f.Errors()) > 0 {
		return p.ownPage(w, r, f)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/account/mandates?done="+f.Text("do"))
}

func (p *Pages) link(w http.ResponseWriter, r *http.Request) error {
	return p.linkPage(w, r, &web.Form{Values: url.Values{"number": {r.URL.Query().Get("number")}}})
}

func (p *Pages) linkPage(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	v := page.Of(r)
	meta := page.Meta{Title: v.T("mandate.link.title"), Private: true, NoIndex: true}
	if len(f.Errors()) > 0 {
		meta.Status = http.StatusUnprocessableEntity
	}
	return page.Render(w, r, meta, linkView(v, f))
}

func (p *Pages) useCode(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	err = p.Service.UseCode(r.Context(), v.City, v.Actor, f.Text("number"), f.Text("code"))
	if f.Take(err) {
		return p.linkPage(w, r, f)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/account/mandates?done=link")
}

func (p *Pages) queue(w http.ResponseWriter, r *http.Request) error {
	return p.queuePage(w, r, &web.Form{Values: url.Values{}})
}

// claim is an asked mandate with its papers.
type claim struct {
	*Mandate
	asker  string
	papers []document.File
}

func (p *Pages) queuePage(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	v := page.Of(r)
	if err := v.Actor.Check(Check, 0); err != nil {
		return err
	}
	var list []claim
	if err := p.Service.DB.View(r.Context(), func(tx *db.Tx) error {
		asked, err := queue(tx, v.City.ID, 100)
		if err != nil {
			return err
		}
		for _, m := range asked {
			one := claim{Mandate: m}
			if one.papers, err = document.Of(tx, v.City.ID, m.ID); err != nil {
				return err
			}
			names, err := account.Names(tx, v.City.ID, []int64{m.Agent})
			if err != nil {
				return err
			}
			one.asker = names[m.Agent]
			list = append(list, one)
		}
		return nil
	}); err != nil {
		return err
	}
	meta := page.Meta{Title: v.T("mandate.staff.nav"), Private: true, NoIndex: true, Staff: true}
	if len(f.Errors()) > 0 {
		meta.Status = http.StatusUnprocessableEntity
	}
	return page.Render(w, r, meta, queueView(v, f, list))
}

func (p *Pages) decide(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	err = p.Service.Decide(r.Context(), v.City, v.Actor, f.ID("id"), f.Text("do") == "approve", f.Text("reason"))
	if f.Take(err) {
		return p.queuePage(w, r, f)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/staff/mandates")
}

func (p *Pages) paper(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	if err := v.Actor.Check(Check, 0); err != nil {
		return err
	}
	id, ok := ids.Parse(r.PathValue("id"))
	file, fine := ids.Parse(r.PathValue("file"))
	if !ok || !fine {
		return web.NotFound()
	}
	var doc document.File
	if err := p.Service.DB.View(r.Context(), func(tx *db.Tx) (err error) {
		if _, err = one(tx, v.City.ID, id); err != nil {
			return err
		}
		doc, err = document.Get(tx, v.City.ID, id, file)
		return err
	}); err != nil {
		return err
	}
	return p.Papers.Send(w, r, doc)
}

func (p *Pages) codeForm(w http.ResponseWriter, r *http.Request) error {
	return p.codePage(w, r, &web.Form{Values: url.Values{"number": {r.URL.Query().Get("number")}}})
}

func (p *Pages) codePage(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	v := page.Of(r)
	if err := v.Actor.Check(Check, 0); err != nil {
		return err
	}
	meta := page.Meta{Title: v.T("mandate.code.title"), Private: true, NoIndex: true, Staff: true}
	if len(f.Errors()) > 0 {
		meta.Status = http.StatusUnprocessableEntity
	}
	return page.Render(w, r, meta, codeView(v, f))
}

// giveCode answers with the slip itself: the code stands in no address and is
// shown once.
func (p *Pages) giveCode(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	number := f.Text("number")
	code, err := p.Service.GiveCode(r.Context(), v.City, v.Actor, number)
	if f.Take(err) {
		return p.codePage(w, r, f)
	}
	if err != nil {
		return err
	}
	to := v.Absolute("/account/link?number=" + url.QueryEscape(number))
	picture := "data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString(qr.SVG(to))
	return page.Render(w, r, page.Meta{Title: v.T("mandate.code.title"), Private: true, NoIndex: true, Staff: true}, slipView(v, number, code, v.Absolute("/account/link"), picture))
}

func export(tx *db.Tx, cityID, person int64) (any, error) { return of(tx, cityID, person) }

// tell says in words what was exported.
func tell(ctx context.Context, doc any) ([]manifest.Told, error) {
	v := page.In(ctx)
	var out []manifest.Told
	for _, m := range doc.([]*Mandate) {
		out = append(out, manifest.Told{Title: v.T("mandate.kind." + m.Kind), Rows: []ui.Row{
			{Name: v.T("mandate.of"), Value: m.Name}, {Name: v.T("mandate.state"), Value: v.T("mandate.state." + m.State)}, {Name: v.T("mandate.until"), Value: day(v, m.Until)},
		}})
	}
	return out, nil
}

// erase ends every mandate in which a person has a part, and forgets it.
func erase(tx *db.Tx, cityID, person int64, _ time.Time) error {
	list, err := of(tx, cityID, person)
	if err != nil {
		return err
	}
	for _, m := range list {
		if err := document.Drop(tx, cityID, m.ID); err != nil {
			return err
		}
	}
	_, err = tx.Exec("mandate.erase", `DELETE FROM mandate_grant WHERE city_id = $1 AND (principal_id = $2 OR agent_id = $2)`, cityID, person)
	return err
}
