package project

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/account"
	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/inbox"
	"github.com/ashar-kg/ashar/internal/civic/intake"
	"github.com/ashar-kg/ashar/internal/civic/notify"
	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/civic/place"
	"github.com/ashar-kg/ashar/internal/platform/blob"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/ui"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Pages are the pages about projects.
type Pages struct{ Service *Service }

// scene is what every page about projects needs.
type scene struct {
	*page.Visit
	bodies *body.Directory
	areas  []place.Area
}

func (p *Pages) scene(ctx context.Context) (*scene, error) {
	s := &scene{Visit: page.In(ctx)}
	var err error
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

func (s *scene) day(ms int64) string {
	if ms == 0 {
		return s.T("project.unknown")
	}
	return s.P.Date(time.UnixMilli(ms).In(s.City.Zone))
}

func (s *scene) money(m Money) string {
	if !m.Known() {
		return s.T("project.unknown")
	}
	return s.P.Money(m.Minor, m.Currency)
}

func (s *scene) sum(minor int64, currency string) string {
	if minor == 0 || currency == "" {
		return s.T("project.unknown")
	}
	return s.P.Money(minor, currency)
}

func (s *scene) district(code string) string {
	for _, a := range s.areas {
		if a.Code == code {
			return a.Names.In(s.Lang())
		}
	}
	return code
}

// owner is who answers for a project.
func (s *scene) owner(p *Project) string {
	if p.Body != 0 {
		return s.bodies.Name(p.Body, s.Lang())
	}
	if p.Authority != "" {
		return p.Authority
	}
	return s.T("project.unknown")
}

// code says a code in words where the catalogue knows it; files may bring others.
func (s *scene) code(group, code string, known []string) string {
	for _, k := range known {
		if k == code {
			return s.T("project." + group + "." + code)
		}
	}
	return code
}

func (s *scene) sector(code string) string { return s.code("sector", code, Sectors) }

// tags are the looks of the statuses among those that all pages share.
var tags = map[string]string{
	Identification: "waiting", Preparation: "waiting", Implementation: "in_work", Completion: "fixed", Maintenance: "fixed", Decommissioning: "held",
	Decommissioned: "held", Cancelled: "not_fixed",
}

// alarms say what goes wrong with a project, in words.
func (s *scene) alarms(p *Project) (out []string) {
	if p.Overdue(s.Now) {
		out = append(out, s.T("project.alarm.late_days", "n", int(s.Now.Sub(time.UnixMilli(p.Due())).Hours()/24)))
	}
	if p.OverBudget() {
		m := p.Sums()
		out = append(out, s.T("project.alarm.over_by", "sum", s.P.Money(max(m.Contracted, m.Paid)-m.Planned, m.Currency)))
	}
	if p.Silent(s.Now) {
		out = append(out, s.T("project.alarm.silent_days", "n", int(s.Now.Sub(time.UnixMilli(p.Told)).Hours()/24)))
	}
	return out
}

// status is the tag of a question.
func status(v *page.Visit, f *casework.File) (code, text string) {
	if f.Overdue(v.Now) {
		return "late", v.T("project.question.state.late")
	}
	return Tags[f.State], v.T("project.question.state." + f.State)
}

// Row shows a question in the inbox of the staff.
func (p *Pages) Row(v *page.Visit, f *casework.File) inbox.Row {
	code, text := status(v, f)
	return inbox.Row{Href: "/staff/project-questions/" + f.Number, Status: code, Text: text, About: v.T("project.question.one") + " · " + f.Title}
}

// Own implements account.Cases: what the person asked about projects.
func (p *Pages) Own(ctx context.Context, v *page.Visit, limit int) (out []account.Own, err error) {
	err = p.Service.DB.View(ctx, func(tx *db.Tx) error {
		files, err := casework.ByAuthor(tx, v.City.ID, KindName, v.Actor.Person, 0, limit)
		for _, f := range files {
			id, err := projectOf(tx, v.City.ID, f.ID)
			if err != nil {
				return err
			}
			code, text := status(v, f)
			out = append(out, account.Own{
				Href: at(id) + "#questions", Number: f.Number, Title: v.T("project.question.about", "title", f.Title), State: code, StateText: text,
				Note: v.P.Date(f.CreatedAt().In(v.City.Zone)), Created: f.Created,
			})
		}
		return err
	})
	return out, err
}

// Followed implements account.Cases.
func (p *Pages) Followed(ctx context.Context, v *page.Visit, limit int) (out []account.Own, err error) {
	err = p.Service.DB.View(ctx, func(tx *db.Tx) error {
		list, err := notify.Following(tx, v.City.ID, v.Actor.Person, SubjectKind, limit)
		if err != nil {
			return err
		}
		found, err := several(tx, v.City.ID, list)
		for _, x := range found {
			title, _ := x.Titles.In(v.Lang())
			out = append(out, account.Own{
				Href: at(x.ID), Title: title, State: tags[x.Status], StateText: v.T("project.status." + x.Status),
				Note: v.P.Date(time.UnixMilli(x.Updated).In(v.City.Zone)), Created: x.Created,
			})
		}
		return err
	})
	return out, err
}

// bands are the bounds of the filter by money, in som.
var bands = []int64{0, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000}

// filterOf reads the filters of a list.
func filterOf(q url.Values, dir *body.Directory) Filter {
	f := Filter{Status: q.Get("status"), District: q.Get("district"), Sector: q.Get("sector"), Alarm: q.Get("alarm"), Key: place.Fold(q.Get("q"))}
	if b, ok := dir.ByCode(q.Get("body")); ok {
		f.Body = b.ID
	}
	f.Year, _ = strconv.ParseInt(q.Get("year"), 10, 64)
	if n, err := strconv.Atoi(q.Get("money")); err == nil && n > 0 && n < len(bands) {
		f.From, f.To = max(1, bands[n-1]*100), bands[n]*100
	} else if err == nil && n == len(bands) {
		f.From = bands[n-1] * 100
	}
	f.Before, _ = ids.Parse(q.Get("before"))
	return f
}

// query is an address with its filters, of which one is set anew.
func query(path string, q url.Values, name, value string) string {
	out := url.Values{}
	for _, k := range []string{"q", "status", "district", "sector", "body", "year", "money", "alarm"} {
		if v := q.Get(k); v != "" {
			out.Set(k, v)
		}
	}
	if name != "" {
		out.Set(name, value)
	}
	if len(out) == 0 {
		return path
	}
	return path + "?" + out.Encode()
}

func (p *Pages) list(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r.Context())
	if err != nil {
		return err
	}
	q := r.URL.Query()
	found, err := p.Service.List(r.Context(), s.City, filterOf(q, s.bodies))
	if err != nil {
		return err
	}
	meta := page.Meta{Title: s.T("project.nav"), Description: s.T("project.text"), Wide: true, NoIndex: len(q) > 0}
	return page.Render(w, r, meta, listView(s, q, found))
}

func (p *Pages) show(w http.ResponseWriter, r *http.Request) error {
	return p.showPage(w, r, &web.Form{Values: url.Values{page.OnceField: {ids.Secret(12)}}})
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
	var kinds []intake.Choice
	if x.Guaranteed(s.Now) && s.Actor.SignedIn() {
		if kinds, err = p.Service.Defects.Choices(r.Context(), s.City, s.Lang()); err != nil {
			return err
		}
	}
	title, _ := x.Titles.In(s.Lang())
	text, _ := x.Texts.In(s.Lang())
	meta := page.Meta{Title: title, Description: text, Status: statusOf(f)}
	return page.Render(w, r, meta, showView(s, x, f, kinds, r.URL.Query().Get("done")))
}

func statusOf(f *web.Form) int {
	if len(f.Errors()) > 0 {
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}

// act is what a resident does at a project.
func (p *Pages) act(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	id, ok := ids.Parse(r.PathValue("id"))
	if !ok {
		return web.NotFound()
	}
	if !v.Actor.SignedIn() {
		return web.Redirect(w, r, "/account/sign-in?back="+url.QueryEscape(at(id)))
	}
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	ctx, where := page.Once(r, f), at(id)+"?done="+r.PathValue("action")
	switch r.PathValue("action") {
	case "follow", "unfollow":
		err = p.Service.Follow(ctx, v.City, v.Actor, id, r.PathValue("action") == "follow")
	case "ask":
		_, err = p.Service.Ask(ctx, v.City, v.Actor, id, f.Text("text"), v.Lang(), f.Checked("named"))
		where += "#questions"
	case "defect":
		var taken intake.Taken
		taken, err = p.Service.Defect(ctx, v.City, v.Actor, id, f.Text("what"), f.Text("defect"), v.Lang())
		err = intake.Renamed(err, map[string]string{"text": "defect"})
		where = taken.Href
	default:
		return web.NotFound()
	}
	if err = page.Resolve(ctx, err); f.Take(err) {
		return p.showPage(w, r, f)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, where)
}

// photo sends a photo of a project; its name is its content, so it may be kept
// for ever.
func (p *Pages) photo(w http.ResponseWriter, r *http.Request) error {
	v, key := page.Of(r), r.PathValue("key")
	if !blob.Valid(key) {
		return web.NotFound()
	}
	var known bool
	if err := p.Service.DB.View(r.Context(), func(tx *db.Tx) (err error) {
		known, err = hasPhoto(tx, v.City.ID, key)
		return err
	}); err != nil {
		return err
	}
	if !known {
		return web.NotFound()
	}
	file, info, err := p.Service.Blobs.Open(r.Context(), key)
	if errors.Is(err, blob.ErrNotFound) {
		return web.NotFound()
	}
	if err != nil {
		return err
	}
	defer file.Close()
	w.Header().Set("Content-Type", "image/jpeg")
	w.Header().Set("Cache-Control", "public, max-age=86400, immutable")
	w.Header().Set("Etag", `"`+key+`"`)
	http.ServeContent(w, r, "", info.Modified, file)
	return nil
}

// valueText says a value of the history in words.
func (s *scene) valueText(f Fact, value string) string {
	if value == "" {
		return s.T("project.history.nothing")
	}
	switch f.Sort {
	case SortMoney:
		minor, currency, _ := strings.Cut(value, " ")
		n, err := strconv.ParseInt(minor, 10, 64)
		if err != nil {
			return value
		}
		return s.P.Money(n, currency)
	case SortDay:
		ms, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return value
		}
		return s.day(ms)
	case SortBody:
		id, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return value
		}
		return s.bodies.Name(id, s.Lang())
	case SortCode:
		switch f.Field {
		case "status":
			return s.code("status", value, Statuses)
		case "type":
			return s.code("type", value, Types)
		case "contract_status":
			return s.code("contract_status", value, ContractStatuses)
		}
	}
	return value
}

// moneyRows are the three moneys of a project, each as a share of the largest.
type moneyRow struct {
	Name  string
	Text  string
	Width int // of 1000
	Over  bool
}

func (s *scene) moneyRows(p *Project) (out []moneyRow) {
	m := p.Sums()
	most := max(m.Planned, m.Contracted, m.Paid)
	for _, x := range []struct {
		name  string
		minor int64
		over  bool
	}{{"planned", m.Planned, false}, {"contracted", m.Contracted, m.Planned > 0 && m.Contracted > m.Planned}, {"paid", m.Paid, m.Planned > 0 && m.Paid > m.Planned}} {
		row := moneyRow{Name: s.T("project.money." + x.name), Text: s.sum(x.minor, m.Currency), Over: x.over}
		if most > 0 {
			row.Width = int(float64(x.minor) / float64(most) * 1000)
		}
		out = append(out, row)
	}
	return out
}

func photoPath(key string) string { return "/project-photos/" + key }

func option(value, text, chosen string) ui.Option {
	return ui.Option{Value: value, Text: text, Checked: value == chosen}
}
