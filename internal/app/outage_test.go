package app_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/ashar-kg/ashar/internal/app"
)

func TestAnOutageReachesWhoWatchesItsStreetsAndWhoReportsIt(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		be := func(person string) *browser {
			b := visit(t, s)
			b.do(200, http.MethodPost, "/demo", url.Values{"person": {person}, "back": {"/account"}})
			return b
		}
		operator, neighbour, far, clerk := be("1001"), be("2003"), be("2004"), be("1003")
		watch := func(b *browser, lat, lon string) {
			b.do(200, http.MethodPost, "/watches", url.Values{"lat": {lat}, "lon": {lon}, "metres": {"500"}})
		}
		c, err := a.CityNamed("bishkek")
		if err != nil {
			t.Fatal(err)
		}
		g, err := a.Places.Gazetteer(t.Context(), c.ID)
		if err != nil {
			t.Fatal(err)
		}
		street := g.Search("Токтогул көчөсү", 1)[0]
		lat, lon := text(t, street.Lat), text(t, street.Lon)
		watch(neighbour, lat, lon)
		watch(far, "42.8100", "74.6400")
		now := time.Now().In(c.Zone)
		form := url.Values{
			"do": {"preview"}, "service": {"water"}, "body": {bodyNamed(t, a, "gorsvet")}, "begins": {now.Add(-time.Minute).Format("2006-01-02T15:04")},
			"until": {now.Add(6 * time.Hour).Format("2006-01-02T15:04")}, "streets": {"Токтогул көчөсү\nЖок көчөсү 123456"}, "words_ru": {"Подвоз воды у школы."},
		}
		page, _ := operator.do(422, http.MethodPost, "/staff/outages", form)
		if !strings.Contains(page, "Жок көчөсү") || !strings.Contains(page, "Подвоз воды") {
			t.Error("the street that nobody knows is not named")
		}
		form.Set("streets", "Токтогул көчөсү")
		if page, _ = operator.do(200, http.MethodPost, "/staff/outages", form); !strings.Contains(page, `value="tell"`) {
			t.Fatal("no preview")
		}
		if page, _ := visit(t, s).do(200, http.MethodGet, "/outages", nil); strings.Contains(page, "No water") {
			t.Error("a preview is public")
		}
		form.Set("do", "tell")
		clerk.do(200, http.MethodPost, "/staff/outages", url.Values{"do": {"preview"}, "service": {"light"}, "body": {bodyNamed(t, a, "gorsvet")}, "begins": form["begins"], "until": form["until"], "streets": form["streets"]})
		be("1006").do(403, http.MethodPost, "/staff/outages", form)
		be("2000").do(403, http.MethodPost, "/staff/outages", form)
		operator.do(200, http.MethodPost, "/staff/outages", form)
		page, _ = visit(t, s).do(200, http.MethodGet, "/outages", nil)
		if !strings.Contains(page, "No water") {
			t.Fatal("the outage is not public")
		}
		deliver(t, a)
		if page, _ := neighbour.do(200, http.MethodGet, "/account/notices", nil); strings.Count(page, "No water") != 1 {
			t.Errorf("who watches the street was told %d times", strings.Count(page, "No water"))
		}
		if page, _ := far.do(200, http.MethodGet, "/account/notices", nil); strings.Contains(page, "No water") {
			t.Error("who watches another place was told")
		}
		// Who is about to report it, and the operator who is asked, learn that it is known.
		report := lamp()
		report.Set("step", "what")
		report.Set("category", "water")
		report.Set("lat", lat)
		report.Set("lon", lon)
		if page, _ := visit(t, s).do(200, http.MethodPost, "/reports/new", report); !strings.Contains(page, "known here already") {
			t.Error("the form of a report does not tell what is known")
		}
		if side, _ := operator.do(200, http.MethodPost, "/staff/desk/side", callForm("lat", lat, "lon", lon)); !strings.Contains(side, "No water") {
			t.Error("the desk does not tell what is known")
		}
		var doc struct {
			Features []struct {
				Properties struct{ Service, Until string }
				Geometry   struct{ Type string }
			}
		}
		text, _ := visit(t, s).do(200, http.MethodGet, "/outages.geojson", nil)
		if err := json.Unmarshal([]byte(text), &doc); err != nil || len(doc.Features) != 1 || doc.Features[0].Properties.Service != "water" {
			t.Errorf("the open data: %v %s", err, text)
		}
		// It is over.
		page, _ = operator.do(200, http.MethodGet, "/staff/outages", nil)
		id := strings.Split(strings.SplitN(page, `name="id" value="`, 2)[1], `"`)[0]
		be("1006").do(403, http.MethodPost, "/staff/outages", url.Values{"do": {"end"}, "id": {id}})
		operator.do(200, http.MethodPost, "/staff/outages", url.Values{"do": {"end"}, "id": {id}})
		operator.do(409, http.MethodPost, "/staff/outages", url.Values{"do": {"end"}, "id": {id}})
		deliver(t, a)
		if page, _ := neighbour.do(200, http.MethodGet, "/account/notices", nil); !strings.Contains(page, "Over: No water") {
			t.Error("nobody is told that it is over")
		}
		if page, _ := visit(t, s).do(200, http.MethodGet, "/outages/"+id, nil); !strings.Contains(page, "Over") {
			t.Error("its page does not say that it is over")
		}
	})
}
