package app

import (
	"context"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/features/appeal"
	"github.com/ashar-kg/ashar/internal/features/report"
	"github.com/ashar-kg/ashar/internal/features/systemic"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// sources are the kinds of case of which a systemic issue may be made, and how
// each is met: appeals are only counted in public, and are answered by a letter
// that somebody signs.
func (a *App) sources() map[string]systemic.Source {
	return map[string]systemic.Source{
		report.KindName: {
			Name: "systemic.kind.report", Public: "/reports/", Staff: "/staff/reports/",
			State: func(v *page.Visit, f *casework.File) (code, text string) {
				return f.State, v.T("report.state." + f.State)
			},
			Category: func(ctx context.Context, c *city.City, code, lang string) string {
				book, err := a.Reports.Books.Of(ctx, c.ID)
				if err != nil {
					return code
				}
				return book.CategoryName(code, lang)
			},
			Answer: func(ctx context.Context, c *city.City, actor permission.Actor, number, words, lang string) error {
				_, err := a.Reports.Answer(ctx, c, actor, number, report.Answer{To: report.Fixed, Note: words, Lang: lang})
				return err
			},
		},
		appeal.KindName: {
			Name: "systemic.kind.appeal", Staff: "/staff/appeals/",
			State: func(v *page.Visit, f *casework.File) (code, text string) {
				return appeal.Tags[f.State], v.T("appeal.state." + f.State)
			},
			Answer: func(ctx context.Context, c *city.City, actor permission.Actor, number, words, lang string) error {
				// A draft that somebody has begun is not written over.
				d, err := a.Appeals.Show(ctx, c, actor, number)
				if err != nil {
					return err
				}
				if d.Answer.Text != "" {
					return web.Conflict()
				}
				return a.Appeals.Write(ctx, c, actor, number, words, lang, false)
			},
		},
	}
}
