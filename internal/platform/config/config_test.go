package config_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ashar-kg/ashar/internal/platform/config"
)

func env(pairs map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) { v, ok := pairs[name]; return v, ok }
}

func TestFlagsWinOverVariablesWinOverTheFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ashar.conf")
	if err := os.WriteFile(file, []byte("# comment\nASHAR_LISTEN=1.1.1.1:1\nASHAR_DATA=\"/file\"\nASHAR_LOG_LEVEL=warn\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	v, rest, err := config.Parse("serve", []string{"--config", file, "--listen", "3.3.3.3:3", "--demo", "tail"},
		env(map[string]string{"ASHAR_LISTEN": "2.2.2.2:2", "ASHAR_DATA": "/env"}), &bytes.Buffer{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := v.Check()
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen != "3.3.3.3:3" || c.Data != "/env" || c.LogLevel != "warn" || !c.Demo || len(rest) != 1 {
		t.Errorf("got %+v, rest %v", c, rest)
	}
	if c.Database != filepath.Join("/env", "ashar.db") {
		t.Errorf("database is %s", c.Database)
	}
}

func TestEverythingWrongIsNamedAtOnceAndSecretsAreNot(t *testing.T) {
	v, _, err := config.Parse("serve", []string{"--listen", "nowhere", "--smtp", "ftp://me:secret@host", "--log-level", "loud", "--writes-per-minute", "-1"},
		env(nil), &bytes.Buffer{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = v.Check()
	for _, want := range []string{"listen", "smtp", "log-level", "writes-per-minute"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is not named in: %v", want, err)
		}
	}
	var out bytes.Buffer
	v.Report(&out)
	if strings.Contains(out.String()+err.Error(), "secret") {
		t.Error("a secret is shown")
	}
}
