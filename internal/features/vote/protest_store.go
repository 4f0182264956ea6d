package vote

import (
	"encoding/json"
	"errors"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/platform/db"
)

const protestColumns = `case_id, campaign_id, person_id, pot, reasons, remedy`

func putProtest(tx *db.Tx, city int64, p *Objected) error {
	_, err := tx.Exec("vote.protest.put", `INSERT INTO vote_protest (city_id, `+protestColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (city_id, case_id) DO UPDATE SET reasons = excluded.reasons, remedy = excluded.remedy`,
		city, p.File.ID, p.Campaign, p.File.Author, p.Pot, asText(p.Reasons), asText(p.Remedy))
	return err
}

// protestsBy reads protests with their cases, in the order of the ids. Ids of
// anything else are left out.
func protestsBy(tx *db.Tx, city int64, ids []int64) ([]*Objected, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	files, err := casework.ByID(tx, city, ids)
	if err != nil {
		return nil, err
	}
	w := db.Of(city)
	db.AnyOf(w, "case_id", ids)
	held := map[int64]*Objected{}
	err = tx.Each("vote.protests.by", `SELECT `+protestColumns+` FROM vote_protest WHERE `+w.String(), func(r db.Row) error {
		var id, person int64
		var reasons, remedy string
		p := &Objected{}
		if err := r.Scan(&id, &p.Campaign, &person, &p.Pot, &reasons, &remedy); err != nil {
			return err
		}
		p.File, held[id] = files[id], p
		return errors.Join(json.Unmarshal([]byte(reasons), &p.Reasons), json.Unmarshal([]byte(remedy), &p.Remedy))
	}, w.Args...)
	var out []*Objected
	for _, id := range ids {
		if p := held[id]; p != nil && p.File != nil {
			out = append(out, p)
		}
	}
	return out, err
}

// protests are those against the result of a campaign, the first first.
func protests(tx *db.Tx, city, campaign int64) ([]*Objected, error) {
	ids, err := db.All(tx, "vote.protests", `SELECT case_id FROM vote_protest WHERE city_id = $1 AND campaign_id = $2 ORDER BY case_id LIMIT $3`,
		db.Int64, city, campaign, maxProtestsList)
	if err != nil {
		return nil, err
	}
	return protestsBy(tx, city, ids)
}

// protestsIn counts the protests of a campaign in a state.
func protestsIn(tx *db.Tx, city, campaign int64, state string) (int64, error) {
	return db.One(tx, "vote.protests.in", `SELECT COUNT(*) FROM vote_protest p JOIN case_file f ON f.city_id = p.city_id AND f.id = p.case_id
		WHERE p.city_id = $1 AND p.campaign_id = $2 AND f.state = $3`, db.Int64, city, campaign, state)
}

// protestsOf counts the protests of a person against the result of a campaign.
func protestsOf(tx *db.Tx, city, campaign, person int64) (int64, error) {
	return db.One(tx, "vote.protests.of", `SELECT COUNT(*) FROM vote_protest WHERE city_id = $1 AND campaign_id = $2 AND person_id = $3`, db.Int64, city, campaign, person)
}

// protestFile reads a protest by its number.
func protestFile(tx *db.Tx, city int64, number string) (*Objected, error) {
	f, err := casework.ByNumber(tx, city, number)
	if err != nil {
		return nil, err
	}
	list, err := protestsBy(tx, city, []int64{f.ID})
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, db.ErrNotFound
	}
	return list[0], nil
}

// dropTallies takes the count of a campaign away, to be counted anew.
func dropTallies(tx *db.Tx, city, campaign int64) error {
	_, err := tx.Exec("vote.tally.drop", `DELETE FROM vote_tally WHERE city_id = $1 AND campaign_id = $2`, city, campaign)
	return err
}
