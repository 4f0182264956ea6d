package project

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/notify"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/civic/place"
	"github.com/ashar-kg/ashar/internal/platform/blob"
	"github.com/ashar-kg/ashar/internal/platform/clock"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/fresh"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/once"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Service is every use case of projects.
type Service struct {
	DB       *db.DB
	Clock    clock.Clock
	Cities   *city.Registry
	Bodies   *body.Store
	Places   *place.Store
	Blobs    blob.Store
	Versions *fresh.Versions
	Desk     *casework.Desk
	Defects  Defects // takes what is wrong with a finished project
}

func at(id int64) string { return "/projects/" + strconv.FormatInt(id, 10) }

func subject(id int64) notify.Subject { return notify.Subject{Kind: SubjectKind, ID: id} }

// publicID is drawn once and says nothing about the project.
func publicID(c *city.City, id int64) string { return c.Slug + "-" + strconv.FormatInt(id, 36) }

func titleKey(titles Texts) string {
	words := make([]string, 0, len(titles))
	for _, lang := range sorted(titles) {
		words = append(words, place.Fold(titles[lang]))
	}
	return strings.Join(words, " ")
}

// FromOrigin makes a project of what was decided elsewhere, such as the winner
// of a vote, inside the transaction of the decision. A repeat with the same kind
// and ref returns the same project and changes nothing.
func (s *Service) FromOrigin(tx *db.Tx, c *city.City, o Origin) (id int64, err error) {
	if o.Kind == "" || o.Ref == "" {
		return 0, fmt.Errorf("project of origin %q %q: %w", o.Kind, o.Ref, db.ErrInvalid)
	}
	now := s.Clock.Now()
	p := &Project{ID: ids.At(now), Body: o.Body, Progress: -1, Told: now.UnixMilli(), Created: now.UnixMilli(), Updated: now.UnixMilli(), Version: 1}
	p.Public = publicID(c, p.ID)
	p.Doc = Doc{
		Titles: o.Titles, Texts: o.Texts, Status: Identification, District: o.District, Geometry: o.Geometry, Placed: o.Placed, Lat: o.Lat, Lon: o.Lon,
		OriginKind: o.Kind, OriginRef: o.Ref, OriginLink: o.Link,
	}
	for i, m := range o.Milestones {
		m.ID = strconv.Itoa(i + 1)
		p.Milestones = append(p.Milestones, m)
		p.Planned.End = max(p.Planned.End, m.Due)
	}
	if o.Cost > 0 {
		p.Budget = Money{Minor: o.Cost, Currency: c.Currency}
	}
	if err := s.locate(tx.Context(), c, p); err != nil {
		return 0, err
	}
	made, err := s.add(tx, c, p, Change{Act: ActOrigin, Body: o.Body})
	if err != nil || made {
		return p.ID, err
	}
	return byOrigin(tx, c.ID, o.Kind, o.Ref)
}

// locate puts the place right: what lies at 0,0 is unknown, a shape has a
// representative point, and the district is that of the point, or that in which
// most of the shape lies.
func (s *Service) locate(ctx context.Context, c *city.City, p *Project) error {
	if p.Geometry != "" {
		g, lat, lon, ok := settle(p.Geometry)
		p.Geometry = g
		if ok && !p.Placed {
			p.Placed, p.Lat, p.Lon = true, lat, lon
		}
	}
	if p.Placed && p.Lat == 0 && p.Lon == 0 {
		p.Placed = false
	}
	if !p.Placed {
		p.Lat, p.Lon = 0, 0
		return nil
	}
	areas, err := s.Places.Areas(ctx, c.ID)
	if err != nil {
		return err
	}
	if p.District != "" && slices.Contains(p.Inferred, "place") {
		return nil // a source that names the district knows better than a guessed place
	}
	now := s.Clock.Now().UnixMilli()
	if shape, ok := place.ReadShape(p.Geometry); ok {
		if list := areas.Districts(shape, now); len(list) > 0 {
			p.District = list[0].Area.Code
			return nil
		}
	}
	if area, ok := areas.DistrictOf(p.Lat, p.Lon, now); ok {
		p.District = area.Code
	}
	return nil
}

// add stores a new project with the first entry of its history and its point.
func (s *Service) add(tx *db.Tx, c *city.City, p *Project, by Change) (made bool, err error) {
	if made, err = insert(tx, c.ID, c.Zone, p); err != nil || !made {
		return made, err
	}
	if err := s.point(tx, c, p); err != nil {
		return true, err
	}
	by.ID, by.Project, by.Facts = ids.At(s.Clock.Now()), p.ID, p.facts()
	tx.AfterCommit(func() { s.Versions.Mark(c.ID) })
	return true, putChange(tx, c.ID, &by)
}

func (s *Service) point(tx *db.Tx, c *city.City, p *Project) error {
	if !p.Placed {
		return place.Remove(tx, c.ID, Layer, p.ID)
	}
	category := ""
	if len(p.Sectors) > 0 {
		category = p.Sectors[0]
	}
	return place.Put(tx, c.ID, place.Point{Layer: Layer, ID: p.ID, Lat: p.Lat, Lon: p.Lon, State: p.mark(), Category: category, Created: p.Created})
}

// save stores a changed project and what changed. Nothing is written when
// nothing did; it tells whether something did.
func (s *Service) save(tx *db.Tx, c *city.City, before, after *Project, by Change) (bool, error) {
	facts := differ(before.facts(), after.facts())
	told := after.Told != before.Told || after.Progress != before.Progress
	if len(facts) == 0 && !told && after.Raw == before.Raw {
		return false, nil
	}
	now := s.Clock.Now()
	after.Updated, after.Version = now.UnixMilli(), before.Version+1
	if err := update(tx, c.ID, c.Zone, after); err != nil {
		return false, err
	}
	if err := s.point(tx, c, after); err != nil {
		return false, err
	}
	tx.AfterCommit(func() { s.Versions.Mark(c.ID) })
	if len(facts) == 0 && by.Act != ActTold {
		return true, nil
	}
	by.ID, by.Project, by.Facts = ids.At(now), after.ID, facts
	return true, putChange(tx, c.ID, &by)
}

// change is the way of every edit: lock, check, let fn edit, store, tell.
func (s *Service) change(ctx context.Context, c *city.City, a permission.Actor, id int64, by Change, notice string, fn func(tx *db.Tx, p *Project) error) error {
	dir, err := s.Bodies.Of(ctx, c.ID)
	if err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		before, err := lock(tx, c.ID, id)
		if err != nil {
			return err
		}
		if err := a.Check(Write, before.Body); err != nil {
			return err
		}
		after, err := before.clone()
		if err != nil {
			return err
		}
		if err := fn(tx, after); err != nil {
			return err
		}
		if after.Body != before.Body {
			if err := a.Check(Write, after.Body); err != nil {
				return err
			}
		}
		by.Person, by.Body = a.Person, workplace(a, after.Body)
		by.Actor = dir.Name(by.Body, c.Languages[0])
		changed, err := s.save(tx, c, before, after, by)
		if err != nil {
			return err
		}
		if changed {
			if err := permission.Audit(tx, a, "project."+by.Act, "project", id, by.Reason, s.Clock.Now()); err != nil {
				return err
			}
			if err := s.tell(tx, c, a, after, notice); err != nil {
				return err
			}
		}
		return once.Claim(tx, "/staff"+at(id))
	})
}

// tell sends a notice to who follows a project.
func (s *Service) tell(tx *db.Tx, c *city.City, a permission.Actor, p *Project, key string) error {
	title, _ := p.Titles.In(c.Languages[0])
	return notify.Emit(tx, notify.Event{
		City: c.ID, Subject: subject(p.ID), Key: key, Link: at(p.ID), Except: a.Person, Args: map[string]string{"title": title},
	})
}

// workplace is the body for which the actor works at a project.
func workplace(a permission.Actor, body int64) int64 {
	for _, g := range a.Grants {
		if g.Body == body {
			return body
		}
	}
	for _, g := range a.Grants {
		if g.Body != 0 {
			return g.Body
		}
	}
	return 0
}

func reasonOf(f *web.Form, words string) string {
	words = strings.TrimSpace(words)
	if words == "" {
		f.Fail("reason", "project.error.reason")
	}
	f.Long("reason", words, maxReason)
	return words
}

// midnight is the beginning of a day (2006-01-02) in a city; 0 for no day.
func midnight(day string, zone *time.Location) int64 {
	t, err := time.ParseInLocation(time.DateOnly, day, zone)
	if err != nil {
		return 0
	}
	return t.UnixMilli()
}
