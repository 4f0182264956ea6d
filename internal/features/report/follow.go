package report

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/ashar-kg/ashar/internal/civic/account"
	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/likeness"
	"github.com/ashar-kg/ashar/internal/civic/notify"
	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/civic/place"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/once"
	"github.com/ashar-kg/ashar/internal/platform/ui"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Detailed is everything that the page of one report shows.
type Detailed struct {
	File     *casework.File
	Detail   Detail
	Timeline []casework.Event
	Photos   []casework.Photo
	Parent   *casework.File // the report that this one was merged into
	Internal bool           // the reader works on it
	Own      bool           // the reader wrote it
	Part     ui.Link        // to the issue that it is part of, if any
}

// Show reads a report for the actor. What the actor may not see is not found:
// nobody learns that a hidden report exists.
func (s *Service) Show(ctx context.Context, c *city.City, a permission.Actor, number string) (*Detailed, error) {
	d := &Detailed{}
	err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		if d.File, err = casework.ByNumber(tx, c.ID, number); err != nil {
			return err
		}
		f := d.File
		if f.Kind != KindName {
			return web.NotFound()
		}
		d.Own = a.Owns(f.Author)
		d.Internal = a.Can("report.internal", f.Body)
		if !d.Own && !d.Internal && f.Visibility != casework.Public {
			if f.Visibility == casework.Hidden {
				return web.Gone()
			}
			return web.NotFound()
		}
		if d.Detail, err = detail(tx, c.ID, f.ID); err != nil {
			return err
		}
		if d.Timeline, err = casework.Timeline(tx, c.ID, f.ID, d.Internal); err != nil {
			return err
		}
		if d.Photos, err = casework.Photos(tx, c.ID, f.ID, d.Internal); err != nil {
			return err
		}
		if f.Parent != 0 {
			d.Parent, err = casework.Get(tx, c.ID, f.Parent)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return d, nil
}

// visible reads a report that the actor may add to.
func visible(tx *db.Tx, c *city.City, a permission.Actor, number string) (*casework.File, error) {
	f, err := casework.ByNumber(tx, c.ID, number)
	if err != nil {
		return nil, err
	}
	own := a.Owns(f.Author)
	if f.Kind != KindName || (f.Visibility != casework.Public && !own && !a.Can("report.internal", f.Body)) {
		return nil, web.NotFound()
	}
	return f, nil
}

// Words is a comment by a resident.
type Words struct {
	Text     string
	Photos   []casework.Photo
	ShowName bool
	Lang     string
}

// Comment adds a resident's words and photos to a report. Those of people the
// platform does not know, and suspicious ones, wait for a moderator; held says
// so.
func (s *Service) Comment(ctx context.Context, c *city.City, a permission.Actor, number string, w Words) (held bool, err error) {
	settings, err := settingsOf(c)
	if err != nil {
		return false, err
	}
	f := &web.Form{}
	text := strings.TrimSpace(w.Text)
	if text == "" && len(w.Photos) == 0 {
		f.Fail("text", "report.error.comment")
	}
	f.Long("text", text, MaxText)
	if len(w.Photos) > settings.MaxPhotos {
		f.Fail("photos", "report.error.photos", "n", settings.MaxPhotos)
	}
	if err := f.Err(); err != nil {
		return false, err
	}
	held = Suspicious(text, settings, place.Words(text)) || (!a.SignedIn() && settings.HoldAnonymous)
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		file, err := visible(tx, c, a, number)
		if err != nil {
			return err
		}
		if err := s.mayPost(tx, c, a, "report.comment", file.Body); err != nil {
			return err
		}
		e := casework.Event{Person: a.Person, Note: text, Lang: w.Lang, Held: held, Photos: w.Photos}
		if w.ShowName {
			e.Actor = a.Name
		}
		for i := range e.Photos {
			e.Photos[i].Stage, e.Photos[i].Public = "before", !held
		}
		if _, _, err := s.Desk.Comment(tx, c, file.ID, e); err != nil {
			return err
		}
		return once.Claim(tx, "/reports/"+number)
	})
	return held, err
}

func (s *Service) mayPost(tx *db.Tx, c *city.City, a permission.Actor, action string, body int64) error {
	if err := a.Check(action, body); err != nil {
		return err
	}
	out, err := banned(tx, c.ID, a.Person, s.Clock.Now())
	if err == nil && out {
		return permission.ErrDenied
	}
	return err
}

// See counts that somebody else sees the problem too. who tells visitors apart
// without saying who they are.
func (s *Service) See(ctx context.Context, c *city.City, a permission.Actor, number, who string) error {
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		f, err := visible(tx, c, a, number)
		if err != nil {
			return err
		}
		_, err = s.Desk.See(tx, c, f.ID, who)
		return err
	})
}

// Reopen puts a report back to work, for its author within the city's days
// and for the staff.
func (s *Service) Reopen(ctx context.Context, c *city.City, a permission.Actor, number string, w Words) error {
	settings, err := settingsOf(c)
	if err != nil {
		return err
	}
	book, err := s.Books.Of(ctx, c.ID)
	if err != nil {
		return err
	}
	if strings.TrimSpace(w.Text) == "" {
		return web.Invalid(web.FieldError{Field: "text", Key: "report.error.reopen"})
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		f, err := visible(tx, c, a, number)
		if err != nil {
			return err
		}
		own := a.Owns(f.Author) && MayReopen(f, settings, s.Clock.Now())
		if !own && !a.Can("report.work", f.Body) {
			return permission.ErrDenied
		}
		actor := ""
		if !own || f.AuthorName != "" {
			actor = a.Name
		}
		for i := range w.Photos {
			w.Photos[i].Stage, w.Photos[i].Public = "before", true
		}
		if _, err = s.Desk.Reopen(tx, c, a, f.ID, actor, strings.TrimSpace(w.Text), w.Lang, c.Calendar.Add(s.Clock.Now(), book.Days(f.Category, settings)), w.Photos); err != nil {
			return err
		}
		return once.Claim(tx, "/reports/"+number)
	})
}

// Judge stores the author's answer to "is it really fixed?" and the stars. A
// "not fixed" by the author of a report that the city calls fixed reopens it,
// within the city's days.
func (s *Service) Judge(ctx context.Context, c *city.City, a permission.Actor, number string, stars int64, verdict string, w Words) error {
	settings, err := settingsOf(c)
	if err != nil {
		return err
	}
	book, err := s.Books.Of(ctx, c.ID)
	if err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		f, err := visible(tx, c, a, number)
		if err != nil {
			return err
		}
		if !a.Owns(f.Author) {
			return permission.ErrDenied
		}
		actor, note := "", strings.TrimSpace(w.Text)
		if f.AuthorName != "" {
			actor = a.Name
		}
		again := verdict == OutcomeNotFixed && f.State == Fixed && MayReopen(f, settings, s.Clock.Now())
		rated := note
		if again {
			rated = "" // the words are the reason of the reopening, which is told to the body
		}
		if _, err := s.Desk.Rate(tx, c, a, f.ID, stars, verdict, rated, actor, w.Lang); err != nil {
			return err
		}
		if again {
			if _, err := s.Desk.Reopen(tx, c, a, f.ID, actor, note, w.Lang, c.Calendar.Add(s.Clock.Now(), book.Days(f.Category, settings)), nil); err != nil {
				return err
			}
		}
		return once.Claim(tx, "/reports/"+number)
	})
}

// Flag tells the moderators that a report, or one entry of it, is out of
// place. Enough flags by different people hide it until somebody has looked.
func (s *Service) Flag(ctx context.Context, c *city.City, a permission.Actor, number string, event int64, who, reason, note string) error {
	settings, err := settingsOf(c)
	if err != nil {
		return err
	}
	if reason == "" {
		return web.Invalid(web.FieldError{Field: "reason", Key: "error.field.required"})
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		f, err := visible(tx, c, a, number)
		if err != nil {
			return err
		}
		if err := s.Desk.Flag(tx, c, f.ID, event, who, reason, note); err != nil {
			return err
		}
		n, err := casework.Flags(tx, c.ID, f.ID, event)
		if err != nil || n < settings.FlagsToHold {
			return err
		}
		return s.Desk.Hold(tx, c, f.ID, event)
	})
}

// Similar is a report near a place, with how much alike it is.
type Similar struct {
	File   *casework.File
	Metres float64
	Alike  float64 // 0 to 1, by words; 0 without words to compare
}

// Nearby finds open reports of a category near a place, the likeliest to be
// the same first. Without a category it looks at all.
func (s *Service) Nearby(ctx context.Context, c *city.City, category string, lat, lon float64, text string) ([]Similar, error) {
	settings, err := settingsOf(c)
	if err != nil {
		return nil, err
	}
	var out []Similar
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		near, err := place.Nearby(tx, c.ID, Layer, lat, lon, float64(settings.NearMetres), 30, func(p place.Point) bool {
			return category == "" || p.Category == category
		})
		if err != nil || len(near) == 0 {
			return err
		}
		ids := make([]int64, len(near))
		for i, n := range near {
			ids[i] = n.ID
		}
		files, err := casework.Several(tx, c.ID, ids)
		if err != nil {
			return err
		}
		metres := map[int64]float64{}
		for _, n := range near {
			metres[n.ID] = n.Metres
		}
		asked := likeness.Of(text, "")
		for _, f := range files {
			if f.Listed() {
				out = append(out, Similar{File: f, Metres: metres[f.ID], Alike: asked.To(likeness.Of(f.Text, f.Lang))})
			}
		}
		return nil
	})
	sortSimilar(out, float64(settings.NearMetres))
	return out[:min(len(out), 5)], err
}

// Remember answers a repeated submit with the report it made the first time.
func Remember(err error) (number string, ok bool) {
	answer, ok := repeated(err)
	if !ok {
		return "", false
	}
	return strings.CutPrefix(answer, "/reports/")
}

func repeated(err error) (answer string, ok bool) {
	var done *once.Repeated
	if !errors.As(err, &done) {
		return "", false
	}
	return done.Answer, true
}

// Follow makes the actor a follower of a report, or ends it.
func (s *Service) Follow(ctx context.Context, c *city.City, a permission.Actor, number string, on bool) error {
	if !a.SignedIn() {
		return permission.ErrDenied
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		f, err := visible(tx, c, a, number)
		if err != nil {
			return err
		}
		if !on {
			return notify.Unfollow(tx, c.ID, a.Person, subject(f.ID))
		}
		return notify.Follow(tx, c.ID, a.Person, subject(f.ID), s.Clock.Now())
	})
}

// Watch tells the actor of new reports around a place or in a district.
func (s *Service) Watch(ctx context.Context, c *city.City, a permission.Actor, w notify.Watch) error {
	if !a.SignedIn() {
		return permission.ErrDenied
	}
	w.Person = a.Person
	return s.DB.Update(ctx, func(tx *db.Tx) error { return notify.AddWatch(tx, c.ID, w) })
}

// Own implements account.Cases: what the person asked of the city.
func (s *Service) Own(ctx context.Context, v *page.Visit, limit int) (out []account.Own, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		files, err := casework.ByAuthor(tx, v.City.ID, KindName, v.Actor.Person, 0, limit)
		out = asOwn(v, files)
		return err
	})
	return out, err
}

// Followed implements account.Cases: what the person follows.
func (s *Service) Followed(ctx context.Context, v *page.Visit, limit int) (out []account.Own, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		list, err := notify.Following(tx, v.City.ID, v.Actor.Person, KindName, limit)
		if err != nil {
			return err
		}
		files, err := casework.Several(tx, v.City.ID, list)
		files = slices.DeleteFunc(files, func(f *casework.File) bool { return f.Author == v.Actor.Person || !f.Listed() })
		out = asOwn(v, files)
		return err
	})
	return out, err
}

func asOwn(v *page.Visit, files []*casework.File) []account.Own {
	out := make([]account.Own, len(files))
	sc := &scene{Visit: v}
	for i, f := range files {
		code, text := sc.status(f)
		out[i] = account.Own{
			Href: "/reports/" + f.Number, Number: f.Number, Title: f.Title, State: code, StateText: text,
			Note: v.P.Date(f.CreatedAt().In(v.City.Zone)), Created: f.Created,
		}
	}
	return out
}
