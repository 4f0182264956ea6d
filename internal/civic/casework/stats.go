package casework

import (
	"context"
	"fmt"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
)

// The statistics are a pure function of the cases: measures says what one case
// adds, a change subtracts what it added before. So they can be recounted, and
// no page adds anything up.

// The metrics. Their period is the day of creation, of closing, or none.
const (
	MetricReceived = "received" // by day of creation
	MetricInTime   = "in_time"  // answered before the end of the clock, by day of creation
	MetricLate     = "late"     // answered after it, by day of creation
	MetricDone     = "done:"    // + outcome, by day of closing
	MetricDays     = "days:"    // + outcome; bucket is calendar days taken, by day of closing
	MetricOpen     = "open"     // no period; bucket is the due day
	MetricRating   = "rating"   // bucket is the stars, by day of closing
	MetricReopened = "reopened" // by day of creation
)

type measure struct {
	category string
	body     int64
	district string
	period   int64
	metric   string
	bucket   int64
}

// maxDays is the last bucket of days; slower cases share it.
const maxDays = 999

// measures adds to m what one case counts for.
func measures(c *city.City, k *Kind, f *File, m map[measure]int64, n int64) {
	if f == nil || f.Parent != 0 || f.Visibility == Unconfirmed || f.Visibility == Hidden {
		return
	}
	base := measure{category: f.Category, body: f.Body, district: f.District}
	add := func(period int64, metric string, bucket int64) {
		x := base
		x.period, x.metric, x.bucket = period, metric, bucket
		m[x] += n
	}
	created := int64(c.Calendar.Day(f.CreatedAt()))
	add(created, MetricReceived, 0)
	if f.Reopens > 0 {
		add(created, MetricReopened, 0)
	}
	if f.Answered != 0 {
		if f.Due == 0 || f.Answered <= f.Due {
			add(created, MetricInTime, 0)
		} else {
			add(created, MetricLate, 0)
		}
	}
	if f.Open {
		add(0, MetricOpen, int64(c.Calendar.Day(f.DueAt())))
		return
	}
	closed := int64(c.Calendar.Day(f.ClosedAt()))
	s, _ := k.State(f.State)
	add(closed, MetricDone+s.Outcome, 0)
	add(closed, MetricDays+s.Outcome, min(maxDays, (f.Closed-f.Created)/(24*3600*1000)))
	if f.Rating > 0 {
		add(closed, MetricRating, f.Rating)
	}
}

// record appends the difference that a change makes. The rows are summed up
// later by FoldStats, so that no two writers wait for one counter.
func (d *Desk) record(tx *db.Tx, c *city.City, before, after *File) error {
	diff := map[measure]int64{}
	measures(c, d.kinds[after.Kind], before, diff, -1)
	measures(c, d.kinds[after.Kind], after, diff, 1)
	for m, n := range diff {
		if n == 0 {
			continue
		}
		if _, err := tx.Exec("case.delta", `INSERT INTO case_delta (city_id, id, kind, category, body_id, district, period, metric, bucket, n)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
			c.ID, ids.New(), after.Kind, m.category, m.body, m.district, m.period, m.metric, m.bucket, n); err != nil {
			return err
		}
	}
	return nil
}

// cell is one row of the statistics.
type cell struct {
	kind   string
	scope  string
	period int64
	metric string
	bucket int64
}

// The scopes under which everything is counted.
func scopes(m measure) []string {
	return []string{"city", ScopeBody(m.body), ScopeDistrict(m.district), ScopeCategory(m.category)}
}

// ScopeCity is the scope of everything.
const ScopeCity = "city"

// ScopeBody is the scope of one body.
func ScopeBody(id int64) string { return fmt.Sprintf("body:%d", id) }

// ScopeDistrict is the scope of one district.
func ScopeDistrict(code string) string { return "district:" + code }

// ScopeCategory is the scope of one category.
func ScopeCategory(code string) string { return "category:" + code }

// Tally collects statistics in memory, for imports that would write millions
// of deltas.
type Tally struct{ cells map[cell]int64 }

// NewTally returns an empty tally.
func NewTally() *Tally { return &Tally{cells: map[cell]int64{}} }

// Add counts one case.
func (t *Tally) Add(c *city.City, k *Kind, f *File) {
	m := map[measure]int64{}
	measures(c, k, f, m, 1)
	for x, n := range m {
		t.spread(k.Name, x, n)
	}
}

func (t *Tally) spread(kind string, m measure, n int64) {
	for _, s := range scopes(m) {
		t.cells[cell{kind, s, m.period, m.metric, m.bucket}] += n
		if m.period != 0 {
			t.cells[cell{kind, s, m.period / 100, m.metric, m.bucket}] += n
		}
	}
}

// Write adds the tally to the statistics of a city.
func (t *Tally) Write(tx *db.Tx, cityID int64) error {
	put, err := tx.Prepare("case.stat", `INSERT INTO case_stat (city_id, kind, scope, period, metric, bucket, n)
		VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (city_id, kind, scope, period, metric, bucket) DO UPDATE SET n = case_stat.n + excluded.n`)
	if err != nil {
		return err
	}
	defer put.Close()
	for c, n := range t.cells {
		if n == 0 {
			continue
		}
		if err := put.Exec(cityID, c.kind, c.scope, c.period, c.metric, c.bucket, n); err != nil {
			return err
		}
	}
	return t.spoil(tx, cityID)
}

// foldBatch bounds the deltas that one transaction folds.
const foldBatch = 4000

// FoldStats adds the waiting deltas of every city to its statistics and
// returns the cities that had some, their summaries worked out anew. Nodes may run it side by side: each takes
// other rows. A city where nothing waits costs no transaction of its own.
func FoldStats(ctx context.Context, d *db.DB, list *city.Registry, now time.Time) ([]int64, error) {
	var cities []int64
	// Across cities by nature: it finds out whose turn it is.
	err := d.View(ctx, func(tx *db.Tx) (err error) {
		cities, err = db.All(tx, "case.delta.cities", `SELECT DISTINCT city_id FROM case_delta`, db.Int64)
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, c := range cities {
		for n := foldBatch; n == foldBatch; {
			if n, err = foldCity(ctx, d, c); err != nil {
				return nil, err
			}
		}
		if c, ok := list.ByID(c); ok {
			if err := Summarise(ctx, d, c, now); err != nil {
				return nil, err
			}
		}
	}
	return cities, nil
}

// foldCity folds one batch of a city and returns how many deltas it held.
func foldCity(ctx context.Context, d *db.DB, cityID int64) (int, error) {
	var taken []int64
	err := d.Update(ctx, func(tx *db.Tx) error {
		taken = taken[:0]
		t := NewTally()
		if err := tx.Each("case.deltas", `SELECT id, kind, category, body_id, district, period, metric, bucket, n FROM case_delta
			WHERE city_id = $1 ORDER BY id LIMIT $2`+tx.SkipLocked(), func(r db.Row) error {
			var id, n int64
			var kind string
			var m measure
			if err := r.Scan(&id, &kind, &m.category, &m.body, &m.district, &m.period, &m.metric, &m.bucket, &n); err != nil {
				return err
			}
			taken = append(taken, id)
			t.spread(kind, m, n)
			return nil
		}, cityID, foldBatch); err != nil {
			return err
		}
		if err := t.Write(tx, cityID); err != nil {
			return err
		}
		return forgetDeltas(tx, cityID, taken)
	})
	return len(taken), err
}

func forgetDeltas(tx *db.Tx, cityID int64, list []int64) error {
	for len(list) > 0 {
		n := min(len(list), 100)
		w := db.Of(cityID)
		db.AnyOf(w, "id", list[:n])
		if _, err := tx.Exec("case.deltas.forget", `DELETE FROM case_delta WHERE `+w.String(), w.Args...); err != nil {
			return err
		}
		list = list[n:]
	}
	return nil
}
