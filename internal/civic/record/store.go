package record

import (
	"bytes"
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/ashar-kg/ashar/internal/civic/record/wire"
	"github.com/ashar-kg/ashar/internal/platform/db"
)

func lastQueued(tx *db.Tx, city int64) (int64, error) {
	return db.One(tx, "record.last", `SELECT COALESCE(MAX(id), 0) FROM record_queue WHERE city_id = $1`, db.Int64, city)
}

// enqueue is false when the id is taken.
func enqueue(tx *db.Tx, city, id int64, e Entry, body []byte) (bool, error) {
	n, err := tx.Exec("record.enqueue", `INSERT INTO record_queue (city_id, id, subject, at, body) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (city_id, id) DO NOTHING`,
		city, id, e.Subject, e.At, string(body))
	return n == 1, err
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

// newest reads entries before an index, the newest first.
func newest(tx *db.Tx, city, before int64, limit int) ([]Logged, error) {
	return db.All(tx, "record.newest", `SELECT idx, body FROM record_entry WHERE city_id = $1 AND idx < $2 ORDER BY idx DESC LIMIT $3`, scanLogged, city, before, limit)
}

// entry reads the bytes of one entry.
func entry(tx *db.Tx, city, index int64) (string, error) {
	return db.One(tx, "record.entry", `SELECT body FROM record_entry WHERE city_id = $1 AND idx = $2`, db.Text, city, index)
}

// bodies reads the bytes of some entries from an index on.
func bodies(tx *db.Tx, city, from int64, n int) ([][]byte, error) {
	var out [][]byte
	return out, tx.Each("record.bodies", `SELECT body FROM record_entry WHERE city_id = $1 AND idx >= $2 AND idx < $3 ORDER BY idx`, func(r db.Row) error {
		body, err := db.Text(r)
		out = append(out, []byte(body))
		return err
	}, city, from, from+int64(n))
}

// waitingCities are those with entries in the queue. It looks across cities by
// nature, as the sequencer serves all.
func waitingCities(tx *db.Tx) ([]int64, error) {
	return db.All(tx, "record.waiting", `SELECT DISTINCT city_id FROM record_queue ORDER BY city_id`, db.Int64)
}

// queued is an entry that waits.
type queued struct {
	id            int64
	subject, body string
}

func queue(tx *db.Tx, city int64, limit int) ([]queued, error) {
	return db.All(tx, "record.queue", `SELECT id, subject, body FROM record_queue WHERE city_id = $1 ORDER BY at, id LIMIT $2`, func(r db.Row) (w queued, err error) {
		err = r.Scan(&w.id, &w.subject, &w.body)
		return w, err
	}, city, limit)
}

// move gives waiting entries their indexes, from one on.
func move(tx *db.Tx, city, from int64, list []queued) error {
	b := tx.NewBatch("record.move", `INSERT INTO record_entry (city_id, idx, id, subject, body) VALUES ($1, $2, $3, $4, $5)`)
	for i, w := range list {
		if err := b.Add(city, from+int64(i), w.id, w.subject, w.body); err != nil {
			return err
		}
	}
	if err := b.Close(); err != nil {
		return err
	}
	for part := range slices.Chunk(list, 100) {
		w := db.Of(city)
		done := make([]int64, len(part))
		for i, q := range part {
			done[i] = q.id
		}
		db.AnyOf(w, "id", done)
		if _, err := tx.Exec("record.moved", `DELETE FROM record_queue WHERE `+w.String(), w.Args...); err != nil {
			return err
		}
	}
	return nil
}

// begin makes the row of a log unless it is there.
func begin(tx *db.Tx, city int64, origin string) error {
	_, err := tx.Exec("record.begin", `INSERT INTO record_log (city_id, origin, size, checkpoint, signed_at) VALUES ($1, $2, 0, '', 0) ON CONFLICT (city_id) DO NOTHING`, city, origin)
	return err
}

const logColumns = `SELECT origin, size, checkpoint, signed_at FROM record_log WHERE city_id = $1`

func readLog(tx *db.Tx, query string, city int64) (*head, int64, error) {
	var size int64
	l, err := db.One(tx, "record.log", query, func(r db.Row) (*head, error) {
		l := &head{}
		return l, r.Scan(&l.Origin, &size, &l.signed, &l.at)
	}, city)
	return l, size, err
}

func lockLog(tx *db.Tx, city int64) (*head, int64, error) {
	return readLog(tx, logColumns+tx.ForUpdate(), city)
}

// headOf reads the head of a log; one without entries is not found.
func headOf(tx *db.Tx, city int64) (*head, []pair, error) {
	l, _, err := readLog(tx, logColumns+` AND size > 0`, city)
	if err != nil {
		return nil, nil, err
	}
	keys, err := keysOf(tx, city)
	if err != nil {
		return nil, nil, err
	}
	return l, keys, l.open(keys)
}

func putHead(tx *db.Tx, city, size int64, signed string, at int64) error {
	_, err := tx.Exec("record.head", `UPDATE record_log SET size = $2, checkpoint = $3, signed_at = $4 WHERE city_id = $1`, city, size, signed, at)
	return err
}

// keysOf are the keys that sign, the oldest first.
func keysOf(tx *db.Tx, city int64) ([]pair, error) {
	return db.All(tx, "record.keys", `SELECT verifier, signer FROM record_key WHERE city_id = $1 AND retired_at = 0 ORDER BY id`, func(r db.Row) (k pair, err error) {
		err = r.Scan(&k.verifier, &k.signer)
		return k, err
	}, city)
}

func insertKey(tx *db.Tx, city, id int64, k pair) error {
	_, err := tx.Exec("record.key", `INSERT INTO record_key (city_id, id, verifier, signer, retired_at) VALUES ($1, $2, $3, $4, 0)`, city, id, k.verifier, k.signer)
	return err
}

// retireKeys retires all keys but the newest, and returns what is left.
func retireKeys(tx *db.Tx, city, at int64) ([]pair, error) {
	if _, err := tx.Exec("record.key.retire", `UPDATE record_key SET retired_at = $2 WHERE city_id = $1 AND retired_at = 0
		AND id < (SELECT MAX(id) FROM record_key WHERE city_id = $1)`, city, at); err != nil {
		return nil, err
	}
	return keysOf(tx, city)
}

func putTile(tx *db.Tx, city int64, t tlog.Tile, data []byte) error {
	_, err := tx.Exec("record.tile.put", `INSERT INTO record_tile (city_id, level, n, width, hashes) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (city_id, level, n) DO UPDATE SET width = excluded.width, hashes = excluded.hashes`, city, t.L, t.N, t.W, data)
	return err
}

// tile reads a tile. One that has grown since begins with what it was.
func tile(tx *db.Tx, city int64, t tlog.Tile) ([]byte, error) {
	data, err := db.One(tx, "record.tile", `SELECT hashes FROM record_tile WHERE city_id = $1 AND level = $2 AND n = $3 AND width >= $4`, func(r db.Row) (b []byte, err error) {
		err = r.Scan(&b)
		return b, err
	}, city, t.L, t.N, t.W)
	if err != nil {
		return nil, err
	}
	if len(data) < t.W*tlog.HashSize {
		return nil, fmt.Errorf("tile %s is damaged", wire.Path(t))
	}
	return bytes.Clone(data[:t.W*tlog.HashSize]), nil
}

// reader reads the tiles of a city in a transaction.
func reader(tx *db.Tx, city int64) *wire.Tiles {
	return &wire.Tiles{Read: func(t tlog.Tile) ([]byte, error) { return tile(tx, city, t) }}
}
