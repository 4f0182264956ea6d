package vote

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/platform/db"
)

const detailColumns = `case_id, campaign_id, pot, asked, geometry, titles, texts, reasons, why, cost, upkeep, against`

func scanDetail(r db.Row) (id int64, d Detail, err error) {
	var titles, texts, reasons, why string
	if err := r.Scan(&id, &d.Campaign, &d.Pot, &d.Asked, &d.Geometry, &titles, &texts, &reasons, &why, &d.Cost, &d.Upkeep, &d.Against); err != nil {
		return 0, d, err
	}
	return id, d, errors.Join(json.Unmarshal([]byte(titles), &d.Titles), json.Unmarshal([]byte(texts), &d.Texts),
		json.Unmarshal([]byte(reasons), &d.Reasons), json.Unmarshal([]byte(why), &d.Why))
}

func putIdea(tx *db.Tx, city, id int64, d *Detail) error {
	_, err := tx.Exec("vote.idea.put", `INSERT INTO vote_idea (city_id, `+detailColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
		ON CONFLICT (city_id, case_id) DO UPDATE SET pot = excluded.pot, asked = excluded.asked, geometry = excluded.geometry, titles = excluded.titles,
			texts = excluded.texts, reasons = excluded.reasons, why = excluded.why, cost = excluded.cost, upkeep = excluded.upkeep, against = excluded.against`,
		city, id, d.Campaign, d.Pot, d.Asked, d.Geometry, asText(d.Titles), asText(d.Texts), asText(d.Reasons), asText(d.Why), d.Cost, d.Upkeep, d.Against)
	return err
}

// ideasBy reads what some ideas hold beside their cases.
func ideasBy(tx *db.Tx, city int64, ids []int64) (map[int64]*Detail, error) {
	out := make(map[int64]*Detail, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	w := db.Of(city)
	db.AnyOf(w, "case_id", ids)
	return out, tx.Each("vote.ideas.by", `SELECT `+detailColumns+` FROM vote_idea WHERE `+w.String(), func(r db.Row) error {
		id, d, err := scanDetail(r)
		out[id] = &d
		return err
	}, w.Args...)
}

// ideaFilter narrows the ideas of a campaign. Empty fields do not narrow.
type ideaFilter struct {
	Pot, State, Category, District string
	IDs                            []int64 // nil is all
	Before                         int64
	Limit                          int
}

// ideasOf are the public ideas of a campaign, the newest first.
func ideasOf(tx *db.Tx, city, campaign int64, f ideaFilter) ([]int64, error) {
	w := &db.Where{}
	w.Add("i.city_id = ?", city)
	w.Add("i.campaign_id = ?", campaign)
	w.Add("f.listed")
	for _, one := range []struct{ column, value string }{
		{"i.pot", f.Pot}, {"f.state", f.State}, {"f.category", f.Category}, {"f.district", f.District},
	} {
		if one.value != "" {
			w.Add(one.column+" = ?", one.value)
		}
	}
	if f.IDs != nil {
		db.AnyOf(w, "i.case_id", f.IDs)
	}
	if f.Before != 0 {
		w.Add("i.case_id < ?", f.Before)
	}
	return db.All(tx, "vote.ideas", `SELECT i.case_id FROM vote_idea i JOIN case_file f ON f.city_id = i.city_id AND f.id = i.case_id
		WHERE `+w.String()+` ORDER BY i.case_id DESC LIMIT `+w.Next(f.Limit), db.Int64, w.Args...)
}

// ideaCounts are how many public ideas of a campaign are in each state.
func ideaCounts(tx *db.Tx, city, campaign int64) (map[string]int, error) {
	out := map[string]int{}
	return out, tx.Each("vote.ideas.count", `SELECT f.state, COUNT(*) FROM vote_idea i JOIN case_file f ON f.city_id = i.city_id AND f.id = i.case_id
		WHERE i.city_id = $1 AND i.campaign_id = $2 AND f.listed GROUP BY f.state`, func(r db.Row) error {
		var state string
		var n int
		err := r.Scan(&state, &n)
		out[state] = n
		return err
	}, city, campaign)
}

func addVersion(tx *db.Tx, city, id int64, v Version) error {
	_, err := tx.Exec("vote.idea.version", `INSERT INTO vote_idea_version (city_id, case_id, n, at, title, body_text, asked) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		city, id, v.N, v.At, v.Title, v.Text, v.Asked)
	return err
}

func versions(tx *db.Tx, city, id int64) ([]Version, error) {
	return db.All(tx, "vote.idea.versions", `SELECT n, at, title, body_text, asked FROM vote_idea_version WHERE city_id = $1 AND case_id = $2 ORDER BY n`,
		func(r db.Row) (v Version, err error) {
			err = r.Scan(&v.N, &v.At, &v.Title, &v.Text, &v.Asked)
			return v, err
		}, city, id)
}

// join notes somebody's part in an idea and tells whether it is new.
func join(tx *db.Tx, city, id int64, s Signer, now time.Time) (bool, error) {
	n, err := tx.Exec("vote.idea.join", `INSERT INTO vote_idea_person (city_id, case_id, person_id, part, name, at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (city_id, case_id, person_id, part) DO NOTHING`, city, id, s.Person, s.Part, s.Name, now.UnixMilli())
	return n > 0, err
}

func leave(tx *db.Tx, city, id, person int64, part string) (bool, error) {
	n, err := tx.Exec("vote.idea.leave", `DELETE FROM vote_idea_person WHERE city_id = $1 AND case_id = $2 AND person_id = $3 AND part = $4`, city, id, person, part)
	return n > 0, err
}

func scanSigner(r db.Row) (s Signer, err error) {
	err = r.Scan(&s.Person, &s.Part, &s.Name)
	return s, err
}

// signers are who has signed an idea, the first first.
func signers(tx *db.Tx, city, id int64) ([]Signer, error) {
	return db.All(tx, "vote.idea.signers", `SELECT person_id, part, name FROM vote_idea_person WHERE city_id = $1 AND case_id = $2 AND part = '`+signs+`'
		ORDER BY at, person_id LIMIT 500`, scanSigner, city, id)
}

// partsOf are the parts of a person in an idea.
func partsOf(tx *db.Tx, city, id, person int64) ([]Signer, error) {
	return db.All(tx, "vote.idea.parts", `SELECT person_id, part, name FROM vote_idea_person WHERE city_id = $1 AND case_id = $2 AND person_id = $3`,
		scanSigner, city, id, person)
}

// supporters counts who supports an idea.
func supporters(tx *db.Tx, city int64, ids []int64) (map[int64]int, error) {
	out := map[int64]int{}
	if len(ids) == 0 {
		return out, nil
	}
	w := db.Of(city)
	db.AnyOf(w, "case_id", ids)
	return out, tx.Each("vote.idea.supporters", `SELECT case_id, COUNT(*) FROM vote_idea_person WHERE `+w.String()+` AND part = '`+supports+`' GROUP BY case_id`,
		func(r db.Row) error {
			var id int64
			var n int
			err := r.Scan(&id, &n)
			out[id] = n
			return err
		}, w.Args...)
}

// ownParts are the ideas in which a person has a part, the newest first.
func ownParts(tx *db.Tx, city, person int64, limit int) (ids []int64, parts map[int64]string, err error) {
	parts = map[int64]string{}
	err = tx.Each("vote.idea.own", `SELECT case_id, part FROM vote_idea_person WHERE city_id = $1 AND person_id = $2 ORDER BY case_id DESC, part LIMIT $3`,
		func(r db.Row) error {
			var id int64
			var part string
			if err := r.Scan(&id, &part); err != nil {
				return err
			}
			if parts[id] == "" {
				ids = append(ids, id)
			}
			if parts[id] != signs {
				parts[id] = part
			}
			return nil
		}, city, person, limit)
	return ids, parts, err
}

// moveParts gives the supporters of an idea to another; who has a part there
// already keeps that.
func moveParts(tx *db.Tx, city, from, to int64) error {
	_, err := tx.Exec("vote.idea.parts.move", `INSERT INTO vote_idea_person (city_id, case_id, person_id, part, name, at)
		SELECT city_id, $3, person_id, part, name, at FROM vote_idea_person WHERE city_id = $1 AND case_id = $2
		ON CONFLICT (city_id, case_id, person_id, part) DO NOTHING`, city, from, to)
	return err
}

const mergeColumns = `case_id, into_id, note, mine, theirs`

func scanMerging(r db.Row) (*Merging, error) {
	m := &Merging{}
	return m, r.Scan(&m.Case, &m.Into, &m.Note, &m.Mine, &m.Theirs)
}

func putMerging(tx *db.Tx, city int64, m *Merging, now time.Time) error {
	_, err := tx.Exec("vote.idea.merge.put", `INSERT INTO vote_idea_merge (city_id, `+mergeColumns+`, at) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (city_id, case_id) DO UPDATE SET into_id = excluded.into_id, note = excluded.note, mine = excluded.mine, theirs = excluded.theirs`,
		city, m.Case, m.Into, m.Note, m.Mine, m.Theirs, now.UnixMilli())
	return err
}

func dropMerging(tx *db.Tx, city, id int64) error {
	_, err := tx.Exec("vote.idea.merge.drop", `DELETE FROM vote_idea_merge WHERE city_id = $1 AND case_id = $2`, city, id)
	return err
}

// mergings are the proposals to merge an idea into another, or others into it.
func mergings(tx *db.Tx, city, id int64) ([]*Merging, error) {
	return db.All(tx, "vote.idea.merges", `SELECT `+mergeColumns+` FROM vote_idea_merge WHERE city_id = $1 AND case_id = $2
		UNION SELECT `+mergeColumns+` FROM vote_idea_merge WHERE city_id = $1 AND into_id = $2`, scanMerging, city, id)
}

// ideaFile reads an idea by its number: the case and what it holds beside it.
func ideaFile(tx *db.Tx, city int64, number string) (*casework.File, *Detail, error) {
	f, err := casework.ByNumber(tx, city, number)
	if err != nil {
		return nil, nil, err
	}
	if f.Kind != IdeaKind {
		return nil, nil, db.ErrNotFound
	}
	list, err := ideasBy(tx, city, []int64{f.ID})
	if err != nil {
		return nil, nil, err
	}
	d := list[f.ID]
	if d == nil {
		return nil, nil, db.ErrNotFound
	}
	return f, d, nil
}

// campaignByID reads a campaign of which a row names the id.
func campaignByID(tx *db.Tx, city, id int64) (*Campaign, error) {
	c, err := db.One(tx, "vote.campaign.id", `SELECT `+campaignColumns+` FROM vote_campaign WHERE city_id = $1 AND id = $2`, scanCampaign, city, id)
	if err != nil {
		return nil, err
	}
	c.Pots, err = pots(tx, city, c.ID)
	return c, err
}

// ideaPots are the pots in which ideas of a campaign compete.
func ideaPots(tx *db.Tx, city, campaign int64) ([]string, error) {
	return db.All(tx, "vote.ideas.pots", `SELECT DISTINCT pot FROM vote_idea WHERE city_id = $1 AND campaign_id = $2 ORDER BY pot`, db.Text, city, campaign)
}
