package appeal

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/account"
	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/document"
	"github.com/ashar-kg/ashar/internal/civic/notify"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/blob"
	"github.com/ashar-kg/ashar/internal/platform/clock"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/fresh"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/once"
	"github.com/ashar-kg/ashar/internal/platform/paper"
	"github.com/ashar-kg/ashar/internal/platform/ui"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Confirmations is how a person who has not signed in proves an address.
type Confirmations interface {
	Start(tx *db.Tx, c *city.City, purpose string, subject int64, contact, lang string) (ticket string, err error)
}

// Service is every use case of appeals.
type Service struct {
	Desk   *casework.Desk
	DB     *db.DB
	Bodies *body.Store
	Blobs  blob.Store
	Papers document.Store
	Clock  clock.Clock
	// Versions makes pages fresh when what is published has changed.
	Versions *fresh.Versions
	Confirm  Confirmations
	Cities   *city.Registry
	// Dispatcher is the body that gets what is addressed to nobody.
	Dispatcher func(ctx context.Context, c *city.City) (int64, error)
	// Typeface gives the files of the typeface for letters.
	Typeface func(name string) ([]byte, bool)
	// Letterhead writes dates and the fixed words of a letter in its language.
	Letterhead func(lang string) Words
	Absolute   func(c *city.City, path string) string
}

// Words are texts in one language.
type Words interface {
	T(key string, args ...any) string
	Date(t time.Time) string
}

// Draft is an appeal as it comes in, from whatever channel.
type Draft struct {
	Form       string
	Body       int64 // to whom; 0 leaves it to the city
	Text       string
	Name       string
	Address    string
	Contact    string // of an author who has not signed in
	Staff      bool   // written down by the staff for somebody else
	For        int64  // for whom; 0 is nobody known
	Note       string // of the staff, internal
	Files      []document.File
	Signers    []string
	AnswerLang string
	Earlier    string // number of the author's earlier appeal about the same
	About      string // number of the appeal whose answer is complained about
	Behalf     int64  // in whose name the actor appeals; 0 is the actor's own
	Publish    bool   // the author agrees that it is published without a name
	Channel    string
	Lang       string
}

// Receipt is what the author gets.
type Receipt struct {
	File   *casework.File
	Ticket string // to confirm with the code, "" when there is nothing to confirm
}

// prepared is what was found out about a draft before the transaction.
type prepared struct {
	detail Detail
	clock  city.Clock
	body   int64
}

// File takes an appeal. Field errors are named after the form: form, body, text,
// name, address, contact, signers, earlier, about.
func (s *Service) File(ctx context.Context, c *city.City, a permission.Actor, d Draft) (Receipt, error) {
	action := "appeal.create"
	if d.Staff {
		action = "appeal.intake"
	}
	if err := a.Check(action, 0); err != nil {
		return Receipt{}, err
	}
	p, err := s.prepare(ctx, c, a, &d)
	if err != nil {
		return Receipt{}, err
	}
	var rec Receipt
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		rec, err = s.store(tx, c, a, d, p)
		return err
	})
	if err != nil {
		return Receipt{}, once.Resolve(ctx, s.DB, err)
	}
	return rec, nil
}

func (s *Service) prepare(ctx context.Context, c *city.City, a permission.Actor, d *Draft) (prepared, error) {
	f := &web.Form{}
	p := prepared{detail: check(f, c, a, d)}
	var err error
	if d.Staff {
		a.Person = d.For // whose earlier appeals these are
	}
	if p.detail.Earlier, err = s.own(ctx, c, a, f, "earlier", d.Earlier, ""); err != nil {
		return p, err
	}
	if p.detail.About, err = s.own(ctx, c, a, f, "about", d.About, Answered); err != nil {
		return p, err
	}
	if p.body, err = s.addressee(ctx, c, f, d.Body, p.detail.About); err != nil {
		return p, err
	}
	if err := f.Err(); err != nil {
		return p, err
	}
	p.clock, err = s.clock(c, s.Clock.Now())
	p.detail.Rule, p.detail.Registered = p.clock.Rule.Code, p.clock.Registered.Format(time.DateOnly)
	return p, err
}

// errNoTerm means that the operator gave the city no term for appeals.
var errNoTerm = errors.New("the city has no term for appeals; see clock_rules in city.json")

func (s *Service) clock(c *city.City, at time.Time) (city.Clock, error) {
	r, ok := city.RuleAt(c.Rules, KindName, city.StepConsider, at.In(c.Zone).Format(time.DateOnly))
	if !ok {
		return city.Clock{}, errNoTerm
	}
	return c.Calendar.Start(r, at), nil
}

// check finds everything that is wrong with a draft at once.
func check(f *web.Form, c *city.City, a permission.Actor, d *Draft) Detail {
	length := func(field string, text *string, min, max int, empty string) {
		*text = strings.TrimSpace(*text)
		if n := len([]rune(*text)); n < min {
			f.Fail(field, empty, "min", min)
		}
		f.Long(field, *text, max)
	}
	if d.Behalf != 0 && !a.Owns(d.Behalf) {
		f.Fail("behalf", "error.field.choice")
	}
	if !slices.Contains(Forms, d.Form) {
		f.Fail("form", "appeal.error.form")
	}
	length("text", &d.Text, MinText, MaxText, "appeal.error.text")
	name, address := 3, 3
	if d.Staff || d.Channel != "web" {
		name, address = 0, 0 // what is not told is asked for later, or the appeal is anonymous
	}
	length("name", &d.Name, name, MaxName, "appeal.error.name")
	length("address", &d.Address, address, MaxAddress, "appeal.error.address")
	out := Detail{Form: d.Form, Name: d.Name, Address: d.Address, AnswerLang: d.AnswerLang, Signers: d.Signers}
	if !c.Speaks(d.AnswerLang) {
		out.AnswerLang = d.Lang
	}
	if len(d.Signers) > MaxSigners {
		f.Fail("signers", "appeal.error.signers", "max", MaxSigners)
	}
	if !a.SignedIn() && !d.Staff {
		address, _, err := account.ParseAddress(c, d.Contact)
		for _, e := range web.Fields(err) {
			f.Fail("contact", e.Key, e.Args...)
		}
		out.Contact = address
	}
	return out
}

// own reads an appeal of the author's that another one is linked to; state
// demands one of that state.
func (s *Service) own(ctx context.Context, c *city.City, a permission.Actor, f *web.Form, field, number, state string) (id int64, err error) {
	if number = strings.TrimSpace(number); number == "" {
		return 0, nil
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		file, err := casework.ByNumber(tx, c.ID, number)
		if errors.Is(err, db.ErrNotFound) || (err == nil && (file.Kind != KindName || !a.Owns(file.Author) || (state != "" && file.State != state))) {
			f.Fail(field, "appeal.error.number")
			return nil
		}
		if err == nil {
			id = file.ID
		}
		return err
	})
	return id, err
}

// addressee is the body that answers: the one that was named, above the one
// whose answer is complained about, or the dispatcher's.
func (s *Service) addressee(ctx context.Context, c *city.City, f *web.Form, asked, about int64) (int64, error) {
	dir, err := s.Bodies.Of(ctx, c.ID)
	if err != nil {
		return 0, err
	}
	fallback, err := s.Dispatcher(ctx, c)
	if err != nil {
		return 0, err
	}
	now := s.Clock.Now()
	if about != 0 {
		var before *casework.File
		if err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
			before, err = casework.Get(tx, c.ID, about)
			return err
		}); err != nil {
			return 0, err
		}
		if b, ok := dir.Get(before.Body); ok {
			if higher, ok := dir.Current(b.Parent, now); ok && higher.ID != before.Body {
				return higher.ID, nil
			}
		}
		return fallback, nil
	}
	if asked == 0 {
		return fallback, nil
	}
	b, ok := dir.Current(asked, now)
	if !ok {
		f.Fail("body", "error.field.choice")
		return fallback, nil
	}
	return b.ID, nil
}

func (s *Service) store(tx *db.Tx, c *city.City, a permission.Actor, d Draft, p prepared) (Receipt, error) {
	f := &casework.File{
		Kind: KindName, Author: a.Person, Channel: d.Channel, Lang: d.Lang, Body: p.body, Address: d.Address, Text: d.Text, Title: Title(d.Text),
		Category: d.Form, Due: p.clock.End().UnixMilli(), Visibility: casework.Private,
	}
	if !a.SignedIn() && !d.Staff {
		f.Visibility = casework.Unconfirmed
	}
	opened := &casework.Event{Public: true, Body: f.Body}
	switch {
	case d.Staff:
		f.Author = d.For
	case d.Behalf != 0:
		f.Author, opened.Person, opened.Actor = d.Behalf, a.Person, a.Name
	}
	if err := s.Desk.Open(tx, c, f, opened, nil); err != nil {
		return Receipt{}, err
	}
	if d.Behalf != 0 {
		// Whoever acts hears of it too: who is acted for may have no way to.
		if err := notify.Follow(tx, c.ID, a.Person, notify.Subject{Kind: KindName, ID: f.ID}, s.Clock.Now()); err != nil {
			return Receipt{}, err
		}
		if err := permission.Audit(tx, a, "appeal.behalf", "person", d.Behalf, f.Number, s.Clock.Now()); err != nil {
			return Receipt{}, err
		}
	}
	if err := putDetail(tx, c.ID, f.ID, p.detail); err != nil {
		return Receipt{}, err
	}
	if err := document.Add(tx, c.ID, f.ID, d.Files, d.Staff, s.Clock.Now()); err != nil {
		return Receipt{}, err
	}
	if d.Publish {
		if err := consent(tx, c.ID, f, s.Clock.Now().UnixMilli()); err != nil {
			return Receipt{}, err
		}
	}
	if d.Note != "" {
		if err := s.Desk.Note(tx, c, a, f.ID, d.Note); err != nil {
			return Receipt{}, err
		}
	}
	if d.Staff && d.Name == "" {
		// By law nobody answers what nobody signed; what it says is kept.
		if _, err := s.Desk.Move(tx, c, a, f.ID, casework.Move{To: Signal, Actor: a.Name}); err != nil {
			return Receipt{}, err
		}
	}
	rec, answer := Receipt{File: f}, "/appeals/"+f.Number
	if f.Visibility == casework.Unconfirmed {
		ticket, err := s.Confirm.Start(tx, c, KindName, f.ID, p.detail.Contact, d.Lang)
		if err != nil {
			return Receipt{}, fmt.Errorf("confirmation: %w", err)
		}
		rec.Ticket, answer = ticket, "/confirm/"+ticket
	}
	return rec, once.Claim(tx, answer)
}

// Confirmed makes the appeal of a confirmed contact count: it is received now.
// The confirmation mechanism calls it inside its transaction.
func (s *Service) Confirmed(tx *db.Tx, c *city.City, id, person int64) (path string, err error) {
	k, err := s.clock(c, s.Clock.Now())
	if err != nil {
		return "", err
	}
	d, err := detail(tx, c.ID, id)
	if err != nil {
		return "", err
	}
	d.Rule, d.Registered = k.Rule.Code, k.Registered.Format(time.DateOnly)
	if err := putDetail(tx, c.ID, id, d); err != nil {
		return "", err
	}
	f, err := s.Desk.Confirm(tx, c, id, person, casework.Private, k.End())
	if err != nil {
		return "", err
	}
	return "/appeals/" + f.Number, nil
}

// Detailed is everything that the page of one appeal shows.
type Detailed struct {
	File       *casework.File
	Detail     Detail
	Answer     Answer
	Timeline   []casework.Event
	Files      []document.File
	Looks      []casework.Look
	Earlier    *casework.File
	About      *casework.File
	Complaints []*casework.File
	Own        bool
	Internal   bool
	Public     Publication
	Into       *casework.File // the appeal that it was joined to
	Part       ui.Link        // to the issue that it is part of, if any
}

// Show reads an appeal for its author or for who works on it. What the actor
// may not see is not found. That somebody of the staff looked is noted.
func (s *Service) Show(ctx context.Context, c *city.City, a permission.Actor, number string) (*Detailed, error) {
	d := &Detailed{}
	err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		if d.File, err = s.visible(tx, c, a, number); err != nil {
			return err
		}
		d.Own = a.Owns(d.File.Author)
		d.Internal = a.Can("appeal.internal", d.File.Body)
		return s.fill(tx, c, d)
	})
	if err != nil || (!d.Own && !d.Internal) {
		return d, err
	}
	if d.Own && d.Answer.Stage == StageSigned && d.Answer.Received == 0 {
		if err := s.received(ctx, c, d); err != nil {
			return d, err
		}
	}
	if d.File.Author == a.Person {
		return d, nil
	}
	return d, s.DB.Update(ctx, func(tx *db.Tx) error { return casework.Looked(tx, c.ID, a, d.File, s.Clock.Now()) })
}

// received notes that the author, or who acts for the author, has the answer.
func (s *Service) received(ctx context.Context, c *city.City, d *Detailed) error {
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		d.Answer.Received = s.Clock.Now().UnixMilli()
		return putReceived(tx, c.ID, d.File.ID, d.Answer.Received)
	})
}

func (s *Service) fill(tx *db.Tx, c *city.City, d *Detailed) (err error) {
	id := d.File.ID
	if d.Detail, err = detail(tx, c.ID, id); err != nil {
		return err
	}
	if d.Answer, err = answer(tx, c.ID, id); err != nil {
		return err
	}
	if d.Timeline, err = casework.Timeline(tx, c.ID, id, d.Internal); err != nil {
		return err
	}
	if d.Looks, err = casework.Looks(tx, c.ID, id); err != nil {
		return err
	}
	if d.Files, err = document.Of(tx, c.ID, id); err != nil {
		return err
	}
	if d.Public, err = publication(tx, c.ID, id); err != nil {
		return err
	}
	more, err := complaints(tx, c.ID, id)
	if err != nil {
		return err
	}
	found, err := casework.ByID(tx, c.ID, append(more, d.Detail.Earlier, d.Detail.About, d.File.Parent))
	if err != nil {
		return err
	}
	d.Earlier, d.About, d.Into = found[d.Detail.Earlier], found[d.Detail.About], found[d.File.Parent]
	for _, id := range more {
		if f := found[id]; f != nil && f.Visibility != casework.Unconfirmed {
			d.Complaints = append(d.Complaints, f)
		}
	}
	return nil
}

func (s *Service) visible(tx *db.Tx, c *city.City, a permission.Actor, number string) (*casework.File, error) {
	f, err := casework.ByNumber(tx, c.ID, number)
	if err != nil {
		return nil, err
	}
	own := a.Owns(f.Author)
	if f.Kind != KindName || (!own && !a.Can("appeal.internal", f.Body)) {
		return nil, web.NotFound()
	}
	return f, nil
}

// step runs one step on an appeal; where is the page that answers a repeated one.
func (s *Service) step(ctx context.Context, c *city.City, a permission.Actor, number, where string, fn func(tx *db.Tx, f *casework.File) error) error {
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		f, err := s.visible(tx, c, a, number)
		if err != nil {
			return err
		}
		if err := fn(tx, f); err != nil {
			return err
		}
		return once.Claim(tx, where+number)
	})
}

// work is step for the staff.
func (s *Service) work(ctx context.Context, c *city.City, a permission.Actor, number string, fn func(tx *db.Tx, f *casework.File) error) error {
	return s.step(ctx, c, a, number, "/staff/appeals/", func(tx *db.Tx, f *casework.File) error {
		if err := a.Check("appeal.internal", f.Body); err != nil {
			return err
		}
		return fn(tx, f)
	})
}

// author is step for who wrote it.
func (s *Service) author(ctx context.Context, c *city.City, a permission.Actor, number string, fn func(tx *db.Tx, f *casework.File) error) error {
	return s.step(ctx, c, a, number, "/appeals/", func(tx *db.Tx, f *casework.File) error {
		if !a.Owns(f.Author) {
			return permission.ErrDenied
		}
		return fn(tx, f)
	})
}

// Take puts an appeal into the hands of a colleague at its body.
func (s *Service) Take(ctx context.Context, c *city.City, a permission.Actor, number string, person int64) error {
	return s.work(ctx, c, a, number, func(tx *db.Tx, f *casework.File) error {
		staff, err := account.Staff(tx, c.ID, f.Body)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(staff, func(m account.Colleague) bool { return m.ID == person })
		if i < 0 {
			return web.Invalid(web.FieldError{Field: "person", Key: "error.field.choice"})
		}
		if err := s.Desk.Assign(tx, c, a, f.ID, person, staff[i].Name); err != nil {
			return err
		}
		if f.State != Registered {
			return nil
		}
		_, err = s.Desk.Move(tx, c, a, f.ID, casework.Move{To: InWork, Actor: a.Name})
		return err
	})
}

// Note adds an internal note.
func (s *Service) Note(ctx context.Context, c *city.City, a permission.Actor, number, note string) error {
	return s.work(ctx, c, a, number, func(tx *db.Tx, f *casework.File) error {
		return s.Desk.Note(tx, c, a, f.ID, strings.TrimSpace(note))
	})
}

// Transfer hands an appeal to the body that is competent, with its clock.
func (s *Service) Transfer(ctx context.Context, c *city.City, a permission.Actor, number string, to int64, note string) error {
	dir, err := s.Bodies.Of(ctx, c.ID)
	if err != nil {
		return err
	}
	b, ok := dir.Get(to)
	if !ok || !b.ValidAt(s.Clock.Now()) {
		return web.Invalid(web.FieldError{Field: "body", Key: "error.field.choice"})
	}
	if note = strings.TrimSpace(note); note == "" {
		return web.Invalid(web.FieldError{Field: "note", Key: "case.error.words"})
	}
	return s.work(ctx, c, a, number, func(tx *db.Tx, f *casework.File) error {
		_, err := s.Desk.Transfer(tx, c, a, f.ID, to, b.Code, note)
		return err
	})
}

// Extend puts the answer off, once, by the term of the city's rule.
func (s *Service) Extend(ctx context.Context, c *city.City, a permission.Actor, number, note, lang string) error {
	dir, err := s.Bodies.Of(ctx, c.ID)
	if err != nil {
		return err
	}
	return s.work(ctx, c, a, number, func(tx *db.Tx, f *casework.File) error {
		d, err := detail(tx, c.ID, f.ID)
		if err != nil {
			return err
		}
		r, ok := city.RuleAt(c.Rules, KindName, city.StepExtend, d.Registered)
		if !ok || d.Extended != "" {
			return web.Invalid(web.FieldError{Field: "note", Key: "appeal.error.extended"})
		}
		due := c.Calendar.Extend(r, f.DueAt()).AddDate(0, 0, 1).Add(-time.Millisecond)
		if _, err := s.Desk.Extend(tx, c, a, f.ID, due, dir.Name(f.Body, lang), strings.TrimSpace(note), lang, r.Code); err != nil {
			return err
		}
		d.Extended = r.Code
		return putDetail(tx, c.ID, f.ID, d)
	})
}

// Join puts a repeated appeal to the earlier one of the same author, whose
// answer it then waits for. Both must be open.
func (s *Service) Join(ctx context.Context, c *city.City, a permission.Actor, number, into, note string) error {
	wrong := web.Invalid(web.FieldError{Field: "into", Key: "appeal.error.join"})
	return s.work(ctx, c, a, number, func(tx *db.Tx, f *casework.File) error {
		if err := a.Check("appeal.work", f.Body); err != nil {
			return err
		}
		earlier, err := casework.ByNumber(tx, c.ID, strings.TrimSpace(into))
		if errors.Is(err, db.ErrNotFound) {
			return wrong
		}
		if err != nil {
			return err
		}
		if earlier.Kind != KindName || !a.Can("appeal.internal", earlier.Body) || !f.Open || !earlier.Open || f.Author == 0 || f.Author != earlier.Author || earlier.Created > f.Created {
			return wrong
		}
		_, err = s.Desk.Merge(tx, c, a, f.ID, earlier.ID, strings.TrimSpace(note))
		return err
	})
}

// Write keeps the draft of the answer; for review it goes to who signs.
func (s *Service) Write(ctx context.Context, c *city.City, a permission.Actor, number, text, lang string, review bool) error {
	text = strings.TrimSpace(text)
	if text == "" {
		return web.Invalid(web.FieldError{Field: "text", Key: "appeal.error.answer"})
	}
	return s.work(ctx, c, a, number, func(tx *db.Tx, f *casework.File) error {
		if err := a.Check("appeal.work", f.Body); err != nil {
			return err
		}
		before, err := answer(tx, c.ID, f.ID)
		if err != nil {
			return err
		}
		if before.Stage == StageSigned || !f.Open {
			return web.Conflict()
		}
		next := Answer{Stage: StageDraft, Text: text, Lang: lang, DraftedBy: a.Person, Returned: before.Returned, Body: f.Body}
		if review {
			next.Stage, next.Returned, next.Asked = StageReview, "", s.Clock.Now().UnixMilli()
			if err := s.askSignature(tx, c, f); err != nil {
				return err
			}
		}
		return putAnswer(tx, c.ID, f.ID, next)
	})
}

// askSignature tells those who may sign that an answer waits for them.
func (s *Service) askSignature(tx *db.Tx, c *city.City, f *casework.File) error {
	staff, err := account.Staff(tx, c.ID, f.Body)
	if err != nil {
		return err
	}
	var heads []int64
	for _, m := range staff {
		if m.Role == permission.Head {
			heads = append(heads, m.ID)
		}
	}
	if len(heads) == 0 {
		return nil
	}
	return notify.Emit(tx, notify.Event{
		City: c.ID, Key: "appeal.notice.sign", Link: "/staff/appeals/" + f.Number, To: heads, Args: map[string]string{"number": f.Number},
	})
}

// Return sends a draft back with a word why.
func (s *Service) Return(ctx context.Context, c *city.City, a permission.Actor, number, note string) error {
	if note = strings.TrimSpace(note); note == "" {
		return web.Invalid(web.FieldError{Field: "note", Key: "appeal.error.why"})
	}
	return s.work(ctx, c, a, number, func(tx *db.Tx, f *casework.File) error {
		if err := a.Check("appeal.sign", f.Body); err != nil {
			return err
		}
		draft, err := answer(tx, c.ID, f.ID)
		if err != nil {
			return err
		}
		if draft.Stage != StageReview {
			return web.Conflict()
		}
		draft.Stage, draft.Returned = StageReturned, note
		return putAnswer(tx, c.ID, f.ID, draft)
	})
}

// Sign signs the draft: the letter is set, the appeal is answered, the author
// is told. Ground refuses the appeal instead, with the ground in law.
func (s *Service) Sign(ctx context.Context, c *city.City, a permission.Actor, number, ground string) error {
	if ground != "" && !slices.Contains(Grounds, ground) {
		return web.Invalid(web.FieldError{Field: "ground", Key: "error.field.choice"})
	}
	var d Detailed
	err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		if d.File, err = s.visible(tx, c, a, number); err != nil {
			return err
		}
		return s.fill(tx, c, &d)
	})
	if err != nil {
		return err
	}
	if err := a.Check("appeal.sign", d.File.Body); err != nil {
		return err
	}
	if d.Answer.Text == "" {
		return web.Invalid(web.FieldError{Field: "text", Key: "appeal.error.answer"})
	}
	if d.Answer.Stage == StageSigned {
		return web.Conflict()
	}
	signed := d.Answer
	signed.Stage, signed.SignedBy, signed.Signer, signed.Body = StageSigned, a.Person, a.Name, d.File.Body
	signed.SignedAt, signed.Code = s.Clock.Now().UnixMilli(), ids.Secret(15)
	if signed.File, err = s.letter(ctx, c, &d, signed); err != nil {
		return err
	}
	dir, err := s.Bodies.Of(ctx, c.ID)
	if err != nil {
		return err
	}
	to := Answered
	if ground != "" {
		to = Refused
	}
	return s.work(ctx, c, a, number, func(tx *db.Tx, f *casework.File) error {
		now, err := answer(tx, c.ID, f.ID)
		if err != nil {
			return err
		}
		if now != d.Answer { // somebody wrote on meanwhile: not these words were read
			return web.Conflict()
		}
		if _, err := s.Desk.Move(tx, c, a, f.ID, casework.Move{
			To: to, Reason: ground, Note: signed.Text, Lang: signed.Lang, Actor: a.Name + ", " + dir.Name(f.Body, signed.Lang),
		}); err != nil {
			return err
		}
		return putAnswer(tx, c.ID, f.ID, signed)
	})
}

// letter sets and stores the signed answer as PDF.
func (s *Service) letter(ctx context.Context, c *city.City, d *Detailed, a Answer) (key string, err error) {
	dir, err := s.Bodies.Of(ctx, c.ID)
	if err != nil {
		return "", err
	}
	w := s.Letterhead(a.Lang)
	at := time.UnixMilli(a.SignedAt).In(c.Zone)
	l := paper.Letter{
		Lang: a.Lang, City: c.Name(a.Lang), Number: w.T("appeal.letter.number", "number", d.File.Number), Date: w.Date(at), To: []string{d.Detail.Name, d.Detail.Address},
		Title:      w.T("appeal.letter.title", "number", d.File.Number, "date", w.Date(d.File.CreatedAt().In(c.Zone))),
		Paragraphs: []string{a.Text, w.T("appeal.letter.complain")}, Signer: a.Signer, Position: w.T("appeal.letter.position"),
		Verify: s.Absolute(c, "/verify/"+a.Code), VerifyText: w.T("appeal.letter.verify"), At: at,
	}
	if b, ok := dir.Get(a.Body); ok {
		l.Body, l.Contacts = b.Name(a.Lang), strings.Split(b.Contacts, "\n")
	}
	pdf, err := paper.PDF(l, s.Typeface)
	if err != nil {
		return "", err
	}
	key, _, err = s.Blobs.Put(ctx, strings.NewReader(string(pdf)), int64(len(pdf)))
	return key, err
}

// maxSignature is the size of a detached signature, in bytes.
const maxSignature = 100 << 10

// AttachSignature keeps the detached signature that a provider has made for a
// signed letter, once. Field: signature.
func (s *Service) AttachSignature(ctx context.Context, c *city.City, a permission.Actor, number, name string, data []byte) error {
	// A CMS signature is a DER sequence or its PEM text.
	known := bytes.HasPrefix(data, []byte{0x30}) || bytes.HasPrefix(data, []byte("-----BEGIN"))
	ext := strings.ToLower(filepath.Ext(name))
	if (ext != ".p7s" && ext != ".sig") || !known || len(data) > maxSignature {
		return web.Invalid(web.FieldError{Field: "signature", Key: "appeal.error.signature", Args: []any{"kb", maxSignature >> 10}})
	}
	key, _, err := s.Blobs.Put(ctx, bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return err
	}
	return s.work(ctx, c, a, number, func(tx *db.Tx, f *casework.File) error {
		if err := a.Check("appeal.sign", f.Body); err != nil {
			return err
		}
		signed, err := answer(tx, c.ID, f.ID)
		if err != nil {
			return err
		}
		if signed.Stage != StageSigned {
			return web.Conflict()
		}
		if fresh, err := putSignature(tx, c.ID, f.ID, key); err != nil || !fresh {
			return cmp.Or(err, web.Conflict())
		}
		return permission.Audit(tx, a, "appeal.signature", KindName, f.ID, "", s.Clock.Now())
	})
}

// Letter opens the signed letter for its author or for who works on it.
func (s *Service) Letter(ctx context.Context, c *city.City, a permission.Actor, number string) (io.ReadSeekCloser, error) {
	return s.sealed(ctx, c, a, number, func(signed Answer) string { return signed.File })
}

// Signature opens the electronic signature of the letter.
func (s *Service) Signature(ctx context.Context, c *city.City, a permission.Actor, number string) (io.ReadSeekCloser, error) {
	return s.sealed(ctx, c, a, number, func(signed Answer) string { return signed.Signature })
}

func (s *Service) sealed(ctx context.Context, c *city.City, a permission.Actor, number string, which func(Answer) string) (io.ReadSeekCloser, error) {
	var key string
	err := s.DB.View(ctx, func(tx *db.Tx) error {
		f, err := s.visible(tx, c, a, number)
		if err != nil {
			return err
		}
		signed, err := answer(tx, c.ID, f.ID)
		if key = which(signed); err == nil && key == "" {
			return web.NotFound()
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	file, _, err := s.Blobs.Open(ctx, key)
	return file, err
}

// Document finds a paper of an appeal for its author or for who works on it.
// That somebody of the staff read it is noted as a look at the appeal.
func (s *Service) Document(ctx context.Context, c *city.City, a permission.Actor, number string, id int64) (doc document.File, err error) {
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		f, err := s.visible(tx, c, a, number)
		if err != nil {
			return err
		}
		if doc, err = document.Get(tx, c.ID, f.ID, id); err != nil {
			return err
		}
		return casework.Looked(tx, c.ID, a, f, s.Clock.Now())
	})
	return doc, err
}

// Say adds words and papers of the author's to an open appeal.
func (s *Service) Say(ctx context.Context, c *city.City, a permission.Actor, number, text string, papers []document.File) error {
	text = strings.TrimSpace(text)
	form := &web.Form{}
	if text == "" && len(papers) == 0 {
		form.Fail("text", "error.field.required")
	}
	form.Long("text", text, MaxText)
	if err := form.Err(); err != nil {
		return err
	}
	return s.author(ctx, c, a, number, func(tx *db.Tx, f *casework.File) error {
		if !f.Open {
			return web.Conflict()
		}
		return s.add(tx, c, f, a.Person, text, papers)
	})
}

func (s *Service) add(tx *db.Tx, c *city.City, f *casework.File, author int64, text string, papers []document.File) error {
	if err := document.Add(tx, c.ID, f.ID, papers, false, s.Clock.Now()); err != nil {
		return err
	}
	_, _, err := s.Desk.Comment(tx, c, f.ID, casework.Event{Person: author, Note: text, Lang: f.Lang})
	return err
}

// Attach adds papers of the staff to an appeal.
func (s *Service) Attach(ctx context.Context, c *city.City, a permission.Actor, number string, list []document.File) error {
	if len(list) == 0 {
		return web.Invalid(web.FieldError{Field: document.Field, Key: "document.error.none"})
	}
	return s.work(ctx, c, a, number, func(tx *db.Tx, f *casework.File) error {
		return document.Add(tx, c.ID, f.ID, list, true, s.Clock.Now())
	})
}

// Verified is what anybody learns of a letter by its code: nothing of its author
// and nothing of its words.
type Verified struct {
	Number string
	Body   int64
	At     time.Time
	Sum    string // SHA-256 of the file, hexadecimal
	// Signature tells whether an electronic signature of it is attached.
	Signature bool
}

// Verify finds a signed letter by the code that is printed on it.
func (s *Service) Verify(ctx context.Context, c *city.City, code string) (v Verified, err error) {
	var a Answer
	if err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		a, v.Number, err = verified(tx, c.ID, code)
		return err
	}); err != nil {
		return v, err
	}
	v.Body, v.At, v.Signature = a.Body, time.UnixMilli(a.SignedAt), a.Signature != ""
	file, _, err := s.Blobs.Open(ctx, a.File)
	if err != nil {
		return v, err
	}
	defer file.Close()
	h := sha256.New()
	if _, err := io.Copy(h, file); err != nil {
		return v, err
	}
	v.Sum = hex.EncodeToString(h.Sum(nil))
	return v, nil
}

// Withdraw takes an appeal back.
func (s *Service) Withdraw(ctx context.Context, c *city.City, a permission.Actor, number string) error {
	return s.author(ctx, c, a, number, func(tx *db.Tx, f *casework.File) error {
		_, err := s.Desk.Move(tx, c, a, f.ID, casework.Move{To: Withdrawn, Actor: a.Name})
		return err
	})
}

// Rate stores the author's judgement of the answer, once, with a reason.
func (s *Service) Rate(ctx context.Context, c *city.City, a permission.Actor, number string, stars int, note, lang string) error {
	if note = strings.TrimSpace(note); note == "" && stars < 4 && stars > 0 {
		return web.Invalid(web.FieldError{Field: "note", Key: "appeal.error.why"})
	}
	return s.author(ctx, c, a, number, func(tx *db.Tx, f *casework.File) error {
		if f.Rating != 0 {
			return web.Conflict()
		}
		_, err := s.Desk.Rate(tx, c, a, f.ID, int64(stars), "", note, "", lang)
		return err
	})
}

// EraseAbandoned removes appeals whose authors never answered the code.
func (s *Service) EraseAbandoned(ctx context.Context) error {
	for _, c := range s.Cities.List() {
		err := s.DB.Update(ctx, func(tx *db.Tx) error {
			list, err := casework.Abandoned(tx, c.ID, KindName, ids.Floor(s.Clock.Now().Add(-unconfirmedFor)), 200)
			if err != nil {
				return err
			}
			for _, f := range list {
				if _, err := casework.Erase(tx, c.ID, f); err != nil {
					return err
				}
				if err := document.Drop(tx, c.ID, f.ID); err != nil {
					return err
				}
				if _, err := tx.Exec("appeal.detail.erase", `DELETE FROM appeal_detail WHERE city_id = $1 AND case_id = $2`, c.ID, f.ID); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// unconfirmedFor is how long an appeal waits for the code.
const unconfirmedFor = 72 * time.Hour

// warnBefore is how long before its end a term is called to mind.
const warnBefore = 3 * 24 * time.Hour

// Escalate warns those who answer of terms that near their end.
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
			if err := s.DB.Update(ctx, func(tx *db.Tx) error {
				if _, err := s.Desk.Escalate(tx, c, f.ID); err != nil {
					return err
				}
				people, err := account.Answerable(tx, c.ID, f.Body, f.Assignee)
				if err != nil || len(people) == 0 {
					return err
				}
				return notify.Emit(tx, notify.Event{
					City: c.ID, Key: "appeal.notice.due", Link: "/staff/appeals/" + f.Number, To: people, Urgent: true, Args: map[string]string{"number": f.Number},
				})
			}); err != nil {
				return err
			}
		}
	}
	return nil
}

// Listen lets notices follow the changes of appeals; call it once.
func (s *Service) Listen() { s.Desk.Hook(KindName, s.changed) }

// told are the events that the author hears of.
var told = map[string]string{
	casework.EventTransferred: "appeal.notice.transferred",
	casework.EventExtended:    "appeal.notice.extended",
	casework.EventMerged:      "appeal.notice.joined",
}

// changed runs inside the transaction of every change of an appeal. Notices
// name the number only: what a person wrote to the city stays out of mails.
func (s *Service) changed(tx *db.Tx, c *city.City, before, after *casework.File, e *casework.Event) error {
	counts := after.Visibility != casework.Unconfirmed
	subject := notify.Subject{Kind: KindName, ID: after.ID}
	n := notify.Event{City: c.ID, Subject: subject, Link: "/appeals/" + after.Number, Except: e.Person, Args: map[string]string{"number": after.Number}}
	switch {
	case counts && (before == nil || before.Visibility == casework.Unconfirmed):
		if after.Author == 0 {
			return nil
		}
		if err := notify.Follow(tx, c.ID, after.Author, subject, s.Clock.Now()); err != nil {
			return err
		}
		n.Key, n.Urgent, n.Paid, n.Except = "appeal.notice.registered", true, true, 0
	case e.Kind == casework.EventState && (after.State == Answered || after.State == Refused):
		n.Key, n.Urgent, n.Paid = "appeal.notice."+after.State, true, true
	case told[e.Kind] != "":
		n.Key, n.Paid = told[e.Kind], true
	case e.Kind == casework.EventComment:
		people, err := account.Answerable(tx, c.ID, after.Body, after.Assignee)
		if err != nil || len(people) == 0 {
			return err
		}
		n.Key, n.Subject, n.To, n.Link = "appeal.notice.added", notify.Subject{}, people, "/staff/appeals/"+after.Number
	default:
		return nil
	}
	return notify.Emit(tx, n)
}
