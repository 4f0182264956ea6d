package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/jobs"
)

// digestHour is when those who want one message a day get it.
const digestHour = 8

// digestGuard is how long before that hour an event asks for the next day's
// digest too. A digest that is being made could miss the event of a
// transaction that has not ended yet; the next one then finds it.
const digestGuard = 10 * time.Minute

// digestKey names the texts of a digest.
const digestKey = "notify.digest"

type digestArgs struct{ Person int64 }

// keep puts an event aside for a person's next digest.
func keep(tx *db.Tx, e Event, person int64, often Often, now time.Time) error {
	args, err := json.Marshal(e.Args)
	if err != nil {
		return jobs.Permanent(err)
	}
	if err := putDigest(tx, e, person, string(args)); err != nil {
		return err
	}
	at := nextDigest(now.Add(digestGuard), often)
	if early := nextDigest(now, often); early.Before(at) {
		if err := enqueueDigest(tx, e.City, person, early); err != nil {
			return err
		}
	}
	return enqueueDigest(tx, e.City, person, at)
}

// nextDigest is when the next digest is made: in the morning, or on Monday
// morning.
func nextDigest(now time.Time, often Often) time.Time {
	at := nextHour(now, digestHour)
	for often == Weekly && at.Weekday() != time.Monday {
		at = nextHour(at, digestHour)
	}
	return at
}

func enqueueDigest(tx *db.Tx, cityID, person int64, at time.Time) error {
	return jobs.Enqueue(tx, cityID, jobDigest, digestArgs{person}, jobs.At(at), jobs.Key(fmt.Sprintf("%d %d", person, at.Unix())))
}

// digest binds what was kept for a person into one event and posts it. What
// belongs to it is settled before the first attempt to send, as its
// Message-ID is.
func (c *Courier) digest(ctx context.Context, j jobs.Job) error {
	var a digestArgs
	if err := j.Decode(&a); err != nil {
		return err
	}
	tenant, err := c.city(j.City)
	if err != nil {
		return err
	}
	return c.DB.Update(ctx, func(tx *db.Tx) error {
		id := ids.New()
		n, err := bindDigest(tx, j.City, a.Person, id)
		if err != nil || n == 0 {
			return err
		}
		people := []int64{a.Person}
		addressees, err := c.People.Addressees(tx, j.City, people)
		if err != nil || len(addressees) == 0 {
			return err
		}
		w, err := c.waysTo(tx, j.City, addressees[0])
		if err != nil {
			return err
		}
		e := Event{ID: id, City: j.City, Key: digestKey, Link: "/account/notices", Args: map[string]string{"n": strconv.FormatInt(n, 10)}}
		return c.post(tx, tenant, e, addressees[0], w, time.Time{})
	})
}
