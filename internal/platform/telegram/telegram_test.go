package telegram_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf16"

	"github.com/ashar-kg/ashar/internal/platform/telegram"
	"github.com/ashar-kg/ashar/internal/platform/telegram/telegramtest"
)

func bot(t *testing.T, api *telegramtest.API) *telegram.Client {
	t.Helper()
	c, err := telegram.New(telegram.Config{Token: telegramtest.Token, BaseURL: api.URL, Timeout: 10 * time.Second, Backoff: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTextsAreShownAsTheyAre(t *testing.T) {
	api := telegramtest.Start(t)
	c := bot(t, api)
	api.Begin(5)
	const text = "Өтүнүч *№12* <b>кабыл</b> [алынды](https://ashar.example/r/12)"
	ids, err := c.Send(t.Context(), telegram.Text{Chat: 5, Text: text, Silent: true, Keyboard: [][]telegram.Button{
		{{Text: "Ачуу", URL: "https://ashar.example/r/12"}, {Text: "Токтотуу", Data: "stop 12"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	got := api.Messages(5)
	if len(got) != 1 || len(ids) != 1 || got[0].ID != ids[0] || got[0].Text != text || got[0].Mode != "" || got[0].Preview || !got[0].Silent {
		t.Errorf("sent were %+v as %v", got, ids)
	}
	const keyboard = `{"inline_keyboard":[[{"text":"Ачуу","url":"https://ashar.example/r/12"},{"text":"Токтотуу","callback_data":"stop 12"}]]}`
	if string(got[0].Keyboard) != keyboard {
		t.Errorf("the keyboard is %s", got[0].Keyboard)
	}
}

func TestLongTextsAreCutWhereOneWouldBreathe(t *testing.T) {
	x := strings.Repeat
	cases := []struct {
		name, text string
		want       []string
	}{
		{"short", " a ", []string{"a"}},
		{"empty", " \n ", nil},
		{"full", x("ү", 4096), []string{x("ү", 4096)}},
		{"a line", x("a", 3000) + "\n" + x("b ", 1000), []string{x("a", 3000), strings.TrimSpace(x("b ", 1000))}},
		{"a word, the line is too early", x("a", 100) + "\n" + x("b", 3000) + " " + x("c", 2000), []string{x("a", 100) + "\n" + x("b", 3000), x("c", 2000)}},
		{"a word that just fits", x("a", 4096) + " " + x("b", 10), []string{x("a", 4096), x("b", 10)}},
		{"a line that just fits", x("a", 3000) + "\n" + x("b", 1095) + "\nc", []string{x("a", 3000) + "\n" + x("b", 1095), "c"}},
		{"no place to cut", x("a", 5000), []string{x("a", 4096), x("a", 904)}},
		{"a face is never cut in two", x("a", 4095) + "😀", []string{x("a", 4095), "😀"}},
		{"faces count double", x("😀", 2049), []string{x("😀", 2048), "😀"}},
	}
	for _, c := range cases {
		if got := telegram.Split(c.text); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %d messages", c.name, len(got))
		}
	}
	api := telegramtest.Start(t)
	api.Begin(5)
	ids, err := bot(t, api).Send(t.Context(), telegram.Text{Chat: 5, Text: x("жаңы өтүнүч ", 1000), Keyboard: [][]telegram.Button{{{Text: "x", Data: "y"}}}})
	if err != nil {
		t.Fatal(err)
	}
	got := api.Messages(5)
	if len(got) != 3 || len(ids) != 3 || got[0].Text+" "+got[1].Text+" "+got[2].Text != strings.TrimSpace(x("жаңы өтүнүч ", 1000)) {
		t.Errorf("sent were %d messages", len(got))
	}
	if got[0].Keyboard != nil || got[2].Keyboard == nil {
		t.Error("the keyboard is not below the last message")
	}
}

func FuzzSplitLosesNoLetter(f *testing.F) {
	f.Add("жаңы өтүнүч", 500)
	f.Add("😀", 3000)
	f.Add("a\n", 5000)
	f.Add("\xff", 5000)
	f.Add("0000\xd1   \xaf0", 500)
	f.Fuzz(func(t *testing.T, text string, times int) {
		text = strings.Repeat(text, min(max(times, 1), 1+20000/max(len(text), 1)))
		letters := func(s string) string {
			return strings.Map(func(r rune) rune {
				if unicode.IsSpace(r) {
					return -1
				}
				return r
			}, s)
		}
		parts := telegram.Split(text)
		for _, part := range parts {
			if units := len(utf16.Encode([]rune(part))); units == 0 || units > telegram.MaxText || part != strings.TrimSpace(part) {
				t.Errorf("a message has %d units", units)
			}
		}
		if letters(strings.Join(parts, " ")) != letters(text) {
			t.Error("letters are lost")
		}
	})
}

func TestErrorsTellWhatToDo(t *testing.T) {
	cases := []struct {
		name            string
		prepare         func(*telegramtest.API)
		chat            int64
		text            string
		code            int
		gone, temporary bool
		wait            time.Duration
	}{
		{"too fast", func(a *telegramtest.API) { a.Throttle(1, 7) }, 5, "x", 429, false, true, 7 * time.Second},
		{"blocked", func(a *telegramtest.API) { a.Block(5) }, 5, "x", 403, true, false, 0},
		{"no such chat", nil, 6, "x", 400, true, false, 0},
		{"empty", nil, 5, " ", 400, false, false, 0},
		{"another mistake of ours", func(a *telegramtest.API) { a.Fail(1, 400) }, 5, "x", 400, false, false, 0},
		{"the API is down", func(a *telegramtest.API) { a.Fail(1, 500) }, 5, "x", 500, false, true, 0},
		{"a proxy in between", func(a *telegramtest.API) { a.FailBefore(1, 403, "<html>blocked") }, 5, "x", 502, false, true, 0},
		{"the answer is lost", func(a *telegramtest.API) { a.LoseAnswers(1) }, 5, "x", 0, false, true, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			api := telegramtest.Start(t)
			api.Begin(5)
			if c.prepare != nil {
				c.prepare(api)
			}
			_, err := bot(t, api).Send(t.Context(), telegram.Text{Chat: c.chat, Text: c.text})
			var failure *telegram.Error
			if !errors.As(err, &failure) || failure.Code != c.code || failure.RetryAfter != c.wait ||
				errors.Is(err, telegram.ErrGone) != c.gone || failure.Temporary() != c.temporary {
				t.Errorf("got %+v", err)
			}
		})
	}
}

func TestLaterMessagesOfATextWait(t *testing.T) {
	api := telegramtest.Start(t)
	api.Begin(5)
	c := bot(t, api)
	text := strings.Repeat("a", 5000)
	client := &http.Client{Transport: afterFirst{func() { api.Throttle(1, 1) }, new(bool)}}
	slow, err := telegram.New(telegram.Config{Token: telegramtest.Token, BaseURL: api.URL, Client: client})
	if err != nil {
		t.Fatal(err)
	}
	if ids, err := slow.Send(t.Context(), telegram.Text{Chat: 5, Text: text}); err != nil || len(ids) != 2 {
		t.Fatalf("got %v, %v", ids, err)
	}
	if got := api.Messages(5); len(got) != 2 {
		t.Errorf("sent were %d messages", len(got))
	}
	api.Throttle(1, 1)
	if ids, err := c.Send(t.Context(), telegram.Text{Chat: 5, Text: text}); err == nil || len(ids) != 0 {
		t.Errorf("the first message waited: %v, %v", ids, err)
	}
}

// afterFirst does something after the first request.
type afterFirst struct {
	do   func()
	done *bool
}

func (a afterFirst) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := http.DefaultTransport.RoundTrip(r)
	if !*a.done {
		*a.done = true
		a.do()
	}
	return response, err
}

// leaky is a transport whose errors quote the whole address.
type leaky struct{}

func (leaky) RoundTrip(r *http.Request) (*http.Response, error) {
	return nil, errors.New("proxy refused " + r.URL.String())
}

func TestNoErrorHoldsTheToken(t *testing.T) {
	api := telegramtest.Start(t)
	file := api.AddFile([]byte("x"))
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	echo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"error_code": 400, "description": "no " + r.URL.Path})
	}))
	defer echo.Close()
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, config := range map[string]telegram.Config{
		"nobody listens": {BaseURL: gone.URL}, "the proxy quotes": {BaseURL: api.URL, Client: &http.Client{Transport: leaky{}}},
		"the API quotes": {BaseURL: echo.URL}, "cancelled": {BaseURL: api.URL},
	} {
		config.Token = telegramtest.Token
		c, err := telegram.New(config)
		if err != nil {
			t.Fatal(err)
		}
		ctx := t.Context()
		if name == "cancelled" {
			ctx = cancelled
		}
		_, sendErr := c.Send(ctx, telegram.Text{Chat: 5, Text: "x"})
		_, fileErr := c.File(ctx, file, 10)
		for _, err := range []error{sendErr, fileErr} {
			if name == "cancelled" && !errors.Is(err, context.Canceled) {
				t.Errorf("the cause is lost: %v", err)
			}
			if err == nil || strings.Contains(err.Error(), telegramtest.Token[8:]) {
				t.Errorf("%s: got %v", name, err)
			}
			for ; err != nil; err = errors.Unwrap(err) {
				if strings.Contains(err.Error(), telegramtest.Token[8:]) {
					t.Errorf("%s: a cause holds the token: %v", name, err)
				}
			}
		}
	}
	for _, token := range []string{"", "x", "123:", "123:abc/../defghij", "123:abcdefgh\n"} {
		if _, err := telegram.New(telegram.Config{Token: token}); err == nil || len(token) > 3 && strings.Contains(err.Error(), token) {
			t.Errorf("%q: got %v", token, err)
		}
	}
	for _, base := range []string{"api.telegram.org", "http://api.telegram.org", "ftp://127.0.0.1", "https://"} {
		if _, err := telegram.New(telegram.Config{Token: telegramtest.Token, BaseURL: base}); err == nil {
			t.Errorf("%q was accepted", base)
		}
	}
}

func TestNoRedirectGetsTheToken(t *testing.T) {
	followed := false
	thief := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { followed = true }))
	defer thief.Close()
	redirect := httptest.NewServer(http.RedirectHandler(thief.URL, http.StatusTemporaryRedirect))
	defer redirect.Close()
	c, err := telegram.New(telegram.Config{Token: telegramtest.Token, BaseURL: redirect.URL})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Me(t.Context()); err == nil || followed {
		t.Errorf("followed %v, got %v", followed, err)
	}
}

func TestWrongTokenIsTheOperatorsMistake(t *testing.T) {
	api := telegramtest.Start(t)
	c, err := telegram.New(telegram.Config{Token: "1:wrong-token", BaseURL: api.URL})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Me(t.Context())
	var failure *telegram.Error
	if !errors.As(err, &failure) || failure.Code != 401 || !failure.Temporary() || errors.Is(err, telegram.ErrGone) {
		t.Errorf("got %v", err)
	}
	if me, err := bot(t, api).Me(t.Context()); err != nil || me.Username != "ashar_bot" || !me.Bot {
		t.Errorf("got %+v, %v", me, err)
	}
}

// poll runs Poll until the returned function is called.
func poll(t *testing.T, c *telegram.Client, handle telegram.Handle, failed func(error)) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.Poll(ctx, handle, failed)
	}()
	return func() {
		cancel()
		<-done
	}
}

func TestPollHandsOverEachEventOnce(t *testing.T) {
	api := telegramtest.Start(t)
	c := bot(t, api)
	got := make(chan telegram.Update, 10)
	stop := poll(t, c, func(_ context.Context, u telegram.Update) error {
		got <- u
		return nil
	}, func(err error) { t.Error(err) })
	first := api.Write(5, "/start")
	if u := <-got; u.ID != first || u.Message.Text != "/start" || u.Message.Chat.ID != 5 || u.Message.From.Language != "ky" || u.Message.Chat.Type != "private" {
		t.Errorf("got %+v", u)
	}
	callback := api.Press(5, "stop 12")
	u := <-got
	if u.Callback == nil || u.Callback.Data != "stop 12" || u.Callback.From.ID != 5 || u.Callback.ID != callback {
		t.Fatalf("got %+v", u)
	}
	if err := c.Answer(t.Context(), u.Callback.ID, "Токтотулду"); err != nil {
		t.Fatal(err)
	}
	if text, ok := api.Answered(callback); !ok || text != "Токтотулду" {
		t.Errorf("answered was %q", text)
	}
	api.Block(5)
	if u := <-got; u.Member == nil || u.Member.Chat.ID != 5 || u.Member.New.Status != "kicked" {
		t.Errorf("got %+v", u)
	}
	api.Wait(t, "all events are taken", func() bool { return api.Waiting() == 0 })
	stop()
	if len(got) != 0 {
		t.Errorf("%d events came twice", len(got))
	}
}

func TestPollRepeatsWhatWasNotHandled(t *testing.T) {
	api := telegramtest.Start(t)
	c := bot(t, api)
	api.Write(5, "one")
	api.Write(5, "two")
	var seen []string
	var failures []error
	done := make(chan struct{})
	stop := poll(t, c, func(_ context.Context, u telegram.Update) error {
		seen = append(seen, u.Message.Text)
		if len(seen) == 2 {
			return errors.New("the database is away")
		}
		if len(seen) == 3 {
			close(done)
		}
		return nil
	}, func(err error) { failures = append(failures, err) })
	<-done
	api.Wait(t, "all events are taken", func() bool { return api.Waiting() == 0 })
	stop()
	if !slices.Equal(seen, []string{"one", "two", "two"}) || len(failures) != 1 {
		t.Errorf("seen were %v, failures %v", seen, failures)
	}
}

func TestPollOutlivesTheAPI(t *testing.T) {
	api := telegramtest.Start(t)
	c := bot(t, api)
	api.FailBefore(2, 502, "<html>")
	api.LoseAnswers(1)
	api.Write(5, "one")
	got := make(chan telegram.Update, 10)
	failures := make(chan error, 10)
	stop := poll(t, c, func(_ context.Context, u telegram.Update) error {
		got <- u
		return nil
	}, func(err error) { failures <- err })
	if u := <-got; u.Message.Text != "one" {
		t.Errorf("got %+v", u)
	}
	stop()
	if len(failures) != 3 {
		t.Errorf("%d failures", len(failures))
	}
}

func TestEventsOfAnEarlierRunComeAgainUntilTaken(t *testing.T) {
	api := telegramtest.Start(t)
	c := bot(t, api)
	id := api.Write(5, "one")
	for range 2 { // asking alone takes nothing from the queue
		updates, err := c.Updates(t.Context(), 0, 0)
		if err != nil || len(updates) != 1 || updates[0].ID != id {
			t.Fatalf("got %+v, %v", updates, err)
		}
	}
	if updates, err := c.Updates(t.Context(), id+1, 0); err != nil || len(updates) != 0 || api.Waiting() != 0 {
		t.Errorf("got %+v, %v", updates, err)
	}
}

func TestWebhookTakesWhatTheAPIPosts(t *testing.T) {
	api := telegramtest.Start(t)
	c := bot(t, api)
	var got []telegram.Update
	var fail error
	hook := httptest.NewTLSServer(telegram.Webhook("s3cret", func(_ context.Context, u telegram.Update) error {
		got = append(got, u)
		return fail
	}))
	defer hook.Close()
	if err := c.SetWebhook(t.Context(), hook.URL, "s3cret"); err != nil {
		t.Fatal(err)
	}
	var failure *telegram.Error
	if _, err := c.Updates(t.Context(), 0, 0); !errors.As(err, &failure) || failure.Code != 409 {
		t.Errorf("polling beside a webhook: %v", err)
	}
	id := api.Write(5, "one")
	fail = errors.New("the database is away")
	if status, err := api.Deliver(t.Context(), hook.Client()); err != nil || status != 500 || api.Waiting() != 1 {
		t.Errorf("got %d, %v", status, err)
	}
	fail = nil
	if status, err := api.Deliver(t.Context(), hook.Client()); err != nil || status != 200 || api.Waiting() != 0 {
		t.Errorf("got %d, %v", status, err)
	}
	if len(got) != 2 || got[1].ID != id || got[1].Message.Text != "one" {
		t.Errorf("got %+v", got)
	}
	if err := c.SetWebhook(t.Context(), "", ""); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Updates(t.Context(), 0, 0); err != nil {
		t.Errorf("polling after the webhook: %v", err)
	}
	for _, wrong := range [][2]string{{"http://a.example", "s"}, {"https://a.example", ""}, {"https://a.example", "a b"}, {"https://", "s"}} {
		if err := c.SetWebhook(t.Context(), wrong[0], wrong[1]); err == nil {
			t.Errorf("%v was accepted", wrong)
		}
	}
}

func TestWebhookKeepsStrangersOut(t *testing.T) {
	cases := []struct {
		name, secret, method, header, body string
		want                               int
	}{
		{"right", "s3cret", "POST", "s3cret", `{"update_id":1}`, 200},
		{"no secret", "s3cret", "POST", "", `{"update_id":1}`, 403},
		{"wrong secret", "s3cret", "POST", "s3creT", `{"update_id":1}`, 403},
		{"a beginning of it", "s3cret", "POST", "s3cre", `{"update_id":1}`, 403},
		{"none set", "", "POST", "", `{"update_id":1}`, 403},
		{"read", "s3cret", "GET", "s3cret", "", 405},
		{"no JSON", "s3cret", "POST", "s3cret", `update`, 400},
		{"two values", "s3cret", "POST", "s3cret", `{"update_id":1}{}`, 400},
		{"no number", "s3cret", "POST", "s3cret", `{}`, 400},
		{"too long", "s3cret", "POST", "s3cret", `{"update_id":1,"x":"` + strings.Repeat("a", 1<<20) + `"}`, 400},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			handled := false
			handler := telegram.Webhook(c.secret, func(context.Context, telegram.Update) error {
				handled = true
				return nil
			})
			request := httptest.NewRequest(c.method, "/", strings.NewReader(c.body))
			if c.header != "" {
				request.Header.Set("X-Telegram-Bot-Api-Secret-Token", c.header)
			}
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, request)
			if w.Code != c.want || handled != (c.want == 200) {
				t.Errorf("got %d, handled %v", w.Code, handled)
			}
		})
	}
}

func FuzzWebhookTakesAnything(f *testing.F) {
	f.Add([]byte(`{"update_id":1,"message":{"message_id":2,"chat":{"id":5},"photo":[{"file_id":"a","file_size":9}]}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		handled := false
		handler := telegram.Webhook("s", func(_ context.Context, u telegram.Update) error {
			handled = u.ID != 0
			return nil
		})
		request := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
		request.Header.Set("X-Telegram-Bot-Api-Secret-Token", "s")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, request)
		if (w.Code == 200) != handled || w.Code != 200 && w.Code != 400 {
			t.Errorf("got %d, handled %v", w.Code, handled)
		}
	})
}

func TestPhotosAreFetchedUpToALimit(t *testing.T) {
	api := telegramtest.Start(t)
	c := bot(t, api)
	photo := bytes.Repeat([]byte("jpeg"), 1000)
	api.SendPhoto(5, photo, "Чуңкур")
	updates, err := c.Updates(t.Context(), 0, 0)
	if err != nil || len(updates) != 1 || updates[0].Message.Caption != "Чуңкур" {
		t.Fatalf("got %+v, %v", updates, err)
	}
	size, ok := telegram.Best(updates[0].Message.Photo, 1<<20)
	if !ok || size.Size != 4000 {
		t.Fatalf("got %+v", size)
	}
	if got, err := c.File(t.Context(), size.File, 4000); err != nil || !bytes.Equal(got, photo) {
		t.Errorf("got %d bytes, %v", len(got), err)
	}
	if _, err := c.File(t.Context(), size.File, 3999); !errors.Is(err, telegram.ErrTooLarge) {
		t.Errorf("got %v", err)
	}
	api.HideSizes()
	if _, err := c.File(t.Context(), size.File, 3999); !errors.Is(err, telegram.ErrTooLarge) {
		t.Errorf("without a size: got %v", err)
	}
	if _, err := c.File(t.Context(), "nothing", 4000); err == nil || errors.Is(err, telegram.ErrGone) {
		t.Errorf("got %v", err)
	}
}

func TestBestSizeIsTheLargestThatFits(t *testing.T) {
	sizes := []telegram.Photo{{File: "s", Width: 90, Height: 60, Size: 1000}, {File: "m", Width: 320, Height: 240, Size: 9000}, {File: "l", Width: 1280, Height: 960, Size: 90000}}
	for limit, want := range map[int64]string{100: "s", 1000: "s", 10000: "m", 90000: "l"} {
		if got, ok := telegram.Best(sizes, limit); !ok || got.File != want {
			t.Errorf("up to %d: got %+v", limit, got)
		}
	}
	if _, ok := telegram.Best(nil, 100); ok {
		t.Error("there is a size of no photo")
	}
}

func TestCommandsAreSetByLanguage(t *testing.T) {
	api := telegramtest.Start(t)
	if err := bot(t, api).SetCommands(t.Context(), "ky", []telegram.Command{{Name: "stop", Description: "Токтотуу"}}); err != nil {
		t.Fatal(err)
	}
	if got := api.Commands("ky"); len(got) != 1 || got[0].Name != "stop" || got[0].Description != "Токтотуу" {
		t.Errorf("got %+v", got)
	}
}
