package pb_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/ashar-kg/ashar/pb"
)

// Recount a published election and tell why each project won or lost.
func Example() {
	f, err := os.Open("testdata/Poland_Zabrze_2020_Pawlow.pb")
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	e, warnings, err := pb.ReadElection(f)
	if err != nil {
		log.Fatal(err)
	}
	o, err := pb.Count(context.Background(), e, "greedy_score", pb.NewTieOrder(e), pb.EqualSharesOptions{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(warnings), "warnings;", o.Winners, "for", o.Cost)
	for _, v := range o.Projects {
		fmt.Println(v.Project, v.English)
	}
	// Output:
	// 0 warnings; [P0011] for 150000
	// P0011 won: it costs 150 000 and led the others in round 1
	// P0085 lost: 0 left, cost 143 000; would have needed 42 more votes
}

// Ties go by the smaller cost, then by a lot drawn with a public seed.
func ExampleNewTieOrder() {
	text := `META
key;value
budget;12
vote_type;approval
PROJECTS
project_id;cost
bench;6
tree;6
lamp;4
VOTES
voter_id;vote
1;bench,tree,lamp
2;bench,tree,lamp
`
	e, _, err := pb.ReadElection(strings.NewReader(text))
	if err != nil {
		log.Fatal(err)
	}
	ties := pb.NewTieOrder(e, pb.SmallestCost, pb.Draw("lottery of 2026-11-23"))
	o := pb.Greedy(e, ties, pb.GreedyOptions{})
	fmt.Println(o.TieOrder.Order, o.Winners)
	for _, r := range o.Rounds {
		if r.Tie != nil {
			fmt.Println(r.Tie.Tied, "tied, first is", r.Tie.Chosen)
		}
	}
	// Output:
	// [lamp tree bench] [lamp tree]
	// [bench lamp tree] tied, first is lamp
	// [bench tree] tied, first is tree
}

// Equal shares with the completion that raises every share by one franc at a time.
func ExampleEqualShares() {
	f, err := os.Open("testdata/Switzerland_Zurich_SN.pb")
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	e, _, err := pb.ReadElection(f)
	if err != nil {
		log.Fatal(err)
	}
	o, err := pb.EqualShares(context.Background(), e, pb.NewTieOrder(e), pb.EqualSharesOptions{Utility: pb.CostUtility, Add1: &pb.Add1{}})
	if err != nil {
		log.Fatal(err)
	}
	for _, i := range o.Increments {
		fmt.Println(i.From, "to", i.To, "more each:", i.Projects, "projects for", i.Cost)
	}
	fmt.Println(o.Stop)
	// Output:
	// 0 to 3 more each: 7 projects for 45000
	// 4 to 21 more each: 8 projects for 50000
	// 22 to 64 more each: 8 projects for 55000
	// 65 to 65 more each: 9 projects for 60000
	// nothing more fits into the budget
}
