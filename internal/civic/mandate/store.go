package mandate

import (
	"crypto/rand"
	"strconv"
	"strings"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/platform/db"
)

// letters of a code: none that looks or sounds like another.
const letters = "ACDEFHJKMNPRTUVWXY34679"

// codeLength makes 23^10 codes, of which five may be tried.
const codeLength = 10

func newCode() string {
	raw := make([]byte, codeLength*4)
	var b strings.Builder
	for b.Len() < codeLength {
		_, _ = rand.Read(raw) // never fails, see its documentation
		for _, x := range raw {
			if int(x) < 256/len(letters)*len(letters) && b.Len() < codeLength { // every letter is as likely
				b.WriteByte(letters[int(x)%len(letters)])
			}
		}
	}
	return b.String()
}

// clean reads a code as people write it.
func clean(code string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(letters, r) {
			return r
		}
		return -1
	}, strings.ToUpper(code))
}

func codeHash(c *city.City, person int64, code string) string {
	return c.Sign("mandate code "+strconv.FormatInt(person, 10), code)
}

const columns = `id, kind, state, principal_id, agent_id, name, until_at, reason, hash, tries, decided_at, decided_by`

func scan(r db.Row) (*Mandate, error) {
	m := &Mandate{}
	return m, r.Scan(&m.ID, &m.Kind, &m.State, &m.Principal, &m.Agent, &m.Name, &m.Until, &m.Reason, &m.Hash, &m.Tries, &m.Decided, &m.By)
}

func insert(tx *db.Tx, city int64, m *Mandate) error {
	_, err := tx.Exec("mandate.insert", `INSERT INTO mandate_grant (city_id, `+columns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		city, m.ID, m.Kind, m.State, m.Principal, m.Agent, m.Name, m.Until, m.Reason, m.Hash, m.Tries, m.Decided, m.By)
	return err
}

func update(tx *db.Tx, city int64, m *Mandate) error {
	_, err := tx.Exec("mandate.update", `UPDATE mandate_grant SET state = $3, principal_id = $4, agent_id = $5, name = $6, until_at = $7, reason = $8, hash = $9,
		tries = $10, decided_at = $11, decided_by = $12 WHERE city_id = $1 AND id = $2`,
		city, m.ID, m.State, m.Principal, m.Agent, m.Name, m.Until, m.Reason, m.Hash, m.Tries, m.Decided, m.By)
	return err
}

func lock(tx *db.Tx, city, id int64) (*Mandate, error) {
	return db.One(tx, "mandate.lock", `SELECT `+columns+` FROM mandate_grant WHERE city_id = $1 AND id = $2`+tx.ForUpdate(), scan, city, id)
}

func byHash(tx *db.Tx, city int64, hash string) ([]*Mandate, error) {
	return db.All(tx, "mandate.hash", `SELECT `+columns+` FROM mandate_grant WHERE city_id = $1 AND hash = $2 AND hash <> '' ORDER BY id`, scan, city, hash)
}

// of reads those in which somebody has a part, the newest first.
func of(tx *db.Tx, city, person int64) ([]*Mandate, error) {
	return db.All(tx, "mandate.of", `SELECT `+columns+` FROM mandate_grant WHERE city_id = $1 AND (principal_id = $2 OR agent_id = $2) AND state <> 'coded'
		ORDER BY id DESC LIMIT 200`, scan, city, person)
}

func principals(tx *db.Tx, city, agent, now int64) ([]int64, error) {
	return db.All(tx, "mandate.principals", `SELECT principal_id FROM mandate_grant WHERE city_id = $1 AND agent_id = $2 AND agent_id <> 0 AND state = 'active'
		AND until_at > $3 ORDER BY id LIMIT 50`, db.Int64, city, agent, now)
}

func selves(tx *db.Tx, city, agent int64) ([]int64, error) {
	return db.All(tx, "mandate.selves", `SELECT principal_id FROM mandate_grant WHERE city_id = $1 AND agent_id = $2 AND agent_id <> 0 AND state = 'active'
		AND kind = 'self' ORDER BY id`, db.Int64, city, agent)
}

func queue(tx *db.Tx, city int64, limit int) ([]*Mandate, error) {
	return db.All(tx, "mandate.queue", `SELECT `+columns+` FROM mandate_grant WHERE city_id = $1 AND state = 'asked' ORDER BY id LIMIT $2`, scan, city, limit)
}

func expired(tx *db.Tx, city, now int64, limit int) ([]*Mandate, error) {
	return db.All(tx, "mandate.expired", `SELECT `+columns+` FROM mandate_grant WHERE city_id = $1 AND state IN ('active', 'offered', 'coded') AND until_at <= $2
		ORDER BY until_at LIMIT $3`, scan, city, now, limit)
}

// decidedBefore reads those whose papers may go.
func decidedBefore(tx *db.Tx, city, before int64, limit int) ([]int64, error) {
	return db.All(tx, "mandate.decided", `SELECT m.id FROM mandate_grant m WHERE m.city_id = $1 AND m.decided_at > 0 AND m.decided_at < $2
		AND EXISTS (SELECT 1 FROM document_file d WHERE d.city_id = m.city_id AND d.case_id = m.id) ORDER BY m.id LIMIT $3`, db.Int64, city, before, limit)
}

// coded reads the code that waits to be used for a person.
func coded(tx *db.Tx, city, person, now int64) (*Mandate, error) {
	return db.One(tx, "mandate.coded", `SELECT `+columns+` FROM mandate_grant WHERE city_id = $1 AND principal_id = $2 AND principal_id <> 0 AND state = 'coded' AND until_at > $3`+tx.ForUpdate(),
		scan, city, person, now)
}

// dropCodes makes earlier codes of a person void.
func dropCodes(tx *db.Tx, city, person int64) error {
	_, err := tx.Exec("mandate.codes.drop", `DELETE FROM mandate_grant WHERE city_id = $1 AND principal_id = $2 AND state = 'coded'`, city, person)
	return err
}

func one(tx *db.Tx, city, id int64) (*Mandate, error) {
	return db.One(tx, "mandate.one", `SELECT `+columns+` FROM mandate_grant WHERE city_id = $1 AND id = $2`, scan, city, id)
}
