package browser

import "testing"

func TestAGrantIsAppliedForDecidedOnAndPaidOut(t *testing.T) { node(t, "grant.mjs", base, photo) }
