package budget

import (
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/ashar-kg/ashar/internal/civic/manifest"
	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/features/budget/fdp"
	"github.com/ashar-kg/ashar/internal/features/budget/ledger"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/table"
	"github.com/ashar-kg/ashar/internal/platform/ui"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// seriesRoutes are the pages of figures over the years and of what is known
// around them.
func (p *Pages) seriesRoutes() []manifest.Route {
	return []manifest.Route{
		{Pattern: "GET /budget/series", Handle: p.series, Cached: true},
		{Pattern: "GET /budget/series/{file}", Handle: p.seriesFile},
		{Pattern: "GET /budget/compare/{file}", Handle: p.compareFile},
		{Pattern: "GET /budget/prices", Handle: p.prices, Cached: true},
		{Pattern: "GET /budget/prices/{file}", Handle: p.pricesFile},
		{Pattern: "GET /staff/budget/prices", Handle: p.keepPrices},
		{Pattern: "POST /staff/budget/prices", Handle: p.savePrices},
		{Pattern: "GET /staff/budget/breaks", Handle: p.keepBreaks},
		{Pattern: "POST /staff/budget/breaks", Handle: p.saveBreak},
	}
}

// values are a series as an address has it.
func (w Wanted) values() url.Values {
	q := url.Values{"dir": {string(w.Direction)}}
	if w.Scheme != "" && w.Code != "" {
		q.Set("by", w.Scheme)
		q.Set("at", w.Code)
	}
	if w.Phase != "" {
		q.Set("phase", string(w.Phase))
	}
	if w.Prices != 0 {
		q.Set("prices", strconv.Itoa(int(w.Prices)))
	}
	return q
}

func seriesAt(w Wanted) string { return "/budget/series?" + w.values().Encode() }

// in is the same series in other prices.
func (w Wanted) in(y ledger.Year) Wanted {
	w.Prices = y
	return w
}

// wanted reads what series an address asks for; without a direction it is the
// expenditure.
func wanted(r *http.Request) Wanted {
	q := r.URL.Query()
	w := Wanted{Direction: ledger.Direction(q.Get("dir")), Scheme: q.Get("by"), Code: q.Get("at"), Phase: ledger.Phase(q.Get("phase")), Prices: pricesOf(r)}
	if w.Direction == "" {
		w.Direction = ledger.Expenditure
	}
	return w
}

// pricesOf reads in the prices of which year figures are asked for, 0 in those
// of their own.
func pricesOf(r *http.Request) ledger.Year {
	y, err := strconv.Atoi(r.URL.Query().Get("prices"))
	if err != nil || y < firstYear || y > lastYear {
		return 0
	}
	return ledger.Year(y)
}

func (p *Pages) series(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	x, err := p.Service.Series(r.Context(), s.City, wanted(r))
	if err != nil {
		return err
	}
	name, _ := s.seriesName(x)
	return page.Render(w, r, page.Meta{Title: s.T("budget.series.of", "name", name), Description: s.T("budget.series.text"), Wide: true}, seriesView(s, x))
}

// seriesName is what a series is of.
func (s *scene) seriesName(x *Series) (text, lang string) {
	switch {
	case x.Scheme == ByLine:
		return x.Labels.In(s.Lang())
	case x.Code == "":
		return s.T("budget.dir." + string(x.Direction)), ""
	}
	return x.tree.name(x.Scheme, x.Code, s.Lang())
}

// above are the links to the series of the steps above.
func (s *scene) above(x *Series) (out []ui.Link) {
	if x.Code == "" {
		return nil
	}
	up := x.Wanted
	up.Scheme, up.Code = "", ""
	out = append(out, ui.Link{Href: seriesAt(up), Text: s.T("budget.dir." + string(x.Direction))})
	for _, code := range x.Path {
		text, _ := x.tree.name(x.Scheme, code, s.Lang())
		up.Scheme, up.Code = x.Scheme, code
		out = append(out, ui.Link{Href: seriesAt(up), Text: text})
	}
	return out
}

// href is where a figure stands.
func (x *Series) href(f *Figure) string {
	if x.Scheme == ByLine {
		return lineAt(f.Version.ID, f.line)
	}
	return stepAt(f.Version.ID, f.Slice, x.Scheme, x.Code)
}

// yearText writes a year of an address or a page.
func yearText(y ledger.Year) string { return strconv.Itoa(int(y)) }

// seriesFile sends a series as a file: the figures as the documents have them, and
// beside them the adjusted ones, if any were asked for.
func (p *Pages) seriesFile(w http.ResponseWriter, r *http.Request) error {
	kind, ok := kindOf(r, "series")
	if !ok {
		return web.NotFound()
	}
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	x, err := p.Service.Series(r.Context(), s.City, wanted(r))
	if err != nil {
		return err
	}
	name := s.City.Slug + "-budget-series-" + string(x.Direction) + "-" + string(x.Phase)
	if x.Prices != 0 {
		name += "-prices-" + yearText(x.Prices)
	}
	return page.Table(w, r, name, kind, s.table("years", seriesColumns, "/budget/series?"+x.values().Encode()), table.All(s.seriesRows(x)))
}

// seriesColumns are those of the file of a series.
var seriesColumns = table.Columns([]string{
	"fiscal_year", "phase", "direction", "classification", "code", "label", "status", "amount_nominal", "currency", "adjusted", "amount_adjusted", "prices_of", "index_of_year", "index_of_prices", "index", "index_source",
	"residents", "residents_counted_by", "per_resident_nominal", "per_resident_adjusted", "planned_ahead", "version", "version_date", "source", "break_before", "break_source",
}, map[string]table.Kind{
	"fiscal_year": table.Integer, "amount_nominal": table.Amount, "adjusted": table.Boolean, "amount_adjusted": table.Amount, "prices_of": table.Integer,
	"index_of_year": table.Number, "index_of_prices": table.Number, "residents": table.Integer, "per_resident_nominal": table.Amount, "per_resident_adjusted": table.Amount,
	"planned_ahead": table.Boolean,
})

func (s *scene) seriesRows(x *Series) (out [][]string) {
	for _, p := range x.Points {
		rows := append([]*Figure{p.Figure}, p.Others...)
		for i, f := range rows {
			status := "figure"
			switch {
			case i > 0:
				status = "earlier_document"
			case f == nil && p.Version == nil:
				status = "no_document"
			case f == nil:
				status = "not_in_document"
			case x.Partial(f):
				status = "sum_of_lines"
			}
			out = append(out, s.seriesRow(x, p, f, status))
		}
	}
	return out
}

func (s *scene) seriesRow(x *Series, p *Point, f *Figure, status string) []string {
	label, _ := s.seriesName(x)
	row := map[string]string{
		"fiscal_year": yearText(p.Year), "phase": string(x.Phase), "direction": string(x.Direction), "classification": x.Scheme, "code": x.Code, "label": label, "status": status,
		"currency": s.City.Currency, "adjusted": "false",
	}
	for _, b := range p.Break {
		text, _ := b.Texts.In(s.Lang())
		row["break_before"], row["break_source"] = joined(row["break_before"], text), joined(row["break_source"], b.Source)
	}
	if f != nil {
		row["amount_nominal"] = som(f.Nominal)
		row["planned_ahead"] = strconv.FormatBool(f.Planned())
		row["version"], row["version_date"], row["source"] = number(f.Version.ID), f.Version.Day, f.Version.Source
		if f.Version.Residents > 0 {
			row["residents_counted_by"] = f.Version.Counted
			row["residents"], row["per_resident_nominal"] = number(f.Version.Residents), som(f.Nominal.Per(f.Version.Residents))
		}
		if f.Adjusted {
			s.adjustedCells(x, f, row)
		}
	}
	if x.Prices != 0 {
		row["prices_of"] = yearText(x.Prices)
	}
	cells := make([]string, len(seriesColumns))
	for i, c := range seriesColumns {
		cells[i] = row[c.Name]
	}
	return cells
}

func (s *scene) adjustedCells(x *Series, f *Figure, row map[string]string) {
	row["adjusted"], row["amount_adjusted"] = "true", som(f.Real)
	row["index_of_year"], row["index_of_prices"] = x.Index.Points(f.Slice.Year()), x.Index.Points(x.Prices)
	row["index"], _ = s.indexName(x.Index)
	row["index_source"] = x.Index.Source
	if f.Version.Residents > 0 {
		row["per_resident_adjusted"] = som(f.Real.Per(f.Version.Residents))
	}
}

// compareFile sends the rows of a comparison as its page has them, with the
// figures of the documents and, if asked for, the adjusted ones beside them.
func (p *Pages) compareFile(w http.ResponseWriter, r *http.Request) error {
	kind, ok := kindOf(r, "compare")
	if !ok {
		return web.NotFound()
	}
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	x, err := p.comparison(s, r)
	if err != nil {
		return err
	}
	if x == nil {
		return web.NotFound()
	}
	name := s.City.Slug + "-budget-compare-" + x.Before.Day + "-" + x.After.Day
	if x.priced.Adjusted {
		name += "-prices-" + yearText(x.priced.Prices)
	}
	rows := [][]string{s.compareRow(x, inAll, s.T("budget.whole"), ledger.Difference{Change: x.Totals})}
	for _, d := range x.Steps {
		label, _ := s.stepOf(x, d)
		rows = append(rows, s.compareRow(x, inSteps, label, d))
	}
	for _, d := range x.Lines {
		label, _ := s.lineOfKey(x, d)
		rows = append(rows, s.compareRow(x, inLines, label, d))
	}
	return page.Table(w, r, name, kind, s.table("rows", compareColumns, x.at(x.priced.Prices)), table.All(rows))
}

// compareColumns are those of the file of a comparison.
var compareColumns = table.Columns([]string{
	"level", "code", "label", "kind", "before_nominal", "after_nominal", "currency", "adjusted", "before_adjusted", "after_adjusted", "prices_of", "index_before", "index_after", "index_of_prices", "index", "index_source",
	"direction", "classification", "year_before", "phase_before", "date_before", "year_after", "phase_after", "date_after",
}, map[string]table.Kind{
	"before_nominal": table.Amount, "after_nominal": table.Amount, "adjusted": table.Boolean, "before_adjusted": table.Amount, "after_adjusted": table.Amount, "prices_of": table.Integer,
	"index_before": table.Number, "index_after": table.Number, "index_of_prices": table.Number, "year_before": table.Integer, "year_after": table.Integer,
})

func (s *scene) compareRow(x *Comparison, level, label string, d ledger.Difference) []string {
	before, after := d.From(), d.To()
	adjusted := []string{"false", "", "", "", "", "", "", "", ""}
	if p := x.priced; p.Adjusted {
		name, _ := s.indexName(p.Index)
		adjusted = []string{
			"true", som(before), som(after), yearText(p.Prices), p.Index.Points(x.From.Year()), p.Index.Points(x.To.Year()), p.Index.Points(p.Prices), name, p.Index.Source,
		}
		before, after = p.nominal[compared{x.From, level, d.Key}], p.nominal[compared{x.To, level, d.Key}]
	}
	row := append([]string{level, d.Key, label, string(d.Kind), som(before), som(after), s.City.Currency}, adjusted...)
	return append(row, string(x.To.Direction()), x.Scheme, yearText(x.From.Year()), string(x.Before.Phase), x.Before.Day, yearText(x.To.Year()), string(x.After.Phase), x.After.Day)
}

// som writes a figure for a file: in som, with a point.
func som(a ledger.Amount) string { return fdp.OfMinor(a.Tyiyn()).String() }

func joined(a, b string) string {
	if a == "" {
		return b
	}
	return a + "; " + b
}

// indexName is what the index is called, with its base.
func (s *scene) indexName(x *Index) (text, lang string) {
	name, lang := x.Names.In(s.Lang())
	return s.T("budget.series.index_named", "name", name, "base", yearText(x.Base)), lang
}

func (p *Pages) prices(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	x, err := p.Service.Surroundings(r.Context(), s.City)
	if err != nil {
		return err
	}
	return page.Render(w, r, page.Meta{Title: s.T("budget.series.prices"), Description: s.T("budget.series.prices_text")}, pricesView(s, x))
}

func (p *Pages) pricesFile(w http.ResponseWriter, r *http.Request) error {
	kind, ok := kindOf(r, "prices")
	if !ok {
		return web.NotFound()
	}
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	x, err := p.Service.Surroundings(r.Context(), s.City)
	if err != nil {
		return err
	}
	if x.Index == nil {
		return web.NotFound()
	}
	name, _ := s.indexName(x.Index)
	var rows [][]string
	for _, y := range x.Index.Prices.Years() {
		rows = append(rows, []string{yearText(y), x.Index.Points(y), name, yearText(x.Index.Base), x.Index.Source, x.Index.Link, x.Index.ReadOn})
	}
	return page.Table(w, r, s.City.Slug+"-price-index", kind, s.table("years", pricesColumns, "/budget/prices"), table.All(rows))
}

// pricesColumns are those of the file of the price index.
var pricesColumns = table.Columns([]string{"year", "index", "name", "base_year", "source", "link", "read_on"},
	map[string]table.Kind{"year": table.Integer, "index": table.Number, "base_year": table.Integer})

// keepPrices opens the form with the index as it stands.
func (p *Pages) keepPrices(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	x, err := p.Service.Surroundings(r.Context(), v.City)
	if err != nil {
		return err
	}
	f := blankForm()
	if x.Index != nil {
		for lang, text := range x.Index.Names {
			f.Values.Set("name_"+lang, text)
		}
		for field, text := range map[string]string{"base": yearText(x.Index.Base), "source": x.Index.Source, "link": x.Index.Link, "read_on": x.Index.ReadOn} {
			f.Values.Set(field, text)
		}
		var rows strings.Builder
		for _, y := range x.Index.Prices.Years() {
			rows.WriteString(yearText(y) + ";" + x.Index.Points(y) + "\n")
		}
		f.Values.Set("rows", rows.String())
	}
	return p.keepPricesPage(w, r, f, nil)
}

func (p *Pages) keepPricesPage(w http.ResponseWriter, r *http.Request, f *web.Form, wrong []Refusal) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	if !s.Actor.Some(Publish) {
		return permission.ErrDenied
	}
	meta := page.Meta{Title: s.T("budget.series.prices"), Private: true, Staff: true}
	if len(f.Errors()) > 0 {
		meta.Status = http.StatusUnprocessableEntity
	}
	return page.Render(w, r, meta, keepPricesView(s, f, wrong))
}

// maxIndexFile bounds the file of an index, in bytes.
const maxIndexFile = 1 << 20

func (p *Pages) savePrices(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	if !v.Actor.Some(Publish) {
		return permission.ErrDenied
	}
	f, err := web.ReadUpload(w, r, maxIndexFile)
	if err != nil {
		return err
	}
	uploads, closeAll, err := opened(r)
	if err != nil {
		return err
	}
	defer closeAll()
	if len(uploads) > 0 {
		// A file stands for the rows, which then can be put right on the page.
		text, err := io.ReadAll(uploads[0].Data)
		if err != nil {
			return err
		}
		f.Values.Set("rows", strings.ToValidUTF8(strings.TrimPrefix(string(text), "\ufeff"), "?"))
	}
	base, _ := strconv.Atoi(f.Text("base")) // 0 is refused
	x := &Index{Names: textsOf(v, f, "name_"), Base: ledger.Year(base), Source: f.Text("source"), Link: f.Text("link"), ReadOn: f.Text("read_on")}
	ctx := page.Once(r, f)
	wrong, err := p.Service.SavePrices(ctx, v.City, v.Actor, x, f.Values.Get("rows"))
	if err = page.Resolve(ctx, err); f.Take(err) {
		return p.keepPricesPage(w, r, f, wrong)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/budget/prices")
}

// textsOf reads a text in the languages of the city.
func textsOf(v *page.Visit, f *web.Form, prefix string) Texts {
	out := Texts{}
	for _, lang := range v.City.Languages {
		if text := f.Text(prefix + lang); text != "" {
			out[lang] = text
		}
	}
	return out
}

// keepBreaks opens the form of a new break, or of the one that the address names.
func (p *Pages) keepBreaks(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	x, err := p.Service.Surroundings(r.Context(), v.City)
	if err != nil {
		return err
	}
	f := blankForm()
	id, _ := ids.Parse(r.URL.Query().Get("id"))
	for _, b := range x.Breaks {
		if b.ID != id {
			continue
		}
		for lang, text := range b.Texts {
			f.Values.Set("text_"+lang, text)
		}
		for field, text := range map[string]string{"id": number(b.ID), "year": yearText(b.Year), "source": b.Source, "link": b.Link} {
			f.Values.Set(field, text)
		}
	}
	return p.keepBreaksPage(w, r, f)
}

func (p *Pages) keepBreaksPage(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	if !s.Actor.Some(Publish) {
		return permission.ErrDenied
	}
	x, err := p.Service.Surroundings(r.Context(), s.City)
	if err != nil {
		return err
	}
	meta := page.Meta{Title: s.T("budget.series.breaks"), Private: true, Staff: true}
	if len(f.Errors()) > 0 {
		meta.Status = http.StatusUnprocessableEntity
	}
	return page.Render(w, r, meta, keepBreaksView(s, x, f))
}

func (p *Pages) saveBreak(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	year, _ := strconv.Atoi(f.Text("year")) // 0 is refused
	b := &Break{ID: f.ID("id"), Year: ledger.Year(year), Texts: textsOf(v, f, "text_"), Source: f.Text("source"), Link: f.Text("link")}
	ctx := page.Once(r, f)
	if f.Text("do") == "drop" {
		err = p.Service.DropBreak(ctx, v.City, v.Actor, b.ID)
	} else {
		err = p.Service.SaveBreak(ctx, v.City, v.Actor, b)
	}
	if err = page.Resolve(ctx, err); f.Take(err) {
		return p.keepBreaksPage(w, r, f)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/staff/budget/breaks")
}
