package figures

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/platform/table"
)

// Row is a line of the open data. Counts that are nought are left out.
type Row struct {
	Kind   string `json:"kind"`
	Scope  string `json:"scope"`
	Code   string `json:"code"`
	Period string `json:"period"`
	From   string `json:"from"`
	To     string `json:"to"`
	Metric string `json:"metric"`
	Value  *int64 `json:"value"` // nil when it is not told
	Note   string `json:"note"`  // why
}

// dataColumns are the columns of Row as CSV, in order.
var dataColumns = []string{"kind", "scope", "code", "period", "from", "to", "metric", "value", "note"}

func (r Row) record() []string {
	value := ""
	if r.Value != nil {
		value = strconv.FormatInt(*r.Value, 10)
	}
	return []string{r.Kind, r.Scope, r.Code, r.Period, r.From, r.To, r.Metric, value, r.Note}
}

// rows are the lines of an entry.
func (e Entry) rows() []Row {
	var out []Row
	add := func(metric string, c Count) {
		if c == (Count{}) {
			return
		}
		r := Row{Kind: e.Kind, Scope: e.Scope, Code: e.Code, Period: e.Period, From: isoDay(e.From), To: isoDay(e.To), Metric: metric, Note: c.Note}
		if c.Note == "" {
			n := c.N
			r.Value = &n
		}
		out = append(out, r)
	}
	for _, m := range slices.Sorted(maps.Keys(e.Counts)) {
		add(m, e.Counts[m])
	}
	for _, d := range slices.Sorted(maps.Keys(e.Closed)) {
		add(fmt.Sprintf(closedAfter, d), Count{N: e.Closed[d]})
	}
	for _, d := range slices.Sorted(maps.Keys(e.Answered)) {
		add(fmt.Sprintf(answeredName, d), Count{N: e.Answered[d]})
	}
	return out
}

// filterRows are the columns by which the files may be narrowed; a value given
// several times takes each.
var filterRows = []string{"kind", "scope", "code", "period"}

// rows are the published lines that fit a filter.
func (p Published) rows(q url.Values) []Row {
	out := []Row{}
	for _, e := range p.Entries {
		fits := true
		for i, have := range []string{e.Kind, e.Scope, e.Code, e.Period} {
			want := q[filterRows[i]]
			fits = fits && (len(want) == 0 || slices.Contains(want, have))
		}
		if fits {
			out = append(out, e.rows()...)
		}
	}
	return out
}

// fileLink is the address of the lines behind a figure. Figures of a time stand
// beside those of the present, so both are in it.
func fileLink(kind, scope, code, period string) string {
	q := url.Values{"scope": {scope}, "period": {period}}
	if period == Weeks4 || period == Months12 {
		q.Add("period", Now)
	}
	if kind != "" {
		q.Set("kind", kind)
	}
	if code != "" {
		q.Set("code", code)
	}
	return "/data/figures.csv?" + q.Encode()
}

func (p *Pages) data(r *http.Request) ([]Row, error) {
	v := page.Of(r)
	all, err := p.Service.Published(r.Context(), v.City)
	if err != nil {
		return nil, err
	}
	return all.rows(r.URL.Query()), nil
}

func (p *Pages) json(w http.ResponseWriter, r *http.Request) error {
	rows, err := p.data(r)
	if err != nil {
		return err
	}
	return page.JSON(w, r, http.StatusOK, rows)
}

func (p *Pages) csv(w http.ResponseWriter, r *http.Request) error {
	rows, err := p.data(r)
	if err != nil {
		return err
	}
	return page.Table(w, r, "figures", table.CSV, &table.Table{Columns: table.Columns(dataColumns, nil)}, table.Of(rows, Row.record))
}
