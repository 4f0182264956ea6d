package budget

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/features/budget/fdp"
	"github.com/ashar-kg/ashar/internal/features/budget/ledger"
	"github.com/ashar-kg/ashar/internal/platform/db"
)

// Incoming is an import on its way.
type Incoming struct {
	ID       int64
	State    string
	Source   string // who wrote the file, and where it is published
	Files    []Stored
	Answers  Answers
	Report   *Preview
	Done     int64 // rows so far, of the running step
	Expected int64 // rows of it; 0 is not known yet
	Attempt  int64
	Version  int64 // that it became
	Person   int64
}

// The states of an import.
const (
	Checking = "checking" // is being read, nothing is kept
	Asking   = "asking"   // somebody must answer, or confirm
	Storing  = "storing"  // was confirmed
	Done     = "done"
	Dropped  = "dropped"
)

// Stored is a file of an import.
type Stored struct {
	Name string
	Key  string // in the blob store
	Size int64
}

// Answers say what the files do not.
type Answers struct {
	Titles    Texts             `json:"titles"`
	Year      int               `json:"year"`
	Phase     string            `json:"phase"`
	Day       string            `json:"day"`
	Map       map[string]string `json:"map"`
	Unit      string            `json:"unit"`
	Locale    string            `json:"locale"`
	Sheet     string            `json:"sheet"`
	Direction string            `json:"direction"`
	Encoding  string            `json:"encoding"`
	Inferred  bool              `json:"inferred"`            // the figures are not from the source itself
	Until     string            `json:"until,omitempty"`     // up to which day of the year they are reckoned
	Excerpt   bool              `json:"excerpt,omitempty"`   // some lines of the document, not all
	Residents int64             `json:"residents,omitempty"` // of the city in that year, 0 as many as the settings say
	Counted   string            `json:"counted,omitempty"`   // who counted them
}

// lasting are the answers that hold for further files of a source too. The unit
// is asked every time: papers misprint it.
func (a Answers) lasting() *Answers {
	return &Answers{Map: a.Map, Locale: a.Locale, Sheet: a.Sheet, Direction: a.Direction, Encoding: a.Encoding}
}

func (a Answers) options() fdp.Options {
	return fdp.Options{Map: a.Map, Unit: a.Unit, Locale: a.Locale, Direction: a.Direction, Phase: a.Phase, Year: a.Year, Sheet: a.Sheet, Encoding: a.Encoding}
}

// Preview is what a check of an import found.
type Preview struct {
	Ask       *fdp.Unsure // a question without whose answer nothing can be read
	Failure   string      // why the file cannot be read at all
	Format    string
	Until     string // last day of the figures, as a package says it; "" when none does
	UnitGuess string
	Columns   []fdp.Column
	Warnings  []string
	Rows      int
	Refused   []fdp.Refused
	Refusals  int
	Empty     []int
	Empties   int
	Negative  int
	Parts     []Share
	Subtotals []string // steps whose own line is the sum of the lines below
	Sample    []Shown
}

// Share is what a slice of the file adds up to, exact as text, in the unit asked for.
type Share struct {
	Year      int
	Direction string
	Rows      int
	Sum       string
	Stated    string // what the first line that calls itself the total says; "" when none does
	Totals    int    // lines that are totals and not added
}

// Shown is a line of the file as it was understood.
type Shown struct {
	Row                          int
	Label, Codes, Amount, Direct string
	Year                         int
}

const (
	toldRefusals = 200
	toldEmpty    = 50
	toldSample   = 8
)

// reading opens the files of an import for as long as fn runs. The first
// descriptor among them is what is read, else the first file.
func (s *Service) reading(ctx context.Context, in *Incoming, fn func(b *fdp.Budget) error) error {
	dir, err := os.MkdirTemp("", "ashar-budget-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	main := ""
	for _, f := range in.Files {
		name := filepath.Base(filepath.FromSlash(f.Name))
		if err := s.fetch(ctx, f.Key, filepath.Join(dir, name)); err != nil {
			return err
		}
		if main == "" || strings.EqualFold(filepath.Ext(name), ".json") && !strings.EqualFold(filepath.Ext(main), ".json") {
			main = name
		}
	}
	b, err := fdp.Open(filepath.Join(dir, main), in.Answers.options())
	if err != nil {
		return err
	}
	return errors.Join(fn(b), b.Close())
}

func (s *Service) fetch(ctx context.Context, key, path string) error {
	from, _, err := s.Blobs.Open(ctx, key)
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	return errors.Join(err, to.Close())
}

// belongs tells why a line is not part of the version that is imported, "" when
// it is.
func (a Answers) belongs(c *city.City, l *fdp.Line) (code, cell string) {
	switch {
	case l.Year < a.Year || l.Year > a.Year+ledger.Planning:
		return fdp.OtherYear, fmt.Sprint(l.Year)
	case l.Phase != "" && l.Phase != a.Phase:
		return fdp.OtherPhase, l.Phase
	case l.Currency != "" && !strings.EqualFold(l.Currency, c.Currency):
		return fdp.OtherCurrency, l.Currency
	}
	n, ok := l.Amount.Minor()
	if !ok && a.Unit != "" {
		return fdp.TooSmall, l.Amount.String()
	}
	if n > maxAmount || n < -maxAmount {
		return fdp.TooLong, l.Amount.String()
	}
	return "", ""
}

// maxAmount bounds one figure, in tyiyn: 10 trillion som. Sums are checked apart.
const maxAmount = 1_000_000_000_000_000

// look reads the files of an import to their end and keeps nothing but a report.
func (s *Service) look(ctx context.Context, c *city.City, in *Incoming) (*Preview, error) {
	p := &Preview{}
	err := s.reading(ctx, in, func(b *fdp.Budget) error {
		p.Format, p.Until, p.UnitGuess, p.Columns, p.Warnings = b.Format, b.Until, b.UnitGuess, b.Columns, b.Warnings
		return s.tally(ctx, c, in, b, p)
	})
	var ask *fdp.Unsure
	switch {
	case errors.As(err, &ask):
		p.Ask = ask
		p.Columns = s.headersOf(ctx, in)
	case err != nil && ctx.Err() == nil && !errors.Is(err, db.ErrUnavailable):
		// A file that cannot be read is the person's to change; what the disk or
		// the database did not do is not.
		var path *os.PathError
		if errors.As(err, &path) {
			return nil, err
		}
		p.Failure = err.Error()
	case err != nil:
		return nil, err
	}
	return p, nil
}

// headersOf lists the headers of a file of which the amounts are not known, by
// pretending that the first column holds them.
func (s *Service) headersOf(ctx context.Context, in *Incoming) (out []fdp.Column) {
	try := *in
	try.Answers.Map, try.Answers.Locale = map[string]string{"amount": "#1"}, "en"
	err := s.reading(ctx, &try, func(b *fdp.Budget) error {
		for _, col := range b.Columns {
			if strings.HasPrefix(col.Role, "amount") {
				col.Role = ""
			}
			out = append(out, col)
		}
		return nil
	})
	if err != nil {
		return nil
	}
	return out
}

// cell is one step of one slice.
type cell struct {
	year      int
	direction string
	code      string
}

// tally adds up what a check finds.
func (s *Service) tally(ctx context.Context, c *city.City, in *Incoming, b *fdp.Budget, p *Preview) error {
	type part struct {
		Share
		sum fdp.Sum
	}
	parts := map[cell]*part{}
	steps := newSteps()
	refuse := func(r fdp.Refused) error {
		if p.Refusals++; len(p.Refused) < toldRefusals {
			p.Refused = append(p.Refused, r)
		}
		return nil
	}
	every := 0
	err := b.Each(fdp.Sink{
		Refuse: refuse,
		Empty: func(_ string, row int) {
			if p.Empties++; len(p.Empty) < toldEmpty {
				p.Empty = append(p.Empty, row)
			}
		},
		Line: func(l *fdp.Line) error {
			if code, text := in.Answers.belongs(c, l); code != "" {
				return refuse(fdp.Refuse(l.File, l.Row, code, text))
			}
			if every++; every%5000 == 0 {
				s.progress(ctx, c, in, int64(every))
			}
			p.Rows++
			k := cell{year: l.Year, direction: l.Direction}
			if parts[k] == nil {
				parts[k] = &part{Share: Share{Year: l.Year, Direction: l.Direction}}
			}
			at := parts[k]
			switch {
			case l.Total:
				at.Totals++
				if at.Stated == "" && finest(l.Func) == "" {
					at.Stated = l.Amount.String()
				}
			case l.Within:
			default:
				at.Rows++
				at.sum.Add(l.Amount)
				steps.add(l)
			}
			if l.Amount.Sign() < 0 {
				p.Negative++
			}
			if len(p.Sample) < toldSample {
				p.Sample = append(p.Sample, Shown{
					Row: l.Row, Label: l.Label, Codes: strings.Join(filledCodes(l), " · "), Amount: l.Amount.String(), Direct: l.Direction, Year: l.Year,
				})
			}
			return ctx.Err()
		},
	})
	if err != nil {
		return err
	}
	for _, sub := range steps.subtotals() {
		p.Subtotals = append(p.Subtotals, sub.String())
		at := parts[cell{year: sub.year, direction: sub.direction}]
		at.Rows--
		at.Totals++
		at.sum.Add(steps.sums[sub].sum.Decimal().Negated())
	}
	for _, at := range parts {
		at.Sum = at.sum.Decimal().String()
		p.Parts = append(p.Parts, at.Share)
	}
	slices.SortFunc(p.Parts, func(a, b Share) int {
		return cmp.Or(cmp.Compare(a.Year, b.Year), -cmp.Compare(a.Direction, b.Direction))
	})
	return nil
}

func filledCodes(l *fdp.Line) (out []string) {
	for _, code := range []string{finest(l.Func), finest(l.Admin), finest(l.Econ), codeOf(l.Fund), codeOf(l.Program)} {
		if code != "" {
			out = append(out, code)
		}
	}
	return out
}

// steps finds lines that are the sums of lines below them though they do not say
// so: "09 Education" above "0901" and "0902".
type stepSums struct {
	sums map[cell]*stepSum
}

type stepSum struct {
	sum   fdp.Sum
	lines int
}

// maxSteps is how many steps are looked at; a file with more has no steps.
const maxSteps = 50_000

func newSteps() *stepSums { return &stepSums{sums: map[cell]*stepSum{}} }

func (c cell) String() string { return fmt.Sprintf("%d %s %s", c.year, c.direction, c.code) }

func (s *stepSums) add(l *fdp.Line) {
	code := finest(l.Func)
	if code == "" || len(s.sums) > maxSteps {
		return
	}
	k := cell{l.Year, l.Direction, code}
	if s.sums[k] == nil {
		s.sums[k] = &stepSum{}
	}
	s.sums[k].sum.Add(l.Amount)
	s.sums[k].lines++
}

// subtotals are the steps of one line each whose figure is exactly what the steps
// right below add up to.
func (s *stepSums) subtotals() (out []cell) {
	if len(s.sums) > maxSteps {
		return nil
	}
	below := map[cell]*fdp.Sum{}
	for k, x := range s.sums {
		for n := len(k.code) - 1; n > 0; n-- {
			up := cell{k.year, k.direction, strings.TrimRight(k.code[:n], ".- ")}
			if s.sums[up] != nil && up != k {
				if below[up] == nil {
					below[up] = &fdp.Sum{}
				}
				below[up].Add(x.sum.Decimal())
				break
			}
		}
	}
	for k, b := range below {
		own := s.sums[k].sum.Decimal()
		if s.sums[k].lines == 1 && own.Sign() != 0 && own.String() == b.Decimal().String() {
			out = append(out, k)
		}
	}
	slices.SortFunc(out, func(a, b cell) int { return cmp.Compare(a.String(), b.String()) })
	return out
}

// progress notes how far a long step is; that it could not be noted ends nothing.
func (s *Service) progress(ctx context.Context, c *city.City, in *Incoming, rows int64) {
	in.Done = rows
	if in.big() {
		_ = s.DB.Update(ctx, func(tx *db.Tx) error { return setDone(tx, c.ID, in) })
	}
}

// smallFile is up to which size an import is checked while somebody waits, in bytes.
const smallFile = 1 << 20

func (in *Incoming) big() bool {
	var size int64
	for _, f := range in.Files {
		size += f.Size
		if ext := strings.ToLower(filepath.Ext(f.Name)); ext == ".xlsx" || ext == ".xlsm" {
			size += 4 * f.Size
		}
	}
	return size > smallFile
}

// digest names what an import would store: the files and how they are read.
func (in *Incoming) digest() (string, error) {
	h := sha256.New()
	for _, f := range in.Files {
		fmt.Fprintf(h, "%s %s\n", f.Key, f.Name)
	}
	a := in.Answers
	a.Titles = nil
	text, err := json.Marshal(a)
	h.Write(text)
	return hex.EncodeToString(h.Sum(nil)), err
}

// keyOf tells the same line in different versions by what it says, not by where
// it stands.
func keyOf(direction ledger.Direction, codes map[string]string, project string, labels Texts) int64 {
	h := fnv.New64a()
	fmt.Fprint(h, direction)
	for _, scheme := range Schemes {
		fmt.Fprintf(h, "\x00%s", codes[scheme])
	}
	label := cmp.Or(labels["ru"], labels["ky"], labels["en"])
	fmt.Fprintf(h, "\x00%s\x00%s", project, fdp.Fold(label))
	return int64(h.Sum64() & math.MaxInt64)
}

// lineOf makes a stored line of a line of a file. Its figure fits, as belongs saw.
func lineOf(l *fdp.Line, subtotals map[string]bool, inferred bool) (*Line, error) {
	minor, ok := l.Amount.Minor()
	if !ok {
		return nil, fmt.Errorf("row %d: %s is finer than one tyiyn", l.Row, l.Amount)
	}
	out := &Line{
		Row: int64(l.Row), Year: ledger.Year(l.Year), Direction: ledger.Direction(l.Direction), Amount: ledger.Of(minor), Standing: Part,
		Codes: map[string]string{
			Functional: finest(l.Func), Administrative: finest(l.Admin), Economic: finest(l.Econ), Fund: codeOf(l.Fund), Program: codeOf(l.Program),
		},
		Project: codeOf(l.Project), Labels: Texts{}, Note: clip(l.Note, maxNote), Inferred: inferred,
	}
	for lang, text := range l.Labels {
		out.Labels[lang] = clip(text, maxLabel)
	}
	if l.Label != "" && len(out.Labels) == 0 {
		out.Labels[langOf(l.Label)] = clip(l.Label, maxLabel)
	}
	sub := cell{l.Year, l.Direction, out.Codes[Functional]}
	switch {
	case l.Total || subtotals[sub.String()]:
		out.Standing = Total
	case l.Within:
		out.Standing = Within
	}
	out.Key = keyOf(out.Direction, out.Codes, out.Project, out.Labels)
	return out, nil
}

// chunk is how many lines are written in one transaction: others write between.
const chunk = 1000

// store writes the lines of a confirmed import into its version. It may be begun
// again: a later attempt removes what an earlier one wrote, and an earlier one
// that still runs ends at its next chunk.
func (s *Service) store(ctx context.Context, c *city.City, in *Incoming, v *Version) error {
	if err := s.DB.Update(ctx, func(tx *db.Tx) error {
		now, err := lockImport(tx, c.ID, in.ID)
		if err != nil {
			return err
		}
		if now.State != Storing {
			return db.ErrConflict
		}
		now.Attempt++
		now.Done, now.Expected = 0, int64(now.Report.Rows)
		*in = *now
		if _, err := tx.Exec("budget.lines.clear", `DELETE FROM budget_line WHERE city_id = $1 AND version_id = $2`, c.ID, v.ID); err != nil {
			return err
		}
		return putImport(tx, c.ID, in)
	}); err != nil {
		return err
	}
	roll := newRoll(v)
	subtotals := map[string]bool{}
	for _, k := range in.Report.Subtotals {
		subtotals[k] = true
	}
	w := s.writer(ctx, c, in, v)
	err := s.reading(ctx, in, func(b *fdp.Budget) error {
		return b.Each(fdp.Sink{Line: func(l *fdp.Line) error {
			if code, _ := in.Answers.belongs(c, l); code != "" {
				return nil
			}
			one, err := lineOf(l, subtotals, in.Answers.Inferred)
			if err != nil {
				return err
			}
			if err := roll.add(one, l); err != nil {
				return err
			}
			one.ID = roll.lines
			return w.add(one)
		}})
	})
	if err = errors.Join(err, w.close(err == nil)); err == nil {
		in.Done = roll.lines
	}
	if err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		if err := setDone(tx, c.ID, in); err != nil {
			return err
		}
		if err := roll.write(tx, c.ID); err != nil {
			return err
		}
		v.Lines, v.Inferred = roll.lines, roll.inferred
		if err := setState(tx, c.ID, v, Ready); err != nil {
			return err
		}
		in.State = Done
		return putImport(tx, c.ID, in)
	})
}

// writer writes the lines of an import by the chunk while the next chunk is read.
type writer struct {
	held  []*Line
	write func(lines []*Line) error
	last  chan error // of the chunk being written; nil before the first
}

func (s *Service) writer(ctx context.Context, c *city.City, in *Incoming, v *Version) *writer {
	at := *in
	return &writer{write: func(lines []*Line) error {
		at.Done += int64(len(lines))
		return s.DB.Update(ctx, func(tx *db.Tx) error {
			if err := setDone(tx, c.ID, &at); err != nil {
				return err
			}
			batch := tx.NewBatch("budget.line.load", insertLine)
			for _, l := range lines {
				if err := batch.Add(lineArgs(c.ID, v.ID, l)...); err != nil {
					return err
				}
			}
			return batch.Close()
		})
	}}
}

func (w *writer) add(l *Line) error {
	if w.held = append(w.held, l); len(w.held) < chunk {
		return nil
	}
	return w.flush()
}

// flush waits for the chunk before, and has the held one written.
func (w *writer) flush() error {
	if err := w.wait(); err != nil {
		return err
	}
	lines, last := w.held, make(chan error, 1)
	w.held, w.last = make([]*Line, 0, chunk), last
	go func() { last <- w.write(lines) }()
	return nil
}

func (w *writer) wait() error {
	if w.last == nil {
		return nil
	}
	last := w.last
	w.last = nil
	return <-last
}

// close waits for what is being written, and writes what is held if all is well.
func (w *writer) close(well bool) error {
	if well {
		if err := w.flush(); err != nil {
			return err
		}
	}
	return w.wait()
}

// roll adds the lines of one version up, slice by slice and step by step.
type roll struct {
	version  *Version
	sums     map[rollKey]*rolled
	found    map[string]Step // steps that the file names, by scheme and code
	lines    int64
	inferred bool
}

type rollKey struct {
	year      ledger.Year
	direction ledger.Direction
	scheme    string
	code      string
}

type rolled struct {
	own, amount int64
	lines, all  int64 // at the step itself, and with all below
	stated      *int64
	plain       bool // stated by a line that is called total and nothing else
	parent      string
}

func newRoll(v *Version) *roll {
	return &roll{version: v, sums: map[rollKey]*rolled{}, found: map[string]Step{}}
}

var errTooMuch = errors.New("the figures are too large to be added")

func plus(a, b int64) (int64, error) {
	c := a + b
	if (c > a) != (b > 0) && b != 0 {
		return 0, errTooMuch
	}
	return c, nil
}

func (r *roll) at(k rollKey) *rolled {
	if r.sums[k] == nil {
		r.sums[k] = &rolled{}
	}
	return r.sums[k]
}

// add counts one line.
func (r *roll) add(l *Line, from *fdp.Line) error {
	r.lines++
	r.inferred = r.inferred || l.Inferred
	if from != nil {
		r.discover(Functional, from.Func)
		r.discover(Administrative, from.Admin)
		r.discover(Economic, from.Econ)
		r.discover(Fund, []fdp.Node{from.Fund})
		r.discover(Program, []fdp.Node{from.Program})
	}
	for _, scheme := range Schemes {
		x := r.at(rollKey{l.Year, l.Direction, scheme, l.Codes[scheme]})
		switch l.Standing {
		case Part:
			sum, err := plus(x.own, l.Amount.Tyiyn())
			if err != nil {
				return err
			}
			x.own = sum
			x.lines++
		case Total:
			label := fdp.Fold(cmp.Or(l.Labels["ru"], l.Labels["ky"], l.Labels["en"]))
			plain := !strings.Contains(label, " ")
			if x.stated == nil || plain && !x.plain {
				n := l.Amount.Tyiyn()
				x.stated, x.plain = &n, plain
			}
		}
	}
	return nil
}

// discover remembers the steps that a file names itself.
func (r *roll) discover(scheme string, path []fdp.Node) {
	parent := ""
	for _, n := range path {
		code := codeOf(n)
		if code == "" {
			continue
		}
		key := scheme + "\x00" + code
		s, known := r.found[key]
		if !known {
			s = Step{Scheme: scheme, Code: code, Parent: parent, Names: Texts{}}
		}
		if n.Label != "" && s.Names[langOf(n.Label)] == "" {
			s.Names[langOf(n.Label)] = clip(n.Label, maxLabel)
		}
		r.found[key] = s
		parent = code
	}
}

// write stores the sums, and the steps that no classification knew.
func (r *roll) write(tx *db.Tx, city int64) error {
	tree, err := r.tree(tx, city)
	if err != nil {
		return err
	}
	for k, x := range r.sums {
		if k.code == "" {
			continue
		}
		x.parent = tree.parent(k.scheme, k.code)
	}
	if err := r.lift(tree); err != nil {
		return err
	}
	if _, err := tx.Exec("budget.sum.clear", `DELETE FROM budget_sum WHERE city_id = $1 AND version_id = $2`, city, r.version.ID); err != nil {
		return err
	}
	b := tx.NewBatch("budget.sum.load", `INSERT INTO budget_sum (city_id, version_id, year, direction, scheme, parent, code, amount, own, lines, stated) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`)
	for k, x := range r.sums {
		if err := b.Add(city, r.version.ID, int64(k.year), string(k.direction), k.scheme, x.parent, k.code, x.amount, x.own, x.all, x.stated); err != nil {
			return err
		}
	}
	return b.Close()
}

// lift carries what lies at each step up to the whole.
func (r *roll) lift(tree *tree) error {
	base := make([]rollKey, 0, len(r.sums))
	for k := range r.sums {
		base = append(base, k)
	}
	for _, k := range base {
		own, lines := r.sums[k].own, r.sums[k].lines
		for code, depth := k.code, 0; ; code, depth = tree.parent(k.scheme, code), depth+1 {
			if depth > maxDepth {
				return fmt.Errorf("the steps above %s %q go round in a circle", k.scheme, k.code)
			}
			x := r.at(rollKey{k.year, k.direction, k.scheme, code})
			sum, err := plus(x.amount, own)
			if err != nil {
				return err
			}
			x.amount = sum
			x.all += lines
			if code == "" {
				break
			}
			x.parent = tree.parent(k.scheme, code)
		}
	}
	return nil
}

// tree is the classifications on the day of a version.
type tree struct {
	parents map[string]string // scheme and code → code
	names   map[string]Texts
}

func treeOf(list []Step) *tree {
	t := &tree{parents: map[string]string{}, names: map[string]Texts{}}
	for _, s := range list {
		key := s.Scheme + "\x00" + s.Code
		t.parents[key], t.names[key] = s.Parent, s.Names
	}
	return t
}

// parent is the step above, "" for the whole. What no classification knows stands
// right below the whole.
func (t *tree) parent(scheme, code string) string {
	up := t.parents[scheme+"\x00"+code]
	if up == code {
		return ""
	}
	return up
}

// above are the codes of the steps above one, from the highest.
func (t *tree) above(scheme, code string) (out []string) {
	for up := t.parent(scheme, code); up != "" && len(out) < maxDepth; up = t.parent(scheme, up) {
		out = append([]string{up}, out...)
	}
	return out
}

// maxDepth is how many steps may stand above one another.
const maxDepth = 50

// tree reads the classifications, adding the steps that only the file knows.
func (r *roll) tree(tx *db.Tx, city int64) (*tree, error) {
	list, err := steps(tx, city, r.version.Day)
	if err != nil {
		return nil, err
	}
	t := treeOf(list)
	for _, key := range slices.Sorted(maps.Keys(r.found)) {
		if _, known := t.parents[key]; known {
			continue
		}
		s := r.found[key]
		if s.Parent == "" {
			s.Parent = t.prefix(s.Scheme, s.Code)
		}
		if t.loops(s) {
			s.Parent = ""
		}
		s.From = fmt.Sprintf("%04d-01-01", min(int(r.version.Year), yearOfDay(r.version.Day)))
		if err := PutStep(tx, city, s); err != nil {
			return nil, err
		}
		t.parents[key], t.names[key] = s.Parent, s.Names
	}
	return t, nil
}

func yearOfDay(day string) int {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return 0
	}
	return t.Year()
}

// prefix is the longest known code with which a code begins.
func (t *tree) prefix(scheme, code string) string {
	for n := len(code) - 1; n > 0; n-- {
		up := strings.TrimRight(code[:n], ".- ")
		if _, known := t.parents[scheme+"\x00"+up]; known && up != "" && strings.Trim(up, "0123456789.-") == "" {
			return up
		}
	}
	return ""
}

// loops tells whether a step would stand above itself.
func (t *tree) loops(s Step) bool {
	up := s.Parent
	for range maxDepth {
		if up == s.Code {
			return true
		}
		if up == "" {
			return false
		}
		up = t.parents[s.Scheme+"\x00"+up]
	}
	return true
}

// name is what a step is called; its code when nobody named it.
func (t *tree) name(scheme, code, lang string) (text, in string) {
	if names := t.names[scheme+"\x00"+code]; len(names) > 0 {
		return names.In(lang)
	}
	return code, ""
}
