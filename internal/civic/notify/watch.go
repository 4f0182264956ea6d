package notify

import (
	"fmt"

	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/tiles"
)

// Watch is a place or a district of which a person wants to hear. Metres is 0
// for a district.
type Watch struct {
	ID       int64
	Person   int64
	Layer    string
	District string
	Category string // "" is every category
	Lat, Lon float64
	Metres   int64
}

// watchLevel is the zoom of the cells by which watches are found: about 2.4 km
// wide in Bishkek, so a watch of a neighbourhood lies in a few of them.
const watchLevel = 13

// MaxWatches is how many watches a person may keep.
const MaxWatches = 20

// MaxRadius is how far a watch reaches, in metres: cells to look in stay few.
const MaxRadius = 5000

// AddWatch stores a watch of a circle or, without metres, of a district.
func AddWatch(tx *db.Tx, city int64, w Watch) error {
	if w.Metres < 0 || w.Metres > MaxRadius || (w.Metres == 0) == (w.District == "") {
		return fmt.Errorf("notify.watch: %w", db.ErrInvalid)
	}
	n, err := db.One(tx, "notify.watches.count", `SELECT COUNT(*) FROM notify_watch WHERE city_id = $1 AND person_id = $2`, db.Int64, city, w.Person)
	if err != nil {
		return err
	}
	if n >= MaxWatches {
		return fmt.Errorf("notify.watch: %w", db.ErrConflict)
	}
	w.ID = ids.New()
	if _, err := tx.Exec("notify.watch.add", `INSERT INTO notify_watch (city_id, id, person_id, layer, district, category, lat, lon, metres)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, city, w.ID, w.Person, w.Layer, w.District, w.Category, w.Lat, w.Lon, w.Metres); err != nil {
		return err
	}
	if w.Metres == 0 {
		return nil
	}
	for cell := range cellsAround(w.Lat, w.Lon, float64(w.Metres)) {
		if _, err := tx.Exec("notify.watch.cell", `INSERT INTO notify_watch_cell (city_id, layer, cell, watch_id) VALUES ($1, $2, $3, $4)`,
			city, w.Layer, cell, w.ID); err != nil {
			return err
		}
	}
	return nil
}

// cellsAround finds the cells under a circle by walking a grid finer than they are.
func cellsAround(lat, lon, metres float64) map[int64]bool {
	box := tiles.Around(lon, lat, metres)
	cells := map[int64]bool{}
	const steps = 8
	for i := range steps + 1 {
		for k := range steps + 1 {
			x := box.West + (box.East-box.West)*float64(i)/steps
			y := box.South + (box.North-box.South)*float64(k)/steps
			cells[cellOf(y, x)] = true
		}
	}
	return cells
}

func cellOf(lat, lon float64) int64 { return tiles.Cell(tiles.Quadkey(lon, lat), watchLevel) }

// Watches reads a person's watches.
func Watches(tx *db.Tx, city, person int64) ([]Watch, error) {
	return db.All(tx, "notify.watches", `SELECT id, person_id, layer, district, category, lat, lon, metres FROM notify_watch
		WHERE city_id = $1 AND person_id = $2 ORDER BY id`, scanWatch, city, person)
}

// DropWatch removes one of a person's watches.
func DropWatch(tx *db.Tx, city, person, id int64) error {
	n, err := tx.Exec("notify.watch.drop", `DELETE FROM notify_watch WHERE city_id = $1 AND id = $2 AND person_id = $3`, city, id, person)
	if err != nil || n == 0 {
		return err
	}
	_, err = tx.Exec("notify.watch.cells.drop", `DELETE FROM notify_watch_cell WHERE city_id = $1 AND watch_id = $2`, city, id)
	return err
}

const watchColumns = `w.id, w.person_id, w.layer, w.district, w.category, w.lat, w.lon, w.metres`

// watchesNear reads the watches whose cells hold a place, in order of their ids.
func watchesNear(tx *db.Tx, city int64, n Near, after int64, limit int) ([]Watch, error) {
	return db.All(tx, "notify.watching", `SELECT `+watchColumns+`
		FROM notify_watch_cell c JOIN notify_watch w ON w.city_id = c.city_id AND w.id = c.watch_id
		WHERE c.city_id = $1 AND c.layer = $2 AND c.cell = $3 AND c.watch_id > $4 ORDER BY c.watch_id LIMIT $5`,
		scanWatch, city, n.Layer, cellOf(n.Lat, n.Lon), after, limit)
}

// watchesOf reads the watches of a district, in order of their ids.
func watchesOf(tx *db.Tx, city int64, n Near, after int64, limit int) ([]Watch, error) {
	return db.All(tx, "notify.watching.district", `SELECT `+watchColumns+` FROM notify_watch w
		WHERE w.city_id = $1 AND w.layer = $2 AND w.district = $3 AND w.district <> '' AND w.id > $4 ORDER BY w.id LIMIT $5`,
		scanWatch, city, n.Layer, n.District, after, limit)
}

// matches are the people of those watches that mean this place and category.
func (n Near) matches(list []Watch) []int64 {
	var people []int64
	for _, w := range list {
		here := w.Metres == 0 || tiles.Distance(w.Lon, w.Lat, n.Lon, n.Lat) <= float64(w.Metres)
		if here && (w.Category == "" || w.Category == n.Category) {
			people = append(people, w.Person)
		}
	}
	return people
}

func scanWatch(r db.Row) (w Watch, err error) {
	err = r.Scan(&w.ID, &w.Person, &w.Layer, &w.District, &w.Category, &w.Lat, &w.Lon, &w.Metres)
	return w, err
}

// Watching counts the watches of a district.
func Watching(tx *db.Tx, city int64, layer, district string) (int64, error) {
	return db.One(tx, "notify.watching.count", `SELECT COUNT(*) FROM notify_watch WHERE city_id = $1 AND layer = $2 AND district = $3 AND district <> ''`,
		db.Int64, city, layer, district)
}
