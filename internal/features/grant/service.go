package grant

import (
	"context"
	"encoding/json"
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
	"github.com/ashar-kg/ashar/internal/civic/pledge"
	"github.com/ashar-kg/ashar/internal/platform/clock"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/fresh"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/once"
	"github.com/ashar-kg/ashar/internal/platform/sms"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Service is every use case of grants.
type Service struct {
	Desk     *casework.Desk
	DB       *db.DB
	Clock    clock.Clock
	Cities   *city.Registry
	Bodies   *body.Store
	Places   *place.Store
	Versions *fresh.Versions
	Papers   document.Store
	Pledges  *pledge.Service
	Words    func(lang string) func(key string, args ...any) string // texts for the public record
}

func at(id int64) string { return strconv.FormatInt(id, 10) }

func callPath(id int64) string { return "/grants/calls/" + at(id) }

func sessionPath(id int64) string { return "/grants/sessions/" + at(id) }

func path(number string) string { return "/grants/applications/" + number }

// length is a form's complaint about a text that is too short or too long.
func length(f *web.Form, field string, text *string, min, max int) {
	*text = strings.TrimSpace(*text)
	switch n := len([]rune(*text)); {
	case n < min && min == 1:
		f.Fail(field, "error.field.required")
	case n < min:
		f.Fail(field, "grant.error.short", "min", min)
	}
	f.Long(field, *text, max)
}

// NewCall keeps a call that nobody sees until it is published. Fields: district,
// body, title_<lang>, text_<lang>, papers_<lang>, pot, cap, share, quorum, who,
// opens, closes.
func (s *Service) NewCall(ctx context.Context, c *city.City, a permission.Actor, x Call) (*Call, error) {
	if err := a.Check(Announce, x.Body); err != nil {
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
	f := x.check(c)
	if b, ok := dir.Get(x.Body); !ok || !b.ValidAt(now) {
		f.Fail("body", "error.field.choice")
	}
	if !slices.ContainsFunc(areas.Of(place.AreaDistrict, now.UnixMilli()), func(d place.Area) bool { return d.Code == x.District }) {
		f.Fail("district", "error.field.choice")
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	x.ID, x.Published, x.Closed = ids.At(now), 0, 0
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		if err := once.Claim(tx, "/staff"+callPath(x.ID)); err != nil {
			return err
		}
		if err := permission.Audit(tx, a, Announce, "grant_call", x.ID, "", now); err != nil {
			return err
		}
		return insertCall(tx, c.ID, &x)
	})
	return &x, err
}

// check says what is wrong with a call.
func (x *Call) check(c *city.City) *web.Form {
	f := &web.Form{}
	if len(x.Titles) == 0 {
		f.Fail("title_"+c.Languages[0], "error.field.required")
	}
	for lang, t := range x.Titles {
		length(f, "title_"+lang, &t, 0, MaxTitle)
	}
	for lang, t := range x.Texts {
		length(f, "text_"+lang, &t, 0, MaxText)
	}
	for lang, t := range x.Papers {
		length(f, "papers_"+lang, &t, 0, MaxText)
	}
	if x.Pot <= 0 || x.Pot > maxPot {
		f.Fail("pot", "grant.error.pot")
	}
	if x.Cap <= 0 || x.Cap > x.Pot {
		f.Fail("cap", "grant.error.cap_field")
	}
	if x.Share < 0 || x.Share > 90 {
		f.Fail("share", "error.field.number", "min", 0, "max", 90)
	}
	if x.Quorum < 1 || x.Quorum > 50 {
		f.Fail("quorum", "error.field.number", "min", 1, "max", 50)
	}
	if len(x.Who) == 0 {
		f.Fail("who", "grant.error.who")
	}
	for _, w := range x.Who {
		if !known(Who, w) {
			f.Fail("who", "error.field.choice")
		}
	}
	if x.Opens == 0 {
		f.Fail("opens", "error.field.required")
	}
	if x.Closes <= x.Opens {
		f.Fail("closes", "grant.error.closes")
	}
	return f
}

// change runs fn on a locked call at whose body the actor may do an action.
func (s *Service) change(ctx context.Context, c *city.City, a permission.Actor, id int64, action string, fn func(tx *db.Tx, x *Call) error) error {
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		x, err := lockCall(tx, c.ID, id)
		if err != nil {
			return err
		}
		if err := a.Check(action, x.Body); err != nil {
			return err
		}
		if err := once.Claim(tx, "/staff"+callPath(id)); err != nil {
			return err
		}
		s.Versions.Touch(tx, c.ID)
		return fn(tx, x)
	})
}

// Publish lets everybody see a call.
func (s *Service) Publish(ctx context.Context, c *city.City, a permission.Actor, id int64) error {
	return s.change(ctx, c, a, id, Announce, func(tx *db.Tx, x *Call) error {
		if x.Published != 0 {
			return web.Conflict()
		}
		x.Published = s.Clock.Now().UnixMilli()
		return errors.Join(standCall(tx, c.ID, x), permission.Audit(tx, a, "grant.publish", "grant_call", id, "", s.Clock.Now()))
	})
}

// Close takes no more applications, before the term ends too.
func (s *Service) Close(ctx context.Context, c *city.City, a permission.Actor, id int64) error {
	return s.change(ctx, c, a, id, Announce, func(tx *db.Tx, x *Call) error {
		if x.Published == 0 || x.Closed != 0 {
			return web.Conflict()
		}
		x.Closed = s.Clock.Now().UnixMilli()
		return errors.Join(standCall(tx, c.ID, x), permission.Audit(tx, a, "grant.close", "grant_call", id, "", s.Clock.Now()))
	})
}

// AddMember puts somebody into the commission of a call. Who has an account votes
// there and is named by its address; anybody else votes on paper. Fields: name,
// address.
func (s *Service) AddMember(ctx context.Context, c *city.City, a permission.Actor, id int64, m Member, address string) error {
	m.ID = ids.At(s.Clock.Now())
	err := s.change(ctx, c, a, id, Announce, func(tx *db.Tx, _ *Call) error {
		f := &web.Form{}
		length(f, "name", &m.Name, 1, MaxName)
		if err := f.Err(); err != nil {
			return err
		}
		if address = strings.TrimSpace(address); address != "" {
			p, err := somebody(tx, c, address)
			if err != nil {
				return err
			}
			m.Person = p
		}
		if err := permission.Audit(tx, a, "grant.member.add", "grant_call", id, "", s.Clock.Now()); err != nil {
			return err
		}
		return insertMember(tx, c.ID, id, m)
	})
	if errors.Is(err, db.ErrConflict) {
		return web.Invalid(web.FieldError{Field: "address", Key: "grant.error.member"})
	}
	return err
}

// somebody finds the person with an address.
func somebody(tx *db.Tx, c *city.City, address string) (int64, error) {
	parsed, _, err := account.ParseAddress(c, address)
	if err != nil {
		return 0, err
	}
	p, found, err := account.AtAddress(tx, c.ID, parsed)
	if err == nil && !found {
		err = web.Invalid(web.FieldError{Field: "address", Key: "grant.error.nobody"})
	}
	return p.ID, err
}

// DropMember ends a membership; how the member voted stays.
func (s *Service) DropMember(ctx context.Context, c *city.City, a permission.Actor, id, member int64) error {
	return s.change(ctx, c, a, id, Announce, func(tx *db.Tx, _ *Call) error {
		return errors.Join(dropMember(tx, c.ID, id, member), permission.Audit(tx, a, "grant.member.drop", "grant_call", id, "", s.Clock.Now()))
	})
}

// SaveDraft keeps what somebody typed into the form of a call, as it is.
func (s *Service) SaveDraft(ctx context.Context, c *city.City, a permission.Actor, id int64, values url.Values) error {
	if err := a.Check(Apply, 0); err != nil {
		return err
	}
	form, err := json.Marshal(values)
	if err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		x, err := call(tx, c.ID, id)
		if err != nil {
			return err
		}
		if !x.Takes(s.Clock.Now()) {
			return web.Conflict()
		}
		return putDraft(tx, c.ID, a.Person, Draft{Call: id, Form: string(form), At: s.Clock.Now().UnixMilli()})
	})
}

// Sending is an application as its applicant sends it.
type Sending struct {
	Call    int64
	Who     string
	Name    string
	Contact string
	Phone   string
	Content
	Papers []document.File
}

// check says what is wrong with what is sent to a call. Fields: who, name,
// contact, phone, title, what, why, address, lines and those of the lines:
// l<n>_what, l<n>_quantity, l<n>_price, l<n>_payer.
func (d *Sending) check(f *web.Form, c *city.City, x *Call) {
	if !known(x.Who, d.Who) {
		f.Fail("who", "grant.error.applicant")
	}
	length(f, "name", &d.Name, 3, MaxName)
	length(f, "contact", &d.Contact, 3, MaxName)
	if phone, err := sms.Normalize(d.Phone, c.PhonePrefix); err != nil {
		f.Fail("phone", "account.error.phone")
	} else {
		d.Phone = phone
	}
	length(f, "title", &d.Title, 5, MaxTitle)
	length(f, "what", &d.What, 20, MaxText)
	length(f, "why", &d.Why, 20, MaxText)
	length(f, "address", &d.Address, 3, MaxShort)
	d.checkLines(f)
	s := SumsOf(d.Lines)
	switch {
	case len(f.Errors()) > 0: // the budget may not be whole
	case s.Asked == 0:
		f.Fail("lines", "grant.error.asked")
	case s.Asked > x.Cap:
		f.Fail("lines", "grant.error.cap", "cap", web.MoneyText(x.Cap), "asked", web.MoneyText(s.Asked))
	case !s.bears(x.Share):
		f.Fail("lines", "grant.error.share", "share", x.Share, "own", float64(Share(s.Own(), s.Total()))/10)
	}
}

func (d *Sending) checkLines(f *web.Form) {
	if len(d.Lines) == 0 {
		f.Fail("lines", "grant.error.lines")
	}
	if len(d.Lines) > MaxLines {
		f.Fail("lines", "grant.error.many_lines", "max", MaxLines)
		return
	}
	for i := range d.Lines {
		l := &d.Lines[i]
		prefix := "l" + strconv.Itoa(i) + "_"
		length(f, prefix+"what", &l.What, 2, MaxShort)
		length(f, prefix+"unit", &l.Unit, 0, 20)
		if l.Quantity <= 0 || l.Quantity > maxQuantity {
			f.Fail(prefix+"quantity", "grant.error.quantity")
		}
		if l.Price <= 0 || l.Price > maxPrice {
			f.Fail(prefix+"price", "grant.error.price")
		}
		if !known(Payers, l.Payer) {
			f.Fail(prefix+"payer", "grant.error.payer")
		}
	}
}

// term is the end of the city's clock for what comes in now, 0 where the city
// has set none.
func (s *Service) term(c *city.City) int64 {
	now := s.Clock.Now()
	rule, ok := city.RuleAt(c.Rules, KindName, city.StepConsider, now.In(c.Zone).Format(time.DateOnly))
	if !ok {
		return 0
	}
	return c.Calendar.Start(rule, now).End().UnixMilli()
}

// Submit sends an application.
func (s *Service) Submit(ctx context.Context, c *city.City, a permission.Actor, d Sending) (*casework.File, error) {
	if err := a.Check(Apply, 0); err != nil {
		return nil, err
	}
	now := s.Clock.Now()
	var f *casework.File
	err := s.DB.Update(ctx, func(tx *db.Tx) error {
		x, err := call(tx, c.ID, d.Call)
		if err != nil {
			return err
		}
		if !x.Takes(now) {
			return web.Invalid(web.FieldError{Field: "title", Key: "grant.error.not_open"})
		}
		form := &web.Form{}
		d.check(form, c, x)
		if err := form.Err(); err != nil {
			return err
		}
		f = &casework.File{
			Kind: KindName, Visibility: casework.Private, Author: a.Person, Channel: "web", Lang: d.Lang, Category: d.Who, Body: x.Body,
			District: x.District, Address: d.Address, Title: d.Title, Text: d.What, Due: s.term(c),
		}
		if err := s.Desk.Open(tx, c, f, &casework.Event{Public: true, Actor: d.Name, Body: x.Body}, nil); err != nil {
			return err
		}
		app := &Application{Case: f.ID, Call: d.Call, Person: a.Person, Who: d.Who, Name: d.Name, Contact: d.Contact, Phone: d.Phone, N: 1}
		if err := insertApplication(tx, c.ID, app); err != nil {
			return err
		}
		if err := insertVersion(tx, c.ID, f.ID, &Version{N: 1, At: now.UnixMilli(), Content: d.Content, Sums: SumsOf(d.Lines)}); err != nil {
			return err
		}
		if err := document.Add(tx, c.ID, f.ID, d.Papers, false, now); err != nil {
			return err
		}
		if err := dropDraft(tx, c.ID, a.Person, d.Call); err != nil {
			return err
		}
		return once.Claim(tx, path(f.Number)+"?done=sent")
	})
	return f, err
}

// open reads and locks an application for one step.
func (s *Service) open(tx *db.Tx, c *city.City, number string) (*casework.File, *Application, error) {
	f, err := casework.ByNumber(tx, c.ID, number)
	if err != nil {
		return nil, nil, err
	}
	if f.Kind != KindName {
		return nil, nil, web.NotFound()
	}
	if f, err = casework.Lock(tx, c.ID, f.ID); err != nil {
		return nil, nil, err
	}
	app, err := application(tx, c.ID, f.ID)
	return f, app, err
}

// mine runs one step of the applicant.
func (s *Service) mine(ctx context.Context, c *city.City, a permission.Actor, number string, fn func(tx *db.Tx, f *casework.File, app *Application) error) error {
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		f, app, err := s.open(tx, c, number)
		if err != nil {
			return err
		}
		if !a.Owns(app.Person) {
			return web.NotFound()
		}
		if err := a.Check(Apply, 0); err != nil {
			return err
		}
		if err := once.Claim(tx, path(number)); err != nil {
			return err
		}
		return fn(tx, f, app)
	})
}

// work runs one step of the staff of the body, which must be allowed the action.
// Whoever may not read the application is not told that there is one.
func (s *Service) work(ctx context.Context, c *city.City, a permission.Actor, number, action string, fn func(tx *db.Tx, f *casework.File, app *Application) error) error {
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		f, app, err := s.open(tx, c, number)
		if err != nil {
			return err
		}
		if !a.Can(Internal, f.Body) {
			return web.NotFound()
		}
		if err := a.Check(action, f.Body); err != nil {
			return err
		}
		if err := once.Claim(tx, "/staff"+path(number)); err != nil {
			return err
		}
		return fn(tx, f, app)
	})
}

// Correct sends an application again that was returned; the versions before stay.
func (s *Service) Correct(ctx context.Context, c *city.City, a permission.Actor, number string, d Sending) error {
	return s.mine(ctx, c, a, number, func(tx *db.Tx, f *casework.File, app *Application) error {
		x, err := call(tx, c.ID, app.Call)
		if err != nil {
			return err
		}
		if f.State != Rework {
			return web.Conflict()
		}
		d.Who = app.Who // the sort of applicant is that of the call's terms
		form := &web.Form{}
		d.check(form, c, x)
		if err := form.Err(); err != nil {
			return err
		}
		app.Name, app.Contact, app.Phone, app.N, app.Words = d.Name, d.Contact, d.Phone, app.N+1, ""
		now := s.Clock.Now()
		if err := errors.Join(
			insertVersion(tx, c.ID, f.ID, &Version{N: app.N, At: now.UnixMilli(), Content: d.Content, Sums: SumsOf(d.Lines)}),
			updateApplication(tx, c.ID, app), document.Add(tx, c.ID, f.ID, d.Papers, false, now),
		); err != nil {
			return err
		}
		_, err = s.Desk.Move(tx, c, a, f.ID, casework.Move{To: Submitted, Lang: d.Lang, Actor: app.Name, Edit: func(f *casework.File) {
			f.Due, f.Escalated = s.term(c), false
			if app.Shown == 0 {
				f.Title, f.Text, f.Address = d.Title, d.What, d.Address
			}
		}})
		return err
	})
}

// Withdraw takes an application back that was not decided on, and is on no agenda.
func (s *Service) Withdraw(ctx context.Context, c *city.City, a permission.Actor, number string) error {
	return s.mine(ctx, c, a, number, func(tx *db.Tx, f *casework.File, app *Application) error {
		on, err := runningItem(tx, c.ID, f.ID)
		if err != nil {
			return err
		}
		if len(on) > 0 {
			return web.Conflict()
		}
		if app.Shown != 0 {
			if err := s.Pledges.Fail(tx, c, a, pledge.Subject{Kind: KindName, ID: f.ID}, ""); err != nil {
				return err
			}
		}
		_, err = s.Desk.Move(tx, c, a, f.ID, casework.Move{To: Withdrawn, Actor: app.Name})
		return err
	})
}

// Admit lets everybody read the newest version, on which the commission decides.
func (s *Service) Admit(ctx context.Context, c *city.City, a permission.Actor, number string) error {
	return s.work(ctx, c, a, number, Check, func(tx *db.Tx, f *casework.File, app *Application) error {
		v, err := version(tx, c.ID, f.ID, app.N)
		if err != nil {
			return err
		}
		app.Shown, app.Words = app.N, ""
		if err := updateApplication(tx, c.ID, app); err != nil {
			return err
		}
		_, err = s.Desk.Move(tx, c, a, f.ID, casework.Move{To: Admitted, Actor: s.name(ctx, c, f), Edit: func(f *casework.File) {
			f.Visibility, f.Title, f.Text, f.Address = casework.Public, v.Title, v.What, v.Address
		}})
		return err
	})
}

// correctFor is how long an applicant is given to correct, in days.
const correctFor = 30

// SendBack returns an application before it is let through, with what is to be
// corrected. Field: note.
func (s *Service) SendBack(ctx context.Context, c *city.City, a permission.Actor, number, words string) error {
	return s.work(ctx, c, a, number, Check, func(tx *db.Tx, f *casework.File, app *Application) error {
		form := &web.Form{}
		length(form, "note", &words, 0, MaxText)
		if err := form.Err(); err != nil {
			return err
		}
		return s.sendBack(tx, c, a, f, app, words)
	})
}

func (s *Service) sendBack(tx *db.Tx, c *city.City, a permission.Actor, f *casework.File, app *Application, words string) error {
	app.Words = words
	if err := updateApplication(tx, c.ID, app); err != nil {
		return err
	}
	_, err := s.Desk.Move(tx, c, a, f.ID, casework.Move{To: Rework, Note: words, Actor: s.name(tx.Context(), c, f), Edit: func(f *casework.File) {
		f.Due = s.Clock.Now().AddDate(0, 0, correctFor).UnixMilli()
	}})
	return err
}

// name is what the body of a case is called in its language, for the timeline.
func (s *Service) name(ctx context.Context, c *city.City, f *casework.File) string {
	dir, err := s.Bodies.Of(ctx, c.ID)
	if err != nil {
		return "" // the timeline then says that the city did it
	}
	return dir.Name(f.Body, f.Lang)
}

// Pledgeable is the pledge.Source of applications: what was let through may be
// pledged until it ends.
func (s *Service) Pledgeable(tx *db.Tx, c *city.City, id int64) (pledge.About, error) {
	f, err := casework.Get(tx, c.ID, id)
	if err != nil {
		return pledge.About{}, err
	}
	if f.Kind != KindName || f.Visibility != casework.Public {
		return pledge.About{}, web.NotFound()
	}
	app, err := application(tx, c.ID, id)
	if err != nil {
		return pledge.About{}, err
	}
	return pledge.About{
		Title: f.Title, Lang: f.Lang, Href: path(f.Number), Body: f.Body, Applicant: app.Person,
		Open:   f.State == Admitted || f.State == Approved || f.State == Running,
		Failed: f.State == Failed || f.State == Refused || f.State == Withdrawn,
	}, nil
}

// Listen lets notices follow the changes of applications; call it once, before
// the desk is used.
func (s *Service) Listen() { s.Desk.Hook(KindName, s.changed) }

// changed tells the applicant what the city did.
func (s *Service) changed(tx *db.Tx, c *city.City, _, after *casework.File, e *casework.Event) error {
	key := ""
	switch {
	case e.Kind == casework.EventCreated:
		key = "grant.notice.sent"
	case e.Kind == casework.EventState && after.State != Submitted && after.State != Withdrawn:
		key = "grant.notice." + after.State
	case e.Kind == EventReleased:
		key = "grant.notice.released"
	}
	if key == "" || after.Author == 0 {
		return nil
	}
	return notify.Emit(tx, notify.Event{
		City: c.ID, Subject: notify.Subject{Kind: KindName, ID: after.ID}, Key: key, Link: path(after.Number), To: []int64{after.Author},
		Args: map[string]string{"number": after.Number, "title": after.Title},
	})
}

// warnBefore is how long before its end a term is called to mind.
const warnBefore = 5 * 24 * time.Hour

// Escalate warns those who answer of terms that near their end. While an
// applicant corrects, nobody of the staff is late.
func (s *Service) Escalate(ctx context.Context) error {
	for _, c := range s.Cities.List() {
		var due []*casework.File
		if err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
			due, err = casework.DueSoon(tx, c.ID, KindName, s.Clock.Now().Add(warnBefore), 200)
			return err
		}); err != nil {
			return err
		}
		for _, f := range due {
			if f.State == Rework {
				continue
			}
			if err := s.DB.Update(ctx, func(tx *db.Tx) error { return s.warn(tx, c, f) }); err != nil {
				return err
			}
		}
	}
	return nil
}

// Lapse closes what was returned and not corrected in its time, so that nobody
// waits for it.
func (s *Service) Lapse(ctx context.Context) error {
	for _, c := range s.Cities.List() {
		var due []*casework.File
		if err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
			due, err = casework.DueSoon(tx, c.ID, KindName, s.Clock.Now(), 200)
			return err
		}); err != nil {
			return err
		}
		for _, f := range due {
			if err := s.DB.Update(ctx, func(tx *db.Tx) error { return s.lapse(tx, c, f.ID) }); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Service) lapse(tx *db.Tx, c *city.City, id int64) error {
	f, err := casework.Lock(tx, c.ID, id)
	if err != nil || f.State != Rework || f.Due > s.Clock.Now().UnixMilli() {
		return err // somebody has corrected it meanwhile
	}
	nobody := permission.Actor{City: c.ID, System: true}
	if f.Visibility == casework.Public {
		if err := s.Pledges.Fail(tx, c, nobody, pledge.Subject{Kind: KindName, ID: id}, s.Words(f.Lang)("grant.lapsed")); err != nil {
			return err
		}
	}
	if f, err = s.Desk.Move(tx, c, nobody, id, casework.Move{To: Withdrawn, Note: s.Words(f.Lang)("grant.lapsed"), Lang: f.Lang}); err != nil || f.Author == 0 {
		return err
	}
	return notify.Emit(tx, notify.Event{
		City: c.ID, Subject: notify.Subject{Kind: KindName, ID: id}, Key: "grant.notice.lapsed", Link: path(f.Number), To: []int64{f.Author},
		Args: map[string]string{"number": f.Number, "title": f.Title},
	})
}

func (s *Service) warn(tx *db.Tx, c *city.City, f *casework.File) error {
	if _, err := s.Desk.Escalate(tx, c, f.ID); err != nil {
		return err
	}
	people, err := account.Answerable(tx, c.ID, f.Body, f.Assignee)
	if err != nil || len(people) == 0 {
		return err
	}
	return notify.Emit(tx, notify.Event{
		City: c.ID, Key: "grant.notice.due", Link: "/staff" + path(f.Number), To: people, Urgent: true,
		Args: map[string]string{"number": f.Number, "title": f.Title},
	})
}
