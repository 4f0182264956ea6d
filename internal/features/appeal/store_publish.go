package appeal

import (
	"errors"
	"math"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/platform/db"
)

const publicationColumns = `case_id, body_id, consent_at, public_id, refused, form, lang, answer_lang, title, body_text, answer_text, month, days`

func scanPublication(r db.Row) (p Publication, err error) {
	err = r.Scan(&p.Case, &p.Body, &p.Consent, &p.ID, &p.Refused, &p.Form, &p.Lang, &p.AnswerLang, &p.Title, &p.Text, &p.Answer, &p.Month, &p.Days)
	return p, err
}

// publication reads how far the publication of a case has come; the zero one
// when its author has not agreed.
func publication(tx *db.Tx, city, id int64) (Publication, error) {
	p, err := db.One(tx, "appeal.publication", `SELECT `+publicationColumns+` FROM appeal_publication WHERE city_id = $1 AND case_id = $2`, scanPublication, city, id)
	if errors.Is(err, db.ErrNotFound) {
		return Publication{}, nil
	}
	return p, err
}

func published(tx *db.Tx, city, public int64) (Publication, error) {
	return db.One(tx, "appeal.published", `SELECT `+publicationColumns+` FROM appeal_publication WHERE city_id = $1 AND public_id = $2 AND public_id <> 0`,
		scanPublication, city, public)
}

func publications(tx *db.Tx, city, body, before int64, limit int) ([]Publication, error) {
	if before == 0 {
		before = math.MaxInt64
	}
	if body != 0 {
		return db.All(tx, "appeal.published.body", `SELECT `+publicationColumns+` FROM appeal_publication
			WHERE city_id = $1 AND body_id = $2 AND public_id <> 0 AND public_id < $3 ORDER BY public_id DESC LIMIT $4`, scanPublication, city, body, before, limit)
	}
	return db.All(tx, "appeal.published.all", `SELECT `+publicationColumns+` FROM appeal_publication
		WHERE city_id = $1 AND public_id <> 0 AND public_id < $2 ORDER BY public_id DESC LIMIT $3`, scanPublication, city, before, limit)
}

// consent keeps that the author agrees; what was refused is asked for anew.
func consent(tx *db.Tx, city int64, f *casework.File, at int64) error {
	_, err := tx.Exec("appeal.consent", `INSERT INTO appeal_publication (city_id, `+publicationColumns+`)
		VALUES ($1, $2, $3, $4, 0, '', $5, $6, '', '', '', '', '', 0) ON CONFLICT (city_id, case_id) DO UPDATE SET refused = ''`,
		city, f.ID, f.Body, at, f.Category, f.Lang)
	return err
}

func putPublication(tx *db.Tx, city int64, p Publication) error {
	_, err := tx.Exec("appeal.publish", `UPDATE appeal_publication SET body_id = $3, public_id = $4, refused = $5, answer_lang = $6, title = $7, body_text = $8,
			answer_text = $9, month = $10, days = $11 WHERE city_id = $1 AND case_id = $2`,
		city, p.Case, p.Body, p.ID, p.Refused, p.AnswerLang, p.Title, p.Text, p.Answer, p.Month, p.Days)
	return err
}

func dropPublication(tx *db.Tx, city, id int64) error {
	_, err := tx.Exec("appeal.publication.drop", `DELETE FROM appeal_publication WHERE city_id = $1 AND case_id = $2`, city, id)
	return err
}

// waitingPublications reads the answered cases whose authors agree and which
// nobody of the bodies has read yet.
func waitingPublications(tx *db.Tx, city int64, bodies []int64, all bool, limit int) ([]int64, error) {
	const read = `SELECT p.case_id FROM appeal_publication p JOIN appeal_answer a ON a.city_id = p.city_id AND a.case_id = p.case_id
		JOIN case_file f ON f.city_id = p.city_id AND f.id = p.case_id
		WHERE p.city_id = $1 AND p.public_id = 0 AND p.refused = '' AND a.stage = 'signed'`
	if all {
		return db.All(tx, "appeal.publication.waiting", read+` ORDER BY p.case_id LIMIT $2`, db.Int64, city, limit)
	}
	var out []int64
	for _, body := range bodies {
		list, err := db.All(tx, "appeal.publication.waiting.body", read+` AND f.body_id = $2 ORDER BY p.case_id LIMIT $3`, db.Int64, city, body, limit)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return out, nil
}
