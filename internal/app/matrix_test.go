package app_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"strconv"
	"testing"

	"github.com/ashar-kg/ashar/internal/app"
	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/intake"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/features/appeal"
	"github.com/ashar-kg/ashar/internal/features/report"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// deed is something that the staff does with a case, and the actions of the
// declared matrix that it takes, all of them at the body of the case.
type deed struct {
	name  string
	needs []string
	// from is the action of the step by the state that the case is in; without
	// one there is no such step and nobody does it. Nil is no step.
	from map[string]string
	do   func(ctx context.Context, c *city.City, a permission.Actor, number string) error
}

func appealDeeds(s *appeal.Service, other int64) []deed {
	return []deed{
		{"show", []string{"appeal.internal"}, nil, func(ctx context.Context, c *city.City, a permission.Actor, n string) error {
			_, err := s.Show(ctx, c, a, n)
			return err
		}},
		{"take", []string{"appeal.internal", "appeal.work"}, nil, func(ctx context.Context, c *city.City, a permission.Actor, n string) error {
			return s.Take(ctx, c, a, n, 1003)
		}},
		{"note", []string{"appeal.internal", "appeal.work"}, nil, func(ctx context.Context, c *city.City, a permission.Actor, n string) error {
			return s.Note(ctx, c, a, n, "note")
		}},
		{"transfer", []string{"appeal.internal", "appeal.transfer"}, nil, func(ctx context.Context, c *city.City, a permission.Actor, n string) error {
			return s.Transfer(ctx, c, a, n, other, "why")
		}},
		{"extend", []string{"appeal.internal", "appeal.extend"}, nil, func(ctx context.Context, c *city.City, a permission.Actor, n string) error {
			return s.Extend(ctx, c, a, n, "why", "ru")
		}},
		{"draft", []string{"appeal.internal", "appeal.work"}, nil, func(ctx context.Context, c *city.City, a permission.Actor, n string) error {
			return s.Write(ctx, c, a, n, "An answer.", "ru", true)
		}},
		{"join", []string{"appeal.internal", "appeal.work"}, nil, func(ctx context.Context, c *city.City, a permission.Actor, n string) error {
			return s.Join(ctx, c, a, n, "A-2001-000001", "")
		}},
		{"publish", []string{"appeal.internal", "appeal.publish"}, nil, func(ctx context.Context, c *city.City, a permission.Actor, n string) error {
			return s.Publish(ctx, c, a, n, appeal.Publication{Title: "A", Text: "B", Answer: "C"}, nil, true)
		}},
		{"unpublish", []string{"appeal.internal", "appeal.publish"}, nil, func(ctx context.Context, c *city.City, a permission.Actor, n string) error {
			return s.Unpublish(ctx, c, a, n, "why")
		}},
		{"return", []string{"appeal.internal", "appeal.sign"}, nil, func(ctx context.Context, c *city.City, a permission.Actor, n string) error {
			return s.Return(ctx, c, a, n, "why")
		}},
		{"sign", []string{"appeal.internal", "appeal.sign"}, nil, func(ctx context.Context, c *city.City, a permission.Actor, n string) error {
			return s.Sign(ctx, c, a, n, "")
		}},
	}
}

func reportDeeds(s *report.Service, other int64) []deed {
	return []deed{
		{"note", []string{"report.internal", "report.work"}, nil, func(ctx context.Context, c *city.City, a permission.Actor, n string) error {
			return s.Note(ctx, c, a, n, "note")
		}},
		{"assign", []string{"report.internal", "report.work"}, nil, func(ctx context.Context, c *city.City, a permission.Actor, n string) error {
			return s.Assign(ctx, c, a, n, 1003)
		}},
		{"recategorise", []string{"report.internal", "report.work"}, nil, func(ctx context.Context, c *city.City, a permission.Actor, n string) error {
			return s.Recategorise(ctx, c, a, n, "pothole", false, "why")
		}},
		{"transfer", []string{"report.internal", "report.transfer"}, nil, func(ctx context.Context, c *city.City, a permission.Actor, n string) error {
			return s.Transfer(ctx, c, a, n, other, "why")
		}},
		{"hide", []string{"report.internal", "report.moderate"}, nil, func(ctx context.Context, c *city.City, a permission.Actor, n string) error {
			return s.SetVisibility(ctx, c, a, n, casework.Hidden, "spam", "")
		}},
		{"begin", []string{"report.internal"}, map[string]string{"new": "report.inspect", "closed": "report.work"}, func(ctx context.Context, c *city.City, a permission.Actor, n string) error {
			_, err := s.Answer(ctx, c, a, n, report.Answer{To: report.InWork, Lang: "ru"})
			return err
		}},
		{"mend", []string{"report.internal"}, map[string]string{"new": "report.inspect", "work": "report.inspect"}, func(ctx context.Context, c *city.City, a permission.Actor, n string) error {
			_, err := s.Answer(ctx, c, a, n, report.Answer{To: report.Fixed, Note: "Done.", Lang: "ru"})
			return err
		}},
	}
}

// refused tells a denial from every other answer: what may not be known of is
// not found.
func refused(err error) bool {
	var p *web.Problem
	return errors.Is(err, permission.ErrDenied) || (errors.As(err, &p) && p.Status == 404)
}

// TestEveryRoleDoesWithEachCaseWhatTheMatrixSays takes every role at the body of
// a case, at another body and in the whole city, residents and a visitor, and
// every deed on cases that are new, in work and closed.
func TestEveryRoleDoesWithEachCaseWhatTheMatrixSays(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, _ *httptest.Server) {
		ctx := t.Context()
		c, err := a.CityNamed("bishkek")
		if err != nil {
			t.Fatal(err)
		}
		matrix, err := a.Matrix.Of(ctx, c.ID)
		if err != nil {
			t.Fatal(err)
		}
		rules := map[string]permission.Rule{}
		for _, r := range matrix.Rules() {
			rules[r.Action] = r
		}
		id := func(code string) int64 {
			n, err := strconv.ParseInt(bodyNamed(t, a, code), 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		here, there := id("gorsvet"), id("tazalyk")
		system := permission.Actor{City: c.ID, System: true, Name: "System"}
		staff := []permission.Actor{{City: c.ID}, {City: c.ID, Person: 2000, Level: permission.Phone}, {City: c.ID, Person: 2001, Level: permission.Phone}}
		for _, role := range permission.Roles {
			for _, at := range []int64{here, there, 0} {
				staff = append(staff, permission.Actor{
					City: c.ID, Person: 1003, Level: permission.Phone, Name: string(role), Strong: true, Grants: []permission.Grant{{Role: role, Body: at}},
				})
			}
		}
		may := func(who permission.Actor, need string) bool {
			for _, g := range who.Grants {
				if g.Body != 0 && g.Body != here {
					continue
				}
				for _, role := range rules[need].Roles {
					if role == g.Role {
						return true
					}
				}
			}
			return false
		}
		made := 0
		fresh := func(kind, state string) string {
			t.Helper()
			made++
			r, _ := a.Intake.Of(kind)
			said := intake.Said{What: "street-light", Channel: intake.Counter, Lang: "ru", Author: 2000, Name: "Author", Staff: true, Placed: true, Lat: 42.8746, Lon: 74.6036, Text: fmt.Sprintf("Number %d is dark since the storm.", made)}
			if kind == "appeal" {
				said.What = "complaint"
			}
			taken, err := r.Take(ctx, c, system, said)
			if err != nil {
				t.Fatal(err)
			}
			n := taken.File.Number
			if kind == "appeal" {
				err = a.Appeals.Transfer(ctx, c, system, n, here, "why")
				if err == nil && state != "new" {
					err = a.Appeals.Write(ctx, c, system, n, "An answer.", "ru", true)
				}
				if err == nil && state == "closed" {
					err = a.Appeals.Sign(ctx, c, system, n, "")
				}
			} else {
				if taken.File.Body != here {
					err = a.Reports.Transfer(ctx, c, system, n, here, "why")
				}
				if err == nil && state == "work" {
					_, err = a.Reports.Answer(ctx, c, system, n, report.Answer{To: report.InWork, Lang: "ru"})
				}
				if err == nil && state == "closed" {
					_, err = a.Reports.Answer(ctx, c, system, n, report.Answer{To: report.Fixed, Note: "Done.", Lang: "ru"})
				}
			}
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		tried := 0
		for kind, deeds := range map[string][]deed{"appeal": appealDeeds(a.Appeals, there), "report": reportDeeds(a.Reports, there)} {
			for _, state := range []string{"new", "work", "closed"} {
				for _, d := range deeds {
					number := fresh(kind, state)
					for _, who := range staff {
						who = who.WithMatrix(matrix)
						needs := d.needs
						if d.from != nil {
							needs = append(needs[:len(needs):len(needs)], d.from[state])
						}
						if d.from != nil && d.from[state] == "" {
							if err := d.do(ctx, c, who, number); err == nil {
								t.Errorf("%s: %s of a %s case is no step, and %v did it", kind, d.name, state, who.Grants)
							}
							tried++
							continue
						}
						allowed := kind == "appeal" && d.name == "show" && who.Person == 2000
						if !allowed {
							allowed = true
							for _, need := range needs {
								allowed = allowed && may(who, need)
							}
						}
						err := d.do(ctx, c, who, number)
						tried++
						if refused(err) == allowed {
							t.Errorf("%s: %s of a %s case by person %d with %v: %v, the matrix says %v", kind, d.name, state, who.Person, who.Grants, err, allowed)
						}
						if allowed && err == nil && d.name != "show" && d.name != "note" {
							number = fresh(kind, state) // it was changed
						}
					}
				}
			}
		}
		if tried < 900 {
			t.Errorf("only %d deeds were tried", tried)
		}
	})
}
