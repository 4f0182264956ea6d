package casework

import (
	"errors"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// errSame ends a step that would change nothing.
var errSame = errors.New("nothing to change")

func ignoreSame(f *File, err error) (*File, error) {
	if errors.Is(err, errSame) {
		return f, nil
	}
	return f, err
}

// Comment adds words and photos that everybody may read. A held comment is
// seen by its author and the moderators until one of them lets it through.
func (d *Desk) Comment(tx *db.Tx, c *city.City, id int64, ev Event) (*File, *Event, error) {
	return d.change(tx, c, id, func(_ *File, e *Event) error {
		ev.ID, ev.Case, ev.Kind, ev.Public = e.ID, id, EventComment, !ev.Held
		*e = ev
		return nil
	})
}

// Note adds words that only the staff reads.
func (d *Desk) Note(tx *db.Tx, c *city.City, a permission.Actor, id int64, note string) error {
	_, _, err := d.change(tx, c, id, func(f *File, e *Event) error {
		if err := a.Check(f.Kind+".work", f.Body); err != nil {
			return err
		}
		if note == "" {
			return web.Invalid(web.FieldError{Field: "note", Key: "error.field.required"})
		}
		e.Kind, e.Person, e.Actor, e.Note = EventNote, a.Person, a.Name, note
		return nil
	})
	return err
}

// Assign gives a case to a person of its body; 0 takes it from whoever has it.
func (d *Desk) Assign(tx *db.Tx, c *city.City, a permission.Actor, id, person int64, name string) error {
	_, _, err := d.change(tx, c, id, func(f *File, e *Event) error {
		if err := a.Check(f.Kind+".work", f.Body); err != nil {
			return err
		}
		if f.Assignee == person {
			return errSame
		}
		f.Assignee = person
		e.Kind, e.Person, e.Actor, e.Detail = EventAssigned, a.Person, a.Name, name
		return nil
	})
	_, err = ignoreSame(nil, err)
	return err
}

// Transfer hands a case over to another body with the number and the clock it
// has. The public sees where it went and why.
func (d *Desk) Transfer(tx *db.Tx, c *city.City, a permission.Actor, id, to int64, toName, note string) (*File, error) {
	f, _, err := d.change(tx, c, id, func(f *File, e *Event) error {
		if err := a.Check(f.Kind+".transfer", f.Body); err != nil {
			return err
		}
		if f.Body == to {
			return web.Invalid(web.FieldError{Field: "body", Key: "case.error.same_body"})
		}
		f.Body, f.Assignee, f.Escalated = to, 0, false
		e.Kind, e.Public, e.Person, e.Actor, e.Body, e.Note, e.Detail = EventTransferred, true, a.Person, a.Name, to, note, toName
		return nil
	})
	return f, err
}

// Recategorise changes the category, and the body and due date that follow
// from it. The old category stays in the timeline.
func (d *Desk) Recategorise(tx *db.Tx, c *city.City, a permission.Actor, id int64, category string, to int64, due time.Time, note string) (*File, error) {
	f, _, err := d.change(tx, c, id, func(f *File, e *Event) error {
		if err := a.Check(f.Kind+".work", f.Body); err != nil {
			return err
		}
		if f.Category == category {
			return web.Invalid(web.FieldError{Field: "category", Key: "case.error.same_category"})
		}
		e.Kind, e.Public, e.Person, e.Actor, e.Note, e.Detail = EventCategory, true, a.Person, a.Name, note, f.Category
		if f.Body != to {
			f.Assignee = 0
		}
		f.Category, f.Body = category, to
		if due.UnixMilli() > f.Due {
			f.Due = due.UnixMilli()
		}
		e.Body = to
		return nil
	})
	return f, err
}

// Merge makes a case a duplicate of another: its author and followers go on
// with that one.
func (d *Desk) Merge(tx *db.Tx, c *city.City, a permission.Actor, id, into int64, note string) (*File, error) {
	target, err := Lock(tx, c.ID, into)
	if err != nil {
		return nil, err
	}
	dup, _, err := d.change(tx, c, id, func(f *File, e *Event) error {
		if err := a.Check(f.Kind+".work", f.Body); err != nil {
			return err
		}
		if id == into || target.Parent != 0 || target.Kind != f.Kind || f.Parent != 0 {
			return web.Invalid(web.FieldError{Field: "into", Key: "case.error.merge"})
		}
		d.enter(f, d.kinds[f.Kind], d.kinds[f.Kind].Duplicate, "duplicate")
		f.Parent = into
		e.Kind, e.Public, e.Person, e.Actor, e.Note, e.Detail = EventMerged, true, a.Person, a.Name, note, target.Number
		return nil
	})
	if err != nil {
		return nil, err
	}
	_, _, err = d.change(tx, c, into, func(f *File, e *Event) error {
		f.Seen += 1 + dup.Seen
		e.Kind, e.Public, e.Person, e.Actor, e.Detail = EventAbsorbed, true, a.Person, a.Name, dup.Number
		return nil
	})
	return dup, err
}

// Reopen puts a closed case back to work. Who may is for the caller to check:
// the author within the city's days, or staff.
func (d *Desk) Reopen(tx *db.Tx, c *city.City, a permission.Actor, id int64, actor, note, lang string, due time.Time, photos []Photo) (*File, error) {
	f, _, err := d.change(tx, c, id, func(f *File, e *Event) error {
		if f.Open || f.Parent != 0 {
			return web.Invalid(web.FieldError{Field: "to", Key: "case.error.step"})
		}
		d.enter(f, d.kinds[f.Kind], d.kinds[f.Kind].Reopened, "")
		f.Reopens++
		f.Due, f.Rating, f.Verdict, f.Escalated = due.UnixMilli(), 0, "", false
		*e = Event{ID: e.ID, Case: id, Kind: EventReopened, Public: true, Person: a.Person, Actor: actor, Note: note, Lang: lang, Photos: photos}
		return nil
	})
	return f, err
}

// Rate stores the author's judgement of a closed case: stars from 1 to 5 and
// whether it is really fixed.
func (d *Desk) Rate(tx *db.Tx, c *city.City, a permission.Actor, id, stars int64, verdict, note, actor, lang string) (*File, error) {
	f, _, err := d.change(tx, c, id, func(f *File, e *Event) error {
		if f.Open {
			return web.Invalid(web.FieldError{Field: "rating", Key: "case.error.rate_open"})
		}
		if stars < 1 || stars > 5 {
			return web.Invalid(web.FieldError{Field: "rating", Key: "error.field.required"})
		}
		f.Rating, f.Verdict = stars, verdict
		*e = Event{
			ID: e.ID, Case: id, Kind: EventRated, Public: true, Person: a.Person, Actor: actor, Note: note, Lang: lang,
			Detail: verdict + ":" + string(rune('0'+stars)),
		}
		return nil
	})
	return f, err
}

// Show changes who sees a case, with a reason when it is taken down.
func (d *Desk) Show(tx *db.Tx, c *city.City, a permission.Actor, id int64, v Visibility, reason, note string) (*File, error) {
	f, _, err := d.change(tx, c, id, func(f *File, e *Event) error {
		if err := a.Check(f.Kind+".moderate", f.Body); err != nil {
			return err
		}
		if v == Hidden && reason == "" {
			return web.Invalid(web.FieldError{Field: "reason", Key: "case.error.reason"})
		}
		if f.Visibility == v {
			return errSame
		}
		e.Kind, e.Person, e.Actor, e.Reason, e.Note, e.Detail = EventVisibility, a.Person, a.Name, reason, note, string(f.Visibility)+">"+string(v)
		f.Visibility = v
		return nil
	})
	return ignoreSame(f, err)
}

// Confirm makes an unconfirmed case count, from now: its author has answered
// the code. v is Public, Private or Held; due is the new end of the clock.
func (d *Desk) Confirm(tx *db.Tx, c *city.City, id, author int64, v Visibility, due time.Time) (*File, error) {
	f, _, err := d.change(tx, c, id, func(f *File, e *Event) error {
		if f.Visibility != Unconfirmed {
			return errSame
		}
		f.Visibility, f.Author, f.Due, f.Reason = v, author, due.UnixMilli(), ""
		e.Kind, e.Person, e.Detail = EventVisibility, author, string(Unconfirmed)+">"+string(v)
		return nil
	})
	return ignoreSame(f, err)
}

// Release decides about a held comment: shown, or kept from the public.
func (d *Desk) Release(tx *db.Tx, c *city.City, a permission.Actor, id, event int64, show bool) error {
	f, err := Lock(tx, c.ID, id)
	if err != nil {
		return err
	}
	if err := a.Check(f.Kind+".moderate", f.Body); err != nil {
		return err
	}
	if _, err := tx.Exec("case.event.release", `UPDATE case_event SET held = FALSE, public = $4 WHERE city_id = $1 AND case_id = $2 AND id = $3`,
		c.ID, id, event, show); err != nil {
		return err
	}
	if _, err := tx.Exec("case.event.photos", `UPDATE case_photo SET public = $4 WHERE city_id = $1 AND case_id = $2 AND event_id = $3`,
		c.ID, id, event, show); err != nil {
		return err
	}
	d.versions.Touch(tx, c.ID)
	return permission.Audit(tx, a, f.Kind+".release", "case", id, map[bool]string{true: "shown", false: "kept"}[show], d.clock.Now())
}

// SetPhoto replaces the files of a photo after redaction, or hides it.
func (d *Desk) SetPhoto(tx *db.Tx, c *city.City, a permission.Actor, id int64, p Photo) error {
	_, _, err := d.change(tx, c, id, func(f *File, e *Event) error {
		if err := a.Check(f.Kind+".moderate", f.Body); err != nil {
			return err
		}
		if err := updatePhoto(tx, c.ID, &p); err != nil {
			return err
		}
		first, err := firstPhoto(tx, c.ID, id)
		f.Photo = first
		e.Kind, e.Person, e.Actor = EventRedacted, a.Person, a.Name
		return err
	})
	return err
}

// See notes that somebody else sees the problem too, once each. who is a
// person or, for visitors, a salted hash that says nothing about them.
func (d *Desk) See(tx *db.Tx, c *city.City, id int64, who string) (*File, error) {
	n, err := tx.Exec("case.seen", `INSERT INTO case_seen (city_id, case_id, who, at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (city_id, case_id, who) DO NOTHING`, c.ID, id, who, d.clock.Now().UnixMilli())
	if err != nil {
		return nil, err
	}
	if n == 0 {
		return Get(tx, c.ID, id)
	}
	f, _, err := d.change(tx, c, id, func(f *File, _ *Event) error {
		f.Seen++
		return nil
	})
	return f, err
}

// Deliver notes in the timeline how a case reached a body's own system, or
// that it failed to.
func (d *Desk) Deliver(tx *db.Tx, c *city.City, id int64, ok bool, detail string) error {
	_, _, err := d.change(tx, c, id, func(f *File, e *Event) error {
		e.Kind, e.Body, e.Detail = EventDelivered, f.Body, detail
		if !ok {
			e.Kind = EventFailed
		}
		return nil
	})
	return err
}

// Extend puts the end of the clock off to a later instant, with the reason that
// the author is told. Detail is the code of the rule by which it may be.
func (d *Desk) Extend(tx *db.Tx, c *city.City, a permission.Actor, id int64, due time.Time, actor, note, lang, rule string) (*File, error) {
	f, _, err := d.change(tx, c, id, func(f *File, e *Event) error {
		if err := a.Check(f.Kind+".extend", f.Body); err != nil {
			return err
		}
		if !f.Open || due.UnixMilli() <= f.Due {
			return web.Invalid(web.FieldError{Field: "note", Key: "case.error.step"})
		}
		if note == "" {
			return web.Invalid(web.FieldError{Field: "note", Key: "case.error.words"})
		}
		f.Due, f.Escalated = due.UnixMilli(), false
		e.Kind, e.Public, e.Person, e.Actor, e.Body, e.Note, e.Lang, e.Detail = EventExtended, true, a.Person, actor, f.Body, note, lang, rule
		return nil
	})
	return f, err
}

// Record adds an event of a kind that a feature declares, for what changes
// beside the case itself. action is what the actor must be allowed to do.
func (d *Desk) Record(tx *db.Tx, c *city.City, a permission.Actor, id int64, action string, ev Event) (*File, error) {
	f, _, err := d.change(tx, c, id, func(f *File, e *Event) error {
		if err := a.Check(action, f.Body); err != nil {
			return err
		}
		ev.ID, ev.Case, ev.Person, ev.Body = e.ID, id, a.Person, f.Body
		*e = ev
		return nil
	})
	return f, err
}

// PhotoFailed tells on the timeline that a photo to which a link was sent could
// not be had, so that whoever sent it can send it again.
func (d *Desk) PhotoFailed(tx *db.Tx, c *city.City, id int64, from, host string) error {
	_, _, err := d.change(tx, c, id, func(_ *File, e *Event) error {
		e.Kind, e.Public, e.Actor, e.Detail = EventPhotoFailed, true, from, host
		return nil
	})
	return err
}

// Escalate marks a case whose clock nears its end, once.
func (d *Desk) Escalate(tx *db.Tx, c *city.City, id int64) (*File, error) {
	f, _, err := d.change(tx, c, id, func(f *File, e *Event) error {
		if f.Escalated || !f.Open {
			return errSame
		}
		f.Escalated = true
		e.Kind, e.Body = EventEscalated, f.Body
		return nil
	})
	return ignoreSame(f, err)
}

// Flag notes that somebody finds a case, or one event of it, out of place.
func (d *Desk) Flag(tx *db.Tx, c *city.City, id, event int64, who, reason, note string) error {
	_, err := tx.Exec("case.flag", `INSERT INTO case_flag (city_id, case_id, event_id, who, reason, note, at, done)
		VALUES ($1, $2, $3, $4, $5, $6, $7, FALSE) ON CONFLICT (city_id, case_id, event_id, who) DO NOTHING`,
		c.ID, id, event, who, reason, note, d.clock.Now().UnixMilli())
	return err
}
