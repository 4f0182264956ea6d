package budget

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/features/budget/ledger"
	"github.com/ashar-kg/ashar/internal/platform/table"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// address is where a course is shown.
func (at Stretch) address() string {
	q := url.Values{"year": {strconv.Itoa(int(at.Year))}, "dir": {string(at.Direction)}}
	if at.Line != 0 {
		q.Set("line", number(at.Line))
	} else {
		q.Set("by", at.Scheme)
	}
	if at.Code != "" {
		q.Set("at", at.Code)
	}
	return "/budget/year?" + q.Encode()
}

// file is the address of the table of a course as a file.
func (at Stretch) file(kind string) string {
	return "/budget/year/course." + kind + strings.TrimPrefix(at.address(), "/budget/year")
}

// asked reads which course an address means.
func asked(r *http.Request) (at Stretch, ok bool) {
	q := r.URL.Query()
	year, _ := strconv.Atoi(q.Get("year"))
	at = Stretch{Year: ledger.Year(year), Known: q.Get("known"), Direction: ledger.Direction(q.Get("dir")), Scheme: q.Get("by"), Code: q.Get("at")}
	at.Line, _ = strconv.ParseInt(q.Get("line"), 10, 64)
	if at.Line != 0 {
		at.Scheme, at.Code = "", ""
	}
	ok = (at.Direction == "" || slices.Contains(ledger.Directions, at.Direction)) && (at.Scheme == "" || columnOf[at.Scheme] != "") && (at.Direction != "" || at.Code == "" && at.Line == 0)
	return at, ok
}

func (p *Pages) year(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	at, ok := asked(r)
	if !ok {
		return web.NotFound()
	}
	x, err := p.Service.Course(r.Context(), s.City, at)
	if err != nil {
		return err
	}
	name, _ := x.name(s)
	return page.Render(w, r, page.Meta{Title: name + ", " + strconv.Itoa(int(x.Year)) + ": " + s.T("budget.course"), Description: s.T("budget.course.text"), Wide: true}, yearView(s, x))
}

// yearFile sends the table of a course.
func (p *Pages) yearFile(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	at, ok := asked(r)
	kind, known := kindOf(r, "course")
	if !ok || !known {
		return web.NotFound()
	}
	x, err := p.Service.Course(r.Context(), s.City, at)
	if err != nil {
		return err
	}
	name := s.City.Slug + "-budget-course-" + strconv.Itoa(int(x.Year)) + "-" + string(x.Direction)
	return page.Table(w, r, name, kind, s.table("rows", courseColumns, x.address()), table.All(x.records(s)))
}

// The kinds of a row.
const (
	rowPlan   = "plan"   // of the whole year, in force from a day on
	rowDraft  = "draft"  // the same, not adopted
	rowPeriod = "period" // a plan of a part of the year
	rowDone   = "done"   // what was done up to a day
)

// courseRow is a row of the table: a document, and what was planned and done on
// its day.
type courseRow struct {
	ledger.Point
	Source
	kind     string
	plan     *ledger.Point // in force on the day
	target   *ledger.Point // the plan of the same part of the year
	replaced bool          // a newer document tells of the same day
}

// rows are the table, in the order of the year.
func (x *Course) rows() (out []courseRow) {
	kind := rowPlan
	if x.Draft {
		kind = rowDraft
	}
	for _, p := range x.Plans {
		out = append(out, courseRow{Point: p, kind: kind, plan: &p})
	}
	for _, p := range x.Periods {
		out = append(out, courseRow{Point: p, kind: rowPeriod})
	}
	for i, p := range x.Done {
		r := courseRow{Point: p, kind: rowDone, target: x.target(p.Day), replaced: i+1 < len(x.Done) && x.Done[i+1].Day == p.Day}
		if plan, ok := x.InForce(p.Day); ok {
			r.plan = &plan
		}
		out = append(out, r)
	}
	for i := range out {
		out[i].Source = x.Sources[out[i].Of]
	}
	slices.SortStableFunc(out, func(a, b courseRow) int { return strings.Compare(a.Point.Day, b.Point.Day) })
	return out
}

// target is the newest plan of the part of the year that ends on a day.
func (x *Course) target(day string) (p *ledger.Point) {
	for _, at := range x.Periods {
		if at.Day == day {
			p = &at
		}
	}
	return p
}

// courseColumns are those of the file of a course. Amounts are in som, shares parts of one.
var courseColumns = table.Columns([]string{
	"fiscal_year", "direction", "classification", "code", "label", "kind", "day", "plan", "executed", "share_of_plan", "replaced",
	"version", "phase", "version_date", "source", "source_file", "inferred", "page",
}, map[string]table.Kind{
	"fiscal_year": table.Integer, "plan": table.Amount, "executed": table.Amount, "share_of_plan": table.Number, "replaced": table.Boolean, "inferred": table.Boolean,
})

// records are the rows of the file of a course.
func (x *Course) records(s *scene) (out [][]string) {
	label, _ := x.name(s)
	amount := func(p *ledger.Point) string {
		if p == nil {
			return ""
		}
		return som(p.Amount)
	}
	for _, r := range x.rows() {
		plan, done, share := r.plan, (*ledger.Point)(nil), ""
		switch {
		case r.kind == rowPeriod:
			plan = &r.Point
		case r.kind == rowDone:
			done = &r.Point
			if plan != nil && plan.Amount.Tyiyn() > 0 {
				share = strconv.FormatFloat(r.Amount.Share(plan.Amount), 'f', 4, 64)
			}
		}
		out = append(out, []string{
			strconv.Itoa(int(x.Year)), string(x.Direction), x.Scheme, x.Code, label, r.kind, r.Point.Day, amount(plan), amount(done), share, strconv.FormatBool(r.replaced),
			number(r.ID), string(r.Phase), r.Version.Day, r.Version.Source, r.FileName, strconv.FormatBool(r.inferred), s.Absolute(r.at(x)),
		})
	}
	return out
}

// at is where the rows behind a figure stand.
func (v Source) at(x *Course) string {
	if v.line != 0 {
		return lineAt(v.ID, v.line)
	}
	return stepAt(v.ID, v.Slice, x.Scheme, x.Code)
}

// name is what the course is of.
func (x *Course) name(s *scene) (text, lang string) {
	switch {
	case x.Label != nil:
		return x.Label.Labels.In(s.Lang())
	case x.Code != "":
		return x.tree.name(x.Scheme, x.Code, s.Lang())
	}
	return s.T("budget.course.whole." + string(x.Direction)), ""
}

// part is the same course of a step below.
func (x *Course) part(code string) Stretch {
	at := x.Stretch
	at.Code = code
	return at
}

// told is the course in a sentence or several; nothing when there is nothing to say.
func (s *scene) told(x *Course) (out []string) {
	done, plan := x.Last()
	if done == nil || plan == nil || plan.Amount.Tyiyn() <= 0 {
		return nil
	}
	share := done.Amount.Share(plan.Amount)
	of := "plan"
	if x.Draft {
		of = "draft"
	}
	out = append(out, s.T("budget.course.told."+of+"."+string(x.Direction), "day", s.day(done.Day), "share", s.P.Percent(share), "done", s.money(done.Amount), "plan", s.money(plan.Amount)))
	if at := x.Year.At(done.Day); at < 1 {
		out = append(out, s.T("budget.course.even", "share", s.P.Percent(at)))
	}
	if t := x.target(done.Day); t != nil && t.Amount.Tyiyn() > 0 {
		out = append(out, s.T("budget.course.target", "plan", s.money(t.Amount), "share", s.P.PercentTo(done.Amount.Share(t.Amount), 1)))
	}
	return append(out, s.before(x, done.Day))
}

// before says what was done the year before by the same day.
func (s *scene) before(x *Course, day string) string {
	same := (x.Year - 1).Same(day)
	if x.Before != nil {
		done, ok := x.Before.By(same)
		plan, planned := x.Before.InForce(same)
		if ok && planned && done.Day == same && plan.Amount.Tyiyn() > 0 {
			of := "plan"
			if x.Before.Draft {
				of = "draft"
			}
			return s.T("budget.course.before."+of, "day", s.day(same), "share", s.P.Percent(done.Amount.Share(plan.Amount)), "done", s.money(done.Amount))
		}
	}
	return s.T("budget.course.before.none", "day", s.day(same))
}

// missing is what the city has not published of the course.
func (s *scene) missing(x *Course) (out []string) {
	year := strconv.Itoa(int(x.Year))
	switch {
	case len(x.Plans) == 0:
		out = append(out, s.T("budget.course.no_plan", "year", year))
	case x.Draft:
		out = append(out, s.T("budget.course.only_draft", "year", year))
	}
	switch told := x.Telling(); {
	case len(told) == 0:
		out = append(out, s.T("budget.course.no_report", "year", year))
	case len(told) == 1:
		out = append(out, s.T("budget.course.one_report", "day", s.day(told[0].Day)))
	}
	return append(out, s.next(x)...)
}

// next is when the next report is due, while the year is not told to its end.
func (s *scene) next(x *Course) []string {
	if done, _ := x.Last(); done != nil && done.Day == x.Year.Last() {
		return nil
	}
	if x.Next == nil && s.Now.In(s.City.Zone).Year() > int(x.Year) {
		return []string{s.T("budget.course.next_never", "year", strconv.Itoa(int(x.Year)))}
	}
	if x.Next == nil {
		return []string{s.T("budget.course.next_unknown")}
	}
	name := s.T("budget.document." + x.Next.Kind)
	switch state, late := x.Next.State(s.Now.In(s.City.Zone)); state {
	case DocExpected:
		return []string{s.T("budget.course.next", "document", name, "day", s.day(x.Next.Due))}
	case DocLate, DocNever:
		return []string{s.T("budget.course.next_late", "document", name, "day", s.day(x.Next.Due), "n", late)}
	}
	return []string{s.T("budget.course.next_unknown")}
}

// months are the short names of the twelve months.
func (s *scene) months() (out [12]string) {
	for i := range out {
		r := []rune(s.P.Month(2000, time.Month(i+1)))
		out[i] = string(r[:3])
	}
	return out
}
