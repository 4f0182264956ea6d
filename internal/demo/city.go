// Package demo loads the demo city of Bishkek: its boundary, bodies,
// categories and invented people, and as many invented reports as are asked
// for. Everything it makes is labelled as demo wherever it is shown.
package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/account"
	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/civic/place"
	"github.com/ashar-kg/ashar/internal/features/report"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/seed"
)

// CityID is the id of the demo city.
const CityID = 1

// byEmail are the bodies that get their reports by e-mail in the demo, so that
// this way can be seen too.
var byEmail = map[string]bool{"vodokanal": true, "teploset": true}

// City stores everything about the demo city but its reports. Doing it again
// brings changed seed files into an old demo.
func City(ctx context.Context, d *db.DB, now time.Time) error {
	data, err := seed.Load()
	if err != nil {
		return err
	}
	zone, err := time.LoadLocation(data.City.Timezone)
	if err != nil {
		return err
	}
	c := &city.City{
		ID: CityID, Slug: data.City.Slug, Jurisdiction: data.City.JurisdictionID, Names: textMap(data.City.Names), Country: data.City.Country,
		Zone: zone, Languages: data.City.Languages, Currency: data.City.Currency, Phone: data.City.Phone, PhonePrefix: "996",
		Lat: data.City.Center.Lat, Lon: data.City.Center.Lon, Zoom: data.City.Center.Zoom, Box: data.City.BBox, Hosts: data.City.Hosts, Demo: true,
	}
	bodies := bodiesOf(data)
	return d.Update(ctx, func(tx *db.Tx) error {
		for _, step := range []func() error{
			func() error { return city.Put(tx, c) },
			func() error { return city.PutHolidays(tx, CityID, holidays(data)) },
			func() error { return putSettings(tx, data, now) },
			func() error { return putBodies(tx, bodies) },
			func() error { return putPlaces(tx, data) },
			func() error { return putBook(tx, data, bodies) },
			func() error { return putPeople(tx, data, bodies, now) },
		} {
			if err := step(); err != nil {
				return fmt.Errorf("demo city: %w", err)
			}
		}
		return nil
	})
}

func textMap(t seed.Texts) map[string]string {
	return map[string]string{"ky": t.Ky, "ru": t.Ru, "en": t.En}
}

func holidays(data *seed.Data) []city.Holiday {
	out := make([]city.Holiday, len(data.Holidays))
	for i, h := range data.Holidays {
		out[i] = city.Holiday{Day: h.Date.Format(time.DateOnly), Kind: h.Kind, Names: textMap(h.Names), Source: h.Source}
	}
	return out
}

func putSettings(tx *db.Tx, data *seed.Data, now time.Time) error {
	s := report.DefaultSettings
	s.ReopenDays, s.NearMetres, s.MaxPhotos = data.City.Settings.ReopenDays, data.City.Settings.NearbyMetres, data.City.Settings.PhotosPerReport
	s.HoldAnonymous, s.DefaultDays = data.City.Settings.HoldFirstAnonymous, data.City.Settings.ReportAnswerWorkingDays
	s.SoonHours, s.OpenKeys = 24*data.City.Settings.EscalateBeforeWorkingDays, true
	return city.PutSetting(tx, CityID, report.KindName, s, 0, now)
}

func ms(d seed.Date) int64 {
	if d.IsZero() {
		return 0
	}
	return d.UnixMilli()
}

// bodiesOf gives every body of the seed a stable id, in its order.
func bodiesOf(data *seed.Data) map[string]*body.Body {
	out := map[string]*body.Body{}
	for i, b := range data.Bodies {
		way := body.ByAccount
		if byEmail[b.ID] && b.DemoEmail != "" {
			way = body.ByEmail
		}
		out[b.ID] = &body.Body{
			ID: int64(i + 1), Code: b.ID, Kind: b.Kind, Names: textMap(b.Name), Short: textMap(b.ShortName), ValidFrom: ms(b.ValidFrom),
			ValidUntil: ms(b.ValidUntil), Delivery: way, Email: b.DemoEmail, Contacts: strings.Join(b.PublicContacts, "\n"), Note: b.Note, Aliases: b.Aliases,
		}
	}
	for _, b := range data.Bodies {
		if p := out[b.Parent]; p != nil {
			out[b.ID].Parent = p.ID
		}
		if len(b.Successors) > 0 && out[b.Successors[0]] != nil {
			out[b.ID].Successor = out[b.Successors[0]].ID
		}
	}
	return out
}

func putBodies(tx *db.Tx, bodies map[string]*body.Body) error {
	for _, b := range bodies {
		if err := body.Put(tx, CityID, b); err != nil {
			return err
		}
	}
	return nil
}

func putPlaces(tx *db.Tx, data *seed.Data) error {
	for _, kind := range []string{place.AreaBoundary, place.AreaDistrict} {
		text := seed.Boundary()
		if kind == place.AreaDistrict {
			text = seed.Districts()
		}
		areas, err := place.ParseAreas(text, kind)
		if err != nil {
			return err
		}
		if err := place.ReplaceAreas(tx, CityID, kind, 0, areas); err != nil {
			return err
		}
	}
	entries := make([]place.Entry, len(data.Places))
	for i, p := range data.Places {
		entries[i] = place.Entry{
			ID: int64(i + 1), Kind: p.Type, Names: place.Texts{Ky: p.Ky, Ru: p.Ru, En: p.En}, Aliases: p.Aliases,
			Placed: p.Lat != 0, Lat: p.Lat, Lon: p.Lon, Line: p.Line,
		}
	}
	return place.PutNames(tx, CityID, entries)
}

func putBook(tx *db.Tx, data *seed.Data, bodies map[string]*body.Body) error {
	for i, g := range data.Groups {
		if err := report.PutGroup(tx, CityID, i, report.Group{Code: g.Code, Names: textMap(g.Names)}); err != nil {
			return err
		}
	}
	for i, c := range data.Categories {
		text, err := json.Marshal(c)
		if err != nil {
			return err
		}
		cat := &report.Category{}
		if err := json.Unmarshal(text, cat); err != nil {
			return fmt.Errorf("category %s: %w", c.Code, err)
		}
		cat.Active = true
		if err := report.PutCategory(tx, CityID, i, cat); err != nil {
			return err
		}
	}
	routes := append(data.Routes, seed.Route{Category: "*", Area: "*", Body: data.Fallback})
	for i, r := range routes {
		if bodies[r.Body] == nil {
			return fmt.Errorf("route %d names the unknown body %q", i, r.Body)
		}
		if err := report.PutRoute(tx, CityID, report.Route{
			ID: int64(i + 1), Category: r.Category, Area: r.Area, Body: bodies[r.Body].ID, ValidFrom: ms(r.ValidFrom), ValidUntil: ms(r.ValidUntil), Source: r.Source,
		}); err != nil {
			return err
		}
	}
	for i, r := range data.Reasons {
		if err := report.PutReason(tx, CityID, i, report.Reason{Code: r.Code, Kind: r.Kind, Names: textMap(r.Names)}); err != nil {
			return err
		}
	}
	for i, t := range data.Templates {
		if err := report.PutTemplate(tx, CityID, i, report.Template{Code: t.Code, Kind: t.Kind, Reason: t.Reason, Names: textMap(t.Names), Texts: textMap(t.Texts)}); err != nil {
			return err
		}
	}
	return nil
}

// The demo's people have ids of their own, before all that are made later.
const (
	firstStaff    = 1000
	firstResident = 2000
)

// jobs of the demo's staff.
var jobsOfStaff = []struct {
	role permission.Role
	body string // "" is the whole city
}{
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
			staff = append(staff, struct {
				role permission.Role
				body string
			}{permission.Clerk, b.ID})
		}
	}
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
	for i := range Residents {
		if err := add(int64(firstResident+i), len(staff)+i, fmt.Sprintf("resident%d@demo.example", i+1)); err != nil {
			return err
		}
	}
	return nil
}

// Residents is how many invented residents have accounts.
const Residents = 40

// resident returns the id of the n-th invented resident.
func resident(n int) int64 { return int64(firstResident + n%Residents) }
