package browser

import "testing"

func TestAHearingIsAttendedAndAnswered(t *testing.T) { node(t, "hearing.mjs", base) }
