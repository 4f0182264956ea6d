package budget

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/i18n"
	"github.com/ashar-kg/ashar/internal/platform/paper"
	"github.com/ashar-kg/ashar/internal/platform/ui"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Chapter is a part of the Citizens Budget, in the languages of the city. Its
// texts may name figures: {revenue}, {expenditure}, {each}, {residents}, {year},
// or the code of a function such as {09}.
type Chapter struct {
	Titles, Texts Texts
}

// Booklet is the Citizens Budget of a year. Frozen and Files are what was
// published, by language.
type Booklet struct {
	Year      int64
	Version   int64 // whose figures it tells
	Chapters  []Chapter
	Frozen    map[string][]paper.Chapter
	Files     map[string]string // PDF in the blob store
	Published int64             // Unix milliseconds; 0 while it is written
}

// Limits of a booklet.
const (
	maxChapters = 6
	maxChapter  = 5000 // characters
)

func booklet(tx *db.Tx, city, year int64) (*Booklet, error) {
	return db.One(tx, "budget.booklet", `SELECT year, version_id, chapters, frozen, files, published_at FROM budget_booklet WHERE city_id = $1 AND year = $2`, scanBooklet, city, year)
}

func scanBooklet(r db.Row) (*Booklet, error) {
	b := &Booklet{}
	var chapters, frozen, files string
	if err := r.Scan(&b.Year, &b.Version, &chapters, &frozen, &files, &b.Published); err != nil {
		return nil, err
	}
	return b, errors.Join(json.Unmarshal([]byte(chapters), &b.Chapters), json.Unmarshal([]byte(frozen), &b.Frozen), json.Unmarshal([]byte(files), &b.Files))
}

func putBooklet(tx *db.Tx, city int64, b *Booklet) error {
	chapters, err1 := json.Marshal(b.Chapters)
	frozen, err2 := json.Marshal(b.Frozen)
	files, err3 := json.Marshal(b.Files)
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	_, err := tx.Exec("budget.booklet.put", `INSERT INTO budget_booklet (city_id, year, version_id, chapters, frozen, files, published_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (city_id, year) DO UPDATE SET version_id = excluded.version_id, chapters = excluded.chapters, frozen = excluded.frozen, files = excluded.files, published_at = excluded.published_at`,
		city, b.Year, b.Version, string(chapters), string(frozen), string(files), b.Published)
	return err
}

// Booklets reads the published ones, the newest year first.
func (s *Service) Booklets(ctx context.Context, c *city.City) (out []*Booklet, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		out, err = db.All(tx, "budget.booklets", `SELECT year, version_id, chapters, frozen, files, published_at FROM budget_booklet WHERE city_id = $1 AND published_at > 0 ORDER BY year DESC LIMIT 100`, scanBooklet, c.ID)
		return err
	})
	return out, err
}

// Booklet reads one of a year; for who writes it also before it is published,
// and an empty one where there is none.
func (s *Service) Booklet(ctx context.Context, c *city.City, a permission.Actor, year int64) (b *Booklet, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		b, err = booklet(tx, c.ID, year)
		return err
	})
	writes := a.Some(Publish)
	switch {
	case errors.Is(err, db.ErrNotFound) && writes && year > 1990 && year < 2200:
		return &Booklet{Year: year}, nil
	case err == nil && b.Published == 0 && !writes:
		return nil, web.NotFound()
	}
	return b, err
}

// bound finds the figures that a text names.
var bound = regexp.MustCompile(`\{([^{}\s]{1,60})\}`)

// figures are what the texts of a booklet may name, by name.
type figures struct {
	o *Overview
	p *i18n.Printer
}

// value is a figure in words; ok is false for a name that nothing has.
func (f figures) value(name string) (text string, ok bool) {
	o := f.o
	switch name {
	case "year":
		return strconv.Itoa(int(o.Version.Year)), true
	case "residents":
		return f.p.Number(int(o.Version.Residents)), true
	case "revenue":
		if o.Revenue != nil {
			return round(f.p, o.Revenue.Whole.Whole()), true
		}
	case "expenditure":
		if o.Spending != nil {
			return round(f.p, o.Spending.Whole.Whole()), true
		}
	case "each":
		if o.Spending != nil {
			return round(f.p, o.Spending.Whole.Whole().Per(o.Version.Residents)), true
		}
	}
	for _, side := range []*Side{o.Spending, o.Revenue} {
		if side == nil {
			continue
		}
		for _, x := range side.Items {
			if x.Code == name {
				return round(f.p, x.Amount), true
			}
		}
	}
	return "", false
}

// fill puts the figures into a text; missing names those that nothing has.
func (f figures) fill(text string) (out string, missing []string) {
	out = bound.ReplaceAllStringFunc(text, func(m string) string {
		name := m[1 : len(m)-1]
		value, ok := f.value(name)
		if !ok {
			missing = append(missing, name)
		}
		return value
	})
	return out, missing
}

// SaveBooklet keeps what somebody wrote; publish makes it public as it is now,
// with its PDF, for good. Fields: version, title_<n>_<lang>, text_<n>_<lang>.
func (s *Service) SaveBooklet(ctx context.Context, c *city.City, a permission.Actor, b *Booklet, publish bool, printer func(lang string) *i18n.Printer) error {
	if !a.Some(Publish) {
		return permission.ErrDenied
	}
	o, err := s.Year(ctx, c, a, b.Version)
	if err != nil {
		return err
	}
	f := &web.Form{}
	if o.Version == nil || b.Version == 0 || o.Version.State != Published {
		f.Fail("version", "error.field.choice")
		return f.Err()
	}
	b.Frozen, b.Files = map[string][]paper.Chapter{}, map[string]string{}
	for _, lang := range c.Languages {
		b.Frozen[lang] = b.filled(f, figures{o, printer(lang)}, lang, publish)
	}
	if err := f.Err(); err != nil {
		return err
	}
	if publish {
		b.Published = s.Clock.Now().UnixMilli()
		for _, lang := range c.Languages {
			pdf, err := s.print(c, b, o, lang, printer(lang))
			if err != nil {
				return err
			}
			if b.Files[lang], _, err = s.Blobs.Put(ctx, bytes.NewReader(pdf), 0); err != nil {
				return err
			}
		}
	}
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		old, err := booklet(tx, c.ID, b.Year)
		if err != nil && !errors.Is(err, db.ErrNotFound) {
			return err
		}
		if old != nil && old.Published != 0 {
			return web.Conflict() // what was published stays as it was
		}
		if err := putBooklet(tx, c.ID, b); err != nil {
			return err
		}
		return permission.Audit(tx, a, "budget.booklet", "budget_booklet", b.Year, strconv.FormatBool(publish), s.Clock.Now())
	})
	s.Versions.Mark(c.ID)
	return err
}

// filled is the booklet in a language with its figures. Figures that nothing has
// are errors; a published booklet needs every chapter in every language.
func (b *Booklet) filled(f *web.Form, v figures, lang string, publish bool) (out []paper.Chapter) {
	for i, ch := range b.Chapters {
		n := strconv.Itoa(i)
		if publish && (ch.Titles[lang] == "" || ch.Texts[lang] == "") {
			f.Fail("text_"+n+"_"+lang, "budget.error.chapter")
			continue
		}
		title, missing1 := v.fill(ch.Titles[lang])
		text, missing2 := v.fill(ch.Texts[lang])
		if missing := append(missing1, missing2...); len(missing) > 0 {
			f.Fail("text_"+n+"_"+lang, "budget.error.figure", "names", strings.Join(missing, ", "))
		}
		f.Long("text_"+n+"_"+lang, text, maxChapter)
		if title != "" || text != "" {
			out = append(out, paper.Chapter{Title: title, Paragraphs: ui.Lines(text)})
		}
	}
	if publish && len(b.Chapters) == 0 {
		f.Fail("text_0_"+lang, "budget.error.chapter")
	}
	return out
}

// print sets the booklet of a language on paper.
func (s *Service) print(c *city.City, b *Booklet, o *Overview, lang string, p *i18n.Printer) ([]byte, error) {
	day := o.Version.Day
	if t, err := time.Parse(time.DateOnly, day); err == nil {
		day = p.Date(t)
	}
	sheet := paper.Sheet{
		Lang: lang, City: c.Name(lang), Title: p.T("budget.booklet") + ", " + strconv.FormatInt(b.Year, 10), At: time.UnixMilli(b.Published), Words: b.Frozen[lang],
		Span: p.T("budget.version.named", "phase", p.T("budget.phase."+string(o.Version.Phase)), "year", strconv.Itoa(int(o.Version.Year)), "day", day),
		Note: p.T("budget.source.from", "source", o.Version.Source), Source: "/budget/booklets/" + strconv.FormatInt(b.Year, 10),
	}
	if o.Version.Inferred {
		sheet.Note = p.T("budget.inferred") + " " + sheet.Note
	}
	for _, side := range []*Side{o.Revenue, o.Spending} {
		if side == nil {
			continue
		}
		t := paper.Table{Title: p.T("budget.where." + string(side.Slice.Direction())), Head: []string{p.T("budget.column.what"), p.T("budget.column.amount")}}
		for _, x := range side.Items {
			name, _ := o.tree.name(usual(side.Slice.Direction()), x.Code, lang)
			t.Rows = append(t.Rows, []string{name, exact(p, x.Amount)})
		}
		sheet.Tables = append(sheet.Tables, t)
	}
	return sheet.PDF(s.Typeface)
}

// defaults is how many chapters a new booklet begins with.
const defaults = 3

// bindings are the names of figures that stay names until the booklet is filled.
var bindings = []any{"year", "{year}", "revenue", "{revenue}", "expenditure", "{expenditure}", "each", "{each}"}

// FirstChapters are what a new booklet begins with.
func FirstChapters(languages []string, printer func(lang string) *i18n.Printer) (out []Chapter) {
	for i := range defaults {
		ch := Chapter{Titles: Texts{}, Texts: Texts{}}
		for _, lang := range languages {
			p, key := printer(lang), "budget.booklet.chapter"+strconv.Itoa(i+1)
			ch.Titles[lang], ch.Texts[lang] = p.T(key+".title"), p.T(key+".text", bindings...)
		}
		out = append(out, ch)
	}
	return out
}
