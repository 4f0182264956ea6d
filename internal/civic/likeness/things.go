package likeness

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"

	"github.com/ashar-kg/ashar/internal/civic/place"
)

//go:embed things.tsv
var thingsText string

// thing is something of a city that has words in every language.
type thing struct {
	code   string
	weight float64
	names  map[string]string
}

// table finds things by a folded word: whole words first, then beginnings.
type table struct {
	byCode map[string]*thing
	whole  map[string]*thing
	begins map[string]*thing
	most   int // length of the longest beginning, in bytes
}

var things = mustRead(thingsText)

func mustRead(text string) *table {
	t, err := readThings(text)
	if err != nil {
		panic(err) // the file is part of the program, a test reads it
	}
	return t
}

func readThings(text string) (*table, error) {
	t := &table{byCode: map[string]*thing{}, whole: map[string]*thing{}, begins: map[string]*thing{}}
	for n, line := range strings.Split(strings.TrimSpace(text), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		if err := t.add(strings.Split(line, "\t")); err != nil {
			return nil, fmt.Errorf("things.tsv line %d: %w", n+1, err)
		}
	}
	return t, nil
}

func (t *table) add(cells []string) error {
	if len(cells) != 8 {
		return fmt.Errorf("%d columns, expected 8", len(cells))
	}
	weight, err := strconv.ParseFloat(cells[1], 64)
	if err != nil || weight <= 0 || weight > 2 {
		return fmt.Errorf("weight %q, expected a number above 0 and up to 2", cells[1])
	}
	x := &thing{code: cells[0], weight: weight, names: map[string]string{"ky": cells[2], "ru": cells[3], "en": cells[4]}}
	if t.byCode[x.code] != nil {
		return fmt.Errorf("%q stands twice", x.code)
	}
	t.byCode[x.code] = x
	for _, words := range cells[5:] {
		for _, w := range strings.Fields(words) {
			if err := t.word(x, w); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *table) word(x *thing, w string) error {
	into := t.whole
	start, isStart := strings.CutSuffix(w, "-")
	if isStart {
		into = t.begins
	}
	folded := place.Words(start)
	if len(folded) != 1 {
		return fmt.Errorf("%q is not one word", w)
	}
	if old := into[folded[0]]; old != nil && old != x {
		return fmt.Errorf("%q stands for %s and %s", w, old.code, x.code)
	}
	into[folded[0]] = x
	if isStart {
		t.most = max(t.most, len(folded[0]))
	}
	return nil
}

// of is the thing that a folded word stands for, nil when none does. The
// longest beginning wins.
func (t *table) of(word string) *thing {
	if x := t.whole[word]; x != nil {
		return x
	}
	for n := min(t.most, len(word)); n >= 3; n-- {
		if x := t.begins[word[:n]]; x != nil {
			return x
		}
	}
	return nil
}

// Name is what a thing is called in a language, Kyrgyz when it has no name there.
func Name(code, lang string) string {
	x := things.byCode[code]
	if x == nil {
		return code
	}
	if n := x.names[lang]; n != "" {
		return n
	}
	return x.names["ky"]
}
