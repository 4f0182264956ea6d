package app_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/ashar-kg/ashar/internal/app"
	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/demo"
	"github.com/ashar-kg/ashar/internal/features/appeal"
	"github.com/ashar-kg/ashar/internal/features/figures"
	"github.com/ashar-kg/ashar/internal/features/report"
	"github.com/ashar-kg/ashar/internal/platform/clock"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/db/dbtest"
	"github.com/ashar-kg/ashar/internal/platform/i18n"
	"github.com/ashar-kg/ashar/locales"
)

// published brings all figures up to now.
func published(t *testing.T, a *app.App) {
	t.Helper()
	if err := a.Fold(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := a.Figures.Publish(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// more loads a demo of so many reports, with bodies large enough for a league.
func more(t *testing.T, a *app.App, reports int) {
	t.Helper()
	if err := a.LoadDemo(t.Context(), reports, true, nil); err != nil {
		t.Fatal(err)
	}
}

// row is a line of an open data file, as anybody would read it.
type row struct{ metric, value, note string }

// fileOf reads the CSV file behind a figure.
func fileOf(t *testing.T, b *browser, link string) []row {
	t.Helper()
	text, _ := b.do(200, http.MethodGet, link, nil)
	lines, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"kind", "scope", "code", "period", "from", "to", "metric", "value", "note"}; !slices.Equal(lines[0], want) {
		t.Fatalf("%s has the columns %v", link, lines[0])
	}
	var out []row
	for _, l := range lines[1:] {
		out = append(out, row{l[6], l[7], l[8]})
	}
	return out
}

// recount works a figure out from the lines of its file and writes it as the
// English page does.
func recount(t *testing.T, p *i18n.Printer, lines []row, name string) string {
	t.Helper()
	sum := func(metric string) (n int, note string) {
		told := false
		for _, l := range lines {
			if l.metric != metric {
				continue
			}
			if l.value == "" {
				note = l.note
				continue
			}
			v, err := strconv.Atoi(l.value)
			if err != nil {
				t.Fatal(err)
			}
			n, told = n+v, true
		}
		if told {
			note = ""
		}
		return n, note
	}
	within := func(what string, hundredths int) string {
		days := map[int]int{}
		total := 0
		for _, l := range lines {
			if text, ok := strings.CutPrefix(l.metric, what+"_after_"); ok {
				d, err1 := strconv.Atoi(strings.TrimSuffix(text, "_days"))
				n, err2 := strconv.Atoi(l.value)
				if err1 != nil || err2 != nil {
					t.Fatalf("line %+v", l)
				}
				days[d] += n
				total += n
			}
		}
		seen := 0
		for _, d := range slices.Sorted(maps.Keys(days)) {
			if seen += days[d]; 100*seen >= hundredths*total {
				if d == 0 {
					return "< 1 day"
				}
				return p.Days(d)
			}
		}
		return "—"
	}
	switch name {
	case "share":
		in, note1 := sum("answered_in_time")
		late, note2 := sum("answered_late")
		overdue, note3 := sum("overdue")
		if note1+note2+note3 != "" || in+late+overdue == 0 {
			return "—"
		}
		return p.Percent(float64(in) / float64(in+late+overdue))
	case "median":
		return within("closed", 50)
	case "p90":
		return within("closed", 90)
	case "answer_median":
		return within("answered", 50)
	case "answer_p90":
		return within("answered", 90)
	case "rating":
		stars, _ := sum("stars")
		n, _ := sum("ratings")
		if n == 0 {
			return "—"
		}
		return p.Decimal(float64(stars)/float64(n), 1)
	}
	n, note := sum(name)
	switch note {
	case "below_5":
		return "fewer than 5"
	case "withheld":
		return "not told"
	}
	return p.Number(n)
}

// shown is one figure on a page and the link to its file.
type shown struct{ name, text, link string }

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func textOf(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
	}
	return strings.TrimSpace(b.String())
}

// figuresOn finds the figures of a page; each has its file in itself or in its row.
func figuresOn(t *testing.T, page string) []shown {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var out []shown
	for n := range doc.Descendants() {
		name := attr(n, "data-figure")
		if name == "" {
			continue
		}
		in := n
		if n.Data == "td" {
			in = n.Parent
		}
		link := ""
		for _, c := range append(slices.Collect(in.Descendants()), n) {
			if href := attr(c, "href"); strings.HasPrefix(href, "/data/") {
				link = href
			}
		}
		if link == "" {
			t.Fatalf("the figure %s %q has no file", name, textOf(n))
		}
		out = append(out, shown{name, textOf(n), link})
	}
	return out
}

func TestEveryFigureOfThePageIsRecountedFromItsFile(t *testing.T) {
	catalogue, err := i18n.Load(locales.FS)
	if err != nil {
		t.Fatal(err)
	}
	p := catalogue.Printer("en")
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		more(t, a, 700)
		author, b := visit(t, s), visit(t, s)
		author.do(200, http.MethodPost, "/demo", url.Values{"person": {"2000"}, "back": {"/account"}})
		for to, n := range map[string]int{"gorsvet": 2, "tazalyk": 6} {
			for range n {
				author.do(200, http.MethodPost, "/appeals/new", appealForm(bodyNamed(t, a, to)))
			}
		}
		published(t, a)
		files := map[string][]row{}
		seen := map[string]int{}
		for _, path := range []string{"/answers", "/answers?period=4w", "/answers?kind=report", "/answers?kind=appeal&period=4w", "/answers?sort=p90&period=4w"} {
			page, _ := b.do(200, http.MethodGet, path, nil)
			for _, f := range figuresOn(t, page) {
				if _, ok := files[f.link]; !ok {
					files[f.link] = fileOf(t, b, f.link)
				}
				if want := recount(t, p, files[f.link], f.name); want != f.text {
					t.Errorf("%s shows %s %q, its file %s says %q", path, f.name, f.text, f.link, want)
				}
				seen[f.name]++
				if f.text == "fewer than 5" || f.text == "not told" {
					seen[f.text]++
				}
			}
		}
		for _, name := range []string{
			"received", "share", "answered_in_time", "answered_late", "overdue", "open", "in_work", "reopened", "median", "p90", "answer_median", "answer_p90", "rating",
			"fewer than 5", "not told",
		} {
			if seen[name] == 0 {
				t.Errorf("nothing shows %s", name)
			}
		}
		t.Logf("%d kinds of figure from %d files: %v", len(seen), len(files), seen)

		var rows []struct {
			Kind, Scope, Code, Period, Metric, Note string
			Value                                   *int64
		}
		text, _ := b.do(200, http.MethodGet, "/data/figures.json?kind=appeal", nil)
		if err := json.Unmarshal([]byte(text), &rows); err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			if r.Value != nil && 0 < *r.Value && *r.Value < 5 || r.Value == nil && r.Note == "" || strings.Contains(r.Metric, "after") {
				t.Errorf("of appeals too much is told: %+v", r)
			}
		}
	})
}

// The figures of a file against the cases themselves, counted here with no
// statistics between.
func TestTheFileSaysWhatTheCasesSay(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		more(t, a, 400)
		published(t, a)
		c, _ := a.Cities.ByID(demo.CityID)
		now := a.Clock.Now().In(c.Zone)
		from := time.Date(now.Year(), now.Month(), now.Day()-27, 0, 0, 0, 0, c.Zone).UnixMilli()
		today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, c.Zone).UnixMilli()
		want := map[string]int{}
		for _, f := range allCases(t, a, c) {
			if f.Kind != report.KindName || f.Channel != "phone" || f.Parent != 0 || f.Visibility == casework.Hidden || f.Visibility == casework.Unconfirmed {
				continue
			}
			if f.Created >= from {
				want["received"]++
				if f.Reopens > 0 {
					want["reopened"]++
				}
			}
			if f.Answered >= from && f.Answered != 0 {
				if f.Answered <= f.Due {
					want["answered_in_time"]++
				} else {
					want["answered_late"]++
				}
				want[fmt.Sprintf("answered_after_%d_days", (f.Answered-f.Created)/86400000)]++
			}
			if f.Open {
				want["open"]++
				if f.State == report.InWork {
					want["in_work"]++
				}
				if f.Due < today {
					want["overdue"]++
				} else if f.Due < today+4*86400000 {
					want["due_soon"]++
				}
			} else if f.Closed >= from {
				want[fmt.Sprintf("closed_after_%d_days", (f.Closed-f.Created)/86400000)]++
				if f.Rating > 0 {
					want["ratings"]++
					want["stars"] += int(f.Rating)
				}
			}
		}
		got := map[string]int{}
		for _, l := range fileOf(t, visit(t, s), "/data/figures.csv?kind=report&scope=channel&code=phone&period=4w&period=now") {
			got[l.metric], _ = strconv.Atoi(l.value)
		}
		if diff := cmp.Diff(want, got); diff != "" || len(want) < 8 {
			t.Errorf("telephone reports of four weeks (-cases +file):\n%s", diff)
		}
	})
}

func allCases(t *testing.T, a *app.App, c *city.City) []*casework.File {
	t.Helper()
	var out []*casework.File
	if err := a.DB.View(t.Context(), func(tx *db.Tx) error {
		ids, err := db.All(tx, "test.cases", `SELECT id FROM case_file WHERE city_id = $1 ORDER BY id`, db.Int64, c.ID)
		if err != nil {
			return err
		}
		out, err = casework.Several(tx, c.ID, ids)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

// stats reads the statistics of a city as text, without empty cells.
func stats(t *testing.T, a *app.App, cityID int64) map[string]int64 {
	t.Helper()
	out := map[string]int64{}
	if err := a.DB.View(t.Context(), func(tx *db.Tx) error {
		return tx.Each("test.stats", `SELECT kind, scope, period, metric, bucket, n FROM case_stat WHERE city_id = $1 AND n <> 0`, func(r db.Row) error {
			var kind, scope, metric string
			var period, bucket, n int64
			err := r.Scan(&kind, &scope, &period, &metric, &bucket, &n)
			out[fmt.Sprint(kind, " ", scope, " ", period, " ", metric, " ", bucket)] = n
			return err
		}, cityID)
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

// An older city has cases that were never counted by channel, and people work
// on them while they are counted in.
func TestOlderCasesAreCountedIntoNewerStatistics(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		more(t, a, 200)
		c, _ := a.Cities.ByID(demo.CityID)
		files := allCases(t, a, c)
		middle := files[len(files)/2].ID
		if err := a.DB.Update(t.Context(), func(tx *db.Tx) error {
			if _, err := tx.Exec("test.forget", `DELETE FROM case_stat WHERE city_id = $1 AND (scope LIKE 'channel:%' OR metric LIKE 'answer:%' OR metric = 'work')`, c.ID); err != nil {
				return err
			}
			for _, table := range []string{"figures_ledger", "figures_bulletin"} {
				if _, err := tx.Exec("test.unpublish", `DELETE FROM `+table+` WHERE city_id = $1`, c.ID); err != nil {
					return err
				}
			}
			_, err := tx.Exec("test.recount", `INSERT INTO case_recount (city_id, done_id, last_id) VALUES ($1, 0, $2)`, c.ID, files[len(files)-1].ID)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		step := func(b *browser, keep func(*casework.File) bool) {
			t.Helper()
			i := slices.IndexFunc(files, func(f *casework.File) bool {
				return f.State != report.Duplicate && f.Body != 0 && f.Parent == 0 && keep(f)
			})
			if i < 0 {
				t.Fatal("the demo has no such report")
			}
			to := report.InWork
			if files[i].State == to {
				to = report.Waiting
			}
			b.ask(204, http.MethodPost, "/api/v1/staff/reports/"+files[i].Number+"/steps", "", object{"to": to}, nil)
			files = slices.Delete(files, i, i+1)
		}
		resident, desk := visit(t, s), visit(t, s)
		resident.do(200, http.MethodPost, "/demo", url.Values{"person": {"2000"}, "back": {"/account"}})
		desk.do(200, http.MethodPost, "/demo", url.Values{"person": {"1001"}, "back": {"/account"}})
		add := func() {
			t.Helper()
			resident.ask(201, http.MethodPost, "/api/v1/reports", "", object{
				"category": "street-light", "lat": 42.855, "lon": 74.52, "text": "Dark", "answers": object{"fault": []string{"out"}},
			}, nil)
		}
		made := func() int64 {
			t.Helper()
			var n int64
			if err := errors.Join(a.Figures.Publish(t.Context()), a.Figures.MakeBulletins(t.Context())); err != nil {
				t.Fatal(err)
			}
			if err := a.DB.View(t.Context(), func(tx *db.Tx) (err error) {
				n, err = db.One(tx, "test.made", `SELECT (SELECT COUNT(*) FROM figures_bulletin WHERE city_id = $1) + (SELECT COUNT(*) FROM figures_ledger WHERE city_id = $1)`, db.Int64, c.ID)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return n
		}
		if n := made(); n != 0 {
			t.Errorf("%d figures and bulletins are published from a half count", n)
		}
		add()
		step(desk, func(*casework.File) bool { return true }) // not counted yet
		// The count has come to the middle.
		if err := a.DB.Update(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec("test.part", `UPDATE case_recount SET last_id = $1 WHERE city_id = $2`, middle, c.ID)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if err := a.Reports.Desk.Recount(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		if err := a.DB.Update(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec("test.rest", `INSERT INTO case_recount (city_id, done_id, last_id) VALUES ($1, $2, $3)`, c.ID, middle, allLast(files))
			return err
		}); err != nil {
			t.Fatal(err)
		}
		step(desk, func(f *casework.File) bool { return f.ID <= middle })
		step(desk, func(f *casework.File) bool { return f.ID > middle })
		add()
		if err := a.Reports.Desk.Recount(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		step(desk, func(*casework.File) bool { return true })
		if err := a.Fold(t.Context()); err != nil {
			t.Fatal(err)
		}
		sameAsTally(t, a, c)
		if made() == 0 {
			t.Error("nothing is published after the count")
		}
	})
}

func allLast(files []*casework.File) int64 { return files[len(files)-1].ID }

// sameAsTally compares the statistics with a new count of all cases.
func sameAsTally(t *testing.T, a *app.App, c *city.City) {
	t.Helper()
	const other = 999
	tally := casework.NewTally()
	for _, f := range allCases(t, a, c) {
		tally.Add(c, a.Reports.Desk.Kind(f.Kind), f)
	}
	if err := a.DB.Update(t.Context(), func(tx *db.Tx) error { return tally.Write(tx, other) }); err != nil {
		t.Fatal(err)
	}
	want, got := stats(t, a, other), stats(t, a, c.ID)
	if diff := cmp.Diff(want, got); diff != "" || len(want) < 500 {
		t.Errorf("%d statistics differ from the cases (-cases +kept):\n%.3000s", len(want), diff)
	}
}

// A backup of an older version knows nothing of the newer statistics.
func TestAnOldBackupIsCountedAfterItIsPutBack(t *testing.T) {
	a, _ := serve(t, "")
	if err := a.DB.Update(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec("test.old", `DELETE FROM case_stat WHERE scope LIKE 'channel:%' OR metric LIKE 'answer:%' OR metric = 'work'`)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	file := t.TempDir() + "/backup"
	if _, err := app.Backup(t.Context(), a.Config, file); err != nil {
		t.Fatal(err)
	}
	for _, database := range []string{"", dbtest.PostgresURL(t)} {
		cfg := *a.Config
		cfg.Data, cfg.Database = t.TempDir(), database
		if database == "" {
			cfg.Database = cfg.Data + "/ashar.db"
		}
		cfg.Blobs = cfg.Data + "/blobs"
		log := slog.New(slog.NewTextHandler(io.Discard, nil))
		if _, err := app.Restore(t.Context(), &cfg, log, file); err != nil {
			t.Fatal(err)
		}
		restored, err := app.New(t.Context(), &cfg, log, clock.System{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { restored.Close() })
		c, _ := restored.Cities.ByID(demo.CityID)
		if err := restored.Reports.Desk.Recount(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		sameAsTally(t, restored, c)
	}
}

func TestABulletinStaysAsItWasPublished(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		more(t, a, 600)
		c, _ := a.Cities.ByID(demo.CityID)
		week := figures.WeekOf(a.Clock.Now().In(c.Zone)).Before(2)
		b := visit(t, s)
		list, _ := b.do(200, http.MethodGet, "/bulletins", nil)
		if !strings.Contains(list, "/bulletins/"+week.String()) {
			t.Fatalf("no bulletin of %s:\n%.600s", week, list)
		}
		path := "/bulletins/" + week.String()
		text := map[string]string{}
		for lang, word := range map[string]string{"ky": "жумасы", "ru": "неделя", "en": "week"} {
			text[lang], _ = b.do(200, http.MethodGet, path+".txt?lang="+lang, nil)
			page, _ := b.do(200, http.MethodGet, path+"?lang="+lang, nil)
			pdf, _ := b.do(200, http.MethodGet, path+".pdf?lang="+lang, nil)
			if !strings.Contains(text[lang], word) || !strings.Contains(page, word) || !strings.HasPrefix(pdf, "%PDF-") || strings.Contains(text[lang], "⟦") {
				t.Errorf("in %s the bulletin is\n%s", lang, text[lang])
			}
			for _, line := range strings.Split(text[lang], "\n") {
				if said, ok := strings.CutPrefix(line, "• "); ok && !strings.Contains(said, ": ") && !strings.Contains(page, html.EscapeString(said)) {
					t.Errorf("the page in %s does not say %q", lang, said)
				}
			}
		}
		feed, _ := b.do(200, http.MethodGet, "/bulletins.atom", nil)
		if !strings.Contains(feed, path+"<") {
			t.Error("the feed lacks the bulletin")
		}

		// The newest one is proposed as news, once, and told when somebody lets it out.
		admin := demoPerson(t, s, "1000")
		desk, _ := admin.do(200, http.MethodGet, "/staff/news", nil)
		const title = "Bulletin of the 185 service: week"
		if n := strings.Count(desk, title); n != 1 {
			t.Fatalf("the newest bulletin is proposed %d times:\n%.2000s", n, desk[strings.Index(desk, "<main"):])
		}
		if page, _ := b.do(200, http.MethodGet, "/news", nil); strings.Contains(page, title) {
			t.Error("the news tells it before anybody has let it out")
		}
		proposed := regexp.MustCompile(`/staff/news/\d+`).FindString(desk[strings.LastIndex(desk[:strings.Index(desk, title)], "<a "):])
		admin.do(200, http.MethodPost, proposed, url.Values{"do": {"release"}})
		if page, _ := b.do(200, http.MethodGet, "/news", nil); !strings.Contains(page, title) {
			t.Error("the news does not tell of the bulletin")
		}
		for _, wrong := range []string{"/bulletins/2001-W01", "/bulletins/2026-W99", path + ".doc", "/bulletins/x"} {
			b.do(404, http.MethodGet, wrong, nil)
		}

		// A report of that week is taken down later: the figures of today change, the bulletin does not.
		if err := a.DB.Update(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec("test.less", `UPDATE case_stat SET n = n + 7 WHERE city_id = $1 AND scope = 'city' AND metric = 'received'`, c.ID)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if err := a.Figures.MakeBulletins(t.Context()); err != nil {
			t.Fatal(err)
		}
		if again, _ := b.do(200, http.MethodGet, path+".txt?lang=ky", nil); again != text["ky"] {
			t.Errorf("the bulletin has changed:\n%s\n%s", text["ky"], again)
		}
	})
}

func TestTheDashboardShowsToEachTheirOwn(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		more(t, a, 400)
		be := func(person string) *browser {
			b := visit(t, s)
			b.do(200, http.MethodPost, "/demo", url.Values{"person": {person}, "back": {"/account"}})
			return b
		}
		clerk, head, dispatcher, admin := be("1003"), be("1004"), be("1001"), be("1000")
		if page, at := visit(t, s).do(200, http.MethodGet, "/staff/figures", nil); at != "/account/sign-in" || strings.Contains(page, "Overdue now") {
			t.Errorf("a stranger is led to %s", at)
		}
		be("2000").do(403, http.MethodGet, "/staff/figures", nil)
		be("1002").do(403, http.MethodGet, "/staff/figures", nil) // a moderator works on no cases

		// One case of the clerk's.
		c, _ := a.Cities.ByID(demo.CityID)
		gorsvet := bodyNamed(t, a, "gorsvet")
		var mine *casework.File
		for _, f := range allCases(t, a, c) {
			if f.Open && fmt.Sprint(f.Body) == gorsvet && f.Kind == report.KindName && f.Visibility == casework.Public && f.Parent == 0 {
				mine = f
			}
		}
		if mine == nil {
			t.Fatal("the demo has no open report at gorsvet")
		}
		clerk.do(200, http.MethodPost, "/staff/reports/"+mine.Number, url.Values{"do": {"assign"}, "person": {"1003"}})
		own, _ := clerk.do(200, http.MethodGet, "/staff/figures", nil)
		if !strings.Contains(own, "/staff/reports/"+mine.Number) || strings.Contains(own, "The city by body") || strings.Contains(own, "<table") {
			t.Errorf("a clerk sees\n%.1500s", own)
		}
		team, _ := head.do(200, http.MethodGet, "/staff/figures", nil)
		if !strings.Contains(team, "Assigned to nobody") && !strings.Contains(team, "<table") || strings.Contains(team, "The city by body") {
			t.Errorf("a head sees\n%.1500s", team)
		}
		head.do(200, http.MethodGet, "/staff/figures/gorsvet", nil)
		head.do(403, http.MethodGet, "/staff/figures/tazalyk", nil)
		clerk.do(403, http.MethodGet, "/staff/figures/gorsvet", nil)
		head.do(403, http.MethodGet, "/staff/figures/nothing", nil)
		admin.do(404, http.MethodGet, "/staff/figures/nothing", nil)
		for _, b := range []*browser{dispatcher, admin} {
			if all, _ := b.do(200, http.MethodGet, "/staff/figures", nil); !strings.Contains(all, "The city by body") || !strings.Contains(all, "/staff/figures/gorsvet") {
				t.Errorf("the whole city is shown as\n%.1500s", all)
			}
			b.do(200, http.MethodGet, "/staff/figures/tazalyk", nil)
		}

		// What the dashboard counts is what the cases say.
		var want casework.Load
		now := a.Clock.Now().In(c.Zone)
		today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, c.Zone)
		for _, f := range allCases(t, a, c) {
			if !f.Open || fmt.Sprint(f.Body) != gorsvet || f.Parent != 0 {
				continue
			}
			want.Open++
			if f.DueAt().Before(today) {
				want.Overdue++
			} else if f.DueAt().Before(today.AddDate(0, 0, casework.SoonDays+1)) {
				want.Soon++
			}
		}
		id, _ := strconv.ParseInt(gorsvet, 10, 64)
		if err := a.DB.View(context.WithoutCancel(t.Context()), func(tx *db.Tx) error {
			kept, err := casework.LoadOf(tx, c, report.KindName, casework.ScopeBody(id), now)
			if err != nil {
				return err
			}
			people, partial, err := casework.LoadByAssignee(tx, c, []string{report.KindName, appeal.KindName}, id, now)
			var total casework.Load
			for _, l := range people {
				total.Add(l)
			}
			if kept != want || total != want || partial || people[1003].Open != 1 || want.Open == 0 {
				t.Errorf("the cases say %+v, the statistics %+v, the clerks %+v", want, kept, people)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	})
}
