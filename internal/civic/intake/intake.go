// Package intake is the one way in for what people say to the city by other
// ways than its pages: on the telephone, at the counter, on paper, by mail, in a
// chat. Each kind of case receives it as it receives a form, so that it gets the
// same number, the same body and the same clock.
package intake

import (
	"context"
	"slices"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/document"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// The channels, as cases and figures name them.
const (
	Phone    = "phone"
	Counter  = "counter"
	Paper    = "paper"
	Mail     = "email"
	Telegram = "telegram"
	// Reception is what was said in person to an official.
	Reception = "reception"
)

// Staffed are the channels where somebody of the staff writes down what is said.
var Staffed = []string{Phone, Counter, Paper}

// Said is what a person asked of the city.
type Said struct {
	What     string // code of a Choice
	Channel  string
	Lang     string
	Author   int64  // person; 0 is nobody known
	Name     string // of the author
	Home     string // the author's own address
	Contact  string // not proved yet: a code has to come back from there
	Place    string // where it is, in words
	Placed   bool
	Lat, Lon float64
	Text     string
	Earlier  string // number of the author's earlier case about the same
	Note     string // for the staff only
	Body     int64  // to whom it is said; 0 leaves it to the city
	Private  bool
	Photos   []casework.Photo
	Files    []document.File
	// Staff tells that the actor writes down what somebody else says; else the
	// actor is the author.
	Staff bool
}

// Choice is something that a kind of case takes.
type Choice struct {
	Code    string
	Text    string
	Instead string // telephone that is called instead; "" where the case is taken
}

// Taken is the case that came of it.
type Taken struct {
	File   *casework.File
	Href   string // page for the author
	Ticket string // that waits for a code; "" when there is nothing to confirm
}

// Like is an open case that may be about the same.
type Like struct {
	File   *casework.File
	Metres float64
}

// Receiver is a kind of case. Field errors of Take are named place, what, text,
// name, home and contact.
type Receiver interface {
	Kind() string
	Choices(ctx context.Context, c *city.City, lang string) ([]Choice, error)
	Take(ctx context.Context, c *city.City, a permission.Actor, s Said) (Taken, error)
	Near(ctx context.Context, c *city.City, a permission.Actor, what string, lat, lon float64, text string) ([]Like, error)
	// Join notes that one more person has the problem of a case: the person
	// follows it and is counted.
	Join(ctx context.Context, c *city.City, a permission.Actor, number string, person int64) error
	// Add puts what the author says later to an open case.
	Add(ctx context.Context, c *city.City, a permission.Actor, number string, author int64, text string, papers []document.File) error
}

// Receivers are all kinds of case that can be taken.
type Receivers []Receiver

// Of finds a kind.
func (r Receivers) Of(kind string) (Receiver, bool) {
	i := slices.IndexFunc(r, func(x Receiver) bool { return x.Kind() == kind })
	if i < 0 {
		return nil, false
	}
	return r[i], true
}

// Renamed tells the field errors of a kind of case under the names that all
// kinds share; names maps its own to those. Other errors pass through.
func Renamed(err error, names map[string]string) error {
	fields := web.Fields(err)
	if len(fields) == 0 {
		return err
	}
	out := make([]web.FieldError, len(fields))
	for i, f := range fields {
		if name := names[f.Field]; name != "" {
			f.Field = name
		}
		out[i] = f
	}
	return web.Invalid(out...)
}
