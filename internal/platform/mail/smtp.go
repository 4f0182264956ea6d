package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/textproto"
	"net/url"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

// Config tells where the mail server is.
type Config struct {
	Host     string
	Port     int
	User     string // empty: no sign-in
	Password string
	TLS      string         // "starttls" (the default), "implicit" or "none"
	From     string         // used where a message names no sender
	Roots    *x509.CertPool // certificates to trust; the system's when nil
	Timeout  time.Duration  // for one message, from dialling to its answer; 30 s when zero
}

// ParseURL reads a configuration of the shape
//
//	smtp://user:password@host:587?tls=starttls&from=Ashar+<no-reply@city.example>
//
// Tls is starttls, implicit or none; the port is 587, 465 or 25 when missing.
// The error never tells the password.
func ParseURL(rawURL string) (Config, error) {
	u, err := url.Parse(rawURL)
	if err != nil || u.Scheme != "smtp" || u.Hostname() == "" {
		return Config{}, errors.New("mail: the URL must read smtp://user:password@host:port?tls=starttls&from=address")
	}
	query := u.Query()
	config := Config{Host: u.Hostname(), User: u.User.Username(), TLS: query.Get("tls"), From: query.Get("from")}
	config.Password, _ = u.User.Password()
	if config.TLS == "" {
		config.TLS = "starttls"
	}
	port, known := map[string]int{"starttls": 587, "implicit": 465, "none": 25}[config.TLS]
	if !known {
		return Config{}, fmt.Errorf("mail: tls is %q, must be starttls, implicit or none", config.TLS)
	}
	config.Port = port
	if u.Port() != "" {
		if config.Port, err = strconv.Atoi(u.Port()); err != nil {
			return Config{}, fmt.Errorf("mail: port %q is no number", u.Port())
		}
	}
	if _, err := mail.ParseAddress(config.From); err != nil {
		return Config{}, errors.New("mail: the URL names no sender, add &from=no-reply@your.city")
	}
	return config, nil
}

// idleConnections is how many connections SMTP keeps open between messages. A
// digest of ten thousand letters should not shake hands ten thousand times.
const idleConnections = 4

// SMTP sends messages through a mail server. It may be used by many goroutines;
// each message in flight has a connection of its own.
type SMTP struct {
	config Config
	idle   chan *connection
}

// NewSMTP checks the configuration; it does not dial.
func NewSMTP(config Config) (*SMTP, error) {
	if config.Timeout <= 0 {
		config.Timeout = 30 * time.Second
	}
	if config.TLS == "" {
		config.TLS = "starttls"
	}
	s := &SMTP{config: config, idle: make(chan *connection, idleConnections)}
	if _, err := s.client(nil); err != nil {
		return nil, fmt.Errorf("mail: %w", err)
	}
	return s, nil
}

// Send implements Sender. It returns when the server has taken the message, or
// with an *Error. After a temporary error the message may have been taken
// nevertheless, when only the answer was lost; hence the stable MessageID.
func (s *SMTP) Send(ctx context.Context, message Message) error {
	if message.From == "" {
		message.From = s.config.From
	}
	if err := message.Check(); err != nil {
		return err
	}
	letter, err := compose(message)
	if err != nil {
		return &Error{Step: "compose the message"}
	}
	select {
	case old := <-s.idle:
		if err := old.send(ctx, letter); err == nil || !errors.Is(err, errStale) {
			return s.release(old, err)
		}
		old.close() // the server hung up meanwhile; nothing of the message was sent
	default:
	}
	fresh, err := s.dial(ctx)
	if err != nil {
		return err
	}
	return s.release(fresh, fresh.send(ctx, letter))
}

// Close hangs up the connections that wait for the next message.
func (s *SMTP) Close() {
	for {
		select {
		case old := <-s.idle:
			old.close()
		default:
			return
		}
	}
}

// release keeps the connection for the next message, or closes it when this
// one failed or enough are kept, and passes err on.
func (s *SMTP) release(c *connection, err error) error {
	if err != nil {
		c.close()
		return err
	}
	select {
	case s.idle <- c:
	default:
		c.close()
	}
	return nil
}

// compose turns the message into a MIME letter.
func compose(message Message) (*gomail.Msg, error) {
	letter := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := letter.From(message.From); err != nil {
		return nil, err
	}
	if err := letter.To(message.To); err != nil {
		return nil, err
	}
	if message.ReplyTo != "" {
		if err := letter.ReplyTo(message.ReplyTo); err != nil {
			return nil, err
		}
	}
	letter.Subject(message.Subject)
	letter.SetMessageIDWithValue(message.MessageID)
	letter.SetDate()
	for name, value := range message.Headers {
		letter.SetGenHeader(gomail.Header(name), value)
	}
	letter.SetBodyString(gomail.TypeTextPlain, message.Text)
	if message.HTML != "" {
		letter.AddAlternativeString(gomail.TypeTextHTML, message.HTML)
	}
	return letter, nil
}

// connection is one open line to the server.
type connection struct {
	client *gomail.Client
	smtp   *smtp.Client
	line   net.Conn // underneath, to cut it when the context ends
}

// errStale marks a kept connection that the server has closed.
var errStale = &Error{Step: "check the connection", Temporary: true}

// client makes the go-mail client of one connection; dial may be nil when it
// is only to be checked.
func (s *SMTP) client(dial gomail.DialContextFunc) (*gomail.Client, error) {
	// With implicit TLS the dialled connection is encrypted already, which the
	// opportunistic policy notices.
	policies := map[string]gomail.TLSPolicy{
		"starttls": gomail.TLSMandatory, "implicit": gomail.TLSOpportunistic, "none": gomail.NoTLS,
	}
	policy, known := policies[s.config.TLS]
	if !known {
		return nil, fmt.Errorf("tls is %q, must be starttls, implicit or none", s.config.TLS)
	}
	options := []gomail.Option{
		gomail.WithPort(s.config.Port), gomail.WithTimeout(s.config.Timeout),
		gomail.WithTLSPolicy(policy), gomail.WithTLSConfig(s.tlsConfig()),
	}
	if dial != nil {
		options = append(options, gomail.WithDialContextFunc(dial))
	}
	if s.config.User != "" {
		options = append(options,
			gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover),
			gomail.WithUsername(s.config.User), gomail.WithPassword(s.config.Password))
	}
	return gomail.NewClient(s.config.Host, options...)
}

func (s *SMTP) tlsConfig() *tls.Config {
	return &tls.Config{ServerName: s.config.Host, RootCAs: s.config.Roots, MinVersion: tls.VersionTLS12}
}

// dial opens a connection, encrypts it and signs in. All its errors are
// temporary: a refused password is the operator's mistake, and the message
// should go out once it is mended.
func (s *SMTP) dial(ctx context.Context) (*connection, error) {
	c := &connection{}
	var err error
	c.client, err = s.client(func(ctx context.Context, network, address string) (net.Conn, error) {
		line, err := (&net.Dialer{}).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		c.line = line
		if s.config.TLS == "implicit" {
			return tls.Client(line, s.tlsConfig()), nil
		}
		return line, nil
	})
	if err != nil {
		return nil, fmt.Errorf("mail: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, s.config.Timeout)
	defer cancel()
	c.smtp, err = c.client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		if c.line != nil {
			c.line.Close()
		}
		return nil, dialError(err)
	}
	return c, nil
}

// dialError tells an operator what is wrong with the line. Unlike answers to a
// message, these hold no address of a person.
func dialError(err error) error {
	failure := &Error{Step: "dial", Temporary: true}
	var answer *textproto.Error
	if errors.As(err, &answer) {
		failure.Code = answer.Code
		return failure
	}
	return fmt.Errorf("%w: %w", failure, err)
}

// send sends one letter. When ctx ends it cuts the line.
func (c *connection) send(ctx context.Context, letter *gomail.Msg) error {
	stop := context.AfterFunc(ctx, func() { c.line.Close() })
	defer stop()
	err := c.client.SendWithSMTPClient(c.smtp, letter)
	if letter.IsDelivered() {
		return nil // taken; an error after that concerns the connection only
	}
	if err == nil {
		return &Error{Step: "send the message", Temporary: true}
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%w: %w", &Error{Step: "send the message", Temporary: true}, ctx.Err())
	}
	return sendError(err)
}

// sendError turns an error of go-mail into ours.
func sendError(err error) error {
	var failure *gomail.SendError
	if !errors.As(err, &failure) {
		return &Error{Step: "send the message", Temporary: true}
	}
	if failure.Reason == gomail.ErrConnCheck {
		return errStale
	}
	code := failure.ErrorCode()
	return &Error{
		Step:      failure.Reason.String(),
		Code:      code,
		Enhanced:  failure.EnhancedStatusCode(),
		Temporary: temporary(code),
	}
}

// temporary reports whether a reply code leaves hope. Without a code the line
// broke. The server's wish for a sign-in (530, 534, 535, 538) is the
// operator's to fulfil, no fault of the message.
func temporary(code int) bool {
	switch code {
	case 530, 534, 535, 538:
		return true
	}
	return code < 500
}

// close hangs up without waiting for the server's good-bye.
func (c *connection) close() { c.line.Close() }
