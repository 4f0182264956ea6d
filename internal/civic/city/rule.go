package city

import (
	"slices"
	"time"
)

// Step is what a term is for. A case of a kind may have a term for each.
type Step string

// The steps with terms.
const (
	StepRegister Step = "register" // from receipt to registration
	StepConsider Step = "consider" // from registration to the answer
	StepExtend   Step = "extend"   // how much the answer may be put off
	StepTransfer Step = "transfer" // from registration to passing on to who is competent
	StepNotice   Step = "notice"   // from the announcement to the day
)

// Unit is what a term is counted in.
type Unit string

// The units of terms.
const (
	WorkingDays  Unit = "working_days"
	CalendarDays Unit = "calendar_days"
)

// Rule is a term with its time of validity. Days are 2006-01-02; Until is the
// first day on which it no longer holds, "" while it does. Law tells a term that
// stands in a law from the city's own setting.
type Rule struct {
	Code  string
	Kind  string // of case
	Step  Step
	Term  int
	Unit  Unit
	From  string
	Until string
	Basis map[string]string // the law and its article, by language
	Law   bool
}

// RuleAt is the rule for a step of a kind on a day (2006-01-02): the one that
// began last of those that hold.
func RuleAt(rules []Rule, kind string, step Step, day string) (Rule, bool) {
	var found Rule
	ok := false
	for _, r := range rules {
		if r.Kind == kind && r.Step == step && r.From <= day && (r.Until == "" || day < r.Until) && (!ok || r.From > found.From) {
			found, ok = r, true
		}
	}
	return found, ok
}

// Clock is the course of one case under a rule. Registered and Due are days at
// midnight in the city; the case is in time until the end of Due.
type Clock struct {
	Rule       Rule
	Received   time.Time
	Registered time.Time
	Due        time.Time
	Skipped    []Skip
}

// Skip is a day between receipt and due that does not count.
type Skip struct {
	Day time.Time
	Why string // weekend, or holiday for one that the calendar names
}

// End is the last instant at which the case is in time.
func (k Clock) End() time.Time { return k.Due.AddDate(0, 0, 1).Add(-time.Millisecond) }

// Start begins the clock of something received at an instant: it is registered
// on that day if it is worked, else on the next one that is; day 1 is the next
// working day after; it is due at the end of the last day of the term.
func (c *Calendar) Start(r Rule, at time.Time) Clock {
	k := Clock{Rule: r, Received: at, Registered: c.Midnight(at)}
	for !c.Works(k.Registered) {
		k.Registered = k.Registered.AddDate(0, 0, 1)
	}
	k.Due = c.term(r, k.Registered)
	for day := c.Midnight(at); !day.After(k.Due); day = day.AddDate(0, 0, 1) {
		if !c.Works(day) {
			k.Skipped = append(k.Skipped, Skip{Day: day, Why: c.why(day)})
		}
	}
	return k
}

// Extend puts the end of a clock off by the term of a rule.
func (c *Calendar) Extend(r Rule, due time.Time) time.Time { return c.term(r, c.Midnight(due)) }

func (c *Calendar) term(r Rule, from time.Time) time.Time {
	if r.Unit == CalendarDays {
		return from.AddDate(0, 0, r.Term)
	}
	return c.Midnight(c.Add(from, r.Term))
}

func (c *Calendar) why(day time.Time) string {
	n := serial(day)
	if i, ok := slices.BinarySearchFunc(c.named, n, func(d namedDay, n int) int { return d.serial - n }); ok && !c.named[i].worked {
		return "holiday"
	}
	return "weekend"
}
