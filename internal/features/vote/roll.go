package vote

import (
	"crypto/hpke"
	"crypto/rand"
	"encoding/binary"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/platform/db"
)

// The channels by which somebody votes.
const (
	Web   = "web"
	Desk  = "desk"  // a clerk entered who has no telephone
	Paper = "paper" // was given a sheet
)

// Channels are all of them, in the order in which they are published.
var Channels = []string{Web, Desk, Paper}

// entry is a line of the roll: that somebody has voted, and by what tie to the
// city. Hour is in hours since the Unix epoch: nobody votes alone in an hour
// that matters, and the minute would help who looks for the ballot.
type entry struct {
	ID       int64
	District string
	Class    Class
	Channel  string
	Hour     int64
	Mark     string
}

// told is what a voter, or a clerk, is told of a line.
func (e *entry) told(c *city.City) *Voted {
	return &Voted{e.Channel, time.Unix(e.Hour*3600, 0).In(c.Zone)}
}

// randomID is an id that tells nothing, not even when it was made.
func randomID() int64 {
	var raw [8]byte
	rand.Read(raw[:])
	return int64(binary.BigEndian.Uint64(raw[:]) >> 1)
}

// rollKey is what the roll keeps of something by which a voter is known, such
// as "person 12": a hash with the city's secret, another one in each campaign.
func rollKey(c *city.City, campaign int64, by string) string {
	return c.Sign("vote "+strconv.FormatInt(campaign, 10), by)
}

// enter puts a voter on the roll. voted is the line of who is on it already by
// one of the keys; then nothing may be written.
func enter(tx *db.Tx, city, campaign int64, e entry, keys []string) (voted *entry, err error) {
	args := make([]any, 0, 4*len(keys))
	rows := make([]string, len(keys))
	for i, key := range keys {
		rows[i] = db.In(len(args)+1, 4)
		args = append(args, city, campaign, key, e.ID)
	}
	n, err := tx.Exec("vote.roll.key", `INSERT INTO vote_roll_key (city_id, campaign_id, key, roll_id) VALUES `+strings.Join(rows, ", ")+` ON CONFLICT DO NOTHING`, args...)
	if err != nil {
		return nil, err
	}
	if n < int64(len(keys)) {
		return before(tx, city, campaign, keys, e.ID)
	}
	_, err = tx.Exec("vote.roll.insert", `INSERT INTO vote_roll (city_id, campaign_id, id, district, class, channel, hour, mark) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		city, campaign, e.ID, e.District, string(e.Class), e.Channel, e.Hour, e.Mark)
	return nil, err
}

// before reads the line of who had one of the keys before the line id.
func before(tx *db.Tx, city, campaign int64, keys []string, id int64) (*entry, error) {
	w := &db.Where{}
	w.Add("k.city_id = ?", city)
	w.Add("k.campaign_id = ?", campaign)
	db.AnyOf(w, "k.key", keys)
	w.Add("k.roll_id <> ?", id)
	return db.One(tx, "vote.roll.other", rollSelect+w.String()+` ORDER BY k.key LIMIT 1`, scanEntry, w.Args...)
}

// rollOf reads the line of who is known by a key.
func rollOf(tx *db.Tx, city, campaign int64, key string) (*entry, error) {
	return db.One(tx, "vote.roll.of", rollSelect+`k.city_id = $1 AND k.campaign_id = $2 AND k.key = $3`, scanEntry, city, campaign, key)
}

// rollOfAll reads, by campaign, the lines of who is known by a key in each.
func rollOfAll(tx *db.Tx, city int64, keys map[int64]string) (map[int64]*entry, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	w := &db.Where{}
	w.Add("k.city_id = ?", city)
	db.AnyOf(w, "k.campaign_id", slices.Sorted(maps.Keys(keys)))
	db.AnyOf(w, "k.key", slices.Sorted(maps.Values(keys)))
	out := map[int64]*entry{}
	err := tx.Each("vote.roll.of_all", `SELECT k.campaign_id, `+rollColumns+w.String(), func(r db.Row) error {
		var campaign int64
		e := &entry{}
		err := r.Scan(&campaign, &e.ID, &e.District, &e.Class, &e.Channel, &e.Hour, &e.Mark)
		out[campaign] = e
		return err
	}, w.Args...)
	return out, err
}

const rollSelect = `SELECT ` + rollColumns

const rollColumns = `r.id, r.district, r.class, r.channel, r.hour, r.mark FROM vote_roll_key k
	JOIN vote_roll r ON r.city_id = k.city_id AND r.campaign_id = k.campaign_id AND r.id = k.roll_id WHERE `

func scanEntry(r db.Row) (*entry, error) {
	e := &entry{}
	return e, r.Scan(&e.ID, &e.District, &e.Class, &e.Channel, &e.Hour, &e.Mark)
}

// Turnout is how many voted, by district, class and channel.
type Turnout struct {
	District string
	Class    Class
	Channel  string
	Voters   int64
}

func turnout(tx *db.Tx, city, campaign int64) ([]Turnout, error) {
	return db.All(tx, "vote.turnout", `SELECT district, class, channel, COUNT(*) FROM vote_roll WHERE city_id = $1 AND campaign_id = $2
		GROUP BY district, class, channel ORDER BY district, class, channel`, func(r db.Row) (t Turnout, err error) {
		err = r.Scan(&t.District, &t.Class, &t.Channel, &t.Voters)
		return t, err
	}, city, campaign)
}

// drop lets an envelope into the box.
func drop(tx *db.Tx, city, campaign int64, envelope []byte) error {
	_, err := tx.Exec("vote.box.insert", `INSERT INTO vote_box (city_id, campaign_id, id, envelope) VALUES ($1, $2, $3, $4)`, city, campaign, randomID(), envelope)
	return err
}

// inBox counts the envelopes.
func inBox(tx *db.Tx, city, campaign int64) (int64, error) {
	return db.One(tx, "vote.box.count", `SELECT COUNT(*) FROM vote_box WHERE city_id = $1 AND campaign_id = $2`, db.Int64, city, campaign)
}

// openBox opens all envelopes of a campaign.
func openBox(tx *db.Tx, city int64, s *sheet, key hpke.PrivateKey, each func(Cast) error) error {
	return tx.Each("vote.box.open", `SELECT envelope FROM vote_box WHERE city_id = $1 AND campaign_id = $2 ORDER BY id`, func(r db.Row) error {
		var envelope []byte
		if err := r.Scan(&envelope); err != nil {
			return err
		}
		c, err := s.open(key, envelope)
		if err != nil {
			return err
		}
		return each(c)
	}, city, s.campaign)
}

// emptyBox takes all envelopes out for good and tells how many there were.
func emptyBox(tx *db.Tx, city, campaign int64) (int64, error) {
	return tx.Exec("vote.box.empty", `DELETE FROM vote_box WHERE city_id = $1 AND campaign_id = $2`, city, campaign)
}

// forget takes away all by what somebody was known who is known by a key.
func forget(tx *db.Tx, city, campaign int64, key string) error {
	_, err := tx.Exec("vote.roll.forget", `DELETE FROM vote_roll_key WHERE city_id = $1 AND campaign_id = $2 AND roll_id IN
		(SELECT roll_id FROM vote_roll_key WHERE city_id = $1 AND campaign_id = $2 AND key = $3)`, city, campaign, key)
	return err
}
