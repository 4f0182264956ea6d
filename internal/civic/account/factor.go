package account

import (
	"context"
	"encoding/base32"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
)

// Factors are the second factors of a person.
type Factors struct {
	TOTP     bool
	Passkeys []Passkey
}

// Factors reads the actor's second factors.
func (s *Service) Factors(ctx context.Context, c *city.City, a permission.Actor) (f Factors, err error) {
	if !a.SignedIn() {
		return f, permission.ErrDenied
	}
	err = s.db.View(ctx, func(tx *db.Tx) error {
		f = Factors{}
		p, err := Get(tx, c.ID, a.Person)
		if err != nil {
			return err
		}
		f.TOTP = p.TOTP
		keys, err := passkeysOf(tx, c.ID, a.Person)
		for _, k := range keys {
			f.Passkeys = append(f.Passkeys, k.Passkey)
		}
		return err
	})
	return f, err
}

var totpSecret = base32.StdEncoding.WithPadding(base32.NoPadding)

// Enrol begins TOTP for the actor and returns the key to scan: the same one
// until it is taken into use, so that a page loaded again or a mistyped code
// does not spoil what the phone has scanned.
func (s *Service) Enrol(ctx context.Context, c *city.City, a permission.Actor) (*otp.Key, error) {
	if !a.SignedIn() {
		return nil, permission.ErrDenied
	}
	opts := totp.GenerateOpts{Issuer: "Ashar " + c.Slug, AccountName: a.Name}
	if opts.AccountName == "" {
		opts.AccountName = c.Slug
	}
	fresh, err := totp.Generate(opts)
	if err != nil {
		return nil, err
	}
	secret := fresh.Secret()
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		if err := guard(tx, a); err != nil {
			return err
		}
		_, pending, _, err := totpOf(tx, c.ID, a.Person)
		if err != nil {
			return err
		}
		if pending != "" {
			secret = pending
			return nil
		}
		secret = fresh.Secret()
		return pendTOTP(tx, c.ID, a.Person, secret)
	})
	if err != nil {
		return nil, err
	}
	if opts.Secret, err = totpSecret.DecodeString(secret); err != nil {
		return nil, err
	}
	return totp.Generate(opts)
}

// ProveTOTP checks a code of the authenticator app, takes a pending key into
// use, and makes the session strong. A code counts once.
func (s *Service) ProveTOTP(ctx context.Context, c *city.City, a permission.Actor, session, code string) (recovery []string, err error) {
	if !a.SignedIn() {
		return nil, permission.ErrDenied
	}
	code = strings.ToLower(strings.Join(strings.Fields(code), ""))
	var wrong error
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		recovery, wrong = nil, nil
		tries := hash(c, "totp", itoa(a.Person))
		n, err := count(tx, c.ID, tries, s.clock.Now(), wrongWithin)
		if err != nil {
			return err
		}
		if n > maxWrongTOTP {
			wrong = codeError("account.error.too_many_wrong")
			return nil
		}
		var good bool
		if good, recovery, err = s.tryTOTP(tx, c, a, code); err != nil {
			return err
		}
		if !good {
			wrong = codeError("account.error.code_wrong")
			return nil
		}
		if err := resetCount(tx, c.ID, tries); err != nil {
			return err
		}
		return strengthen(tx, c.ID, tokenHash(session))
	})
	if err == nil {
		err = wrong
	}
	return recovery, err
}

// tryTOTP tries a code as that of the app in use, of the app being enrolled,
// and as a recovery code.
func (s *Service) tryTOTP(tx *db.Tx, c *city.City, a permission.Actor, code string) (good bool, recovery []string, err error) {
	now := s.clock.Now()
	active, pending, used, err := totpOf(tx, c.ID, a.Person)
	if err != nil {
		return false, nil, err
	}
	if step, ok := totpStep(code, active, now); ok && step > used {
		return true, nil, useTOTP(tx, c.ID, a.Person, step)
	}
	if step, ok := totpStep(code, pending, now); ok {
		if err := guard(tx, a); err != nil {
			return false, nil, err
		}
		if err := setTOTP(tx, c.ID, a.Person, pending, step); err != nil {
			return false, nil, err
		}
		if err := permission.Audit(tx, a, "account.factor", "person", a.Person, "totp", now); err != nil {
			return false, nil, err
		}
		recovery, err = newRecovery(tx, c, a.Person)
		return true, recovery, err
	}
	good, err = useRecovery(tx, c.ID, a.Person, hash(c, "recovery", code))
	return good, nil, err
}

// totpStep returns the step of half a minute whose code this is. The step, not
// the time of asking, is remembered: a code stays good for three steps, and
// must not be good twice.
func totpStep(code, secret string, now time.Time) (step int64, ok bool) {
	if secret == "" {
		return 0, false
	}
	const period = 30
	for skew := int64(-1); skew <= 1; skew++ {
		at := now.Unix()/period + skew
		good, err := totp.ValidateCustom(code, secret, time.Unix(at*period, 0), totp.ValidateOpts{Period: period, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err == nil && good {
			return at, true
		}
	}
	return 0, false
}

func newRecovery(tx *db.Tx, c *city.City, person int64) ([]string, error) {
	if err := clearRecovery(tx, c.ID, person); err != nil {
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

// NewRecovery gives the actor fresh recovery codes; the old ones are void.
func (s *Service) NewRecovery(ctx context.Context, c *city.City, a permission.Actor) (codes []string, err error) {
	if !a.SignedIn() {
		return nil, permission.ErrDenied
	}
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		if err := guard(tx, a); err != nil {
			return err
		}
		has, err := hasFactor(tx, c.ID, a.Person)
		if err != nil {
			return err
		}
		if !has {
			return db.ErrNotFound
		}
		codes, err = newRecovery(tx, c, a.Person)
		return err
	})
	return codes, err
}

// DropTOTP takes the authenticator app of the actor out of use, and with it
// the recovery codes.
func (s *Service) DropTOTP(ctx context.Context, c *city.City, a permission.Actor) error {
	if !a.SignedIn() {
		return permission.ErrDenied
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		if err := guard(tx, a); err != nil {
			return err
		}
		if err := setTOTP(tx, c.ID, a.Person, "", 0); err != nil {
			return err
		}
		return permission.Audit(tx, a, "account.factor.drop", "person", a.Person, "totp", s.clock.Now())
	})
}
