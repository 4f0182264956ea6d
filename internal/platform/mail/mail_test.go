package mail_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ashar-kg/ashar/internal/platform/mail"
	"github.com/ashar-kg/ashar/internal/platform/mail/mailtest"
)

func letter(id string) mail.Message {
	return mail.Message{
		To:        "Айгүл <aigul@example.kg>",
		ReplyTo:   "reply+42@bishkek.example",
		Subject:   "Сиздин билдирүү №2026-001234 кабыл алынды",
		Text:      "Урматтуу Айгүл!\n.\nБилдирүүңүз кабыл алынды.\n",
		HTML:      "<p>Урматтуу Айгүл!</p>",
		MessageID: id,
		Headers: map[string]string{
			"List-Unsubscribe":      "<https://bishkek.example/stop/abc>",
			"List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
			"Auto-Submitted":        "auto-generated",
		},
	}
}

func sender(t *testing.T, server *mailtest.Server) *mail.SMTP {
	t.Helper()
	config, err := mail.ParseURL(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	config.Roots = server.Roots()
	s, err := mail.NewSMTP(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func TestMessageArrivesAsItWasWritten(t *testing.T) {
	cases := []struct {
		name    string
		options []mailtest.Option
	}{
		{"without TLS", nil},
		{"STARTTLS", []mailtest.Option{mailtest.WithSTARTTLS()}},
		{"STARTTLS and sign-in", []mailtest.Option{mailtest.WithSTARTTLS(), mailtest.WithPassword("ashar", "s3cret/+&")}},
		{"implicit TLS and sign-in", []mailtest.Option{mailtest.WithImplicitTLS(), mailtest.WithPassword("ashar", "s3cret")}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			server := mailtest.Start(t, c.options...)
			want := letter("case-42.1@bishkek.example")
			if err := sender(t, server).Send(t.Context(), want); err != nil {
				t.Fatal(err)
			}
			got := server.Wait(t, 1)[0]
			if got.ID != want.MessageID || got.Subject != want.Subject || got.Text != want.Text || got.HTML != want.HTML {
				t.Errorf("got id %q, subject %q, text %q, HTML %q", got.ID, got.Subject, got.Text, got.HTML)
			}
			if got.From != "no-reply@bishkek.example" || len(got.To) != 1 || got.To[0] != "aigul@example.kg" {
				t.Errorf("envelope is %s to %v", got.From, got.To)
			}
			if name := mailtest.Decode(got.Header.Get("To")); !strings.Contains(name, "Айгүл") || !strings.Contains(got.Header.Get("Reply-To"), "reply+42@") {
				t.Errorf("To is %q, Reply-To %q", name, got.Header.Get("Reply-To"))
			}
			for name, value := range want.Headers {
				if got.Header.Get(name) != value {
					t.Errorf("%s is %q, want %q", name, got.Header.Get(name), value)
				}
			}
		})
	}
}

func TestErrorsTellWhetherToTryAgainAndNameNobody(t *testing.T) {
	cases := []struct {
		reply string
		want  error
		code  int
	}{
		{"450 4.2.1 mailbox of aigul@example.kg busy", mail.ErrTemporary, 450},
		{"451 4.3.0 try later", mail.ErrTemporary, 451},
		{"550 5.1.1 aigul@example.kg unknown", mail.ErrPermanent, 550},
		{"552 5.2.2 mailbox full", mail.ErrPermanent, 552},
	}
	for _, c := range cases {
		server := mailtest.Start(t)
		s := sender(t, server)
		server.Fail(1, c.reply)
		err := s.Send(t.Context(), letter("a@b"))
		var failure *mail.Error
		if !errors.Is(err, c.want) || !errors.As(err, &failure) || failure.Code != c.code || failure.Enhanced != c.reply[4:9] {
			t.Errorf("%s: got %v, %+v", c.reply, err, failure)
		}
		if strings.Contains(err.Error(), "aigul") {
			t.Errorf("the error names the person: %v", err)
		}
		if err := s.Send(t.Context(), letter("a@b")); err != nil {
			t.Errorf("after %s the next attempt fails: %v", c.reply, err)
		}
	}
}

func TestFaultsOfTheLineAreTemporary(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	plain, locked, encrypted := mailtest.Start(t), mailtest.Start(t, mailtest.WithPassword("ashar", "s3cret")), mailtest.Start(t, mailtest.WithSTARTTLS())
	cases := []struct{ name, url string }{
		{"nobody listens", "smtp://" + closed.Addr().String() + "?tls=none&from=a@b.example"},
		{"the server has no STARTTLS", strings.Replace(plain.URL(), "tls=none", "tls=starttls", 1)},
		{"the certificate is not trusted", encrypted.URL()},
		{"the password is wrong", strings.Replace(locked.URL(), "s3cret", "hunter2", 1)},
		{"the server wants a sign-in", strings.Replace(locked.URL(), "ashar:s3cret@", "", 1)},
	}
	for _, c := range cases {
		config, err := mail.ParseURL(c.url)
		if err != nil {
			t.Fatal(err)
		}
		s, err := mail.NewSMTP(config)
		if err != nil {
			t.Fatal(err)
		}
		err = s.Send(t.Context(), letter("a@b"))
		if !errors.Is(err, mail.ErrTemporary) || errors.Is(err, mail.ErrPermanent) {
			t.Errorf("%s: got %v", c.name, err)
		} else if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error tells the password: %v", c.name, err)
		}
	}
}

func TestLostAnswerLeavesTheSameMessageID(t *testing.T) {
	server := mailtest.Start(t)
	s := sender(t, server)
	server.LoseAnswers(1)
	if err := s.Send(t.Context(), letter("once@bishkek.example")); !errors.Is(err, mail.ErrTemporary) {
		t.Fatalf("got %v", err)
	}
	if err := s.Send(t.Context(), letter("once@bishkek.example")); err != nil {
		t.Fatal(err)
	}
	if n := server.Count("once@bishkek.example"); n != 2 {
		t.Errorf("the server took it %d times, want twice under one id", n)
	}
}

func TestSlowServerDoesNotHoldTheCallerLonger(t *testing.T) {
	server := mailtest.Start(t)
	server.Delay(5 * time.Second)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	start := time.Now()
	err := sender(t, server).Send(ctx, letter("slow@b"))
	if !errors.Is(err, mail.ErrTemporary) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("took %v", took)
	}
}

func TestConnectionsAreKeptAndReplacedWhenStale(t *testing.T) {
	server := mailtest.Start(t)
	s := sender(t, server)
	for i := range 10 {
		if err := s.Send(t.Context(), letter(fmt.Sprintf("%d@b", i))); err != nil {
			t.Fatal(err)
		}
	}
	if n := server.Sessions(); n != 1 {
		t.Errorf("ten messages took %d connections", n)
	}
	server.HangUp()
	if err := s.Send(t.Context(), letter("after@b")); err != nil {
		t.Errorf("after the server hung up: %v", err)
	}
	if n := server.Count("after@b"); n != 1 {
		t.Errorf("taken %d times", n)
	}
}

func TestManySendersAtOnce(t *testing.T) {
	server := mailtest.Start(t)
	s := sender(t, server)
	var group sync.WaitGroup
	for i := range 40 {
		group.Go(func() {
			if err := s.Send(context.Background(), letter(fmt.Sprintf("%d@b", i))); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	for i := range 40 {
		if n := server.Count(fmt.Sprintf("%d@b", i)); n != 1 {
			t.Errorf("message %d was taken %d times", i, n)
		}
	}
}

func TestMessagesThatCannotBeSentAreRefused(t *testing.T) {
	cases := []struct {
		name   string
		change func(*mail.Message)
	}{
		{"no recipient", func(m *mail.Message) { m.To = "" }},
		{"recipient is no address", func(m *mail.Message) { m.To = "aigul" }},
		{"two recipients", func(m *mail.Message) { m.To = "a@b.kg, c@d.kg" }},
		{"a line break in the recipient", func(m *mail.Message) { m.To = "a@b.kg\r\nBcc: all@b.kg" }},
		{"a line break in the subject", func(m *mail.Message) { m.Subject = "x\r\nBcc: all@b.kg" }},
		{"no text", func(m *mail.Message) { m.Text = "" }},
		{"no id", func(m *mail.Message) { m.MessageID = "" }},
		{"an id in brackets", func(m *mail.Message) { m.MessageID = "<a@b>" }},
		{"a line break in a header", func(m *mail.Message) { m.Headers["X-A"] = "x\nBcc: all@b.kg" }},
		{"a header with a field of its own", func(m *mail.Message) { m.Headers["bcc"] = "all@b.kg" }},
		{"a header without a name", func(m *mail.Message) { m.Headers["X A"] = "x" }},
	}
	server := mailtest.Start(t)
	senders := map[string]mail.Sender{"smtp": sender(t, server), "outbox": mail.NewOutbox(5, nil), "discard": mail.Discard{}}
	for _, c := range cases {
		for name, s := range senders {
			message := letter("a@b")
			c.change(&message)
			if err := s.Send(t.Context(), message); !errors.Is(err, mail.ErrPermanent) {
				t.Errorf("%s, %s: got %v", c.name, name, err)
			}
		}
	}
	if n := len(server.Messages()); n != 0 {
		t.Errorf("%d messages went out", n)
	}
}

func TestOutboxKeepsTheNewestAndHandsOn(t *testing.T) {
	server := mailtest.Start(t)
	outbox := mail.NewOutbox(2, sender(t, server))
	for _, id := range []string{"1@b", "2@b", "3@b", "3@b"} {
		if err := outbox.Send(t.Context(), letter(id)); err != nil {
			t.Fatal(err)
		}
	}
	got := outbox.Messages()
	if len(got) != 2 || got[0].MessageID != "3@b" || got[1].MessageID != "2@b" {
		t.Errorf("kept are %+v", got)
	}
	if _, found := outbox.Find("1@b"); found {
		t.Error("the oldest is still there")
	}
	if sent, found := outbox.Find("2@b"); !found || sent.Subject != letter("").Subject || sent.At.IsZero() {
		t.Errorf("found %v: %+v", found, sent)
	}
	if n := len(server.Messages()); n != 4 {
		t.Errorf("handed on %d messages, want 4", n)
	}
}

func TestConfigurationURLs(t *testing.T) {
	good, err := mail.ParseURL("smtp://user:p%40ss@mail.example?from=Ashar+<no-reply@bishkek.example>")
	if err != nil || good.Host != "mail.example" || good.Port != 587 || good.Password != "p@ss" || good.TLS != "starttls" {
		t.Errorf("got %+v, %v", good, err)
	}
	for _, bad := range []string{
		"", "mail.example:25", "http://mail.example?from=a@b", "smtp://mail.example", "smtp://mail.example?from=nobody",
		"smtp://u:hunter2@mail.example?tls=maybe&from=a@b", "smtp://u:hunter2@mail.example:x/?from=a@b",
	} {
		if _, err := mail.ParseURL(bad); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: got %v", bad, err)
		}
	}
}
