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
	coefs  []wide
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

// price returns numerator and divisor of the price of p before the given
// round, if its supporters stand as told: the price is above/(chain.under·points).
func (m *shares) price(p int, round int32, stand func(i int, g int32) int) (above, points *big.Int) {
	e, c := m.e, &m.chain
	s := &e.sides[p]
	if cap(c.coefs) < int(round) {
		c.coefs = make([]wide, 2*round)
	}
	coefs := c.coefs[:round]
	clear(coefs)
	var full wide
	voters := 0
	for i, g := range s.group {
		switch stand(i, g) {
		case paysFull:
			full.add(s.point(i), e.voters[g])
		case paysRest:
			voters += e.voters[g]
			for k := e.start[g]; k < e.start[g+1]; k++ {
				if at := m.boughtAt[e.listed[k]]; at < round && e.point(k) > 0 {
					coefs[at].add(e.point(k), e.voters[g])
				}
			}
		}
	}
	above = new(big.Int).Mul(e.cost[p], c.under)
	var product big.Int
	above.Sub(above, product.Mul(c.share, big.NewInt(int64(voters))))
	for at := range coefs {
		if coefs[at] != (wide{}) {
			above.Add(above, product.Mul(c.prices[at], coefs[at].int()))
		}
	}
	return above, full.int()
}

// point returns what supporter i gives each, scaled.
func (s *supporters) point(i int) int64 {
	if s.points == nil {
		return 1
	}
	return s.whole[i]
}

// float is point, nearly.
func (s *supporters) float(i int) float64 {
	if s.points == nil {
		return 1
	}
	return s.points[i]
}

// extend computes the exact prices of all rounds that have been bought.
func (m *shares) extend(rounds int) {
	c := &m.chain
	for r := len(c.prices); r < rounds; r++ {
		round := int32(r)
		above, points := m.price(m.rounds[r].project, round, func(_ int, g int32) int {
			switch at := m.spentAt[g]; {
			case at > round:
				return paysFull
			case at == round:
				return paysRest
			}
			return paysNothing
		})
		for _, price := range c.prices {
			price.Mul(price, points)
		}
		c.share.Mul(c.share, points)
		c.under.Mul(c.under, points)
		c.prices = append(c.prices, above)
	}
}

// moneyOf returns the exact money of a group's voters after the given number of
// rounds, times chain.under.
func (m *shares) moneyOf(g int32, rounds int32) *big.Int {
	e := m.e
	left := new(big.Int)
	if m.spentAt[g] < rounds {
		return left
	}
	left.Set(m.chain.share)
	var product big.Int
	for k := e.start[g]; k < e.start[g+1]; k++ {
		if at := m.boughtAt[e.listed[k]]; at < rounds && e.point(k) > 0 {
			left.Sub(left, product.Mul(m.chain.prices[at], big.NewInt(e.point(k))))
		}
	}
	return left
}

// short compares the exact money of supporter i with what a price asks.
func (m *shares) short(s *supporters, i int, rounds int32, above, points *big.Int) int {
	has := m.moneyOf(s.group[i], rounds)
	return has.Mul(has, points).Cmp(new(big.Int).Mul(above, big.NewInt(s.point(i))))
}

// settlePrice computes the exact price of a project at the present round, or
// that it cannot be paid. It rises by Newton's steps, and asks for exact
// money only of voters whom floating point cannot place.
func (m *shares) settlePrice(p int) {
	m.count.Exact++
	rounds := int32(len(m.rounds))
	m.extend(len(m.rounds))
	s, o := &m.e.sides[p], &m.seen[p]
	stands := make([]uint8, len(s.group))
	near := o.low
	var above, points *big.Int
	for grown := true; grown; {
		grown = false
		for i, g := range s.group {
			money := m.money[g]
			asked := near * s.float(i)
			switch {
			case money == 0:
				stands[i] = paysNothing
			case stands[i] == paysRest || money-m.slack > asked*(1+8*half):
			case money+m.slack < asked*(1-8*half), above != nil && m.short(s, i, rounds, above, points) < 0:
				stands[i], grown = paysRest, true
			}
		}
		if !grown && above != nil {
			break
		}
		grown = true
		above, points = m.price(p, rounds, func(i int, _ int32) int { return int(stands[i]) })
		if points.Sign() == 0 {
			m.count.Affords++
			o.unpayable = true
			return
		}
		near = quotient(above, new(big.Int).Mul(points, m.chain.under))
	}
	o.exact = new(big.Rat).SetFrac(above, new(big.Int).Mul(points, m.chain.under))
	o.bound(m, p, near, 4*half*near, near*(1+4*half))
}

// settleBorders decides for supporters of the last round, whom floating point
// could not place, whether they are left with anything.
func (m *shares) settleBorders(p int, borders []int) {
	m.count.Borders += len(borders)
	last := len(m.rounds) - 1
	round := int32(last)
	s := &m.e.sides[p]
	m.extend(last)
	var above, points *big.Int
	for grown := true; grown; {
		grown = false
		above, points = m.price(p, round, func(_ int, g int32) int {
			switch at := m.spentAt[g]; {
			case at > round:
				return paysFull
			case at == round:
				return paysRest
			}
			return paysNothing
		})
		for _, i := range borders {
			if m.spentAt[s.group[i]] == never && points.Sign() > 0 && m.short(s, i, round, above, points) < 0 {
				m.spentAt[s.group[i]], grown = round, true
			}
		}
	}
	price := m.seen[p].price
	for _, i := range borders {
		g := s.group[i]
		if m.spentAt[g] == round || m.short(s, i, round, above, points) == 0 {
			m.money[g], m.spentAt[g] = 0, round
			m.rounds[last].rest += s.voters[i]
			continue
		}
		m.money[g] = max(m.money[g]-price*s.float(i), math.SmallestNonzeroFloat64)
		m.rounds[last].full += s.voters[i]
	}
}

// refine computes the money of all voters anew from the exact prices, which
// ends the growth of errors from round to round.
func (m *shares) refine() {
	m.count.Refined++
	m.extend(len(m.rounds))
	price := make([]float64, len(m.rounds))
	for r := range price {
		price[r] = quotient(m.chain.prices[r], m.chain.under)
	}
	e := m.e
	for g := range m.money {
		if m.money[g] == 0 {
			continue
		}
		left := m.whole
		for k := e.start[g]; k < e.start[g+1]; k++ {
			if at := m.boughtAt[e.listed[k]]; at != never && e.point(k) > 0 {
				left -= price[at] * float64(e.point(k))
			}
		}
		m.money[g] = max(left, math.SmallestNonzeroFloat64)
	}
	m.slack = 4 * half * float64(len(m.rounds)+2) * m.whole
}

// quotient returns a/b within a few roundings.
func quotient(a, b *big.Int) float64 {
	x, y := new(big.Float).SetPrec(96).SetInt(a), new(big.Float).SetPrec(96).SetInt(b)
	q, _ := x.Quo(x, y).Float64()
	return q
}
