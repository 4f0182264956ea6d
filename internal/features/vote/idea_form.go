package vote

import (
	"crypto/hmac"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/civic/place"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/photo"
	"github.com/ashar-kg/ashar/internal/platform/ui"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

func timeIn(v *page.Visit, ms int64) time.Time { return time.UnixMilli(ms).In(v.City.Zone) }

// ideaForm is a new idea, or one that is corrected, as it is filled in.
type ideaForm struct {
	*scene
	form   *web.Form
	number string // of the idea that is corrected, "" for a new one
	asked  string // what the body wants put right
	found  []place.Found
	alike  []Sent
	photos []string // kept from an attempt before, by signed name
	errs   map[string]string
}

func (p *Pages) newIdea(w http.ResponseWriter, r *http.Request) error {
	if !page.Of(r).Actor.SignedIn() {
		return web.SignIn()
	}
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	return p.ideaFormPage(w, r, &ideaForm{scene: s, form: &web.Form{Values: url.Values{}}})
}

// editIdea fills the form in with an idea that was returned to its author.
func (p *Pages) editIdea(w http.ResponseWriter, r *http.Request) error {
	if !page.Of(r).Actor.SignedIn() {
		return web.SignIn()
	}
	t, err := p.toldOf(r, nil)
	if err != nil {
		return err
	}
	if !t.Mine {
		return web.Forbidden()
	}
	f := url.Values{
		"title": {t.File.Title}, "text": {t.File.Text}, "category": {t.File.Category}, "pot": {t.Detail.Pot}, "address": {t.File.Address},
	}
	if t.Detail.Geometry != "" {
		corners, kind := place.Corners(t.Detail.Geometry)
		f.Set("shape", corners)
		f.Set("shape_kind", kind)
	}
	if t.Detail.Asked != 0 {
		f.Set("asked", web.MoneyText(t.Detail.Asked))
	}
	if t.File.Placed {
		f.Set("lat", coordinate(t.File.Lat))
		f.Set("lon", coordinate(t.File.Lon))
	}
	return p.ideaFormPage(w, r, &ideaForm{scene: t.scene, form: &web.Form{Values: f}, number: t.File.Number, asked: lastReturn(t.Timeline)})
}

// lastReturn is what the body wanted put right when it returned an idea last.
func lastReturn(events []casework.Event) string {
	for _, e := range slices.Backward(events) {
		if e.Kind == casework.EventState && e.State == IdeaReturned {
			return e.Note
		}
	}
	return ""
}

func coordinate(v float64) string { return strconv.FormatFloat(v, 'f', 6, 64) }

func (p *Pages) ideaFormPage(w http.ResponseWriter, r *http.Request, f *ideaForm) error {
	if f.form.Text(page.OnceField) == "" {
		f.form.Values.Set(page.OnceField, ids.Secret(16))
	}
	f.errs = f.Visit.Texts(f.form)
	meta := page.Meta{Title: f.T("vote.idea.new") + " · " + f.title(), Private: true, NoIndex: true}
	if len(f.form.Errors()) > 0 || len(f.alike) > 0 {
		meta.Status = http.StatusUnprocessableEntity
	}
	return page.Render(w, r, meta, ideaFormView(f))
}

// maxIdeaUpload is the largest form with photos, in bytes.
const maxIdeaUpload = maxIdeaShots*12<<20 + 1<<20

// sendIdea takes a new idea, or a corrected one.
func (p *Pages) sendIdea(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	if !v.Actor.SignedIn() {
		return web.SignIn()
	}
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	values, err := web.ReadUpload(w, r, maxIdeaUpload)
	if err != nil {
		return err
	}
	f := &ideaForm{scene: s, form: values, number: strings.ToUpper(r.PathValue("number"))}
	if f.number == "" {
		// What is not taken now is told before anybody fills anything in.
		if err := s.during(s.City, s.Now, Collecting); err != nil {
			return err
		}
	}
	draft, err := p.readIdea(r, f)
	if err != nil {
		return err
	}
	if len(f.form.Errors()) > 0 || f.number == "" && p.showAlike(r, f, draft) {
		return p.ideaFormPage(w, r, f)
	}
	ctx, where := page.Once(r, f.form), ""
	if f.number != "" {
		err = p.Service.Correct(ctx, v.City, v.Actor, s.Campaign.Slug, f.number, draft)
		where = ideaAt(s.Campaign.Slug, f.number) + "?done=corrected"
	} else {
		var file *casework.File
		if file, err = p.Service.Propose(ctx, v.City, v.Actor, s.Campaign.Slug, draft); err == nil {
			where = ideaAt(s.Campaign.Slug, file.Number) + "?done=created"
		}
	}
	err = page.Resolve(ctx, err)
	if f.form.Take(err) {
		return p.ideaFormPage(w, r, f)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, where)
}

// showAlike looks for ideas about the same, once: who says that theirs is
// another one sends it.
func (p *Pages) showAlike(r *http.Request, f *ideaForm, d Proposal) bool {
	if f.form.Checked("different") {
		return false
	}
	list, err := p.Service.Alike(r.Context(), f.City, f.Campaign, d.Title, d.Text, d.Lang)
	f.alike = list
	return err == nil && len(list) > 0
}

// readIdea reads the fields; what cannot be read is an error of its field.
func (p *Pages) readIdea(r *http.Request, f *ideaForm) (Proposal, error) {
	d := Proposal{
		Title: f.form.Text("title"), Text: f.form.Text("text"), Lang: f.Lang(), Category: f.form.Text("category"), Pot: f.form.Text("pot"),
		Shape: f.form.Text("shape"), ShapeKind: f.form.Text("shape_kind"), Asked: f.form.Money("asked"), Name: shownName(f.Visit, f.form),
	}
	if err := p.readPlace(r, f, &d); err != nil {
		return d, err
	}
	for _, kept := range f.form.Values["kept_photo"] {
		if pic, ok := readKept(f.City, kept); ok && len(d.Photos) < maxIdeaShots {
			d.Photos = append(d.Photos, pic)
		}
	}
	if r.MultipartForm != nil {
		for _, h := range r.MultipartForm.File["photos"] {
			if err := p.readPhoto(r, f, h, &d); err != nil {
				return d, err
			}
		}
	}
	for _, pic := range d.Photos {
		f.photos = append(f.photos, keptPhoto(f.City, pic))
	}
	return d, nil
}

func (p *Pages) readPhoto(r *http.Request, f *ideaForm, h *multipart.FileHeader, d *Proposal) error {
	if h.Size == 0 {
		return nil
	}
	if len(d.Photos) >= maxIdeaShots {
		f.form.Fail("photos", "report.error.photos", "n", maxIdeaShots)
		return nil
	}
	in, err := h.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	data, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	pic, err := p.Photo(r.Context(), data)
	switch {
	case errors.Is(err, photo.ErrTooLarge), errors.Is(err, photo.ErrTooManyPixels):
		f.form.Fail("photos", "report.error.photo_large")
	case errors.Is(err, photo.ErrNotImage), errors.Is(err, photo.ErrUnsupported):
		f.form.Fail("photos", "report.error.photo_kind")
	case err != nil:
		return err
	default:
		d.Photos = append(d.Photos, pic)
	}
	return nil
}

// asTyped is the answer that none of the places found is meant.
const asTyped = "typed"

// readPlace finds the place: a point of the map or telephone, one of those that
// were found, or an address that is looked up now.
func (p *Pages) readPlace(r *http.Request, f *ideaForm, d *Proposal) error {
	if parts := strings.SplitN(f.form.Text("found"), ",", 3); len(parts) == 3 {
		f.form.Values.Set("lat", parts[0])
		f.form.Values.Set("lon", parts[1])
		f.form.Values.Set("address", parts[2])
	}
	d.Address = f.form.Text("address")
	lat, ok1 := f.form.Float("lat")
	lon, ok2 := f.form.Float("lon")
	if d.Placed = ok1 && ok2; d.Placed {
		d.Lat, d.Lon = lat, lon
		return nil
	}
	if d.Address == "" || d.Shape != "" || f.form.Text("found") == asTyped {
		return nil
	}
	names, err := p.Service.Places.Gazetteer(r.Context(), f.City.ID)
	if err != nil {
		return err
	}
	f.found = slices.DeleteFunc(names.Search(d.Address, 6), func(x place.Found) bool { return !x.Placed })
	if len(f.found) > 0 {
		f.form.Fail("found", "vote.idea.error.which")
	}
	return nil
}

// foundOptions are the places that may be meant.
func (f *ideaForm) foundOptions() (out []ui.Option) {
	for _, x := range f.found {
		out = append(out, ui.Option{
			Value: coordinate(x.Lat) + "," + coordinate(x.Lon) + "," + x.Text(f.Lang()), Text: x.Text(f.Lang()), Hint: f.T("place.kind." + x.Kind),
		})
	}
	return append(out, ui.Option{Value: asTyped, Text: f.T("vote.idea.as_typed")})
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
