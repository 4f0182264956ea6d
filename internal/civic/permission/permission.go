// Package permission decides who may do what: a matrix of action × role with a
// level of verification, which an administrator of the city edits. Every
// service method asks it before it changes or shows anything that is not
// public; a denial is final, nothing downstream turns it into permission.
package permission

import (
	"errors"
	"slices"
)

// Level says how well the platform knows a person.
type Level int

// The levels, each including the ones before.
const (
	Anonymous Level = iota // nobody has signed in
	Known                  // an e-mail address or telephone number answered
	Phone                  // a telephone number answered
	Resident               // a document was seen at a desk
	National               // identified by the national ID
)

// Role is what a person is for a body.
type Role string

// The roles. Everybody signed in is a Citizen; the others are granted at a body.
const (
	Citizen    Role = "citizen"
	Inspector  Role = "inspector"  // mends and reports from the street
	Clerk      Role = "clerk"      // answers for a body
	Head       Role = "head"       // leads a body
	Dispatcher Role = "dispatcher" // sees and routes everything of the city
	Moderator  Role = "moderator"  // keeps the public pages clean
	Admin      Role = "admin"      // administers the city
)

// Roles lists the roles that can be granted.
var Roles = []Role{Inspector, Clerk, Head, Dispatcher, Moderator, Admin}

// Grant is a role at a body; body 0 is the whole city.
type Grant struct {
	Role Role
	Body int64
}

// Actor is who asks. The zero Actor of a city is an anonymous visitor.
type Actor struct {
	City   int64
	Person int64 // 0 when anonymous
	Level  Level
	Grants []Grant
	Name   string
	Lang   string
	Strong bool    // this session proved a second factor
	System bool    // the platform itself, such as a job
	For    []int64 // other persons in whose name the actor may act
	matrix *Matrix
}

// WithMatrix returns the actor judged by m.
func (a Actor) WithMatrix(m *Matrix) Actor { a.matrix = m; return a }

// SignedIn tells whether the actor is a known person.
func (a Actor) SignedIn() bool { return a.Person != 0 }

// Owns tells whether what a person has is the actor's: the actor is that person,
// or may act in that person's name. Nobody has what is nobody's.
func (a Actor) Owns(person int64) bool {
	return person != 0 && (a.Person == person || slices.Contains(a.For, person))
}

// Staff tells whether the actor works for the city.
func (a Actor) Staff() bool { return len(a.Grants) > 0 }

// ErrDenied means that the actor may not do it; signing in may help when the
// actor is anonymous.
var ErrDenied = errors.New("not permitted")

// Check returns ErrDenied unless the actor may do action at the body; body 0
// asks for the whole city.
func (a Actor) Check(action string, body int64) error {
	if a.Can(action, body) {
		return nil
	}
	return ErrDenied
}

// Can tells whether the actor may do action for the body. Grants for the whole
// city count for each body; a grant at a body does not count for the city.
func (a Actor) Can(action string, body int64) bool {
	if a.System {
		return true
	}
	if a.matrix == nil {
		return false
	}
	rule, ok := a.matrix.rules[action]
	if !ok || a.Level < rule.Level {
		return false
	}
	if rule.Public || (a.SignedIn() && slices.Contains(rule.Roles, Citizen)) {
		return true
	}
	for _, g := range a.Grants {
		if (g.Body == 0 || (g.Body == body && body != 0)) && slices.Contains(rule.Roles, g.Role) {
			return true
		}
	}
	return false
}

// Bodies returns the bodies for which the actor may do action; all is true
// when it is the whole city.
func (a Actor) Bodies(action string) (bodies []int64, all bool) {
	if a.Can(action, 0) {
		return nil, true
	}
	for _, g := range a.Grants {
		if g.Body != 0 && a.Can(action, g.Body) && !slices.Contains(bodies, g.Body) {
			bodies = append(bodies, g.Body)
		}
	}
	return bodies, false
}

// Some tells whether the actor may do action anywhere.
func (a Actor) Some(action string) bool {
	bodies, all := a.Bodies(action)
	return all || len(bodies) > 0
}
