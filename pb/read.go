package pb

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// VoteType says what a ballot holds.
type VoteType string

// The vote types of the format.
const (
	Approval   VoteType = "approval"
	ChooseOne  VoteType = "choose-1" // counted as approval
	Ordinal    VoteType = "ordinal"
	Cumulative VoteType = "cumulative"
	Scoring    VoteType = "scoring"
)

// Approves reports whether ballots of this type are sets of projects.
func (v VoteType) Approves() bool { return v == Approval || v == ChooseOne }

// hasPoints reports whether ballots of this type carry a points cell.
func (v VoteType) hasPoints() bool { return v == Cumulative || v == Scoring }

// Field is one key of META with its value.
type Field struct{ Key, Value string }

// Project is one row of PROJECTS.
type Project struct {
	ID    string
	Cost  *big.Rat // never negative
	Name  string
	Line  int      // where it stands in the file
	Cells []string // by Header.ProjectColumns; "" is absent
}

// Header is everything before the votes.
type Header struct {
	Meta           []Field
	ProjectColumns []string
	Projects       []Project
	VoteColumns    []string
	VoteType       VoteType
	Budget         *big.Rat // more than 0
}

// Get returns the value of a META key, or "".
func (h *Header) Get(key string) string {
	for _, f := range slices.Backward(h.Meta) {
		if f.Key == key {
			return f.Value
		}
	}
	return ""
}

// Cell returns what a project's row holds in a column, or "".
func (h *Header) Cell(p *Project, column string) string {
	if i := slices.Index(h.ProjectColumns, column); i >= 0 && i < len(p.Cells) {
		return p.Cells[i]
	}
	return ""
}

// Vote is one row of VOTES. Reader.Next reuses it.
type Vote struct {
	Line     int
	Cells    [][]byte // by Header.VoteColumns; empty is absent
	Projects []int    // indexes in Header.Projects, each once, as the ballot lists them
	// Points belong to Projects: those given, 1 for an approval, and for an
	// ordinal ballot k-1, … 1, 0 counted from the end plus one, so the best of
	// three gets 3.
	Points []Decimal
}

// LineError is a fault of a file, with the line it was seen on.
type LineError struct {
	Line int
	Err  error
}

func (e *LineError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }
func (e *LineError) Unwrap() error { return e.Err }

// Warning is something odd in a file that does not keep it from being counted.
type Warning struct {
	Line int
	Text string
}

func (w Warning) String() string { return fmt.Sprintf("line %d: %s", w.Line, w.Text) }

// mostWarnings bounds what a hopeless file makes us keep.
const mostWarnings = 100

// Reader reads a Pabulib file row by row.
type Reader struct {
	Header   *Header
	Warnings []Warning // grows while votes are read; the first 100
	Voters   int       // rows of VOTES read so far

	rows         *rows
	index        map[string]int
	voteColumn   int
	pointsColumn int
	vote         Vote
	seen         []int // per project: the number of the vote that listed it last
	at           []int // per project: where in that vote
}

// NewReader reads META, PROJECTS and the head of VOTES. Faults of the file
// are *LineError.
func NewReader(in io.Reader) (*Reader, error) {
	r := &Reader{rows: newRows(in), Header: &Header{}, index: map[string]int{}}
	for i, step := range []struct {
		section string
		read    func() error
	}{{"meta", r.readMeta}, {"projects", r.readProjects}, {"votes", r.readVotesHead}} {
		if i == 0 {
			row, err := r.rows.next()
			if err != nil || section(row) != "meta" {
				return nil, r.fault(err, "the file must begin with a row META")
			}
		}
		if err := step.read(); err != nil {
			return nil, err
		}
	}
	r.seen = make([]int, len(r.Header.Projects))
	r.at = make([]int, len(r.Header.Projects))
	return r, nil
}

// section returns the lower-cased name when a row opens a section.
func section(row [][]byte) string {
	if len(row) == 0 || len(row[0]) > len("projects") {
		return ""
	}
	switch name := strings.ToLower(string(row[0])); name {
	case "meta", "projects", "votes":
		return name
	}
	return ""
}

// fault reports err, or the text when nothing but the file is wrong.
func (r *Reader) fault(err error, format string, args ...any) error {
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("reading line %d: %w", r.rows.line+1, err)
	}
	return &LineError{max(r.rows.start, 1), fmt.Errorf(format, args...)}
}

func (r *Reader) warn(line int, format string, args ...any) {
	if len(r.Warnings) < mostWarnings {
		r.Warnings = append(r.Warnings, Warning{line, fmt.Sprintf(format, args...)})
	}
}

// head reads the row of column names under the name of a section.
func (r *Reader) head(of string) ([]string, error) {
	row, err := r.rows.next()
	if err != nil {
		return nil, r.fault(err, "%s has no row of column names", of)
	}
	columns := make([]string, len(row))
	for i, cell := range row {
		columns[i] = strings.ToLower(string(cell))
		if slices.Contains(columns[:i], columns[i]) {
			r.warn(r.rows.start, "the column %q stands there twice; the first is used", columns[i])
		}
	}
	return columns, nil
}

// body calls row for the rows of a section until the one that opens next.
func (r *Reader) body(next string, row func([][]byte) error) error {
	for {
		cells, err := r.rows.next()
		if err != nil {
			return r.fault(err, "the file ends before %s", strings.ToUpper(next))
		}
		if s := section(cells); s == next {
			return nil
		} else if s != "" {
			return r.fault(nil, "%s where %s was expected", strings.ToUpper(s), strings.ToUpper(next))
		}
		if r.rows.line-r.rows.start > 50 {
			r.warn(r.rows.start, "a quoted cell runs over %d lines; a quote may be missing", r.rows.line-r.rows.start)
		}
		if err := row(cells); err != nil {
			return err
		}
	}
}

func (r *Reader) readMeta() error {
	if _, err := r.head("META"); err != nil {
		return err
	}
	err := r.body("projects", func(row [][]byte) error {
		f := Field{Key: string(row[0])}
		if len(row) > 1 {
			f.Value = string(row[1])
		}
		if len(row) != 2 {
			r.warn(r.rows.start, "%d cells instead of key and value", len(row))
		}
		if slices.ContainsFunc(r.Header.Meta, func(g Field) bool { return g.Key == f.Key }) {
			r.warn(r.rows.start, "the key %q stands there twice; the last is used", f.Key)
		}
		r.Header.Meta = append(r.Header.Meta, f)
		return nil
	})
	if err != nil {
		return err
	}
	return r.checkMeta()
}

func (r *Reader) checkMeta() error {
	h := r.Header
	h.VoteType = VoteType(strings.ToLower(h.Get("vote_type")))
	switch h.VoteType {
	case Approval, ChooseOne, Ordinal, Cumulative, Scoring:
	default:
		return r.fault(nil, "vote_type is %q, expected approval, choose-1, ordinal, cumulative or scoring", h.Get("vote_type"))
	}
	var err error
	if h.Budget, err = ParseAmount(h.Get("budget")); err != nil || h.Budget.Sign() <= 0 {
		return r.fault(nil, "budget is %q, expected a number above 0", h.Get("budget"))
	}
	for _, key := range []string{"description", "country", "unit", "instance", "num_projects", "num_votes", "rule", "date_begin", "date_end"} {
		if h.Get(key) == "" {
			r.warn(r.rows.start, "META lacks %q", key)
		}
	}
	return nil
}

func (r *Reader) readProjects() error {
	h := r.Header
	var err error
	if h.ProjectColumns, err = r.head("PROJECTS"); err != nil {
		return err
	}
	cost := slices.Index(h.ProjectColumns, "cost")
	if cost < 1 {
		return r.fault(nil, "PROJECTS has no column \"cost\" behind the project's id")
	}
	if err := r.body("votes", func(row [][]byte) error { return r.project(row, cost) }); err != nil {
		return err
	}
	if len(h.Projects) == 0 {
		return r.fault(nil, "PROJECTS is empty")
	}
	r.compareCount("num_projects", len(h.Projects))
	return nil
}

func (r *Reader) project(row [][]byte, cost int) error {
	h := r.Header
	p := Project{Line: r.rows.start, Cells: make([]string, len(h.ProjectColumns))}
	for i, cell := range r.fit(row, len(p.Cells)) {
		p.Cells[i] = string(cell)
	}
	p.ID = p.Cells[0]
	if p.ID == "" {
		return r.fault(nil, "the project has no id")
	}
	if !utf8.ValidString(p.ID) {
		r.warn(p.Line, "the project's id is not UTF-8")
	}
	var err error
	if p.Cost, err = ParseAmount(p.Cells[cost]); err != nil || p.Cost.Sign() < 0 {
		return r.fault(nil, "the cost of project %q is %q, expected a number from 0", p.ID, p.Cells[cost])
	}
	if other, twice := r.index[p.ID]; twice {
		return r.fault(nil, "project %q stands also on line %d", p.ID, h.Projects[other].Line)
	}
	p.Name = h.Cell(&p, "name")
	r.index[p.ID] = len(h.Projects)
	h.Projects = append(h.Projects, p)
	return nil
}

// fit cuts a row to n cells and empties those that say None.
func (r *Reader) fit(row [][]byte, n int) [][]byte {
	if len(row) > n {
		r.warn(r.rows.start, "%d cells for %d columns; the last are left out", len(row), n)
		row = row[:n]
	}
	for i, cell := range row {
		if len(cell) == 4 && bytes.EqualFold(cell, []byte("none")) {
			row[i] = nil
		}
	}
	return row
}

func (r *Reader) compareCount(key string, found int) {
	said := r.Header.Get(key)
	if n, err := strconv.Atoi(said); said != "" && (err != nil || n != found) {
		r.warn(r.rows.line, "META says %s %s, there are %d", key, said, found)
	}
}

func (r *Reader) readVotesHead() error {
	h := r.Header
	var err error
	if h.VoteColumns, err = r.head("VOTES"); err != nil {
		return err
	}
	r.voteColumn = slices.Index(h.VoteColumns, "vote")
	r.pointsColumn = slices.Index(h.VoteColumns, "points")
	if r.voteColumn < 0 {
		return r.fault(nil, "VOTES has no column \"vote\"")
	}
	if h.VoteType.hasPoints() && r.pointsColumn < 0 {
		return r.fault(nil, "VOTES has no column \"points\", which %s ballots need", h.VoteType)
	}
	if !slices.Contains(h.VoteColumns, "voter_id") {
		r.warn(r.rows.start, "VOTES has no column \"voter_id\"")
	}
	return nil
}

// Next returns the next vote, valid until the following call, or io.EOF.
func (r *Reader) Next() (*Vote, error) {
	row, err := r.rows.next()
	if errors.Is(err, io.EOF) {
		r.compareCount("num_votes", r.Voters)
		return nil, io.EOF
	}
	if err != nil {
		return nil, r.fault(err, "")
	}
	if s := section(row); s != "" {
		return nil, r.fault(nil, "%s behind the votes", strings.ToUpper(s))
	}
	r.Voters++
	v := &r.vote
	v.Line, v.Projects, v.Points = r.rows.start, v.Projects[:0], v.Points[:0]
	v.Cells = append(v.Cells[:0], r.fit(row, len(r.Header.VoteColumns))...)
	for len(v.Cells) < len(r.Header.VoteColumns) {
		v.Cells = append(v.Cells, nil)
	}
	if r.rows.line > r.rows.start+50 {
		r.warn(r.rows.start, "a quoted cell runs over %d lines; a quote may be missing", r.rows.line-r.rows.start)
	}
	return v, r.ballot(v)
}

// ballot reads the projects and points of a vote.
func (r *Reader) ballot(v *Vote) error {
	ids := v.Cells[r.voteColumn]
	var points []byte
	given := r.Header.VoteType.hasPoints()
	if given {
		if points = v.Cells[r.pointsColumn]; len(points) == 0 {
			if len(ids) > 0 {
				r.warn(v.Line, "no points; the ballot counts as empty")
			}
			return nil
		}
	}
	more := len(points) > 0
	for len(ids) > 0 {
		var id, text []byte
		if id, ids = cut(ids); len(id) == 0 {
			continue
		}
		p, known := r.index[string(id)]
		if !known {
			return r.fault(nil, "the vote names project %q, which is not in PROJECTS", id)
		}
		value := Decimal{Units: 1}
		if given {
			if !more {
				return r.fault(nil, "the vote has fewer points than projects")
			}
			text, points = cut(points)
			more = points != nil
			var err error
			if value, err = parseDecimal(text); err != nil {
				return r.fault(nil, "points %q: %w", text, err)
			}
		}
		r.list(v, p, value)
	}
	if more {
		r.warn(v.Line, "the vote has more points than projects; the last are left out")
	}
	if r.Header.VoteType == Ordinal {
		for i := range v.Points {
			v.Points[i] = Decimal{Units: int64(len(v.Points) - i)}
		}
	}
	return nil
}

// list adds a project to a vote. Of repeated ones the first position counts,
// and the last points.
func (r *Reader) list(v *Vote, p int, value Decimal) {
	if r.seen[p] == r.Voters {
		v.Points[r.at[p]] = value
		return
	}
	r.seen[p], r.at[p] = r.Voters, len(v.Projects)
	v.Projects, v.Points = append(v.Projects, p), append(v.Points, value)
}

// cut returns the trimmed text before the first comma and what is behind it,
// nil when there is no comma.
func cut(b []byte) (first, rest []byte) {
	if i := bytes.IndexByte(b, ','); i >= 0 {
		return trim(b[:i]), b[i+1:]
	}
	return trim(b), nil
}
