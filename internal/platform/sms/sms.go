// Package sms sends short text messages through an operator, either by his HTTP
// gateway or over SMPP 3.4, and turns telephone numbers as people write them
// into one form.
//
// Nothing here sends a message twice by itself: when the answer to a message is
// lost, the caller is told so by ErrUnknown and decides. Sending again gives
// "at least once", which suits a sign-in code that is void without its reader;
// giving up gives "at most once", which suits what costs money and is said
// elsewhere too. A message that is sent again should keep its ID.
package sms

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"
)

// Message is one text to one person.
type Message struct {
	ID   string // the caller's name of it, the same at every attempt; not sent
	To   string // number in E.164 form as Normalize gives it
	Text string // plain, in the language of the person
}

// State tells how far a message has come.
type State string

// The states. Sent is the last one where the operator gives no receipts.
const (
	Sent      State = "sent"      // taken by the operator
	Delivered State = "delivered" // all parts are on the phone
	Failed    State = "failed"    // given up by the operator
)

// Status is what is known of a message. It holds neither number nor text.
type Status struct {
	ID     string   // Message.ID
	State  State    // how far it has come
	Reason string   // why it failed, in the operator's words such as "UNDELIV 0/11"
	Parts  int      // how many messages the operator counts; see Parts
	Refs   []string // the operator's names of the parts; none over HTTP
}

// Sender sends text messages. It returns with the state Sent once the operator
// has taken all parts. An error that wraps ErrPermanent will not go away by
// trying again; every other may. One that wraps ErrUnknown leaves open whether
// the person gets the message, or a part of it.
type Sender interface {
	Send(ctx context.Context, message Message) (Status, error)
}

// Errors that callers tell apart; see also Error.
var (
	// ErrPermanent marks errors after which a message must not be tried again.
	ErrPermanent = errors.New("sms: refused for good")
	// ErrUnknown marks errors after which the message may be on its way.
	ErrUnknown = errors.New("sms: unknown whether sent")
)

// Error is how a message failed. It holds neither number nor text, so it may
// be logged.
type Error struct {
	Status     int           // HTTP status; 0 when there was no answer
	Command    uint32        // SMPP command_status; 0 when there was no answer
	RetryAfter time.Duration // wait asked for by the operator; 0 when none
	Unknown    bool          // whether the message, or a part of it, may be on its way
	Err        error         // cause when there was no answer
}

// Error implements error.
func (e *Error) Error() string {
	text := "sms: gateway answered " + strconv.Itoa(e.Status)
	switch {
	case e.Err != nil:
		text = "sms: gateway does not answer: " + e.Err.Error()
	case e.Command != 0:
		text = "sms: gateway answered SMPP status 0x" + strconv.FormatUint(uint64(e.Command), 16)
	}
	if e.Unknown {
		text += "; unknown whether sent"
	}
	return text
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is makes the error match ErrPermanent and ErrUnknown.
func (e *Error) Is(target error) bool {
	return target == ErrPermanent && e.permanent() || target == ErrUnknown && e.Unknown
}

// permanent reports whether the answer is final. A refused key (401, 403) is
// the operator's mistake: the message waits for him. So does one that comes too
// fast (429).
func (e *Error) permanent() bool {
	switch e.Status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusRequestTimeout, http.StatusTooManyRequests:
		return false
	}
	return e.Status >= 400 && e.Status < 500 || finalSMPP[e.Command]
}
