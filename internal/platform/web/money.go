package web

import (
	"strconv"
	"strings"
)

// maxMoney is the largest amount that a form takes, in hundredths: sums of
// thousands of them still fit.
const maxMoney = 1e14

// Money reads an amount as people write it ("12 500,50") in hundredths of the
// currency; 0 when the field is empty. What is no amount of zero or more is an
// error of the field.
func (f *Form) Money(name string) int64 {
	s := f.Text(name)
	if s == "" {
		return 0
	}
	n, ok := ParseMoney(s)
	if !ok {
		f.Fail(name, "error.field.money")
	}
	return n
}

// ParseMoney reads an amount of zero or more with at most two places in
// hundredths. Spaces between the digits and either mark are taken.
func ParseMoney(s string) (minor int64, ok bool) {
	s = strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\u00a0', '\u202f', '\u2009':
			return -1
		case ',':
			return '.'
		}
		return r
	}, s)
	whole, part, cut := strings.Cut(s, ".")
	if len(part) > 2 || cut && part == "" {
		return 0, false
	}
	for len(part) < 2 {
		part += "0"
	}
	n, err := strconv.ParseUint(whole+part, 10, 63)
	if err != nil || whole == "" || n > maxMoney {
		return 0, false
	}
	return int64(n), true
}

// MoneyText writes an amount as a field shows it: digits in groups of three that
// do not part, places only where there are some.
func MoneyText(minor int64) string {
	text := strconv.FormatInt(minor/100, 10)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "\u00a0" + text[i:]
	}
	if minor%100 != 0 {
		text += "," + strconv.FormatInt(minor%100/10, 10) + strconv.FormatInt(minor%10, 10)
	}
	return text
}
