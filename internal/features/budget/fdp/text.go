package fdp

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// record is a row of a table: its cells, and the physical line where it begins.
type record struct {
	cells []string
	line  int
	bad   string // code of why it cannot be read
}

// empty tells whether nothing stands in any cell.
func (r *record) empty() bool {
	for _, c := range r.cells {
		if strings.TrimFunc(c, isSpace) != "" {
			return false
		}
	}
	return r.bad == ""
}

// rows gives the records of a table one after the other, io.EOF at the end. The
// cells of a record are valid until the next call.
type rows interface {
	next() (record, error)
	Close() error
}

// sampleSize is how much of a text is looked at to find its encoding and its
// separator, in bytes.
const sampleSize = 64 << 10

// maxLine bounds one physical line, in bytes.
const maxLine = 1 << 20

// decoded reads a text of any usual encoding as UTF-8 without its mark. found
// says which encoding was assumed, "" for UTF-8.
func decoded(r io.Reader, name string) (out *bufio.Reader, found string, err error) {
	in := bufio.NewReaderSize(r, sampleSize)
	head, err := in.Peek(sampleSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, "", err
	}
	var enc encoding.Encoding
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		_, err := in.Discard(3)
		return in, "", err
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		enc = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	case validHead(head, len(head) == sampleSize):
		return in, "", nil
	case name != "" && !strings.EqualFold(strings.ReplaceAll(name, "-", ""), "utf8"):
		if enc, err = htmlindex.Get(name); err != nil {
			return nil, "", fmt.Errorf("the encoding %q is not known", name)
		}
		found = name
	case cyrillic(head):
		enc, found = charmap.Windows1251, "windows-1251"
	default:
		enc, found = charmap.Windows1252, "windows-1252"
	}
	return bufio.NewReaderSize(transform.NewReader(in, enc.NewDecoder()), sampleSize), found, nil
}

// validHead tells whether the beginning of a text is UTF-8; cut allows for a
// letter that the end of the sample cuts.
func validHead(b []byte, cut bool) bool {
	for i := 0; cut && i < utf8.UTFMax && !utf8.Valid(b); i++ {
		b = b[:len(b)-1]
	}
	return utf8.Valid(b)
}

// cyrillic tells whether a text of single bytes looks like Windows-1251: its high
// letters stand in words, not alone between Latin ones.
func cyrillic(b []byte) bool {
	pairs, high := 0, 0
	for i, c := range b {
		if c < 0xC0 {
			continue
		}
		high++
		if i > 0 && b[i-1] >= 0xC0 {
			pairs++
		}
	}
	return pairs*2 > high
}

// text is a table of separated values. Unlike encoding/csv it never loses the
// rest of a file behind a quotation mark that is not closed.
type text struct {
	in      *bufio.Reader
	sep     byte
	quote   byte // 0 for none
	line    int  // of the physical line read last
	pending []string
	close   io.Closer
	cells   []string
}

// maxContinued is how many lines one quoted value may span.
const maxContinued = 200

func (t *text) Close() error {
	if t.close == nil {
		return nil
	}
	return t.close.Close()
}

// physical returns the next line without its end.
func (t *text) physical() (string, error) {
	if len(t.pending) > 0 {
		s := t.pending[0]
		t.pending = t.pending[1:]
		t.line++
		return s, nil
	}
	s, err := readLine(t.in)
	if err == nil {
		t.line++
	}
	return s, err
}

func readLine(in *bufio.Reader) (string, error) {
	var long []byte
	for {
		part, err := in.ReadSlice('\n')
		if err == nil && long == nil {
			return strings.TrimSuffix(string(part[:len(part)-1]), "\r"), nil
		}
		long = append(long, part...)
		if len(long) > maxLine {
			return "", fmt.Errorf("a line is longer than %d bytes", maxLine)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && len(long) == 0:
			return "", io.EOF
		case err == nil, errors.Is(err, io.EOF):
			return strings.TrimRight(string(long), "\r\n"), nil
		default:
			return "", err
		}
	}
}

func (t *text) next() (record, error) {
	first, err := t.physical()
	if err != nil {
		return record{}, err
	}
	r := record{line: t.line}
	t.cells = t.cells[:0]
	if t.quote == 0 || strings.IndexByte(first, t.quote) < 0 {
		r.cells = t.split(first)
		return r, nil
	}
	if closed, _ := t.parse(first, false); closed {
		r.cells = t.cells
		return r, nil
	}
	// A quoted value goes on in the next lines, or its mark was never closed.
	all, more := first, []string(nil)
	for len(more) < maxContinued && len(all) < maxLine {
		s, err := t.physical()
		if err != nil {
			if errors.Is(err, io.EOF) {
				break
			}
			return record{}, err
		}
		more = append(more, s)
		all += "\n" + s
		if strings.IndexByte(s, t.quote) < 0 {
			continue
		}
		t.cells = t.cells[:0]
		if closed, broken := t.parse(all, true); closed {
			r.cells = t.cells
			return r, nil
		} else if broken {
			break
		}
	}
	t.line -= len(more)
	t.pending = append(more, t.pending...)
	r.cells, r.bad = t.split(first), OpenQuote
	return r, nil
}

func (t *text) split(line string) []string {
	for {
		i := strings.IndexByte(line, t.sep)
		if i < 0 {
			t.cells = append(t.cells, line)
			return t.cells
		}
		t.cells = append(t.cells, line[:i])
		line = line[i+1:]
	}
}

// parse cuts a record with quotation marks into t.cells. closed is false when the
// record ends inside a quoted value. In a strict record marks inside a value must
// be doubled: where one is not, an earlier mark was never closed, and the record
// is broken.
func (t *text) parse(line string, strict bool) (closed, broken bool) {
	for {
		trimmed := strings.TrimLeft(line, " ")
		if trimmed == "" || trimmed[0] != t.quote {
			i := strings.IndexByte(line, t.sep)
			if i < 0 {
				t.cells = append(t.cells, line)
				return true, false
			}
			t.cells = append(t.cells, line[:i])
			line = line[i+1:]
			continue
		}
		value, rest, end := t.quoted(trimmed[1:], strict)
		if end != ended {
			return false, end == spoilt
		}
		t.cells = append(t.cells, value)
		if rest == "" {
			return true, false
		}
		line = rest[1:]
	}
}

// ending is how a quoted value ends.
type ending int

const (
	ended ending = iota
	open
	spoilt
)

// quoted reads a value behind its opening mark; rest begins with the separator
// or is empty. Unless strict, a mark that neither doubles nor ends the value is
// part of it.
func (t *text) quoted(s string, strict bool) (value, rest string, _ ending) {
	head := ""
	for {
		i := strings.IndexByte(s, t.quote)
		if i < 0 {
			return "", "", open
		}
		part := s[:i]
		s = s[i+1:]
		after := strings.TrimLeft(s, " ")
		switch {
		case s != "" && s[0] == t.quote:
			head += part + string(t.quote)
			s = s[1:]
		case after == "" || after[0] == t.sep:
			return head + part, after, ended
		case strict:
			return "", "", spoilt
		default:
			head += part + string(t.quote)
		}
	}
}

// separators that are tried, the likelier first.
var separators = []byte{',', ';', '\t', '|'}

// separator finds what separates the values of a text, from its beginning.
func separator(head []byte) byte {
	best, bestScore := byte(','), 0
	for _, sep := range separators {
		t := &text{in: bufio.NewReader(bytes.NewReader(head)), sep: sep, quote: '"'}
		widths := map[int]int{}
		for range 50 {
			r, err := t.next()
			if err != nil {
				break
			}
			if r.bad == "" && len(r.cells) > 1 && !r.empty() {
				widths[len(r.cells)]++
			}
		}
		for width, n := range widths {
			// Equal rows say more than wide ones.
			if score := n*n*64 + min(width, 63); score > bestScore {
				best, bestScore = sep, score
			}
		}
	}
	return best
}
