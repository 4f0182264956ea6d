// Package account knows the people of a city: their addresses, sessions and
// devices, how well they are known, the roles that staff have at bodies. It
// signs people in by a link to an e-mail address, a code to a telephone, or a
// passkey, and gives everybody their own data and its erasure.
package account

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/mail"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/sms"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations are the tables of this package.
var Migrations = db.Migrations{Name: "account", FS: files}

// Person is somebody the city knows. Instants are Unix milliseconds.
type Person struct {
	ID      int64
	Name    string
	Lang    string
	Level   permission.Level
	Created int64
	Erased  int64
	TOTP    bool
}

// Contact is an address that a person has proved.
type Contact struct {
	Address  string
	Kind     string // email or phone
	Person   int64
	Verified int64
}

// Session is one signed-in device.
type Session struct {
	ID      int64
	Device  string
	Created int64
	Seen    int64
	Until   int64
	Strong  bool
	Here    bool // the device that asks
}

// Consent is a person's leave to use their data for a purpose.
type Consent struct {
	Purpose   string
	Given     int64
	Withdrawn int64 // 0 while it holds
}

// ConsentAccount is given with the first sign-in; its end is the end of the account.
const ConsentAccount = "account"

// Terms of sign-in. What is counted is counted for an address or a person, not
// for who asks from where: a whole quarter may share one network address.
const (
	sessionFor    = 90 * 24 * time.Hour
	codeFor       = 10 * time.Minute
	codeDigits    = 6
	maxTries      = 5 // at one code
	maxCodes      = 6 // to one address within codesWithin
	codesWithin   = time.Hour
	maxWrong      = 30 // wrong codes for one address within wrongWithin, however many codes were asked for
	wrongWithin   = 24 * time.Hour
	maxWrongTOTP  = 20 // wrong codes of one person's second factor within wrongWithin
	longestWindow = wrongWithin
	seenEvery     = 5 * time.Minute
	ceremonyFor   = 5 * time.Minute
	recoveryKeys  = 8
	maxContacts   = 5
	maxPasskeys   = 10
	maxName       = 120 // characters
)

// ParseAddress reads an e-mail address or a telephone number as people type
// them. The error names the message.
func ParseAddress(c *city.City, text string) (address, kind string, err error) {
	text = strings.TrimSpace(text)
	if strings.Contains(text, "@") {
		m, err := mail.ParseAddress(text)
		if err != nil || m.Name != "" || len(text) > 254 {
			return "", "", web.Invalid(web.FieldError{Field: "address", Key: "account.error.email"})
		}
		return strings.ToLower(m.Address), "email", nil
	}
	if text == "" {
		return "", "", web.Invalid(web.FieldError{Field: "address", Key: "account.error.address"})
	}
	phone, err := sms.Normalize(text, c.PhonePrefix)
	if err != nil {
		return "", "", web.Invalid(web.FieldError{Field: "address", Key: "account.error.phone"})
	}
	if !sms.Mobile(phone) {
		return "", "", web.Invalid(web.FieldError{Field: "address", Key: "account.error.phone_fixed"})
	}
	return phone, "phone", nil
}

func kindOf(address string) string {
	if strings.Contains(address, "@") {
		return "email"
	}
	return "phone"
}

// levelOf is how well somebody is known who has proved an address.
func levelOf(address string) permission.Level {
	if kindOf(address) == "phone" {
		return permission.Phone
	}
	return permission.Known
}

// mask shows enough of an address for its owner to know it, and no more.
func mask(address string) string {
	name, host, isMail := strings.Cut(address, "@")
	if !isMail {
		return sms.Mask(address)
	}
	first := []rune(name)[:1]
	return string(first) + "•••@" + host
}

// hash keeps a secret in the database in a form that is of no use to a thief.
// Codes are short, so they are keyed with the city's secret.
func hash(c *city.City, what, secret string) string { return c.Sign("account "+what, secret) }

// tokenHash is for session tokens, which are long and random: it needs no city
// secret, so one lookup by hash finds them.
func tokenHash(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// deviceName says in a few words what a User-Agent is.
func deviceName(agent string) string {
	system := "?"
	for _, s := range []string{"Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux"} {
		if strings.Contains(agent, s) {
			system = s
			break
		}
	}
	browser := ""
	for _, b := range []struct{ mark, name string }{
		{"YaBrowser", "Yandex"}, {"OPR/", "Opera"}, {"SamsungBrowser", "Samsung"}, {"Edg", "Edge"}, {"Firefox", "Firefox"}, {"Chrome", "Chrome"}, {"Safari", "Safari"},
	} {
		if strings.Contains(agent, b.mark) {
			browser = b.name
			break
		}
	}
	return strings.TrimSpace(browser + " · " + system)
}
