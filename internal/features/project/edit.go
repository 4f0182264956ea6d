package project

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/once"
	"github.com/ashar-kg/ashar/internal/platform/tiles"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Edit is what the staff says of a project in its form: what steps, contracts
// and updates change is not in it.
type Edit struct {
	Titles, Texts Texts
	Type, Sector  string
	Body          int64
	Address       string
	Lat, Lon      float64
	Placed        bool
	Geometry      string
	Planned       Period
	Began, Ended  int64
	Guarantee     int64
	Budget        int64 // tyiyn
	Approved      int64
	Lines         []Line
	Finance       []Finance
	Papers        []Paper
	Contact       Contact
	Sources       []Source // nil leaves them
	Reason        string
}

// check puts an edit right, and says what is wrong with it. Field errors are
// named as the fields of the form.
func (e *Edit) check(c *city.City) error {
	f := &web.Form{}
	e.Reason = reasonOf(f, e.Reason)
	if len(e.Titles) == 0 {
		f.Fail("title_"+c.Languages[0], "project.error.title")
	}
	for lang, text := range e.Titles {
		f.Long("title_"+lang, text, maxTitle)
	}
	for lang, text := range e.Texts {
		f.Long("text_"+lang, text, maxText)
	}
	if e.Type != "" && !slices.Contains(Types, e.Type) {
		f.Fail("type", "error.field.choice")
	}
	if !(e.Lat >= -tiles.MaxLat && e.Lat <= tiles.MaxLat && e.Lon >= -180 && e.Lon <= 180) {
		f.Fail("lat", "project.error.place")
	}
	if e.Geometry != "" {
		if _, _, _, ok := settle(e.Geometry); !ok {
			f.Fail("geometry", "project.error.geometry")
		}
	}
	if e.Planned.Start != 0 && e.Planned.End != 0 && e.Planned.End < e.Planned.Start {
		f.Fail("planned_end", "project.error.order")
	}
	if e.Began != 0 && e.Ended != 0 && e.Ended < e.Began {
		f.Fail("ended", "project.error.order")
	}
	return f.Err()
}

// apply writes an edit into a project.
func (e *Edit) apply(c *city.City, p *Project) {
	p.Titles, p.Texts, p.Type = e.Titles, e.Texts, e.Type
	switch {
	case e.Sector == "":
		p.Sectors = nil
	case !slices.Contains(p.Sectors, e.Sector):
		p.Sectors = []string{e.Sector}
	}
	if p.Body = e.Body; p.Body != 0 {
		p.Authority = ""
	}
	p.Address, p.Placed, p.Lat, p.Lon, p.Geometry = e.Address, e.Placed, e.Lat, e.Lon, e.Geometry
	p.Planned, p.Began, p.Ended, p.Guarantee, p.Approved = e.Planned, e.Began, e.Ended, e.Guarantee, e.Approved
	if currency := cmp.Or(p.Budget.Currency, c.Currency); e.Budget != 0 || p.Budget.Known() {
		p.Budget = Money{Minor: e.Budget, Currency: currency}
	}
	if p.Budget.Minor == 0 {
		p.Budget = Money{}
	}
	p.Lines, p.Finance, p.Papers, p.Contact = e.Lines, e.Finance, e.Papers, e.Contact
	if e.Sources != nil {
		p.Sources = e.Sources
	}
}

// Create makes a project. Field errors are named as the fields of the form.
func (s *Service) Create(ctx context.Context, c *city.City, a permission.Actor, e Edit) (*Project, error) {
	if err := a.Check(Write, e.Body); err != nil {
		return nil, err
	}
	if err := e.check(c); err != nil {
		return nil, err
	}
	dir, err := s.Bodies.Of(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	if _, ok := dir.Get(e.Body); e.Body != 0 && !ok {
		return nil, web.Invalid(web.FieldError{Field: "body", Key: "error.field.choice"})
	}
	now := s.Clock.Now()
	p := &Project{ID: ids.At(now), Progress: -1, Told: now.UnixMilli(), Created: now.UnixMilli(), Updated: now.UnixMilli(), Version: 1}
	p.Public, p.Status = publicID(c, p.ID), Identification
	e.apply(c, p)
	if err := s.locate(ctx, c, p); err != nil {
		return nil, err
	}
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		by := workplace(a, p.Body)
		if _, err := s.add(tx, c, p, Change{Act: ActCreated, Reason: e.Reason, Person: a.Person, Body: by, Actor: dir.Name(by, c.Languages[0])}); err != nil {
			return err
		}
		if err := permission.Audit(tx, a, "project.created", "project", p.ID, e.Reason, s.Clock.Now()); err != nil {
			return err
		}
		return once.Claim(tx, "/staff"+at(p.ID))
	})
	return p, err
}

// Change edits a project, with a reason that everybody reads. version is the
// one that the editor saw.
func (s *Service) Change(ctx context.Context, c *city.City, a permission.Actor, id, version int64, e Edit) error {
	if err := e.check(c); err != nil {
		return err
	}
	return s.change(ctx, c, a, id, Change{Act: ActEdited, Reason: e.Reason}, "project.notice.changed", func(_ *db.Tx, p *Project) error {
		if version != p.Version {
			return web.Conflict()
		}
		e.apply(c, p)
		return s.locate(ctx, c, p)
	})
}

// Step moves a project to another status, with a reason. Fields: status, reason.
func (s *Service) Step(ctx context.Context, c *city.City, a permission.Actor, id int64, to, reason string) error {
	f := &web.Form{}
	if reason = reasonOf(f, reason); !slices.Contains(Statuses, to) {
		f.Fail("status", "error.field.choice")
	}
	if err := f.Err(); err != nil {
		return err
	}
	now := s.Clock.Now().UnixMilli()
	return s.change(ctx, c, a, id, Change{Act: ActStatus, Reason: reason}, "project.notice.status", func(_ *db.Tx, p *Project) error {
		if p.Status == to {
			return web.Invalid(web.FieldError{Field: "status", Key: "project.error.same"})
		}
		p.enter(to, now)
		return nil
	})
}

// enter sets what a status means: its stage begins, the one before ends, and
// work has begun or ended where nothing else says when.
func (p *Project) enter(to string, now int64) {
	if p.Stages == nil {
		p.Stages = map[string]Period{}
	}
	if was, ok := p.Stages[p.Status]; ok && was.End == 0 {
		was.End = now
		p.Stages[p.Status] = was
	}
	if slices.Contains(Stages, to) {
		x := p.Stages[to]
		x.Start, x.End = cmp.Or(x.Start, now), 0
		p.Stages[to] = x
	}
	before := slices.Index(Statuses, p.Status)
	p.Status = to
	switch to {
	case Implementation:
		p.Began, p.Ended = cmp.Or(p.Began, now), 0
	case Completion, Maintenance:
		if before < slices.Index(Statuses, Completion) {
			p.Ended = cmp.Or(p.Ended, now)
		}
	}
}

// Telling is an update as the staff gives it. Percent is -1 for not said.
type Telling struct {
	At      int64
	Percent int64
	Texts   Texts
	Stage   string // of the photos
	Photos  []Photo
}

// Tell adds an update on the progress, with photos. Fields: text_<lang>,
// percent, day.
func (s *Service) Tell(ctx context.Context, c *city.City, a permission.Actor, id int64, t Telling) error {
	f := &web.Form{}
	if len(t.Texts) == 0 {
		f.Fail("text_"+c.Languages[0], "project.error.words")
	}
	for lang, text := range t.Texts {
		f.Long("text_"+lang, text, maxText)
	}
	if t.Percent < -1 || t.Percent > 100 {
		f.Fail("percent", "project.error.percent")
	}
	if t.At <= 0 || t.At > s.Clock.Now().UnixMilli() {
		f.Fail("day", "project.error.day")
	}
	if err := f.Err(); err != nil {
		return err
	}
	dir, err := s.Bodies.Of(ctx, c.ID)
	if err != nil {
		return err
	}
	return s.change(ctx, c, a, id, Change{Act: ActTold}, "project.notice.told", func(tx *db.Tx, p *Project) error {
		by := workplace(a, p.Body)
		u := &Update{ID: ids.At(s.Clock.Now()), Project: id, At: t.At, Percent: t.Percent, Texts: t.Texts, Body: by, Actor: dir.Name(by, c.Languages[0])}
		if err := putUpdate(tx, c.ID, a.Person, u); err != nil {
			return err
		}
		for _, ph := range t.Photos {
			ph.ID, ph.Project, ph.Update, ph.Stage = ids.At(s.Clock.Now()), id, u.ID, t.Stage
			if err := putPhoto(tx, c.ID, &ph); err != nil {
				return err
			}
		}
		if t.Percent >= 0 {
			p.Progress = t.Percent
		}
		p.Told = max(p.Told+1, s.Clock.Now().UnixMilli())
		return nil
	})
}

// Contracting is a step at a contract as the staff gives it: a new one, or with
// an ID of one that there is what is different now.
type Contracting struct {
	ID       string // "" is a new contract
	OCID     string
	Title    string
	Status   string
	Supplier Supplier
	Value    int64 // tyiyn
	Period   Period
	Reason   string
}

// SetContract adds a contract or completes one. What it is worth and until when
// it runs is changed by Modify only, once it is signed. Fields: contract, ocid,
// name, supplier, inn, value, contract_status, reason.
func (s *Service) SetContract(ctx context.Context, c *city.City, a permission.Actor, id int64, k Contracting) error {
	f := &web.Form{}
	k.Reason = reasonOf(f, k.Reason)
	if k.ID == "" && k.Title == "" && k.OCID == "" {
		f.Fail("name", "project.error.contract")
	}
	if k.Status != "" && !slices.Contains(ContractStatuses, k.Status) {
		f.Fail("contract_status", "error.field.choice")
	}
	if k.Supplier.INN != "" && !validINN(k.Supplier.INN) {
		f.Fail("inn", "project.error.inn")
	}
	if err := f.Err(); err != nil {
		return err
	}
	return s.change(ctx, c, a, id, Change{Act: ActContract, Reason: k.Reason}, "project.notice.changed", func(_ *db.Tx, p *Project) error {
		i := slices.IndexFunc(p.Contracts, func(x Contract) bool { return x.ID == k.ID })
		switch {
		case k.ID != "" && i < 0:
			return web.NotFound()
		case len(p.Contracts) >= maxContracts:
			return web.Conflict()
		case i < 0:
			i = len(p.Contracts)
			p.Contracts = append(p.Contracts, Contract{ID: freeID(i+1, func(id string) bool {
				return slices.ContainsFunc(p.Contracts, func(x Contract) bool { return x.ID == id })
			})})
		}
		x := &p.Contracts[i]
		x.OCID, x.Title, x.Status = cmp.Or(k.OCID, x.OCID), cmp.Or(k.Title, x.Title), cmp.Or(k.Status, x.Status)
		if k.Supplier.Name != "" {
			k.Supplier.ID = supplierID(k.Supplier)
			x.Suppliers = []Supplier{k.Supplier}
		}
		if !x.Value.Known() && k.Value > 0 {
			x.Value = Money{Minor: k.Value, Currency: c.Currency}
		}
		x.Period.Start, x.Period.End = cmp.Or(x.Period.Start, k.Period.Start), cmp.Or(x.Period.End, k.Period.End)
		return nil
	})
}

// freeID is a number as an id that is not taken.
func freeID(n int, taken func(string) bool) string {
	for taken(strconv.Itoa(n)) {
		n++
	}
	return strconv.Itoa(n)
}

// validINN tells whether a text is a tax number of the Kyrgyz Republic: 14 digits.
func validINN(s string) bool {
	return len(s) == 14 && strings.Trim(s, "0123456789") == ""
}

func supplierID(s Supplier) string {
	if s.INN != "" {
		return "KG-INN-" + s.INN
	}
	return cmp.Or(s.ID, s.Name)
}

// Modify changes what a contract is worth or until when it runs; the old value
// stays beside it. Fields: contract, value, contract_end, text, reason.
func (s *Service) Modify(ctx context.Context, c *city.City, a permission.Actor, id int64, contract string, m Modification, value int64) error {
	f := &web.Form{}
	m.Reason = reasonOf(f, m.Reason)
	if value <= 0 && m.End == 0 {
		f.Fail("value", "project.error.modification")
	}
	if err := f.Err(); err != nil {
		return err
	}
	return s.change(ctx, c, a, id, Change{Act: ActContract, Reason: m.Reason}, "project.notice.contract", func(_ *db.Tx, p *Project) error {
		i := slices.IndexFunc(p.Contracts, func(x Contract) bool { return x.ID == contract })
		if i < 0 {
			return web.Invalid(web.FieldError{Field: "contract", Key: "error.field.choice"})
		}
		x := &p.Contracts[i]
		m.ID = freeID(len(x.Modifications)+1, func(id string) bool {
			return slices.ContainsFunc(x.Modifications, func(o Modification) bool { return o.ID == id })
		})
		m.At = cmp.Or(m.At, s.Clock.Now().UnixMilli())
		if value > 0 {
			m.OldValue = x.Current()
			m.Value = Money{Minor: value, Currency: cmp.Or(m.OldValue.Currency, c.Currency)}
		}
		if m.End != 0 {
			m.OldEnd = x.End()
		}
		x.Modifications = append(x.Modifications, m)
		return nil
	})
}

// Pay notes a payment under a contract. Fields: contract, value, reason.
func (s *Service) Pay(ctx context.Context, c *city.City, a permission.Actor, id int64, contract string, at, value int64, reason string) error {
	f := &web.Form{}
	if reason = reasonOf(f, reason); value <= 0 {
		f.Fail("value", "project.error.amount")
	}
	if at > s.Clock.Now().UnixMilli() {
		f.Fail("day", "project.error.day")
	}
	if err := f.Err(); err != nil {
		return err
	}
	return s.change(ctx, c, a, id, Change{Act: ActContract, Reason: reason}, "project.notice.contract", func(_ *db.Tx, p *Project) error {
		i := slices.IndexFunc(p.Contracts, func(x Contract) bool { return x.ID == contract })
		if i < 0 {
			return web.Invalid(web.FieldError{Field: "contract", Key: "error.field.choice"})
		}
		x := &p.Contracts[i]
		n := freeID(len(x.Payments)+1, func(id string) bool {
			return slices.ContainsFunc(x.Payments, func(o Payment) bool { return o.ID == id })
		})
		pay := Payment{ID: n, At: cmp.Or(at, s.Clock.Now().UnixMilli()), Amount: Money{Minor: value, Currency: cmp.Or(x.Current().Currency, c.Currency)}}
		if len(x.Suppliers) > 0 {
			pay.Payee = x.Suppliers[0].Name
		}
		x.Payments = append(x.Payments, pay)
		return nil
	})
}

// parseLines reads the parts of a budget as a form has them: one a line, code,
// words and amount with semicolons between them. bad is the first line that
// cannot be read, from 1; 0 for none.
func parseLines(text, currency string) (out []Line, bad int) {
	for i, row := range rowsOf(text) {
		parts := split(row, 3)
		minor, ok := web.ParseMoney(parts[2])
		if !ok || parts[0] == "" && parts[1] == "" || len(out) >= maxLines {
			return nil, i + 1
		}
		out = append(out, Line{ID: strconv.Itoa(i + 1), Code: parts[0], Text: parts[1], Amount: Money{Minor: minor, Currency: currency}})
	}
	return out, 0
}

func linesText(list []Line) string {
	var out []string
	for _, l := range list {
		out = append(out, l.Code+"; "+strings.ReplaceAll(l.Text, ";", ",")+"; "+web.MoneyText(l.Amount.Minor))
	}
	return strings.Join(out, "\n")
}

// parsePapers reads documents as a form has them: one a line, title and address
// with a semicolon between them.
func parsePapers(text string) (out []Paper, bad int) {
	for i, row := range rowsOf(text) {
		parts := split(row, 2)
		if parts[0] == "" || !safeLink(parts[1]) || len(out) >= maxLines {
			return nil, i + 1
		}
		out = append(out, Paper{ID: strconv.Itoa(i + 1), Title: parts[0], Link: parts[1]})
	}
	return out, 0
}

func papersText(list []Paper) string {
	var out []string
	for _, d := range list {
		out = append(out, strings.ReplaceAll(d.Title, ";", ",")+"; "+d.Link)
	}
	return strings.Join(out, "\n")
}

// keepPapers carries what the form does not show over to papers that stay.
func keepPapers(list, old []Paper) []Paper {
	for i, d := range list {
		if j := slices.IndexFunc(old, func(o Paper) bool { return o.Link == d.Link }); j >= 0 {
			list[i] = old[j]
			list[i].Title = d.Title
		}
	}
	return list
}

// rowsOf are the lines of a text that are not empty.
func rowsOf(text string) (out []string) {
	for row := range strings.Lines(text) {
		if row = strings.TrimSpace(row); row != "" {
			out = append(out, row)
		}
	}
	return out
}

func split(row string, n int) []string {
	parts := strings.SplitN(row, ";", n)
	for len(parts) < n {
		parts = append(parts, "")
	}
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}

// safeLink tells whether an address may stand on a page.
func safeLink(s string) bool {
	return strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "/") && !strings.HasPrefix(s, "//")
}

// dayText is how a field shows a day.
func dayText(ms int64, zone *time.Location) string {
	if ms == 0 {
		return ""
	}
	return time.UnixMilli(ms).In(zone).Format(time.DateOnly)
}
