// Package i18n finds the texts of a message catalogue in a person's language,
// with CLDR plural forms, and writes dates, numbers and money as that language
// does. Catalogues are JSON: "area.key": "text with {name}" or an object of
// plural forms {"one": …, "few": …, "many": …, "other": …} chosen by {n}, with
// a "zero" where none is said in other words.
package i18n

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

// Languages are those in which every text must exist, the first one first.
var Languages = []string{"ky", "ru", "en"}

// forms are the plural forms that whole numbers of a language need.
var forms = map[string][]string{
	"ky": {"one", "other"},
	"ru": {"one", "few", "many", "other"},
	"en": {"one", "other"},
}

// message is a parsed text: pieces between placeholders.
type message struct {
	plain    string    // when it has no placeholder
	segments []segment // otherwise
	plurals  map[plural.Form]*message
}

type segment struct {
	text string
	name string // of a placeholder, "" for text
}

// Catalogue is all texts in all languages.
type Catalogue struct {
	texts map[string]map[string]*message
}

// Load reads the catalogue of a folder with one sub-folder a language and
// checks it: the same keys in each, the same placeholders, all plural forms.
// It returns everything that is wrong at once.
func Load(fsys fs.FS) (*Catalogue, error) {
	c := &Catalogue{texts: map[string]map[string]*message{}}
	var wrong []error
	for _, lang := range Languages {
		texts, errs := loadLanguage(fsys, lang)
		c.texts[lang] = texts
		wrong = append(wrong, errs...)
	}
	wrong = append(wrong, c.compare()...)
	return c, errors.Join(wrong...)
}

func loadLanguage(fsys fs.FS, lang string) (map[string]*message, []error) {
	texts := map[string]*message{}
	files, err := fs.Glob(fsys, lang+"/*.json")
	if err != nil || len(files) == 0 {
		return texts, []error{fmt.Errorf("i18n: no catalogue for %s", lang)}
	}
	var wrong []error
	for _, file := range files {
		data, err := fs.ReadFile(fsys, file)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("i18n: %w", err))
			continue
		}
		var doc map[string]json.RawMessage
		if err := json.Unmarshal(data, &doc); err != nil {
			wrong = append(wrong, fmt.Errorf("i18n: %s: %w", file, err))
			continue
		}
		area := strings.TrimSuffix(path.Base(file), ".json")
		for key, raw := range doc {
			m, err := parse(raw, lang)
			switch {
			case err != nil:
				wrong = append(wrong, fmt.Errorf("i18n: %s: %s: %w", file, key, err))
			case !strings.HasPrefix(key, area+"."):
				wrong = append(wrong, fmt.Errorf("i18n: %s: key %s does not begin with %s", file, key, area))
			default:
				texts[key] = m
			}
		}
	}
	return texts, wrong
}

func parse(raw json.RawMessage, lang string) (*message, error) {
	var text string
	if err := json.Unmarshal(raw, &text); err == nil {
		return parseText(text)
	}
	var cases map[string]string
	if err := json.Unmarshal(raw, &cases); err != nil {
		return nil, errors.New("neither a text nor plural forms")
	}
	m := &message{plurals: map[plural.Form]*message{}}
	for _, need := range forms[lang] {
		if _, ok := cases[need]; !ok {
			return nil, fmt.Errorf("plural form %q is missing", need)
		}
	}
	for name, text := range cases {
		if name != "zero" && !slices.Contains(forms[lang], name) {
			return nil, fmt.Errorf("plural form %q is not of this language", name)
		}
		form, err := parseText(text)
		if err != nil {
			return nil, err
		}
		m.plurals[formNames[name]] = form
	}
	return m, nil
}

var formNames = map[string]plural.Form{
	"zero": plural.Zero, "one": plural.One, "few": plural.Few, "many": plural.Many, "other": plural.Other,
}

func parseText(text string) (*message, error) {
	if strings.TrimSpace(text) == "" {
		return nil, errors.New("text is empty")
	}
	m := &message{}
	for rest := text; rest != ""; {
		open := strings.IndexByte(rest, '{')
		if open < 0 {
			m.segments = append(m.segments, segment{text: rest})
			break
		}
		end := strings.IndexByte(rest[open:], '}')
		if end < 0 {
			return nil, errors.New("placeholder is not closed")
		}
		if open > 0 {
			m.segments = append(m.segments, segment{text: rest[:open]})
		}
		m.segments = append(m.segments, segment{name: rest[open+1 : open+end]})
		rest = rest[open+end+1:]
	}
	if len(m.segments) == 1 && m.segments[0].name == "" {
		m.plain, m.segments = text, nil
	}
	return m, nil
}

func (m *message) names() []string {
	set := map[string]bool{}
	for _, s := range m.segments {
		if s.name != "" {
			set[s.name] = true
		}
	}
	for _, p := range m.plurals {
		for _, n := range p.names() {
			set[n] = true
		}
	}
	var out []string
	for n := range set {
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}

func (c *Catalogue) compare() []error {
	var wrong []error
	first := c.texts[Languages[0]]
	for _, lang := range Languages[1:] {
		for key, m := range first {
			other, ok := c.texts[lang][key]
			if !ok {
				wrong = append(wrong, fmt.Errorf("i18n: %s is missing in %s", key, lang))
			} else if !slices.Equal(m.names(), other.names()) {
				wrong = append(wrong, fmt.Errorf("i18n: %s has other placeholders in %s", key, lang))
			}
		}
		for key := range c.texts[lang] {
			if first[key] == nil {
				wrong = append(wrong, fmt.Errorf("i18n: %s is missing in %s", key, Languages[0]))
			}
		}
	}
	slices.SortFunc(wrong, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return wrong
}

// Has tells whether there is a text under key.
func (c *Catalogue) Has(key string) bool { return c.texts[Languages[0]][key] != nil }

// Keys returns all keys, sorted.
func (c *Catalogue) Keys() []string {
	var out []string
	for k := range c.texts[Languages[0]] {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// Printer returns the texts in a language, the first language when unknown.
func (c *Catalogue) Printer(lang string) *Printer {
	texts, ok := c.texts[lang]
	if !ok {
		lang = Languages[0]
		texts = c.texts[lang]
	}
	return &Printer{lang: lang, tag: language.Make(lang), texts: texts}
}

// Printer writes in one language.
type Printer struct {
	lang  string
	tag   language.Tag
	texts map[string]*message
}

// Lang returns the language written.
func (p *Printer) Lang() string { return p.lang }

// T returns the text under key with its placeholders filled from pairs of name
// and value; numbers are grouped. An unknown key shows itself in brackets, so
// that it is seen.
func (p *Printer) T(key string, args ...any) string {
	m := p.texts[key]
	if m == nil {
		return "⟦" + key + "⟧"
	}
	if m.plurals != nil {
		m = p.form(m, args)
	}
	if m.segments == nil {
		return m.plain
	}
	var b strings.Builder
	for _, s := range m.segments {
		if s.name == "" {
			b.WriteString(s.text)
		} else {
			b.WriteString(p.value(s.name, args))
		}
	}
	return b.String()
}

func (p *Printer) form(m *message, args []any) *message {
	n := 0
	for i := 0; i+1 < len(args); i += 2 {
		if args[i] == "n" {
			n = wholeNumber(args[i+1])
		}
	}
	if n < 0 {
		n = -n
	}
	if none := m.plurals[plural.Zero]; none != nil && n == 0 {
		return none
	}
	if f := m.plurals[plural.Cardinal.MatchPlural(p.tag, n, 0, 0, 0, 0)]; f != nil {
		return f
	}
	return m.plurals[plural.Other]
}

func wholeNumber(v any) int {
	switch v := v.(type) {
	case int:
		return v
	case int64:
		return int(v)
	}
	return 0
}

func (p *Printer) value(name string, args []any) string {
	for i := 0; i+1 < len(args); i += 2 {
		if args[i] != name {
			continue
		}
		switch v := args[i+1].(type) {
		case string:
			return v
		case int:
			return p.Number(v)
		case int64:
			return p.Number(int(v))
		case float64:
			return p.Decimal(v, 1)
		default:
			return fmt.Sprint(v)
		}
	}
	return "⟦" + name + "⟧"
}

// Pick returns the text of a set in a language, falling back ky → ru → en and
// then to any other it has, and the language it is really in.
func Pick(texts map[string]string, lang string) (text, actual string) {
	if s := texts[lang]; s != "" {
		return s, lang
	}
	for _, l := range Languages {
		if s := texts[l]; s != "" {
			return s, l
		}
	}
	for _, l := range slices.Sorted(maps.Keys(texts)) {
		if s := texts[l]; s != "" {
			return s, l
		}
	}
	return "", lang
}

// Choose finds the language for an Accept-Language header among those offered,
// the first of them when none fits.
func Choose(header string, offered []string) string {
	best, weight := "", 0.0
	for part := range strings.SplitSeq(header, ",") {
		tag, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		base, _, _ := strings.Cut(strings.ToLower(tag), "-")
		q := 1.0
		if v, ok := strings.CutPrefix(strings.TrimSpace(params), "q="); ok {
			q, _ = strconv.ParseFloat(v, 64)
		}
		if q > weight && slices.Contains(offered, base) {
			best, weight = base, q
		}
	}
	if best == "" && len(offered) > 0 {
		return offered[0]
	}
	return best
}
