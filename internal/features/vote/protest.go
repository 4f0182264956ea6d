package vote

import (
	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/notify"
	"github.com/ashar-kg/ashar/internal/civic/permission"
)

// ProtestKind is the kind of case of a protest against a result.
const ProtestKind = "protest"

// The states of a protest.
const (
	ProtestNew       = "new"
	ProtestRejected  = "rejected"
	ProtestUpheld    = "upheld"    // the result is under correction until something was done about it
	ProtestSettled   = "settled"   // upheld, and the result was counted anew or annulled
	ProtestWithdrawn = "withdrawn" // by who sent it
)

// ProtestTags are the looks of the states among those that all cases share.
var ProtestTags = map[string]string{
	ProtestNew: "waiting", ProtestRejected: "not_fixed", ProtestUpheld: "in_work", ProtestSettled: "fixed", ProtestWithdrawn: "duplicate",
}

// The actions on protests.
const (
	SendProtest   = "protest.send"
	seeProtest    = "protest.internal" // read the words, and stand in the inbox
	workProtest   = "protest.work"
	DecideProtest = "protest.decide" // uphold or reject, and say what is done about it
)

// Protest declares the protest as a case.
var Protest = &casework.Kind{
	Name: ProtestKind, Prefix: "V-",
	States: []casework.State{
		{Name: ProtestNew, Open: true},
		{Name: ProtestUpheld, Open: true, Answer: true},
		{Name: ProtestRejected, Outcome: ProtestRejected, Answer: true},
		{Name: ProtestSettled, Outcome: ProtestUpheld, Answer: true},
		{Name: ProtestWithdrawn, Outcome: ProtestWithdrawn},
	},
	Transitions: []casework.Transition{
		{From: ProtestNew, To: ProtestUpheld, Action: DecideProtest, Words: true},
		{From: ProtestNew, To: ProtestRejected, Action: DecideProtest, Words: true},
		{From: ProtestUpheld, To: ProtestSettled, Action: DecideProtest, Reason: true, Words: true},
		{From: ProtestNew, To: ProtestWithdrawn, Action: SendProtest},
	},
	First: ProtestNew, Duplicate: ProtestWithdrawn, Reopened: ProtestNew,
}

// protestPermissions is who may do what with protests unless the city says otherwise.
func protestPermissions() []permission.Rule {
	return []permission.Rule{
		{Action: SendProtest, Roles: []permission.Role{permission.Citizen}},
		{Action: seeProtest, Roles: []permission.Role{permission.Clerk, permission.Head, permission.Admin}},
		{Action: workProtest, Roles: []permission.Role{permission.Clerk, permission.Head, permission.Admin}},
		{Action: DecideProtest, Roles: []permission.Role{permission.Head, permission.Admin}},
	}
}

// Grounds are on what a protest can rest, in the order in which they are offered.
var Grounds = []string{"ballot", "person", "count", "project", "conduct", "other"}

// The remedies of an upheld protest.
const (
	Recount = "recount" // the published ballots are counted anew, and the days of protest begin again
	Annul   = "annul"   // the result never becomes final
)

// Remedies are all of them, in the order in which they are offered.
var Remedies = []string{Recount, Annul}

// Limits of the words of a protest, in characters.
const (
	minProtest = 20
	MaxProtest = 4000
)

// maxProtests bounds the protests of one person against one result, and
// listed ones of a campaign.
const (
	maxProtests     = 5
	maxProtestsList = 500
)

// Objection is a protest as it is written.
type Objection struct {
	Ground string // of Grounds
	Pot    string // "" is the whole vote
	Text   string
	Lang   string
}

// Objected is a protest with what it holds beside its case.
type Objected struct {
	File     *casework.File
	Campaign int64
	Pot      string
	Reasons  Texts // of the decision
	Remedy   Texts // what was done about an upheld one
}

// protestAt is the address of a protest for who sent it.
func protestAt(slug, number string) string { return at(slug) + "/protests/" + number }

// staffProtestAt is the address where the commission works on a protest.
func staffProtestAt(number string) string { return "/staff/protests/" + number }

func protestSubject(id int64) notify.Subject { return notify.Subject{Kind: ProtestKind, ID: id} }
