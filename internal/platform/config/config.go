// Package config reads how an installation is set up: from flags, then
// ASHAR_… variables, then a file of NAME=VALUE lines, then defaults. Every
// field is declared once, and from that come the flags, the documentation and
// the check; a check names everything that is wrong at once.
package config

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Config is a checked configuration.
type Config struct {
	Listen    string
	Data      string // folder of database, photos and keys
	Database  string // postgres://… or a SQLite file
	Blobs     string // folder or s3://…
	PublicURL string
	Demo      bool
	SMTP      string
	MailFrom  string
	SMS       string
	SMSKey    string
	SMSFrom   string
	Mailboxes map[string]string // by city, "" is the only one
	Bots      map[string]string // tokens of Telegram by city, "" is the only one
	Identity  map[string]string // provider of OpenID Connect by city, "" is the only one
	BotURL    string
	Trusted   []netip.Prefix
	Writes    int
	AtOnce    int
	LogLevel  string
	LogFormat string
	Grace     time.Duration
	Contact   string // of the operator, told to push services
}

// Setting is one declared field.
type Setting struct {
	Name    string // flag name; the variable is ASHAR_ + upper case with _
	Default string
	Help    string
	Secret  bool
	Bool    bool
}

// Env returns the name of the setting's variable.
func (s Setting) Env() string {
	return "ASHAR_" + strings.ToUpper(strings.ReplaceAll(s.Name, "-", "_"))
}

// Settings are all that can be set, in the order of the documentation.
var Settings = []Setting{
	{Name: "listen", Default: "127.0.0.1:8080", Help: "address and port to serve on"},
	{Name: "data", Default: "data", Help: "folder of the database, the photos and the keys"},
	{Name: "database", Help: "postgres://USER:PASSWORD@HOST/NAME, or a SQLite file (default: DATA/ashar.db)", Secret: true},
	{Name: "blobs", Help: "folder of the photos, or s3://KEY:SECRET@HOST/BUCKET (default: DATA/blobs)", Secret: true},
	{Name: "public-url", Help: "address under which people reach the installation, such as https://ashar.example"},
	{Name: "demo", Default: "false", Help: "serve demo cities with one-click sign-in; load Bishkek when there is no city", Bool: true},
	{Name: "smtp", Help: "mail server: smtp://USER:PASSWORD@HOST:PORT or smtps://… (empty: mails wait in the outbox page of a demo)", Secret: true},
	{Name: "mail-from", Default: "Ashar <ashar@localhost>", Help: "sender of mails"},
	{Name: "sms", Help: "address of the SMS gateway, where {key} is replaced by the key, or smpp://USER:PASSWORD@HOST:PORT for a line over SMPP 3.4", Secret: true},
	{Name: "sms-key", Help: "key of the SMS gateway", Secret: true},
	{Name: "sms-from", Default: "Ashar", Help: "sender shown on telephones"},
	{Name: "mailbox", Help: "mailbox whose letters become appeals: imaps://USER:PASSWORD@HOST/INBOX?done=Handled; of several cities CITY=imaps://… with spaces between", Secret: true},
	{Name: "telegram", Help: "token of the Telegram bot; of several cities CITY=TOKEN with spaces between", Secret: true},
	{Name: "telegram-url", Help: "address of the Bot API (empty: Telegram's own)"},
	{Name: "identity", Help: "OpenID provider that confirms residents: https://CLIENT:SECRET@HOST/PATH?claim=NAME&scope=WORD; of several cities CITY=https://… with spaces between", Secret: true},
	{Name: "trusted-proxies", Default: "127.0.0.1/32,::1/128", Help: "networks of proxies whose X-Forwarded-For is believed"},
	{Name: "requests-at-once", Default: "1000", Help: "requests worked on at once; who comes beyond is asked to try again; 0 is no limit"},
	{Name: "writes-per-minute", Default: "120", Help: "forms and API writes one address may send in a minute; 0 is no limit"},
	{Name: "log-level", Default: "info", Help: "debug, info, warn or error"},
	{Name: "log-format", Default: "text", Help: "text or json"},
	{Name: "shutdown-grace", Default: "15s", Help: "how long running requests may take when stopping"},
	{Name: "contact", Default: "mailto:operator@localhost", Help: "address that push services may write to"},
}

// Values are raw settings by name with where each came from.
type Values struct {
	text map[string]string
	from map[string]string
}

// Parse reads the arguments of a subcommand. extra may add flags of its own.
func Parse(command string, args []string, env func(string) (string, bool), out io.Writer, extra func(*flag.FlagSet)) (*Values, []string, error) {
	fs := flag.NewFlagSet("ashar "+command, flag.ContinueOnError)
	fs.SetOutput(out)
	given := map[string]*string{}
	for _, s := range Settings {
		if s.Bool {
			v := s.Default
			given[s.Name] = &v
			fs.BoolFunc(s.Name, s.Help, func(text string) error {
				*given[s.Name] = text
				return nil
			})
			continue
		}
		given[s.Name] = fs.String(s.Name, s.Default, s.Help)
	}
	file := fs.String("config", "", "file of NAME=VALUE lines, names as the ASHAR_… variables")
	if extra != nil {
		extra(fs)
	}
	if err := fs.Parse(args); err != nil {
		return nil, nil, err
	}
	v := &Values{text: map[string]string{}, from: map[string]string{}}
	for _, s := range Settings {
		v.text[s.Name], v.from[s.Name] = s.Default, "default"
	}
	if *file == "" {
		if name, ok := env("ASHAR_CONFIG"); ok {
			*file = name
		}
	}
	if *file != "" {
		if err := v.readFile(*file); err != nil {
			return nil, nil, err
		}
	}
	for _, s := range Settings {
		if text, ok := env(s.Env()); ok {
			v.text[s.Name], v.from[s.Name] = text, s.Env()
		}
	}
	fs.Visit(func(f *flag.Flag) {
		if p, ok := given[f.Name]; ok {
			v.text[f.Name], v.from[f.Name] = *p, "--"+f.Name
		}
	})
	return v, fs.Args(), nil
}

func (v *Values) readFile(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("config file: %w", err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		i := slices.IndexFunc(Settings, func(s Setting) bool { return s.Env() == strings.TrimSpace(key) })
		if !ok || i < 0 {
			return fmt.Errorf("%s:%d: %q is no setting; see \"ashar help config\"", name, n, strings.TrimSpace(key))
		}
		v.text[Settings[i].Name] = strings.Trim(strings.TrimSpace(value), `"`)
		v.from[Settings[i].Name] = fmt.Sprintf("%s:%d", name, n)
	}
	return lines.Err()
}

// byCity reads "value", or "city=value city=value". A value may hold "=" after
// its first colon, as addresses do.
func byCity(text string) map[string]string {
	out := map[string]string{}
	for _, one := range strings.Fields(text) {
		slug, value, ok := strings.Cut(one, "=")
		if !ok || strings.Contains(slug, ":") {
			slug, value = "", one
		}
		out[slug] = value
	}
	return out
}

// Check turns the values into a configuration, or names all that is wrong.
func (v *Values) Check() (*Config, error) {
	c := &Config{
		Listen: v.text["listen"], Data: v.text["data"], Database: v.text["database"], Blobs: v.text["blobs"],
		PublicURL: strings.TrimSuffix(v.text["public-url"], "/"), SMTP: v.text["smtp"], MailFrom: v.text["mail-from"], SMS: v.text["sms"], SMSKey: v.text["sms-key"], SMSFrom: v.text["sms-from"],
		Mailboxes: byCity(v.text["mailbox"]), Bots: byCity(v.text["telegram"]), BotURL: v.text["telegram-url"], Identity: byCity(v.text["identity"]),
		LogLevel: v.text["log-level"], LogFormat: v.text["log-format"], Contact: v.text["contact"],
	}
	var wrong []error
	fail := func(name, expected string) {
		wrong = append(wrong, fmt.Errorf("%s is %q (from %s), expected %s", name, v.shown(name), v.from[name], expected))
	}
	if _, port, err := net.SplitHostPort(c.Listen); err != nil || port == "" {
		fail("listen", "HOST:PORT")
	}
	if c.Data == "" {
		fail("data", "a folder")
	}
	if c.Database == "" {
		c.Database = filepath.Join(c.Data, "ashar.db")
	}
	if c.Blobs == "" {
		c.Blobs = filepath.Join(c.Data, "blobs")
	}
	if c.PublicURL != "" {
		if u, err := url.Parse(c.PublicURL); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
			fail("public-url", "http://HOST or https://HOST")
		}
	}
	if c.SMTP != "" && !strings.HasPrefix(c.SMTP, "smtp://") && !strings.HasPrefix(c.SMTP, "smtps://") {
		fail("smtp", "smtp://… or smtps://…")
	}
	var err error
	if c.Demo, err = strconv.ParseBool(v.text["demo"]); err != nil {
		fail("demo", "true or false")
	}
	if c.Writes, err = strconv.Atoi(v.text["writes-per-minute"]); err != nil || c.Writes < 0 {
		fail("writes-per-minute", "a whole number from 0")
	}
	if c.AtOnce, err = strconv.Atoi(v.text["requests-at-once"]); err != nil || c.AtOnce < 0 {
		fail("requests-at-once", "a whole number from 0")
	}
	if c.Grace, err = time.ParseDuration(v.text["shutdown-grace"]); err != nil {
		fail("shutdown-grace", "a time such as 15s")
	}
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, c.LogLevel) {
		fail("log-level", "debug, info, warn or error")
	}
	if !slices.Contains([]string{"text", "json"}, c.LogFormat) {
		fail("log-format", "text or json")
	}
	for _, text := range strings.FieldsFunc(v.text["trusted-proxies"], func(r rune) bool { return r == ',' || r == ' ' }) {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			fail("trusted-proxies", "networks such as 10.0.0.0/8, separated by commas")
			break
		}
		c.Trusted = append(c.Trusted, p)
	}
	return c, errors.Join(wrong...)
}

func (v *Values) shown(name string) string {
	i := slices.IndexFunc(Settings, func(s Setting) bool { return s.Name == name })
	if i >= 0 && Settings[i].Secret && v.text[name] != "" {
		return "…"
	}
	return v.text[name]
}

// Report writes every setting with its value and where it came from; secrets
// are not shown.
func (v *Values) Report(w io.Writer) {
	for _, s := range Settings {
		fmt.Fprintf(w, "%-18s %-34s %s\n", s.Name, v.shown(s.Name), v.from[s.Name])
	}
}
