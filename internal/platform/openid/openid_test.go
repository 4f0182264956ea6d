package openid_test

import (
	"context"
	"errors"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/ashar-kg/ashar/internal/platform/openid"
)

func TestAProviderIsOneAddress(t *testing.T) {
	got, err := openid.ParseURL("https://city:s%40crit@id.example/realms/kg?claim=pin&scope=pin&scope=profile")
	want := openid.Config{Issuer: "https://id.example/realms/kg", Client: "city", Secret: "s@crit", Claim: "pin", Scopes: []string{"pin", "profile"}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v (%v), want %+v", got, err, want)
	}
	for _, text := range []string{
		"", "id.example", "https://id.example", "http://city:hidden@id.example", "ftp://city:hidden@id.example", "https://city:hidden@id.example?claims=pin", "https://city:hid den@id.example",
	} {
		_, err := openid.ParseURL(text)
		if err == nil {
			t.Errorf("%q is taken for a provider", text)
		} else if strings.Contains(err.Error(), "hid") {
			t.Errorf("the error of %q shows the secret: %v", text, err)
		}
	}
}

func TestAnAnswerThatWasNotAskedForIsRefused(t *testing.T) {
	c := openid.New(openid.Config{Issuer: "http://127.0.0.1:1", Client: "city"})
	begun := openid.NewCeremony()
	for what, q := range map[string]url.Values{
		"of another sign-in": {"state": {"other"}, "code": {"c"}},
		"without a state":    {"code": {"c"}},
		"denied":             {"state": {begun.State}, "error": {"access_denied"}},
		"without a code":     {"state": {begun.State}},
	} {
		if _, err := c.End(context.Background(), begun, "https://city.example/done", q); !errors.Is(err, openid.ErrRefused) {
			t.Errorf("an answer %s: %v, want it refused", what, err)
		}
	}
	if _, err := c.End(context.Background(), openid.Ceremony{}, "https://city.example/done", url.Values{"code": {"c"}}); !errors.Is(err, openid.ErrRefused) {
		t.Errorf("an answer to nothing: %v, want it refused", err)
	}
	if _, err := c.Begin(context.Background(), begun, "https://city.example/done", "ky"); !errors.Is(err, openid.ErrUnavailable) {
		t.Errorf("a provider that is down: %v, want it said", err)
	}
}
