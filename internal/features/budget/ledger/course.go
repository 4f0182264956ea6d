package ledger

import (
	"cmp"
	"slices"
	"time"
)

// Through is up to which day of its year the figures of a version are reckoned.
// A report that does not say it is taken to tell of what was done until its day.
func (v Version) Through() string {
	switch {
	case v.Until != "":
		return v.Until
	case v.Phase == Executed && v.Day < v.Year.Last():
		return max(v.Day, v.Year.First())
	}
	return v.Year.Last()
}

// Partly tells whether a version is of a part of its year only.
func (v Version) Partly() bool { return v.Through() < v.Year.Last() }

// From is since which day of its year a plan is in force.
func (v Version) From() string { return min(max(v.Day, v.Year.First()), v.Year.Last()) }

// Point is a figure of a version in the course of a year: a plan from a day on,
// or what was done up to a day. Of says which of the caller's versions it is of.
type Point struct {
	Day    string
	Issued string // day of the document
	Amount Amount
	Of     int
}

// Course is how one slice of a year went: plans as they followed one another, and
// what was done of them. Nothing of it is added: what was done up to a day holds
// all that was done before.
type Course struct {
	Plans []Point // from a day on
	Done  []Point // up to a day
}

// Sort puts the points in the order of the year, and those of one day in the
// order in which they were said.
func (c *Course) Sort() {
	for _, list := range [][]Point{c.Plans, c.Done} {
		slices.SortStableFunc(list, func(a, b Point) int { return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Issued, b.Issued)) })
	}
}

// InForce is the plan that stood on a day; ok is false before the first.
func (c *Course) InForce(day string) (p Point, ok bool) { return last(c.Plans, day) }

// By is what was done by a day, as the newest document says of the last day up to
// which one tells it; ok is false before the first.
func (c *Course) By(day string) (p Point, ok bool) { return last(c.Done, day) }

func last(list []Point, day string) (p Point, ok bool) {
	for _, x := range list {
		if x.Day <= day {
			p, ok = x, true
		}
	}
	return p, ok
}

// Telling are the points of what was done of which each is the newest word on its
// day.
func (c *Course) Telling() (out []Point) {
	for i, p := range c.Done {
		if i+1 == len(c.Done) || c.Done[i+1].Day != p.Day {
			out = append(out, p)
		}
	}
	return out
}

// At is where in its year a day lies, from 0 to 1, each month a twelfth: the end
// of March is a quarter.
func (y Year) At(day string) float64 {
	t, err := time.Parse(time.DateOnly, day)
	switch {
	case err != nil || day < y.First():
		return 0
	case day > y.Last():
		return 1
	}
	days := time.Date(t.Year(), t.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day()
	return (float64(t.Month()-1) + float64(t.Day())/float64(days)) / 12
}

// Same is the same day in another year: the last of February stays the last.
func (y Year) Same(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	n := t.Day()
	if m := t.Month(); m == time.February && t.AddDate(0, 0, 1).Month() != m {
		n = time.Date(int(y), time.March, 0, 0, 0, 0, 0, time.UTC).Day()
	}
	return time.Date(int(y), t.Month(), n, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
}
