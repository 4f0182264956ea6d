package systemic

import (
	"context"
	"slices"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/likeness"
	"github.com/ashar-kg/ashar/internal/civic/notify"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/db"
)

// Shown is an issue as everybody reads it.
type Shown struct {
	File   *casework.File
	Detail Detail
	Counts Counts
}

// List reads the issues before an id, newest first, with what they are called
// and how many cases they have.
func (s *Service) List(ctx context.Context, c *city.City, states []string, before int64, limit int) (out []Shown, more int64, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		p, err := casework.Listed(tx, c.ID, casework.Filter{Kind: KindName, States: states, Before: before, Limit: limit})
		if err != nil {
			return err
		}
		more = p.More
		out, err = s.shown(tx, c, p.Files)
		return err
	})
	return out, more, err
}

func (s *Service) shown(tx *db.Tx, c *city.City, files []*casework.File) ([]Shown, error) {
	ids := make([]int64, len(files))
	for i, f := range files {
		ids[i] = f.ID
	}
	all, err := details(tx, c.ID, ids)
	if err != nil {
		return nil, err
	}
	counts, err := countsOf(tx, c.ID, ids, s.publicKinds())
	if err != nil {
		return nil, err
	}
	out := make([]Shown, len(files))
	for i, f := range files {
		out[i] = Shown{f, all[f.ID], counts[f.ID]}
	}
	return out, nil
}

// Whole is everything of one issue that everybody may read.
type Whole struct {
	Shown
	Cases    []*casework.File // public ones
	More     int64            // to go on before; 0 at the end
	Timeline []casework.Event
	Follows  bool
	Into     *casework.File // the issue that it was merged with, nil for none
}

// casesOnPage is how many cases an issue's page shows at once.
const casesOnPage = 30

// Show reads one issue with its public cases before an id.
func (s *Service) Show(ctx context.Context, c *city.City, a permission.Actor, number string, before int64) (*Whole, error) {
	w := &Whole{}
	err := s.DB.View(ctx, func(tx *db.Tx) error {
		f, err := s.issue(tx, c, number)
		if err != nil {
			return err
		}
		list, err := s.shown(tx, c, []*casework.File{f})
		if err != nil {
			return err
		}
		w.Shown = list[0]
		if f.Parent != 0 {
			if w.Into, err = casework.Get(tx, c.ID, f.Parent); err != nil {
				return err
			}
		}
		if w.Detail.Plan, err = plan(tx, c.ID, f.ID); err != nil {
			return err
		}
		ids, err := linkedPublic(tx, c.ID, f.ID, s.publicKinds(), before, casesOnPage+1)
		if err != nil {
			return err
		}
		if len(ids) > casesOnPage {
			ids = ids[:casesOnPage]
			w.More = ids[casesOnPage-1]
		}
		if w.Cases, err = casework.Several(tx, c.ID, ids); err != nil {
			return err
		}
		if w.Timeline, err = casework.Timeline(tx, c.ID, f.ID, a.Can("systemic.internal", f.Body)); err != nil {
			return err
		}
		if a.SignedIn() {
			w.Follows, err = notify.Follows(tx, c.ID, a.Person, subject(f.ID))
		}
		return err
	})
	return w, err
}

// Met is a case as the staff meets it among others: one that the actor may
// not read has no File, only its kind.
type Met struct {
	Member
	Kind string
	File *casework.File
}

// met reads cases and hides those that are not the actor's.
func (s *Service) met(tx *db.Tx, c *city.City, a permission.Actor, list []Member) ([]Met, error) {
	ids := make([]int64, len(list))
	for i, m := range list {
		ids[i] = m.Case
	}
	files, err := casework.ByID(tx, c.ID, ids)
	if err != nil {
		return nil, err
	}
	var out []Met
	for _, m := range list {
		f := files[m.Case]
		if f == nil || !s.counts(f) {
			continue
		}
		x := Met{Member: m, Kind: f.Kind}
		if s.sees(a, f) {
			x.File = f
		}
		out = append(out, x)
	}
	return out, nil
}

// Case is a proposal with its cases and why they are thought alike.
type Case struct {
	*Proposal
	Cases      []Met
	Things     []string // codes of what most cases speak of, package likeness
	Categories []string // of the cases that have one that says something
}

// Desk is what the staff finds under systemic issues: proposals, and issues with
// cases that wait to be linked.
type Desk struct {
	Proposals []*Proposal
	Open      []Shown
	Waiting   map[int64]int // cases that wait, by issue
}

// Proposals reads what the actor should look at.
func (s *Service) Proposals(ctx context.Context, c *city.City, a permission.Actor, state string) (*Desk, error) {
	bodies, all := a.Bodies("systemic.internal")
	if !all && len(bodies) == 0 {
		return nil, permission.ErrDenied
	}
	if all {
		bodies = nil
	}
	d := &Desk{Waiting: map[int64]int{}}
	err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		if d.Proposals, err = proposals(tx, c.ID, state, bodies, 100); err != nil {
			return err
		}
		open, err := casework.Listed(tx, c.ID, casework.Filter{Kind: KindName, States: []string{Declared, Planned}, Limit: 100})
		if err != nil {
			return err
		}
		files := slices.DeleteFunc(open.Files, func(f *casework.File) bool { return !a.Can("systemic.internal", f.Body) })
		if d.Open, err = s.shown(tx, c, files); err != nil {
			return err
		}
		for _, f := range files {
			list, err := suggested(tx, c.ID, f.ID)
			if err != nil {
				return err
			}
			d.Waiting[f.ID] = len(list)
		}
		return nil
	})
	return d, err
}

// Propose reads one proposal for the staff.
func (s *Service) Propose(ctx context.Context, c *city.City, a permission.Actor, id int64) (*Case, error) {
	out := &Case{}
	err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		if out.Proposal, err = proposal(tx, c.ID, id); err != nil {
			return err
		}
		if err := a.Check("systemic.internal", out.Body); err != nil {
			return err
		}
		list, err := members(tx, c.ID, id)
		if err != nil {
			return err
		}
		if out.State == Proposed {
			// Those that a clerk has linked by their numbers need no word any more.
			if list, err = unlinked(tx, c.ID, list); err != nil {
				return err
			}
		}
		if out.Cases, err = s.met(tx, c, a, list); err != nil {
			return err
		}
		return s.why(tx, c, out, list)
	})
	return out, err
}

// why finds what most cases of a proposal speak of. It names things of the table
// and categories only, which hold no word that a person wrote.
func (s *Service) why(tx *db.Tx, c *city.City, out *Case, list []Member) error {
	ids := make([]int64, len(list))
	for i, m := range list {
		ids[i] = m.Case
	}
	files, err := casework.ByID(tx, c.ID, ids)
	if err != nil {
		return err
	}
	things, categories := map[string]int{}, map[string]int{}
	for _, f := range files {
		for _, t := range likeness.Of(f.Text, f.Lang).Things() {
			things[t]++
		}
		if s.Sources[f.Kind].Category != nil {
			categories[f.Category]++
		}
	}
	out.Things, out.Categories = often(things, len(files)), often(categories, len(files))
	return nil
}

// often are the keys that a third of n have, the most frequent first, at most six.
func often(counts map[string]int, n int) (out []string) {
	for k, m := range counts {
		if 3*m >= n {
			out = append(out, k)
		}
	}
	slices.SortFunc(out, func(a, b string) int {
		switch {
		case counts[a] != counts[b]:
			return counts[b] - counts[a]
		case a < b:
			return -1
		}
		return 1
	})
	return out[:min(6, len(out))]
}

// Working is an issue with what the staff needs to work on it.
type Working struct {
	*Whole
	Linked    []Met // newest first
	Suggested []Met
}

// Work reads one issue for the staff.
func (s *Service) Work(ctx context.Context, c *city.City, a permission.Actor, number string) (*Working, error) {
	whole, err := s.Show(ctx, c, a, number, 0)
	if err != nil {
		return nil, err
	}
	f := whole.File
	if err := a.Check("systemic.internal", f.Body); err != nil {
		return nil, err
	}
	w := &Working{Whole: whole}
	return w, s.DB.View(ctx, func(tx *db.Tx) error {
		ids, err := linked(tx, c.ID, f.ID, 0, maxMembers)
		if err != nil {
			return err
		}
		list := make([]Member, len(ids))
		for i, id := range ids {
			list[i].Case = id
		}
		if w.Linked, err = s.met(tx, c, a, list); err != nil {
			return err
		}
		if list, err = suggested(tx, c.ID, f.ID); err != nil {
			return err
		}
		w.Suggested, err = s.met(tx, c, a, list)
		return err
	})
}
