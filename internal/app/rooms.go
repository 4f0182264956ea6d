package app

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ashar-kg/ashar/internal/civic/account"
	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/document"
	"github.com/ashar-kg/ashar/internal/civic/inbox"
	"github.com/ashar-kg/ashar/internal/civic/intake"
	"github.com/ashar-kg/ashar/internal/civic/mandate"
	"github.com/ashar-kg/ashar/internal/civic/manifest"
	"github.com/ashar-kg/ashar/internal/civic/notify"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/civic/pledge"
	"github.com/ashar-kg/ashar/internal/civic/record"
	"github.com/ashar-kg/ashar/internal/civic/settings"
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
	"github.com/ashar-kg/ashar/internal/platform/i18n"
	"github.com/ashar-kg/ashar/internal/platform/jobs"
	"github.com/ashar-kg/ashar/internal/platform/outward"
	assets "github.com/ashar-kg/ashar/web"
)

// serve builds the services of the features, which know nothing of pages.
func (a *App) serve(catalogue *i18n.Catalogue) error {
	cases, err := casework.NewDesk(a.DB, a.Clock, a.Versions, report.Kind, appeal.Kind, systemic.Kind, budget.Kind, grant.Kind, project.Kind, vote.Idea, vote.Protest, hearing.Kind)
	if err != nil {
		return err
	}
	a.Runner = jobs.New(a.DB, a.Clock, a.Log)
	a.Accounts = account.NewService(a.DB, a.Clock, messenger{}, a.Cities, a.Config.Demo)
	a.Reports = &report.Service{
		Desk: cases, DB: a.DB, Books: report.NewBooks(a.DB), Bodies: a.Bodies, Places: a.Places, Blobs: a.Blobs, Clock: a.Clock,
		Confirm: a.Accounts, Cities: a.Cities, Outward: outward.Client(a.Config.Demo, 30*time.Second),
	}
	papers := document.Store{Blobs: a.Blobs}
	a.Appeals = &appeal.Service{
		Desk: cases, DB: a.DB, Bodies: a.Bodies, Blobs: a.Blobs, Papers: papers, Clock: a.Clock, Versions: a.Versions, Confirm: a.Accounts, Cities: a.Cities,
		Typeface: assets.Dist.File, Letterhead: func(lang string) appeal.Words { return catalogue.Printer(lang) }, Dispatcher: a.dispatcher,
	}
	a.Systemic = &systemic.Service{
		Desk: cases, DB: a.DB, Bodies: a.Bodies, Places: a.Places, Clock: a.Clock, Cities: a.Cities, Sources: a.sources(),
	}
	a.Budget = &budget.Service{
		Desk: cases, DB: a.DB, Blobs: a.Blobs, Clock: a.Clock, Cities: a.Cities, Bodies: a.Bodies, Versions: a.Versions, Typeface: assets.Dist.File,
	}
	a.Hearings = &hearing.Service{
		DB: a.DB, Desk: cases, Clock: a.Clock, Cities: a.Cities, Bodies: a.Bodies, Places: a.Places, Versions: a.Versions, Papers: papers, Layer: report.Layer,
	}
	a.Hearings.Listen()
	a.Reports.Listen()
	a.Budget.Listen()
	a.Appeals.Listen()
	a.Systemic.Listen()
	a.Accounts.Purpose(report.KindName, a.Reports.Confirmed)
	a.Accounts.Purpose(appeal.KindName, a.Appeals.Confirmed)
	a.Record = &record.Service{DB: a.DB, Clock: a.Clock, Cities: a.Cities, Versions: a.Versions, NewKeyTitle: func(lang string) string {
		return catalogue.Printer(lang).T("record.key.announced")
	}}
	a.Figures = a.figures(catalogue)
	a.News = &news.Service{DB: a.DB, Clock: a.Clock, Places: a.Places, Versions: a.Versions, Layer: report.Layer}
	a.Outages = &outage.Service{DB: a.DB, Clock: a.Clock, Places: a.Places, Bodies: a.Bodies, Versions: a.Versions, Layer: report.Layer}

	a.Projects = &project.Service{
		DB: a.DB, Desk: cases, Clock: a.Clock, Cities: a.Cities, Bodies: a.Bodies, Places: a.Places, Blobs: a.Blobs, Versions: a.Versions,
		Defects: report.Intake{Service: a.Reports},
	}

	a.Votes = &vote.Service{
		DB: a.DB, Desk: cases, Clock: a.Clock, Cities: a.Cities, Bodies: a.Bodies, Places: a.Places, Blobs: a.Blobs, Versions: a.Versions,
		Carry: carry(a.Projects, catalogue),
	}
	a.Votes.Listen()

	appeals := appeal.Intake{Service: a.Appeals, Words: a.Appeals.Letterhead}
	a.Mandates = &mandate.Service{DB: a.DB, Clock: a.Clock, Kinds: cases.Kinds}
	a.Accounts.Mandates(a.Mandates)
	a.Pledges = &pledge.Service{DB: a.DB, Clock: a.Clock, Versions: a.Versions, Subjects: map[string]pledge.Source{}}
	a.Grants = &grant.Service{
		Desk: cases, DB: a.DB, Clock: a.Clock, Cities: a.Cities, Bodies: a.Bodies, Places: a.Places, Versions: a.Versions, Papers: papers, Pledges: a.Pledges,
		Words: func(lang string) func(string, ...any) string { return catalogue.Printer(lang).T },
	}
	a.Grants.Listen()
	a.Pledges.Subjects[grant.KindName] = a.Grants.Pledgeable
	a.Pledges.Subjects[vote.IdeaKind] = a.Votes.Pledgeable
	a.Reception = &reception.Service{DB: a.DB, Clock: a.Clock, Cities: a.Cities, Bodies: a.Bodies, Versions: a.Versions, Appeals: appeals}
	a.Intake = intake.Receivers{report.Intake{Service: a.Reports}, appeals}
	a.Chat = &chat.Service{
		DB: a.DB, Clock: a.Clock, Catalogue: catalogue, Kinds: a.Intake, Places: a.Places, Papers: papers, Photo: a.keepPhoto, State: stateOf,
	}
	a.Postbox = &postbox.Service{
		DB: a.DB, Clock: a.Clock, Kinds: a.Intake, Appeals: appeals, Papers: papers,
		Words: func(lang string) func(string, ...any) string { return catalogue.Printer(lang).T },
	}
	return nil
}

// dispatcher is the body that gets what nobody is addressed with.
func (a *App) dispatcher(ctx context.Context, c *city.City) (int64, error) {
	book, err := a.Reports.Books.Of(ctx, c.ID)
	if err != nil {
		return 0, err
	}
	return book.Fallback, nil
}

// rooms are the pages of all features, joined where one shows what another has.
type rooms struct {
	list     []manifest.Feature
	reports  *report.Pages
	accounts *account.Pages
	choices  *settings.Pages
}

func (a *App) rooms() *rooms {
	issues := &systemic.Pages{Service: a.Systemic}
	outages := &outage.Pages{Service: a.Outages}
	receptions := &reception.Pages{Service: a.Reception}
	hearings := &hearing.Pages{Service: a.Hearings}
	money := &budget.Pages{Service: a.Budget}
	votes := &vote.Pages{Service: a.Votes, Pledges: a.Pledges, Photo: a.keepPhoto}
	pledges := &pledge.Pages{Service: a.Pledges}
	grants := &grant.Pages{Service: a.Grants, Photo: a.keepPhoto}
	projects := &project.Pages{Service: a.Projects}
	appeals := &appeal.Pages{Service: a.Appeals, PartOf: issues.Link}
	reports := &report.Pages{
		Service: a.Reports, Accounts: a.Accounts, Log: a.Log, PartOf: issues.Link, Known: outages.Known, Now: outages.Now,
		Others: inbox.Rows{
			appeal.KindName: appeals.Row, systemic.KindName: issues.Row, budget.KindName: money.Row, grant.KindName: grants.Row, hearing.KindName: hearings.Row, vote.IdeaKind: votes.IdeaRow,
			project.KindName: projects.Row, vote.ProtestKind: votes.ProtestRow,
		},
		OtherSteps: map[string]inbox.Steps{appeal.KindName: appeals.Steps(), vote.IdeaKind: votes.IdeaSteps()},
	}
	calls := &desk.Pages{
		Service: &desk.Service{DB: a.DB, Clock: a.Clock, Kinds: a.Intake}, Places: a.Places, Papers: a.Appeals.Papers, Known: outages.Known,
		Rows: inbox.Rows{report.KindName: reports.Row, appeal.KindName: appeals.Row},
	}
	r := &rooms{
		reports: reports, choices: &settings.Pages{DB: a.DB, Cities: a.Cities, Versions: a.Versions},
		accounts: &account.Pages{
			Service: a.Accounts, Bodies: a.Bodies, Outbox: a.outbox, PushKey: a.push.public, Demo: a.Config.Demo,
			Cases:  asked{a.Reports, appeals, issues, receptions, hearings, money, pledges, grants, votes, vote.IdeaCases{Pages: votes}, vote.ProtestCases{Pages: votes}, projects},
			Agenda: []account.Agenda{receptions, hearings, grants},
			Places: a.Places, Bot: a.botLink, Identity: a.providerOf, Log: a.Log,
		},
	}
	r.list = []manifest.Feature{
		issues.Register(),
		reports.Manifest(),
		appeals.Manifest(),
		issues.Manifest(),
		calls.Manifest(),
		a.Chat.Manifest(),
		outages.Manifest(),
		receptions.Manifest(),
		hearings.Manifest(),
		money.Manifest(),
		votes.Manifest(),
		(&news.Pages{Service: a.News}).Manifest(),
		(&figures.Pages{Service: a.Figures}).Manifest(),
		account.Manifest(r.accounts),
		pledges.Manifest(),
		grants.Manifest(),
		projects.Manifest(),
		(&mandate.Pages{Service: a.Mandates, Papers: a.Appeals.Papers, Cities: a.Cities}).Manifest(),
		(&record.Pages{Service: a.Record}).Manifest(),
		r.choices.Manifest(),
		(&notify.Pages{DB: a.DB, Clock: a.Clock}).Manifest(),
	}
	return r
}

// declared is what all features declare together.
type declared struct {
	features   []manifest.Feature
	rules      []permission.Rule
	routes     []manifest.Route
	nav        []manifest.Link
	personal   []manifest.PersonalData
	layers     []manifest.Layer
	sections   []city.Section
	data       []manifest.Dataset
	operations []func(huma.API)
}

func (r *rooms) declared() declared {
	d := declared{features: r.list, rules: permission.Rules()}
	for _, f := range r.list {
		d.rules = append(d.rules, f.Permissions...)
		d.routes = append(d.routes, f.Routes...)
		d.nav = append(d.nav, f.Nav...)
		d.personal = append(d.personal, f.PersonalData...)
		d.layers = append(d.layers, f.Layers...)
		d.sections = append(d.sections, f.Settings...)
		d.data = append(d.data, f.Data...)
		if f.API != nil {
			d.operations = append(d.operations, f.API)
		}
	}
	return d
}

// run sets up what goes on beside requests.
func (a *App) run(catalogue *i18n.Catalogue, d declared) {
	for _, f := range d.features {
		for kind, h := range f.Jobs {
			a.Runner.Handle(kind, h)
		}
		for _, p := range f.Periodic {
			a.Runner.Every(p.Name, p.Every, p.Run)
		}
	}
	a.Postbox.Courier = a.courier(catalogue)
	a.Postbox.Courier.Handle(a.Runner)
	a.housekeeping()
}
