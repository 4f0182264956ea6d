package casework

import (
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/platform/db"
)

// Flags counts the people who flagged a case (event 0) or one of its events
// and about whom no moderator has decided.
func Flags(tx *db.Tx, cityID, id, event int64) (int, error) {
	n, err := db.One(tx, "case.flags", `SELECT COUNT(*) FROM case_flag WHERE city_id = $1 AND case_id = $2 AND event_id = $3 AND NOT done`,
		db.Int64, cityID, id, event)
	return int(n), err
}

// Flagged is one flag that waits for a moderator.
type Flagged struct {
	Case, Event  int64
	Reason, Note string
	At           int64
}

// FlagsToDo reads the oldest flags nobody has decided about.
func FlagsToDo(tx *db.Tx, cityID int64, limit int) ([]Flagged, error) {
	return db.All(tx, "case.flags.todo", `SELECT case_id, event_id, reason, note, at FROM case_flag WHERE city_id = $1 AND NOT done
		ORDER BY at LIMIT $2`, func(r db.Row) (f Flagged, err error) {
		err = r.Scan(&f.Case, &f.Event, &f.Reason, &f.Note, &f.At)
		return f, err
	}, cityID, limit)
}

// ClearFlags marks the flags of a case or event as decided.
func ClearFlags(tx *db.Tx, cityID, id, event int64) error {
	_, err := tx.Exec("case.flags.clear", `UPDATE case_flag SET done = TRUE WHERE city_id = $1 AND case_id = $2 AND event_id = $3`, cityID, id, event)
	return err
}

// Hold takes a public case (event 0) or one of its events from the public
// until a moderator has looked at it.
func (d *Desk) Hold(tx *db.Tx, c *city.City, id, event int64) error {
	if event == 0 {
		_, _, err := d.change(tx, c, id, func(f *File, e *Event) error {
			if f.Visibility != Public {
				return errSame
			}
			f.Visibility = Held
			e.Kind, e.Detail = EventVisibility, string(Public)+">"+string(Held)
			return nil
		})
		_, err = ignoreSame(nil, err)
		return err
	}
	if _, err := tx.Exec("case.event.hold", `UPDATE case_event SET held = TRUE, public = FALSE WHERE city_id = $1 AND case_id = $2 AND id = $3
		AND kind = $4`, c.ID, id, event, EventComment); err != nil {
		return err
	}
	_, err := tx.Exec("case.event.hold.photos", `UPDATE case_photo SET public = FALSE WHERE city_id = $1 AND case_id = $2 AND event_id = $3`, c.ID, id, event)
	d.versions.Touch(tx, c.ID)
	return err
}

// HeldEvents reads comments that wait for a moderator, newest first.
func HeldEvents(tx *db.Tx, cityID int64, limit int) ([]Event, error) {
	return db.All(tx, "case.events.held", `SELECT `+eventColumns+` FROM case_event WHERE city_id = $1 AND held ORDER BY id DESC LIMIT $2`,
		scanEvent, cityID, limit)
}

// EventsByID reads events of cases, held ones too.
func EventsByID(tx *db.Tx, cityID int64, cases, events []int64) (map[int64]Event, error) {
	out := make(map[int64]Event, len(events))
	if len(events) == 0 {
		return out, nil
	}
	w := db.Of(cityID)
	db.AnyOf(w, "case_id", cases)
	db.AnyOf(w, "id", events)
	return out, tx.Each("case.events.several", `SELECT `+eventColumns+` FROM case_event WHERE `+w.String(), func(r db.Row) error {
		e, err := scanEvent(r)
		out[e.ID] = e
		return err
	}, w.Args...)
}

// Abandoned reads unconfirmed cases of a kind older than an id: their authors never
// answered the code.
func Abandoned(tx *db.Tx, cityID int64, kind string, olderThan int64, limit int) ([]*File, error) {
	return db.All(tx, "case.abandoned", `SELECT `+fileColumns+` FROM case_file WHERE city_id = $1 AND visibility = 'unconfirmed' AND visibility <> 'public' AND id < $2
		AND kind = $3 ORDER BY id LIMIT $4`, scanFile, cityID, olderThan, kind, limit)
}

// Erase removes a case that never counted, with everything of it, and returns
// the blob keys that nothing of it uses any more.
func Erase(tx *db.Tx, cityID int64, f *File) ([]string, error) {
	photos, err := Photos(tx, cityID, f.ID, true)
	if err != nil {
		return nil, err
	}
	for _, table := range []string{"case_photo", "case_event", "case_flag", "case_seen"} {
		if _, err := tx.Exec("case.erase."+table, `DELETE FROM `+table+` WHERE city_id = $1 AND case_id = $2`, cityID, f.ID); err != nil {
			return nil, err
		}
	}
	if _, err := tx.Exec("case.erase", `DELETE FROM case_file WHERE city_id = $1 AND id = $2`, cityID, f.ID); err != nil {
		return nil, err
	}
	var keys []string
	for _, p := range photos {
		keys = append(keys, p.Full, p.Thumb)
	}
	return keys, nil
}
