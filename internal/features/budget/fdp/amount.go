package fdp

import (
	"strconv"
	"strings"
	"unicode"
)

// evidence is what the amounts of a column show about their separators.
type evidence struct {
	commaDecimal, commaGroup, dotDecimal, dotGroup, either int // how many amounts show it; either: "1,234"
}

// style is how the separators of amounts are read where one amount alone does
// not tell. Both false: such an amount is refused.
type style struct {
	comma, dot sep
}

type sep int

const (
	unknown sep = iota
	point       // the decimal sign
	group       // between thousands
)

// styles are the habits of languages.
var styles = map[string]style{
	"ru": {comma: point, dot: point}, "ky": {comma: point, dot: point},
	"de": {comma: point, dot: group}, "en": {comma: group, dot: point},
}

// style decides from the evidence; ok is false when somebody must be asked.
func (e evidence) style() (s style, ok bool) {
	s = style{comma: lean(e.commaDecimal, e.commaGroup), dot: lean(e.dotDecimal, e.dotGroup)}
	if s.comma == unknown && e.commaDecimal+e.commaGroup == 0 {
		switch {
		case e.dotDecimal > 0 && e.dotGroup == 0:
			s.comma = group
		case e.dotGroup > 0 && e.dotDecimal == 0:
			s.comma = point
		}
	}
	if s.dot == unknown && e.dotDecimal+e.dotGroup == 0 {
		s.dot = point // as programs write
		if s.comma == point && e.commaDecimal > 0 {
			s.dot = group
		}
	}
	return s, e.either == 0 || s.comma != unknown || e.commaDecimal > 0
}

func lean(decimal, grouped int) sep {
	switch {
	case decimal > 0 && grouped == 0:
		return point
	case grouped > 0 && decimal == 0:
		return group
	}
	return unknown
}

// shape is an amount whose words are taken off: digits with dots and commas.
type shape struct {
	text     string
	exponent int
	negative bool
	spaced   bool // thousands were separated by spaces or apostrophes
}

// blank tells whether a cell says that there is no amount.
func blank(cell string) bool {
	switch strings.TrimFunc(cell, isSpace) {
	case "", "-", "–", "—", "−", "…", "...", "n/a", "N/A", "x", "х", "X", "Х", "null", "NULL", "NA", "нет", "жок":
		return true
	}
	return false
}

func isSpace(r rune) bool {
	return unicode.IsSpace(r) || r == '\u200b' || r == '\ufeff' || r == '\u202f'
}

// money are the words and signs that stand beside amounts, as prefix or suffix.
var money = []string{"сомов", "сома", "сом", "с.", "som", "kgs", "usd", "eur", "rub", "руб.", "руб", "$", "€", "£", "₽", "⃀"}

// shapeOf takes the words, the sign and the spaces off an amount.
func shapeOf(cell string) (s shape, ok bool) {
	t := strings.TrimFunc(cell, isSpace)
	if inner, open := strings.CutPrefix(t, "("); open {
		if t, ok = strings.CutSuffix(inner, ")"); !ok {
			return s, false
		}
		s.negative = true
	}
	t = bare(t)
	for _, minus := range []string{"-", "−", "–"} {
		if rest, cut := strings.CutPrefix(t, minus); cut {
			t, s.negative = rest, !s.negative
			break
		}
		if rest, cut := strings.CutSuffix(t, minus); cut {
			t, s.negative = rest, !s.negative
			break
		}
	}
	t = bare(strings.TrimPrefix(t, "+"))
	if i := strings.IndexAny(t, "eE"); i > 0 {
		n, err := strconv.Atoi(t[i+1:])
		if err != nil || n > maxDigits || n < -maxDigits {
			return s, false
		}
		t, s.exponent = t[:i], n
	}
	if s.text, s.spaced, ok = unspace(t); !ok {
		return s, false
	}
	digits := false
	for _, r := range s.text {
		switch {
		case r >= '0' && r <= '9':
			digits = true
		case r != '.' && r != ',':
			return s, false
		}
	}
	return s, digits
}

// bare takes the names of money off both ends.
func bare(t string) string {
	if strings.Trim(t, "0123456789., ") == "" {
		return strings.TrimSpace(t)
	}
	low := strings.ToLower(t)
	if len(low) != len(t) {
		return strings.TrimFunc(t, isSpace)
	}
	for _, word := range money {
		if strings.HasPrefix(low, word) {
			low, t = low[len(word):], t[len(word):]
			break
		}
	}
	for _, word := range money {
		if strings.HasSuffix(low, word) {
			t = t[:len(t)-len(word)]
			break
		}
	}
	return strings.TrimFunc(t, isSpace)
}

// unspace takes the spaces and apostrophes between thousands out. They must
// stand there: "12 34" is two numbers.
func unspace(t string) (out string, spaced, ok bool) {
	split := func(r rune) bool { return isSpace(r) || r == '\'' || r == '’' }
	if strings.IndexFunc(t, split) < 0 {
		return t, false, true
	}
	head, tail := t, ""
	if i := strings.IndexAny(t, ".,"); i >= 0 {
		head, tail = t[:i], t[i:]
	}
	parts := strings.FieldsFunc(head, split)
	if strings.IndexFunc(tail, split) >= 0 || !grouped(parts) {
		return "", false, false
	}
	return strings.Join(parts, "") + tail, len(parts) > 1, true
}

// grouped tells whether parts are the thousands of one number.
func grouped(parts []string) bool {
	for i, p := range parts {
		if len(p) != 3 && (i > 0 || len(p) == 0 || len(p) > 3) {
			return len(parts) == 1
		}
	}
	return len(parts) > 0
}

// reading is how a shape's separators are to be understood.
type reading int

const (
	plain     reading = iota // no separator
	decimalAt                // the only separator is the decimal sign
	groups                   // the only kind of separator stands between thousands
	mixed                    // the last separator is the decimal sign, the others not
	either                   // "1,234"
	senseless
)

func (s shape) reading() (r reading, sign byte) {
	dots, commas := strings.Count(s.text, "."), strings.Count(s.text, ",")
	switch {
	case dots == 0 && commas == 0:
		return plain, 0
	case dots > 0 && commas > 0:
		sign = '.'
		if strings.LastIndexByte(s.text, ',') > strings.LastIndexByte(s.text, '.') {
			sign = ','
		}
		other := "."
		if sign == '.' {
			other = ","
		}
		head, _, _ := strings.Cut(s.text, string(sign))
		if strings.Count(s.text, string(sign)) != 1 || !grouped(strings.Split(head, other)) {
			return senseless, 0
		}
		return mixed, sign
	}
	sign = '.'
	if commas > 0 {
		sign = ','
	}
	parts := strings.Split(s.text, string(sign))
	if len(parts) > 2 {
		if !grouped(parts) || s.spaced {
			return senseless, 0
		}
		return groups, sign
	}
	if s.spaced || s.exponent != 0 || len(parts[1]) != 3 || !grouped(parts) || parts[0] == "0" {
		return decimalAt, sign
	}
	return either, sign
}

// see adds what one cell shows.
func (e *evidence) see(cell string) {
	if blank(cell) {
		return
	}
	s, ok := shapeOf(cell)
	if !ok {
		return
	}
	r, sign := s.reading()
	comma := sign == ','
	switch {
	case r == decimalAt && comma:
		e.commaDecimal++
	case r == decimalAt:
		e.dotDecimal++
	case r == groups && comma:
		e.commaGroup++
	case r == groups:
		e.dotGroup++
	case r == mixed && comma:
		e.commaDecimal++
		e.dotGroup++
	case r == mixed:
		e.dotDecimal++
		e.commaGroup++
	case r == either && comma:
		e.either++
	}
}

// read gives the amount of a cell, or the code of why there is none.
func (st style) read(cell string) (d Decimal, code string) {
	if blank(cell) {
		return d, EmptyAmount
	}
	s, ok := shapeOf(cell)
	if !ok {
		return d, NotANumber
	}
	r, sign := s.reading()
	if r == either {
		role := st.dot
		if sign == ',' {
			role = st.comma
		}
		switch role {
		case point:
			r = decimalAt
		case group:
			r = groups
		default:
			return d, TwoWays
		}
	}
	switch r {
	case senseless:
		return d, NotANumber
	case plain, groups:
		sign = 0
	}
	digits, scale := s.text, 0
	if sign != 0 {
		head, tail, _ := strings.Cut(s.text, string(sign))
		digits, scale = head+tail, len(tail)
	}
	digits = strings.ReplaceAll(strings.ReplaceAll(digits, ".", ""), ",", "")
	if d, ok = decimal(digits, scale-s.exponent, s.negative); !ok {
		return d, TooLong
	}
	return d, ""
}
