package photo

import (
	"image"
	"image/color"
	"math"
	"testing"
)

func FuzzReadTIFF(f *testing.F) {
	f.Add([]byte("II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00"))
	f.Add([]byte("MM\x00*\x00\x00\x00\x08\x00\x01\x88\x25\x00\x04\x00\x00\x00\x01\x00\x00\x00\x08"))
	f.Fuzz(func(t *testing.T, block []byte) {
		orientation, place := readTIFF(block)
		if orientation < 1 || orientation > 8 {
			t.Errorf("orientation %d", orientation)
		}
		if place != nil && !(math.Abs(place.Lat) <= 90 && math.Abs(place.Lon) <= 180) {
			t.Errorf("place %v", place)
		}
	})
}

func TestShrinkingKeepsTheAverage(t *testing.T) {
	for from := 1; from < 60; from++ {
		for to := 1; to <= from; to++ {
			got := make([]float32, to)
			for _, c := range spans(from, to) {
				got[c.x] += c.left
				if c.right > 0 {
					got[c.x+1] += c.right
				}
			}
			for x, weight := range got {
				if math.Abs(float64(weight)-1) > 1e-4 {
					t.Fatalf("%d to %d: column %d weighs %f", from, to, x, weight)
				}
			}
		}
	}
}

func TestEveryKindOfColourSamplingIsReadAlike(t *testing.T) {
	ratios := []image.YCbCrSubsampleRatio{
		image.YCbCrSubsampleRatio444, image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio420,
		image.YCbCrSubsampleRatio440, image.YCbCrSubsampleRatio411, image.YCbCrSubsampleRatio410,
	}
	for _, ratio := range ratios {
		whole := image.NewYCbCr(image.Rect(0, 0, 41, 23), ratio)
		for i, plane := range [][]uint8{whole.Y, whole.Cb, whole.Cr} {
			for at := range plane {
				plane[at] = uint8(at*37 + i*11)
			}
		}
		part := whole.SubImage(image.Rect(3, 5, 40, 22)).(*image.YCbCr)
		out := shrink(part, part.Rect.Dx(), part.Rect.Dy())
		for y := range part.Rect.Dy() {
			for x := range part.Rect.Dx() {
				want := color.RGBAModel.Convert(part.At(3+x, 5+y))
				if got := out.At(x, y); got != want {
					t.Fatalf("%v at %d,%d: got %v, want %v", ratio, x, y, got, want)
				}
			}
		}
	}
}
