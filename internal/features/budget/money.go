package budget

import (
	"strconv"
	"strings"

	"github.com/ashar-kg/ashar/internal/features/budget/ledger"
	"github.com/ashar-kg/ashar/internal/platform/i18n"
)

// round writes a figure so that it can be said: "32.9 bn som", "978.2 m som".
func round(p *i18n.Printer, a ledger.Amount) string {
	som := float64(a.Tyiyn()) / 100
	size := max(som, -som)
	switch {
	case size >= 999_950_000:
		return p.T("budget.money.billion", "n", p.Decimal(som/1e9, places(size/1e9)))
	case size >= 999_950:
		return p.T("budget.money.million", "n", p.Decimal(som/1e6, places(size/1e6)))
	}
	return p.T("budget.money.som", "n", exact(p, a))
}

// places keeps three digits in all.
func places(v float64) int {
	if v >= 100 {
		return 1
	}
	return 2
}

// exact writes a figure in som to the last tyiyn.
func exact(p *i18n.Printer, a ledger.Amount) string {
	n := a.Tyiyn()
	som, rest := n/100, n%100
	out := p.Number(int(som))
	if rest < 0 {
		rest = -rest
		if som == 0 {
			out = "−" + out
		}
	}
	if rest == 0 {
		return out
	}
	mark := ","
	if p.Lang() == "en" {
		mark = "."
	}
	digits := strconv.FormatInt(rest, 10)
	return out + mark + strings.Repeat("0", 2-len(digits)) + digits
}

// signed writes a change with its sign.
func signed(text string, n int64) string {
	if n > 0 {
		return "+" + text
	}
	return text
}
