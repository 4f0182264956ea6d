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
	"github.com/ashar-kg/ashar/internal/civic/pledge"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/once"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// staffIdeaAt is the address where the staff works on an idea.
func staffIdeaAt(number string) string { return "/staff/ideas/" + number }

// evaluate runs fn on an idea for somebody of the staff who may do action on it.
func (s *Service) evaluate(ctx context.Context, c *city.City, a permission.Actor, number, action string, fn func(tx *db.Tx, x *Campaign, f *casework.File, d *Detail) error) error {
	return s.change(ctx, c, func(tx *db.Tx) error {
		f, d, err := ideaFile(tx, c.ID, number)
		if err != nil {
			return err
		}
		x, err := campaignByID(tx, c.ID, d.Campaign)
		if err != nil {
			return err
		}
		// A list is published with the row of the campaign held: no idea changes meanwhile.
		if x, err = lockCampaign(tx, c.ID, x.Slug); err != nil {
			return err
		}
		if f, err = casework.Lock(tx, c.ID, f.ID); err != nil {
			return err
		}
		if err := a.Check(internal, f.Body); err != nil {
			return web.NotFound()
		}
		if err := a.Check(action, f.Body); err != nil {
			return err
		}
		if err := x.fixed(); err != nil {
			return err
		}
		if err := fn(tx, x, f, d); err != nil {
			return err
		}
		if err := permission.Audit(tx, a, action, "case", f.ID, "", s.Clock.Now()); err != nil {
			return err
		}
		return once.Claim(tx, staffIdeaAt(number))
	})
}

// Accept notes that the form of an idea is in order, and hands it to the body
// that is competent; 0 keeps it where it is. Field: to_body.
func (s *Service) Accept(ctx context.Context, c *city.City, a permission.Actor, number string, to int64) error {
	dir, err := s.Bodies.Of(ctx, c.ID)
	if err != nil {
		return err
	}
	return s.evaluate(ctx, c, a, number, Evaluate, func(tx *db.Tx, x *Campaign, f *casework.File, _ *Detail) error {
		if err := x.during(c, s.Clock.Now(), Checking, Evaluating); err != nil {
			return err
		}
		by := dir.Name(f.Body, f.Lang)
		if to != 0 {
			if _, ok := dir.Current(to, s.Clock.Now()); !ok {
				return web.Invalid(web.FieldError{Field: "to_body", Key: "error.field.choice"})
			}
		}
		_, err := s.Desk.Move(tx, c, a, f.ID, casework.Move{To: IdeaChecked, Actor: by, Edit: func(f *casework.File) {
			if to != 0 && to != f.Body {
				f.Body, f.Assignee = to, 0
			}
		}})
		return err
	})
}

// Return gives an idea back to its author, to be put right until the end of a
// day. Fields: note, until.
func (s *Service) Return(ctx context.Context, c *city.City, a permission.Actor, number, note, until, lang string) error {
	f := &web.Form{}
	if note = strings.TrimSpace(note); note == "" {
		f.Fail("note", "vote.idea.error.words")
	}
	day, err := time.ParseInLocation(time.DateOnly, until, c.Zone)
	due := day.AddDate(0, 0, 1).Add(-time.Millisecond)
	if err != nil || !due.After(s.Clock.Now()) {
		f.Fail("until", "vote.idea.error.until")
	}
	if err := f.Err(); err != nil {
		return err
	}
	dir, err := s.Bodies.Of(ctx, c.ID)
	if err != nil {
		return err
	}
	return s.evaluate(ctx, c, a, number, Evaluate, func(tx *db.Tx, x *Campaign, f *casework.File, _ *Detail) error {
		if err := x.during(c, s.Clock.Now(), Checking, Evaluating, Correcting); err != nil {
			return err
		}
		if span, ok := x.Plan.Span(Correcting); ok && due.UnixMilli() > span.Ends {
			last := time.UnixMilli(span.Ends).In(c.Zone).Format("02.01.2006")
			return web.Invalid(web.FieldError{Field: "until", Key: "vote.idea.error.until_phase", Args: []any{"day", last}})
		}
		_, err := s.Desk.Move(tx, c, a, f.ID, casework.Move{
			To: IdeaReturned, Note: note, Lang: lang, Actor: dir.Name(f.Body, f.Lang),
			Edit: func(f *casework.File) { f.Due, f.Escalated = due.UnixMilli(), false },
		})
		return err
	})
}

// Evaluation is the word of the competent body on an idea. Money is in minor
// units.
type Evaluation struct {
	Feasible bool
	Reasons  Texts // why it can or cannot be done
	Titles   Texts // as it is to stand on the ballot
	Texts    Texts
	Pot      string
	Cost     int64
	Why      Texts // why it costs this
	Upkeep   int64 // a year
	Against  string
	Lang     string // in which the staff writes first
}

// check says what is missing. Fields: reasons_<lang>, title_<lang>, cost,
// why_<lang>, upkeep, pot.
func (e *Evaluation) check(c *city.City, x *Campaign, lang string) error {
	f := &web.Form{}
	if len(e.Reasons) == 0 {
		f.Fail("reasons_"+c.Languages[0], "vote.idea.error.reasons")
	}
	if !e.Feasible {
		return f.Err()
	}
	if e.Titles[lang] == "" {
		f.Fail("title_"+lang, "vote.idea.error.title")
	}
	if len(e.Why) == 0 {
		f.Fail("why_"+c.Languages[0], "vote.idea.error.why")
	}
	pot, ok := x.Pot(e.Pot)
	switch {
	case !ok:
		f.Fail("pot", "error.field.choice")
	case e.Cost <= 0 || e.Cost > maxIdeaSum:
		f.Fail("cost", "vote.idea.error.cost")
	case e.Cost > pot.Limit():
		f.Fail("cost", "vote.idea.error.cost_limit", "sum", web.MoneyText(pot.Limit()))
	}
	if e.Upkeep < 0 || e.Upkeep > maxIdeaSum {
		f.Fail("upkeep", "vote.idea.error.cost")
	}
	return f.Err()
}

// Judge says whether an idea can be done, what it costs and why; on an objection
// it is the last word, of who runs the campaign. Fields as of Evaluation.check,
// and against.
func (s *Service) Judge(ctx context.Context, c *city.City, a permission.Actor, number string, e Evaluation) error {
	dir, err := s.Bodies.Of(ctx, c.ID)
	if err != nil {
		return err
	}
	action := Evaluate
	var state string
	if err := s.DB.View(ctx, func(tx *db.Tx) error {
		f, _, err := ideaFile(tx, c.ID, number)
		if err == nil {
			state = f.State
		}
		return err
	}); err != nil {
		return err
	}
	if state == IdeaObjected {
		action = Manage
	}
	return s.evaluate(ctx, c, a, number, action, func(tx *db.Tx, x *Campaign, f *casework.File, d *Detail) error {
		if f.State != state {
			return web.Conflict()
		}
		phases := []Phase{Evaluating, Checking}
		if state == IdeaObjected {
			phases = []Phase{Appealing, Evaluating, Listing}
		}
		if err := x.during(c, s.Clock.Now(), phases...); err != nil {
			return err
		}
		if err := e.check(c, x, f.Lang); err != nil {
			return err
		}
		d.Reasons = e.Reasons
		to := IdeaFeasible
		switch {
		case !e.Feasible && state == IdeaObjected:
			to = IdeaRejected
		case !e.Feasible:
			to = IdeaRefused
		default:
			if err := s.against(tx, c, x, f, &e); err != nil {
				return err
			}
			d.Titles, d.Texts, d.Pot, d.Cost, d.Why, d.Upkeep, d.Against = e.Titles, e.Texts, e.Pot, e.Cost, e.Why, e.Upkeep, e.Against
		}
		if err := putIdea(tx, c.ID, f.ID, d); err != nil {
			return err
		}
		note, lang := e.Reasons.In(f.Lang)
		_, err := s.Desk.Move(tx, c, a, f.ID, casework.Move{To: to, Note: note, Lang: lang, Actor: dir.Name(f.Body, f.Lang)})
		return err
	})
}

// against checks the idea with which one cannot be carried out together.
func (s *Service) against(tx *db.Tx, c *city.City, x *Campaign, f *casework.File, e *Evaluation) error {
	if e.Against = strings.ToUpper(strings.TrimSpace(e.Against)); e.Against == "" {
		return nil
	}
	_, other, err := ideaFile(tx, c.ID, e.Against)
	if errors.Is(err, db.ErrNotFound) || err == nil && other.Campaign != x.ID || e.Against == f.Number {
		return web.Invalid(web.FieldError{Field: "against", Key: "vote.idea.error.number"})
	}
	return err
}

// ProposeMerge asks both authors to let an idea go on as part of another of the
// campaign. Who is gone is not asked. Field: into.
func (s *Service) ProposeMerge(ctx context.Context, c *city.City, a permission.Actor, number, into, note string) error {
	wrong := web.Invalid(web.FieldError{Field: "into", Key: "vote.idea.error.number"})
	return s.evaluate(ctx, c, a, number, work, func(tx *db.Tx, x *Campaign, f *casework.File, d *Detail) error {
		to, other, err := ideaFile(tx, c.ID, strings.ToUpper(strings.TrimSpace(into)))
		if errors.Is(err, db.ErrNotFound) {
			return wrong
		}
		if err != nil {
			return err
		}
		mergeable := []string{IdeaNew, IdeaChecked, IdeaReturned, IdeaFeasible}
		if to.ID == f.ID || other.Campaign != x.ID || !slices.Contains(mergeable, to.State) || !slices.Contains(mergeable, f.State) {
			return wrong
		}
		m := &Merging{Case: f.ID, Into: to.ID, Note: strings.TrimSpace(note), Mine: f.Author == 0, Theirs: to.Author == 0 || to.Author == f.Author}
		if err := putMerging(tx, c.ID, m, s.Clock.Now()); err != nil {
			return err
		}
		if _, err := s.Desk.Record(tx, c, a, f.ID, work, casework.Event{Kind: EventMerging, Public: true, Detail: to.Number, Note: m.Note}); err != nil {
			return err
		}
		if to.Author != 0 {
			n := ideaNotice(c, x, to, "vote.idea.notice.merging")
			n.Subject, n.To = notify.Subject{}, []int64{to.Author}
			if err := notify.Emit(tx, n); err != nil {
				return err
			}
		}
		return s.merge(tx, c, m)
	})
}

// TransferIdea hands an idea to another body, with its clock.
func (s *Service) TransferIdea(ctx context.Context, c *city.City, a permission.Actor, number string, to int64, note string) error {
	dir, err := s.Bodies.Of(ctx, c.ID)
	if err != nil {
		return err
	}
	b, ok := dir.Current(to, s.Clock.Now())
	if !ok {
		return web.Invalid(web.FieldError{Field: "to_body", Key: "error.field.choice"})
	}
	return s.evaluate(ctx, c, a, number, transfer, func(tx *db.Tx, _ *Campaign, f *casework.File, _ *Detail) error {
		_, err := s.Desk.Transfer(tx, c, a, f.ID, b.ID, b.Code, strings.TrimSpace(note))
		return err
	})
}

// TakeIdea puts an idea into the actor's hands.
func (s *Service) TakeIdea(ctx context.Context, c *city.City, a permission.Actor, number string) error {
	return s.evaluate(ctx, c, a, number, work, func(tx *db.Tx, _ *Campaign, f *casework.File, _ *Detail) error {
		return s.Desk.Assign(tx, c, a, f.ID, a.Person, a.Name)
	})
}

// NoteIdea adds words that only the staff reads. Field: note.
func (s *Service) NoteIdea(ctx context.Context, c *city.City, a permission.Actor, number, note string) error {
	return s.evaluate(ctx, c, a, number, work, func(tx *db.Tx, _ *Campaign, f *casework.File, _ *Detail) error {
		return s.Desk.Note(tx, c, a, f.ID, strings.TrimSpace(note))
	})
}

// Moderate takes an idea (event 0) or one comment from the public, or shows the
// idea again.
func (s *Service) Moderate(ctx context.Context, c *city.City, a permission.Actor, number string, event int64, show bool) error {
	return s.change(ctx, c, func(tx *db.Tx) error {
		f, _, err := ideaFile(tx, c.ID, number)
		if err != nil {
			return err
		}
		if err := a.Check(moderate, f.Body); err != nil {
			return err
		}
		if event != 0 {
			if err := permission.Audit(tx, a, moderate, "case", f.ID, "comment", s.Clock.Now()); err != nil {
				return err
			}
			return s.Desk.Hold(tx, c, f.ID, event)
		}
		v, reason := casework.Hidden, "rules"
		if show {
			v, reason = casework.Public, ""
		}
		_, err = s.Desk.Show(tx, c, a, f.ID, v, reason, "")
		return err
	})
}

// Listen lets notices follow the changes of ideas and protests; call it once, before the desk
// is used.
func (s *Service) Listen() {
	s.Desk.Hook(IdeaKind, s.ideaChanged)
	s.Desk.Hook(ProtestKind, s.protestChanged)
}

// ideaTold are the events, beside changes of the state, that are told.
var ideaTold = map[string]string{
	casework.EventComment:     "comment",
	casework.EventTransferred: "transferred",
	casework.EventMerged:      "merged",
	EventMerging:              "merging",
	EventSigned:               "signed",
	EventKept:                 "kept",
}

func ideaNotice(c *city.City, x *Campaign, f *casework.File, key string) notify.Event {
	n := notify.Event{
		City: c.ID, Subject: ideaSubject(f.ID), Key: key, Link: ideaAt(x.Slug, f.Number), Args: map[string]string{"number": f.Number, "title": f.Title},
	}
	if f.Author != 0 {
		n.To = []int64{f.Author}
	}
	return n
}

func (s *Service) ideaChanged(tx *db.Tx, c *city.City, before, after *casework.File, e *casework.Event) error {
	what := ideaTold[e.Kind]
	if e.Kind == casework.EventState {
		what = after.State
	}
	if before == nil || what == "" || !after.Listed() && what != "merged" {
		return nil
	}
	list, err := ideasBy(tx, c.ID, []int64{after.ID})
	if err != nil || list[after.ID] == nil {
		return err
	}
	x, err := campaignByID(tx, c.ID, list[after.ID].Campaign)
	if err != nil {
		return err
	}
	n := ideaNotice(c, x, after, "vote.idea.notice."+what)
	n.Except = e.Person
	if e.Kind == casework.EventComment || e.Kind == EventSigned {
		n.Subject = notify.Subject{} // of interest to the author only
		if len(n.To) == 0 {
			return nil
		}
	}
	if what == IdeaReturned {
		n.Urgent, n.Args["day"] = true, after.DueAt().In(c.Zone).Format("02.01.2006")
	}
	return notify.Emit(tx, n)
}

// warnIdeas is how long before its end the term of an idea is called to mind.
const warnIdeas = 5 * 24 * time.Hour

// warnProtests is the same for a protest, of which the terms are short.
const warnProtests = 24 * time.Hour

// Escalate warns those who answer of ideas and protests whose terms near their end.
func (s *Service) Escalate(ctx context.Context) error {
	for _, c := range s.Cities.List() {
		var ideas, protests []*casework.File
		if err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
			if ideas, err = casework.DueSoon(tx, c.ID, IdeaKind, s.Clock.Now().Add(warnIdeas), 200); err != nil {
				return err
			}
			protests, err = casework.DueSoon(tx, c.ID, ProtestKind, s.Clock.Now().Add(warnProtests), 200)
			return err
		}); err != nil {
			return err
		}
		for _, f := range append(ideas, protests...) {
			warn := s.warnIdea
			if f.Kind == ProtestKind {
				warn = s.warnProtest
			}
			if f.Kind == IdeaKind && f.State == IdeaReturned {
				continue // it waits for its author
			}
			if err := s.DB.Update(ctx, func(tx *db.Tx) error { return warn(tx, c, f) }); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Service) warnIdea(tx *db.Tx, c *city.City, f *casework.File) error {
	if _, err := s.Desk.Escalate(tx, c, f.ID); err != nil {
		return err
	}
	people, err := account.Answerable(tx, c.ID, f.Body, f.Assignee)
	if err != nil || len(people) == 0 {
		return err
	}
	return notify.Emit(tx, notify.Event{
		City: c.ID, Key: "vote.idea.notice.due", Link: staffIdeaAt(f.Number), To: people, Urgent: true,
		Args: map[string]string{"number": f.Number, "title": f.Title},
	})
}

// Pledgeable is the pledge.Source of ideas: what can be done may be pledged for.
func (s *Service) Pledgeable(tx *db.Tx, c *city.City, id int64) (pledge.About, error) {
	f, err := casework.Get(tx, c.ID, id)
	if err != nil {
		return pledge.About{}, err
	}
	if f.Kind != IdeaKind || f.Visibility != casework.Public {
		return pledge.About{}, web.NotFound()
	}
	list, err := ideasBy(tx, c.ID, []int64{id})
	if err != nil || list[id] == nil {
		return pledge.About{}, errors.Join(err, web.NotFound())
	}
	x, err := campaignByID(tx, c.ID, list[id].Campaign)
	if err != nil {
		return pledge.About{}, err
	}
	return pledge.About{
		Title: f.Title, Lang: f.Lang, Href: ideaAt(x.Slug, f.Number), Body: x.Body,
		Open:   f.State == IdeaFeasible || f.State == IdeaListed,
		Failed: f.State == IdeaRejected || f.State == IdeaWithdrawn || f.State == IdeaMerged,
	}, nil
}
