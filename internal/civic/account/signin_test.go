package account_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/account"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/db"
)

func TestAddressesAreReadAsPeopleTypeThem(t *testing.T) {
	c := &city.City{PhonePrefix: "996"}
	for _, k := range []struct{ typed, address, kind, refused string }{
		{" Aidai@Mail.KG ", "aidai@mail.kg", "email", ""},
		{"0555 12 34 56", "+996555123456", "phone", ""},
		{"+996 (555) 12-34-56", "+996555123456", "phone", ""},
		{"555123456", "+996555123456", "phone", ""},
		{"", "", "", "address address"},
		{"Aidai <aidai@mail.kg>", "", "", "address email"},
		{"aidai@", "", "", "address email"},
		{strings.Repeat("a", 250) + "@mail.kg", "", "", "address email"},
		{"185", "", "", "address phone"},
		{"0312 66 12 34", "", "", "address phone_fixed"},
	} {
		address, kind, err := account.ParseAddress(c, k.typed)
		if address != k.address || kind != k.kind || field(err) != k.refused {
			t.Errorf("%q is read as %q (%s), refused with %q; want %q (%s), %q", k.typed, address, kind, field(err), k.address, k.kind, k.refused)
		}
	}
}

func TestACodeSignsInAndMakesAnAccountOnce(t *testing.T) {
	for _, k := range []struct {
		name, address, kind string
		level               permission.Level
	}{
		{"by e-mail", "aidai@mail.kg", "email", permission.Known},
		{"by telephone", "0555 12 34 56", "phone", permission.Phone},
	} {
		t.Run(k.name, func(t *testing.T) {
			each(t, func(t *testing.T, w *town) {
				first := w.signIn(w.city, k.address)
				if m := w.post.last(t); m.Kind != k.kind || m.Key != "account.mail.sign_in" || len(m.Code) != 6 {
					t.Errorf("sent %+v", m)
				}
				if first.Path != "/reports" || first.Weak {
					t.Errorf("the code leads to %q, weak %v", first.Path, first.Weak)
				}
				a := w.who(w.city, first.Session)
				if a.Person != first.Person || a.Level != k.level || a.City != w.city.ID || a.Strong || a.Staff() {
					t.Errorf("signed in as %+v", a)
				}
				if again := w.signIn(w.city, k.address); again.Person != first.Person || again.Session == first.Session {
					t.Error("the second sign-in is of another person or of the same session")
				}
			})
		})
	}
}

func TestCodesDie(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		ticket, code := w.ask(w.city, "aidai@mail.kg")
		for range 5 {
			_, err := w.prove(w.city, ticket, wrongFor(code))
			wantField(t, err, "code code_wrong")
		}
		_, err := w.prove(w.city, ticket, code)
		wantField(t, err, "code code_old")

		ticket, code = w.ask(w.city, "aidai@mail.kg")
		if _, err := w.prove(w.city, ticket, " "+code[:3]+" "+code[3:]); err != nil {
			t.Errorf("a right code after a dead one: %v", err)
		}
		_, err = w.prove(w.city, ticket, code)
		wantField(t, err, "code code_old")

		ticket, code = w.ask(w.city, "aidai@mail.kg")
		w.clock.Advance(10*time.Minute + time.Second)
		_, err = w.prove(w.city, ticket, code)
		wantField(t, err, "code code_old")
		_, err = w.prove(w.city, "no-such-ticket", code)
		wantField(t, err, "code code_old")
		_, err = w.prove(w.demo, ticket, code)
		wantField(t, err, "code code_old")
	})
}

func wrongFor(code string) string {
	if code == "000000" {
		return "000001"
	}
	return "000000"
}

func TestGuessingLocksTheAddressWhateverIsAskedFor(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		wrong := 0
		for wrong < 30 {
			ticket, code := w.ask(w.city, "aidai@mail.kg")
			for range 5 {
				_, err := w.prove(w.city, ticket, wrongFor(code))
				wantField(t, err, "code code_wrong")
				wrong++
			}
			w.clock.Advance(15 * time.Minute)
		}
		ticket, code := w.ask(w.city, "aidai@mail.kg")
		_, err := w.prove(w.city, ticket, code)
		wantField(t, err, "code too_many_wrong")
		if other := w.signIn(w.city, "nurbek@mail.kg"); other.Session == "" {
			t.Error("another address is locked too")
		}
		w.clock.Advance(24 * time.Hour)
		w.signIn(w.city, "aidai@mail.kg")
	})
}

func TestCodesToOneAddressAreCountedExactly(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		var sent, refused atomic.Int64
		together(20, func(i int) {
			// Written differently, and from anywhere: it is one telephone.
			text := []string{"0555 12 34 56", "+996555123456", "555-12-34-56"}[i%3]
			_, err := w.service.Begin(t.Context(), w.city, text, "ky", "/")
			switch field(err) {
			case "":
				sent.Add(1)
			case "address too_many_codes":
				refused.Add(1)
			}
		})
		if sent.Load() != 6 || refused.Load() != 14 || len(w.post.all()) != 6 {
			t.Errorf("%d sent, %d refused, %d letters", sent.Load(), refused.Load(), len(w.post.all()))
		}
		w.ask(w.city, "nurbek@mail.kg")
		w.ask(w.demo, "0555 12 34 56")
		w.clock.Advance(time.Hour + time.Second)
		w.ask(w.city, "0555 12 34 56")
	})
}

func TestOneAddressProvedByManyAtOnceIsOnePerson(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		const addresses = 20
		for n := range addresses { // they meet now and then only
			address := fmt.Sprintf("aidai%d@mail.kg", n)
			people := make([]int64, 8)
			together(len(people), func(i int) {
				err := w.db.Update(t.Context(), func(tx *db.Tx) error {
					p, err := account.FindOrCreate(tx, w.city.ID, address, "ky", w.clock.Now())
					people[i] = p.ID
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
			slices.Sort(people)
			if len(slices.Compact(people)) != 1 {
				t.Errorf("people of %s are %v", address, people)
			}
		}
		if n := w.number(`SELECT COUNT(*) FROM account_person`); n != addresses {
			t.Errorf("%d people of %d addresses", n, addresses)
		}
	})
}

func TestCitiesShareNobody(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		here, there := w.signIn(w.city, "aidai@mail.kg"), w.signIn(w.demo, "aidai@mail.kg")
		if here.Person == there.Person {
			t.Error("one person in two cities")
		}
		if a := w.who(w.demo, here.Session); a.SignedIn() {
			t.Errorf("a session of one city is good in the other: %+v", a)
		}
		if err := w.service.Revoke(t.Context(), w.demo, w.who(w.demo, there.Session), 0); err != nil {
			t.Fatal(err)
		}
		if !w.who(w.city, here.Session).SignedIn() || w.who(w.demo, there.Session).SignedIn() {
			t.Error("signing out in one city reaches the other")
		}
		admin := w.admin(w.city, "admin@mail.kg")
		err := w.service.Grant(t.Context(), w.city, admin, there.Person, permission.Grant{Role: permission.Clerk})
		if !errors.Is(err, db.ErrNotFound) {
			t.Errorf("a role for somebody of the other city: %v", err)
		}
	})
}

func TestSessionsEnd(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		phone, desk := w.signIn(w.city, "aidai@mail.kg"), w.signIn(w.city, "aidai@mail.kg")
		stranger := w.signIn(w.city, "stranger@mail.kg")
		a := w.who(w.city, phone.Session)
		list, err := w.service.Devices(t.Context(), w.city, a, phone.Session)
		if err != nil || len(list) != 2 {
			t.Fatalf("%d devices, %v", len(list), err)
		}
		here := slices.IndexFunc(list, func(s account.Session) bool { return s.Here })
		if here < 0 || list[here].Device != "Chrome · Android" || list[1-here].Here {
			t.Errorf("devices are %+v", list)
		}
		revoke := func(a permission.Actor, id int64) {
			t.Helper()
			if err := w.service.Revoke(t.Context(), w.city, a, id); err != nil {
				t.Fatal(err)
			}
		}
		revoke(w.who(w.city, stranger.Session), list[1-here].ID)
		if !w.who(w.city, desk.Session).SignedIn() {
			t.Error("a stranger ended somebody's session")
		}
		revoke(a, list[1-here].ID)
		if w.who(w.city, desk.Session).SignedIn() || !w.who(w.city, phone.Session).SignedIn() {
			t.Error("not the chosen device was signed out")
		}
		desk = w.signIn(w.city, "aidai@mail.kg")
		revoke(a, 0)
		if w.who(w.city, desk.Session).SignedIn() || w.who(w.city, phone.Session).SignedIn() || !w.who(w.city, stranger.Session).SignedIn() {
			t.Error("signing out everywhere ended too little or too much")
		}
		if err := w.service.SignOut(t.Context(), w.city, stranger.Session); err != nil {
			t.Fatal(err)
		}
		if w.who(w.city, stranger.Session).SignedIn() {
			t.Error("signed out, and still in")
		}
		old := w.signIn(w.city, "aidai@mail.kg")
		w.clock.Advance(90*24*time.Hour + time.Second)
		if w.who(w.city, old.Session).SignedIn() {
			t.Error("a session outlives its term")
		}
		w.update(func(tx *db.Tx) error { return account.Sweep(tx, w.city.ID, w.clock.Now()) })
		for _, table := range []string{"account_session", "account_challenge", "account_limit"} {
			if n := w.number(`SELECT COUNT(*) FROM ` + table); n != 0 {
				t.Errorf("%d rows of %s outlive their time", n, table)
			}
		}
	})
}

func TestLastSeenIsWrittenSeldom(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		proof := w.signIn(w.city, "aidai@mail.kg")
		before := w.db.Counts().Writes
		for range 50 {
			w.clock.Advance(10 * time.Second) // 500 seconds in all
			w.who(w.city, proof.Session)
		}
		if n := w.db.Counts().Writes - before; n != 1 {
			t.Errorf("50 requests in eight minutes wrote %d times", n)
		}
		for _, nonsense := range []string{"", "short", strings.Repeat("x", 52), strings.Repeat("x", 5000)} {
			if w.who(w.city, nonsense).SignedIn() {
				t.Errorf("%.60q is a session", nonsense)
			}
		}
	})
}

func TestSecretsAreNotInTheDatabase(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		ticket, code := w.ask(w.city, "aidai@mail.kg")
		proof, err := w.prove(w.city, ticket, code)
		if err != nil {
			t.Fatal(err)
		}
		for what, secret := range map[string]string{"ticket": ticket, "code": code, "session": proof.Session} {
			if where := w.find(secret); where != nil {
				t.Errorf("the %s is written down in %v", what, where)
			}
		}
	})
}

// find looks for a text in all columns of the accounts and notices.
func (w *town) find(text string) (where []string) {
	w.t.Helper()
	var dump strings.Builder
	if err := w.db.Dump(w.t.Context(), &dump); err != nil {
		w.t.Fatal(err)
	}
	table := ""
	for _, l := range strings.Split(dump.String(), "\n") {
		if strings.HasPrefix(l, `["table",`) {
			table = l
		} else if strings.Contains(l, fmt.Sprintf("%q", text)) || (len(text) > 6 && strings.Contains(l, text)) {
			where = append(where, table)
		}
	}
	return where
}

func TestAFeatureConfirmsAnAddressWithoutRegistration(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		var told []string
		w.service.Purpose("report", func(_ *db.Tx, c *city.City, subject, person int64) (string, error) {
			told = append(told, fmt.Sprint(c.Slug, " ", subject, " ", person > 0))
			return "/reports/2026-000001", nil
		})
		var ticket string
		w.update(func(tx *db.Tx) (err error) {
			ticket, err = w.service.Start(tx, w.city, "report", 77, "aidai@mail.kg", "ky")
			return err
		})
		m := w.post.last(t)
		if m.Key != "account.mail.confirm" || !strings.HasPrefix(m.Link, "/confirm/"+ticket) {
			t.Errorf("sent %+v", m)
		}
		if _, err := w.prove(w.city, ticket, wrongFor(m.Code)); err == nil || told != nil {
			t.Error("a wrong code confirms")
		}
		proof, err := w.prove(w.city, ticket, m.Code)
		if err != nil || proof.Path != "/reports/2026-000001" || !slices.Equal(told, []string{"bishkek 77 true"}) {
			t.Errorf("told %v, led to %q, %v", told, proof.Path, err)
		}
	})
}

func TestASecondAddressIsOneMoreWayToTheSameAccount(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		proof := w.signIn(w.city, "aidai@mail.kg")
		a := w.who(w.city, proof.Session)
		add := func(a permission.Actor, address string) (string, string) {
			t.Helper()
			ticket, err := w.service.AddContact(t.Context(), w.city, a, address, "ky")
			if err != nil {
				t.Fatal(err)
			}
			return ticket, w.post.last(t).Code
		}
		as := func(a permission.Actor, ticket, code string) (account.Proof, error) {
			return w.service.Prove(t.Context(), w.city, a, ticket, code, "", "ky")
		}
		ticket, code := add(a, "0555 12 34 56")
		if _, err := as(permission.Actor{City: w.city.ID}, ticket, code); field(err) != "code code_other" {
			t.Errorf("the owner of the telephone, talked into a stranger's button: %v", err)
		}
		if p, err := as(a, ticket, code); err != nil || p.Session != "" || p.Path != "/account/contacts" {
			t.Errorf("proof %+v, %v", p, err)
		}
		if again := w.signIn(w.city, "0555 12 34 56"); again.Person != proof.Person {
			t.Error("the telephone leads to another account")
		}
		if got := w.who(w.city, proof.Session).Level; got != permission.Phone {
			t.Errorf("level %v after the telephone was proved", got)
		}

		taken := w.signIn(w.city, "nurbek@mail.kg")
		ticket, code = add(a, "nurbek@mail.kg")
		_, err := as(a, ticket, code)
		wantField(t, err, "code address_taken")
		if got := w.signIn(w.city, "nurbek@mail.kg"); got.Person != taken.Person {
			t.Error("an address changed hands")
		}

		drop := func(address string) error { return w.service.DropContact(t.Context(), w.city, a, address) }
		if err := drop("nurbek@mail.kg"); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("dropped somebody else's address: %v", err)
		}
		if err := drop("aidai@mail.kg"); err != nil {
			t.Error(err)
		}
		wantField(t, drop("+996555123456"), "address last_contact")
		if p := w.signIn(w.city, "aidai@mail.kg"); p.Person == proof.Person {
			t.Error("a dropped address still leads to the account")
		}
	})
}
