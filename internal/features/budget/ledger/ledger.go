// Package ledger holds what a budget figure is and what may be done with it. Its
// types keep apart what must never be added: a figure belongs to one version, one
// year and one direction, and there is no way to add two figures. What is added
// up was added inside one Slice, where it is a sum; anything between slices is a
// comparison, which has a type of its own and no sum either.
package ledger

import (
	"cmp"
	"fmt"
	"slices"
)

// Direction is the side of a budget.
type Direction string

// The directions.
const (
	Revenue     Direction = "revenue"
	Expenditure Direction = "expenditure"
	Financing   Direction = "financing"
)

// Directions in the order in which they are told.
var Directions = []Direction{Revenue, Expenditure, Financing}

// Phase is how far a budget has come.
type Phase string

// The phases.
const (
	Proposed Phase = "proposed"
	Approved Phase = "approved"
	Adjusted Phase = "adjusted"
	Executed Phase = "executed"
)

// Phases in the order in which a year goes through them.
var Phases = []Phase{Proposed, Approved, Adjusted, Executed}

// Year is a fiscal year.
type Year int

// First is the first day of a fiscal year, which is that of the calendar.
func (y Year) First() string { return fmt.Sprintf("%04d-01-01", int(y)) }

// Last is the last day of a fiscal year.
func (y Year) Last() string { return fmt.Sprintf("%04d-12-31", int(y)) }

// Planning is how many years behind its own a budget may plan.
const Planning = 2

// Version is one dated document: a draft, the budget that was adopted, a change
// of it, a report on what was done. A year has several; none replaces another.
type Version struct {
	ID    int64
	Year  Year
	Phase Phase
	Day   string // of the document, 2006-01-02
	Until string // up to which day of the year its figures are reckoned; "" the document does not say
}

// Slice is the part of one version that may be added up: one year, one direction.
// Only a version makes slices, so that no query names several.
type Slice struct {
	version   int64
	year      Year
	direction Direction
}

// Slice returns the part of a version. The year is the version's own or one of
// those that it plans.
func (v Version) Slice(y Year, d Direction) (Slice, error) {
	if v.ID == 0 || y < v.Year || y > v.Year+Planning {
		return Slice{}, fmt.Errorf("the budget of %d has no year %d", v.Year, y)
	}
	if !slices.Contains(Directions, d) {
		return Slice{}, fmt.Errorf("%q is no direction", d)
	}
	return Slice{version: v.ID, year: y, direction: d}, nil
}

// Version, Year and Direction say which slice it is.
func (s Slice) Version() int64 { return s.version }

// Year is the fiscal year.
func (s Slice) Year() Year { return s.year }

// Direction is the side.
func (s Slice) Direction() Direction { return s.direction }

// Amount is a figure in tyiyn. It has no sum: figures of different slices must
// not be added, and those of one are added where they are stored.
type Amount struct{ tyiyn int64 }

// Of is a figure of so many tyiyn.
func Of(tyiyn int64) Amount { return Amount{tyiyn} }

// Tyiyn returns the figure for writing it.
func (a Amount) Tyiyn() int64 { return a.tyiyn }

// Zero tells whether it is nothing.
func (a Amount) Zero() bool { return a.tyiyn == 0 }

// Compare orders two figures.
func (a Amount) Compare(b Amount) int { return cmp.Compare(a.tyiyn, b.tyiyn) }

// Share is how much of a whole a figure is, 0 of nothing.
func (a Amount) Share(whole Amount) float64 {
	if whole.tyiyn == 0 {
		return 0
	}
	return float64(a.tyiyn) / float64(whole.tyiyn)
}

// Per divides a figure among so many people, in whole tyiyn rounded down.
func (a Amount) Per(people int64) Amount {
	if people <= 0 {
		return Amount{}
	}
	return Amount{a.tyiyn / people}
}

// Since is the change from an earlier figure to this one.
func (a Amount) Since(before Amount) Change { return Change{from: before, to: a} }

// Change is what lies between two figures of the same thing.
type Change struct{ from, to Amount }

// From is the figure before, To the one after.
func (c Change) From() Amount { return c.from }

// To is the figure after.
func (c Change) To() Amount { return c.to }

// Tyiyn is by how much it changed.
func (c Change) Tyiyn() int64 { return c.to.tyiyn - c.from.tyiyn }

// Growth is the change as a part of what was before; ok is false when that was
// nothing.
func (c Change) Growth() (share float64, ok bool) {
	if c.from.tyiyn == 0 {
		return 0, false
	}
	return float64(c.Tyiyn()) / float64(max(c.from.tyiyn, -c.from.tyiyn)), true
}

// Kind of a change of a line.
type Kind string

// What may become of a line.
const (
	Grew     Kind = "grew"
	Shrank   Kind = "shrank"
	Appeared Kind = "appeared"
	Vanished Kind = "vanished"
	Same     Kind = "same"
)

// Entry is a line of one slice for a comparison. Lines are the same when their
// keys are.
type Entry struct {
	Key    string
	Amount Amount
}

// Difference is what became of a line from one slice to another.
type Difference struct {
	Key  string
	Kind Kind
	Change
}

// Compare puts two slices side by side, line by line, the largest changes first.
// Lines that did not change are left out.
func Compare(before, after []Entry) []Difference {
	was := make(map[string]Amount, len(before))
	for _, e := range before {
		was[e.Key] = e.Amount
	}
	var out []Difference
	add := func(key string, k Kind, c Change) { out = append(out, Difference{Key: key, Kind: k, Change: c}) }
	seen := make(map[string]bool, len(after))
	for _, e := range after {
		old, had := was[e.Key]
		seen[e.Key] = true
		switch c := e.Amount.Since(old); {
		case !had:
			add(e.Key, Appeared, c)
		case c.Tyiyn() > 0:
			add(e.Key, Grew, c)
		case c.Tyiyn() < 0:
			add(e.Key, Shrank, c)
		}
	}
	for _, e := range before {
		if !seen[e.Key] {
			add(e.Key, Vanished, Amount{}.Since(e.Amount))
		}
	}
	slices.SortFunc(out, func(a, b Difference) int {
		x, y := a.Tyiyn(), b.Tyiyn()
		return cmp.Or(cmp.Compare(max(y, -y), max(x, -x)), cmp.Compare(a.Key, b.Key))
	})
	return out
}
