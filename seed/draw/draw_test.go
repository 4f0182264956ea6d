package draw

import (
	"bytes"
	"image"
	"testing"

	"github.com/ashar-kg/ashar/seed"
)

func pixels(t *testing.T, m image.Image) []byte {
	t.Helper()
	rgba, ok := m.(*image.RGBA)
	if !ok || rgba.Bounds() != image.Rect(0, 0, Width, Height) {
		t.Fatalf("a %T of %v", m, m.Bounds())
	}
	return rgba.Pix
}

func TestScene(t *testing.T) {
	d, err := seed.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range d.Categories {
		t.Run(k.Code, func(t *testing.T) {
			broken := pixels(t, Scene(k.Code, 7, false))
			if !bytes.Equal(broken, pixels(t, Scene(k.Code, 7, false))) {
				t.Error("the same report gives two pictures")
			}
			if bytes.Equal(broken, pixels(t, Scene(k.Code, 7, true))) {
				t.Error("mended looks like broken")
			}
			if bytes.Equal(broken, pixels(t, Scene(k.Code, 8, false))) {
				t.Error("two reports look the same")
			}
			for i := 3; i < len(broken); i += 4 {
				if broken[i] != 255 {
					t.Fatal("the picture has a hole")
				}
			}
		})
	}
}

func BenchmarkScene(b *testing.B) {
	for i := range b.N {
		Scene("dump", int64(i), false)
	}
}
