package fdp

import (
	"math/big"
	"strings"
)

// Decimal is an exact decimal number: n · 10^-scale. The zero value is 0.
type Decimal struct {
	n     *big.Int // nil is 0; never changed
	scale int      // digits behind the point, 0 or more
}

// maxDigits bounds a number that is read, before and behind the point.
const maxDigits = 30

// whole returns n as a decimal.
func whole(n int64) Decimal { return Decimal{n: big.NewInt(n)} }

// decimal makes a number of digits, of which scale stand behind the point.
func decimal(digits string, scale int, negative bool) (Decimal, bool) {
	if digits = strings.TrimLeft(digits, "0"); digits == "" {
		return Decimal{}, true
	}
	if len(digits) > 2*maxDigits || scale > maxDigits || scale < -maxDigits {
		return Decimal{}, false
	}
	n, ok := new(big.Int).SetString(digits, 10)
	if !ok {
		return Decimal{}, false
	}
	if negative {
		n.Neg(n)
	}
	return Decimal{n: n, scale: scale}.shift(0), true
}

// shift multiplies by 10^by.
func (d Decimal) shift(by int) Decimal {
	if d.n == nil {
		return d
	}
	d.scale -= by
	if d.scale < 0 {
		d.n = new(big.Int).Mul(d.n, pow10(-d.scale))
		d.scale = 0
	}
	return d
}

// Shifted multiplies by 10^by.
func (d Decimal) Shifted(by int) Decimal { return d.shift(by) }

// ParseDecimal reads what String writes.
func ParseDecimal(s string) (Decimal, bool) {
	d, code := (style{dot: point}).read(s)
	return d, code == ""
}

// times multiplies two numbers.
func (d Decimal) times(o Decimal) Decimal {
	if d.n == nil || o.n == nil {
		return Decimal{}
	}
	return Decimal{n: new(big.Int).Mul(d.n, o.n), scale: d.scale + o.scale}
}

// Negated is the number below zero that is above, and the other way.
func (d Decimal) Negated() Decimal {
	if d.n == nil {
		return d
	}
	return Decimal{n: new(big.Int).Neg(d.n), scale: d.scale}
}

func pow10(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

// Sign is -1, 0 or 1.
func (d Decimal) Sign() int {
	if d.n == nil {
		return 0
	}
	return d.n.Sign()
}

// String writes the number without needless zeros, such as "-32873616.8".
func (d Decimal) String() string {
	if d.Sign() == 0 {
		return "0"
	}
	s := new(big.Int).Abs(d.n).String()
	if d.scale > 0 {
		if pad := d.scale + 1 - len(s); pad > 0 {
			s = strings.Repeat("0", pad) + s
		}
		s = s[:len(s)-d.scale] + "." + s[len(s)-d.scale:]
		s = strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
	}
	if d.n.Sign() < 0 {
		s = "-" + s
	}
	return s
}

// Minor returns the number in hundredths, tyiyn of som; ok is false when it is
// finer than that or does not fit.
func (d Decimal) Minor() (v int64, ok bool) {
	if d.n == nil {
		return 0, true
	}
	n := d.n
	switch {
	case d.scale < 2:
		n = new(big.Int).Mul(n, pow10(2-d.scale))
	case d.scale > 2:
		q, r := new(big.Int).QuoRem(n, pow10(d.scale-2), new(big.Int))
		if r.Sign() != 0 {
			return 0, false
		}
		n = q
	}
	return n.Int64(), n.IsInt64()
}

// OfMinor is a number of hundredths.
func OfMinor(v int64) Decimal { return Decimal{n: big.NewInt(v), scale: 2} }

// Sum adds decimals exactly. The zero value is an empty sum.
type Sum struct {
	n     big.Int
	scale int
}

// Add adds a number.
func (s *Sum) Add(d Decimal) {
	if d.n == nil {
		return
	}
	if d.scale > s.scale {
		s.n.Mul(&s.n, pow10(d.scale-s.scale))
		s.scale = d.scale
	}
	if d.scale == s.scale {
		s.n.Add(&s.n, d.n)
		return
	}
	s.n.Add(&s.n, new(big.Int).Mul(d.n, pow10(s.scale-d.scale)))
}

// Decimal returns the sum so far.
func (s *Sum) Decimal() Decimal { return Decimal{n: new(big.Int).Set(&s.n), scale: s.scale} }
