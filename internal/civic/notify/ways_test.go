package notify_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/notify"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/db/dbtest"
	"github.com/ashar-kg/ashar/internal/platform/sms"
	"github.com/ashar-kg/ashar/internal/platform/sms/smstest"
	"github.com/ashar-kg/ashar/internal/platform/telegram"
	"github.com/ashar-kg/ashar/internal/platform/telegram/telegramtest"
)

// phones are people as an account knows them: some have a telephone and no mail.
type phones struct{ mail map[int64]bool }

func (p phones) Addressees(_ *db.Tx, _ int64, people []int64) (list []notify.Addressee, err error) {
	for _, id := range people {
		a := notify.Addressee{Person: id, Lang: "en", Phone: fmt.Sprintf("+99655500%04d", 110+id)}
		if p.mail[id] {
			a.Email = address(id)
		}
		list = append(list, a)
	}
	return list, nil
}

// chatty gives the town a bot and a gateway for text messages.
func chatty(t *testing.T, w *town, mail ...int64) (*telegramtest.API, *smstest.Gateway) {
	t.Helper()
	api, gateway := telegramtest.Start(t), smstest.StartGateway(t, "key")
	bot, err := telegram.New(telegram.Config{Token: telegramtest.Token, BaseURL: api.URL})
	if err != nil {
		t.Fatal(err)
	}
	texts, err := sms.NewGateway(sms.Config{URL: gateway.URL, Key: "key"})
	if err != nil {
		t.Fatal(err)
	}
	people := phones{map[int64]bool{}}
	for _, p := range mail {
		people.mail[p] = true
	}
	w.courier.People, w.courier.SMS = people, texts
	w.courier.Chat = func(int64) notify.Chatter { return bot }
	w.runner = w.node()
	return api, gateway
}

func (w *town) chat(api *telegramtest.API, person, chat int64) {
	w.t.Helper()
	api.Begin(chat)
	w.update(func(tx *db.Tx) error { return notify.Link(tx, cityID, person, chat, w.clock.Now()) })
}

func paid(urgent bool) notify.Event {
	e := event()
	e.Paid, e.Urgent = true, urgent
	return e
}

func TestTextMessagesGoOnlyWhereNothingElseReaches(t *testing.T) {
	dbtest.Each(t, tables, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		_, gateway := chatty(t, w, 2)
		w.follow(1, 2) // the first has a telephone only
		w.emit(event())
		w.drain()
		if n := len(gateway.Messages()); n != 0 {
			t.Errorf("%d text messages for what is not worth one", n)
		}
		w.emit(paid(false))
		w.drain()
		sent := gateway.Messages()
		if len(sent) != 1 || !strings.HasSuffix(sent[0].Text, "\nhttps://bishkek.example/reports/2026-000042") {
			t.Fatalf("text messages: %+v", sent)
		}
		if n := len(w.mails.Messages()); n != 2 {
			t.Errorf("%d mails, want both for the second person", n)
		}
		w.wish(1, notify.Preference{Email: true})
		w.emit(paid(true))
		w.drain()
		if n := len(gateway.Messages()); n != 1 {
			t.Errorf("%d text messages after the person wanted none", n)
		}
	})
}

func TestAPersonGetsSoManyTextMessagesADayAndNoMore(t *testing.T) {
	dbtest.Each(t, tables, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		_, gateway := chatty(t, w)
		w.follow(1)
		for range 9 {
			w.emit(paid(true))
		}
		w.drain()
		if n := len(gateway.Messages()); n != 5 {
			t.Errorf("%d text messages, the city allows 5 a day", n)
		}
		if n := len(w.inbox(1)); n != 9 {
			t.Errorf("%d notices in the account, want all 9", n)
		}
		w.clock.Advance(24 * time.Hour)
		w.emit(paid(true))
		w.drain()
		if n := len(gateway.Messages()); n != 6 {
			t.Errorf("%d text messages on the next day", n)
		}
	})
}

func TestTheNextWayStandsInForOneThatFails(t *testing.T) {
	dbtest.Each(t, tables, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		api, gateway := chatty(t, w, 1)
		w.follow(1)
		w.chat(api, 1, 700)
		w.emit(event())
		w.drain()
		if got := api.Messages(700); len(got) != 1 || !strings.Contains(got[0].Text, "2026-000042") {
			t.Fatalf("the chat got %+v", got)
		}
		// The chat is gone and the mail server refuses: what is worth it goes by telephone.
		api.Block(700)
		w.mails.Fail(1, "550 no such mailbox")
		w.emit(paid(true))
		w.drain()
		if n := len(gateway.Messages()); n != 1 {
			t.Errorf("%d text messages", n)
		}
		// A browser that is gone, and a mail that is taken, need nothing more.
		phone := w.subscribe(1)
		w.pushes.Expire(phone)
		w.emit(paid(true))
		w.drain()
		if n := len(gateway.Messages()); n != 1 {
			t.Errorf("%d text messages beside a mail that was taken", n)
		}
		var chats int
		var counts []notify.Count
		if err := d.View(t.Context(), func(tx *db.Tx) (err error) {
			if chats, err = notify.Chats(tx, cityID, 1); err != nil {
				return err
			}
			counts, err = notify.Counts(tx, cityID, 0)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if chats != 0 {
			t.Error("a chat that is gone still stands for the person")
		}
		has := func(channel, state string, n int64) bool {
			return slices.ContainsFunc(counts, func(c notify.Count) bool { return c.Channel == channel && c.State == state && c.N == n })
		}
		if !has("telegram", "sent", 1) || !has("telegram", "failed", 1) || !has("email", "failed", 1) || !has("sms", "sent", 1) || !has("push", "failed", 1) {
			t.Errorf("counts: %+v", counts)
		}
	})
}

func TestATextMessageThatMayHaveGoneIsNotPaidForTwice(t *testing.T) {
	dbtest.Each(t, tables, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		_, gateway := chatty(t, w)
		w.follow(1)
		gateway.LoseAnswers(1)
		w.emit(paid(true))
		w.drain()
		w.clock.Advance(24 * time.Hour)
		w.drain()
		if n := len(gateway.Messages()); n != 1 {
			t.Errorf("the gateway took %d messages", n)
		}
		var failed []notify.Delivery
		if err := d.View(t.Context(), func(tx *db.Tx) (err error) {
			failed, err = notify.Deliveries(tx, cityID, true, 0, 10)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if len(failed) != 1 || failed[0].To != "•••111" || failed[0].Error == "" {
			t.Errorf("the operator sees %+v", failed)
		}
	})
}

func TestAWeeklyDigestComesOnMonday(t *testing.T) {
	dbtest.Each(t, tables, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		w.follow(1)
		w.wish(1, notify.Preference{Email: true, Often: notify.Weekly})
		for range 3 {
			w.emit(event())
		}
		days := 0
		for ; len(w.mails.Messages()) == 0 && days < 9; days++ {
			w.drain()
			if len(w.mails.Messages()) > 0 {
				break
			}
			w.clock.Advance(24 * time.Hour)
		}
		if n := len(w.mails.Messages()); n != 1 {
			t.Fatalf("%d mails", n)
		}
		// The day before was Sunday or earlier: the town's noon follows the morning of the digest.
		if day := w.clock.Now().In(w.city.Zone).Weekday(); day.String() != "Monday" {
			t.Errorf("it came on %s", day)
		}
	})
}

// Two ways to one person that fail in the same moment must not each take the
// other for one that still holds.
func TestWaysThatFailTogetherLeaveNobodyUntold(t *testing.T) {
	dbtest.Each(t, tables, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		var people []int64
		for p := int64(1); p <= 30; p++ {
			people = append(people, p)
		}
		api, gateway := chatty(t, w, people...)
		w.follow(people...)
		for _, p := range people {
			w.chat(api, p, 700+p)
			api.Block(700 + p)
		}
		w.mails.Fail(len(people), "550 no such mailbox")
		w.emit(paid(true))
		w.drain()
		if n := len(gateway.Messages()); n != len(people) {
			t.Errorf("%d of %d people are told by telephone", n, len(people))
		}
	})
}
