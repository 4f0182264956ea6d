package account

import (
	"context"
	"slices"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// AddContact sends a code to one more address of the actor's. The address is
// theirs once the code comes back from the session that asked for it.
func (s *Service) AddContact(ctx context.Context, c *city.City, a permission.Actor, text, lang string) (ticket string, err error) {
	if !a.SignedIn() {
		return "", permission.ErrDenied
	}
	address, _, err := ParseAddress(c, text)
	if err != nil {
		return "", err
	}
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		if err := guard(tx, a); err != nil {
			return err
		}
		have, err := Contacts(tx, c.ID, a.Person)
		if err != nil {
			return err
		}
		if len(have) >= maxContacts {
			return web.Invalid(web.FieldError{Field: "address", Key: "account.error.contacts_full"})
		}
		ticket, err = s.challenge(tx, c, challenge{purpose: purposeContact, subject: a.Person, address: address, back: "/account/contacts"}, lang)
		return err
	})
	return ticket, err
}

// attach gives a proved address to the person who asked for it.
func (s *Service) attach(tx *db.Tx, c *city.City, ch challenge) (refusal, err error) {
	if err := LockPerson(tx, c.ID, ch.subject); err != nil {
		return nil, err
	}
	free, err := putContact(tx, c.ID, Contact{Address: ch.address, Kind: kindOf(ch.address), Person: ch.subject, Verified: s.clock.Now().UnixMilli()})
	if err != nil {
		return nil, err
	}
	if !free {
		owner, err := personByAddress(tx, c.ID, ch.address)
		if err != nil || owner.ID == ch.subject {
			return nil, err
		}
		return codeError("account.error.address_taken"), nil
	}
	return nil, raiseLevel(tx, c.ID, ch.subject, levelOf(ch.address))
}

// DropContact takes an address from the actor. The last one stays: without it
// nobody could sign in.
func (s *Service) DropContact(ctx context.Context, c *city.City, a permission.Actor, address string) error {
	if !a.SignedIn() {
		return permission.ErrDenied
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		if err := LockPerson(tx, c.ID, a.Person); err != nil {
			return err
		}
		if err := guard(tx, a); err != nil {
			return err
		}
		have, err := Contacts(tx, c.ID, a.Person)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(have, func(k Contact) bool { return k.Address == address }) {
			return db.ErrNotFound
		}
		if len(have) == 1 {
			return web.Invalid(web.FieldError{Field: "address", Key: "account.error.last_contact"})
		}
		return dropContact(tx, c.ID, a.Person, address)
	})
}

// guard keeps somebody who only reads a person's mail from changing how the
// person signs in: who has a second factor proves it first.
func guard(tx *db.Tx, a permission.Actor) error {
	if a.Strong {
		return nil
	}
	has, err := hasFactor(tx, a.City, a.Person)
	if err != nil {
		return err
	}
	if has {
		return web.Invalid(web.FieldError{Field: "code", Key: "account.error.prove_first"})
	}
	return nil
}
