package grant

import (
	"github.com/ashar-kg/ashar/internal/platform/db"
)

const sessionColumns = `id, call_id, begins_at, place, quorum, minutes, closed_at`

func scanSession(r db.Row) (*Session, error) {
	s := &Session{}
	return s, r.Scan(&s.ID, &s.Call, &s.Begins, &s.Place, &s.Quorum, &s.Minutes, &s.Closed)
}

func insertSession(tx *db.Tx, city int64, s *Session) error {
	_, err := tx.Exec("grant.session.insert", `INSERT INTO grant_session (city_id, `+sessionColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		city, s.ID, s.Call, s.Begins, s.Place, s.Quorum, s.Minutes, s.Closed)
	return err
}

func closeSession(tx *db.Tx, city int64, s *Session) error {
	_, err := tx.Exec("grant.session.close", `UPDATE grant_session SET minutes = $3, closed_at = $4 WHERE city_id = $1 AND id = $2`, city, s.ID, s.Minutes, s.Closed)
	return err
}

func session(tx *db.Tx, city, id int64) (*Session, error) {
	return db.One(tx, "grant.session", `SELECT `+sessionColumns+` FROM grant_session WHERE city_id = $1 AND id = $2`, scanSession, city, id)
}

// lockSession reads a session about which something is about to change, so that
// nobody votes while it is closed.
func lockSession(tx *db.Tx, city, id int64) (*Session, error) {
	return db.One(tx, "grant.session.lock", `SELECT `+sessionColumns+` FROM grant_session WHERE city_id = $1 AND id = $2`+tx.ForUpdate(), scanSession, city, id)
}

func sessions(tx *db.Tx, city, callID int64) ([]*Session, error) {
	return db.All(tx, "grant.sessions", `SELECT `+sessionColumns+` FROM grant_session WHERE city_id = $1 AND call_id = $2 ORDER BY begins_at DESC, id DESC LIMIT 100`,
		scanSession, city, callID)
}

const itemColumns = `session_id, case_id, call_id, position, n, outcome, amount, reasons`

func scanItem(r db.Row) (i Item, err error) {
	err = r.Scan(&i.Session, &i.Case, &i.Call, &i.Position, &i.N, &i.Outcome, &i.Amount, &i.Reasons)
	return i, err
}

func insertItem(tx *db.Tx, city int64, i Item) error {
	_, err := tx.Exec("grant.item.insert", `INSERT INTO grant_item (city_id, `+itemColumns+`, running) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, TRUE)`,
		city, i.Session, i.Case, i.Call, i.Position, i.N, i.Outcome, i.Amount, i.Reasons)
	return err
}

func decideItem(tx *db.Tx, city int64, i Item) error {
	_, err := tx.Exec("grant.item.decide", `UPDATE grant_item SET outcome = $4, amount = $5, reasons = $6 WHERE city_id = $1 AND session_id = $2 AND case_id = $3`,
		city, i.Session, i.Case, i.Outcome, i.Amount, i.Reasons)
	return err
}

// endItems frees the applications of a closed session for another one.
func endItems(tx *db.Tx, city, sessionID int64) error {
	_, err := tx.Exec("grant.items.end", `UPDATE grant_item SET running = FALSE WHERE city_id = $1 AND session_id = $2`, city, sessionID)
	return err
}

func dropItem(tx *db.Tx, city, sessionID, id int64) error {
	for _, q := range []string{
		`DELETE FROM grant_vote WHERE city_id = $1 AND session_id = $2 AND case_id = $3`,
		`DELETE FROM grant_conflict WHERE city_id = $1 AND session_id = $2 AND case_id = $3`,
		`DELETE FROM grant_item WHERE city_id = $1 AND session_id = $2 AND case_id = $3`,
	} {
		if _, err := tx.Exec("grant.item.drop", q, city, sessionID, id); err != nil {
			return err
		}
	}
	return nil
}

func item(tx *db.Tx, city, sessionID, id int64) (Item, error) {
	return db.One(tx, "grant.item", `SELECT `+itemColumns+` FROM grant_item WHERE city_id = $1 AND session_id = $2 AND case_id = $3`, scanItem, city, sessionID, id)
}

func items(tx *db.Tx, city, sessionID int64) ([]Item, error) {
	return db.All(tx, "grant.items", `SELECT `+itemColumns+` FROM grant_item WHERE city_id = $1 AND session_id = $2 ORDER BY position, case_id`, scanItem, city, sessionID)
}

// itemsOf reads on which agendas an application stood, oldest first.
func itemsOf(tx *db.Tx, city, id int64) ([]Item, error) {
	return db.All(tx, "grant.items.of", `SELECT `+itemColumns+` FROM grant_item WHERE city_id = $1 AND case_id = $2 ORDER BY session_id`, scanItem, city, id)
}

// runningItem reads the agenda on which an application stands now; none is no error.
func runningItem(tx *db.Tx, city, id int64) ([]Item, error) {
	return db.All(tx, "grant.item.running", `SELECT `+itemColumns+` FROM grant_item WHERE city_id = $1 AND case_id = $2 AND running`, scanItem, city, id)
}

// granted is what the sessions of a call have approved, but for one application.
func granted(tx *db.Tx, city, callID, but int64) (int64, error) {
	return db.One(tx, "grant.granted", `SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM grant_item WHERE city_id = $1 AND call_id = $2 AND outcome = 'approve'
		AND case_id <> $3`, db.Int64, city, callID, but)
}

func insertConflict(tx *db.Tx, city, sessionID int64, c Conflict, at int64) error {
	_, err := tx.Exec("grant.conflict.insert", `INSERT INTO grant_conflict (city_id, session_id, case_id, member_id, reason, at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (city_id, session_id, case_id, member_id) DO UPDATE SET reason = excluded.reason`, city, sessionID, c.Case, c.Member, c.Reason, at)
	return err
}

func conflicts(tx *db.Tx, city, sessionID int64) ([]Conflict, error) {
	return db.All(tx, "grant.conflicts", `SELECT case_id, member_id, reason FROM grant_conflict WHERE city_id = $1 AND session_id = $2 ORDER BY case_id, member_id`,
		func(r db.Row) (c Conflict, err error) {
			err = r.Scan(&c.Case, &c.Member, &c.Reason)
			return c, err
		}, city, sessionID)
}

func putBallot(tx *db.Tx, city, sessionID int64, b Ballot, at int64) error {
	_, err := tx.Exec("grant.vote.put", `INSERT INTO grant_vote (city_id, session_id, case_id, member_id, vote, reason, at) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (city_id, session_id, case_id, member_id) DO UPDATE SET vote = excluded.vote, reason = excluded.reason, at = excluded.at`,
		city, sessionID, b.Case, b.Member, b.Vote, b.Reason, at)
	return err
}

func dropBallot(tx *db.Tx, city, sessionID, id, member int64) error {
	_, err := tx.Exec("grant.vote.drop", `DELETE FROM grant_vote WHERE city_id = $1 AND session_id = $2 AND case_id = $3 AND member_id = $4`, city, sessionID, id, member)
	return err
}

func ballots(tx *db.Tx, city, sessionID int64) ([]Ballot, error) {
	return db.All(tx, "grant.votes", `SELECT case_id, member_id, vote, reason FROM grant_vote WHERE city_id = $1 AND session_id = $2 ORDER BY case_id, member_id`,
		func(r db.Row) (b Ballot, err error) {
			err = r.Scan(&b.Case, &b.Member, &b.Vote, &b.Reason)
			return b, err
		}, city, sessionID)
}

func insertDeal(tx *db.Tx, city, id int64, d Deal) error {
	_, err := tx.Exec("grant.contract.insert", `INSERT INTO grant_contract (city_id, case_id, number, day, ends, sum, parties) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		city, id, d.Number, d.Day, d.Ends, d.Sum, d.Parties)
	return err
}

// deal reads the contract about a case; none is no error.
func deal(tx *db.Tx, city, id int64) (*Deal, error) {
	list, err := db.All(tx, "grant.contract", `SELECT number, day, ends, sum, parties FROM grant_contract WHERE city_id = $1 AND case_id = $2`, func(r db.Row) (*Deal, error) {
		d := &Deal{}
		return d, r.Scan(&d.Number, &d.Day, &d.Ends, &d.Sum, &d.Parties)
	}, city, id)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return list[0], nil
}

const trancheColumns = `n, sum, terms, released_at, report_event, act_file, refusal, accepted_at, due, returned_at`

func scanTranche(r db.Row) (t Tranche, err error) {
	err = r.Scan(&t.N, &t.Sum, &t.Terms, &t.Released, &t.Report, &t.Act, &t.Refusal, &t.Accepted, &t.Due, &t.Returned)
	return t, err
}

func insertTranche(tx *db.Tx, city, id int64, t Tranche) error {
	_, err := tx.Exec("grant.tranche.insert", `INSERT INTO grant_tranche (city_id, case_id, `+trancheColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		city, id, t.N, t.Sum, t.Terms, t.Released, t.Report, t.Act, t.Refusal, t.Accepted, t.Due, t.Returned)
	return err
}

func updateTranche(tx *db.Tx, city, id int64, t Tranche) error {
	_, err := tx.Exec("grant.tranche.update", `UPDATE grant_tranche SET released_at = $4, report_event = $5, act_file = $6, refusal = $7, accepted_at = $8, due = $9,
		returned_at = $10 WHERE city_id = $1 AND case_id = $2 AND n = $3`, city, id, t.N, t.Released, t.Report, t.Act, t.Refusal, t.Accepted, t.Due, t.Returned)
	return err
}

func tranches(tx *db.Tx, city, id int64) ([]Tranche, error) {
	return db.All(tx, "grant.tranches", `SELECT `+trancheColumns+` FROM grant_tranche WHERE city_id = $1 AND case_id = $2 ORDER BY n`, scanTranche, city, id)
}

// moneyOfCall adds up the tranches of all applications of a call.
func moneyOfCall(tx *db.Tx, city, callID int64) (m Money, contracted int64, err error) {
	m, err = db.One(tx, "grant.money", `SELECT
			CAST(COALESCE(SUM(CASE WHEN t.released_at <> 0 THEN t.sum ELSE 0 END), 0) AS BIGINT),
			CAST(COALESCE(SUM(CASE WHEN t.accepted_at <> 0 THEN t.sum ELSE 0 END), 0) AS BIGINT),
			CAST(COALESCE(SUM(CASE WHEN t.due THEN t.sum ELSE 0 END), 0) AS BIGINT),
			CAST(COALESCE(SUM(CASE WHEN t.returned_at <> 0 THEN t.sum ELSE 0 END), 0) AS BIGINT)
		FROM grant_tranche t JOIN grant_application a ON a.city_id = t.city_id AND a.case_id = t.case_id WHERE a.city_id = $1 AND a.call_id = $2`,
		func(r db.Row) (m Money, err error) {
			err = r.Scan(&m.Released, &m.Accepted, &m.Due, &m.Returned)
			return m, err
		}, city, callID)
	if err != nil {
		return m, 0, err
	}
	contracted, err = db.One(tx, "grant.contracted", `SELECT CAST(COALESCE(SUM(d.sum), 0) AS BIGINT) FROM grant_contract d
		JOIN grant_application a ON a.city_id = d.city_id AND a.case_id = d.case_id WHERE a.city_id = $1 AND a.call_id = $2`, db.Int64, city, callID)
	return m, contracted, err
}

// decidedBy is the closed session that approved or refused each case last.
func decidedBy(tx *db.Tx, city int64, cases []int64) (map[int64]int64, error) {
	out := map[int64]int64{}
	if len(cases) == 0 {
		return out, nil
	}
	w := db.Of(city)
	db.AnyOf(w, "case_id", cases)
	w.Add("NOT running")
	w.Add("outcome <> ''")
	return out, tx.Each("grant.decided", `SELECT case_id, session_id FROM grant_item WHERE `+w.String()+` ORDER BY session_id`, func(r db.Row) error {
		var id, by int64
		err := r.Scan(&id, &by)
		out[id] = by
		return err
	}, w.Args...)
}
