package project

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/ashar-kg/ashar/internal/platform/db"
)

const columns = `id, public_id, body_id, progress, told_at, created_at, updated_at, version, doc, raw`

func scanProject(r db.Row) (*Project, error) {
	p := &Project{}
	var doc string
	if err := r.Scan(&p.ID, &p.Public, &p.Body, &p.Progress, &p.Told, &p.Created, &p.Updated, &p.Version, &doc, &p.Raw); err != nil {
		return nil, err
	}
	return p, json.Unmarshal([]byte(doc), &p.Doc)
}

// facets are the columns beside the document, worked out from it.
func (p *Project) facets(zone *time.Location) []any {
	from, to := p.years(zone)
	s := p.Sums()
	sector := ""
	if len(p.Sectors) > 0 {
		sector = p.Sectors[0]
	}
	return []any{
		p.Body, p.District, p.Status, sector, from, to, s.Currency, s.Planned, s.Contracted, s.Paid, p.Placed, p.Active(), p.Due(), p.Told, p.Progress,
		titleKey(p.Titles), p.Created, p.Updated, p.Version,
	}
}

// insert stores a new project; it is false when there is one with its public
// id or of its origin already.
func insert(tx *db.Tx, city int64, zone *time.Location, p *Project) (bool, error) {
	doc, err := json.Marshal(p.Doc)
	if err != nil {
		return false, err
	}
	args := append([]any{city, p.ID, p.Public, p.OriginKind, p.OriginRef}, p.facets(zone)...)
	n, err := tx.Exec("project.insert", `INSERT INTO project (city_id, id, public_id, origin_kind, origin_ref, body_id, district, status, sector, year_from, year_to,
			currency, budget, contracted, paid, placed, active, due_at, told_at, progress, title_key, created_at, updated_at, version, doc, raw)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26) ON CONFLICT DO NOTHING`,
		append(args, string(doc), p.Raw)...)
	return n == 1, err
}

func update(tx *db.Tx, city int64, zone *time.Location, p *Project) error {
	doc, err := json.Marshal(p.Doc)
	if err != nil {
		return err
	}
	args := append([]any{city, p.ID}, p.facets(zone)...)
	_, err = tx.Exec("project.update", `UPDATE project SET body_id = $3, district = $4, status = $5, sector = $6, year_from = $7, year_to = $8, currency = $9,
			budget = $10, contracted = $11, paid = $12, placed = $13, active = $14, due_at = $15, told_at = $16, progress = $17, title_key = $18, created_at = $19,
			updated_at = $20, version = $21, doc = $22, raw = $23 WHERE city_id = $1 AND id = $2`,
		append(args, string(doc), p.Raw)...)
	return err
}

func get(tx *db.Tx, city, id int64) (*Project, error) {
	return db.One(tx, "project.get", `SELECT `+columns+` FROM project WHERE city_id = $1 AND id = $2`, scanProject, city, id)
}

// lock reads a project that is about to change.
func lock(tx *db.Tx, city, id int64) (*Project, error) {
	return db.One(tx, "project.lock", `SELECT `+columns+` FROM project WHERE city_id = $1 AND id = $2`+tx.ForUpdate(), scanProject, city, id)
}

func byOrigin(tx *db.Tx, city int64, kind, ref string) (int64, error) {
	return db.One(tx, "project.origin", `SELECT id FROM project WHERE city_id = $1 AND origin_kind = $2 AND origin_ref = $3`, db.Int64, city, kind, ref)
}

// byPublic reads a project by its public id; nil when there is none.
func byPublic(tx *db.Tx, city int64, public string) (*Project, error) {
	p, err := db.One(tx, "project.public", `SELECT `+columns+` FROM project WHERE city_id = $1 AND public_id = $2`, scanProject, city, public)
	if errors.Is(err, db.ErrNotFound) {
		return nil, nil
	}
	return p, err
}

func several(tx *db.Tx, city int64, list []int64) ([]*Project, error) {
	if len(list) == 0 {
		return nil, nil
	}
	w := db.Of(city)
	db.AnyOf(w, "id", list)
	return db.All(tx, "project.several", `SELECT `+columns+` FROM project WHERE `+w.String()+` ORDER BY id DESC`, scanProject, w.Args...)
}

// where makes the condition of a filter.
func (q Filter) where(city int64, now time.Time) *db.Where {
	w := db.Of(city)
	for column, value := range map[string]string{"status": q.Status, "district": q.District, "sector": q.Sector} {
		if value != "" {
			w.Add(column+" = ?", value)
		}
	}
	if q.Body != 0 {
		w.Add("body_id = ?", q.Body)
	}
	if q.Year != 0 {
		w.Add("year_from <= ? AND year_to >= ?", q.Year, q.Year)
	}
	if q.From != 0 {
		w.Add("budget >= ?", q.From)
	}
	if q.To != 0 {
		w.Add("budget > 0 AND budget < ?", q.To)
	}
	if q.Key != "" {
		w.Add("title_key LIKE ?", "%"+q.Key+"%")
	}
	switch q.Alarm {
	case AlarmLate:
		w.Add("active AND due_at <> 0 AND due_at < ?", now.UnixMilli())
	case AlarmOver:
		w.Add("budget > 0 AND (contracted > budget OR paid > budget)")
	case AlarmSilent:
		w.Add("active AND status <> 'identification' AND told_at < ?", now.AddDate(0, 0, -silent).UnixMilli())
	}
	return w
}

// listed reads projects before an id, newest first.
func listed(tx *db.Tx, city int64, q Filter, now time.Time) ([]*Project, error) {
	w := q.where(city, now)
	if q.Before != 0 {
		w.Add("id < ?", q.Before)
	}
	return db.All(tx, "project.listed", `SELECT `+columns+` FROM project WHERE `+w.String()+` ORDER BY id DESC LIMIT `+w.Next(q.Limit), scanProject, w.Args...)
}

// totals adds up what a filter finds, by currency.
func totals(tx *db.Tx, city int64, q Filter, now time.Time) ([]Total, error) {
	w := q.where(city, now)
	return db.All(tx, "project.totals", `SELECT currency, COUNT(*), CAST(SUM(budget) AS BIGINT), CAST(SUM(contracted) AS BIGINT), CAST(SUM(paid) AS BIGINT)
		FROM project WHERE `+w.String()+` GROUP BY currency ORDER BY CASE WHEN currency = '' THEN 1 ELSE 0 END, currency`, func(r db.Row) (t Total, err error) {
		err = r.Scan(&t.Currency, &t.Count, &t.Planned, &t.Contracted, &t.Paid)
		return t, err
	}, w.Args...)
}

// span is the first and last year of any project.
func span(tx *db.Tx, city int64) (out [2]int64, err error) {
	return db.One(tx, "project.span", `SELECT COALESCE(MIN(year_from), 0), COALESCE(MAX(year_to), 0) FROM project WHERE city_id = $1 AND year_from > 0`,
		func(r db.Row) (out [2]int64, err error) {
			err = r.Scan(&out[0], &out[1])
			return out, err
		}, city)
}

// alarms counts what is wrong, by body.
func alarms(tx *db.Tx, city int64, now time.Time) ([]Alarms, error) {
	return db.All(tx, "project.alarms", `SELECT body_id, COUNT(*), SUM(CASE WHEN active AND due_at <> 0 AND due_at < $2 THEN 1 ELSE 0 END),
			SUM(CASE WHEN budget > 0 AND (contracted > budget OR paid > budget) THEN 1 ELSE 0 END),
			SUM(CASE WHEN active AND status <> 'identification' AND told_at < $3 THEN 1 ELSE 0 END)
		FROM project WHERE city_id = $1 GROUP BY body_id ORDER BY body_id`, func(r db.Row) (a Alarms, err error) {
		err = r.Scan(&a.Body, &a.Projects, &a.Late, &a.Over, &a.Silent)
		return a, err
	}, city, now.UnixMilli(), now.AddDate(0, 0, -silent).UnixMilli())
}

func putChange(tx *db.Tx, city int64, c *Change) error {
	facts, err := json.Marshal(c.Facts)
	if err != nil {
		return err
	}
	_, err = tx.Exec("project.change", `INSERT INTO project_change (city_id, project_id, id, act, reason, person_id, actor, body_id, changes)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, city, c.Project, c.ID, c.Act, c.Reason, c.Person, c.Actor, c.Body, string(facts))
	return err
}

// changes reads the history of a project, the newest first.
func changes(tx *db.Tx, city, project int64, limit int) ([]*Change, error) {
	return db.All(tx, "project.changes", `SELECT project_id, id, act, reason, person_id, actor, body_id, changes FROM project_change
		WHERE city_id = $1 AND project_id = $2 ORDER BY id DESC LIMIT $3`, func(r db.Row) (*Change, error) {
		c := &Change{}
		var facts string
		if err := r.Scan(&c.Project, &c.ID, &c.Act, &c.Reason, &c.Person, &c.Actor, &c.Body, &facts); err != nil {
			return nil, err
		}
		return c, json.Unmarshal([]byte(facts), &c.Facts)
	}, city, project, limit)
}

func putUpdate(tx *db.Tx, city, person int64, u *Update) error {
	texts, err := json.Marshal(u.Texts)
	if err != nil {
		return err
	}
	_, err = tx.Exec("project.update.put", `INSERT INTO project_update (city_id, project_id, id, at, percent, texts, person_id, actor, body_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, city, u.Project, u.ID, u.At, u.Percent, string(texts), person, u.Actor, u.Body)
	return err
}

// updates reads what was told of a project, the newest first.
func updates(tx *db.Tx, city, project int64, limit int) ([]*Update, error) {
	return db.All(tx, "project.updates", `SELECT id, project_id, at, percent, texts, actor, body_id FROM project_update
		WHERE city_id = $1 AND project_id = $2 ORDER BY at DESC, id DESC LIMIT $3`, func(r db.Row) (*Update, error) {
		u := &Update{}
		var texts string
		if err := r.Scan(&u.ID, &u.Project, &u.At, &u.Percent, &texts, &u.Actor, &u.Body); err != nil {
			return nil, err
		}
		return u, json.Unmarshal([]byte(texts), &u.Texts)
	}, city, project, limit)
}

func putPhoto(tx *db.Tx, city int64, p *Photo) error {
	_, err := tx.Exec("project.photo.put", `INSERT INTO project_photo (city_id, project_id, id, update_id, stage, full_key, thumb_key, width, height, caption)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`, city, p.Project, p.ID, p.Update, p.Stage, p.Full, p.Thumb, p.Width, p.Height, p.Caption)
	return err
}

func photos(tx *db.Tx, city, project int64) ([]*Photo, error) {
	return db.All(tx, "project.photos", `SELECT id, project_id, update_id, stage, full_key, thumb_key, width, height, caption FROM project_photo
		WHERE city_id = $1 AND project_id = $2 ORDER BY id`, func(r db.Row) (*Photo, error) {
		p := &Photo{}
		return p, r.Scan(&p.ID, &p.Project, &p.Update, &p.Stage, &p.Full, &p.Thumb, &p.Width, &p.Height, &p.Caption)
	}, city, project)
}

// hasPhoto tells whether a stored file is a photo of a project.
func hasPhoto(tx *db.Tx, city int64, key string) (bool, error) {
	n, err := db.One(tx, "project.photo.has", `SELECT COUNT(*) FROM project_photo WHERE city_id = $1 AND (full_key = $2 OR thumb_key = $2)`, db.Int64, city, key)
	return n > 0, err
}

func putCase(tx *db.Tx, city, project, file int64) error {
	_, err := tx.Exec("project.case.put", `INSERT INTO project_case (city_id, project_id, case_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, city, project, file)
	return err
}

// casesOf reads the cases of a project, the newest first.
func casesOf(tx *db.Tx, city, project int64, limit int) ([]int64, error) {
	return db.All(tx, "project.cases", `SELECT case_id FROM project_case WHERE city_id = $1 AND project_id = $2 ORDER BY case_id DESC LIMIT $3`, db.Int64, city, project, limit)
}

// projectOf is the project that a case is about; 0 for none.
func projectOf(tx *db.Tx, city, file int64) (int64, error) {
	id, err := db.One(tx, "project.case.of", `SELECT project_id FROM project_case WHERE city_id = $1 AND case_id = $2`, db.Int64, city, file)
	if errors.Is(err, db.ErrNotFound) {
		return 0, nil
	}
	return id, err
}
