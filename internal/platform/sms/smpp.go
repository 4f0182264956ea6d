package sms

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"
)

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

// maxBackoff bounds the pause before a lost line is bound again.
const maxBackoff = time.Minute

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
