// Package paper makes the official letters of a city as PDF: A4, on the city's
// letterhead, with a code by which anybody can verify them.
package paper

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"

	"github.com/ashar-kg/ashar/internal/platform/qr"
	"github.com/ashar-kg/ashar/internal/platform/typeface"
)

// Letter is one page or more of official words. All texts are in its language.
type Letter struct {
	Lang       string // ISO 639-1
	City       string
	Body       string   // who writes
	Contacts   []string // lines under the body's name
	Number     string   // of the outgoing document, with its word
	Date       string
	To         []string // name and address, a line each
	Title      string
	Paragraphs []string
	Signer     string // name
	Position   string
	Verify     string // address behind the code
	VerifyText string // what the code is for
	At         time.Time
}

// Sizes in millimetres, but type in points.
const (
	left, right, top, bottom = 25, 20, 18, 22
	pageWidth                = 210
	line                     = 6.0
	body                     = 11.5
	small                    = 9.0
	code                     = 30.0
)

// PDF sets a letter with the typeface whose files read gives.
func PDF(l Letter, read func(name string) ([]byte, bool)) ([]byte, error) {
	s, err := newSheet(l, read)
	if err != nil {
		return nil, err
	}
	s.head(l)
	s.pdf.Ln(line)
	for _, p := range l.Paragraphs {
		s.paragraph(p)
	}
	s.sign(l)
	var out bytes.Buffer
	if err := s.pdf.Output(&out); err != nil {
		return nil, fmt.Errorf("paper: %w", err)
	}
	return out.Bytes(), nil
}

// sheet sets text whose letters come from several files.
type sheet struct {
	pdf    *fpdf.Fpdf
	cover  map[int]*typeface.Coverage
	weight int
	size   float64
}

func newSheet(l Letter, read func(name string) ([]byte, bool)) (*sheet, error) {
	pdf := fpdf.New("P", "mm", "A4", "")
	s := &sheet{pdf: pdf, cover: map[int]*typeface.Coverage{}}
	for _, weight := range []int{400, 700} {
		cover, err := typeface.Cover(read, weight)
		if err != nil {
			return nil, err
		}
		s.cover[weight] = cover
		for _, script := range typeface.Scripts {
			data, _ := read(typeface.File(script, weight)) // Cover has read it
			pdf.AddUTF8FontFromBytes(family(script, weight), "", data)
		}
	}
	pdf.SetMargins(left, top, right)
	pdf.SetAutoPageBreak(true, bottom)
	pdf.SetCatalogSort(true) // the same letter is the same file
	pdf.SetTitle(l.Title, true)
	pdf.SetAuthor(l.Body, true)
	pdf.SetLang(l.Lang)
	pdf.SetCreationDate(l.At)
	pdf.SetModificationDate(l.At)
	pdf.SetFooterFunc(func() {
		pdf.SetY(-14)
		s.font(400, small)
		text := fmt.Sprintf("%s · %d", l.Number, pdf.PageNo())
		pdf.SetX(pageWidth - right - s.width(text))
		s.write(text)
	})
	pdf.AddPage()
	return s, pdf.Error()
}

func family(script string, weight int) string { return fmt.Sprintf("golos-%s-%d", script, weight) }

func (s *sheet) font(weight int, size float64) { s.weight, s.size = weight, size }

func (s *sheet) runs(text string, each func(text string)) {
	for _, r := range s.cover[s.weight].Split(text) {
		s.pdf.SetFont(family(r.Script, s.weight), "", s.size)
		each(r.Text)
	}
}

func (s *sheet) width(text string) (w float64) {
	s.runs(text, func(part string) { w += s.pdf.GetStringWidth(part) })
	return w
}

// write sets a text that fits on the line, from where the pen is.
func (s *sheet) write(text string) {
	s.runs(text, func(part string) { s.pdf.CellFormat(s.pdf.GetStringWidth(part), line, part, "", 0, "L", false, 0, "") })
}

// lines breaks a text to a width between words; a longer word stands alone.
func (s *sheet) lines(text string, width float64) []string {
	var out []string
	now := ""
	for _, word := range strings.Fields(text) {
		if now != "" && s.width(now+" "+word) > width {
			out, now = append(out, now), ""
		}
		now = strings.TrimSpace(now + " " + word)
		for s.width(now) > width {
			// A word wider than the paper, such as a long address, is broken.
			r := []rune(now)
			n := len(r) - 1
			for n > 1 && s.width(string(r[:n])) > width {
				n--
			}
			out, now = append(out, string(r[:n])), string(r[n:])
		}
	}
	if now != "" {
		out = append(out, now)
	}
	return out
}

func (s *sheet) block(x, width float64, text string) {
	for _, l := range s.lines(text, width) {
		s.pdf.SetX(x)
		s.write(l)
		s.pdf.Ln(line)
	}
}

// paragraph keeps the writer's own line ends.
func (s *sheet) paragraph(text string) {
	s.font(400, body)
	for part := range strings.SplitSeq(text, "\n") {
		s.block(left, pageWidth-left-right, part)
	}
	s.pdf.Ln(line / 2)
}

func (s *sheet) head(l Letter) {
	width := float64(pageWidth - left - right)
	s.font(700, 15)
	s.block(left, width, l.City)
	s.pdf.Ln(1)
	s.font(700, body)
	s.block(left, width, l.Body)
	s.font(400, small)
	for _, c := range l.Contacts {
		s.block(left, width, c)
	}
	y := s.pdf.GetY() + 2
	s.pdf.SetFillColor(0x0b, 0x5d, 0x66)
	s.pdf.Rect(left, y, width, 1.2, "F")
	s.felt(y+1.2, width)
	s.pdf.SetY(y + 9)
	s.font(400, body)
	s.block(left, width/2, l.Number)
	s.block(left, width/2, l.Date)
	s.pdf.SetY(y + 9)
	for _, to := range l.To {
		s.block(left+width/2, width/2, to)
	}
	s.pdf.SetY(max(s.pdf.GetY(), y+9+2*line) + line)
	s.font(700, body+1)
	s.block(left, width, l.Title)
}

// felt draws the ornament of the letterhead: a row of horns.
func (s *sheet) felt(y, width float64) {
	const step = 4.0
	s.pdf.SetFillColor(0xe8, 0x80, 0x3a)
	for x := float64(left); x+step <= left+width; x += step {
		s.pdf.Polygon([]fpdf.PointType{{X: x, Y: y}, {X: x + step/2, Y: y + 1.6}, {X: x + step, Y: y}}, "F")
	}
}

// sign sets who signed, and the code, on one page.
func (s *sheet) sign(l Letter) {
	_, height := s.pdf.GetPageSize()
	if s.pdf.GetY()+code+4*line > height-bottom {
		s.pdf.AddPage()
	}
	s.pdf.Ln(line)
	width := float64(pageWidth - left - right)
	s.font(400, body)
	s.block(left, width, l.Position)
	s.font(700, body)
	s.block(left, width, l.Signer)
	if l.Verify == "" {
		return
	}
	y := s.pdf.GetY() + line
	s.pdf.RegisterImageOptionsReader("code", fpdf.ImageOptions{ImageType: "PNG"}, bytes.NewReader(qr.PNG(l.Verify, 360)))
	s.pdf.ImageOptions("code", left, y, code, code, false, fpdf.ImageOptions{ImageType: "PNG"}, 0, l.Verify)
	s.pdf.SetY(y + 3)
	s.font(400, small)
	s.block(left+code+4, width-code-4, l.VerifyText)
	s.block(left+code+4, width-code-4, l.Verify)
}
