// Command build makes what the browser gets: it compiles styles and scripts,
// cuts the typeface, draws the icons, gives every file a name that changes
// with its content, and writes their list. Run it from the repository's root
// after "npm ci" in web: go run ./web/build
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "web/build:", err)
		os.Exit(1)
	}
}

func run() error {
	if _, err := os.Stat("web/node_modules/sass"); err != nil {
		return errors.New("web/node_modules is not there; run \"npm ci --ignore-scripts\" in web")
	}
	tmp, err := os.MkdirTemp("", "ashar-web-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	node := exec.Command("node", "build/styles.mjs", tmp)
	node.Dir = "web"
	node.Stdout, node.Stderr = os.Stdout, os.Stderr
	if err := node.Run(); err != nil {
		return fmt.Errorf("styles: %w", err)
	}
	d := &dist{names: map[string]string{}}
	if err := d.clean(); err != nil {
		return err
	}
	fonts := map[string]string{}
	for _, script := range []string{"cyrillic-ext", "cyrillic", "latin"} {
		name := "golos-" + script + ".woff2"
		if err := d.addFile(filepath.Join(tmp, name), name); err != nil {
			return err
		}
		fonts[name] = d.names[name]
		for _, weight := range []string{"400", "700"} {
			name := "golos-" + script + "-" + weight + ".ttf"
			if err := d.addFile(filepath.Join(tmp, name), name); err != nil {
				return err
			}
		}
	}
	d.names["golos.woff2"] = d.names["golos-cyrillic.woff2"]
	for _, sheet := range []string{"main.css", "map.css"} {
		css, err := os.ReadFile(filepath.Join(tmp, sheet))
		if err != nil {
			return err
		}
		for plain, hashed := range fonts {
			css = bytes.ReplaceAll(css, []byte(plain), []byte(hashed))
		}
		if err := d.add(sheet, css); err != nil {
			return err
		}
	}
	if err := icons(d); err != nil {
		return err
	}
	if err := bundle(d); err != nil {
		return err
	}
	return d.list()
}

// dist is the folder of built files.
type dist struct{ names map[string]string }

const folder = "web/dist"

func (d *dist) clean() error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() != "placeholder.txt" {
			if err := os.Remove(filepath.Join(folder, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *dist) addFile(path, name string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return d.add(name, data)
}

func (d *dist) add(name string, data []byte) error {
	sum := sha256.Sum256(data)
	ext := filepath.Ext(name)
	hashed := strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:5]) + ext
	d.names[name] = hashed
	return os.WriteFile(filepath.Join(folder, hashed), data, 0o644)
}

func (d *dist) list() error {
	text, err := json.MarshalIndent(d.names, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "manifest.json"), append(text, '\n'), 0o644)
}

// bundle builds the scripts. The map's worker comes first: its hashed name is
// written into the map's script.
func bundle(d *dist) error {
	worker, err := build("web/node_modules/maplibre-gl/dist/maplibre-gl-worker.mjs", nil)
	if err != nil {
		return err
	}
	if err := d.add("maplibre-worker.js", worker); err != nil {
		return err
	}
	define := map[string]string{
		"MAP_WORKER": quote("/assets/" + d.names["maplibre-worker.js"]),
		"MAP_STYLE":  quote("/assets/" + d.names["map.css"]),
	}
	for _, name := range []string{"map.ts", "blur.ts", "desk.ts", "myvote.ts"} {
		js, err := build("web/ts/"+name, define)
		if err != nil {
			return err
		}
		out := strings.TrimSuffix(name, ".ts") + ".js"
		if err := d.add(out, js); err != nil {
			return err
		}
		define[strings.ToUpper(strings.TrimSuffix(name, ".ts"))+"_SCRIPT"] = quote("/assets/" + d.names[out])
	}
	for _, name := range []string{"main.ts", "sw.ts"} {
		js, err := build("web/ts/"+name, define)
		if err != nil {
			return err
		}
		if err := d.add(strings.TrimSuffix(name, ".ts")+".js", js); err != nil {
			return err
		}
	}
	return nil
}

func quote(s string) string { return `"` + s + `"` }

func build(entry string, define map[string]string) ([]byte, error) {
	res := api.Build(api.BuildOptions{
		EntryPoints: []string{entry}, Bundle: true, Format: api.FormatESModule, Target: api.ES2020, Define: define,
		MinifyWhitespace: true, MinifyIdentifiers: true, MinifySyntax: true, LegalComments: api.LegalCommentsNone, LogLevel: api.LogLevelWarning,
	})
	if len(res.Errors) > 0 {
		return nil, fmt.Errorf("%s: %s", entry, res.Errors[0].Text)
	}
	return res.OutputFiles[0].Contents, nil
}

// icons writes the installed app's sign in the sizes that phones ask for.
func icons(d *dist) error {
	if err := d.add("icon.svg", []byte(iconSVG)); err != nil {
		return err
	}
	for name, of := range map[string]struct {
		size int
		safe bool
	}{"icon-180.png": {180, true}, "icon-192.png": {192, false}, "icon-512.png": {512, false}, "icon-maskable.png": {512, true}} {
		var out bytes.Buffer
		if err := png.Encode(&out, drawIcon(of.size, of.safe)); err != nil {
			return err
		}
		if err := d.add(name, out.Bytes()); err != nil {
			return err
		}
	}
	return nil
}
