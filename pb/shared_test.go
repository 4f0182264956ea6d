package pb_test

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ashar-kg/ashar/pb"
)

// reference is one entry of an outcomes file: what another program counted.
type reference struct {
	Winners []string `json:"winners"`
	Cost    string   `json:"cost"`
}

// shared returns the folder of the larger set of elections, and says loudly
// when it is absent.
func shared(t testing.TB) string {
	root := os.Getenv("ASHAR_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "shared")
	}
	dir := filepath.Join(root, "data", "pabulib")
	if _, err := os.Stat(filepath.Join(dir, "outcomes.json")); err != nil {
		t.Logf("THE LARGER SET IS ABSENT: no outcomes.json in %s; set ASHAR_SHARED. Only testdata is checked.", dir)
		return ""
	}
	return dir
}

func references(t testing.TB, dir string) map[string]map[string]reference {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "outcomes.json"))
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]map[string]reference
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func open(t testing.TB, path string) io.ReadCloser {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if !strings.HasSuffix(path, ".gz") {
		return f
	}
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func election(t testing.TB, path string) *pb.Election {
	t.Helper()
	e, _, err := pb.ReadElection(open(t, path))
	if err != nil {
		t.Fatalf("%s: %v", filepath.Base(path), err)
	}
	return e
}
