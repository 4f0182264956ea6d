package smstest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
)

// Posted is a message that a gateway has taken.
type Posted struct{ To, Text, From string }

// Gateway is an operator that takes messages over HTTP, as the Gateway of the
// package sms describes. Its methods may be called while it runs.
type Gateway struct {
	// URL is where to send to.
	URL    string
	server *httptest.Server
	key    string

	mu       sync.Mutex
	messages []Posted
	failures []int
	lost     int
}

// StartGateway starts a gateway with this key that ends with the test.
func StartGateway(t testing.TB, key string) *Gateway {
	t.Helper()
	g := &Gateway{key: key}
	g.server = httptest.NewServer(http.HandlerFunc(g.post))
	g.URL = g.server.URL + "/send"
	t.Cleanup(g.server.Close)
	return g
}

// Fail answers the next n messages with an HTTP status and drops them; 429 and
// 503 ask for a pause of 30 seconds.
func (g *Gateway) Fail(n, status int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.failures = append(g.failures, slices.Repeat([]int{status}, n)...)
}

// LoseAnswers takes the next n messages and hangs up instead of saying so.
func (g *Gateway) LoseAnswers(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.lost += n
}

// Messages returns what was taken, oldest first.
func (g *Gateway) Messages() []Posted {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.messages)
}

func (g *Gateway) post(w http.ResponseWriter, r *http.Request) {
	var message Posted
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10)).Decode(&message)
	switch {
	case r.Method != http.MethodPost || r.URL.Path != "/send":
		w.WriteHeader(http.StatusNotFound)
	case r.Header.Get("Authorization") != "Bearer "+g.key:
		w.WriteHeader(http.StatusUnauthorized)
	case err != nil || message.To == "" || message.Text == "":
		w.WriteHeader(http.StatusBadRequest)
	default:
		g.answer(w, g.take(message))
	}
}

func (g *Gateway) answer(w http.ResponseWriter, status int) {
	switch status {
	case 0:
		panic(http.ErrAbortHandler) // hangs up
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "30")
	}
	w.WriteHeader(status)
}

// take gives the status to answer with, or 0 to hang up.
func (g *Gateway) take(message Posted) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.failures) > 0 {
		status := g.failures[0]
		g.failures = g.failures[1:]
		return status
	}
	g.messages = append(g.messages, message)
	if g.lost > 0 {
		g.lost--
		return 0
	}
	return http.StatusAccepted
}
