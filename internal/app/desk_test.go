package app_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/ashar-kg/ashar/internal/app"
	"github.com/ashar-kg/ashar/internal/civic/notify"
	"github.com/ashar-kg/ashar/internal/platform/db"
)

var callDone = regexp.MustCompile(`(?:Registered|Катталды|Зарегистрировано): ((?:A-)?\d{4}-\d{6})`)

func callForm(more ...string) url.Values {
	f := url.Values{
		"do": {"take"}, "phone": {"0555 700 701"}, "name": {"Бурул"}, "lang": {"ky"}, "what": {"report:street-light"},
		"lat": {"42.8746"}, "lon": {"74.6036"}, "address": {"Чүй 120"}, "text": {"Аялдамада чырак күйбөйт."},
	}
	for i := 0; i+1 < len(more); i += 2 {
		f.Set(more[i], more[i+1])
	}
	return f
}

func TestWhatIsSaidOnTheTelephoneBecomesACaseLikeAnyOther(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		operator := visit(t, s)
		operator.do(200, http.MethodPost, "/demo", url.Values{"person": {"1001"}, "back": {"/staff"}})
		take := func(want int, more ...string) (page, number string) {
			t.Helper()
			page, _ = operator.do(want, http.MethodPost, "/staff/desk", callForm(more...))
			if m := callDone.FindStringSubmatch(page); m != nil {
				number = m[1]
			}
			return page, number
		}

		// Who works at no desk sees none, and nobody's number.
		for _, person := range []string{"2000", "1003", "1000"} {
			other := visit(t, s)
			other.do(200, http.MethodPost, "/demo", url.Values{"person": {person}, "back": {"/account"}})
			other.do(403, http.MethodGet, "/staff/desk", nil)
			other.do(403, http.MethodPost, "/staff/desk/side", callForm())
			other.do(403, http.MethodPost, "/staff/desk", callForm())
		}
		if page, _ := take(422, "what", "", "text", "", "phone", "12"); strings.Count(page, "govuk-error-message") != 1 || !strings.Contains(page, `value="Бурул"`) {
			t.Errorf("a call about nothing: %.400s", page)
		}

		_, report := take(200, "idempotency_key", "call-1", "back", "16:30", "ask", "Оңдолдубу?")
		if _, again := take(200, "idempotency_key", "call-1"); report == "" || !strings.HasSuffix(again, report) && again != "" {
			t.Fatalf("the call became %q, sent again %q", report, again)
		}
		page, _ := operator.do(200, http.MethodGet, "/staff/desk", nil)
		if !strings.Contains(page, "+996555700701") || !strings.Contains(page, "Оңдолдубу?") || !strings.Contains(page, report) {
			t.Error("the desk does not show whom to ring back")
		}
		side, _ := operator.do(200, http.MethodPost, "/staff/desk/side", callForm("phone", "+996 555 700701"))
		if !strings.Contains(side, "Бурул") || strings.Count(side, report) < 2 {
			t.Errorf("of the second call the desk knows %s", side)
		}
		// The page is public as any report, and says nothing of who called.
		if page, _ := visit(t, s).do(200, http.MethodGet, "/reports/"+report, nil); strings.Contains(page, "Бурул") || strings.Contains(page, "555700701") {
			t.Error("the page of the report tells who called")
		}

		// A neighbour has the same: one more for the case, and not one case more.
		_, joined := take(200, "phone", "0700 11 22 33", "do", "", "join", report, "join_kind", "report")
		if joined != report {
			t.Errorf("the neighbour was joined to %q", joined)
		}
		if page, _ := operator.do(200, http.MethodGet, "/reports/"+report, nil); !strings.Contains(page, "Муну дагы 1 адам") && !strings.Contains(page, "1 more person sees it") {
			t.Error("the neighbour is not counted")
		}
		take(422, "phone", "", "do", "", "join", report, "join_kind", "report")

		// An appeal by telephone, and one that nobody signed.
		words := strings.Repeat("Жол жабылып, автобус өтпөйт. ", 3)
		_, appeal := take(200, "what", "appeal:complaint", "text", words+secret, "home", "Токтогул 12")
		if !strings.HasPrefix(appeal, "A-") {
			t.Fatalf("the appeal became %q", appeal)
		}
		if page, _ := operator.do(200, http.MethodGet, "/staff/appeals/"+appeal, nil); !strings.Contains(page, secret) || !strings.Contains(page, "Токтогул 12") || !strings.Contains(page, "Чүй 120") {
			t.Error("the appeal lacks what was said")
		}
		_, signal := take(200, "what", "appeal:complaint", "text", words, "name", "", "phone", "")
		page, _ = operator.do(200, http.MethodGet, "/staff/appeals/"+signal, nil)
		if !strings.Contains(page, "nonymous") && !strings.Contains(page, "Аты-жөнү жок") {
			t.Errorf("an unsigned appeal is shown as %.300s", page)
		}
		if inbox, _ := operator.do(200, http.MethodGet, "/staff?kind=appeal&view=open", nil); strings.Contains(inbox, signal) || !strings.Contains(inbox, appeal) {
			t.Error("what nobody signed stands under a clock")
		}

		// The caller is told by SMS, and finds the cases by the code sent there.
		deliver(t, a)
		sent, _ := operator.do(200, http.MethodGet, "/demo/outbox", nil)
		if !strings.Contains(sent, report) || !strings.Contains(sent, "/appeals/"+appeal) {
			t.Errorf("what was sent: %.800s", sent)
		}
		if strings.Contains(sent, secret) {
			t.Error("a text message holds the words of an appeal")
		}
		caller := visit(t, s)
		_, at := caller.do(200, http.MethodPost, "/account/sign-in", url.Values{"address": {"0555700701"}})
		deliver(t, a)
		sent, _ = operator.do(200, http.MethodGet, "/demo/outbox", nil)
		code := regexp.MustCompile(`\b\d{6}\b`).FindString(sent[strings.Index(sent, "letter__text"):])
		caller.do(200, http.MethodPost, at, url.Values{"code": {code}})
		if page, _ := caller.do(200, http.MethodGet, "/account", nil); !strings.Contains(page, report) || !strings.Contains(page, appeal) {
			t.Error("the caller does not find the cases in the account")
		}

		// Answered at once; rung back.
		operator.do(200, http.MethodPost, "/staff/desk", callForm("do", "tell"))
		page, _ = operator.do(200, http.MethodGet, "/staff/desk", nil)
		back := regexp.MustCompile(`/staff/desk/callbacks/[0-9a-z]+`).FindString(page)
		for range 3 {
			operator.do(200, http.MethodPost, back, url.Values{"do": {"missed"}})
		}
		if page, _ = operator.do(200, http.MethodGet, "/staff/desk", nil); strings.Contains(page, "+996555700701") {
			t.Error("who never answered is still rung back")
		}
	})
}

func TestTheOperatorSeesWhatBecameOfMessages(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		if err := a.DB.Update(t.Context(), func(tx *db.Tx) error {
			return notify.Send(tx, 1, notify.Direct{Channel: "sms", To: "+996555123987", Lang: "en", Key: "account.mail.sign_in", Args: map[string]string{"code": "111222", "city": "Bishkek"}, Secret: true})
		}); err != nil {
			t.Fatal(err)
		}
		deliver(t, a)
		admin, clerk := visit(t, s), visit(t, s)
		admin.do(200, http.MethodPost, "/demo", url.Values{"person": {"1000"}, "back": {"/staff"}})
		clerk.do(200, http.MethodPost, "/demo", url.Values{"person": {"1003"}, "back": {"/staff"}})
		page, _ := admin.do(200, http.MethodGet, "/admin/messages", nil)
		if !strings.Contains(page, "•••987") || strings.Contains(page, "555123") || strings.Contains(page, "111222") {
			t.Errorf("the page of the messages: %.600s", page)
		}
		clerk.do(403, http.MethodGet, "/admin/messages", nil)
	})
}
