package app_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/ashar-kg/ashar/internal/app"
	"github.com/ashar-kg/ashar/internal/platform/clock"
	"github.com/ashar-kg/ashar/internal/platform/config"
	"github.com/ashar-kg/ashar/internal/platform/db/dbtest"
)

// A sample is a demo city of a few reports: loaded once for all tests of a run,
// and copied for each, which takes a tenth of the time.
type sample struct {
	dir      string // of the files, and of the database on SQLite
	database string // on PostgreSQL
}

var (
	samples  string // folder of both
	onSQLite = sync.OnceValues(func() (*sample, error) {
		return (&sample{dir: filepath.Join(samples, "sqlite")}).load()
	})
	onPostgres = sync.OnceValues(func() (*sample, error) {
		address, drop, err := dbtest.NewPostgres()
		if err != nil {
			return nil, err
		}
		dropSamples = append(dropSamples, drop)
		return (&sample{dir: filepath.Join(samples, "postgres"), database: address}).load()
	})
	dropSamples []func() error
)

func TestMain(m *testing.M) {
	var err error
	if samples, err = os.MkdirTemp("", "ashar-samples-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	for _, drop := range dropSamples {
		err = errors.Join(err, drop())
	}
	if err = errors.Join(err, os.RemoveAll(samples)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	os.Exit(code)
}

func (s *sample) load() (*sample, error) {
	cfg := &config.Config{Data: s.dir, Database: s.database, Demo: true, MailFrom: "a <a@city.example>", Contact: "mailto:o@city.example", Blobs: s.dir + "/blobs"}
	if cfg.Database == "" {
		cfg.Database = s.dir + "/ashar.db"
	}
	ctx := context.Background()
	a, err := app.New(ctx, cfg, slog.New(slog.NewTextHandler(io.Discard, nil)), clock.System{})
	if err != nil {
		return nil, err
	}
	return s, errors.Join(a.LoadDemo(ctx, 60, false, nil), a.Close())
}

// copySample puts the sample city into an empty folder and, when a database of
// PostgreSQL is named, into that.
func copySample(t testing.TB, dir, database string) {
	t.Helper()
	get := onSQLite
	if database != "" {
		get = onPostgres
	}
	s, err := get()
	if err == nil {
		err = os.CopyFS(dir, os.DirFS(s.dir))
	}
	if err == nil && database != "" {
		err = dbtest.CopyPostgres(s.database, database)
	}
	if err != nil {
		t.Fatal(err)
	}
}
