package app_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

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
	dir, err := a.Bodies.Of(t.Context(), demo.CityID)
	if err != nil {
		t.Fatal(err)
	}
	b, _ := dir.ByCode("gorsvet")
	changed := *b
	changed.Delivery, changed.Endpoint, changed.EndpointKey, changed.Jurisdiction = body.ByOpen311, other.URL+"/open311/v2/", app.DemoKey, "bishkek.gov.kg"
	if err := a.DB.Update(t.Context(), func(tx *db.Tx) error { return body.Put(tx, demo.CityID, &changed) }); err != nil {
		t.Fatal(err)
	}
	a.Bodies.Forget(demo.CityID)

	before := newest(t, visit(t, other))
	resident := visit(t, s)
	resident.do(200, http.MethodPost, "/demo", url.Values{"person": {"2000"}, "back": {"/account"}})
	resident.do(200, http.MethodPost, "/reports/new", lamp())
	deliver(t, a)
	deliver(t, a) // a second round sends nothing again
	after := newest(t, visit(t, other))
	if after == before || !strings.Contains(after, "The lamp by the bus stop is dark.") {
		t.Errorf("the other system's newest is %.400s", after)
	}
}

func newest(t *testing.T, v *browser) string {
	t.Helper()
	text, _ := v.do(200, http.MethodGet, "/open311/v2/requests.json?page_size=1", nil)
	return text
}
