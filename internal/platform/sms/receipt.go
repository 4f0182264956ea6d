package sms

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// receipt is what became of one part.
type receipt struct {
	ref    string
	state  State  // empty while the message is under way
	reason string // why it failed
}

// messageStates are the values of message_state, section 5.2.28.
var messageStates = map[byte]string{
	1: "ENROUTE", 2: "DELIVRD", 3: "EXPIRED", 4: "DELETED", 5: "UNDELIV", 6: "ACCEPTD", 7: "UNKNOWN", 8: "REJECTD",
}

// receiptFields finds the fields of a receipt's text, Appendix B.
var receiptFields = regexp.MustCompile(`(?i)\b(id|stat|err):(\S*)`)

// messageWords finds where the text begins to quote the message.
var messageWords = regexp.MustCompile(`(?i)(^|\s)text:`)

// readReceipt reads a delivery receipt. The optional parameters count more than
// the text, whose form is each vendor's own. Without a name of the message, or
// with a state of its own making, the receipt is malformed.
func readReceipt(d delivery) (receipt, error) {
	text := string(d.text)
	if words := messageWords.FindStringIndex(text); words != nil {
		text = text[:words[0]]
	}
	words := map[string]string{}
	for _, match := range receiptFields.FindAllStringSubmatch(text, -1) {
		name := strings.ToLower(match[1])
		if words[name] == "" {
			words[name] = match[2]
		}
	}
	r := receipt{ref: words["id"]}
	state, code := strings.ToUpper(words["stat"]), words["err"]
	if name, given := d.options[tagReceiptedMessageID]; given {
		r.ref = strings.TrimRight(string(name), "\x00")
	}
	if value := d.options[tagMessageState]; len(value) == 1 {
		state = messageStates[value[0]]
	}
	if value := d.options[tagNetworkErrorCode]; len(value) == 3 {
		code = fmt.Sprintf("%d/%d", value[0], int(value[1])<<8|int(value[2]))
	}
	switch state {
	case "DELIVRD":
		r.state = Delivered
	case "EXPIRED", "DELETED", "UNDELIV", "UNKNOWN", "REJECTD":
		r.state, r.reason = Failed, strings.TrimSpace(state+" "+printable(code))
	case "ENROUTE", "ACCEPTD":
	default:
		return receipt{}, fmt.Errorf("%w: a receipt of an unknown state", errMalformed)
	}
	if r.ref == "" {
		return receipt{}, fmt.Errorf("%w: a receipt that names no message", errMalformed)
	}
	return r, nil
}

// printable keeps what an error code is made of.
func printable(code string) string {
	return strings.Map(func(r rune) rune {
		if r > ' ' && r < 0x7f {
			return r
		}
		return -1
	}, code[:min(len(code), 32)])
}

// tracked is a message that waits for the receipts of its parts.
type tracked struct {
	id      string
	refs    []string
	states  map[string]State
	parts   int
	settled bool // the caller knows the end
}

// remembered is how many parts a ledger knows. Receipts of older ones are
// reported without the ID of their message.
const remembered = 1 << 16

// ledger knows which message a part belongs to.
type ledger struct {
	receipts    bool // there will be any
	hexadecimal bool // names are hexadecimal in answers and decimal in receipts

	mu     sync.Mutex
	parts  map[string]*tracked
	order  []string // oldest first, at most remembered
	oldest int
}

func newLedger(receipts, hexadecimal bool) *ledger {
	return &ledger{receipts: receipts, hexadecimal: hexadecimal, parts: map[string]*tracked{}}
}

// add notes that the operator took a part of the message under the name ref.
func (l *ledger) add(message *tracked, ref string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	message.refs = append(message.refs, ref)
	if ref == "" || !l.receipts {
		return
	}
	key := l.answerKey(ref)
	if len(l.order) < remembered {
		l.order = append(l.order, key)
	} else {
		delete(l.parts, l.order[l.oldest])
		l.order[l.oldest] = key
		l.oldest = (l.oldest + 1) % remembered
	}
	l.parts[key] = message
}

// answerKey is the key of a name from the answer to submit_sm.
func (l *ledger) answerKey(ref string) string {
	if n, err := strconv.ParseUint(ref, 16, 64); l.hexadecimal && err == nil {
		return strconv.FormatUint(n, 10)
	}
	return ref
}

// receiptKey is the key of a name from a receipt.
func (l *ledger) receiptKey(ref string) string {
	if n, err := strconv.ParseUint(ref, 10, 64); l.hexadecimal && err == nil {
		return strconv.FormatUint(n, 10)
	}
	return ref
}

func (l *ledger) knows(ref string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.parts[l.receiptKey(ref)] != nil
}

// outcome notes what became of a part and tells whether the caller should now
// learn the end of the message: at its first part that failed, or when all are
// delivered. The same receipt may come twice; the end is told until settle.
func (l *ledger) outcome(r receipt) (status Status, end bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := l.receiptKey(r.ref)
	message := l.parts[key]
	if message == nil {
		return Status{State: r.state, Reason: r.reason, Parts: 1, Refs: []string{r.ref}}, true
	}
	message.states[key] = r.state
	status = Status{ID: message.id, State: r.state, Reason: r.reason, Parts: message.parts, Refs: slices.Clone(message.refs)}
	delivered := 0
	for _, state := range message.states {
		if state == Delivered {
			delivered++
		}
	}
	return status, !message.settled && (r.state == Failed || delivered == message.parts)
}

// settle notes that the caller knows the end.
func (l *ledger) settle(ref string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if message := l.parts[l.receiptKey(ref)]; message != nil {
		message.settled = true
	}
}

// refs are the names of the parts that the operator took.
func (l *ledger) refs(message *tracked) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(message.refs)
}
