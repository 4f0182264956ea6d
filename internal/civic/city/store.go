package city

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
)

// Put creates a city or changes its description; its secret is made once.
func Put(tx *db.Tx, c *City) error {
	if c.Secret == "" {
		c.Secret = ids.Secret(32)
	}
	if _, err := tx.Exec("city.put", `INSERT INTO city (city_id, slug, jurisdiction, name_ky, name_ru, name_en, country, zone,
			languages, currency, phone, phone_prefix, lat, lon, zoom, west, south, east, north, demo, secret)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
		ON CONFLICT (city_id) DO UPDATE SET slug = excluded.slug, jurisdiction = excluded.jurisdiction, name_ky = excluded.name_ky,
			name_ru = excluded.name_ru, name_en = excluded.name_en, country = excluded.country, zone = excluded.zone,
			languages = excluded.languages, currency = excluded.currency, phone = excluded.phone, phone_prefix = excluded.phone_prefix,
			lat = excluded.lat, lon = excluded.lon, zoom = excluded.zoom, west = excluded.west, south = excluded.south,
			east = excluded.east, north = excluded.north, demo = excluded.demo`,
		c.ID, c.Slug, c.Jurisdiction, c.Names["ky"], c.Names["ru"], c.Names["en"], c.Country, c.Zone.String(),
		strings.Join(c.Languages, " "), c.Currency, c.Phone, c.PhonePrefix, c.Lat, c.Lon, c.Zoom,
		c.Box[0], c.Box[1], c.Box[2], c.Box[3], c.Demo, c.Secret); err != nil {
		return err
	}
	if _, err := tx.Exec("city.hosts.clear", `DELETE FROM city_host WHERE city_id = $1`, c.ID); err != nil {
		return err
	}
	for _, h := range c.Hosts {
		if _, err := tx.Exec("city.host", `INSERT INTO city_host (city_id, host) VALUES ($1, $2)`, c.ID, h); err != nil {
			return err
		}
	}
	return nil
}

// PutSetting stores the typed settings of one feature.
func PutSetting(tx *db.Tx, city int64, name string, value any, by int64, at time.Time) error {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("setting %s: %w", name, err)
	}
	_, err = tx.Exec("city.setting", `INSERT INTO city_setting (city_id, name, value, changed_at, changed_by) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (city_id, name) DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at, changed_by = excluded.changed_by`,
		city, name, string(text), at.UnixMilli(), by)
	return err
}

// PutHolidays replaces the calendar of a city.
func PutHolidays(tx *db.Tx, city int64, list []Holiday) error {
	if _, err := tx.Exec("city.holidays.clear", `DELETE FROM city_holiday WHERE city_id = $1`, city); err != nil {
		return err
	}
	for _, h := range list {
		if _, err := tx.Exec("city.holiday", `INSERT INTO city_holiday (city_id, day, kind, name_ky, name_ru, name_en, source, status)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, city, h.Day, h.Kind, h.Names["ky"], h.Names["ru"], h.Names["en"], h.Source, h.Status); err != nil {
			return err
		}
	}
	return nil
}

// PutRules replaces the terms of a city.
func PutRules(tx *db.Tx, city int64, list []Rule) error {
	if _, err := tx.Exec("city.rules.clear", `DELETE FROM city_clock_rule WHERE city_id = $1`, city); err != nil {
		return err
	}
	for _, r := range list {
		basis, err := json.Marshal(r.Basis)
		if err != nil {
			return err
		}
		if _, err := tx.Exec("city.rule", `INSERT INTO city_clock_rule (city_id, code, kind, step, term, unit, valid_from, valid_until, basis, law)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
			city, r.Code, r.Kind, string(r.Step), r.Term, string(r.Unit), r.From, r.Until, string(basis), r.Law); err != nil {
			return err
		}
	}
	return nil
}

// Holidays reads the days of a city that differ from their weekday, in order.
func Holidays(tx *db.Tx, city int64) ([]Holiday, error) {
	return db.All(tx, "city.holidays.of", `SELECT day, kind, name_ky, name_ru, name_en, source, status FROM city_holiday
		WHERE city_id = $1 ORDER BY day`, func(r db.Row) (h Holiday, err error) {
		var ky, ru, en string
		err = r.Scan(&h.Day, &h.Kind, &ky, &ru, &en, &h.Source, &h.Status)
		h.Names = map[string]string{"ky": ky, "ru": ru, "en": en}
		return h, err
	}, city)
}

// Next returns the next value of a named counter of a city, from 1. It is drawn
// apart from the transaction, so that writers do not wait for each other's
// commit: no value is given twice, and one that was drawn for a transaction
// which then failed is left out. So draw it last.
func Next(tx *db.Tx, city int64, name string) (n int64, err error) {
	err = tx.Apart(func(tx *db.Tx) error {
		n, err = db.One(tx, "city.counter", `INSERT INTO city_counter (city_id, name, value) VALUES ($1, $2, 1)
			ON CONFLICT (city_id, name) DO UPDATE SET value = city_counter.value + 1 RETURNING value`, db.Int64, city, name)
		return err
	})
	return n, err
}

// SetCounter puts a counter to a value, for imports.
func SetCounter(tx *db.Tx, city int64, name string, value int64) error {
	_, err := tx.Exec("city.counter.set", `INSERT INTO city_counter (city_id, name, value) VALUES ($1, $2, $3)
		ON CONFLICT (city_id, name) DO UPDATE SET value = excluded.value`, city, name, value)
	return err
}

// All reads every city of the installation: the one place that looks across
// tenants, because a host name must be found before its city is known.
func All(tx *db.Tx) ([]*City, error) {
	list, err := db.All(tx, "city.all", `SELECT city_id, slug, jurisdiction, name_ky, name_ru, name_en, country, zone, languages,
			currency, phone, phone_prefix, lat, lon, zoom, west, south, east, north, demo, secret FROM city ORDER BY city_id`, scanCity)
	if err != nil {
		return nil, err
	}
	return list, complete(tx, list)
}

func scanCity(r db.Row) (*City, error) {
	c := &City{settings: map[string]string{}}
	var ky, ru, en, zone, languages string
	err := r.Scan(&c.ID, &c.Slug, &c.Jurisdiction, &ky, &ru, &en, &c.Country, &zone, &languages, &c.Currency, &c.Phone,
		&c.PhonePrefix, &c.Lat, &c.Lon, &c.Zoom, &c.Box[0], &c.Box[1], &c.Box[2], &c.Box[3], &c.Demo, &c.Secret)
	if err != nil {
		return nil, err
	}
	c.Names = map[string]string{"ky": ky, "ru": ru, "en": en}
	c.Languages = strings.Fields(languages)
	if c.Zone, err = time.LoadLocation(zone); err != nil {
		return nil, fmt.Errorf("city %s: %w", c.Slug, err)
	}
	return c, nil
}

// complete reads hosts, settings and holidays of all cities, in one query each.
func complete(tx *db.Tx, list []*City) error {
	byID := make(map[int64]*City, len(list))
	for _, c := range list {
		byID[c.ID] = c
	}
	days := map[int64][]Holiday{}
	for _, part := range []struct {
		name, query string
		take        func(c *City, key, value string)
	}{
		{"city.hosts", `SELECT city_id, host, '' FROM city_host ORDER BY city_id, host`, func(c *City, host, _ string) { c.Hosts = append(c.Hosts, host) }},
		{"city.settings", `SELECT city_id, name, value FROM city_setting`, func(c *City, name, value string) { c.settings[name] = value }},
		{"city.holidays", `SELECT city_id, day, kind FROM city_holiday`, func(c *City, day, kind string) {
			days[c.ID] = append(days[c.ID], Holiday{Day: day, Kind: kind})
		}},
	} {
		if err := tx.Each(part.name, part.query, func(r db.Row) error {
			var id int64
			var key, value string
			if err := r.Scan(&id, &key, &value); err != nil {
				return err
			}
			if c := byID[id]; c != nil {
				part.take(c, key, value)
			}
			return nil
		}); err != nil {
			return err
		}
	}
	if err := tx.Each("city.rules", `SELECT city_id, code, kind, step, term, unit, valid_from, valid_until, basis, law FROM city_clock_rule
		ORDER BY city_id, kind, step, valid_from, code`, func(r db.Row) error {
		var id int64
		var v Rule
		var basis string
		if err := r.Scan(&id, &v.Code, &v.Kind, &v.Step, &v.Term, &v.Unit, &v.From, &v.Until, &basis, &v.Law); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(basis), &v.Basis); err != nil {
			return fmt.Errorf("clock rule %s: %w", v.Code, err)
		}
		if c := byID[id]; c != nil {
			c.Rules = append(c.Rules, v)
		}
		return nil
	}); err != nil {
		return err
	}
	for _, c := range list {
		c.Calendar = NewCalendar(c.Zone, days[c.ID])
	}
	return nil
}
