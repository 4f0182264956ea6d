package sms

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Numbering is the kind of an address: type of number and numbering plan
// (SMPP 3.4, sections 5.2.5 and 5.2.6).
type Numbering struct{ TON, NPI byte }

// SMPPConfig tells how to reach an operator's message centre.
type SMPPConfig struct {
	Address    string // "host:port"
	SystemID   string // name of the account, at most 15 characters
	Password   string // at most 8 characters
	SystemType string // as the operator says, at most 12 characters; mostly empty
	// TLS encrypts the line. Without it name, numbers and texts travel in the
	// clear, which is only right through a private line or tunnel.
	TLS *tls.Config
	// Receipts binds as a transceiver and asks for receipts; otherwise the line
	// is bound as a transmitter and Sent is the last state of a message.
	Receipts bool
	// Report gets the end of each message, Delivered or Failed. A receipt whose
	// message this process does not know, after a restart or on another node,
	// comes part by part without an ID; its Refs are those that Send returned.
	// When Report fails the operator is asked to repeat the receipt, so the
	// same end may be told twice. It is called for one receipt at a time.
	Report func(context.Context, Status) error
	// DecimalReceipts is for operators who name a message in hexadecimal when
	// they take it and in decimal in the receipt.
	DecimalReceipts bool
	// From is the sender shown on the phone: a number, or at most 11 letters.
	From string
	// Source and Dest are the kinds of From and of the numbers of people. When
	// nil, Source is told by the look of From and Dest is international.
	Source, Dest *Numbering
	// Payload hands over long texts whole, in message_payload, for operators
	// who cut them themselves; otherwise they are cut here, with a header that
	// tells the phone how to put them together.
	Payload bool
	Window  int           // messages without an answer at a time; 10 when zero
	Enquire time.Duration // how often to ask whether the line lives; 30 s when zero
	Timeout time.Duration // for each answer; 30 s when zero
	Backoff time.Duration // first pause before a lost line is bound again, doubled up to a minute; 1 s when zero
	// Throttle is how long nothing is sent after the operator said that
	// messages come too fast; 5 s when zero.
	Throttle time.Duration
}

// maxBackoff bounds the pause before a lost line is bound again.
const maxBackoff = time.Minute

// ParseSMPP reads a configuration of the shape
//
//	smpps://account:password@host:2775?from=Ashar&receipts=yes
//
// The scheme smpp is without TLS. Further words of the query are type, source
// and dest (such as source=5.0 for type and plan), long=payload, ids=decimal,
// window, enquire, timeout and throttle (such as enquire=30s). The error never
// tells the password.
func ParseSMPP(rawURL string) (SMPPConfig, error) {
	u, err := url.Parse(rawURL)
	if err != nil || u.Scheme != "smpp" && u.Scheme != "smpps" || u.Hostname() == "" {
		return SMPPConfig{}, errors.New("sms: the URL must read smpps://account:password@host:port?from=sender")
	}
	q := query{values: u.Query()}
	config := SMPPConfig{
		Address: net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), "2775")), SystemID: u.User.Username(),
		SystemType: q.text("type"), From: q.text("from"), Source: q.numbering("source"), Dest: q.numbering("dest"),
		Receipts: q.choice("receipts", "no", "yes"), Payload: q.choice("long", "parts", "payload"),
		DecimalReceipts: q.choice("ids", "same", "decimal"), Window: q.number("window"),
		Enquire: q.duration("enquire"), Timeout: q.duration("timeout"), Throttle: q.duration("throttle"),
	}
	config.Password, _ = u.User.Password()
	if u.Scheme == "smpps" {
		config.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	for name := range q.values {
		if !slices.Contains(q.known, name) {
			q.wrong = append(q.wrong, name)
		}
	}
	if len(q.wrong) > 0 {
		slices.Sort(q.wrong)
		return SMPPConfig{}, fmt.Errorf("sms: the URL has a wrong %s", strings.Join(q.wrong, ", "))
	}
	return config, nil
}

// query reads the words of a URL and remembers the wrong ones.
type query struct {
	values       url.Values
	known, wrong []string
}

func (q *query) text(name string) string {
	q.known = append(q.known, name)
	return q.values.Get(name)
}

// choice is false for the first word or none, and true for the second.
func (q *query) choice(name, off, on string) bool {
	value := q.text(name)
	if value != "" && value != off && value != on {
		q.wrong = append(q.wrong, name)
	}
	return value == on
}

func (q *query) number(name string) int {
	value := q.text(name)
	n, err := strconv.Atoi(cmp.Or(value, "0"))
	if err != nil || n < 0 {
		q.wrong = append(q.wrong, name)
	}
	return n
}

func (q *query) duration(name string) time.Duration {
	value := q.text(name)
	d, err := time.ParseDuration(cmp.Or(value, "0"))
	if err != nil || d < 0 {
		q.wrong = append(q.wrong, name)
	}
	return d
}

func (q *query) numbering(name string) *Numbering {
	value := q.text(name)
	if value == "" {
		return nil
	}
	ton, npi, _ := strings.Cut(value, ".")
	t, err1 := strconv.ParseUint(ton, 10, 8)
	n, err2 := strconv.ParseUint(npi, 10, 8)
	if err1 != nil || err2 != nil {
		q.wrong = append(q.wrong, name)
	}
	return &Numbering{TON: byte(t), NPI: byte(n)}
}

// international is the kind of a number in E.164 form.
var international = Numbering{TON: 1, NPI: 1}

// prepare checks the configuration and fills what was left out.
func (c *SMPPConfig) prepare() error {
	if _, _, err := net.SplitHostPort(c.Address); err != nil {
		return errors.New("sms: the address of the message centre must read host:port")
	}
	for _, field := range []struct {
		name, value string
		most        int
	}{{"account", c.SystemID, 15}, {"password", c.Password, 8}, {"system type", c.SystemType, 12}, {"sender", c.From, 20}} {
		if len(field.value) > field.most || strings.ContainsRune(field.value, 0) {
			return fmt.Errorf("sms: the %s may have at most %d characters", field.name, field.most)
		}
	}
	if c.SystemID == "" {
		return errors.New("sms: the account has no name")
	}
	source, err := numbering(c.From)
	if err != nil {
		return err
	}
	c.From = strings.TrimPrefix(c.From, "+")
	if c.Source == nil {
		c.Source = &source
	}
	if c.Dest == nil {
		c.Dest = &international
	}
	if c.Report == nil {
		c.Report = func(context.Context, Status) error { return nil }
	}
	if c.Window <= 0 {
		c.Window = 10
	}
	for value, fallback := range map[*time.Duration]time.Duration{
		&c.Enquire: 30 * time.Second, &c.Timeout: 30 * time.Second, &c.Backoff: time.Second, &c.Throttle: 5 * time.Second,
	} {
		if *value <= 0 {
			*value = fallback
		}
	}
	return nil
}

// numbering tells the kind of a sender: a number of a country, a short number
// of the operator, or letters, of which phones show eleven.
func numbering(from string) (Numbering, error) {
	digits := strings.TrimPrefix(from, "+")
	switch {
	case from == "":
		return Numbering{}, nil
	case strings.Trim(digits, "0123456789") != "":
		if len(from) > 11 || slices.ContainsFunc([]rune(from), func(r rune) bool { return r <= ' ' || r > '~' }) {
			return Numbering{}, errors.New("sms: a sender of letters has at most 11, all of them Latin")
		}
		return Numbering{TON: 5}, nil
	case len(digits) <= 6:
		return Numbering{TON: 3}, nil
	}
	return international, nil
}

// SMPP sends messages over one line to a message centre, which it keeps bound
// and binds again when it is lost. It may be used by many goroutines.
type SMPP struct {
	config SMPPConfig
	ledger *ledger
	window chan struct{} // one for each message without an answer
	stop   context.CancelFunc
	ended  context.Context
	keeper sync.WaitGroup

	mu      sync.Mutex
	line    *line         // nil while not bound
	changed chan struct{} // closed and renewed when line changes
	failure error         // why there is no line
	quiet   time.Time     // nothing is sent before, the operator asked for a pause
}

// NewSMPP checks the configuration and begins to bind. Close ends the line.
func NewSMPP(config SMPPConfig) (*SMPP, error) {
	if err := config.prepare(); err != nil {
		return nil, err
	}
	s := &SMPP{
		config: config, ledger: newLedger(config.Receipts, config.DecimalReceipts), window: make(chan struct{}, config.Window),
		changed: make(chan struct{}), failure: errors.New("not bound yet"),
	}
	s.ended, s.stop = context.WithCancel(context.Background())
	s.keeper.Go(s.keep)
	return s, nil
}

// Close unbinds and hangs up. Messages without an answer end in ErrUnknown,
// further ones are refused.
func (s *SMPP) Close() {
	s.stop()
	s.keeper.Wait()
}

// keep binds the line again and again until Close.
func (s *SMPP) keep() {
	pause := s.config.Backoff
	for {
		l, err := s.bind(s.ended)
		if err == nil {
			pause = s.config.Backoff
			s.use(l, nil)
			err = l.serve(s.ended)
		}
		s.use(nil, err)
		select {
		case <-s.ended.Done():
			return
		case <-time.After(pause + rand.N(pause/4+1)):
		}
		pause = min(2*pause, maxBackoff)
	}
}

func (s *SMPP) use(l *line, failure error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.line, s.failure = l, failure
	close(s.changed)
	s.changed = make(chan struct{})
}

// bound waits for a line, as long as an answer may take.
func (s *SMPP) bound(ctx context.Context) (*line, error) {
	late := time.NewTimer(s.config.Timeout)
	defer late.Stop()
	for s.ended.Err() == nil {
		s.mu.Lock()
		l, changed, failure := s.line, s.changed, s.failure
		s.mu.Unlock()
		if l != nil && l.alive() {
			return l, nil
		}
		select {
		case <-changed:
		case <-s.ended.Done():
		case <-late.C:
			return nil, &Error{Err: cmp.Or(failure, errLost)}
		case <-ctx.Done():
			return nil, &Error{Err: ctx.Err()}
		}
	}
	return nil, &Error{Err: errClosed}
}

// Why there is no line.
var (
	errClosed = errors.New("closed")
	errLost   = errors.New("the line is lost")
)

// Send implements Sender. The parts of a text go one after another, so that a
// refusal of the first costs nothing. When a later one fails the error wraps
// ErrUnknown; a later one that comes too fast is tried again until ctx ends.
// All attempts at one Message.ID number their parts alike, so that a phone can
// put together a text of which it got one part in each attempt.
func (s *SMPP) Send(ctx context.Context, message Message) (Status, error) {
	submissions, err := s.submissions(message)
	if err != nil {
		return Status{}, err
	}
	parts, _ := Parts(message.Text)
	waiting := &tracked{id: message.ID, parts: len(submissions), states: map[string]State{}}
	for i, submission := range submissions {
		err := s.submit(ctx, waiting, submission)
		for i > 0 && err != nil && err.RetryAfter > 0 && wait(ctx, err.RetryAfter) {
			err = s.submit(ctx, waiting, submission)
		}
		if err != nil {
			err.Unknown = err.Unknown || i > 0
			return Status{}, err
		}
	}
	return Status{ID: message.ID, State: Sent, Parts: parts, Refs: s.ledger.refs(waiting)}, nil
}

// wait reports whether the time passed before ctx ended.
func wait(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// submissions turns a message into what goes over the line.
func (s *SMPP) submissions(message Message) ([]submission, error) {
	digits := strings.TrimPrefix(message.To, "+")
	if digits == "" || len(digits) > 20 || strings.Trim(digits, "0123456789") != "" {
		return nil, fmt.Errorf("%w: %w", ErrPermanent, ErrPhone)
	}
	if _, err := count(message.Text); err != nil {
		return nil, err
	}
	texts, encoding := split(message.Text)
	base := submission{source: numbered{*s.config.Source, s.config.From}, dest: numbered{*s.config.Dest, digits}}
	if s.config.Receipts {
		base.registered = 1
	}
	if encoding == UCS2 {
		base.coding = 8
	}
	base.payload = s.config.Payload && len(texts) > 1
	if base.payload {
		texts = [][]byte{slices.Concat(texts...)}
	}
	var all []submission
	for i, text := range texts {
		part := base
		part.text = text
		if len(texts) > 1 {
			part.class = 0x40 // the text begins with a header, section 5.2.12
			part.text = append([]byte{5, 0, 3, reference(message), byte(len(texts)), byte(i + 1)}, text...)
		}
		all = append(all, part)
	}
	return all, nil
}

// reference is the number by which a phone knows that parts belong together
// (3GPP TS 23.040, section 9.2.3.24.1).
func reference(message Message) byte {
	h := fnv.New32a()
	_, _ = h.Write([]byte(cmp.Or(message.ID, message.Text)))
	return byte(h.Sum32())
}

// submit hands over one part and waits until the operator has it.
func (s *SMPP) submit(ctx context.Context, message *tracked, part submission) *Error {
	if pause := s.pause(); pause > 0 {
		return &Error{Command: statusThrottled, RetryAfter: pause}
	}
	select {
	case s.window <- struct{}{}:
		defer func() { <-s.window }()
	case <-ctx.Done():
		return &Error{Err: ctx.Err()}
	}
	l, err := s.bound(ctx)
	if err != nil {
		return asError(err)
	}
	answer, settle, err := l.ask(ctx, cmdSubmit, part.body())
	defer settle()
	if err != nil {
		return asError(err)
	}
	switch answer.status {
	case statusOK:
		f := fields{rest: answer.body}
		s.ledger.add(message, f.cString())
		return nil
	case statusThrottled, statusQueueFull:
		s.mu.Lock()
		s.quiet = time.Now().Add(s.config.Throttle)
		s.mu.Unlock()
		return &Error{Command: answer.status, RetryAfter: s.config.Throttle}
	}
	return &Error{Command: answer.status}
}

// pause tells how long the operator wants no messages.
func (s *SMPP) pause() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Until(s.quiet)
}

func asError(err error) *Error {
	var failure *Error
	if errors.As(err, &failure) {
		return failure
	}
	return &Error{Err: err}
}

// deliver handles a deliver_sm and gives the status to answer it with. What a
// person writes to the sender is taken and dropped: it is not for us.
func (s *SMPP) deliver(ctx context.Context, l *line, body []byte) uint32 {
	d, err := readDelivery(body)
	if err != nil {
		return statusSystemError
	}
	if !d.isReceipt() {
		return statusOK
	}
	r, err := readReceipt(d)
	if err != nil || r.state == "" {
		return statusOK // repeating it would not make it clearer
	}
	if !s.ledger.knows(r.ref) {
		l.settled() // a receipt may overtake the answer that names the message
	}
	status, end := s.ledger.outcome(r)
	if !end {
		return statusOK
	}
	if err := s.config.Report(ctx, status); err != nil {
		return statusTryAgain
	}
	s.ledger.settle(r.ref)
	return statusOK
}
