// Package inbox lets every kind of case stand in the one inbox of the staff.
package inbox

import (
	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/page"
)

// Row is how a case shows in the inbox.
type Row struct {
	Href   string // of the page where it is worked on
	Status string // look of its tag
	Text   string // of its tag
	About  string // what it is about, and where
}

// Rows say for each kind of case how it shows; features add theirs.
type Rows map[string]func(v *page.Visit, f *casework.File) Row
