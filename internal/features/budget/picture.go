package budget

import (
	"strconv"

	"github.com/ashar-kg/ashar/internal/features/budget/ledger"
	"github.com/ashar-kg/ashar/internal/platform/ui"
)

// The picture of a series.
const (
	seriesBase = 215 // of the bars
	seriesRoom = 185 // of the highest
	seriesHigh = 240
	fullYears  = 9 // labels with four digits fit so many years beside one another
)

// bar is a year of the picture of a series: a bar, or the place of one that is
// missing.
type bar struct {
	x, y, w, h, middle string
	label, title       string
	kind               string // one of the kinds of bars
	gap                bool
}

// cut is the mark of a break in the picture of a series.
type cut struct{ x, number string }

// The kinds of bars.
const (
	barDone = "done"
	barPlan = "plan"
	barPart = "part" // a sum of lines where others are totals
	barOwn  = "own"  // not adjusted where others are
)

// kind of the bar of a figure.
func (x *Series) kind(f *Figure) string {
	switch {
	case x.Prices != 0 && !f.Adjusted:
		return barOwn
	case x.Partial(f):
		return barPart
	case f.Planned() || f.Version.Phase == ledger.Proposed:
		return barPlan
	}
	return barDone
}

// picture draws a series; top is the figure of its highest bar.
func (s *scene) picture(x *Series) (bars []bar, cuts []cut, top ledger.Amount) {
	for _, p := range x.Figures() {
		if p.Figure.Real.Compare(top) > 0 {
			top = p.Figure.Real
		}
	}
	slot := float64(mapWidth) / float64(max(1, len(x.Points)))
	n := 0
	for i, p := range x.Points {
		b := bar{x: ui.Unit(slot*float64(i) + slot*0.15), w: ui.Unit(slot * 0.7), middle: ui.Unit(slot * (float64(i) + 0.5)), label: yearText(p.Year), gap: p.Figure == nil}
		if len(x.Points) > fullYears {
			b.label = "’" + b.label[len(b.label)-2:]
		}
		if f := p.Figure; f != nil {
			h := f.Real.Share(top) * seriesRoom
			b.y, b.h = ui.Unit(seriesBase-max(0, h)), ui.Unit(max(0, h))
			b.kind, b.title = x.kind(f), yearText(p.Year)+": "+s.money(f.Real)+", "+s.basis(x, f)
		}
		for range p.Break {
			n++
			cuts = append(cuts, cut{x: ui.Unit(slot * float64(i)), number: strconv.Itoa(n)})
		}
		bars = append(bars, b)
	}
	return bars, cuts, top
}

// basis says in which prices a figure is.
func (s *scene) basis(x *Series, f *Figure) string {
	if f.Adjusted {
		return s.T("budget.series.in", "year", yearText(x.Prices))
	}
	return s.T("budget.series.in_own")
}
