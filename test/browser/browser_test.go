// Package browser runs the journeys of residents and clerks in a real browser
// against the real binary.
package browser

import (
	"bytes"
	"image/jpeg"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/ashar-kg/ashar/seed/draw"
	"github.com/ashar-kg/ashar/test/harness"
)

var base, photo, bin string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	fail := func(err error) int {
		os.Stderr.WriteString("browser tests: " + err.Error() + "\n")
		return 1
	}
	dir, err := os.MkdirTemp("", "ashar-browser-")
	if err != nil {
		return fail(err)
	}
	defer os.RemoveAll(dir)
	if bin, err = harness.Build(dir); err != nil {
		return fail(err)
	}
	data := filepath.Join(dir, "data")
	if out, err := exec.Command(bin, "demo", "--data", data, "--scale", "2000").CombinedOutput(); err != nil {
		return fail(&failure{err, out})
	}
	port, err := harness.Port()
	if err != nil {
		return fail(err)
	}
	s, err := harness.Serve(bin, port, os.Stderr, "--demo", "--data", data, "--log-level", "error")
	if err != nil {
		return fail(err)
	}
	defer s.Stop()
	base = s.URL
	var picture bytes.Buffer
	if err := jpeg.Encode(&picture, draw.Scene("street-light", 3, false), nil); err != nil {
		return fail(err)
	}
	photo = filepath.Join(dir, "lamp.jpg")
	if err := os.WriteFile(photo, picture.Bytes(), 0o600); err != nil {
		return fail(err)
	}
	return m.Run()
}

type failure struct {
	err error
	out []byte
}

func (f *failure) Error() string { return f.err.Error() + "\n" + string(f.out) }

func node(t *testing.T, script string, args ...string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "node", append([]string{script}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", script, err, out)
	}
	t.Logf("%s", out)
}

func TestJourneys(t *testing.T) { node(t, "journeys.mjs", base, photo) }

func TestEveryPageIsAccessibleAndFits(t *testing.T) { node(t, "look.mjs", base) }
