package seed

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"
)

// Pattern is what is left of one real report of another city: when it came, how long it took and
// where it lay. A generator takes rhythm and clusters from it and nothing else.
type Pattern struct {
	Category string
	Created  time.Time     // in UTC, but read from the clock on the wall there
	Open     bool          // never closed
	Duration time.Duration // until it was closed
	Channel  string        // phone, web, app, other
	Placed   bool          // whether X and Y are known
	X, Y     float64       // place within the box of its city, 0 to 1, from south-west
}

// Patterns returns some ten thousand real reports of San Francisco, oldest first.
func Patterns() ([]Pattern, error) {
	rows, err := patternRows()
	if err != nil {
		return nil, fmt.Errorf("read reports_sf.tsv.gz: %w", err)
	}
	out := make([]Pattern, 0, len(rows))
	for i, row := range rows {
		p, err := parsePattern(row)
		if err != nil {
			return nil, fmt.Errorf("read reports_sf.tsv.gz, row %d: %w", i+2, err)
		}
		out = append(out, p)
	}
	return out, nil
}

func patternRows() ([][]string, error) {
	z, err := gzip.NewReader(bytes.NewReader(read("reports_sf.tsv.gz")))
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(z)
	if err != nil {
		return nil, err
	}
	r := csv.NewReader(bytes.NewReader(data))
	r.Comma = '\t'
	rows, err := r.ReadAll()
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 || !slices.Equal(rows[0], []string{"category", "created", "hours", "channel", "x", "y"}) {
		return nil, errors.New("unexpected header")
	}
	return rows[1:], nil
}

func parsePattern(row []string) (Pattern, error) {
	created, err := strconv.ParseInt(row[1], 10, 64)
	if err != nil {
		return Pattern{}, err
	}
	p := Pattern{
		Category: row[0], Created: time.Unix(created, 0).UTC(), Channel: row[3],
		Open: row[2] == "", Placed: row[4] != "",
	}
	if !p.Open {
		hours, err := strconv.ParseFloat(row[2], 64)
		if err != nil {
			return Pattern{}, err
		}
		p.Duration = time.Duration(hours * float64(time.Hour))
	}
	if p.Placed {
		x, errX := strconv.ParseFloat(row[4], 64)
		y, errY := strconv.ParseFloat(row[5], 64)
		if err := errors.Join(errX, errY); err != nil {
			return Pattern{}, err
		}
		p.X, p.Y = x/1000, y/1000
	}
	return p, nil
}
