package project

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/place"
	"github.com/ashar-kg/ashar/internal/platform/i18n"
	"github.com/ashar-kg/ashar/locales"
)

func town() (*city.City, *body.Directory) {
	c := &city.City{ID: 1, Slug: "bishkek", Languages: []string{"ky", "ru", "en"}, Currency: "KGS", Zone: time.FixedZone("", 6*3600)}
	dir := body.NewDirectory([]*body.Body{{ID: 7, Code: "edu", Names: map[string]string{"ky": "Билим берүү башкармалыгы", "en": "Education"}}})
	return c, dir
}

// whole is a project with everything that a project may have.
func whole() *Project {
	kgs := func(n int64) Money { return Money{Minor: n, Currency: "KGS"} }
	return &Project{Public: "bishkek-1", Body: 7, Progress: 40, Updated: 1_790_000_000_000, Doc: Doc{
		Titles: Texts{"ky": "Мектепти оңдоо", "ru": "Ремонт школы"}, Texts: Texts{"ky": "Чатыры жана терезелери"}, Purpose: "Warm rooms", Type: "rehabilitation",
		Status: Implementation, Sectors: []string{"education"}, District: "leninsky", Address: "Фрунзе 347",
		Geometry: `{"coordinates":[[74.58,42.87],[74.6,42.87]],"type":"LineString"}`, Placed: true, Lat: 42.87, Lon: 74.59,
		Planned: Period{1_780_000_000_000, 1_800_000_000_000}, Began: 1_781_000_000_000, Guarantee: 1_900_000_000_000,
		Stages: map[string]Period{Implementation: {Start: 1_781_000_000_000}}, Budget: kgs(120_000_050), Approved: 1_770_000_000_000,
		Lines:   []Line{{ID: "1", Text: "Roof", Code: "07031", Amount: kgs(100_000_050)}, {ID: "2", Text: "Windows", Amount: kgs(20_000_000), Party: "City"}},
		Finance: []Finance{{ID: "1", Fund: "own", Party: "City", Amount: kgs(100_000_050)}, {ID: "2", Fund: "community", Party: "Parents", Amount: kgs(20_000_000)}},
		Contracts: []Contract{{
			ID: "1", OCID: "ocds-abc-1", Title: "Roof", Status: "active", Natures: []string{"construction"}, Suppliers: []Supplier{{ID: "KG-INN-01234567890123", Name: "ОсОО Кыраан", INN: "01234567890123"}},
			Value: kgs(90_000_000), Period: Period{1_781_000_000_000, 1_799_000_000_000},
			Modifications: []Modification{{ID: "1", At: 1_785_000_000_000, Text: "More roof", Reason: "Rot", Value: kgs(99_000_000), OldValue: kgs(90_000_000), End: 1_799_500_000_000, OldEnd: 1_799_000_000_000}},
			Payments:      []Payment{{ID: "1", At: 1_786_000_000_000, Amount: kgs(30_000_000), Payee: "ОсОО Кыраан"}},
			Releases:      []Tagged{{ID: "r1", Tags: []string{"contract"}, At: 1_781_000_000_000, Link: "https://example.org/r1.json"}},
		}},
		Milestones: []Milestone{{ID: "1", Titles: Texts{"ky": "Чатыр", "ru": "Крыша"}, Due: 1_790_000_000_000, Met: 1_789_000_000_000}},
		Papers:     []Paper{{ID: "1", Type: "contractSigned", Title: "Келишим", Link: "https://example.org/1.pdf", Published: 1_781_000_000_000, Format: "application/pdf", Lang: "ky"}},
		Contact:    Contact{Name: "Education", Email: "edu@city.example", Phone: "0312 00-00-00"}, Sources: []Source{{Title: "24.kg", Link: "https://24.kg/1", Day: "2026-11-23"}},
		Inferred: []string{"district"}, OriginKind: "vote", OriginRef: "vote:1:2", OriginLink: "/votes/1",
	}}
}

func pack(t *testing.T, projects ...json.RawMessage) []byte {
	t.Helper()
	data, err := json.Marshal(map[string]any{
		"uri": "https://city.example/p.json", "publishedDate": "2026-11-28T00:00:00Z", "version": "0.9", "publisher": map[string]string{"name": "City"}, "projects": projects,
	})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func valid(t *testing.T, data []byte) {
	t.Helper()
	doc, err := decode(data)
	if err != nil {
		t.Fatal(err)
	}
	wrong, err := violations(packageSchema, doc, "")
	if err != nil || len(wrong) > 0 {
		t.Fatalf("the package breaks the schema of OC4IDS: %v %v", wrong, err)
	}
}

func TestAProjectComesBackWholeFromOC4IDS(t *testing.T) {
	c, dir := town()
	p := whole()
	told := []*Update{{At: 1_789_000_000_000, Percent: 40, Texts: Texts{"ky": "Чатыр бүттү"}}}
	x, err := WriteProject(p, told, c, dir)
	if err != nil {
		t.Fatal(err)
	}
	data := pack(t, x)
	valid(t, data)
	back := Parse(data, c, dir)
	if len(back.Refused) > 0 || len(back.Projects) != 1 {
		t.Fatalf("refused: %v", back.Refused)
	}
	if diff := cmp.Diff(p.Doc, back.Projects[0].Doc); diff != "" || back.Projects[0].Body != 7 {
		t.Errorf("the project changes on its way (-was +is):\n%s", diff)
	}
	if u := back.Told[p.Public]; len(u) != 1 || u[0].Percent != 40 || u[0].At != told[0].At || u[0].Texts["ky"] != "Чатыр бүттү" {
		t.Errorf("the updates come back as %+v", u)
	}
	again, err := WriteProject(&Project{Doc: back.Projects[0].Doc, Public: p.Public, Body: 7, Updated: p.Updated, Raw: back.Projects[0].Raw}, told, c, dir)
	if err != nil {
		t.Fatal(err)
	}
	var one, two any
	if json.Unmarshal(x, &one) != nil || json.Unmarshal(again, &two) != nil || !reflect.DeepEqual(one, two) {
		t.Errorf("written again it differs:\n%s", cmp.Diff(one, two))
	}
	var m map[string]any
	if err := json.Unmarshal(x, &m); err != nil {
		t.Fatal(err)
	}
	m["title"], m["environment"] = "Мектеп", map[string]any{"inProtectedArea": true}
	edited, _ := json.Marshal(m)
	read := Parse(pack(t, edited), c, dir).Projects[0]
	if read.Titles["ky"] != "Мектеп" {
		t.Errorf("who edits the standard's title is not heard: %v", read.Titles)
	}
	read.Titles = Texts{"ky": "Башка"}
	kept, err := WriteProject(read, told, c, dir)
	if err != nil || !strings.Contains(string(kept), "inProtectedArea") || !strings.Contains(string(kept), "Башка") {
		t.Errorf("fields that are not shown are lost, or edits are: %s (%v)", kept, err)
	}
}

func TestTheExampleOfOC4IDSIsRefusedWithItsPaths(t *testing.T) {
	data, err := os.ReadFile("testdata/oc4ids-example.json")
	if err != nil {
		t.Fatal(err)
	}
	c, dir := town()
	back := Parse(data, c, dir)
	var paths []string
	for _, r := range back.Refused {
		paths = append(paths, r.Path)
	}
	if len(back.Projects) != 0 || len(paths) < 5 || !slices.Contains(paths, "projects/0/status") || !slices.Contains(paths, "projects/0/budget/finance/0/assetClass") {
		t.Fatalf("refused at %v", paths)
	}
	// Mended where it is at fault, it is read with its money, dates and place,
	// and without the people of its companies.
	doc, err := decode(data)
	if err != nil {
		t.Fatal(err)
	}
	p := doc.(map[string]any)["projects"].([]any)[0].(map[string]any)
	p["status"] = "completion"
	for _, k := range []string{"metrics", "forecasts", "social", "environment", "benefits"} {
		delete(p, k)
	}
	delete(p["budget"].(map[string]any), "finance")
	mended, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	back = Parse(mended, c, dir)
	for _, r := range back.Refused {
		cut(p, strings.Split(r.Path, "/")[2:])
	}
	if mended, err = json.Marshal(doc); err != nil {
		t.Fatal(err)
	}
	if back = Parse(mended, c, dir); len(back.Projects) != 1 {
		t.Fatalf("still refused: %v", back.Refused)
	}
	got := back.Projects[0]
	if got.Budget != (Money{4_000_000_000, "GBP"}) || got.Planned.End == 0 || !got.Placed || len(got.Contracts) == 0 || got.Authority != "Motorways UK" || strings.Contains(got.Raw, "Perez") {
		t.Errorf("read as %+v", got.Doc)
	}
	x, err := WriteProject(got, nil, c, dir)
	if err != nil {
		t.Fatal(err)
	}
	valid(t, pack(t, x))
}

// cut takes what a path leads to out of a document.
func cut(x any, path []string) {
	for i, step := range path {
		switch v := x.(type) {
		case map[string]any:
			if i == len(path)-1 {
				delete(v, step)
			}
			x = v[step]
		case []any:
			n := int(step[0] - '0')
			if n < len(v) {
				x = v[n]
			}
		}
	}
}

func TestAFileSaysWhereItIsWrong(t *testing.T) {
	c, dir := town()
	head := `{"uri":"https://city.example/p","publishedDate":"2026-11-28T00:00:00Z","version":"0.9","publisher":{"name":"City"},"projects":`
	for _, x := range []struct{ name, file, where string }{
		{"empty", "", "line 1"},
		{"not JSON", "{\n\"projects\": [}", "line 2"},
		{"a list", "[]", "/"},
		{"no publisher", `{"uri":"https://city.example/p","publishedDate":"2026-11-28T00:00:00Z","version":"0.9","projects":[{"id":"a"}]}`, ""},
		{"no projects", head + `[]}`, "projects"},
		{"status", head + `[{"id":"a","status":"done"}]}`, "projects/0/status"},
		{"amount", head + `[{"id":"a","budget":{"amount":{"amount":"5","currency":"KGS"}}}]}`, "projects/0/budget/amount/amount"},
		{"date", head + `[{"id":"a"},{"id":"b","period":{"startDate":"2026-31-01"}}]}`, "projects/1/period/startDate"},
		{"no id", head + `[{"title":"a"}]}`, "projects/0"},
		{"twice", head + `[{"id":"a"},{"id":"a"}]}`, ""},
		{"twice with other words", head + `[{"id":"a"},{"id":"a","title":"b"}]}`, "projects/1/id"},
		{"too much money", head + `[{"id":"a","budget":{"amount":{"amount":1e300,"currency":"KGS"}}}]}`, "projects/0/budget/amount/amount"},
		{"a release without its date", `{"releases":[{"ocid":"x","id":"1"}]}`, "releases/0/date"},
		{"a contract without its currency", `{"releases":[{"ocid":"x","id":"1","date":"2026-01-01T00:00:00Z","contracts":[{"id":"1","value":{"amount":5}}]}]}`, "releases/0/contracts/0/value/currency"},
		{"a row without id", "id;title_ky\n;Мектеп\n", "line 2"},
		{"a row with a bad day", "id,title_ky,planned_end\nа,Мектеп,вчера\n", "line 2"},
		{"a row with no body", "id,title_ky,body\na,Мектеп,nobody\n", "line 2"},
		{"a row twice", "id,title_ky\na,Мектеп\na,Мектеп\n", "line 3"},
		{"no names of columns", "a,b\n1,2\n", "line 1"},
	} {
		got := Parse([]byte(x.file), c, dir)
		if len(got.Refused) == 0 || x.where != "" && got.Refused[0].Where() != x.where {
			t.Errorf("%s: refused at %v, want %s", x.name, got.Refused, x.where)
		}
	}
	got := Parse([]byte(head+`[{"id":"a","locations":[{"id":"1","geometry":{"type":"Point","coordinates":[0,0]}}]}]}`), c, dir)
	if len(got.Projects) != 1 || got.Projects[0].Placed {
		t.Errorf("0,0 is a place: %+v", got)
	}
}

func TestATableIsReadWithSemicolonsMarksAndFromAWorkbook(t *testing.T) {
	c, dir := town()
	rows := [][]string{
		{"id", "title_ky", "status", "body", "lat", "lon", "planned_end", "budget", "supplier", "inn", "contract_value", "inferred"},
		{"w-1", "Мектепти оңдоо", "implementation", "edu", "42,87", "74.6", "31.12.2026", "1 200 000,50", "ОсОО Кыраан", "01234567890123", "900000", "status|district"},
		{"", "", "", "", "", "", "", "", "", "", "", ""},
		{"w-2", "Бала бакча", "", "", "0", "0", "", "", "", "", "", ""},
	}
	var text strings.Builder
	text.WriteString("\ufeff")
	book := excelize.NewFile()
	for i, row := range rows {
		text.WriteString(strings.Join(row, ";") + "\r\n")
		for j, v := range row {
			cell, err := excelize.CoordinatesToCellName(j+1, i+1)
			if err != nil {
				t.Fatal(err)
			}
			if err := book.SetCellValue("Sheet1", cell, v); err != nil {
				t.Fatal(err)
			}
		}
	}
	sheet, err := book.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string][]byte{"csv": []byte(text.String()), "xlsx": sheet.Bytes()} {
		got := Parse(file, c, dir)
		if got.Form != name || len(got.Refused) != 0 || len(got.Projects) != 2 {
			t.Fatalf("%s: %+v", name, got)
		}
		p := got.Projects[0]
		if p.Body != 7 || p.Budget != (Money{120_000_050, "KGS"}) || p.Planned.End != time.Date(2026, 12, 31, 0, 0, 0, 0, c.Zone).UnixMilli() ||
			!p.Placed || p.Contracts[0].Suppliers[0].INN != "01234567890123" || !slices.Equal(p.Inferred, []string{"status", "district"}) {
			t.Errorf("%s: read as %+v", name, p.Doc)
		}
		if got.Projects[1].Placed {
			t.Errorf("%s: 0,0 is a place", name)
		}
	}
}

func TestReleasesFillAContractOnce(t *testing.T) {
	data, err := os.ReadFile("testdata/ocds-fictional.json")
	if err != nil {
		t.Fatal(err)
	}
	c, dir := town()
	read := Parse(data, c, dir)
	if len(read.Refused) != 0 || len(read.Releases) != 6 {
		t.Fatalf("read %d releases, refused %v", len(read.Releases), read.Refused)
	}
	k := Contract{ID: "1", OCID: "ocds-213czf-000-00001"}
	for range 2 {
		for _, r := range read.Releases {
			k.take(r)
		}
	}
	if k.Value != (Money{1_100_000_000, "GBP"}) || len(k.Suppliers) != 1 || k.Suppliers[0].Name == "" || k.Period.Start == 0 || k.Period.End == 0 || len(k.Payments) == 0 || len(k.Releases) != 6 {
		t.Errorf("the contract is %+v", k)
	}
	more := Release{Tagged: Tagged{ID: "07", Tags: []string{"contractAmendment"}, At: 1}, OCID: k.OCID, Value: Money{1_200_000_000, "GBP"}, Reason: "rock"}
	k.take(more)
	k.take(more)
	if len(k.Modifications) != 1 || k.Modifications[0].OldValue.Minor != 1_100_000_000 || k.Current().Minor != 1_200_000_000 {
		t.Errorf("the amendment is %+v", k.Modifications)
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range []string{"testdata/oc4ids-example.json", "testdata/ocds-fictional.json"} {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte("id;title_ky;lat;lon\n1;Мектеп;42,8;74,6\n"))
	f.Add([]byte(`{"uri":"https://c.example","publishedDate":"2026-01-01T00:00:00Z","version":"0.9","publisher":{"name":"C"},"projects":[{"id":"a","locations":[{"id":"1","geometry":{"type":"MultiPolygon","coordinates":[]}}]}]}`))
	c, dir := town()
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, p := range Parse(data, c, dir).Projects {
			p.facts()
			p.facets(c.Zone)
			x, err := WriteProject(p, nil, c, dir)
			if err != nil {
				t.Fatal(err)
			}
			doc, err := decode(x)
			if err != nil {
				t.Fatal(err)
			}
			if p.Raw == "" {
				continue
			}
			if wrong, err := violations(projectSchema, doc, ""); err != nil || len(wrong) > 0 {
				t.Fatalf("what was valid is written with faults: %v %v", wrong, err)
			}
		}
	})
}

func FuzzSettle(f *testing.F) {
	f.Add(`{"type":"Polygon","coordinates":[[[74.5,42.8],[74.6,42.8],[74.6,42.9],[74.5,42.8]]]}`)
	f.Add(`{"type":"MultiLineString","coordinates":[[],[[1,2]]]}`)
	f.Fuzz(func(t *testing.T, text string) {
		if kept, lat, lon, ok := settle(text); ok && (kept != "" && kept != text || !place.OnEarth(pointBound(lat, lon))) {
			t.Fatalf("%q is at %v, %v", text, lat, lon)
		}
	})
}

// TestTheExamplesOfTheStandardsAreRead reads the larger set of examples too,
// where it lies beside the repository.
func TestTheExamplesOfTheStandardsAreRead(t *testing.T) {
	root := os.Getenv("ASHAR_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "..", "shared")
	}
	dir := filepath.Join(root, "data", "standards")
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("THE EXAMPLES OF THE STANDARDS ARE NOT READ: %v; say where they lie with ASHAR_SHARED", err)
	}
	c, _ := town()
	for _, x := range []struct {
		name           string
		form           string
		rows, releases int
		refused        []string // the paths
	}{
		{"oc4ids-0.9/example.json", FormOC4IDS, 1, 0, []string{
			"projects/0/status", "projects/0/budget/finance/0/assetClass", "projects/0/forecasts/0/observations/0/value", "projects/0/metrics/0/observations/0/value",
			"projects/0/contractingProcesses/0/summary/social/laborBudget/amount", "projects/0/social/consultationMeetings/0/numberOfParticipants",
			"projects/0/environment/climateMeasures/0/type",
		}},
		{"oc4ids-0.9/blank.json", FormOC4IDS, 0, 0, []string{"projects"}},
		{"ocds-1.1/example-fictional-release-package.json", FormOCDS, 6, 6, nil},
		{"ocds-1.1/example-implementation.json", FormOCDS, 1, 1, nil},
	} {
		data, err := os.ReadFile(filepath.Join(dir, x.name))
		if err != nil {
			t.Fatal(err)
		}
		got := Check(data, c, nil)
		var paths []string
		for _, r := range got.Refused {
			if r.Line == 0 {
				t.Errorf("%s: %s has no line", x.name, r.Path)
			}
			paths = append(paths, r.Path)
		}
		if got.Form != x.form || got.Rows != x.rows || got.Releases != x.releases || !slices.Equal(paths, x.refused) {
			t.Errorf("%s: %+v", x.name, got)
		}
	}
}

func TestEveryRefusalHasItsText(t *testing.T) {
	catalogue, err := i18n.Load(locales.FS)
	if err != nil {
		t.Fatal(err)
	}
	for code := range Reasons {
		if !catalogue.Has("project.refused." + code) {
			t.Errorf("%s has no text", code)
		}
	}
}
