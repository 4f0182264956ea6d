package sharecard

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"testing"

	"github.com/ashar-kg/ashar/internal/platform/typeface"
	assets "github.com/ashar-kg/ashar/web"
)

func draws(t *testing.T, c Card) image.Image {
	t.Helper()
	data, err := JPEG(c, assets.Dist.File)
	if err != nil {
		t.Fatal(err)
	}
	if len(data) > 300_000 {
		t.Errorf("%d bytes", len(data))
	}
	img, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if img.Bounds() != image.Rect(0, 0, Width, Height) {
		t.Errorf("the card is %v", img.Bounds())
	}
	return img
}

// darkest is the darkest grey value within a part of the card.
func darkest(img image.Image, r image.Rectangle) uint8 {
	out := uint8(255)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			out = min(out, color.GrayModel.Convert(img.At(x, y)).(color.Gray).Y)
		}
	}
	return out
}

func TestACardKeepsItsWordsInside(t *testing.T) {
	long := "Көчөнүн кесилишиндеги светофордун жарыгы эки жумадан бери күйбөй турат, балдар мектепке өтө албай жатат, адамдар коркуп өтүшөт"
	c := Card{City: "Бишкек", Kind: "Көчө жарыгы", Title: long, Place: long, State: "late", Status: "Мөөнөтү өттү", Number: "2026-004711"}
	img := draws(t, c)
	for _, edge := range []image.Rectangle{image.Rect(0, bar+felt+4, margin-4, Height), image.Rect(Width-margin+16, bar+felt+4, Width, Height), image.Rect(0, Height-40, Width, Height)} {
		if darkest(img, edge) < 230 {
			t.Errorf("something stands in the margin %v", edge)
		}
	}
	if darkest(img, image.Rect(margin, 200, Width-margin, 400)) > 80 {
		t.Error("the card has no title")
	}
	photo := image.NewRGBA(image.Rect(0, 0, 400, 300))
	fill(photo, photo.Bounds(), color.RGBA{R: 200, A: 255})
	c.Photo = photo
	if r, g, _, _ := draws(t, c).At(Width-photoW/2, Height/2).RGBA(); r>>8 < 180 || g>>8 > 40 {
		t.Error("the photo is not on the card")
	}
}

func TestTheTypefaceHasEveryLetterOfTheCity(t *testing.T) {
	for _, weight := range []int{400, 700} {
		f, err := typeface.New(assets.Dist.File, weight, 20)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range "АЯаяЁёҢңӨөҮүAZaz09«»“”…№—" {
			if !f.Has(r) {
				t.Errorf("weight %d has no %c", weight, r)
			}
		}
		if lines := f.Wrap("аааааааааааааааааааааааааааааааааааа бб", 100, 9); len(lines) < 3 {
			t.Errorf("a long word is not broken: %q", lines)
		}
		for _, line := range f.Wrap("Көчөнүн кесилишиндеги светофордун жарыгы", 200, 2) {
			if f.Width(line) > 200 {
				t.Errorf("%q is %d wide", line, f.Width(line))
			}
		}
	}
}
