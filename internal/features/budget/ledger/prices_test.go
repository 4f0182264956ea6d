package ledger_test

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/ashar-kg/ashar/internal/features/budget/ledger"
)

func TestFiguresInThePricesOfAnotherYear(t *testing.T) {
	p := ledger.PricesOf(map[ledger.Year]int64{2010: 1_000_000, 2020: 1_655_000, 2021: 1_852_000, 2023: 2_337_000, 2001: 3, 2002: 1})
	for _, x := range []struct {
		tyiyn       int64
		own, wanted ledger.Year
		want        int64
		ok          bool
	}{
		{100, 2010, 2023, 234, true},                             // 233.7
		{1_023_099_360_000, 2021, 2010, 552_429_460_043, true},   // ÷ 1.852 = 552 429 460 043.196…
		{1_023_200_000_000, 2020, 2023, 1_444_844_954_683, true}, // × 2337/1655 = 1 444 844 954 682.779…
		{-100, 2010, 2023, -234, true},
		{1, 2010, 2020, 2, true}, // 1.655
		{-1, 2010, 2020, -2, true},
		{3, 2001, 2002, 1, true},
		{-4, 2001, 2002, -1, true}, // -1.33
		{5, 2001, 2002, 2, true},   // 1.67
		{7, 2024, 2023, 7, false},
		{7, 2023, 2024, 7, false},
		{1 << 62, 2010, 2023, 1 << 62, false},
	} {
		got, ok := ledger.Of(x.tyiyn).In(p, x.own, x.wanted)
		if got.Tyiyn() != x.want || ok != x.ok {
			t.Errorf("%d of %d in %d: %d, %v, want %d, %v", x.tyiyn, x.own, x.wanted, got.Tyiyn(), ok, x.want, x.ok)
		}
	}
}

// TestPricesOfTheOwnYearChangeNothing: what a year's prices make of its own
// figures is the figures, and any other year is off by less than one tyiyn.
func TestPricesOfTheOwnYearChangeNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from, to := rapid.Int64Range(1, 1e10).Draw(t, "from"), rapid.Int64Range(1, 1e10).Draw(t, "to")
		p := ledger.PricesOf(map[ledger.Year]int64{2020: from, 2023: to})
		a := ledger.Of(rapid.Int64Range(-1e16, 1e16).Draw(t, "tyiyn"))
		for _, y := range []ledger.Year{2020, 2023} {
			if same, ok := a.In(p, y, y); !ok || same != a {
				t.Fatalf("%d in its own prices is %d", a.Tyiyn(), same.Tyiyn())
			}
		}
		real, ok := a.In(p, 2020, 2023)
		exact := new(big.Rat).Mul(new(big.Rat).SetInt64(a.Tyiyn()), big.NewRat(to, from))
		if !ok {
			if exact.Abs(exact).Cmp(new(big.Rat).SetInt64(1<<62)) < 0 {
				t.Fatal("a figure that fits is refused")
			}
			return
		}
		off := new(big.Rat).Sub(exact, new(big.Rat).SetInt64(real.Tyiyn()))
		if off.Abs(off).Cmp(big.NewRat(1, 2)) > 0 {
			t.Fatalf("%d became %d, off by %s", a.Tyiyn(), real.Tyiyn(), off)
		}
		if minus, _ := ledger.Of(-a.Tyiyn()).In(p, 2020, 2023); minus.Tyiyn() != -real.Tyiyn() {
			t.Fatal("what is below zero is rounded otherwise")
		}
	})
}
