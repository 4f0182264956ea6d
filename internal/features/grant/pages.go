package grant

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/account"
	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/document"
	"github.com/ashar-kg/ashar/internal/civic/inbox"
	"github.com/ashar-kg/ashar/internal/civic/manifest"
	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/civic/place"
	"github.com/ashar-kg/ashar/internal/civic/pledge"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Pages are the pages about grants.
type Pages struct {
	Service *Service
	Photo   func(ctx context.Context, data []byte) (casework.Photo, error) // keeps a picture
}

// Manifest declares the feature.
func (p *Pages) Manifest() manifest.Feature {
	return manifest.Feature{
		Name:        KindName,
		Permissions: Permissions(),
		Nav: []manifest.Link{
			{Path: "/grants", Title: "grant.nav", Audience: manifest.Footer},
			{Path: "/staff/grants", Title: "grant.nav", Audience: manifest.Staff, Action: Internal},
		},
		Routes: []manifest.Route{
			// everybody
			{Pattern: "GET /grants", Handle: p.list, Cached: true},
			{Pattern: "GET /grants/calls/{id}", Handle: p.call, Cached: true},
			{Pattern: "GET /grants/sessions/{id}", Handle: p.sitting, Cached: true},
			{Pattern: "GET /grants/sessions/{id}/minutes.json", Handle: p.minutes, Cached: true, API: true, Open: true},
			{Pattern: "GET /grants/applications/{number}", Handle: p.show, Cached: true},
			{Pattern: "GET /data/grants.csv", Handle: p.data, Cached: true, API: true, Open: true},
			{Pattern: "GET /data/grants.json", Handle: p.data, Cached: true, API: true, Open: true},
			// applicants
			{Pattern: "GET /grants/calls/{id}/apply", Handle: p.apply},
			{Pattern: "POST /grants/calls/{id}/apply", Handle: p.submit},
			{Pattern: "GET /grants/applications/{number}/correct", Handle: p.correction},
			{Pattern: "POST /grants/applications/{number}/correct", Handle: p.correct},
			{Pattern: "GET /grants/applications/{number}/versions/{n}", Handle: p.version},
			{Pattern: "GET /grants/applications/{number}/files/{id}", Handle: p.paper},
			{Pattern: "POST /grants/applications/{number}/withdraw", Handle: p.withdraw},
			{Pattern: "POST /grants/applications/{number}/report", Handle: p.report},
			// members of a commission
			{Pattern: "GET /grants/sessions/{id}/vote", Handle: p.seat},
			{Pattern: "POST /grants/sessions/{id}/vote", Handle: p.cast},
			// staff
			{Pattern: "GET /staff/grants", Handle: p.desk},
			{Pattern: "POST /staff/grants", Handle: p.announce},
			{Pattern: "GET /staff/grants/calls/{id}", Handle: p.deskCall},
			{Pattern: "POST /staff/grants/calls/{id}", Handle: p.runCall},
			{Pattern: "GET /staff/grants/sessions/{id}", Handle: p.deskSitting},
			{Pattern: "POST /staff/grants/sessions/{id}", Handle: p.hold},
			{Pattern: "GET /staff/grants/applications/{number}", Handle: p.deskShow},
			{Pattern: "POST /staff/grants/applications/{number}", Handle: p.work},
		},
		Data: []manifest.Dataset{{Title: "grant.data.title", Text: "grant.data.text", Page: "/grants#data", Files: []string{"/data/grants.csv", "/data/grants.json"}}},
		Periodic: []manifest.Periodic{
			{Name: "grant.escalate", Every: time.Hour, Run: p.Service.Escalate},
			{Name: "grant.lapse", Every: time.Hour, Run: p.Service.Lapse},
		},
		PersonalData: []manifest.PersonalData{{
			Name: "grants", Purpose: "grant.register.purpose", Term: "grant.register.term", Export: export, Tell: tell, Erase: p.Service.erase,
		}},
	}
}

// scene is what every page about grants needs.
type scene struct {
	*page.Visit
	bodies *body.Directory
	areas  []place.Area
}

func (p *Pages) scene(ctx context.Context) (s *scene, err error) {
	s = &scene{Visit: page.In(ctx)}
	if s.bodies, err = p.Service.Bodies.Of(ctx, s.City.ID); err != nil {
		return nil, err
	}
	areas, err := p.Service.Places.Areas(ctx, s.City.ID)
	if err != nil {
		return nil, err
	}
	s.areas = areas.Of(place.AreaDistrict, s.Now.UnixMilli())
	return s, nil
}

func (s *scene) district(code string) string {
	if i := slices.IndexFunc(s.areas, func(a place.Area) bool { return a.Code == code }); i >= 0 {
		return s.areas[i].Names.In(s.Lang())
	}
	return code
}

func (s *scene) local(ms int64) time.Time { return time.UnixMilli(ms).In(s.City.Zone) }

func (s *scene) day(ms int64) string { return s.P.Date(s.local(ms)) }

func (s *scene) moment(ms int64) string { return s.P.DateTime(s.local(ms)) }

func (s *scene) money(tyiyn int64) string { return s.P.Money(tyiyn, s.City.Currency) }

// share writes tenths of a per cent.
func (s *scene) share(tenths int64) string {
	return s.P.Decimal(float64(tenths)/10, 1) + strings.TrimPrefix(s.P.Percent(0), "0")
}

func (s *scene) title(x *Call) (text, lang string) { return x.Titles.In(s.Lang()) }

// status is the tag of an application: late is said before its state.
func status(v *page.Visit, f *casework.File) (code, text string) {
	if f.Overdue(v.Now) && f.State != Rework {
		return "late", v.T("grant.state.late")
	}
	return Tags[f.State], v.T("grant.state." + f.State)
}

// Row shows an application in the inbox.
func (p *Pages) Row(v *page.Visit, f *casework.File) inbox.Row {
	code, text := status(v, f)
	return inbox.Row{Href: "/staff" + path(f.Number), Status: code, Text: text, About: v.T("grant.one") + " · " + f.Address}
}

// Own implements account.Cases: what a person applied for, what waits as a draft,
// and what comes next.
func (p *Pages) Own(ctx context.Context, v *page.Visit, limit int) (out []account.Own, err error) {
	s, err := p.scene(ctx)
	if err != nil {
		return nil, err
	}
	m, err := p.Service.Own(ctx, v.City, v.Actor.Person, limit)
	if err != nil {
		return nil, err
	}
	for _, d := range m.Drafts {
		x := m.Calls[d.Call]
		title, _ := s.title(x)
		out = append(out, account.Own{
			Href: callPath(d.Call) + "/apply", Title: v.T("grant.own_draft", "title", title), State: "waiting", StateText: v.T("grant.draft"),
			Note: v.T("grant.next.draft", "day", s.day(x.Closes)), Created: d.At,
		})
	}
	for _, d := range m.Entries {
		code, text := status(v, d.File)
		out = append(out, account.Own{
			Href: path(d.File.Number), Number: d.File.Number, Title: d.Version.Title, State: code, StateText: text, Note: s.next(&d), Created: d.File.Created,
		})
	}
	return out, nil
}

// next says what comes next, and by when.
func (s *scene) next(d *Detailed) string {
	f := d.File
	switch f.State {
	case Admitted:
		if d.Agenda != nil {
			return s.T("grant.next.session", "when", s.moment(d.Agenda.Begins))
		}
		return s.T("grant.next.admitted")
	case Running:
		return s.nextOfMoney(d.Tranches)
	case Submitted, Rework, Approved:
		if f.Due == 0 {
			return s.T("grant.state." + f.State)
		}
		return s.T("grant.next."+f.State, "day", s.day(f.Due))
	}
	return s.T("grant.next.ended", "day", s.day(f.Closed))
}

func (s *scene) nextOfMoney(list []Tranche) string {
	for _, t := range list {
		switch {
		case t.Released == 0:
			return s.T("grant.next.release", "n", t.N)
		case t.Accepted != 0:
		case t.Refusal == "" && t.Report != 0 && t.Act != 0:
			return s.T("grant.next.judge", "n", t.N)
		default:
			return s.T("grant.next.report", "n", t.N)
		}
	}
	return ""
}

// Followed implements account.Cases: nobody follows an application.
func (p *Pages) Followed(context.Context, *page.Visit, int) ([]account.Own, error) { return nil, nil }

// Ahead implements account.Agenda: the sessions in which the person votes, or is
// decided about.
func (p *Pages) Ahead(ctx context.Context, v *page.Visit) (out []account.Ahead, err error) {
	m, err := p.Service.Own(ctx, v.City, v.Actor.Person, pageSize)
	for _, x := range m.Sessions {
		out = append(out, account.Ahead{At: x.Begins, Href: sessionPath(x.ID) + "/vote", Title: v.T("grant.session.vote"), Note: x.Place})
	}
	for _, d := range m.Entries {
		if d.Agenda != nil {
			out = append(out, account.Ahead{At: d.Agenda.Begins, Href: path(d.File.Number), Title: v.T("grant.session.on", "title", d.Version.Title), Note: d.Agenda.Place})
		}
	}
	return out, err
}

// id reads the {id} of an address.
func id(r *http.Request) (int64, error) {
	n, ok := ids.Parse(r.PathValue("id"))
	if !ok {
		return 0, web.NotFound()
	}
	return n, nil
}

func status422(m page.Meta, f *web.Form) page.Meta {
	if len(f.Errors()) > 0 {
		m.Status = http.StatusUnprocessableEntity
	}
	return m
}

func (p *Pages) list(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r.Context())
	if err != nil {
		return err
	}
	before, _ := ids.Parse(r.URL.Query().Get("before"))
	list, more, err := p.Service.List(r.Context(), s.City, before)
	if err != nil {
		return err
	}
	return page.Render(w, r, page.Meta{Title: s.T("grant.nav"), Description: s.T("grant.text"), NoIndex: before != 0}, listView(s, list, before, more))
}

func (p *Pages) call(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r.Context())
	if err != nil {
		return err
	}
	n, err := id(r)
	if err != nil {
		return err
	}
	before, _ := ids.Parse(r.URL.Query().Get("before"))
	x, err := p.Service.ShowCall(r.Context(), s.City, n, before)
	if err != nil {
		return err
	}
	title, _ := s.title(x.Call)
	return page.Render(w, r, page.Meta{Title: title, Description: s.T("grant.text"), NoIndex: before != 0}, callView(s, x, before))
}

func (p *Pages) sitting(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r.Context())
	if err != nil {
		return err
	}
	n, err := id(r)
	if err != nil {
		return err
	}
	// What everybody reads: the staff has a page of its own.
	t, err := p.Service.Sitting(r.Context(), s.City, permission.Actor{City: s.City.ID}, n)
	if err != nil {
		return err
	}
	return page.Render(w, r, page.Meta{Title: s.T("grant.session.title", "day", s.day(t.Begins)), Description: s.T("grant.text")}, sittingView(s, t))
}

// minutes is the document of which the public record has the hash.
func (p *Pages) minutes(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	n, err := id(r)
	if err != nil {
		return err
	}
	t, err := p.Service.Sitting(r.Context(), v.City, permission.Actor{City: v.City.ID}, n)
	if err != nil {
		return err
	}
	if t.Closed == 0 {
		return web.NotFound()
	}
	doc, err := t.document()
	if err != nil {
		return err
	}
	web.NewBody(http.StatusOK, "application/json", doc).Send(w, r)
	return nil
}

func (p *Pages) show(w http.ResponseWriter, r *http.Request) error {
	return p.showPage(w, r, page.Blank())
}

func (p *Pages) showPage(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	s, err := p.scene(r.Context())
	if err != nil {
		return err
	}
	d, err := p.Service.Show(r.Context(), s.City, s.Actor, r.PathValue("number"), 0)
	if err != nil {
		return err
	}
	var ledger *pledge.Ledger
	if d.File.Visibility == casework.Public {
		l, err := p.Service.Pledges.Ledger(r.Context(), s.City, s.Actor, pledge.Subject{Kind: KindName, ID: d.File.ID})
		if err != nil {
			return err
		}
		ledger = &l
	}
	m := page.Meta{Title: d.Version.Title, Description: d.Version.What, Private: d.File.Visibility != casework.Public, NoIndex: d.File.Visibility != casework.Public}
	return page.Render(w, r, status422(m, f), showView(s, d, ledger, f, r.URL.Query().Get("done") == "sent"))
}

func (p *Pages) version(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r.Context())
	if err != nil {
		return err
	}
	n, err := strconv.ParseInt(r.PathValue("n"), 10, 32)
	if err != nil || n < 1 {
		return web.NotFound()
	}
	d, err := p.Service.Show(r.Context(), s.City, s.Actor, r.PathValue("number"), n)
	if err != nil {
		return err
	}
	return page.Render(w, r, page.Meta{Title: d.Version.Title, Private: true, NoIndex: true}, versionView(s, d))
}

func (p *Pages) paper(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	n, err := id(r)
	if err != nil {
		return err
	}
	doc, err := p.Service.Paper(r.Context(), v.City, v.Actor, r.PathValue("number"), n)
	if err != nil {
		return err
	}
	return p.Service.Papers.Send(w, r, doc)
}

// apply is the form of a call, with what was kept as a draft.
func (p *Pages) apply(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	if !v.Actor.SignedIn() {
		return web.Redirect(w, r, "/account/sign-in?back="+url.QueryEscape(r.URL.Path))
	}
	n, err := id(r)
	if err != nil {
		return err
	}
	x, draft, err := p.Service.Form(r.Context(), v.City, v.Actor, n)
	if err != nil {
		return err
	}
	f := page.Blank()
	f.Values.Set("contact", v.Actor.Name)
	if draft != nil {
		if err := json.Unmarshal([]byte(draft.Form), &f.Values); err != nil {
			return err
		}
		f.Values.Set(page.OnceField, ids.Secret(12))
	}
	return p.formPage(w, r, x, "", f, r.URL.Query().Get("done") == "draft")
}

// formPage is the form of an application; number is of one that is corrected.
func (p *Pages) formPage(w http.ResponseWriter, r *http.Request, x *Call, number string, f *web.Form, kept bool) error {
	s, err := p.scene(r.Context())
	if err != nil {
		return err
	}
	m := page.Meta{Title: s.T("grant.apply"), Private: true, NoIndex: true}
	return page.Render(w, r, status422(m, f), formView(s, x, number, f, kept))
}

// filled reads a form with its files.
func (p *Pages) filled(w http.ResponseWriter, r *http.Request) (f *web.Form, d *Sending, err error) {
	v := page.Of(r)
	if f, err = web.ReadUpload(w, r, document.MaxForm); err != nil {
		return nil, nil, err
	}
	papers, err := p.Service.Papers.Take(r, v.City, f)
	if err != nil {
		return nil, nil, err
	}
	d = &Sending{
		Who: f.Text("who"), Name: f.Text("name"), Contact: f.Text("contact"), Phone: f.Text("phone"), Papers: papers,
		Content: Content{Title: f.Text("title"), What: f.Text("what"), Why: f.Text("why"), Address: f.Text("address"), Lang: v.Lang(), Lines: readLines(f)},
	}
	return f, d, nil
}

func (p *Pages) submit(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	n, err := id(r)
	if err != nil {
		return err
	}
	if !v.Actor.SignedIn() {
		return permission.ErrDenied
	}
	x, _, err := p.Service.Form(r.Context(), v.City, v.Actor, n)
	if err != nil {
		return err
	}
	f, d, err := p.filled(w, r)
	if err != nil {
		return err
	}
	switch f.Text("do") {
	case "more", "count":
		return p.formPage(w, r, x, "", f, false)
	case "draft":
		f.Values.Del("do")
		f.Values.Del(page.OnceField)
		if err := p.Service.SaveDraft(r.Context(), v.City, v.Actor, n, f.Values); err != nil {
			return err
		}
		return web.Redirect(w, r, callPath(n)+"/apply?done=draft")
	}
	d.Call = n
	if len(f.Errors()) > 0 {
		return p.formPage(w, r, x, "", f, false)
	}
	ctx := page.Once(r, f)
	file, err := p.Service.Submit(ctx, v.City, v.Actor, *d)
	if err = page.Resolve(ctx, err); f.Take(err) {
		return p.formPage(w, r, x, "", f, false)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, path(file.Number)+"?done=sent")
}

// correction is the form with what was sent last.
func (p *Pages) correction(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	d, err := p.Service.Show(r.Context(), v.City, v.Actor, r.PathValue("number"), 0)
	if err != nil {
		return err
	}
	if !d.Owner || d.File.State != Rework {
		return web.NotFound()
	}
	f := page.Blank()
	for name, text := range map[string]string{
		"who": d.App.Who, "name": d.App.Name, "contact": d.App.Contact, "phone": d.App.Phone, "title": d.Version.Title, "what": d.Version.What,
		"why": d.Version.Why, "address": d.Version.Address,
	} {
		f.Values.Set(name, text)
	}
	writeLines(f, d.Version.Lines)
	return p.formPage(w, r, d.Of, d.File.Number, f, false)
}

func (p *Pages) correct(w http.ResponseWriter, r *http.Request) error {
	v, number := page.Of(r), r.PathValue("number")
	was, err := p.Service.Show(r.Context(), v.City, v.Actor, number, 0)
	if err != nil {
		return err
	}
	if !was.Owner {
		return web.NotFound()
	}
	f, d, err := p.filled(w, r)
	if err != nil {
		return err
	}
	f.Values.Set("who", was.App.Who)
	if do := f.Text("do"); do == "more" || do == "count" || len(f.Errors()) > 0 {
		return p.formPage(w, r, was.Of, number, f, false)
	}
	ctx := page.Once(r, f)
	err = p.Service.Correct(ctx, v.City, v.Actor, number, *d)
	if err = page.Resolve(ctx, err); f.Take(err) {
		return p.formPage(w, r, was.Of, number, f, false)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, path(number)+"?done=sent")
}

func (p *Pages) withdraw(w http.ResponseWriter, r *http.Request) error {
	v, number := page.Of(r), r.PathValue("number")
	if err := p.Service.Withdraw(r.Context(), v.City, v.Actor, number); err != nil {
		return err
	}
	return web.Redirect(w, r, path(number))
}

// report takes the photos and the act of a tranche.
func (p *Pages) report(w http.ResponseWriter, r *http.Request) error {
	v, number := page.Of(r), r.PathValue("number")
	if !v.Actor.SignedIn() {
		return permission.ErrDenied
	}
	f, err := web.ReadUpload(w, r, document.MaxForm)
	if err != nil {
		return err
	}
	rep := Report{N: f.ID("tranche"), Words: f.Text("words"), Lang: v.Lang()}
	if rep.Act, err = p.Service.Papers.Take(r, v.City, f); err != nil {
		return err
	}
	for _, stage := range []string{"before", "after"} {
		if err := p.photos(r, f, stage, &rep); err != nil {
			return err
		}
	}
	if len(f.Errors()) > 0 {
		return p.showPage(w, r, f)
	}
	ctx := page.Once(r, f)
	err = p.Service.Send(ctx, v.City, v.Actor, number, rep)
	if err = page.Resolve(ctx, err); f.Take(err) {
		return p.showPage(w, r, f)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, path(number)+"#tranches")
}
