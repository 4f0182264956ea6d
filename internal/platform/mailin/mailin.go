// Package mailin takes letters out of a mailbox over IMAP and reads them.
//
// The mailbox is the queue: a letter counts as handled, by its flag \Seen or by
// being moved to another folder, only after the callback returned nil for it.
// Nothing is lost when this program or the line dies in between; instead the
// letter is handed over again, with the same Letter.Key, by which the callback
// knows what it has done: at least once.
package mailin

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// Config tells where the mailbox is.
type Config struct {
	Host     string
	Port     int
	User     string
	Password string
	TLS      string // "implicit" (the default), "starttls", or "none", on this machine only
	Mailbox  string // "INBOX" when empty
	// Done is the folder that handled letters are moved to; it is made when it
	// is missing. When empty they get the flag \Seen instead, and a letter that
	// a person opens in a mail program is then never handed over: a mailbox
	// that people look into needs a folder.
	Done   string
	Limits Limits
	// Every is how often to look for letters that nobody announced, and for
	// those that the callback did not take; a minute when zero.
	Every   time.Duration
	Backoff time.Duration  // first pause after a failure, doubled up to ten minutes; 1 s when zero
	Timeout time.Duration  // for each answer of the server; a minute when zero
	Roots   *x509.CertPool // certificates to trust; the system's when nil
}

// maxBackoff bounds the pause after a failure.
const maxBackoff = 10 * time.Minute

// ParseURL reads a configuration of the shape
//
//	imaps://user:password@host:993/INBOX?done=Handled
//
// The scheme imap is for STARTTLS, or with tls=none for a server on this
// machine. The error never tells the password.
func ParseURL(rawURL string) (Config, error) {
	u, err := url.Parse(rawURL)
	if err != nil || u.Scheme != "imap" && u.Scheme != "imaps" || u.Hostname() == "" || u.User.Username() == "" {
		return Config{}, errors.New("mailin: the URL must read imaps://user:password@host:port/mailbox?done=folder")
	}
	config := Config{Host: u.Hostname(), User: u.User.Username(), TLS: "implicit", Port: 993, Done: u.Query().Get("done")}
	config.Password, _ = u.User.Password()
	if len(u.Path) > 1 {
		config.Mailbox = u.Path[1:]
	}
	if u.Scheme == "imap" {
		config.TLS, config.Port = "starttls", 143
		if mode := u.Query().Get("tls"); mode == "none" || mode == "starttls" {
			config.TLS = mode
		} else if mode != "" {
			return Config{}, fmt.Errorf("mailin: tls is %q, must be starttls or none", mode)
		}
	}
	if u.Port() != "" {
		if _, err := fmt.Sscanf(u.Port(), "%d", &config.Port); err != nil {
			return Config{}, errors.New("mailin: the port is no number")
		}
	}
	return config, nil
}

// Handle is told of one letter. While it fails the letter stays in the mailbox
// and comes again, and those after it go on; so it returns nil for what it will
// never understand.
type Handle func(context.Context, Letter) error

// Fetcher takes letters out of one mailbox. One goroutine uses it at a time.
type Fetcher struct {
	config Config
}

// New checks the configuration; it does not dial.
func New(config Config) (*Fetcher, error) {
	if config.Host == "" || config.User == "" {
		return nil, errors.New("mailin: the host or the user is missing")
	}
	switch config.TLS {
	case "":
		config.TLS = "implicit"
	case "implicit", "starttls":
	case "none":
		if ip := net.ParseIP(config.Host); config.Host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return nil, errors.New("mailin: letters travel without TLS on this machine only")
		}
	default:
		return nil, fmt.Errorf("mailin: tls is %q, must be implicit, starttls or none", config.TLS)
	}
	if config.Mailbox == "" {
		config.Mailbox = "INBOX"
	}
	if config.Done == config.Mailbox {
		return nil, errors.New("mailin: handled letters must be moved to another folder")
	}
	config.Limits = config.Limits.orDefaults()
	for value, fallback := range map[*time.Duration]time.Duration{
		&config.Every: time.Minute, &config.Backoff: time.Second, &config.Timeout: time.Minute,
	} {
		if *value <= 0 {
			*value = fallback
		}
	}
	return &Fetcher{config: config}, nil
}

// Error tells what could not be done with the mailbox. It holds no word of a
// letter and no address of a person, so it may be logged.
type Error struct {
	Step string // "dial", "sign in", "search", …
	Err  error
}

// Error implements error.
func (e *Error) Error() string { return "mailin: " + e.Step + ": " + e.Err.Error() }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Once hands over every letter that waits, oldest first, and returns how many
// were handled. The error joins those of the callback, as they are, and the one
// that ended the work, an *Error.
func (f *Fetcher) Once(ctx context.Context, handle Handle) (handled int, err error) {
	s, err := f.connect(ctx)
	if err != nil {
		return 0, err
	}
	defer s.close()
	return s.round(ctx, handle)
}

// Run hands over letters as they come, until ctx ends. It waits for the server
// to announce one where it can (IDLE), and looks by itself now and then.
// Failures are told to failed, which may be nil, and tried again after pauses.
func (f *Fetcher) Run(ctx context.Context, handle Handle, failed func(error)) {
	pause := f.config.Backoff
	for ctx.Err() == nil {
		err := f.stay(ctx, handle, func(err error) {
			pause = f.config.Backoff
			if err != nil && failed != nil && ctx.Err() == nil {
				failed(err)
			}
		})
		if ctx.Err() != nil {
			return
		}
		if failed != nil {
			failed(err)
		}
		wait(ctx, pause+rand.N(pause/4+1))
		pause = min(2*pause, maxBackoff)
	}
}

// stay keeps one connection until it breaks. After each round it tells what the
// callback returned.
func (f *Fetcher) stay(ctx context.Context, handle Handle, told func(error)) error {
	s, err := f.connect(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	for {
		_, err := s.round(ctx, handle)
		var failure *Error
		if errors.As(err, &failure) {
			return err
		}
		told(err)
		if err := s.idle(ctx); err != nil {
			return err
		}
	}
}

// wait returns when the time has passed or ctx has ended.
func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// session is one connection to the server, signed in.
type session struct {
	config Config
	client *imapclient.Client
	conn   net.Conn
	news   chan struct{} // holds one when the server announced letters
	stop   func() bool
}

// connect dials, encrypts, signs in and opens the mailbox. When ctx ends the
// line is cut.
func (f *Fetcher) connect(ctx context.Context) (*session, error) {
	s := &session{config: f.config, news: make(chan struct{}, 1)}
	if err := s.dial(ctx); err != nil {
		return nil, &Error{"dial", err}
	}
	s.stop = context.AfterFunc(ctx, func() { s.conn.Close() })
	for _, step := range []struct {
		name string
		do   func() error
	}{{"encrypt", s.begin}, {"sign in", s.signIn}, {"open the mailbox", s.open}} {
		if err := s.ask(step.name, step.do); err != nil {
			s.close()
			return nil, err
		}
	}
	return s, nil
}

func (s *session) dial(ctx context.Context) (err error) {
	ctx, cancel := context.WithTimeout(ctx, s.config.Timeout)
	defer cancel()
	address := net.JoinHostPort(s.config.Host, fmt.Sprint(s.config.Port))
	if s.config.TLS == "implicit" {
		s.conn, err = (&tls.Dialer{Config: s.tlsConfig()}).DialContext(ctx, "tcp", address)
		return err
	}
	s.conn, err = (&net.Dialer{}).DialContext(ctx, "tcp", address)
	return err
}

func (s *session) tlsConfig() *tls.Config {
	return &tls.Config{ServerName: s.config.Host, RootCAs: s.config.Roots, MinVersion: tls.VersionTLS12}
}

// ask does something that waits for the server, and cuts the line when that
// takes too long.
func (s *session) ask(step string, do func() error) error {
	watchdog := time.AfterFunc(s.config.Timeout, func() { s.conn.Close() })
	defer watchdog.Stop()
	if err := do(); err != nil {
		return &Error{step, err}
	}
	return nil
}

func (s *session) begin() (err error) {
	options := &imapclient.Options{
		TLSConfig: s.tlsConfig(),
		UnilateralDataHandler: &imapclient.UnilateralDataHandler{Mailbox: func(data *imapclient.UnilateralDataMailbox) {
			if data.NumMessages == nil {
				return
			}
			select {
			case s.news <- struct{}{}:
			default:
			}
		}},
	}
	if s.config.TLS == "starttls" {
		s.client, err = imapclient.NewStartTLS(s.conn, options)
		return err
	}
	s.client = imapclient.New(s.conn, options)
	return s.client.WaitGreeting()
}

func (s *session) signIn() error {
	return s.client.Login(s.config.User, s.config.Password).Wait()
}

func (s *session) open() error {
	if s.config.Done != "" {
		err := s.client.Create(s.config.Done, nil).Wait()
		var refused *imap.Error
		if err != nil && !errors.As(err, &refused) { // refused mostly because it is there; else moving tells
			return err
		}
	}
	_, err := s.client.Select(s.config.Mailbox, nil).Wait()
	return err
}

// close says good-bye if the line still works.
func (s *session) close() {
	s.stop()
	if s.client != nil {
		watchdog := time.AfterFunc(time.Second, func() { s.conn.Close() })
		defer watchdog.Stop()
		_ = s.client.Logout().Wait() // the letters are safe either way
		s.client.Close()
	}
	s.conn.Close()
}

// round hands over the letters that wait.
func (s *session) round(ctx context.Context, handle Handle) (handled int, err error) {
	waiting, err := s.waiting()
	if err != nil {
		return 0, err
	}
	var refused []error
	for _, uid := range waiting {
		letter, found, err := s.fetch(uid)
		if err != nil {
			return handled, errors.Join(append(refused, err)...)
		}
		if !found {
			continue // somebody else took it meanwhile
		}
		if err := handle(ctx, letter); err != nil {
			refused = append(refused, err)
			continue
		}
		if err := s.done(uid); err != nil {
			return handled, errors.Join(append(refused, err)...)
		}
		handled++
	}
	return handled, errors.Join(refused...)
}

// waiting gives the letters that are not handled, oldest first.
func (s *session) waiting() ([]imap.UID, error) {
	criteria := &imap.SearchCriteria{NotFlag: []imap.Flag{imap.FlagDeleted}}
	if s.config.Done == "" {
		criteria.NotFlag = append(criteria.NotFlag, imap.FlagSeen)
	}
	var all []imap.UID
	err := s.ask("search", func() error {
		found, err := s.client.UIDSearch(criteria, nil).Wait()
		if err == nil {
			all = found.AllUIDs()
		}
		return err
	})
	slices.Sort(all)
	return all, err
}

// fetch reads one letter, at most up to the limit and one byte more.
func (s *session) fetch(uid imap.UID) (letter Letter, found bool, err error) {
	section := &imap.FetchItemBodySection{Peek: true, Partial: &imap.SectionPartial{Size: s.config.Limits.Letter + 1}}
	err = s.ask("fetch", func() error {
		messages, err := s.client.Fetch(imap.UIDSetNum(uid), &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{section}}).Collect()
		for _, m := range messages {
			if m.UID == uid && len(m.BodySection) == 1 {
				letter, found = Parse(m.BodySection[0].Bytes, s.config.Limits), true
			}
		}
		return err
	})
	return letter, found, err
}

// done marks a letter as handled.
func (s *session) done(uid imap.UID) error {
	set := imap.UIDSetNum(uid)
	if s.config.Done != "" {
		return s.ask("move", func() error {
			_, err := s.client.Move(set, s.config.Done).Wait()
			return err
		})
	}
	return s.ask("mark", func() error {
		return s.client.Store(set, &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{imap.FlagSeen}}, nil).Close()
	})
}

// idle waits until the server announces letters, or it is time to look.
func (s *session) idle(ctx context.Context) error {
	late := time.NewTimer(s.config.Every)
	defer late.Stop()
	var idling *imapclient.IdleCommand
	if s.client.Caps().Has(imap.CapIdle) {
		if err := s.ask("idle", func() (err error) {
			idling, err = s.client.Idle()
			return err
		}); err != nil {
			return err
		}
	}
	select {
	case <-s.news:
	case <-late.C:
	case <-ctx.Done():
	case <-s.client.Closed():
	}
	if idling == nil {
		return nil // a line that is lost is noticed by the next search
	}
	return s.ask("idle", func() error {
		if err := idling.Close(); err != nil {
			return err
		}
		return idling.Wait()
	})
}
