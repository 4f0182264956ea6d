package systemic

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/account"
	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/notify"
	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/civic/place"
	"github.com/ashar-kg/ashar/internal/platform/clock"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/once"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Source is how a kind of case that may be part of an issue is met. The package
// that knows every feature fills it.
type Source struct {
	Name   string // message key of what one of its cases is called
	Public string // path before the number for everybody; "" keeps the kind to counts
	Staff  string // path before the number for who works on it
	// State says how a case stands: the look of its tag and its text.
	State func(v *page.Visit, f *casework.File) (code, text string)
	// Category says what its category is called; nil when categories say nothing
	// about what the case is about.
	Category func(ctx context.Context, c *city.City, code, lang string) string
	// Answer gives words to the author in the way of the kind, with its own
	// checks; nil when that cannot be done for many at once.
	Answer func(ctx context.Context, c *city.City, a permission.Actor, number, words, lang string) error
}

// Service is every use case of systemic issues.
type Service struct {
	Desk    *casework.Desk
	DB      *db.DB
	Bodies  *body.Store
	Places  *place.Store
	Clock   clock.Clock
	Cities  *city.Registry
	Sources map[string]Source // by kind of case
}

// publicKinds are those of which everybody may read the public cases.
func (s *Service) publicKinds() (out []string) {
	for kind, src := range s.Sources {
		if src.Public != "" {
			out = append(out, kind)
		}
	}
	slices.Sort(out)
	return out
}

func subject(id int64) notify.Subject { return notify.Subject{Kind: KindName, ID: id} }

// Declaration is an issue as a clerk declares it.
type Declaration struct {
	Words
	Lang     string // in which the clerk writes first
	Body     int64  // that answers
	Lat, Lon float64
	Cases    []int64
	Proposal int64 // that it comes from, 0 for none
}

// Declare makes a public issue of cases. Field errors are named title_<lang>,
// text_<lang>, body and cases.
func (s *Service) Declare(ctx context.Context, c *city.City, a permission.Actor, d Declaration) (*casework.File, error) {
	if err := a.Check("systemic.declare", d.Body); err != nil {
		return nil, err
	}
	dir, err := s.Bodies.Of(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	names, err := s.Places.Gazetteer(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	areas, err := s.Places.Areas(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	form := &web.Form{}
	checkWords(form, c, d.Words)
	now := s.Clock.Now()
	if _, ok := dir.Current(d.Body, now); !ok {
		form.Fail("body", "error.field.choice")
	}
	if len(d.Cases) == 0 {
		form.Fail("cases", "systemic.error.cases")
	}
	rule, ok := city.RuleAt(c.Rules, KindName, city.StepConsider, now.In(c.Zone).Format(time.DateOnly))
	if !ok {
		form.Fail("body", "systemic.error.no_term")
	}
	if err := form.Err(); err != nil {
		return nil, err
	}
	title, lang := d.Titles.In(d.Lang)
	f := &casework.File{
		Kind: KindName, Visibility: casework.Public, Channel: "desk", Lang: lang, Body: d.Body, Placed: true, Lat: d.Lat, Lon: d.Lon,
		Address: names.Where(d.Lat, d.Lon).Text("ky", func(name string) string { return name }),
		Title:   title, Text: d.Texts[lang], Due: c.Calendar.Start(rule, now).End().UnixMilli(),
	}
	if area, ok := areas.DistrictOf(d.Lat, d.Lon, now.UnixMilli()); ok {
		f.District = area.Code
	}
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		// The author of an issue is the city: nobody is told of it as of an own case.
		if err := s.Desk.Open(tx, c, f, &casework.Event{Public: true, Body: f.Body, Actor: dir.Name(f.Body, lang)}, nil); err != nil {
			return err
		}
		if err := putDetail(tx, c.ID, f.ID, Detail{Words: d.Words, Rule: rule.Code}); err != nil {
			return err
		}
		n, err := s.link(tx, c, a, f, d.Cases, false)
		if err != nil {
			return err
		}
		if n == 0 {
			return web.Invalid(web.FieldError{Field: "cases", Key: "systemic.error.cases"})
		}
		if d.Proposal != 0 {
			err = s.accept(tx, c, a, d.Proposal, f.ID, d.Cases)
		} else {
			err = s.begin(tx, c, f, d.Cases)
		}
		if err != nil {
			return err
		}
		return once.Claim(tx, "/staff/systemic/"+f.Number)
	})
	return f, err
}

// checkWords demands a title and a text in one language at least, and both or
// none in each.
func checkWords(f *web.Form, c *city.City, w Words) {
	for _, lang := range c.Languages {
		title, text := w.Titles[lang], w.Texts[lang]
		if title == "" && text != "" {
			f.Fail("title_"+lang, "systemic.error.title")
		}
		if text == "" && title != "" {
			f.Fail("text_"+lang, "systemic.error.text")
		}
	}
	if len(w.Titles) == 0 && len(w.Texts) == 0 {
		f.Fail("title_"+c.Languages[0], "systemic.error.words")
	}
}

// begin makes the proposal of an issue that comes from none, so that cases that
// are like its own are found for it.
func (s *Service) begin(tx *db.Tx, c *city.City, f *casework.File, cases []int64) error {
	now := s.Clock.Now()
	p := &Proposal{ID: ids.At(now), State: Accepted, Issue: f.ID, Body: f.Body, Lat: f.Lat, Lon: f.Lon, Updated: now.UnixMilli()}
	for _, id := range cases {
		added, err := putMember(tx, c.ID, p.ID, Member{Case: id, Alike: 100})
		if err != nil {
			return err
		}
		if added {
			p.Cases++
		}
	}
	return putProposal(tx, c.ID, p)
}

// accept marks a proposal as belonging to an issue; those of its cases that were
// not chosen are refused.
func (s *Service) accept(tx *db.Tx, c *city.City, a permission.Actor, id, issue int64, chosen []int64) error {
	if id == 0 {
		return nil
	}
	p, err := lockProposal(tx, c.ID, id)
	if err != nil {
		return err
	}
	if p.State != Proposed {
		return web.Conflict()
	}
	list, err := members(tx, c.ID, id)
	if err != nil {
		return err
	}
	var not []int64
	for _, m := range list {
		if !slices.Contains(chosen, m.Case) {
			not = append(not, m.Case)
		}
	}
	if err := s.refuse(tx, c, a, id, not); err != nil {
		return err
	}
	p.State, p.Issue, p.Updated = Accepted, issue, s.Clock.Now().UnixMilli()
	return putProposal(tx, c.ID, p)
}

// refuse says that cases are about something else. Those that the actor may not
// see wait for somebody who may.
func (s *Service) refuse(tx *db.Tx, c *city.City, a permission.Actor, proposal int64, cases []int64) error {
	files, err := casework.ByID(tx, c.ID, cases)
	if err != nil {
		return err
	}
	var mine []int64
	for id, f := range files {
		if s.sees(a, f) {
			mine = append(mine, id)
		}
	}
	return refuse(tx, c.ID, proposal, mine)
}

// sees tells whether the actor may read a case: everybody may, or it is among
// those that the actor works on.
func (s *Service) sees(a permission.Actor, f *casework.File) bool {
	return a.Can(f.Kind+".internal", f.Body) || (f.Listed() && s.Sources[f.Kind].Public != "")
}

// link makes cases part of an issue: their authors and followers follow it from
// now on. Only cases that the actor may read can be linked; it returns how many
// were. tell tells the people of each that it was.
func (s *Service) link(tx *db.Tx, c *city.City, a permission.Actor, issue *casework.File, cases []int64, tell bool) (int, error) {
	files, err := casework.Several(tx, c.ID, cases)
	if err != nil {
		return 0, err
	}
	now := s.Clock.Now()
	n := 0
	for _, f := range files {
		if !s.counts(f) || !s.sees(a, f) {
			continue
		}
		added, err := putLink(tx, c.ID, f.ID, issue.ID, a.Person, now)
		if err != nil {
			return 0, err
		}
		if !added {
			continue
		}
		n++
		if err := s.gatherPeople(tx, c, issue, f, tell); err != nil {
			return 0, err
		}
	}
	if n == 0 {
		return 0, nil
	}
	return n, keepTraces(tx, c.ID, issue.ID, true)
}

// gatherPeople lets who follows a case follow the issue too. A notice about
// being linked has the id of the issue's last change, so that somebody with
// several cases gets one.
func (s *Service) gatherPeople(tx *db.Tx, c *city.City, issue, f *casework.File, tell bool) error {
	from := notify.Subject{Kind: f.Kind, ID: f.ID}
	if f.Author != 0 {
		if err := notify.Follow(tx, c.ID, f.Author, subject(issue.ID), s.Clock.Now()); err != nil {
			return err
		}
	}
	if err := notify.MoveFollowers(tx, c.ID, from, subject(issue.ID)); err != nil {
		return err
	}
	if !tell {
		return nil
	}
	n := notice(c, issue, "systemic.notice.linked")
	n.ID, n.Subject, n.To = issue.ID+issue.Version, from, []int64{f.Author}
	return notify.Emit(tx, n)
}

func notice(c *city.City, f *casework.File, key string) notify.Event {
	return notify.Event{
		City: c.ID, Subject: subject(f.ID), Key: key, Link: "/systemic/" + f.Number, Args: map[string]string{"number": f.Number, "title": f.Title},
	}
}

// work runs one step on an issue; the actor must work for its body.
func (s *Service) work(ctx context.Context, c *city.City, a permission.Actor, number, action string, fn func(tx *db.Tx, f *casework.File) error) error {
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		f, err := s.issue(tx, c, number)
		if err != nil {
			return err
		}
		if err := a.Check(action, f.Body); err != nil {
			return err
		}
		if err := fn(tx, f); err != nil {
			return err
		}
		return once.Claim(tx, "/staff/systemic/"+number)
	})
}

func (s *Service) issue(tx *db.Tx, c *city.City, number string) (*casework.File, error) {
	f, err := casework.ByNumber(tx, c.ID, number)
	if err != nil {
		return nil, err
	}
	if f.Kind != KindName {
		return nil, web.NotFound()
	}
	return f, nil
}

// Add makes more cases part of an open issue, from a proposal or by their
// numbers. Field errors are named cases and numbers.
func (s *Service) Add(ctx context.Context, c *city.City, a permission.Actor, number string, cases []int64, numbers []string, from int64) error {
	return s.work(ctx, c, a, number, "systemic.work", func(tx *db.Tx, f *casework.File) error {
		if !f.Open {
			return web.Invalid(web.FieldError{Field: "cases", Key: "systemic.error.closed"})
		}
		named, err := casework.Numbered(tx, c.ID, numbers)
		if err != nil {
			return err
		}
		named = slices.DeleteFunc(named, func(x *casework.File) bool { return !s.sees(a, x) })
		if len(named) < len(numbers) {
			return web.Invalid(web.FieldError{Field: "numbers", Key: "systemic.error.numbers"})
		}
		for _, x := range named {
			cases = append(cases, x.ID)
		}
		n, err := s.link(tx, c, a, f, cases, true)
		if err != nil {
			return err
		}
		if n == 0 {
			return web.Invalid(web.FieldError{Field: "cases", Key: "systemic.error.none_added"})
		}
		if err := s.accept(tx, c, a, from, f.ID, cases); err != nil {
			return err
		}
		_, err = s.Desk.Record(tx, c, a, f.ID, "systemic.work", casework.Event{Kind: EventLinked, Public: true, Detail: itoa(n)})
		return err
	})
}

// Refuse says that suggested cases are about something else.
func (s *Service) Refuse(ctx context.Context, c *city.City, a permission.Actor, number string, cases []int64) error {
	return s.work(ctx, c, a, number, "systemic.work", func(tx *db.Tx, _ *casework.File) error {
		in, err := proposalsOf(tx, c.ID, cases)
		if err != nil {
			return err
		}
		for id, p := range in {
			if err := s.refuse(tx, c, a, p, []int64{id}); err != nil {
				return err
			}
		}
		return nil
	})
}

// Remove takes a case out of an issue, such as one that was linked by mistake.
func (s *Service) Remove(ctx context.Context, c *city.City, a permission.Actor, number, which string) error {
	return s.work(ctx, c, a, number, "systemic.work", func(tx *db.Tx, f *casework.File) error {
		x, err := casework.ByNumber(tx, c.ID, which)
		if err != nil {
			return err
		}
		if !s.sees(a, x) {
			return web.NotFound()
		}
		if err := dropLink(tx, c.ID, x.ID, f.ID); err != nil {
			return err
		}
		_, err = s.Desk.Record(tx, c, a, f.ID, "systemic.work", casework.Event{Kind: EventLinked, Detail: "-1"})
		return err
	})
}

// Dismiss puts a proposal aside, with a reason; it comes back when it has grown by half.
func (s *Service) Dismiss(ctx context.Context, c *city.City, a permission.Actor, id int64, reason string) error {
	if reason = strings.TrimSpace(reason); reason == "" {
		return web.Invalid(web.FieldError{Field: "reason", Key: "systemic.error.reason"})
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		p, err := lockProposal(tx, c.ID, id)
		if err != nil {
			return err
		}
		if err := a.Check("systemic.declare", p.Body); err != nil {
			return err
		}
		if p.State != Proposed {
			return web.Conflict()
		}
		p.State, p.Dismissed, p.Reason, p.Actor, p.Updated = Dismissed, p.Cases, reason, a.Name, s.Clock.Now().UnixMilli()
		return putProposal(tx, c.ID, p)
	})
}

// Reword changes what an issue says of itself.
func (s *Service) Reword(ctx context.Context, c *city.City, a permission.Actor, number string, w Words) error {
	form := &web.Form{}
	checkWords(form, c, w)
	if err := form.Err(); err != nil {
		return err
	}
	return s.change(ctx, c, a, number, func(d *Detail) string {
		d.Words = w
		return ""
	})
}

// Become says where an issue lives on.
func (s *Service) Become(ctx context.Context, c *city.City, a permission.Actor, number string, b Became) error {
	b.Address = strings.TrimSpace(b.Address)
	if b.Kind != Project && b.Kind != Commitment {
		return web.Invalid(web.FieldError{Field: "became", Key: "error.field.choice"})
	}
	if !addressable(b.Address) {
		return web.Invalid(web.FieldError{Field: "address", Key: "systemic.error.address"})
	}
	return s.change(ctx, c, a, number, func(d *Detail) string {
		d.Became = b
		return EventBecame
	})
}

// addressable tells whether a text is a path of this site or an https address.
func addressable(text string) bool {
	u, err := url.Parse(text)
	if err != nil || len(text) > MaxAddress {
		return false
	}
	if u.Host == "" {
		return u.Scheme == "" && strings.HasPrefix(u.Path, "/") && !strings.Contains(text, "\\")
	}
	return u.Scheme == "https"
}

// change stores another detail of an issue; fn names the public event, if any.
func (s *Service) change(ctx context.Context, c *city.City, a permission.Actor, number string, fn func(d *Detail) string) error {
	return s.work(ctx, c, a, number, "systemic.work", func(tx *db.Tx, f *casework.File) error {
		d, err := detail(tx, c.ID, f.ID)
		if err != nil {
			return err
		}
		event := fn(&d)
		if err := putDetail(tx, c.ID, f.ID, d); err != nil {
			return err
		}
		_, err = s.Desk.Record(tx, c, a, f.ID, "systemic.work", casework.Event{Kind: event, Public: true, Detail: d.Became.Kind})
		return err
	})
}

// Plan stores the steps of the plan; the followers are told. Field errors are
// named day_<n> and step_<n>_<lang>, n from 0.
func (s *Service) Plan(ctx context.Context, c *city.City, a permission.Actor, number string, steps []Step) error {
	form := &web.Form{}
	for i, step := range steps {
		if _, err := time.Parse(time.DateOnly, step.Day); err != nil {
			form.Fail("day_"+itoa(i), "systemic.error.day")
		}
		if len(step.Words) == 0 {
			form.Fail("step_"+itoa(i)+"_"+c.Languages[0], "systemic.error.step")
		}
		if !slices.Contains(StepStates, step.State) {
			form.Fail("state_"+itoa(i), "error.field.choice")
		}
	}
	if len(steps) == 0 || len(steps) > MaxSteps {
		form.Fail("day_0", "systemic.error.plan")
	}
	if err := form.Err(); err != nil {
		return err
	}
	slices.SortStableFunc(steps, func(x, y Step) int { return strings.Compare(x.Day, y.Day) })
	return s.work(ctx, c, a, number, "systemic.work", func(tx *db.Tx, f *casework.File) error {
		if !f.Open {
			return web.Conflict()
		}
		if err := putPlan(tx, c.ID, f.ID, steps); err != nil {
			return err
		}
		if f.State == Declared {
			_, err := s.Desk.Move(tx, c, a, f.ID, casework.Move{To: Planned})
			return err
		}
		_, err := s.Desk.Record(tx, c, a, f.ID, "systemic.work", casework.Event{Kind: EventPlan, Public: true})
		return err
	})
}

// Close ends an issue, resolved or stopped, with words for all who follow it.
// Its cases stay as they are.
func (s *Service) Close(ctx context.Context, c *city.City, a permission.Actor, number, to, words, lang string) error {
	if to != Resolved && to != Stopped {
		return web.Invalid(web.FieldError{Field: "to", Key: "case.error.to"})
	}
	return s.work(ctx, c, a, number, "systemic.internal", func(tx *db.Tx, f *casework.File) error {
		dir, err := s.Bodies.Of(ctx, c.ID)
		if err != nil {
			return err
		}
		if _, err := s.Desk.Move(tx, c, a, f.ID, casework.Move{To: to, Note: strings.TrimSpace(words), Lang: lang, Actor: dir.Name(f.Body, lang)}); err != nil {
			return err
		}
		if err := endProposals(tx, c.ID, f.ID); err != nil {
			return err
		}
		return keepTraces(tx, c.ID, f.ID, false)
	})
}

// Transfer hands an issue to another body, with its clock.
func (s *Service) Transfer(ctx context.Context, c *city.City, a permission.Actor, number string, to int64, note string) error {
	dir, err := s.Bodies.Of(ctx, c.ID)
	if err != nil {
		return err
	}
	b, ok := dir.Current(to, s.Clock.Now())
	if !ok {
		return web.Invalid(web.FieldError{Field: "to_body", Key: "error.field.choice"})
	}
	return s.work(ctx, c, a, number, "systemic.internal", func(tx *db.Tx, f *casework.File) error {
		_, err := s.Desk.Transfer(tx, c, a, f.ID, b.ID, b.Code, strings.TrimSpace(note))
		return err
	})
}

// Answered is what became of words for one case.
type Answered struct {
	Number string
	Err    error
}

// maxAnswers bounds the cases that are answered at once.
const maxAnswers = 200

// AnswerMany gives the same words to the authors of chosen cases of an issue, to
// each in the way of its kind and only where the actor may. What failed is told
// by case. Nothing is answered unless it is chosen here.
func (s *Service) AnswerMany(ctx context.Context, c *city.City, a permission.Actor, number string, cases []int64, words, lang string) ([]Answered, error) {
	if words = strings.TrimSpace(words); words == "" {
		return nil, web.Invalid(web.FieldError{Field: "answer", Key: "case.error.words"})
	}
	if len(cases) == 0 || len(cases) > maxAnswers {
		return nil, web.Invalid(web.FieldError{Field: "answered", Key: "systemic.error.answered", Args: []any{"n", maxAnswers}})
	}
	var files []*casework.File
	if err := s.DB.View(ctx, func(tx *db.Tx) error {
		f, err := s.issue(tx, c, number)
		if err != nil {
			return err
		}
		if err := a.Check("systemic.work", f.Body); err != nil {
			return err
		}
		all, err := casework.Several(tx, c.ID, cases)
		if err != nil {
			return err
		}
		for _, x := range all {
			in, err := issueOf(tx, c.ID, x.ID)
			if err != nil {
				return err
			}
			if in == f.ID && a.Can(x.Kind+".internal", x.Body) {
				files = append(files, x)
			}
		}
		return nil
	}); err != nil {
		return nil, err
	}
	out := make([]Answered, 0, len(files))
	for _, x := range files {
		out = append(out, Answered{x.Number, s.answer(ctx, c, a, x, words, lang)})
	}
	return out, nil
}

// answer gives words to the author of one case. Doing it again does nothing.
func (s *Service) answer(ctx context.Context, c *city.City, a permission.Actor, f *casework.File, words, lang string) error {
	give := s.Sources[f.Kind].Answer
	if give == nil {
		return web.Conflict()
	}
	ctx = once.Part(ctx, f.Number)
	err := once.Resolve(ctx, s.DB, give(ctx, c, a, f.Number, words, lang))
	var done *once.Repeated
	if errors.As(err, &done) {
		return nil
	}
	return err
}

// Follow makes the actor a follower of an issue, or ends it.
func (s *Service) Follow(ctx context.Context, c *city.City, a permission.Actor, number string, on bool) error {
	if !a.SignedIn() {
		return permission.ErrDenied
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		f, err := s.issue(tx, c, number)
		if err != nil {
			return err
		}
		if !on {
			return notify.Unfollow(tx, c.ID, a.Person, subject(f.ID))
		}
		return notify.Follow(tx, c.ID, a.Person, subject(f.ID), s.Clock.Now())
	})
}

// Of is the issue that a case is part of, nil for none.
func (s *Service) Of(tx *db.Tx, cityID, id int64) (*casework.File, error) {
	issue, err := issueOf(tx, cityID, id)
	if err != nil || issue == 0 {
		return nil, err
	}
	return casework.Get(tx, cityID, issue)
}

// warnBefore is how long before its end a term is called to mind.
const warnBefore = 7 * 24 * time.Hour

// Escalate warns those who answer of terms that near their end.
func (s *Service) Escalate(ctx context.Context) error {
	for _, c := range s.Cities.List() {
		var due []*casework.File
		if err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
			due, err = casework.DueSoon(tx, c.ID, KindName, s.Clock.Now().Add(warnBefore), 200)
			return err
		}); err != nil {
			return err
		}
		for _, f := range due {
			if err := s.DB.Update(ctx, func(tx *db.Tx) error { return s.warn(tx, c, f) }); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Service) warn(tx *db.Tx, c *city.City, f *casework.File) error {
	if _, err := s.Desk.Escalate(tx, c, f.ID); err != nil {
		return err
	}
	people, err := account.Answerable(tx, c.ID, f.Body, f.Assignee)
	if err != nil || len(people) == 0 {
		return err
	}
	n := notice(c, f, "systemic.notice.due")
	n.Subject, n.Link, n.To, n.Urgent = notify.Subject{}, "/staff/systemic/"+f.Number, people, true
	return notify.Emit(tx, n)
}

// Listen lets notices follow the changes of issues, and the search for clusters
// the cases that begin to count late; call it once, before the desk is used.
func (s *Service) Listen() {
	s.Desk.Hook(KindName, s.changed)
	for kind := range s.Sources {
		s.Desk.Hook(kind, func(tx *db.Tx, c *city.City, before, after *casework.File, _ *casework.Event) error {
			if before == nil || before.Visibility != casework.Unconfirmed || after.Visibility == casework.Unconfirmed {
				return nil
			}
			return putLate(tx, c.ID, after.ID)
		})
	}
}

// told are the events that followers hear of at once.
var told = map[string]string{
	casework.EventCreated:     "systemic.notice.declared",
	casework.EventTransferred: "systemic.notice.transferred",
	casework.EventExtended:    "systemic.notice.extended",
	casework.EventReopened:    "systemic.notice.reopened",
	casework.EventMerged:      "systemic.notice.merged",
	EventPlan:                 "systemic.notice.plan",
	EventBecame:               "systemic.notice.became",
}

func (s *Service) changed(tx *db.Tx, c *city.City, _, after *casework.File, e *casework.Event) error {
	key := told[e.Kind]
	if e.Kind == casework.EventState {
		key = "systemic.notice." + after.State
	}
	if key == "" {
		return nil
	}
	n := notice(c, after, key)
	n.Except = e.Person
	return notify.Emit(tx, n)
}
