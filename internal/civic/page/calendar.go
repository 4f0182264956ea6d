package page

import (
	"net/http"
	"time"

	ics "github.com/arran4/golang-ical"

	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Meeting is something with a place and an hour, for calendars.
type Meeting struct {
	ID          string // the same whenever it is told again, such as "hearing-12"
	Title       string
	Place       string
	Path        string // its page on this site
	Begin, End  time.Time
	Name        string // of the file, without its ending
	OnlyForThem bool   // it is one person's own
}

// SendMeeting answers with a file for calendars, by RFC 5545.
func (v *Visit) SendMeeting(w http.ResponseWriter, r *http.Request, m Meeting) {
	cal := ics.NewCalendarFor("Ashar")
	cal.SetMethod(ics.MethodPublish)
	e := cal.AddEvent(m.ID + "@" + v.City.Slug)
	e.SetDtStampTime(v.Now)
	e.SetStartAt(m.Begin)
	e.SetEndAt(m.End)
	e.SetSummary(m.Title)
	e.SetLocation(m.Place)
	e.SetURL(v.Absolute(m.Path))
	w.Header().Set("Content-Disposition", `attachment; filename="`+m.Name+`.ics"`)
	if m.OnlyForThem {
		w.Header().Set("Cache-Control", "private, no-store")
	}
	web.NewBody(http.StatusOK, "text/calendar; charset=utf-8", []byte(cal.Serialize(ics.WithNewLineWindows))).Send(w, r)
}
