package report

import (
	"context"
	"errors"
	"fmt"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/notify"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/jobs"
)

// jobAsk asks the author some days after the repair whether it holds.
const jobAsk = "report.ask"

// askArgs name the repair that is asked about: a report may be fixed twice.
type askArgs struct{ Case, Closed int64 }

// willAsk puts the question on the calendar, in the transaction of the repair.
func (s *Service) willAsk(tx *db.Tx, c *city.City, f *casework.File, e *casework.Event) error {
	if e.Kind != casework.EventState || f.State != Fixed || f.Author == 0 {
		return nil
	}
	settings, err := settingsOf(c)
	if err != nil || settings.AskAfterDays == 0 {
		return err
	}
	return jobs.Enqueue(tx, c.ID, jobAsk, askArgs{Case: f.ID, Closed: f.Closed}, jobs.At(s.Clock.Now().AddDate(0, 0, settings.AskAfterDays)))
}

// ask asks, unless the author has judged meanwhile or the report was opened
// again.
func (s *Service) ask(ctx context.Context, j jobs.Job) error {
	var a askArgs
	if err := j.Decode(&a); err != nil {
		return err
	}
	c, ok := s.Cities.ByID(j.City)
	if !ok {
		return jobs.Permanent(fmt.Errorf("report.ask: city %d is unknown", j.City))
	}
	err := s.DB.Update(ctx, func(tx *db.Tx) error {
		f, err := casework.Get(tx, c.ID, a.Case)
		if err != nil {
			return err
		}
		if f.State != Fixed || f.Closed != a.Closed || f.Author == 0 || f.Verdict != "" || f.Rating != 0 {
			return nil
		}
		// The job's id is the event's: however often it runs, the author is asked once.
		return notify.Emit(tx, notify.Event{
			ID: j.ID, City: c.ID, Key: "report.notice.ask", Link: "/reports/" + f.Number, To: []int64{f.Author},
			Args: noticeArgs(f, ""),
		})
	})
	if errors.Is(err, db.ErrNotFound) {
		return nil // erased with everything of it
	}
	return err
}
