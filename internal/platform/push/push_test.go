package push_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ashar-kg/ashar/internal/platform/push"
	"github.com/ashar-kg/ashar/internal/platform/push/pushtest"
)

func keys(t testing.TB) push.Keys {
	t.Helper()
	k, err := push.GenerateKeys()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func sender(t testing.TB, loopback bool) *push.Sender {
	t.Helper()
	s, err := push.New(push.Config{Keys: keys(t), Contact: "mailto:it@bishkek.example", AllowLoopback: loopback})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func subscribe(t testing.TB, service *pushtest.Service) push.Subscription {
	t.Helper()
	subscription, err := service.Subscribe()
	if err != nil {
		t.Fatal(err)
	}
	return subscription
}

func TestBrowserCanReadWhatWasSent(t *testing.T) {
	service := pushtest.Start(t)
	s := sender(t, true)
	subscription := subscribe(t, service)
	payload := []byte(`{"title":"Чырак оңдолду","url":"/r/42"}`)
	options := push.Options{TTL: 6 * time.Hour, Urgency: push.High, Topic: push.Topic("report 42")}
	if err := s.Send(t.Context(), subscription, payload, options); err != nil {
		t.Fatal(err, service.Refused())
	}
	got := service.Notifications(subscription)
	if len(got) != 1 || !bytes.Equal(got[0].Payload, payload) {
		t.Fatalf("the browser got %q", got)
	}
	if got[0].TTL != options.TTL || got[0].Urgency != "high" || got[0].Topic != options.Topic {
		t.Errorf("delivered as %+v", got[0])
	}
	if got[0].Sender != s.PublicKey() || got[0].Contact != "mailto:it@bishkek.example" {
		t.Errorf("signed by %s, contact %s", got[0].Sender, got[0].Contact)
	}
}

func TestPayloadsOfEveryLengthFit(t *testing.T) {
	service := pushtest.Start(t)
	s, subscription := sender(t, true), subscribe(t, service)
	for _, length := range []int{0, 1, push.MaxPayload} {
		if err := s.Send(t.Context(), subscription, bytes.Repeat([]byte("x"), length), push.Options{}); err != nil {
			t.Errorf("%d bytes: %v, %v", length, err, service.Refused())
		}
	}
	if err := s.Send(t.Context(), subscription, make([]byte, push.MaxPayload+1), push.Options{}); !errors.Is(err, push.ErrTooLarge) {
		t.Errorf("one byte more: %v", err)
	}
	if got := service.Notifications(subscription); len(got) != 3 || len(got[2].Payload) != push.MaxPayload || got[0].Urgency != "normal" {
		t.Errorf("the browser got %d messages", len(got))
	}
}

func TestKeysOfEitherAlphabetAreTaken(t *testing.T) {
	service := pushtest.Start(t)
	subscription := subscribe(t, service)
	standard := subscription
	for _, field := range []*string{&standard.P256dh, &standard.Auth} {
		raw, err := base64.RawURLEncoding.DecodeString(*field)
		if err != nil {
			t.Fatal(err)
		}
		*field = base64.StdEncoding.EncodeToString(raw)
	}
	if err := sender(t, true).Send(t.Context(), standard, []byte("x"), push.Options{}); err != nil {
		t.Error(err)
	}
	if len(service.Notifications(subscription)) != 1 {
		t.Error("the browser got nothing")
	}
}

func TestEndedSubscriptionsAreGone(t *testing.T) {
	service := pushtest.Start(t)
	s, ended := sender(t, true), subscribe(t, service)
	service.Expire(ended)
	unknown := ended
	unknown.Endpoint += "0"
	for name, subscription := range map[string]push.Subscription{"410": ended, "404": unknown} {
		if err := s.Send(t.Context(), subscription, []byte("x"), push.Options{}); !errors.Is(err, push.ErrGone) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestErrorsTellWhetherAndWhenToTryAgain(t *testing.T) {
	cases := []struct {
		status     int
		retryAfter string
		temporary  bool
		least      time.Duration
		most       time.Duration
	}{
		{http.StatusTooManyRequests, "120", true, 2 * time.Minute, 2 * time.Minute},
		{http.StatusServiceUnavailable, time.Now().Add(time.Hour).UTC().Format(http.TimeFormat), true, 59 * time.Minute, time.Hour},
		{http.StatusServiceUnavailable, "99999999999", true, 0, 24 * time.Hour},
		{http.StatusServiceUnavailable, "-5", true, 0, 0},
		{http.StatusInternalServerError, "soon", true, 0, 0},
		{http.StatusForbidden, "", false, 0, 0},
		{http.StatusBadRequest, "", false, 0, 0},
		{http.StatusTemporaryRedirect, "", false, 0, 0},
	}
	service := pushtest.Start(t)
	s, subscription := sender(t, true), subscribe(t, service)
	for _, c := range cases {
		service.Fail(1, c.status, c.retryAfter)
		err := s.Send(t.Context(), subscription, []byte("x"), push.Options{})
		var failure *push.Error
		if !errors.As(err, &failure) || failure.Status != c.status || failure.Temporary != c.temporary {
			t.Errorf("%d: got %v", c.status, err)
			continue
		}
		if failure.RetryAfter < c.least || failure.RetryAfter > c.most {
			t.Errorf("%d, %q: wait is %v", c.status, c.retryAfter, failure.RetryAfter)
		}
	}
	service.Fail(1, http.StatusRequestEntityTooLarge, "")
	if err := s.Send(t.Context(), subscription, []byte("x"), push.Options{}); !errors.Is(err, push.ErrTooLarge) {
		t.Errorf("413: got %v", err)
	}
	if n := len(service.Notifications(subscription)); n != 0 {
		t.Errorf("%d messages were shown", n)
	}
}

func TestSilentServiceIsTemporaryAndNotNamed(t *testing.T) {
	service := pushtest.Start(t)
	subscription := subscribe(t, service)
	service.Close()
	var failure *push.Error
	err := sender(t, true).Send(t.Context(), subscription, []byte("x"), push.Options{})
	if !errors.As(err, &failure) || !failure.Temporary || strings.Contains(err.Error(), "/push/") {
		t.Errorf("got %v", err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if err := sender(t, true).Send(cancelled, subscription, []byte("x"), push.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestEndpointsInsideTheNetworkAreRefused(t *testing.T) {
	valid := subscribe(t, pushtest.Start(t))
	cases := []struct {
		endpoint         string
		public, loopback error // what senders without and with AllowLoopback say
	}{
		{"https://updates.push.services.mozilla.com/wpush/v2/x", nil, nil},
		{"https://fcm.googleapis.com:443/fcm/send/x", nil, nil},
		{"http://127.0.0.1:8080/x", push.ErrSubscription, nil},
		{"https://localhost:8080/x", push.ErrSubscription, nil},
		{"https://127.0.0.1/x", push.ErrSubscription, nil},
		{"http://[::1]:80/x", push.ErrSubscription, nil},
		{"https://[::ffff:127.0.0.1]/x", push.ErrSubscription, nil},
		{"http://fcm.googleapis.com/x", push.ErrSubscription, push.ErrSubscription},
		{"https://fcm.googleapis.com:22/x", push.ErrSubscription, push.ErrSubscription},
		{"https://10.0.0.1/x", push.ErrSubscription, push.ErrSubscription},
		{"https://192.168.1.1/x", push.ErrSubscription, push.ErrSubscription},
		{"https://169.254.169.254/latest/meta-data", push.ErrSubscription, push.ErrSubscription},
		{"https://100.64.0.1/x", push.ErrSubscription, push.ErrSubscription},
		{"https://0.0.0.0/x", push.ErrSubscription, push.ErrSubscription},
		{"https://[fd00::1]/x", push.ErrSubscription, push.ErrSubscription},
		{"https://[fe80::1%25eth0]/x", push.ErrSubscription, push.ErrSubscription},
		{"https://[64:ff9b::a00:1]/x", push.ErrSubscription, push.ErrSubscription},
		{"https://[2002:a00:1::]/x", push.ErrSubscription, push.ErrSubscription},
		{"https://[::ffff:10.0.0.1]/x", push.ErrSubscription, push.ErrSubscription},
		{"https://localhost./x", push.ErrSubscription, push.ErrSubscription},
		{"https://city.LOCALHOST/x", push.ErrSubscription, push.ErrSubscription},
		{"https://intranet./x", push.ErrSubscription, push.ErrSubscription},
		{"https://intranet/x", push.ErrSubscription, push.ErrSubscription},
		{"https://user:pass@fcm.googleapis.com/x", push.ErrSubscription, push.ErrSubscription},
		{"file:///etc/passwd", push.ErrSubscription, push.ErrSubscription},
		{"", push.ErrSubscription, push.ErrSubscription},
		{"https://fcm.googleapis.com/" + strings.Repeat("x", 3000), push.ErrSubscription, push.ErrSubscription},
	}
	strict, lax := sender(t, false), sender(t, true)
	for _, c := range cases {
		subscription := valid
		subscription.Endpoint = c.endpoint
		if err := strict.Check(subscription); !errors.Is(err, c.public) {
			t.Errorf("%.60q: got %v", c.endpoint, err)
		}
		if err := lax.Check(subscription); !errors.Is(err, c.loopback) {
			t.Errorf("%.60q with loopback: got %v", c.endpoint, err)
		}
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	reached := false
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer inside.Close()
	outside := httptest.NewServer(http.RedirectHandler(inside.URL, http.StatusTemporaryRedirect))
	defer outside.Close()
	subscription := subscribe(t, pushtest.Start(t))
	subscription.Endpoint = outside.URL + "/x"
	var failure *push.Error
	err := sender(t, true).Send(t.Context(), subscription, []byte("x"), push.Options{})
	if !errors.As(err, &failure) || failure.Temporary || reached {
		t.Errorf("got %v, reached %v", err, reached)
	}
}

func TestMalformedSubscriptionsAreRefused(t *testing.T) {
	service := pushtest.Start(t)
	for name, change := range map[string]func(*push.Subscription){
		"no key":                     func(s *push.Subscription) { s.P256dh = "" },
		"key is no base64":           func(s *push.Subscription) { s.P256dh = "!" },
		"key is no point":            func(s *push.Subscription) { s.P256dh = "B" + strings.Repeat("A", 86) },
		"no secret":                  func(s *push.Subscription) { s.Auth = "" },
		"secret of another length":   func(s *push.Subscription) { s.Auth = "AAAA" },
		"endpoint is not an address": func(s *push.Subscription) { s.Endpoint = "::" },
	} {
		subscription := subscribe(t, service)
		change(&subscription)
		if err := sender(t, true).Send(t.Context(), subscription, []byte("x"), push.Options{}); !errors.Is(err, push.ErrSubscription) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if err := sender(t, true).Send(t.Context(), subscribe(t, service), nil, push.Options{Topic: "report 42"}); err == nil {
		t.Error("a topic with a space was sent")
	}
}

func TestBadConfigurationsAreRefused(t *testing.T) {
	one, other := keys(t), keys(t)
	for name, config := range map[string]push.Config{
		"no keys":       {Contact: "mailto:a@b"},
		"keys no pair":  {Keys: push.Keys{Public: one.Public, Private: other.Private}, Contact: "mailto:a@b"},
		"no contact":    {Keys: one},
		"plain contact": {Keys: one, Contact: "http://b"},
	} {
		if _, err := push.New(config); err == nil {
			t.Errorf("%s: accepted", name)
		} else if strings.Contains(err.Error(), other.Private) {
			t.Errorf("%s: the error tells the key", name)
		}
	}
}

func TestManyMessagesAtOnceArriveOnce(t *testing.T) {
	service := pushtest.Start(t)
	s := sender(t, true)
	var group sync.WaitGroup
	for i := range 64 {
		subscription := subscribe(t, service)
		group.Go(func() {
			want := fmt.Appendf(nil, "message %d", i)
			if err := s.Send(context.Background(), subscription, want, push.Options{}); err != nil {
				t.Error(err)
			}
			if got := service.Notifications(subscription); len(got) != 1 || !bytes.Equal(got[0].Payload, want) {
				t.Errorf("message %d arrived as %q", i, got)
			}
		})
	}
	group.Wait()
}

func BenchmarkSend(b *testing.B) {
	service, err := pushtest.Listen("127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer service.Close()
	s, subscription := sender(b, true), subscribe(b, service)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := s.Send(b.Context(), subscription, []byte("x"), push.Options{}); err != nil {
				b.Error(err)
			}
		}
	})
}
