package pb

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"unicode"
	"unicode/utf8"
)

// rows splits a Pabulib text into rows of cells. Cells are separated by
// semicolons and quoted the way Python's csv module reads by default, because
// the published files were checked with it: a quote matters only as the first
// character of a cell, text after the closing quote is appended, and an
// unclosed quote ends with the file. encoding/csv cannot be told to do this.
type rows struct {
	in    *bufio.Reader
	line  int // number of the last line read, from 1
	start int // number of the line on which the last row began
	long  []byte
	cells [][]byte
	text  []byte // unquoted text of the cells of one row
	ends  []int  // end of each cell in text
}

func newRows(r io.Reader) *rows {
	in := bufio.NewReaderSize(r, 1<<16)
	if bom, err := in.Peek(3); err == nil && bytes.Equal(bom, []byte("\uFEFF")) {
		_, _ = in.Discard(3) // these bytes were just seen
	}
	return &rows{in: in}
}

// next returns the trimmed cells of the next row that is not blank, valid
// until the following call, or io.EOF.
func (r *rows) next() ([][]byte, error) {
	for {
		line, err := r.readLine()
		if err != nil {
			return nil, err
		}
		r.start = r.line
		r.cells = r.cells[:0]
		if bytes.IndexByte(line, '"') < 0 {
			r.splitPlain(line)
		} else if err := r.splitQuoted(line); err != nil {
			return nil, err
		}
		if len(r.cells) > 1 || len(r.cells[0]) > 0 {
			return r.cells, nil
		}
	}
}

// readLine returns a line without its end.
func (r *rows) readLine() ([]byte, error) {
	line, err := r.in.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		r.long = r.long[:0]
		for errors.Is(err, bufio.ErrBufferFull) {
			r.long = append(r.long, line...)
			line, err = r.in.ReadSlice('\n')
		}
		r.long = append(r.long, line...)
		line = r.long
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if len(line) == 0 {
		return nil, io.EOF
	}
	r.line++
	line = bytes.TrimSuffix(line, []byte("\n"))
	return bytes.TrimSuffix(line, []byte("\r")), nil
}

func (r *rows) splitPlain(line []byte) {
	for {
		i := bytes.IndexByte(line, ';')
		if i < 0 {
			r.cells = append(r.cells, trim(line))
			return
		}
		r.cells = append(r.cells, trim(line[:i]))
		line = line[i+1:]
	}
}

// Where splitQuoted is inside a cell.
const (
	atStart = iota
	inPlain
	inQuoted
	atQuote // just behind a quote inside a quoted cell: its end or half of ""
)

func (r *rows) splitQuoted(line []byte) error {
	r.text, r.ends = r.text[:0], r.ends[:0]
	state := atStart
	for {
		for _, c := range line {
			state = r.step(state, c)
		}
		if state != inQuoted {
			break
		}
		var err error
		if line, err = r.readLine(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
	}
	r.ends = append(r.ends, len(r.text))
	from := 0
	for _, end := range r.ends {
		r.cells = append(r.cells, trim(r.text[from:end]))
		from = end
	}
	return nil
}

func (r *rows) step(state int, c byte) int {
	switch {
	case state == inQuoted && c == '"':
		return atQuote
	case state == inQuoted, state == atQuote && c == '"':
		r.text = append(r.text, c)
		return inQuoted
	case c == ';':
		r.ends = append(r.ends, len(r.text))
		return atStart
	case state == atStart && c == '"':
		return inQuoted
	}
	r.text = append(r.text, c)
	return inPlain
}

// trim drops white space at both ends as Python's strip does, which also
// counts the four separator control characters.
func trim(b []byte) []byte {
	if len(b) == 0 || plain(b[0]) && plain(b[len(b)-1]) {
		return b
	}
	return bytes.TrimFunc(b, func(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f })
}

func plain(c byte) bool { return c > ' ' && c < utf8.RuneSelf }

// appendCell appends a cell so that reading gives the text back.
func appendCell(dst []byte, cell string) []byte {
	quoted := false
	for i := range len(cell) {
		quoted = quoted || cell[i] == ';' || cell[i] == '"'
	}
	if !quoted {
		return append(dst, cell...)
	}
	dst = append(dst, '"')
	for i := range len(cell) {
		if cell[i] == '"' {
			dst = append(dst, '"')
		}
		dst = append(dst, cell[i])
	}
	return append(dst, '"')
}
