package account

import (
	"context"
	"encoding/json"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/notify"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/db"
)

// Export collects everything that the city holds about the actor, by entry of
// the register of personal data.
func (s *Service) Export(ctx context.Context, c *city.City, a permission.Actor) (map[string]any, error) {
	if !a.SignedIn() {
		return nil, permission.ErrDenied
	}
	out := map[string]any{"city": c.Slug, "at": s.clock.Now().UTC().Format(time.RFC3339)}
	return out, s.db.View(ctx, func(tx *db.Tx) error {
		for _, d := range s.data {
			doc, err := d.Export(tx, c.ID, a.Person)
			if err != nil {
				return err
			}
			out[d.Name] = doc
		}
		// Who the actor was before the account is the actor too.
		others, err := s.mandates.Selves(tx, c.ID, a.Person)
		if err != nil {
			return err
		}
		var before []map[string]any
		for _, person := range others {
			one := map[string]any{}
			for _, d := range s.data {
				if one[d.Name], err = d.Export(tx, c.ID, person); err != nil {
					return err
				}
			}
			before = append(before, one)
		}
		if len(before) > 0 {
			out["before"] = before
		}
		return nil
	})
}

// Erase removes the actor from the city. What others rely on, such as a public
// report and the city's answers to it, stays without a name; an entry of the
// register decides what the law makes it keep.
func (s *Service) Erase(ctx context.Context, c *city.City, a permission.Actor) error {
	if !a.SignedIn() {
		return permission.ErrDenied
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		if err := guard(tx, a); err != nil {
			return err
		}
		held, err := Grants(tx, c.ID, a.Person)
		if err != nil {
			return err
		}
		persons, err := s.mandates.Selves(tx, c.ID, a.Person)
		if err != nil {
			return err
		}
		for _, person := range append(persons, a.Person) {
			for _, d := range s.data {
				if err := d.Erase(tx, c.ID, person, s.clock.Now()); err != nil {
					return err
				}
			}
		}
		for _, g := range held {
			if g != (permission.Grant{Role: permission.Admin}) {
				continue
			}
			if err := keepAdmin(tx, c); err != nil {
				return err
			}
		}
		return permission.Audit(tx, a, "account.erase", "person", a.Person, "", s.clock.Now())
	})
}

// Withdraw ends a consent of the actor's. The account's own ends with the account.
func (s *Service) Withdraw(ctx context.Context, c *city.City, a permission.Actor, purpose string) error {
	if !a.SignedIn() {
		return permission.ErrDenied
	}
	if purpose == ConsentAccount {
		return db.ErrInvalid
	}
	return s.db.Update(ctx, func(tx *db.Tx) error { return WithdrawConsent(tx, c.ID, a.Person, purpose, s.clock.Now()) })
}

// instant is a moment in Unix milliseconds, 0 for never; JSON says it in RFC 3339.
type instant int64

// MarshalJSON writes the moment in UTC, and "" for never.
func (i instant) MarshalJSON() ([]byte, error) {
	if i == 0 {
		return []byte(`""`), nil
	}
	return json.Marshal(time.UnixMilli(int64(i)).UTC().Format(time.RFC3339))
}

// The parts of a person's own data as they are handed out.
type (
	personDoc struct {
		Home       Home
		Name       string             `json:"name"`
		Language   string             `json:"language"`
		Level      permission.Level   `json:"level"`
		Since      instant            `json:"since"`
		TOTP       bool               `json:"authenticator_app"`
		Contacts   []contactDoc       `json:"contacts"`
		Roles      []permission.Grant `json:"roles"`
		Devices    []deviceDoc        `json:"devices"`
		Passkeys   []deviceDoc        `json:"passkeys"`
		Consents   []consentDoc       `json:"consents"`
		Documents  []instant          `json:"documents_seen_at"`
		Identities []deviceDoc        `json:"identities"`
	}
	contactDoc struct {
		Address string  `json:"address"`
		Proved  instant `json:"proved"`
	}
	deviceDoc struct {
		Name  string  `json:"name"`
		Since instant `json:"since"`
		Used  instant `json:"used"`
	}
	consentDoc struct {
		Purpose   string  `json:"purpose"`
		Given     instant `json:"given"`
		Withdrawn instant `json:"withdrawn,omitempty"`
	}
	noticesDoc struct {
		Inbox       []notify.Item     `json:"inbox"`
		Preferences notify.Preference `json:"preferences"`
		Watches     []notify.Watch    `json:"watches"`
	}
)

func exportPerson(tx *db.Tx, cityID, person int64) (any, error) {
	p, err := Get(tx, cityID, person)
	if err != nil {
		return nil, err
	}
	doc := personDoc{Name: p.Name, Language: p.Lang, Level: p.Level, Since: instant(p.Created), TOTP: p.TOTP}
	contacts, err := Contacts(tx, cityID, person)
	if err != nil {
		return nil, err
	}
	for _, k := range contacts {
		doc.Contacts = append(doc.Contacts, contactDoc{k.Address, instant(k.Verified)})
	}
	if doc.Home, err = HomeOf(tx, cityID, person); err != nil {
		return nil, err
	}
	if doc.Roles, err = Grants(tx, cityID, person); err != nil {
		return nil, err
	}
	err = exportSignIn(tx, cityID, person, &doc)
	return doc, err
}

func exportSignIn(tx *db.Tx, cityID, person int64, doc *personDoc) error {
	devices, err := Sessions(tx, cityID, person, 0)
	if err != nil {
		return err
	}
	for _, d := range devices {
		doc.Devices = append(doc.Devices, deviceDoc{d.Device, instant(d.Created), instant(d.Seen)})
	}
	keys, err := passkeysOf(tx, cityID, person)
	if err != nil {
		return err
	}
	for _, k := range keys {
		doc.Passkeys = append(doc.Passkeys, deviceDoc{k.Name, instant(k.Created), instant(k.Used)})
	}
	consents, err := Consents(tx, cityID, person)
	if err != nil {
		return err
	}
	for _, k := range consents {
		doc.Consents = append(doc.Consents, consentDoc{k.Purpose, instant(k.Given), instant(k.Withdrawn)})
	}
	confirmed, err := identitiesOf(tx, cityID, person)
	if err != nil {
		return err
	}
	for _, i := range confirmed {
		doc.Identities = append(doc.Identities, deviceDoc{i.Issuer, instant(i.Linked), instant(i.Used)})
	}
	seen, err := documentsOf(tx, cityID, person)
	for _, at := range seen {
		doc.Documents = append(doc.Documents, instant(at))
	}
	return err
}

func exportNotices(tx *db.Tx, cityID, person int64) (any, error) {
	var doc noticesDoc
	var err error
	if doc.Inbox, err = notify.Inbox(tx, cityID, person, 0, 1000); err != nil {
		return nil, err
	}
	if doc.Preferences, err = notify.Preferences(tx, cityID, person); err != nil {
		return nil, err
	}
	doc.Watches, err = notify.Watches(tx, cityID, person)
	return doc, err
}

func eraseNotices(tx *db.Tx, cityID, person int64, _ time.Time) error {
	return notify.Erase(tx, cityID, person)
}
