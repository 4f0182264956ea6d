package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ashar-kg/ashar/internal/platform/clock"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/db/dbtest"
	"github.com/ashar-kg/ashar/internal/platform/jobs"
)

const city = 7

var tables = []db.Migrations{jobs.Migrations}

// seen remembers which jobs ran, by argument.
type seen struct {
	mu    sync.Mutex
	times map[string]int
}

func (s *seen) note(j jobs.Job) (int, error) {
	var name string
	if err := j.Decode(&name); err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.times == nil {
		s.times = map[string]int{}
	}
	s.times[name]++
	return s.times[name], nil
}

func (s *seen) handle(_ context.Context, j jobs.Job) error {
	_, err := s.note(j)
	return err
}

func (s *seen) of(name string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.times[name]
}

func newRunner(d *db.DB, c clock.Clock) *jobs.Runner {
	return jobs.New(d, c, slog.New(slog.DiscardHandler))
}

func enqueue(t *testing.T, d *db.DB, name string, opts ...jobs.Option) {
	t.Helper()
	if err := d.Update(t.Context(), func(tx *db.Tx) error { return jobs.Enqueue(tx, city, "work", name, opts...) }); err != nil {
		t.Fatal(err)
	}
}

func drain(t *testing.T, r *jobs.Runner) {
	t.Helper()
	if err := r.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func dead(t *testing.T, d *db.DB) (list []jobs.Job) {
	t.Helper()
	err := d.View(t.Context(), func(tx *db.Tx) (err error) {
		list, err = jobs.Dead(tx, city, 0, 10)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func rows(t *testing.T, d *db.DB) (n int64) {
	t.Helper()
	err := d.View(t.Context(), func(tx *db.Tx) (err error) {
		n, err = db.One(tx, "test.count", `SELECT COUNT(*) FROM job`, db.Int64)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestJobExistsExactlyWhenItsTransactionDoes(t *testing.T) {
	dbtest.Each(t, tables, func(t *testing.T, d *db.DB) {
		var s seen
		r := newRunner(d, clock.System{})
		r.Handle("work", s.handle)
		enqueue(t, d, "kept")
		undone := errors.New("undone")
		err := d.Update(t.Context(), func(tx *db.Tx) error {
			return errors.Join(jobs.Enqueue(tx, city, "work", "undone"), undone)
		})
		if !errors.Is(err, undone) {
			t.Fatal(err)
		}
		drain(t, r)
		if s.of("kept") != 1 || s.of("undone") != 0 {
			t.Errorf("ran %v", s.times)
		}
		if n := rows(t, d); n != 0 {
			t.Errorf("%d rows are left of finished jobs", n)
		}
	})
}

func TestJobWaitsForItsTime(t *testing.T) {
	dbtest.Each(t, tables, func(t *testing.T, d *db.DB) {
		var s seen
		now := clock.At(time.Now())
		r := newRunner(d, now)
		r.Handle("work", s.handle)
		enqueue(t, d, "later", jobs.At(now.Now().Add(time.Hour)))
		drain(t, r)
		if s.of("later") != 0 {
			t.Error("ran too early")
		}
		now.Advance(time.Hour)
		drain(t, r)
		if s.of("later") != 1 {
			t.Error("did not run at its time")
		}
	})
}

func TestFailingJobIsTriedAgainLaterAndLater(t *testing.T) {
	dbtest.Each(t, tables, func(t *testing.T, d *db.DB) {
		now := clock.At(time.Now().Add(time.Second))
		began := now.Now()
		var attempts []int
		r := newRunner(d, now)
		r.Handle("work", func(_ context.Context, j jobs.Job) error {
			attempts = append(attempts, j.Attempt)
			return errors.New("кайра аракет " + strings.Repeat("ө", 400))
		})
		enqueue(t, d, "failing")
		for len(dead(t, d)) == 0 {
			drain(t, r)
			now.Advance(time.Minute)
			if now.Now().Sub(began) > 10*24*time.Hour {
				t.Fatal("never given up")
			}
		}
		if len(attempts) != jobs.MaxAttempts || attempts[0] != 1 || attempts[len(attempts)-1] != jobs.MaxAttempts {
			t.Errorf("attempts were %v", attempts)
		}
		if took := now.Now().Sub(began); took < 36*time.Hour || took > 72*time.Hour {
			t.Errorf("given up after %v, want about two days", took)
		}
		if text := dead(t, d)[0].Error; !strings.HasPrefix(text, "кайра аракет өө") {
			t.Errorf("the operator reads %q", text)
		}
	})
}

func TestHandlersSayWhenToTryAgainOrNever(t *testing.T) {
	dbtest.Each(t, tables, func(t *testing.T, d *db.DB) {
		var s seen
		now := clock.At(time.Now().Add(time.Second))
		r := newRunner(d, now)
		r.Handle("work", func(_ context.Context, j jobs.Job) error {
			n, err := s.note(j)
			if err != nil || n > 1 {
				return err
			}
			if strings.Contains(string(j.Args), "busy") {
				return fmt.Errorf("gateway: %w", jobs.After(3*time.Hour, errors.New("busy")))
			}
			return fmt.Errorf("gateway: %w", jobs.Permanent(errors.New("no such address")))
		})
		enqueue(t, d, "busy")
		enqueue(t, d, "wrong")
		drain(t, r)
		now.Advance(2*time.Hour + 59*time.Minute)
		drain(t, r)
		if s.of("busy") != 1 || s.of("wrong") != 1 {
			t.Errorf("tried too early: %v", s.times)
		}
		now.Advance(time.Minute)
		drain(t, r)
		if s.of("busy") != 2 {
			t.Error("the busy one was not tried at the time its server named")
		}
		list := dead(t, d)
		if len(list) != 1 || !strings.Contains(list[0].Error, "no such address") {
			t.Fatalf("dead are %+v", list)
		}
		retry := func() error {
			return d.Update(t.Context(), func(tx *db.Tx) error { return jobs.Retry(tx, city, list[0].ID) })
		}
		if err := retry(); err != nil {
			t.Fatal(err)
		}
		drain(t, r)
		if s.of("wrong") != 2 || len(dead(t, d)) != 0 {
			t.Errorf("the operator's retry ran %d times", s.of("wrong")-1)
		}
		if err := retry(); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("retry of a job that is gone: %v", err)
		}
	})
}

func TestPanicIsAFailureOfTheJobAlone(t *testing.T) {
	dbtest.Each(t, tables, func(t *testing.T, d *db.DB) {
		now := clock.At(time.Now().Add(time.Second))
		var s seen
		r := newRunner(d, now)
		r.Handle("work", func(_ context.Context, j jobs.Job) error {
			if n, _ := s.note(j); n == 1 {
				panic("surprise")
			}
			return nil
		})
		enqueue(t, d, "jumpy")
		drain(t, r)
		now.Advance(time.Minute)
		drain(t, r)
		if s.of("jumpy") != 2 || rows(t, d) != 0 {
			t.Errorf("ran %d times, %d rows left", s.of("jumpy"), rows(t, d))
		}
		if done, failed := r.Counts(); done != 1 || failed != 1 {
			t.Errorf("counted %d done, %d failed", done, failed)
		}
	})
}
