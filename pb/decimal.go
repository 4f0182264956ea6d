package pb

import (
	"errors"
	"math/big"
	"strconv"
	"strings"
)

// Decimal is an exact decimal number of at most 18 digits: Units / 10^Places.
// Ballots hold their points so; money, which may be any size, is a *big.Rat.
type Decimal struct {
	Units  int64
	Places uint8
}

// Rat returns the number as a fraction.
func (d Decimal) Rat() *big.Rat {
	return new(big.Rat).SetFrac(big.NewInt(d.Units), power10(int(d.Places)))
}

// String returns the number without trailing zeros.
func (d Decimal) String() string { return FormatAmount(d.Rat()) }

var errNumber = errors.New("not a decimal number")

// parseDecimal reads what a points cell holds.
func parseDecimal(text []byte) (Decimal, error) {
	var d Decimal
	digits, seen, negative, point := 0, false, false, false
	for i, c := range text {
		switch {
		case c >= '0' && c <= '9':
			seen = true
			if digits > 0 || c != '0' {
				digits++
			}
			if digits > 18 {
				return d, errors.New("a number of more than 18 digits")
			}
			d.Units = d.Units*10 + int64(c-'0')
			if point {
				d.Places++
			}
		case (c == '.' || c == ',') && !point:
			point = true
		case (c == '-' || c == '+') && i == 0:
			negative = c == '-'
		default:
			return d, errNumber
		}
	}
	if !seen || d.Places > 18 {
		return d, errNumber
	}
	for d.Places > 0 && d.Units%10 == 0 {
		d.Units, d.Places = d.Units/10, d.Places-1
	}
	if negative {
		d.Units = -d.Units
	}
	return d, nil
}

// ParseAmount reads an exact amount such as "1234.50", "1234,50" or "1.5e6".
func ParseAmount(text string) (*big.Rat, error) {
	text = strings.Replace(text, ",", ".", 1)
	mantissa, exponent, found := strings.Cut(strings.ToLower(text), "e")
	if found {
		// A file is input from strangers: an exponent must not fill the memory.
		if n, err := strconv.Atoi(exponent); err != nil || n < -30 || n > 30 {
			return nil, errNumber
		}
	}
	if strings.Trim(mantissa, "+-.0123456789") != "" || len(mantissa) > 100 {
		return nil, errNumber
	}
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		return nil, errNumber
	}
	return r, nil
}

// FormatAmount writes an amount exactly: as a decimal number where it is one,
// else as a fraction.
func FormatAmount(r *big.Rat) string {
	if places, exact := r.FloatPrec(); exact {
		return r.FloatString(places)
	}
	return r.RatString()
}

func power10(n int) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
}
