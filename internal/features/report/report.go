// Package report is "tell the city about a problem in the street": a broken
// light, a pothole, a heap of rubbish. It declares the kind of case, knows the
// categories and who answers for each of them where and when, takes reports
// from pages, from Open311 and from the desk alike, and shows everybody what
// became of them.
package report

import (
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/civic/place"
)

// KindName is the kind of case; Layer the layer of the map.
const (
	KindName = "report"
	Layer    = "reports"
)

// The states. "fixed" and "not_fixed" are never added up: closing a case is
// not mending a street.
const (
	Waiting   = "waiting"
	InWork    = "in_work"
	Fixed     = "fixed"
	NotFixed  = "not_fixed"
	Duplicate = "duplicate"
)

// The outcomes under which closed reports are counted.
const (
	OutcomeFixed    = "fixed"
	OutcomeNotFixed = "not_fixed"
)

// Kind declares the report as a case.
var Kind = &casework.Kind{
	Name:  KindName,
	Layer: Layer,
	States: []casework.State{
		{Name: Waiting, Open: true, Mark: place.StateOpen},
		{Name: InWork, Open: true, Answer: true, Mark: place.StateWork},
		{Name: Fixed, Outcome: OutcomeFixed, Answer: true, Mark: place.StateFixed},
		{Name: NotFixed, Outcome: OutcomeNotFixed, Answer: true, Mark: place.StateClosed},
		{Name: Duplicate, Outcome: OutcomeNotFixed, Mark: place.StateClosed},
	},
	Transitions: []casework.Transition{
		{From: Waiting, To: InWork, Action: "report.inspect"},
		{From: Waiting, To: Fixed, Action: "report.inspect", Words: true},
		{From: Waiting, To: NotFixed, Action: "report.work", Reason: true, Words: true},
		{From: InWork, To: Waiting, Action: "report.work"},
		{From: InWork, To: Fixed, Action: "report.inspect", Words: true},
		{From: InWork, To: NotFixed, Action: "report.work", Reason: true, Words: true},
		{From: NotFixed, To: InWork, Action: "report.work"},
		{From: Fixed, To: InWork, Action: "report.work"},
	},
	First: Waiting, Duplicate: Duplicate, Reopened: Waiting,
}

// States lists the states that a public filter offers.
var States = []string{Waiting, InWork, Fixed, NotFixed}

// Permissions is who may do what with reports unless the city says otherwise.
func Permissions() []permission.Rule {
	return []permission.Rule{
		{Action: "report.create", Public: true},
		{Action: "report.comment", Public: true},
		{Action: "report.intake", Roles: []permission.Role{permission.Dispatcher, permission.Admin}},
		{Action: "report.internal", Roles: []permission.Role{permission.Inspector, permission.Clerk, permission.Head, permission.Dispatcher, permission.Moderator, permission.Admin}},
		{Action: "report.inspect", Roles: []permission.Role{permission.Inspector, permission.Clerk, permission.Head, permission.Dispatcher, permission.Admin}},
		{Action: "report.work", Roles: []permission.Role{permission.Clerk, permission.Head, permission.Dispatcher, permission.Admin}},
		{Action: "report.transfer", Roles: []permission.Role{permission.Clerk, permission.Head, permission.Dispatcher, permission.Admin}},
		{Action: "report.moderate", Roles: []permission.Role{permission.Moderator, permission.Dispatcher, permission.Admin}},
		{Action: "report.ban", Roles: []permission.Role{permission.Moderator, permission.Admin}},
		{Action: "report.configure", Roles: []permission.Role{permission.Admin}},
	}
}

// Settings are the city's own rules for reports.
type Settings struct {
	ReopenDays       int      `json:"reopen_days"`       // how long the author may reopen
	AskAfterDays     int      `json:"ask_after_days"`    // after a repair the author is asked whether it holds; 0 never
	SoonHours        int      `json:"soon_hours"`        // a clock this near its end is escalated
	NearMetres       int      `json:"near_metres"`       // how far a similar report is looked for
	MaxPhotos        int      `json:"max_photos"`        // in one report or comment
	HoldAnonymous    bool     `json:"hold_anonymous"`    // what visitors add without signing in waits for a moderator
	BlockedWords     []string `json:"blocked_words"`     // a post with one waits
	MaxLinks         int      `json:"max_links"`         // more of them wait
	OpenKeys         bool     `json:"open_keys"`         // anybody may ask for an Open311 key
	MaxUploadMB      int      `json:"max_upload_mb"`     // of one form with its photos
	UnconfirmedHours int      `json:"unconfirmed_hours"` // after which a report without its code is erased
	FlagsToHold      int      `json:"flags_to_hold"`     // flags by different people that hold a post
	DefaultDays      int      `json:"default_days"`      // working days where the category names none
}

// DefaultSettings hold until the city sets its own.
var DefaultSettings = Settings{
	ReopenDays: 30, AskAfterDays: 3, SoonHours: 24, NearMetres: 150, MaxPhotos: 6, HoldAnonymous: true, MaxLinks: 2,
	MaxUploadMB: 64, UnconfirmedHours: 72, FlagsToHold: 3, DefaultDays: 10,
}

// Section declares the settings for the pages and files that change them.
var Section = city.Section{
	Name: KindName, Default: DefaultSettings,
	Fields: []city.SettingField{
		{Key: "default_days", Min: 1, Max: 365},
		{Key: "soon_hours", Min: 1, Max: 240},
		{Key: "reopen_days", Min: 0, Max: 365},
		{Key: "ask_after_days", Min: 0, Max: 90},
		{Key: "near_metres", Min: 10, Max: 2000},
		{Key: "max_photos", Min: 1, Max: 20},
		{Key: "max_upload_mb", Min: 1, Max: 256},
		{Key: "unconfirmed_hours", Min: 1, Max: 720},
		{Key: "hold_anonymous"},
		{Key: "flags_to_hold", Min: 1, Max: 100},
		{Key: "max_links", Min: 0, Max: 50},
		{Key: "blocked_words"},
		{Key: "open_keys"},
	},
}

// Suspicious tells whether a text must wait for a moderator: too many links, a
// blocked word, or shouting. It uses no outside service and is explained in
// docs/moderation.md, because nobody should guess at rules.
func Suspicious(text string, s Settings, words []string) bool {
	if strings.Count(strings.ToLower(text), "http")+strings.Count(strings.ToLower(text), "www.") > s.MaxLinks {
		return true
	}
	for _, w := range words {
		if slices.ContainsFunc(s.BlockedWords, func(b string) bool { return slices.Contains(place.Words(b), w) }) {
			return true
		}
	}
	return shouts(text)
}

// shouts finds long texts in capitals and runs of one character.
func shouts(text string) bool {
	var letters, upper, run int
	var last rune
	for _, r := range text {
		if r == last && !unicode.IsDigit(r) && !unicode.IsSpace(r) {
			run++
			if run >= 12 {
				return true
			}
		} else {
			run = 0
		}
		last = r
		if unicode.IsLetter(r) {
			letters++
			if unicode.IsUpper(r) {
				upper++
			}
		}
	}
	return letters > 60 && upper*10 > letters*7
}

// MayReopen tells whether the author may still reopen a closed report.
func MayReopen(f *casework.File, s Settings, now time.Time) bool {
	return !f.Open && f.Parent == 0 && now.Before(f.ClosedAt().AddDate(0, 0, s.ReopenDays))
}

// Title is what a report is called in a list: its own first words, or those of
// its category.
func Title(text, category string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	const most = 100
	runes := []rune(line)
	if len(runes) == 0 {
		return category
	}
	if len(runes) <= most {
		return line
	}
	cut := string(runes[:most])
	if i := strings.LastIndexByte(cut, ' '); i > most/2 {
		cut = cut[:i]
	}
	return strings.TrimRight(cut, " .,;:-–—") + "…"
}
