package report

import (
	"context"
	"errors"
	"fmt"
	"net/http"

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
// failures are tried again.
func (s *Service) fetch(ctx context.Context, j jobs.Job) error {
	var a fetchArgs
	if err := j.Decode(&a); err != nil {
		return err
	}
	c, ok := s.Cities.ByID(j.City)
	if !ok {
		return jobs.Permanent(fmt.Errorf("report.fetch: city %d is unknown", j.City))
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, a.Link, nil)
	if err != nil {
		return jobs.Permanent(fmt.Errorf("report.fetch: %w", err))
	}
	answer, err := s.Outward.Do(r)
	switch {
	case errors.Is(err, outward.ErrPrivate):
		return jobs.Permanent(fmt.Errorf("report.fetch: %w", err))
	case err != nil:
		return fmt.Errorf("report.fetch: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		err := fmt.Errorf("report.fetch: the link answers %s", answer.Status)
		if answer.StatusCode < http.StatusInternalServerError {
			return jobs.Permanent(err)
		}
		return err
	}
	ph, _, err := s.StorePhoto(ctx, http.MaxBytesReader(nil, answer.Body, int64(DefaultSettings.MaxUploadMB)<<20))
	switch {
	case errors.Is(err, photo.ErrNotImage), errors.Is(err, photo.ErrUnsupported), errors.Is(err, photo.ErrTooLarge), errors.Is(err, photo.ErrTooManyPixels):
		return jobs.Permanent(fmt.Errorf("report.fetch: %w", err))
	case err != nil:
		return err
	}
	ph.Stage, ph.Public = "before", true
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
