package browser

import "testing"

func TestAProjectIsFoundFollowedAndAskedAbout(t *testing.T) { node(t, "project.mjs", base, photo) }
