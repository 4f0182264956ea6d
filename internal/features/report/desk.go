package report

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/ashar-kg/ashar/internal/civic/inbox"

	"github.com/ashar-kg/ashar/internal/civic/account"
	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/manifest"
	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/civic/place"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/jobs"
	"github.com/ashar-kg/ashar/internal/platform/photo"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// numberPattern is what people read out on the phone.
var numberPattern = regexp.MustCompile(`^([A-ZА-Я]-)?\d{4}-\d{6,}$`)

func (p *Pages) staffRoutes() []manifest.Route {
	return []manifest.Route{
		{Pattern: "GET /staff", Handle: p.inbox},
		{Pattern: "POST /staff/bulk", Handle: p.bulk},
		{Pattern: "GET /staff/reports/{number}", Handle: p.work},
		{Pattern: "POST /staff/reports/{number}", Handle: p.doWork},
		{Pattern: "GET /staff/reports/{number}/photos/{id}", Handle: p.blur},
		{Pattern: "POST /staff/reports/{number}/photos/{id}", Handle: p.doBlur},
		{Pattern: "GET /staff/near", Handle: p.near},
		{Pattern: "GET /staff/moderation", Handle: p.moderation},
		{Pattern: "POST /staff/moderation", Handle: p.moderate},
		{Pattern: "POST /staff/handover", Handle: p.handover},
		{Pattern: "POST /staff/views", Handle: p.views},
		{Pattern: "GET /staff/jobs", Handle: p.jobs},
		{Pattern: "POST /staff/jobs", Handle: p.retryJob},
		{Pattern: "GET /reply/{number}/{code}", Handle: p.reply},
		{Pattern: "POST /reply/{number}/{code}", Handle: p.doReply},
	}
}

// views of the inbox, in the order of their tabs.
var inboxViews = []string{"open", "late", "soon", "unassigned", "mine", "held", "closed"}

func (p *Pages) inbox(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	in := casework.Inbox{View: q.Get("view"), Category: q.Get("category"), District: q.Get("district"), Limit: 40}
	in.Body, _ = strconv.ParseInt(q.Get("body"), 10, 64)
	in.AfterID, _ = strconv.ParseInt(q.Get("after"), 10, 64)
	in.AfterDue, _ = strconv.ParseInt(q.Get("after_due"), 10, 64)
	if kind := q.Get("kind"); kind != "" {
		in.Kinds = []string{kind}
	}
	if st := q.Get("state"); st != "" {
		in.States = []string{st}
	}
	// A number leads to its report, private ones too, which no search knows.
	if number := strings.TrimSpace(q.Get("q")); numberPattern.MatchString(number) {
		href, err := p.numbered(r.Context(), s, number)
		if err != nil {
			return err
		}
		return web.Redirect(w, r, href)
	}
	if words := place.Words(q.Get("q")); len(words) > 0 {
		if in.IDs, err = p.Service.InboxWords(r.Context(), s.City, s.Actor, in, words); err != nil {
			return err
		}
		if len(in.IDs) == 0 {
			in.IDs = []int64{0}
		}
	}
	files, due, id, err := p.Service.Inbox(r.Context(), s.City, s.Actor, in)
	if err != nil {
		return err
	}
	next := ""
	if id != 0 {
		next = query("/staff", q, "after", strconv.FormatInt(id, 10), "after_due", strconv.FormatInt(due, 10))
	}
	var saved []casework.View
	var notes []casework.Handover
	var names map[int64]string
	err = p.Service.DB.View(r.Context(), func(tx *db.Tx) (err error) {
		if saved, err = casework.Views(tx, s.City.ID, s.Actor.Person); err != nil {
			return err
		}
		if notes, err = casework.Handovers(tx, s.City.ID, homeBody(s), 3); err != nil {
			return err
		}
		var people []int64
		for _, f := range files {
			if f.Assignee != 0 {
				people = append(people, f.Assignee)
			}
		}
		names, err = account.Names(tx, s.City.ID, people)
		return err
	})
	if err != nil {
		return err
	}
	return page.Render(w, r, page.Meta{Title: s.T("report.inbox.title"), Private: true, Staff: true}, inboxView(p, s, p.rows(s), q, files, names, next, saved, notes))
}

// Row shows a report in lists of the staff.
func (p *Pages) Row(v *page.Visit, f *casework.File) inbox.Row {
	code, text := status(v, f)
	return inbox.Row{Href: "/staff/reports/" + f.Number, Status: code, Text: text, About: f.Address}
}

// rows are the kinds of case that the actor may have in the inbox.
func (p *Pages) rows(s *scene) inbox.Rows {
	out := inbox.Rows{KindName: func(v *page.Visit, f *casework.File) inbox.Row {
		row := p.Row(v, f)
		row.About = s.category(f.Category) + " · " + f.Address
		return row
	}}
	for kind, row := range p.Others {
		if s.Actor.Some(kind + ".internal") {
			out[kind] = row
		}
	}
	return out
}

// numbered finds the page where the case of a number is worked on; an unknown
// one leads to the page of a report, which says that there is none.
func (p *Pages) numbered(ctx context.Context, s *scene, number string) (href string, err error) {
	href = "/staff/reports/" + number
	err = p.Service.DB.View(ctx, func(tx *db.Tx) error {
		f, err := casework.ByNumber(tx, s.City.ID, number)
		if errors.Is(err, db.ErrNotFound) {
			return nil
		}
		if row := p.Others[f.Kind]; err == nil && row != nil {
			href = row(s.Visit, f).Href
		}
		return err
	})
	return href, err
}

// homeBody is the body whose shift notes the actor shares; 0 is the city.
func homeBody(s *scene) int64 {
	bodies, all := s.Actor.Bodies("report.internal")
	if all || len(bodies) == 0 {
		return 0
	}
	return bodies[0]
}

// steps are what can be done with many cases of a kind.
func (p *Pages) steps(kind string) (inbox.Steps, bool) {
	if kind != KindName {
		steps, ok := p.OtherSteps[kind]
		return steps, ok
	}
	return inbox.Steps{
		Take: func(ctx context.Context, v *page.Visit, number string) error {
			return p.Service.Assign(ctx, v.City, v.Actor, number, v.Actor.Person)
		},
		Begin: func(ctx context.Context, v *page.Visit, number string) error {
			_, err := p.Service.Answer(ctx, v.City, v.Actor, number, Answer{To: InWork, Lang: v.Lang()})
			return err
		},
		Transfer: func(ctx context.Context, v *page.Visit, number string, body int64, note string) error {
			return p.Service.Transfer(ctx, v.City, v.Actor, number, body, note)
		},
		Mend: func(ctx context.Context, v *page.Visit, number, words string) error {
			_, err := p.Service.Answer(ctx, v.City, v.Actor, number, Answer{To: Fixed, Note: words, Lang: v.Lang()})
			return err
		},
	}, true
}

// bulk does one step on many cases; each is its own transaction and the
// ones that could not be done are said.
func (p *Pages) bulk(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	failed := 0
	for _, chosen := range f.Values["number"] {
		kind, number, _ := strings.Cut(chosen, ":")
		steps, ok := p.steps(kind)
		if !ok {
			return web.Bad(nil)
		}
		switch f.Text("do") {
		case "assign_me":
			err = steps.Take(r.Context(), s.Visit, number)
		case "in_work":
			err = steps.Begin(r.Context(), s.Visit, number)
		case "transfer":
			err = steps.Transfer(r.Context(), s.Visit, number, f.ID("body"), f.Text("note"))
		case "mend":
			if err = web.Conflict(); steps.Mend != nil {
				err = steps.Mend(r.Context(), s.Visit, number, f.Text("words"))
			}
		default:
			return web.Bad(nil)
		}
		if err != nil {
			failed++
		}
	}
	back := page.Back(f.Text("back"), "/staff")
	sep := "?"
	if strings.Contains(back, "?") {
		sep = "&"
	}
	return web.Redirect(w, r, back+sep+"done="+strconv.Itoa(len(f.Values["number"])-failed)+"&failed="+strconv.Itoa(failed))
}

func (p *Pages) work(w http.ResponseWriter, r *http.Request) error {
	return p.workPage(w, r, &web.Form{Values: url.Values{}})
}

func (p *Pages) workPage(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	d, err := p.Service.Show(r.Context(), s.City, s.Actor, r.PathValue("number"))
	if err != nil {
		return err
	}
	if err := s.Actor.Check("report.internal", d.File.Body); err != nil {
		return err
	}
	var staff []account.Colleague
	var author account.Person
	err = p.Service.DB.View(r.Context(), func(tx *db.Tx) (err error) {
		if d.File.Author != 0 {
			if author, err = account.Get(tx, s.City.ID, d.File.Author); err != nil {
				return err
			}
		}
		staff, err = account.Staff(tx, s.City.ID, d.File.Body)
		return err
	})
	if err != nil {
		return err
	}
	if f.Text("do") == "fill" {
		p.fill(s, d.File, f)
	}
	var similar []Similar
	if d.File.Placed && d.File.Open {
		if similar, err = p.Service.Nearby(r.Context(), s.City, d.File.Category, d.File.Lat, d.File.Lon, d.File.Text); err != nil {
			return err
		}
	}
	meta := page.Meta{Title: d.File.Number + " " + d.File.Title, Private: true, Staff: true}
	if len(f.Errors()) > 0 {
		meta.Status = http.StatusUnprocessableEntity
	}
	return page.Render(w, r, meta, workView(s, d, f, staff, author, similar, ids.Secret(12)))
}

// fill puts the chosen prepared answer into the answer's text.
func (p *Pages) fill(s *scene, file *casework.File, f *web.Form) {
	f.Values.Set("do", "answer")
	for _, t := range s.book.Templates {
		if t.Code == f.Text("template") {
			f.Values.Set("note", filled(s, file, t))
		}
	}
}

// doWork is every step of the staff on one report.
func (p *Pages) doWork(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	f, files, err := p.upload(w, r, s)
	if err != nil {
		return err
	}
	ctx, number := page.Once(r, f), r.PathValue("number")
	note := f.Text("note")
	switch f.Text("do") {
	case "answer":
		photos, _, e := p.photos(ctx, s.City, f, files, s.settings.MaxPhotos)
		if e != nil {
			return e
		}
		lang := f.Text("lang")
		if !s.City.Speaks(lang) {
			lang = s.Lang()
		}
		if len(f.Errors()) == 0 {
			version := f.ID("version")
			_, err = p.Service.Answer(ctx, s.City, s.Actor, number, Answer{To: f.Text("to"), Reason: f.Text("reason"), Note: note, Lang: lang, Photos: photos, Version: version})
		}
	case "fill":
		return p.workPage(w, r, f)
	case "note":
		err = p.Service.Note(ctx, s.City, s.Actor, number, note)
	case "assign":
		err = p.Service.Assign(ctx, s.City, s.Actor, number, f.ID("person"))
	case "transfer":
		err = p.Service.Transfer(ctx, s.City, s.Actor, number, f.ID("body"), note)
	case "category":
		err = p.Service.Recategorise(ctx, s.City, s.Actor, number, f.Text("category"), f.Checked("route"), note)
	case "merge":
		err = p.Service.Merge(ctx, s.City, s.Actor, number, f.Text("into"), note)
	case "visibility":
		err = p.Service.SetVisibility(ctx, s.City, s.Actor, number, casework.Visibility(f.Text("visibility")), f.Text("reason"), note)
	case "ban":
		err = p.Service.Ban(ctx, s.City, s.Actor, number, f.Int("days", 1, 365, 30), f.Text("reason"), note)
	case "release":
		err = p.Service.Release(ctx, s.City, s.Actor, number, f.ID("event"), f.Text("show") == "1")
	case "reopen":
		err = p.Service.Reopen(ctx, s.City, s.Actor, number, Words{Text: note, Lang: s.Lang()})
	default:
		return web.Bad(nil)
	}
	if err = page.Resolve(ctx, err); f.Take(err) || len(f.Errors()) > 0 {
		return p.workPage(w, r, f)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/staff/reports/"+number+"?done=1")
}

// near is the inspector's list on a phone: what is open, nearest first.
func (p *Pages) near(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	if !s.Actor.Some("report.inspect") {
		return s.Actor.Check("report.inspect", 0)
	}
	q := web.QueryForm(r)
	lat, ok := q.Float("lat")
	lon, ok2 := q.Float("lon")
	var list []Similar
	if ok && ok2 {
		if list, err = p.Service.NearStaff(r.Context(), s.City, s.Actor, lat, lon); err != nil {
			return err
		}
	}
	return page.Render(w, r, page.Meta{Title: s.T("report.near.title"), Private: true, Staff: true}, nearView(s, list, ok && ok2))
}

func (p *Pages) moderation(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	todo, err := p.Service.Moderation(r.Context(), s.City, s.Actor)
	if err != nil {
		return err
	}
	return page.Render(w, r, page.Meta{Title: s.T("report.moderation.title"), Private: true, Staff: true}, moderationView(s, todo))
}

func (p *Pages) moderate(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	number, event := f.Text("number"), f.ID("event")
	switch {
	case event != 0:
		err = p.Service.Release(r.Context(), s.City, s.Actor, number, event, f.Text("do") == "show")
	case f.Text("do") == "show":
		err = p.Service.SetVisibility(r.Context(), s.City, s.Actor, number, casework.Public, "", "")
	default:
		err = p.Service.SetVisibility(r.Context(), s.City, s.Actor, number, casework.Hidden, f.Text("reason"), "")
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/staff/moderation")
}

func (p *Pages) handover(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	if !s.Actor.Some("report.internal") {
		return s.Actor.Check("report.internal", 0)
	}
	if note := f.Optional("note", 2000); note != "" && f.Err() == nil {
		if err := p.Service.DB.Update(r.Context(), func(tx *db.Tx) error {
			return casework.AddHandover(tx, s.City.ID, casework.Handover{Body: homeBody(s), Person: s.Actor.Person, Actor: s.Actor.Name, Note: note}, s.Now)
		}); err != nil {
			return err
		}
	}
	return web.Redirect(w, r, page.Back(f.Text("back"), "/staff"))
}

func (p *Pages) views(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	if !s.Actor.Some("report.internal") {
		return s.Actor.Check("report.internal", 0)
	}
	drop := f.ID("drop")
	name, saved := "", f.Optional("query", 500)
	if drop == 0 {
		name = f.Required("name", 60)
	}
	if err := f.Err(); err != nil {
		return err
	}
	if err := p.Service.DB.Update(r.Context(), func(tx *db.Tx) error {
		if drop != 0 {
			return casework.DropView(tx, s.City.ID, s.Actor.Person, drop)
		}
		return casework.AddView(tx, s.City.ID, s.Actor.Person, name, saved)
	}); err != nil {
		return err
	}
	return web.Redirect(w, r, "/staff")
}

// jobs shows the operator what could not be delivered.
func (p *Pages) jobs(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	if err := s.Actor.Check("report.configure", 0); err != nil {
		return err
	}
	var dead []jobs.Job
	if err := p.Service.DB.View(r.Context(), func(tx *db.Tx) (err error) {
		dead, err = jobs.Dead(tx, s.City.ID, 0, 100)
		return err
	}); err != nil {
		return err
	}
	return page.Render(w, r, page.Meta{Title: s.T("report.jobs.title"), Private: true, Staff: true}, jobsView(s, dead))
}

func (p *Pages) retryJob(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	if err := s.Actor.Check("report.configure", 0); err != nil {
		return err
	}
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	if err := p.Service.DB.Update(r.Context(), func(tx *db.Tx) error {
		if f.Text("do") == "drop" {
			return jobs.Drop(tx, s.City.ID, f.ID("id"))
		}
		return jobs.Retry(tx, s.City.ID, f.ID("id"))
	}); err != nil {
		return err
	}
	return web.Redirect(w, r, "/staff/jobs")
}

// reply is the page of a body without an account, opened from its mail.
func (p *Pages) reply(w http.ResponseWriter, r *http.Request) error {
	return p.replyPage(w, r, &web.Form{Values: url.Values{}}, false)
}

func (p *Pages) replyPage(w http.ResponseWriter, r *http.Request, f *web.Form, done bool) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	d, err := p.Service.ReplyShow(r.Context(), s.City, r.PathValue("number"), r.PathValue("code"))
	if err != nil {
		return err
	}
	meta := page.Meta{Title: d.File.Title, Private: true}
	if len(f.Errors()) > 0 {
		meta.Status = http.StatusUnprocessableEntity
	}
	return page.Render(w, r, meta, replyView(s, d, f, r.PathValue("code"), done, ids.Secret(12)))
}

func (p *Pages) doReply(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	f, files, err := p.upload(w, r, s)
	if err != nil {
		return err
	}
	photos, _, err := p.photos(r.Context(), s.City, f, files, s.settings.MaxPhotos)
	if err != nil {
		return err
	}
	if len(f.Errors()) == 0 {
		err = p.Service.Reply(page.Once(r, f), s.City, r.PathValue("number"), r.PathValue("code"),
			Answer{To: f.Text("to"), Reason: f.Text("reason"), Note: f.Text("note"), Lang: s.Lang(), Photos: photos})
		if err != nil && !f.Take(err) {
			return err
		}
	}
	return p.replyPage(w, r, f, len(f.Errors()) == 0)
}

func (p *Pages) blur(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	d, ph, err := p.Service.photoOf(r.Context(), s.City, s.Actor, r.PathValue("number"), r.PathValue("id"))
	if err != nil {
		return err
	}
	return page.Render(w, r, page.Meta{Title: s.T("report.blur.title"), Private: true, Staff: true}, blurView(s, d.File, ph))
}

func (p *Pages) doBlur(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	var rects []photo.Rect
	for _, text := range f.Values["rect"] {
		if rect, ok := parseRect(text); ok {
			rects = append(rects, rect)
		}
	}
	number := r.PathValue("number")
	if err := p.Service.Redact(r.Context(), s.City, s.Actor, number, r.PathValue("id"), rects, f.Text("do") == "hide"); err != nil {
		return err
	}
	return web.Redirect(w, r, "/staff/reports/"+number)
}
