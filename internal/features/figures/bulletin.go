package figures

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/i18n"
)

// Facts are the bulletin of a week as it was published: numbers, and names as
// they were then. A later change of a case does not change them.
type Facts struct {
	Week        Week
	Made        int64 // Unix milliseconds
	Now, Before Sum   // of public kinds together: the week, and the one before it
	Channels    []Item
	Categories  []Item // those that most came about
	Bodies      []Item // those that answered late or are overdue
	Private     []Item // the other kinds by their titles, small counts hidden
}

// Sum are the figures of one week.
type Sum struct {
	Received, InTime, Late, Reopened, Rated, Stars int64
	Open, Overdue                                  int64 // when the bulletin was made
	Median, P90                                    int64 // days to close, -1 when nothing was closed
}

// Item is one line of a table.
type Item struct {
	Code          string
	Names         map[string]string `json:",omitempty"` // by language
	Now, Before   Count             // received
	Late, Overdue int64
	InTime        Count
}

const (
	topCategories = 7
	lateBodies    = 10
	// madeHour is when on Monday, by the city's clock, the bulletin is made.
	madeHour = 7
	// catchUp is how many missed weeks are made up for.
	catchUp = 4
)

// MakeBulletins makes the bulletins that are due in all cities.
func (s *Service) MakeBulletins(ctx context.Context) error {
	now := s.Clock.Now()
	for _, c := range s.Cities.List() {
		due := dueWeeks(now.In(c.Zone))
		for _, w := range due {
			if err := s.makeBulletin(ctx, c, w, due[len(due)-1], now); err != nil {
				return err
			}
		}
	}
	return nil
}

// Recorded is the kind under which bulletins stand in the public record.
const Recorded = "figures.bulletin"

// hashOf is the SHA-256 of a bulletin's stored text, in hex.
func hashOf(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// dueWeeks are the last whole weeks whose bulletin should be there, in order.
func dueWeeks(local time.Time) []Week {
	last := WeekOf(local).Before(1)
	if local.Weekday() == time.Monday && local.Hour() < madeHour {
		last = last.Before(1)
	}
	var out []Week
	for i := catchUp - 1; i >= 0; i-- {
		out = append(out, last.Before(i))
	}
	return out
}

func (s *Service) makeBulletin(ctx context.Context, c *city.City, w, newest Week, now time.Time) error {
	m := &maker{service: s, city: c, now: now}
	var err error
	if m.dir, err = s.Bodies.Of(ctx, c.ID); err != nil {
		return err
	}
	m.names = map[string]func(code, lang string) string{}
	for _, k := range s.Kinds {
		if m.names[k.Name], err = k.Categories(ctx, c); err != nil {
			return err
		}
	}
	wait := false
	if err := s.DB.View(ctx, func(tx *db.Tx) error {
		half, err := casework.Recounting(tx, c.ID)
		if err != nil {
			return err
		}
		done, err := weeksMade(tx, c.ID, w)
		if wait = half || done[w]; wait || err != nil {
			return err
		}
		return m.gather(tx, w)
	}); err != nil || wait {
		return err
	}
	if f := m.facts; f.Now.Received+f.Before.Received+f.Now.InTime+f.Now.Late == 0 {
		return nil // nothing has begun yet in this city
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		text, fresh, err := putBulletin(tx, c.ID, m.facts)
		if err != nil || !fresh {
			return err
		}
		if err := s.Record(tx, c, m.facts, hashOf(text)); err != nil {
			return err
		}
		s.Versions.Touch(tx, c.ID)
		if w != newest {
			return nil // what was missed is no news any more
		}
		return s.Post(tx, c, m.facts)
	})
}

// maker gathers the facts of one week.
type maker struct {
	service *Service
	city    *city.City
	dir     *body.Directory
	names   map[string]func(code, lang string) string
	now     time.Time
	facts   Facts
}

func (m *maker) gather(tx *db.Tx, w Week) error {
	m.facts = Facts{Week: w, Made: m.now.UnixMilli()}
	scopes, err := casework.Scopes(tx, m.city.ID)
	if err != nil {
		return err
	}
	var sums [2]casework.Account
	channels, bodies := map[string]*Item{}, map[string]*Item{}
	var categories []*Item
	for _, sc := range scopes {
		k, ok := m.service.kind(sc.Kind)
		if !ok {
			continue
		}
		now, before, err := m.weeks(tx, sc, w)
		if err != nil {
			return err
		}
		dim, code := dimension(sc.Name, m.dir)
		switch {
		case !k.Public && dim == City:
			m.facts.Private = append(m.facts.Private, Item{Code: k.Title, Now: hidden(now.Received), Before: hidden(before.Received), InTime: hidden(now.AnsweredInTime)})
		case !k.Public:
		case dim == City:
			plus(&sums[0], now)
			plus(&sums[1], before)
		case dim == Channel:
			take(channels, code, now, before)
		case dim == Body:
			take(bodies, code, now, before).Names = m.bodyNames(code)
		case dim == Category:
			one := map[string]*Item{}
			x := take(one, code, now, before)
			x.Names = map[string]string{}
			for _, lang := range i18n.Languages {
				x.Names[lang] = m.names[k.Name](code, lang)
			}
			categories = append(categories, x)
		}
	}
	m.facts.Now, m.facts.Before = sum(sums[0]), sum(sums[1])
	m.facts.Channels = pick(channels, 0, func(x *Item) int64 { return x.Now.N })
	m.facts.Bodies = pick(bodies, lateBodies, func(x *Item) int64 { return x.Late + x.Overdue })
	m.facts.Categories = best(categories, topCategories, func(x *Item) int64 { return x.Now.N })
	return nil
}

func (m *maker) weeks(tx *db.Tx, sc casework.Scope, w Week) (now, before casework.Account, err error) {
	from, to := w.Days()
	if now, err = casework.AccountOf(tx, m.city, sc.Kind, sc.Name, from, to, m.now); err != nil {
		return now, before, err
	}
	from, to = w.Before(1).Days()
	before, err = casework.AccountOf(tx, m.city, sc.Kind, sc.Name, from, to, m.now)
	return now, before, err
}

func (m *maker) bodyNames(code string) map[string]string {
	b, ok := m.dir.ByCode(code)
	if !ok {
		return nil
	}
	out := map[string]string{}
	for _, lang := range i18n.Languages {
		out[lang] = b.ShortName(lang)
	}
	return out
}

func hidden(n int64) Count {
	if 0 < n && n < Hide {
		return Count{Note: Below}
	}
	return Count{N: n}
}

// plus adds what a Sum is made of.
func plus(to *casework.Account, a casework.Account) {
	to.Received += a.Received
	to.AnsweredInTime += a.AnsweredInTime
	to.AnsweredLate += a.AnsweredLate
	to.Reopened += a.Reopened
	to.Rated += a.Rated
	to.Stars += a.Stars
	to.Open += a.Open
	to.Overdue += a.Overdue
	merge(&to.CloseDays, a.CloseDays)
}

func sum(a casework.Account) Sum {
	return Sum{
		Received: a.Received, InTime: a.AnsweredInTime, Late: a.AnsweredLate, Reopened: a.Reopened, Rated: a.Rated, Stars: a.Stars,
		Open: a.Open, Overdue: a.Overdue, Median: casework.Quantile(a.CloseDays, 50), P90: casework.Quantile(a.CloseDays, 90),
	}
}

func take(into map[string]*Item, code string, now, before casework.Account) *Item {
	x := into[code]
	if x == nil {
		x = &Item{Code: code}
		into[code] = x
	}
	x.Now.N += now.Received
	x.Before.N += before.Received
	x.InTime.N += now.AnsweredInTime
	x.Late += now.AnsweredLate
	x.Overdue += now.Overdue
	return x
}

// pick returns the items of most worth, 0 for all that have any.
func pick(from map[string]*Item, most int, worth func(*Item) int64) []Item {
	var list []*Item
	for _, x := range from {
		list = append(list, x)
	}
	return best(list, most, worth)
}

func best(list []*Item, most int, worth func(*Item) int64) []Item {
	slices.SortFunc(list, func(a, b *Item) int { return cmp.Or(cmp.Compare(worth(b), worth(a)), strings.Compare(a.Code, b.Code)) })
	var out []Item
	for _, x := range list {
		if worth(x) > 0 && (most == 0 || len(out) < most) {
			out = append(out, *x)
		}
	}
	return out
}

// Share is how much of the week's answers came in time.
func (s Sum) Share() (share float64, ok bool) {
	if s.InTime+s.Late == 0 {
		return 0, false
	}
	return float64(s.InTime) / float64(s.InTime+s.Late), true
}

// Sheet is a bulletin in words of one language: page, text and PDF say the same.
type Sheet struct {
	Lang   string
	Title  string
	Span   string // "16 November – 22 November 2026"
	Lines  []string
	Tables []Table
	Note   string
}

// Table is a table of a sheet; its first column is a name, the others are numbers.
type Table struct {
	Title string
	Head  []string
	Rows  [][]string
}

// Words are the texts of one language; *i18n.Printer is one.
type Words interface {
	Lang() string
	T(key string, args ...any) string
	Number(n int) string
	Percent(share float64) string
	Decimal(v float64, places int) string
	Date(t time.Time) string
	Days(n int) string
}

// Say puts the facts into words.
func (f Facts) Say(p Words) Sheet {
	from, to := f.Week.Days()
	s := Sheet{
		Lang: p.Lang(), Title: p.T("figures.bulletin.title", "n", f.Week.Number(), "year", fmt.Sprint(int64(f.Week/100))),
		Span: p.T("figures.bulletin.span", "from", p.Date(dayOf(from)), "to", p.Date(dayOf(to))),
		Note: p.T("figures.bulletin.note"),
	}
	s.Lines = f.lines(p)
	if len(f.Channels) > 0 {
		s.Tables = append(s.Tables, f.received(p, p.T("figures.bulletin.channels"), f.Channels, func(x Item) string { return channelName(p, x.Code) }))
	}
	if len(f.Categories) > 0 {
		s.Tables = append(s.Tables, f.received(p, p.T("figures.bulletin.categories"), f.Categories, func(x Item) string { return x.name(p) }))
	}
	if len(f.Bodies) > 0 {
		t := Table{Title: p.T("figures.bulletin.bodies"), Head: []string{p.T("figures.body"), p.T("figures.bulletin.answered_in_time"), p.T("figures.bulletin.answered_late"), p.T("figures.bulletin.overdue_head")}}
		for _, x := range f.Bodies {
			t.Rows = append(t.Rows, []string{x.name(p), p.Number(int(x.InTime.N)), p.Number(int(x.Late)), p.Number(int(x.Overdue))})
		}
		s.Tables = append(s.Tables, t)
	}
	return s
}

func (f Facts) lines(p Words) []string {
	out := []string{p.T("figures.bulletin.came", "n", f.Now.Received) + " " + change(p, f.Now.Received, f.Before.Received)}
	if share, ok := f.Now.Share(); ok {
		line := p.T("figures.bulletin.share", "share", p.Percent(share), "n", f.Now.InTime+f.Now.Late)
		if was, ok := f.Before.Share(); ok {
			line += " " + p.T("figures.bulletin.share_before", "share", p.Percent(was))
		}
		out = append(out, line)
	}
	out = append(out, p.T("figures.bulletin.late", "n", f.Now.Late), p.T("figures.bulletin.overdue", "n", f.Now.Overdue))
	if f.Now.Median >= 0 {
		out = append(out, p.T("figures.bulletin.days", "median", days(p, f.Now.Median), "p90", days(p, f.Now.P90)))
	}
	out = append(out, p.T("figures.bulletin.reopened", "n", f.Now.Reopened))
	if f.Now.Rated > 0 {
		out = append(out, p.T("figures.bulletin.rating", "stars", p.Decimal(float64(f.Now.Stars)/float64(f.Now.Rated), 1), "n", f.Now.Rated))
	}
	for _, x := range f.Private {
		if x.Now != (Count{}) {
			out = append(out, p.T("figures.bulletin.private", "kind", p.T(x.Code), "count", count(p, x.Now)))
		}
	}
	return out
}

func (f Facts) received(p Words, title string, list []Item, name func(Item) string) Table {
	t := Table{Title: title, Head: []string{p.T("figures.name"), p.T("figures.received"), p.T("figures.bulletin.before")}}
	for _, x := range list {
		t.Rows = append(t.Rows, []string{name(x), p.Number(int(x.Now.N)), p.Number(int(x.Before.N))})
	}
	return t
}

func (x Item) name(p Words) string {
	if name, _ := i18n.Pick(x.Names, p.Lang()); name != "" {
		return name
	}
	if x.Code == None {
		return p.T("figures.none")
	}
	return x.Code
}

// change compares with the week before.
func change(p Words, now, before int64) string {
	switch {
	case now > before:
		return p.T("figures.bulletin.more", "n", now-before)
	case now < before:
		return p.T("figures.bulletin.fewer", "n", before-now)
	}
	return p.T("figures.bulletin.same")
}

// count writes a number, or why it is not told.
func count(p Words, c Count) string {
	switch c.Note {
	case Below:
		return p.T("figures.below", "n", Hide)
	case Withheld:
		return p.T("figures.withheld")
	}
	return p.Number(int(c.N))
}

// days writes a number of days; -1 is none.
func days(p Words, n int64) string {
	switch {
	case n < 0:
		return "—"
	case n == 0:
		return p.T("figures.less_day")
	}
	return p.Days(int(n))
}

// channels are the ways to the city that have a name.
var channels = []string{"web", "phone", "app", "desk", "open311", "api", "email", "telegram", "paper", "post", "counter", "reception", "sms"}

func channelName(p Words, code string) string {
	if slices.Contains(channels, code) {
		return p.T("figures.channel." + code)
	}
	if code == None {
		return p.T("figures.none")
	}
	return code
}

// Text is the sheet for messengers and readers of plain text.
func (s Sheet) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s\n\n", s.Title, s.Span)
	for _, l := range s.Lines {
		fmt.Fprintf(&b, "• %s\n", l)
	}
	for _, t := range s.Tables {
		fmt.Fprintf(&b, "\n%s\n", t.Title)
		for _, row := range t.Rows {
			b.WriteString("• " + row[0] + ": ")
			for i, cell := range row[1:] {
				if i > 0 {
					b.WriteString("; ")
				}
				b.WriteString(lower(t.Head[i+1]) + " " + cell)
			}
			b.WriteString("\n")
		}
	}
	fmt.Fprintf(&b, "\n%s\n", s.Note)
	return b.String()
}

// lower makes the head of a column a word within a line.
func lower(text string) string {
	r := []rune(text)
	if len(r) == 0 {
		return text
	}
	return strings.ToLower(string(r[:1])) + string(r[1:])
}
