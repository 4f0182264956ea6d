package casework

import (
	"context"
	"fmt"
	"strings"
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
	return nil
}

// foldBatch bounds the deltas that one transaction folds.
const foldBatch = 4000

// FoldStats adds the waiting deltas of every city to its statistics and
// returns the cities that had some. Nodes may run it side by side: each takes
// other rows. A city where nothing waits costs no transaction of its own.
func FoldStats(ctx context.Context, d *db.DB) ([]int64, error) {
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

// Figures are the honest numbers of a scope over a time.
type Figures struct {
	Received, InTime, Late, Reopened int64
	Done                             map[string]int64 // by outcome
	MedianDays                       map[string]int64 // by outcome, -1 when none
	Open, Overdue                    int64            // now
	Rated, Stars                     int64            // ratings and their sum
}

// FiguresOf reads the figures of a scope for the periods from ≤ p ≤ to, which
// are both days (20261123) or both months (202611).
func FiguresOf(tx *db.Tx, c *city.City, kind, scope string, from, to int64, now time.Time) (Figures, error) {
	all, err := FiguresOfAll(tx, c, kind, []string{scope}, from, to, now)
	return all[scope], err
}

// FiguresOfAll reads the figures of several scopes at once. A scope that counts
// nothing has zero figures.
func FiguresOfAll(tx *db.Tx, c *city.City, kind string, scopes []string, from, to int64, now time.Time) (map[string]Figures, error) {
	out := make(map[string]Figures, len(scopes))
	days := map[string]map[string]map[int64]int64{}
	for _, s := range scopes {
		out[s] = Figures{Done: map[string]int64{}, MedianDays: map[string]int64{}}
		days[s] = map[string]map[int64]int64{}
	}
	w := db.Of(c.ID)
	w.Add("kind = ?", kind)
	db.AnyOf(w, "scope", scopes)
	w.Add("(period = 0 OR (period >= ? AND period <= ?))", from, to)
	today := int64(c.Calendar.Day(now))
	err := tx.Each("case.figures", `SELECT scope, metric, bucket, SUM(n) FROM case_stat WHERE `+w.String()+` GROUP BY scope, metric, bucket`, func(r db.Row) error {
		var scope, metric string
		var bucket, n int64
		if err := r.Scan(&scope, &metric, &bucket, &n); err != nil {
			return err
		}
		f := out[scope]
		f.take(metric, bucket, n, today, days[scope])
		out[scope] = f
		return nil
	}, w.Args...)
	for scope, outcomes := range days {
		for outcome, buckets := range outcomes {
			out[scope].MedianDays[outcome] = median(buckets)
		}
	}
	return out, err
}

func (f *Figures) take(metric string, bucket, n, today int64, days map[string]map[int64]int64) {
	switch {
	case metric == MetricReceived:
		f.Received += n
	case metric == MetricInTime:
		f.InTime += n
	case metric == MetricLate:
		f.Late += n
	case metric == MetricReopened:
		f.Reopened += n
	case metric == MetricRating:
		f.Rated += n
		f.Stars += n * bucket
	case metric == MetricOpen:
		f.Open += n
		if bucket < today {
			f.Overdue += n
		}
	}
	if outcome, ok := strings.CutPrefix(metric, MetricDone); ok {
		f.Done[outcome] += n
	}
	if outcome, ok := strings.CutPrefix(metric, MetricDays); ok {
		if days[outcome] == nil {
			days[outcome] = map[int64]int64{}
		}
		days[outcome][bucket] += n
	}
}

func median(buckets map[int64]int64) int64 {
	var total int64
	for _, n := range buckets {
		total += n
	}
	if total <= 0 {
		return -1
	}
	var seen int64
	for d := int64(0); d <= maxDays; d++ {
		seen += buckets[d]
		if 2*seen >= total {
			return d
		}
	}
	return maxDays
}

// Series reads one metric of a scope by period, for a chart with its table.
func Series(tx *db.Tx, cityID int64, kind, scope, metric string, from, to int64) (map[int64]int64, error) {
	out := map[int64]int64{}
	return out, tx.Each("case.series", `SELECT period, SUM(n) FROM case_stat WHERE city_id = $1 AND kind = $2 AND scope = $3
		AND period >= $4 AND period <= $5 AND metric = $6 GROUP BY period`, func(r db.Row) error {
		var period, n int64
		err := r.Scan(&period, &n)
		out[period] = n
		return err
	}, cityID, kind, scope, from, to, metric)
}
