package jobs_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ashar-kg/ashar/internal/platform/clock"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/db/dbtest"
	"github.com/ashar-kg/ashar/internal/platform/jobs"
)

func TestKeyHoldsASecondJobBackOnlyWhileTheFirstWaits(t *testing.T) {
	dbtest.Each(t, tables, func(t *testing.T, d *db.DB) {
		var s seen
		now := clock.At(time.Now().Add(time.Second))
		r := newRunner(d, now)
		r.Handle("work", func(_ context.Context, j jobs.Job) error {
			if _, err := s.note(j); err != nil {
				return err
			}
			if s.of("fold") == 1 {
				enqueue(t, d, "fold", jobs.Key("k")) // new facts, come while the old are worked on
			}
			if strings.Contains(string(j.Args), "fails") {
				return jobs.Permanent(fmt.Errorf("dead"))
			}
			return nil
		})
		enqueue(t, d, "fold", jobs.Key("k"))
		enqueue(t, d, "fold", jobs.Key("k"))
		drain(t, r)
		if s.of("fold") != 2 {
			t.Errorf("ran %d times, want once for the two that waited and once for the one that came meanwhile", s.of("fold"))
		}
		enqueue(t, d, "fails", jobs.Key("k"))
		drain(t, r)
		enqueue(t, d, "fails", jobs.Key("k"))
		drain(t, r)
		if s.of("fails") != 2 {
			t.Error("a dead job holds its key")
		}
	})
}

func TestWorkOfADeadWorkerIsTakenUp(t *testing.T) {
	dbtest.Each(t, tables, func(t *testing.T, d *db.DB) {
		now := clock.At(time.Now().Add(time.Second))
		hang, begun, stopped := make(chan struct{}), make(chan struct{}), make(chan struct{})
		first := newRunner(d, now)
		first.Handle("work", func(context.Context, jobs.Job) error {
			close(begun)
			<-hang
			return nil
		})
		enqueue(t, d, "orphan")
		go func() { defer close(stopped); _ = first.Drain(context.WithoutCancel(t.Context())) }()
		<-begun
		var s seen
		second := newRunner(d, now)
		second.Handle("work", func(ctx context.Context, j jobs.Job) error {
			if j.Attempt != 2 {
				t.Errorf("attempt %d", j.Attempt)
			}
			// The first worker wakes up and thinks it still owns the job.
			close(hang)
			<-stopped
			if rows(t, d) != 1 {
				t.Error("a worker without a lease removed the job of another")
			}
			return s.handle(ctx, j)
		})
		if n, err := second.Turn(t.Context()); n != 0 || err != nil {
			t.Fatalf("took %d leased jobs, %v", n, err)
		}
		now.Advance(2 * time.Minute)
		drain(t, second)
		if s.of("orphan") != 1 || rows(t, d) != 0 {
			t.Errorf("ran %d times, %d rows left", s.of("orphan"), rows(t, d))
		}
	})
}

func TestJobThatKillsItsWorkersIsBuriedAtLast(t *testing.T) {
	dbtest.Each(t, tables, func(t *testing.T, d *db.DB) {
		enqueue(t, d, "killer")
		// As if the process had died at each attempt: counted, never finished.
		err := d.Update(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec("test.die", `UPDATE job SET attempt = $1 WHERE city_id = $2`, jobs.MaxAttempts, city)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		var s seen
		r := newRunner(d, clock.At(time.Now().Add(time.Second)))
		r.Handle("work", s.handle)
		drain(t, r)
		if s.of("killer") != 0 || len(dead(t, d)) != 1 {
			t.Errorf("ran %d times, dead are %d", s.of("killer"), len(dead(t, d)))
		}
	})
}

func TestTwoNodesShareTheWorkAndDoNothingTwice(t *testing.T) {
	dbtest.Each(t, tables, func(t *testing.T, d *db.DB) {
		const n = 500
		var s seen
		var all sync.WaitGroup
		all.Add(n)
		ctx, stop := context.WithCancel(t.Context())
		var nodes sync.WaitGroup
		for range 2 {
			r := newRunner(d, clock.System{})
			r.Handle("work", func(ctx context.Context, j jobs.Job) error {
				defer all.Done()
				return s.handle(ctx, j)
			})
			nodes.Go(func() { r.Run(ctx) })
		}
		for i := range n {
			enqueue(t, d, fmt.Sprint(i))
		}
		all.Wait()
		stop()
		nodes.Wait()
		for i := range n {
			if s.of(fmt.Sprint(i)) != 1 {
				t.Errorf("job %d ran %d times", i, s.of(fmt.Sprint(i)))
			}
		}
		if left := rows(t, d); left != 0 {
			t.Errorf("%d rows are left", left)
		}
	})
}

func TestSlowKindLeavesWorkersToOthers(t *testing.T) {
	dbtest.Each(t, tables, func(t *testing.T, d *db.DB) {
		ctx, stop := context.WithCancel(t.Context())
		hang, quick := make(chan struct{}), make(chan struct{})
		var atOnce atomic.Int64
		r := newRunner(d, clock.System{})
		r.Handle("work", func(context.Context, jobs.Job) error {
			atOnce.Add(1)
			<-hang
			return nil
		})
		r.Handle("quick", func(context.Context, jobs.Job) error { close(quick); return nil })
		for i := range 200 {
			enqueue(t, d, fmt.Sprint(i))
		}
		if err := d.Update(ctx, func(tx *db.Tx) error { return jobs.Enqueue(tx, city, "quick", "q") }); err != nil {
			t.Fatal(err)
		}
		ended := make(chan struct{})
		go func() { defer close(ended); r.Run(ctx) }()
		select {
		case <-quick:
		case <-time.After(10 * time.Second):
			t.Error("the quick job waits behind the slow ones")
		}
		if n := atOnce.Load(); n > 16 {
			t.Errorf("%d jobs of one kind run at once", n)
		}
		stop()
		close(hang)
		<-ended
		// A graceful stop leaves each job either finished or free.
		done, _ := r.Counts()
		if left := rows(t, d); left+done != 201 {
			t.Errorf("%d done and %d left of 201", done, left)
		}
	})
}

func TestPeriodicTaskRunsOnOneNodeAtATime(t *testing.T) {
	dbtest.Each(t, tables, func(t *testing.T, d *db.DB) {
		ctx, stop := context.WithCancel(t.Context())
		var runs atomic.Int64
		begun := make(chan struct{}, 10)
		var nodes sync.WaitGroup
		for range 3 {
			r := newRunner(d, clock.System{})
			r.Every("sweep", time.Hour, func(context.Context) error {
				runs.Add(1)
				begun <- struct{}{}
				panic("a task that panics does not end the node")
			})
			nodes.Go(func() { r.Run(ctx) })
		}
		<-begun
		stop()
		nodes.Wait()
		if n := runs.Load(); n != 1 {
			t.Errorf("ran %d times in its period", n)
		}
		again := newRunner(d, clock.At(time.Now().Add(time.Hour+time.Second)))
		ctx, stop = context.WithCancel(t.Context())
		again.Every("sweep", time.Hour, func(context.Context) error { stop(); return nil })
		again.Run(ctx)
	})
}
