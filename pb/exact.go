package pb

import (
	"math"
	"math/big"
)

// wide is a sum of products that may not fit 64 bits: of numbers below 10^18
// with numbers of voters below 2^31.
type wide struct{ low, high int64 }

func (w *wide) add(units int64, voters int) {
	w.low += units & (1<<31 - 1) * int64(voters)
	w.high += units >> 31 * int64(voters)
}

func (w wide) int() *big.Int {
	n := new(big.Int).Lsh(big.NewInt(w.high), 31)
	return n.Add(n, big.NewInt(w.low))
}

// chain holds the exact prices of the rounds so far as whole numbers over one
// common denominator. The money of a voter who never ran short is the
// endowment minus prices times points, so whatever has to be known exactly is
// a sum of few prices with whole coefficients. It grows only when asked.
type chain struct {
	share  *big.Int // endowment
	under  *big.Int // the denominator of everything here
	prices []*big.Int
	coefs  []wide // of the prices, in the sum being gathered
	givers int    // voters in that sum
}

func (c *chain) begin(endowment *big.Rat) {
	c.share, c.under = new(big.Int).Set(endowment.Num()), new(big.Int).Set(endowment.Denom())
	c.prices = c.prices[:0]
}

// point returns what entry i of the ballots gives, scaled.
func (e *Election) point(i int) int64 {
	if e.points == nil {
		return 1
	}
	return e.points[i]
}

// Where a supporter stands when a price is computed.
const (
	paysFull = iota
	paysRest // gives the money that is left
	paysNothing
)

// gather starts a sum over voters who give all they have before a round.
func (c *chain) gather(round int) {
	if cap(c.coefs) < round {
		c.coefs = make([]wide, 2*round)
	}
	c.coefs, c.givers = c.coefs[:round], 0
	clear(c.coefs)
}

// give adds voters of a class who never ran short.
func (m *shares) give(class int32, voters int) {
	c, tree := &m.chain, m.classes
	c.givers += voters
	for k := class; k != 0; k = tree.parent[k] {
		c.coefs[tree.round[k]].add(tree.points[k], voters)
	}
}

// lacks returns what the gathered money leaves of a project's cost, times
// chain.under.
func (m *shares) lacks(p int) *big.Int {
	c := &m.chain
	left := new(big.Int).Mul(m.e.cost[p], c.under)
	var product big.Int
	left.Sub(left, product.Mul(c.share, big.NewInt(int64(c.givers))))
	for at := range c.coefs {
		if c.coefs[at] != (wide{}) {
			left.Add(left, product.Mul(c.prices[at], c.coefs[at].int()))
		}
	}
	return left
}

// price returns numerator and divisor of the price of a project at a stage, if
// its supporters stand as told: the price is above/(chain.under·points).
func (m *shares) price(p, stage int, stand func(entry int) int) (above, points *big.Int) {
	l := m.classes.payers(p, stage)
	m.chain.gather(stage)
	var full wide
	for i, k := range l.class {
		switch stand(i) {
		case paysFull:
			full.add(l.point(i), int(l.voters[i]))
		case paysRest:
			m.give(k, int(l.voters[i]))
		}
	}
	return m.lacks(p), full.int()
}

// gap returns what the supporters of a project lack of its cost after all
// rounds, if everybody gives all that is left, times chain.under.
func (m *shares) gap(p int) *big.Int {
	tree := m.classes
	m.chain.gather(len(m.rounds))
	s := &m.e.sides[p]
	for i, g := range s.group {
		k := tree.of[g]
		for int(tree.round[k]) >= len(m.rounds) {
			k = tree.parent[k]
		}
		if m.spentAt[k] == never {
			m.give(k, int(s.voters[i]))
		}
	}
	return m.lacks(p)
}

// stood tells how the payers of a round that is bought stand, from the class
// they came into.
func (m *shares) stood(round int) func(entry int) int {
	first := int(m.classes.stages[round].first)
	return func(entry int) int {
		switch at := int(m.spentAt[first+entry]); {
		case at > round:
			return paysFull
		case at == round:
			return paysRest
		}
		return paysNothing
	}
}

// extend computes the exact prices of the first rounds.
func (m *shares) extend(rounds int) {
	c := &m.chain
	for r := len(c.prices); r < rounds; r++ {
		above, points := m.price(m.rounds[r].project, r, m.stood(r))
		for _, price := range c.prices {
			price.Mul(price, points)
		}
		c.share.Mul(c.share, points)
		c.under.Mul(c.under, points)
		c.prices = append(c.prices, above)
	}
}

// short compares the exact money of a class that never ran short with what a
// price asks of a voter for so many points.
func (m *shares) short(class int32, gives int64, above, points *big.Int) int {
	has := new(big.Int).Set(m.chain.share)
	var product big.Int
	for k := class; k != 0; k = m.classes.parent[k] {
		has.Sub(has, product.Mul(m.chain.prices[m.classes.round[k]], big.NewInt(m.classes.points[k])))
	}
	return has.Mul(has, points).Cmp(product.Mul(above, big.NewInt(gives)))
}

// settlePrice computes the exact price of a project at the present round, or
// that it cannot be paid. It rises by Newton's steps, and asks for exact
// money only of voters whom floating point cannot place.
func (m *shares) settlePrice(p int) {
	m.count.Exact++
	m.extend(len(m.rounds))
	o := &m.seen[p]
	l := m.classes.payers(p, len(m.rounds))
	stands := make([]uint8, len(l.class))
	near := o.low
	var above, points, under *big.Int
	for grown := true; grown; {
		grown = above == nil
		for i, k := range l.class {
			has, asked := m.purse[k], near*l.float(i)
			switch {
			case has.money == 0:
				stands[i] = paysNothing
			case stands[i] == paysRest || has.money-has.wrong > asked*(1+8*half):
			case has.money+has.wrong < asked*(1-8*half), above != nil && m.short(k, l.point(i), above, points) < 0:
				stands[i], grown = paysRest, true
			}
		}
		if !grown {
			break
		}
		above, points = m.price(p, len(m.rounds), func(i int) int { return int(stands[i]) })
		if points.Sign() == 0 {
			m.count.Affords++
			o.unpayable = true
			return
		}
		under = new(big.Int).Mul(points, m.chain.under)
		near = quotient(above, under)
	}
	o.exact = new(big.Rat).SetFrac(above, under)
	o.bound(m, p, near, 4*half*near, near*(1+4*half))
}

// settleBorders decides for payers of the last round, whom floating point
// could not place, whether they are left with anything. Until then they are
// taken to be. Who pays in full with the very last money counts as running
// short one round later, giving nothing: so prices keep a divisor even when
// that is so for all.
func (m *shares) settleBorders(l *payers, first int32, borders []int) {
	m.count.Borders += len(borders)
	last := len(m.rounds) - 1
	bought := &m.rounds[last]
	m.extend(last)
	var above, points *big.Int
	for grown := true; grown; {
		grown = false
		above, points = m.price(bought.project, last, m.stood(last))
		for _, i := range borders {
			to := first + int32(i)
			if m.spentAt[to] == never && m.short(l.class[i], l.point(i), above, points) < 0 {
				m.purse[to], m.spentAt[to], grown = purse{}, int32(last), true
			}
		}
	}
	for _, i := range borders {
		to := first + int32(i)
		if m.spentAt[to] == int32(last) {
			bought.rest += l.voters[i]
			continue
		}
		bought.full += l.voters[i]
		if m.short(l.class[i], l.point(i), above, points) == 0 {
			m.purse[to], m.spentAt[to] = purse{}, int32(last+1)
		}
	}
}

// refine computes the money of all classes anew from the exact prices, which
// ends the growth of errors from round to round.
func (m *shares) refine() {
	m.count.Refined++
	m.extend(len(m.rounds))
	price := make([]float64, len(m.rounds))
	for r := range price {
		price[r] = quotient(m.chain.prices[r], m.chain.under)
	}
	tree := m.classes
	m.slack = 4 * half * float64(len(m.rounds)+2) * m.whole
	m.purse[0].wrong = m.slack
	for k := 1; k < len(tree.parent); k++ {
		if r := int(tree.round[k]); r < len(price) && m.spentAt[k] == never {
			left := m.purse[tree.parent[k]].money - price[r]*float64(tree.points[k])
			m.purse[k] = purse{max(left, math.SmallestNonzeroFloat64), m.slack}
		}
	}
}

// quotient returns a/b within a few roundings.
func quotient(a, b *big.Int) float64 {
	x, y := new(big.Float).SetPrec(96).SetInt(a), new(big.Float).SetPrec(96).SetInt(b)
	q, _ := x.Quo(x, y).Float64()
	return q
}
