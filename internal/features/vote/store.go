package vote

import (
	"encoding/json"
	"errors"

	"github.com/ashar-kg/ashar/internal/platform/db"
)

const campaignColumns = `id, slug, titles, texts, body_id, plan, rules, listed_at, opened_at, book, counted_at, confirmed_at, key, source, annulled_at`

func scanCampaign(r db.Row) (*Campaign, error) {
	c := &Campaign{}
	var titles, texts, plan, rules string
	if err := r.Scan(&c.ID, &c.Slug, &titles, &texts, &c.Body, &plan, &rules, &c.Listed, &c.Opened, &c.Book, &c.Counted, &c.Confirmed, &c.Key, &c.Source, &c.Annulled); err != nil {
		return nil, err
	}
	return c, errors.Join(json.Unmarshal([]byte(titles), &c.Titles), json.Unmarshal([]byte(texts), &c.Texts),
		json.Unmarshal([]byte(plan), &c.Plan), json.Unmarshal([]byte(rules), &c.Rules))
}

// asText is a value as JSON for a column of text. The types of this package
// always have one.
func asText(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// campaignArgs are the columns after the city and the id.
func campaignArgs(c *Campaign) []any {
	return []any{
		c.Slug, asText(c.Titles), asText(c.Texts), c.Body, asText(c.Plan), asText(c.Rules), c.Listed, c.Opened, c.Book, c.Counted, c.Confirmed, c.Key, c.Source, c.Annulled,
	}
}

// insertCampaign stores a new campaign and its pots; a taken slug is ErrConflict.
func insertCampaign(tx *db.Tx, city int64, c *Campaign) error {
	if _, err := tx.Exec("vote.campaign.insert", `INSERT INTO vote_campaign (city_id, `+campaignColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
		append([]any{city, c.ID}, campaignArgs(c)...)...); err != nil {
		return err
	}
	return putPots(tx, city, c)
}

// updateCampaign stores all of a campaign but its pots.
func updateCampaign(tx *db.Tx, city int64, c *Campaign) error {
	_, err := tx.Exec("vote.campaign.update", `UPDATE vote_campaign SET slug = $3, titles = $4, texts = $5, body_id = $6, plan = $7, rules = $8,
		listed_at = $9, opened_at = $10, book = $11, counted_at = $12, confirmed_at = $13, key = $14, source = $15, annulled_at = $16 WHERE city_id = $1 AND id = $2`,
		append([]any{city, c.ID}, campaignArgs(c)...)...)
	return err
}

// putPots replaces the pots of a campaign.
func putPots(tx *db.Tx, city int64, c *Campaign) error {
	if _, err := tx.Exec("vote.pots.drop", `DELETE FROM vote_pot WHERE city_id = $1 AND campaign_id = $2`, city, c.ID); err != nil {
		return err
	}
	for i, p := range c.Pots {
		if _, err := tx.Exec("vote.pot.insert", `INSERT INTO vote_pot (city_id, campaign_id, code, position, district, titles, amount, cap, min_votes, min_picks, max_picks)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
			city, c.ID, p.Code, i, p.District, asText(p.Titles), p.Amount, p.Cap, p.MinVotes, p.MinPicks, p.MaxPicks); err != nil {
			return err
		}
	}
	return nil
}

func pots(tx *db.Tx, city, campaign int64) ([]Pot, error) {
	return db.All(tx, "vote.pots", `SELECT code, district, titles, amount, cap, min_votes, min_picks, max_picks FROM vote_pot
		WHERE city_id = $1 AND campaign_id = $2 ORDER BY position`, func(r db.Row) (p Pot, err error) {
		var titles string
		if err := r.Scan(&p.Code, &p.District, &titles, &p.Amount, &p.Cap, &p.MinVotes, &p.MinPicks, &p.MaxPicks); err != nil {
			return p, err
		}
		return p, json.Unmarshal([]byte(titles), &p.Titles)
	}, city, campaign)
}

// standing is all of a campaign that changes once voting was opened.
type standing struct{ city, id, opened, counted, confirmed, annulled int64 }

func stand(tx *db.Tx, city int64, slug string) (standing, error) {
	return db.One(tx, "vote.standing", `SELECT id, opened_at, counted_at, confirmed_at, annulled_at FROM vote_campaign WHERE city_id = $1 AND slug = $2`, func(r db.Row) (st standing, err error) {
		st.city = city
		err = r.Scan(&st.id, &st.opened, &st.counted, &st.confirmed, &st.annulled)
		return st, err
	}, city, slug)
}

// campaign reads a campaign by its slug.
func campaign(tx *db.Tx, city int64, slug string) (*Campaign, error) {
	c, err := db.One(tx, "vote.campaign", `SELECT `+campaignColumns+` FROM vote_campaign WHERE city_id = $1 AND slug = $2`, scanCampaign, city, slug)
	if err != nil {
		return nil, err
	}
	c.Pots, err = pots(tx, city, c.ID)
	return c, err
}

// lockCampaign reads a campaign that is about to change, or whose projects are:
// changes and the opening of the vote come one after the other.
func lockCampaign(tx *db.Tx, city int64, slug string) (*Campaign, error) {
	if _, err := db.One(tx, "vote.campaign.lock", `SELECT id FROM vote_campaign WHERE city_id = $1 AND slug = $2`+tx.ForUpdate(), db.Int64, city, slug); err != nil {
		return nil, err
	}
	return campaign(tx, city, slug)
}

// campaigns reads all of a city, the newest first, with their pots.
func campaigns(tx *db.Tx, city int64) ([]*Campaign, error) {
	list, err := db.All(tx, "vote.campaigns", `SELECT `+campaignColumns+` FROM vote_campaign WHERE city_id = $1 ORDER BY id DESC LIMIT 100`, scanCampaign, city)
	if err != nil {
		return nil, err
	}
	for _, c := range list {
		if c.Pots, err = pots(tx, city, c.ID); err != nil {
			return nil, err
		}
	}
	return list, nil
}

const projectColumns = `id, pot, code, number, idea_id, source, titles, texts, why, cost, upkeep, body_id, district, category, placed, lat, lon, geometry, photo, against, dropped`

func scanProject(r db.Row) (*Project, error) {
	p := &Project{}
	var titles, texts, why string
	if err := r.Scan(&p.ID, &p.Pot, &p.Code, &p.Number, &p.Idea, &p.Source, &titles, &texts, &why, &p.Cost, &p.Upkeep, &p.Body, &p.District, &p.Category,
		&p.Placed, &p.Lat, &p.Lon, &p.Geometry, &p.Photo, &p.Against, &p.Dropped); err != nil {
		return nil, err
	}
	return p, errors.Join(json.Unmarshal([]byte(titles), &p.Titles), json.Unmarshal([]byte(texts), &p.Texts), json.Unmarshal([]byte(why), &p.Why))
}

// putProject stores a project, new or changed.
func putProject(tx *db.Tx, city, campaign int64, p *Project) error {
	_, err := tx.Exec("vote.project.put", `INSERT INTO vote_project (city_id, campaign_id, `+projectColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)
		ON CONFLICT (city_id, campaign_id, id) DO UPDATE SET pot = excluded.pot, code = excluded.code, number = excluded.number, idea_id = excluded.idea_id,
			source = excluded.source, titles = excluded.titles, texts = excluded.texts, why = excluded.why, cost = excluded.cost, upkeep = excluded.upkeep,
			body_id = excluded.body_id, district = excluded.district, category = excluded.category, placed = excluded.placed, lat = excluded.lat,
			lon = excluded.lon, geometry = excluded.geometry, photo = excluded.photo, against = excluded.against, dropped = excluded.dropped`,
		city, campaign, p.ID, p.Pot, p.Code, p.Number, p.Idea, p.Source, asText(p.Titles), asText(p.Texts), asText(p.Why), p.Cost, p.Upkeep, p.Body, p.District,
		p.Category, p.Placed, p.Lat, p.Lon, p.Geometry, p.Photo, p.Against, p.Dropped)
	return err
}

// projects reads the list of a campaign: by pot and drawn number.
func projects(tx *db.Tx, city, campaign int64) ([]*Project, error) {
	return db.All(tx, "vote.projects", `SELECT `+projectColumns+` FROM vote_project WHERE city_id = $1 AND campaign_id = $2 ORDER BY pot, number, id`,
		scanProject, city, campaign)
}

// keepBook stores the rule book as it was fixed.
func keepBook(tx *db.Tx, city, campaign int64, text []byte, hash string) error {
	_, err := tx.Exec("vote.book.put", `INSERT INTO vote_book (city_id, campaign_id, hash, book) VALUES ($1, $2, $3, $4)`, city, campaign, hash, string(text))
	return err
}

// book reads the rule book as it was fixed.
func book(tx *db.Tx, city, campaign int64) (string, error) {
	return db.One(tx, "vote.book", `SELECT book FROM vote_book WHERE city_id = $1 AND campaign_id = $2`, db.Text, city, campaign)
}
