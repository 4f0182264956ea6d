package city

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Section is one group of typed settings, declared by the feature that reads it
// with Settings. It tells what an administrator or city.json may change.
type Section struct {
	Name    string // in the database and under "settings" in city.json
	Default any    // a struct with JSON names: whole numbers, booleans and lists of words
	Fields  []SettingField
}

// SettingField is one setting of a section. Its type is that of the default.
type SettingField struct {
	Key string // JSON name
	Min int    // of a number
	Max int    // of a number
}

// Values are the settings of a section by JSON name: int, bool or []string.
type Values map[string]any

// ErrSetting marks values that do not fit their section.
var ErrSetting = errors.New("wrong setting")

// Defaults are the values before the city changed any.
func (s Section) Defaults() (Values, error) {
	text, err := json.Marshal(s.Default)
	if err != nil {
		return nil, fmt.Errorf("settings %s: %w", s.Name, err)
	}
	return decodeValues(text)
}

// Of returns the values that hold in a city.
func (s Section) Of(c *City) (Values, error) {
	v, err := s.Defaults()
	if err != nil || c.settings[s.Name] == "" {
		return v, err
	}
	own, err := decodeValues([]byte(c.settings[s.Name]))
	if err != nil {
		return nil, fmt.Errorf("settings %s of city %s: %w", s.Name, c.Slug, err)
	}
	for key := range v {
		if value, ok := own[key]; ok {
			v[key] = value
		}
	}
	return v, nil
}

// Parse reads the values of a section as city.json has them; what it leaves out
// keeps its default. All that does not fit is told at once, as ErrSetting.
func (s Section) Parse(text []byte) (Values, error) {
	given, err := decodeValues(text)
	if err != nil {
		return nil, fmt.Errorf("%w: settings.%s: %w", ErrSetting, s.Name, err)
	}
	v, err := s.Defaults()
	if err != nil {
		return nil, err
	}
	var wrong []error
	for _, key := range slices.Sorted(maps.Keys(given)) {
		i := slices.IndexFunc(s.Fields, func(f SettingField) bool { return f.Key == key })
		if i < 0 {
			wrong = append(wrong, fmt.Errorf("%w: settings.%s.%s is unknown", ErrSetting, s.Name, key))
			continue
		}
		if !s.Fields[i].fits(v[key], given[key]) {
			wrong = append(wrong, fmt.Errorf("%w: settings.%s.%s is %v, expected %s", ErrSetting, s.Name, key, given[key], s.Fields[i].expects(v[key])))
			continue
		}
		v[key] = given[key]
	}
	return v, errors.Join(wrong...)
}

func (f SettingField) fits(pattern, value any) bool {
	switch pattern.(type) {
	case bool:
		_, ok := value.(bool)
		return ok
	case []string:
		_, ok := value.([]string)
		return ok
	}
	n, ok := value.(int)
	return ok && n >= f.Min && n <= f.Max
}

func (f SettingField) expects(pattern any) string {
	switch pattern.(type) {
	case bool:
		return "true or false"
	case []string:
		return "a list of words"
	}
	return fmt.Sprintf("a whole number from %d to %d", f.Min, f.Max)
}

func decodeValues(text []byte) (Values, error) {
	var raw map[string]any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&raw); err != nil {
		return nil, err
	}
	out := Values{}
	for key, value := range raw {
		switch value := value.(type) {
		case json.Number:
			n, err := value.Int64()
			if err != nil {
				out[key] = value.String() // fits nothing, so it is refused by its key
				continue
			}
			out[key] = int(n)
		case []any, nil:
			words := []string{}
			list, _ := value.([]any)
			for _, w := range list {
				words = append(words, fmt.Sprint(w))
			}
			out[key] = words
		default:
			out[key] = value
		}
	}
	return out, nil
}
