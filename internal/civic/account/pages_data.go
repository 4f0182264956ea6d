package account

import (
	"cmp"
	"context"
	"net/http"
	"slices"

	"github.com/ashar-kg/ashar/internal/civic/manifest"
	"github.com/ashar-kg/ashar/internal/civic/notify"
	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ui"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

func (p *Pages) data(w http.ResponseWriter, r *http.Request) error {
	return p.dataPage(w, r, emptyForm())
}

func (p *Pages) dataPage(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	v := page.Of(r)
	if err := signedInOnly(v); err != nil {
		return err
	}
	var consents []Consent
	err := p.Service.db.View(r.Context(), func(tx *db.Tx) (err error) {
		consents, err = Consents(tx, v.City.ID, v.Actor.Person)
		return err
	})
	if err != nil {
		return err
	}
	return page.Render(w, r, metaOf(v.T("account.data.title"), f), dataView(v, f, p.Service.data, consents))
}

func (p *Pages) export(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	doc, err := p.Service.Export(r.Context(), v.City, v.Actor)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Disposition", `attachment; filename="ashar-data.json"`)
	w.Header().Set("Cache-Control", "private, no-store")
	return page.JSON(w, r, http.StatusOK, doc)
}

// allData is the same as export, to be read.
func (p *Pages) allData(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	doc, err := p.Service.Export(r.Context(), v.City, v.Actor)
	if err != nil {
		return err
	}
	var parts []part
	for _, d := range p.Service.data {
		if d.Tell == nil {
			continue
		}
		told, err := d.Tell(r.Context(), doc[d.Name])
		if err != nil {
			return err
		}
		told = slices.DeleteFunc(told, func(t manifest.Told) bool { return len(t.Rows) == 0 })
		parts = append(parts, part{v.T(d.Purpose), told})
	}
	return page.Render(w, r, page.Meta{Title: v.T("account.data.all"), Private: true}, allDataView(v, parts))
}

// part is one entry of the register with all that is held in it.
type part struct {
	title string
	told  []manifest.Told
}

// tellPerson says what the account knows of its person.
func (p *Pages) tellPerson(ctx context.Context, doc any) ([]manifest.Told, error) {
	d, v := doc.(personDoc), page.In(ctx)
	dir, err := p.Bodies.Of(ctx, v.City.ID)
	if err != nil {
		return nil, err
	}
	person := manifest.Told{Rows: filledRows(
		ui.Row{Name: v.T("account.profile.name"), Value: d.Name},
		ui.Row{Name: v.T("account.profile.lang"), Value: page.LanguageName(d.Language)},
		ui.Row{Name: v.T("account.home.address"), Value: d.Home.Address},
		ui.Row{Name: v.T("account.home.district"), Value: d.Home.District},
		ui.Row{Name: v.T("account.told.since"), Value: momentOf(v, d.Since)},
		ui.Row{Name: v.T("account.told.level"), Value: v.T("account.level." + itoa(int64(d.Level)))},
	)}
	if d.TOTP {
		person.Rows = append(person.Rows, ui.Row{Name: v.T("account.people.factor"), Value: v.T("account.security.app")})
	}
	contacts := manifest.Told{Title: v.T("account.contacts.title")}
	for _, k := range d.Contacts {
		contacts.Rows = append(contacts.Rows, ui.Row{Name: k.Address, Value: v.T("account.contacts.proved", "when", momentOf(v, k.Proved))})
	}
	roles := manifest.Told{Title: v.T("account.told.roles")}
	for _, g := range d.Roles {
		roles.Rows = append(roles.Rows, ui.Row{Name: v.T("account.role." + string(g.Role)), Value: bodyName(v, dir, g.Body)})
	}
	documents := manifest.Told{Title: v.T("account.told.documents")}
	for _, at := range d.Documents {
		documents.Rows = append(documents.Rows, ui.Row{Name: v.T("account.resident.document"), Value: v.T("account.told.seen", "when", momentOf(v, at))})
	}
	devices := tellDevices(v, v.T("account.devices.title"), d.Devices)
	return []manifest.Told{person, contacts, roles, devices, tellDevices(v, v.T("account.passkeys.title"), d.Passkeys), tellConsents(v, d.Consents), documents}, nil
}

func tellDevices(v *page.Visit, title string, list []deviceDoc) manifest.Told {
	out := manifest.Told{Title: title}
	for _, d := range list {
		out.Rows = append(out.Rows, ui.Row{Name: d.Name, Value: v.T("account.devices.seen", "when", momentOf(v, max(d.Used, d.Since)))})
	}
	return out
}

func tellConsents(v *page.Visit, list []consentDoc) manifest.Told {
	out := manifest.Told{Title: v.T("account.consent.title")}
	for _, k := range list {
		said := v.T("account.consent.given", "when", momentOf(v, k.Given))
		if k.Withdrawn != 0 {
			said += "; " + v.T("account.consent.withdrawn", "when", momentOf(v, k.Withdrawn))
		}
		out.Rows = append(out.Rows, ui.Row{Name: v.T("account.consent." + k.Purpose), Value: said})
	}
	return out
}

// tellNotices says what was written to the person, and how they want to be told.
func tellNotices(ctx context.Context, doc any) ([]manifest.Told, error) {
	d, v := doc.(noticesDoc), page.In(ctx)
	yesNo := map[bool]string{true: v.T("account.told.yes"), false: v.T("account.told.no")}
	pref := manifest.Told{Title: v.T("account.preferences.title"), Rows: []ui.Row{
		{Name: v.T("account.preferences.email"), Value: yesNo[d.Preferences.Email]},
		{Name: v.T("account.preferences.push"), Value: yesNo[d.Preferences.Push]},
		{Name: v.T("account.preferences.telegram"), Value: yesNo[d.Preferences.Telegram]},
		{Name: v.T("account.preferences.sms"), Value: yesNo[d.Preferences.SMS]},
		{Name: v.T("account.preferences.often"), Value: v.T("account.preferences.often." + cmp.Or(string(d.Preferences.Often), "once"))},
		{Name: v.T("account.told.quiet"), Value: hourText(d.Preferences.QuietFrom) + "–" + hourText(d.Preferences.QuietTo)},
	}}
	watches := manifest.Told{Title: v.T("account.watches.title")}
	for i, w := range d.Watches {
		watches.Rows = append(watches.Rows, ui.Row{Name: itoa(int64(i + 1)), Value: watchText(v, w)})
	}
	inbox := manifest.Told{Title: v.T("account.notices.title")}
	for _, i := range d.Inbox {
		title, _ := notify.Text(v.P, i.Key, i.Args)
		inbox.Rows = append(inbox.Rows, ui.Row{Name: when(v, i.At().UnixMilli()), Value: title, Href: i.Link})
	}
	return []manifest.Told{pref, watches, inbox}, nil
}

// momentOf says an instant, nothing for never.
func momentOf(v *page.Visit, at instant) string {
	if at == 0 {
		return ""
	}
	return when(v, int64(at))
}

// filledRows leaves out what has no value.
func filledRows(rows ...ui.Row) []ui.Row {
	return slices.DeleteFunc(rows, func(r ui.Row) bool { return r.Value == "" })
}

func (p *Pages) withdraw(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	if err := p.Service.Withdraw(r.Context(), v.City, v.Actor, f.Text("purpose")); err != nil {
		return err
	}
	return web.Redirect(w, r, "/account/data")
}

func (p *Pages) erase(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	if !f.Checked("sure") {
		f.Fail("sure", "account.error.sure")
		return p.dataPage(w, r, f)
	}
	err = p.Service.Erase(r.Context(), v.City, v.Actor)
	if f.Take(err) {
		return p.dataPage(w, r, f)
	}
	if err != nil {
		return err
	}
	v.ClearSession(w)
	return web.Redirect(w, r, "/")
}
