package mailin

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"mime"
	"net/mail"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset" // teaches go-message all charsets of letters
	"golang.org/x/text/encoding/charmap"
)

// Kind tells what sort of sender wrote a letter.
type Kind string

// The kinds. Only a Personal letter deserves an answer: answers to the others
// reach nobody, or come back for ever.
const (
	Personal  Kind = ""
	Automatic Kind = "automatic" // an absence note, a read receipt, a machine
	Bulk      Kind = "bulk"      // a mailing list or an advertisement
	Bounced   Kind = "bounce"    // a mail server on what became of a letter of ours
)

// Letter is an e-mail that came in. Everything in it is the word of a stranger.
type Letter struct {
	// Key is the same each time this letter is handed over: its Message-ID or,
	// without one, a hash of the whole.
	Key string
	// MessageID, InReplyTo and References are without brackets.
	MessageID  string
	InReplyTo  []string
	References []string
	From       Address
	ReplyTo    Address // empty when it is From
	To         []Address
	Subject    string
	Date       time.Time // as the sender says; zero when unreadable
	Kind       Kind
	Bounce     *Bounce // set for a bounce that tells which letter failed
	// Text is the plain text, or the HTML reduced to text. Reply finds what is
	// new in it.
	Text        string
	Attachments []Attachment
	// Damaged tells that the letter breaks off or is no MIME; what could be read
	// is there. TooLarge tells that it was longer than the limit and was cut.
	Damaged, TooLarge bool
	Raw               []byte // as it came, up to the limit
}

// Address is a mailbox with the name that goes with it.
type Address struct{ Name, Address string }

// Attachment is a file in a letter.
type Attachment struct {
	Name     string // without folders, may be empty
	Type     string // as the sender says, such as "image/jpeg"
	Inline   bool   // shown within the text, such as the logo of a signature
	Size     int    // bytes read; one more than the limit when TooLarge
	TooLarge bool   // Data is left out
	Data     []byte
}

// Limits bound what is kept of a letter; zeros are the values named here.
type Limits struct {
	Letter      int64 // bytes of the whole; 25 MiB
	Text        int64 // bytes of the text; 1 MiB
	Attachment  int64 // bytes of a file; 10 MiB
	Attachments int   // files; 20
}

// maxParts and maxDepth stop letters that are built to exhaust.
const (
	maxParts = 500
	maxDepth = 20
)

func (l Limits) orDefaults() Limits {
	for value, fallback := range map[*int64]int64{&l.Letter: 25 << 20, &l.Text: 1 << 20, &l.Attachment: 10 << 20} {
		if *value <= 0 {
			*value = fallback
		}
	}
	if l.Attachments <= 0 {
		l.Attachments = 20
	}
	return l
}

// Parse reads a letter. It always gives what could be read; see Letter.Damaged.
func Parse(raw []byte, limits Limits) Letter {
	limits = limits.orDefaults()
	letter := Letter{Raw: raw}
	if int64(len(raw)) > limits.Letter {
		letter.Raw, letter.TooLarge = raw[:limits.Letter], true
	}
	entity, err := message.Read(bytes.NewReader(letter.Raw))
	if entity == nil {
		letter.Damaged = true
		letter.Key = hash(raw)
		return letter
	}
	letter.Damaged = err != nil && !understandable(err)
	letter.readHeader(entity.Header)
	if letter.Key = letter.MessageID; letter.Key == "" {
		letter.Key = hash(raw)
	}
	p := parts{letter: &letter, limits: limits}
	if err := entity.Walk(p.visit); err != nil {
		letter.Damaged = true
	}
	p.finish()
	letter.classify(entity.Header, p.report)
	return letter
}

// hash is the key of a letter without a Message-ID.
func hash(raw []byte) string {
	sum := sha256.Sum256(raw)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// understandable reports whether the error is only about an unknown charset or
// encoding: the part is there, as it came.
func understandable(err error) bool {
	return message.IsUnknownCharset(err) || message.IsUnknownEncoding(err)
}

func (l *Letter) readHeader(h message.Header) {
	l.Subject = oneLine(decode(h, "Subject"))
	l.From = first(addresses(h, "From"))
	if answer := first(addresses(h, "Reply-To")); answer.Address != l.From.Address {
		l.ReplyTo = answer
	}
	l.To = addresses(h, "To")
	l.Date, _ = mail.ParseDate(h.Get("Date"))
	l.MessageID = first(messageIDs(h.Get("Message-Id")))
	l.InReplyTo = messageIDs(h.Get("In-Reply-To"))
	l.References = messageIDs(h.Get("References"))
}

// decode reads a line of the header. Bytes beyond ASCII that are no UTF-8 were
// once common; see legacy.
func decode(h message.Header, name string) string {
	raw := h.Get(name)
	if !utf8.ValidString(raw) {
		return legacy([]byte(raw))
	}
	text, err := h.Text(name)
	if err != nil || !utf8.ValidString(text) {
		return raw
	}
	return text
}

// legacy reads text that does not say what it is written in: UTF-8 if it can
// be, else windows-1251, which Cyrillic letters without a charset mostly are.
func legacy(text []byte) string {
	if utf8.Valid(text) {
		return string(text)
	}
	decoded, err := charmap.Windows1251.NewDecoder().Bytes(text)
	if err != nil {
		return strings.ToValidUTF8(string(text), "\ufffd")
	}
	return string(decoded)
}

// oneLine turns control characters into spaces.
func oneLine(text string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text))
}

// messageID finds identifiers; those of RFC 5322 and the wilder ones in use.
var messageID = regexp.MustCompile(`<([^<>\s]{1,500})>`)

// messageIDs gives the identifiers in a line without their brackets. A line
// that is one bare identifier is taken too.
func messageIDs(line string) []string {
	var ids []string
	for _, match := range messageID.FindAllStringSubmatch(line, 100) {
		ids = append(ids, strings.ToValidUTF8(match[1], "\ufffd"))
	}
	if bare := strings.TrimSpace(line); ids == nil && bare != "" && len(bare) <= 500 && !strings.ContainsAny(bare, "<> \t\r\n") {
		ids = []string{strings.ToValidUTF8(bare, "\ufffd")}
	}
	return ids
}

func first[T any](list []T) (one T) {
	if len(list) > 0 {
		one = list[0]
	}
	return one
}

// mailbox finds an address in a line that is written against the rules.
var mailbox = regexp.MustCompile(`[^\s<>(),;:"]+@[^\s<>(),;:"]+`)

func addresses(h message.Header, name string) []Address {
	raw := h.Get(name)
	if raw == "" {
		return nil
	}
	parser := mail.AddressParser{WordDecoder: &mime.WordDecoder{CharsetReader: message.CharsetReader}}
	parsed, err := parser.ParseList(legacy([]byte(raw)))
	if err == nil {
		var list []Address
		for _, a := range parsed {
			list = append(list, Address{Name: oneLine(strings.ToValidUTF8(a.Name, "\ufffd")), Address: a.Address})
		}
		return list
	}
	if found := mailbox.FindString(legacy([]byte(raw))); found != "" {
		return []Address{{Address: found}}
	}
	return nil
}

// parts collects the parts of a letter.
type parts struct {
	letter      *Letter
	limits      Limits
	count       int
	plain, html []string
	report      string // report-type of a multipart/report
}

var errTooMany = errors.New("mailin: too many parts")

// visit takes one part.
func (p *parts) visit(path []int, part *message.Entity, err error) error {
	if p.count++; p.count > maxParts || len(path) > maxDepth {
		return errTooMany
	}
	if err != nil && !understandable(err) {
		return err
	}
	kind, parameters, err := part.Header.ContentType()
	if err != nil || kind == "" {
		kind = "text/plain" // RFC 2045, section 5.2
		if err != nil {
			kind = "application/octet-stream"
		}
	}
	kind = strings.ToLower(kind)
	if strings.HasPrefix(kind, "multipart/") {
		if kind == "multipart/report" {
			p.report = strings.ToLower(parameters["report-type"])
		}
		return nil
	}
	p.take(part, kind, parameters)
	return nil
}

// take reads a part that has no parts.
func (p *parts) take(part *message.Entity, kind string, parameters map[string]string) {
	disposition, words, _ := part.Header.ContentDisposition()
	name := words["filename"]
	if name == "" {
		name = parameters["name"]
	}
	switch {
	case p.report == deliveryStatus && p.readReport(part, kind):
		return
	case (kind == "text/plain" || kind == "text/html") && name == "" && !strings.EqualFold(disposition, "attachment"):
		p.takeText(part, kind)
		return
	case len(p.letter.Attachments) >= p.limits.Attachments:
		return
	}
	data, err := io.ReadAll(io.LimitReader(part.Body, p.limits.Attachment+1))
	attachment := Attachment{Name: fileName(name), Type: kind, Inline: strings.EqualFold(disposition, "inline"), Size: len(data), Data: data}
	if int64(len(data)) > p.limits.Attachment {
		attachment.TooLarge, attachment.Data = true, nil
	}
	p.letter.Attachments = append(p.letter.Attachments, attachment)
	p.broken(err)
}

func (p *parts) takeText(part *message.Entity, kind string) {
	data, err := io.ReadAll(io.LimitReader(part.Body, p.limits.Text+1))
	if int64(len(data)) > p.limits.Text {
		data, p.letter.TooLarge = data[:p.limits.Text], true
		for n := 0; n < utf8.UTFMax && !utf8.Valid(data) && len(data) > 0; n++ {
			data = data[:len(data)-1] // half a letter
		}
	}
	text := legacy(data)
	if kind == "text/html" {
		p.html = append(p.html, textOf(text))
	} else {
		p.plain = append(p.plain, text)
	}
	p.broken(err)
}

// broken notes that a part ends too early; the next one may be whole.
func (p *parts) broken(err error) {
	if err != nil {
		p.letter.Damaged = true
	}
}

// finish chooses the text: all plain parts, or all of HTML when those say
// nothing.
func (p *parts) finish() {
	text := join(p.plain)
	if text == "" {
		text = join(p.html)
	}
	p.letter.Text = text
}

// join puts texts together with \n at the end of lines and without the control
// characters that have no place in a text.
func join(texts []string) string {
	var all []string
	for _, text := range texts {
		text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
		text = strings.Map(func(r rune) rune {
			if r != '\n' && r != '\t' && unicode.IsControl(r) {
				return -1
			}
			return r
		}, text)
		if strings.TrimSpace(text) != "" {
			all = append(all, strings.TrimRightFunc(strings.TrimLeft(text, "\n"), unicode.IsSpace))
		}
	}
	return strings.Join(all, "\n\n")
}

// fileName takes folders and traps out of the name of a file.
func fileName(name string) string {
	decoder := mime.WordDecoder{CharsetReader: message.CharsetReader} // against RFC 2231, but widely done
	if decoded, err := decoder.DecodeHeader(name); err == nil {
		name = decoded
	}
	name = path.Base(strings.ReplaceAll(oneLine(legacy([]byte(name))), `\`, "/"))
	if name == "." || name == ".." || name == "/" {
		return ""
	}
	name = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) { // would turn the order of letters around
			return -1
		}
		return r
	}, name)
	if runes := []rune(name); len(runes) > 150 {
		extension := []rune(path.Ext(name))
		extension = extension[:min(len(extension), 20)]
		name = string(slices.Concat(runes[:150-len(extension)], extension))
	}
	return name
}
