package paper

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	assets "github.com/ashar-kg/ashar/web"
)

func figures(rows int) Sheet {
	s := Sheet{
		Lang: "ky", City: "Бишкек шаары", Title: "185 кызматынын кабары", Span: "16-ноябрь – 22-ноябрь", Lines: []string{"109 билдирүү келди."},
		Note: "Сандар өзгөрбөйт.", Source: "https://ashar.example/bulletins/2026-W47", At: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC),
	}
	t := Table{Title: "Мекемелер", Head: []string{"Аталышы", "Мөөнөтүндө", "Мөөнөтү өтүп кеткени"}}
	for i := range rows {
		t.Rows = append(t.Rows, []string{fmt.Sprintf("Мекеме %d", i), fmt.Sprint(1000 + i), "7"})
	}
	s.Tables = []Table{t}
	return s
}

func TestASheetOfFiguresIsTheSameEachTimeAndRepeatsItsHeads(t *testing.T) {
	one, err := figures(70).PDF(assets.Dist.File)
	if err != nil {
		t.Fatal(err)
	}
	two, err := figures(70).PDF(assets.Dist.File)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(one, two) {
		t.Error("the same sheet is not the same file")
	}
	pages := bytes.Count(one, []byte("/Type /Page\n"))
	if pages != 3 {
		t.Errorf("70 rows stand on %d pages", pages)
	}
	// Each head is set in two lines; its words are UTF-16 codes in the page.
	head := string(bytes.ReplaceAll(utf16("Аталышы"), []byte(`\`), []byte(`\\`)))
	if n := strings.Count(unpacked(t, one), head); n != pages {
		t.Errorf("the head stands on %d of %d pages", n, pages)
	}
}

func utf16(text string) []byte {
	var out []byte
	for _, r := range text {
		out = append(out, byte(r>>8), byte(r))
	}
	return out
}

func TestASheetCanBeRead(t *testing.T) {
	tool, err := exec.LookPath("pdftotext")
	if err != nil {
		t.Log("pdftotext is not installed: the words are not read back")
		return
	}
	data, err := figures(3).PDF(assets.Dist.File)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "sheet.pdf")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	text, err := exec.CommandContext(t.Context(), tool, "-layout", file, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"185 кызматынын кабары", "109 билдирүү келди.", "Мекеме 2", "1002", "кеткени"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%q is not read in\n%s", want, text)
		}
	}
}

func TestASheetNeedsItsTypeface(t *testing.T) {
	if _, err := figures(1).PDF(func(string) ([]byte, bool) { return nil, false }); err == nil {
		t.Error("a sheet was set without letters")
	}
}
