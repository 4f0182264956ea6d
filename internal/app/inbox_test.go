package app_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/ashar-kg/ashar/internal/app"
	"github.com/ashar-kg/ashar/internal/civic/intake"
	"github.com/ashar-kg/ashar/internal/civic/permission"
)

func TestFiftyAppealsGoThroughAnInboxTogether(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		c, err := a.CityNamed("bishkek")
		if err != nil {
			t.Fatal(err)
		}
		kind, ok := a.Intake.Of("appeal")
		if !ok {
			t.Fatal("nobody takes appeals")
		}
		chosen := url.Values{"back": {"/staff?kind=appeal"}}
		for i := range 50 {
			taken, err := kind.Take(t.Context(), c, permission.Actor{City: c.ID, System: true}, intake.Said{
				What: "application", Channel: intake.Paper, Lang: "ky", Name: fmt.Sprintf("Кайрылуучу %d", i), Home: "Токтогул 12", Staff: true,
				Text: "Көчөбүздө жарык жок, караңгыда балдар мектепке барышат.",
			})
			if err != nil {
				t.Fatal(err)
			}
			chosen.Add("number", "appeal:"+taken.File.Number)
		}
		dispatcher, clerk, stranger := visit(t, s), visit(t, s), visit(t, s)
		for b, person := range map[*browser]string{dispatcher: "1001", clerk: "1003", stranger: "1006"} {
			b.do(200, http.MethodPost, "/demo", url.Values{"person": {person}, "back": {"/staff"}})
		}
		all := func(b *browser, what string, more ...string) string {
			form := url.Values{"do": {what}}
			for k, v := range chosen {
				form[k] = v
			}
			for i := 0; i+1 < len(more); i += 2 {
				form.Set(more[i], more[i+1])
			}
			page, _ := b.do(200, http.MethodPost, "/staff/bulk", form)
			return page
		}
		said := func(page string, done, failed int) bool {
			return strings.Contains(page, fmt.Sprintf("Done: %d", done)) && strings.Contains(page, fmt.Sprintf("not done: %d", failed))
		}
		if page := all(stranger, "assign_me"); !said(page, 0, 50) {
			t.Errorf("a clerk of another body took some: %.300s", page)
		}
		if page := all(dispatcher, "transfer", "body", bodyNamed(t, a, "gorsvet"), "note", "Чырактар"); !said(page, 50, 0) {
			t.Errorf("not all were passed on: %.300s", page)
		}
		if page := all(clerk, "assign_me"); !said(page, 50, 0) {
			t.Errorf("not all were taken: %.300s", page)
		}
		mine, _ := clerk.do(200, http.MethodGet, "/staff?view=mine&kind=appeal", nil)
		if n := strings.Count(mine, `class="inbox__row`); n != 40 {
			t.Errorf("the first page of the clerk's inbox has %d rows, want 40", n)
		}
	})
}
