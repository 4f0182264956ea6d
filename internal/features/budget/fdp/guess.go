package fdp

import (
	"slices"
	"strconv"
	"strings"
)

// sampleRows is how many rows behind the header are looked at.
const sampleRows = 200

// headerRows is how deep a header may stand below titles and units.
const headerRows = 25

// guess finds out what the columns of a table hold.
type guess struct {
	heads  []heading
	sample [][]string
	taken  []bool // columns that have a role already
	plan   *plan
	notes  []string
}

// guessPlan makes a plan from headers and the rows behind them.
func guessPlan(header []string, sample [][]string, o *Options) (*plan, []string, error) {
	g := &guess{sample: sample, plan: &plan{}, taken: make([]bool, len(header))}
	for _, h := range header {
		g.heads = append(g.heads, headingOf(h))
	}
	if err := g.told(o.Map); err != nil {
		return nil, nil, err
	}
	g.words()
	if len(g.plan.measures) == 0 {
		if err := g.amounts(); err != nil {
			return nil, nil, err
		}
	}
	return g.plan, g.notes, nil
}

// find returns the column that a person named by its header or by "#3".
func find(header []string, name string) (int, bool) {
	if n, ok := strings.CutPrefix(name, "#"); ok {
		if i, err := strconv.Atoi(n); err == nil && i >= 1 && i <= len(header) {
			return i - 1, true
		}
	}
	for _, same := range []func(string) string{strings.TrimSpace, fold} {
		at, n := -1, 0
		for i, h := range header {
			if same(h) == same(name) {
				at, n = i, n+1
			}
		}
		if n == 1 {
			return at, true
		}
	}
	return 0, false
}

// told takes the answers of the person.
func (g *guess) told(answers map[string]string) error {
	names := make([]string, len(g.heads))
	for i, h := range g.heads {
		names[i] = h.raw
	}
	for _, role := range sortedKeys(answers) {
		i, ok := find(names, answers[role])
		if !ok {
			return &Unsure{What: role, Candidates: filled(names), Flag: "--map " + role + "=COLUMN"}
		}
		if m, ok := parseMeasure(role); ok {
			m.index, m.header = i, names[i]
			if m.year == 0 && strings.Count(role, ":") > 0 {
				m.year = g.heads[i].year
			}
			g.plan.measures = append(g.plan.measures, m)
		} else if c, ok := parseRole(role); ok {
			c.index = i
			g.plan.columns = append(g.plan.columns, c)
		} else {
			return &Unsure{What: role, Candidates: roleNames, Flag: "--map ROLE=COLUMN with one of these roles"}
		}
		g.taken[i] = true
	}
	return nil
}

var roleNames = []string{
	roleAmount, roleYear, roleDate, roleDirection, rolePhase, roleCurrency, roleAdmin, roleFunc, roleEcon, roleFund, roleProgram, roleProject,
	roleLabel, roleNote, roleID,
}

func sortedKeys(m map[string]string) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

func filled(names []string) (out []string) {
	for _, n := range names {
		if n = strings.TrimFunc(n, isSpace); n != "" {
			out = append(out, n)
		}
	}
	return out
}

// rule gives a role to headers that have one of the words.
type rule struct {
	role  string
	exact map[string]bool
	stems []string
}

// rules in the order in which they are tried. Stems are in English, Russian and
// Kyrgyz.
var rules = []rule{
	{roleYear, set("year", "fiscal year", "fy", "budget year", "финансовый год", "год", "бюджетный год", "жыл", "жылы", "каржы жылы", "финансы жылы", "бюджет жылы"), nil},
	{roleCurrency, nil, []string{"currency", "валюта", "валютасы"}},
	{roleFunc, nil, []string{"cofog", "function", "functional", "функция", "функциональн", "функционал", "раздел", "подраздел", "бөлүм", "бөлүмчө", "category", "категория", "sector", "сектор", "тармак"}},
	{roleEcon, nil, []string{"economic", "gfs", "gfsm", "экономич", "экономикал", "статья", "статьи", "берене", "беренеси", "элемент", "object", "kategori"}},
	{roleAdmin, nil, []string{"administrative", "administrator", "department", "dept", "agency", "ministry", "institution", "organization", "organisation", "office", "entity", "ведомств", "учрежден", "распорядител", "организац", "министерств", "мекеме", "мекемеси", "уюм", "министрлик", "башкарма", "башкармалык"}},
	{roleFund, nil, []string{"fund", "funding", "funds", "fin", "источник", "источники", "фонд", "булак", "булагы"}},
	{roleProgram, nil, []string{"program", "programme", "программа", "программасы", "программы"}},
	{roleProject, nil, []string{"project", "проект", "долбоор", "долбоору"}},
	{roleNote, nil, []string{"note", "notes", "comment", "comments", "remark", "примечан", "комментар", "эскертүү", "түшүндүрмө"}},
	{roleLabel, nil, []string{"name", "title", "label", "description", "item", "line", "наименован", "название", "показател", "статьи", "аталышы", "аты", "көрсөткүч", "сыпаттама"}},
	{roleID, set("id", "code", "код", "коду", "line id", "budget line id", "шифр", "no", "номер"), nil},
}

// levels are words that say how deep a step of a classification is.
var levels = map[string]int{"division": 1, "раздел": 1, "бөлүм": 1, "group": 2, "подраздел": 2, "бөлүмчө": 2, "class": 3, "level1": 1, "level2": 2, "level3": 3, "level4": 4}

// words gives roles by the words of the headers and by what the values look like.
func (g *guess) words() {
	for i, h := range g.heads {
		if g.taken[i] || h.all == "" {
			continue
		}
		values := g.values(i)
		switch {
		case !g.plan.has(roleDirection) && all(values, func(s string) bool { return len([]rune(s)) > 1 && directionWords[fold(s)] != "" }):
			g.take(column{role: roleDirection, index: i})
		case !g.plan.has(rolePhase) && all(values, func(s string) bool { return phaseWords[fold(s)] != "" }):
			g.take(column{role: rolePhase, index: i})
		case !g.plan.has(roleDirection) && h.has("direction", "направление", "багыт", "багыты") && half(values, func(s string) bool { return directionOf(s) != "" }):
			g.take(column{role: roleDirection, index: i})
		case !g.plan.has(rolePhase) && h.has("phase", "stage", "этап", "стадия", "баскыч") && half(values, func(s string) bool { return phaseOf(s) != "" }):
			g.take(column{role: rolePhase, index: i})
		}
	}
	for i, h := range g.heads {
		if g.taken[i] || h.all == "" || h.is(surely) {
			continue
		}
		if c, ok := g.byHeader(i, h); ok && !g.doubled(c) {
			g.take(c)
		}
	}
	if !g.plan.has(roleYear) {
		g.dates()
	}
}

func (g *guess) byHeader(i int, h heading) (c column, ok bool) {
	values := g.values(i)
	for _, r := range rules {
		switch {
		case h.is(r.exact):
		case r.stems != nil && h.has(r.stems...):
			if r.role == roleNote || r.role == roleLabel || r.role == roleCurrency {
				break
			}
			// "Project cost", "Department total": words beside an amount.
			if numeric(values) && (h.has(perhaps...) || h.phase() != "" && r.role != roleProject || h.direction() != "") {
				return c, false
			}
		default:
			continue
		}
		c = column{role: r.role, index: i}
		switch r.role {
		case roleAdmin, roleFunc, roleEcon, roleFund, roleProgram, roleProject:
			if numeric(values) && !codes(values) {
				return column{}, false
			}
			c.label = !codes(values) && !h.has("code", "код", "коду", "id", "номер", "шифр")
			for _, w := range h.words {
				if n, ok := levels[w]; ok && (r.role == roleFunc || r.role == roleEcon || strings.HasPrefix(w, "level")) {
					c.level = n
				}
			}
		case roleYear:
			if !half(values, func(s string) bool { _, ok := yearOf(s); return ok }) && len(values) > 0 {
				return column{}, false
			}
		case roleLabel:
			if numeric(values) {
				return column{}, false
			}
			for _, lang := range []string{"ru", "ky", "en"} {
				if slices.Contains(h.words, lang) {
					c.lang = lang
				}
			}
		case roleID:
			c.label = false
		}
		return c, true
	}
	return c, false
}

// dates looks for a date from which the year can be read.
func (g *guess) dates() {
	for i, h := range g.heads {
		if g.taken[i] || !h.has("date", "дата", "күнү", "period", "период", "мезгил", "year", "год", "жыл") {
			continue
		}
		if mostly(g.values(i), func(s string) bool { _, ok := yearOf(s); return ok }) {
			g.take(column{role: roleDate, index: i})
			return
		}
	}
}

func (g *guess) take(c column) {
	g.taken[c.index] = true
	g.plan.columns = append(g.plan.columns, c)
}

// doubled tells whether another column has exactly this role.
func (g *guess) doubled(c column) bool {
	return slices.ContainsFunc(g.plan.columns, func(o column) bool {
		return o.role == c.role && o.level == c.level && o.label == c.label && o.lang == c.lang && c.role != roleNote
	})
}

// amounts finds the column of amounts, or a pair of columns, one a direction.
func (g *guess) amounts() error {
	var sure, maybe, numbers []int
	for i, h := range g.heads {
		if g.taken[i] || h.all == "" || !numeric(g.values(i)) {
			continue
		}
		numbers = append(numbers, i)
		switch {
		case h.is(surely):
			sure = append(sure, i)
		case h.has(perhaps...) || h.unit != "" || h.phase() != "" || h.direction() != "":
			maybe = append(maybe, i)
		case len(h.words) == 0 && h.year != 0:
			maybe = append(maybe, i)
		}
	}
	if len(sure) == 1 {
		g.measure(sure[0], "")
		return nil
	}
	if len(sure) == 0 && g.pair(maybe) {
		return nil
	}
	if len(sure) == 0 && len(maybe) == 1 {
		g.measure(maybe[0], "")
		return nil
	}
	for _, list := range [][]int{sure, maybe, numbers} {
		if len(list) > 0 {
			return &Unsure{What: "amount", Candidates: g.names(list), Flag: "--map amount=COLUMN"}
		}
	}
	return &Unsure{What: "amount", Candidates: g.names(nil), Flag: "--map amount=COLUMN"}
}

// pair takes columns that are one a direction, such as "Income" and "Expenses".
func (g *guess) pair(list []int) bool {
	seen := map[string]bool{}
	for _, i := range list {
		d := g.heads[i].direction()
		if d == "" || seen[d] || g.plan.has(roleDirection) {
			return false
		}
		seen[d] = true
	}
	if len(seen) < 2 {
		return false
	}
	for _, i := range list {
		g.measure(i, g.heads[i].direction())
	}
	return true
}

func (g *guess) measure(i int, direction string) {
	h := g.heads[i]
	m := measure{index: i, header: h.raw, direction: direction, factor: whole(1)}
	if !g.plan.has(roleYear) && !g.plan.has(roleDate) {
		m.year = h.year
	}
	if !g.plan.has(rolePhase) {
		m.phase = h.phase()
	}
	if direction == "" && !g.plan.has(roleDirection) {
		m.direction = h.direction()
	}
	g.taken[i] = true
	g.plan.measures = append(g.plan.measures, m)
}

// names are the headers of the columns, or of all that are free.
func (g *guess) names(list []int) []string {
	var out []string
	for i, h := range g.heads {
		if list == nil && !g.taken[i] || slices.Contains(list, i) {
			out = append(out, strings.TrimFunc(h.raw, isSpace))
		}
	}
	return filled(out)
}

// values are the cells of a column in the sample that say something.
func (g *guess) values(i int) (out []string) {
	for _, row := range g.sample {
		if i < len(row) {
			if s := strings.TrimFunc(row[i], isSpace); s != "" && !blank(s) {
				out = append(out, s)
			}
		}
	}
	return out
}

func all(values []string, is func(string) bool) bool {
	return len(values) > 0 && !slices.ContainsFunc(values, func(s string) bool { return !is(s) })
}

// half is less strict than mostly: for columns whose header says what they are.
func half(values []string, is func(string) bool) bool {
	n := 0
	for _, v := range values {
		if is(v) {
			n++
		}
	}
	return n > 0 && n*2 >= len(values)
}

func mostly(values []string, is func(string) bool) bool {
	n := 0
	for _, v := range values {
		if is(v) {
			n++
		}
	}
	return n > 0 && n*10 >= len(values)*7
}

func numeric(values []string) bool {
	return mostly(values, func(s string) bool { _, ok := shapeOf(s); return ok })
}

// codes tells whether values are short codes such as "09", "04.5", "26-D".
func codes(values []string) bool {
	return mostly(values, func(s string) bool {
		return len(s) <= 12 && !strings.ContainsRune(s, ' ') && strings.ContainsAny(s, "0123456789")
	}) && !slices.ContainsFunc(values, func(s string) bool { _, ok := shapeOf(s); return ok && strings.ContainsRune(s, ',') })
}

// headerAt finds the header among the first rows of a table: the row of which
// most cells are known words. Answers given for columns must be found in it.
func headerAt(head []record, answers map[string]string) int {
	best, bestScore := -1, 0
	for i, r := range head {
		if i >= headerRows || r.bad != "" {
			continue
		}
		cells := filled(r.cells)
		if len(cells) < 2 {
			continue
		}
		score, numbers := 0, 0
		for _, c := range cells {
			h := headingOf(c)
			if _, ok := shapeOf(c); ok && h.year == 0 {
				numbers++
				continue
			}
			if known(h) {
				score += 2
			}
		}
		for _, name := range answers {
			if _, ok := find(r.cells, name); ok && !strings.HasPrefix(name, "#") {
				score += 20
			}
		}
		if numbers*2 > len(cells) {
			continue
		}
		if score = score*4 - numbers; score > bestScore {
			best, bestScore = i, score
		}
	}
	if best >= 0 {
		return best
	}
	for i, r := range head {
		if len(filled(r.cells)) > 1 && r.bad == "" {
			return i
		}
	}
	return -1
}

// known tells whether a header has a word of any role.
func known(h heading) bool {
	if h.is(surely) || h.has(perhaps...) || h.phase() != "" || h.direction() != "" || h.has("direction", "направление", "багыт", "phase", "этап", "date", "дата") {
		return len(h.words) <= 6
	}
	for _, r := range rules {
		if h.is(r.exact) || r.stems != nil && h.has(r.stems...) {
			return len(h.words) <= 6
		}
	}
	return false
}

// counted tells of a row that only numbers the columns: 1, 2, 3 …
func counted(cells []string) bool {
	list := filled(cells)
	if len(list) < 3 {
		return false
	}
	for i, c := range list {
		if c != strconv.Itoa(i+1) {
			return false
		}
	}
	return true
}
