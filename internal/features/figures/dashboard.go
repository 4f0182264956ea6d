package figures

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/account"
	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/db"
)

// Dashboard is what a member of the staff sees of the work at hand: counts of
// all kinds together, and of single cases only the own ones.
type Dashboard struct {
	City   []Desk // by body, for those who see the whole city
	Total  casework.Load
	Bodies []Team // by clerk, for those who lead a body
	Own    *Own   // nil for those who work on no cases themselves
	// Queues are the answers that wait for a signature in the city, by body;
	// whoever sees them is told no numbers.
	Queues []Queue
	// Projects are the city's projects that go wrong, by body.
	Projects []Projects
}

// Projects are the projects of a body that are late, cost more than planned, or
// of which nothing was told for long. A Body of 0 is none of the city's.
type Projects struct{ Body, Projects, Late, Over, Silent int64 }

// Unsigned is an answer that waits for its signature. Times are Unix milliseconds.
type Unsigned struct {
	Number string
	Body   int64
	Asked  int64 // 0 is not known
	Due    int64
}

// Queue is what waits for the signature of a body's head.
type Queue struct {
	Body    *body.Body
	Answers []Unsigned
}

// Oldest is the day since which the first one waits; the zero time is not known.
func (q Queue) Oldest() time.Time {
	var first int64
	for _, u := range q.Answers {
		if u.Asked != 0 && (first == 0 || u.Asked < first) {
			first = u.Asked
		}
	}
	if first == 0 {
		return time.Time{}
	}
	return time.UnixMilli(first)
}

// Overdue counts the answers whose term has passed.
func (q Queue) Overdue(now time.Time) (n int) {
	for _, u := range q.Answers {
		if u.Due < now.UnixMilli() {
			n++
		}
	}
	return n
}

// Desk is what lies before a body.
type Desk struct {
	Body *body.Body // nil: no body answers yet
	casework.Load
}

// Team is what lies before the people of a body.
type Team struct {
	Body    *body.Body
	Total   casework.Load
	Queue   Queue
	Clerks  []Clerk
	Partial bool // there are more cases than were looked at
}

// Clerk is what one person works on; without a name, what nobody does yet.
type Clerk struct {
	Person int64
	Name   string
	casework.Load
}

// Own are the cases of the person who asks, the nearest clocks first.
type Own struct {
	casework.Load
	Files []*casework.File
}

// ownFiles is how many own cases a dashboard lists.
const ownFiles = 15

// Dashboard gathers what the actor may see, and denies who may see nothing.
func (s *Service) Dashboard(ctx context.Context, c *city.City, a permission.Actor) (*Dashboard, error) {
	bodies, all := a.Bodies("figures.body")
	own := a.Some("figures.own")
	if !all && len(bodies) == 0 && !own {
		return nil, permission.ErrDenied
	}
	dir, err := s.Bodies.Of(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	out := &Dashboard{}
	return out, s.DB.View(ctx, func(tx *db.Tx) error {
		queues, err := s.queues(tx, c, dir)
		if err != nil {
			return err
		}
		if all {
			out.Queues = queues
			if out.Projects, err = s.Projects(tx, c); err != nil {
				return err
			}
			if err := s.city(tx, c, dir, out); err != nil {
				return err
			}
		}
		for _, id := range bodies {
			if err := s.team(tx, c, dir, id, out); err != nil {
				return err
			}
		}
		for i := range out.Bodies {
			out.Bodies[i].Queue = queueOf(queues, out.Bodies[i].Body)
		}
		if own {
			return s.own(tx, c, a, out)
		}
		return nil
	})
}

// Team gathers one body for an actor who leads it or sees the whole city.
func (s *Service) Team(ctx context.Context, c *city.City, a permission.Actor, code string) (*Team, error) {
	dir, err := s.Bodies.Of(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	b, ok := dir.ByCode(code)
	if !ok {
		return nil, cmp.Or(a.Check("figures.body", 0), db.ErrNotFound)
	}
	if err := a.Check("figures.body", b.ID); err != nil {
		return nil, err
	}
	out := &Dashboard{}
	if err := s.DB.View(ctx, func(tx *db.Tx) error { return s.team(tx, c, dir, b.ID, out) }); err != nil {
		return nil, err
	}
	return &out.Bodies[0], nil
}

func (s *Service) city(tx *db.Tx, c *city.City, dir *body.Directory, out *Dashboard) error {
	scopes, err := casework.Scopes(tx, c.ID)
	if err != nil {
		return err
	}
	now := s.Clock.Now()
	at := map[string]int{}
	for _, sc := range scopes {
		dim, code := dimension(sc.Name, dir)
		if _, ok := s.kind(sc.Kind); !ok || dim != Body {
			continue
		}
		load, err := s.loadOf(tx, c, sc, now)
		if err != nil {
			return err
		}
		if load == (casework.Load{}) {
			continue
		}
		i, ok := at[code]
		if !ok {
			i = len(out.City)
			at[code] = i
			b, _ := dir.ByCode(code)
			out.City = append(out.City, Desk{Body: b})
		}
		out.City[i].Add(load)
		out.Total.Add(load)
	}
	slices.SortStableFunc(out.City, func(a, b Desk) int {
		return cmp.Or(cmp.Compare(b.Overdue, a.Overdue), cmp.Compare(b.Soon, a.Soon), cmp.Compare(b.Open, a.Open))
	})
	return nil
}

// A knownLoad is what was open in a scope when its statistics had the version,
// on the day. Most bodies are as they were when the dashboard is looked at again.
type knownLoad struct {
	version, day int64
	casework.Load
}

func (s *Service) loadOf(tx *db.Tx, c *city.City, sc casework.Scope, now time.Time) (casework.Load, error) {
	owner := struct {
		city        int64
		kind, scope string
	}{c.ID, sc.Kind, sc.Name}
	day := int64(c.Calendar.Day(now))
	if last, ok := s.loads.Load(owner); ok {
		if last := last.(knownLoad); last.version == sc.Version && last.day == day {
			return last.Load, nil
		}
	}
	load, err := casework.LoadOf(tx, c, sc.Kind, sc.Name, now)
	if err == nil {
		s.loads.Store(owner, knownLoad{sc.Version, day, load})
	}
	return load, err
}

// queues gathers what waits for a signature by body, the longest queue first.
func (s *Service) queues(tx *db.Tx, c *city.City, dir *body.Directory) ([]Queue, error) {
	list, err := s.Unsigned(tx, c.ID)
	if err != nil {
		return nil, err
	}
	var out []Queue
	at := map[int64]int{}
	for _, u := range list {
		b, ok := dir.Get(u.Body)
		if !ok {
			continue
		}
		i, ok := at[b.ID]
		if !ok {
			i = len(out)
			at[b.ID] = i
			out = append(out, Queue{Body: b})
		}
		out[i].Answers = append(out[i].Answers, u)
	}
	slices.SortStableFunc(out, func(a, b Queue) int { return cmp.Compare(len(b.Answers), len(a.Answers)) })
	return out, nil
}

func queueOf(list []Queue, b *body.Body) Queue {
	if i := slices.IndexFunc(list, func(q Queue) bool { return q.Body.ID == b.ID }); i >= 0 {
		return list[i]
	}
	return Queue{Body: b}
}

func (s *Service) kindNames() []string {
	var out []string
	for _, k := range s.Kinds {
		out = append(out, k.Name)
	}
	return out
}

func (s *Service) team(tx *db.Tx, c *city.City, dir *body.Directory, id int64, out *Dashboard) error {
	b, ok := dir.Get(id)
	if !ok {
		return nil
	}
	t := Team{Body: b}
	loads, partial, err := casework.LoadByAssignee(tx, c, s.kindNames(), id, s.Clock.Now())
	if err != nil {
		return err
	}
	t.Partial = partial
	var people []int64
	for person, load := range loads {
		t.Total.Add(load)
		people = append(people, person)
	}
	names, err := account.Names(tx, c.ID, people)
	if err != nil {
		return err
	}
	for person, load := range loads {
		t.Clerks = append(t.Clerks, Clerk{person, names[person], load})
	}
	slices.SortFunc(t.Clerks, func(a, b Clerk) int {
		return cmp.Or(cmp.Compare(b.Overdue, a.Overdue), cmp.Compare(b.Open, a.Open), strings.Compare(a.Name, b.Name), cmp.Compare(a.Person, b.Person))
	})
	out.Bodies = append(out.Bodies, t)
	return nil
}

// own lists the cases assigned to the actor at the bodies where the cases of
// that kind may be read.
func (s *Service) own(tx *db.Tx, c *city.City, a permission.Actor, out *Dashboard) error {
	var kinds []string
	for _, k := range s.Kinds {
		if a.Some(k.See) {
			kinds = append(kinds, k.Name)
		}
	}
	out.Own = &Own{}
	if len(kinds) == 0 {
		return nil
	}
	var err error
	if out.Own.Load, err = casework.LoadOfAssignee(tx, c, kinds, a.Person, s.Clock.Now()); err != nil {
		return err
	}
	files, _, _, err := casework.Desktop(tx, c.ID, casework.Inbox{Kinds: kinds, View: "mine", Me: a.Person, Now: s.Clock.Now(), Limit: ownFiles})
	for _, f := range files {
		if k, ok := s.kind(f.Kind); ok && a.Can(k.See, f.Body) {
			out.Own.Files = append(out.Own.Files, f)
		}
	}
	return err
}
