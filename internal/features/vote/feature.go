package vote

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/manifest"
	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/civic/place"
	"github.com/ashar-kg/ashar/internal/civic/pledge"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Pages are the pages of the participatory budget.
type Pages struct {
	Service *Service
	Pledges *pledge.Service                                                // of co-financing; nil is none
	Photo   func(ctx context.Context, data []byte) (casework.Photo, error) // keeps a picture
}

// Manifest declares the feature.
func (p *Pages) Manifest() manifest.Feature {
	return manifest.Feature{
		Name:        "vote",
		Permissions: slices.Concat(Permissions(), ideaPermissions(), protestPermissions()),
		Nav: []manifest.Link{
			{Path: "/vote", Title: "vote.nav", Audience: manifest.Footer},
			{Path: "/staff/vote", Title: "vote.nav", Audience: manifest.Staff, Action: Manage},
			{Path: "/staff/vote", Title: "vote.nav", Audience: manifest.Staff, Action: Enrol},
			{Path: "/staff/vote", Title: "vote.nav", Audience: manifest.Staff, Action: Observe},
		},
		Routes: slices.Concat(p.homeRoutes(), p.ideaRoutes(), p.setupRoutes(), p.ballotRoutes(), p.deskRoutes(), p.staffRoutes(), p.resultRoutes(), p.protestRoutes()),
		PersonalData: []manifest.PersonalData{{
			Name: "votes", Purpose: "vote.register.purpose", Term: "vote.register.term", Export: p.Service.export, Tell: p.tell, Erase: p.Service.erase,
		}, {
			Name: "ideas", Purpose: "vote.idea.register.purpose", Term: "vote.idea.register.term", Export: exportIdeas, Tell: tellIdeas, Erase: eraseIdeas,
		}, {
			Name: "protests", Purpose: "vote.protest.register.purpose", Term: "vote.protest.register.term", Export: exportProtests, Tell: tellProtests, Erase: eraseProtests,
		}},
		Periodic: []manifest.Periodic{{Name: "vote.ideas.escalate", Every: time.Hour, Run: p.Service.Escalate}},
	}
}

// homeRoutes are what everybody may read of a campaign.
func (p *Pages) homeRoutes() []manifest.Route {
	return []manifest.Route{
		{Pattern: "GET /vote", Handle: p.list, Cached: true},
		{Pattern: "GET /vote/{slug}", Handle: p.home, Cached: true},
		{Pattern: "GET /vote/{slug}/rules", Handle: p.rules, Cached: true},
		{Pattern: "GET /vote/{slug}/rules.json", Handle: p.rulesFile, Open: true},
		{Pattern: "GET /vote/{slug}/projects", Handle: p.projects, Cached: true},
		{Pattern: "GET /vote/{slug}/projects/{code}", Handle: p.project, Cached: true},
		{Pattern: "GET /vote/{slug}/projects/{code}/place.geojson", Handle: p.projectPlace, Cached: true},
	}
}

// scene is what every page about a campaign needs.
type scene struct {
	*page.Visit
	*Campaign
	list      []*Project
	bodies    *body.Directory
	areas     *place.Areas
	districts []place.Area
	pictures  map[int64]string // thumbnails by project, where a page shows them
	ideas     map[string]int   // how many public ideas are in each state
}

// scene reads the campaign of the address.
func (p *Pages) scene(r *http.Request) (*scene, error) {
	s := &scene{Visit: page.Of(r)}
	var err error
	if s.Campaign, s.list, err = p.Service.Campaign(r.Context(), s.City, r.PathValue("slug")); err != nil {
		return nil, err
	}
	return s, p.fill(r.Context(), s)
}

func (p *Pages) fill(ctx context.Context, s *scene) (err error) {
	if s.bodies, err = p.Service.Bodies.Of(ctx, s.City.ID); err != nil {
		return err
	}
	if s.areas, err = p.Service.Places.Areas(ctx, s.City.ID); err == nil {
		s.districts = s.areas.Of(place.AreaDistrict, s.Now.UnixMilli())
	}
	return err
}

func (s *scene) title() string {
	title, _ := s.Titles.In(s.Lang())
	return title
}

func (s *scene) local(ms int64) time.Time { return time.UnixMilli(ms).In(s.City.Zone) }

func (s *scene) moment(ms int64) string { return s.P.DateTime(s.local(ms)) }

func (s *scene) money(minor int64) string {
	return s.P.Money(minor, cmp.Or(s.Rules.Currency, s.City.Currency))
}

// district says what a district is called.
func (s *scene) district(code string) string {
	for _, d := range s.districts {
		if d.Code == code {
			return d.Names.In(s.Lang())
		}
	}
	return code
}

// reach says in which districts something lies: that of its point, or how much
// of a line or an area lies in each, the most first.
func (s *scene) reach(geometry, district string) string {
	shape, ok := place.ReadShape(geometry)
	if !ok {
		return s.district(district)
	}
	var parts []string
	for _, r := range s.areas.Districts(shape, s.Now.UnixMilli()) {
		if r.Share >= 0.005 {
			parts = append(parts, r.Area.Names.In(s.Lang())+" ("+s.P.Percent(r.Share)+")")
		}
	}
	if len(parts) < 2 {
		return s.district(district)
	}
	return strings.Join(parts, ", ")
}

// standing are the projects of a pot that are voted on, by number.
func (s *scene) standing(pot string) (out []*Project) {
	for _, q := range s.list {
		if q.Pot == pot && q.Dropped == "" {
			out = append(out, q)
		}
	}
	return out
}

func (p *Pages) list(w http.ResponseWriter, r *http.Request) error {
	s := &scene{Visit: page.Of(r)}
	list, err := p.Service.Campaigns(r.Context(), s.City)
	if err != nil {
		return err
	}
	return page.Render(w, r, page.Meta{Title: s.T("vote.nav"), Description: s.T("vote.text")}, listView(s, list))
}

func (p *Pages) home(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	if s.ideas, err = p.Service.Counts(r.Context(), s.City, s.Campaign); err != nil {
		return err
	}
	text, _ := s.Campaign.Texts.In(s.Lang())
	return page.Render(w, r, page.Meta{Title: s.title(), Description: text}, homeView(s))
}

func (p *Pages) projects(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	if s.pictures, err = p.Service.Pictures(r.Context(), s.City, s.list); err != nil {
		return err
	}
	return page.Render(w, r, page.Meta{Title: s.T("vote.projects.title") + " · " + s.title()}, projectsView(s))
}

// projectOf reads the project of the address.
func (p *Pages) projectOf(r *http.Request) (*scene, *Project, error) {
	s, err := p.scene(r)
	if err != nil {
		return nil, nil, err
	}
	i := slices.IndexFunc(s.list, func(q *Project) bool { return q.Code == r.PathValue("code") })
	if i < 0 {
		return nil, nil, web.NotFound()
	}
	return s, s.list[i], nil
}

func (p *Pages) project(w http.ResponseWriter, r *http.Request) error {
	s, q, err := p.projectOf(r)
	if err != nil {
		return err
	}
	if s.pictures, err = p.Service.Pictures(r.Context(), s.City, []*Project{q}); err != nil {
		return err
	}
	title, _ := q.Titles.In(s.Lang())
	text, _ := q.Texts.In(s.Lang())
	return page.Render(w, r, page.Meta{Title: title, Description: text}, projectView(s, q))
}

// projectPlace is the place of one project as GeoJSON.
func (p *Pages) projectPlace(w http.ResponseWriter, r *http.Request) error {
	s, q, err := p.projectOf(r)
	if err != nil {
		return err
	}
	return s.sendPlaces(w, r, []*Project{q})
}

func (p *Pages) rules(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	_, hash, err := p.Service.Book(r.Context(), s.City, s.Campaign, s.list)
	if err != nil {
		return err
	}
	return page.Render(w, r, page.Meta{Title: s.T("vote.rules.title") + " · " + s.title()}, rulesView(s, hash))
}

// rulesFile is the rule book, byte for byte as its hash was taken.
func (p *Pages) rulesFile(w http.ResponseWriter, r *http.Request) error {
	s, err := p.scene(r)
	if err != nil {
		return err
	}
	text, _, err := p.Service.Book(r.Context(), s.City, s.Campaign, s.list)
	if err != nil {
		return err
	}
	web.NewBody(http.StatusOK, "application/json; charset=utf-8", text).Send(w, r)
	return nil
}

// ruleText says a rule of package pb in words: what it is, and how it ends.
func (s *scene) ruleText(rule string) string {
	rest, shares := strings.CutPrefix(rule, "mes_")
	if !shares {
		return s.T("vote.rule." + rule)
	}
	parts := []string{s.T("vote.rule.mes")}
	for _, ending := range []struct{ name, key string }{{"_add1", "add1"}, {"_greedy", "completion"}, {"_comparison", "comparison"}} {
		if strings.Contains(rest, ending.name) {
			parts = append(parts, s.T("vote.rule."+ending.key))
		}
	}
	return strings.Join(parts, "; ")
}
