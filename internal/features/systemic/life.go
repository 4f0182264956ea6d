package systemic

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/notify"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Extend puts the end of an issue off to a day, with a reason that everybody
// reads. No law sets its term, so the body names the day. Fields: until, reason.
func (s *Service) Extend(ctx context.Context, c *city.City, a permission.Actor, number, until, reason, lang string) error {
	form := &web.Form{}
	day, err := time.ParseInLocation(time.DateOnly, until, c.Zone)
	if err != nil {
		form.Fail("until", "systemic.error.day")
	}
	if reason = strings.TrimSpace(reason); reason == "" {
		form.Fail("reason", "case.error.words")
	}
	if err := form.Err(); err != nil {
		return err
	}
	dir, err := s.Bodies.Of(ctx, c.ID)
	if err != nil {
		return err
	}
	return s.work(ctx, c, a, number, "systemic.internal", func(tx *db.Tx, f *casework.File) error {
		due := day.AddDate(0, 0, 1).Add(-time.Millisecond)
		if due.Before(s.Clock.Now()) || due.UnixMilli() <= f.Due {
			return web.Invalid(web.FieldError{Field: "until", Key: "systemic.error.later"})
		}
		_, err := s.Desk.Extend(tx, c, a, f.ID, due, dir.Name(f.Body, lang), reason, lang, "")
		return err
	})
}

// Reopen takes an issue up again that was ended too early, or has come back: its
// term begins anew, and cases that are like its own are found for it again.
func (s *Service) Reopen(ctx context.Context, c *city.City, a permission.Actor, number, reason, lang string) error {
	if reason = strings.TrimSpace(reason); reason == "" {
		return web.Invalid(web.FieldError{Field: "reason", Key: "case.error.words"})
	}
	now := s.Clock.Now()
	rule, ok := city.RuleAt(c.Rules, KindName, city.StepConsider, now.In(c.Zone).Format(time.DateOnly))
	if !ok {
		return web.Invalid(web.FieldError{Field: "reason", Key: "systemic.error.no_term"})
	}
	dir, err := s.Bodies.Of(ctx, c.ID)
	if err != nil {
		return err
	}
	return s.work(ctx, c, a, number, "systemic.resolve", func(tx *db.Tx, f *casework.File) error {
		if _, err := s.Desk.Reopen(tx, c, a, f.ID, dir.Name(f.Body, lang), reason, lang, c.Calendar.Start(rule, now).End(), nil); err != nil {
			return err
		}
		d, err := detail(tx, c.ID, f.ID)
		if err != nil {
			return err
		}
		d.Rule = rule.Code
		if err := putDetail(tx, c.ID, f.ID, d); err != nil {
			return err
		}
		if err := resumeProposals(tx, c.ID, f.ID); err != nil {
			return err
		}
		return keepTraces(tx, c.ID, f.ID, true)
	})
}

// Merge ends an issue that is about the same as another open one: its cases and
// its followers go over to that one. Field: into.
func (s *Service) Merge(ctx context.Context, c *city.City, a permission.Actor, number, into string) error {
	wrong := web.Invalid(web.FieldError{Field: "into", Key: "systemic.error.into"})
	return s.work(ctx, c, a, number, "systemic.resolve", func(tx *db.Tx, f *casework.File) error {
		to, err := s.issue(tx, c, strings.TrimSpace(into))
		if p := (*web.Problem)(nil); errors.Is(err, db.ErrNotFound) || errors.As(err, &p) {
			return wrong
		}
		if err != nil {
			return err
		}
		if err := a.Check("systemic.work", to.Body); err != nil {
			return wrong
		}
		if !f.Open || !to.Open || f.ID == to.ID {
			return wrong
		}
		if _, err := s.Desk.Merge(tx, c, a, f.ID, to.ID, ""); err != nil {
			return err
		}
		if err := notify.MoveFollowers(tx, c.ID, subject(f.ID), subject(to.ID)); err != nil {
			return err
		}
		return moveIssue(tx, c.ID, f.ID, to.ID)
	})
}
