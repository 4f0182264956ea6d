package pledge

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/notify"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/clock"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/fresh"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/once"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Service is every use case of pledges.
type Service struct {
	DB       *db.DB
	Clock    clock.Clock
	Versions *fresh.Versions
	Subjects map[string]Source // by kind
}

func at(id int64) string { return "/pledges/" + strconv.FormatInt(id, 10) }

// about asks the feature of a subject.
func (s *Service) about(tx *db.Tx, c *city.City, x Subject) (About, error) {
	source, ok := s.Subjects[x.Kind]
	if !ok {
		return About{}, web.NotFound()
	}
	return source(tx, c, x.ID)
}

// check puts a pledge right, and says what is wrong with it. Fields: what,
// amount, hours, words.
func (p *Pledge) check() error {
	f := &web.Form{}
	p.Words = strings.TrimSpace(p.Words)
	f.Long("words", p.Words, maxWords)
	switch p.What {
	case Money:
		p.Hours, p.Words = 0, ""
	case Work:
		p.Tyiyn = 0
		if p.Hours < 1 || p.Hours > maxHours {
			f.Fail("hours", "pledge.error.hours", "max", maxHours)
		}
	case Materials:
		p.Hours = 0
		if p.Words == "" {
			f.Fail("words", "pledge.error.materials")
		}
	default:
		f.Fail("what", "pledge.error.what")
	}
	if (p.What == Money || p.What == Materials) && (p.Tyiyn < minTyiyn || p.Tyiyn > maxTyiyn) {
		f.Fail("amount", "pledge.error.amount", "max", maxTyiyn/100)
	}
	return f.Err()
}

// Promise records a promise of the actor. Fields: what, amount, hours, words.
func (s *Service) Promise(ctx context.Context, c *city.City, a permission.Actor, p Pledge) (*Pledge, error) {
	if !a.SignedIn() {
		return nil, permission.ErrDenied
	}
	if err := a.Check(Promise, 0); err != nil {
		return nil, err
	}
	if err := p.check(); err != nil {
		return nil, err
	}
	now := s.Clock.Now()
	p.ID, p.Person, p.Name, p.State = ids.At(now), a.Person, a.Name, Promised
	err := s.DB.Update(ctx, func(tx *db.Tx) error {
		about, err := s.about(tx, c, p.Subject)
		if err != nil {
			return err
		}
		if !about.Open {
			return web.Invalid(web.FieldError{Field: "what", Key: "pledge.error.closed"})
		}
		p.Body = about.Body
		if err := once.Claim(tx, at(p.ID)); err != nil {
			return err
		}
		s.Versions.Touch(tx, c.ID)
		if err := permission.Audit(tx, a, Promise, "pledge", p.ID, p.What, now); err != nil {
			return err
		}
		return insert(tx, c.ID, &p)
	})
	if errors.Is(err, errStanding) {
		err = web.Invalid(web.FieldError{Field: "what", Key: "pledge.error.standing"})
	}
	return &p, err
}

// Withdraw takes a promise of the actor back that was not received yet.
func (s *Service) Withdraw(ctx context.Context, c *city.City, a permission.Actor, id int64) error {
	return s.change(ctx, c, a, id, func(tx *db.Tx, p *Pledge, _ About) (string, error) {
		if !a.Owns(p.Person) {
			return "", web.NotFound()
		}
		if p.State != Promised {
			return "", web.Conflict()
		}
		p.State, p.Ended = Withdrawn, s.Clock.Now().UnixMilli()
		return "", nil
	})
}

// keeps tells whether the actor may confirm and return what is pledged for a
// subject: the staff of its body, or who carries it out.
func keeps(a permission.Actor, x About) bool {
	return a.Can(Keep, x.Body) || a.Owns(x.Applicant)
}

// Confirm notes that what was promised has been received. Who carries a project
// out cannot confirm their own pledge for it.
func (s *Service) Confirm(ctx context.Context, c *city.City, a permission.Actor, id int64) error {
	return s.change(ctx, c, a, id, func(_ *db.Tx, p *Pledge, x About) (string, error) {
		switch {
		case !keeps(a, x):
			return "", web.NotFound()
		case a.Owns(p.Person):
			return "", permission.ErrDenied
		case p.State != Promised:
			return "", web.Conflict()
		}
		p.State, p.Confirmed = Confirmed, s.Clock.Now().UnixMilli()
		return "pledge.notice.confirmed", nil
	})
}

// Return notes that what was received has been given back, with the reason that
// the pledger reads. Field: reason.
func (s *Service) Return(ctx context.Context, c *city.City, a permission.Actor, id int64, reason string) error {
	reason = strings.TrimSpace(reason)
	return s.change(ctx, c, a, id, func(_ *db.Tx, p *Pledge, x About) (string, error) {
		switch {
		case !keeps(a, x):
			return "", web.NotFound()
		case p.State != Confirmed:
			return "", web.Conflict()
		}
		if n := len([]rune(reason)); n == 0 || n > maxReason {
			return "", web.Invalid(web.FieldError{Field: "reason", Key: "pledge.error.reason", Args: []any{"max", maxReason}})
		}
		p.State, p.Reason, p.Ended = Returned, reason, s.Clock.Now().UnixMilli()
		return "pledge.notice.returned", nil
	})
}

// Fail frees everybody from the promises to a subject, in the transaction in which
// it fails, and tells those whose pledges were received that they are given back;
// each is noted as returned when it is. Whether the actor may is for the caller
// to check. From then on the Source says that the subject is not open but failed.
func (s *Service) Fail(tx *db.Tx, c *city.City, a permission.Actor, x Subject, reason string) error {
	about, err := s.about(tx, c, x)
	if err != nil {
		return err
	}
	list, err := standing(tx, c.ID, x)
	if err != nil {
		return err
	}
	for _, p := range list {
		p.Reason = reason
		key := "pledge.notice.due"
		if p.State == Promised {
			p.State, p.Ended, key = Withdrawn, s.Clock.Now().UnixMilli(), "pledge.notice.freed"
		}
		if err := s.store(tx, c, a, p, about, key); err != nil {
			return err
		}
	}
	return nil
}

// change runs one step on a pledge. fn returns the key of the notice to the
// pledger, "" for none.
func (s *Service) change(ctx context.Context, c *city.City, a permission.Actor, id int64, fn func(tx *db.Tx, p *Pledge, x About) (string, error)) error {
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		p, err := lock(tx, c.ID, id)
		if err != nil {
			return err
		}
		about, err := s.about(tx, c, p.Subject)
		if err != nil {
			return err
		}
		key, err := fn(tx, p, about)
		if err != nil {
			return err
		}
		if err := s.store(tx, c, a, p, about, key); err != nil {
			return err
		}
		return once.Claim(tx, at(id))
	})
}

// store keeps what a step has made of a pledge, and tells the pledger.
func (s *Service) store(tx *db.Tx, c *city.City, a permission.Actor, p *Pledge, x About, key string) error {
	if err := update(tx, c.ID, p); err != nil {
		return err
	}
	s.Versions.Touch(tx, c.ID)
	if err := permission.Audit(tx, a, "pledge."+p.State, "pledge", p.ID, "", s.Clock.Now()); err != nil {
		return err
	}
	if key == "" || p.Person == 0 {
		return nil
	}
	return notify.Emit(tx, notify.Event{
		City: c.ID, Subject: notify.Subject{Kind: "pledge", ID: p.ID}, Key: key, Link: at(p.ID), To: []int64{p.Person},
		Args: map[string]string{"title": x.Title},
	})
}
