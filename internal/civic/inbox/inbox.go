// Package inbox lets every kind of case stand in the one inbox of the staff.
package inbox

import (
	"context"

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

// Steps are what can be done with many cases of a kind at once. Each is a
// command of its own, with its own permission and its own transaction.
type Steps struct {
	Take     func(ctx context.Context, v *page.Visit, number string) error // into the actor's hands
	Begin    func(ctx context.Context, v *page.Visit, number string) error // work on it has begun
	Transfer func(ctx context.Context, v *page.Visit, number string, body int64, note string) error
	// Mend answers that it is mended; nil where each answer is a letter of its own.
	Mend func(ctx context.Context, v *page.Visit, number, words string) error
}

// Rows say for each kind of case how it shows; features add theirs.
type Rows map[string]func(v *page.Visit, f *casework.File) Row
