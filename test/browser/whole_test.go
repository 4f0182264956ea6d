package browser

import (
	"log/slog"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/ashar-kg/ashar/internal/app"
	"github.com/ashar-kg/ashar/internal/platform/clock"
	"github.com/ashar-kg/ashar/internal/platform/config"
)

// A campaign from its first idea to the recount takes days: it runs in a city of
// its own, whose clock the test sets.
func TestAnIdeaBecomesAResultThatAnybodyCountsAgain(t *testing.T) {
	data, now := t.TempDir(), clock.At(time.Now())
	if out, err := exec.CommandContext(t.Context(), bin, "demo", "--data", data, "--scale", "50").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	a, err := app.New(t.Context(), &config.Config{
		Data: data, Database: filepath.Join(data, "ashar.db"), Blobs: filepath.Join(data, "blobs"), Demo: true, MailFrom: "Ashar <ashar@city.example>",
		LogLevel: "error", LogFormat: "text", Contact: "mailto:operator@city.example", Trusted: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, Grace: time.Second,
	}, slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})), now)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	s := httptest.NewServer(a.Handler())
	defer s.Close()
	state := filepath.Join(t.TempDir(), "state.json")
	node(t, "whole.mjs", s.URL, bin, state, "votes")
	now.Advance(3 * 24 * time.Hour)
	node(t, "whole.mjs", s.URL, bin, state, "counts")
}
