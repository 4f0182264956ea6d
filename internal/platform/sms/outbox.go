package sms

import (
	"context"
	"sync"
	"time"
)

// Kept is a message that Outbox keeps.
type Kept struct {
	Message
	At time.Time
}

// Outbox keeps the newest messages in memory instead of sending them. The demo
// city shows them on a page, so that a visitor can sign in by code.
type Outbox struct {
	mu       sync.Mutex
	keep     int
	messages []Kept // oldest first
}

// NewOutbox returns an outbox that keeps the given number of messages.
func NewOutbox(keep int) *Outbox { return &Outbox{keep: max(keep, 1)} }

// Send implements Sender; it never fails.
func (o *Outbox) Send(_ context.Context, message Message) (Status, error) {
	parts, _ := Parts(message.Text)
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.messages) == o.keep {
		o.messages = append(o.messages[:0], o.messages[1:]...)
	}
	o.messages = append(o.messages, Kept{Message: message, At: time.Now()})
	return Status{ID: message.ID, State: Sent, Parts: parts}, nil
}

// Messages returns what is kept, newest first.
func (o *Outbox) Messages() []Kept {
	o.mu.Lock()
	defer o.mu.Unlock()
	newest := make([]Kept, 0, len(o.messages))
	for i := len(o.messages) - 1; i >= 0; i-- {
		newest = append(newest, o.messages[i])
	}
	return newest
}
