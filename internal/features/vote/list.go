package vote

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/civic/record"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/once"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// maxList bounds the projects of one campaign.
const maxList = 2000

// lot is what decides the order of the list: SHA-256 of the seed, a line end and
// the number of the idea, in hexadecimal. Who knows the seed draws again.
func lot(seed, number string) string {
	sum := sha256.Sum256([]byte(seed + "\n" + number))
	return hex.EncodeToString(sum[:])
}

// Letters are what the codes of each pot begin with: as few letters of its code
// as tell it from the others.
func Letters(pots []Pot) map[string]string {
	out := map[string]string{}
	for _, p := range pots {
		bare := strings.ReplaceAll(p.Code, "-", "")
		for n := 1; n <= len(bare); n++ {
			if !slices.ContainsFunc(pots, func(q Pot) bool {
				return q.Code != p.Code && strings.HasPrefix(strings.ReplaceAll(q.Code, "-", ""), bare[:n])
			}) {
				out[p.Code] = strings.ToUpper(bare[:n])
				break
			}
		}
		if out[p.Code] == "" {
			out[p.Code] = strings.ToUpper(bare) + "-"
		}
	}
	return out
}

// Draw numbers projects in their pots by the lot of a seed.
func Draw(pots []Pot, list []*Project, seed string) {
	letters := Letters(pots)
	slices.SortFunc(list, func(x, y *Project) int { return strings.Compare(lot(seed, x.Source), lot(seed, y.Source)) })
	digits := map[string]int{}
	for _, q := range list {
		digits[q.Pot]++
	}
	drawn := map[string]int64{}
	for _, q := range list {
		drawn[q.Pot]++
		q.Number = drawn[q.Pot]
		q.Code = fmt.Sprintf("%s%0*d", letters[q.Pot], max(2, len(itoa(int64(digits[q.Pot])))), q.Number)
	}
}

// Publish makes the list of all feasible ideas, with numbers drawn by a public
// seed, which from then on also decides ties. Field: seed.
func (s *Service) Publish(ctx context.Context, c *city.City, a permission.Actor, slug, seed string) error {
	if seed = strings.Join(strings.Fields(seed), " "); seed == "" || len(seed) > 200 {
		return web.Invalid(web.FieldError{Field: "seed", Key: "vote.staff.error.seed"})
	}
	dir, err := s.Bodies.Of(ctx, c.ID)
	if err != nil {
		return err
	}
	now := s.Clock.Now()
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
		if x.Listed != 0 {
			return &web.Problem{Status: 409, Key: "vote.staff.error.listed"}
		}
		if _, planned := x.Plan.Span(Listing); planned {
			if err := x.during(c, now, Listing); err != nil {
				return err
			}
		}
		list, err := s.feasible(tx, c, x)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return web.Invalid(web.FieldError{Field: "seed", Key: "vote.staff.error.no_ideas"})
		}
		x.Rules.Seed, x.Listed = seed, now.UnixMilli()
		Draw(x.Pots, list, seed)
		pair(list)
		for _, q := range list {
			if err := putProject(tx, c.ID, x.ID, q); err != nil {
				return err
			}
			if _, err := s.Desk.Move(tx, c, a, q.Idea, casework.Move{To: IdeaListed, Actor: dir.Name(x.Body, c.Languages[0])}); err != nil {
				return err
			}
		}
		if err := updateCampaign(tx, c.ID, x); err != nil {
			return err
		}
		if err := permission.Audit(tx, a, Manage, "campaign", x.ID, "list "+itoa(int64(len(list))), now); err != nil {
			return err
		}
		if err := announceList(tx, c, x, now.UnixMilli()); err != nil {
			return err
		}
		return once.Claim(tx, "/staff"+at(slug))
	})
}

// pair names what cannot be carried out together by codes instead of numbers, on
// both sides.
func pair(list []*Project) {
	byNumber := map[string]*Project{}
	for _, q := range list {
		byNumber[q.Source] = q
	}
	with := map[*Project]*Project{}
	for _, q := range list {
		if o := byNumber[q.Against]; o != nil {
			with[q] = o
			if with[o] == nil {
				with[o] = q
			}
		}
	}
	for _, q := range list {
		q.Against = ""
		if o := with[q]; o != nil {
			q.Against = o.Code
		}
	}
}

// announceList puts the list as it is in the rule book into the public record.
func announceList(tx *db.Tx, c *city.City, x *Campaign, now int64) error {
	list, err := projects(tx, c.ID, x.ID)
	if err != nil {
		return err
	}
	_, hash, err := NewBook(x, list)
	if err != nil {
		return err
	}
	return record.Append(tx, c.ID, record.Entry{Kind: "vote.list", Subject: Subject(x.Slug), Title: x.Titles, Link: at(x.Slug) + "/projects", Hash: hash, At: now})
}

// feasible are the ideas that can be done, as projects without numbers.
func (s *Service) feasible(tx *db.Tx, c *city.City, x *Campaign) ([]*Project, error) {
	numbers, err := ideasOf(tx, c.ID, x.ID, ideaFilter{State: IdeaFeasible, Limit: maxList})
	if err != nil {
		return nil, err
	}
	files, err := casework.Several(tx, c.ID, numbers)
	if err != nil {
		return nil, err
	}
	details, err := ideasBy(tx, c.ID, numbers)
	if err != nil {
		return nil, err
	}
	var out []*Project
	for _, f := range files {
		d := details[f.ID]
		q := &Project{
			ID: ids.At(s.Clock.Now()), Pot: d.Pot, Idea: f.ID, Source: f.Number, Titles: d.Titles, Texts: d.Texts, Why: d.Why, Cost: d.Cost, Upkeep: d.Upkeep,
			Body: f.Body, District: f.District, Category: f.Category, Placed: f.Placed, Lat: f.Lat, Lon: f.Lon, Geometry: d.Geometry, Photo: f.Photo, Against: d.Against,
		}
		out = append(out, q)
	}
	return out, nil
}

// Drop takes a project from the list before the vote is opened, with a reason
// that everybody reads. Fields: code, reason.
func (s *Service) Drop(ctx context.Context, c *city.City, a permission.Actor, slug, code, reason string) error {
	x, list, err := s.Campaign(ctx, c, slug)
	if err != nil {
		return err
	}
	if err := a.Check(Manage, x.Body); err != nil {
		return err
	}
	if err := x.fixed(); err != nil {
		return err
	}
	f := &web.Form{}
	i := slices.IndexFunc(list, func(q *Project) bool { return q.Code == strings.ToUpper(strings.TrimSpace(code)) })
	if i < 0 {
		f.Fail("code", "vote.staff.error.code")
	}
	if reason = strings.TrimSpace(reason); reason == "" {
		f.Fail("reason", "vote.idea.error.words")
	}
	if err := f.Err(); err != nil {
		return err
	}
	list[i].Dropped = reason
	return s.PutProjects(ctx, c, a, slug, list[i:i+1])
}

// SetUp is Create or Change with what a form says of a campaign: all but its
// list. A pot that has ideas or projects stays. Fields as of Create.
func (s *Service) SetUp(ctx context.Context, c *city.City, a permission.Actor, slug string, n Campaign) error {
	used, err := s.usedPots(ctx, c, slug)
	if err != nil {
		return err
	}
	return s.Change(ctx, c, a, slug, "set up", func(x *Campaign) error {
		for pot := range used {
			if _, ok := n.Pot(pot); !ok {
				return web.Invalid(web.FieldError{Field: "pots", Key: "vote.staff.error.pot_used", Args: []any{"code", pot}})
			}
		}
		if n.Body != x.Body {
			if err := a.Check(Manage, n.Body); err != nil {
				return web.Invalid(web.FieldError{Field: "body", Key: "error.field.choice"})
			}
		}
		seed := x.Rules.Seed
		x.Titles, x.Texts, x.Body, x.Plan, x.Rules, x.Pots = n.Titles, n.Texts, n.Body, n.Plan, n.Rules, n.Pots
		x.Rules.Seed = seed
		return nil
	})
}

// usedPots are the pots of a campaign in which something competes.
func (s *Service) usedPots(ctx context.Context, c *city.City, slug string) (map[string]bool, error) {
	x, list, err := s.Campaign(ctx, c, slug)
	if err != nil {
		return nil, err
	}
	out := map[string]bool{}
	for _, q := range list {
		out[q.Pot] = true
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		found, err := ideaPots(tx, c.ID, x.ID)
		for _, p := range found {
			out[p] = true
		}
		return err
	})
	return out, err
}

// Pictures are the thumbnails of projects by their ids: for one that was an idea
// the idea's first public photo as it is now, so that what was hidden or blurred
// since the list was published is not shown as it was.
func (s *Service) Pictures(ctx context.Context, c *city.City, list []*Project) (map[int64]string, error) {
	out := map[int64]string{}
	var ideas []int64
	for _, q := range list {
		if q.Idea == 0 {
			out[q.ID] = q.Photo
		} else {
			ideas = append(ideas, q.Idea)
		}
	}
	if len(ideas) == 0 {
		return out, nil
	}
	err := s.DB.Glance(ctx, func(tx *db.Tx) error {
		files, err := casework.ByID(tx, c.ID, ideas)
		for _, q := range list {
			if f := files[q.Idea]; f != nil && f.Visibility == casework.Public {
				out[q.ID] = f.Photo
			}
		}
		return err
	})
	return out, err
}
