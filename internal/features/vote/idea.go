package vote

import (
	"time"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/notify"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// IdeaKind is the kind of case of an idea.
const IdeaKind = "idea"

// The states of an idea.
const (
	IdeaNew       = "new"
	IdeaChecked   = "checked"   // its form is in order; the competent body evaluates it
	IdeaReturned  = "returned"  // the author is to put something right, until the end of the clock
	IdeaFeasible  = "feasible"  // it can be done at the cost that is told
	IdeaRefused   = "refused"   // it cannot be done; the author may object
	IdeaObjected  = "objected"  // the author has objected and the campaign's body decides
	IdeaRejected  = "rejected"  // refused for good
	IdeaMerged    = "merged"    // goes on as part of another one
	IdeaWithdrawn = "withdrawn" // by its author
	IdeaListed    = "listed"    // is voted on
)

// IdeaStates are the states in the order in which they are offered.
var IdeaStates = []string{IdeaNew, IdeaChecked, IdeaReturned, IdeaFeasible, IdeaRefused, IdeaObjected, IdeaRejected, IdeaMerged, IdeaWithdrawn, IdeaListed}

// The actions on ideas beside Evaluate and Manage.
const (
	Propose  = "idea.propose"  // send one in, and take part in it
	internal = "idea.internal" // see what the staff sees
	work     = "idea.work"
	moderate = "idea.moderate"
	transfer = "idea.transfer"
)

// Idea declares the idea as a case.
var Idea = &casework.Kind{
	Name: IdeaKind, Prefix: "I-",
	States: []casework.State{
		{Name: IdeaNew, Open: true},
		{Name: IdeaChecked, Open: true},
		{Name: IdeaReturned, Open: true, Answer: true},
		{Name: IdeaFeasible, Outcome: IdeaFeasible, Answer: true},
		{Name: IdeaRefused, Outcome: IdeaRefused, Answer: true},
		{Name: IdeaObjected, Open: true},
		{Name: IdeaRejected, Outcome: IdeaRefused, Answer: true},
		{Name: IdeaMerged, Outcome: IdeaMerged, Answer: true},
		{Name: IdeaWithdrawn, Outcome: IdeaWithdrawn},
		{Name: IdeaListed, Outcome: IdeaListed, Answer: true},
	},
	Transitions: []casework.Transition{
		{From: IdeaNew, To: IdeaChecked, Action: Evaluate},
		{From: IdeaNew, To: IdeaReturned, Action: Evaluate, Words: true},
		{From: IdeaNew, To: IdeaRefused, Action: Evaluate},
		{From: IdeaChecked, To: IdeaReturned, Action: Evaluate, Words: true},
		{From: IdeaChecked, To: IdeaFeasible, Action: Evaluate},
		{From: IdeaChecked, To: IdeaRefused, Action: Evaluate},
		{From: IdeaFeasible, To: IdeaFeasible, Action: Evaluate},
		{From: IdeaReturned, To: IdeaNew, Action: Propose},
		{From: IdeaReturned, To: IdeaRefused, Action: Evaluate},
		{From: IdeaRefused, To: IdeaObjected, Action: Propose, Words: true},
		{From: IdeaObjected, To: IdeaFeasible, Action: Manage},
		{From: IdeaObjected, To: IdeaRejected, Action: Manage},
		{From: IdeaFeasible, To: IdeaListed, Action: Manage},
		{From: IdeaNew, To: IdeaWithdrawn, Action: Propose},
		{From: IdeaChecked, To: IdeaWithdrawn, Action: Propose},
		{From: IdeaReturned, To: IdeaWithdrawn, Action: Propose},
		{From: IdeaFeasible, To: IdeaWithdrawn, Action: Propose},
	},
	First: IdeaNew, Duplicate: IdeaMerged, Reopened: IdeaNew,
}

// IdeaTags are the looks of the states among those that all cases share.
var IdeaTags = map[string]string{
	IdeaNew: "waiting", IdeaChecked: "in_work", IdeaReturned: "held", IdeaFeasible: "fixed", IdeaRefused: "not_fixed", IdeaObjected: "in_work",
	IdeaRejected: "not_fixed", IdeaMerged: "duplicate", IdeaWithdrawn: "duplicate", IdeaListed: "fixed",
}

// Events of an idea beside those that all cases share.
const (
	EventSigned   = "signed" // by a co-author
	EventUnsigned = "unsigned"
	EventMerging  = "merging" // a merge was proposed; the detail is the number of the other idea
	EventKept     = "kept"    // an author declined a merge
)

// question is the detail of a comment that asks the author something.
const question = "question"

// ideaPermissions is who may do what with ideas unless the city says otherwise.
func ideaPermissions() []permission.Rule {
	staff := []permission.Role{permission.Clerk, permission.Head, permission.Admin}
	return []permission.Rule{
		{Action: Propose, Level: permission.Phone, Roles: []permission.Role{permission.Citizen}},
		{Action: internal, Roles: staff},
		{Action: work, Roles: staff},
		{Action: transfer, Roles: staff},
		{Action: moderate, Roles: []permission.Role{permission.Moderator, permission.Admin}},
	}
}

// IdeaCategories are what ideas are about, in the order in which they are offered.
var IdeaCategories = []string{"yard", "playground", "road", "light", "water", "green", "access", "sport", "safety", "culture", "other"}

// Limits of an idea, in characters; money in minor units.
const (
	MaxIdeaTitle = 120
	MaxIdeaText  = 4000
	maxAddress   = 200
	maxIdeaSum   = 1_000_000_000_00
	maxIdeaShots = 4
	minIdeaText  = 30
)

// Detail is what an idea holds beside its case.
type Detail struct {
	Campaign int64
	Pot      string
	Asked    int64  // what its author thinks that it costs, 0 for no idea
	Geometry string // GeoJSON of a line or an area, "" is the point alone
	Titles   Texts
	Texts    Texts
	Reasons  Texts // why it can or cannot be done
	Why      Texts // why it costs this
	Cost     int64
	Upkeep   int64  // a year
	Against  string // number of an idea with which it cannot be carried out together
}

// Version is what an idea said before it was corrected.
type Version struct {
	N     int64
	At    int64
	Title string
	Text  string
	Asked int64
}

// Signer is somebody who supports an idea or has signed it.
type Signer struct {
	Person int64
	Part   string
	Name   string // shown; "" for who only supports
}

// The parts that somebody has in an idea.
const (
	supports = "support"
	signs    = "sign"
)

// Merging is a proposal to merge an idea into another. Both authors have to
// accept it; the idea of an author who is gone is decided by the other alone.
type Merging struct {
	Case, Into   int64
	Note         string
	Mine, Theirs bool // accepted by the author of the idea, and of the other
}

func ideaSubject(id int64) notify.Subject { return notify.Subject{Kind: IdeaKind, ID: id} }

// ideaAt is the address of an idea.
func ideaAt(slug, number string) string { return at(slug) + "/ideas/" + number }

// errPhase refuses what is not open in a campaign now, and says when it is.
func errPhase(c *city.City, x *Campaign, phase Phase, now time.Time) error {
	span, ok := x.Plan.Span(phase)
	key := "vote.phase.never"
	switch {
	case ok && now.UnixMilli() < span.Begins:
		key = "vote.phase.not_yet"
	case ok:
		key = "vote.phase.ended"
	}
	day := func(ms int64) string { return time.UnixMilli(ms).In(c.Zone).Format("02.01.2006 15:04") }
	return &web.Problem{Status: 409, Key: key, Args: []any{"begins", day(span.Begins), "ends", day(span.Ends)}}
}

// during refuses what may be done in some phases only.
func (x *Campaign) during(c *city.City, now time.Time, phases ...Phase) error {
	for _, p := range phases {
		if x.Plan.In(p, now) {
			return nil
		}
	}
	return errPhase(c, x, phases[0], now)
}

// evaluated tells whether an idea has a word of the city.
func evaluated(state string) bool {
	return state == IdeaFeasible || state == IdeaRefused || state == IdeaListed || state == IdeaRejected || state == IdeaObjected
}
