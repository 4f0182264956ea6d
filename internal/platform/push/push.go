// Package push sends notifications to browsers through the push services of
// their makers (RFC 8030), encrypted for the browser (RFC 8291) and signed by
// this installation (RFC 8292).
package push

import (
	"bytes"
	"context"
	"crypto/ecdh"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/SherClockHolmes/webpush-go"
)

// MaxPayload is the longest payload in bytes; every message is padded to the
// same length, so that its length tells nothing.
const MaxPayload = 3993

// Errors that callers tell apart; see also Error.
var (
	// ErrGone means that the browser has ended the subscription: delete it.
	ErrGone = errors.New("push: subscription is gone")
	// ErrSubscription means that the subscription can never work: it is
	// malformed, or its endpoint is no push service but an address inside our
	// own network. Delete it.
	ErrSubscription = errors.New("push: subscription is not usable")
	// ErrTooLarge means more than MaxPayload, or more than the service takes.
	ErrTooLarge = errors.New("push: payload is too large")
)

// Error tells that a push service did not take a message. It names neither the
// endpoint, which is personal, nor the payload.
type Error struct {
	Status     int           // HTTP status; 0 when there was no answer
	RetryAfter time.Duration // wait asked for by the service; 0 when none
	Temporary  bool          // whether trying again can help
	Err        error         // cause when there was no answer
}

// Error implements error.
func (e *Error) Error() string {
	if e.Err != nil {
		return "push: service does not answer: " + e.Err.Error()
	}
	return "push: service answered " + strconv.Itoa(e.Status)
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Subscription is what the browser's PushManager gave.
type Subscription struct {
	Endpoint string // where to send to
	P256dh   string // the browser's public key, base64url
	Auth     string // the browser's secret, base64url
}

// Urgency tells the browser whether to wake up for the message.
type Urgency string

// Urgencies of RFC 8030, from a phone on its charger to any phone.
const (
	VeryLow Urgency = "very-low"
	Low     Urgency = "low"
	Normal  Urgency = "normal"
	High    Urgency = "high"
)

// Options tell how to deliver a message.
type Options struct {
	TTL     time.Duration // how long the service keeps it for a phone that is off; zero: not at all
	Urgency Urgency       // Normal when empty
	Topic   string        // a waiting message of the same topic is replaced; make it with Topic
}

// Topic makes a topic out of any key, such as "report 42".
func Topic(key string) string {
	sum := sha256.Sum256([]byte(key))
	return base64.RawURLEncoding.EncodeToString(sum[:24])
}

// Keys are the VAPID keys by which push services know this installation,
// base64url. The public one goes to browsers. Changing them ends all
// subscriptions, so they are made once and kept.
type Keys struct{ Public, Private string }

// GenerateKeys makes new keys.
func GenerateKeys() (Keys, error) {
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return Keys{}, fmt.Errorf("push: generate keys: %w", err)
	}
	return Keys{
		Public:  base64.RawURLEncoding.EncodeToString(key.PublicKey().Bytes()),
		Private: base64.RawURLEncoding.EncodeToString(key.Bytes()),
	}, nil
}

// check tells whether the two keys are a pair.
func (k Keys) check() error {
	private, err := decode(k.Private)
	if err != nil {
		return errors.New("push: the private VAPID key is malformed")
	}
	key, err := ecdh.P256().NewPrivateKey(private)
	if err != nil {
		return errors.New("push: the private VAPID key is malformed")
	}
	if public, err := decode(k.Public); err != nil || !bytes.Equal(public, key.PublicKey().Bytes()) {
		return errors.New("push: the VAPID keys are no pair")
	}
	return nil
}

// decode reads base64 in either alphabet, padded or not.
func decode(text string) ([]byte, error) {
	return base64.RawURLEncoding.DecodeString(plainBase64(text))
}

// plainBase64 turns base64 of any kind into the URL alphabet without padding.
func plainBase64(text string) string {
	return strings.NewReplacer("+", "-", "/", "_").Replace(strings.TrimRight(text, "="))
}

// Config tells who sends.
type Config struct {
	Keys Keys
	// Contact is where push services complain: "mailto:it@city.example" or an
	// https address.
	Contact string
	// AllowLoopback lets endpoints lie on this machine, over plain http too,
	// for tests and the demo city. Other private addresses stay refused.
	AllowLoopback bool
	// Timeout is for one message; 20 s when zero.
	Timeout time.Duration
}

// Sender sends messages. It may be used by many goroutines and keeps its
// connections to the services open.
type Sender struct {
	config Config
	dialer *net.Dialer
	client *http.Client
}

// New checks the configuration and returns a sender.
func New(config Config) (*Sender, error) {
	if err := config.Keys.check(); err != nil {
		return nil, err
	}
	if !strings.HasPrefix(config.Contact, "mailto:") && !strings.HasPrefix(config.Contact, "https://") {
		return nil, errors.New("push: the contact must begin with mailto: or https://")
	}
	if config.Timeout <= 0 {
		config.Timeout = 20 * time.Second
	}
	dialer := &net.Dialer{Timeout: 10 * time.Second, Control: guard(config.AllowLoopback)}
	transport := &http.Transport{
		DialContext:         dialer.DialContext,
		ForceAttemptHTTP2:   true,
		MaxIdleConnsPerHost: 32, // a handful of services take all messages
		IdleConnTimeout:     90 * time.Second,
		TLSHandshakeTimeout: 10 * time.Second,
	}
	return &Sender{config: config, dialer: dialer, client: &http.Client{
		Transport: transport,
		Timeout:   config.Timeout,
		// A redirect would be a way around the check of the endpoint.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// PublicKey returns the key for the browser's applicationServerKey.
func (s *Sender) PublicKey() string { return s.config.Keys.Public }

// Check returns an error that wraps ErrSubscription when the subscription can
// not be used. It asks no name server; what a name resolves to is checked when
// the connection is made, since it may change at any time.
func (s *Sender) Check(subscription Subscription) error {
	if err := checkEndpoint(subscription.Endpoint, s.config.AllowLoopback); err != nil {
		return err
	}
	public, err := decode(subscription.P256dh)
	if err != nil {
		return fmt.Errorf("%w: the key is malformed", ErrSubscription)
	}
	if _, err := ecdh.P256().NewPublicKey(public); err != nil {
		return fmt.Errorf("%w: the key is no point of the curve", ErrSubscription)
	}
	if secret, err := decode(subscription.Auth); err != nil || len(secret) != 16 {
		return fmt.Errorf("%w: the secret is malformed", ErrSubscription)
	}
	return nil
}

// topics are the topics that RFC 8030 allows.
var topics = regexp.MustCompile(`^[A-Za-z0-9_-]{0,32}$`)

// Send encrypts payload for the browser and hands it to its push service. It
// returns nil when the service has taken the message, ErrGone, ErrSubscription,
// ErrTooLarge, or an *Error.
func (s *Sender) Send(ctx context.Context, subscription Subscription, payload []byte, options Options) error {
	if len(payload) > MaxPayload {
		return ErrTooLarge
	}
	if !topics.MatchString(options.Topic) {
		return errors.New("push: the topic is malformed, make it with Topic")
	}
	if err := s.Check(subscription); err != nil {
		return err
	}
	if options.Urgency == "" {
		options.Urgency = Normal
	}
	response, err := webpush.SendNotificationWithContext(ctx, payload, &webpush.Subscription{
		Endpoint: subscription.Endpoint,
		Keys:     webpush.Keys{Auth: plainBase64(subscription.Auth), P256dh: plainBase64(subscription.P256dh)},
	}, &webpush.Options{
		HTTPClient:      s.client,
		Subscriber:      strings.TrimPrefix(s.config.Contact, "mailto:"), // put in front again by webpush
		Topic:           options.Topic,
		TTL:             int(max(options.TTL, 0) / time.Second),
		Urgency:         webpush.Urgency(options.Urgency),
		VAPIDPublicKey:  s.config.Keys.Public,
		VAPIDPrivateKey: s.config.Keys.Private,
	})
	if err != nil {
		return noAnswer(err)
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10)) // lets the connection be used again
	return answer(response)
}

// noAnswer tells why there was none, without the endpoint that the error of
// the HTTP client quotes.
func noAnswer(err error) error {
	if errors.Is(err, ErrSubscription) {
		return fmt.Errorf("%w: the endpoint leads into a private network", ErrSubscription)
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	return &Error{Temporary: true, Err: err}
}

// answer turns the answer of the service into an error or nil.
func answer(response *http.Response) error {
	status := response.StatusCode
	switch {
	case status >= 200 && status < 300:
		return nil
	case status == http.StatusNotFound, status == http.StatusGone:
		return ErrGone
	case status == http.StatusRequestEntityTooLarge:
		return ErrTooLarge
	}
	return &Error{
		Status:     status,
		RetryAfter: retryAfter(response.Header.Get("Retry-After"), time.Now()),
		Temporary:  status == http.StatusTooManyRequests || status == http.StatusRequestTimeout || status >= 500,
	}
}

// retryAfter reads the header in both its forms, and believes at most a day.
func retryAfter(value string, now time.Time) time.Duration {
	wait := time.Duration(0)
	if seconds, err := strconv.Atoi(value); err == nil {
		wait = time.Duration(min(seconds, 24*60*60)) * time.Second
	} else if at, err := http.ParseTime(value); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), 24*time.Hour)
}
