package vote

import (
	"slices"
	"time"
)

// Phase is a part of a campaign. Each opens what may be done in it.
type Phase string

// The phases, in their usual order. They may overlap: evaluation begins while
// ideas still come in.
const (
	Collecting   Phase = "collecting"   // ideas are sent in
	Checking     Phase = "checking"     // each is checked for form
	Evaluating   Phase = "evaluating"   // the competent bodies say what can be done and what it costs
	Correcting   Phase = "correcting"   // authors put right what was returned to them
	Appealing    Phase = "appealing"    // authors object to a refusal
	Listing      Phase = "listing"      // the list is published and the numbers are drawn
	Voting       Phase = "voting"       //
	Counting     Phase = "counting"     //
	Protesting   Phase = "protesting"   // the result is published and may be protested
	Implementing Phase = "implementing" // winners are carried out
)

// Phases are all in their order.
var Phases = []Phase{Collecting, Checking, Evaluating, Correcting, Appealing, Listing, Voting, Counting, Protesting, Implementing}

// Span is when a phase lasts: from Begins, before Ends, in Unix milliseconds.
type Span struct {
	Phase  Phase `json:"phase"`
	Begins int64 `json:"begins"`
	Ends   int64 `json:"ends"`
}

// Plan is the phases of a campaign in their order.
type Plan []Span

// Span returns when a phase lasts.
func (p Plan) Span(phase Phase) (Span, bool) {
	i := slices.IndexFunc(p, func(s Span) bool { return s.Phase == phase })
	if i < 0 {
		return Span{}, false
	}
	return p[i], true
}

// In tells whether a phase lasts at an instant.
func (p Plan) In(phase Phase, now time.Time) bool {
	s, ok := p.Span(phase)
	at := now.UnixMilli()
	return ok && s.Begins <= at && at < s.Ends
}

// Over tells whether a phase has ended.
func (p Plan) Over(phase Phase, now time.Time) bool {
	s, ok := p.Span(phase)
	return ok && s.Ends <= now.UnixMilli()
}

// Current is the phase that began last of those that last; "" before, between
// and after all.
func (p Plan) Current(now time.Time) (phase Phase) {
	var began int64
	for _, s := range p {
		if p.In(s.Phase, now) && s.Begins >= began {
			phase, began = s.Phase, s.Begins
		}
	}
	return phase
}

// Next is the phase that begins next.
func (p Plan) Next(now time.Time) (next Span, ok bool) {
	for _, s := range p {
		if s.Begins > now.UnixMilli() && (!ok || s.Begins < next.Begins) {
			next, ok = s, true
		}
	}
	return next, ok
}

// Votes tells whether ballots are taken at an instant.
func (c *Campaign) Votes(now time.Time) bool {
	return c.Opened != 0 && c.Counted == 0 && c.Plan.In(Voting, now)
}
