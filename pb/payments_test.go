package pb_test

import (
	"bytes"
	"errors"
	"io"
	"math/big"
	"os"
	"path/filepath"
	"testing"

	"github.com/ashar-kg/ashar/pb"
)

// TestPaymentsAddUpToTheCost sums what all ballots of real elections paid, under
// every rule, and compares it with what each winner costs.
func TestPaymentsAddUpToTheCost(t *testing.T) {
	for _, name := range []string{
		"Poland_Gdansk_2020_Rudniki.pb", "Switzerland_Zurich_SN.pb", "US_Stanford_Dataset_2022_Jersey_City_Ward_C_vote_knapsacks.pb",
		"US_Stanford_Dataset_Merced_Peoples_Budget_Ballot_2019_vote_rankings.pb", "Worldwide_Mechanical_Turk_Utilities_6.pb",
	} {
		file, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		e, _, err := pb.ReadElection(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		for _, rule := range pb.Rules(e.Header.VoteType) {
			if rule == "greedy_threshold" {
				continue // these files have no threshold
			}
			o := count(t, e, rule)
			paid := paidByAll(t, file, o)
			for _, v := range o.Projects {
				want := new(big.Rat)
				if v.Won {
					want = v.Cost.Rat
				}
				got := paid[v.Project]
				if got == nil {
					got = new(big.Rat)
				}
				if got.Cmp(want) != 0 {
					t.Errorf("%s by %s: the ballots paid %s for %s, want %s", name, rule, got.FloatString(4), v.Project, want.FloatString(4))
				}
			}
		}
	}
}

// paidByAll is what all ballots of a file paid together, by project.
func paidByAll(t *testing.T, file []byte, o *pb.Outcome) map[string]*big.Rat {
	t.Helper()
	r, err := pb.NewReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	sum := map[string]*big.Rat{}
	for {
		v, err := r.Next()
		if errors.Is(err, io.EOF) {
			return sum
		}
		if err != nil {
			t.Fatal(err)
		}
		names := make([]string, len(v.Projects))
		for i, p := range v.Projects {
			names[i] = r.Header.Projects[p].ID
		}
		for i, n := range o.Payments(names, v.Points) {
			if sum[names[i]] == nil {
				sum[names[i]] = new(big.Rat)
			}
			sum[names[i]].Add(sum[names[i]], n.Rat)
		}
	}
}
