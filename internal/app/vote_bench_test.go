package app_test

import (
	"cmp"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ashar-kg/ashar/internal/app"
	"github.com/ashar-kg/ashar/internal/platform/clock"
	"github.com/ashar-kg/ashar/internal/platform/config"
	"github.com/ashar-kg/ashar/internal/platform/db/dbtest"
	"github.com/ashar-kg/ashar/test/harness"
)

// BenchmarkBallot casts votes over the whole handler, without sockets.
func BenchmarkBallot(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) { benchmarkBallot(b, "") })
	b.Run("postgres", func(b *testing.B) { benchmarkBallot(b, dbtest.PostgresURL(b)) })
}

func benchmarkBallot(b *testing.B, database string) {
	cfg := &config.Config{Data: b.TempDir(), Demo: true, MailFrom: "a <a@city.example>", Contact: "mailto:o@city.example", LogLevel: "error", LogFormat: "text"}
	cfg.Blobs, cfg.Database = cfg.Data+"/blobs", cmp.Or(database, cfg.Data+"/ashar.db")
	a, err := app.New(b.Context(), cfg, slog.New(slog.NewTextHandler(io.Discard, nil)), clock.System{})
	if err != nil {
		b.Fatal(err)
	}
	defer a.Close()
	if err := a.LoadDemo(b.Context(), 1000, false, nil); err != nil {
		b.Fatal(err)
	}
	s, err := harness.Voters(b.Context(), a.DB, 20000)
	if err != nil {
		b.Fatal(err)
	}
	h := a.Handler()
	var next atomic.Int64
	b.SetParallelism(50)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			r := httptest.NewRequest(http.MethodPost, harness.BallotPath, strings.NewReader(harness.Ballot(harness.Secret()).Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.AddCookie(&http.Cookie{Name: "session", Value: s[int(next.Add(1)-1)%len(s)]})
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != 200 {
				b.Errorf("status %d", w.Code)
			}
		}
	})
}
