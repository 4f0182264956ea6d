package report

import (
	"context"
	"strconv"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/document"
	"github.com/ashar-kg/ashar/internal/civic/intake"
	"github.com/ashar-kg/ashar/internal/civic/notify"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Intake receives reports from every channel.
type Intake struct{ *Service }

var _ intake.Receiver = Intake{}

// Kind implements intake.Receiver.
func (Intake) Kind() string { return KindName }

// Choices are the categories of the city.
func (s Intake) Choices(ctx context.Context, c *city.City, lang string) ([]intake.Choice, error) {
	book, err := s.Books.Of(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	var out []intake.Choice
	for _, cat := range book.Active() {
		one := intake.Choice{Code: cat.Code, Text: cat.Names.In(lang)}
		if cat.Emergency != nil && cat.Emergency.Instead {
			one.Instead = cat.Emergency.Phone
		}
		out = append(out, one)
	}
	return out, nil
}

// Take implements intake.Receiver.
func (s Intake) Take(ctx context.Context, c *city.City, a permission.Actor, said intake.Said) (intake.Taken, error) {
	rec, err := s.Submit(ctx, c, a, Draft{
		Category: said.What, Placed: said.Placed, Lat: said.Lat, Lon: said.Lon, Address: said.Place, Text: said.Text, Photos: said.Photos,
		Name: said.Name, Private: said.Private, Contact: said.Contact, Brief: true, Staff: said.Staff, For: said.Author, Note: said.Note,
		Channel: said.Channel, Lang: said.Lang, Answers: map[string][]string{},
	})
	if err != nil {
		return intake.Taken{}, intake.Renamed(err, map[string]string{"category": "what"})
	}
	return intake.Taken{File: rec.File, Href: "/reports/" + rec.File.Number, Ticket: rec.Ticket}, nil
}

// Near implements intake.Receiver.
func (s Intake) Near(ctx context.Context, c *city.City, a permission.Actor, what string, lat, lon float64, text string) ([]intake.Like, error) {
	if err := a.Check("report.intake", 0); err != nil {
		return nil, err
	}
	list, err := s.Nearby(ctx, c, what, lat, lon, text)
	out := make([]intake.Like, len(list))
	for i, l := range list {
		out[i] = intake.Like{File: l.File, Metres: l.Metres}
	}
	return out, err
}

// Add implements intake.Receiver: it is for the staff to read, for nobody meant
// a letter to be published.
func (s Intake) Add(ctx context.Context, c *city.City, a permission.Actor, number string, author int64, text string, _ []document.File) error {
	return s.work(ctx, c, a, number, func(tx *db.Tx, f *casework.File) error {
		if f.Author != author || text == "" {
			return web.NotFound()
		}
		return s.Desk.Note(tx, c, a, f.ID, text)
	})
}

// Join implements intake.Receiver.
func (s Intake) Join(ctx context.Context, c *city.City, a permission.Actor, number string, person int64) error {
	if err := a.Check("report.intake", 0); err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		f, err := visible(tx, c, a, number)
		if err != nil {
			return err
		}
		if f.Visibility != casework.Public {
			return web.NotFound()
		}
		if _, err := s.Desk.See(tx, c, f.ID, strconv.FormatInt(person, 10)); err != nil {
			return err
		}
		return notify.Follow(tx, c.ID, person, subject(f.ID), s.Clock.Now())
	})
}
