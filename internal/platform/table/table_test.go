package table_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/ashar-kg/ashar/internal/platform/table"
)

var yard = table.Table{
	Name: "lines", AboutName: "source", About: [][2]string{{"page", "/budget"}, {"currency", "KGS"}},
	Columns: table.Columns([]string{"code", "year", "amount", "share", "inferred", "label"}, map[string]table.Kind{
		"year": table.Integer, "amount": table.Amount, "share": table.Number, "inferred": table.Boolean,
	}),
}

var rows = [][]string{
	{"0405", "2026", "-250.5", "0.4321", "true", "Жарык, «чоң» \"көчө\""},
	{"", "", "", "", "false", "=1+1"},
	{"9", "2027", "9007199254740993.07", "n/a", "", ""},
}

func written(t *testing.T, x table.Table, kind string) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := x.Write(&out, kind, table.All(rows)); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestATableIsTheSameInEveryFile(t *testing.T) {
	want := append([][]string{{"code", "year", "amount", "share", "inferred", "label"}}, rows...)
	exact := yard
	exact.Exact = true
	got, err := csv.NewReader(bytes.NewReader(written(t, exact, table.CSV))).ReadAll()
	if err != nil || !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("CSV: %q, %v", got, err)
	}

	book, err := excelize.OpenReader(bytes.NewReader(written(t, yard, table.XLSX)))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	for cell, is := range map[string]string{"A2": "0405", "C2": "-250.5", "D2": "0.4321", "E2": "true", "F2": rows[0][5], "F3": "=1+1", "C3": "", "D4": "n/a"} {
		if v, err := book.GetCellValue("lines", cell, excelize.Options{RawCellValue: true}); v != is || err != nil {
			t.Errorf("XLSX: %s is %q, want %q (%v)", cell, v, is, err)
		}
	}
	for cell, is := range map[string]excelize.CellType{"A2": excelize.CellTypeInlineString, "C2": excelize.CellTypeUnset, "F3": excelize.CellTypeInlineString} {
		if k, err := book.GetCellType("lines", cell); k != is || err != nil {
			t.Errorf("XLSX: %s is of the type %d, want %d (%v)", cell, k, is, err)
		}
	}
	if v, _ := book.GetCellValue("lines", "C2"); v != "-250.50" {
		t.Errorf("XLSX: an amount is shown as %q", v)
	}
	if about, err := book.GetRows("source"); err != nil || len(about) != 2 || about[1][1] != "KGS" {
		t.Errorf("XLSX: %q, %v", about, err)
	}

	var doc struct {
		About map[string]string
		Lines []map[string]any
	}
	if err := json.Unmarshal(written(t, yard, table.JSON), &doc); err != nil || len(doc.Lines) != 3 || doc.About["currency"] != "KGS" {
		t.Fatalf("JSON: %v, %v", doc, err)
	}
	first, second, third := doc.Lines[0], doc.Lines[1], doc.Lines[2]
	if first["code"] != "0405" || first["year"] != 2026.0 || first["amount"] != "-250.5" || first["inferred"] != true || first["label"] != rows[0][5] {
		t.Errorf("JSON: %v", first)
	}
	if len(second) != 2 || second["inferred"] != false || third["amount"] != "9007199254740993.07" {
		t.Errorf("JSON: an empty cell stands in %v, or %v is not exact", second, third)
	}
}

func TestACSVHasNoFormulas(t *testing.T) {
	x := yard
	x.Marked = true
	text := string(written(t, x, table.CSV))
	var out bytes.Buffer
	if err := x.Write(&out, table.CSV, table.All([][]string{{"-1+cmd", "-1", "-2.5", "-0.1", "", "-5"}})); err != nil || !strings.HasSuffix(out.String(), "\n'-1+cmd,-1,-2.5,-0.1,,-5\n") {
		t.Errorf("%q, %v", out.String(), err)
	}
	if !strings.HasPrefix(text, "\ufeffcode,") || !strings.Contains(text, ",'=1+1\n") || !strings.Contains(text, ",-250.5,") {
		t.Errorf("%q", text)
	}
	if rows[1][5] != "=1+1" {
		t.Error("the caller's row was changed")
	}
}

func TestWhatCannotBeWrittenIsSaid(t *testing.T) {
	broken := errors.New("no more rows")
	for _, kind := range []string{table.CSV, table.XLSX, table.JSON} {
		if err := yard.Write(&bytes.Buffer{}, kind, func(func([]string) error) error { return broken }); !errors.Is(err, broken) {
			t.Errorf("%s: %v", kind, err)
		}
	}
	if err := yard.Write(&bytes.Buffer{}, "pdf", table.All(nil)); err == nil {
		t.Error("a file of no kind was written")
	}
	for _, kind := range []string{table.CSV, table.XLSX, table.JSON} {
		if table.Types[kind] == "" {
			t.Errorf("%s has no media type", kind)
		}
	}
}
