package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/jobs"
)

// fanBatch is how many people one transaction looks at.
const fanBatch = 200

// fan is the argument of a fan-out job: the group of people that it has
// reached, and after whom of them it goes on.
type fan struct {
	Event Event
	Group int
	After int64
}

// The groups in which people are told. Who is in two is told once.
const (
	followers = iota
	named
	near
	inDistrict
	nobody
)

// fan writes the notices of one batch of people and goes on with the next in a
// job of its own, so that an event of ten thousand followers is many small
// transactions and an event of one follower is a single one.
func (c *Courier) fan(ctx context.Context, j jobs.Job) error {
	var first fan
	if err := j.Decode(&first); err != nil {
		return err
	}
	tenant, err := c.city(first.Event.City)
	if err != nil {
		return err
	}
	return c.DB.Update(ctx, func(tx *db.Tx) error {
		f := first
		var people []int64
		for looked := 0; looked < fanBatch && f.Group != nobody; {
			some, n, err := f.next(tx, fanBatch-looked)
			if err != nil {
				return err
			}
			people = append(people, some...)
			looked += n
		}
		if f.Group != nobody {
			if err := jobs.Enqueue(tx, f.Event.City, jobFan, f); err != nil {
				return err
			}
		}
		return c.tell(tx, tenant, f.Event, people)
	})
}

// next reads up to limit people, moves f behind them, and returns how many
// rows it looked at: some watches turn out not to match.
func (f *fan) next(tx *db.Tx, limit int) (people []int64, looked int, err error) {
	e := f.Event
	switch f.Group {
	case followers:
		people, err = followersAfter(tx, e.City, e.Subject, f.After, limit)
		looked = len(people)
		if looked > 0 {
			f.After = people[looked-1]
		}
	case named:
		people = e.To[min(int(f.After), len(e.To)):]
		people = people[:min(limit, len(people))]
		looked = len(people)
		f.After += int64(looked)
	case near, inDistrict:
		if e.Near == nil {
			break
		}
		var list []Watch
		if f.Group == near {
			list, err = watchesNear(tx, e.City, *e.Near, f.After, limit)
		} else if e.Near.District != "" {
			list, err = watchesOf(tx, e.City, *e.Near, f.After, limit)
		}
		looked = len(list)
		if looked > 0 {
			f.After = list[looked-1].ID
		}
		people = e.Near.matches(list)
	}
	if looked < limit {
		f.Group, f.After = f.Group+1, 0
	}
	return people, looked, err
}

// tell writes inbox rows and messages for people, each once however often the
// job runs.
func (c *Courier) tell(tx *db.Tx, tenant *city.City, e Event, people []int64) error {
	args, err := json.Marshal(e.Args)
	if err != nil {
		return jobs.Permanent(err)
	}
	var told []int64
	seen := map[int64]bool{e.Except: true, 0: true}
	for _, p := range people {
		if seen[p] {
			continue
		}
		seen[p] = true
		told = append(told, p)
	}
	if len(told) == 0 {
		return nil
	}
	addressees, err := c.People.Addressees(tx, e.City, told)
	if err != nil {
		return err
	}
	wishes, err := preferencesOf(tx, e.City, told)
	if err != nil {
		return err
	}
	browsers, err := browsersOf(tx, e.City, told)
	if err != nil {
		return err
	}
	chats, err := chatsOf(tx, e.City, told)
	if err != nil {
		return err
	}
	now := c.Clock.Now().In(tenant.Zone)
	for _, a := range addressees {
		if err := putInbox(tx, e, a.Person, string(args)); err != nil {
			return err
		}
		wish, chosen := wishes[a.Person]
		if !chosen {
			wish = DefaultPreference
		}
		if err := c.address(tx, tenant, e, a, wish, c.ways(e.City, a, wish, browsers[a.Person], chats[a.Person]), now); err != nil {
			return err
		}
	}
	return nil
}

// address writes the messages of one person, or keeps the event for the digest.
func (c *Courier) address(tx *db.Tx, tenant *city.City, e Event, a Addressee, wish Preference, w ways, now time.Time) error {
	if !w.free() && !(e.Paid && w.phone != "") {
		return nil
	}
	if wish.Often != AtOnce && !e.Urgent && w.free() {
		return keep(tx, e, a.Person, wish.Often, now)
	}
	at := time.Time{}
	if !e.Urgent {
		at = wish.after(now)
	}
	return c.post(tx, tenant, e, a, w, at)
}

// post writes one message for each way that costs nothing. Where there is none,
// what is worth it goes out as a text message.
func (c *Courier) post(tx *db.Tx, tenant *city.City, e Event, a Addressee, w ways, at time.Time) error {
	m := message{Event: e.ID, Person: a.Person, Lang: a.Lang, Key: e.Key, Args: e.Args, Link: e.Link, Paid: e.Paid}
	for _, channel := range order {
		if channel == text && (w.free() || !e.Paid) {
			continue
		}
		for _, target := range w.of(channel) {
			m.Channel, m.Target = channel, target
			if err := c.put(tx, tenant, m, at); err != nil {
				return err
			}
		}
	}
	return nil
}

// after is when a person may be told of something that happens now: at once
// (zero), or at the end of the quiet hours.
func (p Preference) after(now time.Time) time.Time {
	h := now.Hour()
	quiet := p.QuietFrom <= h && h < p.QuietTo
	if p.QuietFrom > p.QuietTo {
		quiet = h >= p.QuietFrom || h < p.QuietTo
	}
	if quiet {
		return nextHour(now, p.QuietTo)
	}
	return time.Time{}
}

// nextHour is the next time the city's clock shows a full hour.
func nextHour(now time.Time, hour int) time.Time {
	t := time.Date(now.Year(), now.Month(), now.Day(), hour, 0, 0, 0, now.Location())
	if !t.After(now) {
		t = time.Date(now.Year(), now.Month(), now.Day()+1, hour, 0, 0, 0, now.Location())
	}
	return t
}

func (c *Courier) city(id int64) (*city.City, error) {
	tenant, ok := c.Cities.ByID(id)
	if !ok {
		return nil, jobs.Permanent(fmt.Errorf("notify: city %d is unknown", id))
	}
	return tenant, nil
}
