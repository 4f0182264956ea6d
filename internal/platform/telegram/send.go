package telegram

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"
)

// sendMessage is the method that fails when a chat is gone.
const sendMessage = "sendMessage"

// MaxText is the longest text of one message in UTF-16 units.
const MaxText = 4096

// Text is a message to a chat. It is shown as it is: signs that would mean bold
// or a link elsewhere mean nothing.
type Text struct {
	Chat     int64
	Text     string
	Silent   bool       // without a sound
	Keyboard [][]Button // rows below the message, or none
	// AskPhone and AskPlace are the words of a key in place of the letters, with
	// which the person shares their own number or position; "" shows none. The
	// keys go away once one is pressed. They exclude Keyboard.
	AskPhone string
	AskPlace string
}

// Button is one key below a message: a link, or a word that comes back as a
// Callback. One of URL and Data is set.
type Button struct {
	Text string `json:"text"`
	URL  string `json:"url,omitempty"`
	Data string `json:"callback_data,omitempty"` // 1 to 64 bytes
}

// sendArguments are those of sendMessage.
type sendArguments struct {
	Chat     int64          `json:"chat_id"`
	Text     string         `json:"text"`
	Preview  previewOptions `json:"link_preview_options"`
	Silent   bool           `json:"disable_notification,omitempty"`
	Keyboard any            `json:"reply_markup,omitempty"` // *inlineKeyboard or *shareKeyboard
}

type previewOptions struct {
	Disabled bool `json:"is_disabled"`
}

type inlineKeyboard struct {
	Rows [][]Button `json:"inline_keyboard"`
}

// shareKeyboard stands in place of the letters.
type shareKeyboard struct {
	Rows   [][]shareKey `json:"keyboard"`
	Resize bool         `json:"resize_keyboard"`
	Once   bool         `json:"one_time_keyboard"`
}

type shareKey struct {
	Text  string `json:"text"`
	Phone bool   `json:"request_contact,omitempty"`
	Place bool   `json:"request_location,omitempty"`
}

// keys are those below a message, nil without any.
func (t Text) keys() any {
	switch {
	case len(t.Keyboard) > 0:
		return &inlineKeyboard{t.Keyboard}
	case t.AskPhone != "":
		return &shareKeyboard{[][]shareKey{{{Text: t.AskPhone, Phone: true}}}, true, true}
	case t.AskPlace != "":
		return &shareKeyboard{[][]shareKey{{{Text: t.AskPlace, Place: true}}}, true, true}
	}
	return nil
}

// Send sends a text, cut into several messages when it is too long for one, and
// returns their numbers in the chat. The keyboard stands below the last. When a
// later message comes too fast Send waits as long as the API asks, while ctx
// lasts; the numbers of what was sent come with the error.
func (c *Client) Send(ctx context.Context, text Text) ([]int64, error) {
	parts := Split(text.Text)
	if len(parts) == 0 {
		return nil, &Error{Method: sendMessage, Code: http.StatusBadRequest, Description: "the text is empty"}
	}
	var sent []int64
	for i, part := range parts {
		arguments := sendArguments{Chat: text.Chat, Text: part, Preview: previewOptions{true}, Silent: text.Silent}
		if i == len(parts)-1 {
			arguments.Keyboard = text.keys()
		}
		id, err := c.sendOne(ctx, arguments)
		for i > 0 && pause(ctx, err) {
			id, err = c.sendOne(ctx, arguments)
		}
		if err != nil {
			return sent, err
		}
		sent = append(sent, id)
	}
	return sent, nil
}

func (c *Client) sendOne(ctx context.Context, arguments sendArguments) (int64, error) {
	var message struct {
		ID int64 `json:"message_id"`
	}
	err := c.call(ctx, c.config.Timeout, sendMessage, arguments, &message)
	return message.ID, err
}

// pause waits as long as err asks for and reports whether it was asked to and
// ctx lasted.
func pause(ctx context.Context, err error) bool {
	var failure *Error
	if !errors.As(err, &failure) || failure.RetryAfter <= 0 {
		return false
	}
	return wait(ctx, failure.RetryAfter)
}

// wait reports whether the time passed before ctx ended.
func wait(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// Split cuts a text into messages of at most MaxText UTF-16 units, at the last
// end of a line or, without one in the second half, at the last space; a word
// longer than a message is cut between two letters. Blanks at both ends of a
// message are dropped, as the API would.
func Split(text string) []string {
	var parts []string
	for text = strings.TrimSpace(text); text != ""; {
		end := cut(text)
		parts = append(parts, strings.TrimSpace(text[:end]))
		text = strings.TrimSpace(text[end:])
	}
	return parts
}

// cut tells where the first message of the text ends.
func cut(text string) int {
	units, line, space := 0, 0, 0
	for i, letter := range text {
		size := utf16.RuneLen(letter) // a byte that is no letter goes out as U+FFFD
		if units+size > MaxText {
			return place(letter, i, line, space)
		}
		switch {
		case letter == '\n' && units > MaxText/2:
			line = i
		case unicode.IsSpace(letter):
			space = i
		}
		units += size
	}
	return len(text)
}

// place chooses among the letter at i, which has no room any more, the last end
// of a line and the last space.
func place(letter rune, i, line, space int) int {
	switch {
	case letter == '\n':
		return i
	case line > 0:
		return line
	case unicode.IsSpace(letter) || space == 0:
		return i
	}
	return space
}
