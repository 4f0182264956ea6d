package project

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/photo"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// maxUpload is the largest form with photos or a file, in bytes.
const maxUpload = 40 << 20

// funders is how many of those who pay the form has room for.
const funders = 5

func newForm() *web.Form { return &web.Form{Values: url.Values{page.OnceField: {ids.Secret(12)}}} }

func (p *Pages) desk(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r.Context())
	if err != nil {
		return err
	}
	if !s.Actor.Some(Write) {
		return permission.ErrDenied
	}
	q := r.URL.Query()
	f := filterOf(q, s.bodies)
	if bodies, all := s.Actor.Bodies(Write); !all && f.Body == 0 && q.Get("body") != "all" && len(bodies) > 0 {
		f.Body = bodies[0]
	}
	found, err := p.Service.List(r.Context(), s.City, f)
	if err != nil {
		return err
	}
	var open []*casework.File
	if err := p.Service.DB.View(r.Context(), func(tx *db.Tx) error {
		list, err := casework.Listed(tx, s.City.ID, casework.Filter{Kind: KindName, States: []string{Asked}, Limit: 50})
		open = slices.DeleteFunc(list.Files, func(f *casework.File) bool { return !s.Actor.Can(Answer, f.Body) })
		return err
	}); err != nil {
		return err
	}
	meta := page.Meta{Title: s.T("project.nav"), Staff: true, Private: true, NoIndex: true}
	return page.Render(w, r, meta, deskView(s, q, found, open))
}

func (p *Pages) fresh(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	if !v.Actor.Some(Write) {
		return permission.ErrDenied
	}
	return p.formPage(w, r, &Project{}, newForm())
}

// formPage is the form of a project; one without an id is new.
func (p *Pages) formPage(w http.ResponseWriter, r *http.Request, x *Project, f *web.Form) error {
	s, err := p.scene(r.Context())
	if err != nil {
		return err
	}
	title := s.T("project.new")
	if x.ID != 0 {
		title, _ = x.Titles.In(s.Lang())
	}
	meta := page.Meta{Title: title, Staff: true, Private: true, NoIndex: true, Status: statusOf(f)}
	return page.Render(w, r, meta, formView(s, x, f))
}

// readEdit reads the form of a project.
func readEdit(v *page.Visit, f *web.Form) Edit {
	zone := v.City.Zone
	e := Edit{
		Titles: words(v, f, "title_"), Texts: words(v, f, "text_"), Type: f.Text("type"), Sector: f.Text("sector"), Body: f.ID("body"),
		Address: f.Optional("address", maxTitle), Geometry: f.Text("geometry"), Reason: f.Text("reason"),
		Planned: Period{midnight(f.Text("planned_start"), zone), midnight(f.Text("planned_end"), zone)},
		Began:   midnight(f.Text("began"), zone), Ended: midnight(f.Text("ended"), zone), Guarantee: midnight(f.Text("guarantee"), zone),
		Approved: midnight(f.Text("approved"), zone), Budget: f.Money("budget"),
		Contact: Contact{f.Optional("contact_name", maxTitle), f.Optional("contact_email", maxTitle), f.Optional("contact_phone", maxTitle)},
	}
	if f.Text("lat") != "" || f.Text("lon") != "" {
		lat, ok := f.Float("lat")
		lon, also := f.Float("lon")
		e.Lat, e.Lon, e.Placed = lat, lon, ok && also
	}
	var bad int
	if e.Lines, bad = parseLines(f.Text("lines"), v.City.Currency); bad != 0 {
		f.Fail("lines", "project.error.lines", "n", bad)
	}
	if e.Papers, bad = parsePapers(f.Text("papers")); bad != 0 {
		f.Fail("papers", "project.error.papers", "n", bad)
	}
	for i := range funders {
		n := strconv.Itoa(i + 1)
		party, fund, amount := f.Text("party_"+n), f.Text("fund_"+n), f.Money("amount_"+n)
		if party == "" && fund == "" && amount == 0 {
			continue
		}
		if !slices.Contains(Funds, fund) {
			f.Fail("fund_"+n, "error.field.choice")
		}
		e.Finance = append(e.Finance, Finance{ID: n, Fund: fund, Party: party, Amount: Money{Minor: amount, Currency: v.City.Currency}})
	}
	return e
}

// words reads a text by language.
func words(v *page.Visit, f *web.Form, prefix string) Texts {
	out := Texts{}
	for _, lang := range v.City.Languages {
		if text := f.Text(prefix + lang); text != "" {
			out[lang] = text
		}
	}
	return out
}

// fill is the form of a project as it stands.
func fill(v *page.Visit, x *Project) *web.Form {
	f, zone := newForm(), v.City.Zone
	set := func(name, value string) { f.Values.Set(name, value) }
	for lang, text := range x.Titles {
		set("title_"+lang, text)
	}
	for lang, text := range x.Texts {
		set("text_"+lang, text)
	}
	set("type", x.Type)
	if len(x.Sectors) > 0 {
		set("sector", x.Sectors[0])
	}
	set("body", strconv.FormatInt(x.Body, 10))
	set("address", x.Address)
	set("geometry", x.Geometry)
	if x.Placed {
		set("lat", strconv.FormatFloat(x.Lat, 'f', -1, 64))
		set("lon", strconv.FormatFloat(x.Lon, 'f', -1, 64))
	}
	for name, ms := range map[string]int64{
		"planned_start": x.Planned.Start, "planned_end": x.Planned.End, "began": x.Began, "ended": x.Ended, "guarantee": x.Guarantee, "approved": x.Approved,
	} {
		set(name, dayText(ms, zone))
	}
	if x.Budget.Minor != 0 {
		set("budget", web.MoneyText(x.Budget.Minor))
	}
	set("lines", linesText(x.Lines))
	set("papers", papersText(x.Papers))
	for i, fin := range x.Finance {
		n := strconv.Itoa(i + 1)
		set("party_"+n, fin.Party)
		set("fund_"+n, fin.Fund)
		set("amount_"+n, web.MoneyText(fin.Amount.Minor))
	}
	set("contact_name", x.Contact.Name)
	set("contact_email", x.Contact.Email)
	set("contact_phone", x.Contact.Phone)
	set("version", strconv.FormatInt(x.Version, 10))
	return f
}

func (p *Pages) create(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	ctx, e := page.Once(r, f), readEdit(v, f)
	if len(f.Errors()) > 0 {
		return p.formPage(w, r, &Project{}, f)
	}
	made, err := p.Service.Create(ctx, v.City, v.Actor, e)
	if err = page.Resolve(ctx, err); f.Take(err) {
		return p.formPage(w, r, &Project{}, f)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/staff"+at(made.ID)+"?done=created")
}

// held reads a project that the actor may change.
func (p *Pages) held(r *http.Request) (*Whole, error) {
	v := page.Of(r)
	id, ok := ids.Parse(r.PathValue("id"))
	if !ok {
		return nil, web.NotFound()
	}
	x, err := p.Service.Show(r.Context(), v.City, v.Actor, id)
	if err != nil {
		return nil, err
	}
	return x, v.Actor.Check(Write, x.Body)
}

func (p *Pages) edit(w http.ResponseWriter, r *http.Request) error {
	x, err := p.held(r)
	if err != nil {
		return err
	}
	return p.formPage(w, r, x.Project, fill(page.Of(r), x.Project))
}

func (p *Pages) change(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	x, err := p.held(r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	ctx, e := page.Once(r, f), readEdit(v, f)
	e.Papers = keepPapers(e.Papers, x.Papers)
	if len(f.Errors()) > 0 {
		return p.formPage(w, r, x.Project, f)
	}
	err = p.Service.Change(ctx, v.City, v.Actor, x.ID, f.ID("version"), e)
	if err = page.Resolve(ctx, err); f.Take(err) {
		return p.formPage(w, r, x.Project, f)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/staff"+at(x.ID)+"?done=changed")
}

func (p *Pages) work(w http.ResponseWriter, r *http.Request) error {
	return p.workPage(w, r, newForm())
}

func (p *Pages) workPage(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	x, err := p.held(r)
	if err != nil {
		return err
	}
	s, err := p.scene(r.Context())
	if err != nil {
		return err
	}
	title, _ := x.Titles.In(s.Lang())
	meta := page.Meta{Title: title, Staff: true, Private: true, NoIndex: true, Status: statusOf(f)}
	return page.Render(w, r, meta, workView(s, x, f, r.URL.Query().Get("done")))
}

// step is everything that the staff does at a project beside its form.
func (p *Pages) step(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	id, ok := ids.Parse(r.PathValue("id"))
	if !ok {
		return web.NotFound()
	}
	f, err := web.ReadUpload(w, r, maxUpload)
	if err != nil {
		return err
	}
	ctx, zone := page.Once(r, f), v.City.Zone
	do := f.Text("do")
	switch do {
	case "status":
		err = p.Service.Step(ctx, v.City, v.Actor, id, f.Text("status"), f.Text("reason"))
	case "tell":
		err = p.tellOf(ctx, r, f, id)
	case "contract":
		k := Contracting{
			ID: f.Text("contract"), OCID: f.Optional("ocid", maxTitle), Title: f.Optional("name", maxTitle), Status: f.Text("contract_status"),
			Supplier: Supplier{Name: f.Optional("supplier", maxTitle), INN: f.Text("inn")}, Value: f.Money("value"),
			Period: Period{midnight(f.Text("contract_start"), zone), midnight(f.Text("contract_end"), zone)}, Reason: f.Text("reason"),
		}
		if err = f.Err(); err == nil {
			err = p.Service.SetContract(ctx, v.City, v.Actor, id, k)
		}
	case "modify":
		m := Modification{At: midnight(f.Text("day"), zone), Text: f.Optional("text", maxText), Reason: f.Text("reason"), End: midnight(f.Text("contract_end"), zone)}
		value := f.Money("value")
		if err = f.Err(); err == nil {
			err = p.Service.Modify(ctx, v.City, v.Actor, id, f.Text("contract"), m, value)
		}
	case "pay":
		value := f.Money("value")
		if err = f.Err(); err == nil {
			err = p.Service.Pay(ctx, v.City, v.Actor, id, f.Text("contract"), midnight(f.Text("day"), zone), value, f.Text("reason"))
		}
	default:
		return web.Bad(nil)
	}
	if err = page.Resolve(ctx, err); f.Take(err) || len(f.Errors()) > 0 {
		return p.workPage(w, r, f)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/staff"+at(id)+"?done="+do)
}

// tellOf tells of the progress with the photos of the form.
func (p *Pages) tellOf(ctx context.Context, r *http.Request, f *web.Form, id int64) error {
	v := page.In(ctx)
	x, err := p.held(r)
	if err != nil {
		return err
	}
	t := Telling{At: midnight(f.Text("day"), v.City.Zone), Percent: int64(f.Int("percent", 0, 100, -1)), Texts: words(v, f, "text_"), Stage: f.Choice("stage", PhotoStages...)}
	if t.Photos, err = p.photosOf(ctx, r, f); err != nil {
		return err
	}
	if err := f.Err(); err != nil {
		return err
	}
	return p.Service.Tell(ctx, v.City, v.Actor, x.ID, t)
}

// photosOf keeps the pictures of a form: re-encoded, without what the camera
// wrote into them. A bad file is an error of the field photos.
func (p *Pages) photosOf(ctx context.Context, r *http.Request, f *web.Form) (out []Photo, err error) {
	if r.MultipartForm == nil {
		return nil, nil
	}
	for _, h := range r.MultipartForm.File["photos"] {
		if h.Size == 0 {
			continue
		}
		if len(out) >= maxPhotos {
			f.Fail("photos", "report.error.photos", "n", maxPhotos)
			return out, nil
		}
		in, err := h.Open()
		if err != nil {
			return nil, err
		}
		ph, err := p.Service.KeepPhoto(ctx, in)
		in.Close()
		switch {
		case errors.Is(err, photo.ErrTooLarge), errors.Is(err, photo.ErrTooManyPixels):
			f.Fail("photos", "report.error.photo_large")
		case errors.Is(err, photo.ErrNotImage), errors.Is(err, photo.ErrUnsupported):
			f.Fail("photos", "report.error.photo_kind")
		case err != nil:
			return nil, err
		default:
			out = append(out, ph)
		}
	}
	return out, nil
}

// KeepPhoto re-encodes a picture and stores it.
func (s *Service) KeepPhoto(ctx context.Context, in io.Reader) (Photo, error) {
	res, err := photo.Process(in)
	if err != nil {
		return Photo{}, err
	}
	full, _, err := s.Blobs.Put(ctx, strings.NewReader(string(res.Full)), int64(len(res.Full)))
	if err != nil {
		return Photo{}, err
	}
	thumb, _, err := s.Blobs.Put(ctx, strings.NewReader(string(res.Thumb)), int64(len(res.Thumb)))
	return Photo{Full: full, Thumb: thumb, Width: int64(res.Width), Height: int64(res.Height)}, err
}

func (p *Pages) question(w http.ResponseWriter, r *http.Request) error {
	return p.questionPage(w, r, newForm())
}

func (p *Pages) questionPage(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	s, err := p.scene(r.Context())
	if err != nil {
		return err
	}
	var q Question
	var id int64
	if err := p.Service.DB.View(r.Context(), func(tx *db.Tx) error {
		file, err := casework.ByNumber(tx, s.City.ID, r.PathValue("number"))
		if err != nil {
			return err
		}
		if file.Kind != KindName || !s.Actor.Can(KindName+".internal", file.Body) {
			return web.NotFound()
		}
		if id, err = projectOf(tx, s.City.ID, file.ID); err != nil {
			return err
		}
		q, err = question(tx, s.City, file, true)
		return err
	}); err != nil {
		return err
	}
	meta := page.Meta{Title: s.T("project.question.one") + " № " + q.File.Number, Staff: true, Private: true, NoIndex: true, Status: statusOf(f)}
	return page.Render(w, r, meta, questionView(s, q, id, f))
}

func (p *Pages) reply(w http.ResponseWriter, r *http.Request) error {
	v, number := page.Of(r), r.PathValue("number")
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	ctx := page.Once(r, f)
	err = p.Service.Reply(ctx, v.City, v.Actor, number, f.Choice("to", Answered, Withdrawn), f.Optional("note", maxText), v.Lang())
	if err = page.Resolve(ctx, err); f.Take(err) || len(f.Errors()) > 0 {
		return p.questionPage(w, r, f)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/staff/project-questions/"+number)
}
