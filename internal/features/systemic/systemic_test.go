package systemic

import "testing"

func TestADismissedProposalReturnsWhenItHasGrownByHalf(t *testing.T) {
	for _, row := range []struct {
		state            string
		cases, dismissed int64
		want             bool
	}{
		{Dismissed, 8, 8, false},
		{Dismissed, 11, 8, false},
		{Dismissed, 12, 8, true},
		{Dismissed, 7, 5, false},
		{Dismissed, 8, 5, true},
		{Proposed, 12, 8, false},
		{Accepted, 12, 8, false},
	} {
		p := Proposal{State: row.state, Cases: row.cases, Dismissed: row.dismissed}
		if got := p.returns(); got != row.want {
			t.Errorf("%s with %d cases, dismissed with %d: returns %v", row.state, row.cases, row.dismissed, got)
		}
	}
}

func TestAddressesOfWhatAnIssueBecame(t *testing.T) {
	for address, want := range map[string]bool{
		"/projects/7": true, "https://city.example/plan#4": true,
		"": false, "http://city.example/": false, "javascript:alert(1)": false, "//evil.example/": false, "/\\evil.example": false, "projects/7": false, "data:text/html,x": false,
	} {
		if got := addressable(address); got != want {
			t.Errorf("%q: %v, want %v", address, got, want)
		}
	}
}

func TestOftenNamesWhatAThirdSpeakOf(t *testing.T) {
	got := often(map[string]int{"pipe": 5, "water": 9, "dog": 2, "leak": 5}, 10)
	if len(got) != 3 || got[0] != "water" || got[1] != "leak" || got[2] != "pipe" {
		t.Errorf("got %v", got)
	}
}
