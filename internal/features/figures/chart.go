package figures

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ashar-kg/ashar/internal/platform/ui"
)

// The chart of the weeks, in units of its own picture. Its text is as large on
// a phone as the picture is wide there.
const (
	chartWidth  = 400
	chartHeight = 220
	chartLeft   = 34
	chartTop    = 12
	chartBottom = 24
)

// drawing is a chart whose points stand where they belong.
type drawing struct {
	grid   []gridLine
	bars   []bar
	line   string // points of what was received
	dots   []point
	labels []label
}

type gridLine struct {
	n                int64
	x1, x2, y, label string
}

type bar struct{ kind, x, y, w, h string }

type point struct{ x, y string }

type label struct{ x, y, text string }

func (drawing) box() string { return fmt.Sprintf("0 0 %d %d", chartWidth, chartHeight) }

// draw places the answers of each week as a bar, late ones on top of those in
// time, and what came as a line. A count that is not told stands as nought.
func draw(weeks []Told) drawing {
	var d drawing
	var most int64 = 1
	for _, w := range weeks {
		most = max(most, w.Counts[Received].N, w.Counts[InTime].N+w.Counts[Late].N)
	}
	step := gridStep(most)
	top := (most + step - 1) / step * step
	height := float64(chartHeight - chartTop - chartBottom)
	y := func(n int64) float64 { return chartTop + height*(1-float64(n)/float64(top)) }
	for n := int64(0); n <= top; n += step {
		d.grid = append(d.grid, gridLine{n, strconv.Itoa(chartLeft), strconv.Itoa(chartWidth), ui.Unit(y(n)), ui.Unit(y(n) + 4)})
	}
	slot := float64(chartWidth-chartLeft) / float64(len(weeks))
	wide := slot * 0.6
	var points []string
	for i, w := range weeks {
		middle := chartLeft + slot*(float64(i)+0.5)
		in, late := w.Counts[InTime].N, w.Counts[Late].N
		d.bars = append(d.bars,
			bar{"in", ui.Unit(middle - wide/2), ui.Unit(y(in)), ui.Unit(wide), ui.Unit(y(0) - y(in))},
			bar{"late", ui.Unit(middle - wide/2), ui.Unit(y(in + late)), ui.Unit(wide), ui.Unit(y(in) - y(in+late))})
		p := point{ui.Unit(middle), ui.Unit(y(w.Counts[Received].N))}
		d.dots = append(d.dots, p)
		points = append(points, p.x+","+p.y)
		if week, ok := ParseWeek(w.Code); ok && (len(weeks)-1-i)%3 == 0 {
			from, _ := week.Days()
			d.labels = append(d.labels, label{p.x, strconv.Itoa(chartHeight - 6), dayOf(from).Format("02.01")})
		}
	}
	d.line = strings.Join(points, " ")
	return d
}

// gridStep is a round number of which up to five reach the largest count.
func gridStep(most int64) int64 {
	for unit := int64(1); ; unit *= 10 {
		for _, n := range []int64{1, 2, 5} {
			if 5*n*unit >= most {
				return n * unit
			}
		}
	}
}
