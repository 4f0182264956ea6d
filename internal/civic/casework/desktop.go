package casework

import (
	"time"

	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
)

// View is a filter of the inbox that a member of staff keeps under a name.
type View struct {
	ID    int64
	Name  string
	Query string
}

// AddView keeps a view.
func AddView(tx *db.Tx, city, person int64, name, query string) error {
	if name == "" {
		return nil
	}
	_, err := tx.Exec("case.view.add", `INSERT INTO case_view (city_id, person_id, id, name, query) VALUES ($1, $2, $3, $4, $5)`,
		city, person, ids.New(), name, query)
	return err
}

// DropView forgets a view.
func DropView(tx *db.Tx, city, person, id int64) error {
	_, err := tx.Exec("case.view.drop", `DELETE FROM case_view WHERE city_id = $1 AND person_id = $2 AND id = $3`, city, person, id)
	return err
}

// Views reads the views of a person.
func Views(tx *db.Tx, city, person int64) ([]View, error) {
	return db.All(tx, "case.views", `SELECT id, name, query FROM case_view WHERE city_id = $1 AND person_id = $2 ORDER BY id LIMIT 30`,
		func(r db.Row) (v View, err error) {
			err = r.Scan(&v.ID, &v.Name, &v.Query)
			return v, err
		}, city, person)
}

// Handover is a note that one shift leaves for the next.
type Handover struct {
	ID     int64
	Body   int64
	Person int64
	Actor  string
	Note   string
}

// At returns when it was written.
func (h Handover) At() time.Time { return ids.Time(h.ID) }

// AddHandover stores a note.
func AddHandover(tx *db.Tx, city int64, h Handover, at time.Time) error {
	_, err := tx.Exec("case.handover.add", `INSERT INTO case_handover (city_id, body_id, id, person_id, actor, note) VALUES ($1, $2, $3, $4, $5, $6)`,
		city, h.Body, ids.At(at), h.Person, h.Actor, h.Note)
	return err
}

// Handovers reads the newest notes of a body.
func Handovers(tx *db.Tx, city, body int64, limit int) ([]Handover, error) {
	return db.All(tx, "case.handovers", `SELECT id, body_id, person_id, actor, note FROM case_handover WHERE city_id = $1 AND body_id = $2
		ORDER BY id DESC LIMIT $3`, func(r db.Row) (h Handover, err error) {
		err = r.Scan(&h.ID, &h.Body, &h.Person, &h.Actor, &h.Note)
		return h, err
	}, city, body, limit)
}
