package account

import (
	"context"
	"crypto/subtle"
	"errors"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

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
}

// NewService returns the accounts of d. In demo mode staff needs no second
// factor in demo cities.
func NewService(d *db.DB, c clock.Clock, send Messenger, cities *city.Registry, demo bool) *Service {
	return &Service{db: d, clock: c, send: send, cities: cities, demo: demo, purposes: map[string]Confirmed{}}
}

// Purpose sets what happens when an address is proved for a feature.
func (s *Service) Purpose(name string, fn Confirmed) { s.purposes[name] = fn }

// PersonalData sets the register from which export and erasure work.
func (s *Service) PersonalData(list []manifest.PersonalData) { s.data = list }

const purposeSignIn = "sign_in"

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
	err := s.db.View(ctx, func(tx *db.Tx) (err error) {
		if who, err = bySession(tx, cityID, hash, now); err != nil {
			return err
		}
		grants, err = Grants(tx, cityID, who.ID)
		return err
	})
	if errors.Is(err, db.ErrNotFound) {
		return none, nil
	}
	if err != nil {
		return none, err
	}
	if now-who.seen > seenEvery.Milliseconds() {
		// Nobody waits for this, and a read-only disk must not sign people out.
		_ = s.db.Update(context.WithoutCancel(ctx), func(tx *db.Tx) error { return touchSession(tx, cityID, hash, now) })
	}
	a := permission.Actor{City: cityID, Person: who.ID, Level: who.Level, Name: who.Name, Lang: who.Lang, Strong: who.strong}
	if c, ok := s.cities.ByID(cityID); ok && s.demo && c.Demo {
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
	n, err := attempts(tx, c.ID, hash(c, "address", ch.address), now)
	if err != nil {
		return "", err
	}
	if n > maxAddress {
		return "", web.Invalid(web.FieldError{Field: "address", Key: "account.error.too_many_codes"})
	}
	ticket, code := ids.Secret(20), ids.Digits(codeDigits)
	ch.codeHash, ch.until = hash(c, "code", ticket+code), now.Add(codeFor).UnixMilli()
	if err := insertChallenge(tx, c.ID, tokenHash(ticket), ch); err != nil {
		return "", err
	}
	key := "account.mail.sign_in"
	if ch.purpose != purposeSignIn {
		key = "account.mail.confirm"
	}
	return ticket, s.send.Secret(tx, c, Message{
		Address: ch.address, Kind: kindOf(ch.address), Lang: lang, Key: key, Code: code,
		Link: "/confirm/" + ticket + "?code=" + code,
	})
}

// Proof is what a right code gives.
type Proof struct {
	Session string // secret for the cookie
	Until   time.Time
	Path    string // page to show next
	Person  int64
}

// Prove checks a code. Wrong codes are counted; after five the ticket is dead.
func (s *Service) Prove(ctx context.Context, c *city.City, ticket, code, agent, lang string) (Proof, error) {
	var p Proof
	var wrong error
	code = strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, code)
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		p, wrong = Proof{}, nil
		now := s.clock.Now()
		ch, err := lockChallenge(tx, c.ID, tokenHash(ticket))
		if errors.Is(err, db.ErrNotFound) {
			wrong = codeError("account.error.code_old")
			return nil
		}
		if err != nil {
			return err
		}
		good := subtle.ConstantTimeCompare([]byte(ch.codeHash), []byte(hash(c, "code", ticket+code))) == 1
		switch {
		case ch.used, ch.until < now.UnixMilli(), ch.tries >= maxTries:
			wrong = codeError("account.error.code_old")
			return nil
		case !good:
			wrong = codeError("account.error.code_wrong")
			return noteTry(tx, c.ID, tokenHash(ticket), false)
		}
		if err := noteTry(tx, c.ID, tokenHash(ticket), true); err != nil {
			return err
		}
		person, err := FindOrCreate(tx, c.ID, ch.address, lang, now)
		if err != nil {
			return err
		}
		if kindOf(ch.address) == "phone" {
			if err := raiseLevel(tx, c.ID, person.ID, permission.Phone); err != nil {
				return err
			}
		}
		p.Person, p.Path = person.ID, ch.back
		if fn := s.purposes[ch.purpose]; fn != nil {
			if p.Path, err = fn(tx, c, ch.subject, person.ID); err != nil {
				return err
			}
		}
		p.Session, p.Until, err = s.session(tx, c, person.ID, agent, false)
		return err
	})
	if err != nil {
		return Proof{}, err
	}
	return p, wrong
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
	if !s.demo || !c.Demo {
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
	if len([]rune(name)) > 120 {
		return web.Invalid(web.FieldError{Field: "name", Key: "error.field.too_long", Args: []any{"max", 120, "over", len([]rune(name)) - 120}})
	}
	return s.db.Update(ctx, func(tx *db.Tx) error { return updateProfile(tx, c.ID, a.Person, name, lang) })
}

// Enrol begins TOTP for the actor and returns the key to scan.
func (s *Service) Enrol(ctx context.Context, c *city.City, a permission.Actor) (*otp.Key, error) {
	if !a.SignedIn() {
		return nil, permission.ErrDenied
	}
	name := a.Name
	if name == "" {
		name = "staff"
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: "Ashar " + c.Slug, AccountName: name})
	if err != nil {
		return nil, err
	}
	return key, s.db.Update(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec("account.totp.pending", `UPDATE account_person SET totp_pending = $3 WHERE city_id = $1 AND id = $2`, c.ID, a.Person, key.Secret())
		return err
	})
}

// ProveTOTP checks a code of the authenticator app, takes a pending key into
// use, and makes the session strong. A code counts once.
func (s *Service) ProveTOTP(ctx context.Context, c *city.City, a permission.Actor, session, code string) (recovery []string, err error) {
	if !a.SignedIn() {
		return nil, permission.ErrDenied
	}
	now := s.clock.Now()
	code = strings.ReplaceAll(strings.TrimSpace(code), " ", "")
	var wrong error
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		recovery, wrong = nil, nil
		n, err := attempts(tx, c.ID, hash(c, "totp", itoa(a.Person)), now)
		if err != nil {
			return err
		}
		if n > 3*maxTries {
			wrong = codeError("account.error.too_many_codes")
			return nil
		}
		active, pending, used, err := totpOf(tx, c.ID, a.Person)
		if err != nil {
			return err
		}
		step := now.Unix() / 30
		switch {
		case pending != "" && matchTOTP(code, pending, now):
			if recovery, err = s.activate(tx, c, a.Person, pending, step); err != nil {
				return err
			}
		case active != "" && used < step && matchTOTP(code, active, now):
			if err := useTOTP(tx, c.ID, a.Person, step); err != nil {
				return err
			}
		default:
			ok, err := useRecovery(tx, c.ID, a.Person, hash(c, "recovery", code))
			if err != nil {
				return err
			}
			if !ok {
				wrong = codeError("account.error.code_wrong")
				return nil
			}
		}
		return strengthen(tx, c.ID, tokenHash(session))
	})
	if err == nil {
		err = wrong
	}
	return recovery, err
}

func matchTOTP(code, secret string, now time.Time) bool {
	ok, err := totp.ValidateCustom(code, secret, now, totp.ValidateOpts{Period: 30, Skew: 1, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
	return err == nil && ok
}

func (s *Service) activate(tx *db.Tx, c *city.City, person int64, secret string, step int64) ([]string, error) {
	if err := setTOTP(tx, c.ID, person, secret, step); err != nil {
		return nil, err
	}
	var codes []string
	for range recoveryKeys {
		code := ids.Secret(6)
		codes = append(codes, code)
		if err := putRecovery(tx, c.ID, person, hash(c, "recovery", code)); err != nil {
			return nil, err
		}
	}
	return codes, nil
}

// StaffSpec describes a member of staff to create.
type StaffSpec struct {
	Name    string
	Address string
	Lang    string
	Grants  []permission.Grant
}

// CreateStaff makes a person with roles; whoever has the address already gets
// the roles. It is for the command line and for administrators.
func (s *Service) CreateStaff(ctx context.Context, c *city.City, a permission.Actor, spec StaffSpec) (int64, error) {
	if err := a.Check("account.grant", 0); err != nil {
		return 0, err
	}
	address, _, err := ParseAddress(c, spec.Address)
	if err != nil {
		return 0, err
	}
	var id int64
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		p, err := FindOrCreate(tx, c.ID, address, spec.Lang, s.clock.Now())
		if err != nil {
			return err
		}
		id = p.ID
		if spec.Name != "" {
			if err := updateProfile(tx, c.ID, p.ID, spec.Name, spec.Lang); err != nil {
				return err
			}
		}
		for _, g := range spec.Grants {
			if err := PutGrant(tx, c.ID, p.ID, g); err != nil {
				return err
			}
			if err := permission.Audit(tx, a, "account.grant", "person", p.ID, string(g.Role)+"@"+itoa(g.Body), s.clock.Now()); err != nil {
				return err
			}
		}
		return nil
	})
	return id, err
}

// RevokeGrant takes a role from a person.
func (s *Service) RevokeGrant(ctx context.Context, c *city.City, a permission.Actor, person int64, g permission.Grant) error {
	if err := a.Check("account.grant", 0); err != nil {
		return err
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		if err := dropGrant(tx, c.ID, person, g); err != nil {
			return err
		}
		return permission.Audit(tx, a, "account.revoke", "person", person, string(g.Role)+"@"+itoa(g.Body), s.clock.Now())
	})
}

// ResetAccess ends all sessions of a person and removes the second factor, for
// somebody who lost the phone.
func (s *Service) ResetAccess(ctx context.Context, c *city.City, a permission.Actor, person int64) error {
	if err := a.Check("account.grant", 0); err != nil {
		return err
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		if err := revokeSessions(tx, c.ID, person, 0); err != nil {
			return err
		}
		if err := clearFactors(tx, c.ID, person); err != nil {
			return err
		}
		return permission.Audit(tx, a, "account.reset", "person", person, "", s.clock.Now())
	})
}

// PersonAt finds the person who signs in with an address.
func (s *Service) PersonAt(ctx context.Context, c *city.City, text string) (int64, error) {
	address, _, err := ParseAddress(c, text)
	if err != nil {
		return 0, err
	}
	var p Person
	err = s.db.View(ctx, func(tx *db.Tx) (err error) {
		p, err = personByAddress(tx, c.ID, address)
		return err
	})
	return p.ID, err
}
