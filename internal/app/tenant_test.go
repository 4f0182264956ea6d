package app_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ashar-kg/ashar/internal/app"
	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/features/report"
	"github.com/ashar-kg/ashar/internal/platform/db"
)

// secondCity puts a small city beside the demo under a host of its own.
func secondCity(t *testing.T, a *app.App) {
	t.Helper()
	c := &city.City{
		ID: 2, Slug: "osh", Jurisdiction: "osh.gov.kg", Names: map[string]string{"ky": "Ош"}, Country: "KG", Zone: time.UTC,
		Languages: []string{"ky", "ru", "en"}, Currency: "KGS", PhonePrefix: "996", Lat: 40.5, Lon: 72.8, Zoom: 12, Hosts: []string{"osh.example"}, Demo: true,
	}
	err := a.DB.Update(t.Context(), func(tx *db.Tx) error {
		if err := city.Put(tx, c); err != nil {
			return err
		}
		if err := body.Put(tx, 2, &body.Body{ID: 1, Code: "gorsvet", Names: map[string]string{"ky": "Ош жарык"}, Delivery: body.ByAccount}); err != nil {
			return err
		}
		if err := report.PutCategory(tx, 2, 0, &report.Category{Code: "street-light", Names: report.Texts{"ky": "Чырак"}, Active: true}); err != nil {
			return err
		}
		return report.PutRoute(tx, 2, report.Route{ID: 1, Category: "*", Area: "*", Body: 1})
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Cities.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// at asks under a host name and returns status and text.
func at(t *testing.T, s *httptest.Server, host, path string, cookies ...*http.Cookie) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = host
	for _, c := range cookies {
		r.AddCookie(c)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

func TestNothingOfOneCityIsSeenInAnother(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		secondCity(t, a)
		const home, other = "localhost", "osh.example"
		_, csv := at(t, s, home, "/data/reports.csv")
		number := regexp.MustCompile(`20\d\d-\d{6}`).FindString(csv)
		_, list := at(t, s, home, "/reports")
		photo := regexp.MustCompile(`/photos/[0-9a-f]{64}`).FindString(list)
		if number == "" || photo == "" {
			t.Fatalf("the demo shows no report (%q) or no photo (%q)", number, photo)
		}
		for _, path := range []string{
			"/reports/" + number, "/open311/v2/requests/" + number + ".xml", photo, "/districts/leninsky", "/bodies/tazalyk",
			"/open311/v2/services/pothole.json", "/open311/v2/requests.json?jurisdiction_id=bishkek.gov.kg",
		} {
			if status, _ := at(t, s, home, path); status != 200 {
				t.Errorf("%s of its own city: %d", path, status)
			}
			if status, _ := at(t, s, other, path); status != 404 {
				t.Errorf("%s in the other city: %d", path, status)
			}
		}
		for _, path := range []string{
			"/reports", "/reports?q=көчө", "/reports.atom", "/reports.rss", "/data/reports.csv", "/data/reports.geojson", "/open311/v2/requests.json",
			"/open311/v2/requests.json?service_request_id=" + number, "/", "/bodies",
		} {
			if _, text := at(t, s, other, path); strings.Contains(text, number) || regexp.MustCompile(`20\d\d-\d{6}`).MatchString(text) {
				t.Errorf("%s of the other city tells of a report", path)
			}
		}
		if _, tile := at(t, s, other, "/tiles/reports/0/0/0.mvt"); tile != "" {
			t.Errorf("the map of the other city has %d bytes", len(tile))
		}
		if _, tile := at(t, s, home, "/tiles/reports/0/0/0.mvt"); tile == "" {
			t.Error("the map of the home city is empty")
		}
		session := signIn(t, s, home, "1001")
		if status, _ := at(t, s, home, "/staff", session); status != 200 {
			t.Errorf("the dispatcher at home: %d", status)
		}
		if status, _ := at(t, s, other, "/staff", session); status != 303 {
			t.Errorf("the dispatcher's session in the other city: %d, want the way to sign in", status)
		}
		if status, _ := at(t, s, "nowhere.example", "/"); status != 404 {
			t.Errorf("a host of no city: %d", status)
		}
	})
}

func TestAKeyOfOneCityDoesNotWriteInAnother(t *testing.T) {
	a, s := serve(t, "")
	secondCity(t, a)
	send := func(host string) int {
		form := url.Values{"api_key": {app.DemoKey}, "service_code": {"street-light"}, "attribute[fault]": {"out"}, "lat": {"42.8746"}, "long": {"74.6036"}, "description": {"dark"}}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/open311/v2/requests.json", strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		return answer.StatusCode
	}
	if status := send("localhost"); status != 200 {
		t.Errorf("at home: %d", status)
	}
	if status := send("osh.example"); status != 403 {
		t.Errorf("in the other city: %d", status)
	}
}

// signIn is the session of a demo person.
func signIn(t *testing.T, s *httptest.Server, host, person string) *http.Cookie {
	t.Helper()
	form := url.Values{"person": {person}, "back": {"/staff"}}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/demo", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Host = host
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	for _, c := range answer.Cookies() {
		if c.Name == "session" {
			return &http.Cookie{Name: c.Name, Value: c.Value}
		}
	}
	t.Fatalf("no session for person %s: %d", person, answer.StatusCode)
	return nil
}

// TestEveryTableIsMade: a package whose migrations nobody lists would fail
// only when it is first used.
func TestEveryTableIsMade(t *testing.T) {
	listed := map[string]bool{}
	for _, m := range app.Migrations() {
		listed[m.Name] = true
	}
	for _, name := range migrationFolders(t) {
		if !listed[name] {
			t.Errorf("the migrations of %s are not in app.Migrations", name)
		}
		delete(listed, name)
	}
	if len(listed) > 0 {
		t.Errorf("app.Migrations names %v, which have no folder", listed)
	}
}

func migrationFolders(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join("..", "*", "*", "migrations"))
	if err != nil || len(found) < 8 {
		t.Fatalf("found %v, %v", found, err)
	}
	for i, path := range found {
		found[i] = filepath.Base(filepath.Dir(path))
	}
	return found
}
