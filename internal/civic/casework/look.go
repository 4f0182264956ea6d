package casework

import (
	"time"

	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/db"
)

// Look is one opening of a private case by somebody of the staff.
type Look struct {
	At    int64 // Unix milliseconds
	Actor string
	Body  int64 // that answered for the case then
}

// Looked notes that the actor opened a case which is not public; its author is
// shown who did. Reading on within the hour is the same look.
func Looked(tx *db.Tx, city int64, a permission.Actor, f *File, at time.Time) error {
	if f.Visibility == Public || a.Person == 0 || a.Person == f.Author {
		return nil
	}
	_, err := tx.Exec("case.look", `INSERT INTO case_look (city_id, case_id, hour, person_id, at, actor, body_id) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT DO NOTHING`, city, f.ID, at.Unix()/3600, a.Person, at.UnixMilli(), a.Name, f.Body)
	return err
}

// Looks reads who opened a case, newest first.
func Looks(tx *db.Tx, city, id int64) ([]Look, error) {
	return db.All(tx, "case.looks", `SELECT at, actor, body_id FROM case_look WHERE city_id = $1 AND case_id = $2
		ORDER BY hour DESC, person_id LIMIT 100`, func(r db.Row) (l Look, err error) {
		err = r.Scan(&l.At, &l.Actor, &l.Body)
		return l, err
	}, city, id)
}
