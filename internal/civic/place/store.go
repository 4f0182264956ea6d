package place

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/ashar-kg/ashar/internal/platform/clock"
	"github.com/ashar-kg/ashar/internal/platform/db"
)

const (
	subjectNames = "names"
	subjectAreas = "areas"
)

// How long a node shows what it holds before it asks for the version again, and how long it holds
// what nobody asks for.
const (
	checkAfter = time.Second
	dropAfter  = 10 * time.Minute
)

// Store keeps each city's gazetteer and areas in memory and reads them again when another node or
// this one changed them. It is safe for concurrent use.
type Store struct {
	db    *db.DB
	clock clock.Clock

	mu    sync.Mutex
	names map[int64]*held[*Gazetteer]
	areas map[int64]*held[*Areas]
}

// held is what is in memory for one city.
type held[T any] struct {
	mu      sync.Mutex
	version int64
	checked time.Time
	used    time.Time
	value   T
}

// NewStore returns a store with nothing in memory yet.
func NewStore(d *db.DB, c clock.Clock) *Store {
	return &Store{db: d, clock: c, names: map[int64]*held[*Gazetteer]{}, areas: map[int64]*held[*Areas]{}}
}

// Gazetteer returns a city's names, at most a second old.
func (s *Store) Gazetteer(ctx context.Context, cityID int64) (*Gazetteer, error) {
	return load(ctx, s, s.names, cityID, subjectNames, func(tx *db.Tx) (*Gazetteer, error) {
		entries, err := Names(tx, cityID)
		return NewGazetteer(entries), err
	})
}

// Areas returns a city's polygons, at most a second old.
func (s *Store) Areas(ctx context.Context, cityID int64) (*Areas, error) {
	return load(ctx, s, s.areas, cityID, subjectAreas, func(tx *db.Tx) (*Areas, error) {
		return AllAreas(tx, cityID)
	})
}

func load[T any](ctx context.Context, s *Store, all map[int64]*held[T], cityID int64, subject string, read func(*db.Tx) (T, error)) (T, error) {
	now := s.clock.Now()
	h := hold(s, all, cityID, now)
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.checked.IsZero() && now.Sub(h.checked) < checkAfter {
		return h.value, nil
	}
	err := s.db.View(ctx, func(tx *db.Tx) error {
		version, err := versionOf(tx, cityID, subject)
		if err != nil {
			return err
		}
		if h.checked.IsZero() || version != h.version {
			value, err := read(tx)
			if err != nil {
				return err
			}
			h.value, h.version = value, version
		}
		h.checked = now
		return nil
	})
	if err != nil {
		var none T
		return none, fmt.Errorf("load place %s: %w", subject, err)
	}
	return h.value, nil
}

// hold returns the city's place in memory and drops the cities that nobody asked for lately.
func hold[T any](s *Store, all map[int64]*held[T], cityID int64, now time.Time) *held[T] {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := all[cityID]
	if h == nil {
		for id, other := range all {
			if now.Sub(other.used) > dropAfter {
				delete(all, id)
			}
		}
		h = &held[T]{}
		all[cityID] = h
	}
	h.used = now
	return h
}

func versionOf(tx *db.Tx, cityID int64, subject string) (int64, error) {
	v, err := db.One(tx, "place.version", `SELECT version FROM place_version WHERE city_id = $1 AND subject = $2`,
		db.Int64, cityID, subject)
	if errors.Is(err, db.ErrNotFound) {
		return 0, nil
	}
	return v, err
}

func raise(tx *db.Tx, cityID int64, subject string) error {
	_, err := tx.Exec("place.version.raise", `INSERT INTO place_version (city_id, subject, version) VALUES ($1, $2, 1)
		ON CONFLICT (city_id, subject) DO UPDATE SET version = place_version.version + 1`, cityID, subject)
	return err
}

// PutNames adds names to a city's gazetteer, or changes those with the same id.
func PutNames(tx *db.Tx, cityID int64, entries []Entry) error {
	b := tx.NewBatch("place.name.put", `INSERT INTO place_name (city_id, id, kind, ky, ru, en, aliases, lat, lon, line)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (city_id, id) DO UPDATE SET kind = excluded.kind, ky = excluded.ky, ru = excluded.ru,
		en = excluded.en, aliases = excluded.aliases, lat = excluded.lat, lon = excluded.lon, line = excluded.line`)
	for _, e := range entries {
		if _, known := rank[e.Kind]; !known || e.ID == 0 || e.Names == (Texts{}) {
			return fmt.Errorf("place name %d of kind %q: %w", e.ID, e.Kind, db.ErrInvalid)
		}
		if err := checkPosition(e.Lat, e.Lon); err != nil {
			return err
		}
		aliases, err := json.Marshal(e.Aliases)
		if err != nil {
			return fmt.Errorf("place name %d: %w", e.ID, err)
		}
		line, err := json.Marshal(e.Line)
		if err != nil {
			return fmt.Errorf("place name %d: %w", e.ID, err)
		}
		var lat, lon *float64
		if e.Placed {
			lat, lon = &e.Lat, &e.Lon
		}
		if err := b.Add(cityID, e.ID, e.Kind, e.Names.Ky, e.Names.Ru, e.Names.En, string(aliases), lat, lon, string(line)); err != nil {
			return err
		}
	}
	if err := b.Close(); err != nil {
		return err
	}
	return raise(tx, cityID, subjectNames)
}

// RemoveName takes a name out of a city's gazetteer. One that is not there is no error.
func RemoveName(tx *db.Tx, cityID, id int64) error {
	if _, err := tx.Exec("place.name.delete", `DELETE FROM place_name WHERE city_id = $1 AND id = $2`, cityID, id); err != nil {
		return err
	}
	return raise(tx, cityID, subjectNames)
}

// Names returns a city's names in the order of their ids.
func Names(tx *db.Tx, cityID int64) ([]Entry, error) {
	return db.All(tx, "place.name.all", `SELECT id, kind, ky, ru, en, aliases, lat, lon, line
		FROM place_name WHERE city_id = $1 ORDER BY id`, func(r db.Row) (e Entry, err error) {
		var aliases, line string
		var lat, lon *float64
		if err := r.Scan(&e.ID, &e.Kind, &e.Names.Ky, &e.Names.Ru, &e.Names.En, &aliases, &lat, &lon, &line); err != nil {
			return e, err
		}
		if lat != nil && lon != nil {
			e.Placed, e.Lat, e.Lon = true, *lat, *lon
		}
		if err := json.Unmarshal([]byte(aliases), &e.Aliases); err != nil {
			return e, fmt.Errorf("aliases of name %d: %w", e.ID, err)
		}
		if err := json.Unmarshal([]byte(line), &e.Line); err != nil {
			return e, fmt.Errorf("line of name %d: %w", e.ID, err)
		}
		return e, nil
	}, cityID)
}

// ReplaceAreas puts the given areas in place of a city's areas of their kind from an instant on.
// The former ones end then and stay known for what happened before.
func ReplaceAreas(tx *db.Tx, cityID int64, kind string, from int64, list []Area) error {
	if _, err := tx.Exec("place.area.drop", `DELETE FROM place_area
		WHERE city_id = $1 AND kind = $2 AND valid_from >= $3`, cityID, kind, from); err != nil {
		return err
	}
	if _, err := tx.Exec("place.area.end", `UPDATE place_area SET valid_until = $3
		WHERE city_id = $1 AND kind = $2 AND (valid_until IS NULL OR valid_until > $3)`, cityID, kind, from); err != nil {
		return err
	}
	for _, a := range list {
		names, err := json.Marshal(a.Names)
		if err != nil {
			return fmt.Errorf("area %q: %w", a.Code, err)
		}
		counted, err := json.Marshal(a.Counted)
		if err != nil {
			return fmt.Errorf("area %q: %w", a.Code, err)
		}
		geometry, err := a.GeoJSON()
		if err != nil {
			return fmt.Errorf("area %q: %w", a.Code, err)
		}
		if _, err := tx.Exec("place.area.insert", `INSERT INTO place_area
			(city_id, kind, code, valid_from, names, geometry, approximate, residents, residents_source) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
			cityID, kind, a.Code, from, string(names), geometry, a.Approximate, a.Residents, string(counted)); err != nil {
			return err
		}
	}
	return raise(tx, cityID, subjectAreas)
}

// AllAreas reads a city's areas, former ones too.
func AllAreas(tx *db.Tx, cityID int64) (*Areas, error) {
	list, err := db.All(tx, "place.area.all", `SELECT kind, code, valid_from, COALESCE(valid_until, 0), names, geometry, approximate, residents, residents_source
		FROM place_area WHERE city_id = $1 ORDER BY kind, code, valid_from`, func(r db.Row) (a Area, err error) {
		var names, geometry, counted string
		if err := r.Scan(&a.Kind, &a.Code, &a.ValidFrom, &a.ValidUntil, &names, &geometry, &a.Approximate, &a.Residents, &counted); err != nil {
			return a, err
		}
		if err := json.Unmarshal([]byte(names), &a.Names); err != nil {
			return a, fmt.Errorf("names of area %q: %w", a.Code, err)
		}
		if err := json.Unmarshal([]byte(counted), &a.Counted); err != nil {
			return a, fmt.Errorf("residents of area %q: %w", a.Code, err)
		}
		a.Shape, err = parseShape([]byte(geometry))
		return a, err
	}, cityID)
	return NewAreas(list), err
}
