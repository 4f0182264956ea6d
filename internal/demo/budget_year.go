package demo

import (
	"context"
	"fmt"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/features/budget"
	"github.com/ashar-kg/ashar/internal/features/budget/ledger"
)

// statement is an invented document of a year: the press told of no report within
// it but that of January to April 2020. Sums are in thousand som.
type statement struct {
	year     int
	phase    ledger.Phase
	day      string
	until    string
	revenue  int64
	spending int64
}

// statements lie between what is real: the drafts of 2026 and the revenue of 2025,
// its plan and what came in.
var statements = []statement{
	{2025, ledger.Approved, "2024-12-27", "", 26_500_000, 26_500_000},
	{2025, ledger.Executed, "2025-04-18", "2025-03-31", 5_700_000, 4_900_000},
	{2025, ledger.Executed, "2025-07-22", "2025-06-30", 12_600_000, 11_400_000},
	{2025, ledger.Executed, "2025-10-17", "2025-09-30", 20_100_000, 18_300_000},
	{2026, ledger.Executed, "2026-04-17", "2026-03-31", 6_900_000, 5_600_000},
	{2026, ledger.Executed, "2026-07-21", "2026-06-30", 14_800_000, 13_100_000},
	{2026, ledger.Executed, "2026-10-16", "2026-09-30", 23_600_000, 20_700_000},
}

// sourcesOf are the kinds of revenue as the draft of 2026 has them, by weight.
var sourcesOf = []struct {
	code, word string
	weight     int64
}{
	{"11", "tax revenue", 727},
	{"14", "non-tax revenue", 93},
	{"31", "assets and liabilities", 1},
	{"13", "official transfers from the republican budget (pay fund of schools)", 179},
}

// tempo is how much of its even share a kind of spending has had within a year, in
// parts of ten: pay is paid each month, what is built is paid when it stands.
var tempo = map[string]int64{"21": 11, "22": 10, "25": 10, "27": 11, "31": 7}

// budgetCourse loads the invented documents of two years.
func budgetCourse(ctx context.Context, s *budget.Service, c *city.City) error {
	for i, x := range statements {
		titles := budget.Texts{"ky": "Ойдон чыгарылган отчёт", "ru": "Придуманный отчёт", "en": "An invented report"}
		if x.phase == ledger.Approved {
			titles = budget.Texts{"ky": "Ойдон чыгарылган бюджет", "ru": "Придуманный бюджет", "en": "An invented budget"}
		}
		residents, counted := residentsIn(x.year)
		v := &budget.Version{
			Residents: residents, Counted: counted,
			Version: ledger.Version{Year: ledger.Year(x.year), Phase: x.phase, Day: x.day, Until: x.until}, Titles: titles,
			Digest: fmt.Sprintf("demo-course-%d", i), Source: "Демо: ойдон чыгарылган · придумано · invented",
		}
		if err := s.Direct(ctx, c, v, x.lines()); err != nil {
			return fmt.Errorf("budget of %d, %s: %w", x.year, x.day, err)
		}
	}
	return nil
}

// lines share the sums of a statement out, which it states as its totals.
func (x *statement) lines() (out []*budget.Line) {
	for i, d := range []ledger.Direction{ledger.Revenue, ledger.Expenditure} {
		out = append(out, &budget.Line{
			Year: ledger.Year(x.year), Direction: d, Amount: ledger.Of([]int64{x.revenue, x.spending}[i] * 100_000), Standing: budget.Total, Inferred: true, Note: inventedNote,
			Codes: map[string]string{}, Labels: budgetWords["total"],
		})
	}
	weights := make([]int64, len(sourcesOf))
	for i, from := range sourcesOf {
		weights[i] = from.weight
	}
	for i, n := range shares(x.revenue, weights) {
		from := sourcesOf[i]
		out = append(out, &budget.Line{
			Year: ledger.Year(x.year), Direction: ledger.Revenue, Amount: n, Inferred: true, Note: inventedNote,
			Codes: map[string]string{budget.Economic: from.code}, Labels: budgetWords[from.word],
		})
	}
	weights = make([]int64, len(spendings))
	for i, to := range spendings {
		if weights[i] = to.weight * 10; x.phase == ledger.Executed {
			weights[i] = to.weight * tempo[to.kind]
		}
	}
	for i, n := range shares(x.spending, weights) {
		to := spendings[i]
		out = append(out, &budget.Line{
			Year: ledger.Year(x.year), Direction: ledger.Expenditure, Amount: n, Inferred: true, Note: inventedNote,
			Codes:  map[string]string{budget.Functional: to.function, budget.Administrative: to.body, budget.Economic: to.kind},
			Labels: budget.Texts{"ky": to.ky, "ru": to.ru, "en": to.en},
		})
	}
	return out
}

// shares parts a sum in thousand som by weights; what rounding leaves goes to the
// first.
func shares(thousands int64, weights []int64) []ledger.Amount {
	var all int64
	for _, w := range weights {
		all += w
	}
	out, left := make([]ledger.Amount, len(weights)), thousands
	for i, w := range weights {
		n := thousands * w / all
		left -= n
		out[i] = ledger.Of(n * 100_000)
	}
	out[0] = ledger.Of(out[0].Tyiyn() + left*100_000)
	return out
}
