package app_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/platform/db"
)

func TestTheDemoHasAppealsWithHonestFigures(t *testing.T) {
	a, s := serve(t, "")
	if err := a.LoadDemo(t.Context(), 1000, true, nil); err != nil {
		t.Fatal(err)
	}
	if err := a.Fold(t.Context()); err != nil {
		t.Fatal(err)
	}
	c, err := a.CityNamed("bishkek")
	if err != nil {
		t.Fatal(err)
	}
	var fig casework.Figures
	if err := a.DB.View(t.Context(), func(tx *db.Tx) (err error) {
		fig, err = casework.FiguresOf(tx, c, "appeal", casework.ScopeCity, 20200101, 20991231, time.Now())
		return err
	}); err != nil {
		t.Fatal(err)
	}
	// 48 were written, one was said at a reception.
	if fig.Received != 49 || fig.InTime < 20 || fig.Late < 3 || fig.Open < 5 || fig.Rated < 8 {
		t.Errorf("figures of the demo's appeals: %+v", fig)
	}
	for path, want := range map[string]string{"/news": "185", "/outages": "No water", "/systemic": "Street lights", "/reception": "Deputy mayor"} {
		if page, _ := visit(t, s).do(200, http.MethodGet, path, nil); !strings.Contains(page, want) {
			t.Errorf("%s of the demo shows nothing of %q", path, want)
		}
	}
	author := visit(t, s)
	author.do(200, http.MethodPost, "/demo", url.Values{"person": {"2001"}, "back": {"/account"}})
	page, _ := author.do(200, http.MethodGet, "/account", nil)
	link := regexp.MustCompile(`/appeals/A-\d{4}-\d{6}`).FindString(page)
	if link == "" {
		t.Fatal("a resident of the demo has no appeal")
	}
	page, _ = author.do(200, http.MethodGet, link, nil)
	if !strings.Contains(page, link+"/answer.pdf") {
		t.Fatalf("the appeal has no letter: %.400s", page)
	}
	if pdf, _ := author.do(200, http.MethodGet, link+"/answer.pdf", nil); !strings.HasPrefix(pdf, "%PDF-") {
		t.Error("the letter is no PDF")
	}
}
