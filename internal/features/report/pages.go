package report

import (
	"context"
	"crypto/hmac"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/account"
	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/inbox"
	"github.com/ashar-kg/ashar/internal/civic/manifest"
	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/civic/place"
	"github.com/ashar-kg/ashar/internal/platform/blob"
	"github.com/ashar-kg/ashar/internal/platform/photo"
	"github.com/ashar-kg/ashar/internal/platform/ui"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Pages are the pages about reports.
type Pages struct {
	Service  *Service
	Accounts *account.Service
	Log      *slog.Logger
	// Known names what is known to be off at a place.
	Known func(ctx context.Context, lat, lon float64) ([]ui.Link, error)
	// Now names what is off in the city at this hour.
	Now    func(ctx context.Context) ([]ui.Link, error)
	Others inbox.Rows // how other kinds of case show in the inbox
	PartOf PartOf
	// OtherSteps are what can be done with many of them at once.
	OtherSteps map[string]inbox.Steps
	Datasets   []manifest.Dataset // of other features
}

// PartOf finds the issue that a case is part of; the zero link is none.
type PartOf func(ctx context.Context, v *page.Visit, id int64) (ui.Link, error)

// scene is what nearly every page about reports needs.
type scene struct {
	*page.Visit
	book     *Book
	bodies   *body.Directory
	areas    *place.Areas
	settings Settings
}

func (p *Pages) scene(r *http.Request) (*scene, error) {
	s := &scene{Visit: page.Of(r)}
	var err error
	if s.book, err = p.Service.Books.Of(r.Context(), s.City.ID); err != nil {
		return nil, err
	}
	if s.bodies, err = p.Service.Bodies.Of(r.Context(), s.City.ID); err != nil {
		return nil, err
	}
	if s.areas, err = p.Service.Places.Areas(r.Context(), s.City.ID); err != nil {
		return nil, err
	}
	s.settings, err = settingsOf(s.City)
	return s, err
}

// at is scene for what knows only the context of its request.
func (p *Pages) at(ctx context.Context) (*scene, error) {
	return p.scene((&http.Request{}).WithContext(ctx))
}

func (s *scene) category(code string) string { return s.book.CategoryName(code, s.Lang()) }

func (s *scene) icon(code string) string {
	if c, ok := s.book.Category(code); ok {
		return c.Icon
	}
	return "other"
}

func (s *scene) body(id int64) string { return s.bodies.Name(id, s.Lang()) }

func (s *scene) district(code string) string {
	return districtName(s.areas, code, s.Lang(), s.Now.UnixMilli())
}

func (s *scene) districts() []place.Area { return s.areas.Of(place.AreaDistrict, s.Now.UnixMilli()) }

// status is the tag of a report: late is shown before its state.
func (s *scene) status(f *casework.File) (code, text string) { return status(s.Visit, f) }

func status(s *page.Visit, f *casework.File) (code, text string) {
	switch {
	case f.Visibility == casework.Held:
		return "held", s.T("report.state.held")
	case f.Visibility == casework.Unconfirmed:
		return "held", s.T("report.state.unconfirmed")
	case f.Visibility == casework.Hidden:
		return "hidden", s.T("report.state.hidden")
	case f.Overdue(s.Now):
		return "late", s.T("report.state.late")
	}
	return f.State, s.T("report.state." + f.State)
}

// clock says in words how much time a report has.
func (s *scene) clock(f *casework.File) string {
	if !f.Open {
		return ""
	}
	n := s.City.Calendar.Between(s.Now, f.DueAt())
	switch {
	case f.Overdue(s.Now):
		return s.T("report.clock.late", "n", max(1, -n))
	case n == 0:
		return s.T("report.clock.today")
	}
	return s.T("report.clock.left", "n", n)
}

func (s *scene) day(ms int64) string { return s.P.Date(time.UnixMilli(ms).In(s.City.Zone)) }

func (s *scene) moment(ms int64) string { return s.P.DateTime(time.UnixMilli(ms).In(s.City.Zone)) }

// photoPath is the address of a stored photo.
func photoPath(key string) string {
	if key == "" {
		return ""
	}
	return "/photos/" + key
}

// store takes the photos of a form: re-encoded, without what the camera wrote
// into them, in the blob store. Those sent before, when the form had errors,
// come back as signed names. A bad file is an error of its field.
func (p *Pages) photos(ctx context.Context, c *city.City, f *web.Form, files []*multipart.FileHeader, most int) (out []casework.Photo, at *photo.Place, err error) {
	for _, kept := range f.Values["kept_photo"] {
		if ph, ok := readKept(c, kept); ok && len(out) < most {
			out = append(out, ph)
		}
	}
	for _, h := range files {
		if h.Size == 0 {
			continue
		}
		if len(out) >= most {
			f.Fail("photos", "report.error.photos", "n", most)
			break
		}
		ph, where, err := p.photo(ctx, h)
		switch {
		case errors.Is(err, photo.ErrTooLarge), errors.Is(err, photo.ErrTooManyPixels):
			f.Fail("photos", "report.error.photo_large")
		case errors.Is(err, photo.ErrNotImage), errors.Is(err, photo.ErrUnsupported):
			f.Fail("photos", "report.error.photo_kind")
		case err != nil:
			return nil, nil, err
		default:
			out = append(out, ph)
			if at == nil {
				at = where
			}
		}
	}
	return out, at, nil
}

func (p *Pages) photo(ctx context.Context, h *multipart.FileHeader) (casework.Photo, *photo.Place, error) {
	in, err := h.Open()
	if err != nil {
		return casework.Photo{}, nil, err
	}
	defer in.Close()
	return p.Service.StorePhoto(ctx, in)
}

// StorePhoto re-encodes a picture and stores it.
func (s *Service) StorePhoto(ctx context.Context, in io.Reader) (casework.Photo, *photo.Place, error) {
	res, err := photo.Process(in)
	if err != nil {
		return casework.Photo{}, nil, err
	}
	full, _, err := s.Blobs.Put(ctx, strings.NewReader(string(res.Full)), int64(len(res.Full)))
	if err != nil {
		return casework.Photo{}, nil, err
	}
	thumb, _, err := s.Blobs.Put(ctx, strings.NewReader(string(res.Thumb)), int64(len(res.Thumb)))
	if err != nil {
		return casework.Photo{}, nil, err
	}
	return casework.Photo{Full: full, Thumb: thumb, Width: int64(res.Width), Height: int64(res.Height)}, res.Place, nil
}

// keptPhoto names a stored photo so that only this server can have named it.
func keptPhoto(c *city.City, p casework.Photo) string {
	text := fmt.Sprintf("%s.%s.%d.%d", p.Full, p.Thumb, p.Width, p.Height)
	return text + "." + c.Sign("photo", text)
}

func readKept(c *city.City, kept string) (p casework.Photo, ok bool) {
	i := strings.LastIndexByte(kept, '.')
	if i < 0 || !hmac.Equal([]byte(kept[i+1:]), []byte(c.Sign("photo", kept[:i]))) {
		return p, false
	}
	parts := strings.Split(kept[:i], ".")
	if len(parts) != 4 {
		return p, false
	}
	p.Full, p.Thumb = parts[0], parts[1]
	p.Width, _ = strconv.ParseInt(parts[2], 10, 64)
	p.Height, _ = strconv.ParseInt(parts[3], 10, 64)
	return p, true
}

// servePhoto sends a photo to whom may see it. Public ones may be kept for
// ever: their name is their content.
func (p *Pages) servePhoto(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	key := r.PathValue("key")
	if !blob.Valid(key) {
		return web.NotFound()
	}
	public, err := p.Service.PhotoFor(r.Context(), v.City, v.Actor, key)
	if err != nil {
		return err
	}
	file, info, err := p.Service.Blobs.Open(r.Context(), key)
	if errors.Is(err, blob.ErrNotFound) {
		return web.NotFound()
	}
	if err != nil {
		return err
	}
	defer file.Close()
	h := w.Header()
	h.Set("Content-Type", "image/jpeg")
	h.Set("Cache-Control", "private, no-cache")
	if public {
		h.Set("Cache-Control", "public, max-age=86400, immutable")
		h.Del("Vary")
	}
	h.Set("Etag", `"`+key+`"`)
	http.ServeContent(w, r, "", info.Modified, file)
	return nil
}

// who tells visitors apart for "I see it too" and flags, without saying who
// they are: a keyed hash of the address that changes with the day.
func who(v *page.Visit) string {
	if v.Actor.SignedIn() {
		return strconv.FormatInt(v.Actor.Person, 10)
	}
	return "v" + v.City.Sign("visitor", v.Address+v.Now.Format(time.DateOnly))[:24]
}

// query builds the address of a list with one filter changed.
func query(path string, q url.Values, change ...string) string {
	next := url.Values{}
	for k, v := range q {
		if len(v) > 0 && v[0] != "" {
			next[k] = v
		}
	}
	for i := 0; i+1 < len(change); i += 2 {
		if change[i+1] == "" {
			next.Del(change[i])
		} else {
			next.Set(change[i], change[i+1])
		}
	}
	if len(next) == 0 {
		return path
	}
	return path + "?" + next.Encode()
}
