package budget

import (
	"context"
	"errors"
	"slices"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/features/budget/ledger"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Stretch is which course of which year somebody asks for.
type Stretch struct {
	Year      ledger.Year      // 0 the newest of which a report on its execution is published
	Known     string           // the newest that was known on this day; "" all are
	Direction ledger.Direction // "" the first of which something is known
	Scheme    string           // "" the usual one of the direction
	Code      string           // "" the whole
	Line      int64            // key of a line instead of a step; 0 none
}

// Course is what was planned and done in the course of a year, of one step of a
// classification or of one line.
type Course struct {
	ledger.Course
	Stretch
	Draft   bool           // no adopted plan is published: the drafts stand in its place
	Periods []ledger.Point // plans of a part of the year, on its last day
	Sources []Source       // of the points
	Untold  []Source       // documents of which only some lines are known: what those add up to is no figure of the year
	Label   *Line          // the words of a line
	Path    []string       // codes of the steps above, from the highest
	Schemes []string       // in which the plan is told apart
	Parts   []Pace         // right below the step
	Before  *Course        // of the year before; nil when nothing is known of it
	Years   []ledger.Year  // of which a report is published, and this one
	Next    *Document      // the report that comes next; nil when nobody has said when
	tree    *tree
	drafts  []ledger.Point
}

// Source is a version with the slice of it that is told.
type Source struct {
	*Version
	Slice ledger.Slice
	figure
}

// figure is what a version says of a step or a line.
type figure struct {
	amount   ledger.Amount
	line     int64 // the first that has the key asked for; 0 for a step
	inferred bool  // not all of it is from the source
}

// Pace is a step as it was planned and as far as it was done. What a version
// does not have is nil.
type Pace struct {
	Code       string
	Plan, Done *ledger.Amount
}

// Course reads the course of a year from what is published.
func (s *Service) Course(ctx context.Context, c *city.City, ask Stretch) (x *Course, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		list, err := versions(tx, c.ID, Published)
		if err != nil {
			return err
		}
		ask.Year = yearTold(list, ask, s.Clock.Now().In(c.Zone).Year())
		if x, err = chosen(tx, c.ID, list, ask); err != nil {
			return err
		}
		return x.fill(tx, c.ID, list)
	})
	return x, err
}

// yearTold is the year that is meant when none is named.
func yearTold(list []*Version, ask Stretch, now int) ledger.Year {
	if ask.Year != 0 {
		return ask.Year
	}
	for _, v := range list {
		if v.Phase == ledger.Executed && (ask.Known == "" || v.Day <= ask.Known) {
			return v.Year
		}
	}
	return ledger.Year(now)
}

// chosen reads the course of the direction asked for, else of the first of which
// something was done.
func chosen(tx *db.Tx, city int64, list []*Version, ask Stretch) (*Course, error) {
	directions := []ledger.Direction{ledger.Expenditure, ledger.Revenue}
	if ask.Direction != "" {
		directions = []ledger.Direction{ask.Direction}
	}
	var first *Course
	for _, d := range directions {
		at := ask
		if at.Direction = d; at.Scheme == "" {
			at.Scheme = usual(d)
		}
		x, err := courseOf(tx, city, list, at)
		if err != nil {
			return nil, err
		}
		if len(x.Done) > 0 {
			return x, nil
		}
		if first == nil || len(first.Plans) == 0 && len(x.Plans) > 0 {
			first = x
		}
	}
	return first, nil
}

// courseOf reads the figures of one year.
func courseOf(tx *db.Tx, city int64, list []*Version, at Stretch) (*Course, error) {
	x := &Course{Stretch: at}
	for _, v := range list {
		if v.Year != at.Year {
			continue
		}
		if err := x.take(tx, city, v); err != nil {
			return nil, err
		}
	}
	if x.Draft = len(x.Plans) == 0 && len(x.drafts) > 0; x.Draft {
		x.Plans = x.drafts
	} else if len(x.Plans) > 0 { // what was only proposed has no place beside what was adopted
		x.Untold = slices.DeleteFunc(x.Untold, func(s Source) bool { return s.Phase == ledger.Proposed })
	}
	x.Sort()
	return x, nil
}

// take puts what a version says where it belongs.
func (x *Course) take(tx *db.Tx, city int64, v *Version) error {
	slice, err := v.Slice(x.Year, x.Direction)
	if err != nil {
		return web.NotFound()
	}
	f, err := figureOf(tx, city, v, slice, x.Stretch)
	switch {
	case errors.Is(err, errExcerpt):
		x.Untold = append(x.Untold, Source{Version: v, Slice: slice})
		return nil
	case errors.Is(err, db.ErrNotFound):
		return nil
	case err != nil:
		return err
	}
	p := ledger.Point{Day: v.From(), Issued: v.Day, Amount: f.amount, Of: len(x.Sources)}
	x.Sources = append(x.Sources, Source{v, slice, f})
	if v.Phase == ledger.Executed || v.Partly() {
		p.Day = v.Through()
	}
	switch {
	case v.Phase == ledger.Executed:
		x.Done = append(x.Done, p)
	case v.Partly():
		x.Periods = append(x.Periods, p)
	case v.Phase == ledger.Proposed:
		x.drafts = append(x.drafts, p)
	default:
		x.Plans = append(x.Plans, p)
	}
	return nil
}

// errExcerpt tells that a document is known in part only.
var errExcerpt = errors.New("only some lines of the document are known")

// figureOf reads what a version says of a step or a line; db.ErrNotFound when it
// says nothing, errExcerpt when not enough of it is known: of an excerpt only its
// own totals and single lines count.
func figureOf(tx *db.Tx, city int64, v *Version, s ledger.Slice, at Stretch) (figure, error) {
	if at.Line != 0 {
		return lineSum(tx, city, s, at.Line)
	}
	sum, err := sumOf(tx, city, s, at.Scheme, at.Code)
	switch {
	case err != nil:
		return figure{}, err
	case at.Code == "" && sum.Stated != nil:
		derived, err := derivedTotal(tx, city, s, *sum.Stated)
		return figure{amount: *sum.Stated, inferred: derived}, err
	case v.Excerpt:
		return figure{}, errExcerpt
	}
	return figure{amount: sum.Amount, inferred: v.Inferred}, nil
}

// derivedTotal tells whether a total that a version states is not from its source.
func derivedTotal(tx *db.Tx, city int64, s ledger.Slice, stated ledger.Amount) (bool, error) {
	w := inSlice(city, s)
	w.Add("amount = ?", stated.Tyiyn())
	w.Add("standing = ?", Total)
	w.Add("inferred = ?", true)
	n, err := db.One(tx, "budget.total.derived", `SELECT COUNT(*) FROM budget_line WHERE `+w.String(), db.Int64, w.Args...)
	return n > 0, err
}

// lineSum reads what a line key is worth in a slice, and the first line that has it.
func lineSum(tx *db.Tx, city int64, s ledger.Slice, key int64) (figure, error) {
	w := inSlice(city, s)
	w.Add("line_key = ?", key)
	w.Add("standing = ?", Part)
	return db.One(tx, "budget.line.sum", `SELECT CAST(SUM(amount) AS BIGINT), MIN(id), MAX(CASE WHEN inferred THEN 1 ELSE 0 END) FROM budget_line WHERE `+w.String()+` GROUP BY line_key`, func(r db.Row) (f figure, err error) {
		var amount, inferred int64
		err = r.Scan(&amount, &f.line, &inferred)
		f.amount, f.inferred = ledger.Of(amount), inferred > 0
		return f, err
	}, w.Args...)
}

// fill reads what stands around the figures.
func (x *Course) fill(tx *db.Tx, city int64, list []*Version) error {
	for _, v := range list {
		if (v.Phase == ledger.Executed || v.Year == x.Year) && !slices.Contains(x.Years, v.Year) {
			x.Years = append(x.Years, v.Year)
		}
	}
	if !slices.Contains(x.Years, x.Year) {
		return web.NotFound()
	}
	day := x.Year.Last()
	for _, s := range x.Sources {
		day = max(day, s.Day)
	}
	classes, err := steps(tx, city, day)
	if err != nil {
		return err
	}
	x.tree = treeOf(classes)
	if err := x.place(tx, city); err != nil {
		return err
	}
	at := x.Stretch
	at.Year--
	before, err := courseOf(tx, city, list, at)
	if err != nil {
		return err
	}
	if len(before.Done) > 0 {
		x.Before = before
	}
	if err := x.split(tx, city); err != nil {
		return err
	}
	x.Next, err = nextReport(tx, city, x.Year)
	return err
}

// place finds the steps above, or the words of a line; what nothing knows is not found.
func (x *Course) place(tx *db.Tx, city int64) (err error) {
	if x.Line != 0 {
		if len(x.Sources) == 0 {
			return web.NotFound()
		}
		s := x.Sources[0]
		x.Label, err = line(tx, city, s.ID, s.line)
		return err
	}
	_, known := x.tree.names[x.Scheme+"\x00"+x.Code]
	if x.Code != "" && !known && len(x.Sources) == 0 {
		return web.NotFound()
	}
	x.Path = x.tree.above(x.Scheme, x.Code)
	return nil
}

// Last is the newest that is known to be done, and the plan that was in force on
// the last day of it.
func (x *Course) Last() (done, plan *ledger.Point) {
	if p, ok := x.By(x.Year.Last()); ok {
		done = &p
		if p, ok := x.InForce(done.Day); ok {
			plan = &p
		}
	}
	return done, plan
}

// split reads the parts of the step: as planned, and as far as they were done.
func (x *Course) split(tx *db.Tx, city int64) (err error) {
	done, plan := x.Last()
	if plan == nil || x.Line != 0 {
		return nil
	}
	if x.Schemes, err = spoken(tx, city, x.Sources[plan.Of].Slice); err != nil {
		return err
	}
	at := map[string]int{}
	for i, p := range []*ledger.Point{plan, done} {
		s := x.Sources[p.Of]
		if s.Excerpt {
			continue
		}
		below, err := children(tx, city, s.Slice, x.Scheme, x.Code)
		if err != nil {
			return err
		}
		for _, b := range below {
			n, known := at[b.Code]
			if !known {
				n = len(x.Parts)
				at[b.Code], x.Parts = n, append(x.Parts, Pace{Code: b.Code})
			}
			if i == 0 {
				x.Parts[n].Plan = &b.Amount
			} else {
				x.Parts[n].Done = &b.Amount
			}
		}
	}
	return nil
}

// reports are the documents of the shelf that tell of the execution of a year.
var reports = []string{"inyear", "midyear", "yearend"}

// nextReport is the first report of a year that is due and not published.
func nextReport(tx *db.Tx, city int64, y ledger.Year) (*Document, error) {
	w := db.Of(city)
	w.Add("year = ?", int64(y))
	w.Add("published = ''")
	db.AnyOf(w, "kind", reports)
	d, err := db.One(tx, "budget.document.next", `SELECT year, kind, due, published, link FROM budget_document WHERE `+w.String()+` ORDER BY due LIMIT 1`, scanDocument, w.Args...)
	if errors.Is(err, db.ErrNotFound) {
		return nil, nil
	}
	return d, err
}
