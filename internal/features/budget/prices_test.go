package budget_test

import (
	"strings"
	"testing"

	"github.com/ashar-kg/ashar/internal/features/budget"
	"github.com/ashar-kg/ashar/internal/features/budget/ledger"
)

// FuzzPrices: whatever a file holds, each of its lines is a year, told as wrong or
// passed over, and what is taken can be reckoned with.
func FuzzPrices(f *testing.F) {
	for _, text := range []string{"", "year,index\n2010,100", "\ufeffГод;Индекс\r\n2010;100\r\n2011;116,6", "2010\t100.0", "2010;0\n;\n2010;1e9", "\"2010\",\"100\"", "2010;99999999999999999999", strings.Repeat("2010;1\n", 500)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		points, wrong := budget.ReadPrices(text)
		if lines := strings.Count(text, "\n") + 1; len(points)+len(wrong) > lines {
			t.Fatalf("%d years and %d refusals of %d lines", len(points), len(wrong), lines)
		}
		last := 0
		for _, x := range wrong {
			if x.Line <= last {
				t.Fatalf("line %d is told after %d", x.Line, last)
			}
			last = x.Line
		}
		p := ledger.PricesOf(points)
		for _, y := range p.Years() {
			if same, ok := ledger.Of(123_456_789).In(p, y, y); !ok || same.Tyiyn() != 123_456_789 {
				t.Fatalf("%d in its own prices is %d", y, same.Tyiyn())
			}
		}
		if len(p.Years()) != len(points) {
			t.Fatal("points that are not above zero are taken")
		}
	})
}
