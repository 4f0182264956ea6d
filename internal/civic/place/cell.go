package place

import (
	"cmp"
	"maps"
	"slices"

	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/tiles"
)

// A tile of zoom z shows clusters of level z+clusterDepth: 64 squares, each 64 pixels wide on a
// screen, whatever the number of points under them.
const (
	clusterDepth = 3
	firstLevel   = clusterDepth
	lastLevel    = 15 + clusterDepth
)

// cellKey names one row of place_cell inside a city.
type cellKey struct {
	layer, facet string
	level        int
	cell         int64
}

// cellSum is what a row of place_cell counts, or the change to it.
type cellSum struct {
	n, open, work, fixed, closed int64
	x, y                         int64
}

// add counts n points of one state at a quadkey; n is negative for points that went away.
func (s *cellSum) add(qk int64, level int, state string, n int64) {
	x, y := tiles.Offset(qk, level)
	s.n += n
	s.x += n * x
	s.y += n * y
	switch state {
	case StateOpen:
		s.open += n
	case StateWork:
		s.work += n
	case StateFixed:
		s.fixed += n
	case StateClosed:
		s.closed += n
	}
}

// cellSums gathers changes to many cells before they are written together.
type cellSums map[cellKey]*cellSum

// add counts n points at a quadkey on every level, for all and for their facet.
func (c cellSums) add(layer string, qk int64, facet, state string, n int64) {
	for level := firstLevel; level <= lastLevel; level++ {
		key := cellKey{layer: layer, level: level, cell: tiles.Cell(qk, level)}
		c.at(key).add(qk, level, state, n)
		if facet != "" {
			key.facet = facet
			c.at(key).add(qk, level, state, n)
		}
	}
}

func (c cellSums) at(key cellKey) *cellSum {
	s := c[key]
	if s == nil {
		s = &cellSum{}
		c[key] = s
	}
	return s
}

// write adds the changes to the stored cells, in the order of their keys so that two writers never
// wait for each other in a circle.
func (c cellSums) write(tx *db.Tx, cityID int64) error {
	keys := slices.SortedFunc(maps.Keys(c), func(a, b cellKey) int {
		return cmp.Or(cmp.Compare(a.layer, b.layer), cmp.Compare(a.facet, b.facet),
			cmp.Compare(a.level, b.level), cmp.Compare(a.cell, b.cell))
	})
	b := tx.NewBatch("place.cells.add", insertCells+addCells)
	for _, k := range keys {
		if s := c[k]; *s != (cellSum{}) {
			if err := b.Add(s.row(cityID, k)...); err != nil {
				return err
			}
		}
	}
	return b.Close()
}

func (s *cellSum) row(cityID int64, k cellKey) []any {
	return []any{cityID, k.layer, k.facet, k.level, k.cell, s.n, s.open, s.work, s.fixed, s.closed, s.x, s.y}
}

const insertCells = `INSERT INTO place_cell
	(city_id, layer, facet, level, cell, n, n_open, n_work, n_fixed, n_closed, sum_x, sum_y)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`

const addCells = ` ON CONFLICT (city_id, layer, facet, level, cell) DO UPDATE SET
	n = place_cell.n + excluded.n, n_open = place_cell.n_open + excluded.n_open,
	n_work = place_cell.n_work + excluded.n_work, n_fixed = place_cell.n_fixed + excluded.n_fixed,
	n_closed = place_cell.n_closed + excluded.n_closed,
	sum_x = place_cell.sum_x + excluded.sum_x, sum_y = place_cell.sum_y + excluded.sum_y`
