package reception

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/account"
	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/intake"
	"github.com/ashar-kg/ashar/internal/civic/manifest"
	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/i18n"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/ui"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Pages are the pages about the personal reception.
type Pages struct{ Service *Service }

// Manifest declares the feature.
func (p *Pages) Manifest() manifest.Feature {
	return manifest.Feature{
		Name:        "reception",
		Permissions: Permissions(),
		Settings:    []city.Section{Section},
		Nav: []manifest.Link{
			{Path: "/reception", Title: "reception.nav", Audience: manifest.Footer},
			{Path: "/staff/reception", Title: "reception.nav", Audience: manifest.Staff, Action: Receive},
			{Path: "/staff/reception", Title: "reception.nav", Audience: manifest.Staff, Action: Publish},
			{Path: "/staff/reception", Title: "reception.nav", Audience: manifest.Staff, Action: BookFor},
		},
		Routes: []manifest.Route{
			{Pattern: "GET /reception", Handle: p.list, Cached: true},
			{Pattern: "GET /reception/{id}", Handle: p.offer},
			{Pattern: "POST /reception/{id}", Handle: p.book},
			{Pattern: "GET /reception/bookings/{id}", Handle: p.visit},
			{Pattern: "POST /reception/bookings/{id}", Handle: p.cancel},
			{Pattern: "GET /reception/bookings/{id}/visit.ics", Handle: p.calendar},
			{Pattern: "GET /staff/reception", Handle: p.desk},
			{Pattern: "POST /staff/reception", Handle: p.publish},
			{Pattern: "GET /staff/reception/{id}", Handle: p.keep},
			{Pattern: "POST /staff/reception/{id}", Handle: p.act},
		},
		Periodic: []manifest.Periodic{{Name: "reception.remind", Every: 10 * time.Minute, Run: p.Service.Remind}},
		PersonalData: []manifest.PersonalData{{
			Name: "receptions", Purpose: "reception.register.purpose", Term: "reception.register.term", Export: export, Tell: p.told, Erase: p.Service.erase,
		}},
	}
}

// scene is what every page about receptions needs.
type scene struct {
	*page.Visit
	bodies *body.Directory
}

func (p *Pages) scene(ctx context.Context) (s *scene, err error) {
	s = &scene{Visit: page.In(ctx)}
	s.bodies, err = p.Service.Bodies.Of(ctx, s.City.ID)
	return s, err
}

func (s *scene) local(ms int64) time.Time { return time.UnixMilli(ms).In(s.City.Zone) }

func (s *scene) moment(ms int64) string { return s.P.DateTime(s.local(ms)) }

func (s *scene) hour(ms int64) string { return s.local(ms).Format("15:04") }

// span is the day and the hours of a session.
func (s *scene) span(x *Session) string {
	return s.moment(x.Begins) + "–" + s.hour(x.Ends)
}

func (s *scene) official(x *Session) (text, lang string) { return i18n.Pick(x.Officials, s.Lang()) }

// where is the place of a session.
func (s *scene) where(x *Session) string {
	if !x.Remote {
		return x.Place
	}
	if x.Place == "" {
		return s.T("reception.remote")
	}
	return s.T("reception.remote") + ", " + x.Place
}

// status is the tag of a booking.
func status(v *page.Visit, b *Booking) (tag, text string) {
	tags := map[string]string{Booked: "in_work", Waiting: "waiting", Cancelled: "not_fixed", Came: "fixed", Missed: "not_fixed"}
	return tags[b.State], v.T("reception.state." + b.State)
}

// Own implements account.Cases: the receptions of a person.
func (p *Pages) Own(ctx context.Context, v *page.Visit, limit int) (out []account.Own, err error) {
	s, err := p.scene(ctx)
	if err != nil {
		return nil, err
	}
	err = p.Service.DB.View(ctx, func(tx *db.Tx) error {
		list, err := bookingsOf(tx, v.City.ID, v.Actor.Person, limit)
		if err != nil {
			return err
		}
		for _, b := range list {
			x, err := session(tx, v.City.ID, b.Session)
			if err != nil {
				return err
			}
			tag, text := status(v, b)
			official, _ := s.official(x)
			note := s.span(x)
			if b.Slot != 0 {
				note = s.moment(b.Slot)
			}
			out = append(out, account.Own{
				Href: ticket(b.ID), Title: v.T("reception.own", "official", official), State: tag, StateText: text, Note: note, Created: ids.Time(b.ID).UnixMilli(),
			})
		}
		return nil
	})
	return out, err
}

// Ahead implements account.Agenda: where the person is expected, and when.
func (p *Pages) Ahead(ctx context.Context, v *page.Visit) (out []account.Ahead, err error) {
	s, err := p.scene(ctx)
	if err != nil {
		return nil, err
	}
	list, err := p.Service.Ahead(ctx, v.City, v.Actor.Person)
	for _, b := range list {
		if b.State != Booked {
			continue // nobody expects who waits
		}
		official, _ := s.official(b.Session)
		out = append(out, account.Ahead{At: b.Slot, Href: ticket(b.ID), Title: v.T("reception.own", "official", official), Note: s.where(b.Session)})
	}
	return out, err
}

// Followed implements account.Cases: nobody follows a reception.
func (p *Pages) Followed(context.Context, *page.Visit, int) ([]account.Own, error) { return nil, nil }

func (p *Pages) list(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r.Context())
	if err != nil {
		return err
	}
	list, past, err := p.Service.Coming(r.Context(), s.City)
	if err != nil {
		return err
	}
	return page.Render(w, r, page.Meta{Title: s.T("reception.nav"), Description: s.T("reception.text")}, listView(s, list, past))
}

func (p *Pages) offer(w http.ResponseWriter, r *http.Request) error {
	return p.offerPage(w, r, &web.Form{Values: url.Values{page.OnceField: {ids.Secret(12)}}})
}

func (p *Pages) offerPage(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	s, err := p.scene(r.Context())
	if err != nil {
		return err
	}
	id, ok := ids.Parse(r.PathValue("id"))
	if !ok {
		return web.NotFound()
	}
	o, err := p.Service.Offer(r.Context(), s.City, s.Actor, id)
	if err != nil {
		return err
	}
	official, _ := s.official(o.Session)
	meta := page.Meta{Title: official, Description: s.span(o.Session), NoIndex: true}
	if len(f.Errors()) > 0 {
		meta.Status = http.StatusUnprocessableEntity
	}
	return page.Render(w, r, meta, offerView(s, o, f))
}

func (p *Pages) book(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	id, ok := ids.Parse(r.PathValue("id"))
	if !ok {
		return web.NotFound()
	}
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	ctx := page.Once(r, f)
	b, err := p.Service.Book(ctx, v.City, v.Actor, Asked{Session: id, Slot: f.ID("slot"), Subject: f.Text("subject"), Earlier: f.Text("earlier"), Lang: v.Lang()})
	if err = page.Resolve(ctx, err); f.Take(err) {
		return p.offerPage(w, r, f)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, ticket(b.ID))
}

func (p *Pages) one(r *http.Request) (*scene, *Visit, error) {
	s, err := p.scene(r.Context())
	if err != nil {
		return nil, nil, err
	}
	id, ok := ids.Parse(r.PathValue("id"))
	if !ok {
		return nil, nil, web.NotFound()
	}
	x, err := p.Service.Visit(r.Context(), s.City, s.Actor, id)
	return s, x, err
}

func (p *Pages) visit(w http.ResponseWriter, r *http.Request) error {
	s, x, err := p.one(r)
	if err != nil {
		return err
	}
	return page.Render(w, r, page.Meta{Title: s.T("reception.nav"), Private: true, NoIndex: true}, visitView(s, x))
}

func (p *Pages) cancel(w http.ResponseWriter, r *http.Request) error {
	s, x, err := p.one(r)
	if err != nil {
		return err
	}
	if err := p.Service.CancelBooking(r.Context(), s.City, s.Actor, x.ID); err != nil {
		return err
	}
	return web.Redirect(w, r, ticket(x.ID))
}

// calendar is the visit as a file for calendars, by RFC 5545. What it is about
// stays out of it: calendars are shared.
func (p *Pages) calendar(w http.ResponseWriter, r *http.Request) error {
	s, x, err := p.one(r)
	if err != nil {
		return err
	}
	if x.State != Booked {
		return web.NotFound()
	}
	official, _ := s.official(x.Session)
	s.SendMeeting(w, r, page.Meeting{
		ID: "reception-" + strconv.FormatInt(x.ID, 10), Title: s.T("reception.own", "official", official), Place: s.where(x.Session), Path: ticket(x.ID), Name: "visit", OnlyForThem: true,
		Begin: time.UnixMilli(x.Slot), End: time.UnixMilli(x.Slot).Add(time.Duration(x.Session.Minutes) * time.Minute),
	})
	return nil
}

// fieldTime is how a browser writes a day and an hour.
const fieldTime = "2006-01-02T15:04"

func (p *Pages) desk(w http.ResponseWriter, r *http.Request) error {
	return p.deskPage(w, r, &web.Form{Values: url.Values{page.OnceField: {ids.Secret(12)}, "minutes": {"15"}}})
}

func (p *Pages) deskPage(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	s, err := p.scene(r.Context())
	if err != nil {
		return err
	}
	coming, past, err := p.Service.Desk(r.Context(), s.City, s.Actor)
	if err != nil {
		return err
	}
	staff, err := p.Service.Colleagues(r.Context(), s.City, s.Actor)
	if err != nil {
		return err
	}
	meta := page.Meta{Title: s.T("reception.nav"), Private: true, NoIndex: true, Staff: true}
	if len(f.Errors()) > 0 {
		meta.Status = http.StatusUnprocessableEntity
	}
	return page.Render(w, r, meta, deskView(s, f, staff, coming, past))
}

func (p *Pages) publish(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	x := Session{
		Body: f.ID("body"), Place: f.Text("place"), Remote: f.Checked("remote"), Minutes: int64(f.Int("minutes", minMinutes, maxMinutes, 0)),
		Staff: f.ID("staff"), Note: f.Text("note"), Officials: map[string]string{},
	}
	for _, lang := range v.City.Languages {
		if text := f.Text("official_" + lang); text != "" {
			x.Officials[lang] = text
		}
	}
	for name, to := range map[string]*int64{"begins": &x.Begins, "ends": &x.Ends, "opens": &x.Opens, "closes": &x.Closes} {
		if at, err := time.ParseInLocation(fieldTime, f.Text(name), v.City.Zone); err == nil {
			*to = at.UnixMilli()
		}
	}
	ctx := page.Once(r, f)
	made, err := p.Service.PublishSession(ctx, v.City, v.Actor, x)
	if err = page.Resolve(ctx, err); f.Take(err) {
		return p.deskPage(w, r, f)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/staff"+at(made.ID))
}

func (p *Pages) keep(w http.ResponseWriter, r *http.Request) error {
	return p.keepPage(w, r, &web.Form{Values: url.Values{page.OnceField: {ids.Secret(12)}}})
}

func (p *Pages) keepPage(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	s, err := p.scene(r.Context())
	if err != nil {
		return err
	}
	id, ok := ids.Parse(r.PathValue("id"))
	if !ok {
		return web.NotFound()
	}
	o, list, err := p.Service.List(r.Context(), s.City, s.Actor, id)
	if err != nil {
		return err
	}
	forms, err := p.Service.Appeals.Choices(r.Context(), s.City, s.Lang())
	if err != nil {
		return err
	}
	meta := page.Meta{Title: s.T("reception.nav"), Private: true, NoIndex: true, Staff: true}
	if len(f.Errors()) > 0 {
		meta.Status = http.StatusUnprocessableEntity
	}
	return page.Render(w, r, meta, keepView(s, o, list, f, forms))
}

// act is every step of who keeps the list of a session.
func (p *Pages) act(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	id, ok := ids.Parse(r.PathValue("id"))
	if !ok {
		return web.NotFound()
	}
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	ctx, who := page.Once(r, f), f.ID("booking")
	switch f.Text("do") {
	case "cancel":
		err = p.Service.CancelSession(ctx, v.City, v.Actor, id, f.Text("reason"))
	case "out":
		err = p.Service.TakeOut(ctx, v.City, v.Actor, id, f.ID("out"))
	case "came", "missed":
		err = p.Service.Mark(ctx, v.City, v.Actor, who, f.Text("do") == "came")
	case "answer":
		err = p.Service.Answer(ctx, v.City, v.Actor, who, f.Text("outcome"))
	case "register":
		_, err = p.Service.Register(ctx, v.City, v.Actor, who, f.Text("what"), f.Text("text"))
	case "drop":
		err = p.Service.CancelBooking(ctx, v.City, v.Actor, who)
	case "book":
		_, err = p.Service.Book(ctx, v.City, v.Actor, Asked{
			Session: id, Slot: f.ID("slot"), Subject: f.Text("subject"), Phone: f.Text("phone"), Name: f.Text("name"), Lang: v.Lang(),
		})
	default:
		return web.Bad(nil)
	}
	if err = page.Resolve(ctx, err); f.Take(err) {
		return p.keepPage(w, r, f)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/staff"+at(id)+"?done=1")
}

func formOptions(choices []intake.Choice, chosen string) (out []ui.Option) {
	for _, c := range choices {
		out = append(out, ui.Option{Value: c.Code, Text: c.Text, Checked: c.Code == chosen})
	}
	return out
}
