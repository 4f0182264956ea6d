package account

import (
	"context"
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
		return nil
	})
}

// Erase removes the actor from the city. What others rely on, such as a public
// report and the city's answers to it, stays without a name.
func (s *Service) Erase(ctx context.Context, c *city.City, a permission.Actor) error {
	if !a.SignedIn() {
		return permission.ErrDenied
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		for _, d := range s.data {
			if err := d.Erase(tx, c.ID, a.Person, s.clock.Now()); err != nil {
				return err
			}
		}
		return permission.Audit(tx, a, "account.erase", "person", a.Person, "", s.clock.Now())
	})
}

func exportPerson(tx *db.Tx, cityID, person int64) (any, error) {
	p, err := Get(tx, cityID, person)
	if err != nil {
		return nil, err
	}
	contacts, err := Contacts(tx, cityID, person)
	if err != nil {
		return nil, err
	}
	grants, err := Grants(tx, cityID, person)
	if err != nil {
		return nil, err
	}
	sessions, err := Sessions(tx, cityID, person, 0)
	return map[string]any{"person": p, "contacts": contacts, "roles": grants, "devices": sessions}, err
}

func erasePerson(tx *db.Tx, cityID, person int64, at time.Time) error {
	if _, err := tx.Exec("account.erase", `UPDATE account_person SET name = '', erased_at = $3, totp = '', totp_pending = '' WHERE city_id = $1 AND id = $2`,
		cityID, person, at.UnixMilli()); err != nil {
		return err
	}
	for _, q := range []string{
		`DELETE FROM account_contact WHERE city_id = $1 AND person_id = $2`,
		`DELETE FROM account_session WHERE city_id = $1 AND person_id = $2`,
		`DELETE FROM account_grant WHERE city_id = $1 AND person_id = $2`,
		`DELETE FROM account_consent WHERE city_id = $1 AND person_id = $2`,
	} {
		if _, err := tx.Exec("account.erase.rows", q, cityID, person); err != nil {
			return err
		}
	}
	return clearFactors(tx, cityID, person)
}

func exportNotices(tx *db.Tx, cityID, person int64) (any, error) {
	inbox, err := notify.Inbox(tx, cityID, person, 0, 1000)
	if err != nil {
		return nil, err
	}
	pref, err := notify.Preferences(tx, cityID, person)
	if err != nil {
		return nil, err
	}
	watches, err := notify.Watches(tx, cityID, person)
	return map[string]any{"inbox": inbox, "preferences": pref, "watches": watches}, err
}

func eraseNotices(tx *db.Tx, cityID, person int64, _ time.Time) error {
	return notify.Erase(tx, cityID, person)
}

// Addressees implements notify.People.
func (s *Service) Addressees(tx *db.Tx, cityID int64, people []int64) ([]notify.Addressee, error) {
	if len(people) == 0 {
		return nil, nil
	}
	args := []any{cityID}
	for _, id := range people {
		args = append(args, id)
	}
	return db.All(tx, "account.addressees", `SELECT p.id, p.lang, COALESCE(MIN(c.address), '') FROM account_person p
		LEFT JOIN account_contact c ON c.city_id = p.city_id AND c.person_id = p.id AND c.kind = 'email'
		WHERE p.city_id = $1 AND p.erased_at = 0 AND p.id IN `+db.In(2, len(people))+` GROUP BY p.id, p.lang ORDER BY p.id`,
		func(r db.Row) (a notify.Addressee, err error) {
			err = r.Scan(&a.Person, &a.Lang, &a.Email)
			return a, err
		}, args...)
}

// demoResidents reads the invented residents whom a visitor of a demo may be.
func demoResidents(tx *db.Tx, cityID int64) ([]Person, error) {
	return db.All(tx, "account.demo", `SELECT `+personColumns+` FROM account_person p WHERE city_id = $1 AND name <> ''
		AND NOT EXISTS (SELECT 1 FROM account_grant g WHERE g.city_id = p.city_id AND g.person_id = p.id) ORDER BY id LIMIT 6`, scanPerson, cityID)
}
