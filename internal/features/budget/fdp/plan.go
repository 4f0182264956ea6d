package fdp

import (
	"slices"
	"strconv"
	"strings"
)

// column is what a column of a table holds beside amounts.
type column struct {
	role  string
	level int    // of a classification; 0 when it has one step
	label bool   // the words, not the code
	lang  string // of a label
	index int
}

// measure is a column of amounts with what its header or its descriptor says of
// all of them.
type measure struct {
	index     int
	header    string
	year      int
	direction string
	phase     string
	currency  string
	factor    Decimal
	columns   []column // constants of this measure
	values    []string // of columns
}

// plan says how the rows of a table become lines.
type plan struct {
	columns  []column
	measures []measure
	fixed    []column // what the descriptor says of all rows, by index into values
	values   []string
	missing  []string // further ways to write "nothing"
}

func (p *plan) has(role string) bool {
	is := func(c column) bool { return c.role == role }
	return slices.ContainsFunc(p.columns, is) || slices.ContainsFunc(p.fixed, is)
}

func (p *plan) fix(c column, value string) {
	if value == "" {
		return
	}
	c.index = len(p.values)
	p.fixed = append(p.fixed, c)
	p.values = append(p.values, value)
}

// parseRole reads "functional.2.label"; ok is false for what is no role.
func parseRole(s string) (c column, ok bool) {
	parts := strings.Split(s, ".")
	c.role = parts[0]
	switch c.role {
	case roleYear, roleDate, roleDirection, rolePhase, roleCurrency, roleNote, roleID:
		return c, len(parts) == 1
	case roleLabel:
		if len(parts) == 2 {
			c.lang = parts[1]
		}
		return c, len(parts) < 3
	case roleAdmin, roleFunc, roleEcon, roleFund, roleProgram, roleProject:
	default:
		return c, false
	}
	for _, p := range parts[1:] {
		if p == "label" {
			c.label = true
		} else if n, err := strconv.Atoi(p); err == nil && n > 0 && n < 10 {
			c.level = n
		} else {
			return c, false
		}
	}
	return c, true
}

// roleName is the counterpart of parseRole.
func (c column) roleName() string {
	s := c.role
	if c.level > 0 {
		s += "." + strconv.Itoa(c.level)
	}
	if c.label {
		s += ".label"
	}
	if c.lang != "" {
		s += "." + c.lang
	}
	return s
}

// parseMeasure reads "amount:2027:executed".
func parseMeasure(s string) (m measure, ok bool) {
	parts := strings.Split(s, ":")
	if parts[0] != roleAmount {
		return m, false
	}
	m.factor = whole(1)
	for _, p := range parts[1:] {
		switch {
		case slices.Contains(Phases, p):
			m.phase = p
		case slices.Contains(Directions, p):
			m.direction = p
		case yearWord(p) != 0:
			m.year = yearWord(p)
		default:
			return m, false
		}
	}
	return m, true
}

func (m measure) roleName() string {
	s := roleAmount
	if m.year != 0 {
		s += ":" + strconv.Itoa(m.year)
	}
	if m.phase != "" {
		s += ":" + m.phase
	}
	if m.direction != "" {
		s += ":" + m.direction
	}
	return s
}

// put writes a value of a column into a line.
func (l *Line) put(c column, value string) {
	if value = strings.TrimFunc(value, isSpace); value == "" {
		return
	}
	switch c.role {
	case roleCurrency:
		l.Currency = strings.ToUpper(value)
	case roleAdmin:
		step(&l.Admin, c, value)
	case roleFunc:
		step(&l.Func, c, value)
	case roleEcon:
		step(&l.Econ, c, value)
	case roleFund:
		l.Fund.put(c, value)
	case roleProgram:
		l.Program.put(c, value)
	case roleProject:
		l.Project.put(c, value)
	case roleNote:
		if l.Note != "" {
			value = l.Note + "; " + value
		}
		l.Note = value
	case roleID:
		l.ID = value
	case roleLabel:
		if c.lang == "" {
			l.Label = value
			return
		}
		if l.Labels == nil {
			l.Labels = map[string]string{}
		}
		l.Labels[c.lang] = value
	}
}

func (n *Node) put(c column, value string) {
	if c.label {
		n.Label = value
	} else {
		n.Code = value
	}
}

// step writes a step of a classification at its level.
func step(path *[]Node, c column, value string) {
	at := max(c.level, 1) - 1
	for len(*path) <= at {
		*path = append(*path, Node{})
	}
	(*path)[at].put(c, value)
}

// dense takes the steps out of which nothing is known.
func dense(path []Node) []Node {
	return slices.DeleteFunc(path, func(n Node) bool { return n == Node{} })
}

// name gives a line a label when the file has no column for it: the finest step
// that is named.
func (l *Line) name() {
	l.Admin, l.Func, l.Econ = dense(l.Admin), dense(l.Func), dense(l.Econ)
	if l.Label == "" {
		for _, lang := range []string{"ru", "ky", "en"} {
			if l.Label = l.Labels[lang]; l.Label != "" {
				break
			}
		}
	}
	if l.Label == "" {
		for _, n := range []Node{l.Project, l.Program, last(l.Func), last(l.Econ), last(l.Admin)} {
			if n.Label != "" {
				l.Label = n.Label
				break
			}
		}
	}
	l.Total, l.Within = stands(l.Label)
}

func last(path []Node) Node {
	if len(path) == 0 {
		return Node{}
	}
	return path[len(path)-1]
}
