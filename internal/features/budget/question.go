package budget

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/account"
	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/notify"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/once"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Question is a question of a resident about a line: a public case of the body
// that keeps the budget, with a clock.
type Question struct {
	*casework.File
	Version, Line int64
	Key           int64
	Events        []casework.Event // public ones
}

func questionAt(number string) string { return "/budget/questions/" + number }

// limits of a question and its answer, in characters.
const (
	minQuestion = 10
	maxQuestion = 2000
	maxAnswer   = 10000
)

// lineSubject is what somebody follows who follows a line through its versions.
func lineSubject(key int64) notify.Subject { return notify.Subject{Kind: "budget_line", ID: key} }

// Ask asks about a line of a version. Whoever asks is signed in; the name is
// shown only when they want. Fields: question.
func (s *Service) Ask(ctx context.Context, c *city.City, a permission.Actor, versionID, lineID int64, text, lang string, named bool) (*casework.File, error) {
	if !a.SignedIn() {
		return nil, permission.ErrDenied
	}
	text = strings.TrimSpace(text)
	if n := len([]rune(text)); n < minQuestion || n > maxQuestion {
		return nil, web.Invalid(web.FieldError{Field: "question", Key: "budget.error.question", Args: []any{"min", minQuestion, "max", maxQuestion}})
	}
	set, err := settingsOf(c)
	if err != nil {
		return nil, err
	}
	keeper, err := s.keeper(ctx, c, set)
	if err != nil {
		return nil, err
	}
	now := s.Clock.Now()
	rule := city.Rule{Kind: KindName, Step: city.StepConsider, Term: set.Days, Unit: city.WorkingDays}
	f := &casework.File{
		Kind: KindName, Visibility: casework.Public, Channel: "web", Lang: lang, Author: a.Person, Body: keeper, Text: text, Due: c.Calendar.Start(rule, now).End().UnixMilli(),
	}
	if named {
		f.AuthorName = a.Name
	}
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		if err := account.LockPerson(tx, c.ID, a.Person); err != nil {
			return err
		}
		v, err := version(tx, c.ID, versionID)
		if err != nil {
			return err
		}
		l, err := line(tx, c.ID, versionID, lineID)
		if err != nil {
			return err
		}
		if v.State != Published {
			return web.NotFound()
		}
		if n, err := openQuestions(tx, c.ID, a.Person, l.Key); err != nil || n > 0 {
			return errors.Join(err, web.Invalid(web.FieldError{Field: "question", Key: "budget.error.asked"}))
		}
		f.Title, _ = l.Labels.In(lang)
		if err := s.Desk.Open(tx, c, f, &casework.Event{Public: true, Actor: f.AuthorName, Body: keeper}, nil); err != nil {
			return err
		}
		if err := putQuestion(tx, c.ID, f.ID, v.ID, l.ID, l.Key); err != nil {
			return err
		}
		if err := notify.Follow(tx, c.ID, a.Person, notify.Subject{Kind: KindName, ID: f.ID}, now); err != nil {
			return err
		}
		return once.Claim(tx, questionAt(f.Number))
	})
	s.Versions.Mark(c.ID)
	return f, err
}

// keeper is the body that keeps the budget.
func (s *Service) keeper(ctx context.Context, c *city.City, set Settings) (int64, error) {
	dir, err := s.Bodies.Of(ctx, c.ID)
	if err != nil {
		return 0, err
	}
	for _, code := range set.Body {
		if b, ok := dir.ByCode(code); ok && b.ValidAt(s.Clock.Now()) {
			return b.ID, nil
		}
	}
	return 0, web.Invalid(web.FieldError{Field: "question", Key: "budget.error.nobody"})
}

// Reply answers a question in public, or says why it is not answered. Field: note.
func (s *Service) Reply(ctx context.Context, c *city.City, a permission.Actor, number, words, lang string, decline bool) error {
	words = strings.TrimSpace(words)
	if n := len([]rune(words)); n == 0 || n > maxAnswer {
		return web.Invalid(web.FieldError{Field: "note", Key: "budget.error.answer", Args: []any{"max", maxAnswer}})
	}
	dir, err := s.Bodies.Of(ctx, c.ID)
	if err != nil {
		return err
	}
	to := Answered
	if decline {
		to = Declined
	}
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		f, err := question(tx, c.ID, number)
		if err != nil {
			return err
		}
		if _, err := s.Desk.Move(tx, c, a, f.ID, casework.Move{To: to, Note: words, Lang: lang, Actor: dir.Name(f.Body, lang)}); err != nil {
			return err
		}
		return once.Claim(tx, "/staff"+questionAt(number))
	})
	s.Versions.Mark(c.ID)
	return err
}

// Listen tells who asked, and who follows the line, of the answer.
func (s *Service) Listen() {
	s.Desk.Hook(KindName, func(tx *db.Tx, c *city.City, before, after *casework.File, e *casework.Event) error {
		if before == nil || e.Kind != casework.EventState {
			return nil
		}
		return notify.Emit(tx, notify.Event{
			ID: e.ID, City: c.ID, Subject: notify.Subject{Kind: KindName, ID: after.ID}, Key: "budget.notice.answer", Link: questionAt(after.Number), Except: e.Person,
			Args: map[string]string{"number": after.Number, "title": after.Title},
		})
	})
}

// Follow makes a person hear of new versions in which a line changes; off ends it.
func (s *Service) Follow(ctx context.Context, c *city.City, a permission.Actor, versionID, lineID int64, on bool) error {
	if !a.SignedIn() {
		return permission.ErrDenied
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		if _, err := seen(tx, c, a, versionID); err != nil {
			return err
		}
		l, err := line(tx, c.ID, versionID, lineID)
		if err != nil {
			return err
		}
		if !on {
			return notify.Unfollow(tx, c.ID, a.Person, lineSubject(l.Key))
		}
		return notify.Follow(tx, c.ID, a.Person, lineSubject(l.Key), s.Clock.Now())
	})
}

// people reads who follows a line and what was asked about it.
func (t *Thread) people(tx *db.Tx, c *city.City, a permission.Actor) (err error) {
	if t.Followers, err = notify.Followers(tx, c.ID, lineSubject(t.Line.Key)); err != nil {
		return err
	}
	if a.SignedIn() {
		if t.Following, err = notify.Follows(tx, c.ID, a.Person, lineSubject(t.Line.Key)); err != nil {
			return err
		}
	}
	t.Questions, err = questionsOf(tx, c.ID, t.Line.Key, 50)
	return err
}

// tellLines tells those who follow a line that a new version has it, and what it
// says there. Lines without followers cost nothing.
func tellLines(tx *db.Tx, c *city.City, v *Version, except int64) error {
	type told struct{ id, key int64 }
	list, err := db.All(tx, "budget.lines.followed", `SELECT MIN(l.id), l.line_key FROM budget_line l
		WHERE l.city_id = $1 AND l.version_id = $2 AND l.year = $3 AND l.line_key IN (SELECT subject_id FROM notify_follow WHERE city_id = $1 AND kind = 'budget_line')
		GROUP BY l.line_key LIMIT 5000`, func(r db.Row) (x told, err error) {
		err = r.Scan(&x.id, &x.key)
		return x, err
	}, c.ID, v.ID, int64(v.Year))
	if err != nil {
		return err
	}
	for _, x := range list {
		l, err := line(tx, c.ID, v.ID, x.id)
		if err != nil {
			return err
		}
		title, _ := l.Labels.In(c.Languages[0])
		if err := notify.Emit(tx, notify.Event{
			City: c.ID, Subject: lineSubject(x.key), Key: "budget.notice.line", Link: lineAt(v.ID, x.id), Except: except,
			Args: map[string]string{"title": title, "year": strconv.Itoa(int(v.Year))},
		}); err != nil {
			return err
		}
	}
	return nil
}

func lineAt(version, id int64) string {
	return versionAt(version) + "/lines/" + strconv.FormatInt(id, 10)
}

func question(tx *db.Tx, city int64, number string) (*casework.File, error) {
	f, err := casework.ByNumber(tx, city, number)
	if err != nil {
		return nil, err
	}
	if f.Kind != KindName {
		return nil, web.NotFound()
	}
	return f, nil
}

func openQuestions(tx *db.Tx, city, person, key int64) (int64, error) {
	return db.One(tx, "budget.question.open", `SELECT COUNT(*) FROM budget_question q JOIN case_file f ON f.city_id = q.city_id AND f.id = q.case_id
		WHERE q.city_id = $1 AND q.line_key = $2 AND f.author_id = $3 AND f.is_open`, db.Int64, city, key, person)
}

func putQuestion(tx *db.Tx, city, id, version, line, key int64) error {
	_, err := tx.Exec("budget.question.put", `INSERT INTO budget_question (city_id, case_id, version_id, line_id, line_key) VALUES ($1, $2, $3, $4, $5)`, city, id, version, line, key)
	return err
}

func scanQuestion(r db.Row) (*Question, error) {
	q := &Question{File: &casework.File{}}
	return q, r.Scan(&q.ID, &q.Version, &q.Line, &q.Key)
}

// questionsOf reads the public questions about a line, or about all, newest first.
func questionsOf(tx *db.Tx, city, key int64, limit int) ([]*Question, error) {
	w := db.Of(city)
	if key != 0 {
		w.Add("line_key = ?", key)
	}
	list, err := db.All(tx, "budget.questions", `SELECT case_id, version_id, line_id, line_key FROM budget_question WHERE `+w.String()+` ORDER BY case_id DESC LIMIT `+w.Next(limit), scanQuestion, w.Args...)
	if err != nil {
		return nil, err
	}
	var ids []int64
	for _, q := range list {
		ids = append(ids, q.ID)
	}
	if len(ids) == 0 {
		return nil, nil
	}
	files, err := casework.ByID(tx, city, ids)
	if err != nil {
		return nil, err
	}
	var out []*Question
	for _, q := range list {
		if f := files[q.ID]; f != nil && f.Listed() {
			q.File = f
			out = append(out, q)
		}
	}
	return out, nil
}

// Question reads one with its public timeline.
func (s *Service) Question(ctx context.Context, c *city.City, number string) (*Question, error) {
	q := &Question{}
	err := s.DB.View(ctx, func(tx *db.Tx) error {
		f, err := question(tx, c.ID, number)
		if err != nil {
			return err
		}
		if !f.Listed() {
			return web.NotFound()
		}
		if q, err = db.One(tx, "budget.question", `SELECT case_id, version_id, line_id, line_key FROM budget_question WHERE city_id = $1 AND case_id = $2`, scanQuestion, c.ID, f.ID); err != nil {
			return err
		}
		q.File = f
		q.Events, err = casework.Timeline(tx, c.ID, f.ID, true)
		return err
	})
	return q, err
}

// Questions reads the newest questions about any line.
func (s *Service) Questions(ctx context.Context, c *city.City) (out []*Question, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		out, err = questionsOf(tx, c.ID, 0, 50)
		return err
	})
	return out, err
}

func export(tx *db.Tx, cityID, person int64) (any, error) {
	list, err := casework.ByAuthor(tx, cityID, KindName, person, 0, 10000)
	if err != nil {
		return nil, err
	}
	return list, nil
}

// erase takes the author off the questions: what was asked and answered in public
// stays, without a name.
func erase(tx *db.Tx, cityID, person int64, _ time.Time) error {
	if _, err := tx.Exec("budget.erase.events", `UPDATE case_event SET person_id = 0, actor = '' WHERE city_id = $1 AND person_id = $2
		AND case_id IN (SELECT id FROM case_file WHERE city_id = $1 AND kind = 'budget' AND author_id = $2 AND author_id <> 0)`, cityID, person); err != nil {
		return err
	}
	_, err := tx.Exec("budget.erase", `UPDATE case_file SET author_id = 0, author_name = '', version = version + 1 WHERE city_id = $1 AND kind = 'budget' AND author_id = $2 AND author_id <> 0`, cityID, person)
	return err
}
