package app_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/ashar-kg/ashar/internal/app"
	"github.com/ashar-kg/ashar/internal/platform/table"
)

// approve imports and publishes an approved budget of a year, whose rows are
// institution, function, label and som.
func approve(t *testing.T, officer *browser, year, rows string) (version string) {
	t.Helper()
	form := url.Values{"source": {"Archive"}, "title_en": {"Budget of " + year}, "year": {year}, "phase": {"approved"}, "day": {year + "-01-10"}}
	file := "Направление;Раздел;Ведомство;Экономическая статья;Наименование;Сумма, сом\r\n" + rows
	_, at := officer.send(200, "/staff/budget", form, map[string]string{year + ".csv": file})
	form.Del("source")
	form.Set("do", "change")
	form.Set("unit", "som")
	for i, role := range []string{"direction", "functional", "administrative", "economic", "label", "amount"} {
		form.Set("role_"+string(rune('1'+i)), role)
	}
	officer.do(200, http.MethodPost, at, form)
	_, where := officer.do(200, http.MethodPost, at, url.Values{"do": {"confirm"}, "sure": {"1"}})
	version = versionLink.FindString(where)
	if version == "" {
		t.Fatalf("the budget of %s became %s", year, where)
	}
	officer.do(200, http.MethodPost, "/staff"+version, url.Values{"do": {"publish"}})
	return version
}

// shows tells what a page lacks.
func shows(t *testing.T, page, what string, wants ...string) {
	t.Helper()
	plain := tags.ReplaceAllString(page, " ")
	plain = strings.Join(strings.Fields(plain), " ")
	for _, want := range wants {
		if !strings.Contains(plain, want) {
			t.Errorf("%s does not show %q:\n%.1500s", what, want, plain[max(0, strings.Index(plain, "year by year")):])
		}
	}
}

var tags = regexp.MustCompile(`<[^>]*>`)

func TestAnyCategoryOverTheYearsInThePricesOfOne(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		officer := demoPerson(t, s, "1000")
		get := func(path string) string {
			t.Helper()
			page, _ := visit(t, s).do(200, http.MethodGet, path, nil)
			return page
		}

		// What the press reported: 7 074.8 m × 233.7 ÷ 137.4 and 10 230 993.6 thousand × 233.7 ÷ 185.2.
		page := get("/budget/series?dir=revenue&phase=approved&prices=2023")
		shows(t, page, "the revenue", "7,074,800,000 12,033,338,864.63 12,401.94 shared among 970,278 residents", "10,230,993,600 12,910,276,481.21", "2015 no document", "Consumer price index, Kyrgyz Republic, 2010 = 100", "Who counted the residents: болжол",
			"The index ends with 2023", "World Bank", "2014: 12.03 bn som, 2021: 12.91 bn som. Change: +7%, in prices of 2023.",
			"2024 1 no document 2025 26,500,000,000 no index yet", "from 12,900 to 38,600 hectares", "24.kg/english/288474")
		page = get("/budget/series?dir=revenue&phase=executed&prices=2023")
		shows(t, page, "the revenue after the index", "2024 37,000,000,000 no index yet 32,516.55 in prices of its own year", "Also 24 December 2024: 32,500,000,000")
		if strings.Contains(page, "hectares") || strings.Contains(page, "2,376,000,000") {
			t.Error("years behind the break are parted by it, or four months stand for a year")
		}
		shows(t, get("/budget/series?dir=revenue&phase=approved&prices=2021"), "a year in its own prices", "2021 10,230,993,600 10,230,993,600", "2018–2019 no document")
		shows(t, get("/budget/series?dir=revenue&phase=executed&prices=2026"), "a year without an index", "There is no index for 2026 yet: it ends with 2023")
		shows(t, get("/budget/series?phase=proposed"), "the spending planned ahead", "2028 40,354,585,800", "planned ahead in the budget of 2026")

		first := approve(t, officer, "2011", "Расходы;0902;edu;22;Мектептер;116,60\r\nРасходы;0902;edu;21;Pay;58,30\r\nРасходы;0405;dtrdi;31;Roads;1000\r\n")
		approve(t, officer, "2012", "Расходы;0405;dtrdi;31;Roads;1199\r\n")
		last := approve(t, officer, "2013", "Расходы;0902;edu;22;Мектептер;255,60\r\nРасходы;0405;dtrdi;31;Roads;-639\r\n")
		categories(t, s, first, get)
		meaning(t, officer, get)
		comparison(t, get, first, last)
		files(t, s, "/budget/series?phase=approved&prices=2010&by=economic&at=22", "/budget/compare?dir=expenditure&by=economic&prices=2010&a="+filepath.Base(first)+"&b="+filepath.Base(last),
			"/budget/prices", "/budget/year?year=2021&dir=revenue", first+"?by=economic&at=22")
		indexed(t, a, s, officer, get)
		ruptures(t, a, s, officer, get)
	})
}

// categories reads one category by each classification: 116.60 of 2011 and 255.60
// of 2013 are 100 and 200 in prices of 2010, 58.30 are 50.
func categories(t *testing.T, s *httptest.Server, first string, get func(string) string) {
	t.Helper()
	for at, want := range map[string][]string{
		"by=functional&at=0902":    {"2011 174.90 150", "2012 not in the document", "2013 255.60 200"},
		"by=administrative&at=edu": {"2011 174.90 150", "2012 not in the document", "2013 255.60 200"},
		"by=economic&at=22":        {"2011 116.60 100", "2012 not in the document", "2013 255.60 200"},
		"by=functional&at=0405":    {"2011 1,000 857.63", "2012 1,199 1,000", "2013 −639 −500"},
		"dir=expenditure":          {"2011 1,174.90 the sum of 3 lines: the document states no total 1,007.63", "2013 −383.40 the sum of 2 lines: the document states no total −300"},
	} {
		shows(t, get("/budget/series?phase=approved&prices=2010&"+at), at, want...)
	}
	// The page of the step and that of the line lead to their series.
	if page := get(first + "?by=functional&at=0902"); !strings.Contains(page, `href="/budget/series?at=0902&amp;by=functional&amp;dir=expenditure"`) {
		t.Error("a step does not lead to its series")
	}
	line := regexp.MustCompile(first + `/lines/\d+`).FindString(get(first + "?by=economic&at=22"))
	page := get(line)
	at := regexp.MustCompile(`/budget/series\?at=[^"]*by=line[^"]*`).FindString(page)
	shows(t, get(strings.ReplaceAll(at, "&amp;", "&")+"&prices=2010"), "a line", "Мектептер year by year", "2011 116.60 100", "2012 not in the document", "2013 255.60 200")
	for _, wrong := range []string{"dir=both", "by=colour&at=1", "at=0999", "phase=dreamt", "by=line&at=x"} {
		visit(t, s).do(404, http.MethodGet, "/budget/series?"+wrong, nil)
	}

	text := get("/budget/series/series.csv?phase=approved&prices=2010&by=economic&at=22")
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	cell := func(year, name string) string {
		i := slices.IndexFunc(rows, func(r []string) bool { return r[0] == year })
		return rows[i][slices.Index(rows[0], name)]
	}
	for _, want := range [][3]string{
		{"2013", "amount_nominal", "255.6"},
		{"2013", "amount_adjusted", "200"},
		{"2013", "adjusted", "true"},
		{"2013", "prices_of", "2010"},
		{"2013", "index_of_year", "127.8"},
		{"2012", "amount_nominal", ""},
		{"2012", "status", "not_in_document"},
		{"2012", "adjusted", "false"},
		{"2013", "source", "Archive"},
	} {
		if got := cell(want[0], want[1]); got != want[2] {
			t.Errorf("CSV: %s of %s is %q, want %q", want[1], want[0], got, want[2])
		}
	}
}

// files takes every table of figures that a page shows in every kind of file: all
// have the rows of the CSV, and say which page they are of.
func files(t *testing.T, s *httptest.Server, pages ...string) {
	t.Helper()
	v := visit(t, s)
	for _, at := range pages {
		page, _ := v.do(200, http.MethodGet, at, nil)
		of := map[string][]byte{}
		for _, kind := range []string{table.CSV, table.XLSX, table.JSON} {
			link := regexp.MustCompile(`href="(/budget/[^"]*\.` + kind + `[^"]*)" download`).FindStringSubmatch(page)
			if link == nil {
				t.Fatalf("%s does not lead to its rows as %s", at, kind)
			}
			data, _ := v.do(200, http.MethodGet, html.UnescapeString(link[1]), nil)
			of[kind] = []byte(data)
			v.do(404, http.MethodGet, strings.Replace(html.UnescapeString(link[1]), "."+kind, ".doc", 1), nil)
		}
		rows, err := csv.NewReader(bytes.NewReader(of[table.CSV])).ReadAll()
		if err != nil || len(rows) < 2 {
			t.Fatalf("%s: %d rows, %v", at, len(rows), err)
		}
		book, err := excelize.OpenReader(bytes.NewReader(of[table.XLSX]))
		if err != nil {
			t.Fatalf("%s: %v", at, err)
		}
		cells, err := book.GetRows(book.GetSheetList()[0], excelize.Options{RawCellValue: true})
		if err != nil || len(cells) != len(rows) || !slices.Equal(cells[0], rows[0]) {
			t.Errorf("%s: the workbook has %d rows of %d, %v", at, len(cells), len(rows), err)
		}
		if about, err := book.GetRows("source"); err != nil || len(about) == 0 {
			t.Errorf("%s: the workbook does not say what it is of: %v", at, err)
		}
		book.Close()
		var doc struct {
			About              map[string]string
			Lines, Rows, Years []json.RawMessage
		}
		if err := json.Unmarshal(of[table.JSON], &doc); err != nil || len(doc.Lines)+len(doc.Rows)+len(doc.Years) != len(rows)-1 || !strings.Contains(doc.About["page"], "/budget/") {
			t.Errorf("%s: JSON has %d rows of %d, %v", at, len(doc.Lines)+len(doc.Rows)+len(doc.Years), len(rows)-1, err)
		}
	}
}

// meaning gives a code another meaning from a day on.
func meaning(t *testing.T, officer *browser, get func(string) string) {
	t.Helper()
	officer.send(200, "/staff/budget/steps", url.Values{"scheme": {"functional"}}, map[string]string{
		"steps.csv": "code,parent,from,until,ky,ru,en\n0902,,1990-01-01,2012-06-01,Мектептер,Школы,Schools\n0902,,2012-06-01,,Лицейлер,Лицеи,Lyceums\n",
	})
	shows(t, get("/budget/series?phase=approved&by=functional&at=0902"), "a code of two meanings", "2013 the code changed its meaning", "From 1 January 1990: Schools", "From 1 June 2012: Lyceums")
}

// comparison puts 2011 and 2013 side by side in prices of 2010.
func comparison(t *testing.T, get func(string) string, first, last string) {
	t.Helper()
	at := "/budget/compare?dir=expenditure&by=economic&a=" + filepath.Base(first) + "&b=" + filepath.Base(last)
	shows(t, get(at+"&prices=2010"), "the comparison in prices of 2010", "The figures of both years are in prices of 2010", "grew 100 200 +100 (+100%)", "vanished 50 0 −50")
	rows, err := csv.NewReader(strings.NewReader(get(strings.Replace(at, "compare?", "compare/compare.csv?", 1) + "&prices=2010"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"total,,Everything,,1174.9,-383.4,KGS,true,1007.63,-300,2010,116.6,127.8,100,", "step,22,Goods and services,grew,116.6,255.6,KGS,true,100,200,2010,116.6,127.8,100,", "step,21,Pay,vanished,58.3,0,KGS,true,50,0,2010,",
	} {
		if !slices.ContainsFunc(rows, func(r []string) bool { return strings.HasPrefix(strings.Join(r, ","), want) }) {
			t.Errorf("the file of the comparison lacks %q: %q", want, rows[:min(4, len(rows))])
		}
	}
	shows(t, get(at), "the comparison as it was", "grew 116.60 255.60 +139 (+119%)")
	newest := regexp.MustCompile(`/budget/versions/\d+`).FindString(get("/budget"))
	page := get("/budget/compare?dir=expenditure&prices=2023&a=" + filepath.Base(last) + "&b=" + filepath.Base(newest))
	shows(t, page, "the comparison over the break", "There is no index for 2026 yet, so the figures of both years stay", "from 12,900 to 38,600 hectares", "255.60")
}

// indexed changes the index: who may not is refused, wrong rows are named and
// nothing of them is stored.
func indexed(t *testing.T, a *app.App, s *httptest.Server, officer *browser, get func(string) string) {
	t.Helper()
	const at = "/staff/budget/prices"
	form := url.Values{"name_ky": {"Индекс"}, "name_ru": {"Индекс"}, "name_en": {"City index"}, "base": {"2010"}, "source": {"Statistics"}, "read_on": {"2026-01-15"}}
	visit(t, s).do(401, http.MethodPost, at, form)
	demoPerson(t, s, "2000").do(403, http.MethodGet, at, nil)
	demoPerson(t, s, "2000").do(403, http.MethodPost, at, form)
	if page, _ := officer.do(200, http.MethodGet, at, nil); !strings.Contains(page, "2023;233.7") {
		t.Error("the form does not open with the index as it stands")
	}
	before := count(t, a, `SELECT SUM(points) FROM budget_index_year`)
	page, _ := officer.send(422, at, form, map[string]string{"index.csv": "year,index\n2010,100\n2011,minus\n\n20x,101\n2012,-5\n2010,100\n2013,1.23456\n"})
	shows(t, page, "the refusal", "5 rows are wrong", "Line 3: “minus” is no index", "Line 5: “20x” is no year", "Line 6: “-5” is no index", "Line 7: the year 2010 is there twice", "Line 8: “1.23456” is no index")
	if !strings.Contains(page, "2011,minus") || !strings.Contains(page, "City index") {
		t.Error("what was sent is lost")
	}
	form.Set("rows", "2010;99,5\n2024;250")
	shows(t, must(officer.do(422, http.MethodPost, at, form)), "the refusal of a base", "The index of 2010 is 99.5, that of the base year must be 100")
	if now := count(t, a, `SELECT SUM(points) FROM budget_index_year`); now != before {
		t.Fatal("a refused index is stored")
	}
	form.Set("rows", "Год;Индекс\n2010;100\n2011;200\n2024;250,25")
	form.Set("idempotency_key", "a form sent twice is done once")
	officer.do(200, http.MethodPost, at, form)
	officer.do(200, http.MethodPost, at, form)
	if n := count(t, a, `SELECT COUNT(*) FROM audit_entry WHERE action = 'budget.prices'`); n != 1 {
		t.Errorf("the change of the index is on the record %d times", n)
	}
	shows(t, get("/budget/prices"), "the index", "City index, 2010 = 100", "Statistics", "2024 250.25")
	shows(t, get("/budget/series?phase=approved&by=economic&at=22&prices=2010"), "the series by the new index", "2011 116.60 58.30", "2013 255.60 no index yet")
}

func must(page, _ string) string { return page }

var changeLink = regexp.MustCompile(`/staff/budget/breaks\?id=\d{5,}`)

// ruptures tells of a break of 2012, changes it and takes it away.
func ruptures(t *testing.T, a *app.App, s *httptest.Server, officer *browser, get func(string) string) {
	t.Helper()
	const at, series = "/staff/budget/breaks", "/budget/series?phase=approved&by=economic&at=22"
	form := url.Values{"year": {"2012"}, "text_ky": {"Эсеп өзгөрдү"}, "text_ru": {"Учёт изменён"}, "text_en": {"Accounts changed"}, "source": {"Finance"}, "do": {"save"}}
	visit(t, s).do(401, http.MethodPost, at, form)
	demoPerson(t, s, "2000").do(403, http.MethodPost, at, form)
	if page, _ := officer.do(422, http.MethodPost, at, url.Values{"year": {"2012"}, "text_ky": {"Эсеп"}, "do": {"save"}}); !strings.Contains(page, "Эсеп</textarea>") {
		t.Error("what was typed is lost")
	}
	officer.do(200, http.MethodPost, at, form)
	shows(t, get(series), "the series", "2012 1 not in the document", "2012. Accounts changed Source: Finance")
	page, _ := officer.do(200, http.MethodGet, at, nil)
	edit := changeLink.FindString(page)
	_, id, _ := strings.Cut(edit, "id=")
	form.Set("id", id)
	form.Set("year", "2013")
	officer.do(200, http.MethodPost, at, form)
	shows(t, get(series), "the series after the change", "2013 1 255.60", "2013. Accounts changed", "in prices of each year. The series is broken between these years")
	form.Set("do", "drop")
	officer.do(200, http.MethodPost, at, form)
	if strings.Contains(get(series), "Accounts changed") {
		t.Error("a break that was taken away is still told")
	}
	officer.do(404, http.MethodPost, at, form)
	if n := count(t, a, `SELECT COUNT(*) FROM audit_entry WHERE action = 'budget.break'`); n != 3 {
		t.Errorf("the changes of the break are on the record %d times", n)
	}
}
