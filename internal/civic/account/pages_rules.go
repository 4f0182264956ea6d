package account

import (
	"errors"
	"net/http"
	"slices"

	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// rules is the matrix of who may do what, for the administrator to change.
func (p *Pages) rules(w http.ResponseWriter, r *http.Request) error {
	return p.rulesPage(w, r, emptyForm(), permission.Rule{})
}

// rulesPage shows the matrix; typed is a rule that was refused and is kept as
// it was filled in.
func (p *Pages) rulesPage(w http.ResponseWriter, r *http.Request, f *web.Form, typed permission.Rule) error {
	v := page.Of(r)
	if err := v.Actor.Check(permission.Edit, 0); err != nil {
		return err
	}
	m, err := p.Matrix.Of(r.Context(), v.City.ID)
	if err != nil {
		return err
	}
	rules := m.Rules()
	for i := range rules {
		if rules[i].Action == typed.Action {
			rules[i] = typed
		}
	}
	meta := metaOf(v.T("account.rules.title"), f)
	meta.Staff = true
	return page.Render(w, r, meta, rulesView(v, f, rules, typed.Action, r.URL.Query().Get("done") != ""))
}

func (p *Pages) changeRule(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	rule := permission.Rule{Action: f.Text("action"), Level: permission.Level(f.Int("level", 0, int(permission.National), 0))}
	for _, role := range f.Values["role"] {
		switch {
		case role == everybody:
			rule.Public = true
		case slices.Contains(ruleRoles, permission.Role(role)):
			rule.Roles = append(rule.Roles, permission.Role(role))
		default:
			f.Fail("role", "error.field.choice")
		}
	}
	if err := f.Err(); err != nil {
		return p.rulesPage(w, r, f, rule)
	}
	switch err := p.Matrix.Put(r.Context(), v.Actor, rule, v.Now); {
	case errors.Is(err, permission.ErrLockedOut):
		f.Fail("action", "account.rules.locked_out")
		return p.rulesPage(w, r, f, rule)
	case err != nil:
		return err
	}
	return web.Redirect(w, r, "/admin/permissions?done=1")
}

// everybody stands among the roles for people who have not signed in too.
const everybody = "everybody"

// ruleRoles are the roles that a rule may name.
var ruleRoles = append([]permission.Role{permission.Citizen}, permission.Roles...)
