package place

import (
	"cmp"
	"math"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"
)

// The kinds of named places.
const (
	KindDistrict      = "district"
	KindMicrodistrict = "microdistrict"
	KindLandmark      = "landmark"
	KindStreet        = "street"
	KindAddress       = "address"
)

// rank puts kinds in the order in which equally good finds are shown.
var rank = map[string]int{KindStreet: 0, KindMicrodistrict: 1, KindLandmark: 2, KindDistrict: 3, KindAddress: 4}

// Entry is one named place. Placed is false for a name whose position nobody has given yet: it can
// be found by name, but names no position. Line is the course of a street, as longitude, latitude.
type Entry struct {
	ID       int64
	Kind     string
	Names    Texts
	Aliases  []string // old names, short forms, other spellings
	Placed   bool
	Lat, Lon float64
	Line     [][2]float64
}

// Found is an entry that answers a search. House is the number that was typed behind a street and
// that the gazetteer does not know.
type Found struct {
	Entry
	House string
}

// Text is the found place in a language, with the house number that was typed.
func (f Found) Text(lang string) string {
	name := f.Names.In(lang)
	if f.House != "" {
		name += ", " + f.House
	}
	return name
}

// Gazetteer finds places by name and names by position. It is read-only and safe for concurrent use.
type Gazetteer struct {
	entries []Entry
	forms   []form
	index   []posting
	words   []string // the index's words, each once, in order
}

// form is one spelling of an entry: a name or an alias.
type form struct {
	entry  int
	folded string
	words  int
	rank   int
	alias  bool
	street bool
}

// posting says that a word stands in a form. Words for kinds of places are weak: they help to
// narrow down, but they are no part of the name.
type posting struct {
	word string
	form int
	at   int
	weak bool
}

// NewGazetteer makes the index of a city's names.
func NewGazetteer(entries []Entry) *Gazetteer {
	g := &Gazetteer{entries: entries}
	for i, e := range entries {
		seen := map[string]bool{}
		for n, text := range append([]string{e.Names.Ky, e.Names.Ru, e.Names.En}, e.Aliases...) {
			if text == "" || seen[text] {
				continue
			}
			seen[text] = true
			g.addForm(i, text, n >= 3)
		}
	}
	slices.SortFunc(g.index, func(a, b posting) int {
		return cmp.Or(strings.Compare(a.word, b.word), cmp.Compare(a.form, b.form))
	})
	for _, p := range g.index {
		if n := len(g.words); n == 0 || g.words[n-1] != p.word {
			g.words = append(g.words, p.word)
		}
	}
	return g
}

func (g *Gazetteer) addForm(entry int, text string, alias bool) {
	words := Words(text)
	n := len(g.forms)
	kind := g.entries[entry].Kind
	g.forms = append(g.forms, form{
		entry: entry, folded: strings.Join(words, " "), words: len(words), rank: rank[kind],
		alias: alias, street: kind == KindStreet || kind == KindAddress,
	})
	own := map[string]bool{}
	for at, w := range words {
		own[w] = true
		g.index = append(g.index, posting{word: w, form: n, at: at})
	}
	if len(words) > 1 && !slices.ContainsFunc(words, isNumber) {
		// "Ак-Орго" is also typed as one word.
		g.index = append(g.index, posting{word: single(strings.Join(words, "")), form: n})
	}
	for _, w := range rawWords(text) {
		if !own[w] {
			g.index = append(g.index, posting{word: w, form: n, weak: true})
		}
	}
}

// Len returns the number of entries.
func (g *Gazetteer) Len() int { return len(g.entries) }

// Entries returns all entries of a kind, or with "" of all kinds, in their stored order.
func (g *Gazetteer) Entries(kind string) []Entry {
	var out []Entry
	for _, e := range g.entries {
		if kind == "" || e.Kind == kind {
			out = append(out, e)
		}
	}
	return out
}

// Search returns up to limit places whose names hold every word of the query, the last one perhaps
// unfinished, best first. A house number behind a street's name is handed back with the street.
// Nothing found, it looks once more and forgives one wrong letter a word.
func (g *Gazetteer) Search(query string, limit int) []Found {
	q := asked(query)
	if len(q.words) == 0 || limit <= 0 {
		return nil
	}
	if found := g.find(q, limit, g.starting); len(found) > 0 {
		return found
	}
	if name, house := splitHouse(query); house != "" {
		var found []Found
		for _, f := range g.find(asked(name), limit, g.starting) {
			if f.Kind == KindStreet || f.Kind == KindMicrodistrict {
				f.House = house
				found = append(found, f)
			}
		}
		if len(found) > 0 {
			return found
		}
	}
	return g.find(q, limit, g.resembling)
}

// question is a folded query. street says that a word such as "street" was dropped from it.
type question struct {
	words  []string
	street bool
}

func asked(query string) question {
	words := Words(query)
	return question{words: words, street: len(words) < len(rawWords(query))}
}

// splitHouse takes the house number off the end of a query, as it was typed.
func splitHouse(query string) (name, house string) {
	query = strings.TrimSpace(query)
	at := strings.LastIndexAny(query, " ,")
	if at < 0 || at+1 == len(query) || query[at+1] < '0' || query[at+1] > '9' {
		return query, ""
	}
	return query[:at], query[at+1:]
}

// match is how well an entry answers a query; smaller is better. A form of -1 is no answer.
type match struct {
	entry, form int32
	score       int32
}

func (g *Gazetteer) find(q question, limit int, lookup func(string, func(posting, int))) []Found {
	// Penalties of the forms that hold every word so far, plus one; zero is a form that does not.
	var hits []int32
	for i, w := range q.words {
		next := make([]int32, len(g.forms))
		found := false
		lookup(w, func(p posting, penalty int) {
			total := int32(penalty) + 1
			if i > 0 {
				if hits[p.form] == 0 {
					return
				}
				total += hits[p.form] - 1
			}
			if p.weak {
				total += 8
			}
			if p.at != i {
				total += 2
			}
			if old := next[p.form]; old == 0 || total < old {
				next[p.form] = total
				found = true
			}
		})
		if !found {
			return nil
		}
		hits = next
	}
	return g.best(hits, q, limit)
}

// best keeps the best form of each entry and returns the best entries in order. Forms lie in the
// order of their entries, so an entry is done when the next one begins.
func (g *Gazetteer) best(hits []int32, q question, limit int) []Found {
	query := strings.Join(q.words, " ")
	top := make([]match, 0, limit+1)
	now := match{form: -1}
	for n, penalty := range hits {
		if penalty == 0 {
			continue
		}
		m := match{entry: int32(g.forms[n].entry), form: int32(n), score: g.score(n, penalty-1, query, q.street)}
		switch {
		case now.form >= 0 && m.entry == now.entry:
			if m.score < now.score {
				now = m
			}
		default:
			top = g.insert(top, now, limit)
			now = m
		}
	}
	top = g.insert(top, now, limit)
	out := make([]Found, 0, len(top))
	for _, m := range top {
		out = append(out, Found{Entry: g.entries[m.entry]})
	}
	return out
}

func (g *Gazetteer) score(n int, penalty int32, query string, street bool) int32 {
	f := &g.forms[n]
	score := penalty * 4
	if f.folded != query {
		score += 4
	}
	if f.alias {
		score += 2
	}
	if street && !f.street {
		score += 3
	}
	return score
}

// insert puts an answer into the ordered list of the best ones.
func (g *Gazetteer) insert(top []match, m match, limit int) []match {
	if m.form < 0 || len(top) == limit && g.compare(m, top[limit-1]) > 0 {
		return top
	}
	at, _ := slices.BinarySearchFunc(top, m, g.compare)
	top = slices.Insert(top, at, m)
	return top[:min(limit, len(top))]
}

func (g *Gazetteer) compare(a, b match) int {
	if a.score != b.score {
		return cmp.Compare(a.score, b.score)
	}
	fa, fb := &g.forms[a.form], &g.forms[b.form]
	return cmp.Or(cmp.Compare(fa.words, fb.words), cmp.Compare(fa.rank, fb.rank),
		strings.Compare(fa.folded, fb.folded), cmp.Compare(a.entry, b.entry))
}

// starting calls each for the postings of words that begin with a text; a whole word costs nothing.
func (g *Gazetteer) starting(text string, each func(posting, int)) {
	from := sort.Search(len(g.index), func(i int) bool { return g.index[i].word >= text })
	for _, p := range g.index[from:] {
		if !strings.HasPrefix(p.word, text) {
			return
		}
		penalty := 0
		if len(p.word) > len(text) {
			// Numbers are either right or wrong: microdistrict 1 is not 12.
			if isNumber(text) && isNumber(p.word) {
				continue
			}
			penalty = 1
		}
		each(p, penalty)
	}
}

// resembling calls each for the postings of words that one wrong letter turns into the text.
func (g *Gazetteer) resembling(text string, each func(posting, int)) {
	if utf8.RuneCountInString(text) < 4 || isNumber(text) {
		g.starting(text, each)
		return
	}
	for _, w := range g.words {
		if len(w) < len(text)-1 || isNumber(w) || !oneOff(text, w) {
			continue
		}
		at := sort.Search(len(g.index), func(i int) bool { return g.index[i].word >= w })
		for ; at < len(g.index) && g.index[at].word == w; at++ {
			each(g.index[at], 3)
		}
	}
}

// oneOff reports whether a text is the beginning of a word, or the word, but for one letter that is
// wrong, missing, too many or swapped with its neighbour.
func oneOff(text, word string) bool {
	i := 0
	for i < len(text) && i < len(word) && text[i] == word[i] {
		i++
	}
	if i == len(text) || i == len(word) {
		return len(text)-i <= 1
	}
	rest, have := text[i:], word[i:]
	return strings.HasPrefix(have[1:], rest[1:]) || // wrong
		strings.HasPrefix(have, rest[1:]) && len(rest) > 1 || // too many
		strings.HasPrefix(have[1:], rest) || // missing
		len(rest) > 1 && len(have) > 1 && rest[0] == have[1] && rest[1] == have[0] && strings.HasPrefix(have[2:], rest[2:])
}

// Nearest returns the entry of the given kinds (all, if none) closest to a place, with its distance
// in metres, or false when none lies within metres.
func (g *Gazetteer) Nearest(lat, lon, metres float64, kinds ...string) (Entry, float64, bool) {
	best, at := metres, -1
	east := perDegree * math.Cos(lat*math.Pi/180)
	for i := range g.entries {
		e := &g.entries[i]
		if !e.Placed || len(kinds) > 0 && !slices.Contains(kinds, e.Kind) {
			continue
		}
		if d := e.distance(lat, lon, east); d <= best {
			best, at = d, i
		}
	}
	if at < 0 {
		return Entry{}, 0, false
	}
	return g.entries[at], best, true
}

// perDegree is the length of a degree of latitude in metres.
const perDegree = 111195

// distance returns the metres from a place to the entry's line or point; east is the length of a
// degree of longitude there. Within a city the globe is flat enough.
func (e *Entry) distance(lat, lon, east float64) float64 {
	if len(e.Line) < 2 {
		return math.Hypot((e.Lon-lon)*east, (e.Lat-lat)*perDegree)
	}
	best := math.Inf(1)
	x0, y0 := (e.Line[0][0]-lon)*east, (e.Line[0][1]-lat)*perDegree
	for _, c := range e.Line[1:] {
		x1, y1 := (c[0]-lon)*east, (c[1]-lat)*perDegree
		best = min(best, toSegment(x0, y0, x1, y1))
		x0, y0 = x1, y1
	}
	return best
}

// toSegment returns the distance from the origin to the segment between two corners.
func toSegment(x0, y0, x1, y1 float64) float64 {
	dx, dy := x1-x0, y1-y0
	t := 0.0
	if square := dx*dx + dy*dy; square > 0 {
		t = max(0, min(1, -(x0*dx+y0*dy)/square))
	}
	return math.Hypot(x0+t*dx, y0+t*dy)
}

// Where says in words where a place is. Exactly one of At and Near is set, or none when the
// gazetteer knows nothing around; In is the microdistrict, when one is close.
type Where struct {
	At     *Entry // the place is at this address or on this street
	Near   *Entry // the place is near this landmark, street or microdistrict
	In     *Entry
	Metres float64 // distance to At or Near
}

// How far a name reaches, in metres.
const (
	reachAddress = 40
	reachStreet  = 60
	reachNear    = 700
	reachQuarter = 1000
)

// Where returns the words for a place.
func (g *Gazetteer) Where(lat, lon float64) Where {
	var w Where
	if e, _, ok := g.Nearest(lat, lon, reachQuarter, KindMicrodistrict); ok {
		w.In = &e
	}
	if e, d, ok := g.Nearest(lat, lon, reachAddress, KindAddress); ok {
		w.At, w.Metres = &e, d
		return w
	}
	if e, d, ok := g.Nearest(lat, lon, reachStreet, KindStreet); ok && len(e.Line) > 1 {
		w.At, w.Metres = &e, d
		return w
	}
	if e, d, ok := g.Nearest(lat, lon, reachNear, KindLandmark, KindStreet, KindMicrodistrict); ok {
		w.Near, w.Metres = &e, d
		if e.Kind == KindMicrodistrict {
			w.In = nil
		}
	}
	return w
}

// Text returns the words in a language; near turns a name into "near that name". It is empty when
// nothing is known around.
func (w Where) Text(lang string, near func(name string) string) string {
	var parts []string
	switch {
	case w.At != nil:
		parts = append(parts, w.At.Names.In(lang))
	case w.Near != nil:
		parts = append(parts, near(w.Near.Names.In(lang)))
	}
	if w.In != nil {
		parts = append(parts, w.In.Names.In(lang))
	}
	return strings.Join(parts, ", ")
}
