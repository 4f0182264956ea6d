package hearing

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/account"
	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/document"
	"github.com/ashar-kg/ashar/internal/civic/notify"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/civic/place"
	"github.com/ashar-kg/ashar/internal/platform/clock"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/fresh"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/once"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Service is every use case of hearings.
type Service struct {
	DB       *db.DB
	Desk     *casework.Desk
	Clock    clock.Clock
	Cities   *city.Registry
	Bodies   *body.Store
	Places   *place.Store
	Versions *fresh.Versions
	Papers   document.Store
	Layer    string // whose watches of a district hear of new hearings
}

func at(id int64) string { return "/hearings/" + strconv.FormatInt(id, 10) }

func papersAt(id int64) string { return "/hearings/papers/" + strconv.FormatInt(id, 10) + "/" }

func sessionAt(id int64) string { return "/hearings/sessions/" + strconv.FormatInt(id, 10) }

func ticket(id int64) string { return "/hearings/visits/" + strconv.FormatInt(id, 10) }

// subject is what people follow who signed up or asked.
func subject(id int64) notify.Subject { return notify.Subject{Kind: "hearing", ID: id} }

// change runs a transaction after which public pages are made anew.
func (s *Service) change(ctx context.Context, c *city.City, fn func(tx *db.Tx) error) error {
	err := s.DB.Update(ctx, fn)
	s.Versions.Mark(c.ID)
	return err
}

// Announce gives notice of a hearing with its sessions. A hearing that comes
// later than the city's term is refused unless whoever publishes says that it
// has to be so; then everybody sees that it was late. papers are the files that
// it is about. Fields: body, kind,
// title_<lang>, text_<lang>, materials, sessions, late, and for the session i
// place_i, online_i, begins_i, ends_i, capacity_i, district_i.
func (s *Service) Announce(ctx context.Context, c *city.City, a permission.Actor, h Hearing, list []Session, papers []document.File, lateToo bool) (*Hearing, error) {
	if err := a.Check(Publish, h.Body); err != nil {
		return nil, err
	}
	dir, err := s.Bodies.Of(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	areas, err := s.Places.Areas(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	now := s.Clock.Now()
	f := h.check(c)
	if b, ok := dir.Get(h.Body); !ok || !b.ValidAt(now) {
		f.Fail("body", "error.field.choice")
	}
	if len(list) == 0 {
		f.Fail("place_0", "hearing.error.sessions")
	}
	districts := areas.Of(place.AreaDistrict, now.UnixMilli())
	for i := range list {
		list[i].check(f, strconv.Itoa(i), districts, now)
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	first := slices.MinFunc(list, func(x, y Session) int { return int(x.Begins - y.Begins) })
	if rule, ok := notice(c, now); ok {
		h.Rule, h.Notice = rule.Code, left(c, rule, now, time.UnixMilli(first.Begins))
		h.Late = h.Notice < int64(rule.Term)
		if h.Late && !lateToo {
			return nil, web.Invalid(web.FieldError{Field: "late", Key: "hearing.error.late", Args: []any{"days", rule.Term, "left", h.Notice}})
		}
	}
	h.Published, h.Person = now.UnixMilli(), a.Person
	err = s.change(ctx, c, func(tx *db.Tx) error {
		h.ID = ids.At(now)
		if err := errors.Join(insertHearing(tx, c.ID, &h), document.Add(tx, c.ID, h.ID, papers, true, now)); err != nil {
			return err
		}
		for i := range list {
			x := &list[i]
			x.ID, x.Hearing = ids.At(now), h.ID
			if err := errors.Join(insertSession(tx, c.ID, x), s.call(tx, c, &h, x)); err != nil {
				return err
			}
		}
		if err := permission.Audit(tx, a, Publish, "hearing", h.ID, "", now); err != nil {
			return err
		}
		return once.Claim(tx, "/staff"+at(h.ID))
	})
	return &h, err
}

// AddPapers adds files to what a hearing is about. Field: files.
func (s *Service) AddPapers(ctx context.Context, c *city.City, a permission.Actor, id int64, papers []document.File) error {
	now := s.Clock.Now()
	return s.change(ctx, c, func(tx *db.Tx) error {
		h, err := hearing(tx, c.ID, id)
		if err != nil {
			return err
		}
		if err := a.Check(Publish, h.Body); err != nil {
			return err
		}
		there, err := document.Of(tx, c.ID, id)
		if err != nil {
			return err
		}
		if len(papers) == 0 {
			return web.Invalid(web.FieldError{Field: document.Field, Key: "hearing.error.files"})
		}
		if len(there)+len(papers) > maxPapers {
			return web.Invalid(web.FieldError{Field: document.Field, Key: "document.error.many", Args: []any{"n", maxPapers}})
		}
		if err := document.Add(tx, c.ID, id, papers, true, now); err != nil {
			return err
		}
		if err := permission.Audit(tx, a, Publish, "hearing", id, "papers", now); err != nil {
			return err
		}
		return once.Claim(tx, "/staff"+at(id)+"?done=1")
	})
}

// Paper reads one of the files that a hearing is about: they are public.
func (s *Service) Paper(ctx context.Context, c *city.City, id, file int64) (f document.File, err error) {
	err = s.DB.Glance(ctx, func(tx *db.Tx) error {
		if _, err := hearing(tx, c.ID, id); err != nil {
			return err
		}
		f, err = document.Get(tx, c.ID, id, file)
		return err
	})
	return f, err
}

// notice is the term of notice that holds on a day.
func notice(c *city.City, now time.Time) (city.Rule, bool) {
	return city.RuleAt(c.Rules, "hearing", city.StepNotice, now.In(c.Zone).Format(time.DateOnly))
}

// left is how many days lie between the notice and the hearing, as a rule counts them.
func left(c *city.City, r city.Rule, from, to time.Time) int64 {
	if r.Unit == city.WorkingDays {
		return int64(c.Calendar.Between(from.In(c.Zone), to.In(c.Zone)))
	}
	midnight := func(t time.Time) time.Time { return c.Calendar.Midnight(t.In(c.Zone)) }
	return int64(midnight(to).Sub(midnight(from)).Hours()+12) / 24
}

// call tells those who watch the district of a session.
func (s *Service) call(tx *db.Tx, c *city.City, h *Hearing, x *Session) error {
	if x.District == "" {
		return nil
	}
	title, _ := h.Titles.In(c.Languages[0])
	return notify.Emit(tx, notify.Event{
		City: c.ID, Key: "hearing.notice.called", Link: at(h.ID), Except: h.Person, Near: &notify.Near{Layer: s.Layer, District: x.District},
		Args: map[string]string{"title": title, "when": moment(c, x.Begins), "place": x.Place},
	})
}

func moment(c *city.City, ms int64) string {
	return time.UnixMilli(ms).In(c.Zone).Format("02.01.2006 15:04")
}

// check says what is wrong with a hearing.
func (h *Hearing) check(c *city.City) *web.Form {
	f := &web.Form{}
	if !slices.Contains(Kinds, h.Kind) {
		f.Fail("kind", "error.field.choice")
	}
	if len(h.Titles) == 0 {
		f.Fail("title_"+c.Languages[0], "hearing.error.title")
	}
	for lang, text := range h.Titles {
		f.Long("title_"+lang, text, maxTitle)
	}
	for lang, text := range h.Texts {
		f.Long("text_"+lang, text, maxText)
	}
	for _, m := range h.Materials {
		if m.Title == "" || !linkable(m.Link) {
			f.Fail("materials", "hearing.error.materials")
		}
	}
	return f
}

// linkable tells whether a link is a path on this site or an address on the web.
func linkable(link string) bool {
	u, err := url.Parse(link)
	return err == nil && len(link) <= maxLink && (u.Scheme == "https" && u.Host != "" || u.Scheme == "" && u.Host == "" && strings.HasPrefix(link, "/"))
}

func (x *Session) check(f *web.Form, i string, districts []place.Area, now time.Time) {
	if x.Place == "" && x.Online == "" {
		f.Fail("place_"+i, "hearing.error.place")
	}
	f.Long("place_"+i, x.Place, maxPlace)
	if x.Online != "" && (!linkable(x.Online) || strings.HasPrefix(x.Online, "/")) {
		f.Fail("online_"+i, "hearing.error.online")
	}
	if x.Begins <= now.UnixMilli() {
		f.Fail("begins_"+i, "hearing.error.past")
	} else if x.Ends <= x.Begins || x.Ends-x.Begins > 24*time.Hour.Milliseconds() {
		f.Fail("ends_"+i, "hearing.error.ends")
	}
	if x.Capacity < 1 || x.Capacity > maxCapacity {
		f.Fail("capacity_"+i, "hearing.error.capacity", "max", maxCapacity)
	}
	if x.District != "" && !slices.ContainsFunc(districts, func(d place.Area) bool { return d.Code == x.District }) {
		f.Fail("district_"+i, "error.field.choice")
	}
}

// Remember keeps hearings of the past of which only the sums are known.
func (s *Service) Remember(ctx context.Context, c *city.City, a permission.Actor, h Hearing) error {
	if err := a.Check(Publish, h.Body); err != nil {
		return err
	}
	f := h.check(c)
	if h.Series.Held < 1 || h.Series.Women > h.Series.People || h.Series.Source == "" {
		f.Fail("source", "error.field.required")
	}
	if err := f.Err(); err != nil {
		return err
	}
	return s.change(ctx, c, func(tx *db.Tx) error {
		h.ID, h.Published, h.Person = ids.At(s.Clock.Now()), s.Clock.Now().UnixMilli(), a.Person
		return insertHearing(tx, c.ID, &h)
	})
}

// Wish is what somebody wants who signs up.
type Wish struct {
	Sessions []int64
	Sex      string // "women", "men" or "" to say nothing
	District string // or "" to say nothing
	Phone    string // of a caller for whom the desk signs up
	Name     string // of the caller
	Lang     string
}

// SignUp takes places in sessions of one hearing, in all of them or in none.
// Fields: session, sex, district, phone, name.
func (s *Service) SignUp(ctx context.Context, c *city.City, a permission.Actor, hearing int64, q Wish) ([]*Visit, error) {
	areas, err := s.Places.Areas(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	f := &web.Form{}
	if len(q.Sessions) == 0 {
		f.Fail("session", "hearing.error.choose")
	}
	if !slices.Contains([]string{"", "women", "men"}, q.Sex) {
		f.Fail("sex", "error.field.choice")
	}
	if q.District != "" && !slices.ContainsFunc(areas.Of(place.AreaDistrict, s.Clock.Now().UnixMilli()), func(d place.Area) bool { return d.Code == q.District }) {
		f.Fail("district", "error.field.choice")
	}
	address, err := caller(c, a, f, q.Phone, q.Name)
	if err != nil {
		return nil, err
	}
	slices.Sort(q.Sessions) // who want several take them in one order
	q.Sessions = slices.Compact(q.Sessions)
	var made []*Visit
	err = s.change(ctx, c, func(tx *db.Tx) error {
		made = nil
		person, name, err := s.who(tx, c, a, address, q.Name, q.Lang)
		if err != nil {
			return err
		}
		for _, id := range q.Sessions {
			v, err := s.seat(tx, c, hearing, id, Visit{Person: person, Name: name, Sex: q.Sex, District: q.District, Lang: q.Lang})
			if err != nil {
				return err
			}
			made = append(made, v)
		}
		if err := notify.Follow(tx, c.ID, person, subject(hearing), s.Clock.Now()); err != nil {
			return err
		}
		if address != "" {
			if err := permission.Audit(tx, a, SignFor, "hearing", hearing, "", s.Clock.Now()); err != nil {
				return err
			}
			return once.Claim(tx, "/staff"+at(hearing)+"?done=1")
		}
		return once.Claim(tx, ticket(made[0].ID))
	})
	return made, err
}

// caller is the address of somebody for whom the desk acts; "" when the actor
// acts for themselves.
func caller(c *city.City, a permission.Actor, f *web.Form, phone, name string) (address string, err error) {
	if phone == "" && name == "" {
		if !a.SignedIn() {
			return "", permission.ErrDenied
		}
		return "", f.Err()
	}
	if err := a.Check(SignFor, 0); err != nil {
		return "", err
	}
	if strings.TrimSpace(name) == "" || len([]rune(name)) > maxName {
		f.Fail("name", "reception.error.name")
	}
	address, _, wrong := account.ParseAddress(c, phone)
	for _, e := range web.Fields(wrong) {
		f.Fail("phone", e.Key, e.Args...)
	}
	return address, f.Err()
}

func (s *Service) who(tx *db.Tx, c *city.City, a permission.Actor, address, name, lang string) (int64, string, error) {
	if address == "" {
		return a.Person, a.Name, account.LockPerson(tx, c.ID, a.Person)
	}
	p, err := account.Caller(tx, c.ID, address, name, lang, s.Clock.Now())
	if err != nil {
		return 0, "", err
	}
	return p.ID, name, account.LockPerson(tx, c.ID, p.ID)
}

// seat takes a place in a session, one after the other with all who want one.
func (s *Service) seat(tx *db.Tx, c *city.City, hearing, id int64, v Visit) (*Visit, error) {
	x, err := lockSession(tx, c.ID, id)
	if err != nil {
		return nil, err
	}
	now := s.Clock.Now()
	has, err := seated(tx, c.ID, id, v.Person)
	if err != nil {
		return nil, err
	}
	key := ""
	switch {
	case x.Hearing != hearing:
		return nil, web.NotFound()
	case now.UnixMilli() >= x.Begins || x.Off != "":
		key = "hearing.error.over"
	case has:
		key = "hearing.error.already"
	case x.Free() <= 0:
		key = "hearing.error.full"
	}
	if key != "" {
		return nil, web.Invalid(web.FieldError{Field: "session", Key: key})
	}
	v.ID, v.Session, v.State = ids.At(now), id, Signed
	v.Reminded = x.Begins-now.UnixMilli() < remindBefore.Milliseconds() // they know
	v.Code, err = freeCode(tx, c.ID, id)
	if err != nil {
		return nil, err
	}
	return &v, insertVisit(tx, c.ID, &v)
}

// Cancel gives a place back: the person, or whoever keeps the list.
func (s *Service) Cancel(ctx context.Context, c *city.City, a permission.Actor, id int64) error {
	return s.change(ctx, c, func(tx *db.Tx) error {
		v, x, h, err := s.held(tx, c, id)
		if err != nil {
			return err
		}
		if !a.Owns(v.Person) && !a.Can(Keep, h.Body) {
			return web.NotFound()
		}
		if v.State != Signed || x.Begins <= s.Clock.Now().UnixMilli() {
			return web.Conflict()
		}
		return setState(tx, c.ID, id, Cancelled)
	})
}

// held locks the session of a visit and reads the visit as it then is.
func (s *Service) held(tx *db.Tx, c *city.City, id int64) (*Visit, *Session, *Hearing, error) {
	v, err := visitByID(tx, c.ID, id)
	if err != nil {
		return nil, nil, nil, err
	}
	x, err := lockSession(tx, c.ID, v.Session)
	if err != nil {
		return nil, nil, nil, err
	}
	h, err := hearing(tx, c.ID, x.Hearing)
	if err != nil {
		return nil, nil, nil, err
	}
	v, err = visitByID(tx, c.ID, id)
	return v, x, h, err
}

// CheckIn notes that somebody has come, by the code that they show, or by the
// id of the visit on the list. Field: code.
func (s *Service) CheckIn(ctx context.Context, c *city.City, a permission.Actor, session, visit int64, code string) error {
	code = tidy(code)
	return s.keep(ctx, c, a, session, func(tx *db.Tx, _ *Session) error {
		list, err := visits(tx, c.ID, session)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(list, func(v *Visit) bool { return v.ID == visit || visit == 0 && v.Code == code })
		if i < 0 {
			return web.Invalid(web.FieldError{Field: "code", Key: "hearing.error.code"})
		}
		if list[i].State == Came {
			return web.Invalid(web.FieldError{Field: "code", Key: "hearing.error.came"})
		}
		return setState(tx, c.ID, list[i].ID, Came)
	})
}

// CountWalkIns sets how many came without signing up. Fields: women, men, unsaid.
func (s *Service) CountWalkIns(ctx context.Context, c *city.City, a permission.Actor, session int64, n Count) error {
	f := &web.Form{}
	for field, x := range map[string]int64{"women": n.Women, "men": n.Men, "unsaid": n.Unsaid} {
		if x < 0 || x > maxWalk {
			f.Fail(field, "hearing.error.walk", "max", maxWalk)
		}
	}
	if err := f.Err(); err != nil {
		return err
	}
	return s.keep(ctx, c, a, session, func(tx *db.Tx, _ *Session) error { return setWalk(tx, c.ID, session, n) })
}

// keep changes who is counted at a session whose day has come.
func (s *Service) keep(ctx context.Context, c *city.City, a permission.Actor, id int64, fn func(tx *db.Tx, x *Session) error) error {
	return s.change(ctx, c, func(tx *db.Tx) error {
		x, err := lockSession(tx, c.ID, id)
		if err != nil {
			return err
		}
		h, err := hearing(tx, c.ID, x.Hearing)
		if err != nil {
			return err
		}
		if err := a.Check(Keep, h.Body); err != nil {
			return err
		}
		now := s.Clock.Now()
		if now.In(c.Zone).Format(time.DateOnly) < time.UnixMilli(x.Begins).In(c.Zone).Format(time.DateOnly) || h.MinutesAt != 0 || x.Off != "" {
			return web.Invalid(web.FieldError{Field: "code", Key: "hearing.error.day"})
		}
		if err := fn(tx, x); err != nil {
			return err
		}
		if err := permission.Audit(tx, a, Keep, "hearing_session", id, "", now); err != nil {
			return err
		}
		return once.Claim(tx, "/staff"+sessionAt(id))
	})
}

// Change moves a session that has not begun, or calls it off when off says why,
// and tells everybody who signed up for it. Fields: place_0, online_0, begins_0,
// ends_0, reason.
func (s *Service) Change(ctx context.Context, c *city.City, a permission.Actor, id int64, to Session) error {
	now := s.Clock.Now()
	return s.change(ctx, c, func(tx *db.Tx) error {
		x, err := lockSession(tx, c.ID, id)
		if err != nil {
			return err
		}
		h, err := hearing(tx, c.ID, x.Hearing)
		if err != nil {
			return err
		}
		if err := a.Check(Publish, h.Body); err != nil {
			return err
		}
		if x.Off != "" || x.Begins <= now.UnixMilli() {
			return web.Conflict()
		}
		f, key := &web.Form{}, "hearing.notice.off"
		if to.Off == "" {
			key = "hearing.notice.moved"
			x.Place, x.Online, x.Begins, x.Ends = to.Place, to.Online, to.Begins, to.Ends
			whole := *x
			whole.District = "" // it stays, whatever districts there are by now
			whole.check(f, "0", nil, now)
			s.inTime(f, c, h, x)
		}
		f.Long("reason", to.Off, maxPlace)
		if err := f.Err(); err != nil {
			return err
		}
		x.Off = to.Off
		if err := errors.Join(setSession(tx, c.ID, x), s.tell(tx, c, h, x, key), remindAgain(tx, c.ID, id, x.Begins-now.UnixMilli() < remindBefore.Milliseconds())); err != nil {
			return err
		}
		if err := permission.Audit(tx, a, Publish, "hearing_session", id, "", now); err != nil {
			return err
		}
		return once.Claim(tx, "/staff"+sessionAt(id))
	})
}

// inTime complains about a session that is moved to before its notice was long
// enough; a hearing that was late from the start has said so.
func (s *Service) inTime(f *web.Form, c *city.City, h *Hearing, x *Session) {
	rule, ok := notice(c, time.UnixMilli(h.Published))
	if n := left(c, rule, time.UnixMilli(h.Published), time.UnixMilli(x.Begins)); ok && !h.Late && n < int64(rule.Term) {
		f.Fail("begins_0", "hearing.error.moved_late", "days", rule.Term, "left", n)
	}
}

// tell tells everybody who has a place in a session what became of it.
func (s *Service) tell(tx *db.Tx, c *city.City, h *Hearing, x *Session, key string) error {
	list, err := visits(tx, c.ID, x.ID)
	if err != nil {
		return err
	}
	title, _ := h.Titles.In(c.Languages[0])
	for _, v := range list {
		if v.Person == 0 {
			continue
		}
		if err := notify.Emit(tx, notify.Event{
			City: c.ID, Key: key, Link: ticket(v.ID), To: []int64{v.Person}, Urgent: true, Paid: true,
			Args: map[string]string{"title": title, "when": moment(c, x.Begins), "place": x.Place, "reason": x.Off},
		}); err != nil {
			return err
		}
	}
	return nil
}

// remindBefore is how long before it begins somebody is reminded.
const remindBefore = 24 * time.Hour

// Remind reminds everybody of the day ahead, once.
func (s *Service) Remind(ctx context.Context) error {
	for _, c := range s.Cities.List() {
		if err := s.DB.Update(ctx, func(tx *db.Tx) error {
			now := s.Clock.Now()
			list, err := unreminded(tx, c.ID, now.UnixMilli(), now.Add(remindBefore).UnixMilli(), 500)
			for _, v := range list {
				err = errors.Join(err, s.remind(tx, c, v))
			}
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) remind(tx *db.Tx, c *city.City, v *Visit) error {
	first, err := reminded(tx, c.ID, v.ID)
	if err != nil || !first || v.Person == 0 {
		return err
	}
	x, err := session(tx, c.ID, v.Session)
	if err != nil {
		return err
	}
	return notify.Emit(tx, notify.Event{
		City: c.ID, Key: "hearing.notice.tomorrow", Link: ticket(v.ID), To: []int64{v.Person}, Urgent: true, Paid: true,
		Args: map[string]string{"when": moment(c, x.Begins), "place": x.Place},
	})
}
