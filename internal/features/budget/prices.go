package budget

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/features/budget/fdp"
	"github.com/ashar-kg/ashar/internal/features/budget/ledger"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/once"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Index is the price index of a city: one, of which everything adjusted says the
// name, base and source.
type Index struct {
	Names   Texts
	Base    ledger.Year // in which it is 100
	Source  string
	Link    string // where it is read, "" unknown
	ReadOn  string // day on which somebody read it there, 2006-01-02
	Changed int64  // Unix milliseconds
	Prices  ledger.Prices
}

// Last is the newest year that the index has, 0 for none.
func (x *Index) Last() ledger.Year {
	if x == nil {
		return 0
	}
	years := x.Prices.Years()
	if len(years) == 0 {
		return 0
	}
	return years[len(years)-1]
}

// Points writes what the index is in a year as its source does, such as "116.6";
// "" for a year without.
func (x *Index) Points(y ledger.Year) string {
	n, ok := x.Prices.Point(y)
	if !ok {
		return ""
	}
	return fdp.OfMinor(n).Shifted(-2).String()
}

// Based tells whether the index is 100 in its base year, if it has that year.
func (x *Index) Based() bool {
	n, ok := x.Prices.Point(x.Base)
	return !ok || n == 100*ledger.IndexScale
}

// readIndex reads the index of a city, nil when it has none.
func readIndex(tx *db.Tx, city int64) (*Index, error) {
	x, err := db.One(tx, "budget.index", `SELECT names, base, source, link, read_on, changed_at FROM budget_index WHERE city_id = $1`, func(r db.Row) (*Index, error) {
		x := &Index{}
		var names string
		if err := r.Scan(&names, &x.Base, &x.Source, &x.Link, &x.ReadOn, &x.Changed); err != nil {
			return nil, err
		}
		return x, json.Unmarshal([]byte(names), &x.Names)
	}, city)
	if errors.Is(err, db.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	points := map[ledger.Year]int64{}
	err = tx.Each("budget.index.years", `SELECT year, points FROM budget_index_year WHERE city_id = $1 ORDER BY year LIMIT 1000`, func(r db.Row) error {
		var year, n int64
		err := r.Scan(&year, &n)
		points[ledger.Year(year)] = n
		return err
	}, city)
	x.Prices = ledger.PricesOf(points)
	return x, err
}

// StoreIndex replaces the index of a city, in the caller's transaction.
func StoreIndex(tx *db.Tx, city int64, x *Index) error {
	names, err := json.Marshal(x.Names)
	if err != nil {
		return err
	}
	if _, err := tx.Exec("budget.index.put", `INSERT INTO budget_index (city_id, names, base, source, link, read_on, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (city_id) DO UPDATE SET names = excluded.names, base = excluded.base, source = excluded.source, link = excluded.link, read_on = excluded.read_on, changed_at = excluded.changed_at`,
		city, string(names), int64(x.Base), x.Source, x.Link, x.ReadOn, x.Changed); err != nil {
		return err
	}
	if _, err := tx.Exec("budget.index.clear", `DELETE FROM budget_index_year WHERE city_id = $1`, city); err != nil {
		return err
	}
	for _, y := range x.Prices.Years() {
		n, _ := x.Prices.Point(y)
		if _, err := tx.Exec("budget.index.year", `INSERT INTO budget_index_year (city_id, year, points) VALUES ($1, $2, $3)`, city, int64(y), n); err != nil {
			return err
		}
	}
	return nil
}

// Refusal is a row of a file that is not taken, and why.
type Refusal struct {
	Line int // from 1
	Key  string
	Args []any
}

// Bounds of an index.
const (
	firstYear = 1900
	lastYear  = 2200
	maxPoints = 1_000_000 * ledger.IndexScale
	maxRows   = 400
)

// ReadPrices reads rows of year and points, parted by a semicolon, a tab or a
// comma; a first line of words and empty lines are passed over. Points may have
// four decimals, with a comma where a comma does not part. Every row that is
// wrong is told; the rows are good only when none is.
func ReadPrices(text string) (points map[ledger.Year]int64, wrong []Refusal) {
	points = map[ledger.Year]int64{}
	for i, row := range strings.Split(strings.TrimPrefix(text, "\ufeff"), "\n") {
		n := i + 1
		row = strings.TrimSpace(row)
		year, value := cells(row)
		if row == "" || n == 1 && !strings.ContainsAny(year[:min(1, len(year))], "0123456789-") {
			continue
		}
		fail := func(key string, args ...any) { wrong = append(wrong, Refusal{Line: n, Key: key, Args: args}) }
		y, err := strconv.Atoi(year)
		p, ok := indexPoints(value)
		switch _, twice := points[ledger.Year(y)]; {
		case err != nil || y < firstYear || y > lastYear:
			fail("budget.series.error.row_year", "text", clip(year, 40))
		case !ok:
			fail("budget.series.error.row_points", "text", clip(value, 40))
		case twice:
			fail("budget.series.error.row_twice", "year", strconv.Itoa(y))
		case len(points) == maxRows:
			fail("budget.series.error.row_many", "max", maxRows)
			return points, wrong
		default:
			points[ledger.Year(y)] = p
		}
	}
	return points, wrong
}

// cells parts a row in its first two.
func cells(row string) (year, value string) {
	for _, sep := range []string{";", "\t", ","} {
		if a, b, ok := strings.Cut(row, sep); ok {
			if sep != "," {
				b = strings.Replace(b, ",", ".", 1)
			}
			b, _, _ = strings.Cut(b, sep)
			return unquoted(a), unquoted(b)
		}
	}
	return unquoted(row), ""
}

func unquoted(s string) string { return strings.Trim(s, "\" \u00a0") }

// indexPoints reads points, which are above zero and have four decimals at most.
func indexPoints(text string) (int64, bool) {
	d, ok := fdp.ParseDecimal(text)
	if !ok || d.Sign() <= 0 {
		return 0, false
	}
	n, ok := d.Shifted(2).Minor() // 10^2 more than hundredths: ten-thousandths
	return n, ok && n <= maxPoints
}

// SavePrices replaces the index of a city by rows of year and points, all or
// nothing: rows that are wrong are told with their lines. Fields: name_<lang>,
// base, source, link, read_on, rows.
func (s *Service) SavePrices(ctx context.Context, c *city.City, a permission.Actor, x *Index, rows string) ([]Refusal, error) {
	if !a.Some(Publish) {
		return nil, permission.ErrDenied
	}
	points, wrong := ReadPrices(rows)
	x.Prices, x.Changed = ledger.PricesOf(points), s.Clock.Now().UnixMilli()
	f := x.check(c, s.Clock.Now().In(c.Zone))
	switch {
	case len(wrong) > 0:
		f.Fail("rows", "budget.series.error.rows", "n", len(wrong))
	case len(points) == 0:
		f.Fail("rows", "budget.series.error.no_rows")
	case !x.Based():
		f.Fail("base", "budget.series.error.base_points", "year", strconv.Itoa(int(x.Base)), "points", x.Points(x.Base))
	}
	if err := f.Err(); err != nil {
		return wrong, err
	}
	err := s.DB.Update(ctx, func(tx *db.Tx) error {
		if err := StoreIndex(tx, c.ID, x); err != nil {
			return err
		}
		if err := permission.Audit(tx, a, "budget.prices", "budget_index", int64(x.Base), strconv.Itoa(len(points)), s.Clock.Now()); err != nil {
			return err
		}
		return once.Claim(tx, "/budget/prices")
	})
	s.Versions.Mark(c.ID)
	return nil, err
}

func (x *Index) check(c *city.City, now time.Time) *web.Form {
	f := &web.Form{}
	for _, lang := range c.Languages {
		needed(f, "name_"+lang, x.Names[lang], maxName)
	}
	if x.Base < firstYear || x.Base > lastYear {
		f.Fail("base", "error.field.number", "min", firstYear, "max", lastYear)
	}
	needed(f, "source", x.Source, maxLabel)
	checkLink(f, x.Link)
	if day, err := time.Parse(time.DateOnly, x.ReadOn); err != nil || day.After(now.AddDate(0, 0, 1)) {
		f.Fail("read_on", "budget.error.day")
	}
	return f
}

// needed refuses a text that is missing or too long.
func needed(f *web.Form, field, text string, most int) {
	if text == "" {
		f.Fail(field, "error.field.required")
	}
	f.Long(field, text, most)
}

func checkLink(f *web.Form, link string) {
	if u, err := url.Parse(link); err != nil || link != "" && (u.Host == "" || u.Scheme != "http" && u.Scheme != "https") || len(link) > maxLabel {
		f.Fail("link", "budget.error.link")
	}
}

// Break is a break in series: what was counted before a year is not the same as
// from it on, such as when the territory of the city changes.
type Break struct {
	ID     int64
	Year   ledger.Year // the first that is otherwise
	Texts  Texts
	Source string
	Link   string
}

// breaks reads the breaks of a city, the earliest first.
func breaks(tx *db.Tx, city int64) ([]*Break, error) {
	return db.All(tx, "budget.breaks", `SELECT id, year, texts, source, link FROM budget_break WHERE city_id = $1 ORDER BY year, id LIMIT 200`, func(r db.Row) (*Break, error) {
		b := &Break{}
		var texts string
		if err := r.Scan(&b.ID, &b.Year, &texts, &b.Source, &b.Link); err != nil {
			return nil, err
		}
		return b, json.Unmarshal([]byte(texts), &b.Texts)
	}, city)
}

// between are the breaks that part two years.
func between(list []*Break, a, b ledger.Year) (out []*Break) {
	for _, x := range list {
		if x.Year > min(a, b) && x.Year <= max(a, b) {
			out = append(out, x)
		}
	}
	return out
}

// StoreBreak stores a break, new or changed, in the caller's transaction.
func StoreBreak(tx *db.Tx, city int64, b *Break) error {
	texts, err := json.Marshal(b.Texts)
	if err != nil {
		return err
	}
	_, err = tx.Exec("budget.break.put", `INSERT INTO budget_break (city_id, id, year, texts, source, link) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (city_id, id) DO UPDATE SET year = excluded.year, texts = excluded.texts, source = excluded.source, link = excluded.link`, city, b.ID, int64(b.Year), string(texts), b.Source, b.Link)
	return err
}

// SaveBreak stores a break; an id of 0 is a new one. Fields: year, text_<lang>,
// source, link.
func (s *Service) SaveBreak(ctx context.Context, c *city.City, a permission.Actor, b *Break) error {
	if !a.Some(Publish) {
		return permission.ErrDenied
	}
	f := &web.Form{}
	if b.Year < firstYear || b.Year > lastYear {
		f.Fail("year", "error.field.number", "min", firstYear, "max", lastYear)
	}
	for _, lang := range c.Languages {
		needed(f, "text_"+lang, b.Texts[lang], maxNote)
	}
	needed(f, "source", b.Source, maxLabel)
	checkLink(f, b.Link)
	if err := f.Err(); err != nil {
		return err
	}
	return s.editBreaks(ctx, c, a, b.ID, func(tx *db.Tx, id int64) error {
		stored := *b
		stored.ID = id
		return StoreBreak(tx, c.ID, &stored)
	})
}

// DropBreak takes a break away that was told by mistake.
func (s *Service) DropBreak(ctx context.Context, c *city.City, a permission.Actor, id int64) error {
	if !a.Some(Publish) {
		return permission.ErrDenied
	}
	return s.editBreaks(ctx, c, a, id, func(tx *db.Tx, id int64) error {
		_, err := tx.Exec("budget.break.drop", `DELETE FROM budget_break WHERE city_id = $1 AND id = $2`, c.ID, id)
		return err
	})
}

// editBreaks changes a break, a new one for the id 0, and keeps who did it.
func (s *Service) editBreaks(ctx context.Context, c *city.City, a permission.Actor, id int64, change func(tx *db.Tx, id int64) error) error {
	fresh := id == 0
	if fresh {
		id = ids.At(s.Clock.Now())
	}
	err := s.DB.Update(ctx, func(tx *db.Tx) error {
		if _, err := db.One(tx, "budget.break", `SELECT id FROM budget_break WHERE city_id = $1 AND id = $2`, db.Int64, c.ID, id); err != nil && !fresh {
			return err
		}
		if err := change(tx, id); err != nil {
			return err
		}
		if err := permission.Audit(tx, a, "budget.break", "budget_break", id, "", s.Clock.Now()); err != nil {
			return err
		}
		return once.Claim(tx, "/staff/budget/breaks")
	})
	s.Versions.Mark(c.ID)
	return err
}

// Surroundings is what is known around the figures of all years.
type Surroundings struct {
	Index  *Index // nil for none
	Breaks []*Break
}

// Around reads the price index and the breaks in series of a city, in the caller's
// transaction.
func Around(tx *db.Tx, city int64) (out Surroundings, err error) {
	if out.Index, err = readIndex(tx, city); err != nil {
		return out, err
	}
	out.Breaks, err = breaks(tx, city)
	return out, err
}

// Surroundings reads the price index and the breaks in series.
func (s *Service) Surroundings(ctx context.Context, c *city.City) (out Surroundings, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		out, err = Around(tx, c.ID)
		return err
	})
	return out, err
}

// has tells whether the index can adjust to the prices of a year.
func (x Surroundings) has(y ledger.Year) bool {
	return x.Index != nil && slices.Contains(x.Index.Prices.Years(), y)
}

// priced is how two years are compared: each in the prices of its own, or both in
// those of one year. One is never adjusted without the other.
type priced struct {
	Surroundings
	Prices   ledger.Year // asked for, 0 for none
	Adjusted bool
	Lacking  ledger.Year // the year without an index, when it is not adjusted
	parted   []*Break
	nominal  map[compared]ledger.Amount // with Adjusted
}

func (x *priced) prepare(tx *db.Tx, city int64, wanted, a, b ledger.Year) (err error) {
	if x.Surroundings, err = Around(tx, city); err != nil {
		return err
	}
	x.parted = between(x.Breaks, a, b)
	if wanted == 0 || x.Index == nil {
		return nil
	}
	x.Prices, x.Adjusted = wanted, true
	for _, y := range []ledger.Year{a, b, wanted} {
		if !x.has(y) {
			x.Adjusted, x.Lacking = false, y
		}
	}
	return nil
}

// What of a comparison a figure is of.
const (
	inAll   = "total"
	inSteps = "step"
	inLines = "line"
)

// compared is a figure of a comparison.
type compared struct {
	slice     ledger.Slice
	level, of string
}

// of is a figure of a slice as it is compared; the one that the document has is
// kept beside it.
func (x *priced) of(s ledger.Slice, level, key string, a ledger.Amount) ledger.Amount {
	if !x.Adjusted {
		return a
	}
	if x.nominal == nil {
		x.nominal = map[compared]ledger.Amount{}
	}
	x.nominal[compared{s, level, key}] = a
	real, _ := a.In(x.Index.Prices, s.Year(), x.Prices) // prepare has seen both years
	return real
}
