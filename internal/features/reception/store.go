package reception

import (
	"encoding/json"
	"errors"

	"github.com/ashar-kg/ashar/internal/platform/db"
)

const sessionColumns = `id, body_id, officials, place, remote, begins_at, ends_at, minutes, opens_at, closes_at, note, staff_id, gone, cancelled, person_id`

// counts are the slots that are taken and the people who wait, as columns.
const counts = `(SELECT COUNT(*) FROM reception_booking b WHERE b.city_id = s.city_id AND b.session_id = s.id AND b.slot_at <> 0),
	(SELECT COUNT(*) FROM reception_booking b WHERE b.city_id = s.city_id AND b.session_id = s.id AND b.state = 'waiting')`

func scanSession(r db.Row) (*Session, error) {
	s := &Session{}
	var officials, gone string
	if err := r.Scan(&s.ID, &s.Body, &officials, &s.Place, &s.Remote, &s.Begins, &s.Ends, &s.Minutes, &s.Opens, &s.Closes, &s.Note, &s.Staff, &gone,
		&s.Cancelled, &s.Person, &s.Taken, &s.Queue); err != nil {
		return nil, err
	}
	return s, errors.Join(json.Unmarshal([]byte(officials), &s.Officials), json.Unmarshal([]byte(gone), &s.Gone))
}

func insertSession(tx *db.Tx, city int64, s *Session) error {
	officials, err := json.Marshal(s.Officials)
	if err != nil {
		return err
	}
	_, err = tx.Exec("reception.session.insert", `INSERT INTO reception_session (city_id, `+sessionColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
		city, s.ID, s.Body, string(officials), s.Place, s.Remote, s.Begins, s.Ends, s.Minutes, s.Opens, s.Closes, s.Note, s.Staff, "[]", s.Cancelled, s.Person)
	return err
}

func setGone(tx *db.Tx, city int64, s *Session) error {
	gone, err := json.Marshal(s.Gone)
	if err != nil {
		return err
	}
	_, err = tx.Exec("reception.session.gone", `UPDATE reception_session SET gone = $3 WHERE city_id = $1 AND id = $2`, city, s.ID, string(gone))
	return err
}

func session(tx *db.Tx, city, id int64) (*Session, error) {
	return db.One(tx, "reception.session", `SELECT `+sessionColumns+`, `+counts+` FROM reception_session s WHERE city_id = $1 AND id = $2`, scanSession, city, id)
}

// lockSession reads a session whose bookings are about to change: two who book
// at once come one after the other.
func lockSession(tx *db.Tx, city, id int64) (*Session, error) {
	if _, err := db.One(tx, "reception.session.lock", `SELECT id FROM reception_session WHERE city_id = $1 AND id = $2`+tx.ForUpdate(), db.Int64, city, id); err != nil {
		return nil, err
	}
	return session(tx, city, id)
}

func cancelSession(tx *db.Tx, city, id int64, reason string) error {
	_, err := tx.Exec("reception.session.cancel", `UPDATE reception_session SET cancelled = $3 WHERE city_id = $1 AND id = $2`, city, id, reason)
	return err
}

// sessions reads those that begin between two instants, of a body or of all.
func sessions(tx *db.Tx, city, body, from, to int64, limit int) ([]*Session, error) {
	w := db.Of(city)
	w.Add("begins_at >= ?", from)
	w.Add("begins_at < ?", to)
	if body != 0 {
		w.Add("body_id = ?", body)
	}
	return db.All(tx, "reception.sessions", `SELECT `+sessionColumns+`, `+counts+` FROM reception_session s WHERE `+w.String()+` ORDER BY begins_at, id LIMIT `+w.Next(limit),
		scanSession, w.Args...)
}

const bookingColumns = `id, session_id, person_id, slot_at, state, name, subject, earlier_id, lang, outcome, case_id, reminded, turn`

func scanBooking(r db.Row) (*Booking, error) {
	b := &Booking{}
	return b, r.Scan(&b.ID, &b.Session, &b.Person, &b.Slot, &b.State, &b.Name, &b.Subject, &b.Earlier, &b.Lang, &b.Outcome, &b.Case, &b.Reminded, &b.Turn)
}

func insertBooking(tx *db.Tx, city int64, b *Booking) error {
	_, err := tx.Exec("reception.booking.insert", `INSERT INTO reception_booking (city_id, `+bookingColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		city, b.ID, b.Session, b.Person, b.Slot, b.State, b.Name, b.Subject, b.Earlier, b.Lang, b.Outcome, b.Case, b.Reminded, b.Turn)
	return err
}

func updateBooking(tx *db.Tx, city int64, b *Booking) error {
	_, err := tx.Exec("reception.booking.update", `UPDATE reception_booking SET slot_at = $3, state = $4, outcome = $5, case_id = $6, reminded = $7 WHERE city_id = $1 AND id = $2`,
		city, b.ID, b.Slot, b.State, b.Outcome, b.Case, b.Reminded)
	return err
}

func booking(tx *db.Tx, city, id int64) (*Booking, error) {
	return db.One(tx, "reception.booking", `SELECT `+bookingColumns+` FROM reception_booking WHERE city_id = $1 AND id = $2`, scanBooking, city, id)
}

// bookings reads those of a session: by slot, then who wait in their order.
func bookings(tx *db.Tx, city, session int64) ([]*Booking, error) {
	return db.All(tx, "reception.bookings", `SELECT `+bookingColumns+` FROM reception_booking WHERE city_id = $1 AND session_id = $2 AND state <> 'cancelled'
		ORDER BY CASE WHEN slot_at = 0 THEN 1 ELSE 0 END, slot_at, turn, id`, scanBooking, city, session)
}

// bookingsOf reads a person's, the newest first.
func bookingsOf(tx *db.Tx, city, person int64, limit int) ([]*Booking, error) {
	return db.All(tx, "reception.bookings.of", `SELECT `+bookingColumns+` FROM reception_booking WHERE city_id = $1 AND person_id = $2 AND person_id <> 0
		ORDER BY id DESC LIMIT $3`, scanBooking, city, person, limit)
}

// unreminded reads the bookings of the time until an instant that nobody was reminded of.
func unreminded(tx *db.Tx, city, from, to int64, limit int) ([]*Booking, error) {
	return db.All(tx, "reception.unreminded", `SELECT `+bookingColumns+` FROM reception_booking WHERE city_id = $1 AND state = 'booked' AND NOT reminded
		AND slot_at >= $2 AND slot_at < $3 ORDER BY slot_at, id LIMIT $4`, scanBooking, city, from, to, limit)
}

// reminded notes that somebody is reminded of a slot; it is false when somebody
// else has, or the slot is no longer theirs.
func reminded(tx *db.Tx, city int64, b *Booking) (bool, error) {
	n, err := tx.Exec("reception.remind", `UPDATE reception_booking SET reminded = TRUE WHERE city_id = $1 AND id = $2 AND slot_at = $3 AND state = 'booked' AND NOT reminded`,
		city, b.ID, b.Slot)
	return n == 1, err
}

// lastTurn reads the turn of who booked last.
func lastTurn(tx *db.Tx, city, session int64) (int64, error) {
	return db.One(tx, "reception.turn", `SELECT COALESCE(MAX(turn), 0) FROM reception_booking WHERE city_id = $1 AND session_id = $2`, db.Int64, city, session)
}

// Held are the receptions of a body in some time, as everybody may know them.
type Held struct{ Body, Sessions, Cancelled, Received int64 }

func held(tx *db.Tx, city, from, to int64) ([]Held, error) {
	return db.All(tx, "reception.held", `SELECT body_id, COUNT(*), CAST(SUM(CASE WHEN cancelled <> '' THEN 1 ELSE 0 END) AS BIGINT),
			CAST(SUM((SELECT COUNT(*) FROM reception_booking b WHERE b.city_id = s.city_id AND b.session_id = s.id AND b.state = 'came')) AS BIGINT)
		FROM reception_session s WHERE city_id = $1 AND begins_at >= $2 AND begins_at < $3 GROUP BY body_id ORDER BY body_id`,
		func(r db.Row) (h Held, err error) {
			err = r.Scan(&h.Body, &h.Sessions, &h.Cancelled, &h.Received)
			return h, err
		}, city, from, to)
}
