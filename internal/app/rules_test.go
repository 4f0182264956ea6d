package app_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/ashar-kg/ashar/internal/app"
)

func TestTheAdministratorChangesWhoMayDoWhat(t *testing.T) {
	both(t, func(t *testing.T, _ *app.App, s *httptest.Server) {
		admin, clerk, resident := visit(t, s), visit(t, s), visit(t, s)
		admin.do(200, http.MethodPost, "/demo", url.Values{"person": {"1000"}, "back": {"/account"}})
		clerk.do(200, http.MethodPost, "/demo", url.Values{"person": {"1003"}, "back": {"/account"}})
		resident.do(200, http.MethodPost, "/demo", url.Values{"person": {"2000"}, "back": {"/account"}})

		for _, lang := range []string{"ky", "ru", "en"} {
			page, _ := admin.do(200, http.MethodGet, "/admin/permissions?lang="+lang, nil)
			for _, raw := range []string{"permission.report", "permission.account", "account.role", "account.level"} {
				if strings.Contains(page, ">"+raw) {
					t.Errorf("in %s an action has no name: %s", lang, raw)
				}
			}
		}
		clerk.do(403, http.MethodGet, "/admin/permissions", nil)
		clerk.do(403, http.MethodPost, "/admin/permissions", url.Values{"action": {"report.ban"}, "role": {"clerk"}})

		comment := func(want int, b *browser) {
			t.Helper()
			var list struct{ Reports []struct{ Number string } }
			b.ask(200, http.MethodGet, "/api/v1/reports?limit=1&body=gorsvet", "", nil, &list)
			b.ask(want, http.MethodPost, "/api/v1/reports/"+list.Reports[0].Number+"/comments", "", object{"text": "I see it"}, nil)
		}
		comment(200, resident)
		admin.do(200, http.MethodPost, "/admin/permissions", url.Values{"action": {"report.comment"}, "role": {"clerk", "admin"}, "level": {"0"}})
		comment(403, resident)
		comment(401, visit(t, s))
		comment(200, clerk)
		admin.do(200, http.MethodPost, "/admin/permissions", url.Values{"action": {"report.comment"}, "role": {"citizen"}, "level": {"3"}})
		comment(403, clerk) // signed in, but not verified as a resident

		for _, action := range []string{"permission.edit", "account.grant"} {
			if page, _ := admin.do(422, http.MethodPost, "/admin/permissions", url.Values{"action": {action}, "role": {"clerk"}, "level": {"0"}}); !strings.Contains(page, "Administrators must keep") || !strings.Contains(page, `value="clerk" checked`) {
				t.Errorf("taking %s from everybody is answered %.300s", action, page)
			}
		}
		admin.do(404, http.MethodPost, "/admin/permissions", url.Values{"action": {"report.everything"}, "role": {"everybody"}})
		admin.do(422, http.MethodPost, "/admin/permissions", url.Values{"action": {"report.ban"}, "role": {"emperor"}})
		if log, _ := admin.do(200, http.MethodGet, "/admin/people", nil); !strings.Contains(log, "report.comment: citizen, level 3") {
			t.Error("the log does not tell of the change")
		}
	})
}
