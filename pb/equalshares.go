package pb

import (
	"math"
	"math/big"
	"slices"
)

// Utility is what a voter draws from a project on the ballot. It is additive.
type Utility int

// The utilities. An approval is one point, so for approval ballots they are
// the cardinality and the cost utility of the literature.
const (
	PointsUtility      Utility = iota // the points given
	CostUtility                       // the points times the project's cost
	CardinalityUtility = PointsUtility
)

// half is the relative error of one rounding.
const half = 1.0 / (1 << 53)

// block is how many terms are summed before they go into the sum of blocks,
// which keeps the error of long sums near that of short ones.
const block = 256

// shares runs the Method of Equal Shares, again and again with different
// endowments. Money is in scaled units.
//
// A price is what each supporter pays per point, so a voter with s points
// pays min(money, price·s). Rho, by which projects are compared, is the price
// divided by the project's scale: its cost under cost utility, else 1.
type shares struct {
	e       *Election
	ties    *TieOrder
	utility Utility
	count   Arithmetic

	// Of each project.
	cost      []float64
	total     []float64 // points of all supporters
	scale     []float64
	untouched []int     // place by exact rho while every supporter pays in full, ties settled
	alike     []int     // equal for projects whose exact rho is then equal
	guess     []float64 // the last price
	poorAt    []int     // the round in which its supporters were last too poor

	// Of the running endowment.
	endowment *big.Rat // scaled
	whole     float64  // the same, nearly
	slack     float64  // bound on the error of every purse
	classes   *classes
	purse     []purse // by class
	spentAt   []int32 // by class: the round that took its last money, or never
	boughtAt  []int32 // by project: its round, or never
	seen      []offer // by project: as last looked at
	queue     queue
	aside     []int
	rounds    []purchase
	last      []purchase // rounds of the last smaller endowment, for follow
	chain     chain
}

const never = math.MaxInt32

// purse is what each voter of a class has: money, which is wrong by no more
// than the second number. A purse without money is exactly empty.
type purse struct{ money, wrong float64 }

// offer is what is known of a project's price.
type offer struct {
	round     int      // when it was looked at
	low, high float64  // the price lies between them; high may be infinite
	price     float64  // near the price
	lowRho    float64  // the same bounds for rho
	highRho   float64  //
	untouched bool     // every supporter pays the full price
	unpayable bool     // its supporters have not the money
	exact     *big.Rat // the price, when it had to be computed
}

// purchase is one round.
type purchase struct {
	project    int
	highRho    float64
	untouched  bool
	tied       []int   // all that were exactly tied, when there were several
	full, rest float64 // voters who pay the price, and who give their last money
}

func newShares(e *Election, ties *TieOrder, utility Utility) *shares {
	n := len(e.cost)
	m := &shares{
		e: e, ties: ties, utility: utility,
		cost: make([]float64, n), total: make([]float64, n), scale: make([]float64, n), guess: make([]float64, n), poorAt: make([]int, n),
		classes: newClasses(e), purse: make([]purse, 1), spentAt: make([]int32, 1),
		boughtAt: make([]int32, n), seen: make([]offer, n), queue: queue{key: make([]float64, n)},
	}
	for p := range n {
		m.cost[p], _ = new(big.Float).SetInt(e.cost[p]).Float64()
		m.total[p], _ = new(big.Float).SetInt(e.sides[p].total).Float64()
		m.scale[p] = 1
		if utility == CostUtility {
			m.scale[p] = m.cost[p]
		}
	}
	m.rankUntouched()
	return m
}

// scaleOf is the exact divisor between price and rho.
func (m *shares) scaleOf(p int) *big.Int {
	if m.utility == CostUtility {
		return m.e.cost[p]
	}
	return big.NewInt(1)
}

// buyable reports whether a project can be bought at all: it costs something
// and somebody supports it.
func (m *shares) buyable(p int) bool {
	return m.e.cost[p].Sign() > 0 && m.e.sides[p].count > 0
}

// free reports whether a project is given for nothing.
func (m *shares) free(p int) bool {
	return m.e.cost[p].Sign() == 0 && m.e.sides[p].count > 0 && m.utility != CostUtility
}

// rankUntouched orders projects by the rho they have while none of their
// supporters runs short. Voters who pay less only raise it, so this is also a
// lower bound for any time.
func (m *shares) rankUntouched() {
	var list []int
	rho := make([]*big.Rat, len(m.cost))
	m.untouched, m.alike = make([]int, len(m.cost)), make([]int, len(m.cost))
	for p := range m.cost {
		if m.buyable(p) {
			list = append(list, p)
			rho[p] = new(big.Rat).SetFrac(m.e.cost[p], new(big.Int).Mul(m.e.sides[p].total, m.scaleOf(p)))
		}
	}
	slices.SortFunc(list, func(a, b int) int {
		if d := rho[a].Cmp(rho[b]); d != 0 {
			return d
		}
		return m.ties.rank[a] - m.ties.rank[b]
	})
	for i, p := range list {
		m.untouched[p], m.alike[p] = i, i
		if i > 0 && rho[p].Cmp(rho[list[i-1]]) == 0 {
			m.alike[p] = m.alike[list[i-1]]
		}
	}
}

// begin gives every voter the endowment and forgets the run before.
func (m *shares) begin(endowment *big.Rat) {
	m.count.Runs++
	m.endowment = endowment
	m.whole, _ = endowment.Float64()
	m.slack = 2 * half * m.whole
	m.purse[0], m.spentAt[0] = purse{m.whole, m.slack}, never
	m.rounds = m.rounds[:0]
	m.chain.begin(endowment)
	m.queue.list = m.queue.list[:0]
	for p := range m.cost {
		m.boughtAt[p] = never
		if m.buyable(p) {
			low := m.cost[p] / m.total[p] * (1 - 8*half)
			m.seen[p] = offer{round: -1, low: low, lowRho: low / m.scale[p] * (1 - 4*half)}
			m.queue.push(p, m.seen[p].lowRho)
		}
	}
}

// run buys projects until nobody can pay for another.
func (m *shares) run(endowment *big.Rat) {
	m.begin(endowment)
	for {
		leaders := m.leaders()
		if len(leaders) == 0 {
			return
		}
		leader, tied := m.settle(leaders)
		m.buy(leader, tied)
	}
}

// leaders takes from the queue the projects of which floating point cannot
// prove that another has a smaller rho; often that is one. What a project
// offered in an earlier round bounds its rho from below, so most are never
// looked at again.
func (m *shares) leaders() []int {
	var found []int
	limit := math.Inf(1)
	for len(m.queue.list) > 0 && m.queue.key[m.queue.list[0]] <= limit {
		p := m.queue.pop()
		o := &m.seen[p]
		switch {
		case o.round < len(m.rounds):
			m.look(p)
		case math.IsInf(o.highRho, 1):
			m.settlePrice(p)
		default:
			found = append(found, p)
			limit = min(limit, o.highRho)
			continue
		}
		if !o.unpayable {
			m.queue.push(p, o.lowRho)
		}
	}
	kept := found[:0]
	for _, p := range found {
		if m.seen[p].lowRho <= limit {
			kept = append(kept, p)
		} else {
			m.queue.push(p, m.seen[p].lowRho)
		}
	}
	return kept
}

// settle finds the exact leader and puts the others back.
func (m *shares) settle(leaders []int) (leader int, tied []int) {
	if len(leaders) == 1 {
		return leaders[0], nil
	}
	if !slices.ContainsFunc(leaders, func(p int) bool { return !m.seen[p].untouched }) {
		leader = slices.MinFunc(leaders, func(a, b int) int { return m.untouched[a] - m.untouched[b] })
		for _, p := range leaders {
			if m.alike[p] == m.alike[leader] {
				tied = append(tied, p)
			}
		}
	} else {
		tied = m.exactLeaders(leaders)
		leader = slices.MinFunc(tied, func(a, b int) int { return m.ties.rank[a] - m.ties.rank[b] })
	}
	for _, p := range leaders {
		if p != leader {
			m.queue.push(p, m.seen[p].lowRho)
		}
	}
	if len(tied) == 1 {
		return leader, nil
	}
	return leader, tied
}

// exactLeaders returns the projects with the least exact rho.
func (m *shares) exactLeaders(leaders []int) []int {
	var best *big.Rat
	var tied []int
	for _, p := range leaders {
		if m.seen[p].exact == nil {
			m.settlePrice(p)
		}
		rho := new(big.Rat).Quo(m.seen[p].exact, new(big.Rat).SetInt(m.scaleOf(p)))
		if best == nil || rho.Cmp(best) < 0 {
			best, tied = rho, tied[:0]
		}
		if rho.Cmp(best) == 0 {
			tied = append(tied, p)
		}
	}
	return tied
}

// split is what a trial price says of a project's supporters.
type split struct {
	paid  float64 // money of those who cannot pay it in full
	wrong float64 // bound on its error
	rest  float64 // points of the others
	top   float64 // most money per point among those who cannot
	next  float64 // least money per point among the others
	broke bool    // some supporters have nothing
}

func (m *shares) split(l *payers, price float64) split {
	if len(l.points) == 0 {
		return m.splitApprovals(l, price)
	}
	x := split{next: math.Inf(1)}
	for from := 0; from < len(l.class); from += block {
		to := min(from+block, len(l.class))
		var paid, rest float64
		for i := from; i < to; i++ {
			has, voters := m.purse[l.class[i]], l.voters[i]
			perPoint := has.money / l.points[i]
			switch {
			case perPoint > price:
				rest += voters * l.points[i]
				x.next = min(x.next, perPoint)
			case has.money > 0:
				paid += voters * has.money
				x.wrong += voters * has.wrong
				x.top = max(x.top, perPoint)
			default:
				x.broke = true
			}
		}
		x.paid += paid
		x.rest += rest
	}
	return x
}

// splitApprovals is split where every supporter gives one point. It is where
// a count spends its time, and which voters fall short is as good as random
// for the processor, so it masks instead of branching: numbers from 0 compare
// like their bits, and the sign of a difference spreads over a whole mask.
func (m *shares) splitApprovals(l *payers, price float64) split {
	var x split
	limit := int64(math.Float64bits(price))
	next, least, top := uint64(math.MaxUint64), uint64(math.MaxUint64), uint64(0)
	for from := 0; from < len(l.class); from += block {
		to := min(from+block, len(l.class))
		class, weight := l.class[from:to], l.voters[from:to]
		var paid float64
		for i, k := range class {
			has := &m.purse[k]
			bits, voters := math.Float64bits(has.money), math.Float64bits(weight[i])
			full := uint64((limit - int64(bits)) >> 63)
			short := math.Float64frombits(voters &^ full)
			x.rest += math.Float64frombits(voters & full)
			x.wrong += short * has.wrong
			paid += short * has.money
			next, least, top = min(next, bits|^full), min(least, bits), max(top, bits&^full)
		}
		x.paid += paid
	}
	x.next, x.top, x.broke = math.Inf(1), math.Float64frombits(top), least == 0
	if next != math.MaxUint64 {
		x.next = math.Float64frombits(next)
	}
	return x
}

// look finds the price of a project at the present round.
//
// The least price p solves sum min(money, p·points) = cost. The left side is
// concave, so with X any set of supporters and D the points of the others
//
//	(cost - money of X) / D <= p
//
// with equality for the right set. Newton's steps from any trial price so
// rise to p after the first, and every one of them is a proven lower bound;
// the last is an upper bound too unless the next voter to run short is too
// near for floating point.
func (m *shares) look(p int) {
	m.count.Compared++
	o := &m.seen[p]
	o.round, o.exact = len(m.rounds), nil
	if m.poor(p) {
		o.unpayable = true
		return
	}
	l := m.classes.payers(p, len(m.rounds))
	noise := float64(block+len(l.class)/block+16) * half
	trial, guessed := m.guess[p], true
	if trial <= o.low {
		trial, guessed = o.low, false
	}
	for {
		x := m.split(l, trial)
		wrong := 1.01*x.wrong + noise*(x.paid+m.cost[p])
		if x.rest == 0 {
			if x.paid+wrong < m.cost[p] {
				o.unpayable, m.poorAt[p] = true, len(m.rounds)
				return
			}
			if guessed {
				trial, guessed = o.low, false
				continue
			}
			o.bound(m, p, o.low, 0, math.Inf(1))
			o.untouched = false
			return
		}
		price := (m.cost[p] - x.paid) / x.rest
		if (price > x.next || price < x.top) && (guessed || price > trial) {
			trial, guessed = max(price, o.low), false
			continue
		}
		wrong = 1.01*wrong/x.rest + (2*noise+8*half)*price
		high := price + wrong
		if x.next*(1-4*half)-m.slack < high || x.top > high {
			high = math.Inf(1)
		}
		o.untouched = x.top == 0 && !x.broke && !math.IsInf(high, 1)
		o.bound(m, p, price, wrong, high)
		m.guess[p] = price
		return
	}
}

// poor reports whether the supporters of a project certainly have not its cost
// together. Most projects end so in every run, and a sum over the ballots is
// less work than a list of classes that is used once; a second question at
// the same stage is worth the list.
func (m *shares) poor(p int) bool {
	tree, at := m.classes, len(m.rounds)
	st := &tree.stages[at]
	if st.summed[p] || st.lists[p] != nil || at+1 < len(tree.stages) || at+2 < m.poorAt[p] || m.poorAt[p] == 0 {
		return false
	}
	st.summed[p] = true
	s := &m.e.sides[p]
	var sum, wrong float64
	for from := 0; from < len(s.group); from += block {
		to := min(from+block, len(s.group))
		group, weight := s.group[from:to], s.voters[from:to]
		part := 0.0
		for i, g := range group {
			has := &m.purse[tree.of[g]]
			part += weight[i] * has.money
			wrong += weight[i] * has.wrong
		}
		sum += part
	}
	noise := float64(block+len(s.group)/block+16) * half
	return sum+1.01*wrong+noise*(sum+m.cost[p]) < m.cost[p]
}

// bound keeps a price and what bounds it. Prices never fall during a run.
func (o *offer) bound(m *shares, p int, price, wrong, high float64) {
	o.price, o.high = price, high
	o.low = max(o.low, price-wrong)
	o.lowRho = o.low / m.scale[p] * (1 - 4*half)
	o.highRho = o.high / m.scale[p] * (1 + 4*half)
}

// buy lets the supporters pay.
func (m *shares) buy(p int, tied []int) {
	o := &m.seen[p]
	round := int32(len(m.rounds))
	wrong := max(o.price-o.low, o.high-o.price)
	bought := purchase{project: p, highRho: o.highRho, untouched: o.untouched, tied: tied}
	l, first := m.classes.pay(p, len(m.rounds))
	if more := len(m.classes.parent) - len(m.purse); more > 0 {
		m.purse, m.spentAt = append(m.purse, make([]purse, more)...), append(m.spentAt, make([]int32, more)...)
	}
	purses, spentAt := m.purse[first:], m.spentAt[first:]
	var borders []int
	for i, k := range l.class {
		has, points := m.purse[k], l.float(i)
		pay := o.price * points
		after := has.wrong + wrong*points + 4*half*pay + half*has.money
		switch {
		case has.money == 0:
			purses[i], spentAt[i] = purse{}, m.spentAt[k]
		case has.money > pay+after:
			purses[i], spentAt[i] = purse{has.money - pay, after}, never
			m.slack = max(m.slack, after)
			bought.full += l.voters[i]
		case has.money < pay-after:
			purses[i], spentAt[i] = purse{}, round
			bought.rest += l.voters[i]
		default:
			purses[i], spentAt[i] = purse{max(has.money-pay, math.SmallestNonzeroFloat64), after}, never
			m.slack = max(m.slack, after)
			borders = append(borders, i)
		}
	}
	m.rounds = append(m.rounds, bought)
	if len(borders) > 0 {
		m.settleBorders(l, first, borders)
	}
	m.boughtAt[p] = round
	if m.slack > tolerated*m.whole {
		m.refine()
	}
}

// tolerated is the error, relative to the endowment, above which all money is
// computed anew from exact prices.
const tolerated = 1e-8

// queue is a heap of projects by their least possible rho.
type queue struct {
	list []int
	key  []float64 // by project
}

func (q *queue) push(p int, key float64) {
	q.key[p] = key
	q.list = append(q.list, p)
	for i := len(q.list) - 1; i > 0; {
		up := (i - 1) / 2
		if q.key[q.list[up]] <= q.key[q.list[i]] {
			return
		}
		q.list[up], q.list[i] = q.list[i], q.list[up]
		i = up
	}
}

func (q *queue) pop() int {
	first, last := q.list[0], len(q.list)-1
	q.list[0] = q.list[last]
	q.list = q.list[:last]
	for i := 0; ; {
		least := i
		for down := 2*i + 1; down <= 2*i+2 && down < last; down++ {
			if q.key[q.list[down]] < q.key[q.list[least]] {
				least = down
			}
		}
		if least == i {
			return first
		}
		q.list[i], q.list[least] = q.list[least], q.list[i]
		i = least
	}
}
