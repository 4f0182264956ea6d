package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/db/dbtest"
	"github.com/ashar-kg/ashar/test/harness"
)

const (
	voters   = 200    // at once
	electors = 60_000 // of whom each votes once
)

// ballots casts votes over the whole way of a request on both engines, against
// the rate at which the same machine stores one durable row per transaction, by
// as many writers, in the same run.
func ballots(t *table, bin, data string) error {
	for _, engine := range []string{"SQLite", "PostgreSQL"} {
		dir := filepath.Join(data, "ballots-"+engine)
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
		flags, address := []string{"--data", dir, "--writes-per-minute", "0"}, filepath.Join(dir, "ashar.db")
		raw := filepath.Join(dir, "raw.db")
		if engine == "PostgreSQL" {
			folder, err := os.MkdirTemp("", "ashar-bench-pg-")
			if err != nil {
				return err
			}
			defer os.RemoveAll(folder)
			if address, err = dbtest.StartPostgres(folder, true); err != nil {
				return err
			}
			defer dbtest.StopPostgres(folder)
			raw, flags = address, append(flags, "--database", address)
		}
		if out, err := exec.Command(bin, append([]string{"demo", "--scale", "1000"}, flags[:len(flags):len(flags)]...)...).CombinedOutput(); err != nil {
			return fmt.Errorf("%w\n%s", err, out)
		}
		if err := castAll(t, bin, engine, address, raw, flags); err != nil {
			return err
		}
	}
	return nil
}

func castAll(t *table, bin, engine, address, raw string, flags []string) error {
	d, err := db.Open(context.Background(), address)
	if err != nil {
		return err
	}
	sessions, err := harness.Voters(context.Background(), d, electors)
	if err := errors.Join(err, d.Close()); err != nil {
		return err
	}
	s, err := serve(bin, flags...)
	if err != nil {
		return err
	}
	defer s.Stop()
	store, err := db.Open(context.Background(), raw)
	if err != nil {
		return err
	}
	defer store.Close()
	err = store.Update(context.Background(), func(tx *db.Tx) error {
		_, err := tx.Exec("raw.table", `CREATE TABLE raw_row (id BIGINT NOT NULL PRIMARY KEY, text TEXT NOT NULL)`)
		return err
	})
	if err != nil {
		return err
	}
	host := strings.TrimPrefix(s.URL, "http://")
	var next atomic.Int64
	var plain, alone []float64
	var cast []result
	// By turns, so that what else the machine does hits both alike.
	for range 3 {
		n, err := insertRaw(store, voters, span/2)
		if err != nil {
			return err
		}
		m, err := insertRaw(store, 1, span/4)
		if err != nil {
			return err
		}
		r, err := load(host, voters, span/2, func(int, int) []byte { return ballotRequest(host, sessions[int(next.Add(1)-1)%len(sessions)]) })
		if err != nil {
			return err
		}
		plain, alone, cast = append(plain, n), append(alone, m), append(cast, r)
	}
	slices.Sort(plain)
	slices.Sort(alone)
	r, base := middle(cast), plain[1]
	failed := 0
	for _, c := range cast {
		failed += c.failed
	}
	t.line("ballots cast, "+engine+" / raw durable inserts", fmt.Sprintf("%.0f %% (%.0f of %.0f a second, %d refused)", 100*r.perSec/base, r.perSec, base, failed), "≥ 50 %", r.perSec >= base/2 && failed == 0)
	t.line("ballots cast, "+engine+" / one writer's durable inserts", fmt.Sprintf("%.0f %% (%.0f a second)", 100*r.perSec/alone[1], alone[1]), "≥ 50 %", r.perSec >= alone[1]/2)
	t.line("ballots cast, "+engine+", 200 voters at once", fmt.Sprintf("p50 %s, p99 %s", r.p50.Round(time.Millisecond), r.p99.Round(time.Millisecond)), "≤ 2s", r.p99 <= 2*time.Second)
	return nil
}

func ballotRequest(host, session string) []byte {
	body := harness.Ballot(harness.Secret()).Encode()
	return fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: %s\r\nCookie: session=%s\r\nAccept-Encoding: gzip\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s",
		harness.BallotPath, host, session, len(body), body)
}

// insertRaw is how many rows a second are stored by so many writers, one row in
// each transaction.
func insertRaw(d *db.DB, writers int, span time.Duration) (perSec float64, err error) {
	var all sync.WaitGroup
	var n atomic.Int64
	errs := make([]error, writers)
	began := time.Now()
	for i := range writers {
		all.Go(func() {
			for time.Since(began) < span && errs[i] == nil {
				errs[i] = d.Update(context.Background(), func(tx *db.Tx) error {
					_, err := tx.Exec("raw.insert", `INSERT INTO raw_row (id, text) VALUES ($1, $2)`, randomID(), "a row")
					return err
				})
				n.Add(1)
			}
		})
	}
	all.Wait()
	return float64(n.Load()) / time.Since(began).Seconds(), errors.Join(errs...)
}

func randomID() (id int64) {
	var raw [8]byte
	rand.Read(raw[:])
	for _, b := range raw[1:] {
		id = id<<8 | int64(b)
	}
	return id
}
