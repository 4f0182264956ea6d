// Package place knows where things are in a city: points on the layers of its map, the names that
// people give to places, and the polygons of its boundary and districts.
//
// Features put their points on a layer inside their own transaction with Put and Remove; maps read
// them as vector tiles; forms find a place by name and name a place by its position.
package place

import (
	"embed"

	"github.com/ashar-kg/ashar/internal/platform/db"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations are the tables of this package.
var Migrations = db.Migrations{Name: "place", FS: files}

// Texts is a name in the three languages of the platform. Empty ones fall back in the order
// Kyrgyz, Russian, English.
type Texts struct {
	Ky string `json:"ky"`
	Ru string `json:"ru"`
	En string `json:"en"`
}

// In returns the text in a language, or the first one there is.
func (t Texts) In(lang string) string {
	switch {
	case lang == "ru" && t.Ru != "":
		return t.Ru
	case lang == "en" && t.En != "":
		return t.En
	case t.Ky != "":
		return t.Ky
	case t.Ru != "":
		return t.Ru
	}
	return t.En
}

// The states that a map tells apart. A layer may use others; they count towards the sum only.
const (
	StateOpen   = "open"
	StateWork   = "work"
	StateFixed  = "fixed"
	StateClosed = "closed"
)

// Point is one thing on a layer of the map.
type Point struct {
	Layer    string
	ID       int64
	Lat, Lon float64
	State    string
	Category string
	Created  int64 // Unix milliseconds
}
