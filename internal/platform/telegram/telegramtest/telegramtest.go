// Package telegramtest is the Bot API and the apps of people on loopback,
// written by the API's document alone. It keeps what was sent to each chat,
// queues what people do until the bot has taken it, and can be told to throttle,
// to lose answers and to have been blocked.
package telegramtest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf16"
)

// Token is the token of the bot.
const Token = "7654321:AAtest-token_of-the-bot_0123456789a"

// Sent is a message that the bot has sent.
type Sent struct {
	ID       int64
	Text     string
	Silent   bool
	Preview  bool            // links show a preview
	Mode     string          // parse_mode
	Keyboard json.RawMessage // reply_markup
}

// Command is a line of the menu.
type Command struct {
	Name        string `json:"command"`
	Description string `json:"description"`
}

// API is the Bot API. Its methods may be called while it runs.
type API struct {
	// URL is the base URL for the client.
	URL    string
	server *httptest.Server

	mu       sync.Mutex
	changed  chan struct{} // closed and renewed at each event
	chats    map[int64][]Sent
	blocked  map[int64]bool
	queue    []map[string]any // events, oldest first
	last     int64            // number of the newest event, message and file
	failures []failure
	lost     int
	files    map[string][]byte
	hideSize bool
	webhook  struct{ address, secret string }
	commands map[string][]Command
	answers  map[string]string // texts by callback
}

// failure is an answer to give instead of the right one.
type failure struct {
	status     int
	retryAfter int
	text       string // no JSON, as from a proxy, when set
}

// Start starts an API that ends with the test.
func Start(t testing.TB) *API {
	t.Helper()
	a := &API{
		changed: make(chan struct{}), chats: map[int64][]Sent{}, blocked: map[int64]bool{}, files: map[string][]byte{},
		commands: map[string][]Command{}, answers: map[string]string{}, last: 1000,
	}
	a.server = httptest.NewServer(a.routes())
	a.URL = a.server.URL
	t.Cleanup(func() {
		a.server.CloseClientConnections()
		a.server.Close()
	})
	return a
}

// Begin lets a person open the chat with the bot, which also ends a block.
func (a *API) Begin(chat int64) {
	a.note(func() {
		if a.chats[chat] == nil {
			a.chats[chat] = []Sent{}
		}
		delete(a.blocked, chat)
	})
}

// Write lets a person write to the bot and returns the number of the event.
func (a *API) Write(chat int64, text string) int64 {
	return a.message(chat, map[string]any{"text": text})
}

// SendPhoto lets a person send a photo of which the app made one size.
func (a *API) SendPhoto(chat int64, photo []byte, caption string) int64 {
	id := a.AddFile(photo)
	return a.message(chat, map[string]any{"caption": caption, "photo": []any{
		map[string]any{"file_id": id, "file_unique_id": "u" + id, "width": 1280, "height": 960, "file_size": len(photo)},
	}})
}

// SharePhone lets a person share a telephone number, their own or another's.
func (a *API) SharePhone(chat int64, phone string, own bool) int64 {
	user := chat
	if !own {
		user++
	}
	return a.message(chat, map[string]any{"contact": map[string]any{"phone_number": phone, "first_name": "x", "user_id": user}})
}

// SharePlace lets a person share a position.
func (a *API) SharePlace(chat int64, lat, lon float64) int64 {
	return a.message(chat, map[string]any{"location": map[string]any{"latitude": lat, "longitude": lon}})
}

func (a *API) message(chat int64, content map[string]any) int64 {
	a.Begin(chat)
	message := map[string]any{
		"message_id": a.next(), "date": 1795426200, "chat": map[string]any{"id": chat, "type": "private"}, "from": person(chat),
	}
	for name, value := range content {
		message[name] = value
	}
	return a.enqueue(map[string]any{"message": message})
}

func person(id int64) map[string]any {
	return map[string]any{"id": id, "is_bot": false, "first_name": "Айгүл", "language_code": "ky"}
}

// Press lets a person press a button and returns the number of the callback.
func (a *API) Press(chat int64, data string) string {
	callback := strconv.FormatInt(a.next(), 10)
	a.enqueue(map[string]any{"callback_query": map[string]any{
		"id": callback, "from": person(chat), "data": data, "chat_instance": "1",
		"message": map[string]any{"message_id": 1, "date": 0, "chat": map[string]any{"id": chat, "type": "private"}},
	}})
	return callback
}

// Block lets a person block the bot.
func (a *API) Block(chat int64) {
	a.note(func() { a.blocked[chat] = true })
	a.enqueue(map[string]any{"my_chat_member": map[string]any{
		"chat": map[string]any{"id": chat, "type": "private"}, "from": person(chat), "date": 1795426200,
		"old_chat_member": map[string]any{"status": "member"}, "new_chat_member": map[string]any{"status": "kicked"},
	}})
}

// AddFile keeps a file and returns its file_id.
func (a *API) AddFile(content []byte) string {
	id := "file" + strconv.FormatInt(a.next(), 10)
	a.note(func() { a.files[id] = content })
	return id
}

// HideSizes leaves the size out of what getFile answers, which it may.
func (a *API) HideSizes() { a.note(func() { a.hideSize = true }) }

// Throttle answers the next n requests with 429 and a pause in seconds.
func (a *API) Throttle(n, seconds int) { a.fail(n, failure{status: 429, retryAfter: seconds}) }

// Fail answers the next n requests with an error of the API.
func (a *API) Fail(n, status int) { a.fail(n, failure{status: status}) }

// FailBefore answers the next n requests with words of a proxy.
func (a *API) FailBefore(n, status int, text string) { a.fail(n, failure{status: status, text: text}) }

func (a *API) fail(n int, f failure) {
	a.note(func() { a.failures = append(a.failures, slices.Repeat([]failure{f}, n)...) })
}

// LoseAnswers does what the next n requests ask for and hangs up.
func (a *API) LoseAnswers(n int) { a.note(func() { a.lost += n }) }

// Messages returns what was sent to a chat, oldest first.
func (a *API) Messages(chat int64) []Sent {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.chats[chat])
}

// Commands returns the menu for a language.
func (a *API) Commands(language string) []Command {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.commands[language]
}

// Answered returns the text that a button was answered with.
func (a *API) Answered(callback string) (string, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	text, ok := a.answers[callback]
	return text, ok
}

// Waiting returns how many events the bot has not taken.
func (a *API) Waiting() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.queue)
}

// Wait returns once the condition holds, and fails the test when that takes
// longer than ten seconds.
func (a *API) Wait(t testing.TB, what string, holds func() bool) {
	t.Helper()
	late := time.After(10 * time.Second)
	for {
		a.mu.Lock()
		changed := a.changed
		a.mu.Unlock()
		if holds() {
			return
		}
		select {
		case <-changed:
		case <-late:
			t.Fatalf("telegramtest: waited in vain until %s", what)
		}
	}
}

// Deliver posts the oldest event to the webhook through client and returns the
// status of the answer. The event is taken when that is one of success.
func (a *API) Deliver(ctx context.Context, client *http.Client) (int, error) {
	a.mu.Lock()
	hook := a.webhook
	var body []byte
	var err error
	if len(a.queue) > 0 {
		body, err = json.Marshal(a.queue[0])
	}
	a.mu.Unlock()
	if err != nil {
		return 0, fmt.Errorf("telegramtest: %w", err)
	}
	if body == nil || hook.address == "" {
		return 0, errors.New("telegramtest: there is no event or no webhook")
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, hook.address, bytes.NewReader(body))
	if err != nil {
		return 0, fmt.Errorf("telegramtest: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Telegram-Bot-Api-Secret-Token", hook.secret)
	response, err := client.Do(request)
	if err != nil {
		return 0, fmt.Errorf("telegramtest: %w", err)
	}
	response.Body.Close()
	if response.StatusCode/100 == 2 {
		a.note(func() { a.queue = a.queue[1:] })
	}
	return response.StatusCode, nil
}

func (a *API) next() (n int64) {
	a.note(func() { a.last++; n = a.last })
	return n
}

func (a *API) enqueue(update map[string]any) int64 {
	id := a.next()
	update["update_id"] = id
	a.note(func() { a.queue = append(a.queue, update) })
	return id
}

// note changes the state under its lock and wakes who waits.
func (a *API) note(change func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	change()
	close(a.changed)
	a.changed = make(chan struct{})
}

// refusal is an error in the words of the API.
type refusal struct {
	code int
	text string
}

// method does one method with the body of the request.
type method func(r *http.Request, body []byte) (result any, no *refusal)

func (a *API) routes() http.Handler {
	methods := map[string]method{
		"getMe": a.getMe, "sendMessage": a.sendMessage, "getUpdates": a.getUpdates, "getFile": a.getFile,
		"setMyCommands": a.setCommands, "answerCallbackQuery": a.answerCallback, "setWebhook": a.setWebhook,
		"deleteWebhook": a.deleteWebhook,
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if rest, ok := strings.CutPrefix(r.URL.Path, "/file/bot"+Token+"/"); ok {
			a.download(w, rest)
			return
		}
		token, name := path.Split(r.URL.Path)
		do := methods[name]
		body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
		switch {
		case err != nil:
			return
		case token != "/bot"+Token+"/":
			refuse(w, refusal{401, "Unauthorized"}, 0)
		case do == nil:
			refuse(w, refusal{404, "Not Found"}, 0)
		case !a.failed(w):
			a.answer(w, r, body, do)
		}
	})
}

// failed gives the next failure that was ordered, if any.
func (a *API) failed(w http.ResponseWriter) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.failures) == 0 {
		return false
	}
	f := a.failures[0]
	a.failures = a.failures[1:]
	switch {
	case f.text != "":
		w.WriteHeader(f.status)
		_, _ = io.WriteString(w, f.text)
	case f.retryAfter > 0:
		refuse(w, refusal{f.status, fmt.Sprintf("Too Many Requests: retry after %d", f.retryAfter)}, f.retryAfter)
	default:
		refuse(w, refusal{f.status, http.StatusText(f.status)}, 0)
	}
	return true
}

func (a *API) answer(w http.ResponseWriter, r *http.Request, body []byte, do method) {
	result, no := do(r, body)
	lose := false
	a.note(func() {
		if a.lost > 0 {
			a.lost, lose = a.lost-1, true
		}
	})
	switch {
	case lose:
		panic(http.ErrAbortHandler) // hangs up
	case no != nil:
		refuse(w, *no, 0)
	default:
		reply(w, http.StatusOK, map[string]any{"ok": true, "result": result})
	}
}

func refuse(w http.ResponseWriter, no refusal, retryAfter int) {
	answer := map[string]any{"ok": false, "error_code": no.code, "description": no.text}
	if retryAfter > 0 {
		answer["parameters"] = map[string]any{"retry_after": retryAfter}
	}
	reply(w, no.code, answer)
}

func reply(w http.ResponseWriter, status int, answer any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer) // a client that is gone is not missed
}

func (a *API) getMe(*http.Request, []byte) (any, *refusal) {
	return map[string]any{"id": 7654321, "is_bot": true, "first_name": "Ашар", "username": "ashar_bot"}, nil
}

func (a *API) sendMessage(_ *http.Request, body []byte) (any, *refusal) {
	var in struct {
		Chat     int64           `json:"chat_id"`
		Text     string          `json:"text"`
		Mode     string          `json:"parse_mode"`
		Silent   bool            `json:"disable_notification"`
		Keyboard json.RawMessage `json:"reply_markup"`
		Preview  struct {
			Disabled bool `json:"is_disabled"`
		} `json:"link_preview_options"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, &refusal{400, "Bad Request: can't parse the request"}
	}
	a.mu.Lock()
	_, known := a.chats[in.Chat]
	blocked := a.blocked[in.Chat]
	a.mu.Unlock()
	switch {
	case !known:
		return nil, &refusal{400, "Bad Request: chat not found"}
	case blocked:
		return nil, &refusal{403, "Forbidden: bot was blocked by the user"}
	case strings.TrimSpace(in.Text) == "":
		return nil, &refusal{400, "Bad Request: message text is empty"}
	case len(utf16.Encode([]rune(in.Text))) > 4096:
		return nil, &refusal{400, "Bad Request: message is too long"}
	}
	sent := Sent{ID: a.next(), Text: strings.TrimSpace(in.Text), Silent: in.Silent, Preview: !in.Preview.Disabled, Mode: in.Mode, Keyboard: in.Keyboard}
	a.note(func() { a.chats[in.Chat] = append(a.chats[in.Chat], sent) })
	return map[string]any{"message_id": sent.ID, "date": 1795426200, "chat": map[string]any{"id": in.Chat, "type": "private"}, "text": sent.Text}, nil
}

// getUpdates forgets the events before the offset and waits for one after it.
func (a *API) getUpdates(r *http.Request, body []byte) (any, *refusal) {
	var in struct {
		Offset  int64 `json:"offset"`
		Timeout int64 `json:"timeout"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, &refusal{400, "Bad Request: can't parse the request"}
	}
	late := time.After(time.Duration(in.Timeout) * time.Second)
	for {
		a.mu.Lock()
		hooked := a.webhook.address != ""
		before := len(a.queue)
		a.queue = slices.DeleteFunc(a.queue, func(u map[string]any) bool { return u["update_id"].(int64) < in.Offset })
		if len(a.queue) != before {
			close(a.changed)
			a.changed = make(chan struct{})
		}
		updates, changed := slices.Clone(a.queue[:min(len(a.queue), 100)]), a.changed
		a.mu.Unlock()
		if hooked {
			return nil, &refusal{409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"}
		}
		if len(updates) > 0 {
			return updates, nil
		}
		select {
		case <-changed:
		case <-late:
			return []any{}, nil
		case <-r.Context().Done():
			return []any{}, nil
		}
	}
}

func (a *API) getFile(_ *http.Request, body []byte) (any, *refusal) {
	var in struct {
		ID string `json:"file_id"`
	}
	err := json.Unmarshal(body, &in)
	a.mu.Lock()
	defer a.mu.Unlock()
	content, known := a.files[in.ID]
	if err != nil || !known {
		return nil, &refusal{400, "Bad Request: invalid file_id"}
	}
	found := map[string]any{"file_id": in.ID, "file_unique_id": "u" + in.ID, "file_path": "photos/" + in.ID}
	if !a.hideSize {
		found["file_size"] = len(content)
	}
	return found, nil
}

func (a *API) download(w http.ResponseWriter, name string) {
	a.mu.Lock()
	content, known := a.files[path.Base(name)]
	a.mu.Unlock()
	if !known {
		refuse(w, refusal{404, "Not Found"}, 0)
		return
	}
	_, _ = w.Write(content) // a client that is gone is not missed
}

func (a *API) setCommands(_ *http.Request, body []byte) (any, *refusal) {
	var in struct {
		Commands []Command `json:"commands"`
		Language string    `json:"language_code"`
	}
	if err := json.Unmarshal(body, &in); err != nil || len(in.Commands) > 100 {
		return nil, &refusal{400, "Bad Request: can't parse commands"}
	}
	a.note(func() { a.commands[in.Language] = in.Commands })
	return true, nil
}

func (a *API) answerCallback(_ *http.Request, body []byte) (any, *refusal) {
	var in struct {
		ID   string `json:"callback_query_id"`
		Text string `json:"text"`
	}
	if err := json.Unmarshal(body, &in); err != nil || in.ID == "" {
		return nil, &refusal{400, "Bad Request: query is too old and response timeout expired or query ID is invalid"}
	}
	a.note(func() { a.answers[in.ID] = in.Text })
	return true, nil
}

func (a *API) setWebhook(_ *http.Request, body []byte) (any, *refusal) {
	var in struct {
		URL    string `json:"url"`
		Secret string `json:"secret_token"`
	}
	if err := json.Unmarshal(body, &in); err != nil || !strings.HasPrefix(in.URL, "https://") {
		return nil, &refusal{400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook"}
	}
	a.note(func() { a.webhook.address, a.webhook.secret = in.URL, in.Secret })
	return true, nil
}

func (a *API) deleteWebhook(*http.Request, []byte) (any, *refusal) {
	a.note(func() { a.webhook.address, a.webhook.secret = "", "" })
	return true, nil
}
