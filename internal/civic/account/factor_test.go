package account_test

import (
	"errors"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/ashar-kg/ashar/internal/civic/account"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/db"
)

// enrol takes an authenticator app into use and returns its key and the
// recovery codes.
func (w *town) enrol(c *city.City, session string) (secret string, recovery []string) {
	w.t.Helper()
	key, err := w.service.Enrol(w.t.Context(), c, w.who(c, session))
	if err != nil {
		w.t.Fatal(err)
	}
	recovery, err = w.service.ProveTOTP(w.t.Context(), c, w.who(c, session), session, w.app(key.Secret()))
	if err != nil {
		w.t.Fatal(err)
	}
	return key.Secret(), recovery
}

// app is the authenticator app on somebody's phone.
func (w *town) app(secret string) string {
	w.t.Helper()
	code, err := totp.GenerateCode(secret, w.clock.Now())
	if err != nil {
		w.t.Fatal(err)
	}
	return code
}

func TestStaffWithoutASecondFactorHaveNoPowers(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		w.appoint(w.city, "clerk@mail.kg", permission.Grant{Role: permission.Clerk, Body: 7}, permission.Grant{Role: permission.Admin})
		proof := w.signIn(w.city, "clerk@mail.kg")
		if !proof.Weak {
			t.Error("nobody asks for the second factor")
		}
		a := w.who(w.city, proof.Session)
		if a.Strong || a.Staff() || a.Can("account.grant", 0) {
			t.Errorf("an e-mail alone gives %+v", a)
		}
		if weak, err := w.service.Weak(t.Context(), w.city, a); err != nil || !weak {
			t.Errorf("weak %v, %v", weak, err)
		}
		w.enrol(w.city, proof.Session)
		a = w.who(w.city, proof.Session)
		if !a.Strong || len(a.Grants) != 2 || !a.Can("account.grant", 0) {
			t.Errorf("the second factor gives %+v", a)
		}
		if other := w.who(w.city, w.signIn(w.city, "clerk@mail.kg").Session); other.Strong || other.Staff() {
			t.Error("the factor proved on one device makes another one strong")
		}
	})
}

func TestOnlyDemoCitiesDoWithoutASecondFactor(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		w.appoint(w.demo, "clerk@mail.kg", permission.Grant{Role: permission.Clerk})
		proof := w.signIn(w.demo, "clerk@mail.kg")
		if a := w.who(w.demo, proof.Session); proof.Weak || !a.Staff() {
			t.Errorf("staff of a demo city: weak %v, %+v", proof.Weak, a)
		}
		w.update(func(tx *db.Tx) error {
			for _, c := range []*city.City{w.city, w.demo} {
				if err := account.PutDemo(tx, c.ID, account.Person{ID: 1000, Name: "Бакыт", Lang: "ky"}, "staff@demo.example"); err != nil {
					return err
				}
			}
			return nil
		})
		if p, err := w.service.SignInAs(t.Context(), w.demo, 1000, ""); err != nil || !w.who(w.demo, p.Session).SignedIn() {
			t.Errorf("one click in the demo: %v", err)
		}
		for name, k := range map[string]struct {
			c      *city.City
			person int64
		}{"a city that is none": {w.city, 1000}, "a real person of a demo": {w.demo, proof.Person}, "nobody": {w.demo, 1001}} {
			if p, err := w.service.SignInAs(t.Context(), k.c, k.person, ""); err == nil || p.Session != "" {
				t.Errorf("one click signs in as %s", name)
			}
		}
		cities, err := city.NewRegistry(t.Context(), w.db)
		if err != nil {
			t.Fatal(err)
		}
		serious := account.NewService(w.db, w.clock, w.post, cities, false)
		if _, err := serious.SignInAs(t.Context(), w.demo, 1000, ""); err == nil {
			t.Error("one click without the demo mode of the server")
		}
		if a, err := serious.Actor(t.Context(), w.demo.ID, proof.Session); err != nil || a.Staff() {
			t.Errorf("powers without the demo mode of the server: %+v, %v", a, err)
		}
	})
}

func TestACodeOfTheAppCountsOnce(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		proof := w.signIn(w.city, "aidai@mail.kg")
		a := w.who(w.city, proof.Session)
		first, err := w.service.Enrol(t.Context(), w.city, a)
		if err != nil {
			t.Fatal(err)
		}
		again, err := w.service.Enrol(t.Context(), w.city, a)
		if err != nil || again.Secret() != first.Secret() || again.URL() != first.URL() {
			t.Errorf("the page loaded again shows another key: %v", err)
		}
		secret, recovery := w.enrol(w.city, proof.Session)
		if secret != first.Secret() || len(recovery) != 8 {
			t.Errorf("%d recovery codes", len(recovery))
		}
		prove := func(code string) error {
			session := w.signIn(w.city, "aidai@mail.kg").Session
			_, err := w.service.ProveTOTP(t.Context(), w.city, w.who(w.city, session), session, code)
			if strong := w.who(w.city, session).Strong; strong != (err == nil) {
				t.Errorf("strong %v after %v", strong, err)
			}
			return err
		}
		used := w.app(secret)
		wantField(t, prove(used), "code code_wrong")
		w.clock.Advance(30 * time.Second) // the app's own neighbour, which a slow clock still allows
		wantField(t, prove(used), "code code_wrong")
		fresh := w.app(secret)
		if err := prove(fresh[:3] + " " + fresh[3:]); err != nil {
			t.Errorf("a fresh code: %v", err)
		}
		w.clock.Advance(time.Hour)
		if err := prove(" " + recovery[3] + " "); err != nil {
			t.Errorf("a recovery code: %v", err)
		}
		wantField(t, prove(recovery[3]), "code code_wrong")
	})
}

func TestGuessingTheSecondFactorEnds(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		proof := w.signIn(w.city, "aidai@mail.kg")
		secret, _ := w.enrol(w.city, proof.Session)
		weak := w.signIn(w.city, "aidai@mail.kg").Session
		try := func(code string) error {
			_, err := w.service.ProveTOTP(t.Context(), w.city, w.who(w.city, weak), weak, code)
			return err
		}
		for range 20 {
			wantField(t, try("123"), "code code_wrong")
		}
		w.clock.Advance(time.Hour)
		wantField(t, try(w.app(secret)), "code too_many_wrong")
		w.clock.Advance(24 * time.Hour)
		if err := try(w.app(secret)); err != nil {
			t.Error(err)
		}
	})
}

// Who reads somebody's mail has a session, and must not get further.
func TestAWeakSessionChangesNoFactorAndNoAddress(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		strong := w.signIn(w.city, "aidai@mail.kg")
		w.enrol(w.city, strong.Session)
		thief := w.who(w.city, w.signIn(w.city, "aidai@mail.kg").Session)
		for name, deed := range map[string]func(a permission.Actor) error{
			"a new app":      func(a permission.Actor) error { _, err := w.service.Enrol(t.Context(), w.city, a); return err },
			"no app":         func(a permission.Actor) error { return w.service.DropTOTP(t.Context(), w.city, a) },
			"recovery codes": func(a permission.Actor) error { _, err := w.service.NewRecovery(t.Context(), w.city, a); return err },
			"a passkey": func(a permission.Actor) error {
				_, err := w.service.BeginPasskey(t.Context(), w.city, a, here)
				return err
			},
			"no passkey": func(a permission.Actor) error { return w.service.DropPasskey(t.Context(), w.city, a, 1) },
			"another address": func(a permission.Actor) error {
				_, err := w.service.AddContact(t.Context(), w.city, a, "thief@mail.kg", "ky")
				return err
			},
			"one address fewer": func(a permission.Actor) error { return w.service.DropContact(t.Context(), w.city, a, "aidai@mail.kg") },
			"the end of it all": func(a permission.Actor) error { return w.service.Erase(t.Context(), w.city, a) },
		} {
			if got := field(deed(thief)); got != "code prove_first" {
				t.Errorf("%s: %q", name, got)
			}
			if err := deed(permission.Actor{City: w.city.ID}); !errors.Is(err, permission.ErrDenied) {
				t.Errorf("%s for an anonymous visitor: %v", name, err)
			}
		}
		if err := w.service.DropTOTP(t.Context(), w.city, w.who(w.city, strong.Session)); err != nil {
			t.Errorf("the owner: %v", err)
		}
	})
}
