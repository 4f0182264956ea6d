package app_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/ashar-kg/ashar/internal/app"
)

// ask sends a JSON document and decodes the answer into out.
func (b *browser) ask(want int, method, path, key string, in, out any) http.Header {
	b.t.Helper()
	var body bytes.Buffer
	kind := "application/json"
	if raw, ok := in.([]byte); ok {
		kind = "application/octet-stream"
		body.Write(raw)
	} else if in != nil {
		if err := json.NewEncoder(&body).Encode(in); err != nil {
			b.t.Fatal(err)
		}
	}
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.base+path, &body)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Accept-Language", "en")
	if in != nil {
		r.Header.Set("Content-Type", kind)
	}
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	answer, err := b.http.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	var text bytes.Buffer
	text.ReadFrom(answer.Body)
	if answer.StatusCode != want {
		b.t.Fatalf("%s %s: status %d, want %d\n%.600s", method, path, answer.StatusCode, want, text.String())
	}
	if out != nil {
		if err := json.Unmarshal(text.Bytes(), out); err != nil {
			b.t.Fatalf("%s %s: %v in %.300s", method, path, err, text.String())
		}
	}
	return answer.Header
}

type object = map[string]any

func TestTheDescriptionOfTheAPIHoldsForItsAnswers(t *testing.T) {
	a, s := serve(t, "")
	visitor := visit(t, s)
	var raw json.RawMessage
	visitor.ask(200, http.MethodGet, "/api/openapi.json", "", nil, &raw)
	var version struct {
		OpenAPI    string                     `json:"openapi"`
		Paths      map[string]json.RawMessage `json:"paths"`
		Components struct {
			Schemas map[string]*schema `json:"schemas"`
		} `json:"components"`
	}
	if err := json.Unmarshal(raw, &version); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(version.OpenAPI, "3.1") || len(version.Paths) < 20 {
		t.Fatalf("OpenAPI %q with %d paths", version.OpenAPI, len(version.Paths))
	}

	signed := visit(t, s)
	signed.do(200, http.MethodPost, "/demo", url.Values{"person": {"1003"}, "back": {"/account"}})
	var list struct {
		Reports []struct{ Number string }
		Next    string
	}
	visitor.ask(200, http.MethodGet, "/api/v1/reports?limit=5", "", nil, &list)
	if len(list.Reports) != 5 || list.Next == "" {
		t.Fatalf("a page of 5 has %d reports, next %q", len(list.Reports), list.Next)
	}
	author := visit(t, s)
	author.do(200, http.MethodPost, "/demo", url.Values{"person": {"2001"}, "back": {"/account"}})
	author.ask(201, http.MethodPost, "/api/v1/reports", "", object{
		"category": "street-light", "lat": 42.8746, "lon": 74.6036, "text": "The lamp is dark", "answers": object{"fault": []string{"out"}},
	}, nil)
	var inbox struct{ Reports []struct{ Number string } }
	signed.ask(200, http.MethodGet, "/api/v1/staff/reports", "", nil, &inbox)
	if len(inbox.Reports) == 0 {
		t.Fatal("the inbox of a clerk is empty")
	}
	issue := declareIssue(t, a)
	query := map[string]string{"/api/v1/reports/similar": "?lat=42.87&lon=74.6", "/api/v1/places": "?q=Chuy", "/api/v1/places/near": "?lat=42.87&lon=74.6"}
	checked := 0
	for path, item := range version.Paths {
		var ops map[string]struct {
			Responses map[string]struct {
				Content map[string]struct {
					Schema *schema `json:"schema"`
				} `json:"content"`
			} `json:"responses"`
		}
		if err := json.Unmarshal(item, &ops); err != nil {
			t.Fatal(err)
		}
		get, ok := ops["get"]
		if !ok {
			continue
		}
		number := list.Reports[0].Number
		if strings.Contains(path, "/staff/") {
			number = inbox.Reports[0].Number
		}
		if strings.Contains(path, "/systemic/") {
			number = issue
		}
		var answer any
		signed.ask(200, http.MethodGet, strings.Replace(path, "{number}", number, 1)+query[path], "", nil, &answer)
		found := conforms(version.Components.Schemas, get.Responses["200"].Content["application/json"].Schema, path, answer)
		if len(found) > 0 {
			t.Errorf("GET %s does not answer as described: %v", path, found)
		}
		checked++
	}
	if checked < 10 {
		t.Errorf("only %d reads were checked", checked)
	}
}

// schema is the part of a JSON Schema that conforms looks at.
type schema struct {
	Ref        string `json:"$ref"`
	Type       types
	Required   []string
	Properties map[string]*schema
	Items      *schema
}

// types is one type or, in OpenAPI 3.1, several.
type types []string

func (t *types) UnmarshalJSON(b []byte) error {
	if b[0] == '[' {
		return json.Unmarshal(b, (*[]string)(t))
	}
	*t = []string{""}
	return json.Unmarshal(b, &(*t)[0])
}

// conforms checks the shape of a document: types, members that must be there,
// and no member that the description does not know.
func conforms(all map[string]*schema, s *schema, at string, v any) []string {
	if s == nil {
		return []string{at + ": not described"}
	}
	if s.Ref != "" {
		return conforms(all, all[s.Ref[strings.LastIndex(s.Ref, "/")+1:]], at, v)
	}
	if v == nil {
		if slices.Contains(s.Type, "null") {
			return nil
		}
		return []string{at + ": null"}
	}
	var out []string
	wrong := func(ok bool) {
		if !ok {
			out = append(out, at+": not "+s.Type[0])
		}
	}
	if len(s.Type) == 0 {
		return []string{at + ": without a type"}
	}
	switch s.Type[0] {
	case "object":
		m, ok := v.(object)
		wrong(ok)
		for _, name := range s.Required {
			if _, ok := m[name]; !ok {
				out = append(out, at+": without "+name)
			}
		}
		if len(s.Properties) == 0 {
			break
		}
		for name, member := range m {
			if p, ok := s.Properties[name]; ok {
				out = append(out, conforms(all, p, at+"."+name, member)...)
			} else {
				out = append(out, at+": "+name+" is not described")
			}
		}
	case "array":
		list, ok := v.([]any)
		wrong(ok)
		for _, member := range list {
			out = append(out, conforms(all, s.Items, at+"[]", member)...)
		}
	case "string":
		_, ok := v.(string)
		wrong(ok)
	case "number", "integer":
		_, ok := v.(float64)
		wrong(ok)
	case "boolean":
		_, ok := v.(bool)
		wrong(ok)
	}
	return out
}

func TestAProgramDoesTheJobOfResidentAndClerk(t *testing.T) {
	both(t, func(t *testing.T, _ *app.App, s *httptest.Server) {
		resident, clerk, stranger := visit(t, s), visit(t, s), visit(t, s)
		resident.do(200, http.MethodPost, "/demo", url.Values{"person": {"2000"}, "back": {"/account"}})
		clerk.do(200, http.MethodPost, "/demo", url.Values{"person": {"1003"}, "back": {"/account"}})

		var photo struct{ Token string }
		resident.ask(200, http.MethodPost, "/api/v1/photos", "", drawn(t), &photo)
		lamp := object{"category": "street-light", "lat": 42.8746, "lon": 74.6036, "text": "Dark since Monday", "answers": object{"fault": []string{"out"}}, "photos": []string{photo.Token}}
		var made, again struct{ Number, URL string }
		head := resident.ask(201, http.MethodPost, "/api/v1/reports", "lamp-1", lamp, &made)
		resident.ask(201, http.MethodPost, "/api/v1/reports", "lamp-1", lamp, &again)
		if made.Number == "" || made != again || head.Get("Location") != "/api/v1/reports/"+made.Number {
			t.Fatalf("sent %+v, again %+v, at %s", made, again, head.Get("Location"))
		}

		at := "/api/v1/reports/" + made.Number
		stranger.ask(401, http.MethodPut, at+"/follow", "", nil, nil)
		stranger.ask(204, http.MethodPost, at+"/sightings", "", nil, nil)
		resident.ask(200, http.MethodPost, at+"/comments", "words-1", object{"text": "Still dark"}, nil)
		var seen struct {
			Seen     int
			State    string
			Own      bool
			Photos   []object
			Timeline []object
		}
		// The same comment again leads to the report and adds nothing.
		resident.ask(200, http.MethodPost, at+"/comments", "words-1", object{"text": "Still dark"}, &seen)
		if seen.Seen != 1 || !seen.Own || len(seen.Photos) != 1 || len(seen.Timeline) != 2 {
			t.Errorf("after one comment sent twice: %+v", seen)
		}

		work := "/api/v1/staff/reports/" + made.Number
		resident.ask(403, http.MethodGet, work, "", nil, nil)
		stranger.ask(401, http.MethodGet, work, "", nil, nil)
		var desk struct {
			Version int64
			Steps   []struct{ To string }
		}
		clerk.ask(200, http.MethodGet, work, "", nil, &desk)
		if len(desk.Steps) == 0 {
			t.Fatal("the clerk can do nothing")
		}
		clerk.ask(204, http.MethodPost, work+"/notes", "", object{"note": "Ladder needed"}, nil)
		clerk.ask(409, http.MethodPost, work+"/steps", "", object{"to": "in_work", "version": desk.Version}, nil)
		clerk.ask(204, http.MethodPost, work+"/steps", "", object{"to": "in_work"}, nil)
		clerk.ask(204, http.MethodPost, work+"/steps", "", object{"to": "fixed", "note": "New lamp"}, nil)
		stranger.ask(200, http.MethodGet, at, "", nil, &seen)
		if seen.State != "fixed" || strings.Contains(text(t, seen.Timeline), "Ladder") {
			t.Errorf("the public report is %+v", seen)
		}
		resident.ask(204, http.MethodPut, at+"/judgement", "", object{"verdict": "fixed", "stars": 5}, nil)
	})
}

func text(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestTheAPIRefusesInTheWordsOfTheSite(t *testing.T) {
	_, s := serve(t, "")
	visitor := visit(t, s)
	type problem struct {
		Status        int
		Title, Detail string
		Errors        []struct{ Location, Message string }
	}
	for name, c := range map[string]struct {
		status       int
		method, path string
		in           any
		field        string
	}{
		"nothing said":        {422, http.MethodPost, "/api/v1/reports", object{"category": "", "text": ""}, "category"},
		"no contact":          {422, http.MethodPost, "/api/v1/reports", object{"category": "street-light", "text": "Dark", "address": "Chuy 1"}, "contact"},
		"outside the city":    {422, http.MethodPost, "/api/v1/reports", object{"category": "street-light", "text": "Dark", "lat": 10, "lon": 10}, "place"},
		"foreign token":       {422, http.MethodPost, "/api/v1/reports", object{"category": "street-light", "text": "Dark", "address": "Chuy 1", "photos": []string{"a.b.1.1.forged"}}, "photos"},
		"wrong type":          {422, http.MethodPost, "/api/v1/reports", object{"category": 7, "text": "Dark"}, "body.category"},
		"unknown member":      {422, http.MethodPost, "/api/v1/reports", object{"category": "street-light", "text": "Dark", "admin": true}, "body.admin"},
		"no picture":          {422, http.MethodPost, "/api/v1/photos", []byte("hello"), "body"},
		"page too long":       {422, http.MethodGet, "/api/v1/reports?limit=100000", nil, "query.limit"},
		"unknown state":       {422, http.MethodGet, "/api/v1/reports?state=lost", nil, "query.state"},
		"no such report":      {404, http.MethodGet, "/api/v1/reports/2001-000001", nil, ""},
		"not signed in":       {401, http.MethodGet, "/api/v1/me", nil, ""},
		"nobody's inbox":      {401, http.MethodGet, "/api/v1/staff/reports", nil, ""},
		"no such operation":   {404, http.MethodGet, "/api/v1/nothing", nil, ""},
		"not a JSON document": {400, http.MethodPost, "/api/v1/reports", json.RawMessage(`"`), ""},
	} {
		var p problem
		var head http.Header
		if raw, ok := c.in.(json.RawMessage); ok {
			head = visitor.broken(c.status, c.path, string(raw), &p)
		} else {
			head = visitor.ask(c.status, c.method, c.path, "", c.in, &p)
		}
		if head.Get("Content-Type") != "application/problem+json" || p.Status != c.status || p.Title == "" || p.Detail == "" {
			t.Errorf("%s: %s %+v", name, head.Get("Content-Type"), p)
		}
		if c.field != "" && (len(p.Errors) == 0 || !hasField(p.Errors, c.field)) {
			t.Errorf("%s: errors %+v do not name %s", name, p.Errors, c.field)
		}
	}
}

func hasField(list []struct{ Location, Message string }, name string) bool {
	for _, e := range list {
		if e.Location == name && e.Message != "" {
			return true
		}
	}
	return false
}

// broken sends a body that is no JSON document.
func (b *browser) broken(want int, path, body string, out any) http.Header {
	b.t.Helper()
	answer, err := b.http.Post(b.base+path, "application/json", strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != want {
		b.t.Fatalf("POST %s: status %d, want %d", path, answer.StatusCode, want)
	}
	if err := json.NewDecoder(answer.Body).Decode(out); err != nil {
		b.t.Fatal(err)
	}
	return answer.Header
}
