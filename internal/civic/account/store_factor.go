package account

import (
	"strconv"
	"time"

	"github.com/ashar-kg/ashar/internal/platform/db"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

func totpOf(tx *db.Tx, city, person int64) (active, pending string, used int64, err error) {
	_, err = db.One(tx, "account.totp", `SELECT totp, totp_pending, totp_used FROM account_person WHERE city_id = $1 AND id = $2`+tx.ForUpdate(),
		func(r db.Row) (struct{}, error) { return struct{}{}, r.Scan(&active, &pending, &used) }, city, person)
	return active, pending, used, err
}

func pendTOTP(tx *db.Tx, city, person int64, secret string) error {
	_, err := tx.Exec("account.totp.pending", `UPDATE account_person SET totp_pending = $3 WHERE city_id = $1 AND id = $2`, city, person, secret)
	return err
}

func setTOTP(tx *db.Tx, city, person int64, secret string, step int64) error {
	_, err := tx.Exec("account.totp.set", `UPDATE account_person SET totp = $3, totp_pending = '', totp_used = $4 WHERE city_id = $1 AND id = $2`,
		city, person, secret, step)
	if err != nil {
		return err
	}
	return clearRecovery(tx, city, person)
}

func clearRecovery(tx *db.Tx, city, person int64) error {
	_, err := tx.Exec("account.recovery.clear", `DELETE FROM account_recovery WHERE city_id = $1 AND person_id = $2`, city, person)
	return err
}

func useTOTP(tx *db.Tx, city, person, step int64) error {
	_, err := tx.Exec("account.totp.used", `UPDATE account_person SET totp_used = $3 WHERE city_id = $1 AND id = $2`, city, person, step)
	return err
}

func putRecovery(tx *db.Tx, city, person int64, codeHash string) error {
	_, err := tx.Exec("account.recovery", `INSERT INTO account_recovery (city_id, person_id, code_hash) VALUES ($1, $2, $3)`, city, person, codeHash)
	return err
}

func useRecovery(tx *db.Tx, city, person int64, codeHash string) (bool, error) {
	n, err := tx.Exec("account.recovery.use", `DELETE FROM account_recovery WHERE city_id = $1 AND person_id = $2 AND code_hash = $3`, city, person, codeHash)
	return n == 1, err
}

func clearFactors(tx *db.Tx, city, person int64) error {
	for _, q := range []string{
		`UPDATE account_person SET totp = '', totp_pending = '' WHERE city_id = $1 AND id = $2`,
		`DELETE FROM account_recovery WHERE city_id = $1 AND person_id = $2`,
		`DELETE FROM account_passkey WHERE city_id = $1 AND person_id = $2`,
	} {
		if _, err := tx.Exec("account.factors.clear", q, city, person); err != nil {
			return err
		}
	}
	return nil
}

// passkey is a stored credential; its document is the library's own record.
type passkey struct {
	Passkey
	person   int64
	document string
}

const passkeyColumns = `id, person_id, name, document, created_at, used_at`

func scanPasskey(r db.Row) (k passkey, err error) {
	err = r.Scan(&k.ID, &k.person, &k.Name, &k.document, &k.Created, &k.Used)
	return k, err
}

func insertPasskey(tx *db.Tx, city int64, credentialHash string, k passkey) error {
	_, err := tx.Exec("account.passkey", `INSERT INTO account_passkey (city_id, credential_hash, id, person_id, name, document, created_at, used_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, city, credentialHash, k.ID, k.person, k.Name, k.document, k.Created, k.Used)
	return err
}

func lockPasskey(tx *db.Tx, city int64, credentialHash string) (passkey, error) {
	return db.One(tx, "account.passkey.lock", `SELECT `+passkeyColumns+` FROM account_passkey WHERE city_id = $1 AND credential_hash = $2`+tx.ForUpdate(),
		scanPasskey, city, credentialHash)
}

func passkeysOf(tx *db.Tx, city, person int64) ([]passkey, error) {
	return db.All(tx, "account.passkeys", `SELECT `+passkeyColumns+` FROM account_passkey WHERE city_id = $1 AND person_id = $2 ORDER BY id`,
		scanPasskey, city, person)
}

func usePasskey(tx *db.Tx, city int64, credentialHash, document string, at time.Time) error {
	_, err := tx.Exec("account.passkey.used", `UPDATE account_passkey SET document = $3, used_at = $4 WHERE city_id = $1 AND credential_hash = $2`,
		city, credentialHash, document, at.UnixMilli())
	return err
}

func dropPasskey(tx *db.Tx, city, person, id int64) error {
	_, err := tx.Exec("account.passkey.drop", `DELETE FROM account_passkey WHERE city_id = $1 AND person_id = $2 AND id = $3`, city, person, id)
	return err
}

// hasFactor tells whether a person has a second factor of any kind.
func hasFactor(tx *db.Tx, city, person int64) (bool, error) {
	n, err := db.One(tx, "account.factors", `SELECT (SELECT COUNT(*) FROM account_passkey WHERE city_id = $1 AND person_id = $2)
		+ (SELECT COUNT(*) FROM account_person WHERE city_id = $1 AND id = $2 AND totp <> '')`, db.Int64, city, person)
	return n > 0, err
}

func insertCeremony(tx *db.Tx, city int64, id, document string, until time.Time) error {
	_, err := tx.Exec("account.ceremony", `INSERT INTO account_ceremony (city_id, id, document, until) VALUES ($1, $2, $3, $4)`,
		city, id, document, until.UnixMilli())
	return err
}

// takeCeremony reads a ceremony and removes it: each serves once.
func takeCeremony(tx *db.Tx, city int64, id string, now time.Time) (string, error) {
	return db.One(tx, "account.ceremony.take", `DELETE FROM account_ceremony WHERE city_id = $1 AND id = $2 AND until > $3 RETURNING document`,
		db.Text, city, id, now.UnixMilli())
}
