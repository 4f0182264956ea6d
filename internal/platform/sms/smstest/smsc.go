// Package smstest holds the two kinds of operators that messages go to, both on
// loopback: a message centre that speaks SMPP 3.4 and an HTTP gateway. They are
// written by the documents alone and share no code with the senders, so that a
// mistake in one is not hidden by the same mistake in the other.
package smstest

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"
	"unicode/utf16"
)

// Part is one short message as a phone would get it.
type Part struct {
	Ref              string // name that the centre gave it
	From, To         string
	FromTON, FromNPI byte
	ToTON, ToNPI     byte
	Coding           byte // data_coding
	Reference        byte // of the text that it is a part of
	Of, Number       int  // 1 of 1 when it stands alone
	Text             string
	Payload          bool // came in message_payload
	Receipt          bool // the sender wants a receipt
}

// Centre is a message centre. Its methods may be called while it runs.
type Centre struct {
	listener net.Listener
	roots    *x509.CertPool
	id, pass string
	receipts string // state of the receipt that follows each message; none when empty
	early    bool   // the receipt overtakes the answer
	decimal  bool   // receipts name messages in decimal, answers in hexadecimal

	mu        sync.Mutex
	changed   chan struct{} // closed and renewed at each event
	parts     []Part
	failures  []uint32
	lost      int // answers to lose
	deaf      bool
	slow      bool
	open      int // submissions held back by slow
	widest    int
	binds     []uint32
	enquiries int
	unbinds   int
	acks      []uint32 // statuses of answers to receipts
	sessions  map[*session]bool
	refs      uint64
	running   sync.WaitGroup
}

// Option changes a centre before it starts.
type Option func(*Centre)

// WithPassword makes the centre ask for this sign-in.
func WithPassword(id, password string) Option {
	return func(c *Centre) { c.id, c.pass = id, password }
}

// WithReceipts makes the centre send a receipt of this state, such as DELIVRD,
// after each message that wants one.
func WithReceipts(state string) Option { return func(c *Centre) { c.receipts = state } }

// WithEarlyReceipts lets receipts overtake the answers they belong to.
func WithEarlyReceipts() Option { return func(c *Centre) { c.early = true } }

// WithDecimalReceipts makes receipts name messages in decimal.
func WithDecimalReceipts() Option { return func(c *Centre) { c.decimal = true } }

// WithTLS encrypts the line; Roots returns what a client must trust.
func WithTLS() Option {
	return func(c *Centre) {
		lender := httptest.NewTLSServer(nil) // has a certificate for 127.0.0.1
		defer lender.Close()
		c.roots = x509.NewCertPool()
		c.roots.AddCert(lender.Certificate())
		c.listener = tls.NewListener(c.listener, &tls.Config{Certificates: lender.TLS.Certificates, MinVersion: tls.VersionTLS12})
	}
}

// Start starts a centre that ends with the test.
func Start(t testing.TB, options ...Option) *Centre {
	t.Helper()
	c, err := Listen("127.0.0.1:0", options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// Listen starts a centre on address, for programs that are not tests.
func Listen(address string, options ...Option) (*Centre, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("smstest: %w", err)
	}
	c := &Centre{listener: listener, changed: make(chan struct{}), sessions: map[*session]bool{}, refs: 0xa0}
	for _, option := range options {
		option(c)
	}
	c.running.Go(c.accept)
	return c, nil
}

// Close ends the centre and all its lines.
func (c *Centre) Close() {
	c.listener.Close()
	c.HangUp()
	c.running.Wait()
}

// Address is where the centre listens.
func (c *Centre) Address() string { return c.listener.Addr().String() }

// Roots returns the certificates a client must trust; nil without TLS.
func (c *Centre) Roots() *x509.CertPool { return c.roots }

// Fail answers the next n submissions with an SMPP status and drops them.
func (c *Centre) Fail(n int, status uint32) {
	c.note(func() { c.failures = append(c.failures, slices.Repeat([]uint32{status}, n)...) })
}

// Throttle says to the next n submissions that they come too fast.
func (c *Centre) Throttle(n int) { c.Fail(n, statusThrottled) }

// LoseAnswers takes the next n submissions and hangs up instead of saying so.
func (c *Centre) LoseAnswers(n int) { c.note(func() { c.lost += n }) }

// Deafen leaves enquiries and submissions without an answer, as a line does
// that is dead without anybody having noticed.
func (c *Centre) Deafen(deaf bool) { c.note(func() { c.deaf = deaf }) }

// Hold keeps back the answers to all submissions until Release.
func (c *Centre) Hold() { c.note(func() { c.slow = true }) }

// Release gives the answers that Hold kept back.
func (c *Centre) Release() { c.note(func() { c.slow = false }) }

// HangUp cuts all lines; the centre goes on.
func (c *Centre) HangUp() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for s := range c.sessions {
		s.conn.Close()
	}
}

// Unbind says good-bye to all clients, as a centre does before maintenance.
func (c *Centre) Unbind() {
	for _, s := range c.bound() {
		s.send(unbind, 0, s.next(), nil)
	}
}

// SendReceipt sends a receipt over the first line that takes receipts.
func (c *Centre) SendReceipt(ref, state string) error {
	for _, s := range c.bound() {
		if s.transceiver {
			return s.receipt(Part{Ref: ref}, state)
		}
	}
	return errors.New("smstest: nobody takes receipts")
}

// Write sends a message of a person to the sender.
func (c *Centre) Write(from, text string) {
	for _, s := range c.bound() {
		s.send(deliverSM, 0, s.next(), deliverBody(0, from, "", []byte(text), nil))
	}
}

func (c *Centre) bound() []*session {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []*session
	for s := range c.sessions {
		if s.isBound {
			all = append(all, s)
		}
	}
	return all
}

// Snapshot is what a centre has seen so far.
type Snapshot struct {
	Parts     []Part   // taken, oldest first
	Binds     []uint32 // commands of successful binds
	Unbinds   int
	Enquiries int
	Acks      []uint32 // statuses of the answers to receipts and messages
	Widest    int      // most submissions without an answer at a time
	Open      int      // submissions without an answer now
}

// Seen returns what the centre has seen so far.
func (c *Centre) Seen() Snapshot {
	c.mu.Lock()
	defer c.mu.Unlock()
	return Snapshot{
		Parts: slices.Clone(c.parts), Binds: slices.Clone(c.binds), Unbinds: c.unbinds, Enquiries: c.enquiries,
		Acks: slices.Clone(c.acks), Widest: c.widest, Open: c.open,
	}
}

// Wait returns once the centre has seen enough, and fails the test when that
// takes longer than ten seconds.
func (c *Centre) Wait(t testing.TB, enough func(Snapshot) bool) Snapshot {
	t.Helper()
	late := time.After(10 * time.Second)
	for {
		c.mu.Lock()
		changed := c.changed
		c.mu.Unlock()
		seen := c.Seen()
		if enough(seen) {
			return seen
		}
		select {
		case <-changed:
		case <-late:
			t.Fatalf("smstest: waited in vain, seen is %+v", seen)
		}
	}
}

// note changes the state under its lock and wakes who waits.
func (c *Centre) note(change func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change()
	close(c.changed)
	c.changed = make(chan struct{})
}

func (c *Centre) accept() {
	for {
		conn, err := c.listener.Accept()
		if err != nil {
			return
		}
		s := &session{centre: c, conn: conn}
		c.note(func() { c.sessions[s] = true })
		c.running.Go(func() {
			s.talk()
			conn.Close()
			c.note(func() { delete(c.sessions, s) })
		})
	}
}

// Commands and statuses of the specification, sections 5.1.2.1 and 5.1.3.
const (
	bindTransmitter = 0x02
	submitSM        = 0x04
	deliverSM       = 0x05
	unbind          = 0x06
	bindTransceiver = 0x09
	enquireLink     = 0x15
	response        = 0x80000000

	statusLength    = 0x01
	statusCommand   = 0x03
	statusNotBound  = 0x04
	statusTwice     = 0x05
	statusDest      = 0x0b
	statusPassword  = 0x0e
	statusThrottled = 0x58
)

// session is one connection of a client.
type session struct {
	centre      *Centre
	conn        net.Conn
	isBound     bool // guarded by the centre
	transceiver bool

	mu       sync.Mutex // for writing
	sequence uint32
}

func (s *session) next() uint32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sequence++
	return s.sequence
}

func (s *session) send(command, status, sequence uint32, body []byte) {
	var b bytes.Buffer
	for _, word := range []uint32{uint32(16 + len(body)), command, status, sequence} {
		_ = binary.Write(&b, binary.BigEndian, word) // a buffer takes everything
	}
	b.Write(body)
	s.mu.Lock()
	defer s.mu.Unlock()
	_, _ = s.conn.Write(b.Bytes()) // a client that is gone is noticed when reading
}

func (s *session) talk() {
	in := bufio.NewReader(s.conn)
	for {
		var header struct{ Length, Command, Status, Sequence uint32 }
		if binary.Read(in, binary.BigEndian, &header) != nil || header.Length < 16 || header.Length > 1<<17 {
			return
		}
		body := make([]byte, header.Length-16)
		if _, err := io.ReadFull(in, body); err != nil {
			return
		}
		if !s.handle(header.Command, header.Status, header.Sequence, body) {
			return
		}
	}
}

// handle reports whether the line goes on.
func (s *session) handle(command, status, sequence uint32, body []byte) bool {
	c := s.centre
	c.mu.Lock()
	deaf, isBound := c.deaf, s.isBound
	c.mu.Unlock()
	switch command {
	case bindTransmitter, bindTransceiver:
		return s.bind(command, sequence, body)
	case submitSM:
		if !isBound {
			s.send(submitSM|response, statusNotBound, sequence, nil)
			return true
		}
		return deaf || s.submit(sequence, body)
	case enquireLink:
		c.note(func() { c.enquiries++ })
		if !deaf {
			s.send(enquireLink|response, 0, sequence, nil)
		}
	case deliverSM | response:
		c.note(func() { c.acks = append(c.acks, status) })
	case unbind:
		c.note(func() { c.unbinds, s.isBound = c.unbinds+1, false })
		s.send(unbind|response, 0, sequence, nil)
		return false
	case unbind | response:
		return false
	default:
		s.send(response, statusCommand, sequence, nil)
	}
	return true
}

// bind signs a client in and reports whether the line goes on. The line counts
// as bound once the answer is on its way, so that no receipt overtakes it.
func (s *session) bind(command, sequence uint32, body []byte) bool {
	r := reader{rest: body}
	id, password := r.text(), r.text()
	r.text()
	version := r.byte()
	c := s.centre
	c.mu.Lock()
	again := s.isBound
	c.mu.Unlock()
	status := uint32(0)
	switch {
	case again:
		status = statusTwice
	case r.short || version != 0x34 || len(id) > 15 || len(password) > 8 || c.id != "" && (c.id != id || c.pass != password):
		status = statusPassword
	}
	s.send(command|response, status, sequence, []byte("smstest\x00"))
	if status == 0 {
		c.note(func() {
			s.isBound, s.transceiver = true, command == bindTransceiver
			c.binds = append(c.binds, command)
		})
	}
	return status == 0
}

// submit takes a message and reports whether the line goes on.
func (s *session) submit(sequence uint32, body []byte) bool {
	c := s.centre
	part, status := readSubmit(body)
	lost, slow := false, false
	c.note(func() {
		if status == 0 && len(c.failures) > 0 {
			status, c.failures = c.failures[0], c.failures[1:]
		}
		if status != 0 {
			return
		}
		c.refs++
		part.Ref = strconv.FormatUint(c.refs, 16)
		c.parts = append(c.parts, part)
		c.open++
		c.widest = max(c.widest, c.open)
		slow = c.slow
		if c.lost > 0 {
			c.lost, lost = c.lost-1, true
		}
	})
	switch {
	case lost:
		c.note(func() { c.open-- })
		return false
	case status != 0:
		s.send(submitSM|response, status, sequence, nil)
	case slow:
		c.running.Go(func() {
			s.centre.untilReleased()
			s.answer(sequence, part)
		})
	default:
		s.answer(sequence, part)
	}
	return true
}

func (c *Centre) untilReleased() {
	for {
		c.mu.Lock()
		changed, slow, left := c.changed, c.slow, len(c.sessions)
		c.mu.Unlock()
		if !slow || left == 0 {
			return
		}
		<-changed
	}
}

// answer tells the client that its message is taken, and what became of it.
func (s *session) answer(sequence uint32, part Part) {
	wanted := s.transceiver && part.Receipt && s.centre.receipts != ""
	if wanted && s.centre.early {
		_ = s.receipt(part, s.centre.receipts)
	}
	s.centre.note(func() { s.centre.open-- })
	s.send(submitSM|response, 0, sequence, append([]byte(part.Ref), 0))
	if wanted && !s.centre.early {
		_ = s.receipt(part, s.centre.receipts)
	}
}

// receipt sends a delivery receipt in the words of Appendix B.
func (s *session) receipt(part Part, state string) error {
	ref := part.Ref
	if s.centre.decimal {
		n, err := strconv.ParseUint(ref, 16, 64)
		if err != nil {
			return fmt.Errorf("smstest: %w", err)
		}
		ref = strconv.FormatUint(n, 10)
	}
	delivered, code := "000", "011"
	if state == "DELIVRD" {
		delivered, code = "001", "000"
	}
	text := fmt.Sprintf("id:%s sub:001 dlvrd:%s submit date:2611230930 done date:2611230931 stat:%s err:%s text:stat:REJECTD id:1", ref, delivered, state, code)
	s.send(deliverSM, 0, s.next(), deliverBody(0x04, part.To, part.From, []byte(text), nil))
	return nil
}

func deliverBody(class byte, from, to string, text, options []byte) []byte {
	var b bytes.Buffer
	b.WriteByte(0)
	fmt.Fprintf(&b, "\x01\x01%s\x00\x00\x00%s\x00", from, to)
	b.Write([]byte{class, 0, 0, 0, 0, 0, 0, 0, 0, byte(len(text))})
	b.Write(text)
	b.Write(options)
	return b.Bytes()
}

// reader reads the fields of a body.
type reader struct {
	rest  []byte
	short bool
}

func (r *reader) take(n int) []byte {
	if n > len(r.rest) {
		r.short, r.rest = true, nil
		return make([]byte, n)
	}
	taken := r.rest[:n]
	r.rest = r.rest[n:]
	return taken
}

func (r *reader) byte() byte { return r.take(1)[0] }

func (r *reader) text() string {
	n := bytes.IndexByte(r.rest, 0)
	if n < 0 {
		r.short = true
		return ""
	}
	return string(r.take(n + 1)[:n])
}

// readSubmit reads a submit_sm, section 4.4.1, and gives the status with which
// a strict centre would answer it.
func readSubmit(body []byte) (Part, uint32) {
	r := reader{rest: body}
	r.text()
	p := Part{FromTON: r.byte(), FromNPI: r.byte(), From: r.text(), ToTON: r.byte(), ToNPI: r.byte(), To: r.text(), Of: 1, Number: 1}
	class := r.byte()
	r.take(2)
	r.text()
	r.text()
	p.Receipt = r.byte()&1 == 1
	r.byte()
	p.Coding = r.byte()
	r.byte()
	text := r.take(int(r.byte()))
	for len(r.rest) > 0 && !r.short {
		tag, length := binary.BigEndian.Uint16(r.take(2)), binary.BigEndian.Uint16(r.take(2))
		value := r.take(int(length))
		if tag == 0x0424 && len(text) == 0 {
			text, p.Payload = value, true
		}
	}
	if p.To == "" || len(p.To) > 20 {
		return p, statusDest
	}
	if class&0x40 != 0 {
		if len(text) < 6 || !bytes.Equal(text[:3], []byte{5, 0, 3}) {
			return p, statusLength
		}
		p.Reference, p.Of, p.Number = text[3], int(text[4]), int(text[5])
		text = text[6:]
	}
	if r.short || len(text) == 0 || !p.Payload && len(text) > room(p) {
		return p, statusLength
	}
	p.Text = decode(p.Coding, text)
	return p, 0
}

// room is how many octets of text the radio has for a part: 140 octets, less 6
// or, in septets, 7 for the header.
func room(p Part) int {
	switch {
	case p.Coding == 0 && p.Of > 1:
		return 153
	case p.Coding == 0:
		return 160
	case p.Of > 1:
		return 134
	}
	return 140
}

// The GSM alphabet by its code tables in 3GPP TS 23.038. A letter of the
// extension table follows the escape, which is no letter itself.
var (
	basic = []rune("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x00ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
		"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà")
	extension = map[byte]rune{10: '\f', 20: '^', 40: '{', 41: '}', 47: '\\', 60: '[', 61: '~', 62: ']', 64: '|', 101: '€'}
)

func decode(coding byte, octets []byte) string {
	if coding == 8 {
		units := make([]uint16, len(octets)/2)
		for i := range units {
			units[i] = binary.BigEndian.Uint16(octets[2*i:])
		}
		return string(utf16.Decode(units))
	}
	var text []rune
	for i := 0; i < len(octets); i++ {
		switch code := octets[i]; {
		case code > 127 || code == 27 && i+1 == len(octets):
			text = append(text, 0xfffd)
		case code == 27:
			i++
			text = append(text, extension[octets[i]])
		default:
			text = append(text, basic[code])
		}
	}
	return string(text)
}
