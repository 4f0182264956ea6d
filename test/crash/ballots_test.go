package crash

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ashar-kg/ashar/internal/features/vote"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/test/harness"
)

var shownReceipt = regexp.MustCompile(`class="vote-receipt__code">([A-Z2-9-]+)<`)

// Every ballot whose receipt was shown is counted once, however often the
// server dies while people vote; none is counted twice.
func TestEveryBallotWithAReceiptIsCountedOnce(t *testing.T) {
	engines(t, func(t *testing.T, flags []string) {
		p := settleWith(t, "1000", flags...)
		address := filepath.Join(flags[1], "ashar.db")
		if i := slices.Index(flags, "--database"); i >= 0 {
			address = flags[i+1]
		}
		sessions := electors(t, address, 4000)
		s := p.serve(t)
		receipts := map[string]int{}
		var mu sync.Mutex
		var next atomic.Int64
		ctx, stop := context.WithCancel(t.Context())
		finish, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				for ctx.Err() == nil {
					i := int(next.Add(1)) - 1
					if i >= len(sessions) {
						return
					}
					receipt, err := castOnce(finish, p.base(), sessions[i])
					mu.Lock()
					if err != nil {
						t.Error(err)
					} else {
						receipts[receipt]++
					}
					mu.Unlock()
				}
			})
		}
		for range 3 {
			time.Sleep(300*time.Millisecond + rand.N(400*time.Millisecond))
			s.Kill()
			s = p.serve(t)
		}
		stop()
		all.Wait()
		if len(receipts) < 20 {
			t.Fatalf("only %d people voted", len(receipts))
		}
		s.Kill()
		before := closeVote(t, address)
		p.serve(t)
		counted(t, p.base(), receipts, before)
	})
}

func electors(t *testing.T, address string, n int) []string {
	t.Helper()
	d, err := db.Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	sessions, err := harness.Voters(t.Context(), d, n)
	if err != nil {
		t.Fatal(err)
	}
	return sessions
}

// castOnce sends one form until a receipt is shown.
func castOnce(ctx context.Context, base, session string) (string, error) {
	form := harness.Ballot(harness.Secret()).Encode()
	for {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, base+harness.BallotPath, strings.NewReader(form))
		if err != nil {
			return "", err
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.AddCookie(&http.Cookie{Name: "session", Value: session})
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			if ctx.Err() != nil {
				return "", err
			}
			time.Sleep(20 * time.Millisecond)
			continue
		}
		text, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if m := shownReceipt.FindStringSubmatch(string(text)); err == nil && m != nil {
			return m[1], nil
		}
		if err == nil && answer.StatusCode < 500 {
			return "", fmt.Errorf("a ballot is refused: %s\n%.300s", answer.Status, text)
		}
	}
}

// closeVote ends the voting of the demo's open campaign and tells how many
// stand on its roll.
func closeVote(t *testing.T, address string) (voters int64) {
	t.Helper()
	d, err := db.Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	err = d.Update(t.Context(), func(tx *db.Tx) error {
		text, err := db.One(tx, "test.plan", `SELECT plan FROM vote_campaign WHERE slug = '2026'`, db.Text)
		if err != nil {
			return err
		}
		var plan vote.Plan
		if err := json.Unmarshal([]byte(text), &plan); err != nil {
			return err
		}
		for i := range plan {
			if plan[i].Phase == vote.Voting {
				plan[i].Ends = time.Now().Add(-5 * time.Minute).UnixMilli()
			}
		}
		ended, err := json.Marshal(plan)
		if err != nil {
			return err
		}
		if _, err := tx.Exec("test.end", `UPDATE vote_campaign SET plan = $1 WHERE slug = '2026'`, string(ended)); err != nil {
			return err
		}
		voters, err = db.One(tx, "test.roll", `SELECT COUNT(*) FROM vote_roll WHERE campaign_id = (SELECT id FROM vote_campaign WHERE slug = '2026')`, db.Int64)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return voters
}

// counted has the commission count, and looks for every receipt.
func counted(t *testing.T, base string, receipts map[string]int, voters int64) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	admin := &http.Client{Jar: jar}
	answer, err := admin.PostForm(base+"/demo", url.Values{"person": {"1000"}, "back": {"/account"}})
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	answer, err = admin.PostForm(base+"/staff/vote/2026", url.Values{"do": {"count"}, "code": {vote.DemoCode}})
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("the count is refused: %s", answer.Status)
	}
	file := fetch(t, http.DefaultClient, base+"/vote/2026/ballots/city.pb")
	for receipt, times := range receipts {
		if n := strings.Count(file, receipt); n != 1 || times != 1 {
			t.Errorf("receipt %s was shown to %d people and is counted %d times", receipt, times, n)
		}
	}
	// All of the city's pot: each voter of this test and of the demo chose something there or in a district.
	rows := strings.Count(file[strings.Index(file, "VOTES"):], "\n") - 2
	if int64(rows) > voters {
		t.Errorf("%d ballots of %d voters", rows, voters)
	}
	t.Logf("%d receipts were shown, %d people stand on the roll, %d ballots name a project of the city", len(receipts), voters, rows)
}
