package ids

import (
	"sync"
	"testing"
	"time"
)

// In one millisecond 22 random bits meet again soon: of 10 000 drawn, some twelve
// pairs would be equal.
func TestAnIdentifierIsNotDrawnTwice(t *testing.T) {
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	var seen sync.Map
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 2500 {
				id := At(now)
				if _, twice := seen.LoadOrStore(id, true); twice {
					t.Errorf("%d was drawn twice", id)
				}
				if !Time(id).Equal(now) || id < Floor(now) || id >= Floor(now.Add(time.Millisecond)) {
					t.Errorf("%d is of %s", id, Time(id))
				}
			}
		})
	}
	all.Wait()
}
