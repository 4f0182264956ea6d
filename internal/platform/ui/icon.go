// Package ui draws the parts of a page from plain strings: the frame, form
// fields, tags, figures. It knows nothing of cities; class names are those of
// govuk-frontend where it has the part.
package ui

import (
	"context"
	"io"

	"github.com/a-h/templ"
)

// icons are our own line drawings on a grid of 24, stroke 1.75.
var icons = map[string]string{
	"mark":       `<path d="M4 20V10l8-6 8 6v10"/><path d="M12 20v-6M8.5 12.5 12 9l3.5 3.5"/>`,
	"person":     `<circle cx="12" cy="8" r="4"/><path d="M4.5 20c1-4 4-6 7.5-6s6.500 2 7.500 6"/>`,
	"map":        `<path d="M3 6.500 9 4l6 2.500L21 4v13.500L15 20l-6-2.500L3 20z"/><path d="M9 4v13.500M15 6.500V20"/>`,
	"report":     `<path d="M12 5v14M5 12h14"/>`,
	"city":       `<path d="M4 20V9l5-3v14M9 20V4l7 4v12M16 20v-8l4 2v6M3 20h18"/>`,
	"search":     `<circle cx="11" cy="11" r="6.500"/><path d="m16 16 4.500 4.500"/>`,
	"bell":       `<path d="M6 16V11a6 6 0 0 1 12 0v5l1.500 2h-15zM10 20.500h4"/>`,
	"share":      `<circle cx="6" cy="12" r="2.500"/><circle cx="17" cy="6" r="2.500"/><circle cx="17" cy="18" r="2.500"/><path d="m8.300 10.800 6.500-3.500M8.300 13.200l6.500 3.500"/>`,
	"camera":     `<path d="M4 8h3.500L9 5.500h6L16.500 8H20v11H4z"/><circle cx="12" cy="13" r="3.500"/>`,
	"pin":        `<path d="M12 21c-4-4.500-6.500-7.800-6.500-11a6.500 6.500 0 0 1 13 0c0 3.200-2.500 6.500-6.500 11z"/><circle cx="12" cy="10" r="2.500"/>`,
	"phone":      `<path d="M5 4h4l1.500 5-2.500 1.500a12 12 0 0 0 5.500 5.500L15 13.500l5 1.500v4c-8.500 1-16-6.500-15-15z"/>`,
	"clock":      `<circle cx="12" cy="12" r="8.500"/><path d="M12 7v5l3.500 2"/>`,
	"check":      `<path d="m5 12.500 4.500 4.500L19 7"/>`,
	"cross":      `<path d="M6 6l12 12M18 6 6 18"/>`,
	"flag":       `<path d="M6 21V4h11l-2 4 2 4H6"/>`,
	"follow":     `<path d="M2.500 12S6 5.500 12 5.500 21.500 12 21.500 12 18 18.500 12 18.500 2.500 12 2.500 12z"/><circle cx="12" cy="12" r="3"/>`,
	"inbox":      `<path d="M4 13 6.500 5h11L20 13v6H4z"/><path d="M4 13h5l1 2.500h4l1-2.500h5"/>`,
	"lamp":       `<path d="M7 21h6M10 21V6a4 4 0 0 1 8 0v2M15.500 8h5l-1 3h-3z"/>`,
	"road":       `<path d="M8 4 4 20M16 4l4 16M12 5v3M12 11v3M12 17v3"/>`,
	"walk":       `<path d="M3 19h18M6 19v-4h5v-3h5V9h4"/>`,
	"bus":        `<path d="M5 6h14v11H5zM5 12h14M8 17v2M16 17v2"/>`,
	"signal":     `<path d="M12 21V10M7 4h10l2 3-2 3H7z"/>`,
	"waste":      `<path d="M5 7h14M9 7V4.500h6V7M7 7l1 13h8l1-13M10 11v5M14 11v5"/>`,
	"water":      `<path d="M12 3.500c3.500 4.500 6 7.500 6 11a6 6 0 0 1-12 0c0-3.500 2.500-6.500 6-11z"/>`,
	"heat":       `<path d="M6 4v16M10 4v16M14 4v16M18 4v16M4 7h16M4 17h16"/>`,
	"tree":       `<path d="M12 21v-7M12 14c-4 0-6-2.500-6-5.500S8.500 3 12 3s6 2.500 6 5.500S16 14 12 14zM12 12l2.500-2.500"/>`,
	"aryk":       `<path d="M3 9c2 0 2 1.500 4.500 1.500S10 9 12 9s2 1.500 4.500 1.500S19 9 21 9M3 15c2 0 2 1.500 4.500 1.500S10 15 12 15s2 1.500 4.500 1.500S19 15 21 15"/>`,
	"house":      `<path d="M4 20V10.500L12 4l8 6.500V20zM10 20v-6h4v6"/>`,
	"lift":       `<path d="M5 3.500h14v17H5zM12 3.500v17M8 8l1-1.500L10 8M14 15l1 1.500 1-1.500"/>`,
	"noise":      `<path d="M4 10v4h3.500L12 18V6L7.500 10zM15.500 9a4 4 0 0 1 0 6M18 6.500a8 8 0 0 1 0 11"/>`,
	"car":        `<path d="M4 16v-4l2-5h12l2 5v4zM4 12h16M7 16v2.500M17 16v2.500"/>`,
	"dog":        `<path d="M5 20v-6l-1.500-4L7 7l3 3h6l4-3v4l-2 2v7M9 15h6"/>`,
	"warning":    `<path d="M12 4 2.500 20h19zM12 10v5M12 17.500v.5"/>`,
	"building":   `<path d="M5 20.500V4h9v16.500M14 9h5v11.500M3 20.500h18M8 8h3M8 12h3M8 16h3"/>`,
	"playground": `<path d="M4 20 9 5l5 15M6 14h6M14 8h6M17 8v7"/>`,
	"other":      `<circle cx="6" cy="12" r="1.500"/><circle cx="12" cy="12" r="1.500"/><circle cx="18" cy="12" r="1.500"/>`,
	"list":       `<path d="M8 6h12M8 12h12M8 18h12M4 6h.5M4 12h.5M4 18h.5"/>`,
	"qr":         `<path d="M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h2.500v2.500H14zM18 18h2v2h-2z"/>`,
	"settings":   `<circle cx="12" cy="12" r="3"/><path d="M12 3v3M12 18v3M3 12h3M18 12h3M5.600 5.600l2.100 2.100M16.300 16.300l2.100 2.100M5.600 18.400l2.100-2.100M16.300 7.700l2.100-2.100"/>`,
}

// Icon draws a sign beside words; it says nothing to a screen reader.
func Icon(name string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		path, ok := icons[name]
		if !ok {
			path = icons["other"]
		}
		_, err := io.WriteString(w, `<svg class="icon" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round">`+path+`</svg>`)
		return err
	})
}
