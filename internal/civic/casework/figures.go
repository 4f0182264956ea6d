package casework

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/platform/db"
)

// Figures are the honest numbers of a scope over a time.
type Figures struct {
	Received, InTime, Late, Reopened int64
	Done                             map[string]int64 // by outcome
	MedianDays                       map[string]int64 // by outcome, -1 when none
	Open, Overdue                    int64            // now
	Rated, Stars                     int64            // ratings and their sum
}

// Account is all that is published of a scope over a time: its figures with the
// spreads from which anybody can work out medians and other quantiles.
type Account struct {
	Figures
	Soon                         int64           // now: open and due within the next SoonDays days
	InWork                       int64           // now: open, and work on them has begun
	AnsweredInTime, AnsweredLate int64           // answers given in the time: within the term, and after it
	AnswerDays                   map[int64]int64 // answers given in the time, by calendar days taken
	CloseDays                    map[int64]int64 // cases closed in the time, by calendar days taken
}

// SoonDays is how many days before its end a clock is called near it.
const SoonDays = 3

// FiguresOf reads the figures of a scope for the periods from ≤ p ≤ to, which
// are both days (20261123) or both months (202611). A scope that counts nothing
// has zero figures.
func FiguresOf(tx *db.Tx, c *city.City, kind, scope string, from, to int64, now time.Time) (Figures, error) {
	a, err := AccountOf(tx, c, kind, scope, from, to, now)
	return a.Figures, err
}

// AccountOf is FiguresOf with the spreads.
func AccountOf(tx *db.Tx, c *city.City, kind, scope string, from, to int64, now time.Time) (Account, error) {
	f := Account{Figures: Figures{Done: map[string]int64{}, MedianDays: map[string]int64{}}, AnswerDays: map[int64]int64{}, CloseDays: map[int64]int64{}}
	days := map[string]map[int64]int64{}
	today, soon := int64(c.Calendar.Day(now)), int64(c.Calendar.Day(now.AddDate(0, 0, SoonDays)))
	// Two ranges of the key, not one condition with OR, which reads all periods there ever were.
	err := tx.Each("case.figures", `SELECT metric, bucket, SUM(n) FROM (
		SELECT metric, bucket, n FROM case_stat WHERE city_id = $1 AND kind = $2 AND scope = $3 AND period = 0 UNION ALL
		SELECT metric, bucket, n FROM case_stat WHERE city_id = $1 AND kind = $2 AND scope = $3 AND period >= $4 AND period <= $5 AND period <> 0
		) AS parts GROUP BY metric, bucket`, func(r db.Row) error {
		var metric string
		var bucket, n int64
		if err := r.Scan(&metric, &bucket, &n); err != nil {
			return err
		}
		f.take(metric, bucket, n, today, days)
		f.spread(metric, bucket, n, today, soon)
		return nil
	}, c.ID, kind, scope, from, to)
	for outcome, buckets := range days {
		f.MedianDays[outcome] = median(buckets)
	}
	return f, err
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

// spread takes what an account holds beside the figures.
func (a *Account) spread(metric string, bucket, n, today, soon int64) {
	switch {
	case metric == MetricOpen && bucket >= today && bucket <= soon:
		a.Soon += n
	case metric == MetricWork:
		a.InWork += n
	case metric == MetricAnswer+AnswerInTime:
		a.AnsweredInTime += n
	case metric == MetricAnswer+AnswerLate:
		a.AnsweredLate += n
	}
	if strings.HasPrefix(metric, MetricAnswer) {
		a.AnswerDays[bucket] += n
	}
	if strings.HasPrefix(metric, MetricDays) {
		a.CloseDays[bucket] += n
	}
}

// Quantile returns the smallest number of days within which part hundredths of
// the cases were done, -1 when there are none.
func Quantile(spread map[int64]int64, part int64) int64 {
	var total int64
	for _, n := range spread {
		total += n
	}
	if total <= 0 {
		return -1
	}
	var seen int64
	for d := int64(0); d <= maxDays; d++ {
		seen += spread[d]
		if 100*seen >= part*total {
			return d
		}
	}
	return maxDays
}

func median(spread map[int64]int64) int64 { return Quantile(spread, 50) }

// Summary is what pages show of a scope. It is worked out when its figures
// change, so that reading it costs the same in every city.
type Summary struct {
	Week   Figures // today and the six days before
	Year   Figures // this month and the eleven before
	Months []Month // of the year, in order
}

// Month is one month of a Summary, like 202611.
type Month struct {
	Month    int64
	Received int64
	Done     map[string]int64 // by outcome
}

// Summaries reads the summaries of several scopes. One that is not ready, such
// as in the first minute of a day, is worked out on the spot.
func Summaries(tx *db.Tx, c *city.City, kind string, scopes []string, now time.Time) (map[string]Summary, error) {
	out := make(map[string]Summary, len(scopes))
	w := db.Of(c.ID)
	w.Add("kind = ?", kind)
	db.AnyOf(w, "scope", scopes)
	w.Add("day = ?", int64(c.Calendar.Day(now)))
	err := tx.Each("case.summaries", `SELECT scope, summary FROM case_summary WHERE `+w.String(), func(r db.Row) error {
		var scope, text string
		if err := r.Scan(&scope, &text); err != nil {
			return err
		}
		var s Summary
		if err := json.Unmarshal([]byte(text), &s); err != nil {
			return err
		}
		out[scope] = s
		return nil
	}, w.Args...)
	if err != nil {
		return nil, err
	}
	for _, scope := range scopes {
		if _, ok := out[scope]; ok {
			continue
		}
		if out[scope], err = summary(tx, c, kind, scope, now); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// summary works one out from the statistics.
func summary(tx *db.Tx, c *city.City, kind, scope string, now time.Time) (s Summary, err error) {
	day := func(t time.Time) int64 { return int64(c.Calendar.Day(t)) }
	if s.Week, err = FiguresOf(tx, c, kind, scope, day(now.AddDate(0, 0, -6)), day(now), now); err != nil {
		return s, err
	}
	local := now.In(c.Zone)
	first := time.Date(local.Year(), local.Month(), 1, 0, 0, 0, 0, c.Zone).AddDate(0, -11, 0)
	from, to := day(first)/100, day(now)/100
	if s.Year, err = FiguresOf(tx, c, kind, scope, from, to, now); err != nil {
		return s, err
	}
	at := map[int64]int{}
	for m := first; len(s.Months) < 12; m = m.AddDate(0, 1, 0) {
		at[day(m)/100] = len(s.Months)
		s.Months = append(s.Months, Month{Month: day(m) / 100, Done: map[string]int64{}})
	}
	err = tx.Each("case.months", `SELECT period, metric, SUM(n) FROM case_stat WHERE city_id = $1 AND kind = $2 AND scope = $3 AND period >= $4 AND period <= $5
		AND (metric = $6 OR metric LIKE '`+MetricDone+`%') GROUP BY period, metric`, func(r db.Row) error {
		var period, n int64
		var metric string
		if err := r.Scan(&period, &metric, &n); err != nil {
			return err
		}
		m := &s.Months[at[period]]
		if outcome, ok := strings.CutPrefix(metric, MetricDone); ok {
			m.Done[outcome] = n
		} else {
			m.Received = n
		}
		return nil
	}, c.ID, kind, scope, from, to, MetricReceived)
	return s, err
}

// spoil marks the summaries of what was counted as out of date, in the
// transaction that counts.
func (t *Tally) spoil(tx *db.Tx, cityID int64) error {
	type owner struct{ kind, scope string }
	seen := map[owner]bool{}
	for c, n := range t.cells {
		o := owner{c.kind, c.scope}
		if n == 0 || seen[o] {
			continue
		}
		seen[o] = true
		if _, err := tx.Exec("case.summary.spoil", `INSERT INTO case_summary (city_id, kind, scope, dirty, day, summary) VALUES ($1, $2, $3, 1, 0, '')
			ON CONFLICT (city_id, kind, scope) DO UPDATE SET dirty = case_summary.dirty + 1, day = 0`, cityID, o.kind, o.scope); err != nil {
			return err
		}
	}
	return nil
}

// Summarise works out the summaries of a city that are out of date or of
// another day. Nodes may do it side by side: a summary is stored only when
// nothing was counted since its figures were read.
func Summarise(ctx context.Context, d *db.DB, c *city.City, now time.Time) error {
	type owner struct {
		kind, scope string
		dirty       int64
	}
	today := int64(c.Calendar.Day(now))
	var todo []owner
	err := d.View(ctx, func(tx *db.Tx) (err error) {
		todo, err = db.All(tx, "case.summary.todo", `SELECT kind, scope, dirty FROM case_summary WHERE city_id = $1 AND day <> $2`, func(r db.Row) (o owner, err error) {
			err = r.Scan(&o.kind, &o.scope, &o.dirty)
			return o, err
		}, c.ID, today)
		return err
	})
	for _, o := range todo {
		if err != nil {
			return err
		}
		var text []byte
		// Read apart from the write: on SQLite all writers would wait.
		if err := d.View(ctx, func(tx *db.Tx) error {
			s, err := summary(tx, c, o.kind, o.scope, now)
			if err != nil {
				return err
			}
			text, err = json.Marshal(s)
			return err
		}); err != nil {
			return err
		}
		err = d.Update(ctx, func(tx *db.Tx) error {
			if _, err := tx.Exec("case.stat.empty", `DELETE FROM case_stat WHERE city_id = $1 AND kind = $2 AND scope = $3 AND period = 0 AND n = 0`,
				c.ID, o.kind, o.scope); err != nil {
				return err
			}
			_, err := tx.Exec("case.summary.put", `UPDATE case_summary SET day = $1, summary = $2 WHERE city_id = $3 AND kind = $4 AND scope = $5 AND dirty = $6`,
				today, string(text), c.ID, o.kind, o.scope, o.dirty)
			return err
		})
	}
	return err
}

// Scope is a scope of a kind that something is counted for, and how often it
// has changed.
type Scope struct {
	Kind, Name string
	Version    int64
}

// Scopes lists the scopes of a city in which something was counted.
func Scopes(tx *db.Tx, cityID int64) ([]Scope, error) {
	return db.All(tx, "case.scopes", `SELECT kind, scope, dirty FROM case_summary WHERE city_id = $1 ORDER BY kind, scope`, func(r db.Row) (s Scope, err error) {
		err = r.Scan(&s.Kind, &s.Name, &s.Version)
		return s, err
	}, cityID)
}
