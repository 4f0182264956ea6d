package pb_test

import (
	"errors"
	"fmt"
	"io"
	"math/big"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/ashar-kg/ashar/pb"
)

// ballot and plainElection are an election as the oracle below sees it.
type ballot struct {
	projects []int
	points   []int64
}

type plainElection struct {
	votes   pb.VoteType
	budget  int64
	cost    []int64
	ballots []ballot
}

func (x plainElection) build(t testing.TB) *pb.Election {
	t.Helper()
	h := &pb.Header{VoteType: x.votes, Budget: new(big.Rat).SetInt64(x.budget), Meta: []pb.Field{{Key: "min_project_score_threshold", Value: "2"}}}
	for p, cost := range x.cost {
		h.Projects = append(h.Projects, pb.Project{ID: strconv.Itoa(p), Cost: new(big.Rat).SetInt64(cost)})
	}
	b := pb.NewBuilder(h)
	for _, v := range x.ballots {
		points := make([]pb.Decimal, len(v.points))
		for i, n := range v.points {
			points[i] = pb.Decimal{Units: n}
		}
		if err := b.Add(v.projects, points, 1); err != nil {
			t.Fatal(err)
		}
	}
	return b.Election()
}

type draw struct{ *rand.Rand }

func newDraw(t *testing.T) draw {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	return draw{rand.New(rand.NewPCG(seed, 1))}
}

// election draws a small one. Half are adversarial: huge costs a hair apart,
// or equal, so that floating point sees ties where there are none and the
// other way round.
func (d draw) election(votes pb.VoteType) plainElection {
	x := plainElection{votes: votes}
	n, voters := 1+d.IntN(7), 1+d.IntN(12)
	base, spread := int64(1+d.IntN(20)), int64(1+d.IntN(30))
	if d.IntN(2) == 0 {
		base, spread = 1e15, 1+d.Int64N(4)
	}
	for range n {
		x.cost = append(x.cost, base*(1+d.Int64N(3))+d.Int64N(spread))
		x.budget += x.cost[len(x.cost)-1] / 2
	}
	x.budget += 1 + d.Int64N(3)
	for range voters {
		var b ballot
		for p := range n {
			if d.IntN(2) == 0 {
				points := int64(1)
				if !votes.Approves() {
					points = 1 + d.Int64N(3)
				}
				b.projects, b.points = append(b.projects, p), append(b.points, points)
			}
		}
		x.ballots = append(x.ballots, b)
	}
	return x
}

// oracle is the Method of Equal Shares word for word in fractions, one voter
// at a time: slow, short, and written without a look at the package.
type oracle struct {
	plainElection
	costUtility bool
}

func (x oracle) utility(v, p int) *big.Rat {
	for i, q := range x.ballots[v].projects {
		if q == p {
			u := new(big.Rat).SetInt64(x.ballots[v].points[i])
			if x.costUtility {
				u.Mul(u, new(big.Rat).SetInt64(x.cost[p]))
			}
			return u
		}
	}
	return new(big.Rat)
}

// rho returns the least rho of a project, nil when it cannot be paid.
func (x oracle) rho(p int, money []*big.Rat) *big.Rat {
	var list []int
	all := new(big.Rat)
	for v := range x.ballots {
		if x.utility(v, p).Sign() > 0 {
			list = append(list, v)
			all.Add(all, money[v])
		}
	}
	cost := new(big.Rat).SetInt64(x.cost[p])
	if len(list) == 0 || all.Cmp(cost) < 0 {
		return nil
	}
	per := func(v int) *big.Rat { return new(big.Rat).Quo(money[v], x.utility(v, p)) }
	slices.SortFunc(list, func(a, b int) int { return per(a).Cmp(per(b)) })
	lacks, utility := cost, new(big.Rat)
	for _, v := range list {
		utility.Add(utility, x.utility(v, p))
	}
	for _, v := range list {
		if rho := new(big.Rat).Quo(lacks, utility); rho.Cmp(per(v)) <= 0 {
			return rho
		}
		lacks = new(big.Rat).Sub(lacks, money[v])
		utility.Sub(utility, x.utility(v, p))
	}
	panic("somebody can pay")
}

// run returns the projects bought with a share for everybody, in order.
func (x oracle) run(share *big.Rat) (bought []int) {
	money := make([]*big.Rat, len(x.ballots))
	for v := range money {
		money[v] = share
	}
	for {
		best, first := (*big.Rat)(nil), -1
		for p := range x.cost {
			if slices.Contains(bought, p) {
				continue
			}
			// Ids have one digit, so the first of the tied has the smallest.
			if rho := x.rho(p, money); rho != nil && (best == nil || rho.Cmp(best) < 0) {
				best, first = rho, p
			}
		}
		if first < 0 {
			return bought
		}
		for v := range money {
			pay := new(big.Rat).Mul(best, x.utility(v, first))
			if pay.Cmp(money[v]) > 0 {
				pay = money[v]
			}
			money[v] = new(big.Rat).Sub(money[v], pay)
		}
		bought = append(bought, first)
	}
}

func (x oracle) total(list []int) (sum int64) {
	for _, p := range list {
		sum += x.cost[p]
	}
	return sum
}

func (x oracle) exhausted(list []int) bool {
	for p, cost := range x.cost {
		supported := slices.ContainsFunc(x.ballots, func(b ballot) bool { return slices.Contains(b.projects, p) })
		if supported && !slices.Contains(list, p) && x.total(list)+cost <= x.budget {
			return false
		}
	}
	return true
}

func (x oracle) add1(increment int64) (list []int) {
	share := big.NewRat(x.budget, int64(len(x.ballots)))
	for {
		next := x.run(share)
		if x.total(next) > x.budget {
			return list
		}
		if list = next; x.exhausted(list) {
			return list
		}
		share = new(big.Rat).Add(share, new(big.Rat).SetInt64(increment))
	}
}

func names(list []int) []string {
	out := []string{}
	for _, p := range list {
		out = append(out, strconv.Itoa(p))
	}
	slices.Sort(out)
	return out
}

func TestEqualSharesEqualsFractions(t *testing.T) {
	d := newDraw(t)
	exact := 0
	for i := range 3000 {
		votes := []pb.VoteType{pb.Approval, pb.Cumulative}[i%2]
		x := d.election(votes)
		e := x.build(t)
		increment := max(1, x.budget/int64(20+d.IntN(200)))
		for _, utility := range []pb.Utility{pb.PointsUtility, pb.CostUtility} {
			want := oracle{x, utility == pb.CostUtility}
			o := equalShares(t, e, pb.EqualSharesOptions{Utility: utility})
			exact += o.Arithmetic.Exact + o.Arithmetic.Borders
			if list := names(want.run(big.NewRat(x.budget, int64(len(x.ballots))))); !slices.Equal(o.Winners, list) {
				t.Fatalf("utility %d: %v, fractions say %v\n%+v", utility, o.Winners, list, x)
			}
			checkPayments(t, x, o)
			if i%4 < 2 {
				o = equalShares(t, e, pb.EqualSharesOptions{Utility: utility, Add1: &pb.Add1{Increment: new(big.Rat).SetInt64(increment)}})
				if list := names(want.add1(increment)); !slices.Equal(o.Winners, list) {
					t.Fatalf("add1 with %d, utility %d: %v, fractions say %v\n%+v", increment, utility, o.Winners, list, x)
				}
				checkPayments(t, x, o)
			}
		}
	}
	if exact == 0 {
		t.Error("no election was near enough to a tie for exact arithmetic")
	}
	t.Logf("%d decisions were exact", exact)
}

func equalShares(t testing.TB, e *pb.Election, options pb.EqualSharesOptions) *pb.Outcome {
	t.Helper()
	o, err := pb.EqualShares(t.Context(), e, pb.NewTieOrder(e), options)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// checkPayments plays the told prices through and demands that the result is
// priceable: every project is paid exactly, by its supporters alone, nobody
// spends more than the share, and no other project could still be paid.
func checkPayments(t testing.TB, x plainElection, o *pb.Outcome) {
	t.Helper()
	if o.Cost.Cmp(o.Budget.Rat) > 0 {
		t.Fatalf("cost %v of a budget of %v", o.Cost, o.Budget)
	}
	money := make([]*big.Rat, len(x.ballots))
	for v := range money {
		money[v] = new(big.Rat).Set(o.Endowment.Rat)
	}
	for _, r := range o.Rounds {
		p := slices.IndexFunc(o.Projects, func(v pb.Verdict) bool { return v.Project == r.Project })
		sum, full, rest := new(big.Rat), 0, 0
		for v, b := range x.ballots {
			i := slices.Index(b.projects, p)
			if i < 0 || money[v].Sign() == 0 {
				continue
			}
			pay := new(big.Rat).Mul(r.Price.Rat, new(big.Rat).SetInt64(b.points[i]))
			full++
			if pay.Cmp(money[v]) > 0 {
				pay.Set(money[v])
				full--
				rest++
			}
			money[v].Sub(money[v], pay)
			sum.Add(sum, pay)
		}
		if sum.Cmp(new(big.Rat).SetInt64(x.cost[p])) != 0 || full != r.PaidFull || rest != r.PaidRest {
			t.Fatalf("project %d of cost %d is paid %s by %d and %d voters: %+v\n%+v", p, x.cost[p], sum.RatString(), full, rest, r, x)
		}
	}
	for p := range x.cost {
		left := new(big.Rat)
		for v, b := range x.ballots {
			if slices.Contains(b.projects, p) {
				left.Add(left, money[v])
			}
		}
		v := &o.Projects[p]
		if v.Won {
			continue
		}
		if left.Cmp(v.Cost.Rat) >= 0 {
			t.Fatalf("project %d could still be paid\n%+v", p, x)
		}
		if v.Available != nil && v.Available.Cmp(left) != 0 {
			t.Fatalf("project %d: supporters have %s, told %v", p, left.RatString(), v.Available)
		}
	}
}

// plain reads a file as the oracle sees it.
func plain(t *testing.T, path string) plainElection {
	t.Helper()
	r, err := pb.NewReader(open(t, path))
	if err != nil {
		t.Fatal(err)
	}
	x := plainElection{votes: r.Header.VoteType, budget: r.Header.Budget.Num().Int64()}
	for i := range r.Header.Projects {
		if !r.Header.Projects[i].Cost.IsInt() {
			t.Fatalf("%s: a cost is not whole", path)
		}
		x.cost = append(x.cost, r.Header.Projects[i].Cost.Num().Int64())
	}
	for {
		v, err := r.Next()
		if errors.Is(err, io.EOF) {
			return x
		}
		if err != nil {
			t.Fatal(err)
		}
		b := ballot{projects: slices.Clone(v.Projects)}
		for _, d := range v.Points {
			b.points = append(b.points, d.Units)
		}
		x.ballots = append(x.ballots, b)
	}
}

func TestRealElectionsArePriceable(t *testing.T) {
	files, err := filepath.Glob("testdata/*.pb")
	if err != nil || len(files) < 9 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	for _, file := range files {
		x, e := plain(t, file), election(t, file)
		for _, utility := range []pb.Utility{pb.PointsUtility, pb.CostUtility} {
			checkPayments(t, x, equalShares(t, e, pb.EqualSharesOptions{Utility: utility}))
			checkPayments(t, x, equalShares(t, e, pb.EqualSharesOptions{Utility: utility, Add1: &pb.Add1{}}))
		}
	}
}

// phragmen is the sequential rule word for word.
func phragmen(x plainElection) []int {
	load := make([]*big.Rat, len(x.ballots))
	for v := range load {
		load[v] = new(big.Rat)
	}
	var list, open []int
	for p, cost := range x.cost {
		if cost <= x.budget {
			open = append(open, p)
		}
	}
	spent := int64(0)
	for len(open) > 0 {
		var best *big.Rat
		var tied, unsupported []int
		for _, p := range open {
			sum, n := new(big.Rat).SetInt64(x.cost[p]), int64(0)
			for v, b := range x.ballots {
				if slices.Contains(b.projects, p) {
					sum.Add(sum, load[v])
					n++
				}
			}
			if n == 0 {
				unsupported = append(unsupported, p)
				continue
			}
			sum.Quo(sum, big.NewRat(n, 1))
			if best == nil || sum.Cmp(best) < 0 {
				best, tied = sum, nil
			}
			if sum.Cmp(best) == 0 {
				tied = append(tied, p)
			}
		}
		if best == nil {
			tied = unsupported
		}
		for _, p := range tied {
			if spent+x.cost[p] > x.budget {
				return list
			}
		}
		first := tied[0]
		list, spent = append(list, first), spent+x.cost[first]
		open = slices.DeleteFunc(open, func(p int) bool { return p == first })
		for v, b := range x.ballots {
			if slices.Contains(b.projects, first) {
				load[v] = best
			}
		}
	}
	return list
}

func TestPhragmenEqualsFractions(t *testing.T) {
	d := newDraw(t)
	exact := 0
	for range 3000 {
		x := d.election(pb.Approval)
		o := count(t, x.build(t), "phragmen")
		exact += o.Arithmetic.Exact
		if want := names(phragmen(x)); !slices.Equal(o.Winners, want) {
			t.Fatalf("%v, fractions say %v\n%+v", o.Winners, want, x)
		}
	}
	if exact == 0 {
		t.Error("nothing was near a tie")
	}
}

// The order in which ballots and projects stand in a file changes nothing, and
// no rule but the one that says so spends more than the budget.
func TestOrderAndBudget(t *testing.T) {
	d := newDraw(t)
	for i := range 300 {
		votes := []pb.VoteType{pb.Approval, pb.Cumulative}[i%2]
		x := d.election(votes)
		e := x.build(t)
		y := x
		y.ballots = slices.Clone(x.ballots)
		d.Shuffle(len(y.ballots), func(i, j int) { y.ballots[i], y.ballots[j] = y.ballots[j], y.ballots[i] })
		for _, rule := range pb.Rules(votes) {
			if rule == "greedy_no_skip_80" {
				continue
			}
			a := counted(t, e, rule, x.budget)
			if a.Cost.Cmp(a.Budget.Rat) > 0 {
				t.Fatalf("%s spends %v of %v", rule, a.Cost, a.Budget)
			}
			for _, other := range []*pb.Election{y.build(t), turned(t, y)} {
				if b := counted(t, other, rule, x.budget); !slices.Equal(a.Winners, b.Winners) {
					t.Fatalf("%s: %v, in another order %v\n%+v", rule, a.Winners, b.Winners, x)
				}
			}
		}
	}
}

func counted(t *testing.T, e *pb.Election, rule string, budget int64) *pb.Outcome {
	t.Helper()
	options := pb.EqualSharesOptions{Add1: &pb.Add1{Increment: new(big.Rat).SetInt64(max(1, budget/100))}}
	o, err := pb.Count(t.Context(), e, rule, pb.NewTieOrder(e), options)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// turned builds an election with its projects from the last to the first.
func turned(t *testing.T, x plainElection) *pb.Election {
	t.Helper()
	last := len(x.cost) - 1
	h := &pb.Header{VoteType: x.votes, Budget: new(big.Rat).SetInt64(x.budget), Meta: []pb.Field{{Key: "min_project_score_threshold", Value: "2"}}}
	for p := range x.cost {
		h.Projects = append(h.Projects, pb.Project{ID: fmt.Sprint(last - p), Cost: new(big.Rat).SetInt64(x.cost[last-p])})
	}
	b := pb.NewBuilder(h)
	for _, v := range x.ballots {
		projects, points := make([]int, len(v.projects)), make([]pb.Decimal, len(v.projects))
		for i, p := range v.projects {
			projects[i], points[i] = last-p, pb.Decimal{Units: v.points[i]}
		}
		if err := b.Add(projects, points, 1); err != nil {
			t.Fatal(err)
		}
	}
	return b.Election()
}
