package grant

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"slices"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/notify"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/civic/pledge"
	"github.com/ashar-kg/ashar/internal/civic/record"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/once"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Convene calls a session of the commission; members with an account are told.
// Fields: begins, place, quorum.
func (s *Service) Convene(ctx context.Context, c *city.City, a permission.Actor, x Session) (*Session, error) {
	x.ID, x.Closed, x.Minutes = ids.At(s.Clock.Now()), 0, ""
	err := s.change(ctx, c, a, x.Call, Hold, func(tx *db.Tx, k *Call) error {
		if err := x.check(); err != nil {
			return err
		}
		if k.Published == 0 {
			return web.Conflict()
		}
		if err := insertSession(tx, c.ID, &x); err != nil {
			return err
		}
		list, err := members(tx, c.ID, x.Call)
		if err != nil {
			return err
		}
		var people []int64
		for _, m := range list {
			if m.Person != 0 && !m.Gone {
				people = append(people, m.Person)
			}
		}
		if err := permission.Audit(tx, a, Hold, "grant_session", x.ID, "", s.Clock.Now()); err != nil || len(people) == 0 {
			return err
		}
		return notify.Emit(tx, notify.Event{
			City: c.ID, Subject: notify.Subject{Kind: "grant_session", ID: x.ID}, Key: "grant.notice.session", Link: sessionPath(x.ID) + "/vote", To: people,
			Args: map[string]string{"place": x.Place},
		})
	})
	return &x, err
}

// check says what is wrong with a session.
func (x *Session) check() error {
	f := &web.Form{}
	length(f, "place", &x.Place, 3, MaxShort)
	if x.Begins == 0 {
		f.Fail("begins", "error.field.required")
	}
	if x.Quorum < 1 || x.Quorum > 50 {
		f.Fail("quorum", "error.field.number", "min", 1, "max", 50)
	}
	return f.Err()
}

// sit runs one step in a session that is not closed. The call is locked first, so
// that its pot is shared out by one after the other.
func (s *Service) sit(ctx context.Context, c *city.City, id int64, fn func(tx *db.Tx, x *Session, k *Call) error) error {
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		x, err := session(tx, c.ID, id)
		if err != nil {
			return err
		}
		k, err := lockCall(tx, c.ID, x.Call)
		if err != nil {
			return err
		}
		if x, err = lockSession(tx, c.ID, id); err != nil {
			return err
		}
		if x.Closed != 0 {
			return web.Conflict()
		}
		s.Versions.Touch(tx, c.ID)
		if err := fn(tx, x, k); err != nil {
			return err
		}
		return once.Claim(tx, "/staff"+sessionPath(id))
	})
}

// Enlist puts an application that was let through on the agenda of a session, in
// its newest public version. Fields: session.
func (s *Service) Enlist(ctx context.Context, c *city.City, a permission.Actor, id int64, number string) error {
	err := s.sit(ctx, c, id, func(tx *db.Tx, x *Session, k *Call) error {
		if err := a.Check(Hold, k.Body); err != nil {
			return err
		}
		f, app, err := s.open(tx, c, number)
		missing := errors.Is(err, db.ErrNotFound) || web.ProblemOf(err).Status == http.StatusNotFound
		if err != nil && !missing {
			return err
		}
		if missing || app.Call != k.ID || f.State != Admitted {
			return web.Invalid(web.FieldError{Field: "session", Key: "grant.error.enlist"})
		}
		list, err := items(tx, c.ID, id)
		if err != nil {
			return err
		}
		return insertItem(tx, c.ID, Item{Session: id, Case: f.ID, Call: k.ID, Position: int64(len(list) + 1), N: app.Shown})
	})
	if errors.Is(err, db.ErrConflict) {
		return web.Invalid(web.FieldError{Field: "session", Key: "grant.error.enlisted"})
	}
	return err
}

// Strike takes an application off the agenda again, with what was voted on it.
func (s *Service) Strike(ctx context.Context, c *city.City, a permission.Actor, id, caseID int64) error {
	return s.sit(ctx, c, id, func(tx *db.Tx, _ *Session, k *Call) error {
		if err := a.Check(Hold, k.Body); err != nil {
			return err
		}
		if _, err := item(tx, c.ID, id, caseID); err != nil {
			return err
		}
		return dropItem(tx, c.ID, id, caseID)
	})
}

// seat is who of the commission the actor is.
func seat(tx *db.Tx, cityID int64, a permission.Actor, callID int64) (Member, error) {
	list, err := members(tx, cityID, callID)
	if err != nil {
		return Member{}, err
	}
	if i := slices.IndexFunc(list, func(m Member) bool { return a.Person != 0 && m.Person == a.Person && !m.Gone }); i >= 0 {
		return list[i], nil
	}
	return Member{}, permission.ErrDenied
}

// onPaper finds a member without an account, for whom the staff writes down.
func onPaper(tx *db.Tx, cityID, callID, id int64) (Member, error) {
	list, err := members(tx, cityID, callID)
	if err != nil {
		return Member{}, err
	}
	i := slices.IndexFunc(list, func(m Member) bool { return m.ID == id && !m.Gone })
	if i < 0 {
		return Member{}, web.NotFound()
	}
	if list[i].Person != 0 {
		return Member{}, web.Invalid(web.FieldError{Field: "vote", Key: "grant.error.own_account", Args: []any{"name", list[i].Name}})
	}
	return list[i], nil
}

// DeclareOwn tells of the actor's own interest in an application: as a member of
// the commission they vote on it no more. Field: reason.
func (s *Service) DeclareOwn(ctx context.Context, c *city.City, a permission.Actor, id, caseID int64, reason string) error {
	return s.sit(ctx, c, id, func(tx *db.Tx, x *Session, _ *Call) error {
		if err := a.Check(Vote, 0); err != nil {
			return err
		}
		m, err := seat(tx, c.ID, a, x.Call)
		if err != nil {
			return err
		}
		return s.declare(tx, c, a, x, Conflict{Case: caseID, Member: m.ID, Reason: reason})
	})
}

// Declare writes down the interest of a member who votes on paper. Field: reason.
func (s *Service) Declare(ctx context.Context, c *city.City, a permission.Actor, id int64, d Conflict) error {
	return s.sit(ctx, c, id, func(tx *db.Tx, x *Session, k *Call) error {
		if err := a.Check(Hold, k.Body); err != nil {
			return err
		}
		if _, err := onPaper(tx, c.ID, x.Call, d.Member); err != nil {
			return err
		}
		return s.declare(tx, c, a, x, d)
	})
}

func (s *Service) declare(tx *db.Tx, c *city.City, a permission.Actor, x *Session, d Conflict) error {
	f := &web.Form{}
	length(f, "reason", &d.Reason, 3, MaxShort)
	if err := f.Err(); err != nil {
		return err
	}
	if err := undecided(tx, c.ID, x.ID, d.Case); err != nil {
		return err
	}
	now := s.Clock.Now()
	return errors.Join(
		insertConflict(tx, c.ID, x.ID, d, now.UnixMilli()), dropBallot(tx, c.ID, x.ID, d.Case, d.Member),
		permission.Audit(tx, a, "grant.conflict", "grant_session", x.ID, "", now),
	)
}

// undecided finds an item of the agenda that has no outcome yet.
func undecided(tx *db.Tx, cityID, sessionID, caseID int64) error {
	i, err := item(tx, cityID, sessionID, caseID)
	if err != nil {
		return err
	}
	if i.Outcome != "" {
		return web.Conflict()
	}
	return nil
}

// Cast is the vote of the actor as a member. Fields: vote, reason.
func (s *Service) Cast(ctx context.Context, c *city.City, a permission.Actor, id int64, b Ballot) error {
	return s.sit(ctx, c, id, func(tx *db.Tx, x *Session, _ *Call) error {
		if err := a.Check(Vote, 0); err != nil {
			return err
		}
		m, err := seat(tx, c.ID, a, x.Call)
		if err != nil {
			return err
		}
		b.Member = m.ID
		return s.cast(tx, c, x, m, b)
	})
}

// WriteDown keeps the votes of members who vote on paper, on one application.
// Fields: vote, reason.
func (s *Service) WriteDown(ctx context.Context, c *city.City, a permission.Actor, id int64, list []Ballot) error {
	return s.sit(ctx, c, id, func(tx *db.Tx, x *Session, k *Call) error {
		if err := a.Check(Hold, k.Body); err != nil {
			return err
		}
		for _, b := range list {
			m, err := onPaper(tx, c.ID, x.Call, b.Member)
			if err != nil {
				return err
			}
			if err := s.cast(tx, c, x, m, b); err != nil {
				return err
			}
		}
		return permission.Audit(tx, a, "grant.paper", "grant_session", id, "", s.Clock.Now())
	})
}

// cast keeps one vote. Who has an interest in the application has none, declared
// or not: an own application is always one.
func (s *Service) cast(tx *db.Tx, c *city.City, x *Session, m Member, b Ballot) error {
	now := s.Clock.Now()
	f := &web.Form{}
	length(f, "reason", &b.Reason, 0, MaxShort)
	if !known(Votes, b.Vote) {
		f.Fail("vote", "grant.error.vote")
	}
	if b.Vote == Against && b.Reason == "" {
		f.Fail("reason", "grant.error.against")
	}
	if now.UnixMilli() < x.Begins {
		f.Fail("vote", "grant.error.before")
	}
	if err := f.Err(); err != nil {
		return err
	}
	if err := undecided(tx, c.ID, x.ID, b.Case); err != nil {
		return err
	}
	declared, err := conflicts(tx, c.ID, x.ID)
	if err != nil {
		return err
	}
	app, err := application(tx, c.ID, b.Case)
	if err != nil {
		return err
	}
	own := m.Person != 0 && m.Person == app.Person
	if own || slices.ContainsFunc(declared, func(d Conflict) bool { return d.Case == b.Case && d.Member == m.ID }) {
		return web.Invalid(web.FieldError{Field: "vote", Key: "grant.error.conflict", Args: []any{"name", m.Name}})
	}
	return putBallot(tx, c.ID, x.ID, b, now.UnixMilli())
}

// Resolve writes down what the commission decided about an application. It can
// be written anew until the session is closed. Fields: outcome, amount, reasons.
func (s *Service) Resolve(ctx context.Context, c *city.City, a permission.Actor, i Item) error {
	return s.sit(ctx, c, i.Session, func(tx *db.Tx, x *Session, k *Call) error {
		if err := a.Check(Decide, k.Body); err != nil {
			return err
		}
		on, err := item(tx, c.ID, x.ID, i.Case)
		if err != nil {
			return err
		}
		votes, err := ballots(tx, c.ID, x.ID)
		if err != nil {
			return err
		}
		v, err := version(tx, c.ID, i.Case, on.N)
		if err != nil {
			return err
		}
		others, err := granted(tx, c.ID, k.ID, i.Case)
		if err != nil {
			return err
		}
		if err := i.check(x, k, v, CountOf(votes, i.Case), others); err != nil {
			return err
		}
		on.Outcome, on.Amount, on.Reasons = i.Outcome, i.Amount, i.Reasons
		return errors.Join(decideItem(tx, c.ID, on), permission.Audit(tx, a, Decide, "case", i.Case, i.Outcome, s.Clock.Now()))
	})
}

// check says what is wrong with an outcome: the votes decide whether it is
// approved, and neither what was asked for, the cap nor the pot is exceeded.
// others is what the call has approved for other applications.
func (i *Item) check(x *Session, k *Call, v *Version, n Count, others int64) error {
	f := &web.Form{}
	length(f, "reasons", &i.Reasons, 0, MaxText)
	switch {
	case !known(Outcomes, i.Outcome):
		f.Fail("outcome", "grant.error.outcome")
	case n.Cast() < x.Quorum:
		f.Fail("outcome", "grant.error.quorum", "cast", n.Cast(), "quorum", x.Quorum)
	case (i.Outcome == Approve) != n.Carried():
		f.Fail("outcome", "grant.error.votes", "for", n.For, "cast", n.Cast())
	}
	if i.Outcome != Approve {
		i.Amount = 0
		if i.Reasons == "" {
			f.Fail("reasons", "grant.error.reasons")
		}
		return f.Err()
	}
	switch {
	case i.Amount <= 0 || i.Amount > v.Sums.Asked:
		f.Fail("amount", "grant.error.amount", "max", web.MoneyText(v.Sums.Asked))
	case i.Amount > k.Cap:
		f.Fail("amount", "grant.error.amount", "max", web.MoneyText(k.Cap))
	case i.Amount > k.Pot-others:
		f.Fail("amount", "grant.error.pot_left", "left", web.MoneyText(k.Pot-others))
	}
	return f.Err()
}

// CloseSession makes what was decided hold, with the minutes that everybody
// reads. What was not decided may stand on another agenda. Field: minutes.
func (s *Service) CloseSession(ctx context.Context, c *city.City, a permission.Actor, id int64, minutes string) error {
	return s.sit(ctx, c, id, func(tx *db.Tx, x *Session, k *Call) error {
		if err := a.Check(Decide, k.Body); err != nil {
			return err
		}
		f := &web.Form{}
		length(f, "minutes", &minutes, 10, MaxText)
		if err := f.Err(); err != nil {
			return err
		}
		list, err := items(tx, c.ID, id)
		if err != nil {
			return err
		}
		if x.Begins > s.Clock.Now().UnixMilli() || !slices.ContainsFunc(list, func(i Item) bool { return i.Outcome != "" }) {
			return web.Invalid(web.FieldError{Field: "minutes", Key: "grant.error.nothing_decided"})
		}
		x.Minutes, x.Closed = minutes, s.Clock.Now().UnixMilli()
		if err := errors.Join(closeSession(tx, c.ID, x), endItems(tx, c.ID, id), permission.Audit(tx, a, "grant.session.close", "grant_session", id, "", s.Clock.Now())); err != nil {
			return err
		}
		sum, err := s.digest(tx, c, x, k)
		if err != nil {
			return err
		}
		for _, i := range list {
			if err := s.carry(tx, c, a, i, sum); err != nil {
				return err
			}
		}
		return nil
	})
}

// digest is the hash of the minutes as they are published.
func (s *Service) digest(tx *db.Tx, c *city.City, x *Session, k *Call) (string, error) {
	t := &Sitting{Session: x, Of: k}
	var err error
	if t.Members, err = members(tx, c.ID, k.ID); err != nil {
		return "", err
	}
	if err := t.read(tx, c.ID, permission.Actor{City: c.ID}); err != nil {
		return "", err
	}
	doc, err := t.document()
	sum := sha256.Sum256(doc)
	return hex.EncodeToString(sum[:]), err
}

// recorded is the kind under which decisions stand in the public record.
const recorded = "grant.decision"

// carry makes one decision hold, and announces it in the public record with the
// hash of the minutes.
func (s *Service) carry(tx *db.Tx, c *city.City, a permission.Actor, i Item, hash string) error {
	if i.Outcome == "" {
		return nil
	}
	f, err := casework.Lock(tx, c.ID, i.Case)
	if err != nil {
		return err
	}
	entry := record.Entry{
		Kind: recorded, Subject: "grant:" + f.Number, Title: map[string]string{}, Link: sessionPath(i.Session), Hash: hash,
		At: s.Clock.Now().UnixMilli(),
	}
	for _, lang := range c.Languages {
		t := s.Words(lang)
		entry.Title[lang] = t("grant.record", "number", f.Number, "outcome", t("grant.outcome."+i.Outcome), "sum", web.MoneyText(i.Amount))
	}
	if err := record.Append(tx, c.ID, entry); err != nil {
		return err
	}
	app, err := application(tx, c.ID, i.Case)
	if err != nil {
		return err
	}
	switch i.Outcome {
	case Return:
		return s.sendBack(tx, c, a, f, app, i.Reasons)
	case Refuse:
		if err := s.Pledges.Fail(tx, c, a, pledge.Subject{Kind: KindName, ID: f.ID}, i.Reasons); err != nil {
			return err
		}
		_, err = s.Desk.Move(tx, c, a, f.ID, casework.Move{To: Refused, Note: i.Reasons, Actor: s.name(tx.Context(), c, f)})
		return err
	}
	app.Approved = i.Amount
	if err := updateApplication(tx, c.ID, app); err != nil {
		return err
	}
	_, err = s.Desk.Move(tx, c, a, f.ID, casework.Move{To: Approved, Note: i.Reasons, Actor: s.name(tx.Context(), c, f), Edit: func(f *casework.File) {
		f.Due, f.Escalated = s.term(c), false
	}})
	return err
}
