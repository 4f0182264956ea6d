package city

import (
	"slices"
	"sort"
	"time"
)

// Calendar says which days are worked. Saturdays and Sundays are free unless
// the data names them a workday; other days are worked unless it names them a
// holiday.
type Calendar struct {
	zone  *time.Location
	named []namedDay // in order
}

// namedDay is a day that differs from its weekday. sum is how many more days
// are worked up to it than weekdays tell.
type namedDay struct {
	serial int
	worked bool
	sum    int
}

// Holiday is a day that differs from its weekday.
type Holiday struct {
	Day    string // 2006-01-02
	Kind   string // "holiday" or "workday"
	Names  map[string]string
	Source string
	Status string // how sure the day is, as holidays.csv says
}

// NewCalendar returns a calendar in a time zone.
func NewCalendar(zone *time.Location, list []Holiday) *Calendar {
	days := make(map[int]bool, len(list))
	for _, h := range list {
		if day, err := time.Parse(time.DateOnly, h.Day); err == nil {
			days[serial(day)] = h.Kind == "workday"
		}
	}
	c := &Calendar{zone: zone}
	for day, worked := range days {
		c.named = append(c.named, namedDay{serial: day, worked: worked})
	}
	slices.SortFunc(c.named, func(x, y namedDay) int { return x.serial - y.serial })
	sum := 0
	for i := range c.named {
		n := &c.named[i]
		if usual := weekdays(n.serial) - weekdays(n.serial-1); n.worked {
			sum += 1 - usual
		} else {
			sum -= usual
		}
		n.sum = sum
	}
	return c
}

// serial numbers the date of t, whatever its zone.
func serial(t time.Time) int {
	y, m, d := t.Date()
	return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / (24 * 60 * 60))
}

// weekdays counts the days from Monday to Friday up to a serial, from a Monday
// long ago.
func weekdays(serial int) int {
	const monday = 4 - 7*100_000 // serial 4 is Monday, 5 January 1970
	n := serial - monday
	return 5*(n/7) + min(n%7+1, 5)
}

// worked counts the working days up to a serial, from a day long ago.
func (c *Calendar) worked(serial int) int {
	n := weekdays(serial)
	if i := sort.Search(len(c.named), func(i int) bool { return c.named[i].serial > serial }); i > 0 {
		n += c.named[i-1].sum
	}
	return n
}

// Works tells whether the day of t, by the city's clock, is worked.
func (c *Calendar) Works(t time.Time) bool {
	day := serial(t.In(c.zone))
	return c.worked(day) > c.worked(day-1)
}

// Add returns the end of the n-th working day after the day of t: a term of
// one day that starts on Friday ends with Monday.
func (c *Calendar) Add(t time.Time, n int) time.Time {
	day := c.Midnight(t)
	for n > 0 {
		day = day.AddDate(0, 0, 1)
		if c.Works(day) {
			n--
		}
	}
	return day.AddDate(0, 0, 1).Add(-time.Millisecond)
}

// Between counts the working days after the day of from up to the day of to;
// negative when to is earlier.
func (c *Calendar) Between(from, to time.Time) int {
	return c.worked(serial(to.In(c.zone))) - c.worked(serial(from.In(c.zone)))
}

// Day returns the date of t by the city's clock as a number, such as 20261123.
func (c *Calendar) Day(t time.Time) int {
	y, m, d := t.In(c.zone).Date()
	return y*10000 + int(m)*100 + d
}

// Midnight returns the beginning of the day of t by the city's clock.
func (c *Calendar) Midnight(t time.Time) time.Time {
	y, m, d := t.In(c.zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, c.zone)
}
