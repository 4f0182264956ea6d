package draw

import (
	"image/color"
	"math"
	"math/rand/v2"
)

var (
	iron    = rgb(0x454B52)
	dark    = rgb(0x23272C)
	concr   = rgb(0xB9B5AA)
	bark    = rgb(0x7A5A40)
	leaf    = rgb(0x5F8F4E)
	dryLeaf = rgb(0xB08A4E)
	blue    = rgb(0x5FA8C4)
	murk    = rgb(0x7B7355)
	red     = rgb(0xC8493A)
	yellow  = rgb(0xF2C14E)
	green   = rgb(0x4FA468)
	teal    = rgb(0x0B5D66)
	white   = rgb(0xF5F2EA)
	apricot = rgb(0xE8803A)
)

// about gives a place near the middle of the picture.
func about(dice *rand.Rand) float64 { return 420 + dice.Float64()*360 }

func lamp(c *canvas, dice *rand.Rand, fixed bool) {
	x := about(dice)
	c.rect(x-9, 130, 18, 430, iron)
	c.rect(x-26, 550, 52, 20, iron)
	c.stroke(14, iron, x, 140, x+60, 100, x+140, 96)
	if fixed {
		for i := range 5 {
			spread := 90 + float64(i)*55
			c.poly(color.RGBA{255, 224, 140, 26}, x+110, 118, x+190, 118, x+150+spread, 660, x+150-spread, 660)
		}
		c.ellipse(x+150, 645, 290, 46, color.RGBA{255, 226, 150, 70})
		c.circle(x+150, 122, 60, color.RGBA{255, 232, 160, 80})
	}
	c.poly(shade(iron, 0.8), x+100, 104, x+118, 84, x+182, 84, x+200, 104)
	bulb := rgb(0x5A606B)
	if fixed {
		bulb = rgb(0xFFF0B8)
	}
	c.poly(bulb, x+106, 104, x+194, 104, x+178, 124, x+122, 124)
}

// blot is a round shape with an uneven edge.
func blot(c *canvas, dice *rand.Rand, x, y, rx, ry float64, fills ...color.RGBA) {
	const corners = 22
	edge := make([]float64, corners)
	for i := range edge {
		edge[i] = 0.84 + dice.Float64()*0.24
	}
	for n, fill := range fills {
		size := 1 - float64(n)*0.2
		var xy []float64
		for i, e := range edge {
			sin, cos := math.Sincos(float64(i) * 2 * math.Pi / corners)
			xy = append(xy, x+rx*e*size*cos, y+ry*e*size*sin+float64(n)*6)
		}
		c.poly(fill, xy...)
	}
}

func pothole(c *canvas, dice *rand.Rand, fixed bool) {
	x := about(dice)
	if fixed {
		c.poly(rgb(0x54585D), x-200, 715, x+210, 712, x+240, 845, x-230, 850)
		c.stroke(4, rgb(0x484C51), x-200, 715, x+210, 712, x+240, 845, x-230, 850, x-200, 715)
		return
	}
	blot(c, dice, x, 780, 210, 72, rgb(0x85888C), rgb(0x4B4740), rgb(0x37342F))
	c.ellipse(x+10, 800, 92, 22, rgb(0x7F99A3))
	for range 14 {
		c.circle(x-260+dice.Float64()*520, 715+dice.Float64()*140, 4+dice.Float64()*8, rgb(0x575B5F))
	}
	cracks(c, dice, x-205, 770, -1)
	cracks(c, dice, x+205, 780, 1)
}

func cracks(c *canvas, dice *rand.Rand, x, y, to float64) {
	for range 3 {
		px, py := x, y
		for range 4 {
			nx, ny := px+to*(14+dice.Float64()*24), py+(dice.Float64()-0.5)*38
			c.line(px, py, nx, ny, 4, rgb(0x4B4E52))
			px, py = nx, ny
		}
	}
}

func pavement(c *canvas, dice *rand.Rand, fixed bool) {
	x := about(dice) - 220
	for i := range 6 {
		for j := range 2 {
			px, py := x+float64(i)*84-float64(j)*22, 548+float64(j)*54
			tint := rgb(0xC7A98C)
			if (i+j)%2 == 0 {
				tint = rgb(0xB99A7D)
			}
			if !fixed && dice.IntN(5) < 3 {
				c.rect(px, py, 80, 50, rgb(0x8A7860))
				if dice.IntN(3) > 0 {
					turn := (dice.Float64() - 0.5) * 30
					c.poly(tint, px+6, py+4+turn/2, px+74, py-turn/2, px+70, py+38-turn/2, px+2, py+42+turn/2)
				}
				continue
			}
			c.rect(px, py, 80, 50, tint)
		}
	}
}

func manhole(c *canvas, dice *rand.Rand, fixed bool) {
	x := about(dice)
	c.ellipse(x, 775, 132, 52, rgb(0x8C8F92))
	c.ellipse(x, 775, 114, 43, dark)
	if !fixed {
		c.ellipse(x, 787, 98, 30, rgb(0x0E1012))
		c.ellipse(x+215, 815, 114, 30, shade(iron, 0.7))
		c.ellipse(x+215, 805, 114, 30, iron)
		c.stroke(9, rgb(0x8B6B47), x-60, 780, x-120, 620, x-150, 570)
		c.stroke(6, rgb(0x8B6B47), x-110, 650, x-70, 600)
		return
	}
	c.ellipse(x, 773, 110, 41, iron)
	for i := -3; i <= 3; i++ {
		h := 30 * math.Sqrt(1-math.Pow(float64(i)/4, 2))
		c.line(x+float64(i)*26, 773-h, x+float64(i)*26, 773+h, 6, shade(iron, 0.75))
	}
}

func trafficLight(c *canvas, dice *rand.Rand, fixed bool) {
	x := about(dice)
	c.rect(x-10, 250, 20, 320, iron)
	c.rect(x-30, 558, 60, 16, iron)
	c.rect(x-56, 90, 112, 296, dark)
	c.rect(x-48, 98, 96, 280, rgb(0x31363C))
	off := rgb(0x1A1D20)
	lights := [3]color.RGBA{off, off, off}
	if fixed {
		lights[2] = rgb(0x5BD08A)
		c.circle(x, 334, 62, color.RGBA{91, 208, 138, 70})
	} else {
		c.stroke(7, dark, x+56, 120, x+90, 190, x+70, 260)
	}
	for i, l := range lights {
		c.circle(x, 146+float64(i)*94, 37, l)
	}
	if !fixed {
		c.stroke(4, rgb(0x8A9096), x-22, 132, x-4, 150, x-14, 164, x+18, 156)
	}
}

func roadSign(c *canvas, dice *rand.Rand, fixed bool) {
	x := about(dice)
	lean := 0.0
	if !fixed {
		lean = 120
	}
	c.line(x, 640, x+lean, 260, 16, rgb(0x9AA0A6))
	cx, cy := x+lean, 230.0
	c.poly(red, cx, cy-120, cx+118, cy+84, cx-118, cy+84)
	c.poly(white, cx, cy-78, cx+82, cy+64, cx-82, cy+64)
	c.circle(cx, cy-12, 15, dark)
	c.stroke(15, dark, cx, cy+8, cx+2, cy+32, cx-20, cy+56)
	c.stroke(13, dark, cx+2, cy+32, cx+22, cy+56)
	stripe := rgb(0xEDEBE4)
	if !fixed {
		stripe = rgb(0x7C8186)
	}
	for i := range 5 {
		px := x - 300 + float64(i)*120
		c.poly(stripe, px, 690, px+66, 690, px+40, 890, px-36, 890)
	}
}

func busStop(c *canvas, dice *rand.Rand, fixed bool) {
	x := about(dice) - 260
	glass := color.RGBA{176, 214, 222, 150}
	c.rect(x, 290, 14, 290, iron)
	c.rect(x+500, 290, 14, 290, iron)
	c.poly(teal, x-34, 296, x-6, 262, x+520, 262, x+548, 296)
	if fixed {
		c.rect(x+14, 310, 486, 210, glass)
	} else {
		c.rect(x+14, 310, 150, 210, glass)
		c.poly(glass, x+164, 310, x+250, 310, x+208, 388, x+240, 430, x+180, 470, x+196, 520, x+164, 520)
		c.poly(glass, x+500, 310, x+420, 310, x+452, 366, x+404, 418, x+470, 470, x+500, 520)
		for range 22 {
			px, py := x+170+dice.Float64()*300, 575+dice.Float64()*60
			c.poly(rgb(0xC9E6EC), px, py, px+16, py+5, px+6, py+13)
		}
	}
	c.rect(x+120, 520, 270, 16, rgb(0xB07C48))
	c.rect(x+146, 536, 12, 44, iron)
	c.rect(x+352, 536, 12, 44, iron)
	c.rect(x+590, 250, 10, 330, iron)
	c.circle(x+595, 240, 46, white)
	c.circle(x+595, 240, 40, teal)
	c.rect(x+571, 222, 48, 30, white)
	c.circle(x+582, 256, 7, white)
	c.circle(x+608, 256, 7, white)
}

func bin(c *canvas, x float64) {
	c.poly(green, x, 430, x+210, 430, x+194, 590, x+16, 590)
	c.rect(x-10, 418, 230, 18, shade(green, 0.75))
	for i := 1; i < 5; i++ {
		c.line(x+float64(i)*42, 444, x+4+float64(i)*40, 580, 6, shade(green, 0.85))
	}
	c.circle(x+40, 596, 15, dark)
	c.circle(x+170, 596, 15, dark)
}

func bags(c *canvas, dice *rand.Rand, x, y, w float64, n int) {
	colours := []color.RGBA{rgb(0x2F3A44), rgb(0x4C6E82), rgb(0xD8D4CA), rgb(0x8A4B3C), rgb(0xC79A4B)}
	for range n {
		px, py, r := x+dice.Float64()*w, y+dice.Float64()*40, 26+dice.Float64()*24
		fill := colours[dice.IntN(len(colours))]
		c.poly(shade(fill, 0.85), px-10, py-r-8, px+12, py-r-10, px+4, py-r+10, px-4, py-r+10)
		blot(c, dice, px, py, r*1.1, r, fill, shade(fill, 1.12))
	}
}

func waste(c *canvas, dice *rand.Rand, fixed bool) {
	x := about(dice) - 220
	if !fixed {
		bags(c, dice, x+10, 385, 430, 14)
	}
	bin(c, x)
	bin(c, x+240)
	if !fixed {
		bags(c, dice, x-90, 590, 600, 16)
	}
}

func dump(c *canvas, dice *rand.Rand, fixed bool) {
	x := about(dice)
	if fixed {
		for range 30 {
			px := x - 280 + dice.Float64()*560
			c.stroke(4, leaf, px, 535, px+(dice.Float64()-0.5)*12, 512)
		}
		c.rect(x-6, 420, 12, 130, bark)
		c.circle(x, 390, 52, red)
		c.circle(x, 390, 40, white)
		c.line(x-34, 422, x+34, 358, 10, red)
		return
	}
	blot(c, dice, x, 560, 300, 70, rgb(0x9A8F7C), rgb(0xB3A78F))
	for range 16 {
		px, py := x-240+dice.Float64()*460, 500+dice.Float64()*90
		c.poly(rgb(0xB5664A), px, py, px+46, py+8, px+42, py+34, px-4, py+26)
	}
	for i := range 3 {
		px := x - 170 + float64(i)*150 + dice.Float64()*40
		c.ellipse(px, 590, 48, 40, dark)
		c.ellipse(px, 590, 22, 18, rgb(0x8C8574))
	}
	bags(c, dice, x-220, 520, 420, 8)
	c.line(x-200, 560, x+40, 440, 14, rgb(0x9C7748))
}

func water(c *canvas, dice *rand.Rand, fixed bool) {
	x := about(dice)
	if fixed {
		c.rect(x-130, 690, 260, 150, rgb(0x55595E))
		c.ellipse(x, 765, 40, 15, iron)
		return
	}
	blot(c, dice, x, 800, 430, 84, rgb(0x86B9CC), rgb(0x9CCBDB))
	blot(c, dice, x, 765, 100, 34, rgb(0x4B4740), rgb(0x39362F))
	for i := range 13 {
		a := (float64(i) - 6) / 6
		h := 250 - a*a*110 + dice.Float64()*50
		c.stroke(12, color.RGBA{140, 200, 220, 200}, x, 765, x+a*70, 765-h*0.7, x+a*130, 765-h, x+a*190, 765-h*0.6)
	}
	for range 40 {
		c.circle(x-200+dice.Float64()*400, 480+dice.Float64()*280, 3+dice.Float64()*6, rgb(0xD5EDF4))
	}
}

func sewer(c *canvas, dice *rand.Rand, fixed bool) {
	x := about(dice)
	if !fixed {
		blot(c, dice, x, 790, 360, 90, murk, rgb(0x8A8163))
	}
	c.ellipse(x, 775, 118, 42, rgb(0x8C8F92))
	c.ellipse(x, 772, 100, 34, iron)
	if fixed {
		for i := -2; i <= 2; i++ {
			c.line(x+float64(i)*30, 750, x+float64(i)*30, 794, 6, shade(iron, 0.75))
		}
		return
	}
	blot(c, dice, x, 772, 100, 34, murk, rgb(0x9A916F))
	for range 9 {
		c.circle(x-80+dice.Float64()*160, 758+dice.Float64()*30, 5+dice.Float64()*8, rgb(0xA8A07E))
	}
	for i := range 3 {
		px := x - 120 + float64(i)*120
		c.stroke(8, color.RGBA{130, 126, 90, 130}, px, 690, px+24, 660, px-14, 620, px+14, 585)
	}
}

func heat(c *canvas, dice *rand.Rand, fixed bool) {
	x := about(dice) - 220
	c.rect(x+20, 90, 420, 300, white)
	c.rect(x+40, 110, 180, 260, rgb(0xCFE3EE))
	c.rect(x+240, 110, 180, 260, rgb(0xCFE3EE))
	for range 26 {
		c.circle(x+44+dice.Float64()*372, 116+dice.Float64()*246, 3, white)
	}
	c.rect(x-10, 390, 480, 24, white)
	tint := rgb(0xA9BAC6)
	if fixed {
		tint = rgb(0xE0A07C)
	}
	for i := range 9 {
		c.rect(x+30+float64(i)*46, 460, 36, 200, tint)
		c.rect(x+38+float64(i)*46, 474, 8, 172, shade(tint, 1.12))
	}
	c.rect(x-60, 480, 90, 14, shade(tint, 0.85))
	c.rect(x-60, 626, 90, 14, shade(tint, 0.85))
	// A thermometer on the wall says which of the two it is.
	c.rect(x+560, 250, 44, 280, white)
	c.circle(x+582, 540, 40, white)
	c.circle(x+582, 540, 26, red)
	level := 60.0
	if fixed {
		level = 190
		for i := range 3 {
			px := x + 100 + float64(i)*130
			c.stroke(7, color.RGBA{224, 140, 90, 150}, px, 445, px+18, 425, px-12, 400, px+10, 375)
		}
	}
	c.rect(x+574, 530-level, 16, level, red)
}

func crown(c *canvas, dice *rand.Rand, x, y, r float64, fill color.RGBA) {
	for range 9 {
		a, d := dice.Float64()*2*math.Pi, r*(0.3+dice.Float64()*0.45)
		c.circle(x+math.Cos(a)*d*1.15, y+math.Sin(a)*d*0.8, r*(0.42+dice.Float64()*0.18), shade(fill, 0.9+dice.Float64()*0.2))
	}
}

func tree(c *canvas, dice *rand.Rand, fixed bool) {
	x := about(dice)
	c.poly(bark, x-30, 560, x-18, 300, x+18, 300, x+32, 560)
	for _, s := range []float64{-1, 1} {
		c.stroke(18, bark, x, 380, x+s*90, 270, x+s*130, 180)
		c.stroke(12, bark, x, 330, x+s*40, 200, x+s*70, 110)
	}
	if fixed {
		crown(c, dice, x, 230, 190, leaf)
	} else {
		for range 26 {
			c.ellipse(x-170+dice.Float64()*340, 90+dice.Float64()*240, 12, 7, dryLeaf)
		}
		for range 16 {
			c.ellipse(x-200+dice.Float64()*400, 550+dice.Float64()*70, 12, 6, dryLeaf)
		}
	}
	c.ellipse(x, 562, 74, 16, rgb(0x6B5641))
}

func fallenTree(c *canvas, dice *rand.Rand, fixed bool) {
	x := about(dice)
	c.ellipse(x-260, 560, 54, 18, rgb(0x6B5641))
	if fixed {
		c.poly(bark, x-292, 556, x-284, 500, x-236, 500, x-226, 556)
		c.ellipse(x-260, 500, 25, 9, rgb(0xD9B98C))
		for i := range 5 {
			px := x + 120 + float64(i%3)*70
			py := 590 - float64(i/3)*48
			c.circle(px, py, 30, bark)
			c.circle(px, py, 23, rgb(0xD9B98C))
			c.circle(px, py, 10, rgb(0xC6A06D))
		}
		return
	}
	c.poly(bark, x-300, 560, x-270, 500, x-230, 505, x-130, 640, x+330, 730, x+330, 770, x-160, 690)
	for i := range 4 {
		px := x + 40 + float64(i)*70
		c.stroke(14, bark, px, 710, px+70, 640-dice.Float64()*60)
	}
	crown(c, dice, x+300, 720, 130, leaf)
	crown(c, dice, x+160, 690, 90, leaf)
	for i := range 5 {
		px := x - 290 + float64(i)*18
		c.stroke(8, bark, px, 560, px-20+dice.Float64()*40, 600)
	}
}

func aryk(c *canvas, dice *rand.Rand, fixed bool) {
	c.rect(0, 548, Width, 104, concr)
	c.rect(0, 566, Width, 70, shade(concr, 0.6))
	flow := blue
	if !fixed {
		flow = murk
	}
	c.rect(0, 590, Width, 46, flow)
	x := about(dice)
	if fixed {
		for i := range 9 {
			px := float64(i)*140 + dice.Float64()*60
			c.stroke(5, rgb(0xA8D5E2), px, 606, px+30, 600, px+60, 606, px+90, 600)
		}
	} else {
		bags(c, dice, x-200, 570, 380, 9)
		for range 40 {
			c.ellipse(x-260+dice.Float64()*520, 580+dice.Float64()*50, 13, 7, dryLeaf)
		}
		for range 6 {
			px, py := x-220+dice.Float64()*420, 580+dice.Float64()*40
			c.rect(px, py, 50, 16, rgb(0xA9D3C5))
			c.rect(px+50, py+4, 14, 8, rgb(0x3B7FB0))
		}
		blot(c, dice, x+120, 720, 380, 44, murk, shade(murk, 1.1))
	}
	c.poly(rgb(0xD8D0BF), 60, 544, 200, 544, 220, 656, 40, 656)
}

func playground(c *canvas, dice *rand.Rand, fixed bool) {
	x := about(dice)
	c.ellipse(x, 590, 380, 60, rgb(0xE0C998))
	for _, s := range []float64{-1, 1} {
		c.line(x+s*200, 260, x+s*260, 590, 18, red)
		c.line(x+s*200, 260, x+s*140, 590, 18, red)
	}
	c.rect(x-210, 250, 420, 18, yellow)
	chain := rgb(0x6B7076)
	c.line(x-110, 268, x-110, 500, 6, chain)
	c.line(x-30, 268, x-30, 500, 6, chain)
	c.rect(x-122, 498, 104, 16, teal)
	if fixed {
		c.line(x+40, 268, x+40, 500, 6, chain)
		c.line(x+120, 268, x+120, 500, 6, chain)
		c.rect(x+28, 498, 104, 16, teal)
		return
	}
	c.line(x+40, 268, x+40, 520, 6, chain)
	c.line(x+120, 268, x+124, 340, 6, chain)
	c.poly(teal, x+30, 516, x+44, 510, x+92, 588, x+78, 596)
	c.stroke(6, chain, x+84, 590, x+120, 600, x+150, 592)
}

func lift(c *canvas, dice *rand.Rand, fixed bool) {
	x := about(dice) - 170
	c.rect(x-30, 150, 400, 556, rgb(0x8D9399))
	c.rect(x, 180, 340, 526, dark)
	metal := rgb(0xB9C0C6)
	if fixed {
		c.rect(x, 180, 340, 526, rgb(0xF3E7C4))
		c.rect(x+40, 260, 260, 300, rgb(0xC9DDE2))
		c.rect(x+20, 600, 300, 12, rgb(0x9E7B52))
		c.rect(x, 180, 40, 526, metal)
		c.rect(x+300, 180, 40, 526, metal)
	} else {
		c.rect(x, 180, 150, 526, metal)
		c.poly(metal, x+196, 180, x+340, 180, x+340, 706, x+212, 706)
		c.line(x+100, 240, x+60, 420, 4, shade(metal, 0.8))
		// A strip of tape across the door.
		for i := range 12 {
			tint := red
			if i%2 == 0 {
				tint = white
			}
			px := x - 50 + float64(i)*37
			c.poly(tint, px, 420+float64(i)*6, px+37, 426+float64(i)*6, px+37, 456+float64(i)*6, px, 450+float64(i)*6)
		}
	}
	c.rect(x+120, 108, 100, 36, dark)
	light := red
	if fixed {
		light = rgb(0x7BE09A)
	}
	c.poly(light, x+170, 114, x+188, 138, x+152, 138)
	c.rect(x+410, 400, 46, 96, metal)
	c.circle(x+433, 428, 13, light)
	c.circle(x+433, 468, 13, shade(metal, 0.75))
}

func dog(c *canvas, dice *rand.Rand, fixed bool) {
	coats := []color.RGBA{rgb(0xB58A5A), rgb(0x5D5348), rgb(0xD9C7A6), rgb(0x8A6B4B)}
	if fixed {
		for range 40 {
			px := dice.Float64() * Width
			c.stroke(4, leaf, px, 538, px+(dice.Float64()-0.5)*10, 520)
		}
		oneDog(c, about(dice), 560, 0.9, coats[dice.IntN(len(coats))], true)
		return
	}
	n := 2 + dice.IntN(3)
	for i := range n {
		x := 200 + float64(i)*(800/float64(n)) + dice.Float64()*60
		oneDog(c, x, 540+dice.Float64()*70, 0.9+dice.Float64()*0.3, coats[dice.IntN(len(coats))], false)
	}
}

// oneDog stands on y. One that was caught, vaccinated and marked has a tag in its ear and a collar.
func oneDog(c *canvas, x, y, s float64, coat color.RGBA, tagged bool) {
	leg := shade(coat, 0.85)
	for _, dx := range []float64{-62, -40, 44, 64} {
		c.rect(x+dx*s, y-62*s, 18*s, 66*s, leg)
	}
	c.ellipse(x+6*s, y-88*s, 92*s, 42*s, coat)
	c.stroke(16*s, coat, x-76*s, y-100*s, x-112*s, y-130*s, x-118*s, y-168*s)
	c.poly(coat, x+52*s, y-110*s, x+84*s, y-160*s, x+124*s, y-140*s, x+96*s, y-84*s)
	c.circle(x+112*s, y-160*s, 36*s, coat)
	c.ellipse(x+144*s, y-150*s, 28*s, 17*s, shade(coat, 1.08))
	c.circle(x+168*s, y-154*s, 8*s, dark)
	c.poly(leg, x+84*s, y-180*s, x+92*s, y-222*s, x+112*s, y-188*s)
	c.circle(x+120*s, y-168*s, 5*s, dark)
	if tagged {
		c.circle(x+94*s, y-200*s, 8*s, yellow)
		c.line(x+74*s, y-136*s, x+104*s, y-118*s, 12*s, teal)
	}
}

func noise(c *canvas, dice *rand.Rand, fixed bool) {
	x := about(dice)
	c.rect(x-180, 250, 360, 300, rgb(0xD8B48A))
	c.poly(apricot, x-200, 290, x-180, 240, x+180, 240, x+200, 290)
	c.rect(x-40, 400, 90, 150, rgb(0x6C4A34))
	c.rect(x-150, 340, 90, 80, rgb(0xF0D58A))
	c.rect(x+76, 340, 80, 80, rgb(0xF0D58A))
	c.rect(x+196, 430, 76, 120, dark)
	c.circle(x+234, 460, 22, iron)
	c.circle(x+234, 510, 30, iron)
	if fixed {
		c.line(x+190, 556, x+280, 420, 14, red)
		return
	}
	for i := 1; i <= 4; i++ {
		r := float64(i) * 52
		var arc []float64
		for a := -0.8; a <= 0.81; a += 0.2 {
			arc = append(arc, x+260+math.Cos(a)*r, 480+math.Sin(a)*r)
		}
		c.stroke(9, color.RGBA{200, 73, 58, 210}, arc...)
	}
}

func kiosk(c *canvas, dice *rand.Rand, fixed bool) {
	x := about(dice) - 180
	if fixed {
		for i := range 3 {
			px := x + 30 + float64(i)*140
			c.rect(px, 500, 60, 50, rgb(0xA97B50))
			crown(c, dice, px+30, 480, 44, leaf)
		}
		return
	}
	c.rect(x, 330, 380, 310, rgb(0x7FA3B5))
	for i := range 8 {
		tint := white
		if i%2 == 0 {
			tint = red
		}
		px := x - 20 + float64(i)*52.5
		c.poly(tint, px, 360, px+12, 310, px+64.5, 310, px+52.5, 360)
	}
	c.rect(x+30, 400, 200, 120, rgb(0xDDEBEF))
	c.rect(x+260, 400, 90, 240, rgb(0x54707E))
	c.rect(x+24, 520, 212, 14, rgb(0x54707E))
	bags(c, dice, x+390, 610, 60, 3)
}

func powerLine(c *canvas, dice *rand.Rand, fixed bool) {
	x := 220 + dice.Float64()*120
	for _, px := range []float64{x, x + 640} {
		c.rect(px-10, 110, 20, 450, bark)
		c.rect(px-70, 140, 140, 14, bark)
	}
	for _, d := range []float64{-60, 60} {
		if !fixed && d > 0 {
			c.stroke(5, dark, x+d, 140, x+d+40, 300, x+d+80, 520, x+d+190, 610, x+d+270, 600)
			for i := range 7 {
				a := float64(i) * 0.9
				c.line(x+d+270, 600, x+d+270+math.Cos(a)*34, 600+math.Sin(a)*34, 5, yellow)
			}
			continue
		}
		c.stroke(5, dark, x+d, 140, x+d+160, 190, x+d+320, 205, x+d+480, 190, x+d+640, 140)
	}
}

func plainStreet(c *canvas, dice *rand.Rand, fixed bool) {
	x := about(dice)
	c.rect(x-8, 330, 16, 240, iron)
	c.circle(x, 280, 74, white)
	tint := apricot
	if fixed {
		tint = green
	}
	c.circle(x, 280, 64, tint)
	if fixed {
		c.stroke(16, white, x-30, 282, x-8, 304, x+34, 256)
		return
	}
	c.stroke(16, white, x, 246, x, 288)
	c.circle(x, 314, 10, white)
}
