// Package pledge records what residents promise towards something that others
// carry out, such as an idea of the participatory budget or a project with a
// grant: money, work or materials. Money is only recorded, never moved: it goes
// from the pledger to whoever carries the project out, who confirms the receipt.
//
// A feature lets its subjects be pledged by giving the service a Source for
// their kind, and shows the public ledger with its form on a page of its own:
//
//	ledger, err := pledges.Ledger(ctx, v.City, v.Actor, pledge.Subject{Kind: "idea", ID: id})
//	…
//	@pledge.Panel(v, ledger, nil)
//
// The form of the panel is sent to /pledges, which tells what is wrong on a page
// of its own and leads back to the page of the subject. A page with the panel may
// be cached: visitors who are not signed in see no form. When a project fails,
// its feature calls Fail inside its own transaction.
package pledge

import (
	"embed"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/db"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations are the tables of this package.
var Migrations = db.Migrations{Name: "pledge", FS: files}

// Subject is what is pledged for.
type Subject struct {
	Kind string
	ID   int64
}

// About is what a feature says of one of its subjects.
type About struct {
	Title     string
	Lang      string // of the title
	Href      string // path of its public page
	Body      int64  // whose staff confirms and returns
	Applicant int64  // who carries it out, and confirms and returns too; 0 for nobody
	Open      bool   // it may be pledged now
	Failed    bool   // what was received is to be given back
}

// Source tells about the subjects of one kind. It answers web.NotFound for what
// the public may not know of.
type Source func(tx *db.Tx, c *city.City, id int64) (About, error)

// The sorts of pledge.
const (
	Money     = "money"
	Work      = "work"
	Materials = "materials"
)

// Sorts are the sorts of pledge in their order.
var Sorts = []string{Money, Work, Materials}

// The states.
const (
	Promised  = "promised"
	Confirmed = "confirmed" // it was received
	Returned  = "returned"  // after it was received
	Withdrawn = "withdrawn" // before it was
)

// States are the states in their order.
var States = []string{Promised, Confirmed, Returned, Withdrawn}

// The actions.
const (
	Promise = "pledge.promise"
	Keep    = "pledge.keep" // confirm and return, for the body of the subject
)

// Permissions is who may do what unless the city says otherwise.
func Permissions() []permission.Rule {
	return []permission.Rule{
		{Action: Promise, Roles: []permission.Role{permission.Citizen}, Level: permission.Known},
		{Action: Keep, Roles: []permission.Role{permission.Clerk, permission.Head}},
	}
}

// Pledge is one promise of a resident. Instants are Unix milliseconds.
type Pledge struct {
	ID        int64
	Subject   Subject
	Body      int64
	Person    int64
	What      string // sort
	Tyiyn     int64  // money, or what materials are thought to be worth
	Hours     int64  // of work
	Words     string // what work or materials; for who receives them only
	Name      string // of the pledger, for who receives it only, unless Named
	Named     bool   // everybody may read the name
	State     string
	Reason    string // why it was returned, or need not be kept any more
	Confirmed int64
	Ended     int64 // when it was returned or withdrawn
}

// Sum is what stands in a ledger for one sort and state.
type Sum struct {
	What, State  string
	Tyiyn, Hours int64
	Count        int64
}

// Ledger is what everybody may know of the pledges for a subject.
type Ledger struct {
	Subject Subject
	About   About
	Sums    []Sum
	List    []Pledge // newest first, without withdrawn ones
	More    int64    // id to go on before; 0 at the end
	Keeper  bool     // the actor may confirm and return
}

// Of is the sum of a sort in a state.
func (l *Ledger) Of(what, state string) Sum {
	for _, s := range l.Sums {
		if s.What == what && s.State == state {
			return s
		}
	}
	return Sum{What: what, State: state}
}

// sorts are those of which anything counts in public, in their order.
func (l *Ledger) sorts() (out []string) {
	for _, what := range Sorts {
		if l.Of(what, Promised).Count+l.Of(what, Confirmed).Count+l.Of(what, Returned).Count > 0 {
			out = append(out, what)
		}
	}
	return out
}

// Limits.
const (
	maxWords  = 300           // characters
	maxReason = 500           // characters
	maxHours  = 1000          // of one pledge
	maxTyiyn  = 1_000_000_000 // of one pledge, ten million som
	minTyiyn  = 100           // one som
	shown     = 20            // pledges on a page
)
