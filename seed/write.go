package seed

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// MarshalJSON writes a day or null.
func (d Date) MarshalJSON() ([]byte, error) {
	if d.IsZero() {
		return []byte("null"), nil
	}
	return json.Marshal(d.Format(time.DateOnly))
}

// Write puts a city into a folder, as the files that Read takes. The folder is
// made; files of the same names in it are replaced.
func Write(folder string, d *Data) error {
	if err := d.check(); err != nil {
		return fmt.Errorf("the city does not fit together: %w", err)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for _, f := range []struct {
		name string
		doc  any
	}{
		{"city.json", d.City},
		{"gazetteer.json", map[string]any{"entries": d.Places}},
		{"bodies.json", map[string]any{"bodies": d.Bodies}},
		{"categories.json", map[string]any{"groups": d.Groups, "categories": d.Categories}},
		{"routing.json", map[string]any{"fallback": d.Fallback, "routes": d.Routes}},
		{"reasons.json", map[string]any{"reasons": d.Reasons}},
		{"templates.json", map[string]any{"templates": d.Templates}},
		{"series.json", d.Series},
		{"boundary.geojson", json.RawMessage(d.Boundary)},
		{"districts.geojson", json.RawMessage(d.Districts)},
	} {
		var text bytes.Buffer
		e := json.NewEncoder(&text)
		e.SetEscapeHTML(false)
		e.SetIndent("", " ")
		if err := e.Encode(f.doc); err != nil {
			return fmt.Errorf("write %s: %w", f.name, err)
		}
		if err := os.WriteFile(filepath.Join(folder, f.name), text.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return writeHolidays(filepath.Join(folder, "holidays.csv"), d.Holidays)
}

// holidayColumns is the header of holidays.csv.
var holidayColumns = []string{"date", "kind", "ky", "ru", "en", "status", "source"}

func writeHolidays(file string, list []Holiday) error {
	rows := [][]string{holidayColumns}
	for _, h := range list {
		rows = append(rows, []string{h.Date.Format(time.DateOnly), h.Kind, h.Names.Ky, h.Names.Ru, h.Names.En, h.Status, h.Source})
	}
	var text bytes.Buffer
	if err := csv.NewWriter(&text).WriteAll(rows); err != nil {
		return err
	}
	return os.WriteFile(file, text.Bytes(), 0o644)
}
