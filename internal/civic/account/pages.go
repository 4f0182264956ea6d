package account

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/civic/manifest"
	"github.com/ashar-kg/ashar/internal/civic/notify"
	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/push"
	"github.com/ashar-kg/ashar/internal/platform/qr"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Sent is a message that a demo would have sent.
type Sent struct {
	To, Title, Text string
	At              time.Time
}

// Outbox shows what a demo would have sent.
type Outbox interface{ Sent() []Sent }

// Own is one thing of the person's on the account page.
type Own struct {
	Href, Number, Title, State, StateText, Note string
}

// Cases lists what a person asked of the city and what they follow; features
// implement it.
type Cases interface {
	Own(ctx context.Context, v *page.Visit, limit int) ([]Own, error)
	Followed(ctx context.Context, v *page.Visit, limit int) ([]Own, error)
}

// Pages are the pages of accounts.
type Pages struct {
	Service *Service
	Bodies  *body.Store
	Outbox  Outbox
	PushKey string
	Demo    bool
	Cases   Cases
}

// Manifest declares accounts.
func Manifest(p *Pages) manifest.Feature {
	return manifest.Feature{
		Name:       "account",
		Migrations: []db.Migrations{Migrations, notify.Migrations},
		Permissions: []permission.Rule{
			{Action: "account.grant", Roles: []permission.Role{permission.Admin}},
			{Action: "account.audit", Roles: []permission.Role{permission.Admin}},
		},
		Nav: []manifest.Link{
			{Path: "/account", Title: "account.nav", Icon: "person", Audience: manifest.Bottom, Order: 4},
			{Path: "/admin/people", Title: "account.people.nav", Audience: manifest.Staff, Action: "account.grant"},
		},
		Routes: []manifest.Route{
			{Pattern: "GET /account", Handle: p.home},
			{Pattern: "GET /account/sign-in", Handle: p.signInForm},
			{Pattern: "POST /account/sign-in", Handle: p.signIn},
			{Pattern: "GET /confirm/{ticket}", Handle: p.codeForm},
			{Pattern: "POST /confirm/{ticket}", Handle: p.code},
			{Pattern: "POST /account/sign-out", Handle: p.signOut},
			{Pattern: "POST /account/profile", Handle: p.profile},
			{Pattern: "GET /account/devices", Handle: p.devices},
			{Pattern: "POST /account/devices", Handle: p.revoke},
			{Pattern: "GET /account/security", Handle: p.security},
			{Pattern: "POST /account/security/totp", Handle: p.totp},
			{Pattern: "GET /account/notices", Handle: p.notices},
			{Pattern: "GET /account/preferences", Handle: p.preferencesForm},
			{Pattern: "POST /account/preferences", Handle: p.preferences},
			{Pattern: "POST /account/push", Handle: p.subscribe, API: true},
			{Pattern: "GET /account/data", Handle: p.data},
			{Pattern: "GET /account/data.json", Handle: p.export},
			{Pattern: "POST /account/erase", Handle: p.erase},
			{Pattern: "GET /admin/people", Handle: p.people},
			{Pattern: "POST /admin/people", Handle: p.addPerson},
			{Pattern: "POST /admin/people/{id}", Handle: p.changePerson},
			{Pattern: "GET /demo", Handle: p.demoPeople},
			{Pattern: "POST /demo", Handle: p.demoSignIn},
			{Pattern: "GET /demo/outbox", Handle: p.demoOutbox},
		},
		PersonalData: []manifest.PersonalData{
			{Name: "account", Purpose: "account.register.account", Term: "account.register.until_erased", Export: exportPerson, Erase: erasePerson},
			{Name: "notices", Purpose: "account.register.notices", Term: "account.register.until_erased", Export: exportNotices, Erase: eraseNotices},
		},
	}
}

func signedInOnly(v *page.Visit) error {
	if !v.Actor.SignedIn() {
		return permission.ErrDenied
	}
	return nil
}

func (p *Pages) home(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	if err := signedInOnly(v); err != nil {
		return err
	}
	own, err := p.Cases.Own(r.Context(), v, 20)
	if err != nil {
		return err
	}
	followed, err := p.Cases.Followed(r.Context(), v, 20)
	if err != nil {
		return err
	}
	return page.Render(w, r, page.Meta{Title: v.T("account.title"), Private: true}, homeView(v, own, followed))
}

func (p *Pages) signInForm(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	back := page.Back(r.URL.Query().Get("back"), "/account")
	if v.Actor.SignedIn() {
		return web.Redirect(w, r, back)
	}
	return p.signInPage(w, r, &web.Form{Values: map[string][]string{"back": {back}}})
}

func (p *Pages) signInPage(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	v := page.Of(r)
	meta := page.Meta{Title: v.T("account.sign_in.title"), Private: true}
	if len(f.Errors()) > 0 {
		meta.Status = http.StatusUnprocessableEntity
	}
	return page.Render(w, r, meta, signInView(v, f, p.Demo && v.City.Demo))
}

func (p *Pages) signIn(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	ticket, err := p.Service.Begin(r.Context(), v.City, f.Text("address"), v.Lang(), page.Back(f.Text("back"), "/account"))
	if f.Take(err) {
		return p.signInPage(w, r, f)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/confirm/"+ticket)
}

func (p *Pages) codeForm(w http.ResponseWriter, r *http.Request) error {
	// A link from a mail carries the code, but only the button uses it: mail
	// programs open links by themselves.
	return p.codePage(w, r, &web.Form{Values: map[string][]string{"code": {r.URL.Query().Get("code")}}})
}

func (p *Pages) codePage(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	v := page.Of(r)
	meta := page.Meta{Title: v.T("account.code.title"), Private: true}
	if len(f.Errors()) > 0 {
		meta.Status = http.StatusUnprocessableEntity
	}
	return page.Render(w, r, meta, codeView(v, f, r.PathValue("ticket"), p.Demo && v.City.Demo))
}

func (p *Pages) code(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	proof, err := p.Service.Prove(r.Context(), v.City, r.PathValue("ticket"), f.Text("code"), r.UserAgent(), v.Lang())
	if f.Take(err) {
		return p.codePage(w, r, f)
	}
	if err != nil {
		return err
	}
	v.SetSession(w, proof.Session, proof.Until)
	return web.Redirect(w, r, page.Back(proof.Path, "/account"))
}

func sessionOf(r *http.Request) string {
	c, err := r.Cookie(page.SessionCookie)
	if err != nil {
		return ""
	}
	return c.Value
}

func (p *Pages) signOut(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	if err := p.Service.SignOut(r.Context(), v.City, sessionOf(r)); err != nil {
		return err
	}
	v.ClearSession(w)
	return web.Redirect(w, r, "/")
}

func (p *Pages) profile(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	lang := f.Choice("lang", v.City.Languages...)
	if lang == "" {
		lang = v.Lang()
	}
	if err := p.Service.Profile(r.Context(), v.City, v.Actor, f.Text("name"), lang); err != nil {
		return err
	}
	return web.Redirect(w, r, "/account")
}

func (p *Pages) devices(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	if err := signedInOnly(v); err != nil {
		return err
	}
	var list []Session
	err := p.Service.db.View(r.Context(), func(tx *db.Tx) (err error) {
		list, err = Sessions(tx, v.City.ID, v.Actor.Person, v.Now.UnixMilli())
		return err
	})
	if err != nil {
		return err
	}
	return page.Render(w, r, page.Meta{Title: v.T("account.devices.title"), Private: true}, devicesView(v, list))
}

func (p *Pages) revoke(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	id := f.ID("id")
	if err := f.Err(); err != nil {
		return err
	}
	if err := p.Service.Revoke(r.Context(), v.City, v.Actor, id); err != nil {
		return err
	}
	if id == 0 {
		v.ClearSession(w)
		return web.Redirect(w, r, "/")
	}
	return web.Redirect(w, r, "/account/devices")
}

func (p *Pages) security(w http.ResponseWriter, r *http.Request) error {
	return p.securityPage(w, r, &web.Form{Values: map[string][]string{}}, nil)
}

func (p *Pages) securityPage(w http.ResponseWriter, r *http.Request, f *web.Form, recovery []string) error {
	v := page.Of(r)
	if err := signedInOnly(v); err != nil {
		return err
	}
	var person Person
	err := p.Service.db.View(r.Context(), func(tx *db.Tx) (err error) {
		person, err = Get(tx, v.City.ID, v.Actor.Person)
		return err
	})
	if err != nil {
		return err
	}
	code, secret := "", ""
	if !person.TOTP && len(recovery) == 0 {
		key, err := p.Service.Enrol(r.Context(), v.City, v.Actor)
		if err != nil {
			return err
		}
		code, secret = "data:image/svg+xml;base64,"+base64.StdEncoding.EncodeToString(qr.SVG(key.URL())), key.Secret()
	}
	meta := page.Meta{Title: v.T("account.security.title"), Private: true}
	if len(f.Errors()) > 0 {
		meta.Status = http.StatusUnprocessableEntity
	}
	return page.Render(w, r, meta, securityView(v, f, person.TOTP, code, secret, recovery))
}

func (p *Pages) totp(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	recovery, err := p.Service.ProveTOTP(r.Context(), v.City, v.Actor, sessionOf(r), f.Text("code"))
	if f.Take(err) || len(recovery) > 0 {
		return p.securityPage(w, r, f, recovery)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/account")
}

func (p *Pages) notices(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	if err := signedInOnly(v); err != nil {
		return err
	}
	before, _ := ids.Parse(r.URL.Query().Get("before"))
	var list []notify.Item
	err := p.Service.db.View(r.Context(), func(tx *db.Tx) (err error) {
		list, err = notify.Inbox(tx, v.City.ID, v.Actor.Person, before, 30)
		return err
	})
	if err != nil {
		return err
	}
	if len(list) > 0 && list[0].Unread {
		if err := p.Service.db.Update(r.Context(), func(tx *db.Tx) error {
			return notify.MarkRead(tx, v.City.ID, v.Actor.Person, list[0].ID)
		}); err != nil {
			return err
		}
	}
	return page.Render(w, r, page.Meta{Title: v.T("account.notices.title"), Private: true}, noticesView(v, list))
}

func (p *Pages) preferencesForm(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	if err := signedInOnly(v); err != nil {
		return err
	}
	var pref notify.Preference
	var watches []notify.Watch
	err := p.Service.db.View(r.Context(), func(tx *db.Tx) (err error) {
		if pref, err = notify.Preferences(tx, v.City.ID, v.Actor.Person); err != nil {
			return err
		}
		watches, err = notify.Watches(tx, v.City.ID, v.Actor.Person)
		return err
	})
	if err != nil {
		return err
	}
	return page.Render(w, r, page.Meta{Title: v.T("account.preferences.title"), Private: true}, preferencesView(v, pref, watches, p.PushKey))
}

func (p *Pages) preferences(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	if err := signedInOnly(v); err != nil {
		return err
	}
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	pref := notify.Preference{
		Email: f.Checked("email"), Push: f.Checked("push"), Digest: f.Checked("digest"),
		QuietFrom: f.Int("quiet_from", 0, 23, 22), QuietTo: f.Int("quiet_to", 0, 23, 7),
	}
	drop := f.ID("drop")
	if err := f.Err(); err != nil {
		return err
	}
	err = p.Service.db.Update(r.Context(), func(tx *db.Tx) error {
		if drop != 0 {
			return notify.DropWatch(tx, v.City.ID, v.Actor.Person, drop)
		}
		return notify.SetPreferences(tx, v.City.ID, v.Actor.Person, pref)
	})
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/account/preferences")
}

func (p *Pages) subscribe(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	if err := signedInOnly(v); err != nil {
		return err
	}
	var in struct {
		Endpoint string `json:"endpoint"`
		Keys     struct {
			P256dh string `json:"p256dh"`
			Auth   string `json:"auth"`
		} `json:"keys"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 8<<10)).Decode(&in); err != nil {
		return web.Bad(err)
	}
	sub := push.Subscription{Endpoint: in.Endpoint, P256dh: in.Keys.P256dh, Auth: in.Keys.Auth}
	if err := p.Service.db.Update(r.Context(), func(tx *db.Tx) error {
		return notify.Subscribe(tx, v.City.ID, v.Actor.Person, sub, v.Now)
	}); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (p *Pages) data(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	if err := signedInOnly(v); err != nil {
		return err
	}
	return page.Render(w, r, page.Meta{Title: v.T("account.data.title"), Private: true}, dataView(v, p.Service.data))
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

func (p *Pages) erase(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	if !f.Checked("sure") {
		return web.Redirect(w, r, "/account/data")
	}
	if err := p.Service.Erase(r.Context(), v.City, v.Actor); err != nil {
		return err
	}
	v.ClearSession(w)
	return web.Redirect(w, r, "/")
}

func (p *Pages) people(w http.ResponseWriter, r *http.Request) error {
	return p.peoplePage(w, r, &web.Form{Values: map[string][]string{}})
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
	return page.Render(w, r, page.Meta{Title: v.T("account.people.title"), Private: true, Staff: true}, peopleView(v, f, staff, dir, log))
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
	switch f.Text("do") {
	case "revoke":
		err = p.Service.RevokeGrant(r.Context(), v.City, v.Actor, id, permission.Grant{Role: permission.Role(f.Text("role")), Body: f.ID("body")})
	case "reset":
		err = p.Service.ResetAccess(r.Context(), v.City, v.Actor, id)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/admin/people")
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

// paragraphs splits a text for display.
func paragraphs(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == '\n' })
}
