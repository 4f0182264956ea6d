package city

import "time"

// Calendar says which days are worked. Saturdays and Sundays are free unless
// the data names them a workday; other days are worked unless it names them a
// holiday.
type Calendar struct {
	zone *time.Location
	days map[string]bool // "2006-01-02" → worked
}

// Holiday is a day that differs from its weekday.
type Holiday struct {
	Day    string // 2006-01-02
	Kind   string // "holiday" or "workday"
	Names  map[string]string
	Source string
}

// NewCalendar returns a calendar in a time zone.
func NewCalendar(zone *time.Location, list []Holiday) *Calendar {
	c := &Calendar{zone: zone, days: make(map[string]bool, len(list))}
	for _, h := range list {
		c.days[h.Day] = h.Kind == "workday"
	}
	return c
}

// Works tells whether the day of t, by the city's clock, is worked.
func (c *Calendar) Works(t time.Time) bool {
	t = t.In(c.zone)
	if worked, named := c.days[t.Format(time.DateOnly)]; named {
		return worked
	}
	return t.Weekday() != time.Saturday && t.Weekday() != time.Sunday
}

// Add returns the end of the n-th working day after the day of t: a term of
// one day that starts on Friday ends with Monday.
func (c *Calendar) Add(t time.Time, n int) time.Time {
	day := c.midnight(t)
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
	a, b := c.midnight(from), c.midnight(to)
	if b.Before(a) {
		return -c.Between(to, from)
	}
	n := 0
	for day := a.AddDate(0, 0, 1); !day.After(b); day = day.AddDate(0, 0, 1) {
		if c.Works(day) {
			n++
		}
	}
	return n
}

// Day returns the date of t by the city's clock as a number, such as 20261123.
func (c *Calendar) Day(t time.Time) int {
	y, m, d := t.In(c.zone).Date()
	return y*10000 + int(m)*100 + d
}

func (c *Calendar) midnight(t time.Time) time.Time {
	y, m, d := t.In(c.zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, c.zone)
}
