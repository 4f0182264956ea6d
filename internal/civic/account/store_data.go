package account

import (
	"time"

	"github.com/ashar-kg/ashar/internal/civic/notify"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/sms"
)

// GiveConsent records a person's leave to use their data for a purpose; it is
// no error when it was given already.
func GiveConsent(tx *db.Tx, city, person int64, purpose string, at time.Time) error {
	n, err := db.One(tx, "account.consent.holds", `SELECT COUNT(*) FROM account_consent WHERE city_id = $1 AND person_id = $2 AND purpose = $3 AND withdrawn_at = 0`,
		db.Int64, city, person, purpose)
	if err != nil || n > 0 {
		return err
	}
	_, err = tx.Exec("account.consent", `INSERT INTO account_consent (city_id, person_id, purpose, given_at, withdrawn_at) VALUES ($1, $2, $3, $4, 0)
		ON CONFLICT DO NOTHING`, city, person, purpose, at.UnixMilli())
	return err
}

// WithdrawConsent ends a consent; the record of it stays.
func WithdrawConsent(tx *db.Tx, city, person int64, purpose string, at time.Time) error {
	_, err := tx.Exec("account.consent.withdraw", `UPDATE account_consent SET withdrawn_at = $4
		WHERE city_id = $1 AND person_id = $2 AND purpose = $3 AND withdrawn_at = 0`, city, person, purpose, at.UnixMilli())
	return err
}

// Consents reads what a person has consented to, oldest first.
func Consents(tx *db.Tx, city, person int64) ([]Consent, error) {
	return db.All(tx, "account.consents", `SELECT purpose, given_at, withdrawn_at FROM account_consent
		WHERE city_id = $1 AND person_id = $2 ORDER BY given_at, purpose`, func(r db.Row) (c Consent, err error) {
		err = r.Scan(&c.Purpose, &c.Given, &c.Withdrawn)
		return c, err
	}, city, person)
}

// putDocument keeps that a document was seen and tells whether another person
// has shown the same one.
func putDocument(tx *db.Tx, city, person int64, documentHash string, by int64, at time.Time) (mine bool, err error) {
	if _, err := tx.Exec("account.document", `INSERT INTO account_document (city_id, document_hash, person_id, seen_at, seen_by) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT DO NOTHING`, city, documentHash, person, at.UnixMilli(), by); err != nil {
		return false, err
	}
	owner, err := documentOwner(tx, city, documentHash)
	return owner == person, err
}

// documentsOf reads when documents of a person were seen.
func documentsOf(tx *db.Tx, city, person int64) ([]int64, error) {
	return db.All(tx, "account.documents", `SELECT seen_at FROM account_document WHERE city_id = $1 AND person_id = $2 ORDER BY seen_at`, db.Int64, city, person)
}

// erasePerson leaves an id without a name, to which public cases still point.
func erasePerson(tx *db.Tx, cityID, person int64, at time.Time) error {
	contacts, err := Contacts(tx, cityID, person)
	if err != nil {
		return err
	}
	for _, c := range contacts {
		if err := dropChallenges(tx, cityID, c.Address); err != nil {
			return err
		}
		if err := notify.EraseAddress(tx, cityID, c.Address); err != nil {
			return err
		}
	}
	if _, err := tx.Exec("account.erase", `UPDATE account_person SET name = '', level = $4, erased_at = $3 WHERE city_id = $1 AND id = $2`,
		cityID, person, at.UnixMilli(), int(permission.Anonymous)); err != nil {
		return err
	}
	for _, q := range []string{
		`DELETE FROM account_contact WHERE city_id = $1 AND person_id = $2`,
		`DELETE FROM account_session WHERE city_id = $1 AND person_id = $2`,
		`DELETE FROM account_grant WHERE city_id = $1 AND person_id = $2`,
		`DELETE FROM account_consent WHERE city_id = $1 AND person_id = $2`,
		`DELETE FROM account_document WHERE city_id = $1 AND person_id = $2`,
		`DELETE FROM account_identity WHERE city_id = $1 AND person_id = $2`,
		`DELETE FROM account_home WHERE city_id = $1 AND person_id = $2`,
	} {
		if _, err := tx.Exec("account.erase.rows", q, cityID, person); err != nil {
			return err
		}
	}
	return clearFactors(tx, cityID, person)
}

// Addressees implements notify.People.
func (s *Service) Addressees(tx *db.Tx, cityID int64, people []int64) ([]notify.Addressee, error) {
	if len(people) == 0 {
		return nil, nil
	}
	w := &db.Where{}
	w.Add("p.city_id = ?", cityID)
	w.Add("p.erased_at = 0")
	db.AnyOf(w, "p.id", people)
	return db.All(tx, "account.addressees", `SELECT p.id, p.lang, COALESCE(MIN(CASE WHEN c.kind = 'email' THEN c.address END), ''),
			COALESCE(MIN(CASE WHEN c.kind = 'phone' THEN c.address END), '') FROM account_person p
		LEFT JOIN account_contact c ON c.city_id = p.city_id AND c.person_id = p.id
		WHERE `+w.String()+` GROUP BY p.id, p.lang ORDER BY p.id`,
		func(r db.Row) (a notify.Addressee, err error) {
			err = r.Scan(&a.Person, &a.Lang, &a.Email, &a.Phone)
			if !sms.Mobile(a.Phone) {
				a.Phone = "" // who called from a fixed line cannot read
			}
			return a, err
		}, w.Args...)
}

// inventedBelow bounds the ids of a demo's people: they are given by hand, and
// ids made for a real one are far above.
const inventedBelow = 1 << 22

// demoResidents reads the invented residents whom a visitor of a demo may be.
func demoResidents(tx *db.Tx, cityID int64) ([]Person, error) {
	return db.All(tx, "account.demo", `SELECT `+personColumns+` FROM account_person p WHERE city_id = $1 AND id < $2 AND name <> ''
		AND NOT EXISTS (SELECT 1 FROM account_grant g WHERE g.city_id = p.city_id AND g.person_id = p.id) ORDER BY id LIMIT 6`, scanPerson, cityID, inventedBelow)
}
