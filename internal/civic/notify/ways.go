package notify

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/platform/db"
)

// order is in which order the channels stand in for each other when one fails:
// what costs nothing first, and of that what is read soonest.
var order = []string{webPush, telegramChat, email, text}

// ways are the addresses at which a person can and wants to be told.
type ways struct {
	email    string
	phone    string
	browsers []string
	chats    []string
}

// of lists the addresses of a channel.
func (w ways) of(channel string) []string {
	one := func(address string) []string {
		if address == "" {
			return nil
		}
		return []string{address}
	}
	switch channel {
	case webPush:
		return w.browsers
	case telegramChat:
		return w.chats
	case email:
		return one(w.email)
	}
	return one(w.phone)
}

// free tells whether some way costs the city nothing.
func (w ways) free() bool { return w.email != "" || len(w.browsers) > 0 || len(w.chats) > 0 }

// ways are those that the person has not turned off and the installation has.
func (c *Courier) ways(cityID int64, a Addressee, wish Preference, browsers, chats []string) ways {
	var w ways
	if wish.Email {
		w.email = a.Email
	}
	if wish.SMS {
		w.phone = a.Phone
	}
	if wish.Push && c.Push != nil {
		w.browsers = browsers
	}
	if wish.Telegram && c.chat(cityID) != nil {
		w.chats = chats
	}
	return w
}

// waysTo reads the ways to one person.
func (c *Courier) waysTo(tx *db.Tx, cityID int64, a Addressee) (ways, error) {
	people := []int64{a.Person}
	wish, err := Preferences(tx, cityID, a.Person)
	if err != nil {
		return ways{}, err
	}
	browsers, err := browsersOf(tx, cityID, people)
	if err != nil {
		return ways{}, err
	}
	chats, err := chatsOf(tx, cityID, people)
	return c.ways(cityID, a, wish, browsers[a.Person], chats[a.Person]), err
}

func (c *Courier) chat(cityID int64) Chatter {
	if c.Chat == nil {
		return nil
	}
	return c.Chat(cityID)
}

// instead tells a person by the next way when one has failed for good and no
// other holds the message.
func (c *Courier) instead(tx *db.Tx, tenant *city.City, m message) error {
	if m.Person == 0 || m.Channel == text {
		return nil
	}
	tried, err := tried(tx, tenant.ID, m)
	if err != nil || tried == nil {
		return err
	}
	list, err := c.People.Addressees(tx, tenant.ID, []int64{m.Person})
	if err != nil || len(list) == 0 {
		return err
	}
	w, err := c.waysTo(tx, tenant.ID, list[0])
	if err != nil {
		return err
	}
	for _, channel := range order {
		if channel == text && !m.Paid {
			continue
		}
		for _, target := range w.of(channel) {
			if tried[channel+" "+target] {
				continue
			}
			next := m
			next.Channel, next.Target = channel, target
			return c.put(tx, tenant, next, time.Time{})
		}
	}
	return nil
}

// Bounced marks a letter as failed that a mail server took and sent back, and
// tells its reader by the next way. messageID is as the letter carried it.
func (c *Courier) Bounced(ctx context.Context, tenant *city.City, messageID, cause string) error {
	return c.DB.Update(ctx, func(tx *db.Tx) error {
		m, err := byMessageID(tx, tenant.ID, messageID)
		if errors.Is(err, db.ErrNotFound) {
			return nil // of another program, or forgotten
		}
		if err != nil {
			return err
		}
		if err := lockWays(tx, tenant.ID, m); err != nil {
			return err
		}
		return errors.Join(noteError(tx, tenant.ID, m.ID, stateFailed, cause), counted(tx, tenant, m, stateFailed, 0, c.Clock.Now()), c.instead(tx, tenant, m))
	})
}

// Cause tells what a letter of ours was about: the page that it led to, and to
// whom it went. Both are empty for a letter that is not ours.
func Cause(tx *db.Tx, cityID int64, messageID string) (link string, person int64, err error) {
	m, err := byMessageID(tx, cityID, messageID)
	if errors.Is(err, db.ErrNotFound) {
		return "", 0, nil
	}
	return m.Link, m.Person, err
}

// byMessageID finds a message by what its letter was called. The name begins
// with its id and ends with a secret.
func byMessageID(tx *db.Tx, cityID int64, messageID string) (message, error) {
	name, _, _ := strings.Cut(messageID, "@")
	digits, _, _ := strings.Cut(name, ".")
	id, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return message{}, db.ErrNotFound
	}
	m, err := get(tx, cityID, id)
	if err == nil && m.MessageID != name {
		return message{}, db.ErrNotFound
	}
	return m, err
}

// lockWays makes the ways to one person fail one after the other: two at once
// would each take the other for one that still holds, and nothing would stand in.
func lockWays(tx *db.Tx, cityID int64, m message) error {
	if m.Person == 0 {
		return nil
	}
	return tx.Each("notify.ways.lock", `SELECT id FROM notify_message WHERE city_id = $1 AND event_id = $2 AND person_id = $3 ORDER BY id`+tx.ForUpdate(),
		func(db.Row) error { return nil }, cityID, m.Event, m.Person)
}

// tried are the addresses at which the event of a message was tried already;
// nil when one of the others still holds or has delivered it.
func tried(tx *db.Tx, cityID int64, m message) (map[string]bool, error) {
	out, held := map[string]bool{}, false
	err := tx.Each("notify.tried", `SELECT id, channel, target, state FROM notify_message WHERE city_id = $1 AND event_id = $2 AND person_id = $3`, func(r db.Row) error {
		var id int64
		var channel, target, state string
		if err := r.Scan(&id, &channel, &target, &state); err != nil {
			return err
		}
		out[channel+" "+target] = true
		held = held || (id != m.ID && state != stateFailed)
		return nil
	}, cityID, m.Event, m.Person)
	if held {
		return nil, err
	}
	return out, err
}

// put writes a delivery unless it is a text message to somebody who has had
// enough of them today.
func (c *Courier) put(tx *db.Tx, tenant *city.City, m message, at time.Time) error {
	if m.Channel == text {
		s, err := settingsOf(tenant)
		if err != nil {
			return err
		}
		// One statement on one row: exact however many nodes tell the person at once.
		n, err := db.One(tx, "notify.texts", `INSERT INTO notify_text (city_id, person_id, day, n) VALUES ($1, $2, $3, 1)
			ON CONFLICT (city_id, person_id, day) DO UPDATE SET n = notify_text.n + 1 RETURNING n`,
			db.Int64, tenant.ID, m.Person, int64(tenant.Calendar.Day(c.Clock.Now())))
		if err != nil || n > int64(s.TextsPerDay) {
			return err
		}
	}
	return put(tx, tenant.ID, m, at)
}

// Settings are what a city may change.
type Settings struct {
	TextsPerDay int `json:"texts_per_day"` // to one person
	TextPrice   int `json:"text_price"`    // hundredths of the currency for one part; 0 is not known
}

var defaults = Settings{TextsPerDay: 5}

// Section declares them.
var Section = city.Section{
	Name: "notify", Default: defaults,
	Fields: []city.SettingField{{Key: "texts_per_day", Max: 100}, {Key: "text_price", Max: 100000}},
}

func settingsOf(c *city.City) (Settings, error) { return city.Settings(c, Section.Name, defaults) }

// Link lets a chat stand for a person: notices go there too.
func Link(tx *db.Tx, cityID, person, chat int64, at time.Time) error {
	_, err := tx.Exec("notify.link", `INSERT INTO notify_chat (city_id, chat, person_id, at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (city_id, chat) DO UPDATE SET person_id = excluded.person_id, at = excluded.at`, cityID, chat, person, at.UnixMilli())
	return err
}

// Unlink ends it.
func Unlink(tx *db.Tx, cityID, chat int64) error {
	_, err := tx.Exec("notify.unlink", `DELETE FROM notify_chat WHERE city_id = $1 AND chat = $2`, cityID, chat)
	return err
}

// Linked finds the person for whom a chat stands; 0 is nobody.
func Linked(tx *db.Tx, cityID, chat int64) (int64, error) {
	list, err := db.All(tx, "notify.linked", `SELECT person_id FROM notify_chat WHERE city_id = $1 AND chat = $2`, db.Int64, cityID, chat)
	if err != nil || len(list) == 0 {
		return 0, err
	}
	return list[0], nil
}

// Chats counts the chats of a person.
func Chats(tx *db.Tx, cityID, person int64) (int, error) {
	list, err := chatsOf(tx, cityID, []int64{person})
	return len(list[person]), err
}

func chatsOf(tx *db.Tx, cityID int64, people []int64) (map[int64][]string, error) {
	w := ofPeople(cityID, people)
	out := map[int64][]string{}
	return out, tx.Each("notify.chats", `SELECT person_id, chat FROM notify_chat WHERE `+w.String()+` ORDER BY person_id, at DESC`, func(r db.Row) error {
		var person, chat int64
		err := r.Scan(&person, &chat)
		out[person] = append(out[person], strconv.FormatInt(chat, 10))
		return err
	}, w.Args...)
}
