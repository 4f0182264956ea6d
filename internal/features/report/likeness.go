package report

import (
	"slices"

	"github.com/ashar-kg/ashar/internal/civic/place"
)

// likeness compares the words of a text with those of another by what they share, folded as for search:
// 1 is the same words, 0 none. Words of one or two letters do not count.
func likeness(x map[string]bool, text string) float64 {
	y := wordSet(text)
	if len(x) == 0 || len(y) == 0 {
		return 0
	}
	shared := 0
	for w := range x {
		if y[w] {
			shared++
		}
	}
	return float64(shared) / float64(len(x)+len(y)-shared)
}

func wordSet(text string) map[string]bool {
	set := map[string]bool{}
	for _, w := range place.Words(text) {
		if len([]rune(w)) > 2 {
			set[w] = true
		}
	}
	return set
}

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
