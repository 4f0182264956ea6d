package ui_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"github.com/ashar-kg/ashar/internal/platform/ui"
)

// hostile is what a stranger may have typed.
const hostile = `"><script>alert(1)</script>`

func parts() map[string]templ.Component {
	options := []ui.Option{{Value: "a", Text: hostile, Hint: hostile, Checked: true}, {Value: "b", Text: "b"}}
	field := ui.Field{Name: "f", Label: hostile, Hint: hostile, Error: hostile, Value: hostile}
	link := ui.Link{Href: "/x", Text: hostile, Icon: "report", Current: true, Badge: "2", Lang: "ky"}
	shell := ui.Shell{
		Lang: "ky", Title: hostile, City: "Бишкек", Header: []ui.Link{link}, Bottom: []ui.Link{link}, Footer: []ui.Link{link},
		Languages: []ui.Link{link, {Href: "/ru", Text: "Русский", Lang: "ru"}}, Account: link, Demo: hostile, DemoLink: link,
		Style: "/assets/main.css", Script: "/assets/main.js", Manifest: "/app.webmanifest", Description: hostile,
	}
	return map[string]templ.Component{
		"input": ui.Input(field), "textarea": ui.Textarea(field), "hidden": ui.Hidden("h", hostile),
		"select":     ui.Select(ui.Choice{Name: "s", Label: hostile, Error: hostile, Options: options}),
		"radios":     ui.Choices(ui.Choice{Name: "r", Label: hostile, Options: options}),
		"checkboxes": ui.Choices(ui.Choice{Name: "c", Label: hostile, Options: options, Many: true}),
		"summary":    ui.Summary([]ui.Row{{Name: hostile, Value: hostile, Href: "/x"}}),
		"errors":     ui.ErrorSummary(hostile, []ui.Problem{{Field: "f", Text: hostile}}),
		"button":     ui.Button(hostile), "secondary": ui.Secondary(hostile), "warning": ui.Warning(hostile),
		"link button": ui.LinkButton("/x", hostile), "tag": ui.Tag("late", hostile), "notice": ui.Notice("error", hostile, hostile),
		"figure": ui.Figure("7", hostile, hostile), "empty": ui.Empty(hostile, hostile, "/x", hostile),
		"crumbs": ui.Crumbs(hostile, []ui.Link{link}), "pager": ui.Pager(hostile, "/n", hostile, "/o", hostile),
		"prose": ui.Prose("ky", hostile), "action": ui.Do(hostile, hostile), "panel": ui.Panel(hostile, true),
		"page": shell.Page(templ.Raw("<h1>x</h1>")),
	}
}

var inline = regexp.MustCompile(`(?i)<[^>]*\s(style|on[a-z]+)\s*=|<style|<script(?:\s[^>]*)?>[^<]|javascript:`)

func TestPartsKeepToTheContentSecurityPolicy(t *testing.T) {
	for name, part := range parts() {
		t.Run(name, func(t *testing.T) {
			html := draw(t, part)
			if bad := inline.FindString(html); bad != "" {
				t.Errorf("has inline code or style: %s", bad)
			}
			if strings.Contains(html, "<script>alert") {
				t.Error("lets a stranger's words become markup")
			}
		})
	}
}

// An empty aria-current or aria-invalid means "no" to a screen reader.
func TestPartsSayTheirStateToScreenReaders(t *testing.T) {
	all := parts()
	for name, want := range map[string]string{"input": `aria-invalid="true"`, "textarea": `aria-invalid="true"`, "page": `aria-current="page"`} {
		t.Run(name, func(t *testing.T) {
			html := draw(t, all[name])
			if !strings.Contains(html, want) {
				t.Errorf("lacks %s", want)
			}
			if bad := regexp.MustCompile(`aria-(current|invalid)[\s>]`).FindString(html); bad != "" {
				t.Errorf("has an empty %s", bad)
			}
		})
	}
}

func draw(t *testing.T, part templ.Component) string {
	t.Helper()
	var out strings.Builder
	if err := part.Render(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
