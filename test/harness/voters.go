package harness

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/demo"
	"github.com/ashar-kg/ashar/internal/platform/db"
)

// Voters puts n invented people with a telephone and a session into the database
// of a demo city that is not served, and returns the secrets of their sessions.
func Voters(ctx context.Context, d *db.DB, n int) ([]string, error) {
	const first = 2_000_000
	now := time.Now()
	var sessions []string
	err := d.Update(ctx, func(tx *db.Tx) error {
		sessions = sessions[:0]
		people := tx.NewBatch("voters.people", `INSERT INTO account_person (city_id, id, name, lang, level, created_at, erased_at, totp, totp_pending, totp_used) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`)
		phones := tx.NewBatch("voters.phones", `INSERT INTO account_contact (city_id, address, kind, person_id, verified_at) VALUES ($1, $2, $3, $4, $5)`)
		open := tx.NewBatch("voters.sessions", `INSERT INTO account_session (city_id, token_hash, id, person_id, device, created_at, seen_at, until, strong) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`)
		for i := range n {
			secret, id, ms := Secret(), int64(first+i), now.UnixMilli()
			sum := sha256.Sum256([]byte(secret))
			sessions = append(sessions, secret)
			if err := people.Add(demo.CityID, id, "", "ky", int(permission.Phone), ms, 0, "", "", 0); err != nil {
				return err
			}
			if err := phones.Add(demo.CityID, fmt.Sprintf("+99650%07d", i), "phone", id, ms); err != nil {
				return err
			}
			if err := open.Add(demo.CityID, hex.EncodeToString(sum[:]), id, id, "", ms, ms, now.Add(24*time.Hour).UnixMilli(), false); err != nil {
				return err
			}
		}
		for _, b := range []*db.Batch{people, phones, open} {
			if err := b.Close(); err != nil {
				return err
			}
		}
		return nil
	})
	return sessions, err
}

// Secret draws the secret of a session or of a ballot.
func Secret() string { return rand.Text() + rand.Text() }

// Ballot is a form that casts a vote in the demo's open campaign: the last step,
// with all that the steps before have gathered.
func Ballot(secret string) url.Values {
	return url.Values{
		"do": {"cast"}, "secret": {secret}, "class": {"living"}, "district": {"oktyabrsky"}, "born": {"1991-03-21"}, "pick_C01": {"1"}, "pick_O02": {"1"},
	}
}

// BallotPath takes the votes of the demo's open campaign.
const BallotPath = "/vote/2026/ballot"
