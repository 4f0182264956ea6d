package report

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/jobs"
	"github.com/ashar-kg/ashar/open311"
)

// pollEvery is how often another system is asked what became of a report.
const pollEvery = 10 * time.Minute

func clientOf(b *body.Body) *open311.Client {
	return &open311.Client{Base: b.Endpoint, Jurisdiction: b.Jurisdiction, Key: b.EndpointKey, Timeout: 30 * time.Second}
}

// sendTo sends a report to the Open311 server of a body, once: the report's
// number is the idempotency key. A refusal is seen by the staff at once, other
// failures after several attempts, while the sending goes on.
func (s *Service) sendTo(ctx context.Context, c *city.City, b *body.Body, f *casework.File, last bool) error {
	var d Detail
	var photos []casework.Photo
	if err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		if d, err = detail(tx, c.ID, f.ID); err != nil || f.Visibility != casework.Public {
			return err
		}
		photos, err = casework.Photos(tx, c.ID, f.ID, false)
		return err
	}); err != nil {
		return err
	}
	in := open311.Submission{
		ServiceCode: f.Category, Address: f.Address, Attributes: d.Answers, Text: f.Text, APIKey: b.EndpointKey,
		IdempotencyKey: c.Jurisdiction + "/" + f.Number,
	}
	if f.Placed {
		in.Position = &open311.Position{Lat: f.Lat, Long: f.Lon}
	}
	for _, ph := range photos {
		in.MediaURLs = append(in.MediaURLs, s.Absolute(c, photoPath(ph.Full)))
	}
	answer, err := clientOf(b).Create(ctx, in)
	var refused *open311.Error
	permanent := errors.As(err, &refused) && refused.Status >= 400 && refused.Status < 500 && refused.Status != http.StatusTooManyRequests
	if err != nil {
		if permanent || last {
			if e := s.DB.Update(ctx, func(tx *db.Tx) error { return s.Desk.Deliver(tx, c, f.ID, false, "open311") }); e != nil {
				return errors.Join(err, e)
			}
		}
		if permanent {
			return jobs.Permanent(fmt.Errorf("open311 send: %w", err))
		}
		return fmt.Errorf("open311 send: %w", err)
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec("report.remote.put", `INSERT INTO report_remote (city_id, case_id, body_id, remote_id, token, remote_state, remote_updated,
				next_poll, failures, error) VALUES ($1, $2, $3, $4, $5, 'open', 0, $6, 0, '') ON CONFLICT DO NOTHING`,
			c.ID, f.ID, b.ID, answer.ID, answer.Token, s.Clock.Now().Add(pollEvery).UnixMilli()); err != nil {
			return err
		}
		return s.Desk.Deliver(tx, c, f.ID, true, "open311 "+answer.ID)
	})
}

// remote is a report in another system.
type remote struct {
	id, body int64
	remoteID string
	token    string
	failures int64
}

// Poll asks other systems what became of the reports sent to them.
func (s *Service) Poll(ctx context.Context) error {
	for _, c := range s.Cities.List() {
		dir, err := s.Bodies.Of(ctx, c.ID)
		if err != nil {
			return err
		}
		var due []remote
		err = s.DB.View(ctx, func(tx *db.Tx) (err error) {
			due, err = db.All(tx, "report.remote.due", `SELECT case_id, body_id, remote_id, token, failures FROM report_remote
				WHERE city_id = $1 AND next_poll > 0 AND next_poll <= $2 ORDER BY next_poll LIMIT 50`, func(r db.Row) (x remote, err error) {
				err = r.Scan(&x.id, &x.body, &x.remoteID, &x.token, &x.failures)
				return x, err
			}, c.ID, s.Clock.Now().UnixMilli())
			return err
		})
		if err != nil {
			return err
		}
		for _, r := range due {
			if b, ok := dir.Get(r.body); ok {
				if err := s.pollOne(ctx, c, b, r); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// pollOne takes over what the other system says. GeoReport knows only "closed",
// and closing is not mending: the other system's words stand in the timeline,
// and the staff decides which of the two it was.
func (s *Service) pollOne(ctx context.Context, c *city.City, b *body.Body, r remote) error {
	client := clientOf(b)
	if r.remoteID == "" {
		if answer, err := client.Token(ctx, r.token); err == nil {
			r.remoteID = answer.ID
		}
	}
	got, err := open311.Request{}, error(nil)
	if r.remoteID != "" {
		got, err = client.Request(ctx, r.remoteID)
	}
	text, next := "", s.Clock.Now().Add(pollEvery<<min(r.failures, 6)).UnixMilli()
	if err != nil {
		text, r.failures = "cannot be read", r.failures+1
	} else {
		r.failures = 0
	}
	closed := err == nil && got.Status == "closed"
	if closed {
		next = 0
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec("report.remote.seen", `UPDATE report_remote SET remote_id = $4, remote_state = $5, remote_updated = $6, next_poll = $7,
				failures = $8, error = $9 WHERE city_id = $1 AND case_id = $2 AND body_id = $3`,
			c.ID, r.id, r.body, r.remoteID, got.Status, max(0, got.Updated.UnixMilli()), next, r.failures, text); err != nil {
			return err
		}
		f, err := casework.Lock(tx, c.ID, r.id)
		if err != nil || !closed || !f.Open || f.Body != b.ID {
			return err
		}
		_, _, err = s.Desk.Comment(tx, c, f.ID, casework.Event{Actor: b.ShortName(f.Lang), Body: b.ID, Note: orDash(got.StatusNotes), Lang: f.Lang})
		return err
	})
}
