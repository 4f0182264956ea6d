package project

import (
	"github.com/paulmach/orb"

	"github.com/ashar-kg/ashar/internal/civic/place"
)

// settle reads a GeoJSON geometry. It returns the text to keep, and a point that
// stands for it; ok is false for one that cannot be, or lies at 0,0 and so is
// unknown. A point needs no text: its place says it all.
func settle(text string) (kept string, lat, lon float64, ok bool) {
	shape, ok := place.ReadShape(text)
	if !ok {
		return "", 0, 0, false
	}
	b := shape.Bound()
	if b.IsEmpty() || b.Min == (orb.Point{}) && b.Max == (orb.Point{}) || !place.OnEarth(b) {
		return "", 0, 0, false
	}
	at := place.Middle(shape)
	if _, plain := shape.(orb.Point); plain {
		text = ""
	}
	return text, at.Lat(), at.Lon(), true
}

// pointBound is the bound of one place.
func pointBound(lat, lon float64) orb.Bound { return orb.Point{lon, lat}.Bound() }

// beside tells whether a place is that of a shape, or about a kilometre from it
// at most: who put it there chose a better one than its middle.
func beside(geometry string, lat, lon float64) bool {
	shape, ok := place.ReadShape(geometry)
	return ok && shape.Bound().Pad(0.01).Contains(orb.Point{lon, lat})
}
