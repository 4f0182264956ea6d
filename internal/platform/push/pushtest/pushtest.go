// Package pushtest is a push service and its browsers on loopback. It takes
// messages as a real service does, checks the signature of the sender, decrypts
// the payload with the key of the browser, and remembers what the browser would
// have shown. A message it has taken is one that a browser could read.
package pushtest

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ashar-kg/ashar/internal/platform/push"
	"github.com/golang-jwt/jwt/v5"
)

// Notification is a message that a browser has read.
type Notification struct {
	Payload []byte
	TTL     time.Duration
	Urgency string
	Topic   string
	Sender  string // public VAPID key of the sender, base64url
	Contact string // where the sender can be reached
}

// Service is a push service. Its methods may be called while it runs.
type Service struct {
	server *http.Server
	origin string

	mu       sync.Mutex
	browsers map[string]*browser // by path
	failures []failure
	refused  []error
}

type browser struct {
	key      *ecdh.PrivateKey
	secret   []byte
	gone     bool
	messages []Notification
}

type failure struct {
	status     int
	retryAfter string
}

// Start starts a service that ends with the test.
func Start(t testing.TB) *Service {
	t.Helper()
	s, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// Listen starts a service on address, for programs that are not tests.
func Listen(address string) (*Service, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("pushtest: %w", err)
	}
	s := &Service{origin: "http://" + listener.Addr().String(), browsers: map[string]*browser{}}
	s.server = &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = s.server.Serve(listener) }() // ends with Close
	return s, nil
}

// Close ends the service.
func (s *Service) Close() { s.server.Close() }

// Subscribe makes a browser and returns its subscription.
func (s *Service) Subscribe() (push.Subscription, error) {
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return push.Subscription{}, fmt.Errorf("pushtest: %w", err)
	}
	b := &browser{key: key, secret: make([]byte, 16)}
	_, _ = rand.Read(b.secret) // never fails
	s.mu.Lock()
	defer s.mu.Unlock()
	path := "/push/" + strconv.Itoa(len(s.browsers)+1)
	s.browsers[path] = b
	return push.Subscription{
		Endpoint: s.origin + path,
		P256dh:   base64.RawURLEncoding.EncodeToString(key.PublicKey().Bytes()),
		Auth:     base64.RawURLEncoding.EncodeToString(b.secret),
	}, nil
}

// Expire ends a subscription; the service answers 410 from now on.
func (s *Service) Expire(subscription push.Subscription) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b := s.find(subscription); b != nil {
		b.gone = true
	}
}

// Fail makes the service answer the next n messages with status, and with the
// header Retry-After when retryAfter is not empty.
func (s *Service) Fail(n, status int, retryAfter string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failures = append(s.failures, slices.Repeat([]failure{{status, retryAfter}}, n)...)
}

// Notifications returns everything the browser has got, oldest first.
func (s *Service) Notifications(subscription push.Subscription) []Notification {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b := s.find(subscription); b != nil {
		return slices.Clone(b.messages)
	}
	return nil
}

// Refused returns why messages were refused as malformed.
func (s *Service) Refused() []error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.refused)
}

func (s *Service) find(subscription push.Subscription) *browser {
	return s.browsers[strings.TrimPrefix(subscription.Endpoint, s.origin)]
}

// ServeHTTP takes one message.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 4097))
	if err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.browsers[r.URL.Path]
	if b == nil {
		http.NotFound(w, r)
		return
	}
	if b.gone {
		w.WriteHeader(http.StatusGone)
		return
	}
	if len(s.failures) > 0 {
		next := s.failures[0]
		s.failures = s.failures[1:]
		if next.retryAfter != "" {
			w.Header().Set("Retry-After", next.retryAfter)
		}
		w.WriteHeader(next.status)
		return
	}
	notification, err := s.read(r, body, b)
	if err != nil {
		s.refused = append(s.refused, err)
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	b.messages = append(b.messages, notification)
	w.Header().Set("Location", s.origin+"/message/"+strconv.Itoa(len(b.messages)))
	w.WriteHeader(http.StatusCreated)
}

// read checks a request against the three RFCs and decrypts it.
func (s *Service) read(r *http.Request, body []byte, b *browser) (Notification, error) {
	if r.Method != http.MethodPost || r.Header.Get("Content-Encoding") != "aes128gcm" {
		return Notification{}, errors.New("not a POST of aes128gcm")
	}
	if len(body) > 4096 {
		return Notification{}, errors.New("longer than 4096 bytes")
	}
	seconds, err := strconv.Atoi(r.Header.Get("TTL"))
	if err != nil || seconds < 0 {
		return Notification{}, errors.New("no TTL")
	}
	sender, contact, err := s.verify(r.Header.Get("Authorization"))
	if err != nil {
		return Notification{}, err
	}
	payload, err := b.decrypt(body)
	if err != nil {
		return Notification{}, err
	}
	return Notification{
		Payload: payload, TTL: time.Duration(seconds) * time.Second, Sender: sender, Contact: contact,
		Urgency: r.Header.Get("Urgency"), Topic: r.Header.Get("Topic"),
	}, nil
}

// verify checks the VAPID header: "vapid t=<token>, k=<public key>".
func (s *Service) verify(authorization string) (sender, contact string, err error) {
	parameters, found := strings.CutPrefix(authorization, "vapid ")
	if !found {
		return "", "", errors.New("no VAPID signature")
	}
	values := map[string]string{}
	for parameter := range strings.SplitSeq(parameters, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(parameter), "=")
		values[name] = value
	}
	point, err := base64.RawURLEncoding.DecodeString(values["k"])
	if err != nil {
		return "", "", fmt.Errorf("VAPID key: %w", err)
	}
	claims := jwt.RegisteredClaims{}
	_, err = jwt.ParseWithClaims(values["t"], &claims, func(*jwt.Token) (any, error) { return publicKey(point) },
		jwt.WithValidMethods([]string{"ES256"}), jwt.WithAudience(s.origin), jwt.WithExpirationRequired())
	if err != nil {
		return "", "", fmt.Errorf("VAPID token: %w", err)
	}
	if time.Until(claims.ExpiresAt.Time) > 24*time.Hour {
		return "", "", errors.New("VAPID token lasts longer than a day")
	}
	if !strings.HasPrefix(claims.Subject, "mailto:") && !strings.HasPrefix(claims.Subject, "https://") {
		return "", "", errors.New("VAPID token names no contact")
	}
	return values["k"], claims.Subject, nil
}

func publicKey(point []byte) (*ecdsa.PublicKey, error) {
	return ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
}

// decrypt reads a message of one record as RFC 8188 and RFC 8291 tell.
func (b *browser) decrypt(body []byte) ([]byte, error) {
	const front = 16 + 4 + 1 + 65 // salt, record size, length of the key, key
	if len(body) < front || body[20] != 65 {
		return nil, errors.New("the encryption header is malformed")
	}
	salt, point := body[:16], body[21:front]
	if size := binary.BigEndian.Uint32(body[16:]); len(body)-front > int(size) {
		return nil, errors.New("more than one record")
	}
	sender, err := ecdh.P256().NewPublicKey(point)
	if err != nil {
		return nil, err
	}
	shared, err := b.key.ECDH(sender)
	if err != nil {
		return nil, err
	}
	info := "WebPush: info\x00" + string(b.key.PublicKey().Bytes()) + string(point)
	ikm, err := hkdf.Key(sha256.New, shared, b.secret, info, 32)
	if err != nil {
		return nil, err
	}
	plain, err := open(ikm, salt, body[front:])
	if err != nil {
		return nil, err
	}
	end := len(plain) - 1
	for end >= 0 && plain[end] == 0 {
		end--
	}
	if end < 0 || plain[end] != 2 {
		return nil, errors.New("the padding is malformed")
	}
	return plain[:end], nil
}

func open(ikm, salt, sealed []byte) ([]byte, error) {
	key, err := hkdf.Key(sha256.New, ikm, salt, "Content-Encoding: aes128gcm\x00", 16)
	if err != nil {
		return nil, err
	}
	nonce, err := hkdf.Key(sha256.New, ikm, salt, "Content-Encoding: nonce\x00", 12)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	return gcm.Open(nil, nonce, sealed, nil)
}
