package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/platform/clock"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/i18n"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/jobs"
	"github.com/ashar-kg/ashar/internal/platform/mail"
	"github.com/ashar-kg/ashar/internal/platform/push"
	"github.com/ashar-kg/ashar/internal/platform/sms"
	"github.com/ashar-kg/ashar/internal/platform/telegram"
)

// Addressee is how a person can be reached.
type Addressee struct {
	Person int64
	Lang   string
	Email  string // proved, or empty
	Phone  string // proved, or empty
}

// People finds the addresses of people; accounts implement it. It leaves out
// those who are gone.
type People interface {
	Addressees(tx *db.Tx, city int64, people []int64) ([]Addressee, error)
}

// Pusher sends to a browser; *push.Sender implements it.
type Pusher interface {
	Send(ctx context.Context, s push.Subscription, payload []byte, o push.Options) error
}

// Chatter writes into chats; *telegram.Client implements it.
type Chatter interface {
	Send(ctx context.Context, text telegram.Text) ([]int64, error)
}

// Courier does the jobs of this package.
type Courier struct {
	DB        *db.DB
	Clock     clock.Clock
	Cities    *city.Registry
	Catalogue *i18n.Catalogue
	People    People
	Mail      mail.Sender
	SMS       sms.Sender
	Push      Pusher // nil sends none
	// Chat is the bot of a city, nil where it has none.
	Chat     func(cityID int64) Chatter
	From     string
	Host     string // right side of Message-IDs
	Absolute func(c *city.City, path string) string
}

// The jobs of this package. Sending is a kind for each channel, so that a mail
// server that hangs holds up no code by SMS.
const (
	jobFan    = "notify.fan"
	jobDigest = "notify.digest"
	jobSend   = "notify.send."
)

// The channels beside the inbox.
const (
	email   = "email"
	text    = "sms"
	webPush = "push"

	telegramChat = "telegram"
)

// secretLife is how long a code is worth sending; it is void long before.
const secretLife = time.Hour

// Handle registers the jobs.
func (c *Courier) Handle(r *jobs.Runner) {
	r.Handle(jobFan, c.fan)
	r.Handle(jobDigest, c.digest)
	for _, channel := range order {
		r.Handle(jobSend+channel, c.send)
	}
}

type sendArgs struct{ ID int64 }

// send delivers one message. It is marked as sent after the other side took
// it; a crash in between repeats it with the same Message-ID.
func (c *Courier) send(ctx context.Context, j jobs.Job) error {
	var a sendArgs
	if err := j.Decode(&a); err != nil {
		return err
	}
	tenant, err := c.city(j.City)
	if err != nil {
		return err
	}
	var m message
	var items []Item
	err = c.DB.View(ctx, func(tx *db.Tx) (err error) {
		if m, err = get(tx, j.City, a.ID); err == nil && m.Key == digestKey {
			items, err = digestItems(tx, j.City, m.Person, m.Event)
		}
		return err
	})
	if errors.Is(err, db.ErrNotFound) || (err == nil && m.Sent != 0) {
		return nil
	}
	if err != nil {
		return err
	}
	if m.Secret && c.Clock.Now().Sub(ids.Time(m.ID)) > secretLife {
		return c.finish(ctx, tenant, m, 0, "too late")
	}
	parts, err := c.hand(ctx, tenant, m, items)
	if err != nil {
		return c.refused(ctx, tenant, j, m, err)
	}
	return c.finish(ctx, tenant, m, parts, "")
}

func (c *Courier) finish(ctx context.Context, tenant *city.City, m message, parts int, failure string) error {
	return c.DB.Update(ctx, func(tx *db.Tx) error {
		state := stateSent
		if failure != "" {
			state = stateFailed
		}
		return errors.Join(finish(tx, tenant.ID, m, c.Clock.Now(), failure), counted(tx, tenant, m, state, parts, c.Clock.Now()))
	})
}

// hand gives a message to its channel. Parts is how many messages an operator
// of telephones counts.
func (c *Courier) hand(ctx context.Context, tenant *city.City, m message, items []Item) (parts int, err error) {
	p := c.Catalogue.Printer(m.Lang)
	w := c.words(p, tenant, m.Key, m.Args, m.Link)
	for _, i := range items {
		w.items = append(w.items, c.words(p, tenant, i.Key, i.Args, i.Link))
	}
	switch m.Channel {
	case email:
		return 0, c.Mail.Send(ctx, c.letter(p, tenant, m, w))
	case text:
		status, err := c.SMS.Send(ctx, sms.Message{ID: m.MessageID, To: m.Target, Text: w.short(m)})
		return max(1, status.Parts), err
	case webPush:
		return 0, c.pushOne(ctx, tenant, m, w)
	case telegramChat:
		return 0, c.chatOne(ctx, tenant, m, w)
	}
	return 0, jobs.Permanent(fmt.Errorf("notify: channel %q", m.Channel))
}

// short is what a text message says: all of a code, of anything else what
// happened and where to read it.
func (w words) short(m message) string {
	if m.Person == 0 || w.link == "" {
		return w.text
	}
	return w.title + "\n" + w.link
}

// errNoChat means that the operator took the bot of a city away.
var errNoChat = errors.New("notify: the city has no bot")

func (c *Courier) chatOne(ctx context.Context, tenant *city.City, m message, w words) error {
	bot := c.chat(tenant.ID)
	chat, err := strconv.ParseInt(m.Target, 10, 64)
	if bot == nil || err != nil {
		return jobs.Permanent(errors.Join(errNoChat, err))
	}
	said := w.title + "\n\n" + w.text
	for _, i := range w.items {
		said += "\n\n• " + i.title + "\n" + i.link
	}
	t := telegram.Text{Chat: chat, Text: said}
	if strings.HasPrefix(w.link, "https://") {
		t.Keyboard = [][]telegram.Button{{{Text: c.Catalogue.Printer(m.Lang).T("notify.mail.open"), URL: w.link}}}
	} else if w.link != "" {
		t.Text += "\n\n" + w.link
	}
	_, err = bot.Send(ctx, t)
	return err
}

func (c *Courier) words(p *i18n.Printer, tenant *city.City, key string, args map[string]string, link string) words {
	var w words
	w.title, w.text = Text(p, key, args)
	if link != "" {
		w.link = c.Absolute(tenant, link)
	}
	return w
}

// pushed is what the service worker shows. A browser shows two of one tag once.
type pushed struct {
	Title string `json:"title"`
	Body  string `json:"body"`
	URL   string `json:"url"`
	Tag   string `json:"tag"`
	Lang  string `json:"lang"`
}

func (c *Courier) pushOne(ctx context.Context, tenant *city.City, m message, w words) error {
	var sub push.Subscription
	err := c.DB.View(ctx, func(tx *db.Tx) (err error) {
		sub, err = subscription(tx, tenant.ID, m.Person, m.Target)
		return err
	})
	if errors.Is(err, db.ErrNotFound) {
		return push.ErrGone
	}
	if err != nil {
		return err
	}
	payload, err := json.Marshal(pushed{Title: cut(w.title, 120), Body: cut(w.text, 400), URL: m.Link, Tag: m.MessageID, Lang: m.Lang})
	if err != nil {
		return err
	}
	return c.Push.Send(ctx, sub, payload, push.Options{TTL: 3 * 24 * time.Hour, Topic: push.Topic(m.MessageID)})
}

// cut shortens a text to n characters: a push message has little room.
func cut(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}

// refused decides what a failed delivery means for its job. A secret that will
// not be tried again is wiped like one that was sent. What nobody can mend, such
// as a telephone that was given away, is only noted: the next way stands in.
func (c *Courier) refused(ctx context.Context, tenant *city.City, j jobs.Job, m message, cause error) error {
	gone, permanent, wait := judge(m, cause)
	over := gone || permanent || j.Attempt >= jobs.MaxAttempts
	err := c.DB.Update(ctx, func(tx *db.Tx) error {
		if !over {
			return noteError(tx, j.City, m.ID, "", cause.Error())
		}
		if err := lockWays(tx, j.City, m); err != nil {
			return err
		}
		if err := counted(tx, tenant, m, stateFailed, 0, c.Clock.Now()); err != nil {
			return err
		}
		note := func() error { return noteError(tx, j.City, m.ID, stateFailed, cause.Error()) }
		if m.Secret || gone {
			note = func() error { return finish(tx, j.City, m, c.Clock.Now(), cause.Error()) }
		}
		return errors.Join(note(), c.forget(tx, j.City, m, gone), c.instead(tx, tenant, m))
	})
	switch {
	case err != nil:
		return errors.Join(cause, err)
	case gone:
		return nil
	case permanent:
		return jobs.Permanent(cause)
	case wait > 0:
		return jobs.After(wait, cause)
	}
	return cause
}

// judge tells what a failure means: the address is gone, trying again does not
// help, or how long to wait. A text message of which nobody knows whether it
// went is not paid for twice; a code is, for it is void without its reader.
func judge(m message, cause error) (gone, permanent bool, wait time.Duration) {
	var pe *push.Error
	var se *sms.Error
	var te *telegram.Error
	gone = errors.Is(cause, push.ErrGone) || errors.Is(cause, push.ErrSubscription) || errors.Is(cause, telegram.ErrGone) ||
		(errors.Is(cause, sms.ErrUnknown) && !m.Secret)
	permanent = errors.Is(cause, mail.ErrPermanent) || errors.Is(cause, sms.ErrPermanent) || errors.Is(cause, push.ErrTooLarge)
	switch {
	case errors.As(cause, &pe):
		permanent, wait = !pe.Temporary, pe.RetryAfter
	case errors.As(cause, &se):
		wait = se.RetryAfter
	case errors.As(cause, &te):
		permanent, wait = !te.Temporary(), te.RetryAfter
	}
	return gone, permanent, wait
}

// forget takes an address that is gone from the person.
func (c *Courier) forget(tx *db.Tx, cityID int64, m message, gone bool) error {
	if !gone {
		return nil
	}
	switch m.Channel {
	case webPush:
		return Unsubscribe(tx, cityID, m.Target)
	case telegramChat:
		chat, err := strconv.ParseInt(m.Target, 10, 64)
		if err != nil {
			return err
		}
		return Unlink(tx, cityID, chat)
	}
	return nil
}
