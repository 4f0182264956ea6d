package demo

import (
	"context"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/features/report"
	"github.com/ashar-kg/ashar/internal/features/systemic"
	"github.com/ashar-kg/ashar/internal/platform/db"
)

// shared is a problem that the demo city declares of many of its reports.
type shared struct {
	category, district string
	words              systemic.Words
	plan               []planned
}

// planned is a step of its plan, so many days from now.
type planned struct {
	days  int
	state string
	words systemic.Texts
}

var sharedProblems = []shared{
	{
		category: "street-light", district: "leninsky",
		words: systemic.Words{
			Titles: systemic.Texts{"ky": "Ленин районунда көчө жарыгы көп өчөт", "ru": "В Ленинском районе часто гаснет уличный свет", "en": "Street lights often fail in the Leninsky district"},
			Texts: systemic.Texts{
				"ky": "Чырактар бирден эмес, катары менен өчүп жатат: себеби эски кабель. Ар бир чыракты өзүнчө алмаштыруу жардам бербейт.",
				"ru": "Фонари гаснут не по одному, а рядами: причина в старом кабеле. Менять каждую лампу отдельно бесполезно.",
				"en": "The lamps fail in rows, not one by one: the cable is old. Changing lamps one at a time does not help.",
			},
		},
		plan: []planned{
			{-9, systemic.Done, systemic.Texts{"ky": "Кабелди текшерүү", "ru": "Проверить кабель", "en": "Test the cable"}},
			{12, systemic.Doing, systemic.Texts{"ky": "Эң начар үч линияны алмаштыруу", "ru": "Заменить три худшие линии", "en": "Replace the three worst lines"}},
			{50, systemic.ToDo, systemic.Texts{"ky": "Калган линияларды алмаштыруу", "ru": "Заменить остальные линии", "en": "Replace the other lines"}},
		},
	},
	{
		category: "aryk", district: "sverdlovsky",
		words: systemic.Words{
			Titles: systemic.Texts{"ky": "Арыктар таштандыга толуп, суу жолго чыгат", "ru": "Арыки забиты, вода выходит на дорогу", "en": "Ditches are blocked and water runs onto the road"},
			Texts: systemic.Texts{
				"ky": "Ар бир жамгырдан кийин ошол эле жерлерде суу жолго чыгат. Арыктарды бирден эмес, агымы боюнча башынан аягына чейин тазалоо керек.",
				"ru": "После каждого дождя вода выходит на дорогу в одних и тех же местах. Арыки нужно чистить не по одному, а по всему течению.",
				"en": "After each rain the water leaves the ditches in the same places. They have to be cleaned along their whole course, not one by one.",
			},
		},
	},
}

// casesOfShared is of how many reports a shared problem of the demo is made.
const casesOfShared = 12

// Issues declares the shared problems of the demo city, where it has reports for them.
func Issues(ctx context.Context, s *systemic.Service, c *city.City, bodies *body.Store, now time.Time) error {
	dir, err := bodies.Of(ctx, c.ID)
	if err != nil {
		return err
	}
	for _, p := range sharedProblems {
		if err := p.declare(ctx, s, c, dir, now); err != nil {
			return err
		}
	}
	return nil
}

// reports are the newest of a shared problem, open ones first.
func (p shared) reports(ctx context.Context, s *systemic.Service, c *city.City) (files []*casework.File, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		for _, states := range [][]string{{report.Waiting, report.InWork}, {report.Fixed}} {
			page, err := casework.Listed(tx, c.ID, casework.Filter{
				Kind: report.KindName, States: states, Categories: []string{p.category}, District: p.district, Limit: casesOfShared,
			})
			if err != nil {
				return err
			}
			files = append(files, page.Files...)
		}
		return nil
	})
	return files[:min(casesOfShared, len(files))], err
}

func (p shared) declare(ctx context.Context, s *systemic.Service, c *city.City, dir *body.Directory, now time.Time) error {
	files, err := p.reports(ctx, s, c)
	if err != nil || len(files) < casesOfShared {
		return err // a demo with a handful of reports has no shared problems
	}
	d := systemic.Declaration{Words: p.words, Lang: "ky", Body: files[0].Body}
	for _, f := range files {
		d.Cases = append(d.Cases, f.ID)
		d.Lat, d.Lon = d.Lat+f.Lat/casesOfShared, d.Lon+f.Lon/casesOfShared
	}
	a := permission.Actor{City: c.ID, System: true, Name: dir.Name(d.Body, "ky")}
	f, err := s.Declare(ctx, c, a, d)
	if err != nil || len(p.plan) == 0 {
		return err
	}
	steps := make([]systemic.Step, len(p.plan))
	for i, x := range p.plan {
		steps[i] = systemic.Step{Day: now.In(c.Zone).AddDate(0, 0, x.days).Format(time.DateOnly), State: x.state, Words: x.words}
	}
	return s.Plan(ctx, c, a, f.Number, steps)
}
