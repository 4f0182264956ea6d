package open311

import (
	"context"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// whole is a request with everything, and one with nothing but what must be.
func whole() []Request {
	return []Request{
		{
			ID: "2026-000001", Status: "closed", StatusNotes: "Fixed: a new lamp", ServiceName: "Көчө жарыгы", ServiceCode: "light", Description: "Dark <here> & there",
			Agency: "Bishkeksvet", Requested: noon, Updated: noon.Add(3600e9), Expected: noon.AddDate(0, 0, 7), Address: "Чүй 120", AddressID: "a-1", Zipcode: "720000",
			Position: &Position{42.8746, 74.6036}, MediaURL: "https://bishkek.example/photos/a?size=1&b=2",
			Extension: &Extension{Status: "FIXED", Attributes: []Answered{{"pole", "w"}}, Notes: []Note{{noon, "IN_PROGRESS", "We are on our way"}}},
		},
		{ID: "2026-000002", Status: "open", ServiceCode: "other", Requested: noon, Updated: noon},
	}
}

func TestEveryAnswerIsAsItWas(t *testing.T) {
	m := &memory{requests: whole()}
	s := httptest.NewServer(&Server{Backend: m})
	defer s.Close()
	light := url.Values{"api_key": {"secret"}, "service_code": {"light"}, "lat": {"42.87"}, "long": {"74.6"}, "attribute[pole]": {"w"}}
	for _, c := range []struct {
		name, path string
		status     int
		form       url.Values
	}{
		{"discovery", "discovery", 200, nil},
		{"services", "services", 200, nil},
		{"definition", "services/light", 200, nil},
		{"definition-unknown", "services/none", 404, nil},
		{"requests", "requests", 200, nil},
		{"request", "requests/2026-000001?extensions=true", 200, nil},
		{"request-unknown", "requests/none", 404, nil},
		{"token", "tokens/t1", 200, nil},
		{"token-unknown", "tokens/none", 404, nil},
		{"updates", "servicerequestupdates", 200, nil},
		{"jurisdiction-unknown", "services?jurisdiction_id=nowhere.example", 404, nil},
		{"range-too-long", "requests?start_date=2026-01-01T00:00:00Z&end_date=2026-06-01T00:00:00Z", 400, nil},
		{"nothing-here", "nothing", 404, nil},
		{"created", "requests", 200, light},
		{"created-wrong", "requests", 400, url.Values{"api_key": {"secret"}, "service_code": {"light"}, "attribute[pole]": {"iron"}}},
		{"created-without-key", "requests", 403, url.Values{"service_code": {"light"}}},
		{"update-created", "servicerequestupdates", 200, url.Values{"api_key": {"secret"}, "service_request_id": {"2026-000001"}, "status": {"OPEN"}, "description": {"Still dark"}}},
	} {
		for _, format := range []string{"xml", "json"} {
			path, query, _ := strings.Cut(c.path, "?")
			var answer *http.Response
			var err error
			if address := s.URL + "/" + path + "." + format + "?" + query; c.form == nil {
				answer, err = http.Get(address)
			} else {
				answer, err = http.PostForm(address, c.form)
			}
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(answer.Body)
			answer.Body.Close()
			if err != nil {
				t.Fatal(err)
			}
			if want := map[string]string{"xml": "text/xml; charset=utf-8", "json": "application/json; charset=utf-8"}[format]; answer.StatusCode != c.status || answer.Header.Get("Content-Type") != want {
				t.Errorf("%s.%s: %d %s", c.name, format, answer.StatusCode, answer.Header.Get("Content-Type"))
			}
			file := filepath.Join("testdata", c.name+"."+format)
			if *update {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != string(want) {
				t.Errorf("%s differs\n got %s\nwant %s", file, got, want)
			}
		}
		m.requests = whole()
	}
}

func TestTheClientReadsWhatTheServerTells(t *testing.T) {
	m := &memory{requests: whole()}
	s := httptest.NewServer(&Server{Backend: m})
	defer s.Close()
	ctx := context.Background()
	c := &Client{Base: s.URL, Key: "secret", Jurisdiction: "bishkek.example"}
	for _, format := range []string{"xml", "json"} {
		got, err := c.Discover(ctx, s.URL+"/discovery."+format)
		want, _ := m.Discovery(ctx, Call{})
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("discovery in %s is read as %+v: %v", format, got, err)
		}
	}
	services, err := c.Services(ctx)
	if want, _ := m.Services(ctx, Call{}); err != nil || !reflect.DeepEqual(services, want) {
		t.Errorf("services are read as %+v: %v", services, err)
	}
	definition, err := c.Definition(ctx, "light")
	if want, _ := m.Definition(ctx, Call{}, "light"); err != nil || !reflect.DeepEqual(definition, want) {
		t.Errorf("the definition is read as %+v: %v", definition, err)
	}
	updates, err := c.Updates(ctx, noon, noon)
	if want, _ := m.Updates(ctx, Call{}, noon, noon); err != nil || !reflect.DeepEqual(updates, want) {
		t.Errorf("updates are read as %+v: %v", updates, err)
	}
	picture := File{Name: "lamp.jpg", Type: "image/jpeg", Data: []byte("\xff\xd8 a picture")}
	if _, err := c.Create(ctx, Submission{ServiceCode: "light", Address: "Chuy 1", Attributes: map[string][]string{"pole": {"w"}}, Files: []File{picture}}); err != nil {
		t.Fatal(err)
	}
	if len(m.files) != 1 || !reflect.DeepEqual(m.files[0], picture) {
		t.Errorf("the photo arrived as %+v", m.files)
	}
	id, err := c.CreateUpdate(ctx, UpdateSubmission{Update: Update{RequestID: "2026-000001", Status: "OPEN", Description: "Still dark", Updated: noon}, Files: []File{picture}})
	if err != nil || id != "9" || len(m.updates) != 1 || m.updates[0].Description != "Still dark" || !reflect.DeepEqual(m.updates[0].Files, []File{picture}) {
		t.Errorf("the update %q arrived as %+v: %v", id, m.updates, err)
	}
}
