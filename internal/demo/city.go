// Package demo loads the demo city of Bishkek: its boundary, bodies,
// categories and invented people, and as many invented reports as are asked
// for. Everything it makes is labelled as demo wherever it is shown.
package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/account"
	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/founding"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/seed"
)

// CityID is the id of the demo city.
const CityID = 1

// City stores everything about the demo city but its reports. Doing it again
// brings changed seed files into an old demo.
func City(ctx context.Context, d *db.DB, sections []city.Section, now time.Time) error {
	data, err := seed.Load()
	if err != nil {
		return err
	}
	return founding.City(ctx, d, founding.Founding{ID: CityID, Demo: true, Data: data, Sections: sections, Also: func(tx *db.Tx, bodies map[string]*body.Body) error {
		return putPeople(tx, data, bodies, now)
	}}, now)
}

// The demo's people have ids of their own, before all that are made later.
const (
	firstStaff    = 1000
	firstResident = 2000
)

// job is the work of one of the demo's staff.
type job struct {
	role permission.Role
	body string // "" is the whole city
}

// jobsOfStaff are at the head of the demo's list; those of every other body
// follow, and at last those who sign what the city answers.
var jobsOfStaff = []job{
	{permission.Admin, ""},
	{permission.Dispatcher, ""},
	{permission.Moderator, ""},
	{permission.Clerk, "gorsvet"},
	{permission.Head, "gorsvet"},
	{permission.Inspector, "gorsvet"},
}

func putPeople(tx *db.Tx, data *seed.Data, bodies map[string]*body.Body, now time.Time) error {
	people := data.Phrases.People
	add := func(id int64, n int, address string) error {
		p := people[n%len(people)]
		return account.PutDemo(tx, CityID, account.Person{ID: id, Name: p.Name, Lang: p.Lang, Level: permission.Phone, Created: now.UnixMilli()}, address)
	}
	staff := jobsOfStaff
	for _, b := range data.Bodies {
		answers := false
		for _, r := range data.Routes {
			answers = answers || (r.Body == b.ID && r.ValidUntil.IsZero())
		}
		if answers && b.ID != "gorsvet" && bodies[b.ID].Delivery == body.ByAccount {
			staff = append(staff, job{permission.Clerk, b.ID})
		}
	}
	staff = append(staff, job{permission.Head, "meria"}, job{permission.Head, data.Fallback}, job{permission.Clerk, "econ-fin"})
	for i, j := range staff {
		id := int64(firstStaff + i)
		if err := add(id, i, fmt.Sprintf("staff%d@demo.example", i+1)); err != nil {
			return err
		}
		g := permission.Grant{Role: j.role}
		if b := bodies[j.body]; b != nil {
			g.Body = b.ID
		}
		if err := account.PutGrant(tx, CityID, id, g); err != nil {
			return err
		}
	}
	for i, code := range grantHeads {
		id := int64(firstGrantHead + i)
		if err := add(id, len(staff)+Residents+i, fmt.Sprintf("grants%d@demo.example", i+1)); err != nil {
			return err
		}
		if err := account.PutGrant(tx, CityID, id, permission.Grant{Role: permission.Head, Body: bodies[code].ID}); err != nil {
			return err
		}
	}
	for i := range Residents {
		if err := add(int64(firstResident+i), len(staff)+i, fmt.Sprintf("resident%d@demo.example", i+1)); err != nil {
			return err
		}
	}
	return nil
}

// grantHeads are the bodies whose heads lead the commissions for grants; their ids
// are apart, so that they move nobody else's.
var grantHeads = []string{"district-lenin", "district-sverdlov"}

const firstGrantHead = 1900

// Residents is how many invented residents have accounts.
const Residents = 40

// resident returns the id of the n-th invented resident.
func resident(n int) int64 { return int64(firstResident + n%Residents) }
