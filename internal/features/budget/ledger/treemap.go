package ledger

import "slices"

// Box is a rectangle of a drawing.
type Box struct{ X, Y, W, H float64 }

// Treemap fills a box with rectangles whose areas are as the values, as square as
// can be (Bruls, Huizing, van Wijk: Squarified Treemaps, 2000). Values must be
// sorted, the largest first; what is not above zero gets no area.
func Treemap(values []float64, box Box) []Box {
	out := make([]Box, len(values))
	n := slices.IndexFunc(values, func(v float64) bool { return v <= 0 })
	if n < 0 {
		n = len(values)
	}
	total := 0.0
	for _, v := range values[:n] {
		total += v
	}
	scale := box.W * box.H / total
	for i := 0; i < n; {
		side := min(box.W, box.H)
		row, sum := 1, values[i]*scale
		for i+row < n {
			next := sum + values[i+row]*scale
			if worst(values[i]*scale, values[i+row]*scale, next, side) > worst(values[i]*scale, values[i+row-1]*scale, sum, side) {
				break
			}
			row, sum = row+1, next
		}
		box = place(values[i:i+row], out[i:i+row], scale, sum, box)
		i += row
	}
	return out
}

// worst is the worst ratio of sides in a row of areas between most and least.
func worst(most, least, sum, side float64) float64 {
	s := sum * sum / (side * side)
	return max(most/s, s/least)
}

// place lays one row along the shorter side and returns what is left.
func place(values []float64, out []Box, scale, sum float64, box Box) Box {
	at := 0.0
	if box.W >= box.H {
		wide := sum / box.H
		for i, v := range values {
			h := v * scale / wide
			out[i] = Box{box.X, box.Y + at, wide, h}
			at += h
		}
		return Box{box.X + wide, box.Y, box.W - wide, box.H}
	}
	high := sum / box.W
	for i, v := range values {
		w := v * scale / high
		out[i] = Box{box.X + at, box.Y, w, high}
		at += w
	}
	return Box{box.X, box.Y + high, box.W, box.H - high}
}
