package report

import (
	"context"
	"strconv"
	"strings"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

type inboxQuery struct {
	View   string `query:"view" enum:"open,late,soon,unassigned,mine,held,closed" default:"open"`
	Agency string `query:"body" doc:"Code of one of the person's bodies"`
	After  string `query:"after" doc:"Where to go on: next of the answer before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"50"`
}

func (p *Pages) apiInbox(ctx context.Context, in *inboxQuery) (*answerOf[apiPage], error) {
	s, err := p.at(ctx)
	if err != nil {
		return nil, err
	}
	q := casework.Inbox{Kinds: []string{KindName}, View: in.View, Limit: in.Limit}
	if b, ok := s.bodies.ByCode(in.Agency); ok {
		q.Body = b.ID
	}
	due, id, _ := strings.Cut(in.After, "-")
	q.AfterDue, _ = strconv.ParseInt(due, 10, 64)
	q.AfterID, _ = strconv.ParseInt(id, 10, 64)
	files, nextDue, nextID, err := p.Service.Inbox(ctx, s.City, s.Actor, q)
	if err != nil {
		return nil, err
	}
	out := apiPage{Reports: s.reportsJSON(files)}
	if nextID != 0 {
		out.Next = strconv.FormatInt(nextDue, 10) + "-" + strconv.FormatInt(nextID, 10)
	}
	return &answerOf[apiPage]{out}, nil
}

func (p *Pages) apiWork(ctx context.Context, in *Numbered) (*answerOf[apiDetail], error) {
	out, d, s, err := p.detailJSON(ctx, in.Number)
	if err != nil {
		return nil, err
	}
	if err := s.Actor.Check("report.internal", d.File.Body); err != nil {
		return nil, err
	}
	for _, t := range Kind.Next(d.File.State) {
		if s.Actor.Can(t.Action, d.File.Body) {
			out.Steps = append(out.Steps, apiStep{To: t.To, Name: s.T("report.state." + t.To), Reason: t.Reason, Words: t.Words})
		}
	}
	return &answerOf[apiDetail]{*out}, nil
}

type step struct {
	Numbered
	Body struct {
		To      string   `json:"to" doc:"State"`
		Reason  string   `json:"reason,omitempty" doc:"Code, where the state needs one"`
		Note    string   `json:"note,omitempty" doc:"To the author, in the author's language"`
		Photos  []string `json:"photos,omitempty" doc:"Tokens of uploaded photos"`
		Version int64    `json:"version,omitempty" doc:"As read before; a change meanwhile is a conflict"`
	}
}

func (p *Pages) apiAnswer(ctx context.Context, in *step) (*nothing, error) {
	s, err := p.at(ctx)
	if err != nil {
		return nil, err
	}
	photos, err := s.tokens(in.Body.Photos)
	if err != nil {
		return nil, err
	}
	_, err = p.Service.Answer(ctx, s.City, s.Actor, in.Number, Answer{
		To: in.Body.To, Reason: in.Body.Reason, Note: in.Body.Note, Lang: s.Lang(), Photos: photos, Version: in.Body.Version,
	})
	return nil, err
}

type noted struct {
	Numbered
	Body struct {
		Note string `json:"note"`
	}
}

func (p *Pages) apiNote(ctx context.Context, in *noted) (*nothing, error) {
	v := page.In(ctx)
	return nil, p.Service.Note(ctx, v.City, v.Actor, in.Number, in.Body.Note)
}

type assigned struct {
	Numbered
	Body struct {
		Person int64 `json:"person,string" doc:"0 for nobody"`
	}
}

func (p *Pages) apiAssign(ctx context.Context, in *assigned) (*nothing, error) {
	v := page.In(ctx)
	return nil, p.Service.Assign(ctx, v.City, v.Actor, in.Number, in.Body.Person)
}

type transferred struct {
	Numbered
	Body struct {
		Body string `json:"body" doc:"Code of the body"`
		Note string `json:"note,omitempty"`
	}
}

func (p *Pages) apiTransfer(ctx context.Context, in *transferred) (*nothing, error) {
	s, err := p.at(ctx)
	if err != nil {
		return nil, err
	}
	b, ok := s.bodies.ByCode(in.Body.Body)
	if !ok {
		return nil, web.Invalid(web.FieldError{Field: "body", Key: "error.field.choice"})
	}
	return nil, p.Service.Transfer(ctx, s.City, s.Actor, in.Number, b.ID, in.Body.Note)
}

type recategorised struct {
	Numbered
	Body struct {
		Category string `json:"category"`
		Route    bool   `json:"route,omitempty" doc:"Hand it to the body of the new category"`
		Note     string `json:"note,omitempty"`
	}
}

func (p *Pages) apiRecategorise(ctx context.Context, in *recategorised) (*nothing, error) {
	v := page.In(ctx)
	return nil, p.Service.Recategorise(ctx, v.City, v.Actor, in.Number, in.Body.Category, in.Body.Route, in.Body.Note)
}

type merged struct {
	Numbered
	Body struct {
		Into string `json:"into" doc:"Number of the report that stays"`
		Note string `json:"note,omitempty"`
	}
}

func (p *Pages) apiMerge(ctx context.Context, in *merged) (*nothing, error) {
	v := page.In(ctx)
	return nil, p.Service.Merge(ctx, v.City, v.Actor, in.Number, in.Body.Into, in.Body.Note)
}
