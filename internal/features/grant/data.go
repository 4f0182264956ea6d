package grant

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/document"
	"github.com/ashar-kg/ashar/internal/civic/manifest"
	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/table"
	"github.com/ashar-kg/ashar/internal/platform/ui"
)

// held is what is held about a person.
type held struct {
	Drafts       []Draft
	Applications []own
	Seats        []int64 // calls in whose commission the person sits
}

type own struct {
	Number      string
	State       string
	Application *Application
	Version     *Version
	Papers      []document.File
}

func export(tx *db.Tx, cityID, person int64) (any, error) {
	h := held{}
	var err error
	if h.Drafts, err = drafts(tx, cityID, person); err != nil {
		return nil, err
	}
	if h.Seats, err = callsOfMember(tx, cityID, person); err != nil {
		return nil, err
	}
	list, err := applicationsOf(tx, cityID, person, 10000)
	if err != nil {
		return nil, err
	}
	found, err := entries(tx, cityID, list, true)
	if err != nil {
		return nil, err
	}
	for _, e := range found {
		o := own{Number: e.File.Number, State: e.File.State, Application: e.App, Version: e.Version}
		if o.Papers, err = document.Of(tx, cityID, e.File.ID); err != nil {
			return nil, err
		}
		h.Applications = append(h.Applications, o)
	}
	return h, nil
}

// tell says in words what was exported.
func tell(ctx context.Context, doc any) ([]manifest.Told, error) {
	v := page.In(ctx)
	h := doc.(held)
	var out []manifest.Told
	for _, o := range h.Applications {
		out = append(out, manifest.Told{Title: "№ " + o.Number, Rows: []ui.Row{
			{Name: v.T("grant.form.title"), Value: o.Version.Title, Href: path(o.Number)},
			{Name: v.T("grant.fact.state"), Value: v.T("grant.state." + o.State)},
			{Name: v.T("grant.form.contact"), Value: o.Application.Contact},
			{Name: v.T("grant.form.phone"), Value: o.Application.Phone},
		}})
	}
	for _, d := range h.Drafts {
		out = append(out, manifest.Told{Title: v.T("grant.draft"), Rows: []ui.Row{{Name: v.T("grant.call.one"), Value: at(d.Call), Href: callPath(d.Call) + "/apply"}}})
	}
	for _, id := range h.Seats {
		out = append(out, manifest.Told{Title: v.T("grant.member"), Rows: []ui.Row{{Name: v.T("grant.call.one"), Value: at(id), Href: callPath(id)}}})
	}
	return out, nil
}

// erase takes back what the person has not been let through with, and forgets the
// contacts of the rest. What an organisation applied with, and what a commission
// decided, stays.
func (s *Service) erase(tx *db.Tx, cityID, person int64, _ time.Time) error {
	c, ok := s.Cities.ByID(cityID)
	if !ok {
		return db.ErrNotFound
	}
	list, err := applicationsOf(tx, cityID, person, 10000)
	if err != nil {
		return err
	}
	for _, app := range list {
		f, err := casework.Lock(tx, cityID, app.Case)
		if err != nil {
			return err
		}
		if f.State != Submitted && f.State != Rework {
			continue
		}
		nobody := permission.Actor{City: cityID, System: true}
		if _, err := s.Desk.Move(tx, c, nobody, f.ID, casework.Move{To: Withdrawn}); err != nil {
			return err
		}
		if err := document.Drop(tx, cityID, f.ID); err != nil {
			return err
		}
	}
	for _, q := range []string{
		`DELETE FROM grant_draft WHERE city_id = $1 AND person_id = $2`,
		`UPDATE grant_application SET name = '' WHERE city_id = $1 AND person_id = $2 AND person_id <> 0 AND applicant = 'residents'`,
		`UPDATE grant_application SET person_id = 0, contact = '', phone = '' WHERE city_id = $1 AND person_id = $2 AND person_id <> 0`,
		`UPDATE grant_member SET person_id = 0 WHERE city_id = $1 AND person_id = $2 AND person_id <> 0`,
	} {
		if _, err := tx.Exec("grant.erase", q, cityID, person); err != nil {
			return err
		}
	}
	return nil
}

// dataLimit is how many applications one file has.
const dataLimit = 1000

// Row is a public application as open data: nothing in it can hold personal data.
// Sums are in tyiyn, of which a hundred are a som.
type Row struct {
	Number    string  `json:"number"`
	Call      string  `json:"call"`
	Session   string  `json:"session"` // that decided, "" for none yet
	District  string  `json:"district"`
	Applicant string  `json:"applicant"`
	Title     string  `json:"title"`
	State     string  `json:"state"`
	Sent      string  `json:"sent"` // day
	Asked     int64   `json:"asked_tyiyn"`
	Money     int64   `json:"own_money_tyiyn"`
	Work      int64   `json:"own_work_tyiyn"`
	Materials int64   `json:"own_materials_tyiyn"`
	Total     int64   `json:"total_tyiyn"`
	Share     float64 `json:"own_share_percent"`
	Approved  int64   `json:"approved_tyiyn"`
	Released  int64   `json:"released_tyiyn"`
	Due       int64   `json:"to_return_tyiyn"`
	Returned  int64   `json:"returned_tyiyn"`
}

var dataColumns = []string{
	"number", "call", "session", "district", "applicant", "title", "state", "sent", "asked_tyiyn", "own_money_tyiyn", "own_work_tyiyn", "own_materials_tyiyn",
	"total_tyiyn", "own_share_percent", "approved_tyiyn", "released_tyiyn", "to_return_tyiyn", "returned_tyiyn",
}

func (r Row) record() []string {
	n := func(v int64) string { return strconv.FormatInt(v, 10) }
	return []string{
		r.Number, r.Call, r.Session, r.District, r.Applicant, r.Title, r.State, r.Sent, n(r.Asked), n(r.Money), n(r.Work), n(r.Materials),
		n(r.Total), strconv.FormatFloat(r.Share, 'f', 1, 64), n(r.Approved), n(r.Released), n(r.Due), n(r.Returned),
	}
}

// rows are the applications that everybody may read, before a case, newest first.
// The share is the own one in the project as approved, or as asked for before.
func (p *Pages) rows(ctx context.Context, v *page.Visit, before int64) (out []Row, more int64, err error) {
	list, more, err := p.Service.Open(ctx, v.City, before, dataLimit)
	if err != nil {
		return nil, 0, err
	}
	err = p.Service.DB.View(ctx, func(tx *db.Tx) error {
		out = []Row{}
		var cases []int64
		for _, e := range list {
			cases = append(cases, e.File.ID)
		}
		decided, err := decidedBy(tx, v.City.ID, cases)
		if err != nil {
			return err
		}
		for _, e := range list {
			parts, err := tranches(tx, v.City.ID, e.File.ID)
			if err != nil {
				return err
			}
			m, s := MoneyOf(parts), e.Version.Sums
			r := Row{
				Number: e.File.Number, Call: at(e.App.Call), District: e.File.District, Applicant: e.App.Who, Title: e.Version.Title, State: e.File.State,
				Sent: ids.Time(e.File.ID).In(v.City.Zone).Format(time.DateOnly), Asked: s.Asked, Money: s.Money, Work: s.Work, Materials: s.Materials,
				Total: s.Total(), Share: float64(Share(s.Own(), s.Total())) / 10, Approved: e.App.Approved, Released: m.Released, Due: m.Due, Returned: m.Returned,
			}
			if by := decided[e.File.ID]; by != 0 {
				r.Session = at(by)
			}
			if r.Approved != 0 {
				r.Share = float64(Share(r.Total-r.Approved, r.Total)) / 10
			}
			out = append(out, r)
		}
		return nil
	})
	return out, more, err
}

func (p *Pages) data(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	before, _ := ids.Parse(r.URL.Query().Get("before"))
	list, more, err := p.rows(r.Context(), v, before)
	if err != nil {
		return err
	}
	if more != 0 {
		w.Header().Set("Link", "<"+v.Absolute(r.URL.Path+"?"+url.Values{"before": {at(more)}}.Encode())+`>; rel="next"`)
	}
	if strings.HasSuffix(r.URL.Path, ".json") {
		return page.JSON(w, r, http.StatusOK, list)
	}
	return page.Table(w, r, "grants", table.CSV, &table.Table{Columns: table.Columns(dataColumns, nil)}, table.Of(list, Row.record))
}
