package hearing

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/notify"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/civic/record"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/once"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// letters are those of codes: none looks like another, read out or printed.
const letters = "ACDEFHJKMNPRTUVWXY34679"

const codeLength = 6

func newCode() string {
	b := make([]byte, codeLength)
	rand.Read(b)
	for i := range b {
		b[i] = letters[int(b[i])%len(letters)]
	}
	return string(b)
}

// tidy is a code as it is stored, however somebody typed it.
func tidy(code string) string {
	return strings.ToUpper(strings.NewReplacer(" ", "", "-", "").Replace(code))
}

// freeCode draws a code that nobody of a session has; its session is locked.
func freeCode(tx *db.Tx, city, session int64) (string, error) {
	for {
		code := newCode()
		n, err := db.One(tx, "hearing.code", `SELECT COUNT(*) FROM hearing_visit WHERE city_id = $1 AND session_id = $2 AND code = $3`, db.Int64, city, session, code)
		if err != nil || n == 0 {
			return code, err
		}
	}
}

// Ask is a question for a hearing: of who is signed in, of a participant with
// the code that checked them in, of a caller, or said in the room and typed by
// who keeps the hearing, without a name.
type Ask struct {
	Text  string
	Lang  string
	Named bool   // the name is shown
	Code  string // of a participant who has been checked in
	Phone string
	Name  string
	Room  bool
	// Proposal says that it is not asked but proposed.
	Proposal bool
}

// Question takes a question. All but those that were said in the room wait for a
// moderator. Fields: question, code, phone, name.
func (s *Service) Question(ctx context.Context, c *city.City, a permission.Actor, id int64, q Ask) (*casework.File, error) {
	form := &web.Form{}
	q.Text = strings.TrimSpace(q.Text)
	if n := len([]rune(q.Text)); n < minQuestion || n > maxQuestion {
		form.Fail("question", "hearing.error.question", "min", minQuestion, "max", maxQuestion)
	}
	address, err := "", form.Err()
	if !q.Room && q.Code == "" {
		address, err = caller(c, a, form, q.Phone, q.Name)
	}
	if err != nil {
		return nil, err
	}
	now := s.Clock.Now()
	rule, ok := city.RuleAt(c.Rules, KindName, city.StepConsider, now.In(c.Zone).Format(time.DateOnly))
	if !ok {
		return nil, web.Invalid(web.FieldError{Field: "question", Key: "hearing.error.no_term"})
	}
	f := &casework.File{
		Kind: KindName, Visibility: casework.Held, Channel: "web", Lang: q.Lang, Text: q.Text, Due: c.Calendar.Start(rule, now).End().UnixMilli(),
	}
	err = s.change(ctx, c, func(tx *db.Tx) error {
		h, err := hearing(tx, c.ID, id)
		if err != nil {
			return err
		}
		if h.MinutesAt != 0 || h.Series.Held != 0 {
			return web.Invalid(web.FieldError{Field: "question", Key: "hearing.error.closed"})
		}
		if err := s.asker(tx, c, a, h, q, address, f); err != nil {
			return err
		}
		f.Body = h.Body
		f.Title, _ = h.Titles.In(q.Lang)
		if err := s.Desk.Open(tx, c, f, &casework.Event{Public: true, Actor: f.AuthorName, Body: h.Body}, nil); err != nil {
			return err
		}
		if err := putQuestion(tx, c.ID, &Question{File: f, Hearing: id, Proposal: q.Proposal, Put: q.Room || q.Code != ""}); err != nil {
			return err
		}
		if f.Author != 0 {
			for _, sub := range []notify.Subject{subject(id), {Kind: KindName, ID: f.ID}} {
				if err := notify.Follow(tx, c.ID, f.Author, sub, now); err != nil {
					return err
				}
			}
		}
		return once.Claim(tx, at(id)+"?asked=1#questions")
	})
	return f, err
}

// asker says in a file who asks, and how.
func (s *Service) asker(tx *db.Tx, c *city.City, a permission.Actor, h *Hearing, q Ask, address string, f *casework.File) error {
	switch {
	case q.Room:
		f.Channel, f.Visibility = "meeting", casework.Public
		return a.Check(Keep, h.Body)
	case q.Code != "":
		f.Channel = "meeting"
		code := tidy(q.Code)
		v, err := db.One(tx, "hearing.visit.code", `SELECT v.id, v.session_id, v.person_id, v.name, v.code, v.sex, v.district, v.state, v.lang, v.reminded FROM hearing_visit v
			JOIN hearing_session s ON s.city_id = v.city_id AND s.id = v.session_id
			WHERE s.city_id = $1 AND s.hearing_id = $2 AND v.code = $3 AND v.state = 'came' LIMIT 1`, scanVisit, c.ID, h.ID, code)
		if err != nil {
			return web.Invalid(web.FieldError{Field: "code", Key: "hearing.error.code"})
		}
		f.Author = v.Person
		if q.Named {
			f.AuthorName = v.Name
		}
		return nil
	}
	if address != "" {
		f.Channel = "phone"
	}
	person, name, err := s.who(tx, c, a, address, q.Name, q.Lang)
	f.Author = person
	if q.Named {
		f.AuthorName = name
	}
	return err
}

// public reads a question of a hearing and locks its case.
func (s *Service) one(tx *db.Tx, c *city.City, number string) (*Question, error) {
	f, err := casework.ByNumber(tx, c.ID, number)
	if err != nil {
		return nil, err
	}
	if f.Kind != KindName {
		return nil, web.NotFound()
	}
	return questionOf(tx, c.ID, f.ID)
}

// Support says that a person wants a question answered too, once each.
func (s *Service) Support(ctx context.Context, c *city.City, a permission.Actor, number string) (hearing int64, err error) {
	if !a.SignedIn() {
		return 0, permission.ErrDenied
	}
	err = s.change(ctx, c, func(tx *db.Tx) error {
		q, err := s.one(tx, c, number)
		if err != nil {
			return err
		}
		if hearing = q.Hearing; !q.Listed() {
			return web.NotFound()
		}
		if q.Author == a.Person {
			return nil // an own question counts already
		}
		if _, err := s.Desk.See(tx, c, q.ID, strconv.FormatInt(a.Person, 10)); err != nil {
			return err
		}
		return notify.Follow(tx, c.ID, a.Person, notify.Subject{Kind: KindName, ID: q.ID}, s.Clock.Now())
	})
	return hearing, err
}

// Release lets a question through, or keeps it from the public.
func (s *Service) Release(ctx context.Context, c *city.City, a permission.Actor, number string, show bool) error {
	return s.change(ctx, c, func(tx *db.Tx) error {
		q, err := s.one(tx, c, number)
		if err != nil {
			return err
		}
		if q.Visibility != casework.Held {
			return web.Conflict()
		}
		to, reason := casework.Public, ""
		if !show {
			to, reason = casework.Hidden, "rules"
		}
		if _, err := s.Desk.Show(tx, c, a, q.ID, to, reason, ""); err != nil {
			return err
		}
		return once.Claim(tx, "/staff"+at(q.Hearing)+"?done=1")
	})
}

// Put marks a question as put at the meeting.
func (s *Service) Put(ctx context.Context, c *city.City, a permission.Actor, number string) error {
	return s.change(ctx, c, func(tx *db.Tx) error {
		q, err := s.one(tx, c, number)
		if err != nil {
			return err
		}
		if err := a.Check(Keep, q.Body); err != nil {
			return err
		}
		if err := setPut(tx, c.ID, q.ID); err != nil {
			return err
		}
		return once.Claim(tx, "/staff"+at(q.Hearing)+"?done=1")
	})
}

// Join makes a question part of a similar one of the same hearing; who asked it
// hears of that one's answer. Field: into.
func (s *Service) Join(ctx context.Context, c *city.City, a permission.Actor, number, into string) error {
	return s.change(ctx, c, func(tx *db.Tx) error {
		q, err := s.one(tx, c, number)
		if err != nil {
			return err
		}
		to, err := s.one(tx, c, strings.TrimSpace(into))
		if err != nil || to.Hearing != q.Hearing || !to.Listed() {
			return web.Invalid(web.FieldError{Field: "into", Key: "hearing.error.into"})
		}
		if _, err := s.Desk.Merge(tx, c, a, q.ID, to.ID, ""); err != nil {
			return err
		}
		if q.Author != 0 {
			if err := notify.Follow(tx, c.ID, q.Author, notify.Subject{Kind: KindName, ID: to.ID}, s.Clock.Now()); err != nil {
				return err
			}
		}
		return once.Claim(tx, "/staff"+at(q.Hearing)+"?done=1")
	})
}

// Reply is the public answer to a question, and what changed by it.
type Reply struct {
	Words   string
	Lang    string
	Decline bool
	// Decision is one of Decisions, about a proposal only.
	Decision string
	Change   string
	Line     string // of the budget, in words
	LineAt   string // its page under /budget, or ""
}

// Answer answers a question in public, or decides about a proposal and says why.
// Fields: note, change, line, line_link, decision.
func (s *Service) Answer(ctx context.Context, c *city.City, a permission.Actor, number string, r Reply) error {
	f := &web.Form{}
	if n := len([]rune(r.Words)); n == 0 || n > maxAnswer {
		f.Fail("note", "hearing.error.answer", "max", maxAnswer)
	}
	f.Long("change", r.Change, maxText)
	f.Long("line", r.Line, maxTitle)
	if r.LineAt != "" && !strings.HasPrefix(r.LineAt, "/budget") {
		f.Fail("line_link", "hearing.error.line")
	}
	if err := f.Err(); err != nil {
		return err
	}
	dir, err := s.Bodies.Of(ctx, c.ID)
	if err != nil {
		return err
	}
	return s.change(ctx, c, func(tx *db.Tx) error {
		q, err := s.one(tx, c, number)
		if err != nil {
			return err
		}
		if q.Proposal != slices.Contains(Decisions, r.Decision) {
			return web.Invalid(web.FieldError{Field: "decision", Key: "error.field.choice"})
		}
		to := Answered
		if r.Decline || r.Decision == Rejected {
			to = Declined
		}
		if _, err := s.Desk.Move(tx, c, a, q.ID, casework.Move{To: to, Note: r.Words, Lang: r.Lang, Actor: dir.Name(q.Body, r.Lang)}); err != nil {
			return err
		}
		q.Change, q.Line, q.LineAt, q.Decision = r.Change, r.Line, r.LineAt, r.Decision
		if err := setChange(tx, c.ID, q); err != nil {
			return err
		}
		return once.Claim(tx, "/staff"+at(q.Hearing)+"?done=1")
	})
}

// Listen tells who asked a question, or wants its answer too, of the answer.
func (s *Service) Listen() {
	s.Desk.Hook(KindName, func(tx *db.Tx, c *city.City, before, after *casework.File, e *casework.Event) error {
		if before == nil || e.Kind != casework.EventState {
			return nil
		}
		q, err := db.One(tx, "hearing.question.hearing", `SELECT hearing_id FROM hearing_question WHERE city_id = $1 AND case_id = $2`, db.Int64, c.ID, after.ID)
		if err != nil {
			return err
		}
		return notify.Emit(tx, notify.Event{
			ID: e.ID, City: c.ID, Subject: notify.Subject{Kind: KindName, ID: after.ID}, Key: "hearing.notice.answer", Link: at(q) + "#" + after.Number, Except: e.Person,
			Args: map[string]string{"number": after.Number, "title": after.Title},
		})
	})
}

// PublishMinutes publishes the minutes once: they go into the record, and all
// who signed up or asked are told. Field: minutes.
func (s *Service) PublishMinutes(ctx context.Context, c *city.City, a permission.Actor, id int64, text string) error {
	text = strings.TrimSpace(text)
	if n := len([]rune(text)); n < minQuestion || n > maxMinutes {
		return web.Invalid(web.FieldError{Field: "minutes", Key: "hearing.error.minutes", Args: []any{"max", maxMinutes}})
	}
	now := s.Clock.Now()
	return s.change(ctx, c, func(tx *db.Tx) error {
		h, err := hearing(tx, c.ID, id)
		if err != nil {
			return err
		}
		if err := a.Check(Keep, h.Body); err != nil {
			return err
		}
		list, err := sessions(tx, c.ID, id)
		if err != nil {
			return err
		}
		for _, x := range list {
			if x.Off == "" && x.Begins > now.UnixMilli() {
				return web.Invalid(web.FieldError{Field: "minutes", Key: "hearing.error.before"})
			}
		}
		first, err := setMinutes(tx, c.ID, id, text, now.UnixMilli())
		if err != nil {
			return err
		}
		if !first {
			return web.Conflict()
		}
		sum := sha256.Sum256([]byte(text))
		if err := record.Append(tx, c.ID, record.Entry{
			Kind: "hearing.minutes", Subject: "hearing:" + strconv.FormatInt(id, 10), Title: h.Titles, Link: at(id), Hash: hex.EncodeToString(sum[:]), At: now.UnixMilli(),
		}); err != nil {
			return err
		}
		title, _ := h.Titles.In(c.Languages[0])
		if err := notify.Emit(tx, notify.Event{City: c.ID, Subject: subject(id), Key: "hearing.notice.minutes", Link: at(id), Except: a.Person, Args: map[string]string{"title": title}}); err != nil {
			return err
		}
		if err := permission.Audit(tx, a, "hearing.minutes", "hearing", id, "", now); err != nil {
			return err
		}
		return once.Claim(tx, "/staff"+at(id)+"?done=1")
	})
}
