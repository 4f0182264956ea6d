package project

import (
	"fmt"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// Refusal is something in a file that is not taken: at a line from 1, in a
// column of a table, and in a document at a path. Reason is in English, for
// programs and the command; a page says Code in the language of its reader,
// under project.refused.
type Refusal struct {
	Line   int    `json:"line,omitempty"`
	Path   string `json:"path,omitempty"`
	Column string `json:"column,omitempty"`
	Code   string `json:"code"`
	Value  string `json:"value,omitempty"` // what stands there, or what is missing or allowed
	Reason string `json:"reason"`
}

// Where is the place of a refusal in a document; a table has lines.
func (r Refusal) Where() string {
	if r.Path != "" {
		return r.Path
	}
	return fmt.Sprintf("line %d", r.Line)
}

// place is where a page says that a refusal is.
func (s *scene) place(r Refusal) string {
	where := r.Path
	if where == "" {
		where = s.T("project.refused.line", "n", r.Line)
	}
	if r.Column != "" {
		where += ", " + r.Column
	}
	return where
}

// The reasons for which something in a file is refused.
const (
	badEmpty      = "empty"
	badJSON       = "json"
	badObject     = "object"
	badWorkbook   = "workbook"
	badTable      = "table"
	badHeader     = "header"
	badNoRows     = "no_rows"
	badMany       = "many"
	badExample    = "example"
	badList       = "list"
	badNoProject  = "no_project"
	badNoRelease  = "no_release"
	badRecord     = "record"
	badLinked     = "linked"
	badOrigin     = "origin"
	badTwice      = "twice"
	badMissing    = "missing"
	badLong       = "long"
	badCode       = "code"
	badBody       = "body"
	badDay        = "day"
	badInstant    = "instant"
	badOrder      = "order"
	badAmount     = "amount"
	badCurrency   = "currency"
	badCurrencies = "currencies"
	badPlace      = "place"
	badGeometry   = "geometry"
	badINN        = "inn"
	badOCID       = "ocid"
	badType       = "type"
	badSchema     = "schema"
)

// Reasons are the codes of refusals with their English texts.
var Reasons = map[string]string{
	badEmpty:      "the file is empty",
	badJSON:       "this is not JSON",
	badObject:     "a package of projects or releases is an object",
	badWorkbook:   "this is not a workbook",
	badTable:      "the table breaks off here",
	badHeader:     "the first row names the columns: id and a title (title_ky, title_ru or title_en) at least",
	badNoRows:     "the table has no rows",
	badMany:       "there are too many projects for one file",
	badExample:    "the example of the template is left out",
	badList:       "this must be a list",
	badNoProject:  "a package has a list of projects with one at least",
	badNoRelease:  "the package has no release",
	badRecord:     "the record has no compiledRelease and no releases",
	badLinked:     "the release is only linked; import its file",
	badOrigin:     "another project comes of the same origin",
	badTwice:      "this id stands in the file twice",
	badMissing:    "this is missing",
	badLong:       "this is longer than 200 characters",
	badCode:       "this value is not allowed",
	badBody:       "the city has no body with this code",
	badDay:        "this is no day such as 2026-05-31",
	badInstant:    "this is no date and time by RFC 3339",
	badOrder:      "the end is before the start",
	badAmount:     "this is not an amount that can be kept",
	badCurrency:   "a currency is a code of three letters",
	badCurrencies: "the currency differs from that of the other contracts of the process",
	badPlace:      "these are no latitude and longitude",
	badGeometry:   "this is not a geometry of GeoJSON",
	badINN:        "an INN has 14 digits",
	badOCID:       "no project has a contract with this OCID",
	badType:       "this has a wrong type",
	badSchema:     "the standard does not allow this",
}

// refuse completes a refusal with its reason in words.
func refuse(r Refusal) Refusal {
	r.Reason = Reasons[r.Code]
	if r.Column != "" {
		r.Reason = r.Column + ": " + r.Reason
	}
	if r.Value = strings.TrimSpace(strings.ToValidUTF8(r.Value, "")); r.Value != "" {
		if v := []rune(r.Value); len(v) > 200 {
			r.Value = string(v[:200]) + "…"
		}
		r.Reason += ": " + r.Value
	}
	return r
}

// breach is the refusal of what breaks a schema, with what the validator says.
func breach(path string, k jsonschema.ErrorKind) Refusal {
	r := Refusal{Path: path, Code: badSchema, Value: k.LocalizedString(english)}
	switch k := k.(type) {
	case *kind.Required:
		r.Code, r.Value = badMissing, strings.Join(k.Missing, ", ")
	case *kind.Enum:
		r.Code, r.Value = badCode, fmt.Sprint(k.Got)
	case *kind.Type:
		r.Code, r.Value = badType, k.Got+" ≠ "+strings.Join(k.Want, ", ")
	case *kind.Format:
		if k.Want == "date-time" {
			r.Code, r.Value = badInstant, fmt.Sprint(k.Got)
		}
	}
	return refuse(r)
}
