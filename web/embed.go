// Package web holds what the browser gets beside the pages: styles, scripts,
// the typeface, icons and the service worker. They are built by "make build"
// into dist and embedded; a binary built without them says so and still
// serves plain pages.
package web

import (
	"embed"
	"encoding/json"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"

	httpx "github.com/ashar-kg/ashar/internal/platform/web"
)

//go:embed all:dist
var files embed.FS

// Dist is the built files of this binary.
var Dist = read(files)

// Assets are built files under hashed names.
type Assets struct {
	names map[string]string             // "main.css" → "main.3fa9.css"
	files map[string]func() *httpx.Body // by hashed name; compressed when first asked for
}

// Prefix is the path under which Handler serves.
const Prefix = "/assets/"

func read(fsys fs.FS) *Assets {
	a := &Assets{names: map[string]string{}, files: map[string]func() *httpx.Body{}}
	data, err := fs.ReadFile(fsys, "dist/manifest.json")
	if err != nil {
		return a
	}
	if err := json.Unmarshal(data, &a.names); err != nil {
		return a
	}
	entries, err := fs.ReadDir(fsys, "dist")
	if err != nil {
		return a
	}
	for _, e := range entries {
		if e.IsDir() || e.Name() == "manifest.json" || e.Name() == "placeholder.txt" {
			continue
		}
		plain, err := fs.ReadFile(fsys, "dist/"+e.Name())
		if err != nil {
			continue
		}
		a.files[e.Name()] = sync.OnceValue(func() *httpx.Body { return httpx.NewBody(http.StatusOK, kindOf(e.Name()), plain) })
	}
	return a
}

func kindOf(name string) string {
	switch path.Ext(name) {
	case ".woff2":
		return "font/woff2"
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	}
	return mime.TypeByExtension(path.Ext(name))
}

// Missing tells that the binary was built without the browser's files.
func (a *Assets) Missing() bool { return len(a.names) == 0 }

// URL returns the address of a built file, "" when it was not built.
func (a *Assets) URL(name string) string {
	if hashed, ok := a.names[name]; ok {
		return Prefix + hashed
	}
	return ""
}

// File returns a built file by its plain name.
func (a *Assets) File(name string) (data []byte, ok bool) {
	f, ok := a.files[a.names[name]]
	if !ok {
		return nil, false
	}
	return f().Plain, true
}

// ServeHTTP serves the files under Prefix. Their names change with their
// content, so browsers may keep them for ever.
func (a *Assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f, ok := a.files[strings.TrimPrefix(r.URL.Path, Prefix)]
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	f().Send(w, r)
}
