package account

import (
	"encoding/base64"
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/qr"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

func (p *Pages) contacts(w http.ResponseWriter, r *http.Request) error {
	return p.contactsPage(w, r, emptyForm())
}

func (p *Pages) contactsPage(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	v := page.Of(r)
	if err := signedInOnly(v); err != nil {
		return err
	}
	var list []Contact
	err := p.Service.db.View(r.Context(), func(tx *db.Tx) (err error) {
		list, err = Contacts(tx, v.City.ID, v.Actor.Person)
		return err
	})
	if err != nil {
		return err
	}
	return page.Render(w, r, metaOf(v.T("account.contacts.title"), f), contactsView(v, f, list))
}

func (p *Pages) addContact(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	ticket, err := p.Service.AddContact(r.Context(), v.City, v.Actor, f.Text("address"), v.Lang())
	if f.Take(err) {
		return p.contactsPage(w, r, f)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/confirm/"+ticket)
}

func (p *Pages) dropContact(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	err = p.Service.DropContact(r.Context(), v.City, v.Actor, f.Text("drop"))
	if f.Take(err) {
		return p.contactsPage(w, r, f)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/account/contacts")
}

func (p *Pages) devices(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	list, err := p.Service.Devices(r.Context(), v.City, v.Actor, sessionOf(r))
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

// enrolment is the picture and the key of an authenticator app to be.
type enrolment struct{ picture, secret string }

func (p *Pages) security(w http.ResponseWriter, r *http.Request) error {
	f := emptyForm()
	f.Values.Set("back", page.Back(r.URL.Query().Get("back"), ""))
	return p.securityPage(w, r, f, nil)
}

func (p *Pages) securityPage(w http.ResponseWriter, r *http.Request, f *web.Form, recovery []string) error {
	v := page.Of(r)
	factors, err := p.Service.Factors(r.Context(), v.City, v.Actor)
	if err != nil {
		return err
	}
	weak, err := p.Service.Weak(r.Context(), v.City, v.Actor)
	if err != nil {
		return err
	}
	identities, err := p.Service.Identities(r.Context(), v.City, v.Actor)
	if err != nil {
		return err
	}
	var e enrolment
	if !factors.TOTP && (v.Actor.Strong || len(factors.Passkeys) == 0) {
		key, err := p.Service.Enrol(r.Context(), v.City, v.Actor)
		if err != nil {
			return err
		}
		e = enrolment{"data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString(qr.SVG(key.URL())), key.Secret()}
	}
	return page.Render(w, r, metaOf(v.T("account.security.title"), f), securityView(v, f, security{factors, e, recovery, weak, identities, p.provider(v) != nil}))
}

// after leads on from a page that proved something.
func after(f *web.Form, def string) string { return page.Back(f.Text("back"), def) }

func (p *Pages) totp(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	recovery, err := p.Service.ProveTOTP(r.Context(), v.City, v.Actor, sessionOf(r), f.Text("code"))
	if err != nil && !f.Take(err) {
		return err
	}
	if err != nil || len(recovery) > 0 {
		return p.securityPage(w, r, f, recovery)
	}
	return web.Redirect(w, r, after(f, "/account"))
}

func (p *Pages) dropTOTP(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	return p.change(w, r, p.Service.DropTOTP(r.Context(), v.City, v.Actor))
}

func (p *Pages) dropPasskey(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	id, ok := ids.Parse(r.PathValue("id"))
	if !ok {
		return web.NotFound()
	}
	return p.change(w, r, p.Service.DropPasskey(r.Context(), v.City, v.Actor, id))
}

// change answers a button of the security page.
func (p *Pages) change(w http.ResponseWriter, r *http.Request, err error) error {
	f := emptyForm()
	if f.Take(err) {
		return p.securityPage(w, r, f, nil)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/account/security")
}

func (p *Pages) recovery(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	codes, err := p.Service.NewRecovery(r.Context(), v.City, v.Actor)
	f := emptyForm()
	if err != nil && !f.Take(err) {
		return err
	}
	return p.securityPage(w, r, f, codes)
}

// origin is where this page stands in the web, as the browser will name it.
// The Host header is believed only for names of this city and of this machine.
func origin(v *page.Visit, r *http.Request) Origin {
	official, err := url.Parse(v.Absolute("/"))
	if err != nil {
		official = &url.URL{}
	}
	name := r.Host
	if h, _, err := net.SplitHostPort(name); err == nil {
		name = h
	}
	name = strings.ToLower(name)
	switch {
	case name == official.Hostname():
		return Origin{name, official.Scheme + "://" + r.Host}
	case name == "localhost" || strings.HasSuffix(name, ".localhost"):
		return Origin{name, "http://" + r.Host}
	case slices.Contains(v.City.Hosts, name):
		return Origin{name, "https://" + r.Host}
	}
	return Origin{official.Hostname(), official.Scheme + "://" + official.Host}
}

// asked is the first half of a ceremony as the script reads it.
type asked struct {
	Ceremony  string `json:"ceremony"`
	PublicKey any    `json:"publicKey"`
}

// answered is the second half, and done where to go then.
type answered struct {
	Ceremony   string          `json:"ceremony"`
	Name       string          `json:"name"`
	Back       string          `json:"back"`
	Credential json.RawMessage `json:"credential"`
}

type done struct {
	To string `json:"to"`
}

func readAnswered(w http.ResponseWriter, r *http.Request) (in answered, err error) {
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10)).Decode(&in); err != nil {
		return in, web.Bad(err)
	}
	return in, nil
}

func (p *Pages) beginPasskey(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	c, err := p.Service.BeginPasskey(r.Context(), v.City, v.Actor, origin(v, r))
	if err != nil {
		return err
	}
	return page.JSON(w, r, http.StatusOK, asked{c.Secret, c.Options})
}

func (p *Pages) finishPasskey(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	in, err := readAnswered(w, r)
	if err != nil {
		return err
	}
	name := []rune(strings.TrimSpace(in.Name))
	if len(name) == 0 {
		name = []rune(deviceName(r.UserAgent()))
	}
	err = p.Service.FinishPasskey(r.Context(), v.City, v.Actor, origin(v, r), in.Ceremony, sessionOf(r), string(name[:min(len(name), 60)]), in.Credential)
	if err != nil {
		return err
	}
	return page.JSON(w, r, http.StatusCreated, done{"/account/security"})
}

func (p *Pages) beginPasskeySignIn(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	c, err := p.Service.BeginPasskeySignIn(r.Context(), v.City, origin(v, r))
	if err != nil {
		return err
	}
	return page.JSON(w, r, http.StatusOK, asked{c.Secret, c.Options})
}

func (p *Pages) finishPasskeySignIn(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	in, err := readAnswered(w, r)
	if err != nil {
		return err
	}
	proof, err := p.Service.FinishPasskeySignIn(r.Context(), v.City, origin(v, r), in.Ceremony, r.UserAgent(), in.Credential)
	if err != nil {
		return err
	}
	if err := p.signedIn(w, r, proof); err != nil {
		return err
	}
	return page.JSON(w, r, http.StatusOK, done{page.Back(in.Back, "/account")})
}
