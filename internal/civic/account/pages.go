package account

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/ashar-kg/ashar/internal/platform/openid"

	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/manifest"
	"github.com/ashar-kg/ashar/internal/civic/notify"
	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/civic/place"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/push"
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
	Href, Title, State, StateText, Note string
	Number                              string // "" for what has none
	Created                             int64  // Unix milliseconds
}

// shownCases is how many of what somebody asked for, and of what they follow,
// the account shows: who follows much still finds what began long ago.
const shownCases = 80

// Cases lists what a person asked of the city and what they follow; features
// implement it.
type Cases interface {
	Own(ctx context.Context, v *page.Visit, limit int) ([]Own, error)
	Followed(ctx context.Context, v *page.Visit, limit int) ([]Own, error)
}

// Ahead is something for which the person is expected, or has to be ready.
type Ahead struct {
	At                int64 // Unix milliseconds
	Href, Title, Note string
}

// Agenda lists what stands ahead of the visitor; features implement it.
type Agenda interface {
	Ahead(ctx context.Context, v *page.Visit) ([]Ahead, error)
}

// Pages are the pages of accounts.
type Pages struct {
	Service *Service
	Bodies  *body.Store
	Outbox  Outbox
	PushKey string
	// Bot names the bot of a city, and the address that links a chat with a
	// person; nil where the installation has none.
	Bot func(c *city.City, person int64) (name, address string)
	// Identity is where the residents of a city prove who they are; nil where it
	// has no such provider.
	Identity func(c *city.City) *openid.Client
	Log      *slog.Logger
	Demo     bool
	Cases    Cases
	Agenda   []Agenda
	Places   *place.Store
	Matrix   *permission.Book // set when all features have declared their rules
}

// Manifest declares accounts.
func Manifest(p *Pages) manifest.Feature {
	return manifest.Feature{
		Name: "account",
		Permissions: []permission.Rule{
			{Action: "account.grant", Roles: []permission.Role{permission.Admin}},
			{Action: "account.audit", Roles: []permission.Role{permission.Admin}},
			{Action: "account.verify", Roles: []permission.Role{permission.Dispatcher, permission.Admin}},
		},
		Nav: []manifest.Link{
			{Path: "/account", Title: "account.nav", Icon: "person", Audience: manifest.Bottom},
			{Path: "/admin/people", Title: "account.people.nav", Audience: manifest.Staff, Action: "account.grant"},
			{Path: "/admin/permissions", Title: "account.rules.nav", Audience: manifest.Staff, Action: permission.Edit},
			{Path: "/staff/residents", Title: "account.resident.nav", Audience: manifest.Staff, Action: "account.verify"},
		},
		Routes: []manifest.Route{
			{Pattern: "GET /account", Handle: p.home},
			{Pattern: "GET /account/sign-in", Handle: p.signInForm},
			{Pattern: "POST /account/sign-in", Handle: p.signIn},
			{Pattern: "GET /confirm/{ticket}", Handle: p.codeForm},
			{Pattern: "POST /confirm/{ticket}", Handle: p.code},
			{Pattern: "POST /account/sign-out", Handle: p.signOut},
			{Pattern: "POST /account/profile", Handle: p.profile},
			{Pattern: "POST /account/home", Handle: p.setHome},
			{Pattern: "GET /account/contacts", Handle: p.contacts},
			{Pattern: "POST /account/contacts", Handle: p.addContact},
			{Pattern: "POST /account/contacts/drop", Handle: p.dropContact},
			{Pattern: "GET /account/devices", Handle: p.devices},
			{Pattern: "POST /account/devices", Handle: p.revoke},
			{Pattern: "GET /account/security", Handle: p.security},
			{Pattern: "POST /account/security/totp", Handle: p.totp},
			{Pattern: "POST /account/security/totp/drop", Handle: p.dropTOTP},
			{Pattern: "POST /account/security/recovery", Handle: p.recovery},
			{Pattern: "POST /account/passkeys/begin", Handle: p.beginPasskey, API: true},
			{Pattern: "POST /account/passkeys", Handle: p.finishPasskey, API: true},
			{Pattern: "POST /account/passkeys/{id}/drop", Handle: p.dropPasskey},
			{Pattern: "POST /account/passkeys/sign-in/begin", Handle: p.beginPasskeySignIn, API: true},
			{Pattern: "POST /account/passkeys/sign-in", Handle: p.finishPasskeySignIn, API: true},
			{Pattern: "GET " + identityPath, Handle: p.beginIdentity},
			{Pattern: "GET " + identityPath + "/done", Handle: p.endIdentity},
			{Pattern: "POST " + identityPath + "/drop", Handle: p.dropIdentity},
			{Pattern: "GET /account/notices", Handle: p.notices},
			{Pattern: "GET /account/preferences", Handle: p.preferencesForm},
			{Pattern: "POST /account/preferences", Handle: p.preferences},
			{Pattern: "POST /account/push", Handle: p.subscribe, API: true},
			{Pattern: "GET /stop/{person}/{code}", Handle: p.stopForm},
			{Pattern: "POST /stop/{person}/{code}", Handle: p.stop},
			{Pattern: "GET /account/data", Handle: p.data},
			{Pattern: "GET /account/data/all", Handle: p.allData},
			{Pattern: "GET /account/data.json", Handle: p.export},
			{Pattern: "POST /account/consents", Handle: p.withdraw},
			{Pattern: "POST /account/erase", Handle: p.erase},
			{Pattern: "GET /admin/people", Handle: p.people},
			{Pattern: "POST /admin/people", Handle: p.addPerson},
			{Pattern: "POST /admin/people/{id}", Handle: p.changePerson},
			{Pattern: "GET /admin/permissions", Handle: p.rules},
			{Pattern: "POST /admin/permissions", Handle: p.changeRule},
			{Pattern: "GET /staff/residents", Handle: p.residentForm},
			{Pattern: "POST /staff/residents", Handle: p.verifyResident},
			{Pattern: "GET /demo", Handle: p.demoPeople},
			{Pattern: "POST /demo", Handle: p.demoSignIn},
			{Pattern: "GET /demo/outbox", Handle: p.demoOutbox},
		},
		API: p.api,
		PersonalData: []manifest.PersonalData{
			{Name: "account", Purpose: "account.register.account", Term: "account.register.until_erased", Export: exportPerson, Tell: p.tellPerson, Erase: erasePerson},
			{Name: "notices", Purpose: "account.register.notices", Term: "account.register.until_erased", Export: exportNotices, Tell: tellNotices, Erase: eraseNotices},
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
	return p.homePage(w, r, emptyForm())
}

func (p *Pages) homePage(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	v := page.Of(r)
	if err := signedInOnly(v); err != nil {
		return err
	}
	ahead, err := p.ahead(r.Context(), v)
	if err != nil {
		return err
	}
	own, err := p.Cases.Own(r.Context(), v, shownCases)
	if err != nil {
		return err
	}
	followed, err := p.Cases.Followed(r.Context(), v, shownCases)
	if err != nil {
		return err
	}
	weak, err := p.Service.Weak(r.Context(), v.City, v.Actor)
	if err != nil {
		return err
	}
	others, err := p.others(r.Context(), v)
	if err != nil {
		return err
	}
	home, err := p.dwelling(r.Context(), v, f)
	if err != nil {
		return err
	}
	return page.Render(w, r, metaOf(v.T("account.title"), f), homeView(v, f, ahead, own, followed, others, home, weak))
}

// ahead lists what stands ahead of the visitor, the nearest first.
func (p *Pages) ahead(ctx context.Context, v *page.Visit) (out []Ahead, err error) {
	for _, a := range p.Agenda {
		more, err := a.Ahead(ctx, v)
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	slices.SortStableFunc(out, func(x, y Ahead) int { return cmp.Compare(x.At, y.At) })
	return out, nil
}

// dwelling is where the visitor lives, or has typed, with the districts of the city.
type dwelling struct {
	Home
	districts []place.Area
}

func (p *Pages) dwelling(ctx context.Context, v *page.Visit, f *web.Form) (d dwelling, err error) {
	areas, err := p.Places.Areas(ctx, v.City.ID)
	if err != nil {
		return d, err
	}
	d.districts = areas.Of(place.AreaDistrict, v.Now.UnixMilli())
	if f.Values.Has("address") {
		d.Home = Home{f.Values.Get("address"), f.Text("district")}
		return d, nil
	}
	err = p.Service.db.View(ctx, func(tx *db.Tx) error {
		d.Home, err = HomeOf(tx, v.City.ID, v.Actor.Person)
		return err
	})
	return d, err
}

func (p *Pages) setHome(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	err = p.Service.SetHome(r.Context(), v.City, v.Actor, p.Places, Home{f.Text("address"), f.Text("district")})
	if f.Take(err) {
		return p.homePage(w, r, f)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/account")
}

// Other is what was asked in the name of somebody for whom the visitor may act.
type Other struct {
	Name string
	Own  []Own
}

func (p *Pages) others(ctx context.Context, v *page.Visit) (out []Other, err error) {
	if len(v.Actor.For) == 0 {
		return nil, nil
	}
	var names map[int64]string
	if err := p.Service.db.View(ctx, func(tx *db.Tx) error {
		names, err = Names(tx, v.City.ID, v.Actor.For)
		return err
	}); err != nil {
		return nil, err
	}
	for _, person := range v.Actor.For {
		as := *v
		as.Actor = permission.Actor{City: v.City.ID, Person: person, Name: names[person]}
		list, err := p.Cases.Own(ctx, &as, 20)
		if err != nil {
			return nil, err
		}
		out = append(out, Other{names[person], list})
	}
	return out, nil
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
	return page.Render(w, r, metaOf(v.T("account.sign_in.title"), f), signInView(v, f, p.provider(v) != nil, p.Demo && v.City.Demo))
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
	to, err := p.Service.SentTo(r.Context(), v.City, r.PathValue("ticket"))
	if err != nil {
		return err
	}
	return page.Render(w, r, metaOf(v.T("account.code.title"), f), codeView(v, f, r.PathValue("ticket"), to, p.Demo && v.City.Demo))
}

func (p *Pages) code(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	proof, err := p.Service.Prove(r.Context(), v.City, v.Actor, r.PathValue("ticket"), f.Text("code"), r.UserAgent(), v.Lang())
	if f.Take(err) {
		return p.codePage(w, r, f)
	}
	if err != nil {
		return err
	}
	return p.enter(w, r, proof, proof.Path)
}

// enter leads on whoever has proved something: to a page, by way of the second
// factor when there is one to prove.
func (p *Pages) enter(w http.ResponseWriter, r *http.Request, proof Proof, back string) error {
	to := page.Back(back, "/account")
	if proof.Session == "" {
		return web.Redirect(w, r, to)
	}
	if err := p.signedIn(w, r, proof); err != nil {
		return err
	}
	if proof.Weak {
		to = "/account/security?back=" + url.QueryEscape(to)
	}
	return web.Redirect(w, r, to)
}

// signedIn gives the browser its new session and ends the one it had.
func (p *Pages) signedIn(w http.ResponseWriter, r *http.Request, proof Proof) error {
	v := page.Of(r)
	if old := sessionOf(r); old != "" {
		if err := p.Service.SignOut(r.Context(), v.City, old); err != nil {
			return err
		}
	}
	v.SetSession(w, proof.Session, proof.Until)
	return nil
}

// metaOf is the frame of a page with a form; what was not accepted is 422.
func metaOf(title string, f *web.Form) page.Meta {
	m := page.Meta{Title: title, Private: true}
	if len(f.Errors()) > 0 {
		m.Status = http.StatusUnprocessableEntity
	}
	return m
}

func emptyForm() *web.Form { return &web.Form{Values: url.Values{}} }

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
	err = p.Service.Profile(r.Context(), v.City, v.Actor, f.Text("name"), lang)
	if f.Take(err) {
		return p.homePage(w, r, f)
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

// ChatBot is the city's bot as the page of preferences shows it.
type ChatBot struct {
	Bot     string // name without the @; "" when there is none
	Address string // that links a chat with the person
	Linked  int    // chats of the person
}

func (p *Pages) preferencesForm(w http.ResponseWriter, r *http.Request) error {
	return p.preferencesPage(w, r, emptyForm(), nil)
}

// preferencesPage shows what was typed when it could not be stored, else what holds.
func (p *Pages) preferencesPage(w http.ResponseWriter, r *http.Request, f *web.Form, typed *notify.Preference) error {
	v := page.Of(r)
	if err := signedInOnly(v); err != nil {
		return err
	}
	var pref notify.Preference
	var watches []notify.Watch
	var chat ChatBot
	err := p.Service.db.View(r.Context(), func(tx *db.Tx) (err error) {
		if pref, err = notify.Preferences(tx, v.City.ID, v.Actor.Person); err != nil {
			return err
		}
		if chat.Linked, err = notify.Chats(tx, v.City.ID, v.Actor.Person); err != nil {
			return err
		}
		watches, err = notify.Watches(tx, v.City.ID, v.Actor.Person)
		return err
	})
	if err != nil {
		return err
	}
	if p.Bot != nil {
		chat.Bot, chat.Address = p.Bot(v.City, v.Actor.Person)
	}
	if typed != nil {
		pref = *typed
	}
	return page.Render(w, r, metaOf(v.T("account.preferences.title"), f), preferencesView(v, f, pref, chat, watches, p.PushKey))
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
		Email: f.Checked("email"), Push: f.Checked("push"), Telegram: f.Checked("telegram"), SMS: f.Checked("sms"), Often: notify.Often(f.Choice("often", string(notify.AtOnce), string(notify.Daily), string(notify.Weekly))),
		QuietFrom: f.Int("quiet_from", 0, 23, 22), QuietTo: f.Int("quiet_to", 0, 23, 7),
	}
	drop := f.ID("drop")
	if len(f.Errors()) > 0 {
		return p.preferencesPage(w, r, f, &pref)
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

// stopForm asks whether the mails are to end; mail programs open links by
// themselves, so only the button, or a one-click request (RFC 8058), does it.
func (p *Pages) stopForm(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	return page.Render(w, r, page.Meta{Title: v.T("account.stop.title"), Private: true}, stopView(v, false))
}

func (p *Pages) stop(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	if err := p.Service.db.Update(r.Context(), func(tx *db.Tx) error {
		return notify.Stop(tx, v.City, r.PathValue("person"), r.PathValue("code"))
	}); err != nil {
		return err
	}
	return page.Render(w, r, page.Meta{Title: v.T("account.stop.title"), Private: true}, stopView(v, true))
}
