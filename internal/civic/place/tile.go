package place

import (
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/tiles"
)

// The source layers of the tiles.
const (
	LayerClusters = "clusters"
	LayerPoints   = "points"
	LayerAreas    = "areas"
)

const (
	// pointZoom is the zoom from which a tile shows the points themselves.
	pointZoom = 16

	// pointLimit is the number of points in a tile above which it shows clusters after all: a tile
	// must neither leave points out nor grow without end.
	pointLimit = 128
)

// Counts are the points of a layer by state; All holds those of other states too.
type Counts struct {
	All, Open, Work, Fixed, Closed int64
}

// CountPoints returns how many points a layer has, of one category or, with "", of all.
func CountPoints(tx *db.Tx, cityID int64, layer, category string) (Counts, error) {
	return db.One(tx, "place.cell.total", `SELECT CAST(COALESCE(SUM(n), 0) AS BIGINT), CAST(COALESCE(SUM(n_open), 0) AS BIGINT),
		CAST(COALESCE(SUM(n_work), 0) AS BIGINT), CAST(COALESCE(SUM(n_fixed), 0) AS BIGINT),
		CAST(COALESCE(SUM(n_closed), 0) AS BIGINT)
		FROM place_cell WHERE city_id = $1 AND layer = $2 AND facet = $3 AND level = $4`,
		func(r db.Row) (c Counts, err error) {
			err = r.Scan(&c.All, &c.Open, &c.Work, &c.Fixed, &c.Closed)
			return c, err
		}, cityID, layer, category, firstLevel)
}

// Tile returns one vector tile of a layer, with the points of one category or, with "", of all.
// Below zoom 16 its source layer is "clusters" (n, open, work, fixed, closed); from there on it is
// "points" (id, state, category), unless so many points lie in the tile that it stays with clusters.
// It reads at most a few hundred rows however many points the city has.
func Tile(tx *db.Tx, cityID int64, layer string, t tiles.Tile, category string) ([]byte, error) {
	if t.Z < pointZoom {
		out, _, err := clusters(tx, cityID, layer, t, t.Z+clusterDepth, category)
		if err != nil {
			return nil, err
		}
		return tiles.Encode(out), nil
	}
	if t.Z <= lastLevel {
		out, n, err := clusters(tx, cityID, layer, t, lastLevel, category)
		if err != nil {
			return nil, err
		}
		if n > pointLimit {
			return tiles.Encode(out), nil
		}
	}
	out, err := points(tx, cityID, layer, t, category)
	if err != nil {
		return nil, err
	}
	return tiles.Encode(out), nil
}

// clusters returns the tile's clusters of one level and how many points they stand for.
func clusters(tx *db.Tx, cityID int64, layer string, t tiles.Tile, level int, category string) (*tiles.Layer, int64, error) {
	out := tiles.NewLayer(LayerClusters)
	var total int64
	cells := t.Cells(level)
	// A cell is 4096 >> shift units wide in the tile; sums of offsets count 4096 to a cell.
	shift := level - t.Z
	err := tx.Each("place.cell.tile", `SELECT cell, n, n_open, n_work, n_fixed, n_closed, sum_x, sum_y FROM place_cell
		WHERE city_id = $1 AND layer = $2 AND facet = $3 AND level = $4 AND cell >= $5 AND cell < $6 AND n > 0`,
		func(r db.Row) error {
			var cell int64
			var s cellSum
			if err := r.Scan(&cell, &s.n, &s.open, &s.work, &s.fixed, &s.closed, &s.x, &s.y); err != nil {
				return err
			}
			total += s.n
			cx, cy := t.CellAt(cell, level)
			x := int64(cx)*tiles.Extent + s.x/s.n
			y := int64(cy)*tiles.Extent + s.y/s.n
			out.Point(0, int32(x>>shift), int32(y>>shift))
			out.Int("n", s.n)
			out.Int("open", s.open)
			out.Int("work", s.work)
			out.Int("fixed", s.fixed)
			out.Int("closed", s.closed)
			return nil
		}, cityID, layer, category, level, cells.Lo, cells.Hi)
	return out, total, err
}

func points(tx *db.Tx, cityID int64, layer string, t tiles.Tile, category string) (*tiles.Layer, error) {
	out := tiles.NewLayer(LayerPoints)
	where := db.Where{}
	r := t.Range()
	where.Add(`city_id = ? AND layer = ? AND qk >= ? AND qk < ?`, cityID, layer, r.Lo, r.Hi)
	if category != "" {
		where.Add(`facet = ?`, category)
	}
	query := `SELECT id, qk, state, facet FROM place_point WHERE ` + where.String() +
		` ORDER BY qk, id LIMIT ` + where.Next(pointLimit)
	err := tx.Each("place.point.tile", query, func(r db.Row) error {
		var id, qk int64
		var state, facet string
		if err := r.Scan(&id, &qk, &state, &facet); err != nil {
			return err
		}
		x, y := t.Pixel(qk)
		out.Point(uint64(id), x, y)
		out.Text("state", state)
		out.Text("category", facet)
		return nil
	}, where.Args...)
	return out, err
}
