package mailin

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// unseen are the elements whose words nobody reads.
var unseen = map[atom.Atom]bool{
	atom.Head: true, atom.Script: true, atom.Style: true, atom.Title: true, atom.Template: true, atom.Noscript: true,
}

// blocks are the elements that begin on a line of their own.
var blocks = map[atom.Atom]bool{
	atom.P: true, atom.Div: true, atom.Br: true, atom.Tr: true, atom.Table: true, atom.Ul: true, atom.Ol: true, atom.Li: true,
	atom.H1: true, atom.H2: true, atom.H3: true, atom.H4: true, atom.H5: true, atom.H6: true, atom.Blockquote: true,
	atom.Pre: true, atom.Hr: true, atom.Section: true, atom.Article: true, atom.Header: true, atom.Footer: true, atom.Address: true,
}

// paragraphs are the blocks with an empty line around them.
var paragraphs = map[atom.Atom]bool{
	atom.P: true, atom.H1: true, atom.H2: true, atom.H3: true, atom.H4: true, atom.H5: true, atom.H6: true, atom.Table: true, atom.Ul: true, atom.Ol: true,
}

// textOf reduces HTML to text: blocks become lines, points of a list begin with
// a dash, quoted lines with "> ", as in a plain letter. Links lose their
// addresses.
func textOf(source string) string {
	w := lines{}
	tokens := html.NewTokenizer(strings.NewReader(source))
	hidden := atom.Atom(0)
	for {
		switch tokens.Next() {
		case html.ErrorToken:
			return w.text()
		case html.TextToken:
			if hidden == 0 {
				w.words(string(tokens.Text()))
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			name, _ := tokens.TagName()
			element := atom.Lookup(name)
			switch {
			case hidden != 0:
				if element == atom.Body {
					hidden = 0 // a head that was never closed
				}
			case unseen[element]:
				hidden = element
			default:
				w.open(element)
			}
		case html.EndTagToken:
			name, _ := tokens.TagName()
			element := atom.Lookup(name)
			if element == hidden {
				hidden = 0
			}
			w.close(element)
		}
	}
}

// lines builds text line by line.
type lines struct {
	all   []string
	line  strings.Builder
	depth int // of blockquotes
	space bool
}

func (w *lines) words(text string) {
	for _, r := range text {
		switch r {
		case ' ', '\t', '\r', '\n', '\f':
			w.space = true
			continue
		}
		if w.space && w.line.Len() > 0 {
			w.line.WriteByte(' ')
		}
		w.space = false
		w.line.WriteRune(r)
	}
}

func (w *lines) open(element atom.Atom) {
	switch {
	case element == atom.Br:
		w.end(true)
		return
	case element == atom.Td || element == atom.Th:
		w.space = true
	}
	w.block(element)
	switch element {
	case atom.Li:
		w.line.WriteString("- ")
		w.space = false
	case atom.Blockquote:
		w.depth++
	}
}

func (w *lines) close(element atom.Atom) {
	w.block(element)
	if element == atom.Blockquote && w.depth > 0 {
		w.depth--
	}
}

func (w *lines) block(element atom.Atom) {
	if blocks[element] {
		w.end(false)
	}
	if paragraphs[element] && len(w.all) > 0 && strings.Trim(w.all[len(w.all)-1], "> ") != "" {
		w.all = append(w.all, w.quote(""))
	}
}

// end ends the line; an empty one is kept when it was asked for.
func (w *lines) end(empty bool) {
	text := strings.TrimRight(w.line.String(), " ")
	if text != "" || empty {
		w.all = append(w.all, w.quote(text))
	}
	w.line.Reset()
	w.space = false
}

// maxQuoted bounds the marks before a line.
const maxQuoted = 10

func (w *lines) quote(line string) string {
	return strings.TrimRight(strings.Repeat("> ", min(w.depth, maxQuoted))+line, " ")
}

func (w *lines) text() string {
	w.end(false)
	return strings.Trim(strings.Join(w.all, "\n"), "\n")
}
