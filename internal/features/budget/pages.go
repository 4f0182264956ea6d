package budget

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/account"
	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/inbox"
	"github.com/ashar-kg/ashar/internal/civic/manifest"
	"github.com/ashar-kg/ashar/internal/civic/notify"
	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/features/budget/ledger"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/jobs"
	"github.com/ashar-kg/ashar/internal/platform/table"
	"github.com/ashar-kg/ashar/internal/platform/ui"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Pages are the pages about the budget.
type Pages struct{ Service *Service }

// Manifest declares the feature.
func (p *Pages) Manifest() manifest.Feature {
	s := p.Service
	return manifest.Feature{
		Name:        KindName,
		Permissions: Permissions(),
		Settings:    []city.Section{Section},
		Nav: []manifest.Link{
			{Path: "/budget", Title: "budget.nav", Audience: manifest.Footer},
			{Path: "/staff/budget", Title: "budget.nav", Audience: manifest.Staff, Action: Import},
		},
		Routes: append(p.seriesRoutes(), []manifest.Route{
			// What everybody reads.
			{Pattern: "GET /budget", Handle: p.overview, Cached: true},
			{Pattern: "GET /budget/versions", Handle: p.list, Cached: true},
			{Pattern: "GET /budget/versions/{id}", Handle: p.look, Cached: true},
			{Pattern: "GET /budget/versions/{id}/file", Handle: p.file},
			{Pattern: "GET /budget/versions/{id}/export/{file}", Handle: p.export},
			{Pattern: "GET /budget/compare", Handle: p.compare, Cached: true},
			{Pattern: "GET /budget/year", Handle: p.year, Cached: true},
			{Pattern: "GET /budget/year/{file}", Handle: p.yearFile},
			{Pattern: "GET /budget/questions", Handle: p.questions, Cached: true},
			{Pattern: "GET /budget/questions/{number}", Handle: p.question, Cached: true},
			{Pattern: "GET /budget/taxes", Handle: p.taxes},
			{Pattern: "GET /budget/documents", Handle: p.shelf, Cached: true},
			{Pattern: "GET /budget/simulator", Handle: p.simulator},
			{Pattern: "POST /budget/simulator", Handle: p.play},
			{Pattern: "GET /budget/booklets", Handle: p.booklets, Cached: true},
			{Pattern: "GET /budget/booklets/{year}", Handle: p.booklet, Cached: true},
			{Pattern: "GET /budget/booklets/{year}/{file}", Handle: p.bookletFile},
			// What somebody does with a line.
			{Pattern: "GET /budget/versions/{id}/lines/{line}", Handle: p.line},
			{Pattern: "POST /budget/versions/{id}/lines/{line}", Handle: p.ask},
			{Pattern: "POST /budget/versions/{id}/lines/{line}/follow", Handle: p.follow},
			// The officer's table.
			{Pattern: "GET /staff/budget", Handle: p.desk},
			{Pattern: "POST /staff/budget", Handle: p.begin},
			{Pattern: "POST /staff/budget/steps", Handle: p.steps},
			{Pattern: "GET /staff/budget/booklets/{year}", Handle: p.write},
			{Pattern: "POST /staff/budget/booklets/{year}", Handle: p.saveBooklet},
			{Pattern: "GET /staff/budget/documents", Handle: p.keepShelf},
			{Pattern: "POST /staff/budget/documents", Handle: p.putDocument},
			{Pattern: "GET /staff/budget/imports/{id}", Handle: p.preview},
			{Pattern: "POST /staff/budget/imports/{id}", Handle: p.answer},
			{Pattern: "GET /staff/budget/versions/{id}", Handle: p.keep},
			{Pattern: "POST /staff/budget/versions/{id}", Handle: p.turn},
			{Pattern: "GET /staff/budget/questions/{number}", Handle: p.work},
			{Pattern: "POST /staff/budget/questions/{number}", Handle: p.reply},
		}...),
		Jobs: map[string]func(context.Context, jobs.Job) error{jobCheck: s.CheckJob, jobStore: s.StoreJob},
		PersonalData: []manifest.PersonalData{{
			Name: "budget_questions", Purpose: "budget.register.purpose", Term: "budget.register.term", Export: export, Tell: p.tell, Erase: erase,
		}},
		Data: []manifest.Dataset{{Title: "budget.data.title", Text: "budget.data.text", Page: "/budget/versions"}, {Title: "budget.series.prices", Text: "budget.series.prices_text", Page: "/budget/prices"}},
	}
}

// tell says in words what was exported about a person.
func (p *Pages) tell(ctx context.Context, doc any) ([]manifest.Told, error) {
	v := page.In(ctx)
	var out []manifest.Told
	for _, f := range doc.([]*casework.File) {
		_, state := status(v, f)
		out = append(out, manifest.Told{Title: v.T("budget.question.title", "number", f.Number), Rows: []ui.Row{
			{Name: v.T("budget.question.state"), Value: state, Href: questionAt(f.Number)},
			{Name: v.T("budget.question.text"), Value: f.Text},
		}})
	}
	return out, nil
}

// status is the tag of a question.
func status(v *page.Visit, f *casework.File) (tag, text string) {
	if f.Overdue(v.Now) {
		return "late", v.T("budget.state.late")
	}
	return Tags[f.State], v.T("budget.state." + f.State)
}

// Row shows a question in the inbox of the staff.
func (p *Pages) Row(v *page.Visit, f *casework.File) inbox.Row {
	code, text := status(v, f)
	return inbox.Row{Href: "/staff/budget/questions/" + f.Number, Status: code, Text: text, About: v.T("budget.question.title", "number", f.Number) + " · " + f.Title}
}

// Own implements account.Cases: the questions of a person.
func (p *Pages) Own(ctx context.Context, v *page.Visit, limit int) (out []account.Own, err error) {
	err = p.Service.DB.View(ctx, func(tx *db.Tx) error {
		list, err := casework.ByAuthor(tx, v.City.ID, KindName, v.Actor.Person, 0, limit)
		for _, f := range list {
			tag, text := status(v, f)
			out = append(out, account.Own{Href: questionAt(f.Number), Title: v.T("budget.question.about", "line", f.Title), State: tag, StateText: text, Number: f.Number, Created: f.Created})
		}
		return err
	})
	return out, err
}

// Followed implements account.Cases: the lines that a person follows.
func (p *Pages) Followed(ctx context.Context, v *page.Visit, limit int) (out []account.Own, err error) {
	err = p.Service.DB.View(ctx, func(tx *db.Tx) error {
		keys, err := notify.Following(tx, v.City.ID, v.Actor.Person, "budget_line", limit)
		if err != nil {
			return err
		}
		for _, key := range keys {
			list, err := appearances(tx, v.City.ID, key)
			if err != nil {
				return err
			}
			if len(list) == 0 {
				continue
			}
			last := list[len(list)-1]
			label, _ := last.Labels.In(v.Lang())
			out = append(out, account.Own{
				Href: lineAt(last.Version, last.ID), Title: label, State: "in_work", StateText: v.T("budget.line.one"), Note: round(v.P, last.Amount), Created: ids.Time(last.Version).UnixMilli(),
			})
		}
		return nil
	})
	return out, err
}

// scene is what every page about the budget needs.
type scene struct {
	*page.Visit
	bodies *body.Directory
	set    Settings
}

func (p *Pages) scene(r *http.Request) (s *scene, err error) {
	s = &scene{Visit: page.Of(r)}
	if s.set, err = settingsOf(s.City); err != nil {
		return nil, err
	}
	s.bodies, err = p.Service.Bodies.Of(r.Context(), s.City.ID)
	return s, err
}

func (s *scene) money(a ledger.Amount) string { return round(s.P, a) }

func (s *scene) exact(a ledger.Amount) string { return exact(s.P, a) }

func (s *scene) day(day string) string {
	t, err := time.ParseInLocation(time.DateOnly, day, s.City.Zone)
	if err != nil {
		return day
	}
	return s.P.Date(t)
}

// dayMonth is a day whose year stands beside it.
func (s *scene) dayMonth(day string) string {
	t, err := time.ParseInLocation(time.DateOnly, day, s.City.Zone)
	if err != nil {
		return day
	}
	return s.P.Day(t)
}

func (s *scene) moment(ms int64) string { return s.P.DateTime(time.UnixMilli(ms).In(s.City.Zone)) }

// named is what a version is called: its phase, year and date, and the part of the
// year that it is of.
func (s *scene) named(v *Version) string {
	if v.Until != "" && v.Partly() {
		return s.T("budget.version.named_until", "phase", s.T("budget.phase."+string(v.Phase)), "year", strconv.Itoa(int(v.Year)), "until", s.dayMonth(v.Until), "day", s.day(v.Day))
	}
	return s.T("budget.version.named", "phase", s.T("budget.phase."+string(v.Phase)), "year", strconv.Itoa(int(v.Year)), "day", s.day(v.Day))
}

// place reads where in a version an address points.
func place(r *http.Request) (p Place, ok bool) {
	q := r.URL.Query()
	p.Version, ok = ids.Parse(r.PathValue("id"))
	p.Year, _ = strconv.Atoi(q.Get("year"))
	p.Direction, p.Scheme, p.Code = q.Get("dir"), q.Get("by"), q.Get("at")
	if amount, id, cut := strings.Cut(q.Get("before"), "_"); cut {
		p.Before.Amount, _ = strconv.ParseInt(amount, 10, 64)
		p.Before.ID, _ = strconv.ParseInt(id, 10, 64)
	}
	return p, ok
}

// to is the address of a step of a version.
func (v *View) to(scheme, code string) string {
	return stepAt(v.Version.ID, v.Slice, scheme, code)
}

func stepAt(version int64, s ledger.Slice, scheme, code string) string {
	q := url.Values{"year": {strconv.Itoa(int(s.Year()))}, "dir": {string(s.Direction())}, "by": {scheme}}
	if code != "" {
		q.Set("at", code)
	}
	return versionAt(version) + "?" + q.Encode()
}

// file is the address of the shown lines as a file.
func (v *View) file(ext string) string {
	q := url.Values{"year": {strconv.Itoa(int(v.Slice.Year()))}, "dir": {string(v.Slice.Direction())}, "by": {v.Scheme}}
	if v.Here.Code != "" {
		q.Set("at", v.Here.Code)
	}
	return versionAt(v.Version.ID) + "/export/budget." + ext + "?" + q.Encode()
}

func (v *View) older() string {
	if v.More == (Mark{}) {
		return ""
	}
	return v.to(v.Scheme, v.Here.Code) + fmt.Sprintf("&before=%d_%d#lines", v.More.Amount, v.More.ID)
}

// items are the rows of a view, with what lies in no step made visible.
func (s *scene) items(v *View) (out []item) {
	whole := v.Here.Amount
	if v.Here.Code == "" {
		whole = v.Here.Whole()
	}
	for _, x := range v.Items {
		label, lang := v.tree.name(v.Scheme, x.Code, s.Lang())
		out = append(out, item{code: x.Code, label: label, lang: lang, href: v.to(v.Scheme, x.Code), amount: x.Amount, share: x.Amount.Share(whole), lines: x.Lines})
	}
	if len(v.Items) > 0 && !v.Here.Own.Zero() {
		out = append(out, item{label: s.T("budget.rest.own"), amount: v.Here.Own, share: v.Here.Own.Share(whole), kind: "own"})
	}
	if r := v.Here.Rest(); r != nil && r.Tyiyn() != 0 {
		out = append(out, item{label: s.T("budget.rest.stated"), amount: ledger.Of(r.Tyiyn()), share: ledger.Of(r.Tyiyn()).Share(whole), kind: "rest"})
	}
	slices.SortStableFunc(out, func(a, b item) int { return b.amount.Compare(a.amount) })
	return out
}

// sideItems are the rows of one side of the overview.
func (s *scene) sideItems(o *Overview, x *Side) (out []item) {
	if x == nil {
		return nil
	}
	scheme := usual(x.Slice.Direction())
	whole := x.Whole.Whole()
	for _, c := range x.Items {
		label, lang := o.tree.name(scheme, c.Code, s.Lang())
		out = append(out, item{code: c.Code, label: label, lang: lang, href: stepAt(o.Version.ID, x.Slice, scheme, c.Code), amount: c.Amount, share: c.Amount.Share(whole), lines: c.Lines})
	}
	if len(x.Items) > 0 && !x.Whole.Own.Zero() {
		out = append(out, item{label: s.T("budget.rest.own"), amount: x.Whole.Own, share: x.Whole.Own.Share(whole), kind: "own"})
	}
	if r := x.Whole.Rest(); r != nil && r.Tyiyn() > 0 {
		a := ledger.Of(r.Tyiyn())
		out = append(out, item{label: s.T("budget.rest.stated"), amount: a, share: a.Share(whole), kind: "rest"})
	}
	slices.SortStableFunc(out, func(a, b item) int { return b.amount.Compare(a.amount) })
	return out
}

func (p *Pages) overview(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	id, _ := ids.Parse(r.URL.Query().Get("version"))
	o, err := p.Service.Year(r.Context(), s.City, s.Actor, id)
	if err != nil {
		return err
	}
	return page.Render(w, r, page.Meta{Title: s.T("budget.nav"), Description: s.T("budget.text"), Wide: true}, overviewView(s, o))
}

func (p *Pages) list(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	list, err := p.Service.Public(r.Context(), s.City)
	if err != nil {
		return err
	}
	return page.Render(w, r, page.Meta{Title: s.T("budget.versions"), Description: s.T("budget.versions_text")}, versionsView(s, list))
}

func (p *Pages) look(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	at, ok := place(r)
	if !ok {
		return web.NotFound()
	}
	v, err := p.Service.Look(r.Context(), s.City, s.Actor, at)
	if err != nil {
		return err
	}
	return page.Render(w, r, page.Meta{Title: s.named(v.Version), Description: s.T("budget.text"), Wide: true, NoIndex: at.Before != (Mark{})}, lookView(s, v))
}

// file sends the source file of a version as it came.
func (p *Pages) file(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	at, ok := place(r)
	if !ok {
		return web.NotFound()
	}
	var v *Version
	if err := p.Service.DB.View(r.Context(), func(tx *db.Tx) error {
		v, err = seen(tx, s.City, s.Actor, at.Version)
		return err
	}); err != nil {
		return err
	}
	if v.FileKey == "" {
		return web.NotFound()
	}
	f, info, err := p.Service.Blobs.Open(r.Context(), v.FileKey)
	if err != nil {
		return err
	}
	defer f.Close()
	attach(w, v.FileName, "application/octet-stream")
	http.ServeContent(w, r, "", info.Modified, f)
	return nil
}

// attach names a file that is sent.
func attach(w http.ResponseWriter, name, kind string) {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Disposition", "attachment; filename*=UTF-8''"+url.PathEscape(path.Base(name)))
}

// kindOf is the kind of file that an address asks for, of a table so called.
func kindOf(r *http.Request, name string) (kind string, ok bool) {
	kind, ok = strings.CutPrefix(r.PathValue("file"), name+".")
	return kind, ok && table.Types[kind] != ""
}

// table is what the page at an address shows, as a file.
func (s *scene) table(name string, columns []table.Column, address string) *table.Table {
	about := [][2]string{{"page", s.Absolute(address)}, {"currency", s.City.Currency}, {"made", s.Now.In(s.City.Zone).Format(time.DateOnly)}}
	return &table.Table{Name: name, Columns: columns, About: about, AboutName: "source"}
}

func (p *Pages) export(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	at, ok := place(r)
	kind, known := strings.CutPrefix(r.PathValue("file"), "budget.")
	media := table.Types[kind]
	if kind == AsPackage {
		media = "application/zip"
	}
	if !ok || !known || media == "" {
		return web.NotFound()
	}
	x, err := p.Service.Extract(r.Context(), s.City, s.Actor, at, s.Lang())
	if err != nil {
		return err
	}
	x.Page = s.Absolute(stepAt(at.Version, x.Slice, x.Filter.Scheme, at.Code))
	attach(w, x.Name()+"."+kind, media)
	return p.Service.Write(r.Context(), x, kind, w)
}

func (p *Pages) compare(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	x, err := p.comparison(s, r)
	if err != nil {
		return err
	}
	if x == nil {
		return p.chooseTwo(w, r, s)
	}
	return page.Render(w, r, page.Meta{Title: s.T("budget.compare"), Wide: true}, compareView(s, x))
}

// comparison reads the two versions that an address names, nil when it names none.
func (p *Pages) comparison(s *scene, r *http.Request) (*Comparison, error) {
	q := r.URL.Query()
	a, ok1 := ids.Parse(q.Get("a"))
	b, ok2 := ids.Parse(q.Get("b"))
	if !ok1 || !ok2 {
		return nil, nil
	}
	d := ledger.Direction(q.Get("dir"))
	if !slices.Contains(ledger.Directions, d) {
		d = ledger.Expenditure
	}
	return p.Service.Compare(r.Context(), s.City, s.Actor, a, b, Wanted{Direction: d, Scheme: q.Get("by"), Prices: pricesOf(r)})
}

// chooseTwo offers the newest version and the one before it.
func (p *Pages) chooseTwo(w http.ResponseWriter, r *http.Request, s *scene) error {
	list, err := p.Service.Public(r.Context(), s.City)
	if err != nil {
		return err
	}
	return page.Render(w, r, page.Meta{Title: s.T("budget.compare")}, chooseView(s, list))
}

func (p *Pages) questions(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	list, err := p.Service.Questions(r.Context(), s.City)
	if err != nil {
		return err
	}
	return page.Render(w, r, page.Meta{Title: s.T("budget.questions")}, questionsView(s, list))
}

func (p *Pages) question(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	q, err := p.Service.Question(r.Context(), s.City, r.PathValue("number"))
	if err != nil {
		return err
	}
	return page.Render(w, r, page.Meta{Title: s.T("budget.question.title", "number", q.Number)}, questionView(s, q, nil))
}

func (p *Pages) line(w http.ResponseWriter, r *http.Request) error {
	return p.linePage(w, r, blankForm())
}

// blankForm is a form with a key of its own, so that it is done once.
func blankForm() *web.Form {
	return &web.Form{Values: url.Values{page.OnceField: {ids.Secret(12)}}}
}

func (p *Pages) linePage(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	id, ok := ids.Parse(r.PathValue("id"))
	n, ok2 := ids.Parse(r.PathValue("line"))
	if !ok || !ok2 {
		return web.NotFound()
	}
	t, err := p.Service.Trace(r.Context(), s.City, s.Actor, id, n)
	if err != nil {
		return err
	}
	label, _ := t.Line.Labels.In(s.Lang())
	meta := page.Meta{Title: label, Description: s.named(t.Version)}
	if len(f.Errors()) > 0 {
		meta.Status = http.StatusUnprocessableEntity
	}
	return page.Render(w, r, meta, lineView(s, t, f))
}

func (p *Pages) ask(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	id, ok := ids.Parse(r.PathValue("id"))
	n, ok2 := ids.Parse(r.PathValue("line"))
	if !ok || !ok2 {
		return web.NotFound()
	}
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	ctx := page.Once(r, f)
	made, err := p.Service.Ask(ctx, v.City, v.Actor, id, n, f.Text("question"), v.Lang(), f.Checked("named"))
	if err = page.Resolve(ctx, err); f.Take(err) {
		return p.linePage(w, r, f)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, questionAt(made.Number))
}

func (p *Pages) follow(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	id, ok := ids.Parse(r.PathValue("id"))
	n, ok2 := ids.Parse(r.PathValue("line"))
	if !ok || !ok2 {
		return web.NotFound()
	}
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	if err := p.Service.Follow(r.Context(), v.City, v.Actor, id, n, f.Text("do") != "unfollow"); err != nil {
		return err
	}
	return web.Redirect(w, r, lineAt(id, n))
}

func (p *Pages) desk(w http.ResponseWriter, r *http.Request) error {
	f := blankForm()
	f.Values.Set("day", page.Of(r).Now.In(page.Of(r).City.Zone).Format(time.DateOnly))
	f.Values.Set("phase", string(ledger.Proposed))
	return p.deskPage(w, r, f)
}

func (p *Pages) deskPage(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	list, all, sources, err := p.Service.Table(r.Context(), s.City, s.Actor)
	if err != nil {
		return err
	}
	meta := page.Meta{Title: s.T("budget.nav"), Private: true, Staff: true}
	if len(f.Errors()) > 0 {
		meta.Status = http.StatusUnprocessableEntity
	}
	return page.Render(w, r, meta, deskView(s, list, all, sources, f))
}

// maxUpload bounds the files of one import together, in bytes.
const maxUpload = maxFile + 10<<20

func (p *Pages) begin(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	if !v.Actor.Some(Import) {
		return web.Forbidden()
	}
	f, err := web.ReadUpload(w, r, maxUpload)
	if err != nil {
		return err
	}
	uploads, closeAll, err := opened(r)
	if err != nil {
		return err
	}
	defer closeAll()
	ctx := page.Once(r, f)
	in, err := p.Service.Begin(ctx, v.City, v.Actor, f.Text("source"), answersOf(v, f), uploads)
	if err = page.Resolve(ctx, err); f.Take(err) {
		return p.deskPage(w, r, f)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, importAt(in.ID))
}

// opened opens the files of a form.
func opened(r *http.Request) (out []Upload, closeAll func(), err error) {
	var all []multipart.File
	closeAll = func() {
		for _, f := range all {
			f.Close()
		}
	}
	if r.MultipartForm == nil {
		return nil, closeAll, nil
	}
	for _, h := range r.MultipartForm.File["file"] {
		if h.Size == 0 {
			continue
		}
		f, err := h.Open()
		if err != nil {
			return nil, closeAll, err
		}
		all = append(all, f)
		out = append(out, Upload{Name: path.Base(strings.ReplaceAll(h.Filename, `\`, "/")), Data: f})
	}
	return out, closeAll, nil
}

// answersOf reads what an officer says of a document.
func answersOf(v *page.Visit, f *web.Form) Answers {
	year, _ := strconv.Atoi(f.Text("year"))
	a := Answers{
		Titles: Texts{}, Year: year, Phase: f.Text("phase"), Day: f.Text("day"), Map: map[string]string{}, Unit: f.Text("unit"), Locale: f.Text("locale"), Sheet: f.Text("sheet"),
		Direction: f.Text("direction"), Encoding: f.Text("encoding"), Inferred: f.Checked("inferred"), Until: f.Text("until"), Excerpt: f.Checked("excerpt"), Counted: f.Text("counted"),
	}
	if text := f.Text("residents"); text != "" {
		n, err := strconv.ParseInt(strings.Join(strings.Fields(text), ""), 10, 64)
		if err != nil || n == 0 {
			n = -1 // which the check refuses
		}
		a.Residents = n
	}
	for _, lang := range v.City.Languages {
		if text := f.Text("title_" + lang); text != "" {
			a.Titles[lang] = text
		}
	}
	for name, values := range f.Values {
		column, cut := strings.CutPrefix(name, "role_")
		if cut && len(values) > 0 && values[0] != "" {
			role := values[0]
			for n := 2; a.Map[role] != ""; n++ {
				role = values[0] + "." + strconv.Itoa(n)
			}
			a.Map[role] = "#" + column
		}
	}
	return a
}

func (p *Pages) steps(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	if !v.Actor.Some(Import) {
		return web.Forbidden()
	}
	f, err := web.ReadUpload(w, r, 10<<20)
	if err != nil {
		return err
	}
	uploads, closeAll, err := opened(r)
	if err != nil {
		return err
	}
	defer closeAll()
	if len(uploads) != 1 {
		f.Fail("steps", "budget.error.file")
		return p.deskPage(w, r, f)
	}
	list, err := ReadSteps(uploads[0].Data)
	if err != nil {
		f.Fail("steps", "budget.error.steps")
		return p.deskPage(w, r, f)
	}
	if err := p.Service.LoadSteps(r.Context(), v.City, v.Actor, f.Text("scheme"), list); f.Take(err) {
		return p.deskPage(w, r, f)
	} else if err != nil {
		return err
	}
	return web.Redirect(w, r, "/staff/budget")
}

// ReadSteps reads a classification: a CSV with the columns code, parent, from,
// until, ky, ru, en, of which from may be missing (since 1990).
func ReadSteps(r io.Reader) ([]Step, error) {
	in := csv.NewReader(r)
	in.FieldsPerRecord = -1
	head, err := in.Read()
	if err != nil {
		return nil, err
	}
	at := map[string]int{}
	for i, h := range head {
		at[strings.ToLower(strings.Trim(h, "\ufeff "))] = i
	}
	if _, ok := at["code"]; !ok {
		return nil, errors.New("no column is called code")
	}
	var out []Step
	for {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		get := func(name string) string {
			if i, ok := at[name]; ok && i < len(row) {
				return strings.TrimSpace(row[i])
			}
			return ""
		}
		s := Step{Code: get("code"), Parent: get("parent"), From: get("from"), Until: get("until"), Names: Texts{}}
		if s.From == "" {
			s.From = "1990-01-01"
		}
		for _, lang := range []string{"ky", "ru", "en"} {
			if text := get(lang); text != "" {
				s.Names[lang] = clip(text, maxLabel)
			}
		}
		out = append(out, s)
	}
}

func (p *Pages) preview(w http.ResponseWriter, r *http.Request) error {
	return p.previewPage(w, r, blankForm())
}

func (p *Pages) previewPage(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	id, ok := ids.Parse(r.PathValue("id"))
	if !ok {
		return web.NotFound()
	}
	in, err := p.Service.Incoming(r.Context(), s.City, s.Actor, id)
	if err != nil {
		return err
	}
	if in.State == Done {
		return web.Redirect(w, r, "/staff"+versionAt(in.Version)+"?import="+strconv.FormatInt(in.ID, 10))
	}
	meta := page.Meta{Title: s.T("budget.import.title"), Private: true, Staff: true}
	if len(f.Errors()) > 0 {
		meta.Status = http.StatusUnprocessableEntity
	}
	if in.State == Checking || in.State == Storing {
		w.Header().Set("Refresh", "2")
	}
	return page.Render(w, r, meta, importView(s, in, f))
}

func (p *Pages) answer(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	id, ok := ids.Parse(r.PathValue("id"))
	if !ok {
		return web.NotFound()
	}
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	ctx, next := page.Once(r, f), importAt(id)
	switch f.Text("do") {
	case "change":
		err = p.Service.Change(ctx, v.City, v.Actor, id, answersOf(v, f))
	case "confirm":
		_, err = p.Service.Confirm(ctx, v.City, v.Actor, id, f.Checked("sure"))
	case "drop":
		err, next = p.Service.Drop(ctx, v.City, v.Actor, id), "/staff/budget"
	default:
		return web.Bad(nil)
	}
	if err = page.Resolve(ctx, err); f.Take(err) {
		return p.previewPage(w, r, f)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, next)
}

func (p *Pages) keep(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	at, ok := place(r)
	if !ok {
		return web.NotFound()
	}
	if !s.Actor.Some(Import) {
		return web.Forbidden()
	}
	v, err := p.Service.Look(r.Context(), s.City, s.Actor, at)
	if err != nil {
		return err
	}
	return page.Render(w, r, page.Meta{Title: s.named(v.Version), Private: true, Staff: true}, keepView(s, v))
}

func (p *Pages) turn(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	id, ok := ids.Parse(r.PathValue("id"))
	if !ok {
		return web.NotFound()
	}
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	next := "/staff" + versionAt(id)
	switch f.Text("do") {
	case "publish":
		err = p.Service.Release(r.Context(), v.City, v.Actor, id)
	case "withdraw":
		err = p.Service.Withdraw(r.Context(), v.City, v.Actor, id)
	case "discard":
		err, next = p.Service.Discard(r.Context(), v.City, v.Actor, id), "/staff/budget"
	default:
		return web.Bad(nil)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, next)
}

func (p *Pages) work(w http.ResponseWriter, r *http.Request) error {
	return p.workPage(w, r, blankForm())
}

func (p *Pages) workPage(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	q, err := p.Service.Question(r.Context(), s.City, r.PathValue("number"))
	if err != nil {
		return err
	}
	if !s.Actor.Can("budget.internal", q.Body) {
		return web.Forbidden()
	}
	meta := page.Meta{Title: s.T("budget.question.title", "number", q.Number), Private: true, Staff: true}
	if len(f.Errors()) > 0 {
		meta.Status = http.StatusUnprocessableEntity
	}
	return page.Render(w, r, meta, questionView(s, q, f))
}

func (p *Pages) reply(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	number := r.PathValue("number")
	ctx := page.Once(r, f)
	err = p.Service.Reply(ctx, v.City, v.Actor, number, f.Text("note"), v.Lang(), f.Text("do") == "decline")
	if err = page.Resolve(ctx, err); f.Take(err) {
		return p.workPage(w, r, f)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/staff"+questionAt(number))
}
