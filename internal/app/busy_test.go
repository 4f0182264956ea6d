package app_test

import (
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/ashar-kg/ashar/internal/platform/config"
)

var hiddenField = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)"`)

// Who comes while the node works on all it can is told so at once, and sends
// what was typed again with one press.
func TestWhoComesWhenItIsTooMuchLosesNothing(t *testing.T) {
	_, s := serve(t, "", func(cfg *config.Config) { cfg.AtOnce = 1 })
	// A form that comes slowly takes the only place.
	body, slow := io.Pipe()
	r, err := http.NewRequest(http.MethodPost, s.URL+"/reports/new", body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	gone := make(chan error, 1)
	go func() {
		res, err := http.DefaultClient.Do(r)
		if err == nil {
			_, err = io.Copy(io.Discard, res.Body) // to the end: then the place is free
			res.Body.Close()
		}
		gone <- err
	}()
	if _, err := io.WriteString(slow, "step=det"); err != nil {
		t.Fatal(err)
	}
	taken := false
	for range 2000 {
		if res := get(t, s.URL+"/account/sign-in"); res == http.StatusServiceUnavailable {
			taken = true
			break
		}
	}
	if !taken {
		t.Fatal("everybody is let in while the only place is taken")
	}

	b := visit(t, s)
	page, _ := b.do(503, http.MethodPost, "/reports/new", lamp())
	again := url.Values{}
	for _, m := range hiddenField.FindAllStringSubmatch(page, -1) {
		again.Add(html.UnescapeString(m[1]), html.UnescapeString(m[2]))
	}
	if again.Encode() != lamp().Encode() || !strings.Contains(page, "Send again") {
		t.Fatalf("the form comes back as %v", again)
	}
	// What another site sends is not offered to be sent again.
	foreign, err := http.NewRequest(http.MethodPost, s.URL+"/reports/new", strings.NewReader(lamp().Encode()))
	if err != nil {
		t.Fatal(err)
	}
	foreign.Header = http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Sec-Fetch-Site": {"cross-site"}}
	res, err := http.DefaultClient.Do(foreign)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(res.Body)
	res.Body.Close()
	if err != nil || res.StatusCode != 503 || res.Header.Get("Retry-After") == "" || strings.Contains(string(text), "The lamp by") {
		t.Errorf("another site's form is answered with %s, Retry-After %q, %v", res.Status, res.Header.Get("Retry-After"), err)
	}

	slow.Close()
	if err := <-gone; err != nil {
		t.Fatal(err)
	}
	if _, at := b.do(200, http.MethodPost, "/reports/new", again); !strings.HasPrefix(at, "/confirm/") {
		t.Errorf("the form sent again leads to %s", at)
	}
}

func get(t *testing.T, address string) int {
	t.Helper()
	res, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		t.Fatal(err)
	}
	return res.StatusCode
}
