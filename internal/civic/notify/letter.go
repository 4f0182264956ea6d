package notify

import (
	"html"
	"strconv"
	"strings"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/platform/i18n"
	"github.com/ashar-kg/ashar/internal/platform/mail"
)

// Text writes a notice in a person's language. A value that begins with "=" is
// a message key; the value named "n" is a number that chooses the plural; one named
// "title@ky" is the title for who reads Kyrgyz.
func Text(p *i18n.Printer, key string, args map[string]string) (title, text string) {
	pairs := make([]any, 0, 2*len(args))
	for name, value := range args {
		name, lang, said := strings.Cut(name, "@")
		if said && lang != p.Lang() {
			continue
		}
		var v any = value
		if k, isKey := strings.CutPrefix(value, "="); isKey {
			v = p.T(k)
		} else if n, err := strconv.Atoi(value); err == nil && name == "n" {
			v = n
		}
		pairs = append(pairs, name, v)
	}
	// What people wrote may hold line breaks; a subject may not.
	return strings.Join(strings.Fields(p.T(key+".title", pairs...)), " "), squeeze(p.T(key+".text", pairs...))
}

// squeeze takes out the empty lines that values left without words make.
func squeeze(text string) string {
	var out []string
	for para := range strings.SplitSeq(text, "\n\n") {
		if para = strings.TrimSpace(para); para != "" {
			out = append(out, para)
		}
	}
	return strings.Join(out, "\n\n")
}

// words are what a message says, in the language of its reader.
type words struct {
	title, text, link string
	items             []words // of a digest
}

// letter writes the mail: the text first, and the same words as plain HTML.
func (c *Courier) letter(p *i18n.Printer, tenant *city.City, m message, w words) mail.Message {
	var plain, rich strings.Builder
	plain.WriteString(w.text + "\n")
	rich.WriteString(`<!DOCTYPE html><html lang="` + p.Lang() + `"><body><h1>` + html.EscapeString(w.title) + `</h1>`)
	for para := range strings.SplitSeq(w.text, "\n\n") {
		rich.WriteString("<p>" + strings.ReplaceAll(html.EscapeString(para), "\n", "<br>") + "</p>")
	}
	for _, i := range w.items {
		plain.WriteString("\n* " + i.title + "\n")
		rich.WriteString(`<p><a href="` + html.EscapeString(i.link) + `">` + html.EscapeString(i.title) + `</a></p>`)
		if i.link != "" {
			plain.WriteString("  " + i.link + "\n")
		}
	}
	if w.link != "" {
		plain.WriteString("\n" + w.link + "\n")
		rich.WriteString(`<p><a href="` + html.EscapeString(w.link) + `">` + html.EscapeString(p.T("notify.mail.open")) + `</a></p>`)
	}
	foot := p.T("notify.mail.foot", "city", tenant.Name(p.Lang()))
	plain.WriteString("\n-- \n" + foot + "\n")
	rich.WriteString("<p>" + html.EscapeString(foot) + "</p>")
	headers := map[string]string{"Auto-Submitted": "auto-generated"}
	if m.Person != 0 {
		stop, how := c.stop(tenant, m.Person, headers), p.T("notify.mail.stop")
		plain.WriteString(how + " " + stop + "\n")
		rich.WriteString(`<p><a href="` + html.EscapeString(stop) + `">` + html.EscapeString(strings.TrimSuffix(how, ":")) + `</a></p>`)
	}
	rich.WriteString("</body></html>")
	return mail.Message{
		From: c.From, To: m.Target, ReplyTo: m.ReplyTo, Subject: w.title, Text: plain.String(), HTML: rich.String(),
		MessageID: m.MessageID + "@" + c.Host, Headers: headers,
	}
}

// stop sets the headers by which a mail program ends the messages, and returns
// the address for the reader.
func (c *Courier) stop(tenant *city.City, person int64, headers map[string]string) string {
	address := c.Absolute(tenant, StopPath(tenant, person))
	headers["List-Unsubscribe"] = "<" + address + ">"
	headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
	return address
}
