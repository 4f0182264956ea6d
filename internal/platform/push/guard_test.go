package push

import (
	"context"
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"net"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// TestNamesThatResolveToThisMachineAreRefused is the attack by name: the
// endpoint reads like any other, and only the connection shows where it leads.
func TestNamesThatResolveToThisMachineAreRefused(t *testing.T) {
	keys, err := GenerateKeys()
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(Config{Keys: keys, Contact: "mailto:it@bishkek.example"})
	if err != nil {
		t.Fatal(err)
	}
	server := nameServer(t, [4]byte{127, 0, 0, 1})
	s.dialer.Resolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", server)
	}}
	browser, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	subscription := Subscription{
		Endpoint: "https://push.attacker.example/x",
		P256dh:   base64.RawURLEncoding.EncodeToString(browser.PublicKey().Bytes()),
		Auth:     base64.RawURLEncoding.EncodeToString(make([]byte, 16)),
	}
	if err := s.Check(subscription); err != nil {
		t.Fatalf("nothing is wrong with the name alone: %v", err)
	}
	if err := s.Send(t.Context(), subscription, []byte("x"), Options{}); !errors.Is(err, ErrSubscription) {
		t.Errorf("got %v", err)
	}
}

// nameServer answers every question for an IPv4 address with ip, and every
// other question with nothing.
func nameServer(t *testing.T, ip [4]byte) string {
	t.Helper()
	line, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { line.Close() })
	go func() {
		packet := make([]byte, 1500)
		for {
			n, from, err := line.ReadFrom(packet)
			if err != nil {
				return
			}
			if answer, err := answerName(packet[:n], ip); err == nil {
				_, _ = line.WriteTo(answer, from)
			}
		}
	}()
	return line.LocalAddr().String()
}

func answerName(packet []byte, ip [4]byte) ([]byte, error) {
	var question dnsmessage.Message
	if err := question.Unpack(packet); err != nil {
		return nil, err
	}
	answer := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: question.ID, Response: true, RecursionAvailable: true},
		Questions: question.Questions,
	}
	if asked := question.Questions[0]; asked.Type == dnsmessage.TypeA {
		answer.Answers = []dnsmessage.Resource{{
			Header: dnsmessage.ResourceHeader{Name: asked.Name, Type: asked.Type, Class: asked.Class, TTL: 1},
			Body:   &dnsmessage.AResource{A: ip},
		}}
	}
	return answer.Pack()
}

func TestGuardChecksTheAddressThatIsDialled(t *testing.T) {
	cases := []struct {
		address      string
		strict, demo bool // allowed without and with loopback
	}{
		{"93.184.216.34:443", true, true},
		{"[2606:2800:220:1::1]:443", true, true},
		{"127.0.0.1:443", false, true},
		{"127.9.9.9:443", false, true},
		{"[::1]:443", false, true},
		{"[::ffff:127.0.0.1]:443", false, true},
		{"10.1.2.3:443", false, false},
		{"172.16.0.1:443", false, false},
		{"[::ffff:192.168.0.1]:443", false, false},
		{"169.254.169.254:80", false, false},
		{"[fe80::1%eth0]:443", false, false},
		{"[fd12::1]:443", false, false},
		{"[ff02::1]:443", false, false},
		{"224.0.0.1:443", false, false},
		{"255.255.255.255:443", false, false},
		{"[2001:db8::1]:443", false, false},
		{"nonsense", false, false},
	}
	for _, c := range cases {
		if err := guard(false)("tcp", c.address, nil); (err == nil) != c.strict || err != nil && !errors.Is(err, ErrSubscription) {
			t.Errorf("%s: %v", c.address, err)
		}
		if err := guard(true)("tcp", c.address, nil); (err == nil) != c.demo {
			t.Errorf("%s with loopback: %v", c.address, err)
		}
	}
}
