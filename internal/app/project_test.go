package app_test

import (
	"net/http/httptest"
	"testing"

	"github.com/ashar-kg/ashar/internal/app"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/features/project"
	"github.com/ashar-kg/ashar/internal/platform/db"
)

func TestAProjectComesOfAnOriginOnce(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, _ *httptest.Server) {
		c := a.Cities.List()[0]
		make := func(o project.Origin) (id int64) {
			t.Helper()
			if err := a.DB.Update(t.Context(), func(tx *db.Tx) (err error) {
				id, err = a.Projects.FromOrigin(tx, c, o)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return id
		}
		o := project.Origin{
			Kind: "vote", Ref: "vote:2026:17", Link: "/votes/1", Titles: map[string]string{"ky": "Балдар аянтчасы"}, Cost: 120_000_000, Lat: 42.8746, Lon: 74.6036, Placed: true,
			Milestones: []project.Milestone{{Titles: map[string]string{"ky": "Долбоор"}, Due: 1_800_000_000_000}},
		}
		first := make(o)
		o.Cost = 5
		if again := make(o); again != first {
			t.Errorf("the same origin made %d and %d", first, again)
		}
		w, err := a.Projects.Show(t.Context(), c, permission.Actor{City: c.ID, System: true}, first)
		if err != nil {
			t.Fatal(err)
		}
		if w.Budget != (project.Money{Minor: 120_000_000, Currency: "KGS"}) || w.Status != project.Identification || w.District == "" || w.Planned.End != 1_800_000_000_000 {
			t.Errorf("the project is %+v", w.Doc)
		}
		if len(w.History) != 1 || w.History[0].Act != project.ActOrigin || len(w.History[0].Facts) == 0 {
			t.Errorf("its history is %+v", w.History)
		}
		o.Ref, o.Lat, o.Lon = "vote:2026:18", 0, 0
		if w, err = a.Projects.Show(t.Context(), c, permission.Actor{City: c.ID, System: true}, make(o)); err != nil || w.Placed {
			t.Errorf("0,0 is taken for a place (%v)", err)
		}
	})
}
