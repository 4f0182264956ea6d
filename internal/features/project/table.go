package project

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/platform/tiles"
)

// Columns are those of the table that is imported and exported. Days are
// 2006-01-02, money is in whole currency, body and district are codes, sectors
// and what is inferred are apart by "|".
var Columns = []string{
	"id", "title_ky", "title_ru", "title_en", "text_ky", "text_ru", "text_en", "type", "status", "sector", "body", "authority", "district", "address", "lat", "lon",
	"planned_start", "planned_end", "began", "ended", "guarantee", "budget", "currency", "contract", "ocid", "supplier", "inn", "contract_value", "contract_start",
	"contract_end", "source", "source_link", "source_note", "inferred",
}

// parseCSV reads a table with commas, semicolons or tabs between its fields.
func parseCSV(data []byte, c *city.City, dir *body.Directory) *Read {
	out := &Read{Form: FormCSV}
	first, _, _ := bytes.Cut(data, []byte("\n"))
	r := csv.NewReader(bytes.NewReader(data))
	for _, sep := range []rune{';', '\t'} {
		if bytes.Count(first, []byte(string(sep))) > bytes.Count(first, []byte(string(r.Comma))) {
			r.Comma = sep
		}
	}
	r.FieldsPerRecord, r.LazyQuotes = -1, true
	var t grid
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			out.Refused = append(out.Refused, refuse(Refusal{Line: 1 + bytes.Count(data, []byte("\n")), Code: badTable, Value: err.Error()}))
			break
		}
		n, _ := r.FieldPos(0)
		if !t.take(out, n, row, c, dir) {
			break
		}
	}
	return t.end(out)
}

// parseXLSX reads the first sheet of a workbook.
func parseXLSX(data []byte, c *city.City, dir *body.Directory) *Read {
	out := &Read{Form: FormXLSX}
	f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{UnzipSizeLimit: 200 << 20, UnzipXMLSizeLimit: 16 << 20, RawCellValue: true})
	if err != nil {
		out.Refused = []Refusal{refuse(Refusal{Line: 1, Code: badWorkbook, Value: err.Error()})}
		return out
	}
	defer f.Close()
	rows, err := f.Rows(f.GetSheetName(0))
	if err != nil {
		out.Refused = []Refusal{refuse(Refusal{Line: 1, Code: badWorkbook, Value: err.Error()})}
		return out
	}
	defer rows.Close()
	var t grid
	for n := 1; rows.Next(); n++ {
		row, err := rows.Columns()
		if err != nil {
			out.Refused = append(out.Refused, refuse(Refusal{Line: n, Code: badTable, Value: err.Error()}))
			break
		}
		if !t.take(out, n, row, c, dir) {
			break
		}
	}
	return t.end(out)
}

// grid reads rows under the names of its first one.
type grid struct {
	at   map[string]int
	seen map[string]bool
}

// take reads one row; it is false when the rest need not be read.
func (t *grid) take(out *Read, n int, row []string, c *city.City, dir *body.Directory) bool {
	if !slices.ContainsFunc(row, func(s string) bool { return strings.TrimSpace(s) != "" }) {
		return true
	}
	if t.at == nil {
		t.at, t.seen = map[string]int{}, map[string]bool{}
		for i, name := range row {
			t.at[strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\ufeff")))] = i
		}
		_, id := t.at["id"]
		if !id || !slices.ContainsFunc(Columns[1:4], func(name string) bool { _, ok := t.at[name]; return ok }) {
			out.Refused = append(out.Refused, refuse(Refusal{Line: n, Code: badHeader}))
			return false
		}
		return true
	}
	if out.Rows++; out.Rows > maxImport {
		out.Refused = append(out.Refused, refuse(Refusal{Line: n, Code: badMany, Value: "> " + strconv.Itoa(maxImport)}))
		return false
	}
	r := &tableRow{t: t, row: row, line: n, zone: c.Zone, currency: c.Currency}
	p := r.project(dir)
	if p.Public == exampleID {
		out.Refused = append(out.Refused, refuse(Refusal{Line: n, Column: "id", Code: badExample}))
		return true
	}
	if len(r.bad) == 0 && t.seen[p.Public] {
		r.fail("id", badTwice, p.Public)
	}
	if len(r.bad) > 0 {
		out.Refused = append(out.Refused, r.bad...)
		return true
	}
	t.seen[p.Public] = true
	out.Projects = append(out.Projects, p)
	return true
}

func (t *grid) end(out *Read) *Read {
	if out.Rows == 0 && len(out.Refused) == 0 {
		out.Refused = append(out.Refused, refuse(Refusal{Line: 1, Code: badNoRows}))
	}
	return out
}

type tableRow struct {
	t        *grid
	row      []string
	line     int
	zone     *time.Location
	currency string
	bad      []Refusal
}

func (r *tableRow) fail(column, code, value string) {
	r.bad = append(r.bad, refuse(Refusal{Line: r.line, Column: column, Code: code, Value: value}))
}

func (r *tableRow) text(name string) string {
	if i, ok := r.t.at[name]; ok && i < len(r.row) {
		return strings.TrimSpace(strings.ToValidUTF8(strings.ReplaceAll(r.row[i], "\x00", ""), ""))
	}
	return ""
}

func (r *tableRow) code(name string, known []string) string {
	v := r.text(name)
	if v != "" && !slices.Contains(known, v) {
		r.fail(name, badCode, v)
	}
	return v
}

func (r *tableRow) day(name string) int64 {
	v := r.text(name)
	if v == "" {
		return 0
	}
	for _, layout := range []string{time.DateOnly, "02.01.2006"} {
		if t, err := time.ParseInLocation(layout, v, r.zone); err == nil {
			return t.UnixMilli()
		}
	}
	// Workbooks keep days as numbers since 1899-12-30.
	if n, err := strconv.Atoi(v); err == nil && n > 20000 && n < 80000 {
		return time.Date(1899, 12, 30+n, 0, 0, 0, 0, r.zone).UnixMilli()
	}
	r.fail(name, badDay, v)
	return 0
}

func (r *tableRow) money(name string) Money {
	v := strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "", ",", ".").Replace(r.text(name))
	if v == "" {
		return Money{}
	}
	minor, ok := minorOf(v)
	if !ok || minor < 0 {
		r.fail(name, badAmount, r.text(name))
		return Money{}
	}
	currency := strings.ToUpper(r.text("currency"))
	if currency == "" {
		currency = r.currency
	}
	if len(currency) != 3 {
		r.fail("currency", badCurrency, currency)
	}
	return Money{Minor: minor, Currency: currency}
}

func (r *tableRow) place(p *Project) {
	lat, lon := strings.ReplaceAll(r.text("lat"), ",", "."), strings.ReplaceAll(r.text("lon"), ",", ".")
	if lat == "" && lon == "" {
		return
	}
	x, err := strconv.ParseFloat(lat, 64)
	y, err2 := strconv.ParseFloat(lon, 64)
	if err != nil || err2 != nil || !(x >= -tiles.MaxLat && x <= tiles.MaxLat && y >= -180 && y <= 180) {
		r.fail("lat, lon", badPlace, lat+", "+lon)
		return
	}
	p.Placed, p.Lat, p.Lon = x != 0 || y != 0, x, y
}

func (r *tableRow) words(name string) Texts {
	out := Texts{}
	for _, lang := range []string{"ky", "ru", "en"} {
		if v := r.text(name + "_" + lang); v != "" {
			out[lang] = v
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

func (r *tableRow) project(dir *body.Directory) *Project {
	p := &Project{Public: r.text("id"), Progress: -1}
	switch {
	case p.Public == "":
		r.fail("id", badMissing, "")
	case len(p.Public) > 200:
		r.fail("id", badLong, "")
	}
	p.Doc = Doc{
		Titles: r.words("title"), Texts: r.words("text"), Type: r.code("type", Types), Status: r.code("status", Statuses), District: r.text("district"),
		Address: r.text("address"), Planned: Period{r.day("planned_start"), r.day("planned_end")}, Began: r.day("began"), Ended: r.day("ended"),
		Guarantee: r.day("guarantee"), Budget: r.money("budget"), Authority: r.text("authority"), Inferred: list(r.text("inferred")), Sectors: list(r.text("sector")),
	}
	if p.Status == "" {
		p.Status = Identification
	}
	if len(p.Titles) == 0 {
		r.fail("title", badMissing, "")
	}
	if p.Planned.End != 0 && p.Planned.End < p.Planned.Start {
		r.fail("planned_end", badOrder, r.text("planned_end"))
	}
	r.place(p)
	if code := r.text("body"); code != "" && dir != nil {
		if b, ok := dir.ByCode(code); ok {
			p.Body = b.ID
		} else {
			r.fail("body", badBody, code)
		}
	}
	r.contract(p)
	if src := (Source{Title: r.text("source"), Link: r.text("source_link"), Note: r.text("source_note")}); src != (Source{}) {
		p.Sources = []Source{src}
	}
	return p
}

func (r *tableRow) contract(p *Project) {
	k := Contract{
		ID: "1", Title: r.text("contract"), OCID: r.text("ocid"), Value: r.money("contract_value"), Period: Period{r.day("contract_start"), r.day("contract_end")},
	}
	if s := (Supplier{Name: r.text("supplier"), INN: r.text("inn")}); s != (Supplier{}) {
		if s.INN != "" && !validINN(s.INN) {
			r.fail("inn", badINN, s.INN)
		}
		s.ID = supplierID(s)
		k.Suppliers = []Supplier{s}
	}
	if k.Title != "" || k.OCID != "" || k.Value.Known() || k.Suppliers != nil {
		p.Contracts = []Contract{k}
	}
}

// list are the parts of a text that are apart by "|".
func list(text string) (out []string) {
	for part := range strings.SplitSeq(text, "|") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

// Row is a project as a row of the table: only its first contract and source
// have room.
func (p *Project) Row(zone *time.Location, dir *body.Directory) []string {
	money := func(m Money) string {
		if !m.Known() {
			return ""
		}
		return plainSum(m.Minor)
	}
	place := func(v float64) string {
		if !p.Placed {
			return ""
		}
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	day := func(ms int64) string { return dayText(ms, zone) }
	var k Contract
	if len(p.Contracts) > 0 {
		k = p.Contracts[0]
	}
	var s Supplier
	if len(k.Suppliers) > 0 {
		s = k.Suppliers[0]
	}
	var src Source
	if len(p.Sources) > 0 {
		src = p.Sources[0]
	}
	code := ""
	if b, ok := dir.Get(p.Body); ok {
		code = b.Code
	}
	return []string{
		p.Public, p.Titles["ky"], p.Titles["ru"], p.Titles["en"], p.Texts["ky"], p.Texts["ru"], p.Texts["en"], p.Type, p.Status, strings.Join(p.Sectors, "|"), code, p.Authority,
		p.District, p.Address, place(p.Lat), place(p.Lon), day(p.Planned.Start), day(p.Planned.End), day(p.Began), day(p.Ended), day(p.Guarantee), money(p.Budget),
		cmp.Or(p.Budget.Currency, k.Value.Currency), k.Title, k.OCID, s.Name, s.INN, money(k.Value), day(k.Period.Start), day(k.Period.End), src.Title, src.Link, src.Note, strings.Join(p.Inferred, "|"),
	}
}
