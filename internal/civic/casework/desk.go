package casework

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/civic/place"
	"github.com/ashar-kg/ashar/internal/platform/clock"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/fresh"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Hook is told about every change of a case of its kind, inside the same
// transaction. before is nil for a new case.
type Hook func(tx *db.Tx, c *city.City, before, after *File, e *Event) error

// Desk is where cases are opened and moved. Every step is one transaction:
// the case, its timeline, its point on the map, its share of the statistics
// and what the hooks add, such as notices to followers.
type Desk struct {
	db       *db.DB
	clock    clock.Clock
	versions *fresh.Versions
	order    []string
	kinds    map[string]*Kind
	hooks    map[string][]Hook
	counted  sync.Map // cities whose recount is over, by id
}

// NewDesk returns a desk for the kinds given.
func NewDesk(d *db.DB, c clock.Clock, v *fresh.Versions, kinds ...*Kind) (*Desk, error) {
	desk := &Desk{db: d, clock: c, versions: v, kinds: map[string]*Kind{}, hooks: map[string][]Hook{}}
	for _, k := range kinds {
		if err := k.Check(); err != nil {
			return nil, err
		}
		desk.order, desk.kinds[k.Name] = append(desk.order, k.Name), k
	}
	return desk, nil
}

// Hook adds a hook for a kind; it must be called before the desk is used.
func (d *Desk) Hook(kind string, h Hook) { d.hooks[kind] = append(d.hooks[kind], h) }

// Kinds are the names of the declared kinds, in the order of their declaration.
func (d *Desk) Kinds() []string { return d.order }

// Kind returns a declared kind.
func (d *Desk) Kind(name string) *Kind { return d.kinds[name] }

// Open stores a new case inside tx and numbers it last, so that no number is
// drawn for a case that cannot be stored. f needs its kind, texts,
// place, category, body, visibility and due date; first words go to e.
func (d *Desk) Open(tx *db.Tx, c *city.City, f *File, e *Event, photos []Photo) error {
	k := d.kinds[f.Kind]
	now := d.clock.Now()
	f.ID = ids.At(now)
	f.State, f.Open, f.Version = k.First, true, 1
	f.Created, f.Updated = now.UnixMilli(), now.UnixMilli()
	e.ID, e.Case, e.Kind, e.State, e.Person, e.Lang = ids.At(now), f.ID, EventCreated, f.State, f.Author, f.Lang
	if err := appendEvent(tx, c.ID, e); err != nil {
		return err
	}
	if err := d.addPhotos(tx, c.ID, f, e, photos); err != nil {
		return err
	}
	if err := d.follow(tx, c, nil, f, e); err != nil {
		return err
	}
	return d.number(tx, c, k, f, e)
}

// number draws the number, stores the row and tells the hooks.
func (d *Desk) number(tx *db.Tx, c *city.City, k *Kind, f *File, e *Event) error {
	year := time.UnixMilli(f.Created).In(c.Zone).Year()
	n, err := city.Next(tx, c.ID, counterName(k, year))
	if err != nil {
		return err
	}
	f.Number = FormatNumber(k.Prefix, year, n)
	if err := insert(tx, c.ID, f); err != nil {
		return err
	}
	for _, h := range d.hooks[f.Kind] {
		if err := h(tx, c, nil, f, e); err != nil {
			return err
		}
	}
	return nil
}

func counterName(k *Kind, year int) string { return fmt.Sprintf("case.%s.%d", k.Prefix, year) }

// FormatNumber writes the number that people say on the phone: "2026-004711".
func FormatNumber(prefix string, year int, n int64) string {
	return fmt.Sprintf("%s%d-%06d", prefix, year, n)
}

// change is the way of every later step: lock, let fn decide, store, add to
// the timeline and let everything that hangs on the case follow.
func (d *Desk) change(tx *db.Tx, c *city.City, id int64, fn func(f *File, e *Event) error) (*File, *Event, error) {
	before, err := Lock(tx, c.ID, id)
	if err != nil {
		return nil, nil, err
	}
	after := *before
	now := d.clock.Now()
	e := &Event{ID: ids.At(now), Case: id}
	if err := fn(&after, e); err != nil {
		return nil, nil, err
	}
	after.Updated = now.UnixMilli()
	if e.State == "" {
		e.State = after.State
	}
	if e.Kind != "" {
		if err := appendEvent(tx, c.ID, e); err != nil {
			return nil, nil, err
		}
	}
	if err := d.addPhotos(tx, c.ID, &after, e, e.Photos); err != nil {
		return nil, nil, err
	}
	if err := update(tx, c.ID, &after); err != nil {
		return nil, nil, err
	}
	if err := d.follow(tx, c, before, &after, e); err != nil {
		return nil, nil, err
	}
	for _, h := range d.hooks[after.Kind] {
		if err := h(tx, c, before, &after, e); err != nil {
			return nil, nil, err
		}
	}
	return &after, e, nil
}

// follow brings the map, the statistics and the caches after a change.
func (d *Desk) follow(tx *db.Tx, c *city.City, before, after *File, e *Event) error {
	if err := d.record(tx, c, before, after); err != nil {
		return err
	}
	d.versions.Touch(tx, c.ID)
	k := d.kinds[after.Kind]
	layer := k.Layer
	if layer == "" {
		return nil
	}
	state, _ := k.State(after.State)
	was := before != nil && before.Placed && before.Listed()
	is := after.Placed && after.Listed()
	switch {
	case is && was && samePoint(before, after):
		return nil
	case is:
		return place.Put(tx, c.ID, place.Point{
			Layer: layer, ID: after.ID, Lat: after.Lat, Lon: after.Lon, Category: after.Category, State: state.Mark, Created: after.Created,
		})
	case was:
		return place.Remove(tx, c.ID, layer, after.ID)
	}
	return nil
}

func samePoint(a, b *File) bool {
	return a.Lat == b.Lat && a.Lon == b.Lon && a.Category == b.Category && a.State == b.State
}

func (d *Desk) addPhotos(tx *db.Tx, cityID int64, f *File, e *Event, photos []Photo) error {
	for i := range photos {
		p := &photos[i]
		p.ID, p.Case, p.Event = ids.At(ids.Time(e.ID)), f.ID, e.ID
		if err := insertPhoto(tx, cityID, p); err != nil {
			return err
		}
		if f.Photo == "" && p.Public {
			f.Photo = p.Thumb
		}
	}
	return nil
}

// Move brings a case into another state, by the declared steps only.
type Move struct {
	To      string
	Reason  string
	Note    string
	Lang    string
	Actor   string // shown in the timeline
	Photos  []Photo
	Version int64         // the version the person saw, 0 for any
	Edit    func(f *File) // what else the step changes in the case, such as the end of its clock; may be nil
}

// Move does the step for the actor. Input errors name the fields "to",
// "reason" and "note".
func (d *Desk) Move(tx *db.Tx, c *city.City, a permission.Actor, id int64, m Move) (*File, error) {
	f, _, err := d.change(tx, c, id, func(f *File, e *Event) error {
		if m.To == "" {
			return web.Invalid(web.FieldError{Field: "to", Key: "case.error.to"})
		}
		k := d.kinds[f.Kind]
		if m.To == "" {
			return web.Invalid(web.FieldError{Field: "to", Key: "case.error.choose"})
		}
		step, ok := k.Step(f.State, m.To)
		if !ok {
			return web.Invalid(web.FieldError{Field: "to", Key: "case.error.step"})
		}
		if err := a.Check(step.Action, f.Body); err != nil {
			return err
		}
		if m.Version != 0 && m.Version != f.Version {
			return web.Conflict()
		}
		var wrong []web.FieldError
		if step.Reason && m.Reason == "" {
			wrong = append(wrong, web.FieldError{Field: "reason", Key: "case.error.reason"})
		}
		if step.Words && m.Note == "" {
			wrong = append(wrong, web.FieldError{Field: "note", Key: "case.error.words"})
		}
		if wrong != nil {
			return web.Invalid(wrong...)
		}
		d.enter(f, k, m.To, m.Reason)
		if m.Edit != nil {
			m.Edit(f)
		}
		*e = Event{
			ID: e.ID, Case: id, Kind: EventState, Public: true, Person: a.Person, Actor: m.Actor, Body: f.Body,
			Reason: m.Reason, Note: m.Note, Lang: m.Lang, Photos: m.Photos,
		}
		return nil
	})
	return f, err
}

// enter sets what a state means for the case.
func (d *Desk) enter(f *File, k *Kind, to, reason string) {
	now := d.clock.Now().UnixMilli()
	s, _ := k.State(to)
	f.State, f.Open, f.Reason = to, s.Open, reason
	if s.Answer && f.Answered == 0 {
		f.Answered = now
	}
	if s.Open {
		f.Closed = 0
	} else if f.Closed == 0 {
		f.Closed = now
	}
}

// View runs fn with a consistent snapshot.
func (d *Desk) View(ctx context.Context, fn func(*db.Tx) error) error { return d.db.View(ctx, fn) }

// Update runs fn in a transaction.
func (d *Desk) Update(ctx context.Context, fn func(*db.Tx) error) error { return d.db.Update(ctx, fn) }
