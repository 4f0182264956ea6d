package budget

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/features/budget/ledger"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// ByLine stands for a classification where a series is of one line: its code is
// the key of the line.
const ByLine = "line"

// Wanted says of what a series is asked.
type Wanted struct {
	Direction ledger.Direction
	Scheme    string       // "" the usual one of the direction
	Code      string       // "" the whole
	Phase     ledger.Phase // "" the one with the most figures
	Prices    ledger.Year  // 0 each figure in the prices of its own year
}

// Figure is what one document says.
type Figure struct {
	Version *Version
	Slice   ledger.Slice
	Nominal ledger.Amount
	Real    ledger.Amount // in the prices asked for; Nominal without Adjusted
	// Adjusted says that Real is in other prices; a year without an index is not.
	Adjusted bool
	line     int64 // of a series of a line
	// summed is of how many lines the whole is the sum, where the document states
	// no total: it may itemise a part of it only. 0 for any other figure.
	summed int64
}

// Planned tells whether the document is the budget of an earlier year that plans
// ahead.
func (f *Figure) Planned() bool { return f.Slice.Year() != f.Version.Year }

// Point is a year of a series.
type Point struct {
	Year    ledger.Year
	Version *Version  // the document that speaks for the year; nil for none
	Figure  *Figure   // nil where the document does not have the category
	Others  []*Figure // earlier documents of the same year and phase
	Break   []*Break  // that parts this year from those before
	Meaning *Step     // the code means this from here on, and meant another thing
}

// Series is one category through the years, in one phase. Its figures belong to
// different slices: they stand beside one another and have no sum.
type Series struct {
	Wanted
	Surroundings
	Points   []*Point
	Phases   []ledger.Phase // that have a figure of the category
	Meanings []Step         // of the code, the earliest first
	Labels   Texts          // of a line
	Below    []*Sum         // parts of the newest figure
	Path     []string       // codes above, from the highest
	tree     *tree          // as it stands at the newest figure
	found    map[ledger.Phase][]*Figure
	spoken   map[ledger.Phase][]*Figure // documents that have the direction at all
}

// Series reads a category through the years.
func (s *Service) Series(ctx context.Context, c *city.City, w Wanted) (*Series, error) {
	if !slices.Contains(ledger.Directions, w.Direction) {
		return nil, web.NotFound()
	}
	if w.Scheme == "" {
		w.Scheme = usual(w.Direction)
	}
	if columnOf[w.Scheme] == "" && w.Scheme != ByLine {
		return nil, web.NotFound()
	}
	x := &Series{Wanted: w, found: map[ledger.Phase][]*Figure{}, spoken: map[ledger.Phase][]*Figure{}}
	err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		if x.Surroundings, err = Around(tx, c.ID); err != nil {
			return err
		}
		if err := x.read(tx, c.ID); err != nil {
			return err
		}
		if err := x.choose(); err != nil {
			return err
		}
		x.line()
		return x.explain(tx, c.ID)
	})
	return x, err
}

// read finds the figure of the category in every published document.
func (x *Series) read(tx *db.Tx, city int64) error {
	list, err := versions(tx, city, Published)
	if err != nil {
		return err
	}
	var ofLine map[ledger.Slice]standingLine
	if x.Scheme == ByLine {
		key, err := strconv.ParseInt(x.Code, 10, 64)
		if err != nil {
			return web.NotFound()
		}
		if ofLine, err = lineIn(tx, city, key); err != nil {
			return err
		}
	}
	list = slices.DeleteFunc(list, func(v *Version) bool { return v.Until != "" && v.Partly() }) // nine months are no year
	scheme, code := x.Scheme, x.Code
	if scheme == ByLine {
		scheme, code = usual(x.Direction), ""
	}
	sums, err := standings(tx, city, list, x.Direction, scheme, code)
	if err != nil {
		return err
	}
	for _, v := range list {
		for y := v.Year; y <= v.Year+ledger.Planning; y++ {
			slice, err := v.Slice(y, x.Direction)
			if err != nil {
				return err
			}
			if at := sums[slice]; at != nil && at.whole != nil {
				x.take(v, slice, at, ofLine)
			}
		}
	}
	return nil
}

// take notes what a document says of a year in which it has the direction.
func (x *Series) take(v *Version, slice ledger.Slice, at *outcome, ofLine map[ledger.Slice]standingLine) {
	f := &Figure{Version: v, Slice: slice}
	x.spoken[v.Phase] = append(x.spoken[v.Phase], f)
	switch {
	case x.Scheme == ByLine:
		l, ok := ofLine[slice]
		if !ok {
			return
		}
		f.Nominal, f.line = l.amount, l.id
	case x.Code == "":
		f.Nominal = at.whole.Whole()
		if at.whole.Stated == nil {
			f.summed = at.whole.Lines
		}
	case at.step == nil:
		return
	default:
		f.Nominal = at.step.Amount
	}
	f.Real = f.Nominal
	if x.Prices != 0 && x.Index != nil {
		f.Real, f.Adjusted = f.Nominal.In(x.Index.Prices, slice.Year(), x.Prices)
	}
	x.found[v.Phase] = append(x.found[v.Phase], f)
}

// standingLine is what a line is worth in one slice: the rows that are parts are
// added there by the database, a total stands for itself.
type standingLine struct {
	id     int64
	amount ledger.Amount
	part   bool
}

// lineIn reads a line in every slice that has it. The slices stay apart: the key
// alone finds the rows, however many lines their versions have.
func lineIn(tx *db.Tx, city, key int64) (map[ledger.Slice]standingLine, error) {
	out := map[ledger.Slice]standingLine{}
	err := tx.Each("budget.series.line", `SELECT v.id, v.year, l.year, l.direction, l.standing, MIN(l.id), CAST(SUM(l.amount) AS BIGINT)
		FROM budget_line l JOIN budget_version v ON v.city_id = l.city_id AND v.id = l.version_id
		WHERE l.city_id = $1 AND l.line_key = $2 AND v.state = $3
		GROUP BY v.id, v.year, l.year, l.direction, l.standing, CASE WHEN l.standing = 'part' THEN 0 ELSE l.id END ORDER BY v.id, MIN(l.id) LIMIT 20000`, func(r db.Row) error {
		var v ledger.Version
		var year ledger.Year
		var d ledger.Direction
		var standing string
		var id, sum int64
		if err := r.Scan(&v.ID, &v.Year, &year, &d, &standing, &id, &sum); err != nil {
			return err
		}
		slice, err := v.Slice(year, d)
		if err != nil {
			return err
		}
		if have, ok := out[slice]; !ok || standing == Part && !have.part {
			out[slice] = standingLine{id, ledger.Of(sum), standing == Part}
		}
		return nil
	}, city, key, Published)
	return out, err
}

// phaseOrder is which phase is shown first among those with as many figures.
var phaseOrder = []ledger.Phase{ledger.Executed, ledger.Approved, ledger.Adjusted, ledger.Proposed}

// choose decides which phase is shown.
func (x *Series) choose() error {
	for _, p := range ledger.Phases {
		if len(x.found[p]) > 0 {
			x.Phases = append(x.Phases, p)
		}
	}
	if len(x.Phases) == 0 {
		return web.NotFound()
	}
	if x.Phase != "" {
		if !slices.Contains(ledger.Phases, x.Phase) {
			return web.NotFound()
		}
		return nil
	}
	x.Phase = slices.MaxFunc(x.Phases, func(a, b ledger.Phase) int {
		return cmp.Or(cmp.Compare(years(x.found[a], false), years(x.found[b], false)), cmp.Compare(years(x.found[a], true), years(x.found[b], true)), cmp.Compare(slices.Index(phaseOrder, b), slices.Index(phaseOrder, a)))
	})
	return nil
}

// years counts the years of figures; sums of lines count when they are asked for.
func years(list []*Figure, summed bool) int {
	seen := map[ledger.Year]bool{}
	for _, f := range list {
		if summed || f.summed == 0 {
			seen[f.Slice.Year()] = true
		}
	}
	return len(seen)
}

// line puts the figures of the phase in the order of years, with the years
// between that have none.
func (x *Series) line() {
	at := map[ledger.Year]*Point{}
	var first, last ledger.Year
	// Documents come with the newest year and day first: the first that speaks of
	// a year is the newest of its own, and one that planned ahead only without such.
	for _, f := range x.spoken[x.Phase] {
		y := f.Slice.Year()
		if at[y] == nil {
			at[y] = &Point{Year: y, Version: f.Version}
		}
		if first == 0 || y < first {
			first = y
		}
		last = max(last, y)
	}
	for _, f := range x.found[x.Phase] {
		p := at[f.Slice.Year()]
		switch {
		case p.Version == f.Version:
			p.Figure = f
		case f.Planned() == (p.Version.Year != p.Year):
			p.Others = append(p.Others, f)
		}
	}
	for y := first; y <= last && y != 0; y++ {
		p := at[y]
		if p == nil {
			p = &Point{Year: y}
		}
		if y > first {
			p.Break = between(x.Breaks, y-1, y)
		}
		x.Points = append(x.Points, p)
	}
}

// Row is a point of the table of a series, or several years on end that have no
// document and no break.
type Row struct {
	*Point
	Until ledger.Year // the last year of the row
}

// Rows are the rows of the table.
func (x *Series) Rows() (out []*Row) {
	for _, p := range x.Points {
		if n := len(out); n > 0 && p.Version == nil && out[n-1].Version == nil && len(p.Break) == 0 {
			out[n-1].Until = p.Year
			continue
		}
		out = append(out, &Row{p, p.Year})
	}
	return out
}

// Figures are the points that have one.
func (x *Series) Figures() (out []*Point) {
	for _, p := range x.Points {
		if p.Figure != nil {
			out = append(out, p)
		}
	}
	return out
}

// Residents is the number of residents that all figures are shared by, 0 when
// documents have different ones.
func (x *Series) Residents() (n int64) {
	for _, p := range x.Figures() {
		if n != 0 && n != p.Figure.Version.Residents {
			return 0
		}
		n = p.Figure.Version.Residents
	}
	return n
}

// Counted are those who counted the residents.
func (x *Series) Counted() (out []string) {
	for _, p := range x.Figures() {
		if by := p.Figure.Version.Counted; by != "" && !slices.Contains(out, by) {
			out = append(out, by)
		}
	}
	return out
}

// Partial tells whether a figure of the whole is but the sum of the lines of its
// document where other documents of the series state totals: it may lack some.
func (x *Series) Partial(f *Figure) bool {
	return f.summed != 0 && slices.ContainsFunc(x.Points, func(p *Point) bool { return p.Figure != nil && p.Figure.summed == 0 })
}

// Ends are the first and the last figure that can be compared: both in the prices
// asked for, and, where documents state totals, both such. ok is false without two.
func (x *Series) Ends() (from, to *Figure, ok bool) {
	for _, p := range x.Figures() {
		f := p.Figure
		if x.Prices != 0 && !f.Adjusted || x.Partial(f) {
			continue
		}
		if from == nil {
			from = f
		}
		to = f
	}
	return from, to, from != to
}

// Parted are the breaks within the series.
func (x *Series) Parted() (out []*Break) {
	for _, p := range x.Points {
		out = append(out, p.Break...)
	}
	return out
}

// explain reads what the code is called and what lies above and below.
func (x *Series) explain(tx *db.Tx, city int64) error {
	newest := x.newest()
	list, err := steps(tx, city, newest.Version.Day)
	if err != nil {
		return err
	}
	x.tree = treeOf(list)
	if x.Scheme == ByLine {
		l, err := line(tx, city, newest.Version.ID, newest.line)
		if err == nil {
			x.Labels = l.Labels
		}
		return err
	}
	if x.Below, err = children(tx, city, newest.Slice, x.Scheme, x.Code); err != nil || x.Code == "" {
		return err
	}
	x.Path = x.tree.above(x.Scheme, x.Code)
	if x.Meanings, err = meanings(tx, city, x.Scheme, x.Code); err != nil {
		return err
	}
	x.mark()
	return nil
}

// newest is the newest figure of the phase, else of any.
func (x *Series) newest() *Figure {
	if list := x.Figures(); len(list) > 0 {
		return list[len(list)-1].Figure
	}
	return x.found[x.Phases[len(x.Phases)-1]][0]
}

// meanings reads what a code has meant, the earliest first; steps that say the
// same as the one before are one.
func meanings(tx *db.Tx, city int64, scheme, code string) ([]Step, error) {
	list, err := db.All(tx, "budget.step.meanings", `SELECT scheme, code, valid_from, valid_until, parent, names FROM budget_class
		WHERE city_id = $1 AND scheme = $2 AND code = $3 ORDER BY valid_from`, scanStep, city, scheme, code)
	return slices.CompactFunc(list, sameMeaning), err
}

func sameMeaning(a, b Step) bool {
	if a.Parent != b.Parent {
		return false
	}
	for _, lang := range []string{"ky", "ru", "en"} {
		if a.Names[lang] != "" && b.Names[lang] != "" && a.Names[lang] != b.Names[lang] {
			return false
		}
	}
	return true
}

// mark notes at which points the code means another thing than at the one before.
func (x *Series) mark() {
	var last *Step
	for _, p := range x.Figures() {
		var now *Step
		for i := range x.Meanings {
			if x.Meanings[i].From <= p.Version.Day {
				now = &x.Meanings[i]
			}
		}
		if last != nil && now != nil && now != last {
			p.Meaning = now
		}
		last = now
	}
}
