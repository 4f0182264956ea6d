package report

import (
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/ashar-kg/ashar/internal/platform/db"
)

// PutCategory creates or changes a category at a position of the list.
func PutCategory(tx *db.Tx, city int64, position int, c *Category) error {
	doc, err := json.Marshal(c)
	if err != nil {
		return err
	}
	_, err = tx.Exec("report.category.put", `INSERT INTO report_category (city_id, code, position, group_code, active, document)
		VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (city_id, code) DO UPDATE SET position = excluded.position,
			group_code = excluded.group_code, active = excluded.active, document = excluded.document`,
		city, c.Code, position, c.Group, c.Active, string(doc))
	return err
}

func categories(tx *db.Tx, city int64) ([]*Category, error) {
	return db.All(tx, "report.categories", `SELECT active, document FROM report_category WHERE city_id = $1 ORDER BY position`, func(r db.Row) (*Category, error) {
		var active bool
		var doc string
		if err := r.Scan(&active, &doc); err != nil {
			return nil, err
		}
		c, err := decode[Category](doc, "category")
		c.Active = active
		return &c, err
	}, city)
}

// ClearBook takes all categories and routes out of force, for those that are
// put anew; what reports say of an old category stays.
func ClearBook(tx *db.Tx, city int64) error {
	if _, err := tx.Exec("report.categories.clear", `UPDATE report_category SET active = FALSE WHERE city_id = $1`, city); err != nil {
		return err
	}
	_, err := tx.Exec("report.routes.clear", `DELETE FROM report_route WHERE city_id = $1`, city)
	return err
}

// PutGroup creates or changes a group at a position.
func PutGroup(tx *db.Tx, city int64, position int, g Group) error {
	names, err := json.Marshal(g.Names)
	if err != nil {
		return err
	}
	_, err = tx.Exec("report.group.put", `INSERT INTO report_group (city_id, code, position, names) VALUES ($1, $2, $3, $4)
		ON CONFLICT (city_id, code) DO UPDATE SET position = excluded.position, names = excluded.names`, city, g.Code, position, string(names))
	return err
}

func groups(tx *db.Tx, city int64) ([]Group, error) {
	return db.All(tx, "report.groups", `SELECT code, names FROM report_group WHERE city_id = $1 ORDER BY position`, func(r db.Row) (g Group, err error) {
		var names string
		if err = r.Scan(&g.Code, &names); err == nil {
			g.Names, err = decode[Texts](names, "group")
		}
		return g, err
	}, city)
}

// PutRoute creates or changes a route.
func PutRoute(tx *db.Tx, city int64, r Route) error {
	_, err := tx.Exec("report.route.put", `INSERT INTO report_route (city_id, id, category, area, body_id, valid_from, valid_until, source)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (city_id, id) DO UPDATE SET category = excluded.category, area = excluded.area,
			body_id = excluded.body_id, valid_from = excluded.valid_from, valid_until = excluded.valid_until, source = excluded.source`,
		city, r.ID, r.Category, r.Area, r.Body, r.ValidFrom, r.ValidUntil, r.Source)
	return err
}

func routes(tx *db.Tx, city int64) ([]Route, error) {
	return db.All(tx, "report.routes", `SELECT id, category, area, body_id, valid_from, valid_until, source FROM report_route
		WHERE city_id = $1 ORDER BY category, area, valid_from`, func(r db.Row) (v Route, err error) {
		err = r.Scan(&v.ID, &v.Category, &v.Area, &v.Body, &v.ValidFrom, &v.ValidUntil, &v.Source)
		return v, err
	}, city)
}

// PutReason creates or changes a reason at a position.
func PutReason(tx *db.Tx, city int64, position int, r Reason) error {
	names, err := json.Marshal(r.Names)
	if err != nil {
		return err
	}
	_, err = tx.Exec("report.reason.put", `INSERT INTO report_reason (city_id, code, kind, position, names) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (city_id, code) DO UPDATE SET kind = excluded.kind, position = excluded.position, names = excluded.names`,
		city, r.Code, r.Kind, position, string(names))
	return err
}

func reasons(tx *db.Tx, city int64) ([]Reason, error) {
	return db.All(tx, "report.reasons", `SELECT code, kind, names FROM report_reason WHERE city_id = $1 ORDER BY position`, func(r db.Row) (v Reason, err error) {
		var names string
		if err = r.Scan(&v.Code, &v.Kind, &names); err == nil {
			v.Names, err = decode[Texts](names, "reason")
		}
		return v, err
	}, city)
}

// PutTemplate creates or changes a template at a position.
func PutTemplate(tx *db.Tx, city int64, position int, t Template) error {
	names, err := json.Marshal(t.Names)
	if err != nil {
		return err
	}
	texts, err := json.Marshal(t.Texts)
	if err != nil {
		return err
	}
	_, err = tx.Exec("report.template.put", `INSERT INTO report_template (city_id, code, kind, reason, position, names, texts)
		VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (city_id, code) DO UPDATE SET kind = excluded.kind, reason = excluded.reason,
			position = excluded.position, names = excluded.names, texts = excluded.texts`,
		city, t.Code, t.Kind, t.Reason, position, string(names), string(texts))
	return err
}

func templates(tx *db.Tx, city int64) ([]Template, error) {
	return db.All(tx, "report.templates", `SELECT code, kind, reason, names, texts FROM report_template WHERE city_id = $1 ORDER BY position`, func(r db.Row) (v Template, err error) {
		var names, texts string
		if err = r.Scan(&v.Code, &v.Kind, &v.Reason, &names, &texts); err != nil {
			return v, err
		}
		if v.Names, err = decode[Texts](names, "template"); err != nil {
			return v, err
		}
		v.Texts, err = decode[Texts](texts, "template")
		return v, err
	}, city)
}

// Detail is what a report holds beside the case: answers to the category's
// questions, and the contact as given by an application, which is personal
// data and leaves the city only to the body that answers.
type Detail struct {
	Answers     map[string][]string
	Application int64
	Name        string
	Email       string
	Phone       string
	Device      string
	AddressID   string
}

func putDetail(tx *db.Tx, city, id int64, d Detail) error {
	answers, err := json.Marshal(d.Answers)
	if err != nil {
		return err
	}
	_, err = tx.Exec("report.detail.put", insertDetail,
		city, id, string(answers), d.Application, d.Name, d.Email, d.Phone, d.Device, d.AddressID)
	return err
}

const insertDetail = `INSERT INTO report_detail (city_id, case_id, answers, application_id, contact_name, contact_email,
	contact_phone, device_id, address_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`

// LoadAnswers stores the answers of many new reports by the id of their case,
// as putDetail does for one.
func LoadAnswers(tx *db.Tx, city int64, answers map[int64]map[string][]string) error {
	b := tx.NewBatch("report.detail.load", insertDetail)
	for _, id := range slices.Sorted(maps.Keys(answers)) {
		text, err := json.Marshal(answers[id])
		if err != nil {
			return err
		}
		if err := b.Add(city, id, string(text), 0, "", "", "", "", ""); err != nil {
			return err
		}
	}
	return b.Close()
}

func detail(tx *db.Tx, city, id int64) (Detail, error) {
	list, err := db.All(tx, "report.detail", `SELECT answers, application_id, contact_name, contact_email, contact_phone, device_id, address_id
		FROM report_detail WHERE city_id = $1 AND case_id = $2`, func(r db.Row) (d Detail, err error) {
		var answers string
		if err = r.Scan(&answers, &d.Application, &d.Name, &d.Email, &d.Phone, &d.Device, &d.AddressID); err == nil {
			d.Answers, err = decode[map[string][]string](answers, "answers")
		}
		return d, err
	}, city, id)
	if err != nil || len(list) == 0 {
		return Detail{}, err
	}
	return list[0], nil
}

// Ban keeps a person from posting for a time.
type Ban struct {
	Person int64
	Until  int64
	Reason string
	Note   string
}

func putBan(tx *db.Tx, city int64, b Ban) error {
	_, err := tx.Exec("report.ban.put", `INSERT INTO report_ban (city_id, person_id, until, reason, note) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (city_id, person_id) DO UPDATE SET until = excluded.until, reason = excluded.reason, note = excluded.note`,
		city, b.Person, b.Until, b.Reason, b.Note)
	return err
}

func banned(tx *db.Tx, city, person int64, now time.Time) (bool, error) {
	if person == 0 {
		return false, nil
	}
	n, err := db.One(tx, "report.banned", `SELECT COUNT(*) FROM report_ban WHERE city_id = $1 AND person_id = $2 AND until > $3`,
		db.Int64, city, person, now.UnixMilli())
	return n > 0, err
}

// Application is a program that may send reports, known by its key.
type Application struct {
	ID      int64
	Name    string
	Created int64
	Revoked bool
}

func putApplication(tx *db.Tx, city int64, a Application, keyHash string) error {
	_, err := tx.Exec("report.application.put", `INSERT INTO report_application (city_id, id, name, key_hash, created_at, revoked)
		VALUES ($1, $2, $3, $4, $5, FALSE)`, city, a.ID, a.Name, keyHash, a.Created)
	return err
}

func applicationByKey(tx *db.Tx, city int64, keyHash string) (a Application, err error) {
	return db.One(tx, "report.application.key", `SELECT id, name, created_at, revoked FROM report_application
		WHERE city_id = $1 AND key_hash = $2`, scanApplication, city, keyHash)
}

func scanApplication(r db.Row) (a Application, err error) {
	err = r.Scan(&a.ID, &a.Name, &a.Created, &a.Revoked)
	return a, err
}
