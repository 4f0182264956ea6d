package casework

import (
	"context"
	"errors"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/platform/db"
)

// Statistics that a newer version added know nothing of older cases. They are
// counted in while the city works, a batch at a time. A case counts from its
// row when its batch comes, and from its changes afterwards; the lock on its
// row decides which it is.

// recountBatch is how many cases one transaction counts.
const recountBatch = 2000

type recounting struct{ done, last int64 }

func recountOf(tx *db.Tx, cityID int64, lock string) (*recounting, error) {
	list, err := db.All(tx, "case.recount", `SELECT done_id, last_id FROM case_recount WHERE city_id = $1`+lock, func(r db.Row) (x recounting, err error) {
		err = r.Scan(&x.done, &x.last)
		return x, err
	}, cityID)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// Recounting tells whether older cases of a city are still being counted in, so
// that its statistics are not whole.
func Recounting(tx *db.Tx, cityID int64) (bool, error) {
	r, err := recountOf(tx, cityID, "")
	return r != nil, err
}

// whole tells whether changes of a case count for all statistics. The caller
// holds the case's row, or has just made it.
func (d *Desk) whole(tx *db.Tx, cityID, id int64) (bool, error) {
	if _, over := d.counted.Load(cityID); over {
		return true, nil
	}
	r, err := recountOf(tx, cityID, "")
	if err != nil {
		return false, err
	}
	if r == nil {
		d.counted.Store(cityID, true)
		return true, nil
	}
	return id <= r.done || id > r.last, nil
}

// Recount counts the older cases of a city into the newer statistics until all
// are, or ctx ends: then the next call goes on.
func (d *Desk) Recount(ctx context.Context, c *city.City) error {
	for more := true; more; {
		if ctx.Err() != nil {
			return nil
		}
		err := d.db.Update(ctx, func(tx *db.Tx) (err error) {
			more, err = d.recount(tx, c)
			return err
		})
		if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (d *Desk) recount(tx *db.Tx, c *city.City) (more bool, err error) {
	r, err := recountOf(tx, c.ID, tx.ForUpdate())
	if err != nil || r == nil {
		return false, err
	}
	list, err := db.All(tx, "case.recount.batch", `SELECT `+fileColumns+` FROM case_file WHERE city_id = $1 AND id > $2 AND id <= $3
		ORDER BY id LIMIT $4`+tx.ForUpdate(), scanFile, c.ID, r.done, r.last, recountBatch)
	if err != nil {
		return false, err
	}
	if len(list) == 0 {
		_, err = tx.Exec("case.recount.over", `DELETE FROM case_recount WHERE city_id = $1`, c.ID)
		return false, err
	}
	t := NewTally()
	for _, f := range list {
		if k := d.kinds[f.Kind]; k != nil {
			t.add(c, k, f, laterOnes)
		}
	}
	if err := t.Write(tx, c.ID); err != nil {
		return false, err
	}
	_, err = tx.Exec("case.recount.on", `UPDATE case_recount SET done_id = $1 WHERE city_id = $2`, list[len(list)-1].ID, c.ID)
	return true, err
}

// RecountRestored has the cases counted that came out of a backup made before
// the newer statistics were kept.
func RecountRestored(tx *db.Tx) error {
	_, err := tx.Exec("case.recount.restored", `INSERT INTO case_recount (city_id, done_id, last_id) SELECT city_id, 0, MAX(id) FROM case_file f
		WHERE NOT EXISTS (SELECT 1 FROM case_stat s WHERE s.city_id = f.city_id AND s.scope >= 'channel:' AND s.scope < 'channel;')
			AND NOT EXISTS (SELECT 1 FROM case_delta d WHERE d.city_id = f.city_id AND d.whole = TRUE)
			AND NOT EXISTS (SELECT 1 FROM case_recount r WHERE r.city_id = f.city_id)
		GROUP BY city_id`)
	return err
}
