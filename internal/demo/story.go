package demo

import (
	"fmt"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/features/report"
	"github.com/ashar-kg/ashar/seed"
)

// story is what happens to one report until now.
type story struct {
	*maker
	f      *casework.File
	events []casework.Event
	ph     seed.CategoryPhrases
	last   time.Time // of the newest event
}

// tell lets the report go its way: sent to the right body, taken into work,
// mended or not, judged, and sometimes opened once more.
func (s *story) tell(p seed.Pattern) {
	days := time.Duration(s.f.Due-s.f.Created) * time.Millisecond
	if p.Open && s.r.IntN(14) == 0 { // forgotten: what the figures must not hide
		return
	}
	took := min(p.Duration, 4*days)
	if p.Duration == 0 || s.r.IntN(5) > 0 {
		took = time.Duration(float64(days) * (0.15 + 0.75*s.r.Float64()))
	}
	if !s.wait(took) || !s.work(took) {
		return
	}
	if s.f.State == report.Fixed && s.r.IntN(25) == 0 {
		if s.reopen() {
			s.work(took / 2)
		}
		return
	}
	s.judge()
}

// happen adds an event and says whether it lies in the past.
func (s *story) happen(after time.Duration, e casework.Event) bool {
	t := s.last.Add(max(time.Minute, after))
	if t.After(s.Now) {
		return false
	}
	s.last = t
	e.ID, e.Lang = s.id(t), s.f.Lang
	if e.Body == 0 && e.Kind != casework.EventComment {
		e.Body = s.f.Body
	}
	s.f.Updated = t.UnixMilli()
	s.events = append(s.events, e)
	return true
}

func (s *story) name() string { return s.dir.Name(s.f.Body, s.f.Lang) }

// wait is what residents and staff say before work begins. Some reports come to
// the dispatcher first, who sends them on.
func (s *story) wait(took time.Duration) bool {
	if to := s.f.Body; to != s.book.Fallback && s.r.IntN(22) == 0 {
		s.f.Body, s.events[0].Body = s.book.Fallback, s.book.Fallback
		from := s.name()
		if !s.happen(took/12, casework.Event{
			Kind: casework.EventTransferred, Public: true, Actor: from, Body: to, State: report.Waiting, Detail: s.dir.Name(to, s.f.Lang),
		}) {
			return false
		}
		s.f.Body = to
	}
	if s.r.IntN(4) == 0 && !s.happen(took/8, casework.Event{
		Kind: casework.EventComment, Public: true, State: report.Waiting, Note: s.one(s.phrases.Updates.In(s.f.Lang)),
	}) {
		return false
	}
	return s.r.IntN(8) != 0 || s.happen(took/10, casework.Event{
		Kind: casework.EventNote, Actor: s.name(), State: report.Waiting, Note: s.one(s.phrases.Internal.In(s.f.Lang)),
	})
}

// work takes the report into work and ends it; false means it is not ended yet.
func (s *story) work(took time.Duration) bool {
	if !s.happen(took/4, casework.Event{Kind: casework.EventState, Public: true, Actor: s.name(), State: report.InWork}) {
		return false
	}
	s.f.State = report.InWork
	if s.f.Answered == 0 {
		s.f.Answered = s.last.UnixMilli()
	}
	end := casework.Event{Kind: casework.EventState, Public: true, Actor: s.name(), State: report.Fixed, Note: s.one(s.ph.Answers.In(s.f.Lang))}
	if s.r.IntN(9) == 0 {
		reasons := s.book.ReasonsOf("closed")
		end.State, end.Reason = report.NotFixed, reasons[s.r.IntN(len(reasons))].Code
		end.Note = s.book.ReasonName(end.Reason, s.f.Lang)
	}
	if !s.happen(took/2, end) {
		return false
	}
	s.f.State, s.f.Open, s.f.Closed, s.f.Reason = end.State, false, s.last.UnixMilli(), end.Reason
	if end.State == report.Fixed {
		s.picture(s.f, &s.events[len(s.events)-1], "after", len(s.events[0].Photos) > 0 && s.r.IntN(2) == 0)
	}
	return true
}

// judge is the author's word on the end.
func (s *story) judge() {
	if s.r.IntN(6) != 0 {
		return
	}
	stars := int64(1 + min(4, s.r.IntN(7)))
	if s.happen(30*time.Hour, casework.Event{
		Kind: casework.EventRated, Public: true, State: s.f.State, Detail: fmt.Sprintf("%s:%d", s.f.State, stars), Note: s.one(s.phrases.Thanks.In(s.f.Lang)),
	}) {
		s.f.Rating, s.f.Verdict = stars, s.f.State
	}
}

// reopen is the author's word that the repair does not hold: the report is open
// again, with a new clock.
func (s *story) reopen() bool {
	if !s.happen(72*time.Hour, casework.Event{Kind: casework.EventReopened, Public: true, State: report.Waiting, Note: s.one(s.phrases.Disputes.In(s.f.Lang))}) {
		return false
	}
	cat, _ := s.book.Category(s.f.Category)
	s.f.State, s.f.Open, s.f.Closed, s.f.Reopens = report.Waiting, true, 0, 1
	s.f.Due = s.City.Calendar.Add(s.last, max(1, cat.Days)).UnixMilli()
	return true
}
