// Package table writes the tables that people take away as the files that
// spreadsheets, programs and people read: CSV, XLSX and JSON, row by row.
package table

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

// The kinds of files, which are also their extensions.
const (
	CSV  = "csv"
	XLSX = "xlsx"
	JSON = "json"
)

// Types are the media types of the kinds of files.
var Types = map[string]string{
	CSV: "text/csv; charset=utf-8", XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", JSON: "application/json",
}

// Kind is what the cells of a column hold. All are given as text.
type Kind string

// The kinds of columns.
const (
	Text    Kind = ""
	Integer Kind = "integer"
	Number  Kind = "number"
	Amount  Kind = "amount" // of money, with two decimals
	Boolean Kind = "boolean"
)

// Column is a column of a table.
type Column struct {
	Name string
	Kind Kind
}

// Columns are columns of text, save those that kinds names.
func Columns(names []string, kinds map[string]Kind) []Column {
	out := make([]Column, len(names))
	for i, name := range names {
		out[i] = Column{name, kinds[name]}
	}
	return out
}

// Table is a table of a file.
type Table struct {
	Name      string // of the sheet, and of the list of rows in JSON
	Columns   []Column
	About     [][2]string // what is to be known of the table: its second sheet, and "about" in JSON
	AboutName string      // of the second sheet
	Marked    bool        // a CSV begins with the mark of UTF-8 that spreadsheets ask for
	// Exact leaves texts in a CSV as they are. Otherwise those that a spreadsheet would
	// take for a formula have an apostrophe before them.
	Exact bool
}

// Rows gives the rows of a table, each with a cell for every column. A row may be
// used again once put has returned.
type Rows func(put func(row []string) error) error

// Of makes a row of each thing of a list.
func Of[T any](list []T, row func(T) []string) Rows {
	return func(put func([]string) error) error {
		for _, x := range list {
			if err := put(row(x)); err != nil {
				return err
			}
		}
		return nil
	}
}

// All are rows that are known beforehand.
func All(list [][]string) Rows {
	return Of(list, func(row []string) []string { return row })
}

// Write writes a table as a file of one of the kinds. Errors are those of w and of
// rows, and a kind that is none.
func (t *Table) Write(w io.Writer, kind string, rows Rows) error {
	switch kind {
	case CSV:
		return t.csv(w, rows)
	case XLSX:
		return t.xlsx(w, rows)
	case JSON:
		return t.json(w, rows)
	}
	return fmt.Errorf("table: no kind of file is called %q", kind)
}

func (t *Table) names() []string {
	out := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		out[i] = c.Name
	}
	return out
}

func (t *Table) csv(w io.Writer, rows Rows) error {
	if t.Marked {
		if _, err := io.WriteString(w, "\ufeff"); err != nil {
			return err
		}
	}
	out := csv.NewWriter(w)
	if err := out.Write(t.names()); err != nil {
		return err
	}
	if err := rows(func(row []string) error {
		if !t.Exact {
			row = t.plain(row)
		}
		return out.Write(row)
	}); err != nil {
		return err
	}
	out.Flush()
	return out.Error()
}

// plain keeps spreadsheets from taking a text for a formula.
func (t *Table) plain(row []string) []string {
	out := slices.Clone(row)
	for i, v := range row {
		if v == "" || t.Columns[i].Kind != Text || !strings.ContainsRune("=+-@\t\r", rune(v[0])) {
			continue
		}
		if _, err := strconv.ParseFloat(v, 64); err != nil {
			out[i] = "'" + v
		}
	}
	return out
}

// twoPlaces is the number of the format "#,##0.00" in every workbook.
const twoPlaces = 4

// xlsx keeps codes as texts and numbers as numbers.
func (t *Table) xlsx(w io.Writer, rows Rows) error {
	f := excelize.NewFile()
	defer f.Close()
	if err := f.SetSheetName("Sheet1", t.Name); err != nil {
		return err
	}
	money, err := f.NewStyle(&excelize.Style{NumFmt: twoPlaces})
	if err != nil {
		return err
	}
	out, err := f.NewStreamWriter(t.Name)
	if err != nil {
		return err
	}
	if err := out.SetColWidth(1, len(t.Columns), 24); err != nil {
		return err
	}
	cells, n := make([]any, len(t.Columns)), 0
	put := func(cell func(i int) any) error {
		for i := range cells {
			cells[i] = cell(i)
		}
		n++
		return out.SetRow("A"+strconv.Itoa(n), cells)
	}
	if err := put(func(i int) any { return t.Columns[i].Name }); err != nil {
		return err
	}
	if err := rows(func(row []string) error {
		return put(func(i int) any { return t.Columns[i].Kind.cell(row[i], money) })
	}); err != nil {
		return err
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if len(t.About) > 0 {
		if _, err := f.NewSheet(t.AboutName); err != nil {
			return err
		}
		for i, pair := range t.About {
			if err := f.SetSheetRow(t.AboutName, "A"+strconv.Itoa(i+1), &[]any{pair[0], pair[1]}); err != nil {
				return err
			}
		}
	}
	return f.Write(w)
}

// cell is a text as a cell of a workbook: what is no number stays as it is.
func (k Kind) cell(text string, money int) any {
	if text == "" || k == Text || k == Boolean {
		return text
	}
	x, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return text
	}
	if k == Amount {
		return excelize.Cell{StyleID: money, Value: x}
	}
	return x
}

// json leaves empty cells out. Amounts and numbers are text: exact in every reader.
func (t *Table) json(w io.Writer, rows Rows) error {
	about := map[string]string{}
	for _, pair := range t.About {
		about[pair[0]] = pair[1]
	}
	head, err := json.Marshal(about)
	if err != nil {
		return err
	}
	name, err := json.Marshal(t.Name)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(w, "{\"about\":%s,%s:[", head, name); err != nil {
		return err
	}
	sep := "\n"
	if err := rows(func(row []string) error {
		one := map[string]any{}
		for i, c := range t.Columns {
			switch {
			case row[i] == "":
			case c.Kind == Integer:
				one[c.Name] = json.Number(row[i])
			case c.Kind == Boolean:
				one[c.Name] = row[i] == "true"
			default:
				one[c.Name] = row[i]
			}
		}
		text, err := json.Marshal(one)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(w, "%s%s", sep, text)
		sep = ",\n"
		return err
	}); err != nil {
		return err
	}
	_, err = io.WriteString(w, "\n]}\n")
	return err
}
