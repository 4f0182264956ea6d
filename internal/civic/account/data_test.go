package account_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/account"
	"github.com/ashar-kg/ashar/internal/civic/manifest"
	"github.com/ashar-kg/ashar/internal/civic/notify"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/db"
)

func TestExportHoldsOnesOwnDataAndNobodyElses(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		w.appoint(w.city, "clerk@mail.kg", permission.Grant{Role: permission.Clerk, Body: 7})
		session := w.signIn(w.city, "clerk@mail.kg").Session
		w.enrol(w.city, session)
		if err := w.makeKey(newDevice(t, here), session); err != nil {
			t.Fatal(err)
		}
		other := w.signIn(w.city, "other@mail.kg")
		w.update(func(tx *db.Tx) error {
			return notify.AddWatch(tx, w.city.ID, notify.Watch{Person: other.Person, Layer: "report", District: "somebody-elses-district"})
		})
		export := func(session string) string {
			t.Helper()
			doc, err := w.service.Export(t.Context(), w.city, w.who(w.city, session))
			if err != nil {
				t.Fatal(err)
			}
			text, err := json.Marshal(doc)
			if err != nil {
				t.Fatal(err)
			}
			return string(text)
		}
		mine, theirs := export(session), export(other.Session)
		for _, want := range []string{"clerk@mail.kg", "Нурбек", "Chrome · Android", "Телефон", `"clerk"`, `"authenticator_app":true`, `"purpose":"account"`} {
			if !strings.Contains(mine, want) || strings.Contains(theirs, want) && want != "Chrome · Android" && want != `"purpose":"account"` {
				t.Errorf("%q is missing in one's own data, or in somebody else's:\n%s\n%s", want, mine, theirs)
			}
		}
		if !strings.Contains(theirs, "somebody-elses-district") || strings.Contains(mine, "somebody-elses-district") || strings.Contains(mine, "other@mail.kg") {
			t.Error("data of one person is in the export of another")
		}
		if _, err := w.service.Export(t.Context(), w.city, permission.Actor{City: w.city.ID}); !errors.Is(err, permission.ErrDenied) {
			t.Errorf("an anonymous visitor exports: %v", err)
		}
	})
}

func TestAnErasedPersonLeavesNoTraceButWhatTheLawKeeps(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		kept := ""
		w.service.PersonalData(append(slices.Clone(w.register), manifest.PersonalData{
			Name: "law", Export: func(*db.Tx, int64, int64) (any, error) { return kept, nil },
			Erase: func(_ *db.Tx, _, person int64, at time.Time) error {
				kept = "the case of a person without a name"
				return nil
			},
		}))
		proof := w.signIn(w.city, "aidai-of-the-test@mail.kg")
		a := w.who(w.city, proof.Session)
		if err := w.service.Profile(t.Context(), w.city, a, "Айдай Тестова", "ky"); err != nil {
			t.Fatal(err)
		}
		w.enrol(w.city, proof.Session)
		if err := w.makeKey(newDevice(t, here), proof.Session); err != nil {
			t.Fatal(err)
		}
		w.ask(w.city, "aidai-of-the-test@mail.kg") // a code under way
		neighbour := w.signIn(w.city, "neighbour@mail.kg")
		if err := w.service.Erase(t.Context(), w.city, w.who(w.city, proof.Session)); err != nil {
			t.Fatal(err)
		}
		for _, trace := range []string{"aidai-of-the-test", "Айдай", "Телефон"} {
			if where := w.find(trace); where != nil {
				t.Errorf("%q is left in %v", trace, where)
			}
		}
		if w.who(w.city, proof.Session).SignedIn() || kept == "" {
			t.Error("still signed in, or an entry of the register was not asked")
		}
		if !w.who(w.city, neighbour.Session).SignedIn() {
			t.Error("the neighbour is gone too")
		}
		var reached []notify.Addressee
		w.update(func(tx *db.Tx) (err error) {
			reached, err = w.service.Addressees(tx, w.city.ID, []int64{proof.Person, neighbour.Person})
			return err
		})
		if len(reached) != 1 || reached[0].Email != "neighbour@mail.kg" {
			t.Errorf("mail would go to %+v", reached)
		}
		if again := w.signIn(w.city, "aidai-of-the-test@mail.kg"); again.Person == proof.Person {
			t.Error("the address leads to the erased account")
		}
	})
}

func TestConsentsAreKeptWithTheirEnd(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		proof := w.signIn(w.city, "aidai@mail.kg")
		a := w.who(w.city, proof.Session)
		w.update(func(tx *db.Tx) error {
			for range 2 {
				if err := account.GiveConsent(tx, w.city.ID, a.Person, "survey", w.clock.Now()); err != nil {
					return err
				}
			}
			return nil
		})
		w.clock.Advance(time.Hour)
		if err := w.service.Withdraw(t.Context(), w.city, a, "survey"); err != nil {
			t.Fatal(err)
		}
		if err := w.service.Withdraw(t.Context(), w.city, a, account.ConsentAccount); !errors.Is(err, db.ErrInvalid) {
			t.Errorf("the account without its consent: %v", err)
		}
		w.clock.Advance(time.Hour)
		var got []account.Consent
		w.update(func(tx *db.Tx) (err error) {
			if err = account.GiveConsent(tx, w.city.ID, a.Person, "survey", w.clock.Now()); err != nil {
				return err
			}
			got, err = account.Consents(tx, w.city.ID, a.Person)
			return err
		})
		if len(got) != 3 || got[0].Purpose != "account" || got[0].Withdrawn != 0 || got[1].Withdrawn == 0 || got[2].Withdrawn != 0 {
			t.Errorf("consents are %+v", got)
		}
	})
}

func TestRolesAreGivenAndTakenByAdministratorsAndWrittenDown(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		admin := w.admin(w.city, "admin@mail.kg")
		clerk := permission.Grant{Role: permission.Clerk, Body: 7}
		id, err := w.service.CreateStaff(t.Context(), w.city, admin, account.StaffSpec{Name: "Бакыт", Address: "0700 12 34 56", Lang: "ru", Grants: []permission.Grant{clerk}})
		if err != nil {
			t.Fatal(err)
		}
		session := w.signIn(w.city, "+996700123456").Session
		w.enrol(w.city, session)
		if a := w.who(w.city, session); !slices.Contains(a.Grants, clerk) || a.Person != id || a.Name != "Бакыт" {
			t.Errorf("the clerk is %+v", a)
		}
		for name, deed := range map[string]func(a permission.Actor) error{
			"grant": func(a permission.Actor) error {
				return w.service.Grant(t.Context(), w.city, a, id, permission.Grant{Role: permission.Admin})
			},
			"revoke": func(a permission.Actor) error { return w.service.RevokeGrant(t.Context(), w.city, a, id, clerk) },
			"reset":  func(a permission.Actor) error { return w.service.ResetAccess(t.Context(), w.city, a, admin.Person) },
			"create": func(a permission.Actor) error {
				_, err := w.service.CreateStaff(t.Context(), w.city, a, account.StaffSpec{Address: "x@mail.kg", Grants: []permission.Grant{clerk}})
				return err
			},
			"verify": func(a permission.Actor) error {
				return w.service.VerifyResident(t.Context(), w.city, a, "admin@mail.kg", "ID1234567")
			},
		} {
			if err := deed(w.who(w.city, session)); !errors.Is(err, permission.ErrDenied) {
				t.Errorf("a clerk may %s: %v", name, err)
			}
		}
		err = w.service.Grant(t.Context(), w.city, admin, id, permission.Grant{Role: "emperor"})
		wantField(t, err, "role error.field.choice")
		err = w.service.RevokeGrant(t.Context(), w.city, admin, admin.Person, permission.Grant{Role: permission.Admin})
		wantField(t, err, "role last_admin")
		err = w.service.Erase(t.Context(), w.city, admin)
		wantField(t, err, "role last_admin")

		if err := w.service.RevokeGrant(t.Context(), w.city, admin, id, clerk); err != nil {
			t.Fatal(err)
		}
		if w.who(w.city, session).Staff() {
			t.Error("a role that was taken still counts")
		}
		if err := w.service.ResetAccess(t.Context(), w.city, admin, id); err != nil {
			t.Fatal(err)
		}
		if w.who(w.city, session).SignedIn() {
			t.Error("access was reset, and the session goes on")
		}
		f, err := w.service.Factors(t.Context(), w.city, w.who(w.city, w.signIn(w.city, "0700123456").Session))
		if err != nil || f.TOTP {
			t.Errorf("factors after the reset: %+v, %v", f, err)
		}
		var log []permission.Entry
		w.update(func(tx *db.Tx) (err error) { log, err = permission.AuditLog(tx, w.city.ID, 0, 50); return err })
		var deeds []string
		for _, e := range log {
			deeds = append(deeds, e.Action+" "+e.Note)
			if strings.Contains(e.Note, "mail.kg") || strings.Contains(e.Note, "700") {
				t.Errorf("personal data in the audit log: %+v", e)
			}
		}
		for _, want := range []string{"account.grant clerk@7", "account.revoke clerk@7", "account.reset ", "account.factor totp"} {
			if !slices.Contains(deeds, want) {
				t.Errorf("the audit log lacks %q: %q", want, deeds)
			}
		}
	})
}

func TestOneDocumentMakesOneResident(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		admin := w.admin(w.city, "admin@mail.kg")
		aidai, twin := w.signIn(w.city, "aidai@mail.kg"), w.signIn(w.city, "twin@mail.kg")
		verify := func(address, document string) error {
			return w.service.VerifyResident(t.Context(), w.city, admin, address, document)
		}
		wantField(t, verify("aidai@mail.kg", "12"), "document document")
		wantField(t, verify("nobody@mail.kg", "ID 1234567"), "address nobody")
		for range 2 {
			if err := verify("aidai@mail.kg", "id 123-4567"); err != nil {
				t.Fatal(err)
			}
		}
		wantField(t, verify("twin@mail.kg", "ID1234567"), "document document_taken")
		if a, b := w.who(w.city, aidai.Session).Level, w.who(w.city, twin.Session).Level; a != permission.Resident || b != permission.Known {
			t.Errorf("levels %v and %v", a, b)
		}
		if where := w.find("ID1234567"); where != nil {
			t.Errorf("the number is written down in %v", where)
		}
		// A lower proof later takes nothing away.
		if again := w.who(w.city, w.signIn(w.city, "aidai@mail.kg").Session); again.Level != permission.Resident {
			t.Errorf("level %v after the next sign-in", again.Level)
		}
	})
}
