package ledger

import (
	"maps"
	"math/big"
	"slices"
)

// IndexScale is by how much points of an index are multiplied to be whole: 116.6
// points are 1 166 000.
const IndexScale = 10_000

// Prices is a price index: points for each year that has one, times IndexScale,
// all above zero. The zero value knows no year.
type Prices struct{ points map[Year]int64 }

// PricesOf makes an index of points times IndexScale; what is not above zero is
// left out.
func PricesOf(points map[Year]int64) Prices {
	p := Prices{points: make(map[Year]int64, len(points))}
	for y, n := range points {
		if n > 0 {
			p.points[y] = n
		}
	}
	return p
}

// Point returns the points of a year times IndexScale.
func (p Prices) Point(y Year) (points int64, ok bool) {
	points, ok = p.points[y]
	return points, ok
}

// Years are the years that the index has, the earliest first.
func (p Prices) Years() []Year { return slices.Sorted(maps.Keys(p.points)) }

// In tells what a figure of one year is in the prices of another, to the whole
// tyiyn, halves away from zero. It is reckoned with whole numbers only, so the
// prices of its own year give the figure itself. ok is false, and nothing is
// changed, when the index lacks one of the years or the result does not fit.
func (a Amount) In(p Prices, own, wanted Year) (real Amount, ok bool) {
	from, ok1 := p.points[own]
	to, ok2 := p.points[wanted]
	if !ok1 || !ok2 {
		return a, false
	}
	// (2n ± d) / 2d is n / d rounded: d may be odd, and has no half then.
	n := new(big.Int).Mul(big.NewInt(a.tyiyn), big.NewInt(to))
	d := big.NewInt(from)
	if n.Lsh(n, 1); n.Sign() < 0 {
		n.Sub(n, d)
	} else {
		n.Add(n, d)
	}
	n.Quo(n, d.Lsh(d, 1))
	if !n.IsInt64() {
		return a, false
	}
	return Amount{n.Int64()}, true
}
