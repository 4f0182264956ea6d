package vote

import (
	"cmp"
	"context"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/account"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/db"
)

// pulseKey is what votes are counted by for the commission: kind "range" with a
// hash of a range of addresses, or "clerk" with a person.
type pulseKey struct {
	city, campaign, hour int64
	kind, what           string
}

// pulse counts the votes of ranges of addresses in memory. They are written
// apart from the votes, many at once, so that nothing in the database leads from
// a range to a line of the roll; what a server has not yet written when it is
// killed is lost, which a list of hints can bear.
type pulse struct {
	mu      sync.Mutex
	votes   map[pulseKey]int64
	written time.Time
}

// pause is how long counts of ranges are gathered before they are written.
const pause = 10 * time.Second

func (p *pulse) note(k pulseKey) {
	if k.what != "" {
		p.add(map[pulseKey]int64{k: 1})
	}
}

func (p *pulse) add(votes map[pulseKey]int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.votes == nil {
		p.votes = map[pulseKey]int64{}
	}
	for k, n := range votes {
		p.votes[k] += n
	}
}

// take hands out what was gathered, nothing before the pause is over.
func (p *pulse) take(now time.Time, pause time.Duration) map[pulseKey]int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.written.IsZero() {
		p.written = now // never the very first vote alone
	}
	if now.Sub(p.written) < pause {
		return nil
	}
	out := p.votes
	p.votes, p.written = nil, now
	return out
}

// beat writes what was gathered, once in a while. A vote never fails for it.
func (s *Service) beat(ctx context.Context, now time.Time) {
	_ = s.write(context.WithoutCancel(ctx), s.pulse.take(now, pause))
}

func (s *Service) write(ctx context.Context, votes map[pulseKey]int64) error {
	if len(votes) == 0 {
		return nil
	}
	err := s.DB.Update(ctx, func(tx *db.Tx) error {
		for k, n := range votes {
			if err := putPulse(tx, k, n); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		s.pulse.add(votes)
	}
	return err
}

func putPulse(tx *db.Tx, k pulseKey, n int64) error {
	_, err := tx.Exec("vote.pulse", `INSERT INTO vote_pulse (city_id, campaign_id, hour, kind, what, votes) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (city_id, campaign_id, hour, kind, what) DO UPDATE SET votes = vote_pulse.votes + excluded.votes`,
		k.city, k.campaign, k.hour, k.kind, k.what, n)
	return err
}

// rangeOf is a short keyed hash of the range of an address: 256 neighbours of
// IPv4, a /48 of IPv6. "" is no address.
func rangeOf(c *city.City, campaign int64, address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		p, err := netip.ParsePrefix(address)
		if err != nil {
			return ""
		}
		a = p.Addr()
	}
	bits := 24
	if a.Is6() && !a.Is4In6() {
		bits = 48
	}
	p, err := a.Unmap().Prefix(bits)
	if err != nil {
		return ""
	}
	return c.Sign("vote range "+itoa(campaign), p.String())[:8]
}

// Hour is how many voted in an hour, by channel.
type Hour struct {
	At      time.Time
	Votes   map[string]int64
	Unusual []string // channels with far more than usual
}

// Finding is a count that the commission may want to look into. It is no proof
// of anything: a block of flats or a mobile network may share a range.
type Finding struct {
	At    time.Time
	What  string // the hash of a range, or the name of a clerk
	Votes int64
	Of    int64 // votes by this channel in the hour
}

// Unusual is what stands out in the casting. It knows no choice and no voter.
type Unusual struct {
	Hours  []Hour
	Ranges []Finding
	Clerks []Finding
}

// day is the hours of a day, how many voted in them, and whether one stands out.
type day struct {
	At      time.Time
	Hours   []Hour
	Votes   int64
	Unusual bool
}

// days puts the hours together that are of one day.
func (u *Unusual) days() (out []day) {
	for _, h := range u.Hours {
		if len(out) == 0 || out[len(out)-1].At.YearDay() != h.At.YearDay() {
			out = append(out, day{At: h.At})
		}
		d := &out[len(out)-1]
		d.Hours, d.Unusual = append(d.Hours, h), d.Unusual || len(h.Unusual) > 0
		for _, n := range h.Votes {
			d.Votes += n
		}
	}
	return out
}

// From when on a count is shown.
const (
	burst     = 20 // votes in an hour, and three times the middle hour
	crowded   = 15 // votes in an hour from one range, and a fifth of all
	enrolled  = 12 // votes in an hour by one clerk: one in five minutes
	mostFound = 100
)

// Unusual lists for the commission what stands out in the casting.
func (s *Service) Unusual(ctx context.Context, c *city.City, a permission.Actor, x *Campaign) (*Unusual, error) {
	if err := a.Check(Observe, x.Body); err != nil {
		return nil, err
	}
	if err := s.write(ctx, s.pulse.take(s.Clock.Now(), 0)); err != nil {
		return nil, err
	}
	u := &Unusual{}
	err := s.DB.View(ctx, func(tx *db.Tx) error {
		hours, err := hoursOf(tx, c.ID, x.ID)
		if err != nil {
			return err
		}
		counts, err := pulses(tx, c.ID, x.ID)
		if err != nil {
			return err
		}
		u.Hours = bursts(hours, c.Zone)
		u.Ranges, u.Clerks = nil, nil
		var people []int64
		for _, p := range counts {
			f := Finding{At: hourTime(p.hour, c.Zone), What: p.what, Votes: p.votes}
			switch {
			case p.kind == "range" && p.votes >= crowded && 5*p.votes >= hours[p.hour][Web]:
				f.Of = hours[p.hour][Web]
				u.Ranges = append(u.Ranges, f)
			case p.kind == "clerk" && p.votes >= enrolled:
				f.Of = hours[p.hour][Desk] + hours[p.hour][Paper]
				u.Clerks = append(u.Clerks, f)
				id, _ := strconv.ParseInt(p.what, 10, 64)
				people = append(people, id)
			}
		}
		names, err := account.Names(tx, c.ID, people)
		for i, id := range people {
			u.Clerks[i].What = cmp.Or(names[id], u.Clerks[i].What)
		}
		u.Ranges, u.Clerks = u.Ranges[:min(len(u.Ranges), mostFound)], u.Clerks[:min(len(u.Clerks), mostFound)]
		return err
	})
	return u, err
}

func hourTime(hour int64, zone *time.Location) time.Time { return time.Unix(hour*3600, 0).In(zone) }

// bursts are the hours, newest first, with the channels in which far more
// voted than in the middle hour.
func bursts(hours map[int64]map[string]int64, zone *time.Location) (out []Hour) {
	middle := map[string]int64{}
	for _, channel := range Channels {
		var counts []int64
		for _, h := range hours {
			if h[channel] > 0 {
				counts = append(counts, h[channel])
			}
		}
		slices.Sort(counts)
		if len(counts) > 0 {
			middle[channel] = counts[(len(counts)-1)/2]
		}
	}
	for hour, votes := range hours {
		h := Hour{At: hourTime(hour, zone), Votes: votes}
		for _, channel := range Channels {
			if n := votes[channel]; n >= burst && n > 3*middle[channel] {
				h.Unusual = append(h.Unusual, channel)
			}
		}
		out = append(out, h)
	}
	slices.SortFunc(out, func(a, b Hour) int { return b.At.Compare(a.At) })
	return out
}

// hoursOf counts the roll by hour and channel.
func hoursOf(tx *db.Tx, city, campaign int64) (map[int64]map[string]int64, error) {
	out := map[int64]map[string]int64{}
	err := tx.Each("vote.hours", `SELECT hour, channel, COUNT(*) FROM vote_roll WHERE city_id = $1 AND campaign_id = $2 GROUP BY hour, channel`, func(r db.Row) error {
		var hour, n int64
		var channel string
		if err := r.Scan(&hour, &channel, &n); err != nil {
			return err
		}
		if out[hour] == nil {
			out[hour] = map[string]int64{}
		}
		out[hour][channel] = n
		return nil
	}, city, campaign)
	return out, err
}

type pulseCount struct {
	hour, votes int64
	kind, what  string
}

// pulses are the counts that may stand out, the greatest first.
func pulses(tx *db.Tx, city, campaign int64) ([]pulseCount, error) {
	return db.All(tx, "vote.pulses", `SELECT hour, kind, what, votes FROM vote_pulse WHERE city_id = $1 AND campaign_id = $2 AND votes >= $3
		ORDER BY votes DESC, hour DESC, what LIMIT 1000`, func(r db.Row) (p pulseCount, err error) {
		err = r.Scan(&p.hour, &p.kind, &p.what, &p.votes)
		return p, err
	}, city, campaign, min(crowded, enrolled))
}
