// Package mailintest is a mail server with one mailbox on loopback, spoken to
// over IMAP. It is the in-memory server of go-imap, which can besides cut the
// line at the worst moments.
package mailintest

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
)

// The account of the mailbox.
const (
	User     = "ashar@city.example"
	Password = "s3cret"
)

// Server is a mail server. Its methods may be called while it runs.
type Server struct {
	listener net.Listener
	imap     *imapserver.Server
	user     *imapmemserver.User
	roots    *x509.CertPool
	mode     string
	running  sync.WaitGroup

	mu       sync.Mutex
	changed  chan struct{} // closed and renewed at each command that matters
	cuts     int           // marks and moves to cut the line at
	lost     int           // marks and moves to do, and cut the line instead of saying so
	silent   bool          // commands get no answer
	sessions int
	idling   int
	lines    map[*imapserver.Conn]bool
}

// Option changes a server before it starts.
type Option func(*setting)

type setting struct {
	mode string
	caps imap.CapSet
}

// WithTLS makes the server speak TLS from the first byte.
func WithTLS() Option { return func(s *setting) { s.mode = "implicit" } }

// WithSTARTTLS makes the server ask for STARTTLS before the sign-in.
func WithSTARTTLS() Option { return func(s *setting) { s.mode = "starttls" } }

// WithoutMove makes the server one that cannot move letters at one blow.
func WithoutMove() Option {
	return func(s *setting) { s.caps = imap.CapSet{imap.CapIMAP4rev1: {}} }
}

// Start starts a server that ends with the test.
func Start(t testing.TB, options ...Option) *Server {
	t.Helper()
	chosen := setting{mode: "none", caps: imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapMove: {}, imap.CapUIDPlus: {}}}
	for _, option := range options {
		option(&chosen)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{listener: listener, user: imapmemserver.NewUser(User, Password), mode: chosen.mode, changed: make(chan struct{}), lines: map[*imapserver.Conn]bool{}}
	if err := s.user.Create("INBOX", nil); err != nil {
		t.Fatal(err)
	}
	config := &imapserver.Options{
		Caps: chosen.caps, InsecureAuth: chosen.mode != "starttls", Logger: log.New(io.Discard, "", 0),
		NewSession: func(c *imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			s.note(func() {
				s.sessions++
				s.lines[c] = true
			})
			return &session{server: s, line: c}, nil, nil
		},
	}
	if chosen.mode != "none" {
		config.TLSConfig = s.encrypt()
	}
	if chosen.mode == "implicit" {
		listener = tls.NewListener(listener, config.TLSConfig)
		config.TLSConfig = nil
	}
	s.imap = imapserver.New(config)
	s.running.Go(func() { _ = s.imap.Serve(listener) }) // ends with Close
	t.Cleanup(func() {
		s.imap.Close()
		s.note(func() {})
		s.running.Wait()
	})
	return s
}

// encrypt borrows a certificate for 127.0.0.1.
func (s *Server) encrypt() *tls.Config {
	lender := httptest.NewTLSServer(nil)
	defer lender.Close()
	s.roots = x509.NewCertPool()
	s.roots.AddCert(lender.Certificate())
	return &tls.Config{Certificates: lender.TLS.Certificates, MinVersion: tls.VersionTLS12}
}

// URL returns the configuration URL that reaches the mailbox.
func (s *Server) URL() string {
	u := url.URL{Scheme: "imap", User: url.UserPassword(User, Password), Host: s.listener.Addr().String(), Path: "/INBOX"}
	if s.mode == "implicit" {
		u.Scheme = "imaps"
	} else {
		u.RawQuery = "tls=" + s.mode
	}
	return u.String()
}

// Roots returns the certificates a client must trust; nil without TLS.
func (s *Server) Roots() *x509.CertPool { return s.roots }

// Deliver puts a letter into the mailbox; its lines may end in \n.
func (s *Server) Deliver(t testing.TB, letter string) {
	t.Helper()
	s.deliver(t, letter)
}

// DeliverRead puts a letter into the mailbox that a person has opened.
func (s *Server) DeliverRead(t testing.TB, letter string) {
	t.Helper()
	s.deliver(t, letter, imap.FlagSeen)
}

func (s *Server) deliver(t testing.TB, letter string, flags ...imap.Flag) {
	t.Helper()
	letter = strings.ReplaceAll(strings.ReplaceAll(letter, "\r\n", "\n"), "\n", "\r\n")
	if _, err := s.user.Append("INBOX", literal{bytes.NewReader([]byte(letter))}, &imap.AppendOptions{Flags: flags}); err != nil {
		t.Fatal(err)
	}
}

// literal is what the server of go-imap reads letters from.
type literal struct{ *bytes.Reader }

func (l literal) Size() int64 { return l.Reader.Size() }

// Count tells how many letters are in a folder and how many of them have no
// \Seen; a folder that is not there has none.
func (s *Server) Count(folder string) (all, unseen int) {
	data, err := s.user.Status(folder, &imap.StatusOptions{NumMessages: true, NumUnseen: true})
	if err != nil {
		return 0, 0
	}
	return int(*data.NumMessages), int(*data.NumUnseen)
}

// CutBeforeDone cuts the line at the next n marks or moves, which are not done.
func (s *Server) CutBeforeDone(n int) { s.note(func() { s.cuts += n }) }

// LoseDone does the next n marks or moves and cuts the line instead of saying
// so.
func (s *Server) LoseDone(n int) { s.note(func() { s.lost += n }) }

// Silence leaves searches without an answer, as a line that is dead.
func (s *Server) Silence(silent bool) { s.note(func() { s.silent = silent }) }

// HangUp cuts all lines; the server goes on.
func (s *Server) HangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for line := range s.lines {
		line.NetConn().Close()
	}
}

// Sessions returns how many connections were made so far.
func (s *Server) Sessions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sessions
}

// Idling returns how many connections wait for letters.
func (s *Server) Idling() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.idling
}

// Wait returns once the condition holds, and fails the test when that takes
// longer than ten seconds.
func (s *Server) Wait(t testing.TB, what string, holds func() bool) {
	t.Helper()
	late := time.After(10 * time.Second)
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		if holds() {
			return
		}
		select {
		case <-changed:
		case <-late:
			t.Fatalf("mailintest: waited in vain until %s", what)
		}
	}
}

// note changes the state under its lock and wakes who waits.
func (s *Server) note(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
	close(s.changed)
	s.changed = make(chan struct{})
}

// session is one connection. What it does not say itself, go-imap does.
type session struct {
	*imapmemserver.UserSession
	server *Server
	line   *imapserver.Conn
}

var errCut = errors.New("mailintest: the line is cut")

// Login implements imapserver.Session.
func (s *session) Login(user, password string) error {
	if err := s.server.user.Login(user, password); err != nil {
		return imapserver.ErrAuthFailed
	}
	s.UserSession = imapmemserver.NewUserSession(s.server.user)
	return nil
}

// Close implements imapserver.Session.
func (s *session) Close() error {
	s.server.note(func() { delete(s.server.lines, s.line) })
	if s.UserSession == nil {
		return nil
	}
	return s.UserSession.Close()
}

// Search implements imapserver.Session.
func (s *session) Search(kind imapserver.NumKind, criteria *imap.SearchCriteria, options *imap.SearchOptions) (*imap.SearchData, error) {
	for {
		s.server.mu.Lock()
		silent, changed, open := s.server.silent, s.server.changed, s.server.lines[s.line]
		s.server.mu.Unlock()
		if !silent || !open {
			return s.UserSession.Search(kind, criteria, options)
		}
		<-changed
	}
}

// Store implements imapserver.Session.
func (s *session) Store(w *imapserver.FetchWriter, set imap.NumSet, flags *imap.StoreFlags, options *imap.StoreOptions) error {
	return s.mark(func() error { return s.UserSession.Store(w, set, flags, options) })
}

// Move implements imapserver.SessionMove.
func (s *session) Move(w *imapserver.MoveWriter, set imap.NumSet, folder string) error {
	return s.mark(func() error { return s.UserSession.Move(w, set, folder) })
}

func (s *session) mark(do func() error) error {
	cut, lose := false, false
	s.server.note(func() {
		switch {
		case s.server.cuts > 0:
			s.server.cuts, cut = s.server.cuts-1, true
		case s.server.lost > 0:
			s.server.lost, lose = s.server.lost-1, true
		}
	})
	if cut {
		s.line.NetConn().Close()
		return errCut
	}
	err := do()
	s.server.note(func() {})
	if lose {
		s.line.NetConn().Close()
		return errCut
	}
	if err != nil {
		return fmt.Errorf("mailintest: %w", err)
	}
	return nil
}

// Idle implements imapserver.Session.
func (s *session) Idle(w *imapserver.UpdateWriter, stop <-chan struct{}) error {
	s.server.note(func() { s.server.idling++ })
	defer s.server.note(func() { s.server.idling-- })
	return s.UserSession.Idle(w, stop)
}
