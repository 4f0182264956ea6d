package vote

import (
	"encoding/json"
	"errors"

	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/pb"
)

func putTally(tx *db.Tx, city, campaign int64, t *Tally) error {
	shadow := ""
	if t.Shadow != nil {
		shadow = asText(t.Shadow)
	}
	_, err := tx.Exec("vote.tally.insert", `INSERT INTO vote_tally (city_id, campaign_id, pot, voters, file, bytes, hash, outcome, shadow, gains)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		city, campaign, t.Pot, t.Voters, t.File, t.Bytes, t.Hash, asText(t.Outcome), shadow, asText(t.Gains))
	return err
}

// tallies reads the counts of a campaign by pot.
func tallies(tx *db.Tx, city, campaign int64) ([]*Tally, error) {
	return db.All(tx, "vote.tallies", `SELECT pot, voters, file, bytes, hash, outcome, shadow, gains FROM vote_tally WHERE city_id = $1 AND campaign_id = $2 ORDER BY pot`,
		func(r db.Row) (*Tally, error) {
			t := &Tally{Outcome: &pb.Outcome{}}
			var outcome, shadow, gains string
			if err := r.Scan(&t.Pot, &t.Voters, &t.File, &t.Bytes, &t.Hash, &outcome, &shadow, &gains); err != nil {
				return nil, err
			}
			err := errors.Join(json.Unmarshal([]byte(outcome), t.Outcome), json.Unmarshal([]byte(gains), &t.Gains))
			if shadow != "" {
				t.Shadow = &pb.Outcome{}
				err = errors.Join(err, json.Unmarshal([]byte(shadow), t.Shadow))
			}
			return t, err
		}, city, campaign)
}

// Tallied is how many ballots were in the box and how many voters on the roll.
type Tallied struct{ Ballots, Voters int64 }

func putCount(tx *db.Tx, city, campaign, ballots, voters int64) error {
	_, err := tx.Exec("vote.count.insert", `INSERT INTO vote_count (city_id, campaign_id, ballots, voters) VALUES ($1, $2, $3, $4)`, city, campaign, ballots, voters)
	return err
}

func counted(tx *db.Tx, city, campaign int64) (Tallied, error) {
	return db.One(tx, "vote.counted", `SELECT ballots, voters FROM vote_count WHERE city_id = $1 AND campaign_id = $2`, func(r db.Row) (t Tallied, err error) {
		err = r.Scan(&t.Ballots, &t.Voters)
		return t, err
	}, city, campaign)
}

func onRoll(tx *db.Tx, city, campaign int64) (int64, error) {
	return db.One(tx, "vote.roll.count", `SELECT COUNT(*) FROM vote_roll WHERE city_id = $1 AND campaign_id = $2`, db.Int64, city, campaign)
}
