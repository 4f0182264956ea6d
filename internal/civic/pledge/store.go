package pledge

import (
	"errors"

	"github.com/ashar-kg/ashar/internal/platform/db"
)

const columns = `id, subject_kind, subject_id, body_id, person_id, what, tyiyn, hours, words, name, named, state, reason, confirmed_at, ended_at`

func scan(r db.Row) (*Pledge, error) {
	p := &Pledge{}
	return p, r.Scan(&p.ID, &p.Subject.Kind, &p.Subject.ID, &p.Body, &p.Person, &p.What, &p.Tyiyn, &p.Hours, &p.Words, &p.Name, &p.Named,
		&p.State, &p.Reason, &p.Confirmed, &p.Ended)
}

// errStanding means that the person has promised this already.
var errStanding = errors.New("pledge: one stands already")

func insert(tx *db.Tx, city int64, p *Pledge) error {
	_, err := tx.Exec("pledge.insert", `INSERT INTO pledge (city_id, `+columns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
		city, p.ID, p.Subject.Kind, p.Subject.ID, p.Body, p.Person, p.What, p.Tyiyn, p.Hours, p.Words, p.Name, p.Named, p.State, p.Reason, p.Confirmed, p.Ended)
	if errors.Is(err, db.ErrConflict) {
		return errStanding
	}
	return err
}

func update(tx *db.Tx, city int64, p *Pledge) error {
	_, err := tx.Exec("pledge.update", `UPDATE pledge SET state = $3, reason = $4, confirmed_at = $5, ended_at = $6 WHERE city_id = $1 AND id = $2`,
		city, p.ID, p.State, p.Reason, p.Confirmed, p.Ended)
	return err
}

func get(tx *db.Tx, city, id int64) (*Pledge, error) {
	return db.One(tx, "pledge.get", `SELECT `+columns+` FROM pledge WHERE city_id = $1 AND id = $2`, scan, city, id)
}

func lock(tx *db.Tx, city, id int64) (*Pledge, error) {
	return db.One(tx, "pledge.lock", `SELECT `+columns+` FROM pledge WHERE city_id = $1 AND id = $2`+tx.ForUpdate(), scan, city, id)
}

// standing reads and locks what was promised or received for a subject.
func standing(tx *db.Tx, city int64, x Subject) ([]*Pledge, error) {
	return db.All(tx, "pledge.standing", `SELECT `+columns+` FROM pledge WHERE city_id = $1 AND subject_kind = $2 AND subject_id = $3
		AND state IN ('promised', 'confirmed') ORDER BY id`+tx.ForUpdate(), scan, city, x.Kind, x.ID)
}

// listed reads the public pledges for a subject before an id, newest first.
func listed(tx *db.Tx, city int64, x Subject, before int64, limit int) ([]*Pledge, error) {
	return db.All(tx, "pledge.listed", `SELECT `+columns+` FROM pledge WHERE city_id = $1 AND subject_kind = $2 AND subject_id = $3
		AND id < $4 AND state <> 'withdrawn' ORDER BY id DESC LIMIT $5`, scan, city, x.Kind, x.ID, before, limit)
}

func sums(tx *db.Tx, city int64, x Subject) ([]Sum, error) {
	return db.All(tx, "pledge.sums", `SELECT what, state, CAST(SUM(tyiyn) AS BIGINT), CAST(SUM(hours) AS BIGINT), COUNT(*) FROM pledge
		WHERE city_id = $1 AND subject_kind = $2 AND subject_id = $3 GROUP BY what, state ORDER BY what, state`,
		func(r db.Row) (s Sum, err error) {
			err = r.Scan(&s.What, &s.State, &s.Tyiyn, &s.Hours, &s.Count)
			return s, err
		}, city, x.Kind, x.ID)
}

// ofPerson reads a person's, the newest first.
func ofPerson(tx *db.Tx, city, person int64, limit int) ([]*Pledge, error) {
	return db.All(tx, "pledge.person", `SELECT `+columns+` FROM pledge WHERE city_id = $1 AND person_id = $2 AND person_id <> 0
		ORDER BY id DESC LIMIT $3`, scan, city, person, limit)
}

// ofBodies reads those in a state at some bodies, or at all when there are none,
// before an id.
func ofBodies(tx *db.Tx, city int64, bodies []int64, state string, before int64, limit int) ([]*Pledge, error) {
	w := db.Of(city)
	if len(bodies) > 0 {
		db.AnyOf(w, "body_id", bodies)
	}
	w.Add("state = ?", state)
	w.Add("id < ?", before)
	return db.All(tx, "pledge.bodies", `SELECT `+columns+` FROM pledge WHERE `+w.String()+` ORDER BY id DESC LIMIT `+w.Next(limit), scan, w.Args...)
}

// erase forgets who pledged; what was received stays in the ledger as a
// resident's, a promise that nobody can keep any more does not.
func erase(tx *db.Tx, city, person, now int64) error {
	_, err := tx.Exec("pledge.erase.promises", `UPDATE pledge SET state = 'withdrawn', ended_at = $3 WHERE city_id = $1 AND person_id = $2 AND person_id <> 0
		AND state = 'promised'`, city, person, now)
	if err != nil {
		return err
	}
	_, err = tx.Exec("pledge.erase", `UPDATE pledge SET person_id = 0, name = '', named = FALSE, words = '' WHERE city_id = $1 AND person_id = $2
		AND person_id <> 0`, city, person)
	return err
}
