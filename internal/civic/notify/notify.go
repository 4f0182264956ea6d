// Package notify tells people what happened to what they follow: in the inbox
// of their account, by e-mail, by push to their devices. An event is written
// in the transaction that causes it; jobs fan it out and deliver it, each
// message with an identity of its own that it keeps through every attempt, so
// that none is lost and a repeat can be recognised.
package notify

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/jobs"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations are the tables of this package.
var Migrations = db.Migrations{Name: "notify", FS: files}

// Subject is anything that can be followed.
type Subject struct {
	Kind string
	ID   int64
}

// Event is something that followers are told. Key names the texts: <Key>.title
// and <Key>.text. Args are values for the texts by placeholder; a value that
// begins with "=" is itself a message key.
type Event struct {
	ID      int64
	City    int64
	Subject Subject
	Key     string
	Args    map[string]string
	Link    string  // path of the page
	Except  int64   // who did it and needs not be told
	To      []int64 // people told besides the followers
	Urgent  bool    // not kept for the digest or the end of quiet hours
	Paid    bool    // worth a text message to somebody whom nothing else reaches
	Near    *Near   // watches that match are told too
}

// Near is where a new thing is, for those who watch a place or a district.
type Near struct {
	Layer    string
	Lat, Lon float64
	District string
	Category string
}

// Emit stores the event for all whom it concerns, in the caller's transaction.
func Emit(tx *db.Tx, e Event) error {
	if e.ID == 0 {
		e.ID = ids.New()
	}
	return jobs.Enqueue(tx, e.City, jobFan, fan{Event: e}) // it tells followers first
}

// Follow makes a person a follower; it is no error to follow twice.
func Follow(tx *db.Tx, city, person int64, s Subject, at time.Time) error {
	if person == 0 {
		return errors.New("notify: nobody cannot follow")
	}
	_, err := tx.Exec("notify.follow", `INSERT INTO notify_follow (city_id, kind, subject_id, person_id, at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT DO NOTHING`, city, s.Kind, s.ID, person, at.UnixMilli())
	return err
}

// Unfollow ends it.
func Unfollow(tx *db.Tx, city, person int64, s Subject) error {
	_, err := tx.Exec("notify.unfollow", `DELETE FROM notify_follow WHERE city_id = $1 AND kind = $2 AND subject_id = $3 AND person_id = $4`,
		city, s.Kind, s.ID, person)
	return err
}

// Follows tells whether a person follows.
func Follows(tx *db.Tx, city, person int64, s Subject) (bool, error) {
	n, err := db.One(tx, "notify.follows", `SELECT COUNT(*) FROM notify_follow WHERE city_id = $1 AND kind = $2 AND subject_id = $3 AND person_id = $4`,
		db.Int64, city, s.Kind, s.ID, person)
	return n > 0, err
}

// Followers counts who follows.
func Followers(tx *db.Tx, city int64, s Subject) (int64, error) {
	return db.One(tx, "notify.followers.count", `SELECT COUNT(*) FROM notify_follow WHERE city_id = $1 AND kind = $2 AND subject_id = $3`,
		db.Int64, city, s.Kind, s.ID)
}

// Following reads what a person follows of a kind, newest first.
func Following(tx *db.Tx, city, person int64, kind string, limit int) ([]int64, error) {
	return db.All(tx, "notify.following", `SELECT subject_id FROM notify_follow WHERE city_id = $1 AND person_id = $2 AND kind = $3
		ORDER BY at DESC LIMIT $4`, db.Int64, city, person, kind, limit)
}

// MoveFollowers makes the followers of one subject follow another, for merges.
func MoveFollowers(tx *db.Tx, city int64, from, to Subject) error {
	_, err := tx.Exec("notify.follow.move", `INSERT INTO notify_follow (city_id, kind, subject_id, person_id, at)
		SELECT city_id, $4, $5, person_id, at FROM notify_follow WHERE city_id = $1 AND kind = $2 AND subject_id = $3 ON CONFLICT DO NOTHING`,
		city, from.Kind, from.ID, to.Kind, to.ID)
	return err
}

// Preference is how a person wants to be told. Quiet hours are whole hours of
// the city's clock, from inclusive, to exclusive; equal means none.
type Preference struct {
	Email     bool
	Push      bool
	Telegram  bool
	SMS       bool // where nothing else reaches the person, and only what is worth it
	Often     Often
	QuietFrom int
	QuietTo   int
}

// Often is how often somebody wants to hear of what is not urgent.
type Often string

// The choices.
const (
	AtOnce Often = ""
	Daily  Often = "daily"
	Weekly Often = "weekly"
)

// DefaultPreference holds until the person chooses.
var DefaultPreference = Preference{Email: true, Push: true, Telegram: true, SMS: true, QuietFrom: 22, QuietTo: 7}

// SetPreferences stores how a person wants to be told.
func SetPreferences(tx *db.Tx, city, person int64, p Preference) error {
	_, err := tx.Exec("notify.preference.put", `INSERT INTO notify_preference (city_id, person_id, `+preferenceColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (city_id, person_id) DO UPDATE SET email = excluded.email, push = excluded.push,
			telegram = excluded.telegram, sms = excluded.sms, often = excluded.often, quiet_from = excluded.quiet_from, quiet_to = excluded.quiet_to`,
		city, person, p.Email, p.Push, p.Telegram, p.SMS, string(p.Often), p.QuietFrom, p.QuietTo)
	return err
}

// Item is one line of a person's inbox.
type Item struct {
	ID     int64
	Key    string
	Args   map[string]string
	Link   string
	Unread bool
}

// At returns when it came.
func (i Item) At() time.Time { return ids.Time(i.ID) }

// Inbox reads a person's notices before an id (0: from the newest).
func Inbox(tx *db.Tx, city, person, before int64, limit int) ([]Item, error) {
	if before == 0 {
		before = 1<<63 - 1
	}
	return db.All(tx, "notify.inbox", `SELECT id, message_key, args, link, unread FROM notify_inbox
		WHERE city_id = $1 AND person_id = $2 AND id < $3 ORDER BY id DESC LIMIT $4`, scanItem, city, person, before, limit)
}

// Unread counts a person's unread notices, at most 100.
func Unread(tx *db.Tx, city, person int64) (int, error) {
	n, err := db.One(tx, "notify.unread", `SELECT COUNT(*) FROM (SELECT id FROM notify_inbox WHERE city_id = $1 AND person_id = $2 AND unread LIMIT 100) AS u`,
		db.Int64, city, person)
	return int(n), err
}

// MarkRead marks all notices of a person up to an id as read.
func MarkRead(tx *db.Tx, city, person, upTo int64) error {
	_, err := tx.Exec("notify.read", `UPDATE notify_inbox SET unread = FALSE WHERE city_id = $1 AND person_id = $2 AND unread AND id <= $3`,
		city, person, upTo)
	return err
}

// Direct is a message to an address, whether or not a person stands behind it:
// a code, or a case for a body that works by e-mail.
type Direct struct {
	Channel string // email or sms
	To      string
	Lang    string
	Key     string
	Args    map[string]string
	Link    string
	ReplyTo string
	Secret  bool // args and link are wiped once it is sent or given up
	// Once names what the message is about when its writer may run twice, such
	// as the id of a job: a second message of that id to the same address is
	// not written. 0 is a message of its own.
	Once int64
}

// Send stores a direct message in the caller's transaction.
func Send(tx *db.Tx, city int64, d Direct) error {
	if d.Once == 0 {
		d.Once = ids.New()
	}
	return put(tx, city, message{
		Event: d.Once, Channel: d.Channel, Target: d.To, Lang: d.Lang, Key: d.Key, Args: d.Args, Link: d.Link, ReplyTo: d.ReplyTo, Secret: d.Secret,
	}, time.Time{})
}

func encodeArgs(args map[string]string) (string, error) {
	text, err := json.Marshal(args)
	if err != nil {
		return "", fmt.Errorf("notify: %w", err)
	}
	return string(text), nil
}

func decodeArgs(text string) (map[string]string, error) {
	var args map[string]string
	err := json.Unmarshal([]byte(text), &args)
	return args, err
}

// EraseAddress removes the direct messages to an address, such as codes: they
// stand for no person.
func EraseAddress(tx *db.Tx, city int64, address string) error {
	_, err := tx.Exec("notify.erase.address", `DELETE FROM notify_message WHERE city_id = $1 AND target = $2 AND person_id = 0`, city, address)
	return err
}

// Erase removes everything held about a person.
func Erase(tx *db.Tx, city, person int64) error {
	watches, err := Watches(tx, city, person)
	if err != nil {
		return err
	}
	for _, w := range watches {
		if err := DropWatch(tx, city, person, w.ID); err != nil {
			return err
		}
	}
	for _, q := range []string{
		`DELETE FROM notify_follow WHERE city_id = $1 AND person_id = $2`,
		`DELETE FROM notify_inbox WHERE city_id = $1 AND person_id = $2`,
		`DELETE FROM notify_message WHERE city_id = $1 AND person_id = $2 AND person_id <> 0`,
		`DELETE FROM notify_preference WHERE city_id = $1 AND person_id = $2`,
		`DELETE FROM notify_push WHERE city_id = $1 AND person_id = $2`,
		`DELETE FROM notify_chat WHERE city_id = $1 AND person_id = $2`,
		`DELETE FROM notify_text WHERE city_id = $1 AND person_id = $2`,
		`DELETE FROM notify_digest WHERE city_id = $1 AND person_id = $2`,
	} {
		if _, err := tx.Exec("notify.erase", q, city, person); err != nil {
			return err
		}
	}
	return nil
}
