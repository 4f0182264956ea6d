package app_test

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/ashar-kg/ashar/internal/app"
	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/platform/config"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/db/dbtest"
	"github.com/ashar-kg/ashar/internal/platform/sms/smstest"
)

// secret is a word of an appeal that nobody but its author and the body that
// answers may ever meet.
const secret = "Зарлыкбекова"

var appealNumber = regexp.MustCompile(`A-\d{4}-\d{6}`)

// bodyNamed is the id of a body of the demo, as a form sends it.
func bodyNamed(t *testing.T, a *app.App, code string) string {
	t.Helper()
	var id int64
	if err := a.DB.View(t.Context(), func(tx *db.Tx) error {
		all, err := body.All(tx, 1)
		for _, b := range all {
			if b.Code == code {
				id = b.ID
			}
		}
		return err
	}); err != nil || id == 0 {
		t.Fatalf("body %s: %v", code, err)
	}
	return text(t, id)
}

func appealForm(to string) url.Values {
	return url.Values{
		"form": {"complaint"}, "body": {to}, "text": {secret + " writes that the lamps of the whole street have been dark for a month."},
		"name": {"Айгүл " + secret}, "address": {"Токтогул 12"}, "answer_lang": {"ky"}, "signers": {"Neighbour One\n\nNeighbour Two"},
	}
}

func TestAnAppealGoesFromItsAuthorToASignedLetter(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		be := func(person string) *browser {
			b := visit(t, s)
			b.do(200, http.MethodPost, "/demo", url.Values{"person": {person}, "back": {"/account"}})
			return b
		}
		author, clerk, head, inspector, admin, dispatcher := be("2000"), be("1003"), be("1004"), be("1005"), be("1000"), be("1001")
		gorsvet := bodyNamed(t, a, "gorsvet")

		// What is wrong is told at its field and nothing that was typed is lost.
		wrong := appealForm(gorsvet)
		wrong.Set("text", "too short")
		wrong.Del("form")
		wrong.Set("earlier", "A-2001-000001")
		page, _ := author.do(422, http.MethodPost, "/appeals/new", wrong)
		if strings.Count(page, "govuk-error-message") != 3 || !strings.Contains(page, "too short") || !strings.Contains(page, "Neighbour Two") {
			t.Errorf("a wrong appeal is answered with %.600s", page)
		}
		form := appealForm(gorsvet)
		form.Set("idempotency_key", "appeal-once")
		page, at := author.do(200, http.MethodPost, "/appeals/new", form)
		number := appealNumber.FindString(at)
		if number == "" || !strings.Contains(page, "14 working days") || !strings.Contains(page, "Law no. 67") {
			t.Fatalf("the appeal led to %s: %.300s", at, page)
		}
		if _, again := author.do(200, http.MethodPost, "/appeals/new", form); !strings.Contains(again, number) {
			t.Errorf("the same appeal sent twice led to %s", again)
		}

		// Who may read it, and who learns nothing of it.
		for name, b := range map[string]*browser{"another resident": be("2001"), "a clerk of another body": be("1006"), "the administrator": admin, "an inspector": inspector, "a visitor": visit(t, s)} {
			for _, path := range []string{"/appeals/" + number, "/staff/appeals/" + number, "/appeals/" + number + "/answer.pdf"} {
				if page, _ := b.do(404, http.MethodGet, path, nil); strings.Contains(page, secret) {
					t.Errorf("%s reads it at %s", name, path)
				}
			}
			b.do(404, http.MethodPost, "/staff/appeals/"+number, url.Values{"do": {"note"}, "note": {"x"}})
		}
		if page, _ := inspector.do(200, http.MethodGet, "/staff", nil); strings.Contains(page, number) || strings.Contains(page, secret) {
			t.Error("the inspector has the appeal in the inbox")
		}
		if page, _ := clerk.do(200, http.MethodGet, "/staff?kind=appeal", nil); !strings.Contains(page, "/staff/appeals/"+number) {
			t.Error("the clerk does not have it in the inbox")
		}
		if _, at := clerk.do(200, http.MethodGet, "/staff?q="+number, nil); !strings.HasSuffix(at, "/staff/appeals/"+number) {
			t.Errorf("the number leads to %s", at)
		}

		do := func(want int, b *browser, what string, more ...string) string {
			t.Helper()
			form := url.Values{"do": {what}}
			for i := 0; i+1 < len(more); i += 2 {
				form.Add(more[i], more[i+1])
			}
			page, _ := b.do(want, http.MethodPost, "/staff/appeals/"+number, form)
			return page
		}
		do(200, clerk, "take")
		do(403, clerk, "extend", "note", "We need the supplier's answer")
		do(422, head, "extend", "note", "")
		do(200, head, "extend", "note", "We need the supplier's answer")
		do(422, head, "extend", "note", "And once more")
		do(422, clerk, "draft", "text", "")
		do(200, clerk, "draft", "text", "Көчө жарыгы оңдолду.")
		do(403, clerk, "sign")
		do(200, clerk, "review", "text", "Көчө жарыгы оңдолду.")
		do(422, head, "return", "note", "")
		do(200, head, "return", "note", "Say when")
		if page, _ := clerk.do(200, http.MethodGet, "/staff/appeals/"+number, nil); !strings.Contains(page, "Say when") {
			t.Error("the clerk does not see why the draft came back")
		}
		do(200, clerk, "review", "text", "Көчө жарыгы 20-ноябрда оңдолду.")
		do(422, head, "sign", "ground", "weather")
		do(200, head, "sign")
		do(409, head, "sign")
		do(409, clerk, "draft", "text", "Other words")

		page, _ = author.do(200, http.MethodGet, "/appeals/"+number, nil)
		for _, want := range []string{"20-ноябрда оңдолду", "/answer.pdf", "Extended", "We need the supplier"} {
			if !strings.Contains(page, want) {
				t.Errorf("the author does not see %q", want)
			}
		}
		// Both who worked on it are named, each once an hour.
		looks := page[strings.Index(page, `id="looks"`):]
		if n := strings.Count(looks[:strings.Index(looks, "</ul>")], "<li>"); n != 2 {
			t.Errorf("%d lookers are named, want the clerk and the head", n)
		}
		pdf, _ := author.do(200, http.MethodGet, "/appeals/"+number+"/answer.pdf", nil)
		if !strings.HasPrefix(pdf, "%PDF-") {
			t.Errorf("the letter begins with %.10q", pdf)
		}
		code := verifyCode(t, a)
		sum := sha256.Sum256([]byte(pdf))
		if page, _ := visit(t, s).do(200, http.MethodGet, "/verify/"+code, nil); !strings.Contains(page, hex.EncodeToString(sum[:])) || strings.Contains(page, secret) {
			t.Error("the letter cannot be verified, or tells of its author")
		}
		visit(t, s).do(404, http.MethodGet, "/verify/"+strings.Repeat("x", len(code)), nil)

		// The staff sees that it was received, and a provider's signature goes with the letter.
		if page, _ := clerk.do(200, http.MethodGet, "/staff/appeals/"+number, nil); !strings.Contains(page, "The author read the answer") {
			t.Error("the clerk does not see that the author has the answer")
		}
		sign := func(want int, b *browser, name, content string) {
			t.Helper()
			b.upload(want, "/staff/appeals/"+number+"/signature", "signature", nil, map[string]string{name: content})
		}
		author.do(404, http.MethodGet, "/appeals/"+number+"/answer.p7s", nil)
		sign(422, head, "letter.p7s", "no signature")
		sign(422, head, "letter.exe", "0\x82\x01")
		sign(403, clerk, "letter.p7s", "0\x82\x01 of the clerk")
		sign(200, head, "letter.p7s", "0\x82\x01 of the head")
		sign(409, head, "letter.p7s", "0\x82\x01 another one")
		if text, _ := author.do(200, http.MethodGet, "/appeals/"+number+"/answer.p7s", nil); text != "0\x82\x01 of the head" {
			t.Errorf("the signature is %q", text)
		}
		be("2001").do(404, http.MethodGet, "/appeals/"+number+"/answer.p7s", nil)
		if page, _ := visit(t, s).do(200, http.MethodGet, "/verify/"+code, nil); !strings.Contains(page, "Attached") {
			t.Error("who verifies the letter does not learn of its signature")
		}

		// The author judges once, and complains to the body above.
		author.do(422, http.MethodPost, "/appeals/"+number+"/rate", url.Values{"stars": {"2"}})
		author.do(200, http.MethodPost, "/appeals/"+number+"/rate", url.Values{"stars": {"2"}, "note": {"Still dark"}})
		author.do(409, http.MethodPost, "/appeals/"+number+"/rate", url.Values{"stars": {"5"}})
		more := appealForm("0")
		more.Set("about", number)
		_, at = author.do(200, http.MethodPost, "/appeals/new", more)
		above := appealNumber.FindString(at)
		clerk.do(404, http.MethodGet, "/staff/appeals/"+above, nil)
		if page, _ := dispatcher.do(200, http.MethodGet, "/staff/appeals/"+above, nil); !strings.Contains(page, number) {
			t.Error("the complaint does not lead to the answer it is about")
		}
		if page, _ := author.do(200, http.MethodGet, "/account", nil); !strings.Contains(page, number) || !strings.Contains(page, above) {
			t.Error("the account does not list the appeals")
		}

		// Nothing of it stands anywhere in public, in notices or in mails.
		deliver(t, a)
		for _, path := range []string{
			"/", "/appeals", "/reports", "/reports?q=lamps+street+month", "/reports.atom", "/data/reports.csv", "/api/v1/reports?limit=100",
			"/open311/v2/requests.json", "/bodies", "/bodies/gorsvet", "/verify/" + code,
		} {
			if page, _ := visit(t, s).do(200, http.MethodGet, path, nil); strings.Contains(page, secret) || strings.Contains(page, number) && !strings.HasPrefix(path, "/verify") {
				t.Errorf("%s tells of the appeal", path)
			}
		}
		if page, _ := author.do(200, http.MethodGet, "/demo/outbox", nil); strings.Contains(page, secret) {
			t.Error("a mail tells what the appeal says")
		}
		if page, _ := author.do(200, http.MethodGet, "/account/notices", nil); !strings.Contains(page, number) {
			t.Error("the author has no notice")
		}
	})
}

// verifyCode reads the code that is printed on the only signed letter.
func verifyCode(t *testing.T, a *app.App) (code string) {
	t.Helper()
	if err := a.DB.View(t.Context(), func(tx *db.Tx) (err error) {
		code, err = db.One(tx, "test.code", `SELECT code FROM appeal_answer WHERE code <> ''`, db.Text)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return code
}

func TestAnAppealWithoutAnAccountIsConfirmedByCode(t *testing.T) {
	for engine, url := range map[string]func() string{"sqlite": func() string { return "" }, "postgres": func() string { return dbtest.PostgresURL(t) }} {
		t.Run(engine, func(t *testing.T) {
			centre := smstest.Start(t, smstest.WithPassword("ashar", "secret"))
			a, s := serve(t, url(), func(c *config.Config) { c.SMS, c.SMSFrom = "smpp://ashar:secret@"+centre.Address(), "Bishkek" })
			confirmByCode(t, a, s, centre)
		})
	}
}

func confirmByCode(t *testing.T, a *app.App, s *httptest.Server, centre *smstest.Centre) {
	b, dispatcher := visit(t, s), visit(t, s)
	dispatcher.do(200, http.MethodPost, "/demo", url.Values{"person": {"1001"}, "back": {"/account"}})
	form := appealForm("0")
	b.do(422, http.MethodPost, "/appeals/new", form)
	form.Set("contact", "0555 12 34 56")
	_, at := b.do(200, http.MethodPost, "/appeals/new", form)
	if !strings.Contains(at, "/confirm/") {
		t.Fatalf("it led to %s", at)
	}
	if page, _ := dispatcher.do(200, http.MethodGet, "/staff?kind=appeal", nil); strings.Contains(page, secret) {
		t.Error("it is in the inbox before it is confirmed")
	}
	// The code comes by SMS, over a line to the operator's message centre.
	deliver(t, a)
	seen := centre.Wait(t, func(s smstest.Snapshot) bool { return len(s.Parts) > 0 })
	got := seen.Parts[0]
	code := regexp.MustCompile(`\d{6}`).FindString(got.Text)
	if got.To != "996555123456" || code == "" || strings.Contains(got.Text, secret) {
		t.Fatalf("%s got %q", got.To, got.Text)
	}
	page, at := b.do(200, http.MethodPost, strings.TrimPrefix(at, s.URL), url.Values{"code": {code}})
	if number := appealNumber.FindString(at); number == "" || !strings.Contains(page, "Registered") {
		t.Fatalf("the code led to %s: %.300s", at, page)
	}
	if page, _ := dispatcher.do(200, http.MethodGet, "/staff?kind=appeal", nil); !strings.Contains(page, secret) {
		t.Error("it is not in the inbox after it is confirmed")
	}
}
