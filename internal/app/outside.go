package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/account"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/notify"
	"github.com/ashar-kg/ashar/internal/platform/config"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/mail"
	"github.com/ashar-kg/ashar/internal/platform/push"
	"github.com/ashar-kg/ashar/internal/platform/sms"
)

// outbox is how mails and text messages leave. Without a server they stay in
// memory, where the demo shows them.
type outbox struct {
	mail  mail.Sender
	sms   sms.Sender
	mails *mail.Outbox
	texts *sms.Outbox
	line  *sms.SMPP // nil without SMPP
}

// outboxKeep is how many messages the demo remembers.
const outboxKeep = 200

func newOutbox(cfg *config.Config) (*outbox, error) {
	o := &outbox{}
	if cfg.SMTP != "" {
		conf, err := mail.ParseURL(cfg.SMTP)
		if err != nil {
			return nil, err
		}
		conf.From = cfg.MailFrom
		if o.mail, err = mail.NewSMTP(conf); err != nil {
			return nil, err
		}
	} else {
		o.mails = mail.NewOutbox(outboxKeep, mail.Discard{})
		o.mail = o.mails
	}
	return o, o.openSMS(cfg)
}

// openSMS opens the way of text messages: over SMPP, by an HTTP gateway, or into
// memory.
func (o *outbox) openSMS(cfg *config.Config) (err error) {
	switch {
	case strings.HasPrefix(cfg.SMS, "smpp"):
		line, err := sms.ParseSMPP(cfg.SMS)
		if err != nil {
			return err
		}
		if line.From == "" {
			line.From = cfg.SMSFrom
		}
		if o.line, err = sms.NewSMPP(line); err != nil {
			return err
		}
		o.sms = o.line
	case cfg.SMS != "":
		o.sms, err = sms.NewGateway(sms.Config{URL: cfg.SMS, Key: cfg.SMSKey, From: cfg.SMSFrom})
	default:
		o.texts = sms.NewOutbox(outboxKeep)
		o.sms = o.texts
	}
	return err
}

// close hangs up.
func (o *outbox) close() {
	if o.line != nil {
		o.line.Close()
	}
}

// Sent implements account.Outbox: what a demo would have sent, newest first.
func (o *outbox) Sent() []account.Sent {
	var out []account.Sent
	if o.mails != nil {
		for _, m := range o.mails.Messages() {
			out = append(out, account.Sent{To: m.Message.To, Title: m.Message.Subject, Text: m.Message.Text, At: m.At})
		}
	}
	if o.texts != nil {
		for _, m := range o.texts.Messages() {
			out = append(out, account.Sent{To: m.To, Text: m.Text, At: m.At})
		}
	}
	slices.SortStableFunc(out, func(x, y account.Sent) int { return y.At.Compare(x.At) })
	return out
}

// messenger lets accounts send codes through the outbox of notify.
type messenger struct{}

// Secret implements account.Messenger.
func (messenger) Secret(tx *db.Tx, c *city.City, m account.Message) error {
	channel := "email"
	if m.Kind == "phone" {
		channel = "sms"
	}
	return notify.Send(tx, c.ID, notify.Direct{
		Channel: channel, To: m.Address, Lang: m.Lang, Key: m.Key, Link: m.Link, Secret: true,
		Args: map[string]string{"code": m.Code, "city": c.Name(m.Lang)},
	})
}

// pushKeys are the keys by which push services know this installation.
type pushKeys struct {
	public string
	sender *push.Sender
}

// loadPushKeys reads the keys or makes them once; losing them would end every
// subscription.
func loadPushKeys(file string, cfg *config.Config) (*pushKeys, error) {
	var keys push.Keys
	data, err := os.ReadFile(file)
	switch {
	case err == nil:
		if err := json.Unmarshal(data, &keys); err != nil {
			return nil, fmt.Errorf("push keys: %w", err)
		}
	case errors.Is(err, fs.ErrNotExist):
		if keys, err = push.GenerateKeys(); err != nil {
			return nil, err
		}
		if data, err = json.Marshal(keys); err != nil {
			return nil, err
		}
		if err := os.WriteFile(file, data, 0o600); err != nil {
			return nil, fmt.Errorf("push keys: %w", err)
		}
	default:
		return nil, fmt.Errorf("push keys: %w", err)
	}
	s, err := push.New(push.Config{Keys: keys, Contact: cfg.Contact, AllowLoopback: cfg.Demo, Timeout: 20 * time.Second})
	if err != nil {
		return nil, err
	}
	return &pushKeys{public: keys.Public, sender: s}, nil
}

func (a *App) mailHost() string {
	if u, err := url.Parse(a.Config.PublicURL); err == nil && u.Hostname() != "" {
		return u.Hostname()
	}
	return "ashar.localhost"
}
