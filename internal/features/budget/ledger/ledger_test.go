package ledger_test

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/ashar-kg/ashar/internal/features/budget/ledger"
)

// compiler type-checks bodies of functions against the package.
type compiler struct {
	fset *token.FileSet
	types.Importer
}

func newCompiler() *compiler {
	fset := token.NewFileSet()
	return &compiler{fset, importer.ForCompiler(fset, "source", nil)}
}

func (c *compiler) compiles(t *testing.T, body string) error {
	t.Helper()
	fset := c.fset
	file, err := parser.ParseFile(fset, "try.go", `package try
import "github.com/ashar-kg/ashar/internal/features/budget/ledger"
func try(draft, report ledger.Version, a, b ledger.Amount, c ledger.Change, s, z ledger.Slice) { `+body+` }`, 0)
	if err != nil {
		t.Fatal(err)
	}
	conf := types.Config{Importer: c.Importer}
	_, err = conf.Check("try", fset, []*ast.File{file}, nil)
	return err
}

// TestFiguresCannotBeAdded shows that the compiler refuses every way to add
// phases, years or versions together.
func TestFiguresCannotBeAdded(t *testing.T) {
	c := newCompiler()
	for _, allowed := range []string{
		`_, _ = draft.Slice(2026, ledger.Revenue)`,
		`_ = a.Since(b)`,
		`_ = a.Share(b)`,
	} {
		if err := c.compiles(t, allowed); err != nil {
			t.Errorf("%s: %v", allowed, err)
		}
	}
	for _, refused := range []string{
		`_ = a + b`,
		`_ = a.Add(b)`,
		`_ = a.Plus(b)`,
		`_ = c + c`,
		`_ = s + z`,
		`_ = []ledger.Slice{{1, 2026, ledger.Revenue}}`,
		`_ = ledger.Slice{version: 1}`,
		`_ = ledger.Amount{5}`,
		`_, _ = ledger.Version.Slice(draft, report, ledger.Revenue)`,
		`_, _ = draft.Slice([]ledger.Year{2026, 2027}, ledger.Revenue)`,
		`_, _ = draft.Slice(2026, ledger.Executed)`,
		`_, _ = draft.Slice(2026, []ledger.Direction{ledger.Revenue, ledger.Expenditure})`,
	} {
		if c.compiles(t, refused) == nil {
			t.Errorf("%s should not compile", refused)
		}
	}
}

func TestASliceIsOfItsVersion(t *testing.T) {
	v := ledger.Version{ID: 7, Year: 2026, Phase: ledger.Proposed}
	for y, want := range map[ledger.Year]bool{2025: false, 2026: true, 2028: true, 2029: false} {
		if _, err := v.Slice(y, ledger.Revenue); (err == nil) != want {
			t.Errorf("year %d: %v", y, err)
		}
	}
	if _, err := v.Slice(2026, "both"); err == nil {
		t.Error("there is no direction both")
	}
	if _, err := (ledger.Version{Year: 2026}).Slice(2026, ledger.Revenue); err == nil {
		t.Error("what is not stored has no slices")
	}
}

func TestCompare(t *testing.T) {
	e := func(key string, n int64) ledger.Entry { return ledger.Entry{Key: key, Amount: ledger.Of(n)} }
	var got []string
	for _, d := range ledger.Compare([]ledger.Entry{e("a", 10), e("b", 5), e("c", 7), e("d", 1)}, []ledger.Entry{e("a", 20), e("c", 4), e("d", 1), e("e", 2)}) {
		got = append(got, d.Key+" "+string(d.Kind))
	}
	if want := []string{"a grew", "b vanished", "c shrank", "e appeared"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestATreemapFillsItsBox(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(1, 1e9), 1, 60).Draw(t, "values")
		values[0]++
		slices.SortFunc(values, func(a, b float64) int { return -compare(a, b) })
		total := 0.0
		for _, v := range values {
			total += v
		}
		for i, b := range ledger.Treemap(values, ledger.Box{W: 600, H: 400}) {
			want := values[i] / total * 240000
			if math.Abs(b.W*b.H-want) > 1e-3*want+1e-3 || b.X < -1e-6 || b.Y < -1e-6 || b.X+b.W > 600.01 || b.Y+b.H > 400.01 {
				t.Fatalf("box %d is %+v, its area should be %f", i, b, want)
			}
		}
	})
}

func compare(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
