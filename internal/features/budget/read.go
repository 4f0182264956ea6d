package budget

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/features/budget/ledger"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Public reads the published versions, the newest year and day first.
func (s *Service) Public(ctx context.Context, c *city.City) (out []*Version, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		out, err = versions(tx, c.ID, Published)
		return err
	})
	return out, err
}

// seen reads a version that the actor may see: everybody a published one, those
// who import any that is whole.
func seen(tx *db.Tx, c *city.City, a permission.Actor, id int64) (*Version, error) {
	v, err := version(tx, c.ID, id)
	if err != nil {
		return nil, err
	}
	if v.State != Published && !a.Some(Import) || v.State == Loading {
		return nil, web.NotFound()
	}
	return v, nil
}

// Current is the version that speaks for a year: the newest of those that are
// published, and not one of a part of the year if there is another. Without any
// for the year it is that of the newest of the years before.
func Current(list []*Version, year int) *Version {
	var partly *Version
	for _, v := range list {
		switch {
		case int(v.Year) > year:
		case partly != nil && v.Year != partly.Year:
			return partly
		case !v.Partly():
			return v
		case partly == nil:
			partly = v
		}
	}
	if partly != nil {
		return partly
	}
	if len(list) > 0 {
		return list[len(list)-1]
	}
	return nil
}

// Place is where in a version somebody stands.
type Place struct {
	Version   int64
	Year      int    // 0 the version's own
	Direction string // "" the first that the version has
	Scheme    string // "" the usual one of the direction
	Code      string // "" the whole
	Before    Mark   // of the list of lines
}

// usual is the classification in which a direction is shown unless another is asked for.
func usual(d ledger.Direction) string {
	if d == ledger.Expenditure {
		return Functional
	}
	return Economic
}

// View is a step of a version with what lies below it.
type View struct {
	Version  *Version
	Slices   []ledger.Slice // that the version has
	Slice    ledger.Slice
	Schemes  []string // that say more than one thing of the slice
	Scheme   string
	Here     *Sum
	Whole    *Sum  // of the slice
	Path     []Sum // from the whole to the step above
	Items    []*Sum
	Lines    []*Line // that lie at the step or below, the largest first
	More     Mark    // where the list of lines goes on
	Also     []*Line // that are contained in others, and totals: not added
	tree     *tree
	Previous *Version // of the same year, for a comparison
}

// linesShown is how many lines a page lists.
const linesShown = 50

// Look reads a step of a version.
func (s *Service) Look(ctx context.Context, c *city.City, a permission.Actor, p Place) (*View, error) {
	v := &View{}
	err := s.DB.View(ctx, func(tx *db.Tx) error {
		if err := v.find(tx, c, a, p); err != nil {
			return err
		}
		return v.fill(tx, c, p)
	})
	return v, err
}

// find decides which slice and classification is meant.
func (v *View) find(tx *db.Tx, c *city.City, a permission.Actor, p Place) (err error) {
	if v.Version, err = seen(tx, c, a, p.Version); err != nil {
		return err
	}
	if v.Slices, err = yearsOf(tx, c.ID, v.Version); err != nil {
		return err
	}
	if len(v.Slices) == 0 {
		return web.NotFound()
	}
	year := ledger.Year(p.Year)
	if p.Year == 0 {
		year = v.Version.Year
	}
	found := slices.IndexFunc(v.Slices, func(x ledger.Slice) bool {
		return x.Year() == year && (p.Direction == "" && x.Direction() == ledger.Expenditure || string(x.Direction()) == p.Direction)
	})
	if found < 0 {
		found = slices.IndexFunc(v.Slices, func(x ledger.Slice) bool { return x.Year() == year && p.Direction == "" })
	}
	if found < 0 {
		return web.NotFound()
	}
	v.Slice = v.Slices[found]
	if v.Scheme = p.Scheme; v.Scheme == "" {
		v.Scheme = usual(v.Slice.Direction())
	}
	if columnOf[v.Scheme] == "" {
		return web.NotFound()
	}
	return nil
}

func (v *View) fill(tx *db.Tx, c *city.City, p Place) error {
	list, err := steps(tx, c.ID, v.Version.Day)
	if err != nil {
		return err
	}
	v.tree = treeOf(list)
	if v.Whole, err = sumOf(tx, c.ID, v.Slice, v.Scheme, ""); err != nil {
		return err
	}
	if v.Here = v.Whole; p.Code != "" {
		if v.Here, err = sumOf(tx, c.ID, v.Slice, v.Scheme, p.Code); err != nil {
			return err
		}
	}
	if v.Items, err = children(tx, c.ID, v.Slice, v.Scheme, p.Code); err != nil {
		return err
	}
	if err := v.climb(tx, c); err != nil {
		return err
	}
	if v.Schemes, err = spoken(tx, c.ID, v.Slice); err != nil {
		return err
	}
	f, err := v.filter(tx, c)
	if err != nil {
		return err
	}
	f.Before, f.Limit = p.Before, linesShown+1
	if v.Lines, err = linesOf(tx, c.ID, v.Slice, f); err != nil {
		return err
	}
	if len(v.Lines) > linesShown {
		v.Lines = v.Lines[:linesShown]
		last := v.Lines[linesShown-1]
		v.More = Mark{last.Amount.Tyiyn(), last.ID}
	}
	return v.before(tx, c)
}

// climb reads the steps above the one that is shown.
func (v *View) climb(tx *db.Tx, c *city.City) error {
	for code := v.Here.Parent; v.Here.Code != "" && len(v.Path) < maxDepth; {
		up, err := sumOf(tx, c.ID, v.Slice, v.Scheme, code)
		if err != nil {
			return err
		}
		v.Path = append([]Sum{*up}, v.Path...)
		if code == "" {
			return nil
		}
		code = up.Parent
	}
	return nil
}

// spoken are the classifications that say more than one thing of a slice.
func spoken(tx *db.Tx, city int64, s ledger.Slice) ([]string, error) {
	w := inSlice(city, s)
	list, err := db.All(tx, "budget.spoken", `SELECT scheme FROM budget_sum WHERE `+w.String()+` AND code <> '' GROUP BY scheme HAVING COUNT(*) > 0`, db.Text, w.Args...)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(list, func(a, b string) int { return cmp.Compare(slices.Index(Schemes, a), slices.Index(Schemes, b)) })
	return list, nil
}

// filter is the lines at a step and below it.
func (v *View) filter(tx *db.Tx, c *city.City) (Filter, error) {
	f := Filter{Scheme: v.Scheme}
	if v.Here.Code == "" {
		f.Scheme = ""
		return f, nil
	}
	all, err := sums(tx, c.ID, v.Slice, v.Scheme)
	if err != nil {
		return f, err
	}
	below := map[string][]string{}
	for _, x := range all {
		if x.Code != "" {
			below[x.Parent] = append(below[x.Parent], x.Code)
		}
	}
	f.Codes = []string{v.Here.Code}
	for i := 0; i < len(f.Codes) && len(f.Codes) < 2000; i++ {
		f.Codes = append(f.Codes, below[f.Codes[i]]...)
	}
	return f, nil
}

// before finds the version with which this one is compared first: the one before
// it of the same year, else the newest of the year before.
func (v *View) before(tx *db.Tx, c *city.City) error {
	list, err := versions(tx, c.ID, Published)
	if err != nil {
		return err
	}
	for _, o := range list {
		if o.ID == v.Version.ID || o.Year > v.Version.Year || o.Year == v.Version.Year && o.Day > v.Version.Day || o.Partly() && !v.Version.Partly() {
			continue
		}
		v.Previous = o
		return nil
	}
	return nil
}

// Extract is the lines that a page shows, as a file.
func (s *Service) Extract(ctx context.Context, c *city.City, a permission.Actor, p Place, lang string) (*Extract, error) {
	v := &View{}
	var f Filter
	err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		if err := v.find(tx, c, a, p); err != nil {
			return err
		}
		if v.Here, err = sumOf(tx, c.ID, v.Slice, v.Scheme, p.Code); err != nil {
			return err
		}
		f, err = v.filter(tx, c)
		return err
	})
	return &Extract{Version: v.Version, Slice: v.Slice, Filter: f, City: c, Lang: lang}, err
}

// Side is one direction of one version on one screen.
type Side struct {
	Slice ledger.Slice
	Whole *Sum
	Items []*Sum
}

// Overview is a year in one screen.
type Overview struct {
	Version  *Version
	Versions []*Version // of all years
	Revenue  *Side
	Spending *Side
	tree     *tree
}

// Year reads the overview of a version; 0 is the one that speaks for this year.
func (s *Service) Year(ctx context.Context, c *city.City, a permission.Actor, id int64) (*Overview, error) {
	o := &Overview{}
	err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		if o.Versions, err = versions(tx, c.ID, Published); err != nil {
			return err
		}
		if o.Version = Current(o.Versions, s.Clock.Now().In(c.Zone).Year()); id != 0 {
			if o.Version, err = seen(tx, c, a, id); err != nil {
				return err
			}
		}
		if o.Version == nil {
			return nil
		}
		list, err := steps(tx, c.ID, o.Version.Day)
		if err != nil {
			return err
		}
		o.tree = treeOf(list)
		if o.Revenue, err = side(tx, c.ID, o.Version, ledger.Revenue); err != nil {
			return err
		}
		o.Spending, err = side(tx, c.ID, o.Version, ledger.Expenditure)
		return err
	})
	return o, err
}

// side reads one direction; nil when the version has none.
func side(tx *db.Tx, city int64, v *Version, d ledger.Direction) (*Side, error) {
	slice, err := v.Slice(v.Year, d)
	if err != nil {
		return nil, err
	}
	x := &Side{Slice: slice}
	if x.Whole, err = sumOf(tx, city, slice, usual(d), ""); errors.Is(err, db.ErrNotFound) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	x.Items, err = children(tx, city, slice, usual(d), "")
	return x, err
}

// Comparison is two slices of the same direction side by side.
type Comparison struct {
	Before, After *Version
	From, To      ledger.Slice
	Totals        ledger.Change
	Scheme        string
	Steps         []ledger.Difference // of the classification, right below the whole
	Lines         []ledger.Difference // line by line, the largest first
	Counts        map[ledger.Kind]int
	Labels        map[string]*Line // of the lines shown, by key
	Versions      []*Version
	priced        priced
	tree          *tree
}

// differencesShown is how many lines a comparison lists.
const differencesShown = 100

// Compare puts two versions side by side. The year of each is its own; of what is
// wanted the direction, the classification and the prices are read.
func (s *Service) Compare(ctx context.Context, c *city.City, a permission.Actor, before, after int64, w Wanted) (*Comparison, error) {
	d := w.Direction
	x := &Comparison{Scheme: w.Scheme, Counts: map[ledger.Kind]int{}, Labels: map[string]*Line{}}
	err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		if x.Before, err = seen(tx, c, a, before); err != nil {
			return err
		}
		if x.After, err = seen(tx, c, a, after); err != nil {
			return err
		}
		if x.From, err = x.Before.Slice(x.Before.Year, d); err != nil {
			return web.NotFound()
		}
		if x.To, err = x.After.Slice(x.After.Year, d); err != nil {
			return web.NotFound()
		}
		if columnOf[x.Scheme] == "" {
			x.Scheme = usual(d)
		}
		if x.Versions, err = versions(tx, c.ID, Published); err != nil {
			return err
		}
		if err := x.priced.prepare(tx, c.ID, w.Prices, x.From.Year(), x.To.Year()); err != nil {
			return err
		}
		return x.read(tx, c)
	})
	return x, err
}

func (x *Comparison) read(tx *db.Tx, c *city.City) error {
	list, err := steps(tx, c.ID, max(x.Before.Day, x.After.Day))
	if err != nil {
		return err
	}
	x.tree = treeOf(list)
	var wholes [2]ledger.Amount
	var entries, tops [2][]ledger.Entry
	for i, slice := range []ledger.Slice{x.From, x.To} {
		whole, err := sumOf(tx, c.ID, slice, x.Scheme, "")
		if err == nil {
			wholes[i] = x.priced.of(slice, inAll, "", whole.Whole())
		} else if !errors.Is(err, db.ErrNotFound) {
			return err
		}
		below, err := children(tx, c.ID, slice, x.Scheme, "")
		if err != nil {
			return err
		}
		for _, b := range below {
			tops[i] = append(tops[i], ledger.Entry{Key: b.Code, Amount: x.priced.of(slice, inSteps, b.Code, b.Amount)})
		}
		amounts, err := keyed(tx, c.ID, slice)
		if err != nil {
			return err
		}
		for key, amount := range amounts {
			name := strconv.FormatInt(key, 10)
			entries[i] = append(entries[i], ledger.Entry{Key: name, Amount: x.priced.of(slice, inLines, name, amount)})
		}
	}
	x.Totals = wholes[1].Since(wholes[0])
	x.Steps = ledger.Compare(tops[0], tops[1])
	all := ledger.Compare(entries[0], entries[1])
	for _, d := range all {
		x.Counts[d.Kind]++
	}
	x.Lines = all[:min(len(all), differencesShown)]
	return x.label(tx, c)
}

// label reads the words of the lines that are shown.
func (x *Comparison) label(tx *db.Tx, c *city.City) error {
	if len(x.Lines) == 0 {
		return nil
	}
	keys := make([]int64, len(x.Lines))
	for i, d := range x.Lines {
		keys[i], _ = strconv.ParseInt(d.Key, 10, 64) // as read formatted it
	}
	for _, slice := range []ledger.Slice{x.From, x.To} {
		w := inSlice(c.ID, slice)
		db.AnyOf(w, "line_key", keys)
		list, err := db.All(tx, "budget.compare.labels", `SELECT `+lineColumns+` FROM budget_line WHERE `+w.String(), scanLine, w.Args...)
		if err != nil {
			return err
		}
		for _, l := range list {
			x.Labels[strconv.FormatInt(l.Key, 10)] = l
		}
	}
	return nil
}

// Entry is a line with the version in which it stands.
type Entry struct {
	*Line
	Version *Version
}

// Thread is a line through all versions that have it.
type Thread struct {
	Line      *Line // in the version asked for
	Version   *Version
	Entries   []Entry
	Followers int64
	Following bool
	Questions []*Question
	Breaks    []*Break
	tree      *tree
}

// Trace reads a line and where else it stands.
func (s *Service) Trace(ctx context.Context, c *city.City, a permission.Actor, versionID, id int64) (*Thread, error) {
	t := &Thread{}
	err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		if t.Version, err = seen(tx, c, a, versionID); err != nil {
			return err
		}
		if t.Line, err = line(tx, c.ID, versionID, id); err != nil {
			return err
		}
		list, err := steps(tx, c.ID, t.Version.Day)
		if err != nil {
			return err
		}
		t.tree = treeOf(list)
		all, err := versions(tx, c.ID, Published)
		if err != nil {
			return err
		}
		where, err := appearances(tx, c.ID, t.Line.Key)
		if err != nil {
			return err
		}
		for _, w := range where {
			if i := slices.IndexFunc(all, func(v *Version) bool { return v.ID == w.Version }); i >= 0 {
				t.Entries = append(t.Entries, Entry{w.Line, all[i]})
			}
		}
		if t.Breaks, err = breaks(tx, c.ID); err != nil {
			return err
		}
		return t.people(tx, c, a)
	})
	return t, err
}

// Table reads what the officer has on the table: imports on their way and all
// versions.
func (s *Service) Table(ctx context.Context, c *city.City, a permission.Actor) (list []*Incoming, all []*Version, sources []string, err error) {
	if !a.Some(Import) {
		return nil, nil, nil, permission.ErrDenied
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if list, err = imports(tx, c.ID, 50); err != nil {
			return err
		}
		if all, err = versions(tx, c.ID, Loading, Ready, Published, Withdrawn); err != nil {
			return err
		}
		sources, err = sourceNames(tx, c.ID)
		return err
	})
	return list, all, sources, err
}

// Incoming reads an import.
func (s *Service) Incoming(ctx context.Context, c *city.City, a permission.Actor, id int64) (in *Incoming, err error) {
	if !a.Some(Import) {
		return nil, permission.ErrDenied
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		in, err = incoming(tx, c.ID, id)
		return err
	})
	return in, err
}
