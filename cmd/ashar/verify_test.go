package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ashar-kg/ashar/internal/app"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/record"
	"github.com/ashar-kg/ashar/internal/civic/record/verify"
	"github.com/ashar-kg/ashar/internal/platform/clock"
	"github.com/ashar-kg/ashar/internal/platform/config"
	"github.com/ashar-kg/ashar/internal/platform/db"
)

// recorded serves a small city with three acts in its record, of which the
// first has a document.
func recorded(t *testing.T) (*app.App, string) {
	t.Helper()
	data := t.TempDir()
	cfg := &config.Config{Data: data, Database: filepath.Join(data, "ashar.db"), Blobs: filepath.Join(data, "blobs"), Demo: true, MailFrom: "Ashar <ashar@city.example>", Contact: "mailto:operator@city.example"}
	a, err := app.New(t.Context(), cfg, slog.New(slog.NewTextHandler(io.Discard, nil)), clock.System{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	s := httptest.NewServer(a.Handler())
	t.Cleanup(s.Close)
	c := &city.City{
		ID: 1, Slug: "osh", Jurisdiction: "osh.example", Names: map[string]string{"ky": "Ош"}, Zone: time.UTC, Languages: []string{"ky", "ru", "en"}, Hosts: []string{"127.0.0.1"},
	}
	if err := a.DB.Update(t.Context(), func(tx *db.Tx) error { return city.Put(tx, c) }); err != nil {
		t.Fatal(err)
	}
	if err := a.Cities.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	document, err := http.Get(s.URL + "/robots.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer document.Body.Close()
	h := sha256.New()
	if _, err := io.Copy(h, document.Body); err != nil {
		t.Fatal(err)
	}
	if err := a.DB.Update(t.Context(), func(tx *db.Tx) error {
		for n := range int64(3) {
			e := record.Entry{Kind: "test.act", Subject: "act:1", Title: map[string]string{"en": "Act"}, At: 1_790_000_000_000 + n}
			if n == 0 {
				e.Link, e.Hash = "/robots.txt", hex.EncodeToString(h.Sum(nil))
			}
			if err := record.Append(tx, 1, e); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := a.Record.Sequence(t.Context()); err != nil {
		t.Fatal(err)
	}
	return a, s.URL
}

func TestVerifyTellsWhatIsProvedAndRemembersIt(t *testing.T) {
	a, site := recorded(t)
	state := filepath.Join(t.TempDir(), "record.json")
	told := func(code int, args []string, want ...string) string {
		t.Helper()
		out, errs, got := ashar(t, append([]string{"verify"}, args...)...)
		if got != code {
			t.Errorf("%v: exit code %d, want %d\n%s%s", args, got, code, out, errs)
		}
		for _, w := range want {
			if !strings.Contains(out+errs, w) {
				t.Errorf("%v: no %q in\n%s%s", args, w, out, errs)
			}
		}
		return out
	}

	told(exitOK, []string{site}, "Proved:", "All 3 entries", "Not proved:", "That this is the city's own key", "That nothing was rewritten before this check")
	told(exitOK, []string{site + "/record/0", "--state", state}, "Entry 0 is in the record", "Its document /robots.txt", "byte for byte")
	told(exitOK, []string{"--state", state, site + "/record"}, "signed by the key that the last check trusted", "Nothing that was there at the last check")

	var report verify.Report
	if err := json.Unmarshal([]byte(told(exitOK, []string{site, "--json", "--entry", "0"})), &report); err != nil {
		t.Fatal(err)
	}
	if report.Size == 0 || report.Root == "" || len(report.Failed) != 0 || report.Entry == nil || report.Entry.Kind != "test.act" {
		t.Errorf("%+v", report)
	}
	var kept verify.State
	text, err := os.ReadFile(state)
	if err == nil {
		err = json.Unmarshal(text, &kept)
	}
	if err != nil || len(kept.Keys) != 1 {
		t.Fatalf("%s, %v", text, err)
	}
	told(exitOK, []string{site, "--key", kept.Keys[0]}, "signed by the key that you gave")
	told(exitFailed, []string{site, "--entry", "99"}, "WRONG:", "There is no entry 99")
	told(exitFailed, []string{"http://127.0.0.1:1", "--json"}, `"failed":[{"check":"reach"`, "could not be proved")

	// A failed check leaves what was remembered.
	if err := a.DB.Update(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec("test.spoil", `UPDATE record_entry SET body = replace(body, 'Act', 'Fact') WHERE idx = 0`)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	told(exitFailed, []string{site, "--state", state}, "WRONG:", "ENTRIES WERE CHANGED", "could not be proved; see above")
	if again, err := os.ReadFile(state); err != nil || string(again) != string(text) {
		t.Errorf("the state became %s, %v", again, err)
	}
}

func TestAnExchangedKeyIsLearnedByThoseWhoCheckInBetween(t *testing.T) {
	a, site := recorded(t)
	data := []string{"--data", a.Config.Data, "--database", a.Config.Database, "--blobs", a.Config.Blobs}
	often, seldom := filepath.Join(t.TempDir(), "often.json"), filepath.Join(t.TempDir(), "seldom.json")
	for _, step := range []struct {
		code int
		want string
		args []string
	}{
		{exitOK, "Proved", []string{"verify", site, "--state", often}},
		{exitOK, "Proved", []string{"verify", site, "--state", seldom}},
		{exitFailed, "there is one key only", append([]string{"record-key", "retire"}, data...)},
		{exitOK, "osh.example/record+", append([]string{"record-key", "new"}, data...)},
		{exitFailed, "signs beside the old one already", append([]string{"record-key", "new"}, data...)},
		{exitOK, "signed by the key that the last check trusted", []string{"verify", site, "--state", often}},
		{exitOK, "signs alone now", append([]string{"record-key", "retire"}, data...)},
		{exitOK, "Nothing that was there at the last check", []string{"verify", site, "--state", often}},
		{exitFailed, "without announcing it", []string{"verify", site, "--state", seldom}},
		{exitOK, "Proved", []string{"verify", site}},
		{exitUsage, "say one of", []string{"record-key"}},
	} {
		out, errs, code := ashar(t, step.args...)
		if code != step.code || !strings.Contains(out+errs, step.want) {
			t.Errorf("%v: exit code %d, want %d and %q\n%s%s", step.args, code, step.code, step.want, out, errs)
		}
	}
}

func TestVerifyRefuses(t *testing.T) {
	odd := filepath.Join(t.TempDir(), "odd.json")
	foreign := filepath.Join(t.TempDir(), "foreign.json")
	for name, text := range map[string]string{odd: "{}", foreign: `{"site":"https://other.example","checkpoint":"x"}`} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, x := range []struct {
		args []string
		code int
		want string
	}{
		{nil, exitUsage, `say "ashar verify https://city.example"`},
		{[]string{"city.example"}, exitUsage, "begins with https://"},
		{[]string{"https://city.example/reports/1"}, exitUsage, "neither a city nor its record"},
		{[]string{"https://city.example/record/x"}, exitUsage, "neither a record nor an entry"},
		{[]string{"https://city.example", "https://other.example"}, exitUsage, "one address at a time"},
		{[]string{"https://city.example", "--entry", "-7"}, exitUsage, "expected 0 or more"},
		{[]string{"https://city.example", "--key", "abc"}, exitUsage, "no key of a record"},
		{[]string{"https://city.example", "--state", odd}, exitUsage, "no state of a check"},
		{[]string{"https://city.example", "--state", foreign}, exitUsage, "the state is of https://other.example"},
		{[]string{"https://city.example", "--new"}, exitUsage, "--new needs the --state"},
		{[]string{"https://city.example", "--stat", odd}, exitUsage, "flag provided but not defined"},
		{[]string{"--help"}, exitOK, "Exit codes"},
	} {
		out, errs, code := ashar(t, append([]string{"verify"}, x.args...)...)
		if code != x.code || out != "" || !strings.Contains(errs, x.want) {
			t.Errorf("%v: exit code %d, %q, %q, want %d and %q", x.args, code, out, errs, x.code, x.want)
		}
	}
}
