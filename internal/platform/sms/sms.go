// Package sms sends short text messages through the gateway of an operator,
// and turns telephone numbers as people write them into one form.
package sms

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Sender sends text messages. To is a number in E.164 form as Normalize gives
// it, text is plain and in the language of the person. An error that wraps
// ErrPermanent will not go away by trying again; every other may.
type Sender interface {
	Send(ctx context.Context, to, text string) error
}

// ErrPermanent marks errors after which a message must not be tried again.
var ErrPermanent = errors.New("sms: refused for good")

// Error is what the gateway answered when it did not take the message. It
// holds neither number nor text, so it may be logged.
type Error struct {
	Status     int           // HTTP status; 0 when there was no answer
	RetryAfter time.Duration // wait asked for by the gateway; 0 when none
	Err        error         // cause when there was no answer
}

// Error implements error.
func (e *Error) Error() string {
	if e.Err != nil {
		return "sms: gateway does not answer: " + e.Err.Error()
	}
	return "sms: gateway answered " + strconv.Itoa(e.Status)
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether target is ErrPermanent and the gateway's answer final.
// A refused key (401, 403) is the operator's mistake: the message waits for
// him. So does one that comes too fast (429).
func (e *Error) Is(target error) bool {
	if target != ErrPermanent || e.Status < 400 || e.Status >= 500 {
		return false
	}
	switch e.Status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusRequestTimeout, http.StatusTooManyRequests:
		return false
	}
	return true
}

// Config tells where a gateway is and how its fields are called.
type Config struct {
	// URL takes the POST. The text {key} in it is replaced by Key.
	URL string
	// Key is the secret of the account. When URL has no place for it, it goes
	// into the Authorization header as a bearer token.
	Key string
	// From is the sender shown on the phone, for example "Ashar". May be empty.
	From string
	// ToField, TextField and FromField name the fields of the JSON object;
	// "to", "text" and "from" when empty.
	ToField, TextField, FromField string
	// Client sends the request; one with a timeout of 15 s when nil.
	Client *http.Client
}

// Gateway sends messages by POST of a JSON object {"to", "text", "from"}; any
// answer 2xx means that the gateway has taken the message.
type Gateway struct {
	config Config
	url    string
}

// NewGateway checks the configuration. Plain http is refused unless the host
// is this machine: the request carries the key and a person's number.
func NewGateway(config Config) (*Gateway, error) {
	address := strings.ReplaceAll(config.URL, "{key}", url.PathEscape(config.Key))
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return nil, errors.New("sms: the gateway URL is malformed") // err would quote the key
	}
	local := u.Hostname() == "localhost" || u.Hostname() == "127.0.0.1" || u.Hostname() == "::1"
	if u.Scheme != "https" && (u.Scheme != "http" || !local) {
		return nil, errors.New("sms: the gateway URL must begin with https://")
	}
	for field, fallback := range map[*string]string{&config.ToField: "to", &config.TextField: "text", &config.FromField: "from"} {
		if *field == "" {
			*field = fallback
		}
	}
	if config.Client == nil {
		config.Client = &http.Client{Timeout: 15 * time.Second}
	}
	return &Gateway{config: config, url: address}, nil
}

// Send implements Sender.
func (g *Gateway) Send(ctx context.Context, to, text string) error {
	fields := map[string]string{g.config.ToField: to, g.config.TextField: text}
	if g.config.From != "" {
		fields[g.config.FromField] = g.config.From
	}
	body, err := json.Marshal(fields)
	if err != nil {
		return fmt.Errorf("sms: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, g.url, bytes.NewReader(body))
	if err != nil {
		return errors.New("sms: the gateway URL is malformed")
	}
	request.Header.Set("Content-Type", "application/json; charset=utf-8")
	if !strings.Contains(g.config.URL, "{key}") && g.config.Key != "" {
		request.Header.Set("Authorization", "Bearer "+g.config.Key)
	}
	response, err := g.config.Client.Do(request)
	if err != nil {
		return &Error{Err: withoutURL(err)}
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10)) // lets the connection be used again
	if response.StatusCode >= 200 && response.StatusCode < 300 {
		return nil
	}
	seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
	return &Error{Status: response.StatusCode, RetryAfter: time.Duration(max(seconds, 0)) * time.Second}
}

// withoutURL drops the address from an error of the HTTP client, since it may
// hold the key.
func withoutURL(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}

// Sent is a message that Outbox keeps.
type Sent struct {
	To, Text string
	At       time.Time
}

// Outbox keeps the newest messages in memory instead of sending them. The demo
// city shows them on a page, so that a visitor can sign in by code.
type Outbox struct {
	mu       sync.Mutex
	keep     int
	messages []Sent // oldest first
}

// NewOutbox returns an outbox that keeps the given number of messages.
func NewOutbox(keep int) *Outbox { return &Outbox{keep: max(keep, 1)} }

// Send implements Sender; it never fails.
func (o *Outbox) Send(_ context.Context, to, text string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.messages) == o.keep {
		o.messages = append(o.messages[:0], o.messages[1:]...)
	}
	o.messages = append(o.messages, Sent{To: to, Text: text, At: time.Now()})
	return nil
}

// Messages returns what is kept, newest first.
func (o *Outbox) Messages() []Sent {
	o.mu.Lock()
	defer o.mu.Unlock()
	newest := make([]Sent, 0, len(o.messages))
	for i := len(o.messages) - 1; i >= 0; i-- {
		newest = append(newest, o.messages[i])
	}
	return newest
}
