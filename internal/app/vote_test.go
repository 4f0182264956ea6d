package app_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ashar-kg/ashar/internal/app"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/demo"
	"github.com/ashar-kg/ashar/internal/features/vote"
	"github.com/ashar-kg/ashar/internal/platform/clock"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/web"
	"github.com/ashar-kg/ashar/test/harness"
)

var (
	secretBox  = regexp.MustCompile(`name="secret" value="([a-z2-9]+)"`)
	shownCode  = regexp.MustCompile(`name="shown" value="([A-Z2-9-]+)"`)
	receiptBox = regexp.MustCompile(`class="vote-receipt__code">([A-Z2-9-]+)<`)
)

// som makes minor units of whole ones.
func som(n int64) int64 { return n * 100 }

// chuyLine is the place of the first project of a campaign.
const chuyLine = `{"type":"LineString","coordinates":[[74.587,42.8762],[74.6036,42.8757],[74.614,42.8755]]}`

// campaign sets up a vote that is on now: a pot of the city and one of a
// district, with a few projects.
func campaign(t *testing.T, a *app.App, slug string, change ...func(*vote.Campaign)) *vote.Campaign {
	t.Helper()
	c, _ := a.Cities.ByID(demo.CityID)
	now := time.Now()
	admin := permission.Actor{City: c.ID, System: true, Person: 1000}
	x := vote.Campaign{
		Slug: slug, Titles: vote.Texts{"ky": "Короолор", "ru": "Дворы", "en": "Yards"}, Texts: vote.Texts{"en": "Choose."},
		Plan:  vote.Plan{{Phase: vote.Voting, Begins: now.Add(-time.Hour).UnixMilli(), Ends: now.Add(time.Hour).UnixMilli()}},
		Rules: vote.DefaultRules,
		Pots: []vote.Pot{
			{Code: "city", Titles: vote.Texts{"ky": "Шаар", "en": "City"}, Amount: som(1_000_000), MinVotes: 2, MaxPicks: 2},
			{Code: "lenin", District: "leninsky", Titles: vote.Texts{"ky": "Ленин", "en": "Leninsky"}, Amount: som(300_000)},
		},
	}
	x.Rules.Seed = "4711"
	for _, fn := range change {
		fn(&x)
	}
	made, err := a.Votes.Create(t.Context(), c, admin, x)
	if err != nil {
		t.Fatal(err)
	}
	var list []*vote.Project
	for i, p := range []struct {
		pot, code, district, category string
		cost                          int64
	}{
		{"city", "C01", "oktyabrsky", "light", 600_000},
		{"city", "C02", "", "green", 500_000},
		{"city", "C03", "", "light", 300_000},
		{"lenin", "L01", "leninsky", "road", 200_000},
		{"lenin", "L02", "leninsky", "road", 150_000},
	} {
		list = append(list, &vote.Project{
			Pot: p.pot, Placed: p.code == "C01" || p.code == "C02", Lat: 42.8746, Lon: 74.6036, District: p.district, Category: p.category, Code: p.code, Number: int64(i + 1), Cost: som(p.cost), Titles: vote.Texts{"ky": "Долбоор " + p.code, "en": "Project " + p.code},
		})
	}
	list[0].Geometry = chuyLine
	if err := a.Votes.PutProjects(t.Context(), c, admin, slug, list); err != nil {
		t.Fatal(err)
	}
	return made
}

// openVote has the commission open a vote, and returns its code.
func openVote(t *testing.T, s *httptest.Server, slug string) string {
	t.Helper()
	admin := demoPerson(t, s, "1000")
	page, _ := admin.do(200, http.MethodGet, "/staff/vote/"+slug, nil)
	code := shownCode.FindStringSubmatch(page)
	if code == nil {
		t.Fatalf("no opening code is shown: %.400s", page)
	}
	admin.do(422, http.MethodPost, "/staff/vote/"+slug, url.Values{"do": {"open"}, "shown": {code[1]}, "code": {"ABCD-EFGH"}})
	admin.do(200, http.MethodPost, "/staff/vote/"+slug, url.Values{"do": {"open"}, "shown": {code[1]}, "code": {strings.ToLower(code[1])}})
	return code[1]
}

// ballotOf is the form of a ballot with its choices.
func ballotOf(t *testing.T, b *browser, slug string, picks ...string) url.Values {
	t.Helper()
	page, _ := b.do(200, http.MethodGet, "/vote/"+slug+"/ballot", nil)
	secret := secretBox.FindStringSubmatch(page)
	if secret == nil {
		t.Fatalf("no ballot is offered: %.600s", page)
	}
	f := url.Values{"do": {"cast"}, "secret": {secret[1]}, "class": {"registered"}, "district": {"leninsky"}, "born": {"1990-05-17"}}
	for _, code := range picks {
		f.Set("pick_"+code, "1")
	}
	return f
}

func TestABallotIsCastCountedAndRecounted(t *testing.T) {
	bin, err := harness.Build(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		campaign(t, a, "yards")
		c, _ := a.Cities.ByID(demo.CityID)
		one := demoPerson(t, s, "2000")
		if page, _ := one.do(200, http.MethodGet, "/vote/yards/ballot", nil); strings.Contains(page, `name="secret"`) {
			t.Error("a ballot is offered before the vote is opened")
		}
		demoPerson(t, s, "2001").do(403, http.MethodGet, "/staff/vote/yards", nil)
		demoPerson(t, s, "1003").do(403, http.MethodPost, "/staff/vote/yards", url.Values{"do": {"open"}, "shown": {vote.NewOpeningCode()}, "code": {"x"}})
		code := openVote(t, s, "yards")
		frozen(t, a)

		// What is wrong is told by the field, and nothing that was typed is lost.
		f := ballotOf(t, one, "yards", "C01", "C02", "C03")
		f.Set("do", "review")
		if page, _ := one.do(422, http.MethodPost, "/vote/yards/ballot", f); !strings.Contains(page, "At most 2 can be chosen, you have 3") || strings.Count(page, "checked") != 3 {
			t.Error("too many choices should be told and kept")
		}
		f.Set("born", "2024-01-01")
		if page, _ := one.do(422, http.MethodPost, "/vote/yards/ballot", f); !strings.Contains(page, "Voting is from the age of 16") {
			t.Error("a child should be told so")
		}
		empty := ballotOf(t, one, "yards")
		one.do(422, http.MethodPost, "/vote/yards/ballot", empty)

		// Somebody votes, the answer is lost, the same form is sent again.
		ballots := map[string][]string{"2000": {"C01", "C03", "L01"}, "2001": {"C01", "L02"}, "2002": {"C02", "L01"}, "2003": {"C03", "C01"}, "2004": {"C02", "C03", "L02"}, "2005": {"L01"}}
		receipts := map[string][]string{}
		for _, who := range slices.Sorted(maps.Keys(ballots)) {
			b := demoPerson(t, s, who)
			f := ballotOf(t, b, "yards", ballots[who]...)
			page, _ := b.do(200, http.MethodPost, "/vote/yards/ballot", f)
			got := receiptBox.FindStringSubmatch(page)
			if got == nil {
				t.Fatalf("no receipt: %.800s", page)
			}
			again, _ := b.do(200, http.MethodPost, "/vote/yards/ballot", f)
			if m := receiptBox.FindStringSubmatch(again); m == nil || m[1] != got[1] {
				t.Error("the same form sent again should give the same receipt")
			}
			receipts[got[1]] = ballots[who]
			f.Set("secret", strings.Repeat("a", 32))
			if page, _ := b.do(409, http.MethodPost, "/vote/yards/ballot", f); !strings.Contains(page, "You voted on") {
				t.Error("a second ballot should be refused in words")
			}
			if page, _ := b.do(200, http.MethodGet, "/account", nil); !strings.Contains(page, "You voted") || strings.Contains(page, got[1]) {
				t.Error("the account should show that somebody voted, never what")
			}
		}
		noInterimResult(t, s, "yards")
		unlinked(t, a, c.ID)

		// The commission counts, once the time is over, with the right code only.
		admin := demoPerson(t, s, "1000")
		admin.do(409, http.MethodPost, "/staff/vote/yards", url.Values{"do": {"count"}, "code": {code}})
		later := clock.At(time.Now().Add(2 * time.Hour))
		a.Votes.Clock = later
		admin.do(422, http.MethodPost, "/staff/vote/yards", url.Values{"do": {"count"}, "code": {vote.NewOpeningCode()}})
		admin.do(200, http.MethodPost, "/staff/vote/yards", url.Values{"do": {"count"}, "code": {code}})
		admin.do(409, http.MethodPost, "/staff/vote/yards", url.Values{"do": {"count"}, "code": {code}})

		for pot, want := range map[string]string{"city": "C01 C03", "lenin": "L01"} {
			recounted(t, s, bin, "yards", pot, want)
		}
		file, _ := visit(t, s).do(200, http.MethodGet, "/vote/yards/ballots/city.pb", nil)
		for receipt, picks := range receipts {
			inCity := slices.DeleteFunc(slices.Clone(picks), func(p string) bool { return p[0] != 'C' })
			slices.Sort(inCity)
			if row := receipt + ";" + strings.Join(inCity, ","); len(inCity) > 0 && !strings.Contains(file, "\n"+row+"\n") {
				t.Errorf("the published file lacks %s", row)
			} else if len(inCity) == 0 && strings.Contains(file, receipt) {
				t.Error("a ballot stands in a pot in which nothing was chosen")
			}
		}
		for lang, text := range map[string]string{"ky": "Добуш берүүнүн жыйынтыгы", "ru": "Итоги голосования", "en": "Lost: 100,000"} {
			page, _ := visit(t, s).do(200, http.MethodGet, "/vote/yards/results?lang="+lang, nil)
			if !strings.Contains(page, text) {
				t.Errorf("the result in %s lacks %q", lang, text)
			}
		}
		visit(t, s).do(200, http.MethodGet, "/vote/yards/results/city", nil)
		replayed(t, s)
		spread(t, s)
		admin.do(409, http.MethodPost, "/staff/vote/yards", url.Values{"do": {"confirm"}})
		later.Advance(6 * 24 * time.Hour)
		admin.do(200, http.MethodPost, "/staff/vote/yards", url.Values{"do": {"confirm"}})
		carried(t, a, c.ID, "yards/C01", "yards/C03", "yards/L01")
		reaches(t, a, s, c.ID, "yards/C01")
	})
}

// replayed goes through the rounds by their links, and looks at the map of the
// winners and at what messengers show.
func replayed(t *testing.T, s *httptest.Server) {
	t.Helper()
	v := visit(t, s)
	at, seen := "/vote/yards/results/city?round=1", 0
	for at != "" {
		seen++
		page, _ := v.do(200, http.MethodGet, at+"&lang=en", nil)
		if !strings.Contains(page, fmt.Sprintf("Round %d of 3", seen)) || strings.Contains(page, `rel="prev"`) != (seen > 1) {
			t.Errorf("round %d is not told: %s", seen, at)
		}
		if so := strings.Contains(page, ">C01. "); so != (seen >= 2) {
			t.Errorf("after round %d C01 is funded: %t", seen, so)
		}
		next := regexp.MustCompile(`rel="next" href="([^"]+)"`).FindStringSubmatch(page)
		if at = ""; next != nil {
			at = next[1]
		}
	}
	if seen != 3 {
		t.Errorf("%d rounds can be walked through, want 3", seen)
	}
	for _, wrong := range []string{"0", "4", "x", ""} {
		v.do(404, http.MethodGet, "/vote/yards/results/city?round="+wrong, nil)
	}
	page, _ := v.do(200, http.MethodGet, "/vote/yards/results?lang=en", nil)
	for _, has := range []string{`property="og:image"`, "/vote/yards/card.jpg?lang=en", "3 of 5 projects won, 1,100,000 som will be spent", `data-over="/vote/yards/winners.geojson"`} {
		if !strings.Contains(page, has) {
			t.Errorf("the page of the result lacks %q", has)
		}
	}
	if places, _ := v.do(200, http.MethodGet, "/vote/yards/winners.geojson", nil); !strings.Contains(places, `"C01"`) || strings.Contains(places, `"C02"`) {
		t.Errorf("the map should have the winners only: %s", places)
	}
	if picture, _ := v.do(200, http.MethodGet, "/vote/yards/card.jpg?lang=ky", nil); !strings.HasPrefix(picture, "\xff\xd8") {
		t.Error("the card is no picture")
	}
}

// spread looks how the money of the result spreads over districts and topics:
// C01, C03 and L01 won; C01 lies in one district, L01 in another, and of the
// six voters, all of one district, three marked C01 and five L01 or L02.
func spread(t *testing.T, s *httptest.Server) {
	t.Helper()
	page, _ := visit(t, s).do(200, http.MethodGet, "/vote/yards/results?lang=en", nil)
	_, page, _ = strings.Cut(page, `id="fair"`)
	page, _, _ = strings.Cut(page, "</section>")
	text := func(cell string) string { return regexp.MustCompile(`<[^>]*>`).ReplaceAllString(cell, "") }
	var rows, drawn []string
	for _, row := range regexp.MustCompile(`(?s)<tr><th scope="row">.*?</tr>`).FindAllString(page, -1) {
		var cells []string
		for _, cell := range regexp.MustCompile(`(?s)<t[hd][ >].*?</t[hd]>`).FindAllString(row, -1) {
			cells = append(cells, strings.TrimSpace(text(cell)))
		}
		rows = append(rows, strings.Join(cells, "|"))
	}
	want := []string{
		"Oktyabrsky district|1 of 1|600,000 som|75%|38%|not shown|29%", "Leninsky district|1 of 2|200,000 som|25%|62%|100%|24%",
		"Lighting|2 of 2|900,000 som|82%|46%", "Road and pavement|1 of 2|200,000 som|18%|38%", "Greenery|0 of 1|0 som|0%|15%",
	}
	if !slices.Equal(rows, want) {
		t.Errorf("the table says\n%q, want\n%q", rows, want)
	}
	for _, cell := range regexp.MustCompile(`<text [^>]*>([^<]*)</text>`).FindAllStringSubmatch(page, -1) {
		drawn = append(drawn, cell[1])
	}
	for _, row := range want {
		for _, cell := range strings.Split(row, "|") {
			if strings.HasSuffix(cell, "%") && !slices.Contains(drawn, cell) {
				t.Errorf("the picture lacks %s of %s", cell, row)
			}
		}
	}
}

// carried looks for the projects that came of winners.
func carried(t *testing.T, a *app.App, city int64, want ...string) {
	t.Helper()
	var got []string
	err := a.DB.View(t.Context(), func(tx *db.Tx) (err error) {
		got, err = db.All(tx, "test.carried", `SELECT origin_ref FROM project WHERE city_id = $1 AND origin_kind = 'vote' AND origin_ref LIKE 'yards/%' ORDER BY origin_ref`, db.Text, city)
		return err
	})
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("projects came of %v, want %v: %v", got, want, err)
	}
}

// reaches looks for the line of a winner on the map of winners and at the project
// that came of it.
func reaches(t *testing.T, a *app.App, s *httptest.Server, city int64, ref string) {
	t.Helper()
	var id int64
	err := a.DB.View(t.Context(), func(tx *db.Tx) (err error) {
		id, err = db.One(tx, "test.reaches", `SELECT id FROM project WHERE city_id = $1 AND origin_kind = 'vote' AND origin_ref = $2`, db.Int64, city, ref)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/vote/yards/winners.geojson", "/projects/" + strconv.FormatInt(id, 10) + "/place.geojson"} {
		if page, _ := visit(t, s).do(200, http.MethodGet, path, nil); !strings.Contains(page, "LineString") || !strings.Contains(page, "74.614") {
			t.Errorf("%s lacks the line of the winner: %.200s", path, page)
		}
	}
}

// recounted has the real command count the published file of a pot as the page
// says, and compares it with what the city published.
func recounted(t *testing.T, s *httptest.Server, bin, slug, pot, want string) {
	t.Helper()
	v := visit(t, s)
	page, _ := v.do(200, http.MethodGet, "/vote/"+slug+"/results", nil)
	line := regexp.MustCompile(`ashar tally ` + slug + `-` + pot + `\.pb ([^<]+)`).FindStringSubmatch(page)
	if line == nil {
		t.Fatal("the page does not say how to count again")
	}
	file, _ := v.do(200, http.MethodGet, "/vote/"+slug+"/ballots/"+pot+".pb", nil)
	path := filepath.Join(t.TempDir(), slug+"-"+pot+".pb")
	if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), bin, append([]string{"tally", path, "--json"}, strings.Fields(line[1])...)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	published, _ := v.do(200, http.MethodGet, "/vote/"+slug+"/results/"+pot+"/tally.json", nil)
	var mine, theirs map[string]json.RawMessage
	for text, to := range map[string]*map[string]json.RawMessage{string(out): &mine, published: &theirs} {
		if err := json.Unmarshal([]byte(text), to); err != nil {
			t.Fatal(err)
		}
	}
	delete(theirs, "compared")
	delete(theirs, "ballots_sha256")
	for name, value := range theirs {
		if string(mine[name]) != string(value) {
			t.Errorf("pot %s: the recount says %s of %s, the city %s", pot, mine[name], name, value)
		}
	}
	if got := strings.NewReplacer(`"`, "", "[", "", "]", "", ",", " ").Replace(string(mine["winners"])); got != want {
		t.Errorf("pot %s: %s won, want %s", pot, got, want)
	}
}

// frozen tries to change each part of a rule book after the vote was opened.
func frozen(t *testing.T, a *app.App) {
	t.Helper()
	c, _ := a.Cities.ByID(demo.CityID)
	admin := permission.Actor{City: c.ID, System: true, Person: 1000}
	for what, fn := range map[string]func(*vote.Campaign){
		"rules": func(x *vote.Campaign) { x.Rules.Rule = "mes_cost" },
		"pots":  func(x *vote.Campaign) { x.Pots[0].Amount++ },
		"plan":  func(x *vote.Campaign) { x.Plan[0].Ends++ },
	} {
		err := a.Votes.Change(t.Context(), c, admin, "yards", what, func(x *vote.Campaign) error {
			fn(x)
			return nil
		})
		if !conflict(err) {
			t.Errorf("a change of the %s after the opening: %v", what, err)
		}
	}
	if err := a.Votes.PutProjects(t.Context(), c, admin, "yards", []*vote.Project{{Pot: "city", Code: "C09", Cost: 1}}); !conflict(err) {
		t.Errorf("a project more after the opening: %v", err)
	}
	if err := a.Votes.OpenVoting(t.Context(), c, admin, "yards", vote.NewOpeningCode(), ""); !conflict(err) {
		t.Errorf("a second opening, with another key: %v", err)
	}
}

// conflict tells whether a change was refused because of what stands.
func conflict(err error) bool {
	var p *web.Problem
	return errors.As(err, &p) && p.Status == http.StatusConflict
}

// noInterimResult looks where a result would stand before the count.
func noInterimResult(t *testing.T, s *httptest.Server, slug string) {
	t.Helper()
	for _, who := range []string{"1000", "2000"} {
		b := demoPerson(t, s, who)
		for _, path := range []string{"/results", "/results/city", "/results/city/tally.json", "/results/city/projects.csv", "/ballots/city.pb"} {
			b.do(404, http.MethodGet, "/vote/"+slug+path, nil)
		}
	}
}

// unlinked looks for what could lead from a voter to a ballot in the database,
// beside the rows as in them.
func unlinked(t *testing.T, a *app.App, city int64) {
	t.Helper()
	type row struct {
		id    int64
		extra string
	}
	read := func(name, query string) (out []row) {
		err := a.DB.View(t.Context(), func(tx *db.Tx) (err error) {
			out, err = db.All(tx, name, query, func(r db.Row) (x row, err error) {
				err = r.Scan(&x.id, &x.extra)
				return x, err
			}, city)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	roll := read("test.roll", `SELECT id, CAST(hour AS TEXT) FROM vote_roll WHERE city_id = $1 ORDER BY id`)
	box := read("test.box", `SELECT id, '' FROM vote_box WHERE city_id = $1 ORDER BY id`)
	if len(roll) != 6 || len(box) != 6 {
		t.Fatalf("%d on the roll, %d in the box, want 6 and 6", len(roll), len(box))
	}
	ids := map[int64]bool{}
	for _, r := range roll {
		ids[r.id] = true
	}
	for _, b := range box {
		if ids[b.id] {
			t.Error("a ballot has the id of a line of the roll")
		}
	}
	if a.DB.Engine() == db.SQLite {
		for _, table := range []string{"vote_roll", "vote_roll_key", "vote_box"} {
			err := a.DB.View(t.Context(), func(tx *db.Tx) error {
				_, err := db.All(tx, "test.rowid", `SELECT rowid FROM `+table, db.Int64)
				return err
			})
			if err == nil {
				t.Errorf("%s has row ids, which tell the order of the votes", table)
			}
		}
	}
	sizes := map[int]bool{}
	err := a.DB.View(t.Context(), func(tx *db.Tx) error {
		return tx.Each("test.sizes", `SELECT envelope FROM vote_box WHERE city_id = $1`, func(r db.Row) error {
			var envelope []byte
			err := r.Scan(&envelope)
			sizes[len(envelope)] = true
			return err
		}, city)
	})
	if err != nil || len(sizes) != 1 {
		t.Errorf("envelopes of %d sizes: %v", len(sizes), err)
	}
}

func TestManyVotersAtOnceEachCountOnce(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		campaign(t, a, "night")
		c, _ := a.Cities.ByID(demo.CityID)
		code := openVote(t, s, "night")
		var all sync.WaitGroup
		var mu sync.Mutex
		receipts := map[string]int{}
		refused := 0
		for i := range 40 {
			all.Go(func() {
				me := permission.Actor{City: c.ID, Person: int64(5000 + i%20), Level: permission.Phone}
				receipt, err := a.Votes.Cast(t.Context(), c, me, "night", vote.Vote{
					Secret: fmt.Sprintf("%032d", i), Class: vote.Living, District: "leninsky", Born: "1980-01-01",
					Choices: map[string][]vote.Choice{"city": {{Code: "C0" + strconv.Itoa(1+i%3)}}},
				}, "192.0.2.7")
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					refused++
					return
				}
				receipts[receipt]++
			})
		}
		all.Wait()
		if len(receipts) != 20 || refused != 20 {
			t.Fatalf("%d ballots taken and %d refused, want 20 and 20", len(receipts), refused)
		}
		a.Votes.Clock = clock.At(time.Now().Add(2 * time.Hour))
		if err := a.Votes.Count(t.Context(), c, permission.Actor{City: c.ID, System: true, Person: 1000}, "night", code); err != nil {
			t.Fatal(err)
		}
		file, _ := visit(t, s).do(200, http.MethodGet, "/vote/night/ballots/city.pb", nil)
		for receipt := range receipts {
			if strings.Count(file, receipt) != 1 {
				t.Errorf("receipt %s stands %d times in the file", receipt, strings.Count(file, receipt))
			}
		}
	})
}
