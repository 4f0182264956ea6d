// Package reception is the personal reception: an official has hours, a resident
// books one of their slots or waits for one, comes and is heard, and what was
// asked becomes an appeal with its number and clock, unless it was answered on
// the spot.
//
// No law that the city has named sets the terms of this; they are the city's own.
package reception

import (
	"embed"
	"maps"
	"slices"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/db"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations are the tables of this feature.
var Migrations = db.Migrations{Name: "reception", FS: files}

// The actions.
const (
	Publish = "reception.publish" // and cancel hours of a body
	Receive = "reception.receive" // read the list of a body, and say what came of it
	BookFor = "reception.desk"    // for somebody who calls
)

// Permissions is who may do what unless the city says otherwise.
func Permissions() []permission.Rule {
	return []permission.Rule{
		{Action: Publish, Roles: []permission.Role{permission.Admin, permission.Head, permission.Clerk}},
		{Action: Receive, Roles: []permission.Role{permission.Head, permission.Clerk}},
		{Action: BookFor, Roles: []permission.Role{permission.Dispatcher}},
	}
}

// Settings are the city's own rules of booking.
type Settings struct {
	Ahead    int `json:"ahead"`    // bookings of one person that lie ahead
	Official int `json:"official"` // those of them with one official
}

// DefaultSettings hold until the city sets its own.
var DefaultSettings = Settings{Ahead: 3, Official: 1}

// Section declares the settings.
var Section = city.Section{Name: "reception", Default: DefaultSettings, Fields: []city.SettingField{{Key: "ahead", Min: 1, Max: 20}, {Key: "official", Min: 1, Max: 20}}}

// The states of a booking.
const (
	Booked    = "booked"
	Waiting   = "waiting" // for a slot
	Cancelled = "cancelled"
	Came      = "came"
	Missed    = "missed"
)

// Session is some hours of an official. Instants are Unix milliseconds.
type Session struct {
	ID        int64
	Body      int64
	Officials map[string]string // name and position, by language
	Place     string
	Remote    bool // by telephone
	Begins    int64
	Ends      int64
	Minutes   int64 // of a slot
	Opens     int64 // when booking begins; 0 at once
	Closes    int64 // when booking ends
	Note      string
	Staff     int64   // who receives, if it is somebody of the body's staff
	Gone      []int64 // slots that were taken out
	Cancelled string
	Person    int64 // who published it
	Taken     int64 // slots
	Queue     int64 // who wait for one
}

// Slots are the instants at which the slots begin, without those taken out.
func (s *Session) Slots() []int64 {
	step := s.Minutes * time.Minute.Milliseconds()
	var out []int64
	for at := s.Begins; at+step <= s.Ends; at += step {
		if !slices.Contains(s.Gone, at) {
			out = append(out, at)
		}
	}
	return out
}

// Free is how many slots nobody has.
func (s *Session) Free() int64 { return int64(len(s.Slots())) - s.Taken }

// Open tells whether it can be booked.
func (s *Session) Open(now time.Time) bool {
	return s.Cancelled == "" && !s.Early(now) && now.UnixMilli() < s.Closes
}

// Early tells whether booking has not begun.
func (s *Session) Early(now time.Time) bool { return now.UnixMilli() < s.Opens }

// Same tells whether two sessions are of one official, as far as is known.
func (s *Session) Same(o *Session) bool {
	return s.Body == o.Body && (s.Staff != 0 && s.Staff == o.Staff || maps.Equal(s.Officials, o.Officials))
}

// Booking is somebody's place in a session. Instants are Unix milliseconds.
type Booking struct {
	ID       int64
	Session  int64
	Person   int64
	Slot     int64 // when it begins; 0 waits for one
	State    string
	Name     string
	Subject  string
	Earlier  int64 // case that it is about
	Lang     string
	Outcome  string // what was answered on the spot
	Case     int64  // what came of it
	Reminded bool
	Turn     int64 // in which they booked; who waits longest has the smallest
}

// Ahead tells whether it still is to come, or waits.
func (b *Booking) Ahead() bool { return b.State == Booked || b.State == Waiting }

// Limits of texts, in characters, and of slots.
const (
	minSubject = 10
	maxSubject = 1000
	maxName    = 120
	maxWords   = 300
	maxNote    = 1000
	maxOutcome = 5000
	minMinutes = 5
	maxMinutes = 120
	maxSlots   = 60
)
