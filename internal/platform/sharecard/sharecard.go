// Package sharecard draws the picture that messengers and networks show beside
// a shared link: what it is about, where, in which state, and a photo.
package sharecard

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"

	xdraw "golang.org/x/image/draw"

	"github.com/ashar-kg/ashar/internal/platform/typeface"
)

// Width and Height are the size of a card in pixels, as networks ask for it.
const (
	Width  = 1200
	Height = 630
)

// Card is what stands on a picture. State has the names that
// colours has; an unknown one is shown as closed.
type Card struct {
	City   string
	Kind   string
	Title  string
	Place  string
	State  string
	Status string // the state in words
	Number string
	Photo  image.Image // may be nil
}

// The colours of the light theme of the pages.
var (
	ground  = color.RGBA{0xfb, 0xfa, 0xf7, 0xff}
	ink     = color.RGBA{0x1c, 0x24, 0x30, 0xff}
	soft    = color.RGBA{0x4d, 0x56, 0x63, 0xff}
	lake    = color.RGBA{0x0b, 0x5d, 0x66, 0xff}
	apricot = color.RGBA{0xe8, 0x80, 0x3a, 0xff}
	white   = color.RGBA{0xff, 0xff, 0xff, 0xff}
)

type pair struct{ ink, ground color.RGBA }

// colours are the ink and ground of each state.
var colours = map[string]pair{
	"waiting":   {color.RGBA{0x7a, 0x4a, 0x00, 0xff}, color.RGBA{0xfd, 0xf0, 0xd8, 0xff}},
	"in_work":   {lake, color.RGBA{0xdf, 0xf0, 0xf1, 0xff}},
	"fixed":     {color.RGBA{0x1b, 0x61, 0x36, 0xff}, color.RGBA{0xe0, 0xf2, 0xe5, 0xff}},
	"not_fixed": {soft, color.RGBA{0xe9, 0xe8, 0xe4, 0xff}},
	"late":      {color.RGBA{0xb3, 0x26, 0x1e, 0xff}, color.RGBA{0xfb, 0xe4, 0xe1, 0xff}},
}

const (
	bar    = 96  // height of the band with the city's name
	felt   = 24  // height of the ornament under it
	margin = 64  // of the words
	photoW = 460 // width of the photo at the right
)

// JPEG draws a card with the typeface whose files read gives.
func JPEG(c Card, read func(name string) ([]byte, bool)) ([]byte, error) {
	img := image.NewRGBA(image.Rect(0, 0, Width, Height))
	fill(img, img.Bounds(), ground)
	fill(img, image.Rect(0, 0, Width, bar+felt), lake)
	ornament(img)
	room := Width - 2*margin
	if c.Photo != nil {
		room -= photoW - margin/2
		at := image.Rect(Width-photoW, bar+felt, Width, Height)
		xdraw.ApproxBiLinear.Scale(img, at, c.Photo, cover(c.Photo.Bounds(), at), draw.Src, nil)
	}
	if err := words(img, c, room, read); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: 86}); err != nil {
		return nil, fmt.Errorf("sharecard: %w", err)
	}
	return out.Bytes(), nil
}

func words(img *image.RGBA, c Card, room int, read func(string) ([]byte, bool)) error {
	bold := map[int]*typeface.Face{}
	size, lines := 60, 3
	if c.Photo != nil {
		size, lines = 46, 4
	}
	for _, size := range []int{44, size} {
		f, err := typeface.New(read, 700, size)
		if err != nil {
			return err
		}
		bold[size] = f
	}
	plain, err := typeface.New(read, 400, 32)
	if err != nil {
		return err
	}
	bold[44].Draw(img, margin, 64, white, c.City)
	plain.Draw(img, Width-margin-plain.Width(c.Number), 62, white, c.Number)

	y := bar + felt + 70
	for _, line := range plain.Wrap(c.Kind, room, 1) {
		plain.Draw(img, margin, y, lake, line)
	}
	y += 20
	for _, line := range bold[size].Wrap(c.Title, room, lines) {
		y += size * 9 / 8
		bold[size].Draw(img, margin, y, ink, line)
	}
	y += 14
	for _, line := range plain.Wrap(c.Place, room, 2) {
		y += 44
		plain.Draw(img, margin, y, soft, line)
	}
	tone, ok := colours[c.State]
	if !ok {
		tone = colours["not_fixed"]
	}
	text := plain.Wrap(c.Status, room-48, 1)
	if len(text) == 1 {
		fill(img, image.Rect(margin, Height-104, margin+48+plain.Width(text[0]), Height-48), tone.ground)
		plain.Draw(img, margin+24, Height-65, tone.ink, text[0])
	}
	return nil
}

func fill(img *image.RGBA, r image.Rectangle, c color.Color) {
	draw.Draw(img, r, image.NewUniform(c), image.Point{}, draw.Src)
}

// ornament draws the felt border: a row of triangles like horns on a shyrdak.
func ornament(img *image.RGBA) {
	for x := range Width {
		up := x % (2 * felt)
		if up > felt {
			up = 2*felt - up
		}
		fill(img, image.Rect(x, bar+felt-up*2/3, x+1, bar+felt), apricot)
	}
}

// cover is the middle part of a picture with the proportions of a frame.
func cover(pic, frame image.Rectangle) image.Rectangle {
	w, h := pic.Dx(), pic.Dx()*frame.Dy()/frame.Dx()
	if h > pic.Dy() {
		w, h = pic.Dy()*frame.Dx()/frame.Dy(), pic.Dy()
	}
	x, y := pic.Min.X+(pic.Dx()-w)/2, pic.Min.Y+(pic.Dy()-h)/2
	return image.Rect(x, y, x+w, y+h)
}
