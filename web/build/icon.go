package main

import (
	"image"
	"image/color"

	"golang.org/x/image/vector"
)

// The sign: a house built by many hands, on the colour of the lake. The same
// shapes as SVG and as points of a square of 24.
const iconSVG = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><rect width="24" height="24" rx="5" fill="#0b5d66"/>` +
	`<path d="M4.500 19V11L12 5.500 19.500 11v8h-4v-5h-7v5z" fill="#fbfaf7"/><path d="M10.500 10.500 12 9l1.500 1.500L12 12z" fill="#e8803a"/></svg>`

var (
	lake    = color.NRGBA{0x0b, 0x5d, 0x66, 0xff}
	paper   = color.NRGBA{0xfb, 0xfa, 0xf7, 0xff}
	apricot = color.NRGBA{0xe8, 0x80, 0x3a, 0xff}

	house = [][2]float32{{4.5, 19}, {4.5, 11}, {12, 5.5}, {19.5, 11}, {19.5, 19}, {15.5, 19}, {15.5, 14}, {8.5, 14}, {8.5, 19}}
	light = [][2]float32{{10.5, 10.5}, {12, 9}, {13.5, 10.5}, {12, 12}}
	whole = [][2]float32{{0, 0}, {24, 0}, {24, 24}, {0, 24}}
)

// drawIcon draws the sign; safe keeps it inside the circle that phones cut out.
func drawIcon(size int, safe bool) image.Image {
	img := image.NewNRGBA(image.Rect(0, 0, size, size))
	fill(img, whole, lake, 1)
	scale := float32(1)
	if safe {
		scale = 0.8
	}
	fill(img, house, paper, scale)
	fill(img, light, apricot, scale)
	return img
}

func fill(img *image.NRGBA, shape [][2]float32, c color.Color, scale float32) {
	size := img.Bounds().Dx()
	r := vector.NewRasterizer(size, size)
	at := func(p [2]float32) (x, y float32) {
		unit := float32(size) / 24
		return ((p[0]-12)*scale + 12) * unit, ((p[1]-12)*scale + 12) * unit
	}
	x, y := at(shape[0])
	r.MoveTo(x, y)
	for _, p := range shape[1:] {
		x, y = at(p)
		r.LineTo(x, y)
	}
	r.ClosePath()
	r.Draw(img, img.Bounds(), image.NewUniform(c), image.Point{})
}
