package draw

import (
	"image"
	"image/color"
	"math"

	"golang.org/x/image/vector"
)

// canvas draws smooth flat shapes, each on top of those before.
type canvas struct{ img *image.RGBA }

func newCanvas() *canvas {
	return &canvas{image.NewRGBA(image.Rect(0, 0, Width, Height))}
}

// poly fills the shape through points given as x, y, x, y.
func (c *canvas) poly(fill color.RGBA, xy ...float64) {
	minX, minY, maxX, maxY := xy[0], xy[1], xy[0], xy[1]
	for i := 0; i < len(xy); i += 2 {
		minX, maxX = math.Min(minX, xy[i]), math.Max(maxX, xy[i])
		minY, maxY = math.Min(minY, xy[i+1]), math.Max(maxY, xy[i+1])
	}
	// Only the shape's own box is rasterised: a picture has some hundred shapes.
	box := image.Rect(int(math.Floor(minX)), int(math.Floor(minY)), int(math.Ceil(maxX))+1, int(math.Ceil(maxY))+1).
		Intersect(c.img.Bounds())
	if box.Empty() {
		return
	}
	z := vector.NewRasterizer(box.Dx(), box.Dy())
	at := func(i int) (float32, float32) {
		return float32(xy[i] - float64(box.Min.X)), float32(xy[i+1] - float64(box.Min.Y))
	}
	z.MoveTo(at(0))
	for i := 2; i < len(xy); i += 2 {
		z.LineTo(at(i))
	}
	z.ClosePath()
	z.Draw(c.img, box, image.NewUniform(premultiply(fill)), image.Point{})
}

func (c *canvas) rect(x, y, w, h float64, fill color.RGBA) {
	c.poly(fill, x, y, x+w, y, x+w, y+h, x, y+h)
}

func (c *canvas) circle(x, y, r float64, fill color.RGBA) { c.ellipse(x, y, r, r, fill) }

func (c *canvas) ellipse(x, y, rx, ry float64, fill color.RGBA) {
	const corners = 48
	xy := make([]float64, 0, 2*corners)
	for i := range corners {
		sin, cos := math.Sincos(float64(i) * 2 * math.Pi / corners)
		xy = append(xy, x+rx*cos, y+ry*sin)
	}
	c.poly(fill, xy...)
}

// line is a straight stroke of a width.
func (c *canvas) line(x1, y1, x2, y2, width float64, fill color.RGBA) {
	length := math.Hypot(x2-x1, y2-y1)
	dx, dy := -(y2-y1)/length*width/2, (x2-x1)/length*width/2
	c.poly(fill, x1+dx, y1+dy, x2+dx, y2+dy, x2-dx, y2-dy, x1-dx, y1-dy)
}

// stroke is a line through points with round joints.
func (c *canvas) stroke(width float64, fill color.RGBA, xy ...float64) {
	for i := 0; i+3 < len(xy); i += 2 {
		c.line(xy[i], xy[i+1], xy[i+2], xy[i+3], width, fill)
		c.circle(xy[i+2], xy[i+3], width/2, fill)
	}
	c.circle(xy[0], xy[1], width/2, fill)
}

func premultiply(c color.RGBA) color.RGBA {
	f := func(v uint8) uint8 { return uint8(uint16(v) * uint16(c.A) / 255) }
	return color.RGBA{f(c.R), f(c.G), f(c.B), c.A}
}
