package sms

import (
	"fmt"
	"unicode/utf16"
)

// Encoding is how the letters of a message travel.
type Encoding string

// The encodings. One letter outside the GSM alphabet, such as any Cyrillic one,
// makes the whole message UCS-2.
const (
	GSM7 Encoding = "gsm7" // default alphabet of 3GPP TS 23.038, 7 bits a letter
	UCS2 Encoding = "ucs2" // UTF-16, so that signs beyond the first plane take two units
)

// alphabet is the GSM 7-bit default alphabet, each letter at its code (3GPP TS
// 23.038, section 6.2.1). The escape at 0x1b is no letter.
const alphabet = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ" +
	" !\"#¤%&'()*+,-./0123456789:;<=>?" +
	"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§" +
	"¿abcdefghijklmnopqrstuvwxyzäöñüà"

// escape comes before the code of a letter of the extension table.
const escape = 0x1b

// codes are the octets of each letter in the GSM alphabet, one septet an octet.
var codes = gsmCodes()

func gsmCodes() map[rune][]byte {
	// Extension table, section 6.2.1.1.
	table := map[rune][]byte{
		'\f': {escape, 0x0a}, '^': {escape, 0x14}, '{': {escape, 0x28}, '}': {escape, 0x29}, '\\': {escape, 0x2f},
		'[': {escape, 0x3c}, '~': {escape, 0x3d}, ']': {escape, 0x3e}, '|': {escape, 0x40}, '€': {escape, 0x65},
	}
	code := byte(0)
	for _, letter := range alphabet {
		if code != escape {
			table[letter] = []byte{code}
		}
		code++
	}
	return table
}

// size tells how many octets fit into a message on its own and into one of
// several, whose first six octets tell which it is. A message has 140 octets:
// 160 septets, which SMPP carries in an octet each, or 70 units of UCS-2.
var size = map[Encoding]struct{ alone, part int }{GSM7: {160, 153}, UCS2: {140, 134}}

// maxParts is how many parts the header of a part can count.
const maxParts = 255

// Parts tells, before sending, how many messages the operator will count for a
// text, and how its letters travel. A letter is never cut in two: those of the
// extension table count double in GSM7, those beyond the first plane in UCS2.
// An empty text has no part and cannot be sent, nor can one of more than 255.
func Parts(text string) (parts int, encoding Encoding) {
	all, encoding := split(text)
	return len(all), encoding
}

// count is Parts for a text that is about to be sent.
func count(text string) (int, error) {
	parts, _ := Parts(text)
	if parts == 0 || parts > maxParts {
		return 0, fmt.Errorf("%w: the text makes %d messages, must be 1 to %d", ErrPermanent, parts, maxParts)
	}
	return parts, nil
}

// split encodes a text and cuts it into the parts in which it travels.
func split(text string) (parts [][]byte, encoding Encoding) {
	encoding = GSM7
	for _, letter := range text {
		if codes[letter] == nil {
			encoding = UCS2
			break
		}
	}
	if text == "" {
		return nil, encoding
	}
	var whole []byte
	begin, limit := 0, size[encoding].part
	for _, letter := range text {
		end := len(whole)
		whole = appendLetter(whole, letter, encoding)
		if len(whole)-begin > limit {
			parts = append(parts, whole[begin:end:end])
			begin = end
		}
	}
	if len(whole) <= size[encoding].alone {
		return [][]byte{whole}, encoding
	}
	return append(parts, whole[begin:]), encoding
}

func appendLetter(to []byte, letter rune, encoding Encoding) []byte {
	if encoding == GSM7 {
		return append(to, codes[letter]...)
	}
	for _, unit := range utf16.AppendRune(nil, letter) {
		to = append(to, byte(unit>>8), byte(unit))
	}
	return to
}
