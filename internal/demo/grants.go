package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/document"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/civic/pledge"
	"github.com/ashar-kg/ashar/internal/features/grant"
	"github.com/ashar-kg/ashar/internal/platform/blob"
	"github.com/ashar-kg/ashar/internal/platform/clock"
)

// Two sessions of the commissions for grants are known by their sums alone; what
// stands under them is invented so that it adds up to these, in som.
//
// Sverdlovsky district: 14 applications of 7 325 413 som, of which 4 145 566 are
// grants (meria.kg/ky/post/24665). Leninsky district: 21 applications, 7 approved
// with grants of 5 000 000 som and 2 161 000 som of co-financing
// (news312.kg/news/1570). A grant was at most 500 000 som in 2019
// (ru.sputnik.kg, 20 July 2019); the seven of Leninsky are more on average.
var (
	sverdlovskyCosts = []cost{
		{523000, 266000},
		{439000, 231000},
		{682000, 406000},
		{400000, 260000},
		{626000, 367000},
		{543000, 301000},
		{393000, 257000},
		{612000, 303000},
		{383000, 243000},
		{576000, 309000},
		{399000, 204000},
		{409000, 207000},
		{572000, 309000},
		{768413, 482566},
	}
	leninskyCosts = []cost{
		{767000, 612000}, {692000, 473000}, {1110000, 830000}, {1233000, 878000}, {1139000, 728000}, {1106000, 706000}, {1114000, 773000},
	}
)

// cost is what a project costs and the grant that it asks for, in som.
type cost struct{ total, asked int64 }

// works are what projects mend, as their titles begin.
var works = []struct{ ky, ru string }{
	{"Чатырды оңдоо", "Ремонт крыши"},
	{"Короону көрктөндүрүү", "Благоустройство двора"},
	{"Арыкты калыбына келтирүү", "Восстановление арыка"},
	{"Жылытуу түтүктөрүн алмаштыруу", "Замена труб отопления"},
	{"Короого асфальт төшөө", "Асфальтирование проезда"},
	{"Тротуар салуу", "Устройство тротуара"},
	{"Подъезддердин терезелерин алмаштыруу", "Замена окон в подъездах"},
	{"Лифтти оңдоо", "Ремонт лифта"},
	{"Фасадды оңдоо", "Ремонт фасада"},
	{"Канализацияны алмаштыруу", "Замена канализации"},
}

// grantStreets are streets of a district, in Kyrgyz and in Russian.
var grantStreets = map[string][][2]string{
	"sverdlovsky": {
		{"Токтогул", "Токтогула"},
		{"Киев", "Киевская"},
		{"Байтик Баатыр", "Байтик Баатыра"},
		{"Ибраимов", "Ибраимова"},
		{"Фрунзе", "Фрунзе"},
		{"Үсөнбаев", "Усенбаева"},
		{"Москва", "Московская"},
	},
	"leninsky": {
		{"Фучик", "Фучика"},
		{"Лев Толстой", "Льва Толстого"},
		{"Гагарин", "Гагарина"},
		{"Ауэзов", "Ауэзова"},
		{"Тыналиев", "Тыналиева"},
		{"Дэн Сяопин", "Дэн Сяопина"},
		{"Жибек Жолу", "Жибек Жолу"},
	},
}

// commission are invented members who vote on paper.
var commission = []string{"Төрага", "Райондук администрациядан", "Шаардык кеңештен", "Үй бирикмелеринен", "Коомдук уюмдардан"}

var initials = []string{"А. Токтосунов", "Б. Осмонова", "Д. Ким", "К. Садыкова", "М. Петров"}

// Granting is what the demo's grants are written with.
type Granting struct {
	Service grant.Service
	Pledges *pledge.Service
	Clock   *clock.Manual // of the service and the pledges
	City    *city.City
	Bodies  *body.Store
	Blobs   blob.Store
	Now     time.Time
	staff   permission.Actor
	dir     *body.Directory
	next    int // resident who applies
}

// Grants replays the two sessions, and announces a call that is open.
func Grants(ctx context.Context, g Granting) error {
	var err error
	if g.dir, err = g.Bodies.Of(ctx, g.City.ID); err != nil {
		return err
	}
	g.staff = permission.Actor{City: g.City.ID, System: true, Person: firstStaff, Lang: "ky"}
	first, err := g.replay(ctx, replayed{
		district: "sverdlovsky", body: "district-sverdlov", days: -220, source: "meria.kg/ky/post/24665", pot: 5_000_000, cap: 500_000, costs: sverdlovskyCosts,
	})
	if err != nil {
		return fmt.Errorf("session of Sverdlovsky: %w", err)
	}
	second, err := g.replay(ctx, replayed{
		district: "leninsky", body: "district-lenin", days: -150, source: "news312.kg/news/1570", pot: 5_000_000, cap: 1_000_000, costs: leninskyCosts, others: 14,
	})
	if err != nil {
		return fmt.Errorf("session of Leninsky: %w", err)
	}
	if err := g.contracts(ctx, append(first, second...)); err != nil {
		return fmt.Errorf("contracts: %w", err)
	}
	if err := g.carryOut(ctx, first); err != nil {
		return fmt.Errorf("contracts: %w", err)
	}
	if err := g.open(ctx); err != nil {
		return err
	}
	g.Clock.Set(g.Now)
	return g.Service.Lapse(ctx)
}

// replayed is a session of which the sums are real.
type replayed struct {
	district, body, source string
	days                   int // from now
	pot, cap               int64
	costs                  []cost // of what was approved
	others                 int    // applications that were not
}

func (g *Granting) day(days, hour int) time.Time {
	t := g.Now.In(g.City.Zone).AddDate(0, 0, days)
	return time.Date(t.Year(), t.Month(), t.Day(), hour, 0, 0, 0, g.City.Zone)
}

func (g *Granting) call(ctx context.Context, district, bodyCode string, opens, closes time.Time, pot, limit int64, source string, titles grant.Texts) (*grant.Call, error) {
	b, _ := g.dir.ByCode(bodyCode)
	x, err := g.Service.NewCall(ctx, g.City, g.staff, grant.Call{
		District: district, Body: b.ID, Titles: titles, Pot: pot * 100, Cap: limit * 100, Share: 20, Quorum: 3, Who: grant.Who,
		Opens: opens.UnixMilli(), Closes: closes.UnixMilli(), Source: source,
		Texts: grant.Texts{
			"ky": "Короо, чатыр, арык, жылытуу, тротуар сыяктуу жергиликтүү долбоорлор үчүн. Өз салымды акча, эмгек же материал менен кошсоңуз болот.",
			"ru": "Для местных проектов: дворы, крыши, арыки, отопление, тротуары. Свой вклад можно внести деньгами, трудом или материалами.",
			"en": "For local projects: yards, roofs, ditches, heating, pavements. Your own share may be money, work or materials.",
		},
		Papers: grant.Texts{
			"ky": "Жыйналыштын протоколу. Смета же эсеп-фактура. Үйдүн же короонун сүрөттөрү.",
			"ru": "Протокол собрания. Смета или счёт. Фотографии дома или двора.",
			"en": "Minutes of the residents' meeting. An estimate or an invoice. Photos of the house or yard.",
		},
	})
	if err != nil {
		return nil, err
	}
	return x, g.Service.Publish(ctx, g.City, g.staff, x.ID)
}

var districtTitles = map[string]grant.Texts{
	"sverdlovsky": {"ky": "Свердлов району: стимулдаштыруучу гранттар", "ru": "Свердловский район: стимулирующие гранты", "en": "Sverdlovsky district: stimulating grants"},
	"leninsky":    {"ky": "Ленин району: стимулдаштыруучу гранттар", "ru": "Ленинский район: стимулирующие гранты", "en": "Leninsky district: stimulating grants"},
}

// replay holds a session with its applications; it returns those that were
// approved, in their order.
func (g *Granting) replay(ctx context.Context, r replayed) ([]string, error) {
	held := g.day(r.days, 10)
	g.Clock.Set(held.AddDate(0, 0, -45))
	x, err := g.call(ctx, r.district, r.body, held.AddDate(0, 0, -45), held.AddDate(0, 0, -15), r.pot, r.cap, r.source, districtTitles[r.district])
	if err != nil {
		return nil, err
	}
	members, err := g.commission(ctx, x.ID)
	if err != nil {
		return nil, err
	}
	var approved, all []string
	g.Clock.Set(held.AddDate(0, 0, -20))
	for i := range len(r.costs) + r.others {
		n := cost{640_000, 430_000}
		if i < len(r.costs) {
			n = r.costs[i]
		}
		number, err := g.apply(ctx, x, i, n)
		if err != nil {
			return nil, err
		}
		g.Clock.Advance(25 * time.Minute)
		if err := g.Service.Admit(ctx, g.City, g.staff, number); err != nil {
			return nil, err
		}
		all = append(all, number)
		if i < len(r.costs) {
			approved = append(approved, number)
		}
	}
	return approved, g.hold(ctx, x, held, members, all, r.costs)
}

// commission names the members of a call and returns their ids.
func (g *Granting) commission(ctx context.Context, id int64) (out []int64, err error) {
	for i, name := range commission {
		if err := g.Service.AddMember(ctx, g.City, g.staff, id, grant.Member{Name: name + ": " + initials[i] + " (демо)"}, ""); err != nil {
			return nil, err
		}
	}
	w, err := g.Service.DeskCall(ctx, g.City, g.staff, id, 0)
	if err != nil {
		return nil, err
	}
	for _, m := range w.Members {
		out = append(out, m.ID)
	}
	return out, nil
}

// apply sends an application whose lines add up to its cost.
func (g *Granting) apply(ctx context.Context, x *grant.Call, i int, n cost) (string, error) {
	g.Clock.Advance(37 * time.Minute)
	d := g.sending(x, i, n)
	me := permission.Actor{City: g.City.ID, System: true, Person: resident(g.next), Lang: d.Lang}
	g.next++
	f, err := g.Service.Submit(ctx, g.City, me, d)
	if err != nil {
		return "", err
	}
	return f.Number, nil
}

func (g *Granting) sending(x *grant.Call, i int, n cost) grant.Sending {
	w, streets := works[i%len(works)], grantStreets[x.District]
	street := streets[(i*3)%len(streets)]
	ky, ru := street[0], street[1]
	house := 12 + 17*i%140
	d := grant.Sending{Call: x.ID, Who: grant.Who[i%4], Contact: "Демо киши", Phone: fmt.Sprintf("+9965550001%02d", i)}
	own := n.total - n.asked
	labour := own / 5 / 150 // hours, valued at 150 som
	stuff := own / 4
	d.Content = grant.Content{
		Lang: "ky", Title: fmt.Sprintf("%s: %s көчөсү, %d", w.ky, ky, house), Address: fmt.Sprintf("%s көчөсү, %d", ky, house),
		What: "Эскирген бөлүктөрдү алмаштырып, жаңысын орнотобуз. Иштерди подрядчы аткарат, тургундар ашар менен тазалоого жана ташууга катышат.",
		Why:  "Бул жерде 60тан ашык үй-бүлө жашайт. Акыркы он жылда оңдоо болгон эмес, кышында жана жамгырдан кийин абал өзгөчө начарлайт.",
		Lines: []grant.Line{
			{What: "Подрядчынын иши", Quantity: 1000, Unit: "келишим", Price: n.asked * 100, Payer: grant.PayGrant},
			{What: "Ашар: тазалоо, ташуу", Quantity: labour * 1000, Unit: "саат", Price: 15000, Payer: grant.PayWork},
			{What: "Тургундардын материалдары", Quantity: 1000, Unit: "топтом", Price: stuff * 100, Payer: grant.PayMaterials},
			{What: "Тургундардан чогултулган акча", Quantity: 1000, Unit: "", Price: (own - labour*150 - stuff) * 100, Payer: grant.PayMoney},
		},
	}
	d.Name = fmt.Sprintf("%s көчөсү, %d (демо)", ky, house)
	if i%2 == 1 {
		d.Lang, d.Title, d.Address = "ru", fmt.Sprintf("%s: ул. %s, %d", w.ru, ru, house), fmt.Sprintf("ул. %s, %d", ru, house)
		d.What = "Заменим изношенные части и поставим новые. Работы выполнит подрядчик, жители помогут на ашаре с уборкой и переноской."
		d.Why = "Здесь живёт больше 60 семей. За последние десять лет ремонта не было, зимой и после дождя положение особенно плохое."
		d.Lines[0].What, d.Lines[1].What, d.Lines[2].What, d.Lines[3].What = "Работы подрядчика", "Ашар: уборка, переноска", "Материалы жителей", "Деньги, собранные жителями"
		d.Lines[0].Unit, d.Lines[1].Unit, d.Lines[2].Unit = "договор", "час", "комплект"
		d.Name = fmt.Sprintf("ул. %s, %d (демо)", ru, house)
	}
	return d
}

// hold votes on everything and closes the session: the applications of costs are
// approved, of the others every second is returned and the rest refused.
func (g *Granting) hold(ctx context.Context, x *grant.Call, held time.Time, members []int64, all []string, costs []cost) error {
	s, c := &g.Service, g.City
	y, err := s.Convene(ctx, c, g.staff, grant.Session{Call: x.ID, Begins: held.UnixMilli(), Place: "Чүй проспектиси, 166, чоң зал", Quorum: 3})
	if err != nil {
		return err
	}
	for _, number := range all {
		if err := s.Enlist(ctx, c, g.staff, y.ID, number); err != nil {
			return err
		}
	}
	t, err := s.Sitting(ctx, c, g.staff, y.ID)
	if err != nil {
		return err
	}
	g.Clock.Set(held.Add(2 * time.Hour))
	for i, sh := range t.Sheets {
		if err := g.decide(ctx, y.ID, sh, members, i, costs); err != nil {
			return err
		}
	}
	return s.CloseSession(ctx, c, g.staff, y.ID, "Күн тартиби бекитилди. Ар бир табыштама боюнча арыз ээлери угулду, суроолорго жооп берилди, андан кийин добуш берилди. Повестка утверждена; заявители выслушаны, после вопросов члены комиссии проголосовали.")
}

func (g *Granting) decide(ctx context.Context, session int64, sh grant.Sheet, members []int64, i int, costs []cost) error {
	approve := i < len(costs)
	r := grant.Item{Session: session, Case: sh.Case, Outcome: grant.Approve, Amount: sh.Version.Sums.Asked}
	if !approve {
		r.Outcome, r.Reasons = grant.Return, "Сметаны баа кагаздары менен тактоо керек. Уточните смету по прайс-листам."
		if i%2 == 0 {
			r.Outcome, r.Reasons = grant.Refuse, "Сынактын каражаты башка долбоорлорго бөлүнүп бүттү. Средства конкурса распределены."
		}
	}
	from := 0
	if i%7 == 3 { // one of them lives there
		from = 1
		if err := g.Service.Declare(ctx, g.City, g.staff, session, grant.Conflict{Case: sh.Case, Member: members[0], Reason: "Жакын тууганым ошол үйдө жашайт"}); err != nil {
			return err
		}
	}
	var votes []grant.Ballot
	for k, m := range members[from:] {
		b := grant.Ballot{Case: sh.Case, Member: m, Vote: grant.For}
		switch {
		case !approve:
			b.Vote, b.Reason = grant.Against, "Смета так эмес"
		case (i+k)%5 == 4:
			b.Vote = grant.Abstain
		}
		votes = append(votes, b)
	}
	if err := g.Service.WriteDown(ctx, g.City, g.staff, session, votes); err != nil {
		return err
	}
	return g.Service.Resolve(ctx, g.City, g.staff, r)
}

// contracts are made about all that was approved, in two tranches.
func (g *Granting) contracts(ctx context.Context, approved []string) error {
	g.Clock.Set(g.day(-140, 11))
	for i, number := range approved {
		d, err := g.Service.Show(ctx, g.City, g.staff, number, 0)
		if err != nil {
			return err
		}
		half := d.App.Approved / 2
		if err := g.Service.Conclude(ctx, g.City, g.staff, number, grant.Deal{
			Number: fmt.Sprintf("Д-%02d", i+1), Day: g.day(-140, 0).Format(time.DateOnly), Ends: g.day(30+i, 0).Format(time.DateOnly), Sum: d.App.Approved,
			Parties: "Райондук администрация, " + d.App.Name,
		}, []grant.Tranche{{Sum: half, Terms: "Келишимге кол коюлганда"}, {Sum: d.App.Approved - half, Terms: "Биринчи бөлүктүн отчёту кабыл алынганда"}}); err != nil {
			return err
		}
	}
	return nil
}

// carryOut releases money to the first projects: one is finished, one waits for
// the report on its second tranche, one has failed.
func (g *Granting) carryOut(ctx context.Context, approved []string) error {
	for _, number := range approved[:3] {
		if err := g.Service.Release(ctx, g.City, g.staff, number, 1); err != nil {
			return err
		}
	}
	if err := g.pledge(ctx, approved[2]); err != nil {
		return err
	}
	g.Clock.Set(g.day(-100, 15))
	for _, x := range []struct {
		number string
		n      int64
	}{{approved[0], 1}, {approved[1], 1}, {approved[0], 2}} {
		if err := g.report(ctx, x.number, x.n); err != nil {
			return err
		}
		g.Clock.Advance(20 * 24 * time.Hour)
	}
	if err := g.Service.Release(ctx, g.City, g.staff, approved[1], 2); err != nil {
		return err
	}
	if err := g.Service.Fail(ctx, g.City, g.staff, approved[2], "Подрядчы табылган жок, тургундар долбоордон баш тартты. Подрядчик не найден, жители отказались от проекта."); err != nil {
		return err
	}
	if err := g.Service.GiveBack(ctx, g.City, g.staff, approved[2], 1); err != nil {
		return err
	}
	return g.giveBack(ctx, approved[2])
}

// giveBack returns the first of what residents gave to a project that failed; the
// rest is still due.
func (g *Granting) giveBack(ctx context.Context, number string) error {
	d, err := g.Service.Show(ctx, g.City, g.staff, number, 0)
	if err != nil {
		return err
	}
	l, err := g.Pledges.Ledger(ctx, g.City, g.staff, pledge.Subject{Kind: grant.KindName, ID: d.File.ID})
	if err != nil {
		return err
	}
	for _, p := range l.List {
		if p.State == pledge.Confirmed {
			return g.Pledges.Return(ctx, g.City, g.staff, p.ID, "Долбоор ишке ашпай калды. Проект не состоялся.")
		}
	}
	return nil
}

// report sends the report of a tranche, releasing it first where it was not, and
// has it accepted.
func (g *Granting) report(ctx context.Context, number string, n int64) error {
	d, err := g.Service.Show(ctx, g.City, g.staff, number, 0)
	if err != nil {
		return err
	}
	if d.Tranches[n-1].Released == 0 {
		if err := g.Service.Release(ctx, g.City, g.staff, number, n); err != nil {
			return err
		}
	}
	act, err := document.Store{Blobs: g.Blobs}.Put(ctx, "akt.pdf", []byte("%PDF-1.4\n% an invented act of acceptance of the demo\n"))
	if err != nil {
		return err
	}
	pics, err := pool(ctx, g.Blobs, "pothole")
	if err != nil {
		return err
	}
	r := grant.Report{N: n, Lang: "ky", Words: "Иштер келишим боюнча бүттү.", Act: []document.File{act}}
	for _, p := range pics {
		photo := p.Photo
		photo.Stage = "before"
		if p.fixed {
			photo.Stage = "after"
		}
		r.Photos = append(r.Photos, photo)
	}
	me := permission.Actor{City: g.City.ID, System: true, Person: d.App.Person}
	if err := g.Service.Send(ctx, g.City, me, number, r); err != nil {
		return err
	}
	return g.Service.Judge(ctx, g.City, g.staff, number, n, true, "")
}

// pledge has residents pledge for a project; part of it is received.
func (g *Granting) pledge(ctx context.Context, number string) error {
	d, err := g.Service.Show(ctx, g.City, g.staff, number, 0)
	if err != nil {
		return err
	}
	for i, p := range []pledge.Pledge{
		{What: pledge.Money, Tyiyn: 500_000, Named: true},
		{What: pledge.Work, Hours: 8},
		{What: pledge.Money, Tyiyn: 200_000},
		{What: pledge.Materials, Tyiyn: 350_000, Words: "Цемент, 10 мүшөк", Named: true},
	} {
		p.Subject = pledge.Subject{Kind: grant.KindName, ID: d.File.ID}
		made, err := g.Pledges.Promise(ctx, g.City, permission.Actor{City: g.City.ID, System: true, Person: resident(i + 1), Name: []string{"Айбек Т.", "Нургүл А.", "Виктор П.", "Жылдыз К."}[i]}, p)
		if err != nil {
			return err
		}
		g.Clock.Advance(time.Hour)
		if i%2 == 0 {
			if err := g.Pledges.Confirm(ctx, g.City, g.staff, made.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// open announces a call that takes applications now, with some in each state and
// a session to come. One of its members has an account.
func (g *Granting) open(ctx context.Context) error {
	g.Clock.Set(g.day(-20, 9))
	x, err := g.call(ctx, "leninsky", "district-lenin", g.day(-20, 0), g.day(25, 0), 6_000_000, 500_000, "", grant.Texts{
		"ky": "Ленин району: короо жана үй гранттары, ачык сынак", "ru": "Ленинский район: гранты на дворы и дома, открытый конкурс", "en": "Leninsky district: grants for yards and houses, open call",
	})
	if err != nil {
		return err
	}
	if _, err := g.commission(ctx, x.ID); err != nil {
		return err
	}
	if err := g.Service.AddMember(ctx, g.City, g.staff, x.ID, grant.Member{Name: "Тургундардын өкүлү (демо)", Person: GrantMember}, ""); err != nil {
		return err
	}
	y, err := g.Service.Convene(ctx, g.City, g.staff, grant.Session{Call: x.ID, Begins: g.day(6, 14).UnixMilli(), Place: "Чүй проспектиси, 166, 4-кабат", Quorum: 3})
	if err != nil {
		return err
	}
	g.Clock.Set(g.day(-12, 12))
	g.next = 0 // those whom visitors of the demo become first
	var numbers []string
	for i, n := range []cost{{610_000, 420_000}, {380_000, 250_000}, {540_000, 390_000}, {720_000, 480_000}} {
		number, err := g.apply(ctx, x, i, n)
		if err != nil {
			return err
		}
		numbers = append(numbers, number)
	}
	g.Clock.Set(g.day(-8, 12))
	for i, number := range numbers {
		switch i {
		case 3:
			continue // still to be checked
		case 2:
			err = g.Service.SendBack(ctx, g.City, g.staff, number, "Жыйналыштын протоколун тиркеңиз. Приложите протокол собрания.")
		default:
			if err = g.Service.Admit(ctx, g.City, g.staff, number); err == nil {
				err = g.Service.Enlist(ctx, g.City, g.staff, y.ID, number)
			}
		}
		if err != nil {
			return err
		}
	}
	return g.pledge(ctx, numbers[0])
}

// GrantMember is a resident of the demo who sits in the commission of its open call.
const GrantMember = firstResident + 5
