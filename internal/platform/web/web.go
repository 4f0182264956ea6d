// Package web is what every HTTP handler of Ashar stands on: handlers that
// return errors, the few kinds of failure a person can meet, forms, answers
// with ETag and compression, the cache of rendered pages, rate limits and the
// middleware around them. It knows nothing of cities.
package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// Handler answers a request or returns why it could not.
type Handler func(w http.ResponseWriter, r *http.Request) error

// Problem is a failure that is told to the caller. Key names the sentence in
// the message catalogue; Fields are the form's own errors. Its cause goes to
// the log and never to the caller.
type Problem struct {
	Status int
	Key    string
	Args   []any
	Fields []FieldError
	Cause  error
}

// FieldError says what is wrong with one field of a form or one member of a document.
type FieldError struct {
	Field string
	Key   string
	Args  []any
}

// Error implements error.
func (p *Problem) Error() string {
	if p.Cause != nil {
		return fmt.Sprintf("%d %s: %v", p.Status, p.Key, p.Cause)
	}
	return fmt.Sprintf("%d %s", p.Status, p.Key)
}

// Unwrap gives the cause.
func (p *Problem) Unwrap() error { return p.Cause }

// NotFound is the answer for what does not exist or must not be known to exist.
func NotFound() error { return &Problem{Status: http.StatusNotFound, Key: "error.not_found"} }

// Gone is the answer for what existed once and is no more.
func Gone() error { return &Problem{Status: http.StatusGone, Key: "error.gone"} }

// Forbidden is the answer for a person who may not do this.
func Forbidden() error { return &Problem{Status: http.StatusForbidden, Key: "error.forbidden"} }

// SignIn is the answer for a visitor who has to sign in first.
func SignIn() error { return &Problem{Status: http.StatusUnauthorized, Key: "error.sign_in"} }

// Invalid is the answer for input with errors in the named fields.
func Invalid(fields ...FieldError) error {
	return &Problem{Status: http.StatusUnprocessableEntity, Key: "error.invalid", Fields: fields}
}

// Bad is the answer for a request that cannot be read.
func Bad(cause error) error {
	return &Problem{Status: http.StatusBadRequest, Key: "error.bad_request", Cause: cause}
}

// Conflict is the answer when somebody else has changed the thing meanwhile.
func Conflict() error { return &Problem{Status: http.StatusConflict, Key: "error.conflict"} }

// TooLarge is the answer for a body above the limit.
func TooLarge() error {
	return &Problem{Status: http.StatusRequestEntityTooLarge, Key: "error.too_large"}
}

// TooMany is the answer when somebody asks too often.
func TooMany() error { return &Problem{Status: http.StatusTooManyRequests, Key: "error.too_many"} }

// Unavailable is the answer while the database or the disk cannot take writes.
func Unavailable(cause error) error {
	return &Problem{Status: http.StatusServiceUnavailable, Key: "error.unavailable", Cause: cause}
}

// Busy is the answer while more is asked than the node can work on.
func Busy() error { return &Problem{Status: http.StatusServiceUnavailable, Key: "error.busy"} }

// Fields returns the field errors inside err, nil when it is not about a form.
func Fields(err error) []FieldError {
	var p *Problem
	if errors.As(err, &p) {
		return p.Fields
	}
	return nil
}

// ProblemOf reads err as a problem; what nobody expected is a 500.
func ProblemOf(err error) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		return p
	}
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return &Problem{Status: http.StatusRequestEntityTooLarge, Key: "error.too_large", Cause: err}
	case errors.Is(err, context.Canceled):
		return &Problem{Status: statusClientGone, Key: "error.internal", Cause: err}
	}
	return &Problem{Status: http.StatusInternalServerError, Key: "error.internal", Cause: err}
}

// statusClientGone is what the log shows when the caller hung up first.
const statusClientGone = 499

// Redirect answers a successful form with the page to show next.
func Redirect(w http.ResponseWriter, r *http.Request, to string) error {
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}
