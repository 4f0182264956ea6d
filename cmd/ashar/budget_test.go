package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestImportBudgetCheck(t *testing.T) {
	path := filepath.Join(t.TempDir(), "draft.csv")
	if err := os.WriteFile(path, []byte("\ufeffНаименование;План;Факт\nДороги;1 234,5;7\nСвет;;\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	do := func(args ...string) (code int, out, problems string) {
		var o, e bytes.Buffer
		code = run(context.Background(), &console{out: &o, err: &e, env: os.LookupEnv}, append([]string{"import", "budget", path}, args...))
		return code, o.String(), e.String()
	}
	code, out, problems := do("--check", "--json")
	if code != exitUsage || !strings.Contains(problems, `"План" or "Факт"`) || !strings.Contains(problems, "--map amount=") || !strings.Contains(out, `"candidates":["План","Факт"]`) {
		t.Errorf("unsure: %d, %s, %s", code, out, problems)
	}
	code, out, problems = do("--check", "--json", "--map", "amount=План", "--unit", "thousand")
	var r struct {
		Rows    int
		Refused []struct {
			Line   int
			Reason string
		}
		Sums map[string]string
	}
	if err := json.Unmarshal([]byte(out), &r); err != nil || code != exitOK {
		t.Fatalf("%d, %v, %s", code, err, problems)
	}
	if r.Rows != 1 || len(r.Refused) != 1 || r.Refused[0].Line != 3 || r.Refused[0].Reason == "" || r.Sums["expenditure"] != "1234500" || r.Sums["revenue"] != "0" {
		t.Errorf("%s", out)
	}
	if code, _, problems = do(); code != exitUsage || !strings.Contains(problems, "--check") {
		t.Errorf("without --check: %d, %s", code, problems)
	}
}
