package fdp

import (
	"strconv"
	"strings"
	"unicode"
)

// The roles that a column may have. Classifications may carry a level and "label",
// as in "functional.2.label"; amounts their year, direction or phase, as in
// "amount:2027".
const (
	roleAmount    = "amount"
	roleYear      = "year"
	roleDate      = "date"
	roleDirection = "direction"
	rolePhase     = "phase"
	roleCurrency  = "currency"
	roleAdmin     = "administrative"
	roleFunc      = "functional"
	roleEcon      = "economic"
	roleFund      = "fund"
	roleProgram   = "program"
	roleProject   = "project"
	roleLabel     = "label"
	roleNote      = "note"
	roleID        = "id"
)

// Fold makes texts comparable: lower case, one kind of space, no punctuation.
func Fold(s string) string { return fold(s) }

// fold makes headers and values comparable: lower case, one kind of space, no
// punctuation.
func fold(s string) string {
	var b strings.Builder
	gap := false
	var last rune
	for _, r := range s {
		switch {
		case r == '\ufeff' || r == '\u200b':
			continue
		case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '$' || r == '%':
			// "FiscalYear" is two words.
			if unicode.IsUpper(r) && unicode.IsLower(last) {
				gap = true
			}
			if gap && b.Len() > 0 {
				b.WriteByte(' ')
			}
			gap = false
			last = r
			if r = unicode.ToLower(r); r == 'ё' {
				r = 'е'
			}
			b.WriteRune(r)
		default:
			gap = true
		}
	}
	return b.String()
}

// unitWords say in which unit a header's amounts are.
var unitWords = map[string]string{
	"thousand": "thousand", "thousands": "thousand", "ths": "thousand", "тыс": "thousand", "тысяч": "thousand", "миң": "thousand", "000": "thousand",
	"million": "million", "millions": "million", "mln": "million", "mn": "million", "млн": "million", "миллион": "million", "миллионов": "million",
}

// currencyWords are taken off a header before it is looked up.
var currencyWords = map[string]bool{
	"som": true, "soms": true, "kgs": true, "usd": true, "eur": true, "gbp": true, "dollars": true, "$": true, "us": true,
	"сом": true, "сомов": true, "сомы": true, "руб": true, "в": true, "in": true, "of": true, "the": true, "менен": true, "g": true, "г": true,
}

// heading is a header taken apart.
type heading struct {
	raw   string
	words []string // folded, without units, currencies and years
	all   string   // folded, complete
	unit  string
	year  int // a year that it names
}

func headingOf(raw string) heading {
	h := heading{raw: raw, all: fold(raw)}
	for w := range strings.FieldsSeq(h.all) {
		if u, ok := unitWords[w]; ok {
			h.unit = u
			continue
		}
		if y := yearWord(w); y != 0 {
			h.year = y
			continue
		}
		if !currencyWords[w] {
			h.words = append(h.words, w)
		}
	}
	return h
}

func yearWord(w string) int {
	if len(w) == 6 {
		w = strings.TrimPrefix(w, "fy")
	}
	if len(w) != 4 {
		return 0
	}
	y, err := strconv.Atoi(w)
	if err != nil || y < minYear || y > maxYear {
		return 0
	}
	return y
}

const (
	minYear = 1900
	maxYear = 2199
)

// is tells whether the header is exactly one of the phrases.
func (h heading) is(phrases map[string]bool) bool {
	return phrases[strings.Join(h.words, " ")] || phrases[h.all]
}

// has tells whether one of the header's words begins with one of the stems.
func (h heading) has(stems ...string) bool {
	for _, w := range h.words {
		for _, s := range stems {
			if w == s || len(s) > 3 && strings.HasPrefix(w, s) {
				return true
			}
		}
	}
	return false
}

func set(words ...string) map[string]bool {
	m := map[string]bool{}
	for _, w := range words {
		m[w] = true
	}
	return m
}

// surely are headers that mean the amount and nothing else; perhaps are those
// that may mean it when no other column does.
var (
	surely = set("amount", "amounts", "value", "sum", "total", "total amount", "amount total", "budget amount", "budgeted amount", "fiscal amount", "line amount",
		"сумма", "итого", "всего", "сумма всего", "объем", "объем средств", "сумма бюджета", "значение", "общая сумма",
		"сумма жалпы", "суммасы", "сумма жыйынтыгы", "жалпы сумма", "жыйынтыгы", "баары", "бардыгы", "көлөмү")
	perhaps = []string{
		"amount", "value", "total", "budget", "sum", "сумма", "суммасы", "бюджет", "бюджети", "итого", "всего", "ассигнован", "план", "plan", "planned", "факт", "fact",
		"appropriation", "allocation", "allotment", "money", "акча", "каражат", "cost", "стоимость", "баасы",
	}
)

// directionStems are how the directions begin in headers and values.
var directionWords = map[string]string{
	"revenue": Revenue, "revenues": Revenue, "income": Revenue, "receipt": Revenue, "receipts": Revenue, "rev": Revenue, "r": Revenue,
	"доход": Revenue, "доходы": Revenue, "доходов": Revenue, "поступления": Revenue, "поступление": Revenue,
	"киреше": Revenue, "кирешелер": Revenue, "кирешеси": Revenue, "кирешелери": Revenue, "түшүү": Revenue, "түшүүлөр": Revenue,
	"expenditure": Expenditure, "expenditures": Expenditure, "expense": Expenditure, "expenses": Expenditure, "spending": Expenditure, "exp": Expenditure, "outlay": Expenditure, "outlays": Expenditure, "e": Expenditure,
	"расход": Expenditure, "расходы": Expenditure, "расходов": Expenditure, "затраты": Expenditure, "выплаты": Expenditure,
	"чыгаша": Expenditure, "чыгашалар": Expenditure, "чыгашасы": Expenditure, "чыгашалары": Expenditure, "чыгым": Expenditure, "чыгымдар": Expenditure, "сарптоо": Expenditure,
	"financing": Financing, "borrowing": Financing, "financial transactions": Financing, "финансирование": Financing, "источники финансирования": Financing, "источник финансирования дефицита": Financing,
	"каржылоо": Financing, "финансылоо": Financing,
}

// directionOf reads a value such as "Расходы бюджета".
func directionOf(s string) string {
	if d, ok := directionWords[s]; ok {
		return d
	}
	f := fold(s)
	if d, ok := directionWords[f]; ok {
		return d
	}
	first, _, _ := strings.Cut(f, " ")
	if len([]rune(first)) > 1 {
		return directionWords[first]
	}
	return ""
}

var phaseWords = map[string]string{
	"proposed": Proposed, "proposal": Proposed, "draft": Proposed, "proposition": Proposed, "projected": Proposed, "проект": Proposed, "предложено": Proposed, "предложенный": Proposed, "прогноз": Proposed,
	"долбоор": Proposed, "долбоору": Proposed, "сунушталган": Proposed, "сунуш": Proposed, "болжол": Proposed,
	"approved": Approved, "adopted": Approved, "enacted": Approved, "allocated": Approved, "approval": Approved, "budgeted": Approved, "original": Approved, "planned": Approved, "plan": Approved,
	"утверждено": Approved, "утвержденный": Approved, "утвержден": Approved, "принято": Approved, "план": Approved, "утвержденные": Approved, "бекитилген": Approved, "кабыл": Approved, "пландалган": Approved,
	"adjusted": Adjusted, "revised": Adjusted, "amended": Adjusted, "modified": Adjusted, "adjustment": Adjusted, "уточнено": Adjusted, "уточненный": Adjusted, "уточненные": Adjusted, "тактоо": Adjusted, "такталган": Adjusted, "өзгөртүлгөн": Adjusted,
	"executed": Executed, "actual": Executed, "actuals": Executed, "execution": Executed, "spent": Executed, "actual spending": Executed, "исполнено": Executed, "исполнение": Executed, "исполненный": Executed, "факт": Executed, "фактически": Executed,
	"аткарылган": Executed, "аткаруу": Executed, "аткарылды": Executed, "иш": Executed,
}

// phaseOf reads a value such as "Утверждённый бюджет"; "" when it is none.
func phaseOf(s string) string {
	if p, ok := phaseWords[s]; ok {
		return p
	}
	f := fold(s)
	if p, ok := phaseWords[f]; ok {
		return p
	}
	first, _, _ := strings.Cut(f, " ")
	return phaseWords[first]
}

// phaseIn finds a phase among the words of a header.
func (h heading) phase() string {
	for _, w := range h.words {
		if p, ok := phaseWords[w]; ok {
			return p
		}
	}
	return ""
}

func (h heading) direction() string {
	for _, w := range h.words {
		if d, ok := directionWords[w]; ok && len(w) > 3 {
			return d
		}
	}
	return ""
}

// yearOf reads a fiscal year: "2026", "FY2026", "2025/26" (its first), a date.
func yearOf(s string) (int, bool) {
	digits := 0
	for i := 0; i <= len(s); i++ {
		if i < len(s) && s[i] >= '0' && s[i] <= '9' {
			digits++
			continue
		}
		if digits == 4 {
			if y, err := strconv.Atoi(s[i-4 : i]); err == nil && y >= minYear && y <= maxYear {
				return y, true
			}
		}
		digits = 0
	}
	return 0, false
}

// totals are the words with which a row says that it adds others up, within
// those that it is a part already counted.
var (
	totals = []string{"total", "grand total", "subtotal", "итого", "всего", "жыйынтыгы", "жалпы", "бардыгы", "баары", "жыйынтык"}
	within = []string{"of total", "of which", "of it", "including", "в том числе", "из них", "в т ч", "анын ичинде", "алардын ичинен"}
)

func begins(label string, phrases []string) bool {
	for _, p := range phrases {
		if rest, ok := strings.CutPrefix(label, p); ok && (rest == "" || rest[0] == ' ') {
			return true
		}
	}
	return false
}

// stands tells from a label whether the line is a sum of others or inside one.
func stands(label string) (total, inside bool) {
	f := fold(label)
	if begins(f, within) {
		return false, true
	}
	return begins(f, totals), false
}
