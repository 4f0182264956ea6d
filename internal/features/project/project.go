// Package project is the investment project of a city as one object from idea
// to handover: what is built and where, who answers for it, what it was to cost
// and what it costs, who builds it, how far it is, and every change that was
// ever made to it with its author and reason. Its terms are those of the Open
// Contracting for Infrastructure Data Standard 0.9 (OC4IDS).
package project

import (
	"cmp"
	"embed"
	"slices"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/i18n"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations are the tables of this feature.
var Migrations = db.Migrations{Name: "project", FS: files}

// Layer is the layer of the map on which projects stand.
const Layer = "projects"

// SubjectKind is what followers of a project follow.
const SubjectKind = "project"

// The statuses of a project, by OC4IDS.
const (
	Identification  = "identification"
	Preparation     = "preparation"
	Implementation  = "implementation"
	Completion      = "completion"
	Maintenance     = "maintenance"
	Decommissioning = "decommissioning"
	Decommissioned  = "decommissioned"
	Cancelled       = "cancelled"
)

// Statuses are the statuses in their order.
var Statuses = []string{Identification, Preparation, Implementation, Completion, Maintenance, Decommissioning, Decommissioned, Cancelled}

// Stages are the statuses that have a period of their own.
var Stages = Statuses[:6]

// Types are the types of OC4IDS.
var Types = []string{"construction", "rehabilitation", "replacement", "expansion", "decommissioning"}

// Sectors are the sectors of OC4IDS that a city chooses from.
var Sectors = []string{
	"transport.road", "transport.urban", "education", "health", "energy", "waterAndWaste", "cultureSportsAndRecreation", "communications",
	"governance", "economy", "socialHousing", "naturalResources.floodProtection",
}

// DocumentTypes are those of OC4IDS that the staff chooses from.
var DocumentTypes = []string{
	"projectPlan", "feasibilityStudy", "projectScope", "budgetApproval", "procurementPlan", "tenderNotice", "awardNotice", "contractSigned",
	"contractAmendment", "physicalProgressReport", "financialProgressReport", "completionCertificate", "environmentalImpact", "hearingNotice", "minutes",
}

// The contracting statuses of OC4IDS.
var ContractStatuses = []string{"pre-award", "active", "closed"}

// Funds are where money comes from.
var Funds = []string{"own", "transfer", "special", "grant", "loan", "community", "private"}

// Origins are where projects come from.
var Origins = []string{"vote", "appeal", "hearing", "programme", "systemic"}

// The stages of photos, from the same spot.
const (
	Before = "before"
	During = "during"
	After  = "after"
)

// PhotoStages are the stages of photos in their order.
var PhotoStages = []string{Before, During, After}

// The actions.
const (
	Write  = "project.write"  // create, change, tell of progress
	Load   = "project.import" // files for the whole city
	Answer = "project.answer" // questions
	Ask    = "project.ask"
)

// Permissions is who may do what unless the city says otherwise.
func Permissions() []permission.Rule {
	return []permission.Rule{
		{Action: Write, Roles: []permission.Role{permission.Admin, permission.Head, permission.Clerk}},
		{Action: Load, Roles: []permission.Role{permission.Admin}},
		{Action: Answer, Roles: []permission.Role{permission.Admin, permission.Head, permission.Clerk}},
		{Action: "project_question.internal", Roles: []permission.Role{permission.Admin, permission.Head, permission.Clerk, permission.Dispatcher}},
		{Action: Ask, Roles: []permission.Role{permission.Citizen}},
	}
}

// Texts is a text by language.
type Texts map[string]string

// In is the text in a language, or in the one that is next to it, which is told.
func (t Texts) In(lang string) (text, actual string) { return i18n.Pick(t, lang) }

// Money is an amount in hundredths of a currency; the zero Money is not known.
type Money struct {
	Minor    int64  `json:"minor"`
	Currency string `json:"currency"`
}

// Known tells whether there is an amount.
func (m Money) Known() bool { return m.Currency != "" }

// Period is a span of time in Unix milliseconds; 0 is not known.
type Period struct {
	Start int64 `json:"start,omitempty"`
	End   int64 `json:"end,omitempty"`
}

// Origin is what a project comes from. Ref is stable and public, and unique
// among the origins of its kind in a city.
type Origin struct {
	Kind       string // "vote", "appeal", "hearing", "programme", "systemic"
	Ref        string
	Link       string // path or address of its page
	Titles     map[string]string
	Texts      map[string]string
	Body       int64
	Cost       int64 // tyiyn
	Lat, Lon   float64
	Placed     bool
	Geometry   string // GeoJSON; "" leaves the point
	District   string // code; "" is found by the place
	Milestones []Milestone
}

// Milestone is something that is to be reached. Due and Met are Unix
// milliseconds; Met is 0 until then.
type Milestone struct {
	ID     string            `json:"id,omitempty"`
	Titles map[string]string `json:"titles,omitempty"`
	Due    int64             `json:"due,omitempty"`
	Met    int64             `json:"met,omitempty"`
}

// Source is where a fact about a project was read.
type Source struct {
	Title string `json:"title,omitempty"`
	Link  string `json:"link,omitempty"`
	Day   string `json:"day,omitempty"` // on which it was read, 2006-01-02
	Note  string `json:"note,omitempty"`
}

// Line is a part of the budget. Code is that of the line in the city's budget.
type Line struct {
	ID     string `json:"id,omitempty"`
	Text   string `json:"text,omitempty"`
	Code   string `json:"code,omitempty"`
	Amount Money  `json:"amount,omitzero"`
	Period Period `json:"period,omitzero"`
	Party  string `json:"party,omitempty"` // whose money it is
}

// Finance is one of those who pay for a project.
type Finance struct {
	ID     string `json:"id,omitempty"`
	Fund   string `json:"fund,omitempty"` // one of Funds
	Party  string `json:"party,omitempty"`
	Amount Money  `json:"amount,omitzero"`
}

// Supplier is a contractor. INN is the tax number of a company.
type Supplier struct {
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
	INN  string `json:"inn,omitempty"`
}

// Modification is a change of a contract; what it does not change is zero.
type Modification struct {
	ID       string `json:"id"`
	At       int64  `json:"at,omitempty"` // Unix milliseconds
	Text     string `json:"text,omitempty"`
	Reason   string `json:"reason,omitempty"`
	Value    Money  `json:"value,omitzero"`     // from now on
	OldValue Money  `json:"old_value,omitzero"` // until now
	End      int64  `json:"end,omitempty"`
	OldEnd   int64  `json:"old_end,omitempty"`
}

// Payment is money that was paid under a contract.
type Payment struct {
	ID     string `json:"id"`
	At     int64  `json:"at,omitempty"`
	Amount Money  `json:"amount,omitzero"`
	Payee  string `json:"payee,omitempty"`
}

// Contract is a contracting process.
type Contract struct {
	ID            string         `json:"id"`
	OCID          string         `json:"ocid,omitempty"`
	Title         string         `json:"title,omitempty"`
	Status        string         `json:"status,omitempty"`
	Natures       []string       `json:"natures,omitempty"` // design, construction, supervision
	Suppliers     []Supplier     `json:"suppliers,omitempty"`
	Value         Money          `json:"value,omitzero"` // as it was signed
	Period        Period         `json:"period,omitzero"`
	Final         Money          `json:"final,omitzero"`
	Modifications []Modification `json:"modifications,omitempty"`
	Payments      []Payment      `json:"payments,omitempty"`
	Releases      []Tagged       `json:"releases,omitempty"` // that said so
}

// Tagged is a release of OCDS that spoke of a contract. At is Unix milliseconds.
type Tagged struct {
	ID   string   `json:"id"`
	Tags []string `json:"tags,omitempty"`
	At   int64    `json:"at,omitempty"`
	Link string   `json:"link,omitempty"`
}

// Current is what the contract is worth now.
func (c *Contract) Current() Money {
	if c.Final.Known() {
		return c.Final
	}
	for _, m := range slices.Backward(c.Modifications) {
		if m.Value.Known() {
			return m.Value
		}
	}
	return c.Value
}

// End is until when the contract runs now.
func (c *Contract) End() int64 {
	for _, m := range slices.Backward(c.Modifications) {
		if m.End != 0 {
			return m.End
		}
	}
	return c.Period.End
}

// Paper is a document that stands elsewhere.
type Paper struct {
	ID        string `json:"id"`
	Type      string `json:"type,omitempty"`
	Title     string `json:"title,omitempty"`
	Link      string `json:"link,omitempty"`
	Published int64  `json:"published,omitempty"`
	Format    string `json:"format,omitempty"`
	Lang      string `json:"lang,omitempty"`
}

// Contact is an institution's, never a person's.
type Contact struct {
	Name  string `json:"name,omitempty"`
	Email string `json:"email,omitempty"`
	Phone string `json:"phone,omitempty"`
}

// Doc is everything that is said about a project. Instants are Unix milliseconds.
type Doc struct {
	Titles     Texts             `json:"titles,omitempty"`
	Texts      Texts             `json:"texts,omitempty"`
	Purpose    string            `json:"purpose,omitempty"`
	Type       string            `json:"type,omitempty"`
	Status     string            `json:"status"`
	Sectors    []string          `json:"sectors,omitempty"`
	Authority  string            `json:"authority,omitempty"` // name, where it is no body of the city
	District   string            `json:"district,omitempty"`
	Address    string            `json:"address,omitempty"`
	Geometry   string            `json:"geometry,omitempty"` // GeoJSON, "" is unknown
	Placed     bool              `json:"placed,omitempty"`
	Lat        float64           `json:"lat,omitempty"`
	Lon        float64           `json:"lon,omitempty"`
	Planned    Period            `json:"planned,omitzero"`
	Began      int64             `json:"began,omitempty"`
	Ended      int64             `json:"ended,omitempty"`
	Guarantee  int64             `json:"guarantee,omitempty"` // until when defects are mended
	Stages     map[string]Period `json:"stages,omitempty"`
	Budget     Money             `json:"budget,omitzero"`
	Approved   int64             `json:"approved,omitempty"` // when the budget was
	Lines      []Line            `json:"lines,omitempty"`
	Finance    []Finance         `json:"finance,omitempty"`
	Contracts  []Contract        `json:"contracts,omitempty"`
	Milestones []Milestone       `json:"milestones,omitempty"`
	Papers     []Paper           `json:"papers,omitempty"`
	Contact    Contact           `json:"contact,omitzero"`
	Sources    []Source          `json:"sources,omitempty"`
	Inferred   []string          `json:"inferred,omitempty"` // fields that no source states
	OriginKind string            `json:"origin_kind,omitempty"`
	OriginRef  string            `json:"origin_ref,omitempty"`
	OriginLink string            `json:"origin_link,omitempty"`
}

// Project is one project. Public is its id for the world: it is drawn once and
// stays, whatever is edited.
type Project struct {
	Doc
	ID       int64
	Public   string
	Body     int64 // that answers, 0 for none of the city's
	Progress int64 // percent that the last update told; -1 for none
	Told     int64 // when it was last told of
	Created  int64
	Updated  int64
	Version  int64
	Raw      string // the object of the file that it was imported from, "" for none
}

// Sums are the three moneys of a project in the currency of its budget, or of
// its first contract. Mixed tells that there are amounts in other currencies,
// which are in none of the sums.
type Sums struct {
	Currency   string
	Planned    int64
	Contracted int64
	Paid       int64
	Mixed      bool
}

// Sums adds up the money.
func (d *Doc) Sums() Sums {
	s := Sums{Currency: d.Budget.Currency, Planned: d.Budget.Minor}
	add := func(m Money, to *int64) {
		switch {
		case !m.Known():
		case s.Currency == "" || s.Currency == m.Currency:
			s.Currency = m.Currency
			*to += m.Minor
		default:
			s.Mixed = true
		}
	}
	for i := range d.Contracts {
		add(d.Contracts[i].Current(), &s.Contracted)
		for _, p := range d.Contracts[i].Payments {
			add(p.Amount, &s.Paid)
		}
	}
	return s
}

// silent is after how many days without an update a project is said to have none.
const silent = 60

// Active tells whether a project is still to be finished.
func (d *Doc) Active() bool {
	return d.Ended == 0 && (d.Status == Identification || d.Status == Preparation || d.Status == Implementation)
}

// Due is when it is to be finished: as planned first, whatever contracts say.
func (d *Doc) Due() int64 { return d.Planned.End }

// Overdue tells whether it should have been finished.
func (p *Project) Overdue(now time.Time) bool {
	return p.Active() && p.Due() != 0 && p.Due() < now.UnixMilli()
}

// OverBudget tells whether more is contracted or paid than was planned.
func (p *Project) OverBudget() bool {
	s := p.Sums()
	return s.Planned > 0 && max(s.Contracted, s.Paid) > s.Planned
}

// Silent tells whether nothing was told for too long while work goes on.
func (p *Project) Silent(now time.Time) bool {
	return p.Active() && p.Status != Identification && p.Told < now.AddDate(0, 0, -silent).UnixMilli()
}

// Guaranteed tells whether defects are still mended for nothing.
func (p *Project) Guaranteed(now time.Time) bool {
	return p.Guarantee != 0 && now.UnixMilli() < p.Guarantee && !p.Active() && p.Status != Cancelled
}

// mark is how a project shows on the map.
func (p *Project) mark() string {
	switch p.Status {
	case Identification, Preparation:
		return "open"
	case Implementation:
		return "work"
	case Completion, Maintenance:
		return "fixed"
	}
	return "closed"
}

// Year is the year for the filter: of its planned or real beginning or end.
func (d *Doc) years(zone *time.Location) (from, to int64) {
	year := func(ms int64) int64 {
		if ms == 0 {
			return 0
		}
		return int64(time.UnixMilli(ms).In(zone).Year())
	}
	from = year(cmp.Or(d.Began, d.Planned.Start, d.Planned.End, d.Ended))
	to = year(cmp.Or(d.Ended, d.Planned.End, d.Planned.Start, d.Began))
	return min(from, to), max(from, to)
}

// Update is what was told of the progress. Percent is -1 when it was not said.
type Update struct {
	ID      int64
	Project int64
	At      int64 // the day that it is about
	Percent int64
	Texts   Texts
	Actor   string
	Body    int64
}

// Photo is one picture of a project, kept by its content.
type Photo struct {
	ID            int64
	Project       int64
	Update        int64
	Stage         string // one of PhotoStages
	Full, Thumb   string // keys of the blob store
	Width, Height int64
	Caption       string
}

// Limits of texts, in characters, and of lists.
const (
	maxTitle     = 300
	maxText      = 10000
	maxReason    = 500
	maxLines     = 200
	maxContracts = 100
	maxPhotos    = 6
)
