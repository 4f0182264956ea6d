package app_test

import (
	"bytes"
	"context"
	"errors"
	"image/jpeg"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/ashar-kg/ashar/internal/app"
	"github.com/ashar-kg/ashar/internal/civic/notify"
	"github.com/ashar-kg/ashar/internal/demo"
	"github.com/ashar-kg/ashar/internal/platform/config"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/db/dbtest"
	"github.com/ashar-kg/ashar/internal/platform/telegram/telegramtest"
	"github.com/ashar-kg/ashar/seed/draw"
)

// withBot runs a city whose bot speaks with the Bot API on this machine.
func withBot(t *testing.T, run func(t *testing.T, a *app.App, s *httptest.Server, api *telegramtest.API)) {
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			database := ""
			if engine == "postgres" {
				database = dbtest.PostgresURL(t)
			}
			api := telegramtest.Start(t)
			a, s := serve(t, database, func(c *config.Config) {
				c.Bots, c.BotURL = map[string]string{"": telegramtest.Token}, api.URL
			})
			ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
			var running sync.WaitGroup
			running.Go(func() { a.Run(ctx) })
			t.Cleanup(func() {
				stop()
				running.Wait()
			})
			run(t, a, s, api)
		})
	}
}

// talker is a person with a telephone and the bot in it.
type talker struct {
	*testing.T
	api  *telegramtest.API
	chat int64
	read int
}

// hears waits for the next message that holds one of the words, and returns it.
func (p *talker) hears(words ...string) telegramtest.Sent {
	p.Helper()
	var found telegramtest.Sent
	p.api.Wait(p.T, strings.Join(words, " or "), func() bool {
		for i, m := range p.api.Messages(p.chat) {
			if i < p.read {
				continue
			}
			for _, w := range words {
				if strings.Contains(m.Text, w) {
					found, p.read = m, i+1
					return true
				}
			}
		}
		return false
	})
	return found
}

// scene is a photo of a lamp.
func scene(t *testing.T, variant int64) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := jpeg.Encode(&out, draw.Scene("street-light", variant, false), nil); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

var buttonData = regexp.MustCompile(`"text":"([^"]*)","callback_data":"([^"]*)"`)

// press presses the button with the words.
func (p *talker) press(m telegramtest.Sent, words string) {
	p.Helper()
	for _, b := range buttonData.FindAllStringSubmatch(string(m.Keyboard), -1) {
		if strings.Contains(b[1], words) {
			p.api.Press(p.chat, b[2])
			return
		}
	}
	p.Fatalf("no button %q below %q: %s", words, m.Text, m.Keyboard)
}

// noQuietHours lets everybody be told at once, so that a test that runs by the
// real clock says the same at night.
func noQuietHours(t *testing.T, a *app.App) {
	t.Helper()
	if err := a.DB.Update(t.Context(), func(tx *db.Tx) error {
		people, err := db.All(tx, "test.people", `SELECT id FROM account_person WHERE city_id = $1`, db.Int64, demo.CityID)
		for _, id := range people {
			p := notify.DefaultPreference
			p.QuietFrom, p.QuietTo = 0, 0
			err = errors.Join(err, notify.SetPreferences(tx, demo.CityID, id, p))
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func TestAResidentReportsAndAppealsInAChat(t *testing.T) {
	withBot(t, func(t *testing.T, a *app.App, s *httptest.Server, api *telegramtest.API) {
		p := &talker{T: t, api: api, chat: 4711}
		api.Write(p.chat, "/start")
		p.hears("номериңизди бөлүшүңүз")
		api.Write(p.chat, "Жарык жок") // nobody yet
		p.hears("номериңизди бөлүшүңүз")
		api.SharePhone(p.chat, "996555808080", false) // a number of somebody else
		p.hears("номериңизди бөлүшүңүз")
		api.SharePhone(p.chat, "996555808080", true)
		menu := p.hears("Эмне кылабыз?")

		// A report, with a photo and a street.
		p.press(menu, "Көйгөйдү билдирүү")
		p.hears("болгонун бир")
		api.SendPhoto(p.chat, scene(t, 7), "Аялдамада чырак күйбөйт")
		p.press(p.hears("Бул эмне жөнүндө"), "Көчө жарыгы")
		p.hears("Бул кайда?")
		api.Write(p.chat, "Токтогул 80")
		p.press(p.hears("Кайсы жер?"), "Токтогул")
		taken := p.hears("Катталды: " + cityDay(0, 0, 0)[:5])
		report := regexp.MustCompile(`\d{4}-\d{6}`).FindString(taken.Text)
		page, _ := visit(t, s).do(200, http.MethodGet, "/reports/"+report, nil)
		if !strings.Contains(page, "чырак күйбөйт") || !strings.Contains(page, "/photos/") || strings.Contains(page, "555808080") {
			t.Error("the page of the report lacks what was sent, or tells who sent it")
		}

		// A report by position, outside the city at first; in another language.
		api.Write(p.chat, "/new")
		p.press(p.hears("Эмне кылабыз?"), "English")
		p.press(p.hears("What shall we do?"), "Report a problem")
		p.hears("what has happened")
		api.Write(p.chat, "A hole by the kerb")
		p.press(p.hears("What is it about?"), "Pothole")
		p.hears("Where is it?")
		api.SharePlace(p.chat, 43.9, 74.6)
		p.hears("outside")
		api.SharePlace(p.chat, 42.8746, 74.6036)
		p.hears("Registered: " + cityDay(0, 0, 0)[:5])

		// An appeal, too short at first, with a paper.
		api.Write(p.chat, "/new")
		p.press(p.hears("What shall we do?"), "Complaint")
		p.hears("Write your appeal")
		api.Write(p.chat, "No light")
		p.hears("full name")
		api.Write(p.chat, "Айгүл "+secret)
		p.hears("Where do you live?")
		api.Write(p.chat, "Токтогул 80")
		p.hears("Write it again")
		api.SendPhoto(p.chat, scene(t, 8), "")
		p.hears("in words")
		api.Write(p.chat, "The whole street has been dark for a month and nobody comes. "+secret)
		appeal := appealNumber.FindString(p.hears("Registered: A-").Text)
		dispatcher := visit(t, s)
		dispatcher.do(200, http.MethodPost, "/demo", url.Values{"person": {"1001"}, "back": {"/staff"}})
		page, _ = dispatcher.do(200, http.MethodGet, "/staff/appeals/"+appeal, nil)
		if !strings.Contains(page, secret) || !strings.Contains(page, "photo1.jpg") || !strings.Contains(page, "Токтогул 80") {
			t.Error("the appeal lacks what was said in the chat")
		}

		// What becomes of it is told in the chat, whatever the hour; a private word is not.
		noQuietHours(t, a)
		dispatcher.do(200, http.MethodPost, "/staff/appeals/"+appeal, url.Values{"do": {"transfer"}, "body": {bodyNamed(t, a, "gorsvet")}, "note": {"Lamps"}})
		p.hears("passed", "transferred", "handed")
		api.Write(p.chat, "/my")
		list := p.hears("№ " + report)
		if !strings.Contains(list.Text, appeal) {
			t.Errorf("the list: %s", list.Text)
		}
		for _, m := range api.Messages(p.chat) {
			if strings.Contains(m.Text, secret) {
				t.Errorf("the bot repeats the words of an appeal: %s", m.Text)
			}
		}
		api.Write(p.chat, "/stop")
		p.hears("no more")
		api.Write(p.chat, "/my")
		p.hears("Share", "share your number")
	})
}
