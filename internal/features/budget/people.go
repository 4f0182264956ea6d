package budget

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/features/budget/ledger"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/once"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Documents are the eight that the Open Budget Survey asks of a year, in their order.
var Documents = []string{"prebudget", "proposal", "enacted", "citizens", "inyear", "midyear", "yearend", "audit"}

// Document is one of the eight of a year. Days are 2006-01-02, "" for none.
type Document struct {
	Year      int64
	Kind      string
	Due       string
	Published string
	Link      string // where it is read
}

// How a document stands.
const (
	DocExpected = "expected"
	DocInTime   = "in_time"
	DocCameLate = "came_late"
	DocLate     = "late"
	DocNever    = "never" // a year after it was due
	DocNoTerm   = "no_term"
)

// State says how a document stands on a day; late is by how many days it is or was.
func (d *Document) State(today time.Time) (state string, late int) {
	due, err := time.Parse(time.DateOnly, d.Due)
	if err != nil {
		return DocNoTerm, 0
	}
	day, err := time.Parse(time.DateOnly, today.Format(time.DateOnly))
	if err != nil {
		return DocNoTerm, 0
	}
	days := func(t time.Time) int { return int(t.Sub(due).Hours() / 24) }
	if came, err := time.Parse(time.DateOnly, d.Published); err == nil {
		if n := days(came); n > 0 {
			return DocCameLate, n
		}
		return DocInTime, 0
	}
	switch n := days(day); {
	case n > 365:
		return DocNever, n
	case n > 0:
		return DocLate, n
	}
	return DocExpected, 0
}

// PutDocument stores what is known of a document. Fields: kind, year, due,
// published, link.
func (s *Service) PutDocument(ctx context.Context, c *city.City, a permission.Actor, d Document) error {
	if !a.Some(Publish) {
		return permission.ErrDenied
	}
	f := &web.Form{}
	if !slices.Contains(Documents, d.Kind) {
		f.Fail("kind", "error.field.choice")
	}
	if d.Year < 1990 || d.Year > 2200 {
		f.Fail("year", "error.field.number", "min", 1990, "max", 2200)
	}
	for name, day := range map[string]string{"due": d.Due, "published": d.Published} {
		if _, err := time.Parse(time.DateOnly, day); err != nil && (day != "" || name == "due") {
			f.Fail(name, "budget.error.document_day")
		}
	}
	checkLink(f, d.Link)
	if err := f.Err(); err != nil {
		return err
	}
	err := s.DB.Update(ctx, func(tx *db.Tx) error {
		if err := StoreDocument(tx, c.ID, d); err != nil {
			return err
		}
		return permission.Audit(tx, a, "budget.document", "budget_document", d.Year, d.Kind, s.Clock.Now())
	})
	s.Versions.Mark(c.ID)
	return err
}

// StoreDocument stores what is known of a document, in the caller's transaction.
func StoreDocument(tx *db.Tx, city int64, d Document) error {
	_, err := tx.Exec("budget.document.put", `INSERT INTO budget_document (city_id, year, kind, due, published, link) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (city_id, year, kind) DO UPDATE SET due = excluded.due, published = excluded.published, link = excluded.link`, city, d.Year, d.Kind, d.Due, d.Published, d.Link)
	return err
}

func scanDocument(r db.Row) (*Document, error) {
	d := &Document{}
	return d, r.Scan(&d.Year, &d.Kind, &d.Due, &d.Published, &d.Link)
}

// Shelf reads the documents, the newest year first and each year whole.
func (s *Service) Shelf(ctx context.Context, c *city.City) (out []*Document, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		out, err = db.All(tx, "budget.documents", `SELECT year, kind, due, published, link FROM budget_document WHERE city_id = $1 ORDER BY year DESC LIMIT 400`, scanDocument, c.ID)
		return err
	})
	slices.SortStableFunc(out, func(a, b *Document) int {
		if a.Year != b.Year {
			return int(b.Year - a.Year)
		}
		return slices.Index(Documents, a.Kind) - slices.Index(Documents, b.Kind)
	})
	return out, err
}

// receipt shares a sum out as the spending is, to the last tyiyn: what rounding
// leaves goes to the largest.
func receipt(paid ledger.Amount, list []item) []ledger.Amount {
	out := make([]ledger.Amount, len(list))
	left := paid.Tyiyn()
	for i, it := range list {
		n := int64(float64(paid.Tyiyn()) * it.share)
		out[i] = ledger.Of(n)
		left -= n
	}
	if len(out) > 0 {
		out[0] = ledger.Of(out[0].Tyiyn() + left)
	}
	return out
}

// Moves are by how many tyiyn each step of the spending changes.
type Moves map[string]int64

// Play takes a budget that somebody balanced: what is given to one step is taken
// from another, nothing falls below zero, locked steps stay. Who played is not
// kept. Fields: move_<code>, and balance for all together.
func (s *Service) Play(ctx context.Context, c *city.City, version int64, moves Moves) error {
	o, err := s.Year(ctx, c, permission.Actor{City: c.ID}, version)
	if err != nil {
		return err
	}
	if o.Version == nil || o.Spending == nil {
		return web.NotFound()
	}
	set, err := settingsOf(c)
	if err != nil {
		return err
	}
	f := &web.Form{}
	var balance int64
	changed := false
	known := map[string]*Sum{}
	for _, x := range o.Spending.Items {
		known[x.Code] = x
	}
	for code, n := range moves {
		x := known[code]
		switch {
		case x == nil || n != 0 && slices.Contains(set.Locked, code):
			return web.NotFound()
		case x.Amount.Tyiyn()+n < 0 || n > o.Spending.Whole.Whole().Tyiyn():
			f.Fail(fieldOf(code), "budget.error.below")
			continue
		}
		balance += n
		changed = changed || n != 0
	}
	switch {
	case !changed:
		f.Fail("balance", "budget.error.unchanged")
	case balance > 0:
		f.Fail("balance", "budget.error.over", "n", balance/millionSom)
	case balance < 0:
		f.Fail("balance", "budget.error.left", "n", -balance/millionSom)
	}
	if err := f.Err(); err != nil {
		return err
	}
	id := ids.At(s.Clock.Now())
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		for code, n := range moves {
			if _, err := tx.Exec("budget.play.put", `INSERT INTO budget_play (city_id, version_id, id, code, moved) VALUES ($1, $2, $3, $4, $5)`, c.ID, o.Version.ID, id, code, n); err != nil {
				return err
			}
		}
		return once.Claim(tx, "/budget/simulator?sent=1")
	})
	s.Versions.Mark(c.ID)
	return err
}

// millionSom is a million som in tyiyn, the unit in which people move sums.
const millionSom = 100_000_000

// Played is what all who balanced a budget moved, on average.
func (s *Service) Played(ctx context.Context, c *city.City, version int64) (average Moves, people int64, err error) {
	average = Moves{}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if people, err = db.One(tx, "budget.play.people", `SELECT COUNT(DISTINCT id) FROM budget_play WHERE city_id = $1 AND version_id = $2`, db.Int64, c.ID, version); err != nil || people == 0 {
			return err
		}
		return tx.Each("budget.play.average", `SELECT code, CAST(SUM(moved) AS BIGINT) FROM budget_play WHERE city_id = $1 AND version_id = $2 GROUP BY code`, func(r db.Row) error {
			var code string
			var sum int64
			err := r.Scan(&code, &sum)
			average[code] = sum / people
			return err
		}, c.ID, version)
	})
	return average, people, err
}

// fieldOf is the name of the field of a step: codes may be words.
func fieldOf(code string) string { return "move_" + strings.ReplaceAll(code, " ", "_") }
