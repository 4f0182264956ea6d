package app_test

import (
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ashar-kg/ashar/internal/app"
	"github.com/ashar-kg/ashar/internal/civic/account"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/demo"
	"github.com/ashar-kg/ashar/internal/features/vote"
	"github.com/ashar-kg/ashar/internal/platform/blob"
	"github.com/ashar-kg/ashar/internal/platform/clock"
	"github.com/ashar-kg/ashar/internal/platform/db"
)

// kind is a campaign whose ballots are filled in at random.
type kind struct {
	ballot    vote.Ballot
	rule      string
	points    int
	city, own vote.Pot // limits only
}

var kinds = []kind{
	{vote.Approval, "greedy_score", 0, vote.Pot{MinPicks: 2, MaxPicks: 3}, vote.Pot{}},
	{vote.Points, "greedy_score", 10, vote.Pot{MinPicks: 2, MaxPicks: 3}, vote.Pot{}},
	{vote.Knapsack, "greedy_score", 0, vote.Pot{MaxPicks: 4}, vote.Pot{MinPicks: 1}},
	{vote.Ranking, "greedy_score", 0, vote.Pot{MinPicks: 2, MaxPicks: 3}, vote.Pot{MaxPicks: 2}},
}

// costs are those of the projects of these campaigns in som.
var costs = map[string]int64{"C01": 600_000, "C02": 500_000, "C03": 300_000, "C04": 100_000, "C05": 90_000, "L01": 200_000, "L02": 150_000}

// begin sets a campaign up and opens it.
func (k *kind) begin(t *testing.T, a *app.App, s *httptest.Server) (code string) {
	t.Helper()
	slug := string(k.ballot)
	campaign(t, a, slug, func(x *vote.Campaign) {
		x.Rules.Ballot, x.Rules.Rule, x.Rules.Shadow, x.Rules.Points = k.ballot, k.rule, "", k.points
		for i, limits := range []vote.Pot{k.city, k.own} {
			x.Pots[i].MinVotes, x.Pots[i].MinPicks, x.Pots[i].MaxPicks = 0, limits.MinPicks, limits.MaxPicks
		}
	})
	c, _ := a.Cities.ByID(demo.CityID)
	var more []*vote.Project
	for i, code := range []string{"C04", "C05"} {
		more = append(more, &vote.Project{Pot: "city", Code: code, Number: int64(4 + i), Cost: som(costs[code]), Titles: vote.Texts{"ky": code}})
	}
	if err := a.Votes.PutProjects(t.Context(), c, permission.Actor{City: c.ID, System: true, Person: 1000}, slug, more); err != nil {
		t.Fatal(err)
	}
	return openVote(t, s, slug)
}

// valid says by the words of the rules whether choices may be cast.
func (k *kind) valid(picks []vote.Choice) bool {
	if len(picks) == 0 {
		return false
	}
	seen := map[string]bool{}
	for _, pot := range []struct {
		letter string
		limits vote.Pot
		money  int64
	}{{"C", k.city, 1_000_000}, {"L", k.own, 300_000}} {
		n, points, money := 0, 0, int64(0)
		for _, p := range picks {
			if !strings.HasPrefix(p.Code, pot.letter) {
				continue
			}
			if costs[p.Code] == 0 || seen[p.Code] || k.ballot == vote.Points && (p.Points < 1 || p.Points > k.points) {
				return false
			}
			seen[p.Code] = true
			n, points, money = n+1, points+p.Points, money+costs[p.Code]
		}
		if n > 0 && n < pot.limits.MinPicks || pot.limits.MaxPicks > 0 && n > pot.limits.MaxPicks || points > k.points || k.ballot == vote.Knapsack && money > pot.money {
			return false
		}
	}
	return true
}

// random fills a ballot in, well or badly.
func (k *kind) random(r *rand.Rand) (picks []vote.Choice) {
	codes := slices.Sorted(maps.Keys(costs))
	r.Shuffle(len(codes), func(i, j int) { codes[i], codes[j] = codes[j], codes[i] })
	city, own := r.IntN(5), r.IntN(3)
	for _, code := range codes {
		left := &city
		if code[0] == 'L' {
			left = &own
		}
		if *left--; *left < 0 {
			continue
		}
		c := vote.Choice{Code: code}
		if k.ballot == vote.Points {
			c.Points = []int{1, 2, 3, 4, 5, 6, 11, -1, 70_000, 1 << 62}[min(r.IntN(40), r.IntN(10))]
		}
		picks = append(picks, c)
	}
	if k.ballot == vote.Ranking && len(picks) > 1 && r.IntN(5) == 0 {
		picks[0].Code = picks[1].Code
	}
	return picks
}

// form writes choices as the page sends them. fits is false where they cannot be
// said with its fields.
func (k *kind) form(f url.Values, picks []vote.Choice) (fits bool) {
	places := map[byte]int{}
	for _, p := range picks {
		switch k.ballot {
		case vote.Points:
			f.Set("points_"+p.Code, strconv.Itoa(p.Points))
		case vote.Ranking:
			places[p.Code[0]]++
			pot, limit := "city", k.city.MaxPicks
			if p.Code[0] == 'L' {
				pot, limit = "lenin", k.own.MaxPicks
			}
			if places[p.Code[0]] > limit {
				return false
			}
			f.Set(fmt.Sprintf("rank_%s_%d", pot, places[p.Code[0]]), p.Code)
		default:
			f.Set("pick_"+p.Code, "1")
		}
	}
	return true
}

// keeps tells whether a page still has what was filled in.
func (k *kind) keeps(page string, f url.Values) bool {
	for name, values := range f {
		n, value := regexp.QuoteMeta(name), regexp.QuoteMeta(html.EscapeString(values[0]))
		shown := `(?s)name="` + n + `"[^>]*value="` + value + `"`
		if strings.HasPrefix(name, "pick_") {
			shown = `name="` + n + `"[^>]* checked`
		} else if strings.HasPrefix(name, "rank_") {
			shown = `value="` + value + `" selected`
		}
		page := page
		if strings.HasPrefix(name, "rank_") {
			_, page, _ = strings.Cut(page, `name="`+name+`"`)
			page, _, _ = strings.Cut(page, "</select>")
		}
		if name != "do" && !regexp.MustCompile(shown).MatchString(page) {
			return false
		}
	}
	return true
}

// row is how the choices of one pot stand in the published file.
func (k *kind) row(letter string, picks []vote.Choice) string {
	var in []vote.Choice
	for _, p := range picks {
		if strings.HasPrefix(p.Code, letter) {
			in = append(in, p)
		}
	}
	if k.ballot != vote.Ranking {
		slices.SortFunc(in, func(a, b vote.Choice) int { return strings.Compare(a.Code, b.Code) })
	}
	var codes, points []string
	for _, p := range in {
		codes, points = append(codes, p.Code), append(points, strconv.Itoa(p.Points))
	}
	row := strings.Join(codes, ",")
	if k.ballot == vote.Points && row != "" {
		row += ";" + strings.Join(points, ",")
	}
	return row
}

// rowsOf are the ballots of a file by receipt.
func rowsOf(t *testing.T, s *httptest.Server, slug, pot string) map[string]string {
	t.Helper()
	file, _ := visit(t, s).do(200, http.MethodGet, "/vote/"+slug+"/ballots/"+pot+".pb", nil)
	_, votes, ok := strings.Cut(file, "\nVOTES\n")
	if !ok {
		t.Fatalf("%s: no votes in the file: %.300s", slug, file)
	}
	out := map[string]string{}
	for i, line := range strings.Split(strings.TrimSpace(votes), "\n") {
		if receipt, row, _ := strings.Cut(line, ";"); i > 0 {
			out[receipt] = row
		}
	}
	return out
}

func TestEveryKindOfBallotIsTakenAsCastOrRefused(t *testing.T) {
	const forms, sheets = 40, 8
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		clerk, other, admin := demoPerson(t, s, "1003"), demoPerson(t, s, "1001"), demoPerson(t, s, "1000")
		for i := range kinds {
			k := &kinds[i]
			t.Run(string(k.ballot), func(t *testing.T) {
				r := rand.New(rand.NewPCG(11, uint64(i)))
				slug, code := string(k.ballot), k.begin(t, a, s)
				before := rows(t, a, "vote_box")
				cast, refused := map[string][]vote.Choice{}, 0
				for n := range forms {
					picks := k.random(r)
					f := deskForm(t, clerk, slug, "cast", pin(n))
					if !k.form(f, picks) {
						continue
					}
					if !k.valid(picks) {
						refused++
						if page, _ := clerk.do(422, http.MethodPost, "/staff/vote/"+slug+"/desk", f); !k.keeps(page, f) {
							t.Fatalf("%v is lost when it is refused", picks)
						}
						continue
					}
					page, _ := clerk.do(200, http.MethodPost, "/staff/vote/"+slug+"/desk", f)
					receipt := receiptBox.FindStringSubmatch(page)
					if receipt == nil {
						t.Fatalf("no receipt for %v", picks)
					}
					cast[receipt[1]] = picks
				}
				if len(cast) < 8 || refused < 8 {
					t.Fatalf("%d ballots cast and %d refused: too few to tell anything", len(cast), refused)
				}
				if n := rows(t, a, "vote_box") - before; n != int64(len(cast)) {
					t.Errorf("%d envelopes of %d ballots", n, len(cast))
				}
				web := demoPerson(t, s, "2000")
				picks := []vote.Choice{{Code: "C03"}, {Code: "C04"}}
				if k.ballot == vote.Points {
					picks[0].Points, picks[1].Points = 7, 3
				}
				f := ballotOf(t, web, slug)
				k.form(f, picks)
				page, _ := web.do(200, http.MethodPost, "/vote/"+slug+"/ballot", f)
				cast[receiptBox.FindStringSubmatch(page)[1]] = picks
				onPaper := k.typed(t, r, clerk, other, admin, sheets)
				a.Votes.Clock = clock.At(time.Now().Add(2 * time.Hour))
				admin.do(200, http.MethodPost, "/staff/vote/"+slug, url.Values{"do": {"count"}, "code": {code}})
				a.Votes.Clock = clock.System{}
				for pot, letter := range map[string]string{"city": "C", "lenin": "L"} {
					got, want := rowsOf(t, s, slug, pot), []string{}
					for receipt, picks := range cast {
						if row := k.row(letter, picks); got[receipt] != row {
							t.Errorf("%s: %q is published as %q", receipt, row, got[receipt])
						}
						delete(got, receipt)
					}
					for _, picks := range onPaper {
						if row := k.row(letter, picks); row != "" {
							want = append(want, row)
						}
					}
					if got := slices.Sorted(maps.Values(got)); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
						t.Errorf("on paper in %s: %q is published as %q", pot, want, got)
					}
				}
			})
		}
	})
}

// typed has random sheets typed twice, each typist in their own spelling, and
// returns those that could be.
func (k *kind) typed(t *testing.T, r *rand.Rand, clerk, other, admin *browser, sheets int) (out [][]vote.Choice) {
	t.Helper()
	slug := string(k.ballot)
	for n := range sheets {
		clerk.do(200, http.MethodPost, "/staff/vote/"+slug+"/desk", deskForm(t, clerk, slug, "paper", pin(900+n)))
	}
	_, batch := clerk.do(200, http.MethodPost, "/staff/vote/"+slug+"/paper", url.Values{"name": {"One"}, "sheets": {strconv.Itoa(sheets)}})
	for refused := 0; len(out) < sheets || refused < 3; {
		picks := k.random(r)
		if len(out) == sheets && k.valid(picks) {
			continue
		}
		var words []string
		for _, p := range picks {
			if word := p.Code; p.Points != 0 {
				words = append(words, word+"="+strconv.Itoa(p.Points))
			} else {
				words = append(words, word)
			}
		}
		sheet := url.Values{"do": {"type"}, "n": {strconv.Itoa(len(out) + 1)}, "round": {"1"}, "picks": {strings.Join(words, " ")}}
		if !k.valid(picks) {
			if refused++; len(out) == sheets {
				sheet.Set("n", strconv.Itoa(sheets)) // once more, by who typed it
				other.do(422, http.MethodPost, batch, withRound(sheet, "2"))
				continue
			}
			if page, _ := clerk.do(422, http.MethodPost, batch, sheet); len(words) > 0 && !strings.Contains(page, sheet.Get("picks")) {
				t.Fatalf("the sheet %q is lost when it is refused", words)
			}
			continue
		}
		clerk.do(200, http.MethodPost, batch, sheet)
		if k.ballot != vote.Ranking {
			slices.Reverse(words)
		}
		sheet.Set("picks", strings.ToLower(strings.Join(words, ", ")))
		other.do(200, http.MethodPost, batch, withRound(sheet, "2"))
		out = append(out, picks)
	}
	admin.do(200, http.MethodPost, batch, url.Values{"do": {"accept"}})
	return out
}

func withRound(f url.Values, round string) url.Values {
	f.Set("round", round)
	return f
}

func TestWhoVotedByTelephoneIsKnownAtTheDesk(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		campaign(t, a, "known")
		openVote(t, s, "known")
		c, _ := a.Cities.ByID(demo.CityID)
		err := a.DB.Update(t.Context(), func(tx *db.Tx) error {
			return account.PutDemo(tx, c.ID, account.Person{ID: 7002, Name: "Айгүл", Lang: "ky", Level: permission.Phone}, "+996700654321")
		})
		if err != nil {
			t.Fatal(err)
		}
		v := vote.Vote{Secret: strings.Repeat("7", 32), Class: vote.Living, District: "leninsky", Born: "1990-05-17", Choices: map[string][]vote.Choice{"city": {{Code: "C03"}}}}
		if _, err := a.Votes.Cast(t.Context(), c, permission.Actor{City: c.ID, Person: 7002, Level: permission.Phone}, "known", v, ""); err != nil {
			t.Fatal(err)
		}
		clerk, desk := demoPerson(t, s, "1003"), "/staff/vote/known/desk"
		f := deskForm(t, clerk, "known", "choose", pin(1), "C01")
		f.Del("no_phone")
		if page, _ := clerk.do(422, http.MethodPost, desk, f); !strings.Contains(page, "or mark that there is none") || !strings.Contains(page, `name="pick_C01"`) {
			t.Error("a clerk should say that there is no telephone, and lose no choice")
		}
		f.Set("do", "cast")
		clerk.do(422, http.MethodPost, desk, f)
		f.Set("phone", "0700 65 43 21")
		for _, step := range []string{"choose", "cast"} {
			f.Set("do", step)
			if page, _ := clerk.do(409, http.MethodPost, desk, f); !strings.Contains(page, "This person voted on") {
				t.Errorf("%s: who voted by telephone should be known at the desk", step)
			}
		}
		if page, _ := visit(t, s).do(200, http.MethodGet, "/vote/known/rules?lang=en", nil); !strings.Contains(page, "Who conceals a telephone") {
			t.Error("the rules should warn of what they do not rule out")
		}
	})
}

// broken is a store that fails when so many files more have been put.
type broken struct {
	blob.Store
	left int
	fail func()
}

func (b *broken) Put(ctx context.Context, r io.Reader, limit int64) (string, int64, error) {
	key, n, err := b.Store.Put(ctx, r, limit)
	if b.left--; b.left == 0 {
		b.fail()
	}
	return key, n, err
}

func TestACountThatBreaksOffIsRepeated(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		campaign(t, a, "broken")
		c, _ := a.Cities.ByID(demo.CityID)
		code := openVote(t, s, "broken")
		want := map[string]string{}
		for i := range 12 {
			pick := "C0" + strconv.Itoa(1+i%3)
			receipt, err := a.Votes.Cast(t.Context(), c, permission.Actor{City: c.ID, Person: int64(5000 + i), Level: permission.Phone}, "broken", vote.Vote{
				Secret: fmt.Sprintf("%032d", i), Class: vote.Living, District: "leninsky", Born: "1980-01-01", Choices: map[string][]vote.Choice{"city": {{Code: pick}}},
			}, "")
			if err != nil {
				t.Fatal(err)
			}
			want[receipt] = pick
		}
		admin := permission.Actor{City: c.ID, System: true, Person: 1000}
		a.Votes.Clock = clock.At(time.Now().Add(2 * time.Hour))
		files := a.Votes.Blobs
		untouched := func(when string) {
			t.Helper()
			visit(t, s).do(404, http.MethodGet, "/vote/broken/ballots/city.pb", nil)
			if n := rows(t, a, "vote_box"); n != 12 {
				t.Errorf("%s: %d envelopes in the box, want 12", when, n)
			}
		}
		// The first file, and all of them, are written; then the process goes.
		for put := 1; put <= 2; put++ {
			ctx, cancel := context.WithCancel(t.Context())
			a.Votes.Blobs = &broken{files, put, cancel}
			if err := a.Votes.Count(ctx, c, admin, "broken", code); !errors.Is(err, context.Canceled) {
				t.Fatalf("a count that lost its connection after file %d: %v", put, err)
			}
			untouched("after file " + strconv.Itoa(put))
		}
		a.Votes.Blobs = files
		// The box is emptied, and the transaction breaks after it.
		write := func(query string) {
			t.Helper()
			err := a.DB.Update(t.Context(), func(tx *db.Tx) error {
				_, err := tx.Exec("test.write", query, c.ID)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		write(`INSERT INTO vote_tally (city_id, campaign_id, pot, voters, file, bytes, hash, outcome, shadow, gains)
			SELECT city_id, id, 'lenin', 0, '', 0, '', '', '', '' FROM vote_campaign WHERE city_id = $1 AND slug = 'broken'`)
		if err := a.Votes.Count(t.Context(), c, admin, "broken", code); err == nil {
			t.Fatal("a count took the place of another one")
		}
		untouched("after the box was emptied")
		write(`DELETE FROM vote_tally WHERE city_id = $1 AND outcome = ''`)
		if err := a.Votes.Count(t.Context(), c, admin, "broken", code); err != nil {
			t.Fatal(err)
		}
		if got := rowsOf(t, s, "broken", "city"); !maps.Equal(got, want) {
			t.Errorf("published are %v, cast were %v", got, want)
		}
		if err := a.Votes.Count(t.Context(), c, admin, "broken", code); !conflict(err) || rows(t, a, "vote_box") != 0 {
			t.Errorf("a second count: %v", err)
		}
	})
}
