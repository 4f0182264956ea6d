package account

import (
	"net/http"
	"slices"

	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

func (p *Pages) people(w http.ResponseWriter, r *http.Request) error {
	return p.peoplePage(w, r, emptyForm())
}

func (p *Pages) peoplePage(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	v := page.Of(r)
	if err := v.Actor.Check("account.grant", 0); err != nil {
		return err
	}
	dir, err := p.Bodies.Of(r.Context(), v.City.ID)
	if err != nil {
		return err
	}
	var staff []Colleague
	var log []permission.Entry
	err = p.Service.db.View(r.Context(), func(tx *db.Tx) (err error) {
		if staff, err = Staff(tx, v.City.ID, 0); err != nil {
			return err
		}
		log, err = permission.AuditLog(tx, v.City.ID, 0, 30)
		return err
	})
	if err != nil {
		return err
	}
	meta := metaOf(v.T("account.people.title"), f)
	meta.Staff = true
	return page.Render(w, r, meta, peopleView(v, f, staff, dir, log))
}

func (p *Pages) addPerson(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	role := permission.Role(f.Required("role", 40))
	if role != "" && !slices.Contains(permission.Roles, role) {
		f.Fail("role", "error.field.choice")
	}
	spec := StaffSpec{Name: f.Required("name", 120), Address: f.Text("address"), Lang: v.Lang(), Grants: []permission.Grant{{Role: role, Body: f.ID("body")}}}
	if len(f.Errors()) == 0 {
		_, err = p.Service.CreateStaff(r.Context(), v.City, v.Actor, spec)
		if err != nil && !f.Take(err) {
			return err
		}
	}
	if len(f.Errors()) > 0 {
		return p.peoplePage(w, r, f)
	}
	return web.Redirect(w, r, "/admin/people")
}

func (p *Pages) changePerson(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	id, ok := ids.Parse(r.PathValue("id"))
	if !ok {
		return web.NotFound()
	}
	grant := permission.Grant{Role: permission.Role(f.Text("role")), Body: f.ID("body")}
	switch f.Text("do") {
	case "grant":
		err = p.Service.Grant(r.Context(), v.City, v.Actor, id, grant)
	case "revoke":
		err = p.Service.RevokeGrant(r.Context(), v.City, v.Actor, id, grant)
	case "reset":
		err = p.Service.ResetAccess(r.Context(), v.City, v.Actor, id)
	default:
		err = web.NotFound()
	}
	if f.Take(err) {
		return p.peoplePage(w, r, f)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/admin/people")
}

func (p *Pages) residentForm(w http.ResponseWriter, r *http.Request) error {
	return p.residentPage(w, r, emptyForm())
}

func (p *Pages) residentPage(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	v := page.Of(r)
	if err := v.Actor.Check("account.verify", 0); err != nil {
		return err
	}
	meta := metaOf(v.T("account.resident.title"), f)
	meta.Staff = true
	return page.Render(w, r, meta, residentView(v, f, r.URL.Query().Has("done")))
}

func (p *Pages) verifyResident(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	err = p.Service.VerifyResident(r.Context(), v.City, v.Actor, f.Text("address"), f.Text("document"))
	if f.Take(err) {
		return p.residentPage(w, r, f)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/staff/residents?done")
}

func (p *Pages) demoOnly(v *page.Visit) error {
	if !p.Demo || !v.City.Demo {
		return web.NotFound()
	}
	return nil
}

func (p *Pages) demoPeople(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	if err := p.demoOnly(v); err != nil {
		return err
	}
	dir, err := p.Bodies.Of(r.Context(), v.City.ID)
	if err != nil {
		return err
	}
	var staff []Colleague
	var residents []Person
	err = p.Service.db.View(r.Context(), func(tx *db.Tx) (err error) {
		if staff, err = Staff(tx, v.City.ID, 0); err != nil {
			return err
		}
		residents, err = demoResidents(tx, v.City.ID)
		return err
	})
	if err != nil {
		return err
	}
	back := page.Back(r.URL.Query().Get("back"), "/account")
	return page.Render(w, r, page.Meta{Title: v.T("account.demo.title"), Private: true}, demoView(v, staff, residents, dir, back))
}

func (p *Pages) demoSignIn(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	proof, err := p.Service.SignInAs(r.Context(), v.City, f.ID("person"), r.UserAgent())
	if err != nil {
		return err
	}
	v.SetSession(w, proof.Session, proof.Until)
	return web.Redirect(w, r, page.Back(f.Text("back"), "/account"))
}

func (p *Pages) demoOutbox(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	if err := p.demoOnly(v); err != nil {
		return err
	}
	return page.Render(w, r, page.Meta{Title: v.T("account.outbox.title"), Private: true}, outboxView(v, p.Outbox.Sent()))
}
