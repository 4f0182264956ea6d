package fdp

import (
	"errors"
	"io"
	"slices"
	"strings"
)

// Sink takes what is read, in the order of the file.
type Sink struct {
	Line   func(*Line) error          // the line is valid until the next call
	Refuse func(Refused) error        // may be nil
	Empty  func(file string, row int) // wholly empty rows; may be nil
	Row    func()                     // after every row, for a progress bar; may be nil
}

// Each reads all lines of a budget.
func (b *Budget) Each(s Sink) error {
	for _, t := range b.tables {
		if err := b.eachOf(t, s); err != nil {
			return err
		}
	}
	return nil
}

func (b *Budget) eachOf(t *table, s Sink) error {
	in, err := b.open(t)
	if err != nil {
		return err
	}
	defer in.Close()
	name := ""
	if len(b.tables) > 1 {
		name = t.name
	}
	for {
		r, err := in.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if r.line <= t.at || r.line == t.skip {
			continue
		}
		if r.empty() {
			if s.Empty != nil {
				s.Empty(name, r.line)
			}
		} else if err := b.row(t, name, &r, s); err != nil {
			return err
		}
		if s.Row != nil {
			s.Row()
		}
	}
}

// row makes the lines of a row, one a column of amounts.
func (b *Budget) row(t *table, name string, r *record, s Sink) error {
	refuse := func(code, cell string) error {
		if s.Refuse == nil {
			return nil
		}
		return s.Refuse(Refuse(name, r.line, code, cell))
	}
	if r.bad != "" {
		return refuse(r.bad, strings.Join(r.cells, string(t.sep)))
	}
	if len(r.cells) > len(t.header) && len(filled(r.cells[len(t.header):])) > 0 {
		return refuse(TooManyCells, strings.Join(r.cells[len(t.header):], " "))
	}
	base, code, cell := b.base(t, r)
	base.File = name
	several := len(t.plan.measures) > 1
	given := 0
	for i := range t.plan.measures {
		m := &t.plan.measures[i]
		text := at(r.cells, m.index)
		if several && blank(text) {
			continue // a row need not have a figure in every column
		}
		given++
		line, why, what := b.line(t, base, m, text)
		if why == "" && code != "" {
			why, what = code, cell
		}
		var err error
		if why != "" {
			err = refuse(why, what)
		} else {
			err = s.Line(&line)
		}
		if err != nil {
			return err
		}
	}
	if given == 0 {
		return refuse(EmptyAmount, "")
	}
	return nil
}

func at(cells []string, i int) string {
	if i < len(cells) {
		return cells[i]
	}
	return ""
}

// base is what all lines of a row share. code tells why it cannot be used.
func (b *Budget) base(t *table, r *record) (l Line, code, cell string) {
	l = Line{Row: r.line, Year: t.year, Direction: b.options.Direction, Phase: b.options.Phase}
	if b.options.Year != 0 {
		l.Year = b.options.Year
	}
	take := func(c column, value string) {
		value = strings.TrimFunc(value, isSpace)
		if slices.Contains(t.plan.missing, value) {
			value = ""
		}
		switch c.role {
		case roleYear, roleDate:
			y, ok := yearOf(value)
			if t.xlsx && !ok {
				y, ok = serial(value)
			}
			if ok {
				l.Year = y
			} else if c.role == roleYear && (value != "" || l.Year == 0) && code == "" {
				code, cell = BadYear, value
			}
		case roleDirection:
			d := directionOf(value)
			if d == "" && (value != "" || l.Direction == "") && code == "" {
				code, cell = BadDirection, value
			}
			if d != "" {
				l.Direction = d
			}
		case rolePhase:
			if p := phaseOf(value); p != "" {
				l.Phase = p
			} else if value != "" {
				l.Phase = value
			}
		default:
			l.put(c, value)
		}
	}
	for _, c := range t.plan.fixed {
		take(c, t.plan.values[c.index])
	}
	for _, c := range t.plan.columns {
		take(c, at(r.cells, c.index))
	}
	return l, code, cell
}

// line is the figure of one column of amounts.
func (b *Budget) line(t *table, l Line, m *measure, text string) (_ Line, code, cell string) {
	if slices.Contains(t.plan.missing, strings.TrimFunc(text, isSpace)) {
		return l, EmptyAmount, ""
	}
	d, code := t.style.read(text)
	if code != "" {
		return l, code, text
	}
	l.Amount = d.times(m.factor).shift(Units[b.Unit])
	if m.year != 0 {
		l.Year = m.year
	}
	if m.phase != "" {
		l.Phase = m.phase
	}
	if m.direction != "" {
		l.Direction = m.direction
	}
	if l.Direction == "" {
		l.Direction = Expenditure
	}
	if m.currency != "" && l.Currency == "" {
		l.Currency = m.currency
	}
	if len(m.columns) > 0 {
		// Paths are shared by the lines of a row.
		l.Admin, l.Func, l.Econ = slices.Clone(l.Admin), slices.Clone(l.Func), slices.Clone(l.Econ)
		for i, c := range m.columns {
			l.put(c, m.values[i])
		}
	}
	l.name()
	return l, "", ""
}
