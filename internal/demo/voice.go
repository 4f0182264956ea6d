package demo

import (
	"context"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/features/news"
	"github.com/ashar-kg/ashar/internal/features/outage"
	"github.com/ashar-kg/ashar/internal/platform/clock"
)

// said is a piece of news of the demo, so many days ago.
type said struct {
	days     int
	category string
	titles   map[string]string
	texts    map[string]string
}

var newsOfDemo = []said{
	{9, "works", map[string]string{
		"ky": "Ахунбаев көчөсүндө жарык алмаштырылат", "ru": "На улице Ахунбаева меняют освещение", "en": "Street lights on Akhunbaev street are replaced",
	}, map[string]string{
		"ky": "Иштер түнкүсүн жүрөт, бир тилке жабылат. Автобустар мурдагыдай каттайт.", "ru": "Работы идут ночью, одна полоса закрыта. Автобусы ходят как обычно.", "en": "The work is done at night and one lane is closed. Buses run as usual.",
	}},
	{5, "meeting", map[string]string{
		"ky": "Ленин районунда тургундар менен жыйын", "ru": "Встреча с жителями Ленинского района", "en": "A meeting with residents of the Leninsky district",
	}, map[string]string{
		"ky": "Короолорду оңдоо планы талкууланат. Сурооңузду алдын ала кайрылуу катары жөнөтсөңүз, жыйында жооп берилет.", "ru": "Обсудим план ремонта дворов. Пришлите вопрос заранее обращением, и на встрече на него ответят.", "en": "The plan for the yards is discussed. Send your question as an appeal beforehand and it is answered there.",
	}},
	{1, "city", map[string]string{
		"ky": "185 кызматы эми Telegram'да да жооп берет", "ru": "Служба 185 отвечает и в Telegram", "en": "The 185 service answers in Telegram too",
	}, map[string]string{
		"ky": "Телефон, барак, кат жана чат аркылуу айтылганы бир эле тизмеге түшөт, номери жана мөөнөтү бирдей.", "ru": "Сказанное по телефону, на сайте, в письме и в чате попадает в один список, с одним номером и одним сроком.", "en": "What is said by telephone, on the site, in a letter or in the chat comes into one list, with one number and one term.",
	}},
}

// News publishes the demo's news, each written by one and let out by another of
// the staff, on its day.
func News(ctx context.Context, s news.Service, past *clock.Manual, c *city.City, now time.Time) error {
	s.Clock = past
	for _, n := range newsOfDemo {
		past.Set(now.AddDate(0, 0, -n.days))
		id, err := s.Save(ctx, c, permission.Actor{City: c.ID, System: true, Person: firstStaff + 1}, news.Item{Category: n.category, Titles: n.titles, Texts: n.texts}, true)
		if err != nil {
			return err
		}
		if err := s.Release(ctx, c, permission.Actor{City: c.ID, System: true, Person: firstStaff + 4}, id); err != nil {
			return err
		}
	}
	return nil
}

// Outage tells of one outage that lasts while the demo is looked at.
func Outage(ctx context.Context, s *outage.Service, c *city.City, bodies *body.Store, now time.Time) error {
	dir, err := bodies.Of(ctx, c.ID)
	if err != nil {
		return err
	}
	var water int64
	for _, b := range dir.All(now, c.Languages[0]) {
		if b.Code == "vodokanal" {
			water = b.ID
		}
	}
	_, err = s.Tell(ctx, c, permission.Actor{City: c.ID, System: true, Person: firstStaff + 1}, outage.Draft{
		Service: "water", Body: water, Begins: now.Add(-2 * time.Hour), Until: now.Add(9 * time.Hour), Streets: "Токтогул көчөсү\nМосква көчөсү",
		Words: map[string]string{
			"ky": "Түтүк алмаштырылууда. Суу ташыган унаа Токтогул жана Тыныстанов көчөлөрүнүн кесилишинде.", "ru": "Меняют трубу. Подвоз воды на углу улиц Токтогула и Тыныстанова.", "en": "A pipe is replaced. A water tank stands at the corner of Toktogul and Tynystanov streets.",
		},
	})
	return err
}
