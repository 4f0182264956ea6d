package sms

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

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
// answer 2xx means that the gateway has taken the message. It gives no receipts:
// every vendor has others.
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

// Send implements Sender. A line that broke after the request was begun, and
// the answers 500, 502 and 504, leave open whether the message was taken.
func (g *Gateway) Send(ctx context.Context, message Message) (Status, error) {
	parts, err := count(message.Text)
	if err != nil {
		return Status{}, err
	}
	var connected atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }})
	request, err := g.request(ctx, message)
	if err != nil {
		return Status{}, err
	}
	response, err := g.config.Client.Do(request)
	if err != nil {
		return Status{}, &Error{Err: withoutURL(err), Unknown: connected.Load()}
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10)) // lets the connection be used again
	if response.StatusCode >= 200 && response.StatusCode < 300 {
		return Status{ID: message.ID, State: Sent, Parts: parts}, nil
	}
	seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
	return Status{}, &Error{
		Status:     response.StatusCode,
		RetryAfter: time.Duration(max(seconds, 0)) * time.Second,
		Unknown: response.StatusCode == http.StatusInternalServerError ||
			response.StatusCode == http.StatusBadGateway || response.StatusCode == http.StatusGatewayTimeout,
	}
}

// request makes the POST of one message.
func (g *Gateway) request(ctx context.Context, message Message) (*http.Request, error) {
	fields := map[string]string{g.config.ToField: message.To, g.config.TextField: message.Text}
	if g.config.From != "" {
		fields[g.config.FromField] = g.config.From
	}
	body, err := json.Marshal(fields)
	if err != nil {
		return nil, fmt.Errorf("sms: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, g.url, bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("sms: the gateway URL is malformed")
	}
	request.Header.Set("Content-Type", "application/json; charset=utf-8")
	if !strings.Contains(g.config.URL, "{key}") && g.config.Key != "" {
		request.Header.Set("Authorization", "Bearer "+g.config.Key)
	}
	return request, nil
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
