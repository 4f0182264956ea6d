package sms_test

import (
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/ashar-kg/ashar/internal/platform/sms"
)

func TestPartsAreCountedAsOperatorsCount(t *testing.T) {
	x := strings.Repeat
	cases := []struct {
		name, text string
		parts      int
		encoding   sms.Encoding
	}{
		{"nothing", "", 0, sms.GSM7},
		{"one letter", "a", 1, sms.GSM7},
		{"160 letters", x("a", 160), 1, sms.GSM7},
		{"161 letters", x("a", 161), 2, sms.GSM7},
		{"two full parts", x("a", 306), 2, sms.GSM7},
		{"one more", x("a", 307), 3, sms.GSM7},
		{"255 parts", x("a", 255*153), 255, sms.GSM7},
		{"Latin letters with marks, Greek capitals", "èéùìòÇØøÅåΔΦΓΛΩΠΨΣΘΞÆæßÉÄÖÑÜ§¿äöñüà£¥¤¡", 1, sms.GSM7},
		{"lines", "a\r\nb", 1, sms.GSM7},
		{"80 of the extension table", x("€", 80), 1, sms.GSM7},
		{"81 of the extension table", x("€", 81), 2, sms.GSM7},
		{"every one of the extension table", x("^{}\\[~]|€\f", 8), 1, sms.GSM7},
		{"an escape is never cut off", x("a", 152) + "€" + x("a", 152), 3, sms.GSM7},
		{"the same, shifted by one", x("a", 151) + "€" + x("a", 153), 2, sms.GSM7},
		{"70 Kyrgyz letters", x("ү", 70), 1, sms.UCS2},
		{"71 Kyrgyz letters", x("ө", 71), 2, sms.UCS2},
		{"two full parts of Kyrgyz", x("ң", 134), 2, sms.UCS2},
		{"one more", x("ң", 135), 3, sms.UCS2},
		{"one Cyrillic letter makes all UCS-2", x("a", 70) + "я", 2, sms.UCS2},
		{"a small cedilla is not in the alphabet", "ç", 1, sms.UCS2},
		{"a grave accent is not in the alphabet", "`", 1, sms.UCS2},
		{"a tab is not in the alphabet", "\t", 1, sms.UCS2},
		{"35 faces", x("😀", 35), 1, sms.UCS2},
		{"36 faces, 33 to a part", x("😀", 36), 2, sms.UCS2},
		{"67 faces", x("😀", 67), 3, sms.UCS2},
		{"a face is never cut in two", x("я", 66) + "😀" + x("я", 66), 3, sms.UCS2},
	}
	for _, c := range cases {
		if parts, encoding := sms.Parts(c.text); parts != c.parts || encoding != c.encoding {
			t.Errorf("%s: got %d %s, want %d %s", c.name, parts, encoding, c.parts, c.encoding)
		}
	}
}

func FuzzPartsStayWithinTheirBounds(f *testing.F) {
	f.Add("Саламатсызбы, өтүнүчүңүз кабыл алынды")
	f.Add("{}€")
	f.Fuzz(func(t *testing.T, text string) {
		parts, encoding := sms.Parts(text)
		units := len(utf16.Encode([]rune(text)))
		letters := utf8.RuneCountInString(text)
		least, most := (units+66)/67, (units+65)/66 // a part may end one unit early
		if encoding == sms.GSM7 {
			least, most = (letters+152)/153, (2*letters+151)/152
		}
		if units <= 70 {
			least = min(least, 1)
		}
		if encoding == sms.GSM7 && letters <= 160 {
			least = min(least, 1)
		}
		if parts < least || parts > most || (parts == 0) != (text == "") {
			t.Errorf("%q makes %d parts of %s, want %d to %d", text, parts, encoding, least, most)
		}
	})
}
