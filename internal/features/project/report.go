package project

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/civic/city"
)

// Report is what a dry run says of a file: what it holds and what is refused.
type Report struct {
	Form     string               `json:"form"`
	Rows     int                  `json:"rows"`
	Projects int                  `json:"projects"`
	Releases int                  `json:"releases"`
	Unplaced int                  `json:"unplaced"` // projects whose place is unknown
	Refused  []Refusal            `json:"refused"`
	Totals   map[string]*Together `json:"totals"` // by currency
}

// Together are the moneys of a file in one currency, exact as text.
type Together struct {
	Budget     string `json:"budget"`
	Contracted string `json:"contracted"`
	Paid       string `json:"paid"`

	budget, contracted, paid int64
}

// Check reads a file as an import does, and stores nothing. Codes of bodies are
// those of one city: without its directory, nil, they are not looked up.
func Check(data []byte, c *city.City, dir *body.Directory) *Report {
	read := Parse(data, c, dir)
	out := &Report{Form: read.Form, Rows: read.Rows, Projects: len(read.Projects), Releases: len(read.Releases), Refused: read.Refused, Totals: map[string]*Together{}}
	if out.Refused == nil {
		out.Refused = []Refusal{}
	}
	for _, p := range read.Projects {
		if !p.Placed {
			out.Unplaced++
		}
		out.add(p.Budget, func(t *Together) *int64 { return &t.budget })
		for i := range p.Contracts {
			out.contract(&p.Contracts[i])
		}
	}
	told := map[string]*Contract{}
	for _, r := range read.Releases {
		if told[r.OCID] == nil {
			told[r.OCID] = &Contract{OCID: r.OCID}
		}
		told[r.OCID].take(r)
	}
	for _, k := range told {
		out.contract(k)
	}
	for _, t := range out.Totals {
		t.Budget, t.Contracted, t.Paid = plainSum(t.budget), plainSum(t.contracted), plainSum(t.paid)
	}
	return out
}

func (r *Report) contract(k *Contract) {
	r.add(k.Current(), func(t *Together) *int64 { return &t.contracted })
	for _, p := range k.Payments {
		r.add(p.Amount, func(t *Together) *int64 { return &t.paid })
	}
}

func (r *Report) add(m Money, to func(t *Together) *int64) {
	if !m.Known() {
		return
	}
	if r.Totals[m.Currency] == nil {
		r.Totals[m.Currency] = &Together{}
	}
	*to(r.Totals[m.Currency]) += m.Minor
}

// plainSum is an amount without marks, with its hundredths where it has any.
func plainSum(minor int64) string {
	sign := ""
	if minor < 0 {
		sign, minor = "-", -minor
	}
	return sign + strings.TrimSuffix(fmt.Sprintf("%d.%02d", minor/100, minor%100), ".00")
}

// locate tells on which line each refused part of a JSON document stands; what
// is missing stands where it should be.
func (r *Read) locate(data []byte) {
	w := &liner{dec: json.NewDecoder(bytes.NewReader(data)), data: data, line: 1, lines: map[string]int{}}
	w.dec.UseNumber()
	for _, x := range r.Refused {
		for path := x.Path; ; path = parent(path) {
			w.lines[path] = 0
			if path == "" {
				break
			}
		}
	}
	w.value("")
	for i := range r.Refused {
		x := &r.Refused[i]
		for path := x.Path; x.Line == 0 && path != ""; path = parent(path) {
			x.Line = w.lines[path]
		}
		if x.Line == 0 {
			x.Line = w.lines[""]
		}
	}
	slices.SortStableFunc(r.Refused, func(a, b Refusal) int { return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Path, b.Path)) })
}

func parent(path string) string { return path[:max(strings.LastIndexByte(path, '/'), 0)] }

// liner walks through a document and notes the lines of the paths in lines.
type liner struct {
	dec        *json.Decoder
	data       []byte
	line, from int
	lines      map[string]int
}

// value reads one value; a document that ends early has been refused before.
func (w *liner) value(path string) {
	tok, err := w.dec.Token()
	if err != nil {
		return
	}
	if _, wanted := w.lines[path]; wanted {
		to := int(w.dec.InputOffset())
		w.line, w.from = w.line+bytes.Count(w.data[w.from:to], []byte("\n")), to
		w.lines[path] = w.line
	}
	under := ""
	if path != "" {
		under = path + "/"
	}
	switch tok {
	case json.Delim('{'):
		for w.dec.More() {
			name, err := w.dec.Token()
			if err != nil {
				return
			}
			w.value(under + fmt.Sprint(name))
		}
	case json.Delim('['):
		for i := 0; w.dec.More(); i++ {
			w.value(under + strconv.Itoa(i))
		}
	default:
		return
	}
	// The bracket that ends it; at the end of the data there is none.
	if _, err := w.dec.Token(); err != nil {
		return
	}
}
