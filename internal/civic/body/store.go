package body

import "github.com/ashar-kg/ashar/internal/platform/db"

// Put creates or changes a body.
func Put(tx *db.Tx, city int64, b *Body) error {
	if _, err := tx.Exec("body.put", `INSERT INTO body (city_id, id, code, kind, name_ky, name_ru, name_en, short_ky, short_ru, short_en,
			parent_id, successor_id, valid_from, valid_until, delivery, email, endpoint, endpoint_key, endpoint_jurisdiction, contacts, note)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
		ON CONFLICT (city_id, id) DO UPDATE SET code = excluded.code, kind = excluded.kind, name_ky = excluded.name_ky,
			name_ru = excluded.name_ru, name_en = excluded.name_en, short_ky = excluded.short_ky, short_ru = excluded.short_ru,
			short_en = excluded.short_en, parent_id = excluded.parent_id, successor_id = excluded.successor_id,
			valid_from = excluded.valid_from, valid_until = excluded.valid_until, delivery = excluded.delivery, email = excluded.email,
			endpoint = excluded.endpoint, endpoint_key = excluded.endpoint_key, endpoint_jurisdiction = excluded.endpoint_jurisdiction,
			contacts = excluded.contacts, note = excluded.note`,
		city, b.ID, b.Code, b.Kind, b.Names["ky"], b.Names["ru"], b.Names["en"], b.Short["ky"], b.Short["ru"], b.Short["en"],
		b.Parent, b.Successor, b.ValidFrom, b.ValidUntil, string(b.Delivery), b.Email, b.Endpoint, b.EndpointKey, b.Jurisdiction,
		b.Contacts, b.Note); err != nil {
		return err
	}
	if _, err := tx.Exec("body.aliases.clear", `DELETE FROM body_alias WHERE city_id = $1 AND body_id = $2`, city, b.ID); err != nil {
		return err
	}
	for _, a := range b.Aliases {
		if _, err := tx.Exec("body.alias", `INSERT INTO body_alias (city_id, body_id, alias) VALUES ($1, $2, $3)
			ON CONFLICT DO NOTHING`, city, b.ID, a); err != nil {
			return err
		}
	}
	return nil
}

// All reads every body of a city, former ones too.
func All(tx *db.Tx, city int64) ([]*Body, error) {
	list, err := db.All(tx, "body.all", `SELECT id, code, kind, name_ky, name_ru, name_en, short_ky, short_ru, short_en, parent_id,
			successor_id, valid_from, valid_until, delivery, email, endpoint, endpoint_key, endpoint_jurisdiction, contacts, note
		FROM body WHERE city_id = $1 ORDER BY id`, scanBody, city)
	if err != nil {
		return nil, err
	}
	byID := make(map[int64]*Body, len(list))
	for _, b := range list {
		byID[b.ID] = b
	}
	return list, tx.Each("body.aliases", `SELECT body_id, alias FROM body_alias WHERE city_id = $1 ORDER BY alias`, func(r db.Row) error {
		var id int64
		var alias string
		if err := r.Scan(&id, &alias); err != nil {
			return err
		}
		if b := byID[id]; b != nil {
			b.Aliases = append(b.Aliases, alias)
		}
		return nil
	}, city)
}

func scanBody(r db.Row) (*Body, error) {
	b := &Body{}
	var n, s [3]string
	err := r.Scan(&b.ID, &b.Code, &b.Kind, &n[0], &n[1], &n[2], &s[0], &s[1], &s[2], &b.Parent, &b.Successor, &b.ValidFrom,
		&b.ValidUntil, &b.Delivery, &b.Email, &b.Endpoint, &b.EndpointKey, &b.Jurisdiction, &b.Contacts, &b.Note)
	b.Names = map[string]string{"ky": n[0], "ru": n[1], "en": n[2]}
	b.Short = map[string]string{"ky": s[0], "ru": s[1], "en": s[2]}
	return b, err
}
