package app_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ashar-kg/ashar/internal/app"
	"github.com/ashar-kg/ashar/internal/civic/account"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/demo"
	"github.com/ashar-kg/ashar/internal/features/vote"
	"github.com/ashar-kg/ashar/internal/platform/clock"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/db/dbtest"
)

// deskForm is what a clerk enters of somebody born on 17 May 1990.
func deskForm(t *testing.T, b *browser, slug, do, number string, picks ...string) url.Values {
	t.Helper()
	page, _ := b.do(200, http.MethodGet, "/staff/vote/"+slug+"/desk", nil)
	secret := secretBox.FindStringSubmatch(page)
	if secret == nil {
		t.Fatalf("the desk offers no ballot: %.600s", page)
	}
	f := url.Values{"do": {do}, "secret": {secret[1]}, "class": {"living"}, "district": {"leninsky"}, "born": {"1990-05-17"}, "number": {number}, "no_phone": {"1"}}
	for _, code := range picks {
		f.Set("pick_"+code, "1")
	}
	return f
}

func pin(n int) string { return fmt.Sprintf("117051990%05d", n) }

func TestPeopleWithoutATelephoneVoteAtTheDeskAndOnPaper(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		campaign(t, a, "paper", func(x *vote.Campaign) { x.Rules.Document = true })
		code := openVote(t, s, "paper")
		admin, clerk, other := demoPerson(t, s, "1000"), demoPerson(t, s, "1003"), demoPerson(t, s, "1001")
		one := demoPerson(t, s, "2000")
		desk, paper := "/staff/vote/paper/desk", "/staff/vote/paper/paper"
		one.do(403, http.MethodGet, desk, nil)
		one.do(403, http.MethodGet, paper, nil)
		one.do(403, http.MethodPost, desk, url.Values{"do": {"cast"}})

		// At the desk: the number fits the day of birth, and counts once whatever the channel.
		f := deskForm(t, clerk, "paper", "cast", "11705198900001", "C01")
		if page, _ := clerk.do(422, http.MethodPost, desk, f); !strings.Contains(page, "Enter the number of the document") || !strings.Contains(page, "11705198900001") {
			t.Error("a number of another day of birth should be told at its field, and kept")
		}
		f = deskForm(t, clerk, "paper", "cast", pin(1), "C01", "L01")
		f.Set("phone", "0700 12 34 56")
		page, _ := clerk.do(200, http.MethodPost, desk, f)
		first := receiptBox.FindStringSubmatch(page)
		again, _ := clerk.do(200, http.MethodPost, desk, f)
		if m := receiptBox.FindStringSubmatch(again); first == nil || m == nil || m[1] != first[1] {
			t.Error("the same form of a desk sent again should give the same receipt")
		}
		if page, _ := clerk.do(409, http.MethodPost, desk, deskForm(t, clerk, "paper", "paper", pin(1))); !strings.Contains(page, "This person voted on") {
			t.Error("who voted at the desk should get no paper ballot")
		}
		f = ballotOf(t, one, "paper", "C02")
		f.Set("number", pin(1))
		one.do(409, http.MethodPost, "/vote/paper/ballot", f)
		f.Set("number", pin(2))
		one.do(200, http.MethodPost, "/vote/paper/ballot", f)
		clerk.do(409, http.MethodPost, desk, deskForm(t, clerk, "paper", "paper", pin(2)))
		phoneVotesOnce(t, a)

		// Three sheets are handed out; who has one is refused on the site.
		for i := 3; i < 6; i++ {
			if page, _ := clerk.do(200, http.MethodPost, desk, deskForm(t, clerk, "paper", "paper", pin(i))); strings.Contains(page, "vote-receipt__code") {
				t.Error("a paper ballot has no receipt")
			}
		}
		two := demoPerson(t, s, "2001")
		f = ballotOf(t, two, "paper", "C02")
		f.Set("number", pin(3))
		if page, _ := two.do(409, http.MethodPost, "/vote/paper/ballot", f); !strings.Contains(page, "on paper") {
			t.Error("who has a paper ballot should be told so on the site")
		}
		batch := typedTwice(t, clerk, other, admin, paper)

		if n := rows(t, a, "vote_box"); n != 2 {
			t.Errorf("%d envelopes before the batch is accepted, want those of the desk and the site", n)
		}
		clerk.do(403, http.MethodPost, batch, url.Values{"do": {"accept"}})
		later := clock.At(time.Now().Add(2 * time.Hour))
		a.Votes.Clock = later
		if page, _ := admin.do(409, http.MethodPost, "/staff/vote/paper", url.Values{"do": {"count"}, "code": {code}}); !strings.Contains(page, "Accept all batches") {
			t.Errorf("the count should wait for the paper: %.3000s", page)
		}
		admin.do(200, http.MethodPost, batch, url.Values{"do": {"accept"}})
		admin.do(409, http.MethodPost, batch, url.Values{"do": {"accept"}})
		if box, sheets := rows(t, a, "vote_box"), rows(t, a, "vote_sheet"); box != 4 || sheets != 0 {
			t.Errorf("after the acceptance %d envelopes and %d typed sheets, want 4 and none", box, sheets)
		}
		if page, _ := admin.do(200, http.MethodGet, paper, nil); !strings.Contains(page, "2 valid, 1 spoilt") {
			t.Error("valid and spoilt sheets should be told")
		}
		admin.do(200, http.MethodPost, "/staff/vote/paper", url.Values{"do": {"count"}, "code": {code}})
		file, _ := visit(t, s).do(200, http.MethodGet, "/vote/paper/ballots/city.pb", nil)
		for row, want := range map[string]int{";C01\n": 2, ";C02\n": 1, ";C01,C03\n": 1} {
			if n := strings.Count(file, row); n != want {
				t.Errorf("%d ballots %q in the file, want %d", n, row, want)
			}
		}
	})
}

// phoneVotesOnce has somebody sign in with a number that was given at the desk.
func phoneVotesOnce(t *testing.T, a *app.App) {
	t.Helper()
	c, _ := a.Cities.ByID(demo.CityID)
	err := a.DB.Update(t.Context(), func(tx *db.Tx) error {
		return account.PutDemo(tx, c.ID, account.Person{ID: 7001, Name: "Нурлан", Lang: "ky", Level: permission.Phone}, "+996700123456")
	})
	if err != nil {
		t.Fatal(err)
	}
	v := vote.Vote{
		Secret: strings.Repeat("7", 32), Class: vote.Living, District: "leninsky", Born: "1990-05-17", Number: pin(77),
		Choices: map[string][]vote.Choice{"city": {{Code: "C03"}}},
	}
	_, err = a.Votes.Cast(t.Context(), c, permission.Actor{City: c.ID, Person: 7001, Level: permission.Phone}, "paper", v, "")
	var voted *vote.Voted
	if !errors.As(err, &voted) || voted.Channel != vote.Desk {
		t.Errorf("a number that voted at the desk votes once more: %v", err)
	}
}

// typedTwice has a batch of three sheets typed by two people who differ on one,
// which a third decides. It returns the address of the batch.
func typedTwice(t *testing.T, clerk, other, admin *browser, paper string) string {
	t.Helper()
	if page, _ := clerk.do(422, http.MethodPost, paper, url.Values{"name": {"Leninsky 1"}, "sheets": {"4"}}); !strings.Contains(page, "only 3 more sheets") {
		t.Error("more sheets than were handed out should be refused")
	}
	_, batch := clerk.do(200, http.MethodPost, paper, url.Values{"name": {"Leninsky 1"}, "sheets": {"3"}, "idempotency_key": {"key-of-this-batch"}})
	if _, twice := clerk.do(200, http.MethodPost, paper, url.Values{"name": {"Leninsky 1"}, "sheets": {"3"}, "idempotency_key": {"key-of-this-batch"}}); twice != batch {
		t.Errorf("the same form began %s and %s", batch, twice)
	}
	batch, _, _ = strings.Cut(batch, "#")
	sheet := func(want int, b *browser, n, round int, picks string, spoilt bool) string {
		t.Helper()
		f := url.Values{"do": {"type"}, "n": {strconv.Itoa(n)}, "round": {strconv.Itoa(round)}, "picks": {picks}}
		if spoilt {
			f.Set("spoilt", "1")
		}
		page, _ := b.do(want, http.MethodPost, batch, f)
		return page
	}
	for picks, text := range map[string]string{"C01 X9": "There is no X9", "C01 C02 C03": "At most 2", "": "Choose at least one", "C01 C01": "each project may stand once"} {
		if page := sheet(422, clerk, 1, 1, picks, false); !strings.Contains(page, text) {
			t.Errorf("the sheet %q should be refused with %q", picks, text)
		}
	}
	sheet(200, clerk, 1, 1, "c01", false)
	sheet(409, clerk, 1, 2, "C01", false)
	sheet(200, clerk, 2, 1, "L01 C01", false)
	if page := sheet(200, clerk, 3, 1, "", true); !strings.Contains(page, "typed by somebody else") {
		t.Error("who typed all sheets once should be told that somebody else goes on")
	}
	sheet(200, other, 1, 2, "C01", false)
	sheet(200, other, 2, 2, "C01,C03 L01", false)
	page := sheet(200, other, 3, 2, "", true)
	if !strings.Contains(page, "C01 L01") || !strings.Contains(page, "C01 C03 L01") || strings.Count(page, "<h3") != 1 {
		t.Error("the one sheet that differs should be shown side by side")
	}
	other.do(422, http.MethodPost, batch, url.Values{"do": {"decide"}, "n": {"2"}, "picks": {"C01 C03 L01"}})
	admin.do(422, http.MethodPost, batch, url.Values{"do": {"accept"}})
	admin.do(200, http.MethodPost, batch, url.Values{"do": {"decide"}, "n": {"2"}, "picks": {"C01 C03 L01"}})

	var out bytes.Buffer
	w := multipart.NewWriter(&out)
	part, err := w.CreateFormFile("files", "sheets.pdf")
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(part, "%PDF-1.4 three sheets")
	w.Close()
	answer, err := clerk.http.Post(clerk.base+batch+"/scans", w.FormDataContentType(), &out)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	page, _ = clerk.do(200, http.MethodGet, batch, nil)
	scan := regexp.MustCompile(regexp.QuoteMeta(batch) + `/scans/[0-9]+`).FindString(page)
	if scan == "" {
		t.Fatal("the photo of the sheets is not listed")
	}
	if text, _ := other.do(200, http.MethodGet, scan, nil); text != "%PDF-1.4 three sheets" {
		t.Errorf("the photo is %.40q", text)
	}
	demoPerson(t, &httptest.Server{URL: clerk.base}, "2000").do(403, http.MethodGet, scan, nil)
	return batch
}

func rows(t *testing.T, a *app.App, table string) (n int64) {
	t.Helper()
	err := a.DB.View(t.Context(), func(tx *db.Tx) (err error) {
		n, err = db.One(tx, "test.rows", `SELECT COUNT(*) FROM `+table+` WHERE city_id = $1`, db.Int64, demo.CityID)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestUnusualCastingIsShownWithoutVotersAndChoices(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		campaign(t, a, "burst")
		openVote(t, s, "burst")
		c, _ := a.Cities.ByID(demo.CityID)
		for i := range 24 {
			v := vote.Vote{
				Secret: fmt.Sprintf("%032d", i), Class: vote.Living, District: "leninsky", Born: "1980-01-01", Number: pin(i),
				Choices: map[string][]vote.Choice{"city": {{Code: "C01"}}},
			}
			if _, err := a.Votes.Cast(t.Context(), c, permission.Actor{City: c.ID, Person: int64(5000 + i), Level: permission.Phone}, "burst", v, fmt.Sprintf("192.0.2.%d", 10+i%16)); err != nil {
				t.Fatal(err)
			}
		}
		clerk := demoPerson(t, s, "1003")
		for i := range 12 {
			clerk.do(200, http.MethodPost, "/staff/vote/burst/desk", deskForm(t, clerk, "burst", "paper", pin(100+i)))
		}
		demoPerson(t, s, "2000").do(403, http.MethodGet, "/staff/vote/burst/unusual", nil)
		clerk.do(403, http.MethodGet, "/staff/vote/burst/unusual", nil)
		page, _ := demoPerson(t, s, "1000").do(200, http.MethodGet, "/staff/vote/burst/unusual", nil)
		for _, want := range []string{"24 of 24", "12 of 12"} {
			if !strings.Contains(page, want) {
				t.Errorf("the list lacks %q", want)
			}
		}
		for _, never := range []string{"192.0.2", "C01", "5003"} {
			if strings.Contains(page, never) {
				t.Errorf("the list shows %q", never)
			}
		}
	})
}

// lines is a dump of the database: each row after the name of its table.
func lines(t *testing.T, a *app.App) map[string]bool {
	t.Helper()
	var dump bytes.Buffer
	if err := a.DB.Dump(t.Context(), &dump); err != nil {
		t.Fatal(err)
	}
	out := map[string]bool{}
	table := ""
	for line := range strings.Lines(dump.String()) {
		if name, ok := strings.CutPrefix(line, `["table","`); ok {
			table, _, _ = strings.Cut(name, `"`)
			continue
		}
		out[table+" "+line] = true
	}
	return out
}

// alike is Spearman's measure of how far one order follows another: 1 is the
// same, 0 is none, -1 the reverse.
func alike(one, other []int64) float64 {
	place := map[int64]int{}
	for i, id := range one {
		place[id] = i
	}
	n, sum := float64(len(one)), 0.0
	for i, id := range other {
		d := float64(place[id] - i)
		sum += d * d
	}
	return 1 - 6*sum/(n*(n*n-1))
}

// journal is a log that many may write.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func TestNothingLeadsFromAVoterToABallot(t *testing.T) {
	for engine, address := range map[string]func(testing.TB) string{"sqlite": func(testing.TB) string { return "" }, "postgres": dbtest.PostgresURL} {
		t.Run(engine, func(t *testing.T) {
			log := &journal{}
			a, s := serveLogged(t, address(t), log)
			campaign(t, a, "secret")
			openVote(t, s, "secret")
			who := overHTTP(t, a, s)
			casting, boxed := oneAfterTheOther(t, a)
			// What tells the order of the votes in the roll must not tell it in the box.
			stored := ids(t, a, `SELECT id FROM vote_box WHERE city_id = $1 AND campaign_id = (SELECT id FROM vote_campaign WHERE city_id = $1 AND slug = 'secret')`)
			roll := ids(t, a, `SELECT id FROM vote_roll WHERE city_id = $1 ORDER BY id`)
			dumped := dumpOrder(t, a, "vote_box")
			for name, order := range map[string][]int64{"by id": slices.Sorted(slices.Values(boxed)), "as dumped": only(dumped, boxed)} {
				if r := alike(boxed, order); math.Abs(r) > 0.6 {
					t.Errorf("the box %s follows the order of the votes: %.2f", name, r)
				}
			}
			if r := alike(casting, only(roll, casting)); math.Abs(r) > 0.6 {
				t.Errorf("the roll by id follows the order of the votes: %.2f", r)
			}
			if a.DB.Engine() == db.SQLite {
				if r := alike(boxed, only(stored, boxed)); math.Abs(r) > 0.6 {
					t.Errorf("the box as it lies on the disk follows the order of the votes: %.2f", r)
				}
			}
			nowhere(t, a, log, who)
		})
	}
}

// oneAfterTheOther has many people vote, and tells the lines of the roll and the
// envelopes in the order of their votes. Each vote may leave rows in the roll
// and in the box and nowhere else, and no time but the hour.
func oneAfterTheOther(t *testing.T, a *app.App) (roll, box []int64) {
	t.Helper()
	c, _ := a.Cities.ByID(demo.CityID)
	const votes = 120
	var before map[string]bool
	seen := map[string]map[int64]bool{"vote_roll": {}, "vote_box": {}}
	fresh := func(table string) (id int64) {
		for _, n := range ids(t, a, `SELECT id FROM `+table+` WHERE city_id = $1`) {
			if !seen[table][n] {
				seen[table][n], id = true, n
			}
		}
		return id
	}
	fresh("vote_roll")
	fresh("vote_box")
	for i := range votes {
		if i == votes-3 {
			before = lines(t, a)
		}
		v := vote.Vote{
			Secret: fmt.Sprintf("%040d", i), Class: vote.Living, District: "leninsky", Born: "1980-01-01",
			Choices: map[string][]vote.Choice{"city": {{Code: "C0" + strconv.Itoa(1+i%3)}}},
		}
		if _, err := a.Votes.Cast(t.Context(), c, permission.Actor{City: c.ID, Person: int64(6000 + i), Level: permission.Phone}, "secret", v, "192.0.2.1"); err != nil {
			t.Fatal(err)
		}
		roll, box = append(roll, fresh("vote_roll")), append(box, fresh("vote_box"))
	}
	added := map[string]int{}
	for line := range lines(t, a) {
		if before[line] {
			continue
		}
		table, row, _ := strings.Cut(line, " ")
		added[table]++
		for _, n := range regexp.MustCompile(`\b1[0-9]{12}\b`).FindAllString(row, -1) {
			t.Errorf("a vote left a time to the millisecond in %s: %s", table, n)
		}
	}
	delete(added, "vote_pulse")
	if want := (map[string]int{"vote_roll": 3, "vote_roll_key": 3, "vote_box": 3}); !maps.Equal(added, want) {
		t.Errorf("three votes left rows in %v, want %v", added, want)
	}
	return roll, box
}

// overHTTP has people vote through the whole server, and returns what must be
// found nowhere: receipts and secrets, in the spellings that somebody could look for.
func overHTTP(t *testing.T, a *app.App, s *httptest.Server) (secrets []string) {
	t.Helper()
	for i := range 5 {
		b := demoPerson(t, s, strconv.Itoa(2000+i))
		f := ballotOf(t, b, "secret", "C01", "L0"+strconv.Itoa(1+i%2))
		before := lines(t, a)
		page, _ := b.do(200, http.MethodPost, "/vote/secret/ballot", f)
		m := receiptBox.FindStringSubmatch(page)
		if m == nil {
			t.Fatal("no receipt")
		}
		secrets = append(secrets, m[1], strings.ReplaceAll(m[1], "-", ""), f.Get("secret"), "L02,C01", "C01,L02")
		for line := range lines(t, a) {
			if table, _, _ := strings.Cut(line, " "); !before[line] && !slices.Contains([]string{"vote_roll", "vote_roll_key", "vote_box", "vote_pulse", "account_session"}, table) {
				t.Errorf("a vote left in %s: %.200s", table, line)
			}
		}
	}
	return secrets
}

// nowhere looks for secrets in the dump of the database, its files, the blobs
// and the log at its most talkative.
func nowhere(t *testing.T, a *app.App, log *journal, secrets []string) {
	t.Helper()
	places := map[string]string{"the log": log.text.String()}
	if !strings.Contains(places["the log"], "/ballot") {
		t.Error("the log is not at its most talkative: it has no request of a ballot")
	}
	if regexp.MustCompile(`(?m)^.*/ballot.*(person|address)=.*$`).MatchString(places["the log"]) {
		t.Error("the log says who asked for a ballot, and when")
	}
	var dump bytes.Buffer
	if err := a.DB.Dump(t.Context(), &dump); err != nil {
		t.Fatal(err)
	}
	places["the dump"] = dump.String()
	err := filepath.WalkDir(a.Config.Data, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		places[path] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for place, text := range places {
		for _, x := range secrets {
			if strings.Contains(text, x) {
				t.Errorf("%s has %q of a ballot", place, x)
			}
		}
	}
}

func ids(t *testing.T, a *app.App, query string) (out []int64) {
	t.Helper()
	err := a.DB.View(t.Context(), func(tx *db.Tx) (err error) {
		out, err = db.All(tx, "test.ids", query, db.Int64, demo.CityID)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// only keeps of an order what is in a set.
func only(order, set []int64) []int64 {
	return slices.DeleteFunc(slices.Clone(order), func(id int64) bool { return !slices.Contains(set, id) })
}

// dumpOrder is the ids of a table in the order of a backup.
func dumpOrder(t *testing.T, a *app.App, table string) (out []int64) {
	t.Helper()
	var dump bytes.Buffer
	if err := a.DB.Dump(t.Context(), &dump); err != nil {
		t.Fatal(err)
	}
	in := false
	for line := range strings.Lines(dump.String()) {
		if strings.HasPrefix(line, `["table","`) {
			in = strings.HasPrefix(line, `["table","`+table+`"`)
		} else if in {
			id, err := strconv.ParseInt(strings.Split(line, ",")[2], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, id)
		}
	}
	return out
}
