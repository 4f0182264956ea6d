package project

import (
	"context"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/intake"
	"github.com/ashar-kg/ashar/internal/civic/notify"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/once"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// KindName is the kind of case that a question about a project is.
const KindName = "project_question"

// The states of a question.
const (
	Asked     = "asked"
	Answered  = "answered"
	Withdrawn = "refused" // closed with words and without an answer, such as one about something else
)

// Kind declares the question as a case: public, with a clock.
var Kind = &casework.Kind{
	Name:   KindName,
	Prefix: "P-",
	States: []casework.State{
		{Name: Asked, Open: true},
		{Name: Answered, Outcome: Answered, Answer: true},
		{Name: Withdrawn, Outcome: Withdrawn, Answer: true},
	},
	Transitions: []casework.Transition{
		{From: Asked, To: Answered, Action: Answer, Words: true},
		{From: Asked, To: Withdrawn, Action: Answer, Words: true},
	},
	First: Asked, Duplicate: Withdrawn, Reopened: Asked,
}

// Tags are the looks of the states among those that all cases share.
var Tags = map[string]string{Asked: "waiting", Answered: "fixed", Withdrawn: "not_fixed"}

// defaultDays is the term of an answer, in working days, until a city sets its
// own for the kind.
const defaultDays = 14

// Question is a question with what was answered.
type Question struct {
	File   *casework.File
	Answer string
	Lang   string
	By     string // whose answer it is
	At     int64
}

func question(tx *db.Tx, c *city.City, f *casework.File, internal bool) (Question, error) {
	q := Question{File: f}
	events, err := casework.Timeline(tx, c.ID, f.ID, internal)
	for _, e := range events {
		if e.Kind == casework.EventState && e.Note != "" {
			q.Answer, q.Lang, q.By = e.Note, e.Lang, e.Actor
			q.At = f.Answered
		}
	}
	return q, err
}

// Defects is the way in for what residents find wrong with a finished project.
type Defects interface {
	Choices(ctx context.Context, c *city.City, lang string) ([]intake.Choice, error)
	Take(ctx context.Context, c *city.City, a permission.Actor, s intake.Said) (intake.Taken, error)
}

const (
	minQuestion = 10
	maxQuestion = 2000
)

// Ask puts a public question about a project to the body that answers for it,
// with a clock. Field: text.
func (s *Service) Ask(ctx context.Context, c *city.City, a permission.Actor, id int64, text, lang string, named bool) (*casework.File, error) {
	if err := a.Check(Ask, 0); err != nil {
		return nil, err
	}
	text = strings.TrimSpace(text)
	form := &web.Form{}
	if n := len([]rune(text)); n < minQuestion {
		form.Fail("text", "project.error.question", "min", minQuestion)
	}
	form.Long("text", text, maxQuestion)
	if err := form.Err(); err != nil {
		return nil, err
	}
	var f *casework.File
	err := s.DB.Update(ctx, func(tx *db.Tx) error {
		p, err := get(tx, c.ID, id)
		if err != nil {
			return err
		}
		title, _ := p.Titles.In(lang)
		f = &casework.File{
			Kind: KindName, Visibility: casework.Public, Author: a.Person, Channel: "web", Lang: lang, Body: p.Body, District: p.District,
			Title: title, Text: text, Due: s.term(c).UnixMilli(),
		}
		if named {
			f.AuthorName = a.Name
		}
		if err := s.Desk.Open(tx, c, f, &casework.Event{Public: true, Actor: f.AuthorName}, nil); err != nil {
			return err
		}
		if err := putCase(tx, c.ID, id, f.ID); err != nil {
			return err
		}
		if err := notify.Follow(tx, c.ID, a.Person, subject(id), s.Clock.Now()); err != nil {
			return err
		}
		return once.Claim(tx, at(id)+"?done=asked")
	})
	s.Versions.Mark(c.ID)
	return f, err
}

// term is until when a question that is asked now is answered.
func (s *Service) term(c *city.City) time.Time {
	now := s.Clock.Now()
	if rule, ok := city.RuleAt(c.Rules, KindName, city.StepConsider, now.In(c.Zone).Format(time.DateOnly)); ok {
		return c.Calendar.Start(rule, now).End()
	}
	return c.Calendar.Add(now, defaultDays)
}

// Reply answers a question in public, or refuses to with words. Field: note.
func (s *Service) Reply(ctx context.Context, c *city.City, a permission.Actor, number, to, words, lang string) error {
	dir, err := s.Bodies.Of(ctx, c.ID)
	if err != nil {
		return err
	}
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		f, err := casework.ByNumber(tx, c.ID, number)
		if err != nil {
			return err
		}
		if f.Kind != KindName {
			return web.NotFound()
		}
		id, err := projectOf(tx, c.ID, f.ID)
		if err != nil {
			return err
		}
		actor := dir.Name(workplace(a, f.Body), lang)
		if _, err := s.Desk.Move(tx, c, a, f.ID, casework.Move{To: to, Note: strings.TrimSpace(words), Lang: lang, Actor: actor}); err != nil {
			return err
		}
		if err := notify.Emit(tx, notify.Event{
			City: c.ID, Subject: subject(id), Key: "project.notice.answered", Link: at(id) + "#questions", To: []int64{f.Author}, Except: a.Person,
			Args: map[string]string{"title": f.Title, "number": f.Number},
		}); err != nil {
			return err
		}
		return once.Claim(tx, "/staff"+at(id))
	})
	s.Versions.Mark(c.ID)
	return err
}

// Defect reports something that is wrong with a finished project while it is
// guaranteed: a case of the kind that takes such things, linked to the project.
// Fields: what, text.
func (s *Service) Defect(ctx context.Context, c *city.City, a permission.Actor, id int64, what, text, lang string) (intake.Taken, error) {
	if err := a.Check(Ask, 0); err != nil {
		return intake.Taken{}, err
	}
	var p *Project
	if err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		p, err = get(tx, c.ID, id)
		return err
	}); err != nil {
		return intake.Taken{}, err
	}
	if !p.Guaranteed(s.Clock.Now()) {
		return intake.Taken{}, web.Conflict()
	}
	taken, err := s.Defects.Take(ctx, c, a, intake.Said{
		What: what, Channel: "web", Lang: lang, Author: a.Person, Place: p.Address, Placed: p.Placed, Lat: p.Lat, Lon: p.Lon, Text: text,
	})
	if err != nil {
		return taken, err
	}
	err = s.DB.Update(ctx, func(tx *db.Tx) error { return putCase(tx, c.ID, id, taken.File.ID) })
	s.Versions.Mark(c.ID)
	return taken, err
}

// Follow makes the actor a follower of a project, or ends it.
func (s *Service) Follow(ctx context.Context, c *city.City, a permission.Actor, id int64, on bool) error {
	if !a.SignedIn() {
		return permission.ErrDenied
	}
	err := s.DB.Update(ctx, func(tx *db.Tx) error {
		if _, err := get(tx, c.ID, id); err != nil {
			return err
		}
		if !on {
			return notify.Unfollow(tx, c.ID, a.Person, subject(id))
		}
		return notify.Follow(tx, c.ID, a.Person, subject(id), s.Clock.Now())
	})
	s.Versions.Mark(c.ID)
	return err
}
