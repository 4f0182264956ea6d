// Package founding makes a city out of its files: the tenant with its hosts
// and settings, calendar, areas, names of places, bodies, categories and routes.
// Doing it again brings changed files into the city; nothing that residents or
// staff wrote is touched.
package founding

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/place"
	"github.com/ashar-kg/ashar/internal/features/report"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/seed"
)

// Founding says what to found.
type Founding struct {
	ID   int64 // of the city; the one of the same slug when it is there
	Demo bool  // bodies get mail at their invented addresses, people sign in by one click
	Data *seed.Data
	// Sections are the settings that the features declare.
	Sections []city.Section
	// Also runs in the same transaction, with the bodies by code.
	Also func(tx *db.Tx, bodies map[string]*body.Body) error
	zone *time.Location
}

// City stores everything about a city.
func City(ctx context.Context, d *db.DB, f Founding, now time.Time) error {
	zone, err := time.LoadLocation(f.Data.City.Timezone)
	if err != nil {
		return fmt.Errorf("city.json: %w", err)
	}
	f.zone = zone
	from := f.Data.City
	c := &city.City{
		ID: f.ID, Slug: from.Slug, Jurisdiction: from.JurisdictionID, Names: textMap(from.Names), Country: from.Country, Zone: zone,
		Languages: from.Languages, Currency: from.Currency, Phone: from.Phone, PhonePrefix: from.PhonePrefix,
		Lat: from.Center.Lat, Lon: from.Center.Lon, Zoom: from.Center.Zoom, Box: from.BBox, Hosts: from.Hosts, Demo: f.Demo,
	}
	return d.Update(ctx, func(tx *db.Tx) error {
		bodies, err := f.bodies(tx)
		if err != nil {
			return err
		}
		for _, step := range []func() error{
			func() error { return city.Put(tx, c) },
			func() error { return city.PutHolidays(tx, f.ID, Holidays(f.Data)) },
			func() error { return city.PutRules(tx, f.ID, Rules(f.Data)) },
			func() error { return f.settings(tx, now) },
			func() error { return f.putBodies(tx, bodies) },
			func() error { return f.places(tx) },
			func() error { return f.book(tx, bodies) },
			func() error { return f.series(tx, now) },
			func() error {
				if f.Also == nil {
					return nil
				}
				return f.Also(tx, bodies)
			},
		} {
			if err := step(); err != nil {
				return fmt.Errorf("city %s: %w", from.Slug, err)
			}
		}
		return nil
	})
}

func textMap(t seed.Texts) map[string]string {
	return map[string]string{"ky": t.Ky, "ru": t.Ru, "en": t.En}
}

// Holidays are the days of a city that differ from their weekday.
func Holidays(data *seed.Data) []city.Holiday {
	out := make([]city.Holiday, len(data.Holidays))
	for i, h := range data.Holidays {
		out[i] = city.Holiday{Day: h.Date.Format(time.DateOnly), Kind: h.Kind, Names: textMap(h.Names), Source: h.Source, Status: h.Status}
	}
	return out
}

// Rules are the terms that the files of a city hold.
func Rules(data *seed.Data) []city.Rule {
	out := make([]city.Rule, len(data.City.ClockRules))
	for i, r := range data.City.ClockRules {
		out[i] = city.Rule{
			Code: r.Code, Kind: r.Kind, Step: city.Step(r.Step), Term: r.Term, Unit: city.Unit(r.Unit),
			From: r.ValidFrom.Format(time.DateOnly), Basis: textMap(r.Basis), Law: r.Law,
		}
		if !r.ValidUntil.IsZero() {
			out[i].Until = r.ValidUntil.Format(time.DateOnly)
		}
	}
	return out
}

func (f Founding) settings(tx *db.Tx, now time.Time) error {
	var wrong []error
	for _, name := range slices.Sorted(maps.Keys(f.Data.City.Settings)) {
		i := slices.IndexFunc(f.Sections, func(s city.Section) bool { return s.Name == name })
		if i < 0 {
			wrong = append(wrong, fmt.Errorf("%w: settings.%s is unknown", city.ErrSetting, name))
			continue
		}
		values, err := f.Sections[i].Parse(f.Data.City.Settings[name])
		if err == nil {
			err = city.PutSetting(tx, f.ID, name, values, 0, now)
		}
		wrong = append(wrong, err)
	}
	return errors.Join(wrong...)
}

// begin is the instant at which a day of the files begins in the city, 0 for none.
func (f Founding) begin(d seed.Date) int64 {
	if d.IsZero() {
		return 0
	}
	return time.Date(d.Year(), d.Month(), d.Day(), 0, 0, 0, 0, f.zone).UnixMilli()
}

// bodies reads the bodies; one that is in the city already keeps its id.
func (f Founding) bodies(tx *db.Tx) (map[string]*body.Body, error) {
	have, err := body.All(tx, f.ID)
	if err != nil {
		return nil, err
	}
	ids, keys, last := map[string]int64{}, map[string]string{}, int64(0)
	for _, b := range have {
		ids[b.Code], keys[b.Code], last = b.ID, b.EndpointKey, max(last, b.ID)
	}
	data := f.Data
	out := map[string]*body.Body{}
	for _, b := range data.Bodies {
		id, known := ids[b.ID]
		if !known {
			last++
			id = last
		}
		one := &body.Body{
			ID: id, Code: b.ID, Kind: b.Kind, Names: textMap(b.Name), Short: textMap(b.ShortName), ValidFrom: f.begin(b.ValidFrom), ValidUntil: f.begin(b.ValidUntil),
			Delivery: body.Delivery(b.Delivery), Email: b.Email, Endpoint: b.Endpoint, EndpointKey: b.EndpointKey, Jurisdiction: b.Jurisdiction,
			Contacts: strings.Join(b.PublicContacts, "\n"), Note: b.Note, Aliases: b.Aliases,
		}
		if one.EndpointKey == "" {
			one.EndpointKey = keys[b.ID] // an exported folder holds no secrets
		}
		if one.Delivery == "" {
			one.Delivery = body.ByAccount
		}
		if !slices.Contains([]body.Delivery{body.ByAccount, body.ByEmail, body.ByOpen311}, one.Delivery) {
			return nil, fmt.Errorf("bodies.json: delivery of %s is %q, expected account, email or open311", b.ID, b.Delivery)
		}
		if f.Demo {
			one.Email = b.DemoEmail
		}
		out[b.ID] = one
	}
	for _, b := range data.Bodies {
		if p := out[b.Parent]; p != nil {
			out[b.ID].Parent = p.ID
		}
		if len(b.Successors) > 0 && out[b.Successors[0]] != nil {
			out[b.ID].Successor = out[b.Successors[0]].ID
		}
	}
	return out, nil
}

func (f Founding) putBodies(tx *db.Tx, bodies map[string]*body.Body) error {
	for _, b := range bodies {
		if err := body.Put(tx, f.ID, b); err != nil {
			return err
		}
	}
	return nil
}

func (f Founding) places(tx *db.Tx) error {
	data := f.Data
	for _, kind := range []string{place.AreaBoundary, place.AreaDistrict} {
		text := data.Boundary
		if kind == place.AreaDistrict {
			text = data.Districts
		}
		areas, err := place.ParseAreas(text, kind)
		if err != nil {
			return err
		}
		if err := place.ReplaceAreas(tx, f.ID, kind, 0, areas); err != nil {
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
	// Names are numbered by their place in the file, so what is beyond its end has left it.
	old, err := place.Names(tx, f.ID)
	if err != nil {
		return err
	}
	for _, e := range old {
		if e.ID > int64(len(entries)) {
			if err := place.RemoveName(tx, f.ID, e.ID); err != nil {
				return err
			}
		}
	}
	return place.PutNames(tx, f.ID, entries)
}

func (f Founding) book(tx *db.Tx, bodies map[string]*body.Body) error {
	data := f.Data
	if err := report.ClearBook(tx, f.ID); err != nil {
		return err
	}
	for i, g := range data.Groups {
		if err := report.PutGroup(tx, f.ID, i, report.Group{Code: g.Code, Names: textMap(g.Names)}); err != nil {
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
		if err := report.PutCategory(tx, f.ID, i, cat); err != nil {
			return err
		}
	}
	routes := append(data.Routes, seed.Route{Category: "*", Area: "*", Body: data.Fallback})
	for i, r := range routes {
		if bodies[r.Body] == nil {
			return fmt.Errorf("route %d names the unknown body %q", i, r.Body)
		}
		if err := report.PutRoute(tx, f.ID, report.Route{
			ID: int64(i + 1), Category: r.Category, Area: r.Area, Body: bodies[r.Body].ID, ValidFrom: f.begin(r.ValidFrom), ValidUntil: f.begin(r.ValidUntil), Source: r.Source,
		}); err != nil {
			return err
		}
	}
	for i, r := range data.Reasons {
		if err := report.PutReason(tx, f.ID, i, report.Reason{Code: r.Code, Kind: r.Kind, Names: textMap(r.Names)}); err != nil {
			return err
		}
	}
	for i, t := range data.Templates {
		if err := report.PutTemplate(tx, f.ID, i, report.Template{Code: t.Code, Kind: t.Kind, Reason: t.Reason, Names: textMap(t.Names), Texts: textMap(t.Texts)}); err != nil {
			return err
		}
	}
	return nil
}
