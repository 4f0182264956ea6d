package figures

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/place"
	"github.com/ashar-kg/ashar/internal/platform/clock"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/fresh"
)

// Service works the figures out and tells them.
type Service struct {
	DB       *db.DB
	Clock    clock.Clock
	Cities   *city.Registry
	Bodies   *body.Store
	Places   *place.Store
	Versions *fresh.Versions
	Kinds    []Kind
	// Unsigned reads the answers that wait for a signature, the nearest terms first.
	Unsigned func(tx *db.Tx, city int64) ([]Unsigned, error)
	// Projects counts the projects that go wrong by body, the worst first.
	Projects func(tx *db.Tx, c *city.City) ([]Projects, error)

	// Post proposes the newest bulletin as news, which somebody lets out.
	Post func(tx *db.Tx, c *city.City, f Facts) error

	// Record enters a bulletin with the hash of its stored text in the public
	// record.
	Record func(tx *db.Tx, c *city.City, f Facts, hash string) error

	told  sync.Map // *composed by the id of its city
	loads sync.Map // knownLoad by its owner
}

func (s *Service) kind(name string) (Kind, bool) {
	i := slices.IndexFunc(s.Kinds, func(k Kind) bool { return k.Name == name })
	if i < 0 {
		return Kind{}, false
	}
	return s.Kinds[i], true
}

func (s *Service) private() map[string]bool {
	out := map[string]bool{}
	for _, k := range s.Kinds {
		out[k.Name] = !k.Public
	}
	return out
}

// Publish works out anew what has changed, or is of another day, in all cities.
func (s *Service) Publish(ctx context.Context) error {
	for _, c := range s.Cities.List() {
		if err := s.publish(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) publish(ctx context.Context, c *city.City) error {
	now := s.Clock.Now()
	today := int64(c.Calendar.Day(now))
	var todo []casework.Scope
	err := s.DB.View(ctx, func(tx *db.Tx) error {
		if half, err := casework.Recounting(tx, c.ID); half || err != nil {
			return err // what was published stands until all is counted
		}
		all, err := casework.Scopes(tx, c.ID)
		if err != nil {
			return err
		}
		known, err := seen(tx, c.ID)
		for _, sc := range all {
			if _, ok := s.kind(sc.Kind); ok && known[sc] != today {
				todo = append(todo, sc)
			}
		}
		return err
	})
	if err != nil || len(todo) == 0 {
		return err
	}
	for part := range slices.Chunk(todo, publishBatch) {
		if err := s.publishScopes(ctx, c, part, now); err != nil {
			return err
		}
	}
	s.Versions.Mark(c.ID)
	return nil
}

// publishBatch is how many scopes one transaction publishes.
const publishBatch = 25

func (s *Service) publishScopes(ctx context.Context, c *city.City, scopes []casework.Scope, now time.Time) error {
	list := make([]ledger, 0, len(scopes))
	// Read apart from the write: on SQLite all writers would wait.
	if err := s.DB.View(ctx, func(tx *db.Tx) error {
		list = list[:0]
		for _, sc := range scopes {
			l, err := workOut(tx, c, sc, now)
			if err != nil {
				return err
			}
			list = append(list, l)
		}
		return nil
	}); err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		for i, l := range list {
			if err := putLedger(tx, c.ID, scopes[i].Version, l); err != nil {
				return err
			}
		}
		return nil
	})
}

// workOut works one scope out from the statistics.
func workOut(tx *db.Tx, c *city.City, sc casework.Scope, now time.Time) (l ledger, err error) {
	l = ledger{Kind: sc.Kind, Scope: sc.Name, Made: now.UnixMilli(), Day: int64(c.Calendar.Day(now))}
	local := now.In(c.Zone)
	if l.Four, err = casework.AccountOf(tx, c, sc.Kind, sc.Name, fourFrom(local), l.Day, now); err != nil {
		return l, err
	}
	if l.Year, err = casework.AccountOf(tx, c, sc.Kind, sc.Name, yearFrom(local)/100, l.Day/100, now); err != nil || sc.Name != casework.ScopeCity {
		return l, err
	}
	for w, i := WeekOf(local).Before(ChartWeeks), 0; i < ChartWeeks; i++ {
		from, to := w.Days()
		a, err := casework.AccountOf(tx, c, sc.Kind, sc.Name, from, to, now)
		if err != nil {
			return l, err
		}
		l.Weeks = append(l.Weeks, weekly{w, a})
		w = w.Before(-1)
	}
	return l, nil
}

// fourFrom is the first of the 28 days that end today; yearFrom the first day
// of the twelve months that end with this one.
func fourFrom(local time.Time) int64 { return dayNumber(local.AddDate(0, 0, -27)) }

func yearFrom(local time.Time) int64 {
	return dayNumber(time.Date(local.Year(), local.Month(), 1, 0, 0, 0, 0, time.UTC).AddDate(0, -11, 0))
}

// Published is everything that is told about a city, in a fixed order, and when
// it was worked out.
type Published struct {
	Entries []Entry
	At      time.Time
}

// composed is what was last put together of the ledgers of a city. It is told
// again until they, or the directory that gives bodies their codes, change.
type composed struct {
	mark ledgerMark
	dir  *body.Directory
	Published
}

// Published reads what is told. At is zero when nothing is yet. The entries are
// shared: callers do not change them.
func (s *Service) Published(ctx context.Context, c *city.City) (Published, error) {
	dir, err := s.Bodies.Of(ctx, c.ID)
	if err != nil {
		return Published{}, err
	}
	next := &composed{dir: dir}
	var list []ledger
	known := false
	if err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		if next.mark, err = markOf(tx, c.ID); err != nil {
			return err
		}
		if last, ok := s.told.Load(c.ID); ok {
			if last := last.(*composed); last.mark == next.mark && last.dir == dir {
				known, next = true, last
				return nil
			}
		}
		list, err = ledgers(tx, c.ID)
		return err
	}); err != nil || known {
		return next.Published, err
	}
	next.Published = s.compose(c, dir, list)
	s.told.Store(c.ID, next)
	return next.Published, nil
}

// compose tells what the ledgers of a city hold.
func (s *Service) compose(c *city.City, dir *body.Directory, list []ledger) Published {
	var p Published
	var made int64
	for _, l := range list {
		k, ok := s.kind(l.Kind)
		if !ok {
			continue
		}
		p.Entries = append(p.Entries, l.entries(k, c, dir)...)
		made = max(made, l.Made)
	}
	if made != 0 {
		p.At = time.UnixMilli(made).In(c.Zone)
	}
	protect(p.Entries, s.private())
	slices.SortStableFunc(p.Entries, func(a, b Entry) int {
		return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.Scope, b.Scope), strings.Compare(a.Code, b.Code), strings.Compare(a.Period, b.Period))
	})
	return p
}

// entries are what a ledger tells.
func (l ledger) entries(k Kind, c *city.City, dir *body.Directory) []Entry {
	scope, code := dimension(l.Scope, dir)
	day := dayOf(l.Day)
	out := []Entry{
		entry(k, scope, code, Weeks4, fourFrom(day), l.Day, l.Four),
		entry(k, scope, code, Months12, yearFrom(day), l.Day, l.Year),
		entry(k, scope, code, Now, 0, l.Day, l.Four),
	}
	for _, w := range l.Weeks {
		from, to := w.Week.Days()
		out = append(out, entry(k, scope, code, w.Week.String(), from, to, w.Account))
	}
	return out
}

// dimension takes the name of a scope apart. Bodies are told by their codes.
func dimension(scope string, dir *body.Directory) (dim, code string) {
	dim, code, _ = strings.Cut(scope, ":")
	if dim == Body {
		id, _ := strconv.ParseInt(code, 10, 64)
		code = ""
		if b, ok := dir.Get(id); ok {
			code = b.Code
		}
	}
	if code == "" && dim != City {
		code = None
	}
	return dim, code
}

// Sums adds the entries of some kinds up for a time and the present, by
// dimension and code.
func (p Published) Sums(period string, kinds func(kind string) bool) map[string][]Told {
	type key struct{ scope, code, kind string }
	at := map[key]int{}
	out := map[string][]Told{}
	for _, e := range p.Entries {
		if !kinds(e.Kind) || (e.Period != period && e.Period != Now) {
			continue
		}
		k := key{scope: e.Scope, code: e.Code}
		if e.Scope == Category { // each kind has its own
			k.kind = e.Kind
		}
		i, ok := at[k]
		if !ok {
			i = len(out[e.Scope])
			at[k] = i
			out[e.Scope] = append(out[e.Scope], Told{Kind: k.kind, Scope: e.Scope, Code: e.Code, Counts: map[string]Count{}})
		}
		out[e.Scope][i].add(e)
	}
	for scope := range out {
		out[scope] = slices.DeleteFunc(out[scope], Told.empty)
	}
	return out
}

// Weeks are the whole weeks of the city, in order.
func (p Published) Weeks(kinds func(kind string) bool) []Told {
	var out []Told
	at := map[string]int{}
	for _, e := range p.Entries {
		if e.Scope != City || !kinds(e.Kind) || !strings.Contains(e.Period, "-W") {
			continue
		}
		i, ok := at[e.Period]
		if !ok {
			i = len(out)
			at[e.Period] = i
			out = append(out, Told{Scope: City, Code: e.Period, Counts: map[string]Count{}})
		}
		out[i].add(e)
	}
	slices.SortFunc(out, func(a, b Told) int { return strings.Compare(a.Code, b.Code) })
	return out
}
