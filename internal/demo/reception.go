package demo

import (
	"context"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/features/reception"
	"github.com/ashar-kg/ashar/internal/platform/clock"
)

// hours are a reception of the demo: in so many days, for so many people who
// book one after the other. Those without a slot wait.
type hours struct {
	body      string
	days      int
	hour      int
	slots     int64
	people    int
	remote    bool
	note      string
	officials map[string]string
}

var receptions = []hours{
	{"gorsvet", -8, 10, 4, 3, false, "", map[string]string{"ky": "«Бишкексвет» ишканасынын жетекчиси", "ru": "Руководитель «Бишкексвет»", "en": "Head of Bishkeksvet"}},
	{"gorsvet", 4, 10, 4, 2, false, "", map[string]string{"ky": "«Бишкексвет» ишканасынын жетекчиси", "ru": "Руководитель «Бишкексвет»", "en": "Head of Bishkeksvet"}},
	{"meria", 6, 14, 3, 5, false, "Паспортуңузду ала келиңиз. Возьмите с собой паспорт.", map[string]string{"ky": "Мэрдин орун басары", "ru": "Заместитель мэра", "en": "Deputy mayor"}},
	{"vodokanal", 9, 11, 6, 1, true, "", map[string]string{"ky": "«Бишкексууканал» ишканасынын жетекчиси", "ru": "Руководитель «Бишкекводоканал»", "en": "Head of Bishkekvodokanal"}},
}

var wishes = []string{
	"Көчөдөгү жарыктын графиги жөнүндө", "Ремонт двора и детской площадки", "Суу басымы кечинде төмөн", "Очередь в детский сад", "Короодогу унаа токтотуучу жай",
}

// Receptions plans the demo's receptions, and has residents book them.
func Receptions(ctx context.Context, s reception.Service, past *clock.Manual, c *city.City, bodies *body.Store, now time.Time) error {
	s.Clock = past
	dir, err := bodies.Of(ctx, c.ID)
	if err != nil {
		return err
	}
	staff := permission.Actor{City: c.ID, System: true, Person: firstStaff + 4}
	next := 0
	for _, h := range receptions {
		b, _ := dir.ByCode(h.body)
		local := now.In(c.Zone).AddDate(0, 0, h.days)
		for !c.Calendar.Works(local) {
			local = local.AddDate(0, 0, 1)
		}
		begins := time.Date(local.Year(), local.Month(), local.Day(), h.hour, 0, 0, 0, c.Zone)
		past.Set(begins.AddDate(0, 0, -14))
		place := "Чүй проспектиси, 166"
		if h.remote {
			place = ""
		}
		x, err := s.PublishSession(ctx, c, staff, reception.Session{
			Body: b.ID, Officials: h.officials, Place: place, Remote: h.remote, Begins: begins.UnixMilli(), Ends: begins.Add(time.Duration(h.slots) * 15 * time.Minute).UnixMilli(), Minutes: 15, Note: h.note,
		})
		if err != nil {
			return err
		}
		slots := x.Slots()
		for i := range h.people {
			q := reception.Asked{Session: x.ID, Subject: wishes[next%len(wishes)], Lang: "ky"}
			if i < len(slots) {
				q.Slot = slots[i]
			}
			me := permission.Actor{City: c.ID, System: true, Person: resident(next + 10), Name: "Тургун " + string(rune('А'+next)) + "."}
			if h.remote {
				me.Person = resident(0) // whom visitors of the demo become first
			}
			next++
			made, err := s.Book(ctx, c, me, q)
			if err != nil {
				return err
			}
			if h.days < 0 {
				past.Set(begins.Add(time.Hour))
				if err := received(ctx, s, c, staff, made.ID, i); err != nil {
					return err
				}
				past.Set(begins.AddDate(0, 0, -14))
			}
		}
	}
	return nil
}

// received is what became of who came: an appeal, nobody, an answer on the spot.
func received(ctx context.Context, s reception.Service, c *city.City, staff permission.Actor, id int64, i int) error {
	switch i {
	case 0:
		_, err := s.Register(ctx, c, staff, id, "application", "Көчөбүздө жарык кечки сегизде күйөт, караңгы түшкөндө балдар мектептен кайтат. Жарыктын графигин эртерээк кылып берүүнү суранам.")
		return err
	case 1:
		return s.Mark(ctx, c, staff, id, false)
	default:
		return s.Answer(ctx, c, staff, id, "Суунун басымы «Бишкексууканалга» тиешелүү: телефонун жана кезекчи диспетчердин номерин бердик.")
	}
}
