// Package open311 speaks Open311 GeoReport v2: the answers in XML and JSON, a
// Server in front of any Backend, and a Client for other cities' servers. It
// needs nothing but the standard library.
package open311

import (
	"context"
	"errors"
	"strings"
	"time"
)

// Service is one kind of request a city takes.
type Service struct {
	Code, Name, Description string
	Metadata                bool   // a Definition with attributes exists
	Type                    string // realtime, batch or blackbox
	Keywords                []string
	Group                   string
	Groups                  []string // when there are several: mySociety's extension
}

// Definition lists the extra questions of a service.
type Definition struct {
	ServiceCode string
	Attributes  []Attribute
}

// Attribute is one question of a Definition.
type Attribute struct {
	Variable            bool // false: only a notice, nothing to answer
	Code                string
	Datatype            string // string, number, datetime, text, singlevaluelist, multivaluelist
	Required            bool
	DatatypeDescription string
	Order               int
	Description         string
	Automated           string // server_set or hidden_field: not for a person to answer; mySociety's extension
	Values              []Value
}

// Value is one choice of a list attribute.
type Value struct{ Key, Name string }

// Request is a public service request. A zero time or nil position is unknown.
type Request struct {
	ID, Status, StatusNotes, ServiceName, ServiceCode, Description string
	Agency, Notice                                                 string
	Requested, Updated, Expected                                   time.Time
	Address, AddressID, Zipcode                                    string
	Position                                                       *Position
	MediaURL                                                       string
	Extension                                                      *Extension // only with extensions=true
}

// Position is a WGS84 point.
type Position struct{ Lat, Long float64 }

// Extension is what extensions=true adds to a Request.
type Extension struct {
	Status     string // finer than open and closed, such as FIXED or IN_PROGRESS
	Attributes []Answered
	Notes      []Note
}

// Answered is one attribute with its value.
type Answered struct{ Code, Value string }

// Note is one public step in a request's history.
type Note struct {
	Time                time.Time
	Status, Description string
}

// Answer says what became of a sent request: an ID or a Token, never both
// except when a token is looked up.
type Answer struct{ ID, Token, Notice, AccountID string }

// Update is a public change of a request, as in mySociety's extension.
type Update struct {
	ID, RequestID, Status string
	Updated               time.Time
	Description, MediaURL string
}

// Discovery tells where a city's endpoints are.
type Discovery struct {
	Changeset           time.Time
	Contact, KeyService string
	Endpoints           []Endpoint
}

// Endpoint is one address of a Discovery.
type Endpoint struct {
	Specification, URL string
	Changeset          time.Time
	Type               string // production or test
	Formats            []string
}

// Specification is the value of Endpoint.Specification for GeoReport v2.
const Specification = "http://wiki.open311.org/GeoReport_v2"

// ErrNotFound is returned by a Backend for what does not exist.
var ErrNotFound = errors.New("open311: not found")

// Fault is one error for the person who called.
type Fault struct{ Code, Description string }

// Error is an error answer: an HTTP status and its faults.
type Error struct {
	Status int
	Faults []Fault
}

// Error joins the descriptions.
func (e *Error) Error() string {
	texts := make([]string, len(e.Faults))
	for i, f := range e.Faults {
		texts[i] = f.Code + " " + f.Description
	}
	return "open311: " + strings.Join(texts, "; ")
}

// Call names the city and the language a call is for.
type Call struct{ Jurisdiction, Host, Language string }

// Filter chooses requests. IDs overrides everything but paging.
type Filter struct {
	IDs, Codes, Statuses        []string
	Start, End                  time.Time
	UpdatedAfter, UpdatedBefore time.Time
	Page, PageSize              int // from 1; at most MaxRequests
	Extensions                  bool
}

// Submission is a checked new request.
type Submission struct {
	ServiceCode                                                  string
	Position                                                     *Position
	Address, AddressID                                           string
	Attributes                                                   map[string][]string
	Email, DeviceID, AccountID, FirstName, LastName, Phone, Text string
	MediaURLs                                                    []string
	Files                                                        []File
	APIKey, IdempotencyKey                                       string
}

// File is one uploaded photo; its type is as claimed by the sender.
type File struct {
	Name, Type string
	Data       []byte
}

// UpdateSubmission is a checked update sent by another system.
type UpdateSubmission struct {
	Update
	Email, Phone, FirstName, LastName, Title string
	Files                                    []File
	APIKey, IdempotencyKey                   string
}

// Backend holds the requests behind a Server. Methods return ErrNotFound for
// what does not exist and *Error for a refusal meant for the caller; any other
// error is answered without its detail.
type Backend interface {
	// Jurisdiction checks the city; an empty one is settled by the host or
	// refused with status 400, an unknown one is ErrNotFound.
	Jurisdiction(ctx context.Context, c Call) error
	// Authorize reports whether the key may write.
	Authorize(ctx context.Context, c Call, key string) (bool, error)
	Discovery(ctx context.Context, c Call) (Discovery, error)
	Services(ctx context.Context, c Call) ([]Service, error)
	Definition(ctx context.Context, c Call, code string) (Definition, error)
	Create(ctx context.Context, c Call, s Submission) (Answer, error)
	Token(ctx context.Context, c Call, token string) (Answer, error)
	Requests(ctx context.Context, c Call, f Filter) ([]Request, error)
	Request(ctx context.Context, c Call, id string, extensions bool) (Request, error)
	Updates(ctx context.Context, c Call, start, end time.Time) ([]Update, error)
	CreateUpdate(ctx context.Context, c Call, u UpdateSubmission) (id string, err error)
}
