// Package open311client runs an Open311 client written elsewhere against the
// real binary.
package open311client

import (
	"io"
	"os/exec"
	"testing"

	"github.com/ashar-kg/ashar/test/harness"
)

func TestAClientWrittenElsewhereDoesItsJob(t *testing.T) {
	dir := t.TempDir()
	bin, err := harness.Build(dir)
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(bin, "demo", "--data", dir+"/city", "--scale", "300").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	port, err := harness.Port()
	if err != nil {
		t.Fatal(err)
	}
	s, err := harness.Serve(bin, port, io.Discard, "--demo", "--data", dir+"/city", "--log-level", "error")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Kill()
	for _, jurisdiction := range []string{"", "bishkek"} {
		out, err := exec.CommandContext(t.Context(), "node", "client.cjs", s.URL+"/open311/v2/discovery.json", jurisdiction).CombinedOutput()
		if err != nil {
			t.Fatalf("jurisdiction %q: %v\n%s", jurisdiction, err, out)
		}
		t.Logf("%s", out)
	}
}
