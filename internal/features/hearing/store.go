package hearing

import (
	"encoding/json"
	"errors"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/platform/db"
)

const hearingColumns = `id, body_id, kind, titles, texts, materials, published_at, rule, notice_days, late, minutes, minutes_at, held_on, held, people, women, source, person_id`

func scanHearing(r db.Row) (*Hearing, error) {
	h := &Hearing{}
	var titles, texts, materials string
	if err := r.Scan(&h.ID, &h.Body, &h.Kind, &titles, &texts, &materials, &h.Published, &h.Rule, &h.Notice, &h.Late, &h.Minutes, &h.MinutesAt,
		&h.Series.On, &h.Series.Held, &h.Series.People, &h.Series.Women, &h.Series.Source, &h.Person); err != nil {
		return nil, err
	}
	return h, errors.Join(json.Unmarshal([]byte(titles), &h.Titles), json.Unmarshal([]byte(texts), &h.Texts), json.Unmarshal([]byte(materials), &h.Materials))
}

func insertHearing(tx *db.Tx, city int64, h *Hearing) error {
	titles, err := json.Marshal(h.Titles)
	if err != nil {
		return err
	}
	texts, err := json.Marshal(h.Texts)
	if err != nil {
		return err
	}
	materials, err := json.Marshal(h.Materials)
	if err != nil {
		return err
	}
	_, err = tx.Exec("hearing.insert", `INSERT INTO hearing (city_id, `+hearingColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)`,
		city, h.ID, h.Body, h.Kind, string(titles), string(texts), string(materials), h.Published, h.Rule, h.Notice, h.Late, h.Minutes, h.MinutesAt,
		h.Series.On, h.Series.Held, h.Series.People, h.Series.Women, h.Series.Source, h.Person)
	return err
}

func hearing(tx *db.Tx, city, id int64) (*Hearing, error) {
	return db.One(tx, "hearing", `SELECT `+hearingColumns+` FROM hearing WHERE city_id = $1 AND id = $2`, scanHearing, city, id)
}

func hearings(tx *db.Tx, city int64, limit int) ([]*Hearing, error) {
	return db.All(tx, "hearings", `SELECT `+hearingColumns+` FROM hearing WHERE city_id = $1 ORDER BY id DESC LIMIT $2`, scanHearing, city, limit)
}

// setMinutes publishes the minutes; it is false when they are published already.
func setMinutes(tx *db.Tx, city, id int64, text string, at int64) (bool, error) {
	n, err := tx.Exec("hearing.minutes", `UPDATE hearing SET minutes = $3, minutes_at = $4 WHERE city_id = $1 AND id = $2 AND minutes_at = 0`, city, id, text, at)
	return n == 1, err
}

const sessionColumns = `id, hearing_id, district, place, online, begins_at, ends_at, capacity, walk_women, walk_men, walk_unsaid, called_off`

const taken = `(SELECT COUNT(*) FROM hearing_visit v WHERE v.city_id = s.city_id AND v.session_id = s.id AND v.state <> 'cancelled')`

func scanSession(r db.Row) (*Session, error) {
	s := &Session{}
	return s, r.Scan(&s.ID, &s.Hearing, &s.District, &s.Place, &s.Online, &s.Begins, &s.Ends, &s.Capacity, &s.Walk.Women, &s.Walk.Men, &s.Walk.Unsaid, &s.Off, &s.Signed)
}

func insertSession(tx *db.Tx, city int64, s *Session) error {
	_, err := tx.Exec("hearing.session.insert", `INSERT INTO hearing_session (city_id, `+sessionColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, 0, 0, '')`,
		city, s.ID, s.Hearing, s.District, s.Place, s.Online, s.Begins, s.Ends, s.Capacity)
	return err
}

func session(tx *db.Tx, city, id int64) (*Session, error) {
	return db.One(tx, "hearing.session", `SELECT `+sessionColumns+`, `+taken+` FROM hearing_session s WHERE city_id = $1 AND id = $2`, scanSession, city, id)
}

// lockSession reads a session whose places are about to change: who want the
// last one come one after the other.
func lockSession(tx *db.Tx, city, id int64) (*Session, error) {
	if _, err := db.One(tx, "hearing.session.lock", `SELECT id FROM hearing_session WHERE city_id = $1 AND id = $2`+tx.ForUpdate(), db.Int64, city, id); err != nil {
		return nil, err
	}
	return session(tx, city, id)
}

func sessions(tx *db.Tx, city, hearing int64) ([]*Session, error) {
	return db.All(tx, "hearing.sessions", `SELECT `+sessionColumns+`, `+taken+` FROM hearing_session s WHERE city_id = $1 AND hearing_id = $2 ORDER BY begins_at, id`, scanSession, city, hearing)
}

func setSession(tx *db.Tx, city int64, s *Session) error {
	_, err := tx.Exec("hearing.session.set", `UPDATE hearing_session SET place = $3, online = $4, begins_at = $5, ends_at = $6, called_off = $7 WHERE city_id = $1 AND id = $2`,
		city, s.ID, s.Place, s.Online, s.Begins, s.Ends, s.Off)
	return err
}

func setWalk(tx *db.Tx, city, id int64, n Count) error {
	_, err := tx.Exec("hearing.session.walk", `UPDATE hearing_session SET walk_women = $3, walk_men = $4, walk_unsaid = $5 WHERE city_id = $1 AND id = $2`, city, id, n.Women, n.Men, n.Unsaid)
	return err
}

const visitColumns = `id, session_id, person_id, name, code, sex, district, state, lang, reminded`

func scanVisit(r db.Row) (*Visit, error) {
	v := &Visit{}
	return v, r.Scan(&v.ID, &v.Session, &v.Person, &v.Name, &v.Code, &v.Sex, &v.District, &v.State, &v.Lang, &v.Reminded)
}

func insertVisit(tx *db.Tx, city int64, v *Visit) error {
	_, err := tx.Exec("hearing.visit.insert", `INSERT INTO hearing_visit (city_id, `+visitColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		city, v.ID, v.Session, v.Person, v.Name, v.Code, v.Sex, v.District, v.State, v.Lang, v.Reminded)
	return err
}

func setState(tx *db.Tx, city, id int64, state string) error {
	_, err := tx.Exec("hearing.visit.state", `UPDATE hearing_visit SET state = $3 WHERE city_id = $1 AND id = $2`, city, id, state)
	return err
}

func visitByID(tx *db.Tx, city, id int64) (*Visit, error) {
	return db.One(tx, "hearing.visit", `SELECT `+visitColumns+` FROM hearing_visit WHERE city_id = $1 AND id = $2`, scanVisit, city, id)
}

func visits(tx *db.Tx, city, session int64) ([]*Visit, error) {
	return db.All(tx, "hearing.visits", `SELECT `+visitColumns+` FROM hearing_visit WHERE city_id = $1 AND session_id = $2 AND state <> 'cancelled' ORDER BY name, id`, scanVisit, city, session)
}

func visitsOf(tx *db.Tx, city, person int64, limit int) ([]*Visit, error) {
	return db.All(tx, "hearing.visits.of", `SELECT `+visitColumns+` FROM hearing_visit WHERE city_id = $1 AND person_id = $2 AND person_id <> 0 ORDER BY id DESC LIMIT $3`, scanVisit, city, person, limit)
}

// seated tells whether a person has a place in a session.
func seated(tx *db.Tx, city, session, person int64) (bool, error) {
	n, err := db.One(tx, "hearing.seated", `SELECT COUNT(*) FROM hearing_visit WHERE city_id = $1 AND session_id = $2 AND person_id = $3 AND person_id <> 0 AND state <> 'cancelled'`,
		db.Int64, city, session, person)
	return n > 0, err
}

// remindAgain has the people of a session that was moved reminded of its new
// hour, unless they know it already because it is near.
func remindAgain(tx *db.Tx, city, session int64, known bool) error {
	_, err := tx.Exec("hearing.remind.again", `UPDATE hearing_visit SET reminded = $3 WHERE city_id = $1 AND session_id = $2 AND state = 'signed'`, city, session, known)
	return err
}

// unreminded reads the visits of the time until an instant that nobody was reminded of.
func unreminded(tx *db.Tx, city, from, to int64, limit int) ([]*Visit, error) {
	return db.All(tx, "hearing.unreminded", `SELECT v.id, v.session_id, v.person_id, v.name, v.code, v.sex, v.district, v.state, v.lang, v.reminded FROM hearing_visit v
		JOIN hearing_session s ON s.city_id = v.city_id AND s.id = v.session_id
		WHERE s.city_id = $1 AND s.begins_at >= $2 AND s.begins_at < $3 AND s.called_off = '' AND v.state = 'signed' AND NOT v.reminded ORDER BY v.id LIMIT $4`, scanVisit, city, from, to, limit)
}

// reminded notes that somebody is reminded; it is false when somebody else has.
func reminded(tx *db.Tx, city, id int64) (bool, error) {
	n, err := tx.Exec("hearing.remind", `UPDATE hearing_visit SET reminded = TRUE WHERE city_id = $1 AND id = $2 AND state = 'signed' AND NOT reminded`, city, id)
	return n == 1, err
}

// attendance counts who came to each of a hearing's sessions by what they said
// of themselves, and by the district that they named.
func attendance(tx *db.Tx, city, hearing int64) (all Count, districts map[string]int64, err error) {
	districts = map[string]int64{}
	type part struct {
		sex, district string
		n             int64
	}
	parts, err := db.All(tx, "hearing.attendance", `SELECT v.sex, v.district, COUNT(*) FROM hearing_visit v JOIN hearing_session s ON s.city_id = v.city_id AND s.id = v.session_id
		WHERE s.city_id = $1 AND s.hearing_id = $2 AND v.state = 'came' GROUP BY v.sex, v.district ORDER BY v.district, v.sex`, func(r db.Row) (p part, err error) {
		err = r.Scan(&p.sex, &p.district, &p.n)
		return p, err
	}, city, hearing)
	for _, p := range parts {
		all.add(countOf(p.sex, p.n))
		districts[p.district] += p.n
	}
	return all, districts, err
}

func countOf(sex string, n int64) Count {
	switch sex {
	case "women":
		return Count{Women: n}
	case "men":
		return Count{Men: n}
	}
	return Count{Unsaid: n}
}

func putQuestion(tx *db.Tx, city int64, q *Question) error {
	_, err := tx.Exec("hearing.question.put", `INSERT INTO hearing_question (city_id, `+questionColumns+`) VALUES ($1, $2, $3, $4, $5, '', '', '', '')`,
		city, q.ID, q.Hearing, q.Proposal, q.Put)
	return err
}

func setPut(tx *db.Tx, city, id int64) error {
	_, err := tx.Exec("hearing.question.asked", `UPDATE hearing_question SET put = TRUE WHERE city_id = $1 AND case_id = $2`, city, id)
	return err
}

func setChange(tx *db.Tx, city int64, q *Question) error {
	_, err := tx.Exec("hearing.question.change", `UPDATE hearing_question SET change = $3, line = $4, line_link = $5, decision = $6 WHERE city_id = $1 AND case_id = $2`, city, q.ID, q.Change, q.Line, q.LineAt, q.Decision)
	return err
}

func scanQuestion(r db.Row) (*Question, error) {
	q := &Question{File: &casework.File{}}
	return q, r.Scan(&q.ID, &q.Hearing, &q.Proposal, &q.Put, &q.Decision, &q.Change, &q.Line, &q.LineAt)
}

const questionColumns = `case_id, hearing_id, proposal, put, decision, change, line, line_link`

func questionOf(tx *db.Tx, city, id int64) (*Question, error) {
	q, err := db.One(tx, "hearing.question", `SELECT `+questionColumns+` FROM hearing_question WHERE city_id = $1 AND case_id = $2`, scanQuestion, city, id)
	if err != nil {
		return nil, err
	}
	q.File, err = casework.Get(tx, city, id)
	return q, err
}

// questions reads those of a hearing in the order of their support, with their
// answers; joined ones are left out.
func questions(tx *db.Tx, city, hearing int64, limit int) ([]*Question, error) {
	list, err := db.All(tx, "hearing.questions", `SELECT q.case_id, q.hearing_id, q.proposal, q.put, q.decision, q.change, q.line, q.line_link FROM hearing_question q
		JOIN case_file f ON f.city_id = q.city_id AND f.id = q.case_id
		WHERE q.city_id = $1 AND q.hearing_id = $2 AND f.parent_id = 0 ORDER BY f.seen DESC, q.case_id LIMIT $3`, scanQuestion, city, hearing, limit)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	var ids []int64
	for _, q := range list {
		ids = append(ids, q.ID)
	}
	found, err := casework.ByID(tx, city, ids)
	if err != nil {
		return nil, err
	}
	answers, err := casework.LastSteps(tx, city, ids)
	for _, q := range list {
		if q.File = found[q.ID]; q.Answered != 0 {
			q.Answer, q.Lang = answers[q.ID].Note, answers[q.ID].Lang
		}
	}
	return list, err
}

// overdue counts a hearing's public questions that the city is late with.
func overdue(tx *db.Tx, city, hearing, now int64) (int64, error) {
	return db.One(tx, "hearing.overdue", `SELECT COUNT(*) FROM hearing_question q JOIN case_file f ON f.city_id = q.city_id AND f.id = q.case_id
		WHERE q.city_id = $1 AND q.hearing_id = $2 AND f.is_open AND f.due_at <> 0 AND f.due_at < $3 AND f.visibility = 'public' AND f.parent_id = 0`, db.Int64, city, hearing, now)
}
