// Package telegram speaks the Bot API of Telegram: it sends plain messages,
// takes updates by long polling or by webhook, and fetches photos.
//
// The API knows no key that makes a message go out once. When an answer is lost
// the message may have been shown; sending it again shows it twice, which costs
// nothing and harms little, so callers repeat: at least once.
//
// Every address of the API holds the token of the bot. No error and no log line
// of this package does.
package telegram

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// Errors that callers tell apart; see also Error.
var (
	// ErrGone means that the chat takes no messages: the person has blocked the
	// bot or ended the account, or there is no such chat. Forget it.
	ErrGone = errors.New("telegram: the chat is gone")
	// ErrTooLarge means a file beyond the limit that was asked for.
	ErrTooLarge = errors.New("telegram: the file is too large")
)

// Error tells that the API did not do what it was asked. It names no chat and
// no text, so it may be logged.
type Error struct {
	Method      string        // what was asked for, such as "sendMessage"
	Code        int           // error_code, mostly an HTTP status; 0 when there was no answer
	Description string        // the API's words, for the operator
	RetryAfter  time.Duration // wait asked for by the API; 0 when none
	MigrateTo   int64         // the chat's new number when it became a supergroup; else 0
	Err         error         // cause when there was no answer
}

// Error implements error.
func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("telegram: %s: no answer: %v", e.Method, e.Err)
	}
	return fmt.Sprintf("telegram: %s: answered %d: %s", e.Method, e.Code, e.Description)
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is makes the error match ErrGone.
func (e *Error) Is(target error) bool {
	return target == ErrGone && e.Method == sendMessage && (e.Code == http.StatusForbidden ||
		e.Code == http.StatusBadRequest && strings.Contains(e.Description, "chat not found"))
}

// Temporary reports whether trying again can help. A refused token (401, 404)
// is the operator's mistake: messages wait for him.
func (e *Error) Temporary() bool {
	switch e.Code {
	case http.StatusUnauthorized, http.StatusNotFound, http.StatusConflict, http.StatusTooManyRequests:
		return true
	}
	return e.Code == 0 || e.Code >= 500
}

// Config tells which bot this is and where the API answers.
type Config struct {
	Token   string // as BotFather gave it, "123456:ABC…"
	BaseURL string // "https://api.telegram.org" when empty; http only on this machine
	// Client sends the requests; one of its own when nil. Its Timeout must
	// leave room for long polls, so it is best left at zero.
	Client *http.Client
	// Backoff is the first pause of Poll after a failure, doubled up to a
	// minute; 1 s when zero.
	Backoff time.Duration
	// Timeout is for one request, on top of the time of a long poll; 30 s when
	// zero.
	Timeout time.Duration
}

// Client is one bot. It may be used by many goroutines.
type Client struct {
	config Config
	base   string
}

// tokens are the tokens that can stand in an address.
var tokens = regexp.MustCompile(`^[0-9]{1,20}:[A-Za-z0-9_-]{8,128}$`)

// New checks the configuration; it does not call the API.
func New(config Config) (*Client, error) {
	if !tokens.MatchString(config.Token) {
		return nil, errors.New("telegram: the token is malformed") // a quoted part might be the right token
	}
	if config.BaseURL == "" {
		config.BaseURL = "https://api.telegram.org"
	}
	u, err := url.Parse(config.BaseURL)
	if err != nil || u.Host == "" {
		return nil, errors.New("telegram: the base URL is malformed")
	}
	local := u.Hostname() == "localhost" || u.Hostname() == "127.0.0.1" || u.Hostname() == "::1"
	if u.Scheme != "https" && (u.Scheme != "http" || !local) {
		return nil, errors.New("telegram: the base URL must begin with https://")
	}
	client := http.Client{}
	if config.Client != nil {
		client = *config.Client
	}
	// The API redirects nowhere, and a redirect would carry the token along as
	// the address it came from.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	config.Client = &client
	if config.Timeout <= 0 {
		config.Timeout = 30 * time.Second
	}
	if config.Backoff <= 0 {
		config.Backoff = time.Second
	}
	return &Client{config: config, base: strings.TrimRight(config.BaseURL, "/")}, nil
}

// maxAnswer bounds an answer of the API; a hundred updates are far less.
const maxAnswer = 8 << 20

// call asks for a method and reads its result into result, which may be nil.
func (c *Client) call(ctx context.Context, timeout time.Duration, method string, arguments, result any) error {
	body, err := json.Marshal(arguments)
	if err != nil {
		return fmt.Errorf("telegram: %s: %w", method, err)
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+"/bot"+c.config.Token+"/"+method, bytes.NewReader(body))
	if err != nil {
		return &Error{Method: method, Err: c.withoutToken(err)}
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := c.config.Client.Do(request)
	if err != nil {
		return &Error{Method: method, Err: c.withoutToken(err)}
	}
	defer response.Body.Close()
	data, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return &Error{Method: method, Err: c.withoutToken(err)}
	}
	return c.read(method, response.StatusCode, data, result)
}

// reply is the frame of every answer.
type reply struct {
	OK          bool            `json:"ok"`
	Result      json.RawMessage `json:"result"`
	Code        int             `json:"error_code"`
	Description string          `json:"description"`
	Parameters  struct {
		MigrateTo  int64 `json:"migrate_to_chat_id"`
		RetryAfter int64 `json:"retry_after"`
	} `json:"parameters"`
}

// maxWait bounds a pause that the API asks for.
const maxWait = 24 * time.Hour

func (c *Client) read(method string, status int, data []byte, result any) error {
	var r reply
	if err := json.Unmarshal(data, &r); err != nil || !r.OK && r.Code == 0 {
		return &Error{Method: method, Code: max(status, http.StatusBadGateway), Description: "no JSON of the API"} // a proxy in between
	}
	if !r.OK {
		return &Error{
			Method: method, Code: r.Code, Description: c.scrub(r.Description), MigrateTo: r.Parameters.MigrateTo,
			RetryAfter: time.Duration(min(max(r.Parameters.RetryAfter, 0), int64(maxWait/time.Second))) * time.Second,
		}
	}
	if result == nil {
		return nil
	}
	if err := json.Unmarshal(r.Result, result); err != nil {
		return fmt.Errorf("telegram: %s: the result is malformed", method) // err may quote what a person wrote
	}
	return nil
}

// withoutToken drops the address from an error of the HTTP client, since it
// holds the token.
func (c *Client) withoutToken(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	if strings.Contains(err.Error(), c.config.Token) {
		return errors.New(c.scrub(err.Error()))
	}
	return err
}

// scrub takes the token out of words that come from elsewhere.
func (c *Client) scrub(text string) string {
	return strings.ReplaceAll(text[:min(len(text), 300)], c.config.Token, "…")
}

// User is a person or a bot.
type User struct {
	ID       int64  `json:"id"`
	Bot      bool   `json:"is_bot"`
	Name     string `json:"first_name"`
	Username string `json:"username"`
	Language string `json:"language_code"` // of the person's app, such as "ky"; may be empty
}

// Me returns the bot itself, and so tells whether the token is right.
func (c *Client) Me(ctx context.Context) (User, error) {
	var me User
	err := c.call(ctx, c.config.Timeout, "getMe", struct{}{}, &me)
	return me, err
}

// Command is a line of the menu that a chat shows at the slash.
type Command struct {
	Name        string `json:"command"` // small Latin letters, digits and _
	Description string `json:"description"`
}

// SetCommands sets the menu for people whose app speaks the language, two
// letters, or for all others when it is empty.
func (c *Client) SetCommands(ctx context.Context, language string, commands []Command) error {
	return c.call(ctx, c.config.Timeout, "setMyCommands", struct {
		Commands []Command `json:"commands"`
		Language string    `json:"language_code,omitempty"`
	}{commands, language}, nil)
}
