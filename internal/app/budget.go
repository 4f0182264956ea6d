package app

import (
	"context"
	"errors"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/demo"
	"github.com/ashar-kg/ashar/internal/features/budget"
	"github.com/ashar-kg/ashar/internal/platform/clock"
	"github.com/ashar-kg/ashar/internal/platform/i18n"
	"github.com/ashar-kg/ashar/locales"
)

// demoBudget loads the demo's budget; in a demo that is written its residents
// asked about it some days ago.
func (a *App) demoBudget(ctx context.Context, c *city.City, written bool) error {
	if err := demo.Budget(ctx, a.DB, a.Budget, c, a.Bodies); err != nil || !written {
		return err
	}
	past := clock.At(a.Clock.Now().AddDate(0, 0, -3))
	cases, err := casework.NewDesk(a.DB, past, a.Versions, budget.Kind)
	if err != nil {
		return err
	}
	service := *a.Budget
	service.Desk, service.Clock = cases, past
	catalogue, err := i18n.Load(locales.FS)
	if err != nil {
		return err
	}
	return errors.Join(demo.BudgetQuestions(ctx, service, c), demo.BudgetBooklet(ctx, service, c, catalogue.Printer))
}
