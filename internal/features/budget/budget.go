// Package budget is the budget of the city as everybody may read it: dated
// versions of each year, loaded from the files of the finance body after a
// preview that somebody has confirmed, published by a second step, and shown so
// that every figure leads to the file and the row behind it.
//
// What must never be added is kept apart by the types of package ledger; what
// files say is read by package fdp.
package budget

import (
	"embed"
	"slices"
	"strings"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/features/budget/fdp"
	"github.com/ashar-kg/ashar/internal/features/budget/ledger"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/i18n"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations are the tables of this feature.
var Migrations = db.Migrations{Name: "budget", FS: files}

// The actions.
const (
	Import  = "budget.import"  // read files into versions that wait
	Publish = "budget.publish" // let them out, and what stands around them
	Answer  = "budget.work"    // the questions of residents
)

// Permissions is who may do what unless the city says otherwise.
func Permissions() []permission.Rule {
	leads := []permission.Role{permission.Admin, permission.Head}
	staff := []permission.Role{permission.Admin, permission.Head, permission.Clerk}
	return []permission.Rule{
		{Action: Import, Roles: staff},
		{Action: Publish, Roles: staff},
		{Action: Answer, Roles: staff},
		{Action: "budget.internal", Roles: staff},
		{Action: "budget.transfer", Roles: leads},
		{Action: "budget.moderate", Roles: []permission.Role{permission.Admin, permission.Moderator}},
	}
}

// Settings are the city's own.
type Settings struct {
	Residents int      `json:"residents"` // people of the city, for figures per resident
	Body      []string `json:"body"`      // code of the body that keeps the budget
	Days      int      `json:"days"`      // working days to answer a question
	Locked    []string `json:"locked"`    // functions that nobody moves in the simulator
}

// DefaultSettings hold until the city sets its own. The number of residents is a
// round one without a source, more than the 1.05 million registered: a city sets it.
var DefaultSettings = Settings{Residents: 1_200_000, Body: []string{"econ-fin"}, Days: 14, Locked: []string{"01"}}

// mostResidents is more than any city has.
const mostResidents = 100_000_000

// Section declares the settings.
var Section = city.Section{Name: "budget", Default: DefaultSettings, Fields: []city.SettingField{
	{Key: "residents", Min: 1, Max: mostResidents}, {Key: "body"}, {Key: "days", Min: 1, Max: 60}, {Key: "locked"},
}}

func settingsOf(c *city.City) (Settings, error) {
	return city.Settings(c, Section.Name, DefaultSettings)
}

// KindName is the kind of case that a question about a line is.
const KindName = "budget"

// The states of a question.
const (
	Asked    = "asked"
	Answered = "answered"
	Declined = "declined"
)

// Kind declares the question as a case.
var Kind = &casework.Kind{
	Name:   KindName,
	Prefix: "Q-",
	States: []casework.State{
		{Name: Asked, Open: true},
		{Name: Answered, Outcome: Answered, Answer: true},
		{Name: Declined, Outcome: Declined, Answer: true},
	},
	Transitions: []casework.Transition{
		{From: Asked, To: Answered, Action: Answer, Words: true},
		{From: Asked, To: Declined, Action: Answer, Words: true},
	},
	First: Asked, Duplicate: Declined, Reopened: Asked,
}

// Tags are the looks of the states among those that all cases share.
var Tags = map[string]string{Asked: "waiting", Answered: "fixed", Declined: "not_fixed"}

// The states of a version.
const (
	Loading   = "loading"
	Ready     = "ready" // whole, and seen by the staff only
	Published = "published"
	Withdrawn = "withdrawn" // was public; its words stay on record
)

// The classifications.
const (
	Functional     = "functional"
	Administrative = "administrative"
	Economic       = "economic"
	Fund           = "fund"
	Program        = "program"
)

// Schemes in the order in which they are offered.
var Schemes = []string{Functional, Administrative, Economic, Fund, Program}

// Version is a stored version. Instants are Unix milliseconds.
type Version struct {
	ledger.Version
	Titles    Texts
	Source    string // who wrote it, and where
	FileKey   string // in the blob store
	FileName  string
	Digest    string
	State     string
	Lines     int64
	Residents int64  // of the city then
	Counted   string // who counted the residents, "" untold
	Inferred  bool   // some lines are not from the source
	Excerpt   bool   // only some lines of the document are known: they have no sum
	Creator   int64
	Published int64
}

// Texts is a text by language.
type Texts map[string]string

// In is the text in a language, or in the one next to it, which is told.
func (t Texts) In(lang string) (text, actual string) { return i18n.Pick(t, lang) }

// Line is a stored line.
type Line struct {
	ID        int64
	Key       int64
	Row       int64 // of the file, on which it stands
	Year      ledger.Year
	Direction ledger.Direction
	Amount    ledger.Amount
	Standing  string
	Codes     map[string]string // by scheme; "" is not said
	Project   string
	Labels    Texts
	Note      string
	Inferred  bool
}

// How a line stands to the others.
const (
	Part   = "part"
	Total  = "total"
	Within = "within"
)

// Step is a step of a classification, valid from a day until another.
type Step struct {
	Scheme, Code, Parent string
	From, Until          string
	Names                Texts
}

// langOf tells the language of a label by its letters.
func langOf(s string) string {
	switch {
	case strings.ContainsAny(s, "өүңӨҮҢ"):
		return "ky"
	case strings.ContainsFunc(s, func(r rune) bool { return r >= 'а' && r <= 'я' || r >= 'А' && r <= 'Я' }):
		return "ru"
	}
	return "en"
}

// finest is the last step of a path that has a code; without codes its name
// stands for one.
func finest(path []fdp.Node) string {
	for _, n := range slices.Backward(path) {
		if code := codeOf(n); code != "" {
			return code
		}
	}
	return ""
}

func codeOf(n fdp.Node) string {
	if n.Code != "" {
		return clip(n.Code, maxCode)
	}
	return clip(n.Label, maxCode)
}

// Limits of texts, in characters.
const (
	maxCode  = 120
	maxLabel = 500
	maxNote  = 1000
	maxName  = 200
)

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}
