package account_test

import (
	"errors"
	"sync/atomic"
	"testing"

	"github.com/ashar-kg/ashar/internal/civic/account"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/openid"
)

const issuer = "https://id.example"

func (w *town) identified(c *city.City, a permission.Actor, who openid.Who) (account.Proof, error) {
	return w.service.Identified(w.t.Context(), c, a, issuer, who, "Mozilla/5.0 (Android 14) Chrome/120", "ky")
}

func TestAProviderTellsWhoSomebodyIs(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		nobody := permission.Actor{City: w.city.ID}
		aizada := openid.Who{Subject: "s1", Name: "Айзада", Number: "10101199000123"}
		first, err := w.identified(w.city, nobody, aizada)
		if err != nil {
			t.Fatal(err)
		}
		me := w.who(w.city, first.Session)
		if me.Person != first.Person || me.Level != permission.National {
			t.Errorf("signed in as %d of level %v, want %d confirmed by the country", me.Person, me.Level, first.Person)
		}
		again, err := w.identified(w.city, nobody, aizada)
		if err != nil || again.Person != first.Person || again.Session == first.Session {
			t.Errorf("came back as %d (%v), want %d with a session of its own", again.Person, err, first.Person)
		}
		for what, who := range map[string]openid.Who{
			"another provider's word for another person": {Subject: "s2"},
			"a number too short to be a document":        {Subject: "s3", Number: "12"},
		} {
			if p, err := w.identified(w.city, nobody, who); err != nil || p.Person == first.Person {
				t.Errorf("%s: person %d (%v), want somebody new", what, p.Person, err)
			}
		}
		other, err := w.identified(w.demo, permission.Actor{City: w.demo.ID}, aizada)
		if err != nil || other.Person == first.Person {
			t.Errorf("in another city person %d (%v), want somebody of that city", other.Person, err)
		}
		if n := w.number(`SELECT count(*) FROM account_identity WHERE subject_hash LIKE '%s1%'`); n != 0 {
			t.Error("what the provider calls the person stands in the database")
		}
	})
}

func TestAnIdentityIsOnePersonsOnly(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		one := w.who(w.city, w.signIn(w.city, "one@city.example").Session)
		two := w.who(w.city, w.signIn(w.city, "two@city.example").Session)
		if _, err := w.identified(w.city, one, openid.Who{Subject: "s1", Number: "AN1234567"}); err != nil {
			t.Fatal(err)
		}
		_, err := w.identified(w.city, two, openid.Who{Subject: "s1"})
		wantField(t, err, "identity identity_taken")
		_, err = w.identified(w.city, one, openid.Who{Subject: "s9"})
		wantField(t, err, "identity identity_other")
		_, err = w.identified(w.city, two, openid.Who{Subject: "s2", Number: "an 1234567"})
		wantField(t, err, "identity document_taken")
		if n := w.number(`SELECT count(*) FROM account_identity WHERE person_id = $1`, two.Person); n != 0 {
			t.Error("a refused identity was kept")
		}
		// Who has shown the document is known by it, whatever the provider calls them now.
		if err := w.service.DropIdentity(t.Context(), w.city, one, issuer); err != nil {
			t.Fatal(err)
		}
		p, err := w.identified(w.city, permission.Actor{City: w.city.ID}, openid.Who{Subject: "s5", Number: "AN1234567"})
		if err != nil || p.Person != one.Person {
			t.Errorf("known by the document as %d (%v), want %d", p.Person, err, one.Person)
		}
	})
}

func TestWhoHasNoOtherWayInKeepsTheProvider(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		p, err := w.identified(w.city, permission.Actor{City: w.city.ID}, openid.Who{Subject: "s1"})
		if err != nil {
			t.Fatal(err)
		}
		me := w.who(w.city, p.Session)
		wantField(t, w.service.DropIdentity(t.Context(), w.city, me, issuer), "identity identity_last")
		if err := w.service.DropIdentity(t.Context(), w.city, permission.Actor{City: w.city.ID}, issuer); !errors.Is(err, permission.ErrDenied) {
			t.Errorf("a visitor drops an identity: %v", err)
		}
		held := w.who(w.city, w.signIn(w.city, "two@city.example").Session)
		if _, err := w.identified(w.city, held, openid.Who{Subject: "s2"}); err != nil {
			t.Fatal(err)
		}
		if err := w.service.DropIdentity(t.Context(), w.city, held, issuer); err != nil {
			t.Fatal(err)
		}
		if left, err := w.service.Identities(t.Context(), w.city, held); err != nil || len(left) != 0 {
			t.Errorf("kept %v (%v) after it was dropped", left, err)
		}
	})
}

func TestOnePersonComesOfManyAnswersAtOnce(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		var failed atomic.Int32
		together(8, func(int) {
			if _, err := w.identified(w.city, permission.Actor{City: w.city.ID}, openid.Who{Subject: "s1", Number: "AN7654321"}); err != nil {
				failed.Add(1)
				t.Log(err)
			}
		})
		if n := w.number(`SELECT count(*) FROM account_identity`); n != 1 || failed.Load() > 0 {
			t.Errorf("%d identities and %d refusals, want 1 and none", n, failed.Load())
		}
		if n := w.number(`SELECT count(*) FROM account_person`); n != 1 {
			t.Errorf("%d persons, want 1", n)
		}
	})
}
