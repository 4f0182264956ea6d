package project

import (
	"bytes"
	"encoding/csv"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

// exportColumns are those of a table that is exported: what can be imported, and
// behind it what follows from it.
var exportColumns = append(slices.Clone(Columns), "contracted", "paid", "overdue", "over_budget", "no_update_60_days", "url")

// numeric are the columns that a workbook keeps as numbers.
var numeric = []string{"lat", "lon", "budget", "contract_value", "contracted", "paid"}

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

// sheets are the sheets of a workbook; the first row of each names its columns.
type sheets []struct {
	Name string
	Rows [][]string
}

// workbook writes sheets as XLSX.
func (list sheets) workbook() ([]byte, error) {
	f := excelize.NewFile()
	defer f.Close()
	for i, sheet := range list {
		if _, err := f.NewSheet(sheet.Name); err != nil {
			return nil, err
		}
		if i == 0 {
			if err := f.DeleteSheet("Sheet1"); err != nil {
				return nil, err
			}
		}
		out, err := f.NewStreamWriter(sheet.Name)
		if err != nil {
			return nil, err
		}
		if err := out.SetColWidth(1, len(sheet.Rows[0]), 24); err != nil {
			return nil, err
		}
		for n, row := range sheet.Rows {
			at, err := excelize.CoordinatesToCellName(1, n+1)
			if err != nil {
				return nil, err
			}
			if err := out.SetRow(at, cells(sheet.Rows[0], row, n)); err != nil {
				return nil, err
			}
		}
		if err := out.Flush(); err != nil {
			return nil, err
		}
	}
	var out bytes.Buffer
	err := f.Write(&out)
	return out.Bytes(), err
}

// cells are the texts of a row, and numbers in the columns of numbers.
func cells(names, row []string, n int) []any {
	out := make([]any, len(row))
	for i, v := range row {
		out[i] = v
		if n == 0 || !slices.Contains(numeric, names[i]) {
			continue
		}
		if x, err := strconv.ParseFloat(v, 64); err == nil {
			out[i] = x
		}
	}
	return out
}

// text writes rows as CSV with a mark of UTF-8, which spreadsheets ask for.
func text(rows [][]string) ([]byte, error) {
	var out bytes.Buffer
	out.WriteString("\ufeff")
	w := csv.NewWriter(&out)
	for _, row := range rows {
		if err := w.Write(plain(row)); err != nil {
			return nil, err
		}
	}
	w.Flush()
	return out.Bytes(), w.Error()
}

// tableFile sends the projects of a view as a table, in the form of its address.
func (p *Pages) tableFile(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r.Context())
	if err != nil {
		return err
	}
	rows := [][]string{exportColumns}
	if err := p.Service.Each(r.Context(), s.City, filterOf(r.URL.Query(), s.bodies), func(x *Project) error {
		rows = append(rows, s.exportRow(x))
		return nil
	}); err != nil {
		return err
	}
	return sendTable(w, r, "projects", sheets{{"projects", rows}})
}

// templateFile sends the table that is imported, with one row as an example. The
// workbook tells on its second sheet what each column holds.
func (p *Pages) templateFile(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r.Context())
	if err != nil {
		return err
	}
	said := [][]string{{"column", s.T("project.column.holds")}}
	for _, c := range s.columns() {
		said = append(said, []string{c.Name, c.Text})
	}
	return sendTable(w, r, "projects-template", sheets{{"projects", [][]string{Columns, exampleRow()}}, {"columns", said}})
}

func sendTable(w http.ResponseWriter, r *http.Request, name string, list sheets) error {
	if strings.HasSuffix(r.URL.Path, ".xlsx") {
		data, err := list.workbook()
		if err != nil {
			return err
		}
		return sendFile(w, r, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", name+".xlsx", data)
	}
	data, err := text(list[0].Rows)
	if err != nil {
		return err
	}
	return sendFile(w, r, "text/csv; charset=utf-8", name+".csv", data)
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
