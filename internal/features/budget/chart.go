package budget

import (
	"github.com/ashar-kg/ashar/internal/features/budget/ledger"
	"github.com/ashar-kg/ashar/internal/platform/ui"
)

// The treemap, in units of its own picture: as wide as a phone, so that its
// letters are read there.
const (
	mapWidth  = 400
	mapHeight = 340
	mapMost   = 24 // tiles; the rest is in the list
	letter    = 7.5
)

// tile is one rectangle of the treemap with as much of its words as fit.
type tile struct {
	x, y, w, h   string
	kind         int // of its colour
	href, title  string
	text, figure string // "" where it is too small
	tx, ty, fy   string
	rest         bool
}

// item is a row of a list of steps: the same in the picture and the table.
type item struct {
	code, label, lang string
	href              string
	amount            ledger.Amount
	share             float64
	lines             int64
	kind              string // "" for a step, "own" and "rest" for what is in none
}

// tiles lays items out whose figures are above zero.
func tiles(items []item, say func(item) string) (out []tile) {
	var values []float64
	var shown []item
	for _, it := range items {
		if it.amount.Tyiyn() > 0 && len(shown) < mapMost {
			values = append(values, float64(it.amount.Tyiyn()))
			shown = append(shown, it)
		}
	}
	if len(shown) == 0 {
		return nil
	}
	for i, b := range ledger.Treemap(values, ledger.Box{W: mapWidth, H: mapHeight}) {
		it := shown[i]
		t := tile{
			x: ui.Unit(b.X + 1), y: ui.Unit(b.Y + 1), w: ui.Unit(max(0, b.W-2)), h: ui.Unit(max(0, b.H-2)), kind: i % 6, href: it.href, title: it.label + ": " + say(it), rest: it.kind != "",
			tx: ui.Unit(b.X + 6), ty: ui.Unit(b.Y + 18), fy: ui.Unit(b.Y + 36),
		}
		if fits := int((b.W - 12) / letter); fits >= 4 && b.H >= 26 {
			t.text = shorten(it.label, fits)
			if figure := say(it); b.H >= 44 && len([]rune(figure)) <= fits {
				t.figure = figure
			}
		}
		out = append(out, t)
	}
	return out
}

// shorten cuts a text to so many letters; the whole is in the title and the table.
func shorten(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

// The flow from revenue to spending.
const (
	flowWidth = 400
	flowRoom  = 280 // height of all bands of the larger side
	flowBar   = 8
	flowGap   = 4
	flowSlot  = 18 // at least, so that words do not stand in one another
	flowMost  = 7  // on each side
)

// stream is one band of the flow and the words at its end.
type stream struct {
	path  string
	kind  int
	label string
	tx    string
	ty    string
	right bool
}

// flow draws revenue on the left and spending on the right, each through the one
// purse in the middle: no source of a budget pays for one thing alone.
func flow(left, right []item) (out []stream, height int) {
	total := func(list []item) (n float64) {
		for _, it := range list {
			n += float64(max(0, it.amount.Tyiyn()))
		}
		return n
	}
	most := max(total(left), total(right))
	if most == 0 {
		return nil, 0
	}
	bottom := 0.0
	for side, list := range [][]item{left, right} {
		outer, inner := 0.0, 20.0
		for i, it := range list {
			h := float64(max(0, it.amount.Tyiyn())) / most * flowRoom
			slot := max(h, flowSlot)
			out = append(out, band(it, i, side == 1, outer+(slot-h)/2, inner, h))
			outer += slot + flowGap
			inner += h
		}
		bottom = max(bottom, outer, inner)
	}
	return out, int(bottom) + 1
}

// band draws one band from its outer end to the purse.
func band(it item, kind int, right bool, outer, inner, h float64) stream {
	s := stream{kind: kind % 6, label: it.label, right: right, ty: ui.Unit(outer + h/2 + 5), tx: ui.Unit(flowBar + 4)}
	x0, x1 := float64(flowBar), float64(flowWidth)/2-flowBar/2
	if right {
		x0, x1 = float64(flowWidth-flowBar), float64(flowWidth)/2+flowBar/2
		s.tx = ui.Unit(flowWidth - flowBar - 4)
	}
	mid := (x0 + x1) / 2
	s.path = "M" + ui.Unit(x0) + " " + ui.Unit(outer) + "C" + ui.Unit(mid) + " " + ui.Unit(outer) + " " + ui.Unit(mid) + " " + ui.Unit(inner) + " " + ui.Unit(x1) + " " + ui.Unit(inner) +
		"V" + ui.Unit(inner+h) + "C" + ui.Unit(mid) + " " + ui.Unit(inner+h) + " " + ui.Unit(mid) + " " + ui.Unit(outer+h) + " " + ui.Unit(x0) + " " + ui.Unit(outer+h) + "Z"
	return s
}

// atMost keeps the largest of a list and joins the others in one.
func atMost(list []item, n int, others string) []item {
	if len(list) <= n {
		return list
	}
	out := append([]item(nil), list[:n-1]...)
	rest := item{label: others, kind: "rest"}
	var sum int64
	for _, it := range list[n-1:] {
		sum += it.amount.Tyiyn() // of one slice, as the whole list is
		rest.share += it.share
	}
	rest.amount = ledger.Of(sum)
	return append(out, rest)
}

// Bars that grow to the right or shrink to the left, or stand beside one another.
const (
	barWidth  = 400
	barHeight = 24
)

// barRow is one bar of a list of changes.
type barRow struct {
	x, w, y, ty string
	label, text string
	kind        string
	href        string
}

// changes draws differences from a middle line.
func changes(list []ledger.Difference, name func(ledger.Difference) (text, href string), say func(ledger.Difference) string) (out []barRow, height string) {
	const most = 12
	list = list[:min(len(list), most)]
	var top int64 = 1
	for _, d := range list {
		top = max(top, d.Tyiyn(), -d.Tyiyn())
	}
	for i, d := range list {
		w := float64(max(d.Tyiyn(), -d.Tyiyn())) / float64(top) * barWidth / 2
		y := float64(i) * (barHeight + 22)
		b := barRow{w: ui.Unit(max(w, 1)), x: ui.Unit(barWidth / 2), y: ui.Unit(y + 20), ty: ui.Unit(y + 14), kind: string(d.Kind), text: say(d)}
		if d.Tyiyn() < 0 {
			b.x = ui.Unit(barWidth/2 - w)
		}
		b.label, b.href = name(d)
		b.label = shorten(b.label, 34)
		out = append(out, b)
	}
	return out, ui.Unit(float64(len(out)) * (barHeight + 22))
}

// column is one bar of a time series.
type column struct {
	x, y, w, h, middle, ty string
	label, text            string
	planned                bool
}

// series draws figures of different slices beside one another; they are compared
// by eye and never added.
func series(figures []ledger.Amount, labels, texts []string, planned []bool) (out []column) {
	var top int64 = 1
	for _, a := range figures {
		top = max(top, a.Tyiyn())
	}
	slot := float64(mapWidth) / float64(max(1, len(figures)))
	const base, room = 200, 180
	for i, a := range figures {
		h := float64(max(0, a.Tyiyn())) / float64(top) * room
		out = append(out, column{
			x: ui.Unit(slot*float64(i) + slot*0.15), w: ui.Unit(slot * 0.7), y: ui.Unit(base - h), h: ui.Unit(h), middle: ui.Unit(slot * (float64(i) + 0.5)), ty: ui.Unit(base - h - 6), label: labels[i], text: texts[i], planned: planned[i],
		})
	}
	return out
}
