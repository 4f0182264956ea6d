package demo

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ashar-kg/ashar/internal/civic/account"
	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/notify"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/civic/place"
	"github.com/ashar-kg/ashar/internal/features/budget"
	"github.com/ashar-kg/ashar/internal/features/report"
	"github.com/ashar-kg/ashar/internal/platform/blob"
	"github.com/ashar-kg/ashar/internal/platform/clock"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/db/dbtest"
	"github.com/ashar-kg/ashar/internal/platform/fresh"
	"github.com/ashar-kg/ashar/internal/platform/jobs"
	"github.com/ashar-kg/ashar/internal/platform/once"
	"github.com/ashar-kg/ashar/internal/platform/search"
)

var sets = []db.Migrations{
	once.Migrations, fresh.Migrations, jobs.Migrations, search.Migrations, city.Migrations, permission.Migrations, account.Migrations,
	body.Migrations, place.Migrations, casework.Migrations, notify.Migrations, report.Migrations, budget.Migrations,
}

var now = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

const few = 500

// load puts the demo city twice, because that must be harmless, and its reports once.
func load(t testing.TB, d *db.DB, n int) Loading {
	t.Helper()
	ctx := context.Background()
	for range 2 {
		if err := City(ctx, d, []city.Section{report.Section}, now); err != nil {
			t.Fatal(err)
		}
	}
	cities, err := city.NewRegistry(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	c, ok := cities.ByID(CityID)
	if !ok {
		t.Fatal("the demo city is not there")
	}
	blobs, err := blob.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	l := Loading{
		DB: d, City: c, Blobs: blobs, Bodies: body.NewStore(d), Books: report.NewBooks(d),
		Places: place.NewStore(d, clock.At(now)), Count: n, Now: now,
	}
	if err := Reports(ctx, l); err != nil {
		t.Fatal(err)
	}
	return l
}

// filesOf reads what the tests compare, oldest first.
func filesOf(t *testing.T, d *db.DB) []casework.File {
	t.Helper()
	var out []casework.File
	err := d.View(context.Background(), func(tx *db.Tx) error {
		return tx.Each("test.files", `SELECT id, number, state, is_open, visibility, reason, category, body_id, district, lat, lon, body_text,
			created_at, due_at, answered_at, closed_at, reopened, rating, parent_id FROM case_file WHERE city_id = $1 ORDER BY created_at, number`, func(r db.Row) error {
			var f casework.File
			err := r.Scan(&f.ID, &f.Number, &f.State, &f.Open, &f.Visibility, &f.Reason, &f.Category, &f.Body, &f.District, &f.Lat, &f.Lon, &f.Text,
				&f.Created, &f.Due, &f.Answered, &f.Closed, &f.Reopens, &f.Rating, &f.Parent)
			out = append(out, f)
			return err
		}, CityID)
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestReportsFitTheCityAndItsFigures(t *testing.T) {
	first := map[string][]casework.File{}
	dbtest.Each(t, sets, func(t *testing.T, d *db.DB) {
		l := load(t, d, few)
		files := filesOf(t, d)
		first[t.Name()] = files
		checkPlacesAndNumbers(t, l, files)
		checkFigures(t, l, files)
		checkPoints(t, l, files)
		checkStories(t, d)
	})
	var want []casework.File
	for name, files := range first {
		if want == nil {
			want = files
		} else if diff := cmp.Diff(want, files); diff != "" {
			t.Errorf("%s made other reports than the other engine:\n%.600s", name, diff)
		}
	}
}

// checkStories sees that the demo shows everything that can happen to a report.
func checkStories(t *testing.T, d *db.DB) {
	t.Helper()
	kinds := map[string]int64{}
	err := d.View(t.Context(), func(tx *db.Tx) error {
		if err := tx.Each("test.kinds", `SELECT kind, COUNT(*) FROM case_event WHERE city_id = $1 GROUP BY kind`, func(r db.Row) error {
			var kind string
			var n int64
			err := r.Scan(&kind, &n)
			kinds[kind] = n
			return err
		}, CityID); err != nil {
			return err
		}
		n, err := db.One(tx, "test.answers", `SELECT COUNT(*) FROM report_detail WHERE city_id = $1 AND answers <> '{}'`, db.Int64, CityID)
		kinds["answers"] = n
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{
		casework.EventCreated, casework.EventComment, casework.EventNote, casework.EventTransferred, casework.EventState,
		casework.EventRated, casework.EventReopened, "answers",
	} {
		if kinds[kind] < 3 {
			t.Errorf("the demo has %d of %s", kinds[kind], kind)
		}
	}
}

func checkPlacesAndNumbers(t *testing.T, l Loading, files []casework.File) {
	t.Helper()
	ctx := context.Background()
	if len(files) != few {
		t.Fatalf("%d reports, want %d", len(files), few)
	}
	areas, err := l.Places.Areas(ctx, CityID)
	if err != nil {
		t.Fatal(err)
	}
	years := map[int]int64{}
	for _, f := range files {
		if !areas.Contains(f.Lat, f.Lon, now.UnixMilli()) {
			t.Errorf("%s lies outside the boundary: %v, %v", f.Number, f.Lat, f.Lon)
		}
		if f.Body == 0 || f.Text == "" || f.Due <= f.Created || f.Created > now.UnixMilli() || f.Closed > now.UnixMilli() {
			t.Errorf("not a whole report: %+v", f)
		}
		year := f.CreatedAt().In(l.City.Zone).Year()
		years[year]++
		if want := casework.FormatNumber(report.Kind.Prefix, year, years[year]); f.Number != want {
			t.Errorf("number %s, want %s", f.Number, want)
		}
	}
	err = l.DB.Update(ctx, func(tx *db.Tx) error {
		for year, n := range years {
			if got, err := city.Next(tx, CityID, fmt.Sprintf("case.%s.%d", report.Kind.Prefix, year)); err != nil || got != n+1 {
				t.Errorf("%d goes on with %d (%v), want %d", year, got, err, n+1)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// checkFigures counts the rows one by one, in another way than casework does.
func checkFigures(t *testing.T, l Loading, files []casework.File) {
	t.Helper()
	want := casework.Figures{Done: map[string]int64{}}
	today := l.City.Calendar.Day(now)
	for _, f := range files {
		if f.Parent != 0 || f.Visibility == casework.Hidden || f.Visibility == casework.Unconfirmed {
			continue
		}
		want.Received++
		if f.Answered != 0 && f.Answered <= f.Due {
			want.InTime++
		} else if f.Answered != 0 {
			want.Late++
		}
		if f.Reopens > 0 {
			want.Reopened++
		}
		if f.Open {
			want.Open++
			if l.City.Calendar.Day(f.DueAt()) < today {
				want.Overdue++
			}
			continue
		}
		s, _ := report.Kind.State(f.State)
		want.Done[s.Outcome]++
		if f.Rating > 0 {
			want.Rated++
			want.Stars += f.Rating
		}
	}
	err := l.DB.View(context.Background(), func(tx *db.Tx) error {
		got, err := casework.FiguresOf(tx, l.City, report.KindName, casework.ScopeCity, 20000101, 20991231, now)
		got.MedianDays = nil
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("figures differ from the rows (-rows +figures):\n%s", diff)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// checkPoints makes sure that the map shows what the public may see and nothing else.
func checkPoints(t *testing.T, l Loading, files []casework.File) {
	t.Helper()
	want, got := map[int64]bool{}, map[int64]bool{}
	for _, f := range files {
		if f.Listed() {
			want[f.ID] = true
		}
	}
	err := l.DB.View(context.Background(), func(tx *db.Tx) error {
		return tx.Each("test.points", `SELECT id FROM place_point WHERE city_id = $1 AND layer = $2`, func(r db.Row) error {
			var id int64
			err := r.Scan(&id)
			got[id] = true
			return err
		}, CityID, report.Layer)
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" || len(want) == len(files) {
		t.Errorf("%d of %d reports are listed; the points differ (-listed +points):\n%.600s", len(want), len(files), diff)
	}
}

// BenchmarkReports loads what a demo gets by default.
func BenchmarkReports(b *testing.B) {
	for b.Loop() {
		load(b, dbtest.OpenSQLite(b, sets), 30000)
	}
}
