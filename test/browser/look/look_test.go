// Package look looks through every page in every language, on a telephone and on
// a desk. It has a city of its own, since it takes as long as all journeys.
package look

import (
	"os"
	"testing"

	"github.com/ashar-kg/ashar/test/harness"
)

func TestEveryPageIsAccessibleAndFits(t *testing.T) {
	s, _, err := harness.DemoCity(t.TempDir(), 2000, os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	out, err := harness.Node(t.Context(), "..", "look.mjs", s.URL)
	if err != nil {
		t.Fatalf("look.mjs: %v\n%s", err, out)
	}
	t.Log(out)
}
