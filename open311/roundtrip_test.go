package open311

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// memory is a city of one service, kept in memory.
type memory struct {
	requests []Request
	updates  []UpdateSubmission
	files    []File
}

func (m *memory) Jurisdiction(_ context.Context, c Call) error {
	if c.Jurisdiction != "" && c.Jurisdiction != "bishkek.example" {
		return ErrNotFound
	}
	return nil
}

func (m *memory) Authorize(_ context.Context, _ Call, key string) (bool, error) {
	return key == "secret", nil
}

func (m *memory) Discovery(context.Context, Call) (Discovery, error) {
	return Discovery{
		Changeset: noon, Contact: "Call 185", KeyService: "Ask at /developers", Endpoints: []Endpoint{
			{Specification, "https://bishkek.example/open311/v2", noon, "production", []string{"text/xml", "application/json"}},
			{Specification, "https://bishkek.example/open311/test/v2", noon, "test", []string{"text/xml", "application/json"}},
		},
	}, nil
}

func (m *memory) Services(context.Context, Call) ([]Service, error) {
	return []Service{{Code: "light", Name: "Көчө жарыгы & <мамы>", Metadata: true, Type: "realtime", Keywords: []string{"lamp", "pole"}, Group: "Streets", Groups: []string{"Streets", "Light"}}, {Code: "other", Name: "Other", Type: "realtime"}}, nil
}

func (m *memory) Definition(_ context.Context, _ Call, code string) (Definition, error) {
	if code != "light" {
		return Definition{}, ErrNotFound
	}
	return Definition{"light", []Attribute{{Variable: true, Code: "pole", Datatype: "singlevaluelist", Required: true, Order: 1, Values: []Value{{"w", "Wood"}, {"s", "Steel"}}}, {Variable: true, Code: "external_id", Datatype: "string", Order: 2, Automated: "server_set"}}}, nil
}

func (m *memory) Create(_ context.Context, _ Call, s Submission) (Answer, error) {
	m.files = append(m.files, s.Files...)
	m.requests = append(m.requests, Request{ID: "1", Status: "open", ServiceCode: s.ServiceCode, Description: s.Text, Requested: noon, Position: s.Position})
	return Answer{Token: "t1"}, nil
}

func (m *memory) Token(_ context.Context, _ Call, token string) (Answer, error) {
	if token != "t1" {
		return Answer{}, ErrNotFound
	}
	return Answer{ID: "1", Token: token}, nil
}

func (m *memory) Requests(context.Context, Call, Filter) ([]Request, error) { return m.requests, nil }

func (m *memory) Request(_ context.Context, _ Call, id string, _ bool) (Request, error) {
	for _, r := range m.requests {
		if r.ID == id {
			return r, nil
		}
	}
	return Request{}, ErrNotFound
}

func (m *memory) Updates(context.Context, Call, time.Time, time.Time) ([]Update, error) {
	return []Update{{ID: "u1", RequestID: "1", Status: "FIXED", Updated: noon, Description: "A new lamp & bulb", MediaURL: "https://bishkek.example/photos/a"}}, nil
}

func (m *memory) CreateUpdate(_ context.Context, _ Call, u UpdateSubmission) (string, error) {
	m.updates = append(m.updates, u)
	return "9", nil
}

func TestARequestTravelsFromClientToServerAndBack(t *testing.T) {
	m := &memory{}
	srv := httptest.NewServer(http.StripPrefix("/open311/v2", &Server{Backend: m}))
	defer srv.Close()
	c := &Client{Base: srv.URL + "/open311/v2/", Jurisdiction: "bishkek.example", Key: "secret"}
	ctx := t.Context()
	want, _ := m.Services(ctx, Call{})
	if got, err := c.Services(ctx); err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("services: %+v, %v", got, err)
	}
	def, _ := m.Definition(ctx, Call{}, "light")
	if got, err := c.Definition(ctx, "light"); err != nil || !reflect.DeepEqual(got, def) {
		t.Fatalf("definition: %+v, %v", got, err)
	}
	s := Submission{ServiceCode: "light", Text: "dark\n<b>", Position: &Position{42.87, 74.6}}
	refused(t, c, s, 400)
	s.Attributes = map[string][]string{"pole": {"w"}}
	a, err := c.Create(ctx, s)
	if err != nil || a.Token != "t1" || a.ID != "" {
		t.Fatalf("create: %+v, %v", a, err)
	}
	if a, err = c.Token(ctx, a.Token); err != nil || a.ID != "1" {
		t.Fatalf("token: %+v, %v", a, err)
	}
	if r, err := c.Request(ctx, "1"); err != nil || !reflect.DeepEqual(r, m.requests[0]) {
		t.Fatalf("request: %+v, %v", r, err)
	}
	if l, err := c.Requests(ctx, Filter{}); err != nil || !reflect.DeepEqual(l, m.requests) {
		t.Fatalf("requests: %+v, %v", l, err)
	}
	c.Key = "wrong"
	refused(t, c, s, 403)
	c.Jurisdiction = "elsewhere"
	refused(t, c, s, 404)
	j, err := DecodeRequests(AppendRequests(nil, JSON, m.requests))
	if err != nil || !reflect.DeepEqual(j, m.requests) {
		t.Fatalf("JSON: %+v, %v", j, err)
	}
}

func refused(t *testing.T, c *Client, s Submission, status int) {
	t.Helper()
	_, err := c.Create(t.Context(), s)
	var e *Error
	if !errors.As(err, &e) || e.Status != status || len(e.Faults) == 0 {
		t.Fatalf("want a refusal with %d, got %v", status, err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"requests":[{"service_request_id":5,"lat":"42.1","long":74}]}`))
	f.Add([]byte(`<a><request><service_request_id>5</service_request_id></request></a>`))
	f.Fuzz(func(_ *testing.T, b []byte) {
		_, _ = DecodeRequests(b)
		_, _ = DecodeDefinition(b)
		_, _ = DecodeAnswer(b)
	})
}

func FuzzFilter(f *testing.F) {
	f.Add("start_date=2026-01-01T00:00:00Z&status=open&page=2")
	f.Fuzz(func(t *testing.T, s string) {
		q, _ := url.ParseQuery(s)
		if v, err := ParseFilter(q, noon); err == nil && (v.Page < 1 || v.PageSize > MaxRequests || v.End.Sub(v.Start) > MaxSpan) {
			t.Fatalf("out of bounds: %+v", v)
		}
	})
}
