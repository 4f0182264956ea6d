package report

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/jobs"
	"github.com/ashar-kg/ashar/internal/platform/outward"
	"github.com/ashar-kg/ashar/internal/platform/photo"
)

// jobFetch brings a photo to which another system sent a link.
const jobFetch = "report.fetch"

// fetchArgs name one link of one report.
type fetchArgs struct {
	Case int64
	Link string
	From string // application that sent it
}

// fetchLinks enqueues the links of a new report or update, in its transaction.
func fetchLinks(tx *db.Tx, city, id int64, from string, links []string, most int) error {
	for _, link := range links[:min(len(links), max(0, most))] {
		if err := jobs.Enqueue(tx, city, jobFetch, fetchArgs{Case: id, Link: link, From: from}); err != nil {
			return err
		}
	}
	return nil
}

// fetch adds the photo behind a link to its report. What is no photo, or lies
// in a private network, is given up; the link's server may be slow, so that
// failures are tried again. A link that is given up is told on the timeline.
func (s *Service) fetch(ctx context.Context, j jobs.Job) error {
	var a fetchArgs
	if err := j.Decode(&a); err != nil {
		return err
	}
	c, ok := s.Cities.ByID(j.City)
	if !ok {
		return jobs.Permanent(fmt.Errorf("report.fetch: city %d is unknown", j.City))
	}
	ph, err := s.download(ctx, a.Link)
	if err != nil && (jobs.IsPermanent(err) || j.Attempt >= jobs.MaxAttempts) {
		host := ""
		if u, parseErr := url.Parse(a.Link); parseErr == nil {
			host = u.Hostname()
		}
		return errors.Join(err, s.DB.Update(ctx, func(tx *db.Tx) error { return s.Desk.PhotoFailed(tx, c, a.Case, a.From, host) }))
	}
	if err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		have, err := casework.Photos(tx, c.ID, a.Case, true)
		if err != nil {
			return err
		}
		for _, h := range have {
			if h.Full == ph.Full {
				return nil // the job ran before
			}
		}
		_, _, err = s.Desk.Comment(tx, c, a.Case, casework.Event{Actor: a.From, Photos: []casework.Photo{ph}})
		return err
	})
}

// download gets and stores the photo behind a link. A permanent error means
// that there never will be one.
func (s *Service) download(ctx context.Context, link string) (ph casework.Photo, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, link, nil)
	if err != nil {
		return ph, jobs.Permanent(fmt.Errorf("report.fetch: %w", err))
	}
	answer, err := s.Outward.Do(r)
	switch {
	case errors.Is(err, outward.ErrPrivate):
		return ph, jobs.Permanent(fmt.Errorf("report.fetch: %w", err))
	case err != nil:
		return ph, fmt.Errorf("report.fetch: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		err := fmt.Errorf("report.fetch: the link answers %s", answer.Status)
		if answer.StatusCode < http.StatusInternalServerError {
			err = jobs.Permanent(err)
		}
		return ph, err
	}
	ph, _, err = s.StorePhoto(ctx, http.MaxBytesReader(nil, answer.Body, int64(DefaultSettings.MaxUploadMB)<<20))
	switch {
	case errors.Is(err, photo.ErrNotImage), errors.Is(err, photo.ErrUnsupported), errors.Is(err, photo.ErrTooLarge), errors.Is(err, photo.ErrTooManyPixels):
		return ph, jobs.Permanent(fmt.Errorf("report.fetch: %w", err))
	case err != nil:
		return ph, err
	}
	ph.Stage, ph.Public = "before", true
	return ph, nil
}
