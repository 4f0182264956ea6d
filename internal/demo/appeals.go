package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/notify"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/features/appeal"
	"github.com/ashar-kg/ashar/internal/platform/clock"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/seed"
)

// Writing is what the demo's appeals are made with: the service itself, whose
// clock is set back to the day of each step.
type Writing struct {
	DB      *db.DB
	City    *city.City
	Service *appeal.Service
	Clock   *clock.Manual
	Now     time.Time
}

// rounds is how often the demo's appeals are written, each time by others;
// between is how many days pass from one to the next.
const (
	rounds  = 4
	between = 3
)

// ways are the channels by which people of the demo appeal.
var ways = []string{"web", "phone", "counter", "paper", "email", "telegram", "web", "web"}

// Appeals writes the demo's appeals as people and staff would: filed, passed on,
// some put off, most answered with a signed letter, some of them late.
func Appeals(ctx context.Context, w Writing) error {
	data, err := seed.Load()
	if err != nil {
		return err
	}
	bodies := map[string]int64{}
	if err := w.DB.View(ctx, func(tx *db.Tx) error {
		list, err := body.All(tx, w.City.ID)
		for _, b := range list {
			bodies[b.Code] = b.ID
		}
		return err
	}); err != nil {
		return err
	}
	list := data.Phrases.Appeals
	for i := range rounds * len(list) {
		day := w.Now.AddDate(0, 0, -between*(rounds*len(list)-i)).Add(time.Duration(i%7) * time.Hour)
		if err := w.one(ctx, data, bodies, list[i%len(list)], i, day); err != nil {
			return fmt.Errorf("appeal %d: %w", i, err)
		}
	}
	return nil
}

// one writes one appeal and what became of it until now.
func (w Writing) one(ctx context.Context, data *seed.Data, bodies map[string]int64, a seed.Appeal, i int, day time.Time) error {
	staff := permission.Actor{City: w.City.ID, System: true, Name: data.Phrases.People[i%18].Name}
	author := data.Phrases.People[20+i%20]
	w.Clock.Set(day)
	d := appeal.Draft{
		Form: a.Form, Text: a.Text, Name: author.Name, Address: fmt.Sprintf("%s, %d", []string{"Токтогул көчөсү", "ул. Абдрахманова", "Ынтымак көчөсү", "ул. Горького"}[i%4], 10+i),
		AnswerLang: a.Lang, Channel: ways[i%len(ways)], Lang: a.Lang, Staff: true, For: resident(i),
	}
	if to := bodies[a.Body]; i%3 != 0 {
		d.Body = to
	}
	rec, err := w.Service.File(ctx, w.City, staff, d)
	if err != nil {
		return err
	}
	// later moves the clock on, and tells whether that day has come yet.
	later := func(days int) bool {
		day = day.AddDate(0, 0, days)
		w.Clock.Set(day)
		return day.Before(w.Now)
	}
	number := rec.File.Number
	if err := w.DB.Update(ctx, func(tx *db.Tx) error {
		return notify.Follow(tx, w.City.ID, resident(i), notify.Subject{Kind: appeal.KindName, ID: rec.File.ID}, day)
	}); err != nil {
		return err
	}
	if d.Body == 0 {
		if !later(1) {
			return nil
		}
		if err := w.Service.Transfer(ctx, w.City, staff, number, bodies[a.Body], map[string]string{"ky": "Бул сиздин милдетиңиз", "ru": "По принадлежности"}[a.Lang]); err != nil {
			return err
		}
	}
	if a.Answer == "" || !later(3+i%5) {
		return nil
	}
	if i%9 == 4 {
		if err := w.Service.Extend(ctx, w.City, staff, number, map[string]string{"ky": "Кошумча текшерүү керек", "ru": "Нужна дополнительная проверка"}[a.Lang], a.Lang); err != nil {
			return err
		}
	}
	// Every seventh answer comes after its term.
	if !later(4 + i%6 + 25*(1-min(1, i%7))) {
		return nil
	}
	if err := w.Service.Write(ctx, w.City, staff, number, a.Answer, a.Lang, true); err != nil {
		return err
	}
	if err := w.Service.Sign(ctx, w.City, staff, number, ""); err != nil {
		return err
	}
	me := permission.Actor{City: w.City.ID, System: true, Person: resident(i), Name: author.Name}
	// Of five authors three agree to publishing, and the bodies have read the texts of two.
	if fifth := i * 7 % 5; fifth < 3 {
		if err := w.publish(ctx, staff, me, number, fifth < 2); err != nil {
			return err
		}
	}
	if i%2 == 0 || !later(1) {
		return nil
	}
	stars := []int{5, 4, 2, 5, 3}[i%5]
	note := ""
	if stars < 4 {
		note = map[string]string{"ky": "Жооп кеч келди", "ru": "Ответили поздно"}[a.Lang]
	}
	return w.Service.Rate(ctx, w.City, me, number, stars, note, a.Lang)
}

// publish has an author agree to publishing, and the staff let some of it out.
func (w Writing) publish(ctx context.Context, staff, me permission.Actor, number string, read bool) error {
	if err := w.Service.Consent(ctx, w.City, me, number, true); err != nil || !read {
		return err
	}
	text, err := w.Service.Proposed(ctx, w.City, staff, number)
	if err != nil {
		return err
	}
	return w.Service.Publish(ctx, w.City, staff, number, text, nil, true)
}
