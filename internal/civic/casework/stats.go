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

// The metrics. Their period is the day of creation, of the answer, of closing,
// or none. Each day also counts for its month. Weeks are not kept: they are
// summed from seven days when a page or bulletin is made, for they cut through
// months and would make every row a third time.
const (
	MetricReceived = "received" // by day of creation
	MetricInTime   = "in_time"  // answered before the end of the clock, by day of creation
	MetricLate     = "late"     // answered after it, by day of creation
	MetricDone     = "done:"    // + outcome, by day of closing
	MetricDays     = "days:"    // + outcome; bucket is calendar days taken, by day of closing
	MetricOpen     = "open"     // no period; bucket is the due day
	MetricWork     = "work"     // no period: of the open ones those on which work has begun
	MetricRating   = "rating"   // bucket is the stars, by day of closing
	MetricReopened = "reopened" // by day of creation
	MetricAnswer   = "answer:"  // + in_time or late; bucket is calendar days taken, by day of the answer
)

// What MetricAnswer tells of the clock.
const (
	AnswerInTime = "in_time"
	AnswerLate   = "late"
)

type measure struct {
	category string
	body     int64
	district string
	channel  string
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
	base := measure{category: f.Category, body: f.Body, district: f.District, channel: f.Channel}
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
		clock, given := AnswerInTime, MetricInTime
		if f.Due != 0 && f.Answered > f.Due {
			clock, given = AnswerLate, MetricLate
		}
		add(created, given, 0)
		add(int64(c.Calendar.Day(f.AnsweredAt())), MetricAnswer+clock, daysTaken(f, f.Answered))
	}
	if f.Open {
		add(0, MetricOpen, int64(c.Calendar.Day(f.DueAt())))
		if f.State != k.First {
			add(0, MetricWork, 0)
		}
		return
	}
	closed := int64(c.Calendar.Day(f.ClosedAt()))
	s, _ := k.State(f.State)
	add(closed, MetricDone+s.Outcome, 0)
	add(closed, MetricDays+s.Outcome, daysTaken(f, f.Closed))
	if f.Rating > 0 {
		add(closed, MetricRating, f.Rating)
	}
}

// daysTaken are the whole days from the creation of a case to an instant.
func daysTaken(f *File, until int64) int64 { return min(maxDays, (until-f.Created)/(24*3600*1000)) }

// record appends the difference that a change makes. The rows are summed up
// later by FoldStats, so that no two writers wait for one counter.
func (d *Desk) record(tx *db.Tx, c *city.City, before, after *File) error {
	whole, err := d.whole(tx, c.ID, after.ID)
	if err != nil {
		return err
	}
	diff := map[measure]int64{}
	measures(c, d.kinds[after.Kind], before, diff, -1)
	measures(c, d.kinds[after.Kind], after, diff, 1)
	for m, n := range diff {
		if n == 0 {
			continue
		}
		if _, err := tx.Exec("case.delta", `INSERT INTO case_delta (city_id, id, kind, category, body_id, district, channel, period, metric, bucket, n, whole)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
			c.ID, ids.New(), after.Kind, m.category, m.body, m.district, m.channel, m.period, m.metric, m.bucket, n, whole); err != nil {
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
	return []string{ScopeCity, ScopeBody(m.body), ScopeDistrict(m.district), ScopeCategory(m.category), ScopeChannel(m.channel)}
}

// part says which of the statistics a case is added to.
type part int

const (
	everything part = iota
	firstOnes       // those that were kept from the beginning
	laterOnes       // those that migration 0004 added
)

func (p part) holds(scope, metric string) bool {
	later := strings.HasPrefix(scope, scopeChannel) || strings.HasPrefix(metric, MetricAnswer) || metric == MetricWork
	return p == everything || later == (p == laterOnes)
}

// ScopeCity is the scope of everything.
const ScopeCity = "city"

// ScopeBody is the scope of one body.
func ScopeBody(id int64) string { return fmt.Sprintf("body:%d", id) }

// ScopeDistrict is the scope of one district.
func ScopeDistrict(code string) string { return "district:" + code }

// ScopeCategory is the scope of one category.
func ScopeCategory(code string) string { return "category:" + code }

const scopeChannel = "channel:"

// ScopeChannel is the scope of one way to the city, such as "phone".
func ScopeChannel(code string) string { return scopeChannel + code }

// Tally collects statistics in memory, for imports that would write millions
// of deltas.
type Tally struct{ cells map[cell]int64 }

// NewTally returns an empty tally.
func NewTally() *Tally { return &Tally{cells: map[cell]int64{}} }

// Add counts one case.
func (t *Tally) Add(c *city.City, k *Kind, f *File) { t.add(c, k, f, everything) }

func (t *Tally) add(c *city.City, k *Kind, f *File, p part) {
	m := map[measure]int64{}
	measures(c, k, f, m, 1)
	for x, n := range m {
		t.spread(k.Name, x, n, p)
	}
}

func (t *Tally) spread(kind string, m measure, n int64, p part) {
	for _, s := range scopes(m) {
		if !p.holds(s, m.metric) {
			continue
		}
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
		if err := tx.Each("case.deltas", `SELECT id, kind, category, body_id, district, channel, period, metric, bucket, n, whole FROM case_delta
			WHERE city_id = $1 ORDER BY id LIMIT $2`+tx.SkipLocked(), func(r db.Row) error {
			var id, n int64
			var kind string
			var m measure
			var whole bool
			if err := r.Scan(&id, &kind, &m.category, &m.body, &m.district, &m.channel, &m.period, &m.metric, &m.bucket, &n, &whole); err != nil {
				return err
			}
			taken = append(taken, id)
			p := firstOnes
			if whole {
				p = everything
			}
			t.spread(kind, m, n, p)
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
