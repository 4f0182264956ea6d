package photo

import (
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
