// Package qr draws QR codes: on the page of a report, on a poster, on a letter.
package qr

import (
	"fmt"
	"strings"

	"github.com/skip2/go-qrcode"
)

// quiet is the white border around the code, in modules. The standard asks for
// four; with less, cheap phones do not find the code on a dark wall.
const quiet = 4

// SVG returns the code as an SVG picture that scales to any size: black
// modules on white, one module one unit, with the quiet border. It carries no
// style and no script, so it may stand inside a page under a strict content
// policy. A text too long for a QR code (above about 2 900 bytes) gives nil.
func SVG(text string) []byte {
	modules := encode(text)
	if modules == nil {
		return nil
	}
	size := len(modules) + 2*quiet
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" shape-rendering="crispEdges">`, size, size)
	fmt.Fprintf(&b, `<path fill="#fff" d="M0 0h%dv%dH0z"/><path d="`, size, size)
	for y, row := range modules {
		writeRow(&b, row, y+quiet)
	}
	b.WriteString(`"/></svg>`)
	return []byte(b.String())
}

// writeRow adds one rectangle for every run of dark modules in the row.
func writeRow(b *strings.Builder, row []bool, y int) {
	for x := 0; x < len(row); {
		if !row[x] {
			x++
			continue
		}
		start := x
		for x < len(row) && row[x] {
			x++
		}
		fmt.Fprintf(b, "M%d %dh%dv1h-%dz", start+quiet, y, x-start, x-start)
	}
}

// PNG returns the code as a PNG picture of px by px pixels with the quiet
// border. When px is smaller than the code has modules, the picture is as
// large as the code needs. A text too long for a QR code gives nil.
func PNG(text string, px int) []byte {
	code := build(text)
	if code == nil {
		return nil
	}
	picture, err := code.PNG(max(px, 1))
	if err != nil {
		return nil
	}
	return picture
}

func encode(text string) [][]bool {
	code := build(text)
	if code == nil {
		return nil
	}
	code.DisableBorder = true
	return code.Bitmap()
}

// build makes the code with 15 % redundancy, for a poster that gets wet, or
// with 7 % when the text would not fit otherwise.
func build(text string) *qrcode.QRCode {
	for _, level := range []qrcode.RecoveryLevel{qrcode.Medium, qrcode.Low} {
		if code, err := qrcode.New(text, level); err == nil {
			return code
		}
	}
	return nil
}
