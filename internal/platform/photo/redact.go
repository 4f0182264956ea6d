package photo

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
)

// Rect is a part of a picture in its pixels, from the upper left corner.
type Rect struct{ X, Y, Width, Height int }

// Redact hides parts of a picture that Process made, faces or number plates,
// and returns it in both sizes. Parts outside the picture are cut off. What was
// there cannot be brought back, provided the caller deletes the old picture
// and its thumb.
func Redact(full []byte, rects []Rect) (Result, error) {
	head, err := examine(bytes.NewReader(full))
	if err != nil {
		return Result{}, err
	}
	if head.format != "jpeg" || max(head.width, head.height) > FullSide {
		return Result{}, ErrUnsupported
	}
	decoded, err := jpeg.Decode(bytes.NewReader(full))
	if err != nil {
		return Result{}, fmt.Errorf("%w: %w", ErrNotImage, err)
	}
	picture := shrink(decoded, head.width, head.height)
	Blur(picture, rects)
	return encode(picture)
}

// across is how many blocks of one colour a hidden part has along its longer
// side. Six by six averages hold no face and no plate, whatever is tried on
// them; a filter alone, without the averaging, could be turned back.
const across = 6

// Blur hides the parts of the picture: large blocks of one colour, their edges
// smoothed for the eye only.
func Blur(picture *image.RGBA, rects []Rect) {
	for _, rect := range rects {
		if rect.Width <= 0 || rect.Height <= 0 {
			continue
		}
		part := clip(rect, picture.Rect)
		if part.Empty() {
			continue
		}
		block := max(16, (max(part.Dx(), part.Dy())+across-1)/across)
		pixelate(picture, part, block)
		smooth(picture, part, block/4)
	}
}

// clip returns the part of rect inside bounds, also for rects so large that
// their far corner has no number.
func clip(rect Rect, bounds image.Rectangle) image.Rectangle {
	const far = 1 << 30
	x, y := min(max(rect.X, -far), far), min(max(rect.Y, -far), far)
	return image.Rect(x, y, x+min(rect.Width, far), y+min(rect.Height, far)).Intersect(bounds)
}

// pixelate paints every block of the part with its average colour.
func pixelate(picture *image.RGBA, part image.Rectangle, block int) {
	for y := part.Min.Y; y < part.Max.Y; y += block {
		for x := part.Min.X; x < part.Max.X; x += block {
			flatten(picture, image.Rect(x, y, x+block, y+block).Intersect(part))
		}
	}
}

// flatten paints the part with its average colour, in steps of eight, since
// the exact average of a known alphabet could still tell letters apart.
func flatten(picture *image.RGBA, part image.Rectangle) {
	var sum [3]int
	for y := part.Min.Y; y < part.Max.Y; y++ {
		row := picture.Pix[picture.PixOffset(part.Min.X, y):][:4*part.Dx()]
		for i := 0; i < len(row); i += 4 {
			sum[0] += int(row[i])
			sum[1] += int(row[i+1])
			sum[2] += int(row[i+2])
		}
	}
	count := part.Dx() * part.Dy()
	for y := part.Min.Y; y < part.Max.Y; y++ {
		row := picture.Pix[picture.PixOffset(part.Min.X, y):][:4*part.Dx()]
		for i := 0; i < len(row); i += 4 {
			for c := range sum {
				row[i+c] = uint8(sum[c]/count) &^ 7
			}
		}
	}
}

// smooth averages the part along rows and then along columns. It reads nothing
// outside the part, so no neighbour runs into it and nothing runs out.
func smooth(picture *image.RGBA, part image.Rectangle, radius int) {
	for y := part.Min.Y; y < part.Max.Y; y++ {
		smoothLine(picture.Pix[picture.PixOffset(part.Min.X, y):], 4, part.Dx(), radius)
	}
	for x := part.Min.X; x < part.Max.X; x++ {
		smoothLine(picture.Pix[picture.PixOffset(x, part.Min.Y):], picture.Stride, part.Dy(), radius)
	}
}

// smoothLine averages each of the count pixels, which lie step bytes apart,
// with its neighbours up to radius.
func smoothLine(pixels []uint8, step, count, radius int) {
	before := make([]int, count+1) // sums of everything left of a pixel
	for c := range 3 {
		for i := range count {
			before[i+1] = before[i] + int(pixels[i*step+c])
		}
		for i := range count {
			from, to := max(0, i-radius), min(count, i+radius+1)
			pixels[i*step+c] = uint8((before[to] - before[from]) / (to - from))
		}
	}
}
