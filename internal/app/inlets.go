package app

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/notify"
	"github.com/ashar-kg/ashar/internal/features/chat"
	"github.com/ashar-kg/ashar/internal/platform/i18n"
	"github.com/ashar-kg/ashar/internal/platform/mailin"
	"github.com/ashar-kg/ashar/internal/platform/openid"
	"github.com/ashar-kg/ashar/internal/platform/telegram"
)

// mailbox is where the letters of a city come in.
type mailbox struct {
	city    string // short name, "" is the only city
	fetcher *mailin.Fetcher
}

func (a *App) openMailboxes() error {
	for slug, url := range a.Config.Mailboxes {
		conf, err := mailin.ParseURL(url)
		if err != nil {
			return fmt.Errorf("mailbox: %w", err)
		}
		f, err := mailin.New(conf)
		if err != nil {
			return fmt.Errorf("mailbox: %w", err)
		}
		a.mailboxes = append(a.mailboxes, mailbox{slug, f})
	}
	return nil
}

// readMail takes letters until ctx ends. Several nodes may read one mailbox:
// what one has taken the others find done.
func (a *App) readMail(ctx context.Context) {
	var all sync.WaitGroup
	for _, m := range a.mailboxes {
		all.Go(func() {
			m.fetcher.Run(ctx, func(ctx context.Context, l mailin.Letter) error {
				c, err := a.CityNamed(m.city)
				if err != nil {
					return err
				}
				return a.Postbox.Handle(ctx, c, l)
			}, func(err error) { a.Log.Warn("letters cannot be taken", "city", m.city, "cause", err) })
		})
	}
	all.Wait()
}

// bot is the bot of a city. Its name is known once the API has answered.
type bot struct {
	*telegram.Client
	city string // short name, "" is the only city
	name atomic.Pointer[string]
}

func (a *App) openBots() error {
	a.bots = map[string]*bot{}
	for slug, token := range a.Config.Bots {
		client, err := telegram.New(telegram.Config{Token: token, BaseURL: a.Config.BotURL})
		if err != nil {
			return fmt.Errorf("telegram: %w", err)
		}
		a.bots[slug] = &bot{Client: client, city: slug}
	}
	return nil
}

func (a *App) openProviders() error {
	a.providers = map[string]*openid.Client{}
	for slug, text := range a.Config.Identity {
		conf, err := openid.ParseURL(text)
		if err != nil {
			return fmt.Errorf("identity: %w", err)
		}
		a.providers[slug] = openid.New(conf)
	}
	return nil
}

// providerOf is where the residents of a city prove who they are; nil where it
// has no such provider.
func (a *App) providerOf(c *city.City) *openid.Client { return ofCity(a, a.providers, c) }

// ofCity picks what belongs to a city by its short name; what has no name
// belongs to the only city.
func ofCity[T any](a *App, all map[string]*T, c *city.City) *T {
	if one := all[c.Slug]; one != nil {
		return one
	}
	if len(a.Cities.List()) == 1 {
		return all[""]
	}
	return nil
}

// botOf is the bot of a city; nil where it has none.
func (a *App) botOf(c *city.City) *bot { return ofCity(a, a.bots, c) }

// chatter implements notify.Courier.Chat.
func (a *App) chatter(cityID int64) notify.Chatter {
	c, ok := a.Cities.ByID(cityID)
	if !ok {
		return nil
	}
	if b := a.botOf(c); b != nil {
		return b
	}
	return nil
}

// botLink names the bot of a city and the address at which a person links it.
func (a *App) botLink(c *city.City, person int64) (name, address string) {
	b := a.botOf(c)
	if b == nil || b.name.Load() == nil {
		return "", ""
	}
	name = *b.name.Load()
	return name, "https://t.me/" + name + "?start=" + chat.Invite(c, person, a.Clock.Now())
}

// talk hands what people write to the bots over until ctx ends.
func (a *App) talk(ctx context.Context) {
	var all sync.WaitGroup
	for _, b := range a.bots {
		all.Go(func() {
			a.introduce(ctx, b)
			b.Poll(ctx, func(ctx context.Context, u telegram.Update) error {
				c, err := a.CityNamed(b.city)
				if err != nil {
					return err
				}
				return a.Chat.Handle(ctx, c, b, u)
			}, func(err error) { a.Log.Warn("the bot is not heard", "city", b.city, "cause", err) })
		})
	}
	all.Wait()
}

// introduce asks the API for the bot's name and sets its menu in each language.
func (a *App) introduce(ctx context.Context, b *bot) {
	for pause := time.Second; ctx.Err() == nil; pause = min(2*pause, time.Minute) {
		me, err := b.Me(ctx)
		if err == nil {
			b.name.Store(&me.Username)
			for _, lang := range []string{"ky", "ru", "en"} {
				if err := b.SetCommands(ctx, lang, a.Chat.Commands(lang)); err != nil {
					a.Log.Warn("the menu of the bot cannot be set", "cause", err)
				}
			}
			return
		}
		a.Log.Warn("the bot does not answer", "city", b.city, "cause", err)
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// keepPhoto stores a picture as reports keep them.
func (a *App) keepPhoto(ctx context.Context, data []byte) (casework.Photo, error) {
	p, _, err := a.Reports.StorePhoto(ctx, bytes.NewReader(data))
	return p, err
}

// stateOf says the state of a case in words.
func stateOf(p *i18n.Printer, f *casework.File) string { return p.T(f.Kind + ".state." + f.State) }
