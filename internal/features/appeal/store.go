package appeal

import (
	"encoding/json"
	"fmt"

	"github.com/ashar-kg/ashar/internal/platform/db"
)

func putDetail(tx *db.Tx, city, id int64, d Detail) error {
	signers, err := json.Marshal(d.Signers)
	if err != nil {
		return err
	}
	_, err = tx.Exec("appeal.detail.put", `INSERT INTO appeal_detail (city_id, case_id, form, name, address, contact, signers, answer_lang, earlier_id,
			about_id, rule_code, registered, extended) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
		ON CONFLICT (city_id, case_id) DO UPDATE SET earlier_id = excluded.earlier_id, rule_code = excluded.rule_code,
			registered = excluded.registered, extended = excluded.extended`,
		city, id, d.Form, d.Name, d.Address, d.Contact, string(signers), d.AnswerLang, d.Earlier, d.About, d.Rule, d.Registered, d.Extended)
	return err
}

func detail(tx *db.Tx, city, id int64) (Detail, error) {
	return db.One(tx, "appeal.detail", `SELECT form, name, address, contact, signers, answer_lang, earlier_id, about_id, rule_code, registered, extended
		FROM appeal_detail WHERE city_id = $1 AND case_id = $2`, func(r db.Row) (d Detail, err error) {
		var signers string
		if err := r.Scan(&d.Form, &d.Name, &d.Address, &d.Contact, &signers, &d.AnswerLang, &d.Earlier, &d.About, &d.Rule, &d.Registered, &d.Extended); err != nil {
			return d, err
		}
		if err := json.Unmarshal([]byte(signers), &d.Signers); err != nil {
			return d, fmt.Errorf("signers: %w", err)
		}
		return d, nil
	}, city, id)
}

// complaints reads the cases that complain about the answer to a case.
func complaints(tx *db.Tx, city, about int64) ([]int64, error) {
	return db.All(tx, "appeal.about", `SELECT case_id FROM appeal_detail WHERE city_id = $1 AND about_id = $2 AND about_id <> 0 ORDER BY case_id LIMIT 20`,
		db.Int64, city, about)
}

func putAnswer(tx *db.Tx, city, id int64, a Answer) error {
	_, err := tx.Exec("appeal.answer.put", `INSERT INTO appeal_answer (city_id, case_id, stage, body_text, lang, drafted_by, returned, signed_by,
			signer, body_id, signed_at, file_key, code, asked_at, received_at, signature_key) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
		ON CONFLICT (city_id, case_id) DO UPDATE SET stage = excluded.stage, body_text = excluded.body_text, lang = excluded.lang,
			drafted_by = excluded.drafted_by, returned = excluded.returned, signed_by = excluded.signed_by, signer = excluded.signer,
			body_id = excluded.body_id, signed_at = excluded.signed_at, file_key = excluded.file_key, code = excluded.code, asked_at = excluded.asked_at,
			received_at = excluded.received_at, signature_key = excluded.signature_key`,
		city, id, a.Stage, a.Text, a.Lang, a.DraftedBy, a.Returned, a.SignedBy, a.Signer, a.Body, a.SignedAt, a.File, a.Code, a.Asked, a.Received, a.Signature)
	return err
}

func putReceived(tx *db.Tx, city, id, at int64) error {
	_, err := tx.Exec("appeal.answer.received", `UPDATE appeal_answer SET received_at = $3 WHERE city_id = $1 AND case_id = $2 AND received_at = 0`, city, id, at)
	return err
}

// putSignature tells false when there is a signature already.
func putSignature(tx *db.Tx, city, id int64, key string) (bool, error) {
	n, err := tx.Exec("appeal.answer.signature", `UPDATE appeal_answer SET signature_key = $3 WHERE city_id = $1 AND case_id = $2 AND signature_key = ''`, city, id, key)
	return n == 1, err
}

const answerColumns = `stage, body_text, lang, drafted_by, returned, signed_by, signer, body_id, signed_at, file_key, code, asked_at, received_at, signature_key`

func scanAnswer(r db.Row) (a Answer, err error) {
	err = r.Scan(&a.Stage, &a.Text, &a.Lang, &a.DraftedBy, &a.Returned, &a.SignedBy, &a.Signer, &a.Body, &a.SignedAt, &a.File, &a.Code, &a.Asked, &a.Received, &a.Signature)
	return a, err
}

// answer reads the answer of a case, a zero one when there is none yet.
func answer(tx *db.Tx, city, id int64) (Answer, error) {
	list, err := db.All(tx, "appeal.answer", `SELECT `+answerColumns+` FROM appeal_answer WHERE city_id = $1 AND case_id = $2`, scanAnswer, city, id)
	if err != nil || len(list) == 0 {
		return Answer{}, err
	}
	return list[0], nil
}

// Unsigned is an answer that waits for its signature. Times are Unix milliseconds.
type Unsigned struct {
	Number string
	Body   int64
	Asked  int64
	Due    int64
}

// mostUnsigned is how many waiting answers are looked at.
const mostUnsigned = 1000

// Unsigned reads the answers that wait for a signature, those of the nearest
// terms first.
func (s *Service) Unsigned(tx *db.Tx, city int64) ([]Unsigned, error) {
	return db.All(tx, "appeal.unsigned", `SELECT f.number, f.body_id, a.asked_at, f.due_at FROM appeal_answer a
		JOIN case_file f ON f.city_id = a.city_id AND f.id = a.case_id
		WHERE a.city_id = $1 AND a.stage = 'review' ORDER BY f.due_at, f.id LIMIT $2`, func(r db.Row) (u Unsigned, err error) {
		err = r.Scan(&u.Number, &u.Body, &u.Asked, &u.Due)
		return u, err
	}, city, mostUnsigned)
}

// verified reads a signed answer by its code, with the number of its case.
func verified(tx *db.Tx, city int64, code string) (a Answer, number string, err error) {
	id, err := db.One(tx, "appeal.verify", `SELECT case_id FROM appeal_answer WHERE city_id = $1 AND code = $2 AND code <> ''`, db.Int64, city, code)
	if err != nil {
		return a, "", err
	}
	if a, err = answer(tx, city, id); err != nil {
		return a, "", err
	}
	number, err = db.One(tx, "appeal.verify.number", `SELECT number FROM case_file WHERE city_id = $1 AND id = $2`, db.Text, city, id)
	return a, number, err
}
