package pb

import (
	"context"
	"errors"
	"math"
	"math/big"
	"slices"
)

// Phragmen counts by the sequential rule of Phragmén: the cost of each project
// is spread over its supporters so that the heaviest load stays least. It is
// defined for approvals. The rule ends as soon as a project that leads, even
// tied, does not fit into what is left.
func Phragmen(ctx context.Context, e *Election, ties *TieOrder) (*Outcome, error) {
	if !e.Header.VoteType.Approves() {
		return nil, errors.New("pb: sequential Phragmén counts approvals only")
	}
	o := newOutcome(e, ties)
	m := newLoads(e, ties)
	left := new(big.Int).Set(e.budget)
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		leaders := m.leaders()
		if len(leaders) == 0 {
			o.Stop = "no project is left"
			break
		}
		if i := slices.IndexFunc(leaders, func(p int) bool { return e.cost[p].Cmp(left) > 0 }); i >= 0 {
			o.Stop = "the project " + e.Header.Projects[leaders[i]].ID + " led and did not fit"
			m.tell(o, leaders, left)
			break
		}
		leader, tie := ties.choose(e, leaders)
		load := m.buy(leader)
		left.Sub(left, e.cost[leader])
		round := Round{Phase: ByPhragmen, Selected: true, Left: *e.number(left), Tie: tie, project: leader}
		if load != nil {
			round.Value = Number{load.Quo(load, new(big.Rat).SetInt(e.money))}
		}
		o.Rounds = append(o.Rounds, round)
		v := &o.Projects[leader]
		o.won[leader], v.Reason, v.Round = true, Won, len(o.Rounds)
	}
	for p := range o.Projects {
		if v := &o.Projects[p]; e.cost[p].Cmp(e.budget) > 0 {
			v.Reason = LostOverBudget
		}
	}
	o.Arithmetic = m.count
	return o.finish(e, "phragmen"), nil
}

// loads are what the voters carry. A load is that of the last project bought
// which the voter supports, so exact loads are one number per round.
type loads struct {
	e     *Election
	ties  *TieOrder
	count Arithmetic
	bound []float64 // by group: load, nearly
	last  []int32   // by group: the round whose load it carries; -1 is none
	exact []*big.Rat
	slack float64 // bound on the relative error of bound
	low   []float64
	open  []bool
}

func newLoads(e *Election, ties *TieOrder) *loads {
	n := len(e.cost)
	m := &loads{e: e, ties: ties, bound: make([]float64, len(e.voters)), last: make([]int32, len(e.voters)), low: make([]float64, n), open: make([]bool, n)}
	for g := range m.last {
		m.last[g] = -1
	}
	for p := range m.open {
		m.open[p] = e.cost[p].Cmp(e.budget) <= 0
	}
	return m
}

// look returns a project's load, nearly. Every term is positive, so the sum's
// relative error is small.
func (m *loads) look(p int) float64 {
	s := &m.e.sides[p]
	sum := 0.0
	for from := 0; from < len(s.group); from += block {
		to := min(from+block, len(s.group))
		part := 0.0
		for i := from; i < to; i++ {
			part += s.voters[i] * m.bound[s.group[i]]
		}
		sum += part
	}
	cost, _ := new(big.Float).SetInt(m.e.cost[p]).Float64()
	return (sum + cost) / float64(s.count)
}

// noise bounds the relative error of look.
func (m *loads) noise(p int) float64 {
	return m.slack + float64(block+len(m.e.sides[p].group)/block+16)*half
}

// exactly returns a project's load.
func (m *loads) exactly(p int) *big.Rat {
	m.count.Exact++
	s := &m.e.sides[p]
	carry := make([]int64, len(m.exact))
	for i, g := range s.group {
		if at := m.last[g]; at >= 0 {
			carry[at] += int64(s.voters[i])
		}
	}
	sum := new(big.Rat).SetInt(m.e.cost[p])
	for at, voters := range carry {
		if voters > 0 {
			sum.Add(sum, new(big.Rat).Mul(m.exact[at], new(big.Rat).SetInt64(voters)))
		}
	}
	return sum.Quo(sum, new(big.Rat).SetInt64(int64(s.count)))
}

// leaders returns the projects with exactly the least load, or all that are
// left when nobody supports any.
func (m *loads) leaders() []int {
	var near, rest []int
	limit := math.Inf(1)
	load := make([]float64, len(m.open))
	for p, open := range m.open {
		switch {
		case !open:
		case m.e.sides[p].count == 0:
			rest = append(rest, p)
		case m.low[p] > limit:
		default:
			m.count.Compared++
			load[p] = m.look(p)
			noise := m.noise(p)
			m.low[p] = load[p] * (1 - noise)
			limit = min(limit, load[p]*(1+noise))
			near = append(near, p)
		}
	}
	if len(near) == 0 {
		return rest
	}
	near = slices.DeleteFunc(near, func(p int) bool { return m.low[p] > limit })
	if len(near) == 1 {
		return near
	}
	var best *big.Rat
	var tied []int
	for _, p := range near {
		exact := m.exactly(p)
		if best == nil || exact.Cmp(best) < 0 {
			best, tied = exact, tied[:0]
		}
		if exact.Cmp(best) == 0 {
			tied = append(tied, p)
		}
	}
	return tied
}

// buy puts the project's load on its supporters; nil when there are none.
func (m *loads) buy(p int) *big.Rat {
	m.open[p] = false
	if m.e.sides[p].count == 0 {
		return nil
	}
	exact := m.exactly(p)
	m.count.Exact--
	near, _ := exact.Float64()
	for _, g := range m.e.sides[p].group {
		m.bound[g], m.last[g] = near, int32(len(m.exact))
	}
	m.exact = append(m.exact, exact)
	m.slack = 2 * half
	return new(big.Rat).Set(exact)
}

// tell says of the projects that lost when the rule ended.
func (m *loads) tell(o *Outcome, leaders []int, left *big.Int) {
	for p, open := range m.open {
		if !open {
			continue
		}
		v := &o.Projects[p]
		v.Reason, v.Left = LostStopped, m.e.number(left)
		if slices.Contains(leaders, p) && m.e.cost[p].Cmp(left) > 0 {
			v.Reason = LostTooDear
		}
	}
}
