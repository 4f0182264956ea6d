// Package settings lets the administrator of a city change the settings that
// the features declare.
package settings

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/manifest"
	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/fresh"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Edit is the action of changing the settings of a city.
const Edit = "city.settings"

// Pages are the pages of the settings.
type Pages struct {
	DB       *db.DB
	Cities   *city.Registry
	Versions *fresh.Versions
	Sections []city.Section
}

// Manifest declares the pages.
func (p *Pages) Manifest() manifest.Feature {
	return manifest.Feature{
		Name:        "settings",
		Permissions: []permission.Rule{{Action: Edit, Roles: []permission.Role{permission.Admin}}},
		Routes: []manifest.Route{
			{Pattern: "GET /admin/settings", Handle: p.show},
			{Pattern: "POST /admin/settings", Handle: p.change},
		},
		Nav: []manifest.Link{{Path: "/admin/settings", Title: "settings.nav", Audience: manifest.Staff, Action: Edit}},
	}
}

// Change puts the values of a section into the actor's city, with an entry in
// the audit log that tells each difference.
func (p *Pages) Change(ctx context.Context, a permission.Actor, c *city.City, s city.Section, values city.Values, at time.Time) error {
	if err := a.Check(Edit, 0); err != nil {
		return err
	}
	before, err := s.Of(c)
	if err != nil {
		return err
	}
	changes := differences(before, values)
	if len(changes) == 0 {
		return nil
	}
	err = p.DB.Update(ctx, func(tx *db.Tx) error {
		if err := city.PutSetting(tx, c.ID, s.Name, values, a.Person, at); err != nil {
			return err
		}
		return permission.Audit(tx, a, Edit, "settings", 0, s.Name+": "+strings.Join(changes, ", "), at)
	})
	if err != nil {
		return err
	}
	p.Versions.Mark(c.ID)
	return p.Cities.Reload(ctx)
}

func differences(before, after city.Values) []string {
	var out []string
	for _, key := range slices.Sorted(maps.Keys(after)) {
		if was, is := fmt.Sprint(before[key]), fmt.Sprint(after[key]); was != is {
			out = append(out, key+" "+was+" → "+is)
		}
	}
	return out
}

func (p *Pages) show(w http.ResponseWriter, r *http.Request) error {
	return p.page(w, r, &web.Form{}, "")
}

// page shows every section; the one that was typed into and refused is shown
// as it was typed.
func (p *Pages) page(w http.ResponseWriter, r *http.Request, f *web.Form, typed string) error {
	v := page.Of(r)
	if err := v.Actor.Check(Edit, 0); err != nil {
		return err
	}
	var groups []group
	for _, s := range p.Sections {
		values, err := s.Of(v.City)
		if err != nil {
			return err
		}
		g := group{Section: s, values: values}
		if s.Name == typed {
			g.form = f
		}
		groups = append(groups, g)
	}
	meta := page.Meta{Title: v.T("settings.title"), NoIndex: true, Staff: true}
	if f.Err() != nil {
		meta.Status = http.StatusUnprocessableEntity
	}
	return page.Render(w, r, meta, settingsView(v, f, groups, r.URL.Query().Get("done") != ""))
}

func (p *Pages) change(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(p.Sections, func(s city.Section) bool { return s.Name == f.Text("section") })
	if i < 0 {
		return web.NotFound()
	}
	s := p.Sections[i]
	values, err := s.Of(v.City)
	if err != nil {
		return err
	}
	for _, field := range s.Fields {
		values[field.Key] = read(f, field, values[field.Key])
	}
	if f.Err() != nil {
		return p.page(w, r, f, s.Name)
	}
	if err := p.Change(r.Context(), v.Actor, v.City, s, values, v.Now); err != nil {
		return err
	}
	return web.Redirect(w, r, "/admin/settings?done=1")
}

// read takes a field of the type of what it was before.
func read(f *web.Form, field city.SettingField, was any) any {
	switch was.(type) {
	case bool:
		return f.Checked(field.Key)
	case []string:
		return strings.Fields(strings.ReplaceAll(f.Optional(field.Key, 10_000), ",", " "))
	}
	if f.Required(field.Key, 12) == "" {
		return was
	}
	return f.Int(field.Key, field.Min, field.Max, 0)
}
