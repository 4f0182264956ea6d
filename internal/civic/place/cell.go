package place

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

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
	b := newBatch(tx, "place.cells.add", insertCells, 11, cityID, addCells)
	for _, k := range keys {
		if s := c[k]; *s != (cellSum{}) {
			if err := b.add(s.row(k)...); err != nil {
				return err
			}
		}
	}
	return b.close()
}

func (s *cellSum) row(k cellKey) []any {
	return []any{k.layer, k.facet, k.level, k.cell, s.n, s.open, s.work, s.fixed, s.closed, s.x, s.y}
}

const insertCells = `INSERT INTO place_cell
	(city_id, layer, facet, level, cell, n, n_open, n_work, n_fixed, n_closed, sum_x, sum_y) VALUES `

const addCells = ` ON CONFLICT (city_id, layer, facet, level, cell) DO UPDATE SET
	n = place_cell.n + excluded.n, n_open = place_cell.n_open + excluded.n_open,
	n_work = place_cell.n_work + excluded.n_work, n_fixed = place_cell.n_fixed + excluded.n_fixed,
	n_closed = place_cell.n_closed + excluded.n_closed,
	sum_x = place_cell.sum_x + excluded.sum_x, sum_y = place_cell.sum_y + excluded.sum_y`

// batchRows is how many rows one INSERT carries. More would save PostgreSQL little and cost SQLite
// much: its driver looks up the name of each placeholder by walking over all of them.
const batchRows = 16

// batch writes many rows of one table with few statements. Each row has the city in front.
type batch struct {
	tx         *db.Tx
	name       string
	head, tail string
	columns    int
	args       []any
	rows       int
	full       *db.Prepared
}

func newBatch(tx *db.Tx, name, head string, columns int, cityID int64, tail string) *batch {
	return &batch{tx: tx, name: name, head: head, tail: tail, columns: columns, args: []any{cityID}}
}

func (b *batch) add(row ...any) error {
	b.args = append(b.args, row...)
	b.rows++
	if b.rows < batchRows {
		return nil
	}
	if b.full == nil {
		var err error
		if b.full, err = b.tx.Prepare(b.name, b.text(batchRows)); err != nil {
			return err
		}
	}
	err := b.full.Exec(b.args...)
	b.args, b.rows = b.args[:1], 0
	return err
}

// close writes the rows still held.
func (b *batch) close() error {
	if b.full != nil {
		defer b.full.Close()
	}
	if b.rows == 0 {
		return nil
	}
	_, err := b.tx.Exec(b.name, b.text(b.rows), b.args...)
	return err
}

// text is the statement for a number of rows; $1 is the city in each.
func (b *batch) text(rows int) string {
	var s strings.Builder
	s.WriteString(b.head)
	n := 2
	for i := range rows {
		if i > 0 {
			s.WriteByte(',')
		}
		s.WriteString("($1")
		for range b.columns {
			s.WriteString(",$")
			s.WriteString(strconv.Itoa(n))
			n++
		}
		s.WriteByte(')')
	}
	s.WriteString(b.tail)
	return s.String()
}
