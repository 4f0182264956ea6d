package demo

import (
	"bytes"
	"context"
	"errors"
	"image/jpeg"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/features/project"
	"github.com/ashar-kg/ashar/internal/platform/clock"
	"github.com/ashar-kg/ashar/seed"
	scenes "github.com/ashar-kg/ashar/seed/draw"
)

// inventedSource marks a project that nobody builds.
var inventedSource = project.Source{Title: "Demo: invented, to show a whole project / Демо үчүн ойдон чыгарылган / Вымышлено для демо"}

// built is an invented project with its whole life.
type built struct {
	body, sector, kind string
	titles, texts      project.Texts
	lat, lon           float64
	geometry           string
	from, until        int // days from now
	budget             int64
	supplier, inn      string
	value, more        int64 // of the contract; more is its modified value, 0 for none
	why                string
	paid               int64
	told               []progress
	status             string
	guarantee          int // days from now, 0 for none
	question, answer   string
}

// progress is an update, so many days ago.
type progress struct {
	days    int
	percent int64
	stage   string
	scene   string
	fixed   bool
	words   project.Texts
}

var buildings = []built{
	{
		body: "edu", sector: "education", kind: "rehabilitation", lat: 42.8721, lon: 74.5898, from: -150, until: -12, budget: 18_400_000_00,
		titles: project.Texts{"ky": "№ 24 мектептин чатырын жана терезелерин оңдоо", "ru": "Ремонт крыши и окон школы № 24", "en": "Repair of the roof and windows of school no. 24"},
		texts: project.Texts{
			"ky": "Чатыр алмаштырылат, 96 терезе жаңыланат, спортзал жылууланат.", "ru": "Заменят крышу и 96 окон, утеплят спортзал.", "en": "A new roof, 96 new windows and a warm sports hall.",
		},
		supplier: "ОсОО «Демо Курулуш»", inn: "00000000000001", value: 17_900_000_00, more: 19_200_000_00, why: "Чатырдын астындагы чирик устундар табылды", paid: 9_500_000_00,
		status: project.Implementation,
		told: []progress{
			{120, 5, project.Before, "street-light", false, project.Texts{"ky": "Эски чатыр сүрөткө тартылды, иш башталды.", "ru": "Старая крыша снята на фото, работа началась.", "en": "The old roof was photographed, the work has begun."}},
			{40, 55, project.During, "street-light", true, project.Texts{"ky": "Чатырдын жарымы жабылды, устундар алмаштырылды.", "ru": "Половина крыши закрыта, балки заменены.", "en": "Half of the roof is on, the beams are replaced."}},
		},
		question: "Терезелер окуу жылы башталганча бүтөбү?", answer: "Ооба: калган терезелер бир айдын ичинде орнотулат.",
	},
	{
		body: "basvs", sector: "transport.road", kind: "rehabilitation", lat: 42.8765, lon: 74.6035, from: -400, until: -120, budget: 42_000_000_00,
		geometry: `{"type":"LineString","coordinates":[[74.5985,42.8763],[74.6035,42.8765],[74.6088,42.8768]]}`,
		titles:   project.Texts{"ky": "Демо көчөсүн капиталдык оңдоо", "ru": "Капитальный ремонт Демонстрационной улицы", "en": "Repair of Demo street"},
		texts:    project.Texts{"ky": "800 метр жол, эки тарабында тротуар жана арык.", "ru": "800 метров дороги, тротуары и арыки с двух сторон.", "en": "800 metres of road with pavements and ditches on both sides."},
		supplier: "ОсОО «Демо Жол»", inn: "00000000000002", value: 40_500_000_00, paid: 40_500_000_00, status: project.Completion, guarantee: 600,
		told: []progress{
			{360, 0, project.Before, "pothole", false, project.Texts{"ky": "Оңдоого чейин.", "ru": "До ремонта.", "en": "Before the repair."}},
			{130, 100, project.After, "pothole", true, project.Texts{"ky": "Жол кабыл алынды, кепилдик башталды.", "ru": "Дорога принята, началась гарантия.", "en": "The road was accepted, the guarantee has begun."}},
		},
	},
}

// Projects loads the real works from their table, and builds two invented ones.
func Projects(ctx context.Context, s project.Service, past *clock.Manual, c *city.City, bodies *body.Store, now time.Time) error {
	s.Clock = past
	staff := permission.Actor{City: c.ID, System: true, Person: firstStaff, Lang: "ky"}
	past.Set(now.AddDate(0, 0, -30))
	plan, err := s.Import(ctx, c, staff, seed.Projects())
	if err != nil {
		return err
	}
	if len(plan.Refused) > 0 {
		return errors.New("demo project: " + plan.Refused[0].Where() + ": " + plan.Refused[0].Reason)
	}
	dir, err := bodies.Of(ctx, c.ID)
	if err != nil {
		return err
	}
	for _, b := range buildings {
		if err := b.build(ctx, &s, past, c, dir, staff, now); err != nil {
			return err
		}
	}
	return nil
}

func (b built) build(ctx context.Context, s *project.Service, past *clock.Manual, c *city.City, dir *body.Directory, staff permission.Actor, now time.Time) error {
	ago := func(days int) { past.Set(now.AddDate(0, 0, -days)) }
	day := func(days int) int64 { return now.AddDate(0, 0, days).UnixMilli() }
	owner, _ := dir.ByCode(b.body)
	staff.Grants = []permission.Grant{{Role: permission.Head, Body: owner.ID}}
	ago(-b.from + 20)
	e := project.Edit{
		Titles: b.titles, Texts: b.texts, Type: b.kind, Sector: b.sector, Body: owner.ID, Lat: b.lat, Lon: b.lon, Placed: true, Geometry: b.geometry,
		Planned: project.Period{Start: day(b.from), End: day(b.until)}, Budget: b.budget, Approved: day(b.from - 30), Sources: []project.Source{inventedSource},
		Lines:   []project.Line{{ID: "1", Code: "04", Text: "Курулуш", Amount: project.Money{Minor: b.budget, Currency: c.Currency}}},
		Finance: []project.Finance{{ID: "1", Fund: "own", Party: "Бишкек", Amount: project.Money{Minor: b.budget, Currency: c.Currency}}},
		Contact: project.Contact{Name: owner.Name("ky"), Phone: "185"}, Reason: "Бюджетте бекитилди",
	}
	p, err := s.Create(ctx, c, staff, e)
	if err != nil {
		return err
	}
	ago(-b.from + 5)
	if err := s.SetContract(ctx, c, staff, p.ID, project.Contracting{
		Title: "Курулуш иштери", OCID: "ocds-demo00-" + b.inn[10:], Status: "active", Supplier: project.Supplier{Name: b.supplier, INN: b.inn}, Value: b.value,
		Period: project.Period{Start: day(b.from), End: day(b.until)}, Reason: "Тендердин жыйынтыгы",
	}); err != nil {
		return err
	}
	ago(-b.from)
	if err := s.Step(ctx, c, staff, p.ID, project.Implementation, "Иш башталды"); err != nil {
		return err
	}
	for i, u := range b.told {
		ago(u.days)
		if err := b.tell(ctx, s, c, staff, p.ID, i, u); err != nil {
			return err
		}
	}
	if b.more > 0 {
		if err := s.Modify(ctx, c, staff, p.ID, "1", project.Modification{Text: "Кошумча иштер", Reason: b.why}, b.more); err != nil {
			return err
		}
	}
	if err := s.Pay(ctx, c, staff, p.ID, "1", 0, b.paid, "Аткарылган иштердин актысы"); err != nil {
		return err
	}
	if b.status == project.Completion {
		if err := s.Step(ctx, c, staff, p.ID, project.Completion, "Кабыл алуу актысы"); err != nil {
			return err
		}
		e.Guarantee, e.Reason, e.Began, e.Ended = day(b.guarantee), "Келишимдин кепилдик мөөнөтү", day(b.from), day(-b.told[len(b.told)-1].days)
		w, err := s.Show(ctx, c, staff, p.ID)
		if err != nil {
			return err
		}
		if err := s.Change(ctx, c, staff, p.ID, w.Version, e); err != nil {
			return err
		}
	}
	if b.question == "" {
		return nil
	}
	ago(9)
	q, err := s.Ask(ctx, c, permission.Actor{City: c.ID, System: true, Person: firstResident + 3}, p.ID, b.question, "ky", false)
	if err != nil {
		return err
	}
	ago(6)
	return s.Reply(ctx, c, staff, q.Number, project.Answered, b.answer, "ky")
}

func (b built) tell(ctx context.Context, s *project.Service, c *city.City, staff permission.Actor, id int64, i int, u progress) error {
	var pic bytes.Buffer
	if err := jpeg.Encode(&pic, scenes.Scene(u.scene, int64(90+i), u.fixed), nil); err != nil {
		return err
	}
	kept, err := s.KeepPhoto(ctx, &pic)
	if err != nil {
		return err
	}
	return s.Tell(ctx, c, staff, id, project.Telling{At: s.Clock.Now().UnixMilli(), Percent: u.percent, Texts: u.words, Stage: u.stage, Photos: []project.Photo{kept}})
}
