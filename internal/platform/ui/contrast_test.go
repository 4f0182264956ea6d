package ui_test

import (
	"fmt"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// pairs are the colours that carry text, each with what it stands on.
var pairs = map[string][]string{
	"ground":     {"ink", "soft", "lake", "lake-dark", "error", "late"},
	"raised":     {"ink", "soft", "lake", "lake-dark", "error"},
	"sunken":     {"ink", "soft", "lake", "lake-dark"},
	"lake":       {"on-lake"},
	"lake-dark":  {"on-lake"},
	"focus":      {"focus-ink"},
	"waiting-bg": {"ink", "soft", "lake", "waiting"},
	"work-bg":    {"ink", "soft", "lake", "work"},
	"fixed-bg":   {"ink", "lake", "fixed"},
	"closed-bg":  {"closed"},
	"late-bg":    {"ink", "lake", "late", "error"},
}

func TestEveryPairOfColoursCanBeRead(t *testing.T) {
	light, dark := themes(t)
	for name, theme := range map[string]map[string]string{"light": light, "dark": dark} {
		for ground, inks := range pairs {
			for _, ink := range inks {
				t.Run(fmt.Sprintf("%s %s on %s", name, ink, ground), func(t *testing.T) {
					if got := contrast(luminance(t, theme, ink), luminance(t, theme, ground)); got < 4.5 {
						t.Errorf("contrast is %.2f, want at least 4.5", got)
					}
				})
			}
		}
	}
}

var declaration = regexp.MustCompile(`--([a-z-]+):\s*(#[0-9a-f]{3,6});`)

// themes reads both roles from the Sass; what the dark one leaves out stays
// as in the light one.
func themes(t *testing.T) (light, dark map[string]string) {
	t.Helper()
	text, err := os.ReadFile("../../../web/sass/_theme.scss")
	if err != nil {
		t.Fatal(err)
	}
	day, night, found := strings.Cut(string(text), "@media screen and (prefers-color-scheme: dark)")
	if !found {
		t.Fatal("_theme.scss has no dark theme")
	}
	light, dark = map[string]string{}, map[string]string{}
	for _, m := range declaration.FindAllStringSubmatch(day, -1) {
		light[m[1]], dark[m[1]] = m[2], m[2]
	}
	for _, m := range declaration.FindAllStringSubmatch(night, -1) {
		if light[m[1]] == "" {
			t.Errorf("--%s is only in the dark theme", m[1])
		}
		dark[m[1]] = m[2]
	}
	return light, dark
}

// luminance is the relative luminance of WCAG 2.2.
func luminance(t *testing.T, theme map[string]string, name string) float64 {
	t.Helper()
	hex := strings.TrimPrefix(theme[name], "#")
	if len(hex) == 3 {
		hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
	}
	n, err := strconv.ParseUint(hex, 16, 32)
	if err != nil || len(hex) != 6 {
		t.Fatalf("--%s is %q, not a colour", name, theme[name])
	}
	return 0.2126*linear(n>>16&255) + 0.7152*linear(n>>8&255) + 0.0722*linear(n&255)
}

func linear(channel uint64) float64 {
	c := float64(channel) / 255
	if c <= 0.04045 {
		return c / 12.92
	}
	return math.Pow((c+0.055)/1.055, 2.4)
}

func contrast(a, b float64) float64 {
	return (max(a, b) + 0.05) / (min(a, b) + 0.05)
}
