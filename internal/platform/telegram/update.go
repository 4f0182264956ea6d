package telegram

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"time"
)

// Update is one event in the chats of the bot. One of Message, Callback and
// Member is set, or none for a kind that this package does not know.
type Update struct {
	ID       int64     `json:"update_id"` // grows; the same event keeps its number
	Message  *Message  `json:"message"`
	Callback *Callback `json:"callback_query"`
	Member   *Member   `json:"my_chat_member"`
}

// Message is what a person wrote.
type Message struct {
	ID       int64     `json:"message_id"`
	From     *User     `json:"from"` // nil in channels
	Chat     Chat      `json:"chat"`
	Date     int64     `json:"date"` // Unix seconds
	Text     string    `json:"text"`
	Caption  string    `json:"caption"`        // words below a photo
	Photo    []Photo   `json:"photo"`          // the same photo in several sizes, smallest first
	Album    string    `json:"media_group_id"` // shared by photos that were sent together
	Document *Document `json:"document"`       // a file, such as a photo sent uncompressed
	Location *Location `json:"location"`
	Contact  *Contact  `json:"contact"`
}

// Chat is where a message was written.
type Chat struct {
	ID   int64  `json:"id"`
	Type string `json:"type"` // "private", "group", "supergroup" or "channel"
}

// Photo is one size of a photo.
type Photo struct {
	File   string `json:"file_id"`
	Unique string `json:"file_unique_id"` // the same for the same photo, of no use for fetching
	Width  int    `json:"width"`
	Height int    `json:"height"`
	Size   int64  `json:"file_size"` // bytes; 0 when unknown
}

// Document is a file.
type Document struct {
	File string `json:"file_id"`
	Name string `json:"file_name"`
	Type string `json:"mime_type"`
	Size int64  `json:"file_size"` // bytes; 0 when unknown
}

// Location is a point in degrees.
type Location struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
}

// Contact is a telephone number that a person shared. It is their own when User
// is the sender of the message.
type Contact struct {
	Phone string `json:"phone_number"` // with or without the plus
	User  int64  `json:"user_id"`
}

// Callback tells that a person pressed a button. Answer it, or the button spins.
type Callback struct {
	ID      string   `json:"id"`
	From    User     `json:"from"`
	Message *Message `json:"message"` // the one above the button; nil when it is too old
	Data    string   `json:"data"`
}

// Member tells that the bot was added, removed, blocked or unblocked.
type Member struct {
	Chat Chat `json:"chat"`
	From User `json:"from"`
	New  struct {
		Status string `json:"status"` // "member", "kicked" (blocked, in a private chat), "left" …
	} `json:"new_chat_member"`
}

// Answer ends the spinning of a button and shows a short text, which may be
// empty.
func (c *Client) Answer(ctx context.Context, callback, text string) error {
	return c.call(ctx, c.config.Timeout, "answerCallbackQuery", struct {
		ID   string `json:"callback_query_id"`
		Text string `json:"text,omitempty"`
	}{callback, text}, nil)
}

// kinds are the updates that the API is asked for.
var kinds = []string{"message", "callback_query", "my_chat_member"}

// pollTime is how long the API keeps a question open when there is nothing new.
const pollTime = 50 * time.Second

// Updates waits for events whose number is at least offset, at most for the
// given time, which the API counts in seconds. By asking, all earlier events
// are taken from the queue for good.
func (c *Client) Updates(ctx context.Context, offset int64, poll time.Duration) ([]Update, error) {
	var updates []Update
	err := c.call(ctx, c.config.Timeout+poll, "getUpdates", struct {
		Offset  int64    `json:"offset"`
		Timeout int64    `json:"timeout"`
		Kinds   []string `json:"allowed_updates"`
	}{offset, int64(poll / time.Second), kinds}, &updates)
	return updates, err
}

// maxRest bounds the pause after a failure.
const maxRest = time.Minute

// Handle is told of one event. While it fails the event comes again, and those
// after it wait; so it returns nil for what it will never understand. The same
// event may come twice after a crash: Update.ID tells.
type Handle func(context.Context, Update) error

// Poll hands events to handle, one after another, until ctx ends. An event
// leaves the queue of the API once handle returned nil for it. Failures of the
// API and of handle are told to failed, which may be nil, and tried again after
// pauses that grow to a minute. A bot has one poller at a time, and none
// while a webhook is set: the API answers 409.
func (c *Client) Poll(ctx context.Context, handle Handle, failed func(error)) {
	offset, rest := int64(0), c.config.Backoff
	for ctx.Err() == nil {
		next, err := c.pollOnce(ctx, offset, handle)
		if next > offset {
			offset, rest = next, c.config.Backoff
		}
		if err == nil {
			rest = c.config.Backoff
			continue
		}
		if ctx.Err() != nil {
			return
		}
		if failed != nil {
			failed(err)
		}
		asked := time.Duration(0)
		var failure *Error
		if errors.As(err, &failure) {
			asked = failure.RetryAfter
		}
		wait(ctx, max(rest, asked))
		rest = min(2*rest, maxRest)
	}
}

// pollOnce handles what is new and returns the offset to go on with.
func (c *Client) pollOnce(ctx context.Context, offset int64, handle Handle) (int64, error) {
	updates, err := c.Updates(ctx, offset, pollTime)
	if err != nil {
		return offset, err
	}
	for _, update := range updates {
		if err := handle(ctx, update); err != nil {
			return offset, err
		}
		offset = update.ID + 1
	}
	return offset, nil
}

// secretHeader holds the secret of the webhook in each request.
const secretHeader = "X-Telegram-Bot-Api-Secret-Token"

// secrets are the secrets that the API takes.
var secrets = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)

// SetWebhook lets the API post events to address, https, with the secret in a
// header. An empty address ends that, and polling may begin.
func (c *Client) SetWebhook(ctx context.Context, address, secret string) error {
	if address == "" {
		return c.call(ctx, c.config.Timeout, "deleteWebhook", struct{}{}, nil)
	}
	if u, err := url.Parse(address); err != nil || u.Scheme != "https" || u.Host == "" {
		return errors.New("telegram: the webhook address must begin with https://")
	}
	if !secrets.MatchString(secret) {
		return errors.New("telegram: the secret of the webhook must have 1 to 256 of A-Z, a-z, 0-9, _ and -")
	}
	return c.call(ctx, c.config.Timeout, "setWebhook", struct {
		URL    string   `json:"url"`
		Secret string   `json:"secret_token"`
		Kinds  []string `json:"allowed_updates"`
	}{address, secret, kinds}, nil)
}

// maxUpdate bounds the body of a webhook request.
const maxUpdate = 1 << 20

// Webhook takes events that the API posts. Requests without the secret get 403;
// when handle fails the answer is 500, and the API posts the event again. An
// empty secret, which SetWebhook refuses, lets nobody in.
func Webhook(secret string, handle Handle) http.Handler {
	want := sha256.Sum256([]byte(secret)) // of one length, so that the comparison tells nothing
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		given := sha256.Sum256([]byte(r.Header.Get(secretHeader)))
		if secret == "" || subtle.ConstantTimeCompare(given[:], want[:]) != 1 {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		if r.Method != http.MethodPost {
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		update, err := readUpdate(http.MaxBytesReader(w, r.Body, maxUpdate))
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		if handle(r.Context(), update) != nil {
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
}

func readUpdate(body io.Reader) (Update, error) {
	data, err := io.ReadAll(body)
	if err != nil {
		return Update{}, err
	}
	var update Update
	if err := json.Unmarshal(data, &update); err != nil {
		return Update{}, err
	}
	if update.ID == 0 {
		return Update{}, errors.New("telegram: no update")
	}
	return update, nil
}
