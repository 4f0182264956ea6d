// Package appeal is the appeal of a person to the city under the law on
// citizens' appeals: a proposal, an application or a complaint, answered in
// writing within a legal term. It is private, and whoever of the staff opens it
// is named to its author.
package appeal

import (
	"strings"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/permission"
)

// KindName is the kind of case.
const KindName = "appeal"

// Forms are what an appeal may be by law.
var Forms = []string{"proposal", "application", "complaint"}

// The states.
const (
	Registered = "registered"
	InWork     = "considered"
	Answered   = "answered"
	Refused    = "refused" // left without consideration, with the ground in law
	Withdrawn  = "withdrawn"
	Joined     = "joined" // to an earlier appeal about the same
	Signal     = "signal" // anonymous: no legal appeal, and under no clock
)

// Grounds on which an appeal may be left without consideration.
var Grounds = []string{"no_author", "insult", "no_substance", "court", "answered_before"}

// Kind declares the appeal as a case.
var Kind = &casework.Kind{
	Name:   KindName,
	Prefix: "A-",
	States: []casework.State{
		{Name: Registered, Open: true},
		{Name: InWork, Open: true},
		{Name: Answered, Outcome: Answered, Answer: true},
		{Name: Refused, Outcome: Refused, Answer: true},
		{Name: Withdrawn, Outcome: Withdrawn},
		{Name: Joined, Outcome: Joined},
		{Name: Signal, Outcome: Signal},
	},
	Transitions: []casework.Transition{
		{From: Registered, To: InWork, Action: "appeal.work"},
		{From: Registered, To: Answered, Action: "appeal.sign", Words: true},
		{From: InWork, To: Answered, Action: "appeal.sign", Words: true},
		{From: Registered, To: Refused, Action: "appeal.sign", Reason: true, Words: true},
		{From: InWork, To: Refused, Action: "appeal.sign", Reason: true, Words: true},
		{From: Registered, To: Signal, Action: "appeal.intake"},
		{From: Registered, To: Withdrawn, Action: "appeal.create"},
		{From: InWork, To: Withdrawn, Action: "appeal.create"},
	},
	First: Registered, Duplicate: Joined, Reopened: Registered,
}

// Permissions is who may do what with appeals unless the city says otherwise.
// The administrator keeps the city running and reads nobody's appeals.
func Permissions() []permission.Rule {
	staff := []permission.Role{permission.Clerk, permission.Head, permission.Dispatcher}
	return []permission.Rule{
		{Action: "appeal.create", Public: true},
		{Action: "appeal.intake", Roles: []permission.Role{permission.Dispatcher}},
		{Action: "appeal.internal", Roles: staff},
		{Action: "appeal.work", Roles: staff},
		{Action: "appeal.publish", Roles: []permission.Role{permission.Clerk, permission.Head}},
		{Action: "appeal.transfer", Roles: staff},
		{Action: "appeal.extend", Roles: []permission.Role{permission.Head}},
		{Action: "appeal.sign", Roles: []permission.Role{permission.Head}},
	}
}

// Limits of texts, in characters.
const (
	MinText    = 20
	MaxText    = 20000
	MaxName    = 120
	MaxAddress = 300
	MaxSigners = 500
)

// Stages of an answer on its way to the signature.
const (
	StageDraft    = "draft"
	StageReview   = "review"
	StageReturned = "returned"
	StageSigned   = "signed"
)

// Detail is what an appeal holds beside the case: personal data, for the body
// that answers only.
type Detail struct {
	Form       string
	Name       string
	Address    string
	Contact    string
	Signers    []string // who appeals together with the author
	AnswerLang string
	Earlier    int64  // case that the author wrote about the same before
	About      int64  // case whose answer is complained about
	Rule       string // code of the term that held on the day of receipt
	Registered string // day, 2006-01-02
	Extended   string // code of the rule by which the term was extended
}

// Answer is the written answer of the city and how far it has come.
type Answer struct {
	Stage     string
	Text      string
	Lang      string
	DraftedBy int64
	Asked     int64  // since when it waits for the signature, Unix milliseconds
	Returned  string // why the draft came back
	SignedBy  int64
	Signer    string
	Body      int64
	SignedAt  int64  // Unix milliseconds
	File      string // blob key of the letter
	Signature string // blob key of its detached electronic signature, "" for none
	Received  int64  // when the author first read it, Unix milliseconds; 0 is not yet
	Code      string // by which anybody may verify the letter
}

// Title is the short name of an appeal: the beginning of its first line.
func Title(text string) string {
	const most = 80
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	r := []rune(line)
	if len(r) <= most {
		return line
	}
	cut := string(r[:most])
	if i := strings.LastIndexByte(cut, ' '); i > most/2 {
		cut = cut[:i]
	}
	return cut + "…"
}

// Tags are the looks of the states among those that all cases share.
var Tags = map[string]string{
	Registered: "waiting", InWork: "in_work", Answered: "fixed", Refused: "not_fixed", Withdrawn: "not_fixed", Joined: "not_fixed", Signal: "held",
}
