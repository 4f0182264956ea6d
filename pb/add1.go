package pb

import (
	"context"
	"fmt"
	"math"
	"math/big"
	"slices"
)

// Add1 are the parameters of the completion by raised shares.
type Add1 struct {
	// Increment of each voter's share, in units of money. Nil is one.
	Increment *big.Rat
	// Cap is how many increments are tried at most. 0 is no cap.
	Cap int
	// PastExhaustion goes on though nothing unselected fits any more, as long
	// as the budget holds; otherwise the first exhaustive result is final.
	PastExhaustion bool
}

// result is what a run selects, with its scaled cost.
type result struct {
	won  []bool
	cost *big.Int
}

func (m *shares) result() result {
	w := result{make([]bool, len(m.cost)), new(big.Int)}
	for p := range w.won {
		if w.won[p] = m.free(p) || m.boughtAt[p] != never; w.won[p] {
			w.cost.Add(w.cost, m.e.cost[p])
		}
	}
	return w
}

// complete reports whether all that can be bought is.
func (m *shares) complete(w result) bool {
	for p, won := range w.won {
		if !won && m.buyable(p) {
			return false
		}
	}
	return true
}

// exhaustive reports whether no further project with support fits.
func (m *shares) exhaustive(w result) bool {
	left := new(big.Int).Sub(m.e.budget, w.cost)
	for p, won := range w.won {
		if !won && m.buyable(p) && m.e.cost[p].Cmp(left) <= 0 {
			return false
		}
	}
	return true
}

// add1 raises the endowment until the next increment would overspend, and
// leaves the run whose result counts.
func (m *shares) add1(ctx context.Context, o *Outcome, share *big.Rat, options EqualSharesOptions) error {
	step := big.NewRat(1, 1)
	if options.Add1.Increment != nil {
		step.Set(options.Add1.Increment)
	}
	if step.Sign() <= 0 {
		return fmt.Errorf("pb: the increment of add1 is %s, expected more than 0", FormatAmount(step))
	}
	step.Mul(step, new(big.Rat).SetInt(m.e.money))
	at := func(n int) *big.Rat {
		s := new(big.Rat).Mul(step, new(big.Rat).SetInt64(int64(n)))
		return s.Add(s, share)
	}
	n, err := m.raise(ctx, o, at, options)
	if err != nil {
		return err
	}
	m.run(at(n)) // once more from the beginning, for the ties of each round
	return nil
}

// raise tries one increment after the other and returns the number whose
// result counts. Stretches in which follow proves that every increment buys
// the same are passed in one go.
func (m *shares) raise(ctx context.Context, o *Outcome, at func(int) *big.Rat, options EqualSharesOptions) (n int, err error) {
	m.run(at(0))
	before := m.result()
	o.increments(m, result{}, before, 0, 0)
	for steps := (pace{jump: 2}); ctx.Err() == nil; {
		if o.Stop = m.ended(before, n, options.Add1); o.Stop != "" {
			return n, nil
		}
		if options.Progress != nil {
			options.Progress(n)
		}
		if by := m.skip(&steps, n, at, options.Add1); by > 0 {
			n += by
			o.Increments[len(o.Increments)-1].To = n
			continue
		}
		m.run(at(n + 1))
		now := m.result()
		if now.cost.Cmp(m.e.budget) > 0 {
			o.Stop = fmt.Sprintf("increment %d would cost %s, more than the budget", n+1, FormatAmount(m.e.amount(now.cost)))
			return n, nil
		}
		n++
		o.increments(m, before, now, n, n)
		before = now
	}
	return n, ctx.Err()
}

// ended says why the result of n increments is final, or nothing.
func (m *shares) ended(w result, n int, add1 *Add1) string {
	switch {
	case m.complete(w):
		return "everything that has support is bought"
	case m.exhaustive(w) && !add1.PastExhaustion:
		return "nothing more fits into the budget"
	case add1.Cap > 0 && n == add1.Cap:
		return fmt.Sprintf("the cap of %d increments", n)
	}
	return ""
}

// pace is how raise goes on. Jumps double while they succeed. Where every
// increment changes something they only cost, so after each that fails more
// single steps come before the next.
type pace struct{ jump, single, pause int }

// skip passes a stretch of increments after n that buy the same, and returns
// its length. 0 is none: the next increment has to be run.
func (m *shares) skip(s *pace, n int, at func(int) *big.Rat, add1 *Add1) int {
	if s.single > 0 {
		s.single--
		return 0
	}
	first := s.jump
	if add1.Cap > 0 {
		first = min(first, add1.Cap-n)
	}
	m.last = append(m.last[:0], m.rounds...)
	for by := first; by > 1; by /= 2 {
		if m.follow(at(n + by)) {
			m.count.Skipped += by - 1
			if s.jump, s.pause = by, 0; by == first {
				s.jump = 2 * by
			}
			return by
		}
	}
	s.jump, s.single, s.pause = 2, s.pause, min(2*s.pause+1, 15)
	return 0
}

// increments adds a stretch of increments with the same result to the history.
func (o *Outcome) increments(m *shares, before, now result, from, to int) {
	if slices.Equal(before.won, now.won) {
		o.Increments[len(o.Increments)-1].To = to
		return
	}
	var gained, dropped []int
	count := 0
	for p, won := range now.won {
		if won {
			count++
		}
		if won && (before.won == nil || !before.won[p]) {
			gained = append(gained, p)
		}
		if before.won != nil && before.won[p] && !won {
			dropped = append(dropped, p)
		}
	}
	o.Increments = append(o.Increments, Increment{
		From: from, To: to, Cost: Number{m.e.amount(now.cost)}, Projects: count,
		Gained: m.e.ids(gained), Dropped: m.e.ids(dropped),
	})
}

// follow reports whether a run with this endowment, and with any between it
// and the last one, provably buys the same projects in the same order as the
// last. If so it leaves the run with this endowment.
//
// It holds to the order of the last run. Then, with more money, everybody has
// more money in every round and every price is smaller (by induction over the
// rounds: what is left to a voter, max(0, money - price·points), grows with
// the money and falls with the price). So a project's rho at this endowment
// bounds it from below for the whole stretch, and the winner's rho of the last
// run bounds that one from above. Where the two do not meet, the order is as
// before for every endowment between.
func (m *shares) follow(endowment *big.Rat) bool {
	m.begin(endowment)
	for i := range m.last {
		w := &m.last[i]
		if !m.ahead(w) {
			return false
		}
		if m.look(w.project); m.seen[w.project].unpayable || math.IsInf(m.seen[w.project].high, 1) {
			return false
		}
		m.buy(w.project, nil)
	}
	for len(m.queue.list) > 0 {
		if p := m.queue.pop(); m.boughtAt[p] == never {
			if m.look(p); !m.seen[p].unpayable {
				return false
			}
		}
	}
	return true
}

// ahead reports whether all projects in the queue are behind the winner of a
// round for the whole stretch. While all supporters of the winner pay in full
// its rho stays what it is, and those behind it then cannot come nearer.
func (m *shares) ahead(w *purchase) bool {
	m.aside = m.aside[:0]
	for len(m.queue.list) > 0 && m.queue.key[m.queue.list[0]] <= w.highRho {
		p := m.queue.pop()
		if p == w.project || m.boughtAt[p] != never {
			continue
		}
		if w.untouched && m.untouched[p] > m.untouched[w.project] {
			m.aside = append(m.aside, p)
			continue
		}
		if m.seen[p].round == len(m.rounds) {
			return false
		}
		if m.look(p); !m.seen[p].unpayable {
			m.queue.push(p, m.seen[p].lowRho)
		}
	}
	for _, p := range m.aside {
		m.queue.push(p, m.seen[p].lowRho)
	}
	return true
}
