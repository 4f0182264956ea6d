package appeal

import (
	"context"
	"errors"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/document"
	"github.com/ashar-kg/ashar/internal/civic/intake"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/once"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Intake receives appeals from every channel.
type Intake struct {
	*Service
	Words func(lang string) Words
}

var _ intake.Receiver = Intake{}

// Kind implements intake.Receiver.
func (Intake) Kind() string { return KindName }

// Choices are the forms that the law knows.
func (s Intake) Choices(_ context.Context, _ *city.City, lang string) ([]intake.Choice, error) {
	out := make([]intake.Choice, len(Forms))
	for i, form := range Forms {
		out[i] = intake.Choice{Code: form, Text: s.Words(lang).T("appeal.form." + form)}
	}
	return out, nil
}

// Take implements intake.Receiver. An appeal is about what it says; the place
// where something is goes into its words.
func (s Intake) Take(ctx context.Context, c *city.City, a permission.Actor, said intake.Said) (intake.Taken, error) {
	text := said.Text
	if said.Place != "" && said.Place != said.Home {
		text += "\n\n" + s.Words(said.Lang).T("appeal.intake.place", "place", said.Place)
	}
	rec, err := s.File(ctx, c, a, Draft{
		Form: said.What, Body: said.Body, Text: text, Name: said.Name, Address: said.Home, Contact: said.Contact, AnswerLang: said.Lang,
		Staff: said.Staff, For: said.Author, Note: said.Note, Channel: said.Channel, Lang: said.Lang, Files: said.Files, Earlier: said.Earlier,
	})
	if err != nil {
		return intake.Taken{}, intake.Renamed(err, map[string]string{"form": "what", "address": "home"})
	}
	return intake.Taken{File: rec.File, Href: "/appeals/" + rec.File.Number, Ticket: rec.Ticket}, nil
}

// Add implements intake.Receiver.
func (s Intake) Add(ctx context.Context, c *city.City, a permission.Actor, number string, author int64, text string, papers []document.File) error {
	if !a.System {
		return permission.ErrDenied
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		f, err := casework.ByNumber(tx, c.ID, number)
		if err != nil {
			return err
		}
		if f.Kind != KindName || f.Author != author || !f.Open {
			return web.NotFound()
		}
		return errors.Join(s.add(tx, c, f, author, text, papers), once.Claim(tx, "/appeals/"+number))
	})
}

// Near finds none: what others wrote to the city is nobody's business.
func (Intake) Near(context.Context, *city.City, permission.Actor, string, float64, float64, string) ([]intake.Like, error) {
	return nil, nil
}

// Join implements intake.Receiver; an appeal has the author that it has.
func (Intake) Join(context.Context, *city.City, permission.Actor, string, int64) error {
	return web.NotFound()
}
