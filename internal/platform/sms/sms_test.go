package sms_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/ashar-kg/ashar/internal/platform/sms"
	"github.com/ashar-kg/ashar/internal/platform/sms/smstest"
)

func TestNormalizeTakesNumbersAsPeopleWriteThem(t *testing.T) {
	cases := []struct{ raw, country, want string }{
		{"0555 12-34-56", "996", "+996555123456"},
		{"0312 66-12-34", "996", "+996312661234"},
		{"(0312) 66 12 34", "996", "+996312661234"},
		{"+996 555 123 456", "996", "+996555123456"},
		{"+996(555)12-34-56", "996", "+996555123456"},
		{"996555123456", "996", "+996555123456"},
		{"00996 555 123456", "996", "+996555123456"},
		{"555 12 34 56", "996", "+996555123456"},
		{"996 123 456", "996", "+996996123456"}, // the mobile prefix 996, not the country
		{"0996 12 34 56", "996", "+996996123456"},
		{"  0700.12.34.56\n", "996", "+996700123456"},
		{"0555\u00a012–34–56", "996", "+996555123456"},
		{"\u202a+996 555 123456\u202c", "996", "+996555123456"},
		{"+7 701 123 45 67", "996", "+77011234567"},
		{"+49 30 901820", "996", "+4930901820"},
		{"701 123 45 67", "7", "+77011234567"},
	}
	for _, c := range cases {
		if got, err := sms.Normalize(c.raw, c.country); err != nil || got != c.want {
			t.Errorf("%q in %s: got %q, %v; want %q", c.raw, c.country, got, err, c.want)
		}
	}
}

func TestNormalizeRefusesWhatIsNoNumber(t *testing.T) {
	for _, raw := range []string{
		"", "+", "0", "103", "0555 12-34-5", "0555 12-34-567", "0555 12 34 5б", "call me", "+0555123456",
		"+996 155 123456", "+996 055 123456", "++996555123456", "996+555123456",
		"+1234567890123456", "05551234560555123456", "0555 12-34-56 ext 2",
	} {
		if got, err := sms.Normalize(raw, "996"); !errors.Is(err, sms.ErrPhone) || got != "" {
			t.Errorf("%q: got %q, %v", raw, got, err)
		}
	}
}

func FuzzNormalizeIsStable(f *testing.F) {
	f.Add("0555 12-34-56")
	f.Add("+996 (312) 66-12-34")
	f.Fuzz(func(t *testing.T, raw string) {
		first, err := sms.Normalize(raw, "996")
		if err != nil {
			return
		}
		second, err := sms.Normalize(first, "996")
		if err != nil || second != first {
			t.Errorf("%q gives %q, which gives %q, %v", raw, first, second, err)
		}
	})
}

func TestFixedLinesGetNoMessages(t *testing.T) {
	for phone, want := range map[string]bool{"+996312661234": false, "+996555123456": true, "+77011234567": true, "": false} {
		if got := sms.Mobile(phone); got != want {
			t.Errorf("%q: got %v", phone, got)
		}
	}
}

func TestMaskHidesTheNumber(t *testing.T) {
	if got := sms.Mask("+996555123456"); got != "+996 ••• 56" {
		t.Errorf("got %q", got)
	}
	if got := sms.Mask("+9965"); strings.ContainsAny(got, "0123456789") {
		t.Errorf("got %q", got)
	}
}

func TestGatewayPostsTheMessage(t *testing.T) {
	cases := []struct {
		name     string
		config   sms.Config
		wantPath string
		wantAuth string
		want     map[string]string
	}{
		{
			"key in the header",
			sms.Config{URL: "/send", Key: "s3cret", From: "Ashar"},
			"/send", "Bearer s3cret",
			map[string]string{"to": "+996555123456", "text": "Код: 1234", "from": "Ashar"},
		},
		{
			"key in the address, other field names",
			sms.Config{URL: "/{key}/sms", Key: "s3cret", ToField: "phone", TextField: "message"},
			"/s3cret/sms", "",
			map[string]string{"phone": "+996555123456", "message": "Код: 1234"},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := map[string]string{}
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
					t.Error(err)
				}
				if r.Method != http.MethodPost || r.URL.Path != c.wantPath || r.Header.Get("Authorization") != c.wantAuth {
					t.Errorf("request was %s %s, authorization %q", r.Method, r.URL.Path, r.Header.Get("Authorization"))
				}
				w.WriteHeader(http.StatusAccepted)
			}))
			defer server.Close()
			c.config.URL = server.URL + c.config.URL
			gateway, err := sms.NewGateway(c.config)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := gateway.Send(t.Context(), sms.Message{To: "+996555123456", Text: "Код: 1234"}); err != nil {
				t.Fatal(err)
			}
			if len(got) != len(c.want) {
				t.Errorf("fields are %v, want %v", got, c.want)
			}
			for field, value := range c.want {
				if got[field] != value {
					t.Errorf("%s is %q, want %q", field, got[field], value)
				}
			}
		})
	}
}

func TestGatewayErrorsTellWhetherToTryAgain(t *testing.T) {
	cases := []struct {
		status             int
		permanent, unknown bool
		wait               time.Duration
	}{
		{http.StatusBadRequest, true, false, 0},
		{http.StatusUnprocessableEntity, true, false, 0},
		{http.StatusUnauthorized, false, false, 0},
		{http.StatusTooManyRequests, false, false, 30 * time.Second},
		{http.StatusInternalServerError, false, true, 0},
		{http.StatusBadGateway, false, true, 0},
		{http.StatusGatewayTimeout, false, true, 0},
		{http.StatusServiceUnavailable, false, false, 30 * time.Second},
	}
	operator := smstest.StartGateway(t, "s3cret")
	gateway, err := sms.NewGateway(sms.Config{URL: operator.URL, Key: "s3cret"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		operator.Fail(1, c.status)
		_, err = gateway.Send(t.Context(), sms.Message{To: "+996555123456", Text: "x"})
		var answer *sms.Error
		if !errors.As(err, &answer) || answer.Status != c.status || answer.RetryAfter != c.wait ||
			errors.Is(err, sms.ErrPermanent) != c.permanent || errors.Is(err, sms.ErrUnknown) != c.unknown {
			t.Errorf("%d: got %v, permanent %v, unknown %v", c.status, err, errors.Is(err, sms.ErrPermanent), errors.Is(err, sms.ErrUnknown))
		}
	}
	if got := operator.Messages(); len(got) != 0 {
		t.Errorf("taken were %v", got)
	}
}

func TestGatewayTellsWhatItCannotKnow(t *testing.T) {
	operator := smstest.StartGateway(t, "s3cret")
	gateway, err := sms.NewGateway(sms.Config{URL: operator.URL, Key: "s3cret", From: "Ashar"})
	if err != nil {
		t.Fatal(err)
	}
	message := sms.Message{ID: "7", To: "+996555123456", Text: "Өтүнүч кабыл алынды"}
	operator.LoseAnswers(1)
	if _, err := gateway.Send(t.Context(), message); !errors.Is(err, sms.ErrUnknown) || errors.Is(err, sms.ErrPermanent) {
		t.Errorf("got %v", err)
	}
	if got := operator.Messages(); len(got) != 1 {
		t.Fatalf("the message went out %d times", len(got))
	}
	status, err := gateway.Send(t.Context(), message)
	if err != nil || status.ID != "7" || status.State != sms.Sent || status.Parts != 1 {
		t.Errorf("got %+v, %v", status, err)
	}
	want := smstest.Posted{To: message.To, Text: message.Text, From: "Ashar"}
	if got := operator.Messages(); len(got) != 2 || got[1] != want {
		t.Errorf("taken were %v", got)
	}
}

func TestGatewayThatIsNotThereHasNotSent(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	gateway, err := sms.NewGateway(sms.Config{URL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	_, err = gateway.Send(t.Context(), sms.Message{To: "+996555123456", Text: "x"})
	if err == nil || errors.Is(err, sms.ErrUnknown) || errors.Is(err, sms.ErrPermanent) {
		t.Errorf("got %v", err)
	}
}

func TestSilentGatewayIsToldWithoutKeyAndNumber(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	gateway, err := sms.NewGateway(sms.Config{URL: server.URL + "/{key}", Key: "s3cret"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = gateway.Send(t.Context(), sms.Message{To: "+996555123456", Text: "x"})
	if err == nil || errors.Is(err, sms.ErrPermanent) {
		t.Fatalf("got %v", err)
	}
	for _, secret := range []string{"s3cret", "996555"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the error tells %s: %v", secret, err)
		}
	}
}

func TestUnsafeGatewaysAreRefused(t *testing.T) {
	for _, address := range []string{"", "gw.example/send", "http://gw.example/send", "ftp://gw.example", "https://", "https://gw.exa mple"} {
		if _, err := sms.NewGateway(sms.Config{URL: address}); err == nil {
			t.Errorf("%q was accepted", address)
		}
	}
}

func TestOutboxKeepsTheNewest(t *testing.T) {
	outbox := sms.NewOutbox(2)
	for _, text := range []string{"one", "two", "three"} {
		if _, err := outbox.Send(t.Context(), sms.Message{To: "+996555123456", Text: text}); err != nil {
			t.Fatal(err)
		}
	}
	got := outbox.Messages()
	if len(got) != 2 || got[0].Text != "three" || got[1].Text != "two" || got[0].At.IsZero() {
		t.Errorf("kept are %+v", got)
	}
}
