package budget

import (
	"archive/zip"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/features/budget/fdp"
	"github.com/ashar-kg/ashar/internal/features/budget/ledger"
	"github.com/ashar-kg/ashar/internal/platform/db"
)

// Extract is the lines that a page shows, for a file: one slice and its filter,
// with where the figures come from.
type Extract struct {
	Version *Version
	Slice   ledger.Slice
	Filter  Filter
	City    *city.City
	Lang    string
	Page    string // address of the page that shows the same
	tree    *tree
}

// The files of an extract.
const (
	AsCSV     = "csv"
	AsXLSX    = "xlsx"
	AsJSON    = "json"
	AsPackage = "zip" // a Fiscal Data Package
)

// types are what the files are called to browsers.
var types = map[string]string{
	AsCSV: "text/csv; charset=utf-8", AsJSON: "application/json", AsPackage: "application/zip",
	AsXLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

// exported is one column of every file: its columnType in the taxonomy of the
// Fiscal Data Package 1.0rc1, "" for what the taxonomy has no word for.
type exported struct {
	name, kind, columnType string
	value                  func(x *Extract, l *Line) string
}

func coded(scheme string) func(*Extract, *Line) string {
	return func(_ *Extract, l *Line) string { return l.Codes[scheme] }
}

func named(scheme string) func(*Extract, *Line) string {
	return func(x *Extract, l *Line) string {
		if l.Codes[scheme] == "" {
			return ""
		}
		text, _ := x.tree.name(scheme, l.Codes[scheme], x.Lang)
		return text
	}
}

func label(lang string) func(*Extract, *Line) string {
	return func(_ *Extract, l *Line) string { return l.Labels[lang] }
}

// columns of every file, in their order.
var columns = []exported{
	{"line", "string", "budget-line-id", func(_ *Extract, l *Line) string { return strconv.FormatInt(l.ID, 10) }},
	{"fiscal_year", "integer", "date:fiscal-year", func(_ *Extract, l *Line) string { return strconv.Itoa(int(l.Year)) }},
	{"phase", "string", "phase:id", func(x *Extract, _ *Line) string { return string(x.Version.Phase) }},
	{"direction", "string", "direction", func(_ *Extract, l *Line) string { return string(l.Direction) }},
	{"amount", "number", "value", func(_ *Extract, l *Line) string { return fdp.OfMinor(l.Amount.Tyiyn()).String() }},
	{"currency", "string", "value-currency:code", func(x *Extract, _ *Line) string { return x.City.Currency }},
	{"functional_code", "string", "functional-classification:generic:code", coded(Functional)},
	{"functional_label", "string", "functional-classification:generic:label", named(Functional)},
	{"administrative_code", "string", "administrative-classification:generic:code", coded(Administrative)},
	{"administrative_label", "string", "administrative-classification:generic:label", named(Administrative)},
	{"economic_code", "string", "economic-classification:generic:code", coded(Economic)},
	{"economic_label", "string", "economic-classification:generic:label", named(Economic)},
	{"fund_code", "string", "fin-source:generic:code", coded(Fund)},
	{"fund_label", "string", "fin-source:generic:label", named(Fund)},
	{"program_code", "string", "activity:generic:program:code", coded(Program)},
	{"program_label", "string", "activity:generic:program:label", named(Program)},
	{"project_code", "string", "activity:generic:project:code", func(_ *Extract, l *Line) string { return l.Project }},
	{"label_ky", "string", "", label("ky")},
	{"label_ru", "string", "", label("ru")},
	{"label_en", "string", "", label("en")},
	{"standing", "string", "", func(_ *Extract, l *Line) string { return l.Standing }},
	{"inferred", "boolean", "", func(_ *Extract, l *Line) string { return strconv.FormatBool(l.Inferred) }},
	{"note", "string", "", func(_ *Extract, l *Line) string { return l.Note }},
	{"file_row", "integer", "", func(_ *Extract, l *Line) string { return strconv.FormatInt(l.Row, 10) }},
	{"source", "string", "", func(x *Extract, _ *Line) string { return x.Version.Source }},
	{"version", "string", "", func(x *Extract, _ *Line) string { return strconv.FormatInt(x.Version.ID, 10) }},
	{"version_date", "date", "", func(x *Extract, _ *Line) string { return x.Version.Day }},
	{"until", "date", "", func(x *Extract, _ *Line) string { return x.Version.Until }},
}

func (x *Extract) head() []string {
	out := make([]string, len(columns))
	for i, c := range columns {
		out[i] = c.name
	}
	return out
}

func (x *Extract) row(l *Line, out []string) {
	for i, c := range columns {
		out[i] = c.value(x, l)
	}
}

// Name is the name of the file without its extension.
func (x *Extract) Name() string {
	return fmt.Sprintf("%s-budget-%d-%s-%s-%s", x.City.Slug, x.Slice.Year(), x.Version.Phase, x.Version.Day, x.Slice.Direction())
}

// Write writes an extract as a file of one of the kinds, line by line.
func (s *Service) Write(ctx context.Context, x *Extract, kind string, w io.Writer) error {
	return s.DB.View(ctx, func(tx *db.Tx) error {
		list, err := steps(tx, x.City.ID, x.Version.Day)
		if err != nil {
			return err
		}
		x.tree = treeOf(list)
		each := func(fn func(*Line) error) error { return eachLine(tx, x.City.ID, x.Slice, x.Filter, fn) }
		switch kind {
		case AsXLSX:
			return x.workbook(w, each)
		case AsJSON:
			return x.document(w, each)
		case AsPackage:
			return x.bundle(w, each)
		}
		return x.table(w, each)
	})
}

type lines func(func(*Line) error) error

// table writes a CSV.
func (x *Extract) table(w io.Writer, each lines) error {
	out := csv.NewWriter(w)
	if err := out.Write(x.head()); err != nil {
		return err
	}
	row := make([]string, len(columns))
	if err := each(func(l *Line) error {
		x.row(l, row)
		return out.Write(row)
	}); err != nil {
		return err
	}
	out.Flush()
	return out.Error()
}

// about is where the figures of a file come from.
func (x *Extract) about() [][2]string {
	title, _ := x.Version.Titles.In(x.Lang)
	return [][2]string{
		{"title", title},
		{"source", x.Version.Source},
		{"source_file", x.Version.FileName},
		{"version", strconv.FormatInt(x.Version.ID, 10)},
		{"version_date", x.Version.Day},
		{"until", x.Version.Until},
		{"excerpt", strconv.FormatBool(x.Version.Excerpt)},
		{"phase", string(x.Version.Phase)},
		{"fiscal_year", strconv.Itoa(int(x.Slice.Year()))},
		{"direction", string(x.Slice.Direction())},
		{"currency", x.City.Currency},
		{"prices", "of the fiscal year, not adjusted"},
		{"page", x.Page},
	}
}

// workbook writes an XLSX: the lines, and a sheet that says what they are. Codes
// stay texts, amounts are numbers with two places.
func (x *Extract) workbook(w io.Writer, each lines) error {
	f := excelize.NewFile()
	defer f.Close()
	const sheet = "Budget"
	if err := f.SetSheetName("Sheet1", sheet); err != nil {
		return err
	}
	style, err := f.NewStyle(&excelize.Style{NumFmt: 4})
	if err != nil {
		return err
	}
	out, err := f.NewStreamWriter(sheet)
	if err != nil {
		return err
	}
	cells := make([]any, len(columns))
	for i, name := range x.head() {
		cells[i] = name
	}
	if err := out.SetRow("A1", cells); err != nil {
		return err
	}
	row, n := make([]string, len(columns)), 1
	if err := each(func(l *Line) error {
		x.row(l, row)
		for i, c := range columns {
			cells[i] = row[i]
			if c.columnType == "value" {
				cells[i] = excelize.Cell{StyleID: style, Value: float64(l.Amount.Tyiyn()) / 100}
			} else if c.kind == "integer" {
				cells[i], _ = strconv.Atoi(row[i])
			}
		}
		n++
		at, err := excelize.CoordinatesToCellName(1, n)
		if err != nil {
			return err
		}
		return out.SetRow(at, cells)
	}); err != nil {
		return err
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if _, err := f.NewSheet("Source"); err != nil {
		return err
	}
	for i, pair := range x.about() {
		if err := f.SetSheetRow("Source", fmt.Sprintf("A%d", i+1), &[]any{pair[0], pair[1]}); err != nil {
			return err
		}
	}
	return f.Write(w)
}

// document writes JSON. Amounts are text: exact in every reader.
func (x *Extract) document(w io.Writer, each lines) error {
	about := map[string]string{}
	for _, pair := range x.about() {
		about[pair[0]] = pair[1]
	}
	head, err := json.Marshal(about)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(w, "{\"about\":%s,\"lines\":[", head); err != nil {
		return err
	}
	row, sep := make([]string, len(columns)), "\n"
	if err := each(func(l *Line) error {
		x.row(l, row)
		one := map[string]any{}
		for i, c := range columns {
			switch {
			case c.kind == "integer":
				one[c.name], _ = strconv.Atoi(row[i])
			case c.kind == "boolean":
				one[c.name] = row[i] == "true"
			case row[i] != "":
				one[c.name] = row[i]
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

// Descriptor is the datapackage.json of an extract, by the Fiscal Data Package
// 1.0rc1: a Tabular Data Package whose fields have a columnType.
func (x *Extract) Descriptor() map[string]any {
	fields := make([]any, len(columns))
	for i, c := range columns {
		f := map[string]any{"name": c.name, "type": c.kind}
		if c.columnType != "" {
			f["columnType"] = c.columnType
		}
		fields[i] = f
	}
	title, _ := x.Version.Titles.In(x.Lang)
	year := strconv.Itoa(int(x.Slice.Year()))
	return map[string]any{
		"profile": "tabular-data-package", "name": x.slug(), "title": title, "version": x.Version.Day, "created": time.UnixMilli(x.Version.Published).UTC().Format(time.RFC3339),
		"homepage": x.Page, "countryCode": x.City.Country, "granularity": "aggregated", "fiscalPeriod": map[string]any{"start": year + "-01-01", "end": x.lastDay()},
		"sources": []any{map[string]any{"title": x.Version.Source, "path": x.Page}},
		"resources": []any{map[string]any{
			"name": "budget", "path": "budget.csv", "profile": "tabular-data-resource", "format": "csv", "mediatype": "text/csv", "encoding": "utf-8",
			"schema": map[string]any{"fields": fields, "primaryKey": "line", "missingValues": []any{""}},
		}},
	}
}

// lastDay is the last day of the figures: within the year for a report of a part of it.
func (x *Extract) lastDay() string {
	if x.Slice.Year() == x.Version.Year && x.Version.Until != "" {
		return x.Version.Until
	}
	return x.Slice.Year().Last()
}

// slug is a name as the Data Package allows it: small Latin letters, digits, dashes.
func (x *Extract) slug() string {
	out := []byte(x.Name())
	for i, b := range out {
		if b >= 'A' && b <= 'Z' {
			out[i] = b + 32
		} else if (b < 'a' || b > 'z') && (b < '0' || b > '9') && b != '-' && b != '.' && b != '_' {
			out[i] = '-'
		}
	}
	return string(out)
}

// bundle writes a Fiscal Data Package as a zip.
func (x *Extract) bundle(w io.Writer, each lines) error {
	z := zip.NewWriter(w)
	f, err := z.Create("datapackage.json")
	if err != nil {
		return err
	}
	enc := json.NewEncoder(f)
	enc.SetIndent("", " ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(x.Descriptor()); err != nil {
		return err
	}
	if f, err = z.Create("budget.csv"); err != nil {
		return err
	}
	if err := x.table(f, each); err != nil {
		return err
	}
	return z.Close()
}
