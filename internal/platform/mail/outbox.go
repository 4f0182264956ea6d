package mail

import (
	"context"
	"sync"
	"time"
)

// Sent is a message that an outbox keeps.
type Sent struct {
	Message
	At time.Time
}

// Outbox keeps the newest messages in memory. The demo city shows them on a
// page, so that a visitor sees what a resident would get and can follow the
// links in it.
type Outbox struct {
	keep int
	next Sender

	mu       sync.Mutex
	messages []Sent // oldest first
}

// NewOutbox returns an outbox that keeps the given number of messages and
// hands each on to next, or to nobody when next is nil.
func NewOutbox(keep int, next Sender) *Outbox {
	return &Outbox{keep: max(keep, 1), next: next}
}

// Send implements Sender. A message with the id of one that is kept replaces
// it, as a mail program would show it once.
func (o *Outbox) Send(ctx context.Context, message Message) error {
	if err := message.Check(); err != nil {
		return err
	}
	if o.next != nil {
		if err := o.next.Send(ctx, message); err != nil {
			return err
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	sent := Sent{Message: message.clone(), At: time.Now()}
	for i := range o.messages {
		if o.messages[i].MessageID == message.MessageID {
			o.messages[i] = sent
			return nil
		}
	}
	if len(o.messages) == o.keep {
		o.messages = append(o.messages[:0], o.messages[1:]...)
	}
	o.messages = append(o.messages, sent)
	return nil
}

// Messages returns what is kept, newest first.
func (o *Outbox) Messages() []Sent {
	o.mu.Lock()
	defer o.mu.Unlock()
	newest := make([]Sent, 0, len(o.messages))
	for i := len(o.messages) - 1; i >= 0; i-- {
		newest = append(newest, o.messages[i])
	}
	return newest
}

// Find returns the kept message with the given id.
func (o *Outbox) Find(messageID string) (Sent, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, sent := range o.messages {
		if sent.MessageID == messageID {
			return sent, true
		}
	}
	return Sent{}, false
}
