// Package app is the only one that knows every feature: it builds them from a
// configuration, mounts their routes, runs their jobs, and stops it all.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/account"
	"github.com/ashar-kg/ashar/internal/civic/api"
	"github.com/ashar-kg/ashar/internal/civic/atlas"
	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/document"
	"github.com/ashar-kg/ashar/internal/civic/intake"
	"github.com/ashar-kg/ashar/internal/civic/mandate"
	"github.com/ashar-kg/ashar/internal/civic/notify"
	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/civic/place"
	"github.com/ashar-kg/ashar/internal/civic/pledge"
	"github.com/ashar-kg/ashar/internal/civic/record"
	"github.com/ashar-kg/ashar/internal/features/appeal"
	"github.com/ashar-kg/ashar/internal/features/budget"
	"github.com/ashar-kg/ashar/internal/features/chat"
	"github.com/ashar-kg/ashar/internal/features/desk"
	"github.com/ashar-kg/ashar/internal/features/figures"
	"github.com/ashar-kg/ashar/internal/features/grant"
	"github.com/ashar-kg/ashar/internal/features/hearing"
	"github.com/ashar-kg/ashar/internal/features/news"
	"github.com/ashar-kg/ashar/internal/features/outage"
	"github.com/ashar-kg/ashar/internal/features/postbox"
	"github.com/ashar-kg/ashar/internal/features/project"
	"github.com/ashar-kg/ashar/internal/features/reception"
	"github.com/ashar-kg/ashar/internal/features/report"
	"github.com/ashar-kg/ashar/internal/features/systemic"
	"github.com/ashar-kg/ashar/internal/features/vote"
	"github.com/ashar-kg/ashar/internal/platform/blob"
	"github.com/ashar-kg/ashar/internal/platform/clock"
	"github.com/ashar-kg/ashar/internal/platform/config"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/fresh"
	"github.com/ashar-kg/ashar/internal/platform/i18n"
	"github.com/ashar-kg/ashar/internal/platform/jobs"
	"github.com/ashar-kg/ashar/internal/platform/once"
	"github.com/ashar-kg/ashar/internal/platform/openid"
	"github.com/ashar-kg/ashar/internal/platform/search"
	"github.com/ashar-kg/ashar/internal/platform/web"
	"github.com/ashar-kg/ashar/locales"
	assets "github.com/ashar-kg/ashar/web"
)

// Migrations are all tables, in the order in which they may be made.
func Migrations() []db.Migrations {
	return []db.Migrations{
		once.Migrations, fresh.Migrations, jobs.Migrations, search.Migrations, city.Migrations, record.Migrations, permission.Migrations, account.Migrations,
		body.Migrations, place.Migrations, casework.Migrations, document.Migrations, notify.Migrations, pledge.Migrations, report.Migrations, appeal.Migrations,
		budget.Migrations,
		desk.Migrations, postbox.Migrations, chat.Migrations, outage.Migrations, reception.Migrations, mandate.Migrations,
		systemic.Migrations, figures.Migrations, news.Migrations, grant.Migrations, vote.Migrations, hearing.Migrations, project.Migrations,
	}
}

// App is a built installation.
type App struct {
	Config    *config.Config
	Log       *slog.Logger
	Clock     clock.Clock
	DB        *db.DB
	Cities    *city.Registry
	Bodies    *body.Store
	Places    *place.Store
	Blobs     blob.Store
	Versions  *fresh.Versions
	Accounts  *account.Service
	Reports   *report.Service
	Appeals   *appeal.Service
	Systemic  *systemic.Service
	Intake    intake.Receivers
	Figures   *figures.Service
	Postbox   *postbox.Service
	Chat      *chat.Service
	Outages   *outage.Service
	Reception *reception.Service
	Hearings  *hearing.Service
	Mandates  *mandate.Service
	Pledges   *pledge.Service
	Grants    *grant.Service
	News      *news.Service
	Record    *record.Service
	Budget    *budget.Service
	Votes     *vote.Service
	Projects  *project.Service
	mailboxes []mailbox
	bots      map[string]*bot
	providers map[string]*openid.Client
	Runner    *jobs.Runner
	Matrix    *permission.Book
	Site      *page.Site
	sections  []city.Section
	outbox    *outbox
	metrics   *metrics
	handler   http.Handler
	push      *pushKeys
}

// OpenDatabase opens and migrates the database of a configuration.
func OpenDatabase(ctx context.Context, cfg *config.Config, log *slog.Logger) (*db.DB, error) {
	d, err := db.Open(ctx, cfg.Database)
	if err != nil {
		return nil, err
	}
	applied, err := d.Migrate(ctx, Migrations())
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	if len(applied) > 0 {
		log.Info("database migrated", "files", len(applied))
	}
	return d, nil
}

// New builds an installation. Close frees it.
func New(ctx context.Context, cfg *config.Config, log *slog.Logger, c clock.Clock) (*App, error) {
	if err := os.MkdirAll(cfg.Data, 0o750); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	d, err := OpenDatabase(ctx, cfg, log)
	if err != nil {
		return nil, err
	}
	a := &App{Config: cfg, Log: log, Clock: c, DB: d, Bodies: body.NewStore(d), Places: place.NewStore(d, c), Versions: fresh.New(d)}
	if err := a.build(ctx); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return a, nil
}

func (a *App) build(ctx context.Context) error {
	catalogue, err := a.open(ctx)
	if err != nil {
		return err
	}
	if err := a.serve(catalogue); err != nil {
		return err
	}
	r := a.rooms()
	all := r.declared()
	a.sections, r.choices.Sections, r.reports.Datasets = all.sections, all.sections, all.data
	a.Accounts.PersonalData(all.personal)
	a.Matrix = permission.NewBook(a.DB, all.rules)
	r.accounts.Matrix, a.Chat.Matrix = a.Matrix, a.Matrix
	a.Site = page.New(page.Parts{
		DB: a.DB, Cities: a.Cities, Matrix: a.Matrix, Catalogue: catalogue, Sessions: a.Accounts, Versions: a.Versions, Clock: a.Clock,
		Assets: assets.Dist, Log: a.Log, Remote: web.Remote{Trusted: a.Config.Trusted}, PublicURL: a.Config.PublicURL, Writes: a.Config.Writes, AtOnce: a.Config.AtOnce,
		Nav: all.nav, Counts: a.unread,
	})
	a.Reports.Absolute, a.Appeals.Absolute, a.Chat.Absolute = a.Site.Absolute, a.Site.Absolute, a.Site.Absolute
	a.run(catalogue, all)
	maps := &atlas.Atlas{DB: a.DB, Places: a.Places, Layers: all.layers, Grounds: ground}
	a.handler = a.mount(slices.Concat(all.routes, maps.Routes(), api.Routes(append(all.operations, maps.API)...), a.Site.Routes()))
	return nil
}

// open opens what the installation keeps and speaks through.
func (a *App) open(ctx context.Context) (catalogue *i18n.Catalogue, err error) {
	if a.Blobs, err = blob.Open(ctx, a.Config.Blobs); err != nil {
		return nil, err
	}
	if a.Cities, err = city.NewRegistry(ctx, a.DB); err != nil {
		return nil, err
	}
	if a.push, err = loadPushKeys(filepath.Join(a.Config.Data, "push-keys.json"), a.Config); err != nil {
		return nil, err
	}
	if a.outbox, err = newOutbox(a.Config); err != nil {
		return nil, err
	}
	if err := errors.Join(a.openMailboxes(), a.openBots(), a.openProviders()); err != nil {
		return nil, err
	}
	return i18n.Load(locales.FS)
}

func (a *App) courier(catalogue *i18n.Catalogue) *notify.Courier {
	return &notify.Courier{
		DB: a.DB, Clock: a.Clock, Cities: a.Cities, Catalogue: catalogue, People: a.Accounts, Mail: a.outbox.mail, SMS: a.outbox.sms,
		Push: a.push.sender, Chat: a.chatter, From: a.Config.MailFrom, Host: a.mailHost(), Absolute: a.Site.Absolute,
	}
}

func (a *App) unread(ctx context.Context, v *page.Visit) int {
	var n int
	err := a.DB.Glance(ctx, func(tx *db.Tx) (err error) {
		n, err = notify.Unread(tx, v.City.ID, v.Actor.Person)
		return err
	})
	if err != nil {
		a.Log.Warn("unread notices cannot be counted", "cause", err)
	}
	return n
}

// Handler answers all requests.
func (a *App) Handler() http.Handler { return a.handler }

// Run does everything that goes on beside requests, until ctx ends.
func (a *App) Run(ctx context.Context) {
	var all sync.WaitGroup
	all.Go(func() { a.Versions.Run(ctx) })
	all.Go(func() { a.Cities.Run(ctx) })
	all.Go(func() { a.Runner.Run(ctx) })
	all.Go(func() { a.fold(ctx) })
	all.Go(func() { a.readMail(ctx) })
	all.Go(func() { a.talk(ctx) })
	all.Wait()
}

// fold sums up what writers have appended for the counters and takes what
// waits into the public record, about once a second. Every node does it: each takes other rows.
func (a *App) fold(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		if err := a.Fold(ctx); err != nil && ctx.Err() == nil {
			a.Log.Warn("counters and the record cannot be brought up to date", "cause", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Fold sums up all that waits; tests call it instead of waiting for Run.
func (a *App) Fold(ctx context.Context) error {
	points, err := place.FoldDeltas(ctx, a.DB)
	if err != nil {
		return err
	}
	cities, err := casework.FoldStats(ctx, a.DB, a.Cities, a.Clock.Now())
	if err != nil {
		return err
	}
	for _, c := range cities {
		a.Versions.Mark(c)
	}
	if points > 0 && len(cities) == 0 {
		// Points alone moved, of whichever city: their counts are in every tile.
		for _, c := range a.Cities.List() {
			a.Versions.Mark(c.ID)
		}
	}
	return a.Record.Sequence(ctx)
}

// housekeeping removes what has served its time, and brings the figures into a
// new day.
func (a *App) housekeeping() {
	a.Runner.Every("summaries", time.Minute, func(ctx context.Context) error {
		for _, c := range a.Cities.List() {
			if err := casework.Summarise(ctx, a.DB, c, a.Clock.Now()); err != nil {
				return err
			}
		}
		return nil
	})
	a.Runner.Every("recount", time.Minute, func(ctx context.Context) error {
		for _, c := range a.Cities.List() {
			if err := a.Reports.Desk.Recount(ctx, c); err != nil {
				return err
			}
		}
		return nil
	})
	a.Runner.Every("sweep", time.Hour, func(ctx context.Context) error {
		now := a.Clock.Now()
		for _, c := range a.Cities.List() {
			err := a.DB.Update(ctx, func(tx *db.Tx) error {
				return errors.Join(account.Sweep(tx, c.ID, now), chat.Sweep(tx, c.ID, now.AddDate(0, 0, -30)), once.Forget(tx, c.ID, now),
					notify.Forget(tx, c.ID, now.AddDate(0, -1, 0)))
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// Close frees what New has opened.
func (a *App) Close() error {
	a.outbox.close()
	return a.DB.Close()
}

// CityNamed returns the city with a short name, or the only one when it is empty.
func (a *App) CityNamed(slug string) (*city.City, error) {
	list := a.Cities.List()
	if slug == "" && len(list) == 1 {
		return list[0], nil
	}
	if c, ok := a.Cities.BySlug(slug); ok {
		return c, nil
	}
	names := make([]string, len(list))
	for i, c := range list {
		names[i] = c.Slug
	}
	return nil, fmt.Errorf("name the city with --city: one of %v", names)
}
