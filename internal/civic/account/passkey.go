package account

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Passkey is a key on a person's device with which the person signs in.
type Passkey struct {
	ID      int64
	Name    string
	Created int64
	Used    int64
}

// Origin is where in the web passkeys are good: the host name to which the
// browser binds them, and the full origin of the page that asks.
type Origin struct {
	Host string
	Full string
}

// Ceremony is the server's half of making or using a passkey: what the browser
// is to be asked, and the secret with which it brings the answer.
type Ceremony struct {
	Secret  string
	Options any
}

// ceremony is what the server keeps between the two halves.
type ceremony struct {
	Person  int64 // 0 for a sign-in
	Session webauthn.SessionData
}

// keyholder shows a person to the library. The handle says nothing about who
// it is: it is readable on the device.
type keyholder struct {
	handle []byte
	name   string
	keys   []webauthn.Credential
}

func (k keyholder) WebAuthnID() []byte                         { return k.handle }
func (k keyholder) WebAuthnName() string                       { return k.name }
func (k keyholder) WebAuthnDisplayName() string                { return k.name }
func (k keyholder) WebAuthnCredentials() []webauthn.Credential { return k.keys }

func (s *Service) party(c *city.City, o Origin) (*webauthn.WebAuthn, error) {
	return webauthn.New(&webauthn.Config{
		RPID: o.Host, RPDisplayName: c.Name(c.Languages[0]), RPOrigins: []string{o.Full},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired,
		},
	})
}

func handleOf(c *city.City, person int64) []byte {
	handle, _ := hex.DecodeString(hash(c, "passkey", itoa(person))) // hash writes hexadecimal
	return handle
}

func holder(c *city.City, a Person, list []passkey) (keyholder, error) {
	k := keyholder{handle: handleOf(c, a.ID), name: a.Name}
	if k.name == "" {
		k.name = c.Slug
	}
	for _, p := range list {
		var cred webauthn.Credential
		if err := json.Unmarshal([]byte(p.document), &cred); err != nil {
			return k, err
		}
		k.keys = append(k.keys, cred)
	}
	return k, nil
}

// BeginPasskey begins to make a passkey for the actor.
func (s *Service) BeginPasskey(ctx context.Context, c *city.City, a permission.Actor, o Origin) (out Ceremony, err error) {
	if !a.SignedIn() {
		return out, permission.ErrDenied
	}
	party, err := s.party(c, o)
	if err != nil {
		return out, err
	}
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		k, err := s.holderOf(tx, c, a)
		if err != nil {
			return err
		}
		options, session, err := party.BeginRegistration(k, webauthn.WithExclusions(webauthn.Credentials(k.keys).CredentialDescriptors()))
		if err != nil {
			return err
		}
		out = Ceremony{ids.Secret(20), options.Response}
		return s.keepCeremony(tx, c, out.Secret, ceremony{a.Person, *session})
	})
	return out, err
}

// holderOf reads the actor as one who may get one more passkey.
func (s *Service) holderOf(tx *db.Tx, c *city.City, a permission.Actor) (keyholder, error) {
	if err := guard(tx, a); err != nil {
		return keyholder{}, err
	}
	p, err := Get(tx, c.ID, a.Person)
	if err != nil {
		return keyholder{}, err
	}
	list, err := passkeysOf(tx, c.ID, a.Person)
	if err != nil {
		return keyholder{}, err
	}
	if len(list) >= maxPasskeys {
		return keyholder{}, web.Invalid(web.FieldError{Field: "passkey", Key: "account.error.passkeys_full"})
	}
	return holder(c, p, list)
}

func (s *Service) keepCeremony(tx *db.Tx, c *city.City, secret string, what ceremony) error {
	text, err := json.Marshal(what)
	if err != nil {
		return err
	}
	return insertCeremony(tx, c.ID, tokenHash(secret), string(text), s.clock.Now().Add(ceremonyFor))
}

// takeCeremony reads what was kept under a secret, once.
func (s *Service) takeCeremony(ctx context.Context, c *city.City, secret string) (what ceremony, err error) {
	var text string
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		text, err = takeCeremony(tx, c.ID, tokenHash(secret), s.clock.Now())
		return err
	})
	if errors.Is(err, db.ErrNotFound) {
		return what, passkeyError(err)
	}
	if err != nil {
		return what, err
	}
	return what, json.Unmarshal([]byte(text), &what)
}

// passkeyError tells a refusal in one sentence, whatever its cause: what was
// wrong with a key is of use only to who tries keys. A row that is not there is
// no missing page.
func passkeyError(cause error) error {
	p := &web.Problem{
		Status: http.StatusUnprocessableEntity, Key: "error.invalid", Cause: cause,
		Fields: []web.FieldError{{Field: "passkey", Key: "account.error.passkey"}},
	}
	if errors.Is(cause, db.ErrNotFound) {
		p.Cause = nil
	}
	return p
}

// FinishPasskey stores the passkey that the actor's device has made. The
// session becomes strong: the device has asked for a finger, a face or a PIN.
func (s *Service) FinishPasskey(ctx context.Context, c *city.City, a permission.Actor, o Origin, secret, session, name string, answer []byte) error {
	if !a.SignedIn() {
		return permission.ErrDenied
	}
	party, err := s.party(c, o)
	if err != nil {
		return err
	}
	what, err := s.takeCeremony(ctx, c, secret)
	if err != nil {
		return err
	}
	if what.Person != a.Person {
		return passkeyError(errors.New("ceremony of somebody else"))
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return passkeyError(err)
	}
	now := s.clock.Now()
	return s.db.Update(ctx, func(tx *db.Tx) error {
		k, err := s.holderOf(tx, c, a)
		if err != nil {
			return err
		}
		cred, err := party.CreateCredential(k, what.Session, parsed)
		if err != nil {
			return passkeyError(err)
		}
		text, err := json.Marshal(cred)
		if err != nil {
			return err
		}
		key := passkey{Passkey{ID: ids.At(now), Name: name, Created: now.UnixMilli(), Used: now.UnixMilli()}, a.Person, string(text)}
		if err := insertPasskey(tx, c.ID, credentialHash(cred.ID), key); err != nil {
			return err
		}
		if err := permission.Audit(tx, a, "account.factor", "person", a.Person, "passkey", now); err != nil {
			return err
		}
		return strengthen(tx, c.ID, tokenHash(session))
	})
}

func credentialHash(id []byte) string { return tokenHash(string(id)) }

// BeginPasskeySignIn begins a sign-in by passkey. It asks for no address: the
// device offers the keys it has for this city.
func (s *Service) BeginPasskeySignIn(ctx context.Context, c *city.City, o Origin) (out Ceremony, err error) {
	party, err := s.party(c, o)
	if err != nil {
		return out, err
	}
	options, session, err := party.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return out, err
	}
	out = Ceremony{ids.Secret(20), options.Response}
	return out, s.db.Update(ctx, func(tx *db.Tx) error { return s.keepCeremony(tx, c, out.Secret, ceremony{0, *session}) })
}

// FinishPasskeySignIn signs in whose passkey has answered. The session is strong.
func (s *Service) FinishPasskeySignIn(ctx context.Context, c *city.City, o Origin, secret, agent string, answer []byte) (Proof, error) {
	party, err := s.party(c, o)
	if err != nil {
		return Proof{}, err
	}
	what, err := s.takeCeremony(ctx, c, secret)
	if err != nil {
		return Proof{}, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil || what.Person != 0 {
		return Proof{}, passkeyError(err)
	}
	var proof Proof
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		proof = Proof{}
		key, err := lockPasskey(tx, c.ID, credentialHash(parsed.RawID))
		if errors.Is(err, db.ErrNotFound) {
			return passkeyError(err)
		}
		if err != nil {
			return err
		}
		person, err := Get(tx, c.ID, key.person)
		if err != nil {
			return err
		}
		k, err := holder(c, person, []passkey{key})
		if err != nil {
			return err
		}
		cred, err := party.ValidateDiscoverableLogin(func(_, _ []byte) (webauthn.User, error) { return k, nil }, what.Session, parsed)
		if err != nil {
			return passkeyError(err)
		}
		if cred.Authenticator.CloneWarning {
			return passkeyError(errors.New("the counter went back: the key may be a copy"))
		}
		text, err := json.Marshal(cred)
		if err != nil {
			return err
		}
		if err := usePasskey(tx, c.ID, credentialHash(cred.ID), string(text), s.clock.Now()); err != nil {
			return err
		}
		proof.Person = person.ID
		proof.Session, proof.Until, err = s.session(tx, c, person.ID, agent, true)
		return err
	})
	return proof, err
}

// DropPasskey takes a passkey of the actor out of use.
func (s *Service) DropPasskey(ctx context.Context, c *city.City, a permission.Actor, id int64) error {
	if !a.SignedIn() {
		return permission.ErrDenied
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		if err := guard(tx, a); err != nil {
			return err
		}
		if err := dropPasskey(tx, c.ID, a.Person, id); err != nil {
			return err
		}
		return permission.Audit(tx, a, "account.factor.drop", "person", a.Person, "passkey", s.clock.Now())
	})
}
