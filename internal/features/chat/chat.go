// Package chat is the city's bot: a resident reports or appeals in a chat, step
// by step, and hears there what becomes of it. A chat stands for a person after
// the person has shared the telephone number of their own or came from their
// account.
package chat

import (
	"context"
	"crypto/hmac"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/account"
	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/document"
	"github.com/ashar-kg/ashar/internal/civic/intake"
	"github.com/ashar-kg/ashar/internal/civic/notify"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/civic/place"
	"github.com/ashar-kg/ashar/internal/platform/clock"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/i18n"
	"github.com/ashar-kg/ashar/internal/platform/telegram"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations are the tables of this feature.
var Migrations = db.Migrations{Name: "chat", FS: files}

// Bot is the telegram of a city; *telegram.Client implements it.
type Bot interface {
	notify.Chatter
	Answer(ctx context.Context, callback, text string) error
	File(ctx context.Context, file string, limit int64) ([]byte, error)
}

// Service talks with people.
type Service struct {
	DB        *db.DB
	Clock     clock.Clock
	Catalogue *i18n.Catalogue
	Matrix    *permission.Book
	Kinds     intake.Receivers
	Places    *place.Store
	Papers    document.Store
	Photo     func(ctx context.Context, data []byte) (casework.Photo, error)
	Absolute  func(c *city.City, path string) string
	// State says the state of a case in words.
	State func(p *i18n.Printer, f *casework.File) string
}

// The steps of a talk. At the empty one nothing is asked.
const (
	stepText  = "text"
	stepWhat  = "what"
	stepPlace = "place"
	stepName  = "name"
	stepHome  = "home"
)

// talk is how far a person has come.
type talk struct {
	Lang   string
	Step   string
	Kind   string
	Said   intake.Said
	Found  []spot // places from which the person chooses
	seen   int64  // the last update that was taken
	person account.Person
}

type spot struct {
	Name     string
	Lat, Lon float64
}

// Handle takes one update. It is called again with an update that failed, and
// does nothing with one that it has taken.
func (s *Service) Handle(ctx context.Context, c *city.City, bot Bot, u telegram.Update) error {
	chat, from, ok := origin(u)
	if !ok {
		return nil
	}
	if u.Member != nil {
		return s.left(ctx, c, chat, u.Member.New.Status)
	}
	t, err := s.load(ctx, c, chat, from)
	if err != nil || u.ID <= t.seen {
		return err
	}
	h := &hand{Service: s, ctx: ctx, city: c, bot: bot, chat: chat, update: u, talk: t, p: s.Catalogue.Printer(t.Lang)}
	reply, err := h.step()
	if err != nil {
		return err
	}
	if u.Callback != nil {
		if err := bot.Answer(ctx, u.Callback.ID, ""); err != nil && !permanent(err) {
			return err
		}
	}
	if reply.Text != "" {
		reply.Chat = chat
		if _, err := bot.Send(ctx, reply); err != nil && !permanent(err) {
			return err
		}
	}
	h.talk.seen = u.ID
	return s.save(ctx, c, chat, h.talk)
}

// permanent tells that trying again would say the same: a chat that is gone, a
// button that is too old.
func permanent(err error) bool {
	var e *telegram.Error
	return errors.Is(err, telegram.ErrGone) || (errors.As(err, &e) && !e.Temporary() && e.Code == 400)
}

// origin is the chat of an update and the language of the person's app. The bot
// speaks with people, not with groups.
func origin(u telegram.Update) (chat int64, lang string, ok bool) {
	switch {
	case u.Message != nil && u.Message.From != nil && u.Message.Chat.Type == "private":
		return u.Message.Chat.ID, u.Message.From.Language, true
	case u.Callback != nil && u.Callback.Message != nil && u.Callback.Message.Chat.Type == "private":
		return u.Callback.Message.Chat.ID, u.Callback.From.Language, true
	case u.Member != nil && u.Member.Chat.Type == "private":
		return u.Member.Chat.ID, u.Member.From.Language, true
	}
	return 0, "", false
}

// left ends the notices to a chat that has blocked the bot.
func (s *Service) left(ctx context.Context, c *city.City, chat int64, status string) error {
	if status != "kicked" {
		return nil
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error { return notify.Unlink(tx, c.ID, chat) })
}

func (s *Service) load(ctx context.Context, c *city.City, chat int64, lang string) (t talk, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		err := tx.Each("chat.talk", `SELECT state, seen FROM chat_talk WHERE city_id = $1 AND chat = $2`, func(r db.Row) error {
			var state string
			if err := r.Scan(&state, &t.seen); err != nil {
				return err
			}
			return json.Unmarshal([]byte(state), &t)
		}, c.ID, chat)
		if err != nil {
			return err
		}
		person, err := notify.Linked(tx, c.ID, chat)
		if err != nil || person == 0 {
			return err
		}
		t.person, err = account.Get(tx, c.ID, person)
		if t.person.Erased != 0 {
			t.person = account.Person{}
		}
		return err
	})
	if t.Lang == "" {
		t.Lang = c.Languages[0]
		if c.Speaks(lang) {
			t.Lang = lang
		}
	}
	return t, err
}

func (s *Service) save(ctx context.Context, c *city.City, chat int64, t talk) error {
	state, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("chat: %w", err)
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec("chat.save", `INSERT INTO chat_talk (city_id, chat, state, seen, at) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (city_id, chat) DO UPDATE SET state = excluded.state, seen = excluded.seen, at = excluded.at`,
			c.ID, chat, string(state), t.seen, s.Clock.Now().UnixMilli())
		return err
	})
}

// Sweep forgets what people began to say and never finished.
func Sweep(tx *db.Tx, cityID int64, before time.Time) error {
	_, err := tx.Exec("chat.sweep", `DELETE FROM chat_talk WHERE city_id = $1 AND at < $2`, cityID, before.UnixMilli())
	return err
}

// erase forgets the talks in the chats of a person.
func erase(tx *db.Tx, cityID, person int64, _ time.Time) error {
	_, err := tx.Exec("chat.erase", `DELETE FROM chat_talk WHERE city_id = $1 AND chat IN (SELECT chat FROM notify_chat WHERE city_id = $1 AND person_id = $2)`,
		cityID, person)
	return err
}

// Invite is the word with which a person opens the bot from their account: it
// links the chat with them, today and tomorrow.
func Invite(c *city.City, person int64, now time.Time) string {
	return strconv.FormatInt(person, 36) + "_" + inviteMark(c, person, now)
}

func inviteMark(c *city.City, person int64, now time.Time) string {
	return c.Sign("chat invite", strconv.FormatInt(person, 10)+now.In(c.Zone).Format(time.DateOnly))[:32]
}

// invited is the person whom the word of an invitation names; 0 is nobody.
func invited(c *city.City, word string, now time.Time) int64 {
	id, mark, _ := strings.Cut(word, "_")
	person, err := strconv.ParseInt(id, 36, 64)
	if err != nil {
		return 0
	}
	for _, day := range []time.Time{now, now.AddDate(0, 0, -1)} {
		if hmac.Equal([]byte(mark), []byte(inviteMark(c, person, day))) {
			return person
		}
	}
	return 0
}
