// Package figures tells how the city answers: the public page with its league
// table, the open data that every number on it comes from, the bulletin of each
// week, and the dashboards of the staff. It reads the statistics of casework
// and adds nothing of its own to them, except that it hides what could tell of
// one person.
package figures

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/permission"
)

// Kind is a kind of case as the figures know it.
type Kind struct {
	Name   string
	Public bool   // cases are public by default; of other kinds only counts are told, small ones hidden
	Title  string // message key: what many of them are called
	See    string // permission to read its cases
	Work   string // path under which the staff works on one, such as "/staff/reports/"
	// Categories returns how the categories of a city are called.
	Categories func(ctx context.Context, c *city.City) (func(code, lang string) string, error)
}

// Declared limits of what is told.
const (
	// Hide: counts of private kinds below it are not told.
	Hide = 5
	// SmallBody: a body with fewer answered and overdue cases in the time has no share.
	SmallBody = 10
	// ChartWeeks is how many whole weeks the trend shows.
	ChartWeeks = 13
)

// The times for which figures are told.
const (
	Weeks4   = "4w"
	Months12 = "12m"
	Now      = "now"
)

// Periods are the times a page may show.
var Periods = []string{Weeks4, Months12}

// The dimensions by which cases are told apart.
const (
	City     = "city"
	Body     = "body"
	District = "district"
	Category = "category"
	Channel  = "channel"
)

// None is the code of cases that have no place in a dimension.
const None = "none"

// The metrics of the open data. Spreads are "closed_after_12_days" and
// "answered_after_12_days".
const (
	Received     = "received"
	InTime       = "answered_in_time"
	Late         = "answered_late"
	Reopened     = "reopened"
	Ratings      = "ratings"
	Stars        = "stars"
	Open         = "open"
	InWork       = "in_work"
	Overdue      = "overdue"
	DueSoon      = "due_soon"
	closedAfter  = "closed_after_%d_days"
	answeredName = "answered_after_%d_days"
)

// Why a count is not told.
const (
	Below    = "below_5"  // it is smaller than Hide
	Withheld = "withheld" // it would tell a smaller one
)

// Count is a number that is told, or the reason why it is not.
type Count struct {
	N    int64
	Note string
}

// Entry is all that is published of one scope of one kind for one time.
type Entry struct {
	Kind, Scope, Code, Period string
	From, To                  int64 // days, such as 20261123; From is 0 for now
	Counts                    map[string]Count
	Closed, Answered          map[int64]int64 // by days taken; nil for private kinds
}

// publicCounts and privateCounts are the metrics of a time, in order; nowCounts
// those of the present.
var (
	publicCounts  = []string{Received, InTime, Late, Reopened, Ratings, Stars}
	privateCounts = []string{Received, InTime, Late, Reopened}
	publicNow     = []string{Open, InWork, Overdue, DueSoon}
	privateNow    = []string{Open, InWork, Overdue}
)

func countsOf(public bool, period string) []string {
	switch {
	case public && period == Now:
		return publicNow
	case public:
		return publicCounts
	case period == Now:
		return privateNow
	}
	return privateCounts
}

// value is one metric of an account.
func value(a casework.Account, metric string) int64 {
	switch metric {
	case Received:
		return a.Received
	case InTime:
		return a.AnsweredInTime
	case Late:
		return a.AnsweredLate
	case Reopened:
		return a.Reopened
	case Ratings:
		return a.Rated
	case Stars:
		return a.Stars
	case Open:
		return a.Open
	case InWork:
		return a.InWork
	case Overdue:
		return a.Overdue
	}
	return a.Soon
}

// entry publishes an account. Nothing is hidden yet.
func entry(k Kind, scope, code, period string, from, to int64, a casework.Account) Entry {
	e := Entry{Kind: k.Name, Scope: scope, Code: code, Period: period, From: from, To: to, Counts: map[string]Count{}}
	for _, m := range countsOf(k.Public, period) {
		e.Counts[m] = Count{N: value(a, m)}
	}
	if k.Public && period != Now {
		e.Closed, e.Answered = a.CloseDays, a.AnswerDays
	}
	return e
}

// protect hides the small counts of private kinds. A single hidden count could
// be worked out from the total, so the next smallest of its dimension go with
// it until the hidden ones are Hide cases together.
func protect(list []Entry, private map[string]bool) {
	type group struct{ kind, scope, period, metric string }
	groups := map[group][]int{}
	for i, e := range list {
		if !private[e.Kind] {
			continue
		}
		for m := range e.Counts {
			g := group{e.Kind, e.Scope, e.Period, m}
			groups[g] = append(groups[g], i)
		}
	}
	for g, members := range groups {
		slices.SortFunc(members, func(a, b int) int {
			return cmp.Or(cmp.Compare(list[a].Counts[g.metric].N, list[b].Counts[g.metric].N), strings.Compare(list[a].Code, list[b].Code))
		})
		var hidden int64
		for _, i := range members {
			n := list[i].Counts[g.metric].N
			switch {
			case n == 0:
			case n < Hide:
				list[i].Counts[g.metric] = Count{Note: Below}
				hidden += n
			case hidden > 0 && hidden < Hide:
				list[i].Counts[g.metric] = Count{Note: Withheld}
				hidden += n
			}
		}
	}
}

// Told is an entry as a page tells it: sums of what is published, so that
// nothing hidden can be worked out.
type Told struct {
	Kind        string // of categories, which each kind has its own of
	Scope, Code string
	Counts      map[string]Count
	Closed      map[int64]int64
	Answered    map[int64]int64
	Partial     bool // something hidden is left out
}

// empty tells that there is nothing to tell.
func (t Told) empty() bool {
	for _, c := range t.Counts {
		if c != (Count{}) {
			return false
		}
	}
	return true
}

// add puts an entry into the sum. A sum of several kinds leaves out what is
// hidden; of one it is hidden too.
func (t *Told) add(e Entry) {
	for m, c := range e.Counts {
		was, known := t.Counts[m]
		switch {
		case !known:
			t.Counts[m] = c
		case c.Note != "":
			t.Partial = true
		case was.Note != "":
			t.Counts[m], t.Partial = c, true
		default:
			t.Counts[m] = Count{N: was.N + c.N}
		}
	}
	merge(&t.Closed, e.Closed)
	merge(&t.Answered, e.Answered)
}

func merge(into *map[int64]int64, from map[int64]int64) {
	if from != nil && *into == nil {
		*into = map[int64]int64{}
	}
	for d, n := range from {
		(*into)[d] += n
	}
}

// Share is how much of what should be answered was answered in time. Cases
// that are overdue now count as late. ok is false when nothing should be, or a
// part is hidden.
func (t Told) Share() (share float64, ok bool) {
	in, late, overdue := t.Counts[InTime], t.Counts[Late], t.Counts[Overdue]
	due := in.N + late.N + overdue.N
	if in.Note+late.Note+overdue.Note != "" || due == 0 {
		return 0, false
	}
	return float64(in.N) / float64(due), true
}

// Due is how many cases were answered or are overdue.
func (t Told) Due() int64 { return t.Counts[InTime].N + t.Counts[Late].N + t.Counts[Overdue].N }

// Rating is the mean of the stars.
func (t Told) Rating() (stars float64, ok bool) {
	n := t.Counts[Ratings].N
	if n == 0 {
		return 0, false
	}
	return float64(t.Counts[Stars].N) / float64(n), true
}

// Sorts are the orders of the league table.
var Sorts = []string{"name", Received, "share", Late, Overdue, "median", "p90", "rating"}

// order sorts the league by one of Sorts: the best first, and of counts the
// largest. Who has no such figure comes last; equals stand by name.
func order(list []Told, by string, name func(code string) string) {
	worth := func(t Told) (float64, bool) {
		switch by {
		case "share":
			return t.Share()
		case "rating":
			return t.Rating()
		case "median":
			d := casework.Quantile(t.Closed, 50)
			return -float64(d), d >= 0
		case "p90":
			d := casework.Quantile(t.Closed, 90)
			return -float64(d), d >= 0
		case Received, Late, Overdue:
			c := t.Counts[by]
			return float64(c.N), c.Note == ""
		}
		return 0, true
	}
	slices.SortStableFunc(list, func(a, b Told) int {
		x, okX := worth(a)
		y, okY := worth(b)
		if okX != okY {
			if okX {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(y, x), strings.Compare(name(a.Code), name(b.Code)))
	})
}

// Week is an ISO week, written 202647 for the 47th of 2026.
type Week int64

// WeekOf returns the week of an instant by a clock.
func WeekOf(t time.Time) Week {
	y, w := t.ISOWeek()
	return Week(y*100 + w)
}

// ParseWeek reads "2026-W47".
func ParseWeek(text string) (Week, bool) {
	var y, n int
	if _, err := fmt.Sscanf(text, "%4d-W%2d", &y, &n); err != nil || y < 1970 || n < 1 {
		return 0, false
	}
	w := Week(y*100 + n)
	return w, w.String() == text && WeekOf(w.Monday(time.UTC)) == w
}

// String writes "2026-W47".
func (w Week) String() string { return fmt.Sprintf("%04d-W%02d", w/100, w%100) }

// Number is the number of the week in its year.
func (w Week) Number() int { return int(w % 100) }

// Monday returns the beginning of the week in a zone.
func (w Week) Monday(zone *time.Location) time.Time {
	fourth := time.Date(int(w/100), time.January, 4, 0, 0, 0, 0, zone) // lies in week 1
	back := (int(fourth.Weekday()) + 6) % 7
	return fourth.AddDate(0, 0, 7*(int(w%100)-1)-back)
}

// Days returns the first and the last day as numbers.
func (w Week) Days() (from, to int64) {
	monday := w.Monday(time.UTC)
	return dayNumber(monday), dayNumber(monday.AddDate(0, 0, 6))
}

// Before returns the week n weeks earlier.
func (w Week) Before(n int) Week { return WeekOf(w.Monday(time.UTC).AddDate(0, 0, -7*n)) }

func dayNumber(t time.Time) int64 {
	y, m, d := t.Date()
	return int64(y*10000 + int(m)*100 + d)
}

// dayOf is the midnight of a day number.
func dayOf(day int64) time.Time {
	return time.Date(int(day/10000), time.Month(day/100%100), int(day%100), 0, 0, 0, 0, time.UTC)
}

// isoDay writes a day number as 2026-11-23, "" for none.
func isoDay(day int64) string {
	if day == 0 {
		return ""
	}
	return dayOf(day).Format(time.DateOnly)
}

// Permissions is who may see the dashboards unless the city says otherwise:
// own cases, those of a body by clerk, those of the city by body.
func Permissions() []permission.Rule {
	return []permission.Rule{
		{Action: "figures.own", Roles: []permission.Role{permission.Inspector, permission.Clerk, permission.Head, permission.Dispatcher, permission.Admin}},
		{Action: "figures.body", Roles: []permission.Role{permission.Head, permission.Dispatcher, permission.Admin}},
	}
}
