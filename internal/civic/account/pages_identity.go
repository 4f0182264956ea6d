package account

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"

	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/openid"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// The browser keeps the secrets of a sign-in at an identity provider, so that
// nobody can make another's browser end a sign-in that it has not begun.
const (
	identityCookie = "ashar_identity"
	identityPath   = "/account/identity"
	identityFor    = 15 * 60 // seconds
)

// away is a sign-in on its way, as the cookie holds it.
type away struct {
	openid.Ceremony
	Back string
}

func (p *Pages) provider(v *page.Visit) *openid.Client {
	if p.Identity == nil {
		return nil
	}
	return p.Identity(v.City)
}

// providerName is what people are shown of a provider: its host.
func providerName(issuer string) string {
	if u, err := url.Parse(issuer); err == nil && u.Host != "" {
		return u.Hostname()
	}
	return issuer
}

// beginIdentity sends the browser to the provider. It is a link, not a form:
// the rules of our pages let no form lead to another site.
func (p *Pages) beginIdentity(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	provider := p.provider(v)
	if provider == nil {
		return db.ErrNotFound
	}
	a := away{openid.NewCeremony(), page.Back(r.URL.Query().Get("back"), "/account")}
	to, err := provider.Begin(r.Context(), a.Ceremony, origin(v, r).Full+identityPath+"/done", v.Lang())
	if err != nil {
		return p.identityFailed(w, r, a.Back, err)
	}
	text, err := json.Marshal(a)
	if err != nil {
		return err
	}
	v.SetCookie(w, identityCookie, base64.RawURLEncoding.EncodeToString(text), identityPath, identityFor)
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// endIdentity takes who comes back from the provider.
func (p *Pages) endIdentity(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	provider := p.provider(v)
	if provider == nil {
		return db.ErrNotFound
	}
	var a away
	if cookie, err := r.Cookie(identityCookie); err == nil {
		if text, err := base64.RawURLEncoding.DecodeString(cookie.Value); err == nil {
			_ = json.Unmarshal(text, &a) // what is not ours has no state, which is refused
		}
	}
	v.SetCookie(w, identityCookie, "", identityPath, -1)
	a.Back = page.Back(a.Back, "/account")
	who, err := provider.End(r.Context(), a.Ceremony, origin(v, r).Full+identityPath+"/done", r.URL.Query())
	if err != nil {
		return p.identityFailed(w, r, a.Back, err)
	}
	proof, err := p.Service.Identified(r.Context(), v.City, v.Actor, provider.Issuer(), who, r.UserAgent(), v.Lang())
	if err != nil {
		return p.identityFailed(w, r, a.Back, err)
	}
	return p.enter(w, r, proof, a.Back)
}

// identityFailed tells in the visitor's words what went wrong, where another
// way to go on stands beside it.
func (p *Pages) identityFailed(w http.ResponseWriter, r *http.Request, back string, err error) error {
	switch {
	case errors.Is(err, openid.ErrUnavailable):
		p.Log.Warn("identity provider does not answer", "cause", err)
		err = identityError("account.error.identity_down")
	case errors.Is(err, openid.ErrRefused):
		p.Log.Info("identity provider has not confirmed somebody", "cause", err)
		err = identityError("account.error.identity_refused")
	}
	f := &web.Form{Values: url.Values{"back": {back}}}
	if !f.Take(err) {
		return err
	}
	if page.Of(r).Actor.SignedIn() {
		return p.securityPage(w, r, f, nil)
	}
	return p.signInPage(w, r, f)
}

func (p *Pages) dropIdentity(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	err = p.Service.DropIdentity(r.Context(), v.City, v.Actor, f.Text("issuer"))
	if f.Take(err) {
		return p.securityPage(w, r, f, nil)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/account/security")
}
