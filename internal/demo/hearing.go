package demo

import (
	"context"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/document"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/features/hearing"
	"github.com/ashar-kg/ashar/internal/platform/clock"
)

// series are the real hearings of 2016, of which only the sums are known.
var series = hearing.Hearing{
	Kind:   "budget_draft",
	Titles: hearing.Texts{"ky": "Шаар бюджети боюнча 2016-жылдагы угуулар", "ru": "Слушания по бюджету города в 2016 году", "en": "Hearings on the city budget in 2016"},
	Series: hearing.Series{On: "2016", Held: 12, People: 1237, Women: 437, Source: "Сводка о слушаниях 2016 года (12 слушаний, 1 237 человек, 437 женщин), переданная для этой установки; первичная публикация не указана."},
}

var draft = hearing.Hearing{
	Kind:      "budget_draft",
	Titles:    hearing.Texts{"ky": "2027-жылдын бюджетинин долбоору", "ru": "Проект бюджета на 2027 год", "en": "Draft budget for 2027"},
	Texts:     hearing.Texts{"ky": "Ойдон чыгарылган мисал: төрт райондо угуу.", "ru": "Вымышленный пример: слушания в четырёх районах.", "en": "An invented example: hearings in four districts."},
	Materials: []hearing.Material{{Title: "Бюджет · Бюджет города · City budget", Link: "/budget"}},
}

var execution = hearing.Hearing{
	Kind:   "budget_execution",
	Titles: hearing.Texts{"ky": "Бюджеттин жарым жылдык аткарылышы", "ru": "Исполнение бюджета за полугодие", "en": "Execution of the budget in the half-year"},
	Texts:  hearing.Texts{"ky": "Ойдон чыгарылган мисал.", "ru": "Вымышленный пример.", "en": "An invented example."},
}

// agenda is what the demo's hearing on a draft is about, as a file.
const agenda = `Күн тартиби (демо үчүн ойдон чыгарылган)
1. Бюджеттин долбоору: киреше жана чыгаша. 20 мүнөт
2. Суроолор жана сунуштар. 80 мүнөт
3. Кийинки кадамдар: жооптордун мөөнөтү. 20 мүнөт

Повестка (вымышленная, для демо)
1. Проект бюджета: доходы и расходы. 20 минут
2. Вопросы и предложения. 80 минут
3. Дальнейшие шаги: сроки ответов. 20 минут
`

// halls are where the demo's sessions are held: invented rooms at real streets.
var halls = []struct{ district, place string }{
	{"leninsky", "Манас проспектиси, 40"}, {"oktyabrsky", "Байтик баатыр көчөсү, 9"}, {"pervomaysky", "Чүй проспектиси, 166"}, {"sverdlovsky", "Жибек Жолу проспектиси, 187"},
}

// Hearings holds the demo's hearings: the real series of 2016, one of the past
// with its minutes and an answer that is owed, and one that is coming.
func Hearings(ctx context.Context, s hearing.Service, past *clock.Manual, c *city.City, bodies *body.Store, now time.Time) error {
	dir, err := bodies.Of(ctx, c.ID)
	if err != nil {
		return err
	}
	finance, _ := dir.ByCode("econ-fin")
	staff := permission.Actor{City: c.ID, System: true, Person: firstStaff + 4}
	past.Set(now.AddDate(0, 0, -90))
	real := series
	real.Body = finance.ID
	if err := s.Remember(ctx, c, staff, real); err != nil {
		return err
	}
	if err := heldHearing(ctx, s, past, c, staff, finance.ID, now); err != nil {
		return err
	}
	past.Set(now.AddDate(0, 0, -3))
	h, list := draft, []hearing.Session{}
	h.Body = finance.ID
	for i, hall := range halls {
		list = append(list, meetingOn(c, now.AddDate(0, 0, 18+i), hall.district, hall.place))
	}
	agenda, err := s.Papers.Put(ctx, "kun-tartibi.txt", []byte(agenda))
	if err != nil {
		return err
	}
	made, err := s.Announce(ctx, c, staff, h, list, []document.File{agenda}, false)
	if err != nil {
		return err
	}
	for i := range 12 {
		if _, err := s.SignUp(ctx, c, guest(c, i), made.ID, hearing.Wish{Sessions: []int64{list[i%4].ID}, Sex: []string{"women", "men", ""}[i%3], District: list[i%4].District, Lang: "ky"}); err != nil {
			return err
		}
	}
	for i, text := range []string{"Ала-Тоо көчөсүнөгү мектепти оңдоого канча каражат каралган?", "Сколько денег заложено на освещение дворов в новых районах?", "Why are the sums for bus stops smaller than last year?"} {
		q, err := s.Question(ctx, c, guest(c, i), made.ID, hearing.Ask{Text: text, Lang: []string{"ky", "ru", "en"}[i]})
		if err != nil {
			return err
		}
		if i < 2 { // the last one waits for a moderator
			if err := s.Release(ctx, c, staff, q.Number, true); err != nil {
				return err
			}
		}
	}
	return nil
}

func guest(c *city.City, i int) permission.Actor {
	return permission.Actor{City: c.ID, System: true, Person: resident(i), Name: "Айгүл " + string([]rune("АБВГДЕЖЗИКЛМ")[i%12]) + "."}
}

func meetingOn(c *city.City, day time.Time, district, place string) hearing.Session {
	day = day.In(c.Zone)
	begins := time.Date(day.Year(), day.Month(), day.Day(), 15, 0, 0, 0, c.Zone)
	return hearing.Session{District: district, Place: place, Begins: begins.UnixMilli(), Ends: begins.Add(2 * time.Hour).UnixMilli(), Capacity: 150}
}

// heldHearing is the hearing of the past: who came, what was answered, what is owed.
func heldHearing(ctx context.Context, s hearing.Service, past *clock.Manual, c *city.City, staff permission.Actor, finance int64, now time.Time) error {
	past.Set(now.AddDate(0, 0, -60))
	h := execution
	h.Body = finance
	list := []hearing.Session{meetingOn(c, now.AddDate(0, 0, -40), halls[2].district, halls[2].place)}
	made, err := s.Announce(ctx, c, staff, h, list, nil, false)
	if err != nil {
		return err
	}
	var came []*hearing.Visit
	for i := range 9 {
		v, err := s.SignUp(ctx, c, guest(c, i), made.ID, hearing.Wish{Sessions: []int64{list[0].ID}, Sex: []string{"women", "men", "women"}[i%3], District: halls[i%4].district, Lang: "ky"})
		if err != nil {
			return err
		}
		came = append(came, v...)
	}
	past.Set(time.UnixMilli(list[0].Begins).Add(10 * time.Minute))
	for _, v := range came {
		if err := s.CheckIn(ctx, c, staff, list[0].ID, v.ID, ""); err != nil {
			return err
		}
	}
	if err := s.CountWalkIns(ctx, c, staff, list[0].ID, hearing.Count{Women: 21, Men: 34, Unsaid: 5}); err != nil {
		return err
	}
	answered, err := s.Question(ctx, c, staff, made.ID, hearing.Ask{Text: "Почему ремонт дорог исполнен меньше чем наполовину?", Lang: "ru", Room: true})
	if err != nil {
		return err
	}
	if _, err := s.Question(ctx, c, staff, made.ID, hearing.Ask{Text: "Бала бакчалардын тамак-ашына бөлүнгөн каражат кайда жумшалды?", Lang: "ky", Room: true}); err != nil {
		return err
	}
	past.Set(time.UnixMilli(list[0].Begins).AddDate(0, 0, 4))
	if err := s.Answer(ctx, c, staff, answered.Number, hearing.Reply{
		Words: "Работы начались в мае после торгов. Остаток будет освоен до ноября.", Lang: "ru", Change: "План третьего квартала увеличен.", Line: "Ремонт дорог", LineAt: "/budget",
	}); err != nil {
		return err
	}
	for _, p := range []struct{ text, lang, decision, reason string }{
		{"Публиковать исполнение бюджета каждый месяц", "ru", hearing.Accepted, "Данные уже собираются помесячно."},
		{"Угууларды дем алыш күндөрү өткөрүү", "ky", hearing.Rejected, "Залдар дем алыш күндөрү жабык."},
	} {
		q, err := s.Question(ctx, c, staff, made.ID, hearing.Ask{Text: p.text, Lang: p.lang, Room: true, Proposal: true})
		if err != nil {
			return err
		}
		if err := s.Answer(ctx, c, staff, q.Number, hearing.Reply{Words: p.reason, Lang: p.lang, Decision: p.decision}); err != nil {
			return err
		}
	}
	return s.PublishMinutes(ctx, c, staff, made.ID, "Угуу ачык өттү. Финансы башкармасы жарым жылдын жыйынтыгын баяндады.\n\nСлушание прошло открыто. Управление доложило об итогах полугодия и ответило на вопросы из зала.")
}
