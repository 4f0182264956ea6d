package place

import (
	"cmp"
	"slices"
	"strings"

	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/tiles"
)

// Load puts many new points on the map at once, with their counts: an import or a small demo city.
// For more than some ten thousand, Append in pieces and one Recount at the end is faster.
func Load(tx *db.Tx, cityID int64, points []Point) error {
	if err := Append(tx, cityID, points); err != nil {
		return err
	}
	sums := cellSums{}
	for _, p := range points {
		sums.add(p.Layer, tiles.Quadkey(p.Lon, p.Lat), p.Category, p.State, 1)
	}
	return sums.write(tx, cityID)
}

// Append stores many new points without counting them. Call Recount for their layer afterwards.
// Pieces of some 5 000, each in its own transaction, are fastest: SQLite remembers every page that a
// transaction touched, and each statement walks over what it remembers.
func Append(tx *db.Tx, cityID int64, points []Point) error {
	// In the order of the key the database fills page after page instead of jumping about.
	points = slices.SortedFunc(slices.Values(points), func(a, b Point) int {
		return cmp.Or(strings.Compare(a.Layer, b.Layer),
			cmp.Compare(tiles.Quadkey(a.Lon, a.Lat), tiles.Quadkey(b.Lon, b.Lat)))
	})
	b := tx.NewBatch("place.point.append", `INSERT INTO place_point
		(city_id, layer, qk, id, lat, lon, state, facet, created) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`)
	for _, p := range points {
		if err := p.check(); err != nil {
			return err
		}
		if err := b.Add(cityID, p.Layer, tiles.Quadkey(p.Lon, p.Lat), p.ID, p.Lat, p.Lon, p.State, p.Category, p.Created); err != nil {
			return err
		}
	}
	return b.Close()
}

// recountPage is how many points Recount holds at a time.
const recountPage = 20000

// Recount makes the counts of a layer anew from its points. Memory stays flat: points come in the
// order of their quadkeys, so every level has one cell in hand. Nothing else may write to the layer
// meanwhile.
func Recount(tx *db.Tx, cityID int64, layer string) error {
	if _, err := tx.Exec("place.delta.clear", `DELETE FROM place_delta WHERE city_id = $1 AND layer = $2`, cityID, layer); err != nil {
		return err
	}
	if _, err := tx.Exec("place.cell.clear", `DELETE FROM place_cell WHERE city_id = $1 AND layer = $2`, cityID, layer); err != nil {
		return err
	}
	c := newCounter(tx, cityID, layer)
	type row struct {
		mark
		id int64
	}
	lastQK, lastID := int64(-1), int64(0)
	for {
		page, err := db.All(tx, "place.point.scan", `SELECT qk, id, facet, state FROM place_point
			WHERE city_id = $1 AND layer = $2 AND (qk, id) > ($3, $4) ORDER BY qk, id LIMIT $5`,
			func(r db.Row) (p row, err error) {
				err = r.Scan(&p.qk, &p.id, &p.facet, &p.state)
				return p, err
			}, cityID, layer, lastQK, lastID, recountPage)
		if err != nil {
			return err
		}
		for _, p := range page {
			if err := c.add(p.mark); err != nil {
				return err
			}
		}
		if len(page) < recountPage {
			return c.close()
		}
		lastQK, lastID = page[len(page)-1].qk, page[len(page)-1].id
	}
}

// counter makes cells from points that come in the order of their quadkeys.
type counter struct {
	city  int64
	layer string
	out   *db.Batch
	cells [lastLevel - firstLevel + 1]struct {
		cell  int64
		facet map[string]*cellSum
	}
}

func newCounter(tx *db.Tx, cityID int64, layer string) *counter {
	c := &counter{city: cityID, layer: layer, out: tx.NewBatch("place.cell.insert", insertCells)}
	for i := range c.cells {
		c.cells[i].facet = map[string]*cellSum{}
	}
	return c
}

func (c *counter) add(m mark) error {
	for i := range c.cells {
		level := firstLevel + i
		at := &c.cells[i]
		if cell := tiles.Cell(m.qk, level); cell != at.cell {
			if err := c.flush(level); err != nil {
				return err
			}
			at.cell = cell
		}
		c.count(i, "", m)
		if m.facet != "" {
			c.count(i, m.facet, m)
		}
	}
	return nil
}

func (c *counter) count(i int, facet string, m mark) {
	s := c.cells[i].facet[facet]
	if s == nil {
		s = &cellSum{}
		c.cells[i].facet[facet] = s
	}
	s.add(m.qk, firstLevel+i, m.state, 1)
}

func (c *counter) flush(level int) error {
	at := &c.cells[level-firstLevel]
	for facet, s := range at.facet {
		if err := c.out.Add(s.row(c.city, cellKey{layer: c.layer, facet: facet, level: level, cell: at.cell})...); err != nil {
			return err
		}
	}
	clear(at.facet)
	return nil
}

func (c *counter) close() error {
	for i := range c.cells {
		if err := c.flush(firstLevel + i); err != nil {
			return err
		}
	}
	return c.out.Close()
}
