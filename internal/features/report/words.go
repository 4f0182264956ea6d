package report

import (
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/platform/ids"
)

func timeOf(id int64) time.Time { return ids.Time(id) }

// eventTitle says in a few words what an entry of the timeline is.
func eventTitle(s *scene, e casework.Event) string {
	switch e.Kind {
	case casework.EventState:
		return s.T("report.event.state", "state", s.T("report.state."+e.State))
	case casework.EventTransferred:
		return s.T("report.event.transferred", "body", s.body(e.Body))
	case casework.EventCategory:
		return s.T("report.event.category", "from", s.category(e.Detail))
	case casework.EventMerged, casework.EventAbsorbed:
		return s.T("report.event."+e.Kind, "number", e.Detail)
	case casework.EventPhotoFailed:
		return s.T("report.event.photo_failed", "host", e.Detail)
	case casework.EventAssigned:
		if e.Detail == "" {
			return s.T("report.event.unassigned")
		}
		return s.T("report.event.assigned", "name", e.Detail)
	case casework.EventVisibility:
		before, now, _ := strings.Cut(e.Detail, ">")
		if before == string(casework.Unconfirmed) {
			return s.T("report.event.confirmed")
		}
		return s.T("report.event.visibility", "state", s.T("report.visibility."+now))
	case casework.EventRated:
		_, stars, _ := strings.Cut(e.Detail, ":")
		return s.T("report.event.rated", "stars", stars)
	}
	return s.T("report.event." + e.Kind)
}

// eventActor says who did it: a body, a person who shows a name, or a resident.
func eventActor(s *scene, e casework.Event) string {
	switch e.Kind {
	case casework.EventEscalated, casework.EventDelivered, casework.EventFailed:
		return s.T("report.by.system")
	}
	if e.Kind == casework.EventState && e.Body != 0 {
		return s.body(e.Body)
	}
	if e.Actor != "" {
		return e.Actor
	}
	return s.T("report.by.resident")
}
