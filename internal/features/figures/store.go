package figures

import (
	"encoding/json"
	"fmt"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/platform/db"
)

// ledger is what is kept of one scope of one kind until it is published anew.
type ledger struct {
	Kind  string           `json:"-"`
	Scope string           `json:"-"`
	Made  int64            `json:"-"` // Unix milliseconds
	Day   int64            `json:"-"`
	Four  casework.Account // the last four weeks
	Year  casework.Account // this month and the eleven before
	Weeks []weekly         `json:",omitempty"` // whole ones, of the city only
}

type weekly struct {
	Week Week
	casework.Account
}

// seen tells for which version and day each scope was worked out.
func seen(tx *db.Tx, city int64) (map[casework.Scope]int64, error) {
	out := map[casework.Scope]int64{}
	return out, tx.Each("figures.seen", `SELECT kind, scope, version, day FROM figures_ledger WHERE city_id = $1`, func(r db.Row) error {
		var s casework.Scope
		var day int64
		err := r.Scan(&s.Kind, &s.Name, &s.Version, &day)
		out[s] = day
		return err
	}, city)
}

// ledgerMark tells whether any ledger of a city has changed.
type ledgerMark struct{ n, versions, days, made int64 }

func markOf(tx *db.Tx, city int64) (ledgerMark, error) {
	return db.One(tx, "figures.mark", `SELECT COUNT(*), COALESCE(SUM(version), 0), COALESCE(SUM(day), 0), COALESCE(SUM(made_at), 0) FROM figures_ledger WHERE city_id = $1`,
		func(r db.Row) (m ledgerMark, err error) {
			err = r.Scan(&m.n, &m.versions, &m.days, &m.made)
			return m, err
		}, city)
}

func putLedger(tx *db.Tx, city, version int64, l ledger) error {
	text, err := json.Marshal(l)
	if err != nil {
		return err
	}
	_, err = tx.Exec("figures.put", `INSERT INTO figures_ledger (city_id, kind, scope, version, day, made_at, ledger) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (city_id, kind, scope) DO UPDATE SET version = excluded.version, day = excluded.day, made_at = excluded.made_at, ledger = excluded.ledger`,
		city, l.Kind, l.Scope, version, l.Day, l.Made, string(text))
	return err
}

func ledgers(tx *db.Tx, city int64) ([]ledger, error) {
	return db.All(tx, "figures.ledgers", `SELECT kind, scope, day, made_at, ledger FROM figures_ledger WHERE city_id = $1 ORDER BY kind, scope`,
		func(r db.Row) (l ledger, err error) {
			var kind, scope, text string
			var day, made int64
			if err := r.Scan(&kind, &scope, &day, &made, &text); err != nil {
				return l, err
			}
			if err := json.Unmarshal([]byte(text), &l); err != nil {
				return l, fmt.Errorf("figures of %s: %w", scope, err)
			}
			l.Kind, l.Scope, l.Day, l.Made = kind, scope, day, made
			return l, nil
		}, city)
}

// putBulletin stores a bulletin unless the week has one: what was published
// stays as it was. text is what is stored.
func putBulletin(tx *db.Tx, city int64, f Facts) (text []byte, fresh bool, err error) {
	if text, err = json.Marshal(f); err != nil {
		return nil, false, err
	}
	n, err := tx.Exec("figures.bulletin.put", `INSERT INTO figures_bulletin (city_id, week, made_at, facts) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
		city, int64(f.Week), f.Made, string(text))
	return text, n == 1, err
}

// bulletin reads a bulletin byte for byte as it was stored.
func bulletin(tx *db.Tx, city int64, w Week) (string, error) {
	return db.One(tx, "figures.bulletin", `SELECT facts FROM figures_bulletin WHERE city_id = $1 AND week = $2`, db.Text, city, int64(w))
}

func scanBulletin(r db.Row) (f Facts, err error) {
	var text string
	if err := r.Scan(&text); err != nil {
		return f, err
	}
	return readFacts(text)
}

func readFacts(text string) (f Facts, err error) {
	if err := json.Unmarshal([]byte(text), &f); err != nil {
		return f, fmt.Errorf("bulletin: %w", err)
	}
	return f, nil
}

// bulletins reads the newest ones up to a week; 0 is the newest.
func bulletins(tx *db.Tx, city int64, upTo Week, limit int) ([]Facts, error) {
	if upTo == 0 {
		upTo = 999999
	}
	return db.All(tx, "figures.bulletins", `SELECT facts FROM figures_bulletin WHERE city_id = $1 AND week <= $2 ORDER BY week DESC LIMIT $3`,
		scanBulletin, city, int64(upTo), limit)
}

// weeksMade tells which of the weeks from one on have a bulletin.
func weeksMade(tx *db.Tx, city int64, from Week) (map[Week]bool, error) {
	out := map[Week]bool{}
	return out, tx.Each("figures.bulletin.weeks", `SELECT week FROM figures_bulletin WHERE city_id = $1 AND week >= $2`, func(r db.Row) error {
		w, err := db.Int64(r)
		out[Week(w)] = true
		return err
	}, city, int64(from))
}
