package vote

import (
	"net/http"

	"github.com/ashar-kg/ashar/internal/civic/manifest"
	"github.com/ashar-kg/ashar/internal/civic/page"
)

// Pages are the pages of the participatory budget.
type Pages struct{ Service *Service }

// Manifest declares the feature.
func (p *Pages) Manifest() manifest.Feature {
	return manifest.Feature{
		Name:        "vote",
		Permissions: Permissions(),
		Nav:         []manifest.Link{{Path: "/vote", Title: "vote.nav", Audience: manifest.Footer}},
		Routes: []manifest.Route{
			{Pattern: "GET /vote", Handle: p.list, Cached: true},
		},
	}
}

// list shows the campaigns.
func (p *Pages) list(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	list, err := p.Service.Campaigns(r.Context(), v.City)
	if err != nil {
		return err
	}
	return page.Render(w, r, page.Meta{Title: v.T("vote.nav"), Description: v.T("vote.text")}, listView(v, list))
}
