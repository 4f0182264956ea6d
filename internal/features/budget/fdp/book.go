package fdp

import (
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

// Limits of a workbook: unpacked in all, and what of one sheet is kept in memory
// before it waits on the disk, in bytes.
const (
	maxUnpacked = 1 << 30
	maxInMemory = 8 << 20
)

// sheet gives the rows of a sheet of a workbook.
type sheet struct {
	book *excelize.File
	rows *excelize.Rows
	line int
}

// openBook opens a workbook and lists the sheets that people see.
func openBook(path string) (*excelize.File, []string, error) {
	if info, err := os.Stat(path); err != nil {
		return nil, nil, err
	} else if info.Size() > maxUnpacked {
		return nil, nil, fmt.Errorf("%s is too large", path)
	}
	book, err := excelize.OpenFile(path, excelize.Options{UnzipSizeLimit: maxUnpacked, UnzipXMLSizeLimit: maxInMemory, RawCellValue: true})
	if err != nil {
		return nil, nil, fmt.Errorf("not a readable workbook: %w", err)
	}
	var names []string
	for _, name := range book.GetSheetList() {
		if shown, err := book.GetSheetVisible(name); err == nil && shown {
			names = append(names, name)
		}
	}
	return book, names, nil
}

// rowsOf begins to read a sheet.
func rowsOf(book *excelize.File, name string) (*sheet, error) {
	r, err := book.Rows(name)
	if err != nil {
		return nil, err
	}
	return &sheet{book: book, rows: r}, nil
}

// Close ends reading the sheet; the workbook stays open.
func (s *sheet) Close() error { return s.rows.Close() }

func (s *sheet) next() (record, error) {
	if !s.rows.Next() {
		if err := s.rows.Error(); err != nil {
			return record{}, err
		}
		return record{}, io.EOF
	}
	s.line++
	cells, err := s.rows.Columns(excelize.Options{RawCellValue: true})
	for i, c := range cells {
		cells[i] = shown(c)
	}
	return record{cells: cells, line: s.line}, err
}

// shown is a number of a sheet as people see it: a sheet keeps binary numbers,
// of which 15 digits are meant ("2263936.0000000001" is noise).
func shown(cell string) string {
	if len(cell) < 16 || strings.Trim(cell, "0123456789.-+eE") != "" {
		return cell
	}
	f, err := strconv.ParseFloat(cell, 64)
	if err != nil || math.IsInf(f, 0) || !strings.ContainsAny(cell, ".eE") {
		return cell
	}
	return strconv.FormatFloat(f, 'g', 15, 64)
}
