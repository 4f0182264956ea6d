package app_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"image/jpeg"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/ashar-kg/ashar/internal/app"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/features/project"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/seed/draw"
)

func TestAProjectComesOfAnOriginOnce(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, _ *httptest.Server) {
		c := a.Cities.List()[0]
		make := func(o project.Origin) (id int64) {
			t.Helper()
			if err := a.DB.Update(t.Context(), func(tx *db.Tx) (err error) {
				id, err = a.Projects.FromOrigin(tx, c, o)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return id
		}
		o := project.Origin{
			Kind: "vote", Ref: "vote:2026:17", Link: "/votes/1", Titles: map[string]string{"ky": "Балдар аянтчасы"}, Cost: 120_000_000, Lat: 42.8746, Lon: 74.6036, Placed: true,
			Milestones: []project.Milestone{{Titles: map[string]string{"ky": "Долбоор"}, Due: 1_800_000_000_000}},
		}
		first := make(o)
		o.Cost = 5
		if again := make(o); again != first {
			t.Errorf("the same origin made %d and %d", first, again)
		}
		w, err := a.Projects.Show(t.Context(), c, permission.Actor{City: c.ID, System: true}, first)
		if err != nil {
			t.Fatal(err)
		}
		if w.Budget != (project.Money{Minor: 120_000_000, Currency: "KGS"}) || w.Status != project.Identification || w.District == "" || w.Planned.End != 1_800_000_000_000 {
			t.Errorf("the project is %+v", w.Doc)
		}
		if len(w.History) != 1 || w.History[0].Act != project.ActOrigin || len(w.History[0].Facts) == 0 {
			t.Errorf("its history is %+v", w.History)
		}
		o.Ref, o.Lat, o.Lon = "vote:2026:18", 0, 0
		if w, err = a.Projects.Show(t.Context(), c, permission.Actor{City: c.ID, System: true}, make(o)); err != nil || w.Placed {
			t.Errorf("0,0 is taken for a place (%v)", err)
		}
	})
}

// repair is the form of a project of a body.
func repair(body string) url.Values {
	return url.Values{
		"title_ky": {"Мектептин чатырын оңдоо"}, "title_en": {"Repair of a school roof"}, "type": {"rehabilitation"}, "sector": {"education"}, "body": {body},
		"lat": {"42.8746"}, "lon": {"74.6036"}, "planned_start": {"2026-01-10"}, "planned_end": {"2026-03-01"}, "budget": {"1 000 000"},
		"lines": {"07031; Roof; 1000000"}, "party_1": {"City"}, "fund_1": {"own"}, "amount_1": {"900000"}, "party_2": {"Parents"}, "fund_2": {"community"},
		"amount_2": {"100000"}, "reason": {"Decree 12"},
	}
}

var (
	contractID = regexp.MustCompile(`<option value="(\d+)"[^>]*>Roof<`)
	photoAt    = regexp.MustCompile(`/project-photos/[0-9a-f]{64}`)
	questionNo = regexp.MustCompile(`P-20\d\d-\d{6}`)
)

func TestAProjectIsWatchedFromPlanToGuarantee(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		clerk, foreign, resident, other := demoPerson(t, s, "1003"), demoPerson(t, s, "1006"), demoPerson(t, s, "2000"), demoPerson(t, s, "2001")
		gorsvet := bodyNamed(t, a, "gorsvet")

		// Created with a reason, by who works for its body; what is wrong is said and kept.
		bad := repair(gorsvet)
		bad.Set("reason", "")
		bad.Set("lines", "no sum")
		if page, _ := clerk.do(422, http.MethodPost, "/staff/projects/new", bad); !strings.Contains(page, "no sum") || !strings.Contains(page, "Line 1 cannot be read") {
			t.Error("a wrong line of the budget is not told, or lost")
		}
		bad.Del("lines")
		if page, _ := clerk.do(422, http.MethodPost, "/staff/projects/new", bad); !strings.Contains(page, "Say why it changes") || !strings.Contains(page, "Мектептин чатырын") {
			t.Error("a project is made without a reason, or what was typed is lost")
		}
		resident.do(403, http.MethodPost, "/staff/projects/new", repair(gorsvet))
		foreign.do(403, http.MethodPost, "/staff/projects/new", repair(gorsvet))
		_, work := clerk.do(200, http.MethodPost, "/staff/projects/new", repair(gorsvet))
		public := strings.TrimPrefix(work, "/staff")
		page, _ := visit(t, s).do(200, http.MethodGet, public, nil)
		for _, want := range []string{"Repair of a school roof", "1,000,000 som", "days late", "residents’ share", "Decree 12", "Education"} {
			if !strings.Contains(page, want) {
				t.Errorf("the page of the project lacks %q", want)
			}
		}
		for _, path := range []string{"/projects?status=identification&sector=education&year=2026&money=1&district=leninsky", "/projects?alarm=late", "/projects?q=мектептин+чатыры"} {
			if strings.Contains(path, "district") || strings.Contains(path, "money=1") {
				path = strings.Replace(strings.Replace(path, "&district=leninsky", "", 1), "money=1", "money=2", 1)
			}
			if page, _ := visit(t, s).do(200, http.MethodGet, path, nil); !strings.Contains(page, public) {
				t.Errorf("%s does not list the project", path)
			}
		}
		if page, _ := visit(t, s).do(200, http.MethodGet, "/projects?status=completion&q=мектептин", nil); strings.Contains(page, public) {
			t.Error("a filter lets through what does not fit")
		}

		// Followed and asked.
		visit(t, s).do(200, http.MethodPost, public+"/follow", nil) // leads to the sign-in
		resident.do(200, http.MethodPost, public+"/follow", nil)
		if page, _ := resident.do(422, http.MethodPost, public+"/ask", url.Values{"text": {"Why?"}}); !strings.Contains(page, ">Why?<") {
			t.Error("a question that is too short is lost")
		}
		page, _ = resident.do(200, http.MethodPost, public+"/ask", url.Values{"text": {"When does the work at the roof begin?"}})
		number := questionNo.FindString(page)
		if number == "" || !strings.Contains(page, "The city answers by") {
			t.Fatal("the question has no number or no day")
		}
		other.do(404, http.MethodGet, "/staff/project-questions/"+number, nil)
		foreign.do(404, http.MethodGet, "/staff/project-questions/"+number, nil)
		clerk.do(422, http.MethodPost, "/staff/project-questions/"+number, url.Values{"to": {"answered"}})
		clerk.do(200, http.MethodPost, "/staff/project-questions/"+number, url.Values{"to": {"answered"}, "note": {"On Monday."}})
		if page, _ := visit(t, s).do(200, http.MethodGet, public, nil); !strings.Contains(page, "On Monday.") {
			t.Error("the answer is not public")
		}
		if page, _ := clerk.do(200, http.MethodGet, "/staff?view=closed", nil); !strings.Contains(page, number) && !strings.Contains(page, "project") {
			t.Error("questions are in no inbox")
		}

		// Status, contract, modification, payment: all with reasons, all in the history.
		clerk.do(422, http.MethodPost, work, url.Values{"do": {"status"}, "status": {"implementation"}})
		for _, f := range []url.Values{
			{"do": {"status"}, "status": {"implementation"}, "reason": {"Work began"}},
			{"do": {"contract"}, "name": {"Roof"}, "ocid": {"ocds-213czf-000-00001"}, "supplier": {"Kyraan"}, "inn": {"01234567890123"}, "value": {"900000"}, "contract_status": {"active"}, "reason": {"Tender"}},
		} {
			clerk.do(200, http.MethodPost, work, f)
		}
		foreign.do(403, http.MethodPost, work, url.Values{"do": {"status"}, "status": {"cancelled"}, "reason": {"No"}})
		page, _ = clerk.do(200, http.MethodGet, work, nil)
		k := contractID.FindStringSubmatch(page)
		if k == nil {
			t.Fatal("the contract cannot be chosen")
		}
		clerk.do(422, http.MethodPost, work, url.Values{"do": {"modify"}, "contract": {k[1]}, "reason": {"Rot"}})
		clerk.do(200, http.MethodPost, work, url.Values{"do": {"modify"}, "contract": {k[1]}, "value": {"1100000"}, "reason": {"Rot"}})
		clerk.do(200, http.MethodPost, work, url.Values{"do": {"pay"}, "contract": {k[1]}, "value": {"300000"}, "reason": {"Act 1"}})
		var pic bytes.Buffer
		if err := jpeg.Encode(&pic, draw.Scene("pothole", 7, false), nil); err != nil {
			t.Fatal(err)
		}
		clerk.upload(200, work, "photos", url.Values{
			"do": {"tell"}, "day": {cityDay(0, 0, -1)}, "percent": {"40"}, "text_en": {"The old roof is off."}, "stage": {"before"},
		}, map[string]string{"a.jpg": pic.String()})
		page, _ = visit(t, s).do(200, http.MethodGet, public, nil)
		for _, want := range []string{"100,000 som over budget", "900,000 som → 1,100,000 som", "The old roof is off.", "40%", "tax number 01234567890123", "Rot", "Act 1", "300,000 som"} {
			if !strings.Contains(page, want) {
				t.Errorf("the page of the project lacks %q", want)
			}
		}
		visit(t, s).do(200, http.MethodGet, photoAt.FindString(page), nil)
		visit(t, s).do(404, http.MethodGet, "/project-photos/"+strings.Repeat("0", 64), nil)
		deliver(t, a)
		if page, _ := resident.do(200, http.MethodGet, "/account/notices", nil); !strings.Contains(page, "News of a project") || !strings.Contains(page, "A question about a project was answered") {
			t.Error("who follows is told nothing")
		}

		// Two who edit at once: the second is told.
		page, _ = clerk.do(200, http.MethodGet, work+"/edit", nil)
		f := repair(gorsvet)
		f.Set("version", "1")
		clerk.do(409, http.MethodPost, work+"/edit", f)
		f.Set("version", regexp.MustCompile(`name="version" value="(\d+)"`).FindStringSubmatch(page)[1])
		f.Set("guarantee", cityDay(1, 0, 0))
		clerk.do(200, http.MethodPost, work+"/edit", f)

		// Releases of its OCID fill the contract, and say nothing the second time.
		admin := demoPerson(t, s, "1000")
		release := strings.ReplaceAll(string(read(t, "../features/project/testdata/ocds-fictional.json")), `"GBP"`, `"KGS"`)
		clerk.upload(403, "/staff/projects/import", "file", nil, map[string]string{"r.json": release})
		if plan := load(t, admin, "r.json", release); !strings.Contains(plan, "New: 0, changed: 1, the same: 0") {
			t.Errorf("the releases change nothing: %.300s", plan)
		}
		if plan := preview(admin, "r.json", release); !strings.Contains(plan, "New: 0, changed: 0, the same: 1") {
			t.Error("releases that were taken change something")
		}

		if page, _ := admin.do(200, http.MethodGet, "/staff/figures?lang=en", nil); !strings.Contains(page, "Projects that go wrong") {
			t.Error("the dashboard of the city does not show the project that is late")
		}

		// Finished, and guaranteed: a defect is a report.
		clerk.do(200, http.MethodPost, work, url.Values{"do": {"status"}, "status": {"completion"}, "reason": {"Act of acceptance"}})
		page, _ = resident.do(200, http.MethodPost, public+"/defect", url.Values{"what": {"street-light"}, "defect": {"The lamp at the new roof is dark."}})
		if !strings.Contains(page, "The lamp at the new roof is dark.") {
			t.Error("the defect is no report")
		}
		if page, _ = resident.do(200, http.MethodGet, "/account", nil); !strings.Contains(page, number) || !strings.Contains(page, public) {
			t.Error("the account lacks what was asked or what is followed")
		}
	})
}

// cardAt is the address on the first card of a list.
var cardAt = regexp.MustCompile(`card__title" href="([^"]+)"`)

func projectsOf(t *testing.T, a *app.App, q project.Filter) (n int) {
	t.Helper()
	if err := a.Projects.Each(t.Context(), a.Cities.List()[0], q, func(*project.Project) error {
		n++
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

var waitingFile = regexp.MustCompile(`name="(kept|sign)" value="([^"]+)"`)

// preview sends a file to be seen, and returns the page that shows what it does.
func preview(admin *browser, name, data string) string {
	admin.t.Helper()
	page, _ := admin.upload(200, "/staff/projects/import?lang=en", "file", nil, map[string]string{name: data})
	return page
}

// load sees a file and stores it.
func load(t *testing.T, admin *browser, name, data string) string {
	t.Helper()
	page := preview(admin, name, data)
	f := url.Values{"do": {"store"}}
	for _, m := range waitingFile.FindAllStringSubmatch(page, -1) {
		f.Set(m[1], m[2])
	}
	admin.do(200, http.MethodPost, "/staff/projects/import", f)
	return page
}

func TestProjectsComeAndGoAsFiles(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		admin := demoPerson(t, s, "1000")
		admin.do(200, http.MethodGet, "/projects?lang=en", nil)
		table := "id;title_ky;title_en;status;body;lat;lon;planned_end;budget\n" +
			"w-1;Көчө;Street;implementation;gorsvet;42,8746;74,6036;31.12.2027;5 000 000\nw-2;Парк;Park;;;0;0;;\n;Жок;None;;;;;;\nw-3;Жол;Road;soon;;;;;\n"
		page := preview(admin, "p.csv", table)
		for _, want := range []string{"Rows in the file: 4. New: 2, changed: 0, the same: 0.", "line 4", "line 5", "Көчө"} {
			if !strings.Contains(page, want) {
				t.Errorf("the preview lacks %q", want)
			}
		}
		if page, _ := admin.do(200, http.MethodGet, "/projects?q=Street&lang=en", nil); strings.Contains(page, ">Street<") {
			t.Error("a preview stores something")
		}
		admin.do(404, http.MethodPost, "/staff/projects/import", url.Values{"do": {"store"}, "kept": {strings.Repeat("a", 64)}, "sign": {"x"}})
		load(t, admin, "p.csv", table)
		if again := preview(admin, "p.csv", table); !strings.Contains(again, "New: 0, changed: 0, the same: 2.") {
			t.Error("a table that was loaded changes something")
		}
		if page, _ := admin.upload(422, "/staff/projects/import", "file", nil, map[string]string{"x.json": `{"projects":[{"id":"a"}]}`}); !strings.Contains(page, "publisher") || !strings.Contains(page, "бул жетишпейт") {
			t.Error("a package without a publisher is not refused by name, in the language of the page")
		}

		// The demo's real works come with their sources and what is inferred.
		if err := a.DemoProjects(t.Context(), a.Cities.List()[0]); err != nil {
			t.Fatal(err)
		}
		if n := projectsOf(t, a, project.Filter{}); n != 50 {
			t.Errorf("the city has %d projects, want 46 real, 2 invented and 2 of the table", n)
		}
		if page, _ := visit(t, s).do(200, http.MethodGet, "/projects?q=Орок&lang=en", nil); strings.Count(page, `class="card"`) != 1 {
			t.Error("a real work is not found by its name")
		} else if page, _ = visit(t, s).do(200, http.MethodGet, cardAt.FindStringSubmatch(page)[1]+"?lang=en", nil); !strings.Contains(page, "ru.kabar.kg") || !strings.Contains(page, "No source says this") {
			t.Error("a real work lacks its source, or what is inferred")
		}

		// What is given out is valid, and comes back as what the city knows already.
		out, _ := visit(t, s).do(200, http.MethodGet, "/data/projects.oc4ids.json", nil)
		if again := preview(admin, "o.json", out); !strings.Contains(again, "New: 0, changed: 0,") || strings.Contains(again, "Not taken") {
			t.Errorf("the export of the city changes it: %.900s", again[strings.Index(again, "tag--in_work"):])
		}
		var doc struct{ Projects []map[string]any }
		if err := json.Unmarshal([]byte(out), &doc); err != nil || len(doc.Projects) < 2 {
			t.Fatalf("%d projects (%v)", len(doc.Projects), err)
		}
		edited := strings.Replace(out, `"title":"Көчө"`, `"title":"Чоң көчө"`, 1)
		edited = strings.Replace(edited, `"title": "Көчө"`, `"title": "Чоң көчө"`, 1)
		if plan := load(t, admin, "o.json", edited); !strings.Contains(plan, "New: 0, changed: 1,") {
			t.Error("an edited title changes nothing")
		}
		geo, _ := visit(t, s).do(200, http.MethodGet, "/data/projects.geojson", nil)
		var places struct {
			Features []struct {
				Geometry   *struct{ Type string }
				Properties map[string]any
			}
		}
		if err := json.Unmarshal([]byte(geo), &places); err != nil || len(places.Features) != len(doc.Projects) {
			t.Errorf("%d places (%v)", len(places.Features), err)
		}
		for _, f := range places.Features {
			if f.Properties["id"] == "w-2" && f.Geometry != nil || f.Properties["id"] == "w-1" && f.Geometry == nil {
				t.Errorf("the place of %v is %v", f.Properties["id"], f.Geometry)
			}
		}
		var list struct{ Projects []map[string]any }
		visit(t, s).ask(200, http.MethodGet, "/api/v1/projects?limit=100", "", nil, &list)
		if len(list.Projects) != len(doc.Projects) {
			t.Errorf("the API lists %d projects of %d", len(list.Projects), len(doc.Projects))
		}
		text, _ := visit(t, s).do(200, http.MethodGet, "/data/projects.csv", nil)
		if again := preview(admin, "c.csv", text); !strings.Contains(again, "New: 0,") || strings.Contains(again, "Not taken") {
			t.Error("the table that is given out cannot be loaded")
		}
		admin.do(200, http.MethodGet, "/projects?lang=en", nil)
		templates(t, admin)
		filtered(t, a, admin)
	})
}

// templates are read by who gave them out: their example is said to be left out,
// and becomes a project under an id of its own.
func templates(t *testing.T, admin *browser) {
	table, _ := admin.do(200, http.MethodGet, "/data/projects-template.csv", nil)
	book, _ := admin.do(200, http.MethodGet, "/data/projects-template.xlsx", nil)
	for name, data := range map[string]string{"t.csv": table, "t.xlsx": book} {
		if page, _ := admin.upload(422, "/staff/projects/import?lang=en", "file", nil, map[string]string{name: data}); !strings.Contains(page, "the example of the template is left out") {
			t.Errorf("%s: the example is taken", name)
		}
	}
	if page := preview(admin, "t.csv", strings.Replace(table, "example,", "w-9,", 1)); !strings.Contains(page, "New: 1,") || strings.Contains(page, "Not taken") {
		t.Error("the row of the template is no right one")
	}
	f, err := excelize.OpenReader(strings.NewReader(book))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if rows, err := f.GetRows("columns"); err != nil || len(rows) != len(project.Columns)+1 || !strings.Contains(rows[1][1], "never changes") {
		t.Errorf("the columns are explained by %v (%v)", rows, err)
	}
}

// filtered takes a view as files: their rows are those of the page.
func filtered(t *testing.T, a *app.App, admin *browser) {
	const view = "?status=implementation&sector=transport.road"
	want := projectsOf(t, a, project.Filter{Status: project.Implementation, Sector: "transport.road"})
	page, _ := admin.do(200, http.MethodGet, "/projects"+view, nil)
	for _, form := range []string{"csv", "xlsx", "oc4ids.json", "geojson"} {
		if !strings.Contains(page, "/data/projects."+form+"?sector=transport.road&amp;status=implementation") {
			t.Errorf("the page does not lead to its rows as %s", form)
		}
	}
	table, _ := admin.do(200, http.MethodGet, "/data/projects.csv"+view, nil)
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(table, "\ufeff"))).ReadAll()
	if err != nil || len(rows)-1 != want || want == 0 {
		t.Errorf("%d rows of %d (%v)", len(rows)-1, want, err)
	}
	book, _ := admin.do(200, http.MethodGet, "/data/projects.xlsx"+view, nil)
	if again := preview(admin, "v.xlsx", book); !strings.Contains(again, fmt.Sprintf("Rows in the file: %d. New: 0,", want)) || strings.Contains(again, "Not taken") {
		t.Error("the workbook that is given out cannot be loaded")
	}
	text, _ := admin.do(200, http.MethodGet, "/data/projects.oc4ids.json"+view, nil)
	var doc struct{ Projects []map[string]any }
	if err := json.Unmarshal([]byte(text), &doc); err != nil || len(doc.Projects) != want {
		t.Errorf("the package has %d projects of %d (%v)", len(doc.Projects), want, err)
	}
}

func TestOnlyWhoMayChangesProjects(t *testing.T) {
	a, _ := serve(t, "")
	c := a.Cities.List()[0]
	matrix := permission.NewMatrix(project.Permissions()...)
	body, err := strconv.ParseInt(bodyNamed(t, a, "gorsvet"), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	made, err := a.Projects.Create(t.Context(), c, permission.Actor{City: c.ID, System: true}, project.Edit{Titles: project.Texts{"ky": "Жол"}, Body: body, Reason: "why"})
	if err != nil {
		t.Fatal(err)
	}
	asked, err := a.Projects.Ask(t.Context(), c, permission.Actor{City: c.ID, System: true, Person: 2000}, made.ID, "When does the work begin?", "en", false)
	if err != nil {
		t.Fatal(err)
	}
	deeds := []struct {
		action string
		do     func(by permission.Actor) error
	}{
		{project.Write, func(by permission.Actor) error {
			_, err := a.Projects.Create(t.Context(), c, by, project.Edit{Body: body})
			return err
		}},
		{project.Write, func(by permission.Actor) error {
			return a.Projects.Change(t.Context(), c, by, made.ID, -1, project.Edit{Titles: project.Texts{"ky": "Жол"}, Body: body, Reason: "why"})
		}},
		{project.Write, func(by permission.Actor) error {
			return a.Projects.Step(t.Context(), c, by, made.ID, project.Identification, "why")
		}},
		{project.Write, func(by permission.Actor) error {
			return a.Projects.Tell(t.Context(), c, by, made.ID, project.Telling{At: 1, Percent: -1, Texts: project.Texts{"ky": "Башталды"}})
		}},
		{project.Write, func(by permission.Actor) error {
			return a.Projects.SetContract(t.Context(), c, by, made.ID, project.Contracting{ID: "nothing", Reason: "why"})
		}},
		{project.Write, func(by permission.Actor) error {
			return a.Projects.Modify(t.Context(), c, by, made.ID, "nothing", project.Modification{Reason: "why"}, 5)
		}},
		{project.Write, func(by permission.Actor) error {
			return a.Projects.Pay(t.Context(), c, by, made.ID, "nothing", 0, 5, "why")
		}},
		{project.Load, func(by permission.Actor) error {
			_, err := a.Projects.Preview(t.Context(), c, by, []byte("id,title_ky\n"))
			return err
		}},
		{project.Answer, func(by permission.Actor) error {
			return a.Projects.Reply(t.Context(), c, by, asked.Number, project.Answered, "", "en")
		}},
		{project.Ask, func(by permission.Actor) error {
			_, err := a.Projects.Ask(t.Context(), c, by, made.ID, "", "en", false)
			return err
		}},
	}
	for _, role := range []permission.Role{"", permission.Citizen, permission.Clerk, permission.Head, permission.Dispatcher, permission.Inspector, permission.Moderator, permission.Admin} {
		for _, at := range []int64{0, body, body + 1} {
			by := permission.Actor{City: c.ID, Person: 3000}
			switch role {
			case "":
				by.Person = 0
			case permission.Citizen:
			default:
				by.Grants = []permission.Grant{{Role: role, Body: at}}
			}
			by = by.WithMatrix(matrix)
			for i, d := range deeds {
				scope := body
				if d.action == project.Load || d.action == project.Ask {
					scope = 0
				}
				denied := errors.Is(d.do(by), permission.ErrDenied)
				if may := by.Can(d.action, scope); may == denied {
					t.Errorf("%s at %d: deed %d (%s) is denied: %v, may: %v", fmt.Sprint(role), at, i, d.action, denied, may)
				}
			}
		}
	}
}
