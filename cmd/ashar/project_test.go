package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ashar-kg/ashar/internal/features/project"
)

func TestImportProjectsCheck(t *testing.T) {
	table := filepath.Join(t.TempDir(), "projects.csv")
	if err := os.WriteFile(table, []byte("\ufeffid;title_ky;budget;lat;lon;planned_end\nw-1;Мектеп;1 200 000,50;0;0;31.12.2026\nw-2;Жол;;42,87;74,6;эртең\nw-3;Көпүрө;300;42,87;74,6;\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	do := func(args ...string) (code int, r project.Report, out, problems string) {
		var o, e bytes.Buffer
		code = run(context.Background(), &console{out: &o, err: &e, env: os.LookupEnv}, append([]string{"import", "projects"}, args...))
		if strings.HasPrefix(o.String(), "{") {
			if err := json.Unmarshal(o.Bytes(), &r); err != nil {
				t.Fatal(err)
			}
		}
		return code, r, o.String(), e.String()
	}
	code, r, out, problems := do(table, "--check", "--json")
	if code != exitOK || r.Form != "csv" || r.Rows != 3 || r.Projects != 2 || r.Unplaced != 1 || len(r.Refused) != 1 || r.Refused[0].Line != 3 ||
		!strings.Contains(r.Refused[0].Reason, "planned_end") || r.Totals["KGS"].Budget != "1200300.50" {
		t.Errorf("a table: %d, %s %s", code, out, problems)
	}
	const examples = "../../internal/features/project/testdata/"
	code, r, out, problems = do("--json", "--check", examples+"oc4ids-example.json")
	if code != exitOK || r.Form != "oc4ids" || r.Rows != 1 || len(r.Refused) != 7 {
		t.Errorf("the example of OC4IDS: %d, %s %s", code, out, problems)
	}
	for _, x := range r.Refused {
		if x.Line == 0 || x.Path == "" || x.Reason == "" {
			t.Errorf("a refusal without its place: %+v", x)
		}
		if x.Path == "projects/0/status" && x.Line != 25 {
			t.Errorf("the status is refused on line %d", x.Line)
		}
	}
	code, r, out, problems = do(examples+"ocds-fictional.json", "--check", "--json")
	if code != exitOK || r.Form != "ocds" || r.Rows != 6 || r.Releases != 6 || len(r.Refused) != 0 || r.Totals["GBP"].Contracted != "11000000" {
		t.Errorf("releases of OCDS: %d, %s %s", code, out, problems)
	}
	if code, _, out, _ = do(table, "--check"); code != exitOK || !strings.Contains(out, "line 3: planned_end") {
		t.Errorf("in words: %d, %s", code, out)
	}
	bodies := filepath.Join(t.TempDir(), "bodies.csv")
	if err := os.WriteFile(bodies, []byte("id,title_ky,body\nw-1,Мектеп,nobody\nw-2,Жол,meria\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, r, out, problems = do(bodies, "--check", "--json", "--city", "../../seed/bishkek"); code != exitOK || r.Projects != 1 || len(r.Refused) != 1 || r.Refused[0].Code != "body" || r.Refused[0].Column != "body" || r.Refused[0].Value != "nobody" {
		t.Errorf("with the bodies of the city: %d, %s %s", code, out, problems)
	}
	if code, r, out, _ = do(bodies, "--check", "--json"); code != exitOK || r.Projects != 2 || len(r.Refused) != 0 {
		t.Errorf("without a city no body is looked up: %d, %s", code, out)
	}
	if code, _, _, problems = do(bodies, "--check", "--city", t.TempDir()); code != exitFailed || !strings.Contains(problems, "--city") {
		t.Errorf("of no city: %d, %s", code, problems)
	}
	if code, _, _, problems = do(table); code != exitUsage || !strings.Contains(problems, "--check") {
		t.Errorf("without --check: %d, %s", code, problems)
	}
}
