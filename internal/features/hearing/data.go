package hearing

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/manifest"
	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/table"
	"github.com/ashar-kg/ashar/internal/platform/ui"
)

// row is a hearing in the open data: sums of a whole hearing, nobody's own.
type row struct {
	ID        string           `json:"id"`
	Kind      string           `json:"kind"`
	Title     Texts            `json:"title"`
	Date      string           `json:"date"` // of the first session, or the year of a series
	Published string           `json:"published"`
	Late      bool             `json:"late"`
	Sessions  int64            `json:"sessions"`
	People    int64            `json:"people"`
	Women     int64            `json:"women"`
	Men       int64            `json:"men"`
	Unsaid    int64            `json:"unsaid"`
	Districts map[string]int64 `json:"districts"` // who signed up and came, by the district that they named
	Overdue   int64            `json:"overdue_answers"`
	Minutes   string           `json:"minutes"` // day of their publication, or ""
	Source    string           `json:"source"`
}

var columns = []string{"id", "kind", "title_ky", "title_ru", "title_en", "date", "published", "late", "sessions", "people", "women", "men", "unsaid", "overdue_answers", "minutes", "source"}

func (r row) record() []string {
	n := func(x int64) string { return strconv.FormatInt(x, 10) }
	return []string{
		r.ID, r.Kind, r.Title["ky"], r.Title["ru"], r.Title["en"], r.Date, r.Published, strconv.FormatBool(r.Late), n(r.Sessions), n(r.People), n(r.Women), n(r.Men), n(r.Unsaid),
		n(r.Overdue), r.Minutes, r.Source,
	}
}

func rowOf(w *Whole, zone *time.Location) row {
	day := func(ms int64) string {
		if ms == 0 {
			return ""
		}
		return time.UnixMilli(ms).In(zone).Format(time.DateOnly)
	}
	r := row{
		ID: number(w.ID), Kind: w.Kind, Title: w.Titles, Date: day(w.Begins()), Published: day(w.Published), Late: w.Late, Sessions: int64(len(w.Sessions)),
		People: w.Came.All(), Women: w.Came.Women, Men: w.Came.Men, Unsaid: w.Came.Unsaid, Districts: w.Districts, Overdue: w.Overdue, Minutes: day(w.MinutesAt),
	}
	if w.Series.Held > 0 {
		r.Date, r.Sessions, r.People, r.Women, r.Unsaid, r.Source = w.Series.On, w.Series.Held, w.Series.People, w.Series.Women, w.Series.People-w.Series.Women, w.Series.Source
	}
	return r
}

func (p *Pages) data(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	list, err := p.Service.List(r.Context(), v.City)
	if err != nil {
		return err
	}
	rows := []row{}
	for _, x := range list {
		rows = append(rows, rowOf(x, v.City.Zone))
	}
	if strings.HasSuffix(r.URL.Path, ".json") {
		return page.JSON(w, r, http.StatusOK, rows)
	}
	return page.Table(w, r, "hearings", table.CSV, &table.Table{Columns: table.Columns(columns, nil)}, table.Of(rows, row.record))
}

// mine is what is held about a person.
type mine struct {
	Visits    []*Place
	Questions []*casework.File
}

func export(tx *db.Tx, cityID, person int64) (any, error) {
	places, err := placesOf(tx, cityID, person, 10000)
	if err != nil {
		return nil, err
	}
	list, err := casework.ByAuthor(tx, cityID, KindName, person, 0, 10000)
	return mine{places, list}, err
}

// told says in words what was exported.
func (p *Pages) told(ctx context.Context, doc any) ([]manifest.Told, error) {
	s, err := p.scene(ctx)
	if err != nil {
		return nil, err
	}
	var out []manifest.Told
	m := doc.(mine)
	for _, x := range m.Visits {
		title, _ := x.Hearing.Titles.In(s.Lang())
		out = append(out, manifest.Told{Title: s.T("hearing.own", "title", title), Rows: []ui.Row{
			{Name: s.T("hearing.when"), Value: s.span(x.Meeting)},
			{Name: s.T("hearing.state"), Value: s.T("hearing.visit." + x.State), Href: ticket(x.ID)},
			{Name: s.T("hearing.sex"), Value: s.T("hearing.sex." + orUnsaid(x.Sex))},
		}})
	}
	for _, f := range m.Questions {
		_, state := status(s.Visit, f)
		out = append(out, manifest.Told{Title: s.T("hearing.question.number", "number", f.Number), Rows: []ui.Row{
			{Name: s.T("hearing.state"), Value: state}, {Name: s.T("hearing.question"), Value: f.Text},
		}})
	}
	return out, nil
}

// erase gives places back that lie ahead, and forgets who had the others and who
// asked. That somebody came stays counted.
func erase(tx *db.Tx, cityID, person int64, _ time.Time) error {
	if person == 0 {
		return nil
	}
	for name, q := range map[string]string{
		"hearing.erase.ahead": `UPDATE hearing_visit SET state = 'cancelled' WHERE city_id = $1 AND person_id = $2 AND state = 'signed'`,
		"hearing.erase.events": `UPDATE case_event SET person_id = 0, actor = '' WHERE city_id = $1 AND person_id = $2
			AND case_id IN (SELECT id FROM case_file WHERE city_id = $1 AND kind = 'hearing_question' AND author_id = $2)`,
	} {
		if _, err := tx.Exec(name, q, cityID, person); err != nil {
			return err
		}
	}
	for name, q := range map[string]string{
		"hearing.erase":          `UPDATE hearing_visit SET person_id = 0, name = '' WHERE city_id = $1 AND person_id = $2`,
		"hearing.erase.question": `UPDATE case_file SET author_id = 0, author_name = '', version = version + 1 WHERE city_id = $1 AND kind = 'hearing_question' AND author_id = $2`,
	} {
		if _, err := tx.Exec(name, q, cityID, person); err != nil {
			return err
		}
	}
	return nil
}
