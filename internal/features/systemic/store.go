package systemic

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/tiles"
)

func encode(t Texts) (string, error) {
	text, err := json.Marshal(t)
	return string(text), err
}

func decode(text string) (t Texts, err error) {
	if err := json.Unmarshal([]byte(text), &t); err != nil {
		return nil, fmt.Errorf("texts: %w", err)
	}
	return t, nil
}

func putDetail(tx *db.Tx, city, id int64, d Detail) error {
	titles, err := encode(d.Titles)
	if err != nil {
		return err
	}
	texts, err := encode(d.Texts)
	if err != nil {
		return err
	}
	_, err = tx.Exec("systemic.issue.put", `INSERT INTO systemic_issue (city_id, case_id, titles, texts, rule_code, became, became_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (city_id, case_id) DO UPDATE SET titles = excluded.titles, texts = excluded.texts, became = excluded.became, became_at = excluded.became_at`,
		city, id, titles, texts, d.Rule, d.Became.Kind, d.Became.Address)
	return err
}

func scanDetail(r db.Row) (id int64, d Detail, err error) {
	var titles, texts string
	if err = r.Scan(&id, &titles, &texts, &d.Rule, &d.Became.Kind, &d.Became.Address); err != nil {
		return id, d, err
	}
	if d.Titles, err = decode(titles); err != nil {
		return id, d, err
	}
	d.Texts, err = decode(texts)
	return id, d, err
}

// details reads what issues hold beside their cases, without their plans.
func details(tx *db.Tx, city int64, ids []int64) (map[int64]Detail, error) {
	out := make(map[int64]Detail, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	w := db.Of(city)
	db.AnyOf(w, "case_id", ids)
	return out, tx.Each("systemic.issues", `SELECT case_id, titles, texts, rule_code, became, became_at FROM systemic_issue WHERE `+w.String(), func(r db.Row) error {
		id, d, err := scanDetail(r)
		out[id] = d
		return err
	}, w.Args...)
}

func detail(tx *db.Tx, city, id int64) (Detail, error) {
	all, err := details(tx, city, []int64{id})
	if err != nil {
		return Detail{}, err
	}
	d, ok := all[id]
	if !ok {
		return d, fmt.Errorf("systemic.issue: %w", db.ErrNotFound)
	}
	d.Plan, err = plan(tx, city, id)
	return d, err
}

func plan(tx *db.Tx, city, id int64) ([]Step, error) {
	return db.All(tx, "systemic.plan", `SELECT day, state, words FROM systemic_step WHERE city_id = $1 AND issue_id = $2 ORDER BY place`, func(r db.Row) (s Step, err error) {
		var words string
		if err := r.Scan(&s.Day, &s.State, &words); err != nil {
			return s, err
		}
		s.Words, err = decode(words)
		return s, err
	}, city, id)
}

func putPlan(tx *db.Tx, city, id int64, steps []Step) error {
	if _, err := tx.Exec("systemic.plan.clear", `DELETE FROM systemic_step WHERE city_id = $1 AND issue_id = $2`, city, id); err != nil {
		return err
	}
	for i, s := range steps {
		words, err := encode(s.Words)
		if err != nil {
			return err
		}
		if _, err := tx.Exec("systemic.plan.put", `INSERT INTO systemic_step (city_id, issue_id, place, day, state, words) VALUES ($1, $2, $3, $4, $5, $6)`,
			city, id, i, s.Day, s.State, words); err != nil {
			return err
		}
	}
	return nil
}

// putLink makes a case part of an issue and tells whether it was not yet part of any.
func putLink(tx *db.Tx, city, id, issue, person int64, at time.Time) (bool, error) {
	n, err := tx.Exec("systemic.link", `INSERT INTO systemic_link (city_id, case_id, issue_id, person_id, at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (city_id, case_id) DO NOTHING`, city, id, issue, person, at.UnixMilli())
	return n > 0, err
}

func dropLink(tx *db.Tx, city, id, issue int64) error {
	_, err := tx.Exec("systemic.unlink", `DELETE FROM systemic_link WHERE city_id = $1 AND case_id = $2 AND issue_id = $3`, city, id, issue)
	return err
}

// issueOf is the issue that a case is part of, 0 for none.
func issueOf(tx *db.Tx, city, id int64) (int64, error) {
	list, err := db.All(tx, "systemic.issue.of", `SELECT issue_id FROM systemic_link WHERE city_id = $1 AND case_id = $2`, db.Int64, city, id)
	if err != nil || len(list) == 0 {
		return 0, err
	}
	return list[0], nil
}

// unlinked keeps the cases that are part of no issue.
func unlinked(tx *db.Tx, city int64, list []Member) ([]Member, error) {
	if len(list) == 0 {
		return nil, nil
	}
	ids := make([]int64, len(list))
	for i, m := range list {
		ids[i] = m.Case
	}
	w := db.Of(city)
	db.AnyOf(w, "case_id", ids)
	taken := map[int64]bool{}
	err := tx.Each("systemic.linked.of", `SELECT case_id FROM systemic_link WHERE `+w.String(), func(r db.Row) error {
		var id int64
		err := r.Scan(&id)
		taken[id] = true
		return err
	}, w.Args...)
	return slices.DeleteFunc(list, func(m Member) bool { return taken[m.Case] }), err
}

// linked reads the cases of an issue before an id, newest first.
func linked(tx *db.Tx, city, issue, before int64, limit int) ([]int64, error) {
	if before == 0 {
		before = maxID
	}
	return db.All(tx, "systemic.linked", `SELECT case_id FROM systemic_link WHERE city_id = $1 AND issue_id = $2 AND case_id < $3 ORDER BY case_id DESC LIMIT $4`,
		db.Int64, city, issue, before, limit)
}

const maxID = 1<<63 - 1

// linkedPublic is linked for those that everybody may read.
func linkedPublic(tx *db.Tx, city, issue int64, kinds []string, before int64, limit int) ([]int64, error) {
	if before == 0 {
		before = maxID
	}
	if len(kinds) == 0 {
		return nil, nil
	}
	w := &db.Where{}
	w.Add("l.city_id = ?", city)
	w.Add("l.issue_id = ?", issue)
	w.Add("l.case_id < ?", before)
	w.Add("f.listed")
	db.AnyOf(w, "f.kind", kinds)
	return db.All(tx, "systemic.linked.public", `SELECT l.case_id FROM systemic_link l JOIN case_file f ON f.city_id = l.city_id AND f.id = l.case_id
		WHERE `+w.String()+` ORDER BY l.case_id DESC LIMIT `+w.Next(limit), db.Int64, w.Args...)
}

// Counts is how many cases an issue has: those that everybody may read, those
// that only count, and how many of all are open.
type Counts struct{ Public, Private, Open int64 }

// All is how many cases there are.
func (c Counts) All() int64 { return c.Public + c.Private }

// countsOf counts the cases of issues. Hidden and unconfirmed ones do not count.
func countsOf(tx *db.Tx, city int64, issues []int64, kinds []string) (map[int64]Counts, error) {
	out := map[int64]Counts{}
	if len(issues) == 0 {
		return out, nil
	}
	w := &db.Where{}
	w.Add("l.city_id = ?", city)
	db.AnyOf(w, "l.issue_id", issues)
	return out, tx.Each("systemic.counts", `SELECT l.issue_id, f.kind, f.listed, f.is_open, COUNT(*) FROM systemic_link l
		JOIN case_file f ON f.city_id = l.city_id AND f.id = l.case_id
		WHERE `+w.String()+` AND f.visibility IN ('public', 'private', 'held') GROUP BY l.issue_id, f.kind, f.listed, f.is_open`, func(r db.Row) error {
		var issue, n int64
		var kind string
		var listed, open bool
		if err := r.Scan(&issue, &kind, &listed, &open, &n); err != nil {
			return err
		}
		c := out[issue]
		if listed && slices.Contains(kinds, kind) {
			c.Public += n
		} else {
			c.Private += n
		}
		if open {
			c.Open += n
		}
		out[issue] = c
		return nil
	}, w.Args...)
}

// trace is where and when a case was.
type trace struct {
	id       int64
	lat, lon float64
	at       int64
	metres   float64
}

func putTrace(tx *db.Tx, city int64, t trace) error {
	_, err := tx.Exec("systemic.trace.put", `INSERT INTO systemic_trace (city_id, case_id, qk, lat, lon, at, kept) VALUES ($1, $2, $3, $4, $5, $6, FALSE)
		ON CONFLICT (city_id, case_id) DO NOTHING`, city, t.id, tiles.Quadkey(t.lon, t.lat), t.lat, t.lon, t.at)
	return err
}

// keepTraces keeps the places of an issue's cases for as long as it is open.
func keepTraces(tx *db.Tx, city, issue int64, keep bool) error {
	_, err := tx.Exec("systemic.trace.keep", `UPDATE systemic_trace SET kept = $3 WHERE city_id = $1
		AND case_id IN (SELECT case_id FROM systemic_link WHERE city_id = $1 AND issue_id = $2)`, city, issue, keep)
	return err
}

// forgetTraces drops what is older than an instant.
func forgetTraces(tx *db.Tx, city int64, before time.Time) error {
	_, err := tx.Exec("systemic.trace.forget", `DELETE FROM systemic_trace WHERE city_id = $1 AND NOT kept AND at < $2`, city, before.UnixMilli())
	return err
}

// maxAround bounds how many cases one is compared with in a part of its
// surroundings, the newest first.
const maxAround = 300

// around reads the cases within a radius of another that are not older than an
// instant or are kept for an open issue.
func around(tx *db.Tx, city int64, t trace, metres float64, since time.Time) (out []trace, err error) {
	box := tiles.Around(t.lon, t.lat, metres)
	for _, r := range tiles.Cover(box, 6) {
		err := tx.Each("systemic.around", `SELECT case_id, lat, lon, at FROM systemic_trace WHERE city_id = $1 AND qk >= $2 AND qk < $3
			AND (kept OR at >= $4) AND case_id <> $5 ORDER BY case_id DESC LIMIT $6`, func(row db.Row) error {
			var o trace
			if err := row.Scan(&o.id, &o.lat, &o.lon, &o.at); err != nil {
				return err
			}
			if o.metres = tiles.Distance(t.lon, t.lat, o.lon, o.lat); o.metres <= metres {
				out = append(out, o)
			}
			return nil
		}, city, r.Lo, r.Hi, since.UnixMilli(), t.id, maxAround)
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

const proposalColumns = `id, state, issue_id, body_id, lat, lon, cases, dismissed, reason, actor, updated_at`

func scanProposal(r db.Row) (*Proposal, error) {
	p := &Proposal{}
	err := r.Scan(&p.ID, &p.State, &p.Issue, &p.Body, &p.Lat, &p.Lon, &p.Cases, &p.Dismissed, &p.Reason, &p.Actor, &p.Updated)
	return p, err
}

func putProposal(tx *db.Tx, city int64, p *Proposal) error {
	_, err := tx.Exec("systemic.proposal.put", `INSERT INTO systemic_proposal (city_id, `+proposalColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		ON CONFLICT (city_id, id) DO UPDATE SET state = excluded.state, issue_id = excluded.issue_id, cases = excluded.cases, dismissed = excluded.dismissed,
			reason = excluded.reason, actor = excluded.actor, updated_at = excluded.updated_at`,
		city, p.ID, p.State, p.Issue, p.Body, p.Lat, p.Lon, p.Cases, p.Dismissed, p.Reason, p.Actor, p.Updated)
	return err
}

func proposal(tx *db.Tx, city, id int64) (*Proposal, error) {
	return db.One(tx, "systemic.proposal", `SELECT `+proposalColumns+` FROM systemic_proposal WHERE city_id = $1 AND id = $2`, scanProposal, city, id)
}

// lockProposal is proposal for one that is about to be changed.
func lockProposal(tx *db.Tx, city, id int64) (*Proposal, error) {
	return db.One(tx, "systemic.proposal.lock", `SELECT `+proposalColumns+` FROM systemic_proposal WHERE city_id = $1 AND id = $2`+tx.ForUpdate(), scanProposal, city, id)
}

// proposals reads those in a state, the largest first; nil bodies are all.
func proposals(tx *db.Tx, city int64, state string, bodies []int64, limit int) ([]*Proposal, error) {
	w := db.Of(city)
	w.Add("state = ?", state)
	if bodies != nil {
		db.AnyOf(w, "body_id", bodies)
	}
	return db.All(tx, "systemic.proposals", `SELECT `+proposalColumns+` FROM systemic_proposal WHERE `+w.String()+` ORDER BY cases DESC, id DESC LIMIT `+w.Next(limit),
		scanProposal, w.Args...)
}

// endProposals lets the proposals of an issue rest.
func endProposals(tx *db.Tx, city, issue int64) error {
	_, err := tx.Exec("systemic.proposals.end", `UPDATE systemic_proposal SET state = '`+Ended+`' WHERE city_id = $1 AND issue_id = $2 AND issue_id <> 0`, city, issue)
	return err
}

// resumeProposals lets cases be found again for an issue whose proposals rested.
func resumeProposals(tx *db.Tx, city, issue int64) error {
	_, err := tx.Exec("systemic.proposals.resume", `UPDATE systemic_proposal SET state = '`+Accepted+`' WHERE city_id = $1 AND issue_id = $2 AND issue_id <> 0`, city, issue)
	return err
}

// moveIssue gives all that one issue has gathered to another.
func moveIssue(tx *db.Tx, city, from, to int64) error {
	if _, err := tx.Exec("systemic.link.move", `UPDATE systemic_link SET issue_id = $3 WHERE city_id = $1 AND issue_id = $2`, city, from, to); err != nil {
		return err
	}
	_, err := tx.Exec("systemic.proposals.move", `UPDATE systemic_proposal SET issue_id = $3 WHERE city_id = $1 AND issue_id = $2 AND issue_id <> 0`, city, from, to)
	return err
}

// putMember adds a case to a proposal and tells whether it was in none.
func putMember(tx *db.Tx, city, proposal int64, m Member) (bool, error) {
	n, err := tx.Exec("systemic.member.put", `INSERT INTO systemic_member (city_id, case_id, proposal_id, alike, metres, refused) VALUES ($1, $2, $3, $4, $5, FALSE)
		ON CONFLICT (city_id, case_id) DO NOTHING`, city, m.Case, proposal, m.Alike, m.Metres)
	return n > 0, err
}

func refuse(tx *db.Tx, city, proposal int64, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	w := db.Of(city)
	w.Add("proposal_id = ?", proposal)
	db.AnyOf(w, "case_id", ids)
	_, err := tx.Exec("systemic.member.refuse", `UPDATE systemic_member SET refused = TRUE WHERE `+w.String(), w.Args...)
	return err
}

// maxMembers bounds how many cases of a proposal a page shows.
const maxMembers = 200

func members(tx *db.Tx, city, proposal int64) ([]Member, error) {
	return db.All(tx, "systemic.members", `SELECT case_id, alike, metres, refused FROM systemic_member WHERE city_id = $1 AND proposal_id = $2
		ORDER BY case_id DESC LIMIT $3`, func(r db.Row) (m Member, err error) {
		err = r.Scan(&m.Case, &m.Alike, &m.Metres, &m.Refused)
		return m, err
	}, city, proposal, maxMembers)
}

// proposalsOf finds the proposals that cases are in.
func proposalsOf(tx *db.Tx, city int64, ids []int64) (map[int64]int64, error) {
	out := map[int64]int64{}
	if len(ids) == 0 {
		return out, nil
	}
	w := db.Of(city)
	db.AnyOf(w, "case_id", ids)
	return out, tx.Each("systemic.proposals.of", `SELECT case_id, proposal_id FROM systemic_member WHERE `+w.String(), func(r db.Row) error {
		var id, p int64
		err := r.Scan(&id, &p)
		out[id] = p
		return err
	}, w.Args...)
}

// suggested reads the cases that are like those of an issue and wait for a word
// of a clerk, newest first. It asks proposal by proposal: joined in one query,
// SQLite would walk all cases that ever were in one.
func suggested(tx *db.Tx, city, issue int64) (out []Member, err error) {
	from, err := db.All(tx, "systemic.proposals.issue", `SELECT id FROM systemic_proposal WHERE city_id = $1 AND issue_id = $2 AND issue_id <> 0
		AND state = '`+Accepted+`' ORDER BY id DESC LIMIT 50`, db.Int64, city, issue)
	if err != nil {
		return nil, err
	}
	for _, id := range from {
		list, err := members(tx, city, id)
		if err != nil {
			return nil, err
		}
		list = slices.DeleteFunc(list, func(m Member) bool { return m.Refused })
		if list, err = unlinked(tx, city, list); err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	slices.SortFunc(out, func(a, b Member) int { return cmp.Compare(b.Case, a.Case) })
	return out[:min(maxMembers, len(out))], nil
}

func cursor(tx *db.Tx, city int64) (int64, error) {
	list, err := db.All(tx, "systemic.cursor", `SELECT after_id FROM systemic_cursor WHERE city_id = $1`, db.Int64, city)
	if err != nil || len(list) == 0 {
		return 0, err
	}
	return list[0], nil
}

func putCursor(tx *db.Tx, city, after int64) error {
	_, err := tx.Exec("systemic.cursor.put", `INSERT INTO systemic_cursor (city_id, after_id) VALUES ($1, $2)
		ON CONFLICT (city_id) DO UPDATE SET after_id = excluded.after_id`, city, after)
	return err
}

func putLate(tx *db.Tx, city, id int64) error {
	_, err := tx.Exec("systemic.late.put", `INSERT INTO systemic_late (city_id, case_id) VALUES ($1, $2) ON CONFLICT DO NOTHING`, city, id)
	return err
}

func takeLate(tx *db.Tx, city int64, limit int) ([]int64, error) {
	ids, err := db.All(tx, "systemic.late", `SELECT case_id FROM systemic_late WHERE city_id = $1 ORDER BY case_id LIMIT $2`, db.Int64, city, limit)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	w := db.Of(city)
	db.AnyOf(w, "case_id", ids)
	_, err = tx.Exec("systemic.late.take", `DELETE FROM systemic_late WHERE `+w.String(), w.Args...)
	return ids, err
}
