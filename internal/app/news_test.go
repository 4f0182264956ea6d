package app_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/ashar-kg/ashar/internal/app"
)

func TestNewsIsLetOutBySomebodyElseAndToldInEachLanguage(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		be := func(person string) *browser {
			b := visit(t, s)
			b.do(200, http.MethodPost, "/demo", url.Values{"person": {person}, "back": {"/account"}})
			return b
		}
		author, second, reader, neighbour, other := be("1001"), be("1004"), be("2000"), be("2001"), be("2002")
		reader.do(200, http.MethodPost, "/news/follow", url.Values{"on": {"1"}})
		neighbour.do(200, http.MethodPost, "/watches", url.Values{"district": {"leninsky"}})
		item := url.Values{"do": {"review"}, "category": {"works"}, "title_ky": {"Көпүрө оңдолот"}, "text_ky": {"Дүйшөмбүдөн баштап көпүрө жабылат."}, "title_en": {"Bridge works"}, "district": {"leninsky"}, "tell": {"1"}}
		page, _ := author.do(422, http.MethodPost, "/staff/news/new", item)
		if !strings.Contains(page, "Bridge works") || strings.Count(page, "govuk-error-message") != 1 {
			t.Errorf("an item without its text: %.300s", page)
		}
		item.Set("text_en", "The bridge is closed from Monday on.")
		be("2000").do(403, http.MethodPost, "/staff/news/new", item)
		page, at := author.do(200, http.MethodPost, "/staff/news/new", item)
		if !strings.Contains(page, "1 follower is told; watching the district: 1") {
			t.Errorf("the preview does not say who is told: %.600s", page)
		}
		id := at[strings.LastIndexByte(at, '/')+1:]
		visit(t, s).do(404, http.MethodGet, "/news/"+id, nil)
		if page, _ := author.do(422, http.MethodPost, at, url.Values{"do": {"release"}}); !strings.Contains(page, "somebody else does") {
			t.Error("the author let it out alone")
		}
		be("1003").do(403, http.MethodPost, at, url.Values{"do": {"release"}})
		second.do(200, http.MethodPost, at, url.Values{"do": {"release"}})
		second.do(409, http.MethodPost, at, url.Values{"do": {"release"}})
		author.do(409, http.MethodPost, at, item) // what is published is not changed under its readers
		if page, _ := visit(t, s).do(200, http.MethodGet, "/news/"+id, nil); !strings.Contains(page, "closed from Monday") {
			t.Error("it is not public")
		}
		if text, _ := visit(t, s).do(200, http.MethodGet, "/news.rss", nil); !strings.Contains(text, "Bridge works") {
			t.Error("it is not in the feed")
		}
		deliver(t, a)
		for name, b := range map[string]*browser{"a follower": reader, "who watches the district": neighbour} {
			if page, _ := b.do(200, http.MethodGet, "/account/notices", nil); strings.Count(page, "Bridge works") != 1 {
				t.Errorf("%s was told %d times", name, strings.Count(page, "Bridge works"))
			}
		}
		if page, _ := other.do(200, http.MethodGet, "/account/notices", nil); strings.Contains(page, "Bridge works") {
			t.Error("who asked for nothing was told")
		}
		second.do(200, http.MethodPost, at, url.Values{"do": {"withdraw"}})
		visit(t, s).do(404, http.MethodGet, "/news/"+id, nil)
	})
}
