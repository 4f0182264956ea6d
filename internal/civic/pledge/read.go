package pledge

import (
	"context"
	"errors"
	"net/http"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

const newest = 1<<63 - 1

// Ledger reads the newest pledges for a subject, with all sums.
func (s *Service) Ledger(ctx context.Context, c *city.City, a permission.Actor, x Subject) (Ledger, error) {
	return s.LedgerBefore(ctx, c, a, x, 0)
}

// LedgerBefore is Ledger with the pledges before an id (0: the newest).
func (s *Service) LedgerBefore(ctx context.Context, c *city.City, a permission.Actor, x Subject, before int64) (l Ledger, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		l, err = s.ledger(tx, c, a, x, before)
		return err
	})
	return l, err
}

func (s *Service) ledger(tx *db.Tx, c *city.City, a permission.Actor, x Subject, before int64) (l Ledger, err error) {
	l = Ledger{Subject: x}
	if l.About, err = s.about(tx, c, x); err != nil {
		return l, err
	}
	if l.Sums, err = sums(tx, c.ID, x); err != nil {
		return l, err
	}
	l.Keeper = a.SignedIn() && keeps(a, l.About)
	if before == 0 {
		before = newest
	}
	list, err := listed(tx, c.ID, x, before, shown+1)
	if err != nil {
		return l, err
	}
	if len(list) > shown {
		list = list[:shown]
		l.More = list[shown-1].ID
	}
	for _, p := range list {
		l.List = append(l.List, p.seenBy(l.Keeper))
	}
	return l, nil
}

// seenBy is a pledge without what only its keeper may read.
func (p *Pledge) seenBy(keeper bool) Pledge {
	out := *p
	if !keeper {
		out.Person, out.Words, out.Reason = 0, "", ""
		if !out.Named {
			out.Name = ""
		}
	}
	return out
}

// Whole is a pledge with its subject.
type Whole struct {
	Pledge
	About About
}

// Show reads a pledge for its person.
func (s *Service) Show(ctx context.Context, c *city.City, a permission.Actor, id int64) (w Whole, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		p, err := get(tx, c.ID, id)
		if err != nil {
			return err
		}
		if !a.Owns(p.Person) {
			return web.NotFound()
		}
		w, err = s.whole(tx, c, p)
		return err
	})
	return w, err
}

// whole adds the subject; one that the public may not know of any more has no words.
func (s *Service) whole(tx *db.Tx, c *city.City, p *Pledge) (Whole, error) {
	x, err := s.about(tx, c, p.Subject)
	if errors.Is(err, db.ErrNotFound) || err != nil && web.ProblemOf(err).Status == http.StatusNotFound {
		x, err = About{}, nil
	}
	return Whole{Pledge: *p, About: x}, err
}

func (s *Service) wholes(tx *db.Tx, c *city.City, list []*Pledge) (out []Whole, err error) {
	for _, p := range list {
		w, err := s.whole(tx, c, p)
		if err != nil {
			return nil, err
		}
		out = append(out, w)
	}
	return out, nil
}

// Own lists the pledges of a person, newest first.
func (s *Service) Own(ctx context.Context, c *city.City, person int64, limit int) (out []Whole, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		list, err := ofPerson(tx, c.ID, person, limit)
		if err != nil {
			return err
		}
		out, err = s.wholes(tx, c, list)
		return err
	})
	return out, err
}

// Desk lists the pledges in a state at the bodies for which the actor keeps them,
// before an id (0: the newest). more is the id to go on before.
func (s *Service) Desk(ctx context.Context, c *city.City, a permission.Actor, state string, before int64) (out []Whole, more int64, err error) {
	bodies, all := a.Bodies(Keep)
	if !all && len(bodies) == 0 {
		return nil, 0, permission.ErrDenied
	}
	if before == 0 {
		before = newest
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		list, err := ofBodies(tx, c.ID, bodies, state, before, shown+1)
		if err != nil {
			return err
		}
		if len(list) > shown {
			list = list[:shown]
			more = list[shown-1].ID
		}
		out, err = s.wholes(tx, c, list)
		return err
	})
	return out, more, err
}
