package budget

import (
	"fmt"
	"io"
	"runtime"
	"runtime/metrics"
	"testing"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/features/budget/ledger"
	"github.com/ashar-kg/ashar/internal/platform/blob"
	"github.com/ashar-kg/ashar/internal/platform/clock"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/db/dbtest"
)

var tables = []db.Migrations{city.Migrations, permission.Migrations, Migrations}

// imported loads a file of so many lines of one year through the steps of an
// import, and returns the version that it became.
func imported(t testing.TB, d *db.DB, lines int) (*Service, *city.City, *Version) {
	t.Helper()
	store, err := blob.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s := &Service{DB: d, Blobs: store, Clock: clock.System{}}
	c := &city.City{ID: 1, Zone: time.UTC, Currency: "KGS", Languages: []string{"ky", "ru", "en"}}
	file, text := io.Pipe()
	go func() {
		defer text.Close()
		io.WriteString(text, "year,direction,functional code,functional name,department code,economic code,name,amount\n")
		for i := range lines {
			fmt.Fprintf(text, "2026,expenditure,%02d%02d,Function %d,%04d,%d,\"Line, number %d\",%d.%02d\n", i%10+1, i%60, i%600, i%500, 21+i%11, i, i%99_000+1, i%100)
		}
	}()
	key, size, err := store.Put(t.Context(), file, 0)
	if err != nil {
		t.Fatal(err)
	}
	in := &Incoming{
		ID: 1, State: Checking, Source: "test", Files: []Stored{{"budget.csv", key, size}}, Report: &Preview{},
		Answers: Answers{Titles: Texts{"en": "Draft"}, Year: 2026, Phase: "proposed", Day: "2026-01-01", Unit: "thousand"},
	}
	if err := d.Update(t.Context(), func(tx *db.Tx) error { return putImport(tx, c.ID, in) }); err != nil {
		t.Fatal(err)
	}
	if err := s.checked(t.Context(), c, in); err != nil || in.Report.Rows != lines {
		t.Fatalf("%d of %d rows, %v %+v", in.Report.Rows, lines, err, in.Report)
	}
	v := in.version(s.Clock.Now(), "digest", 1000, 1)
	in.State = Storing
	if err := d.Update(t.Context(), func(tx *db.Tx) error {
		if err := putImport(tx, c.ID, in); err != nil {
			return err
		}
		return insertVersion(tx, c.ID, v)
	}); err != nil {
		t.Fatal(err)
	}
	if err := s.store(t.Context(), c, in, v); err != nil {
		t.Fatal(err)
	}
	return s, c, v
}

// TestASumIsOfItsSliceOnly shows that what is stored cannot be read together:
// every sum is that of the lines of one version, year and direction.
func TestASumIsOfItsSliceOnly(t *testing.T) {
	dbtest.Each(t, tables, func(t *testing.T, d *db.DB) {
		s := &Service{DB: d, Clock: clock.System{}}
		c := &city.City{ID: 1, Zone: time.UTC}
		make1 := func(digest string, phase ledger.Phase, amounts map[ledger.Year]int64) *Version {
			v := &Version{Version: ledger.Version{Year: 2026, Phase: phase, Day: "2026-01-01"}, Digest: digest}
			var lines []*Line
			for year, n := range amounts {
				for _, dir := range []ledger.Direction{ledger.Revenue, ledger.Expenditure} {
					for _, code := range []string{"0901", "0902"} {
						lines = append(lines, &Line{Year: year, Direction: dir, Amount: ledger.Of(n), Codes: map[string]string{Functional: code}, Labels: Texts{"en": code}})
					}
				}
			}
			if err := d.Update(t.Context(), func(tx *db.Tx) error {
				return PutStep(tx, c.ID, Step{Scheme: Functional, Code: "0901", Parent: "09", From: "1990-01-01", Names: Texts{"en": "Pre-school"}})
			}); err != nil {
				t.Fatal(err)
			}
			if err := s.Direct(t.Context(), c, v, lines); err != nil {
				t.Fatal(err)
			}
			return v
		}
		first := make1("a", ledger.Proposed, map[ledger.Year]int64{2026: 100, 2027: 1000})
		second := make1("b", ledger.Executed, map[ledger.Year]int64{2026: 7})
		check := func(v *Version, year ledger.Year, code string, want int64) {
			t.Helper()
			slice, err := v.Slice(year, ledger.Expenditure)
			if err != nil {
				t.Fatal(err)
			}
			if err := d.View(t.Context(), func(tx *db.Tx) error {
				x, err := sumOf(tx, c.ID, slice, Functional, code)
				if err == nil && x.Amount.Tyiyn() != want {
					t.Errorf("%s %d %q is %d, want %d", v.Phase, year, code, x.Amount.Tyiyn(), want)
				}
				return err
			}); err != nil {
				t.Fatalf("%s %d %q: %v", v.Phase, year, code, err)
			}
		}
		check(first, 2026, "", 200)
		check(first, 2027, "", 2000)
		check(second, 2026, "", 14)
		check(first, 2026, "09", 100) // the step above is made of the step below it
		check(first, 2027, "0902", 1000)
		if _, err := second.Slice(2029, ledger.Expenditure); err == nil {
			t.Error("a version gives slices of any year")
		}
	})
}

// BenchmarkImport stores a year of few and of many lines; that memory is flat
// shows in the peak of live heap, which hardly differs between them.
func BenchmarkImport(b *testing.B) {
	for name, open := range map[string]func(testing.TB, []db.Migrations) *db.DB{"sqlite": dbtest.OpenSQLite, "postgres": dbtest.OpenPostgres} {
		for _, lines := range []int{20_000, 200_000} {
			b.Run(fmt.Sprintf("%s/%d", name, lines), func(b *testing.B) {
				b.ReportAllocs()
				peak := uint64(0)
				for b.Loop() {
					b.StopTimer()
					d := open(b, tables)
					stop := watchHeap(&peak)
					b.StartTimer()
					imported(b, d, lines)
					b.StopTimer()
					stop()
					b.StartTimer()
				}
				b.ReportMetric(float64(peak)/1e6, "peak-MB")
			})
		}
	}
}

// watchHeap notes the most that the heap held after a collection, until stop.
func watchHeap(peak *uint64) (stop func()) {
	runtime.GC()
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			metrics.Read(sample)
			*peak = max(*peak, sample[0].Value.Uint64())
			select {
			case <-done:
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
	}()
	return func() { close(done); <-ended }
}

// BenchmarkTreemap reads and lays out one step of a year of 176 000 lines.
func BenchmarkTreemap(b *testing.B) {
	s, c, v := imported(b, dbtest.OpenSQLite(b, tables), 176_000)
	for b.Loop() {
		view, err := s.Look(b.Context(), c, permission.Actor{System: true}, Place{Version: v.ID, Direction: "expenditure"})
		if err != nil || len(view.Items) < 10 {
			b.Fatal(view, err)
		}
		var list []item
		for _, x := range view.Items {
			list = append(list, item{label: x.Code, amount: x.Amount})
		}
		if len(tiles(list, func(item) string { return "" })) == 0 {
			b.Fatal("no tiles")
		}
	}
}

// BenchmarkCourse reads the course of a year of which the plan has 176 000 lines.
func BenchmarkCourse(b *testing.B) {
	for name, open := range map[string]func(testing.TB, []db.Migrations) *db.DB{"sqlite": dbtest.OpenSQLite, "postgres": dbtest.OpenPostgres} {
		b.Run(name, func(b *testing.B) {
			s, c, v := imported(b, open(b, tables), 176_000)
			if err := s.DB.Update(b.Context(), func(tx *db.Tx) error { return setState(tx, c.ID, v, Published) }); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				x, err := s.Course(b.Context(), c, Stretch{Year: v.Year, Direction: ledger.Expenditure})
				if err != nil || !x.Draft || len(x.Plans) != 1 {
					b.Fatal(x, err)
				}
			}
		})
	}
}
