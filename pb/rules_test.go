package pb_test

import (
	"context"
	"path/filepath"
	"slices"
	"testing"

	"github.com/ashar-kg/ashar/pb"
)

func TestRulesEqualReferences(t *testing.T) {
	dir := shared(t)
	if dir == "" {
		return
	}
	n := 0
	for file, rules := range references(t, dir) {
		e := election(t, filepath.Join(dir, file))
		ties := pb.NewTieOrder(e)
		for rule, want := range rules {
			o, err := pb.Count(context.Background(), e, rule, ties, pb.EqualSharesOptions{})
			if err != nil {
				t.Fatal(err)
			}
			n++
			if !slices.Equal(o.Winners, want.Winners) || o.Cost.String() != want.Cost {
				t.Errorf("%s %s: %v %v, want %v", file, rule, o.Winners, o.Cost, want)
			}
		}
	}
	t.Log(n, "results equal")
}
