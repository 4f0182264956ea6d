package i18n

import (
	"strconv"
	"strings"
	"time"
)

// months as they stand in a date: Russian in the genitive.
var months = map[string][12]string{
	"ky": {"январь", "февраль", "март", "апрель", "май", "июнь", "июль", "август", "сентябрь", "октябрь", "ноябрь", "декабрь"},
	"ru": {"января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября", "декабря"},
	"en": {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
}

// Date writes a day: "23 November 2026", "23 ноября 2026", "2026-жылдын 23-ноябры"
// in its short form "23-ноябрь, 2026".
func (p *Printer) Date(t time.Time) string {
	y, m, d := t.Date()
	return p.dayMonth(d, m) + p.yearAfter() + strconv.Itoa(y)
}

// Day writes a day without its year.
func (p *Printer) Day(t time.Time) string {
	_, m, d := t.Date()
	return p.dayMonth(d, m)
}

// Month writes a month of a year where no day stands before it: "November
// 2026", "ноябрь 2026", "ноябрь, 2026".
func (p *Printer) Month(year int, m time.Month) string {
	names := months[p.lang]
	if p.lang == "ru" {
		names = months["ky"] // the same names, without a case
	}
	return names[m-1] + p.yearAfter() + strconv.Itoa(year)
}

// DayPatterns are twelve texts, one a month, in which "{d}" is the day: for
// scripts, because no browser writes dates in Kyrgyz.
func (p *Printer) DayPatterns() []string {
	out := make([]string, 12)
	for i := range out {
		out[i] = "{d}" + strings.TrimPrefix(p.dayMonth(1, time.Month(i+1)), "1")
	}
	return out
}

// DateTime writes a day and the time of the clock.
func (p *Printer) DateTime(t time.Time) string { return p.Date(t) + ", " + t.Format("15:04") }

func (p *Printer) dayMonth(d int, m time.Month) string {
	sep := " "
	if p.lang == "ky" {
		sep = "-"
	}
	return strconv.Itoa(d) + sep + months[p.lang][m-1]
}

func (p *Printer) yearAfter() string {
	if p.lang == "ky" {
		return ", "
	}
	return " "
}

// thin groups digits without letting a line break there.
const thin = "\u202f"

// Number writes a whole number with its digits grouped.
func (p *Printer) Number(n int) string {
	digits := strconv.Itoa(n)
	sign := ""
	if n < 0 {
		sign, digits = "−", digits[1:]
	}
	sep := thin
	if p.lang == "en" {
		sep = ","
	} else if len(digits) < 5 {
		return sign + digits
	}
	return sign + group(digits, sep)
}

func group(digits, sep string) string {
	var b strings.Builder
	for i, r := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteString(sep)
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Decimal writes a number with the given places after the mark.
func (p *Printer) Decimal(v float64, places int) string {
	text := strconv.FormatFloat(v, 'f', places, 64)
	if places > 0 {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	whole, frac, cut := strings.Cut(text, ".")
	n, _ := strconv.Atoi(whole)
	out := p.Number(n)
	if !cut {
		return out
	}
	mark := ","
	if p.lang == "en" {
		mark = "."
	}
	return out + mark + frac
}

// Percent writes a share from 0 to 1 in whole percents.
func (p *Printer) Percent(share float64) string { return p.PercentTo(share, 0) }

// PercentTo writes a share from 0 to 1 in percents with so many digits.
func (p *Printer) PercentTo(share float64, digits int) string {
	space := thin
	if p.lang == "en" {
		space = ""
	}
	return p.Decimal(share*100, digits) + space + "%"
}

// Money writes an amount in hundredths of a currency. The som has no sign in
// the typeface, so it is a word.
func (p *Printer) Money(minor int64, currency string) string {
	text := p.Decimal(float64(minor)/100, 2)
	if minor%100 == 0 {
		text = p.Number(int(minor / 100))
	}
	if currency == "KGS" {
		if p.lang == "en" {
			return text + " som"
		}
		return text + " сом"
	}
	return text + " " + currency
}

// Days writes a number of days.
func (p *Printer) Days(n int) string { return p.T("i18n.days", "n", n) }

// Ago writes how long before now t was, coarsely: minutes, hours, days, then
// the date.
func (p *Printer) Ago(t, now time.Time) string {
	d := now.Sub(t)
	switch {
	case d < time.Minute:
		return p.T("i18n.now")
	case d < time.Hour:
		return p.T("i18n.minutes_ago", "n", int(d.Minutes()))
	case d < 24*time.Hour:
		return p.T("i18n.hours_ago", "n", int(d.Hours()))
	case d < 7*24*time.Hour:
		return p.T("i18n.days_ago", "n", int(d.Hours()/24))
	}
	return p.Date(t)
}
