// Package hearing is the public hearing: the city gives notice of it in time,
// residents sign up for a session and ask, whoever comes is counted without
// being named, and the minutes say what was asked, what was answered and what
// changed by it. A question is a case with a clock, so an answer that is owed
// shows wherever the city's debts show.
package hearing

import (
	"embed"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/i18n"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations are the tables of this feature.
var Migrations = db.Migrations{Name: "hearing", FS: files}

// The actions.
const (
	Publish  = "hearing.publish"           // give notice of a hearing of a body
	Keep     = "hearing.keep"              // check in, count, write the minutes
	SignFor  = "hearing.desk"              // sign up and ask for somebody who calls
	Work     = "hearing_question.work"     // answer questions
	Moderate = "hearing_question.moderate" // let them through
)

// Permissions is who may do what unless the city says otherwise.
func Permissions() []permission.Rule {
	// An administrator too: a small office has nobody else, and many a body no staff here.
	staff := []permission.Role{permission.Admin, permission.Head, permission.Clerk}
	return []permission.Rule{
		{Action: Publish, Roles: staff},
		{Action: Keep, Roles: staff},
		{Action: SignFor, Roles: []permission.Role{permission.Dispatcher}},
		{Action: Work, Roles: staff},
		{Action: "hearing_question.internal", Roles: staff},
		{Action: "hearing_question.transfer", Roles: []permission.Role{permission.Head}},
		{Action: Moderate, Roles: []permission.Role{permission.Admin, permission.Moderator}},
	}
}

// KindName is the kind of case that a question is.
const KindName = "hearing_question"

// The states of a question.
const (
	Asked    = "asked"
	Answered = "answered"
	Declined = "declined"
)

// Kind declares the question as a case.
var Kind = &casework.Kind{
	Name:   KindName,
	Prefix: "H-",
	States: []casework.State{
		{Name: Asked, Open: true},
		{Name: Answered, Outcome: Answered, Answer: true},
		{Name: Declined, Outcome: Declined, Answer: true},
	},
	Transitions: []casework.Transition{
		{From: Asked, To: Answered, Action: Work, Words: true},
		{From: Asked, To: Declined, Action: Work, Words: true},
	},
	First: Asked, Duplicate: Declined, Reopened: Asked,
}

// Kinds are what a hearing may be about.
var Kinds = []string{"budget_draft", execution, "general_plan", "other"}

// execution is the kind of a hearing on the report of what was done with a budget.
const execution = "budget_execution"

// Texts is a text by language.
type Texts map[string]string

// In is the text in a language, or in the one next to it, which is told.
func (t Texts) In(lang string) (text, actual string) { return i18n.Pick(t, lang) }

// Material is a paper that a hearing is about.
type Material struct {
	Title string
	Link  string // path on this site or https address
}

// Hearing is one. Instants are Unix milliseconds.
type Hearing struct {
	ID        int64
	Body      int64
	Kind      string
	Titles    Texts
	Texts     Texts
	Materials []Material
	Published int64
	Rule      string // code of the term of notice that held then
	Notice    int64  // days that were left before the first session, as the term counts them
	Late      bool   // published later than the term says
	Minutes   string
	MinutesAt int64 // 0 until they are published
	Series    Series
	Person    int64
}

// Series are the sums of hearings of the past of which nothing else is known.
type Series struct {
	On     string // year or day
	Held   int64
	People int64
	Women  int64
	Source string
}

// Session is one meeting of a hearing. Instants are Unix milliseconds.
type Session struct {
	ID       int64
	Hearing  int64
	District string // "" is for the whole city
	Place    string
	Online   string // address, or ""
	Begins   int64
	Ends     int64
	Capacity int64
	Walk     Count  // who came without signing up
	Off      string // why it was called off; "" is a session that is held
	Signed   int64  // places taken
}

// Free is how many places are left.
func (s *Session) Free() int64 { return s.Capacity - s.Signed }

// Open tells whether people can sign up.
func (s *Session) Open(now time.Time) bool {
	return s.Off == "" && now.UnixMilli() < s.Begins && s.Free() > 0
}

// Count are people at a meeting.
type Count struct{ Women, Men, Unsaid int64 }

// All is everybody.
func (c Count) All() int64 { return c.Women + c.Men + c.Unsaid }

func (c *Count) add(o Count) {
	c.Women, c.Men, c.Unsaid = c.Women+o.Women, c.Men+o.Men, c.Unsaid+o.Unsaid
}

// The states of a visit.
const (
	Signed    = "signed"
	Came      = "came"
	Cancelled = "cancelled"
)

// Visit is somebody's place in a session.
type Visit struct {
	ID       int64
	Session  int64
	Person   int64
	Name     string
	Code     string // by which they are checked in
	Sex      string // "women", "men" or "", as they said
	District string // likewise
	State    string
	Lang     string
	Reminded bool
}

// Question is a question or a proposal with what came of it.
type Question struct {
	*casework.File
	Hearing  int64
	Proposal bool   // it proposes, and is decided about
	Put      bool   // it was put at the meeting
	Decision string // about a proposal, or ""
	Change   string // what changed by it
	Line     string // of the budget, in words
	LineAt   string // its page, or ""
	Answer   string
	Lang     string // of the answer
}

// Decisions about a proposal; the answer says why.
var Decisions = []string{Accepted, Partly, Rejected}

// The decisions.
const (
	Accepted = "accepted"
	Partly   = "partly"
	Rejected = "rejected"
)

// Limits of texts, in characters, and of numbers.
const (
	maxTitle    = 200
	maxText     = 5000
	maxPlace    = 300
	maxLink     = 500
	maxName     = 120
	minQuestion = 10
	maxQuestion = 2000
	maxAnswer   = 10000
	maxMinutes  = 50000
	maxCapacity = 20000
	maxPapers   = 50 // files that one hearing is about
	maxWalk     = 20000
)
