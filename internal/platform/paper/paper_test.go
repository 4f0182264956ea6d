package paper

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	assets "github.com/ashar-kg/ashar/web"
)

func letter() Letter {
	return Letter{
		Lang: "ky", City: "Бишкек шаары", Body: "«Бишкекгорсвет» муниципалдык ишканасы", Contacts: []string{"Бишкек ш., Чүй пр., 166", "185"},
		Number: "№ A-2026-000042", Date: "23-ноябрь, 2026", To: []string{"Өмүрбеков Үсөн", "Токомбаев көчөсү, 12"}, Title: "Кайрылууга жооп",
		Paragraphs: []string{"Урматтуу Үсөн Өмүрбеков!", "Көчөдөгү жарык оңдолду.\nЭкинчи сап."}, Signer: "А. Жээнбекова", Position: "Директор",
		Verify: "https://ashar.example/verify/abc", VerifyText: "Каттын чындыгын текшерүү", At: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC),
	}
}

var streams = regexp.MustCompile(`(?s)stream\r?\n(.*?)\r?\nendstream`)

// unpacked is a PDF with its compressed parts readable.
func unpacked(t *testing.T, pdf []byte) string {
	t.Helper()
	var out strings.Builder
	out.Write(pdf)
	for _, m := range streams.FindAllSubmatch(pdf, -1) {
		if z, err := zlib.NewReader(bytes.NewReader(m[1])); err == nil {
			data, _ := io.ReadAll(z) // a font is cut off at its length, which is no error here
			out.Write(data)
		}
	}
	return out.String()
}

func TestALetterEmbedsEveryLetterOfTheCity(t *testing.T) {
	pdf, err := PDF(letter(), assets.Dist.File)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(pdf, []byte("%PDF-1.")) || len(pdf) > 200_000 {
		t.Errorf("%d bytes that begin with %.8q", len(pdf), pdf)
	}
	text := unpacked(t, pdf)
	if strings.Count(text, "/FontFile2") < 3 {
		t.Error("the typefaces are not embedded")
	}
	// The document's own characters are UTF-16 codes: ө ү ң stand in it as such.
	for _, r := range "өүӨҮ" {
		if !strings.Contains(text, string([]byte{byte(r >> 8), byte(r)})) {
			t.Errorf("the letter has no %c", r)
		}
	}
	if !strings.Contains(text, "/ToUnicode") {
		t.Error("the words cannot be searched nor read aloud")
	}
}

func TestALongLetterGoesOnAndIsTheSameEachTime(t *testing.T) {
	l := letter()
	for i := range 60 {
		l.Paragraphs = append(l.Paragraphs, fmt.Sprintf("%d. %s", i, strings.Repeat("Көчөнү жарыктандыруу боюнча иштер жүргүзүлдү. ", 4)))
	}
	l.Paragraphs = append(l.Paragraphs, strings.Repeat("https", 60), "😀")
	one, err := PDF(l, assets.Dist.File)
	if err != nil {
		t.Fatal(err)
	}
	two, err := PDF(l, assets.Dist.File)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(one, two) {
		t.Error("the same letter is not the same file")
	}
	if n := bytes.Count(one, []byte("/Type /Page\n")); n < 4 {
		t.Errorf("%d pages", n)
	}
}

func TestALetterNeedsItsTypeface(t *testing.T) {
	if _, err := PDF(letter(), func(string) ([]byte, bool) { return nil, false }); err == nil {
		t.Error("a letter was set without letters")
	}
}
