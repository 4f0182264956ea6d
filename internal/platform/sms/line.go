package sms

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// line is one bound connection.
type line struct {
	smpp  *SMPP
	conn  net.Conn
	in    *bufio.Reader
	inbox chan pdu // deliver_sm on their way to Report
	done  chan struct{}

	writing sync.Mutex

	mu       sync.Mutex
	sequence uint32
	calls    map[uint32]*call // without an answer, or not noted yet
	failure  error            // why the line ended
}

// call is one command that waits for its answer.
type call struct {
	answer  chan pdu
	settled chan struct{} // closed when the caller has noted the answer
}

// inboxSize is how many receipts may wait for Report; further ones are refused,
// so that the operator repeats them.
const inboxSize = 256

// bind dials, encrypts and signs in.
func (s *SMPP) bind(ctx context.Context) (*line, error) {
	ctx, cancel := context.WithTimeout(ctx, s.config.Timeout)
	defer cancel()
	conn, err := s.dial(ctx)
	if err != nil {
		return nil, err
	}
	l := &line{
		smpp: s, conn: conn, in: bufio.NewReader(conn), inbox: make(chan pdu, inboxSize),
		done: make(chan struct{}), calls: map[uint32]*call{}, sequence: 1,
	}
	if err := l.signIn(ctx); err != nil {
		conn.Close()
		return nil, err
	}
	return l, nil
}

func (s *SMPP) dial(ctx context.Context) (net.Conn, error) {
	if s.config.TLS == nil {
		return (&net.Dialer{}).DialContext(ctx, "tcp", s.config.Address)
	}
	return (&tls.Dialer{Config: s.config.TLS}).DialContext(ctx, "tcp", s.config.Address)
}

func (l *line) signIn(ctx context.Context) error {
	deadline, _ := ctx.Deadline()
	if err := l.conn.SetDeadline(deadline); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { l.conn.Close() })
	defer stop()
	config := l.smpp.config
	command := cmdBindTransmitter
	if config.Receipts {
		command = cmdBindTransceiver
	}
	body := appendCString(nil, config.SystemID)
	body = appendCString(body, config.Password)
	body = appendCString(body, config.SystemType)
	body = append(body, 0x34, 0, 0) // interface_version 3.4; addr_ton, addr_npi
	body = appendCString(body, "")  // address_range: all of the account
	if _, err := l.conn.Write(pdu{command: command, sequence: l.sequence, body: body}.octets()); err != nil {
		return err
	}
	answer, err := readPDU(l.in)
	switch {
	case err != nil:
		return fmt.Errorf("bind: %w", err)
	case answer.status != statusOK:
		return fmt.Errorf("bind: %w", &Error{Command: answer.status})
	case answer.command != command|answerBit:
		return fmt.Errorf("bind: %w: answer 0x%x", errMalformed, answer.command)
	}
	return l.conn.SetDeadline(time.Time{})
}

// serve runs the line until it breaks or ctx ends, and tells why.
func (l *line) serve(ctx context.Context) error {
	receipts, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(l.read)
	running.Go(func() { l.report(receipts) })
	running.Go(l.enquire)
	select {
	case <-l.done:
	case <-ctx.Done():
		l.unbind()
	}
	cancel()
	running.Wait()
	return l.failure
}

// fail ends the line; calls without an answer will never get one.
func (l *line) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failure == nil {
		l.failure = err
		close(l.done)
		l.conn.Close()
	}
}

func (l *line) alive() bool {
	select {
	case <-l.done:
		return false
	default:
		return true
	}
}

// unbind says good-bye, with a moment for the answers that are under way.
func (l *line) unbind() {
	ctx, cancel := context.WithTimeout(context.Background(), min(l.smpp.config.Timeout, 2*time.Second))
	defer cancel()
	_, settle, _ := l.ask(ctx, cmdUnbind, nil)
	settle()
	l.fail(errClosed)
}

// ask sends a command and waits for its answer. Settle must be called once the
// answer is noted. An error tells whether the command can have arrived.
func (l *line) ask(ctx context.Context, command uint32, body []byte) (answer pdu, settle func(), err error) {
	c := &call{answer: make(chan pdu, 1), settled: make(chan struct{})}
	l.mu.Lock()
	l.sequence = l.sequence%0x7fffffff + 1
	sequence := l.sequence
	l.calls[sequence] = c
	l.mu.Unlock()
	settle = func() {
		l.mu.Lock()
		delete(l.calls, sequence)
		l.mu.Unlock()
		close(c.settled)
	}
	if err := l.write(pdu{command: command, sequence: sequence, body: body}); err != nil {
		return pdu{}, settle, &Error{Err: err} // cut short on the way: the other end cannot have read it
	}
	late := time.NewTimer(l.smpp.config.Timeout)
	defer late.Stop()
	select {
	case answer = <-c.answer:
		return answer, settle, nil
	case <-l.done:
		err = l.failure
	case <-ctx.Done():
		err = ctx.Err()
	case <-late.C:
		err = errors.New("no answer in time")
	}
	select {
	case answer = <-c.answer: // came at the last moment
		return answer, settle, nil
	default:
		return pdu{}, settle, &Error{Err: err, Unknown: true}
	}
}

// write sends one unit. After an error the line is of no use, since part of the
// unit may have gone out.
func (l *line) write(p pdu) error {
	l.writing.Lock()
	defer l.writing.Unlock()
	err := l.conn.SetWriteDeadline(time.Now().Add(l.smpp.config.Timeout))
	if err == nil {
		_, err = l.conn.Write(p.octets())
	}
	if err != nil {
		l.fail(err)
	}
	return err
}

// read hands out what comes in until the line breaks.
func (l *line) read() {
	defer close(l.inbox)
	for {
		p, err := readPDU(l.in)
		if err != nil {
			l.fail(err)
			return
		}
		l.take(p)
	}
}

func (l *line) take(p pdu) {
	switch {
	case p.command&answerBit != 0: // generic_nack too
		l.mu.Lock()
		c := l.calls[p.sequence]
		l.mu.Unlock()
		if c == nil {
			return // came too late
		}
		if p.command == cmdGenericNack && p.status == statusOK {
			p.status = statusSystemError
		}
		select {
		case c.answer <- p:
		default: // a second answer to one command
		}
	case p.command == cmdEnquireLink:
		_ = l.write(pdu{command: cmdEnquireLink | answerBit, sequence: p.sequence})
	case p.command == cmdUnbind:
		_ = l.write(pdu{command: cmdUnbind | answerBit, sequence: p.sequence})
		l.fail(errors.New("unbound by the message centre"))
	case p.command == cmdDeliver:
		select {
		case l.inbox <- p:
		default:
			l.answerDelivery(p, statusQueueFull)
		}
	default:
		_ = l.write(pdu{command: cmdGenericNack, status: statusInvalidCommand, sequence: p.sequence})
	}
}

// report hands receipts to the caller, one after another. What waits when the
// line breaks is left without an answer, and so comes again.
func (l *line) report(ctx context.Context) {
	for p := range l.inbox {
		if ctx.Err() == nil {
			l.answerDelivery(p, l.smpp.deliver(ctx, l, p.body))
		}
	}
}

// answerDelivery answers with the empty message_id that section 4.6.2 asks for.
func (l *line) answerDelivery(p pdu, status uint32) {
	_ = l.write(pdu{command: cmdDeliver | answerBit, status: status, sequence: p.sequence, body: []byte{0}})
}

// settled waits until the answers to all commands of this moment are noted.
func (l *line) settled() {
	l.mu.Lock()
	var calls []*call
	for _, c := range l.calls {
		calls = append(calls, c)
	}
	l.mu.Unlock()
	for _, c := range calls {
		<-c.settled
	}
}

// enquire asks now and then whether the other end lives.
func (l *line) enquire() {
	ticker := time.NewTicker(l.smpp.config.Enquire)
	defer ticker.Stop()
	for {
		select {
		case <-l.done:
			return
		case <-ticker.C:
		}
		_, settle, err := l.ask(context.Background(), cmdEnquireLink, nil)
		settle()
		if err != nil {
			l.fail(fmt.Errorf("enquire_link: %w", err))
		}
	}
}
