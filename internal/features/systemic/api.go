package systemic

import (
	"context"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ashar-kg/ashar/internal/civic/api"
	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/platform/ids"
)

// api declares the JSON operations of systemic issues.
func (p *Pages) api(a huma.API) {
	api.Get(a, "/systemic", "listSystemicIssues", "Issues that the city made of many cases about one thing, newest first", p.apiList)
	api.Get(a, "/systemic/{number}", "getSystemicIssue", "One issue with its plan and its public cases", p.apiIssue)
}

type answerOf[T any] struct{ Body T }

type apiIssue struct {
	Number       string            `json:"number" example:"S-2026-000001"`
	State        string            `json:"state" enum:"declared,planned,resolved,stopped"`
	Titles       map[string]string `json:"titles" doc:"By language"`
	Texts        map[string]string `json:"texts" doc:"By language"`
	Body         string            `json:"body" doc:"Code of the body that answers"`
	District     string            `json:"district,omitempty"`
	Lat          float64           `json:"lat"`
	Lon          float64           `json:"lon"`
	Declared     time.Time         `json:"declared"`
	Due          time.Time         `json:"due"`
	Closed       *time.Time        `json:"closed,omitempty"`
	PublicCases  int64             `json:"public_cases"`
	PrivateCases int64             `json:"private_cases" doc:"Cases that are only counted, such as appeals"`
	OpenCases    int64             `json:"open_cases"`
	Became       *apiBecame        `json:"became,omitempty" doc:"Where the issue lives on"`
	// Only where one issue is asked for.
	Plan  []apiPlanStep `json:"plan,omitempty" doc:"Steps in the order of their days; only of one issue"`
	Cases []string      `json:"cases,omitempty" doc:"Numbers of public cases, newest first; only of one issue"`
	More  string        `json:"more,omitempty" doc:"Value of before for the next cases"`
}

type apiPlanStep struct {
	Day   string            `json:"day" format:"date"`
	State string            `json:"state" enum:"todo,doing,done"`
	Words map[string]string `json:"words" doc:"By language"`
}

type apiBecame struct {
	Kind    string `json:"kind" enum:"project,commitment"`
	Address string `json:"address"`
}

type apiIssues struct {
	Issues []apiIssue `json:"issues"`
	More   string     `json:"more,omitempty" doc:"Value of before for the next page"`
}

type listQuery struct {
	Before string `query:"before" doc:"Goes on after a page"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"20"`
}

func (s *scene) api(x Shown) apiIssue {
	f := x.File
	out := apiIssue{
		Number: f.Number, State: f.State, Titles: x.Detail.Titles, Texts: x.Detail.Texts, District: f.District, Lat: f.Lat, Lon: f.Lon,
		Declared: f.CreatedAt().UTC(), Due: f.DueAt().UTC(), PublicCases: x.Counts.Public, PrivateCases: x.Counts.Private, OpenCases: x.Counts.Open,
	}
	if b, ok := s.bodies.Get(f.Body); ok {
		out.Body = b.Code
	}
	if b := x.Detail.Became; b.Kind != "" {
		out.Became = &apiBecame{b.Kind, b.Address}
	}
	if f.Closed != 0 {
		at := f.ClosedAt().UTC()
		out.Closed = &at
	}
	return out
}

func (p *Pages) apiList(ctx context.Context, in *listQuery) (*answerOf[apiIssues], error) {
	s, err := p.at(ctx)
	if err != nil {
		return nil, err
	}
	before, _ := ids.Parse(in.Before)
	list, more, err := p.Service.List(ctx, s.City, nil, before, in.Limit)
	if err != nil {
		return nil, err
	}
	out := apiIssues{Issues: make([]apiIssue, len(list)), More: onward(more)}
	for i, x := range list {
		out.Issues[i] = s.api(x)
	}
	return &answerOf[apiIssues]{out}, nil
}

// onward is the value of before that goes on after an id, "" at the end.
func onward(id int64) string {
	if id == 0 {
		return ""
	}
	return strconv.FormatInt(id, 10)
}

type oneQuery struct {
	Number string `path:"number" doc:"Number of the issue" example:"S-2026-000001"`
	Before string `query:"before" doc:"Goes on after a page of cases"`
}

func (p *Pages) apiIssue(ctx context.Context, in *oneQuery) (*answerOf[apiIssue], error) {
	s, err := p.at(ctx)
	if err != nil {
		return nil, err
	}
	before, _ := ids.Parse(in.Before)
	x, err := p.Service.Show(ctx, s.City, s.Actor, in.Number, before)
	if err != nil {
		return nil, err
	}
	out := s.api(x.Shown)
	out.Cases, out.More = numbersOf(x.Cases), onward(x.More)
	for _, step := range x.Detail.Plan {
		out.Plan = append(out.Plan, apiPlanStep{step.Day, step.State, step.Words})
	}
	return &answerOf[apiIssue]{out}, nil
}

func numbersOf(files []*casework.File) []string {
	out := make([]string, len(files))
	for i, f := range files {
		out[i] = f.Number
	}
	return out
}
