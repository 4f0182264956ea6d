package vote

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/account"
	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/notify"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/civic/record"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/once"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Protests tells whether the result of a campaign can be protested at an instant.
func (c *Campaign) Protests(now time.Time) bool {
	return c.Counted != 0 && c.Confirmed == 0 && c.Annulled == 0 && !c.Example() && now.UnixMilli() < c.ProtestEnds()
}

// errProtestTime refuses a protest outside of its days, and says which they are.
func errProtestTime(c *city.City, x *Campaign) error {
	if x.Counted == 0 || x.Example() {
		return &web.Problem{Status: 409, Key: "vote.protest.error.early"}
	}
	day := func(ms int64) string { return time.UnixMilli(ms).In(c.Zone).Format("02.01.2006 15:04") }
	return &web.Problem{Status: 409, Key: "vote.protest.error.time", Args: []any{"begins", day(x.Counted), "ends", day(x.ProtestEnds())}}
}

// check says what is wrong with a protest. Fields: ground, pot, text.
func (o *Objection) check(x *Campaign) error {
	f := &web.Form{}
	if !slices.Contains(Grounds, o.Ground) {
		f.Fail("ground", "vote.protest.error.ground")
	}
	if _, ok := x.Pot(o.Pot); o.Pot != "" && !ok {
		f.Fail("pot", "error.field.choice")
	}
	o.Text = strings.TrimSpace(o.Text)
	if n := len([]rune(o.Text)); n < minProtest {
		f.Fail("text", "vote.protest.error.text", "min", minProtest)
	}
	f.Long("text", o.Text, MaxProtest)
	return f.Err()
}

// protestDue is until when a protest is decided: by the city's term for it, or
// in as many days as there are for protests.
func (s *Service) protestDue(c *city.City, x *Campaign, now time.Time) int64 {
	if rule, ok := city.RuleAt(c.Rules, ProtestKind, city.StepConsider, now.In(c.Zone).Format(time.DateOnly)); ok {
		return c.Calendar.Start(rule, now).End().UnixMilli()
	}
	return now.AddDate(0, 0, max(1, x.Rules.Protest)).UnixMilli()
}

// SendProtest takes a protest against a result in the days of protest. Fields as of
// Objection.check.
func (s *Service) SendProtest(ctx context.Context, c *city.City, a permission.Actor, slug string, o Objection) (f *casework.File, err error) {
	if !a.SignedIn() {
		return nil, web.SignIn()
	}
	if err := a.Check(SendProtest, 0); err != nil {
		return nil, err
	}
	err = s.change(ctx, c, func(tx *db.Tx) error {
		// The result becomes final with this row held: no protest comes after that.
		x, err := lockCampaign(tx, c.ID, slug)
		if err != nil {
			return err
		}
		now := s.Clock.Now()
		if !x.Protests(now) {
			return errProtestTime(c, x)
		}
		if err := o.check(x); err != nil {
			return err
		}
		n, err := protestsOf(tx, c.ID, x.ID, a.Person)
		if err != nil {
			return err
		}
		if n >= maxProtests {
			return &web.Problem{Status: 409, Key: "vote.protest.error.many", Args: []any{"n", maxProtests}}
		}
		title, _ := x.Titles.In(o.Lang)
		f = &casework.File{
			Kind: ProtestKind, Visibility: casework.Private, Author: a.Person, Channel: "web", Lang: o.Lang, Category: o.Ground, Body: x.Body,
			Title: title, Text: o.Text, Due: s.protestDue(c, x, now),
		}
		if err := s.Desk.Open(tx, c, f, &casework.Event{Body: x.Body}, nil); err != nil {
			return err
		}
		if err := putProtest(tx, c.ID, &Objected{File: f, Campaign: x.ID, Pot: o.Pot, Reasons: Texts{}, Remedy: Texts{}}); err != nil {
			return err
		}
		return once.Claim(tx, protestAt(slug, f.Number)+"?done=sent")
	})
	return f, err
}

// WithdrawProtest takes a protest back before it is decided.
func (s *Service) WithdrawProtest(ctx context.Context, c *city.City, a permission.Actor, number string) error {
	return s.protest(ctx, c, number, func(tx *db.Tx, x *Campaign, p *Objected) error {
		if !a.Owns(p.File.Author) {
			return web.NotFound()
		}
		if p.File.State != ProtestNew {
			return web.Conflict()
		}
		_, err := s.Desk.Move(tx, c, a, p.File.ID, casework.Move{To: ProtestWithdrawn})
		return errors.Join(err, once.Claim(tx, protestAt(x.Slug, number)))
	})
}

// protest runs fn on a protest with its campaign and its case held.
func (s *Service) protest(ctx context.Context, c *city.City, number string, fn func(tx *db.Tx, x *Campaign, p *Objected) error) error {
	return s.change(ctx, c, func(tx *db.Tx) error {
		p, err := protestFile(tx, c.ID, number)
		if err != nil {
			return err
		}
		x, err := campaignByID(tx, c.ID, p.Campaign)
		if err != nil {
			return err
		}
		if x, err = lockCampaign(tx, c.ID, x.Slug); err != nil {
			return err
		}
		if p.File, err = casework.Lock(tx, c.ID, p.File.ID); err != nil {
			return err
		}
		return fn(tx, x, p)
	})
}

// commission is protest for somebody of the staff who may do action.
func (s *Service) commission(ctx context.Context, c *city.City, a permission.Actor, number, action string, fn func(tx *db.Tx, x *Campaign, p *Objected) error) error {
	return s.protest(ctx, c, number, func(tx *db.Tx, x *Campaign, p *Objected) error {
		if err := a.Check(seeProtest, p.File.Body); err != nil {
			return web.NotFound()
		}
		if err := a.Check(action, p.File.Body); err != nil {
			return err
		}
		if err := fn(tx, x, p); err != nil {
			return err
		}
		if err := permission.Audit(tx, a, action, "case", p.File.ID, "", s.Clock.Now()); err != nil {
			return err
		}
		return once.Claim(tx, staffProtestAt(number))
	})
}

// TakeProtest puts a protest into the actor's hands.
func (s *Service) TakeProtest(ctx context.Context, c *city.City, a permission.Actor, number string) error {
	return s.commission(ctx, c, a, number, workProtest, func(tx *db.Tx, _ *Campaign, p *Objected) error {
		return s.Desk.Assign(tx, c, a, p.File.ID, a.Person, a.Name)
	})
}

// NoteProtest adds words that only the staff reads. Field: note.
func (s *Service) NoteProtest(ctx context.Context, c *city.City, a permission.Actor, number, note string) error {
	return s.commission(ctx, c, a, number, workProtest, func(tx *db.Tx, _ *Campaign, p *Objected) error {
		return s.Desk.Note(tx, c, a, p.File.ID, strings.TrimSpace(note))
	})
}

// explained says that words are missing. Field: <name>_<first language>.
func explained(c *city.City, name string, t Texts) error {
	if len(t) == 0 {
		return web.Invalid(web.FieldError{Field: name + "_" + c.Languages[0], Key: "vote.protest.error.reasons"})
	}
	return nil
}

// DecideProtest upholds or rejects a protest, with reasons that everybody reads. Once
// it is upheld the result is under correction. Field: reasons_<lang>.
func (s *Service) DecideProtest(ctx context.Context, c *city.City, a permission.Actor, number string, upheld bool, reasons Texts) error {
	dir, err := s.Bodies.Of(ctx, c.ID)
	if err != nil {
		return err
	}
	return s.commission(ctx, c, a, number, DecideProtest, func(tx *db.Tx, _ *Campaign, p *Objected) error {
		if p.File.State != ProtestNew {
			return web.Conflict()
		}
		if err := explained(c, "reasons", reasons); err != nil {
			return err
		}
		p.Reasons = reasons
		if err := putProtest(tx, c.ID, p); err != nil {
			return err
		}
		to := ProtestRejected
		if upheld {
			to = ProtestUpheld
		}
		note, lang := reasons.In(p.File.Lang)
		_, err := s.Desk.Move(tx, c, a, p.File.ID, casework.Move{To: to, Note: note, Lang: lang, Actor: dir.Name(p.File.Body, p.File.Lang)})
		return err
	})
}

// Settle does what follows from an upheld protest, for all that are upheld: the
// published ballots are counted anew, after which the days of protest begin
// again, or the result is annulled. Fields: remedy, remedy_<lang>.
func (s *Service) Settle(ctx context.Context, c *city.City, a permission.Actor, number, remedy string, words Texts) error {
	if !slices.Contains(Remedies, remedy) {
		return web.Invalid(web.FieldError{Field: "remedy", Key: "error.field.choice"})
	}
	if err := explained(c, "remedy", words); err != nil {
		return err
	}
	var anew *recount
	if remedy == Recount {
		var err error
		if anew, err = s.recount(ctx, c, a, number); err != nil {
			return err
		}
	}
	return s.commission(ctx, c, a, number, DecideProtest, func(tx *db.Tx, x *Campaign, p *Objected) error {
		if p.File.State != ProtestUpheld || x.Confirmed != 0 || x.Annulled != 0 {
			return web.Conflict()
		}
		now := s.Clock.Now().UnixMilli()
		e := record.Entry{Kind: "vote." + remedy, Subject: Subject(x.Slug), Title: x.Titles, Link: at(x.Slug) + "/results", At: now}
		if remedy == Annul {
			x.Annulled = now
		} else if err := anew.keep(tx, c, x, now, &e); err != nil {
			return err
		}
		if err := errors.Join(updateCampaign(tx, c.ID, x), record.Append(tx, c.ID, e)); err != nil {
			return err
		}
		return s.settled(tx, c, a, x, remedy, words)
	})
}

// settled closes every upheld protest of a campaign with what was done.
func (s *Service) settled(tx *db.Tx, c *city.City, a permission.Actor, x *Campaign, remedy string, words Texts) error {
	list, err := protests(tx, c.ID, x.ID)
	if err != nil {
		return err
	}
	for _, p := range list {
		if p.File.State != ProtestUpheld {
			continue
		}
		p.Remedy = words
		if err := putProtest(tx, c.ID, p); err != nil {
			return err
		}
		note, lang := words.In(p.File.Lang)
		if _, err := s.Desk.Move(tx, c, a, p.File.ID, casework.Move{To: ProtestSettled, Reason: remedy, Note: note, Lang: lang}); err != nil {
			return err
		}
	}
	return nil
}

// protested refuses to make a result final while a protest against it waits.
// The caller holds the row of the campaign.
func protested(tx *db.Tx, city int64, x *Campaign) error {
	if x.Annulled != 0 {
		return &web.Problem{Status: 409, Key: "vote.count.error.annulled"}
	}
	for _, w := range []struct{ state, key string }{{ProtestNew, "vote.count.error.undecided"}, {ProtestUpheld, "vote.count.error.upheld"}} {
		n, err := protestsIn(tx, city, x.ID, w.state)
		if err != nil {
			return err
		}
		if n > 0 {
			return &web.Problem{Status: 409, Key: w.key, Args: []any{"n", n}}
		}
	}
	return nil
}

// waiting counts the protests that keep the result of a campaign from becoming final.
func waiting(tx *db.Tx, city, campaign int64) (int64, error) {
	undecided, err := protestsIn(tx, city, campaign, ProtestNew)
	if err != nil {
		return 0, err
	}
	upheld, err := protestsIn(tx, city, campaign, ProtestUpheld)
	return undecided + upheld, err
}

// protestChanged tells who sent a protest what became of it.
func (s *Service) protestChanged(tx *db.Tx, c *city.City, before, after *casework.File, e *casework.Event) error {
	if before == nil || e.Kind != casework.EventState || after.State == ProtestWithdrawn || after.Author == 0 {
		return nil
	}
	list, err := protestsBy(tx, c.ID, []int64{after.ID})
	if err != nil || len(list) == 0 {
		return err
	}
	x, err := campaignByID(tx, c.ID, list[0].Campaign)
	if err != nil {
		return err
	}
	return notify.Emit(tx, notify.Event{
		City: c.ID, Subject: protestSubject(after.ID), Key: "vote.protest.notice." + after.State, Link: protestAt(x.Slug, after.Number), To: []int64{after.Author},
		Except: e.Person, Args: map[string]string{"number": after.Number, "title": after.Title},
	})
}

// warnProtest warns those who decide that the term of a protest nears its end.
func (s *Service) warnProtest(tx *db.Tx, c *city.City, f *casework.File) error {
	if _, err := s.Desk.Escalate(tx, c, f.ID); err != nil {
		return err
	}
	people, err := account.Answerable(tx, c.ID, f.Body, f.Assignee)
	if err != nil || len(people) == 0 {
		return err
	}
	return notify.Emit(tx, notify.Event{
		City: c.ID, Key: "vote.protest.notice.due", Link: staffProtestAt(f.Number), To: people, Urgent: true,
		Args: map[string]string{"number": f.Number, "title": f.Title},
	})
}
