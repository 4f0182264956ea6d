package fdp

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"
)

// check writes a file and reads it.
func check(t *testing.T, name, content string, o Options) (*Report, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return Check(path, o)
}

func lines(r *Report) (out []string) {
	for _, x := range r.Refused {
		out = append(out, fmt.Sprintf("%d %s", x.Line, x.Code))
	}
	return out
}

func TestPlainTables(t *testing.T) {
	for _, c := range []struct {
		name, content string
		o             Options
		rows          int
		rev, exp, fin string
		refused       []string
		empty         []int
	}{
		{
			"a mark, semicolons, Cyrillic headers, a decimal comma",
			"\ufeffГод;Направление;Раздел;Наименование;Сумма, тыс. сом\r\n2026;Расходы;09;Образование;1 234,5\r\n2026;Доходы;;Налоги;2\u00a0345\u202f678,25\r\n",
			Options{},
			2, "2345678.25", "1234.5", "0", nil, nil,
		},
		{
			"Kyrgyz headers and tabs, columns in another order",
			"Суммасы\tАталышы\tБагыты\tЖылы\n100\tБилим берүү\tЧыгаша\t2026\n-7,5\tТүзөтүү\tчыгашалар\t2026\n300\tСалык\tКиреше\t2026\n",
			Options{},
			3, "300", "92.5", "0", nil, nil,
		},
		{
			"wholly empty rows, empty and negative amounts, each with its own line",
			"year,direction,name,amount\n2026,expenditure,Roads,10.10\n,,,\n\n2026,expenditure,Schools,\n2026,expenditure,Return,(0.10)\n2026,revenue,Tax,−5\n2026,expenditure,Words,about ten\n",
			Options{},
			3, "-5", "10", "0",
			[]string{"5 empty_amount", "8 not_a_number"},
			[]int{3, 4},
		},
		{
			"a value of several lines, and a quotation mark that is never closed",
			"year,direction,name,amount\n2026,expenditure,\"Road\nand bridge\",5\n2026,expenditure,\"open,7\n2026,expenditure,plain,8\n2026,expenditure,\"ОсОО \"\"Ромашка\"\"\",9\n",
			Options{},
			3, "0", "22", "0",
			[]string{"4 open_quote"},
			nil,
		},
		{
			"a title and a unit above the header, numbers of columns below it",
			"Бюджет города на 2026 год,,\n(тыс. сом),,\nНаименование,Код,Сумма\n1,2,3\nДороги,0451,100\nСвет,0640,50\n",
			Options{},
			2, "0", "150", "0", nil, nil,
		},
		{
			"income and expenses side by side",
			"Year,Item,Income,Expenses\n2025,Parking,10.5,\n2025,Repair,,7.25\n2025,Both,1,2\n",
			Options{},
			4, "11.5", "9.25", "0", nil, nil,
		},
		{
			"an American table",
			"Department,Fiscal Year,Amount\n\"Streets, roads\",2024,\"$1,234,567.89\"\nParks,2024,\"$2,000\"\nReturn,2024,\"($1,000.00)\"\n",
			Options{},
			3, "0", "1235567.89", "0", nil, nil,
		},
		{"thousands with points, decimals with commas", "name;amount\nA;1.234.567,89\nB;12.345\n", Options{}, 2, "0", "1246912.89", "0", nil, nil},
		{
			"financing, and a direction that nobody knows",
			"year;direction;amount\n2026;Финансирование;12\n2026;чудо;5\n2026;financing;0,5\n",
			Options{},
			2, "0", "0", "12.5",
			[]string{"3 bad_direction"},
			nil,
		},
		{"a cell too many", "name,amount\nroads,1,5\nlight,2\nheat,3,\n", Options{}, 2, "0", "5", "0", []string{"2 too_many_cells"}, nil},
		{"cents that binary numbers cannot hold", "name,amount\n" + strings.Repeat("x,0.1\n", 30), Options{}, 30, "0", "3", "0", nil, nil},
		{"units", "name,amount\na,1.2345\n", Options{Unit: "million"}, 1, "0", "1234500", "0", nil, nil},
		{"a number that only exponents write", "name,amount\na,1.2E+6\nb,5e-1\n", Options{}, 2, "0", "1200000.5", "0", nil, nil},
		{"an answer for the column", "name,alpha,beta\na,1,2\n", Options{Map: map[string]string{"amount": "beta"}, Direction: Revenue}, 1, "2", "0", "0", nil, nil},
		{"a year that is none", "year,amount\n2026,1\nsoon,2\n", Options{}, 1, "0", "1", "0", []string{"3 bad_year"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := check(t, "budget.csv", c.content, c.o)
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]string{Revenue: c.rev, Expenditure: c.exp, Financing: c.fin}
			if r.Rows != c.rows || !reflect.DeepEqual(r.Sums, want) {
				t.Errorf("%d rows, sums %v, want %d, %v", r.Rows, r.Sums, c.rows, want)
			}
			if got := lines(r); !slices.Equal(got, c.refused) {
				t.Errorf("refused %v, want %v", got, c.refused)
			}
			if !slices.Equal(r.Empty, c.empty) {
				t.Errorf("empty rows %v, want %v", r.Empty, c.empty)
			}
		})
	}
}

func TestItAsksWhenUnsure(t *testing.T) {
	for _, c := range []struct {
		name, content string
		what          string
		candidates    []string
	}{
		{"two amounts", "name,amount 1,amount 2\na,1,2\n", "amount", []string{"amount 1", "amount 2"}},
		{"two phases", "Department,Approved,Executed\nRoads,10,9\n", "amount", []string{"Approved", "Executed"}},
		{"three years", "Наименование;2026;2027;2028\nДороги;1;2;3\n", "amount", []string{"2026", "2027", "2028"}},
		{"no word for it", "alpha,beta\nx,1\n", "amount", []string{"beta"}},
		{"a comma that may mean either", "name;amount\na;1,234\nb;5,678\n", "locale", []string{"ru", "en"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := check(t, "budget.csv", c.content, Options{})
			var ask *Unsure
			if !errors.As(err, &ask) || ask.What != c.what || !slices.Equal(ask.Candidates, c.candidates) {
				t.Errorf("%v, want a question about %s with %q", err, c.what, c.candidates)
			}
		})
	}
	r, err := check(t, "budget.csv", "name;amount\na;1,234\nb;5,678\n", Options{Locale: "en"})
	if err != nil || r.Sums[Expenditure] != "6912" {
		t.Errorf("%+v, %v", r, err)
	}
	r, err = check(t, "budget.csv", "Наименование;2026;2027;2028\nДороги;1;2;3\n", Options{Map: map[string]string{"amount:2027:proposed": "2027", "amount:2026:approved": "2026"}})
	if err != nil || len(r.Slices) != 2 || r.Slices[0].Sum != "1" || r.Slices[1].Phase != Proposed || r.Slices[1].Sum != "2" {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestOldEncodings(t *testing.T) {
	text := "Год;Направление;Наименование;Сумма\n2026;Расходы;Образование и наука;5\n"
	old, err := charmap.Windows1251.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	wide := []byte{0xff, 0xfe}
	for _, r := range text {
		wide = append(wide, byte(r), byte(r>>8))
	}
	for name, content := range map[string]string{"windows-1251": old, "utf-16": string(wide)} {
		if r, err := check(t, "budget.csv", content, Options{}); err != nil || r.Sums[Expenditure] != "5" || r.Slices[0].Year != 2026 {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
}

func TestWorkbook(t *testing.T) {
	f := excelize.NewFile()
	rows := [][]any{
		{"Бюджет города Бишкек"},
		{"миң сом"},
		{"Финансы жылы", "Бөлүм", "Аталышы", "Багыты", "Суммасы"},
		{2026, "09", "Билим берүү", "чыгаша", 0.1},
		{2026, "09", "Мектептер", "чыгаша", 0.2},
		{},
		{2026, "04", "Жолдор", "чыгаша", "1 000,5"},
		{2026, "", "Салык", "киреше", 1234567.89},
		{2026, "", "Бош", "чыгаша", nil},
	}
	if _, err := f.NewSheet("Бюджет"); err != nil {
		t.Fatal(err)
	}
	for i, row := range rows {
		if err := f.SetSheetRow("Бюджет", fmt.Sprintf("A%d", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.SetSheetRow("Sheet1", "A1", &[]any{"nothing", "here"}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "budget.xlsx")
	if err := f.SaveAs(path); err != nil {
		t.Fatal(err)
	}
	r, err := Check(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if r.Rows != 4 || r.Sums[Expenditure] != "1000.8" || r.Sums[Revenue] != "1234567.89" || r.UnitGuess != "thousand" {
		t.Errorf("%+v", r)
	}
	if got := lines(r); !slices.Equal(got, []string{"9 empty_amount"}) || !slices.Equal(r.Empty, []int{6}) {
		t.Errorf("refused %v, empty %v", got, r.Empty)
	}
	b, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	var codes []string
	if err := b.Each(Sink{Line: func(l *Line) error {
		if len(l.Func) > 0 {
			codes = append(codes, l.Func[0].Code)
		}
		return nil
	}}); err != nil || !slices.Equal(codes, []string{"09", "09", "04"}) {
		t.Errorf("codes %q, %v: leading zeros live", codes, err)
	}
}

// TestPackages reads packages of every kind, written here after the examples of
// the specifications.
func TestPackages(t *testing.T) {
	for _, c := range []struct {
		name, descriptor, table string
		format                  string
		sums                    map[string]string
		slices                  []string
	}{
		{
			"columns for phases and years, 1.0",
			`{"name":"x","resources":[{"name":"b","path":"b.csv","schema":{"fields":[
				{"name":"code","type":"string","columnType":"functional-classification:cofog:division:code"},
				{"name":"dir","type":"string","columnType":"direction"},
				{"name":"Approved 2015","type":"number","decimalChar":",","columnType":"value","normalize":{"Phase":"approved","Year":2015}},
				{"name":"Executed 2015","type":"number","decimalChar":",","normalize":{"Phase":"executed","Year":"2015"}}],
				"extraFields":[{"name":"Phase","type":"string","columnType":"phase:id"},{"name":"Year","type":"integer","columnType":"date:fiscal-year"},
				{"name":"v","type":"number","columnType":"value","normalizationTarget":true},{"name":"Currency","columnType":"value-currency:code","constant":"KGS"}]}}]}`,
			"dir,code,Approved 2015,Executed 2015\nExpenditure,09,\"1,5\",\"1,25\"\nRevenue,,3,\n", formatOne,
			map[string]string{Revenue: "3", Expenditure: "2.75", Financing: "0"},
			[]string{"2015 approved revenue 3", "2015 approved expenditure 1.5", "2015 executed expenditure 1.25"},
		},
		{
			"measures with factor, direction and phase, 0.3",
			`{"name":"x","resources":[{"name":"other","path":"o.csv","schema":{"fields":[]}},{"name":"b","path":"b.csv","dialect":{"delimiter":";"},"schema":{"fields":[{"name":"plan"},{"name":"fact"},{"name":"y"}]}}],
			"model":{"measures":{"planned":{"source":"plan","resource":"b","currency":"KGS","factor":1000,"direction":"revenue","phase":"approved"},
				"done":{"source":"fact","resource":"b","currency":"KGS","factor":1000,"direction":"revenue","phase":"executed"}},
			"dimensions":{"date":{"dimensionType":"datetime","attributes":{"year":{"source":"y","resource":"b"}},"primaryKey":"year"}}}}`,
			"y;plan;fact\n2014;1.5;1.25\n2014;2;\n", formatModel,
			map[string]string{Revenue: "4750", Expenditure: "0", Financing: "0"},
			[]string{"2014 approved revenue 3500", "2014 executed revenue 1250"},
		},
		{
			"a mapping with a constant, alpha",
			`{"name":"x","fiscalPeriod":{"start":"2013-01-01","end":"2013-12-31"},"resources":[{"name":"b","path":"data/b.csv"}],
			"mapping":{"measures":{"amount":{"source":"Value","currency":"ALL","direction":"expenditure"}},
			"dimensions":{"administrator":{"dimensionType":"entity","attributes":{"name":{"constant":"Ministry"}},"primaryKey":"name"}}}}`,
			"Value\n1\n2.5\n", formatAlpha,
			map[string]string{Revenue: "0", Expenditure: "3.5", Financing: "0"},
			[]string{"2013  expenditure 3.5"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, content := range map[string]string{"datapackage.json": c.descriptor, "b.csv": c.table, "o.csv": "a\n1\n"} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			r, err := Check(filepath.Join(dir, "datapackage.json"), Options{})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range r.Slices {
				got = append(got, fmt.Sprintf("%d %s %s %s", s.Year, s.Phase, s.Direction, s.Sum))
			}
			if r.Format != c.format || !reflect.DeepEqual(r.Sums, c.sums) || !slices.Equal(got, c.slices) || r.Refusals > 0 {
				t.Errorf("%s, sums %v, slices %q, refused %v", r.Format, r.Sums, got, r.Refused)
			}
		})
	}
}

func TestAPackageSaysUpToWhichDayItIs(t *testing.T) {
	for period, want := range map[string]string{
		`{"start":"2026-01-01","end":"2026-09-30"}`:             "2026-09-30",
		`{"start":"2026-01-01T00:00","end":"2026-09-30T00:00"}`: "2026-09-30",
		`{"start":"2026-01-01","end":"2026-12-31"}`:             "",
		`{"start":"2025-07-01","end":"2026-06-30"}`:             "",
		`{"start":"2026-01-01","end":"2026-01-01"}`:             "",
		`{"start":"2026-01-01","end":"2026-02-30"}`:             "",
		`{}`: "",
	} {
		dir := t.TempDir()
		for name, content := range map[string]string{
			"datapackage.json": `{"name":"x","fiscalPeriod":` + period + `,"resources":[{"name":"b","path":"b.csv"}]}`, "b.csv": "Year,Amount\n2026,5\n",
		} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if r, err := Check(filepath.Join(dir, "datapackage.json"), Options{}); err != nil || r.Until != want {
			t.Errorf("%s: %+v, %v", period, r, err)
		}
	}
}

func TestNothingOutsideAPackageIsRead(t *testing.T) {
	for _, path := range []string{"../secret.csv", "/etc/passwd", "https://example.org/b.csv"} {
		d, _ := json.Marshal(map[string]any{"name": "x", "resources": []any{map[string]any{"name": "b", "path": path}}})
		if _, err := check(t, "datapackage.json", string(d), Options{}); err == nil || !strings.Contains(err.Error(), "beside it") {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestBishkek(t *testing.T) {
	for _, c := range []struct {
		file     string
		rev, exp string
	}{{"bishkek-budget.csv", "365997060", "249295922.9"}, {"datapackage.json", "365997060000", "249295922900"}} {
		r, err := Check(filepath.Join("testdata", c.file), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if r.Rows != 58 || r.Refusals != 0 || r.Sums[Revenue] != c.rev || r.Sums[Expenditure] != c.exp {
			t.Errorf("%s: %d rows, %v, refused %v", c.file, r.Rows, r.Sums, r.Refused)
		}
	}
}

// TestSharedExamples reads the files that are not in the repository because they
// are large or have no licence.
func TestSharedExamples(t *testing.T) {
	root := os.Getenv("ASHAR_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "..", "..", "shared")
	}
	if root = filepath.Join(root, "data"); !exists(root) {
		if root = filepath.Join("..", root); !exists(root) {
			t.Skipf("THE LARGER SET IS ABSENT: no budgets of other cities and no examples of OpenSpending; set ASHAR_SHARED. Only testdata is checked.")
		}
	}
	for file, want := range map[string]struct {
		rows int
		exp  string
	}{
		"budget/philadelphia/actual-department-spending.csv":                                 {1292, "70972701707"},
		"budget/philadelphia/budgeted-department-spending-adopted.csv":                       {1293, "76312519972"},
		"budget/philadelphia/budgeted-department-spending-proposed.csv":                      {138, "10792364000"},
		"standards/fiscal-data-package-0.3-examples/minimal/datapackage.json":                {1, "10000"},
		"standards/fiscal-data-package-0.3-examples/entities-denormalized/datapackage.json":  {2, "30000"},
		"standards/fiscal-data-package-0.3-examples/labels-and-hierarchies/datapackage.json": {1, "10000"},
		"standards/fiscal-data-package-0.3-examples/al-treasury/datapackage.json":            {40, "33299653"},
	} {
		r, err := Check(filepath.Join(root, filepath.FromSlash(file)), Options{})
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if r.Rows != want.rows || r.Sums[Expenditure] != want.exp || r.Refusals != 0 {
			t.Errorf("%s: %d rows, %v, refused %v", file, r.Rows, r.Sums, r.Refused)
		}
	}
}

func exists(path string) bool { _, err := os.Stat(path); return err == nil }

func FuzzText(f *testing.F) {
	f.Add("name,amount\na,1\n", "")
	f.Add("\ufeffГод;Сумма\n2026;\"1 234,5\"\n\"open;7\n", "ru")
	f.Add("Название\t2026\t2027\nx\t(1'000)\t-\n", "en")
	f.Fuzz(func(t *testing.T, content, locale string) {
		r, err := check(t, "f.csv", content, Options{Locale: locale})
		if err != nil {
			return
		}
		physical := strings.Count(content, "\n") + 1
		for _, x := range r.Refused {
			if x.Line < 1 || x.Line > physical {
				t.Fatalf("line %d of %d", x.Line, physical)
			}
		}
	})
}

func FuzzDescriptor(f *testing.F) {
	b, err := os.ReadFile(filepath.Join("testdata", "datapackage.json"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(b))
	f.Add(`{"resources":[{"path":"bishkek-budget.csv"}],"model":{"measures":[{"name":"a"}],"dimensions":{"d":{"attributes":{"x":{"parent":"x"}}}}}}`)
	table, err := os.ReadFile(filepath.Join("testdata", "bishkek-budget.csv"))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, content string) {
		dir := t.TempDir()
		for name, content := range map[string]string{"datapackage.json": content, "bishkek-budget.csv": string(table)} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		_, _ = Check(filepath.Join(dir, "datapackage.json"), Options{})
	})
}

func FuzzAmount(f *testing.F) {
	for _, s := range []string{"1 234,5", "(1.000,25)", "-0.1", "1e5", "$1,234", "12 34", ",", "1,,2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, code := style{comma: point, dot: point}.read(s)
		if code != "" {
			return
		}
		// What is written out is read back as the same number.
		again, code := style{dot: point}.read(d.String())
		if code != "" || again.String() != d.String() {
			t.Fatalf("%q gives %s, which gives %s (%s)", s, d, again, code)
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	var text strings.Builder
	text.WriteString("year,direction,cofog code,department code,name,amount\n")
	for i := range 200_000 {
		fmt.Fprintf(&text, "2026,expenditure,%02d,%04d,\"Line, number %d\",%d.%02d\n", i%10+1, i%500, i, i*37, i%100)
	}
	path := filepath.Join(b.TempDir(), "big.csv")
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if r, err := Check(path, Options{}); err != nil || r.Rows != 200_000 {
			b.Fatal(r, err)
		}
	}
}
