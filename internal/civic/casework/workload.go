package casework

import (
	"time"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/platform/db"
)

// Load is what lies open before a body or a clerk.
type Load struct {
	Open, Overdue, Soon int64 // Soon: due within the next SoonDays days
}

// Add adds another load.
func (l *Load) Add(o Load) {
	l.Open += o.Open
	l.Overdue += o.Overdue
	l.Soon += o.Soon
}

// LoadOf reads what is open in a scope from the statistics, whose cost does not
// grow with the number of cases.
func LoadOf(tx *db.Tx, c *city.City, kind, scope string, now time.Time) (Load, error) {
	a, err := AccountOf(tx, c, kind, scope, 1, 0, now) // no period: the present alone
	return Load{Open: a.Open, Overdue: a.Overdue, Soon: a.Soon}, err
}

// maxLoad bounds how many open cases of a body LoadByAssignee looks at; those
// with the nearest clocks come first.
const maxLoad = 20000

// LoadByAssignee counts the open cases of a body by who works on them; 0 is
// nobody yet. partial tells that there are more cases than it looked at.
func LoadByAssignee(tx *db.Tx, c *city.City, kinds []string, body int64, now time.Time) (out map[int64]Load, partial bool, err error) {
	w := db.Of(c.ID)
	w.Add("body_id = ?", body)
	w.Add("is_open = TRUE")
	db.AnyOf(w, "COALESCE(kind, '')", kinds)
	w.Add("visibility IN ('public', 'private', 'held')")
	inner := `SELECT assignee_id, due_at FROM case_file WHERE ` + w.String() + ` ORDER BY due_at, id LIMIT ` + w.Next(maxLoad)
	out, seen, err := loads(tx, c, w, inner, now)
	return out, seen == maxLoad, err
}

// LoadOfAssignee counts the open cases that a person works on.
func LoadOfAssignee(tx *db.Tx, c *city.City, kinds []string, person int64, now time.Time) (Load, error) {
	w := db.Of(c.ID)
	w.Add("assignee_id = ?", person)
	w.Add("assignee_id <> 0")
	w.Add("is_open = TRUE")
	db.AnyOf(w, "COALESCE(kind, '')", kinds)
	w.Add("visibility IN ('public', 'private', 'held')")
	out, _, err := loads(tx, c, w, `SELECT assignee_id, due_at FROM case_file WHERE `+w.String()+` ORDER BY due_at, id LIMIT `+w.Next(maxLoad), now)
	return out[person], err
}

func loads(tx *db.Tx, c *city.City, w *db.Where, inner string, now time.Time) (map[int64]Load, int64, error) {
	start, soon := c.Calendar.Midnight(now).UnixMilli(), c.Calendar.Midnight(now.AddDate(0, 0, SoonDays+1)).UnixMilli()
	var seen int64
	out := map[int64]Load{}
	// By days, as the statistics count: what is due today is not late today.
	err := tx.Each("case.load.now", `SELECT assignee_id, COUNT(*), SUM(CASE WHEN due_at < `+w.Next(start)+` THEN 1 ELSE 0 END), SUM(CASE WHEN due_at >= `+w.Next(start)+
		` AND due_at < `+w.Next(soon)+` THEN 1 ELSE 0 END) FROM (`+inner+`) AS x GROUP BY assignee_id`, func(r db.Row) error {
		var person int64
		var l Load
		err := r.Scan(&person, &l.Open, &l.Overdue, &l.Soon)
		out[person], seen = l, seen+l.Open
		return err
	}, w.Args...)
	return out, seen, err
}
