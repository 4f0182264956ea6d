package pb

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// Number is an exact number. Its text is decimal where it can be, else a
// fraction such as "1000/3".
type Number struct{ *big.Rat }

func (n Number) String() string {
	if n.Rat == nil {
		return ""
	}
	return FormatAmount(n.Rat)
}

// MarshalText writes the exact text.
func (n Number) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (n *Number) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		n.Rat = nil
		return nil
	}
	r, ok := new(big.Rat).SetString(string(text))
	if !ok {
		return errNumber
	}
	n.Rat = r
	return nil
}

// Outcome is the result of a count with its whole history.
type Outcome struct {
	Rule       string      `json:"rule"`
	Winners    []string    `json:"winners"` // sorted ids
	Cost       Number      `json:"cost"`
	Budget     Number      `json:"budget"`
	Voters     int         `json:"voters"`
	Endowment  *Number     `json:"endowment,omitempty"` // of each voter, where a rule gives one
	Rounds     []Round     `json:"rounds"`
	Projects   []Verdict   `json:"projects"`             // in the order of the file
	Increments []Increment `json:"increments,omitempty"` // of add1
	Stop       string      `json:"stop,omitempty"`       // why the rule ended, in English
	Comparison *Comparison `json:"comparison,omitempty"`
	TieOrder   TieLog      `json:"tie_order"`
	Arithmetic Arithmetic  `json:"arithmetic"`

	won []bool // by project
}

// Round is one step: a project that led the others, and what became of it.
type Round struct {
	Phase    Phase  `json:"phase"`
	Project  string `json:"project"`
	Selected bool   `json:"selected"`
	// Value is what it led by: its score, its score per unit of cost, its rho
	// (payment per unit of utility) or its load.
	Value Number `json:"value"`
	// Price is what each supporter pays per point, so for approvals the most
	// anybody pays; those who have less give what they have.
	Price     *Number `json:"price,omitempty"`
	PaidFull  int     `json:"paid_full,omitempty"` // voters who paid the price
	PaidRest  int     `json:"paid_rest,omitempty"` // voters who gave their last money
	Effective *Number `json:"effective_votes,omitempty"`
	Left      Number  `json:"left"` // of the budget, after the round
	Tie       *Tie    `json:"tie,omitempty"`

	project int
}

// Phase is the part of a rule that a round belongs to.
type Phase string

// The phases.
const (
	ByGreedy      Phase = "greedy"
	ForFree       Phase = "free"
	ByEqualShares Phase = "equal shares"
	ByCompletion  Phase = "greedy completion"
	ByPhragmen    Phase = "phragmen"
)

// Increment tells what increments of add1 gave the same result.
type Increment struct {
	From     int      `json:"from"` // increments added to each voter's share
	To       int      `json:"to"`
	Cost     Number   `json:"cost"`
	Projects int      `json:"projects"`
	Gained   []string `json:"gained,omitempty"` // ids that the line above lacks
	Dropped  []string `json:"dropped,omitempty"`
}

// Comparison is the vote between equal shares and greedy_score: each voter is
// for the result that holds more of the projects on the ballot.
type Comparison struct {
	ForEqualShares int      `json:"for_equal_shares"`
	ForGreedy      int      `json:"for_greedy"`
	Indifferent    int      `json:"indifferent"`
	EqualShares    []string `json:"equal_shares"` // sorted ids
	Greedy         []string `json:"greedy"`
}

// Arithmetic tells how often the count had to go beyond floating point.
type Arithmetic struct {
	Runs     int `json:"runs"`     // runs of the rule, or parts of one
	Compared int `json:"compared"` // candidates set against a round's leader
	Exact    int `json:"exact"`    // of these settled by exact fractions
	Affords  int `json:"affords"`  // exact decisions whether supporters can pay
	Borders  int `json:"borders"`  // exact decisions whether a voter is left with anything
	Refined  int `json:"refined"`  // how often all budgets were computed anew from exact prices
	Skipped  int `json:"skipped"`  // increments proven to change nothing, not run
}

// Reason says why a project won or lost.
type Reason string

// The reasons.
const (
	Won            Reason = "won"
	WonFree        Reason = "won_free"        // costs nothing and has support
	WonCompletion  Reason = "won_completion"  // bought with what the rule left over
	WonReduced     Reason = "won_reduced"     // funded though only a part of its cost was left
	LostTooDear    Reason = "lost_too_dear"   // when its turn came less was left
	LostThreshold  Reason = "lost_threshold"  // score below the least the city asks
	LostStopped    Reason = "lost_stopped"    // the rule had ended before its turn
	LostSupporters Reason = "lost_supporters" // its supporters had spent their money
	LostNoSupport  Reason = "lost_no_support"
	LostOverBudget Reason = "lost_over_budget" // dearer than the whole budget
	LostComparison Reason = "lost_comparison"  // selected by the result that lost the comparison
)

// Verdict is what became of a project and why.
type Verdict struct {
	Project    string  `json:"project"`
	Name       string  `json:"name,omitempty"`
	Cost       Number  `json:"cost"`
	Score      Number  `json:"score"`
	Supporters int     `json:"supporters"`
	Won        bool    `json:"won"`
	Reason     Reason  `json:"reason"`
	Round      int     `json:"round,omitempty"`     // index in Rounds + 1, of a project that had its turn
	Left       *Number `json:"left,omitempty"`      // of the budget when its turn came, or at the end
	Available  *Number `json:"available,omitempty"` // money its supporters still had
	Effective  *Number `json:"effective_votes,omitempty"`
	// More is how many more votes (or points) would have changed it, all other
	// ballots being equal: under greedy the fewest with which it wins; under
	// equal shares further supporters who bring a whole untouched share.
	More    *Number `json:"more,omitempty"`
	MoreOf  Unit    `json:"more_of,omitempty"`
	English string  `json:"english"` // the verdict as a sentence
}

// Unit is what More counts.
type Unit string

// The units.
const (
	Votes  Unit = "votes"
	Points Unit = "points"
	Shares Unit = "shares"
)

// sentence tells the verdict in English.
func (v *Verdict) sentence() string {
	cost := grouped(v.Cost)
	var s string
	switch v.Reason {
	case Won:
		s = "won: it costs " + cost + " and led the others in round " + fmt.Sprint(v.Round)
		if v.Effective != nil {
			s += fmt.Sprintf(", when its %d supporters weighed as much as %s with untouched shares", v.Supporters, grouped(*v.Effective))
		}
	case WonFree:
		s = "won: it costs nothing and has supporters"
	case WonCompletion:
		s = "won: it was bought from what was left over, " + grouped(*v.Left)
	case WonReduced:
		s = fmt.Sprintf("won: it costs %s, %s were left, and the rule funds the first that does not fit", cost, grouped(*v.Left))
	case LostTooDear:
		s = fmt.Sprintf("lost: %s left, cost %s", grouped(*v.Left), cost)
	case LostThreshold:
		s = "lost: its score " + grouped(v.Score) + " is below the least asked"
	case LostStopped:
		s = fmt.Sprintf("lost: the rule ended with %s left, before its turn; cost %s", grouped(*v.Left), cost)
	case LostSupporters:
		s = fmt.Sprintf("lost: its %d supporters had %s left together, cost %s", v.Supporters, grouped(*v.Available), cost)
	case LostNoSupport:
		s = "lost: nobody supports it"
	case LostOverBudget:
		s = "lost: its cost " + cost + " is more than the whole budget"
	case LostComparison:
		s = "lost: more voters prefer the other result"
	}
	if v.Available != nil && v.Reason == LostTooDear {
		s += fmt.Sprintf("; its %d supporters had %s left together", v.Supporters, grouped(*v.Available))
	}
	if v.More != nil {
		noun := string(v.MoreOf)
		if v.MoreOf == Shares {
			noun = "supporters with a whole share each"
		}
		if v.More.Cmp(big.NewRat(1, 1)) == 0 {
			noun = map[Unit]string{Votes: "vote", Points: "point", Shares: "supporter with a whole share"}[v.MoreOf]
		}
		s += fmt.Sprintf("; would have needed %s more %s", grouped(*v.More), noun)
	}
	return s
}

// grouped writes a number for people: at most two decimal places, thousands
// apart.
func grouped(n Number) string {
	text := n.FloatString(2)
	whole, part, _ := strings.Cut(text, ".")
	sign := ""
	if rest, negative := strings.CutPrefix(whole, "-"); negative {
		sign, whole = "-", rest
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + " " + whole[i:]
	}
	if part == "00" {
		return sign + whole
	}
	return sign + whole + "." + part
}

// newOutcome starts an outcome without winners.
func newOutcome(e *Election, ties *TieOrder) *Outcome {
	o := &Outcome{
		Budget: Number{e.Header.Budget}, Voters: e.Voters, TieOrder: ties.log(e),
		won: make([]bool, len(e.cost)), Projects: make([]Verdict, len(e.cost)), Rounds: []Round{},
	}
	for p := range o.Projects {
		project := &e.Header.Projects[p]
		o.Projects[p] = Verdict{
			Project: project.ID, Name: project.Name, Cost: Number{project.Cost},
			Score: Number{e.Score(p)}, Supporters: e.sides[p].count,
		}
	}
	return o
}

// finish fills what follows from the winners.
func (o *Outcome) finish(e *Election, rule string) *Outcome {
	o.Rule = rule
	spent := new(big.Int)
	var winners []int
	for p, won := range o.won {
		o.Projects[p].Won = won
		o.Projects[p].English = o.Projects[p].sentence()
		if won {
			winners = append(winners, p)
			spent.Add(spent, e.cost[p])
		}
	}
	o.Winners, o.Cost = e.ids(winners), Number{e.amount(spent)}
	for i := range o.Rounds {
		o.Rounds[i].Project = e.Header.Projects[o.Rounds[i].project].ID
	}
	return o
}

// number wraps scaled money.
func (e *Election) number(scaled *big.Int) *Number { return &Number{e.amount(scaled)} }

// Won reports whether a project is among the winners.
func (o *Outcome) Won(id string) bool {
	_, found := slices.BinarySearch(o.Winners, id)
	return found
}
