package i18n_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// keyPattern finds message keys in sources: the literal argument of a call
// that takes one, and literals that look like the key of a known area.
var keyPattern = regexp.MustCompile(`(?:\bT\(|Fail\([^"()]*"[^"]*", |Key:\s*|Title:\s*|Purpose:\s*|Term:\s*)"([a-z0-9_]+(?:\.[a-z0-9_]+)+\.?)"( \+)?`)

// prefixes of keys that are put together at run time.
func dynamic(key string) bool { return strings.HasSuffix(key, ".") }

func TestEveryTextThatTheSourcesAskForExists(t *testing.T) {
	c := catalogue(t)
	keys := c.Keys()
	found := 0
	walkSources(t, func(path, text string) {
		for _, m := range keyPattern.FindAllStringSubmatch(text, -1) {
			found++
			key := m[1]
			switch {
			case dynamic(key) || m[2] != "":
				any := false
				for _, k := range keys {
					any = any || strings.HasPrefix(k, key)
				}
				if !any {
					t.Errorf("%s: no key begins with %s", path, key)
				}
			case !c.Has(key) && !c.Has(key+".title"):
				t.Errorf("%s: key %s is not in the catalogue", path, key)
			}
		}
	})
	if found < 200 {
		t.Fatalf("only %d keys were found in the sources; does the pattern still fit?", found)
	}
}

func walkSources(t *testing.T, visit func(path, text string)) {
	t.Helper()
	root := filepath.Join("..", "..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git" || d.Name() == "open311") {
			return filepath.SkipDir
		}
		source := strings.HasSuffix(path, ".templ") || (strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_templ.go") && !strings.HasSuffix(path, "_test.go"))
		if d.IsDir() || !source {
			return nil
		}
		text, err := os.ReadFile(path)
		if err == nil {
			visit(path, string(text))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
