package sms

import (
	"errors"
	"strings"
	"unicode"
)

// ErrPhone means that the words do not make a telephone number.
var ErrPhone = errors.New("sms: not a telephone number")

// national tells how long a number is inside its country, without the leading
// zero. Countries missing here take any length that E.164 allows.
var national = map[string]int{"996": 9, "998": 9, "992": 9, "7": 10}

// Normalize turns a number as people write it into E.164 form, for example
// "0555 12-34-56" with the country code "996" into "+996555123456". It takes
//
//	0555 12-34-56, 0312 66-12-34      trunk zero and number
//	555 12 34 56                      number alone
//	996 555 123456, 00996 555 123456  country code without the plus
//	+996 (555) 123-456, +7 701 …      full form, any country
//
// and gives ErrPhone for everything else, letters included. Country is the
// calling code of the city's country, digits only.
func Normalize(raw, country string) (string, error) {
	digits, full, err := digitsOf(raw)
	if err != nil {
		return "", err
	}
	if rest, found := strings.CutPrefix(digits, "00"); found && !full {
		digits, full = rest, true
	}
	if !full {
		digits = withCountry(digits, country)
	}
	if !plausible(digits) {
		return "", ErrPhone
	}
	return "+" + digits, nil
}

// digitsOf strips the signs people put between digits and tells whether the
// number began with a plus.
func digitsOf(raw string) (digits string, plus bool, err error) {
	var b strings.Builder
	for _, r := range strings.TrimSpace(raw) {
		switch {
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		case r == '+' && b.Len() == 0 && !plus:
			plus = true
		case unicode.IsSpace(r), unicode.Is(unicode.Pd, r), unicode.Is(unicode.Cf, r), strings.ContainsRune("().", r):
			// hyphens of all lengths, and the invisible marks phones copy along
		default:
			return "", false, ErrPhone
		}
	}
	return b.String(), plus, nil
}

// withCountry puts the country code in front of a number written without plus.
func withCountry(digits, country string) string {
	if rest, found := strings.CutPrefix(digits, "0"); found {
		return country + rest
	}
	length, known := national[country]
	if strings.HasPrefix(digits, country) && (!known || len(digits) == len(country)+length) {
		return digits
	}
	return country + digits
}

// plausible reports whether the digits, country code first, can be a number.
func plausible(digits string) bool {
	if len(digits) < 8 || len(digits) > 15 || digits[0] == '0' {
		return false
	}
	for country, length := range national {
		if rest, found := strings.CutPrefix(digits, country); found {
			return len(rest) == length && rest[0] > '1'
		}
	}
	return true
}

// Mobile reports whether a normalised number can get a text message. Only
// Kyrgyz fixed lines, whose numbers begin with 3, are known not to; a number
// of another country is taken to be mobile.
func Mobile(phone string) bool {
	return len(phone) > 1 && !strings.HasPrefix(phone, "+9963")
}

// Mask hides a normalised number but for its first and last digits, for pages
// and logs where a person should know their own number and nobody else's:
// "+996555123456" becomes "+996 ••• 56".
func Mask(phone string) string {
	if len(phone) < 8 {
		return "•••"
	}
	return phone[:4] + " ••• " + phone[len(phone)-2:]
}
