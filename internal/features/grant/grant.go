// Package grant is the grants of a city for projects of its residents: a
// commission of a district announces a call with its pot, street committees,
// house associations and other groups apply with a budget in which they pay a
// share themselves, the commission decides in a session whose minutes everybody
// reads, and the money of a contract is released in parts, each only after the
// work of the part before has been shown and accepted.
//
// The contact of an applicant is for the staff only. What everybody reads of an
// application is the version that the staff has let through. Money is recorded,
// never moved.
package grant

import (
	"embed"
	"math/big"
	"slices"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/i18n"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations are the tables of this feature.
var Migrations = db.Migrations{Name: "grant", FS: files}

// KindName is the kind of case.
const KindName = "grant"

// The states of an application.
const (
	Submitted = "submitted" // the staff checks whether it is whole
	Rework    = "rework"    // the applicant corrects it
	Admitted  = "admitted"  // everybody reads it, the commission decides
	Approved  = "approved"  // a contract is to be made
	Running   = "running"   // under a contract
	Done      = "done"
	Refused   = "refused"
	Failed    = "failed" // the project, or its contract
	Withdrawn = "withdrawn"
)

// The actions.
const (
	Apply    = "grant.apply"    // and correct, withdraw, report
	Vote     = "grant.vote"     // as a member of the commission of a call
	Internal = "grant.internal" // read applications with their contacts
	Check    = "grant.check"    // let an application through, or return it
	Announce = "grant.call"     // calls and the members of their commissions
	Hold     = "grant.session"  // agendas, and votes that were cast on paper
	Decide   = "grant.decide"   // write down what was decided, close a session
	Contract = "grant.contract" // contracts, tranches, failures
)

// Kind declares the application as a case.
var Kind = &casework.Kind{
	Name:   KindName,
	Prefix: "G-",
	States: []casework.State{
		{Name: Submitted, Open: true},
		{Name: Rework, Open: true},
		{Name: Admitted, Open: true},
		{Name: Approved, Open: true, Answer: true},
		{Name: Running, Open: true},
		{Name: Done, Outcome: Done, Answer: true},
		{Name: Refused, Outcome: Refused, Answer: true},
		{Name: Failed, Outcome: Failed},
		{Name: Withdrawn, Outcome: Withdrawn},
	},
	Transitions: []casework.Transition{
		{From: Submitted, To: Admitted, Action: Check},
		{From: Submitted, To: Rework, Action: Check, Words: true},
		{From: Rework, To: Submitted, Action: Apply},
		{From: Submitted, To: Withdrawn, Action: Apply},
		{From: Rework, To: Withdrawn, Action: Apply},
		{From: Admitted, To: Withdrawn, Action: Apply},
		{From: Admitted, To: Approved, Action: Decide},
		{From: Admitted, To: Rework, Action: Decide, Words: true},
		{From: Admitted, To: Refused, Action: Decide, Words: true},
		{From: Approved, To: Running, Action: Contract},
		{From: Approved, To: Failed, Action: Contract, Words: true},
		{From: Running, To: Done, Action: Contract},
		{From: Running, To: Failed, Action: Contract, Words: true},
	},
	First: Submitted, Duplicate: Withdrawn, Reopened: Submitted,
}

// Tags are the looks of the states among those that all cases share.
var Tags = map[string]string{
	Submitted: "waiting", Rework: "held", Admitted: "waiting", Approved: "fixed", Running: "in_work", Done: "fixed",
	Refused: "not_fixed", Failed: "late", Withdrawn: "duplicate",
}

// Events of an application beside those that all cases share.
const (
	EventReport   = "report"   // of a tranche, with its photos
	EventReleased = "released" // the detail is the number of the tranche
)

// Permissions is who may do what unless the city says otherwise.
func Permissions() []permission.Rule {
	staff := []permission.Role{permission.Clerk, permission.Head}
	heads := []permission.Role{permission.Head}
	return []permission.Rule{
		{Action: Apply, Roles: []permission.Role{permission.Citizen}, Level: permission.Phone},
		{Action: Vote, Roles: []permission.Role{permission.Citizen}, Level: permission.Phone},
		{Action: Internal, Roles: staff},
		{Action: Check, Roles: staff},
		{Action: Announce, Roles: heads},
		{Action: Hold, Roles: staff},
		{Action: Decide, Roles: heads},
		{Action: Contract, Roles: heads},
		{Action: "grant.moderate", Roles: heads}, // show the photos of a report
	}
}

// Texts is a text by language.
type Texts map[string]string

// In is the text in a language, or in the one that is next to it, which is told.
func (t Texts) In(lang string) (text, actual string) { return i18n.Pick(t, lang) }

// Who are the sorts of applicant.
var Who = []string{"street_committee", "house_association", "ngo", "residents", "mtu", "institution"}

// Call is one call of a commission. Money is in tyiyn, instants are Unix
// milliseconds, 0 for not yet.
type Call struct {
	ID        int64
	District  string // code of an area
	Body      int64
	Titles    Texts
	Texts     Texts
	Papers    Texts // which documents are asked for
	Pot       int64
	Cap       int64 // of one grant
	Share     int64 // per cent of the whole that the applicant bears at least
	Quorum    int64 // members who vote on an application
	Who       []string
	Opens     int64
	Closes    int64
	Published int64
	Closed    int64  // by the staff, whatever the term
	Source    string // where the real sums of a demo were published; "" elsewhere
}

// Takes tells whether applications may be sent.
func (c *Call) Takes(now time.Time) bool {
	ms := now.UnixMilli()
	return c.Published != 0 && c.Closed == 0 && c.Opens <= ms && ms < c.Closes
}

// Stand is how the call stands: draft, coming, open or closed.
func (c *Call) Stand(now time.Time) string {
	switch {
	case c.Published == 0:
		return "draft"
	case c.Takes(now):
		return "open"
	case c.Closed == 0 && now.UnixMilli() < c.Opens:
		return "coming"
	}
	return "closed"
}

// Member is somebody of the commission of a call.
type Member struct {
	ID     int64
	Name   string
	Person int64 // with an account, who votes there; 0 votes on paper
	Gone   bool
}

// The payers of a budget line: the grant, or the applicant in one of three ways.
const (
	PayGrant     = "grant"
	PayMoney     = "money"
	PayWork      = "work"
	PayMaterials = "materials"
)

// Payers are the payers in their order.
var Payers = []string{PayGrant, PayMoney, PayWork, PayMaterials}

// Line is one line of a budget.
type Line struct {
	What     string
	Quantity int64 // in thousandths of the unit
	Unit     string
	Price    int64 // of one unit, tyiyn
	Payer    string
}

// Total is what the line costs, to the nearest tyiyn.
func (l Line) Total() int64 { return (l.Quantity*l.Price + 500) / 1000 }

// Sums are what a budget comes to, tyiyn.
type Sums struct{ Asked, Money, Work, Materials int64 }

// SumsOf adds lines up.
func SumsOf(lines []Line) (s Sums) {
	for _, l := range lines {
		switch l.Payer {
		case PayGrant:
			s.Asked += l.Total()
		case PayMoney:
			s.Money += l.Total()
		case PayWork:
			s.Work += l.Total()
		case PayMaterials:
			s.Materials += l.Total()
		}
	}
	return s
}

// Own is what the applicant bears.
func (s Sums) Own() int64 { return s.Money + s.Work + s.Materials }

// Total is what the project costs.
func (s Sums) Total() int64 { return s.Asked + s.Own() }

// Share is the own share in tenths of a per cent of a whole, to the nearest;
// 0 of nothing.
func Share(own, total int64) int64 {
	if total == 0 {
		return 0
	}
	n := new(big.Int).Mul(big.NewInt(own), big.NewInt(2000))
	n.Add(n, big.NewInt(total))
	return n.Div(n, new(big.Int).Mul(big.NewInt(2), big.NewInt(total))).Int64()
}

// bears tells whether the own share is at least so many per cent, exactly.
func (s Sums) bears(percent int64) bool { return s.Own()*100 >= percent*s.Total() }

// Content is what an application says: what everybody reads once it is let
// through. A version of it is kept for each time that it was sent.
type Content struct {
	Title   string
	What    string
	Why     string
	Address string
	Lang    string
	Lines   []Line
}

// Version is one content as it was sent.
type Version struct {
	N  int64
	At int64
	Content
	Sums Sums
}

// Application is what is held beside the case.
type Application struct {
	Case     int64
	Call     int64
	Person   int64
	Who      string // sort of applicant
	Name     string // of the organisation or group, public
	Contact  string // for the staff only
	Phone    string // for the staff only
	N        int64  // newest version
	Shown    int64  // version that everybody reads, 0 for none
	Approved int64  // the grant, tyiyn
	Words    string // what is to be corrected
}

// The outcomes of an item of an agenda.
const (
	Approve = "approve"
	Return  = "return"
	Refuse  = "refuse"
)

// Outcomes are the outcomes in their order.
var Outcomes = []string{Approve, Return, Refuse}

// Session is one session of a commission.
type Session struct {
	ID      int64
	Call    int64
	Begins  int64
	Place   string
	Quorum  int64
	Minutes string
	Closed  int64
}

// Item is one application on the agenda of a session.
type Item struct {
	Session  int64
	Case     int64
	Call     int64
	Position int64
	N        int64 // version that is decided on
	Outcome  string
	Amount   int64
	Reasons  string
}

// Conflict is a member's interest in an application.
type Conflict struct {
	Case   int64
	Member int64
	Reason string
}

// The votes.
const (
	For     = "for"
	Against = "against"
	Abstain = "abstain"
)

// Votes are the votes in their order.
var Votes = []string{For, Against, Abstain}

// Ballot is the vote of one member on one application.
type Ballot struct {
	Case   int64
	Member int64
	Vote   string
	Reason string
}

// Count is how the members voted on one application.
type Count struct{ For, Against, Abstain int64 }

// CountOf counts the votes on an application.
func CountOf(list []Ballot, id int64) (c Count) {
	for _, b := range list {
		if b.Case != id {
			continue
		}
		switch b.Vote {
		case For:
			c.For++
		case Against:
			c.Against++
		case Abstain:
			c.Abstain++
		}
	}
	return c
}

// Cast is how many have voted.
func (c Count) Cast() int64 { return c.For + c.Against + c.Abstain }

// Carried tells whether more than half of those who voted are for it.
func (c Count) Carried() bool { return 2*c.For > c.Cast() }

// Deal is the contract about a grant.
type Deal struct {
	Number  string
	Day     string // 2006-01-02
	Ends    string // day until which the project is carried out
	Sum     int64
	Parties string
}

// Tranche is a part of the money of a contract.
type Tranche struct {
	N        int64
	Sum      int64
	Terms    string
	Released int64
	Report   int64  // event of the photo report, 0 while it is not in
	Act      int64  // document of the acceptance act, 0 while it is not in
	Refusal  string // why the report was not accepted
	Accepted int64
	Due      bool // to be given back
	Returned int64
}

// Next is the tranche that may be released now, 0 for none: the first that was
// not, when everything before has been reported on and accepted.
func Next(list []Tranche) int64 {
	for _, t := range list {
		switch {
		case t.Released == 0:
			return t.N
		case t.Accepted == 0:
			return 0
		}
	}
	return 0
}

// Money is how the money of a grant stands, tyiyn.
type Money struct{ Released, Accepted, Due, Returned int64 }

// MoneyOf adds tranches up.
func MoneyOf(list []Tranche) (m Money) {
	for _, t := range list {
		if t.Released != 0 {
			m.Released += t.Sum
		}
		if t.Accepted != 0 {
			m.Accepted += t.Sum
		}
		if t.Due {
			m.Due += t.Sum
		}
		if t.Returned != 0 {
			m.Returned += t.Sum
		}
	}
	return m
}

// Limits of texts, in characters, and of figures.
const (
	MaxTitle    = 120
	MaxText     = 5000
	MaxName     = 160
	MaxShort    = 300
	MaxLines    = 40
	MaxTranches = 12
	maxQuantity = 1_000_000_000   // thousandths
	maxPrice    = 1_000_000_000   // tyiyn
	maxPot      = 100_000_000_000 // tyiyn, a thousand million som
)

func known(list []string, text string) bool { return slices.Contains(list, text) }
