package account

import (
	"context"
	"crypto/subtle"
	"errors"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/manifest"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/clock"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Message is a code on its way to an address.
type Message struct {
	Address string
	Kind    string // email or phone
	Lang    string
	Key     string // of the message catalogue: <Key>.subject and <Key>.body
	Code    string
	Link    string // path; "" when there is nothing to follow
}

// Messenger sends a message when the transaction is durable. The text holds a
// secret and is wiped once it has been sent.
type Messenger interface {
	Secret(tx *db.Tx, c *city.City, m Message) error
}

// Confirmed is called in the transaction in which an address was proved for a
// feature's purpose, such as a report; it returns the page to show.
type Confirmed func(tx *db.Tx, c *city.City, subject, person int64) (path string, err error)

// Service is every use case of accounts.
type Service struct {
	db       *db.DB
	clock    clock.Clock
	send     Messenger
	cities   *city.Registry
	demo     bool
	purposes map[string]Confirmed
	data     []manifest.PersonalData
	mandates Mandates
}

// NewService returns the accounts of d. In demo mode staff needs no second
// factor in demo cities.
func NewService(d *db.DB, c clock.Clock, send Messenger, cities *city.Registry, demo bool) *Service {
	return &Service{db: d, clock: c, send: send, cities: cities, demo: demo, purposes: map[string]Confirmed{}, mandates: noMandates{}}
}

// Purpose sets what happens when an address is proved for a feature.
func (s *Service) Purpose(name string, fn Confirmed) { s.purposes[name] = fn }

// PersonalData sets the register from which export and erasure work.
func (s *Service) PersonalData(list []manifest.PersonalData) { s.data = list }

// Mandates tells for whom somebody may act, and who else somebody is: known by a
// call or a letter before there was an account.
type Mandates interface {
	ActsFor(tx *db.Tx, city, person, now int64) ([]int64, error)
	Selves(tx *db.Tx, city, person int64) ([]int64, error)
}

// noMandates is what holds until Mandates is told.
type noMandates struct{}

func (noMandates) ActsFor(*db.Tx, int64, int64, int64) ([]int64, error) { return nil, nil }
func (noMandates) Selves(*db.Tx, int64, int64) ([]int64, error)         { return nil, nil }

// Mandates sets who may act for whom.
func (s *Service) Mandates(m Mandates) { s.mandates = m }

// Purposes of a code that are not a feature's.
const (
	purposeSignIn  = "sign_in"
	purposeContact = "contact"
)

// Actor implements page.Sessions. Staff have their powers only in a session
// that proved a second factor, except in a demo.
func (s *Service) Actor(ctx context.Context, cityID int64, secret string) (permission.Actor, error) {
	none := permission.Actor{City: cityID}
	if len(secret) < 20 || len(secret) > 100 {
		return none, nil
	}
	now := s.clock.Now().UnixMilli()
	hash := tokenHash(secret)
	var who signedIn
	var grants []permission.Grant
	var others []int64
	err := s.db.Glance(ctx, func(tx *db.Tx) (err error) {
		if who, err = bySession(tx, cityID, hash, now); err != nil {
			return err
		}
		if grants, err = Grants(tx, cityID, who.ID); err != nil {
			return err
		}
		others, err = s.mandates.ActsFor(tx, cityID, who.ID, now)
		return err
	})
	if errors.Is(err, db.ErrNotFound) {
		return none, nil
	}
	if err != nil {
		return none, err
	}
	if now-who.seen > seenEvery.Milliseconds() {
		// A disk that takes no writes must not sign people out.
		_ = s.db.Update(context.WithoutCancel(ctx), func(tx *db.Tx) error { return touchSession(tx, cityID, hash, now) })
	}
	a := permission.Actor{City: cityID, Person: who.ID, Level: who.Level, Name: who.Name, Lang: who.Lang, Strong: who.strong, For: others}
	if c, ok := s.cities.ByID(cityID); ok && s.lenient(c) {
		a.Strong = true
	}
	if a.Strong {
		a.Grants = grants
	}
	return a, nil
}

// Begin sends a code to an address with which to sign in. The answer is the
// same whether or not somebody has an account there.
func (s *Service) Begin(ctx context.Context, c *city.City, text, lang, back string) (ticket string, err error) {
	address, _, err := ParseAddress(c, text)
	if err != nil {
		return "", err
	}
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		ticket, err = s.challenge(tx, c, challenge{purpose: purposeSignIn, address: address, back: back}, lang)
		return err
	})
	return ticket, err
}

// Start sends a code with which somebody without an account confirms what a
// feature has taken from them. It implements report.Confirmations.
func (s *Service) Start(tx *db.Tx, c *city.City, purpose string, subject int64, address, lang string) (ticket string, err error) {
	return s.challenge(tx, c, challenge{purpose: purpose, subject: subject, address: address}, lang)
}

func (s *Service) challenge(tx *db.Tx, c *city.City, ch challenge, lang string) (string, error) {
	now := s.clock.Now()
	n, err := count(tx, c.ID, hash(c, "codes", ch.address), now, codesWithin)
	if err != nil {
		return "", err
	}
	if n > maxCodes {
		return "", web.Invalid(web.FieldError{Field: "address", Key: "account.error.too_many_codes"})
	}
	ticket, code := ids.Secret(20), ids.Digits(codeDigits)
	ch.codeHash, ch.until = hash(c, "code", ticket+code), now.Add(codeFor).UnixMilli()
	if err := insertChallenge(tx, c.ID, tokenHash(ticket), ch); err != nil {
		return "", err
	}
	return ticket, s.send.Secret(tx, c, Message{
		Address: ch.address, Kind: kindOf(ch.address), Lang: lang, Key: mailOf(ch.purpose), Code: code,
		Link: "/confirm/" + ticket + "?code=" + code,
	})
}

func mailOf(purpose string) string {
	switch purpose {
	case purposeSignIn:
		return "account.mail.sign_in"
	case purposeContact:
		return "account.mail.contact"
	}
	return "account.mail.confirm"
}

// SentTo tells where the code of a ticket went, half hidden, so that nobody
// types a code for an address that is not theirs. It is empty for a ticket that
// is gone.
func (s *Service) SentTo(ctx context.Context, c *city.City, ticket string) (masked string, err error) {
	err = s.db.View(ctx, func(tx *db.Tx) error {
		ch, err := challengeOf(tx, c.ID, tokenHash(ticket), "")
		if err == nil && !ch.used && ch.until >= s.clock.Now().UnixMilli() {
			masked = mask(ch.address)
		}
		if errors.Is(err, db.ErrNotFound) {
			return nil
		}
		return err
	})
	return masked, err
}

// Proof is what a right code gives.
type Proof struct {
	Session string // secret for the cookie; "" when the visitor is signed in already
	Until   time.Time
	Path    string // page to show next
	Person  int64
	Weak    bool // a member of staff who has to prove a second factor yet
}

// Prove checks a code. Wrong codes are counted for the ticket and for the
// address: after five the ticket is dead, after thirty a day the address waits.
func (s *Service) Prove(ctx context.Context, c *city.City, a permission.Actor, ticket, code, agent, lang string) (Proof, error) {
	var p Proof
	var wrong error
	code = digits(code)
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		p, wrong = Proof{}, nil
		ch, refusal, err := s.check(tx, c, a, ticket, code)
		if err != nil || refusal != nil {
			wrong = refusal
			return err
		}
		if ch.purpose == purposeContact {
			p.Person, p.Path = ch.subject, ch.back
			wrong, err = s.attach(tx, c, ch)
			return err
		}
		p, err = s.enter(tx, c, ch, agent, lang)
		return err
	})
	if err != nil {
		return Proof{}, err
	}
	return p, wrong
}

// check takes a challenge whose code is right out of use. A refusal is kept in
// the transaction, for it counts; an error is not.
func (s *Service) check(tx *db.Tx, c *city.City, a permission.Actor, ticket, code string) (ch challenge, refusal, err error) {
	now, ticketHash := s.clock.Now(), tokenHash(ticket)
	ch, err = challengeOf(tx, c.ID, ticketHash, tx.ForUpdate())
	if errors.Is(err, db.ErrNotFound) {
		return ch, codeError("account.error.code_old"), nil
	}
	if err != nil {
		return ch, nil, err
	}
	switch {
	case ch.purpose == purposeContact && a.Person != ch.subject:
		// Who was talked into pressing a stranger's button gives nothing away.
		return ch, codeError("account.error.code_other"), nil
	case ch.used, ch.until < now.UnixMilli(), ch.tries >= maxTries:
		return ch, codeError("account.error.code_old"), nil
	}
	tries := hash(c, "tries", ch.address)
	n, err := count(tx, c.ID, tries, now, wrongWithin)
	switch {
	case err != nil:
		return ch, nil, err
	case n > maxWrong:
		return ch, codeError("account.error.too_many_wrong"), nil
	case subtle.ConstantTimeCompare([]byte(ch.codeHash), []byte(hash(c, "code", ticket+code))) != 1:
		return ch, codeError("account.error.code_wrong"), noteTry(tx, c.ID, ticketHash, false)
	}
	if err := noteTry(tx, c.ID, ticketHash, true); err != nil {
		return ch, nil, err
	}
	return ch, nil, resetCount(tx, c.ID, tries)
}

// enter signs in whoever proved an address and does what the code was for.
func (s *Service) enter(tx *db.Tx, c *city.City, ch challenge, agent, lang string) (p Proof, err error) {
	person, err := FindOrCreate(tx, c.ID, ch.address, lang, s.clock.Now())
	if err != nil {
		return p, err
	}
	if err := errors.Join(raiseLevel(tx, c.ID, person.ID, levelOf(ch.address)), prove(tx, c.ID, person.ID, ch.address, s.clock.Now())); err != nil {
		return p, err
	}
	p.Person, p.Path = person.ID, ch.back
	if fn := s.purposes[ch.purpose]; fn != nil {
		if p.Path, err = fn(tx, c, ch.subject, person.ID); err != nil {
			return p, err
		}
	}
	grants, err := Grants(tx, c.ID, person.ID)
	if err != nil {
		return p, err
	}
	p.Weak = len(grants) > 0 && !s.lenient(c)
	p.Session, p.Until, err = s.session(tx, c, person.ID, agent, false)
	return p, err
}

// Weak tells whether the actor has roles that wait for a second factor.
func (s *Service) Weak(ctx context.Context, c *city.City, a permission.Actor) (bool, error) {
	if !a.SignedIn() || a.Strong {
		return false, nil
	}
	var held []permission.Grant
	err := s.db.View(ctx, func(tx *db.Tx) (err error) {
		held, err = Grants(tx, c.ID, a.Person)
		return err
	})
	return len(held) > 0, err
}

// lenient tells whether staff need no second factor: in a demo.
func (s *Service) lenient(c *city.City) bool { return s.demo && c.Demo }

func digits(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, text)
}

func codeError(key string) error { return web.Invalid(web.FieldError{Field: "code", Key: key}) }

func (s *Service) session(tx *db.Tx, c *city.City, person int64, agent string, strong bool) (string, time.Time, error) {
	now := s.clock.Now()
	secret := ids.Secret(32)
	until := now.Add(sessionFor)
	err := insertSession(tx, c.ID, person, tokenHash(secret), Session{
		ID: ids.At(now), Device: deviceName(agent), Created: now.UnixMilli(), Seen: now.UnixMilli(), Until: until.UnixMilli(), Strong: strong,
	})
	return secret, until, err
}

// SignInAs opens a session for a person of a demo city, without any proof.
func (s *Service) SignInAs(ctx context.Context, c *city.City, person int64, agent string) (Proof, error) {
	if !s.lenient(c) || person >= inventedBelow {
		return Proof{}, web.NotFound()
	}
	var p Proof
	err := s.db.Update(ctx, func(tx *db.Tx) (err error) {
		if _, err = Get(tx, c.ID, person); err != nil {
			return err
		}
		p.Person = person
		p.Session, p.Until, err = s.session(tx, c, person, agent, true)
		return err
	})
	return p, err
}

// SignOut ends the session of a cookie.
func (s *Service) SignOut(ctx context.Context, c *city.City, secret string) error {
	return s.db.Update(ctx, func(tx *db.Tx) error { return endSession(tx, c.ID, tokenHash(secret)) })
}

// Devices reads where the actor is signed in; session is the secret of the one
// that asks.
func (s *Service) Devices(ctx context.Context, c *city.City, a permission.Actor, session string) (list []Session, err error) {
	if !a.SignedIn() {
		return nil, permission.ErrDenied
	}
	err = s.db.View(ctx, func(tx *db.Tx) error {
		if list, err = Sessions(tx, c.ID, a.Person, s.clock.Now().UnixMilli()); err != nil {
			return err
		}
		here, err := sessionID(tx, c.ID, a.Person, tokenHash(session))
		for i := range list {
			list[i].Here = list[i].ID == here
		}
		return err
	})
	return list, err
}

// Revoke ends one of the actor's sessions, or all when id is 0.
func (s *Service) Revoke(ctx context.Context, c *city.City, a permission.Actor, id int64) error {
	if !a.SignedIn() {
		return permission.ErrDenied
	}
	return s.db.Update(ctx, func(tx *db.Tx) error { return revokeSessions(tx, c.ID, a.Person, id) })
}

// Profile changes the actor's name and language.
func (s *Service) Profile(ctx context.Context, c *city.City, a permission.Actor, name, lang string) error {
	if !a.SignedIn() {
		return permission.ErrDenied
	}
	f := &web.Form{}
	f.Long("name", name, maxName)
	if err := f.Err(); err != nil {
		return err
	}
	return s.db.Update(ctx, func(tx *db.Tx) error { return updateProfile(tx, c.ID, a.Person, name, lang) })
}
