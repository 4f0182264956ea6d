package appeal

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/account"
	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/document"
	"github.com/ashar-kg/ashar/internal/civic/inbox"
	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/ui"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Pages are the pages about appeals.
type Pages struct {
	Service *Service
	PartOf  PartOf
}

// PartOf finds the issue that a case is part of; the zero link is none.
type PartOf func(ctx context.Context, v *page.Visit, id int64) (ui.Link, error)

// scene is what every page about appeals needs.
type scene struct {
	*page.Visit
	bodies *body.Directory
}

func (p *Pages) scene(r *http.Request) (*scene, error) {
	s := &scene{Visit: page.Of(r)}
	var err error
	s.bodies, err = p.Service.Bodies.Of(r.Context(), s.City.ID)
	return s, err
}

func (s *scene) day(ms int64) string { return s.P.Date(time.UnixMilli(ms).In(s.City.Zone)) }

func (s *scene) moment(ms int64) string { return s.P.DateTime(time.UnixMilli(ms).In(s.City.Zone)) }

// status is the tag of an appeal: late is shown before its state.
func status(v *page.Visit, f *casework.File) (code, text string) {
	switch {
	case f.Visibility == casework.Unconfirmed:
		return "held", v.T("appeal.state.unconfirmed")
	case f.Overdue(v.Now):
		return "late", v.T("appeal.state.late")
	}
	return Tags[f.State], v.T("appeal.state." + f.State)
}

// clock says in words how much time an appeal has.
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

// rule is the term under which an appeal runs.
func (s *scene) rule(code string) (city.Rule, bool) {
	i := slices.IndexFunc(s.City.Rules, func(r city.Rule) bool { return r.Code == code })
	if i < 0 {
		return city.Rule{}, false
	}
	return s.City.Rules[i], true
}

// Row shows an appeal in the inbox.
func (p *Pages) Row(v *page.Visit, f *casework.File) inbox.Row {
	code, text := status(v, f)
	return inbox.Row{Href: "/staff/appeals/" + f.Number, Status: code, Text: text, About: v.T("appeal.form."+f.Category) + " · № " + f.Number}
}

// Steps are what can be done with many appeals at once.
func (p *Pages) Steps() inbox.Steps {
	take := func(ctx context.Context, v *page.Visit, number string) error {
		return p.Service.Take(ctx, v.City, v.Actor, number, v.Actor.Person)
	}
	return inbox.Steps{
		Take: take, Begin: take,
		Transfer: func(ctx context.Context, v *page.Visit, number string, body int64, note string) error {
			return p.Service.Transfer(ctx, v.City, v.Actor, number, body, note)
		},
	}
}

// Own implements account.Cases: what the person asked for in writing.
func (p *Pages) Own(ctx context.Context, v *page.Visit, limit int) (out []account.Own, err error) {
	err = p.Service.DB.View(ctx, func(tx *db.Tx) error {
		list, err := casework.ByAuthor(tx, v.City.ID, KindName, v.Actor.Person, 0, limit)
		for _, f := range list {
			code, text := status(v, f)
			note := v.P.Date(f.CreatedAt().In(v.City.Zone))
			if f.Open {
				note = v.T("appeal.own.due", "date", v.P.Date(f.DueAt().In(v.City.Zone)))
			}
			out = append(out, account.Own{
				Href: "/appeals/" + f.Number, Number: f.Number, Title: f.Title, State: code, StateText: text, Note: note, Created: f.Created,
			})
		}
		return err
	})
	return out, err
}

// Followed implements account.Cases: nobody follows what another wrote to the city.
func (p *Pages) Followed(context.Context, *page.Visit, int) ([]account.Own, error) { return nil, nil }

// home tells what an appeal is and how the city answers.
func (p *Pages) home(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	var sums map[string]casework.Summary
	if err := p.Service.DB.View(r.Context(), func(tx *db.Tx) (err error) {
		sums, err = casework.Summaries(tx, s.City, KindName, []string{casework.ScopeCity}, s.Now)
		return err
	}); err != nil {
		return err
	}
	rule, ok := city.RuleAt(s.City.Rules, KindName, city.StepConsider, s.Now.In(s.City.Zone).Format(time.DateOnly))
	if !ok {
		return errNoTerm
	}
	return page.Render(w, r, page.Meta{Title: s.T("appeal.home.title"), Description: s.T("appeal.home.text")}, homeView(s, rule, sums[casework.ScopeCity].Year))
}

func (p *Pages) form(w http.ResponseWriter, r *http.Request) error {
	f := &web.Form{Values: url.Values{}}
	for _, name := range []string{"about", "earlier", "form"} {
		f.Values.Set(name, r.URL.Query().Get(name))
	}
	if f.Text("about") != "" {
		f.Values.Set("form", "complaint")
	}
	return p.formPage(w, r, f)
}

func (p *Pages) formPage(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	if f.Text(page.OnceField) == "" {
		f.Values.Set(page.OnceField, ids.Secret(16))
	}
	if s.Actor.SignedIn() && !f.Values.Has("name") {
		f.Values.Set("name", s.Actor.Name)
	}
	if s.Actor.SignedIn() && !f.Values.Has("address") {
		var home account.Home
		if err := p.Service.DB.View(r.Context(), func(tx *db.Tx) error {
			home, err = account.HomeOf(tx, s.City.ID, s.Actor.Person)
			return err
		}); err != nil {
			return err
		}
		f.Values.Set("address", home.Address)
	}
	meta := page.Meta{Title: s.T("appeal.new.title"), NoIndex: true, Private: true}
	if len(f.Errors()) > 0 {
		meta.Status = http.StatusUnprocessableEntity
	}
	names, err := p.represented(r.Context(), s)
	if err != nil {
		return err
	}
	return page.Render(w, r, meta, formView(s, f, names))
}

// represented names those in whose name the actor may appeal.
func (p *Pages) represented(ctx context.Context, s *scene) (names map[int64]string, err error) {
	if len(s.Actor.For) == 0 {
		return nil, nil
	}
	err = p.Service.DB.View(ctx, func(tx *db.Tx) error {
		names, err = account.Names(tx, s.City.ID, s.Actor.For)
		return err
	})
	return names, err
}

// behalf is the person in whose name the form is sent; 0 is the actor's own.
func behalf(v *page.Visit, f *web.Form) int64 {
	if id := f.ID("behalf"); id != v.Actor.Person {
		return id
	}
	return 0
}

func (p *Pages) file(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	f, papers, err := p.upload(w, r, s)
	if err != nil {
		return err
	}
	d := Draft{
		Files: papers,
		Form:  f.Text("form"), Body: f.ID("body"), Text: f.Text("text"), Name: f.Text("name"), Address: f.Text("address"), Contact: f.Text("contact"),
		Signers: lines(f.Text("signers")), AnswerLang: f.Text("answer_lang"), Earlier: f.Text("earlier"), About: f.Text("about"), Behalf: behalf(s.Visit, f), Publish: f.Checked("publish"), Channel: "web", Lang: s.Lang(),
	}
	if len(f.Errors()) == 0 {
		rec, err := p.Service.File(page.Once(r, f), s.City, s.Actor, d)
		if err == nil {
			if rec.Ticket != "" {
				return web.Redirect(w, r, "/confirm/"+rec.Ticket)
			}
			return web.Redirect(w, r, "/appeals/"+rec.File.Number+"?done=filed")
		}
		if !f.Take(err) {
			return err
		}
	}
	return p.formPage(w, r, f)
}

// upload reads a form with the papers that came with it.
func (p *Pages) upload(w http.ResponseWriter, r *http.Request, s *scene) (*web.Form, []document.File, error) {
	f, err := web.ReadUpload(w, r, document.MaxForm)
	if err != nil {
		return nil, nil, err
	}
	papers, err := p.Service.Papers.Take(r, s.City, f)
	return f, papers, err
}

func (p *Pages) document(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	id, ok := ids.Parse(r.PathValue("id"))
	if !ok {
		return web.NotFound()
	}
	doc, err := p.Service.Document(r.Context(), v.City, v.Actor, r.PathValue("number"), id)
	if err != nil {
		return err
	}
	return p.Service.Papers.Send(w, r, doc)
}

// lines are the lines of a field that say something.
func lines(text string) []string {
	out := []string{}
	for line := range strings.SplitSeq(text, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

func (p *Pages) show(w http.ResponseWriter, r *http.Request) error {
	return p.showPage(w, r, &web.Form{Values: url.Values{}})
}

func (p *Pages) showPage(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	d, err := p.Service.Show(r.Context(), s.City, s.Actor, r.PathValue("number"))
	if err != nil {
		return err
	}
	if !d.Own {
		return web.Redirect(w, r, "/staff/appeals/"+d.File.Number)
	}
	if d.Part, err = p.PartOf(r.Context(), s.Visit, d.File.ID); err != nil {
		return err
	}
	meta := page.Meta{Title: s.T("appeal.show.title", "number", d.File.Number), Private: true, NoIndex: true}
	if len(f.Errors()) > 0 {
		meta.Status = http.StatusUnprocessableEntity
	}
	return page.Render(w, r, meta, showView(s, d, f, r.URL.Query().Get("done")))
}

func (p *Pages) act(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	f, papers, err := p.upload(w, r, s)
	if err != nil {
		return err
	}
	number, done := r.PathValue("number"), r.PathValue("action")
	ctx := page.Once(r, f)
	switch done {
	case "withdraw":
		err = p.Service.Withdraw(ctx, s.City, s.Actor, number)
	case "say":
		if len(f.Errors()) == 0 {
			err = p.Service.Say(ctx, s.City, s.Actor, number, f.Text("text"), papers)
		}
	case "publish", "unpublish":
		err = p.Service.Consent(ctx, s.City, s.Actor, number, done == "publish")
	case "rate":
		err = p.Service.Rate(ctx, s.City, s.Actor, number, f.Int("stars", 1, 5, 0), f.Text("note"), s.Lang())
	default:
		return web.NotFound()
	}
	if err = page.Resolve(ctx, err); f.Take(err) || len(f.Errors()) > 0 {
		return p.showPage(w, r, f)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/appeals/"+number+"?done="+done)
}

func (p *Pages) letter(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	file, err := p.Service.Letter(r.Context(), v.City, v.Actor, r.PathValue("number"))
	if err != nil {
		return err
	}
	defer file.Close()
	w.Header().Set("Content-Type", "application/pdf")
	w.Header().Set("Content-Disposition", `inline; filename="`+r.PathValue("number")+`.pdf"`)
	w.Header().Set("Cache-Control", "private, no-store")
	http.ServeContent(w, r, "", time.Time{}, file)
	return nil
}

func (p *Pages) signature(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	file, err := p.Service.Signature(r.Context(), v.City, v.Actor, r.PathValue("number"))
	if err != nil {
		return err
	}
	defer file.Close()
	w.Header().Set("Content-Type", "application/pkcs7-signature")
	w.Header().Set("Content-Disposition", `attachment; filename="`+r.PathValue("number")+`.pdf.p7s"`)
	w.Header().Set("Cache-Control", "private, no-store")
	http.ServeContent(w, r, "", time.Time{}, file)
	return nil
}

func (p *Pages) attachSignature(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	f, err := web.ReadUpload(w, r, maxSignature+64<<10)
	if err != nil {
		return err
	}
	var name string
	var data []byte
	if file, head, err := r.FormFile("signature"); err == nil {
		defer file.Close()
		name = head.Filename
		if data, err = io.ReadAll(io.LimitReader(file, maxSignature+1)); err != nil {
			return err
		}
	}
	number := r.PathValue("number")
	err = p.Service.AttachSignature(r.Context(), v.City, v.Actor, number, name, data)
	if f.Take(err) {
		return p.workPage(w, r, f)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/staff/appeals/"+number+"?done=1")
}

func (p *Pages) verify(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	found, err := p.Service.Verify(r.Context(), s.City, r.PathValue("code"))
	if err != nil {
		return err
	}
	return page.Render(w, r, page.Meta{Title: s.T("appeal.verify.title"), NoIndex: true}, verifyView(s, found))
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
	if err := s.Actor.Check("appeal.internal", d.File.Body); err != nil {
		return err
	}
	var staff []account.Colleague
	if err := p.Service.DB.View(r.Context(), func(tx *db.Tx) (err error) {
		staff, err = account.Staff(tx, s.City.ID, d.File.Body)
		return err
	}); err != nil {
		return err
	}
	meta := page.Meta{Title: s.T("appeal.show.title", "number", d.File.Number), Private: true, NoIndex: true, Staff: true}
	if len(f.Errors()) > 0 {
		meta.Status = http.StatusUnprocessableEntity
	}
	return page.Render(w, r, meta, workView(s, d, f, staff, ids.Secret(12)))
}

// doWork is every step of the staff on one appeal.
func (p *Pages) doWork(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	f, papers, err := p.upload(w, r, s)
	if err != nil {
		return err
	}
	ctx, number, note, lang := page.Once(r, f), r.PathValue("number"), f.Text("note"), f.Text("lang")
	if !s.City.Speaks(lang) {
		lang = s.Lang()
	}
	back := "/staff/appeals/" + number + "?done=1"
	switch f.Text("do") {
	case "take":
		err = p.Service.Take(ctx, s.City, s.Actor, number, s.Actor.Person)
	case "assign":
		err = p.Service.Take(ctx, s.City, s.Actor, number, f.ID("person"))
	case "note":
		err = p.Service.Note(ctx, s.City, s.Actor, number, note)
	case "attach":
		if len(f.Errors()) == 0 {
			err = p.Service.Attach(ctx, s.City, s.Actor, number, papers)
		}
	case "transfer":
		if err = p.Service.Transfer(ctx, s.City, s.Actor, number, f.ID("body"), note); err == nil {
			back = "/staff?done=1&failed=0" // the actor may not see it any more
		}
	case "join":
		err = p.Service.Join(ctx, s.City, s.Actor, number, f.Text("into"), note)
	case "extend":
		err = p.Service.Extend(ctx, s.City, s.Actor, number, note, lang)
	case "draft", "review":
		err = p.Service.Write(ctx, s.City, s.Actor, number, f.Text("text"), lang, f.Text("do") == "review")
	case "return":
		err = p.Service.Return(ctx, s.City, s.Actor, number, note)
	case "sign":
		err = p.Service.Sign(ctx, s.City, s.Actor, number, f.Text("ground"))
	default:
		return web.Bad(nil)
	}
	if err = page.Resolve(ctx, err); f.Take(err) || len(f.Errors()) > 0 {
		return p.workPage(w, r, f)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, back)
}

// parseDay reads a day as it is stored, at midnight in the city.
func parseDay(s *scene, day string) (time.Time, error) {
	return time.ParseInLocation(time.DateOnly, day, s.City.Zone)
}
