package vote

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/account"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/civic/place"
	"github.com/ashar-kg/ashar/internal/civic/record"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/sms"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// OpenVoting fixes the rule book and the key to which ballots are sealed. From
// then on nothing of it changes. typed is the opening code as somebody typed it
// back, so that it surely is written down. Fields: code, open.
func (s *Service) OpenVoting(ctx context.Context, c *city.City, a permission.Actor, slug, typed, key string) error {
	public, bad := PublicKeyOf(typed)
	return s.change(ctx, c, func(tx *db.Tx) error {
		x, err := lockCampaign(tx, c.ID, slug)
		if err != nil {
			return err
		}
		if err := a.Check(Open, x.Body); err != nil {
			return err
		}
		if err := x.fixed(); err != nil {
			return err
		}
		if bad != nil || key != "" && public != key {
			return web.Invalid(web.FieldError{Field: "code", Key: "vote.open.error.code"})
		}
		list, err := projects(tx, c.ID, x.ID)
		if err != nil {
			return err
		}
		now := s.Clock.Now()
		if problem := x.ready(list, now); problem != "" {
			return web.Invalid(web.FieldError{Field: "open", Key: problem})
		}
		text, hash, err := NewBook(x, list)
		if err != nil {
			return err
		}
		x.Opened, x.Book, x.Key = now.UnixMilli(), hash, public
		if err := errors.Join(updateCampaign(tx, c.ID, x), keepBook(tx, c.ID, x.ID, text, hash)); err != nil {
			return err
		}
		if err := record.Append(tx, c.ID, record.Entry{
			Kind: "vote.rules", Subject: Subject(slug), Title: x.Titles, Link: at(slug) + "/rules.json", Hash: hash, At: x.Opened,
		}); err != nil {
			return err
		}
		return permission.Audit(tx, a, Open, "campaign", x.ID, "open", now)
	})
}

// Subject is how the public record calls a campaign.
func Subject(slug string) string { return "vote:" + slug }

// ready says why voting cannot be opened yet, as a message key; "" is ready.
func (x *Campaign) ready(list []*Project, now time.Time) string {
	span, ok := x.Plan.Span(Voting)
	switch {
	case !ok:
		return "vote.open.error.plan"
	case span.Ends <= now.UnixMilli():
		return "vote.open.error.over"
	}
	for _, p := range x.Pots {
		if !slices.ContainsFunc(list, func(q *Project) bool { return q.Pot == p.Code && q.Dropped == "" }) {
			return "vote.open.error.empty"
		}
		if !x.fewest(&p, list) {
			return "vote.open.error.picks"
		}
	}
	if slices.ContainsFunc(list, func(q *Project) bool { return q.Dropped == "" && (q.Code == "" || q.Cost <= 0) }) {
		return "vote.open.error.projects"
	}
	return ""
}

// Voted is the answer to who has voted already: how and in which hour.
type Voted struct {
	Channel string
	At      time.Time // to the hour
}

// Error implements error.
func (v *Voted) Error() string { return "has voted already" }

// way is how a ballot comes: by which channel, by what its voter is known beside
// the document, who enters it where the voter does not, from which range of
// addresses, and when it arrived.
type way struct {
	channel string
	by      []string // such as "person 12"
	clerk   *permission.Actor
	from    string
	arrived time.Time
}

// keys are what the roll keeps of by what the voter is known, in an order in
// which two votes that share several wait for each other.
func (w *way) keys(c *city.City, campaign int64) []string {
	keys := make([]string, len(w.by))
	for i, by := range w.by {
		keys[i] = rollKey(c, campaign, by)
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// Cast puts a ballot into the box and its voter on the roll, and returns the
// receipt. The same form sent again gives the same receipt; another ballot of
// the same voter is refused as *Voted. from is the address it came from. Fields:
// secret, level, class, district, born, number, ballot and pot_<code>.
func (s *Service) Cast(ctx context.Context, c *city.City, a permission.Actor, slug string, v Vote, from string) (receipt string, err error) {
	if !a.SignedIn() {
		return "", permission.ErrDenied
	}
	w := way{channel: Web, from: from, arrived: s.Clock.Now()}
	x, b, err := s.opened(ctx, c, slug)
	if err != nil {
		return "", err
	}
	if a.Level < x.Rules.Level {
		return "", web.Invalid(web.FieldError{Field: "level", Key: "vote.ballot.error.level"})
	}
	err = s.DB.Glance(ctx, func(tx *db.Tx) error {
		w.by, err = account.KnownBy(tx, c.ID, a.Person)
		return err
	})
	if err != nil {
		return "", err
	}
	w.by = append(w.by, personKey(a.Person))
	return s.cast(ctx, c, x, b, v, w)
}

// CastAt takes the ballot of somebody without a telephone, who chooses at the
// screen of a clerk. Fields: as of Cast, and phone.
func (s *Service) CastAt(ctx context.Context, c *city.City, a permission.Actor, slug string, v Vote) (receipt string, err error) {
	return s.enrol(ctx, c, a, slug, v, Desk)
}

// Hand notes that somebody was given a paper ballot, which is a vote like any
// other from then on, whether or not the sheet comes back. Fields: as of CastAt.
func (s *Service) Hand(ctx context.Context, c *city.City, a permission.Actor, slug string, v Vote) error {
	_, err := s.enrol(ctx, c, a, slug, v, Paper)
	return err
}

// Met tells who comes to a desk and has voted already, as *Voted, before
// anything is chosen there. Fields: as of CastAt, but for ballot and pots.
func (s *Service) Met(ctx context.Context, c *city.City, a permission.Actor, slug string, v Vote) error {
	x, _, w, err := s.atDesk(ctx, c, a, slug, &v, Desk)
	if err != nil {
		return err
	}
	f := &web.Form{}
	w.by = append(w.by, "document "+documentOf(f, c, &v))
	if err := f.Err(); err != nil {
		return err
	}
	var voted *entry
	err = s.DB.Glance(ctx, func(tx *db.Tx) error {
		voted, err = before(tx, c.ID, x.ID, w.keys(c, x.ID), 0)
		return err
	})
	if errors.Is(err, db.ErrNotFound) || err == nil && voted.Mark == markOf(v.Secret) {
		return nil
	}
	if err != nil {
		return err
	}
	return voted.told(c)
}

func (s *Service) enrol(ctx context.Context, c *city.City, a permission.Actor, slug string, v Vote, channel string) (string, error) {
	x, b, w, err := s.atDesk(ctx, c, a, slug, &v, channel)
	if err != nil {
		return "", err
	}
	return s.cast(ctx, c, x, b, v, w)
}

// atDesk is how somebody votes at a desk, and in what.
func (s *Service) atDesk(ctx context.Context, c *city.City, a permission.Actor, slug string, v *Vote, channel string) (x *Campaign, b *Book, w way, err error) {
	if !a.Some(Enrol) {
		return nil, nil, w, permission.ErrDenied
	}
	w = way{channel: channel, clerk: &a, arrived: s.Clock.Now()}
	if x, b, err = s.opened(ctx, c, slug); err != nil {
		return nil, nil, w, err
	}
	f := &web.Form{}
	phone := x.phoneOf(f, c, v)
	if err := f.Err(); err != nil {
		return nil, nil, w, err
	}
	if phone != "" {
		if w.by, err = s.knownByPhone(ctx, c, phone); err != nil {
			return nil, nil, w, err
		}
		w.by = append(w.by, "contact "+phone)
	}
	return x, b, w, nil
}

// phoneOf is the telephone of who votes at a desk, "" for none. Where the site
// does not ask for a number of a document only the telephone tells whether
// somebody has voted there: a clerk who enters none says so. Field: phone.
func (x *Campaign) phoneOf(f *web.Form, c *city.City, v *Vote) string {
	if v.Phone == "" {
		if !x.Rules.Document && !v.NoPhone {
			f.Fail("phone", "votedesk.error.phone_or_none")
		}
		return ""
	}
	phone, err := sms.Normalize(v.Phone, c.PhonePrefix)
	if err != nil {
		f.Fail("phone", "votedesk.error.phone")
	}
	return phone
}

// knownByPhone is by what somebody is known who has an account with a telephone:
// the account may have voted when it had another one. There may be none.
func (s *Service) knownByPhone(ctx context.Context, c *city.City, phone string) (by []string, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		person, err := account.WithContact(tx, c.ID, phone)
		if errors.Is(err, db.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if by, err = account.KnownBy(tx, c.ID, person); err == nil {
			by = append(by, personKey(person))
		}
		return err
	})
	return by, err
}

// cast is the common way onto the roll and into the box.
func (s *Service) cast(ctx context.Context, c *city.City, x *Campaign, b *Book, v Vote, w way) (string, error) {
	if !x.Votes(w.arrived) {
		return "", errClosed()
	}
	districts, err := s.districts(ctx, c)
	if err != nil {
		return "", err
	}
	f := &web.Form{}
	if len(v.Secret) < minSecret {
		f.Fail("secret", "error.invalid")
	}
	x.voter(f, &v, districts, w.arrived.In(c.Zone))
	if x.Rules.Document || w.channel != Web {
		w.by = append(w.by, "document "+documentOf(f, c, &v))
	}
	if w.channel != Paper {
		x.choices(f, &v, b)
	}
	if err := f.Err(); err != nil {
		return "", err
	}
	if !x.Districted() {
		v.District = ""
	}
	receipt := receiptOf(v.Secret)
	var envelope []byte
	if w.channel != Paper {
		if envelope, err = newSheet(x.ID, b).seal(x.Key, Cast{Receipt: receipt, Choices: v.Choices}); err != nil {
			return "", err
		}
	}
	e := entry{District: v.District, Class: v.Class, Channel: w.channel, Hour: w.arrived.Unix() / 3600, Mark: markOf(v.Secret)}
	voted, err := s.put(ctx, c, x, &e, envelope, w)
	switch {
	case err != nil:
		return "", err
	case voted == nil:
		s.pulse.note(pulseKey{c.ID, x.ID, e.Hour, "range", rangeOf(c, x.ID, w.from)})
		s.beat(ctx, w.arrived)
		return receipt, nil
	case voted.Mark == e.Mark:
		return receipt, nil
	}
	return "", voted.told(c)
}

// put writes a voter onto the roll and an envelope into the box, both or
// neither. voted is the line of who is on the roll already.
func (s *Service) put(ctx context.Context, c *city.City, x *Campaign, e *entry, envelope []byte, w way) (voted *entry, err error) {
	keys := w.keys(c, x.ID)
	// What has not reached the box by then never does: the count waits longer.
	ctx, cancel := context.WithTimeout(ctx, settle/2)
	defer cancel()
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		e.ID = randomID()
		if voted, err = enter(tx, c.ID, x.ID, *e, keys); err != nil {
			return err
		}
		if voted != nil {
			return errVoted // undo what was written of the keys
		}
		if w.clerk != nil {
			if err := putPulse(tx, pulseKey{c.ID, x.ID, e.Hour, "clerk", itoa(w.clerk.Person)}, 1); err != nil {
				return err
			}
			if err := permission.Audit(tx, *w.clerk, Enrol, "campaign", x.ID, w.channel, w.arrived); err != nil {
				return err
			}
		}
		if envelope == nil {
			return nil
		}
		return drop(tx, c.ID, x.ID, envelope)
	})
	if errors.Is(err, errVoted) {
		err = nil
	}
	return voted, err
}

// documentOf is what is kept of the number of a document. The personal number
// of Kyrgyzstan has the day of birth in it, which must be the one that was said.
// Field: number.
func documentOf(f *web.Form, c *city.City, v *Vote) string {
	hash, ok := account.DocumentHash(c, v.Number)
	if !ok || c.Country == "KG" && !personal(v.Number, v.Born) {
		f.Fail("number", "vote.ballot.error.number_of")
	}
	return hash
}

// personal tells whether a number can be the personal number of somebody born
// on a day: the sex, the day as DDMMYYYY, and five digits.
func personal(number, born string) bool {
	number = strings.Join(strings.Fields(number), "")
	day, err := time.Parse(time.DateOnly, born)
	if len(number) != 14 || strings.Trim(number, "0123456789") != "" {
		return false
	}
	return err != nil || number[1:9] == day.Format("02012006")
}

func errClosed() error { return &web.Problem{Status: 409, Key: "vote.ballot.error.closed"} }

var errVoted = errors.New("vote: on the roll already")

func personKey(id int64) string { return "person " + itoa(id) }

// opened reads a campaign with its rule book as it was fixed, which never
// changes again and so is kept in memory.
func (s *Service) opened(ctx context.Context, c *city.City, slug string) (x *Campaign, b *Book, err error) {
	if x, _, err = s.Campaign(ctx, c, slug); err != nil {
		return nil, nil, err
	}
	b, err = s.bookOf(ctx, c, x)
	return x, b, err
}

// fixedBook reads the rule book of a campaign whose vote was opened.
func (s *Service) fixedBook(tx *db.Tx, city int64, x *Campaign) (*Book, error) {
	if x.Opened == 0 {
		return nil, errClosed()
	}
	if b, ok := s.books.Load(x.Book); ok {
		return b.(*Book), nil
	}
	text, err := book(tx, city, x.ID)
	if err != nil {
		return nil, err
	}
	b := &Book{}
	if err := json.Unmarshal([]byte(text), b); err != nil {
		return nil, err
	}
	s.books.Store(x.Book, b)
	return b, nil
}

// districts are the codes of the city's districts.
func (s *Service) districts(ctx context.Context, c *city.City) (out []string, err error) {
	areas, err := s.Places.Areas(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	for _, d := range areas.Of(place.AreaDistrict, s.Clock.Now().UnixMilli()) {
		out = append(out, d.Code)
	}
	return out, nil
}

// VotedIn are the campaigns in which a person has voted, and how: that, never
// what. The newest campaigns are looked at.
func (s *Service) VotedIn(tx *db.Tx, c *city.City, person int64) (out []Participation, err error) {
	list, err := campaigns(tx, c.ID)
	if err != nil || person == 0 {
		return nil, err
	}
	keys := map[int64]string{}
	for _, x := range list {
		if x.Opened != 0 {
			keys[x.ID] = rollKey(c, x.ID, personKey(person))
		}
	}
	lines, err := rollOfAll(tx, c.ID, keys)
	if err != nil {
		return nil, err
	}
	for _, x := range list {
		if e := lines[x.ID]; e != nil {
			out = append(out, Participation{x, e.Channel, e.District, e.Class, e.told(c).At})
		}
	}
	return out, nil
}

// Participation is that somebody has voted in a campaign.
type Participation struct {
	Campaign *Campaign
	Channel  string
	District string
	Class    Class
	At       time.Time // to the hour
}
