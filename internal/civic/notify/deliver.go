package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
)

// Addressee is how a person can be reached.
type Addressee struct {
	Person int64
	Lang   string
	Email  string // proved, or empty
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
	From      string
	Host      string // right side of Message-IDs
	Absolute  func(c *city.City, path string) string
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
)

// secretLife is how long a code is worth sending; it is void long before.
const secretLife = time.Hour

// Handle registers the jobs.
func (c *Courier) Handle(r *jobs.Runner) {
	r.Handle(jobFan, c.fan)
	r.Handle(jobDigest, c.digest)
	for _, channel := range []string{email, text, webPush} {
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
		return c.finish(ctx, j.City, m, "too late")
	}
	if err := c.hand(ctx, tenant, m, items); err != nil {
		return c.refused(ctx, j, m, err)
	}
	return c.finish(ctx, j.City, m, "")
}

func (c *Courier) finish(ctx context.Context, cityID int64, m message, failure string) error {
	return c.DB.Update(ctx, func(tx *db.Tx) error { return finish(tx, cityID, m, c.Clock.Now(), failure) })
}

func (c *Courier) hand(ctx context.Context, tenant *city.City, m message, items []Item) error {
	p := c.Catalogue.Printer(m.Lang)
	w := c.words(p, tenant, m.Key, m.Args, m.Link)
	for _, i := range items {
		w.items = append(w.items, c.words(p, tenant, i.Key, i.Args, i.Link))
	}
	switch m.Channel {
	case email:
		return c.Mail.Send(ctx, c.letter(p, tenant, m, w))
	case text:
		_, err := c.SMS.Send(ctx, sms.Message{ID: m.MessageID, To: m.Target, Text: w.text})
		return err
	case webPush:
		return c.pushOne(ctx, tenant, m, w)
	}
	return jobs.Permanent(fmt.Errorf("notify: channel %q", m.Channel))
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
		return nil
	}
	if err != nil {
		return err
	}
	payload, err := json.Marshal(pushed{Title: cut(w.title, 120), Body: cut(w.text, 400), URL: m.Link, Tag: m.MessageID, Lang: m.Lang})
	if err != nil {
		return err
	}
	err = c.Push.Send(ctx, sub, payload, push.Options{TTL: 3 * 24 * time.Hour, Topic: push.Topic(m.MessageID)})
	if errors.Is(err, push.ErrGone) || errors.Is(err, push.ErrSubscription) {
		return c.DB.Update(ctx, func(tx *db.Tx) error { return Unsubscribe(tx, tenant.ID, m.Target) })
	}
	return err
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
// not be tried again is wiped like one that was sent.
func (c *Courier) refused(ctx context.Context, j jobs.Job, m message, cause error) error {
	var pe *push.Error
	var se *sms.Error
	var wait time.Duration
	permanent := errors.Is(cause, mail.ErrPermanent) || errors.Is(cause, sms.ErrPermanent) || errors.Is(cause, push.ErrTooLarge)
	if errors.As(cause, &pe) {
		permanent, wait = !pe.Temporary, pe.RetryAfter
	}
	if errors.As(cause, &se) {
		wait = se.RetryAfter
	}
	err := c.DB.Update(ctx, func(tx *db.Tx) error {
		if m.Secret && (permanent || j.Attempt >= jobs.MaxAttempts) {
			return finish(tx, j.City, m, c.Clock.Now(), cause.Error())
		}
		return noteError(tx, j.City, m.ID, cause.Error())
	})
	switch {
	case err != nil:
		return errors.Join(cause, err)
	case permanent:
		return jobs.Permanent(cause)
	case wait > 0:
		return jobs.After(wait, cause)
	}
	return cause
}
