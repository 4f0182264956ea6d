package seed

import (
	"slices"
	"testing"
)

func TestPatternsAreFitForAGenerator(t *testing.T) {
	patterns, err := Patterns()
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, c := range load(t).Categories {
		known[c.Code] = true
	}
	placed, open := 0, 0
	for i, p := range patterns {
		if !known[p.Category] {
			t.Fatalf("row %d: category %q", i, p.Category)
		}
		if i > 0 && p.Created.Before(patterns[i-1].Created) {
			t.Fatalf("row %d is out of order", i)
		}
		if p.Duration < 0 || p.X < 0 || p.X > 1 || p.Y < 0 || p.Y > 1 {
			t.Fatalf("row %d: %+v", i, p)
		}
		if !slices.Contains([]string{"phone", "web", "app", "other"}, p.Channel) {
			t.Fatalf("row %d: channel %q", i, p.Channel)
		}
		if p.Placed {
			placed++
		}
		if p.Open {
			open++
		}
	}
	if len(patterns) < 9000 || placed < 5000 || open == 0 {
		t.Errorf("%d patterns, %d placed, %d open", len(patterns), placed, open)
	}
	if n := len(read("reports_sf.tsv.gz")); n > 400_000 {
		t.Errorf("%d bytes", n)
	}
}
