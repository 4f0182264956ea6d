package vote

import (
	"context"
	"errors"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/account"
	"github.com/ashar-kg/ashar/internal/civic/manifest"
	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ui"
)

// part is what is held about a person's voting: that, never what.
type part struct {
	Campaign string
	Titles   Texts
	Channel  string
	District string
	Class    Class
	Hour     string
}

// export is a person's own part of the rolls.
func (s *Service) export(tx *db.Tx, cityID, person int64) (any, error) {
	c, ok := s.Cities.ByID(cityID)
	if !ok {
		return nil, db.ErrNotFound
	}
	list, err := s.VotedIn(tx, c, person)
	out := []part{}
	for _, v := range list {
		out = append(out, part{v.Campaign.Slug, v.Campaign.Titles, v.Channel, v.District, v.Class, v.At.Format("2006-01-02T15")})
	}
	return out, err
}

// tell says in words what was exported.
func (p *Pages) tell(ctx context.Context, doc any) ([]manifest.Told, error) {
	v := page.In(ctx)
	var out []manifest.Told
	for _, x := range doc.([]part) {
		title, _ := x.Titles.In(v.Lang())
		out = append(out, manifest.Told{Title: title, Rows: []ui.Row{
			{Name: v.T("vote.told.channel"), Value: v.T("vote.channel." + x.Channel)},
			{Name: v.T("vote.told.class"), Value: v.T("vote.class." + string(x.Class))},
		}})
	}
	return out, nil
}

// erase forgets by what somebody was known on the rolls whose results are
// final. On the others it stays until then: it keeps the person from voting
// twice, and is a keyed hash without a name.
func (s *Service) erase(tx *db.Tx, cityID, person int64, _ time.Time) error {
	c, ok := s.Cities.ByID(cityID)
	if !ok {
		return db.ErrNotFound
	}
	list, err := s.VotedIn(tx, c, person)
	for _, v := range list {
		if v.Campaign.Confirmed != 0 {
			err = errors.Join(err, forget(tx, cityID, v.Campaign.ID, rollKey(c, v.Campaign.ID, personKey(person))))
		}
	}
	return err
}

// Own implements account.Cases: the votes that somebody has cast.
func (p *Pages) Own(ctx context.Context, v *page.Visit, limit int) (out []account.Own, err error) {
	err = p.Service.DB.View(ctx, func(tx *db.Tx) error {
		list, err := p.Service.VotedIn(tx, v.City, v.Actor.Person)
		for _, x := range list[:min(limit, len(list))] {
			title, _ := x.Campaign.Titles.In(v.Lang())
			out = append(out, account.Own{
				Href: at(x.Campaign.Slug), Title: title, State: "fixed", StateText: v.T("vote.own.voted"),
				Note: v.T("vote.channel."+x.Channel) + ", " + v.P.Date(x.At) + nextStep(v, x.Campaign), Created: x.At.UnixMilli(),
			})
		}
		return err
	})
	return out, err
}

// nextStep says what comes next of a vote that somebody took part in.
func nextStep(v *page.Visit, x *Campaign) string {
	if x.Counted != 0 {
		return " · " + v.T("vote.own.counted")
	}
	if span, ok := x.Plan.Span(Voting); ok {
		return " · " + v.T("vote.own.until", "day", v.P.Date(time.UnixMilli(span.Ends).In(v.City.Zone)))
	}
	return ""
}

// Followed implements account.Cases: nobody follows a campaign.
func (p *Pages) Followed(context.Context, *page.Visit, int) ([]account.Own, error) { return nil, nil }
