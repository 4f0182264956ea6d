package app_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/ashar-kg/ashar/internal/app"
)

// demoPerson is a browser in which a person of the demo is signed in.
func demoPerson(t *testing.T, s *httptest.Server, person string) *browser {
	t.Helper()
	b := visit(t, s)
	b.do(200, http.MethodPost, "/demo", url.Values{"person": {person}, "back": {"/account"}})
	return b
}

// answeredAppeal files an appeal and has it answered by a signed letter.
func answeredAppeal(author, clerk, head *browser, form url.Values, answer string) (number string) {
	_, at := author.do(200, http.MethodPost, "/appeals/new", form)
	number = appealNumber.FindString(at)
	clerk.do(200, http.MethodPost, "/staff/appeals/"+number, url.Values{"do": {"review"}, "text": {answer}})
	head.do(200, http.MethodPost, "/staff/appeals/"+number, url.Values{"do": {"sign"}})
	return number
}

var publishedPage = regexp.MustCompile(`/published/\d+`)

func TestAnAppealIsPublishedWithoutItsAuthorOnlyByConsentAndAfterReading(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		author, clerk, head, foreign := demoPerson(t, s, "2000"), demoPerson(t, s, "1003"), demoPerson(t, s, "1004"), demoPerson(t, s, "1006")
		form := appealForm(bodyNamed(t, a, "gorsvet"))
		form.Set("text", "Биз, Айгүл "+secret+" жана Neighbour Two, Токтогул 12 дарегинде жашайбыз, 0555 12 34 56, lamp@mail.example. Чырактар бир айдан бери күйбөйт.")
		number := answeredAppeal(author, clerk, head, form, "Урматтуу "+secret+"! Чырактар алмаштырылды.")
		publish := "/staff/appeals/" + number + "/publish"

		// Without the author's consent there is nothing to publish.
		clerk.do(409, http.MethodGet, publish, nil)
		said := url.Values{"title": {"Күйбөгөн чырактар"}, "public_text": {"Чырактар бир айдан бери күйбөйт."}, "public_answer": {"Чырактар алмаштырылды."}, "sure": {"1"}, "do": {"publish"}}
		clerk.do(409, http.MethodPost, publish, said)
		clerk.do(403, http.MethodPost, "/appeals/"+number+"/publish", nil)
		author.do(200, http.MethodPost, "/appeals/"+number+"/publish", nil)
		if page, _ := clerk.do(200, http.MethodGet, "/staff/published", nil); !strings.Contains(page, number) {
			t.Error("it does not wait for the clerk")
		}
		if page, _ := foreign.do(200, http.MethodGet, "/staff/published", nil); strings.Contains(page, number) {
			t.Error("it waits for a clerk of another body")
		}
		for _, b := range []*browser{foreign, visit(t, s), author} {
			b.do(404, http.MethodGet, "/staff/appeals/"+number+"/x", nil)
		}
		foreign.do(404, http.MethodGet, publish, nil)
		foreign.do(404, http.MethodPost, publish, said)

		// What surely names somebody is covered before the clerk begins.
		page, _ := clerk.do(200, http.MethodGet, publish, nil)
		texts := page[strings.Index(page, `name="public_text"`):strings.Index(page, `name="sure"`)]
		for _, known := range []string{secret, "Айгүл", "Neighbour", "Токтогул 12", "0555", "lamp@"} {
			if strings.Contains(texts, known) {
				t.Errorf("the proposed text still has %q", known)
			}
		}
		if !strings.Contains(texts, "бир айдан бери күйбөйт") {
			t.Error("the proposed text has lost what the appeal is about")
		}

		// A slip of the clerk is caught, and nothing typed is lost.
		slip := url.Values{"title": said["title"], "public_text": {secret + "нын чырагы, Токтогул 12"}, "public_answer": {"Телефон: 0312 61 00 55"}, "sure": {"1"}, "do": {"publish"}}
		page, _ = clerk.do(422, http.MethodPost, publish, slip)
		if !strings.Contains(page, "Токтогул 12") || !strings.Contains(page, "do not tell who the author is: 0312 61 00 55, "+secret+"нын") {
			t.Errorf("the slip is answered with %.1500s", page[strings.Index(page, "<main"):])
		}
		slip.Set("accepted", "0312 61 00 55, "+secret+"нын")
		if page, _ = clerk.do(422, http.MethodPost, publish, slip); !strings.Contains(page, "Токтогул 12") {
			t.Error("the author's address is accepted with the other words")
		}
		unsure := url.Values{"title": said["title"], "public_text": said["public_text"], "public_answer": said["public_answer"], "do": {"publish"}}
		clerk.do(422, http.MethodPost, publish, unsure)
		if page, _ := visit(t, s).do(200, http.MethodGet, "/published", nil); publishedPage.MatchString(page) {
			t.Error("a refused text is public")
		}

		said.Set("public_answer", "Чырактар алмаштырылды. Телефон: 0312 61 00 55")
		said.Set("accepted", "0312 61 00 55")
		clerk.do(200, http.MethodPost, publish, said)
		clerk.do(200, http.MethodPost, publish, said) // again: nothing new comes of it
		list, _ := visit(t, s).do(200, http.MethodGet, "/published?body="+bodyNamed(t, a, "gorsvet"), nil)
		at := publishedPage.FindAllString(list, -1)
		if len(at) != 1 {
			t.Fatalf("%d appeals are listed, want 1", len(at))
		}
		page, _ = visit(t, s).do(200, http.MethodGet, at[0], nil)
		if !strings.Contains(page, "бир айдан бери күйбөйт") || !strings.Contains(page, "алмаштырылды") || strings.Contains(page+list, secret) || strings.Contains(page+list, number) {
			t.Errorf("everybody reads %.1500s", page[strings.Index(page, "<main"):])
		}
		if page, _ := visit(t, s).do(200, http.MethodGet, "/published?body="+bodyNamed(t, a, "meria"), nil); publishedPage.MatchString(page) {
			t.Error("it stands among those of another body")
		}
		deliver(t, a)
		if page, _ := author.do(200, http.MethodGet, "/account/notices", nil); strings.Count(page, " is published") != 1 {
			t.Error("the author is not told once")
		}

		// The author takes the consent back, and it is gone at once.
		author.do(200, http.MethodPost, "/appeals/"+number+"/unpublish", nil)
		visit(t, s).do(404, http.MethodGet, at[0], nil)
		if page, _ := visit(t, s).do(200, http.MethodGet, "/published", nil); publishedPage.MatchString(page) {
			t.Error("it is still listed")
		}

		// The body may decline, with a reason that the author reads.
		author.do(200, http.MethodPost, "/appeals/"+number+"/publish", nil)
		clerk.do(422, http.MethodPost, publish, url.Values{"do": {"refuse"}})
		clerk.do(200, http.MethodPost, publish, url.Values{"do": {"refuse"}, "refused": {"The street is too short to hide a neighbour"}})
		if page, _ := author.do(200, http.MethodGet, "/appeals/"+number, nil); !strings.Contains(page, "too short to hide") {
			t.Error("the author does not read why")
		}
	})
}

func TestHeadsAndTheMayorSeeWhatWaitsForASignature(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		author, clerk, head, admin := demoPerson(t, s, "2000"), demoPerson(t, s, "1003"), demoPerson(t, s, "1004"), demoPerson(t, s, "1000")
		_, at := author.do(200, http.MethodPost, "/appeals/new", appealForm(bodyNamed(t, a, "gorsvet")))
		number := appealNumber.FindString(at)
		waits := func() (atHead, atMayor bool) {
			t.Helper()
			mine, _ := head.do(200, http.MethodGet, "/staff/figures", nil)
			all, _ := admin.do(200, http.MethodGet, "/staff/figures", nil)
			if strings.Contains(all, number) {
				t.Error("who may not read the appeal is told its number")
			}
			_, queue, _ := strings.Cut(all, "Answers that wait for a signature")
			return strings.Contains(mine, "1 answer waits for your signature") && strings.Contains(mine, "/staff/appeals/"+number), strings.Contains(queue, "Bishkeksvet")
		}
		if atHead, atMayor := waits(); atHead || atMayor {
			t.Error("something waits before anything is written")
		}
		clerk.do(200, http.MethodPost, "/staff/appeals/"+number, url.Values{"do": {"review"}, "text": {"Чырактар алмаштырылды."}})
		if atHead, atMayor := waits(); !atHead || !atMayor {
			t.Errorf("the answer waits: seen by the head %t, by the mayor %t", atHead, atMayor)
		}
		head.do(200, http.MethodPost, "/staff/appeals/"+number, url.Values{"do": {"sign"}})
		if atHead, atMayor := waits(); atHead || atMayor {
			t.Error("a signed answer still waits")
		}
	})
}

func TestARepeatedAppealIsJoinedToTheEarlierOne(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		author, other, clerk := demoPerson(t, s, "2000"), demoPerson(t, s, "2001"), demoPerson(t, s, "1003")
		to := bodyNamed(t, a, "gorsvet")
		file := func(b *browser, earlier string) string {
			form := appealForm(to)
			form.Set("earlier", earlier)
			_, at := b.do(200, http.MethodPost, "/appeals/new", form)
			return appealNumber.FindString(at)
		}
		first, foreign := file(author, ""), file(other, "")
		second := file(author, first)
		if page, _ := clerk.do(200, http.MethodGet, "/staff/appeals/"+second, nil); !strings.Contains(page, `value="`+first+`"`) {
			t.Error("the number that the author gave is not proposed")
		}
		join := func(want int, number, into string) {
			t.Helper()
			clerk.do(want, http.MethodPost, "/staff/appeals/"+number, url.Values{"do": {"join"}, "into": {into}})
		}
		join(422, second, foreign) // of somebody else
		join(422, second, "A-2001-000001")
		join(422, second, second)
		join(422, first, second) // the later one is joined to the earlier one
		join(200, second, first)
		join(422, second, first)
		if page, _ := author.do(200, http.MethodGet, "/appeals/"+second, nil); !strings.Contains(page, "/appeals/"+first) {
			t.Error("the author does not see where it went")
		}
		deliver(t, a)
		if page, _ := author.do(200, http.MethodGet, "/account/notices", nil); !strings.Contains(page, second+" was joined") {
			t.Error("the author is not told")
		}
	})
}
