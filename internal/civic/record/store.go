package record

import "github.com/ashar-kg/ashar/internal/platform/db"

func lastQueued(tx *db.Tx, city int64) (int64, error) {
	return db.One(tx, "record.last", `SELECT COALESCE(MAX(id), 0) FROM record_queue WHERE city_id = $1`, db.Int64, city)
}

func enqueue(tx *db.Tx, city, id int64, e Entry, body []byte) error {
	_, err := tx.Exec("record.enqueue", `INSERT INTO record_queue (city_id, id, subject, at, body) VALUES ($1, $2, $3, $4, $5)`,
		city, id, e.Subject, e.At, string(body))
	return err
}

func scanLogged(r db.Row) (l Logged, err error) {
	var body string
	if err := r.Scan(&l.Index, &body); err != nil {
		return l, err
	}
	l.Entry, err = parse([]byte(body))
	return l, err
}

func entriesOf(tx *db.Tx, city int64, subject string) ([]Logged, error) {
	return db.All(tx, "record.of", `SELECT idx, body FROM record_entry WHERE city_id = $1 AND subject = $2 ORDER BY idx`, scanLogged, city, subject)
}

func queuedOf(tx *db.Tx, city int64, subject string) ([]Logged, error) {
	return db.All(tx, "record.queued.of", `SELECT CAST(-1 AS BIGINT), body FROM record_queue WHERE city_id = $1 AND subject = $2 ORDER BY at, id`, scanLogged, city, subject)
}
