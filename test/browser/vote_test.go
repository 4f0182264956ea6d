package browser

import "testing"

func TestResidentsVoteAndCountAgain(t *testing.T) { node(t, "vote.mjs", base, bin) }
