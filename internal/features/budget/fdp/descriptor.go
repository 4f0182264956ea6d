package fdp

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// The shapes of a descriptor.
const (
	formatOne   = "fdp-1.0"   // columnType on the fields
	formatModel = "fdp-0.3"   // model
	formatAlpha = "fdp-alpha" // mapping
	formatPlain = "datapackage"
)

// maxDescriptor bounds a datapackage.json, in bytes.
const maxDescriptor = 8 << 20

// descriptor is what is read of a datapackage.json.
type descriptor struct {
	Name         string     `json:"name"`
	Title        words      `json:"title"`
	Profile      string     `json:"profile"`
	Resources    []resource `json:"resources"`
	Model        *model     `json:"model"`
	Mapping      *model     `json:"mapping"`
	FiscalPeriod struct {
		Start string `json:"start"`
		End   string `json:"end"`
	} `json:"fiscalPeriod"`
}

type resource struct {
	Name     string `json:"name"`
	Path     paths  `json:"path"`
	Format   string `json:"format"`
	Encoding string `json:"encoding"`
	Dialect  struct {
		Delimiter string  `json:"delimiter"`
		QuoteChar *string `json:"quoteChar"`
		Header    *bool   `json:"header"`
	} `json:"dialect"`
	Schema struct {
		Fields        []field  `json:"fields"`
		Extra         []field  `json:"extraFields"`
		MissingValues []string `json:"missingValues"`
	} `json:"schema"`
	// As the Budget Data Package before 0.3 says them.
	Type       string `json:"type"`
	Status     string `json:"status"`
	Currency   string `json:"currency"`
	FiscalYear scalar `json:"fiscalYear"`
}

type field struct {
	Name       string            `json:"name"`
	Title      words             `json:"title"`
	Type       string            `json:"type"`
	ColumnType string            `json:"columnType"`
	Factor     scalar            `json:"factor"`
	Constant   scalar            `json:"constant"`
	Decimal    string            `json:"decimalChar"`
	Group      string            `json:"groupChar"`
	Normalize  map[string]scalar `json:"normalize"`
	Target     bool              `json:"normalizationTarget"`
}

type model struct {
	Measures   orderedMap[modelMeasure]   `json:"measures"`
	Dimensions orderedMap[modelDimension] `json:"dimensions"`
}

type modelMeasure struct {
	Source    string `json:"source"`
	Resource  string `json:"resource"`
	Currency  string `json:"currency"`
	Factor    scalar `json:"factor"`
	Direction string `json:"direction"`
	Phase     string `json:"phase"`
}

type modelDimension struct {
	Attributes orderedMap[attribute] `json:"attributes"`
	Kind       string                `json:"dimensionType"`
	Class      string                `json:"classificationType"`
}

type attribute struct {
	Source   string `json:"source"`
	Constant scalar `json:"constant"`
	Resource string `json:"resource"`
	Parent   string `json:"parent"`
	LabelFor string `json:"labelfor"`
}

// scalar is a JSON string, number or boolean as text.
type scalar string

// UnmarshalJSON implements json.Unmarshaler.
func (s *scalar) UnmarshalJSON(b []byte) error {
	var text string
	if json.Unmarshal(b, &text) == nil {
		*s = scalar(text)
		return nil
	}
	if b[0] != '{' && b[0] != '[' && string(b) != "null" {
		*s = scalar(b)
	}
	return nil
}

// words are a text, or the same in several languages of which one is taken.
type words string

// UnmarshalJSON implements json.Unmarshaler.
func (w *words) UnmarshalJSON(b []byte) error {
	var text string
	if json.Unmarshal(b, &text) == nil {
		*w = words(text)
		return nil
	}
	var many map[string]string
	if json.Unmarshal(b, &many) == nil {
		for _, k := range sortedKeys(many) {
			*w = words(many[k])
			break
		}
	}
	return nil
}

// paths are one path or several whose rows belong together.
type paths []string

// UnmarshalJSON implements json.Unmarshaler.
func (p *paths) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*p = paths{one}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(p))
}

// orderedMap keeps the order of a JSON object; alpha descriptors write lists of
// named things instead.
type orderedMap[T any] struct {
	keys   []string
	values []T
}

// UnmarshalJSON implements json.Unmarshaler.
func (m *orderedMap[T]) UnmarshalJSON(b []byte) error {
	if b[0] == '[' {
		var list []json.RawMessage
		if err := json.Unmarshal(b, &list); err != nil {
			return err
		}
		for _, raw := range list {
			var named struct {
				Name string `json:"name"`
			}
			var v T
			if err := errors.Join(json.Unmarshal(raw, &named), json.Unmarshal(raw, &v)); err != nil {
				return err
			}
			m.keys, m.values = append(m.keys, named.Name), append(m.values, v)
		}
		return nil
	}
	d := json.NewDecoder(strings.NewReader(string(b)))
	if t, err := d.Token(); err != nil || t == nil {
		return err
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		var v T
		if err := d.Decode(&v); err != nil {
			return err
		}
		m.keys, m.values = append(m.keys, fmt.Sprint(key)), append(m.values, v)
	}
	return nil
}

func readDescriptor(file string) (*descriptor, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxDescriptor {
		return nil, fmt.Errorf("%s is larger than %d bytes", file, maxDescriptor)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	d := &descriptor{}
	if err := json.Unmarshal([]byte(strings.TrimPrefix(string(b), "\ufeff")), d); err != nil {
		return nil, fmt.Errorf("%s is no data package: %w", filepath.Base(file), err)
	}
	if len(d.Resources) == 0 {
		return nil, fmt.Errorf("%s names no resources", filepath.Base(file))
	}
	return d, nil
}

// format tells which way of describing amounts a package uses.
func (d *descriptor) format() string {
	for i := range d.Resources {
		for _, f := range slices.Concat(d.Resources[i].Schema.Fields, d.Resources[i].Schema.Extra) {
			if f.ColumnType != "" {
				return formatOne
			}
		}
	}
	switch {
	case d.Model != nil:
		return formatModel
	case d.Mapping != nil:
		return formatAlpha
	}
	return formatPlain
}

// period is the year of the package when it has only one.
func (d *descriptor) period() int {
	from, _ := yearOf(d.FiscalPeriod.Start)
	to, ok := yearOf(d.FiscalPeriod.End)
	if from != to && ok {
		return 0
	}
	return from
}

// until is the last day of a fiscal period that begins with its year and ends
// before it does, as a report within the year has it; else "".
func (d *descriptor) until() string {
	end, ok := yearOf(d.FiscalPeriod.End)
	if !ok || !strings.HasPrefix(d.FiscalPeriod.Start, fmt.Sprintf("%04d-01-01", end)) {
		return ""
	}
	day, _, _ := strings.Cut(d.FiscalPeriod.End, "T")
	if _, err := time.Parse(time.DateOnly, day); err != nil || strings.HasSuffix(day, "-12-31") || strings.HasSuffix(day, "-01-01") {
		return ""
	}
	return day
}

// locate finds a file of a package. Descriptors are moved without their folders
// more often than not: the bare name is tried too, and nothing outside.
func locate(dir, name string) (file string, moved bool, err error) {
	clean := path.Clean(filepath.ToSlash(name))
	if strings.Contains(name, "://") || !filepath.IsLocal(filepath.FromSlash(clean)) {
		return "", false, fmt.Errorf("the package names %q, which is not beside it: nothing is fetched", name)
	}
	file = filepath.Join(dir, filepath.FromSlash(clean))
	if _, err := os.Stat(file); err == nil {
		return file, false, nil
	}
	beside := filepath.Join(dir, path.Base(clean))
	if _, err := os.Stat(beside); err == nil {
		return beside, true, nil
	}
	return "", false, fmt.Errorf("the package names %q, which is not there", name)
}

// typed reads a columnType, such as "functional-classification:cofog:group:code".
func typed(columnType string) (c column, amount, ok bool) {
	parts := strings.Split(columnType, ":")
	leaf := parts[len(parts)-1]
	c.label = slices.Contains([]string{"label", "name", "title", "description"}, leaf)
	for _, p := range parts[1:] {
		if n, found := levels[p]; found {
			c.level = n
		} else if p == "level5" || p == "level6" || p == "level7" || p == "level8" {
			c.level = int(p[5] - '0')
		}
	}
	ok = leaf != "description" || len(parts) < 3
	switch parts[0] {
	case "value":
		return c, len(parts) == 1, len(parts) == 1
	case "administrative-classification", "administrator":
		c.role = roleAdmin
	case "functional-classification":
		c.role = roleFunc
	case "economic-classification":
		c.role = roleEcon
	case "fin-source":
		c.role = roleFund
	case "direction":
		c.role = roleDirection
	case "phase":
		c.role = rolePhase
		ok = leaf != "label"
	case "value-currency":
		c.role = roleCurrency
		ok = leaf != "label"
	case "budget-line-id":
		c.role = roleID
	case "date":
		c.role = roleDate
		if leaf == "fiscal-year" {
			c.role = roleYear
		}
		ok = leaf == "fiscal-year" || leaf == "generic"
	case "activity":
		c.role, ok = activity(parts)
	default:
		return c, false, false
	}
	return c, false, ok
}

func activity(parts []string) (role string, ok bool) {
	for _, p := range parts[1:] {
		switch p {
		case "program":
			return roleProgram, true
		case "project":
			return roleProject, true
		}
	}
	return "", false
}

// factorOf reads a factor, 1 when there is none.
func factorOf(s scalar) Decimal {
	if d, code := (style{dot: point}).read(string(s)); code == "" && d.Sign() != 0 {
		return d
	}
	return whole(1)
}

// described is a plan by names of fields, before the header is seen.
type described struct {
	fields   []named   // columns
	measures []nmeasur // amounts
	fixed    []named
	style    *style // when the descriptor says how numbers are written
}

type named struct {
	column
	field string // or the value of a constant
}

type nmeasur struct {
	measure
	field string
}

// byType reads the fields of a 1.0 resource.
func (r *resource) byType() (d described) {
	var st style
	targets := map[string]string{} // extra field → columnType
	for _, f := range r.Schema.Extra {
		targets[f.Name] = f.ColumnType
		c, amount, ok := typed(f.ColumnType)
		if ok && !amount && f.Constant != "" {
			d.fixed = append(d.fixed, named{c, string(f.Constant)})
		}
	}
	for _, f := range r.Schema.Fields {
		c, amount, ok := typed(f.ColumnType)
		if amount || f.Normalize != nil && f.ColumnType == "" {
			m := nmeasur{measure: measure{header: f.Name, factor: factorOf(f.Factor)}, field: f.Name}
			m.normalized(f.Normalize, targets)
			d.measures = append(d.measures, m)
			if f.Decimal == "," || f.Group == "." {
				st = styles["de"]
			} else if f.Decimal == "." || f.Group == "," {
				st = styles["en"]
			}
		} else if ok {
			d.fields = append(d.fields, named{c, f.Name})
		}
	}
	if st != (style{}) {
		d.style = &st
	}
	return d
}

// normalized takes what a descriptor says of all amounts of a column.
func (m *measure) normalized(values map[string]scalar, targets map[string]string) {
	for _, name := range sortedScalars(values) {
		c, _, ok := typed(targets[name])
		if !ok {
			if targets[name] != "" {
				continue
			}
			c = named0(name)
		}
		value := string(values[name])
		switch c.role {
		case roleYear, roleDate:
			m.year, _ = yearOf(value)
		case rolePhase:
			if m.phase = phaseOf(value); m.phase == "" {
				m.phase = value
			}
		case roleDirection:
			m.direction = directionOf(value)
		default:
			m.columns, m.values = append(m.columns, c), append(m.values, value)
		}
	}
}

// named0 guesses the role of an extra field without a type by its name.
func named0(name string) column {
	h := headingOf(name)
	switch {
	case h.has("phase"):
		return column{role: rolePhase}
	case h.has("direction"):
		return column{role: roleDirection}
	case h.has("year", "date"):
		return column{role: roleYear}
	}
	return column{role: roleNote}
}

func sortedScalars(m map[string]scalar) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// byModel reads the model of a 0.3 package, or the mapping of an alpha, as far
// as it speaks of the resource.
func (m *model) byModel(r *resource, first bool) (d described) {
	ours := func(name string) bool { return name == r.Name || name == "" && first }
	for i, x := range m.Measures.values {
		if !ours(x.Resource) {
			continue
		}
		source := x.Source
		if source == "" {
			source = m.Measures.keys[i]
		}
		n := nmeasur{measure: measure{header: source, currency: x.Currency, factor: factorOf(x.Factor), direction: directionOf(x.Direction), phase: x.Phase}, field: source}
		if p := phaseOf(x.Phase); p != "" {
			n.phase = p
		}
		if n.direction == "" {
			n.direction = headingOf(source).direction()
		}
		d.measures = append(d.measures, n)
	}
	dated := false
	for i, dim := range m.Dimensions.values {
		depth := map[string]int{}
		for j, a := range dim.Attributes.values {
			if !ours(a.Resource) {
				continue
			}
			name := dim.Attributes.keys[j]
			c, ok := dimensioned(m.Dimensions.keys[i], name, &dim, &a)
			if !ok || c.role == roleDate && dated {
				continue
			}
			dated = dated || c.role == roleDate
			if c.role == roleAdmin || c.role == roleFunc || c.role == roleEcon {
				c.level = stepOf(name, &a, &dim, depth)
			}
			switch {
			case a.Source != "":
				d.fields = append(d.fields, named{c, a.Source})
			case a.Constant != "":
				d.fixed = append(d.fixed, named{c, string(a.Constant)})
			default:
				d.fields = append(d.fields, named{c, name})
			}
		}
	}
	return d
}

// stepOf is how many parents an attribute has, and one.
func stepOf(name string, a *attribute, dim *modelDimension, depth map[string]int) int {
	if a.LabelFor != "" {
		name = a.LabelFor
	}
	if n, ok := depth[name]; ok {
		return n
	}
	n, at := 1, name
	for range 9 {
		i := slices.Index(dim.Attributes.keys, at)
		if i < 0 || dim.Attributes.values[i].Parent == "" {
			break
		}
		at = dim.Attributes.values[i].Parent
		n++
	}
	depth[name] = n
	return n
}

// dimensioned finds the role of an attribute of a dimension.
func dimensioned(dim, name string, d *modelDimension, a *attribute) (c column, ok bool) {
	h := headingOf(dim)
	attr := headingOf(name)
	c.label = a.LabelFor != "" || attr.has("label", "title", "name", "description") || d.Kind == "entity" && !attr.has("id", "code")
	switch {
	case h.has("direction") || attr.has("direction"):
		c.role = roleDirection
	case h.has("phase") || attr.has("phase"):
		c.role = rolePhase
	case d.Kind == "datetime" || h.has("date", "year", "period", "time", "fiscalyear"):
		c.role = roleDate
		if attr.has("year") {
			c.role = roleYear
		}
	case d.Class == "functional" || h.has("cofog", "functional", "function"):
		c.role = roleFunc
	case d.Class == "economic" || h.has("gfsm", "economic", "kategori") || h.all == "chart of accounts":
		c.role = roleEcon
	case d.Class == "administrative" || h.has("administrator", "administrative", "institution"):
		c.role = roleAdmin
	case h.has("fund", "account"):
		c.role = roleFund
	case h.has("program"):
		c.role = roleProgram
	case h.has("project"):
		c.role = roleProject
	case d.Kind == "classification" || h.has("class", "classification"):
		c.role = roleFunc
	case attr.has("label", "title", "name", "description") && d.Kind == "":
		c.role = roleLabel
		c.label = false
	default:
		return c, false
	}
	return c, true
}
