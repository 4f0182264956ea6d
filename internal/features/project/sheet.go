package project

import (
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/platform/table"
)

// exportColumns are those of a table that is exported: what can be imported, and
// behind it what follows from it.
var exportColumns = append(slices.Clone(Columns), "contracted", "paid", "overdue", "over_budget", "no_update_60_days", "url")

// kinds are what the columns hold that are no text.
var kinds = map[string]table.Kind{
	"lat": table.Number, "lon": table.Number, "budget": table.Amount, "contract_value": table.Amount, "contracted": table.Amount, "paid": table.Amount,
}

// exportRow is a project as a row of an exported table.
func (s *scene) exportRow(x *Project) []string {
	m := x.Sums()
	money := func(minor int64) string {
		if m.Currency == "" {
			return ""
		}
		return plainSum(minor)
	}
	return append(x.Row(s.City.Zone, s.bodies), money(m.Contracted), money(m.Paid), strconv.FormatBool(x.Overdue(s.Now)), strconv.FormatBool(x.OverBudget()),
		strconv.FormatBool(x.Silent(s.Now)), s.Absolute(at(x.ID)))
}

// tableFile sends the projects of a view as a table, in the form of its address.
func (p *Pages) tableFile(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r.Context())
	if err != nil {
		return err
	}
	return sendTable(w, r, "projects", &table.Table{Columns: table.Columns(exportColumns, kinds)}, func(put func([]string) error) error {
		return p.Service.Each(r.Context(), s.City, filterOf(r.URL.Query(), s.bodies), func(x *Project) error { return put(s.exportRow(x)) })
	})
}

// templateFile sends the table that is imported, with one row as an example. The
// workbook tells on its second sheet what each column holds.
func (p *Pages) templateFile(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r.Context())
	if err != nil {
		return err
	}
	t := &table.Table{Columns: table.Columns(Columns, kinds), AboutName: "columns", About: [][2]string{{"column", s.T("project.column.holds")}}}
	for _, c := range s.columns() {
		t.About = append(t.About, [2]string{c.Name, c.Text})
	}
	return sendTable(w, r, "projects-template", t, table.All([][]string{exampleRow()}))
}

func sendTable(w http.ResponseWriter, r *http.Request, name string, t *table.Table, rows table.Rows) error {
	kind := strings.TrimPrefix(path.Ext(r.URL.Path), ".")
	t.Name, t.Marked = "projects", true
	return page.Table(w, r, name, kind, t, rows)
}

// exampleID is the id of the row of the template; it is never taken.
const exampleID = "example"

// exampleRow is a row of the template that shows how columns are filled in.
func exampleRow() []string {
	example := map[string]string{
		"id": exampleID, "title_ky": "Мектептин чатырын оңдоо", "title_ru": "Ремонт крыши школы", "title_en": "Repair of a school roof", "type": "rehabilitation",
		"status": Implementation, "sector": "education", "district": "leninsky", "address": "Токтогул көчөсү, 100", "lat": "42.87", "lon": "74.59",
		"planned_start": "2026-04-01", "planned_end": "2026-09-01", "began": "2026-04-10", "budget": "12500000.50", "currency": "KGS", "contract": "Чатыр",
		"ocid": "ocds-abc123-2026-1", "supplier": "ОсОО Үлгү", "inn": "00000000000000", "contract_value": "11900000", "contract_start": "2026-04-01",
		"contract_end": "2026-08-25", "source": "Токтом № 1", "source_link": "https://example.org/1", "inferred": "district",
	}
	out := make([]string, len(Columns))
	for i, name := range Columns {
		out[i] = example[name]
	}
	return out
}

// column is a column of the template with what it holds.
type column struct{ Name, Text string }

// columns explains the columns; those that go together have one text.
func (s *scene) columns() (out []column) {
	for _, name := range Columns {
		key := name
		for _, lang := range []string{"_ky", "_ru", "_en"} {
			key = strings.TrimSuffix(key, lang)
		}
		c := column{name, s.T("project.column." + key)}
		switch name {
		case "type":
			c.Text += " " + strings.Join(Types, ", ")
		case "status":
			c.Text += " " + strings.Join(Statuses, ", ")
		case "sector":
			c.Text += " " + strings.Join(Sectors, ", ")
		}
		out = append(out, c)
	}
	return out
}
