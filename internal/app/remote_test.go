package app_test

import (
	"fmt"
	"image/jpeg"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ashar-kg/ashar/internal/app"
	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/demo"
	"github.com/ashar-kg/ashar/internal/platform/db"
)

// TestAReportIsSentToTheSystemOfItsBody lets one installation be the body's
// own system of another.
func TestAReportIsSentToTheSystemOfItsBody(t *testing.T) {
	a, s := serve(t, "")
	_, other := serve(t, "")
	sendTo(t, a, other.URL+"/open311/v2/", app.DemoKey)
	resident := visit(t, s)
	resident.do(200, http.MethodPost, "/demo", url.Values{"person": {"2000"}, "back": {"/account"}})
	_, report := resident.do(200, http.MethodPost, "/reports/new", lamp())
	deliver(t, a)
	there, _ := visit(t, other).do(200, http.MethodGet, "/open311/v2/requests.json", nil)
	if n := strings.Count(there, "The lamp by the bus stop is dark."); n != 1 {
		t.Errorf("the other system has the report %d times", n)
	}
	clerk := visit(t, s)
	clerk.do(200, http.MethodPost, "/demo", url.Values{"person": {"1003"}, "back": {"/staff"}})
	page, _ := clerk.do(200, http.MethodGet, "/staff/"+strings.TrimPrefix(report, "/"), nil)
	if !strings.Contains(page, "Delivered to the body") {
		t.Error("the staff does not see that it was delivered")
	}
}

// TestAFailedSendingIsSeenByTheStaff: a system that refuses for good.
func TestAFailedSendingIsSeenByTheStaff(t *testing.T) {
	a, s := serve(t, "")
	sendTo(t, a, s.URL+"/open311/v2/", "a key that nobody has")
	resident := visit(t, s)
	resident.do(200, http.MethodPost, "/demo", url.Values{"person": {"2000"}, "back": {"/account"}})
	_, report := resident.do(200, http.MethodPost, "/reports/new", lamp())
	deliver(t, a)
	clerk := visit(t, s)
	clerk.do(200, http.MethodPost, "/demo", url.Values{"person": {"1003"}, "back": {"/staff"}})
	page, _ := clerk.do(200, http.MethodGet, "/staff/"+strings.TrimPrefix(report, "/"), nil)
	if !strings.Contains(page, "Could not be delivered to the body") {
		t.Error("the staff does not see that it was not delivered")
	}
	admin := visit(t, s)
	admin.do(200, http.MethodPost, "/demo", url.Values{"person": {"1000"}, "back": {"/staff"}})
	if page, _ := admin.do(200, http.MethodGet, "/staff/jobs", nil); !strings.Contains(page, "report.pass") {
		t.Error("the operator does not see the dead letter")
	}
}

// sendTo makes street lighting a body with a system of its own.
func sendTo(t *testing.T, a *app.App, endpoint, key string) {
	t.Helper()
	dir, err := a.Bodies.Of(t.Context(), demo.CityID)
	if err != nil {
		t.Fatal(err)
	}
	b, _ := dir.ByCode("gorsvet")
	changed := *b
	changed.Delivery, changed.Endpoint, changed.EndpointKey, changed.Jurisdiction = body.ByOpen311, endpoint, key, "bishkek.gov.kg"
	if err := a.DB.Update(t.Context(), func(tx *db.Tx) error { return body.Put(tx, demo.CityID, &changed) }); err != nil {
		t.Fatal(err)
	}
	a.Bodies.Forget(demo.CityID)
}

func TestTheTestEndpointChecksAndStoresNothing(t *testing.T) {
	_, s := serve(t, "")
	program := visit(t, s)
	count := func() int {
		var list []object
		program.ask(200, http.MethodGet, "/open311/v2/requests.json?page_size=1000", "", nil, &list)
		return len(list)
	}
	before := count()
	lamp := url.Values{"api_key": {"demo-key"}, "service_code": {"street-light"}, "attribute[fault]": {"out"}, "lat": {"42.8746"}, "long": {"74.6036"}, "description": {"A trial"}}
	if answer, _ := program.do(200, http.MethodPost, "/open311/test/v2/requests.json", lamp); !strings.Contains(answer, `"service_request_id":"TEST"`) {
		t.Errorf("the trial is answered %s", answer)
	}
	program.do(400, http.MethodPost, "/open311/test/v2/requests.json", url.Values{"api_key": {"demo-key"}, "service_code": {"street-light"}, "attribute[fault]": {"out"}, "lat": {"10"}, "long": {"10"}})
	program.do(403, http.MethodPost, "/open311/test/v2/requests.json", url.Values{"service_code": {"street-light"}})
	if after := count(); after != before {
		t.Errorf("there were %d requests, now there are %d", before, after)
	}
}

func TestPhotosBehindLinksAreBrought(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		picture := drawn(t)
		elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/page" {
				w.Write([]byte("<html>no photo</html>"))
				return
			}
			w.Write(picture)
		}))
		defer elsewhere.Close()
		program := visit(t, s)
		answer, _ := program.do(200, http.MethodPost, "/open311/v2/requests.json", url.Values{
			"api_key": {"demo-key"}, "service_code": {"street-light"}, "attribute[fault]": {"out"}, "lat": {"42.8746"}, "long": {"74.6036"},
			"description": {"Dark"}, "media_url": {elsewhere.URL + "/photo.jpg", elsewhere.URL + "/page", "http://10.0.0.1/secret.jpg"},
		})
		number := regexp.MustCompile(`\d{4}-\d{6}`).FindString(answer)
		deliver(t, a)
		var got struct{ Photos []object }
		program.ask(200, http.MethodGet, "/api/v1/reports/"+number, "", nil, &got)
		if len(got.Photos) != 1 {
			t.Errorf("of three links, one to a photo, %d photos were brought", len(got.Photos))
		}
		if page, _ := program.do(200, http.MethodGet, "/reports/"+number+"?lang=en", nil); strings.Count(page, "could not be fetched") != 2 || strings.Contains(page, "secret.jpg") {
			t.Error("the timeline does not tell of the two links that gave no photo")
		}
		for _, card := range []string{"/reports/" + number + "/card.jpg", "/reports/" + number + "/card.jpg?lang=ru"} {
			data, _ := program.do(200, http.MethodGet, card, nil)
			if size, err := jpeg.DecodeConfig(strings.NewReader(data)); err != nil || size.Width != 1200 || size.Height != 630 {
				t.Errorf("%s is %v, %v", card, size, err)
			}
		}
		program.do(404, http.MethodGet, "/reports/2026-999999/card.jpg", nil)
	})
}

func TestABusyHourLosesNoUpdate(t *testing.T) {
	_, s := serve(t, "")
	program := visit(t, s)
	var list []struct {
		ID string `json:"service_request_id"`
	}
	program.ask(200, http.MethodGet, "/open311/v2/requests.json?page_size=1", "", nil, &list)
	const many = 1100 // more than one answer holds of requests
	began := time.Now().Add(-time.Second).UTC().Format(time.RFC3339)
	for i := range many {
		program.do(200, http.MethodPost, "/open311/v2/servicerequestupdates.json", url.Values{
			"api_key": {"demo-key"}, "service_request_id": {list[0].ID}, "status": {"OPEN"}, "description": {fmt.Sprint("Update ", i)},
		})
	}
	var updates []struct{ Description string }
	program.ask(200, http.MethodGet, "/open311/v2/servicerequestupdates.json?start_date="+began, "", nil, &updates)
	seen := map[string]bool{}
	for _, u := range updates {
		seen[u.Description] = true
	}
	if len(updates) < many || len(seen) < many {
		t.Errorf("of %d updates %d are told, %d different", many, len(updates), len(seen))
	}
}
