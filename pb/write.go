package pb

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Writer writes a Pabulib file row by row. Trimmed cells read back as they were
// given; absent ones are written empty.
type Writer struct {
	out     *bufio.Writer
	columns int
	row     []byte
}

// NewWriter writes everything before the votes. A cell with a line feed and a
// row of nothing but one empty cell are refused: the format cannot keep them.
func NewWriter(w io.Writer, h *Header) (*Writer, error) {
	x := &Writer{out: bufio.NewWriter(w), columns: len(h.VoteColumns)}
	if err := x.section("META", []string{"key", "value"}); err != nil {
		return nil, err
	}
	for _, f := range h.Meta {
		if err := x.write([]string{f.Key, f.Value}); err != nil {
			return nil, err
		}
	}
	if err := x.section("PROJECTS", h.ProjectColumns); err != nil {
		return nil, err
	}
	for i := range h.Projects {
		if err := x.write(h.Projects[i].Cells); err != nil {
			return nil, fmt.Errorf("project %q: %w", h.Projects[i].ID, err)
		}
	}
	return x, x.section("VOTES", h.VoteColumns)
}

func (x *Writer) section(name string, columns []string) error {
	if _, err := x.out.WriteString(name + "\n"); err != nil {
		return err
	}
	return x.write(columns)
}

// Vote writes one row of VOTES, a cell for each column of the header.
func (x *Writer) Vote(cells ...string) error {
	if len(cells) != x.columns {
		return fmt.Errorf("pb: %d cells for %d columns", len(cells), x.columns)
	}
	return x.write(cells)
}

// Close writes what is still held back. It does not close the stream below.
func (x *Writer) Close() error { return x.out.Flush() }

func (x *Writer) write(cells []string) error {
	if len(cells) == 1 && cells[0] == "" {
		return errors.New("pb: a row needs a second column or something in its first")
	}
	x.row = x.row[:0]
	for i, cell := range cells {
		if strings.Contains(cell, "\n") {
			return fmt.Errorf("pb: the cell %q holds a line feed", cell)
		}
		if i > 0 {
			x.row = append(x.row, ';')
		}
		x.row = appendCell(x.row, cell)
	}
	x.row = append(x.row, '\n')
	_, err := x.out.Write(x.row)
	return err
}
