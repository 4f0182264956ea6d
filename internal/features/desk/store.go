package desk

import (
	"time"

	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
)

// record is one answered call.
type record struct {
	Operator, Person, Case int64
	Channel, Outcome       string
	Seconds                int64
}

func putCall(tx *db.Tx, city int64, r record, at time.Time) error {
	_, err := tx.Exec("desk.call", `INSERT INTO desk_call (city_id, id, operator_id, person_id, case_id, channel, outcome, seconds)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, city, ids.At(at), r.Operator, r.Person, r.Case, r.Channel, r.Outcome, r.Seconds)
	return err
}

// today counts the calls since midnight, those of one operator, and the median
// of seconds that a call took.
func today(tx *db.Tx, city, operator int64, midnight time.Time) (calls, own, median int64, err error) {
	if calls, err = db.One(tx, "desk.today", `SELECT COUNT(*) FROM desk_call WHERE city_id = $1 AND id >= $2`, db.Int64, city, ids.Floor(midnight)); err != nil {
		return 0, 0, 0, err
	}
	if own, err = db.One(tx, "desk.today.own", `SELECT COUNT(*) FROM desk_call WHERE city_id = $1 AND id >= $2 AND operator_id = $3`, db.Int64,
		city, ids.Floor(midnight), operator); err != nil {
		return 0, 0, 0, err
	}
	list, err := db.All(tx, "desk.today.median", `SELECT seconds FROM desk_call WHERE city_id = $1 AND id >= $2 AND seconds > 0 ORDER BY seconds
		LIMIT 1 OFFSET (SELECT COUNT(*) / 2 FROM desk_call WHERE city_id = $1 AND id >= $2 AND seconds > 0)`, db.Int64, city, ids.Floor(midnight))
	if len(list) > 0 {
		median = list[0]
	}
	return calls, own, median, err
}

// Callback is a person to ring back. Phone and Number are read with it.
type Callback struct {
	ID       int64
	Person   int64
	Case     int64
	Due      int64 // Unix milliseconds
	Note     string
	Operator int64
	Tries    int64
	Done     int64
	DoneBy   int64
	Name     string
	Phone    string
	Number   string // of the case
}

func putCallback(tx *db.Tx, city int64, b Callback, at time.Time) error {
	_, err := tx.Exec("desk.callback", `INSERT INTO desk_callback (city_id, id, person_id, case_id, due_at, note, operator_id, tries, done_at, done_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0, 0)`, city, ids.At(at), b.Person, b.Case, b.Due, b.Note, b.Operator)
	return err
}

func saveCallback(tx *db.Tx, city int64, b Callback) error {
	_, err := tx.Exec("desk.callback.save", `UPDATE desk_callback SET due_at = $3, tries = $4, done_at = $5, done_by = $6 WHERE city_id = $1 AND id = $2`,
		city, b.ID, b.Due, b.Tries, b.Done, b.DoneBy)
	return err
}

func callback(tx *db.Tx, city, id int64) (Callback, error) {
	return db.One(tx, "desk.callback.one", `SELECT id, person_id, case_id, due_at, note, operator_id, tries, done_at, done_by FROM desk_callback
		WHERE city_id = $1 AND id = $2 AND done_at = 0`, func(r db.Row) (b Callback, err error) {
		err = r.Scan(&b.ID, &b.Person, &b.Case, &b.Due, &b.Note, &b.Operator, &b.Tries, &b.Done, &b.DoneBy)
		return b, err
	}, city, id)
}

// callbacks reads who waits to be rung back, the most urgent first: everybody,
// or one person.
func callbacks(tx *db.Tx, city, person int64) ([]Callback, error) {
	return db.All(tx, "desk.callbacks", `SELECT b.id, b.person_id, b.case_id, b.due_at, b.note, b.operator_id, b.tries, p.name,
			COALESCE((SELECT MIN(k.address) FROM account_contact k WHERE k.city_id = b.city_id AND k.person_id = b.person_id AND k.kind = 'phone'), ''),
			COALESCE((SELECT f.number FROM case_file f WHERE f.city_id = b.city_id AND f.id = b.case_id), '')
		FROM desk_callback b JOIN account_person p ON p.city_id = b.city_id AND p.id = b.person_id
		WHERE b.city_id = $1 AND b.done_at = 0 AND (b.person_id = $2 OR $3) ORDER BY b.due_at, b.id LIMIT 50`, func(r db.Row) (b Callback, err error) {
		err = r.Scan(&b.ID, &b.Person, &b.Case, &b.Due, &b.Note, &b.Operator, &b.Tries, &b.Name, &b.Phone, &b.Number)
		return b, err
	}, city, person, person == 0)
}

// erase takes a person out of what the desk keeps.
func erase(tx *db.Tx, city, person int64, _ time.Time) error {
	if _, err := tx.Exec("desk.erase", `UPDATE desk_call SET person_id = 0 WHERE city_id = $1 AND person_id = $2 AND person_id <> 0`, city, person); err != nil {
		return err
	}
	_, err := tx.Exec("desk.erase.callbacks", `DELETE FROM desk_callback WHERE city_id = $1 AND person_id = $2`, city, person)
	return err
}

// told is a call as it is given out to the person who made it.
type told struct {
	At      time.Time
	Channel string
	Outcome string
}

func export(tx *db.Tx, city, person int64) (any, error) {
	return db.All(tx, "desk.export", `SELECT id, channel, outcome FROM desk_call WHERE city_id = $1 AND person_id = $2 AND person_id <> 0 ORDER BY id`,
		func(r db.Row) (t told, err error) {
			var id int64
			err = r.Scan(&id, &t.Channel, &t.Outcome)
			t.At = ids.Time(id)
			return t, err
		}, city, person)
}
