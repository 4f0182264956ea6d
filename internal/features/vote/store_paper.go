package vote

import (
	"github.com/ashar-kg/ashar/internal/civic/document"
	"github.com/ashar-kg/ashar/internal/platform/db"
)

// handed counts the paper ballots that the roll says were given out.
func handed(tx *db.Tx, city, campaign int64) (int64, error) {
	return db.One(tx, "vote.paper.handed", `SELECT COUNT(*) FROM vote_roll WHERE city_id = $1 AND campaign_id = $2 AND channel = $3`, db.Int64, city, campaign, Paper)
}

const batchColumns = `b.id, b.name, b.sheets, b.made_by, b.accepted_at, b.valid, b.spoilt,
	(SELECT COUNT(*) FROM vote_sheet s WHERE s.city_id = b.city_id AND s.batch_id = b.id AND s.round < 3)`

func scanBatch(r db.Row) (*Batch, error) {
	b := &Batch{}
	return b, r.Scan(&b.ID, &b.Name, &b.Sheets, &b.By, &b.Accepted, &b.Valid, &b.Spoilt, &b.Typings)
}

func insertBatch(tx *db.Tx, city, campaign int64, b *Batch) error {
	_, err := tx.Exec("vote.batch.insert", `INSERT INTO vote_batch (city_id, campaign_id, id, name, sheets, made_by, accepted_at, valid, spoilt)
		VALUES ($1, $2, $3, $4, $5, $6, 0, 0, 0)`, city, campaign, b.ID, b.Name, b.Sheets, b.By)
	return err
}

// batches reads those of a campaign, the newest first.
func batches(tx *db.Tx, city, campaign int64) ([]*Batch, error) {
	return db.All(tx, "vote.batches", `SELECT `+batchColumns+` FROM vote_batch b WHERE b.city_id = $1 AND b.campaign_id = $2 ORDER BY b.id DESC`, scanBatch, city, campaign)
}

func batch(tx *db.Tx, city, campaign, id int64) (*Batch, error) {
	return db.One(tx, "vote.batch", `SELECT `+batchColumns+` FROM vote_batch b WHERE b.city_id = $1 AND b.campaign_id = $2 AND b.id = $3`, scanBatch, city, campaign, id)
}

// unfinished counts the batches that are not accepted.
func unfinished(tx *db.Tx, city, campaign int64) (int64, error) {
	return db.One(tx, "vote.batch.unfinished", `SELECT COUNT(*) FROM vote_batch WHERE city_id = $1 AND campaign_id = $2 AND accepted_at = 0`, db.Int64, city, campaign)
}

func acceptBatch(tx *db.Tx, city, campaign int64, b *Batch) error {
	_, err := tx.Exec("vote.batch.accept", `UPDATE vote_batch SET accepted_at = $4, valid = $5, spoilt = $6 WHERE city_id = $1 AND campaign_id = $2 AND id = $3`,
		city, campaign, b.ID, b.Accepted, b.Valid, b.Spoilt)
	return err
}

func dropBatch(tx *db.Tx, city, campaign, id int64) error {
	_, err := tx.Exec("vote.batch.drop", `DELETE FROM vote_batch WHERE city_id = $1 AND campaign_id = $2 AND id = $3`, city, campaign, id)
	return err
}

func typings(tx *db.Tx, city, batch int64) ([]typing, error) {
	return db.All(tx, "vote.typings", `SELECT n, round, typist, picks, spoilt FROM vote_sheet WHERE city_id = $1 AND batch_id = $2 ORDER BY n, round`,
		func(r db.Row) (t typing, err error) {
			err = r.Scan(&t.N, &t.Round, &t.Typist, &t.Picks, &t.Spoilt)
			return t, err
		}, city, batch)
}

func putTyping(tx *db.Tx, city, batch int64, t typing) error {
	_, err := tx.Exec("vote.typing.put", `INSERT INTO vote_sheet (city_id, batch_id, n, round, typist, picks, spoilt) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (city_id, batch_id, n, round) DO UPDATE SET typist = excluded.typist, picks = excluded.picks, spoilt = excluded.spoilt`,
		city, batch, t.N, t.Round, t.Typist, t.Picks, t.Spoilt)
	return err
}

func dropTypings(tx *db.Tx, city, batch int64) error {
	_, err := tx.Exec("vote.typings.drop", `DELETE FROM vote_sheet WHERE city_id = $1 AND batch_id = $2`, city, batch)
	return err
}

func scanScan(r db.Row) (f document.File, err error) {
	err = r.Scan(&f.ID, &f.Name, &f.Kind, &f.Size, &f.Key)
	return f, err
}

func insertScan(tx *db.Tx, city, batch int64, f document.File) error {
	_, err := tx.Exec("vote.scan.insert", `INSERT INTO vote_scan (city_id, batch_id, id, name, kind, size, blob_key) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		city, batch, f.ID, f.Name, f.Kind, f.Size, f.Key)
	return err
}

func scans(tx *db.Tx, city, batch int64) ([]document.File, error) {
	return db.All(tx, "vote.scans", `SELECT id, name, kind, size, blob_key FROM vote_scan WHERE city_id = $1 AND batch_id = $2 ORDER BY id LIMIT 1000`, scanScan, city, batch)
}

func scanOf(tx *db.Tx, city, batch, id int64) (document.File, error) {
	return db.One(tx, "vote.scan", `SELECT id, name, kind, size, blob_key FROM vote_scan WHERE city_id = $1 AND batch_id = $2 AND id = $3`, scanScan, city, batch, id)
}

func dropScans(tx *db.Tx, city, batch int64) error {
	_, err := tx.Exec("vote.scans.drop", `DELETE FROM vote_scan WHERE city_id = $1 AND batch_id = $2`, city, batch)
	return err
}
