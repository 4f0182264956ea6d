package mailin_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ashar-kg/ashar/internal/platform/mailin"
	"github.com/ashar-kg/ashar/internal/platform/mailin/mailintest"
)

// note is a short letter with this number.
func note(n int) string {
	return fmt.Sprintf("From: Айгүл <aigul@mail.example>\nTo: ashar@city.example\nSubject: Чуңкур %d\nMessage-ID: <%d@mail.example>\n\nЖол бузулган.\n", n, n)
}

// fetcher returns a fetcher of the server's mailbox; change may alter its settings.
func fetcher(t *testing.T, server *mailintest.Server, change func(*mailin.Config)) *mailin.Fetcher {
	t.Helper()
	config, err := mailin.ParseURL(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	config.Roots, config.Timeout, config.Every, config.Backoff = server.Roots(), 5*time.Second, time.Hour, time.Millisecond
	if change != nil {
		change(&config)
	}
	f, err := mailin.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func intoFolder(c *mailin.Config) { c.Done = "Handled" }

// desk takes letters and remembers them.
type desk struct {
	mu   sync.Mutex
	keys []string
	fail map[string]int // letters to refuse, by key
	came chan string
}

func newDesk() *desk { return &desk{fail: map[string]int{}, came: make(chan string, 100)} }

func (d *desk) take(_ context.Context, letter mailin.Letter) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.keys = append(d.keys, letter.Key)
	if d.fail[letter.Key] > 0 {
		d.fail[letter.Key]--
		return errors.New("the database is away")
	}
	d.came <- letter.Key
	return nil
}

func (d *desk) seen() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.keys)
}

func (d *desk) wait(t *testing.T, key string) {
	t.Helper()
	select {
	case got := <-d.came:
		if got != key {
			t.Fatalf("came %s, waited for %s", got, key)
		}
	case <-time.After(10 * time.Second):
		t.Fatalf("waited in vain for %s", key)
	}
}

func TestLettersAreHandedOverOnce(t *testing.T) {
	ways := map[string]struct {
		options []mailintest.Option
		change  func(*mailin.Config)
		folder  bool
	}{
		"by a flag":                       {},
		"by a folder":                     {change: intoFolder, folder: true},
		"by a folder, the slow way":       {options: []mailintest.Option{mailintest.WithoutMove()}, change: intoFolder, folder: true},
		"through TLS":                     {options: []mailintest.Option{mailintest.WithTLS()}},
		"through STARTTLS, into a folder": {options: []mailintest.Option{mailintest.WithSTARTTLS()}, change: intoFolder, folder: true},
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			server := mailintest.Start(t, way.options...)
			f, d := fetcher(t, server, way.change), newDesk()
			if n, err := f.Once(t.Context(), d.take); n != 0 || err != nil {
				t.Fatalf("an empty mailbox gave %d, %v", n, err)
			}
			for n := range 3 {
				server.Deliver(t, note(n))
			}
			if n, err := f.Once(t.Context(), d.take); n != 3 || err != nil {
				t.Fatalf("got %d, %v", n, err)
			}
			server.Deliver(t, note(3))
			if n, err := f.Once(t.Context(), d.take); n != 1 || err != nil {
				t.Fatalf("got %d, %v", n, err)
			}
			if want := []string{"0@mail.example", "1@mail.example", "2@mail.example", "3@mail.example"}; !slices.Equal(d.seen(), want) {
				t.Errorf("came %v", d.seen())
			}
			all, unseen := server.Count("INBOX")
			handled, _ := server.Count("Handled")
			if way.folder && (all != 0 || handled != 4) || !way.folder && (all != 4 || unseen != 0) {
				t.Errorf("%d in the mailbox, %d of them unseen, %d in the folder", all, unseen, handled)
			}
		})
	}
}

func TestLettersThatSomebodyReadAreHandledOnlyWithAFolder(t *testing.T) {
	for want, change := range []func(*mailin.Config){nil, intoFolder} {
		server := mailintest.Start(t)
		server.DeliverRead(t, note(0))
		if n, err := fetcher(t, server, change).Once(t.Context(), newDesk().take); n != want || err != nil {
			t.Errorf("got %d, %v; want %d", n, err, want)
		}
	}
}

func TestWhatIsNotHandledStays(t *testing.T) {
	for name, change := range map[string]func(*mailin.Config){"by a flag": nil, "by a folder": intoFolder} {
		t.Run(name, func(t *testing.T) {
			server := mailintest.Start(t)
			f, d := fetcher(t, server, change), newDesk()
			for n := range 3 {
				server.Deliver(t, note(n))
			}
			d.fail["1@mail.example"] = 1
			n, err := f.Once(t.Context(), d.take)
			var failure *mailin.Error
			if n != 2 || err == nil || errors.As(err, &failure) {
				t.Fatalf("got %d, %v", n, err)
			}
			if n, err := f.Once(t.Context(), d.take); n != 1 || err != nil {
				t.Fatalf("got %d, %v", n, err)
			}
			if want := []string{"0@mail.example", "1@mail.example", "2@mail.example", "1@mail.example"}; !slices.Equal(d.seen(), want) {
				t.Errorf("came %v", d.seen())
			}
		})
	}
}

func TestNothingIsLostWhenTheLineBreaks(t *testing.T) {
	for name, change := range map[string]func(*mailin.Config){"by a flag": nil, "by a folder": intoFolder} {
		t.Run(name+", before it is marked", func(t *testing.T) {
			server := mailintest.Start(t)
			f, d := fetcher(t, server, change), newDesk()
			server.Deliver(t, note(0))
			server.Deliver(t, note(1))
			server.CutBeforeDone(1)
			n, err := f.Once(t.Context(), d.take)
			var failure *mailin.Error
			if n != 0 || !errors.As(err, &failure) {
				t.Fatalf("got %d, %v", n, err)
			}
			if n, err := f.Once(t.Context(), d.take); n != 2 || err != nil {
				t.Fatalf("got %d, %v", n, err)
			}
			if want := []string{"0@mail.example", "0@mail.example", "1@mail.example"}; !slices.Equal(d.seen(), want) {
				t.Errorf("came %v", d.seen())
			}
		})
		t.Run(name+", after it is marked", func(t *testing.T) {
			server := mailintest.Start(t)
			f, d := fetcher(t, server, change), newDesk()
			server.Deliver(t, note(0))
			server.Deliver(t, note(1))
			server.LoseDone(1)
			if _, err := f.Once(t.Context(), d.take); err == nil {
				t.Fatal("the lost line was not noticed")
			}
			if n, err := f.Once(t.Context(), d.take); n != 1 || err != nil {
				t.Fatalf("got %d, %v", n, err)
			}
			if want := []string{"0@mail.example", "1@mail.example"}; !slices.Equal(d.seen(), want) {
				t.Errorf("came %v", d.seen())
			}
		})
	}
}

// run runs Run until the returned function is called, which gives the failures.
func run(t *testing.T, f *mailin.Fetcher, d *desk) (stop func() []error) {
	ctx, cancel := context.WithCancel(t.Context())
	var failures []error
	done := make(chan struct{})
	go func() {
		defer close(done)
		f.Run(ctx, d.take, func(err error) { failures = append(failures, err) })
	}()
	return func() []error {
		cancel()
		<-done
		return failures
	}
}

func TestRunHearsOfLettersAtOnce(t *testing.T) {
	server := mailintest.Start(t)
	d := newDesk()
	stop := run(t, fetcher(t, server, nil), d) // looks by itself once an hour
	for n := range 3 {
		server.Wait(t, "somebody waits for letters", func() bool { return server.Idling() == 1 })
		server.Deliver(t, note(n))
		d.wait(t, fmt.Sprintf("%d@mail.example", n))
	}
	server.Wait(t, "somebody waits for letters", func() bool { return server.Idling() == 1 })
	if failures := stop(); len(failures) != 0 || server.Sessions() != 1 {
		t.Errorf("failures %v, %d connections", failures, server.Sessions())
	}
}

func TestRunOutlivesTheLine(t *testing.T) {
	server := mailintest.Start(t)
	d := newDesk()
	stop := run(t, fetcher(t, server, nil), d)
	server.Wait(t, "somebody waits for letters", func() bool { return server.Idling() == 1 })
	server.HangUp()
	server.Wait(t, "it is back", func() bool { return server.Sessions() == 2 && server.Idling() == 1 })
	server.CutBeforeDone(1)
	server.Deliver(t, note(0))
	d.wait(t, "0@mail.example")
	d.wait(t, "0@mail.example") // comes again, since it was not marked
	server.Wait(t, "the letter is marked", func() bool {
		_, unseen := server.Count("INBOX")
		return unseen == 0
	})
	if failures := stop(); len(failures) != 2 {
		t.Errorf("failures %v", failures)
	}
}

func TestRunTriesAgainWhatWasNotTaken(t *testing.T) {
	server := mailintest.Start(t)
	d := newDesk()
	d.fail["0@mail.example"] = 2
	server.Deliver(t, note(0))
	stop := run(t, fetcher(t, server, func(c *mailin.Config) { c.Every = time.Millisecond }), d)
	d.wait(t, "0@mail.example")
	if failures := stop(); len(failures) != 2 || server.Sessions() != 1 {
		t.Errorf("failures %v, %d connections", failures, server.Sessions())
	}
}

func TestServerThatSaysNothingIsLeft(t *testing.T) {
	server := mailintest.Start(t)
	server.Silence(true)
	f := fetcher(t, server, func(c *mailin.Config) { c.Timeout = 100 * time.Millisecond })
	_, err := f.Once(t.Context(), newDesk().take)
	var failure *mailin.Error
	if !errors.As(err, &failure) || failure.Step != "search" {
		t.Errorf("got %v", err)
	}
	server.Silence(false)
}

func TestOnceEndsWithItsContext(t *testing.T) {
	server := mailintest.Start(t)
	server.Silence(true)
	defer server.Silence(false)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	f := fetcher(t, server, nil)
	go func() {
		_, err := f.Once(ctx, newDesk().take)
		done <- err
	}()
	server.Wait(t, "it is connected", func() bool { return server.Sessions() == 1 })
	cancel()
	if err := <-done; err == nil {
		t.Error("no error")
	}
}

func TestLongLettersAreCut(t *testing.T) {
	server := mailintest.Start(t)
	server.Deliver(t, "Message-ID: <long@mail.example>\nSubject: x\n\n"+strings.Repeat("0123456789\n", 1000))
	server.Deliver(t, note(1))
	f := fetcher(t, server, func(c *mailin.Config) { c.Limits.Letter = 1000 })
	var letters []mailin.Letter
	if n, err := f.Once(t.Context(), func(_ context.Context, l mailin.Letter) error {
		letters = append(letters, l)
		return nil
	}); n != 2 || err != nil {
		t.Fatalf("got %d, %v", n, err)
	}
	if l := letters[0]; !l.TooLarge || l.Key != "long@mail.example" || len(l.Raw) != 1000 || len(l.Text) < 800 {
		t.Errorf("got %+v", l)
	}
	if l := letters[1]; l.TooLarge || l.Subject != "Чуңкур 1" {
		t.Errorf("got %+v", l)
	}
}

func TestRefusedSignInIsTold(t *testing.T) {
	server := mailintest.Start(t)
	f := fetcher(t, server, func(c *mailin.Config) { c.Password = "wr0ng" })
	_, err := f.Once(t.Context(), newDesk().take)
	var failure *mailin.Error
	if !errors.As(err, &failure) || failure.Step != "sign in" || strings.Contains(err.Error(), "wr0ng") {
		t.Errorf("got %v", err)
	}
}

func TestForeignCertificatesAreRefused(t *testing.T) {
	for _, option := range []mailintest.Option{mailintest.WithTLS(), mailintest.WithSTARTTLS()} {
		server := mailintest.Start(t, option)
		f := fetcher(t, server, func(c *mailin.Config) { c.Roots = nil })
		if _, err := f.Once(t.Context(), newDesk().take); err == nil || !strings.Contains(err.Error(), "certificate") {
			t.Errorf("got %v", err)
		}
	}
}

func TestConfigurationIsReadAndChecked(t *testing.T) {
	c, err := mailin.ParseURL("imaps://ashar%40city.example:s3cret@mail.example/Reports?done=Handled")
	if err != nil || c.Host != "mail.example" || c.Port != 993 || c.User != "ashar@city.example" || c.Password != "s3cret" ||
		c.Mailbox != "Reports" || c.Done != "Handled" || c.TLS != "implicit" {
		t.Errorf("got %+v, %v", c, err)
	}
	if c, err = mailin.ParseURL("imap://a:b@mail.example"); err != nil || c.Port != 143 || c.TLS != "starttls" {
		t.Errorf("got %+v, %v", c, err)
	}
	for _, raw := range []string{"", "smtp://a:s3cret@h", "imaps://:s3cret@h", "imaps://a:s3cret@", "imap://a:s3cret@h?tls=maybe"} {
		if _, err := mailin.ParseURL(raw); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: got %v", raw, err)
		}
	}
	for name, c := range map[string]mailin.Config{
		"no host": {User: "a"}, "no user": {Host: "h"}, "another TLS": {Host: "h", User: "a", TLS: "x"},
		"clear text over the net": {Host: "mail.example", User: "a", TLS: "none"}, "a move to itself": {Host: "h", User: "a", Done: "INBOX"},
	} {
		if _, err := mailin.New(c); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}
