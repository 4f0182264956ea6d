package grant

import (
	"testing"

	"github.com/ashar-kg/ashar/internal/platform/web"
)

func TestOwnSharesAreThoseOfTheRealSessions(t *testing.T) {
	for _, x := range []struct{ own, total, want int64 }{
		{732541300 - 414556600, 732541300, 434}, // Sverdlovsky
		{216100000, 716100000, 302},             // Leninsky
		{0, 0, 0},
		{0, 100, 0},
		{100, 100, 1000},
		{1, 2000, 1},
		{1, 2001, 0},
	} {
		if got := Share(x.own, x.total); got != x.want {
			t.Errorf("%d of %d is %d tenths of a per cent, want %d", x.own, x.total, got, x.want)
		}
	}
}

func TestABudgetAddsUpToTheTyiyn(t *testing.T) {
	lines := []Line{
		{"Pipes", 12500, "m", 33333, PayGrant}, // 12.5 m at 333.33 som
		{"Bolts", 333, "kg", 100, PayMaterials},
		{"Digging", 40000, "h", 15000, PayWork},
		{"Cash", 1000, "", 1, PayMoney},
	}
	s := SumsOf(lines)
	if want := (Sums{Asked: 416663, Money: 1, Work: 600000, Materials: 33}); s != want {
		t.Errorf("%+v, want %+v", s, want)
	}
	if s.Total() != 1016697 || s.Own() != 600034 || !s.bears(59) || s.bears(60) {
		t.Errorf("total %d, own %d", s.Total(), s.Own())
	}
}

func TestMoreThanHalfOfTheVotesCarry(t *testing.T) {
	for _, x := range []struct {
		Count
		want bool
	}{{Count{3, 2, 0}, true}, {Count{2, 2, 0}, false}, {Count{2, 1, 1}, false}, {Count{1, 0, 0}, true}, {Count{}, false}} {
		if x.Carried() != x.want {
			t.Errorf("%+v carries: %v", x.Count, !x.want)
		}
	}
}

func TestATrancheWaitsForTheOneBefore(t *testing.T) {
	for _, x := range []struct {
		name string
		list []Tranche
		want int64
	}{
		{"none released", []Tranche{{N: 1}, {N: 2}}, 1},
		{"first not accepted", []Tranche{{N: 1, Released: 5, Report: 6, Act: 7}, {N: 2}}, 0},
		{"first accepted", []Tranche{{N: 1, Released: 5, Accepted: 8}, {N: 2}}, 2},
		{"all released", []Tranche{{N: 1, Released: 5, Accepted: 8}, {N: 2, Released: 9, Accepted: 10}}, 0},
	} {
		if got := Next(x.list); got != x.want {
			t.Errorf("%s: %d, want %d", x.name, got, x.want)
		}
	}
}

func TestNobodyIsGrantedMoreThanTheVotesTheCapAndThePotAllow(t *testing.T) {
	x, k := &Session{Quorum: 3}, &Call{Pot: 1000, Cap: 400}
	v := &Version{Sums: Sums{Asked: 500, Money: 500}}
	for _, c := range []struct {
		name   string
		item   Item
		votes  Count
		others int64
		wrong  string // key of the error, "" for none
	}{
		{"all is well", Item{Outcome: Approve, Amount: 400}, Count{For: 2, Against: 1}, 600, ""},
		{"no quorum", Item{Outcome: Approve, Amount: 100}, Count{For: 2}, 0, "grant.error.quorum"},
		{"no majority", Item{Outcome: Approve, Amount: 100}, Count{For: 2, Against: 1, Abstain: 1}, 0, "grant.error.votes"},
		{"refused against the votes", Item{Outcome: Refuse, Reasons: "No"}, Count{For: 3}, 0, "grant.error.votes"},
		{"refused without reasons", Item{Outcome: Refuse}, Count{Against: 3}, 0, "grant.error.reasons"},
		{"returned", Item{Outcome: Return, Reasons: "Be exact"}, Count{Abstain: 3}, 0, ""},
		{"above the cap", Item{Outcome: Approve, Amount: 401}, Count{For: 3}, 0, "grant.error.amount"},
		{"above what was asked", Item{Outcome: Approve, Amount: 501}, Count{For: 3}, 0, "grant.error.amount"},
		{"above the pot", Item{Outcome: Approve, Amount: 400}, Count{For: 3}, 601, "grant.error.pot_left"},
		{"nothing", Item{Outcome: Approve}, Count{For: 3}, 0, "grant.error.amount"},
	} {
		got := ""
		if list := web.Fields(c.item.check(x, k, v, c.votes, c.others)); len(list) > 0 {
			got = list[0].Key
		}
		if got != c.wrong {
			t.Errorf("%s: %q, want %q", c.name, got, c.wrong)
		}
	}
}
