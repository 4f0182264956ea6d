package project

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/ashar-kg/ashar/internal/civic/intake"
	"github.com/ashar-kg/ashar/internal/platform/ui"
)

// aboutLine says in a line what a project is, where and whose.
func aboutLine(s *scene, x *Project) string {
	var parts []string
	if len(x.Sectors) > 0 {
		parts = append(parts, s.sector(x.Sectors[0]))
	}
	if x.District != "" {
		parts = append(parts, s.district(x.District))
	}
	if x.Body != 0 || x.Authority != "" {
		parts = append(parts, s.owner(x))
	}
	if x.Planned.End != 0 {
		parts = append(parts, s.T("project.until", "day", s.day(x.Planned.End)))
	}
	return strings.Join(parts, " · ")
}

func factRows(s *scene, x *Whole) []ui.Row {
	sectors := make([]string, len(x.Sectors))
	for i, code := range x.Sectors {
		sectors[i] = s.sector(code)
	}
	rows := []ui.Row{{Name: s.T("project.body"), Value: s.owner(x.Project)}}
	add := func(name, value string) {
		if value != "" {
			rows = append(rows, ui.Row{Name: s.T("project." + name), Value: value})
		}
	}
	if x.Type != "" {
		add("type", s.code("type", x.Type, Types))
	}
	add("sector", strings.Join(sectors, ", "))
	add("purpose", x.Purpose)
	if x.District != "" {
		add("district", s.district(x.District))
	}
	add("address", x.Address)
	for _, d := range []struct {
		name string
		ms   int64
	}{{"planned_start", x.Planned.Start}, {"planned_end", x.Planned.End}, {"began", x.Began}, {"ended", x.Ended}, {"guarantee", x.Guarantee}} {
		if d.ms != 0 {
			add(d.name, s.day(d.ms))
		}
	}
	if x.OriginKind != "" {
		row := ui.Row{Name: s.T("project.origin"), Value: s.code("origin", x.OriginKind, Origins)}
		if safeLink(x.OriginLink) {
			row.Href = x.OriginLink
		}
		rows = append(rows, row)
	}
	add("contact", strings.Join(slices.DeleteFunc([]string{x.Contact.Name, x.Contact.Phone, x.Contact.Email}, func(t string) bool { return t == "" }), ", "))
	add("updated", s.day(x.Updated))
	return rows
}

func fieldNames(s *scene, fields []string) string {
	out := make([]string, len(fields))
	for i, f := range fields {
		out[i] = s.code("field", f, inferable)
	}
	return strings.Join(out, ", ")
}

// inferable are the fields that a source may leave to be inferred.
var inferable = []string{"status", "district", "body", "budget", "place", "type", "year", "sector"}

func financeRows(s *scene, x *Project) (out []ui.Row) {
	for _, f := range x.Finance {
		name := f.Party
		if f.Fund != "" {
			name = strings.TrimSpace(strings.Join([]string{f.Party, "(" + s.code("fund", f.Fund, Funds) + ")"}, " "))
		}
		out = append(out, ui.Row{Name: name, Value: s.money(f.Amount)})
	}
	return out
}

func lineRows(s *scene, x *Project) (out []ui.Row) {
	for _, l := range x.Lines {
		out = append(out, ui.Row{Name: strings.TrimSpace(strings.Join([]string{l.Code, l.Text, l.Party}, " ")), Value: s.money(l.Amount)})
	}
	return out
}

func milestoneRows(s *scene, x *Project) (out []ui.Row) {
	for _, m := range x.Milestones {
		title, _ := Texts(m.Titles).In(s.Lang())
		value := s.T("project.milestone.due", "day", s.day(m.Due))
		switch {
		case m.Met != 0:
			value = s.T("project.milestone.met", "day", s.day(m.Met))
		case m.Due != 0 && m.Due < s.Now.UnixMilli() && x.Active():
			value = s.T("project.milestone.late", "day", s.day(m.Due))
		}
		out = append(out, ui.Row{Name: title, Value: value})
	}
	return out
}

// stage is a step of the life of a project on its page.
type stage struct {
	Name, When string
	Past, Now  bool
}

func stagesOf(s *scene, x *Project) (out []stage) {
	now := slices.Index(Statuses, x.Status)
	for i, code := range Statuses[:5] {
		st := stage{Name: s.T("project.status." + code), Past: i < now && x.Status != Cancelled, Now: i == now}
		if p := x.Stages[code]; p.Start != 0 || p.End != 0 {
			st.When = s.T("project.span", "from", s.day(p.Start), "to", s.day(p.End))
		}
		out = append(out, st)
	}
	if now >= 5 {
		out = append(out, stage{Name: s.T("project.status." + x.Status), Now: true})
	}
	return out
}

func contractRows(s *scene, k *Contract) (out []ui.Row) {
	add := func(name, value string) {
		if value != "" {
			out = append(out, ui.Row{Name: s.T("project." + name), Value: value})
		}
	}
	for _, x := range k.Suppliers {
		text := x.Name
		if x.INN != "" {
			text += ", " + s.T("project.inn", "inn", x.INN)
		}
		add("supplier", text)
	}
	add("ocid", k.OCID)
	if k.Status != "" {
		add("contract_status", s.code("contract_status", k.Status, ContractStatuses))
	}
	if k.Value.Known() {
		add("contract_value", s.money(k.Value))
	}
	if now := k.Current(); now != k.Value {
		add("contract_now", s.money(now))
	}
	if k.Period.Start != 0 || k.End() != 0 {
		add("contract_period", s.T("project.span", "from", s.day(k.Period.Start), "to", s.day(k.End())))
	}
	var paid int64
	for _, p := range k.Payments {
		paid += p.Amount.Minor
	}
	if paid > 0 {
		add("money.paid", s.P.Money(paid, cmp.Or(k.Payments[0].Amount.Currency, s.City.Currency)))
	}
	return out
}

func modificationText(s *scene, m Modification) string {
	parts := []string{s.day(m.At)}
	if m.Value.Known() {
		parts = append(parts, s.T("project.modification.value", "from", s.money(m.OldValue), "to", s.money(m.Value)))
	}
	if m.End != 0 {
		parts = append(parts, s.T("project.modification.end", "from", s.day(m.OldEnd), "to", s.day(m.End)))
	}
	for _, t := range []string{m.Text, m.Reason} {
		if t != "" {
			parts = append(parts, t)
		}
	}
	return strings.Join(parts, ". ")
}

func paperName(s *scene, d Paper) string {
	name := cmp.Or(d.Title, d.Link, d.ID)
	if slices.Contains(DocumentTypes, d.Type) {
		name = s.T("project.paper."+d.Type) + ": " + name
	}
	return name
}

// authorOf is who made a change, as everybody may know: a body.
func authorOf(s *scene, c *Change) string {
	if c.Body != 0 {
		return s.bodies.Name(c.Body, s.Lang())
	}
	if c.Actor != "" {
		return c.Actor
	}
	if c.Act == ActOrigin {
		return s.T("project.history.decision")
	}
	return s.T("project.history.city")
}

// factText says a change of a value in words.
func factText(s *scene, f Fact) string {
	name := s.T("project.field." + f.Field)
	if f.Of != "" {
		name += " (" + f.Of + ")"
	}
	if f.From == "" {
		return name + ": " + s.valueText(f, f.To)
	}
	return s.T("project.history.from_to", "name", name, "from", s.valueText(f, f.From), "to", s.valueText(f, f.To))
}

func options(s *scene, group string, codes []string, chosen, any string) []ui.Option {
	out := []ui.Option{{Value: "", Text: any}}
	for _, c := range codes {
		out = append(out, option(c, s.T("project."+group+"."+c), chosen))
	}
	return out
}

func districtOptions(s *scene, chosen string) []ui.Option {
	out := []ui.Option{{Value: "", Text: s.T("project.filter.any")}}
	for _, a := range s.areas {
		out = append(out, option(a.Code, a.Names.In(s.Lang()), chosen))
	}
	return out
}

// bodyOptions are the bodies of the city, by code or by id.
func bodyOptions(s *scene, chosen string, byCode bool) []ui.Option {
	out := []ui.Option{{Value: "", Text: s.T("project.filter.any")}}
	if !byCode {
		out = []ui.Option{{Value: "0", Text: s.T("project.filter.nobody"), Checked: chosen == "0"}}
	}
	for _, b := range s.bodies.All(s.Now, s.Lang()) {
		switch {
		case byCode:
			out = append(out, option(b.Code, b.Name(s.Lang()), chosen))
		case s.Actor.Can(Write, b.ID):
			out = append(out, option(number(b.ID), b.Name(s.Lang()), chosen))
		}
	}
	return out
}

func yearOptions(s *scene, years [2]int64, chosen string) []ui.Option {
	out := []ui.Option{{Value: "", Text: s.T("project.filter.any")}}
	for y := years[1]; y >= years[0] && y > 0 && len(out) < 60; y-- {
		text := strconv.FormatInt(y, 10)
		out = append(out, option(text, text, chosen))
	}
	return out
}

func bandOptions(s *scene, chosen string) []ui.Option {
	out := []ui.Option{{Value: "", Text: s.T("project.filter.any")}}
	for i := 1; i <= len(bands); i++ {
		n := strconv.Itoa(i)
		if i == len(bands) {
			out = append(out, option(n, s.T("project.band.more", "sum", s.P.Money(bands[i-1]*100, s.City.Currency)), chosen))
			continue
		}
		out = append(out, option(n, s.T("project.band.less", "sum", s.P.Money(bands[i]*100, s.City.Currency)), chosen))
	}
	return out
}

func contractOptions(s *scene, x *Project, chosen string, fresh bool) []ui.Option {
	var out []ui.Option
	if fresh {
		out = append(out, ui.Option{Value: "", Text: s.T("project.contract.new")})
	}
	for i := range x.Contracts {
		out = append(out, option(x.Contracts[i].ID, x.Contracts[i].name(), chosen))
	}
	return out
}

func kindOptions(kinds []intake.Choice, chosen string) (out []ui.Option) {
	for _, k := range kinds {
		if k.Instead == "" {
			out = append(out, option(k.Code, k.Text, chosen))
		}
	}
	return out
}
