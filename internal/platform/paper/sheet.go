package paper

import (
	"bytes"
	"fmt"
	"strings"
	"time"
)

// Sheet is a page or more of figures on the city's paper: sentences, and tables
// of names and numbers. All texts are in its language.
type Sheet struct {
	Lang   string // ISO 639-1
	City   string
	Title  string
	Span   string // the time that it tells of
	Lines  []string
	Words  []Chapter
	Tables []Table
	Note   string
	Source string // address of the same on the web
	At     time.Time
}

// Chapter is some paragraphs under a heading.
type Chapter struct {
	Title      string
	Paragraphs []string
}

// Table has a name in its first column and numbers in the others.
type Table struct {
	Title string
	Head  []string
	Rows  [][]string // each as long as Head
}

const (
	numberWidth = 30.0 // of a column of numbers
	cellGap     = 3.0
)

// PDF sets the sheet with the typeface whose files read gives.
func (b Sheet) PDF(read func(name string) ([]byte, bool)) ([]byte, error) {
	s, err := newSheet(Letter{Lang: b.Lang, Title: b.Title, Body: b.City, Number: b.Title, At: b.At}, read)
	if err != nil {
		return nil, err
	}
	width := float64(pageWidth - left - right)
	s.font(700, body)
	s.block(left, width, b.City)
	y := s.pdf.GetY() + 2
	s.pdf.SetFillColor(0x0b, 0x5d, 0x66)
	s.pdf.Rect(left, y, width, 1.2, "F")
	s.felt(y+1.2, width)
	s.pdf.SetY(y + 8)
	s.font(700, 17)
	s.block(left, width, b.Title)
	s.pdf.Ln(1)
	s.font(400, body)
	s.block(left, width, b.Span)
	s.pdf.Ln(line / 2)
	for _, l := range b.Lines {
		s.bullet(l, width)
	}
	for _, c := range b.Words {
		s.chapter(c, width)
	}
	for _, t := range b.Tables {
		s.table(t, width)
	}
	s.pdf.Ln(line)
	s.font(400, small)
	s.block(left, width, b.Note)
	s.block(left, width, b.Source)
	var out bytes.Buffer
	if err := s.pdf.Output(&out); err != nil {
		return nil, fmt.Errorf("paper: %w", err)
	}
	return out.Bytes(), nil
}

// chapter sets a heading, never alone at the foot of a page, and its paragraphs.
func (s *sheet) chapter(c Chapter, width float64) {
	s.room(4 * line)
	s.pdf.Ln(line / 2)
	s.font(700, body+2)
	s.block(left, width, c.Title)
	s.pdf.Ln(1)
	for _, p := range c.Paragraphs {
		s.font(400, body)
		s.block(left, width, p)
		s.pdf.Ln(line / 3)
	}
}

// bullet sets one line of a list; its further lines stand under the first.
func (s *sheet) bullet(text string, width float64) {
	const indent = 5.0
	s.font(400, body)
	s.room(line)
	s.pdf.SetFillColor(0xe8, 0x80, 0x3a)
	s.pdf.Circle(left+1.2, s.pdf.GetY()+line/2, 0.9, "F")
	s.block(left+indent, width-indent, text)
	s.pdf.Ln(1)
}

// room begins a new page when less than a height is left, and tells so.
func (s *sheet) room(height float64) bool {
	_, page := s.pdf.GetPageSize()
	if s.pdf.GetY()+height <= page-bottom {
		return false
	}
	weight, size := s.weight, s.size // the foot of the page has its own
	s.pdf.AddPage()
	s.font(weight, size)
	return true
}

// table sets a table with ruled rows. Its head never stands alone at the foot of
// a page, and stands again on the next.
func (s *sheet) table(t Table, width float64) {
	s.room(6 * line)
	s.pdf.Ln(line)
	s.font(700, body)
	s.block(left, width, t.Title)
	s.pdf.Ln(1)
	s.row(t.Head, width, 700, small)
	for _, r := range t.Rows {
		if s.room(2 * line) {
			s.row(t.Head, width, 700, small)
		}
		s.row(r, width, 400, body-1)
	}
}

// row sets the cells of a row, numbers to the right.
func (s *sheet) row(cells []string, width float64, weight int, size float64) {
	if len(cells) == 0 {
		return
	}
	s.font(weight, size)
	first := width - numberWidth*float64(len(cells)-1)
	set := make([][]string, len(cells))
	tall := 1
	for i, c := range cells {
		w := numberWidth - cellGap
		if i == 0 {
			w = first - cellGap
		}
		set[i] = s.lines(strings.TrimSpace(c), w)
		tall = max(tall, len(set[i]))
	}
	s.room(float64(tall) * line)
	y := s.pdf.GetY()
	for i, lines := range set {
		for j, l := range lines {
			x := float64(left)
			if i > 0 {
				x += first + numberWidth*float64(i) - s.width(l) - s.pdf.GetCellMargin()
			}
			// The last lines of all cells stand on one level.
			s.pdf.SetXY(x, y+float64(tall-len(lines)+j)*line)
			s.write(l)
		}
	}
	y += float64(tall) * line
	s.pdf.SetDrawColor(0xcf, 0xc9, 0xbd)
	s.pdf.Line(left, y, left+width, y)
	s.pdf.SetY(y + 0.4)
}
