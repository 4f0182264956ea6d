// Package draw makes the photos of the demo city: flat pictures of what residents report, broken
// and mended. Nobody's house or face is in them, and each bears the mark of the demo.
package draw

import (
	"image"
	"image/color"
	"math"
	"math/rand/v2"
)

// The size of every picture in pixels.
const (
	Width  = 1200
	Height = 900
)

// scenes draw what stands in the street, by category. What has none is a plain street with a sign.
var scenes = map[string]func(*canvas, *rand.Rand, bool){
	"street-light":      lamp,
	"pothole":           pothole,
	"pavement":          pavement,
	"manhole":           manhole,
	"traffic-light":     trafficLight,
	"road-sign":         roadSign,
	"bus-stop":          busStop,
	"waste":             waste,
	"dump":              dump,
	"water":             water,
	"sewer":             sewer,
	"heat":              heat,
	"tree":              tree,
	"tree-danger":       fallenTree,
	"aryk":              aryk,
	"playground":        playground,
	"lift":              lift,
	"stray-animals":     dog,
	"noise":             noise,
	"illegal-structure": kiosk,
	"power-line":        powerLine,
}

// Scene draws a report of a category, as it was or mended. The same arguments give the same picture.
func Scene(category string, variant int64, fixed bool) image.Image {
	draw, ok := scenes[category]
	if !ok {
		draw = plainStreet
	}
	// Both pictures of one report start from the same dice, so that they show the same place.
	dice := rand.New(rand.NewPCG(uint64(variant), hash(category)))
	c := newCanvas()
	switch category {
	case "lift", "heat":
		room(c, dice)
	default:
		street(c, dice, category == "street-light")
	}
	draw(c, dice, fixed)
	mark(c)
	return c.img
}

// hash is FNV-1a, so that the categories of one variant differ.
func hash(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}

// street is the ground of nearly every picture: sky, the mountains south of the city, houses,
// pavement and road.
func street(c *canvas, dice *rand.Rand, night bool) {
	sky, far, near := rgb(0xBFE0EA), rgb(0x9DB9C7), rgb(0xDCE8EC)
	grass, slab, road := rgb(0xA9C48A), rgb(0xD9D3C7), rgb(0x6E7378)
	if night {
		sky, far, near = rgb(0x26324A), rgb(0x35435C), rgb(0x53627D)
		grass, slab, road = rgb(0x3C4D3D), rgb(0x5C5C62), rgb(0x33373E)
	}
	c.rect(0, 0, Width, 430, sky)
	if night {
		for range 40 {
			c.circle(dice.Float64()*Width, dice.Float64()*220, 2, rgb(0xE8E4C9))
		}
		c.circle(200+dice.Float64()*800, 110, 34, rgb(0xF1EBCB))
	} else {
		c.circle(150+dice.Float64()*900, 110, 46, rgb(0xF6DFA4))
		for range 3 {
			cloud(c, dice.Float64()*Width, 60+dice.Float64()*110)
		}
	}
	mountains(c, dice, 300, far, near)
	houses(c, dice, night)
	c.rect(0, 430, Width, 110, grass)
	c.rect(0, 540, Width, 120, slab)
	for x := -40.0; x < Width; x += 120 {
		c.line(x, 660, x+50, 540, 3, shade(slab, 0.92))
	}
	c.rect(0, 660, Width, 16, shade(slab, 0.8))
	c.rect(0, 676, Width, 224, road)
	for x := dice.Float64()*120 - 160; x < Width; x += 220 {
		c.rect(x, 780, 120, 12, shade(slab, 1.05))
	}
}

func cloud(c *canvas, x, y float64) {
	white := color.RGBA{250, 252, 252, 235}
	c.circle(x, y, 30, white)
	c.circle(x+38, y-14, 38, white)
	c.circle(x+80, y, 30, white)
	c.rect(x, y, 80, 30, white)
}

func mountains(c *canvas, dice *rand.Rand, base float64, far, near color.RGBA) {
	for x := -100.0; x < Width; {
		w := 220 + dice.Float64()*160
		h := 110 + dice.Float64()*90
		c.poly(far, x, base+130, x+w/2, base-h+60, x+w, base+130)
		c.poly(near, x+w/2-w*0.12, base-h+60+(h+70)*0.24, x+w/2, base-h+60, x+w/2+w*0.12, base-h+60+(h+70)*0.24,
			x+w/2+w*0.04, base-h+60+(h+70)*0.18, x+w/2-w*0.03, base-h+60+(h+70)*0.27)
		x += w * 0.62
	}
}

func houses(c *canvas, dice *rand.Rand, night bool) {
	walls := []color.RGBA{rgb(0xE9D3B4), rgb(0xD9B7A0), rgb(0xC9D3CC), rgb(0xE6DFC9), rgb(0xCBBBA7)}
	x := -60 - dice.Float64()*80
	for x < Width {
		w := 190 + float64(dice.IntN(4))*50
		floors := 2 + dice.IntN(4)
		h := float64(floors)*52 + 24
		wall := walls[dice.IntN(len(walls))]
		pane := rgb(0x8FB3C2)
		if night {
			wall, pane = shade(wall, 0.38), shade(wall, 0.28)
		}
		c.rect(x, 432-h, w, h, wall)
		c.rect(x-6, 426-h, w+12, 12, shade(wall, 0.8))
		for f := range floors {
			for wx := x + 24; wx+34 < x+w; wx += 58 {
				p := pane
				if lit := dice.IntN(4) == 0; night && lit {
					p = rgb(0xE8C36A)
				}
				c.rect(wx, 432-h+20+float64(f)*52, 32, 32, p)
			}
		}
		x += w + 14 + dice.Float64()*70
	}
}

// room is the inside of a house.
func room(c *canvas, dice *rand.Rand) {
	walls := []color.RGBA{rgb(0xE4E0D2), rgb(0xD8E2DD), rgb(0xE6D9CC)}
	wall := walls[dice.IntN(len(walls))]
	c.rect(0, 0, Width, Height, wall)
	c.rect(0, 700, Width, 200, rgb(0xB39B80))
	c.rect(0, 690, Width, 16, shade(wall, 0.75))
	for x := -100.0; x < Width; x += 150 {
		c.line(x, 900, x+90, 706, 3, rgb(0xA08A70))
	}
}

// mark is a band across the corner with four bars in it: a sign without words that the picture is
// drawn for a demo.
func mark(c *canvas) {
	c.poly(rgb(0x0B5D66), Width-190, Height, Width, Height-190, Width, Height-110, Width-110, Height)
	for i := range 4 {
		x := Width - 128 + float64(i)*32
		c.circle(x, Height-(x-(Width-150)), 9, rgb(0xE8803A))
	}
}

func rgb(v uint32) color.RGBA {
	return color.RGBA{uint8(v >> 16), uint8(v >> 8), uint8(v), 255}
}

// shade makes a colour darker below 1 and lighter above.
func shade(c color.RGBA, by float64) color.RGBA {
	f := func(v uint8) uint8 { return uint8(math.Min(255, float64(v)*by)) }
	return color.RGBA{f(c.R), f(c.G), f(c.B), c.A}
}
