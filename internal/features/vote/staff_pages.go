package vote

import (
	"net/http"
	"net/url"

	"github.com/ashar-kg/ashar/internal/civic/manifest"
	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

func (p *Pages) staffRoutes() []manifest.Route {
	return []manifest.Route{
		{Pattern: "GET /staff/vote", Handle: p.staffList},
		{Pattern: "GET /staff/vote/{slug}", Handle: p.keep},
		{Pattern: "POST /staff/vote/{slug}", Handle: p.act},
	}
}

// staffMeta is the head of a page of the staff.
func staffMeta(s *scene, f *web.Form) page.Meta {
	m := page.Meta{Title: s.T("vote.nav"), Private: true, NoIndex: true, Staff: true}
	if s.Campaign != nil {
		m.Title = s.title()
	}
	if f != nil && len(f.Errors()) > 0 {
		m.Status = http.StatusUnprocessableEntity
	}
	return m
}

// staffed refuses who has nothing to do with votes.
func staffed(v *page.Visit) error {
	for _, action := range []string{Manage, Open, Enrol, Type, Observe} {
		if v.Actor.Some(action) {
			return nil
		}
	}
	return permission.ErrDenied
}

func (p *Pages) staffList(w http.ResponseWriter, r *http.Request) error {
	s := &scene{Visit: page.Of(r)}
	if err := staffed(s.Visit); err != nil {
		return err
	}
	list, err := p.Service.Campaigns(r.Context(), s.City)
	if err != nil {
		return err
	}
	return page.Render(w, r, staffMeta(s, nil), staffListView(s, list))
}

func (p *Pages) keep(w http.ResponseWriter, r *http.Request) error {
	return p.keepPage(w, r, &web.Form{Values: url.Values{}})
}

func (p *Pages) keepPage(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	if err := staffed(s.Visit); err != nil {
		return err
	}
	k := &keeping{scene: s, form: f}
	err = p.Service.DB.View(r.Context(), func(tx *db.Tx) error {
		if k.cast, err = onRoll(tx, s.City.ID, s.Campaign.ID); err != nil {
			return err
		}
		if k.sealed, err = inBox(tx, s.City.ID, s.Campaign.ID); err != nil {
			return err
		}
		k.protests, err = waiting(tx, s.City.ID, s.Campaign.ID)
		return err
	})
	if err != nil {
		return err
	}
	if s.Opened == 0 && s.Actor.Can(Open, s.Body) {
		k.code = f.Text("shown")
		if k.code == "" {
			k.code = NewOpeningCode()
		}
	}
	return page.Render(w, r, staffMeta(s, f), keepView(k))
}

// keeping is the page of who runs a campaign.
type keeping struct {
	*scene
	form         *web.Form
	cast, sealed int64
	protests     int64  // that keep the result from becoming final
	code         string // a fresh opening code, while voting is not opened
}

// act is every step of who runs a campaign.
func (p *Pages) act(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	slug := r.PathValue("slug")
	switch f.Text("do") {
	case "open":
		key, bad := PublicKeyOf(f.Text("shown"))
		if bad != nil {
			return web.Bad(bad)
		}
		err = p.Service.OpenVoting(r.Context(), v.City, v.Actor, slug, f.Text("code"), key)
	case "count":
		err = p.Service.Count(r.Context(), v.City, v.Actor, slug, f.Text("code"))
	case "confirm":
		err = p.Service.Confirm(r.Context(), v.City, v.Actor, slug)
	default:
		return web.Bad(nil)
	}
	if f.Take(err) {
		return p.keepPage(w, r, f)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/staff"+at(slug)+"?done=1")
}
