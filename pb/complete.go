package pb

import (
	"context"
	"math/big"
)

// EqualSharesOptions choose the variant of the Method of Equal Shares.
type EqualSharesOptions struct {
	Utility Utility
	// Add1 raises every voter's share step by step while the result stays
	// within the budget. Nil runs once, with the plain share.
	Add1 *Add1
	// Greedy spends what is left by greedy_score.
	Greedy bool
	// Comparison puts the result to a vote against greedy_score. A draw stays
	// with equal shares.
	Comparison bool
	// WholeShare starts from the share rounded down to whole units of money.
	WholeShare bool
	// Progress, if set, is told now and then how far add1 has come.
	Progress func(increments int)
}

// EqualShares counts by the Method of Equal Shares. Errors are those of the
// context, which ends a count that takes too long, and an increment not above 0.
func EqualShares(ctx context.Context, e *Election, ties *TieOrder, options EqualSharesOptions) (*Outcome, error) {
	o := newOutcome(e, ties)
	m := newShares(e, ties, options.Utility)
	share := new(big.Rat).SetFrac(e.budget, big.NewInt(int64(max(1, e.Voters))))
	if options.WholeShare {
		share.Quo(share, new(big.Rat).SetInt(e.money))
		share.SetInt(new(big.Int).Quo(share.Num(), share.Denom()))
		share.Mul(share, new(big.Rat).SetInt(e.money))
	}
	if options.Add1 == nil {
		m.run(share)
		o.Stop = "no project left that its supporters can pay"
	} else if err := m.add1(ctx, o, share, options); err != nil {
		return nil, err
	}
	m.tell(o)
	if options.Greedy {
		m.spendRest(o)
	}
	if options.Comparison {
		m.compare(o)
	}
	o.Arithmetic = m.count
	return o.finish(e, "equal shares"), nil
}

// tell writes the rounds of the last run, with exact prices, into the outcome.
func (m *shares) tell(o *Outcome) {
	e := m.e
	m.extend(len(m.rounds))
	o.Endowment = &Number{new(big.Rat).Quo(m.endowment, new(big.Rat).SetInt(e.money))}
	left := new(big.Int).Set(e.budget)
	for p := range o.won {
		if m.free(p) {
			o.won[p] = true
			o.Projects[p].Reason, o.Projects[p].Round = WonFree, len(o.Rounds)+1
			o.Rounds = append(o.Rounds, Round{Phase: ForFree, Selected: true, Value: Number{new(big.Rat)}, Left: *e.number(left), project: p})
		}
	}
	perPoint := new(big.Rat).SetFrac(power10(int(e.places)), e.money)
	for r := range m.rounds {
		bought := &m.rounds[r]
		p := bought.project
		price := new(big.Rat).SetFrac(m.chain.prices[r], m.chain.under)
		price.Mul(price, perPoint)
		cost := o.Projects[p].Cost.Rat
		rho := price
		if m.utility == CostUtility {
			rho = new(big.Rat).Quo(price, cost)
		}
		left.Sub(left, e.cost[p])
		round := Round{
			Phase: ByEqualShares, Project: "", Selected: true, Value: Number{rho}, Price: &Number{price},
			PaidFull: int(bought.full), PaidRest: int(bought.rest), Left: *e.number(left), project: p,
		}
		v := &o.Projects[p]
		if e.Header.VoteType.Approves() {
			round.Effective = &Number{new(big.Rat).Quo(cost, price)}
			v.Effective = round.Effective
		}
		if len(bought.tied) > 1 {
			_, round.Tie = m.ties.choose(e, bought.tied)
		}
		o.Rounds = append(o.Rounds, round)
		o.won[p], v.Reason, v.Round = true, Won, len(o.Rounds)
	}
	for p := range o.won {
		if !o.won[p] {
			m.tellLoser(&o.Projects[p], p)
		}
	}
}

// tellLoser says what the supporters of a project had left, exactly.
func (m *shares) tellLoser(v *Verdict, p int) {
	e := m.e
	if e.sides[p].count == 0 {
		v.Reason = LostNoSupport
		return
	}
	if e.cost[p].Sign() == 0 {
		v.Reason = LostNoSupport // under cost utility a free project is worth nothing to anybody
		return
	}
	gap := new(big.Rat).SetFrac(m.gap(p), m.chain.under)
	available := new(big.Rat).Sub(new(big.Rat).SetInt(e.cost[p]), gap)
	money := new(big.Rat).SetInt(e.money)
	v.Reason, v.Available = LostSupporters, &Number{available.Quo(available, money)}
	if m.endowment.Sign() > 0 && gap.Sign() > 0 {
		v.More, v.MoreOf = &Number{ceil(gap.Quo(gap, m.endowment))}, Shares
	}
}

// spendRest spends what is left by greedy_score.
func (m *shares) spendRest(o *Outcome) {
	left := new(big.Int).Set(m.e.budget)
	for p, won := range o.won {
		if won {
			left.Sub(left, m.e.cost[p])
		}
	}
	for p := range o.Projects {
		if !o.won[p] {
			o.Projects[p].More = nil // more votes would change the shares as well
		}
	}
	w := &walk{e: m.e, ties: m.ties, o: o, left: left, phase: ByCompletion}
	w.run()
}

// Preference counts the voters who have more of the projects on their ballot
// in one result than in another of the same election.
func Preference(e *Election, a, b *Outcome) (forA, forB, indifferent int) {
	indifferent = e.Voters
	for g, voters := range e.voters {
		more := 0
		for k := e.start[g]; k < e.start[g+1]; k++ {
			switch p := e.listed[k]; {
			case e.point(k) <= 0 || a.won[p] == b.won[p]:
			case a.won[p]:
				more++
			default:
				more--
			}
		}
		switch {
		case more > 0:
			forA += voters
		case more < 0:
			forB += voters
		}
	}
	return forA, forB, indifferent - forA - forB
}

// compare lets the voters choose between the outcome and greedy_score.
func (m *shares) compare(o *Outcome) {
	greedy := Greedy(m.e, m.ties, GreedyOptions{})
	var won []int
	for p := range o.won {
		if o.won[p] {
			won = append(won, p)
		}
	}
	c := &Comparison{EqualShares: m.e.ids(won), Greedy: greedy.Winners}
	c.ForEqualShares, c.ForGreedy, c.Indifferent = Preference(m.e, o, greedy)
	o.Comparison = c
	if c.ForGreedy > c.ForEqualShares {
		o.take(greedy)
	}
}

// take replaces the result by that of greedy_score, which won the comparison.
func (o *Outcome) take(greedy *Outcome) {
	for p := range o.Projects {
		if o.won[p] && !greedy.won[p] {
			o.Projects[p].Reason, o.Projects[p].More = LostComparison, nil
			continue
		}
		o.Projects[p] = greedy.Projects[p]
		if o.Projects[p].Round > 0 {
			o.Projects[p].Round += len(o.Rounds)
		}
	}
	o.won = greedy.won
	o.Rounds = append(o.Rounds, greedy.Rounds...)
}
