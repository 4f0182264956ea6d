package budget

import (
	"math"

	"github.com/ashar-kg/ashar/internal/features/budget/ledger"
	"github.com/ashar-kg/ashar/internal/platform/ui"
)

// The picture of a year, in its own units: as wide as a phone.
const (
	yearWidth  = 400
	yearHeight = 262
	yearLeft   = 40
	yearRight  = 392
	yearTop    = 26
	yearBase   = 224
)

// tick is a line of the grid with its word.
type tick struct{ at, word, text string }

// dot is a figure of the picture.
type dot struct {
	x, y, title string
	old         bool // a newer document tells of the same day
}

// yearChart is the picture of a course: plans as steps, what was done as a line
// through its points, a twelfth a month as a straight line.
type yearChart struct {
	unit    string // key of the unit of the upright
	rows    []tick
	columns []tick
	plan    string // path
	done    string
	even    string
	dots    []dot
	periods []dot
	label   string // what the last point is of the plan
	lx, ly  string
	anchor  string
}

// units of the upright, in tyiyn.
var units = []struct {
	key  string
	size float64
}{{"billion", 1e11}, {"million", 1e8}, {"som", 1e2}}

// drawYear draws a course; nil when there is nothing above zero to draw.
func (s *scene) drawYear(x *Course) *yearChart {
	var top float64
	for _, list := range [][]ledger.Point{x.Plans, x.Done, x.Periods} {
		for _, p := range list {
			top = max(top, float64(p.Amount.Tyiyn()))
		}
	}
	if top <= 0 {
		return nil
	}
	c := &yearChart{}
	unit := units[len(units)-1]
	for _, u := range units {
		if top >= u.size {
			unit = u
			break
		}
	}
	c.unit = unit.key
	step := nice(top / unit.size)
	high := math.Ceil(top/unit.size/step*1.0001) * step
	up := func(v float64) float64 { return yearBase - v/unit.size/high*(yearBase-yearTop) }
	for v := 0.0; v <= high*1.0001; v += step {
		c.rows = append(c.rows, tick{at: ui.Unit(up(v * unit.size)), word: ui.Unit(up(v*unit.size) + 4), text: s.P.Decimal(v, digits(step))})
	}
	for i, name := range s.months() {
		left := yearLeft + float64(i)*(yearRight-yearLeft)/12
		c.columns = append(c.columns, tick{at: ui.Unit(left), word: ui.Unit(left + (yearRight-yearLeft)/24.0), text: name})
	}
	c.trace(s, x, func(day string) float64 { return yearLeft + x.Year.At(day)*(yearRight-yearLeft) }, func(a ledger.Amount) float64 { return up(float64(a.Tyiyn())) })
	return c
}

// trace draws the lines.
func (c *yearChart) trace(s *scene, x *Course, across func(string) float64, up func(ledger.Amount) float64) {
	at := func(h, v float64) string { return ui.Unit(h) + " " + ui.Unit(v) }
	for i, p := range x.Plans {
		from := across(p.Day)
		if p.Day == x.Year.First() {
			from = yearLeft
		}
		if i == 0 {
			c.plan = "M" + at(from, up(p.Amount))
		} else {
			c.plan += "H" + ui.Unit(from) + "V" + ui.Unit(up(p.Amount))
		}
	}
	if n := len(x.Plans); n > 0 {
		c.plan += "H" + ui.Unit(yearRight)
		c.even = "M" + at(yearLeft, yearBase) + "L" + at(yearRight, up(x.Plans[n-1].Amount))
	}
	told := x.Telling()
	for i, p := range told {
		if i == 0 {
			c.done = "M" + at(yearLeft, yearBase)
		}
		c.done += "L" + at(across(p.Day), up(p.Amount))
	}
	for i, p := range x.Done {
		c.dots = append(c.dots, dot{x: ui.Unit(across(p.Day)), y: ui.Unit(up(p.Amount)), title: s.day(p.Day) + ": " + s.money(p.Amount), old: i+1 < len(x.Done) && x.Done[i+1].Day == p.Day})
	}
	for _, p := range x.Periods {
		c.periods = append(c.periods, dot{x: ui.Unit(across(p.Day) - 5), y: ui.Unit(up(p.Amount) - 5), title: s.day(p.Day) + ": " + s.money(p.Amount)})
	}
	done, plan := x.Last()
	if done == nil || plan == nil || plan.Amount.Tyiyn() <= 0 {
		return
	}
	c.label = s.P.Percent(done.Amount.Share(plan.Amount))
	h := across(done.Day)
	c.lx, c.ly, c.anchor = ui.Unit(h+8), ui.Unit(min(up(done.Amount)+16, yearBase-6)), "start"
	if h > yearRight-50 {
		c.lx, c.anchor = ui.Unit(yearRight), "end"
		c.ly = ui.Unit(up(done.Amount) - 12)
	}
}

// nice is the distance of some four lines up to a figure: 1, 2 or 5 of a power of ten.
func nice(top float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(top/4)))
	for _, n := range []float64{1, 2, 5} {
		if n*power >= top/4*0.999 {
			return n * power
		}
	}
	return 10 * power
}

// digits behind the mark that a step of the grid needs.
func digits(step float64) int {
	if step >= 1 {
		return 0
	}
	return int(math.Ceil(-math.Log10(step) - 0.001))
}
