// Package outage tells where water, heat, light or a road is missing and until
// when: the telephone desk reads it out, the map shows it, and those who watch
// the streets hear of it.
package outage

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/notify"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/civic/place"
	"github.com/ashar-kg/ashar/internal/platform/clock"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/fresh"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/once"
	"github.com/ashar-kg/ashar/internal/platform/tiles"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations are the tables of this feature.
var Migrations = db.Migrations{Name: "outage", FS: files}

// Publish is the action of telling of an outage.
const Publish = "outage.publish"

// Permissions is who may do what unless the city says otherwise.
func Permissions() []permission.Rule {
	return []permission.Rule{{Action: Publish, Roles: []permission.Role{permission.Dispatcher, permission.Head, permission.Clerk}}}
}

// Services are what may be missing, with the category of reports about it.
var Services = []struct{ Name, Category string }{
	{"water", "water"}, {"sewer", "sewer"}, {"heat", "heat"}, {"electricity", ""}, {"light", "street-light"}, {"gas", ""}, {"road", ""}, {"transport", "bus-stop"},
}

func category(service string) string {
	for _, s := range Services {
		if s.Name == service {
			return s.Category
		}
	}
	return ""
}

// Street is a street, a quarter or a landmark where it is missing.
type Street struct {
	Names place.Texts
	Lat   float64
	Lon   float64
	Line  [][2]float64 // longitude, latitude; empty for a point
}

// Notice is one outage. Instants are Unix milliseconds.
type Notice struct {
	ID        int64
	Service   string
	Body      int64
	Begins    int64
	Until     int64
	Ended     int64 // 0 while it lasts
	Streets   []Street
	Districts []string
	Words     map[string]string // what else is to be known, by language
	Person    int64
	Updated   int64
}

// Over tells whether it has ended; Planned whether it has not begun; Late whether
// it lasts longer than was said.
func (n *Notice) Over() bool                { return n.Ended != 0 }
func (n *Notice) Planned(at time.Time) bool { return !n.Over() && n.Begins > at.UnixMilli() }
func (n *Notice) Late(at time.Time) bool    { return !n.Over() && n.Until < at.UnixMilli() }

// Where names the places of a notice.
func (n *Notice) Where(lang string, district func(code string) string) string {
	var out []string
	for _, d := range n.Districts {
		out = append(out, district(d))
	}
	for _, s := range n.Streets {
		out = append(out, s.Names.In(lang))
	}
	return strings.Join(out, ", ")
}

// near is how far from a street it is still said to be missing, in metres.
const near = 250

// At tells whether a place is in it. District is that of the place.
func (n *Notice) At(lat, lon float64, district string) bool {
	if slices.Contains(n.Districts, district) {
		return true
	}
	for _, s := range n.Streets {
		for _, p := range s.points(near) {
			if tiles.Distance(lon, lat, p[0], p[1]) <= near {
				return true
			}
		}
	}
	return false
}

// points walk along a street in steps of at most so many metres.
func (s Street) points(step float64) [][2]float64 {
	if len(s.Line) == 0 {
		return [][2]float64{{s.Lon, s.Lat}}
	}
	out := [][2]float64{s.Line[0]}
	for i := 1; i < len(s.Line); i++ {
		a, b := s.Line[i-1], s.Line[i]
		parts := int(tiles.Distance(a[0], a[1], b[0], b[1])/step) + 1
		for k := 1; k <= parts; k++ {
			f := float64(k) / float64(parts)
			out = append(out, [2]float64{a[0] + (b[0]-a[0])*f, a[1] + (b[1]-a[1])*f})
		}
	}
	return out
}

// Service is every use case of outages.
type Service struct {
	DB       *db.DB
	Clock    clock.Clock
	Places   *place.Store
	Bodies   *body.Store
	Versions *fresh.Versions
	Layer    string // of the watches that are told
}

// Draft is a notice as it is typed.
type Draft struct {
	Service   string
	Body      int64
	Begins    time.Time
	Until     time.Time
	Streets   string // a line each
	Districts []string
	Words     map[string]string
}

// limits of a notice.
const (
	maxStreets = 60
	maxWords   = 1000
	maxPoints  = 400
)

// Check makes a notice of a draft. Field errors are named service, body, begins,
// until, streets, districts and words.
func (s *Service) Check(ctx context.Context, c *city.City, a permission.Actor, d Draft) (*Notice, error) {
	f := &web.Form{}
	n := &Notice{Service: d.Service, Body: d.Body, Begins: d.Begins.UnixMilli(), Until: d.Until.UnixMilli(), Words: d.Words, Districts: d.Districts, Person: a.Person}
	if !slices.ContainsFunc(Services, func(x struct{ Name, Category string }) bool { return x.Name == d.Service }) {
		f.Fail("service", "error.field.choice")
	}
	dir, err := s.Bodies.Of(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	if b, ok := dir.Get(d.Body); !ok || !b.ValidAt(s.Clock.Now()) {
		f.Fail("body", "error.field.choice")
	} else if err := a.Check(Publish, d.Body); err != nil {
		return nil, err
	}
	if !d.Until.After(d.Begins) {
		f.Fail("until", "outage.error.until")
	} else if d.Until.Before(s.Clock.Now()) {
		f.Fail("until", "outage.error.past")
	}
	for _, text := range d.Words {
		if len([]rune(text)) > maxWords {
			f.Long("words", text, maxWords)
			break
		}
	}
	if err := s.where(ctx, c, f, n, d); err != nil {
		return nil, err
	}
	return n, f.Err()
}

// where finds the streets by what was typed.
func (s *Service) where(ctx context.Context, c *city.City, f *web.Form, n *Notice, d Draft) error {
	g, err := s.Places.Gazetteer(ctx, c.ID)
	if err != nil {
		return err
	}
	areas, err := s.Places.Areas(ctx, c.ID)
	if err != nil {
		return err
	}
	known := areas.Of(place.AreaDistrict, s.Clock.Now().UnixMilli())
	for _, code := range d.Districts {
		if !slices.ContainsFunc(known, func(x place.Area) bool { return x.Code == code }) {
			f.Fail("districts", "error.field.choice")
		}
	}
	for line := range strings.SplitSeq(d.Streets, "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		found := slices.DeleteFunc(g.Search(line, 3), func(x place.Found) bool { return !x.Placed })
		if len(found) == 0 {
			f.Fail("streets", "outage.error.street", "name", line)
			continue
		}
		x := found[0]
		n.Streets = append(n.Streets, Street{Names: x.Names, Lat: x.Lat, Lon: x.Lon, Line: x.Line})
	}
	switch {
	case len(n.Streets) > maxStreets:
		f.Fail("streets", "outage.error.many", "n", maxStreets)
	case len(n.Streets)+len(n.Districts) == 0 && f.Err() == nil:
		f.Fail("streets", "outage.error.where")
	}
	return nil
}

// Tell publishes a notice and tells those who watch its places.
func (s *Service) Tell(ctx context.Context, c *city.City, a permission.Actor, d Draft) (*Notice, error) {
	n, err := s.Check(ctx, c, a, d)
	if err != nil {
		return nil, err
	}
	now := s.Clock.Now()
	n.ID, n.Updated = ids.At(now), now.UnixMilli()
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		if err := put(tx, c.ID, n); err != nil {
			return err
		}
		if err := s.tell(tx, c, n, "outage.notice.new"); err != nil {
			return err
		}
		if err := permission.Audit(tx, a, Publish, "outage", n.ID, n.Service, now); err != nil {
			return err
		}
		return once.Claim(tx, "/staff/outages")
	})
	s.Versions.Mark(c.ID)
	return n, err
}

// tell tells everybody who watches one of the places, each once.
func (s *Service) tell(tx *db.Tx, c *city.City, n *Notice, key string) error {
	areas, err := s.Places.Areas(tx.Context(), c.ID)
	if err != nil {
		return err
	}
	id := ids.New()
	e := notify.Event{
		ID: id, City: c.ID, Key: key, Link: fmt.Sprintf("/outages/%d", n.ID), Urgent: !n.Planned(s.Clock.Now()),
		Args: map[string]string{
			"service": "=outage.service." + n.Service, "until": time.UnixMilli(n.Until).In(c.Zone).Format("02.01 15:04"),
		},
	}
	known := areas.Of(place.AreaDistrict, s.Clock.Now().UnixMilli())
	for _, l := range c.Languages {
		e.Args["place@"+l] = n.Where(l, func(code string) string {
			if i := slices.IndexFunc(known, func(a place.Area) bool { return a.Code == code }); i >= 0 {
				return known[i].Names.In(l)
			}
			return code
		})
	}
	for _, code := range n.Districts {
		e.Near = &notify.Near{Layer: s.Layer, District: code, Category: category(n.Service)}
		if err := notify.Emit(tx, e); err != nil {
			return err
		}
	}
	points := 0
	for _, street := range n.Streets {
		for _, p := range street.points(near) {
			if points++; points > maxPoints {
				return nil
			}
			area, _ := areas.DistrictOf(p[1], p[0], s.Clock.Now().UnixMilli())
			e.Near = &notify.Near{Layer: s.Layer, Lat: p[1], Lon: p[0], District: area.Code, Category: category(n.Service)}
			if err := notify.Emit(tx, e); err != nil {
				return err
			}
		}
	}
	return nil
}

// Extend says another end, End that it is over.
func (s *Service) Extend(ctx context.Context, c *city.City, a permission.Actor, id int64, until time.Time) error {
	return s.change(ctx, c, a, id, "outage.notice.changed", func(n *Notice) error {
		if !until.After(s.Clock.Now()) {
			return web.Invalid(web.FieldError{Field: "until", Key: "outage.error.past"})
		}
		n.Until = until.UnixMilli()
		return nil
	})
}

// End says that it is over.
func (s *Service) End(ctx context.Context, c *city.City, a permission.Actor, id int64) error {
	return s.change(ctx, c, a, id, "outage.notice.over", func(n *Notice) error {
		n.Ended = s.Clock.Now().UnixMilli()
		return nil
	})
}

func (s *Service) change(ctx context.Context, c *city.City, a permission.Actor, id int64, key string, fn func(n *Notice) error) error {
	err := s.DB.Update(ctx, func(tx *db.Tx) error {
		n, err := get(tx, c.ID, id)
		if err != nil {
			return err
		}
		if err := a.Check(Publish, n.Body); err != nil {
			return err
		}
		if n.Over() {
			return web.Conflict()
		}
		if err := fn(n); err != nil {
			return err
		}
		n.Updated = s.Clock.Now().UnixMilli()
		if err := save(tx, c.ID, n); err != nil {
			return err
		}
		if err := permission.Audit(tx, a, Publish, "outage", n.ID, key, s.Clock.Now()); err != nil {
			return err
		}
		if err := s.tell(tx, c, n, key); err != nil {
			return err
		}
		return once.Claim(tx, "/staff/outages")
	})
	s.Versions.Mark(c.ID)
	return err
}

// Current reads what lasts or is planned, and what ended within some days.
func (s *Service) Current(ctx context.Context, c *city.City, days int) (open, over []*Notice, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) (err error) {
		if open, err = lasting(tx, c.ID); err != nil {
			return err
		}
		if days > 0 {
			over, err = ended(tx, c.ID, s.Clock.Now().AddDate(0, 0, -days).UnixMilli())
		}
		return err
	})
	return open, over, err
}

// Here reads what is missing at a place.
func (s *Service) Here(ctx context.Context, c *city.City, lat, lon float64) ([]*Notice, error) {
	open, _, err := s.Current(ctx, c, 0)
	if err != nil || len(open) == 0 {
		return nil, err
	}
	areas, err := s.Places.Areas(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	area, _ := areas.DistrictOf(lat, lon, s.Clock.Now().UnixMilli())
	return slices.DeleteFunc(open, func(n *Notice) bool { return !n.At(lat, lon, area.Code) }), nil
}

// Get reads one notice.
func (s *Service) Get(ctx context.Context, c *city.City, id int64) (n *Notice, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) (err error) {
		n, err = get(tx, c.ID, id)
		return err
	})
	return n, err
}

const columns = `id, service, body_id, begins_at, until_at, ended_at, streets, districts, words, person_id, updated_at`

func scan(r db.Row) (*Notice, error) {
	n := &Notice{}
	var streets, districts, words string
	if err := r.Scan(&n.ID, &n.Service, &n.Body, &n.Begins, &n.Until, &n.Ended, &streets, &districts, &words, &n.Person, &n.Updated); err != nil {
		return nil, err
	}
	for text, into := range map[string]any{streets: &n.Streets, districts: &n.Districts, words: &n.Words} {
		if err := json.Unmarshal([]byte(text), into); err != nil {
			return nil, err
		}
	}
	return n, nil
}

func put(tx *db.Tx, cityID int64, n *Notice) error {
	streets, err := json.Marshal(n.Streets)
	if err != nil {
		return err
	}
	districts, err := json.Marshal(n.Districts)
	if err != nil {
		return err
	}
	words, err := json.Marshal(n.Words)
	if err != nil {
		return err
	}
	_, err = tx.Exec("outage.put", `INSERT INTO outage_notice (city_id, `+columns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		cityID, n.ID, n.Service, n.Body, n.Begins, n.Until, n.Ended, string(streets), string(districts), string(words), n.Person, n.Updated)
	return err
}

func save(tx *db.Tx, cityID int64, n *Notice) error {
	_, err := tx.Exec("outage.save", `UPDATE outage_notice SET until_at = $3, ended_at = $4, updated_at = $5 WHERE city_id = $1 AND id = $2`,
		cityID, n.ID, n.Until, n.Ended, n.Updated)
	return err
}

func get(tx *db.Tx, cityID, id int64) (*Notice, error) {
	return db.One(tx, "outage.get", `SELECT `+columns+` FROM outage_notice WHERE city_id = $1 AND id = $2`, scan, cityID, id)
}

// maxLasting bounds how many outages last at once.
const maxLasting = 500

func lasting(tx *db.Tx, cityID int64) ([]*Notice, error) {
	return db.All(tx, "outage.lasting", `SELECT `+columns+` FROM outage_notice WHERE city_id = $1 AND ended_at = 0 ORDER BY id DESC LIMIT $2`, scan, cityID, maxLasting)
}

func ended(tx *db.Tx, cityID, since int64) ([]*Notice, error) {
	return db.All(tx, "outage.ended", `SELECT `+columns+` FROM outage_notice WHERE city_id = $1 AND ended_at > 0 AND ended_at >= $2 ORDER BY ended_at DESC LIMIT 100`,
		scan, cityID, since)
}
