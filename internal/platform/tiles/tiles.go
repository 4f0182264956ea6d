// Package tiles holds the arithmetic of web-mercator map tiles and writes Mapbox vector tiles.
//
// Every place on the globe has a quadkey: its two mercator coordinates cut to 31 bits each and
// interleaved into one int64. A tile of any zoom is then one contiguous range of quadkeys, so an
// ordinary ordered key in a database, or a sorted slice, answers "what lies in this tile".
package tiles

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

const (
	// MaxZoom is the depth of a full quadkey: 31 bits an axis, about 2 cm at the equator.
	MaxZoom = 31

	// MaxLat is the latitude where web mercator ends, in degrees north and south.
	MaxLat = 85.05112877980659

	// Extent is the number of units along one side of a vector tile.
	Extent = 4096

	axis = 1 << MaxZoom
)

// ErrTile says that a text names no tile.
var ErrTile = errors.New("no such tile")

// Tile is one square of the map: zoom Z, column X from the west, row Y from the north.
type Tile struct {
	Z    int
	X, Y uint32
}

// Box is a rectangle in degrees. It never crosses the 180th meridian.
type Box struct {
	West, South, East, North float64
}

// Range is the half-open span of quadkeys [Lo, Hi).
type Range struct {
	Lo, Hi int64
}

// Parse reads a tile from the last part of a path, "z/x/y" with or without an extension.
func Parse(path string) (Tile, error) {
	z, rest, ok := strings.Cut(path, "/")
	x, y, ok2 := strings.Cut(rest, "/")
	if !ok || !ok2 {
		return Tile{}, fmt.Errorf("parse tile %q: %w", path, ErrTile)
	}
	y, _, _ = strings.Cut(y, ".")
	return ParseParts(z, x, y)
}

// ParseParts reads a tile from its three numbers, as a router hands them over.
func ParseParts(z, x, y string) (Tile, error) {
	zoom, errZ := strconv.ParseUint(z, 10, 8)
	col, errX := strconv.ParseUint(x, 10, 32)
	row, errY := strconv.ParseUint(y, 10, 32)
	if errZ != nil || errX != nil || errY != nil || zoom > MaxZoom {
		return Tile{}, fmt.Errorf("parse tile %q/%q/%q: %w", z, x, y, ErrTile)
	}
	if side := uint64(1) << zoom; col >= side || row >= side {
		return Tile{}, fmt.Errorf("parse tile %d/%d/%d: %w", zoom, col, row, ErrTile)
	}
	return Tile{Z: int(zoom), X: uint32(col), Y: uint32(row)}, nil
}

// At returns the tile of the given zoom that holds a place.
func At(lon, lat float64, zoom int) Tile {
	x, y := project(lon, lat)
	return Tile{Z: zoom, X: x >> (MaxZoom - zoom), Y: y >> (MaxZoom - zoom)}
}

// String returns the tile as "z/x/y".
func (t Tile) String() string {
	return strconv.Itoa(t.Z) + "/" + strconv.FormatUint(uint64(t.X), 10) + "/" + strconv.FormatUint(uint64(t.Y), 10)
}

// Range returns the quadkeys of every place inside the tile.
func (t Tile) Range() Range {
	return t.Cells(MaxZoom)
}

// Cells returns the tile's cells of a deeper level: the numbers that Cell gives to the places
// inside the tile.
func (t Tile) Cells(level int) Range {
	shift := 2 * (level - t.Z)
	lo := interleave(t.X, t.Y) << shift
	return Range{Lo: lo, Hi: lo + 1<<shift}
}

// Box returns the tile's edges in degrees.
func (t Tile) Box() Box {
	side := uint64(1) << (MaxZoom - t.Z)
	x, y := uint64(t.X)*side, uint64(t.Y)*side
	west, north := unproject(float64(x), float64(y))
	east, south := unproject(float64(x+side), float64(y+side))
	return Box{West: west, South: south, East: east, North: north}
}

// Pixel returns where a quadkey lies in the tile, in units of Extent from the upper left corner.
// Places just outside the tile have coordinates outside 0 to Extent.
func (t Tile) Pixel(qk int64) (x, y int32) {
	px, py := deinterleave(qk)
	shift := MaxZoom - t.Z
	dx := int64(px) - int64(t.X)<<shift
	dy := int64(py) - int64(t.Y)<<shift
	return int32(dx * Extent >> shift), int32(dy * Extent >> shift)
}

// PixelAt is Pixel for a place in degrees; lines and polygons need it for corners outside the map.
func (t Tile) PixelAt(lon, lat float64) (x, y float64) {
	mx, my := mercator(lon, lat)
	side := float64(uint64(1) << t.Z)
	return (mx*side - float64(t.X)) * Extent, (my*side - float64(t.Y)) * Extent
}

// Quadkey returns the key of a place. Latitudes beyond the map are drawn in to its edge.
func Quadkey(lon, lat float64) int64 {
	return interleave(project(lon, lat))
}

// Place returns the middle of a quadkey's smallest square, in degrees.
func Place(qk int64) (lon, lat float64) {
	x, y := deinterleave(qk)
	return unproject(float64(x)+0.5, float64(y)+0.5)
}

// Cell returns the number of the square of the given level that holds a quadkey.
func Cell(qk int64, level int) int64 {
	return qk >> (2 * (MaxZoom - level))
}

// Offset returns where a quadkey lies in its cell of the given level, in units of Extent.
// The level must be at most 19.
func Offset(qk int64, level int) (x, y int64) {
	px, py := deinterleave(qk)
	mask := uint32(1)<<(MaxZoom-level) - 1
	shift := MaxZoom - level - 12
	return int64(px & mask >> shift), int64(py & mask >> shift)
}

// CellAt returns the column and row of a cell inside a tile, counted from its upper left corner.
func (t Tile) CellAt(cell int64, level int) (x, y uint32) {
	cx, cy := deinterleave(cell)
	shift := level - t.Z
	return cx - t.X<<shift, cy - t.Y<<shift
}

func project(lon, lat float64) (x, y uint32) {
	mx, my := mercator(lon, lat)
	return clamp(mx * axis), clamp(my * axis)
}

// mercator maps degrees to the unit square, the origin in the north-west.
func mercator(lon, lat float64) (x, y float64) {
	lat = math.Max(-MaxLat, math.Min(MaxLat, lat))
	sin := math.Sin(lat * math.Pi / 180)
	return lon/360 + 0.5, 0.5 - math.Log((1+sin)/(1-sin))/(4*math.Pi)
}

func unproject(x, y float64) (lon, lat float64) {
	lon = x/axis*360 - 180
	lat = math.Atan(math.Sinh(math.Pi*(1-2*y/axis))) * 180 / math.Pi
	return lon, lat
}

func clamp(v float64) uint32 {
	if !(v > 0) {
		return 0
	}
	if v >= axis {
		return axis - 1
	}
	return uint32(v)
}

func interleave(x, y uint32) int64 {
	return int64(spread(x) | spread(y)<<1)
}

func deinterleave(qk int64) (x, y uint32) {
	return gather(uint64(qk)), gather(uint64(qk) >> 1)
}

// spread puts a zero bit between any two bits of v.
func spread(v uint32) uint64 {
	x := uint64(v)
	x = (x | x<<16) & 0x0000ffff0000ffff
	x = (x | x<<8) & 0x00ff00ff00ff00ff
	x = (x | x<<4) & 0x0f0f0f0f0f0f0f0f
	x = (x | x<<2) & 0x3333333333333333
	return (x | x<<1) & 0x5555555555555555
}

// gather undoes spread.
func gather(x uint64) uint32 {
	x &= 0x5555555555555555
	x = (x | x>>1) & 0x3333333333333333
	x = (x | x>>2) & 0x0f0f0f0f0f0f0f0f
	x = (x | x>>4) & 0x00ff00ff00ff00ff
	x = (x | x>>8) & 0x0000ffff0000ffff
	return uint32(x | x>>16)
}
