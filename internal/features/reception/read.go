package reception

import (
	"context"
	"slices"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/account"
	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

const (
	ahead    = 60 // days of sessions that are shown
	behind   = 30
	figures  = 90 // days that the figures look back
	maxShown = 200
)

func days(now time.Time, n int) int64 { return now.AddDate(0, 0, n).UnixMilli() }

// Coming lists the sessions of the next weeks, and what the last months were like.
func (s *Service) Coming(ctx context.Context, c *city.City) (list []*Session, past []Held, err error) {
	now := s.Clock.Now()
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if list, err = sessions(tx, c.ID, 0, now.UnixMilli(), days(now, ahead), maxShown); err != nil {
			return err
		}
		past, err = held(tx, c.ID, days(now, -figures), now.UnixMilli())
		return err
	})
	return list, past, err
}

// Offered is a session as a resident sees it.
type Offered struct {
	*Session
	Slots []Slot
	Mine  *Booking // nil for none
}

// Slot is a piece of a session.
type Slot struct {
	At   int64
	Free bool
}

// Offer reads one session with its free slots.
func (s *Service) Offer(ctx context.Context, c *city.City, a permission.Actor, id int64) (o *Offered, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		x, err := session(tx, c.ID, id)
		if err != nil {
			return err
		}
		all, err := bookings(tx, c.ID, id)
		if err != nil {
			return err
		}
		o = &Offered{Session: x}
		now := s.Clock.Now().UnixMilli()
		for _, slot := range x.Slots() {
			taken := slices.ContainsFunc(all, func(b *Booking) bool { return b.Slot == slot })
			o.Slots = append(o.Slots, Slot{At: slot, Free: !taken && slot > now})
		}
		if i := slices.IndexFunc(all, func(b *Booking) bool { return a.Owns(b.Person) }); i >= 0 {
			o.Mine = all[i]
		}
		return nil
	})
	return o, err
}

// Visit is a booking with what belongs to it.
type Visit struct {
	*Booking
	Session  *Session
	Position int            // among those who wait, from 1; 0 has a slot
	Case     *casework.File // what came of it
	Earlier  *casework.File
	Looks    []casework.Look // who of the staff has read it, for its person
}

// Visit reads a booking for its person.
func (s *Service) Visit(ctx context.Context, c *city.City, a permission.Actor, id int64) (v *Visit, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		b, err := booking(tx, c.ID, id)
		if err != nil {
			return err
		}
		if !a.Owns(b.Person) {
			return web.NotFound()
		}
		x, err := session(tx, c.ID, b.Session)
		if err != nil {
			return err
		}
		if v, err = visit(tx, c, b, x); err != nil {
			return err
		}
		v.Looks, err = casework.Looks(tx, c.ID, id)
		return err
	})
	return v, err
}

func visit(tx *db.Tx, c *city.City, b *Booking, x *Session) (*Visit, error) {
	v := &Visit{Booking: b, Session: x}
	found, err := casework.ByID(tx, c.ID, []int64{b.Case, b.Earlier})
	if err != nil {
		return nil, err
	}
	v.Case, v.Earlier = found[b.Case], found[b.Earlier]
	if b.State != Waiting {
		return v, nil
	}
	all, err := bookings(tx, c.ID, x.ID)
	for _, o := range all {
		if o.State == Waiting && (o.Turn < b.Turn || o.Turn == b.Turn && o.ID <= b.ID) {
			v.Position++
		}
	}
	return v, err
}

// keeps tells whether the actor may open a session at the desk: to receive, to
// book callers, or because they publish for its body.
func keeps(a permission.Actor, body int64) bool {
	return a.Can(Receive, body) || a.Can(Publish, body) || a.Can(BookFor, 0)
}

// Desk lists the sessions that the actor may open at the desk.
func (s *Service) Desk(ctx context.Context, c *city.City, a permission.Actor) (coming, past []*Session, err error) {
	if !a.Some(Receive) && !a.Some(Publish) && !a.Some(BookFor) {
		return nil, nil, permission.ErrDenied
	}
	now := s.Clock.Now()
	keep := func(list []*Session) []*Session {
		return slices.DeleteFunc(list, func(x *Session) bool { return !keeps(a, x.Body) })
	}
	today := now.In(c.Zone)
	morning := time.Date(today.Year(), today.Month(), today.Day(), 0, 0, 0, 0, c.Zone)
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		all, err := sessions(tx, c.ID, 0, morning.UnixMilli(), days(now, ahead), maxShown)
		if err != nil {
			return err
		}
		coming = keep(all)
		old, err := sessions(tx, c.ID, 0, days(now, -behind), morning.UnixMilli(), maxShown)
		past = keep(old)
		slices.Reverse(past)
		return err
	})
	return coming, past, err
}

// List reads the people of a session for who keeps its list; each of them is
// shown who did. Who only publishes or books for callers learns nobody's name.
func (s *Service) List(ctx context.Context, c *city.City, a permission.Actor, id int64) (o *Offered, list []*Visit, err error) {
	if o, err = s.Offer(ctx, c, a, id); err != nil {
		return nil, nil, err
	}
	if !keeps(a, o.Body) {
		return nil, nil, web.NotFound()
	}
	if !a.Can(Receive, o.Body) {
		return o, nil, nil
	}
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		list = nil
		all, err := bookings(tx, c.ID, id)
		if err != nil {
			return err
		}
		for _, b := range all {
			v, err := visit(tx, c, b, o.Session)
			if err != nil {
				return err
			}
			list = append(list, v)
			// A booking is as private as a case, and has its looks where cases have theirs.
			as := &casework.File{ID: b.ID, Author: b.Person, Body: o.Body}
			if err := casework.Looked(tx, c.ID, a, as, s.Clock.Now()); err != nil {
				return err
			}
		}
		return nil
	})
	return o, list, err
}

// Colleagues lists who of the staff may be named as receiving, by the bodies for
// which the actor publishes.
func (s *Service) Colleagues(ctx context.Context, c *city.City, a permission.Actor) (out []account.Colleague, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		all, err := account.Staff(tx, c.ID, 0)
		for _, m := range all {
			if m.Grant.Body != 0 && a.Can(Publish, m.Grant.Body) {
				out = append(out, m)
			}
		}
		return err
	})
	return out, err
}

// Ahead reads what a person is still expected at.
func (s *Service) Ahead(ctx context.Context, c *city.City, person int64) (out []*Visit, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		out, err = s.ahead(tx, c, person)
		return err
	})
	return out, err
}
