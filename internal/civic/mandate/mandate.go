// Package mandate lets one person act for another: for a relative or a client
// who has agreed, for somebody who cannot and whose paper was checked, and for
// oneself as known before by a call or a letter, by a code.
//
// What a mandate gives is told by permission.Actor.Owns. It ends on its day, or
// when either side or the staff ends it.
package mandate

import (
	"context"
	"embed"
	"errors"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/account"
	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/document"
	"github.com/ashar-kg/ashar/internal/civic/notify"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/clock"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/once"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations are the tables of this package.
var Migrations = db.Migrations{Name: "mandate", FS: files}

// Check is the action of deciding about papers and of giving codes.
const Check = "mandate.check"

// Permissions is who may do what unless the city says otherwise.
func Permissions() []permission.Rule {
	return []permission.Rule{{Action: Check, Roles: []permission.Role{permission.Dispatcher, permission.Admin}}}
}

// Settings are the city's own rules.
type Settings struct {
	Days  int `json:"days"`  // that a mandate lasts at most
	Proof int `json:"proof"` // days that a paper is kept after it was decided about
	Code  int `json:"code"`  // days that a code is good for
}

// DefaultSettings hold until the city sets its own.
var DefaultSettings = Settings{Days: 365, Proof: 90, Code: 30}

// Section declares the settings.
var Section = city.Section{Name: "mandate", Default: DefaultSettings, Fields: []city.SettingField{
	{Key: "days", Min: 1, Max: 3650}, {Key: "proof", Min: 1, Max: 3650}, {Key: "code", Min: 1, Max: 365},
}}

// The kinds.
const (
	Family         = "family"
	Representative = "representative"
	Self           = "self" // the same person, known before by a call or a letter
)

// The states.
const (
	Offered = "offered" // by the principal, to an address
	Asked   = "asked"   // by the agent, with a paper
	Coded   = "coded"   // a code was given and not used yet
	Active  = "active"
	Refused = "refused"
	Ended   = "ended"
)

// Mandate is one of them. Instants are Unix milliseconds.
type Mandate struct {
	ID        int64
	Kind      string
	State     string
	Principal int64
	Agent     int64
	Name      string // of the principal
	Until     int64
	Reason    string // why it was refused
	Hash      string `json:"-"`
	Tries     int64  `json:"-"`
	Decided   int64
	By        int64 `json:"-"`
}

// Limits.
const (
	maxName  = 120
	maxTries = 5
)

// forever is the end of what has none: somebody stays oneself.
const forever = int64(253402300799000) // 9999-12-31

// Service is every use case of mandates.
type Service struct {
	DB    *db.DB
	Clock clock.Clock
	Kinds func() []string // of cases
}

func settings(c *city.City) (Settings, error) { return city.Settings(c, Section.Name, DefaultSettings) }

// until reads the last day of a mandate.
func (s *Service) until(f *web.Form, c *city.City, day string) (int64, error) {
	set, err := settings(c)
	if err != nil {
		return 0, err
	}
	at, wrong := time.ParseInLocation(time.DateOnly, day, c.Zone)
	end := at.AddDate(0, 0, 1).Add(-time.Millisecond)
	if now := s.Clock.Now(); wrong != nil || end.Before(now) || end.After(now.AddDate(0, 0, set.Days+1)) {
		f.Fail("until", "mandate.error.until", "n", set.Days)
	}
	return end.UnixMilli(), nil
}

func checkKind(f *web.Form, kind string) {
	if kind != Family && kind != Representative {
		f.Fail("kind", "error.field.choice")
	}
}

// Offer invites whoever has an address to act for the actor. Whether anybody has
// it is not told. Fields: address, kind, until.
func (s *Service) Offer(ctx context.Context, c *city.City, a permission.Actor, address, kind, until string) error {
	if !a.SignedIn() {
		return permission.ErrDenied
	}
	f := &web.Form{}
	checkKind(f, kind)
	end, err := s.until(f, c, until)
	if err != nil {
		return err
	}
	address, _, wrong := account.ParseAddress(c, address)
	for _, e := range web.Fields(wrong) {
		f.Fail("address", e.Key, e.Args...)
	}
	if err := f.Err(); err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		m := &Mandate{ID: ids.At(s.Clock.Now()), Kind: kind, State: Offered, Principal: a.Person, Name: a.Name, Until: end, Hash: c.Sign("mandate address", address)}
		p, found, err := account.AtAddress(tx, c.ID, address)
		if err != nil {
			return err
		}
		if p.ID == a.Person {
			return web.Invalid(web.FieldError{Field: "address", Key: "mandate.error.self"})
		}
		if err := insert(tx, c.ID, m); err != nil {
			return err
		}
		if found {
			if err := s.tell(tx, c, p.ID, "mandate.notice.offered", a.Name); err != nil {
				return err
			}
		}
		return s.done(tx, c, a, "mandate.offer", m)
	})
}

func (s *Service) tell(tx *db.Tx, c *city.City, person int64, key, name string) error {
	if person == 0 {
		return nil
	}
	return notify.Emit(tx, notify.Event{City: c.ID, Key: key, Link: "/account/mandates", To: []int64{person}, Args: map[string]string{"name": name}})
}

func (s *Service) done(tx *db.Tx, c *city.City, a permission.Actor, action string, m *Mandate) error {
	if err := permission.Audit(tx, a, action, "mandate", m.ID, m.State, s.Clock.Now()); err != nil {
		return err
	}
	return once.Claim(tx, "/account/mandates")
}

// Accept takes an offer that was made to an address of the actor's.
func (s *Service) Accept(ctx context.Context, c *city.City, a permission.Actor, id int64) error {
	if !a.SignedIn() {
		return permission.ErrDenied
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		offers, err := s.offers(tx, c, a)
		if err != nil {
			return err
		}
		for _, m := range offers {
			if m.ID != id {
				continue
			}
			m.State, m.Agent, m.Hash, m.Decided = Active, a.Person, "", s.Clock.Now().UnixMilli()
			if err := update(tx, c.ID, m); err != nil {
				return err
			}
			if err := s.tell(tx, c, m.Principal, "mandate.notice.accepted", a.Name); err != nil {
				return err
			}
			return s.done(tx, c, a, "mandate.accept", m)
		}
		return web.NotFound()
	})
}

// offers are those made to the proved addresses of the actor.
func (s *Service) offers(tx *db.Tx, c *city.City, a permission.Actor) (out []*Mandate, err error) {
	contacts, err := account.Contacts(tx, c.ID, a.Person)
	if err != nil {
		return nil, err
	}
	for _, one := range contacts {
		if one.Verified == 0 {
			continue
		}
		list, err := byHash(tx, c.ID, c.Sign("mandate address", one.Address))
		if err != nil {
			return nil, err
		}
		for _, m := range list {
			if m.State == Offered && m.Principal != a.Person && m.Until > s.Clock.Now().UnixMilli() {
				out = append(out, m)
			}
		}
	}
	return out, nil
}

// Ask asks to act for somebody who has no account, with a paper that proves it.
// Fields: name, kind, until, files.
func (s *Service) Ask(ctx context.Context, c *city.City, a permission.Actor, name, kind, until string, papers []document.File) error {
	if !a.SignedIn() {
		return permission.ErrDenied
	}
	f := &web.Form{}
	checkKind(f, kind)
	end, err := s.until(f, c, until)
	if err != nil {
		return err
	}
	if name = strings.TrimSpace(name); name == "" || len([]rune(name)) > maxName {
		f.Fail("name", "mandate.error.name")
	}
	if len(papers) == 0 {
		f.Fail(document.Field, "mandate.error.paper")
	}
	if err := f.Err(); err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		m := &Mandate{ID: ids.At(s.Clock.Now()), Kind: kind, State: Asked, Agent: a.Person, Name: name, Until: end}
		if err := insert(tx, c.ID, m); err != nil {
			return err
		}
		if err := document.Add(tx, c.ID, m.ID, papers, false, s.Clock.Now()); err != nil {
			return err
		}
		return s.done(tx, c, a, "mandate.ask", m)
	})
}

// Decide says whether a paper proves what was asked. Who is represented becomes
// a person of their own, whose cases stay theirs.
func (s *Service) Decide(ctx context.Context, c *city.City, a permission.Actor, id int64, ok bool, reason string) error {
	if err := a.Check(Check, 0); err != nil {
		return err
	}
	if reason = strings.TrimSpace(reason); !ok && reason == "" {
		return web.Invalid(web.FieldError{Field: "reason", Key: "case.error.words"})
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		m, err := lock(tx, c.ID, id)
		if err != nil {
			return err
		}
		if m.State != Asked {
			return web.Conflict()
		}
		if m.Agent == a.Person {
			return permission.ErrDenied // nobody decides about the own paper
		}
		key := "mandate.notice.refused"
		m.State, m.Reason = Refused, reason
		if ok {
			p, err := account.Represented(tx, c.ID, m.Name, c.Languages[0], s.Clock.Now())
			if err != nil {
				return err
			}
			m.State, m.Reason, m.Principal, key = Active, "", p.ID, "mandate.notice.approved"
		}
		m.Decided, m.By = s.Clock.Now().UnixMilli(), a.Person
		if err := update(tx, c.ID, m); err != nil {
			return err
		}
		if err := s.tell(tx, c, m.Agent, key, m.Name); err != nil {
			return err
		}
		if err := permission.Audit(tx, a, "mandate.decide", "mandate", m.ID, m.State, s.Clock.Now()); err != nil {
			return err
		}
		return once.Claim(tx, "/staff/mandates")
	})
}

// End ends a mandate: either side may, and whoever checks papers.
func (s *Service) End(ctx context.Context, c *city.City, a permission.Actor, id int64) error {
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		m, err := lock(tx, c.ID, id)
		if err != nil {
			return err
		}
		side := a.SignedIn() && (m.Principal == a.Person || m.Agent == a.Person)
		if !side && !a.Can(Check, 0) {
			return web.NotFound()
		}
		if m.State != Active && m.State != Offered && m.State != Asked {
			return web.Conflict()
		}
		if err := s.end(tx, c, m); err != nil {
			return err
		}
		other := m.Principal
		if other == a.Person {
			other = m.Agent
		}
		if err := s.tell(tx, c, other, "mandate.notice.ended", a.Name); err != nil {
			return err
		}
		return s.done(tx, c, a, "mandate.end", m)
	})
}

// end closes a mandate; its agent hears no more of the cases.
func (s *Service) end(tx *db.Tx, c *city.City, m *Mandate) error {
	was := m.State
	m.State, m.Hash, m.Decided = Ended, "", s.Clock.Now().UnixMilli()
	if err := update(tx, c.ID, m); err != nil || was != Active {
		return err
	}
	for _, kind := range s.Kinds() {
		list, err := casework.ByAuthor(tx, c.ID, kind, m.Principal, 0, 10000)
		if err != nil {
			return err
		}
		for _, f := range list {
			if err := notify.Unfollow(tx, c.ID, m.Agent, notify.Subject{Kind: kind, ID: f.ID}); err != nil {
				return err
			}
		}
	}
	return nil
}

// Expire ends what has reached its day, and drops papers that were kept long enough.
func (s *Service) Expire(ctx context.Context, cities []*city.City) error {
	for _, c := range cities {
		set, err := settings(c)
		if err != nil {
			return err
		}
		if err := s.DB.Update(ctx, func(tx *db.Tx) error {
			now := s.Clock.Now()
			list, err := expired(tx, c.ID, now.UnixMilli(), 200)
			if err != nil {
				return err
			}
			for _, m := range list {
				if err := s.end(tx, c, m); err != nil {
					return err
				}
			}
			old, err := decidedBefore(tx, c.ID, now.AddDate(0, 0, -set.Proof).UnixMilli(), 200)
			for _, id := range old {
				if err := document.Drop(tx, c.ID, id); err != nil {
					return err
				}
			}
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

// ActsFor are the persons for whom somebody may act now.
func (s *Service) ActsFor(tx *db.Tx, cityID, person, now int64) ([]int64, error) {
	return principals(tx, cityID, person, now)
}

// GiveCode gives whoever wrote a case the words that link it to an account: they
// are told once, and only their hash is kept.
func (s *Service) GiveCode(ctx context.Context, c *city.City, a permission.Actor, number string) (code string, err error) {
	if err := a.Check(Check, 0); err != nil {
		return "", err
	}
	set, err := settings(c)
	if err != nil {
		return "", err
	}
	code = newCode()
	return code, s.DB.Update(ctx, func(tx *db.Tx) error {
		f, err := casework.ByNumber(tx, c.ID, number)
		if err != nil {
			return err
		}
		if f.Author == 0 {
			return web.Conflict()
		}
		known, err := account.Settled(tx, c.ID, f.Author)
		if err != nil {
			return err
		}
		if known {
			return web.Invalid(web.FieldError{Field: "code", Key: "mandate.error.settled"})
		}
		now := s.Clock.Now()
		m := &Mandate{
			ID: ids.At(now), Kind: Self, State: Coded, Principal: f.Author, Until: now.AddDate(0, 0, set.Code).UnixMilli(), Hash: codeHash(c, f.Author, code), By: a.Person,
		}
		if err := dropCodes(tx, c.ID, f.Author); err != nil {
			return err
		}
		if err := insert(tx, c.ID, m); err != nil {
			return err
		}
		return permission.Audit(tx, a, "mandate.code", "person", f.Author, "", now)
	})
}

// UseCode links the cases of whoever was given a code to the actor's account.
// A wrong code counts: after some of them it is void. Field: code.
func (s *Service) UseCode(ctx context.Context, c *city.City, a permission.Actor, number, code string) error {
	if !a.SignedIn() {
		return permission.ErrDenied
	}
	wrong := web.Invalid(web.FieldError{Field: "code", Key: "mandate.error.code"})
	right := false
	err := s.DB.Update(ctx, func(tx *db.Tx) error {
		right = false
		f, err := casework.ByNumber(tx, c.ID, strings.ToUpper(strings.TrimSpace(number)))
		if errors.Is(err, db.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		m, err := coded(tx, c.ID, f.Author, s.Clock.Now().UnixMilli())
		if errors.Is(err, db.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if m.Hash != codeHash(c, m.Principal, clean(code)) || m.Tries >= maxTries {
			m.Tries++
			return update(tx, c.ID, m)
		}
		p, err := account.Get(tx, c.ID, m.Principal)
		if err != nil {
			return err
		}
		right = true
		m.State, m.Agent, m.Name, m.Until, m.Hash, m.Decided = Active, a.Person, p.Name, forever, "", s.Clock.Now().UnixMilli()
		if err := update(tx, c.ID, m); err != nil {
			return err
		}
		return s.done(tx, c, a, "mandate.link", m)
	})
	if err == nil && !right {
		return wrong
	}
	return err
}

// Selves are the persons who are the same as one who signs in, known before by
// a call or a letter.
func (s *Service) Selves(tx *db.Tx, cityID, person int64) ([]int64, error) {
	return selves(tx, cityID, person)
}
