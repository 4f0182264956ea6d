package report

import (
	"context"
	"strings"

	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/notify"
	"github.com/ashar-kg/ashar/internal/civic/place"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/jobs"
	"github.com/ashar-kg/ashar/internal/platform/search"
)

// subject is a report as something to follow.
func subject(id int64) notify.Subject { return notify.Subject{Kind: KindName, ID: id} }

// Listen lets everything that hangs on reports follow their changes; it must
// be called once, before the desk is used.
func (s *Service) Listen() { s.Desk.Hook(KindName, s.changed) }

// changed runs inside the transaction of every change of a report.
func (s *Service) changed(tx *db.Tx, c *city.City, before, after *casework.File, e *casework.Event) error {
	counts := after.Visibility != casework.Unconfirmed
	began := counts && (before == nil || before.Visibility == casework.Unconfirmed)
	if err := indexFile(tx, c.ID, before, after); err != nil {
		return err
	}
	if began && after.Author != 0 {
		if err := notify.Follow(tx, c.ID, after.Author, subject(after.ID), s.Clock.Now()); err != nil {
			return err
		}
	}
	if e.Kind == casework.EventMerged {
		if err := notify.MoveFollowers(tx, c.ID, subject(after.ID), subject(after.Parent)); err != nil {
			return err
		}
	}
	if began || (counts && before.Body != after.Body && after.Open) {
		if err := s.pass(tx, c, after); err != nil {
			return err
		}
	}
	if err := s.willAsk(tx, c, after, e); err != nil {
		return err
	}
	return s.tell(tx, c, after, e, began)
}

// noticeArgs are what notices say of a report. Of a private one they name the
// number and nothing that its author wrote or was told: mails lie open on many
// machines.
func noticeArgs(f *casework.File, note string) map[string]string {
	if f.Visibility == casework.Private {
		return map[string]string{"number": f.Number, "title": "=report.notice.private", "place": "=report.notice.on_page", "note": "=report.notice.on_page"}
	}
	return map[string]string{"number": f.Number, "title": f.Title, "place": f.Address, "note": note}
}

// indexFile keeps the search index to what the public may read.
func indexFile(tx *db.Tx, cityID int64, before, after *casework.File) error {
	was := before != nil && before.Listed()
	switch {
	case after.Listed() && !was:
		return Index(tx, cityID, after)
	case was && !after.Listed():
		return search.Remove(tx, cityID, KindName, after.ID)
	}
	return nil
}

// Index makes a report findable by its number, place and words.
func Index(tx *db.Tx, cityID int64, f *casework.File) error {
	return search.Put(tx, cityID, KindName, f.ID, indexed(f))
}

// indexed are the words under which a report is found.
func indexed(f *casework.File) []string {
	return place.Words(f.Number + " " + f.Address + " " + f.Text)
}

// told are the events that followers hear of, with their messages.
var told = map[string]string{
	casework.EventTransferred: "report.notice.transferred",
	casework.EventComment:     "report.notice.comment",
	casework.EventMerged:      "report.notice.merged",
	casework.EventReopened:    "report.notice.reopened",
	casework.EventCategory:    "report.notice.category",
}

func (s *Service) tell(tx *db.Tx, c *city.City, f *casework.File, e *casework.Event, began bool) error {
	n := notify.Event{
		City: c.ID, Subject: subject(f.ID), Link: "/reports/" + f.Number, Except: e.Person,
		Args: noticeArgs(f, strings.TrimSpace(e.Note)),
	}
	switch {
	case began:
		n.Key, n.Urgent, n.Paid, n.Except = "report.notice.received", true, true, 0
		if f.Author == 0 {
			n.Key = "report.notice.near"
		}
		if f.Visibility == casework.Public && f.Placed {
			near := n
			near.Key, near.Urgent, near.Subject, near.Except = "report.notice.near", false, notify.Subject{}, f.Author
			near.Near = &notify.Near{Layer: Layer, Lat: f.Lat, Lon: f.Lon, District: f.District, Category: f.Category}
			if err := notify.Emit(tx, near); err != nil {
				return err
			}
		}
		if f.Author == 0 {
			return nil
		}
	case e.Kind == casework.EventState:
		n.Key, n.Paid = "report.notice."+f.State, !f.Open
	case e.Public && told[e.Kind] != "":
		n.Key = told[e.Kind]
	case e.Kind == casework.EventVisibility && f.Visibility == casework.Hidden:
		n.Key = "report.notice.hidden"
	default:
		return nil
	}
	return notify.Emit(tx, n)
}

func orDash(s string) string {
	if strings.TrimSpace(s) == "" {
		return "—"
	}
	return s
}

// jobPass sends a report to a body that does not work in our inbox.
const jobPass = "report.pass"

type passArgs struct{ Case, Body int64 }

// pass starts the sending when the body gets its reports elsewhere.
func (s *Service) pass(tx *db.Tx, c *city.City, f *casework.File) error {
	dir, err := s.Bodies.Of(tx.Context(), c.ID)
	if err != nil {
		return err
	}
	b, ok := dir.Get(f.Body)
	if !ok || (b.Delivery != body.ByEmail && b.Delivery != body.ByOpen311) {
		return nil
	}
	return jobs.Enqueue(tx, c.ID, jobPass, passArgs{Case: f.ID, Body: b.ID})
}

// emitDue warns the people who answer for a report that its time runs out.
func emitDue(tx *db.Tx, c *city.City, f *casework.File, people []int64) error {
	return notify.Emit(tx, notify.Event{
		City: c.ID, Key: "report.notice.due", Link: "/staff/reports/" + f.Number, To: people, Urgent: true,
		Args: noticeArgs(f, ""),
	})
}

// Reindex fills the search index of every city from its cases, after a restore.
func Reindex(ctx context.Context, d *db.DB) error {
	var cities []*city.City
	if err := d.View(ctx, func(tx *db.Tx) (err error) {
		cities, err = city.All(tx)
		return err
	}); err != nil {
		return err
	}
	for _, c := range cities {
		for before, more := int64(0), true; more; {
			err := d.Update(ctx, func(tx *db.Tx) error {
				p, err := casework.Listed(tx, c.ID, casework.Filter{Kind: KindName, Before: before, Limit: 2000})
				if err != nil {
					return err
				}
				for _, f := range p.Files {
					if err := Index(tx, c.ID, f); err != nil {
						return err
					}
				}
				before, more = p.More, p.More != 0
				return nil
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}
