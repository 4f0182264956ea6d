package ui

import "strconv"

// Unit writes a length of a drawing as SVG takes it.
func Unit(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }
