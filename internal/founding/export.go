package founding

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/place"
	"github.com/ashar-kg/ashar/internal/features/report"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/seed"
)

// Export reads what the files of a city hold back out of the database, as it
// is now: City of the result makes the same city elsewhere. Keys to the systems
// of bodies stay behind, they are secrets; what people wrote is no part of it.
func Export(ctx context.Context, d *db.DB, c *city.City, sections []city.Section, now time.Time) (out *seed.Data, err error) {
	out = &seed.Data{City: exportCity(c)}
	for _, s := range sections {
		values, err := s.Of(c)
		if err != nil {
			return nil, err
		}
		if out.City.Settings[s.Name], err = json.Marshal(values); err != nil {
			return nil, err
		}
	}
	for _, r := range c.Rules {
		one := seed.ClockRule{Code: r.Code, Kind: r.Kind, Step: string(r.Step), Term: r.Term, Unit: string(r.Unit), Basis: textsOf(r.Basis), Law: r.Law}
		for text, into := range map[string]*seed.Date{r.From: &one.ValidFrom, r.Until: &one.ValidUntil} {
			if text != "" {
				if into.Time, err = time.Parse(time.DateOnly, text); err != nil {
					return nil, err
				}
			}
		}
		out.City.ClockRules = append(out.City.ClockRules, one)
	}
	err = d.View(ctx, func(tx *db.Tx) error {
		for _, step := range []func(tx *db.Tx, city int64, out *seed.Data, zone *time.Location) error{exportCalendar, exportBodies, exportNames, exportBook, exportSeries} {
			if err := step(tx, c.ID, out, c.Zone); err != nil {
				return err
			}
		}
		areas, err := place.AllAreas(tx, c.ID)
		if err != nil {
			return err
		}
		out.Boundary, err = place.Collection(areas.Of(place.AreaBoundary, now.UnixMilli()))
		if err == nil {
			out.Districts, err = place.Collection(areas.Of(place.AreaDistrict, now.UnixMilli()))
		}
		return err
	})
	return out, err
}

func textsOf(m map[string]string) seed.Texts {
	return seed.Texts{Ky: m["ky"], Ru: m["ru"], En: m["en"]}
}

// dayOf is the day of an instant in the files, where 0 is open.
func dayOf(ms int64, zone *time.Location) seed.Date {
	if ms == 0 {
		return seed.Date{}
	}
	y, m, d := time.UnixMilli(ms).In(zone).Date()
	return seed.Date{Time: time.Date(y, m, d, 0, 0, 0, 0, time.UTC)}
}

func exportCity(c *city.City) seed.City {
	return seed.City{
		Slug: c.Slug, JurisdictionID: c.Jurisdiction, Hosts: c.Hosts, Names: textsOf(c.Names), Country: c.Country, Timezone: c.Zone.String(),
		Languages: c.Languages, Currency: c.Currency, Center: seed.Center{Lat: c.Lat, Lon: c.Lon, Zoom: c.Zoom}, BBox: c.Box,
		Phone: c.Phone, PhonePrefix: c.PhonePrefix, Settings: map[string]json.RawMessage{},
	}
}

func exportCalendar(tx *db.Tx, id int64, out *seed.Data, _ *time.Location) error {
	days, err := city.Holidays(tx, id)
	for _, h := range days {
		day, err := time.Parse(time.DateOnly, h.Day)
		if err != nil {
			return err
		}
		out.Holidays = append(out.Holidays, seed.Holiday{Date: seed.Date{Time: day}, Kind: h.Kind, Names: textsOf(h.Names), Status: h.Status, Source: h.Source})
	}
	return err
}

func exportBodies(tx *db.Tx, id int64, out *seed.Data, zone *time.Location) error {
	list, err := body.All(tx, id)
	if err != nil {
		return err
	}
	codes := codesOf(list)
	for _, b := range list {
		one := seed.Body{
			ID: b.Code, Kind: b.Kind, Name: textsOf(b.Names), ShortName: textsOf(b.Short), Parent: codes[b.Parent], Aliases: b.Aliases, Note: b.Note,
			Delivery: string(b.Delivery), Email: b.Email, Endpoint: b.Endpoint, Jurisdiction: b.Jurisdiction,
			ValidFrom: dayOf(b.ValidFrom, zone), ValidUntil: dayOf(b.ValidUntil, zone),
		}
		if b.Contacts != "" {
			one.PublicContacts = strings.Split(b.Contacts, "\n")
		}
		if b.Successor != 0 {
			one.Successors = []string{codes[b.Successor]}
		}
		out.Bodies = append(out.Bodies, one)
	}
	return nil
}

func codesOf(list []*body.Body) map[int64]string {
	codes := map[int64]string{}
	for _, b := range list {
		codes[b.ID] = b.Code
	}
	return codes
}

func exportNames(tx *db.Tx, id int64, out *seed.Data, _ *time.Location) error {
	names, err := place.Names(tx, id)
	for _, e := range names {
		out.Places = append(out.Places, seed.Place{
			Type: e.Kind, Texts: seed.Texts{Ky: e.Names.Ky, Ru: e.Names.Ru, En: e.Names.En}, Aliases: e.Aliases, Lat: e.Lat, Lon: e.Lon, Line: e.Line,
		})
	}
	return err
}

func exportBook(tx *db.Tx, id int64, out *seed.Data, zone *time.Location) error {
	b, err := report.ReadBook(tx, id)
	if err != nil {
		return err
	}
	list, err := body.All(tx, id)
	if err != nil {
		return err
	}
	codes := codesOf(list)
	out.Fallback = codes[b.Fallback]
	for _, r := range b.Routes {
		if r.Category != "*" {
			out.Routes = append(out.Routes, seed.Route{
				Category: r.Category, Area: r.Area, Body: codes[r.Body], ValidFrom: dayOf(r.ValidFrom, zone), ValidUntil: dayOf(r.ValidUntil, zone), Source: r.Source,
			})
		}
	}
	for _, g := range b.Groups {
		out.Groups = append(out.Groups, seed.Group{Code: g.Code, Names: textsOf(g.Names)})
	}
	for _, c := range b.Active() {
		text, err := json.Marshal(c)
		if err != nil {
			return err
		}
		var one seed.Category
		if err := json.Unmarshal(text, &one); err != nil {
			return err
		}
		out.Categories = append(out.Categories, one)
	}
	for _, r := range b.Reasons {
		out.Reasons = append(out.Reasons, seed.Reason{Code: r.Code, Kind: r.Kind, Names: textsOf(r.Names)})
	}
	for _, t := range b.Templates {
		out.Templates = append(out.Templates, seed.Template{Code: t.Code, Kind: t.Kind, Reason: t.Reason, Names: textsOf(t.Names), Texts: textsOf(t.Texts)})
	}
	return nil
}
