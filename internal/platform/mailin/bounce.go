package mailin

import (
	"bufio"
	"io"
	"regexp"
	"strings"

	"github.com/emersion/go-message"
	"github.com/emersion/go-message/textproto"
)

// Bounce is what a mail server tells of a letter (RFC 3464). Anybody can write
// one: believe it only when Original is a letter that was really sent.
type Bounce struct {
	Original   string // Message-ID of the letter; empty when the server left it out
	Recipients []Recipient
}

// Recipient is what became of the letter for one address.
type Recipient struct {
	Address   string
	Action    string // "failed", "delayed", "delivered", "relayed" or "expanded"
	Status    string // enhanced status code such as "5.1.1"; may be empty
	Permanent bool   // the address takes no letters; otherwise another one may arrive
}

// deliveryStatus is the report-type of a bounce.
const deliveryStatus = "delivery-status"

// readReport reads a part of a delivery report, and tells whether it was one.
func (p *parts) readReport(part *message.Entity, kind string) bool {
	if p.letter.Bounce == nil {
		p.letter.Bounce = &Bounce{}
	}
	bounce := p.letter.Bounce
	switch kind {
	case "message/delivery-status", "message/global-delivery-status":
		bounce.Recipients = append(bounce.Recipients, recipients(io.LimitReader(part.Body, p.limits.Text))...)
	case "message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers":
		header, err := textproto.ReadHeader(bufio.NewReader(io.LimitReader(part.Body, p.limits.Text)))
		if err == nil && bounce.Original == "" {
			bounce.Original = first(messageIDs(header.Get("Message-Id")))
		}
	default:
		return false
	}
	return true
}

// statusCode is an enhanced status code (RFC 3463).
var statusCode = regexp.MustCompile(`^[245]\.\d{1,3}\.\d{1,3}`)

// maxRecipients bounds what is read of one report; a letter of ours has one.
const maxRecipients = 100

// recipients reads the groups of fields of a delivery report.
func recipients(body io.Reader) []Recipient {
	var all []Recipient
	in := bufio.NewReader(body)
	for len(all) < maxRecipients {
		group, err := textproto.ReadHeader(in)
		if r, ok := recipient(group); ok {
			all = append(all, r)
		}
		if err != nil {
			return all
		}
		if _, err := in.Peek(1); err != nil {
			return all
		}
	}
	return all
}

func recipient(group textproto.Header) (Recipient, bool) {
	address := typed(group.Get("Final-Recipient"))
	if original := typed(group.Get("Original-Recipient")); original != "" {
		address = original // the one we wrote to, before it was forwarded
	}
	if address == "" {
		return Recipient{}, false
	}
	r := Recipient{
		Address: address,
		Action:  strings.ToLower(word(group.Get("Action"))),
		Status:  statusCode.FindString(strings.TrimSpace(group.Get("Status"))),
	}
	r.Permanent = r.Action == "failed" && strings.HasPrefix(r.Status, "5")
	return r, true
}

// typed reads "rfc822; person@example.org".
func typed(field string) string {
	_, address, found := strings.Cut(field, ";")
	if !found {
		address = field
	}
	address = strings.Trim(strings.TrimSpace(address), "<>")
	if len(address) > 320 || !strings.Contains(address, "@") {
		return ""
	}
	return strings.ToValidUTF8(oneLine(address), "\ufffd")
}

// word is the first word of a field; a comment may follow it.
func word(field string) string {
	for i, r := range field {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '-' {
			return field[:i]
		}
	}
	return field
}

// classify tells the kind of the letter by its header.
func (l *Letter) classify(h message.Header, report string) {
	field := func(name string) string { return strings.ToLower(strings.TrimSpace(h.Get(name))) }
	precedence := field("Precedence")
	failed := h.Get("X-Failed-Recipients")
	sender, _, _ := strings.Cut(strings.ToLower(l.From.Address), "@")
	nobody := strings.ReplaceAll(field("Return-Path"), " ", "") == "<>"
	switch {
	case report == deliveryStatus:
		l.Kind = Bounced
	case failed != "": // Exim writes reports for people, with this line for us
		l.Kind, l.Bounce = Bounced, plainBounce(failed, l.Text)
	case sender == "mailer-daemon", sender == "postmaster" && nobody:
		l.Kind = Bounced
	case said(field("Auto-Submitted")), said(field("X-Autoreply")), said(field("X-Autorespond")), said(field("X-Autoresponder")),
		precedence == "auto_reply", report != "":
		l.Kind = Automatic
	case precedence == "bulk", precedence == "list", precedence == "junk", field("List-Id") != "":
		l.Kind = Bulk
	case nobody:
		l.Kind = Automatic
	}
}

// said reports whether a field says that a machine wrote the letter.
func said(value string) bool {
	first, _, _ := strings.Cut(value, ";")
	first = strings.TrimSpace(first)
	return first != "" && first != "no"
}

// plainBounce reads a report of Exim, which quotes our letter in its text.
func plainBounce(failed, text string) *Bounce {
	bounce := &Bounce{}
	for address := range strings.SplitSeq(failed, ",") {
		if address = typed(address); address != "" && len(bounce.Recipients) < maxRecipients {
			bounce.Recipients = append(bounce.Recipients, Recipient{Address: address, Action: "failed", Permanent: true})
		}
	}
	for line := range strings.Lines(text) {
		if name, value, found := strings.Cut(line, ":"); found && strings.EqualFold(strings.TrimSpace(name), "message-id") {
			bounce.Original = first(messageIDs(value))
		}
	}
	return bounce
}
