// Package casework is the engine under everything that a person asks of the
// city: a case has a number, a state, a place, a body that answers for it, a
// clock, and a timeline to which is only ever added. Features declare their
// kind of case, its states and its ways between them; the inbox of the staff,
// the account of the citizen and the statistics serve all kinds alike.
package casework

import (
	"embed"
	"fmt"
	"time"

	"github.com/ashar-kg/ashar/internal/platform/db"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations are the tables of this package.
var Migrations = db.Migrations{Name: "casework", FS: files}

// Visibility says who sees a case.
type Visibility string

// The visibilities. Only Public cases are listed; all but Unconfirmed and
// Hidden ones are counted.
const (
	Public      Visibility = "public"
	Private     Visibility = "private"     // author and staff
	Held        Visibility = "held"        // waits for a moderator
	Unconfirmed Visibility = "unconfirmed" // waits for the author's code
	Hidden      Visibility = "hidden"      // taken down with a reason
)

// State is one state of a kind of case.
type State struct {
	Name    string
	Open    bool   // the city still owes something
	Outcome string // of a closed state: what is counted, such as "fixed"
	Answer  bool   // reaching it answers the author
	Mark    string // how its point shows on the map, a state of package place
}

// Transition is an allowed step between states and the permission it needs.
type Transition struct {
	From, To string
	Action   string
	Reason   bool // a reason of the city's list must be given
	Words    bool // the author must be told something in words
}

// Kind declares one kind of case.
type Kind struct {
	Name        string
	Layer       string // of the map; "" has no points
	Prefix      string // of the number, such as "B-" ; may be empty
	States      []State
	Transitions []Transition
	First       string // state of a new case
	Duplicate   string // state of a case merged into another
	Reopened    string // state of a reopened case
}

// State returns a state by name.
func (k *Kind) State(name string) (State, bool) {
	for _, s := range k.States {
		if s.Name == name {
			return s, true
		}
	}
	return State{}, false
}

// Step returns the transition between two states.
func (k *Kind) Step(from, to string) (Transition, bool) {
	for _, t := range k.Transitions {
		if t.From == from && t.To == to {
			return t, true
		}
	}
	return Transition{}, false
}

// Next returns the transitions out of a state.
func (k *Kind) Next(from string) []Transition {
	var out []Transition
	for _, t := range k.Transitions {
		if t.From == from {
			out = append(out, t)
		}
	}
	return out
}

// Check finds contradictions in a declaration.
func (k *Kind) Check() error {
	for _, name := range []string{k.First, k.Duplicate, k.Reopened} {
		if _, ok := k.State(name); !ok {
			return fmt.Errorf("kind %s: state %q is not declared", k.Name, name)
		}
	}
	for _, t := range k.Transitions {
		_, from := k.State(t.From)
		_, to := k.State(t.To)
		if !from || !to || t.Action == "" {
			return fmt.Errorf("kind %s: step %s → %s is not whole", k.Name, t.From, t.To)
		}
	}
	return nil
}

// File is one case. Instants are Unix milliseconds, 0 for not yet.
type File struct {
	ID         int64
	Kind       string
	Number     string
	State      string
	Open       bool
	Visibility Visibility
	Reason     string // code of the reason of the closed state or of hiding
	Author     int64  // person, 0 when unknown
	AuthorName string // shown to everybody; empty when the author hides it
	Channel    string // web, phone, open311, desk …
	Lang       string
	Category   string
	Body       int64
	Assignee   int64
	District   string
	Placed     bool
	Lat, Lon   float64
	Address    string
	Title      string
	Text       string
	Photo      string // thumbnail of the first public photo
	Parent     int64  // the case that this one was merged into
	Created    int64
	Updated    int64
	Due        int64
	Answered   int64
	Closed     int64
	Seen       int64 // people who see it too
	Reopens    int64
	Rating     int64  // 1 to 5, 0 not rated
	Verdict    string // the author's own word: "fixed", "not_fixed" or ""
	Escalated  bool
	Version    int64
}

// Listed tells whether the case stands in public lists.
func (f *File) Listed() bool { return f.Visibility == Public && f.Parent == 0 }

// Overdue tells whether the city is late with the case.
func (f *File) Overdue(now time.Time) bool { return f.Open && f.Due != 0 && f.Due < now.UnixMilli() }

// CreatedAt returns when the case began.
func (f *File) CreatedAt() time.Time { return time.UnixMilli(f.Created) }

// UpdatedAt returns when the case last changed.
func (f *File) UpdatedAt() time.Time { return time.UnixMilli(f.Updated) }

// DueAt returns when the city has to answer.
func (f *File) DueAt() time.Time { return time.UnixMilli(f.Due) }

// AnsweredAt returns when the city first answered.
func (f *File) AnsweredAt() time.Time { return time.UnixMilli(f.Answered) }

// ClosedAt returns when the case was closed.
func (f *File) ClosedAt() time.Time { return time.UnixMilli(f.Closed) }

// Event is one entry of a timeline. Its instant is in its id.
type Event struct {
	ID     int64
	Case   int64
	Kind   string // created, state, comment, note, assigned, transferred, category, merged, absorbed, reopened, rated, visibility, escalated, delivered, failed, redacted
	Public bool
	Person int64
	Actor  string // shown: a body's short name or a public name; empty is "a resident" or the system
	Body   int64
	State  string // after the event
	Reason string
	Note   string
	Lang   string
	Detail string // codes for the sentence, such as the category before
	Held   bool   // waits for a moderator
	Photos []Photo
}

// The kinds of event.
const (
	EventCreated     = "created"
	EventState       = "state"
	EventComment     = "comment"
	EventNote        = "note"
	EventAssigned    = "assigned"
	EventTransferred = "transferred"
	EventCategory    = "category"
	EventMerged      = "merged"
	EventAbsorbed    = "absorbed"
	EventReopened    = "reopened"
	EventRated       = "rated"
	EventVisibility  = "visibility"
	EventEscalated   = "escalated"
	EventDelivered   = "delivered"
	EventFailed      = "failed"
	EventRedacted    = "redacted"
	EventPhotoFailed = "photo_failed"
	EventExtended    = "extended"
)

// Photo is one picture of a case, kept by its content.
type Photo struct {
	ID            int64
	Case          int64
	Event         int64
	Stage         string // "before" or "after"
	Full, Thumb   string // keys of the blob store
	Width, Height int64
	Public        bool
}
