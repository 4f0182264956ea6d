package account

import (
	"strconv"

	"github.com/ashar-kg/ashar/internal/platform/db"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

func totpOf(tx *db.Tx, city, person int64) (active, pending string, used int64, err error) {
	_, err = db.One(tx, "account.totp", `SELECT totp, totp_pending, totp_used FROM account_person WHERE city_id = $1 AND id = $2`+tx.ForUpdate(),
		func(r db.Row) (struct{}, error) { return struct{}{}, r.Scan(&active, &pending, &used) }, city, person)
	return active, pending, used, err
}

func setTOTP(tx *db.Tx, city, person int64, secret string, step int64) error {
	_, err := tx.Exec("account.totp.set", `UPDATE account_person SET totp = $3, totp_pending = '', totp_used = $4 WHERE city_id = $1 AND id = $2`,
		city, person, secret, step)
	if err != nil {
		return err
	}
	_, err = tx.Exec("account.recovery.clear", `DELETE FROM account_recovery WHERE city_id = $1 AND person_id = $2`, city, person)
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
