package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// ashar runs a command line and returns what it wrote and its exit code.
func ashar(t *testing.T, args ...string) (out, err string, code int) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(t.Context(), &console{out: &o, err: &e, env: os.LookupEnv}, args)
	return o.String(), e.String(), code
}

const (
	zurich = "../../pb/testdata/Switzerland_Zurich_SN.pb"
	pawlow = "../../pb/testdata/Poland_Zabrze_2020_Pawlow.pb"
)

func TestTallyTellsTheResult(t *testing.T) {
	for _, x := range []struct {
		args []string
		want []string
	}{
		{[]string{zurich, "--rule", "mes_cost_add1"}, []string{"180 voters, 24 projects, budget 60000 CHF", "mes_cost_add1 funds 9 projects for 60000, 100.0 % of the budget", "Safe Bike Paths"}},
		{[]string{"--rule", "mes_cost_add1", "--explain", zurich}, []string{"Rounds\n", "129 voters pay 38.7597 and 0 the rest", "65 to 65: 9 projects", "It ended because: nothing more fits", "would have needed", "Ties: smallest id."}},
		{[]string{zurich, "--rule", "greedy_score", "--compare", "phragmen"}, []string{"phragmen would fund 10 projects", "Only greedy_score funds:", "Only phragmen funds:", "voters have more of their projects with greedy_score"}},
		{[]string{zurich, "--rule", "greedy_score", "--compare", "greedy_no_skip"}, []string{"Both fund the same."}},
		{[]string{zurich, "--rule", "mes_card", "--ties", "cost,draw:Bern 7", "--explain"}, []string{`Ties: smallest cost, then lot drawn with the seed "Bern 7", then smallest id.`}},
		{[]string{zurich, "--rule", "mes_cost_add1", "--increment", "10", "--cap", "3", "--explain"}, []string{"the cap of 3 increments"}},
		{[]string{zurich, "--rule", "mes_cost_add1", "--ballot", "QGVT6BFJ"}, []string{"Ballot QGVT6BFJ", "won, paid "}},
		{[]string{pawlow, "--rule", "greedy_score", "--explain"}, []string{"funds 1 project for 150000", "lost: 0 left, cost 143 000; would have needed 42 more votes"}},
	} {
		out, errs, code := ashar(t, append([]string{"tally"}, x.args...)...)
		if code != exitOK || errs != "" {
			t.Errorf("%v: exit code %d, %s", x.args, code, errs)
		}
		for _, want := range x.want {
			if !strings.Contains(out, want) {
				t.Errorf("%v: no %q in\n%s", x.args, want, out)
			}
		}
	}
}

func TestTallyPrintsJSON(t *testing.T) {
	plain, err := os.ReadFile(zurich)
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "zurich.pb.gz")
	if err := os.WriteFile(name, packed.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{zurich, name} {
		out, errs, code := ashar(t, "tally", file, "--rule", "mes_cost", "--json", "--compare", "greedy_score")
		if code != exitOK || errs != "" {
			t.Fatalf("exit code %d, %s", code, errs)
		}
		var got struct {
			Winners  []string
			Cost     string
			Rounds   []struct{ Project, Price string }
			Projects []struct{ Project, Reason, English string }
			Compared struct{ Winners []string }
		}
		if err := json.Unmarshal([]byte(out), &got); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got.Winners, []string{"13", "14", "17", "19", "2", "5", "7"}) || got.Cost != "45000" || len(got.Projects) != 24 || len(got.Compared.Winners) == 0 || got.Rounds[0].Price != "5000/129" {
			t.Errorf("%+v", got)
		}
	}
}

func TestTallyRefuses(t *testing.T) {
	odd := filepath.Join(t.TempDir(), "odd.pb")
	if err := os.WriteFile(odd, []byte("META\nkey;value\nbudget;-4\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		args []string
		code int
		want string
	}{
		{nil, exitUsage, `say "ashar tally FILE.pb --rule NAME"`},
		{[]string{zurich}, exitUsage, `say "ashar tally FILE.pb --rule NAME"`},
		{[]string{zurich, pawlow, "--rule", "mes_cost"}, exitUsage, "one file at a time"},
		{[]string{zurich, "--rule", "mes_points"}, exitUsage, "known are greedy_score, greedy_density"},
		{[]string{zurich, "--rule", "greedy_threshold"}, exitUsage, "needs min_project_score_threshold"},
		{[]string{zurich, "--rule", "mes_cost", "--compare", "x"}, exitUsage, `"x" on approval ballots`},
		{[]string{zurich, "--rule", "mes_cost", "--ties", "draw:"}, exitUsage, `--ties names "draw:"`},
		{[]string{zurich, "--rule", "mes_cost", "--increment", "0"}, exitUsage, "expected an amount above 0"},
		{[]string{zurich, "--rule", "mes_cost", "--cap", "-1"}, exitUsage, "expected 0 or more"},
		{[]string{zurich, "--rool", "mes_cost"}, exitUsage, "flag provided but not defined"},
		{[]string{"nowhere.pb", "--rule", "mes_cost"}, exitFailed, "nowhere.pb"},
		{[]string{odd, "--rule", "mes_cost"}, exitFailed, "odd.pb: line 3:"},
		{[]string{"--help"}, exitOK, "mes_pointscost_add1_greedy_comparison"},
	} {
		out, errs, code := ashar(t, append([]string{"tally"}, x.args...)...)
		if code != x.code || out != "" || !strings.Contains(errs, x.want) {
			t.Errorf("%v: exit code %d, %q, %q, want %d and %q", x.args, code, out, errs, x.code, x.want)
		}
	}
}
