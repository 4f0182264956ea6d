package app

import (
	"context"
	"errors"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/demo"
	"github.com/ashar-kg/ashar/internal/features/appeal"
	"github.com/ashar-kg/ashar/internal/features/grant"
	"github.com/ashar-kg/ashar/internal/features/hearing"
	"github.com/ashar-kg/ashar/internal/features/project"
	"github.com/ashar-kg/ashar/internal/features/vote"
	"github.com/ashar-kg/ashar/internal/platform/clock"
	"github.com/ashar-kg/ashar/internal/platform/i18n"
	"github.com/ashar-kg/ashar/locales"
	"github.com/ashar-kg/ashar/seed"
)

// DemoKey is the API key with which programs may try the demo city.
const DemoKey = "demo-key"

// demoReports is how many reports a demo gets that nobody has loaded before.
const demoReports = 30000

// EnsureDemo loads the demo city into an installation that has none.
func (a *App) EnsureDemo(ctx context.Context) error {
	if _, ok := a.Cities.ByID(demo.CityID); !ok {
		a.Log.Info("loading the demo city", "reports", demoReports)
		return a.LoadDemo(ctx, demoReports, false, nil)
	}
	return nil
}

// LoadDemo loads the demo city with so many reports. An installation that has
// it already is left alone unless reset is asked for.
func (a *App) LoadDemo(ctx context.Context, reports int, reset bool, progress func(done int)) error {
	c, loaded := a.Cities.ByID(demo.CityID)
	if loaded && !c.Demo {
		return errors.New("the first city of this installation is not a demo; choose another --data or --database")
	}
	if loaded && !reset {
		return errors.New("the demo city is loaded already; say --reset to load it afresh")
	}
	if loaded {
		if err := demo.Remove(ctx, a.DB); err != nil {
			return err
		}
	}
	if err := demo.City(ctx, a.DB, a.sections, a.Clock.Now()); err != nil {
		return err
	}
	if err := a.Cities.Reload(ctx); err != nil {
		return err
	}
	a.Bodies.Forget(demo.CityID)
	a.Reports.Books.Forget(demo.CityID)
	c, _ = a.Cities.ByID(demo.CityID)
	if err := a.Reports.NewApplication(ctx, c.ID, "Demo", DemoKey); err != nil {
		return err
	}
	if err := demo.Reports(ctx, demo.Loading{
		DB: a.DB, City: c, Blobs: a.Blobs, Bodies: a.Bodies, Books: a.Reports.Books, Places: a.Places, Count: reports, Now: a.Clock.Now(), Progress: progress,
	}); err != nil {
		return err
	}
	if reports >= demoWritten {
		past, now := clock.At(a.Clock.Now()), a.Clock.Now()
		if err := errors.Join(a.demoAppeals(ctx, c), demo.News(ctx, *a.News, past, c, now), demo.Outage(ctx, a.Outages, c, a.Bodies, now),
			a.demoReceptions(ctx, c), a.demoHearings(ctx, c), a.DemoGrants(ctx, c), a.DemoProjects(ctx, c), a.demoVotes(ctx, c)); err != nil {
			return err
		}
	}
	if err := a.demoBudget(ctx, c, reports >= demoWritten); err != nil {
		return err
	}
	err := demo.Issues(ctx, a.Systemic, c, a.Bodies, a.Clock.Now())
	return errors.Join(err, a.Fold(ctx), a.Figures.Publish(ctx), a.Figures.MakeBulletins(ctx), a.Record.Sequence(ctx))
}

// demoWritten is from how many reports on a demo has appeals too: their letters
// take longer to set than thousands of reports to load.
const demoWritten = 1000

// demoAppeals writes the demo's appeals by the rules of the days on which they
// are said to be. Nobody is told of what happened in the past.
func (a *App) demoAppeals(ctx context.Context, c *city.City) error {
	past := clock.At(a.Clock.Now())
	service, err := a.appealsOf(past)
	if err != nil {
		return err
	}
	return demo.Appeals(ctx, demo.Writing{DB: a.DB, City: c, Service: service, Clock: past, Now: a.Clock.Now()})
}

// demoReceptions holds the demo's receptions; what was asked there is an appeal
// of that day.
func (a *App) demoReceptions(ctx context.Context, c *city.City) error {
	past := clock.At(a.Clock.Now())
	service, err := a.appealsOf(past)
	if err != nil {
		return err
	}
	receptions := *a.Reception
	receptions.Appeals = appeal.Intake{Service: service, Words: service.Letterhead}
	return demo.Receptions(ctx, receptions, past, c, a.Bodies, a.Clock.Now())
}

// demoHearings holds the demo's hearings by the clock of their days.
func (a *App) demoHearings(ctx context.Context, c *city.City) error {
	past := clock.At(a.Clock.Now())
	cases, err := casework.NewDesk(a.DB, past, a.Versions, hearing.Kind)
	if err != nil {
		return err
	}
	hearings := *a.Hearings
	hearings.Desk, hearings.Clock = cases, past
	return demo.Hearings(ctx, hearings, past, c, a.Bodies, a.Clock.Now())
}

// DemoProjects loads the demo's projects, and what became of two of them.
func (a *App) DemoProjects(ctx context.Context, c *city.City) error {
	past := clock.At(a.Clock.Now())
	cases, err := casework.NewDesk(a.DB, past, a.Versions, project.Kind)
	if err != nil {
		return err
	}
	projects := *a.Projects
	projects.Desk = cases
	return demo.Projects(ctx, projects, past, c, a.Bodies, a.Clock.Now())
}

// DemoGrants replays the demo's calls for grants on the days on which they are
// said to be.
func (a *App) DemoGrants(ctx context.Context, c *city.City) error {
	past := clock.At(a.Clock.Now())
	cases, err := casework.NewDesk(a.DB, past, a.Versions, grant.Kind)
	if err != nil {
		return err
	}
	grants, pledges := *a.Grants, *a.Pledges
	pledges.Clock = past
	grants.Desk, grants.Clock, grants.Pledges = cases, past, &pledges
	return demo.Grants(ctx, demo.Granting{Service: grants, Pledges: &pledges, Clock: past, City: c, Bodies: a.Bodies, Blobs: a.Blobs, Now: a.Clock.Now()})
}

// demoVotes holds the demo's participatory budgets by the clock of their days.
func (a *App) demoVotes(ctx context.Context, c *city.City) error {
	past := clock.At(a.Clock.Now())
	// Nobody is told of what is only shown, so this desk has no hooks.
	cases, err := casework.NewDesk(a.DB, past, a.Versions, vote.Idea, vote.Protest)
	if err != nil {
		return err
	}
	catalogue, err := i18n.Load(locales.FS)
	if err != nil {
		return err
	}
	projects := *a.Projects
	projects.Clock = past
	votes := a.Votes.At(past)
	votes.Desk, votes.Carry = cases, carry(&projects, catalogue)
	if err := demo.Votes(ctx, votes, past, c, a.Bodies, a.Blobs, a.Clock.Now()); err != nil {
		return err
	}
	if err := demo.Winners(ctx, projects, past, c, a.Clock.Now()); err != nil {
		return err
	}
	return demo.Ideas(ctx, votes, past, c, a.Bodies, a.Blobs, a.Clock.Now())
}

// appealsOf are the appeals by another clock, of which nobody is told.
func (a *App) appealsOf(past *clock.Manual) (*appeal.Service, error) {
	cases, err := casework.NewDesk(a.DB, past, a.Versions, appeal.Kind)
	if err != nil {
		return nil, err
	}
	service := *a.Appeals
	service.Desk, service.Clock = cases, past
	return &service, nil
}

// ground is the drawn map of the demo; other cities show their outlines.
func ground(c *city.City) []byte {
	if c.ID == demo.CityID && c.Demo {
		return seed.Basemap()
	}
	return nil
}
