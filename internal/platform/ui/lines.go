package ui

import "strings"

// Lines splits a text that a person wrote into its paragraphs.
func Lines(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == '\n' })
}
