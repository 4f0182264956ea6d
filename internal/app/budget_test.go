package app_test

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/xuri/excelize/v2"

	"github.com/ashar-kg/ashar/internal/app"
	"github.com/ashar-kg/ashar/internal/features/budget/fdp"
	"github.com/ashar-kg/ashar/internal/platform/clock"
	"github.com/ashar-kg/ashar/internal/platform/db"
)

// send posts a form with files.
func (b *browser) send(want int, path string, form url.Values, files map[string]string) (body, at string) {
	b.t.Helper()
	var buf bytes.Buffer
	w := multipart.NewWriter(&buf)
	for k, values := range form {
		for _, v := range values {
			if err := w.WriteField(k, v); err != nil {
				b.t.Fatal(err)
			}
		}
	}
	for name, content := range files {
		part, err := w.CreateFormFile("file", name)
		if err != nil {
			b.t.Fatal(err)
		}
		if _, err := io.WriteString(part, content); err != nil {
			b.t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		b.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.base+path, &buf)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Accept-Language", "en")
	r.Header.Set("Content-Type", w.FormDataContentType())
	answer, err := b.http.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	if answer.StatusCode != want {
		b.t.Fatalf("POST %s: status %d, want %d\n%.900s", path, answer.StatusCode, want, data)
	}
	return string(data), answer.Request.URL.Path
}

// count reads one number of the database.
func count(t *testing.T, a *app.App, query string) (n int64) {
	t.Helper()
	if err := a.DB.View(t.Context(), func(tx *db.Tx) (err error) {
		n, err = db.One(tx, "test.count", query, db.Int64)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

var versionLink = regexp.MustCompile(`/budget/versions/\d+`)

// draft is a file as the finance department writes it: thousands, Russian and
// Kyrgyz words, an empty row, a row without an amount, a total.
const draft = "\ufeffГод;Направление;Раздел;Ведомство;Экономическая статья;Наименование;Сумма, тыс. сом\r\n" +
	"2027;Доходы;;;11;Налоги;1 000,5\r\n" +
	"2027;Расходы;0902;edu;22;Мектептерди оңдоо;600,25\r\n" +
	";;;;;;\r\n" +
	"2027;Расходы;0405;dtrdi;31;Ремонт улицы Ахунбаева;400\r\n" +
	"2027;Расходы;0405;dtrdi;31;Возврат;-0,25\r\n" +
	"2027;Расходы;0405;dtrdi;31;Мост;\r\n" +
	"2027;Расходы;;;;Итого расходов;1000\r\n" +
	"2028;Расходы;0902;edu;22;Мектептерди оңдоо;650\r\n" +
	"2031;Расходы;0902;edu;22;Слишком далеко;1\r\n"

func draftForm(day string) url.Values {
	return url.Values{"source": {"Finance department"}, "title_en": {"Draft of 2027"}, "year": {"2027"}, "phase": {"proposed"}, "day": {day}, "residents": {"1 250 000"}, "counted": {"The city's register"}}
}

// answered are the answers to the preview, as the page has them in its form.
func answered(day, unit string) url.Values {
	f := draftForm(day)
	f.Del("source")
	f.Set("do", "change")
	f.Set("unit", unit)
	for i, role := range []string{"year", "direction", "functional", "administrative", "economic", "label", "amount"} {
		f.Set("role_"+string(rune('1'+i)), role)
	}
	return f
}

func TestABudgetIsPreviewedConfirmedPublishedComparedAndExported(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		// The budget of 2026 is in force and that of 2027 a draft, in whichever year this runs.
		a.Budget.Clock = after{clock.System{}, time.Until(time.Date(2026, 11, 20, 12, 0, 0, 0, bishkek))}
		officer, resident := demoPerson(t, s, "1000"), demoPerson(t, s, "2000")
		before := count(t, a, `SELECT COUNT(*) FROM budget_line`)

		// Who may not is told so, what is wrong is said and what was typed stays.
		resident.send(403, "/staff/budget", draftForm("2026-09-01"), map[string]string{"draft.csv": draft})
		if page, _ := officer.send(422, "/staff/budget", url.Values{"source": {"Finance"}, "year": {"27"}}, nil); !strings.Contains(page, `value="Finance"`) || !strings.Contains(page, "Choose a file") {
			t.Error("the form does not keep what was typed, or does not ask for the file")
		}

		wrong := draftForm("2026-09-01")
		wrong.Set("residents", "many")
		if page, _ := officer.send(422, "/staff/budget", wrong, map[string]string{"draft.csv": draft}); !strings.Contains(page, `value="many"`) || !strings.Contains(page, "How many people lived in the city in that year: Enter a whole number from 1 to 100,000,000") {
			t.Error("a number of residents that is none is taken, or lost")
		}

		// The preview asks for the unit, names every refused row, and stores nothing.
		page, at := officer.send(200, "/staff/budget", draftForm("2026-09-01"), map[string]string{"draft.csv": draft})
		for _, want := range []string{"Nothing is stored yet", "In which unit", "1.0 m som", "Wholly empty rows: 4", "the amount is empty", "the row is of another year", "1,000.5", "below zero", "Revenue and expenditure are not equal"} {
			if !strings.Contains(page, want) && !strings.Contains(page, strings.ReplaceAll(want, "1.0 m", "1 m")) {
				t.Errorf("the preview does not say %q", want)
			}
		}
		if n := count(t, a, `SELECT COUNT(*) FROM budget_line`); n != before {
			t.Fatalf("a preview stored %d lines", n-before)
		}
		if page, _ := officer.do(422, http.MethodPost, at, url.Values{"do": {"confirm"}, "sure": {"1"}}); !strings.Contains(page, "Choose the unit") {
			t.Error("it may be confirmed without a unit")
		}
		officer.do(200, http.MethodPost, at, answered("2026-09-01", "thousand"))
		if page, _ := officer.do(422, http.MethodPost, at, url.Values{"do": {"confirm"}}); !strings.Contains(page, "compared the sums") {
			t.Error("it may be confirmed without looking")
		}
		_, where := officer.do(200, http.MethodPost, at, url.Values{"do": {"confirm"}, "sure": {"1"}})
		version := versionLink.FindString(where)
		if version == "" {
			t.Fatalf("the import became %s", where)
		}
		if n := count(t, a, `SELECT COUNT(*) FROM budget_line`); n != before+6 {
			t.Errorf("%d lines were stored, want 6", n-before)
		}

		// Nobody else sees it before it is published, which is a step of its own.
		visit(t, s).do(404, http.MethodGet, version, nil)
		resident.do(403, http.MethodPost, "/staff"+version, url.Values{"do": {"publish"}})
		officer.do(200, http.MethodPost, "/staff"+version, url.Values{"do": {"publish"}})
		page, _ = visit(t, s).do(200, http.MethodGet, version+"?dir=expenditure", nil)
		for _, want := range []string{"1,000,000", "Мектептерди оңдоо", "The parts add up exactly", "Finance department", "/file"} {
			if !strings.Contains(page, want) {
				t.Errorf("the version does not show %q", want)
			}
		}

		// The same a second time changes nothing and leads to the same version.
		_, at = officer.send(200, "/staff/budget", draftForm("2026-09-01"), map[string]string{"draft.csv": draft})
		officer.do(200, http.MethodPost, at, answered("2026-09-01", "thousand"))
		if _, again := officer.do(200, http.MethodPost, at, url.Values{"do": {"confirm"}, "sure": {"1"}}); versionLink.FindString(again) != version {
			t.Errorf("the same import became %s, want %s", again, version)
		}
		if n := count(t, a, `SELECT COUNT(*) FROM budget_line`); n != before+6 {
			t.Errorf("the same import stored %d more lines", n-before-6)
		}

		// A later draft stands beside it, and the differences are told line by line.
		later := strings.NewReplacer("600,25", "700,25", "Ремонт улицы Ахунбаева;400", "Новый парк;300").Replace(draft)
		_, at = officer.send(200, "/staff/budget", draftForm("2026-10-01"), map[string]string{"draft2.csv": later})
		officer.do(200, http.MethodPost, at, answered("2026-10-01", "thousand"))
		_, where = officer.do(200, http.MethodPost, at, url.Values{"do": {"confirm"}, "sure": {"1"}})
		second := versionLink.FindString(where)
		officer.do(200, http.MethodPost, "/staff"+second, url.Values{"do": {"publish"}})
		compare := "/budget/compare?dir=expenditure&a=" + filepath.Base(version) + "&b=" + filepath.Base(second)
		page, _ = visit(t, s).do(200, http.MethodGet, compare, nil)
		if !strings.Contains(page, "grew: 1, shrank: 0, appeared: 1, vanished: 1") || !strings.Contains(page, "+100,000 (+") || !strings.Contains(page, "Новый парк") {
			t.Errorf("the comparison tells other differences")
		}
		visit(t, s).do(200, http.MethodGet, version, nil)

		exports(t, s, version)
		questions(t, a, s, version, officer, resident)
		people(t, s, officer)
		written(t, s, officer, filepath.Base(version))
	})
}

// exports reads the same rows in every kind of file.
func exports(t *testing.T, s *httptest.Server, version string) {
	t.Helper()
	get := func(kind string) []byte {
		text, _ := visit(t, s).do(200, http.MethodGet, version+"/export/budget."+kind+"?dir=expenditure&at=0405", nil)
		return []byte(text)
	}
	rows, err := csv.NewReader(bytes.NewReader(get("csv"))).ReadAll()
	if err != nil || len(rows) != 3 {
		t.Fatalf("CSV: %d rows, %v", len(rows), err)
	}
	column := func(name string) int { return slices.Index(rows[0], name) }
	if r := rows[1]; r[column("amount")] != "400000" || r[column("functional_code")] != "0405" || r[column("version_date")] != "2026-09-01" || r[column("source")] != "Finance department" || r[column("file_row")] != "5" {
		t.Errorf("CSV: %q", r)
	}
	book, err := excelize.OpenReader(bytes.NewReader(get("xlsx")))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	cells, err := book.GetRows("lines", excelize.Options{RawCellValue: true})
	if err != nil || len(cells) != 3 || cells[1][column("functional_code")] != "0405" || cells[2][column("amount")] != "-250" {
		t.Errorf("XLSX: %q, %v", cells, err)
	}
	var doc struct {
		About map[string]string
		Lines []map[string]any
	}
	if err := json.Unmarshal(get("json"), &doc); err != nil || len(doc.Lines) != 2 || doc.Lines[0]["amount"] != "400000" || doc.About["version_date"] != "2026-09-01" || doc.About["residents"] != "1250000" || doc.About["residents_counted_by"] != "The city's register" {
		t.Errorf("JSON: %v, %v", doc, err)
	}
	z, err := zip.NewReader(bytes.NewReader(get("zip")), int64(len(get("zip"))))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, f.Name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	validPackage(t, dir)
	report, err := fdp.Check(filepath.Join(dir, "datapackage.json"), fdp.Options{})
	if err != nil || report.Rows != 2 || report.Sums["expenditure"] != "399750" || report.Refusals != 0 {
		t.Errorf("the package read back: %+v, %v", report, err)
	}
}

// safePath is the one pattern of the schema that looks ahead, which Go's regular
// expressions cannot; pathRegexp says the same.
const safePath = `^(?=^[^./~])(^((?!\.{2}).)*$).*$`

type pathRegexp struct{}

func (pathRegexp) String() string { return safePath }

func (pathRegexp) MatchString(s string) bool {
	return s != "" && !strings.ContainsRune("./~", rune(s[0])) && !strings.Contains(s, "..")
}

// validPackage checks a descriptor by the schema of Data Packages, and its column
// types by the taxonomy of budgets.
func validPackage(t *testing.T, dir string) {
	t.Helper()
	shared := filepath.Join("testdata", "fiscal")
	compiler := jsonschema.NewCompiler()
	compiler.UseRegexpEngine(func(text string) (jsonschema.Regexp, error) {
		if text == safePath {
			return pathRegexp{}, nil
		}
		return regexp.Compile(text)
	})
	schema, err := compiler.Compile(filepath.Join(shared, "datapackage-1.0.json"))
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(filepath.Join(dir, "datapackage.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	doc, err := jsonschema.UnmarshalJSON(f)
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(doc); err != nil {
		t.Errorf("the descriptor is no Data Package: %v", err)
	}
	text, err := os.ReadFile(filepath.Join(shared, "taxonomy-budgets.json"))
	if err != nil {
		t.Fatal(err)
	}
	var types []struct{ Name, DataType string }
	if err := json.Unmarshal(text, &types); err != nil {
		t.Fatal(err)
	}
	var d struct {
		Resources []struct {
			Schema struct {
				Fields []struct{ Name, Type, ColumnType string }
			}
		}
	}
	if text, err = os.ReadFile(filepath.Join(dir, "datapackage.json")); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	typed := 0
	for _, f := range d.Resources[0].Schema.Fields {
		if f.ColumnType == "" {
			continue
		}
		typed++
		i := slices.IndexFunc(types, func(x struct{ Name, DataType string }) bool { return x.Name == f.ColumnType })
		if i < 0 || types[i].DataType != f.Type {
			t.Errorf("field %s: the taxonomy has no %s of %s", f.Name, f.ColumnType, f.Type)
		}
	}
	if typed < 15 {
		t.Errorf("only %d fields have a type of the taxonomy", typed)
	}
}

var questionPage = regexp.MustCompile(`/budget/questions/Q-[\d-]+`)

// questions asks about a line, has it answered in public, and follows it.
func questions(t *testing.T, a *app.App, s *httptest.Server, version string, officer, resident *browser) {
	t.Helper()
	page, _ := visit(t, s).do(200, http.MethodGet, version+"?dir=expenditure&at=0902", nil)
	line := regexp.MustCompile(version + `/lines/\d+`).FindString(page)
	if page, _ := visit(t, s).do(200, http.MethodGet, line, nil); !strings.Contains(page, "draft.csv, 3") || !strings.Contains(page, "Sign in to ask") {
		t.Error("a line does not name its row, or does not ask to sign in")
	}
	visit(t, s).do(401, http.MethodPost, line+"/follow", url.Values{"do": {"follow"}})
	if page, _ := resident.do(422, http.MethodPost, line, url.Values{"question": {"Why?"}}); !strings.Contains(page, ">Why?<") {
		t.Error("what was typed is lost")
	}
	_, at := resident.do(200, http.MethodPost, line, url.Values{"question": {"Which schools are these?"}})
	number := strings.TrimPrefix(questionPage.FindString(at), "/budget/questions/")
	resident.do(422, http.MethodPost, line, url.Values{"question": {"Which schools are these, again?"}})
	resident.do(200, http.MethodPost, line+"/follow", url.Values{"do": {"follow"}})
	if page, _ := resident.do(200, http.MethodGet, "/account", nil); !strings.Contains(page, number) {
		t.Error("the question is not in the account")
	}
	if page, _ := officer.do(200, http.MethodGet, "/staff/budget/questions/"+number, nil); !strings.Contains(page, "Which schools") {
		t.Error("the officer does not see the question")
	}
	resident.do(403, http.MethodPost, "/staff/budget/questions/"+number, url.Values{"do": {"answer"}, "note": {"No. 5 and no. 64."}})
	officer.do(422, http.MethodPost, "/staff/budget/questions/"+number, url.Values{"do": {"answer"}})
	officer.do(200, http.MethodPost, "/staff/budget/questions/"+number, url.Values{"do": {"answer"}, "note": {"No. 5 and no. 64."}})
	if page, _ := visit(t, s).do(200, http.MethodGet, at, nil); !strings.Contains(page, "No. 5 and no. 64.") || !strings.Contains(page, "Answered") {
		t.Error("the answer is not public")
	}
	deliver(t, a)
	if page, _ := resident.do(200, http.MethodGet, "/account/notices", nil); !strings.Contains(page, number) {
		t.Error("who asked is not told of the answer")
	}
}

var playedVersion = regexp.MustCompile(`name="version" value="(\d+)"`)

// people tries what residents do with the budget as a whole, and the shelf.
func people(t *testing.T, s *httptest.Server, officer *browser) {
	t.Helper()
	anyone := visit(t, s)
	if page, _ := anyone.do(200, http.MethodGet, "/budget/taxes?sum=5000", nil); !strings.Contains(page, "Your 5,000 som") || !strings.Contains(page, "Education") {
		t.Error("the receipt does not share the sum out")
	}
	anyone.do(422, http.MethodGet, "/budget/taxes?sum=much", nil)

	page, _ := anyone.do(200, http.MethodGet, "/budget/simulator", nil)
	version := playedVersion.FindStringSubmatch(page)[1]
	if strings.Contains(page, `name="move_01"`) || !strings.Contains(page, `name="move_09"`) {
		t.Error("what is locked can be moved, or what is not cannot")
	}
	play := func(want int, moves ...string) string {
		f := url.Values{"version": {version}}
		for i := 0; i < len(moves); i += 2 {
			f.Set("move_"+moves[i], moves[i+1])
		}
		page, _ := anyone.do(want, http.MethodPost, "/budget/simulator", f)
		return page
	}
	if page := play(422, "09", "-100", "04", "40"); !strings.Contains(page, "60 m som are left") || !strings.Contains(page, `value="-100"`) {
		t.Error("an unbalanced budget is taken, or what was typed is lost")
	}
	f := url.Values{"version": {version}, "do": {"count"}, "move_09": {"-100"}, "move_04": {"40"}}
	if page, _ := anyone.do(200, http.MethodPost, "/budget/simulator", f); !strings.Contains(page, `role="status">60 m som are left`) || !strings.Contains(page, `value="-100"`) ||
		!strings.Contains(page, `data-left="{n} m som are left`) || strings.Contains(page, "error-summary") {
		t.Error("what was typed is not counted, or lost")
	}
	play(422, "09", "-900000", "04", "900000")
	play(422)
	play(200, "09", "-100", "04", "100")
	if page := play(200, "09", "-300", "07", "300"); !strings.Contains(page, "The average of all who sent one: 2") || !strings.Contains(page, "200 m som") {
		t.Error("the average is not shown")
	}

	anyone.do(401, http.MethodPost, "/staff/budget/documents", url.Values{"kind": {"audit"}, "year": {"2020"}, "due": {"2020-05-01"}})
	officer.do(422, http.MethodPost, "/staff/budget/documents", url.Values{"kind": {"audit"}, "year": {"2020"}, "link": {"javascript:alert(1)"}})
	for _, f := range []url.Values{
		{"kind": {"audit"}, "year": {"2020"}, "due": {"2020-05-01"}},
		{"kind": {"citizens"}, "year": {"2020"}, "due": {"2020-05-01"}, "published": {"2020-05-11"}, "link": {"https://example.org/b.pdf"}},
		{"kind": {"proposal"}, "year": {"2020"}, "due": {"2020-05-01"}, "published": {"2020-04-30"}},
	} {
		officer.do(200, http.MethodPost, "/staff/budget/documents", f)
	}
	page, _ = visit(t, s).do(200, http.MethodGet, "/budget/documents", nil)
	for _, want := range []string{"due days of documents are assumed", "not produced", "published 10 days late", "published in time", "https://example.org/b.pdf"} {
		if !strings.Contains(page, want) {
			t.Errorf("the shelf does not say %q", want)
		}
	}
}

// written writes the Citizens Budget of a year and publishes it for good.
func written(t *testing.T, s *httptest.Server, officer *browser, version string) {
	t.Helper()
	const at = "/budget/booklets/2027"
	visit(t, s).do(404, http.MethodGet, at, nil)
	officer.do(200, http.MethodGet, "/staff"+at, nil)
	f := url.Values{"version": {version}, "title_0_ky": {"Өкмөт эмес, үй бюджети"}, "text_0_ky": {"Чыгаша {expenditure}."}, "do": {"save"}}
	officer.do(200, http.MethodPost, "/staff"+at, f)
	f.Set("do", "publish")
	officer.do(422, http.MethodPost, "/staff"+at, f) // two languages are missing
	for _, lang := range []string{"ru", "en"} {
		f.Set("title_0_"+lang, "In short")
		f.Set("text_0_"+lang, "Spending is {expenditure}, {each} for each of {residents}; unknown {77}.")
	}
	if page, _ := officer.do(422, http.MethodPost, "/staff"+at, f); !strings.Contains(page, "77") {
		t.Error("a figure that nothing has is not named")
	}
	for _, lang := range []string{"ru", "en"} {
		f.Set("text_0_"+lang, "Spending is {expenditure}, {each} for each of {residents}.")
	}
	officer.do(200, http.MethodPost, "/staff"+at, f)
	if page, _ := visit(t, s).do(200, http.MethodGet, at, nil); !strings.Contains(page, "Spending is 1 m som, 0.80 som for each of 1,250,000.") {
		t.Error("the booklet does not tell its figures")
	}
	if pdf, _ := visit(t, s).do(200, http.MethodGet, at+"/ky.pdf", nil); !strings.HasPrefix(pdf, "%PDF-") {
		t.Error("there is no PDF")
	}
	officer.do(409, http.MethodPost, "/staff"+at, f) // what was published stays
}

// A file that is too large to wait for is looked at and stored by jobs, whose
// progress the page shows.
func TestALargeBudgetIsImportedBesides(t *testing.T) {
	const lines = 25_000
	var file strings.Builder
	file.WriteString("Год;Направление;Раздел;Ведомство;Экономическая статья;Наименование;Сумма\n")
	for i := range lines {
		fmt.Fprintf(&file, "2027;Расходы;%02d%02d;dtrdi;%d;Строка номер %d бюджета;%d,00\n", i%10+1, i%40, 21+i%11, i, i%900+1)
	}
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		officer := demoPerson(t, s, "1000")
		before := count(t, a, `SELECT COUNT(*) FROM budget_line`)
		page, at := officer.send(200, "/staff/budget", draftForm("2026-09-01"), map[string]string{"large.csv": file.String()})
		if !strings.Contains(page, "<progress") {
			t.Fatalf("the page at %s shows no progress of the check", at)
		}
		deliver(t, a)
		officer.do(200, http.MethodPost, at, answered("2026-09-01", "thousand"))
		deliver(t, a)
		if page, _ := officer.do(200, http.MethodGet, at, nil); strings.Contains(page, "<progress") || !strings.Contains(page, "25,000") {
			t.Fatal("the preview does not stand after the check")
		}
		if n := count(t, a, `SELECT COUNT(*) FROM budget_line`); n != before {
			t.Fatalf("a preview stored %d lines", n-before)
		}
		officer.do(200, http.MethodPost, at, url.Values{"do": {"confirm"}, "sure": {"1"}})
		if page, _ := officer.do(200, http.MethodGet, at, nil); !strings.Contains(page, `<progress class="budget-progress" max="25000" value="0"`) {
			t.Error("the page shows no progress of what is being stored")
		}
		deliver(t, a)
		if n := count(t, a, `SELECT COUNT(*) FROM budget_line`); n != before+lines {
			t.Errorf("%d lines are stored, want %d", n-before, lines)
		}
	})
}
