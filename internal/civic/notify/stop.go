package notify

import (
	"crypto/hmac"
	"fmt"
	"strconv"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
)

// StopPath is the signed address at which a person ends the e-mails without
// signing in: GET asks, POST does it, as RFC 8058 wants for one click.
func StopPath(c *city.City, person int64) string {
	return fmt.Sprintf("/stop/%d/%s", person, stopCode(c, person))
}

// Stop ends the e-mails of the person whom a signed address names. A wrong
// signature is db.ErrNotFound: it tells nothing about who exists.
func Stop(tx *db.Tx, c *city.City, person, code string) error {
	id, ok := ids.Parse(person)
	if !ok || !hmac.Equal([]byte(code), []byte(stopCode(c, id))) {
		return fmt.Errorf("notify.stop: %w", db.ErrNotFound)
	}
	wish, err := Preferences(tx, c.ID, id)
	if err != nil {
		return err
	}
	wish.Email = false
	return SetPreferences(tx, c.ID, id, wish)
}

func stopCode(c *city.City, person int64) string {
	return c.Sign("notify stop", strconv.FormatInt(person, 10))
}
