package city

import (
	"testing"
	"time"
)

func TestTheCalendarCountsAsOneWouldOnAWall(t *testing.T) {
	zone := time.FixedZone("KGT", 6*60*60)
	c := NewCalendar(zone, []Holiday{
		{Day: "2026-03-09", Kind: "holiday"},
		{Day: "2026-03-14", Kind: "workday"},
		{Day: "2026-03-15", Kind: "holiday"},
		{Day: "2026-03-17", Kind: "workday"},
		{Day: "2027-01-01", Kind: "holiday"},
		{Day: "1969-07-21", Kind: "holiday"},
	})
	free := map[string]bool{"2026-03-09": true, "2026-03-15": true, "2027-01-01": true, "1969-07-21": true}
	extra := map[string]bool{"2026-03-14": true, "2026-03-17": true}
	works := func(day time.Time) bool {
		name := day.Format(time.DateOnly)
		weekend := day.Weekday() == time.Saturday || day.Weekday() == time.Sunday
		return extra[name] || (!weekend && !free[name])
	}
	for _, year := range []int{1969, 2026} {
		first := time.Date(year, 1, 1, 23, 30, 0, 0, zone)
		n := 0
		for i := range 400 {
			day := first.AddDate(0, 0, i)
			if c.Works(day) != works(day) {
				t.Errorf("%s is worked: %v", day.Format(time.DateOnly), c.Works(day))
			}
			if i > 0 && works(day) {
				n++
			}
			if got := c.Between(first, day.Add(-23*time.Hour)); got != n {
				t.Errorf("up to %s there are %d working days, not %d", day.Format(time.DateOnly), n, got)
			}
			if got := c.Between(day, first); got != -n {
				t.Errorf("back from %s there are %d working days, not %d", day.Format(time.DateOnly), -n, got)
			}
		}
	}
	friday := time.Date(2026, 3, 13, 18, 0, 0, 0, zone)
	if got, want := c.Add(friday, 2), time.Date(2026, 3, 16, 23, 59, 59, 999e6, zone); !got.Equal(want) {
		t.Errorf("two working days after Friday end %s, want %s", got, want)
	}
}
