package demo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/features/vote"
	"github.com/ashar-kg/ashar/internal/platform/blob"
	"github.com/ashar-kg/ashar/internal/platform/clock"
	"github.com/ashar-kg/ashar/seed"
)

// votedWork is a project of the demo's votes: the kinds of work are those that the
// city's grants pay for, places and costs are invented.
type votedWork struct {
	pot        string
	category   string
	body       string
	cost       int64 // som
	upkeep     int64
	lat, lon   float64
	ky, ru, en string
	why        string // Kyrgyz, of what the cost is made; "" is not told
}

var votedWorks = []votedWork{
	{"city", "light", "gorsvet", 2_800_000, 120_000, 42.8712, 74.6080, "Ала-Арча дарыясынын жээгин жарыктандыруу", "Освещение набережной реки Ала-Арча", "Lights along the Ala-Archa river", "46 мамы, LED чырактар, 1,4 чакырым кабель"},
	{"city", "green", "zelenstroy", 3_400_000, 260_000, 42.8786, 74.5921, "Эмен сейил багында көлөкөлүү сейил жол", "Тенистая аллея в Дубовом парке", "A shaded alley in Oak Park", "120 көчөт, тамчылатып сугаруу, 20 отургуч"},
	{"city", "water", "zelenstroy", 1_900_000, 90_000, 42.8407, 74.6098, "Түштүк дарбазада арыктарды калыбына келтирүү", "Восстановление арыков у Южных ворот", "Irrigation ditches at the South Gate mended", "900 метр арык, 14 көпүрөчө"},
	{"city", "access", "meria", 2_200_000, 60_000, 42.8746, 74.6122, "Чүй проспектиндеги 24 өтмөккө пандус", "Пандусы на 24 переходах проспекта Чуй", "Ramps at 24 crossings of Chui Avenue", "24 өтмөк, тактилдик плитка"},
	{"city", "road", "meria", 4_100_000, 340_000, 42.8571, 74.5874, "Велосипед жолу: Ахунбаев көчөсү", "Велодорожка по улице Ахунбаева", "A cycle lane on Akhunbaev Street", "3,2 чакырым, белгилер, 8 велопарк"},
	{"city", "water", "meria", 1_250_000, 75_000, 42.8759, 74.6037, "Ала-Тоо аянтында ичүүчү суу", "Питьевая вода на площади Ала-Тоо", "Drinking water on Ala-Too Square", "6 фонтанча жана суу түтүгү"},
	{"city", "light", "gorsvet", 1_600_000, 80_000, 42.8893, 74.6250, "Темир жол бекетине чейинки жол жарыгы", "Освещение дороги к вокзалу", "Lights on the way to the railway station", ""},
	{"leninsky", "playground", "meria", 480_000, 20_000, 42.8666, 74.5612, "Ак-Босого: балдар аянтчасы", "Ак-Босого: детская площадка", "Ak-Bosogo: a playground", "Резина төшөлгөн 160 чарчы метр аянтча"},
	{"leninsky", "light", "gorsvet", 350_000, 15_000, 42.8601, 74.5501, "Ала-Тоо конушу: мектепке баруучу жол жарыгы", "Жилмассив Ала-Тоо: свет по дороге к школе", "Ala-Too estate: lights on the way to school", "18 чырак"},
	{"leninsky", "road", "meria", 420_000, 10_000, 42.8750, 74.5703, "№ 36 мектептин жанындагы жөө жол", "Тротуар у школы № 36", "A pavement beside School 36", ""},
	{"oktyabrsky", "green", "zelenstroy", 390_000, 30_000, 42.8352, 74.6204, "12-кичирайон: 200 көчөт жана сугат", "12-й микрорайон: 200 саженцев с поливом", "Microdistrict 12: 200 saplings with watering", "200 көчөт, кудук, түтүк"},
	{"oktyabrsky", "sport", "meria", 500_000, 25_000, 42.8301, 74.6111, "Асанбай: воркаут аянтчасы", "Асанбай: площадка для воркаута", "Asanbai: an outdoor gym", "12 снаряд, жумшак төшөк"},
	{"oktyabrsky", "access", "meria", 280_000, 8_000, 42.8440, 74.6302, "6-кичирайон: лифттин жанына пандус", "6-й микрорайон: пандусы у подъездов", "Microdistrict 6: ramps at the entrances", ""},
	{"pervomaysky", "yard", "meria", 450_000, 18_000, 42.8801, 74.5902, "Сары-Өзөн коргоосу: короону асфальттоо", "Двор на Московской: асфальт и ливнёвка", "Yard on Moskovskaya: asphalt and drains", "640 чарчы метр"},
	{"pervomaysky", "green", "zelenstroy", 300_000, 22_000, 42.8867, 74.5806, "Фучик сейил багына 30 отургуч", "30 скамеек в парке Фучика", "30 benches in Fučík Park", ""},
	{"pervomaysky", "light", "gorsvet", 410_000, 16_000, 42.8920, 74.5713, "Достук: короолорго чырак", "Достук: фонари во дворах", "Dostuk: lamps in the yards", "22 чырак"},
	{"sverdlovsky", "playground", "meria", 470_000, 20_000, 42.8881, 74.6402, "Аламүдүн-1: балдар аянтчасы", "Аламедин-1: детская площадка", "Alamedin-1: a playground", ""},
	{"sverdlovsky", "green", "zelenstroy", 360_000, 28_000, 42.8950, 74.6303, "Аламүдүн базарынын жанындагы гүлзар", "Сквер у Аламединского рынка", "A small garden by Alamedin market", "400 чарчы метр гүлзар, 40 бадал"},
	{"sverdlovsky", "road", "meria", 490_000, 12_000, 42.8822, 74.6512, "Көк-Жар: жөө көпүрө", "Кок-Жар: пешеходный мостик", "Kok-Jar: a footbridge", "Темир көпүрө, 9 метр"},
}

// election is one of the demo's votes: begun and ended so many days from now,
// by so many voters, and how far it has come.
type election struct {
	slug       string
	titles     vote.Texts
	texts      vote.Texts
	begins     int // days
	ends       int
	voters     int
	stage      string // "", "counted" or "confirmed"
	ballot     vote.Ballot
	rule       string
	shadow     string
	everyFirst int // leaves out every so-manyth project, for variety; 0 none
}

var elections = []election{
	{
		"2026",
		vote.Texts{"ky": "Биздин короо 2026", "ru": "Наш двор 2026", "en": "Our yard 2026"},
		vote.Texts{"ky": "Шаардын жана районуңуздун долбоорлорун тандаңыз. Долбоорлор жана добуштар ойдон чыгарылган.", "ru": "Выберите проекты города и своего района. Проекты и голоса вымышлены.", "en": "Choose projects of the city and of your district. Projects and votes are invented."},
		-6, 8, 260, "", vote.Approval, "greedy_threshold", "mes_cost_add1_greedy_comparison", 0,
	},
	{
		"parks-2026",
		vote.Texts{"ky": "Жашыл шаар 2026", "ru": "Зелёный город 2026", "en": "Green city 2026"},
		vote.Texts{"ky": "Ар бир добуш берүүчү 10 баллды бөлгөн. Долбоорлор жана добуштар ойдон чыгарылган.", "ru": "Каждый голосующий распределял 10 баллов. Проекты и голоса вымышлены.", "en": "Each voter spread 10 points. Projects and votes are invented."},
		-17, -3, 180, "counted", vote.Points, "greedy_score", "mes_points_add1_greedy", 2,
	},
	{
		"2025",
		vote.Texts{"ky": "Биздин короо 2025", "ru": "Наш двор 2025", "en": "Our yard 2025"},
		vote.Texts{"ky": "Өткөн жылдын добуш берүүсү. Долбоорлор жана добуштар ойдон чыгарылган.", "ru": "Голосование прошлого года. Проекты и голоса вымышлены.", "en": "The vote of last year. Projects and votes are invented."},
		-380, -366, 400, "confirmed", vote.Approval, "mes_cost_add1_greedy", "greedy_score", 3,
	},
}

// potNames are what the pots of the demo are called.
var potNames = map[string]vote.Texts{
	"city":        {"ky": "Бүткүл шаар", "ru": "Весь город", "en": "The whole city"},
	"leninsky":    {"ky": "Ленин району", "ru": "Ленинский район", "en": "Leninsky district"},
	"oktyabrsky":  {"ky": "Октябрь району", "ru": "Октябрьский район", "en": "Oktyabrsky district"},
	"pervomaysky": {"ky": "Биринчи Май району", "ru": "Первомайский район", "en": "Pervomaysky district"},
	"sverdlovsky": {"ky": "Свердлов району", "ru": "Свердловский район", "en": "Sverdlovsky district"},
}

var districts = []string{"leninsky", "oktyabrsky", "pervomaysky", "sverdlovsky"}

// Votes holds the demo's participatory budgets, and shows a real one.
func Votes(ctx context.Context, s *vote.Service, past *clock.Manual, c *city.City, bodies *body.Store, blobs blob.Store, now time.Time) error {
	dir, err := bodies.Of(ctx, c.ID)
	if err != nil {
		return err
	}
	pictures, err := ideaPictures(ctx, blobs)
	if err != nil {
		return err
	}
	s.Clock = past
	admin := permission.Actor{City: c.ID, System: true, Person: firstStaff}
	runs, _ := dir.ByCode("meria")
	for i := len(elections) - 1; i >= 0; i-- {
		e := &elections[i]
		if err := e.hold(ctx, s, past, c, admin, dir, pictures, runs.ID, now); err != nil {
			return fmt.Errorf("demo vote %s: %w", e.slug, err)
		}
	}
	past.Set(now.AddDate(-1, 0, 0))
	return s.ShowExample(ctx, c, admin, vote.Example{
		Slug: "amsterdam-522", Body: runs.ID, File: seed.Election(), Rule: "greedy_score", Shadow: "mes_cost_add1_greedy",
		Titles: vote.Texts{"ky": "Мисал: Амстердам, Диамантбюрт 2021", "ru": "Пример: Амстердам, Диамантбюрт 2021", "en": "Example: Amsterdam, Diamantbuurt 2021"},
		Texts:  vote.Texts{"ky": "Башка шаардын чыныгы добуш берүүсү биздин барактарда.", "ru": "Настоящее голосование другого города на наших страницах.", "en": "A real vote of another city on our pages."},
		Source: "Pabulib, Netherlands_Amsterdam_522.pb (Faliszewski et al., IJCAI 2023)",
	})
}

// plan is the usual course of a campaign around its days of voting.
func (e *election) plan(now time.Time) vote.Plan {
	day := func(n int) int64 { return now.Truncate(time.Hour).AddDate(0, 0, n).UnixMilli() }
	return vote.Plan{
		{Phase: vote.Collecting, Begins: day(e.begins - 90), Ends: day(e.begins - 60)},
		{Phase: vote.Checking, Begins: day(e.begins - 60), Ends: day(e.begins - 50)},
		{Phase: vote.Evaluating, Begins: day(e.begins - 50), Ends: day(e.begins - 25)},
		{Phase: vote.Appealing, Begins: day(e.begins - 25), Ends: day(e.begins - 10)},
		{Phase: vote.Listing, Begins: day(e.begins - 10), Ends: day(e.begins)},
		{Phase: vote.Voting, Begins: day(e.begins), Ends: day(e.ends)},
		{Phase: vote.Counting, Begins: day(e.ends), Ends: day(e.ends + 1)},
		{Phase: vote.Protesting, Begins: day(e.ends + 1), Ends: day(e.ends + 6)},
		{Phase: vote.Implementing, Begins: day(e.ends + 6), Ends: day(e.ends + 300)},
	}
}

func (e *election) hold(ctx context.Context, s *vote.Service, past *clock.Manual, c *city.City, admin permission.Actor, dir *body.Directory, pictures map[string]casework.Photo, runs int64, now time.Time) error {
	x := vote.Campaign{Slug: e.slug, Titles: e.titles, Texts: e.texts, Body: runs, Plan: e.plan(now), Rules: vote.DefaultRules}
	x.Rules.Ballot, x.Rules.Rule, x.Rules.Shadow, x.Rules.Seed = e.ballot, e.rule, e.shadow, "07-19-23-31-40"
	x.Pots = []vote.Pot{{Code: "city", Titles: potNames["city"], Amount: 8_000_000_00, Cap: 5_000_000_00, MinVotes: 30, MaxPicks: 3}}
	for _, d := range districts {
		x.Pots = append(x.Pots, vote.Pot{Code: d, District: d, Titles: potNames[d], Amount: 900_000_00, Cap: 500_000_00, MinVotes: 8, MaxPicks: 2})
	}
	past.Set(now.AddDate(0, 0, e.begins-100))
	if _, err := s.Create(ctx, c, admin, x); err != nil {
		return err
	}
	list, err := e.list(dir, pictures)
	if err != nil {
		return err
	}
	past.Set(now.AddDate(0, 0, e.begins-9))
	if err := s.PutProjects(ctx, c, admin, e.slug, list); err != nil {
		return err
	}
	past.Set(now.Truncate(time.Hour).AddDate(0, 0, e.begins))
	if err := s.OpenVoting(ctx, c, admin, e.slug, vote.DemoCode, ""); err != nil {
		return err
	}
	if err := e.vote(ctx, s, past, c, &x, list, now); err != nil {
		return err
	}
	if e.stage == "" {
		return nil
	}
	past.Set(now.AddDate(0, 0, e.ends).Add(3 * time.Hour))
	if err := s.Count(ctx, c, admin, e.slug, vote.DemoCode); err != nil {
		return err
	}
	if e.stage != "confirmed" {
		return protest(ctx, s, past, c, admin, e.slug)
	}
	past.Set(now.AddDate(0, 0, e.ends+8))
	return s.Confirm(ctx, c, admin, e.slug)
}

// protest has two invented voters protest against a result; the commission has
// decided the first.
func protest(ctx context.Context, s *vote.Service, past *clock.Manual, c *city.City, admin permission.Actor, slug string) error {
	past.Advance(20 * time.Hour)
	one, err := s.SendProtest(ctx, c, permission.Actor{City: c.ID, System: true, Person: firstResident + 1}, slug, vote.Objection{
		Ground: "project", Pot: "city", Lang: "ru",
		Text: "В списке у освещения набережной указана длина 1,4 км, а на схеме отмечено меньше. Прошу проверить, верна ли стоимость.",
	})
	if err != nil {
		return err
	}
	past.Advance(3 * time.Hour)
	if _, err := s.SendProtest(ctx, c, permission.Actor{City: c.ID, System: true, Person: firstResident + 3}, slug, vote.Objection{
		Ground: "conduct", Pot: "leninsky", Lang: "ky",
		Text: "Кабылдамада кезек күтүп турганда бир киши келгендерге кайсы долбоорду тандоону айтып жатты. Видеосу бар.",
	}); err != nil {
		return err
	}
	past.Advance(18 * time.Hour)
	return s.DecideProtest(ctx, c, admin, one.Number, false, vote.Texts{
		"ky": "Узундук да, баа да туура: кабелдин узундугу жээктин эки тарабын камтыйт. Эсеп-смета тиркелген жана добушка таасир эткен эмес.",
		"ru": "Длина и стоимость верны: длина кабеля считана по обоим берегам. Смета это подтверждает, на выбор это не повлияло.",
		"en": "Length and cost are right: the cable runs along both banks. The estimate shows it, and the choice was not affected.",
	})
}

// list are the projects of a vote with their drawn numbers.
func (e *election) list(dir *body.Directory, pictures map[string]casework.Photo) (out []*vote.Project, err error) {
	numbers := map[string]int64{}
	for i, w := range votedWorks {
		if e.everyFirst > 0 && i%e.everyFirst == e.everyFirst-1 && w.pot == "city" {
			continue
		}
		numbers[w.pot]++
		n := numbers[w.pot]
		p := &vote.Project{
			Pot: w.pot, Category: w.category, Code: fmt.Sprintf("%c%02d", w.pot[0]-32, n), Number: n, Cost: w.cost * 100, Upkeep: w.upkeep * 100,
			Titles: vote.Texts{"ky": w.ky, "ru": w.ru, "en": w.en}, Texts: vote.Texts{}, Why: vote.Texts{}, Placed: true, Lat: w.lat, Lon: w.lon,
		}
		if d, ok, err := drawnPlace(w.en); err != nil {
			return nil, err
		} else if ok {
			p.Geometry, p.Lat, p.Lon = d.Text, d.Lat, d.Lon
		}
		if i%3 != 2 {
			p.Photo = pictures[w.category].Thumb
		}
		if w.why != "" {
			p.Why = vote.Texts{"ky": w.why}
		}
		if w.pot != "city" {
			p.District = w.pot
		}
		if b, ok := dir.ByCode(w.body); ok {
			p.Body = b.ID
		}
		out = append(out, p)
	}
	return out, nil
}

// vote has invented voters vote: each likes cheap and early projects a little more.
func (e *election) vote(ctx context.Context, s *vote.Service, past *clock.Manual, c *city.City, x *vote.Campaign, list []*vote.Project, now time.Time) error {
	r := rand.New(rand.NewPCG(uint64(len(e.slug)), uint64(e.voters)))
	begins, ends := now.Truncate(time.Hour).AddDate(0, 0, e.begins), now.Truncate(time.Hour).AddDate(0, 0, e.ends)
	if ends.After(now) {
		ends = now
	}
	for i := range e.voters {
		past.Set(begins.Add(time.Duration(r.Float64() * float64(ends.Sub(begins)))))
		district := districts[r.IntN(len(districts))]
		v := vote.Vote{
			Secret: fmt.Sprintf("demo%s%022d", e.slug, i), Class: vote.Classes[min(r.IntN(8), 3)], District: district, Born: fmt.Sprintf("%d-06-15", 1950+r.IntN(55)),
			Choices: map[string][]vote.Choice{},
		}
		for _, pot := range x.PotsOf(district) {
			v.Choices[pot.Code] = e.picks(r, pot, list)
		}
		if len(v.Choices["city"])+len(v.Choices[district]) == 0 {
			continue
		}
		// The first residents are whom visitors of the demo become.
		me := permission.Actor{City: c.ID, Person: int64(900_000 + i), Level: permission.Phone}
		if _, err := s.Cast(ctx, c, me, e.slug, v, ""); err != nil {
			return err
		}
	}
	return nil
}

func (e *election) picks(r *rand.Rand, pot vote.Pot, list []*vote.Project) (out []vote.Choice) {
	left := 10
	for i, q := range list {
		if q.Pot != pot.Code || len(out) == pot.MaxPicks {
			continue
		}
		liking := 0.25 + 0.35*float64((i*7)%5)/5
		if r.Float64() > liking {
			continue
		}
		choice := vote.Choice{Code: q.Code}
		if e.ballot == vote.Points {
			choice.Points = min(left, 1+r.IntN(5))
			if left -= choice.Points; choice.Points == 0 {
				break
			}
		}
		out = append(out, choice)
	}
	return out
}
