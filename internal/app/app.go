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

	"github.com/danielgtaylor/huma/v2"

	"github.com/ashar-kg/ashar/internal/civic/account"
	"github.com/ashar-kg/ashar/internal/civic/api"
	"github.com/ashar-kg/ashar/internal/civic/atlas"
	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/document"
	"github.com/ashar-kg/ashar/internal/civic/inbox"
	"github.com/ashar-kg/ashar/internal/civic/intake"
	"github.com/ashar-kg/ashar/internal/civic/manifest"
	"github.com/ashar-kg/ashar/internal/civic/notify"
	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/civic/place"
	"github.com/ashar-kg/ashar/internal/civic/settings"
	"github.com/ashar-kg/ashar/internal/features/appeal"
	"github.com/ashar-kg/ashar/internal/features/chat"
	"github.com/ashar-kg/ashar/internal/features/desk"
	"github.com/ashar-kg/ashar/internal/features/figures"
	"github.com/ashar-kg/ashar/internal/features/outage"
	"github.com/ashar-kg/ashar/internal/features/postbox"
	"github.com/ashar-kg/ashar/internal/features/report"
	"github.com/ashar-kg/ashar/internal/features/systemic"
	"github.com/ashar-kg/ashar/internal/platform/blob"
	"github.com/ashar-kg/ashar/internal/platform/clock"
	"github.com/ashar-kg/ashar/internal/platform/config"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/fresh"
	"github.com/ashar-kg/ashar/internal/platform/i18n"
	"github.com/ashar-kg/ashar/internal/platform/jobs"
	"github.com/ashar-kg/ashar/internal/platform/once"
	"github.com/ashar-kg/ashar/internal/platform/outward"
	"github.com/ashar-kg/ashar/internal/platform/search"
	"github.com/ashar-kg/ashar/internal/platform/web"
	"github.com/ashar-kg/ashar/locales"
	assets "github.com/ashar-kg/ashar/web"
)

// Migrations are all tables, in the order in which they may be made.
func Migrations() []db.Migrations {
	return []db.Migrations{
		once.Migrations, fresh.Migrations, jobs.Migrations, search.Migrations, city.Migrations, permission.Migrations, account.Migrations,
		body.Migrations, place.Migrations, casework.Migrations, document.Migrations, notify.Migrations, report.Migrations, appeal.Migrations, desk.Migrations, postbox.Migrations, chat.Migrations, outage.Migrations,
		systemic.Migrations, figures.Migrations,
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
	mailboxes []mailbox
	bots      map[string]*bot
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

func (a *App) build(ctx context.Context) (err error) {
	cfg := a.Config
	if a.Blobs, err = blob.Open(ctx, cfg.Blobs); err != nil {
		return err
	}
	if a.Cities, err = city.NewRegistry(ctx, a.DB); err != nil {
		return err
	}
	catalogue, err := i18n.Load(locales.FS)
	if err != nil {
		return err
	}
	if a.push, err = loadPushKeys(filepath.Join(cfg.Data, "push-keys.json"), cfg); err != nil {
		return err
	}
	if a.outbox, err = newOutbox(cfg); err != nil {
		return err
	}
	cases, err := casework.NewDesk(a.DB, a.Clock, a.Versions, report.Kind, appeal.Kind, systemic.Kind)
	if err != nil {
		return err
	}
	a.Accounts = account.NewService(a.DB, a.Clock, messenger{}, a.Cities, cfg.Demo)
	a.Reports = &report.Service{
		Desk: cases, DB: a.DB, Books: report.NewBooks(a.DB), Bodies: a.Bodies, Places: a.Places, Blobs: a.Blobs, Clock: a.Clock,
		Confirm: a.Accounts, Cities: a.Cities, Outward: outward.Client(cfg.Demo, 30*time.Second),
	}
	a.Reports.Listen()
	a.Appeals = &appeal.Service{
		Desk: cases, DB: a.DB, Bodies: a.Bodies, Blobs: a.Blobs, Papers: document.Store{Blobs: a.Blobs}, Clock: a.Clock, Confirm: a.Accounts, Cities: a.Cities,
		Typeface: assets.Dist.File, Letterhead: func(lang string) appeal.Words { return catalogue.Printer(lang) },
		Dispatcher: func(ctx context.Context, c *city.City) (int64, error) {
			book, err := a.Reports.Books.Of(ctx, c.ID)
			if err != nil {
				return 0, err
			}
			return book.Fallback, nil
		},
	}
	a.Appeals.Listen()
	a.Systemic = &systemic.Service{
		Desk: cases, DB: a.DB, Bodies: a.Bodies, Places: a.Places, Clock: a.Clock, Cities: a.Cities, Sources: a.sources(),
	}
	a.Systemic.Listen()
	a.Figures = a.figures(catalogue)
	a.Accounts.Purpose(appeal.KindName, a.Appeals.Confirmed)
	a.Accounts.Purpose(report.KindName, a.Reports.Confirmed)
	a.Runner = jobs.New(a.DB, a.Clock, a.Log)

	issues := &systemic.Pages{Service: a.Systemic}
	appeals := &appeal.Pages{Service: a.Appeals, PartOf: issues.Link}
	reports := &report.Pages{
		Service: a.Reports, Accounts: a.Accounts, Log: a.Log, PartOf: issues.Link, Others: inbox.Rows{appeal.KindName: appeals.Row, systemic.KindName: issues.Row},
		OtherSteps: map[string]inbox.Steps{appeal.KindName: appeals.Steps()},
	}
	accounts := &account.Pages{Service: a.Accounts, Bodies: a.Bodies, Outbox: a.outbox, PushKey: a.push.public, Demo: cfg.Demo, Cases: asked{a.Reports, appeals, issues}}
	taken := appeal.Intake{Service: a.Appeals, Words: a.Appeals.Letterhead}
	a.Intake = intake.Receivers{report.Intake{Service: a.Reports}, taken}
	calls := &desk.Pages{
		Service: &desk.Service{DB: a.DB, Clock: a.Clock, Kinds: a.Intake}, Places: a.Places, Papers: document.Store{Blobs: a.Blobs},
		Rows: inbox.Rows{report.KindName: reports.Row, appeal.KindName: appeals.Row},
	}
	a.Chat = &chat.Service{
		DB: a.DB, Clock: a.Clock, Catalogue: catalogue, Kinds: a.Intake, Places: a.Places, Papers: document.Store{Blobs: a.Blobs},
		Photo: a.keepPhoto, State: stateOf,
	}
	a.Outages = &outage.Service{DB: a.DB, Clock: a.Clock, Places: a.Places, Bodies: a.Bodies, Versions: a.Versions, Layer: report.Layer}
	outages := &outage.Pages{Service: a.Outages}
	reports.Known, reports.Now, calls.Known = outages.Known, outages.Now, outages.Known
	messages := &notify.Pages{DB: a.DB, Clock: a.Clock}
	counted := &figures.Pages{Service: a.Figures}
	choices := &settings.Pages{DB: a.DB, Cities: a.Cities, Versions: a.Versions}
	features := []manifest.Feature{
		issues.Register(),
		reports.Manifest(),
		appeals.Manifest(),
		issues.Manifest(),
		calls.Manifest(),
		a.Chat.Manifest(),
		outages.Manifest(),
		counted.Manifest(),
		account.Manifest(accounts),
		choices.Manifest(),
		messages.Manifest(),
	}
	rules := permission.Rules()
	var routes []manifest.Route
	var nav []manifest.Link
	var data []manifest.PersonalData
	var layers []manifest.Layer
	var operations []func(huma.API)
	for _, f := range features {
		rules = append(rules, f.Permissions...)
		a.sections = append(a.sections, f.Settings...)
		routes = append(routes, f.Routes...)
		nav = append(nav, f.Nav...)
		data = append(data, f.PersonalData...)
		layers = append(layers, f.Layers...)
		reports.Datasets = append(reports.Datasets, f.Data...)
		if f.API != nil {
			operations = append(operations, f.API)
		}
		for kind, h := range f.Jobs {
			a.Runner.Handle(kind, h)
		}
		for _, p := range f.Periodic {
			a.Runner.Every(p.Name, p.Every, p.Run)
		}
	}
	choices.Sections = a.sections
	a.Accounts.PersonalData(data)
	a.Matrix = permission.NewBook(a.DB, rules)
	accounts.Matrix = a.Matrix
	a.Site = page.New(page.Parts{
		DB: a.DB, Cities: a.Cities, Matrix: a.Matrix, Catalogue: catalogue, Sessions: a.Accounts, Versions: a.Versions, Clock: a.Clock,
		Assets: assets.Dist, Log: a.Log, Remote: web.Remote{Trusted: cfg.Trusted}, PublicURL: cfg.PublicURL, Writes: cfg.Writes,
		Nav: nav, Counts: a.unread,
	})
	a.Reports.Absolute, a.Appeals.Absolute = a.Site.Absolute, a.Site.Absolute
	courier := a.courier(catalogue)
	courier.Handle(a.Runner)
	a.Postbox = &postbox.Service{
		DB: a.DB, Clock: a.Clock, Courier: courier, Kinds: a.Intake, Appeals: taken, Papers: document.Store{Blobs: a.Blobs},
		Words: func(lang string) func(string, ...any) string { return catalogue.Printer(lang).T },
	}
	a.Chat.Matrix, a.Chat.Absolute = a.Matrix, a.Site.Absolute
	accounts.Bot = a.botLink
	if err := errors.Join(a.openMailboxes(), a.openBots()); err != nil {
		return err
	}
	a.housekeeping()
	maps := &atlas.Atlas{DB: a.DB, Places: a.Places, Layers: layers, Grounds: ground}
	a.handler = a.mount(slices.Concat(routes, maps.Routes(), api.Routes(append(operations, maps.API)...), a.Site.Routes()))
	return nil
}

func (a *App) courier(catalogue *i18n.Catalogue) *notify.Courier {
	return &notify.Courier{
		DB: a.DB, Clock: a.Clock, Cities: a.Cities, Catalogue: catalogue, People: a.Accounts, Mail: a.outbox.mail, SMS: a.outbox.sms,
		Push: a.push.sender, Chat: a.chatter, From: a.Config.MailFrom, Host: a.mailHost(), Absolute: a.Site.Absolute,
	}
}

func (a *App) unread(ctx context.Context, v *page.Visit) int {
	var n int
	err := a.DB.View(ctx, func(tx *db.Tx) (err error) {
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

// fold sums up what writers have appended for the counters, about once a
// second. Every node does it: each takes other rows.
func (a *App) fold(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		if err := a.Fold(ctx); err != nil && ctx.Err() == nil {
			a.Log.Warn("counters cannot be folded", "cause", err)
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
	return nil
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
				return errors.Join(account.Sweep(tx, c.ID, now), chat.Sweep(tx, c.ID, now.AddDate(0, 0, -30)), once.Forget(tx, c.ID, now), notify.Forget(tx, c.ID, now.AddDate(0, -1, 0)))
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
