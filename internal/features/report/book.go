package report

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/i18n"
)

// Texts is a text by language, falling back ky → ru → en.
type Texts map[string]string

// In returns the text in a language or the first there is.
func (t Texts) In(lang string) string {
	text, _ := i18n.Pick(t, lang)
	return text
}

// Question is what a category asks besides place and words. Its datatype is
// one of Open311: string, number, datetime, text, singlevaluelist, multivaluelist.
type Question struct {
	Code     string   `json:"code"`
	Datatype string   `json:"datatype"`
	Required bool     `json:"required"`
	Names    Texts    `json:"names"`
	Hint     Texts    `json:"hint"`
	Values   []Choice `json:"values"`
}

// Choice is one value of a list question.
type Choice struct {
	Code  string `json:"code"`
	Names Texts  `json:"names"`
}

// Emergency tells whom to call. Instead says that the call replaces the report.
type Emergency struct {
	Phone   string `json:"phone"`
	Instead bool   `json:"instead"`
	Text    Texts  `json:"text"`
}

// Category is a kind of problem.
type Category struct {
	Code         string              `json:"code"`
	Group        string              `json:"group"`
	Icon         string              `json:"icon"`
	Names        Texts               `json:"names"`
	Descriptions Texts               `json:"descriptions"`
	Keywords     map[string][]string `json:"keywords"`
	Days         int                 `json:"expected_working_days"`
	Private      bool                `json:"private_by_default"`
	Emergency    *Emergency          `json:"emergency"`
	Questions    []Question          `json:"questions"`
	Active       bool                `json:"-"`
}

// Group is a heading over categories.
type Group struct {
	Code  string
	Names Texts
}

// Route says that a body answers for a category in an area ("*" is the whole
// city) for a time. Instants are Unix milliseconds, until is exclusive, 0 is open.
type Route struct {
	ID         int64
	Category   string
	Area       string
	Body       int64
	ValidFrom  int64
	ValidUntil int64
	Source     string
}

// Reason is why a report is closed without repair, hidden, or a person banned.
type Reason struct {
	Code  string
	Kind  string // closed, hide, ban
	Names Texts
}

// Template is a prepared answer with {number}, {category}, {place}, {date}, {body}.
type Template struct {
	Code   string
	Kind   string
	Reason string
	Names  Texts
	Texts  Texts
}

// Book is what a city has laid down about reports, at one moment; read-only.
type Book struct {
	Categories []*Category
	Groups     []Group
	Routes     []Route
	Reasons    []Reason
	Templates  []Template
	Fallback   int64 // body that gets what nobody answers for
	byCode     map[string]*Category
}

// Category returns a category by code.
func (b *Book) Category(code string) (*Category, bool) { c, ok := b.byCode[code]; return c, ok }

// CategoryName returns the name of a category, its code when it is gone.
func (b *Book) CategoryName(code, lang string) string {
	if c, ok := b.byCode[code]; ok {
		return c.Names.In(lang)
	}
	return code
}

// Days is the term of a category in working days.
func (b *Book) Days(code string, s Settings) int {
	if c, ok := b.byCode[code]; ok && c.Days > 0 {
		return c.Days
	}
	return s.DefaultDays
}

// Active returns the categories that can be reported, in the city's order.
func (b *Book) Active() []*Category {
	var out []*Category
	for _, c := range b.Categories {
		if c.Active {
			out = append(out, c)
		}
	}
	return out
}

// ReasonsOf returns the reasons of one kind.
func (b *Book) ReasonsOf(kind string) []Reason {
	var out []Reason
	for _, r := range b.Reasons {
		if r.Kind == kind {
			out = append(out, r)
		}
	}
	return out
}

// ReasonName returns a reason in a language.
func (b *Book) ReasonName(code, lang string) string {
	for _, r := range b.Reasons {
		if r.Code == code {
			return r.Names.In(lang)
		}
	}
	return code
}

// BodyFor returns the body that answers at t: the area's own route before the
// city's, successors for bodies that are gone, the dispatcher for the rest.
func (b *Book) BodyFor(dir *body.Directory, category, district string, t time.Time) int64 {
	ms := t.UnixMilli()
	found := int64(0)
	for _, r := range b.Routes {
		if r.Category != category || ms < r.ValidFrom || (r.ValidUntil != 0 && ms >= r.ValidUntil) {
			continue
		}
		if r.Area == district && district != "" {
			found = r.Body
			break
		}
		if r.Area == "*" && found == 0 {
			found = r.Body
		}
	}
	if now, ok := dir.Current(found, t); ok {
		return now.ID
	}
	return b.Fallback
}

// Fill puts the facts of a report into a template.
func (t Template) Fill(lang string, facts map[string]string) string {
	text := t.Texts.In(lang)
	for k, v := range facts {
		text = strings.ReplaceAll(text, "{"+k+"}", v)
	}
	return text
}

// Books keeps the books of all cities in memory for a few seconds.
type Books struct {
	db   *db.DB
	mu   sync.Mutex
	held map[int64]heldBook
}

type heldBook struct {
	*Book
	at time.Time
}

const keepBook = 5 * time.Second

// NewBooks returns the books of d.
func NewBooks(d *db.DB) *Books { return &Books{db: d, held: map[int64]heldBook{}} }

// Of returns the book of a city.
func (s *Books) Of(ctx context.Context, city int64) (*Book, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if h, ok := s.held[city]; ok && time.Since(h.at) < keepBook {
		return h.Book, nil
	}
	var b *Book
	err := s.db.View(ctx, func(tx *db.Tx) (err error) {
		b, err = ReadBook(tx, city)
		return err
	})
	if err != nil {
		return nil, err
	}
	s.held[city] = heldBook{b, time.Now()}
	return b, nil
}

// Forget makes the next Of read again.
func (s *Books) Forget(city int64) {
	s.mu.Lock()
	delete(s.held, city)
	s.mu.Unlock()
}

// ReadBook reads the book of a city.
func ReadBook(tx *db.Tx, city int64) (b *Book, err error) {
	b = &Book{byCode: map[string]*Category{}}
	if b.Categories, err = categories(tx, city); err != nil {
		return nil, err
	}
	for _, c := range b.Categories {
		b.byCode[c.Code] = c
	}
	if b.Groups, err = groups(tx, city); err != nil {
		return nil, err
	}
	if b.Routes, err = routes(tx, city); err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(b.Routes, func(r Route) bool { return r.Category == "*" }); i >= 0 {
		b.Fallback = b.Routes[i].Body
	}
	if b.Reasons, err = reasons(tx, city); err != nil {
		return nil, err
	}
	b.Templates, err = templates(tx, city)
	return b, err
}

func decode[T any](text, what string) (v T, err error) {
	if err = json.Unmarshal([]byte(text), &v); err != nil {
		err = fmt.Errorf("%s: %w", what, err)
	}
	return v, err
}
