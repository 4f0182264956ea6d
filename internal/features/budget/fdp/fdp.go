// Package fdp reads budgets as governments publish them: Fiscal Data Packages
// (1.0rc1 with columnType, 0.3 with model, alpha with mapping), and plain CSV and
// XLSX tables whose columns are found by their headers. It is pure: it opens
// files, gives lines with exact amounts, and says which rows it refused and why.
//
// Nothing is guessed silently. What cannot be known is asked for as an *Unsure
// error, what was assumed stands in Report.Warnings.
package fdp

import (
	"fmt"
	"strings"
)

// The directions of a line.
const (
	Revenue     = "revenue"
	Expenditure = "expenditure"
	Financing   = "financing"
)

// Directions in the order in which they are told.
var Directions = []string{Revenue, Expenditure, Financing}

// The phases of a budget.
const (
	Proposed = "proposed"
	Approved = "approved"
	Adjusted = "adjusted"
	Executed = "executed"
)

// Phases in the order in which a year goes through them.
var Phases = []string{Proposed, Approved, Adjusted, Executed}

// Node is a step in a classification. Codes are text: leading zeros live.
type Node struct{ Code, Label string }

// Line is one figure of a file.
type Line struct {
	File      string // of a package with several, its base name
	Row       int    // physical line on which the row begins, or row of the sheet
	Year      int    // 0: the file does not say
	Direction string
	Phase     string // one of Phases; what the file says when it is another word; "" when nothing
	Amount    Decimal
	Currency  string
	// The classifications, from the widest step to the finest.
	Admin, Func, Econ []Node
	Fund              Node
	Program, Project  Node
	Label             string            // in the language of the file
	Labels            map[string]string // by language, where the file has columns for them
	Note              string
	ID                string // the file's own code of the line
	Total             bool   // its words say that it is the sum of other lines
	Within            bool   // its words say that it is contained in another line
}

// Refused is a row that gives no figure.
type Refused struct {
	File   string `json:"file,omitempty"`
	Line   int    `json:"line"`
	Code   string `json:"code"`   // for programs: empty_amount, not_a_number, …
	Reason string `json:"reason"` // in English
	Cell   string `json:"cell,omitempty"`
}

// The reasons for which a row is refused.
const (
	EmptyAmount   = "empty_amount"
	NotANumber    = "not_a_number"
	TwoWays       = "two_ways" // "1,234" in a column that writes both
	TooLong       = "too_long"
	TooManyCells  = "too_many_cells"
	OpenQuote     = "open_quote"
	BadYear       = "bad_year"
	BadDirection  = "bad_direction"
	TooSmall      = "too_small" // less than a hundredth of the unit of account
	OtherYear     = "other_year"
	OtherPhase    = "other_phase"
	OtherCurrency = "other_currency"
)

var reasons = map[string]string{
	EmptyAmount:   "the amount is empty",
	NotANumber:    "the amount is not a number",
	TwoWays:       "the amount can be read in two ways",
	TooLong:       "the amount has too many digits",
	TooManyCells:  "the row has more cells than the header; a separator may stand inside a value",
	OpenQuote:     "a quotation mark is opened and never closed",
	BadYear:       "the year is not readable",
	BadDirection:  "the direction is not known",
	TooSmall:      "the amount is finer than one tyiyn",
	OtherYear:     "the row is of another year",
	OtherPhase:    "the row is of another phase",
	OtherCurrency: "the row is in another currency",
}

// Refuse is a refusal with its reason in words.
func Refuse(file string, line int, code, cell string) Refused {
	reason := reasons[code]
	if cell = strings.TrimSpace(cell); cell != "" {
		if r := []rune(cell); len(r) > 60 {
			cell = string(r[:60]) + "…"
		}
		reason += fmt.Sprintf(": %q", cell)
	}
	return Refused{File: file, Line: line, Code: code, Reason: reason, Cell: cell}
}

// Unsure tells that a file can be read in several ways and which answer is
// missing. Candidates are headers, or values for Flag.
type Unsure struct {
	What       string   // "amount", "locale", "header"
	Candidates []string // may be empty
	Flag       string   // how a command line answers it
}

// Error implements error.
func (u *Unsure) Error() string {
	quoted := make([]string, len(u.Candidates))
	for i, c := range u.Candidates {
		quoted[i] = fmt.Sprintf("%q", c)
	}
	switch {
	case u.What == "locale":
		return "it is not clear whether a comma in the amounts is the decimal sign or separates thousands; say " + u.Flag
	case len(quoted) == 0:
		return "no column looks like the " + u.What + "; say " + u.Flag
	}
	return "which column is the " + u.What + "? It may be " + strings.Join(quoted, " or ") + "; say " + u.Flag
}

// Options say what a file does not.
type Options struct {
	Map       map[string]string // role, such as "amount" or "amount:executed" → header or "#3"
	Unit      string            // "som", "thousand", "million"; "" as the file says, or som
	Locale    string            // "ru", "ky", "de": decimal comma; "en": decimal point; "" found out
	Direction string            // of lines of which nothing says it
	Phase     string
	Year      int
	Sheet     string // of a workbook; "" the first that has a budget
	Encoding  string // of a text file; "" found out
}

// Units are the factors of the units, in powers of ten.
var Units = map[string]int{"som": 0, "thousand": 3, "million": 6}
