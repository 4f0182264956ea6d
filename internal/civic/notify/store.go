package notify

import (
	"errors"
	"fmt"
	"time"

	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/jobs"
	"github.com/ashar-kg/ashar/internal/platform/push"
)

func followersAfter(tx *db.Tx, city int64, s Subject, after int64, limit int) ([]int64, error) {
	return db.All(tx, "notify.followers", `SELECT person_id FROM notify_follow WHERE city_id = $1 AND kind = $2 AND subject_id = $3
		AND person_id > $4 ORDER BY person_id LIMIT $5`, db.Int64, city, s.Kind, s.ID, after, limit)
}

func putInbox(tx *db.Tx, e Event, person int64, args string) error {
	_, err := tx.Exec("notify.inbox.put", `INSERT INTO notify_inbox (city_id, person_id, id, message_key, args, link, unread)
		VALUES ($1, $2, $3, $4, $5, $6, TRUE) ON CONFLICT DO NOTHING`, e.City, person, e.ID, e.Key, args, e.Link)
	return err
}

const preferenceColumns = `email, push, telegram, sms, often, quiet_from, quiet_to`

// ofPeople are the conditions of a query about people of a city.
func ofPeople(city int64, people []int64) *db.Where {
	w := db.Of(city)
	db.AnyOf(w, "person_id", people)
	return w
}

func preferencesOf(tx *db.Tx, city int64, people []int64) (map[int64]Preference, error) {
	w := ofPeople(city, people)
	wishes := make(map[int64]Preference, len(people))
	err := tx.Each("notify.preferences", `SELECT person_id, `+preferenceColumns+` FROM notify_preference
		WHERE `+w.String(), func(r db.Row) error {
		var person int64
		var p Preference
		err := r.Scan(&person, &p.Email, &p.Push, &p.Telegram, &p.SMS, &p.Often, &p.QuietFrom, &p.QuietTo)
		wishes[person] = p
		return err
	}, w.Args...)
	return wishes, err
}

// maxBrowsers is how many browsers of one person are told, the newest first.
const maxBrowsers = 10

func browsersOf(tx *db.Tx, city int64, people []int64) (map[int64][]string, error) {
	w := ofPeople(city, people)
	browsers := map[int64][]string{}
	err := tx.Each("notify.browsers", `SELECT person_id, endpoint FROM notify_push
		WHERE `+w.String()+` ORDER BY person_id, at DESC`, func(r db.Row) error {
		var person int64
		var endpoint string
		err := r.Scan(&person, &endpoint)
		if len(browsers[person]) < maxBrowsers {
			browsers[person] = append(browsers[person], endpoint)
		}
		return err
	}, w.Args...)
	return browsers, err
}

// message is one delivery to one address of one person.
type message struct {
	ID, Event, Person        int64
	Channel, Target, Lang    string
	Key                      string
	Args                     map[string]string
	Link, ReplyTo, MessageID string
	Secret                   bool
	Paid                     bool  // worth a text message
	Sent                     int64 // when it was sent or, if secret, given up; 0 before
}

// put stores a delivery and the job that sends it, once for an event and address.
func put(tx *db.Tx, city int64, m message, at time.Time) error {
	args, err := encodeArgs(m.Args)
	if err != nil {
		return err
	}
	m.ID = ids.New()
	n, err := tx.Exec("notify.message", `INSERT INTO notify_message (city_id, id, event_id, person_id, channel, target, lang, message_key, args, link,
			reply_to, message_id, secret, paid, sent_at, error, state) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 0, '', '')
		ON CONFLICT (city_id, event_id, channel, target) DO NOTHING`,
		city, m.ID, m.Event, m.Person, m.Channel, m.Target, m.Lang, m.Key, args, m.Link, m.ReplyTo,
		fmt.Sprintf("%d.%s", m.ID, ids.Secret(8)), m.Secret, m.Paid)
	if err != nil || n == 0 {
		return err
	}
	var opts []jobs.Option
	if !at.IsZero() {
		opts = append(opts, jobs.At(at))
	}
	return jobs.Enqueue(tx, city, jobSend+m.Channel, sendArgs{ID: m.ID}, opts...)
}

func get(tx *db.Tx, cityID, id int64) (message, error) {
	return db.One(tx, "notify.get", `SELECT id, event_id, person_id, channel, target, lang, message_key, args, link, reply_to, message_id, secret, paid, sent_at
		FROM notify_message WHERE city_id = $1 AND id = $2`, func(r db.Row) (m message, err error) {
		var args string
		if err = r.Scan(&m.ID, &m.Event, &m.Person, &m.Channel, &m.Target, &m.Lang, &m.Key, &args, &m.Link, &m.ReplyTo, &m.MessageID, &m.Secret, &m.Paid, &m.Sent); err == nil {
			m.Args, err = decodeArgs(args)
		}
		return m, err
	}, cityID, id)
}

// finish marks a message as done with; of a secret one nothing to read is left.
func finish(tx *db.Tx, cityID int64, m message, at time.Time, failure string) error {
	wiped := ""
	if m.Secret {
		wiped = `, args = '{}', link = ''`
	}
	state := stateSent
	if failure != "" {
		state = stateFailed
	}
	_, err := tx.Exec("notify.finish", `UPDATE notify_message SET sent_at = $3, error = $4, state = $5`+wiped+` WHERE city_id = $1 AND id = $2`,
		cityID, m.ID, at.UnixMilli(), failure, state)
	return err
}

// noteError keeps why a delivery failed; one that is not tried again by itself
// is failed until the operator has it tried once more.
func noteError(tx *db.Tx, cityID, id int64, state, text string) error {
	_, err := tx.Exec("notify.error", `UPDATE notify_message SET error = $3, state = $4 WHERE city_id = $1 AND id = $2`, cityID, id, text, state)
	return err
}

func putDigest(tx *db.Tx, e Event, person int64, args string) error {
	_, err := tx.Exec("notify.digest.put", `INSERT INTO notify_digest (city_id, person_id, event_id, message_key, args, link, digest_id)
		VALUES ($1, $2, $3, $4, $5, $6, 0) ON CONFLICT DO NOTHING`, e.City, person, e.ID, e.Key, args, e.Link)
	return err
}

func bindDigest(tx *db.Tx, cityID, person, digest int64) (int64, error) {
	return tx.Exec("notify.digest.bind", `UPDATE notify_digest SET digest_id = $3 WHERE city_id = $1 AND person_id = $2 AND digest_id = 0`,
		cityID, person, digest)
}

// maxDigest is how many events a digest spells out; its inbox holds them all.
const maxDigest = 50

func digestItems(tx *db.Tx, cityID, person, digest int64) ([]Item, error) {
	return db.All(tx, "notify.digest.items", `SELECT event_id, message_key, args, link, FALSE FROM notify_digest
		WHERE city_id = $1 AND person_id = $2 AND digest_id = $3 ORDER BY event_id LIMIT $4`, scanItem, cityID, person, digest, maxDigest)
}

// Forget removes the messages and digests of a city that were made before an
// instant; by then they are sent or given up.
func Forget(tx *db.Tx, cityID int64, before time.Time) error {
	if _, err := tx.Exec("notify.forget", `DELETE FROM notify_message WHERE city_id = $1 AND id < $2`, cityID, ids.Floor(before)); err != nil {
		return err
	}
	day := int64(before.Year()*10000 + int(before.Month())*100 + before.Day())
	if _, err := tx.Exec("notify.forget.texts", `DELETE FROM notify_text WHERE city_id = $1 AND day < $2`, cityID, day); err != nil {
		return err
	}
	_, err := tx.Exec("notify.forget.digest", `DELETE FROM notify_digest WHERE city_id = $1 AND event_id < $2`, cityID, ids.Floor(before))
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

// subscription reads the browser of a person; one that somebody else has
// signed in on since is no longer theirs.
func subscription(tx *db.Tx, cityID, person int64, endpoint string) (push.Subscription, error) {
	return db.One(tx, "notify.push.one", `SELECT endpoint, p256dh, auth FROM notify_push WHERE city_id = $1 AND endpoint = $2 AND person_id = $3`,
		func(r db.Row) (s push.Subscription, err error) {
			err = r.Scan(&s.Endpoint, &s.P256dh, &s.Auth)
			return s, err
		}, cityID, endpoint, person)
}

func scanPreference(r db.Row) (p Preference, err error) {
	err = r.Scan(&p.Email, &p.Push, &p.Telegram, &p.SMS, &p.Often, &p.QuietFrom, &p.QuietTo)
	return p, err
}

func scanItem(r db.Row) (i Item, err error) {
	var args string
	if err = r.Scan(&i.ID, &i.Key, &args, &i.Link, &i.Unread); err == nil {
		i.Args, err = decodeArgs(args)
	}
	return i, err
}

// Preferences reads how a person wants to be told.
func Preferences(tx *db.Tx, city, person int64) (Preference, error) {
	p, err := db.One(tx, "notify.preference", `SELECT `+preferenceColumns+` FROM notify_preference
		WHERE city_id = $1 AND person_id = $2`, scanPreference, city, person)
	if errors.Is(err, db.ErrNotFound) {
		return DefaultPreference, nil
	}
	return p, err
}
