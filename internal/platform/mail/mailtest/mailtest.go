// Package mailtest is a small real SMTP server on loopback for tests and
// drills. It takes every message, remembers it by its Message-ID, and can be
// told to refuse, to be slow, or to hang up after it has stored a message.
package mailtest

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"io"
	"math/big"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Message is one message that the server has taken.
type Message struct {
	ID      string // Message-ID without brackets
	From    string // envelope sender
	To      []string
	Header  mail.Header // as sent; Decode reads encoded words
	Subject string      // decoded
	Text    string      // decoded plain text part
	HTML    string      // decoded HTML part, or empty
	Raw     []byte
}

// Server is a mail server. Its methods may be called while it runs.
type Server struct {
	listener net.Listener
	encrypt  *tls.Config // offers STARTTLS when set
	pool     *x509.CertPool
	implicit bool

	mu       sync.Mutex
	changed  chan struct{} // closed and renewed at each message
	messages []Message
	failures []string // replies to the next RCPT commands
	hangups  int      // messages to store without answering
	delay    time.Duration
	sessions int
	user     string
	password string
	lines    map[net.Conn]bool
	done     chan struct{} // closed when the server ends
	running  sync.WaitGroup
}

// Option changes a server before it starts.
type Option func(*Server) error

// WithSTARTTLS makes the server offer STARTTLS with a certificate of its own;
// Roots returns what a client must trust.
func WithSTARTTLS() Option { return func(s *Server) error { return s.makeCertificate() } }

// WithImplicitTLS makes the server speak TLS from the first byte.
func WithImplicitTLS() Option {
	return func(s *Server) error {
		s.implicit = true
		return s.makeCertificate()
	}
}

// WithPassword makes the server ask for this sign-in.
func WithPassword(user, password string) Option {
	return func(s *Server) error {
		s.user, s.password = user, password
		return nil
	}
}

// Start starts a server that ends with the test.
func Start(t testing.TB, options ...Option) *Server {
	t.Helper()
	s, err := Listen("127.0.0.1:0", options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// Listen starts a server on address, for programs that are not tests.
func Listen(address string, options ...Option) (*Server, error) {
	s := &Server{changed: make(chan struct{}), done: make(chan struct{}), lines: map[net.Conn]bool{}}
	for _, option := range options {
		if err := option(s); err != nil {
			return nil, fmt.Errorf("mailtest: %w", err)
		}
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("mailtest: %w", err)
	}
	s.listener = listener
	s.running.Go(s.accept)
	return s, nil
}

// Close ends the server and all its connections.
func (s *Server) Close() {
	close(s.done)
	s.listener.Close()
	s.HangUp()
	s.running.Wait()
}

// HangUp cuts all open connections; the server goes on.
func (s *Server) HangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for line := range s.lines {
		line.Close()
	}
}

// URL returns the configuration URL that reaches this server.
func (s *Server) URL() string {
	mode := "none"
	if s.implicit {
		mode = "implicit"
	} else if s.encrypt != nil {
		mode = "starttls"
	}
	u := url.URL{Scheme: "smtp", Host: s.listener.Addr().String()}
	if s.user != "" {
		u.User = url.UserPassword(s.user, s.password)
	}
	u.RawQuery = url.Values{"tls": {mode}, "from": {"Ashar <no-reply@bishkek.example>"}}.Encode()
	return u.String()
}

// Roots returns the certificates a client must trust; nil without TLS.
func (s *Server) Roots() *x509.CertPool { return s.pool }

// Fail makes the server answer the next n recipients with reply, for example
// "451 4.3.0 try later" or "550 5.1.1 no such user".
func (s *Server) Fail(n int, reply string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failures = append(s.failures, slices.Repeat([]string{reply}, n)...)
}

// LoseAnswers makes the server store the next n messages and hang up instead
// of saying so, as a network does at the worst moment.
func (s *Server) LoseAnswers(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hangups += n
}

// Delay makes the server wait before each answer to a message.
func (s *Server) Delay(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.delay = d
}

// Messages returns everything taken so far, oldest first.
func (s *Server) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.messages)
}

// Count returns how often a message with this id was taken.
func (s *Server) Count(messageID string) int {
	count := 0
	for _, message := range s.Messages() {
		if message.ID == messageID {
			count++
		}
	}
	return count
}

// Sessions returns how many connections were made so far.
func (s *Server) Sessions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sessions
}

// Wait returns once the server has taken n messages, and fails the test when
// that takes longer than ten seconds.
func (s *Server) Wait(t testing.TB, n int) []Message {
	t.Helper()
	late := time.After(10 * time.Second)
	for {
		s.mu.Lock()
		changed, messages := s.changed, slices.Clone(s.messages)
		s.mu.Unlock()
		if len(messages) >= n {
			return messages
		}
		select {
		case <-changed:
		case <-late:
			t.Fatalf("mailtest: %d messages came, waited for %d", len(messages), n)
		}
	}
}

func (s *Server) accept() {
	for {
		line, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.sessions++
		s.lines[line] = true
		s.mu.Unlock()
		if s.closed() {
			line.Close() // came between the two halves of Close
		}
		s.running.Go(func() {
			defer func() {
				line.Close()
				s.mu.Lock()
				delete(s.lines, line)
				s.mu.Unlock()
			}()
			s.talk(line)
		})
	}
}

func (s *Server) closed() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

// session is the state of one connection.
type session struct {
	server    *Server
	line      net.Conn
	in        *bufio.Reader
	encrypted bool
	known     bool // signed in
	from      string
	to        []string
}

func (s *Server) talk(line net.Conn) {
	c := &session{server: s, line: line, known: s.user == ""}
	if s.implicit {
		c.line, c.encrypted = tls.Server(line, s.encrypt), true
	}
	c.in = bufio.NewReader(c.line)
	c.reply("220 mailtest ready")
	for {
		command, err := c.in.ReadString('\n')
		if err != nil || !c.obey(strings.TrimRight(command, "\r\n")) {
			return
		}
	}
}

func (c *session) reply(lines ...string) {
	fmt.Fprintf(c.line, "%s\r\n", strings.Join(lines, "\r\n"))
}

// obey carries out one command and reports whether the connection goes on.
func (c *session) obey(command string) bool {
	verb, rest, _ := strings.Cut(command, " ")
	switch strings.ToUpper(verb) {
	case "EHLO", "HELO":
		c.greet()
	case "STARTTLS":
		c.reply("220 go ahead")
		c.line, c.encrypted = tls.Server(c.line, c.server.encrypt), true
		c.in = bufio.NewReader(c.line)
	case "AUTH":
		c.signIn(rest)
	case "MAIL":
		if !c.known {
			c.reply("530 5.7.0 sign in first")
			break
		}
		c.from, c.to = address(rest), nil
		c.reply("250 2.1.0 ok")
	case "RCPT":
		c.recipient(rest)
	case "DATA":
		return c.data()
	case "RSET", "NOOP":
		c.reply("250 2.0.0 ok")
	case "QUIT":
		c.reply("221 2.0.0 good-bye")
		return false
	default:
		c.reply("502 5.5.1 unknown")
	}
	return true
}

func (c *session) greet() {
	lines := []string{"250-mailtest", "250-8BITMIME", "250-SMTPUTF8", "250-ENHANCEDSTATUSCODES"}
	if c.server.encrypt != nil && !c.encrypted {
		lines = append(lines, "250-STARTTLS")
	} else if c.server.user != "" {
		lines = append(lines, "250-AUTH PLAIN")
	}
	c.reply(append(lines, "250 SIZE 26214400")...)
}

func (c *session) signIn(rest string) {
	_, secret, _ := strings.Cut(rest, " ")
	words, err := base64.StdEncoding.DecodeString(secret)
	if err != nil || string(words) != "\x00"+c.server.user+"\x00"+c.server.password {
		c.reply("535 5.7.8 wrong password")
		return
	}
	c.known = true
	c.reply("235 2.7.0 welcome")
}

func (c *session) recipient(rest string) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	if len(c.server.failures) > 0 {
		reply := c.server.failures[0]
		c.server.failures = c.server.failures[1:]
		c.reply(reply)
		return
	}
	c.to = append(c.to, address(rest))
	c.reply("250 2.1.5 ok")
}

// data takes a message up to the lone dot.
func (c *session) data() bool {
	c.reply("354 go ahead")
	var raw bytes.Buffer
	for {
		line, err := c.in.ReadString('\n')
		if err != nil {
			return false
		}
		if line == ".\r\n" {
			break
		}
		raw.WriteString(strings.TrimPrefix(line, "."))
	}
	message, err := read(raw.Bytes())
	if err != nil {
		c.reply("554 5.6.0 " + err.Error())
		return true
	}
	message.From, message.To = c.from, c.to
	delay, answer := c.server.store(message)
	if !answer {
		return false
	}
	select {
	case <-time.After(delay):
	case <-c.server.done:
		return false
	}
	c.reply("250 2.0.0 taken")
	return true
}

// store keeps the message and tells how to answer.
func (s *Server) store(message Message) (delay time.Duration, answer bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.messages = append(s.messages, message)
	close(s.changed)
	s.changed = make(chan struct{})
	if s.hangups > 0 {
		s.hangups--
		return 0, false
	}
	return s.delay, true
}

// address returns what stands between the angle brackets.
func address(rest string) string {
	_, rest, _ = strings.Cut(rest, "<")
	inside, _, _ := strings.Cut(rest, ">")
	return inside
}

// read takes a message apart.
func read(raw []byte) (Message, error) {
	parsed, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return Message{}, err
	}
	message := Message{Raw: raw, Header: parsed.Header, ID: strings.Trim(parsed.Header.Get("Message-Id"), "<>")}
	message.Subject = Decode(parsed.Header.Get("Subject"))
	return message, message.readBody(parsed.Header.Get, parsed.Body)
}

// readBody reads a part, and the parts inside it.
func (m *Message) readBody(header func(string) string, body io.Reader) error {
	kind, parameters, err := mime.ParseMediaType(header("Content-Type"))
	if err != nil {
		return err
	}
	if strings.HasPrefix(kind, "multipart/") {
		parts := multipart.NewReader(body, parameters["boundary"])
		for {
			part, err := parts.NextRawPart()
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return err
			}
			if err := m.readBody(part.Header.Get, part); err != nil {
				return err
			}
		}
	}
	switch strings.ToLower(header("Content-Transfer-Encoding")) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	content, err := io.ReadAll(body)
	text := strings.ReplaceAll(string(content), "\r\n", "\n")
	switch kind {
	case "text/plain":
		m.Text = text
	case "text/html":
		m.HTML = text
	}
	return err
}

// Decode reads the encoded words of a header line.
func Decode(value string) string {
	decoded, err := new(mime.WordDecoder).DecodeHeader(value)
	if err != nil {
		return value
	}
	return decoded
}

// makeCertificate makes a certificate for 127.0.0.1 that lasts an hour.
func (s *Server) makeCertificate() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Minute), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return err
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return err
	}
	s.pool = x509.NewCertPool()
	s.pool.AddCert(certificate)
	s.encrypt = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	return nil
}
