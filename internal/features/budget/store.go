package budget

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"

	"github.com/ashar-kg/ashar/internal/features/budget/ledger"
	"github.com/ashar-kg/ashar/internal/platform/db"
)

const versionColumns = `id, year, phase, day, title, source, file_key, file_name, digest, state, lines, residents, inferred, created_by, published_at, until, excerpt, counted`

func scanVersion(r db.Row) (*Version, error) {
	v := &Version{}
	var title string
	err := r.Scan(&v.ID, &v.Year, &v.Phase, &v.Day, &title, &v.Source, &v.FileKey, &v.FileName, &v.Digest, &v.State, &v.Lines, &v.Residents, &v.Inferred, &v.Creator, &v.Published, &v.Until, &v.Excerpt, &v.Counted)
	if err != nil {
		return nil, err
	}
	return v, json.Unmarshal([]byte(title), &v.Titles)
}

func insertVersion(tx *db.Tx, city int64, v *Version) error {
	title, err := json.Marshal(v.Titles)
	if err != nil {
		return err
	}
	_, err = tx.Exec("budget.version.insert", `INSERT INTO budget_version (city_id, `+versionColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)`,
		city, v.ID, int64(v.Year), string(v.Phase), v.Day, string(title), v.Source, v.FileKey, v.FileName, v.Digest, v.State, v.Lines, v.Residents, v.Inferred, v.Creator, v.Published, v.Until, v.Excerpt, v.Counted)
	return err
}

// setState moves a version from one state to another.
func setState(tx *db.Tx, city int64, v *Version, to string) error {
	n, err := tx.Exec("budget.version.state", `UPDATE budget_version SET state = $4, lines = $5, inferred = $6, published_at = $7 WHERE city_id = $1 AND id = $2 AND state = $3`,
		city, v.ID, v.State, to, v.Lines, v.Inferred, v.Published)
	if err == nil && n == 0 {
		return db.ErrConflict
	}
	v.State = to
	return err
}

func version(tx *db.Tx, city, id int64) (*Version, error) {
	return db.One(tx, "budget.version", `SELECT `+versionColumns+` FROM budget_version WHERE city_id = $1 AND id = $2`, scanVersion, city, id)
}

func versionByDigest(tx *db.Tx, city int64, digest string) (*Version, error) {
	return db.One(tx, "budget.version.digest", `SELECT `+versionColumns+` FROM budget_version WHERE city_id = $1 AND digest = $2`, scanVersion, city, digest)
}

// versions reads the versions in one of the states, the newest year and day first.
func versions(tx *db.Tx, city int64, states ...string) ([]*Version, error) {
	w := db.Of(city)
	db.AnyOf(w, "state", states)
	return db.All(tx, "budget.versions", `SELECT `+versionColumns+` FROM budget_version WHERE `+w.String()+` ORDER BY year DESC, day DESC, id DESC LIMIT 1000`, scanVersion, w.Args...)
}

// dropVersion removes a version that nobody has seen, with all of it.
func dropVersion(tx *db.Tx, city, id int64) error {
	var errs []error
	for _, q := range []string{
		`DELETE FROM budget_sum WHERE city_id = $1 AND version_id = $2`,
		`DELETE FROM budget_line WHERE city_id = $1 AND version_id = $2`,
		`DELETE FROM budget_version WHERE city_id = $1 AND id = $2`,
	} {
		_, err := tx.Exec("budget.version.drop", q, city, id)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

const lineColumns = `id, line_key, file_row, year, direction, amount, standing, functional, administrative, economic, fund, program, project, label_ky, label_ru, label_en, note, inferred`

const insertLine = `INSERT INTO budget_line (city_id, version_id, ` + lineColumns + `) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)`

func lineArgs(city, version int64, l *Line) []any {
	return []any{
		city, version, l.ID, l.Key, l.Row, int64(l.Year), string(l.Direction), l.Amount.Tyiyn(), l.Standing,
		l.Codes[Functional], l.Codes[Administrative], l.Codes[Economic], l.Codes[Fund], l.Codes[Program], l.Project,
		l.Labels["ky"], l.Labels["ru"], l.Labels["en"], l.Note, l.Inferred,
	}
}

func scanLine(r db.Row) (*Line, error) {
	l := &Line{Codes: map[string]string{}, Labels: Texts{}}
	var amount int64
	var f, a, e, fund, program, ky, ru, en string
	if err := r.Scan(&l.ID, &l.Key, &l.Row, &l.Year, &l.Direction, &amount, &l.Standing, &f, &a, &e, &fund, &program, &l.Project, &ky, &ru, &en, &l.Note, &l.Inferred); err != nil {
		return nil, err
	}
	l.Amount = ledger.Of(amount)
	for scheme, code := range map[string]string{Functional: f, Administrative: a, Economic: e, Fund: fund, Program: program} {
		if code != "" {
			l.Codes[scheme] = code
		}
	}
	for lang, text := range map[string]string{"ky": ky, "ru": ru, "en": en} {
		if text != "" {
			l.Labels[lang] = text
		}
	}
	return l, nil
}

func line(tx *db.Tx, city, version, id int64) (*Line, error) {
	return db.One(tx, "budget.line", `SELECT `+lineColumns+` FROM budget_line WHERE city_id = $1 AND version_id = $2 AND id = $3`, scanLine, city, version, id)
}

// inSlice is the conditions of the lines of one slice.
func inSlice(city int64, s ledger.Slice) *db.Where {
	w := db.Of(city)
	w.Add("version_id = ?", s.Version())
	w.Add("year = ?", int64(s.Year()))
	w.Add("direction = ?", string(s.Direction()))
	return w
}

// columnOf is the column of a scheme; schemes come from addresses.
var columnOf = map[string]string{Functional: "functional", Administrative: "administrative", Economic: "economic", Fund: "fund", Program: "program"}

// Filter narrows the lines of a slice.
type Filter struct {
	Scheme string // "" does not narrow
	Codes  []string
	Text   string // folded words that the label or note begins with or holds
	Before Mark   // keyset
	Limit  int
}

// Mark is where a list goes on.
type Mark struct{ Amount, ID int64 }

func (f Filter) where(city int64, s ledger.Slice) *db.Where {
	w := inSlice(city, s)
	if column := columnOf[f.Scheme]; column != "" && f.Codes != nil {
		db.AnyOf(w, column, f.Codes)
	}
	return w
}

// linesOf reads lines of a slice, the largest first.
func linesOf(tx *db.Tx, city int64, s ledger.Slice, f Filter) ([]*Line, error) {
	w := f.where(city, s)
	if f.Before != (Mark{}) {
		w.Add("(amount, id) < (?, ?)", f.Before.Amount, f.Before.ID)
	}
	return db.All(tx, "budget.lines", `SELECT `+lineColumns+` FROM budget_line WHERE `+w.String()+` ORDER BY amount DESC, id DESC LIMIT `+w.Next(f.Limit), scanLine, w.Args...)
}

// eachLine reads all lines of a filtered slice in the order of the file.
func eachLine(tx *db.Tx, city int64, s ledger.Slice, f Filter, fn func(*Line) error) error {
	w := f.where(city, s)
	return tx.Each("budget.lines.each", `SELECT `+lineColumns+` FROM budget_line WHERE `+w.String()+` ORDER BY id`, func(r db.Row) error {
		l, err := scanLine(r)
		if err != nil {
			return err
		}
		return fn(l)
	}, w.Args...)
}

// Sum is what one step of a classification adds up to within a slice.
type Sum struct {
	Code, Parent string
	Amount       ledger.Amount
	Own          ledger.Amount // at the step itself, below none of its children
	Lines        int64
	Stated       *ledger.Amount // what a total of the source says; nil when none does
}

// Rest is what the source states and its parts do not add up to; nil when
// nothing is stated.
func (s *Sum) Rest() *ledger.Change {
	if s.Stated == nil {
		return nil
	}
	c := s.Stated.Since(s.Amount)
	return &c
}

// Whole is what is shown for the step: what the source states, else the sum.
func (s *Sum) Whole() ledger.Amount {
	if s.Stated != nil && s.Code == "" {
		return *s.Stated
	}
	return s.Amount
}

const sumColumns = `code, parent, amount, own, lines, stated`

func scanSum(r db.Row) (*Sum, error) {
	s := &Sum{}
	var amount, own int64
	var stated *int64
	err := r.Scan(&s.Code, &s.Parent, &amount, &own, &s.Lines, &stated)
	s.Amount, s.Own = ledger.Of(amount), ledger.Of(own)
	if stated != nil {
		a := ledger.Of(*stated)
		s.Stated = &a
	}
	return s, err
}

func sumOf(tx *db.Tx, city int64, s ledger.Slice, scheme, code string) (*Sum, error) {
	w := inSlice(city, s)
	w.Add("scheme = ?", scheme)
	w.Add("code = ?", code)
	return db.One(tx, "budget.sum", `SELECT `+sumColumns+` FROM budget_sum WHERE `+w.String(), scanSum, w.Args...)
}

// outcome is what a version says of a direction in one year: the whole, and a
// step of it, nil where it does not have that.
type outcome struct{ whole, step *Sum }

// standings reads the whole and a step in every slice of some versions.
func standings(tx *db.Tx, city int64, list []*Version, d ledger.Direction, scheme, code string) (map[ledger.Slice]*outcome, error) {
	of, years := map[int64]*Version{}, map[ledger.Year]bool{}
	for _, v := range list {
		of[v.ID] = v
		for y := v.Year; y <= v.Year+ledger.Planning; y++ {
			years[y] = true
		}
	}
	out := map[ledger.Slice]*outcome{}
	if len(of) == 0 {
		return out, nil
	}
	w := db.Of(city)
	db.AnyOf(w, "version_id", slices.Sorted(maps.Keys(of)))
	db.AnyOf(w, "year", slices.Sorted(maps.Keys(years)))
	w.Add("direction = ?", string(d))
	w.Add("scheme = ?", scheme)
	db.AnyOf(w, "code", []string{"", code})
	err := tx.Each("budget.standings", `SELECT version_id, year, `+sumColumns+` FROM budget_sum WHERE `+w.String(), func(r db.Row) error {
		var version int64
		var year ledger.Year
		sum, err := scanSum(rowBehind{r, []any{&version, &year}})
		if err != nil {
			return err
		}
		slice, err := of[version].Slice(year, d)
		if err != nil {
			return err
		}
		if out[slice] == nil {
			out[slice] = &outcome{}
		}
		if sum.Code == "" {
			out[slice].whole = sum
		}
		if sum.Code == code {
			out[slice].step = sum
		}
		return nil
	}, w.Args...)
	return out, err
}

// rowBehind is a row whose first columns go elsewhere.
type rowBehind struct {
	db.Row
	first []any
}

func (r rowBehind) Scan(to ...any) error { return r.Row.Scan(append(r.first, to...)...) }

// children reads the steps below one, the largest first.
func children(tx *db.Tx, city int64, s ledger.Slice, scheme, parent string) ([]*Sum, error) {
	w := inSlice(city, s)
	w.Add("scheme = ?", scheme)
	w.Add("parent = ?", parent)
	w.Add("code <> ''")
	return db.All(tx, "budget.sum.children", `SELECT `+sumColumns+` FROM budget_sum WHERE `+w.String()+` ORDER BY amount DESC, code LIMIT 2000`, scanSum, w.Args...)
}

// sums reads all steps of a classification within a slice.
func sums(tx *db.Tx, city int64, s ledger.Slice, scheme string) ([]*Sum, error) {
	w := inSlice(city, s)
	w.Add("scheme = ?", scheme)
	return db.All(tx, "budget.sums", `SELECT `+sumColumns+` FROM budget_sum WHERE `+w.String()+` ORDER BY code LIMIT 100000`, scanSum, w.Args...)
}

// yearsOf reads which years and directions a version has figures of.
func yearsOf(tx *db.Tx, city int64, v *Version) ([]ledger.Slice, error) {
	type pair struct {
		year ledger.Year
		d    ledger.Direction
	}
	pairs, err := db.All(tx, "budget.years", `SELECT year, direction FROM budget_sum WHERE city_id = $1 AND version_id = $2 AND scheme = $3 AND code = '' ORDER BY year, direction DESC`,
		func(r db.Row) (p pair, err error) {
			err = r.Scan(&p.year, &p.d)
			return p, err
		}, city, v.ID, Functional)
	if err != nil {
		return nil, err
	}
	var out []ledger.Slice
	for _, p := range pairs {
		s, err := v.Slice(p.year, p.d)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// keyed reads what each line key is worth in a slice: a source may write one
// line in several rows. Totals and parts of parts are left out.
func keyed(tx *db.Tx, city int64, s ledger.Slice) (map[int64]ledger.Amount, error) {
	out := map[int64]ledger.Amount{}
	w := inSlice(city, s)
	w.Add("standing = ?", Part)
	err := tx.Each("budget.keyed", `SELECT line_key, CAST(SUM(amount) AS BIGINT) FROM budget_line WHERE `+w.String()+` GROUP BY line_key`, func(r db.Row) error {
		var key, amount int64
		err := r.Scan(&key, &amount)
		out[key] = ledger.Of(amount)
		return err
	}, w.Args...)
	return out, err
}

// Appearance is a line in one of the versions that have it.
type Appearance struct {
	Version int64
	*Line
}

// appearances reads where a line key stands, in the published versions, and in
// which words.
func appearances(tx *db.Tx, city, key int64) ([]Appearance, error) {
	return db.All(tx, "budget.appearances", `SELECT l.version_id, l.id, l.line_key, l.file_row, l.year, l.direction, l.amount, l.standing, l.functional, l.administrative, l.economic, l.fund, l.program, l.project,
			l.label_ky, l.label_ru, l.label_en, l.note, l.inferred
		FROM budget_line l JOIN budget_version v ON v.city_id = l.city_id AND v.id = l.version_id
		WHERE l.city_id = $1 AND l.line_key = $2 AND v.state = $3 ORDER BY l.year, v.day, l.version_id, l.id LIMIT 1000`, func(r db.Row) (Appearance, error) {
		var id int64
		l, err := scanLine(shifted{r, &id})
		return Appearance{id, l}, err
	}, city, key, Published)
}

// shifted scans a column in front of those that a scan function knows.
type shifted struct {
	row   db.Row
	first any
}

// Scan implements db.Row.
func (s shifted) Scan(dest ...any) error { return s.row.Scan(append([]any{s.first}, dest...)...) }

func scanStep(r db.Row) (s Step, err error) {
	var names string
	if err = r.Scan(&s.Scheme, &s.Code, &s.From, &s.Until, &s.Parent, &names); err != nil {
		return s, err
	}
	return s, json.Unmarshal([]byte(names), &s.Names)
}

// steps reads the classifications as they stand on a day.
func steps(tx *db.Tx, city int64, day string) ([]Step, error) {
	return db.All(tx, "budget.steps", `SELECT scheme, code, valid_from, valid_until, parent, names FROM budget_class
		WHERE city_id = $1 AND valid_from <= $2 AND (valid_until = '' OR valid_until > $2) ORDER BY scheme, code, valid_from`, scanStep, city, day)
}

// PutStep stores a step of a classification, or changes its names and parent.
func PutStep(tx *db.Tx, city int64, s Step) error {
	names, err := json.Marshal(s.Names)
	if err != nil {
		return err
	}
	_, err = tx.Exec("budget.step", `INSERT INTO budget_class (city_id, scheme, code, valid_from, valid_until, parent, names) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (city_id, scheme, code, valid_from) DO UPDATE SET valid_until = excluded.valid_until, parent = excluded.parent, names = excluded.names`,
		city, s.Scheme, s.Code, s.From, s.Until, s.Parent, string(names))
	return err
}

const importColumns = `id, state, source, files, answers, report, done, expected, attempt, version_id, person_id`

func scanImport(r db.Row) (*Incoming, error) {
	i := &Incoming{}
	var files, answers, report string
	if err := r.Scan(&i.ID, &i.State, &i.Source, &files, &answers, &report, &i.Done, &i.Expected, &i.Attempt, &i.Version, &i.Person); err != nil {
		return nil, err
	}
	return i, errors.Join(json.Unmarshal([]byte(files), &i.Files), json.Unmarshal([]byte(answers), &i.Answers), json.Unmarshal([]byte(report), &i.Report))
}

func (i *Incoming) args(city int64) ([]any, error) {
	files, err1 := json.Marshal(i.Files)
	answers, err2 := json.Marshal(i.Answers)
	report, err3 := json.Marshal(i.Report)
	return []any{city, i.ID, i.State, i.Source, string(files), string(answers), string(report), i.Done, i.Expected, i.Attempt, i.Version, i.Person}, errors.Join(err1, err2, err3)
}

func putImport(tx *db.Tx, city int64, i *Incoming) error {
	args, err := i.args(city)
	if err != nil {
		return err
	}
	_, err = tx.Exec("budget.import.put", `INSERT INTO budget_import (city_id, `+importColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		ON CONFLICT (city_id, id) DO UPDATE SET state = excluded.state, source = excluded.source, files = excluded.files, answers = excluded.answers, report = excluded.report,
			done = excluded.done, expected = excluded.expected, attempt = excluded.attempt, version_id = excluded.version_id`, args...)
	return err
}

func incoming(tx *db.Tx, city, id int64) (*Incoming, error) {
	return db.One(tx, "budget.import", `SELECT `+importColumns+` FROM budget_import WHERE city_id = $1 AND id = $2`, scanImport, city, id)
}

func lockImport(tx *db.Tx, city, id int64) (*Incoming, error) {
	return db.One(tx, "budget.import.lock", `SELECT `+importColumns+` FROM budget_import WHERE city_id = $1 AND id = $2`+tx.ForUpdate(), scanImport, city, id)
}

func imports(tx *db.Tx, city int64, limit int) ([]*Incoming, error) {
	return db.All(tx, "budget.imports", `SELECT `+importColumns+` FROM budget_import WHERE city_id = $1 AND state <> 'dropped' AND version_id = 0 ORDER BY id DESC LIMIT $2`, scanImport, city, limit)
}

// setDone notes how far an import is, apart from what it writes.
func setDone(tx *db.Tx, city int64, i *Incoming) error {
	n, err := tx.Exec("budget.import.done", `UPDATE budget_import SET done = $4, expected = $5 WHERE city_id = $1 AND id = $2 AND attempt = $3`, city, i.ID, i.Attempt, i.Done, i.Expected)
	if err == nil && n == 0 {
		return db.ErrConflict
	}
	return err
}

func sourceAnswers(tx *db.Tx, city int64, name string) (*Answers, error) {
	text, err := db.One(tx, "budget.source", `SELECT answers FROM budget_source WHERE city_id = $1 AND name = $2`, db.Text, city, name)
	if err != nil {
		return nil, err
	}
	a := &Answers{}
	return a, json.Unmarshal([]byte(text), a)
}

func putSource(tx *db.Tx, city int64, name string, a *Answers) error {
	text, err := json.Marshal(a)
	if err != nil {
		return err
	}
	_, err = tx.Exec("budget.source.put", `INSERT INTO budget_source (city_id, name, answers) VALUES ($1, $2, $3) ON CONFLICT (city_id, name) DO UPDATE SET answers = excluded.answers`, city, name, string(text))
	return err
}

func sourceNames(tx *db.Tx, city int64) ([]string, error) {
	return db.All(tx, "budget.sources", `SELECT name FROM budget_source WHERE city_id = $1 ORDER BY name LIMIT 200`, db.Text, city)
}
