package account

import (
	"context"
	"errors"
	"strings"
	"unicode"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/openid"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Identity tells that an OpenID provider has confirmed a person. Instants are
// Unix milliseconds.
type Identity struct {
	Issuer       string
	Linked, Used int64
}

func identityError(key string) error {
	return web.Invalid(web.FieldError{Field: "identity", Key: key})
}

// Identified signs in whoever an identity provider has confirmed, or confirms
// the person who is signed in already. What the provider calls the person and
// the number of a document are kept only so that they can be known again.
func (s *Service) Identified(ctx context.Context, c *city.City, a permission.Actor, issuer string, who openid.Who, agent, lang string) (Proof, error) {
	var p Proof
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		p = Proof{}
		document, hasDocument := DocumentHash(c, who.Number)
		id := identity{issuer: issuer, subject: hash(c, "identity", issuer+" "+who.Subject)}
		if err := s.identify(tx, c, a, &id, document, lang); err != nil {
			return err
		}
		if hasDocument {
			mine, err := putDocument(tx, c.ID, id.person, document, 0, s.clock.Now())
			if err != nil {
				return err
			}
			if !mine {
				return identityError("account.error.document_taken")
			}
		}
		if err := s.confirm(tx, c, id, who.Name); err != nil {
			return err
		}
		p.Person = id.person
		if a.SignedIn() {
			return nil
		}
		grants, err := Grants(tx, c.ID, id.person)
		if err != nil {
			return err
		}
		p.Weak = len(grants) > 0 && !s.lenient(c)
		p.Session, p.Until, err = s.session(tx, c, id.person, agent, false)
		return err
	})
	return p, err
}

// identity is one row of account_identity.
type identity struct {
	issuer, subject string
	person          int64
}

// identify finds whom the provider means: who came with this identity before,
// who is signed in, who has shown the same document at a desk, or somebody new.
func (s *Service) identify(tx *db.Tx, c *city.City, a permission.Actor, id *identity, document, lang string) error {
	owner, err := identityOwner(tx, c.ID, *id)
	if err != nil && !errors.Is(err, db.ErrNotFound) {
		return err
	}
	if err == nil {
		if a.SignedIn() && owner != a.Person {
			return identityError("account.error.identity_taken")
		}
		id.person = owner
		return nil
	}
	now, fresh := s.clock.Now(), false
	if id.person = a.Person; id.person == 0 {
		if id.person, err = documentOwner(tx, c.ID, document); errors.Is(err, db.ErrNotFound) {
			id.person, fresh, err = ids.At(now), true, nil
		}
		if err != nil {
			return err
		}
	}
	free, err := putIdentity(tx, c.ID, *id, now)
	if err != nil {
		return err
	}
	if !free {
		// Somebody was a moment faster, or the person has another identity there.
		if owner, err = identityOwner(tx, c.ID, *id); errors.Is(err, db.ErrNotFound) || err == nil && a.SignedIn() && owner != a.Person {
			return identityError("account.error.identity_other")
		}
		id.person = owner
		return err
	}
	if !fresh {
		return nil
	}
	if err := insertPerson(tx, c.ID, Person{ID: id.person, Lang: lang, Level: permission.National, Created: now.UnixMilli()}); err != nil {
		return err
	}
	return GiveConsent(tx, c.ID, id.person, ConsentAccount, now)
}

// confirm raises the person whom the provider has confirmed. A name that the
// person has chosen stays.
func (s *Service) confirm(tx *db.Tx, c *city.City, id identity, name string) error {
	now := s.clock.Now()
	p, err := Get(tx, c.ID, id.person)
	if err != nil {
		return err
	}
	if p.Name == "" && name != "" {
		if err := updateProfile(tx, c.ID, p.ID, clip(name), p.Lang); err != nil {
			return err
		}
	}
	if err := errors.Join(raiseLevel(tx, c.ID, p.ID, permission.National), touchIdentity(tx, c.ID, id, now)); err != nil {
		return err
	}
	return permission.Audit(tx, permission.Actor{City: c.ID, Person: p.ID}, "account.identity", "person", p.ID, "", now)
}

// clip cuts a name that a provider gives to what a profile holds.
func clip(name string) string {
	if r := []rune(name); len(r) > maxName {
		return string(r[:maxName])
	}
	return name
}

// Identities reads who has confirmed the actor.
func (s *Service) Identities(ctx context.Context, c *city.City, a permission.Actor) (out []Identity, err error) {
	if !a.SignedIn() {
		return nil, permission.ErrDenied
	}
	err = s.db.View(ctx, func(tx *db.Tx) error {
		out, err = identitiesOf(tx, c.ID, a.Person)
		return err
	})
	return out, err
}

// DropIdentity forgets a provider. Who has no other way to sign in keeps it.
func (s *Service) DropIdentity(ctx context.Context, c *city.City, a permission.Actor, issuer string) error {
	if !a.SignedIn() {
		return permission.ErrDenied
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		if err := LockPerson(tx, c.ID, a.Person); err != nil {
			return err
		}
		contacts, err := Contacts(tx, c.ID, a.Person)
		if err != nil {
			return err
		}
		if len(contacts) == 0 {
			return identityError("account.error.identity_last")
		}
		if err := dropIdentity(tx, c.ID, a.Person, issuer); err != nil {
			return err
		}
		return permission.Audit(tx, a, "account.identity.drop", "person", a.Person, "", s.clock.Now())
	})
}

// DocumentHash is what is kept of the number of a document; ok is false for
// what cannot be one.
func DocumentHash(c *city.City, number string) (text string, ok bool) {
	number = strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToUpper(r)
		}
		return -1
	}, number)
	if len(number) < 6 || len(number) > 40 {
		return "", false
	}
	return hash(c, "document", number), true
}
