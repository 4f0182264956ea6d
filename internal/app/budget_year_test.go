package app_test

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ashar-kg/ashar/internal/app"
)

// statement is the form of a document of a year, and what it may say of the part
// of the year that it tells of.
func statement(year, phase, day, until string) url.Values {
	return url.Values{"source": {"Treasury"}, "title_en": {"Statement"}, "year": {year}, "phase": {phase}, "day": {day}, "until": {until}}
}

// spent is a document of two lines of spending, in som.
func spent(year, schools, roads string) string {
	return "Year,Direction,Functional code,Name,Amount\n" + year + ",expenditure,09,Schools," + schools + "\n" + year + ",expenditure,04,Roads," + roads + "\n"
}

// publish imports a document and lets it out; it returns its address.
func publish(officer *browser, form url.Values, files map[string]string) string {
	officer.t.Helper()
	_, at := officer.send(200, "/staff/budget", form, files)
	form.Set("do", "change")
	form.Set("unit", "som")
	officer.do(200, http.MethodPost, at, form)
	_, at = officer.do(200, http.MethodPost, at, url.Values{"do": {"confirm"}, "sure": {"1"}})
	version := versionLink.FindString(at)
	officer.do(200, http.MethodPost, "/staff"+version, url.Values{"do": {"publish"}})
	return version
}

// wordsOf is what a page says, without its marks.
func wordsOf(page string) string {
	page = regexp.MustCompile(`(?s)<(script|style).*?</(script|style)>|<[^>]*>`).ReplaceAllString(page, " ")
	return strings.Join(strings.Fields(html.UnescapeString(page)), " ")
}

func TestTheCourseOfAYearIsToldFromDatedDocuments(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		officer, anyone := demoPerson(t, s, "1000"), visit(t, s)
		read := func(want int, at string) string {
			t.Helper()
			page, _ := anyone.do(want, http.MethodGet, at, nil)
			return page
		}
		says := func(page string, texts ...string) {
			t.Helper()
			for _, text := range texts {
				if !strings.Contains(wordsOf(page), text) {
					t.Errorf("the page does not say %q:\n%.1500s", text, wordsOf(page))
				}
			}
		}
		// A report cannot tell of days after its own, nor of another year.
		for _, until := range []string{"2023-10-13", "2022-09-30", "soon"} {
			page, _ := officer.send(422, "/staff/budget", statement("2023", "executed", "2023-10-12", until), map[string]string{"r.csv": spent("2023", "1", "1")})
			says(page, "Give a day of the fiscal year")
		}
		load := func(phase, day, until, schools, roads string) string {
			t.Helper()
			return publish(officer, statement(day[:4], phase, day, until), map[string]string{"statement.csv": spent(day[:4], schools, roads)})
		}
		load("approved", "2022-01-10", "", "500", "300")
		says(read(200, "/budget/year?year=2022&dir=expenditure"), "There is no report on the execution of 2022.")
		load("executed", "2022-10-11", "2022-09-30", "300", "164")

		// One report is not a course: what is missing is said, and when it is due.
		page := read(200, "/budget/year?year=2022&dir=expenditure")
		says(page, "By the end of 30 September 2022, 58% of the year's plan had been spent: 464 som of 800 som.", "There is one report only, up to 30 September 2022",
			"There is no report of the whole of 2022, and when it was due is not said.", "It cannot be compared with the year before")
		officer.do(200, http.MethodPost, "/staff/budget/documents", url.Values{"kind": {"yearend"}, "year": {"2022"}, "due": {"2023-04-01"}})
		says(read(200, "/budget/year?year=2022&dir=expenditure"), "The next report: Year-end report, was due 1 April 2023; days late:")

		load("approved", "2023-01-05", "", "600", "400")
		load("executed", "2023-04-15", "2023-03-31", "150", "50")
		load("adjusted", "2023-07-10", "", "700", "500")
		load("executed", "2023-07-20", "2023-06-30", "300", "150")
		load("executed", "2023-08-01", "2023-06-30", "320", "160")
		last := load("executed", "2023-10-12", "2023-09-30", "500", "232")

		page = read(200, "/budget/year?year=2023&dir=expenditure")
		says(page, "By the end of 30 September 2023, 61% of the year's plan had been spent: 732 som of 1,200 som.", "At an even pace, a twelfth a month, it would be 75%.",
			"A year before, by the end of 30 September 2022, it was 58% of the plan: 464 som.",
			"from 5 January 2023 Approved budget, 2023, 5 January 2023 · download the file Treasury 1,000 – –",
			"up to 31 March 2023 Budget execution, 2023 (up to 31 March), 15 April 2023 · download the file Treasury 1,000 200 20%",
			"20 July 2023 · download the file Treasury corrected later 1,000 450 45%",
			"1 August 2023 · download the file Treasury 1,000 480 48%", "from 10 July 2023", "1,200 732 61%",
			"Education 700 500 71.4%", "Economic affairs 500 232 46.4%")
		if strings.Contains(wordsOf(page), "one report only") || !strings.Contains(page, `class="budget-plan"`) || !strings.Contains(page, last+"?") || !strings.Contains(page, last+"/file") {
			t.Error("the page calls several reports one, lacks its picture, or does not lead to the rows and the file")
		}
		if n := strings.Count(page, `class="budget-dot"`); n != 3 || strings.Count(page, `class="budget-dot budget-dot--old"`) != 1 {
			t.Errorf("%d points tell, want 3 and one that was corrected", n)
		}

		// By hand: 352 units are a year from 40 on, 198 are 1 500 som up from 224. Half of
		// the year is at 216, 1 200 som at 65.6; 10 July is (6 + 10/31)/12 of the way.
		for _, want := range []string{`d="M44.7 92.0H225.5V65.6H392.0"`, `d="M40.0 224.0L128.0 197.6L216.0 160.6L304.0 127.4"`, `d="M40.0 224.0L392.0 65.6"`} {
			if !strings.Contains(page, want) {
				t.Errorf("the picture has no line %s", want)
			}
		}

		course := courseElsewhere(t, read, says, last)
		hearing := announced(bodyNamed(t, a, "gorsvet"), 20, 2)
		hearing.Set("kind", "budget_execution")
		_, at := demoPerson(t, s, "1003").do(200, http.MethodPost, "/staff/hearings", hearing)
		if !strings.Contains(read(200, strings.TrimPrefix(at, "/staff")), `href="/budget/year?known=20`) {
			t.Error("the hearing on the execution does not lead to the year")
		}

		courseOfExcerpts(officer, read, says, course)

		// What is not public is not told, nor what was taken back.
		officer.do(200, http.MethodPost, "/staff"+last, url.Values{"do": {"withdraw"}})
		says(read(200, "/budget/year?year=2023&dir=expenditure"), "By the end of 30 June 2023, 48% of the year's plan had been spent: 480 som of 1,000 som.")
		last = load("executed", "2023-10-14", "2023-09-30", "500", "232")

		courseFiles(t, read)
		coursePackage(t, officer, read, last)
		demoCourse(t, read, says)
		for _, at := range []string{"?year=1999", "?year=2023&dir=both", "?year=2023&dir=expenditure&by=colour", "?year=2023&dir=expenditure&at=nothing", "?year=2023&dir=expenditure&line=5", "/course.pdf?year=2023"} {
			read(404, "/budget/year"+at)
		}
	})
}

// courseElsewhere finds the course of a step and of a line, from their pages; it
// returns the address of that of the line.
func courseElsewhere(t *testing.T, read func(int, string) string, says func(string, ...string), last string) (course string) {
	t.Helper()
	// A step and a line have a course of their own, found from their pages.
	says(read(200, "/budget/year?year=2023&dir=expenditure&by=functional&at=09"), "Education By the end of 30 September 2023, 71% of the year's plan had been spent: 500 som of 700 som.",
		"it was 60% of the plan: 300 som")
	step := read(200, last+"?dir=expenditure&by=functional&at=09")
	if !strings.Contains(html.UnescapeString(step), "/budget/year?at=09&by=functional&dir=expenditure&year=2023") {
		t.Error("a step does not lead to its year")
	}
	row := read(200, regexp.MustCompile(last+`/lines/\d+`).FindString(step))
	course = regexp.MustCompile(`/budget/year\?[^"]*line=\d+[^"]*`).FindString(html.UnescapeString(row))
	says(read(200, course), "Schools By the end of 30 September 2023, 71% of the year's plan had been spent: 500 som of 700 som.")
	if page := read(200, "/budget?version="+path.Base(last)); !strings.Contains(page, `href="/budget/year"`) {
		t.Error("the overview does not lead to the year")
	}
	return course
}

// courseOfExcerpts publishes a document that is known in part only: its lines
// count, and no sum of them.
func courseOfExcerpts(officer *browser, read func(int, string) string, says func(string, ...string), course string) {
	officer.t.Helper()
	form := statement("2023", "adjusted", "2023-09-01", "")
	form.Set("excerpt", "1")
	part := publish(officer, form, map[string]string{"part.csv": spent("2023", "1000", "9000")})
	says(read(200, part+"?dir=expenditure"), "Only some lines of this document are known")
	page := read(200, "/budget/year?year=2023&dir=expenditure")
	says(page, "732 som of 1,200 som", "Documents of which only some lines are known are not counted here: Adjusted budget, 2023, 1 September 2023")
	says(read(200, course), "50% of the year's plan had been spent: 500 som of 1,000 som.", "from 1 September 2023")
}

// courseFiles reads the table as files.
func courseFiles(t *testing.T, read func(int, string) string) {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(read(200, "/budget/year/course.csv?year=2023&dir=expenditure"))).ReadAll()
	if err != nil || len(rows) != 7 {
		t.Fatalf("CSV: %d rows, %v", len(rows), err)
	}
	at := func(row int, name string) string { return rows[row][slices.Index(rows[0], name)] }
	if at(6, "kind") != "done" || at(6, "day") != "2023-09-30" || at(6, "plan") != "1200" || at(6, "executed") != "732" || at(6, "share_of_plan") != "0.6100" || at(3, "replaced") != "true" || at(6, "source") != "Treasury" {
		t.Errorf("CSV: %q", rows)
	}
	var doc struct{ Rows []map[string]any }
	if err := json.Unmarshal([]byte(read(200, "/budget/year/course.json?year=2023&dir=expenditure&at=09")), &doc); err != nil || len(doc.Rows) != 6 || doc.Rows[5]["executed"] != "500" || doc.Rows[5]["code"] != "09" {
		t.Errorf("JSON: %v, %v", doc, err)
	}
}

// coursePackage has the part of the year go out with a package and come in again.
func coursePackage(t *testing.T, officer *browser, read func(int, string) string, version string) {
	t.Helper()
	text := read(200, version+"/export/budget.zip?dir=expenditure")
	z, err := zip.NewReader(bytes.NewReader([]byte(text)), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[f.Name] = string(data)
	}
	form := statement("2023", "executed", "2023-10-12", "")
	form.Set("source", "Package")
	if page, _ := officer.send(200, "/staff/budget", form, files); !strings.Contains(page, `value="2023-09-30"`) {
		t.Error("the preview does not take the fiscal period of a package")
	}
}

// demoCourse reads what the demo tells: the real report of January to April 2020,
// the plan of that part of the year, and documents that are known in part only.
func demoCourse(t *testing.T, read func(int, string) string, says func(string, ...string)) {
	t.Helper()
	says(read(200, "/budget/year?year=2020&dir=revenue"), "By the end of 30 April 2020, 23% of the year's plan had come in: 2.38 bn som of 10.23 bn som.",
		"The plan for this part of the year was 3.28 bn som; 72.4% of it was carried out.", "There is one report only, up to 30 April 2020")
	says(read(200, "/budget/year?year=2025&dir=revenue"), "By the end of 31 December 2025, 104% of the year's plan had come in: 30.5 bn som of 29.4 bn som.", "68.4%")
	says(read(200, "/budget/year"), "Plan and execution through the year, 2026", "By the end of 30 September 2026, 63% of what the draft budget says had been spent: 20.7 bn som of 32.87 bn som.",
		"A year before, by the end of 30 September 2025, it was 69% of the plan: 18.3 bn som.", "The approved budget of 2026 is not here")
	says(read(200, "/budget/year?known=2025-11-01"), "Plan and execution through the year, 2025")
	says(read(200, "/budget/year?year=2024"), "The approved budget of 2024 is not here, so there is no share of a plan.", "its own date was taken")
	// A report of a part of the year does not speak for the year.
	says(read(200, "/budget"), "Draft budget, 2026, 3 February 2026")
}
