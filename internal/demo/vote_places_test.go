package demo

import "testing"

// TestEveryDrawnPlaceIsOfSomething finds a title that was changed in one place
// only, of which the line or area would be lost without a word.
func TestEveryDrawnPlaceIsOfSomething(t *testing.T) {
	titles := map[string]bool{}
	for _, p := range proposedIdeas {
		titles[p.title] = true
	}
	for _, w := range votedWorks {
		titles[w.en] = true
	}
	for title := range drawnPlaces {
		if _, ok, err := drawnPlace(title); !ok || err != nil || !titles[title] {
			t.Errorf("%q: its place can be read: %v, %v; it is proposed or voted on: %v", title, ok, err, titles[title])
		}
	}
}
