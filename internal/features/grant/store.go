package grant

import (
	"encoding/json"
	"errors"

	"github.com/ashar-kg/ashar/internal/platform/db"
)

// text keeps a value of a column that is only ever read back whole.
func text(v any) (string, error) {
	data, err := json.Marshal(v)
	return string(data), err
}

const callColumns = `id, district, body_id, titles, texts, papers, pot, cap, share, quorum, who, opens_at, closes_at, published_at, closed_at, source`

func scanCall(r db.Row) (*Call, error) {
	c := &Call{}
	var titles, texts, papers, who string
	if err := r.Scan(&c.ID, &c.District, &c.Body, &titles, &texts, &papers, &c.Pot, &c.Cap, &c.Share, &c.Quorum, &who, &c.Opens, &c.Closes,
		&c.Published, &c.Closed, &c.Source); err != nil {
		return nil, err
	}
	return c, errors.Join(json.Unmarshal([]byte(titles), &c.Titles), json.Unmarshal([]byte(texts), &c.Texts), json.Unmarshal([]byte(papers), &c.Papers),
		json.Unmarshal([]byte(who), &c.Who))
}

func insertCall(tx *db.Tx, city int64, c *Call) error {
	titles, err1 := text(c.Titles)
	texts, err2 := text(c.Texts)
	papers, err3 := text(c.Papers)
	who, err4 := text(c.Who)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return err
	}
	_, err := tx.Exec("grant.call.insert", `INSERT INTO grant_call (city_id, `+callColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13,
		$14, $15, $16, $17)`, city, c.ID, c.District, c.Body, titles, texts, papers, c.Pot, c.Cap, c.Share, c.Quorum, who, c.Opens, c.Closes,
		c.Published, c.Closed, c.Source)
	return err
}

func standCall(tx *db.Tx, city int64, c *Call) error {
	_, err := tx.Exec("grant.call.stand", `UPDATE grant_call SET published_at = $3, closed_at = $4 WHERE city_id = $1 AND id = $2`, city, c.ID, c.Published, c.Closed)
	return err
}

func call(tx *db.Tx, city, id int64) (*Call, error) {
	return db.One(tx, "grant.call", `SELECT `+callColumns+` FROM grant_call WHERE city_id = $1 AND id = $2`, scanCall, city, id)
}

// lockCall reads a call whose pot is about to be shared out, or whose commission
// changes: two who do come one after the other.
func lockCall(tx *db.Tx, city, id int64) (*Call, error) {
	return db.One(tx, "grant.call.lock", `SELECT `+callColumns+` FROM grant_call WHERE city_id = $1 AND id = $2`+tx.ForUpdate(), scanCall, city, id)
}

// calls reads the newest before an id: the published ones, or with drafts those
// of some bodies (nil is all).
func calls(tx *db.Tx, city int64, drafts bool, bodies []int64, before int64, limit int) ([]*Call, error) {
	w := db.Of(city)
	w.Add("id < ?", before)
	if !drafts {
		w.Add("published_at <> 0")
	}
	if len(bodies) > 0 {
		db.AnyOf(w, "body_id", bodies)
	}
	return db.All(tx, "grant.calls", `SELECT `+callColumns+` FROM grant_call WHERE `+w.String()+` ORDER BY id DESC LIMIT `+w.Next(limit), scanCall, w.Args...)
}

func scanMember(r db.Row) (m Member, err error) {
	err = r.Scan(&m.ID, &m.Name, &m.Person, &m.Gone)
	return m, err
}

// members reads the commission of a call, those who are gone too.
func members(tx *db.Tx, city, callID int64) ([]Member, error) {
	return db.All(tx, "grant.members", `SELECT id, name, person_id, gone FROM grant_member WHERE city_id = $1 AND call_id = $2 ORDER BY id`, scanMember, city, callID)
}

func insertMember(tx *db.Tx, city, callID int64, m Member) error {
	_, err := tx.Exec("grant.member.insert", `INSERT INTO grant_member (city_id, call_id, id, name, person_id, gone) VALUES ($1, $2, $3, $4, $5, FALSE)`,
		city, callID, m.ID, m.Name, m.Person)
	return err
}

func dropMember(tx *db.Tx, city, callID, id int64) error {
	_, err := tx.Exec("grant.member.drop", `UPDATE grant_member SET gone = TRUE WHERE city_id = $1 AND call_id = $2 AND id = $3`, city, callID, id)
	return err
}

// callsOfMember reads the calls in whose commission a person is, newest first.
func callsOfMember(tx *db.Tx, city, person int64) ([]int64, error) {
	return db.All(tx, "grant.member.calls", `SELECT call_id FROM grant_member WHERE city_id = $1 AND person_id = $2 AND person_id <> 0 AND NOT gone
		ORDER BY call_id DESC LIMIT 50`, db.Int64, city, person)
}

// Draft is what somebody typed and has not sent.
type Draft struct {
	Call int64
	Form string // as JSON
	At   int64
}

func scanDraft(r db.Row) (d Draft, err error) {
	err = r.Scan(&d.Call, &d.Form, &d.At)
	return d, err
}

func putDraft(tx *db.Tx, city, person int64, d Draft) error {
	_, err := tx.Exec("grant.draft.put", `INSERT INTO grant_draft (city_id, person_id, call_id, form, at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (city_id, person_id, call_id) DO UPDATE SET form = excluded.form, at = excluded.at`, city, person, d.Call, d.Form, d.At)
	return err
}

func dropDraft(tx *db.Tx, city, person, callID int64) error {
	_, err := tx.Exec("grant.draft.drop", `DELETE FROM grant_draft WHERE city_id = $1 AND person_id = $2 AND call_id = $3`, city, person, callID)
	return err
}

func drafts(tx *db.Tx, city, person int64) ([]Draft, error) {
	return db.All(tx, "grant.drafts", `SELECT call_id, form, at FROM grant_draft WHERE city_id = $1 AND person_id = $2 ORDER BY call_id DESC LIMIT 50`,
		scanDraft, city, person)
}

const applicationColumns = `case_id, call_id, person_id, applicant, name, contact, phone, n, shown, approved, words`

func scanApplication(r db.Row) (*Application, error) {
	a := &Application{}
	return a, r.Scan(&a.Case, &a.Call, &a.Person, &a.Who, &a.Name, &a.Contact, &a.Phone, &a.N, &a.Shown, &a.Approved, &a.Words)
}

func insertApplication(tx *db.Tx, city int64, a *Application) error {
	_, err := tx.Exec("grant.application.insert", `INSERT INTO grant_application (city_id, `+applicationColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		city, a.Case, a.Call, a.Person, a.Who, a.Name, a.Contact, a.Phone, a.N, a.Shown, a.Approved, a.Words)
	return err
}

func updateApplication(tx *db.Tx, city int64, a *Application) error {
	_, err := tx.Exec("grant.application.update", `UPDATE grant_application SET name = $3, contact = $4, phone = $5, n = $6, shown = $7, approved = $8, words = $9
		WHERE city_id = $1 AND case_id = $2`, city, a.Case, a.Name, a.Contact, a.Phone, a.N, a.Shown, a.Approved, a.Words)
	return err
}

func application(tx *db.Tx, city, id int64) (*Application, error) {
	return db.One(tx, "grant.application", `SELECT `+applicationColumns+` FROM grant_application WHERE city_id = $1 AND case_id = $2`, scanApplication, city, id)
}

// applications reads those of a call before a case, newest first; shown leaves
// out what nobody may read yet.
func applications(tx *db.Tx, city, callID, before int64, shown bool, limit int) ([]*Application, error) {
	return db.All(tx, "grant.applications", `SELECT `+applicationColumns+` FROM grant_application WHERE city_id = $1 AND call_id = $2 AND case_id < $3
		AND (NOT $4 OR shown <> 0) ORDER BY case_id DESC LIMIT $5`, scanApplication, city, callID, before, shown, limit)
}

// allShown reads the public ones of all calls before a case, newest first.
func allShown(tx *db.Tx, city, before int64, limit int) ([]*Application, error) {
	return db.All(tx, "grant.applications.shown", `SELECT `+applicationColumns+` FROM grant_application WHERE city_id = $1 AND case_id < $2 AND shown <> 0
		ORDER BY case_id DESC LIMIT $3`, scanApplication, city, before, limit)
}

func applicationsOf(tx *db.Tx, city, person int64, limit int) ([]*Application, error) {
	return db.All(tx, "grant.applications.of", `SELECT `+applicationColumns+` FROM grant_application WHERE city_id = $1 AND person_id = $2 AND person_id <> 0
		ORDER BY case_id DESC LIMIT $3`, scanApplication, city, person, limit)
}

const versionColumns = `n, at, content, asked, money, work, materials`

func scanVersion(r db.Row) (*Version, error) {
	v := &Version{}
	var content string
	if err := r.Scan(&v.N, &v.At, &content, &v.Sums.Asked, &v.Sums.Money, &v.Sums.Work, &v.Sums.Materials); err != nil {
		return nil, err
	}
	return v, json.Unmarshal([]byte(content), &v.Content)
}

func insertVersion(tx *db.Tx, city, id int64, v *Version) error {
	content, err := text(v.Content)
	if err != nil {
		return err
	}
	_, err = tx.Exec("grant.version.insert", `INSERT INTO grant_version (city_id, case_id, `+versionColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		city, id, v.N, v.At, content, v.Sums.Asked, v.Sums.Money, v.Sums.Work, v.Sums.Materials)
	return err
}

func version(tx *db.Tx, city, id, n int64) (*Version, error) {
	return db.One(tx, "grant.version", `SELECT `+versionColumns+` FROM grant_version WHERE city_id = $1 AND case_id = $2 AND n = $3`, scanVersion, city, id, n)
}

// Sent is when a version was sent.
type Sent struct{ N, At int64 }

func versions(tx *db.Tx, city, id int64) ([]Sent, error) {
	return db.All(tx, "grant.versions", `SELECT n, at FROM grant_version WHERE city_id = $1 AND case_id = $2 ORDER BY n`, func(r db.Row) (s Sent, err error) {
		err = r.Scan(&s.N, &s.At)
		return s, err
	}, city, id)
}

// tally is how many applications of a call everybody may read, how many were
// approved, and with how much.
func tally(tx *db.Tx, city, callID int64) (shown, approved, sum int64, err error) {
	t, err := db.One(tx, "grant.tally", `SELECT COUNT(*), CAST(COALESCE(SUM(CASE WHEN approved <> 0 THEN 1 ELSE 0 END), 0) AS BIGINT),
			CAST(COALESCE(SUM(approved), 0) AS BIGINT) FROM grant_application WHERE city_id = $1 AND call_id = $2 AND shown <> 0`,
		func(r db.Row) (t [3]int64, err error) {
			err = r.Scan(&t[0], &t[1], &t[2])
			return t, err
		}, city, callID)
	return t[0], t[1], t[2], err
}
