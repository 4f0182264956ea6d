package pb_test

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ashar-kg/ashar/pb"
)

func count(t testing.TB, e *pb.Election, rule string, ties ...pb.TieBreak) *pb.Outcome {
	t.Helper()
	o, err := pb.Count(t.Context(), e, rule, pb.NewTieOrder(e, ties...), pb.EqualSharesOptions{})
	if err != nil {
		t.Fatalf("%s: %v", rule, err)
	}
	return o
}

func TestRulesEqualReferences(t *testing.T) {
	for _, dir := range []string{"testdata", shared(t)} {
		if dir == "" {
			continue
		}
		n := 0
		for file, rules := range references(t, dir) {
			e := election(t, filepath.Join(dir, file))
			for rule, want := range rules {
				n++
				if o := count(t, e, rule); !slices.Equal(o.Winners, want.Winners) || o.Cost.String() != want.Cost {
					t.Errorf("%s %s: %v for %v, want %v for %s", file, rule, o.Winners, o.Cost, want.Winners, want.Cost)
				}
			}
		}
		if n < 90 {
			t.Errorf("only %d references", n)
		}
		t.Logf("%d results equal their references in %s", n, dir)
	}
}

// The winners that cities announced follow from their own totals by the rule
// they name, with few exceptions that the files' comments explain.
func TestCitiesOwnWinners(t *testing.T) {
	dir := shared(t)
	if dir == "" {
		return
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.pb*"))
	if err != nil {
		t.Fatal(err)
	}
	checked, different := 0, 0
	for _, file := range files {
		r, err := pb.NewReader(open(t, file))
		if err != nil {
			t.Fatal(err)
		}
		rule := map[string]string{"greedy": "greedy_score", "greedy-threshold": "greedy_threshold", "greedy-no-skip": "greedy_no_skip"}[r.Header.Get("rule")]
		if rule == "" || !slices.Contains(r.Header.ProjectColumns, "selected") {
			continue
		}
		e, announced := fromTotals(t, r.Header)
		checked++
		if o := count(t, e, rule, pb.FileOrder); !slices.Equal(o.Winners, announced) {
			different++
			t.Logf("%s: counted %v, announced %v", filepath.Base(file), o.Winners, announced)
		}
	}
	if checked < 50 || different > checked/50 {
		t.Errorf("%d of %d differ", different, checked)
	}
	t.Logf("%d of %d announced results follow from the announced totals", checked-different, checked)
}

// fromTotals makes an election that has the scores a city published.
func fromTotals(t *testing.T, h *pb.Header) (*pb.Election, []string) {
	t.Helper()
	points := *h
	points.VoteType = pb.Scoring
	b := pb.NewBuilder(&points)
	var announced []string
	for p := range h.Projects {
		total := h.Cell(&h.Projects[p], "score")
		if total == "" || h.VoteType.Approves() {
			total = h.Cell(&h.Projects[p], "votes")
		}
		score, err := pb.ParseAmount(total)
		if err != nil || !score.IsInt() {
			t.Fatalf("total %q of project %s", total, h.Projects[p].ID)
		}
		if err := b.Add([]int{p}, []pb.Decimal{{Units: score.Num().Int64()}}, 1); err != nil {
			t.Fatal(err)
		}
		if h.Cell(&h.Projects[p], "selected") == "1" {
			announced = append(announced, h.Projects[p].ID)
		}
	}
	slices.Sort(announced)
	return b.Election(), announced
}

// small reads an approval election written as costs and ballots.
func small(t testing.TB, budget string, costs []string, ballots ...string) *pb.Election {
	t.Helper()
	var s strings.Builder
	fmt.Fprintf(&s, "META\nkey;value\nbudget;%s\nvote_type;approval\nmin_project_score_threshold;2\nPROJECTS\nproject_id;cost\n", budget)
	for i, cost := range costs {
		fmt.Fprintf(&s, "%c;%s\n", 'a'+i, cost)
	}
	s.WriteString("VOTES\nvoter_id;vote\n")
	for i, ballot := range ballots {
		fmt.Fprintf(&s, "%d;%s\n", i, ballot)
	}
	e, _, err := pb.ReadElection(strings.NewReader(s.String()))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestSmallElections(t *testing.T) {
	for _, x := range []struct {
		name, rule, budget string
		costs, ballots     []string
		want               string
	}{
		{"skips what does not fit", "greedy_score", "10", []string{"8", "5", "2"}, []string{"a,b,c", "a,b", "a"}, "a c"},
		{"stops at what does not fit", "greedy_no_skip", "10", []string{"8", "5", "2"}, []string{"a,b,c", "a,b", "a"}, "a"},
		{"passes over withdrawn projects", "greedy_no_skip", "10", []string{"999999999", "5", "2"}, []string{"a,b,c", "a,b", "a"}, "b c"},
		{"funds the first that fits by four fifths", "greedy_no_skip_80", "10", []string{"6", "5", "2"}, []string{"a,b,c", "a,b", "a"}, "a b"},
		{"leaves out below the threshold", "greedy_threshold", "10", []string{"5", "5", "2"}, []string{"a,b,c", "a,b", "a"}, "a b"},
		{"weighs votes by cost", "greedy_density", "10", []string{"10", "5", "2"}, []string{"a,b,c", "a,b", "a"}, "b c"},
		{"free projects come last by score", "greedy_score", "5", []string{"0", "5", "5"}, []string{"a,c", "a"}, "a c"},
		{"free projects come first by density", "greedy_density", "5", []string{"5", "0"}, []string{"a,b", "a"}, "a b"},
		{"shares are equal", "mes_cost", "4", []string{"2", "2", "2", "2"}, []string{"a,b", "a,b", "c,d", "c,d"}, "a c"},
		{"exactly enough money is enough", "mes_cost", "6", []string{"6"}, []string{"a", "a", "a"}, "a"},
		{"free projects cost no share", "mes_card", "2", []string{"0", "2"}, []string{"a,b"}, "a b"},
		{"free projects have no cost utility", "mes_cost", "2", []string{"0", "2"}, []string{"a,b"}, "b"},
		{"empty ballots have shares too", "mes_cost", "4", []string{"2", "3"}, []string{"a", "b", "", ""}, ""},
		{"raised shares reach further", "mes_cost_add1", "4", []string{"2", "3"}, []string{"a", "b", "", ""}, "a"},
		{"what is left is spent", "mes_cost_greedy", "4", []string{"2", "3"}, []string{"a", "b", "b", ""}, "b"},
		{"Phragmén stops at a leader that does not fit", "phragmen", "4", []string{"4", "3", "1"}, []string{"a", "a", "b", "c"}, "c"},
		{"nobody voted", "mes_cost_add1", "4", []string{"2", "3"}, nil, ""},
		{"nobody voted, so all are tied", "phragmen", "4", []string{"2", "3"}, nil, "a"},
	} {
		t.Run(x.name, func(t *testing.T) {
			o := count(t, small(t, x.budget, x.costs, x.ballots...), x.rule)
			if got := strings.Join(o.Winners, " "); got != x.want {
				t.Errorf("%s selects %q, want %q", x.rule, got, x.want)
			}
		})
	}
}

func TestUnknownRules(t *testing.T) {
	e := small(t, "10", []string{"5"}, "a")
	for _, rule := range []string{"", "mes", "mes_points", "mes_cost_add2", "mes_cost_comparison_add1"} {
		if _, err := pb.Count(t.Context(), e, rule, pb.NewTieOrder(e), pb.EqualSharesOptions{}); !errors.Is(err, pb.ErrRule) {
			t.Errorf("%q: %v", rule, err)
		}
	}
}

func TestComparisonStep(t *testing.T) {
	// Three voters like a, which takes all the money; two like b and c, which
	// their shares pay together.
	ballots := []string{"a", "a", "a", "b,c", "b,c"}
	e := small(t, "10", []string{"10", "2", "2"}, ballots...)
	o := count(t, e, "mes_cost_comparison")
	if o.Comparison.ForGreedy != 3 || o.Comparison.ForEqualShares != 2 || !slices.Equal(o.Winners, []string{"a"}) {
		t.Errorf("%+v %v", o.Comparison, o.Winners)
	}
	if v := o.Projects[1]; v.Won || v.Reason != pb.LostComparison {
		t.Errorf("b: %+v", v)
	}
	e = small(t, "10", []string{"10", "2", "2"}, append(ballots, "b")...)
	if o = count(t, e, "mes_cost_comparison"); !slices.Equal(o.Winners, []string{"b", "c"}) {
		t.Errorf("a draw gives %v", o.Winners)
	}
}

func TestTieOrders(t *testing.T) {
	// a, b and c are tied by score and by rho.
	e := small(t, "3", []string{"3", "2", "2"}, "a,b,c", "a,b,c")
	for _, x := range []struct {
		ties []pb.TieBreak
		want string
		by   string
	}{
		{nil, "a", "smallest id (a)"},
		{[]pb.TieBreak{pb.SmallestCost}, "b", "smallest id (b)"},
		{[]pb.TieBreak{pb.LargestCost}, "a", "largest cost (3)"},
		{[]pb.TieBreak{pb.LargestScore, pb.FileOrder}, "a", "order in the file (line 8)"},
		{[]pb.TieBreak{pb.Draw("Bishkek 2026-11-23")}, "c", "lot drawn"},
	} {
		for _, rule := range []string{"greedy_score", "mes_cost_add1"} {
			o := count(t, e, rule, x.ties...)
			tie := o.Rounds[0].Tie
			if o.Winners[0] != x.want || tie == nil || tie.Chosen != x.want || len(tie.Tied) != 3 || !strings.HasPrefix(tie.By, x.by) {
				t.Errorf("%s: %v, %+v, want %s by %s", rule, o.Winners, tie, x.want, x.by)
			}
		}
	}
	if o := count(t, e, "greedy_score", pb.Draw("x")); len(o.TieOrder.Order) != 3 || !strings.Contains(o.TieOrder.Criteria[0], `"x"`) {
		t.Errorf("the draw is not told: %+v", o.TieOrder)
	}
}

func TestAdd1Parameters(t *testing.T) {
	e := small(t, "100", []string{"60", "50", "40"}, "a", "a", "b", "b", "c", "", "", "", "", "")
	run := func(a pb.Add1) *pb.Outcome {
		o, err := pb.EqualShares(t.Context(), e, pb.NewTieOrder(e), pb.EqualSharesOptions{Utility: pb.CostUtility, Add1: &a})
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	// Shares are 10. b is paid from 25 on, a from 30, c from 40: a and b are
	// too much together.
	for _, x := range []struct {
		add1  pb.Add1
		want  string
		share string
		stop  string
	}{
		{pb.Add1{}, "b", "29", "increment 20 would cost 110"},
		{pb.Add1{Cap: 14}, "", "24", "the cap of 14"},
		{pb.Add1{Cap: 15}, "b", "25", "the cap of 15"},
		{pb.Add1{Increment: big.NewRat(9, 2)}, "b", "28", "increment 5 would"},
		{pb.Add1{Increment: big.NewRat(20, 1)}, "", "10", "increment 1 would"},
		{pb.Add1{Increment: big.NewRat(1, 1000)}, "b", "29.999", "increment 20000 would"},
	} {
		o := run(x.add1)
		if got := strings.Join(o.Winners, " "); got != x.want || o.Endowment.String() != x.share || !strings.HasPrefix(o.Stop, x.stop) {
			t.Errorf("%+v: %q with %v because %q", x.add1, got, o.Endowment, o.Stop)
		}
	}
	if o := run(pb.Add1{Increment: big.NewRat(1, 1000)}); o.Arithmetic.Runs > 1000 {
		t.Errorf("%d runs for 20000 increments of which two change anything", o.Arithmetic.Runs)
	}
	if _, err := pb.EqualShares(t.Context(), e, pb.NewTieOrder(e), pb.EqualSharesOptions{Add1: &pb.Add1{Increment: new(big.Rat)}}); err == nil {
		t.Error("an increment of nothing is taken")
	}
}

func TestEqualSharesOptions(t *testing.T) {
	e := small(t, "10.5", []string{"4", "4", "9"}, "a", "b", "c")
	// Shares are 3.5, whole ones 3; a and b are paid from 4 on.
	run := func(options pb.EqualSharesOptions) *pb.Outcome {
		t.Helper()
		o, err := pb.EqualShares(t.Context(), e, pb.NewTieOrder(e), options)
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	if o := run(pb.EqualSharesOptions{Add1: &pb.Add1{}}); o.Endowment.String() != "4.5" || o.Stop != "nothing more fits into the budget" {
		t.Errorf("%v because %s", o.Endowment, o.Stop)
	}
	if o := run(pb.EqualSharesOptions{WholeShare: true, Add1: &pb.Add1{}}); o.Endowment.String() != "4" {
		t.Errorf("whole shares end with %v", o.Endowment)
	}
	told := 0
	o := run(pb.EqualSharesOptions{Add1: &pb.Add1{PastExhaustion: true}, Progress: func(int) { told++ }})
	if o.Endowment.String() != "8.5" || !strings.HasPrefix(o.Stop, "increment 6 would cost 17") || told == 0 {
		t.Errorf("%v because %s, told %d times", o.Endowment, o.Stop, told)
	}
	e = small(t, "10.5", []string{"4", "4"}, "a", "b", "")
	if o := run(pb.EqualSharesOptions{Add1: &pb.Add1{PastExhaustion: true}}); o.Stop != "everything that has support is bought" {
		t.Errorf("ended because %s", o.Stop)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := pb.EqualShares(ctx, e, pb.NewTieOrder(e), pb.EqualSharesOptions{Add1: &pb.Add1{}}); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled count gives %v", err)
	}
}

func TestReasonsAreSentences(t *testing.T) {
	e := small(t, "200000", []string{"110000", "120000", "90000", "300000"}, "a,b,d", "a,b", "a,c", "a")
	o := count(t, e, "greedy_score")
	for i, want := range []string{
		"won: it costs 110 000 and led the others in round 1",
		"lost: 90 000 left, cost 120 000; would have needed 3 more votes",
		"won: it costs 90 000 and led the others in round 3",
		"lost: its cost 300 000 is more than the whole budget",
	} {
		if got := o.Projects[i].English; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	o = count(t, e, "mes_cost")
	if got, want := o.Projects[1].English, "lost: its 2 supporters had 45 000 left together, cost 120 000; would have needed 2 more supporters with a whole share each"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// With as many votes as More says a project wins, with one less it does not.
func TestMoreVotesWouldHaveWon(t *testing.T) {
	draw := newDraw(t)
	checked := 0
	for range 300 {
		x := draw.election(pb.Approval)
		for _, rule := range []string{"greedy_score", "greedy_density", "greedy_no_skip", "greedy_threshold"} {
			o := count(t, x.build(t), rule)
			for p := range o.Projects {
				v := &o.Projects[p]
				if v.More == nil {
					continue
				}
				checked++
				n := int(v.More.Num().Int64())
				for _, added := range []int{n - 1, n} {
					y := x
					y.ballots = slices.Clone(x.ballots)
					for range added {
						y.ballots = append(y.ballots, ballot{[]int{p}, []int64{1}})
					}
					if won := count(t, y.build(t), rule).Projects[p].Won; won != (added == n) {
						t.Fatalf("%s: project %d with %d of %d more votes: won %v\n%+v", rule, p, added, n, won, x)
					}
				}
			}
		}
	}
	if checked < 500 {
		t.Errorf("only %d losers were checked", checked)
	}
}
