package pb_test

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/ashar-kg/ashar/pb"
)

// generate makes an approval election of a big city: 20 districts, projects
// of a district or of the whole city whose appeal falls off as in real files,
// one to eight approvals a voter, costs over two orders of magnitude.
func generate(t testing.TB, voters, projects int, budget int64) *pb.Election {
	t.Helper()
	const districts = 20
	draw := rand.New(rand.NewPCG(2026, 11))
	h := &pb.Header{VoteType: pb.Approval, Budget: new(big.Rat).SetInt64(budget)}
	reach := make([][]int, districts) // projects that concern a district
	appeal := make([][]float64, districts)
	for p := range projects {
		cost := 1000 * int64(300*math.Exp(draw.Float64()*4))
		h.Projects = append(h.Projects, pb.Project{ID: fmt.Sprintf("G%04d", p), Cost: new(big.Rat).SetInt64(cost)})
		weight := 1 / math.Pow(1+float64(draw.IntN(60)), 0.8)
		for d := range districts {
			if p%4 == 0 || p%districts == d {
				reach[d] = append(reach[d], p)
				appeal[d] = append(appeal[d], weight)
			}
		}
	}
	for d := range appeal {
		for i := 1; i < len(appeal[d]); i++ {
			appeal[d][i] += appeal[d][i-1]
		}
	}
	b := pb.NewBuilder(h)
	var ballot []int
	points := slices.Repeat([]pb.Decimal{{Units: 1}}, 8)
	for range voters {
		d := draw.IntN(districts)
		ballot = ballot[:0]
		for range 1 + draw.IntN(8) {
			x := draw.Float64() * appeal[d][len(appeal[d])-1]
			i, _ := slices.BinarySearch(appeal[d], x)
			if p := reach[d][i]; !slices.Contains(ballot, p) {
				ballot = append(ballot, p)
			}
		}
		if err := b.Add(ballot, points[:len(ballot)], 1); err != nil {
			t.Fatal(err)
		}
	}
	return b.Election()
}
