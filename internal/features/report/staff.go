package report

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/account"
	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/civic/place"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/once"
	"github.com/ashar-kg/ashar/internal/platform/search"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Inbox reads a page of the actor's inbox.
func (s *Service) Inbox(ctx context.Context, c *city.City, a permission.Actor, in casework.Inbox) (files []*casework.File, due, id int64, err error) {
	if in.Kinds, in.Bodies, err = s.scope(a, in.Kinds); err != nil {
		return nil, 0, 0, err
	}
	if in.Body != 0 && in.Bodies != nil {
		if err := a.Check(in.Kinds[0]+".internal", in.Body); err != nil {
			return nil, 0, 0, err
		}
	}
	in.Me, in.Now = a.Person, s.Clock.Now()
	settings, err := settingsOf(c)
	if err != nil {
		return nil, 0, 0, err
	}
	in.Soon = in.Now.Add(time.Duration(settings.SoonHours) * time.Hour)
	err = s.DB.View(ctx, func(tx *db.Tx) (err error) {
		files, due, id, err = casework.Desktop(tx, c.ID, in)
		return err
	})
	return files, due, id, err
}

// scope tells of which kinds an inbox may show cases, and at which bodies; no
// bodies are all of them. Kinds that the actor works on at other bodies than at
// the first are left for an inbox of their own.
func (s *Service) scope(a permission.Actor, asked []string) (kinds []string, bodies []int64, err error) {
	everywhere := false
	for _, kind := range s.Desk.Kinds() {
		if len(asked) > 0 && !slices.Contains(asked, kind) {
			continue
		}
		at, all := a.Bodies(kind + ".internal")
		switch {
		case !all && len(at) == 0:
		case len(kinds) == 0:
			kinds, bodies, everywhere = []string{kind}, at, all
		case all == everywhere && slices.Equal(at, bodies):
			kinds = append(kinds, kind)
		}
	}
	if len(kinds) == 0 {
		return nil, nil, permission.ErrDenied
	}
	return kinds, bodies, nil
}

// inboxLook is how many reports of a list are read when the staff searches it:
// the index knows only what is public.
const inboxLook = 1000

// InboxWords finds the reports of a list with all the words: among the first
// inboxLook of the list, whoever may see them, and among the newest searchHits
// that the public finds too.
func (s *Service) InboxWords(ctx context.Context, c *city.City, a permission.Actor, in casework.Inbox, words []string) ([]int64, error) {
	in.AfterID, in.AfterDue, in.Limit = 0, 0, inboxLook
	files, _, _, err := s.Inbox(ctx, c, a, in)
	if err != nil {
		return nil, err
	}
	var found []int64
	err = s.DB.View(ctx, func(tx *db.Tx) (err error) {
		found, err = search.Find(tx, c.ID, KindName, words, 0, searchHits)
		return err
	})
	for _, f := range files {
		if !slices.Contains(found, f.ID) && search.Matches(indexed(f), words) {
			found = append(found, f.ID)
		}
	}
	return found, err
}

// Answer is a step by the staff: a new state with words for the author.
type Answer struct {
	To      string
	Reason  string
	Note    string
	Lang    string
	Photos  []casework.Photo
	Version int64
}

// Answer moves a report and tells its author.
func (s *Service) Answer(ctx context.Context, c *city.City, a permission.Actor, number string, w Answer) (*casework.File, error) {
	dir, err := s.Bodies.Of(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	var f *casework.File
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		old, err := s.staffFile(tx, c, a, number)
		if err != nil {
			return err
		}
		for i := range w.Photos {
			w.Photos[i].Stage, w.Photos[i].Public = "after", true
		}
		f, err = s.Desk.Move(tx, c, a, old.ID, casework.Move{
			To: w.To, Reason: w.Reason, Note: strings.TrimSpace(w.Note), Lang: w.Lang, Actor: dir.Name(old.Body, w.Lang), Photos: w.Photos, Version: w.Version,
		})
		if err != nil {
			return err
		}
		return once.Claim(tx, "/staff/reports/"+number)
	})
	return f, err
}

// staffFile reads a report on which the actor works.
func (s *Service) staffFile(tx *db.Tx, c *city.City, a permission.Actor, number string) (*casework.File, error) {
	f, err := casework.ByNumber(tx, c.ID, number)
	if err != nil {
		return nil, err
	}
	if f.Kind != KindName {
		return nil, web.NotFound()
	}
	return f, a.Check("report.internal", f.Body)
}

// work runs one step of the staff on a report.
func (s *Service) work(ctx context.Context, c *city.City, a permission.Actor, number string, step func(tx *db.Tx, f *casework.File) error) error {
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		f, err := s.staffFile(tx, c, a, number)
		if err != nil {
			return err
		}
		if err := step(tx, f); err != nil {
			return err
		}
		return once.Claim(tx, "/staff/reports/"+number)
	})
}

// Note adds an internal note.
func (s *Service) Note(ctx context.Context, c *city.City, a permission.Actor, number, note string) error {
	return s.work(ctx, c, a, number, func(tx *db.Tx, f *casework.File) error {
		return s.Desk.Note(tx, c, a, f.ID, strings.TrimSpace(note))
	})
}

// Assign gives a report to a colleague at its body, or to nobody.
func (s *Service) Assign(ctx context.Context, c *city.City, a permission.Actor, number string, person int64) error {
	return s.work(ctx, c, a, number, func(tx *db.Tx, f *casework.File) error {
		name := ""
		if person != 0 {
			staff, err := account.Staff(tx, c.ID, 0)
			if err != nil {
				return err
			}
			for _, m := range staff {
				if m.ID == person && (m.Grant.Body == 0 || m.Grant.Body == f.Body) {
					name = m.Name
				}
			}
			if name == "" {
				return web.Invalid(web.FieldError{Field: "person", Key: "error.field.choice"})
			}
		}
		return s.Desk.Assign(tx, c, a, f.ID, person, name)
	})
}

// Transfer hands a report to another body that exists now.
func (s *Service) Transfer(ctx context.Context, c *city.City, a permission.Actor, number string, to int64, note string) error {
	dir, err := s.Bodies.Of(ctx, c.ID)
	if err != nil {
		return err
	}
	b, ok := dir.Get(to)
	if !ok || !b.ValidAt(s.Clock.Now()) {
		return web.Invalid(web.FieldError{Field: "body", Key: "error.field.choice"})
	}
	return s.work(ctx, c, a, number, func(tx *db.Tx, f *casework.File) error {
		_, err := s.Desk.Transfer(tx, c, a, f.ID, to, b.Code, strings.TrimSpace(note))
		return err
	})
}

// Recategorise corrects the category; the body follows from it when asked.
func (s *Service) Recategorise(ctx context.Context, c *city.City, a permission.Actor, number, category string, route bool, note string) error {
	book, err := s.Books.Of(ctx, c.ID)
	if err != nil {
		return err
	}
	dir, err := s.Bodies.Of(ctx, c.ID)
	if err != nil {
		return err
	}
	settings, err := settingsOf(c)
	if err != nil {
		return err
	}
	if _, ok := book.Category(category); !ok {
		return web.Invalid(web.FieldError{Field: "category", Key: "report.error.category_unknown"})
	}
	return s.work(ctx, c, a, number, func(tx *db.Tx, f *casework.File) error {
		to := f.Body
		if route {
			to = book.BodyFor(dir, category, f.District, s.Clock.Now())
		}
		_, err := s.Desk.Recategorise(tx, c, a, f.ID, category, to, c.Calendar.Add(f.CreatedAt(), book.Days(category, settings)), strings.TrimSpace(note))
		return err
	})
}

// Merge makes a report a duplicate of another.
func (s *Service) Merge(ctx context.Context, c *city.City, a permission.Actor, number, into, note string) error {
	return s.work(ctx, c, a, number, func(tx *db.Tx, f *casework.File) error {
		target, err := casework.ByNumber(tx, c.ID, strings.TrimSpace(into))
		if errors.Is(err, db.ErrNotFound) {
			return web.Invalid(web.FieldError{Field: "into", Key: "report.error.no_such"})
		}
		if err != nil {
			return err
		}
		_, err = s.Desk.Merge(tx, c, a, f.ID, target.ID, strings.TrimSpace(note))
		return err
	})
}

// SetVisibility makes a report public or private, releases a held one, or
// hides it with a reason.
func (s *Service) SetVisibility(ctx context.Context, c *city.City, a permission.Actor, number string, v casework.Visibility, reason, note string) error {
	switch v {
	case casework.Public, casework.Private, casework.Hidden:
	default:
		return web.Invalid(web.FieldError{Field: "visibility", Key: "error.field.choice"})
	}
	return s.work(ctx, c, a, number, func(tx *db.Tx, f *casework.File) error {
		if _, err := s.Desk.Show(tx, c, a, f.ID, v, reason, strings.TrimSpace(note)); err != nil {
			return err
		}
		if err := casework.ClearFlags(tx, c.ID, f.ID, 0); err != nil {
			return err
		}
		return permission.Audit(tx, a, "report.visibility", "case", f.ID, string(v)+" "+reason, s.Clock.Now())
	})
}

// Release decides about a held comment.
func (s *Service) Release(ctx context.Context, c *city.City, a permission.Actor, number string, event int64, show bool) error {
	return s.work(ctx, c, a, number, func(tx *db.Tx, f *casework.File) error {
		if err := s.Desk.Release(tx, c, a, f.ID, event, show); err != nil {
			return err
		}
		return casework.ClearFlags(tx, c.ID, f.ID, event)
	})
}

// Ban keeps the author of a report from posting for some days.
func (s *Service) Ban(ctx context.Context, c *city.City, a permission.Actor, number string, days int, reason, note string) error {
	if reason == "" {
		return web.Invalid(web.FieldError{Field: "reason", Key: "case.error.reason"})
	}
	return s.work(ctx, c, a, number, func(tx *db.Tx, f *casework.File) error {
		if err := a.Check("report.ban", 0); err != nil {
			return err
		}
		if f.Author == 0 {
			return web.Invalid(web.FieldError{Field: "reason", Key: "report.error.no_author"})
		}
		until := s.Clock.Now().AddDate(0, 0, days).UnixMilli()
		if err := putBan(tx, c.ID, Ban{Person: f.Author, Until: until, Reason: reason, Note: note}); err != nil {
			return err
		}
		return permission.Audit(tx, a, "report.ban", "person", f.Author, reason, s.Clock.Now())
	})
}

// Escalate marks and tells of open reports whose clock nears its end.
func (s *Service) Escalate(ctx context.Context) error {
	for _, c := range s.Cities.List() {
		settings, err := settingsOf(c)
		if err != nil {
			return err
		}
		until := s.Clock.Now().Add(time.Duration(settings.SoonHours) * time.Hour)
		var due []*casework.File
		if err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
			due, err = casework.DueSoon(tx, c.ID, KindName, until, 200)
			return err
		}); err != nil {
			return err
		}
		for _, f := range due {
			if err := s.DB.Update(ctx, func(tx *db.Tx) error { return s.escalate(tx, c, f) }); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Service) escalate(tx *db.Tx, c *city.City, f *casework.File) error {
	if _, err := s.Desk.Escalate(tx, c, f.ID); err != nil {
		return err
	}
	people, err := account.Answerable(tx, c.ID, f.Body, f.Assignee)
	if err != nil || len(people) == 0 {
		return err
	}
	return emitDue(tx, c, f, people)
}

// Facts fill a template for a report. Everything is said in the one language,
// so date writes in it too.
func Facts(book *Book, dir *body.Directory, c *city.City, f *casework.File, lang string, date func(time.Time) string) map[string]string {
	return map[string]string{
		"number": f.Number, "category": book.CategoryName(f.Category, lang), "place": f.Address, "body": dir.Name(f.Body, lang),
		"date": date(f.DueAt().In(c.Zone)),
	}
}

// districtName names the district of a report.
func districtName(areas *place.Areas, code, lang string, at int64) string {
	for _, a := range areas.Of(place.AreaDistrict, at) {
		if a.Code == code {
			return a.Names.In(lang)
		}
	}
	return ""
}
