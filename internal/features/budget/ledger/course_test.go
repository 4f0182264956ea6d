package ledger_test

import (
	"testing"

	"github.com/ashar-kg/ashar/internal/features/budget/ledger"
)

func TestWhatAVersionIsReckonedTo(t *testing.T) {
	for _, x := range []struct {
		v       ledger.Version
		through string
		partly  bool
		from    string
	}{
		{ledger.Version{Year: 2020, Phase: ledger.Executed, Day: "2020-05-07", Until: "2020-04-30"}, "2020-04-30", true, "2020-05-07"},
		{ledger.Version{Year: 2024, Phase: ledger.Executed, Day: "2024-12-24"}, "2024-12-24", true, "2024-12-24"},
		{ledger.Version{Year: 2024, Phase: ledger.Executed, Day: "2026-02-12"}, "2024-12-31", false, "2024-12-31"},
		{ledger.Version{Year: 2020, Phase: ledger.Adjusted, Day: "2020-05-07", Until: "2020-04-30"}, "2020-04-30", true, "2020-05-07"},
		{ledger.Version{Year: 2017, Phase: ledger.Approved, Day: "2016-12-28"}, "2017-12-31", false, "2017-01-01"},
	} {
		if through, partly, from := x.v.Through(), x.v.Partly(), x.v.From(); through != x.through || partly != x.partly || from != x.from {
			t.Errorf("%+v: through %s, partly %v, from %s", x.v, through, partly, from)
		}
	}
}

func TestTheCourseOfAYear(t *testing.T) {
	at := func(day, issued string, n int64) ledger.Point {
		return ledger.Point{Day: day, Issued: issued, Amount: ledger.Of(n)}
	}
	c := ledger.Course{
		Plans: []ledger.Point{at("2026-07-10", "2026-07-10", 120), at("2026-01-01", "2025-12-25", 100)},
		Done:  []ledger.Point{at("2026-06-30", "2026-07-20", 55), at("2026-03-31", "2026-05-02", 24), at("2026-03-31", "2026-04-10", 20)},
	}
	c.Sort()
	for day, want := range map[string]int64{"2025-12-31": 0, "2026-01-01": 100, "2026-07-09": 100, "2026-07-10": 120} {
		if p, ok := c.InForce(day); p.Amount != ledger.Of(want) || ok != (want > 0) {
			t.Errorf("the plan on %s is %v, %v", day, p, ok)
		}
	}
	for day, want := range map[string]int64{"2026-03-30": 0, "2026-03-31": 24, "2026-06-29": 24, "2026-12-31": 55} {
		if p, _ := c.By(day); p.Amount != ledger.Of(want) {
			t.Errorf("done by %s is %v", day, p)
		}
	}
	if list := c.Telling(); len(list) != 2 || list[0].Amount != ledger.Of(24) {
		t.Errorf("a corrected report still tells: %v", list)
	}
}

func TestDaysOfAYear(t *testing.T) {
	for day, want := range map[string]float64{"2025-12-31": 0, "2026-03-31": 0.25, "2026-09-30": 0.75, "2026-12-31": 1, "2027-01-01": 1} {
		if got := ledger.Year(2026).At(day); got != want {
			t.Errorf("%s is at %f", day, got)
		}
	}
	for day, want := range map[string]string{"2024-02-29": "2025-02-28", "2026-09-30": "2025-09-30"} {
		if got := ledger.Year(2025).Same(day); got != want {
			t.Errorf("%s a year apart is %s", day, got)
		}
	}
	if got := ledger.Year(2024).Same("2025-02-28"); got != "2024-02-29" {
		t.Errorf("the last of February became %s", got)
	}
}
