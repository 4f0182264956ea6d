package fdp

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

// Budget is an opened budget file or package.
type Budget struct {
	Format    string // "csv", "xlsx", "fdp-1.0", "fdp-0.3", "fdp-alpha", "datapackage"
	Title     string
	Unit      string // in which the amounts are, as asked for in Options
	UnitGuess string // what the file's own words say
	Until     string // last day of a fiscal period of less than its year, "" when the file has none
	Warnings  []string
	Columns   []Column
	options   Options
	tables    []*table
	book      *excelize.File
}

// Column is what a column of the file was taken for.
type Column struct {
	Header string `json:"header"`
	Role   string `json:"role"` // "" is not used
}

// table is one table of figures.
type table struct {
	name   string // of its file
	path   string
	sheet  string
	enc    string
	sep    byte
	quote  byte
	header []string
	at     int // line of the header, 0 when there is none
	skip   int // rows that only number the columns: the line of one
	plan   *plan
	style  style
	xlsx   bool
	year   int // of the package
}

// Close frees what an opened workbook holds.
func (b *Budget) Close() error {
	if b.book != nil {
		return b.book.Close()
	}
	return nil
}

func (b *Budget) warn(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	for _, w := range b.Warnings {
		if w == text {
			return
		}
	}
	b.Warnings = append(b.Warnings, text)
}

// Open finds out what a file holds and how its amounts are to be read. It reads
// the whole file once for that, without keeping it. The error is an *Unsure when
// somebody must be asked.
func Open(path string, o Options) (*Budget, error) {
	if o.Unit != "" {
		if _, ok := Units[o.Unit]; !ok {
			return nil, &Unsure{What: "unit", Candidates: []string{"som", "thousand", "million"}, Flag: "--unit"}
		}
	}
	b := &Budget{options: o, Unit: o.Unit}
	var err error
	switch strings.ToLower(filepath.Ext(path)) {
	case ".json":
		err = b.openPackage(path)
	case ".xlsx", ".xlsm":
		err = b.openBook(path)
	case ".xls", ".ods", ".pdf", ".doc", ".docx":
		err = fmt.Errorf("%s files cannot be read; save the table as XLSX or CSV", filepath.Ext(path))
	default:
		err = b.openText(path)
	}
	if err == nil {
		err = b.settle()
	}
	if err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

// openPackage opens a datapackage.json and the tables that it names.
func (b *Budget) openPackage(path string) error {
	d, err := readDescriptor(path)
	if err != nil {
		return err
	}
	b.Format, b.Title, b.Until = d.format(), string(d.Title), d.until()
	if b.Title == "" {
		b.Title = d.Name
	}
	for i := range d.Resources {
		r := &d.Resources[i]
		if err := b.openResource(filepath.Dir(path), d, r, i == 0); err != nil {
			return err
		}
	}
	if len(b.tables) == 0 {
		return fmt.Errorf("%s describes no amounts", filepath.Base(path))
	}
	return nil
}

func (b *Budget) openResource(dir string, d *descriptor, r *resource, first bool) error {
	var say described
	switch b.Format {
	case formatOne:
		say = r.byType()
	case formatModel:
		say = d.Model.byModel(r, first)
	case formatAlpha:
		say = d.Mapping.byModel(r, first)
	default:
		if len(d.Resources) > 1 && !first {
			b.warn("only the first resource is read: nothing says what %q holds", r.Name)
			return nil
		}
	}
	if b.Format != formatPlain && len(say.measures) == 0 {
		if len(d.Resources) > 1 {
			b.warn("the resource %q has no amounts and is not read", r.Name)
			return nil
		}
		b.warn("the descriptor names no amounts: the columns are found by their headers")
	}
	if len(r.Path) == 0 {
		return fmt.Errorf("the resource %q has no path: data inside a descriptor is not read", r.Name)
	}
	for _, p := range r.Path {
		file, moved, err := locate(dir, p)
		if err != nil {
			return err
		}
		if moved {
			b.warn("%s was read from beside the descriptor, which says %s", filepath.Base(file), p)
		}
		if err := b.openDescribed(file, d, r, say); err != nil {
			return err
		}
	}
	return nil
}

// openDescribed opens a file whose columns a descriptor describes.
func (b *Budget) openDescribed(file string, d *descriptor, r *resource, say described) error {
	t := &table{name: filepath.Base(file), path: file, enc: r.Encoding, quote: '"', year: d.period()}
	if y, ok := yearOf(string(r.FiscalYear)); ok {
		t.year = y
	}
	if ext := strings.ToLower(filepath.Ext(file)); ext == ".xlsx" {
		return b.openSheets(t, &say, r)
	}
	if r.Dialect.QuoteChar != nil {
		t.quote = 0
		if *r.Dialect.QuoteChar != "" {
			t.quote = (*r.Dialect.QuoteChar)[0]
		}
	}
	if len(r.Dialect.Delimiter) == 1 {
		t.sep = r.Dialect.Delimiter[0]
	}
	head, err := b.head(t)
	if err != nil {
		return err
	}
	if r.Dialect.Header != nil && !*r.Dialect.Header {
		for _, f := range r.Schema.Fields {
			t.header = append(t.header, f.Name)
		}
	} else if err := t.begin(head, 0); err != nil {
		return err
	}
	return b.plan(t, head, &say, r)
}

// openText opens a CSV of which nothing is known.
func (b *Budget) openText(path string) error {
	b.Format, b.Title = "csv", filepath.Base(path)
	t := &table{name: filepath.Base(path), path: path, enc: b.options.Encoding, quote: '"'}
	head, err := b.head(t)
	if err != nil {
		return err
	}
	if err := t.begin(head, headerAt(head, b.options.Map)); err != nil {
		return err
	}
	return b.plan(t, head, nil, nil)
}

func (b *Budget) openBook(path string) error {
	b.Format, b.Title = "xlsx", filepath.Base(path)
	return b.openSheets(&table{name: filepath.Base(path), path: path}, nil, nil)
}

// openSheets takes the sheet that was asked for, or the first that is a budget.
func (b *Budget) openSheets(t *table, say *described, r *resource) error {
	book, names, err := openBook(t.path)
	if err != nil {
		return err
	}
	if b.book != nil {
		return errors.Join(errors.New("a package may hold one workbook"), book.Close())
	}
	b.book, t.xlsx = book, true
	var first error
	for _, name := range names {
		if b.options.Sheet != "" && !strings.EqualFold(name, b.options.Sheet) {
			continue
		}
		try := *t
		try.sheet = name
		head, err := b.head(&try)
		if err != nil {
			return err
		}
		err = try.begin(head, headerAt(head, b.options.Map))
		if err == nil {
			err = b.plan(&try, head, say, r)
		}
		if err == nil {
			if len(names) > 1 {
				b.warn("the sheet %q was read; there are %d", name, len(names))
			}
			return nil
		}
		if first == nil {
			first = err
		}
	}
	if first == nil {
		first = &Unsure{What: "sheet", Candidates: names, Flag: "--sheet"}
	}
	return first
}

// head reads the first rows of a table, and finds its encoding and separator.
func (b *Budget) head(t *table) ([]record, error) {
	if !t.xlsx && t.sep == 0 {
		f, err := os.Open(t.path)
		if err != nil {
			return nil, err
		}
		in, found, err := decoded(f, t.enc)
		if err == nil {
			if found != "" {
				t.enc = found
				b.warn("%s is not UTF-8; it was read as %s", t.name, found)
			}
			var sample []byte
			sample, err = in.Peek(sampleSize)
			if errors.Is(err, io.EOF) || errors.Is(err, bufio.ErrBufferFull) {
				err = nil
			}
			if bytes.IndexByte(sample, 0) >= 0 {
				err = fmt.Errorf("%s is not a table of text", t.name)
			}
			t.sep = separator(sample)
		}
		if err := errors.Join(err, f.Close()); err != nil {
			return nil, err
		}
	}
	in, err := b.open(t)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	var head []record
	for len(head) < headerRows+sampleRows {
		r, err := in.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		r.cells = append([]string(nil), r.cells...)
		head = append(head, r)
	}
	if len(head) == 0 {
		return nil, fmt.Errorf("%s is empty", t.name)
	}
	return head, nil
}

// open begins to read the rows of a table.
func (b *Budget) open(t *table) (rows, error) {
	if t.xlsx {
		return rowsOf(b.book, t.sheet)
	}
	f, err := os.Open(t.path)
	if err != nil {
		return nil, err
	}
	in, _, err := decoded(f, t.enc)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &text{in: in, sep: t.sep, quote: t.quote, close: f}, nil
}

// begin sets the header.
func (t *table) begin(head []record, at int) error {
	for at >= 0 && at < len(head) && head[at].empty() {
		at++
	}
	if at < 0 || at >= len(head) {
		return &Unsure{What: "header", Flag: "--map amount=COLUMN"}
	}
	t.header, t.at = head[at].cells, head[at].line
	for _, r := range head[at+1:] {
		if !r.empty() {
			if counted(r.cells) {
				t.skip = r.line
			}
			break
		}
	}
	return nil
}

// plan decides what the columns hold: by the descriptor, and where it is silent
// or wrong by the headers.
func (b *Budget) plan(t *table, head []record, say *described, r *resource) error {
	var sample [][]string
	for _, rec := range head {
		if rec.line > t.at && rec.line != t.skip && rec.bad == "" && !rec.empty() && len(sample) < sampleRows {
			sample = append(sample, rec.cells)
		}
	}
	p := &plan{}
	if say != nil {
		p = b.bind(t, say, r)
	}
	if len(p.measures) == 0 || len(b.options.Map) > 0 {
		guessed, notes, err := guessPlan(t.header, sample, &b.options)
		if err != nil {
			return err
		}
		for _, n := range notes {
			b.warn("%s", n)
		}
		b.merge(t, p, guessed, say)
	}
	t.plan = p
	b.tables = append(b.tables, t)
	b.describe(t, head)
	return nil
}

// merge takes into a descriptor's plan what it could not say itself.
func (b *Budget) merge(t *table, p, guessed *plan, say *described) {
	if len(p.measures) == 0 || len(b.options.Map) > 0 {
		if say != nil && len(say.measures) > 0 {
			m := say.measures[0].measure
			for i := range guessed.measures {
				g := &guessed.measures[i]
				g.factor, g.currency = m.factor, m.currency
				if g.direction == "" {
					g.direction = m.direction
				}
				if g.phase == "" {
					g.phase = m.phase
				}
			}
			b.warn("the descriptor takes the amounts from %q, which %s does not have; %q was read", say.measures[0].field, t.name, guessed.measures[0].header)
		}
		p.measures = guessed.measures
	}
	for _, c := range guessed.columns {
		year := (c.role == roleYear || c.role == roleDate) && (p.has(roleYear) || p.has(roleDate))
		if !p.has(c.role) && !year || len(b.options.Map) > 0 && b.options.Map[c.roleName()] != "" {
			p.columns = append(p.columns, c)
		}
	}
}

// bind finds the fields of a descriptor in the header.
func (b *Budget) bind(t *table, say *described, r *resource) *plan {
	p := &plan{missing: r.Schema.MissingValues}
	position := map[string]int{}
	if len(r.Schema.Fields) == len(t.header) {
		for i, f := range r.Schema.Fields {
			position[f.Name] = i
		}
	}
	at := func(name string) (int, bool) {
		if i, ok := find(t.header, name); ok {
			return i, true
		}
		i, ok := position[name]
		if ok {
			b.warn("%s calls the field %q of the descriptor %q", t.name, name, t.header[i])
		}
		return i, ok
	}
	for _, f := range say.fields {
		if i, ok := at(f.field); ok {
			f.index = i
			p.columns = append(p.columns, f.column)
		} else {
			b.warn("the descriptor names the field %q, which %s does not have", f.field, t.name)
		}
	}
	for _, m := range say.measures {
		if i, ok := at(m.field); ok {
			m.index, m.header = i, t.header[i]
			p.measures = append(p.measures, m.measure)
		}
	}
	if len(p.measures) > 0 && len(p.measures) < len(say.measures) {
		b.warn("%s has %d of the %d amounts of the descriptor", t.name, len(p.measures), len(say.measures))
	}
	for _, f := range say.fixed {
		p.fix(f.column, f.field)
	}
	if say.style != nil {
		t.style = *say.style
	}
	if r.Currency != "" && !p.has(roleCurrency) {
		p.fix(column{role: roleCurrency}, r.Currency)
	}
	for i := range p.measures {
		m := &p.measures[i]
		if m.direction == "" && !p.has(roleDirection) {
			m.direction = directionOf(r.Type)
		}
		if m.phase == "" && !p.has(rolePhase) {
			m.phase = phaseOf(r.Status)
		}
	}
	return p
}

// describe tells what the columns were taken for, and in which unit the words of
// the file say that the amounts are.
func (b *Budget) describe(t *table, head []record) {
	roles := map[int]string{}
	for _, c := range t.plan.columns {
		roles[c.index] = c.roleName()
	}
	for _, m := range t.plan.measures {
		roles[m.index] = m.roleName()
		if u := headingOf(m.header).unit; u != "" {
			b.UnitGuess = u
		}
	}
	for i, h := range t.header {
		b.Columns = append(b.Columns, Column{Header: strings.TrimFunc(h, isSpace), Role: roles[i]})
	}
	for _, r := range head {
		if r.line >= t.at || b.UnitGuess != "" {
			break
		}
		for _, c := range r.cells {
			if u := headingOf(c).unit; u != "" && b.UnitGuess == "" {
				b.UnitGuess = u
			}
		}
	}
}

// settle finds out how amounts are written, and what is said of no row.
func (b *Budget) settle() error {
	o := &b.options
	for _, t := range b.tables {
		if st, ok := styles[o.Locale]; ok {
			t.style = st
		} else if o.Locale != "" {
			return &Unsure{What: "language of the amounts", Candidates: sortedStyles(), Flag: "--locale"}
		} else if t.style == (style{}) {
			if err := b.look(t); err != nil {
				return err
			}
		}
		silent, factored := false, false
		for i := range t.plan.measures {
			m := &t.plan.measures[i]
			silent = silent || m.direction == ""
			factored = factored || m.factor.String() != "1"
		}
		if factored {
			b.UnitGuess = "" // it is in the factor
		}
		if d := headingOf(b.Title).direction(); silent && !t.plan.has(roleDirection) && o.Direction == "" && d != "" {
			o.Direction = d
			b.warn("the amounts are counted as %s, as the name %q says; --direction says otherwise", d, b.Title)
		} else if silent && !t.plan.has(roleDirection) && o.Direction == "" {
			b.warn("nothing says whether the amounts are revenue or expenditure: they are counted as expenditure; --direction says otherwise")
		}
		if len(t.plan.measures) > 1 {
			b.warn("%s has %d columns of amounts: the sums add them only as a check of what was read, the slices keep them apart", t.name, len(t.plan.measures))
		}
	}
	if b.UnitGuess != "" && o.Unit == "" && b.UnitGuess != "som" {
		b.warn("the file says that its amounts are in the unit %q; the sums are as the file writes them; --unit multiplies", b.UnitGuess)
	}
	return nil
}

func sortedStyles() []string { return []string{"ky", "ru", "en", "de"} }

// look reads all amounts of a table once, only to see how they are written.
func (b *Budget) look(t *table) error {
	if t.xlsx {
		// Numbers of a sheet have a point; texts among them are read one by one.
		t.style = style{dot: point}
	}
	in, err := b.open(t)
	if err != nil {
		return err
	}
	defer in.Close()
	var seen evidence
	for {
		r, err := in.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if r.line <= t.at {
			continue
		}
		for _, m := range t.plan.measures {
			if m.index < len(r.cells) {
				seen.see(r.cells[m.index])
			}
		}
	}
	st, ok := seen.style()
	if t.xlsx {
		st.dot = point
	}
	if !ok {
		if b.Format != "csv" && b.Format != "xlsx" {
			st.comma = group // what a Table Schema says when it says nothing
			ok = true
		} else {
			return &Unsure{What: "locale", Candidates: []string{"ru", "en"}, Flag: "--locale ru (decimal comma) or --locale en (decimal point)"}
		}
	}
	t.style = st
	return nil
}

// serial reads a day of a workbook, which is a number of days.
func serial(cell string) (int, bool) {
	f, err := strconv.ParseFloat(cell, 64)
	if err != nil || f < 20000 || f > 80000 {
		return 0, false
	}
	day, err := excelize.ExcelDateToTime(f, false)
	return day.Year(), err == nil
}
