// Package manifest is what a feature declares about itself: everything that
// the application needs to know to build, mount, migrate, describe and, for
// personal data, account for it. There is no registry: app collects the
// manifests it was given.
package manifest

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/jobs"
	"github.com/ashar-kg/ashar/internal/platform/ui"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Feature is the declaration of one feature or mechanism.
type Feature struct {
	Name         string
	Routes       []Route
	Permissions  []permission.Rule
	Settings     []city.Section
	Layers       []Layer
	Nav          []Link
	Jobs         map[string]func(context.Context, jobs.Job) error
	Periodic     []Periodic
	PersonalData []PersonalData
	Data         []Dataset
	API          func(huma.API) // declares the operations under /api/v1; may be nil
}

// Route is one address and who answers it.
type Route struct {
	Pattern string // of http.ServeMux, such as "GET /reports/{number}"
	Handle  web.Handler
	Cached  bool // anonymous answers may be shared by everybody
	API     bool // failures are told as problem+json
	Open    bool // may be called from pages of other origins
}

// Layer is a layer of the map whose tiles are served at /tiles/{name}/.
type Layer struct {
	Name  string
	Title string // message key
}

// Link is an entry of the navigation. Audience says who sees it.
type Link struct {
	Path     string
	Title    string // message key
	Icon     string
	Audience Audience
	Action   string // permission needed anywhere, for staff links
}

// Audience is the place where a link is shown.
type Audience int

// The audiences.
const (
	Header Audience = iota
	Bottom          // the bar at the thumb on phones
	Footer
	Staff
)

// Dataset is an entry of the page about open data: what it is (message keys),
// the page that says what its columns mean, and its files.
type Dataset struct {
	Title string
	Text  string
	Page  string
	Files []string
}

// Periodic is work that one node does again and again.
type Periodic struct {
	Name  string
	Every time.Duration
	Run   func(context.Context) error
}

// PersonalData is one entry of the register of data sets with personal data:
// what is held, why and for how long (message keys), and how a person's own
// part is exported and erased. Tell says an exported document in the words of
// the visit in its context: what matters to the person, without what only
// programs read.
type PersonalData struct {
	Name    string
	Purpose string
	Term    string
	Export  func(tx *db.Tx, city, person int64) (any, error)
	Tell    func(ctx context.Context, doc any) ([]Told, error)
	Erase   func(tx *db.Tx, city, person int64, at time.Time) error
}

// Told is a part of what is held about a person, in words.
type Told struct {
	Title string
	Rows  []ui.Row
}
