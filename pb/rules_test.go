package pb_test

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/ashar-kg/ashar/pb"
)

func TestGreedyEqualsReferences(t *testing.T) {
	dir := shared(t)
	if dir == "" {
		return
	}
	n := 0
	for file, rules := range references(t, dir) {
		e := election(t, filepath.Join(dir, file))
		for rule, want := range rules {
			if rule != "greedy_score" && rule != "greedy_density" {
				continue
			}
			o := pb.Greedy(e, pb.NewTieOrder(e), pb.GreedyOptions{ByDensity: rule == "greedy_density"})
			n++
			if !slices.Equal(o.Winners, want.Winners) || o.Cost.String() != want.Cost {
				t.Errorf("%s %s: %v %v, want %v", file, rule, o.Winners, o.Cost, want)
			}
		}
	}
	t.Log(n)
}
