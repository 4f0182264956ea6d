package app_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ashar-kg/ashar/internal/app"
	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/demo"
	"github.com/ashar-kg/ashar/internal/features/report"
	"github.com/ashar-kg/ashar/internal/platform/db"
)

func TestSummariesAreWhatTheRowsSay(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		c, _ := a.Cities.ByID(demo.CityID)
		scope := casework.ScopeDistrict("leninsky")
		read := func(now time.Time) casework.Summary {
			t.Helper()
			var out casework.Summary
			if err := a.DB.View(t.Context(), func(tx *db.Tx) error {
				stored, err := db.One(tx, "test.stored", `SELECT COUNT(*) FROM case_summary WHERE city_id = $1 AND scope = $2 AND day = $3`, db.Int64, c.ID, scope, int64(c.Calendar.Day(now)))
				if err != nil || stored != 1 {
					return fmt.Errorf("%d summaries are stored for %s: %w", stored, now, err)
				}
				all, err := casework.Summaries(tx, c, report.KindName, []string{scope}, now)
				if err != nil {
					return err
				}
				out = all[scope]
				from, to := int64(c.Calendar.Day(now.AddDate(0, 0, -6))), int64(c.Calendar.Day(now))
				live, err := casework.FiguresOf(tx, c, report.KindName, scope, from, to, now)
				if diff := cmp.Diff(live, out.Week); diff != "" {
					t.Errorf("the week on %s (-rows +summary):\n%s", now, diff)
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return out
		}
		now := a.Clock.Now()
		before := read(now)
		resident, clerk := visit(t, s), visit(t, s)
		resident.do(200, http.MethodPost, "/demo", url.Values{"person": {"2000"}, "back": {"/account"}})
		clerk.do(200, http.MethodPost, "/demo", url.Values{"person": {"1003"}, "back": {"/account"}})
		var made struct{ Number string }
		for i := range 3 {
			resident.ask(201, http.MethodPost, "/api/v1/reports", "", object{
				"category": "street-light", "lat": 42.855, "lon": 74.52, "text": fmt.Sprint("Dark ", i), "answers": object{"fault": []string{"out"}},
			}, &made)
		}
		clerk.ask(204, http.MethodPost, "/api/v1/staff/reports/"+made.Number+"/steps", "", object{"to": "in_work"}, nil)
		clerk.ask(204, http.MethodPost, "/api/v1/staff/reports/"+made.Number+"/steps", "", object{"to": "fixed", "note": "Done"}, nil)
		if err := a.Fold(t.Context()); err != nil {
			t.Fatal(err)
		}
		after := read(now)
		month := after.Months[11]
		if after.Week.Received != before.Week.Received+3 || after.Week.Done["fixed"] != before.Week.Done["fixed"]+1 || after.Year.Open != before.Year.Open+2 ||
			month.Received != before.Months[11].Received+3 || month.Done["fixed"] != before.Months[11].Done["fixed"]+1 {
			t.Errorf("three more reports, one mended: before %+v, after %+v", before, after)
		}

		// Days pass and nothing happens: the week moves on, what is open falls due.
		later := time.Date(now.In(bishkek).Year(), now.In(bishkek).Month()+2, 15, 12, 0, 0, 0, bishkek)
		if err := casework.Summarise(t.Context(), a.DB, c, later); err != nil {
			t.Fatal(err)
		}
		moved := read(later)
		if moved.Week.Received != 0 || moved.Year.Overdue != moved.Year.Open || moved.Year.Open != after.Year.Open || moved.Months[9].Received != month.Received {
			t.Errorf("two months later: %+v", moved)
		}
	})
}
