package app_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/ashar-kg/ashar/"

// floor says how high a package stands; imports may only go to the same floor
// or down. ok is false for what has no floor, such as data.
func floor(path string) (n int, ok bool) {
	for i, prefix := range []string{"internal/platform/", "internal/civic/", "internal/features/", "internal/founding", "internal/demo", "internal/app", "cmd/"} {
		if strings.HasPrefix(path, prefix) {
			return i, true
		}
	}
	return 0, false
}

// feature is the room of a package among the features.
func feature(path string) string {
	rest, ok := strings.CutPrefix(path, "internal/features/")
	if !ok {
		return ""
	}
	name, _, _ := strings.Cut(rest, "/")
	return name
}

func TestImportsOnlyGoDown(t *testing.T) {
	root := filepath.Join("..", "..")
	seen := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		rel, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		from := filepath.ToSlash(rel)
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, im := range file.Imports {
			name, _ := strconv.Unquote(im.Path.Value)
			to, ours := strings.CutPrefix(name, module)
			if !ours {
				continue
			}
			seen++
			check(t, from, to)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 50 {
		t.Fatalf("only %d imports were seen", seen)
	}
}

func check(t *testing.T, from, to string) {
	t.Helper()
	if from == "open311" || from == "pb" {
		t.Errorf("%s is a public library and imports %s", from, to)
	}
	a, okFrom := floor(from)
	b, okTo := floor(to)
	if okFrom && okTo && b > a {
		t.Errorf("%s imports %s: the arrow goes up", from, to)
	}
	if x, y := feature(from), feature(to); x != "" && y != "" && x != y {
		t.Errorf("%s imports %s: the arrow goes sideways", from, to)
	}
}
