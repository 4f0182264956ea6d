// Package mail sends e-mail. Callers hand over a finished message in the
// language of the person; this package knows nothing of cities or templates.
//
// SMTP sends through a mail server; Outbox keeps messages in memory for the
// demo city and for development; Discard drops them.
package mail

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/mail"
	"strings"
)

// Message is one e-mail to one person.
type Message struct {
	From    string // "Ashar <no-reply@bishkek.example>"; the sender's default when empty
	To      string // one address, with or without a name
	ReplyTo string // one address, or empty
	Subject string // one line
	Text    string // plain text, always present
	HTML    string // the same words as HTML, or empty
	// MessageID is "id@host" without brackets, made by the caller before the
	// first attempt and kept for the next ones: when an answer is lost and the
	// message goes out twice, the mail program of the person shows it once.
	MessageID string
	// Headers are further header lines, one value each: List-Unsubscribe,
	// List-Unsubscribe-Post, Auto-Submitted and the like.
	Headers map[string]string
}

// Sender sends messages. Errors wrap ErrTemporary or ErrPermanent.
type Sender interface {
	Send(ctx context.Context, message Message) error
}

// What a caller does about an error: keep the message and try later, or give
// up on this message and mark the address.
var (
	ErrTemporary = errors.New("mail: not sent now")
	ErrPermanent = errors.New("mail: refused for good")
)

// Error tells how a message failed. It holds no address and no word of the
// server, which likes to quote addresses, so it may be logged.
type Error struct {
	Step      string // what was being done: "dial", "RCPT TO", …
	Code      int    // SMTP reply code; 0 when the server gave none
	Enhanced  string // enhanced status code such as "5.1.1", or empty
	Temporary bool
}

// Error implements error.
func (e *Error) Error() string {
	text := "mail: " + e.Step
	if e.Code != 0 {
		text += fmt.Sprintf(": server answered %d", e.Code)
	}
	if e.Enhanced != "" {
		text += " (" + e.Enhanced + ")"
	}
	return text
}

// Is makes the error match ErrTemporary or ErrPermanent.
func (e *Error) Is(target error) bool {
	return target == ErrTemporary && e.Temporary || target == ErrPermanent && !e.Temporary
}

// reserved are the header lines that have a field of their own.
var reserved = map[string]bool{
	"from": true, "to": true, "cc": true, "bcc": true, "sender": true, "reply-to": true, "subject": true,
	"message-id": true, "date": true, "mime-version": true, "content-type": true, "content-transfer-encoding": true,
}

// Check returns an error that wraps ErrPermanent when the message cannot be
// sent by any sender: an address that is none, a line break where a line
// belongs, a header that has a field of its own.
func (m Message) Check() error {
	for step, address := range map[string]string{"To": m.To, "From": m.From, "Reply-To": m.ReplyTo} {
		if address == "" && step != "To" {
			continue
		}
		if _, err := mail.ParseAddress(address); err != nil || broken(address) {
			return &Error{Step: "read the address in " + step}
		}
	}
	if broken(m.Subject) || m.Subject == "" {
		return &Error{Step: "read the subject"}
	}
	if m.Text == "" {
		return &Error{Step: "read the text, which is empty"}
	}
	if broken(m.MessageID) || strings.ContainsAny(m.MessageID, "<> ") || strings.Count(m.MessageID, "@") != 1 {
		return &Error{Step: "read the message id"}
	}
	for name, value := range m.Headers {
		if !token(name) || reserved[strings.ToLower(name)] || broken(value) {
			return &Error{Step: "read a header line"}
		}
	}
	return nil
}

// broken reports whether text would break out of its header line.
func broken(text string) bool { return strings.ContainsAny(text, "\r\n\x00") }

// token reports whether name can stand before the colon of a header line.
func token(name string) bool {
	for _, c := range []byte(name) {
		if c <= ' ' || c >= 0x7f || c == ':' {
			return false
		}
	}
	return name != ""
}

// clone returns a message that shares nothing with m.
func (m Message) clone() Message {
	m.Headers = maps.Clone(m.Headers)
	return m
}

// Discard checks messages and drops them.
type Discard struct{}

// Send implements Sender.
func (Discard) Send(_ context.Context, message Message) error { return message.Check() }
