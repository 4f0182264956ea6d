package desk

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/document"
	"github.com/ashar-kg/ashar/internal/civic/inbox"
	"github.com/ashar-kg/ashar/internal/civic/intake"
	"github.com/ashar-kg/ashar/internal/civic/manifest"
	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/civic/place"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/once"
	"github.com/ashar-kg/ashar/internal/platform/ui"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Pages are the screen of the desk.
type Pages struct {
	Service *Service
	Places  *place.Store
	Papers  document.Store
	Rows    inbox.Rows // how each kind of case shows
	// Known names what is known to be off at a place.
	Known func(ctx context.Context, lat, lon float64) ([]ui.Link, error)
}

// Manifest declares the feature.
func (p *Pages) Manifest() manifest.Feature {
	return manifest.Feature{
		Name:        "desk",
		Permissions: Permissions(),
		Routes: []manifest.Route{
			{Pattern: "GET /staff/desk", Handle: p.desk},
			{Pattern: "POST /staff/desk", Handle: p.call},
			{Pattern: "POST /staff/desk/side", Handle: p.aside},
			{Pattern: "POST /staff/desk/callbacks/{id}", Handle: p.rung},
		},
		Nav: []manifest.Link{{Path: "/staff/desk", Title: "desk.title", Audience: manifest.Staff, Action: Answer}},
		PersonalData: []manifest.PersonalData{{
			Name: "calls", Purpose: "desk.register.purpose", Term: "desk.register.term", Export: export, Tell: tell, Erase: erase,
		}},
	}
}

// tell says the calls of a person in words.
func tell(ctx context.Context, doc any) ([]manifest.Told, error) {
	v := page.In(ctx)
	out := manifest.Told{Title: v.T("desk.register.title")}
	for _, t := range doc.([]told) {
		out.Rows = append(out.Rows, ui.Row{Name: v.P.DateTime(t.At.In(v.City.Zone)), Value: v.T("desk.channel." + t.Channel)})
	}
	return []manifest.Told{out}, nil
}

// screen is everything that the page shows.
type screen struct {
	*page.Visit
	form    *web.Form
	shift   Shift
	side    side
	choices []choices
	found   []place.Found // places that may be meant
	done    string        // number of the case just taken
	rows    inbox.Rows
}

// choices are what one kind of case takes.
type choices struct {
	kind string
	list []intake.Choice
}

// side is what is known of the caller and of what the caller says.
type side struct {
	asked  bool // a number was looked up
	caller Caller
	likes  []intake.Like
	known  []ui.Link // what is off at the place
}

func (p *Pages) desk(w http.ResponseWriter, r *http.Request) error {
	return p.page(w, r, &screen{Visit: page.Of(r), form: &web.Form{Values: url.Values{}}, done: r.URL.Query().Get("done")})
}

func (p *Pages) page(w http.ResponseWriter, r *http.Request, s *screen) (err error) {
	ctx, f := r.Context(), s.form
	if s.shift, err = p.Service.Shift(ctx, s.City, s.Actor); err != nil {
		return err
	}
	if s.choices, err = p.choices(ctx, s.Visit); err != nil {
		return err
	}
	if f.Text(page.OnceField) == "" {
		f.Values.Set(page.OnceField, ids.Secret(16))
		f.Values.Set("started", strconv.FormatInt(p.Service.Clock.Now().Unix(), 10))
	}
	s.rows = p.Rows
	meta := page.Meta{Title: s.T("desk.title"), Private: true, NoIndex: true, Staff: true, Wide: true}
	if len(f.Errors()) > 0 {
		meta.Status = http.StatusUnprocessableEntity
	}
	return page.Render(w, r, meta, deskView(s))
}

func (p *Pages) choices(ctx context.Context, v *page.Visit) (out []choices, err error) {
	for _, k := range p.Service.Kinds {
		list, err := k.Choices(ctx, v.City, v.Lang())
		if err != nil {
			return nil, err
		}
		out = append(out, choices{k.Kind(), list})
	}
	return out, nil
}

// look fills the side from what was typed so far. A number that is not one yet
// is no error while the operator still types.
func (p *Pages) look(r *http.Request, s *screen) (err error) {
	f := s.form
	if phone := f.Text("phone"); phone != "" {
		s.side.caller, err = p.Service.Find(r.Context(), s.City, s.Actor, phone)
		if err != nil && len(web.Fields(err)) == 0 {
			return err
		}
		s.side.asked = err == nil
	}
	lat, ok1 := f.Float("lat")
	lon, ok2 := f.Float("lon")
	kind, what, _ := strings.Cut(f.Text("what"), ":")
	if !ok1 || !ok2 {
		return nil
	}
	if s.side.known, err = p.Known(r.Context(), lat, lon); err != nil || what == "" {
		return err
	}
	s.side.likes, err = p.Service.Near(r.Context(), s.City, s.Actor, kind, what, lat, lon, f.Text("text"))
	return err
}

// aside is the side alone, for the script.
func (p *Pages) aside(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	s := &screen{Visit: page.Of(r), form: f, rows: p.Rows}
	if err := s.Actor.Check(Answer, 0); err != nil {
		return err
	}
	if err := p.look(r, s); err != nil {
		return err
	}
	return page.Fragment(w, r, sideView(s))
}

// call is every button of the screen.
func (p *Pages) call(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadUpload(w, r, document.MaxForm)
	if err != nil {
		return err
	}
	s := &screen{Visit: page.Of(r), form: f}
	if err := s.Actor.Check(Answer, 0); err != nil {
		return err
	}
	papers, err := p.Papers.Take(r, s.City, f)
	if err != nil {
		return err
	}
	if f.Text("do") == "look" {
		if err := p.place(r, s); err != nil {
			return err
		}
		if err := p.look(r, s); err != nil {
			return err
		}
		if s.side.caller.Known && f.Text("name") == "" {
			f.Values.Set("name", s.side.caller.Person.Name)
		}
		return p.page(w, r, s)
	}
	call := read(s, p.Service.Clock.Now())
	call.Said.Files = papers
	if len(f.Errors()) == 0 {
		ctx := page.Once(r, f)
		number, err := p.do(ctx, s, call)
		err = page.Resolve(ctx, err)
		if again := (*once.Repeated)(nil); errors.As(err, &again) {
			number, err = path.Base(again.Answer), nil // the key was pressed twice
		}
		if err == nil {
			return web.Redirect(w, r, "/staff/desk?done="+url.QueryEscape(number))
		}
		if !f.Take(err) {
			return err
		}
	}
	if err := p.look(r, s); err != nil {
		return err
	}
	return p.page(w, r, s)
}

// do ends a call in one of its ways, and names the case.
func (p *Pages) do(ctx context.Context, s *screen, call Call) (number string, err error) {
	if s.form.Text("do") == "tell" {
		return Told, p.Service.Tell(ctx, s.City, s.Actor, call)
	}
	taken, err := p.Service.Take(ctx, s.City, s.Actor, call)
	if err != nil {
		return "", err
	}
	return taken.File.Number, nil
}

// place looks up the words of a place when no suggestion was chosen.
func (p *Pages) place(r *http.Request, s *screen) error {
	f := s.form
	if chosen := strings.SplitN(f.Text("found"), ",", 3); len(chosen) == 3 {
		f.Values.Set("lat", chosen[0])
		f.Values.Set("lon", chosen[1])
		f.Values.Set("address", chosen[2])
		return nil
	}
	if f.Text("address") == "" || f.Text("lat") != "" {
		return nil
	}
	g, err := p.Places.Gazetteer(r.Context(), s.City.ID)
	if err != nil {
		return err
	}
	s.found = slices.DeleteFunc(g.Search(f.Text("address"), 6), func(x place.Found) bool { return !x.Placed })
	return nil
}

// read makes a call of the form. Whether the person is rung back is a time of
// today or tomorrow, as the operator says it: "16:30".
func read(s *screen, now time.Time) Call {
	f := s.form
	kind, what, _ := strings.Cut(f.Text("what"), ":")
	c := Call{Phone: f.Text("phone"), Kind: kind, Join: f.Text("join"), Ask: f.Optional("ask", 500)}
	if c.Join != "" {
		c.Kind = f.Text("join_kind")
	}
	channel := f.Choice("channel", intake.Staffed...)
	if channel == "" {
		channel = intake.Phone
	}
	lang := f.Text("lang")
	if !s.City.Speaks(lang) {
		lang = s.Lang()
	}
	c.Said = intake.Said{
		What: what, Channel: channel, Lang: lang, Name: f.Optional("name", 120), Home: f.Optional("home", 300), Place: f.Text("address"),
		Text: f.Text("text"), Note: f.Optional("note", 2000), Private: f.Checked("private"),
	}
	lat, ok1 := f.Float("lat")
	lon, ok2 := f.Float("lon")
	c.Said.Lat, c.Said.Lon, c.Said.Placed = lat, lon, ok1 && ok2
	if at := f.Text("back"); at != "" {
		t, err := time.ParseInLocation("15:04", at, s.City.Zone)
		if err != nil {
			f.Fail("back", "desk.error.back")
		}
		local := now.In(s.City.Zone)
		c.Back = time.Date(local.Year(), local.Month(), local.Day(), t.Hour(), t.Minute(), 0, 0, s.City.Zone)
		if !c.Back.After(now) {
			c.Back = c.Back.AddDate(0, 0, 1)
		}
	}
	if n, err := strconv.ParseInt(f.Text("started"), 10, 64); err == nil {
		c.Started = time.Unix(n, 0)
	}
	return c
}

func (p *Pages) rung(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	id, ok := ids.Parse(r.PathValue("id"))
	if !ok {
		return web.NotFound()
	}
	ctx := page.Once(r, f)
	if err := page.Resolve(ctx, p.Service.RungBack(ctx, v.City, v.Actor, id, f.Text("do") == "reached")); err != nil {
		return err
	}
	return web.Redirect(w, r, "/staff/desk")
}

// row shows a case; the words of a private one stay where looking is noted.
func (s *screen) row(f *casework.File) inbox.Row {
	if row := s.rows[f.Kind]; row != nil {
		return row(s.Visit, f)
	}
	return inbox.Row{}
}

// title is what the screen says of a case.
func (s *screen) title(f *casework.File) string {
	if f.Visibility == casework.Public {
		return f.Title
	}
	return s.T("desk.private")
}
