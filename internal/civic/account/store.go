package account

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
)

func scanPerson(r db.Row) (p Person, err error) {
	var totp string
	err = r.Scan(&p.ID, &p.Name, &p.Lang, &p.Level, &p.Created, &p.Erased, &totp)
	p.TOTP = totp != ""
	return p, err
}

const personColumns = `id, name, lang, level, created_at, erased_at, totp`

// Get reads a person.
func Get(tx *db.Tx, city, id int64) (Person, error) {
	return db.One(tx, "account.get", `SELECT `+personColumns+` FROM account_person WHERE city_id = $1 AND id = $2`, scanPerson, city, id)
}

func insertPerson(tx *db.Tx, city int64, p Person) error {
	_, err := tx.Exec("account.insert", `INSERT INTO account_person (city_id, id, name, lang, level, created_at, erased_at, totp, totp_pending, totp_used)
		VALUES ($1, $2, $3, $4, $5, $6, 0, '', '', 0)`, city, p.ID, p.Name, p.Lang, int(p.Level), p.Created)
	return err
}

func updateProfile(tx *db.Tx, city, id int64, name, lang string) error {
	_, err := tx.Exec("account.profile", `UPDATE account_person SET name = $3, lang = $4 WHERE city_id = $1 AND id = $2`, city, id, name, lang)
	return err
}

// Speak sets the language in which a person is written to.
func Speak(tx *db.Tx, city, id int64, lang string) error {
	_, err := tx.Exec("account.speak", `UPDATE account_person SET lang = $3 WHERE city_id = $1 AND id = $2`, city, id, lang)
	return err
}

func raiseLevel(tx *db.Tx, city, id int64, level permission.Level) error {
	_, err := tx.Exec("account.level", `UPDATE account_person SET level = $3 WHERE city_id = $1 AND id = $2 AND level < $3`, city, id, int(level))
	return err
}

func personByAddress(tx *db.Tx, city int64, address string) (Person, error) {
	return db.One(tx, "account.address", `SELECT `+prefixed("p.", personColumns)+` FROM account_contact c JOIN account_person p
		ON p.city_id = c.city_id AND p.id = c.person_id WHERE c.city_id = $1 AND c.address = $2`, scanPerson, city, address)
}

func prefixed(prefix, columns string) string {
	return prefix + strings.ReplaceAll(columns, ", ", ", "+prefix)
}

// putContact gives an address to a person and tells whether it was free.
func putContact(tx *db.Tx, city int64, c Contact) (free bool, err error) {
	n, err := tx.Exec("account.contact", `INSERT INTO account_contact (city_id, address, kind, person_id, verified_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (city_id, address) DO NOTHING`, city, c.Address, c.Kind, c.Person, c.Verified)
	return n == 1, err
}

func dropContact(tx *db.Tx, city, person int64, address string) error {
	if _, err := tx.Exec("account.contact.drop", `DELETE FROM account_contact WHERE city_id = $1 AND person_id = $2 AND address = $3`, city, person, address); err != nil {
		return err
	}
	return dropChallenges(tx, city, address)
}

func dropChallenges(tx *db.Tx, city int64, address string) error {
	_, err := tx.Exec("account.challenge.drop", `DELETE FROM account_challenge WHERE city_id = $1 AND address = $2`, city, address)
	return err
}

// LockPerson makes those who change what one person has wait for each other.
func LockPerson(tx *db.Tx, city, id int64) error {
	_, err := db.One(tx, "account.lock", `SELECT id FROM account_person WHERE city_id = $1 AND id = $2`+tx.ForUpdate(), db.Int64, city, id)
	return err
}

// FindOrCreate returns the person behind a proved address, a new one when
// nobody has it yet. Two who prove it at once become one person: the address
// is unique, and who comes second takes the first one's.
func FindOrCreate(tx *db.Tx, city int64, address, lang string, now time.Time) (Person, error) {
	p, err := personByAddress(tx, city, address)
	if err == nil || !errors.Is(err, db.ErrNotFound) {
		return p, err
	}
	p = Person{ID: ids.At(now), Lang: lang, Level: levelOf(address), Created: now.UnixMilli()}
	free, err := putContact(tx, city, Contact{Address: address, Kind: kindOf(address), Person: p.ID, Verified: now.UnixMilli()})
	if err != nil {
		return p, err
	}
	if !free {
		return personByAddress(tx, city, address)
	}
	if err := insertPerson(tx, city, p); err != nil {
		return p, err
	}
	return p, GiveConsent(tx, city, p.ID, ConsentAccount, now)
}

// Caller returns the person behind an address that nobody has proved yet, such
// as a telephone that rang. Whoever proves it later finds there what was said.
func Caller(tx *db.Tx, city int64, address, name, lang string, now time.Time) (Person, error) {
	p, err := personByAddress(tx, city, address)
	if err == nil && p.Name == "" && name != "" {
		p.Name = name
		return p, updateProfile(tx, city, p.ID, name, p.Lang)
	}
	if err == nil || !errors.Is(err, db.ErrNotFound) {
		return p, err
	}
	p = Person{ID: ids.At(now), Name: name, Lang: lang, Created: now.UnixMilli()}
	free, err := putContact(tx, city, Contact{Address: address, Kind: kindOf(address), Person: p.ID})
	if err != nil {
		return p, err
	}
	if !free {
		return personByAddress(tx, city, address)
	}
	return p, insertPerson(tx, city, p)
}

// Proved is Caller for an address that was proved just now by other means than a
// code, such as a number that a messenger vouches for.
func Proved(tx *db.Tx, city int64, address, lang string, now time.Time) (Person, error) {
	p, err := FindOrCreate(tx, city, address, lang, now)
	if err != nil {
		return p, err
	}
	return p, errors.Join(raiseLevel(tx, city, p.ID, levelOf(address)), prove(tx, city, p.ID, address, now))
}

// Represented makes a person who has no address, for whom somebody else acts.
func Represented(tx *db.Tx, city int64, name, lang string, now time.Time) (Person, error) {
	p := Person{ID: ids.At(now), Name: name, Lang: lang, Created: now.UnixMilli()}
	return p, insertPerson(tx, city, p)
}

// Settled tells whether a person can sign in already: by a proved address or by
// an identity provider.
func Settled(tx *db.Tx, city, person int64) (bool, error) {
	contacts, err := Contacts(tx, city, person)
	if err != nil {
		return false, err
	}
	if slices.ContainsFunc(contacts, func(c Contact) bool { return c.Verified != 0 }) {
		return true, nil
	}
	identities, err := identitiesOf(tx, city, person)
	return len(identities) > 0, err
}

// AtAddress finds the person behind an address; there may be none.
func AtAddress(tx *db.Tx, city int64, address string) (p Person, found bool, err error) {
	p, err = personByAddress(tx, city, address)
	if errors.Is(err, db.ErrNotFound) {
		return p, false, nil
	}
	return p, err == nil && p.Erased == 0, err
}

// prove notes that the owner of an address has shown up.
func prove(tx *db.Tx, city, person int64, address string, now time.Time) error {
	n, err := tx.Exec("account.contact.prove", `UPDATE account_contact SET verified_at = $4 WHERE city_id = $1 AND address = $2 AND person_id = $3 AND verified_at = 0`,
		city, address, person, now.UnixMilli())
	if err != nil || n == 0 {
		return err
	}
	return GiveConsent(tx, city, person, ConsentAccount, now)
}

// Contacts reads the proved addresses of a person.
func Contacts(tx *db.Tx, city, person int64) ([]Contact, error) {
	return db.All(tx, "account.contacts", `SELECT address, kind, person_id, verified_at FROM account_contact WHERE city_id = $1 AND person_id = $2
		ORDER BY kind, address`, func(r db.Row) (c Contact, err error) {
		err = r.Scan(&c.Address, &c.Kind, &c.Person, &c.Verified)
		return c, err
	}, city, person)
}

// KnownBy is by what a person is known beside the account: "contact +996…" for
// each proved number or address, "document <hash>" and "identity <issuer> <hash>".
func KnownBy(tx *db.Tx, city, person int64) ([]string, error) {
	return db.All(tx, "account.known", `SELECT 'contact ' || address FROM account_contact WHERE city_id = $1 AND person_id = $2
		UNION ALL SELECT 'document ' || document_hash FROM account_document WHERE city_id = $1 AND person_id = $2
		UNION ALL SELECT 'identity ' || issuer || ' ' || subject_hash FROM account_identity WHERE city_id = $1 AND person_id = $2`, db.Text, city, person)
}

// WithContact finds who proved an address or telephone number, as it is stored.
// Nobody is db.ErrNotFound.
func WithContact(tx *db.Tx, city int64, address string) (person int64, err error) {
	return db.One(tx, "account.with_contact", `SELECT person_id FROM account_contact WHERE city_id = $1 AND address = $2 AND verified_at > 0`, db.Int64, city, address)
}

// Names reads the names of people by id.
func Names(tx *db.Tx, city int64, people []int64) (map[int64]string, error) {
	out := map[int64]string{}
	if len(people) == 0 {
		return out, nil
	}
	w := db.Of(city)
	db.AnyOf(w, "id", people)
	return out, tx.Each("account.names", `SELECT id, name FROM account_person WHERE `+w.String(), func(r db.Row) error {
		var id int64
		var name string
		err := r.Scan(&id, &name)
		out[id] = name
		return err
	}, w.Args...)
}

func insertSession(tx *db.Tx, city, person int64, hash string, s Session) error {
	_, err := tx.Exec("account.session", `INSERT INTO account_session (city_id, token_hash, id, person_id, device, created_at, seen_at, until, strong)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, city, hash, s.ID, person, s.Device, s.Created, s.Seen, s.Until, s.Strong)
	return err
}

// signedIn is what a request needs to know of a session.
type signedIn struct {
	Person
	seen   int64
	strong bool
}

func bySession(tx *db.Tx, city int64, hash string, now int64) (signedIn, error) {
	return db.One(tx, "account.by_session", `SELECT `+prefixed("p.", personColumns)+`, s.seen_at, s.strong FROM account_session s JOIN account_person p
		ON p.city_id = s.city_id AND p.id = s.person_id
		WHERE s.city_id = $1 AND s.token_hash = $2 AND s.until > $3 AND p.erased_at = 0`, func(r db.Row) (s signedIn, err error) {
		var totp string
		err = r.Scan(&s.ID, &s.Name, &s.Lang, &s.Level, &s.Created, &s.Erased, &totp, &s.seen, &s.strong)
		s.TOTP = totp != ""
		return s, err
	}, city, hash, now)
}

func touchSession(tx *db.Tx, city int64, hash string, now int64) error {
	_, err := tx.Exec("account.session.seen", `UPDATE account_session SET seen_at = $3 WHERE city_id = $1 AND token_hash = $2`, city, hash, now)
	return err
}

func strengthen(tx *db.Tx, city int64, hash string) error {
	_, err := tx.Exec("account.session.strong", `UPDATE account_session SET strong = TRUE WHERE city_id = $1 AND token_hash = $2`, city, hash)
	return err
}

// sessionID finds which of a person's devices a session secret is.
func sessionID(tx *db.Tx, city, person int64, hash string) (int64, error) {
	id, err := db.One(tx, "account.session.id", `SELECT id FROM account_session WHERE city_id = $1 AND person_id = $2 AND token_hash = $3`,
		db.Int64, city, person, hash)
	if errors.Is(err, db.ErrNotFound) {
		return 0, nil
	}
	return id, err
}

// Sessions reads the signed-in devices of a person, last used first.
func Sessions(tx *db.Tx, city, person, now int64) ([]Session, error) {
	return db.All(tx, "account.sessions", `SELECT id, device, created_at, seen_at, until, strong FROM account_session
		WHERE city_id = $1 AND person_id = $2 AND until > $3 ORDER BY seen_at DESC LIMIT 50`, func(r db.Row) (s Session, err error) {
		err = r.Scan(&s.ID, &s.Device, &s.Created, &s.Seen, &s.Until, &s.Strong)
		return s, err
	}, city, person, now)
}

// revokeSessions ends one session of a person, or all when id is 0.
func revokeSessions(tx *db.Tx, city, person, id int64) error {
	_, err := tx.Exec("account.session.revoke", `DELETE FROM account_session WHERE city_id = $1 AND person_id = $2 AND (id = $3 OR $4)`,
		city, person, id, id == 0)
	return err
}

func endSession(tx *db.Tx, city int64, hash string) error {
	_, err := tx.Exec("account.session.end", `DELETE FROM account_session WHERE city_id = $1 AND token_hash = $2`, city, hash)
	return err
}

// Grants reads the roles of a person.
func Grants(tx *db.Tx, city, person int64) ([]permission.Grant, error) {
	return db.All(tx, "account.grants", `SELECT role, body_id FROM account_grant WHERE city_id = $1 AND person_id = $2 ORDER BY role, body_id`,
		func(r db.Row) (g permission.Grant, err error) {
			err = r.Scan(&g.Role, &g.Body)
			return g, err
		}, city, person)
}

// PutGrant gives a role at a body; it is no error when the person has it.
func PutGrant(tx *db.Tx, city, person int64, g permission.Grant) error {
	_, err := tx.Exec("account.grant", `INSERT INTO account_grant (city_id, person_id, role, body_id) VALUES ($1, $2, $3, $4)
		ON CONFLICT DO NOTHING`, city, person, string(g.Role), g.Body)
	return err
}

// admins counts who administers the whole city.
func admins(tx *db.Tx, city int64) (int64, error) {
	return db.One(tx, "account.admins", `SELECT COUNT(*) FROM account_grant g JOIN account_person p ON p.city_id = g.city_id AND p.id = g.person_id
		WHERE g.city_id = $1 AND g.body_id = 0 AND g.role = $2 AND p.erased_at = 0`, db.Int64, city, string(permission.Admin))
}

func dropGrant(tx *db.Tx, city, person int64, g permission.Grant) error {
	_, err := tx.Exec("account.revoke", `DELETE FROM account_grant WHERE city_id = $1 AND person_id = $2 AND role = $3 AND body_id = $4`,
		city, person, string(g.Role), g.Body)
	return err
}

// Colleague is a person with a role at a body.
type Colleague struct {
	Person
	permission.Grant
}

// Staff reads everybody with a role, or only those at one body.
func Staff(tx *db.Tx, city, body int64) ([]Colleague, error) {
	return db.All(tx, "account.staff", `SELECT `+prefixed("p.", personColumns)+`, g.role, g.body_id FROM account_grant g JOIN account_person p
		ON p.city_id = g.city_id AND p.id = g.person_id WHERE g.city_id = $1 AND (g.body_id = $2 OR $3) AND p.erased_at = 0
		ORDER BY g.body_id, g.role, p.name LIMIT 1000`, func(r db.Row) (c Colleague, err error) {
		var totp string
		err = r.Scan(&c.ID, &c.Name, &c.Lang, &c.Level, &c.Created, &c.Erased, &totp, &c.Role, &c.Body)
		c.TOTP = totp != ""
		return c, err
	}, city, body, body == 0)
}

// challenge is a code that was sent and waits to come back.
type challenge struct {
	purpose  string
	subject  int64
	address  string
	codeHash string
	back     string
	tries    int
	until    int64
	used     bool
}

func insertChallenge(tx *db.Tx, city int64, ticketHash string, c challenge) error {
	_, err := tx.Exec("account.challenge", `INSERT INTO account_challenge (city_id, ticket_hash, purpose, subject_id, address, code_hash, back, tries, until, used)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, FALSE)`, city, ticketHash, c.purpose, c.subject, c.address, c.codeHash, c.back, c.until)
	return err
}

// challengeOf reads a challenge; lock is a clause that keeps others from it.
func challengeOf(tx *db.Tx, city int64, ticketHash, lock string) (challenge, error) {
	return db.One(tx, "account.challenge.get", `SELECT purpose, subject_id, address, code_hash, back, tries, until, used FROM account_challenge
		WHERE city_id = $1 AND ticket_hash = $2`+lock, func(r db.Row) (c challenge, err error) {
		err = r.Scan(&c.purpose, &c.subject, &c.address, &c.codeHash, &c.back, &c.tries, &c.until, &c.used)
		return c, err
	}, city, ticketHash)
}

func noteTry(tx *db.Tx, city int64, ticketHash string, used bool) error {
	_, err := tx.Exec("account.challenge.try", `UPDATE account_challenge SET tries = tries + 1, used = $3 WHERE city_id = $1 AND ticket_hash = $2`,
		city, ticketHash, used)
	return err
}

// count notes one more try under a key and returns how many there were in the
// running window, this one included. It is one statement on one row, so the
// number is exact however many ask at once and on however many nodes.
func count(tx *db.Tx, city int64, key string, now time.Time, window time.Duration) (int64, error) {
	return db.One(tx, "account.count", `INSERT INTO account_limit (city_id, key, started_at, times) VALUES ($1, $2, $3, 1)
		ON CONFLICT (city_id, key) DO UPDATE SET
			times = CASE WHEN account_limit.started_at <= $4 THEN 1 ELSE account_limit.times + 1 END,
			started_at = CASE WHEN account_limit.started_at <= $4 THEN excluded.started_at ELSE account_limit.started_at END
		RETURNING times`, db.Int64, city, key, now.UnixMilli(), now.Add(-window).UnixMilli())
}

func resetCount(tx *db.Tx, city int64, key string) error {
	_, err := tx.Exec("account.count.reset", `DELETE FROM account_limit WHERE city_id = $1 AND key = $2`, city, key)
	return err
}

// Sweep removes codes, sessions and counts whose time is over.
func Sweep(tx *db.Tx, city int64, now time.Time) error {
	for _, q := range []struct {
		text string
		at   time.Time
	}{
		{`DELETE FROM account_challenge WHERE city_id = $1 AND until < $2`, now},
		{`DELETE FROM account_session WHERE city_id = $1 AND until < $2`, now},
		{`DELETE FROM account_ceremony WHERE city_id = $1 AND until < $2`, now},
		{`DELETE FROM account_limit WHERE city_id = $1 AND started_at < $2`, now.Add(-longestWindow)},
	} {
		if _, err := tx.Exec("account.sweep", q.text, city, q.at.UnixMilli()); err != nil {
			return err
		}
	}
	return nil
}

// PutDemo stores an invented person of a demo city, or makes one as new whom a
// visitor has changed.
func PutDemo(tx *db.Tx, city int64, p Person, address string) error {
	if _, err := tx.Exec("account.demo.put", `INSERT INTO account_person (city_id, id, name, lang, level, created_at, erased_at, totp, totp_pending, totp_used)
		VALUES ($1, $2, $3, $4, $5, $6, 0, '', '', 0)
		ON CONFLICT (city_id, id) DO UPDATE SET name = excluded.name, lang = excluded.lang, level = excluded.level, erased_at = 0`,
		city, p.ID, p.Name, p.Lang, int(p.Level), p.Created); err != nil {
		return err
	}
	_, err := putContact(tx, city, Contact{Address: address, Kind: kindOf(address), Person: p.ID, Verified: p.Created})
	return err
}
