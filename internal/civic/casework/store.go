package casework

import (
	"fmt"

	"github.com/ashar-kg/ashar/internal/platform/db"
)

const fileColumns = `id, kind, number, state, is_open, visibility, reason, author_id, author_name, channel, lang, category, body_id,
	assignee_id, district, placed, lat, lon, address, title, body_text, photo, parent_id, created_at, updated_at, due_at, answered_at,
	closed_at, seen, reopened, rating, verdict, escalated, version`

func scanFile(r db.Row) (*File, error) {
	f := &File{}
	err := r.Scan(&f.ID, &f.Kind, &f.Number, &f.State, &f.Open, &f.Visibility, &f.Reason, &f.Author, &f.AuthorName, &f.Channel,
		&f.Lang, &f.Category, &f.Body, &f.Assignee, &f.District, &f.Placed, &f.Lat, &f.Lon, &f.Address, &f.Title, &f.Text, &f.Photo,
		&f.Parent, &f.Created, &f.Updated, &f.Due, &f.Answered, &f.Closed, &f.Seen, &f.Reopens, &f.Rating, &f.Verdict, &f.Escalated, &f.Version)
	return f, err
}

const insertFile = `INSERT INTO case_file (city_id, id, kind, number, state, is_open, listed, visibility, reason, author_id,
	author_name, channel, lang, category, body_id, assignee_id, district, placed, lat, lon, address, title, body_text, photo, parent_id,
	created_at, updated_at, due_at, answered_at, closed_at, seen, reopened, rating, verdict, escalated, version)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26,
	$27, $28, $29, $30, $31, $32, $33, $34, $35, $36)`

func fileArgs(city int64, f *File) []any {
	return []any{
		city, f.ID, f.Kind, f.Number, f.State, f.Open, f.Listed(), string(f.Visibility), f.Reason, f.Author, f.AuthorName, f.Channel,
		f.Lang, f.Category, f.Body, f.Assignee, f.District, f.Placed, f.Lat, f.Lon, f.Address, f.Title, f.Text, f.Photo, f.Parent,
		f.Created, f.Updated, f.Due, f.Answered, f.Closed, f.Seen, f.Reopens, f.Rating, f.Verdict, f.Escalated, f.Version,
	}
}

func insert(tx *db.Tx, city int64, f *File) error {
	_, err := tx.Exec("case.insert", insertFile, fileArgs(city, f)...)
	return err
}

// update stores f when nobody has changed it since it was read.
func update(tx *db.Tx, city int64, f *File) error {
	f.Version++
	n, err := tx.Exec("case.update", `UPDATE case_file SET state = $3, is_open = $4, listed = $5, visibility = $6, reason = $7,
			author_id = $8, author_name = $9, category = $10, body_id = $11, assignee_id = $12, district = $13, placed = $14, lat = $15,
			lon = $16, address = $17, title = $18, body_text = $19, photo = $20, parent_id = $21, updated_at = $22, due_at = $23,
			answered_at = $24, closed_at = $25, seen = $26, reopened = $27, rating = $28, verdict = $29, escalated = $30, version = $31
		WHERE city_id = $1 AND id = $2 AND version = $32`,
		city, f.ID, f.State, f.Open, f.Listed(), string(f.Visibility), f.Reason, f.Author, f.AuthorName, f.Category, f.Body, f.Assignee,
		f.District, f.Placed, f.Lat, f.Lon, f.Address, f.Title, f.Text, f.Photo, f.Parent, f.Updated, f.Due, f.Answered, f.Closed,
		f.Seen, f.Reopens, f.Rating, f.Verdict, f.Escalated, f.Version, f.Version-1)
	if err == nil && n != 1 {
		return fmt.Errorf("case.update: %w", db.ErrConflict)
	}
	return err
}

// Get reads a case by id.
func Get(tx *db.Tx, city, id int64) (*File, error) {
	return db.One(tx, "case.get", `SELECT `+fileColumns+` FROM case_file WHERE city_id = $1 AND id = $2`, scanFile, city, id)
}

// ByNumber reads a case by its number.
func ByNumber(tx *db.Tx, city int64, number string) (*File, error) {
	return db.One(tx, "case.number", `SELECT `+fileColumns+` FROM case_file WHERE city_id = $1 AND number = $2`, scanFile, city, number)
}

// Lock reads a case that is about to be changed.
func Lock(tx *db.Tx, city, id int64) (*File, error) {
	return db.One(tx, "case.lock", `SELECT `+fileColumns+` FROM case_file WHERE city_id = $1 AND id = $2`+tx.ForUpdate(), scanFile, city, id)
}

// ByID reads the cases with the ids given.
func ByID(tx *db.Tx, city int64, ids []int64) (map[int64]*File, error) {
	return keyed(tx, city, "id", ids, func(f *File) int64 { return f.ID })
}

// Several is ByID in the order of the ids; missing ones are left out.
func Several(tx *db.Tx, city int64, ids []int64) ([]*File, error) {
	found, err := ByID(tx, city, ids)
	return inOrder(ids, found), err
}

// Numbered reads the cases with the numbers given, in that order; missing ones are left out.
func Numbered(tx *db.Tx, city int64, numbers []string) ([]*File, error) {
	found, err := keyed(tx, city, "number", numbers, func(f *File) string { return f.Number })
	return inOrder(numbers, found), err
}

func keyed[K comparable](tx *db.Tx, city int64, column string, keys []K, keyOf func(*File) K) (map[K]*File, error) {
	found := make(map[K]*File, len(keys))
	if len(keys) == 0 {
		return found, nil
	}
	w := db.Of(city)
	db.AnyOf(w, column, keys)
	return found, tx.Each("case.keyed."+column, `SELECT `+fileColumns+` FROM case_file WHERE `+w.String(), func(r db.Row) error {
		f, err := scanFile(r)
		if err == nil {
			found[keyOf(f)] = f
		}
		return err
	}, w.Args...)
}

func inOrder[K comparable](keys []K, found map[K]*File) []*File {
	out := make([]*File, 0, len(found))
	for _, k := range keys {
		if f := found[k]; f != nil {
			out = append(out, f)
		}
	}
	return out
}

// ByAuthor reads the newest cases of a person before an id (0: the newest).
func ByAuthor(tx *db.Tx, city int64, kind string, person, before int64, limit int) ([]*File, error) {
	if before == 0 {
		before = maxID
	}
	return db.All(tx, "case.author", `SELECT `+fileColumns+` FROM case_file WHERE city_id = $1 AND author_id = $2 AND author_id <> 0
		AND id < $3 AND kind = $4 ORDER BY id DESC LIMIT $5`, scanFile, city, person, before, kind, limit)
}

// Between reads the cases of all kinds with after < id < before, oldest first.
func Between(tx *db.Tx, city, after, before int64, limit int) ([]*File, error) {
	return db.All(tx, "case.between", `SELECT `+fileColumns+` FROM case_file WHERE city_id = $1 AND id > $2 AND id < $3 ORDER BY id LIMIT $4`,
		scanFile, city, after, before, limit)
}

const maxID = 1<<63 - 1

const insertEvent = `INSERT INTO case_event (city_id, case_id, id, kind, public, person_id, actor, body_id, state, reason, note, lang,
	detail, held) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`

func eventArgs(city int64, e *Event) []any {
	return []any{city, e.Case, e.ID, e.Kind, e.Public, e.Person, e.Actor, e.Body, e.State, e.Reason, e.Note, e.Lang, e.Detail, e.Held}
}

func appendEvent(tx *db.Tx, city int64, e *Event) error {
	_, err := tx.Exec("case.event", insertEvent, eventArgs(city, e)...)
	return err
}

func scanEvent(r db.Row) (e Event, err error) {
	err = r.Scan(&e.Case, &e.ID, &e.Kind, &e.Public, &e.Person, &e.Actor, &e.Body, &e.State, &e.Reason, &e.Note, &e.Lang, &e.Detail, &e.Held)
	return e, err
}

const eventColumns = `case_id, id, kind, public, person_id, actor, body_id, state, reason, note, lang, detail, held`

// LastSteps reads the newest public change of state of each of several cases, by case.
func LastSteps(tx *db.Tx, city int64, cases []int64) (map[int64]Event, error) {
	out := map[int64]Event{}
	if len(cases) == 0 {
		return out, nil
	}
	w := db.Of(city)
	db.AnyOf(w, "case_id", cases)
	w.Add("kind = ?", EventState)
	return out, tx.Each("case.steps.last", `SELECT `+eventColumns+` FROM case_event WHERE `+w.String()+` AND public ORDER BY case_id, id`, func(r db.Row) error {
		e, err := scanEvent(r)
		out[e.Case] = e
		return err
	}, w.Args...)
}

// Timeline reads the events of a case, oldest first, with their photos.
// Without internal only what the public may see.
func Timeline(tx *db.Tx, city, id int64, internal bool) ([]Event, error) {
	events, err := db.All(tx, "case.timeline", `SELECT `+eventColumns+` FROM case_event WHERE city_id = $1 AND case_id = $2
		AND (public OR $3) ORDER BY id LIMIT 500`, scanEvent, city, id, internal)
	if err != nil {
		return nil, err
	}
	photos, err := Photos(tx, city, id, internal)
	if err != nil {
		return nil, err
	}
	for i := range events {
		for _, p := range photos {
			if p.Event == events[i].ID {
				events[i].Photos = append(events[i].Photos, p)
			}
		}
	}
	return events, nil
}

// Photos reads the photos of a case; without internal only public ones.
func Photos(tx *db.Tx, city, id int64, internal bool) ([]Photo, error) {
	return db.All(tx, "case.photos", `SELECT case_id, id, event_id, stage, full_key, thumb_key, width, height, public FROM case_photo
		WHERE city_id = $1 AND case_id = $2 AND (public OR $3) ORDER BY id LIMIT 200`, scanPhoto, city, id, internal)
}

// PhotosOf reads the photos of several cases; without internal only public ones.
func PhotosOf(tx *db.Tx, city int64, ids []int64, internal bool) (map[int64][]Photo, error) {
	out := map[int64][]Photo{}
	if len(ids) == 0 {
		return out, nil
	}
	w := db.Of(city)
	db.AnyOf(w, "case_id", ids)
	if !internal {
		w.Add("public")
	}
	return out, tx.Each("case.photos.several", `SELECT case_id, id, event_id, stage, full_key, thumb_key, width, height, public FROM case_photo
		WHERE `+w.String()+` ORDER BY case_id, id`, func(r db.Row) error {
		p, err := scanPhoto(r)
		out[p.Case] = append(out[p.Case], p)
		return err
	}, w.Args...)
}

func scanPhoto(r db.Row) (p Photo, err error) {
	err = r.Scan(&p.Case, &p.ID, &p.Event, &p.Stage, &p.Full, &p.Thumb, &p.Width, &p.Height, &p.Public)
	return p, err
}

const insertPhotoText = `INSERT INTO case_photo (city_id, case_id, id, event_id, stage, full_key, thumb_key, width, height, public)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`

func insertPhoto(tx *db.Tx, city int64, p *Photo) error {
	_, err := tx.Exec("case.photo", insertPhotoText, city, p.Case, p.ID, p.Event, p.Stage, p.Full, p.Thumb, p.Width, p.Height, p.Public)
	return err
}

func updatePhoto(tx *db.Tx, city int64, p *Photo) error {
	_, err := tx.Exec("case.photo.update", `UPDATE case_photo SET full_key = $4, thumb_key = $5, width = $6, height = $7, public = $8
		WHERE city_id = $1 AND case_id = $2 AND id = $3`, city, p.Case, p.ID, p.Full, p.Thumb, p.Width, p.Height, p.Public)
	return err
}

// PhotoPublic tells whether a file, full or thumb, stands in any public case.
// Files are kept by their content, so one may stand in several cases.
func PhotoPublic(tx *db.Tx, city int64, key string) (bool, error) {
	for _, column := range []string{"thumb_key", "full_key"} {
		found, err := db.All(tx, "case.photo.public", `SELECT p.id FROM case_photo p JOIN case_file f ON f.city_id = p.city_id AND f.id = p.case_id
			WHERE p.city_id = $1 AND p.`+column+` = $2 AND p.public AND f.visibility = 'public' LIMIT 1`, db.Int64, city, key)
		if err != nil || len(found) > 0 {
			return len(found) > 0, err
		}
	}
	return false, nil
}

// PhotoCases reads the cases in which a file stands, newest first.
func PhotoCases(tx *db.Tx, city int64, key string) ([]*File, error) {
	list, err := db.All(tx, "case.photo.cases", `SELECT case_id FROM case_photo WHERE city_id = $1 AND full_key = $2
		UNION SELECT case_id FROM case_photo WHERE city_id = $1 AND thumb_key = $2 ORDER BY 1 DESC LIMIT 50`, db.Int64, city, key)
	if err != nil {
		return nil, err
	}
	return Several(tx, city, list)
}

func firstPhoto(tx *db.Tx, city, id int64) (string, error) {
	list, err := db.All(tx, "case.photo.first", `SELECT thumb_key FROM case_photo WHERE city_id = $1 AND case_id = $2 AND public
		ORDER BY id LIMIT 1`, db.Text, city, id)
	if err != nil || len(list) == 0 {
		return "", err
	}
	return list[0], nil
}

// PhotoUsed tells whether any photo of the installation still uses a file.
// Files are shared by content across cities, so it looks at all of them.
func PhotoUsed(tx *db.Tx, key string) (bool, error) {
	n, err := db.One(tx, "case.photo.used", `SELECT COUNT(*) FROM case_photo WHERE full_key = $1 OR thumb_key = $1`, db.Int64, key)
	return n > 0, err
}
