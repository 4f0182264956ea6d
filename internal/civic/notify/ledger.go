package notify

import (
	"time"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
)

// The states of a delivery. One that waits, or is tried again by itself, has
// none yet.
const (
	stateSent   = "sent"
	stateFailed = "failed"
)

// Count is how many deliveries of a channel ended how on one day of the city's
// calendar (20261124). Parts is what an operator of telephones counts, 0 elsewhere.
type Count struct {
	Day     int64
	Channel string
	State   string
	N       int64
	Parts   int64
}

// counted adds an ended delivery to the counts of its day.
func counted(tx *db.Tx, c *city.City, m message, state string, parts int, at time.Time) error {
	_, err := tx.Exec("notify.count", `INSERT INTO notify_count (city_id, day, channel, state, n, parts) VALUES ($1, $2, $3, $4, 1, $5)
		ON CONFLICT (city_id, day, channel, state) DO UPDATE SET n = notify_count.n + 1, parts = notify_count.parts + excluded.parts`,
		c.ID, int64(c.Calendar.Day(at)), m.Channel, state, parts)
	return err
}

// Counts reads the counts from a day on, newest day first.
func Counts(tx *db.Tx, cityID, from int64) ([]Count, error) {
	return db.All(tx, "notify.counts", `SELECT day, channel, state, n, parts FROM notify_count WHERE city_id = $1 AND day >= $2
		ORDER BY day DESC, channel, state`, func(r db.Row) (c Count, err error) {
		err = r.Scan(&c.Day, &c.Channel, &c.State, &c.N, &c.Parts)
		return c, err
	}, cityID, from)
}

// Delivery is how far one message has come. To whom it goes is half hidden: an
// operator looks for what is wrong, not for who wrote to the city.
type Delivery struct {
	ID      int64
	Channel string
	To      string
	Key     string // of its texts
	State   string // "", sent or failed
	Error   string
	Sent    int64
}

// At returns when it was written.
func (d Delivery) At() time.Time { return ids.Time(d.ID) }

// Deliveries reads the newest messages of a city, or only those that failed,
// before an id (0: from the newest).
func Deliveries(tx *db.Tx, cityID int64, failed bool, before int64, limit int) ([]Delivery, error) {
	if before == 0 {
		before = 1<<63 - 1
	}
	only := ""
	if failed {
		only = ` AND state = 'failed'`
	}
	return db.All(tx, "notify.deliveries", `SELECT id, channel, target, message_key, state, error, sent_at FROM notify_message
		WHERE city_id = $1 AND id < $2`+only+` ORDER BY id DESC LIMIT $3`, func(r db.Row) (d Delivery, err error) {
		err = r.Scan(&d.ID, &d.Channel, &d.To, &d.Key, &d.State, &d.Error, &d.Sent)
		d.To = mask(d.Channel, d.To)
		return d, err
	}, cityID, before, limit)
}

// mask leaves of an address what tells one from another, and no more.
func mask(channel, address string) string {
	r := []rune(address)
	keep := 3
	switch channel {
	case webPush, telegramChat:
		return "•••"
	case email:
		for i, x := range r {
			if x == '@' {
				return string(r[:1]) + "•••" + string(r[i:])
			}
		}
	}
	if len(r) <= keep {
		return "•••"
	}
	return "•••" + string(r[len(r)-keep:])
}
