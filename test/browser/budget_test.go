package browser

import "testing"

func TestABudgetFromDraftToAnswer(t *testing.T) { node(t, "budget.mjs", base) }
