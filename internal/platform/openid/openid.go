// Package openid asks an OpenID provider, such as a country's identity service,
// who somebody is: OpenID Connect Core 1.0, authorization code flow with PKCE
// (RFC 7636), the provider's addresses and keys read by its discovery document.
package openid

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// ErrUnavailable tells that the provider cannot be reached or does not speak
// OpenID Connect; ErrRefused that it, or the check of its answer, denied.
var (
	ErrUnavailable = errors.New("the provider does not answer")
	ErrRefused     = errors.New("the provider has not confirmed the person")
)

// timeout bounds each call of the provider: a resident waits for it.
const timeout = 10 * time.Second

// Config is what the provider has registered for us.
type Config struct {
	Issuer, Client, Secret string
	Scopes                 []string // beside openid
	Claim                  string   // that holds the number of the person; "" is none
}

// ParseURL reads a provider as operators write it:
// https://CLIENT:SECRET@HOST/PATH?claim=NAME&scope=WORD. The rest of the address
// is the issuer. Plain http is for this machine only.
func ParseURL(text string) (Config, error) {
	u, err := url.Parse(text)
	if err != nil {
		return Config{}, errors.New("expected https://CLIENT:SECRET@HOST/PATH") // the error of url would show the secret
	}
	local := u.Hostname() == "localhost" || u.Hostname() == "127.0.0.1" || u.Hostname() == "::1"
	if u.Host == "" || u.User.Username() == "" || u.Scheme != "https" && !(u.Scheme == "http" && local) {
		return Config{}, errors.New("expected https://CLIENT:SECRET@HOST/PATH")
	}
	q := u.Query()
	for name := range q {
		if name != "claim" && name != "scope" {
			return Config{}, fmt.Errorf("%q is not known, expected claim or scope", name)
		}
	}
	c := Config{Client: u.User.Username(), Claim: q.Get("claim"), Scopes: []string{"profile"}}
	c.Secret, _ = u.User.Password()
	if s := q["scope"]; len(s) > 0 {
		c.Scopes = s
	}
	u.User, u.RawQuery = nil, ""
	c.Issuer = u.String()
	return c, nil
}

// Client speaks with one provider. Safe for concurrent use.
type Client struct {
	conf     Config
	http     *http.Client
	mu       sync.Mutex
	provider *oidc.Provider // nil until the provider has answered once
}

// New returns a client. It calls nobody yet: a city starts while its provider
// is down.
func New(c Config) *Client { return &Client{conf: c, http: &http.Client{Timeout: timeout}} }

// Issuer names the provider, as its answers do.
func (c *Client) Issuer() string { return c.conf.Issuer }

// Ceremony is one sign-in on its way. The browser keeps it, so that only the
// browser that began can end it.
type Ceremony struct {
	State, Nonce, Verifier string
}

// NewCeremony returns fresh secrets.
func NewCeremony() Ceremony {
	return Ceremony{State: oauth2.GenerateVerifier(), Nonce: oauth2.GenerateVerifier(), Verifier: oauth2.GenerateVerifier()}
}

// Who is what the provider says about a person.
type Who struct {
	Subject string // never changes and is nobody else's at this issuer
	Name    string
	Number  string // the configured claim, such as the personal number; may be empty
}

// Begin returns the address at the provider to which the browser goes. Return
// is our address to which the provider sends it back.
func (c *Client) Begin(ctx context.Context, cer Ceremony, back, lang string) (string, error) {
	o, _, err := c.at(ctx, back)
	if err != nil {
		return "", err
	}
	return o.AuthCodeURL(cer.State, oidc.Nonce(cer.Nonce), oauth2.S256ChallengeOption(cer.Verifier), oauth2.SetAuthURLParam("ui_locales", lang)), nil
}

// End checks what the provider has sent the browser back with: q holds state
// and code, or error.
func (c *Client) End(ctx context.Context, cer Ceremony, back string, q url.Values) (Who, error) {
	if cer.State == "" || q.Get("state") != cer.State {
		return Who{}, fmt.Errorf("%w: another sign-in was begun", ErrRefused)
	}
	if q.Get("error") != "" || q.Get("code") == "" {
		return Who{}, fmt.Errorf("%w: no code", ErrRefused)
	}
	o, p, err := c.at(ctx, back)
	if err != nil {
		return Who{}, err
	}
	ctx = oidc.ClientContext(ctx, c.http)
	token, err := o.Exchange(ctx, q.Get("code"), oauth2.VerifierOption(cer.Verifier))
	if err != nil {
		var said *oauth2.RetrieveError
		if errors.As(err, &said) && said.Response != nil && said.Response.StatusCode < http.StatusInternalServerError {
			return Who{}, fmt.Errorf("%w: %s", ErrRefused, said.ErrorCode) // the answer itself may hold what is not for logs
		}
		return Who{}, fmt.Errorf("%w: token", ErrUnavailable)
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := p.Verifier(&oidc.Config{ClientID: c.conf.Client}).Verify(ctx, raw)
	if err != nil {
		return Who{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	if id.Nonce != cer.Nonce || id.Subject == "" {
		return Who{}, fmt.Errorf("%w: nonce", ErrRefused)
	}
	claims := map[string]any{}
	if err := id.Claims(&claims); err != nil {
		return Who{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	if err := c.more(ctx, p, token, id.Subject, claims); err != nil {
		return Who{}, err
	}
	return Who{Subject: id.Subject, Name: nameIn(claims), Number: textIn(claims, c.conf.Claim)}, nil
}

// more asks the provider for claims that are not in the token: many tell a name
// or number only at their userinfo endpoint.
func (c *Client) more(ctx context.Context, p *oidc.Provider, token *oauth2.Token, subject string, claims map[string]any) error {
	have := nameIn(claims) != "" && (c.conf.Claim == "" || textIn(claims, c.conf.Claim) != "")
	if have || p.UserInfoEndpoint() == "" {
		return nil
	}
	info, err := p.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return fmt.Errorf("%w: userinfo", ErrUnavailable)
	}
	if info.Subject != subject {
		return fmt.Errorf("%w: userinfo of somebody else", ErrRefused)
	}
	return info.Claims(&claims)
}

func (c *Client) at(ctx context.Context, back string) (*oauth2.Config, *oidc.Provider, error) {
	p, err := c.discover(ctx)
	if err != nil {
		return nil, nil, err
	}
	return &oauth2.Config{
		ClientID: c.conf.Client, ClientSecret: c.conf.Secret, Endpoint: p.Endpoint(), RedirectURL: back,
		Scopes: append([]string{oidc.ScopeOpenID}, c.conf.Scopes...),
	}, p, nil
}

// discover reads the discovery document once. The provider keeps the context
// for the keys it reads later, so it must outlive the request.
func (c *Client) discover(ctx context.Context) (*oidc.Provider, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.provider != nil {
		return c.provider, nil
	}
	p, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), c.http), c.conf.Issuer)
	if err != nil {
		return nil, fmt.Errorf("%w: discovery: %w", ErrUnavailable, err)
	}
	c.provider = p
	return p, nil
}

func textIn(claims map[string]any, name string) string {
	text, _ := claims[name].(string)
	return strings.TrimSpace(text)
}

func nameIn(claims map[string]any) string {
	if name := textIn(claims, "name"); name != "" {
		return name
	}
	return strings.TrimSpace(textIn(claims, "family_name") + " " + textIn(claims, "given_name"))
}
