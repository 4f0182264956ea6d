package place

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/tiles"
)

// mark is what the counts remember of a point.
type mark struct {
	qk           int64
	facet, state string
}

// Put places a point on its layer, or moves or changes the one with the same id. It belongs into
// the transaction that writes the thing itself. The counts follow with the next FoldDeltas.
func Put(tx *db.Tx, cityID int64, p Point) error {
	if err := p.check(); err != nil {
		return err
	}
	old, had, err := take(tx, cityID, p.Layer, p.ID)
	if err != nil {
		return err
	}
	now := mark{qk: tiles.Quadkey(p.Lon, p.Lat), facet: p.Category, state: p.State}
	if _, err := tx.Exec("place.point.insert", `INSERT INTO place_point
		(city_id, layer, qk, id, lat, lon, state, facet, created) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		cityID, p.Layer, now.qk, p.ID, p.Lat, p.Lon, p.State, p.Category, p.Created); err != nil {
		return err
	}
	if had && old == now {
		return nil
	}
	if had {
		if err := note(tx, cityID, p.Layer, old, -1); err != nil {
			return err
		}
	}
	return note(tx, cityID, p.Layer, now, 1)
}

// Move puts a point that is on the map already at another place. One that is not there is
// ErrNotFound.
func Move(tx *db.Tx, cityID int64, layer string, id int64, lat, lon float64) error {
	p, err := Get(tx, cityID, layer, id)
	if err != nil {
		return err
	}
	p.Lat, p.Lon = lat, lon
	return Put(tx, cityID, p)
}

// Remove takes a point off the map. One that is not there is no error.
func Remove(tx *db.Tx, cityID int64, layer string, id int64) error {
	old, had, err := take(tx, cityID, layer, id)
	if err != nil || !had {
		return err
	}
	return note(tx, cityID, layer, old, -1)
}

// Get returns one point of a layer.
func Get(tx *db.Tx, cityID int64, layer string, id int64) (Point, error) {
	return db.One(tx, "place.point.get", `SELECT layer, id, lat, lon, state, facet, created
		FROM place_point WHERE city_id = $1 AND layer = $2 AND id = $3`, scanPoint, cityID, layer, id)
}

// take deletes a point and tells what it counted as. Only the transaction that really deleted the
// row sees it, so two that change one point at once cannot both subtract it.
func take(tx *db.Tx, cityID int64, layer string, id int64) (mark, bool, error) {
	m, err := db.One(tx, "place.point.take", `DELETE FROM place_point
		WHERE city_id = $1 AND layer = $2 AND id = $3 RETURNING qk, facet, state`,
		func(r db.Row) (m mark, err error) {
			err = r.Scan(&m.qk, &m.facet, &m.state)
			return m, err
		}, cityID, layer, id)
	if errors.Is(err, db.ErrNotFound) {
		return mark{}, false, nil
	}
	return m, err == nil, err
}

func note(tx *db.Tx, cityID int64, layer string, m mark, n int) error {
	_, err := tx.Exec("place.delta.insert", `INSERT INTO place_delta
		(city_id, id, layer, qk, facet, state, n) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		cityID, ids.New(), layer, m.qk, m.facet, m.state, n)
	return err
}

func (p Point) check() error {
	if p.Layer == "" || p.ID == 0 {
		return fmt.Errorf("place point: no layer or id: %w", db.ErrInvalid)
	}
	return checkPosition(p.Lat, p.Lon)
}

func checkPosition(lat, lon float64) error {
	if !(math.Abs(lat) <= tiles.MaxLat && math.Abs(lon) <= 180) {
		return fmt.Errorf("place: latitude %v, longitude %v: %w", lat, lon, db.ErrInvalid)
	}
	return nil
}

func scanPoint(r db.Row) (p Point, err error) {
	err = r.Scan(&p.Layer, &p.ID, &p.Lat, &p.Lon, &p.State, &p.Category, &p.Created)
	return p, err
}

// foldLimit is how many changes one transaction folds, so that it stays short after an import.
const foldLimit = 5000

// FoldDeltas adds the changes that Put and Remove noted to the counts that tiles show, in every
// city, and returns how many it took. A job runs it once a second; two nodes may run it at once.
func FoldDeltas(ctx context.Context, d *db.DB) (int, error) {
	// The one statement over all cities: it reads nothing but which of them have work waiting.
	var cities []int64
	err := d.View(ctx, func(tx *db.Tx) (err error) {
		cities, err = db.All(tx, "place.delta.cities", `SELECT DISTINCT city_id FROM place_delta`, db.Int64)
		return err
	})
	if err != nil {
		return 0, err
	}
	total := 0
	for _, city := range cities {
		for {
			n, err := foldCity(ctx, d, city)
			total += n
			if err != nil {
				return total, err
			}
			if n < foldLimit {
				break
			}
		}
	}
	return total, nil
}

func foldCity(ctx context.Context, d *db.DB, cityID int64) (n int, err error) {
	err = d.Update(ctx, func(tx *db.Tx) error {
		n = 0
		sums := cellSums{}
		// Deleting is also the claim: a row that another node deletes first is not returned here.
		err := tx.Each("place.delta.take", `DELETE FROM place_delta WHERE city_id = $1 AND id IN
			(SELECT id FROM place_delta WHERE city_id = $1 ORDER BY id LIMIT $2)
			RETURNING layer, qk, facet, state, n`, func(r db.Row) error {
			var layer, facet, state string
			var qk, change int64
			if err := r.Scan(&layer, &qk, &facet, &state, &change); err != nil {
				return err
			}
			n++
			sums.add(layer, qk, facet, state, change)
			return nil
		}, cityID, foldLimit)
		if err != nil {
			return err
		}
		return sums.write(tx, cityID)
	})
	return n, err
}

// Near is a point with its distance.
type Near struct {
	Point
	Metres float64
}

// nearbyStart is the radius of the first look; it doubles until enough points are found, so that
// the cost follows the number asked for and not the number there are.
const nearbyStart = 50

// nearbyRanges bounds the key ranges that one look reads.
const nearbyRanges = 6

// Nearby returns up to limit points within so many metres of a place that are open or in work,
// nearest first. keep, when given, decides which of them count.
func Nearby(tx *db.Tx, cityID int64, layer string, lat, lon, metres float64, limit int, keep func(Point) bool) ([]Near, error) {
	if err := checkPosition(lat, lon); err != nil {
		return nil, err
	}
	for radius := min(nearbyStart, metres); ; radius = min(radius*2, metres) {
		found, err := within(tx, cityID, layer, lat, lon, radius, keep)
		if err != nil {
			return nil, err
		}
		if len(found) >= limit || radius >= metres {
			slices.SortFunc(found, func(a, b Near) int {
				return cmp.Or(cmp.Compare(a.Metres, b.Metres), cmp.Compare(a.ID, b.ID))
			})
			return found[:min(limit, len(found))], nil
		}
	}
}

func within(tx *db.Tx, cityID int64, layer string, lat, lon, metres float64, keep func(Point) bool) ([]Near, error) {
	var found []Near
	box := tiles.Around(lon, lat, metres)
	for _, r := range tiles.Cover(box, nearbyRanges) {
		err := tx.Each("place.point.near", `SELECT layer, id, lat, lon, state, facet, created FROM place_point
			WHERE city_id = $1 AND layer = $2 AND qk >= $3 AND qk < $4 AND state IN ('open', 'work')`, func(row db.Row) error {
			p, err := scanPoint(row)
			if err != nil || !box.Contains(p.Lon, p.Lat) {
				return err
			}
			d := tiles.Distance(lon, lat, p.Lon, p.Lat)
			if d <= metres && (keep == nil || keep(p)) {
				found = append(found, Near{Point: p, Metres: d})
			}
			return nil
		}, cityID, layer, r.Lo, r.Hi)
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}
