// Package typeface sets text on pictures. The city's typeface comes in one file
// for each script, so a Face looks every letter up in all of them.
package typeface

import (
	"fmt"
	"image"
	"image/color"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// Scripts are the files of one weight of the typeface, in the order in which a
// letter is looked for.
var Scripts = []string{"latin", "cyrillic", "cyrillic-ext"}

// File is the name of the built file of a script in a weight, 400 or 700.
func File(script string, weight int) string { return fmt.Sprintf("golos-%s-%d.ttf", script, weight) }

// Face is a weight and a size of the typeface. It is not safe for concurrent use.
type Face struct {
	faces []font.Face
	size  int
}

// New returns a face of a height in pixels from the files that read gives.
func New(read func(name string) ([]byte, bool), weight, size int) (*Face, error) {
	f := &Face{size: size}
	for _, script := range Scripts {
		data, ok := read(File(script, weight))
		if !ok {
			return nil, fmt.Errorf("typeface: %s was not built", File(script, weight))
		}
		parsed, err := opentype.Parse(data)
		if err != nil {
			return nil, fmt.Errorf("typeface: %s: %w", File(script, weight), err)
		}
		face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: float64(size), DPI: 72, Hinting: font.HintingNone})
		if err != nil {
			return nil, fmt.Errorf("typeface: %s: %w", File(script, weight), err)
		}
		f.faces = append(f.faces, face)
	}
	return f, nil
}

// face finds the file that has a letter; the first one shows its sign for a
// missing letter.
func (f *Face) face(r rune) font.Face {
	for _, one := range f.faces {
		if _, ok := one.GlyphAdvance(r); ok {
			return one
		}
	}
	return f.faces[0]
}

// Has tells whether the typeface has a letter.
func (f *Face) Has(r rune) bool {
	for _, one := range f.faces {
		if _, ok := one.GlyphAdvance(r); ok {
			return true
		}
	}
	return false
}

// Width is the width of a line in pixels, rounded up.
func (f *Face) Width(text string) int {
	var w fixed.Int26_6
	for _, r := range text {
		advance, _ := f.face(r).GlyphAdvance(r)
		w += advance
	}
	return w.Ceil()
}

// Draw sets a line with its left end and base line at a point.
func (f *Face) Draw(on *image.RGBA, x, y int, c color.Color, text string) {
	d := font.Drawer{Dst: on, Src: image.NewUniform(c), Dot: fixed.P(x, y)}
	for _, r := range text {
		d.Face = f.face(r)
		d.DrawString(string(r))
	}
}

// Wrap breaks a text into at most so many lines of a width in pixels, between
// words where it can; what does not fit ends in an ellipsis.
func (f *Face) Wrap(text string, width, lines int) []string {
	var out []string
	line := ""
	for _, word := range strings.Fields(text) {
		for f.Width(word) > width && len([]rune(word)) > 1 {
			// A word wider than the line, such as a long address, is broken.
			head := f.fit(word, width)
			if line != "" {
				out, line = append(out, line), ""
			}
			out, word = append(out, head), word[len(head):]
		}
		if line != "" && f.Width(line+" "+word) > width {
			out, line = append(out, line), ""
		}
		line = strings.TrimSpace(line + " " + word)
	}
	if line != "" {
		out = append(out, line)
	}
	if len(out) > lines {
		out = out[:lines]
		last := out[lines-1]
		for f.Width(last+"…") > width {
			r := []rune(last)
			last = string(r[:len(r)-1])
		}
		out[lines-1] = strings.TrimRight(last, " ,.;:") + "…"
	}
	return out
}

// fit is the longest beginning of a word that is not wider than width, at
// least one letter.
func (f *Face) fit(word string, width int) string {
	runes := []rune(word)
	n := 1
	for n < len(runes) && f.Width(string(runes[:n+1])) <= width {
		n++
	}
	return string(runes[:n])
}

// Coverage tells which file of the typeface has a letter, for whoever sets text
// with the files themselves, such as on paper.
type Coverage struct{ fonts []*sfnt.Font }

// Run is a piece of text that one script's file can set.
type Run struct{ Script, Text string }

// Cover reads the files of a weight.
func Cover(read func(name string) ([]byte, bool), weight int) (*Coverage, error) {
	c := &Coverage{}
	for _, script := range Scripts {
		data, ok := read(File(script, weight))
		if !ok {
			return nil, fmt.Errorf("typeface: %s was not built", File(script, weight))
		}
		parsed, err := sfnt.Parse(data)
		if err != nil {
			return nil, fmt.Errorf("typeface: %s: %w", File(script, weight), err)
		}
		c.fonts = append(c.fonts, parsed)
	}
	return c, nil
}

// Split cuts a text into runs. A letter that no file has is set as "?".
func (c *Coverage) Split(text string) []Run {
	var out []Run
	for _, r := range text {
		i := c.find(r)
		if i < 0 {
			i, r = 0, '?'
		}
		if n := len(out); n > 0 && out[n-1].Script == Scripts[i] {
			out[n-1].Text += string(r)
			continue
		}
		out = append(out, Run{Scripts[i], string(r)})
	}
	return out
}

func (c *Coverage) find(r rune) int {
	for i, f := range c.fonts {
		if glyph, err := f.GlyphIndex(nil, r); err == nil && glyph != 0 {
			return i
		}
	}
	return -1
}
