package report

import "slices"

// sortSimilar puts the likeliest first: half by distance, half by words.
func sortSimilar(list []Similar, reach float64) {
	score := func(s Similar) float64 { return s.Alike + 1 - s.Metres/reach }
	slices.SortStableFunc(list, func(a, b Similar) int {
		switch x, y := score(a), score(b); {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return 0
	})
}
