package browser

import "testing"

func TestResidentsProposeAndTheStaffEvaluates(t *testing.T) { node(t, "idea.mjs", base) }
