package app

import (
	"context"
	"slices"
	"strings"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/record"
	"github.com/ashar-kg/ashar/internal/features/appeal"
	"github.com/ashar-kg/ashar/internal/features/figures"
	"github.com/ashar-kg/ashar/internal/features/news"
	"github.com/ashar-kg/ashar/internal/features/report"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/i18n"
)

// figures tells the figures which kinds of case there are, and what their
// categories are called.
func (a *App) figures(catalogue *i18n.Catalogue) *figures.Service {
	return &figures.Service{
		DB: a.DB, Clock: a.Clock, Cities: a.Cities, Bodies: a.Bodies, Places: a.Places, Versions: a.Versions,
		Unsigned: func(tx *db.Tx, city int64) (out []figures.Unsigned, err error) {
			list, err := a.Appeals.Unsigned(tx, city)
			for _, u := range list {
				out = append(out, figures.Unsigned(u))
			}
			return out, err
		},
		Projects: func(tx *db.Tx, c *city.City) (out []figures.Projects, err error) {
			list, err := a.Projects.Alarms(tx, c)
			for _, x := range list {
				out = append(out, figures.Projects(x))
			}
			return out, err
		},
		Post: func(tx *db.Tx, c *city.City, f figures.Facts) error {
			i := news.Item{Category: "city", Titles: map[string]string{}, Texts: map[string]string{}, Tell: true}
			for _, lang := range c.Languages {
				p := catalogue.Printer(lang)
				sheet := f.Say(p)
				i.Titles[lang] = sheet.Title + ", " + sheet.Span
				i.Texts[lang] = strings.Join(sheet.Lines, "\n") + "\n\n" + a.Site.Absolute(c, "/bulletins/"+f.Week.String())
			}
			return a.News.Propose(tx, c, i)
		},
		Record: func(tx *db.Tx, c *city.City, f figures.Facts, hash string) error {
			e := record.Entry{
				Kind: figures.Recorded, Subject: "bulletin:" + f.Week.String(), Title: map[string]string{}, Link: "/bulletins/" + f.Week.String(), Hash: hash, At: f.Made,
			}
			for _, lang := range c.Languages {
				e.Title[lang] = f.Say(catalogue.Printer(lang)).Title
			}
			return record.Append(tx, c.ID, e)
		},
		Kinds: []figures.Kind{
			{Name: report.KindName, Public: true, Title: "figures.kind.report", See: "report.internal", Work: "/staff/reports/", Categories: a.reportCategories},
			{
				Name: appeal.KindName, Title: "figures.kind.appeal", See: "appeal.internal", Work: "/staff/appeals/",
				Categories: func(context.Context, *city.City) (func(code, lang string) string, error) {
					return func(code, lang string) string {
						if !slices.Contains(appeal.Forms, code) {
							return code
						}
						return catalogue.Printer(lang).T("appeal.form." + code)
					}, nil
				},
			},
		},
	}
}

func (a *App) reportCategories(ctx context.Context, c *city.City) (func(code, lang string) string, error) {
	book, err := a.Reports.Books.Of(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	return book.CategoryName, nil
}
