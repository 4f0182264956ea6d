package demo

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/features/budget"
	"github.com/ashar-kg/ashar/internal/features/budget/fdp"
	"github.com/ashar-kg/ashar/internal/features/budget/ledger"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/i18n"
	"github.com/ashar-kg/ashar/seed"
)

// pressed is a version of the demo: the press reports that say the same of a
// year and a phase. Days of sources without one are assumed.
type pressed struct {
	year    int
	phase   ledger.Phase
	sources []string
	day     string
	named   string
	balance string // expenditure that the invented lines add up to, in thousand som
	until   string // up to which day of the year the figures are; "" the whole year
}

var documents = []pressed{
	{2014, ledger.Approved, []string{"S1"}, "2014-03-18", "gorkenesh.kg", "", ""},
	{2016, ledger.Approved, []string{"S2"}, "2016-01-15", "vesti.kg", "", ""},
	{2017, ledger.Proposed, []string{"S2"}, "2016-12-01", "vesti.kg", "", ""},
	{2017, ledger.Approved, []string{"S3"}, "2016-12-28", "24.kg 49437", "", ""},
	{2019, ledger.Approved, []string{"S4"}, "2019-01-15", "azattyk.org 30337276", "", ""},
	{2020, ledger.Proposed, []string{"S4"}, "2019-12-21", "azattyk.org 30337276", "", ""},
	{2020, ledger.Approved, []string{"S5"}, "2020-01-15", "24.kg 140977", "", ""},
	{2020, ledger.Adjusted, []string{"S5"}, "2020-05-07", "kg.kabar.kg, 24.kg 140977", "", "2020-04-30"},
	{2020, ledger.Executed, []string{"S5"}, "2020-05-07", "kg.kabar.kg, 24.kg 140977", "", "2020-04-30"},
	{2021, ledger.Approved, []string{"S6"}, "2021-02-26", "24.kg 184803", "", ""},
	{2022, ledger.Proposed, []string{"S7"}, "2022-03-15", "24.kg 227264", "", ""},
	{2024, ledger.Executed, []string{"S8"}, "2024-12-24", "24.kg 315182", "", ""},
	{2024, ledger.Executed, []string{"S9"}, "2026-02-12", "24.kg 361736", "", ""},
	{2025, ledger.Proposed, []string{"S8", "S13"}, "2024-12-24", "24.kg 315182, 342001", "", ""},
	{2025, ledger.Adjusted, []string{"S10", "S12", "S16", "S17"}, "2025-09-12", "mts.kg 17692, 10535; ru.kabar.kg; open.kg 72049", "", ""},
	{2025, ledger.Executed, []string{"S10", "S14", "S15"}, "2026-02-12", "mts.kg 17692; 24.kg 362508, 361773", "", ""},
	{2026, ledger.Proposed, []string{"S18"}, "2025-08-30", "24.kg 341609", "32773400", ""},
	{2026, ledger.Proposed, []string{"S19", "S12"}, "2026-02-03", "24.kg 360313, mts.kg 10535", "32873616.8", ""},
}

// covers tells whether a row of the facts stands in a document. Years that a
// draft plans ahead are part of it.
func (d *pressed) covers(year int, phase, source string) bool {
	planned := d.phase == ledger.Proposed && year > d.year && year <= d.year+ledger.Planning && d.year == 2026
	return ledger.Phase(phase) == d.phase && (year == d.year || planned) && slices.Contains(d.sources, source)
}

// words are what the facts call their lines, in the city's languages.
var budgetWords = map[string]budget.Texts{
	"total":                   {"ky": "Бардыгы", "ru": "Всего", "en": "Total"},
	"education":               {"ky": "Билим берүү", "ru": "Образование", "en": "Education"},
	"health":                  {"ky": "Саламаттык сактоо", "ru": "Здравоохранение", "en": "Health"},
	"social protection":       {"ky": "Социалдык коргоо", "ru": "Социальная защита", "en": "Social protection"},
	"tax revenue":             {"ky": "Салыктык кирешелер", "ru": "Налоговые доходы", "en": "Tax revenue"},
	"non-tax revenue":         {"ky": "Салыктык эмес кирешелер", "ru": "Неналоговые доходы", "en": "Non-tax revenue"},
	"assets and liabilities":  {"ky": "Активдер жана милдеттенмелер", "ru": "Активы и обязательства", "en": "Assets and liabilities"},
	"of total: special means": {"ky": "Анын ичинде: атайын каражаттар", "ru": "В том числе: специальные средства", "en": "Of total: special means"},
	"total (planning period)": {"ky": "Бардыгы (пландык мезгил)", "ru": "Всего (плановый период)", "en": "Total (planning period)"},
	"January-April":           {"ky": "Январь–апрель", "ru": "Январь–апрель", "en": "January to April"},
	"plan January-April":      {"ky": "Январь–апрелдин планы", "ru": "План на январь–апрель", "en": "Plan for January to April"},
	"municipal parking":       {"ky": "Муниципалдык унаа токтотуучу жайлар", "ru": "Муниципальные парковки", "en": "Municipal parking"},
	"official transfers from the republican budget (pay fund of schools)": {"ky": "Республикалык бюджеттен трансферттер (мектептердин эмгек акысы)", "ru": "Трансферты из республиканского бюджета (оплата труда в школах)", "en": "Transfers from the republican budget (pay fund of schools)"},
	"transfer from the Stabilisation Fund":                                {"ky": "Турукташтыруу фондунан трансферт", "ru": "Трансферт из Стабилизационного фонда", "en": "Transfer from the Stabilisation Fund"},
}

// economic names of GFSM 2014 that the facts use.
var economicNames = map[string]budget.Texts{
	"11": {"ky": "Салыктар", "ru": "Налоги", "en": "Taxes"},
	"13": {"ky": "Гранттар жана трансферттер", "ru": "Гранты и трансферты", "en": "Grants and transfers"},
	"14": {"ky": "Башка кирешелер", "ru": "Прочие доходы", "en": "Other revenue"},
	"21": {"ky": "Эмгек акы", "ru": "Оплата труда", "en": "Pay"},
	"22": {"ky": "Товарлар жана кызматтар", "ru": "Товары и услуги", "en": "Goods and services"},
	"25": {"ky": "Субсидиялар", "ru": "Субсидии", "en": "Subsidies"},
	"27": {"ky": "Социалдык жөлөкпулдар", "ru": "Социальные пособия", "en": "Social benefits"},
	"31": {"ky": "Финансылык эмес активдер", "ru": "Нефинансовые активы", "en": "Non-financial assets"},
}

// spending is an invented line of the demo: how the money of a draft may be
// spent. Only the totals of the drafts are real.
type spending struct {
	function, body, kind string
	weight               int64 // of the whole
	shift                int64 // weight added in the second draft
	ky, ru, en           string
}

var spendings = []spending{
	{"09.1", "edu", "21", 520, 8, "Бала бакчалардын кызматкерлеринин эмгек акысы", "Оплата труда в детских садах", "Pay in kindergartens"},
	{"09.1", "edu", "22", 150, 0, "Бала бакчалардагы тамак-аш", "Питание в детских садах", "Food in kindergartens"},
	{"09.1", "uks", "31", 90, 15, "Жаңы бала бакчаларды куруу", "Строительство детских садов", "Building of kindergartens"},
	{"09.2", "edu", "21", 1450, -10, "Мектеп мугалимдеринин эмгек акысы", "Оплата труда учителей школ", "Pay of school teachers"},
	{"09.2", "edu", "22", 190, 4, "Мектептерди кармоо", "Содержание школ", "Running of schools"},
	{"09.2", "uks", "31", 22, 6, "№ 64 мектептин капиталдык ремонту, Жунусалиев көчөсү", "Капитальный ремонт школы № 64, улица Жунусалиева", "Overhaul of school no. 64, Junusaliev street"},
	{"09.2", "uks", "31", 16, 0, "№ 5 мектептин чатырын оңдоо, Токтогул көчөсү", "Ремонт кровли школы № 5, улица Токтогула", "Roof of school no. 5, Toktogul street"},
	{"09.2", "uks", "31", 60, 25, "Мектептерге кошумча имараттар", "Пристройки к школам", "Extensions of schools"},
	{"09.6", "edu", "22", 45, 0, "Мектепте окуучуларды тамактандыруу", "Школьное питание", "School meals"},
	{"07.3", "health", "21", 60, 0, "Шаардык ооруканалар", "Городские больницы", "City hospitals"},
	{"07.2", "health", "22", 45, 3, "Үй-бүлөлүк дарыгерлер борборлору", "Центры семейной медицины", "Family medicine centres"},
	{"10.1", "gusr", "27", 55, 0, "Майыптыгы бар адамдарга жардам", "Помощь людям с инвалидностью", "Help for people with disabilities"},
	{"10.4", "gusr", "27", 40, 2, "Аз камсыз болгон үй-бүлөлөргө жардам", "Помощь малообеспеченным семьям", "Help for families of small means"},
	{"10.2", "gusr", "27", 35, 0, "Улгайган адамдарга кам көрүү", "Забота о пожилых людях", "Care of older people"},
	{"08.1", "sport", "22", 60, 0, "Спорт мектептери жана аянтчалар", "Спортивные школы и площадки", "Sports schools and grounds"},
	{"08.2", "culture", "22", 70, -2, "Китепканалар, театрлар жана маданият үйлөрү", "Библиотеки, театры и дома культуры", "Libraries, theatres and houses of culture"},
	{"04.5", "dtrdi", "31", 620, 40, "Жолдорду капиталдык оңдоо", "Капитальный ремонт дорог", "Overhaul of roads"},
	{"04.5", "basvs", "22", 180, 0, "Жолдорду күтүү", "Содержание дорог", "Upkeep of roads"},
	{"04.5", "dtrdi", "25", 260, 10, "Коомдук транспортко субсидиялар", "Субсидии общественному транспорту", "Subsidies for public transport"},
	{"04.5", "dtrdi", "31", 130, -60, "Жаңы автобустарды сатып алуу", "Покупка новых автобусов", "New buses"},
	{"05.1", "tazalyk", "22", 417, 0, "Шаарды тазалоо жана таштанды чыгаруу", "Уборка города и вывоз мусора", "Street cleaning and waste"},
	{"05.4", "zelenstroy", "22", 120, 5, "Бактар, парктар жана арыктар", "Деревья, парки и арыки", "Trees, parks and aryks"},
	{"06.4", "gorsvet", "22", 95, 0, "Көчө жарыгы", "Уличное освещение", "Street lighting"},
	{"06.3", "vodokanal", "31", 150, 20, "Суу жана канализация тармактары", "Сети воды и канализации", "Water and sewer networks"},
	{"06.2", "dgh", "22", 110, 0, "Короолорду жана аянттарды көрктөндүрүү", "Благоустройство дворов и площадей", "Yards and squares"},
	{"06.2", "teploset", "31", 210, -15, "Жылуулук тармактарын оңдоо", "Ремонт тепловых сетей", "Repair of heat networks"},
	{"06.1", "gorlift", "31", 30, 0, "Лифттерди алмаштыруу", "Замена лифтов", "New lifts"},
	{"01.1", "meria", "21", 230, 0, "Мэрия, райондор жана шаардык кеңеш", "Мэрия, районы и городской кенеш", "Mayor's office, districts and council"},
	{"01.3", "cct", "22", 40, 0, "Санариптик кызматтар", "Цифровые услуги", "Digital services"},
	{"01.7", "econ-fin", "22", 70, 0, "Карызды тейлөө", "Обслуживание долга", "Service of debt"},
	{"03.2", "meria", "22", 25, 0, "Өрт жана өзгөчө кырдаалдардан коргоо", "Защита от пожаров и чрезвычайных ситуаций", "Protection from fires and emergencies"},
}

// appeared is in the second draft only, vanished in the first.
var (
	appeared = spending{"04.5", "gdti", "31", 48, 0, "Чүй проспектисиндеги велосипед жолу", "Велодорожка на проспекте Чуй", "Bicycle lane on Chuy avenue"}
	vanished = spending{"08.1", "sport", "31", 35, 0, "Жаңы стадиондун долбоору", "Проект нового стадиона", "Design of a new stadium"}
)

// Budget loads what the press reported of the city's budget, and an invented
// breakdown of the two drafts of 2026, which is marked as such everywhere.
func Budget(ctx context.Context, d *db.DB, s *budget.Service, c *city.City, bodies *body.Store) error {
	dir, err := bodies.Of(ctx, c.ID)
	if err != nil {
		return err
	}
	if err := d.Update(ctx, func(tx *db.Tx) error { return budgetSteps(tx, c, dir) }); err != nil {
		return err
	}
	facts, err := csv.NewReader(bytes.NewReader(seed.Budget())).ReadAll()
	if err != nil {
		return err
	}
	for i := range documents {
		doc := &documents[i]
		lines, err := doc.lines(facts)
		if err != nil {
			return err
		}
		if doc.balance != "" {
			more, err := invented(doc)
			if err != nil {
				return err
			}
			lines = append(lines, more...)
		}
		residents, counted := residentsIn(doc.year)
		v := &budget.Version{
			Residents: residents, Counted: counted,
			Version: ledger.Version{Year: ledger.Year(doc.year), Phase: doc.phase, Day: doc.day, Until: doc.until}, Excerpt: doc.balance == "", Digest: fmt.Sprintf("demo-%d", i), Source: doc.named, FileName: "budget.csv",
			Titles: budget.Texts{
				"ky": "Басма сөз жазган сандар; негизги бюджет файлы жок", "ru": "Цифры из сообщений прессы; первичного файла бюджета нет", "en": "Figures that the press reported; there is no primary budget file",
			},
		}
		if err := s.Direct(ctx, c, v, lines); err != nil {
			return fmt.Errorf("budget of %d, %s: %w", doc.year, doc.day, err)
		}
	}
	if err := budgetCourse(ctx, s, c); err != nil {
		return err
	}
	// The days on which documents are due are assumed; those of the drafts are real.
	return d.Update(ctx, func(tx *db.Tx) error {
		for _, x := range []budget.Document{
			{Kind: "prebudget", Due: "2025-06-01"},
			{Kind: "proposal", Due: "2025-09-01", Published: "2025-08-30"},
			{Kind: "enacted", Due: "2026-01-01"},
			{Kind: "citizens", Due: "2026-03-01"},
			{Kind: "inyear", Due: "2026-05-01", Published: "2026-04-17"},
			{Kind: "midyear", Due: "2026-08-01", Published: "2026-07-21"},
			{Kind: "yearend", Due: "2027-04-01"},
			{Kind: "audit", Due: "2027-07-01"},
		} {
			x.Year = 2026
			if err := budget.StoreDocument(tx, c.ID, x); err != nil {
				return err
			}
		}
		return nil
	})
}

// residentsIn is how many people lived in Bishkek in a year, and who counted them:
// 1 137 882 at the census of 2022, 272 355 more than at that of 2009 (National
// Statistical Committee; 24.kg/english/276222). Between the two it is inferred, in
// equal steps.
func residentsIn(year int) (n int64, counted string) {
	const before, after, of2009, of2022 = 2009, 2022, 1_137_882 - 272_355, 1_137_882
	if year >= after {
		return of2022, "калкты каттоо · перепись · census 2022, 24.kg/english/276222"
	}
	return of2009 + (of2022-of2009)*int64(max(0, year-before))/(after-before), "болжол, каттоолордун арасы · оценка между переписями · estimated between censuses 2009–2022, 24.kg/english/276222"
}

// budgetSteps loads the classifications: functions by the UN, bodies by the city.
func budgetSteps(tx *db.Tx, c *city.City, dir *body.Directory) error {
	rows, err := csv.NewReader(bytes.NewReader(seed.Cofog())).ReadAll()
	if err != nil {
		return err
	}
	put := func(scheme, code, parent string, names budget.Texts) error {
		for lang, text := range names {
			if text == "" {
				delete(names, lang)
			}
		}
		return budget.PutStep(tx, c.ID, budget.Step{Scheme: scheme, Code: code, Parent: parent, From: "1999-01-01", Names: names})
	}
	for _, r := range rows[1:] {
		if err := put(budget.Functional, r[0], r[2], budget.Texts{"en": r[3], "ru": r[4], "ky": r[5]}); err != nil {
			return err
		}
	}
	for code, names := range economicNames {
		if err := put(budget.Economic, code, "", names); err != nil {
			return err
		}
	}
	for _, x := range slices.Concat(spendings, []spending{appeared, vanished}) {
		b, ok := dir.ByCode(x.body)
		if !ok {
			return fmt.Errorf("no body %q", x.body)
		}
		if err := put(budget.Administrative, x.body, "", budget.Texts{"ky": b.ShortName("ky"), "ru": b.ShortName("ru"), "en": b.ShortName("en")}); err != nil {
			return err
		}
	}
	return nil
}

// lines are the facts of a document.
func (d *pressed) lines(facts [][]string) (out []*budget.Line, err error) {
	for i, r := range facts[1:] {
		year, err := strconv.Atoi(r[0])
		if err != nil {
			return nil, err
		}
		if !d.covers(year, r[1], r[9]) {
			continue
		}
		amount, ok := thousand(r[6])
		if !ok {
			return nil, fmt.Errorf("row %d: %q is no amount", i+2, r[6])
		}
		name, _, _ := strings.Cut(r[3], " (Aug 2025")
		name = strings.TrimSuffix(strings.Replace(name, ", Aug 2025 draft", "", 1), ", Aug 2025 draft)")
		labels := budgetWords[name]
		if labels == nil {
			labels = budget.Texts{"en": r[3]}
		}
		l := &budget.Line{
			Row: int64(i + 2), Year: ledger.Year(year), Direction: ledger.Direction(r[2]), Amount: amount, Standing: budget.Part, Labels: labels,
			Codes: map[string]string{budget.Functional: r[4], budget.Economic: r[5]}, Inferred: r[7] == "derived", Note: note(r),
		}
		switch low := strings.ToLower(r[3]); {
		case strings.HasPrefix(low, "total"), d.until != "":
			l.Standing = budget.Total
		case strings.HasPrefix(low, "of total"), strings.HasPrefix(low, "new territories: 18"), strings.HasPrefix(low, "new territories: 2078"), strings.Contains(low, "aggregate"):
			l.Standing = budget.Within
		}
		out = append(out, l)
	}
	return out, nil
}

// note says how sure a fact is and who says it.
func note(r []string) string {
	parts := []string{r[9] + ": " + r[8], r[7]}
	if r[10] != "" {
		parts = append(parts, r[10])
	}
	return strings.Join(parts, "; ")
}

func thousand(text string) (ledger.Amount, bool) {
	d, ok := fdp.ParseDecimal(text)
	if !ok {
		return ledger.Amount{}, false
	}
	minor, ok := d.Shifted(3).Minor()
	return ledger.Of(minor), ok
}

// inventedNote stands at every line that is.
const inventedNote = "Демо үчүн ойдон чыгарылган. Придумано для демонстрации. Invented for the demo."

// invented spends the total of a draft, to the last tyiyn.
func invented(d *pressed) (out []*budget.Line, err error) {
	total, ok := thousand(d.balance)
	if !ok {
		return nil, fmt.Errorf("%q is no amount", d.balance)
	}
	second := d.day > "2026"
	list := slices.Clone(spendings)
	if second {
		for i := range list {
			list[i].weight += list[i].shift
		}
		list = append(list, appeared)
	} else {
		list = append(list, vanished)
	}
	var weights, spent int64
	for _, x := range list {
		weights += x.weight
	}
	for _, x := range list {
		n := total.Tyiyn() / weights * x.weight / 10_000_000 * 10_000_000 // whole 100 000 som
		spent += n
		out = append(out, &budget.Line{
			Year: ledger.Year(d.year), Direction: ledger.Expenditure, Amount: ledger.Of(n), Inferred: true,
			Codes:  map[string]string{budget.Functional: x.function, budget.Administrative: x.body, budget.Economic: x.kind},
			Labels: budget.Texts{"ky": x.ky, "ru": x.ru, "en": x.en},
			Note:   inventedNote,
		})
	}
	// What rounding left over pays teachers.
	i := slices.IndexFunc(list, func(x spending) bool { return x.function == "09.2" && x.kind == "21" })
	out[i].Amount = ledger.Of(out[i].Amount.Tyiyn() + total.Tyiyn() - spent)
	return out, nil
}

// BudgetQuestions has residents ask about lines, and the finance body answer one.
func BudgetQuestions(ctx context.Context, s budget.Service, c *city.City) error {
	list, err := s.Public(ctx, c)
	if err != nil || len(list) == 0 {
		return err
	}
	v := list[slices.IndexFunc(list, func(v *budget.Version) bool { return v.Day == "2026-02-03" })]
	view, err := s.Look(ctx, c, permission.Actor{City: c.ID, System: true}, budget.Place{Version: v.ID, Direction: string(ledger.Expenditure), Code: "09.2"})
	if err != nil {
		return err
	}
	ask := func(n int, label, text string) (string, error) {
		i := slices.IndexFunc(view.Lines, func(l *budget.Line) bool { return strings.HasPrefix(l.Labels["en"], label) })
		if i < 0 {
			return "", fmt.Errorf("no line %q", label)
		}
		f, err := s.Ask(ctx, c, permission.Actor{City: c.ID, Person: resident(n), System: true}, v.ID, view.Lines[i].ID, text, "ky", false)
		if err != nil {
			return "", err
		}
		return f.Number, nil
	}
	number, err := ask(0, "Overhaul of school", "Мектептин ремонту качан башталат жана ким жүргүзөт?")
	if err != nil {
		return err
	}
	if err := s.Reply(ctx, c, permission.Actor{City: c.ID, System: true, Name: "Финансы"}, number, "Ремонт жайкы каникулда башталат. Подрядчы сынак менен тандалат, келишим ушул жерде жарыяланат.", "ky", false); err != nil {
		return err
	}
	_, err = ask(3, "Extensions of schools", "Кайсы мектептерге кошумча имарат курулат?")
	return err
}

// BudgetBooklet publishes the Citizens Budget of the newest draft.
func BudgetBooklet(ctx context.Context, s budget.Service, c *city.City, printer func(lang string) *i18n.Printer) error {
	list, err := s.Public(ctx, c)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(v *budget.Version) bool { return v.Day == "2026-02-03" })
	b := &budget.Booklet{Year: 2026, Version: list[i].ID, Chapters: budget.FirstChapters(c.Languages, printer)}
	return s.SaveBooklet(ctx, c, permission.Actor{City: c.ID, System: true}, b, true, printer)
}
