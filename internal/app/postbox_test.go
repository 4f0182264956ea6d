package app_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/ashar-kg/ashar/internal/app"
	"github.com/ashar-kg/ashar/internal/platform/config"
	"github.com/ashar-kg/ashar/internal/platform/db/dbtest"
	"github.com/ashar-kg/ashar/internal/platform/mail/mailtest"
	"github.com/ashar-kg/ashar/internal/platform/mailin"
	"github.com/ashar-kg/ashar/internal/platform/mailin/mailintest"
)

// post is a city with a mail server and a mailbox of its own.
type post struct {
	*testing.T
	app     *app.App
	out     *mailtest.Server
	in      *mailintest.Server
	fetcher *mailin.Fetcher
}

func withPost(t *testing.T, run func(p *post, s *httptest.Server)) {
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			database := ""
			if engine == "postgres" {
				database = dbtest.PostgresURL(t)
			}
			p := &post{T: t, out: mailtest.Start(t), in: mailintest.Start(t)}
			a, s := serve(t, database, func(c *config.Config) { c.SMTP = p.out.URL() })
			conf, err := mailin.ParseURL(p.in.URL())
			if err != nil {
				t.Fatal(err)
			}
			if p.fetcher, err = mailin.New(conf); err != nil {
				t.Fatal(err)
			}
			p.app = a
			run(p, s)
		})
	}
}

// fetch takes what lies in the mailbox, and sends what it causes.
func (p *post) fetch() {
	p.Helper()
	c, err := p.app.CityNamed("bishkek")
	if err != nil {
		p.Fatal(err)
	}
	if _, err := p.fetcher.Once(p.Context(), func(ctx context.Context, l mailin.Letter) error { return p.app.Postbox.Handle(ctx, c, l) }); err != nil {
		p.Fatal(err)
	}
	deliver(p.T, p.app)
}

func (p *post) letter(id, from, subject, more, text string) {
	p.in.Deliver(p.T, strings.ReplaceAll(fmt.Sprintf("Message-ID: <%s>\nFrom: %s\nTo: meria@bishkek.example\nSubject: %s\n%sMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n%s\n",
		id, from, subject, more, text), "\n", "\r\n"))
}

func TestALetterBecomesAnAppealAndItsAnswersGoThere(t *testing.T) {
	withPost(t, func(p *post, s *httptest.Server) {
		const body = "Жалоба. На улице Токтогула месяц нет света, дети ходят в школу в темноте. " + secret
		p.in.CutBeforeDone(1) // the line breaks before the mailbox hears that the letter is taken
		p.letter("one@mail.example", "Aigul <aigul@mail.example>", "No light", "", body)
		c, err := p.app.CityNamed("bishkek")
		if err != nil {
			p.Fatal(err)
		}
		_, broken := p.fetcher.Once(p.Context(), func(ctx context.Context, l mailin.Letter) error { return p.app.Postbox.Handle(ctx, c, l) })
		if broken == nil {
			p.Error("the line did not break")
		}
		p.fetch()
		sent := p.out.Wait(p.T, 1)
		if len(sent) != 1 {
			p.Fatalf("%d letters are answered", len(sent))
		}
		number := appealNumber.FindString(sent[0].Text)
		if number == "" || strings.Contains(sent[0].Text, secret) || sent[0].To[0] != "aigul@mail.example" {
			p.Fatalf("the answer: %+v", sent[0])
		}
		dispatcher := visit(p.T, s)
		dispatcher.do(200, http.MethodPost, "/demo", url.Values{"person": {"1001"}, "back": {"/staff"}})
		page, _ := dispatcher.do(200, http.MethodGet, "/staff/appeals/"+number, nil)
		if !strings.Contains(page, secret) || !strings.Contains(page, "Complaint") || !strings.Contains(page, "Aigul") {
			p.Errorf("the appeal of the letter: %.500s", page)
		}

		// An answer to our letter, with what it quotes, goes to the same case.
		p.letter("two@mail.example", "aigul@mail.example", "Re: registered", "In-Reply-To: <"+sent[0].ID+">\n", "Ещё и яма появилась.\n\nOn 24 Nov 2026 Ashar wrote:\n> "+number)
		p.fetch()
		if page, _ = dispatcher.do(200, http.MethodGet, "/staff/appeals/"+number, nil); !strings.Contains(page, "Ещё и яма появилась.") {
			p.Error("the answer did not reach its case")
		}
		// A stranger who knows the number reaches nothing.
		p.letter("three@mail.example", "other@mail.example", number, "", "Я ничего общего с этим не имею, но хочу знать ответ на обращение.")
		p.fetch()
		if page, _ = dispatcher.do(200, http.MethodGet, "/staff/appeals/"+number, nil); strings.Contains(page, "ничего общего") {
			p.Error("a stranger wrote into somebody's case")
		}
		// Machines and advertisements are nobody's appeal; too little is asked for more.
		before := len(p.out.Messages())
		p.letter("four@mail.example", "robot@mail.example", "Away", "Auto-Submitted: auto-replied\n", body)
		p.letter("five@mail.example", "shop@mail.example", "Sale", "List-Unsubscribe: <https://shop.example>\nPrecedence: bulk\n", body)
		p.letter("six@mail.example", "bek@mail.example", "", "", "Алло?")
		p.fetch()
		answers := p.out.Messages()[before:]
		if len(answers) != 1 || answers[0].To[0] != "bek@mail.example" || appealNumber.MatchString(answers[0].Text) {
			p.Errorf("%d answers: %+v", len(answers), answers)
		}
	})
}

func TestALetterThatComesBackIsToldByAnotherWay(t *testing.T) {
	withPost(t, func(p *post, s *httptest.Server) {
		p.letter("one@mail.example", "Aigul <aigul@mail.example>", "Light", "", "На улице Токтогула месяц нет света, дети ходят в школу в темноте.")
		p.fetch()
		sent := p.out.Wait(p.T, 1)
		report := "--b\nContent-Type: text/plain\n\nfailed\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mail.example\n\n" +
			"Final-Recipient: rfc822; aigul@mail.example\nAction: failed\nStatus: 5.1.1\n\n--b\nContent-Type: message/rfc822\n\nMessage-ID: <" + sent[0].ID + ">\nSubject: x\n\nx\n--b--"
		p.in.Deliver(p.T, strings.ReplaceAll("Message-ID: <bounce@mail.example>\nFrom: MAILER-DAEMON@mail.example\nTo: meria@bishkek.example\nSubject: failed\nMIME-Version: 1.0\n"+
			"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"+report+"\n", "\n", "\r\n"))
		p.fetch()
		admin := visit(p.T, s)
		admin.do(200, http.MethodPost, "/demo", url.Values{"person": {"1000"}, "back": {"/staff"}})
		page, _ := admin.do(200, http.MethodGet, "/admin/messages?only=failed", nil)
		if !regexp.MustCompile(`a•••@mail\.example`).MatchString(page) || !strings.Contains(page, "5.1.1") {
			p.Errorf("the operator does not see the dead address: %.800s", page)
		}
	})
}
