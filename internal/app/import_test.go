package app_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ashar-kg/ashar/internal/app"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/seed"
)

func TestAnOwnCityIsFoundedFromFilesAndChangedByThem(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		folder := t.TempDir()
		if err := os.CopyFS(folder, os.DirFS(filepath.Join("..", "..", "seed", "bishkek"))); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(filepath.Join(folder, "phrases.json")); err != nil {
			t.Fatal(err)
		}
		change(t, folder, "city.json", func(c object) {
			c["slug"], c["hosts"], c["names"] = "tokmok", []string{"tokmok.example"}, object{"ky": "Токмок", "ru": "Токмок", "en": "Tokmok"}
		})
		found := func() (founded bool) {
			t.Helper()
			// The demo city holds the first place of this installation.
			_, founded, err := a.Import(t.Context(), os.DirFS(folder))
			if err != nil {
				t.Fatal(err)
			}
			return founded
		}
		if !found() {
			t.Error("the city was there already")
		}
		codes := func() string {
			t.Helper()
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/api/v1/categories?lang=en", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Host = "tokmok.example"
			answer, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			var list []struct{ Code string }
			if err := json.NewDecoder(answer.Body).Decode(&list); err != nil {
				t.Fatal(err)
			}
			var out []string
			for _, c := range list {
				out = append(out, c.Code)
			}
			return strings.Join(out, " ")
		}
		if got := codes(); !strings.Contains(got, "street-light") || !strings.Contains(got, "pothole") {
			t.Errorf("the new city takes %s", got)
		}

		// A category leaves the files: it can no longer be reported.
		change(t, folder, "categories.json", func(c object) {
			var stay []any
			for _, one := range c["categories"].([]any) {
				if one.(object)["code"] != "pothole" {
					stay = append(stay, one)
				}
			}
			c["categories"] = stay
		})
		change(t, folder, "routing.json", func(c object) {
			var stay []any
			for _, one := range c["routes"].([]any) {
				if one.(object)["category"] != "pothole" {
					stay = append(stay, one)
				}
			}
			c["routes"] = stay
		})
		if found() {
			t.Error("the city was founded a second time")
		}
		if got := codes(); !strings.Contains(got, "street-light") || strings.Contains(got, "pothole") {
			t.Errorf("after the change the city takes %s", got)
		}
		var list []struct{ Code string }
		visit(t, s).ask(200, http.MethodGet, "/api/v1/categories", "", nil, &list)
		if !strings.Contains(text(t, list), "pothole") {
			t.Error("the other city lost a category")
		}

		// What is wrong in the files is told, all of it, and nothing changes.
		change(t, folder, "routing.json", func(c object) { c["fallback"] = "nobody" })
		change(t, folder, "city.json", func(c object) { c["hosts"] = []string{} })
		if _, _, err := a.Import(t.Context(), os.DirFS(folder)); err == nil || !strings.Contains(err.Error(), "nobody") || !strings.Contains(err.Error(), "host") {
			t.Errorf("wrong files are answered with %v", err)
		}
		if _, _, err := a.Import(t.Context(), os.DirFS(t.TempDir())); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("an empty folder is answered with %v", err)
		}
	})
}

func TestAnExportedCityIsTheSameCityElsewhere(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		// What the administrator changed is part of the city.
		admin := visit(t, s)
		admin.do(200, http.MethodPost, "/demo", url.Values{"person": {"1000"}, "back": {"/account"}})
		form := settingsForm(t, admin)
		form.Set("reopen_days", "21")
		form.Set("blocked_words", "viagra казино")
		admin.do(200, http.MethodPost, "/admin/settings", form)
		first, second := filepath.Join(t.TempDir(), "first"), filepath.Join(t.TempDir(), "second")
		demo, err := a.CityNamed("bishkek")
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Export(t.Context(), demo, first); err != nil {
			t.Fatal(err)
		}
		change(t, first, "city.json", func(c object) { c["slug"], c["hosts"] = "tokmok", []string{"tokmok.example"} })
		if _, _, err := a.Import(t.Context(), os.DirFS(first)); err != nil {
			t.Fatal(err)
		}
		own, err := a.CityNamed("tokmok")
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Export(t.Context(), own, second); err != nil {
			t.Fatal(err)
		}
		files, err := os.ReadDir(first)
		if err != nil || len(files) != 11 {
			t.Fatalf("%d files, %v", len(files), err)
		}
		for _, f := range files {
			if f.Name() == "city.json" {
				change(t, second, f.Name(), func(object) {}) // the same layout as the one changed by hand
			}
			before, err := os.ReadFile(filepath.Join(first, f.Name()))
			if err != nil {
				t.Fatal(err)
			}
			after, err := os.ReadFile(filepath.Join(second, f.Name()))
			if err != nil || string(before) != string(after) {
				t.Errorf("%s is not the same after a round trip: %v", f.Name(), err)
			}
		}
		data, err := seed.Read(os.DirFS(second))
		if err != nil {
			t.Fatal(err)
		}
		demoData, err := seed.Load()
		if err != nil {
			t.Fatal(err)
		}
		if len(data.Bodies) != len(demoData.Bodies) || len(data.Places) != len(demoData.Places) || len(data.Routes) != len(demoData.Routes) ||
			len(data.Holidays) != len(demoData.Holidays) || len(data.Templates) != len(demoData.Templates) || len(data.Series.Prices.Points) != len(demoData.Series.Prices.Points) || data.Fallback != demoData.Fallback {
			t.Error("the export lost something of the city")
		}
		for _, day := range []string{"2024-12-31", "2025-01-01", "2025-07-31", "2025-08-01"} {
			at, _ := time.Parse(time.DateOnly, day)
			for _, c := range demoData.Categories {
				if got, want := data.BodyFor(c.Code, "leninsky", at), demoData.BodyFor(c.Code, "leninsky", at); got != want {
					t.Errorf("%s goes to %s on %s, not to %s", c.Code, got, day, want)
				}
			}
		}
		if got := string(data.City.Settings["report"]); !strings.Contains(got, `"reopen_days":21`) || !strings.Contains(got, "казино") {
			t.Errorf("the settings are %s", got)
		}
		for _, wrong := range []object{{"reopen_days": -1}, {"reopen_days": "many"}, {"reopen_dais": 3}} {
			change(t, second, "city.json", func(c object) { c["settings"] = object{"report": wrong} })
			if _, _, err := a.Import(t.Context(), os.DirFS(second)); !errors.Is(err, city.ErrSetting) || !strings.Contains(err.Error(), "settings.report.reopen_da") {
				t.Errorf("the settings %v are answered with %v", wrong, err)
			}
		}
	})
}

// change rewrites one JSON file of a city.
func change(t *testing.T, folder, name string, fn func(object)) {
	t.Helper()
	file := filepath.Join(folder, name)
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var doc object
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	fn(doc)
	if data, err = json.Marshal(doc); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
}
