// Package vote is the participatory budget: a campaign collects ideas of
// residents, the bodies of the city evaluate them, what can be done is put to
// the vote in pots of money, the ballots are counted by a rule that was fixed
// before, and what won becomes projects of the city.
//
// The files, in the order in which a campaign meets them: vote.go (what a
// campaign is), plan.go (which phase opens what), rulebook.go (what is fixed
// before the vote, and its hash), campaign.go (how it is set up).
package vote

import (
	"embed"
	"slices"

	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/i18n"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations are the tables of this feature.
var Migrations = db.Migrations{Name: "vote", FS: files}

// Texts is a text by language.
type Texts map[string]string

// In is the text in a language, or in the one that is next to it, which is told.
func (t Texts) In(lang string) (text, actual string) { return i18n.Pick(t, lang) }

// Campaign is one participatory budget, such as that of a year. Instants are
// Unix milliseconds, 0 for not yet; money is in minor units (tyiyn).
type Campaign struct {
	ID        int64
	Slug      string // in addresses, such as "2027"
	Titles    Texts
	Texts     Texts
	Body      int64 // that runs it
	Plan      Plan
	Rules     Rules
	Pots      []Pot  // by position
	Listed    int64  // when the list of projects was published with its drawn numbers
	Opened    int64  // when voting was opened; from then on nothing of the rule book changes
	Book      string // SHA-256 of the rule book in hexadecimal, once it is opened
	Counted   int64
	Confirmed int64  // when the protests were over and the result became final
	Annulled  int64  // when it was annulled after a protest: it never becomes final
	Key       string // public key that seals ballots, in hexadecimal, once it is opened
	Source    string // where a real election of elsewhere, shown as an example, was published; "" is an own one
}

// Example tells whether it is an election of elsewhere that is only shown.
func (c *Campaign) Example() bool { return c.Source != "" }

// Pot returns a pot by its code.
func (c *Campaign) Pot(code string) (Pot, bool) {
	for _, p := range c.Pots {
		if p.Code == code {
			return p, true
		}
	}
	return Pot{}, false
}

// PotsOf are the pots in which somebody of a district votes: that of the whole
// city and the own one.
func (c *Campaign) PotsOf(district string) (out []Pot) {
	for _, p := range c.Pots {
		if p.District == "" || p.District == district {
			out = append(out, p)
		}
	}
	return out
}

// Districted tells whether some pot is of one district, so that a voter's
// district matters.
func (c *Campaign) Districted() bool {
	return slices.ContainsFunc(c.Pots, func(p Pot) bool { return p.District != "" })
}

// Pot is money for which projects compete: one count of its own.
type Pot struct {
	Code     string // such as "city" or "leninsky"
	District string // code of an area; "" is the whole city
	Titles   Texts
	Amount   int64 // that may be spent
	Cap      int64 // most that one project may cost; 0 is the amount
	MinVotes int64 // fewer and a project cannot win
	MinPicks int   // projects of this pot on a ballot that has any of them
	MaxPicks int   // 0 is no limit
}

// Limit is the most that one project may cost.
func (p *Pot) Limit() int64 {
	if p.Cap != 0 {
		return p.Cap
	}
	return p.Amount
}

// Ballot is how somebody votes in a pot.
type Ballot string

// The ballots.
const (
	Approval Ballot = "approval" // so many projects, each alike
	Knapsack Ballot = "knapsack" // projects that together cost no more than the pot
	Points   Ballot = "points"   // points spread over projects
	Ranking  Ballot = "ranking"  // best first
)

// Ballots are all kinds in the order in which they are offered.
var Ballots = []Ballot{Approval, Knapsack, Points, Ranking}

// Class is by which tie to the city somebody may vote.
type Class string

// The classes.
const (
	Registered Class = "registered"
	Living     Class = "living" // without registration
	Working    Class = "working"
	Studying   Class = "studying"
)

// Classes are all of them, in the order in which they are offered and published.
var Classes = []Class{Registered, Living, Working, Studying}

// Rules are how a campaign votes and counts.
type Rules struct {
	Ballot   Ballot           `json:"ballot"`
	Points   int              `json:"points,omitempty"`   // that a voter spreads in each pot
	MinAge   int              `json:"min_age"`            // full years
	Classes  []Class          `json:"classes"`            // that may vote
	Level    permission.Level `json:"level"`              // how well a voter must be known
	Document bool             `json:"document"`           // the personal number must be given, of which only a keyed hash is kept
	Rule     string           `json:"rule"`               // binding, a name of package pb
	Shadow   string           `json:"shadow,omitempty"`   // counted beside it, without effect
	Ties     []string         `json:"ties"`               // criteria of package pb in their order: "cost", "score", "draw"
	Seed     string           `json:"seed,omitempty"`     // of the lot, drawn when the list is published
	Protest  int              `json:"protest"`            // days in which a result may be protested
	Currency string           `json:"currency,omitempty"` // ISO 4217 of an election of elsewhere; "" is the city's
}

// DefaultRules are what is proposed for a new campaign.
var DefaultRules = Rules{
	Ballot: Approval, Points: 10, MinAge: 16, Classes: Classes, Level: permission.Phone,
	Rule: "greedy_threshold", Shadow: "mes_cost_add1_greedy_comparison", Ties: []string{"cost", "score", "draw"}, Protest: 5,
}

// Project is what is voted on: an idea that was found feasible, as it stands
// on the published list. Money is in minor units.
type Project struct {
	ID       int64
	Pot      string
	Code     string // on the ballot and in the published file, such as "L07": the pot's letter and the drawn number
	Number   int64  // drawn by lot in its pot
	Idea     int64  // the case it comes from, 0 for none
	Source   string // number of that case, such as "I-2026-000012"
	Titles   Texts
	Texts    Texts
	Why      Texts // why it costs this
	Cost     int64
	Upkeep   int64 // a year
	Body     int64 // that would carry it out
	District string
	Category string
	Placed   bool
	Lat, Lon float64
	Geometry string // GeoJSON of a line or an area, "" is the point alone
	Photo    string // key of a blob, "" is none
	Against  string // code of a project with which it cannot be carried out together
	Dropped  string // why it was withdrawn before the vote was opened; "" stands
}

// The actions.
const (
	Manage   = "vote.manage"   // set up a campaign: plan, rules, pots, list
	Evaluate = "vote.evaluate" // an idea, for the body that would carry it out
	Open     = "vote.open"     // open and close the vote, count, confirm
	Enrol    = "vote.enrol"    // let somebody without a telephone vote at a desk, and enter paper on the roll
	Type     = "vote.type"     // type paper ballots
	Observe  = "vote.observe"  // see what is unusual about the casting, never a choice
)

// Permissions is who may do what unless the city says otherwise.
func Permissions() []permission.Rule {
	return []permission.Rule{
		{Action: Manage, Roles: []permission.Role{permission.Admin, permission.Head}},
		{Action: Evaluate, Roles: []permission.Role{permission.Clerk, permission.Head}},
		{Action: Open, Roles: []permission.Role{permission.Admin, permission.Head}},
		{Action: Enrol, Roles: []permission.Role{permission.Clerk, permission.Dispatcher}},
		{Action: Type, Roles: []permission.Role{permission.Clerk, permission.Dispatcher}},
		{Action: Observe, Roles: []permission.Role{permission.Admin, permission.Head, permission.Moderator}},
	}
}
