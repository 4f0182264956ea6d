package account_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"testing"
	"time"

	"github.com/go-webauthn/webauthn/protocol/webauthncbor"

	"github.com/ashar-kg/ashar/internal/civic/account"
	"github.com/ashar-kg/ashar/internal/civic/permission"
)

var here = account.Origin{Host: "bishkek.example", Full: "https://bishkek.example"}

// device is an authenticator in software: it makes ES256 keys bound to a host,
// and signs what the browser of an origin asks.
type device struct {
	origin  account.Origin
	id      []byte
	handle  string // as the server sent it
	key     *ecdsa.PrivateKey
	counter uint32
	flags   byte // user present and verified, unless a test says less
}

func newDevice(t *testing.T, o account.Origin) *device {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	id := make([]byte, 32)
	rand.Read(id)
	return &device{origin: o, id: id, key: key, flags: 0x05}
}

// asked is what a browser reads of the options.
type asked struct {
	Challenge string `json:"challenge"`
	User      struct {
		ID string `json:"id"`
	} `json:"user"`
}

func read(t *testing.T, options any) (out asked) {
	t.Helper()
	text, err := json.Marshal(options)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

var b64 = base64.RawURLEncoding

func (d *device) client(kind, challenge string) []byte {
	text, _ := json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": d.origin.Full, "crossOrigin": false})
	return text
}

func (d *device) data(more byte) []byte {
	sum := sha256.Sum256([]byte(d.origin.Host))
	out := append(sum[:], d.flags|more)
	return binary.BigEndian.AppendUint32(out, d.counter)
}

func (d *device) answer(t *testing.T, response map[string]string) []byte {
	t.Helper()
	text, err := json.Marshal(map[string]any{"id": b64.EncodeToString(d.id), "rawId": b64.EncodeToString(d.id), "type": "public-key", "response": response})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// create answers navigator.credentials.create.
func (d *device) create(t *testing.T, options any) []byte {
	t.Helper()
	in := read(t, options)
	d.handle = in.User.ID
	public, err := d.key.PublicKey.Bytes() // 4, x, y
	if err != nil {
		t.Fatal(err)
	}
	cose, err := webauthncbor.Marshal(map[int]any{1: 2, 3: -7, -1: 1, -2: public[1:33], -3: public[33:]})
	if err != nil {
		t.Fatal(err)
	}
	auth := append(d.data(0x40), make([]byte, 16)...)
	auth = binary.BigEndian.AppendUint16(auth, uint16(len(d.id)))
	auth = append(append(auth, d.id...), cose...)
	object, err := webauthncbor.Marshal(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": auth})
	if err != nil {
		t.Fatal(err)
	}
	return d.answer(t, map[string]string{
		"clientDataJSON": b64.EncodeToString(d.client("webauthn.create", in.Challenge)), "attestationObject": b64.EncodeToString(object),
	})
}

// get answers navigator.credentials.get.
func (d *device) get(t *testing.T, options any) []byte {
	t.Helper()
	client, auth := d.client("webauthn.get", read(t, options).Challenge), d.data(0)
	sum := sha256.Sum256(client)
	signed := sha256.Sum256(append(append([]byte(nil), auth...), sum[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, d.key, signed[:])
	if err != nil {
		t.Fatal(err)
	}
	return d.answer(t, map[string]string{
		"clientDataJSON": b64.EncodeToString(client), "authenticatorData": b64.EncodeToString(auth),
		"signature": b64.EncodeToString(signature), "userHandle": d.handle,
	})
}

// makeKey makes a passkey of a signed-in person on a device.
func (w *town) makeKey(d *device, session string) error {
	w.t.Helper()
	a := w.who(w.city, session)
	c, err := w.service.BeginPasskey(w.t.Context(), w.city, a, here)
	if err != nil {
		return err
	}
	return w.service.FinishPasskey(w.t.Context(), w.city, a, here, c.Secret, session, "Телефон", d.create(w.t, c.Options))
}

func (w *town) signInBy(d *device) (account.Proof, error) {
	w.t.Helper()
	c, err := w.service.BeginPasskeySignIn(w.t.Context(), w.city, here)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.service.FinishPasskeySignIn(w.t.Context(), w.city, here, c.Secret, "", d.get(w.t, c.Options))
}

func TestAPasskeySignsInStrongly(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		w.appoint(w.city, "clerk@mail.kg", permission.Grant{Role: permission.Clerk})
		mail := w.signIn(w.city, "clerk@mail.kg")
		phone := newDevice(t, here)
		if err := w.makeKey(phone, mail.Session); err != nil {
			t.Fatal(err)
		}
		if a := w.who(w.city, mail.Session); !a.Strong || !a.Staff() {
			t.Errorf("the device was touched, and the session is %+v", a)
		}
		proof, err := w.signInBy(phone)
		if err != nil {
			t.Fatal(err)
		}
		a := w.who(w.city, proof.Session)
		if a.Person != mail.Person || !a.Strong || !a.Staff() {
			t.Errorf("signed in as %+v", a)
		}
		f, err := w.service.Factors(t.Context(), w.city, a)
		if err != nil || len(f.Passkeys) != 1 || f.Passkeys[0].Name != "Телефон" || f.TOTP {
			t.Errorf("factors %+v, %v", f, err)
		}
		if err := w.service.DropPasskey(t.Context(), w.city, a, f.Passkeys[0].ID); err != nil {
			t.Fatal(err)
		}
		_, err = w.signInBy(phone)
		wantField(t, err, "passkey passkey")
	})
}

func TestPasskeysThatAreRefused(t *testing.T) {
	elsewhere := account.Origin{Host: "bishkek.example", Full: "https://bishkek.example.attacker.test"}
	for name, spoil := range map[string]func(d *device){
		"page of another site":      func(d *device) { d.origin = elsewhere },
		"key of another host":       func(d *device) { d.origin.Host = "osh.example" },
		"another key":               func(d *device) { d.key, _ = ecdsa.GenerateKey(elliptic.P256(), rand.Reader) },
		"nobody touched it":         func(d *device) { d.flags = 0x00 },
		"no finger, face or PIN":    func(d *device) { d.flags = 0x01 },
		"a copy whose counter lags": func(d *device) { d.counter = 3 },
		"handle of somebody else":   func(d *device) { d.handle = b64.EncodeToString([]byte("somebody else")) },
		"a device never seen":       func(d *device) { d.id = []byte("never seen, never seen, never see") },
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, w *town) {
				mail := w.signIn(w.city, "aidai@mail.kg")
				phone := newDevice(t, here)
				phone.counter = 5
				if err := w.makeKey(phone, mail.Session); err != nil {
					t.Fatal(err)
				}
				spoil(phone)
				proof, err := w.signInBy(phone)
				wantField(t, err, "passkey passkey")
				if proof.Session != "" {
					t.Error("and a session all the same")
				}
			})
		})
	}
}

func TestACeremonyServesOnceAndOnlyItsPerson(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		mine, other := w.signIn(w.city, "aidai@mail.kg").Session, w.signIn(w.city, "nurbek@mail.kg").Session
		phone := newDevice(t, here)
		begin := func() account.Ceremony {
			t.Helper()
			c, err := w.service.BeginPasskey(t.Context(), w.city, w.who(w.city, mine), here)
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		finish := func(session, secret string, answer []byte) error {
			return w.service.FinishPasskey(t.Context(), w.city, w.who(w.city, session), here, secret, session, "", answer)
		}
		c := begin()
		wantField(t, finish(other, c.Secret, phone.create(t, c.Options)), "passkey passkey")
		c = begin()
		w.clock.Advance(5*time.Minute + time.Second)
		wantField(t, finish(mine, c.Secret, phone.create(t, c.Options)), "passkey passkey")
		c = begin()
		wantField(t, finish(mine, c.Secret, []byte(`{"not":"a credential"}`)), "passkey passkey")
		if err := w.makeKey(phone, mine); err != nil {
			t.Fatal(err)
		}

		login, err := w.service.BeginPasskeySignIn(t.Context(), w.city, here)
		if err != nil {
			t.Fatal(err)
		}
		phone.counter++
		answer := phone.get(t, login.Options)
		if _, err := w.service.FinishPasskeySignIn(t.Context(), w.city, here, login.Secret, "", answer); err != nil {
			t.Error(err)
		}
		_, err = w.service.FinishPasskeySignIn(t.Context(), w.city, here, login.Secret, "", answer)
		wantField(t, err, "passkey passkey")
		c2, err := w.service.BeginPasskeySignIn(t.Context(), w.demo, here)
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.service.FinishPasskeySignIn(t.Context(), w.demo, here, c2.Secret, "", phone.get(t, c2.Options))
		wantField(t, err, "passkey passkey")
	})
}
