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
	var s *harness.Process
	if s, bin, err = harness.DemoCity(dir, 2000, os.Stderr); err != nil {
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
