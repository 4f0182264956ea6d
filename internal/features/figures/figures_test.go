package figures

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestWeeksBeginOnMondayAndKnowTheirYear(t *testing.T) {
	for _, x := range []struct {
		text     string
		from, to int64
	}{
		{"2026-W47", 20261116, 20261122},
		{"2026-W53", 20261228, 20270103}, // belongs to the old year
		{"2027-W01", 20270104, 20270110},
		{"2025-W01", 20241230, 20250105}, // begins in the old year
		{"2020-W53", 20201228, 20210103},
	} {
		w, ok := ParseWeek(x.text)
		from, to := w.Days()
		if !ok || from != x.from || to != x.to || w.String() != x.text {
			t.Errorf("%s is %s from %d to %d, valid %t", x.text, w, from, to, ok)
		}
	}
	for _, text := range []string{"", "2026-W00", "2025-W53", "2026-W54", "2026-47", "2026-W7", "2026-W471", "x2026-W47"} {
		if w, ok := ParseWeek(text); ok {
			t.Errorf("%q is taken for the week %s", text, w)
		}
	}
	if got := Week(202701).Before(1); got != 202653 {
		t.Errorf("the week before 2027-W01 is %s", got)
	}
	day := time.Date(2026, 11, 23, 0, 30, 0, 0, time.UTC)
	if got := WeekOf(day); got != 202648 {
		t.Errorf("Monday 23 November 2026 lies in %s", got)
	}
}

func counted(metric string, codes map[string]int64) []Entry {
	var list []Entry
	for code, n := range codes {
		list = append(list, Entry{Kind: "appeal", Scope: Body, Code: code, Period: Weeks4, Counts: map[string]Count{metric: {N: n}}})
	}
	return list
}

func TestSmallCountsOfPrivateKindsAreHidden(t *testing.T) {
	for name, x := range map[string]struct {
		in   map[string]int64
		want map[string]Count
	}{
		"large ones are told":          {map[string]int64{"a": 5, "b": 70}, map[string]Count{"a": {N: 5}, "b": {N: 70}}},
		"none is told":                 {map[string]int64{"a": 0, "b": 70}, map[string]Count{"a": {N: 0}, "b": {N: 70}}},
		"a lonely one takes another":   {map[string]int64{"a": 1, "b": 9, "c": 70}, map[string]Count{"a": {Note: Below}, "b": {Note: Withheld}, "c": {N: 70}}},
		"two small ones hide together": {map[string]int64{"a": 2, "b": 3, "c": 70}, map[string]Count{"a": {Note: Below}, "b": {Note: Below}, "c": {N: 70}}},
		"one small one and no other":   {map[string]int64{"a": 4}, map[string]Count{"a": {Note: Below}}},
	} {
		list := counted(Received, x.in)
		protect(list, map[string]bool{"appeal": true})
		got := map[string]Count{}
		for _, e := range list {
			got[e.Code] = e.Counts[Received]
		}
		if diff := cmp.Diff(x.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		open := counted(Received, x.in)
		protect(open, map[string]bool{"appeal": false})
		for _, e := range open {
			if c := e.Counts[Received]; c.N != x.in[e.Code] || c.Note != "" {
				t.Errorf("%s: of a public kind %s is %+v", name, e.Code, c)
			}
		}
	}
}

// Whoever knows the total and all that is told learns of the hidden counts
// only their sum, which is never below Hide unless the total is.
func TestHiddenCountsCannotBeWorkedOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.MapOfN(rapid.StringMatching(`[a-z]{2}`), rapid.Int64Range(0, 30), 1, 12).Draw(t, "counts")
		var total, told int64
		for _, n := range in {
			total += n
		}
		list := counted(Received, in)
		protect(list, map[string]bool{"appeal": true})
		hidden := 0
		for _, e := range list {
			c := e.Counts[Received]
			if c.Note != "" {
				hidden++
				if c.N != 0 {
					t.Fatalf("%s is hidden and yet holds %d", e.Code, c.N)
				}
				continue
			}
			if 0 < c.N && c.N < Hide {
				t.Fatalf("%s is told: %d", e.Code, c.N)
			}
			told += c.N
		}
		if total >= Hide && hidden > 0 && (total-told < Hide || hidden < 2) {
			t.Fatalf("%d hidden counts of %v sum up to %d of %d", hidden, in, total-told, total)
		}
	})
}

func TestTheLeagueStandsInTheOrderAsked(t *testing.T) {
	one := func(code string, in, late, overdue int64, closed map[int64]int64) Told {
		return Told{Code: code, Counts: map[string]Count{InTime: {N: in}, Late: {N: late}, Overdue: {N: overdue}, Received: {N: in + late}}, Closed: closed}
	}
	list := []Told{
		one("slow", 5, 5, 0, map[int64]int64{9: 1}), one("quick", 9, 1, 0, map[int64]int64{2: 8, 30: 2}), one("idle", 0, 0, 0, nil), one("hider", 9, 1, 10, map[int64]int64{1: 1}),
	}
	for by, want := range map[string][]string{
		"share":  {"quick", "slow", "hider", "idle"}, // overdue cases are late ones: 9 of 20 are fewer than 5 of 10
		"median": {"hider", "quick", "slow", "idle"},
		"p90":    {"hider", "slow", "quick", "idle"},
		Overdue:  {"hider", "idle", "quick", "slow"},
		"name":   {"hider", "idle", "quick", "slow"},
	} {
		order(list, by, func(code string) string { return code })
		var got []string
		for _, x := range list {
			got = append(got, x.Code)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("by %s (-want +got):\n%s", by, diff)
		}
	}
}

func TestABulletinIsDueOnMondayMorning(t *testing.T) {
	bishkek := time.FixedZone("+06", 6*60*60)
	for _, x := range []struct {
		at   string
		last Week
	}{
		{"2026-11-23T06:59:59+06:00", 202646}, // too early on Monday
		{"2026-11-23T07:00:00+06:00", 202647},
		{"2026-11-23T01:00:00Z", 202647}, // the same instant, told in London
		{"2026-11-29T23:59:59+06:00", 202647},
		{"2027-01-04T08:00:00+06:00", 202653},
	} {
		at, err := time.Parse(time.RFC3339, x.at)
		if err != nil {
			t.Fatal(err)
		}
		weeks := dueWeeks(at.In(bishkek))
		if len(weeks) != catchUp || weeks[len(weeks)-1] != x.last || weeks[0] != x.last.Before(catchUp-1) {
			t.Errorf("at %s the bulletins of %v are due", x.at, weeks)
		}
	}
}

func TestTheChartStandsOnItsScale(t *testing.T) {
	week := func(code string, received, in, late int64) Told {
		return Told{Code: code, Counts: map[string]Count{Received: {N: received}, InTime: {N: in}, Late: {N: late}}}
	}
	d := draw([]Told{week("2026-W46", 40, 20, 20), week("2026-W47", 0, 0, 0)})
	type box struct{ kind, y, h string }
	var got []box
	for _, b := range d.bars {
		got = append(got, box{b.kind, b.y, b.h})
	}
	// 40 is the top of the scale: 184 units from 12 to 196.
	want := []box{{"in", "104.0", "92.0"}, {"late", "12.0", "92.0"}, {"in", "196.0", "0.0"}, {"late", "196.0", "0.0"}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(box{})); diff != "" {
		t.Errorf("bars (-want +got):\n%s", diff)
	}
	if len(d.grid) != 5 || d.grid[4].n != 40 || d.dots[0].y != "12.0" || d.dots[1].y != "196.0" {
		t.Errorf("grid %+v, dots %+v", d.grid, d.dots)
	}
	if empty := draw([]Told{week("2026-W47", 0, 0, 0)}); len(empty.grid) != 2 {
		t.Errorf("a city without cases has the scale %+v", empty.grid)
	}
}
