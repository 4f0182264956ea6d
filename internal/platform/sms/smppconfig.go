package sms

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Numbering is the kind of an address: type of number and numbering plan
// (SMPP 3.4, sections 5.2.5 and 5.2.6).
type Numbering struct{ TON, NPI byte }

// SMPPConfig tells how to reach an operator's message centre.
type SMPPConfig struct {
	Address    string // "host:port"
	SystemID   string // name of the account, at most 15 characters
	Password   string // at most 8 characters
	SystemType string // as the operator says, at most 12 characters; mostly empty
	// TLS encrypts the line. Without it name, numbers and texts travel in the
	// clear, which is only right through a private line or tunnel.
	TLS *tls.Config
	// Receipts binds as a transceiver and asks for receipts; otherwise the line
	// is bound as a transmitter and Sent is the last state of a message.
	Receipts bool
	// Report gets the end of each message, Delivered or Failed. A receipt whose
	// message this process does not know, after a restart or on another node,
	// comes part by part without an ID; its Refs are those that Send returned.
	// When Report fails the operator is asked to repeat the receipt, so the
	// same end may be told twice. It is called for one receipt at a time.
	Report func(context.Context, Status) error
	// DecimalReceipts is for operators who name a message in hexadecimal when
	// they take it and in decimal in the receipt.
	DecimalReceipts bool
	// From is the sender shown on the phone: a number, or at most 11 letters.
	From string
	// Source and Dest are the kinds of From and of the numbers of people. When
	// nil, Source is told by the look of From and Dest is international.
	Source, Dest *Numbering
	// Payload hands over long texts whole, in message_payload, for operators
	// who cut them themselves; otherwise they are cut here, with a header that
	// tells the phone how to put them together.
	Payload bool
	Window  int           // messages without an answer at a time; 10 when zero
	Enquire time.Duration // how often to ask whether the line lives; 30 s when zero
	Timeout time.Duration // for each answer; 30 s when zero
	Backoff time.Duration // first pause before a lost line is bound again, doubled up to a minute; 1 s when zero
	// Throttle is how long nothing is sent after the operator said that
	// messages come too fast; 5 s when zero.
	Throttle time.Duration
}

// ParseSMPP reads a configuration of the shape
//
//	smpps://account:password@host:2775?from=Ashar&receipts=yes
//
// The scheme smpp is without TLS. Further words of the query are type, source
// and dest (such as source=5.0 for type and plan), long=payload, ids=decimal,
// window, enquire, timeout and throttle (such as enquire=30s). The error never
// tells the password.
func ParseSMPP(rawURL string) (SMPPConfig, error) {
	u, err := url.Parse(rawURL)
	if err != nil || u.Scheme != "smpp" && u.Scheme != "smpps" || u.Hostname() == "" {
		return SMPPConfig{}, errors.New("sms: the URL must read smpps://account:password@host:port?from=sender")
	}
	q := query{values: u.Query()}
	config := SMPPConfig{
		Address: net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), "2775")), SystemID: u.User.Username(),
		SystemType: q.text("type"), From: q.text("from"), Source: q.numbering("source"), Dest: q.numbering("dest"),
		Receipts: q.choice("receipts", "no", "yes"), Payload: q.choice("long", "parts", "payload"),
		DecimalReceipts: q.choice("ids", "same", "decimal"), Window: q.number("window"),
		Enquire: q.duration("enquire"), Timeout: q.duration("timeout"), Throttle: q.duration("throttle"),
	}
	config.Password, _ = u.User.Password()
	if u.Scheme == "smpps" {
		config.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	for name := range q.values {
		if !slices.Contains(q.known, name) {
			q.wrong = append(q.wrong, name)
		}
	}
	if len(q.wrong) > 0 {
		slices.Sort(q.wrong)
		return SMPPConfig{}, fmt.Errorf("sms: the URL has a wrong %s", strings.Join(q.wrong, ", "))
	}
	return config, nil
}

// query reads the words of a URL and remembers the wrong ones.
type query struct {
	values       url.Values
	known, wrong []string
}

func (q *query) text(name string) string {
	q.known = append(q.known, name)
	return q.values.Get(name)
}

// choice is false for the first word or none, and true for the second.
func (q *query) choice(name, off, on string) bool {
	value := q.text(name)
	if value != "" && value != off && value != on {
		q.wrong = append(q.wrong, name)
	}
	return value == on
}

func (q *query) number(name string) int {
	value := q.text(name)
	n, err := strconv.Atoi(cmp.Or(value, "0"))
	if err != nil || n < 0 {
		q.wrong = append(q.wrong, name)
	}
	return n
}

func (q *query) duration(name string) time.Duration {
	value := q.text(name)
	d, err := time.ParseDuration(cmp.Or(value, "0"))
	if err != nil || d < 0 {
		q.wrong = append(q.wrong, name)
	}
	return d
}

func (q *query) numbering(name string) *Numbering {
	value := q.text(name)
	if value == "" {
		return nil
	}
	ton, npi, _ := strings.Cut(value, ".")
	t, err1 := strconv.ParseUint(ton, 10, 8)
	n, err2 := strconv.ParseUint(npi, 10, 8)
	if err1 != nil || err2 != nil {
		q.wrong = append(q.wrong, name)
	}
	return &Numbering{TON: byte(t), NPI: byte(n)}
}

// international is the kind of a number in E.164 form.
var international = Numbering{TON: 1, NPI: 1}

// prepare checks the configuration and fills what was left out.
func (c *SMPPConfig) prepare() error {
	if _, _, err := net.SplitHostPort(c.Address); err != nil {
		return errors.New("sms: the address of the message centre must read host:port")
	}
	for _, field := range []struct {
		name, value string
		most        int
	}{{"account", c.SystemID, 15}, {"password", c.Password, 8}, {"system type", c.SystemType, 12}, {"sender", c.From, 20}} {
		if len(field.value) > field.most || strings.ContainsRune(field.value, 0) {
			return fmt.Errorf("sms: the %s may have at most %d characters", field.name, field.most)
		}
	}
	if c.SystemID == "" {
		return errors.New("sms: the account has no name")
	}
	source, err := numbering(c.From)
	if err != nil {
		return err
	}
	c.From = strings.TrimPrefix(c.From, "+")
	if c.Source == nil {
		c.Source = &source
	}
	if c.Dest == nil {
		c.Dest = &international
	}
	if c.Report == nil {
		c.Report = func(context.Context, Status) error { return nil }
	}
	if c.Window <= 0 {
		c.Window = 10
	}
	for value, fallback := range map[*time.Duration]time.Duration{
		&c.Enquire: 30 * time.Second, &c.Timeout: 30 * time.Second, &c.Backoff: time.Second, &c.Throttle: 5 * time.Second,
	} {
		if *value <= 0 {
			*value = fallback
		}
	}
	return nil
}

// numbering tells the kind of a sender: a number of a country, a short number
// of the operator, or letters, of which phones show eleven.
func numbering(from string) (Numbering, error) {
	digits := strings.TrimPrefix(from, "+")
	switch {
	case from == "":
		return Numbering{}, nil
	case strings.Trim(digits, "0123456789") != "":
		if len(from) > 11 || slices.ContainsFunc([]rune(from), func(r rune) bool { return r <= ' ' || r > '~' }) {
			return Numbering{}, errors.New("sms: a sender of letters has at most 11, all of them Latin")
		}
		return Numbering{TON: 5}, nil
	case len(digits) <= 6:
		return Numbering{TON: 3}, nil
	}
	return international, nil
}
