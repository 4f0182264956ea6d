package app_test

import (
	"encoding/xml"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

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

func TestTheAdministratorChangesSettings(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		admin, clerk := visit(t, s), visit(t, s)
		admin.do(200, http.MethodPost, "/demo", url.Values{"person": {"1000"}, "back": {"/account"}})
		clerk.do(200, http.MethodPost, "/demo", url.Values{"person": {"1003"}, "back": {"/account"}})
		for _, lang := range []string{"ky", "ru", "en"} {
			if page, _ := admin.do(200, http.MethodGet, "/admin/settings?lang="+lang, nil); strings.Contains(page, ">settings.") {
				t.Errorf("in %s a setting has no name", lang)
			}
		}
		form := settingsForm(t, admin)
		clerk.do(403, http.MethodGet, "/admin/settings", nil)
		clerk.do(403, http.MethodPost, "/admin/settings", form)

		form.Set("max_photos", "200")
		form.Set("near_metres", "")
		form.Set("blocked_words", "казино")
		if page, _ := admin.do(422, http.MethodPost, "/admin/settings", form); !strings.Contains(page, `value="200"`) || !strings.Contains(page, "казино") || strings.Count(page, "govuk-error-message") != 2 {
			t.Errorf("wrong settings are answered with %.400s", page)
		}
		form.Set("max_photos", "2")
		form.Set("near_metres", "90")
		form.Del("open_keys")
		admin.do(200, http.MethodPost, "/admin/settings", form)
		if got := settingsForm(t, admin); got.Get("max_photos") != "2" || got.Get("blocked_words") != "казино" || got.Has("open_keys") || !got.Has("hold_anonymous") {
			t.Errorf("after the change the settings are %v", got)
		}
		if page, _ := visit(t, s).do(200, http.MethodGet, "/reports/new?lat=42.87&lon=74.6&category=pothole", nil); !strings.Contains(page, "2") {
			t.Error("the form does not know how many photos it takes")
		}
		if log, _ := admin.do(200, http.MethodGet, "/admin/people", nil); !strings.Contains(log, "max_photos 5 → 2") || !strings.Contains(log, "open_keys true → false") {
			t.Error("the log does not tell of the change")
		}
		admin.do(404, http.MethodPost, "/admin/settings", url.Values{"section": {"weather"}})
	})
}

// settingsForm reads the form of the settings of reports as it stands on the page.
func settingsForm(t *testing.T, b *browser) url.Values {
	t.Helper()
	page, _ := b.do(200, http.MethodGet, "/admin/settings", nil)
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for n := range doc.Descendants() {
		if n.Data != "form" {
			continue
		}
		if form := fieldsOf(n); form.Get("section") == "report" {
			return form
		}
	}
	t.Fatal("the page has no settings of reports")
	return nil
}

// fieldsOf are the fields of a form as a browser would send them.
func fieldsOf(form *html.Node) url.Values {
	out := url.Values{}
	for n := range form.Descendants() {
		attr := map[string]string{}
		for _, a := range n.Attr {
			attr[a.Key] = a.Val
		}
		_, checked := attr["checked"]
		switch {
		case n.Data == "textarea" && n.FirstChild != nil:
			out.Set(attr["name"], n.FirstChild.Data)
		case n.Data == "input" && (attr["type"] != "checkbox" || checked):
			out.Set(attr["name"], attr["value"])
		}
	}
	return out
}

func TestFeedsTellTheSame(t *testing.T) {
	both(t, func(t *testing.T, _ *app.App, s *httptest.Server) {
		var atom struct {
			Entries []struct {
				ID    string `xml:"id"`
				Title string `xml:"title"`
			} `xml:"entry"`
		}
		var rss struct {
			Language string `xml:"channel>language"`
			Items    []struct {
				GUID      string `xml:"guid"`
				Title     string `xml:"title"`
				Published string `xml:"pubDate"`
			} `xml:"channel>item"`
		}
		b := visit(t, s)
		for path, into := range map[string]any{"/reports.atom?category=pothole&lang=ru": &atom, "/reports.rss?category=pothole&lang=ru": &rss} {
			text, _ := b.do(200, http.MethodGet, path, nil)
			if err := xml.Unmarshal([]byte(text), into); err != nil {
				t.Fatal(err)
			}
		}
		if len(rss.Items) < 3 || len(atom.Entries) != len(rss.Items) || rss.Language != "ru" {
			t.Fatalf("%d items, %d entries in %q", len(rss.Items), len(atom.Entries), rss.Language)
		}
		for i, item := range rss.Items {
			_, err := time.Parse(time.RFC1123Z, item.Published)
			if item.GUID != atom.Entries[i].ID || item.Title != atom.Entries[i].Title || err != nil {
				t.Errorf("item %d is %+v, the entry %+v: %v", i, item, atom.Entries[i], err)
			}
		}
	})
}
