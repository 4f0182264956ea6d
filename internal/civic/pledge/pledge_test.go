package pledge_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/civic/pledge"
	"github.com/ashar-kg/ashar/internal/platform/clock"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/db/dbtest"
	"github.com/ashar-kg/ashar/internal/platform/fresh"
	"github.com/ashar-kg/ashar/internal/platform/jobs"
	"github.com/ashar-kg/ashar/internal/platform/once"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

var tables = []db.Migrations{once.Migrations, fresh.Migrations, jobs.Migrations, city.Migrations, permission.Migrations, pledge.Migrations}

const (
	body      = 7
	applicant = 50
)

var (
	idea   = pledge.Subject{Kind: "idea", ID: 1}
	matrix = permission.NewMatrix(pledge.Permissions()...)
)

func person(id int64, roles ...permission.Grant) permission.Actor {
	return permission.Actor{City: 1, Person: id, Level: permission.Phone, Name: "Асан", Grants: roles}.WithMatrix(matrix)
}

// town is a service whose ideas are open as long as open says so.
func town(d *db.DB, open *bool) (*pledge.Service, *city.City) {
	return &pledge.Service{
		DB: d, Clock: clock.At(time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)), Versions: fresh.New(d),
		Subjects: map[string]pledge.Source{"idea": func(_ *db.Tx, _ *city.City, id int64) (pledge.About, error) {
			if id != idea.ID {
				return pledge.About{}, web.NotFound()
			}
			return pledge.About{Title: "Двор", Lang: "ru", Href: "/ideas/1", Body: body, Applicant: applicant, Open: *open}, nil
		}},
	}, &city.City{ID: 1}
}

func status(err error) int {
	switch {
	case err == nil:
		return 200
	case errors.Is(err, permission.ErrDenied):
		return 403
	}
	return web.ProblemOf(err).Status
}

func TestAPledgeIsPromisedReceivedAndReturned(t *testing.T) {
	dbtest.Each(t, tables, func(t *testing.T, d *db.DB) {
		ctx, open := t.Context(), true
		s, c := town(d, &open)
		one, two, clerk := person(10), person(11), person(12, permission.Grant{Role: permission.Clerk, Body: body})
		promise := func(want int, a permission.Actor, p pledge.Pledge) int64 {
			t.Helper()
			if p.Subject.Kind == "" {
				p.Subject = idea
			}
			made, err := s.Promise(ctx, c, a, p)
			if status(err) != want {
				t.Fatalf("%+v: %v, want %d", p, err, want)
			}
			if err != nil {
				return 0
			}
			return made.ID
		}
		promise(403, permission.Actor{City: 1}.WithMatrix(matrix), pledge.Pledge{What: pledge.Money, Tyiyn: 100})
		promise(404, one, pledge.Pledge{Subject: pledge.Subject{Kind: "idea", ID: 2}, What: pledge.Money, Tyiyn: 100})
		promise(404, one, pledge.Pledge{Subject: pledge.Subject{Kind: "moon", ID: 1}, What: pledge.Money, Tyiyn: 100})
		promise(422, one, pledge.Pledge{What: "love"})
		promise(422, one, pledge.Pledge{What: pledge.Money})
		promise(422, one, pledge.Pledge{What: pledge.Work, Tyiyn: 100})
		promise(422, one, pledge.Pledge{What: pledge.Materials, Tyiyn: 100})
		money := promise(200, one, pledge.Pledge{What: pledge.Money, Tyiyn: 500_000, Named: true})
		promise(422, one, pledge.Pledge{What: pledge.Money, Tyiyn: 100})
		promise(200, one, pledge.Pledge{What: pledge.Work, Hours: 6, Tyiyn: 99})
		other := promise(200, two, pledge.Pledge{What: pledge.Money, Tyiyn: 20_050})
		stuff := promise(200, two, pledge.Pledge{What: pledge.Materials, Tyiyn: 300_000, Words: "Цемент, телефон 0555"})
		its := promise(200, person(applicant), pledge.Pledge{What: pledge.Money, Tyiyn: 100})

		// Who may do what: strangers and other bodies nothing, an applicant not for themself.
		steps := func(want int, err error) {
			t.Helper()
			if status(err) != want {
				t.Fatalf("%v, want %d", err, want)
			}
		}
		steps(404, s.Confirm(ctx, c, two, money))
		steps(404, s.Confirm(ctx, c, person(13, permission.Grant{Role: permission.Clerk, Body: body + 1}), money))
		steps(404, s.Withdraw(ctx, c, clerk, money))
		steps(403, s.Confirm(ctx, c, person(applicant), its))
		steps(409, s.Return(ctx, c, clerk, money, "why"))
		steps(200, s.Confirm(ctx, c, clerk, money))
		steps(409, s.Confirm(ctx, c, clerk, money))
		steps(409, s.Withdraw(ctx, c, one, money))
		steps(200, s.Confirm(ctx, c, person(applicant), stuff))
		steps(200, s.Withdraw(ctx, c, two, other))
		steps(422, s.Return(ctx, c, clerk, stuff, " "))
		steps(200, s.Return(ctx, c, clerk, stuff, "Проект отменён"))

		sum := func(what, state string, tyiyn, hours int64) {
			t.Helper()
			l, err := s.Ledger(ctx, c, permission.Actor{City: 1}, idea)
			if err != nil {
				t.Fatal(err)
			}
			if got := l.Of(what, state); got.Tyiyn != tyiyn || got.Hours != hours {
				t.Errorf("%s %s is %+v, want %d tyiyn and %d hours", what, state, got, tyiyn, hours)
			}
			for _, p := range l.List {
				if p.Person != 0 || p.Words != "" || p.Reason != "" || p.ID != money && p.Name != "" || p.State == pledge.Withdrawn {
					t.Errorf("everybody reads %+v", p)
				}
			}
		}
		sum(pledge.Money, pledge.Confirmed, 500_000, 0)
		sum(pledge.Money, pledge.Promised, 100, 0)
		sum(pledge.Work, pledge.Promised, 0, 6)
		sum(pledge.Materials, pledge.Returned, 300_000, 0)

		// A project that fails frees from promises; what it got is given back one by one.
		open = false
		promise(422, person(14), pledge.Pledge{What: pledge.Money, Tyiyn: 100})
		if err := d.Update(ctx, func(tx *db.Tx) error { return s.Fail(tx, c, clerk, idea, "Не состоялся") }); err != nil {
			t.Fatal(err)
		}
		sum(pledge.Money, pledge.Confirmed, 500_000, 0)
		sum(pledge.Work, pledge.Promised, 0, 0)
		steps(200, s.Return(ctx, c, clerk, money, "Не состоялся"))
		sum(pledge.Money, pledge.Confirmed, 0, 0)
		sum(pledge.Money, pledge.Returned, 500_000, 0)
		mine, err := s.Own(ctx, c, 10, 10)
		if err != nil || len(mine) != 2 || mine[0].Reason != "Не состоялся" {
			t.Errorf("the pledger has %+v (%v)", mine, err)
		}
		told, err := waiting(ctx, d)
		if err != nil || told != 7 {
			t.Errorf("%d notices (%v), want one for each receipt, return and freed promise", told, err)
		}
	})
}

func waiting(ctx context.Context, d *db.DB) (n int64, err error) {
	err = d.View(ctx, func(tx *db.Tx) error {
		n, err = db.One(tx, "jobs", `SELECT COUNT(*) FROM job`, db.Int64)
		return err
	})
	return n, err
}

func TestOneFormSentTwiceIsOnePledge(t *testing.T) {
	dbtest.Each(t, tables, func(t *testing.T, d *db.DB) {
		open := true
		s, c := town(d, &open)
		key := once.With(t.Context(), once.NewKey(1, "10", "pledge", "form"))
		first, err := s.Promise(key, c, person(10), pledge.Pledge{Subject: idea, What: pledge.Work, Hours: 2})
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Promise(key, c, person(10), pledge.Pledge{Subject: idea, What: pledge.Work, Hours: 2})
		var again *once.Repeated
		if err := once.Resolve(key, d, err); !errors.As(err, &again) {
			t.Errorf("the second time is %v", err)
		}

		// Forms of several windows at once are one promise too.
		var all sync.WaitGroup
		won := make(chan int64, 8)
		for range 8 {
			all.Go(func() {
				if p, err := s.Promise(t.Context(), c, person(11), pledge.Pledge{Subject: idea, What: pledge.Money, Tyiyn: 100}); err == nil {
					won <- p.ID
				}
			})
		}
		all.Wait()
		if len(won) != 1 {
			t.Errorf("%d promises stand", len(won))
		}
		if mine, err := s.Own(t.Context(), c, 10, 10); err != nil || len(mine) != 1 || mine[0].ID != first.ID {
			t.Errorf("%+v (%v)", mine, err)
		}
	})
}
