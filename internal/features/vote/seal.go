package vote

import (
	"crypto/ecdh"
	"crypto/hpke"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Cast is a ballot as it was cast. It says nothing of who cast it.
type Cast struct {
	Receipt string              // by which the voter finds it among the published ones
	Choices map[string][]Choice // by pot; a ranking is in its order
}

// Choice is a project on a ballot. Points are 0 unless the ballot has points.
type Choice struct {
	Code   string
	Points int
}

// sheet is how the ballots of a campaign are written down: which projects there
// are, in the order of the rule book, and how many fit on a ballot at most. All
// ballots of a campaign get the same number of bytes, so that their size tells
// nothing.
type sheet struct {
	campaign int64
	codes    []string
	pots     []string       // of each project
	place    map[string]int // by code
	room     int            // choices on a ballot at most
}

const receiptBytes = 10

// newSheet takes the projects of a rule book.
func newSheet(campaign int64, b *Book) *sheet {
	s := &sheet{campaign: campaign, place: map[string]int{}}
	count := map[string]int{}
	for _, p := range b.Projects {
		s.place[p.Code] = len(s.codes)
		s.codes, s.pots = append(s.codes, p.Code), append(s.pots, p.Pot)
		count[p.Pot]++
	}
	// A voter has the pots of the whole city and those of one district.
	most := map[string]int{}
	for _, p := range b.Pots {
		n := count[p.Code]
		if p.MaxPicks > 0 {
			n = min(n, p.MaxPicks)
		}
		most[p.District] += n
	}
	own := 0
	for district, n := range most {
		if district != "" {
			own = max(own, n)
		}
	}
	s.room = most[""] + own
	return s
}

// write writes a ballot down: the receipt, then each choice as the place of its
// project and its points, then nothing but zeros.
func (s *sheet) write(c Cast) ([]byte, error) {
	receipt, err := receiptCode.DecodeString(strings.ReplaceAll(c.Receipt, "-", ""))
	if err != nil || len(receipt) != receiptBytes {
		return nil, errors.New("vote: not a receipt")
	}
	out := make([]byte, receiptBytes+2, receiptBytes+2+4*s.room)
	copy(out, receipt)
	n := 0
	for _, choices := range c.Choices {
		for _, x := range choices {
			place, ok := s.place[x.Code]
			if !ok || x.Points < 0 || x.Points > 65535 {
				return nil, fmt.Errorf("vote: project %q cannot be on this ballot", x.Code)
			}
			out = binary.BigEndian.AppendUint16(out, uint16(place))
			out = binary.BigEndian.AppendUint16(out, uint16(x.Points))
			n++
		}
	}
	if n > s.room {
		return nil, fmt.Errorf("vote: %d choices, at most %d fit on a ballot", n, s.room)
	}
	binary.BigEndian.PutUint16(out[receiptBytes:], uint16(n))
	return out[:cap(out)], nil
}

// read is the inverse of write.
func (s *sheet) read(text []byte) (c Cast, err error) {
	if len(text) != receiptBytes+2+4*s.room {
		return c, errors.New("vote: a ballot of another length")
	}
	c = Cast{Receipt: writeReceipt(text[:receiptBytes]), Choices: map[string][]Choice{}}
	n := int(binary.BigEndian.Uint16(text[receiptBytes:]))
	if n > s.room {
		return c, errors.New("vote: a ballot with more choices than fit")
	}
	for i := range n {
		at := receiptBytes + 2 + 4*i
		place := int(binary.BigEndian.Uint16(text[at:]))
		if place >= len(s.codes) {
			return c, errors.New("vote: a ballot names a project that is not on the list")
		}
		pot := s.pots[place]
		c.Choices[pot] = append(c.Choices[pot], Choice{s.codes[place], int(binary.BigEndian.Uint16(text[at+2:]))})
	}
	return c, nil
}

func (s *sheet) info() []byte { return fmt.Appendf(nil, "ashar ballot 1 %d", s.campaign) }

// seal puts a ballot into an envelope that only the opening code opens: HPKE
// (RFC 9180) with X25519, HKDF-SHA256 and ChaCha20-Poly1305.
func (s *sheet) seal(publicKey string, c Cast) ([]byte, error) {
	raw, err := hex.DecodeString(publicKey)
	if err != nil {
		return nil, err
	}
	key, err := kem.NewPublicKey(raw)
	if err != nil {
		return nil, err
	}
	text, err := s.write(c)
	if err != nil {
		return nil, err
	}
	return hpke.Seal(key, hpke.HKDFSHA256(), hpke.ChaCha20Poly1305(), s.info(), text)
}

// open takes a ballot out of its envelope.
func (s *sheet) open(key hpke.PrivateKey, envelope []byte) (Cast, error) {
	text, err := hpke.Open(key, hpke.HKDFSHA256(), hpke.ChaCha20Poly1305(), s.info(), envelope)
	if err != nil {
		return Cast{}, fmt.Errorf("vote: an envelope does not open: %w", err)
	}
	return s.read(text)
}

var kem = hpke.DHKEM(ecdh.X25519())

// receiptCode has no letters that look like digits.
var receiptCode = base32.NewEncoding("ABCDEFGHJKLMNPQRSTUVWXYZ23456789").WithPadding(base32.NoPadding)

// groups writes a code in groups of four, as people read it out.
func groups(code string) string {
	var parts []string
	for ; len(code) > 4; code = code[4:] {
		parts = append(parts, code[:4])
	}
	return strings.Join(append(parts, code), "-")
}

func writeReceipt(raw []byte) string { return groups(receiptCode.EncodeToString(raw)) }

// minSecret is the length of the secret of a form, in characters of 5 bits.
const minSecret = 26

// receiptOf is the receipt that the secret of a form gives. The secret is never
// kept, so nobody finds the receipt from the mark on the roll.
func receiptOf(secret string) string {
	sum := sha256.Sum256([]byte("receipt\x00" + secret))
	return writeReceipt(sum[:receiptBytes])
}

// markOf is what the roll keeps of the secret of a form: whoever sends the same
// form again, because the answer was lost, is known by it.
func markOf(secret string) string {
	sum := sha256.Sum256([]byte("mark\x00" + secret))
	return hex.EncodeToString(sum[:])
}

// The opening code of the commission: 20 random bytes of which the key pair is
// made, and two bytes that tell a slip of the pen.
const (
	codeBytes  = 20
	checkBytes = 2
)

// NewOpeningCode draws the code with which the ballots of a campaign are opened.
// It is shown to the commission and kept nowhere.
func NewOpeningCode() string {
	raw := make([]byte, codeBytes)
	rand.Read(raw)
	return openingCode(raw)
}

// DemoCode opens the votes of a demo city. It is known to everybody.
var DemoCode = openingCode([]byte("demo of Bishkek city"))

func openingCode(raw []byte) string {
	sum := sha256.Sum256(raw)
	return groups(receiptCode.EncodeToString(slices.Concat(raw, sum[:checkBytes])))
}

// errCode is a code that somebody mistyped.
var errCode = errors.New("vote: not an opening code")

// keyOf makes the key pair of an opening code, however it is spaced.
func keyOf(code string) (hpke.PrivateKey, error) {
	code = strings.Map(func(r rune) rune {
		if strings.ContainsRune("- \t\r\n", r) {
			return -1
		}
		return r
	}, strings.ToUpper(code))
	raw, err := receiptCode.DecodeString(code)
	// The last sign holds more bits than there are: written back it must be the same.
	if err != nil || len(raw) != codeBytes+checkBytes || receiptCode.EncodeToString(raw) != code {
		return nil, errCode
	}
	sum := sha256.Sum256(raw[:codeBytes])
	if string(sum[:checkBytes]) != string(raw[codeBytes:]) {
		return nil, errCode
	}
	// Expanded: the derivation wants as many bytes as the key has.
	seed := sha256.Sum256(append([]byte("ashar opening code\x00"), raw[:codeBytes]...))
	return kem.DeriveKeyPair(seed[:])
}

// PublicKeyOf is the public key of an opening code in hexadecimal.
func PublicKeyOf(code string) (string, error) {
	key, err := keyOf(code)
	if err != nil {
		return "", err
	}
	return hex.EncodeToString(key.PublicKey().Bytes()), nil
}
