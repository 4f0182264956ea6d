package photo

import (
	"image"
	"image/color"
)

// fit returns the size of a picture whose longest side is at most side. It
// never enlarges, and keeps at least one pixel.
func fit(width, height, side int) (int, int) {
	longest := max(width, height)
	if longest <= side {
		return width, height
	}
	return max(1, (width*side+longest/2)/longest), max(1, (height*side+longest/2)/longest)
}

// shrink returns src scaled down to width by height on white, every new pixel
// the average of the area it covers. It goes through src row by row and keeps
// one row of sums, where the scalers of x/image keep a table as high as src.
func shrink(src image.Image, width, height int) *image.RGBA {
	bounds := src.Bounds()
	out := image.NewRGBA(image.Rect(0, 0, width, height))
	line := make([]uint8, 3*bounds.Dx())
	narrow, sums := make([]float32, 3*width), make([]float32, 3*width)
	columns := spans(bounds.Dx(), width)
	read, toRGB := rowReader(src)
	scale := float64(height) / float64(bounds.Dy())
	y := 0
	for sy := range bounds.Dy() {
		read(line, bounds.Min.Y+sy)
		squeeze(narrow, line, columns)
		// The row belongs to new row y, and its lower part perhaps to the next.
		from, to := float64(sy)*scale, float64(sy+1)*scale
		upper := to - from
		edge := float64(y + 1)
		if to > edge {
			upper = edge - from
		}
		addRow(sums, narrow, float32(upper))
		if sy == bounds.Dy()-1 || to >= edge {
			writeRow(out, y, sums, toRGB)
			clear(sums)
			y = min(y+1, height-1)
			if to > edge {
				addRow(sums, narrow, float32(to-edge))
			}
		}
	}
	return out
}

func addRow(sums, row []float32, weight float32) {
	for i, v := range row {
		sums[i] += v * weight
	}
}

func writeRow(out *image.RGBA, y int, sums []float32, toRGB func(a, b, c uint8) (uint8, uint8, uint8)) {
	pixels := out.Pix[y*out.Stride:]
	for x := range len(sums) / 3 {
		r, g, b := toRGB(level(sums[3*x]), level(sums[3*x+1]), level(sums[3*x+2]))
		copy(pixels[4*x:4*x+4], []uint8{r, g, b, 255})
	}
}

func level(v float32) uint8 { return uint8(min(v+0.5, 255)) }

// span tells how a source column is shared out: weight left goes to new column
// x, weight right to the one after it.
type span struct {
	x           int
	left, right float32
}

func spans(from, to int) []span {
	columns := make([]span, from)
	scale := float64(to) / float64(from)
	for i := range columns {
		start, end := float64(i)*scale, float64(i+1)*scale
		x := min(int(start), to-1)
		columns[i] = span{x: x, left: float32(end - start)}
		if end > float64(x+1) && x+1 < to {
			columns[i].left = float32(float64(x+1) - start)
			columns[i].right = float32(end - float64(x+1))
		}
	}
	return columns
}

// squeeze averages a row of source pixels into the narrower row.
func squeeze(narrow []float32, line []uint8, columns []span) {
	clear(narrow)
	for i, c := range columns {
		r, g, b := float32(line[3*i]), float32(line[3*i+1]), float32(line[3*i+2])
		to := narrow[3*c.x : 3*c.x+3]
		to[0] += r * c.left
		to[1] += g * c.left
		to[2] += b * c.left
		if c.right > 0 {
			to = narrow[3*c.x+3 : 3*c.x+6]
			to[0] += r * c.right
			to[1] += g * c.right
			to[2] += b * c.right
		}
	}
}

// rowReader returns a function that reads row y of the picture as three values
// a pixel, on white, with short ways for the kinds that phones send, and a
// function that turns averages of these values into RGB. Photos are averaged
// as they are stored, in brightness and colour, which saves turning millions
// of pixels into RGB that are about to melt together.
func rowReader(src image.Image) (read func(line []uint8, y int), toRGB func(a, b, c uint8) (uint8, uint8, uint8)) {
	same := func(r, g, b uint8) (uint8, uint8, uint8) { return r, g, b }
	switch src := src.(type) {
	case *image.YCbCr:
		return func(line []uint8, y int) { readYCbCr(line, src, y) }, color.YCbCrToRGB
	case *image.RGBA:
		return func(line []uint8, y int) { readRGBA(line, src, y) }, same
	case *image.NRGBA:
		return func(line []uint8, y int) { readNRGBA(line, src, y) }, same
	case *image.Gray:
		return func(line []uint8, y int) { readGray(line, src, y) }, same
	}
	return func(line []uint8, y int) { readAny(line, src, y) }, same
}

func readYCbCr(line []uint8, src *image.YCbCr, y int) {
	shift := 0 // how many columns share one colour, as a power of two
	switch src.SubsampleRatio {
	case image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio420:
		shift = 1
	case image.YCbCrSubsampleRatio411, image.YCbCrSubsampleRatio410:
		shift = 2
	}
	left := src.Rect.Min.X
	c := src.COffset(left, y) - left>>shift
	for x, v := range src.Y[src.YOffset(left, y):][:src.Rect.Dx()] {
		at := c + (left+x)>>shift
		line[3*x], line[3*x+1], line[3*x+2] = v, src.Cb[at], src.Cr[at]
	}
}

func readGray(line []uint8, src *image.Gray, y int) {
	for x, v := range src.Pix[src.PixOffset(src.Rect.Min.X, y):][:src.Rect.Dx()] {
		line[3*x], line[3*x+1], line[3*x+2] = v, v, v
	}
}

func readAny(line []uint8, src image.Image, y int) {
	bounds := src.Bounds()
	for x := range bounds.Dx() {
		c := color.NRGBAModel.Convert(src.At(bounds.Min.X+x, y)).(color.NRGBA)
		line[3*x], line[3*x+1], line[3*x+2] = onWhite(c.R, c.A), onWhite(c.G, c.A), onWhite(c.B, c.A)
	}
}

func readRGBA(line []uint8, src *image.RGBA, y int) {
	pixels := src.Pix[src.PixOffset(src.Rect.Min.X, y):]
	for x := range src.Rect.Dx() {
		white := 255 - pixels[4*x+3] // colours are multiplied by alpha already
		line[3*x], line[3*x+1], line[3*x+2] = pixels[4*x]+white, pixels[4*x+1]+white, pixels[4*x+2]+white
	}
}

func readNRGBA(line []uint8, src *image.NRGBA, y int) {
	pixels := src.Pix[src.PixOffset(src.Rect.Min.X, y):]
	for x := range src.Rect.Dx() {
		alpha := pixels[4*x+3]
		line[3*x] = onWhite(pixels[4*x], alpha)
		line[3*x+1] = onWhite(pixels[4*x+1], alpha)
		line[3*x+2] = onWhite(pixels[4*x+2], alpha)
	}
}

func onWhite(v, alpha uint8) uint8 {
	return uint8((int(v)*int(alpha) + 255*(255-int(alpha)) + 127) / 255)
}

// upright turns and mirrors the picture as the EXIF orientation asks.
func upright(src *image.RGBA, orientation int) *image.RGBA {
	if orientation <= 1 || orientation > 8 {
		return src
	}
	width, height := src.Rect.Dx(), src.Rect.Dy()
	out := image.NewRGBA(image.Rect(0, 0, width, height))
	if orientation >= 5 {
		out = image.NewRGBA(image.Rect(0, 0, height, width))
	}
	for y := range height {
		for x := range width {
			tx, ty := turn(x, y, width, height, orientation)
			copy(out.Pix[out.PixOffset(tx, ty):][:4], src.Pix[src.PixOffset(x, y):][:4])
		}
	}
	return out
}

// turn returns where the stored pixel x, y of a picture belongs.
func turn(x, y, width, height, orientation int) (int, int) {
	right, bottom := width-1-x, height-1-y
	switch orientation {
	case 2:
		return right, y
	case 3:
		return right, bottom
	case 4:
		return x, bottom
	case 5:
		return y, x
	case 6:
		return bottom, x
	case 7:
		return bottom, right
	case 8:
		return y, right
	}
	return x, y
}
