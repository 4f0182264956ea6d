package vote

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"sync"

	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/civic/place"
	"github.com/ashar-kg/ashar/internal/platform/blob"
	"github.com/ashar-kg/ashar/internal/platform/clock"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/fresh"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/once"
	"github.com/ashar-kg/ashar/internal/platform/web"
	"github.com/ashar-kg/ashar/pb"
)

// Service is every use case of the participatory budget.
type Service struct {
	DB       *db.DB
	Desk     *casework.Desk
	Clock    clock.Clock
	Cities   *city.Registry
	Bodies   *body.Store
	Places   *place.Store
	Blobs    blob.Store
	Versions *fresh.Versions
	// Carry makes a winner a project of the city, inside the transaction that
	// makes the result final. A repeat with the same ref makes nothing more.
	Carry func(tx *db.Tx, c *city.City, w Winner) error
	books sync.Map // of campaigns whose vote was opened, by hash
	fixed sync.Map // *fixedCampaign by standing
	pulse pulse
}

// At returns the use cases by another clock.
func (s *Service) At(c clock.Clock) *Service {
	return &Service{
		DB: s.DB, Desk: s.Desk, Clock: c, Cities: s.Cities, Bodies: s.Bodies, Places: s.Places, Blobs: s.Blobs, Versions: s.Versions,
		Carry: s.Carry,
	}
}

// at is the address of a campaign.
func at(slug string) string { return "/vote/" + slug }

// change runs a transaction after which public pages are made anew.
func (s *Service) change(ctx context.Context, c *city.City, fn func(tx *db.Tx) error) error {
	err := s.DB.Update(ctx, fn)
	s.Versions.Mark(c.ID)
	return err
}

// Campaigns are all of a city, the newest first.
func (s *Service) Campaigns(ctx context.Context, c *city.City) (list []*Campaign, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		list, err = campaigns(tx, c.ID)
		return err
	})
	return list, err
}

// Campaign is one campaign and its list of projects, by pot and number. Once
// voting was opened both are kept in memory: on the last evening everybody reads
// the same. Nobody may change what is returned.
func (s *Service) Campaign(ctx context.Context, c *city.City, slug string) (x *Campaign, list []*Project, err error) {
	var at standing
	err = s.DB.Glance(ctx, func(tx *db.Tx) error {
		at, err = stand(tx, c.ID, slug)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	if known, ok := s.fixed.Load(at); ok {
		k := known.(*fixedCampaign)
		return k.x, k.list, nil
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if x, err = campaign(tx, c.ID, slug); err != nil {
			return err
		}
		list, err = projects(tx, c.ID, x.ID)
		return err
	})
	if err == nil && x.Opened != 0 {
		s.fixed.Store(standing{c.ID, x.ID, x.Opened, x.Counted, x.Confirmed, x.Annulled}, &fixedCampaign{x, list})
	}
	return x, list, err
}

// fixedCampaign is a campaign whose rule book changes no more.
type fixedCampaign struct {
	x    *Campaign
	list []*Project
}

// Create sets up a campaign. Fields: slug, title_<lang>, body and those of
// check.
func (s *Service) Create(ctx context.Context, c *city.City, a permission.Actor, x Campaign) (*Campaign, error) {
	if err := a.Check(Manage, x.Body); err != nil {
		return nil, err
	}
	if err := x.check(c).Err(); err != nil {
		return nil, err
	}
	now := s.Clock.Now()
	x.ID = ids.At(now)
	err := s.change(ctx, c, func(tx *db.Tx) error {
		if err := insertCampaign(tx, c.ID, &x); err != nil {
			return err
		}
		if err := permission.Audit(tx, a, Manage, "campaign", x.ID, "create", now); err != nil {
			return err
		}
		return once.Claim(tx, "/staff"+at(x.Slug))
	})
	return &x, err
}

// Change lets fn change a campaign before its vote is opened; afterwards it is
// refused (409), whatever fn would do. Fields as of Create.
func (s *Service) Change(ctx context.Context, c *city.City, a permission.Actor, slug, what string, fn func(x *Campaign) error) error {
	return s.change(ctx, c, func(tx *db.Tx) error {
		x, err := lockCampaign(tx, c.ID, slug)
		if err != nil {
			return err
		}
		if err := a.Check(Manage, x.Body); err != nil {
			return err
		}
		if err := x.fixed(); err != nil {
			return err
		}
		if err := fn(x); err != nil {
			return err
		}
		if err := x.check(c).Err(); err != nil {
			return err
		}
		if err := updateCampaign(tx, c.ID, x); err != nil {
			return err
		}
		if err := putPots(tx, c.ID, x); err != nil {
			return err
		}
		if err := permission.Audit(tx, a, Manage, "campaign", x.ID, what, s.Clock.Now()); err != nil {
			return err
		}
		return once.Claim(tx, "/staff"+at(x.Slug))
	})
}

// PutProjects stores projects of the list, new or changed, before the vote is
// opened; afterwards it is refused (409).
func (s *Service) PutProjects(ctx context.Context, c *city.City, a permission.Actor, slug string, list []*Project) error {
	return s.change(ctx, c, func(tx *db.Tx) error {
		x, err := lockCampaign(tx, c.ID, slug)
		if err != nil {
			return err
		}
		if err := a.Check(Manage, x.Body); err != nil {
			return err
		}
		if err := x.fixed(); err != nil {
			return err
		}
		for _, p := range list {
			if p.ID == 0 {
				p.ID = ids.At(s.Clock.Now())
			}
			if err := putProject(tx, c.ID, x.ID, p); err != nil {
				return err
			}
		}
		return permission.Audit(tx, a, Manage, "campaign", x.ID, "projects "+strconv.Itoa(len(list)), s.Clock.Now())
	})
}

// slugs are what may stand in an address.
var slugs = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{1,39}$`)

// check says what is wrong with a campaign. Fields: slug, title_<lang>, plan,
// ballot, points, min_age, classes, rule, shadow, ties, protest, pots, and
// pot_<code> for one pot.
func (x *Campaign) check(c *city.City) *web.Form {
	f := &web.Form{}
	if !slugs.MatchString(x.Slug) || x.Slug == "new" {
		f.Fail("slug", "vote.error.slug")
	}
	if len(x.Titles) == 0 {
		f.Fail("title_"+c.Languages[0], "vote.error.title")
	}
	for _, s := range x.Plan {
		if s.Ends <= s.Begins {
			f.Fail("plan", "vote.error.span", "phase", string(s.Phase))
		}
	}
	x.Rules.check(f)
	x.checkPots(f)
	return f
}

// voteType is how package pb calls a ballot.
func (b Ballot) voteType() pb.VoteType {
	switch b {
	case Points:
		return pb.Cumulative
	case Ranking:
		return pb.Ordinal
	default:
		return pb.Approval
	}
}

// tieBreaks are the criteria that a rule book may name.
var tieBreaks = []string{"cost", "score", "draw"}

func (r *Rules) check(f *web.Form) {
	if !slices.Contains(Ballots, r.Ballot) {
		f.Fail("ballot", "error.field.choice")
	}
	if r.Ballot == Points && (r.Points < 1 || r.Points > 1000) {
		f.Fail("points", "vote.error.points")
	}
	if r.MinAge < 0 || r.MinAge > 100 {
		f.Fail("min_age", "vote.error.age")
	}
	if len(r.Classes) == 0 || slices.ContainsFunc(r.Classes, func(k Class) bool { return !slices.Contains(Classes, k) }) {
		f.Fail("classes", "vote.error.classes")
	}
	known := pb.Rules(r.Ballot.voteType())
	if !slices.Contains(known, r.Rule) {
		f.Fail("rule", "vote.error.rule")
	}
	if r.Shadow != "" && !slices.Contains(known, r.Shadow) {
		f.Fail("shadow", "vote.error.rule")
	}
	if slices.ContainsFunc(r.Ties, func(t string) bool { return !slices.Contains(tieBreaks, t) }) {
		f.Fail("ties", "error.field.choice")
	}
	if r.Protest < 0 || r.Protest > 60 {
		f.Fail("protest", "vote.error.protest")
	}
}

// mostMoney is what no pot reaches: from there on the mark of a withdrawn
// project in a published file would be a cost that fits.
const mostMoney = 99_999_999_900

func (x *Campaign) checkPots(f *web.Form) {
	if len(x.Pots) == 0 {
		f.Fail("pots", "vote.error.pots")
	}
	seen := map[string]bool{}
	for _, p := range x.Pots {
		field := "pot_" + p.Code
		switch {
		case !slugs.MatchString(p.Code) || seen[p.Code]:
			f.Fail("pots", "vote.error.pot_code", "code", p.Code)
		case p.Amount <= 0 || p.Amount >= mostMoney:
			f.Fail(field, "vote.error.pot_amount")
		case p.Cap < 0 || p.Cap > p.Amount:
			f.Fail(field, "vote.error.pot_cap")
		case x.Rules.Ballot == Ranking && p.MaxPicks == 0:
			f.Fail(field, "vote.error.pot_ranks")
		case x.Rules.Ballot == Points && p.MinPicks > x.Rules.Points:
			f.Fail(field, "vote.error.pot_picks")
		case p.MinVotes < 0 || p.MinPicks < 0 || p.MaxPicks < 0 || p.MaxPicks != 0 && p.MaxPicks < p.MinPicks:
			f.Fail(field, "vote.error.pot_picks")
		}
		seen[p.Code] = true
	}
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

func isConflict(err error) bool { return errors.Is(err, db.ErrConflict) }
