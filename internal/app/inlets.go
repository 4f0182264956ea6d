package app

import (
	"context"
	"fmt"
	"sync"

	"github.com/ashar-kg/ashar/internal/platform/mailin"
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
