package project

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"math/big"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/place"
)

// The parts of OC4IDS that are read; what else a file has is kept as it is.
type (
	ocValue struct {
		Amount   json.Number `json:"amount"`
		Currency string      `json:"currency"`
	}
	ocPeriod struct {
		Start string `json:"startDate"`
		End   string `json:"endDate"`
	}
	ocOrg struct {
		ID         string `json:"id"`
		Name       string `json:"name"`
		Identifier struct {
			Scheme string `json:"scheme"`
			ID     string `json:"id"`
		} `json:"identifier"`
		ContactPoint struct {
			Email     string `json:"email"`
			Telephone string `json:"telephone"`
		} `json:"contactPoint"`
		Roles []string `json:"roles"`
	}
	ocMilestone struct {
		ID      string `json:"id"`
		Title   string `json:"title"`
		DueDate string `json:"dueDate"`
		DateMet string `json:"dateMet"`
	}
	ocDocument struct {
		ID        string `json:"id"`
		Type      string `json:"documentType"`
		Title     string `json:"title"`
		URL       string `json:"url"`
		Published string `json:"datePublished"`
		Format    string `json:"format"`
		Language  string `json:"language"`
	}
	ocTransaction struct {
		ID    string  `json:"id"`
		Date  string  `json:"date"`
		Value ocValue `json:"value"`
		Payee ocOrg   `json:"payee"`
	}
	ocModification struct {
		ID          string   `json:"id"`
		Date        string   `json:"date"`
		Description string   `json:"description"`
		Rationale   string   `json:"rationale"`
		OldValue    ocValue  `json:"oldContractValue"`
		NewValue    ocValue  `json:"newContractValue"`
		OldPeriod   ocPeriod `json:"oldContractPeriod"`
		NewPeriod   ocPeriod `json:"newContractPeriod"`
	}
	ocProcess struct {
		ID      string `json:"id"`
		Summary struct {
			OCID          string           `json:"ocid"`
			Nature        []string         `json:"nature"`
			Title         string           `json:"title"`
			Status        string           `json:"status"`
			Suppliers     []ocOrg          `json:"suppliers"`
			Value         ocValue          `json:"contractValue"`
			Period        ocPeriod         `json:"contractPeriod"`
			Final         ocValue          `json:"finalValue"`
			Modifications []ocModification `json:"modifications"`
			Transactions  []ocTransaction  `json:"transactions"`
		} `json:"summary"`
		Releases []struct {
			ID   string   `json:"id"`
			Tag  []string `json:"tag"`
			Date string   `json:"date"`
			URL  string   `json:"url"`
		} `json:"releases"`
	}
	ocBreakdown struct {
		ID          string   `json:"id"`
		Description string   `json:"description"`
		Amount      ocValue  `json:"amount"`
		Period      ocPeriod `json:"period"`
		Party       ocOrg    `json:"sourceParty"`
	}
	ocProject struct {
		ID        string   `json:"id"`
		Title     string   `json:"title"`
		Text      string   `json:"description"`
		Language  string   `json:"language"`
		Status    string   `json:"status"`
		Type      string   `json:"type"`
		Sector    []string `json:"sector"`
		Purpose   string   `json:"purpose"`
		Period    ocPeriod `json:"period"`
		Authority ocOrg    `json:"publicAuthority"`
		Parties   []ocOrg  `json:"parties"`
		Locations []struct {
			Text     string          `json:"description"`
			Geometry json.RawMessage `json:"geometry"`
			Address  struct {
				Street   string `json:"streetAddress"`
				Locality string `json:"locality"`
			} `json:"address"`
		} `json:"locations"`
		Budget struct {
			Amount     ocValue `json:"amount"`
			Approval   string  `json:"approvalDate"`
			Breakdowns []struct {
				Parts []ocBreakdown `json:"budgetBreakdown"`
			} `json:"budgetBreakdowns"`
			Finance []struct {
				ID    string  `json:"id"`
				Title string  `json:"title"`
				Value ocValue `json:"value"`
				Party ocOrg   `json:"financingParty"`
				From  string  `json:"source"`
				Type  string  `json:"type"`
			} `json:"finance"`
		} `json:"budget"`
		Completion struct {
			End string `json:"endDate"`
		} `json:"completion"`
		Identification  ocPeriod      `json:"identificationPeriod"`
		Preparation     ocPeriod      `json:"preparationPeriod"`
		Implementation  ocPeriod      `json:"implementationPeriod"`
		Completing      ocPeriod      `json:"completionPeriod"`
		Maintenance     ocPeriod      `json:"maintenancePeriod"`
		Decommissioning ocPeriod      `json:"decommissioningPeriod"`
		Processes       []ocProcess   `json:"contractingProcesses"`
		Milestones      []ocMilestone `json:"milestones"`
		Documents       []ocDocument  `json:"documents"`
		Metrics         []struct {
			ID           string `json:"id"`
			Observations []struct {
				Period  ocPeriod        `json:"period"`
				Measure json.RawMessage `json:"measure"`
				Notes   string          `json:"notes"`
			} `json:"observations"`
		} `json:"metrics"`
		Own *ownPart `json:"ashar"`
	}
)

// ownPart is what the standard has no field for, beside it in a field of ours.
type ownPart struct {
	Titles     Texts             `json:"titles,omitempty"`
	Texts      Texts             `json:"descriptions,omitempty"`
	Body       string            `json:"body,omitempty"`
	District   string            `json:"district,omitempty"`
	Address    string            `json:"address,omitempty"`
	Lat        float64           `json:"lat,omitempty"`
	Lon        float64           `json:"lon,omitempty"`
	Placed     bool              `json:"placed,omitempty"`
	Began      string            `json:"began,omitempty"`
	Ended      string            `json:"ended,omitempty"`
	Guarantee  string            `json:"guaranteeUntil,omitempty"`
	OriginKind string            `json:"originKind,omitempty"`
	OriginRef  string            `json:"originRef,omitempty"`
	OriginLink string            `json:"originLink,omitempty"`
	Contact    Contact           `json:"contact,omitzero"`
	Sources    []Source          `json:"sources,omitempty"`
	Inferred   []string          `json:"inferred,omitempty"`
	LineCodes  map[string]string `json:"lineCodes,omitempty"`
	Funds      map[string]string `json:"funds,omitempty"`
	Milestones map[string]Texts  `json:"milestones,omitempty"`
}

// parseOC4IDS reads a package of projects. A project that breaks the schema is
// refused with the path of each fault; the others are read.
func parseOC4IDS(m map[string]any, c *city.City, dir *body.Directory) *Read {
	out := &Read{Form: FormOC4IDS, Told: map[string][]Update{}}
	list, ok := m["projects"].([]any)
	if !ok || len(list) == 0 {
		out.Refused = []Refusal{refuse(Refusal{Path: "projects", Code: badNoProject})}
		return out
	}
	out.Rows = len(list)
	if len(list) > maxImport {
		out.Refused = []Refusal{refuse(Refusal{Path: "projects", Code: badMany, Value: strconv.Itoa(len(list))})}
		return out
	}
	head := map[string]any{}
	for k, v := range m {
		head[k] = v
	}
	// The frame is checked with a project that is right, so that the faults of
	// one project do not refuse the others.
	head["projects"] = []any{map[string]any{"id": "x"}}
	wrong, err := violations(packageSchema, head, "")
	if err != nil {
		wrong = []Refusal{refuse(Refusal{Path: "/", Code: badSchema, Value: err.Error()})}
	}
	if out.Refused = wrong; len(wrong) > 0 {
		return out
	}
	seen := map[string]bool{}
	for i, x := range list {
		at := "projects/" + strconv.Itoa(i)
		wrong, err := violations(projectSchema, x, at)
		if err != nil {
			wrong = []Refusal{refuse(Refusal{Path: at, Code: badSchema, Value: err.Error()})}
		}
		if len(wrong) > 0 {
			out.Refused = append(out.Refused, wrong...)
			continue
		}
		p, told, bad := readProject(x.(map[string]any), at, c, dir)
		if bad == nil && seen[p.Public] {
			bad = []Refusal{refuse(Refusal{Path: at + "/id", Code: badTwice})}
		}
		if len(bad) > 0 {
			out.Refused = append(out.Refused, bad...)
			continue
		}
		seen[p.Public] = true
		out.Projects = append(out.Projects, p)
		out.Told[p.Public] = told
	}
	return out
}

// readProject turns a project that the schema has passed into ours.
func readProject(m map[string]any, at string, c *city.City, dir *body.Directory) (*Project, []Update, []Refusal) {
	strip(m)
	raw, err := json.Marshal(m)
	if err != nil {
		return nil, nil, []Refusal{refuse(Refusal{Path: at, Code: badSchema, Value: err.Error()})}
	}
	return readRaw(raw, at, c, dir)
}

// strip takes personal data out of a project: who owns a company or works for
// it, and who met whom. Institutions stay.
func strip(x any) {
	switch v := x.(type) {
	case map[string]any:
		for _, k := range []string{"people", "beneficialOwners", "lobbyingMeetings", "publicOffice"} {
			delete(v, k)
		}
		if cp, ok := v["contactPoint"].(map[string]any); ok {
			if delete(cp, "name"); len(cp) == 0 {
				delete(v, "contactPoint")
			}
		}
		for _, y := range v {
			strip(y)
		}
	case []any:
		for _, y := range v {
			strip(y)
		}
	}
}

// ocReader reads values and gathers what is wrong with them.
type ocReader struct {
	currency string // where a file names none
	bad      []Refusal
}

func (r *ocReader) fail(path, code, value string) {
	r.bad = append(r.bad, refuse(Refusal{Path: path, Code: code, Value: value}))
}

// money reads an amount; more than hundredths are rounded.
func (r *ocReader) money(path string, v ocValue) Money {
	if v.Amount == "" {
		return Money{}
	}
	minor, ok := minorOf(v.Amount.String())
	if !ok {
		r.fail(path+"/amount", badAmount, v.Amount.String())
		return Money{}
	}
	return Money{Minor: minor, Currency: cmp.Or(v.Currency, r.currency)}
}

// minorOf is a decimal number in hundredths, exact or rounded half up.
func minorOf(text string) (int64, bool) {
	if len(text) > 40 {
		return 0, false
	}
	if _, exp, ok := strings.Cut(strings.ToLower(text), "e"); ok {
		if n, err := strconv.Atoi(exp); err != nil || n > 20 || n < -20 {
			return 0, false
		}
	}
	x, ok := new(big.Rat).SetString(text)
	if !ok {
		return 0, false
	}
	x.Mul(x, big.NewRat(200, 1)).Add(x, big.NewRat(1, 1)).Quo(x, big.NewRat(2, 1))
	n := new(big.Int).Div(x.Num(), x.Denom())
	return n.Int64(), n.IsInt64() && n.CmpAbs(big.NewInt(1e16)) < 0
}

// instant reads a date and time.
func (r *ocReader) instant(path, text string) int64 {
	if text == "" {
		return 0
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		r.fail(path, badInstant, text)
		return 0
	}
	return t.UnixMilli()
}

func (r *ocReader) period(path string, p ocPeriod) Period {
	return Period{r.instant(path+"/startDate", p.Start), r.instant(path+"/endDate", p.End)}
}

func readRaw(raw []byte, at string, c *city.City, dir *body.Directory) (*Project, []Update, []Refusal) {
	var o ocProject
	if err := json.Unmarshal(raw, &o); err != nil {
		return nil, nil, []Refusal{refuse(Refusal{Path: at, Code: badSchema, Value: err.Error()})}
	}
	r := &ocReader{currency: c.Currency}
	if len(o.ID) > 200 {
		r.fail(at+"/id", badLong, "")
	}
	lang := c.Languages[0]
	if slices.Contains(c.Languages, o.Language) {
		lang = o.Language
	}
	p := &Project{Public: o.ID, Raw: string(raw), Progress: -1}
	p.Doc = Doc{
		Titles: textIn(lang, o.Title), Texts: textIn(lang, o.Text), Purpose: o.Purpose, Type: o.Type, Status: cmp.Or(o.Status, Identification), Sectors: o.Sector,
		Planned: r.period(at+"/period", o.Period), Budget: r.money(at+"/budget/amount", o.Budget.Amount), Approved: r.instant(at+"/budget/approvalDate", o.Budget.Approval),
	}
	if p.Titles == nil {
		p.Titles = textIn(lang, o.ID)
	}
	r.places(p, &o, at)
	r.authority(p, &o, dir)
	r.stages(p, &o, at)
	r.budget(p, &o, at)
	for i, x := range o.Processes {
		p.Contracts = append(p.Contracts, r.contract(x, o.Parties, at+"/contractingProcesses/"+strconv.Itoa(i)))
	}
	for i, x := range o.Milestones {
		path := at + "/milestones/" + strconv.Itoa(i)
		p.Milestones = append(p.Milestones, Milestone{ID: x.ID, Titles: textIn(lang, x.Title), Due: r.instant(path+"/dueDate", x.DueDate), Met: r.instant(path+"/dateMet", x.DateMet)})
	}
	for i, x := range o.Documents {
		p.Papers = append(p.Papers, Paper{
			ID: x.ID, Type: x.Type, Title: x.Title, Link: x.URL, Format: x.Format, Lang: x.Language,
			Published: r.instant(at+"/documents/"+strconv.Itoa(i)+"/datePublished", x.Published),
		})
	}
	told := r.told(&o, lang, at)
	if o.Own != nil {
		r.own(p, o.Own, dir, at+"/ashar")
	}
	return p, told, r.bad
}

func textIn(lang, text string) Texts {
	if text = strings.TrimSpace(text); text == "" {
		return nil
	}
	return Texts{lang: text}
}

func (r *ocReader) places(p *Project, o *ocProject, at string) {
	for i, l := range o.Locations {
		if i == 0 {
			p.Address = cmp.Or(l.Text, strings.Trim(l.Address.Street+", "+l.Address.Locality, ", "))
		}
		if len(l.Geometry) == 0 || string(l.Geometry) == "null" || p.Geometry != "" {
			continue
		}
		kept, lat, lon, ok := settle(string(l.Geometry))
		if _, read := place.ReadShape(string(l.Geometry)); !read {
			r.fail(at+"/locations/"+strconv.Itoa(i)+"/geometry", badGeometry, "")
			continue
		}
		if p.Geometry = kept; ok {
			p.Placed, p.Lat, p.Lon = true, lat, lon
		}
	}
}

func (r *ocReader) authority(p *Project, o *ocProject, dir *body.Directory) {
	org := o.Authority
	if org.Name == "" && org.ID == "" {
		i := slices.IndexFunc(o.Parties, func(x ocOrg) bool { return slices.Contains(x.Roles, "publicAuthority") })
		if i < 0 {
			return
		}
		org = o.Parties[i]
	}
	for _, x := range o.Parties {
		if x.ID == org.ID && org.ID != "" {
			org.Name = cmp.Or(org.Name, x.Name)
			p.Contact = Contact{Name: x.Name, Email: x.ContactPoint.Email, Phone: x.ContactPoint.Telephone}
			if p.Contact.Email == "" && p.Contact.Phone == "" {
				p.Contact = Contact{}
			}
		}
	}
	p.Authority = cmp.Or(org.Name, org.ID)
	if dir == nil {
		return
	}
	if b, ok := dir.ByCode(org.ID); ok {
		p.Body, p.Authority = b.ID, ""
	} else if b, ok := dir.Named(org.Name); ok && org.Name != "" {
		p.Body, p.Authority = b.ID, ""
	}
}

func (r *ocReader) stages(p *Project, o *ocProject, at string) {
	for stage, x := range map[string]ocPeriod{
		Identification: o.Identification, Preparation: o.Preparation, Implementation: o.Implementation, Completion: o.Completing, Maintenance: o.Maintenance, Decommissioning: o.Decommissioning,
	} {
		if s := r.period(at+"/"+stage+"Period", x); s != (Period{}) {
			if p.Stages == nil {
				p.Stages = map[string]Period{}
			}
			p.Stages[stage] = s
		}
	}
	if slices.Index(Statuses, p.Status) >= 2 {
		p.Began = p.Stages[Implementation].Start
	}
	if slices.Index(Statuses, p.Status) >= 3 && p.Status != Cancelled {
		p.Ended = cmp.Or(r.instant(at+"/completion/endDate", o.Completion.End), p.Stages[Implementation].End)
	}
}

func (r *ocReader) budget(p *Project, o *ocProject, at string) {
	for i, group := range o.Budget.Breakdowns {
		for j, x := range group.Parts {
			path := fmt.Sprintf("%s/budget/budgetBreakdowns/%d/budgetBreakdown/%d", at, i, j)
			p.Lines = append(p.Lines, Line{ID: x.ID, Text: x.Description, Amount: r.money(path+"/amount", x.Amount), Period: r.period(path+"/period", x.Period), Party: x.Party.Name})
		}
	}
	for i, x := range o.Budget.Finance {
		f := Finance{ID: x.ID, Party: cmp.Or(x.Party.Name, x.From, x.Title), Amount: r.money(fmt.Sprintf("%s/budget/finance/%d/value", at, i), x.Value)}
		if slices.Contains(Funds, x.Type) {
			f.Fund = x.Type
		}
		p.Finance = append(p.Finance, f)
	}
}

func (r *ocReader) contract(x ocProcess, parties []ocOrg, at string) Contract {
	s := x.Summary
	at += "/summary"
	k := Contract{
		ID: x.ID, OCID: s.OCID, Title: s.Title, Status: s.Status, Natures: s.Nature, Value: r.money(at+"/contractValue", s.Value),
		Period: r.period(at+"/contractPeriod", s.Period), Final: r.money(at+"/finalValue", s.Final),
	}
	for _, o := range s.Suppliers {
		k.Suppliers = append(k.Suppliers, supplierOf(o, parties))
	}
	for i, m := range s.Modifications {
		path := fmt.Sprintf("%s/modifications/%d", at, i)
		k.Modifications = append(k.Modifications, Modification{
			ID: m.ID, At: r.instant(path+"/date", m.Date), Text: m.Description, Reason: m.Rationale, Value: r.money(path+"/newContractValue", m.NewValue),
			OldValue: r.money(path+"/oldContractValue", m.OldValue), End: r.instant(path+"/newContractPeriod/endDate", m.NewPeriod.End),
			OldEnd: r.instant(path+"/oldContractPeriod/endDate", m.OldPeriod.End),
		})
	}
	for i, t := range s.Transactions {
		path := fmt.Sprintf("%s/transactions/%d", at, i)
		k.Payments = append(k.Payments, Payment{ID: t.ID, At: r.instant(path+"/date", t.Date), Amount: r.money(path+"/value", t.Value), Payee: cmp.Or(t.Payee.Name, t.Payee.ID)})
	}
	for i, l := range x.Releases {
		k.Releases = append(k.Releases, Tagged{ID: l.ID, Tags: l.Tag, At: r.instant(fmt.Sprintf("%s/releases/%d/date", at, i), l.Date), Link: l.URL})
	}
	return k
}

// supplierOf is a supplier with what the parties of its file say of it. The tax
// number is the id of a Kyrgyz company.
func supplierOf(o ocOrg, parties []ocOrg) Supplier {
	out := Supplier{ID: o.ID, Name: o.Name}
	for _, x := range parties {
		if x.ID == o.ID && o.ID != "" {
			out.Name = cmp.Or(out.Name, x.Name)
			if validINN(x.Identifier.ID) {
				out.INN = x.Identifier.ID
			}
		}
	}
	if inn, ok := strings.CutPrefix(o.ID, "KG-INN-"); ok && validINN(inn) {
		out.INN = inn
	}
	return out
}

// progressMetric is the metric that tells how far a project is.
const progressMetric = "physicalProgress"

func (r *ocReader) told(o *ocProject, lang, at string) (out []Update) {
	for i, m := range o.Metrics {
		if m.ID != progressMetric {
			continue
		}
		for j, x := range m.Observations {
			percent, err := strconv.ParseFloat(strings.Trim(string(x.Measure), `"`), 64)
			if err != nil || !(percent >= 0 && percent <= 100) {
				percent = -1
			}
			u := Update{At: r.instant(fmt.Sprintf("%s/metrics/%d/observations/%d/period/endDate", at, i, j), x.Period.End), Percent: int64(percent), Texts: textIn(lang, x.Notes)}
			if u.At != 0 {
				out = append(out, u)
			}
		}
	}
	return out
}

// own reads what the standard has no field for. Texts count only where the
// standard's field still says the same, so that whoever edits a file by the
// standard is heard.
func (r *ocReader) own(p *Project, o *ownPart, dir *body.Directory, at string) {
	same := func(in Texts, all Texts) bool {
		for _, t := range in {
			for _, u := range all {
				if t == u {
					return true
				}
			}
		}
		return len(in) == 0
	}
	if same(p.Titles, o.Titles) && len(o.Titles) > 0 {
		p.Titles = o.Titles
	}
	if same(p.Texts, o.Texts) && len(o.Texts) > 0 {
		p.Texts = o.Texts
	}
	if dir != nil && o.Body != "" {
		if b, ok := dir.ByCode(o.Body); ok {
			p.Body, p.Authority = b.ID, ""
		}
	}
	p.Address = cmp.Or(p.Address, o.Address)
	if o.Placed && place.OnEarth(pointBound(o.Lat, o.Lon)) && (!p.Placed || beside(p.Geometry, o.Lat, o.Lon)) {
		p.Placed, p.Lat, p.Lon = true, o.Lat, o.Lon
	}
	p.District, p.Contact, p.Sources, p.Inferred = o.District, o.Contact, o.Sources, o.Inferred
	p.OriginKind, p.OriginRef, p.OriginLink = o.OriginKind, o.OriginRef, o.OriginLink
	p.Began, p.Ended, p.Guarantee = r.instant(at+"/began", o.Began), r.instant(at+"/ended", o.Ended), r.instant(at+"/guaranteeUntil", o.Guarantee)
	for i := range p.Lines {
		p.Lines[i].Code = o.LineCodes[p.Lines[i].ID]
	}
	for i := range p.Finance {
		if fund := o.Funds[p.Finance[i].ID]; slices.Contains(Funds, fund) {
			p.Finance[i].Fund = fund
		}
	}
	for i := range p.Milestones {
		m := &p.Milestones[i]
		if all := o.Milestones[m.ID]; len(all) > 0 && same(m.Titles, all) {
			m.Titles = all
		}
	}
}

// object is a JSON object that leaves empty values out.
type object map[string]any

func (o object) put(name string, v any) {
	switch x := v.(type) {
	case string:
		if x == "" {
			return
		}
	case object:
		if len(x) == 0 {
			return
		}
	default:
		if r := reflect.ValueOf(v); r.Kind() == reflect.Slice && r.Len() == 0 {
			return
		}
	}
	o[name] = v
}

func stamp(ms int64) string {
	if ms == 0 {
		return ""
	}
	return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.999Z")
}

func valueJSON(m Money) object {
	o := object{}
	if m.Known() {
		o["amount"] = json.Number(big.NewRat(m.Minor, 100).FloatString(2))
		if m.Minor%100 == 0 {
			o["amount"] = json.Number(strconv.FormatInt(m.Minor/100, 10))
		}
		o["currency"] = m.Currency
	}
	return o
}

func periodJSON(p Period) object {
	o := object{}
	o.put("startDate", stamp(p.Start))
	o.put("endDate", stamp(p.End))
	return o
}

// WriteProject is a project as OC4IDS has it. What came of a file and is still
// as the file said is given back as it was.
func WriteProject(p *Project, told []*Update, c *city.City, dir *body.Directory) (json.RawMessage, error) {
	sections := p.sections(told, c, dir)
	out := object{}
	if p.Raw != "" {
		doc, err := decode([]byte(p.Raw))
		if err != nil {
			return nil, err
		}
		base, was, bad := readRaw([]byte(p.Raw), "", c, dir)
		if bad == nil {
			out = object(doc.(map[string]any))
			var old []*Update
			for i := range was {
				old = append(old, &was[i])
			}
			for name, v := range base.sections(old, c, dir) {
				if reflect.DeepEqual(v, sections[name]) && name != "id" {
					delete(sections, name)
				} else if _, still := sections[name]; !still {
					delete(out, name)
				}
			}
		}
	}
	for name, v := range sections {
		out[name] = v
	}
	out.put("updated", stamp(p.Updated))
	return json.Marshal(out)
}

// sections are the top fields of a project by OC4IDS.
func (p *Project) sections(told []*Update, c *city.City, dir *body.Directory) object {
	o := object{"id": p.Public}
	title, lang := p.Titles.In(c.Languages[0])
	text, _ := p.Texts.In(lang)
	o.put("title", title)
	o.put("language", lang)
	o.put("description", text)
	o.put("status", p.Status)
	o.put("type", p.Type)
	o.put("sector", p.Sectors)
	o.put("purpose", p.Purpose)
	o.put("period", periodJSON(p.Planned))
	for stage, x := range p.Stages {
		o.put(stage+"Period", periodJSON(x))
	}
	done := object{}
	if p.Ended != 0 {
		done.put("endDate", stamp(p.Ended))
	}
	o.put("completion", done)
	o.put("locations", p.locationsJSON())
	o.put("budget", p.budgetJSON())
	parties := p.partiesJSON(o, c, dir)
	o.put("parties", parties)
	var processes []object
	for i := range p.Contracts {
		processes = append(processes, p.Contracts[i].json())
	}
	o.put("contractingProcesses", processes)
	var milestones []object
	for _, m := range p.Milestones {
		x := object{"id": m.ID}
		t, _ := Texts(m.Titles).In(lang)
		x.put("title", t)
		x.put("dueDate", stamp(m.Due))
		x.put("dateMet", stamp(m.Met))
		milestones = append(milestones, x)
	}
	o.put("milestones", milestones)
	o.put("documents", p.papersJSON())
	o.put("metrics", metricsJSON(told, lang))
	o.put("ashar", p.ownJSON(dir))
	return o
}

func (p *Project) locationsJSON() []object {
	x := object{}
	x.put("description", p.Address)
	switch {
	case p.Geometry != "":
		if g, err := decode([]byte(p.Geometry)); err == nil {
			x["geometry"] = g
		}
	case p.Placed:
		x["geometry"] = object{"type": "Point", "coordinates": []float64{p.Lon, p.Lat}}
	}
	if len(x) == 0 {
		return nil
	}
	x["id"] = "1"
	return []object{x}
}

func (p *Project) budgetJSON() object {
	o := object{}
	o.put("amount", valueJSON(p.Budget))
	o.put("approvalDate", stamp(p.Approved))
	var parts []object
	for _, l := range p.Lines {
		x := object{"id": l.ID}
		x.put("description", l.Text)
		x.put("amount", valueJSON(l.Amount))
		x.put("period", periodJSON(l.Period))
		if l.Party != "" {
			x.put("sourceParty", object{"name": l.Party})
		}
		parts = append(parts, x)
	}
	if len(parts) > 0 {
		o["budgetBreakdowns"] = []object{{"id": "1", "budgetBreakdown": parts}}
	}
	var finance []object
	for _, f := range p.Finance {
		x := object{"id": f.ID}
		x.put("value", valueJSON(f.Amount))
		if f.Party != "" {
			x.put("financingParty", object{"name": f.Party})
		}
		if f.Fund == "grant" || f.Fund == "loan" {
			x["type"] = f.Fund
		}
		finance = append(finance, x)
	}
	o.put("finance", finance)
	return o
}

// partiesJSON are the organisations of a project; it also writes which of them
// answers for it.
func (p *Project) partiesJSON(o object, c *city.City, dir *body.Directory) (out []object) {
	if id, name := p.authorityRef(c, dir); name != "" {
		ref := object{"name": name}
		ref.put("id", id)
		o["publicAuthority"] = ref
		x := object{"name": name, "roles": []string{"publicAuthority"}}
		x.put("id", cmp.Or(id, "publicAuthority"))
		if id == "" {
			ref["id"] = "publicAuthority"
		}
		cp := object{}
		cp.put("email", p.Contact.Email)
		cp.put("telephone", p.Contact.Phone)
		x.put("contactPoint", cp)
		out = append(out, x)
	}
	seen := map[string]bool{}
	for i := range p.Contracts {
		for _, s := range p.Contracts[i].Suppliers {
			id := cmp.Or(s.ID, supplierID(s))
			if id == "" || seen[id] {
				continue
			}
			seen[id] = true
			x := object{"id": id, "roles": []string{"supplier"}}
			x.put("name", s.Name)
			if s.INN != "" {
				x["identifier"] = object{"scheme": "KG-INN", "id": s.INN}
			}
			out = append(out, x)
		}
	}
	return out
}

func (p *Project) authorityRef(c *city.City, dir *body.Directory) (id, name string) {
	if dir != nil && p.Body != 0 {
		if b, ok := dir.Get(p.Body); ok {
			return b.Code, b.Name(c.Languages[0])
		}
	}
	return "", p.Authority
}

func (c *Contract) json() object {
	s := object{}
	s.put("ocid", c.OCID)
	s.put("title", c.Title)
	s.put("status", c.Status)
	s.put("nature", c.Natures)
	var suppliers []object
	for _, x := range c.Suppliers {
		o := object{}
		o.put("id", cmp.Or(x.ID, supplierID(x)))
		o.put("name", x.Name)
		suppliers = append(suppliers, o)
	}
	s.put("suppliers", suppliers)
	s.put("contractValue", valueJSON(c.Value))
	s.put("contractPeriod", periodJSON(c.Period))
	s.put("finalValue", valueJSON(c.Final))
	var mods []object
	for _, m := range c.Modifications {
		x := object{"id": m.ID}
		x.put("date", stamp(m.At))
		x.put("description", m.Text)
		x.put("rationale", m.Reason)
		x.put("oldContractValue", valueJSON(m.OldValue))
		x.put("newContractValue", valueJSON(m.Value))
		x.put("oldContractPeriod", periodJSON(Period{End: m.OldEnd}))
		x.put("newContractPeriod", periodJSON(Period{End: m.End}))
		mods = append(mods, x)
	}
	s.put("modifications", mods)
	var paid []object
	for _, t := range c.Payments {
		x := object{"id": t.ID}
		x.put("date", stamp(t.At))
		x.put("value", valueJSON(t.Amount))
		if t.Payee != "" {
			x["payee"] = object{"name": t.Payee}
		}
		paid = append(paid, x)
	}
	s.put("transactions", paid)
	o := object{"id": c.ID}
	o.put("summary", s)
	var releases []object
	for _, r := range c.Releases {
		if len(r.Tags) > 0 && r.At != 0 && r.Link != "" {
			releases = append(releases, object{"id": r.ID, "tag": r.Tags, "date": stamp(r.At), "url": r.Link})
		}
	}
	o.put("releases", releases)
	return o
}

func (p *Project) papersJSON() (out []object) {
	for _, d := range p.Papers {
		x := object{"id": d.ID}
		x.put("documentType", d.Type)
		x.put("title", d.Title)
		if strings.Contains(d.Link, "://") {
			x.put("url", d.Link)
		}
		x.put("datePublished", stamp(d.Published))
		x.put("format", d.Format)
		x.put("language", d.Lang)
		out = append(out, x)
	}
	return out
}

func metricsJSON(told []*Update, lang string) []object {
	var list []object
	for i, u := range slices.Backward(told) {
		x := object{"id": strconv.Itoa(len(told) - i), "period": object{"endDate": stamp(u.At)}}
		if u.Percent >= 0 {
			x["measure"] = u.Percent
			x["unit"] = object{"name": "percent"}
		}
		t, _ := u.Texts.In(lang)
		x.put("notes", t)
		list = append(list, x)
	}
	if list == nil {
		return nil
	}
	return []object{{"id": progressMetric, "title": "Physical progress", "observations": list}}
}

func (p *Project) ownJSON(dir *body.Directory) object {
	own := ownPart{
		Titles: p.Titles, Texts: p.Texts, District: p.District, Address: p.Address, Lat: p.Lat, Lon: p.Lon, Placed: p.Placed, Began: stamp(p.Began), Ended: stamp(p.Ended),
		Guarantee: stamp(p.Guarantee), OriginKind: p.OriginKind, OriginRef: p.OriginRef, OriginLink: p.OriginLink, Contact: p.Contact, Sources: p.Sources,
		Inferred: p.Inferred, LineCodes: map[string]string{}, Funds: map[string]string{}, Milestones: map[string]Texts{},
	}
	if dir != nil {
		if b, ok := dir.Get(p.Body); ok {
			own.Body = b.Code
		}
	}
	for _, l := range p.Lines {
		if l.Code != "" {
			own.LineCodes[l.ID] = l.Code
		}
	}
	for _, f := range p.Finance {
		if f.Fund != "" {
			own.Funds[f.ID] = f.Fund
		}
	}
	for _, m := range p.Milestones {
		if len(m.Titles) > 0 {
			own.Milestones[m.ID] = m.Titles
		}
	}
	data, err := json.Marshal(own)
	if err != nil {
		return nil
	}
	var out object
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	if dec.Decode(&out) != nil {
		return nil
	}
	return out
}
