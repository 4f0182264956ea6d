// Package systemic turns many cases about one thing into one issue of the city:
// it finds cases that are alike in place, time and words, proposes them to the
// staff, and what the staff declares is public, has a body that answers, a plan
// and a clock, and tells everybody whose case is part of it at once.
//
// Private cases, such as appeals, count and nothing more: neither their numbers
// nor their words stand on a page that is not for those who work on them.
package systemic

import (
	"slices"
	"strconv"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/likeness"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/i18n"
)

// KindName is the kind of case.
const KindName = "systemic"

// The states.
const (
	Declared = "declared"
	Planned  = "planned" // the city has said what it will do, and when
	Resolved = "resolved"
	Stopped  = "stopped" // closed for a reason that is told, without being resolved
)

// Kind declares the systemic issue as a case.
var Kind = &casework.Kind{
	Name:   KindName,
	Prefix: "S-",
	States: []casework.State{
		{Name: Declared, Open: true},
		{Name: Planned, Open: true, Answer: true},
		{Name: Resolved, Outcome: Resolved, Answer: true},
		{Name: Stopped, Outcome: Stopped, Answer: true},
	},
	Transitions: []casework.Transition{
		{From: Declared, To: Planned, Action: "systemic.work"},
		{From: Declared, To: Resolved, Action: "systemic.resolve", Words: true},
		{From: Planned, To: Resolved, Action: "systemic.resolve", Words: true},
		{From: Declared, To: Stopped, Action: "systemic.resolve", Words: true},
		{From: Planned, To: Stopped, Action: "systemic.resolve", Words: true},
	},
	First: Declared, Duplicate: Stopped, Reopened: Declared,
}

// Events of an issue beside those that all cases share.
const (
	EventPlan   = "plan"   // steps were added or changed
	EventLinked = "linked" // cases were added; the detail is how many
	EventBecame = "became" // it lives on as something else
)

// Tags are the looks of the states among those that all cases share.
var Tags = map[string]string{Declared: "waiting", Planned: "in_work", Resolved: "fixed", Stopped: "not_fixed"}

// Permissions is who may do what unless the city says otherwise.
func Permissions() []permission.Rule {
	leads := []permission.Role{permission.Head, permission.Dispatcher}
	staff := append([]permission.Role{permission.Clerk}, leads...)
	return []permission.Rule{
		{Action: "systemic.internal", Roles: staff},
		{Action: "systemic.work", Roles: staff},
		{Action: "systemic.declare", Roles: leads},
		{Action: "systemic.resolve", Roles: leads},
		{Action: "systemic.transfer", Roles: leads},
		{Action: "systemic.extend", Roles: leads},
	}
}

// Settings are what a city takes for many cases about one thing.
type Settings struct {
	Cases    int `json:"cases"`    // so many at least
	Metres   int `json:"metres"`   // within this radius
	Days     int `json:"days"`     // within so many days
	Likeness int `json:"likeness"` // of the words, in hundredths
}

// DefaultSettings hold until the city sets its own.
var DefaultSettings = Settings{Cases: 5, Metres: 400, Days: 30, Likeness: 100 * likeness.Threshold}

// Section declares the settings for the pages and files that change them.
var Section = city.Section{
	Name: KindName, Default: DefaultSettings,
	Fields: []city.SettingField{
		{Key: "cases", Min: 3, Max: 100},
		{Key: "metres", Min: 50, Max: 3000},
		{Key: "days", Min: 1, Max: 180},
		{Key: "likeness", Min: 10, Max: 95},
	},
}

func settingsOf(c *city.City) (Settings, error) { return city.Settings(c, KindName, DefaultSettings) }

// Texts is a text in the languages in which somebody wrote it, by language.
type Texts map[string]string

// In is the text in a language, or in the one that is next to it, which is told.
func (t Texts) In(lang string) (text, actual string) { return i18n.Pick(t, lang) }

// Words are what an issue says of itself.
type Words struct {
	Titles Texts
	Texts  Texts
}

// Step is one step of the plan.
type Step struct {
	Day   string // until when, 2006-01-02
	State string
	Words Texts
}

// The states of a step.
const (
	ToDo  = "todo"
	Doing = "doing"
	Done  = "done"
)

// StepStates are the states of a step in their order.
var StepStates = []string{ToDo, Doing, Done}

// What an issue may become.
const (
	Project    = "project"
	Commitment = "commitment"
)

// Became is where an issue lives on: an idea for a project or a commitment of
// the city, with the address at which it is found. The zero Became is nowhere.
type Became struct{ Kind, Address string }

// Detail is what an issue holds beside the case.
type Detail struct {
	Words
	Rule   string // code of the term that held on the day of the declaration
	Became Became
	Plan   []Step
}

// Limits of texts, in characters.
const (
	MaxTitle   = 120
	MaxText    = 5000
	MaxStep    = 300
	MaxSteps   = 20
	MaxAddress = 300
)

// The states of a proposal.
const (
	Proposed  = "proposed"
	Accepted  = "accepted"
	Dismissed = "dismissed"
	Ended     = "ended" // its issue is closed; what comes now is new
)

// Proposal is a cluster of cases that a clerk should look at. Lat and Lon are
// its middle.
type Proposal struct {
	ID        int64
	State     string
	Issue     int64
	Body      int64
	Lat, Lon  float64
	Cases     int64
	Dismissed int64 // how many cases it had when it was dismissed last
	Reason    string
	Actor     string // who dismissed it
	Updated   int64
}

// returns tells whether a dismissed proposal has grown by half since.
func (p *Proposal) returns() bool {
	return p.State == Dismissed && 2*p.Cases >= 3*p.Dismissed
}

// Member is one case of a proposal.
type Member struct {
	Case    int64
	Alike   int64 // to the case that brought it in, in hundredths
	Metres  int64 // from there
	Refused bool  // a clerk said that it is about something else
}

// mostCommon is the value that most of the list have; the smallest of several.
func mostCommon(list []int64) (best int64) {
	n := map[int64]int{}
	for _, x := range list {
		n[x]++
	}
	for _, x := range slices.Sorted(slices.Values(list)) {
		if n[x] > n[best] {
			best = x
		}
	}
	return best
}

func itoa(n int) string { return strconv.Itoa(n) }
