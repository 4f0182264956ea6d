package hearing

import (
	"context"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/account"
	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/document"
	"github.com/ashar-kg/ashar/internal/civic/inbox"
	"github.com/ashar-kg/ashar/internal/civic/manifest"
	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/civic/place"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/qr"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Pages are the pages about hearings.
type Pages struct{ Service *Service }

// Manifest declares the feature.
func (p *Pages) Manifest() manifest.Feature {
	return manifest.Feature{
		Name:        "hearing",
		Permissions: Permissions(),
		Nav: []manifest.Link{
			{Path: "/hearings", Title: "hearing.nav", Audience: manifest.Footer},
			{Path: "/staff/hearings", Title: "hearing.nav", Audience: manifest.Staff, Action: Keep},
			{Path: "/staff/hearings", Title: "hearing.nav", Audience: manifest.Staff, Action: Publish},
			{Path: "/staff/hearings", Title: "hearing.nav", Audience: manifest.Staff, Action: SignFor},
			{Path: "/staff/hearings", Title: "hearing.nav", Audience: manifest.Staff, Action: Moderate},
		},
		Routes: []manifest.Route{
			{Pattern: "GET /hearings", Handle: p.list, Cached: true},
			{Pattern: "GET /hearings/{id}", Handle: p.show},
			{Pattern: "POST /hearings/{id}", Handle: p.take},
			{Pattern: "GET /hearings/papers/{id}/{file}", Handle: p.paper},
			{Pattern: "GET /hearings/sessions/{id}", Handle: p.meeting, Cached: true},
			{Pattern: "GET /hearings/sessions/{id}/session.ics", Handle: p.calendar},
			{Pattern: "GET /hearings/visits/{id}", Handle: p.visit},
			{Pattern: "POST /hearings/visits/{id}", Handle: p.cancel},
			{Pattern: "GET /data/hearings.csv", Handle: p.data, Cached: true, Open: true},
			{Pattern: "GET /data/hearings.json", Handle: p.data, Cached: true, Open: true},
			{Pattern: "GET /staff/hearings", Handle: p.desk},
			{Pattern: "POST /staff/hearings", Handle: p.announce},
			{Pattern: "GET /staff/hearings/{id}", Handle: p.keep},
			{Pattern: "POST /staff/hearings/{id}", Handle: p.act},
			{Pattern: "GET /staff/hearings/questions/{number}", Handle: p.find},
			{Pattern: "GET /staff/hearings/sessions/{id}", Handle: p.door},
			{Pattern: "POST /staff/hearings/sessions/{id}", Handle: p.check},
		},
		Data:     []manifest.Dataset{{Title: "hearing.data.title", Text: "hearing.data.text", Page: "/hearings#data", Files: []string{"/data/hearings.csv", "/data/hearings.json"}}},
		Periodic: []manifest.Periodic{{Name: "hearing.remind", Every: 10 * time.Minute, Run: p.Service.Remind}},
		PersonalData: []manifest.PersonalData{{
			Name: "hearings", Purpose: "hearing.register.purpose", Term: "hearing.register.term", Export: export, Tell: p.told, Erase: erase,
		}},
	}
}

// scene is what every page about hearings needs.
type scene struct {
	*page.Visit
	bodies    *body.Directory
	districts []place.Area
}

func (p *Pages) scene(ctx context.Context) (s *scene, err error) {
	s = &scene{Visit: page.In(ctx)}
	areas, err := p.Service.Places.Areas(ctx, s.City.ID)
	if err != nil {
		return nil, err
	}
	s.districts = areas.Of(place.AreaDistrict, s.Now.UnixMilli())
	s.bodies, err = p.Service.Bodies.Of(ctx, s.City.ID)
	return s, err
}

func (s *scene) local(ms int64) time.Time { return time.UnixMilli(ms).In(s.City.Zone) }

func (s *scene) moment(ms int64) string { return s.P.DateTime(s.local(ms)) }

// span is the day and the hours of a session.
func (s *scene) span(x *Session) string {
	return s.moment(x.Begins) + "–" + s.local(x.Ends).Format("15:04")
}

func (s *scene) district(code string) string {
	for _, d := range s.districts {
		if d.Code == code {
			return d.Names.In(s.Lang())
		}
	}
	return s.T("hearing.whole_city")
}

func (s *scene) where(x *Session) string {
	if x.Place == "" {
		return s.T("hearing.online")
	}
	return x.Place
}

// rule is the term of notice by which a hearing was announced.
func (s *scene) rule(h *Hearing) (city.Rule, bool) {
	for _, r := range s.City.Rules {
		if r.Code == h.Rule && r.Kind == "hearing" {
			return r, true
		}
	}
	return city.Rule{}, false
}

func orUnsaid(sex string) string {
	if sex == "" {
		return "unsaid"
	}
	return sex
}

// status is the tag of a question.
func status(v *page.Visit, f *casework.File) (tag, text string) {
	switch {
	case f.Visibility == casework.Held:
		return "held", v.T("hearing.question.held")
	case f.Visibility == casework.Hidden:
		return "not_fixed", v.T("hearing.question.hidden")
	case f.Overdue(v.Now):
		return "late", v.T("hearing.question.late")
	}
	tags := map[string]string{Asked: "waiting", Answered: "fixed", Declined: "not_fixed"}
	return tags[f.State], v.T("hearing.question." + f.State)
}

// Row shows a question in the inbox of the staff.
func (p *Pages) Row(v *page.Visit, f *casework.File) inbox.Row {
	code, text := status(v, f)
	return inbox.Row{Href: "/staff/hearings/questions/" + f.Number, Status: code, Text: text, About: v.T("hearing.question.number", "number", f.Number) + " · " + f.Title}
}

// find leads from the number of a question to its place at the desk.
func (p *Pages) find(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	if !v.Actor.Staff() {
		return permission.ErrDenied
	}
	id, err := p.Service.HearingOf(r.Context(), v.City, r.PathValue("number"))
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/staff"+at(id)+"#"+r.PathValue("number"))
}

// Own implements account.Cases: a person's places and questions.
func (p *Pages) Own(ctx context.Context, v *page.Visit, limit int) (out []account.Own, err error) {
	s, err := p.scene(ctx)
	if err != nil {
		return nil, err
	}
	err = p.Service.DB.View(ctx, func(tx *db.Tx) error {
		places, err := placesOf(tx, v.City.ID, v.Actor.Person, limit)
		if err != nil {
			return err
		}
		tags := map[string]string{Signed: "in_work", Came: "fixed", Cancelled: "not_fixed"}
		for _, x := range places {
			title, _ := x.Hearing.Titles.In(s.Lang())
			out = append(out, account.Own{
				Href: ticket(x.ID), Title: v.T("hearing.own", "title", title), State: tags[x.State], StateText: v.T("hearing.visit." + x.State), Note: s.span(x.Meeting), Created: ids.Time(x.ID).UnixMilli(),
			})
		}
		asked, err := casework.ByAuthor(tx, v.City.ID, KindName, v.Actor.Person, 0, limit)
		if err != nil {
			return err
		}
		for _, f := range asked {
			q, err := questionOf(tx, v.City.ID, f.ID)
			if err != nil {
				return err
			}
			tag, text := status(v, f)
			out = append(out, account.Own{Href: at(q.Hearing) + "#" + f.Number, Title: v.T("hearing.question.about", "title", f.Title), State: tag, StateText: text, Number: f.Number, Created: f.Created})
		}
		return nil
	})
	return out, err
}

// Followed implements account.Cases: who follows a hearing has a place or a question.
func (p *Pages) Followed(context.Context, *page.Visit, int) ([]account.Own, error) { return nil, nil }

// Ahead implements account.Agenda: where the person is expected, and when.
func (p *Pages) Ahead(ctx context.Context, v *page.Visit) (out []account.Ahead, err error) {
	s, err := p.scene(ctx)
	if err != nil {
		return nil, err
	}
	err = p.Service.DB.View(ctx, func(tx *db.Tx) error {
		out = nil
		places, err := placesOf(tx, v.City.ID, v.Actor.Person, maxShown)
		for _, x := range places {
			if x.State == Signed && x.Meeting.Off == "" && x.Meeting.Ends > s.Now.UnixMilli() {
				title, _ := x.Hearing.Titles.In(s.Lang())
				out = append(out, account.Ahead{At: x.Meeting.Begins, Href: ticket(x.ID), Title: v.T("hearing.own", "title", title), Note: s.where(x.Meeting)})
			}
		}
		return err
	})
	return out, err
}

func (p *Pages) list(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r.Context())
	if err != nil {
		return err
	}
	list, err := p.Service.List(r.Context(), s.City)
	if err != nil {
		return err
	}
	return page.Render(w, r, page.Meta{Title: s.T("hearing.nav"), Description: s.T("hearing.text")}, listView(s, list))
}

// status422 is the status of a page that shows what is wrong with a form.
func status422(f *web.Form) int {
	if len(f.Errors()) > 0 {
		return http.StatusUnprocessableEntity
	}
	return 0
}

func (p *Pages) show(w http.ResponseWriter, r *http.Request) error {
	return p.showPage(w, r, page.Blank())
}

func (p *Pages) showPage(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	s, err := p.scene(r.Context())
	if err != nil {
		return err
	}
	id, ok := ids.Parse(r.PathValue("id"))
	if !ok {
		return web.NotFound()
	}
	x, err := p.Service.Show(r.Context(), s.City, s.Actor, id)
	if err != nil {
		return err
	}
	title, _ := x.Titles.In(s.Lang())
	return page.Render(w, r, page.Meta{Title: title, Description: s.T("hearing.text"), Status: status422(f)}, showView(s, x, f, r.URL.Query().Has("asked")))
}

func (p *Pages) paper(w http.ResponseWriter, r *http.Request) error {
	id, ok := ids.Parse(r.PathValue("id"))
	file, ok2 := ids.Parse(r.PathValue("file"))
	if !ok || !ok2 {
		return web.NotFound()
	}
	f, err := p.Service.Paper(r.Context(), page.Of(r).City, id, file)
	if err != nil {
		return err
	}
	return p.Service.Papers.Send(w, r, f)
}

// take signs up, asks or supports, as the form says.
func (p *Pages) take(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	id, ok := ids.Parse(r.PathValue("id"))
	if !ok {
		return web.NotFound()
	}
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	ctx, to := page.Once(r, f), at(id)
	switch f.Text("do") {
	case "sign":
		var made []*Visit
		if made, err = p.Service.SignUp(ctx, v.City, v.Actor, id, wish(f, v.Lang())); err == nil {
			to = ticket(made[0].ID)
		}
	case "ask":
		to += "?asked=1#questions"
		_, err = p.Service.Question(ctx, v.City, v.Actor, id, Ask{Text: f.Text("question"), Lang: v.Lang(), Named: f.Checked("named"), Code: f.Text("code"), Proposal: f.Text("what") == "proposal"})
	case "support":
		to += "#" + f.Text("number")
		_, err = p.Service.Support(ctx, v.City, v.Actor, f.Text("number"))
	default:
		return web.Bad(nil)
	}
	if err = page.Resolve(ctx, err); f.Take(err) {
		return p.showPage(w, r, f)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, to)
}

func wish(f *web.Form, lang string) Wish {
	q := Wish{Sex: f.Text("sex"), District: f.Text("district"), Phone: f.Text("phone"), Name: f.Text("name"), Lang: lang}
	for _, text := range f.Values["session"] {
		if id, ok := ids.Parse(text); ok {
			q.Sessions = append(q.Sessions, id)
		}
	}
	return q
}

func (p *Pages) session(r *http.Request) (*scene, *Session, *Hearing, error) {
	s, err := p.scene(r.Context())
	if err != nil {
		return nil, nil, nil, err
	}
	id, ok := ids.Parse(r.PathValue("id"))
	if !ok {
		return nil, nil, nil, web.NotFound()
	}
	x, h, err := p.Service.Meeting(r.Context(), s.City, id)
	return s, x, h, err
}

func (p *Pages) meeting(w http.ResponseWriter, r *http.Request) error {
	s, x, h, err := p.session(r)
	if err != nil {
		return err
	}
	title, _ := h.Titles.In(s.Lang())
	return page.Render(w, r, page.Meta{Title: title, Description: s.span(x)}, meetingView(s, x, h))
}

// calendar is a session as a file for calendars, by RFC 5545.
func (p *Pages) calendar(w http.ResponseWriter, r *http.Request) error {
	s, x, h, err := p.session(r)
	if err != nil {
		return err
	}
	title, _ := h.Titles.In(s.Lang())
	s.SendMeeting(w, r, page.Meeting{
		ID: "hearing-" + number(x.ID), Title: title, Place: s.where(x), Path: sessionAt(x.ID), Name: "hearing", Begin: time.UnixMilli(x.Begins), End: time.UnixMilli(x.Ends),
	})
	return nil
}

func (p *Pages) ticket(r *http.Request) (*scene, *Place, error) {
	s, err := p.scene(r.Context())
	if err != nil {
		return nil, nil, err
	}
	id, ok := ids.Parse(r.PathValue("id"))
	if !ok {
		return nil, nil, web.NotFound()
	}
	x, err := p.Service.Ticket(r.Context(), s.City, s.Actor, id)
	return s, x, err
}

func (p *Pages) visit(w http.ResponseWriter, r *http.Request) error {
	s, x, err := p.ticket(r)
	if err != nil {
		return err
	}
	picture := "data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString(qr.SVG(x.Code))
	return page.Render(w, r, page.Meta{Title: s.T("hearing.nav"), Private: true, NoIndex: true}, ticketView(s, x, picture))
}

func (p *Pages) cancel(w http.ResponseWriter, r *http.Request) error {
	s, x, err := p.ticket(r)
	if err != nil {
		return err
	}
	if err := p.Service.Cancel(r.Context(), s.City, s.Actor, x.ID); err != nil {
		return err
	}
	return web.Redirect(w, r, ticket(x.ID))
}

// fieldTime is how a browser writes a day and an hour.
const fieldTime = "2006-01-02T15:04"

func (p *Pages) desk(w http.ResponseWriter, r *http.Request) error {
	return p.deskPage(w, r, page.Blank())
}

func (p *Pages) deskPage(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	s, err := p.scene(r.Context())
	if err != nil {
		return err
	}
	list, err := p.Service.Kept(r.Context(), s.City, s.Actor)
	if err != nil {
		return err
	}
	return page.Render(w, r, page.Meta{Title: s.T("hearing.nav"), Private: true, NoIndex: true, Staff: true, Status: status422(f)}, deskView(s, f, list))
}

// formSessions is how many sessions a form of a new hearing has room for.
const formSessions = 4

func (p *Pages) announce(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	f, err := web.ReadUpload(w, r, document.MaxForm)
	if err != nil {
		return err
	}
	papers, err := p.Service.Papers.Take(r, v.City, f)
	if err != nil {
		return err
	}
	if len(f.Errors()) > 0 {
		return p.deskPage(w, r, f)
	}
	h := Hearing{Body: f.ID("body"), Kind: f.Text("kind"), Titles: Texts{}, Texts: Texts{}, Materials: materials(f.Text("materials"))}
	for _, lang := range v.City.Languages {
		if text := f.Text("title_" + lang); text != "" {
			h.Titles[lang] = text
		}
		if text := f.Text("text_" + lang); text != "" {
			h.Texts[lang] = text
		}
	}
	ctx := page.Once(r, f)
	made, err := p.Service.Announce(ctx, v.City, v.Actor, h, sessionsIn(f, v.City.Zone), papers, f.Checked("late"))
	if err = page.Resolve(ctx, err); f.Take(err) {
		return p.deskPage(w, r, f)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/staff"+at(made.ID))
}

// courseAt is the page of the budget that shows the year of which a report was
// known on the day of a hearing.
func (s *scene) courseAt(w *Whole) string {
	return "/budget/year?known=" + time.UnixMilli(w.Begins()).In(s.City.Zone).Format(time.DateOnly)
}

// materials reads lines of a title and a link: "Draft budget | https://…".
func materials(text string) (out []Material) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		title, link, _ := strings.Cut(line, "|")
		out = append(out, Material{Title: strings.TrimSpace(title), Link: strings.TrimSpace(link)})
	}
	return out
}

// sessionsIn are the sessions of a form that somebody has begun to fill in.
func sessionsIn(f *web.Form, zone *time.Location) (out []Session) {
	for i := range formSessions {
		n := "_" + strconv.Itoa(i)
		if f.Text("place"+n)+f.Text("online"+n)+f.Text("begins"+n) == "" {
			continue
		}
		x := Session{District: f.Text("district" + n), Place: f.Text("place" + n), Online: f.Text("online" + n), Capacity: int64(f.Int("capacity"+n, 1, maxCapacity, 0))}
		x.Begins, x.Ends = hoursIn(f, n, zone)
		out = append(out, x)
	}
	return out
}

// hoursIn are the hours of a session of a form; what cannot be read is 0.
func hoursIn(f *web.Form, n string, zone *time.Location) (begins, ends int64) {
	for name, to := range map[string]*int64{"begins": &begins, "ends": &ends} {
		if t, err := time.ParseInLocation(fieldTime, f.Text(name+n), zone); err == nil {
			*to = t.UnixMilli()
		}
	}
	return begins, ends
}

func (p *Pages) keep(w http.ResponseWriter, r *http.Request) error {
	return p.keepPage(w, r, page.Blank())
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
	x, err := p.Service.AtDesk(r.Context(), s.City, s.Actor, id)
	if err != nil {
		return err
	}
	title, _ := x.Titles.In(s.Lang())
	return page.Render(w, r, page.Meta{Title: title, Private: true, NoIndex: true, Staff: true, Status: status422(f)}, keepView(s, x, f))
}

// act is every step of the staff with a hearing.
func (p *Pages) act(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	id, ok := ids.Parse(r.PathValue("id"))
	if !ok {
		return web.NotFound()
	}
	f, err := web.ReadUpload(w, r, document.MaxForm)
	if err != nil {
		return err
	}
	ctx, q := page.Once(r, f), f.Text("number")
	switch f.Text("do") {
	case "sign":
		_, err = p.Service.SignUp(ctx, v.City, v.Actor, id, wish(f, v.Lang()))
	case "ask", "room":
		ask := Ask{Text: f.Text("question"), Lang: v.Lang(), Room: f.Text("do") == "room", Proposal: f.Text("what") == "proposal"}
		if !ask.Room {
			ask.Phone, ask.Name = f.Text("phone"), f.Text("name")
		}
		_, err = p.Service.Question(ctx, v.City, v.Actor, id, ask)
	case "show", "hide":
		err = p.Service.Release(ctx, v.City, v.Actor, q, f.Text("do") == "show")
	case "put":
		err = p.Service.Put(ctx, v.City, v.Actor, q)
	case "join":
		err = p.Service.Join(ctx, v.City, v.Actor, q, f.Text("into"))
	case "answer", "decline":
		err = p.Service.Answer(ctx, v.City, v.Actor, q, Reply{
			Words: f.Text("note"), Lang: v.Lang(), Decline: f.Text("do") == "decline", Decision: f.Text("decision"), Change: f.Text("change"), Line: f.Text("line"), LineAt: f.Text("line_link"),
		})
	case "files":
		var papers []document.File
		if papers, err = p.Service.Papers.Take(r, v.City, f); err == nil && len(f.Errors()) > 0 {
			return p.keepPage(w, r, f)
		}
		if err == nil {
			err = p.Service.AddPapers(ctx, v.City, v.Actor, id, papers)
		}
	case "minutes":
		err = p.Service.PublishMinutes(ctx, v.City, v.Actor, id, f.Text("minutes"))
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

func (p *Pages) door(w http.ResponseWriter, r *http.Request) error {
	return p.doorPage(w, r, page.Blank())
}

func (p *Pages) doorPage(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	s, err := p.scene(r.Context())
	if err != nil {
		return err
	}
	id, ok := ids.Parse(r.PathValue("id"))
	if !ok {
		return web.NotFound()
	}
	x, h, list, err := p.Service.People(r.Context(), s.City, s.Actor, id)
	if err != nil {
		return err
	}
	return page.Render(w, r, page.Meta{Title: s.T("hearing.check_in"), Private: true, NoIndex: true, Staff: true, Status: status422(f)}, doorView(s, x, h, list, f))
}

func (p *Pages) check(w http.ResponseWriter, r *http.Request) error {
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
	switch f.Text("do") {
	case "came":
		err = p.Service.CheckIn(ctx, v.City, v.Actor, id, f.ID("visit"), f.Text("code"))
	case "walk":
		n := func(name string) int64 { return int64(f.Int(name, 0, maxWalk, 0)) }
		err = p.Service.CountWalkIns(ctx, v.City, v.Actor, id, Count{n("women"), n("men"), n("unsaid")})
	case "move":
		moved := Session{Place: f.Text("place_0"), Online: f.Text("online_0")}
		moved.Begins, moved.Ends = hoursIn(f, "_0", v.City.Zone)
		err = p.Service.Change(ctx, v.City, v.Actor, id, moved)
	case "off":
		if f.Text("reason") == "" {
			f.Fail("reason", "error.field.required")
			return p.doorPage(w, r, f)
		}
		err = p.Service.Change(ctx, v.City, v.Actor, id, Session{Off: f.Text("reason")})
	default:
		return web.Bad(nil)
	}
	if err = page.Resolve(ctx, err); f.Take(err) {
		return p.doorPage(w, r, f)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/staff"+sessionAt(id))
}
