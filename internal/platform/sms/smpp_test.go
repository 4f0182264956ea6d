package sms_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ashar-kg/ashar/internal/platform/sms"
	"github.com/ashar-kg/ashar/internal/platform/sms/smstest"
)

const phone = "+996555123456"

// connect returns a sender bound to the centre; change may alter its settings.
func connect(t *testing.T, centre *smstest.Centre, change func(*sms.SMPPConfig)) *sms.SMPP {
	t.Helper()
	config := sms.SMPPConfig{
		Address: centre.Address(), SystemID: "ashar", Password: "secret", From: "Ashar",
		Timeout: 5 * time.Second, Backoff: time.Millisecond, Throttle: time.Millisecond,
	}
	if change != nil {
		change(&config)
	}
	s, err := sms.NewSMPP(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func withReceipts(config *sms.SMPPConfig) { config.Receipts = true }

// reports collects what Report is told.
type reports struct {
	mu   sync.Mutex
	all  []sms.Status
	fail int // reports to refuse
	came chan struct{}
}

func (r *reports) report(_ context.Context, status sms.Status) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fail > 0 {
		r.fail--
		return errors.New("the database is away")
	}
	r.all = append(r.all, status)
	r.came <- struct{}{}
	return nil
}

// wait returns the reports once there are n.
func (r *reports) wait(t *testing.T, n int) []sms.Status {
	t.Helper()
	for range n {
		select {
		case <-r.came:
		case <-time.After(10 * time.Second):
			t.Fatalf("waited in vain for %d reports", n)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.all)
}

func newReports() *reports { return &reports{came: make(chan struct{}, 100)} }

// whole puts the texts of parts together.
func whole(parts []smstest.Part) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString(p.Text)
	}
	return b.String()
}

func TestSMPPCarriesEveryLetter(t *testing.T) {
	texts := map[string]struct {
		text   string
		coding byte
		parts  int
	}{
		"Kyrgyz":              {"Саламатсызбы! Өтүнүчүңүз кабыл алынды: №12", 8, 1},
		"Latin":               {"Your code is 1234", 0, 1},
		"the whole alphabet":  {"@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCXYZÄÖÑÜ§¿abcxyzäöñüà", 0, 1},
		"the extension table": {"[{^~\\|}] 5 €\f", 0, 1},
		"faces":               {"😀 ү ө ң", 8, 1},
		"long Latin":          {strings.Repeat("0123456789", 31), 0, 3},
		"long Kyrgyz":         {strings.Repeat("жаңы өтүнүч ", 12), 8, 3},
		"long with faces":     {strings.Repeat("я", 66) + "😀" + strings.Repeat("я", 66), 8, 3},
		"long with brackets":  {strings.Repeat("a", 152) + "[" + strings.Repeat("a", 152), 0, 3},
	}
	centre := smstest.Start(t, smstest.WithPassword("ashar", "secret"))
	sender := connect(t, centre, nil)
	taken := 0
	for name, c := range texts {
		status, err := sender.Send(t.Context(), sms.Message{ID: name, To: phone, Text: c.text})
		if err != nil || status.State != sms.Sent || status.ID != name || status.Parts != c.parts {
			t.Fatalf("%s: got %+v, %v", name, status, err)
		}
		parts := centre.Seen().Parts[taken:]
		taken += len(parts)
		if whole(parts) != c.text || len(parts) != c.parts {
			t.Errorf("%s came in %d parts as %q", name, len(parts), whole(parts))
		}
		for i, p := range parts {
			want := smstest.Part{
				Ref: status.Refs[i], From: "Ashar", FromTON: 5, To: "996555123456", ToTON: 1, ToNPI: 1, Coding: c.coding,
				Reference: parts[0].Reference, Of: c.parts, Number: i + 1, Text: p.Text,
			}
			if p != want {
				t.Errorf("%s, part %d is %+v, want %+v", name, i, p, want)
			}
		}
	}
	if binds := centre.Seen().Binds; !slices.Equal(binds, []uint32{2}) {
		t.Errorf("binds were %v, want one as a transmitter", binds)
	}
}

func TestSMPPHandsOverLongTextsWholeWhenTold(t *testing.T) {
	centre := smstest.Start(t)
	sender := connect(t, centre, func(c *sms.SMPPConfig) { c.Payload = true })
	text := strings.Repeat("жаңы өтүнүч ", 40)
	status, err := sender.Send(t.Context(), sms.Message{To: phone, Text: text})
	if err != nil || status.Parts != 8 || len(status.Refs) != 1 {
		t.Fatalf("got %+v, %v", status, err)
	}
	if _, err := sender.Send(t.Context(), sms.Message{To: phone, Text: "кыска"}); err != nil {
		t.Fatal(err)
	}
	parts := centre.Seen().Parts
	if len(parts) != 2 || !parts[0].Payload || parts[0].Text != text || parts[1].Payload || parts[1].Text != "кыска" {
		t.Errorf("taken were %+v", parts)
	}
}

func TestSMPPSendersAreNumbered(t *testing.T) {
	cases := []struct {
		from             string
		source           *sms.Numbering
		wantFrom         string
		wantTON, wantNPI byte
	}{
		{"Ashar", nil, "Ashar", 5, 0},
		{"+996312661234", nil, "996312661234", 1, 1},
		{"1414", nil, "1414", 3, 0},
		{"", nil, "", 0, 0},
		{"1414", &sms.Numbering{TON: 6, NPI: 9}, "1414", 6, 9},
	}
	for _, c := range cases {
		centre := smstest.Start(t)
		sender := connect(t, centre, func(config *sms.SMPPConfig) { config.From, config.Source = c.from, c.source })
		if _, err := sender.Send(t.Context(), sms.Message{To: phone, Text: "x"}); err != nil {
			t.Fatal(err)
		}
		if p := centre.Seen().Parts[0]; p.From != c.wantFrom || p.FromTON != c.wantTON || p.FromNPI != c.wantNPI {
			t.Errorf("%q came as %+v", c.from, p)
		}
	}
}

func TestSMPPErrorsTellWhetherToTryAgain(t *testing.T) {
	cases := []struct {
		name      string
		status    uint32
		permanent bool
		again     bool
	}{
		{"too fast", 0x58, false, true},
		{"queue full", 0x14, false, true},
		{"no such number", 0x0b, true, false},
		{"too long", 0x01, true, false},
		{"sender not allowed", 0x0a, false, false},
		{"system error", 0x08, false, false},
		{"one of the vendor's own", 0x401, false, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			centre := smstest.Start(t)
			sender := connect(t, centre, func(config *sms.SMPPConfig) { config.Throttle = time.Hour })
			centre.Fail(1, c.status)
			_, err := sender.Send(t.Context(), sms.Message{To: phone, Text: "Сырдуу сөз"})
			var failure *sms.Error
			if !errors.As(err, &failure) || failure.Command != c.status || errors.Is(err, sms.ErrPermanent) != c.permanent ||
				errors.Is(err, sms.ErrUnknown) || (failure.RetryAfter > 0) != c.again {
				t.Fatalf("got %+v", err)
			}
			if strings.Contains(err.Error(), "555") || strings.Contains(err.Error(), "Сырдуу") {
				t.Errorf("the error tells too much: %v", err)
			}
			_, err = sender.Send(t.Context(), sms.Message{To: phone, Text: "x"})
			if (err != nil) != c.again {
				t.Errorf("the next message got %v", err)
			}
		})
	}
}

func TestSMPPGoesOnAfterThePause(t *testing.T) {
	centre := smstest.Start(t)
	sender := connect(t, centre, nil)
	centre.Throttle(3)
	throttled := 0
	for {
		_, err := sender.Send(t.Context(), sms.Message{To: phone, Text: "x"})
		var failure *sms.Error
		if err == nil {
			break
		}
		if !errors.As(err, &failure) || failure.RetryAfter <= 0 {
			t.Fatal(err)
		}
		throttled++
		time.Sleep(failure.RetryAfter)
	}
	if throttled < 3 || len(centre.Seen().Parts) != 1 {
		t.Errorf("throttled %d times, %d taken", throttled, len(centre.Seen().Parts))
	}
}

func TestSMPPDoesNotRepeatTheFirstPartsOfAText(t *testing.T) {
	text := strings.Repeat("жаңы өтүнүч ", 12)
	t.Run("a later part comes too fast", func(t *testing.T) {
		centre := smstest.Start(t)
		sender := connect(t, centre, nil)
		centre.Hold()
		done := make(chan error)
		go func() {
			_, err := sender.Send(t.Context(), sms.Message{To: phone, Text: text})
			done <- err
		}()
		centre.Wait(t, func(s smstest.Snapshot) bool { return s.Open == 1 })
		centre.Throttle(2)
		centre.Release()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if parts := centre.Seen().Parts; len(parts) != 3 || whole(parts) != text {
			t.Errorf("came in %d parts as %q", len(parts), whole(parts))
		}
	})
	t.Run("a later part is refused", func(t *testing.T) {
		centre := smstest.Start(t)
		sender := connect(t, centre, nil)
		centre.Hold()
		done := make(chan error)
		go func() {
			_, err := sender.Send(t.Context(), sms.Message{To: phone, Text: text})
			done <- err
		}()
		centre.Wait(t, func(s smstest.Snapshot) bool { return s.Open == 1 })
		centre.Fail(1, 0x08)
		centre.Release()
		if err := <-done; !errors.Is(err, sms.ErrUnknown) {
			t.Errorf("got %v", err)
		}
	})
}

func TestSMPPNumbersThePartsOfOneMessageAlike(t *testing.T) {
	centre := smstest.Start(t)
	sender := connect(t, centre, nil)
	for range 2 {
		if _, err := sender.Send(t.Context(), sms.Message{ID: "notice 5", To: phone, Text: strings.Repeat("ө", 80)}); err != nil {
			t.Fatal(err)
		}
	}
	parts := centre.Seen().Parts
	if parts[0].Reference != parts[2].Reference || parts[1].Reference != parts[3].Reference {
		t.Errorf("taken were %+v", parts)
	}
}

func TestSMPPTellsWhatItCannotKnow(t *testing.T) {
	t.Run("the line breaks before the answer", func(t *testing.T) {
		centre := smstest.Start(t)
		sender := connect(t, centre, nil)
		centre.LoseAnswers(1)
		_, err := sender.Send(t.Context(), sms.Message{To: phone, Text: "x"})
		if !errors.Is(err, sms.ErrUnknown) || errors.Is(err, sms.ErrPermanent) {
			t.Fatalf("got %v", err)
		}
		if n := len(centre.Seen().Parts); n != 1 {
			t.Fatalf("went out %d times", n)
		}
		if _, err := sender.Send(t.Context(), sms.Message{To: phone, Text: "y"}); err != nil {
			t.Errorf("the line was not bound again: %v", err)
		}
		if seen := centre.Seen(); len(seen.Binds) != 2 || len(seen.Parts) != 2 {
			t.Errorf("seen is %+v", seen)
		}
	})
	t.Run("the centre does not answer", func(t *testing.T) {
		centre := smstest.Start(t)
		sender := connect(t, centre, func(c *sms.SMPPConfig) { c.Timeout = 50 * time.Millisecond })
		centre.Deafen(true)
		if _, err := sender.Send(t.Context(), sms.Message{To: phone, Text: "x"}); !errors.Is(err, sms.ErrUnknown) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("the caller does not wait", func(t *testing.T) {
		centre := smstest.Start(t)
		sender := connect(t, centre, nil)
		centre.Hold()
		defer centre.Release()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() {
			_, err := sender.Send(ctx, sms.Message{To: phone, Text: "x"})
			done <- err
		}()
		centre.Wait(t, func(s smstest.Snapshot) bool { return s.Open == 1 })
		cancel()
		if err := <-done; !errors.Is(err, sms.ErrUnknown) || !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("there is no centre", func(t *testing.T) {
		centre := smstest.Start(t)
		sender := connect(t, centre, func(c *sms.SMPPConfig) { c.Timeout = 50 * time.Millisecond })
		centre.Close()
		for range 2 { // the first may still find the old line
			_, err := sender.Send(t.Context(), sms.Message{To: phone, Text: "x"})
			if err == nil || errors.Is(err, sms.ErrPermanent) {
				t.Fatalf("got %v", err)
			}
			if errors.Is(err, sms.ErrUnknown) {
				continue
			}
			return
		}
		t.Error("a message without a line may have been sent")
	})
}

func TestSMPPBindsAgain(t *testing.T) {
	endings := map[string]func(*smstest.Centre){
		"after a cut":             (*smstest.Centre).HangUp,
		"after an unbind":         (*smstest.Centre).Unbind,
		"after a line went quiet": func(c *smstest.Centre) { c.Deafen(true) },
	}
	for name, end := range endings {
		t.Run(name, func(t *testing.T) {
			centre := smstest.Start(t)
			sender := connect(t, centre, func(c *sms.SMPPConfig) {
				c.Enquire, c.Timeout = 5*time.Millisecond, 500*time.Millisecond
			})
			centre.Wait(t, func(s smstest.Snapshot) bool { return len(s.Binds) == 1 && s.Enquiries > 1 })
			end(centre)
			centre.Wait(t, func(s smstest.Snapshot) bool { return len(s.Binds) >= 2 })
			centre.Deafen(false)
			for {
				_, err := sender.Send(t.Context(), sms.Message{To: phone, Text: "x"})
				if err == nil {
					break
				}
				if t.Context().Err() != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func TestSMPPRefusedSignInIsTold(t *testing.T) {
	centre := smstest.Start(t, smstest.WithPassword("ashar", "other"))
	sender := connect(t, centre, func(c *sms.SMPPConfig) { c.Timeout = 200 * time.Millisecond })
	_, err := sender.Send(t.Context(), sms.Message{To: phone, Text: "x"})
	if err == nil || !strings.Contains(err.Error(), "0xe") || strings.Contains(err.Error(), "secret") ||
		errors.Is(err, sms.ErrPermanent) || errors.Is(err, sms.ErrUnknown) {
		t.Errorf("got %v", err)
	}
}

func TestSMPPKeepsItsWindow(t *testing.T) {
	centre := smstest.Start(t)
	sender := connect(t, centre, func(c *sms.SMPPConfig) { c.Window = 3 })
	centre.Hold()
	var sending sync.WaitGroup
	for i := range 12 {
		sending.Go(func() {
			if _, err := sender.Send(t.Context(), sms.Message{ID: strconv.Itoa(i), To: phone, Text: "x"}); err != nil {
				t.Error(err)
			}
		})
	}
	centre.Wait(t, func(s smstest.Snapshot) bool { return s.Open == 3 })
	centre.Release()
	sending.Wait()
	if seen := centre.Seen(); len(seen.Parts) != 12 || seen.Widest != 3 {
		t.Errorf("%d taken, at most %d at a time", len(seen.Parts), seen.Widest)
	}
}

func TestSMPPReportsTheEnd(t *testing.T) {
	cases := []struct {
		name    string
		options []smstest.Option
		change  func(*sms.SMPPConfig)
		text    string
		want    sms.State
		reason  string
	}{
		{"delivered", []smstest.Option{smstest.WithReceipts("DELIVRD")}, nil, "x", sms.Delivered, ""},
		{"all parts delivered", []smstest.Option{smstest.WithReceipts("DELIVRD")}, nil, strings.Repeat("ү", 200), sms.Delivered, ""},
		{"not delivered", []smstest.Option{smstest.WithReceipts("UNDELIV")}, nil, "x", sms.Failed, "UNDELIV 011"},
		{"too old", []smstest.Option{smstest.WithReceipts("EXPIRED")}, nil, strings.Repeat("ү", 200), sms.Failed, "EXPIRED 011"},
		{"receipt before answer", []smstest.Option{smstest.WithReceipts("DELIVRD"), smstest.WithEarlyReceipts()}, nil, "x", sms.Delivered, ""},
		{
			"receipts in decimal",
			[]smstest.Option{smstest.WithReceipts("DELIVRD"), smstest.WithDecimalReceipts()},
			func(c *sms.SMPPConfig) { c.DecimalReceipts = true }, strings.Repeat("ү", 200), sms.Delivered, "",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			centre := smstest.Start(t, c.options...)
			told := newReports()
			sender := connect(t, centre, func(config *sms.SMPPConfig) {
				config.Receipts, config.Report = true, told.report
				if c.change != nil {
					c.change(config)
				}
			})
			status, err := sender.Send(t.Context(), sms.Message{ID: "notice 5", To: phone, Text: c.text})
			if err != nil {
				t.Fatal(err)
			}
			all := told.wait(t, 1)
			centre.Wait(t, func(s smstest.Snapshot) bool { return len(s.Acks) == status.Parts })
			got := told.wait(t, 0)
			if len(got) != 1 || got[0].ID != "notice 5" || got[0].State != c.want || got[0].Reason != c.reason || got[0].Parts != status.Parts {
				t.Errorf("told was %+v, at first %+v", got, all)
			}
		})
	}
}

func TestSMPPAsksForAReceiptAgainWhenItsReportFails(t *testing.T) {
	centre := smstest.Start(t)
	told := newReports()
	told.fail = 1
	sender := connect(t, centre, func(c *sms.SMPPConfig) { c.Receipts, c.Report = true, told.report })
	status, err := sender.Send(t.Context(), sms.Message{ID: "notice 5", To: phone, Text: "x"})
	if err != nil {
		t.Fatal(err)
	}
	for want := range 3 { // refused, told, and a repetition that is told to nobody
		if err := centre.SendReceipt(status.Refs[0], "DELIVRD"); err != nil {
			t.Fatal(err)
		}
		centre.Wait(t, func(s smstest.Snapshot) bool { return len(s.Acks) == want+1 })
	}
	if acks := centre.Seen().Acks; !slices.Equal(acks, []uint32{0x64, 0, 0}) {
		t.Errorf("answers were %v", acks)
	}
	if got := told.wait(t, 1); len(got) != 1 || got[0].ID != "notice 5" {
		t.Errorf("told was %+v", got)
	}
}

func TestSMPPReportsReceiptsOfAnEarlierRun(t *testing.T) {
	centre := smstest.Start(t)
	first := connect(t, centre, withReceipts)
	status, err := first.Send(t.Context(), sms.Message{ID: "notice 5", To: phone, Text: "x"})
	if err != nil {
		t.Fatal(err)
	}
	first.Close()
	told := newReports()
	connect(t, centre, func(c *sms.SMPPConfig) { c.Receipts, c.Report = true, told.report })
	centre.Wait(t, func(s smstest.Snapshot) bool { return len(s.Binds) == 2 })
	if err := centre.SendReceipt(status.Refs[0], "DELIVRD"); err != nil {
		t.Fatal(err)
	}
	if got := told.wait(t, 1)[0]; got.ID != "" || got.State != sms.Delivered || !slices.Equal(got.Refs, status.Refs) {
		t.Errorf("told was %+v", got)
	}
}

func TestSMPPDropsWhatIsNoEnd(t *testing.T) {
	centre := smstest.Start(t)
	told := newReports()
	sender := connect(t, centre, func(c *sms.SMPPConfig) { c.Receipts, c.Report = true, told.report })
	status, err := sender.Send(t.Context(), sms.Message{ID: "notice 5", To: phone, Text: "x"})
	if err != nil {
		t.Fatal(err)
	}
	for _, state := range []string{"ENROUTE", "ACCEPTD", "NONSENS"} {
		if err := centre.SendReceipt(status.Refs[0], state); err != nil {
			t.Fatal(err)
		}
	}
	centre.Write("996555123456", "id:1 stat:DELIVRD")
	centre.Wait(t, func(s smstest.Snapshot) bool { return len(s.Acks) == 4 })
	if acks := centre.Seen().Acks; !slices.Equal(acks, []uint32{0, 0, 0, 0}) {
		t.Errorf("answers were %v", acks)
	}
	if got := told.wait(t, 0); len(got) != 0 {
		t.Errorf("told was %+v", got)
	}
}

func TestSMPPOverTLS(t *testing.T) {
	centre := smstest.Start(t, smstest.WithTLS())
	sender := connect(t, centre, func(c *sms.SMPPConfig) { c.TLS = &tls.Config{RootCAs: centre.Roots(), MinVersion: tls.VersionTLS12} })
	if _, err := sender.Send(t.Context(), sms.Message{To: phone, Text: "x"}); err != nil {
		t.Fatal(err)
	}
	stranger := connect(t, centre, func(c *sms.SMPPConfig) {
		c.TLS, c.Timeout = &tls.Config{MinVersion: tls.VersionTLS12}, 200*time.Millisecond
	})
	if _, err := stranger.Send(t.Context(), sms.Message{To: phone, Text: "x"}); err == nil || errors.Is(err, sms.ErrUnknown) {
		t.Errorf("a centre with a foreign certificate got a message: %v", err)
	}
}

func TestSMPPCloseUnbinds(t *testing.T) {
	centre := smstest.Start(t)
	sender := connect(t, centre, nil)
	if _, err := sender.Send(t.Context(), sms.Message{To: phone, Text: "x"}); err != nil {
		t.Fatal(err)
	}
	sender.Close()
	if n := centre.Seen().Unbinds; n != 1 {
		t.Errorf("%d good-byes", n)
	}
	if _, err := sender.Send(t.Context(), sms.Message{To: phone, Text: "x"}); err == nil || errors.Is(err, sms.ErrUnknown) {
		t.Errorf("got %v", err)
	}
}

func TestSMPPRefusesWhatNobodyCanSend(t *testing.T) {
	centre := smstest.Start(t)
	sender := connect(t, centre, nil)
	for name, m := range map[string]sms.Message{
		"no text":       {To: phone},
		"a book":        {To: phone, Text: strings.Repeat("a", 255*153+1)},
		"no number":     {Text: "x"},
		"letters":       {To: "+996555x", Text: "x"},
		"a long number": {To: "+" + strings.Repeat("1", 21), Text: "x"},
	} {
		if _, err := sender.Send(t.Context(), m); !errors.Is(err, sms.ErrPermanent) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if seen := centre.Seen(); len(seen.Parts) != 0 {
		t.Errorf("taken were %+v", seen.Parts)
	}
}

func TestSMPPSurvivesNonsense(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	var lines sync.WaitGroup
	lines.Go(func() {
		for _, nonsense := range []string{"HTTP/1.1 400 Bad Request\r\n\r\n", "\x00\x00\x00\x08\x80\x00\x00\x02", ""} {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Write([]byte(nonsense))
			conn.Close()
		}
	})
	sender, err := sms.NewSMPP(sms.SMPPConfig{Address: listener.Addr().String(), SystemID: "a", Timeout: time.Second, Backoff: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	lines.Wait()
	sender.Close()
}

func TestSMPPConfigurationIsReadAndChecked(t *testing.T) {
	config, err := sms.ParseSMPP("smpps://ashar:s3cret@smsc.example?from=Ashar&receipts=yes&long=payload&ids=decimal&source=5.0&dest=1.1&window=20&enquire=45s")
	if err != nil {
		t.Fatal(err)
	}
	if config.Address != "smsc.example:2775" || config.SystemID != "ashar" || config.Password != "s3cret" || config.TLS == nil || !config.Receipts ||
		!config.Payload || !config.DecimalReceipts || *config.Source != (sms.Numbering{TON: 5}) || config.Window != 20 || config.Enquire != 45*time.Second {
		t.Errorf("got %+v", config)
	}
	for _, raw := range []string{
		"", "http://a:b@c", "smpp://", "smpp://a:s3cret@c?receipts=maybe", "smpp://a:s3cret@c?window=-1", "smpp://a:s3cret@c?widow=1",
		"smpp://a:s3cret@c?source=5", "smpp://a:s3cret@c?source=5.x", "smpp://a:s3cret@c?enquire=30",
	} {
		if _, err := sms.ParseSMPP(raw); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: got %v", raw, err)
		}
	}
	for name, config := range map[string]sms.SMPPConfig{
		"no port":           {Address: "smsc.example", SystemID: "a"},
		"no account":        {Address: "smsc.example:1"},
		"a long account":    {Address: "smsc.example:1", SystemID: strings.Repeat("a", 16)},
		"a long password":   {Address: "smsc.example:1", SystemID: "a", Password: "123456789"},
		"a long sender":     {Address: "smsc.example:1", SystemID: "a", From: "CityOfBishkek"},
		"a Cyrillic sender": {Address: "smsc.example:1", SystemID: "a", From: "Ашар"},
	} {
		if _, err := sms.NewSMPP(config); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}
