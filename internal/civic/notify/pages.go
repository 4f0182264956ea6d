package notify

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/manifest"
	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/clock"
	"github.com/ashar-kg/ashar/internal/platform/db"
)

// See is the action of looking at the deliveries of a city.
const See = "notify.deliveries"

// Pages show the operator what became of the messages.
type Pages struct {
	DB    *db.DB
	Clock clock.Clock
}

// Manifest declares the pages.
func (p *Pages) Manifest() manifest.Feature {
	return manifest.Feature{
		Name:        "notify",
		Permissions: []permission.Rule{{Action: See, Roles: []permission.Role{permission.Admin}}},
		Settings:    []city.Section{Section},
		Routes:      []manifest.Route{{Pattern: "GET /admin/messages", Handle: p.deliveries}},
		Nav:         []manifest.Link{{Path: "/admin/messages", Title: "notify.deliveries.title", Audience: manifest.Staff, Action: See}},
	}
}

// ledgerDays is how many days of counts the page shows; listed is how many
// messages stand on one page.
const (
	ledgerDays = 14
	listed     = 50
)

// ledger is what the page shows.
type ledger struct {
	failed bool
	days   []dayCount
	list   []Delivery
	next   string
}

// dayCount is what one channel did on one day.
type dayCount struct {
	day          time.Time
	channel      string
	sent, failed int64
	parts        int64
	cost         string // "" where it is not known
}

func (p *Pages) deliveries(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	l, err := p.ledger(r.Context(), v, r.URL.Query().Get("only") == "failed", r.URL.Query().Get("before"))
	if err != nil {
		return err
	}
	return page.Render(w, r, page.Meta{Title: v.T("notify.deliveries.title"), Private: true, NoIndex: true, Staff: true}, ledgerView(v, l))
}

func (p *Pages) ledger(ctx context.Context, v *page.Visit, failed bool, from string) (l ledger, err error) {
	if err := v.Actor.Check(See, 0); err != nil {
		return l, err
	}
	s, err := settingsOf(v.City)
	if err != nil {
		return l, err
	}
	l.failed = failed
	before, err := strconv.ParseInt(from, 10, 64)
	if err != nil {
		before = 0
	}
	var counts []Count
	err = p.DB.View(ctx, func(tx *db.Tx) (err error) {
		if counts, err = Counts(tx, v.City.ID, int64(v.City.Calendar.Day(p.Clock.Now().AddDate(0, 0, -ledgerDays)))); err != nil {
			return err
		}
		l.list, err = Deliveries(tx, v.City.ID, failed, before, listed+1)
		return err
	})
	l.days = byDay(v, s, counts)
	if len(l.list) > listed {
		l.list = l.list[:listed]
		l.next = "/admin/messages?before=" + strconv.FormatInt(l.list[listed-1].ID, 10)
		if failed {
			l.next += "&only=failed"
		}
	}
	return l, err
}

// byDay puts what was sent and what failed of a channel into one line.
func byDay(v *page.Visit, s Settings, counts []Count) []dayCount {
	var out []dayCount
	for _, c := range counts {
		day := time.Date(int(c.Day/10000), time.Month(c.Day/100%100), int(c.Day%100), 0, 0, 0, 0, v.City.Zone)
		if n := len(out); n == 0 || !out[n-1].day.Equal(day) || out[n-1].channel != c.Channel {
			out = append(out, dayCount{day: day, channel: c.Channel})
		}
		one := &out[len(out)-1]
		if c.State == stateFailed {
			one.failed += c.N
		} else {
			one.sent += c.N
		}
		one.parts += c.Parts
		if c.Channel == text && s.TextPrice > 0 {
			one.cost = v.P.Money(one.parts*int64(s.TextPrice), v.City.Currency)
		}
	}
	return out
}

// said is the state of a delivery in words.
func said(v *page.Visit, d Delivery) string {
	switch {
	case d.State == stateSent:
		return v.T("notify.state.sent")
	case d.State == stateFailed:
		return v.T("notify.state.failed")
	case d.Error != "":
		return v.T("notify.state.again")
	}
	return v.T("notify.state.waits")
}
