package budget

import (
	"archive/zip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/features/budget/fdp"
	"github.com/ashar-kg/ashar/internal/features/budget/ledger"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/table"
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

// AsPackage is an extract as a Fiscal Data Package; its other files are those of
// every table.
const AsPackage = "zip"

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

// table is an extract as a table, with where its figures come from.
func (x *Extract) table() *table.Table {
	t := &table.Table{Name: "lines", About: x.about(), AboutName: "source", Exact: true, Columns: make([]table.Column, len(columns))}
	for i, c := range columns {
		t.Columns[i].Name = c.name
		switch {
		case c.columnType == "value":
			t.Columns[i].Kind = table.Amount
		case c.kind == "integer":
			t.Columns[i].Kind = table.Integer
		case c.kind == "boolean":
			t.Columns[i].Kind = table.Boolean
		}
	}
	return t
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
		rows := func(put func([]string) error) error {
			row := make([]string, len(columns))
			return eachLine(tx, x.City.ID, x.Slice, x.Filter, func(l *Line) error {
				for i, c := range columns {
					row[i] = c.value(x, l)
				}
				return put(row)
			})
		}
		if kind == AsPackage {
			return x.bundle(w, rows)
		}
		return x.table().Write(w, kind, rows)
	})
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
		{"residents", number(x.Version.Residents)},
		{"residents_counted_by", x.Version.Counted},
		{"prices", "of the fiscal year, not adjusted"},
		{"page", x.Page},
	}
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
func (x *Extract) bundle(w io.Writer, rows table.Rows) error {
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
	if err := x.table().Write(f, table.CSV, rows); err != nil {
		return err
	}
	return z.Close()
}
