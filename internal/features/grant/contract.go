package grant

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/document"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/civic/pledge"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Conclude keeps the contract about an approved grant, with the tranches in which
// it is released: together they are the sum of the contract, which is at most the
// grant. Fields: number, day, ends, sum, parties, t<n>_sum, t<n>_terms.
func (s *Service) Conclude(ctx context.Context, c *city.City, a permission.Actor, number string, d Deal, list []Tranche) error {
	return s.work(ctx, c, a, number, Contract, func(tx *db.Tx, f *casework.File, app *Application) error {
		if f.State != Approved {
			return web.Conflict()
		}
		if err := d.check(app, list); err != nil {
			return err
		}
		if err := insertDeal(tx, c.ID, f.ID, d); err != nil {
			return err
		}
		for i, t := range list {
			t = Tranche{N: int64(i + 1), Sum: t.Sum, Terms: t.Terms}
			if err := insertTranche(tx, c.ID, f.ID, t); err != nil {
				return err
			}
		}
		_, err := s.Desk.Move(tx, c, a, f.ID, casework.Move{To: Running, Actor: s.name(ctx, c, f), Edit: func(f *casework.File) {
			f.Due, f.Escalated = d.due(c), false
		}})
		return err
	})
}

// check says what is wrong with a contract and its tranches, and puts their terms right.
func (d *Deal) check(app *Application, list []Tranche) error {
	f := &web.Form{}
	length(f, "number", &d.Number, 1, 60)
	length(f, "parties", &d.Parties, 3, MaxShort)
	if _, err := time.Parse(time.DateOnly, d.Day); err != nil {
		f.Fail("day", "grant.error.day")
	}
	if ends, err := time.Parse(time.DateOnly, d.Ends); err != nil || ends.Format(time.DateOnly) <= d.Day {
		f.Fail("ends", "grant.error.ends")
	}
	if d.Sum <= 0 || d.Sum > app.Approved {
		f.Fail("sum", "grant.error.amount", "max", web.MoneyText(app.Approved))
	}
	var sum int64
	for i := range list {
		field := "t" + at(int64(i))
		length(f, field+"_terms", &list[i].Terms, 3, MaxShort)
		if list[i].Sum <= 0 {
			f.Fail(field+"_sum", "error.field.money")
		}
		sum += list[i].Sum
	}
	if len(list) == 0 || len(list) > MaxTranches || sum != d.Sum {
		f.Fail("t0_sum", "grant.error.tranches", "sum", web.MoneyText(d.Sum), "given", web.MoneyText(sum))
	}
	return f.Err()
}

// due is the end of the day until which the project is carried out.
func (d *Deal) due(c *city.City) int64 {
	ends, err := time.ParseInLocation(time.DateOnly, d.Ends, c.Zone)
	if err != nil {
		return 0 // check has refused it
	}
	return ends.AddDate(0, 0, 1).UnixMilli() - 1
}

// tranche runs one step on a tranche of a contract that runs.
func (s *Service) tranche(tx *db.Tx, c *city.City, f *casework.File, n int64, fn func(t *Tranche, all []Tranche) error) error {
	if f.State != Running {
		return web.Conflict()
	}
	list, err := tranches(tx, c.ID, f.ID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(t Tranche) bool { return t.N == n })
	if i < 0 {
		return web.NotFound()
	}
	if err := fn(&list[i], list); err != nil {
		return err
	}
	s.Versions.Touch(tx, c.ID)
	return updateTranche(tx, c.ID, f.ID, list[i])
}

// Release notes that a tranche was paid out: the first at once, every other only
// after the photo report and the acceptance act of the one before are in and
// accepted. Field: tranche.
func (s *Service) Release(ctx context.Context, c *city.City, a permission.Actor, number string, n int64) error {
	return s.work(ctx, c, a, number, Contract, func(tx *db.Tx, f *casework.File, _ *Application) error {
		err := s.tranche(tx, c, f, n, func(t *Tranche, all []Tranche) error {
			if t.Released != 0 {
				return web.Conflict()
			}
			if Next(all) != n {
				return web.Invalid(web.FieldError{Field: "tranche", Key: "grant.error.report_first", Args: []any{"n", n - 1}})
			}
			t.Released = s.Clock.Now().UnixMilli()
			return nil
		})
		if err != nil {
			return err
		}
		_, err = s.Desk.Record(tx, c, a, f.ID, Contract, casework.Event{Kind: EventReleased, Public: true, Actor: s.name(ctx, c, f), Detail: at(n)})
		return err
	})
}

// Report is what the applicant shows of a tranche: photos, and the signed act. A
// second report of the same tranche adds what is missing.
type Report struct {
	N      int64
	Words  string
	Lang   string
	Photos []casework.Photo // with their stage
	Act    []document.File
}

// Send takes a report. Its photos are shown to everybody once it is accepted.
// Fields: words, before, after, files.
func (s *Service) Send(ctx context.Context, c *city.City, a permission.Actor, number string, r Report) error {
	return s.mine(ctx, c, a, number, func(tx *db.Tx, f *casework.File, app *Application) error {
		return s.tranche(tx, c, f, r.N, func(t *Tranche, _ []Tranche) error {
			if t.Released == 0 || t.Accepted != 0 {
				return web.Conflict()
			}
			if err := r.check(t); err != nil {
				return err
			}
			if len(r.Photos) > 0 {
				e, err := s.report(tx, c, a, f, app, &r)
				if err != nil {
					return err
				}
				t.Report = e
			}
			if len(r.Act) > 0 {
				if err := document.Add(tx, c.ID, f.ID, r.Act, false, s.Clock.Now()); err != nil {
					return err
				}
				t.Act = r.Act[len(r.Act)-1].ID
			}
			t.Refusal = ""
			return nil
		})
	})
}

func (r *Report) check(t *Tranche) error {
	f := &web.Form{}
	length(f, "words", &r.Words, 0, MaxText)
	stage := func(name string) bool {
		return slices.ContainsFunc(r.Photos, func(p casework.Photo) bool { return p.Stage == name })
	}
	if len(r.Photos) > 0 || t.Report == 0 && len(r.Act) == 0 {
		if !stage("before") {
			f.Fail("before", "grant.error.photo")
		}
		if !stage("after") {
			f.Fail("after", "grant.error.photo")
		}
	}
	return f.Err()
}

// report puts the photos on the timeline, where only the staff and the applicant
// see them until somebody of the staff has looked at them.
func (s *Service) report(tx *db.Tx, c *city.City, a permission.Actor, f *casework.File, app *Application, r *Report) (event int64, err error) {
	for i := range r.Photos {
		r.Photos[i].Public = false
	}
	_, err = s.Desk.Record(tx, c, a, f.ID, Apply, casework.Event{
		Kind: EventReport, Actor: app.Name, Note: r.Words, Lang: r.Lang, Detail: at(r.N), Photos: r.Photos,
	})
	return r.Photos[0].Event, err // the desk has written its event into each
}

// Judge accepts the report of a tranche, when its photos and its act are in, or
// says why not. With the last tranche the project is done. Fields: tranche, note.
func (s *Service) Judge(ctx context.Context, c *city.City, a permission.Actor, number string, n int64, accept bool, words string) error {
	return s.work(ctx, c, a, number, Contract, func(tx *db.Tx, f *casework.File, _ *Application) error {
		if err := judgement(&words, accept); err != nil {
			return err
		}
		last := false
		err := s.tranche(tx, c, f, n, func(t *Tranche, all []Tranche) error {
			switch {
			case t.Released == 0 || t.Accepted != 0 || t.Report == 0 && t.Act == 0:
				return web.Conflict()
			case !accept:
				t.Refusal = words
				return permission.Audit(tx, a, "grant.report.refuse", "case", f.ID, at(n), s.Clock.Now())
			case t.Report == 0 || t.Act == 0:
				return web.Invalid(web.FieldError{Field: "tranche", Key: "grant.error.act"})
			}
			t.Accepted, t.Refusal = s.Clock.Now().UnixMilli(), ""
			last = !slices.ContainsFunc(all, func(t Tranche) bool { return t.Accepted == 0 })
			return s.Desk.Release(tx, c, a, f.ID, t.Report, true)
		})
		if err != nil || !last {
			return err
		}
		_, err = s.Desk.Move(tx, c, a, f.ID, casework.Move{To: Done, Actor: s.name(ctx, c, f)})
		return err
	})
}

// judgement says what is wrong with the words about a report.
func judgement(words *string, accept bool) error {
	f := &web.Form{}
	length(f, "note", words, 0, MaxText)
	if !accept && *words == "" {
		f.Fail("note", "case.error.words")
	}
	return f.Err()
}

// Fail ends a project that cannot be carried out: what was released and not
// accepted is to be given back, and what residents gave too. Field: note.
func (s *Service) Fail(ctx context.Context, c *city.City, a permission.Actor, number, words string) error {
	words = strings.TrimSpace(words)
	return s.work(ctx, c, a, number, Contract, func(tx *db.Tx, f *casework.File, _ *Application) error {
		list, err := tranches(tx, c.ID, f.ID)
		if err != nil {
			return err
		}
		for _, t := range list {
			if t.Due = t.Released != 0 && t.Accepted == 0; t.Due {
				if err := updateTranche(tx, c.ID, f.ID, t); err != nil {
					return err
				}
			}
		}
		if _, err := s.Desk.Move(tx, c, a, f.ID, casework.Move{To: Failed, Note: words, Actor: s.name(ctx, c, f)}); err != nil {
			return err
		}
		return s.Pledges.Fail(tx, c, a, pledge.Subject{Kind: KindName, ID: f.ID}, words)
	})
}

// GiveBack notes that a tranche of a failed project has come back.
func (s *Service) GiveBack(ctx context.Context, c *city.City, a permission.Actor, number string, n int64) error {
	return s.work(ctx, c, a, number, Contract, func(tx *db.Tx, f *casework.File, _ *Application) error {
		list, err := tranches(tx, c.ID, f.ID)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(list, func(t Tranche) bool { return t.N == n })
		if i < 0 {
			return web.NotFound()
		}
		t := list[i]
		if !t.Due || t.Returned != 0 {
			return web.Conflict()
		}
		t.Returned = s.Clock.Now().UnixMilli()
		s.Versions.Touch(tx, c.ID)
		return errors.Join(updateTranche(tx, c.ID, f.ID, t), permission.Audit(tx, a, "grant.given_back", "case", f.ID, at(n), s.Clock.Now()))
	})
}
