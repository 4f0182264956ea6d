package pb

import (
	"math/big"
	"slices"
)

// GreedyOptions choose among the greedy rules in use.
type GreedyOptions struct {
	// ByDensity orders by score per unit of cost instead of by score, which is
	// the greedy rule for cardinality and points utilities. Order by score is
	// the one for cost utilities, and what most cities do.
	ByDensity bool
	// Threshold leaves out projects with a smaller score. Nil is none.
	Threshold *big.Rat
	// NoSkip stops at the first project that does not fit. Projects at the
	// sentinel cost of withdrawn ones are passed over.
	NoSkip bool
	// Reduced, with NoSkip, still funds the first that does not fit when this
	// part of its cost is left (Poznań: 4/5), so more than the budget may be
	// promised. Nil is none.
	Reduced *big.Rat
}

// withdrawn is the cost by which Pabulib marks withdrawn projects.
var withdrawn = big.NewRat(999_999_999, 1)

// Greedy counts by walking down one fixed list of projects.
func Greedy(e *Election, ties *TieOrder, options GreedyOptions) *Outcome {
	o := newOutcome(e, ties)
	w := &walk{e: e, ties: ties, GreedyOptions: options, o: o, left: new(big.Int).Set(e.budget), phase: ByGreedy}
	w.run()
	for p := range o.Projects {
		if v := &o.Projects[p]; !o.won[p] && e.cost[p].Cmp(e.budget) <= 0 {
			w.more(p, v)
		} else if !o.won[p] {
			v.Reason = LostOverBudget
		}
	}
	return o.finish(e, "greedy")
}

// walk is one greedy walk over the projects that have not won yet.
type walk struct {
	GreedyOptions
	e     *Election
	ties  *TieOrder
	o     *Outcome
	left  *big.Int // scaled
	phase Phase
	steps []step // the projects that had their turn
}

// step is one turn: the project, and what was left behind it.
type step struct {
	project int
	left    *big.Int
	stop    bool
}

// compare puts the project with more score, or more score per cost, first.
func (w *walk) compare(a, b int) int {
	e := w.e
	if !w.ByDensity {
		return w.worth(b).Cmp(w.worth(a))
	}
	if e.cost[a].Sign() == 0 || e.cost[b].Sign() == 0 {
		return w.free(b) - w.free(a)
	}
	return new(big.Int).Mul(e.score[b], e.cost[a]).Cmp(new(big.Int).Mul(e.score[a], e.cost[b]))
}

// worth is the score, except that under cost utility nobody gains from a free
// project.
func (w *walk) worth(p int) *big.Int {
	if w.e.cost[p].Sign() == 0 {
		return new(big.Int)
	}
	return w.e.score[p]
}

// free compares densities where a cost is 0: 2 and -2 stand for the infinite
// ones, 1, 0 and -1 for the sign of the others.
func (w *walk) free(p int) int {
	if w.e.cost[p].Sign() == 0 {
		return 2 * w.e.score[p].Sign()
	}
	return w.e.score[p].Sign()
}

// value is what a round shows of the leader.
func (w *walk) value(p int) Number {
	score := w.e.Score(p)
	if w.ByDensity && w.e.cost[p].Sign() > 0 {
		score.Quo(score, w.e.Header.Projects[p].Cost)
	}
	return Number{score}
}

func (w *walk) run() {
	e, o := w.e, w.o
	var list []int
	for p := range o.won {
		if o.won[p] {
			continue
		}
		if w.Threshold != nil && e.Score(p).Cmp(w.Threshold) < 0 {
			o.Projects[p].Reason = LostThreshold
			continue
		}
		list = append(list, p)
	}
	slices.SortFunc(list, func(a, b int) int {
		if d := w.compare(a, b); d != 0 {
			return d
		}
		return w.ties.rank[a] - w.ties.rank[b]
	})
	for i, p := range list {
		tied := 1
		for i+tied < len(list) && w.compare(p, list[i+tied]) == 0 {
			tied++
		}
		if stop := w.turn(p, list[i:i+tied]); stop {
			for _, q := range list[i+1:] {
				o.Projects[q].Reason, o.Projects[q].Left = LostStopped, e.number(w.left)
			}
			return
		}
	}
}

// turn selects the project or not and reports whether the walk ends.
func (w *walk) turn(p int, tied []int) (stop bool) {
	e, o := w.e, w.o
	v := &o.Projects[p]
	v.Left, v.Round = e.number(w.left), len(o.Rounds)+1
	_, tie := w.ties.choose(e, tied)
	round := Round{Phase: w.phase, Value: w.value(p), Tie: tie, project: p}
	switch {
	case e.cost[p].Cmp(w.left) <= 0:
		v.Reason, round.Selected = Won, true
		if w.phase == ByCompletion {
			v.Reason = WonCompletion
		}
	case !w.NoSkip || v.Cost.Cmp(withdrawn) == 0:
		v.Reason = LostTooDear
	case w.Reduced != nil && new(big.Rat).Mul(w.Reduced, v.Cost.Rat).Cmp(v.Left.Rat) <= 0:
		v.Reason, round.Selected, stop = WonReduced, true, true
	default:
		v.Reason, stop = LostTooDear, true
	}
	if round.Selected {
		o.won[p] = true
		w.left = new(big.Int).Sub(w.left, e.cost[p])
	}
	round.Left = *e.number(w.left)
	o.Rounds = append(o.Rounds, round)
	w.steps = append(w.steps, step{p, w.left, stop})
	return stop
}

// more finds the fewest further votes with which a losing project wins: it has
// to come before the project behind which its cost no longer fits.
func (w *walk) more(p int, v *Verdict) {
	e := w.e
	need := new(big.Rat)
	if w.Threshold != nil {
		need.Sub(w.Threshold, v.Score.Rat)
	}
	for _, s := range w.steps {
		if s.project == p || !s.stop && s.left.Cmp(e.cost[p]) >= 0 {
			continue
		}
		score := e.Score(s.project)
		if w.ByDensity {
			score.Mul(score, new(big.Rat).SetFrac(e.cost[p], e.cost[s.project]))
		}
		score.Sub(score, v.Score.Rat)
		if whole := ceil(score); whole.Cmp(score) == 0 && w.ties.rank[p] > w.ties.rank[s.project] {
			score.Add(score, big.NewRat(1, 1))
		}
		if score.Cmp(need) > 0 {
			need = score
		}
		break
	}
	need = ceil(need)
	if need.Sign() <= 0 {
		return
	}
	v.More, v.MoreOf = &Number{need}, Points
	if e.Header.VoteType.Approves() {
		v.MoreOf = Votes
	}
}

// ceil rounds up to a whole number.
func ceil(r *big.Rat) *big.Rat {
	up := new(big.Int).Add(r.Num(), new(big.Int).Sub(r.Denom(), big.NewInt(1)))
	return new(big.Rat).SetInt(up.Div(up, r.Denom()))
}
