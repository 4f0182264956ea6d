package account

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/civic/place"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Home is where a person lives, as they say it themselves; nobody has checked it.
type Home struct {
	Address  string `json:"address"`
	District string `json:"district"` // code of an area; "" is not known
}

// maxHome is the length of an address, in characters.
const maxHome = 300

// HomeOf reads where a person lives; the zero Home is not known.
func HomeOf(tx *db.Tx, city, person int64) (Home, error) {
	h, err := db.One(tx, "account.home", `SELECT address, district FROM account_home WHERE city_id = $1 AND person_id = $2`, func(r db.Row) (h Home, err error) {
		err = r.Scan(&h.Address, &h.District)
		return h, err
	}, city, person)
	if errors.Is(err, db.ErrNotFound) {
		return Home{}, nil
	}
	return h, err
}

func putHome(tx *db.Tx, city, person int64, h Home, at time.Time) error {
	if h.Address == "" && h.District == "" {
		_, err := tx.Exec("account.home.drop", `DELETE FROM account_home WHERE city_id = $1 AND person_id = $2`, city, person)
		return err
	}
	_, err := tx.Exec("account.home.put", `INSERT INTO account_home (city_id, person_id, address, district, changed_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (city_id, person_id) DO UPDATE SET address = excluded.address, district = excluded.district, changed_at = excluded.changed_at`,
		city, person, h.Address, h.District, at.UnixMilli())
	return err
}

// SetHome keeps where the actor lives. Without a district it is that of the
// first street that the address names, if the city knows one. Fields: address,
// district.
func (s *Service) SetHome(ctx context.Context, c *city.City, a permission.Actor, places *place.Store, h Home) error {
	if !a.SignedIn() {
		return permission.ErrDenied
	}
	h.Address = strings.TrimSpace(h.Address)
	f := &web.Form{}
	f.Long("address", h.Address, maxHome)
	if err := f.Err(); err != nil {
		return err
	}
	areas, err := places.Areas(ctx, c.ID)
	if err != nil {
		return err
	}
	now := s.clock.Now()
	switch {
	case h.District != "":
		known := false
		for _, d := range areas.Of(place.AreaDistrict, now.UnixMilli()) {
			known = known || d.Code == h.District
		}
		if !known {
			return web.Invalid(web.FieldError{Field: "district", Key: "error.field.choice"})
		}
	case h.Address != "":
		names, err := places.Gazetteer(ctx, c.ID)
		if err != nil {
			return err
		}
		for _, found := range names.Search(h.Address, 5) {
			if d, ok := areas.DistrictOf(found.Lat, found.Lon, now.UnixMilli()); ok && found.Placed {
				h.District = d.Code
				break
			}
		}
	}
	return s.db.Update(ctx, func(tx *db.Tx) error { return putHome(tx, c.ID, a.Person, h, now) })
}
