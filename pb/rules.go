package pb

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// Rules returns the names that Count knows for a type of ballots, in the order
// in which they are explained: greedy rules, Phragmén, equal shares.
func Rules(votes VoteType) []string {
	names := []string{"greedy_score", "greedy_density", "greedy_threshold", "greedy_no_skip", "greedy_no_skip_80"}
	utilities := []string{"mes_points", "mes_pointscost"}
	if votes.Approves() {
		names = append(names, "phragmen")
		utilities = []string{"mes_cost", "mes_card"}
	}
	for _, u := range utilities {
		for _, completion := range []string{"", "_greedy", "_add1", "_add1_greedy"} {
			names = append(names, u+completion, u+completion+"_comparison")
		}
	}
	return names
}

// ErrRule is wrapped by errors about a rule that does not exist or does not
// suit the ballots.
var ErrRule = errors.New("pb: no such rule for these ballots")

// Count counts by a rule's name, as Rules lists them. greedy_threshold takes
// its threshold from the file. Options that a name does not choose are taken
// from the last argument.
func Count(ctx context.Context, e *Election, rule string, ties *TieOrder, options EqualSharesOptions) (*Outcome, error) {
	if !slices.Contains(Rules(e.Header.VoteType), rule) {
		return nil, fmt.Errorf("%w: %q on %s ballots", ErrRule, rule, e.Header.VoteType)
	}
	var o *Outcome
	var err error
	switch {
	case rule == "phragmen":
		o, err = Phragmen(ctx, e, ties)
	case strings.HasPrefix(rule, "mes_"):
		name, comparison := strings.CutSuffix(rule, "_comparison")
		name, greedy := strings.CutSuffix(name, "_greedy")
		name, add1 := strings.CutSuffix(name, "_add1")
		options.Comparison, options.Greedy = comparison, greedy
		if !add1 {
			options.Add1 = nil
		} else if options.Add1 == nil {
			options.Add1 = &Add1{}
		}
		options.Utility = PointsUtility
		if strings.HasSuffix(name, "cost") {
			options.Utility = CostUtility
		}
		o, err = EqualShares(ctx, e, ties, options)
	default:
		var greedy GreedyOptions
		if greedy, err = greedyNamed(e, rule); err == nil {
			o = Greedy(e, ties, greedy)
		}
	}
	if err != nil {
		return nil, err
	}
	o.Rule = rule
	return o, nil
}

func greedyNamed(e *Election, rule string) (GreedyOptions, error) {
	switch rule {
	case "greedy_density":
		return GreedyOptions{ByDensity: true}, nil
	case "greedy_no_skip":
		return GreedyOptions{NoSkip: true}, nil
	case "greedy_no_skip_80":
		return GreedyOptions{NoSkip: true, Reduced: big.NewRat(4, 5)}, nil
	case "greedy_threshold":
		least := e.Header.Get("min_project_score_threshold")
		threshold, err := ParseAmount(least)
		if err != nil {
			return GreedyOptions{}, fmt.Errorf("%w: greedy_threshold needs min_project_score_threshold in META, which is %q", ErrRule, least)
		}
		return GreedyOptions{Threshold: threshold}, nil
	}
	return GreedyOptions{}, nil
}
