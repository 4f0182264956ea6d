package account

import (
	"time"

	"github.com/ashar-kg/ashar/internal/platform/db"
)

func identityOwner(tx *db.Tx, city int64, id identity) (int64, error) {
	return db.One(tx, "account.identity.owner", `SELECT person_id FROM account_identity WHERE city_id = $1 AND issuer = $2 AND subject_hash = $3`,
		db.Int64, city, id.issuer, id.subject)
}

func documentOwner(tx *db.Tx, city int64, document string) (int64, error) {
	return db.One(tx, "account.document.owner", `SELECT person_id FROM account_document WHERE city_id = $1 AND document_hash = $2`, db.Int64, city, document)
}

// putIdentity tells false when the identity is somebody's, or the person has
// another one at the same provider.
func putIdentity(tx *db.Tx, city int64, id identity, at time.Time) (bool, error) {
	n, err := tx.Exec("account.identity", `INSERT INTO account_identity (city_id, issuer, subject_hash, person_id, linked_at, used_at) VALUES ($1, $2, $3, $4, $5, $5)
		ON CONFLICT DO NOTHING`, city, id.issuer, id.subject, id.person, at.UnixMilli())
	return n == 1, err
}

func touchIdentity(tx *db.Tx, city int64, id identity, at time.Time) error {
	_, err := tx.Exec("account.identity.used", `UPDATE account_identity SET used_at = $4 WHERE city_id = $1 AND issuer = $2 AND subject_hash = $3`,
		city, id.issuer, id.subject, at.UnixMilli())
	return err
}

func identitiesOf(tx *db.Tx, city, person int64) ([]Identity, error) {
	return db.All(tx, "account.identities", `SELECT issuer, linked_at, used_at FROM account_identity WHERE city_id = $1 AND person_id = $2 ORDER BY linked_at, issuer`,
		func(r db.Row) (i Identity, err error) {
			err = r.Scan(&i.Issuer, &i.Linked, &i.Used)
			return i, err
		}, city, person)
}

func dropIdentity(tx *db.Tx, city, person int64, issuer string) error {
	_, err := tx.Exec("account.identity.drop", `DELETE FROM account_identity WHERE city_id = $1 AND person_id = $2 AND issuer = $3`, city, person, issuer)
	return err
}
