package report

import (
	"context"
	"embed"
	"net/http"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/city"

	"github.com/ashar-kg/ashar/internal/civic/account"
	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/manifest"
	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/jobs"
	"github.com/ashar-kg/ashar/internal/platform/ui"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations are the tables of this feature.
var Migrations = db.Migrations{Name: "report", FS: files}

// Manifest declares the feature.
func (p *Pages) Manifest() manifest.Feature {
	return manifest.Feature{
		Name:        KindName,
		Permissions: Permissions(),
		Settings:    []city.Section{Section},
		Layers:      []manifest.Layer{{Name: Layer, Title: "report.list.title"}},
		Nav: []manifest.Link{
			{Path: "/reports", Title: "report.nav.map", Icon: "map", Audience: manifest.Bottom},
			{Path: "/reports/new", Title: "report.nav.report", Icon: "report", Audience: manifest.Bottom},
			{Path: "/bodies", Title: "report.nav.city", Icon: "city", Audience: manifest.Bottom},
			{Path: "/reports/new", Title: "report.nav.report_long", Audience: manifest.Header},
			{Path: "/reports", Title: "report.nav.map_long", Audience: manifest.Header},
			{Path: "/bodies", Title: "report.nav.city_long", Audience: manifest.Header},
			{Path: "/staff", Title: "report.nav.inbox", Audience: manifest.Staff, Action: "report.internal"},
			{Path: "/staff/near", Title: "report.near.title", Audience: manifest.Staff, Action: "report.inspect"},
			{Path: "/staff/moderation", Title: "report.moderation.title", Audience: manifest.Staff, Action: "report.moderate"},
			{Path: "/staff/jobs", Title: "report.jobs.title", Audience: manifest.Staff, Action: "report.configure"},
			{Path: "/data/", Title: "report.nav.data", Audience: manifest.Footer},
			{Path: "/developers", Title: "report.developers.title", Audience: manifest.Footer},
		},
		API:    p.api,
		Routes: append(p.publicRoutes(), p.staffRoutes()...),
		Jobs:   map[string]func(context.Context, jobs.Job) error{jobPass: p.Service.passOn, jobFetch: p.Service.fetch, jobAsk: p.Service.ask},
		Periodic: []manifest.Periodic{
			{Name: "report.escalate", Every: 5 * time.Minute, Run: p.Service.Escalate},
			{Name: "report.abandoned", Every: time.Hour, Run: p.Service.EraseAbandoned},
			{Name: "report.poll", Every: time.Minute, Run: p.Service.Poll},
		},
		PersonalData: []manifest.PersonalData{{
			Name: "reports", Purpose: "report.register.purpose", Term: "report.register.term", Export: exportReports, Tell: p.tellReports, Erase: eraseReports,
		}},
	}
}

func (p *Pages) publicRoutes() []manifest.Route {
	return append(p.open311Routes(), []manifest.Route{
		{Pattern: "GET /{$}", Handle: p.home, Cached: true},
		{Pattern: "GET /reports", Handle: p.list, Cached: true},
		{Pattern: "GET /reports.atom", Handle: page.Atom(p.feed), Cached: true},
		{Pattern: "GET /reports.rss", Handle: page.RSS(p.feed), Cached: true},
		{Pattern: "GET /reports/new", Handle: p.newReport},
		{Pattern: "GET /reports/offline", Handle: p.offline, Cached: true},
		{Pattern: "POST /reports/new", Handle: p.step},
		{Pattern: "POST /reports/similar", Handle: p.similar},
		{Pattern: "GET /r/{id}", Handle: p.byID},
		{Pattern: "GET /reports/{number}", Handle: p.show, Cached: true},
		{Pattern: "GET /reports/{number}/qr.svg", Handle: p.qr, Cached: true},
		{Pattern: "GET /reports/{number}/card.jpg", Handle: p.card, Cached: true},
		{Pattern: "POST /reports/{number}/{action}", Handle: p.act},
		{Pattern: "GET /photos/{key}", Handle: p.servePhoto},
		{Pattern: "POST /watches", Handle: p.watch},
		{Pattern: "GET /bodies", Handle: p.bodiesPage, Cached: true},
		{Pattern: "GET /bodies/{code}", Handle: p.bodyPage, Cached: true},
		{Pattern: "GET /districts/{code}", Handle: p.districtPage, Cached: true},
		{Pattern: "GET /developers", Handle: p.developers},
		{Pattern: "POST /developers", Handle: p.newKey},
		{Pattern: "GET /data/{$}", Handle: p.dataIndex, Cached: true},
		{Pattern: "GET /data/{file}", Handle: p.data, Cached: true, API: true, Open: true},
	}...)
}

// byID leads from a point on the map to its report.
func (p *Pages) byID(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	id, ok := ids.Parse(r.PathValue("id"))
	if !ok {
		return web.NotFound()
	}
	var f *casework.File
	if err := p.Service.DB.View(r.Context(), func(tx *db.Tx) (err error) {
		f, err = casework.Get(tx, v.City.ID, id)
		return err
	}); err != nil {
		return err
	}
	if !f.Listed() {
		return web.NotFound()
	}
	return web.Redirect(w, r, "/reports/"+f.Number)
}

// EraseAbandoned removes reports whose authors never answered the code.
func (s *Service) EraseAbandoned(ctx context.Context) error {
	for _, c := range s.Cities.List() {
		settings, err := settingsOf(c)
		if err != nil {
			return err
		}
		before := ids.Floor(s.Clock.Now().Add(-time.Duration(settings.UnconfirmedHours) * time.Hour))
		err = s.DB.Update(ctx, func(tx *db.Tx) error {
			list, err := casework.Abandoned(tx, c.ID, KindName, before, 200)
			if err != nil {
				return err
			}
			for _, f := range list {
				if _, err := casework.Erase(tx, c.ID, f); err != nil {
					return err
				}
				if _, err := tx.Exec("report.detail.erase", `DELETE FROM report_detail WHERE city_id = $1 AND case_id = $2`, c.ID, f.ID); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// ownReport is a report in the export of its author's data.
type ownReport struct {
	Case     *casework.File
	Detail   Detail
	Timeline []casework.Event
}

// tellReports says a person's own reports, with what became of them.
func (p *Pages) tellReports(ctx context.Context, doc any) ([]manifest.Told, error) {
	s, err := p.at(ctx)
	if err != nil {
		return nil, err
	}
	var out []manifest.Told
	for _, own := range doc.([]ownReport) {
		f := own.Case
		_, state := s.status(f)
		rows := append(facts(s, &Detailed{File: f, Detail: own.Detail}), ui.Row{Name: s.T("report.filter.state"), Value: state})
		for _, r := range []ui.Row{
			{Name: s.T("report.told.text"), Value: f.Text},
			{Name: s.T("report.form.name"), Value: own.Detail.Name},
			{Name: s.T("report.form.contact"), Value: strings.TrimSpace(own.Detail.Email + " " + own.Detail.Phone)},
		} {
			if r.Value != "" {
				rows = append(rows, r)
			}
		}
		for _, e := range own.Timeline {
			rows = append(rows, ui.Row{Name: s.moment(idTime(e.ID)), Value: strings.TrimSuffix(eventTitle(s, e)+". "+e.Note, ". ")})
		}
		out = append(out, manifest.Told{Title: f.Title, Rows: rows})
	}
	return out, nil
}

func exportReports(tx *db.Tx, cityID, person int64) (any, error) {
	list, err := casework.ByAuthor(tx, cityID, KindName, person, 0, 10000)
	if err != nil {
		return nil, err
	}
	var out []ownReport
	for _, f := range list {
		d, err := detail(tx, cityID, f.ID)
		if err != nil {
			return nil, err
		}
		events, err := casework.Timeline(tx, cityID, f.ID, false)
		if err != nil {
			return nil, err
		}
		out = append(out, ownReport{f, d, events})
	}
	return out, nil
}

// eraseReports takes the person out of what stays: reports and comments are
// part of what the city answered in public.
func eraseReports(tx *db.Tx, cityID, person int64, _ time.Time) error {
	for _, q := range []string{
		`UPDATE report_detail SET contact_name = '', contact_email = '', contact_phone = '', device_id = '' WHERE city_id = $1
			AND case_id IN (SELECT id FROM case_file WHERE city_id = $1 AND author_id = $2 AND author_id <> 0)`,
		`UPDATE case_file SET author_id = 0, author_name = '', version = version + 1 WHERE city_id = $1 AND author_id = $2 AND author_id <> 0`,
		`UPDATE case_event SET person_id = 0, actor = '' WHERE city_id = $1 AND person_id = $2 AND person_id <> 0`,
	} {
		if _, err := tx.Exec("report.erase", q, cityID, person); err != nil {
			return err
		}
	}
	return nil
}

var _ account.Cases = (*Service)(nil)
