// Package desk is the screen of the telephone desk, such as 185 in Bishkek: an
// operator types while a person speaks. The number that calls finds the person
// and what the city owes them; what is said becomes a case like any other.
package desk

import (
	"context"
	"embed"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/account"
	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/intake"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/clock"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/once"
	"github.com/ashar-kg/ashar/internal/platform/sms"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations are the tables of this feature.
var Migrations = db.Migrations{Name: "desk", FS: files}

// Answer is the action of working at the desk.
const Answer = "desk.answer"

// Permissions is who may work at the desk unless the city says otherwise.
func Permissions() []permission.Rule {
	return []permission.Rule{{Action: Answer, Roles: []permission.Role{permission.Dispatcher}}}
}

// How a call ended.
const (
	Taken  = "taken"  // a new case
	Joined = "joined" // one more person for a case that is open
	Told   = "told"   // the operator knew the answer
)

// Service is every use case of the desk.
type Service struct {
	DB    *db.DB
	Clock clock.Clock
	Kinds intake.Receivers
}

// Caller is who calls and what is known of them.
type Caller struct {
	Person    account.Person
	Known     bool
	Cases     []*casework.File // newest first, only those that the operator may see
	Callbacks []Callback
}

// maxCases is how many cases of a caller the screen shows of each kind.
const maxCases = 8

// Find looks up who calls. A number that nobody has is no error.
func (s *Service) Find(ctx context.Context, c *city.City, a permission.Actor, phone string) (Caller, error) {
	if err := a.Check(Answer, 0); err != nil {
		return Caller{}, err
	}
	number, err := number(c, phone)
	if err != nil {
		return Caller{}, err
	}
	var out Caller
	err = s.DB.View(ctx, func(tx *db.Tx) (err error) {
		if out.Person, out.Known, err = account.AtAddress(tx, c.ID, number); err != nil || !out.Known {
			return err
		}
		for _, k := range s.Kinds {
			list, err := casework.ByAuthor(tx, c.ID, k.Kind(), out.Person.ID, 0, maxCases)
			if err != nil {
				return err
			}
			for _, f := range list {
				if a.Can(k.Kind()+".internal", f.Body) {
					out.Cases = append(out.Cases, f)
				}
			}
		}
		out.Callbacks, err = callbacks(tx, c.ID, out.Person.ID)
		return err
	})
	slices.SortFunc(out.Cases, func(x, y *casework.File) int { return int(min(1, max(-1, y.Created-x.Created))) })
	return out, err
}

// number is the telephone of a caller in one form: fixed lines too, for people
// call from home.
func number(c *city.City, text string) (string, error) {
	n, err := sms.Normalize(strings.TrimSpace(text), c.PhonePrefix)
	if err != nil {
		return "", web.Invalid(web.FieldError{Field: "phone", Key: "account.error.phone"})
	}
	return n, nil
}

// Call is what the operator wrote down.
type Call struct {
	Phone   string // "" is a caller who stays unknown
	Kind    string // of case
	Said    intake.Said
	Join    string // number of the case that the caller joins instead
	Back    time.Time
	Ask     string // what to say when ringing back
	Started time.Time
}

// Take makes a case of a call, or joins the caller to one that is open. The
// person behind the number gets the case in their account, proved or not: only
// who can read a code sent there will see it.
func (s *Service) Take(ctx context.Context, c *city.City, a permission.Actor, call Call) (intake.Taken, error) {
	if err := a.Check(Answer, 0); err != nil {
		return intake.Taken{}, err
	}
	kind, ok := s.Kinds.Of(call.Kind)
	if !ok {
		return intake.Taken{}, web.Invalid(web.FieldError{Field: "what", Key: "desk.error.what"})
	}
	person, err := s.caller(ctx, c, call)
	if err != nil {
		return intake.Taken{}, err
	}
	call.Said.Author, call.Said.Staff = person, true
	if call.Join != "" {
		return s.join(ctx, c, a, kind, call, person)
	}
	taken, err := kind.Take(ctx, c, a, call.Said)
	if err != nil {
		return taken, err
	}
	return taken, s.note(ctx, c, a, call, person, taken.File.ID, Taken)
}

// caller finds or notes who calls.
func (s *Service) caller(ctx context.Context, c *city.City, call Call) (int64, error) {
	if strings.TrimSpace(call.Phone) == "" {
		if call.Join != "" || !call.Back.IsZero() {
			return 0, web.Invalid(web.FieldError{Field: "phone", Key: "desk.error.phone"})
		}
		return 0, nil
	}
	number, err := number(c, call.Phone)
	if err != nil {
		return 0, err
	}
	var p account.Person
	err = s.DB.Update(ctx, func(tx *db.Tx) (err error) {
		p, err = account.Caller(tx, c.ID, number, call.Said.Name, call.Said.Lang, s.Clock.Now())
		return err
	})
	return p.ID, err
}

func (s *Service) join(ctx context.Context, c *city.City, a permission.Actor, kind intake.Receiver, call Call, person int64) (taken intake.Taken, err error) {
	if err := kind.Join(ctx, c, a, call.Join, person); err != nil {
		return taken, err
	}
	if err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		taken.File, err = casework.ByNumber(tx, c.ID, call.Join)
		return err
	}); err != nil {
		return taken, err
	}
	return taken, s.note(ctx, c, a, call, person, taken.File.ID, Joined)
}

// note keeps that a call was answered, and that the person is to be rung back.
func (s *Service) note(ctx context.Context, c *city.City, a permission.Actor, call Call, person, file int64, outcome string) error {
	now := s.Clock.Now()
	seconds := int64(0)
	if d := now.Sub(call.Started); !call.Started.IsZero() && d > 0 && d < time.Hour {
		seconds = int64(d / time.Second)
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		if err := putCall(tx, c.ID, record{Operator: a.Person, Person: person, Case: file, Channel: call.Said.Channel, Outcome: outcome, Seconds: seconds}, now); err != nil {
			return err
		}
		if call.Back.IsZero() {
			return nil
		}
		return putCallback(tx, c.ID, Callback{Person: person, Case: file, Due: call.Back.UnixMilli(), Note: call.Ask, Operator: a.Person}, now)
	})
}

// Tell notes a call that needed no case.
func (s *Service) Tell(ctx context.Context, c *city.City, a permission.Actor, call Call) error {
	if err := a.Check(Answer, 0); err != nil {
		return err
	}
	person, err := s.caller(ctx, c, call)
	if err != nil {
		return err
	}
	return s.note(ctx, c, a, call, person, 0, Told)
}

// Near finds open cases that may be what the caller speaks of.
func (s *Service) Near(ctx context.Context, c *city.City, a permission.Actor, kind, what string, lat, lon float64, text string) ([]intake.Like, error) {
	if err := a.Check(Answer, 0); err != nil {
		return nil, err
	}
	k, ok := s.Kinds.Of(kind)
	if !ok {
		return nil, nil
	}
	return k.Near(ctx, c, a, what, lat, lon, text)
}

// Shift is what the desk did today and what waits.
type Shift struct {
	Calls     int64
	Own       int64
	Seconds   int64 // median of those that became a case; 0 without
	Callbacks []Callback
	Notes     []casework.Handover
}

// Shift reads the state of the desk.
func (s *Service) Shift(ctx context.Context, c *city.City, a permission.Actor) (out Shift, err error) {
	if err := a.Check(Answer, 0); err != nil {
		return out, err
	}
	now := s.Clock.Now().In(c.Zone)
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, c.Zone)
	err = s.DB.View(ctx, func(tx *db.Tx) (err error) {
		if out.Calls, out.Own, out.Seconds, err = today(tx, c.ID, a.Person, midnight); err != nil {
			return err
		}
		if out.Callbacks, err = callbacks(tx, c.ID, 0); err != nil {
			return err
		}
		out.Notes, err = casework.Handovers(tx, c.ID, 0, 3)
		return err
	})
	return out, err
}

// RungBack ends a call-back; reached tells whether somebody answered. Who did
// not is tried again in an hour, three times.
func (s *Service) RungBack(ctx context.Context, c *city.City, a permission.Actor, id int64, reached bool) error {
	if err := a.Check(Answer, 0); err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		b, err := callback(tx, c.ID, id)
		if err != nil {
			return err
		}
		now := s.Clock.Now()
		b.Tries++
		if reached || b.Tries >= maxTries {
			b.Done, b.DoneBy = now.UnixMilli(), a.Person
		} else {
			b.Due = now.Add(time.Hour).UnixMilli()
		}
		return errors.Join(saveCallback(tx, c.ID, b), once.Claim(tx, "/staff/desk"))
	})
}

// maxTries is how often somebody is rung back.
const maxTries = 3
