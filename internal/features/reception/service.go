package reception

import (
	"context"
	"errors"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/account"
	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/intake"
	"github.com/ashar-kg/ashar/internal/civic/notify"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/clock"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/fresh"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/once"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Service is every use case of the personal reception.
type Service struct {
	DB       *db.DB
	Clock    clock.Clock
	Cities   *city.Registry
	Bodies   *body.Store
	Versions *fresh.Versions
	Appeals  intake.Receiver // what is asked at a reception becomes
}

func at(id int64) string { return "/reception/" + strconv.FormatInt(id, 10) }

func ticket(id int64) string { return "/reception/bookings/" + strconv.FormatInt(id, 10) }

// PublishSession offers hours of an official. Fields: body, official_<lang>,
// staff, place, begins, ends, minutes, opens, closes, note.
func (s *Service) PublishSession(ctx context.Context, c *city.City, a permission.Actor, x Session) (*Session, error) {
	if err := a.Check(Publish, x.Body); err != nil {
		return nil, err
	}
	dir, err := s.Bodies.Of(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	now := s.Clock.Now()
	f := x.check(c, now)
	if b, ok := dir.Get(x.Body); !ok || !b.ValidAt(now) {
		f.Fail("body", "error.field.choice")
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	x.ID, x.Person = ids.At(now), a.Person
	err = s.change(ctx, c, func(tx *db.Tx) error {
		if err := colleague(tx, c.ID, &x); err != nil {
			return err
		}
		if err := insertSession(tx, c.ID, &x); err != nil {
			return err
		}
		if err := permission.Audit(tx, a, Publish, "reception", x.ID, "", now); err != nil {
			return err
		}
		return once.Claim(tx, "/staff"+at(x.ID))
	})
	return &x, err
}

// check puts a session right, and says what is wrong with it.
func (x *Session) check(c *city.City, now time.Time) *web.Form {
	f := &web.Form{}
	if len(x.Officials) == 0 {
		f.Fail("official_"+c.Languages[0], "reception.error.official")
	}
	for lang, text := range x.Officials {
		f.Long("official_"+lang, text, maxWords)
	}
	if x.Place = strings.TrimSpace(x.Place); x.Place == "" && !x.Remote {
		f.Fail("place", "reception.error.place")
	}
	if x.Begins <= now.UnixMilli() {
		f.Fail("begins", "reception.error.past")
		return f // the rest would only repeat it
	}
	if x.Minutes < minMinutes || x.Minutes > maxMinutes {
		f.Fail("minutes", "reception.error.minutes", "min", minMinutes, "max", maxMinutes)
	} else if n := (x.Ends - x.Begins) / (x.Minutes * time.Minute.Milliseconds()); n < 1 || n > maxSlots {
		f.Fail("ends", "reception.error.hours", "max", maxSlots)
	}
	if x.Closes == 0 || x.Closes > x.Begins {
		x.Closes = x.Begins
	}
	if x.Closes <= max(now.UnixMilli(), x.Opens) {
		f.Fail("closes", "reception.error.closes")
	}
	x.Note = strings.TrimSpace(x.Note)
	f.Long("note", x.Note, maxNote)
	return f
}

// colleague refuses whoever does not work for the body that receives.
func colleague(tx *db.Tx, cityID int64, x *Session) error {
	if x.Staff == 0 {
		return nil
	}
	staff, err := account.Staff(tx, cityID, x.Body)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(staff, func(m account.Colleague) bool { return m.ID == x.Staff }) {
		return web.Invalid(web.FieldError{Field: "staff", Key: "reception.error.staff"})
	}
	return nil
}

// change runs a transaction after which public pages are made anew.
func (s *Service) change(ctx context.Context, c *city.City, fn func(tx *db.Tx) error) error {
	err := s.DB.Update(ctx, fn)
	s.Versions.Mark(c.ID)
	return err
}

// CancelSession calls hours off with a reason; everybody who has a place hears it.
func (s *Service) CancelSession(ctx context.Context, c *city.City, a permission.Actor, id int64, reason string) error {
	if reason = strings.TrimSpace(reason); reason == "" {
		return web.Invalid(web.FieldError{Field: "reason", Key: "case.error.words"})
	}
	return s.change(ctx, c, func(tx *db.Tx) error {
		x, err := lockSession(tx, c.ID, id)
		if err != nil {
			return err
		}
		if err := a.Check(Publish, x.Body); err != nil {
			return err
		}
		if x.Cancelled != "" || x.Ends < s.Clock.Now().UnixMilli() {
			return web.Conflict()
		}
		list, err := bookings(tx, c.ID, id)
		if err != nil {
			return err
		}
		for _, b := range list {
			if !b.Ahead() {
				continue
			}
			b.State, b.Slot = Cancelled, 0
			if err := errors.Join(updateBooking(tx, c.ID, b), s.tell(tx, c, b, x.Begins, "reception.notice.called_off")); err != nil {
				return err
			}
		}
		if err := cancelSession(tx, c.ID, id, reason); err != nil {
			return err
		}
		if err := permission.Audit(tx, a, "reception.cancel", "reception", id, "", s.Clock.Now()); err != nil {
			return err
		}
		return once.Claim(tx, "/staff"+at(id))
	})
}

// TakeOut takes a slot out of a session; who has it hears it. Field: out.
func (s *Service) TakeOut(ctx context.Context, c *city.City, a permission.Actor, id, slot int64) error {
	return s.change(ctx, c, func(tx *db.Tx) error {
		x, err := lockSession(tx, c.ID, id)
		if err != nil {
			return err
		}
		if err := a.Check(Publish, x.Body); err != nil {
			return err
		}
		slots, now := x.Slots(), s.Clock.Now()
		switch {
		case x.Cancelled != "" || !slices.Contains(slots, slot) || slot <= now.UnixMilli():
			return web.Invalid(web.FieldError{Field: "out", Key: "reception.error.out"})
		case len(slots) == 1:
			return web.Invalid(web.FieldError{Field: "out", Key: "reception.error.last"})
		}
		list, err := bookings(tx, c.ID, id)
		if err != nil {
			return err
		}
		for _, b := range list {
			if b.Slot != slot {
				continue
			}
			b.State, b.Slot = Cancelled, 0
			if err := errors.Join(updateBooking(tx, c.ID, b), s.tell(tx, c, b, slot, "reception.notice.slot_out")); err != nil {
				return err
			}
		}
		x.Gone = append(x.Gone, slot)
		if err := errors.Join(setGone(tx, c.ID, x), permission.Audit(tx, a, "reception.slot", "reception", id, strconv.FormatInt(slot, 10), now)); err != nil {
			return err
		}
		return once.Claim(tx, "/staff"+at(id))
	})
}

// tell sends a notice about a booking: when it is, and nothing of what it is about.
func (s *Service) tell(tx *db.Tx, c *city.City, b *Booking, when int64, key string) error {
	if b.Person == 0 {
		return nil
	}
	return notify.Emit(tx, notify.Event{
		City: c.ID, Key: key, Link: ticket(b.ID), To: []int64{b.Person}, Urgent: true, Paid: true,
		Args: map[string]string{"when": time.UnixMilli(when).In(c.Zone).Format("02.01.2006 15:04")},
	})
}

// Asked is what somebody wants of a session.
type Asked struct {
	Session int64
	Slot    int64 // 0 waits for one
	Subject string
	Earlier string // number of an own case that it is about
	Phone   string // of a caller for whom the desk books
	Name    string // of the caller
	Lang    string
}

// Book takes a slot, or a place among those who wait. Fields: slot, subject,
// earlier, phone, name.
func (s *Service) Book(ctx context.Context, c *city.City, a permission.Actor, q Asked) (*Booking, error) {
	desk := q.Phone != ""
	if desk {
		if err := a.Check(BookFor, 0); err != nil {
			return nil, err
		}
	} else if !a.SignedIn() {
		return nil, permission.ErrDenied
	}
	address, err := q.check(c, desk)
	if err != nil {
		return nil, err
	}
	b := &Booking{Session: q.Session, Person: a.Person, Slot: q.Slot, State: Booked, Name: a.Name, Subject: q.Subject, Lang: q.Lang}
	err = s.change(ctx, c, func(tx *db.Tx) error {
		b.ID = ids.At(s.Clock.Now())
		if desk {
			p, err := account.Caller(tx, c.ID, address, q.Name, q.Lang, s.Clock.Now())
			if err != nil {
				return err
			}
			b.Person, b.Name = p.ID, q.Name
		}
		if err := s.place(tx, c, b, q); err != nil {
			return err
		}
		if desk {
			return once.Claim(tx, "/staff"+at(b.Session))
		}
		return once.Claim(tx, ticket(b.ID))
	})
	return b, err
}

func (q *Asked) check(c *city.City, desk bool) (address string, err error) {
	f := &web.Form{}
	q.Subject, q.Name = strings.TrimSpace(q.Subject), strings.TrimSpace(q.Name)
	if n := len([]rune(q.Subject)); n < minSubject {
		f.Fail("subject", "reception.error.subject", "min", minSubject)
	}
	f.Long("subject", q.Subject, maxSubject)
	if desk {
		if q.Name == "" || len([]rune(q.Name)) > maxName {
			f.Fail("name", "reception.error.name")
		}
		var wrong error
		address, _, wrong = account.ParseAddress(c, q.Phone)
		for _, e := range web.Fields(wrong) {
			f.Fail("phone", e.Key, e.Args...)
		}
	}
	return address, f.Err()
}

// place finds room for a booking, one after the other with all of its session
// and all of its person, whose bookings are counted.
func (s *Service) place(tx *db.Tx, c *city.City, b *Booking, q Asked) error {
	now := s.Clock.Now()
	if err := account.LockPerson(tx, c.ID, b.Person); err != nil {
		return err
	}
	x, err := lockSession(tx, c.ID, b.Session)
	if err != nil {
		return err
	}
	if x.Early(now) {
		return web.Invalid(web.FieldError{Field: "slot", Key: "reception.error.early"})
	}
	if !x.Open(now) {
		return web.Invalid(web.FieldError{Field: "slot", Key: "reception.error.closed"})
	}
	all, err := bookings(tx, c.ID, x.ID)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(all, func(o *Booking) bool { return o.Person == b.Person }) {
		return web.Invalid(web.FieldError{Field: "slot", Key: "reception.error.already"})
	}
	taken := func(slot int64) bool {
		return slices.ContainsFunc(all, func(o *Booking) bool { return o.Slot == slot })
	}
	free := slices.DeleteFunc(x.Slots(), func(slot int64) bool { return taken(slot) || slot <= now.UnixMilli() })
	switch {
	case b.Slot == 0 && len(free) > 0:
		return web.Invalid(web.FieldError{Field: "slot", Key: "reception.error.slot"})
	case b.Slot == 0:
		b.State = Waiting
	case !slices.Contains(free, b.Slot):
		return web.Invalid(web.FieldError{Field: "slot", Key: "reception.error.taken"})
	}
	if err := s.within(tx, c, x, b.Person); err != nil {
		return err
	}
	if number := strings.TrimSpace(q.Earlier); number != "" {
		f, err := casework.ByNumber(tx, c.ID, number)
		if errors.Is(err, db.ErrNotFound) || err == nil && f.Author != b.Person {
			return web.Invalid(web.FieldError{Field: "earlier", Key: "appeal.error.number"})
		}
		if err != nil {
			return err
		}
		b.Earlier = f.ID
	}
	last, err := lastTurn(tx, c.ID, x.ID)
	if err != nil {
		return err
	}
	b.Turn = last + 1
	b.Reminded = b.Slot != 0 && b.Slot-now.UnixMilli() < remindBefore.Milliseconds() // they know
	return insertBooking(tx, c.ID, b)
}

// within refuses more bookings ahead than the city allows one person, with all
// officials and with this one.
func (s *Service) within(tx *db.Tx, c *city.City, x *Session, person int64) error {
	set, err := city.Settings(c, Section.Name, DefaultSettings)
	if err != nil {
		return err
	}
	list, err := s.ahead(tx, c, person)
	if err != nil {
		return err
	}
	same := 0
	for _, v := range list {
		if v.Session.Same(x) {
			same++
		}
	}
	switch {
	case len(list) >= set.Ahead:
		return web.Invalid(web.FieldError{Field: "slot", Key: "reception.error.many", Args: []any{"n", set.Ahead}})
	case same >= set.Official:
		return web.Invalid(web.FieldError{Field: "slot", Key: "reception.error.official_many", Args: []any{"n", set.Official}})
	}
	return nil
}

// ahead reads the bookings of a person that are still to come, or wait.
func (s *Service) ahead(tx *db.Tx, c *city.City, person int64) (out []*Visit, err error) {
	mine, err := bookingsOf(tx, c.ID, person, 100)
	if err != nil {
		return nil, err
	}
	now := s.Clock.Now().UnixMilli()
	for _, b := range mine {
		if !b.Ahead() || b.Slot != 0 && b.Slot <= now {
			continue
		}
		x, err := session(tx, c.ID, b.Session)
		if err != nil {
			return nil, err
		}
		if x.Ends > now {
			out = append(out, &Visit{Booking: b, Session: x})
		}
	}
	return out, nil
}

// CancelBooking gives a place back: the person, or whoever keeps the list. Who
// waits longest gets the slot and is told.
func (s *Service) CancelBooking(ctx context.Context, c *city.City, a permission.Actor, id int64) error {
	return s.change(ctx, c, func(tx *db.Tx) error {
		b, x, err := s.held(tx, c, a, id)
		if err != nil {
			return err
		}
		if !b.Ahead() || b.Slot != 0 && b.Slot <= s.Clock.Now().UnixMilli() {
			return web.Conflict()
		}
		if err := s.drop(tx, c, x, b); err != nil {
			return err
		}
		return once.Claim(tx, ticket(id))
	})
}

// held reads a booking that is the actor's, or on a list that the actor keeps.
// Its session is locked.
func (s *Service) held(tx *db.Tx, c *city.City, a permission.Actor, id int64) (*Booking, *Session, error) {
	b, err := booking(tx, c.ID, id)
	if err != nil {
		return nil, nil, err
	}
	x, err := lockSession(tx, c.ID, b.Session)
	if err != nil {
		return nil, nil, err
	}
	mine := a.Owns(b.Person)
	if !mine && !a.Can(Receive, x.Body) {
		return nil, nil, web.NotFound()
	}
	b, err = booking(tx, c.ID, id) // as it is now that nobody else changes it
	return b, x, err
}

func (s *Service) drop(tx *db.Tx, c *city.City, x *Session, b *Booking) error {
	slot := b.Slot
	b.State, b.Slot = Cancelled, 0
	if err := updateBooking(tx, c.ID, b); err != nil {
		return err
	}
	if !slices.Contains(x.Slots(), slot) || x.Cancelled != "" || slot <= s.Clock.Now().UnixMilli() {
		return nil
	}
	all, err := bookings(tx, c.ID, x.ID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(o *Booking) bool { return o.State == Waiting })
	if i < 0 {
		return nil
	}
	next := all[i]
	next.State, next.Slot = Booked, slot
	next.Reminded = slot-s.Clock.Now().UnixMilli() < remindBefore.Milliseconds()
	return errors.Join(updateBooking(tx, c.ID, next), s.tell(tx, c, next, slot, "reception.notice.moved_up"))
}

// Mark says whether somebody has come.
func (s *Service) Mark(ctx context.Context, c *city.City, a permission.Actor, id int64, came bool) error {
	return s.receive(ctx, c, a, id, func(_ *db.Tx, b *Booking) error {
		if b.Outcome != "" {
			return web.Conflict() // who has an answer has come
		}
		b.State = Missed
		if came {
			b.State = Came
		}
		return nil
	})
}

// Answer keeps what was answered on the spot; the person may read it.
func (s *Service) Answer(ctx context.Context, c *city.City, a permission.Actor, id int64, words string) error {
	words = strings.TrimSpace(words)
	if n := len([]rune(words)); n == 0 || n > maxOutcome {
		return web.Invalid(web.FieldError{Field: "outcome", Key: "reception.error.outcome", Args: []any{"max", maxOutcome}})
	}
	return s.receive(ctx, c, a, id, func(tx *db.Tx, b *Booking) error {
		b.State, b.Outcome = Came, words
		return s.tell(tx, c, b, b.Slot, "reception.notice.answered")
	})
}

func (s *Service) receive(ctx context.Context, c *city.City, a permission.Actor, id int64, fn func(tx *db.Tx, b *Booking) error) error {
	return s.change(ctx, c, func(tx *db.Tx) error {
		b, err := s.present(tx, c, a, id)
		if err != nil {
			return err
		}
		if err := fn(tx, b); err != nil {
			return err
		}
		if err := updateBooking(tx, c.ID, b); err != nil {
			return err
		}
		return once.Claim(tx, "/staff"+at(b.Session))
	})
}

// present reads a booking of somebody who may have come by now. About who has
// left the city's books nothing more is written down.
func (s *Service) present(tx *db.Tx, c *city.City, a permission.Actor, id int64) (*Booking, error) {
	b, x, err := s.held(tx, c, a, id)
	if err != nil {
		return nil, err
	}
	if err := a.Check(Receive, x.Body); err != nil {
		return nil, web.NotFound()
	}
	day := s.Clock.Now().In(c.Zone).Format(time.DateOnly)
	if b.Slot == 0 || b.Person == 0 || b.Case != 0 || day < time.UnixMilli(b.Slot).In(c.Zone).Format(time.DateOnly) {
		return nil, web.Conflict()
	}
	return b, nil
}

// Register makes an appeal of what was asked at a reception: with its number and
// clock, from today, at the body that has received. Fields: what, text.
func (s *Service) Register(ctx context.Context, c *city.City, a permission.Actor, id int64, what, text string) (number string, err error) {
	var b *Booking
	var x *Session
	var earlier string
	if err := s.DB.Update(ctx, func(tx *db.Tx) (err error) {
		if b, err = s.present(tx, c, a, id); err != nil {
			return err
		}
		if x, err = session(tx, c.ID, b.Session); err != nil || b.Earlier == 0 {
			return err
		}
		f, err := casework.Get(tx, c.ID, b.Earlier)
		if err == nil && f.Kind == s.Appeals.Kind() {
			earlier = f.Number
		}
		return err
	}); err != nil {
		return "", err
	}
	// Whoever receives may not write down other appeals; this one was said here.
	scribe := permission.Actor{City: c.ID, System: true, Person: a.Person, Name: a.Name}
	key := once.NewKey(c.ID, "reception", "case", strconv.FormatInt(id, 10))
	taken, err := s.Appeals.Take(once.With(ctx, key), c, scribe, intake.Said{
		What: what, Channel: intake.Reception, Lang: b.Lang, Author: b.Person, Name: b.Name, Text: text, Earlier: earlier, Body: x.Body, Staff: true,
	})
	if again := (*once.Repeated)(nil); errors.As(err, &again) {
		number, err = path.Base(again.Answer), nil // the line broke after the case was stored
	} else if err == nil {
		number = taken.File.Number
	}
	if err != nil {
		return "", err
	}
	return number, s.receive(ctx, c, a, id, func(tx *db.Tx, b *Booking) error {
		f, err := casework.ByNumber(tx, c.ID, number)
		if err != nil {
			return err
		}
		b.State, b.Case = Came, f.ID
		return nil
	})
}

// remindBefore is how long before it begins somebody is reminded.
const remindBefore = 24 * time.Hour

// Remind reminds everybody of the day ahead, once.
func (s *Service) Remind(ctx context.Context) error {
	for _, c := range s.Cities.List() {
		if err := s.DB.Update(ctx, func(tx *db.Tx) error {
			now := s.Clock.Now()
			list, err := unreminded(tx, c.ID, now.UnixMilli(), now.Add(remindBefore).UnixMilli(), 500)
			for _, b := range list {
				err = errors.Join(err, s.remind(tx, c, b))
			}
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) remind(tx *db.Tx, c *city.City, b *Booking) error {
	first, err := reminded(tx, c.ID, b)
	if err != nil || !first {
		return err
	}
	return s.tell(tx, c, b, b.Slot, "reception.notice.tomorrow")
}
