package report

import (
	"bytes"
	"context"
	"crypto/hmac"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/civic/place"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/photo"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Todo is what waits for a moderator, with the photos of all its cases.
type Todo struct {
	Held     []*casework.File
	Comments []HeldComment
	Flags    []FlaggedFile
	photos   map[int64][]casework.Photo
}

// photosOf returns the photos of a case, or of one of its events only.
func (t *Todo) photosOf(id, event int64) []casework.Photo {
	if event == 0 {
		return t.photos[id]
	}
	var out []casework.Photo
	for _, p := range t.photos[id] {
		if p.Event == event {
			out = append(out, p)
		}
	}
	return out
}

// HeldComment is a comment nobody but its author has seen.
type HeldComment struct {
	casework.Event
	File *casework.File
}

// FlaggedFile is a flag with the report it is about, and the words in question:
// those of one entry, or of the report itself.
type FlaggedFile struct {
	casework.Flagged
	File       *casework.File
	Text, Lang string
}

// about finds what a flag is about. An entry that is gone has no words.
func about(fl casework.Flagged, f *casework.File, entries map[int64]casework.Event) FlaggedFile {
	if fl.Event == 0 {
		return FlaggedFile{fl, f, f.Text, f.Lang}
	}
	e := entries[fl.Event]
	return FlaggedFile{fl, f, e.Note, e.Lang}
}

// Moderation reads what waits for a moderator.
func (s *Service) Moderation(ctx context.Context, c *city.City, a permission.Actor) (*Todo, error) {
	if err := a.Check("report.moderate", 0); err != nil {
		return nil, err
	}
	t := &Todo{}
	err := s.DB.View(ctx, func(tx *db.Tx) error {
		var err error
		if t.Held, _, _, err = casework.Desktop(tx, c.ID, casework.Inbox{Kinds: []string{KindName}, View: "held", Now: s.Clock.Now(), Limit: 50}); err != nil {
			return err
		}
		events, err := casework.HeldEvents(tx, c.ID, 50)
		if err != nil {
			return err
		}
		flags, err := casework.FlagsToDo(tx, c.ID, 50)
		if err != nil {
			return err
		}
		return t.gather(tx, c.ID, events, flags)
	})
	return t, err
}

// gather reads what the comments and flags belong to.
func (t *Todo) gather(tx *db.Tx, cityID int64, events []casework.Event, flags []casework.Flagged) error {
	var list, flagOf, entry []int64
	for _, e := range events {
		list = append(list, e.Case)
	}
	for _, fl := range flags {
		list = append(list, fl.Case)
		if fl.Event != 0 {
			flagOf, entry = append(flagOf, fl.Case), append(entry, fl.Event)
		}
	}
	files, err := casework.ByID(tx, cityID, list)
	if err != nil {
		return err
	}
	entries, err := casework.EventsByID(tx, cityID, flagOf, entry)
	if err != nil {
		return err
	}
	for _, e := range events {
		t.Comments = append(t.Comments, HeldComment{e, files[e.Case]})
	}
	for _, fl := range flags {
		t.Flags = append(t.Flags, about(fl, files[fl.Case], entries))
	}
	for _, f := range t.Held {
		list = append(list, f.ID)
	}
	t.photos, err = casework.PhotosOf(tx, cityID, list, true)
	return err
}

// NearStaff finds the open reports around an inspector that they work on,
// nearest first.
func (s *Service) NearStaff(ctx context.Context, c *city.City, a permission.Actor, lat, lon float64) ([]Similar, error) {
	var out []Similar
	err := s.DB.View(ctx, func(tx *db.Tx) error {
		own, err := s.ownOpen(tx, c, a)
		if err != nil {
			return err
		}
		near, err := place.Nearby(tx, c.ID, Layer, lat, lon, 3000, 30, own)
		if err != nil {
			return err
		}
		list := make([]int64, len(near))
		metres := map[int64]float64{}
		for i, n := range near {
			list[i], metres[n.ID] = n.ID, n.Metres
		}
		files, err := casework.Several(tx, c.ID, list)
		for _, f := range files {
			if a.Can("report.inspect", f.Body) {
				out = append(out, Similar{File: f, Metres: metres[f.ID]})
			}
		}
		return err
	})
	return out, err
}

// ownOpen keeps to the open reports on which the actor may work from the
// street; nil keeps all.
func (s *Service) ownOpen(tx *db.Tx, c *city.City, a permission.Actor) (func(place.Point) bool, error) {
	bodies, all := a.Bodies("report.inspect")
	if all {
		return nil, nil
	}
	if len(bodies) == 0 {
		return nil, permission.ErrDenied
	}
	list, err := casework.OpenOf(tx, c.ID, KindName, bodies)
	if err != nil {
		return nil, err
	}
	own := make(map[int64]bool, len(list))
	for _, id := range list {
		own[id] = true
	}
	return func(p place.Point) bool { return own[p.ID] }, nil
}

// photoOf finds a photo of a report for the actor to redact.
func (s *Service) photoOf(ctx context.Context, c *city.City, a permission.Actor, number, id string) (*Detailed, casework.Photo, error) {
	d, err := s.Show(ctx, c, a, number)
	if err != nil {
		return nil, casework.Photo{}, err
	}
	if err := a.Check("report.moderate", d.File.Body); err != nil {
		return nil, casework.Photo{}, err
	}
	want, _ := ids.Parse(id)
	for _, p := range d.Photos {
		if p.ID == want {
			return d, p, nil
		}
	}
	return nil, casework.Photo{}, web.NotFound()
}

// maxRects bounds the parts that one redaction hides.
const maxRects = 40

// Redact hides parts of a photo, or all of it. The files as they were are
// deleted: what was there cannot be brought back.
func (s *Service) Redact(ctx context.Context, c *city.City, a permission.Actor, number, id string, rects []photo.Rect, hide bool) error {
	d, p, err := s.photoOf(ctx, c, a, number, id)
	if err != nil {
		return err
	}
	old := p
	switch {
	case hide:
		p.Public = false
	case len(rects) == 0 || len(rects) > maxRects:
		return web.Invalid(web.FieldError{Field: "rect", Key: "report.error.rect"})
	default:
		if p, err = s.redacted(ctx, p, rects); err != nil {
			return err
		}
	}
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		if err := s.Desk.SetPhoto(tx, c, a, d.File.ID, p); err != nil {
			return err
		}
		return permission.Audit(tx, a, "report.redact", "case", d.File.ID, id, s.Clock.Now())
	})
	if err != nil || hide {
		return err
	}
	for _, key := range []string{old.Full, old.Thumb} {
		used := true
		if err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
			used, err = casework.PhotoUsed(tx, key)
			return err
		}); err != nil {
			return err
		}
		if !used {
			if err := s.Blobs.Delete(ctx, key); err != nil {
				return fmt.Errorf("old photo: %w", err)
			}
		}
	}
	return nil
}

func (s *Service) redacted(ctx context.Context, p casework.Photo, rects []photo.Rect) (casework.Photo, error) {
	file, _, err := s.Blobs.Open(ctx, p.Full)
	if err != nil {
		return p, err
	}
	defer file.Close()
	full, err := io.ReadAll(file)
	if err != nil {
		return p, err
	}
	res, err := photo.Redact(full, rects)
	if err != nil {
		return p, err
	}
	if p.Full, _, err = s.Blobs.Put(ctx, bytes.NewReader(res.Full), int64(len(res.Full))); err != nil {
		return p, err
	}
	p.Thumb, _, err = s.Blobs.Put(ctx, bytes.NewReader(res.Thumb), int64(len(res.Thumb)))
	return p, err
}

// parseRect reads "x,y,width,height" in pixels of the full picture.
func parseRect(text string) (r photo.Rect, ok bool) {
	parts := strings.Split(text, ",")
	if len(parts) != 4 {
		return r, false
	}
	for i, to := range []*int{&r.X, &r.Y, &r.Width, &r.Height} {
		n, err := strconv.ParseFloat(strings.TrimSpace(parts[i]), 64)
		if err != nil || n < 0 || n > 1e5 {
			return r, false
		}
		*to = int(n)
	}
	return r, r.Width > 0 && r.Height > 0
}

// ReplyShow reads a report for the body that holds its signed link.
func (s *Service) ReplyShow(ctx context.Context, c *city.City, number, code string) (*Detailed, error) {
	a := permission.Actor{City: c.ID, System: true}
	d, err := s.Show(ctx, c, a, number)
	if err != nil {
		return nil, err
	}
	if !hmac.Equal([]byte(code), []byte(replyCode(c, d.File))) {
		return nil, web.NotFound()
	}
	return d, nil
}

// Reply is the answer of a body without an account.
func (s *Service) Reply(ctx context.Context, c *city.City, number, code string, w Answer) error {
	if _, err := s.ReplyShow(ctx, c, number, code); err != nil {
		return err
	}
	_, err := s.Answer(ctx, c, permission.Actor{City: c.ID, System: true}, number, w)
	return err
}
