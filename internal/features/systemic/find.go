package systemic

import (
	"context"
	"math"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/likeness"
	"github.com/ashar-kg/ashar/internal/civic/place"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/tiles"
)

const (
	// findBatch is how many cases one transaction looks at: others must write in between.
	findBatch = 10
	// maxRun bounds the cases that one run of the job looks at in a city.
	maxRun = 20000
	// settle is how old a case must be to be looked at: its number is drawn when
	// its transaction begins, and the cursor must not pass one that is not stored.
	settle = 2 * time.Minute
	// maxDocs bounds the prepared texts that a run keeps in memory.
	maxDocs = 5000
	// categoryWeight is how much it says that two authors chose one category.
	categoryWeight = 1.5
	// grain is how exactly a place is kept, in degrees: about a hundred metres.
	grain = 0.001
)

// Find looks for clusters among the cases of every city that came since it
// looked last.
func (s *Service) Find(ctx context.Context) error {
	for _, c := range s.Cities.List() {
		if err := s.FindIn(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// FindIn is Find for one city.
func (s *Service) FindIn(ctx context.Context, c *city.City) error {
	settings, err := settingsOf(c)
	if err != nil {
		return err
	}
	names, err := s.Places.Gazetteer(ctx, c.ID)
	if err != nil {
		return err
	}
	f := &finder{Service: s, c: c, settings: settings, names: names, docs: map[int64]likeness.Doc{}, now: s.Clock.Now()}
	for looked := 0; looked < maxRun; looked += findBatch {
		n := 0
		if err := s.DB.Update(ctx, func(tx *db.Tx) (err error) {
			n, err = f.batch(tx)
			return err
		}); err != nil {
			return err
		}
		if n < findBatch {
			return nil
		}
	}
	return nil
}

// finder is one run in one city.
type finder struct {
	*Service
	c        *city.City
	settings Settings
	names    *place.Gazetteer
	docs     map[int64]likeness.Doc
	now      time.Time
}

func (f *finder) since() time.Time { return f.now.AddDate(0, 0, -f.settings.Days) }

// batch looks at the next cases and returns how many there were.
func (f *finder) batch(tx *db.Tx) (int, error) {
	after, err := cursor(tx, f.c.ID)
	if err != nil {
		return 0, err
	}
	late, err := takeLate(tx, f.c.ID, findBatch)
	if err != nil {
		return 0, err
	}
	list, err := casework.Several(tx, f.c.ID, late)
	if err != nil {
		return 0, err
	}
	// Cases older than the time that counts need never be looked at.
	next, err := casework.Between(tx, f.c.ID, max(after, ids.Floor(f.since())), ids.Floor(f.now.Add(-settle)), findBatch)
	if err != nil {
		return 0, err
	}
	for _, file := range append(list, next...) {
		if err := f.look(tx, file); err != nil {
			return 0, err
		}
	}
	if len(next) > 0 {
		if err := putCursor(tx, f.c.ID, next[len(next)-1].ID); err != nil {
			return 0, err
		}
	}
	if err := forgetTraces(tx, f.c.ID, f.since()); err != nil {
		return 0, err
	}
	return max(len(next), len(late)), nil
}

// look compares one case with those around it.
func (f *finder) look(tx *db.Tx, file *casework.File) error {
	t, ok := f.place(file)
	if !ok || !f.counts(file) {
		return nil
	}
	if err := putTrace(tx, f.c.ID, t); err != nil {
		return err
	}
	near, err := around(tx, f.c.ID, t, float64(f.settings.Metres), f.since())
	if err != nil || len(near) == 0 {
		return err
	}
	alike, err := f.alike(tx, file, near)
	if err != nil || len(alike) == 0 {
		return err
	}
	return f.gather(tx, file, t, alike)
}

// counts tells whether a case may be one of many.
func (s *Service) counts(file *casework.File) bool {
	_, ok := s.Sources[file.Kind]
	return ok && file.Parent == 0 && (file.Visibility == casework.Public || file.Visibility == casework.Private || file.Visibility == casework.Held)
}

// place is where a case is: its own place, or that of its address when the
// gazetteer knows it.
func (f *finder) place(file *casework.File) (trace, bool) {
	t := trace{id: file.ID, at: file.Created, lat: file.Lat, lon: file.Lon}
	if !file.Placed {
		found := f.names.Search(file.Address, 1)
		if file.Address == "" || len(found) == 0 || !found[0].Placed {
			return t, false
		}
		t.lat, t.lon = found[0].Lat, found[0].Lon
	}
	t.lat, t.lon = math.Round(t.lat/grain)*grain, math.Round(t.lon/grain)*grain
	return t, true
}

// doc prepares the words of a case.
func (f *finder) doc(file *casework.File) likeness.Doc {
	if d, ok := f.docs[file.ID]; ok {
		return d
	}
	var tags []likeness.Tag
	if f.Sources[file.Kind].Category != nil {
		tags = append(tags, likeness.Tag{Name: file.Category, Weight: categoryWeight})
	}
	d := likeness.Of(file.Text, file.Lang, tags...)
	f.docs[file.ID] = d
	return d
}

// alike keeps those of the cases around that are about the same.
func (f *finder) alike(tx *db.Tx, file *casework.File, near []trace) ([]Member, error) {
	if len(f.docs) > maxDocs {
		clear(f.docs)
	}
	var unknown []int64
	for _, t := range near {
		if _, ok := f.docs[t.id]; !ok {
			unknown = append(unknown, t.id)
		}
	}
	files, err := casework.ByID(tx, f.c.ID, unknown)
	if err != nil {
		return nil, err
	}
	doc := f.doc(file)
	var out []Member
	for _, t := range near {
		other, ok := f.docs[t.id]
		if x := files[t.id]; x != nil {
			other, ok = f.doc(x), true
		}
		if like := int64(100 * doc.To(other)); ok && like >= int64(f.settings.Likeness) {
			out = append(out, Member{Case: t.id, Alike: like, Metres: int64(t.metres)})
		}
	}
	return out, nil
}

// gather puts a case into the proposal that most of its like are in, or makes a
// new one of those that are in none. A case joins a proposal when two of it are
// like it and it is not far from its middle, so that a chain of neighbours does
// not grow over the whole city.
func (f *finder) gather(tx *db.Tx, file *casework.File, t trace, alike []Member) error {
	cases := make([]int64, len(alike))
	for i, m := range alike {
		cases[i] = m.Case
	}
	in, err := proposalsOf(tx, f.c.ID, cases)
	if err != nil {
		return err
	}
	var taken []int64
	var free []Member
	best := Member{}
	for _, m := range alike {
		if p := in[m.Case]; p != 0 {
			taken = append(taken, p)
			if m.Alike > best.Alike {
				best = m
			}
		} else {
			free = append(free, m)
		}
	}
	if len(taken) >= 2 {
		joined, err := f.join(tx, t, mostCommon(taken), Member{Case: file.ID, Alike: best.Alike, Metres: best.Metres})
		if joined || err != nil {
			return err
		}
	}
	if len(free)+1 < f.settings.Cases {
		return nil
	}
	return f.propose(tx, file, t, free)
}

// join adds a case to a proposal that is near and not ended.
func (f *finder) join(tx *db.Tx, t trace, id int64, m Member) (bool, error) {
	p, err := lockProposal(tx, f.c.ID, id)
	if err != nil || p.State == Ended || tiles.Distance(t.lon, t.lat, p.Lon, p.Lat) > 2*float64(f.settings.Metres) {
		return false, err
	}
	added, err := putMember(tx, f.c.ID, p.ID, m)
	if err != nil || !added {
		return true, err
	}
	p.Cases++
	p.Updated = f.now.UnixMilli()
	if p.returns() {
		p.State = Proposed
	}
	return true, putProposal(tx, f.c.ID, p)
}

func (f *finder) propose(tx *db.Tx, file *casework.File, t trace, others []Member) error {
	cases := make([]int64, len(others))
	for i, m := range others {
		cases[i] = m.Case
	}
	files, err := casework.ByID(tx, f.c.ID, cases)
	if err != nil {
		return err
	}
	bodies := []int64{file.Body}
	for _, x := range files {
		bodies = append(bodies, x.Body)
	}
	p := &Proposal{
		ID: ids.At(f.now), State: Proposed, Body: mostCommon(bodies), Lat: t.lat, Lon: t.lon, Updated: f.now.UnixMilli(),
	}
	for _, m := range append(others, Member{Case: file.ID, Alike: 100}) {
		added, err := putMember(tx, f.c.ID, p.ID, m)
		if err != nil {
			return err
		}
		if added {
			p.Cases++
		}
	}
	return putProposal(tx, f.c.ID, p)
}
