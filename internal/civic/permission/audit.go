package permission

import (
	"time"

	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
)

// Entry is one line of the audit log: who did what to what. Notes carry codes
// and reasons, never personal data. The instant is in the id.
type Entry struct {
	ID      int64
	Person  int64
	Action  string
	Kind    string
	Subject int64
	Note    string
}

// At returns when it was done.
func (e Entry) At() time.Time { return ids.Time(e.ID) }

// Audit appends to the audit log of the actor's city, in the transaction that
// does the deed.
func Audit(tx *db.Tx, a Actor, action, kind string, subject int64, note string, at time.Time) error {
	_, err := tx.Exec("audit.append", `INSERT INTO audit_entry (city_id, id, person_id, action, subject_kind, subject_id, note)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`, a.City, ids.At(at), a.Person, action, kind, subject, note)
	return err
}

// AuditLog reads the newest entries before an id (0: from the newest).
func AuditLog(tx *db.Tx, city, before int64, limit int) ([]Entry, error) {
	if before == 0 {
		before = 1<<63 - 1
	}
	return db.All(tx, "audit.log", `SELECT id, person_id, action, subject_kind, subject_id, note FROM audit_entry
		WHERE city_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3`, func(r db.Row) (e Entry, err error) {
		err = r.Scan(&e.ID, &e.Person, &e.Action, &e.Kind, &e.Subject, &e.Note)
		return e, err
	}, city, before, limit)
}
