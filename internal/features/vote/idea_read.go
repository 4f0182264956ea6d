package vote

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/likeness"
	"github.com/ashar-kg/ashar/internal/civic/notify"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/civic/place"
	"github.com/ashar-kg/ashar/internal/civic/pledge"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Sent is an idea as lists show it.
type Sent struct {
	File     *casework.File
	Detail   *Detail
	Supports int
}

func sent(tx *db.Tx, city int64, ids []int64) ([]Sent, error) {
	files, err := casework.Several(tx, city, ids)
	if err != nil {
		return nil, err
	}
	details, err := ideasBy(tx, city, ids)
	if err != nil {
		return nil, err
	}
	counts, err := supporters(tx, city, ids)
	if err != nil {
		return nil, err
	}
	out := make([]Sent, 0, len(files))
	for _, f := range files {
		if d := details[f.ID]; d != nil {
			out = append(out, Sent{f, d, counts[f.ID]})
		}
	}
	return out, nil
}

// ideaPage is how many ideas a list shows at once.
const ideaPage = 20

// Ideas are the public ideas of a campaign that fit a filter, and the id to go
// on before; 0 at the end. words are looked up in titles and texts.
func (s *Service) Ideas(ctx context.Context, c *city.City, x *Campaign, f ideaFilter, words string) (list []Sent, more int64, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if asked := place.Words(words); len(asked) > 0 {
			if f.IDs, err = s.saying(tx, c, x, asked); err != nil || len(f.IDs) == 0 {
				return err
			}
		}
		f.Limit = ideaPage + 1
		ids, err := ideasOf(tx, c.ID, x.ID, f)
		if err != nil {
			return err
		}
		if len(ids) > ideaPage {
			ids = ids[:ideaPage]
			more = ids[ideaPage-1]
		}
		list, err = sent(tx, c.ID, ids)
		return err
	})
	return list, more, err
}

// saying are the ideas in which each word asked for begins some word.
func (s *Service) saying(tx *db.Tx, c *city.City, x *Campaign, asked []string) (out []int64, err error) {
	all, err := ideasOf(tx, c.ID, x.ID, ideaFilter{Limit: maxList})
	if err != nil {
		return nil, err
	}
	files, err := casework.Several(tx, c.ID, all)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		said := place.Words(f.Number + " " + f.Title + " " + f.Address + " " + f.Text)
		if !slices.ContainsFunc(asked, func(a string) bool {
			return !slices.ContainsFunc(said, func(w string) bool { return strings.HasPrefix(w, a) })
		}) {
			out = append(out, f.ID)
		}
	}
	return out, nil
}

// maxAlike is how many similar ideas are shown before one is sent.
const maxAlike = 5

// Alike are the ideas of a campaign that are about the same as some words, the
// most similar first.
func (s *Service) Alike(ctx context.Context, c *city.City, x *Campaign, title, text, lang string) (out []Sent, err error) {
	mine := likeness.Of(title+" "+text, lang)
	if mine.Empty() {
		return nil, nil
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		all, err := ideasOf(tx, c.ID, x.ID, ideaFilter{Limit: maxList})
		if err != nil {
			return err
		}
		files, err := casework.Several(tx, c.ID, all)
		if err != nil {
			return err
		}
		near := map[int64]float64{}
		var ids []int64
		for _, f := range files {
			if like := mine.To(likeness.Of(f.Title+" "+f.Text, f.Lang)); like >= likeness.Threshold && alive(f.State) {
				near[f.ID] = like
				ids = append(ids, f.ID)
			}
		}
		slices.SortFunc(ids, func(a, b int64) int { return cmp.Or(cmp.Compare(near[b], near[a]), cmp.Compare(b, a)) })
		out, err = sent(tx, c.ID, ids[:min(maxAlike, len(ids))])
		return err
	})
	return out, err
}

// Counts are how many public ideas of a campaign are in each state.
func (s *Service) Counts(ctx context.Context, c *city.City, x *Campaign) (n map[string]int, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		n, err = ideaCounts(tx, c.ID, x.ID)
		return err
	})
	return n, err
}

// Merger is a proposal to merge, as a page shows it.
type Merger struct {
	*Merging
	From, To *casework.File
}

// Told is an idea with everything that its page shows.
type Told struct {
	Sent
	Campaign  *Campaign
	Timeline  []casework.Event
	Photos    []casework.Photo
	Signers   []Signer
	Versions  []Version
	Mergers   []Merger
	Into      *casework.File // that it was merged into, nil for none
	Mine      bool
	Follows   bool
	Supported bool
	Signed    bool
	Pledges   *pledge.Ledger // nil when nothing can be pledged
}

// IdeaOf reads one idea of a campaign; inside tells that the staff asks.
func (s *Service) IdeaOf(ctx context.Context, c *city.City, a permission.Actor, number string) (*Told, error) {
	t := &Told{}
	err := s.DB.View(ctx, func(tx *db.Tx) error {
		f, d, err := ideaFile(tx, c.ID, number)
		if err != nil {
			return err
		}
		staff := a.Can(internal, f.Body) || a.Can(moderate, f.Body)
		t.Mine = a.Owns(f.Author)
		if f.Visibility != casework.Public && !t.Mine && !staff {
			return web.NotFound()
		}
		t.File, t.Detail = f, d
		if t.Campaign, err = campaignByID(tx, c.ID, d.Campaign); err != nil {
			return err
		}
		if t.Timeline, err = casework.Timeline(tx, c.ID, f.ID, a.Can(internal, f.Body)); err != nil {
			return err
		}
		if t.Photos, err = casework.Photos(tx, c.ID, f.ID, staff); err != nil {
			return err
		}
		return s.people(tx, c, a, t)
	})
	return t, err
}

// people reads who takes part in an idea, and what becomes of it.
func (s *Service) people(tx *db.Tx, c *city.City, a permission.Actor, t *Told) (err error) {
	id := t.File.ID
	counts, err := supporters(tx, c.ID, []int64{id})
	if err != nil {
		return err
	}
	t.Supports = counts[id]
	if t.Signers, err = signers(tx, c.ID, id); err != nil {
		return err
	}
	if t.Versions, err = versions(tx, c.ID, id); err != nil {
		return err
	}
	if t.File.Parent != 0 {
		if t.Into, err = casework.Get(tx, c.ID, t.File.Parent); err != nil {
			return err
		}
	}
	list, err := mergings(tx, c.ID, id)
	if err != nil {
		return err
	}
	for _, m := range list {
		both, err := casework.ByID(tx, c.ID, []int64{m.Case, m.Into})
		if err != nil {
			return err
		}
		t.Mergers = append(t.Mergers, Merger{m, both[m.Case], both[m.Into]})
	}
	if !a.SignedIn() {
		return nil
	}
	parts, err := partsOf(tx, c.ID, id, a.Person)
	if err != nil {
		return err
	}
	for _, p := range parts {
		t.Supported, t.Signed = t.Supported || p.Part == supports, t.Signed || p.Part == signs
	}
	t.Follows, err = notify.Follows(tx, c.ID, a.Person, ideaSubject(id))
	return err
}
