package report

import (
	"context"
	"errors"
	"fmt"

	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/notify"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/jobs"
)

func settingsOf(c *city.City) (Settings, error) { return city.Settings(c, KindName, DefaultSettings) }

// passOn sends a report to a body that gets its reports elsewhere. A failure
// is repeated by the jobs; one for good is seen in the timeline by the staff.
func (s *Service) passOn(ctx context.Context, j jobs.Job) error {
	var a passArgs
	if err := j.Decode(&a); err != nil {
		return err
	}
	c, ok := s.Cities.ByID(j.City)
	if !ok {
		return jobs.Permanent(fmt.Errorf("report.pass: city %d is unknown", j.City))
	}
	dir, err := s.Bodies.Of(ctx, c.ID)
	if err != nil {
		return err
	}
	b, ok := dir.Get(a.Body)
	if !ok {
		return jobs.Permanent(fmt.Errorf("report.pass: body %d is unknown", a.Body))
	}
	var f *casework.File
	if err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		f, err = casework.Get(tx, c.ID, a.Case)
		return err
	}); errors.Is(err, db.ErrNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	if f.Body != b.ID {
		return nil // it went to another body meanwhile
	}
	switch b.Delivery {
	case body.ByEmail:
		return s.mailTo(ctx, c, b, f, j.ID)
	case body.ByOpen311:
		return s.sendTo(ctx, c, b, f, j.Attempt == tellAfter)
	}
	return nil
}

// tellAfter is the attempt after whose failure the staff sees that a body's
// system does not answer: some minutes after the first.
const tellAfter = 8

// mailTo writes to a body without an account. The link in the mail lets
// whoever has it answer this one report. However often the job runs, the mail
// of this job is written once.
func (s *Service) mailTo(ctx context.Context, c *city.City, b *body.Body, f *casework.File, job int64) error {
	book, err := s.Books.Of(ctx, c.ID)
	if err != nil {
		return err
	}
	const lang = "ky"
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		if err := notify.Send(tx, c.ID, notify.Direct{
			Channel: "email", To: b.Email, Lang: lang, Key: "report.mail.body", Link: ReplyPath(c, f), Once: job,
			Args: map[string]string{"number": f.Number, "category": book.CategoryName(f.Category, lang), "place": orDash(f.Address), "text": f.Text, "body": b.Name(lang)},
		}); err != nil {
			return err
		}
		return s.Desk.Deliver(tx, c, f.ID, true, "email")
	})
}

// ReplyPath is the signed address at which a body without an account answers
// one report. It holds as long as the report stays with that body.
func ReplyPath(c *city.City, f *casework.File) string {
	return "/reply/" + f.Number + "/" + replyCode(c, f)
}

func replyCode(c *city.City, f *casework.File) string {
	return c.Sign("reply", fmt.Sprintf("%d %d", f.ID, f.Body))
}
