package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ashar-kg/ashar/seed"
)

// ask runs a command line as a person would.
func ask(t *testing.T, want int, args ...string) (out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	if code := run(t.Context(), &console{out: &o, err: &e, env: func(string) (string, bool) { return "", false }}, args); code != want {
		t.Fatalf("%v ends with %d, want %d: %s", args, code, want, e.String())
	}
	return o.String(), e.String()
}

// onAWall counts a term as a clerk would with a calendar on the wall.
func onAWall(t *testing.T, at time.Time, term int, days map[string]string) (registered, due string, skipped []string) {
	t.Helper()
	works := func(d time.Time) bool {
		switch days[d.Format(time.DateOnly)] {
		case "holiday":
			return false
		case "workday":
			return true
		}
		return d.Weekday() != time.Saturday && d.Weekday() != time.Sunday
	}
	skipped = []string{}
	d := at
	for !works(d) {
		skipped = append(skipped, d.Format(time.DateOnly))
		d = d.AddDate(0, 0, 1)
	}
	registered = d.Format(time.DateOnly)
	for n := 0; n < term; {
		d = d.AddDate(0, 0, 1)
		if works(d) {
			n++
		} else {
			skipped = append(skipped, d.Format(time.DateOnly))
		}
	}
	return registered, d.Format(time.DateOnly), skipped
}

func TestTheClockOfAppealsRunsAsOnAWall(t *testing.T) {
	data, err := seed.Load()
	if err != nil {
		t.Fatal(err)
	}
	built := map[string]string{}
	for _, h := range data.Holidays {
		built[h.Date.Format(time.DateOnly)] = h.Kind
	}
	zone := time.FixedZone("KGT", 6*60*60)
	check := func(at time.Time, days map[string]string, term int, rule string, more ...string) {
		t.Helper()
		text, _ := ask(t, 0, append([]string{"clock", "--kind", "appeal", "--json", "--at", at.UTC().Format(time.RFC3339)}, more...)...)
		var got explained
		if err := json.Unmarshal([]byte(text), &got); err != nil {
			t.Fatal(err)
		}
		registered, due, skipped := onAWall(t, at, term, days)
		if got.Registered != registered || got.Due != due || got.Rule != rule || !slices.Equal(got.Skipped, skipped) {
			t.Errorf("received %s: registered %s, due %s, rule %s, skipped %v;\nwant %s, %s, %s, %v",
				at, got.Registered, got.Due, got.Rule, got.Skipped, registered, due, rule, skipped)
		}
	}
	// Every third day of the years whose holidays are known, at the edges of a day.
	for day := time.Date(2023, 1, 1, 0, 0, 0, 0, zone); day.Year() < 2027; day = day.AddDate(0, 0, 3) {
		check(day, built, 14, "appeal-14")
		check(day.Add(24*time.Hour-time.Second), built, 14, "appeal-14")
	}
	// The regime of the bill, from the day on which it is assumed to begin.
	check(time.Date(2029, 12, 31, 23, 59, 59, 0, zone), built, 14, "appeal-14")
	check(time.Date(2030, 1, 1, 0, 0, 0, 0, zone), built, 10, "appeal-10")

	file := filepath.Join(t.TempDir(), "days.csv")
	if err := os.WriteFile(file, []byte("\ufeffdate,kind\n2026-12-01,holiday\n2026-12-05,workday\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	own := map[string]string{"2026-12-01": "holiday", "2026-12-05": "workday"}
	check(time.Date(2026, 11, 24, 0, 30, 0, 0, zone), own, 14, "appeal-14", "--holidays", file)
	check(time.Date(2026, 12, 5, 12, 0, 0, 0, zone), own, 14, "appeal-14", "--holidays", file)
	check(time.Date(2026, 5, 1, 12, 0, 0, 0, zone), own, 14, "appeal-14", "--holidays", file)
}

func TestTheClockSaysWhatIsWrong(t *testing.T) {
	bad := func(content string) string {
		file := filepath.Join(t.TempDir(), "days.csv")
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	at := "2026-11-23T10:00:00+06:00"
	for _, tc := range []struct {
		args []string
		says string
	}{
		{[]string{"clock"}, "--at"},
		{[]string{"clock", "--at", "yesterday"}, "no instant"},
		{[]string{"clock", "--kind", "wish", "--at", at}, "known kinds: appeal"},
		{[]string{"clock", "--at", "1999-01-01T00:00:00Z"}, "no term"},
		{[]string{"clock", "--at", at, "--holidays", bad("")}, "empty"},
		{[]string{"clock", "--at", at, "--holidays", bad("day,what\n")}, "date and kind"},
		{[]string{"clock", "--at", at, "--holidays", bad("date,kind\n2026-12-01,holiday\n01.12.2026,holiday\n")}, "line 3"},
		{[]string{"clock", "--at", at, "--holidays", bad("date,kind\n2026-12-01,feast\n")}, "line 2"},
	} {
		if _, errs := ask(t, exitUsage, tc.args...); !strings.Contains(errs, tc.says) {
			t.Errorf("%v is answered with %q, which does not say %q", tc.args, errs, tc.says)
		}
	}
	if out, _ := ask(t, 0, "clock", "--at", at); !strings.Contains(out, "2026-12-11") || !strings.Contains(out, "weekend") {
		t.Errorf("a clerk reads %q", out)
	}
}
