package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/features/vote"
	"github.com/ashar-kg/ashar/internal/platform/blob"
	"github.com/ashar-kg/ashar/internal/platform/clock"
)

// proposed is an invented idea of the demo: in the words of its author, sent so
// many days ago, and how far it has come.
type proposed struct {
	days        int
	lang        string
	category    string
	lat, lon    float64
	address     string
	title, text string
	asked       int64  // som
	supports    int    // people
	stage       string // the state that it has come to
	body        string // that evaluates it
	cost        int64  // som, as the city says
	why         string // in the language of the author
	reasons     string
}

var proposedIdeas = []proposed{
	{19, "ky", "playground", 42.8669, 74.5615, "Ак-Босого, Бакай-Ата көчөсү", "Ак-Босогодо балдар аянтчасы", "Конушта эки жүздөн ашык бала бар, бирок бир да аянтча жок. Бош жаткан жерге селкинчек, сыргак жана жумшак төшөк салсак болот.", 600_000, 31, vote.IdeaFeasible, "meria", 740_000, "Жумшак төшөк 160 чарчы метр: 380 000. Селкинчек, сыргак, тосмо: 290 000. Орнотуу: 70 000.", "Жер шаардыкы, инженердик тармактар жок."},
	{19, "ru", "light", 42.8921, 74.5716, "Достук, улица Горького", "Фонари во дворах микрорайона Достук", "Между домами 14 и 22 вечером совсем темно, дети идут со второй смены с фонариками. Столбы есть, нужны светильники.", 350_000, 24, vote.IdeaFeasible, "gorsvet", 410_000, "22 светильника по 14 000, кабель 640 метров, монтаж.", "Столбы целы, мощности хватает."},
	{18, "ky", "water", 42.8405, 74.6101, "Түштүк дарбаза, Байтик баатыр көчөсү", "Түштүк дарбазада арыкты тазалап, көпүрөчө салуу", "Арык таштандыга толуп, жамгырда суу жолго чыгат. Тазалап, бетон науча салып, үйлөргө өтмөк көпүрөчө жасаш керек.", 900_000, 18, vote.IdeaFeasible, "meria", 1_150_000, "420 метр бетон науча: 860 000. 9 көпүрөчө: 290 000.", "Арык шаардын балансында."},
	{18, "ru", "access", 42.8745, 74.6120, "проспект Чуй, 128–140", "Пандусы у переходов на проспекте Чуй", "Мама на коляске не может перейти проспект от ЦУМа до филармонии: на четырёх переходах нет съездов. Нужны пандусы и тактильная плитка.", 500_000, 44, vote.IdeaFeasible, "meria", 620_000, "8 съездов, 64 метра тактильной плитки, разметка.", "Работы в полосе улицы, согласований больше не нужно."},
	{17, "ky", "yard", 42.8352, 74.6208, "12-кичирайон, 34-үй", "12-кичирайондун короосун оңдоо", "Короодогу асфальт оюлуп бүткөн, унаа жүргөндө чаң көтөрүлөт. Асфальт төшөп, унаа токтотуучу жайды белгилеп, отургуч коюш керек.", 1_500_000, 12, vote.IdeaFeasible, "meria", 1_820_000, "1 100 чарчы метр асфальт, 12 отургуч, бордюр.", "Короо тапшырылган жер тилкесинде."},
	{17, "ru", "green", 42.8868, 74.5809, "парк Фучика", "Тень и скамейки в парке Фучика", "Летом на главной аллее негде присесть в тени. Предлагаем высадить 40 клёнов и поставить 20 скамеек.", 400_000, 15, vote.IdeaFeasible, "zelenstroy", 380_000, "40 саженцев с поливом на два года, 20 скамеек.", "Место подходит, полив есть."},
	{16, "ky", "sport", 42.8303, 74.6114, "Асанбай, мектеп № 70 жаны", "Асанбайда воркаут аянтчасы", "Жаштар турниктерди эски мектептин короосунан табат. Он эки снаряддуу аянтча салынса, жүздөгөн бала кечинде ошол жерде болот.", 450_000, 22, vote.IdeaChecked, "meria", 0, "", ""},
	{16, "ru", "road", 42.8752, 74.5706, "улица Фрунзе, школа № 36", "Тротуар у школы № 36", "От остановки до школы 300 метров дети идут по проезжей части. Нужен тротуар с бордюром.", 700_000, 27, vote.IdeaChecked, "meria", 0, "", ""},
	{15, "ky", "light", 42.8603, 74.5504, "Ала-Тоо конушу", "Ала-Тоо конушунда мектепке баруучу жолго чырак", "Кышында балдар мектепке караңгыда барат. Он сегиз чырак койсо, бүт жол жарык болот.", 300_000, 19, vote.IdeaChecked, "gorsvet", 0, "", ""},
	{15, "ru", "water", 42.8444, 74.6305, "6-й микрорайон", "Ливнёвка в 6-м микрорайоне", "После каждого дождя двор между домами 11 и 13 превращается в озеро на два дня. Нужна решётка и сток в арык.", 800_000, 9, vote.IdeaChecked, "meria", 0, "", ""},
	{14, "ky", "access", 42.8883, 74.6405, "Аламүдүн-1, 5-үй", "Аламүдүн-1де подъезддерге пандус", "Үйдө араба менен жүргөн алты адам жашайт. Үч подъездге пандус жана туткуч керек.", 250_000, 14, vote.IdeaReturned, "meria", 0, "", "Кайсы подъезддер экенин жана тургундардын макулдугун жазыңыз."},
	{13, "ru", "culture", 42.8790, 74.5925, "Дубовый парк", "Летняя сцена в Дубовом парке", "Небольшая сцена на 80 мест для школьных театров и музыкантов, без громкой аппаратуры.", 2_500_000, 11, vote.IdeaReturned, "zelenstroy", 0, "", "Уточните место: у памятника строить нельзя."},
	{13, "ky", "road", 42.8825, 74.6515, "Көк-Жар, Канал көчөсү", "Каналдын үстүнөн жөө көпүрө", "Көк-Жардан аялдамага чейин бир жарым чакырым айланып барабыз. Тогуз метрлик темир көпүрө жетишет.", 500_000, 33, vote.IdeaObjected, "meria", 0, "", "Көпүрө каналдын коргоо тилкесине туура келет, ошондуктан шаардын бюджети менен салынбайт."},
	{12, "ru", "road", 42.8572, 74.5877, "улица Ахунбаева", "Парковка вместо газона на Ахунбаева", "Во дворе не хватает мест для машин, а газон всё равно не растёт. Предлагаем сделать там парковку на 30 мест.", 1_200_000, 3, vote.IdeaRefused, "zelenstroy", 0, "", "Зелёные насаждения нельзя занимать под парковку."},
	{12, "ky", "safety", 42.8953, 74.6306, "Аламүдүн базары", "Базардын жанына жарык берүүчү өтмөк", "Базардын жанында жөө өтмөк көрүнбөйт, айдоочулар токтобойт. Жарык берүүчү белги жана жасалма тоскоол керек.", 380_000, 21, vote.IdeaNew, "", 0, "", ""},
	{10, "ru", "playground", 42.8884, 74.6399, "Аламедин-1, дом 12", "Детская площадка в Аламедин-1", "Старые качели убрали три года назад, новых нет. Во дворе живут около ста детей.", 550_000, 16, vote.IdeaNew, "", 0, "", ""},
	{9, "ky", "green", 42.8710, 74.6083, "Ала-Арча дарыясынын жээги", "Ала-Арчанын жээгине 200 көчөт", "Жээкте көлөкө жок. Тургундар менен ашар жолу менен 200 көчөт отургузсак, шаар сугатын тартып берсе.", 200_000, 29, vote.IdeaNew, "", 0, "", ""},
	{8, "ru", "water", 42.8760, 74.6039, "площадь Ала-Тоо", "Питьевые фонтанчики в центре", "Летом в центре негде попить бесплатно. Шесть фонтанчиков от площади до Дубового парка.", 900_000, 26, vote.IdeaNew, "", 0, "", ""},
	{7, "ky", "yard", 42.8803, 74.5905, "Московская көчөсү, 210", "Эски үйлөрдүн короосуна отургуч жана гүлзар", "Улгайган адамдар отурчу жер жок. Сегиз отургуч жана эки гүлзар жетет.", 180_000, 7, vote.IdeaNew, "", 0, "", ""},
	{6, "ru", "light", 42.8894, 74.6253, "дорога к вокзалу", "Свет на дороге к вокзалу", "От улицы Эркиндик до вокзала вечером темно, особенно у подземного перехода.", 1_000_000, 13, vote.IdeaNew, "", 0, "", ""},
	{5, "ky", "sport", 42.8668, 74.5620, "Ак-Босого", "Мини-футбол аянтчасы", "Балдар топту жолдо тебет. Тосмосу бар чакан аянтча керек.", 1_400_000, 10, vote.IdeaNew, "", 0, "", ""},
	{4, "ru", "safety", 42.8304, 74.6109, "Асанбай, школа № 70", "Лежачие полицейские у школы № 70", "Машины едут мимо школы 60–70 км/ч. Нужны две неровности и знаки.", 120_000, 17, vote.IdeaNew, "", 0, "", ""},
	{3, "ky", "culture", 42.8440, 74.6300, "6-кичирайон китепканасы", "Китепкананын жанына ачык окуу жайы", "Жайында китепкананын короосунда окуганга бастырма, стол жана отургуч керек.", 260_000, 6, vote.IdeaNew, "", 0, "", ""},
	{2, "ru", "access", 42.8870, 74.5803, "парк Фучика, южный вход", "Ровный вход в парк Фучика", "У южного входа три высокие ступени: с коляской не пройти. Нужен пологий съезд.", 150_000, 8, vote.IdeaNew, "", 0, "", ""},
	{1, "ky", "light", 42.8354, 74.6211, "12-кичирайон", "Короодогу жолго чырак", "12-кичирайондо 34-үйдөн аялдамага чейинки жол караңгы.", 300_000, 4, vote.IdeaNew, "", 0, "", ""},
}

// Ideas runs the demo's campaign that collects and evaluates ideas now.
func Ideas(ctx context.Context, s *vote.Service, past *clock.Manual, c *city.City, bodies *body.Store, blobs blob.Store, now time.Time) error {
	dir, err := bodies.Of(ctx, c.ID)
	if err != nil {
		return err
	}
	pictures, err := ideaPictures(ctx, blobs)
	if err != nil {
		return err
	}
	s.Clock = past
	admin := permission.Actor{City: c.ID, System: true, Person: firstStaff, Lang: "ky"}
	runs, _ := dir.ByCode("meria")
	day := func(n int) int64 { return now.Truncate(time.Hour).AddDate(0, 0, n).UnixMilli() }
	x := vote.Campaign{
		Slug: "2027", Body: runs.ID, Rules: vote.DefaultRules,
		Titles: vote.Texts{"ky": "Биздин короо 2027", "ru": "Наш двор 2027", "en": "Our yard 2027"},
		Texts: vote.Texts{
			"ky": "Короолор, көчөлөр, арыктар жана аянтчалар үчүн 12 миллион сом. Идеяңызды жазыңыз: шаар аны баалап, жазында тургундар добуш берет. Идеялар ойдон чыгарылган.",
			"ru": "12 миллионов сомов на дворы, улицы, арыки и площадки. Предложите идею: город её оценит, а весной жители проголосуют. Идеи вымышлены.",
			"en": "12 million som for yards, streets, ditches and playgrounds. Propose an idea: the city evaluates it, and residents vote in spring. The ideas are invented.",
		},
		Plan: vote.Plan{
			{Phase: vote.Collecting, Begins: day(-20), Ends: day(15)},
			{Phase: vote.Checking, Begins: day(-18), Ends: day(20)},
			{Phase: vote.Evaluating, Begins: day(-17), Ends: day(45)},
			{Phase: vote.Correcting, Begins: day(-15), Ends: day(50)},
			{Phase: vote.Appealing, Begins: day(-10), Ends: day(55)},
			{Phase: vote.Listing, Begins: day(55), Ends: day(65)},
			{Phase: vote.Voting, Begins: day(70), Ends: day(84)},
			{Phase: vote.Counting, Begins: day(84), Ends: day(86)},
			{Phase: vote.Protesting, Begins: day(86), Ends: day(91)},
			{Phase: vote.Implementing, Begins: day(91), Ends: day(400)},
		},
		Pots: []vote.Pot{{Code: "city", Titles: potNames["city"], Amount: 8_000_000_00, Cap: 3_000_000_00, MinVotes: 50, MaxPicks: 3}},
	}
	for _, d := range districts {
		x.Pots = append(x.Pots, vote.Pot{Code: d, District: d, Titles: potNames[d], Amount: 2_500_000_00, Cap: 2_000_000_00, MinVotes: 15, MaxPicks: 2})
	}
	past.Set(now.AddDate(0, 0, -25))
	if _, err := s.Create(ctx, c, admin, x); err != nil {
		return err
	}
	for i := range proposedIdeas {
		if err := proposedIdeas[i].run(ctx, s, past, c, dir, pictures, admin, i, now); err != nil {
			return fmt.Errorf("demo idea %d: %w", i+1, err)
		}
	}
	past.Set(now)
	return nil
}

// supporter is the n-th resident that supports an idea, never its author.
func supporter(i, n int) int64 { return resident(i + 1 + n%(Residents-1)) }

// run sends an idea and takes it as far as it has come.
func (p *proposed) run(ctx context.Context, s *vote.Service, past *clock.Manual, c *city.City, dir *body.Directory, pictures map[string]casework.Photo, admin permission.Actor, i int, now time.Time) error {
	past.Set(now.AddDate(0, 0, -p.days).Add(time.Duration(i%9) * 37 * time.Minute))
	author := permission.Actor{City: c.ID, System: true, Person: resident(i), Lang: p.lang}
	var photos []casework.Photo
	if pic, ok := pictures[p.category]; ok && i%3 != 2 {
		photos = append(photos, pic)
	}
	f, err := s.Propose(ctx, c, author, "2027", vote.Proposal{
		Title: p.title, Text: p.text, Lang: p.lang, Category: p.category, Placed: true, Lat: p.lat, Lon: p.lon, Address: p.address, Asked: p.asked * 100,
		Shape: drawnPlaces[p.title], Photos: photos,
	})
	if err != nil {
		return err
	}
	for n := range min(p.supports, Residents-1) {
		who := permission.Actor{City: c.ID, System: true, Person: supporter(i, n)}
		if err := s.Support(ctx, c, who, "2027", f.Number, true); err != nil {
			return err
		}
	}
	if i%4 == 0 {
		for n, name := range []string{"Айнура К.", "Бакыт Т."} {
			who := permission.Actor{City: c.ID, System: true, Person: supporter(i, n+3)}
			if err := s.Sign(ctx, c, who, "2027", f.Number, name, true); err != nil {
				return err
			}
		}
	}
	if i%5 == 0 {
		past.Advance(3 * time.Hour)
		who := permission.Actor{City: c.ID, System: true, Person: supporter(i, 7)}
		ask, reply := "Бул качан башталат, жана ким карап турат?", "Добуш берүүдөн кийин, жазында. Карап турууну шаар өзүнө алат."
		if p.lang == "ru" {
			ask, reply = "А кто потом будет за этим следить?", "Город, расходы на год посчитают при оценке."
		}
		if err := s.Comment(ctx, c, who, "2027", f.Number, ask, p.lang, "", true); err != nil {
			return err
		}
		if err := s.Comment(ctx, c, author, "2027", f.Number, reply, p.lang, "", false); err != nil {
			return err
		}
	}
	return p.evaluate(ctx, s, past, c, dir, admin, author, f.Number, now)
}

// evaluate is the staff's part in an idea.
func (p *proposed) evaluate(ctx context.Context, s *vote.Service, past *clock.Manual, c *city.City, dir *body.Directory, admin, author permission.Actor, number string, now time.Time) error {
	if p.stage == vote.IdeaNew {
		return nil
	}
	past.Set(now.AddDate(0, 0, min(-9, 3-p.days)))
	if p.stage == vote.IdeaReturned {
		return s.Return(ctx, c, admin, number, p.reasons, now.AddDate(0, 0, 12).Format(time.DateOnly), p.lang)
	}
	to, _ := dir.ByCode(p.body)
	if err := s.Accept(ctx, c, admin, number, to.ID); err != nil || p.stage == vote.IdeaChecked {
		return err
	}
	past.Set(now.AddDate(0, 0, -6))
	if err := s.Judge(ctx, c, admin, number, vote.Evaluation{
		Feasible: p.stage == vote.IdeaFeasible, Reasons: vote.Texts{p.lang: p.reasons}, Titles: vote.Texts{p.lang: p.title}, Texts: vote.Texts{p.lang: p.text},
		Pot: "city", Cost: p.cost * 100, Why: vote.Texts{p.lang: p.why}, Upkeep: p.cost * 4, Lang: p.lang,
	}); err != nil || p.stage != vote.IdeaObjected {
		return err
	}
	past.Set(now.AddDate(0, 0, -2))
	return s.Object(ctx, c, author, "2027", number, "Көпүрөнү каналдан эки метр бийик салса болот, коргоо тилкесине тийбейт.", p.lang)
}
