package main

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/big"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/pb"
)

// tallying is what the command line of tally asks for.
type tallying struct {
	file, rule, compare, ties, ballot string
	json, explain                     bool
	add1                              pb.Add1
}

// tally recounts an election from a Pabulib file. docs/tally.md explains it to
// those who check a city's count.
func tally(ctx context.Context, c *console, args []string) error {
	t, err := parseTally(c, args)
	if err != nil {
		return err
	}
	e, warnings, err := readElection(t.file)
	if err != nil {
		return err
	}
	for _, w := range warnings {
		fmt.Fprintf(c.err, "%s: %v\n", t.file, w)
	}
	order, err := tieOrder(e, t.ties)
	if err != nil {
		return err
	}
	o, err := t.count(ctx, c, e, t.rule, order)
	if err != nil {
		return err
	}
	var other *pb.Outcome
	if t.compare != "" {
		if other, err = t.count(ctx, c, e, t.compare, order); err != nil {
			return err
		}
	}
	if t.json {
		out := json.NewEncoder(c.out)
		out.SetEscapeHTML(false)
		return out.Encode(struct {
			*pb.Outcome
			Compared *pb.Outcome `json:"compared,omitempty"`
		}{o, other})
	}
	w := bufio.NewWriter(c.out)
	printOutcome(w, e, o)
	if t.explain {
		printHistory(w, o)
	}
	if other != nil {
		printComparison(w, e, o, other)
	}
	if t.ballot != "" {
		if err := printBallot(w, t.file, t.ballot, o); err != nil {
			return err
		}
	}
	return w.Flush()
}

// parseTally reads the command line; flags may stand before and behind FILE.
func parseTally(c *console, args []string) (*tallying, error) {
	t := &tallying{}
	var increment string
	fs := flag.NewFlagSet("ashar tally", flag.ContinueOnError)
	fs.SetOutput(c.err)
	fs.Usage = func() {
		fmt.Fprint(c.err, "Usage: ashar tally FILE.pb[.gz] --rule NAME [flags]\n\n")
		fs.PrintDefaults()
		fmt.Fprintf(c.err, "\nRules for approvals:\n  %s\nRules for points and rankings:\n  %s\n",
			strings.Join(pb.Rules(pb.Approval), "\n  "), strings.Join(pb.Rules(pb.Cumulative), "\n  "))
	}
	fs.StringVar(&t.rule, "rule", "", "`NAME` of the rule to count by")
	fs.StringVar(&t.compare, "compare", "", "`NAME` of a second rule, to show what it would change")
	fs.BoolVar(&t.json, "json", false, "print the result with its whole history as one JSON object, all numbers exact")
	fs.BoolVar(&t.explain, "explain", false, "tell the rounds, the ties, and for each project why it won or lost")
	fs.StringVar(&t.ties, "ties", "id", "what goes first when projects are exactly tied: `LIST` of id, file, cost, largest-cost, score, draw:SEED")
	fs.StringVar(&t.ballot, "ballot", "", "`CODE` of a receipt (voter_id), to tell what that ballot paid for each project")
	fs.StringVar(&increment, "increment", "1", "`AMOUNT` by which add1 raises each voter's share")
	fs.IntVar(&t.add1.Cap, "cap", 0, "`NUMBER` of increments that add1 tries at most; 0 is no cap")
	for len(args) > 0 {
		if err := fs.Parse(args); errors.Is(err, flag.ErrHelp) {
			return nil, err
		} else if err != nil {
			return nil, usageError{err}
		}
		if args = fs.Args(); len(args) > 0 {
			if t.file != "" {
				return nil, wrong("one file at a time, not %q and %q", t.file, args[0])
			}
			t.file, args = args[0], args[1:]
		}
	}
	if t.file == "" || t.rule == "" {
		return nil, wrong("say \"ashar tally FILE.pb --rule NAME\"; \"ashar tally --help\" lists the rules")
	}
	var err error
	if t.add1.Increment, err = pb.ParseAmount(increment); err != nil || t.add1.Increment.Sign() <= 0 {
		return nil, wrong("--increment is %q, expected an amount above 0", increment)
	}
	if t.add1.Cap < 0 {
		return nil, wrong("--cap is %d, expected 0 or more", t.add1.Cap)
	}
	return t, nil
}

// reading has fn read a file, compressed or not.
func reading(name string, fn func(in io.Reader) error) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	var in io.Reader = bufio.NewReader(f)
	if magic, _ := in.(*bufio.Reader).Peek(2); string(magic) == "\x1f\x8b" {
		if in, err = gzip.NewReader(in); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	if err := fn(in); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func readElection(name string) (e *pb.Election, warnings []pb.Warning, err error) {
	err = reading(name, func(in io.Reader) (err error) {
		e, warnings, err = pb.ReadElection(in)
		return err
	})
	return e, warnings, err
}

// printBallot tells what the ballot with a receipt paid for each of its projects.
func printBallot(w io.Writer, name, code string, o *pb.Outcome) error {
	return reading(name, func(in io.Reader) error {
		r, err := pb.NewReader(in)
		if err != nil {
			return err
		}
		at := slices.Index(r.Header.VoteColumns, "voter_id")
		for {
			v, err := r.Next()
			if errors.Is(err, io.EOF) {
				return fmt.Errorf("there is no ballot %s", code)
			}
			if err != nil {
				return err
			}
			if string(v.Cells[at]) != code {
				continue
			}
			fmt.Fprintf(w, "\nBallot %s\n", code)
			ids := make([]string, len(v.Projects))
			for i, p := range v.Projects {
				ids[i] = r.Header.Projects[p].ID
			}
			for i, paid := range o.Payments(ids, v.Points) {
				what := "lost"
				if o.Won(ids[i]) {
					what = "won, paid " + paid.FloatString(2)
				}
				fmt.Fprintf(w, "  %-10s %s\n", ids[i], what)
			}
			return nil
		}
	})
}

// tieOrder makes the order that --ties asks for.
func tieOrder(e *pb.Election, list string) (*pb.TieOrder, error) {
	known := map[string]pb.TieBreak{
		"id": pb.SmallestID, "file": pb.FileOrder, "cost": pb.SmallestCost, "largest-cost": pb.LargestCost, "score": pb.LargestScore,
	}
	var criteria []pb.TieBreak
	for name := range strings.SplitSeq(list, ",") {
		if seed, draw := strings.CutPrefix(name, "draw:"); draw && seed != "" {
			criteria = append(criteria, pb.Draw(seed))
			continue
		}
		criterion, ok := known[name]
		if !ok {
			return nil, wrong("--ties names %q, expected id, file, cost, largest-cost, score or draw:SEED", name)
		}
		criteria = append(criteria, criterion)
	}
	return pb.NewTieOrder(e, criteria...), nil
}

// count counts by a rule and tells how far it is when that takes long.
func (t *tallying) count(ctx context.Context, c *console, e *pb.Election, rule string, order *pb.TieOrder) (*pb.Outcome, error) {
	told := time.Now()
	options := pb.EqualSharesOptions{Add1: &t.add1, Progress: func(increments int) {
		if time.Since(told) > time.Second {
			told = time.Now()
			fmt.Fprintf(c.err, "%s: %d increments\n", rule, increments)
		}
	}}
	o, err := pb.Count(ctx, e, rule, order, options)
	if errors.Is(err, pb.ErrRule) {
		return nil, wrong("%v; known are %s", err, strings.Join(pb.Rules(e.Header.VoteType), ", "))
	}
	return o, err
}

func printOutcome(w io.Writer, e *pb.Election, o *pb.Outcome) {
	fmt.Fprintf(w, "%s\n%d voters, %s, budget %v %s\n\n", cmp.Or(e.Header.Get("description"), "An election without a description"),
		o.Voters, projects(len(o.Projects)), o.Budget, e.Header.Get("currency"))
	fmt.Fprintf(w, "%s funds %s for %v, %s of the budget:\n", o.Rule, projects(len(o.Winners)), o.Cost, percent(o.Cost, o.Budget))
	for i := range o.Projects {
		if v := &o.Projects[i]; v.Won {
			printProject(w, v)
		}
	}
}

func printProject(w io.Writer, v *pb.Verdict) {
	fmt.Fprintf(w, "  %-10s %14v  %s\n", v.Project, v.Cost, v.Name)
}

func projects(n int) string {
	if n == 1 {
		return "1 project"
	}
	return fmt.Sprintf("%d projects", n)
}

func percent(part, whole pb.Number) string {
	share := new(big.Rat).Quo(part.Rat, whole.Rat)
	return share.Mul(share, big.NewRat(100, 1)).FloatString(1) + " %"
}

func printHistory(w io.Writer, o *pb.Outcome) {
	fmt.Fprintln(w, "\nRounds")
	for i := range o.Rounds {
		printRound(w, i+1, &o.Rounds[i])
	}
	if len(o.Increments) > 0 {
		fmt.Fprintln(w, "\nIncrements of each voter's share")
		for _, s := range o.Increments {
			fmt.Fprintf(w, "  %d to %d: %s for %v", s.From, s.To, projects(s.Projects), s.Cost)
			if s.From > 0 {
				fmt.Fprintf(w, "; in: %s; out: %s", list(s.Gained), list(s.Dropped))
			}
			fmt.Fprintln(w)
		}
	}
	if o.Stop != "" {
		fmt.Fprintf(w, "\nIt ended because: %s.\n", o.Stop)
	}
	fmt.Fprintln(w, "\nProjects")
	for i := range o.Projects {
		v := &o.Projects[i]
		fmt.Fprintf(w, "  %-10s %s (%s)\n", v.Project, v.English, v.Name)
	}
	if c := o.Comparison; c != nil {
		fmt.Fprintf(w, "\nComparison: %d voters for equal shares, %d for greedy_score, %d indifferent.\n", c.ForEqualShares, c.ForGreedy, c.Indifferent)
	}
	fmt.Fprintf(w, "\nTies: %s.\n", strings.Join(o.TieOrder.Criteria, ", then "))
	a := o.Arithmetic
	fmt.Fprintf(w, "Arithmetic: %d comparisons, %d of them settled by exact fractions.\n", a.Compared, a.Exact+a.Borders)
}

func printRound(w io.Writer, n int, r *pb.Round) {
	what := "funds"
	if !r.Selected {
		what = "passes over"
	}
	fmt.Fprintf(w, "  %3d %s: %s %s", n, r.Phase, what, r.Project)
	if r.Price != nil {
		point := " a point"
		if r.Effective != nil {
			point = "" // an approval is one
		}
		fmt.Fprintf(w, ", %d voters pay %s%s and %d the rest of their money", r.PaidFull, r.Price.FloatString(4), point, r.PaidRest)
	} else {
		fmt.Fprintf(w, ", which led with %s", r.Value.FloatString(4))
	}
	fmt.Fprintf(w, "; %v left\n", r.Left)
	if r.Tie != nil {
		fmt.Fprintf(w, "      tied with it: %s; %s goes first by %s\n", list(slices.DeleteFunc(slices.Clone(r.Tie.Tied), func(id string) bool { return id == r.Tie.Chosen })), r.Tie.Chosen, r.Tie.By)
	}
}

func list(ids []string) string {
	if len(ids) == 0 {
		return "none"
	}
	return strings.Join(ids, ", ")
}

func printComparison(w io.Writer, e *pb.Election, o, other *pb.Outcome) {
	fmt.Fprintf(w, "\n%s would fund %s for %v, %s of the budget.\n", other.Rule, projects(len(other.Winners)), other.Cost, percent(other.Cost, other.Budget))
	same := true
	for _, side := range []struct{ by, not *pb.Outcome }{{o, other}, {other, o}} {
		said := false
		for i := range side.by.Projects {
			if !side.by.Projects[i].Won || side.not.Projects[i].Won {
				continue
			}
			if !said {
				fmt.Fprintf(w, "Only %s funds:\n", side.by.Rule)
			}
			said, same = true, false
			printProject(w, &side.by.Projects[i])
			fmt.Fprintf(w, "             %s: %s\n", side.not.Rule, side.not.Projects[i].English)
		}
	}
	if same {
		fmt.Fprintln(w, "Both fund the same.")
		return
	}
	mine, theirs, indifferent := pb.Preference(e, o, other)
	fmt.Fprintf(w, "%d voters have more of their projects with %s, %d with %s, %d as many.\n", mine, o.Rule, theirs, other.Rule, indifferent)
}
