// Package clock is the only source of "now", so that a test or a recount can
// stand at any instant. Instants are stored as Unix milliseconds in UTC.
package clock

import (
	"sync"
	"time"
)

// Clock tells the time.
type Clock interface{ Now() time.Time }

// System is the machine's clock.
type System struct{}

// Now returns the current instant.
func (System) Now() time.Time { return time.Now() }

// Manual is a clock that tests set by hand. The zero value stands at the Unix epoch.
type Manual struct {
	mu sync.Mutex
	t  time.Time
}

// At returns a manual clock standing at t.
func At(t time.Time) *Manual { return &Manual{t: t} }

// Now returns the instant the clock stands at.
func (m *Manual) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.t
}

// Advance moves the clock forward by d.
func (m *Manual) Advance(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.t = m.t.Add(d)
}

// Set puts the clock to t.
func (m *Manual) Set(t time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.t = t
}
