package project

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/notify"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/db"
)

// The alarms by which lists filter.
const (
	AlarmLate   = "late"
	AlarmOver   = "over"
	AlarmSilent = "silent"
)

// AlarmNames are the alarms in their order.
var AlarmNames = []string{AlarmLate, AlarmOver, AlarmSilent}

// Filter says which projects are asked for. Zero values ask for all. From and
// To are the budget in minor units, To exclusive.
type Filter struct {
	Status   string
	District string
	Sector   string
	Body     int64
	Year     int64
	From, To int64
	Alarm    string
	Key      string // folded words of the title
	Before   int64  // id
	Limit    int
}

// Total is the money of what a filter finds in one currency.
type Total struct {
	Currency                         string
	Count, Planned, Contracted, Paid int64
}

// Alarms are how many projects of a body go wrong.
type Alarms struct{ Body, Projects, Late, Over, Silent int64 }

// clone is a copy that shares nothing.
func (p *Project) clone() (*Project, error) {
	data, err := json.Marshal(p.Doc)
	if err != nil {
		return nil, err
	}
	out := *p
	out.Doc = Doc{}
	return &out, json.Unmarshal(data, &out.Doc)
}

// Found is a page of a list.
type Found struct {
	Projects []*Project
	More     int64 // to go on before; 0 at the end
	Totals   []Total
	Years    [2]int64
}

// pageSize is how many projects a list shows at once.
const pageSize = 20

// List reads the projects of a filter, newest first.
func (s *Service) List(ctx context.Context, c *city.City, q Filter) (*Found, error) {
	if q.Limit == 0 {
		q.Limit = pageSize
	}
	now, limit := s.Clock.Now(), q.Limit
	q.Limit++
	out := &Found{}
	err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		if out.Projects, err = listed(tx, c.ID, q, now); err != nil {
			return err
		}
		if len(out.Projects) > limit {
			out.Projects = out.Projects[:limit]
			out.More = out.Projects[limit-1].ID
		}
		if out.Totals, err = totals(tx, c.ID, q, now); err != nil {
			return err
		}
		out.Years, err = span(tx, c.ID)
		return err
	})
	return out, err
}

// Each calls fn for every project of a filter, newest first.
func (s *Service) Each(ctx context.Context, c *city.City, q Filter, fn func(p *Project) error) error {
	q.Limit = 200
	for {
		var list []*Project
		if err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
			list, err = listed(tx, c.ID, q, s.Clock.Now())
			return err
		}); err != nil {
			return err
		}
		for _, p := range list {
			if err := fn(p); err != nil {
				return err
			}
		}
		if len(list) < q.Limit {
			return nil
		}
		q.Before = list[len(list)-1].ID
	}
}

// Alarms counts what goes wrong by body, what is worst first.
func (s *Service) Alarms(tx *db.Tx, c *city.City) ([]Alarms, error) {
	list, err := alarms(tx, c.ID, s.Clock.Now())
	list = slices.DeleteFunc(list, func(a Alarms) bool { return a.Late+a.Over+a.Silent == 0 })
	slices.SortStableFunc(list, func(x, y Alarms) int { return int(y.Late + y.Over + y.Silent - x.Late - x.Over - x.Silent) })
	return list, err
}

// Whole is everything of one project that everybody may read.
type Whole struct {
	*Project
	Updates   []*Update
	Photos    []*Photo
	History   []*Change
	Questions []Question
	Defects   []*casework.File
	Followers int64
	Follows   bool
}

// PhotosOf are the photos of a stage.
func (w *Whole) PhotosOf(stage string) (out []*Photo) {
	for _, p := range w.Photos {
		if p.Stage == stage {
			out = append(out, p)
		}
	}
	return out
}

// most is how much of its history a page of a project shows.
const most = 200

// Show reads one project.
func (s *Service) Show(ctx context.Context, c *city.City, a permission.Actor, id int64) (*Whole, error) {
	w := &Whole{}
	err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		if w.Project, err = get(tx, c.ID, id); err != nil {
			return err
		}
		if w.Updates, err = updates(tx, c.ID, id, most); err != nil {
			return err
		}
		if w.Photos, err = photos(tx, c.ID, id); err != nil {
			return err
		}
		if w.History, err = changes(tx, c.ID, id, most); err != nil {
			return err
		}
		if err := s.cases(tx, c, w); err != nil {
			return err
		}
		if w.Followers, err = notify.Followers(tx, c.ID, subject(id)); err != nil {
			return err
		}
		if a.SignedIn() {
			w.Follows, err = notify.Follows(tx, c.ID, a.Person, subject(id))
		}
		return err
	})
	return w, err
}

// cases reads the questions about a project, and the defects at it, that
// everybody may read.
func (s *Service) cases(tx *db.Tx, c *city.City, w *Whole) error {
	list, err := casesOf(tx, c.ID, w.ID, most)
	if err != nil {
		return err
	}
	files, err := casework.Several(tx, c.ID, list)
	if err != nil {
		return err
	}
	for _, f := range files {
		switch {
		case !f.Listed():
		case f.Kind == KindName:
			q, err := question(tx, c, f, false)
			if err != nil {
				return err
			}
			w.Questions = append(w.Questions, q)
		default:
			w.Defects = append(w.Defects, f)
		}
	}
	return nil
}
