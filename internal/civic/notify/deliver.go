package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/platform/clock"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/i18n"
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

// People finds the addresses of people; accounts implement it.
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

// Handle registers the jobs.
func (c *Courier) Handle(r *jobs.Runner) {
	r.Handle(jobFan, c.fan)
	r.Handle(jobSend, c.send)
}

// fanBatch is how many followers one transaction serves.
const fanBatch = 200

// fan writes the notices of one batch of people and goes on with the next in a
// job of its own, so that an event of ten thousand followers is many small
// transactions.
func (c *Courier) fan(ctx context.Context, j jobs.Job) error {
	var f fan
	if err := j.Decode(&f); err != nil {
		return err
	}
	e := f.Event
	tenant, ok := c.Cities.ByID(e.City)
	if !ok {
		return jobs.Permanent(fmt.Errorf("notify: city %d is unknown", e.City))
	}
	return c.DB.Update(ctx, func(tx *db.Tx) error {
		people, err := db.All(tx, "notify.followers", `SELECT person_id FROM notify_follow WHERE city_id = $1 AND kind = $2 AND subject_id = $3
			AND person_id > $4 ORDER BY person_id LIMIT $5`, db.Int64, e.City, e.Subject.Kind, e.Subject.ID, f.After, fanBatch)
		if err != nil {
			return err
		}
		if len(people) == fanBatch {
			if err := jobs.Enqueue(tx, e.City, jobFan, fan{Event: e, After: people[fanBatch-1]}); err != nil {
				return err
			}
		}
		if f.After == 0 {
			people = append(people, e.To...)
			watchers, err := watching(tx, e)
			if err != nil {
				return err
			}
			people = append(people, watchers...)
		}
		return c.tell(tx, tenant, e, people)
	})
}

// tell writes inbox rows and messages for people, each once however often the
// job runs.
func (c *Courier) tell(tx *db.Tx, tenant *city.City, e Event, people []int64) error {
	args, err := json.Marshal(e.Args)
	if err != nil {
		return jobs.Permanent(err)
	}
	var told []int64
	seen := map[int64]bool{e.Except: true, 0: true}
	for _, p := range people {
		if seen[p] {
			continue
		}
		seen[p] = true
		told = append(told, p)
		if _, err := tx.Exec("notify.inbox.put", `INSERT INTO notify_inbox (city_id, person_id, id, message_key, args, link, unread)
			VALUES ($1, $2, $3, $4, $5, $6, TRUE) ON CONFLICT DO NOTHING`, e.City, p, e.ID, e.Key, string(args), e.Link); err != nil {
			return err
		}
	}
	addressees, err := c.People.Addressees(tx, e.City, told)
	if err != nil {
		return err
	}
	for _, a := range addressees {
		if err := c.address(tx, tenant, e, a); err != nil {
			return err
		}
	}
	return nil
}

func (c *Courier) address(tx *db.Tx, tenant *city.City, e Event, a Addressee) error {
	pref, err := Preferences(tx, e.City, a.Person)
	if err != nil {
		return err
	}
	m := message{Event: e.ID, Person: a.Person, Lang: a.Lang, Key: e.Key, Args: e.Args, Link: e.Link}
	at := time.Time{}
	if !e.Urgent {
		at = pref.next(c.Clock.Now().In(tenant.Zone))
	}
	if pref.Email && a.Email != "" {
		m.Channel, m.Target = "email", a.Email
		if err := put(tx, e.City, m, at); err != nil {
			return err
		}
	}
	if !pref.Push || c.Push == nil {
		return nil
	}
	subs, err := subscriptions(tx, e.City, a.Person)
	if err != nil {
		return err
	}
	for _, s := range subs {
		m.ID, m.Channel, m.Target = 0, "push", s.Endpoint
		if err := put(tx, e.City, m, at); err != nil {
			return err
		}
	}
	return nil
}

// digestHour is when those who want one message a day get it.
const digestHour = 8

// next is when a person wants to hear of something that happens now: at once
// (zero), at the end of the quiet hours, or with the digest.
func (p Preference) next(now time.Time) time.Time {
	at := func(hour int) time.Time {
		t := time.Date(now.Year(), now.Month(), now.Day(), hour, 0, 0, 0, now.Location())
		if !t.After(now) {
			t = t.AddDate(0, 0, 1)
		}
		return t
	}
	if p.Digest {
		return at(digestHour)
	}
	h := now.Hour()
	quiet := p.QuietFrom <= h && h < p.QuietTo
	if p.QuietFrom > p.QuietTo {
		quiet = h >= p.QuietFrom || h < p.QuietTo
	}
	if quiet {
		return at(p.QuietTo)
	}
	return time.Time{}
}

// send delivers one message. It is marked as sent after the other side took
// it; a crash in between repeats it with the same Message-ID.
func (c *Courier) send(ctx context.Context, j jobs.Job) error {
	var a sendArgs
	if err := j.Decode(&a); err != nil {
		return err
	}
	var m message
	err := c.DB.View(ctx, func(tx *db.Tx) (err error) {
		m, err = get(tx, j.City, a.ID)
		return err
	})
	if errors.Is(err, db.ErrNotFound) || (err == nil && m.Sent != 0) {
		return nil
	}
	if err != nil {
		return err
	}
	tenant, ok := c.Cities.ByID(j.City)
	if !ok {
		return jobs.Permanent(fmt.Errorf("notify: city %d is unknown", j.City))
	}
	if err := c.hand(ctx, tenant, m); err != nil {
		return c.refused(ctx, j.City, m, err)
	}
	return c.DB.Update(ctx, func(tx *db.Tx) error { return sent(tx, j.City, m, c.Clock.Now().UnixMilli()) })
}

func (c *Courier) hand(ctx context.Context, tenant *city.City, m message) error {
	p := c.Catalogue.Printer(m.Lang)
	title, text := Text(p, m.Key, m.Args)
	link := ""
	if m.Link != "" {
		link = c.Absolute(tenant, m.Link)
	}
	switch m.Channel {
	case "email":
		return c.Mail.Send(ctx, c.letter(p, tenant, m, title, text, link))
	case "sms":
		return c.SMS.Send(ctx, m.Target, text)
	case "push":
		return c.pushOne(ctx, tenant, m, title, text)
	}
	return jobs.Permanent(fmt.Errorf("notify: channel %q", m.Channel))
}

// Text writes a notice in a person's language.
func Text(p *i18n.Printer, key string, args map[string]string) (title, text string) {
	pairs := make([]any, 0, 2*len(args))
	for name, value := range args {
		if k, isKey := strings.CutPrefix(value, "="); isKey {
			value = p.T(k)
		}
		pairs = append(pairs, name, value)
	}
	return p.T(key+".title", pairs...), p.T(key+".text", pairs...)
}

// letter writes the mail: the text first, and the same words as plain HTML
// with one link.
func (c *Courier) letter(p *i18n.Printer, tenant *city.City, m message, title, text, link string) mail.Message {
	var plain, rich strings.Builder
	plain.WriteString(text + "\n")
	rich.WriteString(`<!DOCTYPE html><html lang="` + p.Lang() + `"><body><h1>` + html.EscapeString(title) + `</h1>`)
	for para := range strings.SplitSeq(text, "\n\n") {
		rich.WriteString("<p>" + strings.ReplaceAll(html.EscapeString(para), "\n", "<br>") + "</p>")
	}
	if link != "" {
		plain.WriteString("\n" + link + "\n")
		rich.WriteString(`<p><a href="` + html.EscapeString(link) + `">` + html.EscapeString(p.T("notify.mail.open")) + `</a></p>`)
	}
	foot := p.T("notify.mail.foot", "city", tenant.Name(p.Lang()))
	plain.WriteString("\n-- \n" + foot + "\n")
	rich.WriteString("<p>" + html.EscapeString(foot) + "</p></body></html>")
	headers := map[string]string{"Auto-Submitted": "auto-generated"}
	if m.Person != 0 {
		settings := c.Absolute(tenant, "/account/preferences")
		plain.WriteString(p.T("notify.mail.stop") + " " + settings + "\n")
		headers["List-Unsubscribe"] = "<" + settings + ">"
	}
	return mail.Message{
		From: c.From, To: m.Target, ReplyTo: m.ReplyTo, Subject: title, Text: plain.String(), HTML: rich.String(),
		MessageID: m.MessageID + "@" + c.Host, Headers: headers,
	}
}

func (c *Courier) pushOne(ctx context.Context, tenant *city.City, m message, title, text string) error {
	var sub push.Subscription
	err := c.DB.View(ctx, func(tx *db.Tx) (err error) {
		sub, err = subscription(tx, tenant.ID, m.Target)
		return err
	})
	if errors.Is(err, db.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	payload, err := json.Marshal(map[string]string{"title": title, "body": text, "url": m.Link, "tag": m.MessageID, "lang": m.Lang})
	if err != nil {
		return err
	}
	err = c.Push.Send(ctx, sub, payload, push.Options{TTL: 3 * 24 * time.Hour, Topic: push.Topic(m.MessageID)})
	if errors.Is(err, push.ErrGone) || errors.Is(err, push.ErrSubscription) {
		return c.DB.Update(ctx, func(tx *db.Tx) error { return Unsubscribe(tx, tenant.ID, m.Target) })
	}
	return err
}

// refused decides what a failed delivery means for its job.
func (c *Courier) refused(ctx context.Context, cityID int64, m message, cause error) error {
	var pe *push.Error
	permanent := errors.Is(cause, mail.ErrPermanent) || errors.Is(cause, sms.ErrPermanent)
	if errors.As(cause, &pe) && !pe.Temporary {
		permanent = true
	}
	if err := c.DB.Update(ctx, func(tx *db.Tx) error { return noteError(tx, cityID, m.ID, cause.Error()) }); err != nil {
		return errors.Join(cause, err)
	}
	switch {
	case permanent:
		return jobs.Permanent(cause)
	case pe != nil && pe.RetryAfter > 0:
		return jobs.After(pe.RetryAfter, cause)
	}
	return cause
}

// Forget removes sent messages older than keep from a city.
func Forget(tx *db.Tx, cityID int64, before time.Time) error {
	_, err := tx.Exec("notify.forget", `DELETE FROM notify_message WHERE city_id = $1 AND sent_at > 0 AND sent_at < $2`, cityID, before.UnixMilli())
	return err
}

func get(tx *db.Tx, cityID, id int64) (message, error) {
	return db.One(tx, "notify.get", `SELECT id, event_id, person_id, channel, target, lang, message_key, args, link, reply_to, message_id, secret, sent_at
		FROM notify_message WHERE city_id = $1 AND id = $2`, func(r db.Row) (m message, err error) {
		var args string
		if err = r.Scan(&m.ID, &m.Event, &m.Person, &m.Channel, &m.Target, &m.Lang, &m.Key, &args, &m.Link, &m.ReplyTo, &m.MessageID, &m.Secret, &m.Sent); err == nil {
			m.Args, err = decodeArgs(args)
		}
		return m, err
	}, cityID, id)
}

func sent(tx *db.Tx, cityID int64, m message, at int64) error {
	query := `UPDATE notify_message SET sent_at = $3, error = '' WHERE city_id = $1 AND id = $2`
	if m.Secret {
		query = `UPDATE notify_message SET sent_at = $3, error = '', args = '{}', link = '' WHERE city_id = $1 AND id = $2`
	}
	_, err := tx.Exec("notify.sent", query, cityID, m.ID, at)
	return err
}

func noteError(tx *db.Tx, cityID, id int64, text string) error {
	_, err := tx.Exec("notify.error", `UPDATE notify_message SET error = $3 WHERE city_id = $1 AND id = $2`, cityID, id, text)
	return err
}

// Subscribe stores a browser that wants push messages.
func Subscribe(tx *db.Tx, cityID, person int64, s push.Subscription, at time.Time) error {
	_, err := tx.Exec("notify.subscribe", `INSERT INTO notify_push (city_id, endpoint, person_id, p256dh, auth, at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (city_id, endpoint) DO UPDATE SET person_id = excluded.person_id, p256dh = excluded.p256dh, auth = excluded.auth, at = excluded.at`,
		cityID, s.Endpoint, person, s.P256dh, s.Auth, at.UnixMilli())
	return err
}

// Unsubscribe forgets a browser.
func Unsubscribe(tx *db.Tx, cityID int64, endpoint string) error {
	_, err := tx.Exec("notify.unsubscribe", `DELETE FROM notify_push WHERE city_id = $1 AND endpoint = $2`, cityID, endpoint)
	return err
}

func subscriptions(tx *db.Tx, cityID, person int64) ([]push.Subscription, error) {
	return db.All(tx, "notify.push", `SELECT endpoint, p256dh, auth FROM notify_push WHERE city_id = $1 AND person_id = $2 LIMIT 10`, scanPush, cityID, person)
}

func subscription(tx *db.Tx, cityID int64, endpoint string) (push.Subscription, error) {
	return db.One(tx, "notify.push.one", `SELECT endpoint, p256dh, auth FROM notify_push WHERE city_id = $1 AND endpoint = $2`, scanPush, cityID, endpoint)
}

func scanPush(r db.Row) (s push.Subscription, err error) {
	err = r.Scan(&s.Endpoint, &s.P256dh, &s.Auth)
	return s, err
}
