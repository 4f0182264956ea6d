// Package seed holds the demo city Bishkek as data files with their sources, and reads them.
//
// It knows nothing of databases: whoever loads a city takes the typed values from Load and the
// GeoJSON from Boundary, Districts and Basemap. Every file says what in it is inferred; see
// bishkek/SOURCES.md.
package seed

import (
	"bytes"
	"embed"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"time"
)

//go:embed bishkek
var files embed.FS

// Texts is a text in the three languages of the city.
type Texts struct {
	Ky string `json:"ky"`
	Ru string `json:"ru"`
	En string `json:"en"`
}

// In returns the text in a language, Kyrgyz for one that the city does not speak.
func (t Texts) In(lang string) string {
	switch lang {
	case "ru":
		return t.Ru
	case "en":
		return t.En
	}
	return t.Ky
}

// Complete says whether the text is there in all three languages.
func (t Texts) Complete() bool { return t.Ky != "" && t.Ru != "" && t.En != "" }

// City is the tenant itself: its names, hosts, languages and its own settings.
type City struct {
	Slug           string     `json:"slug"`
	JurisdictionID string     `json:"jurisdiction_id"`
	Hosts          []string   `json:"hosts"`
	Names          Texts      `json:"names"`
	Country        string     `json:"country"`
	Timezone       string     `json:"timezone"`
	Languages      []string   `json:"languages"`
	Currency       string     `json:"currency"`
	Center         Center     `json:"center"`
	BBox           [4]float64 `json:"bbox"` // west, south, east, north
	Phone          string     `json:"phone"`
	PhonePrefix    string     `json:"phone_prefix"` // country calling code without "+"
	// Settings are the city's own choices by section; who declares a section knows what it holds.
	Settings   map[string]json.RawMessage `json:"settings"`
	ClockRules []ClockRule                `json:"clock_rules"`
}

// Center is where the map opens.
type Center struct {
	Lat  float64 `json:"lat"`
	Lon  float64 `json:"lon"`
	Zoom float64 `json:"zoom"`
}

// ClockRule is a term with its time of validity. Law says whether it stands in a law.
type ClockRule struct {
	Code       string `json:"code"`
	Kind       string `json:"kind"`
	Step       string `json:"step"`
	Term       int    `json:"term"`
	Unit       string `json:"unit"`
	ValidFrom  Date   `json:"valid_from"`
	ValidUntil Date   `json:"valid_until"`
	Basis      Texts  `json:"basis"`
	Law        bool   `json:"law"`
}

// Place is a named place of the gazetteer. Line is the course of a street as longitude, latitude.
// Inferred lists the fields that were placed by hand.
type Place struct {
	Type string `json:"type"`
	Texts
	Aliases  []string     `json:"aliases"`
	Lat      float64      `json:"lat"`
	Lon      float64      `json:"lon"`
	Line     [][2]float64 `json:"line"`
	District string       `json:"district"`
	Inferred []string     `json:"inferred"`
}

// Body is an organisation that answers for something. ValidUntil is the first day on which it no
// longer exists; Successors have taken over its work.
type Body struct {
	ID             string   `json:"id"`
	Kind           string   `json:"kind"`
	Name           Texts    `json:"name"`
	ShortName      Texts    `json:"short_name"`
	KyCertain      bool     `json:"ky_certain"`
	Parent         string   `json:"parent"`
	AnswersFor     []string `json:"answers_for"`
	Status         string   `json:"status"`
	Aliases        []string `json:"aliases"`
	PublicContacts []string `json:"public_contacts"`
	Sources        []string `json:"sources"`
	Note           string   `json:"note"`
	DemoEmail      string   `json:"demo_email"`
	Delivery       string   `json:"delivery"` // account (when empty), email or open311
	Email          string   `json:"email"`
	Endpoint       string   `json:"endpoint"` // base address of its Open311 server
	EndpointKey    string   `json:"endpoint_key"`
	Jurisdiction   string   `json:"jurisdiction_id"`
	ValidFrom      Date     `json:"valid_from"`
	ValidUntil     Date     `json:"valid_until"`
	Successors     []string `json:"successors"`
}

// Group is a heading under which categories are shown.
type Group struct {
	Code  string `json:"code"`
	Names Texts  `json:"names"`
}

// Category is a kind of problem that residents report.
type Category struct {
	Code                string     `json:"code"`
	Group               string     `json:"group"`
	Icon                string     `json:"icon"`
	Names               Texts      `json:"names"`
	Descriptions        Texts      `json:"descriptions"`
	Keywords            Keywords   `json:"keywords"`
	ExpectedWorkingDays int        `json:"expected_working_days"`
	PrivateByDefault    bool       `json:"private_by_default"`
	Emergency           *Emergency `json:"emergency"`
	Questions           []Question `json:"questions"`
}

// Keywords are words by which people look for a category.
type Keywords struct {
	Ky []string `json:"ky"`
	Ru []string `json:"ru"`
	En []string `json:"en"`
}

// Emergency tells whom to call. Instead says that a call replaces the report, otherwise the report
// is taken as well.
type Emergency struct {
	Phone   string `json:"phone"`
	Instead bool   `json:"instead"`
	Text    Texts  `json:"text"`
}

// Question is what a category asks besides place and words. Its datatype is one of Open311.
type Question struct {
	Code     string   `json:"code"`
	Datatype string   `json:"datatype"`
	Required bool     `json:"required"`
	Names    Texts    `json:"names"`
	Hint     Texts    `json:"hint"`
	Values   []Choice `json:"values"`
}

// Choice is one of the values of a list question.
type Choice struct {
	Code  string `json:"code"`
	Names Texts  `json:"names"`
}

// Route sends a category in an area to a body for a time. Area is a district code or "*".
type Route struct {
	Category   string `json:"category"`
	Area       string `json:"area"`
	Body       string `json:"body"`
	ValidFrom  Date   `json:"valid_from"`
	ValidUntil Date   `json:"valid_until"`
	Source     string `json:"source"`
	Inferred   bool   `json:"inferred"`
	Note       string `json:"note"`
}

// Holiday is a day off, or with the kind "workday" a weekend day that is worked.
type Holiday struct {
	Date   Date
	Kind   string
	Names  Texts
	Status string // fixed, movable, transferred, check
	Source string
}

// Reason is why a case is closed unfixed, a text hidden or a person banned.
type Reason struct {
	Code  string `json:"code"`
	Kind  string `json:"kind"` // closed, hide, ban
	Names Texts  `json:"names"`
}

// Template is a staff answer with the placeholders {number} {category} {place} {date} {body}.
type Template struct {
	Code   string `json:"code"`
	Kind   string `json:"kind"`
	Reason string `json:"reason"`
	Names  Texts  `json:"names"`
	Texts  Texts  `json:"texts"`
}

// Phrases are what the demo's people write.
type Phrases struct {
	Categories []CategoryPhrases `json:"categories"`
	Updates    Lines             `json:"updates"`  // residents about an open report
	Thanks     Lines             `json:"thanks"`   // residents about a fixed one
	Disputes   Lines             `json:"disputes"` // residents who reopen
	Internal   Lines             `json:"internal"` // notes among staff
	People     []Person          `json:"people"`
	Appeals    []Appeal          `json:"appeals"`
}

// Appeal is an invented appeal to a body, with what the body answers; one
// without an answer is still open.
type Appeal struct {
	Form   string `json:"form"`
	Body   string `json:"body"`
	Lang   string `json:"lang"`
	Text   string `json:"text"`
	Answer string `json:"answer"`
}

// CategoryPhrases are the texts about one category. Weight is its share among the demo's reports.
type CategoryPhrases struct {
	Code    string `json:"code"`
	Weight  int    `json:"weight"`
	Titles  Lines  `json:"titles"`
	Reports Lines  `json:"reports"`
	Answers Lines  `json:"answers"` // what the body says when it is fixed
}

// Lines are texts in each language, not translations of each other.
type Lines struct {
	Ky []string `json:"ky"`
	Ru []string `json:"ru"`
	En []string `json:"en"`
}

// In returns the lines in a language, Russian where that language has none.
func (l Lines) In(lang string) []string {
	switch {
	case lang == "ky" && len(l.Ky) > 0:
		return l.Ky
	case lang == "en" && len(l.En) > 0:
		return l.En
	}
	return l.Ru
}

// Person is somebody invented for the demo.
type Person struct {
	Name string `json:"name"`
	Lang string `json:"lang"`
}

// Series is what a city knows around its figures of many years.
type Series struct {
	Prices *PriceIndex `json:"prices"`
	Breaks []Break     `json:"breaks"`
}

// PriceIndex is an index of prices: 100 in its base year. Points are decimal
// numbers by year, as its source writes them.
type PriceIndex struct {
	Names  Texts             `json:"names"`
	Base   int               `json:"base"`
	Source string            `json:"source"`
	Link   string            `json:"link"`
	ReadOn Date              `json:"read_on"`
	Points map[string]string `json:"points"`
}

// Break is a year from which on figures are about something else than before. Its
// ID tells which break of the city a later import changes.
type Break struct {
	ID     int64  `json:"id"`
	Year   int    `json:"year"`
	Texts  Texts  `json:"texts"`
	Source string `json:"source"`
	Link   string `json:"link"`
}

// Data is a whole city as files say it. Boundary and Districts are GeoJSON.
type Data struct {
	Boundary  []byte
	Districts []byte

	City       City
	Places     []Place
	Bodies     []Body
	Groups     []Group
	Categories []Category
	Routes     []Route
	Fallback   string // the body for what no route answers
	Holidays   []Holiday
	Reasons    []Reason
	Templates  []Template
	Phrases    Phrases
	Series     Series
}

// Load reads the demo city.
func Load() (*Data, error) {
	folder, err := fs.Sub(files, "bishkek")
	if err != nil {
		return nil, err
	}
	d, err := Read(folder)
	if err == nil && len(d.Phrases.People) == 0 {
		err = errors.New("the demo city has no phrases")
	}
	return d, err
}

// Read reads every file of a city and checks that they fit together. A city
// that is no demo needs no phrases.json, and none needs a series.json.
func Read(folder fs.FS) (*Data, error) {
	d := &Data{}
	var places struct {
		Entries []Place `json:"entries"`
	}
	var bodies struct {
		Bodies []Body `json:"bodies"`
	}
	var categories struct {
		Groups     []Group    `json:"groups"`
		Categories []Category `json:"categories"`
	}
	var routing struct {
		Fallback string  `json:"fallback"`
		Routes   []Route `json:"routes"`
	}
	var reasons struct {
		Reasons []Reason `json:"reasons"`
	}
	var templates struct {
		Templates []Template `json:"templates"`
	}
	for _, f := range []struct {
		name string
		into any
	}{
		{"city.json", &d.City},
		{"gazetteer.json", &places},
		{"bodies.json", &bodies},
		{"categories.json", &categories},
		{"routing.json", &routing},
		{"reasons.json", &reasons},
		{"templates.json", &templates},
		{"phrases.json", &d.Phrases},
		{"series.json", &d.Series},
	} {
		text, err := fs.ReadFile(folder, f.name)
		if errors.Is(err, fs.ErrNotExist) && (f.name == "phrases.json" || f.name == "series.json") {
			continue
		}
		if err == nil {
			err = json.Unmarshal(text, f.into)
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", f.name, err)
		}
	}
	var err error
	if d.Boundary, err = fs.ReadFile(folder, "boundary.geojson"); err != nil {
		return nil, err
	}
	if d.Districts, err = fs.ReadFile(folder, "districts.geojson"); err != nil {
		return nil, err
	}
	days, err := fs.ReadFile(folder, "holidays.csv")
	if err != nil {
		return nil, err
	}
	holidays, err := parseHolidays(bytes.NewReader(days))
	if err != nil {
		return nil, fmt.Errorf("read holidays.csv: %w", err)
	}
	d.Places, d.Bodies = places.Entries, bodies.Bodies
	d.Groups, d.Categories = categories.Groups, categories.Categories
	d.Routes, d.Fallback = routing.Routes, routing.Fallback
	d.Holidays, d.Reasons, d.Templates = holidays, reasons.Reasons, templates.Templates
	if err := d.check(); err != nil {
		return nil, fmt.Errorf("the files do not fit together: %w", err)
	}
	return d, nil
}

// Basemap returns the quiet ground of the map as GeoJSON: boundary, district lines, water, streets.
func Basemap() []byte { return read("basemap.geojson") }

// Election is a real participatory budget as a Pabulib file, shown as an example.
func Election() []byte { return read("vote/Netherlands_Amsterdam_522.pb") }

// read returns an embedded file. They are part of the program, so a missing one is a mistake in it.
func read(name string) []byte {
	data, err := files.ReadFile("bishkek/" + name)
	if err != nil {
		panic(err)
	}
	return data
}

func parseHolidays(r io.Reader) ([]Holiday, error) {
	rows, err := csv.NewReader(r).ReadAll()
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 || !slices.Equal(rows[0], holidayColumns) {
		return nil, errors.New("unexpected header")
	}
	var out []Holiday
	for _, row := range rows[1:] {
		date, err := time.Parse(time.DateOnly, row[0])
		if err != nil {
			return nil, err
		}
		out = append(out, Holiday{
			Date: Date{date}, Kind: row[1], Names: Texts{Ky: row[2], Ru: row[3], En: row[4]},
			Status: row[5], Source: row[6],
		})
	}
	return out, nil
}

// Body returns a body by its id.
func (d *Data) Body(id string) (Body, bool) {
	i := slices.IndexFunc(d.Bodies, func(b Body) bool { return b.ID == id })
	if i < 0 {
		return Body{}, false
	}
	return d.Bodies[i], true
}

// BodyFor returns the body that answers for a category in a district on a day: the district's own
// route before the city's, and the fallback where there is none.
func (d *Data) BodyFor(category, district string, day time.Time) string {
	city := d.Fallback
	for _, r := range d.Routes {
		if r.Category != category || day.Before(r.ValidFrom.Time) || !r.ValidUntil.IsZero() && !day.Before(r.ValidUntil.Time) {
			continue
		}
		switch r.Area {
		case district:
			return r.Body
		case "*":
			city = r.Body
		}
	}
	return city
}

// Date is a day without a time, written 2006-01-02; the zero Date is an absent one.
type Date struct{ time.Time }

// UnmarshalJSON reads a day or null.
func (d *Date) UnmarshalJSON(data []byte) error {
	var s *string
	if err := json.Unmarshal(data, &s); err != nil {
		return err
	}
	if s == nil {
		d.Time = time.Time{}
		return nil
	}
	t, err := time.Parse(time.DateOnly, *s)
	d.Time = t
	return err
}
