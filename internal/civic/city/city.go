// Package city is the tenant: the city that answers under a host name, with
// its names, languages, time zone, working calendar and settings. One
// installation serves many cities, and no row of one is read for another.
package city

import (
	"crypto/hmac"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/i18n"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations are the tables of this package.
var Migrations = db.Migrations{Name: "city", FS: files}

// City is one tenant. It is read-only once loaded.
type City struct {
	ID           int64
	Slug         string
	Jurisdiction string            // Open311 jurisdiction_id, such as "bishkek.gov.kg"
	Names        map[string]string // by language
	Country      string            // ISO 3166 alpha-2
	Zone         *time.Location
	Languages    []string // the first one is the default
	Currency     string   // ISO 4217
	Phone        string   // where people call the city
	PhonePrefix  string   // country calling code without "+", such as "996"
	Lat, Lon     float64  // where the map opens
	Zoom         float64
	Box          [4]float64 // west, south, east, north in degrees
	Hosts        []string
	Demo         bool
	Secret       string // key of signed links of this city
	Calendar     *Calendar
	Rules        []Rule // terms of its cases
	settings     map[string]string
}

// Name returns the city's name in a language, Kyrgyz when it has none.
func (c *City) Name(lang string) string {
	if name, _ := i18n.Pick(c.Names, lang); name != "" {
		return name
	}
	return c.Slug
}

// Sign seals a text of this city for one purpose: links that need no session,
// codes kept in the database, names that must have come from here. It is 64
// hexadecimal digits, to be compared with hmac.Equal.
func (c *City) Sign(what, text string) string {
	m := hmac.New(sha256.New, []byte(c.Secret))
	m.Write([]byte(what + "\x00" + text))
	return hex.EncodeToString(m.Sum(nil))
}

// Speaks tells whether the city is served in a language.
func (c *City) Speaks(lang string) bool {
	for _, l := range c.Languages {
		if l == lang {
			return true
		}
	}
	return false
}

// Settings reads the typed settings stored under name over the defaults given.
// A stored value that does not fit is an error, not a default: a city must not
// silently run on other rules than those it set.
func Settings[T any](c *City, name string, defaults T) (T, error) {
	text, ok := c.settings[name]
	if !ok {
		return defaults, nil
	}
	v := defaults
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		return defaults, fmt.Errorf("settings %s of city %s: %w", name, c.Slug, err)
	}
	return v, nil
}
