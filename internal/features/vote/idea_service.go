package vote

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/notify"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/civic/place"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/once"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Proposal is an idea as its author writes it. Money is in minor units.
type Proposal struct {
	Title, Text string
	Lang        string
	Category    string
	Pot         string // "" is that of the place
	Address     string
	Placed      bool
	Lat, Lon    float64
	Shape       string // as place.ReadDrawn reads it, "" for a point
	ShapeKind   string // what corners are: place.DrawnLine or place.DrawnArea
	Asked       int64  // 0 for no idea
	Name        string // that everybody reads, "" for none
	Photos      []casework.Photo
}

// check says what is wrong with a proposal, and completes it. Fields: title,
// text, category, pot, address, shape, asked, photos.
func (s *Service) check(ctx context.Context, c *city.City, x *Campaign, p *Proposal) (district, geometry string, err error) {
	f := &web.Form{}
	p.Title, p.Text, p.Name = strings.TrimSpace(p.Title), strings.TrimSpace(p.Text), strings.TrimSpace(p.Name)
	if p.Title == "" {
		f.Fail("title", "vote.idea.error.title")
	}
	f.Long("title", p.Title, MaxIdeaTitle)
	if n := len([]rune(p.Text)); n < minIdeaText {
		f.Fail("text", "vote.idea.error.text", "min", minIdeaText)
	}
	f.Long("text", p.Text, MaxIdeaText)
	if !slices.Contains(IdeaCategories, p.Category) {
		f.Fail("category", "vote.idea.error.category")
	}
	f.Long("address", p.Address, maxAddress)
	if p.Asked < 0 || p.Asked > maxIdeaSum {
		f.Fail("asked", "vote.idea.error.asked")
	}
	if len(p.Photos) > maxIdeaShots {
		f.Fail("photos", "report.error.photos", "n", maxIdeaShots)
	}
	if district, geometry, err = s.placed(ctx, c, f, p); err != nil {
		return "", "", err
	}
	if p.Pot == "" {
		p.Pot = x.potOf(district)
	}
	if pot, ok := x.Pot(p.Pot); !ok {
		f.Fail("pot", "error.field.choice")
	} else if pot.District != "" {
		switch {
		case district == "" && !p.Placed:
			district = pot.District
		case district != pot.District:
			f.Fail("pot", "vote.idea.error.pot")
		}
	}
	if !p.Placed && p.Address == "" && district == "" {
		f.Fail("address", "vote.idea.error.place")
	}
	return district, geometry, f.Err()
}

// placed puts the place of a proposal right: of a line or an area it is a point
// on it, whatever else was chosen. The district is that in which most of it lies.
func (s *Service) placed(ctx context.Context, c *city.City, f *web.Form, p *Proposal) (district, geometry string, err error) {
	areas, err := s.Places.Areas(ctx, c.ID)
	if err != nil {
		return "", "", err
	}
	now := s.Clock.Now().UnixMilli()
	if p.Shape != "" {
		d, fault := place.ReadDrawn(p.Shape, p.ShapeKind)
		if fault == "" && !areas.Holds(d.Shape, now) {
			fault = place.FaultOutside
		}
		if fault != "" {
			f.Fail("shape", "place.drawn."+string(fault), "max", place.MaxDrawn)
			return "", "", nil
		}
		p.Placed, p.Lat, p.Lon = true, d.Lat, d.Lon
		if list := areas.Districts(d.Shape, now); len(list) > 0 {
			district = list[0].Area.Code
		}
		return district, d.Text, nil
	}
	if !p.Placed {
		return "", "", nil
	}
	if !areas.Contains(p.Lat, p.Lon, now) {
		f.Fail("address", "report.error.outside")
	} else if area, ok := areas.DistrictOf(p.Lat, p.Lon, now); ok {
		district = area.Code
	}
	return district, "", nil
}

// potOf is the pot in which an idea of a district competes unless its author
// says otherwise: that of the district, else the first of the whole city.
func (x *Campaign) potOf(district string) string {
	for _, p := range x.Pots {
		if district != "" && p.District == district {
			return p.Code
		}
	}
	for _, p := range x.Pots {
		if p.District == "" {
			return p.Code
		}
	}
	return ""
}

// dueFrom is the end of the clock that begins now; kind names the term.
func (s *Service) dueFrom(c *city.City, x *Campaign, kind string, phase Phase) int64 {
	now := s.Clock.Now()
	if rule, ok := city.RuleAt(c.Rules, kind, city.StepConsider, now.In(c.Zone).Format(time.DateOnly)); ok {
		return c.Calendar.Start(rule, now).End().UnixMilli()
	}
	span, _ := x.Plan.Span(phase)
	return span.Ends
}

// Propose takes an idea while ideas are collected. Fields as of check.
func (s *Service) Propose(ctx context.Context, c *city.City, a permission.Actor, slug string, p Proposal) (*casework.File, error) {
	if !a.SignedIn() {
		return nil, web.SignIn()
	}
	if err := a.Check(Propose, 0); err != nil {
		return nil, err
	}
	x, _, err := s.Campaign(ctx, c, slug)
	if err != nil {
		return nil, err
	}
	now := s.Clock.Now()
	if err := x.during(c, now, Collecting); err != nil {
		return nil, err
	}
	district, geometry, err := s.check(ctx, c, x, &p)
	if err != nil {
		return nil, err
	}
	for i := range p.Photos {
		p.Photos[i].Stage, p.Photos[i].Public = "before", true
	}
	var f *casework.File
	err = s.change(ctx, c, func(tx *db.Tx) error {
		f = &casework.File{
			Kind: IdeaKind, Visibility: casework.Public, Author: a.Person, AuthorName: p.Name, Channel: "web", Lang: p.Lang, Category: p.Category,
			Body: x.Body, District: district, Placed: p.Placed, Lat: p.Lat, Lon: p.Lon, Address: p.Address, Title: p.Title, Text: p.Text,
			Due: s.dueFrom(c, x, IdeaKind, Evaluating),
		}
		if err := s.Desk.Open(tx, c, f, &casework.Event{Public: true, Body: x.Body, Actor: p.Name}, slices.Clone(p.Photos)); err != nil {
			return err
		}
		d := &Detail{
			Campaign: x.ID, Pot: p.Pot, Asked: p.Asked, Geometry: geometry, Titles: Texts{p.Lang: p.Title}, Texts: Texts{p.Lang: p.Text},
			Reasons: Texts{}, Why: Texts{},
		}
		if err := putIdea(tx, c.ID, f.ID, d); err != nil {
			return err
		}
		if err := notify.Follow(tx, c.ID, a.Person, ideaSubject(f.ID), now); err != nil {
			return err
		}
		return once.Claim(tx, ideaAt(slug, f.Number)+"?done=created")
	})
	return f, err
}

// step runs fn on an idea that everybody may read, its case locked.
func (s *Service) step(ctx context.Context, c *city.City, a permission.Actor, slug, number string, fn func(tx *db.Tx, x *Campaign, f *casework.File, d *Detail) error) error {
	if !a.SignedIn() {
		return web.SignIn()
	}
	return s.change(ctx, c, func(tx *db.Tx) error {
		f, d, err := ideaFile(tx, c.ID, number)
		if err != nil {
			return err
		}
		if f, err = casework.Lock(tx, c.ID, f.ID); err != nil {
			return err
		}
		x, err := campaignByID(tx, c.ID, d.Campaign)
		if err != nil {
			return err
		}
		if x.Slug != slug || f.Visibility != casework.Public && !a.Owns(f.Author) && !a.Can(internal, f.Body) {
			return web.NotFound()
		}
		if err := fn(tx, x, f, d); err != nil {
			return err
		}
		return once.Claim(tx, ideaAt(slug, number))
	})
}

// mine is step for what only the author does.
func (s *Service) mine(ctx context.Context, c *city.City, a permission.Actor, slug, number string, fn func(tx *db.Tx, x *Campaign, f *casework.File, d *Detail) error) error {
	return s.step(ctx, c, a, slug, number, func(tx *db.Tx, x *Campaign, f *casework.File, d *Detail) error {
		if !a.Owns(f.Author) {
			return permission.ErrDenied
		}
		return fn(tx, x, f, d)
	})
}

// citizen is step for what everybody known well enough does.
func (s *Service) citizen(ctx context.Context, c *city.City, a permission.Actor, slug, number string, fn func(tx *db.Tx, f *casework.File) error) error {
	return s.step(ctx, c, a, slug, number, func(tx *db.Tx, _ *Campaign, f *casework.File, _ *Detail) error {
		if err := a.Check(Propose, f.Body); err != nil {
			return err
		}
		return fn(tx, f)
	})
}

// Correct puts right what was returned to the author, until the day that was
// named. What it said before is kept. Fields as of check.
func (s *Service) Correct(ctx context.Context, c *city.City, a permission.Actor, slug, number string, p Proposal) error {
	x, _, err := s.Campaign(ctx, c, slug)
	if err != nil {
		return err
	}
	district, geometry, err := s.check(ctx, c, x, &p)
	if err != nil {
		return err
	}
	return s.mine(ctx, c, a, slug, number, func(tx *db.Tx, x *Campaign, f *casework.File, d *Detail) error {
		now := s.Clock.Now()
		if f.State != IdeaReturned {
			return web.Conflict()
		}
		if f.Due < now.UnixMilli() {
			return &web.Problem{Status: 409, Key: "vote.idea.error.late", Args: []any{"day", f.DueAt().In(c.Zone).Format("02.01.2006")}}
		}
		old, err := versions(tx, c.ID, f.ID)
		if err != nil {
			return err
		}
		v := Version{N: int64(len(old)) + 1, At: now.UnixMilli(), Title: f.Title, Text: f.Text, Asked: d.Asked}
		if err := addVersion(tx, c.ID, f.ID, v); err != nil {
			return err
		}
		d.Pot, d.Asked, d.Geometry = p.Pot, p.Asked, geometry
		d.Titles, d.Texts = Texts{f.Lang: p.Title}, Texts{f.Lang: p.Text}
		if err := putIdea(tx, c.ID, f.ID, d); err != nil {
			return err
		}
		_, err = s.Desk.Move(tx, c, a, f.ID, casework.Move{To: IdeaNew, Actor: f.AuthorName, Photos: publicPhotos(p.Photos), Edit: func(f *casework.File) {
			f.Title, f.Text, f.Category, f.Address, f.District = p.Title, p.Text, p.Category, p.Address, district
			f.Placed, f.Lat, f.Lon = p.Placed, p.Lat, p.Lon
			f.Due, f.Escalated = s.dueFrom(c, x, IdeaKind, Evaluating), false
		}})
		return err
	})
}

func publicPhotos(list []casework.Photo) []casework.Photo {
	out := slices.Clone(list)
	for i := range out {
		out[i].Stage, out[i].Public = "before", true
	}
	return out
}

// Object asks for a second evaluation of a refusal, once, while that is open.
// Field: words.
func (s *Service) Object(ctx context.Context, c *city.City, a permission.Actor, slug, number, words, lang string) error {
	if words = strings.TrimSpace(words); words == "" {
		return web.Invalid(web.FieldError{Field: "words", Key: "vote.idea.error.words"})
	}
	return s.mine(ctx, c, a, slug, number, func(tx *db.Tx, x *Campaign, f *casework.File, _ *Detail) error {
		if err := x.during(c, s.Clock.Now(), Appealing); err != nil {
			return err
		}
		if f.State != IdeaRefused {
			return web.Conflict()
		}
		_, err := s.Desk.Move(tx, c, a, f.ID, casework.Move{To: IdeaObjected, Note: words, Lang: lang, Actor: f.AuthorName, Edit: func(f *casework.File) {
			f.Body, f.Assignee, f.Escalated = x.Body, 0, false
			f.Due = s.dueFrom(c, x, "idea_objection", Appealing)
		}})
		return err
	})
}

// Withdraw takes an idea back before the list is published.
func (s *Service) Withdraw(ctx context.Context, c *city.City, a permission.Actor, slug, number string) error {
	return s.mine(ctx, c, a, slug, number, func(tx *db.Tx, _ *Campaign, f *casework.File, _ *Detail) error {
		_, err := s.Desk.Move(tx, c, a, f.ID, casework.Move{To: IdeaWithdrawn, Actor: f.AuthorName})
		return err
	})
}

// alive tells whether people can still take part in an idea.
func alive(state string) bool {
	return state != IdeaMerged && state != IdeaWithdrawn && state != IdeaRejected
}

// Support counts somebody for an idea, once, or no longer. Who supports an idea
// follows it.
func (s *Service) Support(ctx context.Context, c *city.City, a permission.Actor, slug, number string, on bool) error {
	return s.citizen(ctx, c, a, slug, number, func(tx *db.Tx, f *casework.File) error {
		if !on {
			_, err := leave(tx, c.ID, f.ID, a.Person, supports)
			return err
		}
		if !alive(f.State) || a.Owns(f.Author) {
			return web.Conflict()
		}
		if _, err := join(tx, c.ID, f.ID, Signer{Person: a.Person, Part: supports}, s.Clock.Now()); err != nil {
			return err
		}
		return notify.Follow(tx, c.ID, a.Person, ideaSubject(f.ID), s.Clock.Now())
	})
}

// Sign makes somebody a co-author under a name that everybody reads, or no
// longer. Field: name.
func (s *Service) Sign(ctx context.Context, c *city.City, a permission.Actor, slug, number, name string, on bool) error {
	name = strings.Join(strings.Fields(name), " ")
	if on && (name == "" || len([]rune(name)) > MaxIdeaTitle) {
		return web.Invalid(web.FieldError{Field: "name", Key: "vote.idea.error.name"})
	}
	return s.citizen(ctx, c, a, slug, number, func(tx *db.Tx, f *casework.File) error {
		kind := EventSigned
		if !on {
			left, err := leave(tx, c.ID, f.ID, a.Person, signs)
			if err != nil || !left {
				return err
			}
			kind = EventUnsigned
		} else {
			if !alive(f.State) || f.State == IdeaListed || a.Owns(f.Author) {
				return web.Conflict()
			}
			added, err := join(tx, c.ID, f.ID, Signer{Person: a.Person, Part: signs, Name: name}, s.Clock.Now())
			if err != nil || !added {
				return err
			}
			if err := notify.Follow(tx, c.ID, a.Person, ideaSubject(f.ID), s.Clock.Now()); err != nil {
				return err
			}
		}
		// The name stands in the list of co-authors only, from which it can be taken.
		_, err := s.Desk.Record(tx, c, a, f.ID, Propose, casework.Event{Kind: kind, Public: true})
		return err
	})
}

// Comment adds words of a resident, or a question to the author. Field: text.
func (s *Service) Comment(ctx context.Context, c *city.City, a permission.Actor, slug, number, text, lang, name string, ask bool) error {
	text = strings.TrimSpace(text)
	form := &web.Form{}
	if text == "" {
		form.Fail("comment", "vote.idea.error.words")
	}
	form.Long("comment", text, MaxIdeaText)
	if err := form.Err(); err != nil {
		return err
	}
	return s.citizen(ctx, c, a, slug, number, func(tx *db.Tx, f *casework.File) error {
		e := casework.Event{Person: a.Person, Actor: name, Note: text, Lang: lang}
		if ask {
			e.Detail = question
		}
		_, _, err := s.Desk.Comment(tx, c, f.ID, e)
		return err
	})
}

// Follow makes the actor a follower of an idea, or ends it.
func (s *Service) Follow(ctx context.Context, c *city.City, a permission.Actor, slug, number string, on bool) error {
	return s.step(ctx, c, a, slug, number, func(tx *db.Tx, _ *Campaign, f *casework.File, _ *Detail) error {
		if !on {
			return notify.Unfollow(tx, c.ID, a.Person, ideaSubject(f.ID))
		}
		return notify.Follow(tx, c.ID, a.Person, ideaSubject(f.ID), s.Clock.Now())
	})
}

// Flag tells the moderators that an idea (event 0), or one entry of it, is out
// of place.
func (s *Service) Flag(ctx context.Context, c *city.City, a permission.Actor, slug, number string, event int64) error {
	return s.step(ctx, c, a, slug, number, func(tx *db.Tx, _ *Campaign, f *casework.File, _ *Detail) error {
		return s.Desk.Flag(tx, c, f.ID, event, itoa(a.Person), "other", "")
	})
}

// Consent accepts or declines a merge for the idea of the actor. Once both
// authors have accepted, the ideas are one.
func (s *Service) Consent(ctx context.Context, c *city.City, a permission.Actor, slug, number string, accept bool) error {
	if !a.SignedIn() {
		return web.SignIn()
	}
	return s.change(ctx, c, func(tx *db.Tx) error {
		// Both ideas change; whoever decides about merges of a campaign waits for the other.
		if _, err := lockCampaign(tx, c.ID, slug); err != nil {
			return err
		}
		f, _, err := ideaFile(tx, c.ID, number)
		if err != nil {
			return err
		}
		if !a.Owns(f.Author) {
			return permission.ErrDenied
		}
		list, err := mergings(tx, c.ID, f.ID)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return web.Conflict()
		}
		m := list[0]
		if !accept {
			if err := dropMerging(tx, c.ID, m.Case); err != nil {
				return err
			}
			_, err := s.Desk.Record(tx, c, a, m.Case, Propose, casework.Event{Kind: EventKept, Public: true, Actor: f.AuthorName})
			return errors.Join(err, once.Claim(tx, ideaAt(slug, number)))
		}
		m.Mine, m.Theirs = m.Mine || m.Case == f.ID, m.Theirs || m.Into == f.ID
		if err := putMerging(tx, c.ID, m, s.Clock.Now()); err != nil {
			return err
		}
		if err := s.merge(tx, c, m); err != nil {
			return err
		}
		return once.Claim(tx, ideaAt(slug, number))
	})
}

// merge makes one idea of two once both authors have accepted. The author of the
// merged one becomes a co-author of the other, under the name that was public.
func (s *Service) merge(tx *db.Tx, c *city.City, m *Merging) error {
	if !m.Mine || !m.Theirs {
		return nil
	}
	now := s.Clock.Now()
	f, err := s.Desk.Merge(tx, c, permission.Actor{City: c.ID, System: true}, m.Case, m.Into, m.Note)
	if err != nil {
		return err
	}
	if err := moveParts(tx, c.ID, m.Case, m.Into); err != nil {
		return err
	}
	if f.Author != 0 {
		if _, err := join(tx, c.ID, m.Into, Signer{Person: f.Author, Part: signs, Name: f.AuthorName}, now); err != nil {
			return err
		}
	}
	if err := notify.MoveFollowers(tx, c.ID, ideaSubject(m.Case), ideaSubject(m.Into)); err != nil {
		return err
	}
	return dropMerging(tx, c.ID, m.Case)
}
