package qr_test

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"image/png"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/ashar-kg/ashar/internal/platform/qr"
)

const link = "https://bishkek.example/r/2026-001234"

func TestPNGIsSquareOfTheAskedSize(t *testing.T) {
	for _, px := range []int{240, 256, 1000} {
		picture, err := png.Decode(bytes.NewReader(qr.PNG(link, px)))
		if err != nil {
			t.Fatal(err)
		}
		if size := picture.Bounds().Size(); size.X != px || size.Y != px {
			t.Errorf("asked for %d px, got %v", px, size)
		}
	}
	picture, err := png.Decode(bytes.NewReader(qr.PNG(link, 0)))
	if err != nil || picture.Bounds().Dx() < 21 {
		t.Errorf("a size of zero gives %v, %v", picture, err)
	}
}

// TestSVGAndPNGShowTheSameCode paints the SVG's rectangles and compares them
// with the PNG drawn at one pixel a module.
func TestSVGAndPNGShowTheSameCode(t *testing.T) {
	svg := string(qr.SVG(link))
	if err := xml.Unmarshal([]byte(svg), new(struct{})); err != nil {
		t.Fatalf("not well formed: %v", err)
	}
	picture, err := png.Decode(bytes.NewReader(qr.PNG(link, 1)))
	if err != nil {
		t.Fatal(err)
	}
	size := picture.Bounds().Dx()
	if !strings.Contains(svg, fmt.Sprintf(`viewBox="0 0 %d %d"`, size, size)) {
		t.Fatalf("the SVG does not measure %d modules: %.120s", size, svg)
	}
	dark := map[[2]int]bool{}
	for _, run := range regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1h-`).FindAllStringSubmatch(svg, -1) {
		x, y, length := number(t, run[1]), number(t, run[2]), number(t, run[3])
		for i := range length {
			dark[[2]int{x + i, y}] = true
		}
	}
	for y := range size {
		for x := range size {
			if r, _, _, _ := picture.At(x, y).RGBA(); (r == 0) != dark[[2]int{x, y}] {
				t.Fatalf("module %d,%d differs", x, y)
			}
		}
	}
}

func TestSVGStandsUnderAStrictContentPolicy(t *testing.T) {
	for _, forbidden := range []string{"style", "script", "href", "onload"} {
		if strings.Contains(string(qr.SVG(link)), forbidden) {
			t.Errorf("the SVG holds %q", forbidden)
		}
	}
}

func TestTextTooLongForACodeGivesNothing(t *testing.T) {
	if qr.SVG(strings.Repeat("ы", 1400)) == nil {
		t.Error("2 800 bytes should fit")
	}
	long := strings.Repeat("ы", 2000)
	if qr.SVG(long) != nil || qr.PNG(long, 300) != nil {
		t.Error("4 000 bytes cannot fit")
	}
}

func number(t *testing.T, digits string) int {
	t.Helper()
	n, err := strconv.Atoi(digits)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
