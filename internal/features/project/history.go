package project

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/place"
	"github.com/ashar-kg/ashar/internal/platform/ids"
)

// The acts by which projects change.
const (
	ActCreated  = "created"
	ActOrigin   = "origin" // it came from a vote, an appeal …
	ActImported = "imported"
	ActEdited   = "edited"
	ActStatus   = "status"
	ActContract = "contract"
	ActTold     = "told"
)

// Change is one entry of the history: who, by which act, why, and what changed.
type Change struct {
	ID      int64
	Project int64
	Act     string
	Reason  string
	Person  int64
	Actor   string // shown: the name of a body; empty is the system
	Body    int64
	Facts   []Fact
}

// At is when it was.
func (c *Change) At() time.Time { return ids.Time(c.ID) }

// The sorts of facts, by how their values are shown.
const (
	SortText  = "text"
	SortMoney = "money" // minor units and the currency, with a space between
	SortDay   = "day"   // Unix milliseconds
	SortCode  = "code"  // end of the key of a message that begins with project.<field>.
	SortBody  = "body"
)

// Fact is one value that changed. Of names which of several, such as a contract.
type Fact struct {
	Field string `json:"field"`
	Of    string `json:"of,omitempty"`
	Sort  string `json:"sort"`
	From  string `json:"from,omitempty"`
	To    string `json:"to,omitempty"`
}

// facts are everything that the history tells of a project, by field. The value
// is in To.
func (p *Project) facts() (out []Fact) {
	add := func(field, of, sort, value string) {
		if value != "" {
			out = append(out, Fact{Field: field, Of: of, Sort: sort, To: value})
		}
	}
	money := func(field, of string, m Money) {
		if m.Known() {
			add(field, of, SortMoney, strconv.FormatInt(m.Minor, 10)+" "+m.Currency)
		}
	}
	day := func(field, of string, ms int64) {
		if ms != 0 {
			add(field, of, SortDay, strconv.FormatInt(ms, 10))
		}
	}
	for _, lang := range sorted(p.Titles) {
		add("title", lang, SortText, p.Titles[lang])
	}
	for _, lang := range sorted(p.Texts) {
		add("text", lang, SortText, p.Texts[lang])
	}
	add("purpose", "", SortText, p.Purpose)
	add("type", "", SortCode, p.Type)
	add("status", "", SortCode, p.Status)
	add("sector", "", SortText, strings.Join(p.Sectors, ", "))
	if p.Body != 0 {
		add("body", "", SortBody, strconv.FormatInt(p.Body, 10))
	}
	add("authority", "", SortText, p.Authority)
	add("address", "", SortText, p.Address)
	add("place", "", SortText, p.placeText())
	day("planned_start", "", p.Planned.Start)
	day("planned_end", "", p.Planned.End)
	day("began", "", p.Began)
	day("ended", "", p.Ended)
	day("guarantee", "", p.Guarantee)
	money("budget", "", p.Budget)
	day("approved", "", p.Approved)
	for _, l := range p.Lines {
		money("line", strings.TrimSpace(l.Code+" "+l.Text), l.Amount)
	}
	for _, f := range p.Finance {
		money("finance", f.name(), f.Amount)
	}
	for i := range p.Contracts {
		out = append(out, p.Contracts[i].facts(money, day)...)
	}
	for _, m := range p.Milestones {
		title, _ := Texts(m.Titles).In("ky")
		day("milestone", title, m.Due)
		day("milestone_met", title, m.Met)
	}
	for _, d := range p.Papers {
		add("paper", d.ID, SortText, strings.TrimSpace(d.Title+" "+d.Link))
	}
	add("contact", "", SortText, strings.TrimSpace(strings.Join([]string{p.Contact.Name, p.Contact.Phone, p.Contact.Email}, " ")))
	for i, s := range p.Sources {
		add("source", strconv.Itoa(i+1), SortText, strings.TrimSpace(s.Title+" "+s.Link))
	}
	add("inferred", "", SortText, strings.Join(p.Inferred, ", "))
	return out
}

func (f Finance) name() string { return strings.TrimSpace(f.Party + " " + f.Fund) }

// facts of a contract, under its name; money and day add to the project's.
func (c *Contract) facts(money func(field, of string, m Money), day func(field, of string, ms int64)) (out []Fact) {
	of := c.name()
	add := func(field, of, value string) {
		if value != "" {
			out = append(out, Fact{Field: field, Of: of, Sort: SortText, To: value})
		}
	}
	add("ocid", of, c.OCID)
	if c.Status != "" {
		out = append(out, Fact{Field: "contract_status", Of: of, Sort: SortCode, To: c.Status})
	}
	for _, s := range c.Suppliers {
		add("supplier", of+" "+s.ID, strings.TrimSpace(s.Name+" "+s.INN))
	}
	money("contract_value", of, c.Value)
	money("contract_final", of, c.Final)
	day("contract_start", of, c.Period.Start)
	day("contract_end", of, c.Period.End)
	for _, m := range c.Modifications {
		money("modification_value", of+" "+m.ID, m.Value)
		day("modification_end", of+" "+m.ID, m.End)
		add("modification", of+" "+m.ID, strings.TrimSpace(m.Text+" "+m.Reason))
	}
	for _, x := range c.Payments {
		money("payment", of+" "+x.ID, x.Amount)
	}
	return out
}

func (c *Contract) name() string {
	switch {
	case c.Title != "":
		return c.Title
	case c.OCID != "":
		return c.OCID
	}
	return c.ID
}

func (d *Doc) placeText() string {
	if d.Geometry == "" && !d.Placed {
		return ""
	}
	kind := place.ShapeKind(d.Geometry)
	if d.Placed {
		return strings.TrimSpace(fmt.Sprintf("%s %.6f, %.6f", kind, d.Lat, d.Lon))
	}
	return kind
}

// differ tells what changed between two lists of facts.
func differ(before, after []Fact) (out []Fact) {
	type at struct{ field, of string }
	old, now := map[at]Fact{}, map[at]bool{}
	for _, f := range before {
		old[at{f.Field, f.Of}] = f
	}
	for _, f := range after {
		k := at{f.Field, f.Of}
		now[k] = true
		if was := old[k]; was.To != f.To {
			f.From = was.To
			out = append(out, f)
		}
	}
	for _, f := range before {
		if !now[at{f.Field, f.Of}] {
			f.From, f.To = f.To, ""
			out = append(out, f)
		}
	}
	return out
}

func sorted[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
