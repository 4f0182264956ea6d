package demo

import (
	"context"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/features/project"
	"github.com/ashar-kg/ashar/internal/platform/clock"
)

// carried is how far the demo's winners of last year came, one after the other:
// most were done in time, one is late and says why.
var carried = []struct {
	done  bool
	days  int // of the last update, before now
	share int64
	words project.Texts
}{
	{true, 95, 100, project.Texts{"ky": "Иш бүттү, тургундар менен бирге кабыл алынды.", "ru": "Работы закончены, приняты вместе с жителями.", "en": "The work is done and was accepted together with the residents."}},
	{true, 120, 100, project.Texts{"ky": "Долбоор мөөнөтүнөн мурда бүттү.", "ru": "Проект закончен раньше срока.", "en": "The project was finished before its time."}},
	{false, 20, 60, project.Texts{"ky": "Кечигип жатабыз: материал эки ай кеч келди. Калган бөлүгү жазга чейин бүтөт.", "ru": "Опаздываем: материал пришёл на два месяца позже. Остальное закончим до весны.", "en": "We are late: the material came two months later. The rest will be done by spring."}},
	{true, 80, 100, project.Texts{"ky": "Кабыл алынды, кепилдик бир жыл.", "ru": "Принято, гарантия один год.", "en": "Accepted, with a guarantee of a year."}},
}

// Winners carries out what won the votes of the past. s is by the clock past.
func Winners(ctx context.Context, s project.Service, past *clock.Manual, c *city.City, now time.Time) error {
	staff := permission.Actor{City: c.ID, System: true, Person: firstStaff, Lang: "ky"}
	var won []*project.Project
	if err := s.Each(ctx, c, project.Filter{}, func(p *project.Project) error {
		if p.OriginKind == "vote" && p.Overdue(now) {
			won = append(won, p)
		}
		return nil
	}); err != nil {
		return err
	}
	for i, p := range won {
		x := carried[i%len(carried)]
		staff.Grants = []permission.Grant{{Role: permission.Head, Body: p.Body}}
		past.Set(now.AddDate(0, 0, -240+i))
		if err := s.Step(ctx, c, staff, p.ID, project.Implementation, "Келишим түзүлдү, иш башталды"); err != nil {
			return err
		}
		past.Set(now.AddDate(0, 0, -x.days))
		if err := s.Tell(ctx, c, staff, p.ID, project.Telling{At: past.Now().UnixMilli(), Percent: x.share, Texts: x.words}); err != nil {
			return err
		}
		if !x.done {
			continue
		}
		if err := s.Step(ctx, c, staff, p.ID, project.Completion, "Кабыл алуу актысы"); err != nil {
			return err
		}
	}
	return nil
}
