package app_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ashar-kg/ashar/internal/app"
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
